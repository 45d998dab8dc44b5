/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Every field of vmcs12, one row each: the only place that says how KVM treats
 * a field.  Whoever needs a list, a predicate or a bulk copy defines the macros
 * below and includes this file, as often as needed.
 *
 *	VMCS12_FIELD(encoding, member, shadow, save, load, evmcs, group, exposed)
 *
 * @encoding: encoding of the field, for a 64-bit field that of its full access.
 * @member: where struct vmcs12 keeps the field, and where struct
 *	hv_enlightened_vmcs keeps it if @evmcs isn't ABSENT.
 * @shadow: what L1 can do without a VM-Exit if VMCS shadowing is enabled.
 *	NONE	nothing
 *	RO	VMREAD
 *	RW	VMREAD and VMWRITE, i.e. writes do not mark vmcs12 dirty
 *	Fields that KVM changes while emulating other VMX instructions must not
 *	be shadowed, e.g. VM_INSTRUCTION_ERROR.
 * @save: how vmcs12 gets L2's value from vmcs02 when L2 exits to L1.
 *	NEVER	it doesn't: VM-Exit does not save the field, or KVM updates
 *		vmcs12 when emulating L2's write, e.g. WRMSR
 *	ALWAYS	plain copy on every nested VM-Exit
 *	RARE	plain copy, deferred until L1 reads the field or dirties vmcs12
 *	CALC	anything else: only for some controls, from KVM's software state
 *		or from the reason of the VM-Exit
 * @load: how vmcs02 gets L1's value when L1 enters L2.
 *	NEVER	it doesn't: KVM emulates the field, or uses L0's value
 *	DIRECT	unchanged, on every nested VM-Enter that uses the field
 *	DIRTY	plain copy, but only while vmcs12 is dirty
 *	MERGED	combined with L0's value
 *	CALC	anything else: only for some controls, or translated
 * @evmcs: which way the field is copied between vmcs12 and an enlightened VMCS.
 *	ABSENT	the enlightened VMCS has no such field
 *	UNUSED	has it, but it is copied neither way
 *	IN	to vmcs12 before a nested VM-Enter, unless clean
 *	OUT	from vmcs12 after a nested VM-Exit
 *	BOTH	both ways
 * @group: HV_VMX_ENLIGHTENED_CLEAN_FIELD_* that covers the enlightened field,
 *	NONE for a field that is never clean.
 * @exposed: evaluated once at setup, false if L1 must not see the field at all.
 *
 * VMCS12_FIELD64() is for 64-bit fields, whose upper half has an encoding of its
 * own, and defaults to VMCS12_FIELD().  Keeping the rows sorted by width is an
 * attempt at improving branch prediction where a list is walked at run time.
 */
#ifndef VMCS12_FIELD
#error "VMCS12_FIELD() must be defined to include vmcs12_fields.h"
#endif

#ifndef VMCS12_FIELD64
#define VMCS12_FIELD64 VMCS12_FIELD
#endif

/* 16-bit */
VMCS12_FIELD(VIRTUAL_PROCESSOR_ID, virtual_processor_id,
	     NONE, NEVER,  CALC,   IN,     CONTROL_XLAT,  cpu_has_vmx_vpid())
VMCS12_FIELD(POSTED_INTR_NV, posted_intr_nv,
	     NONE, NEVER,  CALC,   ABSENT, NONE,          cpu_has_vmx_posted_intr())
VMCS12_FIELD(GUEST_ES_SELECTOR, guest_es_selector,
	     NONE, RARE,   DIRTY,  BOTH,   GUEST_GRP2,    true)
VMCS12_FIELD(GUEST_CS_SELECTOR, guest_cs_selector,
	     NONE, RARE,   DIRTY,  BOTH,   GUEST_GRP2,    true)
VMCS12_FIELD(GUEST_SS_SELECTOR, guest_ss_selector,
	     NONE, RARE,   DIRTY,  BOTH,   GUEST_GRP2,    true)
VMCS12_FIELD(GUEST_DS_SELECTOR, guest_ds_selector,
	     NONE, RARE,   DIRTY,  BOTH,   GUEST_GRP2,    true)
VMCS12_FIELD(GUEST_FS_SELECTOR, guest_fs_selector,
	     NONE, RARE,   DIRTY,  BOTH,   GUEST_GRP2,    true)
VMCS12_FIELD(GUEST_GS_SELECTOR, guest_gs_selector,
	     NONE, RARE,   DIRTY,  BOTH,   GUEST_GRP2,    true)
VMCS12_FIELD(GUEST_LDTR_SELECTOR, guest_ldtr_selector,
	     NONE, RARE,   DIRTY,  BOTH,   GUEST_GRP2,    true)
VMCS12_FIELD(GUEST_TR_SELECTOR, guest_tr_selector,
	     NONE, RARE,   DIRTY,  BOTH,   GUEST_GRP2,    true)
VMCS12_FIELD(GUEST_INTR_STATUS, guest_intr_status,
	     RW,   CALC,   DIRECT, ABSENT, NONE,          cpu_has_vmx_virtual_intr_delivery())
VMCS12_FIELD(GUEST_PML_INDEX, guest_pml_index,
	     RW,   NEVER,  NEVER,  ABSENT, NONE,          true)
VMCS12_FIELD(HOST_ES_SELECTOR, host_es_selector,
	     NONE, NEVER,  NEVER,  IN,     HOST_GRP1,     true)
VMCS12_FIELD(HOST_CS_SELECTOR, host_cs_selector,
	     NONE, NEVER,  NEVER,  IN,     HOST_GRP1,     true)
VMCS12_FIELD(HOST_SS_SELECTOR, host_ss_selector,
	     NONE, NEVER,  NEVER,  IN,     HOST_GRP1,     true)
VMCS12_FIELD(HOST_DS_SELECTOR, host_ds_selector,
	     NONE, NEVER,  NEVER,  IN,     HOST_GRP1,     true)
VMCS12_FIELD(HOST_FS_SELECTOR, host_fs_selector,
	     RW,   NEVER,  NEVER,  IN,     HOST_GRP1,     true)
VMCS12_FIELD(HOST_GS_SELECTOR, host_gs_selector,
	     RW,   NEVER,  NEVER,  IN,     HOST_GRP1,     true)
VMCS12_FIELD(HOST_TR_SELECTOR, host_tr_selector,
	     NONE, NEVER,  NEVER,  IN,     HOST_GRP1,     true)

/* 64-bit */
VMCS12_FIELD64(IO_BITMAP_A, io_bitmap_a,
	       NONE, NEVER,  NEVER,  IN,     IO_BITMAP,     true)
VMCS12_FIELD64(IO_BITMAP_B, io_bitmap_b,
	       NONE, NEVER,  NEVER,  IN,     IO_BITMAP,     true)
VMCS12_FIELD64(MSR_BITMAP, msr_bitmap,
	       NONE, NEVER,  MERGED, IN,     MSR_BITMAP,    true)
VMCS12_FIELD64(VM_EXIT_MSR_STORE_ADDR, vm_exit_msr_store_addr,
	       NONE, NEVER,  NEVER,  UNUSED, ALL,           true)
VMCS12_FIELD64(VM_EXIT_MSR_LOAD_ADDR, vm_exit_msr_load_addr,
	       NONE, NEVER,  NEVER,  UNUSED, ALL,           true)
VMCS12_FIELD64(VM_ENTRY_MSR_LOAD_ADDR, vm_entry_msr_load_addr,
	       NONE, NEVER,  NEVER,  UNUSED, ALL,           true)
VMCS12_FIELD64(PML_ADDRESS, pml_address,
	       NONE, NEVER,  NEVER,  ABSENT, NONE,          true)
VMCS12_FIELD64(TSC_OFFSET, tsc_offset,
	       NONE, NEVER,  MERGED, IN,     CONTROL_GRP2,  true)
VMCS12_FIELD64(TSC_MULTIPLIER, tsc_multiplier,
	       NONE, NEVER,  MERGED, IN,     CONTROL_GRP2,  cpu_has_vmx_tsc_scaling())
VMCS12_FIELD64(VIRTUAL_APIC_PAGE_ADDR, virtual_apic_page_addr,
	       NONE, NEVER,  CALC,   IN,     CONTROL_GRP2,  cpu_has_vmx_tpr_shadow())
VMCS12_FIELD64(APIC_ACCESS_ADDR, apic_access_addr,
	       NONE, NEVER,  CALC,   ABSENT, NONE,          cpu_has_vmx_virtualize_apic_accesses())
VMCS12_FIELD64(POSTED_INTR_DESC_ADDR, posted_intr_desc_addr,
	       NONE, NEVER,  CALC,   ABSENT, NONE,          cpu_has_vmx_posted_intr())
VMCS12_FIELD64(VM_FUNCTION_CONTROL, vm_function_control,
	       NONE, NEVER,  NEVER,  ABSENT, NONE,          cpu_has_vmx_vmfunc())
VMCS12_FIELD64(EPT_POINTER, ept_pointer,
	       NONE, NEVER,  CALC,   IN,     CONTROL_XLAT,  cpu_has_vmx_ept())
VMCS12_FIELD64(EOI_EXIT_BITMAP0, eoi_exit_bitmap0,
	       NONE, NEVER,  CALC,   ABSENT, NONE,          true)
VMCS12_FIELD64(EOI_EXIT_BITMAP1, eoi_exit_bitmap1,
	       NONE, NEVER,  CALC,   ABSENT, NONE,          true)
VMCS12_FIELD64(EOI_EXIT_BITMAP2, eoi_exit_bitmap2,
	       NONE, NEVER,  CALC,   ABSENT, NONE,          true)
VMCS12_FIELD64(EOI_EXIT_BITMAP3, eoi_exit_bitmap3,
	       NONE, NEVER,  CALC,   ABSENT, NONE,          true)
VMCS12_FIELD64(EPTP_LIST_ADDRESS, eptp_list_address,
	       NONE, NEVER,  NEVER,  ABSENT, NONE,          cpu_has_vmx_vmfunc())
VMCS12_FIELD64(VMREAD_BITMAP, vmread_bitmap,
	       NONE, NEVER,  NEVER,  ABSENT, NONE,          true)
VMCS12_FIELD64(VMWRITE_BITMAP, vmwrite_bitmap,
	       NONE, NEVER,  NEVER,  ABSENT, NONE,          true)
VMCS12_FIELD64(XSS_EXIT_BITMAP, xss_exit_bitmap,
	       NONE, NEVER,  CALC,   IN,     CONTROL_GRP2,  cpu_has_vmx_xsaves())
VMCS12_FIELD64(ENCLS_EXITING_BITMAP, encls_exiting_bitmap,
	       NONE, NEVER,  MERGED, IN,     CONTROL_GRP2,  cpu_has_vmx_encls_vmexit())
VMCS12_FIELD64(GUEST_PHYSICAL_ADDRESS, guest_physical_address,
	       RO,   CALC,   NEVER,  OUT,    NONE,          true)
VMCS12_FIELD64(VMCS_LINK_POINTER, vmcs_link_pointer,
	       NONE, NEVER,  NEVER,  IN,     GUEST_GRP1,    true)
VMCS12_FIELD64(GUEST_IA32_DEBUGCTL, guest_ia32_debugctl,
	       NONE, NEVER,  CALC,   IN,     GUEST_GRP1,    true)
VMCS12_FIELD64(GUEST_IA32_PAT, guest_ia32_pat,
	       NONE, NEVER,  DIRECT, BOTH,   GUEST_GRP1,    true)
VMCS12_FIELD64(GUEST_IA32_EFER, guest_ia32_efer,
	       NONE, CALC,   CALC,   BOTH,   GUEST_GRP1,    true)
VMCS12_FIELD64(GUEST_IA32_PERF_GLOBAL_CTRL, guest_ia32_perf_global_ctrl,
	       NONE, NEVER,  CALC,   IN,     GUEST_GRP1,    cpu_has_load_perf_global_ctrl())
VMCS12_FIELD64(GUEST_PDPTR0, guest_pdptr0,
	       NONE, CALC,   CALC,   BOTH,   GUEST_GRP1,    true)
VMCS12_FIELD64(GUEST_PDPTR1, guest_pdptr1,
	       NONE, CALC,   CALC,   BOTH,   GUEST_GRP1,    true)
VMCS12_FIELD64(GUEST_PDPTR2, guest_pdptr2,
	       NONE, CALC,   CALC,   BOTH,   GUEST_GRP1,    true)
VMCS12_FIELD64(GUEST_PDPTR3, guest_pdptr3,
	       NONE, CALC,   CALC,   BOTH,   GUEST_GRP1,    true)
VMCS12_FIELD64(GUEST_BNDCFGS, guest_bndcfgs,
	       NONE, NEVER,  CALC,   BOTH,   GUEST_GRP1,    true)
VMCS12_FIELD64(HOST_IA32_PAT, host_ia32_pat,
	       NONE, NEVER,  NEVER,  IN,     HOST_GRP1,     true)
VMCS12_FIELD64(HOST_IA32_EFER, host_ia32_efer,
	       NONE, NEVER,  NEVER,  IN,     HOST_GRP1,     true)
VMCS12_FIELD64(HOST_IA32_PERF_GLOBAL_CTRL, host_ia32_perf_global_ctrl,
	       NONE, NEVER,  NEVER,  IN,     HOST_GRP1,     cpu_has_load_perf_global_ctrl())

/* 32-bit */
VMCS12_FIELD(PIN_BASED_VM_EXEC_CONTROL, pin_based_vm_exec_control,
	     RW,   NEVER,  MERGED, IN,     CONTROL_GRP1,  true)
VMCS12_FIELD(CPU_BASED_VM_EXEC_CONTROL, cpu_based_vm_exec_control,
	     RW,   NEVER,  MERGED, BOTH,   CONTROL_PROC,  true)
VMCS12_FIELD(EXCEPTION_BITMAP, exception_bitmap,
	     RW,   NEVER,  MERGED, IN,     CONTROL_EXCPN, true)
VMCS12_FIELD(PAGE_FAULT_ERROR_CODE_MASK, page_fault_error_code_mask,
	     NONE, NEVER,  MERGED, UNUSED, ALL,           true)
VMCS12_FIELD(PAGE_FAULT_ERROR_CODE_MATCH, page_fault_error_code_match,
	     NONE, NEVER,  MERGED, UNUSED, ALL,           true)
VMCS12_FIELD(CR3_TARGET_COUNT, cr3_target_count,
	     NONE, NEVER,  NEVER,  UNUSED, ALL,           true)
VMCS12_FIELD(VM_EXIT_CONTROLS, vm_exit_controls,
	     NONE, NEVER,  NEVER,  IN,     CONTROL_GRP1,  true)
VMCS12_FIELD(VM_EXIT_MSR_STORE_COUNT, vm_exit_msr_store_count,
	     NONE, NEVER,  NEVER,  UNUSED, ALL,           true)
VMCS12_FIELD(VM_EXIT_MSR_LOAD_COUNT, vm_exit_msr_load_count,
	     NONE, NEVER,  NEVER,  UNUSED, ALL,           true)
VMCS12_FIELD(VM_ENTRY_CONTROLS, vm_entry_controls,
	     NONE, CALC,   MERGED, BOTH,   CONTROL_ENTRY, true)
VMCS12_FIELD(VM_ENTRY_MSR_LOAD_COUNT, vm_entry_msr_load_count,
	     NONE, NEVER,  NEVER,  UNUSED, ALL,           true)
VMCS12_FIELD(VM_ENTRY_INTR_INFO_FIELD, vm_entry_intr_info_field,
	     RW,   CALC,   DIRECT, BOTH,   CONTROL_EVENT, true)
VMCS12_FIELD(VM_ENTRY_EXCEPTION_ERROR_CODE, vm_entry_exception_error_code,
	     RW,   NEVER,  DIRECT, BOTH,   CONTROL_EVENT, true)
VMCS12_FIELD(VM_ENTRY_INSTRUCTION_LEN, vm_entry_instruction_len,
	     RW,   NEVER,  DIRECT, BOTH,   CONTROL_EVENT, true)
VMCS12_FIELD(TPR_THRESHOLD, tpr_threshold,
	     RW,   NEVER,  DIRECT, IN,     NONE,          cpu_has_vmx_tpr_shadow())
VMCS12_FIELD(SECONDARY_VM_EXEC_CONTROL, secondary_vm_exec_control,
	     NONE, NEVER,  MERGED, IN,     CONTROL_GRP1,  cpu_has_secondary_exec_ctrls())
VMCS12_FIELD(VM_INSTRUCTION_ERROR, vm_instruction_error,
	     NONE, NEVER,  NEVER,  OUT,    NONE,          true)
VMCS12_FIELD(VM_EXIT_REASON, vm_exit_reason,
	     RO,   CALC,   NEVER,  OUT,    NONE,          true)
VMCS12_FIELD(VM_EXIT_INTR_INFO, vm_exit_intr_info,
	     RO,   CALC,   NEVER,  OUT,    NONE,          true)
VMCS12_FIELD(VM_EXIT_INTR_ERROR_CODE, vm_exit_intr_error_code,
	     RO,   CALC,   NEVER,  OUT,    NONE,          true)
VMCS12_FIELD(IDT_VECTORING_INFO_FIELD, idt_vectoring_info_field,
	     RO,   CALC,   NEVER,  OUT,    NONE,          true)
VMCS12_FIELD(IDT_VECTORING_ERROR_CODE, idt_vectoring_error_code,
	     RO,   CALC,   NEVER,  OUT,    NONE,          true)
VMCS12_FIELD(VM_EXIT_INSTRUCTION_LEN, vm_exit_instruction_len,
	     RO,   CALC,   NEVER,  OUT,    NONE,          true)
VMCS12_FIELD(VMX_INSTRUCTION_INFO, vmx_instruction_info,
	     NONE, CALC,   NEVER,  OUT,    NONE,          true)
VMCS12_FIELD(GUEST_ES_LIMIT, guest_es_limit,
	     NONE, RARE,   DIRTY,  BOTH,   GUEST_GRP2,    true)
VMCS12_FIELD(GUEST_CS_LIMIT, guest_cs_limit,
	     NONE, RARE,   DIRTY,  BOTH,   GUEST_GRP2,    true)
VMCS12_FIELD(GUEST_SS_LIMIT, guest_ss_limit,
	     NONE, RARE,   DIRTY,  BOTH,   GUEST_GRP2,    true)
VMCS12_FIELD(GUEST_DS_LIMIT, guest_ds_limit,
	     NONE, RARE,   DIRTY,  BOTH,   GUEST_GRP2,    true)
VMCS12_FIELD(GUEST_FS_LIMIT, guest_fs_limit,
	     NONE, RARE,   DIRTY,  BOTH,   GUEST_GRP2,    true)
VMCS12_FIELD(GUEST_GS_LIMIT, guest_gs_limit,
	     NONE, RARE,   DIRTY,  BOTH,   GUEST_GRP2,    true)
VMCS12_FIELD(GUEST_LDTR_LIMIT, guest_ldtr_limit,
	     NONE, RARE,   DIRTY,  BOTH,   GUEST_GRP2,    true)
VMCS12_FIELD(GUEST_TR_LIMIT, guest_tr_limit,
	     NONE, RARE,   DIRTY,  BOTH,   GUEST_GRP2,    true)
VMCS12_FIELD(GUEST_GDTR_LIMIT, guest_gdtr_limit,
	     NONE, RARE,   DIRTY,  BOTH,   GUEST_GRP2,    true)
VMCS12_FIELD(GUEST_IDTR_LIMIT, guest_idtr_limit,
	     NONE, RARE,   DIRTY,  BOTH,   GUEST_GRP2,    true)
VMCS12_FIELD(GUEST_ES_AR_BYTES, guest_es_ar_bytes,
	     NONE, RARE,   DIRTY,  BOTH,   GUEST_GRP2,    true)
VMCS12_FIELD(GUEST_CS_AR_BYTES, guest_cs_ar_bytes,
	     RO,   ALWAYS, DIRTY,  BOTH,   GUEST_GRP2,    true)
VMCS12_FIELD(GUEST_SS_AR_BYTES, guest_ss_ar_bytes,
	     RO,   ALWAYS, DIRTY,  BOTH,   GUEST_GRP2,    true)
VMCS12_FIELD(GUEST_DS_AR_BYTES, guest_ds_ar_bytes,
	     NONE, RARE,   DIRTY,  BOTH,   GUEST_GRP2,    true)
VMCS12_FIELD(GUEST_FS_AR_BYTES, guest_fs_ar_bytes,
	     NONE, RARE,   DIRTY,  BOTH,   GUEST_GRP2,    true)
VMCS12_FIELD(GUEST_GS_AR_BYTES, guest_gs_ar_bytes,
	     NONE, RARE,   DIRTY,  BOTH,   GUEST_GRP2,    true)
VMCS12_FIELD(GUEST_LDTR_AR_BYTES, guest_ldtr_ar_bytes,
	     NONE, RARE,   DIRTY,  BOTH,   GUEST_GRP2,    true)
VMCS12_FIELD(GUEST_TR_AR_BYTES, guest_tr_ar_bytes,
	     NONE, RARE,   DIRTY,  BOTH,   GUEST_GRP2,    true)
VMCS12_FIELD(GUEST_INTERRUPTIBILITY_INFO, guest_interruptibility_info,
	     RW,   ALWAYS, DIRECT, BOTH,   GUEST_BASIC,   true)
VMCS12_FIELD(GUEST_ACTIVITY_STATE, guest_activity_state,
	     NONE, CALC,   NEVER,  BOTH,   GUEST_GRP1,    true)
VMCS12_FIELD(GUEST_SYSENTER_CS, guest_sysenter_cs,
	     NONE, NEVER,  DIRTY,  BOTH,   GUEST_GRP1,    true)
VMCS12_FIELD(HOST_IA32_SYSENTER_CS, host_ia32_sysenter_cs,
	     NONE, NEVER,  NEVER,  IN,     HOST_GRP1,     true)
VMCS12_FIELD(VMX_PREEMPTION_TIMER_VALUE, vmx_preemption_timer_value,
	     RW,   CALC,   NEVER,  ABSENT, NONE,          true)

/* Natural width */
VMCS12_FIELD(CR0_GUEST_HOST_MASK, cr0_guest_host_mask,
	     RW,   NEVER,  MERGED, IN,     CRDR,          true)
VMCS12_FIELD(CR4_GUEST_HOST_MASK, cr4_guest_host_mask,
	     NONE, NEVER,  MERGED, IN,     CRDR,          true)
VMCS12_FIELD(CR0_READ_SHADOW, cr0_read_shadow,
	     RW,   NEVER,  CALC,   IN,     CRDR,          true)
VMCS12_FIELD(CR4_READ_SHADOW, cr4_read_shadow,
	     RW,   NEVER,  CALC,   IN,     CRDR,          true)
VMCS12_FIELD(EXIT_QUALIFICATION, exit_qualification,
	     RO,   CALC,   NEVER,  OUT,    NONE,          true)
VMCS12_FIELD(GUEST_LINEAR_ADDRESS, guest_linear_address,
	     RO,   ALWAYS, NEVER,  OUT,    NONE,          true)
VMCS12_FIELD(GUEST_CR0, guest_cr0,
	     RW,   CALC,   CALC,   BOTH,   CRDR,          true)
VMCS12_FIELD(GUEST_CR3, guest_cr3,
	     RW,   CALC,   CALC,   BOTH,   CRDR,          true)
VMCS12_FIELD(GUEST_CR4, guest_cr4,
	     RW,   CALC,   CALC,   BOTH,   CRDR,          true)
VMCS12_FIELD(GUEST_ES_BASE, guest_es_base,
	     NONE, RARE,   DIRTY,  BOTH,   GUEST_GRP2,    true)
VMCS12_FIELD(GUEST_CS_BASE, guest_cs_base,
	     NONE, RARE,   DIRTY,  BOTH,   GUEST_GRP2,    true)
VMCS12_FIELD(GUEST_SS_BASE, guest_ss_base,
	     NONE, RARE,   DIRTY,  BOTH,   GUEST_GRP2,    true)
VMCS12_FIELD(GUEST_DS_BASE, guest_ds_base,
	     NONE, RARE,   DIRTY,  BOTH,   GUEST_GRP2,    true)
VMCS12_FIELD(GUEST_FS_BASE, guest_fs_base,
	     NONE, RARE,   DIRTY,  BOTH,   GUEST_GRP2,    true)
VMCS12_FIELD(GUEST_GS_BASE, guest_gs_base,
	     NONE, RARE,   DIRTY,  BOTH,   GUEST_GRP2,    true)
VMCS12_FIELD(GUEST_LDTR_BASE, guest_ldtr_base,
	     NONE, RARE,   DIRTY,  BOTH,   GUEST_GRP2,    true)
VMCS12_FIELD(GUEST_TR_BASE, guest_tr_base,
	     NONE, RARE,   DIRTY,  BOTH,   GUEST_GRP2,    true)
VMCS12_FIELD(GUEST_GDTR_BASE, guest_gdtr_base,
	     NONE, RARE,   DIRTY,  BOTH,   GUEST_GRP2,    true)
VMCS12_FIELD(GUEST_IDTR_BASE, guest_idtr_base,
	     NONE, RARE,   DIRTY,  BOTH,   GUEST_GRP2,    true)
VMCS12_FIELD(GUEST_DR7, guest_dr7,
	     NONE, CALC,   CALC,   BOTH,   CRDR,          true)
VMCS12_FIELD(GUEST_RSP, guest_rsp,
	     RW,   CALC,   DIRECT, BOTH,   GUEST_BASIC,   true)
VMCS12_FIELD(GUEST_RIP, guest_rip,
	     RW,   CALC,   DIRECT, BOTH,   NONE,          true)
VMCS12_FIELD(GUEST_RFLAGS, guest_rflags,
	     RW,   ALWAYS, DIRECT, BOTH,   GUEST_BASIC,   true)
VMCS12_FIELD(GUEST_PENDING_DBG_EXCEPTIONS, guest_pending_dbg_exceptions,
	     NONE, RARE,   DIRTY,  BOTH,   GUEST_GRP1,    true)
VMCS12_FIELD(GUEST_SYSENTER_ESP, guest_sysenter_esp,
	     NONE, NEVER,  DIRTY,  BOTH,   GUEST_GRP1,    true)
VMCS12_FIELD(GUEST_SYSENTER_EIP, guest_sysenter_eip,
	     NONE, NEVER,  DIRTY,  BOTH,   GUEST_GRP1,    true)
VMCS12_FIELD(GUEST_S_CET, guest_s_cet,
	     NONE, CALC,   CALC,   ABSENT, NONE,          cpu_has_load_cet_ctrl())
VMCS12_FIELD(GUEST_SSP, guest_ssp,
	     NONE, CALC,   CALC,   ABSENT, NONE,          cpu_has_load_cet_ctrl())
VMCS12_FIELD(GUEST_INTR_SSP_TABLE, guest_ssp_tbl,
	     NONE, CALC,   CALC,   ABSENT, NONE,          cpu_has_load_cet_ctrl())
VMCS12_FIELD(HOST_CR0, host_cr0,
	     NONE, NEVER,  NEVER,  IN,     HOST_GRP1,     true)
VMCS12_FIELD(HOST_CR3, host_cr3,
	     NONE, NEVER,  NEVER,  IN,     HOST_GRP1,     true)
VMCS12_FIELD(HOST_CR4, host_cr4,
	     NONE, NEVER,  NEVER,  IN,     HOST_GRP1,     true)
VMCS12_FIELD(HOST_FS_BASE, host_fs_base,
	     RW,   NEVER,  NEVER,  IN,     HOST_POINTER,  true)
VMCS12_FIELD(HOST_GS_BASE, host_gs_base,
	     RW,   NEVER,  NEVER,  IN,     HOST_POINTER,  true)
VMCS12_FIELD(HOST_TR_BASE, host_tr_base,
	     NONE, NEVER,  NEVER,  IN,     HOST_POINTER,  true)
VMCS12_FIELD(HOST_GDTR_BASE, host_gdtr_base,
	     NONE, NEVER,  NEVER,  IN,     HOST_POINTER,  true)
VMCS12_FIELD(HOST_IDTR_BASE, host_idtr_base,
	     NONE, NEVER,  NEVER,  IN,     HOST_POINTER,  true)
VMCS12_FIELD(HOST_IA32_SYSENTER_ESP, host_ia32_sysenter_esp,
	     NONE, NEVER,  NEVER,  IN,     HOST_GRP1,     true)
VMCS12_FIELD(HOST_IA32_SYSENTER_EIP, host_ia32_sysenter_eip,
	     NONE, NEVER,  NEVER,  IN,     HOST_GRP1,     true)
VMCS12_FIELD(HOST_RSP, host_rsp,
	     NONE, NEVER,  NEVER,  IN,     HOST_POINTER,  true)
VMCS12_FIELD(HOST_RIP, host_rip,
	     NONE, NEVER,  NEVER,  IN,     HOST_GRP1,     true)
VMCS12_FIELD(HOST_S_CET, host_s_cet,
	     NONE, NEVER,  NEVER,  ABSENT, NONE,          cpu_has_load_cet_ctrl())
VMCS12_FIELD(HOST_SSP, host_ssp,
	     NONE, NEVER,  NEVER,  ABSENT, NONE,          cpu_has_load_cet_ctrl())
VMCS12_FIELD(HOST_INTR_SSP_TABLE, host_ssp_tbl,
	     NONE, NEVER,  NEVER,  ABSENT, NONE,          cpu_has_load_cet_ctrl())

#undef VMCS12_FIELD
#undef VMCS12_FIELD64
