# SPDX-License-Identifier: GPL-2.0
"""check-rules on lists and code made here."""

import contextlib
import importlib.machinery
import importlib.util
import io
import os
import sys
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.dont_write_bytecode = True


def load():
    path = HERE / 'check-rules'
    if not path.exists():
        path = HERE.parent / 'scripts' / 'check-rules'
    loader = importlib.machinery.SourceFileLoader('check_rules', str(path))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(loader.name, loader))
    loader.exec_module(module)
    return module


rules = load()

CODE = '''
#define CC(condition) (condition)
        if (CC(!vmx_control_verify(vmcs12->pin,
                                   low, high)) || /* CC(comment) */
            CC(len == 0 &&
               CC(!zero_length)))
                return -EINVAL;
'''
TABLE = '{ "guest-rip", BAD_GUEST, { } }, printf("%s not a rule\\n"); "ctl-pin", "msr"'
LIST = [
    ('ctl-pin', 'software', 'CC(!vmx_control_verify(vmcs12->pin, low, high))'),
    ('ctl-len', 'software', 'CC(len == 0 && CC(!zero_length)); CC(!zero_length)'),
    ('guest-rip', 'hardware', 'test:guest-rip'),
    ('ctl-seam', 'not-exposed', 'no SEAM'),
    ('basic-mode', 'not-shown', 'needs 32-bit code'),
    ('kvm-own', 'software', 'code:return -EINVAL;'),
]


def row(rule, verdict, where):
    return {'id': rule, 'area': 'a', 'rule': 'r', 'applies_when': '-', 'fails_with': 'f',
            'verdict': verdict, 'where': where}


def check(changes=(), code=CODE, table=TABLE, excused=(), nr_rules=5):
    """Problems of LIST with changed rows: (index, row) or (None, another row)."""
    rows = [row(*r) for r in LIST]
    for index, new in changes:
        if index is None:
            rows.append(row(*new))
        else:
            rows[index] = row(*new)
    return rules.check(rows, code, table, excused, nr_rules)


class Check(unittest.TestCase):
    def problem(self, expected, *args, **kwargs):
        problems = check(*args, **kwargs)
        self.assertEqual(len(problems), 1, problems)
        self.assertIn(expected, problems[0])

    def test_good_list(self):
        self.assertEqual(check(), [])

    def test_checks_of_code(self):
        found = rules.checks_of(rules.squeeze(CODE))
        self.assertEqual(found, ['!vmx_control_verify(vmcs12->pin,low,high)',
                                 'len==0&&CC(!zero_length)', '!zero_length'])

    def test_missing_rule(self):
        self.problem('5 rules instead of 6', nr_rules=6)

    def test_duplicate(self):
        self.problem('guest-rip: more than once', [(None, LIST[2])])

    def test_check_that_is_gone(self):
        problems = check([(0, ('ctl-pin', 'software', 'CC(vmcs12->pin)'))])
        self.assertEqual(problems, ['ctl-pin: no such check: CC(vmcs12->pin)',
                                    'no row names CC(!vmx_control_verify(vmcs12->pin,low,high))'])

    def test_check_without_rule(self):
        self.problem('no row names CC(a>b)', code=CODE + 'CC(a > b)')

    def test_code_that_is_gone(self):
        self.problem('not in the code: x()', [(5, ('kvm-own', 'software', 'code:x()'))])

    def test_software_needs_code(self):
        self.problem('names no code', [(5, ('kvm-own', 'software', 'test:guest-rip'))])

    def test_hardware_needs_its_own_test(self):
        self.problem('names no test', [(2, ('guest-rip', 'hardware', 'test:ctl-pin'))])

    def test_test_that_is_gone(self):
        self.problem('not in the selftest: guest-rip', table='"ctl-pin"')

    def test_selftest_of_no_rule(self):
        self.problem('ctl-more: in the selftest', table=TABLE + '"ctl-more"')

    def test_reason(self):
        self.problem('not-exposed without a reason', [(3, ('ctl-seam', 'not-exposed', ' '))])

    def test_unknown_verdict(self):
        self.problem('no verdict "perhaps"', [(3, ('ctl-seam', 'perhaps', 'x'))])

    def test_unknown_item(self):
        self.problem('neither CC()', [(5, ('kvm-own', 'software', 'code:return; elsewhere'))])

    def test_excuses(self):
        self.assertEqual(check(excused=['guest-rip']), [])
        self.problem('ctl-pin: excused, but not left', excused=['ctl-pin'])
        self.problem('no-rule: excused, but not a rule', excused=['no-rule'])


class Main(unittest.TestCase):
    def run_main(self, *args):
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = rules.main(args)
        return code, out.getvalue(), err.getvalue()

    def test_errors_take_one_line(self):
        with tempfile.TemporaryDirectory() as tmp:
            code, out, err = self.run_main('--linux', tmp)
            self.assertEqual((code, out, err.count('\n')), (2, '', 1))
            Path(tmp, 'x.c').write_text(CODE, encoding='utf-8')
            Path(tmp, 'list').write_text('id,rule\n', encoding='utf-8')
            code, out, err = self.run_main('--linux', tmp, '--code', '*.c', '--rules',
                                           os.path.join(tmp, 'list'))
            self.assertEqual((code, out, err.count('\n')), (2, '', 1))
            self.assertIn('columns', err)


if __name__ == '__main__':
    unittest.main()
