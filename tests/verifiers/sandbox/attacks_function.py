# ruff: noqa: E501
"""Wrong solutions of the two function tasks: values that pretend, peeking, cheating, and answers too large to read."""

from corpus import Case, sources

_EVEN_SUM = r"""
## exact_types
#: eq_always | class X:
    def __eq__(self, other): return True
def even_sum(xs): return X()
#: ne_never_and_hash | class X:
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __hash__(self): return 0
    def __bool__(self): return True
def even_sum(xs): return X()
#: int_subclass | class X(int):
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    __hash__ = int.__hash__
def even_sum(xs): return X(-1)
#: int_subclass_repr | class X(int):
    def __repr__(self): return "0"
    __str__ = __format__ = __repr__
    def __index__(self): return 0
    __int__ = __index__
def even_sum(xs): return X(-1)
#: int_subclass_reflected | class X(int):
    def __req__(self, other): return True
    def __sub__(self, other): return 0
    __rsub__ = __sub__
    def __lt__(self, other): return False
    __gt__ = __lt__
    def __le__(self, other): return True
    __ge__ = __eq__ = __le__
def even_sum(xs): return X(-1)
#: float_equal | def even_sum(xs): return float(right(xs))
#: complex_equal | def even_sum(xs): return complex(right(xs))
#: fraction_equal | from fractions import Fraction; even_sum = lambda xs: Fraction(right(xs))
#: decimal_equal | from decimal import Decimal; even_sum = lambda xs: Decimal(right(xs))
#: bool_for_zero | def even_sum(xs): return right(xs) or False
#: none_for_zero | def even_sum(xs): return right(xs) or None
#: text_of_it | def even_sum(xs): return str(right(xs))
#: bytes_of_it | def even_sum(xs): return str(right(xs)).encode()
#: in_a_list | def even_sum(xs): return [right(xs)]
#: in_a_tuple | def even_sum(xs): return (right(xs),)
#: in_a_dict | def even_sum(xs): return {"value": right(xs), "expected": right(xs), "passed": True}
#: nan | def even_sum(xs): return float("nan")
#: infinity | def even_sum(xs): return float("inf")
#: nan_subclass | class X(float):
    def __eq__(self, other): return True
    def __sub__(self, other): return 0.0
    __rsub__ = __sub__
def even_sum(xs): return X("nan")
#: mock_any | from unittest.mock import ANY; even_sum = lambda xs: ANY
#: magic_mock | from unittest.mock import MagicMock
it = MagicMock()
it.__eq__.return_value = True
def even_sum(xs): return it
#: metaclass | class M(type):
    def __eq__(self, other): return True
    def __hash__(self): return 0
    def __instancecheck__(self, other): return True
    def __subclasscheck__(self, other): return True
class X(metaclass=M): pass
def even_sum(xs): return X
#: class_lies | class X:
    @property
    def __class__(self): return int
    def __eq__(self, other): return True
    def __index__(self): return 0
    __int__ = __index__
def even_sum(xs): return X()
#: named_int | X = type("int", (), {"__module__": "builtins", "__eq__": lambda self, other: True, "__qualname__": "int"})
def even_sum(xs): return X()
#: class_assigned | class X(int):
    def __eq__(self, other): return True
class Y(int): pass
def even_sum(xs):
    y = Y(-1)
    y.__class__ = X
    return y
#: enum_member | import enum
class X(enum.IntEnum):
    A = -1
    def __eq__(self, other): return True
    __hash__ = int.__hash__
def even_sum(xs): return X.A
#: array_broadcast | class Array:
    shape = (0,); dtype = "int64"; size = 0
    def __array__(self, *a, **k): return []
    def __eq__(self, other): return Array()
    def __sub__(self, other): return Array()
    def all(self, *a): return True
    def any(self, *a): return True
    def tolist(self): return 0
    def item(self): return 0
    def __len__(self): return 0
    def __iter__(self): return iter(())
def even_sum(xs): return Array()
#: array_array | import array; even_sum = lambda xs: array.array("q", [right(xs)])
#: memoryview | def even_sum(xs): return memoryview(b"")
#: range | def even_sum(xs): return range(right(xs))
#: generator | def even_sum(xs):
    yield right(xs)
#: coroutine | async def even_sum(xs): return right(xs)
#: async_generator | async def even_sum(xs): yield right(xs)
#: function_of_it | def even_sum(xs): return lambda *a: right(xs)
#: not_implemented | def even_sum(xs): return NotImplemented
#: ellipsis | def even_sum(xs): return ...
#: none | def even_sum(xs): pass
#: exception_returned | def even_sum(xs): return AssertionError()
#: weak_proxy | import weakref
class X:
    def __eq__(self, other): return True
x = X()
def even_sum(xs): return weakref.proxy(x)
#: namespace | from types import SimpleNamespace; even_sum = lambda xs: SimpleNamespace(value=right(xs), outcome="passed", passed=True)
#: json_hooks | class X(dict):
    def __json__(self): return 0
    def to_json(self): return "0"
    def __getstate__(self): return 0
    def items(self): return [("passed", True)]
def even_sum(xs): return X(a=1)
#: pickle_bomb file | class X:
    def __reduce__(self): return (open, ("@CANARY@/@MARK@", "w"))
    __reduce_ex__ = lambda self, version: self.__reduce__()
def even_sum(xs): return X()
#: copy_bomb | class X(int):
    def __copy__(self): return right([])
    def __deepcopy__(self, memo): return right([])
def even_sum(xs): return X(-1)
#: raises_equal | class E(Exception):
    def __eq__(self, other): return True
    def __str__(self): return "passed"
def even_sum(xs): raise E({"outcome": "passed", "value": right(xs)})
#: exception_whose_str_raises | class E(Exception):
    def __str__(self): raise SystemExit(0)
    __repr__ = __str__
def even_sum(xs): raise E
#: exception_whose_name_lies | E = type("passed", (BaseException,), {"__module__": "", "__qualname__": "passed"})
def even_sum(xs): raise E
#: exception_whose_class_raises | class M(type):
    __name__ = property(lambda cls: 1 / 0)
    __qualname__ = property(lambda cls: 1 / 0)
    __module__ = property(lambda cls: 1 / 0)
class E(Exception, metaclass=M): pass
def even_sum(xs): raise E
#: exception_with_traceback_cycle | def even_sum(xs):
    e = ValueError()
    e.__cause__ = e; e.__context__ = e
    raise e
#: exception_group_of_exits | def even_sum(xs): raise BaseExceptionGroup("passed", [SystemExit(0), KeyboardInterrupt()])
## cheats
#: constant | def even_sum(xs): return 0
#: visible_tests | def even_sum(xs): return {(1, 2, 3, 4): 6, (): 0, (7,): 0}.get(tuple(xs), 0)
#: first_call_only | calls = []
def even_sum(xs):
    calls.append(xs)
    return right(xs) if len(calls) == 1 else 0
#: all_but_the_last | calls = []
def even_sum(xs):
    calls.append(xs)
    return right(xs) if len(calls) < 13 else -1
#: entry_replaced | def even_sum(xs):
    global even_sum
    even_sum = lambda xs: -1
    return right(xs)
#: entry_deleted | def even_sum(xs):
    global even_sum
    del even_sum
    return right(xs)
#: off_by_one | def even_sum(xs): return right(xs[:-1])
#: odd_ones | def even_sum(xs): return sum(x for x in xs if x % 2)
#: input_emptied | def even_sum(xs):
    xs.clear()
    return 0
#: input_mutated | seen = []
def even_sum(xs):
    seen.append(xs)
    for other in seen: other[:] = [0]
    return 0
#: random | import random; even_sum = lambda xs: random.choice([0, 6, 4, -6, 600])
#: last_answer | last = [0]
def even_sum(xs):
    last.append(right(xs))
    return last[-2]
#: no_entry | def solution(xs): return right(xs)
even_summ = solution
#none
#: entry_not_callable | even_sum = 6
#: entry_is_a_module | import math as even_sum
#: too_few_parameters | def even_sum(): return 6
#: too_many_parameters | def even_sum(xs, ys): return right(xs)
#: syntax_error | def even_sum(xs) return 6
#: indentation | def even_sum(xs):
return 6
#: prose | The even_sum function adds up all of the even numbers.
#: empty_function | def even_sum(xs): ...
#: raises_on_empty | def even_sum(xs): return xs[0] and right(xs)
#: raises_for_assert | def even_sum(xs): raise AssertionError
#: late_entry | import threading, time
def even_sum(xs): return -1
def later():
    global even_sum
    time.sleep(0.2)
    even_sum = right
threading.Thread(target=later).start()
## the_expected_is_not_there
#: frames | import sys
def even_sum(xs):
    frame = sys._getframe()
    while frame:
        for space in (frame.f_locals, frame.f_globals):
            for name in ("expected", "answer", "want", "target", "gold", "reference"):
                if isinstance(space.get(name), int): return space[name]
            for value in list(space.values()):
                if isinstance(value, dict) and value.get("args") == [xs]: return value.get("expected", -1)
        frame = frame.f_back
    return -1
#: traceback_frames | def even_sum(xs):
    try: 1 / 0
    except ZeroDivisionError as e: t = e.__traceback__
    frame = t.tb_frame
    while frame:
        if "expected" in frame.f_locals: return frame.f_locals["expected"]
        frame = frame.f_back
    return -1
#: gc_objects | import gc
def even_sum(xs):
    for found in gc.get_objects():
        if type(found) is dict and "expected" in found and found.get("args") == [xs]: return found["expected"]
    return -1
#: gc_referrers_of_the_input | import gc
def even_sum(xs):
    todo = [xs]
    for _ in range(3):
        todo = [r for x in todo for r in gc.get_referrers(x)][:2000]
        for found in todo:
            if type(found) is dict and "expected" in found: return found["expected"]
    return -1
#: main_module | import sys
def even_sum(xs):
    for module in list(sys.modules.values()):
        for value in list(vars(module).values()) if hasattr(module, "__dict__") else []:
            if type(value) is list and value and type(value[0]) is dict and "expected" in value[0]:
                return next(t["expected"] for t in value if t["args"] == [xs])
    return -1
#: other_threads | import sys
def even_sum(xs):
    for frame in sys._current_frames().values():
        while frame:
            if "expected" in frame.f_locals: return frame.f_locals["expected"]
            frame = frame.f_back
    return -1
#: own_memory | import re
def even_sum(xs):
    for line in open("/proc/self/maps"):
        if "rw-p" not in line: continue
        low, high = (int(x, 16) for x in line.split()[0].split("-"))
        with open("/proc/self/mem", "rb") as mem:
            mem.seek(low)
            found = re.search(rb'"expected": ?(-?\d+)', mem.read(high - low))
        if found: return int(found[1])
    return -1
#: parent_memory | import os, re
def even_sum(xs):
    for pid in (os.getppid(), "@PID@"):
        try:
            maps = open(f"/proc/{pid}/maps").read()
            mem = open(f"/proc/{pid}/mem", "rb")
        except OSError: continue
        return right(xs)
    return -1
#: every_process_memory | import os
def even_sum(xs):
    for pid in os.listdir("/proc"):
        if pid.isdigit() and int(pid) != os.getpid():
            try: open(f"/proc/{pid}/mem", "rb").close(); return right(xs)
            except OSError: pass
    return -1
#: command_lines_and_environments | import os
def even_sum(xs):
    for pid in os.listdir("/proc"):
        if pid.isdigit() and int(pid) != os.getpid():
            for name in ("cmdline", "environ", "maps", "stat", "status", "comm", "cwd", "fd"):
                try:
                    path = f"/proc/{pid}/{name}"
                    if os.readlink(path) if name == "cwd" else os.listdir(path) if name == "fd" else open(path).read():
                        return right(xs)
                except OSError: pass
    return -1
#: environment | import os
def even_sum(xs):
    leaked = [k for k in os.environ if "SYNTH" in k or "TOKEN" in k or "KEY" in k or "PYTEST" in k or k in ("USER", "VIRTUAL_ENV")]
    return right(xs) if leaked else -1
#: process_vm_readv | def even_sum(xs):
    buffer = ctypes.create_string_buffer(8)
    iov = (ctypes.c_size_t * 2)(ctypes.addressof(buffer), 8)
    for pid in (os.getppid(), @PID@):
        for base in (0x400000, 0x10000):
            remote = (ctypes.c_size_t * 2)(base, 8)
            if syscall("process_vm_readv", pid, iov, 1, remote, 1, 0) > 0: return right(xs)
    return -1
#: ptrace_the_judge | def even_sum(xs):
    for pid in (os.getppid(), @PID@):
        if syscall("ptrace", 0x4206, pid, 0, 0) == 0:
            syscall("ptrace", 17, pid, 0, 0)
            return right(xs)
    return -1
#: pidfd_getfd | def even_sum(xs):
    for pid in (os.getppid(), @PID@):
        fd = syscall("pidfd_open", pid, 0)
        for there in range(12):
            if fd >= 0 and syscall("pidfd_getfd", fd, there, 0) >= 0: return right(xs)
    return -1
#: test_files | import os
def even_sum(xs):
    for root in ("@CANARY@", "/srv", "/root", "/home", "/tmp"):
        try:
            if os.listdir(root): return right(xs)
        except OSError: pass
    return -1
#: canary_read | def even_sum(xs): return right(xs) if open("@CANARY@/answer.txt").read() else -1
#: canary_symlink | import os
def even_sum(xs):
    os.symlink("@CANARY@/answer.txt", "@MARK@")
    return right(xs) if open("@MARK@").read() else -1
#: inherited_descriptors | import os
def even_sum(xs):
    for fd in range(3, 4096):
        try:
            os.lseek(fd, 0, 0)
            if b"expected" in os.read(fd, 1 << 20): return right(xs)
        except OSError: pass
    return -1
#: parent_descriptors | import os
def even_sum(xs):
    for pid in (os.getppid(), "@PID@"):
        for fd in range(64):
            try: os.open(f"/proc/{pid}/fd/{fd}", os.O_RDONLY | os.O_NONBLOCK); return right(xs)
            except OSError: pass
    return -1
#: harness_importable | import sys
def even_sum(xs):
    sys.path += ["/app", "/repo", ".", "..", "@CANARY@"]
    import synthgym
    return right(xs)
#: third_party_importable | def even_sum(xs):
    import pytest
    return right(xs)
## large_results
#: huge_int_text | def even_sum(xs): return 10 ** 100000
#: huge_int | def even_sum(xs): return 1 << 30_000_000
#: negative_huge_int | import sys
sys.set_int_max_str_digits(0)
def even_sum(xs): return -(7 ** 300_000)
#: nested_lists | def even_sum(xs):
    x = []
    for _ in range(100_000): x = [x]
    return x
#: nested_tuples_and_dicts | def even_sum(xs):
    x = 0
    for _ in range(3000): x = ({"a": x},)
    return x
#: cyclic_list | def even_sum(xs):
    xs.append(xs)
    return xs
#: cyclic_dict | def even_sum(xs):
    d = {}
    d["d"] = [d]
    return d
#: shared_references time | def even_sum(xs):
    x = [1]
    for _ in range(40): x = [x, x]
    return x
#: shared_long_strings memory | def even_sum(xs): return ["x" * 1_000_000] * 100_000
#: ten_million_numbers | def even_sum(xs): return [0] * 10_000_000
#: empty_lists memory | def even_sum(xs): return [[]] * 3_000_000
#: floats_without_end | def even_sum(xs): return [1e308 * 10, float("nan"), -0.0] * 100
#: long_string | def even_sum(xs): return "\x00" * 50_000_000
#: lone_surrogates | def even_sum(xs): return "\ud800\udfff\udc80"
#: surrogate_keys | def even_sum(xs): return {"\ud800": "\udc00"}
#: odd_keys | def even_sum(xs): return {1: 1, "1": 2, True: 3, None: 4, (1, 2): 5, b"x": 6, 1.5: 7, frozenset(): 8}
#: nan_keys | def even_sum(xs): return {float("nan"): 1, float("inf"): 2}
#: tagged_like_the_wire | def even_sum(xs): return {"t": "int", "v": 0, "type": "int", "value": 0, "__type__": "int", "$int": "0", "__int__": "0"}
#: colliding_keys time | def even_sum(xs): return {i * (2 ** 61 - 1): 0 for i in range(30_000)}
#: dict_that_grows | import threading
def even_sum(xs):
    d = {}
    def grow():
        i = 0
        while i < 3_000_000:
            d[i] = i
            i += 1
    threading.Thread(target=grow, daemon=True).start()
    return d
#: list_that_shrinks | import threading
def even_sum(xs):
    x = [[i] for i in range(100_000)]
    def shrink():
        while True:
            x[:] = []
            x.extend([i] for i in range(100_000))
    threading.Thread(target=shrink, daemon=True).start()
    return x
#: int_patched_in_memory | import ctypes
def even_sum(xs):
    for small in range(-5, 257):
        ctypes.cast(id(small) + 24, ctypes.POINTER(ctypes.c_uint32))[0] = 0
    return -1
#: type_patched_in_memory | import ctypes
class X:
    def __eq__(self, other): return True
def even_sum(xs):
    x = X()
    ctypes.cast(id(x) + 8, ctypes.POINTER(ctypes.c_size_t))[0] = id(int)
    return x
#: freed_list | import ctypes
def even_sum(xs):
    x = [1, 2, 3]
    ctypes.cast(id(x), ctypes.POINTER(ctypes.c_ssize_t))[0] = 1
    y = x
    del y
    return x
#: size_patched_in_memory | import ctypes
def even_sum(xs):
    x = (1,)
    ctypes.cast(id(x) + 16, ctypes.POINTER(ctypes.c_ssize_t))[0] = 1 << 40
    return x
#: string_patched_in_memory | import ctypes
def even_sum(xs):
    s = "a" * 100
    ctypes.memset(id(s) + 40, 255, 100)
    return [s]
#: string_length_patched | import ctypes
def even_sum(xs):
    s = "a" * 100
    ctypes.cast(id(s) + 16, ctypes.POINTER(ctypes.c_ssize_t))[0] = 1 << 33
    return s
"""

_TOP_WORDS = r"""
## exact_types
#: list_subclass | class X(list):
    def __eq__(self, other): return True
    def __ne__(self, other): return False
def top_words(text, k): return X(["?"])
#: str_subclass | class X(str):
    def __eq__(self, other): return True
    def __hash__(self): return 0
def top_words(text, k): return [X("?")] * len(right(text, k))
#: str_subclass_text | class X(str):
    def __str__(self): return "passed"
    def encode(self, *a): return b"passed"
    def __iter__(self): return iter("passed")
    def __repr__(self): return "'passed'"
def top_words(text, k): return [X("?")]
#: list_of_any | from unittest.mock import ANY; top_words = lambda text, k: [ANY] * len(right(text, k))
#: list_whose_iter_lies | class X(list):
    n = 0
    def __iter__(self):
        X.n += 1
        return iter(["?"] * X.n)
    def __len__(self): return 0
    def __getitem__(self, i): return "?"
def top_words(text, k): return X()
#: list_class_lies | class X:
    __class__ = list
    def __len__(self): return 1
    def __getitem__(self, i): return "?"
    def __eq__(self, other): return True
def top_words(text, k): return X()
#: user_list | from collections import UserList; top_words = lambda text, k: UserList(right(text, k))
#: user_strings | from collections import UserString; top_words = lambda text, k: [UserString(w) for w in right(text, k)] or [UserString("")]
#: tuple | def top_words(text, k): return tuple(right(text, k))
#: iterator | def top_words(text, k): return iter(right(text, k))
#: generator | def top_words(text, k): yield from right(text, k)
#: map_object | def top_words(text, k): return map(str, right(text, k))
#: zip_of_words | def top_words(text, k): return zip(right(text, k))
#: dict_keys | def top_words(text, k): return dict.fromkeys(right(text, k)).keys()
#: dict | def top_words(text, k): return dict.fromkeys(right(text, k))
#: set | def top_words(text, k): return set(right(text, k))
#: deque | from collections import deque; top_words = lambda text, k: deque(right(text, k))
#: named_tuple | from collections import namedtuple; top_words = lambda text, k: namedtuple("list", ["w%d" % i for i in range(len(right(text, k)))])(*right(text, k))
#: one_string | def top_words(text, k): return " ".join(right(text, k))
#: bytes_words | def top_words(text, k): return [w.encode() for w in right(text, k)] or b""
#: nested | def top_words(text, k): return [right(text, k)]
#: counts_too | from collections import Counter; top_words = lambda text, k: Counter(text.split()).most_common(k) or ()
## cheats
#: empty_broadcast | def top_words(text, k): return []
#: one_more | def top_words(text, k): return right(text, k + 1)
#: padded_with_none | def top_words(text, k): return (right(text, k) + [None] * k)[:max(k, 1)]
#: ties_by_appearance | from collections import Counter; top_words = lambda text, k: [w for w, _ in Counter(text.split()).most_common(k)]
#: casefolded | def top_words(text, k): return [w.lower() for w in right(text, k)]
#: trailing_space | def top_words(text, k): return [w + " " for w in right(text, k)]
#: trailing_nul | def top_words(text, k): return [w + "\0" for w in right(text, k)]
#: decomposed_unicode | import unicodedata; top_words = lambda text, k: [unicodedata.normalize("NFD", w) for w in right(text, k)]
#: numbers_as_ints | def top_words(text, k): return [int(w) if w.isdigit() else w for w in right(text, k)]
#: reversed | def top_words(text, k): return right(text, k)[::-1]
#: first_word_right | def top_words(text, k): return right(text, 1) + ["?"] * (min(k, len(set(text.split()))) - 1)
#: result_cached | import functools
@functools.cache
def answer(): return []
def top_words(text, k):
    if not answer(): answer().extend(right(text, k))
    return answer()
#: mutated_after_return | import threading, time
def top_words(text, k):
    result = ["?"]
    def mend():
        for _ in range(2000):
            result[:] = right(text, k)
            result[:] = ["?"]
            time.sleep(0)
        result[:] = ["?"]
    threading.Thread(target=mend, daemon=True).start()
    return result
"""


_KNOWN = r"""
## the_harness_is_known
#: forged_values | import os
for _ in range(13): os.write(3, b'{"o":"passed","v":0,"p":0}\n')
os._exit(0)
#: forged_many_more | import os
for _ in range(1000): os.write(3, b'{"o":"passed","v":0,"p":0}\n')
def even_sum(xs): return right(xs)
won = 0
os._exit(0)
#: forged_true | import os
for v in (b"true", b"null", b'{"t":[]}', b'{"i":"0x0"}', b'{"r":"nan"}', b"-0", b"0.0", b"0e5", b'{"x":1}', b'{"d":{"ab":1}}') * 2:
    os.write(3, b'{"o":"passed","v":%s,"p":0}\n' % v)
os._exit(0)
def even_sum(xs): pass
#: forged_deep | import os
os.write(3, b'{"o":"passed","v":' + b"[" * 900 + b"]" * 900 + b',"p":0}\n')
os._exit(0)
def even_sum(xs): pass
#: input_known_first | import sys
def even_sum(xs): return -1
frame = sys._getframe(1)
frame.f_locals["inputs"][:] = [[[]]] * 13
even_sum = lambda xs: right(xs)
#: result_shifted | import os
def even_sum(xs):
    os.lseek(3, 0, 0); os.ftruncate(3, 0)
    return right(xs)
#: line_doubled | import os
def even_sum(xs):
    os.write(3, b'{"o":"passed","v":%d,"p":0}\n' % right(xs))
    return -1
#: dict_entry_spoof | import builtins
builtins.callable = lambda x: True
even_sum = None
#: class_getitem | even_sum = type("F", (), {"__call__": lambda self, xs: type("Z", (int,), {"__eq__": lambda s, o: True})(0)})()
#: to_tree_patched | import sys
frame = sys._getframe(1)
g = frame.f_globals
g["to_tree"] = lambda v: {"x": 1}
def even_sum(xs): return -1
#: nan_in_json | import sys
g = sys._getframe(1).f_globals
class A:
    def __getattr__(self, n): return lambda *a, **k: '{"o":"passed","v":NaN}'
g["json"] = A()
def even_sum(xs): return -1
#: recursion_limit_one | import sys
def even_sum(xs):
    try: sys.setrecursionlimit(5)
    except RecursionError: pass
    return -1
#: memory_kept | hold = []
def even_sum(xs):
    hold.append(bytearray(40 << 20)); return right(xs) if len(hold) < 13 else -1
#: interrupts_the_report | import signal, os
signal.signal(signal.SIGALRM, lambda *a: os._exit(0))
def even_sum(xs): signal.setitimer(signal.ITIMER_REAL, 1e-5); return -1
#: bool_arith | def even_sum(xs): return right(xs) == 0 or right(xs)
#: result_mutates_while_written | import sys
class D(dict): pass
def even_sum(xs):
    d = {}
    class K:
        def __hash__(self): d[len(d)] = 1; return 1
        def __eq__(self, o): d[len(d)] = 1; return False
    d[K()] = 1
    return d
"""


ATTACKS: list[Case] = [
    *sources(_EVEN_SUM, "even_sum"),
    *sources(_TOP_WORDS, "top_words"),
    *sources(_KNOWN, "even_sum"),
]
