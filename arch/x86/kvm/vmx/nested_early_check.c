// SPDX-License-Identifier: GPL-2.0-only
/*
 * Have hardware check what KVM makes of vmcs12's controls before KVM processes any
 * guest state: VM-Fail must leave L1's state as it is, and what KVM does to enter
 * L2 is hard to undo.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/moduleparam.h>
#include <linux/once_lite.h>

#include <asm/virt.h>

#include "nested_early_check.h"
#include "trace.h"
#include "vmx.h"

bool __ro_after_init enable_nested_early_check;
module_param_named(nested_early_check, enable_nested_early_check, bool, 0444);

/* vmcs12 is L1's alone, other than vmcs02 it tells nothing about the host. */
static void dump_vmcs12(struct vmcs12 *vmcs12)
{
	static const struct {
		const char *name;
		u16 encoding;
	} fields[] = {
#define VMCS12_FIELD(enc, ...) { #enc, enc },
#include "vmcs12_fields.h"
	};
	u64 val;
	u16 attr;
	int i;

	pr_err("vmcs12, fields that aren't zero:\n");
	for (i = 0; i < ARRAY_SIZE(fields); i++) {
		attr = get_vmcs12_field_attr(fields[i].encoding);
		if (!attr)
			continue;

		val = vmcs12_read_any(vmcs12, fields[i].encoding,
				      attr & VMCS12_ATTR_OFFSET);
		if (val)
			pr_err("%s = 0x%llx\n", fields[i].name, val);
	}
}

static void report_missed_check(struct kvm_vcpu *vcpu)
{
	WARN(1, "VM-Fail at a nested VM-Enter that passed KVM's checks%s\n",
	     to_vmx(vcpu)->nested.early_check_passed ? " and hardware's early ones" : "");
	dump_vmcs12(get_vmcs12(vcpu));
	dump_vmcs(vcpu);
}

/*
 * Return true if hardware may have found fault with the virtual-APIC page: KVM can't
 * know what's in it, as L1 is free to write to it from other vCPUs, and makes VM-Enter
 * fail on purpose if there is no memory behind it.  That the TPR is fine now doesn't
 * say anything, hence any threshold that a TPR can be below of will do.
 */
static bool virtual_apic_may_be_bad(struct kvm_vcpu *vcpu)
{
	struct vmcs12 *vmcs12 = get_vmcs12(vcpu);

	if (!nested_cpu_has(vmcs12, CPU_BASED_TPR_SHADOW))
		return false;

	if (!kvm_vcpu_mapped(&to_vmx(vcpu)->nested.virtual_apic_map))
		return true;

	return !nested_cpu_has_vid(vmcs12) &&
	       !nested_cpu_has2(vmcs12, SECONDARY_EXEC_VIRTUALIZE_APIC_ACCESSES) &&
	       vmcs12->tpr_threshold & 0xf;
}

/* Hardware reported VM-Fail for the current VMCS, vmcs02, due to its controls. */
void nested_vmx_warn_missed_check(struct kvm_vcpu *vcpu)
{
	if ((warn_on_missed_cc || to_vmx(vcpu)->nested.early_check_passed) &&
	    !virtual_apic_may_be_bad(vcpu))
		DO_ONCE_LITE(report_missed_check, vcpu);
}

/*
 * Write the fields that hardware checks together with the controls, but that KVM
 * writes only when it has loaded guest state.  From then on they may be stale, but
 * hold what hardware has accepted before.
 */
void nested_vmx_early_check_init_vmcs02(struct vcpu_vmx *vmx)
{
	/* An EPT that maps nothing. */
	if (enable_ept)
		vmcs_write_cached(vmx, EPT_POINTER, page_to_phys(ZERO_PAGE(0)) |
			     VMX_EPTP_MT_WB | VMX_EPTP_PWL_4);

	if (kvm_caps.has_tsc_control)
		vmcs_write_cached(vmx, TSC_MULTIPLIER, kvm_caps.default_tsc_scaling_ratio);
}

/* prepare_vmcs02() writes these fields again, whatever is in them. */
static void invalidate_guest_state(struct vcpu_vmx *vmx, struct vmcs12 *vmcs12)
{
	bool real_mode = nested_cpu_has2(vmcs12, SECONDARY_EXEC_UNRESTRICTED_GUEST) &&
			 !(vmcs12->guest_cr0 & X86_CR0_PE);

	vmx->loaded_vmcs->saved.valid = false;

	/* Bit 1 has to be set. */
	vmcs_writel(GUEST_RFLAGS, 0);

	/*
	 * The one case in which a check of controls depends on guest state: in real
	 * mode, exceptions have no error code.
	 */
	if (vmcs12->vm_entry_intr_info_field & INTR_INFO_VALID_MASK)
		vmcs_writel(GUEST_CR0, real_mode ? 0 : X86_CR0_PE);
}

/* To be called when all controls are in vmcs02, but no guest state has been processed. */
enum nvmx_vmentry_status nested_vmx_early_check(struct kvm_vcpu *vcpu)
{
	struct vcpu_vmx *vmx = to_vmx(vcpu);
	u32 error;

	invalidate_guest_state(vmx, get_vmcs12(vcpu));

	vmx->nested.early_check_passed = vmx_probe_vmentry(vcpu);
	if (likely(vmx->nested.early_check_passed))
		return NVMX_VMENTRY_SUCCESS;

	error = vmcs_read32(VM_INSTRUCTION_ERROR);
	trace_kvm_nested_vmenter_failed("early hardware VM-instruction error: ", error);

	/*
	 * L1 is to blame for nothing but controls: the host state in vmcs02 is KVM's,
	 * and so are its launch state and whatever else may be wrong with it.  Neither
	 * is anyone to blame if VMX has been disabled for a reboot.
	 */
	if (error != VMXERR_ENTRY_INVALID_CONTROL_FIELD) {
		WARN_ON_ONCE(!virt_rebooting);
		return NVMX_VMENTRY_KVM_INTERNAL_ERROR;
	}

	nested_vmx_warn_missed_check(vcpu);
	return NVMX_VMENTRY_VMFAIL;
}
