# SPDX-License-Identifier: GPL-2.0
"""Flame graphs (root on top) as SVG, from folded stacks.

    tree = difference_tree(before, after)       # {'a;b': instructions, ...}
    svg = draw(tree, 'before' | 'after' | 'difference', label)

One tree holds both sides, so that functions come in the same order in all three
pictures.  In "difference", a frame is as wide as the larger of the two sides, so
that what disappeared can be seen.  The SVG takes its colours from the page's
style sheet (classes frame-*), scales in width only and needs no script.
"""

import re
from html import escape

# Category of a function, by name: first match counts.
CATEGORIES = (
    ('exit', re.compile(r'^L[012?] exit:|^unknown exit|^round trip$')),
    ('nested', re.compile(r'nested|vmcs12|vmcs02|copy_shadow|vmx_switch_vmcs|'
                          r'^handle_(vm|inv)')),
    ('mmu', re.compile(r'mmu|gup_|user_page|get_user_pages|_pfn|^kvm_.*(memslot|hva|map|gfn|page)|'
                       r'folio|vma|^mt_|^mas_|follow_page|^pte|__pte|read_killable|^up_read|'
                       r'permission_bitmask|^mark_page|eptp|^try_grab')),
    ('vmx', re.compile(r'^_*vmx|^vmcs|^handle_|add_atomic_switch_msr|data_segment_valid|'
                       r'^update_exception')),
    ('kvm', re.compile(r'kvm|apic|^pi_|^skip_emulated')),
)
CATEGORY_TITLES = {
    'exit': 'VM-Exit', 'nested': 'nested VMX', 'vmx': 'VMX', 'kvm': 'KVM core, APIC',
    'mmu': 'MMU, guest memory', 'other': 'rest of the kernel'}

ROW = 19            # pixels
# Percent of the width below which a frame carries no text, or is not drawn.
TEXT_FROM = 2.4
DRAW_FROM = 0.03


def category(function):
    for name, pattern in CATEGORIES:
        if pattern.search(function):
            return name
    return 'other'


class Frame:
    """A function called through one particular stack."""

    def __init__(self, name):
        self.name = name
        self.self_cost = [0, 0]     # before, after
        self.cost = [0, 0]          # with everything it calls
        self.width = [0, 0, 0]      # before, after, difference
        self.children = {}

    def finish(self):
        """Sum up from the leaves; the difference has room for both sides."""
        self.cost = list(self.self_cost)
        self.width = [*self.self_cost, max(self.self_cost)]
        for child in self.children.values():
            child.finish()
            self.cost = [a + b for a, b in zip(self.cost, child.cost)]
            self.width = [a + b for a, b in zip(self.width, child.width)]

    def depth(self):
        return 1 + max((child.depth() for child in self.children.values()), default=0)


def difference_tree(before, after):
    """Merge two sets of folded stacks: stack -> cost."""
    root = Frame('round trip')
    for side, stacks in enumerate((before, after)):
        for stack, cost in stacks.items():
            frame = root
            for name in stack.split(';'):
                frame = frame.children.setdefault(name, Frame(name))
            frame.self_cost[side] += cost
    root.finish()
    return root


def read_folded(text):
    """Stacks from lines 'frame;frame count'."""
    stacks = {}
    for line in text.splitlines():
        stack, _, count = line.rpartition(' ')
        if stack and count.isdigit():
            stacks[stack] = stacks.get(stack, 0) + int(count)
    return stacks


def change_class(before, after):
    """Which colour a change has."""
    if before == after:
        return 'same'
    if before == 0:
        return 'new'
    if after == 0:
        return 'gone'
    part = abs(after - before) / before
    return ('less' if after < before else 'more') + ('2' if part >= 0.25 else '1')


def title(frame, view):
    before, after = frame.cost
    if view == 'difference':
        return f'{frame.name}: before {before:,}, after {after:,} ({after - before:+,})'
    side = view == 'after'
    own = frame.self_cost[side]
    return f'{frame.name}: {frame.cost[side]:,} instructions, {own:,} of its own'


def _rectangles(frame, view, column, left, scale, row, out):
    width = frame.width[column] * scale
    if width < DRAW_FROM:
        return
    colour = change_class(*frame.cost) if view == 'difference' else category(frame.name)
    text = ''
    if width >= TEXT_FROM:
        text = f'<text x="4" y="13">{escape(frame.name)}</text>'
    out.append(f'<svg x="{left:.3f}%" y="{row * ROW}" width="{width:.3f}%" height="{ROW}">'
               f'<title>{escape(title(frame, view))}</title>'
               f'<rect class="frame-{colour}" width="100%" height="{ROW - 1}"/>{text}</svg>')
    for child in frame.children.values():
        _rectangles(child, view, column, left, scale, row + 1, out)
        left += child.width[column] * scale


def draw(tree, view, label, full=None):
    """SVG of one view.  full: cost that is as wide as the picture, so that
    pictures with the same full have the same scale; default: the tree's."""
    column = ('before', 'after', 'difference').index(view)
    full = full or tree.width[column] or 1
    out = []
    _rectangles(tree, view, column, 0, 100 / full, 0, out)
    height = tree.depth() * ROW
    return (f'<svg class="flame" role="img" aria-label="{escape(label)}" '
            f'width="100%" height="{height}" xmlns="http://www.w3.org/2000/svg">'
            f'{"".join(out)}</svg>')
