// SPDX-License-Identifier: GPL-2.0-only
/*
 * When L2 exits to L1, KVM may leave state that hypervisors hardly ever look at
 * (segments, descriptor tables, pending debug exceptions) where the CPU saved it,
 * and bring it to L1's VMCS only when L1 asks.  L1 must never notice.
 *
 * L1 runs two L2s that load new state again and again.  Between an L2's last
 * VM-Exit and the check of its state come VM-Exits of the other L2, VMPTRLDs,
 * VMCLEARs, VMWRITEs, and saves and restores of the vCPU's state by userspace, in
 * random order.  Expected values are computed from the descriptors that L2 loads.
 */
#include "test_util.h"
#include "kvm_util.h"
#include "processor.h"
#include "vmx.h"

#define NR_ROUNDS	400
#define NR_L2S		2
#define L2_STACK_SIZE	256
#define VMCALL_LEN	3

/* In the order of the VMCS encodings, which are 2 apart. */
enum { ES, CS, SS, DS, FS, GS, LDTR, TR, NR_SEGMENTS };

#define SELECTOR(seg)	(GUEST_ES_SELECTOR + 2 * (seg))
#define LIMIT(seg)	(GUEST_ES_LIMIT + 2 * (seg))
#define AR(seg)		(GUEST_ES_AR_BYTES + 2 * (seg))
#define BASE(seg)	(GUEST_ES_BASE + 2 * (seg))

#define AR_UNUSABLE	BIT(16)

#define MOV_SS_BLOCKING	BIT(1)

#define PENDING_DBG_B0		BIT(0)
#define PENDING_DBG_ENABLED_BP	BIT(12)
#define PENDING_DBG_BS		BIT(14)

struct table_register {
	u16 limit;
	u64 base;
} __packed;

struct rare_state {
	u16 selector[NR_SEGMENTS];
	u32 limit[NR_SEGMENTS];
	u32 ar[NR_SEGMENTS];
	u64 base[NR_SEGMENTS];
	struct table_register gdtr;
	struct table_register idtr;
	u64 pending_dbg;
};

/* What userspace does to the vCPU when L1 or L2 asks. */
enum { SYNC_SAVE_RESTORE = 1, SYNC_NEW_VM, NR_SYNCS };

static struct l2 {
	void *vmcs;
	u64 vmcs_gpa;
	bool launched;
	u64 stack[L2_STACK_SIZE];

	/*
	 * GDT, at varying offsets: null, code, data for ES, SS, DS, FS and GS,
	 * then LDT and TSS of two entries each.
	 */
	u64 gdt[64] __aligned(16);

	/* What L2 does when resumed. */
	bool load;
	bool single_step;
	int sync;

	/* What L1 is to see afterwards. */
	struct rare_state state;
} l2s[NR_L2S];

static struct l2 *current_l2;

static u64 random64(void)
{
	return guest_random_u64(&guest_rng);
}

static u32 random_below(u32 limit)
{
	return guest_random_u32(&guest_rng) % limit;
}

static u64 random_canonical(void)
{
	return (s64)(random64() << 16) >> 16;
}

static void sync_with_userspace(int what)
{
	if (what)
		GUEST_SYNC(what);
}

static void load_segments(const struct rare_state *s)
{
	asm volatile("lgdt %0" : : "m"(s->gdtr));
	asm volatile("lidt %0" : : "m"(s->idtr));
	asm volatile("lldt %0" : : "r"(s->selector[LDTR]));
	asm volatile("ltr %0" : : "r"(s->selector[TR]));
	asm volatile("mov %0, %%es" : : "r"(s->selector[ES]));
	asm volatile("mov %0, %%ss" : : "r"(s->selector[SS]));
	asm volatile("mov %0, %%ds" : : "r"(s->selector[DS]));
	asm volatile("mov %0, %%fs" : : "r"(s->selector[FS]));
	asm volatile("mov %0, %%gs" : : "r"(s->selector[GS]));
	wrmsr(MSR_FS_BASE, s->base[FS]);
	wrmsr(MSR_GS_BASE, s->base[GS]);
	asm volatile("pushq %q0\n\t"
		     "lea 1f(%%rip), %%rax\n\t"
		     "pushq %%rax\n\t"
		     "lretq\n\t"
		     "1:"
		     : : "r"((u64)s->selector[CS]) : "rax", "memory");
}

static void l2_guest_code(void)
{
	for (;;) {
		/* L1 gives new orders during the VMCALL. */
		barrier();

		if (current_l2->load)
			load_segments(&current_l2->state);
		sync_with_userspace(current_l2->sync);

		/* The single-step trap after the MOV is held back by the MOV. */
		if (current_l2->single_step)
			asm volatile("pushfq\n\t"
				     "orq %0, (%%rsp)\n\t"
				     "popfq\n\t"
				     "mov %1, %%ss\n\t"
				     "vmcall"
				     : : "i"(X86_EFLAGS_TF),
					 "r"(current_l2->state.selector[SS])
				     : "memory", "cc", "rax", "rbx", "rcx", "rdx", "rsi", "rdi",
				       "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15");
		else
			vmcall();
	}
}

static void l1_vmenter(struct l2 *l2)
{
	GUEST_ASSERT(!vmx_enter_l2(!l2->launched));
	l2->launched = true;

	GUEST_ASSERT_EQ(vmreadz(VM_EXIT_REASON), EXIT_REASON_VMCALL);
	GUEST_ASSERT(!vmwrite(GUEST_RIP, vmreadz(GUEST_RIP) + VMCALL_LEN));
}

static void l1_vmptrld(struct l2 *l2)
{
	GUEST_ASSERT(!vmptrld(l2->vmcs_gpa));
	current_l2 = l2;
}

/* Encode a descriptor, and say what is in the segment register once it's loaded. */
static u64 build_descriptor(struct rare_state *s, int seg, u8 type)
{
	u32 limit = random_below(BIT(20));
	u32 base = random64();
	/* AVL, and for data D/B and G; code has L. */
	u32 flags = random_below(2);
	u32 access = 0x80 | type;

	switch (seg) {
	case CS:
		flags |= 0x2 | random_below(2) << 3;
		base = 0;
		break;
	case TR:
		limit = 0x67 + random_below(0x1000);
		break;
	case LDTR:
		break;
	default:
		flags |= random_below(4) << 2;
		break;
	}

	s->limit[seg] = flags & 0x8 ? limit << 12 | 0xfff : limit;
	s->base[seg] = base;
	/* Loading it marks a segment accessed, and a TSS busy. */
	s->ar[seg] = flags << 12 | access | (seg == LDTR ? 0 : seg == TR ? 2 : 1);

	return (limit & 0xffff) | (u64)(base & 0xffffff) << 16 | (u64)access << 40 |
	       (u64)(limit >> 16) << 48 | (u64)flags << 52 | (u64)(base >> 24) << 56;
}

static void build_state(struct l2 *l2)
{
	static const int in_gdt[] = { CS, ES, SS, DS, FS, GS, LDTR, TR };
	struct rare_state *s = &l2->state;
	u64 *gdt = l2->gdt + random_below(32), *entry = gdt + 1;
	u32 high;
	int i, seg;

	for (i = 0; i < ARRAY_SIZE(in_gdt); i++) {
		seg = in_gdt[i];
		s->selector[seg] = (entry - gdt) * 8;

		switch (seg) {
		case LDTR:
		case TR:
			entry[0] = build_descriptor(s, seg, seg == TR ? 0x9 : 0x2);
			high = random_below(0x8000);
			entry[1] = high;
			s->base[seg] |= (u64)high << 32;
			entry += 2;
			break;
		case CS:
			*entry++ = build_descriptor(s, seg, 0x1a);
			break;
		default:
			*entry++ = build_descriptor(s, seg, 0x12);
			/* Without a segment, the other fields are undefined. */
			if (seg != SS && !random_below(8)) {
				s->selector[seg] = 0;
				s->ar[seg] = AR_UNUSABLE;
			}
			break;
		}
	}

	/* Loaded after the segments, and valid for null segments, too. */
	s->base[FS] = random_canonical();
	s->base[GS] = random_canonical();

	s->gdtr.base = (u64)gdt;
	s->gdtr.limit = (entry - gdt) * 8 - 1 + random_below(0x1000);
	s->idtr.base = random_canonical();
	s->idtr.limit = random64();
}

static void check_field(u64 field, u64 expected)
{
	u64 actual = vmreadz(field);

	__GUEST_ASSERT(actual == expected,
		       "L2 %lu, field 0x%lx: got 0x%lx, expected 0x%lx",
		       current_l2 - l2s, field, actual, expected);
}

static void check_state(struct l2 *l2)
{
	struct rare_state *s = &l2->state;
	int seg;

	for (seg = 0; seg < NR_SEGMENTS; seg++) {
		check_field(SELECTOR(seg), s->selector[seg]);
		if (s->ar[seg] == AR_UNUSABLE) {
			GUEST_ASSERT(vmreadz(AR(seg)) & AR_UNUSABLE);
		} else {
			check_field(AR(seg), s->ar[seg]);
			check_field(LIMIT(seg), s->limit[seg]);
		}
		if (s->ar[seg] != AR_UNUSABLE || seg == FS || seg == GS)
			check_field(BASE(seg), s->base[seg]);
	}
	check_field(GUEST_GDTR_BASE, s->gdtr.base);
	check_field(GUEST_GDTR_LIMIT, s->gdtr.limit);
	check_field(GUEST_IDTR_BASE, s->idtr.base);
	check_field(GUEST_IDTR_LIMIT, s->idtr.limit);
	check_field(GUEST_PENDING_DBG_EXCEPTIONS, s->pending_dbg);
}

/* One of what may come between an L2's VM-Exit and L1's look at its state. */
static void disturb(void)
{
	struct rare_state *s = &current_l2->state;

	switch (random_below(8)) {
	case 0:
		l1_vmptrld(&l2s[random_below(NR_L2S)]);
		break;
	case 1:
		GUEST_ASSERT(!vmclear(current_l2->vmcs_gpa));
		current_l2->launched = false;
		l1_vmptrld(current_l2);
		break;
	case 2:
		sync_with_userspace(SYNC_SAVE_RESTORE);
		break;
	case 3:
		sync_with_userspace(SYNC_NEW_VM);
		break;
	case 4:
		/* A field that isn't rare. */
		GUEST_ASSERT(!vmwrite(CR3_TARGET_COUNT, 0));
		break;
	case 5:
		/* Rare fields, L2 must get just these. */
		s->idtr.limit = random64();
		GUEST_ASSERT(!vmwrite(GUEST_IDTR_LIMIT, s->idtr.limit));
		if (s->ar[FS] != AR_UNUSABLE) {
			s->ar[FS] ^= 0x1000;
			GUEST_ASSERT(!vmwrite(AR(FS), s->ar[FS]));
		}
		break;
	case 6:
		/* An L2 that exits without changing anything. */
		current_l2->load = false;
		current_l2->sync = 0;
		l1_vmenter(current_l2);
		break;
	case 7:
		check_field(GUEST_GDTR_BASE, s->gdtr.base);
		break;
	}
}

static void l1_setup(struct vmx_pages *vmx, struct l2 *l2)
{
	vmx->vmcs = l2->vmcs;
	vmx->vmcs_gpa = l2->vmcs_gpa;
	GUEST_ASSERT(load_vmcs(vmx));
	prepare_vmcs(vmx, l2_guest_code, &l2->stack[L2_STACK_SIZE]);
	GUEST_ASSERT(!vmwrite(CPU_BASED_VM_EXEC_CONTROL,
			      vmreadz(CPU_BASED_VM_EXEC_CONTROL) | CPU_BASED_USE_MSR_BITMAPS));
	current_l2 = l2;

	build_state(l2);
	l2->load = true;
	l1_vmenter(l2);
}

/*
 * A debug exception stays pending across VM-Enter and VM-Exit if the instruction
 * in the shadow of a MOV to SS exits.
 */
static void check_pending_dbg(struct l2 *l2, bool by_l1)
{
	l2->load = false;
	l2->sync = 0;
	if (by_l1) {
		/*
		 * Execute the VMCALL once before, for KVM to have it mapped if it
		 * uses shadow paging: emulated CPUs may lose pending debug
		 * exceptions on a #PF that exits to KVM.
		 */
		GUEST_ASSERT(!vmwrite(GUEST_RIP, vmreadz(GUEST_RIP) - VMCALL_LEN));
		l1_vmenter(l2);

		l2->state.pending_dbg = PENDING_DBG_B0 | PENDING_DBG_ENABLED_BP;
		GUEST_ASSERT(!vmwrite(GUEST_RIP, vmreadz(GUEST_RIP) - VMCALL_LEN));
		GUEST_ASSERT(!vmwrite(GUEST_INTERRUPTIBILITY_INFO, MOV_SS_BLOCKING));
		GUEST_ASSERT(!vmwrite(GUEST_PENDING_DBG_EXCEPTIONS, l2->state.pending_dbg));
	} else {
		l2->state.pending_dbg = PENDING_DBG_BS;
		l2->single_step = true;
	}

	l1_vmenter(l2);
	l1_vmptrld(&l2s[!(l2 - l2s)]);
	l1_vmptrld(l2);
	check_state(l2);

	l2->single_step = false;
	l2->state.pending_dbg = 0;
	GUEST_ASSERT(!vmwrite(GUEST_RFLAGS, X86_EFLAGS_FIXED));
	GUEST_ASSERT(!vmwrite(GUEST_INTERRUPTIBILITY_INFO, 0));
	GUEST_ASSERT(!vmwrite(GUEST_PENDING_DBG_EXCEPTIONS, 0));
	l1_vmenter(l2);
	check_state(l2);
}

static void l1_guest_code(struct vmx_pages *vmx)
{
	struct l2 *l2;
	int round, i;

	GUEST_ASSERT(prepare_for_vmx_operation(vmx));
	for (i = 0; i < NR_L2S; i++)
		l1_setup(vmx, &l2s[i]);

	for (round = 0; round < NR_ROUNDS; round++) {
		l2 = &l2s[random_below(NR_L2S)];
		if (l2 != current_l2)
			l1_vmptrld(l2);

		build_state(l2);
		l2->load = true;
		l2->sync = random_below(4) ? 0 : random_below(NR_SYNCS);
		l1_vmenter(l2);

		for (i = random_below(4); i; i--)
			disturb();

		if (random_below(2))
			check_state(current_l2);
		if (!random_below(16))
			check_pending_dbg(current_l2, random_below(2));
	}

	for (i = 0; i < NR_L2S; i++) {
		l1_vmptrld(&l2s[i]);
		check_state(&l2s[i]);
	}
	GUEST_DONE();
}

static struct kvm_vcpu *save_restore(struct kvm_vm *vm, struct kvm_vcpu *vcpu, int what)
{
	struct kvm_x86_state *state = vcpu_save_state(vcpu);

	if (what == SYNC_NEW_VM) {
		kvm_vm_release(vm);
		vcpu = vm_recreate_with_one_vcpu(vm);
		vcpu_load_state(vcpu, state);
	} else {
		vcpu_nested_state_set(vcpu, &state->nested);
	}
	kvm_x86_state_cleanup(state);
	return vcpu;
}

static void run_test(bool ept)
{
	gva_t vmx_gva;
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm;
	struct ucall uc;
	struct l2 *guest_l2s;
	int i;

	pr_info("EPT for L2 %s, random seed %#x\n", ept ? "on" : "off", guest_random_seed);

	vm = vm_create_with_one_vcpu(&vcpu, l1_guest_code);
	if (ept)
		vm_enable_ept(vm);
	vcpu_alloc_vmx(vm, &vmx_gva);
	vcpu_args_set(vcpu, 1, vmx_gva);

	guest_l2s = addr_gva2hva(vm, (gva_t)l2s);
	for (i = 0; i < NR_L2S; i++) {
		guest_l2s[i].vmcs = (void *)vm_alloc_page(vm);
		guest_l2s[i].vmcs_gpa = addr_gva2gpa(vm, (gva_t)guest_l2s[i].vmcs);
	}
	if (ept)
		tdp_identity_map_default_memslots(vm);

	for (;;) {
		vcpu_run(vcpu);
		TEST_ASSERT_KVM_EXIT_REASON(vcpu, KVM_EXIT_IO);

		switch (get_ucall(vcpu, &uc)) {
		case UCALL_SYNC:
			vcpu = save_restore(vm, vcpu, uc.args[1]);
			break;
		case UCALL_DONE:
			kvm_vm_free(vm);
			return;
		case UCALL_ABORT:
			REPORT_GUEST_ASSERT(uc);
		default:
			TEST_FAIL("Unexpected ucall %lu", uc.cmd);
		}
	}
}

int main(int argc, char *argv[])
{
	TEST_REQUIRE(kvm_cpu_has(X86_FEATURE_VMX));
	TEST_REQUIRE(kvm_has_cap(KVM_CAP_NESTED_STATE));

	run_test(false);
	if (kvm_cpu_has_ept())
		run_test(true);
	return 0;
}
