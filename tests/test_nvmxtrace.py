# SPDX-License-Identifier: GPL-2.0
"""Folding of an instruction trace, on small traces made here: no Bochs needed."""

import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / 'scripts'))
import nvmxtrace

ENTER = 0xffffffff81000000      # __vmx_vcpu_run
EXIT = 0xffffffff81000100       # vmx_vmexit
RUN = 0xffffffff81000200        # vmx_vcpu_run
LOOP = 0xffffffff81000300       # vcpu_loop
WORK = 0xffffffff81000400       # work
HELPER = 0xffffffff81000500     # helper
THUNK = 0xffffffff81000600      # thunk
GUEST = 0x401000

SYSTEM_MAP = f'''\
{ENTER:016x} t __vmx_vcpu_run
{EXIT:016x} T vmx_vmexit
{RUN:016x} t __pfx_vmx_vcpu_run
{RUN:016x} t vmx_vcpu_run
{LOOP:016x} T vcpu_loop
{LOOP + 0x80:016x} D not_code
{WORK:016x} t work.isra.0
{HELPER:016x} t helper
{HELPER + 0x80:016x} t helper.cold
{THUNK:016x} T thunk
'''.splitlines()

VMX_H = '''\
enum vmcs_field {
	GUEST_RIP                       = 0x0000681e,
	VM_EXIT_REASON                  = 0x00004402,
	GUEST_CS_LIMIT                  = 0X00004802,
};
'''
UAPI_VMX_H = '#define EXIT_REASON_CPUID              10\n#define EXIT_REASON_VMRESUME           24\n'

VMCS01, VMCS02, SHADOW = 0x5000, 0x6000, 0x7000
REASON = 0x918                  # offset of VM_EXIT_REASON in Bochs' VMCS


def names():
    with tempfile.TemporaryDirectory() as folder:
        headers = Path(folder, 'arch/x86/include')
        (headers / 'asm').mkdir(parents=True)
        (headers / 'uapi/asm').mkdir(parents=True)
        (headers / 'asm/vmx.h').write_text(VMX_H)
        (headers / 'uapi/asm/vmx.h').write_text(UAPI_VMX_H)
        return nvmxtrace.Names(folder)


class Trace:
    """Writes the lines that Bochs would."""

    def __init__(self):
        self.lines = []
        self.time = 1000

    def open(self):
        self.lines += ['Tracing enabled for CPU0', 'Memory-Tracing enabled for CPU0']
        self.time += 100        # the trace is off between windows
        return self

    def close(self):
        self.lines.append('Tracing disabled for CPU0')
        return self

    def insn(self, address, text, size=4, physical=None):
        if physical is None:
            physical = address - nvmxtrace.KERNEL_MAP if address > 1 << 63 else address + 0x100000
        self.lines.append(f'(0).[{self.time}] [0x{physical:012x}] 0010:{address:016x} '
                          f'(unk. ctxt): {text:25} ; {"90" * size}')
        self.time += 1
        self.next = address + size
        return self

    def load(self, value, size=8):
        words = f'0x{value >> 32:08X} 0x{value & 0xffffffff:08X}' if size == 8 else f'0x{value:08X}'
        self.lines.append(f'[CPU0 RD]: LIN 0xffffc90000000000 PHY 0x000000009000 '
                          f'(len={size}, WB): {words}')
        return self

    def vmcs(self, direction, page, offset, value):
        self.lines.append(f'[CPU0 {direction}]: PHY 0x{page + offset:012x} '
                          f'(len=4, INVALID): 0x{value:08X}\t; VMCS')
        return self

    def exit(self, page, reason):
        """VM-Exit, and L0 reads the reason in vmx_vcpu_run: 4 instructions."""
        self.insn(EXIT, 'endbranch64').insn(EXIT + 4, 'ret', 1)
        self.insn(RUN + 0x20, 'mov edx, 0x00004402').insn(RUN + 0x24, 'vmread rax, rdx')
        return self.vmcs('RD', page, REASON, reason)

    def enter(self):
        """Call of __vmx_vcpu_run, which returns to where exit() goes on: 3 instructions."""
        self.insn(self.next, 'jmp .-9  (0x0)').insn(RUN + 0x1b, 'call .-100  (0x0)', 5)
        return self.insn(ENTER, 'vmresume', 3)

    def guest(self, count=1):
        for number in range(count):
            self.insn(GUEST + 4 * number, 'nop')
        return self

    def fold(self):
        fold = nvmxtrace.Fold(nvmxtrace.Symbols(SYSTEM_MAP), names())
        for line in self.lines:
            fold.line(line)
        return fold


def one_window(middle=lambda trace: trace):
    """L1 exits, L0 does what middle adds, and enters."""
    trace = Trace().open().guest(3).exit(VMCS01, 24)
    middle(trace)
    return trace.enter().guest(2).close()


def stacks_of(trace, window=0):
    result = {}
    for segment in trace.fold().windows[window].segments:
        result.update(segment.stacks)
    return result


class Counting(unittest.TestCase):
    def test_only_root_mode_counts(self):
        metrics = one_window().fold().windows[0].metrics()
        # exit: 4 instructions, enter: 3; five guest instructions do not count.
        self.assertEqual(metrics['instructions'], 7)
        self.assertEqual((metrics['vmread'], metrics['vmenter']), (1, 1))

    def test_same_kernel_as_l1_does_not_count(self):
        """L1 runs the same kernel at the same addresses, but elsewhere in memory."""
        trace = Trace().open()
        trace.insn(EXIT, 'endbranch64', physical=0x7654100)
        trace.insn(RUN, 'vmread rax, rdx', physical=0x7654200)
        trace.exit(VMCS01, 24).enter().guest().close()
        self.assertEqual(trace.fold().windows[0].metrics()['instructions'], 7)

    def test_vmfail_stays_in_root_mode(self):
        trace = one_window(lambda t: t.enter().insn(ENTER + 3, 'mov eax, 0x00000001')
                           .insn(ENTER + 7, 'ret', 1).insn(RUN + 0x20, 'nop'))
        metrics = trace.fold().windows[0].metrics()
        self.assertEqual((metrics['instructions'], metrics['vmenter']), (13, 2))

    def test_every_metric(self):
        def middle(trace):
            for number, name in enumerate(nvmxtrace.METRICS):
                if not name.startswith(('vmr', 'vml', 'vmw')):
                    trace.insn(RUN + 0x28 + number, f'{name} rax, rdx', 1)
        metrics = one_window(middle).fold().windows[0].metrics()
        for name in ('vmptrld', 'vmclear', 'rdmsr', 'wrmsr', 'invept', 'invvpid'):
            self.assertEqual(metrics[name], 1, name)

    def test_lines_outside_windows_do_not_count(self):
        trace = one_window()
        trace.lines += ['Next at t=5', '(0) [0x000000401000] 0008:0000000000401000 '
                        '(unk. ctxt): nop ; 90', 'noise']
        self.assertEqual(trace.fold().windows[0].metrics()['instructions'], 7)


class BadTraces(unittest.TestCase):
    def test_missing_instruction(self):
        trace = one_window()
        del trace.lines[8]
        with self.assertRaisesRegex(nvmxtrace.TraceError, 'instructions are missing'):
            trace.fold()

    def test_exit_before_the_first_instruction_takes_a_tick(self):
        def middle(trace):
            trace.enter()
            trace.time += 1
            return trace.exit(VMCS02, 52)
        window, = one_window(middle).fold().windows
        self.assertEqual([segment.metrics['instructions'] for segment in window.segments], [7, 7])
        self.assertEqual(window.segments[1].reason, 52)

    def test_other_holes_are_missing_instructions(self):
        def hole(trace, ticks=1):
            trace.time += ticks
            return trace
        for middle in (
                # More than one tick.
                lambda t: hole(t.enter(), 2).exit(VMCS02, 52),
                # The guest was there.
                lambda t: hole(t.enter().guest()).exit(VMCS02, 52),
                # A guest's VMRESUME, at the same address as L0's.
                lambda t: hole(t.enter().insn(ENTER, 'vmresume', 3, physical=0x7654000))
                .exit(VMCS01, 24),
                # No VM-Exit follows.
                lambda t: hole(t.enter()).guest().exit(VMCS02, 52),
                lambda t: hole(t.enter()).insn(ENTER + 3, 'mov eax, 0x00000001'),
                # No VM-Enter before.
                lambda t: hole(t.insn(RUN + 0x28, 'nop')).insn(RUN + 0x2c, 'nop'),
                lambda t: hole(t.insn(RUN + 0x28, 'nop')).exit(VMCS02, 52)):
            with self.assertRaisesRegex(nvmxtrace.TraceError, 'instructions are missing'):
                one_window(middle).fold()

    def test_garbled_instruction(self):
        trace = one_window()
        trace.lines[4] = trace.lines[4][:40]
        with self.assertRaisesRegex(nvmxtrace.TraceError, 'not an instruction'):
            trace.fold()

    def test_window_ends_in_root_mode(self):
        trace = Trace().open().guest().exit(VMCS01, 24).close()
        with self.assertRaisesRegex(nvmxtrace.TraceError, 'root mode'):
            trace.fold()

    def test_map_without_kvm(self):
        with self.assertRaisesRegex(nvmxtrace.TraceError, 'vmx_vmexit'):
            nvmxtrace.Symbols([f'{RUN:016x} t something'])

    def test_no_window(self):
        with self.assertRaisesRegex(nvmxtrace.TraceError, 'no complete window'):
            nvmxtrace.summarize(Trace().fold())


class Stacks(unittest.TestCase):
    def test_symbols(self):
        symbols = nvmxtrace.Symbols(SYSTEM_MAP)
        self.assertEqual(symbols.name(RUN), 'vmx_vcpu_run')         # not __pfx_
        self.assertEqual(symbols.name(WORK + 4), 'work')            # .isra.0
        self.assertEqual(symbols.name(HELPER + 0x90), 'helper')     # .cold

    def test_call_and_return(self):
        stacks = stacks_of(one_window(
            lambda t: t.insn(RUN + 0x28, 'call .+1  (0x0)').insn(WORK, 'call .+1  (0x0)')
            .insn(HELPER, 'nop').insn(HELPER + 4, 'ret', 1).insn(WORK + 4, 'ret', 1)
            .insn(RUN + 0x2c, 'nop')))
        self.assertEqual(stacks['vmx_vcpu_run;work;helper'], 2)
        self.assertEqual(stacks['vmx_vcpu_run;work'], 2)
        # mov, vmread, call, nop, jmp, call
        self.assertEqual(stacks['vmx_vcpu_run'], 6)
        self.assertEqual(stacks['vmx_vcpu_run;__vmx_vcpu_run'], 1)

    def test_callers_are_learned_from_returns(self):
        # vmx_vcpu_run returns to vcpu_loop, which calls it again.
        trace = one_window(lambda t: t.insn(RUN + 0x28, 'ret', 1)
                           .insn(LOOP + 8, 'call .-1  (0x0)').insn(RUN, 'nop'))
        trace.open().guest().exit(VMCS01, 24).enter().guest().close()
        self.assertIn('vcpu_loop;vmx_vcpu_run;vmx_vmexit', stacks_of(trace, 1))
        self.assertNotIn('vcpu_loop;vmx_vcpu_run;vmx_vmexit', stacks_of(trace, 0))

    def test_unknown_caller_forgets_what_is_below(self):
        """A function drops its own return address and returns to an unknown caller."""
        trace = one_window(lambda t: t.insn(RUN + 0x28, 'call .+1  (0x0)')
                           .insn(WORK, 'add rsp, 0x08').insn(WORK + 4, 'ret', 1)
                           .insn(LOOP + 8, 'call .-1  (0x0)').insn(RUN, 'nop'))
        trace.open().guest().exit(VMCS01, 24).enter().guest().close()
        self.assertIn('vcpu_loop;vmx_vcpu_run;vmx_vmexit', stacks_of(trace, 1))

    def test_interrupt_after_a_jump(self):
        trace = one_window(lambda t: t.insn(RUN + 0x28, 'call .+1  (0x0)')
                           .insn(WORK, 'jz .+8  (0x0)').insn(HELPER, 'iretq', 2)
                           .insn(WORK + 12, 'ret', 1).insn(RUN + 0x2c, 'nop'))
        self.assertEqual(stacks_of(trace)['vmx_vcpu_run;work'], 2)
        self.assertEqual(stacks_of(trace)['vmx_vcpu_run;helper'], 1)

    def test_interrupt_of_a_repeated_instruction(self):
        """It comes back to the instruction, not to the next one."""
        trace = one_window(lambda t: t.insn(RUN + 0x28, 'rep stosq qword ptr es:[rdi], rax')
                           .insn(HELPER, 'iretq', 2)
                           .insn(RUN + 0x28, 'rep stosq qword ptr es:[rdi], rax')
                           .insn(RUN + 0x2c, 'nop'))
        self.assertEqual(stacks_of(trace)['vmx_vcpu_run'], 7)
        self.assertEqual(stacks_of(trace)['vmx_vcpu_run;helper'], 1)

    def test_tail_jump_replaces_the_frame(self):
        stacks = stacks_of(one_window(
            lambda t: t.insn(RUN + 0x28, 'call .+1  (0x0)').insn(WORK, 'jmp .+1  (0x0)')
            .insn(HELPER, 'ret', 1).insn(RUN + 0x2c, 'nop')))
        self.assertEqual(stacks['vmx_vcpu_run;helper'], 1)
        self.assertEqual(stacks['vmx_vcpu_run'], 6)

    def test_retpoline(self):
        """call thunk -> call over itself -> ret to a target nobody called."""
        stacks = stacks_of(one_window(
            lambda t: t.insn(RUN + 0x28, 'call .+1  (0x0)')
            .insn(THUNK, 'call .+8  (0x0)', 5).insn(THUNK + 13, 'ret', 1)
            .insn(WORK, 'ret', 1).insn(RUN + 0x2c, 'nop')))
        self.assertEqual(stacks['vmx_vcpu_run;work'], 1)
        self.assertEqual(stacks['vmx_vcpu_run'], 6)

    def test_return_stack_stuffing(self):
        def middle(trace):
            trace.insn(RUN + 0x28, 'call .+1  (0x0)').insn(WORK, 'nop')
            for number in range(32):
                trace.insn(WORK + 4 + 5 * number, 'call .+1  (0x0)')
            trace.insn(WORK + 4 + 5 * 32, 'add rsp, 0x100').insn(trace.next, 'ret', 1)
            return trace.insn(RUN + 0x2c, 'nop')
        stacks = stacks_of(one_window(middle))
        self.assertEqual(stacks['vmx_vcpu_run;work'], 35)
        self.assertEqual(stacks['vmx_vcpu_run'], 6)

    def test_recursion(self):
        stacks = stacks_of(one_window(
            lambda t: t.insn(RUN + 0x28, 'call .+1  (0x0)').insn(WORK, 'call .-4  (0x0)')
            .insn(WORK, 'ret', 1).insn(WORK + 4, 'ret', 1).insn(RUN + 0x2c, 'nop')))
        self.assertEqual(stacks['vmx_vcpu_run;work;work'], 1)
        self.assertEqual(stacks['vmx_vcpu_run;work'], 2)

    def test_interrupt(self):
        stacks = stacks_of(one_window(
            lambda t: t.insn(RUN + 0x28, 'nop').insn(HELPER, 'iretq', 2)
            .insn(RUN + 0x2c, 'nop')))
        self.assertEqual(stacks['vmx_vcpu_run;helper'], 1)
        self.assertEqual(stacks['vmx_vcpu_run'], 6)


class Fields(unittest.TestCase):
    def accesses(self, middle):
        fold = one_window(middle).fold()
        roles = nvmxtrace.vmcs_roles(fold)
        return [row for row in nvmxtrace._fields(fold.windows[0], roles, fold.names)
                if row[2] != 'VM_EXIT_REASON']

    def test_immediate(self):
        rows = self.accesses(lambda t: t.insn(WORK, 'mov eax, 0x0000681e')
                             .insn(WORK + 4, 'vmwrite rax, rsi').vmcs('WR', VMCS01, 0xd88, 7))
        self.assertEqual(rows, [['vmcs01', 'vmwrite', 'GUEST_RIP', 'work', 1, 0]])

    def test_copy(self):
        rows = self.accesses(lambda t: t.insn(WORK, 'mov r8d, 0x0000681e')
                             .insn(WORK + 4, 'mov rcx, r8')
                             .insn(WORK + 8, 'vmread rax, rcx').vmcs('RD', VMCS01, 0xd88, 7))
        self.assertEqual(rows[0][2], 'GUEST_RIP')

    def test_load(self):
        for text, size in (('mov eax, dword ptr ds:[rax+4]', 4),
                           ('movzx eax, word ptr ds:[rax+4]', 4), ('pop rax', 8)):
            rows = self.accesses(lambda t: t.insn(WORK, text).load(0x4802, size)
                                 .insn(WORK + 4, 'vmread rcx, rax').vmcs('RD', VMCS01, 0xa98, 7))
            self.assertEqual(rows[0][2], 'GUEST_CS_LIMIT', text)

    def test_unknown_register_is_unresolved(self):
        for spoil in ('add eax, ecx', 'cmovz eax, ecx', 'xchg rcx, rax', 'cpuid', 'xor eax, ecx',
                      'mov al, 0x02', 'setnz al', 'movsxd rax, ecx', 'new_instruction'):
            fold = one_window(
                lambda t: t.insn(WORK, 'mov eax, 0x0000681e').insn(WORK + 4, spoil)
                .insn(WORK + 8, 'vmread rcx, rax').vmcs('RD', VMCS01, 0xa98, 7)).fold()
            self.assertEqual(fold.windows[0].metrics()['unresolved'], 1, spoil)

    def test_signed_load_is_unresolved(self):
        fold = one_window(lambda t: t.insn(WORK, 'movsxd rax, dword ptr ds:[rbx]').load(0x4802, 4)
                          .insn(WORK + 4, 'vmread rcx, rax').vmcs('RD', VMCS01, 0xa98, 7)).fold()
        self.assertEqual(fold.windows[0].metrics()['unresolved'], 1)

    def test_guests_change_registers(self):
        trace = one_window(lambda t: t.insn(WORK, 'mov ecx, 0x0000681e'))
        trace.open().guest().exit(VMCS01, 24).insn(RUN + 0x28, 'vmread rdx, rcx')
        trace.vmcs('RD', VMCS01, 0xd88, 7).enter().guest().close()
        self.assertEqual(trace.fold().windows[1].metrics()['unresolved'], 1)

    def test_unknown_register_known_place(self):
        rows = self.accesses(
            lambda t: t.insn(WORK, 'mov eax, 0x0000681e')
            .insn(WORK + 4, 'vmread rcx, rax').vmcs('RD', VMCS01, 0xd88, 7)
            .insn(WORK + 8, 'cpuid')
            .insn(WORK + 12, 'vmread rcx, rax').vmcs('RD', VMCS01, 0xd88, 7))
        self.assertEqual(rows, [['vmcs01', 'vmread', 'GUEST_RIP', 'work', 2, 0]])

    def test_contradiction(self):
        trace = one_window(
            lambda t: t.insn(WORK, 'mov eax, 0x0000681e')
            .insn(WORK + 4, 'vmread rcx, rax').vmcs('RD', VMCS01, REASON, 24))
        with self.assertRaisesRegex(nvmxtrace.TraceError, 'GUEST_RIP.*VM_EXIT_REASON'):
            trace.fold()

    def test_redundant_write(self):
        def middle(trace):
            trace.insn(WORK, 'mov eax, 0x0000681e')
            for number, value in enumerate((7, 7, 8)):
                trace.insn(WORK + 4 + 4 * number, 'vmwrite rax, rsi')
                trace.vmcs('WR', VMCS01, 0xd88, value)
        self.assertEqual(self.accesses(middle)[0][4:], [3, 1])
        self.assertEqual(one_window(middle).fold().windows[0].metrics()['vmwrite_same'], 1)

    def test_value_of_another_field_is_not_redundant(self):
        def middle(trace):
            trace.insn(WORK, 'mov eax, 0x0000681e').insn(WORK + 4, 'vmwrite rax, rsi')
            trace.vmcs('WR', VMCS01, 0xd88, 7)
            trace.insn(WORK + 8, 'mov eax, 0x00004802').insn(WORK + 12, 'vmwrite rax, rsi')
            trace.vmcs('WR', VMCS01, 0xa98, 7)
        self.assertEqual(one_window(middle).fold().windows[0].metrics()['vmwrite_same'], 0)

    def test_hardware_changes_what_is_redundant(self):
        """VM-Exit saves a value: writing the old one again is no rewrite."""
        def middle(trace):
            trace.insn(WORK, 'mov eax, 0x0000681e').insn(WORK + 4, 'vmwrite rax, rsi')
            trace.vmcs('WR', VMCS01, 0xd88, 7)
        trace = one_window(middle).open().guest().vmcs('WR', VMCS01, 0xd88, 9)
        trace.exit(VMCS01, 24)
        middle(trace)
        trace.enter().guest().close()
        self.assertEqual(trace.fold().windows[1].metrics()['vmwrite_same'], 0)

    def test_which_vmcs(self):
        def middle(trace):
            trace.insn(WORK, 'vmptrld qword ptr ss:[rbp-48]').load(SHADOW)
            trace.vmcs('RD', SHADOW, 0, 0x8000002b)
            trace.insn(WORK + 4, 'mov eax, 0x0000681e').insn(WORK + 8, 'vmread rcx, rax')
            trace.vmcs('RD', SHADOW, 0xd88, 7)
        trace = one_window(middle)
        trace.open().guest().exit(VMCS02, 10).enter().guest().close()
        fold = trace.fold()
        self.assertEqual(nvmxtrace.vmcs_roles(fold),
                         {VMCS01: 'vmcs01', VMCS02: 'vmcs02', SHADOW: 'shadow'})
        self.assertEqual(nvmxtrace.summarize(fold)['exits'], [['L2 exit: CPUID', 7]])


    def test_nothing_nested(self):
        trace = Trace()
        for _ in range(2):
            trace.open().guest().exit(VMCS01, 10).enter().guest().close()
        summary = nvmxtrace.summarize(trace.fold())
        self.assertEqual(summary['exits'], [['L1 exit: CPUID', 7]])


class Summary(unittest.TestCase):
    def windows(self, *extra):
        """One window for each number: so many instructions more than least."""
        trace = Trace()
        for count in extra:
            trace.open().guest().exit(VMCS01, 24)
            for number in range(count):
                trace.insn(RUN + 0x28 + number, 'nop', 1)
            trace.enter().guest().close()
        return trace.fold()

    def test_median_and_spread(self):
        summary = nvmxtrace.summarize(self.windows(99, 5, 5, 70, 5, 4), skip=1)
        self.assertEqual(summary['metrics']['instructions'],
                         {'median': 12, 'min': 11, 'max': 77})
        self.assertEqual((summary['iterations'], summary['identical']), (5, 3))

    def test_majority_is_chosen(self):
        """Of windows with the same costs, the ones that agree."""
        trace = Trace()
        for callee in (HELPER, HELPER, WORK, WORK):
            trace.open().guest().exit(VMCS01, 24).insn(RUN + 0x28, 'call .+1  (0x0)')
            trace.insn(callee, 'ret', 1).insn(RUN + 0x2c, 'nop').enter().guest().close()
        summary = nvmxtrace.summarize(trace.fold(), skip=1)
        self.assertEqual((summary['iterations'], summary['identical']), (3, 2))
        self.assertIn('work', summary['functions'])

    def test_median_counts_more_than_the_majority(self):
        trace = Trace()
        for callees in ((WORK,), (WORK,), (WORK,), (WORK, WORK), (WORK, HELPER), (HELPER, WORK)):
            trace.open().guest().exit(VMCS01, 24)
            for callee in callees:
                trace.insn(trace.next, 'call .+1  (0x0)')
                back = trace.next
                trace.insn(callee, 'ret', 1)
                trace.next = back
            trace.enter().guest().close()
        summary = nvmxtrace.summarize(trace.fold(), skip=1)
        # Two windows with one call; three with two calls, all different.
        self.assertEqual(summary['metrics']['instructions']['median'], 11)
        self.assertEqual(sum(summary['functions'].values()), 11)

    def test_chosen_window_adds_up(self):
        summary = nvmxtrace.summarize(self.windows(0, 70, 5, 5), skip=1)
        total = summary['metrics']['instructions']['median']
        self.assertEqual(sum(summary['functions'].values()), total)
        self.assertEqual(sum(summary['stacks'].values()), total)
        self.assertEqual(sum(count for _, count in summary['exits']), total)
        for stack in summary['stacks']:
            self.assertTrue(stack.startswith('L1 exit: VMRESUME;'), stack)


if __name__ == '__main__':
    unittest.main()
