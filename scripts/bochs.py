# SPDX-License-Identifier: GPL-2.0
"""Runs a Linux kernel under Bochs (stock Debian package) and reads its console.

    initrd = make_initrd({'init': Path('lab/init'), 'etc/x': b'text'}, 'initrd')
    make_iso(bzimage, 'initrd', command_line('mitigations=off'), 'x.iso')
    result = boot('x.iso', timeout=120, on_line=print)
    result.reason   'poweroff' (the guest switched itself off), 'timeout' (wall
                    time), 'died' (Bochs ended otherwise: triple fault, Bochs
                    panic; see result.log) or what on_line returned
    result.console  text of the serial console, result.seconds wall time

An exact instruction trace between two `xchg %bx,%bx` (at any level: L0, L1, L2):

    boot('x.iso', debugger=['c', 'trace on', 'c', 'trace off', 'c'],
         on_trace=lambda line: ...)

Runs are deterministic (see command_line): the same image gives the same console,
with the same time stamps, and the same trace, to the instruction.  Everything that goes
wrong before the guest runs raises LabError with one line.  Any number of
instances may run at once; each has its own temporary folder and loopback port.
"""

import collections
import gzip
import os
import re
import selectors
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

BIOS = Path('/usr/share/bochs/BIOS-bochs-latest')
VGABIOS = Path('/usr/share/bochs/VGABIOS-lgpl-latest')
ISOLINUX = Path('/usr/lib/ISOLINUX/isolinux.bin')
LDLINUX = Path('/usr/lib/syslinux/modules/bios/ldlinux.c32')
BUSYBOX = Path('/bin/busybox')

# 2026-01-01: the emulated clock starts at the same moment in every run, so
# that runs are comparable to the instruction.
EPOCH = 1767225600
# Emulated instructions per emulated second: the time base of all timers.
IPS = 100_000_000

TOOLS = {
    'bochs': 'bochs',
    'xorriso': 'xorriso',
    BIOS: 'bochsbios',
    VGABIOS: 'vgabios',
    ISOLINUX: 'isolinux',
    LDLINUX: 'syslinux-common',
    BUSYBOX: 'busybox-static',
    Path('/usr/lib/x86_64-linux-gnu/bochs/plugins/libbx_term_gui.so'): 'bochs-term',
}


class LabError(Exception):
    """Something that the user has to know, in one line."""


@dataclass
class Result:
    console: str
    seconds: float
    reason: str
    log: str    # the end of Bochs' own log: why it died


def need_tools():
    """Raise LabError naming the package of the first missing tool."""
    for tool, package in TOOLS.items():
        found = tool.exists() if isinstance(tool, Path) else shutil.which(tool)
        if not found:
            raise LabError(f'{tool} not found: install the Debian package {package} '
                           '(scripts/deps installs all)')
    # The dynamic busybox of the package "busybox" cannot run in the guest.
    if b'ld-linux' in BUSYBOX.read_bytes()[:4096]:
        raise LabError(f'{BUSYBOX} is not static: install the Debian package busybox-static')


def command_line(*extra, deterministic=True):
    """The kernel's command line for the lab, plus what the caller adds.

    noxsave: Bochs 2.7 reports XSAVE area sizes that make 7.2 oops in its FPU
    setup.  nokaslr: addresses are those of System.map.  Without the rate the
    console runs at 9600 baud of emulated time.  A panic resets through a
    triple fault, which ends Bochs at once instead of waiting for a timeout.
    pmtmr, clearcpuid: Bochs' ACPI timer runs on real time, and its random
    numbers are seeded from it; without both, every run takes the same course.
    But KVM's guests lose RDRAND then, which feature_msrs_test notices.
    """
    fixed = ['clearcpuid=rdrand,rdseed'] if deterministic else []
    return ' '.join(('console=ttyS0,115200', 'noxsave', 'nokaslr', 'panic=-1', 'reboot=t',
                     'pmtmr=0', *fixed, *extra))


def write_whole(path, data):
    """Write a file under another name and rename it: never half a file."""
    path = Path(path)
    temporary = path.with_name(f'{path.name}.{os.getpid()}.tmp')
    temporary.write_bytes(data)
    temporary.replace(path)


# --- initramfs ---------------------------------------------------------------

def _cpio_entry(number, name, mode, data=b'', device=(0, 0)):
    name = name.encode() + b'\0'
    fields = (number, mode, 0, 0, 1, 0, len(data), 0, 0, *device, len(name), 0)
    head = b'070701' + b''.join(b'%08x' % field for field in fields) + name
    return (head + b'\0' * (-len(head) % 4) + data + b'\0' * (-len(data) % 4))


def make_initrd(files, out, compress=False):
    """Write an initramfs (newc cpio) to out.

    files: guest path -> host path, bytes, or ('link', target).  /bin/busybox
    (static), /bin/sh and /dev/console are added.  All files are executable,
    owned by root and without dates: same input, same bytes.  Compressing costs
    emulated time; it pays only for keeping many images.
    """
    need_tools()
    files = {'bin/busybox': BUSYBOX, 'bin/sh': ('link', 'busybox'),
             **{name.lstrip('/'): source for name, source in files.items()}}
    directories = {'dev'}
    for name in files:
        directories.update(str(parent) for parent in Path(name).parents)
    entries = [_cpio_entry(number, name, 0o040755)
               for number, name in enumerate(sorted(directories - {'.'}), 1)]
    entries.append(_cpio_entry(len(entries) + 1, 'dev/console', 0o020600, device=(5, 1)))
    for name, source in sorted(files.items()):
        if isinstance(source, tuple):
            mode, data = 0o120777, source[1].encode()
        else:
            mode = 0o100755
            data = source if isinstance(source, bytes) else _read(source)
        entries.append(_cpio_entry(len(entries) + 1, name, mode, data))
    entries.append(_cpio_entry(0, 'TRAILER!!!', 0))
    image = b''.join(entries)
    write_whole(out, gzip.compress(image, 6, mtime=0) if compress else image)
    return out


def _read(path):
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise LabError(f'cannot read {path}: {error.strerror}') from None


# --- ISO ---------------------------------------------------------------------

def make_iso(kernel, initrd, cmdline, out):
    """Write a bootable ISO image of a bzImage, an initramfs and a command line."""
    need_tools()
    for path in (kernel, initrd):
        if not Path(path).is_file():
            raise LabError(f'{path} not found')
    out = Path(out)
    temporary = out.with_name(f'{out.name}.{os.getpid()}.tmp')
    with tempfile.TemporaryDirectory(prefix='nvmx-iso.') as folder:
        config = Path(folder, 'isolinux.cfg')
        config.write_text('DEFAULT lab\nPROMPT 0\nTIMEOUT 0\nLABEL lab\n KERNEL /kernel\n'
                          f' APPEND initrd=/initrd {cmdline}\n')
        done = subprocess.run(
            ['xorriso', '-as', 'mkisofs', '-quiet', '-o', temporary,
             '--set_all_file_dates', f'={EPOCH}',
             '-b', 'isolinux.bin', '-c', 'boot.cat', '-no-emul-boot',
             '-boot-load-size', '4', '-boot-info-table', '-graft-points',
             f'/isolinux.bin={ISOLINUX}', f'/ldlinux.c32={LDLINUX}',
             f'/isolinux.cfg={config}', f'/kernel={kernel}', f'/initrd={initrd}'],
            env={**os.environ, 'SOURCE_DATE_EPOCH': str(EPOCH)},
            stdin=subprocess.DEVNULL, capture_output=True, text=True, errors='replace')
    if done.returncode:
        temporary.unlink(missing_ok=True)
        lines = done.stderr.strip().splitlines() or ['no message']
        raise LabError(f'xorriso failed: {lines[-1]}')
    temporary.replace(out)
    return out


# --- Bochs -------------------------------------------------------------------

def _configuration(iso, model, memory, cpus, port, log, magic_break):
    # reset_on_triple_fault=0 together with panic: fatal ends Bochs at a
    # triple fault.
    return f'''
config_interface: textconfig
display_library: term
romimage: file={BIOS}
vgaromimage: file={VGABIOS}
megs: {memory}
cpu: model={model}, count={cpus}, ips={IPS}, ignore_bad_msrs=1, reset_on_triple_fault=0
clock: sync=none, time0={EPOCH}
ata0-master: type=cdrom, path="{iso}", status=inserted
boot: cdrom
com1: enabled=1, mode=socket-client, dev="localhost:{port}"
magic_break: enabled={int(magic_break)}
log: {log}
panic: action=fatal
error: action=report
info: action=report
debug: action=ignore
sound: driver=dummy
'''


class _Lines:
    """Cuts a stream of bytes into lines for a callback."""

    def __init__(self, callback):
        self.rest = b''
        self.callback = callback

    def feed(self, data):
        lines = (self.rest + data).split(b'\n')
        self.rest = lines.pop()
        for line in lines:
            self.callback(line.rstrip(b'\r').decode('utf-8', 'replace'))

    def end(self):
        if self.rest:
            self.feed(b'\n')


class _Console:
    """Keeps the console's text; remembers the first verdict of on_line."""

    def __init__(self, on_line):
        self.lines = []
        self.on_line = on_line
        self.verdict = None

    def __call__(self, line):
        self.lines.append(line)
        if self.on_line:
            verdict = self.on_line(line)
            self.verdict = self.verdict or verdict


def boot(iso, model='broadwell_ult', timeout=300, on_line=None, on_tick=None,
         debugger=None, on_trace=None, memory=512, cpus=1):
    """Boot an ISO under Bochs until it ends, and return a Result.

    timeout     seconds of wall time
    on_line     called with each console line as it arrives; if it returns a
                (true) string, the machine is stopped with that as its reason
    on_tick     called about once a second; its (true) result ends the run too
    debugger    commands of Bochs' debugger, one after another, instead of
                plain 'c'; enables `xchg %bx,%bx` as a break point.  The last
                one has to let the machine run ('c') or end it ('q').
    on_trace    called with each line that the debugger prints
    memory      MiB of the emulated machine
    cpus        number of emulated processors
    """
    need_tools()
    if not Path(iso).is_file():
        raise LabError(f'{iso} not found')
    with tempfile.TemporaryDirectory(prefix='nvmx-bochs.') as folder, \
            socket.create_server(('127.0.0.1', 0)) as listener:
        files = {name: Path(folder, name) for name in ('rc', 'commands', 'log')}
        files['rc'].write_text(_configuration(
            Path(iso).resolve(), model, memory, cpus, listener.getsockname()[1],
            files['log'], bool(debugger)))
        files['commands'].write_text('\n'.join(debugger or ['c']) + '\n')
        console = _Console(on_line)
        output = collections.deque(maxlen=20)
        start = time.monotonic()
        machine = _Machine(files, listener, console, on_trace or output.append)
        try:
            reason = machine.run(start + timeout, on_tick)
        finally:
            machine.close()
        log = files['log'].read_text(errors='replace') if files['log'].exists() else ''
    if not console.lines and reason == 'died':
        raise LabError(f'Bochs did not start: {_why(log, output)}')
    if reason == 'died' and 'ACPI control: soft power off' in log:
        reason = 'poweroff'
    return Result('\n'.join(console.lines) + '\n', time.monotonic() - start, reason,
                  '\n'.join(log.splitlines()[-30:]))


def _why(log, output):
    panics = re.findall(r'>>PANIC<< (.*)', '\n'.join([*output, log]))
    lines = [line for line in [*log.splitlines(), *output] if line.strip(' =')]
    return (panics or lines or ['no message'])[-1]


# The processes of this program's boot() calls, for stop_all().
_running = set()


def stop_all():
    """End every machine that boot() runs in other threads."""
    for process in list(_running):
        os.killpg(process.pid, signal.SIGKILL)


class _Machine:
    """One Bochs process with its console socket and its standard output.

    The display is "term", which opens a pty that nobody looks at: rfb would open
    an unprotected VNC port to the network, and two instances race for it.
    COM1 is a socket because Bochs buffers a file and loses the end of it.
    """

    def __init__(self, files, listener, console, on_trace):
        self.console = console
        self.console_lines = _Lines(console)
        self.trace_lines = _Lines(on_trace)
        self.selector = selectors.DefaultSelector()
        self.connection = None
        self.listener = listener
        self.selector.register(listener, selectors.EVENT_READ, self._accept)
        # Nothing is ever typed; but with nothing to read on stdin, the display
        # sleeps 1 ms of real time for each 10 ticks that the guest idles.
        # /dev/null is always readable (end of file).
        self.process = subprocess.Popen(
            ['bochs', '-q', '-f', files['rc'], '-rc', files['commands']],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            env={**os.environ, 'TERM': 'dumb', 'LC_ALL': 'C'}, start_new_session=True)
        _running.add(self.process)
        self.selector.register(self.process.stdout, selectors.EVENT_READ, self._read_trace)

    def run(self, deadline, on_tick):
        tick = 0
        while (now := time.monotonic()) < deadline:
            # Bochs' end shows as an end of file on its output.
            for key, _ in self.selector.select(min(deadline - now, 1)):
                if not key.data():
                    self._drain()
                    return self.console.verdict or 'died'
            if on_tick and now >= tick:
                tick = now + 1
                self.console.verdict = self.console.verdict or on_tick()
            if self.console.verdict:
                return self.console.verdict
        return 'timeout'

    def close(self):
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        _running.discard(self.process)
        self.console_lines.end()
        self.selector.close()
        self.process.stdout.close()
        if self.connection:
            self.connection.close()

    def _accept(self):
        self.connection, _ = self.listener.accept()
        self.selector.unregister(self.listener)
        self.selector.register(self.connection, selectors.EVENT_READ, self._read_console)
        return True

    def _read_console(self):
        data = self.connection.recv(65536)
        if not data:
            self.selector.unregister(self.connection)
            return True
        self.console_lines.feed(data)
        return True

    def _read_trace(self):
        data = os.read(self.process.stdout.fileno(), 1 << 20)
        self.trace_lines.feed(data)
        return bool(data)

    def _drain(self):
        """What the guest wrote last may still be in the socket."""
        while self.connection and self.connection.fileno() in self.selector.get_map():
            self._read_console()
