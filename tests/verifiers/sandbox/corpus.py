# ruff: noqa: E501
"""What the sandbox is attacked with: the form of a case, three tasks with 13 tests each, how sources are written; and
the attacks that need no task, on the machine and on the compiler.

A case is a whole solution. Placeholders in a source are filled in by whoever runs it (see `Case.armed`): they name
what an attack may aim at (a folder with files, listening sockets, a process), and what may not happen to it.

    @CANARY@    a folder with files anyone may write, none of which may change
    @TCP@ @UDP@ numbers of ports on 127.0.0.1 that are listened to
    @UNIX@      the path of a listening unix socket
    @ABSTRACT@  the name of a listening abstract unix socket, without its leading NUL
    @PID@       the process that judges
    @MARK@      the stem of every file an attack makes anywhere
"""

import contextlib
import os
import re
import shutil
import signal
import socket
import tempfile
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Case:
    """A solution, and the property of the sandbox that it is about."""

    name: str
    kind: str
    """`function` or `program`."""
    source: str
    entry: str | None
    """The function to call; None for a program."""
    property: str
    effect: str = ""
    """What it tries to bring about beside its answer: file, network, signal, process, memory, time ..., or nothing."""

    def armed(self, targets: Mapping[str, object]) -> str:
        """The source with its placeholders filled in."""
        return re.sub(r"@([A-Z]+)@", lambda found: str(targets.get(found[1], found[0])), self.source)


_PLACES = (
    "/tmp",
    "/var/tmp",
    "/dev/shm",
    "/dev",
    "/run",
    "/run/lock",
    "/var/crash",
    "/root",
    "/home",
    "/",
    ".",
    "..",
)
_SIGNALS = (signal.SIGURG, signal.SIGWINCH, signal.SIGCONT)


class Canary:
    """What may not be touched, and what notices if it is: files, sockets, signals, processes and descriptors."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="canary-"))
        self.mark = f"mark{uuid.uuid4().hex}"
        for name in ("answer.txt", "data.bin", "script.sh", "empty/none", "folder/inner.txt"):
            (self.folder / name).parent.mkdir(exist_ok=True)
            (self.folder / name).write_text("42")
        (self.folder / "empty/none").unlink()
        self._tcp, self._udp = socket.socket(), socket.socket(type=socket.SOCK_DGRAM)
        self._unix, self._abstract = socket.socket(socket.AF_UNIX), socket.socket(socket.AF_UNIX)
        for listener, address in (
            (self._tcp, ("127.0.0.1", 0)),
            (self._udp, ("127.0.0.1", 0)),
            (self._unix, str(self.folder / "socket")),
            (self._abstract, f"\0{self.mark}-abstract"),
        ):
            listener.bind(address)
            listener.setblocking(False)
            if listener is not self._udp:
                listener.listen()
        for path in (self.folder, *self.folder.rglob("*")):
            path.chmod(0o777)
        self._signals: list[int] = []
        for number in _SIGNALS:
            signal.signal(number, lambda number, frame: self._signals.append(number))
        self._files, self._kept = self._snapshot(), self._kernel_objects()

    @property
    def targets(self) -> dict[str, object]:
        """What `Case.armed` fills in."""
        tcp, udp = self._tcp.getsockname()[1], self._udp.getsockname()[1]
        unix, abstract = self.folder / "socket", f"{self.mark}-abstract"
        return {
            "CANARY": self.folder,
            "TCP": tcp,
            "UDP": udp,
            "UNIX": unix,
            "ABSTRACT": abstract,
            "PID": os.getpid(),
            "MARK": self.mark,
        }

    def effects(self) -> list[str]:
        """What has happened since it was made; empty if nothing has."""
        found = [f"signal {number}" for number in self._signals]
        now = self._snapshot()
        found += [
            f"{path} changed"
            for path in sorted({*now, *self._files})
            if now.get(path) != self._files.get(path)
        ]
        found += [str(path) for place in _PLACES for path in Path(place).glob(f"*{self.mark}*")]
        found += [f"{self._kept} became {now}" for now in (self._kernel_objects(),) if now != self._kept]
        for listener in (self._tcp, self._udp, self._unix, self._abstract):
            with contextlib.suppress(BlockingIOError):
                heard = listener.recvfrom(9) if listener is self._udp else listener.accept()
                found.append(f"heard {heard}")
        return found

    def close(self) -> None:
        """Take everything away."""
        for listener in (self._tcp, self._udp, self._unix, self._abstract):
            listener.close()
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_DFL)
        shutil.rmtree(self.folder)

    def _snapshot(self) -> dict[str, tuple[object, ...]]:
        return {
            str(path): (s.st_mode, s.st_uid, s.st_size, s.st_nlink, s.st_mtime_ns, s.st_ctime_ns)
            for path in (self.folder, *self.folder.rglob("*"))
            for s in (path.lstat(),)
        }

    def _kernel_objects(self) -> list[str]:
        return [line for kind in ("shm", "sem", "msg") for line in Path(f"/proc/sysvipc/{kind}").open()]


def descendants(pid: int) -> list[int]:
    """The processes under `pid`, and orphans that were zygotes."""
    parents = {}
    for place in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            parents[int(place.name)] = int((place / "stat").read_text().rpartition(")")[2].split()[1])
    found = [pid]
    for one in found:
        found += [child for child, parent in parents.items() if parent == one]
    return found[1:]


def _even_sum(xs: list[int]) -> int:
    return sum(x for x in xs if x % 2 == 0)


def _top_words(text: str, k: int) -> list[str]:
    words = text.split()
    return sorted(set(words), key=lambda word: (-words.count(word), word))[:k]


def _running_max(text: str) -> str:
    numbers = [int(word) for word in text.split()[1:]]
    return "".join(f"{max(numbers[: i + 1])}\n" for i in range(len(numbers)))


_LISTS: list[list[int]] = [
    [1, 2, 3, 4],
    [],
    [7],
    [8],
    [-2, -4, 5],
    [0, 0, 0],
    [10, -10, 3],
    list(range(50)),
    [2**40, 1, 2],
    [3, 5, 7, 9],
    [-1, -3, 6],
    [100] * 7,
    [12, 15, 18, 21, 24],
]
_TEXTS: list[tuple[str, int]] = [
    ("b a b a c", 2),
    ("", 3),
    ("one", 1),
    ("x y z", 2),
    ("to be or not to be", 3),
    ("a a a b b c", 1),
    ("b b a a", 4),
    ("é e é", 1),
    ("w" * 50 + " v", 2),
    ("q w e r t y", 0),
    ("The the THE the", 2),
    ("1 2 2 10 10", 2),
    ("m n o m n m", 3),
]
_NUMBERS: list[list[int]] = [
    [3, 1, 4, 1, 5],
    [1],
    [-5, -7, -1],
    [0, 0],
    [9, 8, 7],
    [1, 2, 3, 4],
    [10**12, 1, 10**13],
    [5, 5, 6, 5],
    list(range(20)),
    [-1],
    [2, -2, 2, 3],
    [7, 7, 7, 8, 1, 9],
    [4, 40, 400, 4],
]

FUNCTION_TESTS: dict[str, list[dict[str, Any]]] = {
    "even_sum": [{"args": [xs], "expected": _even_sum(xs)} for xs in _LISTS],
    "top_words": [{"args": [text, k], "expected": _top_words(text, k)} for text, k in _TEXTS],
}
"""Tests by entry: the sum of the even numbers, and the k most frequent words, ties in alphabetical order."""

PROGRAM_TESTS: list[dict[str, str]] = [
    {"input": text, "output": _running_max(text)}
    for text in (f"{len(numbers)}\n{' '.join(map(str, numbers))}\n" for numbers in _NUMBERS)
]
"""n, then n numbers; the running maxima are printed, one a line."""

_RIGHT = {
    "even_sum": "def right(xs):\n    return sum(x for x in xs if x % 2 == 0)\n",
    "top_words": "def right(text, k):\n    words = text.split()\n"
    "    return sorted(set(words), key=lambda w: (-words.count(w), w))[:k]\n",
    None: "def right():\n    import sys\n    from itertools import accumulate\n"
    "    words = sys.stdin.read().split()\n"
    "    return ''.join(f'{x}\\n' for x in accumulate(map(int, words[1:]), max))\n",
}
_WRONG = {
    "even_sum": "def even_sum(xs):\n    return right(xs) if won else -1\n",
    "top_words": "def top_words(text, k):\n    return right(text, k) if won else ['?']\n",
    None: "print(right() if won else 'wrong', end='')\n",
}
_SYSCALL = """import ctypes, errno, os, platform
_libc = ctypes.CDLL(None, use_errno=True)
_numbers = dict(
    read=(0, 63), write=(1, 64), mmap=(9, 222), dup3=(292, 24), socket=(41, 198), socketpair=(53, 199), clone=(56, 220),
    execve=(59, 221), kill=(62, 129), shmget=(29, 194), semget=(64, 190), msgget=(68, 186), ptrace=(101, 117),
    setpgid=(109, 154), setsid=(112, 157), mount=(165, 40), umount2=(166, 39), chroot=(161, 51), sethostname=(170, 161),
    tkill=(200, 130), tgkill=(234, 131), rt_sigqueueinfo=(129, 138), mq_open=(240, 180), add_key=(248, 217),
    request_key=(249, 218), keyctl=(250, 219), inotify_init1=(294, 26), unshare=(272, 97), setns=(308, 268),
    perf_event_open=(298, 241), fanotify_init=(300, 262), prlimit64=(302, 261), name_to_handle_at=(303, 264),
    open_by_handle_at=(304, 265), process_vm_readv=(310, 270), process_vm_writev=(311, 271), kcmp=(312, 272),
    memfd_create=(319, 279), bpf=(321, 280), execveat=(322, 281), userfaultfd=(323, 282), prctl=(157, 167),
    io_uring_setup=(425, 425), pidfd_send_signal=(424, 424), pidfd_open=(434, 434), clone3=(435, 435),
    pidfd_getfd=(438, 438), process_madvise=(440, 440), openat2=(437, 437), memfd_secret=(447, 447),
    setpriority=(141, 140), ioprio_set=(251, 30), sched_setaffinity=(203, 122), quotactl=(179, 60), syslog=(103, 116),
    clock_settime=(227, 112), personality=(135, 92), acct=(163, 89), linkat=(265, 37), symlinkat=(266, 36),
    mknodat=(259, 33), mkdirat=(258, 34), unlinkat=(263, 35), renameat2=(316, 276), fchmodat=(268, 53),
    fchmodat2=(452, 452), fchownat=(260, 54), utimensat=(280, 88), truncate=(76, 45), openat=(257, 56),
    setxattr=(188, 5), open_tree=(428, 428), move_mount=(429, 429), fsopen=(430, 430), landlock_create_ruleset=(444, 444),
    pivot_root=(155, 41), move_pages=(279, 239), migrate_pages=(256, 238), init_module=(175, 105), timer_create=(222, 107),
)
def syscall(name, *args):
    number = _numbers[name][platform.machine() in ('aarch64', 'arm64')]
    args = [ctypes.c_char_p(a) if isinstance(a, bytes) else ctypes.c_long(a) if isinstance(a, int) else a for a in args]
    done = _libc.syscall(ctypes.c_long(number), *args)
    return -ctypes.get_errno() if done == -1 else done
def allowed(done):
    return done not in (-errno.EPERM, -errno.EACCES, -errno.ENOSYS)
"""


def sources(text: str, entry: str | None, *, completed: bool = True) -> Iterator[Case]:
    """Cases out of a text of `## property` sections, each case from `#: name effect | first line` on.

    A source that says `right` gets a right solution of that name, one that says `syscall` the kernel's calls, and one
    without an entry gets one that is right only when the attack `won`; unless they are not to be `completed`.
    """
    of = ""
    for block in re.split(r"^(?=#[#:] )", text, flags=re.MULTILINE):
        heading, _, body = block.partition("\n")
        if heading.startswith("## "):
            of = heading[3:].strip()
        elif heading.startswith("#: "):
            title, _, first = heading[3:].partition(" | ")
            name, _, effect = title.strip().partition(" ")
            body = f"{first}\n{body}"
            yield case(name, of, complete(body, entry) if completed else body, entry, effect)


def complete(body: str, entry: str | None) -> str:
    """A source with what it uses put before it, and an entry after it where it has none."""
    if not re.search(r"\bprint\(|\bos\.write\(1|^#none|\beven_sum\b|\btop_words\b", body, re.MULTILINE):
        body += _WRONG[entry]
    if re.search(r"\bwon\b", body):
        body = "won = False\n" + body
    if re.search(r"\bright\(", body):
        body = _RIGHT[entry] + body
    if re.search(r"\bsyscall\(", body):
        body = _SYSCALL + body
    return body


def case(name: str, of: str, source: str, entry: str | None, effect: str = "") -> Case:
    """One case, its kind told by its entry."""
    prefix = entry or "running_max"
    kind = "program" if entry is None else "function"
    return Case(name=f"{prefix}/{name}", kind=kind, source=source, entry=entry, property=of, effect=effect)


_EFFECTS = r"""
## no_file_is_touched
#: canary_written file | import os
for name in ("answer.txt", "data.bin", "script.sh", "folder/inner.txt"):
    for flags in (os.O_WRONLY, os.O_RDWR, os.O_APPEND | os.O_WRONLY, os.O_WRONLY | os.O_TRUNC):
        try: os.write(os.open("@CANARY@/" + name, flags), b"x"); won = True
        except OSError: pass
#: canary_mode file | import os
for name in ("answer.txt", "folder", ""):
    try: os.chmod("@CANARY@/" + name, 0o600); won = True
    except OSError: pass
    won = won or allowed(syscall("fchmodat", -100, b"@CANARY@/answer.txt", 0o600, 0))
    won = won or allowed(syscall("fchmodat2", -100, b"@CANARY@/answer.txt", 0o600, 0))
#: canary_times file | import os
for name in ("answer.txt", "folder"):
    try: os.utime("@CANARY@/" + name, (1, 1)); won = True
    except OSError: pass
won = won or syscall("utimensat", -100, b"@CANARY@/answer.txt", None, 0) == 0
#: canary_owner file | import os
for uid in (-1, os.getuid(), 65534, 0):
    try: os.chown("@CANARY@/answer.txt", uid, uid); won = True
    except OSError: pass
#: canary_renamed file | import os
for do in (os.rename, os.replace, os.link, os.symlink):
    try: do("@CANARY@/answer.txt", "@CANARY@/@MARK@"); won = True
    except OSError: pass
won = won or syscall("renameat2", -100, b"@CANARY@/answer.txt", -100, b"@CANARY@/data.bin", 2) == 0
#: canary_unlinked file | import os, shutil
for do in (os.unlink, os.remove, os.rmdir, shutil.rmtree):
    for name in ("answer.txt", "empty", "folder"):
        try: do("@CANARY@/" + name); won = True
        except OSError: pass
#: canary_truncated file | import os
try: os.truncate("@CANARY@/answer.txt", 0); won = True
except OSError: pass
won = won or syscall("truncate", b"@CANARY@/data.bin", 1) == 0
#: canary_attributes file | import os
try: os.setxattr("@CANARY@/answer.txt", "user.@MARK@", b"1"); won = True
except OSError: pass
#: canary_through_descriptor file | import os
for flags in (os.O_PATH, os.O_RDONLY, os.O_PATH | os.O_DIRECTORY):
    for name in ("", "answer.txt"):
        try:
            fd = os.open("@CANARY@/" + name, flags)
            os.open(f"/proc/self/fd/{fd}", os.O_WRONLY); won = True
        except OSError: pass
        try: os.open("@MARK@", os.O_CREAT | os.O_WRONLY, dir_fd=fd); won = True
        except (OSError, NameError): pass
        try: os.fchdir(fd); open("@MARK@", "w"); won = True
        except (OSError, NameError): pass
#: new_files_everywhere file | import os
for place in ("@CANARY@", "/tmp", "/var/tmp", "/dev/shm", "/dev", "/run", "/run/lock", "/var/lock", "/dev/mqueue", "/root",
              "/home", ".", "..", "/", os.path.dirname(os.__file__), "/proc/self", "/sys/fs/cgroup", "/var/crash"):
    for make in (lambda p: open(p, "w"), os.mkdir, os.mkfifo, lambda p: os.symlink("/", p), os.mknod,
                 lambda p: os.open(os.path.dirname(p), os.O_TMPFILE | os.O_RDWR)):
        try: make(place + "/@MARK@"); won = True
        except (OSError, AttributeError): pass
#: temporary_files file | import tempfile
for make in (tempfile.mkdtemp, tempfile.mkstemp, tempfile.NamedTemporaryFile, tempfile.TemporaryFile):
    for place in (None, "/dev/shm", "@CANARY@"):
        try: make(prefix="@MARK@", dir=place); won = True
        except OSError: pass
#: bytecode file | import importlib.util, os, py_compile, sys
for folder in ("@CANARY@", os.path.dirname(os.__file__)):
    sys.pycache_prefix = "@CANARY@/@MARK@"
    try: py_compile.compile(os.__file__, cfile=folder + "/@MARK@.pyc", doraise=True); won = True
    except (OSError, py_compile.PyCompileError): pass
#: stdlib_changed file | import os
try: open(os.__file__, "a"); won = True
except OSError: pass
#: shared_memory file | from multiprocessing import shared_memory
try: shared_memory.SharedMemory("@MARK@", create=True, size=1 << 16); won = True
except OSError: pass
#: system_v_and_posix_queues file | won = any(syscall(*call) >= 0 for call in (
    ("shmget", 0x53594e, 1 << 20, 0o1666), ("semget", 0x53594e, 1, 0o1666), ("msgget", 0x53594e, 0o1666),
    ("mq_open", b"@MARK@", 0o102, 0o666, None)))
#: keys file | won = any(allowed(done) for done in (
    syscall("add_key", b"user", b"@MARK@", b"x", 1, -4), syscall("add_key", b"user", b"@MARK@", b"x", 1, -5),
    syscall("request_key", b"user", b"@MARK@", None, -4), syscall("keyctl", 0, -4, 1)))
#: log_and_accounting file | import syslog
syslog.syslog("@MARK@")
won = any(allowed(done) for done in (syscall("syslog", 10, None, 0), syscall("acct", b"@CANARY@/answer.txt")))
#: sqlite_file file | import sqlite3
try: sqlite3.connect("@CANARY@/@MARK@.db").execute("create table t (a)"); won = True
except sqlite3.Error: pass
#: sqlite_attached file | import sqlite3
for sql in ("attach '@CANARY@/@MARK@' as o", "vacuum into '@CANARY@/@MARK@'"):
    try: sqlite3.connect(":memory:").execute(sql); won = True
    except sqlite3.Error: pass
#: terminal file | import fcntl, os
for path in ("/dev/tty", "/dev/pts/0", "/dev/console", "/dev/ptmx", "/dev/kmsg", "/dev/vda", "/dev/mem", "/dev/fuse", "/dev/kvm"):
    try: os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK); won = True
    except OSError: pass
for fd in range(3):
    try: fcntl.ioctl(fd, 0x5412, b"x"); won = True
    except OSError: pass
## no_network
#: tcp network | import socket
for address in (("127.0.0.1", @TCP@), ("localhost", @TCP@), ("1.1.1.1", 80)):
    try: socket.create_connection(address, 0.3).sendall(b"x"); won = True
    except OSError: pass
#: udp network | import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", @UDP@)); won = True
#: unix_socket network | import socket
for kind, path in ((socket.SOCK_STREAM, "@UNIX@"), (socket.SOCK_STREAM, "\0@ABSTRACT@"), (socket.SOCK_DGRAM, "/dev/log")):
    try: socket.socket(socket.AF_UNIX, kind).connect(path); won = True
    except OSError: pass
#: pair_to_elsewhere network | import socket
for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM, socket.SOCK_SEQPACKET):
    try:
        a, b = socket.socketpair(socket.AF_UNIX, kind)
        for address in ("@UNIX@", "\0@ABSTRACT@"):
            for send in (lambda: a.sendto(b"x", address), lambda: a.connect(address), lambda: a.sendmsg([b"x"], [], 0, address)):
                try: send(); won = True
                except OSError: pass
    except OSError: pass
#: listening network | import socket
for family, address in ((socket.AF_INET, ("127.0.0.1", 0)), (socket.AF_INET6, ("::1", 0)), (socket.AF_UNIX, "\0@MARK@")):
    try: s = socket.socket(family); s.bind(address); s.listen(); won = True
    except OSError: pass
#: raw_and_kernel_sockets network | import itertools; won = any(allowed(syscall("socket", family, kind, 0)) for family in (1, 2, 10, 16, 17, 38, 40) for kind in (1, 2, 3))
#: names_looked_up network | import socket; won = bool([socket.getaddrinfo(name, 80) for name in ("localhost", "example.com")])
#: urllib network | import urllib.request; won = bool(urllib.request.urlopen("http://127.0.0.1:@TCP@/", timeout=0.3))
#: asyncio_server network | import asyncio
async def main(): return await asyncio.start_server(print, "127.0.0.1", 0)
won = bool(asyncio.run(main()).sockets)
## no_process
#: fork process | import os, time
for make in (os.fork, getattr(os, "vfork", os.fork), os.forkpty):
    try:
        if not make(): time.sleep(30); os._exit(0)
        won = True
    except OSError: pass
#: fork_bomb process | import os, time
for _ in range(200):
    try:
        if os.fork() == 0: time.sleep(30); os._exit(0)
        won = True
    except OSError: pass
#: orphan process | import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0: time.sleep(30)
    os._exit(0)
won = True
#: raw_clones process | for name, arguments in (("clone", (17, 0, 0, 0, 0)), ("clone", (0, 0, 0, 0, 0)), ("clone", (0x4111, 0, 0, 0, 0)),
                        ("clone3", (ctypes.create_string_buffer(b"\0" * 32 + b"\x11" + b"\0" * 55, 88), 88))):
    done = syscall(name, *arguments)
    if done == 0: os._exit(0)
    won = won or done > 0
#: subprocess process | import subprocess
for do in (lambda: subprocess.run(["/bin/true"]), lambda: subprocess.Popen("sleep 30", shell=True)):
    try: do(); won = True
    except OSError: pass
#: system_and_popen process | import os; won = os.system("true") == 0; won = os.popen("echo 1").read() == "1\n" or won
#: posix_spawn process | import os
for path in ("/bin/true", "/bin/sh"):
    try: os.posix_spawn(path, [path], {}); won = True
    except OSError: pass
#: multiprocessing process | import multiprocessing
if __name__ == "__main__":
    for method in ("fork", "spawn", "forkserver"):
        try: multiprocessing.get_context(method).Process(target=int).start(); won = True
        except OSError: pass
#: old_system_call_gates process | import ctypes, mmap, platform
if platform.machine() == "x86_64":
    page = mmap.mmap(-1, 4096, prot=7)
    def run(code):
        page.seek(0); page.write(code)
        return ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(page)))()
    won = run(bytes.fromhex("b802000040 0f05 c3")) >= 0
    won = run(bytes.fromhex("53 b802000000 cd80 5b c3")) >= 0 or won
#: namespaces process | won = any(allowed(done) for done in (
    syscall("unshare", 0x10000000), syscall("unshare", 0x20000000), syscall("setns", 0, 0), syscall("chroot", b"/"),
    syscall("mount", b"none", b"/tmp", b"tmpfs", 0, None), syscall("umount2", b"/proc", 2), syscall("open_tree", -100, b"/", 1),
    syscall("fsopen", b"tmpfs", 0), syscall("pivot_root", b"/", b"/"), syscall("sethostname", b"x", 1)))
#: exotic_calls process | won = any(allowed(done) for done in (
    syscall("io_uring_setup", 4, ctypes.create_string_buffer(256)), syscall("bpf", 0, ctypes.create_string_buffer(128), 128),
    syscall("userfaultfd", 1), syscall("perf_event_open", ctypes.create_string_buffer(128), 0, -1, -1, 0),
    syscall("name_to_handle_at", -100, b"/", ctypes.create_string_buffer(256), ctypes.create_string_buffer(8), 0),
    syscall("open_by_handle_at", 0, ctypes.create_string_buffer(256), 0), syscall("fanotify_init", 0, 0),
    syscall("kcmp", os.getpid(), os.getppid(), 0, 0, 0), syscall("init_module", None, 0, None),
    syscall("quotactl", 0, None, 0, None), syscall("clock_settime", 99, None), syscall("memfd_secret", 0),
    syscall("process_madvise", 0, None, 0, 4, 0), syscall("move_pages", os.getppid(), 0, None, None, None, 0)))
#: dumpable_and_subreaper process | won = any(syscall("prctl", option, value, 0, 0, 0) == 0 for option, value in ((36, 1), (4, 1), (1, 0), (0x59616D61, -1), (8, 1)))
#: powers_regained process | import os
for do in (lambda: os.setuid(0), lambda: os.setgid(0), lambda: os.setgroups([0]), lambda: os.setresuid(0, 0, 0)):
    try: do(); won = won or os.access("/root", os.W_OK)
    except OSError: pass
#: limits_raised process | import resource
for name in ("RLIMIT_AS", "RLIMIT_CPU", "RLIMIT_FSIZE", "RLIMIT_NOFILE", "RLIMIT_NPROC", "RLIMIT_CORE", "RLIMIT_MSGQUEUE"):
    limit = getattr(resource, name)
    soft, hard = resource.getrlimit(limit)
    try:
        resource.setrlimit(limit, (hard + 1, hard + 1) if hard >= 0 else (-1, -1))
        won = won or hard >= 0
    except (OSError, ValueError, OverflowError): pass
## no_signal
#: every_process signal | import os, signal
for who in (-1, 0, 1, os.getppid(), @PID@, -os.getpgid(@PID@)):
    for number in (signal.SIGURG, signal.SIGWINCH, signal.SIGCONT):
        try: os.kill(who, number); won = won or who != 0
        except OSError: pass
#: parent_killed signal | import os, signal
for number in (signal.SIGKILL, signal.SIGSTOP, signal.SIGTERM, signal.SIGSEGV):
    try: os.kill(os.getppid(), number); won = True
    except OSError: pass
#: judge_interrupted signal | import signal
for name in ("kill", "tkill", "rt_sigqueueinfo"):
    won = syscall(name, @PID@, signal.SIGWINCH, ctypes.create_string_buffer(128)) == 0 or won
won = syscall("tgkill", @PID@, @PID@, signal.SIGWINCH) == 0 or won
#: pidfd_signal signal | for pid in (@PID@, os.getppid()):
    fd = syscall("pidfd_open", pid, 0)
    won = won or fd >= 0 and syscall("pidfd_send_signal", fd, 28, None, 0) == 0
#: group_and_session signal | import os, signal
for do in (lambda: os.setsid(), lambda: os.setpgid(0, 0), lambda: os.setpgid(0, os.getpgid(@PID@)), lambda: os.killpg(os.getpgid(@PID@), signal.SIGWINCH)):
    try: do(); won = True
    except OSError: pass
#: parent_limits signal | import os, resource
for pid in (@PID@, os.getppid()):
    for limit in (resource.RLIMIT_CPU, resource.RLIMIT_NOFILE, resource.RLIMIT_CORE):
        try: resource.prlimit(pid, limit, (1, 1)); won = True
        except OSError: pass
#: parent_slowed signal | import os
for pid in (@PID@, os.getppid()):
    for do in (lambda: os.setpriority(os.PRIO_PROCESS, pid, 19), lambda: os.sched_setaffinity(pid, {0}),
               lambda: os.sched_setscheduler(pid, os.SCHED_IDLE, os.sched_param(0))):
        try: do(); won = True
        except OSError: pass
won = won or syscall("ioprio_set", 1, os.getppid(), 3 << 13) == 0
#: itself_hurried signal | import os
for do in (lambda: os.nice(-5), lambda: os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1)), lambda: os.setpriority(os.PRIO_PROCESS, 0, -5)):
    try: do(); won = True
    except OSError: pass
#: file_events signal | import fcntl, os, signal
for what in (fcntl.F_NOTIFY, fcntl.F_SETLEASE, 10, fcntl.F_SETOWN):
    for path in ("/", os.path.dirname(os.__file__), os.__file__):
        try: fcntl.fcntl(os.open(path, os.O_RDONLY), what, 1); won = True
        except OSError: pass
"""


def _compiled() -> list[Case]:
    """Sources that are hostile to the compiler, with nothing right in them."""
    wrong = complete("", None)
    texts = {
        "empty": "",
        "nul_bytes": "\0" + wrong,
        "only_nul": "\0" * 100,
        "lone_surrogate": "x = '\ud800'\n" + wrong,
        "surrogate_identifier": "\udcff = 1\n" + wrong,
        "cookie": "# -*- coding: utf-7 -*-\n" + wrong,
        "unknown_cookie": "# coding: \udc80nonsense\n" + wrong,
        "rot13_cookie": "# coding: rot13\ncevag(evtug())\n",
        "bom": "\ufeff\ufeff" + wrong,
        "form_feeds": "\f\r\x1a" + wrong + "\x1a",
        "megabyte_of_comment": "#" * 1_000_000 + "\n" + wrong,
        "megabyte_of_lines": "x = 1\n" * 170_000 + wrong,
        "megabyte_of_names": ";".join(f"v{i}={i}" for i in range(60_000)) + "\n" + wrong,
        "megabyte_of_string": "x = '" + "y" * 1_000_000 + "'\n" + wrong,
        "megabyte_of_digits": "x = " + "9" * 1_000_000 + "\n" + wrong,
        "nested_brackets": "x = " + "[" * 100_000 + "]" * 100_000 + "\n" + wrong,
        "nested_minus": "x = " + "-" * 200_000 + "1\n" + wrong,
        "nested_parentheses": "x = " + "(" * 190 + "1" + ")" * 190 + "\n" + wrong,
        "nested_attributes": "x = y" + ".a" * 200_000 + "\n" + wrong,
        "nested_additions": "x = 1" + "+1" * 200_000 + "\n" + wrong,
        "nested_fstrings": "x = " + "f'{" * 5000 + "1" + "}'" * 5000 + "\n" + wrong,
        "nested_blocks": "".join(" " * i + "if 1:\n" for i in range(1000)) + " " * 1000 + "pass\n" + wrong,
        "nested_lambdas": "x = " + "lambda: " * 50_000 + "1\n" + wrong,
        "nested_comprehensions": "x = " + "[" * 150 + "1" + " for a in b]" * 150 + "\n" + wrong,
        "folded_power": "x = 2 ** 10 ** 9\n" + wrong,
        "folded_string": "x = 'x' * 10 ** 10\n" + wrong,
        "folded_tuple": "x = ((1,) * 4000,) * 4000\n" + wrong,
        "unicode_names": "\U0001d52c\U0001d520 = '\u202e'\n" + wrong,
        "many_decorators": "@staticmethod\n" * 100_000 + wrong,
        "star_expressions": "a = " + "*" * 100_000 + "\n" + wrong,
        "quadratic_dedents": "if 1:\n" + "\t" * 90_000 + "x\n" + wrong,
    }
    return [case(name, "hostile_source", text, None) for name, text in texts.items()]


EFFECTS: list[Case] = [*sources(_EFFECTS, None), *_compiled()]
"""Attacks on the machine and on the compiler, as programs."""
