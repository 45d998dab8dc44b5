// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of the consistency checks of nested VM-Enter.
 *
 * The tests know a check by its name, i.e. by the condition that violates it, and
 * each needs a rule here.  What is legal is written down a second time, from the
 * architecture.  Never derive it from the code under test.
 */
#include <kunit/test.h>
#include <linux/bits.h>
#include <linux/module.h>
#include <linux/string.h>
#include <asm/msr-index.h>
#include <asm/processor-flags.h>
#include <asm/vmx.h>

#include "../nested_checks.h"

/* What VM-Enter and VM-Exit check, and the virtual CPU that does. */
struct vm_entry {
	struct vmcs12 vmcs12;
	struct nested_vmx_msrs msrs;
	struct nested_cpu cpu;

	/* L1 is in long mode. */
	bool long_mode;

	/* Where vmcs12 is. */
	gpa_t current_vmptr;

	/* In memory: the virtual TPR, what the link pointer points to, MSRs. */
	u8 vtpr;
	struct vmcs_hdr link;
	struct vmx_msr_entry load;
	struct vmx_msr_entry store;
};

/*
 * Checks that are done together.  A violation has the same outcome for all checks
 * of a group, so that the group that reports a check is what counts.
 */
enum group {
	/* VMfailValid, error 7 */
	CONTROLS,
	EVENT_INJECTION,
	VTPR,

	/* VMfailValid, error 8 */
	ADDRESS_SPACE_SIZE,
	HOST_STATE,

	/* VM-Exit 33, qualification 0 */
	GUEST_STATE,
	GUEST_EFER,
	GUEST_ACTIVITY,

	/* VM-Exit 33, qualification 4 */
	LINK_POINTER,
	LINK_HEADER,

	/* VM-Exit 34, or VMX abort if on VM-Exit */
	MSR_LOAD,

	/* VMX abort */
	MSR_STORE,

	NR_GROUPS,
};

static const char *const group_names[] = {
	[CONTROLS] = "controls",
	[EVENT_INJECTION] = "event injection",
	[VTPR] = "vTPR",
	[ADDRESS_SPACE_SIZE] = "address-space size",
	[HOST_STATE] = "host state",
	[GUEST_STATE] = "guest state",
	[GUEST_EFER] = "guest EFER",
	[GUEST_ACTIVITY] = "guest activity",
	[LINK_POINTER] = "link pointer",
	[LINK_HEADER] = "link header",
	[MSR_LOAD] = "MSR load",
	[MSR_STORE] = "MSR store",
};

static const char *violated_check(const struct vm_entry *e, enum group group)
{
	switch (group) {
	case CONTROLS:
		return nested_check_controls(&e->vmcs12, &e->cpu);
	case EVENT_INJECTION:
		return nested_check_event_injection(&e->vmcs12, &e->cpu);
	case VTPR:
		return nested_check_vtpr(&e->vmcs12, e->vtpr);
	case ADDRESS_SPACE_SIZE:
		return nested_check_address_space_size(&e->vmcs12, e->long_mode);
	case HOST_STATE:
		return nested_check_host_state(&e->vmcs12, &e->cpu);
	case GUEST_STATE:
		return nested_check_guest_state(&e->vmcs12, &e->cpu);
	case GUEST_EFER:
		return nested_check_guest_efer(&e->vmcs12, &e->cpu);
	case GUEST_ACTIVITY:
		return nested_check_guest_activity(&e->vmcs12, &e->cpu);
	case LINK_POINTER:
		return nested_check_link_pointer(&e->vmcs12, &e->cpu, e->current_vmptr);
	case LINK_HEADER:
		/* There is none to be checked if the link pointer is not in use. */
		return e->vmcs12.vmcs_link_pointer == ~0ull ?
		       NULL : nested_check_link_header(&e->vmcs12, &e->link);
	case MSR_LOAD:
		return nested_check_msr_load(&e->load);
	case MSR_STORE:
		return nested_check_msr_store(&e->store);
	case NR_GROUPS:
		break;
	}

	return NULL;
}

/* What sets one field of struct vm_entry, or some bits of it. */
struct field {
	u16 offset;
	u16 size;
};

struct change {
	struct field field;
	u64 clear;
	u64 set;
};

#define FIELD(member)		{ offsetof(struct vm_entry, member),		\
				  sizeof_field(struct vm_entry, member) }

#define SET(member, value)	{ FIELD(member), ~0ull, value }
#define ON(member, bits)	{ FIELD(member), 0, bits }
#define OFF(member, bits)	{ FIELD(member), bits, 0 }
#define NOTHING			{ }

#define HLT			ON(vmcs12.guest_activity_state, 1)
#define WAIT_SIPI		ON(vmcs12.guest_activity_state, 3)
#define INJECT(type, vector)	SET(vmcs12.vm_entry_intr_info_field, EVENT(type, vector))

#define PIN(bits)		ON(vmcs12.pin_based_vm_exec_control, PIN_BASED_##bits)
#define PROC(bits)		ON(vmcs12.cpu_based_vm_exec_control, CPU_BASED_##bits)
#define PROC2(bits)		ON(vmcs12.secondary_vm_exec_control, SECONDARY_EXEC_##bits)
#define PROC2_OFF(bits)		OFF(vmcs12.secondary_vm_exec_control, SECONDARY_EXEC_##bits)
#define EXIT(bits)		ON(vmcs12.vm_exit_controls, VM_EXIT_##bits)
#define ENTRY(bits)		ON(vmcs12.vm_entry_controls, VM_ENTRY_##bits)

static u64 get_field(const struct vm_entry *e, const struct field *field)
{
	u64 value = 0;

	memcpy(&value, (const void *)e + field->offset, field->size);
	return value;
}

static void set_field(struct vm_entry *e, const struct field *field, u64 value)
{
	memcpy((void *)e + field->offset, &value, field->size);
}

static void apply(struct vm_entry *e, const struct change *c)
{
	set_field(e, &c->field, (get_field(e, &c->field) & ~c->clear) | c->set);
}

static void undo(struct vm_entry *e, const struct change *c)
{
	set_field(e, &c->field, (get_field(e, &c->field) & ~c->set) | c->clear);
}

/* Bits that are reserved on the virtual CPU. */
#define MAXPHYADDR		46
#define LAM_BITS		GENMASK_ULL(62, 61)
#define RSVD_GPA		GENMASK_ULL(63, MAXPHYADDR)
#define RSVD_CR3		(RSVD_GPA & ~LAM_BITS)
#define RSVD_CR4		(GENMASK_ULL(63, 33) | GENMASK_ULL(31, 29) |		\
				 GENMASK_ULL(27, 26) | BIT_ULL(19) | BIT_ULL(15))
#define RSVD_EFER		(GENMASK_ULL(63, 12) | BIT_ULL(9) | GENMASK_ULL(7, 1))
#define RSVD_DEBUGCTL		(GENMASK_ULL(63, 16) | GENMASK_ULL(5, 2))
#define RSVD_PERF		(GENMASK_ULL(63, 36) | GENMASK_ULL(31, 8))
#define RSVD_S_CET		GENMASK_ULL(9, 6)

/* PE, MP, ET, NE, WP, and PG; PAE and VMXE; LME and LMA */
#define CR0			0x80010033
#define CR4			0x2020
#define EFER			0x500

/* Write-back, and four levels of page tables */
#define EPTP			0x1e

/* One of the things that VM-Enter may inject. */
#define EVENT(type, vector)	(BIT(31) | (type) << 8 | (vector))
#define EVENT_ERROR_CODE	BIT(11)

static void set_cpu(struct vm_entry *e)
{
	/*
	 * Everything is supported, and nothing has to be enabled that hasn't to on
	 * any CPU.
	 */
	e->msrs = (struct nested_vmx_msrs) {
		.pinbased_ctls_low = 0x16,
		.pinbased_ctls_high = ~0,
		.procbased_ctls_low = 0x04006172,
		.procbased_ctls_high = ~0,
		.secondary_ctls_high = ~0,
		.exit_ctls_low = 0x00036dfb,
		.exit_ctls_high = ~0,
		.entry_ctls_low = 0x000011fb,
		.entry_ctls_high = ~0,
		.misc_low = ~0,
		.ept_caps = ~0,
		.basic = ~0ull,
		/* PE, NE, and PG; VMXE */
		.cr0_fixed0 = 0x80000021,
		.cr0_fixed1 = ~0ull,
		.cr4_fixed0 = 0x2000,
		.cr4_fixed1 = ~0ull,
		.vmfunc_controls = ~0ull,
	};
	e->cpu = (struct nested_cpu) {
		.msrs = &e->msrs,
		.rsvd_gpa = RSVD_GPA,
		.rsvd_cr3 = RSVD_CR3,
		.rsvd_cr4 = RSVD_CR4,
		.rsvd_efer = RSVD_EFER,
		.rsvd_debugctl = RSVD_DEBUGCTL,
		.rsvd_perf_global_ctrl = RSVD_PERF,
		.rsvd_s_cet = RSVD_S_CET,
		.linear_width = 48,
	};
}

/* L1 is in long mode, and L2 may be or not.  L1 uses as little as possible. */
static void set_baseline(struct vm_entry *e)
{
	memset(e, 0, sizeof(*e));
	set_cpu(e);

	e->vmcs12.pin_based_vm_exec_control = 0x16;
	e->vmcs12.cpu_based_vm_exec_control = 0x04006172 |
					      CPU_BASED_ACTIVATE_SECONDARY_CONTROLS;
	e->vmcs12.vm_exit_controls = 0x00036dfb | VM_EXIT_HOST_ADDR_SPACE_SIZE;
	e->vmcs12.vm_entry_controls = 0x000011fb | VM_ENTRY_IA32E_MODE;
	e->vmcs12.host_cr0 = CR0;
	e->vmcs12.host_cr4 = CR4;
	e->vmcs12.host_cs_selector = 0x8;
	e->vmcs12.host_ss_selector = 0x10;
	e->vmcs12.host_tr_selector = 0x18;
	e->vmcs12.guest_cr0 = CR0;
	e->vmcs12.guest_cr4 = CR4;
	e->vmcs12.vmcs_link_pointer = ~0ull;

	e->long_mode = true;
	e->current_vmptr = 0x5555000;
	e->vtpr = 0xf0;
	e->link.revision_id = 0x11e57ed0;
}

/* Neither L1 nor L2 are in long mode. */
static void set_32bit_baseline(struct vm_entry *e)
{
	set_baseline(e);
	e->vmcs12.vm_exit_controls &= ~VM_EXIT_HOST_ADDR_SPACE_SIZE;
	e->vmcs12.vm_entry_controls &= ~VM_ENTRY_IA32E_MODE;
	e->long_mode = false;
}

/*
 * Values that a check tells apart.  Either one that is legal, and the nearest one
 * that isn't; or one that stays legal until any of the reserved bits gets set.
 */
struct values {
	struct change legal;
	struct change illegal;
	u64 reserved;

	/* Not to be set, as other checks have a say in these bits. */
	u64 others;

	/* What is reserved depends on MAXPHYADDR. */
	bool is_gpa;

	/*
	 * This bit and all above it have to be equal, on a CPU without LA57.  With
	 * it, it's 9 bits further up.
	 */
	u8 canonical;
};

#define PAIR(legal_change, illegal_change)						\
	{ .legal = legal_change, .illegal = illegal_change }

#define BITS(member, legal_value, reserved_bits, other_bits)				\
	{ .legal = SET(member, legal_value), .reserved = reserved_bits,			\
	  .others = other_bits }

#define ADDRESS(member, legal_value, reserved_bits, other_bits)				\
	{ .legal = SET(member, legal_value), .reserved = reserved_bits,			\
	  .others = other_bits, .is_gpa = true }

#define GPA(member, alignment)								\
	ADDRESS(member, 0, RSVD_GPA | ((alignment) - 1), 0)

#define CANONICAL(member, bit, other_bits)						\
	{ .legal = SET(member, 0), .reserved = GENMASK_ULL(63, bit),			\
	  .others = other_bits, .canonical = bit }

static const struct rule {
	enum group group;
	const char *check;
	struct values values;

	/* The check doesn't apply, and what is illegal is legal, without any of these. */
	struct change needs[4];

	/* What else the check takes to be the only one that is violated. */
	struct change with[6];

	bool l1_is_32bit;
} rules[] = {
#define CHECK(violated)	#violated

	/* Controls against the capability MSRs, see also fixed_bits_test(). */
	{ CONTROLS, CHECK(!ctls_valid(vmcs12->pin_based_vm_exec_control,
				      msrs->pinbased_ctls_low, msrs->pinbased_ctls_high)),
	  PAIR(SET(vmcs12.pin_based_vm_exec_control, 0x16),
	       SET(vmcs12.pin_based_vm_exec_control, 0x14)) },
	{ CONTROLS, CHECK(!ctls_valid(vmcs12->cpu_based_vm_exec_control,
				      msrs->procbased_ctls_low, msrs->procbased_ctls_high)),
	  PAIR(SET(vmcs12.cpu_based_vm_exec_control, 0x84006172),
	       SET(vmcs12.cpu_based_vm_exec_control, 0x84006170)) },
	{ CONTROLS, CHECK(secondary && !ctls_valid(secondary_ctls, msrs->secondary_ctls_low,
				      msrs->secondary_ctls_high)),
	  PAIR(PROC2(DESC), PROC2(DESC | SECONDARY_EXEC_ENABLE_RDTSCP)),
	  .needs = { PROC(ACTIVATE_SECONDARY_CONTROLS) },
	  .with = { SET(msrs.secondary_ctls_high, SECONDARY_EXEC_DESC) } },
	{ CONTROLS, CHECK(!ctls_valid(vmcs12->vm_exit_controls,
				      msrs->exit_ctls_low, msrs->exit_ctls_high)),
	  PAIR(SET(vmcs12.vm_exit_controls, 0x00036ffb),
	       SET(vmcs12.vm_exit_controls, 0x00036ffa)) },
	{ CONTROLS, CHECK(!ctls_valid(vmcs12->vm_entry_controls,
				      msrs->entry_ctls_low, msrs->entry_ctls_high)),
	  PAIR(SET(vmcs12.vm_entry_controls, 0x000013fb),
	       SET(vmcs12.vm_entry_controls, 0x000013fa)) },

	/* See also cr3_target_count_test(). */
	{ CONTROLS, CHECK(vmcs12->cr3_target_count > vmx_misc_cr3_count(msrs->misc_low)),
	  PAIR(SET(vmcs12.cr3_target_count, 4), SET(vmcs12.cr3_target_count, 5)),
	  .with = { SET(msrs.misc_low, 4 << 16) } },

	{ CONTROLS, CHECK(io && !legal_page(cpu, vmcs12->io_bitmap_a)),
	  GPA(vmcs12.io_bitmap_a, 4096), .needs = { PROC(USE_IO_BITMAPS) } },
	{ CONTROLS, CHECK(io && !legal_page(cpu, vmcs12->io_bitmap_b)),
	  GPA(vmcs12.io_bitmap_b, 4096), .needs = { PROC(USE_IO_BITMAPS) } },
	{ CONTROLS, CHECK(msr && !legal_page(cpu, vmcs12->msr_bitmap)),
	  GPA(vmcs12.msr_bitmap, 4096), .needs = { PROC(USE_MSR_BITMAPS) } },
	{ CONTROLS, CHECK(vmcs && !legal_page(cpu, vmcs12->vmread_bitmap)),
	  GPA(vmcs12.vmread_bitmap, 4096), .needs = { PROC2(SHADOW_VMCS) } },
	{ CONTROLS, CHECK(vmcs && !legal_page(cpu, vmcs12->vmwrite_bitmap)),
	  GPA(vmcs12.vmwrite_bitmap, 4096), .needs = { PROC2(SHADOW_VMCS) } },

	{ CONTROLS, CHECK(!legal_page(cpu, vmcs12->virtual_apic_page_addr)),
	  GPA(vmcs12.virtual_apic_page_addr, 4096), .needs = { PROC(TPR_SHADOW) } },
	{ CONTROLS, CHECK(has_vtpr_threshold(vmcs12) && vmcs12->tpr_threshold >> 4),
	  BITS(vmcs12.tpr_threshold, 0, GENMASK(31, 4), 0),
	  .needs = { PROC(TPR_SHADOW), PROC2_OFF(VIRTUAL_INTR_DELIVERY) },
	  .with = { PIN(EXT_INTR_MASK) } },
	{ CONTROLS, CHECK(nested_cpu_has_virt_x2apic_mode(vmcs12)),
	  PAIR(PROC(TPR_SHADOW), NOTHING), .needs = { PROC2(VIRTUALIZE_X2APIC_MODE) } },
	{ CONTROLS, CHECK(nested_cpu_has_apic_reg_virt(vmcs12)),
	  PAIR(PROC(TPR_SHADOW), NOTHING), .needs = { PROC2(APIC_REGISTER_VIRT) } },
	{ CONTROLS, CHECK(nested_cpu_has_vid(vmcs12)),
	  PAIR(PROC(TPR_SHADOW), NOTHING), .needs = { PROC2(VIRTUAL_INTR_DELIVERY) },
	  .with = { PIN(EXT_INTR_MASK) } },

	{ CONTROLS, CHECK(page && !legal_page(cpu, vmcs12->apic_access_addr)),
	  GPA(vmcs12.apic_access_addr, 4096), .needs = { PROC2(VIRTUALIZE_APIC_ACCESSES) } },
	{ CONTROLS, CHECK(page && nested_cpu_has_virt_x2apic_mode(vmcs12)),
	  PAIR(NOTHING, PROC2(VIRTUALIZE_X2APIC_MODE)),
	  .needs = { PROC2(VIRTUALIZE_APIC_ACCESSES) }, .with = { PROC(TPR_SHADOW) } },
	{ CONTROLS, CHECK(page && nested_cpu_has_virt_x2apic_mode(vmcs12)),
	  PAIR(NOTHING, PROC2(VIRTUALIZE_APIC_ACCESSES)),
	  .needs = { PROC2(VIRTUALIZE_X2APIC_MODE) }, .with = { PROC(TPR_SHADOW) } },
	{ CONTROLS, CHECK(vid && !(pin & PIN_BASED_EXT_INTR_MASK)),
	  PAIR(PIN(EXT_INTR_MASK), NOTHING), .needs = { PROC2(VIRTUAL_INTR_DELIVERY) },
	  .with = { PROC(TPR_SHADOW) } },

	{ CONTROLS, CHECK(!nested_cpu_has_vid(vmcs12)),
	  PAIR(PROC2(VIRTUAL_INTR_DELIVERY), NOTHING), .needs = { PIN(POSTED_INTR) },
	  .with = { PROC(TPR_SHADOW), PIN(EXT_INTR_MASK), EXIT(ACK_INTR_ON_EXIT) } },
	{ CONTROLS, CHECK(!(vmcs12->vm_exit_controls & VM_EXIT_ACK_INTR_ON_EXIT)),
	  PAIR(EXIT(ACK_INTR_ON_EXIT), NOTHING), .needs = { PIN(POSTED_INTR) },
	  .with = { PROC(TPR_SHADOW), PIN(EXT_INTR_MASK), PROC2(VIRTUAL_INTR_DELIVERY) } },
	{ CONTROLS, CHECK(vmcs12->posted_intr_nv > 0xff),
	  BITS(vmcs12.posted_intr_nv, 0, GENMASK(15, 8), 0), .needs = { PIN(POSTED_INTR) },
	  .with = { PROC(TPR_SHADOW), PIN(EXT_INTR_MASK), PROC2(VIRTUAL_INTR_DELIVERY),
		    EXIT(ACK_INTR_ON_EXIT) } },
	{ CONTROLS, CHECK(!legal_gpa(cpu, vmcs12->posted_intr_desc_addr, 64)),
	  GPA(vmcs12.posted_intr_desc_addr, 64), .needs = { PIN(POSTED_INTR) },
	  .with = { PROC(TPR_SHADOW), PIN(EXT_INTR_MASK), PROC2(VIRTUAL_INTR_DELIVERY),
		    EXIT(ACK_INTR_ON_EXIT) } },

	{ CONTROLS, CHECK(virtual_nmis && !nested_cpu_has_nmi_exiting(vmcs12)),
	  PAIR(PIN(NMI_EXITING), NOTHING), .needs = { PIN(VIRTUAL_NMIS) } },
	{ CONTROLS, CHECK(nested_cpu_has(vmcs12, CPU_BASED_NMI_WINDOW_EXITING) && !virtual_nmis),
	  PAIR(PIN(VIRTUAL_NMIS), NOTHING), .needs = { PROC(NMI_WINDOW_EXITING) },
	  .with = { PIN(NMI_EXITING) } },

	/* See also eptp_test(). */
	{ CONTROLS, CHECK(!eptp_memtype_valid(eptp, ept_caps)),
	  PAIR(SET(vmcs12.ept_pointer, 0x1e), SET(vmcs12.ept_pointer, 0x1d)),
	  .needs = { PROC2(ENABLE_EPT) } },
	{ CONTROLS, CHECK(!eptp_walk_length_valid(eptp, ept_caps)),
	  PAIR(SET(vmcs12.ept_pointer, 0x1e), SET(vmcs12.ept_pointer, 0x16)),
	  .needs = { PROC2(ENABLE_EPT) } },
	{ CONTROLS, CHECK(!eptp_walk_length_valid(eptp, ept_caps)),
	  PAIR(SET(vmcs12.ept_pointer, 0x26), SET(vmcs12.ept_pointer, 0x2e)),
	  .needs = { PROC2(ENABLE_EPT) } },
	{ CONTROLS, CHECK(eptp & VMX_EPTP_AD_ENABLE_BIT && !(ept_caps & VMX_EPT_AD_BIT)),
	  PAIR(SET(vmcs12.ept_pointer, 0x1e), SET(vmcs12.ept_pointer, 0x5e)),
	  .needs = { PROC2(ENABLE_EPT), OFF(msrs.ept_caps, BIT(21)) } },
	{ CONTROLS, CHECK(eptp & (GENMASK(11, 7) | cpu->rsvd_gpa)),
	  ADDRESS(vmcs12.ept_pointer, EPTP, RSVD_GPA | GENMASK(11, 7), GENMASK(6, 0)),
	  .needs = { PROC2(ENABLE_EPT) } },

	{ CONTROLS, CHECK(nested_cpu_has_pml(vmcs12)),
	  PAIR(PROC2(ENABLE_EPT), NOTHING), .needs = { PROC2(ENABLE_PML) },
	  .with = { SET(vmcs12.ept_pointer, EPTP) } },
	{ CONTROLS, CHECK(nested_cpu_has2(vmcs12, SECONDARY_EXEC_UNRESTRICTED_GUEST)),
	  PAIR(PROC2(ENABLE_EPT), NOTHING), .needs = { PROC2(UNRESTRICTED_GUEST) },
	  .with = { SET(vmcs12.ept_pointer, EPTP) } },
	{ CONTROLS, CHECK(nested_cpu_has2(vmcs12, SECONDARY_EXEC_MODE_BASED_EPT_EXEC)),
	  PAIR(PROC2(ENABLE_EPT), NOTHING), .needs = { PROC2(MODE_BASED_EPT_EXEC) },
	  .with = { SET(vmcs12.ept_pointer, EPTP) } },
	{ CONTROLS, CHECK(nested_cpu_has_eptp_switching(vmcs12)),
	  PAIR(PROC2(ENABLE_EPT), NOTHING),
	  .needs = { PROC2(ENABLE_VMFUNC), ON(vmcs12.vm_function_control, 1) },
	  .with = { SET(vmcs12.ept_pointer, EPTP) } },

	{ CONTROLS, CHECK(vmcs12->vm_function_control & ~supported),
	  BITS(vmcs12.vm_function_control, 0, ~BIT_ULL(5), BIT(0)),
	  .needs = { PROC2(ENABLE_VMFUNC) }, .with = { SET(msrs.vmfunc_controls, BIT(5)) } },
	{ CONTROLS, CHECK(vmcs12->vm_function_control & ~supported),
	  PAIR(ON(msrs.vmfunc_controls, 1), OFF(msrs.vmfunc_controls, 1)),
	  .needs = { PROC2(ENABLE_VMFUNC), ON(vmcs12.vm_function_control, 1) },
	  .with = { PROC2(ENABLE_EPT), SET(vmcs12.ept_pointer, EPTP) } },
	{ CONTROLS, CHECK(eptp_switching && !legal_page(cpu, vmcs12->eptp_list_address)),
	  GPA(vmcs12.eptp_list_address, 4096),
	  .needs = { PROC2(ENABLE_VMFUNC), ON(vmcs12.vm_function_control, 1) },
	  .with = { PROC2(ENABLE_EPT), SET(vmcs12.ept_pointer, EPTP) } },

	{ CONTROLS, CHECK(nested_cpu_has_vpid(vmcs12) && !vmcs12->virtual_processor_id),
	  PAIR(SET(vmcs12.virtual_processor_id, 1), SET(vmcs12.virtual_processor_id, 0)),
	  .needs = { PROC2(ENABLE_VPID) } },
	{ CONTROLS, CHECK(nested_cpu_has_vpid(vmcs12) && !vmcs12->virtual_processor_id),
	  PAIR(SET(vmcs12.virtual_processor_id, BIT(15)), SET(vmcs12.virtual_processor_id, 0)),
	  .needs = { PROC2(ENABLE_VPID) } },
	{ CONTROLS, CHECK(nested_cpu_has_pml(vmcs12) && !legal_page(cpu, vmcs12->pml_address)),
	  GPA(vmcs12.pml_address, 4096), .needs = { PROC2(ENABLE_PML) },
	  .with = { PROC2(ENABLE_EPT), SET(vmcs12.ept_pointer, EPTP) } },
	{ CONTROLS, CHECK(save_timer && !nested_cpu_has_preemption_timer(vmcs12)),
	  PAIR(PIN(VMX_PREEMPTION_TIMER), NOTHING),
	  .needs = { EXIT(SAVE_VMX_PREEMPTION_TIMER) } },
	{ CONTROLS, CHECK(tsc_scaling && !vmcs12->tsc_multiplier),
	  PAIR(SET(vmcs12.tsc_multiplier, 1), SET(vmcs12.tsc_multiplier, 0)),
	  .needs = { PROC2(TSC_SCALING) } },
	{ CONTROLS, CHECK(tsc_scaling && !vmcs12->tsc_multiplier),
	  PAIR(SET(vmcs12.tsc_multiplier, BIT_ULL(63)), SET(vmcs12.tsc_multiplier, 0)),
	  .needs = { PROC2(TSC_SCALING) } },

	/* See also msr_count_test(). */
	{ CONTROLS, CHECK(!msr_count_valid(cpu, vmcs12->vm_exit_msr_load_count)),
	  PAIR(SET(vmcs12.vm_exit_msr_load_count, 512), SET(vmcs12.vm_exit_msr_load_count, 513)),
	  .with = { SET(msrs.misc_low, 0) } },
	{ CONTROLS, CHECK(!msr_count_valid(cpu, vmcs12->vm_exit_msr_store_count)),
	  PAIR(SET(vmcs12.vm_exit_msr_store_count, 512), SET(vmcs12.vm_exit_msr_store_count, 513)),
	  .with = { SET(msrs.misc_low, 0) } },
	{ CONTROLS, CHECK(!msr_count_valid(cpu, vmcs12->vm_entry_msr_load_count)),
	  PAIR(SET(vmcs12.vm_entry_msr_load_count, 512), SET(vmcs12.vm_entry_msr_load_count, 513)),
	  .with = { SET(msrs.misc_low, 0) } },
	{ CONTROLS, CHECK(!msr_area_legal(cpu, vmcs12->vm_exit_msr_load_addr,
					  vmcs12->vm_exit_msr_load_count)),
	  GPA(vmcs12.vm_exit_msr_load_addr, 16),
	  .needs = { ON(vmcs12.vm_exit_msr_load_count, 1) } },
	{ CONTROLS, CHECK(!msr_area_legal(cpu, vmcs12->vm_exit_msr_load_addr,
					  vmcs12->vm_exit_msr_load_count)),
	  PAIR(SET(vmcs12.vm_exit_msr_load_count, 2), SET(vmcs12.vm_exit_msr_load_count, 3)),
	  .with = { SET(vmcs12.vm_exit_msr_load_addr, BIT_ULL(MAXPHYADDR) - 32) } },
	{ CONTROLS, CHECK(!msr_area_legal(cpu, vmcs12->vm_exit_msr_store_addr,
					  vmcs12->vm_exit_msr_store_count)),
	  GPA(vmcs12.vm_exit_msr_store_addr, 16),
	  .needs = { ON(vmcs12.vm_exit_msr_store_count, 1) } },
	{ CONTROLS, CHECK(!msr_area_legal(cpu, vmcs12->vm_exit_msr_store_addr,
					  vmcs12->vm_exit_msr_store_count)),
	  PAIR(SET(vmcs12.vm_exit_msr_store_count, 2), SET(vmcs12.vm_exit_msr_store_count, 3)),
	  .with = { SET(vmcs12.vm_exit_msr_store_addr, BIT_ULL(MAXPHYADDR) - 32) } },
	{ CONTROLS, CHECK(!msr_area_legal(cpu, vmcs12->vm_entry_msr_load_addr,
					  vmcs12->vm_entry_msr_load_count)),
	  GPA(vmcs12.vm_entry_msr_load_addr, 16),
	  .needs = { ON(vmcs12.vm_entry_msr_load_count, 1) } },
	{ CONTROLS, CHECK(!msr_area_legal(cpu, vmcs12->vm_entry_msr_load_addr,
					  vmcs12->vm_entry_msr_load_count)),
	  PAIR(SET(vmcs12.vm_entry_msr_load_count, 2), SET(vmcs12.vm_entry_msr_load_count, 3)),
	  .with = { SET(vmcs12.vm_entry_msr_load_addr, BIT_ULL(MAXPHYADDR) - 32) } },

#if IS_ENABLED(CONFIG_KVM_HYPERV)
	/* See also evmcs_test(). */
	{ CONTROLS, CHECK(!evmcs_has(EVMCS_PINCTRL, vmcs12->pin_based_vm_exec_control)),
	  PAIR(PIN(NMI_EXITING), PIN(VMX_PREEMPTION_TIMER)), .needs = { ON(cpu.has_evmcs, 1) } },
	{ CONTROLS, CHECK(!evmcs_has(EVMCS_EXEC_CTRL, vmcs12->cpu_based_vm_exec_control)),
	  PAIR(PROC(CR3_STORE_EXITING), PROC(ACTIVATE_TERTIARY_CONTROLS)),
	  .needs = { ON(cpu.has_evmcs, 1) } },
	{ CONTROLS,
	  CHECK(secondary && !evmcs_has(EVMCS_2NDEXEC, vmcs12->secondary_vm_exec_control)),
	  PAIR(PROC2(DESC), PROC2(VIRTUALIZE_APIC_ACCESSES)),
	  .needs = { ON(cpu.has_evmcs, 1), PROC(ACTIVATE_SECONDARY_CONTROLS) } },
	{ CONTROLS, CHECK(!evmcs_has(EVMCS_EXIT_CTRLS, vmcs12->vm_exit_controls)),
	  PAIR(EXIT(CLEAR_IA32_RTIT_CTL), EXIT(LOAD_CET_STATE)),
	  .needs = { ON(cpu.has_evmcs, 1) } },
	{ CONTROLS, CHECK(!evmcs_has(EVMCS_ENTRY_CTRLS, vmcs12->vm_entry_controls)),
	  PAIR(ENTRY(LOAD_IA32_RTIT_CTL), ENTRY(LOAD_CET_STATE)),
	  .needs = { ON(cpu.has_evmcs, 1) } },
#endif

	/* See also event_injection_test(). */
#define INFO(value)	SET(vmcs12.vm_entry_intr_info_field, value)
#define VALID		ON(vmcs12.vm_entry_intr_info_field, BIT(31))
	{ EVENT_INJECTION, CHECK(type == INTR_TYPE_RESERVED),
	  PAIR(INFO(EVENT(0, 2)), INFO(EVENT(1, 2))), .needs = { VALID } },
	{ EVENT_INJECTION, CHECK(type == INTR_TYPE_RESERVED),
	  PAIR(INFO(EVENT(2, 2)), INFO(EVENT(1, 2))), .needs = { VALID } },
	{ EVENT_INJECTION, CHECK(other && !has_mtf),
	  PAIR(INFO(EVENT(6, 0)), INFO(EVENT(7, 0))),
	  .needs = { VALID, OFF(msrs.procbased_ctls_high, BIT(27)) } },
	{ EVENT_INJECTION, CHECK(other && vector != 0),
	  PAIR(INFO(EVENT(7, 0)), INFO(EVENT(7, 1))), .needs = { VALID } },
	{ EVENT_INJECTION, CHECK(type == INTR_TYPE_NMI_INTR && vector != NMI_VECTOR),
	  PAIR(INFO(EVENT(2, 2)), INFO(EVENT(2, 1))), .needs = { VALID } },
	{ EVENT_INJECTION, CHECK(type == INTR_TYPE_NMI_INTR && vector != NMI_VECTOR),
	  PAIR(INFO(EVENT(2, 2)), INFO(EVENT(2, 3))), .needs = { VALID } },
	{ EVENT_INJECTION, CHECK(exception && vector > 31),
	  PAIR(INFO(EVENT(3, 31)), INFO(EVENT(3, 32))), .needs = { VALID } },
	{ EVENT_INJECTION, CHECK(error_code && !exception),
	  PAIR(INFO(EVENT(0, 13)), INFO(EVENT(0, 13) | EVENT_ERROR_CODE)), .needs = { VALID } },
	{ EVENT_INJECTION, CHECK(error_code && real_mode),
	  PAIR(INFO(EVENT(3, 13)), INFO(EVENT(3, 13) | EVENT_ERROR_CODE)),
	  .needs = { VALID, OFF(vmcs12.guest_cr0, X86_CR0_PE) },
	  .with = { PROC2(ENABLE_EPT), PROC2(UNRESTRICTED_GUEST), SET(vmcs12.ept_pointer, EPTP),
		    OFF(vmcs12.guest_cr0, X86_CR0_PG),
		    OFF(vmcs12.vm_entry_controls, VM_ENTRY_IA32E_MODE) } },
	{ EVENT_INJECTION,
	  CHECK(error_code_matters && error_code != x86_exception_has_error_code(vector)),
	  PAIR(INFO(EVENT(3, 13) | EVENT_ERROR_CODE), INFO(EVENT(3, 13))),
	  .needs = { VALID, OFF(msrs.basic, BIT_ULL(56)) } },
	{ EVENT_INJECTION,
	  CHECK(error_code_matters && error_code != x86_exception_has_error_code(vector)),
	  PAIR(INFO(EVENT(3, 9)), INFO(EVENT(3, 9) | EVENT_ERROR_CODE)),
	  .needs = { VALID, OFF(msrs.basic, BIT_ULL(56)) } },
	{ EVENT_INJECTION, CHECK(error_code && vmcs12->vm_entry_exception_error_code >> 16),
	  BITS(vmcs12.vm_entry_exception_error_code, 0, GENMASK(31, 16), 0),
	  .needs = { ON(vmcs12.vm_entry_intr_info_field, EVENT_ERROR_CODE) },
	  .with = { INFO(EVENT(3, 13)) } },
	{ EVENT_INJECTION, CHECK(info & INTR_INFO_RESVD_BITS_MASK),
	  BITS(vmcs12.vm_entry_intr_info_field, EVENT(0, 32), GENMASK(30, 12), GENMASK(11, 0)),
	  .needs = { VALID } },
	{ EVENT_INJECTION, CHECK(software && length > X86_MAX_INSTRUCTION_LENGTH),
	  PAIR(SET(vmcs12.vm_entry_instruction_len, 15), SET(vmcs12.vm_entry_instruction_len, 16)),
	  .needs = { VALID }, .with = { INFO(EVENT(4, 3)) } },
	{ EVENT_INJECTION, CHECK(software && !length && !may_be_zero_length),
	  PAIR(SET(vmcs12.vm_entry_instruction_len, 1), SET(vmcs12.vm_entry_instruction_len, 0)),
	  .needs = { VALID, OFF(msrs.misc_low, BIT(30)) }, .with = { INFO(EVENT(4, 3)) } },

	/* See also vtpr_test(). */
	{ VTPR, CHECK((vmcs12->tpr_threshold & 0xf) > vtpr >> 4),
	  PAIR(SET(vtpr, 0x30), SET(vtpr, 0x2f)),
	  .needs = { PROC(TPR_SHADOW), PROC2_OFF(VIRTUAL_INTR_DELIVERY),
		     PROC2_OFF(VIRTUALIZE_APIC_ACCESSES) },
	  .with = { PIN(EXT_INTR_MASK), SET(vmcs12.tpr_threshold, 3) } },

	{ ADDRESS_SPACE_SIZE, CHECK(long_mode_host != long_mode),
	  PAIR(NOTHING, OFF(vmcs12.vm_exit_controls, VM_EXIT_HOST_ADDR_SPACE_SIZE)),
	  .with = { OFF(vmcs12.vm_entry_controls, VM_ENTRY_IA32E_MODE) } },
	{ ADDRESS_SPACE_SIZE, CHECK(long_mode_host != long_mode),
	  PAIR(NOTHING, EXIT(HOST_ADDR_SPACE_SIZE)), .l1_is_32bit = true },

	/* See also fixed_bits_test(). */
	{ HOST_STATE, CHECK(!fixed_bits_valid(host_cr0, msrs->cr0_fixed0, msrs->cr0_fixed1)),
	  PAIR(NOTHING, OFF(vmcs12.host_cr0, X86_CR0_NE)) },
	{ HOST_STATE, CHECK(!fixed_bits_valid(host_cr4, msrs->cr4_fixed0, msrs->cr4_fixed1)),
	  PAIR(NOTHING, OFF(vmcs12.host_cr4, X86_CR4_VMXE)) },
	{ HOST_STATE, CHECK(host_cr4 & cpu->rsvd_cr4),
	  BITS(vmcs12.host_cr4, CR4, RSVD_CR4, 0) },
	{ HOST_STATE, CHECK(host_cr4 & X86_CR4_CET && !(host_cr0 & X86_CR0_WP)),
	  PAIR(NOTHING, OFF(vmcs12.host_cr0, X86_CR0_WP)),
	  .needs = { ON(vmcs12.host_cr4, X86_CR4_CET) } },
	{ HOST_STATE, CHECK(vmcs12->host_cr3 & cpu->rsvd_cr3),
	  ADDRESS(vmcs12.host_cr3, 0, RSVD_CR3, 0) },

	{ HOST_STATE, CHECK(!canonical(cpu, vmcs12->host_ia32_sysenter_esp)),
	  CANONICAL(vmcs12.host_ia32_sysenter_esp, 47, 0) },
	{ HOST_STATE, CHECK(!canonical(cpu, vmcs12->host_ia32_sysenter_eip)),
	  CANONICAL(vmcs12.host_ia32_sysenter_eip, 47, 0) },
	/* See also pat_test(). */
	{ HOST_STATE, CHECK(pat && !kvm_pat_valid(vmcs12->host_ia32_pat)),
	  PAIR(SET(vmcs12.host_ia32_pat, 0x0701040506000606),
	       SET(vmcs12.host_ia32_pat, 0x0701040506000602)),
	  .needs = { EXIT(LOAD_IA32_PAT) } },
	{ HOST_STATE,
	  CHECK(pmu && vmcs12->host_ia32_perf_global_ctrl & cpu->rsvd_perf_global_ctrl),
	  BITS(vmcs12.host_ia32_perf_global_ctrl, 0, RSVD_PERF, 0),
	  .needs = { EXIT(LOAD_IA32_PERF_GLOBAL_CTRL) } },

	/* See also host_mode_test(). */
	{ HOST_STATE, CHECK(long_mode && !(host_cr4 & X86_CR4_PAE)),
	  PAIR(NOTHING, OFF(vmcs12.host_cr4, X86_CR4_PAE)) },
	{ HOST_STATE, CHECK(!host_rip_canonical(vmcs12)), CANONICAL(vmcs12.host_rip, 47, 0) },
	{ HOST_STATE, CHECK(!long_mode && vmcs12->host_rip >> 32),
	  BITS(vmcs12.host_rip, 0, GENMASK_ULL(46, 32), GENMASK_ULL(63, 47)),
	  .l1_is_32bit = true },
	{ HOST_STATE, CHECK(!long_mode && host_cr4 & X86_CR4_PCIDE),
	  PAIR(NOTHING, ON(vmcs12.host_cr4, X86_CR4_PCIDE)), .l1_is_32bit = true },
	{ HOST_STATE, CHECK(!long_mode && vmcs12->vm_entry_controls & VM_ENTRY_IA32E_MODE),
	  PAIR(NOTHING, ENTRY(IA32E_MODE)), .l1_is_32bit = true },
	{ HOST_STATE, CHECK(load_efer && efer & cpu->rsvd_efer),
	  BITS(vmcs12.host_ia32_efer, EFER, RSVD_EFER, 0), .needs = { EXIT(LOAD_IA32_EFER) } },
	{ HOST_STATE, CHECK(load_efer && !!(efer & EFER_LMA) != long_mode),
	  PAIR(SET(vmcs12.host_ia32_efer, 0x500), SET(vmcs12.host_ia32_efer, 0x100)),
	  .needs = { EXIT(LOAD_IA32_EFER) } },
	{ HOST_STATE, CHECK(load_efer && !!(efer & EFER_LMA) != long_mode),
	  PAIR(SET(vmcs12.host_ia32_efer, 0), SET(vmcs12.host_ia32_efer, 0x400)),
	  .needs = { EXIT(LOAD_IA32_EFER) }, .l1_is_32bit = true },
	{ HOST_STATE, CHECK(load_efer && !!(efer & EFER_LME) != long_mode),
	  PAIR(SET(vmcs12.host_ia32_efer, 0x500), SET(vmcs12.host_ia32_efer, 0x400)),
	  .needs = { EXIT(LOAD_IA32_EFER) } },
	{ HOST_STATE, CHECK(load_efer && !!(efer & EFER_LME) != long_mode),
	  PAIR(SET(vmcs12.host_ia32_efer, 0), SET(vmcs12.host_ia32_efer, 0x100)),
	  .needs = { EXIT(LOAD_IA32_EFER) }, .l1_is_32bit = true },

	{ HOST_STATE, CHECK(vmcs12->host_es_selector & rpl_ti),
	  BITS(vmcs12.host_es_selector, 0, 0x7, 0) },
	{ HOST_STATE, CHECK(vmcs12->host_cs_selector & rpl_ti),
	  BITS(vmcs12.host_cs_selector, 0x8, 0x7, 0) },
	{ HOST_STATE, CHECK(vmcs12->host_ss_selector & rpl_ti),
	  BITS(vmcs12.host_ss_selector, 0, 0x7, 0) },
	{ HOST_STATE, CHECK(vmcs12->host_ds_selector & rpl_ti),
	  BITS(vmcs12.host_ds_selector, 0, 0x7, 0) },
	{ HOST_STATE, CHECK(vmcs12->host_fs_selector & rpl_ti),
	  BITS(vmcs12.host_fs_selector, 0, 0x7, 0) },
	{ HOST_STATE, CHECK(vmcs12->host_gs_selector & rpl_ti),
	  BITS(vmcs12.host_gs_selector, 0, 0x7, 0) },
	{ HOST_STATE, CHECK(vmcs12->host_tr_selector & rpl_ti),
	  BITS(vmcs12.host_tr_selector, 0x8, 0x7, 0) },
	{ HOST_STATE, CHECK(!vmcs12->host_cs_selector),
	  PAIR(SET(vmcs12.host_cs_selector, 8), SET(vmcs12.host_cs_selector, 0)) },
	{ HOST_STATE, CHECK(!vmcs12->host_tr_selector),
	  PAIR(SET(vmcs12.host_tr_selector, 8), SET(vmcs12.host_tr_selector, 0)) },
	{ HOST_STATE, CHECK(!vmcs12->host_ss_selector && !long_mode),
	  PAIR(SET(vmcs12.host_ss_selector, 8), SET(vmcs12.host_ss_selector, 0)),
	  .l1_is_32bit = true },
	{ HOST_STATE, CHECK(!canonical(cpu, vmcs12->host_fs_base)),
	  CANONICAL(vmcs12.host_fs_base, 47, 0) },
	{ HOST_STATE, CHECK(!canonical(cpu, vmcs12->host_gs_base)),
	  CANONICAL(vmcs12.host_gs_base, 47, 0) },
	{ HOST_STATE, CHECK(!canonical(cpu, vmcs12->host_tr_base)),
	  CANONICAL(vmcs12.host_tr_base, 47, 0) },
	{ HOST_STATE, CHECK(!canonical(cpu, vmcs12->host_gdtr_base)),
	  CANONICAL(vmcs12.host_gdtr_base, 47, 0) },
	{ HOST_STATE, CHECK(!canonical(cpu, vmcs12->host_idtr_base)),
	  CANONICAL(vmcs12.host_idtr_base, 47, 0) },

	/* In S_CET, bit 10 and 11 exclude each other. */
	{ HOST_STATE, CHECK(!s_cet_valid(cpu, s_cet)),
	  BITS(vmcs12.host_s_cet, 0, RSVD_S_CET, GENMASK_ULL(63, 47)),
	  .needs = { EXIT(LOAD_CET_STATE) } },
	{ HOST_STATE, CHECK(!s_cet_valid(cpu, s_cet)),
	  BITS(vmcs12.host_s_cet, BIT(10), RSVD_S_CET | BIT(11), GENMASK_ULL(63, 47)),
	  .needs = { EXIT(LOAD_CET_STATE) } },
	{ HOST_STATE, CHECK(!IS_ALIGNED(host_ssp, 4)),
	  BITS(vmcs12.host_ssp, 0, 0x3, GENMASK_ULL(63, 47)), .needs = { EXIT(LOAD_CET_STATE) } },
	{ HOST_STATE, CHECK(!canonical(cpu, vmcs12->host_ssp_tbl)),
	  CANONICAL(vmcs12.host_ssp_tbl, 47, 0), .needs = { EXIT(LOAD_CET_STATE) } },
	{ HOST_STATE, CHECK(!canonical(cpu, vmcs12->host_ssp_tbl)),
	  CANONICAL(vmcs12.host_ssp_tbl, 47, 0), .needs = { EXIT(LOAD_CET_STATE) },
	  .l1_is_32bit = true },
	{ HOST_STATE, CHECK(long_mode && !canonical(cpu, s_cet)),
	  CANONICAL(vmcs12.host_s_cet, 47, GENMASK(11, 6)), .needs = { EXIT(LOAD_CET_STATE) } },
	{ HOST_STATE, CHECK(long_mode && !canonical(cpu, host_ssp)),
	  CANONICAL(vmcs12.host_ssp, 47, 0x3), .needs = { EXIT(LOAD_CET_STATE) } },
	{ HOST_STATE, CHECK(!long_mode && s_cet >> 32),
	  BITS(vmcs12.host_s_cet, 0, GENMASK_ULL(63, 32), GENMASK(11, 6)),
	  .needs = { EXIT(LOAD_CET_STATE) }, .l1_is_32bit = true },
	{ HOST_STATE, CHECK(!long_mode && host_ssp >> 32),
	  BITS(vmcs12.host_ssp, 0, GENMASK_ULL(63, 32), 0x3),
	  .needs = { EXIT(LOAD_CET_STATE) }, .l1_is_32bit = true },

	/* See also fixed_bits_test(). */
	{ GUEST_STATE, CHECK(!fixed_bits_valid(guest_cr0, cr0_fixed0, msrs->cr0_fixed1)),
	  PAIR(NOTHING, OFF(vmcs12.guest_cr0, X86_CR0_NE)) },
	{ GUEST_STATE, CHECK(!fixed_bits_valid(guest_cr4, msrs->cr4_fixed0, msrs->cr4_fixed1)),
	  PAIR(NOTHING, OFF(vmcs12.guest_cr4, X86_CR4_VMXE)) },
	{ GUEST_STATE, CHECK(guest_cr4 & cpu->rsvd_cr4),
	  BITS(vmcs12.guest_cr4, CR4, RSVD_CR4, 0) },
	{ GUEST_STATE, CHECK(guest_cr4 & X86_CR4_CET && !(guest_cr0 & X86_CR0_WP)),
	  PAIR(NOTHING, OFF(vmcs12.guest_cr0, X86_CR0_WP)),
	  .needs = { ON(vmcs12.guest_cr4, X86_CR4_CET) } },
	/* Without unrestricted guest, paging is mandatory. */
	{ GUEST_STATE, CHECK(guest_cr0 & X86_CR0_PG && !(guest_cr0 & X86_CR0_PE)),
	  PAIR(NOTHING, OFF(vmcs12.guest_cr0, X86_CR0_PE)),
	  .needs = { ON(vmcs12.guest_cr0, X86_CR0_PG) },
	  .with = { PROC2(ENABLE_EPT), PROC2(UNRESTRICTED_GUEST), SET(vmcs12.ept_pointer, EPTP),
		    OFF(vmcs12.vm_entry_controls, VM_ENTRY_IA32E_MODE) } },
	{ GUEST_STATE, CHECK(long_mode && !(guest_cr0 & X86_CR0_PG)),
	  PAIR(NOTHING, OFF(vmcs12.guest_cr0, X86_CR0_PG)), .needs = { ENTRY(IA32E_MODE) },
	  .with = { PROC2(ENABLE_EPT), PROC2(UNRESTRICTED_GUEST), SET(vmcs12.ept_pointer, EPTP) } },
	{ GUEST_STATE, CHECK(long_mode && !(guest_cr4 & X86_CR4_PAE)),
	  PAIR(NOTHING, OFF(vmcs12.guest_cr4, X86_CR4_PAE)), .needs = { ENTRY(IA32E_MODE) } },
	{ GUEST_STATE, CHECK(vmcs12->guest_cr3 & cpu->rsvd_cr3),
	  ADDRESS(vmcs12.guest_cr3, 0, RSVD_CR3, 0) },

	{ GUEST_STATE, CHECK(!kvm_dr7_valid(vmcs12->guest_dr7)),
	  BITS(vmcs12.guest_dr7, 0, GENMASK_ULL(63, 32), 0),
	  .needs = { ENTRY(LOAD_DEBUG_CONTROLS) } },
	{ GUEST_STATE, CHECK(vmcs12->guest_ia32_debugctl & cpu->rsvd_debugctl),
	  BITS(vmcs12.guest_ia32_debugctl, 0, RSVD_DEBUGCTL, 0),
	  .needs = { ENTRY(LOAD_DEBUG_CONTROLS) } },

	/* See also pat_test(). */
	{ GUEST_STATE, CHECK(pat && !kvm_pat_valid(vmcs12->guest_ia32_pat)),
	  PAIR(SET(vmcs12.guest_ia32_pat, 0x0701040506000606),
	       SET(vmcs12.guest_ia32_pat, 0x0801040506000606)),
	  .needs = { ENTRY(LOAD_IA32_PAT) } },
	{ GUEST_STATE,
	  CHECK(pmu && vmcs12->guest_ia32_perf_global_ctrl & cpu->rsvd_perf_global_ctrl),
	  BITS(vmcs12.guest_ia32_perf_global_ctrl, 0, RSVD_PERF, 0),
	  .needs = { ENTRY(LOAD_IA32_PERF_GLOBAL_CTRL) } },
	{ GUEST_STATE, CHECK(mpx && bndcfgs & MSR_IA32_BNDCFGS_RSVD),
	  BITS(vmcs12.guest_bndcfgs, 0, GENMASK(11, 2), GENMASK_ULL(63, 47)),
	  .needs = { ENTRY(LOAD_BNDCFGS) } },
	{ GUEST_STATE, CHECK(mpx && !canonical(cpu, bndcfgs & PAGE_MASK)),
	  CANONICAL(vmcs12.guest_bndcfgs, 47, GENMASK(11, 2)), .needs = { ENTRY(LOAD_BNDCFGS) } },

	{ GUEST_STATE, CHECK(!s_cet_valid(cpu, vmcs12->guest_s_cet)),
	  BITS(vmcs12.guest_s_cet, 0, RSVD_S_CET, GENMASK_ULL(63, 47)),
	  .needs = { ENTRY(LOAD_CET_STATE) } },
	{ GUEST_STATE, CHECK(!s_cet_valid(cpu, vmcs12->guest_s_cet)),
	  BITS(vmcs12.guest_s_cet, BIT(11), RSVD_S_CET | BIT(10), GENMASK_ULL(63, 47)),
	  .needs = { ENTRY(LOAD_CET_STATE) } },
	{ GUEST_STATE, CHECK(!canonical(cpu, vmcs12->guest_s_cet)),
	  CANONICAL(vmcs12.guest_s_cet, 47, GENMASK(11, 6)), .needs = { ENTRY(LOAD_CET_STATE) } },
	{ GUEST_STATE, CHECK(!IS_ALIGNED(guest_ssp, 4)),
	  BITS(vmcs12.guest_ssp, 0, 0x3, GENMASK_ULL(63, 48)), .needs = { ENTRY(LOAD_CET_STATE) } },
	{ GUEST_STATE, CHECK(!__is_canonical_address(guest_ssp, cpu->linear_width + 1)),
	  CANONICAL(vmcs12.guest_ssp, 48, 0x3), .needs = { ENTRY(LOAD_CET_STATE) } },
	{ GUEST_STATE, CHECK(!canonical(cpu, vmcs12->guest_ssp_tbl)),
	  CANONICAL(vmcs12.guest_ssp_tbl, 47, 0), .needs = { ENTRY(LOAD_CET_STATE) } },

	/* Active, HLT, and wait-for-SIPI, but not shutdown */
	{ GUEST_STATE, CHECK(activity != GUEST_ACTIVITY_ACTIVE && activity != GUEST_ACTIVITY_HLT &&
			     activity != GUEST_ACTIVITY_WAIT_SIPI),
	  PAIR(SET(vmcs12.guest_activity_state, 1), SET(vmcs12.guest_activity_state, 2)) },
	{ GUEST_STATE, CHECK(activity != GUEST_ACTIVITY_ACTIVE && activity != GUEST_ACTIVITY_HLT &&
			     activity != GUEST_ACTIVITY_WAIT_SIPI),
	  BITS(vmcs12.guest_activity_state, 3, GENMASK(31, 2), 0) },

	/* See also guest_efer_test(). */
	{ GUEST_EFER, CHECK(efer & cpu->rsvd_efer),
	  BITS(vmcs12.guest_ia32_efer, EFER, RSVD_EFER, 0), .needs = { ENTRY(LOAD_IA32_EFER) } },
	{ GUEST_EFER, CHECK(!!(efer & EFER_LMA) != long_mode),
	  PAIR(SET(vmcs12.guest_ia32_efer, 0x500), SET(vmcs12.guest_ia32_efer, 0x100)),
	  .needs = { ENTRY(LOAD_IA32_EFER) } },
	{ GUEST_EFER, CHECK(paging && !!(efer & EFER_LME) != long_mode),
	  PAIR(SET(vmcs12.guest_ia32_efer, 0x500), SET(vmcs12.guest_ia32_efer, 0x400)),
	  .needs = { ENTRY(LOAD_IA32_EFER) } },

	/* Bits 6 and 8 of IA32_VMX_MISC report HLT (1) and wait-for-SIPI (3). */
	{ GUEST_ACTIVITY, CHECK(hlt && !(misc & VMX_MISC_ACTIVITY_HLT)),
	  PAIR(ON(msrs.misc_low, BIT(6)), OFF(msrs.misc_low, BIT(6))), .needs = { HLT } },
	{ GUEST_ACTIVITY, CHECK(wait_sipi && !(misc & VMX_MISC_ACTIVITY_WAIT_SIPI)),
	  PAIR(ON(msrs.misc_low, BIT(8)), OFF(msrs.misc_low, BIT(8))), .needs = { WAIT_SIPI } },
	{ GUEST_ACTIVITY, CHECK(blocking & (GUEST_INTR_STATE_STI | GUEST_INTR_STATE_MOV_SS)),
	  BITS(vmcs12.guest_interruptibility_info, 0, 0x3, 0), .needs = { HLT } },
	{ GUEST_ACTIVITY, CHECK(blocking & (GUEST_INTR_STATE_STI | GUEST_INTR_STATE_MOV_SS)),
	  BITS(vmcs12.guest_interruptibility_info, 0, 0x3, 0), .needs = { WAIT_SIPI } },
	{ GUEST_ACTIVITY, CHECK(hlt && VMX_AR_DPL(vmcs12->guest_ss_ar_bytes)),
	  BITS(vmcs12.guest_ss_ar_bytes, 0, GENMASK(6, 5), 0), .needs = { HLT } },
	/* External interrupts, NMIs, MTF, #DB and #MC may be injected, nothing else. */
	{ GUEST_ACTIVITY, CHECK(hlt && event && !may_inject_in_hlt(info)),
	  PAIR(INJECT(0, 0x20), INJECT(4, 0x20)), .needs = { HLT } },
	{ GUEST_ACTIVITY, CHECK(hlt && event && !may_inject_in_hlt(info)),
	  PAIR(INJECT(2, 2), INJECT(6, 3)), .needs = { HLT } },
	{ GUEST_ACTIVITY, CHECK(hlt && event && !may_inject_in_hlt(info)),
	  PAIR(INJECT(7, 0), INJECT(5, 1)), .needs = { HLT } },
	{ GUEST_ACTIVITY, CHECK(hlt && event && !may_inject_in_hlt(info)),
	  PAIR(INJECT(3, 1), INJECT(3, 0)), .needs = { HLT } },
	{ GUEST_ACTIVITY, CHECK(hlt && event && !may_inject_in_hlt(info)),
	  PAIR(INJECT(3, 18), INJECT(3, 19)), .needs = { HLT } },
	{ GUEST_ACTIVITY, CHECK(wait_sipi && event),
	  PAIR(SET(vmcs12.vm_entry_intr_info_field, 0x202), INJECT(2, 2)),
	  .needs = { WAIT_SIPI } },

	{ LINK_POINTER, CHECK(!legal_page(cpu, vmcs12->vmcs_link_pointer)),
	  GPA(vmcs12.vmcs_link_pointer, 4096) },
	{ LINK_POINTER, CHECK(!legal_page(cpu, vmcs12->vmcs_link_pointer)),
	  PAIR(SET(vmcs12.vmcs_link_pointer, ~0ull), SET(vmcs12.vmcs_link_pointer, ~1ull)) },

	{ LINK_POINTER, CHECK(vmcs12->vmcs_link_pointer == current_vmptr),
	  PAIR(SET(vmcs12.vmcs_link_pointer, 0x5554000),
	       SET(vmcs12.vmcs_link_pointer, 0x5555000)) },

	/* The revision in bit 30:0, and whether it's a shadow VMCS in bit 31 */
	{ LINK_HEADER, CHECK(hdr->revision_id != VMCS12_REVISION),
	  BITS(link, 0x11e57ed0, GENMASK(30, 0), BIT(31)),
	  .with = { SET(vmcs12.vmcs_link_pointer, 0) } },
	{ LINK_HEADER, CHECK(hdr->revision_id != VMCS12_REVISION),
	  PAIR(SET(link, 0x11e57ed0), SET(link, 0x11e57ecf)),
	  .with = { SET(vmcs12.vmcs_link_pointer, 0) } },
	{ LINK_HEADER, CHECK(hdr->shadow_vmcs != nested_cpu_has_shadow_vmcs(vmcs12)),
	  PAIR(SET(link, 0x11e57ed0), SET(link, 0x91e57ed0)),
	  .with = { SET(vmcs12.vmcs_link_pointer, 0) } },
	{ LINK_HEADER, CHECK(hdr->shadow_vmcs != nested_cpu_has_shadow_vmcs(vmcs12)),
	  PAIR(ON(link, BIT(31)), NOTHING), .needs = { PROC2(SHADOW_VMCS) },
	  .with = { SET(vmcs12.vmcs_link_pointer, 0) } },

	/* See also msr_index_test(). */
	{ MSR_LOAD, CHECK(entry->index == MSR_FS_BASE),
	  PAIR(SET(load.index, 0xc00000ff), SET(load.index, 0xc0000100)) },
	{ MSR_LOAD, CHECK(entry->index == MSR_GS_BASE),
	  PAIR(SET(load.index, 0xc0000102), SET(load.index, 0xc0000101)) },
	{ MSR_LOAD, CHECK(entry->index == MSR_IA32_SMM_MONITOR_CTL),
	  PAIR(SET(load.index, 0x9c), SET(load.index, 0x9b)) },
	{ MSR_LOAD, CHECK(entry->index >> 8 == 0x8),
	  PAIR(SET(load.index, 0x7ff), SET(load.index, 0x800)) },
	{ MSR_LOAD, CHECK(entry->index >> 8 == 0x8),
	  PAIR(SET(load.index, 0x900), SET(load.index, 0x8ff)) },
	{ MSR_LOAD, CHECK(entry->index == MSR_IA32_UCODE_WRITE),
	  PAIR(SET(load.index, 0x78), SET(load.index, 0x79)) },
	{ MSR_LOAD, CHECK(entry->index == MSR_IA32_UCODE_REV),
	  PAIR(SET(load.index, 0x8c), SET(load.index, 0x8b)) },
	{ MSR_LOAD, CHECK(entry->reserved), BITS(load.reserved, 0, GENMASK(31, 0), 0) },

	{ MSR_STORE, CHECK(entry->index == MSR_IA32_SMBASE),
	  PAIR(SET(store.index, 0x9d), SET(store.index, 0x9e)) },
	{ MSR_STORE, CHECK(entry->index >> 8 == 0x8),
	  PAIR(SET(store.index, 0x7ff), SET(store.index, 0x800)) },
	{ MSR_STORE, CHECK(entry->index >> 8 == 0x8),
	  PAIR(SET(store.index, 0x900), SET(store.index, 0x8ff)) },
	{ MSR_STORE, CHECK(entry->index == MSR_IA32_UCODE_WRITE),
	  PAIR(SET(store.index, 0x7a), SET(store.index, 0x79)) },
	{ MSR_STORE, CHECK(entry->index == MSR_IA32_UCODE_REV),
	  PAIR(SET(store.index, 0x8a), SET(store.index, 0x8b)) },
	{ MSR_STORE, CHECK(entry->reserved), BITS(store.reserved, 0, GENMASK(31, 0), 0) },
};

KUNIT_ARRAY_PARAM_DESC(rule, rules, check);

#define for_each_rule(rule)								\
	for (rule = rules; rule < rules + ARRAY_SIZE(rules); rule++)

#define for_each_change(c, array)							\
	for (c = array; c < array + ARRAY_SIZE(array) && c->field.size; c++)

#define for_each_name(n)								\
	for (n = names; n < names + nr_names; n++)

static const struct nested_check_name *names;
static unsigned int nr_names;

struct nested_checks_test {
	struct vm_entry e;
	struct vm_entry before;
};

/* Start over with what @rule applies to, but the values that it's about. */
static void set_rule(struct vm_entry *e, const struct rule *rule)
{
	const struct change *c;

	if (rule->l1_is_32bit)
		set_32bit_baseline(e);
	else
		set_baseline(e);

	for_each_change(c, rule->with)
		apply(e, c);
	for_each_change(c, rule->needs)
		apply(e, c);
}

static bool is_same(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

/* Each group has to report the check that is expected of it, and change nothing. */
static __printf(4, 5) void expect(struct kunit *test, enum group violated, const char *check,
				  const char *fmt, ...)
{
	struct nested_checks_test *t = test->priv;
	struct va_format vaf = { .fmt = fmt };
	const char *expected, *actual;
	enum group group;
	va_list args;

	va_start(args, fmt);
	vaf.va = &args;
	t->before = t->e;

	for (group = 0; group < NR_GROUPS; group++) {
		expected = group == violated ? check : NULL;
		actual = violated_check(&t->e, group);
		KUNIT_EXPECT_TRUE_MSG(test, is_same(actual, expected),
				      "%s: violated is \"%s\" instead of \"%s\": %pV",
				      group_names[group], actual ?: "", expected ?: "", &vaf);
	}

	KUNIT_EXPECT_MEMEQ_MSG(test, &t->e, &t->before, sizeof(t->e), "changed: %pV", &vaf);
	va_end(args);
}

static void expect_rule(struct kunit *test, const struct rule *rule, bool illegal, u64 value,
			const char *what)
{
	expect(test, rule->group, illegal ? rule->check : NULL, "%s: %#llx%s", rule->check, value,
	       what);
}

/* The check has to tell what's illegal, and only if it applies. */
static void probe(struct kunit *test, const struct rule *rule, const struct change *value,
		  bool illegal)
{
	const struct field secondary = FIELD(vmcs12.secondary_vm_exec_control);
	struct nested_checks_test *t = test->priv;
	const struct change *need;

	set_rule(&t->e, rule);
	apply(&t->e, value);
	expect_rule(test, rule, illegal, value->set, "");
	if (!illegal)
		return;

	for_each_change(need, rule->needs) {
		set_rule(&t->e, rule);
		apply(&t->e, value);
		undo(&t->e, need);
		expect_rule(test, rule, false, value->set, ", without something needed");

		if (need->field.offset != secondary.offset || !need->set)
			continue;
		apply(&t->e, need);
		t->e.vmcs12.cpu_based_vm_exec_control &= ~CPU_BASED_ACTIVATE_SECONDARY_CONTROLS;
		expect_rule(test, rule, false, value->set, ", without secondary controls");
	}
}

static void rule_test(struct kunit *test)
{
	const struct rule *rule = test->param_value;
	const struct values *values = &rule->values;
	struct change value = values->legal;
	unsigned int i;

	probe(test, rule, &values->legal, false);

	if (!values->reserved) {
		probe(test, rule, &values->illegal, true);
		return;
	}

	for (i = 0; i < 8 * value.field.size; i++) {
		if ((values->legal.set | values->others) & BIT_ULL(i))
			continue;
		value.set = values->legal.set | BIT_ULL(i);
		probe(test, rule, &value, values->reserved & BIT_ULL(i));
	}
}

/* Which bits of an address are reserved depends on MAXPHYADDR. */
static void maxphyaddr_test(struct kunit *test)
{
	static const u8 widths[] = { 32, 36, 39, 52 };
	struct nested_checks_test *t = test->priv;
	const struct values *values;
	const struct rule *rule;
	struct change value;
	unsigned int i, j;
	u64 reserved;

	for_each_rule(rule) {
		values = &rule->values;
		if (!values->is_gpa)
			continue;

		for (i = 0; i < ARRAY_SIZE(widths); i++) {
			set_rule(&t->e, rule);
			t->e.cpu.rsvd_gpa = GENMASK_ULL(63, widths[i]);
			t->e.cpu.rsvd_cr3 = t->e.cpu.rsvd_gpa & ~LAM_BITS;
			reserved = GENMASK_ULL(MAXPHYADDR - 1, 0) & values->reserved;
			reserved |= t->e.cpu.rsvd_gpa & (values->reserved | ~RSVD_GPA);

			value = values->legal;
			for (j = 0; j < 64; j++) {
				if ((values->legal.set | values->others) & BIT_ULL(j))
					continue;
				value.set = values->legal.set | BIT_ULL(j);
				apply(&t->e, &value);
				expect_rule(test, rule, reserved & BIT_ULL(j), value.set,
					    " with another MAXPHYADDR");
			}

			value.set = values->legal.set | ~(reserved | values->others);
			apply(&t->e, &value);
			expect_rule(test, rule, false, value.set, ", i.e. all legal bits");
		}
	}
}

static void expect_canonical(struct kunit *test, const struct rule *rule, u64 value, bool illegal)
{
	struct nested_checks_test *t = test->priv;

	set_field(&t->e, &rule->values.legal.field, value & ~rule->values.others);
	expect_rule(test, rule, illegal, value, t->e.cpu.linear_width == 57 ? ", LA57" : "");
}

/*
 * The width of linear addresses is the CPU's, whatever CR4.LA57; except for RIP, for
 * which it's up to CR4.
 */
static void canonical_test(struct kunit *test)
{
	const struct field rip = FIELD(vmcs12.host_rip);
	struct nested_checks_test *t = test->priv;
	bool cpu_la57, cr4_la57, la57;
	const struct rule *rule;
	unsigned int i, j, top;

	for_each_rule(rule) {
		if (!rule->values.canonical)
			continue;

		for (i = 0; i < 4; i++) {
			cpu_la57 = i & 1;
			cr4_la57 = i & 2;
			set_rule(&t->e, rule);
			if (cpu_la57)
				t->e.cpu.linear_width = 57;
			if (cr4_la57)
				t->e.vmcs12.host_cr4 |= X86_CR4_LA57;

			la57 = rule->values.legal.field.offset == rip.offset ? cr4_la57 : cpu_la57;
			top = rule->values.canonical + (la57 ? 9 : 0);

			for (j = 0; j < 64; j++) {
				expect_canonical(test, rule, BIT_ULL(j), j >= top);
				expect_canonical(test, rule, ~BIT_ULL(j), j >= top);
				expect_canonical(test, rule, BIT_ULL(j) - 1, j > top);
				expect_canonical(test, rule, -BIT_ULL(j), j > top);
			}
		}
	}
}

/*
 * Each bit of what capability MSRs restrict, with all that they may say about it.
 * A bit that is fine here may not be elsewhere, thus only look out for this check.
 */
static void fixed_bits_test(struct kunit *test)
{
	static const struct {
		enum group group;
		const char *check;
		struct field value, must_be_1, may_be_1;
		u64 may_be_0;
	} fields[] = {
		{ CONTROLS, CHECK(!ctls_valid(vmcs12->pin_based_vm_exec_control,
					      msrs->pinbased_ctls_low, msrs->pinbased_ctls_high)),
		  FIELD(vmcs12.pin_based_vm_exec_control),
		  FIELD(msrs.pinbased_ctls_low), FIELD(msrs.pinbased_ctls_high) },
		{ CONTROLS, CHECK(!ctls_valid(vmcs12->cpu_based_vm_exec_control,
					      msrs->procbased_ctls_low, msrs->procbased_ctls_high)),
		  FIELD(vmcs12.cpu_based_vm_exec_control),
		  FIELD(msrs.procbased_ctls_low), FIELD(msrs.procbased_ctls_high) },
		{ CONTROLS, CHECK(secondary && !ctls_valid(secondary_ctls, msrs->secondary_ctls_low,
				      msrs->secondary_ctls_high)),
		  FIELD(vmcs12.secondary_vm_exec_control),
		  FIELD(msrs.secondary_ctls_low), FIELD(msrs.secondary_ctls_high) },
		{ CONTROLS, CHECK(!ctls_valid(vmcs12->vm_exit_controls,
					      msrs->exit_ctls_low, msrs->exit_ctls_high)),
		  FIELD(vmcs12.vm_exit_controls),
		  FIELD(msrs.exit_ctls_low), FIELD(msrs.exit_ctls_high) },
		{ CONTROLS, CHECK(!ctls_valid(vmcs12->vm_entry_controls,
					      msrs->entry_ctls_low, msrs->entry_ctls_high)),
		  FIELD(vmcs12.vm_entry_controls),
		  FIELD(msrs.entry_ctls_low), FIELD(msrs.entry_ctls_high) },
		{ HOST_STATE,
		  CHECK(!fixed_bits_valid(host_cr0, msrs->cr0_fixed0, msrs->cr0_fixed1)),
		  FIELD(vmcs12.host_cr0), FIELD(msrs.cr0_fixed0), FIELD(msrs.cr0_fixed1) },
		{ HOST_STATE,
		  CHECK(!fixed_bits_valid(host_cr4, msrs->cr4_fixed0, msrs->cr4_fixed1)),
		  FIELD(vmcs12.host_cr4), FIELD(msrs.cr4_fixed0), FIELD(msrs.cr4_fixed1) },
		{ GUEST_STATE,
		  CHECK(!fixed_bits_valid(guest_cr0, cr0_fixed0, msrs->cr0_fixed1)),
		  FIELD(vmcs12.guest_cr0), FIELD(msrs.cr0_fixed0), FIELD(msrs.cr0_fixed1) },
		/* An unrestricted guest */
		{ GUEST_STATE,
		  CHECK(!fixed_bits_valid(guest_cr0, cr0_fixed0, msrs->cr0_fixed1)),
		  FIELD(vmcs12.guest_cr0), FIELD(msrs.cr0_fixed0), FIELD(msrs.cr0_fixed1),
		  X86_CR0_PE | X86_CR0_PG },
		{ GUEST_STATE,
		  CHECK(!fixed_bits_valid(guest_cr4, msrs->cr4_fixed0, msrs->cr4_fixed1)),
		  FIELD(vmcs12.guest_cr4), FIELD(msrs.cr4_fixed0), FIELD(msrs.cr4_fixed1) },
	};
	struct nested_checks_test *t = test->priv;
	bool must_be_1, may_be_1, value, illegal;
	unsigned int i, j;
	u64 bit, old;

	for (i = 0; i < ARRAY_SIZE(fields); i++) {
		/* A bit of the field, and three for what it is and has to be. */
		for (j = 0; j < 8 * fields[i].value.size << 3; j++) {
			bit = BIT_ULL(j >> 3);
			must_be_1 = j & 1;
			may_be_1 = j & 2;
			value = j & 4;
			if (must_be_1 && !may_be_1)
				continue;

			illegal = value ? !may_be_1 : must_be_1 && !(bit & fields[i].may_be_0);

			set_baseline(&t->e);
			if (fields[i].may_be_0)
				t->e.vmcs12.secondary_vm_exec_control =
					SECONDARY_EXEC_UNRESTRICTED_GUEST;
			set_field(&t->e, &fields[i].must_be_1, must_be_1 ? bit : 0);
			set_field(&t->e, &fields[i].may_be_1, may_be_1 ? ~0ull : ~bit);
			old = get_field(&t->e, &fields[i].value);
			set_field(&t->e, &fields[i].value, value ? old | bit : old & ~bit);
			KUNIT_EXPECT_EQ_MSG(test,
					    is_same(violated_check(&t->e, fields[i].group),
						    fields[i].check),
					    illegal,
					    "%s: bit %d is %d, must be 1: %d, may be 1: %d",
					    fields[i].check, j >> 3, value, must_be_1, may_be_1);
		}
	}
}

static void cr3_target_count_test(struct kunit *test)
{
	static const u32 limits[] = { 0, 1, 4, 255, 256, 511 };
	const char *check = CHECK(vmcs12->cr3_target_count > vmx_misc_cr3_count(msrs->misc_low));
	struct nested_checks_test *t = test->priv;
	unsigned int i;

	set_baseline(&t->e);

	for (i = 0; i < ARRAY_SIZE(limits); i++) {
		t->e.msrs.misc_low = limits[i] << 16;
		t->e.vmcs12.cr3_target_count = limits[i];
		expect(test, CONTROLS, NULL, "%u of %u", limits[i], limits[i]);
		t->e.vmcs12.cr3_target_count = limits[i] + 1;
		expect(test, CONTROLS, check, "%u of %u", limits[i] + 1, limits[i]);
		t->e.vmcs12.cr3_target_count = ~0;
		expect(test, CONTROLS, check, "%u of %u", ~0, limits[i]);

		/* All other bits mean something else. */
		t->e.msrs.misc_low |= ~GENMASK(24, 16);
		expect(test, CONTROLS, check, "%u of %u", ~0, limits[i]);
	}
}

static void msr_count_test(struct kunit *test)
{
	static const struct {
		struct field count;
		const char *check;
	} areas[] = {
		{ FIELD(vmcs12.vm_exit_msr_load_count),
		  CHECK(!msr_count_valid(cpu, vmcs12->vm_exit_msr_load_count)) },
		{ FIELD(vmcs12.vm_exit_msr_store_count),
		  CHECK(!msr_count_valid(cpu, vmcs12->vm_exit_msr_store_count)) },
		{ FIELD(vmcs12.vm_entry_msr_load_count),
		  CHECK(!msr_count_valid(cpu, vmcs12->vm_entry_msr_load_count)) },
	};
	struct nested_checks_test *t = test->priv;
	unsigned int i, n, limit;

	for (i = 0; i < ARRAY_SIZE(areas); i++) {
		set_baseline(&t->e);

		for (n = 0; n < 8; n++) {
			limit = 512 * (n + 1);
			t->e.msrs.misc_low = ~GENMASK(27, 25) | n << 25;
			set_field(&t->e, &areas[i].count, limit - 1);
			expect(test, CONTROLS, NULL, "%u of %u", limit - 1, limit);
			set_field(&t->e, &areas[i].count, limit);
			expect(test, CONTROLS, NULL, "%u of %u", limit, limit);
			set_field(&t->e, &areas[i].count, limit + 1);
			expect(test, CONTROLS, areas[i].check, "%u of %u", limit + 1, limit);
			set_field(&t->e, &areas[i].count, BIT(28));
			expect(test, CONTROLS, areas[i].check, "%lu of %u", BIT(28), limit);
			set_field(&t->e, &areas[i].count, ~0);
			expect(test, CONTROLS, areas[i].check, "%u of %u", ~0, limit);
		}
	}
}

/* In each of the eight bytes: UC, WC, WT, WP, WB, and UC- */
static void pat_test(struct kunit *test)
{
	static const u8 types[] = { 0, 1, 4, 5, 6, 7 };
	struct nested_checks_test *t = test->priv;
	unsigned int i, type;
	bool legal;
	u64 pat;

	set_baseline(&t->e);
	t->e.vmcs12.vm_exit_controls |= VM_EXIT_LOAD_IA32_PAT;
	t->e.vmcs12.vm_entry_controls |= VM_ENTRY_LOAD_IA32_PAT;

	for (type = 0; type < 256; type++) {
		legal = memchr(types, type, sizeof(types));

		for (i = 0; i < 8; i++) {
			pat = 0x0007040600070406 & ~(0xffull << 8 * i);
			pat |= (u64)type << 8 * i;
			t->e.vmcs12.host_ia32_pat = pat;
			t->e.vmcs12.guest_ia32_pat = pat;
			KUNIT_EXPECT_EQ_MSG(test, !violated_check(&t->e, HOST_STATE), legal,
					    "%#llx", pat);
			KUNIT_EXPECT_EQ_MSG(test, !violated_check(&t->e, GUEST_STATE), legal,
					    "%#llx", pat);
		}
	}
}

static bool eptp_is_legal(u64 eptp, u32 caps)
{
	unsigned int memory_type = eptp & 7, levels = (eptp >> 3 & 7) + 1;
	bool access_dirty = eptp & BIT(6);

	return ((memory_type == 0 && caps & BIT(8)) || (memory_type == 6 && caps & BIT(14))) &&
	       ((levels == 4 && caps & BIT(6)) || (levels == 5 && caps & BIT(7))) &&
	       (!access_dirty || caps & BIT(21)) &&
	       !(eptp & GENMASK(11, 7)) && !(eptp >> MAXPHYADDR);
}

/* All of bits 6:0, with at most one of the others, for all capabilities that matter. */
static void eptp_test(struct kunit *test)
{
	static const u8 cap_bits[] = { 6, 7, 8, 14, 21 };
	struct nested_checks_test *t = test->priv;
	unsigned int caps, i, bit, nr_legal = 0;
	bool legal;
	u64 eptp;

	set_baseline(&t->e);

	for (caps = 0; caps < BIT(ARRAY_SIZE(cap_bits)); caps++) {
		t->e.msrs.ept_caps = ~0;
		for (i = 0; i < ARRAY_SIZE(cap_bits); i++) {
			if (!(caps & BIT(i)))
				t->e.msrs.ept_caps &= ~BIT(cap_bits[i]);
		}

		for (i = 0; i < 128; i++) {
			for (bit = 6; bit < 64; bit++) {
				eptp = i | (bit > 6 ? BIT_ULL(bit) : 0);
				legal = eptp_is_legal(eptp, t->e.msrs.ept_caps);
				nr_legal += legal;
				KUNIT_ASSERT_EQ_MSG(test, !nested_check_eptp(eptp, &t->e.cpu),
						    legal, "EPTP %#llx, capabilities %#x", eptp,
						    t->e.msrs.ept_caps);
			}
		}
	}

	/* Half of the capabilities each for a memory type, a length, without and with AD. */
	KUNIT_EXPECT_EQ(test, nr_legal, 2 * 2 * (8 + 4) * (1 + MAXPHYADDR - 12));
}

/* Virtual-interrupt delivery and virtual APIC accesses make the threshold meaningless. */
static void vtpr_test(struct kunit *test)
{
	struct nested_checks_test *t = test->priv;
	unsigned int controls, threshold, vtpr;
	bool applies;

	for (controls = 0; controls < 8; controls++) {
		set_baseline(&t->e);
		if (controls & 1)
			t->e.vmcs12.cpu_based_vm_exec_control |= CPU_BASED_TPR_SHADOW;
		if (controls & 2)
			t->e.vmcs12.secondary_vm_exec_control |=
				SECONDARY_EXEC_VIRTUAL_INTR_DELIVERY;
		if (controls & 4)
			t->e.vmcs12.secondary_vm_exec_control |=
				SECONDARY_EXEC_VIRTUALIZE_APIC_ACCESSES;
		applies = controls == 1;

		for (threshold = 0; threshold < 16; threshold++) {
			t->e.vmcs12.tpr_threshold = threshold;
			for (vtpr = 0; vtpr < 256; vtpr++)
				KUNIT_ASSERT_EQ_MSG(test, !!nested_check_vtpr(&t->e.vmcs12, vtpr),
						    applies && vtpr < 16 * threshold,
						    "vTPR %u, threshold %u, controls %u", vtpr,
						    threshold, controls);
		}
	}
}

static bool event_is_legal(const struct vm_entry *e)
{
	const u32 secondary = BIT(31), unrestricted_guest = BIT(7), mtf = BIT(27), pe = BIT(0);
	u32 info = e->vmcs12.vm_entry_intr_info_field;
	u32 length = e->vmcs12.vm_entry_instruction_len;
	unsigned int vector = info & 0xff;
	bool error_code = info & BIT(11);

	if (!(info & BIT(31)))
		return true;

	if (info & GENMASK(30, 12))
		return false;

	switch (info >> 8 & 7) {
	/* External interrupt */
	case 0:
		return !error_code;
	/* NMI */
	case 2:
		return vector == 2 && !error_code;
	/* Hardware exception, see below */
	case 3:
		break;
	/* Software interrupt, INT1, and INT3 or INTO */
	case 4:
	case 5:
	case 6:
		return !error_code && length <= 15 && (length || e->msrs.misc_low & BIT(30));
	/* Pending MTF VM-Exit */
	case 7:
		return vector == 0 && !error_code && e->msrs.procbased_ctls_high & mtf;
	default:
		return false;
	}

	if (vector > 31)
		return false;

	if (error_code && e->vmcs12.vm_entry_exception_error_code & GENMASK(31, 16))
		return false;

	if (e->vmcs12.cpu_based_vm_exec_control & secondary &&
	    e->vmcs12.secondary_vm_exec_control & unrestricted_guest &&
	    !(e->vmcs12.guest_cr0 & pe))
		return !error_code;

	if (e->msrs.basic & BIT_ULL(56))
		return true;

	switch (vector) {
	case 8:
	case 10 ... 14:
	case 17:
		return error_code;
	default:
		return !error_code;
	}
}

static void expect_event(struct kunit *test)
{
	struct nested_checks_test *t = test->priv;
	const struct vmcs12 *vmcs12 = &t->e.vmcs12;

	KUNIT_ASSERT_EQ_MSG(test, !violated_check(&t->e, EVENT_INJECTION), event_is_legal(&t->e),
			    "event %#x, error code %#x, length %u, CR0 %#llx, controls %#x, %#x, VMX_BASIC %#llx, VMX_MISC %#x, VMX_PROCBASED_CTLS %#x",
			    vmcs12->vm_entry_intr_info_field,
			    vmcs12->vm_entry_exception_error_code,
			    vmcs12->vm_entry_instruction_len, vmcs12->guest_cr0,
			    vmcs12->cpu_based_vm_exec_control, vmcs12->secondary_vm_exec_control,
			    t->e.msrs.basic, t->e.msrs.misc_low, t->e.msrs.procbased_ctls_high);
}

/* All vectors and types, with and without error code, for all modes and capabilities. */
static void event_injection_test(struct kunit *test)
{
	struct nested_checks_test *t = test->priv;
	unsigned int modes, info;

	for (modes = 0; modes < 64; modes++) {
		set_baseline(&t->e);
		if (modes & BIT(0))
			t->e.vmcs12.secondary_vm_exec_control = SECONDARY_EXEC_UNRESTRICTED_GUEST;
		if (modes & BIT(1))
			t->e.vmcs12.guest_cr0 &= ~X86_CR0_PE;
		if (modes & BIT(2))
			t->e.vmcs12.cpu_based_vm_exec_control &=
				~CPU_BASED_ACTIVATE_SECONDARY_CONTROLS;
		if (modes & BIT(3))
			t->e.msrs.basic &= ~BIT_ULL(56);
		if (modes & BIT(4))
			t->e.msrs.procbased_ctls_high &= ~BIT(27);

		for (info = 0; info < BIT(12); info++) {
			t->e.vmcs12.vm_entry_intr_info_field = info;
			if (!(modes & BIT(5)))
				t->e.vmcs12.vm_entry_intr_info_field |= BIT(31);
			expect_event(test);
		}
	}
}

/* What else there is, for all types, with and without error code. */
static void event_injection_fields_test(struct kunit *test)
{
	static const u32 lengths[] = { 0, 1, 14, 15, 16, 17, 255, 256, BIT(31), ~0 };
	static const u8 vectors[] = { 0, 2, 3, 13 };
	struct nested_checks_test *t = test->priv;
	struct vmcs12 *vmcs12 = &t->e.vmcs12;
	unsigned int i, j, type, info;

	set_baseline(&t->e);

	for (i = 0; i < 16 * ARRAY_SIZE(vectors); i++) {
		type = i % 8;
		info = EVENT(type, vectors[i / 16]) | (i & 8 ? EVENT_ERROR_CODE : 0);

		for (j = 12; j < 31; j++) {
			vmcs12->vm_entry_intr_info_field = info | BIT(j);
			expect_event(test);
		}

		vmcs12->vm_entry_intr_info_field = info;
		for (j = 0; j < 32; j++) {
			vmcs12->vm_entry_exception_error_code = BIT(j);
			expect_event(test);
		}
		vmcs12->vm_entry_exception_error_code = 0;

		for (j = 0; j < ARRAY_SIZE(lengths); j++) {
			vmcs12->vm_entry_instruction_len = lengths[j];
			t->e.msrs.misc_low = BIT(30);
			expect_event(test);
			t->e.msrs.misc_low = (u32)~BIT(30);
			expect_event(test);
		}
		vmcs12->vm_entry_instruction_len = 0;
	}
}

/* Whatever depends on the mode that L1 is in after VM-Exit */
static void host_mode_test(struct kunit *test)
{
	static const struct {
		u64 value;
		bool legal_64bit;
		bool legal_32bit;
	} rips[] = {
		{ 0, true, true },
		{ 0xffffffff, true, true },
		{ 0x100000000, true, false },
		{ 0x7fffffffffff, true, false },
		{ 0x800000000000, false, false },
		{ 0xffff7fffffffffff, false, false },
		{ 0xffff800000000000, true, false },
		{ 0xffffffffffffffff, true, false },
	};
	bool is_64bit, pae, pcide, ia32e_guest, load_efer, lma, lme, null_ss, legal;
	struct nested_checks_test *t = test->priv;
	unsigned int modes, i;

	for (modes = 0; modes < BIT(8); modes++) {
		is_64bit = modes & BIT(0);
		pae = modes & BIT(1);
		pcide = modes & BIT(2);
		ia32e_guest = modes & BIT(3);
		load_efer = modes & BIT(4);
		lma = modes & BIT(5);
		lme = modes & BIT(6);
		null_ss = modes & BIT(7);

		set_32bit_baseline(&t->e);
		t->e.vmcs12.vm_exit_controls |= (is_64bit ? VM_EXIT_HOST_ADDR_SPACE_SIZE : 0) |
						(load_efer ? VM_EXIT_LOAD_IA32_EFER : 0);
		t->e.vmcs12.vm_entry_controls |= ia32e_guest ? VM_ENTRY_IA32E_MODE : 0;
		t->e.vmcs12.host_cr4 = X86_CR4_VMXE | (pae ? X86_CR4_PAE : 0) |
				       (pcide ? X86_CR4_PCIDE : 0);
		t->e.vmcs12.host_ia32_efer = (lma ? EFER_LMA : 0) | (lme ? EFER_LME : 0);
		if (null_ss)
			t->e.vmcs12.host_ss_selector = 0;

		for (i = 0; i < ARRAY_SIZE(rips); i++) {
			t->e.vmcs12.host_rip = rips[i].value;
			if (is_64bit)
				legal = pae && rips[i].legal_64bit;
			else
				legal = !pcide && !ia32e_guest && !null_ss && rips[i].legal_32bit;
			if (load_efer && (lma != is_64bit || lme != is_64bit))
				legal = false;
			KUNIT_EXPECT_EQ_MSG(test, !violated_check(&t->e, HOST_STATE), legal,
					    "modes %#x, RIP %#llx", modes, rips[i].value);
		}
	}
}

/* Paging, protection, and long mode of L2 */
static void guest_mode_test(struct kunit *test)
{
	bool unrestricted, ia32e_guest, pe, pg, pae, legal;
	struct nested_checks_test *t = test->priv;
	unsigned int modes;

	for (modes = 0; modes < BIT(5); modes++) {
		unrestricted = modes & BIT(0);
		ia32e_guest = modes & BIT(1);
		pe = modes & BIT(2);
		pg = modes & BIT(3);
		pae = modes & BIT(4);

		set_baseline(&t->e);
		if (unrestricted)
			t->e.vmcs12.secondary_vm_exec_control = SECONDARY_EXEC_UNRESTRICTED_GUEST;
		if (!ia32e_guest)
			t->e.vmcs12.vm_entry_controls &= ~VM_ENTRY_IA32E_MODE;
		if (!pe)
			t->e.vmcs12.guest_cr0 &= ~X86_CR0_PE;
		if (!pg)
			t->e.vmcs12.guest_cr0 &= ~X86_CR0_PG;
		if (!pae)
			t->e.vmcs12.guest_cr4 &= ~X86_CR4_PAE;

		legal = unrestricted ? pe || !pg : pe && pg;
		if (ia32e_guest && !(pg && pae))
			legal = false;
		KUNIT_EXPECT_EQ_MSG(test, !violated_check(&t->e, GUEST_STATE), legal,
				    "modes %#x", modes);
	}
}

static void guest_efer_test(struct kunit *test)
{
	bool load_efer, ia32e_guest, pg, lma, lme;
	struct nested_checks_test *t = test->priv;
	unsigned int modes;

	for (modes = 0; modes < BIT(5); modes++) {
		load_efer = modes & BIT(0);
		ia32e_guest = modes & BIT(1);
		pg = modes & BIT(2);
		lma = modes & BIT(3);
		lme = modes & BIT(4);

		set_32bit_baseline(&t->e);
		t->e.vmcs12.vm_entry_controls |= (load_efer ? VM_ENTRY_LOAD_IA32_EFER : 0) |
						 (ia32e_guest ? VM_ENTRY_IA32E_MODE : 0);
		t->e.vmcs12.guest_ia32_efer = (lma ? EFER_LMA : 0) | (lme ? EFER_LME : 0);
		if (!pg)
			t->e.vmcs12.guest_cr0 &= ~X86_CR0_PG;

		KUNIT_EXPECT_EQ_MSG(test, !violated_check(&t->e, GUEST_EFER),
				    !load_efer || (lma == ia32e_guest && (!pg || lme == lma)),
				    "modes %#x", modes);
	}
}

static bool msr_may_be_switched(u32 msr, bool load)
{
	switch (msr) {
	/* BIOS_UPDT_TRIG, BIOS_SIGN_ID, and all of x2APIC's */
	case 0x79:
	case 0x8b:
	case 0x800 ... 0x8ff:
		return false;
	/* SMM_MONITOR_CTL, FS_BASE, and GS_BASE */
	case 0x9b:
	case 0xc0000100 ... 0xc0000101:
		return !load;
	/* SMBASE */
	case 0x9e:
		return load;
	default:
		return true;
	}
}

static void msr_index_test(struct kunit *test)
{
	static const u32 bases[] = {
		0, 0x10000, 0x1000000, 0x40000000, 0x80000000, 0xc0000000, 0xffffe000,
	};
	struct nested_checks_test *t = test->priv;
	unsigned int i, j;
	u32 msr;

	set_baseline(&t->e);

	for (i = 0; i < ARRAY_SIZE(bases); i++) {
		for (j = 0; j < 0x2000; j++) {
			msr = bases[i] + j;
			t->e.load.index = msr;
			t->e.store.index = msr;
			KUNIT_ASSERT_EQ_MSG(test, !violated_check(&t->e, MSR_LOAD),
					    msr_may_be_switched(msr, true), "load of %#x", msr);
			KUNIT_ASSERT_EQ_MSG(test, !violated_check(&t->e, MSR_STORE),
					    msr_may_be_switched(msr, false), "store of %#x", msr);
		}
	}
}

#if IS_ENABLED(CONFIG_KVM_HYPERV)
/* Controls whose fields the enlightened VMCS, in version 1, does not have. */
static void evmcs_test(struct kunit *test)
{
	static const struct {
		struct field controls;
		const char *check;
		u32 unsupported;
	} fields[] = {
		{ FIELD(vmcs12.pin_based_vm_exec_control),
		  CHECK(!evmcs_has(EVMCS_PINCTRL, vmcs12->pin_based_vm_exec_control)),
		  GENMASK(31, 6) },
		{ FIELD(vmcs12.cpu_based_vm_exec_control),
		  CHECK(!evmcs_has(EVMCS_EXEC_CTRL, vmcs12->cpu_based_vm_exec_control)),
		  GENMASK(18, 17) | BIT(0) },
		{ FIELD(vmcs12.secondary_vm_exec_control),
		  CHECK(secondary && !evmcs_has(EVMCS_2NDEXEC, vmcs12->secondary_vm_exec_control)),
		  GENMASK(29, 27) | BIT(25) | BIT(23) | BIT(21) | GENMASK(18, 17) |
		  GENMASK(14, 13) | GENMASK(10, 8) | BIT(0) },
		{ FIELD(vmcs12.vm_exit_controls),
		  CHECK(!evmcs_has(EVMCS_EXIT_CTRLS, vmcs12->vm_exit_controls)),
		  GENMASK(31, 26) | BIT(22) },
		{ FIELD(vmcs12.vm_entry_controls),
		  CHECK(!evmcs_has(EVMCS_ENTRY_CTRLS, vmcs12->vm_entry_controls)),
		  GENMASK(31, 19) | GENMASK(11, 10) },
	};
	struct nested_checks_test *t = test->priv;
	const char *check;
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(fields); i++) {
		for (j = 0; j < 32; j++) {
			set_baseline(&t->e);
			t->e.cpu.has_evmcs = true;
			set_field(&t->e, &fields[i].controls,
				  get_field(&t->e, &fields[i].controls) | BIT(j));
			check = violated_check(&t->e, CONTROLS);

			/* A control may well be illegal on its own for another reason. */
			if (fields[i].unsupported & BIT(j))
				KUNIT_EXPECT_NOT_NULL_MSG(test, check, "%s: bit %u",
							  fields[i].check, j);
			else
				KUNIT_EXPECT_FALSE_MSG(test, is_same(check, fields[i].check),
						       "%s: bit %u", fields[i].check, j);
		}
	}
}
#endif

/* L1 uses all that there is, at the end of memory. */
static void set_everything(struct vm_entry *e)
{
	const u64 end = BIT_ULL(MAXPHYADDR);
	struct vmcs12 *vmcs12 = &e->vmcs12;

	set_baseline(e);

	vmcs12->pin_based_vm_exec_control = ~0;
	vmcs12->cpu_based_vm_exec_control = ~0;
	/* Excluded by virtual x2APIC mode */
	vmcs12->secondary_vm_exec_control = (u32)~SECONDARY_EXEC_VIRTUALIZE_APIC_ACCESSES;
	vmcs12->vm_exit_controls = ~0;
	vmcs12->vm_entry_controls = ~0;
	vmcs12->vm_function_control = 1;
	vmcs12->cr3_target_count = 511;
	vmcs12->io_bitmap_a = end - 4096;
	vmcs12->io_bitmap_b = end - 4096;
	vmcs12->msr_bitmap = end - 4096;
	vmcs12->vmread_bitmap = end - 4096;
	vmcs12->vmwrite_bitmap = end - 4096;
	vmcs12->virtual_apic_page_addr = end - 4096;
	vmcs12->tpr_threshold = ~0;
	vmcs12->posted_intr_nv = 0xff;
	vmcs12->posted_intr_desc_addr = end - 64;
	vmcs12->ept_pointer = (end - 4096) | BIT(6) | EPTP;
	vmcs12->eptp_list_address = end - 4096;
	vmcs12->pml_address = end - 4096;
	vmcs12->virtual_processor_id = 0xffff;
	vmcs12->tsc_multiplier = ~0ull;
	vmcs12->vm_exit_msr_load_count = 4096;
	vmcs12->vm_exit_msr_load_addr = end - 4096 * 16;
	vmcs12->vm_exit_msr_store_count = 1;
	vmcs12->vm_exit_msr_store_addr = end - 16;
	vmcs12->vm_entry_msr_load_count = 2;
	vmcs12->vm_entry_msr_load_addr = end - 32;
	vmcs12->vm_entry_intr_info_field = EVENT(3, 14) | EVENT_ERROR_CODE;
	vmcs12->vm_entry_exception_error_code = 0xffff;

	vmcs12->host_cr3 = LAM_BITS | (end - 1);
	vmcs12->host_cr4 = (u32)~RSVD_CR4;
	vmcs12->host_ia32_pat = 0x0706050401000706;
	vmcs12->host_ia32_efer = ~RSVD_EFER;
	vmcs12->host_ia32_perf_global_ctrl = ~RSVD_PERF;
	vmcs12->host_ia32_sysenter_esp = ~0ull;
	vmcs12->host_ia32_sysenter_eip = ~0ull;
	vmcs12->host_es_selector = 0xfff8;
	vmcs12->host_cs_selector = 0xfff8;
	vmcs12->host_ss_selector = 0;
	vmcs12->host_ds_selector = 0xfff8;
	vmcs12->host_fs_selector = 0xfff8;
	vmcs12->host_gs_selector = 0xfff8;
	vmcs12->host_tr_selector = 0xfff8;
	vmcs12->host_fs_base = ~0ull;
	vmcs12->host_gs_base = ~0ull;
	vmcs12->host_tr_base = ~0ull;
	vmcs12->host_gdtr_base = ~0ull;
	vmcs12->host_idtr_base = ~0ull;
	vmcs12->host_rip = ~0ull;
	vmcs12->host_s_cet = ~(RSVD_S_CET | BIT_ULL(10));
	vmcs12->host_ssp = ~3ull;
	vmcs12->host_ssp_tbl = ~0ull;

	vmcs12->guest_cr3 = LAM_BITS | (end - 1);
	vmcs12->guest_cr4 = (u32)~RSVD_CR4;
	vmcs12->guest_dr7 = 0xffffffff;
	vmcs12->guest_ia32_debugctl = ~RSVD_DEBUGCTL;
	vmcs12->guest_ia32_pat = 0x0706050401000706;
	vmcs12->guest_ia32_efer = ~RSVD_EFER;
	vmcs12->guest_ia32_perf_global_ctrl = ~RSVD_PERF;
	vmcs12->guest_bndcfgs = ~0xffcull;
	vmcs12->guest_s_cet = ~(RSVD_S_CET | BIT_ULL(11));
	vmcs12->guest_ssp = ~3ull;
	vmcs12->guest_ssp_tbl = ~0ull;

	vmcs12->vmcs_link_pointer = end - 4096;
	e->link.shadow_vmcs = 1;
	e->load.index = 0xffffffff;
	e->store.index = 0xffffffff;
	e->load.value = ~0ull;
	e->store.value = ~0ull;
}

static void legal_test(struct kunit *test)
{
	struct nested_checks_test *t = test->priv;

	set_baseline(&t->e);
	expect(test, NR_GROUPS, NULL, "L1 is in long mode");
	set_32bit_baseline(&t->e);
	expect(test, NR_GROUPS, NULL, "L1 is not in long mode");
	set_everything(&t->e);
	expect(test, NR_GROUPS, NULL, "L1 uses everything");

	/* Most of what is loaded may be 0. */
	set_baseline(&t->e);
	t->e.vmcs12.vm_exit_controls = ~0 & ~VM_EXIT_SAVE_VMX_PREEMPTION_TIMER;
	t->e.vmcs12.vm_entry_controls = ~0;
	t->e.vmcs12.host_ia32_efer = EFER;
	t->e.vmcs12.guest_ia32_efer = EFER;
	expect(test, NR_GROUPS, NULL, "L1 loads everything");
}

static bool has_rule(const char *check)
{
	const struct rule *rule;

	for_each_rule(rule) {
		if (!strcmp(rule->check, check))
			return true;
	}

	return false;
}

static bool is_check(const char *check)
{
	const struct nested_check_name *n;

	for_each_name(n) {
		if (!strcmp(n->name, check))
			return true;
	}

	return false;
}

/*
 * KVM repeats the checks of controls and host state only if another field changes, so
 * that they must not depend on these: guest state and what event injection is about.
 */
static void dynamic_fields_test(struct kunit *test)
{
	static const struct {
		u16 encoding;
		struct field field;
	} fields[] = {
#define VMCS12_FIELD(enc, member, ...) { enc, FIELD(vmcs12.member) },
#include "../vmcs12_fields.h"
	};
	struct nested_checks_test *t = test->priv;
	const struct rule *rule;
	const char *check;
	unsigned int i, j, nr = 0;
	bool is_dynamic;
	u8 *bytes;

	for (i = 0; i < ARRAY_SIZE(fields); i++) {
		/* Bits 11:10 of an encoding are 2 for guest state. */
		is_dynamic = (fields[i].encoding & 0xc00) == 0x800 ||
			     fields[i].encoding == VM_ENTRY_INTR_INFO_FIELD ||
			     fields[i].encoding == VM_ENTRY_EXCEPTION_ERROR_CODE ||
			     fields[i].encoding == VM_ENTRY_INSTRUCTION_LEN;
		KUNIT_EXPECT_EQ_MSG(test, nested_check_is_dynamic(fields[i].encoding), is_dynamic,
				    "field %#x", fields[i].encoding);
		if (!is_dynamic)
			continue;
		nr++;

		for_each_rule(rule) {
			if (rule->group != CONTROLS && rule->group != HOST_STATE)
				continue;

			set_rule(&t->e, rule);
			if (!rule->values.reserved)
				apply(&t->e, &rule->values.illegal);
			check = violated_check(&t->e, rule->group);

			bytes = (u8 *)&t->e + fields[i].field.offset;
			for (j = 0; j < fields[i].field.size; j++)
				bytes[j] ^= 0xff;
			KUNIT_EXPECT_TRUE_MSG(test,
					      is_same(violated_check(&t->e, rule->group), check),
					      "%s depends on field %#x", rule->check,
					      fields[i].encoding);
		}
	}

	KUNIT_EXPECT_GT(test, nr, 0);
}

/* The name has to tell the check.  One may be listed twice, if it's inlined twice. */
static bool is_ambiguous(const struct nested_check_name *name)
{
	const struct nested_check_name *n;

	for_each_name(n) {
		if (!strcmp(n->name, name->name) && n->line != name->line)
			return true;
	}

	return false;
}

/* How many checks there are: only the first of the same name counts. */
static bool is_first(const struct nested_check_name *name)
{
	const struct nested_check_name *n;

	for (n = names; n < name; n++) {
		if (!strcmp(n->name, name->name))
			return false;
	}

	return true;
}

/* No check without a rule, no rule without a check. */
static void coverage_test(struct kunit *test)
{
	unsigned int nr_checks = 0, nr_rules = 0;
	const struct nested_check_name *n;
	const struct rule *rule;

	for_each_name(n) {
		if (!is_first(n))
			continue;
		nr_checks++;
		nr_rules += has_rule(n->name);
		KUNIT_EXPECT_TRUE_MSG(test, has_rule(n->name), "no rule for the check %s", n->name);
		KUNIT_EXPECT_FALSE_MSG(test, is_ambiguous(n), "several checks are called %s",
				       n->name);
	}

	for_each_rule(rule)
		KUNIT_EXPECT_TRUE_MSG(test, is_check(rule->check), "there is no check %s",
				      rule->check);

	KUNIT_EXPECT_GT(test, nr_checks, 0);
	kunit_info(test, "%u of %u checks are covered, by %zu rules", nr_rules, nr_checks,
		   ARRAY_SIZE(rules));
}

static int nested_checks_suite_init(struct kunit_suite *suite)
{
	names = nested_check_names(&nr_names);
	return 0;
}

static int nested_checks_init(struct kunit *test)
{
	test->priv = kunit_kzalloc(test, sizeof(struct nested_checks_test), GFP_KERNEL);
	return test->priv ? 0 : -ENOMEM;
}

static struct kunit_case nested_checks_cases[] = {
	KUNIT_CASE(coverage_test),
	KUNIT_CASE(legal_test),
	KUNIT_CASE_PARAM(rule_test, rule_gen_params),
	KUNIT_CASE(maxphyaddr_test),
	KUNIT_CASE(canonical_test),
	KUNIT_CASE(fixed_bits_test),
	KUNIT_CASE(cr3_target_count_test),
	KUNIT_CASE(msr_count_test),
	KUNIT_CASE(pat_test),
	KUNIT_CASE(eptp_test),
	KUNIT_CASE(vtpr_test),
	KUNIT_CASE(event_injection_test),
	KUNIT_CASE(event_injection_fields_test),
	KUNIT_CASE(host_mode_test),
	KUNIT_CASE(guest_mode_test),
	KUNIT_CASE(guest_efer_test),
	KUNIT_CASE(msr_index_test),
	KUNIT_CASE(dynamic_fields_test),
#if IS_ENABLED(CONFIG_KVM_HYPERV)
	KUNIT_CASE(evmcs_test),
#endif
	{}
};

static struct kunit_suite nested_checks_suite = {
	.name = "kvm_vmx_nested_checks",
	.suite_init = nested_checks_suite_init,
	.init = nested_checks_init,
	.test_cases = nested_checks_cases,
};

kunit_test_suite(nested_checks_suite);

MODULE_IMPORT_NS("EXPORTED_FOR_KUNIT_TESTING");
MODULE_DESCRIPTION("KUnit tests of the consistency checks of nested VM-Enter");
MODULE_LICENSE("GPL");
