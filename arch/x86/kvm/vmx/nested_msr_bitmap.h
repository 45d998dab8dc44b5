/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __KVM_X86_VMX_NESTED_MSR_BITMAP_H
#define __KVM_X86_VMX_NESTED_MSR_BITMAP_H

#include <linux/types.h>
#include <asm/page_types.h>
#include <asm/vmx.h>

#define MSR_BITMAP_LONGS	(PAGE_SIZE / sizeof(unsigned long))

/* vmcs12's secondary controls that decide which x2APIC MSRs L2 may access. */
#define NESTED_X2APIC_CONTROLS	(SECONDARY_EXEC_VIRTUALIZE_X2APIC_MODE |	\
				 SECONDARY_EXEC_APIC_REGISTER_VIRT |		\
				 SECONDARY_EXEC_VIRTUAL_INTR_DELIVERY)

/*
 * L0's share of the MSR bitmap for L2.  Where L0 intercepts all MSRs of a long,
 * L1's bitmap doesn't matter.  As L0 passes few MSRs through, only a handful of
 * longs are left in which it does, the open ones.
 */
struct nested_msr_bitmap {
	/* What L0 intercepts, i.e. the result for an L1 that intercepts nothing. */
	unsigned long l0[MSR_BITMAP_LONGS];

	/* Indices of the open longs, those of x2APIC MSRs come last. */
	u16 open[MSR_BITMAP_LONGS];
	u16 nr_open;
	u16 nr_open_without_x2apic;

	/* The NESTED_X2APIC_CONTROLS that l0[] and open[] were made for. */
	u32 x2apic_controls;
};

/*
 * @l2 has to be the same for all of them.  To be followed by a merge: the longs of
 * @l2 that are no longer open are made all ones, the open ones are undefined.
 */
void nested_msr_bitmap_set_l0(struct nested_msr_bitmap *mb, unsigned long *l2,
			      const unsigned long *vmcs01);
void nested_msr_bitmap_set_x2apic(struct nested_msr_bitmap *mb, unsigned long *l2,
				  u32 controls);

bool nested_msr_bitmap_merge(const struct nested_msr_bitmap *mb, unsigned long *l2,
			     const unsigned long __user *l1);

#endif /* __KVM_X86_VMX_NESTED_MSR_BITMAP_H */
