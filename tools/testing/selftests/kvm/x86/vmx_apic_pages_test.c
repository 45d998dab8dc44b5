// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hardware accesses pages of L1's on behalf of L2: the virtual-APIC page, the
 * APIC-access page and the posted-interrupt descriptor.  Whatever KVM remembers of
 * them, L2 has to run with the pages that are behind the addresses in L1's VMCS at
 * VM-Enter: also if L1 has changed the addresses, or userspace the memory.
 *
 * L1 runs L2 before and after each change, and fills the pages in between.  L1 sees
 * the memory that userspace has provided, so what L2's accesses did to it tells
 * which pages hardware has used.
 */
#include <pthread.h>
#include <sys/mman.h>

#include "test_util.h"
#include "kvm_util.h"
#include "processor.h"
#include "apic.h"
#include "vmx.h"

#define L2_STACK_SIZE	256
#define VMCALL_LEN	3

#define PAGES_SLOT	10
#define PAGES_GPA	0x20000000ul
#define PAGES_GVA	0x30000000ul

/* Two sets of pages, which L1 switches between. */
enum { VAPIC, ACCESS, PID, PAGES_PER_SET };
#define NR_SETS		2
#define NR_PAGES	(NR_SETS * PAGES_PER_SET)

/* In a posted-interrupt descriptor, which has 64 bytes. */
#define PID_SIZE	64
#define PID_ON		256

#define NOTIFICATION	0xf2
#define VECTOR		0x61

/* Whether L1 runs with TPR shadow only, or with all that the CPU has. */
enum { TPR_ONLY, ALL };

/* What is to change, by userspace but for the last two. */
enum change {
	MMAP = 1, DONTNEED, NEW_SLOT, CLEAR_LOG, ADDRESSES, PID_OFFSET, NR_CHANGES,
	/* Not a change. */
	CHECK_LOG,
};

/* Where userspace does so: another thread doesn't disturb the vCPU's KVM_RUN. */
enum place { THREAD, EXIT_FROM_L1, EXIT_FROM_L2, NR_PLACES };

/* What L2's TPR is, as seen by L2 and to be set next, bits 7:4. */
static u64 l2_tpr, l2_new_tpr = 1;
static u8 l2_mmio_tpr;
static enum change l2_request;

/* What L1 asks the other thread for. */
static enum change thread_request;

static bool has_access, has_pi;
static bool use_access, use_pi;
static int set;
static u64 pid_offset;
static u64 tpr[NR_SETS];

static u8 *page(int nr)
{
	return (u8 *)PAGES_GVA + (set * PAGES_PER_SET + nr) * PAGE_SIZE;
}

static u64 page_gpa(int nr)
{
	return PAGES_GPA + (set * PAGES_PER_SET + nr) * PAGE_SIZE;
}

static u32 *irr(void)
{
	return (u32 *)(page(VAPIC) + APIC_IRR + VECTOR / 32 * 0x10);
}

static u32 *pid(int bit)
{
	return (u32 *)(page(PID) + pid_offset) + bit / 32;
}

static void l2_guest_code(void)
{
	for (;;) {
		if (l2_request) {
			GUEST_SYNC(l2_request);
		} else {
			l2_tpr = get_cr8();
			if (use_access)
				l2_mmio_tpr = READ_ONCE(*(page(ACCESS) + APIC_TASKPRI));
			set_cr8(l2_new_tpr);
		}
		vmcall();
	}
}

static void l1_vmenter(void)
{
	static bool launched;

	GUEST_ASSERT(!vmx_enter_l2(!launched));
	launched = true;

	GUEST_ASSERT_EQ(vmreadz(VM_EXIT_REASON), EXIT_REASON_VMCALL);
	GUEST_ASSERT(!vmwrite(GUEST_RIP, vmreadz(GUEST_RIP) + VMCALL_LEN));
}

static void l1_fill_pages(void)
{
	tpr[set] = tpr[set] % 15 + 1;
	*(u32 *)(page(VAPIC) + APIC_TASKPRI) = tpr[set] << 4;
	memset(page(ACCESS), 0xaa, PAGE_SIZE);
}

static void l1_run_l2(void)
{
	/* Anything that is on no page. */
	l2_new_tpr = tpr[set] % 15 + 1;
	l2_tpr = -1;

	if (use_pi) {
		*irr() = 0;
		*pid(VECTOR) = BIT(VECTOR % 32);
		*pid(PID_ON) = BIT(PID_ON % 32);
		GUEST_ASSERT(!vmwrite(GUEST_INTR_STATUS, 0));
		x2apic_write_reg(APIC_SELF_IPI, NOTIFICATION);
	}

	l1_vmenter();

	GUEST_ASSERT_EQ(l2_tpr, tpr[set]);
	if (use_access)
		GUEST_ASSERT_EQ(l2_mmio_tpr, tpr[set] << 4);

	tpr[set] = l2_new_tpr;
	GUEST_ASSERT_EQ(*(u32 *)(page(VAPIC) + APIC_TASKPRI), tpr[set] << 4);

	if (use_pi) {
		GUEST_ASSERT_EQ(*pid(VECTOR), 0);
		GUEST_ASSERT_EQ(*pid(PID_ON), 0);
		GUEST_ASSERT_EQ(*irr(), BIT(VECTOR % 32));
		GUEST_ASSERT_EQ(vmreadz(GUEST_INTR_STATUS), VECTOR);
	}
}

static void l1_write_addresses(void)
{
	GUEST_ASSERT(!vmwrite(VIRTUAL_APIC_PAGE_ADDR, page_gpa(VAPIC)));
	if (use_access)
		GUEST_ASSERT(!vmwrite(APIC_ACCESS_ADDR, page_gpa(ACCESS)));
	if (use_pi)
		GUEST_ASSERT(!vmwrite(POSTED_INTR_DESC_ADDR, page_gpa(PID) + pid_offset));
}

static void l1_ask_userspace(enum place place, enum change change)
{
	switch (place) {
	case THREAD:
		WRITE_ONCE(thread_request, change);
		/* CPUID exits, so that the other thread runs. */
		while (READ_ONCE(thread_request))
			this_cpu_has(X86_FEATURE_VMX);
		break;
	case EXIT_FROM_L1:
		GUEST_SYNC(change);
		break;
	default:
		l2_request = change;
		l1_vmenter();
		l2_request = 0;
	}
}

static void l1_test(enum place place, enum change change)
{
	l1_run_l2();

	switch (change) {
	case ADDRESSES:
		set ^= 1;
		l1_write_addresses();
		break;
	case PID_OFFSET:
		pid_offset ^= PID_SIZE;
		l1_write_addresses();
		break;
	default:
		l1_ask_userspace(place, change);
	}

	/* L1 makes pages dirty, too. */
	if (change != CLEAR_LOG)
		l1_fill_pages();
	l1_run_l2();

	if (change == CLEAR_LOG)
		l1_ask_userspace(place, CHECK_LOG);
}

static void l1_set_controls(int mode)
{
	u32 pin = vmreadz(PIN_BASED_VM_EXEC_CONTROL);
	u32 procbased = vmreadz(CPU_BASED_VM_EXEC_CONTROL) | CPU_BASED_TPR_SHADOW;
	u32 procbased2 = 0;

	use_access = has_access && mode == ALL;
	use_pi = has_pi && mode == ALL;

	pin &= ~(PIN_BASED_EXT_INTR_MASK | PIN_BASED_POSTED_INTR);
	if (use_pi) {
		pin |= PIN_BASED_EXT_INTR_MASK | PIN_BASED_POSTED_INTR;
		procbased2 |= SECONDARY_EXEC_VIRTUAL_INTR_DELIVERY;
	}
	if (use_access)
		procbased2 |= SECONDARY_EXEC_VIRTUALIZE_APIC_ACCESSES;
	if (procbased2)
		procbased |= CPU_BASED_ACTIVATE_SECONDARY_CONTROLS;

	GUEST_ASSERT(!vmwrite(PIN_BASED_VM_EXEC_CONTROL, pin));
	GUEST_ASSERT(!vmwrite(CPU_BASED_VM_EXEC_CONTROL, procbased));
	/* A CPU that has no such controls doesn't have the field, either. */
	GUEST_ASSERT(!vmwrite(SECONDARY_VM_EXEC_CONTROL, procbased2) || !procbased2);

	l1_write_addresses();
}

static void l1_guest_code(struct vmx_pages *vmx)
{
	static const int modes[] = { ALL, TPR_ONLY, ALL };
	static u64 l2_stack[L2_STACK_SIZE] __aligned(16);
	enum change change;
	enum place place;
	int i;

	cli();
	x2apic_enable();

	GUEST_ASSERT(prepare_for_vmx_operation(vmx));
	GUEST_ASSERT(load_vmcs(vmx));
	prepare_vmcs(vmx, l2_guest_code, &l2_stack[L2_STACK_SIZE - 1]);
	GUEST_ASSERT(!vmwrite(TPR_THRESHOLD, 0));
	GUEST_ASSERT(!vmwrite(VM_EXIT_CONTROLS,
			      vmreadz(VM_EXIT_CONTROLS) | VM_EXIT_ACK_INTR_ON_EXIT));
	if (has_pi)
		GUEST_ASSERT(!vmwrite(POSTED_INTR_NV, NOTIFICATION));

	for (i = 0; i < NR_SETS; i++) {
		l1_fill_pages();
		set ^= 1;
	}

	for (i = 0; i < ARRAY_SIZE(modes); i++) {
		l1_set_controls(modes[i]);

		for (place = 0; place < NR_PLACES; place++) {
			for (change = MMAP; change < NR_CHANGES; change++)
				l1_test(place, change);
		}
	}
	GUEST_DONE();
}

static struct kvm_vm *vm;
static void *pages;

static void *map_pages(void *at)
{
	return kvm_mmap(NR_PAGES * PAGE_SIZE, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | (at ? MAP_FIXED : 0), -1);
}

static void set_slot(u64 size)
{
	vm_set_user_memory_region(vm, PAGES_SLOT, KVM_MEM_LOG_DIRTY_PAGES, PAGES_GPA,
				  size, pages);
}

/* All that hardware writes to. */
static void check_log(unsigned long log)
{
	sync_global_from_guest(vm, set);
	sync_global_from_guest(vm, use_pi);

	TEST_ASSERT(log & BIT(set * PAGES_PER_SET + VAPIC),
		    "The virtual-APIC page is not dirty: %#lx", log);
	TEST_ASSERT(!use_pi || log & BIT(set * PAGES_PER_SET + PID),
		    "The descriptor is not dirty: %#lx", log);
}

static void do_change(enum change change)
{
	unsigned long log = 0;

	switch (change) {
	case MMAP:
		map_pages(pages);
		break;
	case DONTNEED:
		TEST_ASSERT(!madvise(pages, NR_PAGES * PAGE_SIZE, MADV_DONTNEED),
			    "madvise() failed");
		break;
	case NEW_SLOT:
		set_slot(0);
		pages = map_pages(NULL);
		set_slot(NR_PAGES * PAGE_SIZE);
		break;
	case CLEAR_LOG:
		kvm_vm_get_dirty_log(vm, PAGES_SLOT, &log);
		break;
	case CHECK_LOG:
		kvm_vm_get_dirty_log(vm, PAGES_SLOT, &log);
		check_log(log);
		break;
	default:
		TEST_FAIL("Unknown request %d", change);
	}
}

static void *thread_main(void *arg)
{
	enum change *request = addr_gva2hva(vm, (gva_t)&thread_request);
	enum change change;

	for (;;) {
		change = READ_ONCE(*request);
		if (change) {
			do_change(change);
			WRITE_ONCE(*request, 0);
		}
		usleep(10);
	}
	return NULL;
}

static bool has_control(u32 msr, u32 control)
{
	return (kvm_get_feature_msr(msr) >> 32) & control;
}

int main(int argc, char *argv[])
{
	struct kvm_vcpu *vcpu;
	pthread_t thread;
	struct ucall uc;
	gva_t vmx_gva;

	TEST_REQUIRE(kvm_cpu_has(X86_FEATURE_VMX));
	TEST_REQUIRE(has_control(MSR_IA32_VMX_TRUE_PROCBASED_CTLS, CPU_BASED_TPR_SHADOW));

	has_access = has_control(MSR_IA32_VMX_TRUE_PROCBASED_CTLS,
				 CPU_BASED_ACTIVATE_SECONDARY_CONTROLS) &&
		     has_control(MSR_IA32_VMX_PROCBASED_CTLS2,
				 SECONDARY_EXEC_VIRTUALIZE_APIC_ACCESSES);
	has_pi = has_control(MSR_IA32_VMX_TRUE_PINBASED_CTLS, PIN_BASED_POSTED_INTR) &&
		 has_control(MSR_IA32_VMX_PROCBASED_CTLS2,
			     SECONDARY_EXEC_VIRTUAL_INTR_DELIVERY);
	pr_info("APIC-access page: %s, posted interrupts: %s\n",
		has_access ? "yes" : "no", has_pi ? "yes" : "no");

	vm = vm_create_with_one_vcpu(&vcpu, l1_guest_code);
	vcpu_alloc_vmx(vm, &vmx_gva);
	vcpu_args_set(vcpu, 1, vmx_gva);
	sync_global_to_guest(vm, has_access);
	sync_global_to_guest(vm, has_pi);

	pages = map_pages(NULL);
	set_slot(NR_PAGES * PAGE_SIZE);
	virt_map(vm, PAGES_GVA, PAGES_GPA, NR_PAGES);

	pthread_create(&thread, NULL, thread_main, NULL);

	for (;;) {
		vcpu_run(vcpu);
		TEST_ASSERT_KVM_EXIT_REASON(vcpu, KVM_EXIT_IO);

		switch (get_ucall(vcpu, &uc)) {
		case UCALL_SYNC:
			do_change(uc.args[1]);
			break;
		case UCALL_DONE:
			goto done;
		default:
			REPORT_GUEST_ASSERT(uc);
		}
	}

done:
	pthread_cancel(thread);
	pthread_join(thread, NULL);
	kvm_vm_free(vm);
	return 0;
}
