// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of how KVM forces a VM-Exit before the guest executes an instruction.
 *
 * What a CPU does on VM-Enter is written down here as a model, from the architecture
 * and in numbers.  Never derive it from the code under test.
 */
#include <kunit/test.h>
#include <linux/bits.h>
#include <linux/module.h>

#include "../hyperv_evmcs.h"
#include "../immediate_exit.h"

#define TIMER_CONTROL	BIT(6)		/* Pin-based: activate VMX-preemption timer */
#define MTF_CONTROL	BIT(27)		/* Primary processor-based: monitor trap flag */

#define REASON_MTF	37
#define REASON_TIMER	52

/* Interruption information: valid, type in 10:8, vector in 7:0. */
#define EXT_INTR	(BIT(31) | 0x041)
#define NMI		(BIT(31) | 0x202)
#define HARD_EXCEPTION	(BIT(31) | 0x306)
#define SOFT_INTR	(BIT(31) | 0x480)
#define ICEBP		(BIT(31) | 0x501)
#define SOFT_EXCEPTION	(BIT(31) | 0x603)
#define OTHER_EVENT	(BIT(31) | 0x700)
#define STALE_OTHER	0x700

/* Pending debug exceptions. */
#define B0		BIT(0)
#define BUS_LOCK	BIT(11)
#define ENABLED		BIT(12)
#define BS		BIT(14)
#define RTM		BIT(16)

/* Interruptibility. */
#define BY_STI		BIT(0)
#define BY_MOV_SS	BIT(1)
#define BY_SMI		BIT(2)
#define BY_NMI		BIT(3)

/* Activity. */
enum { ACTIVE, HLT, SHUTDOWN, WAIT_FOR_SIPI, NR_ACTIVITIES };

enum end {
	FAILED,		/* VM-Enter did */
	EXITED,
	EXECUTED,	/* an instruction */
	INACTIVE,
};

struct outcome {
	enum end end;
	u16 reason;		/* if EXITED */
	bool event_delivered;
	bool db_delivered;
};

/* VM-Enter, until there is an exit or the guest executes its first instruction. */
static struct outcome vm_enter(const struct vmx_immediate_exit_state *s, bool timer_is_0)
{
	bool mtf = s->exec_controls & MTF_CONTROL;
	u8 type = (s->intr_info >> 8) & 7;
	bool valid = s->intr_info >> 31;
	unsigned int activity = s->activity;
	struct outcome o = {};

	if (mtf && !s->has_mtf)
		return o;

	if (valid && type == 7) {
		if (!s->has_mtf || (s->intr_info & 0xff) || activity > HLT)
			return o;
		o.end = EXITED;
		o.reason = REASON_MTF;
		return o;
	}

	if (valid) {
		/* What is legal in the other states doesn't matter here. */
		if (activity == WAIT_FOR_SIPI)
			return o;
		o.event_delivered = true;
		activity = ACTIVE;
	} else if ((s->pending_dbg & (BUS_LOCK | ENABLED | BS)) &&
		   !(s->interruptibility & BY_MOV_SS) && activity <= HLT) {
		o.db_delivered = true;
		activity = ACTIVE;
	}

	if (mtf && (o.event_delivered || o.db_delivered)) {
		o.end = EXITED;
		o.reason = REASON_MTF;
	} else if ((s->pin_controls & TIMER_CONTROL) && timer_is_0 && activity != WAIT_FOR_SIPI) {
		o.end = EXITED;
		o.reason = REASON_TIMER;
	} else {
		o.end = activity == ACTIVE ? EXECUTED : INACTIVE;
	}
	return o;
}

/* VM-Enter with an immediate exit forced by @how. */
static struct outcome forced_vm_enter(struct vmx_immediate_exit_state s,
				      enum vmx_immediate_exit how)
{
	if (how == VMX_IMMEDIATE_EXIT_MTF)
		s.exec_controls |= MTF_CONTROL;
	if (how == VMX_IMMEDIATE_EXIT_INJECTED_MTF)
		s.intr_info = OTHER_EVENT;

	return vm_enter(&s, how == VMX_IMMEDIATE_EXIT_TIMER);
}

/* What is to be delivered is delivered, and the guest doesn't get any further. */
static bool is_precise(const struct outcome *plain, const struct outcome *forced)
{
	return (forced->end == EXITED || forced->end == INACTIVE) &&
	       forced->event_delivered == plain->event_delivered &&
	       forced->db_delivered == plain->db_delivered;
}

static const u32 intr_infos[] = {
	0, STALE_OTHER, EXT_INTR, NMI, HARD_EXCEPTION, SOFT_INTR, ICEBP,
	SOFT_EXCEPTION, OTHER_EVENT,
};

static const unsigned long pending_dbgs[] = {
	0, B0, B0 | ENABLED, BS, BS | B0 | ENABLED, BUS_LOCK, RTM | ENABLED,
};

static const u32 interruptibilities[] = {
	0, BY_STI, BY_MOV_SS, BY_SMI, BY_NMI, BY_MOV_SS | BY_NMI, BY_STI | BY_NMI,
};

#define NR_STATES	(2 * 2 * 2 * ARRAY_SIZE(intr_infos) * ARRAY_SIZE(pending_dbgs) *	\
			 ARRAY_SIZE(interruptibilities) * NR_ACTIVITIES)

static unsigned int take(unsigned int *i, unsigned int n)
{
	unsigned int digit = *i % n;

	*i /= n;
	return digit;
}

static struct vmx_immediate_exit_state get_state(unsigned int i)
{
	struct vmx_immediate_exit_state s = {};

	s.has_mtf = take(&i, 2);
	s.pin_controls = 0x1f | (take(&i, 2) ? TIMER_CONTROL : 0);
	s.exec_controls = 0x401e172 | (take(&i, 2) ? MTF_CONTROL : 0);
	s.intr_info = intr_infos[take(&i, ARRAY_SIZE(intr_infos))];
	s.pending_dbg = pending_dbgs[take(&i, ARRAY_SIZE(pending_dbgs))];
	s.interruptibility = interruptibilities[take(&i, ARRAY_SIZE(interruptibilities))];
	s.activity = take(&i, NR_ACTIVITIES);

	return s;
}

static void expect(struct kunit *test, const struct vmx_immediate_exit_state *s,
		   bool condition, const char *what)
{
	KUNIT_EXPECT_TRUE_MSG(test, condition,
			      "%s: has_mtf %d, pin %#x, exec %#x, intr_info %#x, pending_dbg %#lx, interruptibility %#x, activity %u",
			      what, s->has_mtf, s->pin_controls, s->exec_controls,
			      s->intr_info, s->pending_dbg, s->interruptibility, s->activity);
}

/* No method is better than the one that was chosen. */
static void check_ipi(struct kunit *test, const struct vmx_immediate_exit_state *s,
		      const struct outcome *plain)
{
	static const enum vmx_immediate_exit others[] = {
		VMX_IMMEDIATE_EXIT_TIMER, VMX_IMMEDIATE_EXIT_MTF,
		VMX_IMMEDIATE_EXIT_INJECTED_MTF, VMX_IMMEDIATE_EXIT_MTF_OF_L1,
	};
	struct outcome o;
	int i;

	for (i = 0; i < ARRAY_SIZE(others); i++) {
		o = forced_vm_enter(*s, others[i]);
		expect(test, s, o.end == INACTIVE || !is_precise(plain, &o), "better than an IPI");
	}
}

static void check_state(struct kunit *test, const struct vmx_immediate_exit_state *s,
			enum vmx_immediate_exit how)
{
	struct outcome plain = vm_enter(s, false);
	struct outcome forced = forced_vm_enter(*s, how);
	bool taken;

	expect(test, s, how != VMX_IMMEDIATE_EXIT_NONE, "a method");

	/* It's cheap, but not there unless it is enabled. */
	expect(test, s, (how == VMX_IMMEDIATE_EXIT_TIMER) == !!(s->pin_controls & TIMER_CONTROL),
	       "timer");

	/* To take back what wasn't given would take it from L1. */
	expect(test, s, how != VMX_IMMEDIATE_EXIT_MTF || !(s->exec_controls & MTF_CONTROL),
	       "control is free");
	expect(test, s, how != VMX_IMMEDIATE_EXIT_INJECTED_MTF || !(s->intr_info >> 31),
	       "no other event");

	if (how == VMX_IMMEDIATE_EXIT_IPI) {
		check_ipi(test, s, &plain);
		return;
	}

	expect(test, s, is_precise(&plain, &forced), "precise");
	if (forced.end != EXITED)
		return;

	/* An MTF VM-Exit that comes anyway is L1's, any other one is KVM's. */
	taken = vmx_is_immediate_exit(how, forced.reason);
	if (forced.reason == REASON_MTF)
		expect(test, s, taken == (plain.end != EXITED), "whose MTF VM-Exit");
	else
		expect(test, s, taken, "KVM's own exit");
}

/* Everything that VM-Enter can meet, as far as it is legal. */
static void every_state_test(struct kunit *test)
{
	unsigned int seen[VMX_IMMEDIATE_EXIT_IPI + 1] = {};
	struct vmx_immediate_exit_state s;
	enum vmx_immediate_exit how;
	unsigned int i;

	for (i = 0; i < NR_STATES; i++) {
		s = get_state(i);
		if (vm_enter(&s, false).end == FAILED)
			continue;

		how = vmx_choose_immediate_exit(&s);
		check_state(test, &s, how);
		seen[how]++;
	}

	for (i = VMX_IMMEDIATE_EXIT_TIMER; i < ARRAY_SIZE(seen); i++)
		KUNIT_EXPECT_GT_MSG(test, seen[i], 0, "method %u", i);
}

static const struct choice_param {
	const char *name;
	struct vmx_immediate_exit_state s;
	enum vmx_immediate_exit how;
} choices[] = {
	{ "timer", { .pin_controls = TIMER_CONTROL }, VMX_IMMEDIATE_EXIT_TIMER },
	{ "timer and MTF", { true, TIMER_CONTROL }, VMX_IMMEDIATE_EXIT_TIMER },
	{ "timer, event", { true, TIMER_CONTROL, 0, EXT_INTR }, VMX_IMMEDIATE_EXIT_TIMER },
	{ "neither", { }, VMX_IMMEDIATE_EXIT_IPI },
	{ "neither, event", { .intr_info = NMI }, VMX_IMMEDIATE_EXIT_IPI },
	{ "no event", { true }, VMX_IMMEDIATE_EXIT_INJECTED_MTF },
	{ "stale event", { true, .intr_info = STALE_OTHER }, VMX_IMMEDIATE_EXIT_INJECTED_MTF },
	{ "no event, L1 uses MTF", { true, 0, MTF_CONTROL }, VMX_IMMEDIATE_EXIT_INJECTED_MTF },
	{ "IRQ", { true, .intr_info = EXT_INTR }, VMX_IMMEDIATE_EXIT_MTF },
	{ "NMI", { true, .intr_info = NMI }, VMX_IMMEDIATE_EXIT_MTF },
	{ "UD", { true, .intr_info = HARD_EXCEPTION }, VMX_IMMEDIATE_EXIT_MTF },
	{ "INT n", { true, .intr_info = SOFT_INTR }, VMX_IMMEDIATE_EXIT_MTF },
	{ "INT1", { true, .intr_info = ICEBP }, VMX_IMMEDIATE_EXIT_MTF },
	{ "INT3", { true, .intr_info = SOFT_EXCEPTION }, VMX_IMMEDIATE_EXIT_MTF },
	{ "UD, L1 uses MTF", { true, 0, MTF_CONTROL, HARD_EXCEPTION },
	  VMX_IMMEDIATE_EXIT_MTF_OF_L1 },
	{ "L1 injects MTF", { true, .intr_info = OTHER_EVENT }, VMX_IMMEDIATE_EXIT_MTF_OF_L1 },
	{ "L1 injects and uses MTF", { true, 0, MTF_CONTROL, OTHER_EVENT },
	  VMX_IMMEDIATE_EXIT_MTF_OF_L1 },
	{ "pending DB", { true, .pending_dbg = BS }, VMX_IMMEDIATE_EXIT_MTF },
	{ "pending DB, L1 uses MTF", { true, 0, MTF_CONTROL, .pending_dbg = BS },
	  VMX_IMMEDIATE_EXIT_MTF_OF_L1 },
	{ "pending DB, STI", { true, .pending_dbg = BS, .interruptibility = BY_STI },
	  VMX_IMMEDIATE_EXIT_MTF },
	{ "pending DB, MOV SS", { true, .pending_dbg = BS, .interruptibility = BY_MOV_SS },
	  VMX_IMMEDIATE_EXIT_INJECTED_MTF },
	{ "breakpoint not enabled", { true, .pending_dbg = B0 }, VMX_IMMEDIATE_EXIT_INJECTED_MTF },
	{ "STI", { true, .interruptibility = BY_STI }, VMX_IMMEDIATE_EXIT_INJECTED_MTF },
	{ "HLT", { true, .activity = HLT }, VMX_IMMEDIATE_EXIT_INJECTED_MTF },
	{ "shutdown", { true, .activity = SHUTDOWN }, VMX_IMMEDIATE_EXIT_IPI },
	{ "wait-for-SIPI", { true, .activity = WAIT_FOR_SIPI }, VMX_IMMEDIATE_EXIT_IPI },
};

KUNIT_ARRAY_PARAM_DESC(choice, choices, name);

static void choice_test(struct kunit *test)
{
	const struct choice_param *p = test->param_value;

	KUNIT_EXPECT_EQ(test, vmx_choose_immediate_exit(&p->s), p->how);
}

/* Version 1 of the enlightened VMCS has no field for the timer's value. */
static void evmcs_test(struct kunit *test)
{
	struct vmx_immediate_exit_state s = {
		.has_mtf = EVMCS1_SUPPORTED_EXEC_CTRL & MTF_CONTROL,
		.pin_controls = EVMCS1_SUPPORTED_PINCTRL,
	};

	KUNIT_EXPECT_EQ(test, vmx_choose_immediate_exit(&s), VMX_IMMEDIATE_EXIT_INJECTED_MTF);
}

/* Only an exit for the reason that KVM has provided for can be the forced one. */
static void reason_test(struct kunit *test)
{
	u16 reason;

	for (reason = 0; reason < 128; reason++) {
		bool mtf = reason == REASON_MTF, timer = reason == REASON_TIMER;

		KUNIT_EXPECT_FALSE(test, vmx_is_immediate_exit(VMX_IMMEDIATE_EXIT_NONE, reason));
		KUNIT_EXPECT_EQ(test, timer,
				vmx_is_immediate_exit(VMX_IMMEDIATE_EXIT_TIMER, reason));
		KUNIT_EXPECT_EQ(test, mtf, vmx_is_immediate_exit(VMX_IMMEDIATE_EXIT_MTF, reason));
		KUNIT_EXPECT_EQ(test, mtf,
				vmx_is_immediate_exit(VMX_IMMEDIATE_EXIT_INJECTED_MTF, reason));
		KUNIT_EXPECT_FALSE(test,
				   vmx_is_immediate_exit(VMX_IMMEDIATE_EXIT_MTF_OF_L1, reason));
		KUNIT_EXPECT_FALSE(test, vmx_is_immediate_exit(VMX_IMMEDIATE_EXIT_IPI, reason));
	}
}

static struct kunit_case immediate_exit_cases[] = {
	KUNIT_CASE(every_state_test),
	KUNIT_CASE_PARAM(choice_test, choice_gen_params),
	KUNIT_CASE(evmcs_test),
	KUNIT_CASE(reason_test),
	{}
};

static struct kunit_suite immediate_exit_suite = {
	.name = "kvm_vmx_immediate_exit",
	.test_cases = immediate_exit_cases,
};

kunit_test_suite(immediate_exit_suite);

MODULE_DESCRIPTION("KUnit tests of how KVM forces immediate VM-Exits");
MODULE_LICENSE("GPL");
