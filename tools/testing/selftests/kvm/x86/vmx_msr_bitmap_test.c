// SPDX-License-Identifier: GPL-2.0-only
/*
 * The MSR bitmap that L2 runs with comes from two: L1's, and the one by which KVM
 * decides what L1 itself may order.  KVM merges them at VM-Enter of L2, and may
 * skip whatever did not change.  L1 must never notice: each VM-Enter has to honor
 * every change that was made before, whoever made it and by whatever means.
 *
 * L2 accesses one MSR, and L1 tells by the VM-Exit whether it was intercepted.
 * What is expected follows from a list of MSRs that is kept beside the bitmaps.
 */
#include <getopt.h>

#include "test_util.h"
#include "kvm_util.h"
#include "processor.h"
#include "vmx.h"

#define DEFAULT_ACCESSES	3000
#define READS_PER_COUNT		100

#define SLOT			10
#define SLOT_GPA		0x10000000ul
#define SLOT_OTHER_GPA		0x18000000ul
#define ALIAS_SLOT		11
#define ALIAS_GPA		0x14000000ul

#define MSR_INSN_LEN		2
#define VMCALL_LEN		3
#define L2_STACK_SIZE		1024

static const struct msr {
	u32 index;
	/* Where VM-Exit saves the value that L2 wrote, if in the VMCS. */
	u32 vmcs_field;
	/* L2 may write any canonical address, or any 16-bit value. */
	u64 writable;
} msrs[] = {
	{ MSR_IA32_TSC },
	{ MSR_IA32_APICBASE },
	{ MSR_IA32_CR_PAT },
	{ MSR_EFER },
	{ MSR_IA32_SYSENTER_CS,		GUEST_SYSENTER_CS,	0xffff },
	{ MSR_IA32_SYSENTER_ESP,	GUEST_SYSENTER_ESP,	-1ul },
	{ MSR_IA32_SYSENTER_EIP,	GUEST_SYSENTER_EIP,	-1ul },
	{ MSR_FS_BASE,			GUEST_FS_BASE,		-1ul },
	{ MSR_GS_BASE,			GUEST_GS_BASE,		-1ul },
	{ MSR_KERNEL_GS_BASE,		0,			-1ul },
};

/* What userspace does when L1 or L2 asks, with up to three arguments. */
enum {
	SET_BIT = 1,	/* in the bitmap of page #1, for MSR #2: #3 */
	OTHER_VCPU,	/* as above, but by a vCPU of L1 */
	DELETE_SLOT,
	ADD_SLOT,
	MOVE_SLOT,	/* to #1 */
	SET_SLOT_FLAGS,	/* #1 */
	DENY,		/* reads of MSR #1 */
	ALLOW,
	SAVE_RESTORE,	/* nested state, and SET_BIT in between */
	COUNT_EXITS,	/* into nr_exits */
};

struct bitmap_page {
	void *gva;
	u64 gpa;
	/* Beside the page, the truth: [MSR][write] */
	bool intercepted[ARRAY_SIZE(msrs)][2];
};

/* Of VMCSs and bitmap pages L1 has two, and of the latter one in a slot of its own. */
enum { SLOT_PAGE = 2, NR_PAGES };
static struct bitmap_page pages[NR_PAGES];
static void *page_alias;

static struct l2_vmcs {
	void *gva;
	u64 gpa;
	int page;
	bool no_bitmap;
	bool launched;
	u64 value[ARRAY_SIZE(msrs)];
	u64 stack[L2_STACK_SIZE] __aligned(16);
} vmcss[2], *current_vmcs;

/* What L2 is to do, and what came of it. */
static struct {
	u32 msr;
	bool write;
	u64 value;
	int repeat;
	int sync;
	u64 sync_args[3];
	u8 vector;
} order;

static u64 kernel_gs_base;
static u64 nr_exits;
static u32 nr_accesses = DEFAULT_ACCESSES;

static u32 random_below(u32 limit)
{
	return guest_random_u32(&guest_rng) % limit;
}

static void set_bitmap_bit(void *bitmap, u32 msr, bool write, bool intercept)
{
	u8 *byte = bitmap + (write ? 0x800 : 0) + (msr >= 0xc0000000 ? 0x400 : 0) +
		   (msr & 0x1fff) / 8;

	if (intercept)
		*byte |= BIT(msr % 8);
	else
		*byte &= ~BIT(msr % 8);
}

/* L1 does not restore L2's registers: if the access exits, none is preserved. */
static noinline void l2_access(void)
{
	u64 rax = (u32)order.value, rdx = order.value >> 32;
	u64 rcx = order.msr, rdi = order.write;

	asm volatile("push %%rbp\n\t"
		     "mov $" __stringify(KVM_EXCEPTION_MAGIC) ", %%r9\n\t"
		     "lea 4f(%%rip), %%r11\n\t"
		     "test %%edi, %%edi\n\t"
		     "jnz 2f\n\t"
		     "lea 1f(%%rip), %%r10\n"
		     "1:\n\t"
		     "rdmsr\n\t"
		     "shl $32, %%rdx\n\t"
		     "or %%rdx, %%rax\n\t"
		     "jmp 3f\n"
		     "2:\n\t"
		     "lea 5f(%%rip), %%r10\n"
		     "5:\n\t"
		     "wrmsr\n"
		     "3:\n\t"
		     "xor %%r9d, %%r9d\n"
		     "4:\n\t"
		     "mov %%r9, %%rdx\n\t"
		     "pop %%rbp"
		     : "+a"(rax), "+d"(rdx), "+c"(rcx), "+D"(rdi)
		     :
		     : "rbx", "rsi", "r8", "r9", "r10", "r11", "r12", "r13", "r14",
		       "r15", "cc", "memory");

	if (!order.write)
		order.value = rax;
	order.vector = rdx;
}

static void l2_guest_code(void)
{
	int i;

	for (;;) {
		/* L1 gives new orders during the VMCALL. */
		barrier();

		if (order.sync)
			GUEST_SYNC_ARGS(order.sync, order.sync_args[0],
					order.sync_args[1], order.sync_args[2], 0);
		for (i = 0; i < order.repeat; i++)
			l2_access();
		vmcall();
	}
}

/* Have L2 access an MSR, return how often that exited to L1. */
static int l1_access(u32 msr, bool write, u64 value, int repeat)
{
	int exits = 0;
	u64 reason;

	order.msr = msr;
	order.write = write;
	order.value = value;
	order.repeat = repeat;

	for (;;) {
		GUEST_ASSERT(!vmx_enter_l2(!current_vmcs->launched));
		current_vmcs->launched = true;

		reason = vmreadz(VM_EXIT_REASON);
		if (reason == EXIT_REASON_VMCALL)
			break;

		GUEST_ASSERT_EQ(reason, write ? EXIT_REASON_MSR_WRITE : EXIT_REASON_MSR_READ);
		GUEST_ASSERT(!vmwrite(GUEST_RIP, vmreadz(GUEST_RIP) + MSR_INSN_LEN));
		exits++;
	}

	GUEST_ASSERT(!vmwrite(GUEST_RIP, vmreadz(GUEST_RIP) + VMCALL_LEN));
	order.sync = 0;
	return exits;
}

/* How often L2 exits to KVM if it reads an MSR that L1 does not intercept. */
static u64 count_l2_exits(u32 msr)
{
	u64 start;

	GUEST_SYNC(COUNT_EXITS);
	start = nr_exits;
	GUEST_ASSERT_EQ(l1_access(msr, false, 0, READS_PER_COUNT), 0);
	GUEST_SYNC(COUNT_EXITS);
	return nr_exits - start;
}

static u64 *l2_value(int i)
{
	return msrs[i].vmcs_field ? &current_vmcs->value[i] : &kernel_gs_base;
}

static u64 random_value(int i)
{
	u64 value = guest_random_u64(&guest_rng);

	/* Sign-extend 48 bits. */
	return (u64)((s64)(value << 16) >> 16) & msrs[i].writable;
}

static void check_access_is(int i, bool write, bool intercepted)
{
	u64 value = random_value(i);
	int exits = l1_access(msrs[i].index, write, value, 1);

	__GUEST_ASSERT(exits == intercepted, "%s of MSR 0x%x %s",
		       write ? "write" : "read", msrs[i].index,
		       exits ? "exits to L1" : "doesn't exit to L1");
	GUEST_ASSERT_EQ(order.vector, 0);

	if (!msrs[i].writable)
		return;
	if (!intercepted) {
		if (write)
			*l2_value(i) = value;
		else
			GUEST_ASSERT_EQ(order.value, *l2_value(i));
	}
	if (msrs[i].vmcs_field)
		GUEST_ASSERT_EQ(vmreadz(msrs[i].vmcs_field), *l2_value(i));
}

static void check_access(int i, bool write)
{
	bool intercepted = pages[current_vmcs->page].intercepted[i][write];

	check_access_is(i, write, intercepted || current_vmcs->no_bitmap);
}

static void check_all_accesses(void)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(msrs); i++) {
		check_access(i, false);
		if (msrs[i].writable)
			check_access(i, true);
	}
}

static void use_page(int page)
{
	current_vmcs->page = page;
	GUEST_ASSERT(!vmwrite(MSR_BITMAP, pages[page].gpa));
}

static void use_vmcs(struct l2_vmcs *vmcs)
{
	GUEST_ASSERT(!vmptrld(vmcs->gpa));
	current_vmcs = vmcs;
}

static void use_bitmap(bool use)
{
	u64 controls = vmreadz(CPU_BASED_VM_EXEC_CONTROL);

	current_vmcs->no_bitmap = !use;
	if (use)
		controls |= CPU_BASED_USE_MSR_BITMAPS;
	else
		controls &= ~CPU_BASED_USE_MSR_BITMAPS;
	GUEST_ASSERT(!vmwrite(CPU_BASED_VM_EXEC_CONTROL, controls));
}

/* The ways to change a bit in a page that is in use. */

static void by_store(int page, int i, bool write, bool intercept)
{
	set_bitmap_bit(pages[page].gva, msrs[i].index, write, intercept);
}

static void by_other_mapping(int page, int i, bool write, bool intercept)
{
	set_bitmap_bit(page == SLOT_PAGE ? page_alias : pages[page].gva,
		       msrs[i].index, write, intercept);
}

static void by_userspace(int page, int i, bool write, bool intercept)
{
	GUEST_SYNC_ARGS(SET_BIT, page, i << 1 | write, intercept, 0);
}

static void by_other_vcpu(int page, int i, bool write, bool intercept)
{
	GUEST_SYNC_ARGS(OTHER_VCPU, page, i << 1 | write, intercept, 0);
}

typedef void (*change_bit_t)(int page, int i, bool write, bool intercept);

static const change_bit_t change_bit[] = {
	by_store, by_other_mapping, by_userspace, by_other_vcpu,
};

static void set_intercept(change_bit_t change, int i, bool write, bool intercept)
{
	int page = current_vmcs->page;

	pages[page].intercepted[i][write] = intercept;
	change(page, i, write, intercept);
}

static void test_changed_bits(void)
{
	int page, how, i, write;

	for (page = 0; page < NR_PAGES; page++) {
		use_page(page);
		for (how = 0; how < ARRAY_SIZE(change_bit); how++) {
			for (i = 0; i < ARRAY_SIZE(msrs); i++) {
				for (write = 0; write <= !!msrs[i].writable; write++) {
					set_intercept(change_bit[how], i, write, true);
					check_access(i, write);
					set_intercept(change_bit[how], i, write, false);
					check_access(i, write);
				}
			}
		}
	}
	check_all_accesses();
}

/* KVM itself writes to the page: the wall clock's version, 2, intercepts an MSR. */
static void test_write_by_kvm(void)
{
	const u32 offset = 0x400 + (MSR_FS_BASE & 0x1fff) / 8;
	const int gs_base = 8;

	GUEST_ASSERT_EQ(msrs[gs_base].index, MSR_FS_BASE + 1);

	use_page(0);
	wrmsr(MSR_KVM_WALL_CLOCK_NEW, pages[0].gpa + offset);
	check_access_is(gs_base, false, true);
	memset(pages[0].gva + offset, 0, 3 * sizeof(u32));
	check_all_accesses();
}

static void test_other_bitmaps(void)
{
	/* Two pages that differ in one bit. */
	use_page(1);
	set_intercept(by_store, 7, false, true);
	check_all_accesses();
	use_page(0);
	check_all_accesses();

	/* Two VMCSs with these pages. */
	use_vmcs(&vmcss[1]);
	use_page(1);
	check_all_accesses();
	use_vmcs(&vmcss[0]);
	check_all_accesses();
	GUEST_ASSERT(!vmclear(vmcss[1].gpa));
	vmcss[1].launched = false;
	use_vmcs(&vmcss[1]);
	set_intercept(by_store, 7, false, false);
	check_all_accesses();
	use_vmcs(&vmcss[0]);

	use_bitmap(false);
	check_all_accesses();
	use_bitmap(true);
	check_all_accesses();
}

static void test_memslots(void)
{
	const int fs_base = 7;

	use_page(SLOT_PAGE);
	check_all_accesses();

	/* Without memory, all MSRs are intercepted. */
	GUEST_SYNC(DELETE_SLOT);
	check_access_is(fs_base, false, true);
	check_access_is(0, false, true);
	GUEST_SYNC(ADD_SLOT);
	check_all_accesses();

	GUEST_SYNC_ARGS(MOVE_SLOT, SLOT_OTHER_GPA, 0, 0, 0);
	check_access_is(fs_base, false, true);
	GUEST_ASSERT(!vmwrite(MSR_BITMAP, SLOT_OTHER_GPA));
	check_all_accesses();
	GUEST_SYNC_ARGS(MOVE_SLOT, SLOT_GPA, 0, 0, 0);
	check_access_is(fs_base, false, true);
	GUEST_ASSERT(!vmwrite(MSR_BITMAP, SLOT_GPA));
	check_all_accesses();

	GUEST_SYNC_ARGS(SET_SLOT_FLAGS, KVM_MEM_LOG_DIRTY_PAGES, 0, 0, 0);
	set_intercept(by_store, fs_base, false, true);
	check_all_accesses();
	GUEST_SYNC_ARGS(SET_SLOT_FLAGS, 0, 0, 0, 0);
	set_intercept(by_store, fs_base, false, false);
	check_all_accesses();

	/* As KVM only reads the page, it may be read-only. */
	GUEST_SYNC_ARGS(SET_SLOT_FLAGS, KVM_MEM_READONLY, 0, 0, 0);
	check_all_accesses();
	GUEST_ASSERT(count_l2_exits(MSR_FS_BASE) <= READS_PER_COUNT / 2);
	set_intercept(by_userspace, fs_base, false, true);
	check_all_accesses();
	GUEST_SYNC_ARGS(SET_SLOT_FLAGS, 0, 0, 0, 0);
	set_intercept(by_userspace, fs_base, false, false);
	check_all_accesses();
}

static void check_denied(int i, bool denied)
{
	GUEST_ASSERT_EQ(l1_access(msrs[i].index, false, 0, 1), 0);
	GUEST_ASSERT_EQ(order.vector, denied ? GP_VECTOR : 0);
}

/* Userspace denies an MSR that L1 lets L2 order. */
static void test_filter(void)
{
	static const int denied[] = { 0, 4, 7, 9 };
	int n, i;

	use_page(0);
	for (n = 0; n < ARRAY_SIZE(denied); n++) {
		i = denied[n];

		check_denied(i, false);
		GUEST_SYNC_ARGS(DENY, msrs[i].index, 0, 0, 0);
		check_denied(i, true);
		GUEST_SYNC(ALLOW);
		check_denied(i, false);

		/* While L2 runs: without an exit to L1 in between. */
		order.sync = DENY;
		order.sync_args[0] = msrs[i].index;
		check_denied(i, true);
		order.sync = ALLOW;
		check_denied(i, false);
	}
	check_all_accesses();
}

static void test_nested_state(void)
{
	int i;

	use_page(1);
	for (i = 4; i < ARRAY_SIZE(msrs); i++) {
		order.sync = SAVE_RESTORE;
		order.sync_args[0] = 1;
		order.sync_args[1] = i << 1;
		order.sync_args[2] = true;
		check_access_is(i, false, true);
		pages[1].intercepted[i][false] = true;
		check_all_accesses();
		set_intercept(by_store, i, false, false);
	}
	check_all_accesses();
}

static void test_random(void)
{
	u32 round;
	int i;
	bool write;

	for (round = 0; round < nr_accesses; round++) {
		i = random_below(ARRAY_SIZE(msrs));
		write = msrs[i].writable && random_below(2);

		switch (random_below(32)) {
		case 0:
			use_vmcs(&vmcss[random_below(ARRAY_SIZE(vmcss))]);
			break;
		case 1:
			use_page(random_below(NR_PAGES));
			break;
		case 2:
			use_bitmap(random_below(4));
			break;
		case 3:
			set_intercept(change_bit[random_below(ARRAY_SIZE(change_bit))],
				      i, write, random_below(2));
			break;
		case 4 ... 11:
			set_intercept(by_store, i, write, random_below(2));
			break;
		}
		check_access(i, write);
	}
}

static void l1_setup_vmcs(struct vmx_pages *vmx, struct l2_vmcs *vmcs)
{
	int i;

	vmx->vmcs = vmcs->gva;
	vmx->vmcs_gpa = vmcs->gpa;
	GUEST_ASSERT(load_vmcs(vmx));
	prepare_vmcs(vmx, l2_guest_code, &vmcs->stack[L2_STACK_SIZE - 1]);
	current_vmcs = vmcs;
	use_page(0);
	use_bitmap(true);

	for (i = 0; i < ARRAY_SIZE(msrs); i++) {
		if (msrs[i].vmcs_field)
			vmcs->value[i] = vmreadz(msrs[i].vmcs_field);
	}
}

static void l1_setup(struct vmx_pages *vmx)
{
	int i;

	GUEST_ASSERT(prepare_for_vmx_operation(vmx));
	for (i = 0; i < ARRAY_SIZE(vmcss); i++)
		l1_setup_vmcs(vmx, &vmcss[i]);
	use_vmcs(&vmcss[0]);
	kernel_gs_base = rdmsr(MSR_KERNEL_GS_BASE);
}

static void test_vmxoff(struct vmx_pages *vmx)
{
	int i;

	use_page(0);
	set_intercept(by_store, 7, false, true);
	check_all_accesses();

	for (i = 0; i < ARRAY_SIZE(vmcss); i++)
		GUEST_ASSERT(!vmclear(vmcss[i].gpa));
	asm volatile("vmxoff");
	set_intercept(by_store, 7, false, false);

	for (i = 0; i < ARRAY_SIZE(vmcss); i++)
		vmcss[i].launched = false;
	l1_setup(vmx);
	check_all_accesses();
}

/* Untested with L2, KVM leaves them intercepted: XFD and XFD_ERR. */
static bool is_kept_from_l2(u32 msr)
{
	return msr == MSR_IA32_XFD || msr == MSR_IA32_XFD_ERR;
}

static u64 count_l1_exits(u32 first, int nr, int repeat)
{
	u64 start, value;
	int i, n;

	GUEST_SYNC(COUNT_EXITS);
	start = nr_exits;
	for (n = 0; n < repeat; n++) {
		for (i = 0; i < nr; i++)
			rdmsr_safe(first + i, &value);
	}
	GUEST_SYNC(COUNT_EXITS);
	return nr_exits - start;
}

/* What KVM lets L1 read without an exit, L2 has to get as cheaply. */
static void test_exits(void)
{
	u32 first, msr;

	use_page(0);
	use_bitmap(true);
	memset(pages[0].gva, 0, PAGE_SIZE);
	for (first = 0; first < 0xc0002000; first += 64) {
		if (first == 0x2000)
			first = 0xc0000000;
		/* Unless one of them doesn't exit, there is nothing to look for. */
		if (count_l1_exits(first, 64, 4) >= 64 * 4)
			continue;

		for (msr = first; msr < first + 64; msr++) {
			if (is_kept_from_l2(msr) ||
			    count_l1_exits(msr, 1, READS_PER_COUNT) > READS_PER_COUNT / 2)
				continue;
			__GUEST_ASSERT(count_l2_exits(msr) <= READS_PER_COUNT / 2,
				       "reads of MSR 0x%x exit to KVM only from L2", msr);
		}
	}
}

static void l1_guest_code(struct vmx_pages *vmx)
{
	l1_setup(vmx);
	check_all_accesses();

	test_changed_bits();
	test_write_by_kvm();
	test_other_bitmaps();
	test_memslots();
	test_filter();
	test_nested_state();
	test_vmxoff(vmx);
	test_random();
	test_exits();
	GUEST_DONE();
}

/* Another vCPU of L1, woken up to do this and nothing else. */
static void l1_other_vcpu(void)
{
	for (;;) {
		set_bitmap_bit(pages[order.sync_args[0]].gva, msrs[order.sync_args[1] >> 1].index,
			       order.sync_args[1] & 1, order.sync_args[2]);
		GUEST_SYNC(0);
	}
}

static struct kvm_vm *vm;
static struct kvm_vcpu *vcpu, *other_vcpu;
static void *slot_hva;

static void set_slot(u32 slot, u64 gpa, u64 size, u32 flags)
{
	vm_set_user_memory_region(vm, slot, flags, gpa, size, slot_hva);
}

static void *page_hva(u64 page)
{
	struct bitmap_page *guest_pages = addr_gva2hva(vm, (gva_t)pages);

	return page == SLOT_PAGE ? slot_hva : addr_gpa2hva(vm, guest_pages[page].gpa);
}

static void set_bit_as_told(const u64 *args)
{
	set_bitmap_bit(page_hva(args[0]), msrs[args[1] >> 1].index, args[1] & 1, args[2]);
}

static void run_other_vcpu(const u64 *args)
{
	u64 *guest_args = ((typeof(order) *)addr_gva2hva(vm, (gva_t)&order))->sync_args;
	struct ucall uc;

	memcpy(guest_args, args, sizeof(order.sync_args));
	vcpu_run(other_vcpu);
	TEST_ASSERT(get_ucall(other_vcpu, &uc) == UCALL_SYNC, "The other vCPU failed");
}

/* Deny reads of one MSR, or of none. */
static void filter_msr(u32 msr)
{
	u64 denied = 0;
	struct kvm_msr_filter filter = {
		.flags = KVM_MSR_FILTER_DEFAULT_ALLOW,
		.ranges[0] = {
			.flags = KVM_MSR_FILTER_READ,
			.nmsrs = msr ? 1 : 0,
			.base = msr,
			.bitmap = (u8 *)&denied,
		},
	};

	vm_ioctl(vm, KVM_X86_SET_MSR_FILTER, &filter);
}

static void save_restore(const u64 *args)
{
	struct kvm_x86_state *state = vcpu_save_state(vcpu);

	set_bit_as_told(args);
	vcpu_nested_state_set(vcpu, &state->nested);
	kvm_x86_state_cleanup(state);
}

static void handle_sync(u64 what, const u64 *args)
{
	switch (what) {
	case SET_BIT:
		set_bit_as_told(args);
		break;
	case OTHER_VCPU:
		run_other_vcpu(args);
		break;
	case DELETE_SLOT:
		set_slot(SLOT, SLOT_GPA, 0, 0);
		break;
	case ADD_SLOT:
		set_slot(SLOT, SLOT_GPA, PAGE_SIZE, 0);
		break;
	case MOVE_SLOT:
		set_slot(SLOT, args[0], PAGE_SIZE, 0);
		break;
	case SET_SLOT_FLAGS:
		/* A slot cannot become read-only, only a new one can be. */
		set_slot(SLOT, SLOT_GPA, 0, 0);
		set_slot(SLOT, SLOT_GPA, PAGE_SIZE, args[0]);
		break;
	case DENY:
		filter_msr(args[0]);
		break;
	case ALLOW:
		filter_msr(0);
		break;
	case SAVE_RESTORE:
		save_restore(args);
		break;
	case COUNT_EXITS:
		nr_exits = vcpu_get_stat(vcpu, exits);
		sync_global_to_guest(vm, nr_exits);
		break;
	default:
		TEST_FAIL("Unexpected sync %lu", what);
	}
}

static void create_vm(bool ept)
{
	struct kvm_vcpu *vcpus[2];
	struct bitmap_page *guest_pages;
	struct l2_vmcs *guest_vmcss;
	gva_t vmx_gva, slot_gva, alias_gva;
	int i;

	vm = vm_create_with_vcpus(ARRAY_SIZE(vcpus), l1_guest_code, vcpus);
	vcpu = vcpus[0];
	other_vcpu = vcpus[1];
	if (ept)
		vm_enable_ept(vm);
	vcpu_arch_set_entry_point(other_vcpu, l1_other_vcpu);
	vcpu_alloc_vmx(vm, &vmx_gva);
	vcpu_args_set(vcpu, 1, vmx_gva);

	guest_vmcss = addr_gva2hva(vm, (gva_t)vmcss);
	for (i = 0; i < ARRAY_SIZE(vmcss); i++) {
		guest_vmcss[i].gva = (void *)vm_alloc_page(vm);
		guest_vmcss[i].gpa = addr_gva2gpa(vm, (gva_t)guest_vmcss[i].gva);
	}

	guest_pages = addr_gva2hva(vm, (gva_t)pages);
	for (i = 0; i < SLOT_PAGE; i++) {
		guest_pages[i].gva = (void *)vm_alloc_page(vm);
		guest_pages[i].gpa = addr_gva2gpa(vm, (gva_t)guest_pages[i].gva);
	}

	/* A page with two guest physical addresses. */
	slot_hva = mmap(NULL, PAGE_SIZE, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	TEST_ASSERT(slot_hva != MAP_FAILED, "mmap() failed");
	set_slot(SLOT, SLOT_GPA, PAGE_SIZE, 0);
	set_slot(ALIAS_SLOT, ALIAS_GPA, PAGE_SIZE, 0);
	slot_gva = vm_unused_gva_gap(vm, PAGE_SIZE, SLOT_GPA);
	virt_pg_map(vm, slot_gva, SLOT_GPA);
	alias_gva = vm_unused_gva_gap(vm, PAGE_SIZE, ALIAS_GPA);
	virt_pg_map(vm, alias_gva, ALIAS_GPA);
	guest_pages[SLOT_PAGE].gva = (void *)slot_gva;
	guest_pages[SLOT_PAGE].gpa = SLOT_GPA;
	page_alias = (void *)alias_gva;
	sync_global_to_guest(vm, page_alias);
	sync_global_to_guest(vm, nr_accesses);

	if (ept)
		tdp_identity_map_default_memslots(vm);
}

static void run_test(bool ept)
{
	struct ucall uc;

	pr_info("EPT for L2 %s, random seed %#x\n", ept ? "on" : "off", guest_random_seed);
	create_vm(ept);

	for (;;) {
		vcpu_run(vcpu);
		TEST_ASSERT_KVM_EXIT_REASON(vcpu, KVM_EXIT_IO);

		switch (get_ucall(vcpu, &uc)) {
		case UCALL_SYNC:
			handle_sync(uc.args[1], &uc.args[2]);
			break;
		case UCALL_DONE:
			kvm_vm_free(vm);
			munmap(slot_hva, PAGE_SIZE);
			return;
		case UCALL_ABORT:
			REPORT_GUEST_ASSERT(uc);
		default:
			TEST_FAIL("Unexpected ucall %lu", uc.cmd);
		}
	}
}

static void help(const char *name)
{
	printf("usage: %s [-h] [-n accesses]\n", name);
	printf(" -n: MSR accesses of L2 in the random part (default %u)\n",
	       DEFAULT_ACCESSES);
	exit(0);
}

int main(int argc, char *argv[])
{
	int opt;

	while ((opt = getopt(argc, argv, "hn:")) != -1) {
		switch (opt) {
		case 'n':
			nr_accesses = atoi_positive("Number of accesses", optarg);
			break;
		case 'h':
		default:
			help(argv[0]);
		}
	}

	TEST_REQUIRE(kvm_cpu_has(X86_FEATURE_VMX));
	TEST_REQUIRE(kvm_has_cap(KVM_CAP_NESTED_STATE));
	TEST_REQUIRE(kvm_has_cap(KVM_CAP_X86_MSR_FILTER));

	run_test(false);
	if (kvm_cpu_has_ept())
		run_test(true);
	return 0;
}
