# SPDX-License-Identifier: GPL-2.0
"""The bench's verdicts and tables, on results made here: nothing is run."""

import contextlib
import importlib.machinery
import importlib.util
import io
import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

SCRIPTS = Path(__file__).resolve().parent.parent / 'scripts'
sys.path.insert(0, str(SCRIPTS))
sys.dont_write_bytecode = True


def load(name):
    loader = importlib.machinery.SourceFileLoader(name, str(SCRIPTS / name))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(name, loader))
    loader.exec_module(module)
    return module


bench = load('bench')
report = load('report')
ALLOWED_HEAD = '# comment\n\n'


def summary(**counts):
    values = {name: 0 for name in (*bench.nvmxtrace.ALL_METRICS, 'unresolved')}
    values.update(instructions=1000, vmread=50)
    values.update(counts)
    return {'iterations': 11, 'identical': 11,
            'metrics': {name: {'median': value, 'min': value, 'max': value}
                        for name, value in values.items()},
            'exits': [], 'functions': {'f': 1}, 'fields': []}


def runs(base, tip, variant='default', loop='E1'):
    return [{'kernel': 'base', 'variant': variant, 'loops': {loop: base}},
            {'kernel': 'tip', 'variant': variant, 'loops': {loop: tip}}]


def check(base, tip, allowed='', loop='E1', variant='default'):
    """Verdict and text."""
    with tempfile.NamedTemporaryFile('w') as file:
        file.write(ALLOWED_HEAD + allowed)
        file.flush()
        output = io.StringIO()
        with contextlib.redirect_stdout(output):
            verdict = bench.check(runs(base, tip, variant, loop), 'base', 'tip', file.name)
        return verdict, output.getvalue()


class Check(unittest.TestCase):
    def test_equal_and_less_pass(self):
        self.assertTrue(check(summary(), summary())[0])
        self.assertTrue(check(summary(), summary(instructions=900, vmread=1))[0])

    def test_more_of_anything_fails(self):
        for name in bench.COUNTS:
            base = summary()['metrics'][name]['median']
            verdict, text = check(summary(), summary(**{name: base + 1}))
            self.assertFalse(verdict, name)
            self.assertIn(f'FAIL: default E1 {name}: {base} -> {base + 1} (+1)', text)

    def test_less_here_does_not_pay_for_more_there(self):
        self.assertFalse(check(summary(), summary(instructions=10, vmread=51))[0])

    def test_rare_fields_stay_in_vmcs02_unless_asked_for(self):
        for vmcs, access, field, good in (
                ('vmcs02', 'vmread', 'GUEST_GDTR_BASE', False),
                ('vmcs02', 'vmread', 'GUEST_PENDING_DBG_EXCEPTIONS', False),
                ('vmcs02', 'vmread', 'GUEST_CS_AR_BYTES', True),
                ('vmcs02', 'vmwrite', 'GUEST_GDTR_BASE', True),
                ('vmcs01', 'vmread', 'GUEST_GDTR_BASE', True)):
            tip = summary()
            tip['fields'] = [[vmcs, access, field, 'f', 1, 0]]
            verdict, text = check(summary(), tip)
            self.assertEqual(verdict, good, f'{vmcs} {access} {field}')
            self.assertEqual(f'L1 asks for none of {field}' in text, not good)
            self.assertTrue(check(summary(), tip, loop='E2')[0])

    def test_rare_fields_that_decide_on_the_forced_exit(self):
        tip = summary()
        tip['fields'] = [['vmcs02', 'vmread', 'GUEST_PENDING_DBG_EXCEPTIONS', 'f', 1, 0]]
        self.assertTrue(check(summary(), tip, loop='ETIM', variant='mtf')[0])
        self.assertFalse(check(summary(), tip, loop='ETIM')[0])
        tip['fields'][0][2] = 'GUEST_GDTR_BASE'
        self.assertFalse(check(summary(), tip, loop='ETIM', variant='mtf')[0])

    def test_redundant_writes_are_no_cost_of_their_own(self):
        self.assertTrue(check(summary(), summary(vmwrite_same=5))[0])

    def test_allowed_up_to_the_limit(self):
        line = 'default E1 vmread +2 hardware needs it'
        self.assertTrue(check(summary(), summary(vmread=52), line)[0])
        self.assertFalse(check(summary(), summary(vmread=53), line)[0])
        self.assertTrue(check(summary(), summary(vmread=52), '* * vmread +2 because')[0])
        for other in ('noept E1 vmread +2 x', 'default E2 vmread +2 x', 'default E1 vmwrite +2 x'):
            self.assertFalse(check(summary(), summary(vmread=52), other)[0], other)

    def test_stale_entries_are_mentioned(self):
        self.assertIn('allows what does not happen',
                      check(summary(), summary(), 'default E1 vmread +2 x')[1])
        self.assertNotIn('allows what does not happen',
                         check(summary(), summary(), 'mtf E1 vmread +2 x')[1])

    def test_unresolved_fields_fail(self):
        self.assertFalse(check(summary(), summary(unresolved=1))[0])

    def test_bad_lines(self):
        for line in ('default E1 vmread +2', 'default E1 vmread 2 why', 'default E1 cycles +2 why',
                     'default E9 vmread +2 why', 'other E1 vmread +2 why'):
            with self.assertRaises(bench.BenchError, msg=line):
                check(summary(), summary(), line)


class Tables(unittest.TestCase):
    def test_differences_are_sorted_and_complete(self):
        self.assertEqual(bench.differences({'a': 5, 'b': 1, 'same': 3}, {'b': 9, 'new': 5, 'same': 3}),
                         [('b', 1, 9), ('a', 5, 0), ('new', 0, 5)])

    def test_table_of_one_kernel_and_of_two(self):
        class Kernel:
            def __init__(self, name):
                self.name = name
        for names in (('base',), ('base', 'tip')):
            output = io.StringIO()
            with contextlib.redirect_stdout(output):
                bench.print_table(runs(summary(), summary(instructions=900)),
                                  [Kernel(name) for name in names])
            self.assertIn('1000', output.getvalue())
        self.assertIn('-10.0 %', output.getvalue())


class Results(unittest.TestCase):
    def test_stacks_go_to_their_own_files(self):
        class Kernel:
            name, release = 'base', '7.2'
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, 'bench.json')
            one = runs({**summary(), 'stacks': {'a;b': 3}}, summary())[:1]
            bench.save_results(path, [Kernel], one)
            folded = Path(folder, 'bench-base-default-E1.folded')
            self.assertEqual(folded.read_text(), 'a;b 3\n')
            loops = json.loads(path.read_text())['runs'][0]['loops']
            self.assertNotIn('stacks', loops['E1'])
            self.assertEqual(sorted(file.name for file in Path(folder).iterdir()),
                             ['bench-base-default-E1.folded', 'bench.json'])

    def test_reuse_needs_same_inputs_and_all_files(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, 'bench.json')
            one = {**runs(summary(), summary())[0], 'inputs': 'x'}
            self.assertFalse(bench.reusable(one, 'x', path))
            Path(folder, 'bench-base-default-E1.folded').write_text('')
            self.assertTrue(bench.reusable(one, 'x', path))
            self.assertFalse(bench.reusable(one, 'y', path))
            self.assertFalse(bench.reusable(None, 'x', path))

    def test_damaged_results_are_no_results(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, 'bench.json')
            self.assertEqual(bench.load_results(path), {})
            for text in ('', '[', '[]', '{}', '{"runs": [1]}'):
                path.write_text(text)
                self.assertEqual(bench.load_results(path), {}, text)


class Run(unittest.TestCase):
    """What a run's console has to say."""

    OK = 'ok 1 cpuid: L2 exits\n'

    def verify(self, console, error=None, todo=(), loops=('E1',)):
        class Collector:
            pass

        class Result:
            reason = 'poweroff'
        Collector.error, Collector.todo, Result.console = error, list(todo), console
        bench.verify('base default', Result, Collector, loops)

    def test_good(self):
        self.verify(self.OK)

    def test_bad(self):
        for console in ('', self.OK + 'ok 2 vmread: x\n',
                        'ok 1 # SKIP cpuid: no EPT\n', 'ok 1 cpuid-noept: x\n',
                        self.OK + 'not ok 2 x\n', self.OK + '[    1.000001] WARNING: CPU: 0\n',
                        self.OK + '==== Test Assertion Failure ====\n'):
            with self.assertRaises(bench.BenchError, msg=console):
                self.verify(console)
        with self.assertRaises(bench.BenchError):
            self.verify(self.OK, error='E1: lost lines')
        with self.assertRaises(bench.BenchError):
            self.verify(self.OK, todo=['E1'])


    def test_order_of_loops(self):
        both = 'ok 1 cpuid: x\nok 2 vmread: x\n', 'ok 1 vmread: x\nok 2 cpuid: x\n'
        self.verify(both[0], loops=['E1', 'E2'])
        with self.assertRaisesRegex(bench.BenchError, 'order: vmread, cpuid'):
            self.verify(both[1], loops=['E1', 'E2'])

    def test_skipped_loop_says_why(self):
        with self.assertRaisesRegex(bench.BenchError, 'loop E1 was skipped: no EPT for L2$'):
            self.verify('ok 1 # SKIP cpuid: no EPT for L2\n')

    def test_assertion_says_which(self):
        console = '==== Test Assertion Failure ====\n  x.c:218: a == b\n  pid=1\n'
        with self.assertRaisesRegex(bench.BenchError, r'x\.c:218: a == b$'):
            self.verify(console)


class Names(unittest.TestCase):
    def test_variants_have_known_loops_in_order(self):
        for name, variant in bench.VARIANTS.items():
            self.assertEqual(list(variant.loops),
                             [loop for loop in bench.LOOPS if loop in variant.loops], name)

    def test_plain_exits_do_not_depend_on_nested_parameters(self):
        self.assertIn('PCPUID', bench.VARIANTS['default'].loops)
        self.assertNotIn('PCPUID', bench.VARIANTS['noshadow'].loops)
        self.assertNotIn('E1', bench.VARIANTS['noept'].loops)

    def test_help_and_report_know_all(self):
        words = bench.re.findall(r'\w+', bench.__doc__)
        for name in (*bench.LOOPS, *bench.VARIANTS):
            self.assertIn(name, words)
        self.assertEqual(list(report.LOOPS), list(bench.LOOPS))
        self.assertEqual(list(report.VARIANTS), list(bench.VARIANTS))

    def test_configs_of_lab_kernels_exist(self):
        for variant in bench.VARIANTS.values():
            name = 'kernel' if variant.config == 'lab' else variant.config
            self.assertTrue(Path(bench.TOP, 'lab', f'{name}.config').is_file(), variant)


class CommandLine(unittest.TestCase):
    def bench(self, *arguments):
        return subprocess.run([SCRIPTS / 'bench', *arguments], capture_output=True, text=True)

    def test_help(self):
        done = self.bench('--help')
        self.assertEqual(done.returncode, 0)
        self.assertIn('exact', done.stdout)

    def test_bad_usage_is_one_line(self):
        for arguments in (['--loops', 'E9'], ['--variants', 'x'], ['--kernels', 'x'],
                          ['--kernels', 'base,base'], ['--check', '/nonexistent'],
                          ['--kernels', 'x=/nonexistent'], ['--loops', '']):
            done = self.bench(*arguments)
            self.assertNotEqual(done.returncode, 0, arguments)
            self.assertEqual(len(done.stderr.strip().splitlines()), 1, done.stderr)
            self.assertIn('error', done.stderr)


if __name__ == '__main__':
    unittest.main()
