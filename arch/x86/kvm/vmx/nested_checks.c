// SPDX-License-Identifier: GPL-2.0-only
#include <kunit/visibility.h>
#include <linux/align.h>
#include <linux/bits.h>
#include <asm/asm.h>
#include <asm/msr-index.h>
#include <asm/vmx.h>

#include "hyperv.h"
#include "nested.h"
#include "nested_checks.h"
#include "x86.h"

#if IS_ENABLED(CONFIG_KVM_VMX_KUNIT_TEST)
/*
 * Lay out the names of all checks as an array, for the tests to find those that no
 * test covers, or that share their name with another one.  Subsections put the
 * entries between the labels, in whatever order the compiler emits all of this.
 */
asm(".pushsection .rodata, 1; .balign 8; nested_check_names_start:; .popsection");
asm(".pushsection .rodata, 3; nested_check_names_end:; .popsection");

static __always_inline const char *list_check_name(const char *name, long line)
{
	asm volatile(".pushsection .rodata, 2;" _ASM_PTR "%c0, %c1; .popsection"
		     :: "i" (name), "i" (line));
	return name;
}

/* Return the names, and in @nr how many there are.  Some may be there twice. */
const struct nested_check_name *nested_check_names(unsigned int *nr)
{
	*nr = nested_check_names_end - nested_check_names_start;
	return nested_check_names_start;
}
EXPORT_SYMBOL_IF_KUNIT(nested_check_names);
#else
static __always_inline const char *list_check_name(const char *name, long line)
{
	return name;
}
#endif

/*
 * A check yields its name, i.e. the condition, if violated, so that checks can be
 * chained by ?: and the first violated one is what the chain yields.
 */
#define CC(violated)	((violated) ? list_check_name(#violated, __LINE__) : NULL)

static bool ctls_valid(u32 ctls, u32 must_be_one, u32 may_be_one)
{
	return fixed_bits_valid(ctls, must_be_one, may_be_one);
}

static bool legal_gpa(const struct nested_cpu *cpu, u64 gpa, u64 alignment)
{
	return IS_ALIGNED(gpa, alignment) && !(gpa & cpu->rsvd_gpa);
}

static bool legal_page(const struct nested_cpu *cpu, u64 gpa)
{
	return legal_gpa(cpu, gpa, PAGE_SIZE);
}

static bool canonical(const struct nested_cpu *cpu, u64 address)
{
	return __is_canonical_address(address, cpu->linear_width);
}

static bool has_vtpr_threshold(const struct vmcs12 *vmcs12)
{
	return nested_cpu_has(vmcs12, CPU_BASED_TPR_SHADOW) && !nested_cpu_has_vid(vmcs12);
}

static const char *check_capabilities(const struct vmcs12 *vmcs12,
				      const struct nested_cpu *cpu)
{
	const struct nested_vmx_msrs *msrs = cpu->msrs;
	bool secondary = nested_cpu_has(vmcs12, CPU_BASED_ACTIVATE_SECONDARY_CONTROLS);
	u32 secondary_ctls = vmcs12->secondary_vm_exec_control;

	return CC(!ctls_valid(vmcs12->pin_based_vm_exec_control,
			      msrs->pinbased_ctls_low, msrs->pinbased_ctls_high)) ?:
	       CC(!ctls_valid(vmcs12->cpu_based_vm_exec_control,
			      msrs->procbased_ctls_low, msrs->procbased_ctls_high)) ?:
	       CC(secondary && !ctls_valid(secondary_ctls, msrs->secondary_ctls_low,
					   msrs->secondary_ctls_high)) ?:
	       CC(!ctls_valid(vmcs12->vm_exit_controls,
			      msrs->exit_ctls_low, msrs->exit_ctls_high)) ?:
	       CC(!ctls_valid(vmcs12->vm_entry_controls,
			      msrs->entry_ctls_low, msrs->entry_ctls_high)) ?:
	       CC(vmcs12->cr3_target_count > vmx_misc_cr3_count(msrs->misc_low));
}

static const char *check_bitmaps(const struct vmcs12 *vmcs12, const struct nested_cpu *cpu)
{
	bool io = nested_cpu_has(vmcs12, CPU_BASED_USE_IO_BITMAPS);
	bool msr = nested_cpu_has(vmcs12, CPU_BASED_USE_MSR_BITMAPS);
	bool vmcs = nested_cpu_has_shadow_vmcs(vmcs12);

	return CC(io && !legal_page(cpu, vmcs12->io_bitmap_a)) ?:
	       CC(io && !legal_page(cpu, vmcs12->io_bitmap_b)) ?:
	       CC(msr && !legal_page(cpu, vmcs12->msr_bitmap)) ?:
	       CC(vmcs && !legal_page(cpu, vmcs12->vmread_bitmap)) ?:
	       CC(vmcs && !legal_page(cpu, vmcs12->vmwrite_bitmap));
}

static const char *check_tpr_shadow(const struct vmcs12 *vmcs12, const struct nested_cpu *cpu)
{
	if (nested_cpu_has(vmcs12, CPU_BASED_TPR_SHADOW))
		return CC(!legal_page(cpu, vmcs12->virtual_apic_page_addr)) ?:
		       CC(has_vtpr_threshold(vmcs12) && vmcs12->tpr_threshold >> 4);

	return CC(nested_cpu_has_virt_x2apic_mode(vmcs12)) ?:
	       CC(nested_cpu_has_apic_reg_virt(vmcs12)) ?:
	       CC(nested_cpu_has_vid(vmcs12));
}

static const char *check_apic(const struct vmcs12 *vmcs12, const struct nested_cpu *cpu)
{
	bool page = nested_cpu_has2(vmcs12, SECONDARY_EXEC_VIRTUALIZE_APIC_ACCESSES);
	bool vid = nested_cpu_has_vid(vmcs12);
	u32 pin = vmcs12->pin_based_vm_exec_control;

	return CC(page && !legal_page(cpu, vmcs12->apic_access_addr)) ?:
	       CC(page && nested_cpu_has_virt_x2apic_mode(vmcs12)) ?:
	       CC(vid && !(pin & PIN_BASED_EXT_INTR_MASK));
}

static const char *check_posted_interrupts(const struct vmcs12 *vmcs12,
					   const struct nested_cpu *cpu)
{
	if (!nested_cpu_has_posted_intr(vmcs12))
		return NULL;

	return CC(!nested_cpu_has_vid(vmcs12)) ?:
	       CC(!(vmcs12->vm_exit_controls & VM_EXIT_ACK_INTR_ON_EXIT)) ?:
	       CC(vmcs12->posted_intr_nv > 0xff) ?:
	       CC(!legal_gpa(cpu, vmcs12->posted_intr_desc_addr, 64));
}

static const char *check_nmis(const struct vmcs12 *vmcs12)
{
	bool virtual_nmis = nested_cpu_has_virtual_nmis(vmcs12);

	return CC(virtual_nmis && !nested_cpu_has_nmi_exiting(vmcs12)) ?:
	       CC(nested_cpu_has(vmcs12, CPU_BASED_NMI_WINDOW_EXITING) && !virtual_nmis);
}

static bool eptp_memtype_valid(u64 eptp, u32 ept_caps)
{
	switch (eptp & VMX_EPTP_MT_MASK) {
	case VMX_EPTP_MT_UC:
		return ept_caps & VMX_EPTP_UC_BIT;
	case VMX_EPTP_MT_WB:
		return ept_caps & VMX_EPTP_WB_BIT;
	default:
		return false;
	}
}

static bool eptp_walk_length_valid(u64 eptp, u32 ept_caps)
{
	switch (eptp & VMX_EPTP_PWL_MASK) {
	case VMX_EPTP_PWL_5:
		return ept_caps & VMX_EPT_PAGE_WALK_5_BIT;
	case VMX_EPTP_PWL_4:
		return ept_caps & VMX_EPT_PAGE_WALK_4_BIT;
	default:
		return false;
	}
}

const char *nested_check_eptp(u64 eptp, const struct nested_cpu *cpu)
{
	u32 ept_caps = cpu->msrs->ept_caps;

	return CC(!eptp_memtype_valid(eptp, ept_caps)) ?:
	       CC(!eptp_walk_length_valid(eptp, ept_caps)) ?:
	       CC(eptp & VMX_EPTP_AD_ENABLE_BIT && !(ept_caps & VMX_EPT_AD_BIT)) ?:
	       CC(eptp & (GENMASK(11, 7) | cpu->rsvd_gpa));
}
EXPORT_SYMBOL_IF_KUNIT(nested_check_eptp);

/* Features that need EPT. */
static const char *check_ept(const struct vmcs12 *vmcs12, const struct nested_cpu *cpu)
{
	if (nested_cpu_has_ept(vmcs12))
		return nested_check_eptp(vmcs12->ept_pointer, cpu);

	return CC(nested_cpu_has_pml(vmcs12)) ?:
	       CC(nested_cpu_has2(vmcs12, SECONDARY_EXEC_UNRESTRICTED_GUEST)) ?:
	       CC(nested_cpu_has2(vmcs12, SECONDARY_EXEC_MODE_BASED_EPT_EXEC)) ?:
	       CC(nested_cpu_has_eptp_switching(vmcs12));
}

static const char *check_vm_functions(const struct vmcs12 *vmcs12,
				      const struct nested_cpu *cpu)
{
	bool eptp_switching = nested_cpu_has_eptp_switching(vmcs12);
	u64 supported = cpu->msrs->vmfunc_controls;

	if (!nested_cpu_has_vmfunc(vmcs12))
		return NULL;

	return CC(vmcs12->vm_function_control & ~supported) ?:
	       CC(eptp_switching && !legal_page(cpu, vmcs12->eptp_list_address));
}

static const char *check_misc_features(const struct vmcs12 *vmcs12,
				       const struct nested_cpu *cpu)
{
	bool save_timer = nested_cpu_has_save_preemption_timer(vmcs12);
	bool tsc_scaling = nested_cpu_has2(vmcs12, SECONDARY_EXEC_TSC_SCALING);

	return CC(nested_cpu_has_vpid(vmcs12) && !vmcs12->virtual_processor_id) ?:
	       CC(nested_cpu_has_pml(vmcs12) && !legal_page(cpu, vmcs12->pml_address)) ?:
	       CC(save_timer && !nested_cpu_has_preemption_timer(vmcs12)) ?:
	       CC(tsc_scaling && !vmcs12->tsc_multiplier);
}

/*
 * The architecture leaves undefined what too long an MSR area does.  Fail it, so
 * that what consumes the count needn't care for extremes.
 */
static bool msr_count_valid(const struct nested_cpu *cpu, u32 count)
{
	return count <= nested_max_msr_count(cpu->msrs);
}

static bool msr_area_legal(const struct nested_cpu *cpu, u64 start, u32 count)
{
	u64 last = start + (u64)count * sizeof(struct vmx_msr_entry) - 1;

	return !count || (legal_gpa(cpu, start, 16) && legal_gpa(cpu, last, 1));
}

static const char *check_msr_areas(const struct vmcs12 *vmcs12, const struct nested_cpu *cpu)
{
	return CC(!msr_count_valid(cpu, vmcs12->vm_exit_msr_load_count)) ?:
	       CC(!msr_count_valid(cpu, vmcs12->vm_exit_msr_store_count)) ?:
	       CC(!msr_count_valid(cpu, vmcs12->vm_entry_msr_load_count)) ?:
	       CC(!msr_area_legal(cpu, vmcs12->vm_exit_msr_load_addr,
				  vmcs12->vm_exit_msr_load_count)) ?:
	       CC(!msr_area_legal(cpu, vmcs12->vm_exit_msr_store_addr,
				  vmcs12->vm_exit_msr_store_count)) ?:
	       CC(!msr_area_legal(cpu, vmcs12->vm_entry_msr_load_addr,
				  vmcs12->vm_entry_msr_load_count));
}

#ifdef CONFIG_KVM_HYPERV
static bool evmcs_has(enum evmcs_ctrl_type type, u32 ctls)
{
	return !(ctls & ~evmcs_get_supported_ctls(type));
}

/*
 * Secondary controls may be anything if they are not active.  VM functions need no
 * check, as the control that enables them is one of those that aren't supported.
 */
static const char *check_evmcs(const struct vmcs12 *vmcs12, const struct nested_cpu *cpu)
{
	bool secondary = nested_cpu_has(vmcs12, CPU_BASED_ACTIVATE_SECONDARY_CONTROLS);

	if (!cpu->has_evmcs)
		return NULL;

	return CC(!evmcs_has(EVMCS_PINCTRL, vmcs12->pin_based_vm_exec_control)) ?:
	       CC(!evmcs_has(EVMCS_EXEC_CTRL, vmcs12->cpu_based_vm_exec_control)) ?:
	       CC(secondary && !evmcs_has(EVMCS_2NDEXEC, vmcs12->secondary_vm_exec_control)) ?:
	       CC(!evmcs_has(EVMCS_EXIT_CTRLS, vmcs12->vm_exit_controls)) ?:
	       CC(!evmcs_has(EVMCS_ENTRY_CTRLS, vmcs12->vm_entry_controls));
}
#else
static const char *check_evmcs(const struct vmcs12 *vmcs12, const struct nested_cpu *cpu)
{
	return NULL;
}
#endif

/* All controls but those of event injection. */
const char *nested_check_controls(const struct vmcs12 *vmcs12, const struct nested_cpu *cpu)
{
	return check_capabilities(vmcs12, cpu) ?:
	       check_bitmaps(vmcs12, cpu) ?:
	       check_tpr_shadow(vmcs12, cpu) ?:
	       check_apic(vmcs12, cpu) ?:
	       check_posted_interrupts(vmcs12, cpu) ?:
	       check_nmis(vmcs12) ?:
	       check_ept(vmcs12, cpu) ?:
	       check_vm_functions(vmcs12, cpu) ?:
	       check_misc_features(vmcs12, cpu) ?:
	       check_msr_areas(vmcs12, cpu) ?:
	       check_evmcs(vmcs12, cpu);
}
EXPORT_SYMBOL_IF_KUNIT(nested_check_controls);

const char *nested_check_vtpr(const struct vmcs12 *vmcs12, u8 vtpr)
{
	if (!has_vtpr_threshold(vmcs12) ||
	    nested_cpu_has2(vmcs12, SECONDARY_EXEC_VIRTUALIZE_APIC_ACCESSES))
		return NULL;

	return CC((vmcs12->tpr_threshold & 0xf) > vtpr >> 4);
}
EXPORT_SYMBOL_IF_KUNIT(nested_check_vtpr);

const char *nested_check_event_injection(const struct vmcs12 *vmcs12,
					 const struct nested_cpu *cpu)
{
	const struct nested_vmx_msrs *msrs = cpu->msrs;
	u32 info = vmcs12->vm_entry_intr_info_field;
	u32 length = vmcs12->vm_entry_instruction_len;
	u32 type = info & INTR_INFO_INTR_TYPE_MASK;
	u8 vector = info & INTR_INFO_VECTOR_MASK;
	bool exception = type == INTR_TYPE_HARD_EXCEPTION;
	bool other = type == INTR_TYPE_OTHER_EVENT;
	bool software = type == INTR_TYPE_SOFT_INTR || type == INTR_TYPE_SOFT_EXCEPTION ||
			type == INTR_TYPE_PRIV_SW_EXCEPTION;
	bool has_mtf = msrs->procbased_ctls_high & CPU_BASED_MONITOR_TRAP_FLAG;
	bool may_be_zero_length = msrs->misc_low & VMX_MISC_ZERO_LEN_INS;
	bool error_code = info & INTR_INFO_DELIVER_CODE_MASK;
	bool real_mode, error_code_matters;

	if (!(info & INTR_INFO_VALID_MASK))
		return NULL;

	real_mode = nested_cpu_has2(vmcs12, SECONDARY_EXEC_UNRESTRICTED_GUEST) &&
		    !(vmcs12->guest_cr0 & X86_CR0_PE);
	error_code_matters = exception && !real_mode &&
			     !(msrs->basic & VMX_BASIC_NO_HW_ERROR_CODE_CC);

	return CC(type == INTR_TYPE_RESERVED) ?:
	       CC(other && !has_mtf) ?:
	       CC(other && vector != 0) ?:
	       CC(type == INTR_TYPE_NMI_INTR && vector != NMI_VECTOR) ?:
	       CC(exception && vector > 31) ?:
	       CC(error_code && !exception) ?:
	       CC(error_code && real_mode) ?:
	       CC(error_code_matters && error_code != x86_exception_has_error_code(vector)) ?:
	       CC(error_code && vmcs12->vm_entry_exception_error_code >> 16) ?:
	       CC(info & INTR_INFO_RESVD_BITS_MASK) ?:
	       CC(software && length > X86_MAX_INSTRUCTION_LENGTH) ?:
	       CC(software && !length && !may_be_zero_length);
}
EXPORT_SYMBOL_IF_KUNIT(nested_check_event_injection);

/* What is the same for L1 after VM-Exit and for L2 after VM-Enter. */
static bool s_cet_valid(const struct nested_cpu *cpu, u64 s_cet)
{
	/* Indirect branch tracking is suppressed or waits for an ENDBR, not both. */
	bool conflict = s_cet & CET_SUPPRESS && s_cet & CET_WAIT_ENDBR;

	return !(s_cet & cpu->rsvd_s_cet) && !conflict;
}

static const char *check_host_control_registers(const struct vmcs12 *vmcs12,
						const struct nested_cpu *cpu)
{
	const struct nested_vmx_msrs *msrs = cpu->msrs;
	u64 host_cr0 = vmcs12->host_cr0;
	u64 host_cr4 = vmcs12->host_cr4;

	return CC(!fixed_bits_valid(host_cr0, msrs->cr0_fixed0, msrs->cr0_fixed1)) ?:
	       CC(!fixed_bits_valid(host_cr4, msrs->cr4_fixed0, msrs->cr4_fixed1)) ?:
	       CC(host_cr4 & cpu->rsvd_cr4) ?:
	       CC(host_cr4 & X86_CR4_CET && !(host_cr0 & X86_CR0_WP)) ?:
	       CC(vmcs12->host_cr3 & cpu->rsvd_cr3);
}

static const char *check_host_msrs(const struct vmcs12 *vmcs12, const struct nested_cpu *cpu)
{
	bool pat = vmcs12->vm_exit_controls & VM_EXIT_LOAD_IA32_PAT;
	bool pmu = vmcs12->vm_exit_controls & VM_EXIT_LOAD_IA32_PERF_GLOBAL_CTRL;

	return CC(!canonical(cpu, vmcs12->host_ia32_sysenter_esp)) ?:
	       CC(!canonical(cpu, vmcs12->host_ia32_sysenter_eip)) ?:
	       CC(pat && !kvm_pat_valid(vmcs12->host_ia32_pat)) ?:
	       CC(pmu && vmcs12->host_ia32_perf_global_ctrl & cpu->rsvd_perf_global_ctrl);
}

static const char *check_host_cet(const struct vmcs12 *vmcs12, const struct nested_cpu *cpu,
				  bool long_mode)
{
	u64 s_cet = vmcs12->host_s_cet;
	u64 host_ssp = vmcs12->host_ssp;

	if (!(vmcs12->vm_exit_controls & VM_EXIT_LOAD_CET_STATE))
		return NULL;

	return CC(!s_cet_valid(cpu, s_cet)) ?:
	       CC(!IS_ALIGNED(host_ssp, 4)) ?:
	       CC(!canonical(cpu, vmcs12->host_ssp_tbl)) ?:
	       CC(long_mode && !canonical(cpu, s_cet)) ?:
	       CC(long_mode && !canonical(cpu, host_ssp)) ?:
	       CC(!long_mode && s_cet >> 32) ?:
	       CC(!long_mode && host_ssp >> 32);
}

static bool host_rip_canonical(const struct vmcs12 *vmcs12)
{
	/* VM-Exit loads CR4, so that the width is that of L1 after VM-Exit. */
	return __is_canonical_address(vmcs12->host_rip,
				      vmcs12->host_cr4 & X86_CR4_LA57 ? 57 : 48);
}

static const char *check_host_mode(const struct vmcs12 *vmcs12, const struct nested_cpu *cpu,
				   bool long_mode)
{
	u64 host_cr4 = vmcs12->host_cr4;
	u64 efer = vmcs12->host_ia32_efer;
	bool load_efer = vmcs12->vm_exit_controls & VM_EXIT_LOAD_IA32_EFER;

	return CC(long_mode && !(host_cr4 & X86_CR4_PAE)) ?:
	       CC(!host_rip_canonical(vmcs12)) ?:
	       CC(!long_mode && vmcs12->host_rip >> 32) ?:
	       CC(!long_mode && host_cr4 & X86_CR4_PCIDE) ?:
	       CC(!long_mode && vmcs12->vm_entry_controls & VM_ENTRY_IA32E_MODE) ?:
	       CC(load_efer && efer & cpu->rsvd_efer) ?:
	       CC(load_efer && !!(efer & EFER_LMA) != long_mode) ?:
	       CC(load_efer && !!(efer & EFER_LME) != long_mode);
}

static const char *check_host_segments(const struct vmcs12 *vmcs12,
				       const struct nested_cpu *cpu, bool long_mode)
{
	const u16 rpl_ti = SEGMENT_RPL_MASK | SEGMENT_TI_MASK;

	return CC(vmcs12->host_es_selector & rpl_ti) ?:
	       CC(vmcs12->host_cs_selector & rpl_ti) ?:
	       CC(vmcs12->host_ss_selector & rpl_ti) ?:
	       CC(vmcs12->host_ds_selector & rpl_ti) ?:
	       CC(vmcs12->host_fs_selector & rpl_ti) ?:
	       CC(vmcs12->host_gs_selector & rpl_ti) ?:
	       CC(vmcs12->host_tr_selector & rpl_ti) ?:
	       CC(!vmcs12->host_cs_selector) ?:
	       CC(!vmcs12->host_tr_selector) ?:
	       CC(!vmcs12->host_ss_selector && !long_mode) ?:
	       CC(!canonical(cpu, vmcs12->host_fs_base)) ?:
	       CC(!canonical(cpu, vmcs12->host_gs_base)) ?:
	       CC(!canonical(cpu, vmcs12->host_tr_base)) ?:
	       CC(!canonical(cpu, vmcs12->host_gdtr_base)) ?:
	       CC(!canonical(cpu, vmcs12->host_idtr_base));
}

const char *nested_check_host_state(const struct vmcs12 *vmcs12, const struct nested_cpu *cpu)
{
	bool long_mode = vmcs12->vm_exit_controls & VM_EXIT_HOST_ADDR_SPACE_SIZE;

	return check_host_control_registers(vmcs12, cpu) ?:
	       check_host_msrs(vmcs12, cpu) ?:
	       check_host_mode(vmcs12, cpu, long_mode) ?:
	       check_host_segments(vmcs12, cpu, long_mode) ?:
	       check_host_cet(vmcs12, cpu, long_mode);
}
EXPORT_SYMBOL_IF_KUNIT(nested_check_host_state);

/* @long_mode: L1 is in long mode now, and has to be so again after VM-Exit. */
const char *nested_check_address_space_size(const struct vmcs12 *vmcs12, bool long_mode)
{
	bool long_mode_host = vmcs12->vm_exit_controls & VM_EXIT_HOST_ADDR_SPACE_SIZE;

	return CC(long_mode_host != long_mode);
}
EXPORT_SYMBOL_IF_KUNIT(nested_check_address_space_size);

static const char *check_guest_control_registers(const struct vmcs12 *vmcs12,
						 const struct nested_cpu *cpu)
{
	const struct nested_vmx_msrs *msrs = cpu->msrs;
	bool long_mode = vmcs12->vm_entry_controls & VM_ENTRY_IA32E_MODE;
	u64 cr0_fixed0 = msrs->cr0_fixed0;
	u64 guest_cr0 = vmcs12->guest_cr0;
	u64 guest_cr4 = vmcs12->guest_cr4;

	if (nested_cpu_has2(vmcs12, SECONDARY_EXEC_UNRESTRICTED_GUEST))
		cr0_fixed0 &= ~(X86_CR0_PE | X86_CR0_PG);

	return CC(!fixed_bits_valid(guest_cr0, cr0_fixed0, msrs->cr0_fixed1)) ?:
	       CC(!fixed_bits_valid(guest_cr4, msrs->cr4_fixed0, msrs->cr4_fixed1)) ?:
	       CC(guest_cr4 & cpu->rsvd_cr4) ?:
	       CC(guest_cr4 & X86_CR4_CET && !(guest_cr0 & X86_CR0_WP)) ?:
	       CC(guest_cr0 & X86_CR0_PG && !(guest_cr0 & X86_CR0_PE)) ?:
	       CC(long_mode && !(guest_cr0 & X86_CR0_PG)) ?:
	       CC(long_mode && !(guest_cr4 & X86_CR4_PAE)) ?:
	       CC(vmcs12->guest_cr3 & cpu->rsvd_cr3);
}

static const char *check_guest_debug(const struct vmcs12 *vmcs12, const struct nested_cpu *cpu)
{
	if (!(vmcs12->vm_entry_controls & VM_ENTRY_LOAD_DEBUG_CONTROLS))
		return NULL;

	return CC(!kvm_dr7_valid(vmcs12->guest_dr7)) ?:
	       CC(vmcs12->guest_ia32_debugctl & cpu->rsvd_debugctl);
}

static const char *check_guest_msrs(const struct vmcs12 *vmcs12, const struct nested_cpu *cpu)
{
	bool pat = vmcs12->vm_entry_controls & VM_ENTRY_LOAD_IA32_PAT;
	bool pmu = vmcs12->vm_entry_controls & VM_ENTRY_LOAD_IA32_PERF_GLOBAL_CTRL;
	bool mpx = vmcs12->vm_entry_controls & VM_ENTRY_LOAD_BNDCFGS;
	u64 bndcfgs = vmcs12->guest_bndcfgs;

	return CC(pat && !kvm_pat_valid(vmcs12->guest_ia32_pat)) ?:
	       CC(pmu && vmcs12->guest_ia32_perf_global_ctrl & cpu->rsvd_perf_global_ctrl) ?:
	       CC(mpx && bndcfgs & MSR_IA32_BNDCFGS_RSVD) ?:
	       CC(mpx && !canonical(cpu, bndcfgs & PAGE_MASK));
}

static const char *check_guest_cet(const struct vmcs12 *vmcs12, const struct nested_cpu *cpu)
{
	u64 guest_ssp = vmcs12->guest_ssp;

	if (!(vmcs12->vm_entry_controls & VM_ENTRY_LOAD_CET_STATE))
		return NULL;

	/*
	 * A bit more than canonical is legal for SSP: the bits above the linear
	 * address have to be equal, but not equal to the highest one in it.
	 */
	return CC(!s_cet_valid(cpu, vmcs12->guest_s_cet)) ?:
	       CC(!canonical(cpu, vmcs12->guest_s_cet)) ?:
	       CC(!IS_ALIGNED(guest_ssp, 4)) ?:
	       CC(!__is_canonical_address(guest_ssp, cpu->linear_width + 1)) ?:
	       CC(!canonical(cpu, vmcs12->guest_ssp_tbl));
}

static const char *check_guest_activity_range(const struct vmcs12 *vmcs12)
{
	u32 activity = vmcs12->guest_activity_state;

	return CC(activity != GUEST_ACTIVITY_ACTIVE &&
		  activity != GUEST_ACTIVITY_HLT &&
		  activity != GUEST_ACTIVITY_WAIT_SIPI);
}

/*
 * What holds for any L2 state, also if L2 has run already and is being restored.
 * The rest of the guest state is left to hardware.
 */
const char *nested_check_guest_state(const struct vmcs12 *vmcs12, const struct nested_cpu *cpu)
{
	return check_guest_control_registers(vmcs12, cpu) ?:
	       check_guest_debug(vmcs12, cpu) ?:
	       check_guest_msrs(vmcs12, cpu) ?:
	       check_guest_cet(vmcs12, cpu) ?:
	       check_guest_activity_range(vmcs12);
}
EXPORT_SYMBOL_IF_KUNIT(nested_check_guest_state);

/*
 * Not to be checked in restored state of an L2 that has run already, as VM-Enter
 * isn't going to load EFER.
 */
const char *nested_check_guest_efer(const struct vmcs12 *vmcs12, const struct nested_cpu *cpu)
{
	bool long_mode = vmcs12->vm_entry_controls & VM_ENTRY_IA32E_MODE;
	bool paging = vmcs12->guest_cr0 & X86_CR0_PG;
	u64 efer = vmcs12->guest_ia32_efer;

	if (!(vmcs12->vm_entry_controls & VM_ENTRY_LOAD_IA32_EFER))
		return NULL;

	return CC(efer & cpu->rsvd_efer) ?:
	       CC(!!(efer & EFER_LMA) != long_mode) ?:
	       CC(paging && !!(efer & EFER_LME) != long_mode);
}
EXPORT_SYMBOL_IF_KUNIT(nested_check_guest_efer);

/* Only what wakes the CPU can happen in HLT. */
static bool may_inject_in_hlt(u32 info)
{
	u8 vector = info & INTR_INFO_VECTOR_MASK;

	switch (info & INTR_INFO_INTR_TYPE_MASK) {
	case INTR_TYPE_EXT_INTR:
	case INTR_TYPE_NMI_INTR:
	case INTR_TYPE_OTHER_EVENT:
		return true;
	case INTR_TYPE_HARD_EXCEPTION:
		return vector == DB_VECTOR || vector == MC_VECTOR;
	default:
		return false;
	}
}

/*
 * Hardware can't check this: vmcs02's state is always "active".  Not to be checked
 * in restored state of an L2 that has run already: L2 may have got into its state by
 * itself, and the event is one of the past.
 */
const char *nested_check_guest_activity(const struct vmcs12 *vmcs12,
					const struct nested_cpu *cpu)
{
	u32 blocking = vmcs12->guest_interruptibility_info;
	u32 info = vmcs12->vm_entry_intr_info_field;
	u32 activity = vmcs12->guest_activity_state;
	bool wait_sipi = activity == GUEST_ACTIVITY_WAIT_SIPI;
	bool hlt = activity == GUEST_ACTIVITY_HLT;
	bool event = info & INTR_INFO_VALID_MASK;
	u32 misc = cpu->msrs->misc_low;

	if (!hlt && !wait_sipi)
		return NULL;

	return CC(hlt && !(misc & VMX_MISC_ACTIVITY_HLT)) ?:
	       CC(wait_sipi && !(misc & VMX_MISC_ACTIVITY_WAIT_SIPI)) ?:
	       CC(blocking & (GUEST_INTR_STATE_STI | GUEST_INTR_STATE_MOV_SS)) ?:
	       CC(hlt && VMX_AR_DPL(vmcs12->guest_ss_ar_bytes)) ?:
	       CC(hlt && event && !may_inject_in_hlt(info)) ?:
	       CC(wait_sipi && event);
}

/* @current_vmptr: where vmcs12 is in L1's memory */
const char *nested_check_link_pointer(const struct vmcs12 *vmcs12, const struct nested_cpu *cpu,
				      gpa_t current_vmptr)
{
	if (vmcs12->vmcs_link_pointer == INVALID_GPA)
		return NULL;

	return CC(!legal_page(cpu, vmcs12->vmcs_link_pointer)) ?:
	       CC(vmcs12->vmcs_link_pointer == current_vmptr);
}
EXPORT_SYMBOL_IF_KUNIT(nested_check_link_pointer);

/* @hdr: what the link pointer points to */
const char *nested_check_link_header(const struct vmcs12 *vmcs12, const struct vmcs_hdr *hdr)
{
	return CC(hdr->revision_id != VMCS12_REVISION) ?:
	       CC(hdr->shadow_vmcs != nested_cpu_has_shadow_vmcs(vmcs12));
}
EXPORT_SYMBOL_IF_KUNIT(nested_check_link_header);

static const char *check_msr_entry(const struct vmx_msr_entry *entry)
{
	return CC(entry->index >> 8 == 0x8) ?:
	       CC(entry->index == MSR_IA32_UCODE_WRITE) ?:
	       CC(entry->index == MSR_IA32_UCODE_REV) ?:
	       CC(entry->reserved);
}

const char *nested_check_msr_load(const struct vmx_msr_entry *entry)
{
	return CC(entry->index == MSR_FS_BASE) ?:
	       CC(entry->index == MSR_GS_BASE) ?:
	       CC(entry->index == MSR_IA32_SMM_MONITOR_CTL) ?:
	       check_msr_entry(entry);
}
EXPORT_SYMBOL_IF_KUNIT(nested_check_msr_load);

const char *nested_check_msr_store(const struct vmx_msr_entry *entry)
{
	return CC(entry->index == MSR_IA32_SMBASE) ?:
	       check_msr_entry(entry);
}
EXPORT_SYMBOL_IF_KUNIT(nested_check_msr_store);
