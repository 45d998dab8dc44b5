/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __KVM_X86_VMX_IMMEDIATE_EXIT_H
#define __KVM_X86_VMX_IMMEDIATE_EXIT_H

#include <linux/bits.h>
#include <linux/kvm_host.h>

#include <asm/vmx.h>

#include "vmcs.h"

/* How to get a VM-Exit before the guest executes an instruction. */
enum vmx_immediate_exit {
	/* No exit is wanted. */
	VMX_IMMEDIATE_EXIT_NONE,

	/* The preemption timer, with a value of 0. */
	VMX_IMMEDIATE_EXIT_TIMER,

	/* The monitor trap flag, which triggers after the delivery of an event. */
	VMX_IMMEDIATE_EXIT_MTF,

	/* A pending MTF VM-Exit, injected like an event. */
	VMX_IMMEDIATE_EXIT_INJECTED_MTF,

	/* Nothing, L1 has asked for an MTF VM-Exit at the same point. */
	VMX_IMMEDIATE_EXIT_MTF_OF_L1,

	/* An IPI to the own CPU, imprecise: it may arrive late. */
	VMX_IMMEDIATE_EXIT_IPI,
};

/* What the choice depends on, see the VMCS fields of the same name. */
struct vmx_immediate_exit_state {
	bool has_mtf;
	u32 pin_controls;
	u32 exec_controls;
	u32 intr_info;

	/* Not looked at if intr_info is valid. */
	unsigned long pending_dbg;
	u32 interruptibility;
	u32 activity;
};

/*
 * In the pending debug exceptions, one of these makes VM-Enter deliver a #DB.
 * Bit 12 says that an enabled breakpoint was hit.
 */
#define VMX_PENDING_DBG_DELIVERED	(DR6_BUS_LOCK | BIT(12) | DR6_BS)

static inline bool vmx_entry_delivers_db(const struct vmx_immediate_exit_state *s)
{
	return (s->pending_dbg & VMX_PENDING_DBG_DELIVERED) &&
	       !(s->interruptibility & GUEST_INTR_STATE_MOV_SS);
}

/*
 * MTF VM-Exits outrank a pending #DB, whereas all that KVM may want to do after the
 * exit ranks below.  To inject the exit would make those events overtake the #DB;
 * with the control, it is the #DB's handler that is not executed.
 */
static inline enum vmx_immediate_exit
vmx_choose_immediate_exit(const struct vmx_immediate_exit_state *s)
{
	if (s->pin_controls & PIN_BASED_VMX_PREEMPTION_TIMER)
		return VMX_IMMEDIATE_EXIT_TIMER;

	if (!s->has_mtf)
		return VMX_IMMEDIATE_EXIT_IPI;

	if (is_intr_type(s->intr_info, INTR_TYPE_OTHER_EVENT))
		return VMX_IMMEDIATE_EXIT_MTF_OF_L1;

	if (!(s->intr_info & INTR_INFO_VALID_MASK)) {
		/* Injecting an MTF VM-Exit isn't legal, nor is a #DB delivered. */
		if (s->activity != GUEST_ACTIVITY_ACTIVE &&
		    s->activity != GUEST_ACTIVITY_HLT)
			return VMX_IMMEDIATE_EXIT_IPI;

		if (!vmx_entry_delivers_db(s))
			return VMX_IMMEDIATE_EXIT_INJECTED_MTF;
	}

	/* KVM has no other use for the control, if it is set then for L1. */
	if (s->exec_controls & CPU_BASED_MONITOR_TRAP_FLAG)
		return VMX_IMMEDIATE_EXIT_MTF_OF_L1;

	return VMX_IMMEDIATE_EXIT_MTF;
}

/* Is a VM-Exit for @reason the one that KVM has forced by @how? */
static inline bool vmx_is_immediate_exit(enum vmx_immediate_exit how, u16 reason)
{
	switch (how) {
	case VMX_IMMEDIATE_EXIT_TIMER:
		return reason == EXIT_REASON_PREEMPTION_TIMER;
	case VMX_IMMEDIATE_EXIT_MTF:
	case VMX_IMMEDIATE_EXIT_INJECTED_MTF:
		return reason == EXIT_REASON_MONITOR_TRAP_FLAG;
	default:
		return false;
	}
}

#endif /* __KVM_X86_VMX_IMMEDIATE_EXIT_H */
