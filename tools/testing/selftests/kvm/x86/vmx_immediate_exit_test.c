// SPDX-License-Identifier: GPL-2.0-only
/*
 * Immediate VM-Exits: an event for L1 that is pending at VM-Enter makes KVM enter L2
 * and exit again before L2 executes an instruction, while what L1 injects, and what
 * else VM-Enter delivers, goes first.
 *
 * Each event, or sequence of events, meets each state that L1 can start L2 in.
 * Every VM-Exit up to the end of L2's code has to be the architecture's: its reason,
 * where it finds L2, and how many instructions L2 has executed by then.
 */
#include "test_util.h"
#include "kvm_util.h"
#include "processor.h"
#include "apic.h"
#include "vmx.h"

#define L2_STACK_SIZE	64
#define IRQ_VECTOR	0x41

#define NMI_INTR_INFO	(INTR_INFO_VALID | 0x200 | NMI_VECTOR)
#define DB_INTR_INFO	(INTR_INFO_VALID | INTR_TYPE_HARD_EXCEPTION | DB_VECTOR)
#define INJECT_UD	(INTR_INFO_VALID | INTR_TYPE_HARD_EXCEPTION | UD_VECTOR)
#define INJECT_MTF	(INTR_INFO_VALID | INTR_TYPE_OTHER_EVENT)

/* Breakpoint 0 was hit, and it was enabled. */
#define PENDING_DB	(BIT(12) | BIT(0))

#define BLOCKED_BY_STI		BIT(0)
#define BLOCKED_BY_MOV_SS	BIT(1)

/* What L2 counts: its instructions, and how often its handlers start to execute. */
#define L2_NR_INSTRUCTIONS	4
static u64 l2_executed, l2_nr_ud, l2_nr_db;

void l2_first(void);
void l2_second(void);
void l2_ud_handler(void);
void l2_db_handler(void);

asm(".pushsection .text\n"
	"l2_first: incq l2_executed(%rip)\n"
	"l2_second: incq l2_executed(%rip)\n\t"
	"incq l2_executed(%rip)\n\t"
	"incq l2_executed(%rip)\n\t"
	"vmcall\n"
	"l2_ud_handler: incq l2_nr_ud(%rip)\n\t"
	"iretq\n"
	"l2_db_handler: incq l2_nr_db(%rip)\n\t"
	"iretq\n\t"
	".popsection");

/* What L1 starts L2 with. */
static const struct l2_state {
	const char *name;
	u32 inject;
	bool mtf;
	bool pending_db;
	bool intercept_db;
	u32 blocked;
} states[] = {
	{ "nothing" },
	{ "MTF",			.mtf = true },
	{ "injected MTF",		INJECT_MTF },
	{ "injected MTF, MTF",		INJECT_MTF, .mtf = true },
	{ "#UD",			INJECT_UD },
	{ "#UD, MTF",			INJECT_UD, .mtf = true },
	{ "pending #DB",		.pending_db = true },
	{ "pending #DB, MTF",		.pending_db = true, .mtf = true },
	{ "pending #DB, intercepted",	.pending_db = true, .intercept_db = true },
	{ "pending #DB, intercepted, MTF",
	  .pending_db = true, .intercept_db = true, .mtf = true },
	{ "STI",			.blocked = BLOCKED_BY_STI },
	{ "MOV SS",			.blocked = BLOCKED_BY_MOV_SS },
	{ "MOV SS, pending #DB",	.blocked = BLOCKED_BY_MOV_SS, .pending_db = true },
};

/* Events in the order of their priority. */
enum event {
	TIMER,
	NMI_WINDOW,
	NMI,
	IRQ_WINDOW,
	IRQ,
	NR_EVENTS
};

static const u32 event_reasons[NR_EVENTS] = {
	[TIMER]		= EXIT_REASON_PREEMPTION_TIMER,
	[NMI_WINDOW]	= EXIT_REASON_NMI_WINDOW,
	[NMI]		= EXIT_REASON_EXCEPTION_NMI,
	[IRQ_WINDOW]	= EXIT_REASON_INTERRUPT_WINDOW,
	[IRQ]		= EXIT_REASON_EXTERNAL_INTERRUPT,
};

/*
 * What is pending at VM-Enter.  Hardware takes care of windows, but they need a forced
 * exit for something else that comes first.
 */
static const struct event_set {
	const char *name;
	u32 events;
} event_sets[] = {
	{ "none",		0 },
	{ "IRQ",		BIT(IRQ) },
	{ "timer",		BIT(TIMER) },
	{ "NMI",		BIT(NMI) },
	{ "timer, IRQ",		BIT(TIMER) | BIT(IRQ) },
	{ "NMI, IRQ",		BIT(NMI) | BIT(IRQ) },
	{ "timer, NMI window",	BIT(TIMER) | BIT(NMI_WINDOW) },
	{ "timer, IRQ window",	BIT(TIMER) | BIT(IRQ_WINDOW) },
};

struct test_case {
	const struct l2_state *state;
	const struct event_set *set;
	bool irqs_enabled;

	/* Where L2 is, and what it has executed. */
	u64 rip;
	u64 executed;
	unsigned int nr_exits;
	bool failed;
};

/* From userspace. */
static bool has_timer_for_l1;
static bool has_mtf;
static bool host_uses_timer;

/* What is wrong with the CPU, i.e. with emulators, see probe_cpu(). */
static bool injected_mtf_drops_state;
static bool injected_mtf_is_late;
static bool mtf_is_ignored;

static struct idt_entry l2_idt[32] __aligned(16);
static u64 l2_stack[L2_STACK_SIZE] __aligned(16);

static u32 pin_controls, cpu_controls;
static unsigned int nr_cases, nr_failed, nr_skipped;

/* To be run with NMIs blocked, i.e. by the handler of an NMI. */
static struct test_case *case_for_nmi_handler;

static void set_gate(int vector, void *handler)
{
	u64 address = (u64)handler;

	l2_idt[vector] = (struct idt_entry) {
		.offset0 = address,
		.offset1 = address >> 16,
		.offset2 = address >> 32,
		.selector = get_cs(),
		.type = 14,	/* interrupt gate */
		.p = 1,
	};
}

static void set_pin_controls(u32 controls)
{
	GUEST_ASSERT(!vmwrite(PIN_BASED_VM_EXEC_CONTROL, pin_controls | controls));
}

static void set_cpu_controls(u32 controls)
{
	GUEST_ASSERT(!vmwrite(CPU_BASED_VM_EXEC_CONTROL, cpu_controls | controls));
}

static void start_l2(const struct l2_state *s, bool irqs_enabled)
{
	l2_executed = 0;
	l2_nr_ud = 0;
	l2_nr_db = 0;

	vmwrite(GUEST_RIP, (u64)l2_first);
	vmwrite(GUEST_RSP, (u64)&l2_stack[L2_STACK_SIZE]);
	vmwrite(GUEST_RFLAGS, X86_EFLAGS_FIXED | (irqs_enabled ? X86_EFLAGS_IF : 0));
	vmwrite(GUEST_DR7, 0x400);
	vmwrite(GUEST_INTERRUPTIBILITY_INFO, s->blocked);
	vmwrite(GUEST_PENDING_DBG_EXCEPTIONS, s->pending_db ? PENDING_DB : 0);
	vmwrite(EXCEPTION_BITMAP, s->intercept_db ? BIT(DB_VECTOR) : 0);
	vmwrite(VM_ENTRY_INTR_INFO_FIELD, s->inject);
	vmwrite(VMX_PREEMPTION_TIMER_VALUE, 0);
}

static u32 pin_controls_for(u32 events)
{
	u32 controls = PIN_BASED_EXT_INTR_MASK;

	if (events & BIT(TIMER))
		controls |= PIN_BASED_VMX_PREEMPTION_TIMER;
	if (events & (BIT(NMI) | BIT(NMI_WINDOW)))
		controls |= PIN_BASED_NMI_EXITING;
	if (events & BIT(NMI_WINDOW))
		controls |= PIN_BASED_VIRTUAL_NMIS;
	return controls;
}

static u32 cpu_controls_for(u32 events, bool mtf)
{
	return (events & BIT(NMI_WINDOW) ? CPU_BASED_NMI_WINDOW_EXITING : 0) |
	       (events & BIT(IRQ_WINDOW) ? CPU_BASED_INTR_WINDOW_EXITING : 0) |
	       (mtf ? CPU_BASED_MONITOR_TRAP : 0);
}

static void check(struct test_case *t, bool good, const char *what, u64 want, u64 got)
{
	if (t->failed || good)
		return;

	t->failed = true;
	GUEST_PRINTF("%s; %s; IF=%u; exit %u: want %s %#lx, got %#lx\n", t->state->name,
		     t->set->name, t->irqs_enabled, t->nr_exits, what, want, got);
}

static void check_equal(struct test_case *t, const char *what, u64 want, u64 got)
{
	check(t, want == got, what, want, got);
}

/*
 * One instruction later is fine if that one is in the shadow of STI or MOV SS: whether
 * it holds an event back is up to the event, and partly to the CPU.  A #DB that was
 * held back follows.
 */
static bool is_after_shadow(const struct test_case *t, u64 rip)
{
	if (!t->state->blocked || l2_executed != 1)
		return false;

	return rip == (u64)l2_second || (t->state->pending_db && rip == (u64)l2_db_handler);
}

static void expect_exit(struct test_case *t, u32 controls, u64 reason)
{
	u64 rip;

	if (t->failed)
		return;

	set_cpu_controls(controls);
	GUEST_ASSERT(!vmx_enter_l2(false));

	rip = vmreadz(GUEST_RIP);
	check_equal(t, "exit reason", reason, vmreadz(VM_EXIT_REASON));
	check(t, !(vmreadz(IDT_VECTORING_INFO_FIELD) & INTR_INFO_VALID),
	      "IDT-vectoring information", 0, vmreadz(IDT_VECTORING_INFO_FIELD));
	if (!is_after_shadow(t, rip)) {
		check_equal(t, "instructions executed", t->executed, l2_executed);
		check_equal(t, "RIP", t->rip, rip);
	}
	/* A debug exception must not have been overtaken. */
	if (!t->state->blocked)
		check_equal(t, "pending debug exceptions", 0,
			    vmreadz(GUEST_PENDING_DBG_EXCEPTIONS));

	t->nr_exits++;
	t->rip = rip;
	t->executed = l2_executed;
}

static void expect_intr_info(struct test_case *t, u64 info)
{
	if (!t->failed)
		check_equal(t, "interruption information", info, vmreadz(VM_EXIT_INTR_INFO));
}

/* What L1's injection and a pending #DB lead to.  Return false once MTF is done with. */
static bool expect_delivery(struct test_case *t, u32 controls)
{
	const struct l2_state *s = t->state;

	if (s->inject == INJECT_MTF) {
		expect_exit(t, controls, EXIT_REASON_MONITOR_TRAP_FLAG);
		return s->mtf;
	}

	if (s->pending_db && s->intercept_db) {
		expect_exit(t, controls, EXIT_REASON_EXCEPTION_NMI);
		expect_intr_info(t, DB_INTR_INFO);
		return s->mtf;
	}

	if (s->inject == INJECT_UD)
		t->rip = (u64)l2_ud_handler;
	else if (s->pending_db && !s->blocked)
		t->rip = (u64)l2_db_handler;
	else
		return s->mtf;

	if (s->mtf)
		expect_exit(t, controls, EXIT_REASON_MONITOR_TRAP_FLAG);
	return false;
}

static void raise_events(u32 events)
{
	if (events & BIT(IRQ))
		x2apic_write_reg(APIC_ICR, APIC_DEST_SELF | APIC_DM_FIXED | IRQ_VECTOR);
	if (events & BIT(NMI))
		x2apic_write_reg(APIC_ICR, x2apic_read_reg(APIC_ID) << 32 |
					   APIC_INT_ASSERT | APIC_DM_NMI);
}

static void expect_events(struct test_case *t, bool mtf)
{
	u32 events = t->set->events;
	enum event e;

	for (e = 0; e < NR_EVENTS; e++) {
		if (!(events & BIT(e)))
			continue;

		/* The gates of L2's handlers keep this window closed until IRET. */
		if (e == IRQ_WINDOW && t->executed == 0)
			t->rip = (u64)l2_first;

		expect_exit(t, cpu_controls_for(events, mtf), event_reasons[e]);
		if (e == NMI)
			expect_intr_info(t, NMI_INTR_INFO);

		events &= ~BIT(e);
		set_pin_controls(pin_controls_for(events));
		if (e == IRQ) {
			sti_nop();
			cli();
		}
	}
}

/* Nothing is left that could exit but MTF, if it is on, and VMCALL. */
static void expect_end(struct test_case *t, bool mtf)
{
	const struct l2_state *s = t->state;
	bool want_ud = s->inject == INJECT_UD;
	bool want_db = s->pending_db && !s->intercept_db;

	if (mtf && !mtf_is_ignored) {
		t->rip = (u64)l2_second;
		t->executed = 1;
		expect_exit(t, cpu_controls_for(0, true), EXIT_REASON_MONITOR_TRAP_FLAG);
	}
	if (t->failed)
		return;

	set_cpu_controls(0);
	GUEST_ASSERT(!vmx_enter_l2(false));
	check_equal(t, "exit reason", EXIT_REASON_VMCALL, vmreadz(VM_EXIT_REASON));
	check_equal(t, "instructions executed", L2_NR_INSTRUCTIONS, l2_executed);
	check_equal(t, "#UDs", want_ud, l2_nr_ud);
	if (!s->blocked || !injected_mtf_drops_state)
		check_equal(t, "#DBs", want_db, l2_nr_db);
}

static void __run_case(struct test_case *t)
{
	u32 events = t->set->events;
	bool mtf = t->state->mtf;

	t->rip = (u64)l2_first;
	start_l2(t->state, t->irqs_enabled);
	set_pin_controls(pin_controls_for(events));
	raise_events(events);

	mtf = expect_delivery(t, cpu_controls_for(events, mtf));
	expect_events(t, mtf);
	expect_end(t, mtf);

	/* Whatever a failure has left. */
	sti_nop();
	cli();
}

static bool skip_case(const struct l2_state *s, const struct event_set *set,
		      bool irqs_enabled)
{
	if (set->events & BIT(TIMER) && !has_timer_for_l1)
		return true;

	if ((s->mtf || s->inject == INJECT_MTF) && !has_mtf)
		return true;

	/* Neither L1's MTF works, nor KVM's behind a delivery. */
	if (mtf_is_ignored &&
	    ((s->mtf && (s->inject || s->pending_db)) ||
	     (set->events && !host_uses_timer &&
	      (s->inject == INJECT_UD || (s->pending_db && !s->blocked)))))
		return true;

	/* An invalid state, and a window that doesn't open, respectively. */
	if (!irqs_enabled && (s->blocked & BLOCKED_BY_STI || set->events & BIT(IRQ_WINDOW)))
		return true;

	/*
	 * With MTF on, an MTF VM-Exit that is injected, be it by L1 or by KVM in lack
	 * of a timer, isn't what it should be.
	 */
	return s->mtf && injected_mtf_is_late &&
	       (s->inject == INJECT_MTF || (!s->inject && set->events && !host_uses_timer));
}

static void run_case(const struct l2_state *s, const struct event_set *set,
		     bool irqs_enabled)
{
	struct test_case t = { .state = s, .set = set, .irqs_enabled = irqs_enabled };

	if (skip_case(s, set, irqs_enabled)) {
		nr_skipped++;
		return;
	}

	if (set->events & BIT(NMI)) {
		case_for_nmi_handler = &t;
		raise_events(BIT(NMI));
		GUEST_ASSERT(!case_for_nmi_handler);
	} else {
		__run_case(&t);
	}
	nr_cases++;
	nr_failed += t.failed;
}

/* NMIs are blocked: another one stays pending until VM-Enter. */
static void l1_nmi_handler(struct ex_regs *regs)
{
	struct test_case *t = case_for_nmi_handler;

	case_for_nmi_handler = NULL;
	if (t)
		__run_case(t);
}

static void l1_irq_handler(struct ex_regs *regs)
{
	x2apic_write_reg(APIC_EOI, 0);
}

/*
 * Let L1 inject MTF VM-Exits with nothing pending.  KVM passes them on to hardware,
 * which is supposed to exit at once and to leave everything else as it was.
 */
static void probe_cpu(void)
{
	struct l2_state blocked = { .inject = INJECT_MTF, .blocked = BLOCKED_BY_STI };
	struct l2_state mtf = { .inject = INJECT_MTF };

	start_l2(&blocked, true);
	GUEST_ASSERT(!vmx_enter_l2(false));
	GUEST_ASSERT_EQ(vmreadz(VM_EXIT_REASON), EXIT_REASON_MONITOR_TRAP_FLAG);
	GUEST_ASSERT_EQ(l2_executed, 0);
	injected_mtf_drops_state = vmreadz(GUEST_INTERRUPTIBILITY_INFO) != BLOCKED_BY_STI;

	start_l2(&mtf, true);
	set_cpu_controls(CPU_BASED_MONITOR_TRAP);
	GUEST_ASSERT(!vmx_enter_l2(false));
	GUEST_ASSERT_EQ(vmreadz(VM_EXIT_REASON), EXIT_REASON_MONITOR_TRAP_FLAG);
	injected_mtf_is_late = l2_executed;

	start_l2(&states[0], true);
	GUEST_ASSERT(!vmx_enter_l2(false));
	mtf_is_ignored = vmreadz(VM_EXIT_REASON) != EXIT_REASON_MONITOR_TRAP_FLAG;

	if (injected_mtf_drops_state)
		GUEST_PRINTF("The CPU drops STI blocking if an MTF VM-Exit is injected\n");
	if (mtf_is_ignored)
		GUEST_PRINTF("The CPU ignores MTF\n");
	if (injected_mtf_is_late)
		GUEST_PRINTF("The CPU exits late if an MTF VM-Exit is injected and MTF is on\n");
}

static void l1_guest_code(struct vmx_pages *vmx)
{
	int i, j;

	cli();
	x2apic_enable();

	GUEST_ASSERT(prepare_for_vmx_operation(vmx));
	GUEST_ASSERT(load_vmcs(vmx));
	prepare_vmcs(vmx, l2_first, &l2_stack[L2_STACK_SIZE]);
	pin_controls = vmreadz(PIN_BASED_VM_EXEC_CONTROL);
	cpu_controls = vmreadz(CPU_BASED_VM_EXEC_CONTROL);

	set_gate(DB_VECTOR, l2_db_handler);
	set_gate(UD_VECTOR, l2_ud_handler);
	GUEST_ASSERT(!vmwrite(GUEST_IDTR_BASE, (u64)l2_idt));
	GUEST_ASSERT(!vmwrite(GUEST_IDTR_LIMIT, sizeof(l2_idt) - 1));

	set_pin_controls(pin_controls_for(0));
	start_l2(&states[0], false);
	GUEST_ASSERT(!vmx_enter_l2(true));
	GUEST_ASSERT_EQ(vmreadz(VM_EXIT_REASON), EXIT_REASON_VMCALL);

	if (has_mtf)
		probe_cpu();

	for (i = 0; i < ARRAY_SIZE(event_sets); i++) {
		for (j = 0; j < ARRAY_SIZE(states); j++) {
			run_case(&states[j], &event_sets[i], false);
			run_case(&states[j], &event_sets[i], true);
		}
	}
	GUEST_DONE();
}

int main(int argc, char *argv[])
{
	u64 pin_msr, cpu_msr;
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm;
	struct ucall uc;
	gva_t vmx_gva;

	TEST_REQUIRE(kvm_cpu_has(X86_FEATURE_VMX));
	pin_msr = kvm_get_feature_msr(MSR_IA32_VMX_TRUE_PINBASED_CTLS);
	cpu_msr = kvm_get_feature_msr(MSR_IA32_VMX_TRUE_PROCBASED_CTLS);
	has_timer_for_l1 = pin_msr >> 32 & PIN_BASED_VMX_PREEMPTION_TIMER;
	has_mtf = cpu_msr >> 32 & CPU_BASED_MONITOR_TRAP;
	host_uses_timer = get_kvm_intel_param_bool("preemption_timer");

	/* Without either, a forced exit may be late. */
	TEST_REQUIRE(host_uses_timer || has_mtf);

	vm = vm_create_with_one_vcpu(&vcpu, l1_guest_code);
	vcpu_alloc_vmx(vm, &vmx_gva);
	vcpu_args_set(vcpu, 1, vmx_gva);
	vm_install_exception_handler(vm, NMI_VECTOR, l1_nmi_handler);
	vm_install_exception_handler(vm, IRQ_VECTOR, l1_irq_handler);

	sync_global_to_guest(vm, has_timer_for_l1);
	sync_global_to_guest(vm, has_mtf);
	sync_global_to_guest(vm, host_uses_timer);

	for (;;) {
		vcpu_run(vcpu);
		TEST_ASSERT_KVM_EXIT_REASON(vcpu, KVM_EXIT_IO);

		switch (get_ucall(vcpu, &uc)) {
		case UCALL_PRINTF:
			REPORT_GUEST_PRINTF(uc);
			break;
		case UCALL_DONE:
			sync_global_from_guest(vm, nr_cases);
			sync_global_from_guest(vm, nr_failed);
			sync_global_from_guest(vm, nr_skipped);
			pr_info("%u cases, %u failed; %u not possible\n",
				nr_cases, nr_failed, nr_skipped);
			TEST_ASSERT(!nr_failed, "Immediate VM-Exits are not what they should be");
			kvm_vm_free(vm);
			return 0;
		case UCALL_ABORT:
			REPORT_GUEST_ASSERT(uc);
		default:
			TEST_FAIL("Unexpected ucall %lu", uc.cmd);
		}
	}
}
