"""One test a property, named after it: an attack in the full sandbox, and without each of its layers.

With every layer in force an attack is refused and has no effect. Without the layers named beside it, it gets through:
so the attack is one, and those layers are what stops it. Without any other single layer it is refused as before.
"""

import os
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from synthgym.verifiers.sandbox import EVERY, FLOOR, Facility, Limits, Outcome, Sandbox, shared_sandbox

LIMITS = Limits(seconds=5, memory_mb=128, output_kb=64)
WON = "won"
CAPABILITIES, LANDLOCK, NAMESPACES = Facility.CAPABILITIES, Facility.LANDLOCK, Facility.NAMESPACES
RLIMITS, SECCOMP, UID = Facility.RLIMITS, Facility.SECCOMP, Facility.UID


@dataclass(frozen=True)
class Attack:
    """What is tried, and without which layers it works.

    Attributes:
        source: defines ``f(bait)``, which returns "won" if it got through, or raises.
        stoppers: the layers that stop it; without all of them it gets through, without one alone it may not.
        as_root: it gets through for root alone.
    """

    source: str
    stoppers: frozenset[Facility]
    as_root: bool = False


def attack(body: str, *stoppers: Facility, as_root: bool = False) -> Attack:
    lines = "\n    ".join(body.strip().split("\n"))
    return Attack(f"import os\ndef f(bait):\n    {lines}\n    return '{WON}'\n", frozenset(stoppers), as_root)


ATTACKS = {
    "reads_no_file_outside": attack("open(bait['file']).read()", LANDLOCK),
    "lists_no_folder_outside": attack("os.listdir(bait['folder'])", LANDLOCK),
    "writes_no_file": attack("open(bait['file'], 'a').write('x')", LANDLOCK, SECCOMP),
    "cuts_no_file_short": attack("os.truncate(bait['file'], 0)", LANDLOCK, SECCOMP),
    "makes_no_file": attack("open(bait['folder'] + '/made', 'x')", LANDLOCK, SECCOMP),
    "makes_no_folder": attack("os.mkdir(bait['folder'] + '/made')", LANDLOCK, SECCOMP),
    "makes_no_link": attack("os.symlink('/', bait['folder'] + '/made')", LANDLOCK, SECCOMP),
    "removes_no_file": attack("os.unlink(bait['file'])", LANDLOCK, SECCOMP),
    "renames_no_file": attack("os.rename(bait['file'], bait['folder'] + '/made')", LANDLOCK, SECCOMP),
    "changes_no_mode": attack("os.chmod(bait['file'], 0o600)", SECCOMP, UID),
    "changes_no_time": attack("os.utime(bait['file'], (1, 1))", SECCOMP, UID),
    "makes_no_process": attack("if os.fork() == 0: os._exit(0)\nos.wait()", SECCOMP),
    "runs_no_program": attack(
        "import subprocess\nassert subprocess.run(['/bin/true']).returncode == 0", SECCOMP, LANDLOCK
    ),
    "sends_no_datagram": attack(
        "import socket\nsocket.socket(2, 2).sendto(b'x', ('127.0.0.1', bait['udp']))", SECCOMP, NAMESPACES
    ),
    "makes_no_connection": attack(
        "import socket\nsocket.create_connection(('127.0.0.1', bait['tcp']), 2)",
        SECCOMP,
        NAMESPACES,
        LANDLOCK,
    ),
    "reaches_no_unix_socket": attack("import socket\nsocket.socket(1, 1).connect(bait['unix'])", SECCOMP),
    "reaches_no_abstract_socket": attack(
        "import socket\nsocket.socket(1, 1).connect(bait['abstract'])", SECCOMP, NAMESPACES, LANDLOCK
    ),
    "signals_no_process_outside": attack("os.kill(bait['pid'], 0)", SECCOMP, NAMESPACES, LANDLOCK, UID),
    "signals_not_its_zygote": attack("os.kill(os.getppid(), 0)", SECCOMP),
    "traces_no_process": attack(
        "import ctypes\nif ctypes.CDLL(None).ptrace(0, 0, 0, 0) != 0: raise PermissionError(1, '')", SECCOMP
    ),
    "makes_no_shared_memory": attack("os.memfd_create('x')", SECCOMP),
    "has_no_powers_of_root": attack("os.chroot('/')", SECCOMP, CAPABILITIES, UID, as_root=True),
    "takes_no_more_memory": attack("bytearray(256 << 20)", RLIMITS),
    "opens_no_more_files": attack("[os.dup(1) for _ in range(500)]", RLIMITS),
}


@pytest.fixture(scope="module")
def bait(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, object]]:
    folder = tmp_path_factory.mktemp("bait")
    for each in (folder, *folder.parents):
        if each == Path(folder.anchor) or each.stat().st_uid != os.getuid():
            break
        each.chmod(0o777)
    (folder / "file").write_text("bait")
    (folder / "file").chmod(0o666)
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp,
        socket.socket() as tcp,
        socket.socket(socket.AF_UNIX) as unix,
        socket.socket(socket.AF_UNIX) as abstract,
    ):
        name = f"\0synthgym-bait-{os.getpid()}"
        for listening, place in ((udp, ("127.0.0.1", 0)), (tcp, ("127.0.0.1", 0)), (abstract, name)):
            listening.bind(place)
        os.chdir(folder)  # a path of a Unix socket is short
        unix.bind("unix")
        for listening in (tcp, unix, abstract):
            listening.listen()
        yield {
            "folder": str(folder),
            "file": str(folder / "file"),
            "udp": udp.getsockname()[1],
            "tcp": tcp.getsockname()[1],
            "unix": str(folder / "unix"),
            "abstract": name,
            "pid": os.getpid(),
        }


@pytest.fixture
def untouched(bait: dict[str, object]) -> Iterator[None]:
    """What there is to touch, before and after."""
    before = state(bait)
    yield
    assert state(bait) == before


def state(bait: dict[str, object]) -> object:
    folder, file = Path(str(bait["folder"])), Path(str(bait["file"]))
    status = file.stat()
    return sorted(os.listdir(folder)), file.read_text(), status.st_mode, status.st_mtime


def restore(bait: dict[str, object]) -> None:
    folder, file = Path(str(bait["folder"])), Path(str(bait["file"]))
    for made in set(os.listdir(folder)) - {"file", "unix"}:
        path = folder / made
        path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()
    file.write_text("bait")
    file.chmod(0o666)


@cache
def without(*layers: Facility) -> Sandbox:
    return Sandbox(workers=1, use=EVERY - set(layers), allow_weak=True)


def outcome(sandbox: Sandbox, name: str, bait: dict[str, object]) -> Outcome:
    """How the attack ended; "passed" if it got through."""
    judged = sandbox.judge_function(ATTACKS[name].source, "f", [{"args": [bait], "expected": WON}], LIMITS)
    return judged.outcomes[0]


@pytest.mark.parametrize("name", sorted(ATTACKS))
@pytest.mark.usefixtures("untouched")
def test_in_the_full_sandbox_a_solution(name: str, bait: dict[str, object]) -> None:
    assert outcome(shared_sandbox(), name, bait) in (Outcome.FORBIDDEN, Outcome.MEMORY, Outcome.EXCEPTION)
    assert not shared_sandbox().isolation.weak


@pytest.mark.parametrize("name", sorted(ATTACKS))
def test_without_what_stops_it_an_attack_gets_through(name: str, bait: dict[str, object]) -> None:
    tried = ATTACKS[name]
    if tried.as_root and os.getuid() != 0:
        pytest.skip("for root alone")
    sandbox = without(*sorted(tried.stoppers))
    if name in (
        "makes_no_file",
        "makes_no_folder",
        "removes_no_file",
        "renames_no_file",
        "makes_no_link",
    ) and not (os.access(str(bait["folder"]), os.W_OK)):
        pytest.skip("the folder is not writable here")
    try:
        assert outcome(sandbox, name, bait) is Outcome.PASSED
        assert sandbox.isolation.weak == bool(tried.stoppers & FLOOR)
    finally:
        restore(bait)


@pytest.mark.parametrize("layer", sorted(Facility))
@pytest.mark.usefixtures("untouched")
def test_without_another_layer_it_is_stopped_as_before(layer: Facility, bait: dict[str, object]) -> None:
    sandbox = without(layer)
    gone = {layer, LANDLOCK, SECCOMP} if layer is Facility.NO_NEW_PRIVS else {layer}
    for name, tried in ATTACKS.items():
        if not tried.stoppers <= gone | ({UID} if os.getuid() == 0 else set()):
            assert outcome(sandbox, name, bait) is not Outcome.PASSED, name
    assert layer not in sandbox.isolation.held
    assert dict(sandbox.isolation.missing)[layer] == "not used"


@pytest.mark.parametrize("layer", sorted(Facility))
def test_right_solutions_pass_whatever_is_missing(layer: Facility) -> None:
    source = (
        "import threading, sqlite3\ndef f(x):\n    threading.Thread(target=print).start()\n    return x + 1"
    )
    judged = without(layer).judge_function(source, "f", [{"args": [1], "expected": 2}])
    assert judged.passed
    assert judged.isolation.weak == (layer in FLOOR)


def test_files_it_prints_to_are_bounded() -> None:
    judged = shared_sandbox().judge_program(
        "while True: print('x' * 1000)", [{"input": "", "output": ""}], LIMITS
    )
    assert judged.outcomes == (Outcome.OUTPUT,)
    assert len(judged.tests[0].stdout) <= LIMITS.output_kb << 10


def test_it_sees_no_expected_value() -> None:
    secret = os.urandom(16).hex()
    source = """
import gc, os, sys
def f(part):
    seen = [repr(sys.modules.get(name)) for name in list(sys.modules)] + [repr(dict(os.environ)), repr(sys.argv)]
    frame = sys._getframe()
    while frame is not None:
        seen.append(repr(frame.f_locals) + repr(list(frame.f_globals)))
        frame = frame.f_back
    seen += [repr(thing)[:100000] for thing in gc.get_objects()]
    for descriptor in range(64):
        try:
            seen.append(repr(os.pread(descriptor, 1 << 20, 0)))
        except OSError:
            pass
    whole = part + "XX"
    return any(whole.replace("XX", tail) in text for text in seen for tail in TAILS)
TAILS = [f"{i:02x}" for i in range(256)]
"""
    tests: list[dict[str, object]] = [
        {"args": [secret[:-2]], "expected": False},
        {"args": ["a"], "expected": secret},
    ]
    judged = shared_sandbox().judge_function(source, "f", tests, Limits(seconds=60))
    assert judged.tests[0].outcome is Outcome.PASSED, judged.tests[0]


def test_it_finds_nothing_of_another_solution_in_memory() -> None:
    """The zygote, whose memory a child inherits, reads no solution."""
    sandbox = Sandbox(workers=1)
    left = "".join(chr(ord("a") + i % 26) for i in range(7, 60, 3))
    told = sandbox.run(f"def f(): return {left!r} * 50", [[]], entry="f")
    assert told.results[0].outcome is Outcome.PASSED
    source = """
import ctypes, os
def f():
    turned = bytes((i + 1) % 256 for i in range(256))  # so that it finds not what it looks for itself
    wanted = "".join(chr(ord("b") + i % 26) for i in range(7, 60, 3)).encode() * 2
    reading, writing = os.pipe()
    found, pages = 0, 0
    for start in {id(thing) >> 20 << 20 for thing in (f, os, "a", {}, [], 10 ** 30, ctypes, b"b", object())}:
        for page in range(start, start + (1 << 20), 4096):
            if ctypes.CDLL(None).write(writing, ctypes.c_void_p(page), 4096) == 4096:
                pages += 1
                found += wanted in os.read(reading, 4096).translate(turned)
    return [pages > 100, found]
"""
    looked = sandbox.run(source, [[]], Limits(seconds=20), entry="f")
    sandbox.close()
    assert looked.results[0].value == [True, 0], looked.results[0]
