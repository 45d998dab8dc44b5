// SPDX-License-Identifier: GPL-2.0-only
/*
 * What nested VM-Enter and VM-Exit do to L1's state that no VMCS field shows: the
 * interrupt that is pending at VM-Enter, the segments that VM-Exit loads, and the
 * MSRs of SYSCALL if L2 has an EFER of its own.  And what they do not do to exit
 * information that L1 has written.  And that the page tables are those of whoever
 * runs, both for the CPU, and for KVM, which needs to know by what rules to walk them.
 */
#include "test_util.h"
#include "kvm_util.h"
#include "processor.h"
#include "apic.h"
#include "vmx.h"

#define L2_STACK_SIZE	64
#define VECTOR		0x41
#define VMCALL_LEN	3

/* In the interruptibility state of a guest. */
#define BLOCKING_BY_NMI	BIT(3)

/* In IA32_VMX_MISC: VMWRITE may write to fields of exit information. */
#define MISC_WRITE_ALL_FIELDS	BIT(29)

/*
 * A second CR3, with the same effect as the first, an EPT without any page, and the
 * address of a page whose entry has bit 63 set: no execution, or reserved.
 */
struct page_tables {
	u64 cr3;
	u64 empty_ept;
	u64 nx_gva;
};

/*
 * Where userspace looks at L1's state: before the first VM-Enter, or after a VM-Exit.
 * Where it looks at how KVM translates an address, in L1 and in L2.  And where it
 * makes an IRQ pending by KVM_SET_LAPIC, or not pending.
 */
enum { BEFORE, AFTER, TRANSLATE, SET_IRR, CLEAR_IRR };

static bool l2_ran;
static bool l2_checks_nx;
static u64 l2_efer;
static u64 l2_cr3;
static u64 nx_gva;
static bool host_uses_ept;

/*
 * Both the CPU and KVM have to know if EFER.NX is set.  Without EPT, it's always set
 * for the CPU, KVM doesn't emulate the reserved bit.
 */
static void check_nx(void)
{
	const bool nx = rdmsr(MSR_EFER) & EFER_NX;
	u8 vector;

	if (host_uses_ept) {
		asm volatile("invlpg (%0)" : : "r"(nx_gva) : "memory");
		vector = kvm_asm_safe("testb $0, (%%rax)", "a"(nx_gva));
		GUEST_ASSERT_EQ(vector, nx ? 0 : PF_VECTOR);
	}

	GUEST_SYNC_ARGS(TRANSLATE, nx, 0, 0, 0);
}

static void l2_guest_code(void)
{
	for (;;) {
		l2_ran = true;
		l2_efer = rdmsr(MSR_EFER);
		l2_cr3 = get_cr3();
		if (l2_checks_nx)
			check_nx();
		vmcall();
	}
}

static u64 l1_vmenter(bool launch)
{
	l2_ran = false;
	GUEST_ASSERT(!vmx_enter_l2(launch));
	if (vmreadz(VM_EXIT_REASON) == EXIT_REASON_VMCALL)
		GUEST_ASSERT(!vmwrite(GUEST_RIP, vmreadz(GUEST_RIP) + VMCALL_LEN));
	return vmreadz(VM_EXIT_REASON);
}

/* SYSCALL jumps to where L1's LSTAR says, or wherever the host's does. */
static noinline void l1_syscall(void)
{
	u64 target, landed = 0;

	asm volatile("lea 1f(%%rip), %0\n\t"
		     "jmp 2f\n"
		     "1:\n\t"
		     "mov $1, %%edx\n\t"
		     "jmp *%%rcx\n"
		     "2:"
		     : "=r"(target));
	wrmsr(MSR_LSTAR, target);

	asm volatile("syscall" : "+d"(landed) : : "rcx", "r11", "cc", "memory");
	GUEST_ASSERT_EQ(landed, 1);
}

static void l1_set_efer(u64 set, u64 clear)
{
	wrmsr(MSR_EFER, (rdmsr(MSR_EFER) & ~clear) | set);
	GUEST_ASSERT(!vmwrite(HOST_IA32_EFER, rdmsr(MSR_EFER)));
}

/* Both with and without EFER.SCE in L1 and in L2. */
static void test_efer(void)
{
	int i;

	wrmsr(MSR_STAR, (u64)get_cs() << 32);
	wrmsr(MSR_SYSCALL_MASK, 0);

	for (i = 0; i < 4; i++) {
		l1_set_efer(i & 1 ? EFER_SCE : 0, i & 1 ? 0 : EFER_SCE);
		GUEST_ASSERT(!vmwrite(GUEST_IA32_EFER,
				      (rdmsr(MSR_EFER) & ~EFER_SCE) | (i & 2 ? EFER_SCE : 0)));
		GUEST_ASSERT_EQ(l1_vmenter(false), EXIT_REASON_VMCALL);
		GUEST_ASSERT_EQ(l2_efer & EFER_SCE, i & 2 ? EFER_SCE : 0);
		GUEST_ASSERT_EQ(rdmsr(MSR_EFER) & EFER_SCE, i & 1 ? EFER_SCE : 0);
		if (i & 1)
			l1_syscall();
	}
}

/*
 * All changes of EFER.NX that VM-Enter and VM-Exit can make, and each transition
 * without a change, too: L1's EFER comes from bit 0 of the nibbles, L2's from bit 1.
 */
static void test_nx(const struct page_tables *tables)
{
	const u64 sequence = 0x0011332203120213;
	const u64 efer = rdmsr(MSR_EFER) & ~EFER_NX;
	int i;

	/* L2 handles its page faults. */
	GUEST_ASSERT(!vmwrite(PAGE_FAULT_ERROR_CODE_MASK, 0));
	GUEST_ASSERT(!vmwrite(PAGE_FAULT_ERROR_CODE_MATCH, 0));

	nx_gva = tables->nx_gva;
	l2_checks_nx = true;
	for (i = 0; i < 16; i++) {
		const u64 l1_efer = efer | (sequence >> 4 * i & 1 ? EFER_NX : 0);
		const u64 l2_efer = efer | (sequence >> 4 * i & 2 ? EFER_NX : 0);

		GUEST_ASSERT(!vmwrite(HOST_IA32_EFER, l1_efer));
		GUEST_ASSERT(!vmwrite(GUEST_IA32_EFER, l2_efer));
		GUEST_ASSERT_EQ(l1_vmenter(false), EXIT_REASON_VMCALL);
		GUEST_ASSERT_EQ(rdmsr(MSR_EFER), l1_efer);
		check_nx();
	}
	l2_checks_nx = false;
}

/* Each CR3 more than once, and not the one that L1 or L2 had before. */
static void test_cr3(const struct page_tables *tables)
{
	const u64 cr3s[] = { get_cr3(), tables->cr3 };
	int i;

	GUEST_ASSERT(!vmwrite(CPU_BASED_VM_EXEC_CONTROL,
			      vmreadz(CPU_BASED_VM_EXEC_CONTROL) &
			      ~(CPU_BASED_CR3_LOAD_EXITING | CPU_BASED_CR3_STORE_EXITING)));

	for (i = 0; i < 9; i++) {
		GUEST_ASSERT(!vmwrite(GUEST_CR3, cr3s[i / 2 & 1]));
		GUEST_ASSERT(!vmwrite(HOST_CR3, cr3s[i & 1]));
		GUEST_ASSERT_EQ(l1_vmenter(false), EXIT_REASON_VMCALL);
		GUEST_ASSERT_EQ(l2_cr3, cr3s[i / 2 & 1]);
		GUEST_ASSERT_EQ(get_cr3(), cr3s[i & 1]);
	}
	GUEST_ASSERT_EQ(get_cr3(), cr3s[0]);
}

/* L2 runs if EPT maps its code, and not from what another EPT maps. */
static void test_eptp(const struct page_tables *tables)
{
	const u64 eptp = vmreadz(EPT_POINTER);
	const u64 empty = tables->empty_ept | (eptp & ~PHYSICAL_PAGE_MASK);
	int i;

	for (i = 0; i < 4; i++) {
		GUEST_ASSERT(!vmwrite(EPT_POINTER, empty));
		GUEST_ASSERT_EQ(l1_vmenter(false), EXIT_REASON_EPT_VIOLATION);
		GUEST_ASSERT(!vmwrite(EPT_POINTER, eptp));
		GUEST_ASSERT_EQ(l1_vmenter(false), EXIT_REASON_VMCALL);
	}
}

/* KVM has to bring what L1 writes here to where L1 reads it without a VM-Exit. */
static void test_exit_information(void)
{
	static const u32 fields[] = {
		VM_EXIT_REASON, VM_EXIT_INTR_INFO, VM_EXIT_INSTRUCTION_LEN,
		IDT_VECTORING_INFO_FIELD, VMX_INSTRUCTION_INFO, EXIT_QUALIFICATION,
		GUEST_LINEAR_ADDRESS, GUEST_PHYSICAL_ADDRESS,
	};
	u32 round, i;

	if (!(rdmsr(MSR_IA32_VMX_MISC) & MISC_WRITE_ALL_FIELDS))
		return;

	for (round = 1; round < 4; round++) {
		for (i = 0; i < ARRAY_SIZE(fields); i++)
			GUEST_ASSERT(!vmwrite(fields[i], round << 8 | i));
		for (i = 0; i < ARRAY_SIZE(fields); i++)
			GUEST_ASSERT_EQ(vmreadz(fields[i]), round << 8 | i);
		GUEST_ASSERT(!vmwrite(GUEST_PHYSICAL_ADDRESS_HIGH, round));
		GUEST_ASSERT_EQ(vmreadz(GUEST_PHYSICAL_ADDRESS),
				(u64)round << 32 | round << 8 | (ARRAY_SIZE(fields) - 1));

		GUEST_ASSERT_EQ(l1_vmenter(false), EXIT_REASON_VMCALL);
		GUEST_ASSERT_EQ(vmreadz(VM_EXIT_INSTRUCTION_LEN), VMCALL_LEN);
		GUEST_ASSERT_EQ(vmreadz(EXIT_QUALIFICATION), 0);
	}
}

/* What a failed VM-Enter had as blocking by NMI is nothing to the next one. */
static void test_interruptibility(void)
{
	const u64 activity = vmreadz(GUEST_ACTIVITY_STATE);
	int i;

	for (i = 0; i < 2; i++) {
		GUEST_ASSERT_EQ(l1_vmenter(false), EXIT_REASON_VMCALL);
		GUEST_ASSERT_EQ(vmreadz(GUEST_INTERRUPTIBILITY_INFO), 0);

		GUEST_ASSERT(!vmwrite(GUEST_INTERRUPTIBILITY_INFO, BLOCKING_BY_NMI));
		GUEST_ASSERT(!vmwrite(GUEST_ACTIVITY_STATE, -1u));
		GUEST_ASSERT_EQ(l1_vmenter(false),
				EXIT_REASON_INVALID_STATE | EXIT_REASON_FAILED_VMENTRY);
		GUEST_ASSERT(!l2_ran);

		GUEST_ASSERT(!vmwrite(GUEST_INTERRUPTIBILITY_INFO, 0));
		GUEST_ASSERT(!vmwrite(GUEST_ACTIVITY_STATE, activity));
	}

	GUEST_ASSERT_EQ(l1_vmenter(false), EXIT_REASON_VMCALL);
	GUEST_ASSERT_EQ(vmreadz(GUEST_INTERRUPTIBILITY_INFO), 0);
}

static void l1_guest_code(struct vmx_pages *vmx, struct page_tables *tables)
{
	static u64 l2_stack[L2_STACK_SIZE] __aligned(16);

	cli();
	x2apic_enable();
	wrmsr(MSR_FS_BASE, 0x12345000);
	wrmsr(MSR_GS_BASE, 0xffff800000001000ul);
	GUEST_SYNC(BEFORE);

	GUEST_ASSERT(prepare_for_vmx_operation(vmx));
	GUEST_ASSERT(load_vmcs(vmx));
	prepare_vmcs(vmx, l2_guest_code, &l2_stack[L2_STACK_SIZE - 1]);
	GUEST_ASSERT(!vmwrite(PIN_BASED_VM_EXEC_CONTROL,
			      vmreadz(PIN_BASED_VM_EXEC_CONTROL) | PIN_BASED_EXT_INTR_MASK));

	GUEST_ASSERT(!vmwrite(CPU_BASED_VM_EXEC_CONTROL,
			      vmreadz(CPU_BASED_VM_EXEC_CONTROL) | CPU_BASED_USE_MSR_BITMAPS));
	GUEST_ASSERT(!vmwrite(VM_ENTRY_CONTROLS,
			      vmreadz(VM_ENTRY_CONTROLS) | VM_ENTRY_LOAD_IA32_EFER));
	GUEST_ASSERT(!vmwrite(VM_EXIT_CONTROLS,
			      vmreadz(VM_EXIT_CONTROLS) | VM_EXIT_LOAD_IA32_EFER));
	GUEST_ASSERT(!vmwrite(GUEST_IA32_EFER, rdmsr(MSR_EFER)));
	GUEST_ASSERT(!vmwrite(HOST_IA32_EFER, rdmsr(MSR_EFER)));

	/* None of which VM-Exit keeps. */
	GUEST_ASSERT(!vmwrite(GUEST_FS_BASE, 0x1000));
	GUEST_ASSERT(!vmwrite(GUEST_GS_BASE, 0x2000));
	GUEST_ASSERT(!vmwrite(GUEST_DS_SELECTOR, 0));
	GUEST_ASSERT(!vmwrite(GUEST_DS_AR_BYTES, 0x10000));
	GUEST_ASSERT(!vmwrite(GUEST_ES_LIMIT, 0xfff));
	GUEST_ASSERT(!vmwrite(GUEST_ES_AR_BYTES, 0x4093));
	GUEST_ASSERT(!vmwrite(GUEST_GDTR_LIMIT, 0x7fff));
	GUEST_ASSERT(!vmwrite(GUEST_IDTR_LIMIT, 0x7fff));

	/* Nothing is pending. */
	GUEST_ASSERT_EQ(l1_vmenter(true), EXIT_REASON_VMCALL);
	GUEST_ASSERT(l2_ran);
	GUEST_SYNC(AFTER);

	test_efer();
	test_nx(tables);
	test_cr3(tables);
	if (vmx->eptp_gpa)
		test_eptp(tables);
	test_exit_information();
	test_interruptibility();

	/* The same as below, but it's userspace that makes the IRQ pending. */
	GUEST_SYNC(SET_IRR);
	GUEST_ASSERT_EQ(l1_vmenter(false), EXIT_REASON_EXTERNAL_INTERRUPT);
	GUEST_ASSERT(!l2_ran);
	GUEST_SYNC(CLEAR_IRR);
	GUEST_ASSERT_EQ(l1_vmenter(false), EXIT_REASON_VMCALL);

	/* What L1 blocks by RFLAGS.IF hits L2 before its first instruction. */
	x2apic_write_reg(APIC_ICR, APIC_DEST_SELF | APIC_DM_FIXED | VECTOR);
	GUEST_ASSERT_EQ(l1_vmenter(false), EXIT_REASON_EXTERNAL_INTERRUPT);
	GUEST_ASSERT(!l2_ran);
	GUEST_SYNC(AFTER);

	/* What L1 blocks by its TPR does not exist for L2. */
	x2apic_write_reg(APIC_TASKPRI, VECTOR);
	GUEST_ASSERT_EQ(l1_vmenter(false), EXIT_REASON_VMCALL);
	GUEST_ASSERT(l2_ran);

	x2apic_write_reg(APIC_TASKPRI, 0);
	GUEST_ASSERT_EQ(l1_vmenter(false), EXIT_REASON_EXTERNAL_INTERRUPT);
	GUEST_ASSERT(!l2_ran);
	GUEST_DONE();
}

static void check_segment(const char *name, const struct kvm_segment *actual, u8 type,
			  bool s, bool l, bool db, bool g, u32 limit)
{
	TEST_ASSERT(actual->present && !actual->unusable && !actual->dpl && !actual->avl &&
		    actual->type == type && actual->s == s && actual->l == l &&
		    actual->db == db && actual->g == g && actual->limit == limit,
		    "%s: type %u, s %u, dpl %u, l %u, db %u, g %u, present %u, unusable %u, limit %#x",
		    name, actual->type, actual->s, actual->dpl, actual->l, actual->db, actual->g,
		    actual->present, actual->unusable, actual->limit);
}

/*
 * After VM-Exit to a 64-bit host.  Selectors and bases are what L1 had before, as the
 * host-state area says.
 */
static void check_l1_state(struct kvm_vcpu *vcpu, const struct kvm_sregs *before)
{
	struct kvm_debugregs dregs;
	struct kvm_sregs sregs;
	const struct kvm_segment *data[] = {
		&sregs.ds, &sregs.es, &sregs.ss, &sregs.fs, &sregs.gs,
	};
	int i;

	vcpu_sregs_get(vcpu, &sregs);

	check_segment("CS", &sregs.cs, 11, true, true, false, true, -1u);
	/* A null selector makes a segment unusable, which KVM doesn't emulate. */
	for (i = 0; i < ARRAY_SIZE(data); i++) {
		if (data[i]->selector)
			check_segment("data", data[i], 3, true, false, true, true, -1u);
	}
	check_segment("TR", &sregs.tr, 11, false, false, false, false, 0x67);
	TEST_ASSERT(sregs.ldt.unusable, "LDTR is usable");

	TEST_ASSERT_EQ(sregs.cs.selector, before->cs.selector);
	TEST_ASSERT_EQ(sregs.ds.selector, before->ds.selector);
	TEST_ASSERT_EQ(sregs.es.selector, before->es.selector);
	TEST_ASSERT_EQ(sregs.ss.selector, before->ss.selector);
	TEST_ASSERT_EQ(sregs.fs.selector, before->fs.selector);
	TEST_ASSERT_EQ(sregs.gs.selector, before->gs.selector);
	TEST_ASSERT_EQ(sregs.tr.selector, before->tr.selector);
	TEST_ASSERT_EQ(sregs.ldt.selector, 0);
	TEST_ASSERT_EQ(sregs.cs.base, 0);
	TEST_ASSERT_EQ(sregs.ds.base, 0);
	TEST_ASSERT_EQ(sregs.es.base, 0);
	TEST_ASSERT_EQ(sregs.ss.base, 0);
	TEST_ASSERT_EQ(sregs.fs.base, before->fs.base);
	TEST_ASSERT_EQ(sregs.gs.base, before->gs.base);
	TEST_ASSERT_EQ(sregs.tr.base, before->tr.base);
	TEST_ASSERT_EQ(sregs.gdt.base, before->gdt.base);
	TEST_ASSERT_EQ(sregs.idt.base, before->idt.base);
	TEST_ASSERT_EQ(sregs.gdt.limit, 0xffff);
	TEST_ASSERT_EQ(sregs.idt.limit, 0xffff);

	vcpu_debugregs_get(vcpu, &dregs);
	TEST_ASSERT_EQ(dregs.dr7, 0x400);
}

static void check_translation(struct kvm_vcpu *vcpu, gva_t gva, bool valid)
{
	struct kvm_translation tr = { .linear_address = gva };

	vcpu_ioctl(vcpu, KVM_TRANSLATE, &tr);
	TEST_ASSERT_EQ(tr.valid, valid);
	if (valid)
		TEST_ASSERT_EQ(tr.physical_address, addr_gva2gpa(vcpu->vm, gva));
}

static void set_irr(struct kvm_vcpu *vcpu, bool pending)
{
	struct kvm_lapic_state lapic;
	u32 *irr = (u32 *)&lapic.regs[APIC_IRR + VECTOR / 32 * 0x10];

	vcpu_ioctl(vcpu, KVM_GET_LAPIC, &lapic);
	if (pending)
		*irr |= BIT(VECTOR % 32);
	else
		*irr &= ~BIT(VECTOR % 32);
	vcpu_ioctl(vcpu, KVM_SET_LAPIC, &lapic);
}

static void run_test(bool ept)
{
	gva_t vmx_gva, tables_gva;
	struct page_tables *tables;
	struct kvm_sregs before;
	struct kvm_vcpu *vcpu;
	struct kvm_vm *vm;
	struct ucall uc;

	vm = vm_create_with_one_vcpu(&vcpu, l1_guest_code);
	if (ept)
		vm_enable_ept(vm);

	vcpu_alloc_vmx(vm, &vmx_gva);
	tables_gva = vm_alloc_page(vm);
	tables = addr_gva2hva(vm, tables_gva);
	vcpu_args_set(vcpu, 2, vmx_gva, tables_gva);
	tables->nx_gva = vm_alloc_page(vm);
	*vm_get_pte(vm, tables->nx_gva) |= PTE_NX_MASK(&vm->mmu);
	tables->empty_ept = vm_alloc_page_table(vm);
	tables->cr3 = vm_alloc_page_table(vm);
	sync_global_to_guest(vm, host_uses_ept);
	memcpy(addr_gpa2hva(vm, tables->cr3), addr_gpa2hva(vm, vm->mmu.pgd), PAGE_SIZE);
	if (ept)
		tdp_identity_map_default_memslots(vm);

	for (;;) {
		vcpu_run(vcpu);
		TEST_ASSERT_KVM_EXIT_REASON(vcpu, KVM_EXIT_IO);

		switch (get_ucall(vcpu, &uc)) {
		case UCALL_SYNC:
			if (uc.args[1] == BEFORE)
				vcpu_sregs_get(vcpu, &before);
			else if (uc.args[1] == AFTER)
				check_l1_state(vcpu, &before);
			else if (uc.args[1] == SET_IRR || uc.args[1] == CLEAR_IRR)
				set_irr(vcpu, uc.args[1] == SET_IRR);
			else
				check_translation(vcpu, tables->nx_gva, uc.args[2]);
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

	host_uses_ept = kvm_cpu_has_ept();

	run_test(false);
	if (host_uses_ept)
		run_test(true);

	return 0;
}
