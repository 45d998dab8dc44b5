// SPDX-License-Identifier: GPL-2.0-only
/*
 * The checks that VM-Enter makes: L1 breaks one rule after the other, starting from a
 * VMCS that enters, and must get exactly the failure that the architecture says, with
 * nothing else changed.  Then, the nearest legal value must enter.  The rules are in
 * vmx_vmentry_rules.h.
 *
 * Afterwards, L1 enters with random combinations of those changes.  There, only the
 * aftermath is checked (and, by the log, what KVM finds wrong with itself): the VM
 * survives, and a failed entry changes nothing.
 *
 * Whether KVM or hardware makes a check is no matter here.  A CPU that gets one wrong
 * has to be excused with -x.
 */
#include <signal.h>
#include <sys/time.h>

#include "test_util.h"
#include "kvm_util.h"
#include "processor.h"
#include "vmx.h"

/*
 * What isn't part of the VMCS, but decides on whether VM-Enter fails.  Addressed as if
 * it were, above all encodings.
 */
enum {
	PSEUDO_FIELDS = 0x10000,
	/* One of enum how. */
	HOW = PSEUDO_FIELDS,
	/* The first dword of the page that rules set VMCS_LINK_POINTER to. */
	LINKED_REVISION,
	VTPR,
	PDPTE0,
	PDPTE1,
	PDPTE2,
	PDPTE3,
	MSR1_INDEX,
	MSR1_RESERVED,
	MSR1_VALUE,
	MSR2_INDEX,
	MSR2_RESERVED,
	MSR2_VALUE,
	/* For the lists of VM-Exit, which must not fail. */
	EXIT_MSR_INDEX,
	EXIT_MSR_VALUE,
};

enum how {
	NORMALLY,
	/* VMLAUNCH of a launched VMCS, or VMRESUME of a clear one. */
	WRONG_INSTRUCTION,
	NOT_IN_VMX_OPERATION,
	NO_CURRENT_VMCS,
	SHADOW_VMCS,
	MOV_SS_BLOCKING,
};

/* Pages that rules let the VMCS point to. */
enum { LINKED_PAGE, VAPIC_PAGE, PDPT_PAGE, MSR_PAGE, ZERO_PAGE, NR_PAGES };

/* The entry of the page of MSRs behind those to load on VM-Enter. */
#define EXIT_MSR	2
#define EXIT_MSR_OFFSET	(EXIT_MSR * sizeof(struct vmx_msr_entry))

static u8 pages[NR_PAGES][PAGE_SIZE] __aligned(PAGE_SIZE);
static u64 page_gpa[NR_PAGES];
static u64 current_vmcs_gpa;

static unsigned int pa_bits, la_bits;

enum op {
	END_OF_CHANGES,
	/* field = x; field |= x; field &= ~x; all that "group" says. */
	OP_SET,
	OP_OR,
	OP_CLEAR,
	OP_GROUP,
	/* Set or clear bits of a control; skip the rule if the CPU doesn't allow it. */
	OP_CONTROL,
	OP_NO_CONTROL,
	/* Skip the rule if the CPU isn't like that. */
	OP_NEED,
	/* In a run of its own each: flip every bit of x; set bits to every number in x. */
	OP_FLIP,
	OP_EACH,
};

struct change {
	u32 field;
	enum op op;
	u8 shift, width;
	/* x is value, plus *variable if there is one, or as far as function() has it. */
	u64 value;
	const u64 *variable;
	u64 (*function)(void);
	const struct change *group;
};

#define SET(_field, _value)	{ .field = _field, .op = OP_SET, .value = _value }
#define OR(_field, _value)	{ .field = _field, .op = OP_OR, .value = _value }
#define CLEAR(_field, _value)	{ .field = _field, .op = OP_CLEAR, .value = _value }
#define FLIP(_field, _value)	{ .field = _field, .op = OP_FLIP, .value = _value }
#define GROUP(_group)		{ .op = OP_GROUP, .group = _group }
#define SET_GPA(_field, _page)	\
	{ .field = _field, .op = OP_SET, .variable = &page_gpa[_page] }
#define SET_GPA_OR(_field, _page, _value)	\
	{ .field = _field, .op = OP_SET, .variable = &page_gpa[_page], .value = _value }
#define SET_FN(_field, _function, _mask)	\
	{ .field = _field, .op = OP_SET, .function = _function, .value = _mask }
#define OR_FN(_field, _function, _mask)	\
	{ .field = _field, .op = OP_OR, .function = _function, .value = _mask }
#define FLIP_FN(_field, _function, _mask)	\
	{ .field = _field, .op = OP_FLIP, .function = _function, .value = _mask }
#define EACH(_field, _shift, _width, _values)	\
	{ .field = _field, .op = OP_EACH, .shift = _shift, .width = _width, .value = _values }
#define NEED(_function)		{ .op = OP_NEED, .function = _function }

#define CONTROL(_field, _value)		\
	{ .field = _field, .op = OP_CONTROL, .value = _value }
#define NO_CONTROL(_field, _value)	\
	{ .field = _field, .op = OP_NO_CONTROL, .value = _value }
#define PIN(_value)		CONTROL(PIN_BASED_VM_EXEC_CONTROL, _value)
#define CPU(_value)		CONTROL(CPU_BASED_VM_EXEC_CONTROL, _value)
#define CPU2(_value)		CONTROL(SECONDARY_VM_EXEC_CONTROL, _value)
#define EXIT_CTL(_value)	CONTROL(VM_EXIT_CONTROLS, _value)
#define ENTRY_CTL(_value)	CONTROL(VM_ENTRY_CONTROLS, _value)
#define NO_PIN(_value)		NO_CONTROL(PIN_BASED_VM_EXEC_CONTROL, _value)
#define NO_CPU(_value)		NO_CONTROL(CPU_BASED_VM_EXEC_CONTROL, _value)
#define NO_EXIT_CTL(_value)	NO_CONTROL(VM_EXIT_CONTROLS, _value)
#define NO_ENTRY_CTL(_value)	NO_CONTROL(VM_ENTRY_CONTROLS, _value)

enum outcome {
	VMFAIL_INVALID,
	VMFAIL_VALID,
	FAILED_EXIT,
	FAULT,
	ENTERED,
	/* Only as an expectation: whatever ends L2; or L2 sleeps first. */
	ENTERED_ANY,
	ENTERED_SLEEPS,
	/* Only as an expectation: a model may do what it likes. */
	ENTERED_OR_FAILED_EXIT,
};

/* The number is the VM-instruction error, the exit reason, or the vector. */
struct expectation {
	enum outcome outcome;
	u32 number;
	u64 qualification;
};

#define VMFAIL(_error)			{ VMFAIL_VALID, _error }
#define FAILS(_reason, _qualification)	\
	{ FAILED_EXIT, EXIT_REASON_FAILED_VMENTRY | (_reason), _qualification }
#define BAD_CONTROLS	VMFAIL(7)
#define BAD_HOST	VMFAIL(8)
#define BAD_GUEST	FAILS(EXIT_REASON_INVALID_STATE, 0)
#define BAD_MSR(_nr)	FAILS(EXIT_REASON_MSR_LOAD_FAIL, _nr)
#define ENTERS		{ ENTERED, EXIT_REASON_VMCALL }
#define ENTERS_ANY	{ ENTERED_ANY }
#define SLEEPS		{ ENTERED_SLEEPS }

#define MAX_CHANGES 13

struct row {
	const char *id;
	struct expectation expect;
	struct change changes[MAX_CHANGES];
	/* For an L1 whose IA32_VMX_MISC lacks these bits. */
	u64 clear_misc;
};

/* From here to the end of the rules: what the CPU of L1 is like. */
static u64 bits_from(unsigned int bit)
{
	return bit < 64 ? ~0ull << bit : 0;
}

static u64 beyond_pa(void)
{
	return bits_from(pa_bits);
}

static u64 highest_page(void)
{
	return BIT_ULL(pa_bits) - PAGE_SIZE;
}

static u64 beyond_la(void)
{
	return bits_from(la_bits);
}

/* None of which may be flipped in a canonical address. */
static u64 noncanonical(void)
{
	return bits_from(la_bits - 1);
}

static u64 highest_of_la(void)
{
	return BIT_ULL(la_bits - 2);
}

static u64 fixed_cr0(void)
{
	return rdmsr(MSR_IA32_VMX_CR0_FIXED0) | ~rdmsr(MSR_IA32_VMX_CR0_FIXED1);
}

static u64 fixed_cr4(void)
{
	return rdmsr(MSR_IA32_VMX_CR4_FIXED0) | ~rdmsr(MSR_IA32_VMX_CR4_FIXED1);
}

static u64 fixed_controls(u32 msr)
{
	u64 allowed = rdmsr(msr);

	return (u32)allowed | (u32)~(allowed >> 32);
}

static u64 fixed_pin(void)
{
	return fixed_controls(MSR_IA32_VMX_TRUE_PINBASED_CTLS);
}

static u64 fixed_cpu(void)
{
	return fixed_controls(MSR_IA32_VMX_TRUE_PROCBASED_CTLS);
}

static u64 fixed_cpu2(void)
{
	return fixed_controls(MSR_IA32_VMX_PROCBASED_CTLS2);
}

static u64 fixed_exit(void)
{
	return fixed_controls(MSR_IA32_VMX_TRUE_EXIT_CTLS);
}

static u64 fixed_entry(void)
{
	return fixed_controls(MSR_IA32_VMX_TRUE_ENTRY_CTLS);
}

static u64 unsupported_vmfunc(void)
{
	return ~rdmsr(MSR_IA32_VMX_VMFUNC);
}

static u64 max_cr3_targets(void)
{
	return rdmsr(MSR_IA32_VMX_MISC) >> 16 & 0x1ff;
}

static u64 too_many_cr3_targets(void)
{
	return max_cr3_targets() + 1;
}

static u64 ept_cap(u64 bit)
{
	return rdmsr(MSR_IA32_VMX_EPT_VPID_CAP) & bit;
}

static u64 no_ept_uc(void)
{
	return !ept_cap(BIT(8));
}

static u64 ept_5_levels(void)
{
	return ept_cap(BIT(7));
}

static u64 no_ept_5_levels(void)
{
	return !ept_5_levels();
}

static u64 ept_ad(void)
{
	return ept_cap(BIT(21));
}

static u64 no_ept_ad(void)
{
	return !ept_ad();
}

static u64 no_ept_sss(void)
{
	return !ept_cap(BIT(23));
}

static u64 error_code_required(void)
{
	return !(rdmsr(MSR_IA32_VMX_BASIC) & BIT_ULL(56));
}

static u64 zero_length_allowed(void)
{
	return rdmsr(MSR_IA32_VMX_MISC) & BIT(30);
}

static u64 zero_length_forbidden(void)
{
	return !zero_length_allowed();
}

static u64 no_mtf(void)
{
	return !(rdmsr(MSR_IA32_VMX_TRUE_PROCBASED_CTLS) >> 32 & CPU_BASED_MONITOR_TRAP);
}

static u64 activity_hlt(void)
{
	return rdmsr(MSR_IA32_VMX_MISC) & BIT(6);
}

static u64 activity_shutdown(void)
{
	return rdmsr(MSR_IA32_VMX_MISC) & BIT(7);
}

static u64 activity_wait_for_sipi(void)
{
	return rdmsr(MSR_IA32_VMX_MISC) & BIT(8);
}

static u64 no_activity_hlt(void)
{
	return !activity_hlt();
}

static u64 no_activity_shutdown(void)
{
	return !activity_shutdown();
}

static u64 no_activity_wait_for_sipi(void)
{
	return !activity_wait_for_sipi();
}

static u64 no_lam(void)
{
	return !this_cpu_has(KVM_X86_CPU_FEATURE(7, 1, EAX, 26));
}

static u64 no_sgx(void)
{
	return !this_cpu_has(X86_FEATURE_SGX);
}

static u64 no_rtm(void)
{
	return !this_cpu_has(X86_FEATURE_RTM);
}

static u64 no_bus_lock_detect(void)
{
	return !this_cpu_has(KVM_X86_CPU_FEATURE(7, 0, ECX, 24));
}

static u64 ibt(void)
{
	return this_cpu_has(X86_FEATURE_IBT);
}

#include "vmx_vmentry_rules.h"

/*
 * The fields that any rule touches or that VM-Enter must not touch, and the values
 * with which it enters.
 */
static struct field {
	u32 field;
	bool exists;
	/* A VM-Exit saves it (or VM-Enter clears its valid bit). */
	bool saved;
	u64 initial;
	u64 now;
} fields[] = {
#define F(_field) { .field = _field }
#define S(_field) { .field = _field, .saved = true }
	F(VIRTUAL_PROCESSOR_ID), F(POSTED_INTR_NV),
	S(GUEST_ES_SELECTOR), S(GUEST_CS_SELECTOR), S(GUEST_SS_SELECTOR),
	S(GUEST_DS_SELECTOR), S(GUEST_FS_SELECTOR), S(GUEST_GS_SELECTOR),
	S(GUEST_LDTR_SELECTOR), S(GUEST_TR_SELECTOR),
	S(GUEST_INTR_STATUS), S(GUEST_PML_INDEX),
	F(HOST_ES_SELECTOR), F(HOST_CS_SELECTOR), F(HOST_SS_SELECTOR),
	F(HOST_DS_SELECTOR), F(HOST_FS_SELECTOR), F(HOST_GS_SELECTOR),
	F(HOST_TR_SELECTOR),
	F(IO_BITMAP_A), F(IO_BITMAP_B), F(MSR_BITMAP),
	F(VM_EXIT_MSR_STORE_ADDR), F(VM_EXIT_MSR_LOAD_ADDR), F(VM_ENTRY_MSR_LOAD_ADDR),
	F(PML_ADDRESS), F(VIRTUAL_APIC_PAGE_ADDR), F(APIC_ACCESS_ADDR),
	F(POSTED_INTR_DESC_ADDR), F(VM_FUNCTION_CONTROL), F(EPT_POINTER),
	F(EPTP_LIST_ADDRESS), F(VMREAD_BITMAP), F(VMWRITE_BITMAP), F(TSC_MULTIPLIER),
	S(VMCS_LINK_POINTER), S(GUEST_IA32_DEBUGCTL), S(GUEST_IA32_PAT),
	S(GUEST_IA32_EFER), S(GUEST_IA32_PERF_GLOBAL_CTRL),
	S(GUEST_PDPTR0), S(GUEST_PDPTR1), S(GUEST_PDPTR2), S(GUEST_PDPTR3),
	S(GUEST_BNDCFGS),
	F(HOST_IA32_PAT), F(HOST_IA32_EFER), F(HOST_IA32_PERF_GLOBAL_CTRL),
	F(PIN_BASED_VM_EXEC_CONTROL), F(CPU_BASED_VM_EXEC_CONTROL),
	F(CR3_TARGET_COUNT), F(VM_EXIT_CONTROLS), F(VM_EXIT_MSR_STORE_COUNT),
	F(VM_EXIT_MSR_LOAD_COUNT),
	/* VM-Exit saves the guest's LMA here. */
	S(VM_ENTRY_CONTROLS),
	F(VM_ENTRY_MSR_LOAD_COUNT), S(VM_ENTRY_INTR_INFO_FIELD),
	F(VM_ENTRY_EXCEPTION_ERROR_CODE), F(VM_ENTRY_INSTRUCTION_LEN), F(TPR_THRESHOLD),
	F(SECONDARY_VM_EXEC_CONTROL),
	S(GUEST_ES_LIMIT), S(GUEST_CS_LIMIT), S(GUEST_SS_LIMIT), S(GUEST_DS_LIMIT),
	S(GUEST_FS_LIMIT), S(GUEST_GS_LIMIT), S(GUEST_LDTR_LIMIT), S(GUEST_TR_LIMIT),
	S(GUEST_GDTR_LIMIT), S(GUEST_IDTR_LIMIT),
	S(GUEST_ES_AR_BYTES), S(GUEST_CS_AR_BYTES), S(GUEST_SS_AR_BYTES),
	S(GUEST_DS_AR_BYTES), S(GUEST_FS_AR_BYTES), S(GUEST_GS_AR_BYTES),
	S(GUEST_LDTR_AR_BYTES), S(GUEST_TR_AR_BYTES),
	S(GUEST_INTERRUPTIBILITY_INFO), S(GUEST_ACTIVITY_STATE), S(GUEST_SYSENTER_CS),
	S(VMX_PREEMPTION_TIMER_VALUE),
	S(GUEST_CR0), S(GUEST_CR3), S(GUEST_CR4),
	S(GUEST_ES_BASE), S(GUEST_CS_BASE), S(GUEST_SS_BASE), S(GUEST_DS_BASE),
	S(GUEST_FS_BASE), S(GUEST_GS_BASE), S(GUEST_LDTR_BASE), S(GUEST_TR_BASE),
	S(GUEST_GDTR_BASE), S(GUEST_IDTR_BASE),
	S(GUEST_DR7), S(GUEST_RSP), S(GUEST_RIP), S(GUEST_RFLAGS),
	S(GUEST_PENDING_DBG_EXCEPTIONS), S(GUEST_SYSENTER_ESP), S(GUEST_SYSENTER_EIP),
	S(GUEST_S_CET), S(GUEST_SSP), S(GUEST_INTR_SSP_TABLE),
	F(HOST_CR0), F(HOST_CR3), F(HOST_CR4), F(HOST_FS_BASE), F(HOST_GS_BASE),
	F(HOST_TR_BASE), F(HOST_GDTR_BASE), F(HOST_IDTR_BASE),
	F(HOST_IA32_SYSENTER_ESP), F(HOST_IA32_SYSENTER_EIP), F(HOST_RIP),
	F(HOST_S_CET), F(HOST_SSP), F(HOST_INTR_SSP_TABLE),
	F(HOW), F(LINKED_REVISION), F(VTPR), F(PDPTE0), F(PDPTE1), F(PDPTE2), F(PDPTE3),
	F(MSR1_INDEX), F(MSR1_RESERVED), F(MSR1_VALUE),
	F(MSR2_INDEX), F(MSR2_RESERVED), F(MSR2_VALUE),
	F(EXIT_MSR_INDEX), S(EXIT_MSR_VALUE),
#undef F
#undef S
};

/* Of all exit information, a failed VM-Enter sets at most the first two. */
static const u32 exit_fields[] = {
	VM_EXIT_REASON, EXIT_QUALIFICATION,
	VM_EXIT_INTR_INFO, VM_EXIT_INTR_ERROR_CODE, IDT_VECTORING_INFO_FIELD,
	IDT_VECTORING_ERROR_CODE, VM_EXIT_INSTRUCTION_LEN, VMX_INSTRUCTION_INFO,
	GUEST_LINEAR_ADDRESS, GUEST_PHYSICAL_ADDRESS,
};

static u64 exit_information[ARRAY_SIZE(exit_fields)];

/* L1's registers, as a VM-Exit loads them, and before. */
static const u32 l1_msrs[] = {
	MSR_EFER, MSR_IA32_CR_PAT, MSR_FS_BASE, MSR_GS_BASE, MSR_KERNEL_GS_BASE,
	MSR_STAR, MSR_LSTAR, MSR_SYSCALL_MASK,
	MSR_IA32_SYSENTER_CS, MSR_IA32_SYSENTER_ESP, MSR_IA32_SYSENTER_EIP,
	MSR_IA32_DEBUGCTLMSR, MSR_IA32_S_CET,
};

enum { L1_CR0, L1_CR3, L1_CR4, L1_DR7, L1_SELECTORS, L1_GDTR, L1_IDTR, L1_TR, L1_REGS };

#define NR_L1_STATE (L1_REGS + ARRAY_SIZE(l1_msrs))

static u64 l1_state[NR_L1_STATE];
static bool l1_has_s_cet;

/* What userspace lets L1 do. */
static struct job {
	bool random;
	/* The steps of the row to begin with. */
	u32 row, step;
	/* Or the iterations to do. */
	u64 seed, iteration, end;
	bool report_all;
} job;

#define MAX_MUTATIONS 3

struct mutation {
	u32 row, step;
	/* If not 0: the field and what to flip, instead of the row. */
	u32 field;
	u64 flip;
};

struct difference {
	enum { IN_VMCS, IN_EXIT_INFORMATION, IN_L1_STATE } where;
	u32 what;
	u64 actual, expected;
};

/* And what L1 tells. */
static struct report {
	u32 step;
	enum outcome outcome;
	u32 number;
	u64 qualification, flags;
	u64 l2_rip;
	u32 nr_differences;
	struct difference differences[8];
	/* Written before VM-Enter. */
	struct mutation mutations[MAX_MUTATIONS];
	u32 nr_mutations;
	u64 iteration;
	u64 hash;
	u32 nr_outcomes[ENTERED + 1];
} report;

enum { SYNC_STEP, SYNC_END };

/* What enter_l2() returns after a VM-Exit, instead of RFLAGS. */
#define VMEXIT	BIT_ULL(63)

/* All arithmetic flags: VMfail sets but one, and clears the others. */
#define SET_FLAGS	"0x8d7"

/* For assembly. */
u64 l1_rsp, rsp_after_vmexit, rflags_after_vmexit;

/*
 * Enter L2, by VMLAUNCH or VMRESUME, the latter with MOV-SS blocking on demand.  Return
 * RFLAGS if L1 goes on behind the instruction, i.e. VM-Enter fails with neither a new
 * RIP nor a new RSP.
 */
static __naked u64 enter_l2(u64 launch, u64 mov_ss)
{
	asm volatile("push %rbx\n\t"
		     "push %rbp\n\t"
		     "push %r12\n\t"
		     "push %r13\n\t"
		     "push %r14\n\t"
		     "push %r15\n\t"
		     "mov %rsp, l1_rsp(%rip)\n\t"
		     "mov %ss, %eax\n\t"
		     "test %rsi, %rsi\n\t"
		     "jnz 2f\n\t"
		     "test %rdi, %rdi\n\t"
		     "push $" SET_FLAGS "\n\t"
		     "jnz 1f\n\t"
		     "popf\n\t"
		     "vmresume\n\t"
		     "jmp 3f\n"
		     "1:\n\t"
		     "popf\n\t"
		     "vmlaunch\n\t"
		     "jmp 3f\n"
		     "2:\n\t"
		     "push $" SET_FLAGS "\n\t"
		     "popf\n\t"
		     "mov %eax, %ss\n\t"
		     "vmresume\n"
		     "3:\n\t"
		     "pushf\n\t"
		     "pop %rax\n\t"
		     "add $48, %rsp\n\t"
		     "ret");
}

static __naked void l1_vmexit(void)
{
	asm volatile("mov %rsp, rsp_after_vmexit(%rip)\n\t"
		     "mov l1_rsp(%rip), %rsp\n\t"
		     "pushf\n\t"
		     "popq rflags_after_vmexit(%rip)\n\t"
		     "pop %r15\n\t"
		     "pop %r14\n\t"
		     "pop %r13\n\t"
		     "pop %r12\n\t"
		     "pop %rbp\n\t"
		     "pop %rbx\n\t"
		     "mov $1, %eax\n\t"
		     "shl $63, %rax\n\t"
		     "ret");
}

static __naked void l2_code(void)
{
	asm volatile("1: vmcall\n\t"
		     "jmp 1b");
}

static struct vmx_pages *vmx;
static bool launched;
static struct { u32 allowed0, allowed1; } allowed[5];

static struct field *find_field(u32 field)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(fields); i++) {
		if (fields[i].field == field)
			return &fields[i];
	}
	__GUEST_ASSERT(false, "field 0x%x is missing", field);
	return NULL;
}

static void *pseudo_field(u32 field, size_t *size)
{
	struct vmx_msr_entry *msrs = (void *)pages[MSR_PAGE];
	static u64 how;

	*size = 4;
	switch (field) {
	case LINKED_REVISION:
		return pages[LINKED_PAGE];
	case VTPR:
		return pages[VAPIC_PAGE] + APIC_TASKPRI;
	case MSR1_INDEX:
	case MSR2_INDEX:
		return &msrs[field >= MSR2_INDEX].index;
	case MSR1_RESERVED:
	case MSR2_RESERVED:
		return &msrs[field >= MSR2_INDEX].reserved;
	case EXIT_MSR_INDEX:
		return &msrs[EXIT_MSR].index;
	}

	*size = 8;
	switch (field) {
	case HOW:
		return &how;
	case MSR1_VALUE:
	case MSR2_VALUE:
		return &msrs[field >= MSR2_INDEX].value;
	case EXIT_MSR_VALUE:
		return &msrs[EXIT_MSR].value;
	default:
		return pages[PDPT_PAGE] + (field - PDPTE0) * 8;
	}
}

static u64 read_field(u32 field)
{
	size_t size;
	void *p;

	if (field < PSEUDO_FIELDS)
		return vmreadz(field);

	p = pseudo_field(field, &size);
	return size == 4 ? *(u32 *)p : *(u64 *)p;
}

/* A CPU may drop reserved bits of access rights. */
static void write_field(struct field *f, u64 value)
{
	size_t size;
	void *p;

	f->now = value;
	if (f->field < PSEUDO_FIELDS) {
		GUEST_ASSERT(!vmwrite(f->field, value));
		if (f->field >= GUEST_ES_AR_BYTES && f->field <= GUEST_TR_AR_BYTES)
			f->now = vmreadz(f->field);
	} else {
		p = pseudo_field(f->field, &size);
		memcpy(p, &value, size);
	}
}

/* Widths are in bits 14:13 of the encoding. */
static u64 field_mask(u32 field)
{
	static const u64 masks[] = { 0xffff, ~0ull, 0xffffffff, ~0ull };

	return field < PSEUDO_FIELDS ? masks[field >> 13 & 3] : ~0ull;
}

static u64 operand(const struct change *c)
{
	if (c->function)
		return c->function() & c->value;
	if (c->variable)
		return *c->variable + c->value;
	return c->value;
}

static bool allows(const struct change *c, bool set)
{
	static const u32 controls[] = {
		PIN_BASED_VM_EXEC_CONTROL, CPU_BASED_VM_EXEC_CONTROL,
		SECONDARY_VM_EXEC_CONTROL, VM_EXIT_CONTROLS, VM_ENTRY_CONTROLS,
	};
	static const u32 msrs[] = {
		MSR_IA32_VMX_TRUE_PINBASED_CTLS, MSR_IA32_VMX_TRUE_PROCBASED_CTLS,
		MSR_IA32_VMX_PROCBASED_CTLS2, MSR_IA32_VMX_TRUE_EXIT_CTLS,
		MSR_IA32_VMX_TRUE_ENTRY_CTLS,
	};
	u64 msr;
	int i;

	for (i = 0; controls[i] != c->field; i++)
		GUEST_ASSERT(i < ARRAY_SIZE(controls) - 1);

	if (!allowed[i].allowed1) {
		msr = rdmsr(msrs[i]);
		allowed[i].allowed0 = msr;
		allowed[i].allowed1 = msr >> 32;
	}
	return set ? !(c->value & ~allowed[i].allowed1) : !(c->value & allowed[i].allowed0);
}

/* Return the nth bit that is set, -1 if there are less. */
static int nth_bit(u64 bits, u32 n)
{
	int i;

	for (i = 0; i < 64; i++) {
		if ((bits & BIT_ULL(i)) && !n--)
			return i;
	}
	return -1;
}

enum applied { APPLIED, DROPPED, NOT_SUPPORTED, NO_SUCH_STEP };

/* Only the first step exists if there is neither OP_FLIP nor OP_EACH. */
static enum applied apply(const struct change *c, u32 step, bool *stepped)
{
	enum applied applied;
	struct field *f;
	u64 value, x;
	int bit;

	for (; c->op != END_OF_CHANGES; c++) {
		if (c->op == OP_GROUP) {
			applied = apply(c->group, step, stepped);
			if (applied != APPLIED)
				return applied;
			continue;
		}

		x = operand(c);
		if (c->op == OP_NEED) {
			if (!c->function())
				return NOT_SUPPORTED;
			continue;
		}

		f = find_field(c->field);
		if (!f->exists)
			return NOT_SUPPORTED;
		value = f->now;

		switch (c->op) {
		case OP_SET:
			value = x;
			break;
		case OP_OR:
			value |= x;
			break;
		case OP_CLEAR:
			value &= ~x;
			break;
		case OP_CONTROL:
			if (!allows(c, true))
				return NOT_SUPPORTED;
			value |= x;
			break;
		case OP_NO_CONTROL:
			if (!allows(c, false))
				return NOT_SUPPORTED;
			value &= ~x;
			break;
		case OP_FLIP:
			bit = nth_bit(x & field_mask(c->field), step);
			if (bit < 0)
				return NO_SUCH_STEP;
			value ^= BIT_ULL(bit);
			*stepped = true;
			break;
		case OP_EACH:
			bit = nth_bit(x, step);
			if (bit < 0)
				return NO_SUCH_STEP;
			value &= ~((BIT_ULL(c->width) - 1) << c->shift);
			value |= (u64)bit << c->shift;
			*stepped = true;
			break;
		default:
			GUEST_FAIL("unknown operation");
		}
		write_field(f, value);
		if (f->now != value)
			return DROPPED;
	}
	return APPLIED;
}

static u64 selectors(void)
{
	return get_ds() | (u64)get_es() << 16 | (u64)get_fs() << 32 | (u64)get_gs() << 48;
}

static u64 get_dr7(void)
{
	u64 dr7;

	asm volatile("mov %%dr7, %0" : "=r"(dr7));
	return dr7;
}

static void read_l1_state(u64 *state)
{
	struct desc_ptr gdt = get_gdt(), idt = get_idt();
	int i;

	state[L1_CR0] = get_cr0();
	state[L1_CR3] = get_cr3();
	state[L1_CR4] = get_cr4();
	state[L1_DR7] = get_dr7();
	state[L1_SELECTORS] = selectors();
	state[L1_GDTR] = gdt.address ^ (u64)gdt.size << 48;
	state[L1_IDTR] = idt.address ^ (u64)idt.size << 48;
	state[L1_TR] = get_tr() | (u64)get_cs() << 16 | (u64)get_ss() << 32;
	for (i = 0; i < ARRAY_SIZE(l1_msrs); i++)
		state[L1_REGS + i] = l1_msrs[i] != MSR_IA32_S_CET || l1_has_s_cet ?
				     rdmsr(l1_msrs[i]) : 0;
}

static void differs(int where, u32 what, u64 actual, u64 expected)
{
	struct difference *d = &report.differences[report.nr_differences];

	if (actual == expected || report.nr_differences == ARRAY_SIZE(report.differences))
		return;

	d->where = where;
	d->what = what;
	d->actual = actual;
	d->expected = expected;
	report.nr_differences++;
}

static bool host_changed(void)
{
	struct field *f;
	int i;

	for (i = 0; i < ARRAY_SIZE(fields); i++) {
		f = &fields[i];
		if (f->exists && f->now != f->initial && f->field < PSEUDO_FIELDS &&
		    ((f->field & 0xc00) == 0xc00 || f->field == VM_EXIT_CONTROLS ||
		     f->field == VM_EXIT_MSR_LOAD_COUNT))
			return true;
	}
	return false;
}

/* Nobody but L1 changed anything. */
static void check_after_failure(void)
{
	u64 state[NR_L1_STATE];
	int i;

	for (i = 0; i < ARRAY_SIZE(fields); i++) {
		if (fields[i].exists && fields[i].saved)
			differs(IN_VMCS, fields[i].field, read_field(fields[i].field),
				fields[i].now & field_mask(fields[i].field));
	}

	for (i = report.outcome == FAILED_EXIT ? 2 : 0; i < ARRAY_SIZE(exit_fields); i++)
		differs(IN_EXIT_INFORMATION, exit_fields[i], vmreadz(exit_fields[i]),
			exit_information[i]);

	/* What a rule has VM-Exit load is its business. */
	if (report.outcome == FAILED_EXIT && host_changed())
		return;

	read_l1_state(state);
	for (i = 0; i < NR_L1_STATE; i++) {
		/* An MSR that was loaded before another couldn't be stays so. */
		if (report.outcome == FAILED_EXIT &&
		    (u16)report.number == EXIT_REASON_MSR_LOAD_FAIL &&
		    i >= L1_REGS && l1_msrs[i - L1_REGS] == read_field(MSR1_INDEX))
			continue;
		differs(IN_L1_STATE, i, state[i], l1_state[i]);
	}
}

static void restore_l1_state(void)
{
	u64 state[NR_L1_STATE];
	int i;

	read_l1_state(state);
	for (i = L1_REGS; i < NR_L1_STATE; i++) {
		if (state[i] != l1_state[i])
			wrmsr(l1_msrs[i - L1_REGS], l1_state[i]);
	}
}

/* Recognizable values, where VMWRITE can write them. */
static void prepare_exit_information(void)
{
	bool writable = rdmsr(MSR_IA32_VMX_MISC) & BIT(29);
	int i;

	for (i = 0; i < ARRAY_SIZE(exit_fields); i++) {
		if (writable)
			GUEST_ASSERT(!vmwrite(exit_fields[i], 0x5a5a00 + i));
		exit_information[i] = vmreadz(exit_fields[i]);
	}
}

static void restore_fields(void)
{
	bool entered = report.outcome == ENTERED;
	struct field *f;
	int i;

	for (i = 0; i < ARRAY_SIZE(fields); i++) {
		f = &fields[i];
		if (f->exists && (f->now != f->initial || (f->saved && entered)))
			write_field(f, f->initial);
	}
	if (entered || report.outcome == FAILED_EXIT)
		prepare_exit_information();
	if (entered || report.outcome == FAILED_EXIT || report.nr_differences)
		restore_l1_state();
}

static void set_shadow_bit(bool set)
{
	GUEST_ASSERT(!vmclear(vmx->vmcs_gpa));
	*(u32 *)vmx->vmcs = vmcs_revision() | (set ? BIT(31) : 0);
	GUEST_ASSERT(!vmptrld(vmx->vmcs_gpa));
	launched = false;
}

static void enter(void)
{
	enum how how = read_field(HOW);
	u64 flags;

	report.nr_differences = 0;
	report.qualification = 0;
	report.l2_rip = 0;

	switch (how) {
	case NOT_IN_VMX_OPERATION:
		GUEST_ASSERT(!vmclear(vmx->vmcs_gpa));
		vmxoff();
		report.outcome = FAULT;
		report.number = kvm_asm_safe("vmlaunch");
		GUEST_ASSERT(!vmxon(vmx->vmxon_gpa));
		GUEST_ASSERT(!vmptrld(vmx->vmcs_gpa));
		launched = false;
		return;
	case NO_CURRENT_VMCS:
		GUEST_ASSERT(!vmclear(vmx->vmcs_gpa));
		break;
	case SHADOW_VMCS:
		set_shadow_bit(true);
		break;
	default:
		break;
	}

	flags = enter_l2(launched == (how == WRONG_INSTRUCTION), how == MOV_SS_BLOCKING);

	if (how == NO_CURRENT_VMCS) {
		GUEST_ASSERT(!vmptrld(vmx->vmcs_gpa));
		launched = false;
	} else if (how == SHADOW_VMCS) {
		set_shadow_bit(false);
	}

	if (flags == VMEXIT) {
		GUEST_ASSERT_EQ(rsp_after_vmexit, read_field(HOST_RSP));
		GUEST_ASSERT_EQ(rflags_after_vmexit, X86_EFLAGS_FIXED);
		report.number = read_field(VM_EXIT_REASON);
		report.qualification = read_field(EXIT_QUALIFICATION);
		if (report.number & EXIT_REASON_FAILED_VMENTRY) {
			report.outcome = FAILED_EXIT;
		} else {
			report.outcome = ENTERED;
			report.l2_rip = read_field(GUEST_RIP);
			launched = true;
		}
	} else {
		report.flags = flags & (X86_EFLAGS_CF | X86_EFLAGS_PF | X86_EFLAGS_AF |
					X86_EFLAGS_ZF | X86_EFLAGS_SF | X86_EFLAGS_OF);
		report.outcome = report.flags & X86_EFLAGS_ZF ? VMFAIL_VALID : VMFAIL_INVALID;
		report.number = report.outcome == VMFAIL_VALID ?
				read_field(VM_INSTRUCTION_ERROR) : 0;
		GUEST_ASSERT_EQ(report.flags, report.outcome == VMFAIL_VALID ?
					      X86_EFLAGS_ZF : X86_EFLAGS_CF);
	}

	if (report.outcome != ENTERED)
		check_after_failure();
}

static void run_row(const struct row *row, u32 step)
{
	enum applied applied;
	bool stepped;

	do {
		stepped = false;
		applied = apply(row->changes, step, &stepped);
		if (step && !stepped)
			applied = NO_SUCH_STEP;
		report.step = step;
		if (applied == APPLIED) {
			enter();
			GUEST_SYNC(SYNC_STEP);
		} else {
			report.outcome = VMFAIL_INVALID;
		}
		restore_fields();
		step++;
	} while ((applied == APPLIED || applied == DROPPED) && stepped);
}

/* Random numbers that depend on nothing but the seed and the iteration. */
static u64 random_state;

static u64 random64(void)
{
	u64 z = random_state += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

static u32 random_below(u32 limit)
{
	return (u32)(random64() >> 32) % limit;
}

static bool uses(const struct change *c, u32 field)
{
	for (; c->op != END_OF_CHANGES; c++) {
		if (c->op == OP_GROUP ? uses(c->group, field) : c->field == field)
			return true;
	}
	return false;
}

/* Fields that L1 and the page tables survive any value of. */
static const u32 harmless_fields[] = {
	PIN_BASED_VM_EXEC_CONTROL, CPU_BASED_VM_EXEC_CONTROL, SECONDARY_VM_EXEC_CONTROL,
	VM_ENTRY_INTR_INFO_FIELD, VM_ENTRY_EXCEPTION_ERROR_CODE, VM_ENTRY_INSTRUCTION_LEN,
	TPR_THRESHOLD, VIRTUAL_PROCESSOR_ID, CR3_TARGET_COUNT,
	GUEST_ES_SELECTOR, GUEST_CS_SELECTOR, GUEST_SS_SELECTOR, GUEST_DS_SELECTOR,
	GUEST_FS_SELECTOR, GUEST_GS_SELECTOR, GUEST_LDTR_SELECTOR, GUEST_TR_SELECTOR,
	GUEST_ES_LIMIT, GUEST_CS_LIMIT, GUEST_SS_LIMIT, GUEST_DS_LIMIT, GUEST_FS_LIMIT,
	GUEST_GS_LIMIT, GUEST_LDTR_LIMIT, GUEST_TR_LIMIT, GUEST_GDTR_LIMIT,
	GUEST_ES_AR_BYTES, GUEST_CS_AR_BYTES, GUEST_SS_AR_BYTES, GUEST_DS_AR_BYTES,
	GUEST_FS_AR_BYTES, GUEST_GS_AR_BYTES, GUEST_LDTR_AR_BYTES, GUEST_TR_AR_BYTES,
	GUEST_INTERRUPTIBILITY_INFO, GUEST_ACTIVITY_STATE, GUEST_PENDING_DBG_EXCEPTIONS,
	GUEST_RFLAGS, GUEST_DR7, GUEST_IA32_DEBUGCTL, GUEST_SYSENTER_ESP,
	GUEST_SYSENTER_EIP, GUEST_ES_BASE, GUEST_DS_BASE, GUEST_FS_BASE, GUEST_GS_BASE,
	GUEST_LDTR_BASE, GUEST_TR_BASE, GUEST_CR0, GUEST_CR4, GUEST_S_CET, GUEST_SSP,
};

static bool is_new(u32 row)
{
	u32 i;

	for (i = 0; i + 1 < report.nr_mutations; i++) {
		if (!report.mutations[i].field && report.mutations[i].row == row)
			return false;
	}
	return true;
}

/* Flipping a bit twice might make an address legal that isn't meant to be used. */
static void mutate(struct mutation *m)
{
	const struct change *c;
	struct field *f;
	u64 steps = 0;
	bool stepped;
	u64 mask;

	memset(m, 0, sizeof(*m));

	if (!random_below(4)) {
		f = find_field(harmless_fields[random_below(ARRAY_SIZE(harmless_fields))]);
		mask = field_mask(f->field);
		/* Low bits are where the meaning is. */
		if (f->field >= 0x6800 && !random_below(4))
			m->flip = BIT_ULL(random_below(64));
		else
			m->flip = BIT_ULL(random_below(mask == 0xffff ? 16 : 32));
		m->field = f->field;
		if (f->exists)
			write_field(f, f->now ^ m->flip);
		return;
	}

	do {
		m->row = random_below(ARRAY_SIZE(rows));
	} while (uses(rows[m->row].changes, HOW) || rows[m->row].clear_misc ||
		 !is_new(m->row));

	for (c = rows[m->row].changes; c->op != END_OF_CHANGES; c++) {
		if (c->op == OP_FLIP || c->op == OP_EACH)
			steps = operand(c) & field_mask(c->field);
	}
	if (steps)
		m->step = random_below(__builtin_popcountll(steps));
	apply(rows[m->row].changes, m->step, &stepped);
}

static void run_random(void)
{
	u64 i, n;

	report.hash = 0xcbf29ce484222325ull;
	for (i = job.iteration; i < job.end; i++) {
		random_state = job.seed * 0x100000001b3ull + i;
		report.iteration = i;
		report.nr_mutations = 0;
		for (n = 1 + random_below(MAX_MUTATIONS); n; n--) {
			report.nr_mutations++;
			mutate(&report.mutations[report.nr_mutations - 1]);
		}

		/* L2 needn't sleep for long. */
		if (find_field(GUEST_ACTIVITY_STATE)->now == 1 && random_below(8) &&
		    !(find_field(PIN_BASED_VM_EXEC_CONTROL)->now &
		      PIN_BASED_VMX_PREEMPTION_TIMER))
			write_field(find_field(PIN_BASED_VM_EXEC_CONTROL),
				    find_field(PIN_BASED_VM_EXEC_CONTROL)->now |
				    PIN_BASED_VMX_PREEMPTION_TIMER);

		enter();
		report.nr_outcomes[report.outcome]++;
		report.hash = (report.hash ^ report.outcome) * 0x100000001b3ull;
		report.hash = (report.hash ^ report.number) * 0x100000001b3ull;
		report.hash = (report.hash ^ report.qualification) * 0x100000001b3ull;
		if (report.nr_differences || job.report_all)
			GUEST_SYNC(SYNC_STEP);
		restore_fields();
	}
}

/* The VMCS that enters, and whatever exits from L2 ends in L1. */
static void prepare_l2(void)
{
	static u64 l2_stack[64];
	struct field *f;
	int i;

	prepare_vmcs(vmx, l2_code, &l2_stack[ARRAY_SIZE(l2_stack)]);

	GUEST_ASSERT(!vmwrite(HOST_RIP, (u64)l1_vmexit));
	GUEST_ASSERT(!vmwrite(HOST_RSP, 0x123456789ab0ull));
	GUEST_ASSERT(!vmwrite(EXCEPTION_BITMAP, -1u));
	GUEST_ASSERT(!vmwrite(PAGE_FAULT_ERROR_CODE_MASK, 0));
	GUEST_ASSERT(!vmwrite(PAGE_FAULT_ERROR_CODE_MATCH, 0));
	GUEST_ASSERT(!vmwrite(VM_EXIT_CONTROLS, vmreadz(VM_EXIT_CONTROLS) |
			      VM_EXIT_LOAD_IA32_EFER | VM_EXIT_LOAD_IA32_PAT));
	GUEST_ASSERT(!vmwrite(VM_ENTRY_CONTROLS, vmreadz(VM_ENTRY_CONTROLS) |
			      VM_ENTRY_LOAD_IA32_EFER | VM_ENTRY_LOAD_IA32_PAT));
	GUEST_ASSERT(!vmwrite(HOST_IA32_EFER, rdmsr(MSR_EFER)));
	GUEST_ASSERT(!vmwrite(GUEST_IA32_EFER, rdmsr(MSR_EFER)));
	GUEST_ASSERT(!vmwrite(HOST_IA32_PAT, rdmsr(MSR_IA32_CR_PAT)));
	GUEST_ASSERT(!vmwrite(GUEST_IA32_PAT, rdmsr(MSR_IA32_CR_PAT)));

	/* Injected events fault, and exit. */
	GUEST_ASSERT(!vmwrite(GUEST_IDTR_LIMIT, 0));

	/* Segments that are there. */
	for (i = 0; i < 12; i += 2) {
		if (GUEST_ES_SELECTOR + i == GUEST_CS_SELECTOR)
			continue;
		GUEST_ASSERT(!vmwrite(GUEST_ES_SELECTOR + i, get_ss()));
		GUEST_ASSERT(!vmwrite(GUEST_ES_AR_BYTES + i, 0xc093));
	}

	*(u32 *)pages[LINKED_PAGE] = vmcs_revision();

	for (i = 0; i < ARRAY_SIZE(fields); i++) {
		f = &fields[i];
		f->exists = f->field >= PSEUDO_FIELDS || !vmread(f->field, &f->initial);
		if (f->exists) {
			f->initial = read_field(f->field);
			f->now = f->initial;
		}
	}
}

static void l1_code(struct vmx_pages *__vmx)
{
	vmx = __vmx;
	pa_bits = this_cpu_property(X86_PROPERTY_MAX_PHY_ADDR);
	la_bits = this_cpu_has(X86_FEATURE_LA57) ? 57 : 48;
	l1_has_s_cet = this_cpu_has(X86_FEATURE_SHSTK) || this_cpu_has(X86_FEATURE_IBT);

	GUEST_ASSERT(prepare_for_vmx_operation(vmx));
	GUEST_ASSERT(load_vmcs(vmx));
	prepare_l2();

	/* L1's state is what VM-Exit makes it from now on. */
	enter();
	__GUEST_ASSERT(report.outcome == ENTERED && report.number == EXIT_REASON_VMCALL &&
		       report.l2_rip == (u64)l2_code,
		       "no valid VMCS to start with: outcome %u, %u, 0x%lx",
		       report.outcome, report.number, report.qualification);
	read_l1_state(l1_state);
	restore_fields();

	memset(report.nr_outcomes, 0, sizeof(report.nr_outcomes));
	for (;;) {
		if (job.random)
			run_random();
		else
			run_row(&rows[job.row], job.step);
		GUEST_SYNC(SYNC_END);
	}
}

/* From here on, userspace. */
static struct kvm_vcpu *vcpu;
static struct kvm_vm *vm;
static struct job *guest_job;
static struct report *guest_report;
static u64 vm_clear_misc;

static const char *excused = "";
static const char *known = "";
static bool verbose;

static bool in_list(const char *list, const char *id)
{
	size_t n = strlen(id);
	const char *p;

	for (p = list; *p; p += strcspn(p, ","), p += *p == ',') {
		if (strcspn(p, ",") == n && !strncmp(p, id, n))
			return true;
	}
	return false;
}

static void create_vm(u64 clear_misc)
{
	gva_t vmx_gva;
	int i;

	if (vm)
		kvm_vm_free(vm);

	vm = vm_create_with_one_vcpu(&vcpu, l1_code);
	vcpu_alloc_vmx(vm, &vmx_gva);
	vcpu_args_set(vcpu, 1, vmx_gva);

	for (i = 0; i < NR_PAGES; i++)
		page_gpa[i] = addr_gva2gpa(vm, (gva_t)pages[i]);
	sync_global_to_guest(vm, page_gpa);
	current_vmcs_gpa = ((struct vmx_pages *)addr_gva2hva(vm, vmx_gva))->vmcs_gpa;
	sync_global_to_guest(vm, current_vmcs_gpa);
	guest_job = addr_gva2hva(vm, (gva_t)&job);
	guest_report = addr_gva2hva(vm, (gva_t)&report);

	if (clear_misc)
		vcpu_set_msr(vcpu, MSR_IA32_VMX_MISC,
			     vcpu_get_msr(vcpu, MSR_IA32_VMX_MISC) & ~clear_misc);
	vm_clear_misc = clear_misc;
}

static void on_alarm(int signal)
{
}

/*
 * An L2 that sleeps would do so forever.  Interrupt KVM_RUN every now and then, and
 * wake it up.
 */
static void start_alarms(void)
{
	struct itimerval interval = {
		.it_interval.tv_usec = 30000,
		.it_value.tv_usec = 30000,
	};
	struct sigaction action = { .sa_handler = on_alarm, .sa_flags = SA_RESTART };

	sigaction(SIGALRM, &action, NULL);
	TEST_ASSERT(!setitimer(ITIMER_REAL, &interval, NULL), "setitimer: %d", errno);
}

enum run { RUN_STEP, RUN_END, RUN_DIED };

static enum run run_vcpu(bool *slept, char *why, size_t size)
{
	struct kvm_mp_state state;
	struct ucall uc;
	int alarms = 0;

	*slept = false;
	for (;;) {
		if (!__vcpu_run(vcpu))
			break;
		TEST_ASSERT(errno == EINTR, "KVM_RUN: %d", errno);

		vcpu_mp_state_get(vcpu, &state);
		if (state.mp_state != KVM_MP_STATE_RUNNABLE) {
			*slept = true;
			state.mp_state = KVM_MP_STATE_RUNNABLE;
			vcpu_mp_state_set(vcpu, &state);
		} else if (++alarms == 2000) {
			snprintf(why, size, "L2 runs on and on");
			return RUN_DIED;
		}
	}

	if (vcpu->run->exit_reason != KVM_EXIT_IO) {
		snprintf(why, size, "the VM died: %s (%u)",
			 exit_reason_str(vcpu->run->exit_reason), vcpu->run->exit_reason);
		return RUN_DIED;
	}

	switch (get_ucall(vcpu, &uc)) {
	case UCALL_SYNC:
		return uc.args[1] == SYNC_STEP ? RUN_STEP : RUN_END;
	case UCALL_ABORT:
		snprintf(why, size, "%.200s", uc.buffer);
		return RUN_DIED;
	default:
		snprintf(why, size, "the VM died: ucall %lu", uc.cmd);
		return RUN_DIED;
	}
}

static const char *describe(enum outcome outcome, u32 number, u64 qualification)
{
	static char text[2][64];
	static int i;

	i = !i;
	switch (outcome) {
	case VMFAIL_INVALID:
		return "VMfailInvalid";
	case VMFAIL_VALID:
		snprintf(text[i], sizeof(text[i]), "VMfailValid(%u)", number);
		break;
	case FAILED_EXIT:
		snprintf(text[i], sizeof(text[i]), "VM-Exit %u%s (%lu)", (u16)number,
			 number == ((u16)number | EXIT_REASON_FAILED_VMENTRY) ? "" :
			 " with wrong flags", (unsigned long)qualification);
		break;
	case FAULT:
		snprintf(text[i], sizeof(text[i]), "exception %u", number);
		break;
	case ENTERED:
		snprintf(text[i], sizeof(text[i]), "entered, VM-Exit %u", number);
		break;
	case ENTERED_ANY:
		return "entered";
	case ENTERED_SLEEPS:
		return "entered and asleep";
	case ENTERED_OR_FAILED_EXIT:
		return "entered or VM-Exit 33";
	}
	return text[i];
}

static bool is_expected(const struct expectation *e, const struct report *r, bool slept)
{
	switch (e->outcome) {
	case ENTERED:
		return r->outcome == ENTERED && !slept && r->number == e->number &&
		       r->l2_rip == (u64)l2_code;
	case ENTERED_ANY:
		return r->outcome == ENTERED && !slept;
	case ENTERED_SLEEPS:
		return r->outcome == ENTERED && slept;
	case ENTERED_OR_FAILED_EXIT:
		return r->outcome == ENTERED ||
		       (r->outcome == FAILED_EXIT &&
			(u16)r->number == EXIT_REASON_INVALID_STATE);
	default:
		return !slept && r->outcome == e->outcome && r->number == e->number &&
		       r->qualification == e->qualification;
	}
}

/*
 * A failed entry that changes what it must not is a violation of this rule, whatever
 * made it fail.  Except for the rules that are about L1's registers.
 */
#define RULE_OF_CHANGES	"guest-fail-area-unmodified"

static u32 nr_changed_by_failure;

static bool breaks_rule_of_l1_state(const char *id, const struct report *r)
{
	u32 i;

	if (strcmp(id, "guest-fail-host-cet") && strcmp(id, "msr-no-load-on-33"))
		return false;

	for (i = 0; i < r->nr_differences; i++) {
		if (r->differences[i].where == IN_L1_STATE)
			return true;
	}
	return false;
}

/* Tell of each place once. */
static bool is_news(const struct difference *d)
{
	static struct { u32 where, what; } told[64];
	static u32 nr_told;
	u32 i;

	for (i = 0; i < nr_told; i++) {
		if (told[i].where == d->where && told[i].what == d->what)
			return false;
	}
	if (nr_told < ARRAY_SIZE(told)) {
		told[nr_told].where = d->where;
		told[nr_told].what = d->what;
		nr_told++;
	}
	return true;
}

static bool is_any_news(const struct report *r)
{
	bool news = false;
	u32 i;

	for (i = 0; i < r->nr_differences; i++)
		news |= is_news(&r->differences[i]);
	return news;
}

static void print_differences(const struct report *r, const char *id, bool all)
{
	static const char * const where[] = { "VMCS field", "exit field", "L1 state" };
	u32 i;

	for (i = 0; i < r->nr_differences; i++) {
		const struct difference *d = &r->differences[i];

		if (is_news(d) || all)
			ksft_print_msg("%s: %s 0x%x changed: got 0x%lx, expected 0x%lx\n", id,
				       where[d->where], d->what, (unsigned long)d->actual,
				       (unsigned long)d->expected);
	}
}

struct verdict {
	u32 steps, failed, excused, skipped_rows, rows;
};

/* Hardware that enters instead of failing, or the other way round. */
static bool is_excused(const struct row *row, const struct report *r)
{
	bool entered = r->outcome == ENTERED;

	switch (row->expect.outcome) {
	case ENTERED:
	case ENTERED_ANY:
	case ENTERED_SLEEPS:
		if (entered || r->outcome != FAILED_EXIT ||
		    (u16)r->number != EXIT_REASON_INVALID_STATE)
			return false;
		break;
	default:
		if (!entered)
			return false;
	}
	return in_list(excused, row->id);
}

static void run_one_row(u32 nr, struct verdict *v)
{
	const struct row *row = &rows[nr];
	const struct expectation *e = &row->expect;
	struct report *r;
	char why[256];
	u32 steps = 0;
	bool slept;

	v->rows++;
	if (!vm || vm_clear_misc != row->clear_misc)
		create_vm(row->clear_misc);

	guest_job->random = false;
	guest_job->row = nr;
	guest_job->step = 0;
	for (;;) {
		enum run run = run_vcpu(&slept, why, sizeof(why));

		r = guest_report;
		if (run == RUN_END)
			break;

		steps++;
		if (run == RUN_DIED) {
			v->failed++;
			ksft_print_msg("%s: row %u, step %u: expected %s: %s\n", row->id, nr,
				       r->step, describe(e->outcome, e->number, e->qualification),
				       why);
			steps = r->step + 1;
			create_vm(row->clear_misc);
			guest_job->random = false;
			guest_job->row = nr;
			guest_job->step = steps;
			continue;
		}

		if (!is_expected(e, r, slept)) {
			if (is_excused(row, r)) {
				v->excused++;
				continue;
			}
			v->failed++;
			ksft_print_msg("%s: row %u, step %u: expected %s, got %s%s\n", row->id, nr,
				       r->step, describe(e->outcome, e->number, e->qualification),
				       describe(r->outcome, r->number, r->qualification),
				       slept ? " after sleeping" : "");
		} else if (breaks_rule_of_l1_state(row->id, r)) {
			v->failed++;
		} else if (r->nr_differences) {
			nr_changed_by_failure++;
		} else if (verbose) {
			ksft_print_msg("%s: row %u, step %u: %s\n", row->id, nr, r->step,
				       describe(r->outcome, r->number, r->qualification));
		}
		print_differences(r, row->id, verbose);
	}

	v->steps += steps;
	if (!steps)
		v->skipped_rows++;
}

static bool is_first_of_id(u32 nr)
{
	u32 i;

	for (i = 0; i < nr; i++) {
		if (!strcmp(rows[i].id, rows[nr].id))
			return false;
	}
	return true;
}

static void test_rule(const char *id)
{
	struct verdict v = {};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		if (!strcmp(rows[i].id, id))
			run_one_row(i, &v);
	}

	if (!strcmp(id, RULE_OF_CHANGES)) {
		v.failed += nr_changed_by_failure;
		v.steps += nr_changed_by_failure;
	}

	if (v.failed && in_list(known, id))
		ksft_test_result_xfail("%s: known to be wrong, %u of %u\n", id, v.failed, v.steps);
	else if (v.failed)
		ksft_test_result_fail("%s: %u of %u\n", id, v.failed, v.steps);
	else if (v.steps && in_list(known, id))
		ksft_test_result_fail("%s: known to be wrong, but it is right\n", id);
	else if (v.excused)
		ksft_test_result_xfail("%s: not shown here, hardware gets %u of %u wrong\n", id,
				       v.excused, v.steps);
	else if (!v.steps)
		ksft_test_result_skip("%s: not supported\n", id);
	else
		ksft_test_result_pass("%s: %u, %u of %u rows not supported\n", id, v.steps,
				      v.skipped_rows, v.rows);
}

static void print_reproducer(u64 seed, const struct report *r, const char *what)
{
	u32 i;

	ksft_print_msg("-r none -s %lu -f %lu -n 1:", (unsigned long)seed,
		       (unsigned long)r->iteration);
	for (i = 0; i < r->nr_mutations; i++) {
		const struct mutation *m = &r->mutations[i];

		if (m->field)
			printf(" field 0x%x ^ 0x%lx,", m->field, (unsigned long)m->flip);
		else
			printf(" %s (row %u, step %u),", rows[m->row].id, m->row, m->step);
	}
	printf(" %s\n", what);
}

/* Whatever is in an MSR list stays loaded if that is a known violation. */
static bool is_known_of_list(const char *id)
{
	return !strncmp(id, "msr-", 4) && in_list(known, "msr-no-load-on-33");
}

static bool is_known(const struct report *r)
{
	const char *id;
	u32 i;

	for (i = 0; i < r->nr_mutations; i++) {
		if (r->mutations[i].field)
			continue;

		id = rows[r->mutations[i].row].id;
		if (in_list(known, id) || is_known_of_list(id))
			return true;
	}
	return false;
}

static void test_random(u64 seed, u64 first, u64 nr)
{
	u64 next = first, hash = 0;
	u32 failed = 0, outcomes[ENTERED + 1] = {};
	struct report *r;
	char why[256];
	bool slept;
	int i;

	create_vm(0);
	for (;;) {
		enum run run;

		guest_job->random = true;
		guest_job->seed = seed;
		guest_job->iteration = next;
		guest_job->end = first + nr;
		guest_job->report_all = verbose;

		run = run_vcpu(&slept, why, sizeof(why));
		r = guest_report;
		if (run == RUN_STEP && is_known(r))
			continue;
		if (run == RUN_STEP && !verbose && !is_any_news(r)) {
			failed++;
			continue;
		}
		if (run == RUN_STEP) {
			print_reproducer(seed, r, describe(r->outcome, r->number,
							   r->qualification));
			print_differences(r, "random", true);
			failed += !!r->nr_differences;
			continue;
		}

		for (i = 0; i <= ENTERED; i++)
			outcomes[i] += r->nr_outcomes[i];
		hash = hash * 31 + r->hash;
		if (run == RUN_END)
			break;

		failed += !is_known(r);
		print_reproducer(seed, r, why);
		next = r->iteration + 1;
		create_vm(0);
	}

	ksft_print_msg("seed %lu, iterations %lu to %lu: hash %016lx\n", (unsigned long)seed,
		       (unsigned long)first, (unsigned long)(first + nr - 1),
		       (unsigned long)hash);
	ksft_print_msg("VMfail %u, VM-Exit 33 or 34 %u, entered %u\n",
		       outcomes[VMFAIL_INVALID] + outcomes[VMFAIL_VALID],
		       outcomes[FAILED_EXIT], outcomes[ENTERED]);
	ksft_test_result(!failed, "random: %lu iterations, %u failed\n", (unsigned long)nr, failed);
}

static void help(const char *name)
{
	printf("usage: %s [-r ID[,ID...]] [-l] [-v] [-x ID[,ID...]] [-k ID[,ID...]]\n"
	       "       [-n NR] [-s SEED] [-f FIRST]\n"
	       " -r: only these rules, and nothing random unless -n is given\n"
	       " -l: list the rules and what is expected\n"
	       " -v: print every outcome\n"
	       " -x: rules that this hardware is known to get wrong\n"
	       " -k: rules that KVM is known to get wrong, it's a failure if one is right\n"
	       " -n: number of random entries (default: 1000)\n"
	       " -s: seed (default: 1)\n"
	       " -f: first iteration (default: 0)\n", name);
}

int main(int argc, char *argv[])
{
	u64 nr_random = ~0ull, seed = 1, first = 0;
	const char *only = NULL;
	u32 i, plan = 0;
	bool list = false;
	int opt;

	while ((opt = getopt(argc, argv, "r:x:k:n:s:f:lvh")) != -1) {
		switch (opt) {
		case 'r':
			only = optarg;
			break;
		case 'x':
			excused = optarg;
			break;
		case 'k':
			known = optarg;
			break;
		case 'n':
			nr_random = strtoull(optarg, NULL, 0);
			break;
		case 's':
			seed = strtoull(optarg, NULL, 0);
			break;
		case 'f':
			first = strtoull(optarg, NULL, 0);
			break;
		case 'l':
			list = true;
			break;
		case 'v':
			verbose = true;
			break;
		default:
			help(argv[0]);
			return opt == 'h' ? 0 : KSFT_FAIL;
		}
	}

	if (list) {
		for (i = 0; i < ARRAY_SIZE(rows); i++)
			printf("%s %s\n", rows[i].id,
			       describe(rows[i].expect.outcome, rows[i].expect.number,
					rows[i].expect.qualification));
		return 0;
	}

	TEST_REQUIRE(kvm_cpu_has(X86_FEATURE_VMX));

	if (nr_random == ~0ull)
		nr_random = only ? 0 : 1000;
	for (i = 0; i < ARRAY_SIZE(rows); i++)
		plan += is_first_of_id(i) && (!only || in_list(only, rows[i].id));
	plan += !!nr_random;

	ksft_print_header();
	ksft_set_plan(plan);
	start_alarms();
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		if (is_first_of_id(i) && (!only || in_list(only, rows[i].id)))
			test_rule(rows[i].id);
	}
	if (nr_random)
		test_random(seed, first, nr_random);
	ksft_finished();
}
