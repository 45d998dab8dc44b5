// SPDX-License-Identifier: GPL-2.0-only
/*
 * What hardware, not KVM, has to detect at nested VM-Enter before any guest state is
 * looked at: VM-Fail leaves L1's state as it is and nothing of L2's is loaded.  And
 * that hardware refuses nothing that is legal, be it the first VM-Enter of a VMCS or
 * a later one, with any kind of event.
 *
 * KVM detects such things early if kvm_intel.nested_early_check is on.  What needs it
 * is skipped if it's off.
 */
#include <unistd.h>

#include <asm/kvm_para.h>
#include <asm/pvclock-abi.h>

#include "test_util.h"
#include "kvm_util.h"
#include "processor.h"
#include "vmx.h"

#define L2_STACK_SIZE	64
#define VMCALL_LEN	3

#define VM_INSTR_ERROR_CONTROLS	7

#define EVENT_VALID	BIT(31)
#define EVENT_ERR_CODE	BIT(11)
#define EVENT_EXTINT	(EVENT_VALID | 0 << 8)
#define EVENT_NMI	(EVENT_VALID | 2 << 8)
#define EVENT_HARD_EXC	(EVENT_VALID | 3 << 8)
#define EVENT_SOFT_INT	(EVENT_VALID | 4 << 8)
#define EVENT_PRIV_EXC	(EVENT_VALID | 5 << 8)
#define EVENT_SOFT_EXC	(EVENT_VALID | 6 << 8)
#define EVENT_MTF	(EVENT_VALID | 7 << 8)

#define EXIT_REASON_MTF	37

/* What is in the virtual-APIC page, and the threshold that it is compared to. */
#define VTPR_OFFSET	0x80
#define THRESHOLD	5
#define LEGAL_VTPR	(THRESHOLD << 4)
#define ILLEGAL_VTPR	((THRESHOLD - 1) << 4)

#define CR3_PWT		BIT(3)
#define CR3_PCD		BIT(4)

#define L1_MSR_VALUE	0x1000
#define L2_MSR_VALUE	0x2000

#define NR_GPRS		15

enum sync {
	SAVE_RESTORE,
	/* Around a VM-Enter that fails. */
	BEFORE,
	AFTER,
};

struct l1_data {
	struct vmx_pages *vmx;
	struct vmx_msr_entry *msr_list;
	u64 msr_list_gpa;
	u8 *virtual_apic;
	u64 virtual_apic_gpa;
	u64 no_memory_gpa;
	bool early_check;
	bool slow_tsc;
};

static u64 l2_stack[L2_STACK_SIZE] __aligned(16);

static void l2_guest_code(void)
{
	for (;;)
		vmcall();
}

static void l2_sync_guest_code(void)
{
	for (;;) {
		GUEST_SYNC(SAVE_RESTORE);
		vmcall();
	}
}

static bool l1_can(u32 msr, u32 ctl)
{
	return (rdmsr(msr) >> 32) & ctl;
}

static void l1_set_bits(u64 field, u64 bits)
{
	GUEST_ASSERT(!vmwrite(field, vmreadz(field) | bits));
}

/* VMXOFF makes KVM start with a new VMCS of its own. */
static void l1_new_vmcs(struct l1_data *data, void *l2_code)
{
	vmxoff();
	GUEST_ASSERT(prepare_for_vmx_operation(data->vmx));
	GUEST_ASSERT(load_vmcs(data->vmx));
	prepare_vmcs(data->vmx, l2_code, &l2_stack[L2_STACK_SIZE - 1]);
}

static void l1_enter(bool launch)
{
	GUEST_ASSERT(!vmx_enter_l2(launch));
	GUEST_ASSERT_EQ(vmreadz(VM_EXIT_REASON), EXIT_REASON_VMCALL);
	GUEST_ASSERT(!vmwrite(GUEST_RIP, vmreadz(GUEST_RIP) + VMCALL_LEN));
}

/*
 * VM-Enter with a different value in each GPR, which has to fail and to change
 * nothing but ZF and CF.
 */
static noinline void l1_fail(bool launch)
{
	u64 host_rsp = vmreadz(HOST_RSP), host_rip = vmreadz(HOST_RIP);
	u64 regs[NR_GPRS + 1], exited = 0, i;

	asm volatile("push %%rbp\n\t"
		     "push %[exited]\n\t"
		     "push %[regs]\n\t"
		     "mov %[rsp_field], %%eax\n\t"
		     "vmwrite %%rsp, %%rax\n\t"
		     "mov %[rip_field], %%eax\n\t"
		     "lea 2f(%%rip), %%rcx\n\t"
		     "vmwrite %%rcx, %%rax\n\t"
		     "test %%edi, %%edi\n\t"
		     "pushf\n\t"
		     "mov $0x0123456789abcd00, %%rax\n\t"
		     "lea 1(%%rax), %%rbx\n\t"
		     "lea 2(%%rax), %%rcx\n\t"
		     "lea 3(%%rax), %%rdx\n\t"
		     "lea 4(%%rax), %%rsi\n\t"
		     "lea 5(%%rax), %%rdi\n\t"
		     "lea 6(%%rax), %%rbp\n\t"
		     "lea 7(%%rax), %%r8\n\t"
		     "lea 8(%%rax), %%r9\n\t"
		     "lea 9(%%rax), %%r10\n\t"
		     "lea 10(%%rax), %%r11\n\t"
		     "lea 11(%%rax), %%r12\n\t"
		     "lea 12(%%rax), %%r13\n\t"
		     "lea 13(%%rax), %%r14\n\t"
		     "lea 14(%%rax), %%r15\n\t"
		     "popf\n\t"
		     "stc\n\t"
		     "jz 1f\n\t"
		     "vmlaunch\n\t"
		     "jmp 3f\n"
		     "1:\n\t"
		     "vmresume\n\t"
		     "jmp 3f\n"
		     "2:\n\t"
		     "incq 8(%%rsp)\n"
		     "3:\n\t"
		     "pushf\n\t"
		     "push %%r15\n\t"
		     "mov 16(%%rsp), %%r15\n\t"
		     "mov %%rax, 0(%%r15)\n\t"
		     "mov %%rbx, 8(%%r15)\n\t"
		     "mov %%rcx, 16(%%r15)\n\t"
		     "mov %%rdx, 24(%%r15)\n\t"
		     "mov %%rsi, 32(%%r15)\n\t"
		     "mov %%rdi, 40(%%r15)\n\t"
		     "mov %%rbp, 48(%%r15)\n\t"
		     "mov %%r8, 56(%%r15)\n\t"
		     "mov %%r9, 64(%%r15)\n\t"
		     "mov %%r10, 72(%%r15)\n\t"
		     "mov %%r11, 80(%%r15)\n\t"
		     "mov %%r12, 88(%%r15)\n\t"
		     "mov %%r13, 96(%%r15)\n\t"
		     "mov %%r14, 104(%%r15)\n\t"
		     "pop 112(%%r15)\n\t"
		     "pop 120(%%r15)\n\t"
		     "pop %%rcx\n\t"
		     "pop %%rax\n\t"
		     "pop %%rbp"
		     : [exited] "+a" (exited)
		     : [regs] "c" (regs), "D" ((u64)launch),
		       [rsp_field] "i" (HOST_RSP), [rip_field] "i" (HOST_RIP)
		     : "rbx", "rdx", "rsi", "r8", "r9", "r10", "r11", "r12",
		       "r13", "r14", "r15", "cc", "memory");

	/* vmx_enter_l2() writes them only once. */
	GUEST_ASSERT(!vmwrite(HOST_RSP, host_rsp));
	GUEST_ASSERT(!vmwrite(HOST_RIP, host_rip));

	GUEST_ASSERT(!exited);
	for (i = 0; i < NR_GPRS; i++)
		GUEST_ASSERT_EQ(regs[i], 0x0123456789abcd00 + i);
	GUEST_ASSERT_EQ(regs[NR_GPRS] & (X86_EFLAGS_CF | X86_EFLAGS_PF | X86_EFLAGS_AF |
					 X86_EFLAGS_ZF | X86_EFLAGS_SF | X86_EFLAGS_OF),
			X86_EFLAGS_ZF);
	GUEST_ASSERT_EQ(vmreadz(VM_INSTRUCTION_ERROR), VM_INSTR_ERROR_CONTROLS);
}

/*
 * Have L2's IDT be too short for any event, so that what L1 injects takes L2 back to
 * L1 before L2's first instruction.
 */
static void l1_inject(u32 event, u32 instr_len, bool real_mode, bool launch)
{
	GUEST_ASSERT(!vmwrite(VM_ENTRY_INTR_INFO_FIELD, event));
	GUEST_ASSERT(!vmwrite(VM_ENTRY_EXCEPTION_ERROR_CODE, 0));
	GUEST_ASSERT(!vmwrite(VM_ENTRY_INSTRUCTION_LEN, instr_len));
	GUEST_ASSERT(!vmwrite(GUEST_RFLAGS, X86_EFLAGS_FIXED | X86_EFLAGS_IF));
	GUEST_ASSERT(!vmwrite(GUEST_INTERRUPTIBILITY_INFO, 0));
	GUEST_ASSERT(!vmwrite(GUEST_IDTR_LIMIT, 0));
	GUEST_ASSERT(!vmwrite(EXCEPTION_BITMAP, -1u));

	__GUEST_ASSERT(!vmx_enter_l2(launch), "event %x, real mode %u, launch %u: VM-Fail %lu",
		       event, real_mode, launch, vmreadz(VM_INSTRUCTION_ERROR));
	if (event == EVENT_MTF) {
		GUEST_ASSERT_EQ(vmreadz(VM_EXIT_REASON), EXIT_REASON_MTF);
		return;
	}
	__GUEST_ASSERT(vmreadz(VM_EXIT_REASON) == EXIT_REASON_EXCEPTION_NMI &&
		       (vmreadz(VM_EXIT_INTR_INFO) & 0xff) == GP_VECTOR,
		       "event %x, real mode %u, launch %u: exit %lx, interruption %lx",
		       event, real_mode, launch, vmreadz(VM_EXIT_REASON),
		       vmreadz(VM_EXIT_INTR_INFO));
}

static void l1_real_mode_l2(void)
{
	static const u32 selectors[] = {
		GUEST_ES_SELECTOR, GUEST_CS_SELECTOR, GUEST_SS_SELECTOR,
		GUEST_DS_SELECTOR, GUEST_FS_SELECTOR, GUEST_GS_SELECTOR,
	};
	int i;

	l1_set_bits(SECONDARY_VM_EXEC_CONTROL, SECONDARY_EXEC_UNRESTRICTED_GUEST);
	GUEST_ASSERT(!vmwrite(VM_ENTRY_CONTROLS,
			      vmreadz(VM_ENTRY_CONTROLS) & ~VM_ENTRY_IA32E_MODE));
	GUEST_ASSERT(!vmwrite(GUEST_CR0, vmreadz(GUEST_CR0) & ~(X86_CR0_PE | X86_CR0_PG)));
	GUEST_ASSERT(!vmwrite(GUEST_CR4, vmreadz(GUEST_CR4) & ~(X86_CR4_PCIDE | X86_CR4_PAE)));

	/* In the order of the fields: selectors, limits, access rights, bases. */
	for (i = 0; i < ARRAY_SIZE(selectors); i++) {
		GUEST_ASSERT(!vmwrite(selectors[i], 0));
		GUEST_ASSERT(!vmwrite(GUEST_ES_LIMIT + 2 * i, 0xffff));
		GUEST_ASSERT(!vmwrite(GUEST_ES_AR_BYTES + 2 * i,
				      selectors[i] == GUEST_CS_SELECTOR ? 0x9b : 0x93));
		GUEST_ASSERT(!vmwrite(GUEST_ES_BASE + 2 * i, 0));
	}
	GUEST_ASSERT(!vmwrite(GUEST_RIP, 0x1000));
}

static void test_injection(struct l1_data *data)
{
	const struct {
		u32 event;
		u32 instr_len;
		bool only_real, only_protected;
	} events[] = {
		{ 0 },
		{ EVENT_EXTINT | 0x41 },
		{ EVENT_NMI | NMI_VECTOR },
		{ EVENT_HARD_EXC | DB_VECTOR },
		{ EVENT_HARD_EXC | UD_VECTOR },
		{ EVENT_HARD_EXC | GP_VECTOR | EVENT_ERR_CODE, .only_protected = true },
		{ EVENT_HARD_EXC | PF_VECTOR | EVENT_ERR_CODE, .only_protected = true },
		{ EVENT_HARD_EXC | GP_VECTOR, .only_real = true },
		{ EVENT_SOFT_INT | 0x80, 2 },
		{ EVENT_PRIV_EXC | DB_VECTOR, 1 },
		{ EVENT_SOFT_EXC | BP_VECTOR, 1 },
		{ EVENT_MTF },
	};
	bool can_real = data->vmx->eptp_gpa &&
			l1_can(MSR_IA32_VMX_PROCBASED_CTLS2, SECONDARY_EXEC_UNRESTRICTED_GUEST);
	int i, real_mode;

	for (i = 0; i < ARRAY_SIZE(events); i++) {
		if (events[i].event == EVENT_MTF &&
		    !l1_can(MSR_IA32_VMX_TRUE_PROCBASED_CTLS, CPU_BASED_MONITOR_TRAP))
			continue;

		for (real_mode = 0; real_mode <= can_real; real_mode++) {
			if (real_mode ? events[i].only_protected : events[i].only_real)
				continue;

			l1_new_vmcs(data, l2_guest_code);
			if (!events[i].event) {
				l1_enter(true);
				l1_enter(false);
				continue;
			}

			if (real_mode)
				l1_real_mode_l2();
			l1_inject(events[i].event, events[i].instr_len, real_mode, true);
			l1_inject(events[i].event, events[i].instr_len, real_mode, false);

			/*
			 * The mode that L2 isn't in yet as far as KVM's VMCS goes: without
			 * VMXOFF, it's only L1's that is new.
			 */
			GUEST_ASSERT(load_vmcs(data->vmx));
			prepare_vmcs(data->vmx, l2_guest_code, &l2_stack[L2_STACK_SIZE - 1]);
			if (can_real && !real_mode)
				l1_real_mode_l2();
			l1_inject(EVENT_HARD_EXC | GP_VECTOR |
				  (can_real && !real_mode ? 0 : EVENT_ERR_CODE),
				  0, can_real && !real_mode, true);
		}
	}
}

static void l1_use_tpr_shadow(struct l1_data *data)
{
	l1_set_bits(CPU_BASED_VM_EXEC_CONTROL, CPU_BASED_TPR_SHADOW);
	GUEST_ASSERT(!vmwrite(VIRTUAL_APIC_PAGE_ADDR, data->virtual_apic_gpa));
	GUEST_ASSERT(!vmwrite(TPR_THRESHOLD, THRESHOLD));
}

static void l1_set_vtpr(struct l1_data *data, u8 vtpr)
{
	WRITE_ONCE(data->virtual_apic[VTPR_OFFSET], vtpr);
}

/* Everything that comes after the checks of controls, and must not come to pass. */
static void test_order(struct l1_data *data)
{
	u64 cr0;
	int i;

	l1_new_vmcs(data, l2_sync_guest_code);
	l1_use_tpr_shadow(data);
	cr0 = vmreadz(GUEST_CR0);

	data->msr_list[0] = (struct vmx_msr_entry) { MSR_KERNEL_GS_BASE, 0, L2_MSR_VALUE };
	data->msr_list[1] = (struct vmx_msr_entry) { MSR_STAR, 0, L2_MSR_VALUE };
	GUEST_ASSERT(!vmwrite(VM_ENTRY_MSR_LOAD_ADDR, data->msr_list_gpa));
	GUEST_ASSERT(!vmwrite(VM_ENTRY_MSR_LOAD_COUNT, 2));

	/* Things that VM-Enter would load, or VM-Exit. */
	l1_set_bits(VM_ENTRY_CONTROLS, VM_ENTRY_LOAD_DEBUG_CONTROLS);
	GUEST_ASSERT(!vmwrite(GUEST_DR7, 0x401));
	GUEST_ASSERT(!vmwrite(GUEST_CR3, vmreadz(HOST_CR3) | CR3_PCD));
	GUEST_ASSERT(!vmwrite(HOST_CR3, vmreadz(HOST_CR3) | CR3_PWT));
	GUEST_ASSERT(!vmwrite(HOST_FS_BASE, 0x5000));
	GUEST_ASSERT(!vmwrite(HOST_IA32_SYSENTER_ESP, 0x6000));

	for (i = 0; i < 4; i++) {
		/* Alternate between first and later VM-Enters. */
		wrmsr(MSR_KERNEL_GS_BASE, L1_MSR_VALUE);
		wrmsr(MSR_STAR, L1_MSR_VALUE);
		l1_set_vtpr(data, ILLEGAL_VTPR);

		/* Only the threshold, then together with bad guest state. */
		GUEST_SYNC(BEFORE);
		l1_fail(!i);
		GUEST_SYNC(AFTER);

		GUEST_ASSERT(!vmwrite(GUEST_CR0, 0));
		GUEST_SYNC(BEFORE);
		l1_fail(!i);
		GUEST_SYNC(AFTER);

		GUEST_ASSERT(!vmwrite(GUEST_ACTIVITY_STATE, 15));
		l1_fail(!i);

		GUEST_SYNC(SAVE_RESTORE);
		l1_fail(!i);

		GUEST_ASSERT_EQ(rdmsr(MSR_KERNEL_GS_BASE), L1_MSR_VALUE);
		GUEST_ASSERT_EQ(rdmsr(MSR_STAR), L1_MSR_VALUE);

		/* VM-Exit 33 once the threshold is right, and success without bad state. */
		l1_set_vtpr(data, LEGAL_VTPR);
		GUEST_ASSERT(!vmx_enter_l2(!i));
		GUEST_ASSERT_EQ(vmreadz(VM_EXIT_REASON),
				EXIT_REASON_FAILED_VMENTRY | EXIT_REASON_INVALID_STATE);

		GUEST_ASSERT(!vmwrite(GUEST_CR0, cr0));
		GUEST_ASSERT(!vmwrite(GUEST_ACTIVITY_STATE, 0));
		l1_enter(!i);
		GUEST_ASSERT_EQ(rdmsr(MSR_KERNEL_GS_BASE), L2_MSR_VALUE);
		GUEST_ASSERT_EQ(rdmsr(MSR_STAR), L2_MSR_VALUE);
	}
}

/* Detected by whomever. */
static void test_threshold(struct l1_data *data)
{
	int i;

	l1_new_vmcs(data, l2_guest_code);
	l1_use_tpr_shadow(data);

	for (i = 0; i < 2; i++) {
		l1_set_vtpr(data, ILLEGAL_VTPR);
		l1_fail(!i);
		l1_set_vtpr(data, LEGAL_VTPR);
		l1_enter(!i);
	}
}

/*
 * Have the MSR-load list enable kvmclock in the virtual-APIC page, so that the TPR is
 * fine when VM-Enter starts, and illegal when KVM is done with it: hardware detects it
 * when it's too late for an early check, and KVM isn't to be surprised.
 */
static void test_late_threshold(struct l1_data *data)
{
	u64 clock_gpa = data->virtual_apic_gpa + VTPR_OFFSET -
			offsetof(struct pvclock_vcpu_time_info, pad0);

	l1_new_vmcs(data, l2_guest_code);
	l1_use_tpr_shadow(data);
	l1_set_vtpr(data, LEGAL_VTPR);
	l1_enter(true);

	data->msr_list[0] = (struct vmx_msr_entry) {
		MSR_KVM_SYSTEM_TIME_NEW, 0, clock_gpa | KVM_MSR_ENABLED,
	};
	GUEST_ASSERT(!vmwrite(VM_ENTRY_MSR_LOAD_ADDR, data->msr_list_gpa));
	GUEST_ASSERT(!vmwrite(VM_ENTRY_MSR_LOAD_COUNT, 1));
	l1_fail(false);
	GUEST_ASSERT_EQ(READ_ONCE(data->virtual_apic[VTPR_OFFSET]), 0);

	wrmsr(MSR_KVM_SYSTEM_TIME_NEW, 0);
	GUEST_ASSERT(!vmwrite(VM_ENTRY_MSR_LOAD_COUNT, 0));
	l1_set_vtpr(data, LEGAL_VTPR);
	l1_enter(false);
}

/*
 * Where there is no memory, the TPR is all ones, i.e. not below the threshold.  KVM may
 * be unable to enter L2 nevertheless, but not unaware of it.
 */
static void test_no_memory(struct l1_data *data)
{
	bool failed;

	l1_new_vmcs(data, l2_guest_code);
	l1_use_tpr_shadow(data);
	GUEST_ASSERT(!vmwrite(VIRTUAL_APIC_PAGE_ADDR, data->no_memory_gpa));
	failed = vmx_enter_l2(true);
	GUEST_PRINTF("Virtual-APIC page without memory: VM-Enter %s\n",
		     failed ? "fails" : "succeeds");
	if (!failed)
		GUEST_ASSERT_EQ(vmreadz(VM_EXIT_REASON), EXIT_REASON_VMCALL);
}

/* One is the least legal multiplier, however slow L1's own TSC is. */
static void test_tsc_multiplier(struct l1_data *data)
{
	int i;

	l1_new_vmcs(data, l2_guest_code);
	l1_set_bits(CPU_BASED_VM_EXEC_CONTROL, CPU_BASED_USE_TSC_OFFSETTING);
	l1_set_bits(SECONDARY_VM_EXEC_CONTROL, SECONDARY_EXEC_TSC_SCALING);
	GUEST_ASSERT(!vmwrite(TSC_MULTIPLIER, 1));
	for (i = 0; i < 3; i++)
		l1_enter(!i);
}

static void l1_guest_code(struct l1_data *data)
{
	GUEST_ASSERT(prepare_for_vmx_operation(data->vmx));

	if (data->slow_tsc &&
	    l1_can(MSR_IA32_VMX_PROCBASED_CTLS2, SECONDARY_EXEC_TSC_SCALING))
		test_tsc_multiplier(data);

	test_injection(data);

	if (l1_can(MSR_IA32_VMX_TRUE_PROCBASED_CTLS, CPU_BASED_TPR_SHADOW)) {
		test_threshold(data);
		test_late_threshold(data);
		if (data->early_check)
			test_order(data);
		test_no_memory(data);
	}
	GUEST_DONE();
}

struct l1_state {
	struct kvm_sregs sregs;
	struct kvm_debugregs debugregs;
	struct kvm_vcpu_events events;
	u64 msrs[9];
};

static void get_l1_state(struct kvm_vcpu *vcpu, struct l1_state *state)
{
	static const u32 msrs[] = {
		MSR_IA32_DEBUGCTLMSR, MSR_IA32_CR_PAT, MSR_EFER,
		MSR_IA32_SYSENTER_CS, MSR_IA32_SYSENTER_ESP, MSR_IA32_SYSENTER_EIP,
		MSR_KERNEL_GS_BASE, MSR_STAR, MSR_LSTAR,
	};
	int i;

	memset(state, 0, sizeof(*state));
	vcpu_sregs_get(vcpu, &state->sregs);
	vcpu_debugregs_get(vcpu, &state->debugregs);
	vcpu_events_get(vcpu, &state->events);
	for (i = 0; i < ARRAY_SIZE(msrs); i++)
		state->msrs[i] = vcpu_get_msr(vcpu, msrs[i]);
}

static void check_l1_state(const struct l1_state *before, const struct l1_state *after)
{
	int i;

	TEST_ASSERT(!memcmp(&before->sregs, &after->sregs, sizeof(before->sregs)),
		    "VM-Fail changes segments or control registers");
	TEST_ASSERT(!memcmp(&before->debugregs, &after->debugregs, sizeof(before->debugregs)),
		    "VM-Fail changes debug registers");
	TEST_ASSERT(!memcmp(&before->events, &after->events, sizeof(before->events)),
		    "VM-Fail changes pending events");
	for (i = 0; i < ARRAY_SIZE(before->msrs); i++)
		TEST_ASSERT(before->msrs[i] == after->msrs[i],
			    "VM-Fail changes MSR #%d: %lx -> %lx", i,
			    before->msrs[i], after->msrs[i]);
}

static struct kvm_vcpu *save_restore(struct kvm_vm *vm, struct kvm_vcpu *vcpu)
{
	struct kvm_x86_state *state = vcpu_save_state(vcpu);

	kvm_vm_release(vm);
	vcpu = vm_recreate_with_one_vcpu(vm);
	vcpu_load_state(vcpu, state);
	kvm_x86_state_cleanup(state);
	return vcpu;
}

static bool early_check_is_on(void)
{
	return !access("/sys/module/kvm_intel/parameters/nested_early_check", R_OK) &&
	       get_kvm_intel_param_bool("nested_early_check");
}

static void run_test(bool ept)
{
	struct l1_state before, after;
	struct kvm_debugregs debugregs;
	gva_t vmx_gva, data_gva, gva;
	struct kvm_vcpu *vcpu;
	struct l1_data *data;
	struct kvm_vm *vm;
	struct ucall uc;

	pr_info("EPT for L2 %s\n", ept ? "on" : "off");

	vm = vm_create_with_one_vcpu(&vcpu, l1_guest_code);
	if (ept)
		vm_enable_ept(vm);
	vcpu_alloc_vmx(vm, &vmx_gva);

	data_gva = vm_alloc_page(vm);
	data = addr_gva2hva(vm, data_gva);
	data->vmx = (void *)vmx_gva;
	gva = vm_alloc_page(vm);
	data->msr_list = (void *)gva;
	data->msr_list_gpa = addr_gva2gpa(vm, gva);
	gva = vm_alloc_page(vm);
	data->virtual_apic = (void *)gva;
	data->virtual_apic_gpa = addr_gva2gpa(vm, gva);
	data->no_memory_gpa = (vm->max_gfn - 1) << vm->page_shift;
	data->early_check = early_check_is_on();
	vcpu_args_set(vcpu, 1, data_gva);
	if (ept)
		tdp_identity_map_default_memslots(vm);

	if (kvm_has_cap(KVM_CAP_TSC_CONTROL))
		data->slow_tsc = !__vcpu_ioctl(vcpu, KVM_SET_TSC_KHZ,
					       (void *)(__vcpu_ioctl(vcpu, KVM_GET_TSC_KHZ,
								     NULL) / 4ul));

	/* Nothing that VM-Exit would leave alone.  There's no breakpoint at this address. */
	vcpu_debugregs_get(vcpu, &debugregs);
	debugregs.db[0] = 0x7000;
	debugregs.dr7 = 0x402;
	vcpu_debugregs_set(vcpu, &debugregs);

	for (;;) {
		vcpu_run(vcpu);
		TEST_ASSERT_KVM_EXIT_REASON(vcpu, KVM_EXIT_IO);

		switch (get_ucall(vcpu, &uc)) {
		case UCALL_SYNC:
			switch (uc.args[1]) {
			case SAVE_RESTORE:
				vcpu = save_restore(vm, vcpu);
				break;
			case BEFORE:
				get_l1_state(vcpu, &before);
				break;
			case AFTER:
				get_l1_state(vcpu, &after);
				check_l1_state(&before, &after);
				break;
			}
			break;
		case UCALL_PRINTF:
			pr_info("%s", uc.buffer);
			break;
		case UCALL_DONE:
			kvm_vm_free(vm);
			return;
		case UCALL_ABORT:
			REPORT_GUEST_ASSERT(uc);
		default:
			TEST_FAIL("Unexpected ucall %lu", uc.cmd);
		}
	}
}

int main(int argc, char *argv[])
{
	TEST_REQUIRE(kvm_cpu_has(X86_FEATURE_VMX));
	TEST_REQUIRE(kvm_has_cap(KVM_CAP_NESTED_STATE));

	if (!early_check_is_on())
		pr_info("kvm_intel.nested_early_check is off, the order of checks isn't tested\n");

	run_test(false);
	if (kvm_cpu_has_ept())
		run_test(true);
	return 0;
}
