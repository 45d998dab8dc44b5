// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of the table of vmcs12 fields and of what is generated from it.
 *
 * Expected values are written down here a second time, from the architecture
 * (fields, encodings, what VM-Exit saves), from the ABI (layout of vmcs12 and of
 * the enlightened VMCS) and from what KVM promises, e.g. which fields are rare.
 * Never derive them from the table.
 */
#include <kunit/test.h>
#include <kunit/visibility.h>

/*
 * Have this file's copy of the cpu_has_*() helpers look at a CPU of its own, so
 * that the conditions in the table can be tested on any CPU.
 */
#define vmcs_config	fake_vmcs_config
#include "../capabilities.h"
#include "../vmcs12.h"
#include "../hyperv_evmcs.h"

struct vmcs_config fake_vmcs_config;

struct vmcs12_field {
	const char *name;
	u16 encoding;
	u16 offset;
	u16 size;
	enum vmcs12_field_shadow shadow;
	enum vmcs12_field_save save;
	enum vmcs12_field_load load;
	enum vmcs12_field_evmcs evmcs;
	u32 group;
	bool (*exposed)(void);
};

#define VMCS12_FIELD(enc, member, shadow, save, load, evmcs, group, exposed)	\
	static bool exposed_##member(void)					\
	{									\
		return exposed;							\
	}
#include "../vmcs12_fields.h"

static const struct vmcs12_field vmcs12_fields[] = {
#define VMCS12_FIELD(enc, member, shadow, save, load, evmcs, group, exposed)	\
	{									\
		#enc, enc, offsetof(struct vmcs12, member),			\
		sizeof_field(struct vmcs12, member), VMCS12_SHADOW_##shadow,	\
		VMCS12_SAVE_##save, VMCS12_LOAD_##load, VMCS12_EVMCS_##evmcs,	\
		HV_VMX_ENLIGHTENED_CLEAN_FIELD_##group, exposed_##member,	\
	},
#include "../vmcs12_fields.h"
};

#define for_each_vmcs12_field(f)						\
	for (f = vmcs12_fields; f < vmcs12_fields + ARRAY_SIZE(vmcs12_fields); f++)

static const struct vmcs12_field *find_field(u16 encoding)
{
	const struct vmcs12_field *f;

	for_each_vmcs12_field(f) {
		if (f->encoding == encoding)
			return f;
	}
	return NULL;
}

/* A set of fields, by the encodings of their full accesses. */
struct field_set {
	const u16 *encodings;
	unsigned int nr;
};

#define FIELD_SET(fields...)							\
	((struct field_set) { (const u16[]) { fields },			\
			      sizeof((const u16[]) { fields }) / sizeof(u16) })

static bool in_set(struct field_set set, u16 encoding)
{
	unsigned int i;

	for (i = 0; i < set.nr; i++) {
		if (set.encodings[i] == encoding)
			return true;
	}
	return false;
}

/* Expect @is_member to be true for all of @set, which must exist, and for no other. */
static void expect_set(struct kunit *test, struct field_set set,
		       bool (*is_member)(const struct vmcs12_field *f))
{
	const struct vmcs12_field *f;
	unsigned int i;

	for (i = 0; i < set.nr; i++)
		KUNIT_EXPECT_NOT_NULL_MSG(test, find_field(set.encodings[i]),
					  "no row for field %#x", set.encodings[i]);

	for_each_vmcs12_field(f)
		KUNIT_EXPECT_EQ_MSG(test, is_member(f), in_set(set, f->encoding),
				    "%s", f->name);
}

/* The state that the commits that made its sync lazy declared as rare, in 2019. */
#define RARE_FIELDS								\
	GUEST_ES_SELECTOR, GUEST_CS_SELECTOR, GUEST_SS_SELECTOR,		\
	GUEST_DS_SELECTOR, GUEST_FS_SELECTOR, GUEST_GS_SELECTOR,		\
	GUEST_LDTR_SELECTOR, GUEST_TR_SELECTOR,					\
	GUEST_ES_LIMIT, GUEST_CS_LIMIT, GUEST_SS_LIMIT, GUEST_DS_LIMIT,		\
	GUEST_FS_LIMIT, GUEST_GS_LIMIT, GUEST_LDTR_LIMIT, GUEST_TR_LIMIT,	\
	GUEST_GDTR_LIMIT, GUEST_IDTR_LIMIT,					\
	GUEST_ES_AR_BYTES, GUEST_DS_AR_BYTES, GUEST_FS_AR_BYTES,		\
	GUEST_GS_AR_BYTES, GUEST_LDTR_AR_BYTES, GUEST_TR_AR_BYTES,		\
	GUEST_ES_BASE, GUEST_CS_BASE, GUEST_SS_BASE, GUEST_DS_BASE,		\
	GUEST_FS_BASE, GUEST_GS_BASE, GUEST_LDTR_BASE, GUEST_TR_BASE,		\
	GUEST_GDTR_BASE, GUEST_IDTR_BASE,					\
	GUEST_PENDING_DBG_EXCEPTIONS

/* Segment and descriptor-table registers. */
#define SEGMENT_FIELDS								\
	GUEST_ES_SELECTOR, GUEST_CS_SELECTOR, GUEST_SS_SELECTOR,		\
	GUEST_DS_SELECTOR, GUEST_FS_SELECTOR, GUEST_GS_SELECTOR,		\
	GUEST_LDTR_SELECTOR, GUEST_TR_SELECTOR,					\
	GUEST_ES_LIMIT, GUEST_CS_LIMIT, GUEST_SS_LIMIT, GUEST_DS_LIMIT,		\
	GUEST_FS_LIMIT, GUEST_GS_LIMIT, GUEST_LDTR_LIMIT, GUEST_TR_LIMIT,	\
	GUEST_GDTR_LIMIT, GUEST_IDTR_LIMIT,					\
	GUEST_ES_AR_BYTES, GUEST_CS_AR_BYTES, GUEST_SS_AR_BYTES,		\
	GUEST_DS_AR_BYTES, GUEST_FS_AR_BYTES, GUEST_GS_AR_BYTES,		\
	GUEST_LDTR_AR_BYTES, GUEST_TR_AR_BYTES,					\
	GUEST_ES_BASE, GUEST_CS_BASE, GUEST_SS_BASE, GUEST_DS_BASE,		\
	GUEST_FS_BASE, GUEST_GS_BASE, GUEST_LDTR_BASE, GUEST_TR_BASE,		\
	GUEST_GDTR_BASE, GUEST_IDTR_BASE

#define EXIT_INFO_FIELDS							\
	VM_EXIT_REASON, VM_EXIT_INTR_INFO, VM_EXIT_INTR_ERROR_CODE,		\
	IDT_VECTORING_INFO_FIELD, IDT_VECTORING_ERROR_CODE,			\
	VM_EXIT_INSTRUCTION_LEN, VMX_INSTRUCTION_INFO, EXIT_QUALIFICATION,	\
	GUEST_LINEAR_ADDRESS, GUEST_PHYSICAL_ADDRESS

/*
 * Encoding of every field that L1 may ever see, and its place in vmcs12.  Both
 * are ABI: the latter is what KVM_GET_NESTED_STATE hands to another KVM.
 */
static const struct {
	u16 encoding;
	u16 offset;
} vmcs12_layout[] = {
	{ 0x0000, 960 }, { 0x0002, 962 }, { 0x0800, 964 }, { 0x0802, 966 },
	{ 0x0804, 968 }, { 0x0806, 970 }, { 0x0808, 972 }, { 0x080a, 974 },
	{ 0x080c, 976 }, { 0x080e, 978 }, { 0x0810, 980 }, { 0x0812, 996 },
	{ 0x0c00, 982 }, { 0x0c02, 984 }, { 0x0c04, 986 }, { 0x0c06, 988 },
	{ 0x0c08, 990 }, { 0x0c0a, 992 }, { 0x0c0c, 994 }, { 0x2000,  40 },
	{ 0x2002,  48 }, { 0x2004,  56 }, { 0x2006,  64 }, { 0x2008,  72 },
	{ 0x200a,  80 }, { 0x200e, 312 }, { 0x2010,  88 }, { 0x2032, 328 },
	{ 0x2012,  96 }, { 0x2014, 104 }, { 0x2016, 112 }, { 0x2018, 296 },
	{ 0x201a, 120 }, { 0x201c, 128 }, { 0x201e, 136 }, { 0x2020, 144 },
	{ 0x2022, 152 }, { 0x2024, 304 }, { 0x2026, 280 }, { 0x2028, 288 },
	{ 0x202c, 160 }, { 0x202e, 320 }, { 0x2400, 168 }, { 0x2800, 176 },
	{ 0x2802, 184 }, { 0x2804, 192 }, { 0x2806, 200 }, { 0x2808, 208 },
	{ 0x280a, 216 }, { 0x280c, 224 }, { 0x280e, 232 }, { 0x2810, 240 },
	{ 0x2812, 248 }, { 0x2c00, 256 }, { 0x2c02, 264 }, { 0x2c04, 272 },
	{ 0x4000, 744 }, { 0x4002, 748 }, { 0x4004, 752 }, { 0x4006, 756 },
	{ 0x4008, 760 }, { 0x400a, 764 }, { 0x400c, 768 }, { 0x400e, 772 },
	{ 0x4010, 776 }, { 0x4012, 780 }, { 0x4014, 784 }, { 0x4016, 788 },
	{ 0x4018, 792 }, { 0x401a, 796 }, { 0x401c, 800 }, { 0x401e, 804 },
	{ 0x4400, 808 }, { 0x4402, 812 }, { 0x4404, 816 }, { 0x4406, 820 },
	{ 0x4408, 824 }, { 0x440a, 828 }, { 0x440c, 832 }, { 0x440e, 836 },
	{ 0x4800, 840 }, { 0x4802, 844 }, { 0x4804, 848 }, { 0x4806, 852 },
	{ 0x4808, 856 }, { 0x480a, 860 }, { 0x480c, 864 }, { 0x480e, 868 },
	{ 0x4810, 872 }, { 0x4812, 876 }, { 0x4814, 880 }, { 0x4816, 884 },
	{ 0x4818, 888 }, { 0x481a, 892 }, { 0x481c, 896 }, { 0x481e, 900 },
	{ 0x4820, 904 }, { 0x4822, 908 }, { 0x4824, 912 }, { 0x4826, 916 },
	{ 0x482a, 920 }, { 0x4c00, 924 }, { 0x482e, 928 }, { 0x6000, 344 },
	{ 0x6002, 352 }, { 0x6004, 360 }, { 0x6006, 368 }, { 0x6400, 408 },
	{ 0x640a, 416 }, { 0x6800, 424 }, { 0x6802, 432 }, { 0x6804, 440 },
	{ 0x6806, 448 }, { 0x6808, 456 }, { 0x680a, 464 }, { 0x680c, 472 },
	{ 0x680e, 480 }, { 0x6810, 488 }, { 0x6812, 496 }, { 0x6814, 504 },
	{ 0x6816, 512 }, { 0x6818, 520 }, { 0x681a, 528 }, { 0x681c, 536 },
	{ 0x681e, 544 }, { 0x6820, 552 }, { 0x6822, 560 }, { 0x6824, 568 },
	{ 0x6826, 576 }, { 0x6828, 704 }, { 0x682a, 712 }, { 0x682c, 720 },
	{ 0x6c00, 584 }, { 0x6c02, 592 }, { 0x6c04, 600 }, { 0x6c06, 608 },
	{ 0x6c08, 616 }, { 0x6c0a, 624 }, { 0x6c0c, 632 }, { 0x6c0e, 640 },
	{ 0x6c10, 648 }, { 0x6c12, 656 }, { 0x6c14, 664 }, { 0x6c16, 672 },
	{ 0x6c18, 680 }, { 0x6c1a, 688 }, { 0x6c1c, 696 },
};

static void layout_test(struct kunit *test)
{
	const struct vmcs12_field *f;
	unsigned int i;

	KUNIT_EXPECT_EQ(test, ARRAY_SIZE(vmcs12_fields), ARRAY_SIZE(vmcs12_layout));

	for (i = 0; i < ARRAY_SIZE(vmcs12_layout); i++) {
		f = find_field(vmcs12_layout[i].encoding);
		KUNIT_EXPECT_NOT_NULL_MSG(test, f, "no row for field %#x",
					  vmcs12_layout[i].encoding);
		if (f)
			KUNIT_EXPECT_EQ_MSG(test, f->offset, vmcs12_layout[i].offset,
					    "%s", f->name);
	}
}

/* The width of a field is in its encoding, and the member must be as wide. */
static void width_test(struct kunit *test)
{
	static const u16 bytes[] = { 2, 8, 4, 8 };
	const struct vmcs12_field *f;

	for_each_vmcs12_field(f)
		KUNIT_EXPECT_EQ_MSG(test, f->size, bytes[f->encoding >> 13 & 3],
				    "%s", f->name);
}

static bool is_shadowed_ro(const struct vmcs12_field *f)
{
	return f->shadow == VMCS12_SHADOW_RO;
}

static bool is_shadowed_rw(const struct vmcs12_field *f)
{
	return f->shadow == VMCS12_SHADOW_RW;
}

#define SHADOWED_RO_FIELDS							\
	VM_EXIT_REASON, VM_EXIT_INTR_INFO, VM_EXIT_INSTRUCTION_LEN,		\
	IDT_VECTORING_INFO_FIELD, IDT_VECTORING_ERROR_CODE,			\
	VM_EXIT_INTR_ERROR_CODE, GUEST_CS_AR_BYTES, GUEST_SS_AR_BYTES,		\
	EXIT_QUALIFICATION, GUEST_LINEAR_ADDRESS, GUEST_PHYSICAL_ADDRESS

#define SHADOWED_RW_FIELDS							\
	GUEST_INTR_STATUS, GUEST_PML_INDEX, HOST_FS_SELECTOR, HOST_GS_SELECTOR,	\
	CPU_BASED_VM_EXEC_CONTROL, PIN_BASED_VM_EXEC_CONTROL, EXCEPTION_BITMAP,	\
	VM_ENTRY_EXCEPTION_ERROR_CODE, VM_ENTRY_INTR_INFO_FIELD,		\
	VM_ENTRY_INSTRUCTION_LEN, TPR_THRESHOLD, GUEST_INTERRUPTIBILITY_INFO,	\
	VMX_PREEMPTION_TIMER_VALUE, GUEST_RIP, GUEST_RSP, GUEST_CR0, GUEST_CR3,	\
	GUEST_CR4, GUEST_RFLAGS, CR0_GUEST_HOST_MASK, CR0_READ_SHADOW,		\
	CR4_READ_SHADOW, HOST_FS_BASE, HOST_GS_BASE

/* Fields that L1 accesses on most VM-Exits, and that do not affect each other. */
static void shadow_test(struct kunit *test)
{
	expect_set(test, FIELD_SET(SHADOWED_RO_FIELDS), is_shadowed_ro);
	expect_set(test, FIELD_SET(SHADOWED_RW_FIELDS), is_shadowed_rw);
}

static bool is_rare(const struct vmcs12_field *f)
{
	return f->save == VMCS12_SAVE_RARE;
}

static bool is_always_saved(const struct vmcs12_field *f)
{
	return f->save == VMCS12_SAVE_ALWAYS;
}

static bool is_saved(const struct vmcs12_field *f)
{
	return f->save != VMCS12_SAVE_NEVER;
}

static void save_test(struct kunit *test)
{
	expect_set(test, FIELD_SET(RARE_FIELDS), is_rare);

	/* What VM-Exit saves without any condition, and L1 most likely reads. */
	expect_set(test, FIELD_SET(GUEST_RFLAGS, GUEST_CS_AR_BYTES, GUEST_SS_AR_BYTES,
				   GUEST_INTERRUPTIBILITY_INFO, GUEST_LINEAR_ADDRESS),
		   is_always_saved);

	/*
	 * What VM-Exit saves at all, conditionally or not: guest state and the
	 * exit information, plus two VM-Entry controls that VM-Exit modifies.
	 * Not on the list is guest state that KVM writes to vmcs12 when it
	 * emulates L2's access: DEBUGCTL, PAT, PERF_GLOBAL_CTRL, BNDCFGS, the
	 * SYSENTER MSRs and the PML index.
	 */
	expect_set(test, FIELD_SET(SEGMENT_FIELDS, EXIT_INFO_FIELDS,
				   GUEST_PENDING_DBG_EXCEPTIONS,
				   GUEST_CR0, GUEST_CR3, GUEST_CR4, GUEST_DR7,
				   GUEST_RSP, GUEST_RIP, GUEST_RFLAGS,
				   GUEST_IA32_EFER, GUEST_S_CET, GUEST_SSP,
				   GUEST_INTR_SSP_TABLE,
				   GUEST_PDPTR0, GUEST_PDPTR1, GUEST_PDPTR2,
				   GUEST_PDPTR3, GUEST_INTR_STATUS,
				   GUEST_ACTIVITY_STATE, GUEST_INTERRUPTIBILITY_INFO,
				   VMX_PREEMPTION_TIMER_VALUE,
				   VM_ENTRY_CONTROLS, VM_ENTRY_INTR_INFO_FIELD),
		   is_saved);
}

static bool is_loaded_direct(const struct vmcs12_field *f)
{
	return f->load == VMCS12_LOAD_DIRECT;
}

static bool is_loaded_dirty(const struct vmcs12_field *f)
{
	return f->load == VMCS12_LOAD_DIRTY;
}

static bool is_loaded_merged(const struct vmcs12_field *f)
{
	return f->load == VMCS12_LOAD_MERGED;
}

static bool is_loaded_calc(const struct vmcs12_field *f)
{
	return f->load == VMCS12_LOAD_CALC;
}

static void load_test(struct kunit *test)
{
	expect_set(test, FIELD_SET(SEGMENT_FIELDS, GUEST_PENDING_DBG_EXCEPTIONS,
				   GUEST_SYSENTER_CS, GUEST_SYSENTER_ESP,
				   GUEST_SYSENTER_EIP),
		   is_loaded_dirty);

	expect_set(test, FIELD_SET(GUEST_RSP, GUEST_RIP, GUEST_RFLAGS, GUEST_IA32_PAT,
				   GUEST_INTERRUPTIBILITY_INFO, GUEST_INTR_STATUS,
				   TPR_THRESHOLD, VM_ENTRY_INTR_INFO_FIELD,
				   VM_ENTRY_EXCEPTION_ERROR_CODE,
				   VM_ENTRY_INSTRUCTION_LEN),
		   is_loaded_direct);

	expect_set(test, FIELD_SET(PIN_BASED_VM_EXEC_CONTROL, CPU_BASED_VM_EXEC_CONTROL,
				   SECONDARY_VM_EXEC_CONTROL, VM_ENTRY_CONTROLS,
				   EXCEPTION_BITMAP, PAGE_FAULT_ERROR_CODE_MASK,
				   PAGE_FAULT_ERROR_CODE_MATCH, CR0_GUEST_HOST_MASK,
				   CR4_GUEST_HOST_MASK, TSC_OFFSET, TSC_MULTIPLIER,
				   MSR_BITMAP, ENCLS_EXITING_BITMAP),
		   is_loaded_merged);

	expect_set(test, FIELD_SET(GUEST_CR0, GUEST_CR3, GUEST_CR4, CR0_READ_SHADOW,
				   CR4_READ_SHADOW, GUEST_DR7, GUEST_IA32_DEBUGCTL,
				   GUEST_IA32_EFER, GUEST_IA32_PERF_GLOBAL_CTRL,
				   GUEST_BNDCFGS, GUEST_S_CET, GUEST_SSP,
				   GUEST_INTR_SSP_TABLE, GUEST_PDPTR0, GUEST_PDPTR1,
				   GUEST_PDPTR2, GUEST_PDPTR3, EPT_POINTER,
				   VIRTUAL_PROCESSOR_ID, POSTED_INTR_NV,
				   POSTED_INTR_DESC_ADDR, VIRTUAL_APIC_PAGE_ADDR,
				   APIC_ACCESS_ADDR, XSS_EXIT_BITMAP, EOI_EXIT_BITMAP0,
				   EOI_EXIT_BITMAP1, EOI_EXIT_BITMAP2, EOI_EXIT_BITMAP3),
		   is_loaded_calc);
}

static bool is_hidden(const struct vmcs12_field *f)
{
	return !f->exposed();
}

/*
 * The architecture ties the existence of some fields to that of a control.  Take
 * one control at a time away from a CPU that has them all.
 */
#define EXPECT_HIDDEN_WITHOUT(test, controls, bit, fields...)			\
do {										\
	memset(&fake_vmcs_config, 0xff, sizeof(fake_vmcs_config));		\
	fake_vmcs_config.controls &= ~(bit);					\
	expect_set(test, FIELD_SET(fields), is_hidden);				\
} while (0)

static void exposed_test(struct kunit *test)
{
	memset(&fake_vmcs_config, 0xff, sizeof(fake_vmcs_config));
	expect_set(test, (struct field_set) {}, is_hidden);

	EXPECT_HIDDEN_WITHOUT(test, pin_based_exec_ctrl, PIN_BASED_POSTED_INTR,
			      POSTED_INTR_NV, POSTED_INTR_DESC_ADDR);
	EXPECT_HIDDEN_WITHOUT(test, cpu_based_exec_ctrl, CPU_BASED_TPR_SHADOW,
			      TPR_THRESHOLD, VIRTUAL_APIC_PAGE_ADDR);
	EXPECT_HIDDEN_WITHOUT(test, cpu_based_exec_ctrl,
			      CPU_BASED_ACTIVATE_SECONDARY_CONTROLS,
			      SECONDARY_VM_EXEC_CONTROL);
	EXPECT_HIDDEN_WITHOUT(test, cpu_based_2nd_exec_ctrl,
			      SECONDARY_EXEC_VIRTUALIZE_APIC_ACCESSES,
			      APIC_ACCESS_ADDR);
	EXPECT_HIDDEN_WITHOUT(test, cpu_based_2nd_exec_ctrl, SECONDARY_EXEC_ENABLE_EPT,
			      EPT_POINTER);
	EXPECT_HIDDEN_WITHOUT(test, cpu_based_2nd_exec_ctrl, SECONDARY_EXEC_ENABLE_VPID,
			      VIRTUAL_PROCESSOR_ID);
	EXPECT_HIDDEN_WITHOUT(test, cpu_based_2nd_exec_ctrl,
			      SECONDARY_EXEC_VIRTUAL_INTR_DELIVERY,
			      GUEST_INTR_STATUS);
	EXPECT_HIDDEN_WITHOUT(test, cpu_based_2nd_exec_ctrl,
			      SECONDARY_EXEC_ENABLE_VMFUNC,
			      VM_FUNCTION_CONTROL, EPTP_LIST_ADDRESS);
	EXPECT_HIDDEN_WITHOUT(test, cpu_based_2nd_exec_ctrl, SECONDARY_EXEC_ENABLE_XSAVES,
			      XSS_EXIT_BITMAP);
	EXPECT_HIDDEN_WITHOUT(test, cpu_based_2nd_exec_ctrl,
			      SECONDARY_EXEC_ENCLS_EXITING, ENCLS_EXITING_BITMAP);
	EXPECT_HIDDEN_WITHOUT(test, cpu_based_2nd_exec_ctrl, SECONDARY_EXEC_TSC_SCALING,
			      TSC_MULTIPLIER);
	EXPECT_HIDDEN_WITHOUT(test, vmentry_ctrl, VM_ENTRY_LOAD_IA32_PERF_GLOBAL_CTRL,
			      GUEST_IA32_PERF_GLOBAL_CTRL, HOST_IA32_PERF_GLOBAL_CTRL);
	EXPECT_HIDDEN_WITHOUT(test, vmentry_ctrl, VM_ENTRY_LOAD_CET_STATE,
			      GUEST_S_CET, GUEST_SSP, GUEST_INTR_SSP_TABLE,
			      HOST_S_CET, HOST_SSP, HOST_INTR_SSP_TABLE);

	/* Emulated by KVM, whatever the CPU has. */
	memset(&fake_vmcs_config, 0, sizeof(fake_vmcs_config));
	KUNIT_EXPECT_FALSE(test, is_hidden(find_field(GUEST_PML_INDEX)));
	KUNIT_EXPECT_FALSE(test, is_hidden(find_field(VMX_PREEMPTION_TIMER_VALUE)));
}

/* What KVM looks up for a VMREAD or VMWRITE of any operand, on the CPU at hand. */
static void attr_test(struct kunit *test)
{
	struct field_set rare = FIELD_SET(RARE_FIELDS);
	struct field_set ro = FIELD_SET(SHADOWED_RO_FIELDS);
	struct field_set rw = FIELD_SET(SHADOWED_RW_FIELDS);
	const struct vmcs12_field *f;
	unsigned long enc;
	u16 attr, full;

	if (!nr_vmcs12_fields)
		kunit_skip(test, "KVM did not set up VMX");

	for (enc = 0; enc <= U16_MAX; enc++) {
		/* The upper half of a 64-bit field, or the field itself. */
		full = (enc >> 13 & 3) == VMCS_FIELD_WIDTH_U64 ? enc & ~1 : enc;
		f = find_field(full);

		attr = get_vmcs12_field_attr(enc);
		if (!attr)
			continue;

		KUNIT_ASSERT_NOT_NULL_MSG(test, f, "field %#lx", enc);
		KUNIT_EXPECT_EQ_MSG(test, attr & VMCS12_ATTR_OFFSET,
				    f->offset + (enc == full ? 0 : 4), "%s", f->name);
		KUNIT_EXPECT_EQ_MSG(test, !!(attr & VMCS12_ATTR_RARE), in_set(rare, full),
				    "%s", f->name);
		KUNIT_EXPECT_EQ_MSG(test, !!(attr & VMCS12_ATTR_SHADOW_RO), in_set(ro, full),
				    "%s", f->name);
		KUNIT_EXPECT_EQ_MSG(test, !!(attr & VMCS12_ATTR_SHADOW_RW), in_set(rw, full),
				    "%s", f->name);
	}

	/* Fields that exist on every CPU, both halves where there are two. */
	KUNIT_EXPECT_NE(test, get_vmcs12_field_attr(GUEST_ES_SELECTOR), 0);
	KUNIT_EXPECT_NE(test, get_vmcs12_field_attr(IO_BITMAP_A), 0);
	KUNIT_EXPECT_NE(test, get_vmcs12_field_attr(IO_BITMAP_A_HIGH), 0);
	KUNIT_EXPECT_NE(test, get_vmcs12_field_attr(HOST_RIP), 0);

	for (enc = 1UL << 16; enc; enc <<= 1)
		KUNIT_EXPECT_EQ(test, get_vmcs12_field_attr(enc | GUEST_RIP), 0);
}

#if IS_ENABLED(CONFIG_KVM_HYPERV)
/*
 * Which fields the enlightened VMCS has, where, and which clean field covers
 * them, from the TLFS.  I: L1 may change the field; O: VM-Exit changes it.
 */
#define I 1
#define O 2
#define GROUP(name) HV_VMX_ENLIGHTENED_CLEAN_FIELD_##name
static const struct {
	u16 encoding;
	u16 offset;
	u16 group;
	u8 copy;
} evmcs_layout[] = {
#define E(enc, offset, group, copy) { enc, offset, GROUP(group), copy }
	E(0x0c00, 8, HOST_GRP1, I), E(0x0c02, 10, HOST_GRP1, I), E(0x0c04, 12, HOST_GRP1, I),
	E(0x0c06, 14, HOST_GRP1, I), E(0x0c08, 16, HOST_GRP1, I), E(0x0c0a, 18, HOST_GRP1, I),
	E(0x0c0c, 20, HOST_GRP1, I), E(0x2c00, 24, HOST_GRP1, I), E(0x2c02, 32, HOST_GRP1, I),
	E(0x6c00, 40, HOST_GRP1, I), E(0x6c02, 48, HOST_GRP1, I), E(0x6c04, 56, HOST_GRP1, I),
	E(0x6c10, 64, HOST_GRP1, I), E(0x6c12, 72, HOST_GRP1, I), E(0x6c16, 80, HOST_GRP1, I),
	E(0x4c00, 88, HOST_GRP1, I), E(0x4000, 92, CONTROL_GRP1, I),
	E(0x400c, 96, CONTROL_GRP1, I), E(0x401e, 100, CONTROL_GRP1, I),
	E(0x2000, 104, IO_BITMAP, I), E(0x2002, 112, IO_BITMAP, I),
	E(0x2004, 120, MSR_BITMAP, I), E(0x0800, 128, GUEST_GRP2, I | O),
	E(0x0802, 130, GUEST_GRP2, I | O), E(0x0804, 132, GUEST_GRP2, I | O),
	E(0x0806, 134, GUEST_GRP2, I | O), E(0x0808, 136, GUEST_GRP2, I | O),
	E(0x080a, 138, GUEST_GRP2, I | O), E(0x080c, 140, GUEST_GRP2, I | O),
	E(0x080e, 142, GUEST_GRP2, I | O), E(0x4800, 144, GUEST_GRP2, I | O),
	E(0x4802, 148, GUEST_GRP2, I | O), E(0x4804, 152, GUEST_GRP2, I | O),
	E(0x4806, 156, GUEST_GRP2, I | O), E(0x4808, 160, GUEST_GRP2, I | O),
	E(0x480a, 164, GUEST_GRP2, I | O), E(0x480c, 168, GUEST_GRP2, I | O),
	E(0x480e, 172, GUEST_GRP2, I | O), E(0x4810, 176, GUEST_GRP2, I | O),
	E(0x4812, 180, GUEST_GRP2, I | O), E(0x4814, 184, GUEST_GRP2, I | O),
	E(0x4816, 188, GUEST_GRP2, I | O), E(0x4818, 192, GUEST_GRP2, I | O),
	E(0x481a, 196, GUEST_GRP2, I | O), E(0x481c, 200, GUEST_GRP2, I | O),
	E(0x481e, 204, GUEST_GRP2, I | O), E(0x4820, 208, GUEST_GRP2, I | O),
	E(0x4822, 212, GUEST_GRP2, I | O), E(0x6806, 216, GUEST_GRP2, I | O),
	E(0x6808, 224, GUEST_GRP2, I | O), E(0x680a, 232, GUEST_GRP2, I | O),
	E(0x680c, 240, GUEST_GRP2, I | O), E(0x680e, 248, GUEST_GRP2, I | O),
	E(0x6810, 256, GUEST_GRP2, I | O), E(0x6812, 264, GUEST_GRP2, I | O),
	E(0x6814, 272, GUEST_GRP2, I | O), E(0x6816, 280, GUEST_GRP2, I | O),
	E(0x6818, 288, GUEST_GRP2, I | O), E(0x2006, 320, ALL, 0), E(0x2008, 328, ALL, 0),
	E(0x200a, 336, ALL, 0), E(0x4006, 376, ALL, 0), E(0x4008, 380, ALL, 0),
	E(0x400a, 384, ALL, 0), E(0x400e, 388, ALL, 0), E(0x4010, 392, ALL, 0),
	E(0x4014, 396, ALL, 0), E(0x2010, 400, CONTROL_GRP2, I),
	E(0x2012, 408, CONTROL_GRP2, I), E(0x2800, 416, GUEST_GRP1, I),
	E(0x2802, 424, GUEST_GRP1, I), E(0x2804, 432, GUEST_GRP1, I | O),
	E(0x2806, 440, GUEST_GRP1, I | O), E(0x280a, 448, GUEST_GRP1, I | O),
	E(0x280c, 456, GUEST_GRP1, I | O), E(0x280e, 464, GUEST_GRP1, I | O),
	E(0x2810, 472, GUEST_GRP1, I | O), E(0x6822, 480, GUEST_GRP1, I | O),
	E(0x6824, 488, GUEST_GRP1, I | O), E(0x6826, 496, GUEST_GRP1, I | O),
	E(0x4826, 504, GUEST_GRP1, I | O), E(0x482a, 508, GUEST_GRP1, I | O),
	E(0x6000, 512, CRDR, I), E(0x6002, 520, CRDR, I), E(0x6004, 528, CRDR, I),
	E(0x6006, 536, CRDR, I), E(0x6800, 544, CRDR, I | O), E(0x6802, 552, CRDR, I | O),
	E(0x6804, 560, CRDR, I | O), E(0x681a, 568, CRDR, I | O),
	E(0x6c06, 576, HOST_POINTER, I), E(0x6c08, 584, HOST_POINTER, I),
	E(0x6c0a, 592, HOST_POINTER, I), E(0x6c0c, 600, HOST_POINTER, I),
	E(0x6c0e, 608, HOST_POINTER, I), E(0x6c14, 616, HOST_POINTER, I),
	E(0x201a, 624, CONTROL_XLAT, I), E(0x0000, 632, CONTROL_XLAT, I),
	E(0x2400, 680, NONE, O), E(0x4400, 688, NONE, O), E(0x4402, 692, NONE, O),
	E(0x4404, 696, NONE, O), E(0x4406, 700, NONE, O), E(0x4408, 704, NONE, O),
	E(0x440a, 708, NONE, O), E(0x440c, 712, NONE, O), E(0x440e, 716, NONE, O),
	E(0x6400, 720, NONE, O), E(0x640a, 760, NONE, O), E(0x681c, 768, GUEST_BASIC, I | O),
	E(0x6820, 776, GUEST_BASIC, I | O), E(0x4824, 784, GUEST_BASIC, I | O),
	E(0x4002, 788, CONTROL_PROC, I | O), E(0x4004, 792, CONTROL_EXCPN, I),
	E(0x4012, 796, CONTROL_ENTRY, I | O), E(0x4016, 800, CONTROL_EVENT, I | O),
	E(0x4018, 804, CONTROL_EVENT, I | O), E(0x401a, 808, CONTROL_EVENT, I | O),
	E(0x401c, 812, NONE, I), E(0x681e, 816, NONE, I | O), E(0x2812, 896, GUEST_GRP1, I | O),
	E(0x2808, 904, GUEST_GRP1, I), E(0x202c, 960, CONTROL_GRP2, I),
	E(0x202e, 968, CONTROL_GRP2, I), E(0x2c04, 976, HOST_GRP1, I),
	E(0x2032, 984, CONTROL_GRP2, I),
#undef E
};

static void evmcs_layout_test(struct kunit *test)
{
	unsigned int i, nr = 0;
	u16 group;

	for (i = 0; i < ARRAY_SIZE(evmcs_layout); i++) {
		KUNIT_EXPECT_EQ_MSG(test, evmcs_field_offset(evmcs_layout[i].encoding, &group),
				    evmcs_layout[i].offset,
				    "field %#x", evmcs_layout[i].encoding);
		KUNIT_EXPECT_EQ_MSG(test, group, evmcs_layout[i].group,
				    "field %#x", evmcs_layout[i].encoding);
	}

	for (i = 0; i <= U16_MAX; i++)
		nr += evmcs_field_offset(i, NULL) >= 0;
	KUNIT_EXPECT_EQ(test, nr, ARRAY_SIZE(evmcs_layout));
}

/* The bytes of a field in vmcs12, or in the enlightened VMCS. */
static u64 read_bytes(const void *vmcs, u16 offset, u16 size)
{
	u64 value = 0;

	memcpy(&value, vmcs + offset, size);
	return value;
}

/* A field of @size bytes, all of which are @byte. */
static u64 repeat_byte(u8 byte, u16 size)
{
	return (0x0101010101010101ull * byte) >> (64 - 8 * size);
}

/*
 * A copy must reach each field that the architecture says it does, and no other
 * byte.  Have both sides differ in all bytes to tell.
 */
static void evmcs_copy_test(struct kunit *test)
{
	const size_t size = sizeof(struct hv_enlightened_vmcs);
	struct hv_enlightened_vmcs *evmcs = kunit_kzalloc(test, size, GFP_KERNEL);
	struct vmcs12 *vmcs12 = kunit_kzalloc(test, sizeof(*vmcs12), GFP_KERNEL);
	const struct vmcs12_field *f;
	unsigned int i, bit;
	bool copied;
	u32 clean;

	KUNIT_ASSERT_NOT_NULL(test, evmcs);
	KUNIT_ASSERT_NOT_NULL(test, vmcs12);

	/* One clean group at a time is dirty, plus all and none. */
	for (bit = 0; bit < 18; bit++) {
		clean = bit < 16 ? ~BIT(bit) : bit == 16 ? 0 : ~0u;
		memset(vmcs12, 0x55, sizeof(*vmcs12));
		memset(evmcs, 0xaa, size);
		evmcs_to_vmcs12(vmcs12, evmcs, clean);

		for (i = 0; i < ARRAY_SIZE(evmcs_layout); i++) {
			f = find_field(evmcs_layout[i].encoding);
			KUNIT_ASSERT_NOT_NULL(test, f);

			copied = (evmcs_layout[i].copy & I) &&
				 (!evmcs_layout[i].group || !(clean & evmcs_layout[i].group));
			KUNIT_EXPECT_EQ_MSG(test, read_bytes(vmcs12, f->offset, f->size),
					    repeat_byte(copied ? 0xaa : 0x55, f->size),
					    "%s to vmcs12, clean fields %#x", f->name, clean);
			memset((void *)vmcs12 + f->offset, 0x55, f->size);
		}
		KUNIT_EXPECT_NULL(test, memchr_inv(vmcs12, 0x55, sizeof(*vmcs12)));
		KUNIT_EXPECT_NULL(test, memchr_inv(evmcs, 0xaa, size));
	}

	memset(vmcs12, 0x55, sizeof(*vmcs12));
	vmcs12_to_evmcs(evmcs, vmcs12);

	for (i = 0; i < ARRAY_SIZE(evmcs_layout); i++) {
		f = find_field(evmcs_layout[i].encoding);
		KUNIT_EXPECT_EQ_MSG(test, read_bytes(evmcs, evmcs_layout[i].offset, f->size),
				    repeat_byte(evmcs_layout[i].copy & O ? 0x55 : 0xaa, f->size),
				    "%s to the enlightened VMCS", f->name);
		memset((void *)evmcs + evmcs_layout[i].offset, 0xaa, f->size);
	}
	KUNIT_EXPECT_NULL(test, memchr_inv(evmcs, 0xaa, size));
	KUNIT_EXPECT_NULL(test, memchr_inv(vmcs12, 0x55, sizeof(*vmcs12)));
}
#endif /* CONFIG_KVM_HYPERV */

static struct kunit_case vmcs12_fields_cases[] = {
	KUNIT_CASE(layout_test),
	KUNIT_CASE(width_test),
	KUNIT_CASE(shadow_test),
	KUNIT_CASE(save_test),
	KUNIT_CASE(load_test),
	KUNIT_CASE(exposed_test),
	KUNIT_CASE(attr_test),
#if IS_ENABLED(CONFIG_KVM_HYPERV)
	KUNIT_CASE(evmcs_layout_test),
	KUNIT_CASE(evmcs_copy_test),
#endif
	{}
};

static struct kunit_suite vmcs12_fields_suite = {
	.name = "kvm_vmx_vmcs12_fields",
	.test_cases = vmcs12_fields_cases,
};

kunit_test_suite(vmcs12_fields_suite);

MODULE_IMPORT_NS("EXPORTED_FOR_KUNIT_TESTING");
MODULE_DESCRIPTION("KUnit tests of the table of vmcs12 fields");
MODULE_LICENSE("GPL");
