/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The rules of VM-Enter, for vmx_vmentry_checks_test.c.  Each row breaks one rule, or
 * keeps it by a hair's breadth.
 *
 * L2 runs in 64-bit mode with L1's page tables, and exits by VMCALL.  Any other L2 has
 * neither memory nor an IDT, i.e. exits with its first fetch or event.
 */
#ifndef SELFTEST_KVM_VMX_VMENTRY_RULES_H
#define SELFTEST_KVM_VMX_VMENTRY_RULES_H

#define HIGH_HALF	GENMASK_ULL(63, 32)
#define CR3_LAM		GENMASK_ULL(62, 61)

/* The event to be injected. */
#define EVENT		BIT(31)
#define EVENT_EC	BIT(11)
#define EVENT_TYPE(_t)	((_t) << 8)
#define EXT_INT		(EVENT | EVENT_TYPE(0) | 0x20)
#define NMI		(EVENT | EVENT_TYPE(2) | NMI_VECTOR)
#define HW_EXC(_v)	(EVENT | EVENT_TYPE(3) | (_v))
#define SOFT_INT	(EVENT | EVENT_TYPE(4) | 0x20)
#define ICEBP		(EVENT | EVENT_TYPE(5) | DB_VECTOR)
#define SOFT_EXC	(EVENT | EVENT_TYPE(6) | BP_VECTOR)
#define PENDING_MTF	(EVENT | EVENT_TYPE(7))

#define INJECT(_event)		SET(VM_ENTRY_INTR_INFO_FIELD, _event)

#define AR_ACCESSED	BIT(0)
#define AR_S		BIT(4)
#define AR_DPL		GENMASK(6, 5)
#define AR_P		BIT(7)
#define AR_AVL		BIT(12)
#define AR_L		BIT(13)
#define AR_DB		BIT(14)
#define AR_G		BIT(15)
#define AR_UNUSABLE	BIT(16)
#define AR_RESERVED	(GENMASK(11, 8) | GENMASK(31, 17))

/* Access rights of 4 GiB segments, without their type. */
#define AR_FLAT		0xc090
#define AR_FLAT_RING3	(AR_FLAT | AR_DPL)
#define AR_CODE64	0xa090
#define AR_V86		0xf3

#define BLOCKED_BY_STI		BIT(0)
#define BLOCKED_BY_MOV_SS	BIT(1)
#define BLOCKED_BY_SMI		BIT(2)
#define BLOCKED_BY_NMI		BIT(3)
#define ENCLAVE_INTERRUPTION	BIT(4)

#define HLT		1
#define SHUTDOWN	2
#define WAIT_FOR_SIPI	3

#define DBG_ENABLED_BP	BIT(12)
#define DBG_BS		BIT(14)
#define DBG_RTM		BIT(16)
#define DEBUGCTL_BTF	BIT(1)

#define S_CET_LEGACY_BITMAP	GENMASK(13, 12)
#define S_CET_SUPPRESS		BIT(10)
#define S_CET_TRACKER		BIT(11)

#define PDPTE_P		BIT(0)
#define PDPTE_RESERVED	(GENMASK(2, 1) | GENMASK(8, 5))

#define EPTP_WB_4	0x1e

static const struct change ept[] = {
	CPU2(SECONDARY_EXEC_ENABLE_EPT), SET_GPA_OR(EPT_POINTER, ZERO_PAGE, EPTP_WB_4), {}
};

static const struct change unrestricted[] = {
	GROUP(ept), CPU2(SECONDARY_EXEC_UNRESTRICTED_GUEST), {}
};

static const struct change vmfunc[] = {
	CPU2(SECONDARY_EXEC_ENABLE_VMFUNC), {}
};

/* 32-bit L2s with PAE, with 32-bit paging, in real mode and in virtual-8086 mode. */
static const struct change pae[] = {
	NO_ENTRY_CTL(VM_ENTRY_IA32E_MODE), CLEAR(GUEST_IA32_EFER, EFER_LMA | EFER_LME),
	SET(GUEST_CS_AR_BYTES, AR_FLAT | 0xb), SET_GPA(GUEST_CR3, PDPT_PAGE),
	OR(GUEST_CR4, X86_CR4_PAE), {}
};

static const struct change paging32[] = {
	GROUP(pae), CLEAR(GUEST_CR4, X86_CR4_PAE), SET_GPA(GUEST_CR3, ZERO_PAGE), {}
};

static const struct change real_mode[] = {
	GROUP(unrestricted), GROUP(paging32), CLEAR(GUEST_CR0, X86_CR0_PE | X86_CR0_PG), {}
};

#define V86_SEGMENT(_seg)							\
	SET(GUEST_##_seg##_SELECTOR, 0x1000), SET(GUEST_##_seg##_BASE, 0x10000),	\
	SET(GUEST_##_seg##_LIMIT, 0xffff), SET(GUEST_##_seg##_AR_BYTES, AR_V86)

static const struct change v86_segments[] = {
	V86_SEGMENT(ES), V86_SEGMENT(CS), V86_SEGMENT(SS), V86_SEGMENT(DS),
	V86_SEGMENT(FS), V86_SEGMENT(GS), OR(GUEST_RFLAGS, X86_EFLAGS_VM), {}
};

static const struct change v86[] = {
	GROUP(paging32), GROUP(v86_segments), {}
};

static const struct change ring3[] = {
	OR(GUEST_SS_SELECTOR, 3), OR(GUEST_CS_SELECTOR, 3),
	OR(GUEST_SS_AR_BYTES, AR_DPL), OR(GUEST_CS_AR_BYTES, AR_DPL), {}
};

static const struct change ldt[] = {
	SET(GUEST_LDTR_SELECTOR, 0x18), SET(GUEST_LDTR_LIMIT, 0xfff),
	SET(GUEST_LDTR_AR_BYTES, 0x82), {}
};

/* Ends any L2 but one that waits for a SIPI, as soon as it runs or halts. */
static const struct change timer[] = {
	PIN(PIN_BASED_VMX_PREEMPTION_TIMER), {}
};

static const struct change hlt[] = {
	NEED(activity_hlt), SET(GUEST_ACTIVITY_STATE, HLT), {}
};

static const struct change shutdown_state[] = {
	NEED(activity_shutdown), SET(GUEST_ACTIVITY_STATE, SHUTDOWN), {}
};

static const struct change wait_for_sipi[] = {
	NEED(activity_wait_for_sipi), SET(GUEST_ACTIVITY_STATE, WAIT_FOR_SIPI), {}
};

/* Soft events have to have a length. */
static const struct change one_byte[] = {
	SET(VM_ENTRY_INSTRUCTION_LEN, 1), {}
};

/* L1 may inject a pending MTF VM-Exit. */
static const struct change mtf[] = {
	CPU(CPU_BASED_MONITOR_TRAP), CLEAR(CPU_BASED_VM_EXEC_CONTROL, CPU_BASED_MONITOR_TRAP), {}
};

static const struct change tpr_shadow[] = {
	CPU(CPU_BASED_TPR_SHADOW), SET_GPA(VIRTUAL_APIC_PAGE_ADDR, VAPIC_PAGE), {}
};

static const struct change vid[] = {
	GROUP(tpr_shadow), CPU2(SECONDARY_EXEC_VIRTUAL_INTR_DELIVERY),
	PIN(PIN_BASED_EXT_INTR_MASK), {}
};

static const struct change posted_interrupts[] = {
	GROUP(vid), PIN(PIN_BASED_POSTED_INTR), EXIT_CTL(VM_EXIT_ACK_INTR_ON_EXIT),
	SET_GPA(POSTED_INTR_DESC_ADDR, ZERO_PAGE), {}
};

static const struct change virtual_nmis[] = {
	PIN(PIN_BASED_NMI_EXITING | PIN_BASED_VIRTUAL_NMIS), {}
};

static const struct change shadow_vmcs[] = {
	CPU2(SECONDARY_EXEC_SHADOW_VMCS), SET_GPA(VMREAD_BITMAP, ZERO_PAGE),
	SET_GPA(VMWRITE_BITMAP, ZERO_PAGE), {}
};

static const struct change linked[] = {
	SET_GPA(VMCS_LINK_POINTER, LINKED_PAGE), {}
};

static const struct change load_debug[] = {
	ENTRY_CTL(VM_ENTRY_LOAD_DEBUG_CONTROLS), {}
};

static const struct change guest_cet[] = {
	ENTRY_CTL(VM_ENTRY_LOAD_CET_STATE), {}
};

static const struct change host_cet[] = {
	EXIT_CTL(VM_EXIT_LOAD_CET_STATE), {}
};

static const struct change one_msr[] = {
	SET_GPA(VM_ENTRY_MSR_LOAD_ADDR, MSR_PAGE), SET(VM_ENTRY_MSR_LOAD_COUNT, 1),
	SET(MSR1_INDEX, MSR_KERNEL_GS_BASE), SET(MSR1_VALUE, 0x1111), {}
};

static const struct change two_msrs[] = {
	GROUP(one_msr), SET(VM_ENTRY_MSR_LOAD_COUNT, 2),
	SET(MSR2_INDEX, MSR_LSTAR), SET(MSR2_VALUE, 0x2222), {}
};

/* Something that only hardware looks at, usually. */
#define BAD_RFLAGS	CLEAR(GUEST_RFLAGS, X86_EFLAGS_FIXED)

/* A page's address: aligned, and within the physical-address width. */
#define PAGE_RULE(_id, _field, _group)							\
	{ _id, BAD_CONTROLS, { GROUP(_group), SET_GPA(_field, ZERO_PAGE), FLIP(_field, 0xfff) } }, \
	{ _id, BAD_CONTROLS, { GROUP(_group), SET_GPA(_field, ZERO_PAGE),		\
			       FLIP_FN(_field, beyond_pa, ~0ull) } },			\
	{ _id, ENTERS_ANY, { GROUP(_group), SET_GPA(_field, ZERO_PAGE) } }

#define CANONICAL_RULE(_id, _expect, _field, _changes...)				\
	{ _id, _expect, { FLIP_FN(_field, noncanonical, ~0ull), ##_changes } }

#define LEGAL_CANONICAL(_id, _field, _changes...)					\
	{ _id, ENTERS, { OR_FN(_field, highest_of_la, ~0ull), ##_changes } }

#define SELECTOR_RULE(_id, _field)							\
	{ _id, BAD_HOST, { FLIP(_field, 7) } }

/* The rules for DS, ES, FS and GS. */
#define DATA_SEGMENT_RULES(_seg)							\
	{ "guest-data-accessed", BAD_GUEST, { FLIP(_seg##_AR_BYTES, AR_ACCESSED) } },	\
	{ "guest-data-accessed", ENTERS, { SET(_seg##_AR_BYTES, AR_FLAT | 1) } },	\
	{ "guest-data-accessed", ENTERS,						\
	  { SET(_seg##_AR_BYTES, AR_UNUSABLE | AR_FLAT | 2) } },			\
	{ "guest-data-readable", BAD_GUEST, { SET(_seg##_AR_BYTES, AR_FLAT | 9) } },	\
	{ "guest-data-readable", BAD_GUEST, { SET(_seg##_AR_BYTES, AR_FLAT | 0xd) } },	\
	{ "guest-data-readable", ENTERS, { SET(_seg##_AR_BYTES, AR_FLAT | 0xb) } },	\
	{ "guest-data-s", BAD_GUEST, { FLIP(_seg##_AR_BYTES, AR_S) } },			\
	{ "guest-data-s", ENTERS,							\
	  { SET(_seg##_AR_BYTES, AR_UNUSABLE | (AR_FLAT & ~AR_S) | 3) } },		\
	{ "guest-data-dpl", BAD_GUEST, { OR(_seg##_SELECTOR, 3),			\
					 EACH(_seg##_AR_BYTES, 5, 2, 0x7) } },		\
	{ "guest-data-dpl", ENTERS, { OR(_seg##_SELECTOR, 3),				\
				      OR(_seg##_AR_BYTES, AR_DPL) } },			\
	{ "guest-data-dpl", ENTERS, { OR(_seg##_SELECTOR, 3),				\
				      SET(_seg##_AR_BYTES, AR_FLAT | 0xf) } },		\
	{ "guest-data-p", BAD_GUEST, { FLIP(_seg##_AR_BYTES, AR_P) } },			\
	{ "guest-data-p", ENTERS,							\
	  { SET(_seg##_AR_BYTES, AR_UNUSABLE | (AR_FLAT & ~AR_P) | 3) } },		\
	{ "guest-data-g", BAD_GUEST, { FLIP(_seg##_LIMIT, 0xfff) } },			\
	{ "guest-data-g", BAD_GUEST, { CLEAR(_seg##_AR_BYTES, AR_G),			\
				       SET(_seg##_LIMIT, 0xfffff),			\
				       FLIP(_seg##_LIMIT, 0xfff00000) } },		\
	{ "guest-data-g", ENTERS, { SET(_seg##_LIMIT, 0xfff) } },			\
	{ "guest-data-g", ENTERS, { CLEAR(_seg##_AR_BYTES, AR_G),			\
				    SET(_seg##_LIMIT, 0xffffe) } },			\
	{ "guest-data-ar-rsvd", BAD_GUEST, { FLIP(_seg##_AR_BYTES, AR_RESERVED) } },	\
	{ "guest-data-ar-rsvd", ENTERS, { OR(_seg##_AR_BYTES, AR_AVL) } }

#define BASE_HIGH_RULE(_id, _seg)							\
	{ _id, BAD_GUEST, { FLIP(_seg##_BASE, HIGH_HALF) } },				\
	{ _id, ENTERS, { OR(_seg##_BASE, BIT(31)) } },					\
	{ _id, ENTERS, { SET(_seg##_AR_BYTES, AR_UNUSABLE), OR(_seg##_BASE, BIT_ULL(32)) } }

#define V86_RULES(_seg)									\
	{ "guest-v86-base", BAD_GUEST, { GROUP(v86), FLIP(_seg##_BASE, ~0ull) } },	\
	{ "guest-v86-limit", BAD_GUEST, { GROUP(v86), FLIP(_seg##_LIMIT, -1u) } },	\
	{ "guest-v86-ar", BAD_GUEST, { GROUP(v86), FLIP(_seg##_AR_BYTES, -1u) } }

static const struct row rows[] = {
	/* VMLAUNCH and VMRESUME themselves. */
	{ "basic-vmx-operation", { FAULT, UD_VECTOR }, { SET(HOW, NOT_IN_VMX_OPERATION) } },
	{ "basic-no-current-vmcs", { VMFAIL_INVALID }, { SET(HOW, NO_CURRENT_VMCS) } },
	{ "basic-not-shadow-vmcs", { VMFAIL_INVALID },
	  { CPU2(SECONDARY_EXEC_SHADOW_VMCS), SET(HOW, SHADOW_VMCS),
	    CLEAR(SECONDARY_VM_EXEC_CONTROL, SECONDARY_EXEC_SHADOW_VMCS) } },
	{ "basic-no-movss-blocking", VMFAIL(26), { SET(HOW, MOV_SS_BLOCKING) } },
	{ "basic-vmlaunch-clear", ENTERS },
	{ "basic-vmlaunch-clear", VMFAIL(4), { SET(HOW, WRONG_INSTRUCTION) } },
	{ "basic-vmresume-launched", { VMFAIL_INVALID }, { SET(HOW, NO_CURRENT_VMCS) } },
	{ "basic-vmresume-launched", VMFAIL(5), { SET(HOW, WRONG_INSTRUCTION) } },
	{ "basic-priority", { VMFAIL_INVALID },
	  { SET(HOW, NO_CURRENT_VMCS), SET(PIN_BASED_VM_EXEC_CONTROL, 0) } },
	{ "basic-priority", VMFAIL(5),
	  { SET(HOW, WRONG_INSTRUCTION), SET(PIN_BASED_VM_EXEC_CONTROL, 0) } },
	{ "basic-priority", VMFAIL(26),
	  { SET(HOW, MOV_SS_BLOCKING), SET(PIN_BASED_VM_EXEC_CONTROL, 0) } },
	{ "basic-priority", ENTERS },

	/* Execution controls. */
	{ "ctl-pin-reserved", BAD_CONTROLS,
	  { FLIP_FN(PIN_BASED_VM_EXEC_CONTROL, fixed_pin, -1u) } },
	{ "ctl-proc-reserved", BAD_CONTROLS,
	  { FLIP_FN(CPU_BASED_VM_EXEC_CONTROL, fixed_cpu, -1u) } },
	{ "ctl-proc2-reserved", BAD_CONTROLS,
	  { CPU(CPU_BASED_ACTIVATE_SECONDARY_CONTROLS),
	    FLIP_FN(SECONDARY_VM_EXEC_CONTROL, fixed_cpu2, -1u) } },
	{ "ctl-proc2-ignored-if-inactive", ENTERS,
	  { NO_CPU(CPU_BASED_ACTIVATE_SECONDARY_CONTROLS), SET(SECONDARY_VM_EXEC_CONTROL, 0),
	    FLIP(SECONDARY_VM_EXEC_CONTROL, -1u) } },
	{ "ctl-proc2-ignored-if-inactive", ENTERS,
	  { NO_CPU(CPU_BASED_ACTIVATE_SECONDARY_CONTROLS),
	    SET(SECONDARY_VM_EXEC_CONTROL, -1u) } },
	{ "ctl-cr3-target-count", BAD_CONTROLS,
	  { SET_FN(CR3_TARGET_COUNT, too_many_cr3_targets, -1u) } },
	{ "ctl-cr3-target-count", BAD_CONTROLS, { FLIP(CR3_TARGET_COUNT, GENMASK(31, 9)) } },
	{ "ctl-cr3-target-count", ENTERS, { SET_FN(CR3_TARGET_COUNT, max_cr3_targets, -1u) } },
	{ "ctl-io-bitmap-a", BAD_CONTROLS,
	  { CPU(CPU_BASED_USE_IO_BITMAPS), FLIP(IO_BITMAP_A, 0xfff) } },
	{ "ctl-io-bitmap-a", BAD_CONTROLS,
	  { CPU(CPU_BASED_USE_IO_BITMAPS), FLIP_FN(IO_BITMAP_A, beyond_pa, ~0ull) } },
	{ "ctl-io-bitmap-a", ENTERS,
	  { CPU(CPU_BASED_USE_IO_BITMAPS), SET_FN(IO_BITMAP_A, highest_page, ~0ull) } },
	{ "ctl-io-bitmap-a", ENTERS, { SET(IO_BITMAP_A, ~0ull) } },
	{ "ctl-io-bitmap-b", BAD_CONTROLS,
	  { CPU(CPU_BASED_USE_IO_BITMAPS), FLIP(IO_BITMAP_B, 0xfff) } },
	{ "ctl-io-bitmap-b", BAD_CONTROLS,
	  { CPU(CPU_BASED_USE_IO_BITMAPS), FLIP_FN(IO_BITMAP_B, beyond_pa, ~0ull) } },
	{ "ctl-io-bitmap-b", ENTERS,
	  { CPU(CPU_BASED_USE_IO_BITMAPS), SET_FN(IO_BITMAP_B, highest_page, ~0ull) } },
	{ "ctl-io-bitmap-b", ENTERS, { SET(IO_BITMAP_B, ~0ull) } },
	{ "ctl-msr-bitmap", BAD_CONTROLS,
	  { CPU(CPU_BASED_USE_MSR_BITMAPS), FLIP(MSR_BITMAP, 0xfff) } },
	{ "ctl-msr-bitmap", BAD_CONTROLS,
	  { CPU(CPU_BASED_USE_MSR_BITMAPS), FLIP_FN(MSR_BITMAP, beyond_pa, ~0ull) } },
	{ "ctl-msr-bitmap", ENTERS,
	  { CPU(CPU_BASED_USE_MSR_BITMAPS), SET_FN(MSR_BITMAP, highest_page, ~0ull) } },
	{ "ctl-msr-bitmap", ENTERS, { SET(MSR_BITMAP, ~0ull) } },
	{ "ctl-vapic-addr", BAD_CONTROLS,
	  { GROUP(tpr_shadow), FLIP(VIRTUAL_APIC_PAGE_ADDR, 0xfff) } },
	{ "ctl-vapic-addr", BAD_CONTROLS,
	  { GROUP(tpr_shadow), FLIP_FN(VIRTUAL_APIC_PAGE_ADDR, beyond_pa, ~0ull) } },
	{ "ctl-vapic-addr", ENTERS, { GROUP(tpr_shadow) } },
	{ "ctl-vapic-addr", ENTERS,
	  { GROUP(tpr_shadow), SET_FN(VIRTUAL_APIC_PAGE_ADDR, highest_page, ~0ull) } },
	{ "ctl-vapic-addr", ENTERS, { SET(VIRTUAL_APIC_PAGE_ADDR, ~0ull) } },
	{ "ctl-tpr-threshold-rsvd", BAD_CONTROLS,
	  { GROUP(tpr_shadow), SET(VTPR, 0xf0), FLIP(TPR_THRESHOLD, GENMASK(31, 4)) } },
	{ "ctl-tpr-threshold-rsvd", ENTERS,
	  { GROUP(tpr_shadow), SET(VTPR, 0xf0), SET(TPR_THRESHOLD, 0xf) } },
	{ "ctl-tpr-threshold-rsvd", ENTERS, { SET(TPR_THRESHOLD, ~0u) } },
	{ "ctl-tpr-threshold-vtpr", BAD_CONTROLS,
	  { GROUP(tpr_shadow), SET(VTPR, 0x4f), SET(TPR_THRESHOLD, 5) } },
	{ "ctl-tpr-threshold-vtpr", BAD_CONTROLS,
	  { GROUP(tpr_shadow), SET(VTPR, 0x0f), SET(TPR_THRESHOLD, 1) } },
	{ "ctl-tpr-threshold-vtpr", BAD_CONTROLS,
	  { GROUP(tpr_shadow), SET(VTPR, 0xffffff00), SET(TPR_THRESHOLD, 0xf) } },
	{ "ctl-tpr-threshold-vtpr", ENTERS,
	  { GROUP(tpr_shadow), SET(VTPR, 0x40), SET(TPR_THRESHOLD, 4) } },
	{ "ctl-vnmi-needs-nmi-exiting", BAD_CONTROLS,
	  { PIN(PIN_BASED_VIRTUAL_NMIS), NO_PIN(PIN_BASED_NMI_EXITING) } },
	{ "ctl-vnmi-needs-nmi-exiting", ENTERS, { GROUP(virtual_nmis) } },
	{ "ctl-nmi-window-needs-vnmi", BAD_CONTROLS, { CPU(CPU_BASED_NMI_WINDOW_EXITING) } },
	{ "ctl-nmi-window-needs-vnmi", BAD_CONTROLS,
	  { CPU(CPU_BASED_NMI_WINDOW_EXITING), PIN(PIN_BASED_NMI_EXITING) } },
	{ "ctl-nmi-window-needs-vnmi", ENTERS_ANY,
	  { CPU(CPU_BASED_NMI_WINDOW_EXITING), GROUP(virtual_nmis) } },
	{ "ctl-apic-access-addr", BAD_CONTROLS,
	  { CPU2(SECONDARY_EXEC_VIRTUALIZE_APIC_ACCESSES), FLIP(APIC_ACCESS_ADDR, 0xfff) } },
	{ "ctl-apic-access-addr", BAD_CONTROLS,
	  { CPU2(SECONDARY_EXEC_VIRTUALIZE_APIC_ACCESSES),
	    FLIP_FN(APIC_ACCESS_ADDR, beyond_pa, ~0ull) } },
	{ "ctl-apic-access-addr", ENTERS,
	  { CPU2(SECONDARY_EXEC_VIRTUALIZE_APIC_ACCESSES),
	    SET_GPA(APIC_ACCESS_ADDR, ZERO_PAGE) } },
	{ "ctl-apic-access-addr", ENTERS,
	  { CPU2(SECONDARY_EXEC_VIRTUALIZE_APIC_ACCESSES),
	    SET_FN(APIC_ACCESS_ADDR, highest_page, ~0ull) } },
	{ "ctl-apic-access-addr", ENTERS, { SET(APIC_ACCESS_ADDR, ~0ull) } },
	{ "ctl-x2apic-needs-tpr-shadow", BAD_CONTROLS,
	  { CPU2(SECONDARY_EXEC_VIRTUALIZE_X2APIC_MODE) } },
	{ "ctl-x2apic-needs-tpr-shadow", ENTERS,
	  { CPU2(SECONDARY_EXEC_VIRTUALIZE_X2APIC_MODE), GROUP(tpr_shadow) } },
	{ "ctl-apic-reg-virt-needs-tpr-shadow", BAD_CONTROLS,
	  { CPU2(SECONDARY_EXEC_APIC_REGISTER_VIRT) } },
	{ "ctl-apic-reg-virt-needs-tpr-shadow", ENTERS,
	  { CPU2(SECONDARY_EXEC_APIC_REGISTER_VIRT), GROUP(tpr_shadow) } },
	{ "ctl-vid-needs-tpr-shadow", BAD_CONTROLS,
	  { GROUP(vid), NO_CPU(CPU_BASED_TPR_SHADOW) } },
	{ "ctl-vid-needs-tpr-shadow", ENTERS, { GROUP(vid) } },
	{ "ctl-x2apic-excl-apic-access", BAD_CONTROLS,
	  { GROUP(tpr_shadow), SET_GPA(APIC_ACCESS_ADDR, ZERO_PAGE),
	    CPU2(SECONDARY_EXEC_VIRTUALIZE_X2APIC_MODE |
		 SECONDARY_EXEC_VIRTUALIZE_APIC_ACCESSES) } },
	{ "ctl-vid-needs-extint-exiting", BAD_CONTROLS,
	  { GROUP(vid), NO_PIN(PIN_BASED_EXT_INTR_MASK) } },
	{ "ctl-pi-needs-vid", BAD_CONTROLS,
	  { GROUP(posted_interrupts),
	    CLEAR(SECONDARY_VM_EXEC_CONTROL, SECONDARY_EXEC_VIRTUAL_INTR_DELIVERY) } },
	{ "ctl-pi-needs-vid", ENTERS, { GROUP(posted_interrupts) } },
	{ "ctl-pi-needs-ack-on-exit", BAD_CONTROLS,
	  { GROUP(posted_interrupts), NO_EXIT_CTL(VM_EXIT_ACK_INTR_ON_EXIT) } },
	{ "ctl-pi-vector", BAD_CONTROLS,
	  { GROUP(posted_interrupts), FLIP(POSTED_INTR_NV, 0xff00) } },
	{ "ctl-pi-vector", ENTERS, { GROUP(posted_interrupts), SET(POSTED_INTR_NV, 0xff) } },
	{ "ctl-pi-desc-addr", BAD_CONTROLS,
	  { GROUP(posted_interrupts), FLIP(POSTED_INTR_DESC_ADDR, 0x3f) } },
	{ "ctl-pi-desc-addr", BAD_CONTROLS,
	  { GROUP(posted_interrupts), FLIP_FN(POSTED_INTR_DESC_ADDR, beyond_pa, ~0ull) } },
	{ "ctl-pi-desc-addr", ENTERS,
	  { GROUP(posted_interrupts), OR(POSTED_INTR_DESC_ADDR, 0x40) } },
	{ "ctl-vpid-nonzero", BAD_CONTROLS, { CPU2(SECONDARY_EXEC_ENABLE_VPID) } },
	{ "ctl-vpid-nonzero", ENTERS,
	  { CPU2(SECONDARY_EXEC_ENABLE_VPID), FLIP(VIRTUAL_PROCESSOR_ID, 0xffff) } },
	{ "ctl-eptp-memtype", BAD_CONTROLS, { GROUP(ept), EACH(EPT_POINTER, 0, 3, 0xbe) } },
	{ "ctl-eptp-memtype", BAD_CONTROLS,
	  { NEED(no_ept_uc), GROUP(ept), EACH(EPT_POINTER, 0, 3, BIT(0)) } },
	{ "ctl-eptp-memtype", ENTERS_ANY, { GROUP(ept) } },
	{ "ctl-eptp-walk-length", BAD_CONTROLS,
	  { GROUP(ept), EACH(EPT_POINTER, 3, 3, 0xe7) } },
	{ "ctl-eptp-walk-length", BAD_CONTROLS,
	  { NEED(no_ept_5_levels), GROUP(ept), EACH(EPT_POINTER, 3, 3, BIT(4)) } },
	{ "ctl-eptp-walk-length", ENTERS_ANY,
	  { NEED(ept_5_levels), GROUP(ept), EACH(EPT_POINTER, 3, 3, BIT(4)) } },
	{ "ctl-eptp-ad", BAD_CONTROLS,
	  { NEED(no_ept_ad), GROUP(ept), OR(EPT_POINTER, BIT(6)) } },
	{ "ctl-eptp-ad", ENTERS_ANY, { NEED(ept_ad), GROUP(ept), OR(EPT_POINTER, BIT(6)) } },
	{ "ctl-eptp-sss", BAD_CONTROLS,
	  { NEED(no_ept_sss), GROUP(ept), OR(EPT_POINTER, BIT(7)) } },
	{ "ctl-eptp-rsvd", BAD_CONTROLS, { GROUP(ept), FLIP(EPT_POINTER, GENMASK(11, 8)) } },
	{ "ctl-eptp-rsvd", BAD_CONTROLS,
	  { GROUP(ept), FLIP_FN(EPT_POINTER, beyond_pa, ~0ull) } },
	{ "ctl-pml-needs-ept", BAD_CONTROLS,
	  { CPU2(SECONDARY_EXEC_ENABLE_PML), SET_GPA(PML_ADDRESS, ZERO_PAGE) } },
	{ "ctl-pml-addr", BAD_CONTROLS,
	  { GROUP(ept), CPU2(SECONDARY_EXEC_ENABLE_PML), FLIP(PML_ADDRESS, 0xfff) } },
	{ "ctl-pml-addr", BAD_CONTROLS,
	  { GROUP(ept), CPU2(SECONDARY_EXEC_ENABLE_PML),
	    FLIP_FN(PML_ADDRESS, beyond_pa, ~0ull) } },
	{ "ctl-pml-addr", ENTERS_ANY,
	  { GROUP(ept), CPU2(SECONDARY_EXEC_ENABLE_PML), SET_GPA(PML_ADDRESS, ZERO_PAGE) } },
	{ "ctl-ug-needs-ept", BAD_CONTROLS, { CPU2(SECONDARY_EXEC_UNRESTRICTED_GUEST) } },
	{ "ctl-ug-needs-ept", ENTERS_ANY, { GROUP(unrestricted) } },
	{ "ctl-mbec-needs-ept", BAD_CONTROLS, { CPU2(SECONDARY_EXEC_MODE_BASED_EPT_EXEC) } },
	{ "ctl-mbec-needs-ept", ENTERS_ANY,
	  { GROUP(ept), CPU2(SECONDARY_EXEC_MODE_BASED_EPT_EXEC) } },
	{ "ctl-vmfunc-rsvd", BAD_CONTROLS,
	  { GROUP(vmfunc), FLIP_FN(VM_FUNCTION_CONTROL, unsupported_vmfunc, ~0ull) } },
	{ "ctl-vmfunc-rsvd", ENTERS, { GROUP(vmfunc) } },
	{ "ctl-vmfunc-ignored-if-off", ENTERS, { FLIP(VM_FUNCTION_CONTROL, ~0ull) } },
	{ "ctl-vmfunc-ignored-if-off", ENTERS,
	  { NO_CPU(CPU_BASED_ACTIVATE_SECONDARY_CONTROLS), SET(VM_FUNCTION_CONTROL, ~0ull),
	    SET(SECONDARY_VM_EXEC_CONTROL, SECONDARY_EXEC_ENABLE_VMFUNC) } },
	{ "ctl-eptp-switching-needs-ept", BAD_CONTROLS,
	  { GROUP(vmfunc), SET(VM_FUNCTION_CONTROL, 1),
	    SET_GPA(EPTP_LIST_ADDRESS, ZERO_PAGE) } },
	{ "ctl-eptp-list-addr", BAD_CONTROLS,
	  { GROUP(ept), GROUP(vmfunc), SET(VM_FUNCTION_CONTROL, 1),
	    FLIP(EPTP_LIST_ADDRESS, 0xfff) } },
	{ "ctl-eptp-list-addr", BAD_CONTROLS,
	  { GROUP(ept), GROUP(vmfunc), SET(VM_FUNCTION_CONTROL, 1),
	    FLIP_FN(EPTP_LIST_ADDRESS, beyond_pa, ~0ull) } },
	{ "ctl-eptp-list-addr", ENTERS_ANY,
	  { GROUP(ept), GROUP(vmfunc), SET(VM_FUNCTION_CONTROL, 1),
	    SET_FN(EPTP_LIST_ADDRESS, highest_page, ~0ull) } },
	PAGE_RULE("ctl-vmread-bitmap", VMREAD_BITMAP, shadow_vmcs),
	PAGE_RULE("ctl-vmwrite-bitmap", VMWRITE_BITMAP, shadow_vmcs),
	{ "ctl-tsc-multiplier", BAD_CONTROLS,
	  { CPU2(SECONDARY_EXEC_TSC_SCALING), SET(TSC_MULTIPLIER, 0) } },
	{ "ctl-tsc-multiplier", ENTERS,
	  { CPU2(SECONDARY_EXEC_TSC_SCALING), SET(TSC_MULTIPLIER, BIT_ULL(48)) } },

	/* Exit controls. */
	{ "ctl-exit-reserved", BAD_CONTROLS, { FLIP_FN(VM_EXIT_CONTROLS, fixed_exit, -1u) } },
	{ "ctl-save-ptimer-needs-ptimer", BAD_CONTROLS,
	  { EXIT_CTL(VM_EXIT_SAVE_VMX_PREEMPTION_TIMER),
	    NO_PIN(PIN_BASED_VMX_PREEMPTION_TIMER) } },
	{ "ctl-save-ptimer-needs-ptimer", ENTERS_ANY,
	  { EXIT_CTL(VM_EXIT_SAVE_VMX_PREEMPTION_TIMER), GROUP(timer) } },
	{ "ctl-exit-msr-store-addr", BAD_CONTROLS,
	  { SET(VM_EXIT_MSR_STORE_COUNT, 1), FLIP(VM_EXIT_MSR_STORE_ADDR, 0xf) } },
	{ "ctl-exit-msr-store-addr", BAD_CONTROLS,
	  { SET(VM_EXIT_MSR_STORE_COUNT, 1), FLIP_FN(VM_EXIT_MSR_STORE_ADDR, beyond_pa, ~0ull) } },
	{ "ctl-exit-msr-store-addr", ENTERS,
	  { SET(VM_EXIT_MSR_STORE_COUNT, 1), SET(EXIT_MSR_INDEX, MSR_KERNEL_GS_BASE),
	    SET_GPA_OR(VM_EXIT_MSR_STORE_ADDR, MSR_PAGE, EXIT_MSR_OFFSET) } },
	{ "ctl-exit-msr-store-addr", ENTERS, { SET(VM_EXIT_MSR_STORE_ADDR, ~0ull) } },
	{ "ctl-exit-msr-store-last", BAD_CONTROLS,
	  { SET(VM_EXIT_MSR_STORE_COUNT, PAGE_SIZE / 16 + 1),
	    SET_FN(VM_EXIT_MSR_STORE_ADDR, highest_page, ~0ull) } },
	{ "ctl-exit-msr-load-addr", BAD_CONTROLS,
	  { SET(VM_EXIT_MSR_LOAD_COUNT, 1), FLIP(VM_EXIT_MSR_LOAD_ADDR, 0xf) } },
	{ "ctl-exit-msr-load-addr", BAD_CONTROLS,
	  { SET(VM_EXIT_MSR_LOAD_COUNT, 1), FLIP_FN(VM_EXIT_MSR_LOAD_ADDR, beyond_pa, ~0ull) } },
	{ "ctl-exit-msr-load-addr", ENTERS,
	  { SET(VM_EXIT_MSR_LOAD_COUNT, 1), SET(EXIT_MSR_INDEX, MSR_KERNEL_GS_BASE),
	    SET_GPA_OR(VM_EXIT_MSR_LOAD_ADDR, MSR_PAGE, EXIT_MSR_OFFSET) } },
	{ "ctl-exit-msr-load-addr", ENTERS, { SET(VM_EXIT_MSR_LOAD_ADDR, ~0ull) } },
	{ "ctl-exit-msr-load-last", BAD_CONTROLS,
	  { SET(VM_EXIT_MSR_LOAD_COUNT, PAGE_SIZE / 16 + 1),
	    SET_FN(VM_EXIT_MSR_LOAD_ADDR, highest_page, ~0ull) } },

	/* Entry controls. */
	{ "ctl-entry-reserved", BAD_CONTROLS,
	  { FLIP_FN(VM_ENTRY_CONTROLS, fixed_entry, -1u) } },
	{ "ctl-entry-smm", BAD_CONTROLS, { FLIP(VM_ENTRY_CONTROLS, VM_ENTRY_SMM) } },
	{ "ctl-entry-deactivate-dmt", BAD_CONTROLS,
	  { FLIP(VM_ENTRY_CONTROLS, VM_ENTRY_DEACT_DUAL_MONITOR) } },
	{ "ctl-entry-msr-load-addr", BAD_CONTROLS,
	  { GROUP(one_msr), FLIP(VM_ENTRY_MSR_LOAD_ADDR, 0xf) } },
	{ "ctl-entry-msr-load-addr", BAD_CONTROLS,
	  { GROUP(one_msr), FLIP_FN(VM_ENTRY_MSR_LOAD_ADDR, beyond_pa, ~0ull) } },
	{ "ctl-entry-msr-load-addr", ENTERS,
	  { GROUP(two_msrs), SET(VM_ENTRY_MSR_LOAD_COUNT, 1),
	    OR(VM_ENTRY_MSR_LOAD_ADDR, 0x10) } },
	{ "ctl-entry-msr-load-addr", ENTERS, { SET(VM_ENTRY_MSR_LOAD_ADDR, ~0ull) } },
	{ "ctl-entry-msr-load-last", BAD_CONTROLS,
	  { SET(VM_ENTRY_MSR_LOAD_COUNT, PAGE_SIZE / 16 + 1),
	    SET_FN(VM_ENTRY_MSR_LOAD_ADDR, highest_page, ~0ull) } },
	{ "ctl-entry-msr-load-last", BAD_MSR(1),
	  { SET(VM_ENTRY_MSR_LOAD_COUNT, PAGE_SIZE / 16),
	    SET_FN(VM_ENTRY_MSR_LOAD_ADDR, highest_page, ~0ull) } },
	{ "ctl-inj-type-reserved", BAD_CONTROLS, { INJECT(EVENT | EVENT_TYPE(1) | 0x20) } },
	{ "ctl-inj-type-reserved", ENTERS, { INJECT(EVENT_TYPE(1) | 0x20) } },
	{ "ctl-inj-type-other-mtf", BAD_CONTROLS, { NEED(no_mtf), INJECT(PENDING_MTF) } },
	{ "ctl-inj-type-other-mtf", ENTERS_ANY, { GROUP(mtf), INJECT(PENDING_MTF) } },
	{ "ctl-inj-nmi-vector", BAD_CONTROLS,
	  { INJECT(NMI), EACH(VM_ENTRY_INTR_INFO_FIELD, 0, 8, ~BIT_ULL(NMI_VECTOR)) } },
	{ "ctl-inj-nmi-vector", BAD_CONTROLS,
	  { INJECT(NMI), FLIP(VM_ENTRY_INTR_INFO_FIELD, 0xff) } },
	{ "ctl-inj-nmi-vector", ENTERS_ANY, { INJECT(NMI) } },
	{ "ctl-inj-hwexc-vector", BAD_CONTROLS,
	  { INJECT(HW_EXC(0)), EACH(VM_ENTRY_INTR_INFO_FIELD, 0, 8, HIGH_HALF) } },
	{ "ctl-inj-hwexc-vector", BAD_CONTROLS, { INJECT(HW_EXC(0xff)) } },
	{ "ctl-inj-hwexc-vector", ENTERS_ANY, { INJECT(HW_EXC(31)) } },
	{ "ctl-inj-other-vector", BAD_CONTROLS,
	  { GROUP(mtf), INJECT(PENDING_MTF), FLIP(VM_ENTRY_INTR_INFO_FIELD, 0xff) } },
	{ "ctl-inj-ec-needs-hwexc", BAD_CONTROLS,
	  { INJECT(EVENT | EVENT_EC | NMI_VECTOR), GROUP(one_byte), OR(GUEST_RFLAGS, X86_EFLAGS_IF),
	    EACH(VM_ENTRY_INTR_INFO_FIELD, 8, 3, 0x75) } },
	{ "ctl-inj-ec-needs-hwexc", ENTERS_ANY,
	  { INJECT(EVENT | NMI_VECTOR), GROUP(one_byte), OR(GUEST_RFLAGS, X86_EFLAGS_IF),
	    EACH(VM_ENTRY_INTR_INFO_FIELD, 8, 3, 0x75) } },
	{ "ctl-inj-ec-needs-pe", BAD_CONTROLS,
	  { GROUP(real_mode), INJECT(HW_EXC(GP_VECTOR) | EVENT_EC) } },
	{ "ctl-inj-ec-needs-pe", ENTERS_ANY, { GROUP(real_mode), INJECT(HW_EXC(GP_VECTOR)) } },
	{ "ctl-inj-ec-required", BAD_CONTROLS,
	  { NEED(error_code_required), INJECT(HW_EXC(0)),
	    EACH(VM_ENTRY_INTR_INFO_FIELD, 0, 8, 0x27d00) } },
	{ "ctl-inj-ec-required", ENTERS_ANY,
	  { INJECT(HW_EXC(0) | EVENT_EC), EACH(VM_ENTRY_INTR_INFO_FIELD, 0, 8, 0x27d00) } },
	{ "ctl-inj-ec-forbidden", BAD_CONTROLS,
	  { NEED(error_code_required), INJECT(HW_EXC(0) | EVENT_EC),
	    EACH(VM_ENTRY_INTR_INFO_FIELD, 0, 8, 0xd00fb) } },
	{ "ctl-inj-ec-forbidden", ENTERS_ANY,
	  { INJECT(HW_EXC(0)), EACH(VM_ENTRY_INTR_INFO_FIELD, 0, 8, 0xd00fb) } },
	{ "ctl-inj-rsvd", BAD_CONTROLS,
	  { INJECT(HW_EXC(UD_VECTOR)), FLIP(VM_ENTRY_INTR_INFO_FIELD, GENMASK(30, 12)) } },
	{ "ctl-inj-rsvd", ENTERS, { INJECT(GENMASK(30, 0)) } },
	{ "ctl-inj-ec-high", BAD_CONTROLS,
	  { INJECT(HW_EXC(GP_VECTOR) | EVENT_EC),
	    FLIP(VM_ENTRY_EXCEPTION_ERROR_CODE, GENMASK(31, 16)) } },
	{ "ctl-inj-ec-high", ENTERS_ANY,
	  { INJECT(HW_EXC(GP_VECTOR) | EVENT_EC), SET(VM_ENTRY_EXCEPTION_ERROR_CODE, 0x7fff) } },
	{ "ctl-inj-ec-high", ENTERS_ANY,
	  { INJECT(HW_EXC(UD_VECTOR)), SET(VM_ENTRY_EXCEPTION_ERROR_CODE, -1u) } },
	{ "ctl-inj-ilen-max", BAD_CONTROLS,
	  { INJECT(SOFT_INT), SET(VM_ENTRY_INSTRUCTION_LEN, 16) } },
	{ "ctl-inj-ilen-max", BAD_CONTROLS,
	  { INJECT(ICEBP), SET(VM_ENTRY_INSTRUCTION_LEN, 16) } },
	{ "ctl-inj-ilen-max", BAD_CONTROLS,
	  { INJECT(SOFT_EXC), SET(VM_ENTRY_INSTRUCTION_LEN, 15),
	    FLIP(VM_ENTRY_INSTRUCTION_LEN, GENMASK(31, 4)) } },
	{ "ctl-inj-ilen-max", ENTERS_ANY,
	  { INJECT(SOFT_INT), SET(VM_ENTRY_INSTRUCTION_LEN, 15) } },
	{ "ctl-inj-ilen-max", ENTERS_ANY,
	  { INJECT(ICEBP), SET(VM_ENTRY_INSTRUCTION_LEN, 15) } },
	{ "ctl-inj-ilen-max", ENTERS_ANY,
	  { INJECT(SOFT_EXC), SET(VM_ENTRY_INSTRUCTION_LEN, 15) } },
	{ "ctl-inj-ilen-zero", BAD_CONTROLS, { NEED(zero_length_forbidden), INJECT(SOFT_INT) } },
	{ "ctl-inj-ilen-zero", BAD_CONTROLS, { NEED(zero_length_forbidden), INJECT(ICEBP) } },
	{ "ctl-inj-ilen-zero", BAD_CONTROLS, { NEED(zero_length_forbidden), INJECT(SOFT_EXC) } },
	{ "ctl-inj-ilen-zero", ENTERS_ANY, { NEED(zero_length_allowed), INJECT(SOFT_INT) } },
	{ "ctl-inj-ilen-zero", ENTERS_ANY, { INJECT(SOFT_INT), GROUP(one_byte) } },

	/* Host state. */
	{ "host-cr0-fixed", BAD_HOST,
	  { FLIP_FN(HOST_CR0, fixed_cr0, ~(u64)(X86_CR0_CD | X86_CR0_NW)) } },
	{ "host-cr4-fixed", BAD_HOST, { FLIP_FN(HOST_CR4, fixed_cr4, ~0ull) } },
	{ "host-cr4-cet-wp", BAD_HOST,
	  { GROUP(host_cet), OR(HOST_CR4, X86_CR4_CET), CLEAR(HOST_CR0, X86_CR0_WP) } },
	{ "host-cr3-width", BAD_HOST, { FLIP_FN(HOST_CR3, beyond_pa, ~CR3_LAM) } },
	{ "host-cr3-lam", BAD_HOST, { NEED(no_lam), FLIP(HOST_CR3, CR3_LAM) } },
	CANONICAL_RULE("host-sysenter-esp", BAD_HOST, HOST_IA32_SYSENTER_ESP),
	LEGAL_CANONICAL("host-sysenter-esp", HOST_IA32_SYSENTER_ESP),
	CANONICAL_RULE("host-sysenter-eip", BAD_HOST, HOST_IA32_SYSENTER_EIP),
	LEGAL_CANONICAL("host-sysenter-eip", HOST_IA32_SYSENTER_EIP),
	{ "host-perf-global-ctrl", BAD_HOST,
	  { EXIT_CTL(VM_EXIT_LOAD_IA32_PERF_GLOBAL_CTRL),
	    FLIP(HOST_IA32_PERF_GLOBAL_CTRL, GENMASK_ULL(63, 49)) } },
	{ "host-perf-global-ctrl", ENTERS, { SET(HOST_IA32_PERF_GLOBAL_CTRL, ~0ull) } },
	{ "host-pat", BAD_HOST,
	  { EXIT_CTL(VM_EXIT_LOAD_IA32_PAT),
	    EACH(HOST_IA32_PAT, 0, 8, ~(u64)0xf3) } },
	{ "host-pat", BAD_HOST,
	  { EXIT_CTL(VM_EXIT_LOAD_IA32_PAT), FLIP(HOST_IA32_PAT, 0xf8f8f8f8f8f8f8f8) } },
	{ "host-pat", ENTERS,
	  { EXIT_CTL(VM_EXIT_LOAD_IA32_PAT), SET(HOST_IA32_PAT, 0x0001040506070006) } },
	{ "host-pat", ENTERS, { NO_EXIT_CTL(VM_EXIT_LOAD_IA32_PAT), SET(HOST_IA32_PAT, 2) } },
	{ "host-efer-rsvd", BAD_HOST,
	  { EXIT_CTL(VM_EXIT_LOAD_IA32_EFER),
	    FLIP(HOST_IA32_EFER, ~(u64)(EFER_SCE | EFER_LME | EFER_LMA | EFER_NX)) } },
	{ "host-efer-rsvd", ENTERS,
	  { EXIT_CTL(VM_EXIT_LOAD_IA32_EFER), FLIP(HOST_IA32_EFER, EFER_SCE) } },
	{ "host-efer-rsvd", ENTERS,
	  { NO_EXIT_CTL(VM_EXIT_LOAD_IA32_EFER), SET(HOST_IA32_EFER, ~0ull) } },
	{ "host-efer-lma", BAD_HOST,
	  { EXIT_CTL(VM_EXIT_LOAD_IA32_EFER), CLEAR(HOST_IA32_EFER, EFER_LMA) } },
	{ "host-efer-lme", BAD_HOST,
	  { EXIT_CTL(VM_EXIT_LOAD_IA32_EFER), CLEAR(HOST_IA32_EFER, EFER_LME) } },
	{ "host-s-cet-rsvd", BAD_HOST, { GROUP(host_cet), FLIP(HOST_S_CET, GENMASK(9, 6)) } },
	{ "host-s-cet-rsvd", ENTERS,
	  { GROUP(host_cet), NEED(ibt), FLIP(HOST_S_CET, S_CET_LEGACY_BITMAP) } },
	{ "host-s-cet-rsvd", ENTERS, { SET(HOST_S_CET, ~0ull) } },
	{ "host-s-cet-suppress-tracker", BAD_HOST,
	  { GROUP(host_cet), SET(HOST_S_CET, S_CET_SUPPRESS | S_CET_TRACKER) } },
	{ "host-s-cet-suppress-tracker", ENTERS,
	  { GROUP(host_cet), NEED(ibt), SET(HOST_S_CET, S_CET_SUPPRESS) } },
	{ "host-ssp-align", BAD_HOST, { GROUP(host_cet), FLIP(HOST_SSP, 3) } },
	{ "host-ssp-align", ENTERS, { GROUP(host_cet), FLIP(HOST_SSP, 4) } },
	CANONICAL_RULE("host-ssp-tbl-canonical", BAD_HOST, HOST_INTR_SSP_TABLE, GROUP(host_cet)),
	LEGAL_CANONICAL("host-ssp-tbl-canonical", HOST_INTR_SSP_TABLE, GROUP(host_cet)),
	CANONICAL_RULE("host-s-cet-canonical", BAD_HOST, HOST_S_CET, GROUP(host_cet), NEED(ibt)),
	CANONICAL_RULE("host-ssp-canonical", BAD_HOST, HOST_SSP, GROUP(host_cet)),
	LEGAL_CANONICAL("host-ssp-canonical", HOST_SSP, GROUP(host_cet)),
	SELECTOR_RULE("host-cs-rpl-ti", HOST_CS_SELECTOR),
	SELECTOR_RULE("host-ss-rpl-ti", HOST_SS_SELECTOR),
	SELECTOR_RULE("host-ds-rpl-ti", HOST_DS_SELECTOR),
	SELECTOR_RULE("host-es-rpl-ti", HOST_ES_SELECTOR),
	SELECTOR_RULE("host-fs-rpl-ti", HOST_FS_SELECTOR),
	SELECTOR_RULE("host-gs-rpl-ti", HOST_GS_SELECTOR),
	SELECTOR_RULE("host-tr-rpl-ti", HOST_TR_SELECTOR),
	{ "host-cs-nonnull", BAD_HOST, { SET(HOST_CS_SELECTOR, 0) } },
	{ "host-tr-nonnull", BAD_HOST, { SET(HOST_TR_SELECTOR, 0) } },
	CANONICAL_RULE("host-fs-base", BAD_HOST, HOST_FS_BASE),
	LEGAL_CANONICAL("host-fs-base", HOST_FS_BASE),
	CANONICAL_RULE("host-gs-base", BAD_HOST, HOST_GS_BASE),
	LEGAL_CANONICAL("host-gs-base", HOST_GS_BASE),
	CANONICAL_RULE("host-gdtr-base", BAD_HOST, HOST_GDTR_BASE),
	CANONICAL_RULE("host-idtr-base", BAD_HOST, HOST_IDTR_BASE),
	CANONICAL_RULE("host-tr-base", BAD_HOST, HOST_TR_BASE),
	{ "host-lma1-hass1", BAD_HOST, { NO_EXIT_CTL(VM_EXIT_HOST_ADDR_SPACE_SIZE) } },
	{ "host-hass1-pae", BAD_HOST, { CLEAR(HOST_CR4, X86_CR4_PAE) } },
	/* As wide as L1's own mode says, not as the CPU allows. */
	{ "host-hass1-rip-canonical", BAD_HOST, { FLIP(HOST_RIP, GENMASK_ULL(63, 47)) } },

	/* Guest control registers and MSRs. */
	{ "guest-cr0-fixed", BAD_GUEST,
	  { FLIP_FN(GUEST_CR0, fixed_cr0, ~(u64)(X86_CR0_CD | X86_CR0_NW)) } },
	{ "guest-cr0-fixed", BAD_GUEST, { GROUP(real_mode), CLEAR(GUEST_CR0, X86_CR0_NE) } },
	{ "guest-cr0-fixed", ENTERS, { FLIP(GUEST_CR0, X86_CR0_TS | X86_CR0_AM) } },
	{ "guest-cr0-fixed", ENTERS_ANY, { GROUP(real_mode) } },
	{ "guest-cr0-fixed", ENTERS_ANY, { GROUP(real_mode), OR(GUEST_CR0, X86_CR0_PE) } },
	{ "guest-cr0-pg-pe", BAD_GUEST, { GROUP(real_mode), OR(GUEST_CR0, X86_CR0_PG) } },
	{ "guest-cr0-pg-pe", BAD_GUEST, { CLEAR(GUEST_CR0, X86_CR0_PE) } },
	{ "guest-cr4-fixed", BAD_GUEST, { FLIP_FN(GUEST_CR4, fixed_cr4, ~0ull) } },
	{ "guest-cr4-fixed", ENTERS, { FLIP(GUEST_CR4, X86_CR4_TSD | X86_CR4_DE) } },
	{ "guest-cr4-cet-wp", BAD_GUEST,
	  { GROUP(guest_cet), OR(GUEST_CR4, X86_CR4_CET), CLEAR(GUEST_CR0, X86_CR0_WP) } },
	{ "guest-cr4-cet-wp", ENTERS,
	  { GROUP(guest_cet), OR(GUEST_CR4, X86_CR4_CET), OR(GUEST_CR0, X86_CR0_WP) } },
	{ "guest-ia32e-pg", BAD_GUEST, { GROUP(unrestricted), CLEAR(GUEST_CR0, X86_CR0_PG) } },
	{ "guest-ia32e-pae", BAD_GUEST, { CLEAR(GUEST_CR4, X86_CR4_PAE) } },
	{ "guest-pcide-ia32e", BAD_GUEST, { GROUP(paging32), OR(GUEST_CR4, X86_CR4_PCIDE) } },
	{ "guest-pcide-ia32e", BAD_GUEST, { GROUP(pae), OR(GUEST_CR4, X86_CR4_PCIDE) } },
	{ "guest-pcide-ia32e", ENTERS_ANY, { GROUP(paging32) } },
	{ "guest-pcide-ia32e", ENTERS_ANY, { GROUP(pae) } },
	{ "guest-cr3-width", BAD_GUEST, { FLIP_FN(GUEST_CR3, beyond_pa, ~CR3_LAM) } },
	{ "guest-cr3-lam", BAD_GUEST, { NEED(no_lam), FLIP(GUEST_CR3, CR3_LAM) } },
	{ "guest-debugctl-rsvd", BAD_GUEST,
	  { GROUP(load_debug), FLIP(GUEST_IA32_DEBUGCTL, GENMASK_ULL(63, 16) | GENMASK(5, 3)) } },
	{ "guest-debugctl-rsvd", ENTERS,
	  { GROUP(load_debug), SET(GUEST_IA32_DEBUGCTL, DEBUGCTL_BTF) } },
	{ "guest-debugctl-rsvd", ENTERS,
	  { NO_ENTRY_CTL(VM_ENTRY_LOAD_DEBUG_CONTROLS), SET(GUEST_IA32_DEBUGCTL, ~0ull) } },
	{ "guest-dr7-high", BAD_GUEST, { GROUP(load_debug), FLIP(GUEST_DR7, HIGH_HALF) } },
	{ "guest-dr7-high", ENTERS,
	  { NO_ENTRY_CTL(VM_ENTRY_LOAD_DEBUG_CONTROLS), SET(GUEST_DR7, ~0ull) } },
	CANONICAL_RULE("guest-sysenter-esp", BAD_GUEST, GUEST_SYSENTER_ESP),
	LEGAL_CANONICAL("guest-sysenter-esp", GUEST_SYSENTER_ESP),
	CANONICAL_RULE("guest-sysenter-eip", BAD_GUEST, GUEST_SYSENTER_EIP),
	LEGAL_CANONICAL("guest-sysenter-eip", GUEST_SYSENTER_EIP),
	{ "guest-perf-global-ctrl", BAD_GUEST,
	  { ENTRY_CTL(VM_ENTRY_LOAD_IA32_PERF_GLOBAL_CTRL),
	    FLIP(GUEST_IA32_PERF_GLOBAL_CTRL, GENMASK_ULL(63, 49)) } },
	{ "guest-perf-global-ctrl", ENTERS, { SET(GUEST_IA32_PERF_GLOBAL_CTRL, ~0ull) } },
	{ "guest-pat", BAD_GUEST,
	  { ENTRY_CTL(VM_ENTRY_LOAD_IA32_PAT), EACH(GUEST_IA32_PAT, 0, 8, ~(u64)0xf3) } },
	{ "guest-pat", BAD_GUEST,
	  { ENTRY_CTL(VM_ENTRY_LOAD_IA32_PAT), FLIP(GUEST_IA32_PAT, 0xf8f8f8f8f8f8f8f8) } },
	{ "guest-pat", ENTERS,
	  { ENTRY_CTL(VM_ENTRY_LOAD_IA32_PAT), SET(GUEST_IA32_PAT, 0x0001040506070006) } },
	{ "guest-pat", ENTERS, { NO_ENTRY_CTL(VM_ENTRY_LOAD_IA32_PAT), SET(GUEST_IA32_PAT, 2) } },
	{ "guest-efer-rsvd", BAD_GUEST,
	  { ENTRY_CTL(VM_ENTRY_LOAD_IA32_EFER),
	    FLIP(GUEST_IA32_EFER, ~(u64)(EFER_SCE | EFER_LME | EFER_LMA | EFER_NX)) } },
	{ "guest-efer-rsvd", ENTERS,
	  { ENTRY_CTL(VM_ENTRY_LOAD_IA32_EFER), FLIP(GUEST_IA32_EFER, EFER_SCE) } },
	{ "guest-efer-rsvd", ENTERS,
	  { NO_ENTRY_CTL(VM_ENTRY_LOAD_IA32_EFER), SET(GUEST_IA32_EFER, ~0ull) } },
	{ "guest-efer-lma", BAD_GUEST,
	  { ENTRY_CTL(VM_ENTRY_LOAD_IA32_EFER), CLEAR(GUEST_IA32_EFER, EFER_LMA) } },
	{ "guest-efer-lma", BAD_GUEST,
	  { ENTRY_CTL(VM_ENTRY_LOAD_IA32_EFER), GROUP(pae), OR(GUEST_IA32_EFER, EFER_LMA) } },
	{ "guest-efer-lme", BAD_GUEST,
	  { ENTRY_CTL(VM_ENTRY_LOAD_IA32_EFER), CLEAR(GUEST_IA32_EFER, EFER_LME) } },
	{ "guest-efer-lme", BAD_GUEST,
	  { ENTRY_CTL(VM_ENTRY_LOAD_IA32_EFER), GROUP(pae), OR(GUEST_IA32_EFER, EFER_LME) } },
	{ "guest-efer-lme", ENTERS_ANY,
	  { ENTRY_CTL(VM_ENTRY_LOAD_IA32_EFER), GROUP(real_mode), OR(GUEST_IA32_EFER, EFER_LME) } },
	{ "guest-bndcfgs-rsvd", BAD_GUEST,
	  { ENTRY_CTL(VM_ENTRY_LOAD_BNDCFGS), FLIP(GUEST_BNDCFGS, GENMASK(11, 2)) } },
	{ "guest-bndcfgs-rsvd", ENTERS,
	  { ENTRY_CTL(VM_ENTRY_LOAD_BNDCFGS), FLIP(GUEST_BNDCFGS, BIT(1) | BIT(12)) } },
	CANONICAL_RULE("guest-bndcfgs-canonical", BAD_GUEST, GUEST_BNDCFGS,
		       ENTRY_CTL(VM_ENTRY_LOAD_BNDCFGS)),
	LEGAL_CANONICAL("guest-bndcfgs-canonical", GUEST_BNDCFGS,
			ENTRY_CTL(VM_ENTRY_LOAD_BNDCFGS)),
	{ "guest-s-cet-rsvd", BAD_GUEST, { GROUP(guest_cet), FLIP(GUEST_S_CET, GENMASK(9, 6)) } },
	{ "guest-s-cet-rsvd", ENTERS,
	  { GROUP(guest_cet), NEED(ibt), FLIP(GUEST_S_CET, S_CET_LEGACY_BITMAP) } },
	{ "guest-s-cet-rsvd", ENTERS, { SET(GUEST_S_CET, ~0ull) } },
	{ "guest-s-cet-suppress-tracker", BAD_GUEST,
	  { GROUP(guest_cet), SET(GUEST_S_CET, S_CET_SUPPRESS | S_CET_TRACKER) } },
	{ "guest-s-cet-suppress-tracker", ENTERS,
	  { GROUP(guest_cet), NEED(ibt), SET(GUEST_S_CET, S_CET_SUPPRESS) } },
	CANONICAL_RULE("guest-s-cet-canonical", BAD_GUEST, GUEST_S_CET, GROUP(guest_cet),
		       NEED(ibt)),
	CANONICAL_RULE("guest-ssp-tbl-canonical", BAD_GUEST, GUEST_INTR_SSP_TABLE,
		       GROUP(guest_cet)),
	LEGAL_CANONICAL("guest-ssp-tbl-canonical", GUEST_INTR_SSP_TABLE, GROUP(guest_cet)),

	/* Guest segments. */
	{ "guest-tr-ti", BAD_GUEST, { FLIP(GUEST_TR_SELECTOR, 4) } },
	{ "guest-tr-ti", ENTERS, { FLIP(GUEST_TR_SELECTOR, 0xfffb) } },
	{ "guest-ldtr-ti", BAD_GUEST, { GROUP(ldt), FLIP(GUEST_LDTR_SELECTOR, 4) } },
	{ "guest-ldtr-ti", ENTERS, { GROUP(ldt), FLIP(GUEST_LDTR_SELECTOR, 0xfffb) } },
	{ "guest-ldtr-ti", ENTERS, { FLIP(GUEST_LDTR_SELECTOR, 4) } },
	{ "guest-ss-rpl-eq-cs-rpl", BAD_GUEST,
	  { GROUP(ring3), CLEAR(GUEST_CS_SELECTOR, 3) } },
	{ "guest-ss-rpl-eq-cs-rpl", BAD_GUEST, { FLIP(GUEST_CS_SELECTOR, 3) } },
	{ "guest-ss-rpl-eq-cs-rpl", ENTERS_ANY, { GROUP(ring3) } },
	V86_RULES(GUEST_ES), V86_RULES(GUEST_CS), V86_RULES(GUEST_SS),
	V86_RULES(GUEST_DS), V86_RULES(GUEST_FS), V86_RULES(GUEST_GS),
	{ "guest-v86-base", ENTERS_ANY, { GROUP(v86) } },
	{ "guest-v86-limit", ENTERS_ANY, { GROUP(v86) } },
	{ "guest-v86-ar", ENTERS_ANY, { GROUP(v86) } },
	CANONICAL_RULE("guest-tr-base", BAD_GUEST, GUEST_TR_BASE),
	LEGAL_CANONICAL("guest-tr-base", GUEST_TR_BASE),
	CANONICAL_RULE("guest-fs-base", BAD_GUEST, GUEST_FS_BASE),
	LEGAL_CANONICAL("guest-fs-base", GUEST_FS_BASE),
	CANONICAL_RULE("guest-gs-base", BAD_GUEST, GUEST_GS_BASE),
	LEGAL_CANONICAL("guest-gs-base", GUEST_GS_BASE),
	CANONICAL_RULE("guest-ldtr-base", BAD_GUEST, GUEST_LDTR_BASE, GROUP(ldt)),
	LEGAL_CANONICAL("guest-ldtr-base", GUEST_LDTR_BASE, GROUP(ldt)),
	{ "guest-cs-base-high", BAD_GUEST, { FLIP(GUEST_CS_BASE, HIGH_HALF) } },
	{ "guest-cs-base-high", ENTERS, { OR(GUEST_CS_BASE, BIT(31)) } },
	{ "guest-ss-base-high", BAD_GUEST, { GROUP(pae), FLIP(GUEST_SS_BASE, HIGH_HALF) } },
	{ "guest-ss-base-high", ENTERS, { OR(GUEST_SS_BASE, BIT(31)) } },
	{ "guest-ss-base-high", ENTERS,
	  { SET(GUEST_SS_AR_BYTES, AR_UNUSABLE), OR(GUEST_SS_BASE, BIT_ULL(32)) } },
	BASE_HIGH_RULE("guest-ds-base-high", GUEST_DS),
	BASE_HIGH_RULE("guest-es-base-high", GUEST_ES),
	{ "guest-cs-type", BAD_GUEST, { EACH(GUEST_CS_AR_BYTES, 0, 4, 0x55ff) } },
	{ "guest-cs-type", BAD_GUEST,
	  { GROUP(unrestricted), EACH(GUEST_CS_AR_BYTES, 0, 4, 0x55f7) } },
	{ "guest-cs-type", ENTERS, { EACH(GUEST_CS_AR_BYTES, 0, 4, 0xaa00) } },
	{ "guest-cs-type", ENTERS_ANY,
	  { GROUP(real_mode), EACH(GUEST_CS_AR_BYTES, 0, 4, BIT(3)) } },
	{ "guest-cs-s", BAD_GUEST, { FLIP(GUEST_CS_AR_BYTES, AR_S) } },
	{ "guest-cs-dpl-type3", BAD_GUEST,
	  { GROUP(real_mode), EACH(GUEST_CS_AR_BYTES, 0, 4, BIT(3)),
	    OR(GUEST_CS_AR_BYTES, AR_DPL) } },
	{ "guest-cs-dpl-type3", ENTERS_ANY,
	  { GROUP(real_mode), EACH(GUEST_CS_AR_BYTES, 0, 4, BIT(3)) } },
	{ "guest-cs-dpl-nonconforming", BAD_GUEST, { EACH(GUEST_CS_AR_BYTES, 5, 2, 0xe) } },
	{ "guest-cs-dpl-nonconforming", BAD_GUEST,
	  { GROUP(ring3), EACH(GUEST_CS_AR_BYTES, 5, 2, 0x7) } },
	{ "guest-cs-dpl-nonconforming", BAD_GUEST,
	  { SET(GUEST_CS_AR_BYTES, AR_CODE64 | 9), EACH(GUEST_CS_AR_BYTES, 5, 2, 0xe) } },
	{ "guest-cs-dpl-nonconforming", ENTERS_ANY, { GROUP(ring3) } },
	{ "guest-cs-dpl-conforming", BAD_GUEST,
	  { SET(GUEST_CS_AR_BYTES, AR_CODE64 | 0xd), EACH(GUEST_CS_AR_BYTES, 5, 2, 0xe) } },
	{ "guest-cs-dpl-conforming", BAD_GUEST,
	  { SET(GUEST_CS_AR_BYTES, AR_CODE64 | 0xf), EACH(GUEST_CS_AR_BYTES, 5, 2, 0xe) } },
	{ "guest-cs-dpl-conforming", ENTERS_ANY,
	  { GROUP(ring3), SET(GUEST_CS_AR_BYTES, AR_CODE64 | 0xf),
	    EACH(GUEST_CS_AR_BYTES, 5, 2, 0xf) } },
	{ "guest-cs-p", BAD_GUEST, { FLIP(GUEST_CS_AR_BYTES, AR_P) } },
	{ "guest-cs-db-l", BAD_GUEST, { FLIP(GUEST_CS_AR_BYTES, AR_DB) } },
	{ "guest-cs-db-l", ENTERS, { FLIP(GUEST_CS_AR_BYTES, AR_L) } },
	{ "guest-cs-db-l", ENTERS, { SET(GUEST_CS_AR_BYTES, AR_FLAT | 0xb) } },
	{ "guest-cs-db-l", ENTERS_ANY, { GROUP(pae), OR(GUEST_CS_AR_BYTES, AR_L) } },
	{ "guest-cs-g", BAD_GUEST, { FLIP(GUEST_CS_LIMIT, 0xfff) } },
	{ "guest-cs-g", BAD_GUEST,
	  { CLEAR(GUEST_CS_AR_BYTES, AR_G), SET(GUEST_CS_LIMIT, 0xfffff),
	    FLIP(GUEST_CS_LIMIT, 0xfff00000) } },
	{ "guest-cs-g", ENTERS, { SET(GUEST_CS_LIMIT, 0xfff) } },
	{ "guest-cs-g", ENTERS,
	  { CLEAR(GUEST_CS_AR_BYTES, AR_G), SET(GUEST_CS_LIMIT, 0xffffe) } },
	{ "guest-cs-ar-rsvd", BAD_GUEST, { FLIP(GUEST_CS_AR_BYTES, AR_RESERVED) } },
	{ "guest-cs-ar-rsvd", ENTERS, { FLIP(GUEST_CS_AR_BYTES, AR_AVL) } },
	{ "guest-cs-unusable-allowed", ENTERS, { OR(GUEST_CS_AR_BYTES, AR_UNUSABLE) } },
	{ "guest-ss-type", BAD_GUEST, { GROUP(pae), EACH(GUEST_SS_AR_BYTES, 0, 4, 0xff77) } },
	{ "guest-ss-type", ENTERS, { EACH(GUEST_SS_AR_BYTES, 0, 4, 0x88) } },
	{ "guest-ss-type", ENTERS_ANY, { GROUP(pae), EACH(GUEST_SS_AR_BYTES, 0, 4, 0x88) } },
	{ "guest-ss-type", ENTERS,
	  { OR(GUEST_SS_AR_BYTES, AR_UNUSABLE), EACH(GUEST_SS_AR_BYTES, 0, 4, 0xff77) } },
	{ "guest-ss-s", BAD_GUEST, { GROUP(pae), FLIP(GUEST_SS_AR_BYTES, AR_S) } },
	{ "guest-ss-s", ENTERS,
	  { OR(GUEST_SS_AR_BYTES, AR_UNUSABLE), FLIP(GUEST_SS_AR_BYTES, AR_S) } },
	{ "guest-ss-dpl-eq-rpl", BAD_GUEST, { EACH(GUEST_SS_AR_BYTES, 5, 2, 0xe) } },
	{ "guest-ss-dpl-eq-rpl", BAD_GUEST,
	  { SET(GUEST_CS_AR_BYTES, AR_CODE64 | 0xf), OR(GUEST_CS_SELECTOR, 3),
	    OR(GUEST_SS_SELECTOR, 3), EACH(GUEST_SS_AR_BYTES, 5, 2, 0x7) } },
	{ "guest-ss-dpl-eq-rpl", ENTERS_ANY,
	  { GROUP(unrestricted), OR(GUEST_SS_SELECTOR, 3) } },
	{ "guest-ss-dpl-zero", BAD_GUEST,
	  { GROUP(real_mode), OR(GUEST_CS_AR_BYTES, AR_DPL), OR(GUEST_SS_AR_BYTES, AR_DPL) } },
	{ "guest-ss-dpl-zero", BAD_GUEST,
	  { GROUP(real_mode), OR(GUEST_CR0, X86_CR0_PE), SET(GUEST_CS_AR_BYTES, AR_FLAT | 3),
	    EACH(GUEST_SS_AR_BYTES, 5, 2, 0xe) } },
	{ "guest-ss-dpl-zero", ENTERS_ANY,
	  { GROUP(real_mode), OR(GUEST_CR0, X86_CR0_PE), SET(GUEST_CS_AR_BYTES, AR_FLAT | 3) } },
	{ "guest-ss-p", BAD_GUEST, { GROUP(pae), FLIP(GUEST_SS_AR_BYTES, AR_P) } },
	{ "guest-ss-p", ENTERS,
	  { OR(GUEST_SS_AR_BYTES, AR_UNUSABLE), FLIP(GUEST_SS_AR_BYTES, AR_P) } },
	{ "guest-ss-g", BAD_GUEST, { GROUP(pae), FLIP(GUEST_SS_LIMIT, 0xfff) } },
	{ "guest-ss-g", BAD_GUEST,
	  { GROUP(pae), CLEAR(GUEST_SS_AR_BYTES, AR_G), SET(GUEST_SS_LIMIT, 0xfffff),
	    FLIP(GUEST_SS_LIMIT, 0xfff00000) } },
	{ "guest-ss-g", ENTERS, { SET(GUEST_SS_LIMIT, 0xfff) } },
	{ "guest-ss-ar-rsvd", BAD_GUEST, { GROUP(pae), FLIP(GUEST_SS_AR_BYTES, AR_RESERVED) } },
	{ "guest-ss-ar-rsvd", ENTERS, { FLIP(GUEST_SS_AR_BYTES, AR_AVL) } },
	DATA_SEGMENT_RULES(GUEST_DS), DATA_SEGMENT_RULES(GUEST_ES),
	DATA_SEGMENT_RULES(GUEST_FS), DATA_SEGMENT_RULES(GUEST_GS),
	{ "guest-tr-type", BAD_GUEST, { EACH(GUEST_TR_AR_BYTES, 0, 4, 0xf7ff) } },
	{ "guest-tr-type", BAD_GUEST, { GROUP(pae), EACH(GUEST_TR_AR_BYTES, 0, 4, 0xf7f7) } },
	{ "guest-tr-type", ENTERS_ANY, { GROUP(pae), EACH(GUEST_TR_AR_BYTES, 0, 4, 0x808) } },
	{ "guest-tr-s", BAD_GUEST, { FLIP(GUEST_TR_AR_BYTES, AR_S) } },
	{ "guest-tr-p", BAD_GUEST, { FLIP(GUEST_TR_AR_BYTES, AR_P) } },
	{ "guest-tr-g", BAD_GUEST,
	  { OR(GUEST_TR_AR_BYTES, AR_G), SET(GUEST_TR_LIMIT, 0xfff),
	    FLIP(GUEST_TR_LIMIT, 0xfff) } },
	{ "guest-tr-g", BAD_GUEST, { FLIP(GUEST_TR_LIMIT, 0xfff00000) } },
	{ "guest-tr-g", ENTERS, { OR(GUEST_TR_AR_BYTES, AR_G), SET(GUEST_TR_LIMIT, 0xfff) } },
	{ "guest-tr-g", ENTERS, { SET(GUEST_TR_LIMIT, 0xfffff) } },
	{ "guest-tr-usable", BAD_GUEST, { FLIP(GUEST_TR_AR_BYTES, AR_UNUSABLE) } },
	{ "guest-tr-ar-rsvd", BAD_GUEST, { FLIP(GUEST_TR_AR_BYTES, AR_RESERVED) } },
	{ "guest-tr-ar-rsvd", ENTERS, { FLIP(GUEST_TR_AR_BYTES, AR_AVL) } },
	{ "guest-ldtr-type", BAD_GUEST, { GROUP(ldt), EACH(GUEST_LDTR_AR_BYTES, 0, 4, 0xfffb) } },
	{ "guest-ldtr-type", ENTERS, { GROUP(ldt) } },
	{ "guest-ldtr-s", BAD_GUEST, { GROUP(ldt), FLIP(GUEST_LDTR_AR_BYTES, AR_S) } },
	{ "guest-ldtr-p", BAD_GUEST, { GROUP(ldt), FLIP(GUEST_LDTR_AR_BYTES, AR_P) } },
	{ "guest-ldtr-g", BAD_GUEST,
	  { GROUP(ldt), OR(GUEST_LDTR_AR_BYTES, AR_G), FLIP(GUEST_LDTR_LIMIT, 0xfff) } },
	{ "guest-ldtr-g", BAD_GUEST, { GROUP(ldt), FLIP(GUEST_LDTR_LIMIT, 0xfff00000) } },
	{ "guest-ldtr-g", ENTERS, { GROUP(ldt), OR(GUEST_LDTR_AR_BYTES, AR_G) } },
	{ "guest-ldtr-g", ENTERS, { GROUP(ldt), SET(GUEST_LDTR_LIMIT, 0xfffff) } },
	{ "guest-ldtr-ar-rsvd", BAD_GUEST,
	  { GROUP(ldt), FLIP(GUEST_LDTR_AR_BYTES, AR_RESERVED) } },
	{ "guest-ldtr-ar-rsvd", ENTERS, { GROUP(ldt), FLIP(GUEST_LDTR_AR_BYTES, AR_AVL) } },

	/* Guest descriptor tables. */
	CANONICAL_RULE("guest-gdtr-base", BAD_GUEST, GUEST_GDTR_BASE),
	LEGAL_CANONICAL("guest-gdtr-base", GUEST_GDTR_BASE),
	{ "guest-gdtr-limit", BAD_GUEST, { FLIP(GUEST_GDTR_LIMIT, 0xffff0000) } },
	{ "guest-gdtr-limit", ENTERS, { SET(GUEST_GDTR_LIMIT, 0xffff) } },
	CANONICAL_RULE("guest-idtr-base", BAD_GUEST, GUEST_IDTR_BASE),
	LEGAL_CANONICAL("guest-idtr-base", GUEST_IDTR_BASE),
	{ "guest-idtr-limit", BAD_GUEST, { FLIP(GUEST_IDTR_LIMIT, 0xffff0000) } },
	{ "guest-idtr-limit", ENTERS,
	  { SET(GUEST_IDTR_LIMIT, 0xffff), SET(GUEST_IDTR_BASE, 0) } },

	/* Guest RIP, SSP and RFLAGS. */
	{ "guest-rip-high", BAD_GUEST, { GROUP(pae), FLIP(GUEST_RIP, HIGH_HALF) } },
	{ "guest-rip-high", BAD_GUEST,
	  { CLEAR(GUEST_CS_AR_BYTES, AR_L), FLIP(GUEST_RIP, HIGH_HALF) } },
	{ "guest-rip-high", ENTERS_ANY, { GROUP(pae), OR(GUEST_RIP, BIT(31)) } },
	{ "guest-rip-linear", BAD_GUEST, { FLIP_FN(GUEST_RIP, beyond_la, ~0ull) } },
	/* Not canonical, which is up to the fetch. */
	{ "guest-rip-linear", ENTERS_ANY, { OR_FN(GUEST_RIP, noncanonical, BIT_ULL(47)) } },
	{ "guest-rip-linear", ENTERS_ANY, { SET_FN(GUEST_RIP, beyond_la, ~0ull) } },
	{ "guest-ssp-align", BAD_GUEST, { GROUP(guest_cet), FLIP(GUEST_SSP, 3) } },
	{ "guest-ssp-align", ENTERS, { GROUP(guest_cet), FLIP(GUEST_SSP, 4) } },
	{ "guest-ssp-linear", BAD_GUEST,
	  { GROUP(guest_cet), FLIP_FN(GUEST_SSP, beyond_la, ~0ull) } },
	{ "guest-ssp-linear", ENTERS,
	  { GROUP(guest_cet), SET_FN(GUEST_SSP, beyond_la, ~0ull) } },
	{ "guest-rflags-rsvd0", BAD_GUEST,
	  { FLIP(GUEST_RFLAGS, GENMASK_ULL(63, 22) | BIT(15) | BIT(5) | BIT(3)) } },
	{ "guest-rflags-rsvd0", ENTERS,
	  { FLIP(GUEST_RFLAGS, BIT(21) | BIT(14) | BIT(6) | BIT(4)) } },
	{ "guest-rflags-bit1", BAD_GUEST, { BAD_RFLAGS } },
	{ "guest-rflags-vm-ia32e", BAD_GUEST, { OR(GUEST_RFLAGS, X86_EFLAGS_VM) } },
	{ "guest-rflags-vm-ia32e", BAD_GUEST, { GROUP(v86_segments) } },
	{ "guest-rflags-vm-pe", BAD_GUEST, { GROUP(real_mode), GROUP(v86_segments) } },
	{ "guest-rflags-vm-pe", ENTERS_ANY,
	  { GROUP(unrestricted), GROUP(v86) } },
	{ "guest-rflags-if-extint", BAD_GUEST, { INJECT(EXT_INT) } },
	{ "guest-rflags-if-extint", ENTERS_ANY,
	  { INJECT(EXT_INT), OR(GUEST_RFLAGS, X86_EFLAGS_IF) } },

	/* Guest activity. */
	{ "guest-inactive-defers-hw", BAD_GUEST, { GROUP(hlt), BAD_RFLAGS } },
	{ "guest-inactive-defers-hw", BAD_GUEST, { GROUP(hlt), FLIP(GUEST_TR_AR_BYTES, AR_P) } },
	{ "guest-inactive-defers-hw", BAD_GUEST, { GROUP(hlt), FLIP(GUEST_IDTR_LIMIT, BIT(16)) } },
	{ "guest-inactive-defers-hw", BAD_CONTROLS,
	  { GROUP(hlt), GROUP(tpr_shadow), SET(TPR_THRESHOLD, 1) } },
	{ "guest-inactive-defers-hw", FAILS(EXIT_REASON_INVALID_STATE, 2),
	  { GROUP(hlt), GROUP(ept), GROUP(pae), SET(GUEST_PDPTR0, PDPTE_P | BIT(1)) } },
	{ "guest-inactive-defers-hw", BAD_GUEST, { GROUP(wait_for_sipi), BAD_RFLAGS } },
	{ "guest-inactive-defers-hw", BAD_GUEST,
	  { GROUP(wait_for_sipi), FLIP(GUEST_TR_AR_BYTES, AR_P) } },
	{ "guest-inactive-defers-hw", BAD_CONTROLS,
	  { GROUP(wait_for_sipi), GROUP(tpr_shadow), SET(TPR_THRESHOLD, 1) } },
	{ "guest-inactive-defers-hw", SLEEPS, { GROUP(hlt) } },
	{ "guest-activity-range", BAD_GUEST, { EACH(GUEST_ACTIVITY_STATE, 0, 4, 0xfff0) } },
	{ "guest-activity-range", BAD_GUEST, { FLIP(GUEST_ACTIVITY_STATE, GENMASK(31, 2)) } },
	{ "guest-activity-supported", BAD_GUEST,
	  { NEED(no_activity_hlt), SET(GUEST_ACTIVITY_STATE, HLT) } },
	{ "guest-activity-supported", BAD_GUEST,
	  { NEED(no_activity_shutdown), SET(GUEST_ACTIVITY_STATE, SHUTDOWN) } },
	{ "guest-activity-supported", BAD_GUEST,
	  { NEED(no_activity_wait_for_sipi), SET(GUEST_ACTIVITY_STATE, WAIT_FOR_SIPI) } },
	{ "guest-activity-supported", BAD_GUEST,
	  { NEED(no_activity_hlt), SET(GUEST_ACTIVITY_STATE, HLT) }, .clear_misc = BIT(6) },
	{ "guest-activity-supported", BAD_GUEST,
	  { NEED(no_activity_wait_for_sipi), SET(GUEST_ACTIVITY_STATE, WAIT_FOR_SIPI) },
	  .clear_misc = BIT(8) },
	{ "guest-activity-not-stale", SLEEPS, { GROUP(hlt) } },
	{ "guest-activity-not-stale", ENTERS },
	{ "guest-activity-not-stale", SLEEPS, { GROUP(wait_for_sipi) } },
	{ "guest-activity-not-stale", ENTERS },
	{ "guest-activity-not-stale", ENTERS_ANY, { GROUP(hlt), GROUP(timer) } },
	{ "guest-activity-not-stale", ENTERS },
	{ "guest-hlt-ss-dpl", BAD_GUEST, { GROUP(hlt), GROUP(ring3) } },
	{ "guest-hlt-ss-dpl", BAD_GUEST, { GROUP(hlt), GROUP(timer), GROUP(ring3) } },
	{ "guest-hlt-ss-dpl", ENTERS_ANY, { GROUP(hlt), GROUP(timer) } },
	{ "guest-inactive-vs-blocking", BAD_GUEST,
	  { GROUP(hlt), OR(GUEST_RFLAGS, X86_EFLAGS_IF),
	    FLIP(GUEST_INTERRUPTIBILITY_INFO, BLOCKED_BY_STI | BLOCKED_BY_MOV_SS) } },
	{ "guest-inactive-vs-blocking", BAD_GUEST,
	  { GROUP(wait_for_sipi), OR(GUEST_RFLAGS, X86_EFLAGS_IF),
	    FLIP(GUEST_INTERRUPTIBILITY_INFO, BLOCKED_BY_STI | BLOCKED_BY_MOV_SS) } },
	{ "guest-inactive-vs-blocking", ENTERS_ANY,
	  { GROUP(hlt), GROUP(timer), OR(GUEST_RFLAGS, X86_EFLAGS_IF),
	    FLIP(GUEST_INTERRUPTIBILITY_INFO, BLOCKED_BY_NMI) } },
	{ "guest-hlt-inject", BAD_GUEST,
	  { GROUP(hlt), INJECT(HW_EXC(0)),
	    EACH(VM_ENTRY_INTR_INFO_FIELD, 0, 8, 0x900f9) } },
	{ "guest-hlt-inject", BAD_GUEST, { GROUP(hlt), INJECT(HW_EXC(GP_VECTOR) | EVENT_EC) } },
	{ "guest-hlt-inject", BAD_GUEST, { GROUP(hlt), INJECT(SOFT_INT), GROUP(one_byte) } },
	{ "guest-hlt-inject", BAD_GUEST, { GROUP(hlt), INJECT(ICEBP), GROUP(one_byte) } },
	{ "guest-hlt-inject", BAD_GUEST, { GROUP(hlt), INJECT(SOFT_EXC), GROUP(one_byte) } },
	{ "guest-hlt-inject", ENTERS_ANY,
	  { GROUP(hlt), INJECT(EXT_INT), OR(GUEST_RFLAGS, X86_EFLAGS_IF) } },
	{ "guest-hlt-inject", ENTERS_ANY, { GROUP(hlt), INJECT(NMI) } },
	{ "guest-hlt-inject", ENTERS_ANY, { GROUP(hlt), INJECT(HW_EXC(DB_VECTOR)) } },
	{ "guest-hlt-inject", ENTERS_ANY, { GROUP(hlt), INJECT(HW_EXC(MC_VECTOR)) } },
	{ "guest-hlt-inject", ENTERS_ANY, { GROUP(hlt), GROUP(mtf), INJECT(PENDING_MTF) } },
	{ "guest-shutdown-inject", BAD_GUEST,
	  { GROUP(shutdown_state), INJECT(HW_EXC(0)),
	    EACH(VM_ENTRY_INTR_INFO_FIELD, 0, 8, 0x900fb) } },
	{ "guest-shutdown-inject", ENTERS_ANY, { GROUP(shutdown_state), INJECT(NMI) } },
	{ "guest-wfs-inject", BAD_GUEST, { GROUP(wait_for_sipi), INJECT(NMI) } },
	{ "guest-wfs-inject", BAD_GUEST,
	  { GROUP(wait_for_sipi), INJECT(EXT_INT), OR(GUEST_RFLAGS, X86_EFLAGS_IF) } },
	{ "guest-wfs-inject", BAD_GUEST, { GROUP(wait_for_sipi), INJECT(HW_EXC(MC_VECTOR)) } },
	{ "guest-wfs-inject", BAD_GUEST,
	  { GROUP(wait_for_sipi), INJECT(SOFT_INT), GROUP(one_byte) } },
	{ "guest-wfs-inject", BAD_GUEST,
	  { GROUP(wait_for_sipi), GROUP(mtf), INJECT(PENDING_MTF) } },
	{ "guest-wfs-inject", SLEEPS, { GROUP(wait_for_sipi) } },

	/* Guest interruptibility. */
	{ "guest-intr-rsvd", BAD_GUEST,
	  { FLIP(GUEST_INTERRUPTIBILITY_INFO, GENMASK(31, 5)) } },
	{ "guest-intr-sti-movss", BAD_GUEST,
	  { OR(GUEST_RFLAGS, X86_EFLAGS_IF),
	    SET(GUEST_INTERRUPTIBILITY_INFO, BLOCKED_BY_STI | BLOCKED_BY_MOV_SS) } },
	{ "guest-intr-sti-movss", ENTERS,
	  { OR(GUEST_RFLAGS, X86_EFLAGS_IF),
	    FLIP(GUEST_INTERRUPTIBILITY_INFO, BLOCKED_BY_STI | BLOCKED_BY_MOV_SS) } },
	{ "guest-intr-sti-if", BAD_GUEST, { SET(GUEST_INTERRUPTIBILITY_INFO, BLOCKED_BY_STI) } },
	{ "guest-intr-sti-if", ENTERS,
	  { OR(GUEST_RFLAGS, X86_EFLAGS_IF), SET(GUEST_INTERRUPTIBILITY_INFO, BLOCKED_BY_STI) } },
	{ "guest-intr-extint", BAD_GUEST,
	  { INJECT(EXT_INT), OR(GUEST_RFLAGS, X86_EFLAGS_IF),
	    FLIP(GUEST_INTERRUPTIBILITY_INFO, BLOCKED_BY_STI | BLOCKED_BY_MOV_SS) } },
	{ "guest-intr-extint", ENTERS_ANY,
	  { INJECT(EXT_INT), OR(GUEST_RFLAGS, X86_EFLAGS_IF),
	    FLIP(GUEST_INTERRUPTIBILITY_INFO, BLOCKED_BY_NMI) } },
	{ "guest-intr-nmi-movss", BAD_GUEST,
	  { INJECT(NMI), SET(GUEST_INTERRUPTIBILITY_INFO, BLOCKED_BY_MOV_SS) } },
	{ "guest-intr-nmi-sti", { ENTERED_OR_FAILED_EXIT },
	  { INJECT(NMI), OR(GUEST_RFLAGS, X86_EFLAGS_IF),
	    SET(GUEST_INTERRUPTIBILITY_INFO, BLOCKED_BY_STI) } },
	{ "guest-intr-nmi-vnmi", BAD_GUEST,
	  { GROUP(virtual_nmis), INJECT(NMI),
	    SET(GUEST_INTERRUPTIBILITY_INFO, BLOCKED_BY_NMI) } },
	{ "guest-intr-nmi-vnmi", ENTERS_ANY, { GROUP(virtual_nmis), INJECT(NMI) } },
	{ "guest-intr-nmi-vnmi", ENTERS_ANY,
	  { PIN(PIN_BASED_NMI_EXITING), INJECT(NMI),
	    SET(GUEST_INTERRUPTIBILITY_INFO, BLOCKED_BY_NMI) } },
	{ "guest-intr-smi", BAD_GUEST, { SET(GUEST_INTERRUPTIBILITY_INFO, BLOCKED_BY_SMI) } },
	{ "guest-intr-enclave-movss", BAD_GUEST,
	  { SET(GUEST_INTERRUPTIBILITY_INFO, ENCLAVE_INTERRUPTION | BLOCKED_BY_MOV_SS) } },
	{ "guest-intr-enclave-sgx", BAD_GUEST,
	  { NEED(no_sgx), SET(GUEST_INTERRUPTIBILITY_INFO, ENCLAVE_INTERRUPTION) } },

	/* Guest pending debug exceptions. */
	{ "guest-dbg-rsvd", BAD_GUEST,
	  { FLIP(GUEST_PENDING_DBG_EXCEPTIONS,
		 GENMASK_ULL(63, 17) | BIT(15) | BIT(13) | GENMASK(10, 4)) } },
	{ "guest-dbg-rsvd", BAD_GUEST,
	  { NEED(no_bus_lock_detect), FLIP(GUEST_PENDING_DBG_EXCEPTIONS, BIT(11)) } },
	{ "guest-dbg-rsvd", ENTERS_ANY,
	  { FLIP(GUEST_PENDING_DBG_EXCEPTIONS, DBG_BS | DBG_ENABLED_BP | 0xf) } },
	{ "guest-dbg-bs-required", BAD_GUEST,
	  { OR(GUEST_RFLAGS, X86_EFLAGS_TF | X86_EFLAGS_IF),
	    FLIP(GUEST_INTERRUPTIBILITY_INFO, BLOCKED_BY_STI | BLOCKED_BY_MOV_SS) } },
	{ "guest-dbg-bs-required", BAD_GUEST, { GROUP(hlt), OR(GUEST_RFLAGS, X86_EFLAGS_TF) } },
	{ "guest-dbg-bs-required", ENTERS_ANY,
	  { OR(GUEST_RFLAGS, X86_EFLAGS_TF | X86_EFLAGS_IF),
	    SET(GUEST_PENDING_DBG_EXCEPTIONS, DBG_BS),
	    FLIP(GUEST_INTERRUPTIBILITY_INFO, BLOCKED_BY_STI | BLOCKED_BY_MOV_SS) } },
	{ "guest-dbg-bs-required", ENTERS_ANY, { OR(GUEST_RFLAGS, X86_EFLAGS_TF) } },
	{ "guest-dbg-bs-forbidden", BAD_GUEST,
	  { OR(GUEST_RFLAGS, X86_EFLAGS_IF), SET(GUEST_PENDING_DBG_EXCEPTIONS, DBG_BS),
	    FLIP(GUEST_INTERRUPTIBILITY_INFO, BLOCKED_BY_STI | BLOCKED_BY_MOV_SS) } },
	{ "guest-dbg-bs-forbidden", BAD_GUEST,
	  { GROUP(hlt), SET(GUEST_PENDING_DBG_EXCEPTIONS, DBG_BS) } },
	{ "guest-dbg-bs-forbidden", BAD_GUEST,
	  { GROUP(load_debug), SET(GUEST_IA32_DEBUGCTL, DEBUGCTL_BTF),
	    OR(GUEST_RFLAGS, X86_EFLAGS_TF | X86_EFLAGS_IF),
	    SET(GUEST_PENDING_DBG_EXCEPTIONS, DBG_BS),
	    FLIP(GUEST_INTERRUPTIBILITY_INFO, BLOCKED_BY_STI | BLOCKED_BY_MOV_SS) } },
	{ "guest-dbg-bs-forbidden", ENTERS_ANY,
	  { GROUP(load_debug), SET(GUEST_IA32_DEBUGCTL, DEBUGCTL_BTF),
	    OR(GUEST_RFLAGS, X86_EFLAGS_TF | X86_EFLAGS_IF),
	    FLIP(GUEST_INTERRUPTIBILITY_INFO, BLOCKED_BY_STI | BLOCKED_BY_MOV_SS) } },
	{ "guest-dbg-rtm-others", BAD_GUEST, { SET(GUEST_PENDING_DBG_EXCEPTIONS, DBG_RTM) } },
	{ "guest-dbg-rtm-others", BAD_GUEST,
	  { SET(GUEST_PENDING_DBG_EXCEPTIONS, DBG_RTM | DBG_ENABLED_BP | DBG_BS) } },
	{ "guest-dbg-rtm-support", BAD_GUEST,
	  { NEED(no_rtm), SET(GUEST_PENDING_DBG_EXCEPTIONS, DBG_RTM | DBG_ENABLED_BP) } },
	{ "guest-dbg-rtm-support", BAD_GUEST,
	  { SET(GUEST_PENDING_DBG_EXCEPTIONS, DBG_RTM | DBG_ENABLED_BP),
	    SET(GUEST_INTERRUPTIBILITY_INFO, BLOCKED_BY_MOV_SS) } },

	/* The VMCS link pointer. */
	{ "guest-link-align", FAILS(EXIT_REASON_INVALID_STATE, 4),
	  { GROUP(linked), FLIP(VMCS_LINK_POINTER, 0xfff) } },
	{ "guest-link-align", ENTERS, { GROUP(linked) } },
	{ "guest-link-width", FAILS(EXIT_REASON_INVALID_STATE, 4),
	  { GROUP(linked), FLIP_FN(VMCS_LINK_POINTER, beyond_pa, ~0ull) } },
	{ "guest-link-revision", FAILS(EXIT_REASON_INVALID_STATE, 4),
	  { GROUP(linked), FLIP(LINKED_REVISION, GENMASK(30, 0)) } },
	{ "guest-link-revision", ENTERS, { GROUP(linked) } },
	{ "guest-link-revision", FAILS(EXIT_REASON_INVALID_STATE, 4),
	  { SET_FN(VMCS_LINK_POINTER, highest_page, ~0ull) } },
	/* Once more, after a page without memory. */
	{ "guest-link-revision", ENTERS, { GROUP(linked) } },
	{ "guest-link-shadow-bit", FAILS(EXIT_REASON_INVALID_STATE, 4),
	  { GROUP(linked), OR(LINKED_REVISION, BIT(31)) } },
	{ "guest-link-shadow-bit", FAILS(EXIT_REASON_INVALID_STATE, 4),
	  { GROUP(shadow_vmcs), GROUP(linked) } },
	{ "guest-link-shadow-bit", ENTERS,
	  { GROUP(shadow_vmcs), GROUP(linked), OR(LINKED_REVISION, BIT(31)) } },
	{ "guest-link-not-current", FAILS(EXIT_REASON_INVALID_STATE, 4),
	  { { .field = VMCS_LINK_POINTER, .op = OP_SET, .variable = &current_vmcs_gpa } } },

	/* PDPTEs. */
	{ "guest-pdpte-memory", FAILS(EXIT_REASON_INVALID_STATE, 2),
	  { GROUP(pae), SET_GPA_OR(PDPTE0, ZERO_PAGE, PDPTE_P), FLIP(PDPTE0, PDPTE_RESERVED) } },
	{ "guest-pdpte-memory", FAILS(EXIT_REASON_INVALID_STATE, 2),
	  { GROUP(pae), SET_GPA_OR(PDPTE1, ZERO_PAGE, PDPTE_P), FLIP(PDPTE1, PDPTE_RESERVED) } },
	{ "guest-pdpte-memory", FAILS(EXIT_REASON_INVALID_STATE, 2),
	  { GROUP(pae), SET_GPA_OR(PDPTE2, ZERO_PAGE, PDPTE_P), FLIP(PDPTE2, PDPTE_RESERVED) } },
	{ "guest-pdpte-memory", FAILS(EXIT_REASON_INVALID_STATE, 2),
	  { GROUP(pae), SET_GPA_OR(PDPTE3, ZERO_PAGE, PDPTE_P),
	    FLIP_FN(PDPTE3, beyond_pa, ~0ull) } },
	{ "guest-pdpte-memory", ENTERS_ANY,
	  { GROUP(pae), SET_GPA_OR(PDPTE0, ZERO_PAGE, PDPTE_P | 0xe18) } },
	{ "guest-pdpte-memory", ENTERS_ANY, { GROUP(pae), SET(PDPTE1, ~(u64)PDPTE_P) } },
	{ "guest-pdpte-fields", FAILS(EXIT_REASON_INVALID_STATE, 2),
	  { GROUP(ept), GROUP(pae), SET_GPA_OR(GUEST_PDPTR0, ZERO_PAGE, PDPTE_P),
	    FLIP(GUEST_PDPTR0, PDPTE_RESERVED) } },
	{ "guest-pdpte-fields", FAILS(EXIT_REASON_INVALID_STATE, 2),
	  { GROUP(ept), GROUP(pae), SET_GPA_OR(GUEST_PDPTR1, ZERO_PAGE, PDPTE_P),
	    FLIP(GUEST_PDPTR1, PDPTE_RESERVED) } },
	{ "guest-pdpte-fields", FAILS(EXIT_REASON_INVALID_STATE, 2),
	  { GROUP(ept), GROUP(pae), SET_GPA_OR(GUEST_PDPTR2, ZERO_PAGE, PDPTE_P),
	    FLIP(GUEST_PDPTR2, PDPTE_RESERVED) } },
	{ "guest-pdpte-fields", FAILS(EXIT_REASON_INVALID_STATE, 2),
	  { GROUP(ept), GROUP(pae), SET_GPA_OR(GUEST_PDPTR3, ZERO_PAGE, PDPTE_P),
	    FLIP_FN(GUEST_PDPTR3, beyond_pa, ~0ull) } },
	{ "guest-pdpte-fields", ENTERS_ANY,
	  { GROUP(ept), GROUP(pae), SET_GPA_OR(GUEST_PDPTR0, ZERO_PAGE, PDPTE_P | 0xe18) } },
	{ "guest-pdpte-fields", ENTERS_ANY,
	  { GROUP(ept), GROUP(pae), SET(GUEST_PDPTR1, ~(u64)PDPTE_P) } },
	{ "guest-pdpte-fields", ENTERS_ANY,
	  { GROUP(ept), GROUP(paging32), SET(GUEST_PDPTR0, ~0ull) } },

	/* The list of MSRs to load. */
	{ "msr-fs-base", BAD_MSR(1), { GROUP(one_msr), SET(MSR1_INDEX, MSR_FS_BASE) } },
	{ "msr-fs-base", BAD_MSR(2), { GROUP(two_msrs), SET(MSR2_INDEX, MSR_FS_BASE) } },
	{ "msr-fs-base", ENTERS, { GROUP(two_msrs) } },
	{ "msr-gs-base", BAD_MSR(1), { GROUP(one_msr), SET(MSR1_INDEX, MSR_GS_BASE) } },
	{ "msr-gs-base", BAD_MSR(2), { GROUP(two_msrs), SET(MSR2_INDEX, MSR_GS_BASE) } },
	{ "msr-x2apic", BAD_MSR(1), { GROUP(one_msr), SET(MSR1_INDEX, 0x800) } },
	{ "msr-x2apic", BAD_MSR(1), { GROUP(one_msr), SET(MSR1_INDEX, 0x808) } },
	{ "msr-x2apic", BAD_MSR(2), { GROUP(two_msrs), SET(MSR2_INDEX, 0x8ff) } },
	{ "msr-smm-only", BAD_MSR(1), { GROUP(one_msr), SET(MSR1_INDEX, 0x9b) } },
	{ "msr-model-specific", BAD_MSR(1),
	  { GROUP(one_msr), SET(MSR1_INDEX, MSR_IA32_UCODE_WRITE) } },
	{ "msr-model-specific", BAD_MSR(1),
	  { GROUP(one_msr), SET(MSR1_INDEX, MSR_IA32_UCODE_REV) } },
	{ "msr-rsvd", BAD_MSR(1), { GROUP(one_msr), FLIP(MSR1_RESERVED, -1u) } },
	{ "msr-rsvd", BAD_MSR(2), { GROUP(two_msrs), SET(MSR2_RESERVED, 1) } },
	{ "msr-wrmsr-fault", BAD_MSR(1),
	  { GROUP(one_msr), FLIP_FN(MSR1_VALUE, noncanonical, ~0ull) } },
	{ "msr-wrmsr-fault", BAD_MSR(1),
	  { GROUP(one_msr), SET(MSR1_INDEX, MSR_IA32_CR_PAT), SET(MSR1_VALUE, 2) } },
	{ "msr-wrmsr-fault", BAD_MSR(2),
	  { GROUP(two_msrs), SET(MSR2_VALUE, BIT_ULL(63)) } },
	{ "msr-wrmsr-fault", BAD_MSR(1), { GROUP(one_msr), SET(MSR1_INDEX, MSR_IA32_VMX_BASIC) } },
	{ "msr-wrmsr-fault", ENTERS, { GROUP(one_msr) } },
	{ "msr-area-readable", BAD_MSR(1),
	  { SET_FN(VM_ENTRY_MSR_LOAD_ADDR, highest_page, ~0ull),
	    SET(VM_ENTRY_MSR_LOAD_COUNT, 1) } },
	{ "msr-after-guest-state", BAD_GUEST,
	  { GROUP(one_msr), SET(MSR1_INDEX, MSR_FS_BASE), BAD_RFLAGS } },
	{ "msr-after-guest-state", BAD_GUEST,
	  { GROUP(one_msr), SET(MSR1_INDEX, MSR_FS_BASE), CLEAR(GUEST_CR4, X86_CR4_VMXE) } },
	{ "msr-after-guest-state", BAD_GUEST,
	  { GROUP(one_msr), SET(MSR1_INDEX, MSR_FS_BASE), FLIP(GUEST_TR_AR_BYTES, AR_P) } },
	{ "msr-after-guest-state", BAD_CONTROLS,
	  { GROUP(one_msr), SET(MSR1_INDEX, MSR_FS_BASE), GROUP(tpr_shadow),
	    SET(TPR_THRESHOLD, 1) } },
	{ "msr-after-guest-state", BAD_CONTROLS,
	  { CLEAR(GUEST_CR4, X86_CR4_VMXE), GROUP(tpr_shadow), SET(TPR_THRESHOLD, 1) } },
	{ "msr-no-load-on-33", BAD_GUEST, { GROUP(two_msrs), BAD_RFLAGS } },
	{ "msr-no-load-on-33", BAD_GUEST, { GROUP(two_msrs), FLIP(GUEST_TR_AR_BYTES, AR_P) } },
	{ "msr-no-load-on-33", BAD_GUEST, { GROUP(two_msrs), CLEAR(GUEST_CR4, X86_CR4_VMXE) } },
	{ "msr-no-load-on-33", BAD_CONTROLS,
	  { GROUP(two_msrs), GROUP(tpr_shadow), SET(TPR_THRESHOLD, 1) } },

	/* What a failed entry leaves alone.  All rows above are checked for that, too. */
	{ "guest-fail-host-cet", BAD_GUEST,
	  { NO_ENTRY_CTL(VM_ENTRY_LOAD_CET_STATE), NO_EXIT_CTL(VM_EXIT_LOAD_CET_STATE),
	    SET(GUEST_S_CET, ~0ull), SET(GUEST_SSP, ~0ull), SET(GUEST_INTR_SSP_TABLE, ~0ull),
	    CLEAR(GUEST_CR4, X86_CR4_VMXE) } },
	{ "guest-fail-host-cet", BAD_GUEST,
	  { NO_ENTRY_CTL(VM_ENTRY_LOAD_CET_STATE), NO_EXIT_CTL(VM_EXIT_LOAD_CET_STATE),
	    SET(GUEST_S_CET, S_CET_LEGACY_BITMAP), BAD_RFLAGS } },
	{ "guest-fail-area-unmodified", BAD_GUEST,
	  { INJECT(SOFT_INT), GROUP(one_byte), BAD_RFLAGS, SET(GUEST_ES_LIMIT, 0x12fff),
	    SET(GUEST_LDTR_SELECTOR, 0x1234), SET(GUEST_SYSENTER_ESP, 0x1234) } },
	{ "guest-fail-area-unmodified", BAD_GUEST,
	  { INJECT(SOFT_INT), GROUP(one_byte), CLEAR(GUEST_CR4, X86_CR4_VMXE),
	    SET(GUEST_ES_LIMIT, 0x12fff), SET(GUEST_LDTR_SELECTOR, 0x1234),
	    SET(GUEST_SYSENTER_ESP, 0x1234) } },
	{ "guest-fail-area-unmodified", BAD_MSR(1),
	  { GROUP(one_msr), SET(MSR1_INDEX, MSR_FS_BASE), INJECT(SOFT_INT), GROUP(one_byte),
	    SET(GUEST_ES_LIMIT, 0x12fff) } },
};

#endif /* SELFTEST_KVM_VMX_VMENTRY_RULES_H */
