# SPDX-License-Identifier: GPL-2.0
"""Runs programs one by one on a kernel under Bochs and judges what they say.

    run = run_programs(machine, kernel_image, [Program('x86/state_test', ...)])
    run.outcomes    one Outcome per program: pass, fail, skip, hang, warn, crash
    run.boot        kernel warnings outside of any program

The guest's side is lab/init.  A program that takes the machine down does not
take the others with it: they run in a new boot.
"""

import os
import re
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import bochs

TOP = Path(__file__).resolve().parent.parent
BUILD = TOP / 'build'

# Seconds of 100 million emulated instructions that a program may take.
LIMIT = 40
# The guest says something every 5 such seconds as long as it is alive.  This
# many seconds of wall time without a word are a hang, on a busy machine too.
SILENCE = 120
# More than any list of programs needs; only a bound.
WALL = 3 * 3600

# What a healthy kernel does not print.  Looked for in lines with a time stamp
# only: programs may say "BUG" as they like.
TROUBLE = re.compile(r'\[ *\d+\.\d{6}\](?:\[.*?\])? .*?(' + '|'.join((
    r'WARNING: .*', r'BUG: .*', r'BUG at .*', r'kernel BUG .*', r'Oops.*',
    r'Kernel panic.*', r'general protection fault.*', r'unable to handle.*',
    r'KASAN: .*', r'UBSAN: .*', r'KCSAN: .*', r'KFENCE: .*',
    r'rcu: INFO: .*', r'rcu: .* detected stall.*', r'RCU .*stall.*', r'soft lockup.*',
    r'hard LOCKUP.*', r'INFO: task .* blocked.*', r'INFO: possible .*',
    r'INFO: lockdep.*', r'INFO: trying to register non-static key.*',
    r'Bad page .*', r'unchecked MSR access.*', r'list_(?:add|del) corruption.*',
    r'refcount_t: .*', r'bad unlock balance.*', r'stack segment.*', r'Bad RIP.*',
    r'kvm.*: vm(?:read|write|ptrld|clear) failed.*', r'invvpid failed.*', r'invept failed.*',
    r'scheduling while atomic.*', r'sleeping function called.*', r'DEADLOCK.*',
    r'double fault.*', r'Out of memory: .*', r'stack.* corrupted.*', r'unexpected (?:IRQ trap|#.*)',
)) + ')')

FAILING = ('fail', 'hang', 'warn', 'crash')


@dataclass(frozen=True)
class Machine:
    """What a kernel runs on, and its parameters."""
    model: str = 'broadwell_ult'
    params: tuple = ()          # of the command line, 'kvm_intel.ept=0'
    config: str = 'lab'         # of scripts/kernel --config
    mitigations: str = 'off'
    memory: int = 1536
    cpus: int = 1

    def __str__(self):
        words = [self.model, *(param.removeprefix('kvm_intel.') for param in self.params)]
        if self.config != 'lab':
            words.append(f'config={self.config}')
        if self.mitigations != 'off':
            words.append(f'mitigations={self.mitigations}')
        return ','.join(words)

    def command_line(self):
        return bochs.command_line(f'mitigations={self.mitigations}', *self.params,
                                  deterministic=False)


@dataclass
class Program:
    name: str
    command: str                # in the guest
    limit: int = LIMIT


@dataclass
class Outcome:
    name: str
    status: str = 'running'
    code: int | None = None     # exit status
    seconds: float = 0          # emulated, of 100 million instructions
    wall: float = 0
    points: dict = field(default_factory=lambda: {'ok': 0, 'not ok': 0, 'skip': 0})
    reason: str = ''            # first line that says what went wrong or is missing
    trouble: list = field(default_factory=list)     # kernel warnings


@dataclass
class Run:
    outcomes: list
    boot: list                  # kernel warnings outside of any program
    params: dict                # of the kvm modules, as the kernel has them
    console: str
    seconds: float
    boots: int


def strip(path):
    """A program without its symbols: they are two thirds of a static test."""
    with tempfile.TemporaryDirectory(prefix='nvmx-strip.') as folder:
        out = Path(folder, 'stripped')
        try:
            done = subprocess.run(['strip', '-o', out, path], capture_output=True, text=True)
        except FileNotFoundError:
            raise bochs.LabError('strip not found: install the Debian package binutils '
                                 '(scripts/deps installs all)') from None
        if done.returncode:
            raise bochs.LabError(f'{path} is not a program: {done.stderr.strip()}')
        return out.read_bytes()


class Transcript:
    """Turns the lines of one boot's console into outcomes."""

    MARK = re.compile(r'@@lab (\w+) ?(.*)$')
    POINT = re.compile(r'^(?:# )*\s*(not )?ok \d+(.*)')

    def __init__(self, echo=None):
        self.outcomes = []
        self.boot = []
        self.params = {}
        self.mhz = 100.0
        self.current = None
        self.started = self.started_wall = 0.0
        self.done = False
        self.heard = time.monotonic()
        self.after_assertion = False
        self.echo = echo

    def line(self, line):
        self.heard = time.monotonic()
        if self.echo:
            self.echo(line)
        mark = self.MARK.search(line)
        if mark:
            handler = {'mhz': self._mhz, 'param': self._param, 'start': self._start,
                       'end': self._end, 'done': self._done}.get(mark[1])
            if handler:
                handler(mark[2])
            return
        trouble = TROUBLE.search(line)
        if trouble:
            (self.current.trouble if self.current else self.boot).append(trouble[1])
        elif self.current:
            self._output(line)

    def silent(self):
        """For boot(on_tick=): the machine's end when nothing is heard of it."""
        return 'hang' if time.monotonic() - self.heard > SILENCE else None

    def _mhz(self, mhz):
        self.mhz = float(mhz)

    def _param(self, pair):
        name, _, value = pair.partition('=')
        self.params[name] = value

    def _start(self, text):
        name, uptime = text.split()
        self.current = Outcome(name)
        self.started = float(uptime)
        self.started_wall = time.monotonic()
        self.after_assertion = False

    def _end(self, text):
        _, code, uptime = text.split()
        outcome = self.current
        outcome.code = int(code)
        outcome.seconds = round((float(uptime) - self.started) * self.mhz / 100, 2)
        self._close(_status(outcome))

    def _done(self, _):
        self.done = True

    def _close(self, status):
        self.current.status = status
        self.current.wall = round(time.monotonic() - self.started_wall, 1)
        self.outcomes.append(self.current)
        self.current = None

    def abort(self, status, reason):
        """The machine is gone in the middle of a program."""
        self.current.reason = self.current.reason or reason
        self._close(status)

    def _output(self, line):
        outcome = self.current
        point = self.POINT.search(line)
        if point:
            kind = 'skip' if '# SKIP' in point[2] else 'not ok' if point[1] else 'ok'
            outcome.points[kind] += 1
            if kind == 'not ok':
                outcome.reason = outcome.reason or line.strip()
        if self.after_assertion:
            outcome.reason = line.strip()
            self.after_assertion = False
        elif 'Test Assertion Failure' in line and not outcome.reason:
            self.after_assertion = True
        elif not outcome.reason and '# SKIP' in line:
            outcome.reason = line.partition('# SKIP')[2].strip(' -')


def _status(outcome):
    if outcome.trouble:
        outcome.reason = outcome.trouble[0]
        return 'warn'
    if outcome.code == 137:     # killed; who runs out of memory has trouble, too
        outcome.reason = 'over its time limit'
        return 'hang'
    if outcome.code == 0 and outcome.points['not ok']:
        return 'fail'
    return {0: 'pass', 4: 'skip'}.get(outcome.code, 'fail')


def run_programs(machine, kernel, programs, files, progress=None, echo=None, keep_going=True,
                 log=None):
    """Run programs on kernel; files: guest path -> host path or bytes.

    progress(outcome) is called as each ends, echo(line) with console lines, and
    all lines go to the file log while they come.
    """
    if log:
        log.parent.mkdir(parents=True, exist_ok=True)
    with open(log or os.devnull, 'w', buffering=1, newline='\n') as file:
        def both(line):
            file.write(line + '\n')
            if echo:
                echo(line)
        return _run_programs(machine, kernel, programs, files, progress, both, keep_going)


def _run_programs(machine, kernel, programs, files, progress, echo, keep_going):
    start = time.monotonic()
    left = list(programs)
    outcomes, boot_trouble, consoles, params = [], [], [], {}
    boots = 0
    while left or not boots:
        boots += 1
        transcript, result = _boot(machine, kernel, left, files, progress, echo)
        consoles.append(result.console)
        params = params or transcript.params
        _judge_end(transcript, result, progress)
        boot_trouble += transcript.boot
        outcomes += transcript.outcomes
        left = left[len(transcript.outcomes):]
        if not transcript.outcomes and left:
            raise bochs.LabError(f'{kernel} does not boot on {machine}: {result.reason}, '
                                 f'last line: {_last_line(result.console)}')
        if not keep_going:
            break
    return Run(outcomes, boot_trouble, params, ''.join(consoles),
               round(time.monotonic() - start, 1), boots)


def _boot(machine, kernel, programs, files, progress, echo):
    transcript = Transcript(echo)

    def on_line(line):
        before = len(transcript.outcomes)
        transcript.line(line)
        if progress and len(transcript.outcomes) > before:
            progress(transcript.outcomes[-1])

    plan = ''.join(f'{program.name} {program.limit} {program.command}\n' for program in programs)
    (BUILD / 'lab').mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix='boot.', dir=BUILD / 'lab') as folder:
        initrd = bochs.make_initrd({'init': TOP / 'lab/init', 'lab/plan': plan.encode(), **files},
                                   Path(folder, 'initrd'))
        iso = bochs.make_iso(kernel, initrd, machine.command_line(), Path(folder, 'boot.iso'))
        initrd.unlink()
        result = bochs.boot(iso, machine.model, WALL, on_line, transcript.silent,
                            memory=machine.memory, cpus=machine.cpus)
    return transcript, result


def _judge_end(transcript, result, progress):
    """A machine that did not get to its end: say which program ran."""
    if transcript.done and result.reason == 'poweroff':
        return
    panic = re.search(r'Kernel panic.*', result.console)
    if transcript.current:
        if result.reason == 'hang':
            transcript.abort('hang', f'the machine is silent for {SILENCE} s')
        else:
            transcript.abort('crash', panic[0] if panic else f'machine gone ({result.reason})')
        if progress:
            progress(transcript.outcomes[-1])
    else:
        transcript.boot.append(panic[0] if panic else f'no power-off: {result.reason}')


def _last_line(console):
    lines = [line for line in console.splitlines() if line.strip()]
    return lines[-1] if lines else '(nothing)'
