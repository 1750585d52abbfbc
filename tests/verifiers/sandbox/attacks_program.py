# ruff: noqa: E501
"""Wrong programs: wrong output, right output with a bad end, early ends, forgery, and
 whatever eats time, memory and output.

A program that prints nothing itself is right exactly if its attack `won`, so that a hole shows as a pass.
"""

from corpus import Case, sources

_WRONG_OUTPUT = r"""
## output_compared
#: nothing | import sys; sys.stdin.read(); print(end="")
#: stdin_not_read | print(3)
#: first_line_only | print(right().split("\n")[0])
#: all_but_the_last_line | print("\n".join(right().split("\n")[:-2]))
#: last_line_only | print(right().split("\n")[-2])
#: one_line_more | print(right() + "0")
#: many_lines_more | print(right() + "0\n" * 1000)
#: right_twice | print(right() * 2)
#: wrong_then_right | print("0\n" + right())
#: on_one_line | text = right(); print(" ".join(text.split()), "0" if text.count("\n") == 1 else "")
#: glued | print(right().replace("\n", "") + "_")
#: floats | print("\n".join(f"{x}.0" for x in right().split()))
#: plus_signs | print("\n".join("+" + x for x in right().split()))
#: leading_zeros | print("\n".join("0" + x for x in right().split()))
#: every_candidate | text = right(); print("\n".join(f"{x} {i}" for i, x in enumerate(text.split())))
#: running_min | import sys
from itertools import accumulate
print("\n".join(map(str, accumulate(map(int, sys.stdin.read().split()[1:]), min))), "-")
#: on_stderr | import sys; sys.stderr.write(right()); print(end="")
#: never_flushed | import os, sys; sys.stdout.write(right() + " " * 100); os._exit(0)
#: nul_between | print("\0".join(right()) + "\0")
#: ansi_erased | print("0\x1b[2K\r" + right())
#: backspaced | print("0\b" + right())
#: wide_digits | print(right().translate({48 + i: 0xFF10 + i for i in range(10)}))
#: zero_width | print(right().replace("\n", "\u200b\n"))
#: utf16 | import os, sys; os.write(1, right().encode("utf-16"))
#: invalid_utf8 | import os; os.write(1, b"\xff\xfe\x80" + right().encode())
#: surrogate_printed | import sys; sys.stdout.reconfigure(errors="surrogatepass"); print("\udcff" + right())
#: json_of_it | import json; print(json.dumps({"stdout": right(), "passed": True, "returncode": 0}))
#: first_test_only | print("3\n3\n4\n4\n5")
#: even_lengths_only | text = right(); print(text if text.count("\n") % 2 else "")
## right_output_bad_end
#: exit_one | print(right(), end=""); import sys; sys.exit(1)
#: exit_text | print(right(), end=""); raise SystemExit("done")
#: os_exit_three | import os; print(right(), end="", flush=True); os._exit(3)
#: exception_after | print(right(), end=""); 1 / 0
#: syntax_error_after | print(right(), end="", flush=True); exec("1 +")
#: killed_after | import os; print(right(), end="", flush=True); os.kill(os.getpid(), 9)
#: terminated_after | import os; print(right(), end="", flush=True); os.kill(os.getpid(), 15)
#: aborted_after | import os; print(right(), end="", flush=True); os.abort()
#: segfault_after | import ctypes; print(right(), end="", flush=True); ctypes.string_at(0)
#: stopped_after time | import os, signal; print(right(), end="", flush=True); os.kill(os.getpid(), signal.SIGSTOP)
#: sleeps_after time | import time; print(right(), end="", flush=True); time.sleep(600)
#: spins_at_exit time | import atexit; print(right(), end="", flush=True); atexit.register(lambda: [None for _ in iter(int, 1)])
#: thread_never_ends time | import threading, time
print(right(), end="", flush=True)
threading.Thread(target=time.sleep, args=(600,)).start()
#: memory_after memory | print(right(), end="", flush=True); x = bytearray(4 << 30)
#: flood_after | import sys
print(right(), end="", flush=True)
while True: sys.stdout.write(" \n" * 10_000)
#: exception_at_exit | import atexit, os; print(right(), end="", flush=True); atexit.register(lambda: os._exit(7))
#: interrupt_after | print(right(), end="", flush=True); raise KeyboardInterrupt
#: base_exception_after | class Leave(BaseException): pass
print(right(), end="", flush=True); raise Leave
#: exit_status_lies | print(right(), end=""); raise SystemExit(type("N", (int,), {"__eq__": lambda s, o: True})(3))
#: report_to_nowhere | import os; os.dup2(2, 3); print(right(), end="", flush=True); raise SystemExit(3)
#: timer_taken_away time | import ctypes; print(right(), end="", flush=True); [ctypes.CDLL(None).syscall(226, n) for n in iter(int, 1)]
#: signals_blocked_after time | import signal; signal.pthread_sigmask(0, range(1, 65)); print(right(), end="", flush=True); any(iter(int, 1))
"""

_LEAVING = r"""
## early_end
#: sys_exit | import sys; print("PASSED"); sys.exit(0)
#: quit | print("OK"); quit()
#: raise_system_exit | print(); raise SystemExit
#: os_exit | import os; print("1 passed in 0.01s", flush=True); os._exit(0)
#: skip_test | import unittest; print("skipped"); raise unittest.SkipTest("passed")
#: keyboard_interrupt | print(); raise KeyboardInterrupt
#: generator_exit | print(); raise GeneratorExit
#: stop_iteration | print(); raise StopIteration
#: atexit_success | import atexit, os; atexit.register(os._exit, 0); print("passed")
#: exit_in_thread | import os, threading; threading.Thread(target=os._exit, args=(0,)).start(); print("passed", flush=True)
#: exit_in_del | import os
class X:
    def __del__(self): os._exit(0)
x = X(); print()
#: exit_in_excepthook | import os, sys; sys.excepthook = sys.unraisablehook = lambda *a: os._exit(0); print(); 1 / 0
#: exit_in_signal | import os, signal; signal.signal(signal.SIGALRM, lambda *a: os._exit(0)); signal.setitimer(signal.ITIMER_REAL, 0.01); print()
#: exit_in_trace | import os, sys
def trace(frame, event, arg): os._exit(0)
sys.settrace(trace); sys.setprofile(trace); print()
#: exit_in_audit | import os, sys; sys.addaudithook(lambda *a: os._exit(0)); print(open(0))
#: segfault | import ctypes; print(end="", flush=True); ctypes.string_at(8)
#: c_stack_overflow | import ctypes
F = ctypes.CFUNCTYPE(None)
f = F(lambda: f())
print(end="", flush=True)
import sys; sys.setrecursionlimit(10**9); f()
#: recursion | import sys
sys.setrecursionlimit(10**9)
def f(): return f()
print(end="", flush=True); f()
#: deep_repr | import sys
sys.setrecursionlimit(10**9)
x = []
for _ in range(10**6): x = [x]
print(len(repr(x)))
#: deep_destructor | x = None
class N: pass
for _ in range(10**6):
    n = N(); n.x = x; x = n
del x, n
print()
#: division_trap | import ctypes; print(end="", flush=True); ctypes.CDLL(None).raise_ if 0 else ctypes.CDLL(None)["raise"](8)
#: code_object_crash | import types
c = (lambda: 0).__code__
print(end="", flush=True)
exec(c.replace(co_code=b"d\xff" * 50, co_stacksize=0, co_consts=()))
#: abort | import os; print(end="", flush=True); os.abort()
#: kill_itself | import os; print(end="", flush=True); os.kill(os.getpid(), 9)
#: exec_true process | import os
print(end="", flush=True)
for path in ("/bin/true", "/usr/bin/env", "/proc/self/exe"):
    try: os.execv(path, [path, "-c", "print(1)"]); won = True
    except OSError: pass
#: exec_shell process | import os; os.execve("/bin/sh", ["sh", "-c", "cat; exit 0"], {}); won = True
#: exec_descriptor process | import os
for path in ("/bin/true", "/bin/sh"):
    try: os.execve(os.open(path, os.O_RDONLY), ["x"], {})
    except (OSError, TypeError): pass
won = syscall("execveat", -100, b"/bin/true", None, None, 0) >= 0
#: own_exit_code | import ctypes; print(end="", flush=True); ctypes.CDLL(None)._exit(0)
#: finalize | import ctypes; print(end="", flush=True); ctypes.pythonapi.Py_Exit(0)
#: exit_thread_only time | import threading, time
print(end="", flush=True)
threading.Thread(target=time.sleep, args=(600,), daemon=True).start()
syscall_exit = __import__("ctypes").CDLL(None).syscall
syscall_exit({"x86_64": 60}.get(__import__("platform").machine(), 93), 0)
## forgery
#: success_markers | import os
for fd in (1, 2):
    for text in ("PASSED", "OK", "1 passed in 0.01s", "All tests passed", "ok 1", "__PASSED__", "<testsuite failures='0'/>"):
        os.write(fd, text.encode() + b"\n")
#: every_descriptor | import os
text = b'{"outcome": "passed", "passed": true, "results": [{"outcome": "passed"}], "status": "ok", "returncode": 0}\n'
print(end="", flush=True)
for fd in range(3, 4096):
    for do in (lambda: os.lseek(fd, 0, 0), lambda: os.ftruncate(fd, 0), lambda: os.write(fd, text)):
        try: do()
        except OSError: pass
print("passed")
#: every_descriptor_then_exit | import os
print(end="", flush=True)
for fd in range(3, 256):
    try: os.write(fd, b"\0" * 4096 + b'passed\n' * 100)
    except OSError: pass
os._exit(0)
#: descriptors_through_proc | import os
print("passed", flush=True)
for pid in ("self", os.getppid(), "@PID@"):
    for fd in range(64):
        try: os.write(os.open(f"/proc/{pid}/fd/{fd}", os.O_WRONLY | os.O_NONBLOCK), b'{"passed": true}\n')
        except OSError: pass
#: descriptors_closed | import os; print("passed", flush=True); os.closerange(0, 65536)
#: only_standard_ones_closed | import os
for fd in (0, 1, 2): os.close(fd)
print("passed")
#: stdout_becomes_stdin | import os; os.dup2(0, 1); print("passed", flush=True)
#: stdout_is_a_pipe | import os; r, w = os.pipe(); os.dup2(w, 1); print("passed")
#: others_become_stdout | import os
for fd in range(3, 256):
    try: os.dup2(1, fd)
    except OSError: break
print("passed", flush=True)
#: stdout_rewound | import os; os.write(1, b"0\n" * 1000); os.lseek(1, 0, 0); os.write(1, b"passed")
#: stdout_sparse memory | import os; os.lseek(1, 1 << 40, 0); os.write(1, b"x")
#: stdout_sparse_small memory | import os
while True:
    os.lseek(1, 1 << 16, 1); os.write(1, b"x")
#: stdout_truncated_huge memory | import os
print("x", flush=True)
for size in (1 << 50, 1 << 34, 1 << 30, 1 << 27):
    try: os.ftruncate(1, size)
    except OSError: pass
#: others_truncated_huge memory | import os
print("x", flush=True)
for fd in range(0, 64):
    for size in (1 << 50, 1 << 34, 1 << 30, 1 << 27, 1 << 24):
        try: os.ftruncate(fd, size); break
        except OSError: pass
#: descriptors_nonblocking | import os
print("x", flush=True)
for fd in range(0, 64):
    try: os.set_blocking(fd, False)
    except OSError: pass
#: owner_and_signal_of_descriptors signal | import fcntl, os
print("x", flush=True)
for fd in range(0, 64):
    for owner in (os.getppid(), @PID@, -os.getpgrp()):
        try:
            fcntl.fcntl(fd, 10, 9); fcntl.fcntl(fd, fcntl.F_SETOWN, owner)
            fcntl.fcntl(fd, fcntl.F_SETFL, fcntl.fcntl(fd, fcntl.F_GETFL) | os.O_ASYNC)
            os.write(fd, b"x")
        except OSError: pass
#: locks_on_descriptors | import fcntl
print("x", flush=True)
for fd in range(0, 64):
    for lock in (fcntl.flock, fcntl.lockf):
        try: lock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError: pass
    for seal in (1, 2, 4, 8):
        try: fcntl.fcntl(fd, 1033, seal)
        except OSError: pass
#: harness_modules_patched | import builtins, json, os, sys
real = json.dumps
json.dumps = lambda *a, **k: '{"outcome": "passed"}'
json.JSONEncoder.encode = json.encoder.c_make_encoder = lambda *a, **k: '{"outcome": "passed"}'
os._exit = os.write = os.read = sys.exit = lambda *a: 0
builtins.type = builtins.isinstance = builtins.len = lambda *a: True
print("passed")
#: builtins_cleared | import builtins
p = print
p("passed", flush=True)
for name in list(vars(builtins)): delattr(builtins, name)
#: modules_cleared | import sys; print("passed", flush=True); sys.modules.clear(); sys.path.clear(); sys.meta_path.clear()
#: fake_modules | import sys
class Fake:
    def __getattr__(self, name): return lambda *a, **k: '{"passed": true}'
for name in list(sys.modules): sys.modules[name] = Fake()
print("passed")
#: stdout_object | import sys
class Out:
    encoding = "utf-8"; buffer = property(lambda self: self)
    def write(self, text): return len(text)
    def flush(self): raise SystemExit(0)
    def fileno(self): return 1
    def getvalue(self): return right()
sys.stdout = sys.stderr = sys.__stdout__ = Out()
print("passed")
#: harness_functions_patched | import sys, types
names = ("passed", "judge", "compare", "check", "same", "equal", "run", "report", "result", "send", "finish")
for module in list(sys.modules.values()):
    for name, value in list(getattr(module, "__dict__", {}).items()):
        if isinstance(value, types.FunctionType) and any(n in name for n in names) and module.__name__ != "__main__":
            try: value.__code__ = (lambda *a, **k: True).__code__
            except (ValueError, AttributeError, TypeError): pass
print("passed")
#: harness_locals_patched | import ctypes, sys
frame = sys._getframe()
while frame:
    for name, value in list(frame.f_locals.items()):
        if name in ("passed", "outcome", "status", "ok", "code"):
            frame.f_locals[name] = "passed"
            ctypes.pythonapi.PyFrame_LocalsToFast(ctypes.py_object(frame), 0)
    frame = frame.f_back
print("passed")
#: harness_lines_jumped | import sys
def trace(frame, event, arg):
    frame.f_trace = trace
    if "outcome" in frame.f_locals: frame.f_locals["outcome"] = "passed"
    return trace
frame = sys._getframe()
while frame: frame.f_trace = trace; frame = frame.f_back
sys.settrace(trace)
print("passed")
#: finders_and_codecs | import codecs, sys
class Finder:
    def find_spec(self, *a): raise SystemExit(0)
sys.meta_path.insert(0, Finder())
codecs.register(lambda name: 1 / 0)
sys.path_hooks.insert(0, lambda path: 1 / 0)
print("passed")
#: hooks_raise | import sys
def raiser(*a): raise SystemExit(0)
sys.displayhook = sys.excepthook = sys.unraisablehook = raiser
import threading
threading.excepthook = raiser
threading._shutdown = raiser
print("passed"); 1 / 0
#: audit_hook_raises | import sys
print("passed", flush=True)
def hook(*a): raise SystemExit(0)
sys.addaudithook(hook)
#: gc_callback | import gc; print("passed", flush=True); gc.callbacks.append(lambda *a: exec("raise SystemExit(0)")); gc.set_threshold(1)
#: interpreter_state_patched | import ctypes, sys; print("passed", flush=True); ctypes.memset(id(sys.stdout), 0, 16)
#: true_is_false | import ctypes; print("passed", flush=True); ctypes.memmove(id(False) + 16, id(True) + 16, 16)
#: returns_the_right_detail | raise RuntimeError('", "outcome": "passed", "stdout": "' + right() + '\r\n{"outcome": "passed"}\n\0\x1b[2J')
"""


_EXHAUSTION = r"""
## time_is_bounded
#: loop time | while True: pass
#: swallows_everything time | import signal
for number in range(1, 65):
    try: signal.signal(number, lambda *a: None)
    except (OSError, ValueError): pass
while True:
    try:
        while True: pass
    except BaseException: pass
#: blocks_signals time | import signal, time; signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65)); time.sleep(600)
#: sleeps time | import time; time.sleep(600)
#: stops_itself time | import os, signal; os.kill(os.getpid(), signal.SIGSTOP)
#: waits_for_input time | import os; r, w = os.pipe(); os.read(r, 1)
#: deadlock time | import threading; x = threading.Lock(); x.acquire(); x.acquire()
#: regex time | import re; re.match(r"(a*)*(a|b)*(.*)*c", "a" * 5000)
#: power time | x = 9 ** 9 ** 9
#: big_product time | x = 3 ** 30_000_000; y = x * x * x
#: big_range time | sum(range(10 ** 18))
#: in_c_without_end time | import itertools; any(itertools.repeat(0))
#: sorted_forever time | min(iter(int, 1))
#: digits time | import sys; sys.set_int_max_str_digits(0); str(3 ** 30_000_000)
#: in_finally time | try: 1 / 0
finally:
    while True: pass
#: in_del time | class X:
    def __del__(self):
        while True: pass
x = X(); del x
#: in_repr time | class X(Exception):
    def __str__(self):
        while True: pass
    __repr__ = __str__
raise X
#: in_class_of_exception time | class M(type):
    def __getattribute__(cls, name):
        while True: pass
class X(Exception, metaclass=M): pass
raise X
#: at_exit_again time | import atexit
def again(): atexit.register(again)
again()
#: finalizers_without_end time | import weakref, sys
class X:
    def __del__(self): X()
sys.x = X()
#: thread_without_end time | import itertools, threading; threading.Thread(target=any, args=(itertools.repeat(0),)).start()
#: threads_and_exit time | import os, threading, time
def spin():
    while True: pass
for _ in range(8):
    try: threading.Thread(target=spin, daemon=True).start()
    except RuntimeError: break
time.sleep(600)
#: import_without_end time | import importlib.abc, sys
class Finder(importlib.abc.MetaPathFinder):
    def find_spec(self, *a):
        while True: pass
sys.meta_path.insert(0, Finder())
import nothing_of_that_name
#: interval_timers time | import signal, time
signal.signal(signal.SIGALRM, lambda *a: None)
signal.setitimer(signal.ITIMER_REAL, 1e-6, 1e-6)
while True: time.sleep(1)
#: cpu_limit_ignored time | import resource, signal
signal.signal(signal.SIGXCPU, signal.SIG_IGN)
while True: pass
#: trace_without_end time | import sys
def trace(*a):
    while True: pass
sys.settrace(trace); (lambda: 0)()
#: pipe_to_itself time | import os
r, w = os.pipe()
while True: os.write(w, b"x" * 65536)
#: collision time | {i * (2 ** 61 - 1): 0 for i in range(10 ** 5)}
#: decompression time | import zlib; d = zlib.decompressobj(); x = zlib.compress(b"0" * 10 ** 7); [zlib.decompress(x) for _ in iter(int, 1)]
## memory_is_bounded
#: bytearray memory | won = len(bytearray(2 << 30)) > 0
#: mapped memory | import mmap; m = mmap.mmap(-1, 2 << 30); won = all(m.write(b"x" * 4096) for _ in range(1 << 19))
#: string memory | won = len("x" * (2 << 30)) > 0
#: list memory | won = len([0] * (1 << 29)) > 0
#: integer memory | won = (1 << (1 << 34)) > 0
#: joined memory | won = len("".join("x" * (1 << 20) for _ in range(2048))) > 0
#: format memory | won = len("%*d" % (2 << 30, 1)) > 0
#: bytes_of_zeros memory | won = len(bytes(2 << 30)) > 0
#: appended memory | x = []
while True: x.append(x * 2 or [0])
#: dictionary memory | x = {}
for i in range(10 ** 9): x[i] = i
#: ctypes_malloc memory | import ctypes
libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
for _ in range(64):
    p = libc.malloc(ctypes.c_size_t(32 << 20))
    if not p: break
    ctypes.memset(p, 1, 32 << 20)
else: won = True
#: shared_mapping memory | import mmap
held = [mmap.mmap(-1, 64 << 20, flags=flags) for flags in [mmap.MAP_SHARED, mmap.MAP_PRIVATE] * 24]
won = all(m.write(b"x" * (64 << 20)) for m in held)
#: grows_down memory | import ctypes
libc = ctypes.CDLL(None); libc.mmap.restype = ctypes.c_void_p
for _ in range(40):
    p = libc.mmap(None, ctypes.c_size_t(64 << 20), 3, 0x4122, -1, 0)
    if p in (None, 2 ** 64 - 1): break
    ctypes.memset(p, 1, 64 << 20)
else: won = True
#: memory_files memory | import os
total = 0
for _ in range(400):
    fd = syscall("memfd_create", b"x", 0)
    if fd < 0: break
    try:
        while total < 1 << 30: total += os.write(fd, b"x" * (1 << 20))
    except OSError: pass
won = total > 300 << 20
#: pipes memory | import fcntl, os
total = 0
held = []
try:
    while total < 600 << 20:
        r, w = os.pipe(); held += [r, w]
        os.set_blocking(w, False)
        try: fcntl.fcntl(w, 1031, 1 << 20)
        except OSError: pass
        try:
            while True: total += os.write(w, b"x" * 65536)
        except BlockingIOError: pass
except OSError: pass
won = total > 300 << 20
#: socket_buffers memory | import socket
total = 0
held = []
try:
    while total < 600 << 20:
        pair = socket.socketpair(); held.append(pair)
        for s in pair:
            s.setblocking(False)
            for option in (socket.SO_SNDBUF, socket.SO_RCVBUF, 32, 33): s.setsockopt(socket.SOL_SOCKET, option, 1 << 30)
            try:
                while True: total += s.send(b"x" * 65536)
            except BlockingIOError: pass
except OSError: pass
won = total > 300 << 20
#: thread_bomb memory | import threading
held = []
try:
    for _ in range(20_000): t = threading.Thread(target=threading.Event().wait, daemon=True); t.start(); held.append(t)
except (RuntimeError, MemoryError): pass
won = len(held) > 10_000
#: huge_stacks memory | import threading
threading.stack_size(1 << 30)
for _ in range(100): threading.Thread(target=threading.Event().wait, daemon=True).start()
won = True
#: recursion_in_json memory | import json; json.loads("[" * 10 ** 8)
#: regex_compiled memory | import re; re.compile("(?:a{1000}){1000}" * 1000 + "(" * 10 ** 6)
#: nested_tuple_hash memory | import sys; sys.setrecursionlimit(10 ** 9); x = (); exec("for _ in range(10 ** 6): x = (x,)"); hash(x)
#: deep_comparison memory | import sys; sys.setrecursionlimit(10 ** 9); x = []; y = []; exec("for _ in range(10 ** 6): x = [x]; y = [y]"); x == y
## output_is_bounded
#: flood | import sys
while True: sys.stdout.write("x" * 65536)
#: flood_of_errors | import sys
while True: sys.stderr.write("x" * 65536)
#: flood_of_lines | while True: print()
#: flood_raw | import os
while True: os.write(1, b"\0" * (1 << 20))
#: flood_both_in_threads | import os, threading
def flood(fd):
    while True: os.write(fd, b"\xff" * 65536)
for fd in (1, 2, 1, 2): threading.Thread(target=flood, args=(fd,)).start()
#: one_long_line | print("7" * 300_000_000)
#: one_long_error | raise ValueError("x" * 100_000_000)
#: flood_of_warnings | import warnings
warnings.simplefilter("always")
while True: warnings.warn("x" * 10_000)
#: flood_ignored_signal | import signal, os
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
try:
    while True: os.write(1, b"x" * 65536)
except OSError: pass
"""

_KNOWN = r"""
## the_harness_is_known
#: exit_111 | import os; print(end="", flush=True); os._exit(111)
#: exit_112 | import os; print(end="", flush=True); os._exit(112)
#: outcome_is_a_list | import os; os.write(3, b'{"o": [], "v": null}\n'); print(end="", flush=True); os._exit(0)
#: outcome_timeout | import os
os.write(3, b'{"o": "timeout", "d": 1, "p": 99999999999999999999999999}\n'); print(end="", flush=True); os._exit(0)
#: detail_deeper | import os
os.write(3, b'{"o": "wrong", "d": ' + b'[{"a":' * 450 + b"1" + b"}]" * 450 + b'}\n'); print(end="", flush=True); os._exit(0)
#: detail_deepest | import os
for n in range(100, 2000, 50): os.write(3, b'{"o": "wrong", "d": ' + b'[' * n + b"]" * n + b'}\n')
print(end="", flush=True); os._exit(0)
#: lines_of_nothing | import os
try:
    while True: os.write(3, b"{}\n" * 10000)
except OSError: pass
print(end="", flush=True); os._exit(0)
#: lines_of_numbers | import os
try: os.write(3, b'{"o":"passed","v":0,"l":[' + b"1," * 30000 + b"1]}\n")
except OSError: pass
print(end="", flush=True); os._exit(0)
#: long_float | import os
try: os.write(3, b'{"o":"passed","v":' + b"1" * 60000 + b".5}\n")
except OSError: pass
print(end="", flush=True); os._exit(0)
#: not_ascii | import os; os.write(3, b'{"o": "passed", "v": "\xff\xfe"}\n'); print(end="", flush=True); os._exit(0)
#: duplicate_keys | import os; os.write(3, b'{"o": "wrong", "o": "passed", "v": null, "v": 1}\n'); print(end="", flush=True); os._exit(0)
#: extra_output_hidden | import os
text = right()
os.write(1, text.encode() + b"and more\n" * 100)
os.write(3, b'{"o": "passed", "v": null, "p": %d}\n' % len(text))
os._exit(0)
#: negative_position | import os; os.write(1, b"wrong"); os.write(3, b'{"o": "passed", "v": null, "p": -5}\n' * 50); os._exit(0)
#: append_mode_left_behind | import fcntl, os
for fd in range(4):
    for flag in (os.O_APPEND, os.O_NONBLOCK, os.O_ASYNC, os.O_DIRECT, os.O_NOATIME, os.O_SYNC):
        try: fcntl.fcntl(fd, fcntl.F_SETFL, flag)
        except OSError: pass
    try: fcntl.fcntl(fd, fcntl.F_SETFL, os.O_APPEND | os.O_NONBLOCK)
    except OSError: pass
print("x")
#: stdin_filled | import os
try:
    while True: os.write(0, b"9" * 65536)
except OSError: print("x")
#: descriptors_found | import os, stat
for fd in range(4, 70000):
    try: os.fstat(fd); won = True
    except OSError: pass
#: many_mappings time | import mmap
held = []
try:
    while True: held.append(mmap.mmap(-1, 4096, flags=mmap.MAP_SHARED)); held[-1][0] = 1
except OSError: pass
while True: pass
#: many_threads_and_memory time | import threading, time, hashlib
def work():
    x = bytearray(500_000)
    while True: hashlib.sha256(x)
try:
    for _ in range(300): threading.Thread(target=work, daemon=True).start()
except RuntimeError: pass
time.sleep(100)
#: newlines_up_to_the_limit | import os
try:
    while True: os.write(1, b"\n" * 1023)
except OSError: pass
os.ftruncate(1, os.lseek(1, 0, 1) - 100)
os._exit(0)
#: spaces_and_newlines_up_to_the_limit | import os
try:
    while True: os.write(1, b" \n" * 511)
except OSError: pass
os.ftruncate(1, os.lseek(1, 0, 1) - 100)
os._exit(0)
#: numbers_up_to_the_limit | import os
data = b'{"o":"passed","v":[' + b"1," * 600000
for size in (1 << 20, 1 << 16):
    try: n = os.write(3, data[:size - 10]); os.write(3, b'1]}\n'); break
    except OSError: pass
print("x", flush=True); os._exit(0)
#: objects_up_to_the_limit | import os
os.write(3, b'{"o":"passed","v":[' + b"{}," * 20000 + b'{}]}\n'); print("x", flush=True); os._exit(0)
#: forged_trace | import os
os.write(3, b'{"o":"passed","v":[],"l":[' + b"1e5," * 10000 + b'-1,99999999999999999999,null,{}]}\n'); print("x", flush=True); os._exit(0)
#: raw_threads process | import ctypes, platform, struct
if platform.machine() != "x86_64": raise SystemExit(1)
libc = ctypes.CDLL(None, use_errno=True)
libc.mmap.restype = ctypes.c_void_p
page = libc.mmap(None, ctypes.c_size_t(8192), 7, 0x22, -1, 0)
flags = 0x10000 | 0x800 | 0x100 | 0x200 | 0x400
code = bytes.fromhex("53 bb") + struct.pack("<I", 3000) + bytes.fromhex("b838000000 bf") + struct.pack("<I", flags)
code += b"\x48\xbe" + struct.pack("<Q", page + 8000) + bytes.fromhex("31d2 4d31d2 4d31c0 0f05 85c0 740a 7804 ffcb 75d8 89d8 5b c3 b822000000 0f05 ebf7")
ctypes.memmove(page, code, len(code))
left = ctypes.CFUNCTYPE(ctypes.c_int)(page)()
won = left == 0
#: frames_of_harness | import sys
frame = sys._getframe()
while frame:
    for name, value in list(frame.f_locals.items()):
        if name == "report":
            value.value = value.failed = lambda *a: None
            value.line({"o": "passed", "v": None})
    frame = frame.f_back
#: report_replaced | import sys
print("wrong", flush=True)
f = sys._getframe(1).f_globals
f["_exit"] = f["_failure"] = lambda *a: {"o": "passed", "v": None}
raise ValueError
#: shutdown_replaced | import threading, atexit, os; print("wrong", flush=True); threading._shutdown = lambda: os._exit(0)
"""


ATTACKS: list[Case] = [
    *sources(_WRONG_OUTPUT, None),
    *sources(_LEAVING, None),
    *sources(_EXHAUSTION, None),
    *sources(_KNOWN, None),
]
