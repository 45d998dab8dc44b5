// SPDX-License-Identifier: GPL-2.0-only
/*
 * VM-Enter has to notice that a control or a host-state field has become invalid
 * since the last time, whoever changed it and however: KVM need not check again what
 * cannot have changed.
 */
#include "test_util.h"
#include "kvm_util.h"
#include "processor.h"
#include "vmx.h"

#define L2_STACK_SIZE		64
#define VMCALL_LEN		3

#define FREEZE_IN_SMM		BIT(14)	/* of IA32_DEBUGCTL */
#define INVALID_CONTROL		7
#define INVALID_HOST_STATE	8

/* What userspace is to do. */
enum { SAVE, RESTORE, DISABLE_QUIRK };

struct invalid_field {
	u32 field;
	u64 value;
	u32 error;
};

/* Of each kind: with and without VMCS shadowing, as KVM sets it up. */
static const struct invalid_field invalid_fields[] = {
	{ PIN_BASED_VM_EXEC_CONTROL, 0, INVALID_CONTROL },
	{ CPU_BASED_VM_EXEC_CONTROL, 0, INVALID_CONTROL },
	{ VM_ENTRY_CONTROLS, 0, INVALID_CONTROL },
	{ VM_EXIT_CONTROLS, 0, INVALID_CONTROL },
	{ CR3_TARGET_COUNT, 0x200, INVALID_CONTROL },
	{ VM_EXIT_MSR_STORE_ADDR, 1, INVALID_CONTROL },
	{ TPR_THRESHOLD, 0x10, INVALID_CONTROL },
	/* An event of the reserved type 1. */
	{ VM_ENTRY_INTR_INFO_FIELD, BIT(31) | 1 << 8, INVALID_CONTROL },
	{ HOST_CS_SELECTOR, 0, INVALID_HOST_STATE },
	{ HOST_CR0, 0, INVALID_HOST_STATE },
	{ HOST_CR3, -1ull, INVALID_HOST_STATE },
	{ HOST_IA32_SYSENTER_EIP, NONCANONICAL, INVALID_HOST_STATE },
	{ HOST_FS_BASE, NONCANONICAL, INVALID_HOST_STATE },
	{ HOST_GS_BASE, NONCANONICAL, INVALID_HOST_STATE },
	{ HOST_FS_SELECTOR, 3, INVALID_HOST_STATE },
};

static void l2_guest_code(void)
{
	for (;;)
		vmcall();
}

static void l1_enter(bool launch)
{
	__GUEST_ASSERT(!vmx_enter_l2(launch), "error %lu", vmreadz(VM_INSTRUCTION_ERROR));
	GUEST_ASSERT_EQ(vmreadz(VM_EXIT_REASON), EXIT_REASON_VMCALL);
	GUEST_ASSERT(!vmwrite(GUEST_RIP, vmreadz(GUEST_RIP) + VMCALL_LEN));
}

static void l1_fail_to_enter(u32 error)
{
	GUEST_ASSERT(vmx_enter_l2(false));
	GUEST_ASSERT_EQ(vmreadz(VM_INSTRUCTION_ERROR), error);
}

static void test_vmwrite(const struct invalid_field *f)
{
	u64 valid = vmreadz(f->field);

	/* All has been checked, so that there is something to repeat. */
	l1_enter(false);

	GUEST_ASSERT(!vmwrite(f->field, f->value));
	l1_fail_to_enter(f->error);
	l1_fail_to_enter(f->error);

	GUEST_ASSERT(!vmwrite(f->field, valid));
	l1_enter(false);
}

/* The other VMCS doesn't become valid by one that is. */
static void test_vmptrld(struct vmx_pages *vmx)
{
	u64 valid = vmreadz(CR3_TARGET_COUNT);

	GUEST_ASSERT(!vmwrite(CR3_TARGET_COUNT, 0x200));
	GUEST_ASSERT(!vmptrld(vmx->vmwrite_gpa));
	l1_enter(false);

	GUEST_ASSERT(!vmptrld(vmx->vmcs_gpa));
	l1_fail_to_enter(INVALID_CONTROL);
	GUEST_ASSERT(!vmwrite(CR3_TARGET_COUNT, valid));
	l1_enter(false);
}

/* Nor does one that userspace has put in its place. */
static void test_restored_state(void)
{
	u64 valid = vmreadz(CR3_TARGET_COUNT);

	GUEST_ASSERT(!vmwrite(CR3_TARGET_COUNT, 0x200));
	GUEST_SYNC(SAVE);
	GUEST_ASSERT(!vmwrite(CR3_TARGET_COUNT, valid));
	l1_enter(false);
	GUEST_SYNC(RESTORE);
	l1_fail_to_enter(INVALID_CONTROL);
	GUEST_ASSERT(!vmwrite(CR3_TARGET_COUNT, valid));
	l1_enter(false);
}

/* The CPU changes: a bit that was legal by a quirk of KVM no longer is. */
static void test_quirk(void)
{
	GUEST_ASSERT(!vmwrite(VM_ENTRY_CONTROLS,
			      vmreadz(VM_ENTRY_CONTROLS) | VM_ENTRY_LOAD_DEBUG_CONTROLS));
	GUEST_ASSERT(!vmwrite(GUEST_IA32_DEBUGCTL, FREEZE_IN_SMM));
	l1_enter(false);

	GUEST_ASSERT(!vmwrite(GUEST_IA32_DEBUGCTL, FREEZE_IN_SMM));
	GUEST_SYNC(DISABLE_QUIRK);
	GUEST_ASSERT(!vmx_enter_l2(false));
	GUEST_ASSERT_EQ(vmreadz(VM_EXIT_REASON),
			EXIT_REASON_FAILED_VMENTRY | EXIT_REASON_INVALID_STATE);
	GUEST_ASSERT(!vmwrite(GUEST_IA32_DEBUGCTL, 0));
	l1_enter(false);
}

static void l1_guest_code(struct vmx_pages *vmx)
{
	static u64 l2_stack[L2_STACK_SIZE] __aligned(16);
	int i;

	GUEST_ASSERT(prepare_for_vmx_operation(vmx));

	/* A second VMCS: the page is free, as nothing here has VMCS shadowing for L2. */
	*(u32 *)vmx->vmwrite = vmcs_revision();
	GUEST_ASSERT(!vmclear(vmx->vmwrite_gpa));
	GUEST_ASSERT(!vmptrld(vmx->vmwrite_gpa));
	prepare_vmcs(vmx, l2_guest_code, &l2_stack[L2_STACK_SIZE - 1]);
	l1_enter(true);

	GUEST_ASSERT(load_vmcs(vmx));
	prepare_vmcs(vmx, l2_guest_code, &l2_stack[L2_STACK_SIZE - 1]);
	GUEST_ASSERT(!vmwrite(VIRTUAL_APIC_PAGE_ADDR, vmx->msr_gpa));
	GUEST_ASSERT(!vmwrite(VM_EXIT_MSR_STORE_COUNT, 0));
	GUEST_ASSERT(!vmwrite(CPU_BASED_VM_EXEC_CONTROL,
			      vmreadz(CPU_BASED_VM_EXEC_CONTROL) | CPU_BASED_TPR_SHADOW));
	l1_enter(true);

	for (i = 0; i < ARRAY_SIZE(invalid_fields); i++) {
		/* The address of an empty list may be anything. */
		GUEST_ASSERT(!vmwrite(VM_EXIT_MSR_STORE_COUNT,
				      invalid_fields[i].field == VM_EXIT_MSR_STORE_ADDR));
		if (invalid_fields[i].field == VM_EXIT_MSR_STORE_ADDR)
			*(u64 *)vmx->vmread = MSR_IA32_SYSENTER_CS;
		GUEST_ASSERT(!vmwrite(VM_EXIT_MSR_STORE_ADDR, vmx->vmread_gpa));
		test_vmwrite(&invalid_fields[i]);
	}
	GUEST_ASSERT(!vmwrite(VM_EXIT_MSR_STORE_COUNT, 0));

	test_vmptrld(vmx);
	test_restored_state();
	test_quirk();
	GUEST_DONE();
}

int main(int argc, char *argv[])
{
	struct kvm_x86_state *state = NULL;
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm;
	struct ucall uc;
	gva_t vmx_gva;

	TEST_REQUIRE(kvm_cpu_has(X86_FEATURE_VMX));
	TEST_REQUIRE(kvm_has_cap(KVM_CAP_NESTED_STATE));

	vm = vm_create_with_one_vcpu(&vcpu, l1_guest_code);
	vcpu_alloc_vmx(vm, &vmx_gva);
	vcpu_args_set(vcpu, 1, vmx_gva);

	for (;;) {
		vcpu_run(vcpu);
		TEST_ASSERT_KVM_EXIT_REASON(vcpu, KVM_EXIT_IO);

		switch (get_ucall(vcpu, &uc)) {
		case UCALL_SYNC:
			switch (uc.args[1]) {
			case SAVE:
				state = vcpu_save_state(vcpu);
				break;
			case RESTORE:
				vcpu_nested_state_set(vcpu, &state->nested);
				kvm_x86_state_cleanup(state);
				break;
			case DISABLE_QUIRK:
				vm_enable_cap(vm, KVM_CAP_DISABLE_QUIRKS2,
					      KVM_X86_QUIRK_VMCS12_ALLOW_FREEZE_IN_SMM);
				break;
			}
			break;
		case UCALL_DONE:
			kvm_vm_free(vm);
			return 0;
		case UCALL_ABORT:
			REPORT_GUEST_ASSERT(uc);
		default:
			TEST_FAIL("Unexpected ucall %lu", uc.cmd);
		}
	}
}
