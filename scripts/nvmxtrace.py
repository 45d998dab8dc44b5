# SPDX-License-Identifier: GPL-2.0
"""Folds an instruction trace of Bochs into exact costs of VMX root mode.

    symbols = Symbols(open('System.map'))
    names = Names(kernel_tree)
    fold = Fold(symbols, names)
    for line in trace: fold.line(line)
    windows = fold.windows        # one per "trace on" ... "trace off"
    report = summarize(windows[1:])

The trace comes from Bochs' debugger with `trace on` and `trace-mem on`.  A
window is what lies between two marks; it starts in a guest (L1 or L2).  Only
what executes in VMX root mode, that is L0, is counted.

How things are found out
- Root mode starts at the symbol vmx_vmexit, which is HOST_RIP of every VMCS,
  and ends with VMLAUNCH/VMRESUME.  The same kernel may run as L1 at the same
  addresses: an instruction is L0's only if its physical address is the one of
  the kernel image that was loaded without KASLR.
- Callers come from following calls and returns by return address.  At the very
  beginning the callers are unknown until the kernel has returned to them once:
  leave the first window out.
- The field of a VMREAD/VMWRITE is the value of a register.  Registers are
  followed through immediates, copies and loads (trace-mem shows what a load
  read); whatever else an instruction does to a register makes it unknown.
  Bochs also shows where in the VMCS an access went, so that a field which was
  identified once is known wherever it is accessed, and two different answers
  are an error.  What remains is counted as unresolved.
- Which VMCS: by its page.  VMPTRLD shows the shadow indicator; the VMCS in
  which L1's VMX instructions show as exit reason is vmcs01, else vmcs02.  If
  there are none at all, nothing is nested: it is vmcs01, too.
- A VMWRITE is redundant ("same") if the VMCS holds the value already.  Bochs
  shows all accesses to VMCS memory, those of VM-Enter and VM-Exit included.
"""

import re
from bisect import bisect_right
from collections import Counter
from pathlib import Path
from statistics import median_low

# Kernel image: virtual minus physical address (nokaslr).
KERNEL_MAP = 0xffffffff80000000
SHADOW_INDICATOR = 1 << 31
EXIT_REASON_FIELD = 0x4402
# Exit reasons that only a VM running a hypervisor has: VMCLEAR ... VMXON,
# INVEPT, INVVPID.
HYPERVISOR_EXITS = {19, 20, 21, 22, 23, 24, 25, 26, 27, 50, 53}

# Instructions that are counted, by mnemonic.
METRICS = {'vmread': 'vmread', 'vmwrite': 'vmwrite', 'vmptrld': 'vmptrld',
           'vmclear': 'vmclear', 'vmlaunch': 'vmenter', 'vmresume': 'vmenter',
           'rdmsr': 'rdmsr', 'wrmsr': 'wrmsr', 'invept': 'invept',
           'invvpid': 'invvpid'}
ALL_METRICS = ('instructions', 'vmread', 'vmwrite', 'vmwrite_same', 'vmptrld',
               'vmclear', 'vmenter', 'rdmsr', 'wrmsr', 'invept', 'invvpid')


class TraceError(Exception):
    """The trace contradicts itself or is not one; one line."""


# --- names -------------------------------------------------------------------

class Symbols:
    """Addresses of functions, from System.map."""

    # The compiler's copies of a function count as the function.
    SUFFIX = re.compile(r'\.(cold|part|isra|constprop|llvm)(\..*)?$')
    LINE = re.compile(r'([0-9a-f]{16}) [tTwW] (\S+)')

    def __init__(self, lines):
        # Of several names for one address the first is as good as any, but
        # not the aliases that the linker script and objtool make.
        table = {}
        for line in lines:
            match = self.LINE.match(line)
            if match and not match[2].startswith(('__pfx_', '__cfi_', '__pi_', '.L')):
                table.setdefault(int(match[1], 16), self.SUFFIX.sub('', match[2]))
        self.starts = table
        self.addresses = sorted(table)
        self.names = [table[address] for address in self.addresses]
        if 'vmx_vmexit' not in self.names:
            raise TraceError('the System.map has no vmx_vmexit: no kernel with '
                             'built-in kvm_intel')
        self.vmexit = self.addresses[self.names.index('vmx_vmexit')]

    def name(self, address):
        index = bisect_right(self.addresses, address) - 1
        return self.names[index] if index >= 0 else f'{address:#x}'


class Names:
    """VMCS fields and exit reasons as a kernel tree calls them."""

    FIELD = re.compile(r'^\t([A-Z][A-Z0-9_]+)\s*=\s*(0[xX][0-9a-fA-F]+),', re.M)
    REASON = re.compile(r'^#define EXIT_REASON_(\w+)\s+(\d+)\b', re.M)

    def __init__(self, tree):
        headers = Path(tree, 'arch/x86/include')
        self.fields = {}
        text = _read(headers / 'asm/vmx.h')
        start = text.index('enum vmcs_field')
        for name, value in self.FIELD.findall(text[start:text.index('};', start)]):
            self.fields.setdefault(int(value, 16), name)
        self.reasons = {int(value): name for name, value in
                        self.REASON.findall(_read(headers / 'uapi/asm/vmx.h'))}

    def field(self, encoding):
        return self.fields.get(encoding, f'{encoding:#06x}')

    def reason(self, number):
        return self.reasons.get(number & 0xffff, f'exit {number & 0xffff}')


def _read(path):
    try:
        return path.read_text()
    except OSError as error:
        raise TraceError(f'cannot read {path}: {error.strerror}') from None


# --- one instruction ---------------------------------------------------------

def _register_table():
    """Name of a register or part of it -> (whole register, bits)."""
    table = {}
    for letter in 'abcd':
        whole = f'r{letter}x'
        table.update({whole: (whole, 64), f'e{letter}x': (whole, 32),
                      f'{letter}x': (whole, 16), f'{letter}l': (whole, 8),
                      f'{letter}h': (whole, 0)})
    for name in ('si', 'di', 'bp', 'sp'):
        whole = f'r{name}'
        table.update({whole: (whole, 64), f'e{name}': (whole, 32),
                      name: (whole, 16), f'{name}l': (whole, 8)})
    for number in range(8, 16):
        whole = f'r{number}'
        table.update({whole: (whole, 64), f'{whole}d': (whole, 32),
                      f'{whole}w': (whole, 16), f'{whole}b': (whole, 8),
                      f'{whole}l': (whole, 8)})
    return table


REGISTERS = _register_table()

# Instructions that write no general register, or a value that is known.
NO_REGISTER = set('''cmp test nop bt call ret push vmwrite vmptrld vmclear invept
    invvpid wrmsr endbranch64 endbr64 endbranch32 lfence mfence sfence cli sti clac stac cld
    std pushf pushfq popf popfq jmp pause hlt swapgs verw wbinvd invlpg out fxsave fxrstor
    ldmxcsr stmxcsr lgdt lidt lldt ltr prefetcht0 prefetcht1 prefetcht2
    prefetchnta prefetchw clflush int3 ud2 vmlaunch vmresume'''.split())
# Instructions that write their first operand only.
FIRST_OPERAND = set('''add sub and or xor adc sbb inc dec neg not shl shr sar rol
    ror rcl rcr shld shrd lea bts btr btc bsf bsr tzcnt lzcnt popcnt bswap
    vmread str sldt smsw lar lsl rdfsbase rdgsbase movbe andn'''.split())

INSTRUCTION = re.compile(
    r'\[0x([0-9a-f]+)\] [0-9a-f]{4}:([0-9a-f]+) \([^)]*\): (.*?)\s*; ([0-9a-f]+)$')


class Instruction:
    """One line of the trace, without the time stamp: decoded once."""

    __slots__ = ('address', 'next', 'kernel', 'kind', 'metric', 'field_register',
                 'effect', 'target', 'source', 'function', 'first')

    def __init__(self, text, symbols):
        match = INSTRUCTION.match(text)
        if not match:
            raise TraceError(f'not an instruction of a Bochs trace: {text[:80]}')
        physical, self.address = int(match[1], 16), int(match[2], 16)
        self.next = self.address + len(match[4]) // 2
        self.kernel = self.address - KERNEL_MAP == physical
        words = match[3].split(None, 1)
        if words[0] in ('rep', 'repz', 'repnz', 'repe', 'repne', 'lock') and len(words) > 1:
            words = words[1].split(None, 1)
        name = words[0]
        operands = [part.strip() for part in words[1].split(',')] if len(words) > 1 else []
        self.metric = METRICS.get(name)
        self.kind = ('call' if name == 'call' else
                     'return' if name.startswith('ret') else
                     'interrupt return' if name.startswith('iret') else
                     'enter' if name in ('vmlaunch', 'vmresume') else
                     'jump' if name.startswith(('j', 'loop')) else 'plain')
        # VMREAD value, field; VMWRITE field, value.
        self.field_register = None
        if name in ('vmread', 'vmwrite'):
            operand = operands[name == 'vmread']
            self.field_register = REGISTERS.get(operand, (None, 0))[0]
        self._set_effect(name, operands)
        self.function = symbols.name(self.address) if self.kernel else 'user'
        self.first = self.address in symbols.starts

    def _set_effect(self, name, operands):
        """What happens to general registers: none, set, clobber or all."""
        self.effect, self.target, self.source = 'all', None, None
        whole, bits = REGISTERS.get(operands[0], (None, 0)) if operands else (None, 0)
        if name in NO_REGISTER or name.startswith(('j', 'ret', 'iret')):
            self.effect = 'none'
        elif name.startswith('push'):
            self.effect = 'none'
        elif name.startswith('pop') or (name.startswith('mov') and
                                        name in ('mov', 'movabs', 'movzx', 'movsxd', 'movsx')):
            self.effect = 'set' if bits >= 32 else 'clobber'
            self.target = whole
            if whole is None:               # a store, or a segment/control register
                self.effect = 'none'
            elif name.startswith('mov'):
                self._set_source(name, operands[1])
        elif name in FIRST_OPERAND or name.startswith(('set', 'cmov')):
            self.effect, self.target = ('clobber', whole) if whole else ('none', None)
            if name == 'xor' and len(operands) == 2 and operands[0] == operands[1] and bits >= 32:
                self.effect, self.source = 'set', 0
        elif name == 'leave':
            self.effect, self.target = 'clobber', 'rbp'
        elif name in ('rdmsr', 'rdtsc', 'cdqe', 'cqo', 'cdq', 'rdtscp', 'mul', 'div'):
            self.effect, self.target = 'clobber', None

    def _set_source(self, name, operand):
        """Where a value comes from: an int, a register or None for memory."""
        if operand in REGISTERS:
            whole, bits = REGISTERS[operand]
            # Signed or partial copies do not occur for field encodings.
            self.source = whole
            if bits < 32 or name != 'mov':
                self.effect = 'clobber'
        elif re.fullmatch(r'0x[0-9a-f]+|\d+', operand):
            self.source = int(operand, 0)
        elif '[' not in operand:            # control or segment register
            self.effect = 'clobber'
        elif name in ('movsx', 'movsxd'):
            self.effect = 'clobber'


# --- call stacks -------------------------------------------------------------

class Stack:
    """Callers of the current function, by following return addresses."""

    def __init__(self):
        self.frames = []        # [function, possible return addresses]

    def enter(self, function):
        """Execution is in function; by a jump or because it falls through."""
        if not self.frames:
            self.frames.append([function, ()])
        elif self.frames[-1][0] != function:
            self.frames[-1][0] = function

    def call(self, function, *return_addresses):
        self.frames.append([function, return_addresses])

    def ret(self, address, function):
        """Return to address in function; False if that is no known caller."""
        for depth in range(len(self.frames) - 1, -1, -1):
            if address in self.frames[depth][1]:
                del self.frames[depth:]
                self.enter(function)
                return True
        return False

    def folded(self):
        return ';'.join(frame[0] for frame in self.frames)


# --- the trace ---------------------------------------------------------------

class Window:
    """Costs between two marks."""

    def __init__(self):
        self.segments = []          # one for each VM-Exit

    def metrics(self):
        total = Counter()
        for segment in self.segments:
            total.update(segment.metrics)
        total['unresolved'] = sum(1 for segment in self.segments
                                  for access in segment.accesses if access.encoding is None)
        return total


class Segment:
    """From a VM-Exit to the next VM-Enter."""

    def __init__(self):
        self.metrics = Counter()
        self.stacks = Counter()     # folded stack -> instructions
        self.accesses = []
        self.page = None            # of the VMCS that exited
        self.reason = None


class Access:
    """One VMREAD or VMWRITE."""

    __slots__ = ('operation', 'encoding', 'page', 'offset', 'function', 'same')

    def __init__(self, operation, function):
        self.operation = operation
        self.function = function
        self.encoding = self.page = self.offset = None
        self.same = False


MEMORY = re.compile(r'\[CPU0 (RD|WR|RW)\]: (?:LIN 0x[0-9a-f]+ )?PHY 0x([0-9a-f]+) '
                    r'\(len=(\d+), [^)]*\): ([^\t;]*)(?:\t; (\w+))?')


class Fold:
    """Takes the trace line by line; Bochs prints an instruction before it
    executes and its memory accesses after it."""

    def __init__(self, symbols, names):
        self.symbols = symbols
        self.names = names
        self.decoded = {}           # text of an instruction -> Instruction
        self.windows = []
        self.window = None
        self.segment = None         # None: not in root mode
        self.stack = Stack()
        self.registers = {}
        self.current = None
        self.memory = []            # accesses of the current instruction
        self.values = {}            # VMCS memory: physical address -> value
        self.encodings = {}         # offset in a VMCS -> field
        self.shadows = set()        # pages of shadow VMCSs
        self.current_page = None
        self.time = None

    def line(self, line):
        if line.startswith('(0).['):
            if self.window:
                self._instruction(line)
        elif line.startswith('[CPU0 '):
            if self.window:
                self._memory(line)
        elif line.startswith('Tracing enabled'):
            self._open()
        elif line.startswith('Tracing disabled'):
            self._close()

    def _open(self):
        if self.window:
            raise TraceError('a window starts inside a window')
        self.window = Window()
        self.current = self.time = None

    def _close(self):
        if not self.window:
            raise TraceError('a window ends that has not started')
        if self.current:
            self._finish(None)
        if self.segment:
            raise TraceError('a window ends in root mode: marks belong in L1 or L2')
        self.windows.append(self.window)
        self.window = self.current = None

    def _instruction(self, line):
        stamp, _, text = line[5:].partition('] ')
        instruction = self.decoded.get(text)
        if instruction is None:
            instruction = self.decoded[text] = Instruction(text, self.symbols)
        self._check_time(int(stamp), instruction)
        if self.current:
            self._finish(instruction)
        self.current = instruction
        self.memory.clear()
        self._track_mode(instruction)
        if self.segment:
            self._count(instruction)

    def _check_time(self, time, instruction):
        """Every instruction takes one tick: a hole means lost lines."""
        missing = 0 if self.time is None else time - self.time - 1
        self.time = time
        # But a VM-Exit before the guest's first instruction takes one of its own.
        if missing == 1 and self.segment and self.current.kind == 'enter' and \
                instruction.kernel and instruction.address == self.symbols.vmexit:
            return
        if missing:
            raise TraceError(f'{missing} instructions are missing from the trace '
                             f'before t={time}')

    def _memory(self, line):
        match = MEMORY.match(line)
        if not match:
            raise TraceError(f'not a memory access of a Bochs trace: {line[:80]}')
        direction, address, length, value, kind = match.groups()
        if kind and kind != 'VMCS':         # page walks
            return
        value = int(''.join(word[2:] for word in value.split()), 16) if int(length) <= 8 else None
        if kind:
            self._vmcs_memory(direction, int(address, 16), value)
        elif direction == 'RD':
            self.memory.append(value)

    def _vmcs_memory(self, direction, address, value):
        page, offset = address & ~0xfff, address & 0xfff
        if self.current and self.segment:
            if self.current.metric in ('vmread', 'vmwrite'):
                access = self.segment.accesses[-1]
                access.page, access.offset = page, offset
                if direction == 'WR':
                    access.same = self.values.get(address) == value
                elif access.encoding == EXIT_REASON_FIELD and self.segment.page is None:
                    self.segment.page, self.segment.reason = page, value
            elif self.current.metric == 'vmptrld' and offset == 0:
                self.current_page = page
                if value & SHADOW_INDICATOR:
                    self.shadows.add(page)
        self.values[address] = value

    def _track_mode(self, instruction):
        """Notice VM-Exits.  VM-Enters are noticed when they are over."""
        if self.segment is None and instruction.kernel and \
                instruction.address == self.symbols.vmexit:
            self.segment = Segment()
            self.window.segments.append(self.segment)
            self.registers.clear()
            self.stack.enter(instruction.function)

    def _count(self, instruction):
        function = instruction.function
        self.stack.enter(function)
        segment = self.segment
        segment.metrics['instructions'] += 1
        segment.stacks[self.stack.folded()] += 1
        if instruction.metric:
            segment.metrics[instruction.metric] += 1
            if instruction.field_register or instruction.metric in ('vmread', 'vmwrite'):
                access = Access(instruction.metric, function)
                access.encoding = self.registers.get(instruction.field_register)
                segment.accesses.append(access)

    def _finish(self, following):
        """The current instruction has executed, following comes next."""
        current = self.current
        if not self.segment:
            return
        if current.metric in ('vmread', 'vmwrite'):
            self._learn(self.segment.accesses[-1])
        self._follow_registers(current)
        if following is None:
            return
        if current.kind == 'enter':
            # After a VM-Fail, L0 goes on with the next instruction.
            if not (following.kernel and following.address == current.next):
                self.segment = None
        elif current.kind == 'call':
            # Calls into the middle of the same function only use the return
            # stack: retpolines, RSB stuffing.
            if following.first or following.function != current.function:
                self.stack.call(following.function, current.next)
        elif current.kind in ('return', 'interrupt return'):
            self._return(current, following)
        elif current.kind == 'plain' and following.address not in (current.next, current.address):
            # An interrupt; faults and REP instructions continue where they were.
            self.stack.call(following.function, current.next, current.address)

    def _return(self, current, following):
        if self.stack.ret(following.address, following.function):
            return
        # To a caller that was not known so far: neither is what lies between.
        # But nobody returns to a function's first instruction: that is a
        # retpoline, an indirect jump; and interrupts may follow any jump.
        if current.kind == 'return' and not following.first:
            self.stack = Stack()
        self.stack.enter(following.function)

    def _learn(self, access):
        """Remember where in a VMCS a field is; look it up if it is not known."""
        if access.offset is None:
            return
        if access.encoding is None:
            access.encoding = self.encodings.get(access.offset)
        elif self.encodings.setdefault(access.offset, access.encoding) != access.encoding:
            raise TraceError(
                f'VMCS offset {access.offset:#x} is {self.names.field(access.encoding)} and '
                f'{self.names.field(self.encodings[access.offset])}')
        if access.operation == 'vmwrite' and access.same:
            self.segment.metrics['vmwrite_same'] += 1

    def _follow_registers(self, instruction):
        effect = instruction.effect
        if effect == 'none':
            return
        if effect == 'all':
            self.registers.clear()
        elif instruction.target is None:        # implicit operands
            self.registers.pop('rax', None)
            self.registers.pop('rdx', None)
            self.registers.pop('rcx', None)
        elif effect == 'clobber':
            self.registers.pop(instruction.target, None)
        else:
            value = instruction.source
            if value is None:
                value = self.memory[-1] if self.memory else None
            elif isinstance(value, str):
                value = self.registers.get(value)
            if value is None:
                self.registers.pop(instruction.target, None)
            else:
                self.registers[instruction.target] = value


# --- summary -----------------------------------------------------------------

def vmcs_roles(fold):
    """Page of a VMCS -> 'vmcs01', 'vmcs02' or 'shadow'."""
    reasons = {}
    for window in fold.windows:
        for segment in window.segments:
            if segment.page is not None:
                reasons.setdefault(segment.page, set()).add(segment.reason & 0xffff)
    nested = any(seen & HYPERVISOR_EXITS for seen in reasons.values())
    roles = {page: 'vmcs02' if nested and not seen & HYPERVISOR_EXITS else 'vmcs01'
             for page, seen in reasons.items()}
    roles.update((page, 'shadow') for page in fold.shadows)
    return roles


def segment_label(segment, roles, names):
    """E.g. 'L2 exit: CPUID': the bottom frame of the flame graph."""
    if segment.page is None:
        return 'unknown exit'
    level = {'vmcs01': 'L1', 'vmcs02': 'L2'}.get(roles.get(segment.page), 'L?')
    return f'{level} exit: {names.reason(segment.reason)}'


def _fingerprint(window):
    """Two windows with the same fingerprint did the same, in the same order."""
    return tuple((tuple(sorted(segment.metrics.items())), tuple(sorted(segment.stacks.items())))
                 for segment in window.segments)


def folded_stacks(window, roles, names):
    """Folded stacks (frame;frame -> instructions) in the order of exits."""
    stacks = {}
    for segment in window.segments:
        label = segment_label(segment, roles, names)
        for stack, count in segment.stacks.items():
            key = f'{label};{stack}'
            stacks[key] = stacks.get(key, 0) + count
    return stacks


def _functions(window):
    """Function -> instructions of its own."""
    result = Counter()
    for segment in window.segments:
        for stack, count in segment.stacks.items():
            result[stack.rpartition(';')[2]] += count
    return dict(sorted(result.items()))


def _fields(window, roles, names):
    """Rows [VMCS, operation, field, function, accesses, of which redundant]."""
    rows = {}
    for segment in window.segments:
        for access in segment.accesses:
            field = 'unresolved' if access.encoding is None else names.field(access.encoding)
            key = (roles.get(access.page, '?'), access.operation, field, access.function)
            row = rows.setdefault(key, [0, 0])
            row[0] += 1
            row[1] += access.same
    return [[*key, *rows[key]] for key in sorted(rows)]


def summarize(fold, skip=1):
    """Median and spread over all windows but the first few.

    Functions, fields and stacks are those of one window that costs exactly the
    median in every respect; "identical" tells how many windows do the very
    same.
    """
    windows = fold.windows[skip:]
    if not windows:
        raise TraceError('the trace has no complete window')
    roles = vmcs_roles(fold)
    costs = [window.metrics() for window in windows]
    metrics = {}
    for name in (*ALL_METRICS, 'unresolved'):
        values = [cost[name] for cost in costs]
        metrics[name] = {'median': median_low(values), 'min': min(values), 'max': max(values)}
    typical = [(_fingerprint(window), window) for window, cost in zip(windows, costs)
               if all(cost[name] == metrics[name]['median'] for name in ALL_METRICS)]
    if not typical:
        raise TraceError('no iteration has median costs in every respect: not a steady state')
    (fingerprint, identical), = Counter(mark for mark, _ in typical).most_common(1)
    chosen = next(window for mark, window in typical if mark == fingerprint)
    return {
        'iterations': len(windows),
        'identical': identical,
        'metrics': metrics,
        'exits': [[segment_label(segment, roles, fold.names),
                   segment.metrics['instructions']] for segment in chosen.segments],
        'functions': _functions(chosen),
        'fields': _fields(chosen, roles, fold.names),
        'stacks': folded_stacks(chosen, roles, fold.names),
    }
