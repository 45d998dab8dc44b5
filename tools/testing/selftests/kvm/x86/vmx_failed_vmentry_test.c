// SPDX-License-Identifier: GPL-2.0-only
/*
 * Legal and illegal states of L2, VM-Enter has to accept the former and to
 * refuse the latter, and mustn't change L1's state or the VMCS if it fails.
 *
 * Each case runs in a VM of its own, a wrong one may well kill its VM.  An
 * argument limits the test to the cases that have it in their names.
 */
#include "test_util.h"
#include "kvm_util.h"
#include "processor.h"
#include "vmx.h"
#include "hyperv.h"
#include "kselftest.h"

#define INVALID_CONTROL_FIELD	7

#define ACTIVE			0
#define HLT			1
#define WAIT_SIPI		3

#define STI_BLOCKING		BIT(0)
#define MOV_SS_BLOCKING		BIT(1)

#define EVENT(type, vector)	(BIT(31) | (type) << 8 | (vector))
#define EVENT_EC(type, vector)	(EVENT(type, vector) | BIT(11))
#define TYPE_EXT_INTR		0
#define TYPE_NMI		2
#define TYPE_HARD_EXCEPTION	3
#define TYPE_OTHER		7

#define S_CET_RESERVED		BIT_ULL(6)
#define S_CET_BITMAP_PAGE	BIT_ULL(12)
#define S_CET_NONCANONICAL	BIT_ULL(62)

#define EXT_INTR_VECTOR		0x80

/* The L1 timer that ends the wait of an inactive L2, in units of 32 TSC ticks. */
#define TIMER_VALUE		50000

/* Outcomes other than exit reasons of L2, 0 is a case that isn't tested. */
#define VMFAIL_CONTROLS		0x10000
#define TAKES_EXCEPTION		0x10001
#define REFUSED			(EXIT_REASON_FAILED_VMENTRY | EXIT_REASON_INVALID_STATE)
#define MSR_REFUSED		(EXIT_REASON_FAILED_VMENTRY | EXIT_REASON_MSR_LOAD_FAIL)

/* Entered and left by the first instruction of L2 or of its event handler. */
#define RUNS			EXIT_REASON_VMCALL
/* Entered, and nothing happened until L1's timer fired. */
#define WAITS			EXIT_REASON_PREEMPTION_TIMER

static const u32 guest_fields[] = {
	GUEST_ES_SELECTOR, GUEST_CS_SELECTOR, GUEST_SS_SELECTOR,
	GUEST_DS_SELECTOR, GUEST_FS_SELECTOR, GUEST_GS_SELECTOR,
	GUEST_LDTR_SELECTOR, GUEST_TR_SELECTOR, VMCS_LINK_POINTER,
	GUEST_IA32_DEBUGCTL, GUEST_IA32_PAT, GUEST_IA32_EFER,
	GUEST_ES_LIMIT, GUEST_CS_LIMIT, GUEST_SS_LIMIT, GUEST_DS_LIMIT,
	GUEST_FS_LIMIT, GUEST_GS_LIMIT, GUEST_LDTR_LIMIT, GUEST_TR_LIMIT,
	GUEST_GDTR_LIMIT, GUEST_IDTR_LIMIT, GUEST_ES_AR_BYTES,
	GUEST_CS_AR_BYTES, GUEST_SS_AR_BYTES, GUEST_DS_AR_BYTES,
	GUEST_FS_AR_BYTES, GUEST_GS_AR_BYTES, GUEST_LDTR_AR_BYTES,
	GUEST_TR_AR_BYTES, GUEST_INTERRUPTIBILITY_INFO, GUEST_ACTIVITY_STATE,
	GUEST_SYSENTER_CS, VMX_PREEMPTION_TIMER_VALUE, GUEST_CR0, GUEST_CR3,
	GUEST_CR4, GUEST_ES_BASE, GUEST_CS_BASE, GUEST_SS_BASE, GUEST_DS_BASE,
	GUEST_FS_BASE, GUEST_GS_BASE, GUEST_LDTR_BASE, GUEST_TR_BASE,
	GUEST_GDTR_BASE, GUEST_IDTR_BASE, GUEST_DR7, GUEST_RSP, GUEST_RIP,
	GUEST_RFLAGS, GUEST_PENDING_DBG_EXCEPTIONS, GUEST_SYSENTER_ESP,
	GUEST_SYSENTER_EIP, GUEST_S_CET, GUEST_SSP, GUEST_INTR_SSP_TABLE,
	VM_ENTRY_CONTROLS, VM_ENTRY_INTR_INFO_FIELD,
};

static u64 saved_fields[ARRAY_SIZE(guest_fields)];

/* What L1 needs to know about the VM. */
static struct {
	u64 empty_page;
	u64 hole;
	struct vmx_msr_entry *msr_list;
	u64 msr_list_gpa;
} shared;

static void set_control_bits(u32 field, u32 bits)
{
	vmwrite(field, vmreadz(field) | bits);
}

static void clear_control_bits(u32 field, u32 bits)
{
	vmwrite(field, vmreadz(field) & ~(u64)bits);
}

static void inject(u32 event)
{
	vmwrite(VM_ENTRY_INTR_INFO_FIELD, event);
}

static void legal_state(void)
{
}

static void rflags_clear(void)
{
	vmwrite(GUEST_RFLAGS, 0);
}

static void gdtr_limit_high(void)
{
	vmwrite(GUEST_GDTR_LIMIT, 0x1ffff);
}

static void tr_unusable(void)
{
	vmwrite(GUEST_TR_AR_BYTES, 0x1008b);
}

/* Nothing of L1's is accessible to CPL 3, if L2 runs it gets a page fault. */
static void cpl_3(void)
{
	vmwrite(GUEST_CS_SELECTOR, vmreadz(GUEST_CS_SELECTOR) | 3);
	vmwrite(GUEST_SS_SELECTOR, vmreadz(GUEST_SS_SELECTOR) | 3);
	vmwrite(GUEST_CS_AR_BYTES, vmreadz(GUEST_CS_AR_BYTES) | 0x60);
	vmwrite(GUEST_SS_AR_BYTES, vmreadz(GUEST_SS_AR_BYTES) | 0x60);
	vmwrite(EXCEPTION_BITMAP, BIT(PF_VECTOR));
	vmwrite(PAGE_FAULT_ERROR_CODE_MATCH, 0);
}

static void sti_blocking(void)
{
	vmwrite(GUEST_RFLAGS, X86_EFLAGS_FIXED | X86_EFLAGS_IF);
	vmwrite(GUEST_INTERRUPTIBILITY_INFO, STI_BLOCKING);
}

static void mov_ss_blocking(void)
{
	vmwrite(GUEST_INTERRUPTIBILITY_INFO, MOV_SS_BLOCKING);
}

static void inject_ext_intr(void)
{
	vmwrite(GUEST_RFLAGS, X86_EFLAGS_FIXED | X86_EFLAGS_IF);
	inject(EVENT(TYPE_EXT_INTR, EXT_INTR_VECTOR));
}

static void inject_nmi(void)
{
	inject(EVENT(TYPE_NMI, NMI_VECTOR));
}

static void inject_db(void)
{
	inject(EVENT(TYPE_HARD_EXCEPTION, DB_VECTOR));
}

static void inject_mc(void)
{
	inject(EVENT(TYPE_HARD_EXCEPTION, MC_VECTOR));
}

static void inject_ud(void)
{
	inject(EVENT(TYPE_HARD_EXCEPTION, UD_VECTOR));
}

static void inject_gp(void)
{
	vmwrite(VM_ENTRY_EXCEPTION_ERROR_CODE, 0);
	inject(EVENT_EC(TYPE_HARD_EXCEPTION, GP_VECTOR));
}

static void inject_mtf(void)
{
	inject(EVENT(TYPE_OTHER, 0));
}

static void pending_db(void)
{
	vmwrite(GUEST_RFLAGS, X86_EFLAGS_FIXED | X86_EFLAGS_TF);
	vmwrite(GUEST_PENDING_DBG_EXCEPTIONS, BIT(14));
}

/* Only memory can tell, i.e. the CPU, once it has all other controls. */
static void tpr_below_threshold(void)
{
	set_control_bits(CPU_BASED_VM_EXEC_CONTROL, CPU_BASED_TPR_SHADOW);
	vmwrite(VIRTUAL_APIC_PAGE_ADDR, shared.empty_page);
	vmwrite(TPR_THRESHOLD, 1);
}

/* State that VM-Enter doesn't load, VM-Exit saves what the CPU has instead. */
static void unloaded_state(void)
{
	clear_control_bits(VM_ENTRY_CONTROLS, VM_ENTRY_LOAD_DEBUG_CONTROLS |
					      VM_ENTRY_LOAD_IA32_EFER |
					      VM_ENTRY_LOAD_IA32_PAT);
	set_control_bits(VM_EXIT_CONTROLS, VM_EXIT_SAVE_DEBUG_CONTROLS |
					   VM_EXIT_SAVE_IA32_EFER |
					   VM_EXIT_SAVE_IA32_PAT |
					   VM_EXIT_SAVE_VMX_PREEMPTION_TIMER);
	vmwrite(GUEST_DR7, 0x401);
	vmwrite(GUEST_IA32_DEBUGCTL, BIT(1));
	vmwrite(GUEST_IA32_EFER, 0);
	vmwrite(GUEST_IA32_PAT, 0);
}

static void unloaded_state_bad_rflags(void)
{
	unloaded_state();
	rflags_clear();
}

static void bad_rflags_db(void)
{
	inject_db();
	rflags_clear();
}

static void load_s_cet(u64 s_cet)
{
	set_control_bits(VM_ENTRY_CONTROLS, VM_ENTRY_LOAD_CET_STATE);
	vmwrite(GUEST_S_CET, s_cet);
	vmwrite(GUEST_SSP, 0);
	vmwrite(GUEST_INTR_SSP_TABLE, 0);
}

static void s_cet_bitmap(void)
{
	load_s_cet(S_CET_BITMAP_PAGE);
}

static void s_cet_bitmap_host(void)
{
	set_control_bits(VM_EXIT_CONTROLS, VM_EXIT_LOAD_CET_STATE);
	vmwrite(HOST_S_CET, 2 * S_CET_BITMAP_PAGE);
	vmwrite(HOST_SSP, 0);
	vmwrite(HOST_INTR_SSP_TABLE, 0);
}

static void s_cet_reserved(void)
{
	load_s_cet(S_CET_RESERVED);
}

static void s_cet_noncanonical(void)
{
	load_s_cet(S_CET_NONCANONICAL);
}

static void s_cet_noncanonical_msr(void)
{
	shared.msr_list[0] = (struct vmx_msr_entry) {
		.index = MSR_IA32_S_CET,
		.value = S_CET_NONCANONICAL,
	};
	vmwrite(VM_ENTRY_MSR_LOAD_ADDR, shared.msr_list_gpa);
	vmwrite(VM_ENTRY_MSR_LOAD_COUNT, 1);
}

/* Neither loaded nor checked, and CR4 makes the difference. */
static void unloaded_s_cet(void)
{
	vmwrite(GUEST_S_CET, S_CET_RESERVED);
	vmwrite(GUEST_CR4, vmreadz(GUEST_CR4) & ~(u64)X86_CR4_VMXE);
}

static void unloaded_s_cet_bad_rflags(void)
{
	vmwrite(GUEST_S_CET, S_CET_RESERVED);
	rflags_clear();
}

static void l2_hlt_code(void)
{
	asm volatile("hlt");
	vmcall();
	GUEST_FAIL("L2 resumed");
}

static void executes_hlt(void)
{
	vmwrite(GUEST_RIP, (u64)l2_hlt_code);
	vmwrite(GUEST_RFLAGS, X86_EFLAGS_FIXED | X86_EFLAGS_IF);
}

static void evmcs_inactive_secondary(void)
{
	clear_control_bits(CPU_BASED_VM_EXEC_CONTROL,
			   CPU_BASED_ACTIVATE_SECONDARY_CONTROLS);
	vmwrite(SECONDARY_VM_EXEC_CONTROL, -1u);
}

static void evmcs_inactive_vmfunc(void)
{
	vmwrite(VM_FUNCTION_CONTROL, BIT_ULL(0));
}

static void evmcs_inactive_vmfunc_high(void)
{
	vmwrite(VM_FUNCTION_CONTROL, BIT_ULL(32));
}

#define CASE_HLT_SUPPORT	BIT(0)	/* HLT is missing in IA32_VMX_MISC */
#define CASE_CET		BIT(1)
#define CASE_EVMCS		BIT(2)	/* eVMCS is offered to L1, but isn't used */
#define CASE_TPR_SHADOW		BIT(3)
#define CASE_MTF		BIT(4)
#define CASE_SECONDARY		BIT(5)

struct vmentry_case {
	const char *name;
	void (*setup)(void);
	/* Exit reason or other outcome by activity state, 0 if not tested. */
	u32 active;
	u32 hlt;
	u32 wait_sipi;
	u32 flags;
};

static const struct vmentry_case cases[] = {
	{ "legal state", legal_state, RUNS, WAITS, WAITS },
	{ "no HLT in IA32_VMX_MISC", legal_state, RUNS, REFUSED, WAITS, CASE_HLT_SUPPORT },
	{ "RFLAGS.1 clear", rflags_clear, REFUSED, REFUSED, REFUSED },
	{ "GDTR limit too high", gdtr_limit_high, REFUSED, REFUSED, REFUSED },
	{ "TR unusable", tr_unusable, REFUSED, REFUSED, REFUSED },
	{ "vTPR below threshold", tpr_below_threshold,
	  VMFAIL_CONTROLS, VMFAIL_CONTROLS, VMFAIL_CONTROLS, CASE_TPR_SHADOW },
	{ "CPL 3", cpl_3, TAKES_EXCEPTION, REFUSED, WAITS },
	{ "STI blocking", sti_blocking, RUNS, REFUSED, REFUSED },
	{ "MOV-SS blocking", mov_ss_blocking, RUNS, REFUSED, REFUSED },
	{ "injected interrupt", inject_ext_intr, RUNS, RUNS, REFUSED },
	{ "injected NMI", inject_nmi, RUNS, RUNS, REFUSED },
	{ "injected #DB", inject_db, RUNS, RUNS, REFUSED },
	{ "injected #MC", inject_mc, RUNS, RUNS, REFUSED },
	{ "injected #UD", inject_ud, RUNS, REFUSED, REFUSED },
	{ "injected #GP", inject_gp, RUNS, REFUSED, REFUSED },
	{ "injected MTF", inject_mtf, EXIT_REASON_MONITOR_TRAP_FLAG,
	  EXIT_REASON_MONITOR_TRAP_FLAG, REFUSED, CASE_MTF },

	{ "pending #DB", pending_db, RUNS, RUNS, WAITS },

	{ "state that isn't loaded", unloaded_state, RUNS },
	{ "state that isn't loaded, RFLAGS.1 clear", unloaded_state_bad_rflags, REFUSED },
	{ "injected #DB, RFLAGS.1 clear", bad_rflags_db, REFUSED, REFUSED, REFUSED },

	{ "HLT executed by L2", executes_hlt, WAITS },

	{ "S_CET bitmap at odd page", s_cet_bitmap, RUNS, .flags = CASE_CET },
	{ "HOST_S_CET bitmap at odd page", s_cet_bitmap_host, RUNS, .flags = CASE_CET },
	{ "S_CET reserved bit", s_cet_reserved, REFUSED, .flags = CASE_CET },
	{ "S_CET non-canonical", s_cet_noncanonical, REFUSED, .flags = CASE_CET },
	{ "S_CET non-canonical in MSR list", s_cet_noncanonical_msr, MSR_REFUSED,
	  .flags = CASE_CET },
	{ "S_CET not loaded, bad CR4", unloaded_s_cet, REFUSED, .flags = CASE_CET },
	{ "S_CET not loaded, RFLAGS.1 clear", unloaded_s_cet_bad_rflags, REFUSED,
	  .flags = CASE_CET },

	{ "eVMCS, inactive secondary controls", evmcs_inactive_secondary, RUNS,
	  .flags = CASE_EVMCS | CASE_SECONDARY },
	{ "eVMCS, inactive VM functions", evmcs_inactive_vmfunc, RUNS,
	  .flags = CASE_EVMCS },
	{ "eVMCS, inactive VM functions 63:32", evmcs_inactive_vmfunc_high, RUNS,
	  .flags = CASE_EVMCS },
};

static void l2_guest_code(void)
{
	vmcall();
	GUEST_FAIL("L2 resumed");
}

static void l2_event_handler(struct ex_regs *regs)
{
	vmcall();
	GUEST_FAIL("L2 resumed");
}

/* Not every field exists on every CPU. */
static u64 read_field(u32 field)
{
	u64 value;

	return vmread(field, &value) ? 0 : value;
}

static void save_fields(void)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(guest_fields); i++)
		saved_fields[i] = read_field(guest_fields[i]);
}

static void check_fields(void)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(guest_fields); i++)
		__GUEST_ASSERT(read_field(guest_fields[i]) == saved_fields[i],
			       "field %x: was %lx, is %lx", guest_fields[i],
			       saved_fields[i], read_field(guest_fields[i]));
}

static void l1_prepare(struct vmx_pages *vmx, void *stack, bool has_timer)
{
	prepare_vmcs(vmx, l2_guest_code, stack);
	if (!has_timer)
		return;

	set_control_bits(PIN_BASED_VM_EXEC_CONTROL, PIN_BASED_VMX_PREEMPTION_TIMER);
	vmwrite(VMX_PREEMPTION_TIMER_VALUE, TIMER_VALUE);
}

static u32 exit_reason(u32 outcome)
{
	return outcome == TAKES_EXCEPTION ? EXIT_REASON_EXCEPTION_NMI : outcome;
}

static void l1_guest_code(struct vmx_pages *vmx, int nr, u32 activity_state,
			  u32 expected)
{
	const struct vmentry_case *c = &cases[nr];
	unsigned long stack[64];
	u64 s_cet = 0;

	GUEST_ASSERT(prepare_for_vmx_operation(vmx));
	GUEST_ASSERT(load_vmcs(vmx));

	if (c->flags & CASE_CET)
		s_cet = rdmsr(MSR_IA32_S_CET);

	/* Enlightened VMCSs don't support the timer. */
	l1_prepare(vmx, &stack[64], !(c->flags & CASE_EVMCS));
	vmwrite(GUEST_ACTIVITY_STATE, activity_state);
	c->setup();
	save_fields();

	if (expected == VMFAIL_CONTROLS) {
		GUEST_ASSERT(vmlaunch());
		GUEST_ASSERT_EQ(vmreadz(VM_INSTRUCTION_ERROR),
				INVALID_CONTROL_FIELD);
	} else {
		GUEST_ASSERT_EQ(vmlaunch(), 0);
		GUEST_ASSERT_EQ(vmreadz(VM_EXIT_REASON), exit_reason(expected));
	}

	switch (expected) {
	case WAITS:
		GUEST_ASSERT_EQ(vmreadz(GUEST_ACTIVITY_STATE), activity_state ?: HLT);

		/* L2 does whatever it does when it is entered in active state. */
		vmwrite(GUEST_ACTIVITY_STATE, ACTIVE);
		GUEST_ASSERT_EQ(vmresume(), 0);
		GUEST_ASSERT_EQ(vmreadz(VM_EXIT_REASON),
				c->active == WAITS ? RUNS : exit_reason(c->active));
		fallthrough;
	default:
		GUEST_DONE();
		return;
	case REFUSED:
		GUEST_ASSERT_EQ(vmreadz(EXIT_QUALIFICATION), 0);
		break;
	case MSR_REFUSED:
		GUEST_ASSERT_EQ(vmreadz(EXIT_QUALIFICATION), 1);
		break;
	case VMFAIL_CONTROLS:
		break;
	}

	check_fields();
	if (c->flags & CASE_CET)
		GUEST_ASSERT_EQ(rdmsr(MSR_IA32_S_CET), s_cet);

	/* Still clear, and nothing is left behind. */
	/* Enlightened VMCSs don't support the timer. */
	l1_prepare(vmx, &stack[64], !(c->flags & CASE_EVMCS));
	GUEST_ASSERT_EQ(vmlaunch(), 0);
	GUEST_ASSERT_EQ(vmreadz(VM_EXIT_REASON), EXIT_REASON_VMCALL);

	GUEST_DONE();
}

static const char *missing_feature(u32 flags)
{
	u64 proc = kvm_get_feature_msr(MSR_IA32_VMX_TRUE_PROCBASED_CTLS) >> 32;

	if (flags & CASE_CET && !kvm_cpu_has(X86_FEATURE_IBT))
		return "IBT";
	if (flags & CASE_EVMCS && !kvm_has_cap(KVM_CAP_HYPERV_ENLIGHTENED_VMCS))
		return "enlightened VMCS";
	if (flags & CASE_TPR_SHADOW && !(proc & CPU_BASED_TPR_SHADOW))
		return "TPR shadow";
	if (flags & CASE_MTF && !(proc & CPU_BASED_MONITOR_TRAP))
		return "monitor trap flag";
	if (flags & CASE_SECONDARY && !(proc & CPU_BASED_ACTIVATE_SECONDARY_CONTROLS))
		return "secondary controls";
	return NULL;
}

/* Tells about a failure without ending the test. */
static bool is_done(struct kvm_vcpu *vcpu)
{
	struct ucall uc;

	if (vcpu->run->exit_reason != KVM_EXIT_IO) {
		ksft_print_msg("KVM exit reason %d (%s)\n", vcpu->run->exit_reason,
			       exit_reason_str(vcpu->run->exit_reason));
		return false;
	}

	switch (get_ucall(vcpu, &uc)) {
	case UCALL_DONE:
		return true;
	case UCALL_ABORT:
		ksft_print_msg("line %lu: %s\n", uc.args[GUEST_LINE], uc.buffer);
		return false;
	default:
		ksft_print_msg("Unknown ucall %lu\n", uc.cmd);
		return false;
	}
}

static void run_case(int nr, u32 activity_state, const char *state, u32 expected)
{
	const u8 vectors[] = { DB_VECTOR, NMI_VECTOR, UD_VECTOR, GP_VECTOR,
			       MC_VECTOR, EXT_INTR_VECTOR };
	const struct vmentry_case *c = &cases[nr];
	const char *missing;
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm;
	gva_t vmx_gva, gva;
	int i;

	if (!expected)
		return;

	missing = missing_feature(c->flags);
	if (missing) {
		ksft_test_result_skip("%s, %s (no %s)\n", c->name, state, missing);
		return;
	}

	vm = vm_create_with_one_vcpu(&vcpu, l1_guest_code);
	vcpu_alloc_vmx(vm, &vmx_gva);
	vcpu_args_set(vcpu, 4, vmx_gva, nr, activity_state, expected);

	for (i = 0; i < ARRAY_SIZE(vectors); i++)
		vm_install_exception_handler(vm, vectors[i], l2_event_handler);

	gva = vm_alloc_page(vm);
	shared.empty_page = addr_gva2gpa(vm, gva);
	gva = vm_alloc_page(vm);
	shared.msr_list = (void *)gva;
	shared.msr_list_gpa = addr_gva2gpa(vm, gva);
	sync_global_to_guest(vm, shared);

	if (c->flags & CASE_HLT_SUPPORT)
		vcpu_set_msr(vcpu, MSR_IA32_VMX_MISC,
			     vcpu_get_msr(vcpu, MSR_IA32_VMX_MISC) & ~BIT_ULL(6));

	if (c->flags & CASE_EVMCS) {
		vcpu_set_hv_cpuid(vcpu);
		vcpu_enable_evmcs(vcpu);
	}

	/* vcpu_run() would end the test if the guest aborts. */
	__vcpu_run(vcpu);
	ksft_test_result(is_done(vcpu), "%s, %s\n", c->name, state);
	kvm_vm_free(vm);
}

int main(int argc, char *argv[])
{
	const char *only = argc > 1 ? argv[1] : "";
	int i, plan = 0;

	TEST_REQUIRE(kvm_cpu_has(X86_FEATURE_VMX));

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		if (!strstr(cases[i].name, only))
			continue;
		plan += !!cases[i].active + !!cases[i].hlt + !!cases[i].wait_sipi;
	}

	ksft_print_header();
	ksft_set_plan(plan);

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		if (!strstr(cases[i].name, only))
			continue;
		run_case(i, ACTIVE, "active", cases[i].active);
		run_case(i, HLT, "HLT", cases[i].hlt);
		run_case(i, WAIT_SIPI, "wait-for-SIPI", cases[i].wait_sipi);
	}

	ksft_finished();
}
