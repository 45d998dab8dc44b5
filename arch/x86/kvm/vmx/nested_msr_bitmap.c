// SPDX-License-Identifier: GPL-2.0-only
/*
 * The MSR bitmap that L2 runs with: the OR of what L0 and L1 intercept, but for
 * the MSRs in the two tables below.
 */
#include <linux/bitmap.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include <kunit/visibility.h>

#include "lapic.h"
#include "nested_msr_bitmap.h"
#include "vmx.h"

#define X2APIC_FIRST	APIC_BASE_MSR
#define X2APIC_LAST	(APIC_BASE_MSR + 0xff)

/* The longs of x2APIC MSRs, in the bitmaps for RDMSR and for WRMSR. */
#define X2APIC_LONGS		(0x100 / BITS_PER_LONG)
#define X2APIC_READ_LONG	(X2APIC_FIRST / BITS_PER_LONG)
#define X2APIC_WRITE_LONG	(X2APIC_READ_LONG + 0x800 / sizeof(long))

/* MSRs that L0 intercepts for L2 even if it lets L1 access them. */
static const struct {
	u32 first;
	u32 last;
	int types;
} kept_from_l2[] = {
	/*
	 * Saved from vmcs02 to vmcs12 when KVM emulates the write, not at
	 * VM-Exit, which would have to read three more fields each time.
	 */
	{ MSR_IA32_SYSENTER_CS, MSR_IA32_SYSENTER_EIP, MSR_TYPE_W },

	/*
	 * L0 takes LBRs away from the guest with IRQs disabled, possibly after
	 * nested VM-Enter has merged the bitmaps.
	 */
	{ MSR_LBR_SELECT, MSR_LBR_TOS, MSR_TYPE_RW },
	{ MSR_LBR_CORE_FROM, MSR_LBR_CORE_FROM + 7, MSR_TYPE_RW },
	{ MSR_LBR_CORE_TO, MSR_LBR_CORE_TO + 7, MSR_TYPE_RW },
	{ MSR_LBR_NHM_FROM, MSR_LBR_NHM_FROM + 31, MSR_TYPE_RW },
	{ MSR_LBR_NHM_TO, MSR_LBR_NHM_TO + 31, MSR_TYPE_RW },
	{ MSR_LBR_INFO_0, MSR_LBR_INFO_0 + 31, MSR_TYPE_RW },
	{ MSR_ARCH_LBR_FROM_0, MSR_ARCH_LBR_FROM_0 + 31, MSR_TYPE_RW },
	{ MSR_ARCH_LBR_TO_0, MSR_ARCH_LBR_TO_0 + 31, MSR_TYPE_RW },
	{ MSR_ARCH_LBR_INFO_0, MSR_ARCH_LBR_INFO_0 + 31, MSR_TYPE_RW },

	/* Tracing and VMX don't go together, KVM never enables it for L2. */
	{ MSR_IA32_RTIT_OUTPUT_BASE, MSR_IA32_RTIT_OUTPUT_MASK, MSR_TYPE_RW },
	{ MSR_IA32_RTIT_CTL, MSR_IA32_RTIT_CR3_MATCH, MSR_TYPE_RW },
	{ MSR_IA32_RTIT_ADDR0_A, MSR_IA32_RTIT_ADDR3_B, MSR_TYPE_RW },

	/* Passing XFD to L2 has never been tested on a CPU that has it. */
	{ MSR_IA32_XFD, MSR_IA32_XFD_ERR, MSR_TYPE_RW },

	/*
	 * What vmcs01 passes through accesses L1's virtual APIC, or with vmcs02
	 * the physical one.  L2's follows from vmcs12's controls, see below.
	 */
	{ X2APIC_FIRST, X2APIC_LAST, MSR_TYPE_RW },
};

/*
 * The x2APIC MSRs for which hardware accesses the virtual-APIC page that L1
 * provides for L2, given that vmcs12 has all of the controls.  vmcs01 has no say
 * in it, L1 may give L2 an x2APIC without using one itself.
 */
static const struct {
	u32 first;
	u32 last;
	int types;
	u32 controls;
} x2apic_of_l2[] = {
	{ X2APIC_MSR(APIC_TASKPRI), X2APIC_MSR(APIC_TASKPRI), MSR_TYPE_RW,
	  SECONDARY_EXEC_VIRTUALIZE_X2APIC_MODE },
	{ X2APIC_MSR(APIC_EOI), X2APIC_MSR(APIC_EOI), MSR_TYPE_W,
	  SECONDARY_EXEC_VIRTUALIZE_X2APIC_MODE | SECONDARY_EXEC_VIRTUAL_INTR_DELIVERY },
	{ X2APIC_MSR(APIC_SELF_IPI), X2APIC_MSR(APIC_SELF_IPI), MSR_TYPE_W,
	  SECONDARY_EXEC_VIRTUALIZE_X2APIC_MODE | SECONDARY_EXEC_VIRTUAL_INTR_DELIVERY },
	{ X2APIC_FIRST, X2APIC_LAST, MSR_TYPE_R,
	  SECONDARY_EXEC_VIRTUALIZE_X2APIC_MODE | SECONDARY_EXEC_APIC_REGISTER_VIRT },
};

/* The bit of MSR 0 in the bitmap for WRMSR; the one for RDMSR comes first. */
#define WRITE_BIT	(0x800 * BITS_PER_BYTE)

/* For MSRs below 0x2000. */
static void intercept_msrs(unsigned long *bitmap, u32 first, u32 last, int types)
{
	if (types & MSR_TYPE_R)
		bitmap_set(bitmap, first, last - first + 1);
	if (types & MSR_TYPE_W)
		bitmap_set(bitmap, WRITE_BIT + first, last - first + 1);
}

static void pass_through_msrs(unsigned long *bitmap, u32 first, u32 last, int types)
{
	if (types & MSR_TYPE_R)
		bitmap_clear(bitmap, first, last - first + 1);
	if (types & MSR_TYPE_W)
		bitmap_clear(bitmap, WRITE_BIT + first, last - first + 1);
}

static void add_open_longs(struct nested_msr_bitmap *mb, unsigned int first,
			   unsigned int nr)
{
	unsigned int i;

	for (i = first; i < first + nr; i++) {
		if (~mb->l0[i])
			mb->open[mb->nr_open++] = i;
	}
}

/*
 * Take over vmcs12's NESTED_X2APIC_CONTROLS.  Separate from L0's bitmap because
 * they change often if L1 alternates between VMCSs, e.g. as L2 is a hypervisor
 * and L1 runs L3 for it.
 */
void nested_msr_bitmap_set_x2apic(struct nested_msr_bitmap *mb, unsigned long *l2,
				  u32 controls)
{
	int i;

	intercept_msrs(mb->l0, X2APIC_FIRST, X2APIC_LAST, MSR_TYPE_RW);
	intercept_msrs(l2, X2APIC_FIRST, X2APIC_LAST, MSR_TYPE_RW);

	for (i = 0; i < ARRAY_SIZE(x2apic_of_l2); i++) {
		if ((controls & x2apic_of_l2[i].controls) == x2apic_of_l2[i].controls)
			pass_through_msrs(mb->l0, x2apic_of_l2[i].first,
					  x2apic_of_l2[i].last, x2apic_of_l2[i].types);
	}

	mb->nr_open = mb->nr_open_without_x2apic;
	add_open_longs(mb, X2APIC_READ_LONG, X2APIC_LONGS);
	add_open_longs(mb, X2APIC_WRITE_LONG, X2APIC_LONGS);
	mb->x2apic_controls = controls;
}
EXPORT_SYMBOL_IF_KUNIT(nested_msr_bitmap_set_x2apic);

/* Take over L0's bitmap, i.e. the one that L1 runs with. */
void nested_msr_bitmap_set_l0(struct nested_msr_bitmap *mb, unsigned long *l2,
			      const unsigned long *vmcs01)
{
	int i;

	memcpy(mb->l0, vmcs01, sizeof(mb->l0));
	for (i = 0; i < ARRAY_SIZE(kept_from_l2); i++)
		intercept_msrs(mb->l0, kept_from_l2[i].first, kept_from_l2[i].last,
			       kept_from_l2[i].types);
	memset(l2, 0xff, sizeof(mb->l0));

	mb->nr_open = 0;
	add_open_longs(mb, 0, MSR_BITMAP_LONGS);
	mb->nr_open_without_x2apic = mb->nr_open;

	nested_msr_bitmap_set_x2apic(mb, l2, mb->x2apic_controls);
}
EXPORT_SYMBOL_IF_KUNIT(nested_msr_bitmap_set_l0);

/*
 * Make L2's bitmap from L0's and L1's, return false if L1's can't be read.
 *
 * L1 and userspace may change the bitmap at any time and by any mapping, hence
 * it's read on every nested VM-Enter.  That's cheaper than to learn of a write:
 * only the open longs are read, and few of them are written.
 */
bool nested_msr_bitmap_merge(const struct nested_msr_bitmap *mb, unsigned long *l2,
			     const unsigned long __user *l1)
{
	/*
	 * Arrays of known size would be checked by UBSAN, which may not be called
	 * with user access enabled.
	 */
	const unsigned long *l0 = mb->l0;
	const u16 *open = mb->open;
	unsigned long merged;
	int i, nr;

	if (!user_read_access_begin(l1, PAGE_SIZE))
		return false;

	for (i = 0; i < mb->nr_open; i++) {
		nr = open[i];
		unsafe_get_user(merged, &l1[nr], fault);
		merged |= l0[nr];
		if (l2[nr] != merged)
			l2[nr] = merged;
	}

	user_read_access_end();
	return true;

fault:
	user_read_access_end();
	return false;
}
EXPORT_SYMBOL_IF_KUNIT(nested_msr_bitmap_merge);
