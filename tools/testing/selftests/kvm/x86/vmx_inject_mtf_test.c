// SPDX-License-Identifier: GPL-2.0-only
/*
 * L1 injects a pending MTF VM-Exit into L2 while signals make KVM give up
 * VM-Enters that it has prepared already.  Each injection has to end in exactly
 * one MTF VM-Exit, before L2 executes an instruction.
 */
#include <signal.h>
#include <stdlib.h>
#include <sys/time.h>

#include "test_util.h"
#include "kvm_util.h"
#include "processor.h"
#include "vmx.h"

#define L2_STACK_SIZE		64

/* KVM_RUN calls that a signal has to end; a few per cent of them hit the window. */
#define NR_INTERRUPTED		1000

/* Short enough to hit most KVM_RUNs, and one shot for each: L1 makes progress. */
#define MAX_SIGNAL_DELAY_US	200

static bool stop;
static u64 nr_injected, nr_lost, nr_extra;

static void l2_guest_code(void)
{
	for (;;)
		vmcall();
}

static u64 l1_vmenter(u32 inject)
{
	GUEST_ASSERT(!vmwrite(VM_ENTRY_INTR_INFO_FIELD, inject));
	GUEST_ASSERT(!vmx_enter_l2(false));
	return vmreadz(VM_EXIT_REASON);
}

static void l1_guest_code(struct vmx_pages *vmx)
{
	static u64 l2_stack[L2_STACK_SIZE] __aligned(16);
	u64 reason;

	GUEST_ASSERT(prepare_for_vmx_operation(vmx));
	GUEST_ASSERT(load_vmcs(vmx));
	prepare_vmcs(vmx, l2_guest_code, &l2_stack[L2_STACK_SIZE - 1]);

	GUEST_ASSERT(!vmx_enter_l2(true));
	GUEST_ASSERT_EQ(vmreadz(VM_EXIT_REASON), EXIT_REASON_VMCALL);

	/* RIP stays at VMCALL, which is what L2 runs into if the exit is lost. */
	while (!READ_ONCE(stop)) {
		nr_injected++;
		reason = l1_vmenter(INTR_INFO_VALID | INTR_TYPE_OTHER_EVENT);
		if (reason == EXIT_REASON_VMCALL)
			nr_lost++;
		else
			GUEST_ASSERT_EQ(reason, EXIT_REASON_MONITOR_TRAP_FLAG);

		reason = l1_vmenter(0);
		if (reason == EXIT_REASON_MONITOR_TRAP_FLAG)
			nr_extra++;
		else
			GUEST_ASSERT_EQ(reason, EXIT_REASON_VMCALL);
	}
	GUEST_DONE();
}

static void handle_signal(int signal)
{
}

static void arm_signal(void)
{
	struct itimerval timer = {
		.it_value.tv_usec = 1 + rand() % MAX_SIGNAL_DELAY_US,
	};

	TEST_ASSERT(!setitimer(ITIMER_REAL, &timer, NULL), "setitimer() failed");
}

int main(int argc, char *argv[])
{
	struct sigaction action = { .sa_handler = handle_signal };
	unsigned int nr_interrupted = 0;
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm;
	struct ucall uc;
	gva_t vmx_gva;
	int r;

	TEST_REQUIRE(kvm_cpu_has(X86_FEATURE_VMX));
	TEST_REQUIRE(kvm_get_feature_msr(MSR_IA32_VMX_TRUE_PROCBASED_CTLS) >> 32 &
		     CPU_BASED_MONITOR_TRAP);

	vm = vm_create_with_one_vcpu(&vcpu, l1_guest_code);
	vcpu_alloc_vmx(vm, &vmx_gva);
	vcpu_args_set(vcpu, 1, vmx_gva);

	TEST_ASSERT(!sigaction(SIGALRM, &action, NULL), "sigaction() failed");

	for (;;) {
		arm_signal();
		r = __vcpu_run(vcpu);
		if (!r)
			break;
		TEST_ASSERT(errno == EINTR, KVM_IOCTL_ERROR(KVM_RUN, r));

		if (++nr_interrupted == NR_INTERRUPTED) {
			stop = true;
			sync_global_to_guest(vm, stop);
		}
	}

	TEST_ASSERT_KVM_EXIT_REASON(vcpu, KVM_EXIT_IO);
	switch (get_ucall(vcpu, &uc)) {
	case UCALL_DONE:
		break;
	case UCALL_ABORT:
		REPORT_GUEST_ASSERT(uc);
	default:
		TEST_FAIL("Unexpected ucall %lu", uc.cmd);
	}

	sync_global_from_guest(vm, nr_injected);
	sync_global_from_guest(vm, nr_lost);
	sync_global_from_guest(vm, nr_extra);
	pr_info("%lu MTF VM-Exits injected, %u times interrupted: %lu lost, %lu too many\n",
		nr_injected, nr_interrupted, nr_lost, nr_extra);
	TEST_ASSERT(!nr_lost && !nr_extra, "Injected MTF VM-Exits were lost or repeated");

	kvm_vm_free(vm);
	return 0;
}
