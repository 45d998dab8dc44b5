/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __KVM_X86_VMX_NESTED_CHECKS_H
#define __KVM_X86_VMX_NESTED_CHECKS_H

#include <linux/kvm_types.h>

#include "capabilities.h"
#include "vmcs12.h"

/*
 * The virtual CPU as far as VM-Enter's consistency checks depend on it, besides
 * on vmcs12.
 */
struct nested_cpu {
	const struct nested_vmx_msrs *msrs;

	/* Bits that have to be zero. */
	u64 rsvd_gpa;
	u64 rsvd_cr3;
	u64 rsvd_cr4;
	u64 rsvd_efer;
	u64 rsvd_debugctl;
	u64 rsvd_perf_global_ctrl;
	u64 rsvd_s_cet;

	/* Width of linear addresses in MSRs, and in hidden and system segments. */
	u8 linear_width;

	/* Only controls that an enlightened VMCS has are supported. */
	bool has_evmcs;

	/* The key of what else is here, as KVM's own rules depend on them. */
	u64 disabled_quirks;
};

/*
 * A check is known by the condition that violates it.  All of these return the
 * first one that is violated, NULL if there is none.
 */
const char *nested_check_controls(const struct vmcs12 *vmcs12, const struct nested_cpu *cpu);
const char *nested_check_event_injection(const struct vmcs12 *vmcs12,
					 const struct nested_cpu *cpu);
const char *nested_check_host_state(const struct vmcs12 *vmcs12, const struct nested_cpu *cpu);
const char *nested_check_address_space_size(const struct vmcs12 *vmcs12, bool long_mode);
const char *nested_check_guest_state(const struct vmcs12 *vmcs12, const struct nested_cpu *cpu);
const char *nested_check_guest_efer(const struct vmcs12 *vmcs12, const struct nested_cpu *cpu);
const char *nested_check_guest_activity(const struct vmcs12 *vmcs12,
					const struct nested_cpu *cpu);

const char *nested_check_link_pointer(const struct vmcs12 *vmcs12, const struct nested_cpu *cpu,
				      gpa_t current_vmptr);
const char *nested_check_link_header(const struct vmcs12 *vmcs12, const struct vmcs_hdr *hdr);
const char *nested_check_vtpr(const struct vmcs12 *vmcs12, u8 vtpr);

const char *nested_check_eptp(u64 eptp, const struct nested_cpu *cpu);
const char *nested_check_msr_load(const struct vmx_msr_entry *entry);
const char *nested_check_msr_store(const struct vmx_msr_entry *entry);

static inline u32 nested_max_msr_count(const struct nested_vmx_msrs *msrs)
{
	return (vmx_misc_max_msr(msrs->misc_low) + 1) * VMX_MISC_MSR_LIST_MULTIPLIER;
}

/*
 * May the field change without the need to repeat nested_check_controls() and
 * nested_check_host_state()?  True for guest state and for event injection.
 */
static inline bool nested_check_is_dynamic(unsigned long field)
{
	switch (field) {
	case VM_ENTRY_INTR_INFO_FIELD:
	case VM_ENTRY_EXCEPTION_ERROR_CODE:
	case VM_ENTRY_INSTRUCTION_LEN:
		return true;
	default:
		return vmcs_field_is_guest_state(field);
	}
}

#if IS_ENABLED(CONFIG_KVM_VMX_KUNIT_TEST)
struct nested_check_name {
	const char *name;
	unsigned long line;
};

extern const struct nested_check_name nested_check_names_start[];
extern const struct nested_check_name nested_check_names_end[];

const struct nested_check_name *nested_check_names(unsigned int *nr);
#endif

#endif /* __KVM_X86_VMX_NESTED_CHECKS_H */
