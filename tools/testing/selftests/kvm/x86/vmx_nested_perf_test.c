// SPDX-License-Identifier: GPL-2.0-only
/*
 * Cost of nested VMX transitions, in TSC cycles per iteration.
 *
 * An iteration starts and ends in L1: L1 enters L2, L2 does next to nothing
 * and exits, and L1 handles the exit the way a hypervisor handles an emulated
 * instruction.  The variants add one thing each that is known to be costly.
 *
 * The "plain" loops are the exits of a guest that doesn't use VMX.  They tell
 * what all guests pay for the support of nested ones.
 *
 * Nothing but the transition differs between iterations, so that any tool that
 * counts events between two points (instructions in an emulator, PMU events)
 * gets the same figure for each of them, see option -m.
 */
#include <stdlib.h>
#include <unistd.h>

#include "test_util.h"
#include "apic.h"
#include "kvm_util.h"
#include "kselftest.h"
#include "processor.h"
#include "vmx.h"

#define L2_STACK_SIZE		64
#define MAX_ITERATIONS		10000
#define DEFAULT_ITERATIONS	1000
#define WARM_UP_ITERATIONS	100

#define VMXERR_ENTRY_INVALID_CONTROL_FIELD	7

#define IPI_VECTOR		0x20

#define IOAPIC_GPA		0xfec00000

#define UNTOUCHED_GPA		BIT_ULL(32)
#define UNTOUCHED_SLOT		10

struct perf_loop {
	const char *name;
	const char *what;

	/* An iteration of a plain loop, and what it needs to be set up by the host. */
	void (*plain_exit)(unsigned int i);
	void (*plain_setup)(struct kvm_vm *vm);

	/* What L2 executes; for all other loops, like the rest. */
	void (*l2_code)(void);
	/* What L1 does on each exit, in addition to skipping CPUID. */
	void (*l1_work)(unsigned int i);
	/*
	 * The event that L1 has pending when it enters L2, which KVM can handle only
	 * after an exit from L2 that it has to force, is a timer that has expired.
	 */
	bool expired_timer;
	/* L1's VM-Enter fails because of an invalid control field. */
	bool fail_entry;
};

/* Options that L1 has to know. */
static u32 nr_iterations = DEFAULT_ITERATIONS;
static u32 nr_warm_up = WARM_UP_ITERATIONS;
static bool use_marks;

static u8 *l1_msr_bitmap;

static u64 guest_efer;
static unsigned int nr_ipis;

/* What L1 reports. */
static u64 samples[MAX_ITERATIONS];
static u32 l1_secondary_ctls;
static u32 l1_cpu_ctls;
static bool forced_exit_is_late;

/*
 * The MSRs that L2 reads: all of them can be left to hardware as reading them
 * has no side effects, and L1's MSR bitmap intercepts none.
 */
static const struct {
	u32 index;
	u32 vmcs_field;
} l2_msrs[] = {
	{ MSR_FS_BASE,			GUEST_FS_BASE },
	{ MSR_GS_BASE,			GUEST_GS_BASE },
	{ MSR_IA32_SYSENTER_CS,		GUEST_SYSENTER_CS },
	{ MSR_IA32_SYSENTER_ESP,	GUEST_SYSENTER_ESP },
	{ MSR_IA32_SYSENTER_EIP,	GUEST_SYSENTER_EIP },
	{ MSR_KERNEL_GS_BASE,		0 },
	{ MSR_IA32_TSC,			0 },
};

static u64 l2_msr_values[ARRAY_SIZE(l2_msrs)];
static u64 l2_stack[L2_STACK_SIZE];

/* Exit to L1, which restores no register but RSP and RIP for L2. */
static __always_inline void l2_exit(void)
{
	asm volatile("push %%rbp\n\t"
		     "cpuid\n\t"
		     "pop %%rbp"
		     : : : "rax", "rbx", "rcx", "rdx", "rsi", "rdi", "r8", "r9",
			   "r10", "r11", "r12", "r13", "r14", "r15", "cc", "memory");
}

static void l2_cpuid(void)
{
	for (;;)
		l2_exit();
}

static void l2_rdmsr(void)
{
	int i;

	for (;;) {
		for (i = 0; i < ARRAY_SIZE(l2_msrs); i++)
			l2_msr_values[i] = rdmsr(l2_msrs[i].index);
		l2_exit();
	}
}

/* Neither KVM nor hardware shadows the GDTR fields: these accesses exit. */
static void l1_vmread(unsigned int i)
{
	GUEST_ASSERT(vmreadz(GUEST_GDTR_BASE));
}

/* Not shadowed either, but L2 can't change it without KVM knowing. */
static void l1_vmread_bndcfgs(unsigned int i)
{
	GUEST_ASSERT(!vmreadz(GUEST_BNDCFGS));
}

/* The value changes so that there is something to bring to hardware. */
static void l1_vmwrite(unsigned int i)
{
	GUEST_ASSERT(!vmwrite(GUEST_GDTR_LIMIT, i & 1 ? 0xffff : 0xfffe));
}

/* Intercept writes of KERNEL_GS_BASE every other time; L2 doesn't do any. */
static void l1_change_msr_bitmap(unsigned int i)
{
	l1_msr_bitmap[0xc00 + (MSR_KERNEL_GS_BASE & 0x1fff) / 8] ^= BIT(MSR_KERNEL_GS_BASE % 8);
}

/* L2 gets here only if there is no exit after the delivery. */
static void l2_ud_handler(struct ex_regs *regs)
{
	l2_cpuid();
}

/* Have an event delivered to L2, as if it were for the first time. */
static void l1_inject(unsigned int i)
{
	vmwrite(GUEST_RIP, (u64)l2_cpuid);
	vmwrite(GUEST_RSP, (u64)&l2_stack[L2_STACK_SIZE - 1]);
	vmwrite(VM_ENTRY_INTR_INFO_FIELD,
		INTR_INFO_VALID | INTR_TYPE_HARD_EXCEPTION | UD_VECTOR);
}

static void plain_cpuid(unsigned int i)
{
	u32 eax, ebx, ecx, edx;

	cpuid(0, &eax, &ebx, &ecx, &edx);
	GUEST_ASSERT(eax);
}

/* KVM intercepts EFER, whatever it can leave to hardware. */
static void plain_rdmsr(unsigned int i)
{
	GUEST_ASSERT_EQ(rdmsr(MSR_EFER), guest_efer);
}

static void plain_wrmsr(unsigned int i)
{
	wrmsr(MSR_EFER, guest_efer);
}

/*
 * The IRQ is pending when the guest halts, i.e. the vCPU is not put to sleep.
 * Without APICv, there are four exits: ICR, HLT, IRQ window, EOI.
 */
static void plain_hlt(unsigned int i)
{
	x2apic_write_reg(APIC_ICR, APIC_DEST_PHYSICAL | APIC_DM_FIXED | IPI_VECTOR);
	safe_halt();
	cli();

	GUEST_ASSERT_EQ(nr_ipis, i + 1);
}

static void ipi_handler(struct ex_regs *regs)
{
	nr_ipis++;
	x2apic_write_reg(APIC_EOI, 0);
}

static void plain_hlt_setup(struct kvm_vm *vm)
{
	vm_install_exception_handler(vm, IPI_VECTOR, ipi_handler);
}

/* MMIO that KVM emulates itself. */
static void plain_mmio(unsigned int i)
{
	GUEST_ASSERT_EQ(READ_ONCE(*(u32 *)IOAPIC_GPA), 0);
}

static void plain_mmio_setup(struct kvm_vm *vm)
{
	virt_map(vm, IOAPIC_GPA, IOAPIC_GPA, 1);
}

static u64 nr_untouched_pages(void)
{
	return nr_warm_up + nr_iterations;
}

/*
 * Backwards: pages that the host has allocated last are still in its per-CPU
 * lists, and marking them as accessed takes longer, or shorter.
 */
static void plain_fault(unsigned int i)
{
	WRITE_ONCE(*(u64 *)(UNTOUCHED_GPA + (nr_untouched_pages() - 1 - i) * PAGE_SIZE), i);
}

/* Memory that is present in the host, KVM has nothing to do but map it. */
static void plain_fault_setup(struct kvm_vm *vm)
{
	vm_userspace_mem_region_add(vm, VM_MEM_SRC_ANONYMOUS, UNTOUCHED_GPA,
				    UNTOUCHED_SLOT, nr_untouched_pages(), 0);
	virt_map(vm, UNTOUCHED_GPA, UNTOUCHED_GPA, nr_untouched_pages());
	memset(addr_gpa2hva(vm, UNTOUCHED_GPA), 0xff, nr_untouched_pages() * PAGE_SIZE);
}

static const struct perf_loop loops[] = {
	{
		.name = "cpuid",
		.what = "L2 exits, L1 changes nothing but RIP",
		.l2_code = l2_cpuid,
	},
	{
		.name = "vmread",
		.what = "L1 also reads a field that is not shadowed",
		.l2_code = l2_cpuid,
		.l1_work = l1_vmread,
	},
	{
		.name = "bndcfgs",
		.what = "L1 also reads BNDCFGS",
		.l2_code = l2_cpuid,
		.l1_work = l1_vmread_bndcfgs,
	},
	{
		.name = "vmwrite",
		.what = "L1 also writes a field that is not shadowed",
		.l2_code = l2_cpuid,
		.l1_work = l1_vmwrite,
	},
	{
		.name = "rdmsr",
		.what = "L2 also reads MSRs that L1 does not intercept",
		.l2_code = l2_rdmsr,
	},
	{
		.name = "msrbitmap",
		.what = "L1 also changes its MSR bitmap",
		.l2_code = l2_cpuid,
		.l1_work = l1_change_msr_bitmap,
	},
	{
		.name = "timer",
		.what = "L2 is to exit at once, for L1's expired timer",
		.l2_code = l2_cpuid,
		.expired_timer = true,
	},
	{
		.name = "inject",
		.what = "the same, and L1 injects an event",
		.l2_code = l2_cpuid,
		.l1_work = l1_inject,
		.expired_timer = true,
	},
	{
		.name = "vmfail",
		.what = "VM-Enter fails with an invalid control field",
		.l2_code = l2_cpuid,
		.fail_entry = true,
	},
	{
		.name = "plain-cpuid",
		.what = "no L2, CPUID",
		.plain_exit = plain_cpuid,
	},
	{
		.name = "plain-rdmsr",
		.what = "no L2, RDMSR of EFER",
		.plain_exit = plain_rdmsr,
	},
	{
		.name = "plain-wrmsr",
		.what = "no L2, WRMSR of EFER",
		.plain_exit = plain_wrmsr,
	},
	{
		.name = "plain-hlt",
		.what = "no L2, HLT while an IPI is pending; the IPI and its EOI",
		.plain_exit = plain_hlt,
		.plain_setup = plain_hlt_setup,
	},
	{
		.name = "plain-mmio",
		.what = "no L2, read of the I/O APIC",
		.plain_exit = plain_mmio,
		.plain_setup = plain_mmio_setup,
	},
	{
		.name = "plain-fault",
		.what = "no L2, write to a page that KVM hasn't mapped so far",
		.plain_exit = plain_fault,
		.plain_setup = plain_fault_setup,
	},
};

/* A break point for emulators, e.g. "magic_break" of Bochs; else a no-op. */
static __always_inline void mark(unsigned int i)
{
	if (use_marks && i >= nr_warm_up)
		asm volatile("xchg %%bx, %%bx" : : : "memory");
}

static void l1_handle_cpuid(const struct perf_loop *loop, unsigned int i)
{
	u64 reason = vmreadz(VM_EXIT_REASON);
	u64 len = vmreadz(VM_EXIT_INSTRUCTION_LEN);
	u64 rip = vmreadz(GUEST_RIP);

	GUEST_ASSERT_EQ(reason, EXIT_REASON_CPUID);
	GUEST_ASSERT_EQ(len, 2);

	if (loop->l1_work)
		loop->l1_work(i);

	vmwrite(GUEST_RIP, rip + len);
}

static void l1_handle_timer(const struct perf_loop *loop, unsigned int i)
{
	u64 reason = vmreadz(VM_EXIT_REASON);

	/* There are hosts on which KVM can do no better; nothing to measure. */
	if (reason == EXIT_REASON_CPUID) {
		forced_exit_is_late = true;
		GUEST_DONE();
	}

	GUEST_ASSERT_EQ(reason, EXIT_REASON_PREEMPTION_TIMER);

	if (loop->l1_work)
		loop->l1_work(i);
}

static void l1_handle_exit(const struct perf_loop *loop, unsigned int i)
{
	if (loop->expired_timer)
		l1_handle_timer(loop, i);
	else
		l1_handle_cpuid(loop, i);
}

static u64 l1_iteration(const struct perf_loop *loop, unsigned int i)
{
	u64 start, end;
	bool failed;

	mark(i);
	start = rdtsc();
	failed = vmx_enter_l2(false);
	if (!failed)
		l1_handle_exit(loop, i);
	end = rdtsc();
	mark(i);

	GUEST_ASSERT_EQ(failed, loop->fail_entry);
	if (failed)
		GUEST_ASSERT_EQ(vmreadz(VM_INSTRUCTION_ERROR),
				VMXERR_ENTRY_INVALID_CONTROL_FIELD);
	return end - start;
}

static u64 plain_iteration(const struct perf_loop *loop, unsigned int i)
{
	u64 start, end;

	mark(i);
	start = rdtsc();
	loop->plain_exit(i);
	end = rdtsc();
	mark(i);

	return end - start;
}

static void measure(const struct perf_loop *loop,
		    u64 (*iteration)(const struct perf_loop *loop, unsigned int i))
{
	unsigned int i;

	for (i = 0; i < nr_warm_up + nr_iterations; i++) {
		u64 cycles = iteration(loop, i);

		if (i >= nr_warm_up)
			samples[i - nr_warm_up] = cycles;
	}
}

/* What a hypervisor would use; prepare_vmcs() enables no more than EPT. */
static void l1_enable_features(struct vmx_pages *vmx, gpa_t virtual_apic)
{
	u32 cpu, secondary = 0;

	cpu = CPU_BASED_TPR_SHADOW | CPU_BASED_USE_MSR_BITMAPS;
	cpu &= rdmsr(MSR_IA32_VMX_TRUE_PROCBASED_CTLS) >> 32;
	cpu |= vmreadz(CPU_BASED_VM_EXEC_CONTROL);
	vmwrite(CPU_BASED_VM_EXEC_CONTROL, cpu);
	vmwrite(VIRTUAL_APIC_PAGE_ADDR, virtual_apic);

	if (cpu & CPU_BASED_ACTIVATE_SECONDARY_CONTROLS) {
		secondary = SECONDARY_EXEC_ENABLE_VPID;
		if (vmx->eptp_gpa)
			secondary |= SECONDARY_EXEC_UNRESTRICTED_GUEST;
		secondary &= rdmsr(MSR_IA32_VMX_PROCBASED_CTLS2) >> 32;
		secondary |= vmreadz(SECONDARY_VM_EXEC_CONTROL);
		vmwrite(SECONDARY_VM_EXEC_CONTROL, secondary);
		vmwrite(VIRTUAL_PROCESSOR_ID, 1);
	}

	l1_secondary_ctls = secondary;
	l1_cpu_ctls = cpu;
}

static void l1_setup(const struct perf_loop *loop, struct vmx_pages *vmx,
		     gpa_t virtual_apic)
{
	int i;

	GUEST_ASSERT(prepare_for_vmx_operation(vmx));
	GUEST_ASSERT(load_vmcs(vmx));
	prepare_vmcs(vmx, loop->l2_code, &l2_stack[L2_STACK_SIZE - 1]);
	l1_enable_features(vmx, virtual_apic);
	l1_msr_bitmap = vmx->msr;

	/* With IRQs enabled, even an IPI makes L2 exit in time. */
	if (loop->expired_timer) {
		vmwrite(PIN_BASED_VM_EXEC_CONTROL,
			vmreadz(PIN_BASED_VM_EXEC_CONTROL) | PIN_BASED_VMX_PREEMPTION_TIMER);
		vmwrite(GUEST_RFLAGS, X86_EFLAGS_FIXED | X86_EFLAGS_IF);
	}

	/* L2's MSRs are to differ from L1's and from each other. */
	for (i = 0; i < ARRAY_SIZE(l2_msrs); i++) {
		if (l2_msrs[i].vmcs_field)
			vmwrite(l2_msrs[i].vmcs_field, 0x1000 * (i + 1));
	}
}

static void l1_check_msrs(void)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(l2_msrs); i++) {
		if (l2_msrs[i].vmcs_field)
			GUEST_ASSERT_EQ(l2_msr_values[i], 0x1000 * (i + 1));
	}
}

static void l1_guest_code(struct vmx_pages *vmx, gpa_t virtual_apic,
			  unsigned int index)
{
	const struct perf_loop *loop = &loops[index];

	l1_setup(loop, vmx, virtual_apic);

	GUEST_ASSERT(!vmx_enter_l2(true));
	l1_handle_exit(loop, 0);

	/* The must-be-one bits of this control have no default to fall to. */
	if (loop->fail_entry)
		vmwrite(PIN_BASED_VM_EXEC_CONTROL, 0);

	measure(loop, l1_iteration);

	if (loop->l2_code == l2_rdmsr)
		l1_check_msrs();

	GUEST_DONE();
}

static void plain_guest_code(unsigned int index)
{
	guest_efer = rdmsr(MSR_EFER);
	x2apic_enable();

	measure(&loops[index], plain_iteration);

	GUEST_DONE();
}

/* What to run: a loop, with or without EPT for L2. */
struct perf_run {
	unsigned int index;
	bool ept;
	bool selected;
	char name[32];
};

static struct perf_run runs[2 * ARRAY_SIZE(loops)];
static unsigned int nr_runs;

static int compare_u64(const void *a, const void *b)
{
	u64 x = *(const u64 *)a, y = *(const u64 *)b;

	return x < y ? -1 : x > y;
}

static void report(const char *name)
{
	qsort(samples, nr_iterations, sizeof(samples[0]), compare_u64);

	ksft_print_msg("%s: min %lu, median %lu cycles (%u iterations%s%s%s%s%s%s)\n",
		       name, samples[0], samples[nr_iterations / 2], nr_iterations,
		       l1_cpu_ctls ? ";" : "",
		       l1_secondary_ctls & SECONDARY_EXEC_ENABLE_EPT ? " EPT" : "",
		       l1_secondary_ctls & SECONDARY_EXEC_ENABLE_VPID ? " VPID" : "",
		       l1_secondary_ctls & SECONDARY_EXEC_UNRESTRICTED_GUEST ? " UG" : "",
		       l1_cpu_ctls & CPU_BASED_TPR_SHADOW ? " TPR-shadow" : "",
		       l1_cpu_ctls & CPU_BASED_USE_MSR_BITMAPS ? " MSR-bitmap" : "");
}

static struct kvm_vm *create_nested_vm(struct kvm_vcpu **vcpu, unsigned int index,
				       bool ept)
{
	gva_t vmx_gva, virtual_apic;
	struct kvm_vm *vm;

	vm = vm_create_with_one_vcpu(vcpu, l1_guest_code);
	if (ept)
		vm_enable_ept(vm);

	vcpu_alloc_vmx(vm, &vmx_gva);
	virtual_apic = vm_alloc_page(vm);
	vcpu_args_set(*vcpu, 3, vmx_gva, addr_gva2gpa(vm, virtual_apic), index);
	if (ept)
		tdp_identity_map_default_memslots(vm);

	vm_install_exception_handler(vm, UD_VECTOR, l2_ud_handler);

	return vm;
}

static struct kvm_vm *create_plain_vm(struct kvm_vcpu **vcpu, unsigned int index)
{
	struct kvm_vm *vm;

	vm = vm_create_with_one_vcpu(vcpu, plain_guest_code);
	vcpu_args_set(*vcpu, 1, index);
	if (loops[index].plain_setup)
		loops[index].plain_setup(vm);

	return vm;
}

/* A VM for each run: its figures don't depend on what ran before it. */
static void execute(const struct perf_run *run)
{
	const struct perf_loop *loop = &loops[run->index];
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm;
	struct ucall uc;

	if (run->ept && !kvm_cpu_has_ept()) {
		ksft_test_result_skip("%s: no EPT for L2\n", run->name);
		return;
	}

	if (loop->plain_exit)
		vm = create_plain_vm(&vcpu, run->index);
	else
		vm = create_nested_vm(&vcpu, run->index, run->ept);

	sync_global_to_guest(vm, nr_iterations);
	sync_global_to_guest(vm, nr_warm_up);
	sync_global_to_guest(vm, use_marks);

	vcpu_run(vcpu);
	TEST_ASSERT_KVM_EXIT_REASON(vcpu, KVM_EXIT_IO);

	switch (get_ucall(vcpu, &uc)) {
	case UCALL_ABORT:
		REPORT_GUEST_ASSERT(uc);
		break;
	case UCALL_DONE:
		break;
	default:
		TEST_FAIL("Unexpected ucall %lu", uc.cmd);
	}

	sync_global_from_guest(vm, samples);
	sync_global_from_guest(vm, l1_secondary_ctls);
	sync_global_from_guest(vm, l1_cpu_ctls);
	sync_global_from_guest(vm, forced_exit_is_late);
	kvm_vm_free(vm);

	if (forced_exit_is_late) {
		ksft_test_result_skip("%s: KVM does not force the exit in time\n", run->name);
		return;
	}

	report(run->name);
	ksft_test_result_pass("%s: %s\n", run->name, loop->what);
}

static void add_run(unsigned int index, bool ept, const char *suffix)
{
	struct perf_run *run = &runs[nr_runs++];

	run->index = index;
	run->ept = ept;
	snprintf(run->name, sizeof(run->name), "%s%s", loops[index].name, suffix);
}

/* Each loop, and the nested ones once more without EPT. */
static void list_runs(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(loops); i++)
		add_run(i, !loops[i].plain_exit, "");

	for (i = 0; i < ARRAY_SIZE(loops); i++) {
		if (!loops[i].plain_exit)
			add_run(i, false, "-noept");
	}
}

static void help(const char *name)
{
	int i;

	printf("usage: %s [-h] [-m] [-i iterations] [-w iterations] [-l loop[-noept]]...\n",
	       name);
	printf(" -i: measured iterations (default %u, at most %u)\n",
	       DEFAULT_ITERATIONS, MAX_ITERATIONS);
	printf(" -w: iterations before the first measured one (default %u)\n",
	       WARM_UP_ITERATIONS);
	printf(" -m: mark start and end of each measured iteration by XCHG %%BX,%%BX\n");
	printf(" -l: run this loop only; may be repeated (default: all)\n");
	for (i = 0; i < ARRAY_SIZE(loops); i++)
		printf("     %-11s %s\n", loops[i].name, loops[i].what);
	printf("     With -noept at the end, L1 does not use EPT for L2 (not for plain loops).\n");
	exit(0);
}

int main(int argc, char *argv[])
{
	unsigned int i, nr_selected = 0;
	int opt;

	list_runs();

	while ((opt = getopt(argc, argv, "hmi:w:l:")) != -1) {
		switch (opt) {
		case 'm':
			use_marks = true;
			break;
		case 'i':
			nr_iterations = atoi_positive("Number of iterations", optarg);
			TEST_ASSERT(nr_iterations <= MAX_ITERATIONS,
				    "At most %u iterations", MAX_ITERATIONS);
			break;
		case 'w':
			nr_warm_up = atoi_non_negative("Number of warm-up iterations", optarg);
			break;
		case 'l':
			for (i = 0; i < nr_runs; i++) {
				if (!strcmp(optarg, runs[i].name))
					break;
			}
			TEST_ASSERT(i < nr_runs, "No loop '%s', see -h", optarg);
			nr_selected += !runs[i].selected;
			runs[i].selected = true;
			break;
		case 'h':
		default:
			help(argv[0]);
		}
	}

	TEST_REQUIRE(kvm_cpu_has(X86_FEATURE_VMX));

	ksft_print_header();
	ksft_set_plan(nr_selected ?: nr_runs);

	for (i = 0; i < nr_runs; i++) {
		if (!nr_selected || runs[i].selected)
			execute(&runs[i]);
	}

	ksft_finished();
}
