# SPDX-License-Identifier: GPL-2.0
"""The report's page and flame graphs, from results made here."""

import importlib.machinery
import importlib.util
import json
import re
import subprocess
import sys
import tempfile
import unittest
from html.parser import HTMLParser
from pathlib import Path

SCRIPTS = Path(__file__).resolve().parent.parent / 'scripts'
sys.path.insert(0, str(SCRIPTS))
sys.dont_write_bytecode = True

import flamegraph


def load(name):
    loader = importlib.machinery.SourceFileLoader(name, str(SCRIPTS / name))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(name, loader))
    loader.exec_module(module)
    return module


report = load('report')
VOID = {'meta', 'br', 'link', 'img', 'input', 'hr'}


class Page(HTMLParser):
    """Checks nesting and collects text, attributes and titles."""

    def __init__(self, text):
        super().__init__()
        self.open, self.text, self.attributes, self.ids = [], [], [], []
        self.feed(text)
        self.close()
        assert not self.open, f'not closed: {self.open}'

    def handle_starttag(self, tag, attrs):
        self.attributes += [(tag, name, value) for name, value in attrs]
        self.ids += [value for name, value in attrs if name == 'id']
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.attributes += [(tag, name, value) for name, value in attrs]

    def handle_endtag(self, tag):
        assert self.open and self.open.pop() == tag, f'unexpected </{tag}>'

    def handle_data(self, data):
        self.text.append(data)

    def words(self):
        return ' '.join(''.join(self.text).split())


def side(instructions, functions, fields=()):
    metrics = {name: {'median': 0, 'min': 0, 'max': 0} for name in report.METRICS}
    metrics['instructions'] = {'median': instructions, 'min': instructions, 'max': instructions}
    metrics['vmread'] = {'median': 7, 'min': 7, 'max': 7}
    return {'iterations': 11, 'identical': 10, 'metrics': metrics,
            'exits': [['L2 exit: CPUID', instructions]], 'functions': functions,
            'fields': list(fields)}


BEFORE = side(12345, {'gone_<b>': 300, 'same': 100},
              [['vmcs02', 'vmread', 'GUEST_RIP', 'f', 7, 0]])
AFTER = side(2345, {'same': 100, 'new': 5}, [['vmcs02', 'vmwrite', 'GUEST_RIP', 'f', 3, 2]])
STACKS = ({'L2 exit: CPUID;same': 100, 'L2 exit: CPUID;gone_<b>': 300},
          {'L2 exit: CPUID;same': 100, 'L2 exit: CPUID;same;new': 5})


def results(folder, before=BEFORE, after=AFTER):
    path = Path(folder, 'bench.json')
    data = {'format': 1, 'iterations': 11,
            'kernels': [{'name': 'base', 'release': '7.2.1'}, {'name': 'tip', 'release': '7.2.1+'}],
            'runs': [{'kernel': 'base', 'variant': 'default', 'loops': {'E1': before}},
                     {'kernel': 'tip', 'variant': 'default', 'loops': {'E1': after}}]}
    path.write_text(json.dumps(data))
    for kernel, stacks in zip(('base', 'tip'), STACKS):
        Path(folder, f'bench-{kernel}-default-E1.folded').write_text(
            ''.join(f'{stack} {count}\n' for stack, count in stacks.items()))
    return path


def run(*arguments):
    return subprocess.run([SCRIPTS / 'report', *map(str, arguments)],
                          capture_output=True, text=True)


class Whole(unittest.TestCase):
    def page(self, comparisons=()):
        with tempfile.TemporaryDirectory() as folder:
            return report.page(report.Bench(results(folder)), comparisons)

    def test_nesting_and_figures(self):
        page = Page(self.page())
        for text in ('12,345', '2,345', '−10,000', '−81.0 %', 'Counts are exact', 'ycles are not '
                     'measured', 'GUEST_RIP', 'gone_<b>', '10/11'):
            self.assertIn(text, page.words())

    def test_self_contained(self):
        text = self.page()
        page = Page(text)
        for tag, name, value in page.attributes:
            self.assertNotIn(name, ('src', 'href', 'srcset', 'action'), (tag, name, value))
            self.assertFalse(name.startswith('on'), (tag, name))
        self.assertNotIn('script', {tag for tag, _, _ in page.attributes})
        self.assertNotIn('@import', text)
        self.assertNotIn('url(', text)

    def test_headings_labels_tables(self):
        text = self.page()
        page = Page(text)
        for tag, name, value in page.attributes:
            if name == 'aria-labelledby':
                self.assertIn(value, page.ids)
        self.assertEqual(len(set(page.ids)), len(page.ids))
        self.assertEqual(text.count('<table>'), text.count('<caption>'))
        self.assertEqual(text.count('<svg class='), text.count('role="img"'))
        self.assertIn('lang="en"', text)

    def test_selftests(self):
        test = {'name': 'x86/<test>', 'good': False, 'verdict': 'REGRESSION', 'known': None,
                'base': {'status': 'pass', 'seconds': 1.25, 'reason': ''},
                'tip': {'status': 'fail', 'seconds': 2, 'reason': 'boom & bang'}}
        alone = {**test, 'name': 'x86/new', 'base': None, 'verdict': 'ADDED', 'good': True}
        suite = {'name': 'broadwell_ult', 'good': False, 'counts': {'REGRESSION': 1, 'ADDED': 1},
                 'troubles': ['tip: kernel at boot: WARNING'], 'tests': [alone, test]}
        page = Page(self.page([('Suite', suite)]))
        for text in ('x86/<test>', 'REGRESSION', 'boom & bang', 'not good', 'WARNING',
                     '1 REGRESSION, 1 ADDED'):
            self.assertIn(text, page.words())
        self.assertLess(page.words().index('x86/<test>'), page.words().index('x86/new'))
        for damaged in ({}, [], {**suite, 'tests': [{}]}):
            with self.assertRaises(report.ReportError):
                self.page([('Suite', damaged)])

    def test_same_input_same_page(self):
        self.assertEqual(self.page(), self.page())


class CommandLine(unittest.TestCase):
    def test_writes_whole_file(self):
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder, 'new/report.html')
            results(folder)
            done = run('--results', folder, '--out', out)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertTrue(out.read_text().endswith('</html>\n'))
            self.assertEqual([file.name for file in out.parent.iterdir()], ['report.html'])

    def test_errors_are_one_line(self):
        for name, text in (('bench.json', '{'), ('bench.json', '[]'),
                           ('bench.json', '{"iterations": 1}'),
                           ('bench.json', '{"iterations": 1, "kernels": [], "runs": []}'),
                           ('suite-x.json', '{'), ('suite-x.json', '{}'), ('matrix.json', '[]')):
            with tempfile.TemporaryDirectory() as folder:
                results(folder)
                Path(folder, name).write_text(text)
                self.fails(folder, (name, text))
        for name in ('bench.json', 'bench-tip-default-E1.folded'):
            with tempfile.TemporaryDirectory() as folder:
                results(folder)
                Path(folder, name).unlink()
                self.fails(folder, name)

    def fails(self, folder, what):
        done = run('--results', folder)
        self.assertEqual(done.returncode, 1, what)
        self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
        self.assertFalse(Path(folder, 'report.html').exists())

    def test_help(self):
        self.assertEqual(run('--help').returncode, 0)


class Flames(unittest.TestCase):
    def setUp(self):
        self.tree = flamegraph.difference_tree(*STACKS)

    def widths(self, view):
        """Title -> width in percent."""
        svg = flamegraph.draw(self.tree, view, 'x')
        found = re.findall(r'width="([\d.]+)%" height="\d+"><title>(.*?)</title>', svg)
        return {title: float(width) for width, title in found}

    def test_costs(self):
        self.assertEqual(self.tree.cost, [400, 105])
        exit_ = self.tree.children['L2 exit: CPUID']
        self.assertEqual(exit_.children['same'].cost, [100, 105])
        self.assertEqual(exit_.children['gone_<b>'].cost, [300, 0])

    def test_difference_shows_what_is_gone(self):
        widths = self.widths('difference')
        # 300 gone + 100 the same + 5 new
        self.assertAlmostEqual(widths['gone_&lt;b&gt;: before 300, after 0 (-300)'],
                               100 * 300 / 405, 2)
        self.assertAlmostEqual(widths['new: before 0, after 5 (+5)'], 100 * 5 / 405, 2)

    def test_before_and_after(self):
        self.assertAlmostEqual(
            self.widths('before')['same: 100 instructions, 100 of its own'], 25, 2)
        self.assertNotIn('gone', ' '.join(self.widths('after')))

    def test_siblings_are_side_by_side(self):
        svg = flamegraph.draw(self.tree, 'before', 'x')
        places = dict(re.findall(r'<svg x="([\d.]+)%" y="38"[^>]*><title>(\w+)', svg))
        self.assertEqual(places, {'0.000': 'same', '25.000': 'gone_'})

    def test_children_fit_into_their_parents(self):
        def check(frame):
            for side_ in range(3):
                self.assertLessEqual(sum(child.width[side_] for child in frame.children.values()),
                                     frame.width[side_])
            for child in frame.children.values():
                check(child)
        check(self.tree)

    def test_change_has_a_colour(self):
        for before, after, name in ((1, 1, 'same'), (0, 5, 'new'), (5, 0, 'gone'),
                                    (100, 90, 'less1'), (100, 75, 'less2'),
                                    (100, 110, 'more1'), (100, 125, 'more2')):
            self.assertEqual(flamegraph.change_class(before, after), name)

    def test_folded_lines(self):
        self.assertEqual(flamegraph.read_folded('a;b c 3\na;b c 4\n\nnonsense\nx y\n'),
                         {'a;b c': 7})

    def test_categories(self):
        for name, category in (('nested_vmx_run', 'nested'), ('vmx_vcpu_run', 'vmx'),
                               ('kvm_init_mmu', 'mmu'), ('kvm_apic_has_interrupt', 'kvm'),
                               ('__srcu_read_unlock', 'other'), ('L2 exit: CPUID', 'exit'),
                               ('copy_shadow_to_vmcs12', 'nested'), ('gup_fast_fallback', 'mmu')):
            self.assertEqual(flamegraph.category(name), category, name)


def luminance(colour):
    parts = [int(colour[index:index + 2], 16) / 255 for index in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
              for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


class Colours(unittest.TestCase):
    """Text is readable in the light and in the dark scheme (WCAG AA)."""

    def schemes(self):
        light, dark = report.STYLE.split('@media (prefers-color-scheme: dark)', 1)
        for text in (light, dark.split('}', 1)[0]):
            yield dict(re.findall(r'--(\w+): (#\w{6})', text))

    def test_text(self):
        for colours in self.schemes():
            for name in ('fg', 'dim', 'accent', 'less', 'more'):
                for back in ('bg', 'panel'):
                    self.assertGreaterEqual(contrast(colours[name], colours[back]), 4.5,
                                            (name, back))

    def test_labels_in_frames(self):
        frames = [*flamegraph.CATEGORY_TITLES, 'gone', 'less1', 'less2', 'same', 'more1', 'more2',
                  'new']
        for colours in self.schemes():
            for name in frames:
                self.assertGreaterEqual(contrast(colours['ink'], colours[name]), 4.5, name)


if __name__ == '__main__':
    unittest.main()
