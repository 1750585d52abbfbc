# ruff: noqa: E501
"""Right solutions in unusual ways, all of which must pass."""

from dataclasses import replace

from corpus import Case, sources

_EVEN_SUM = r"""
## plain
#: comprehension | def even_sum(xs): return sum(x for x in xs if x % 2 == 0)
#: entry_is_lambda | even_sum = lambda xs: sum(x for x in xs if not x & 1)
#: spaces_and_comments | # a comment
def even_sum(xs):   # another
	return sum([x for x in xs if x%2==0])	# tab
#: carriage_returns | def even_sum(xs):{CR}
    return sum(x for x in xs if x % 2 == 0){CR}
#: annotations | from __future__ import annotations
def even_sum(xs: list[Unknown]) -> NotThere: return sum(x for x in xs if x % 2 == 0)
#: unicode_names | def even_sum(ξs): return sum(ξ for ξ in ξs if ξ % 2 == 0)  # été 漢字
#: positional_only_and_defaults | def even_sum(xs, /, *rest, step=2, **more): return sum(x for x in xs if x % step == 0)
#: input_mutated | def even_sum(xs):
    total = 0
    while xs:
        x = xs.pop()
        total += x if x % 2 == 0 else 0
    return total
## prints
#: debugging_text | print("loading", flush=True)
def even_sum(xs):
    print("called with", xs)
    total = 0
    for x in xs:
        if x % 2 == 0:
            total += x
            print("  total is now", total)
    return total
#: ends_with_examples | def even_sum(xs): return sum(x for x in xs if x % 2 == 0)
if __name__ == "__main__":
    print(even_sum([1, 2]))
    assert even_sum([1, 2, 4]) == 6
#: looks_like_success | def even_sum(xs):
    print('PASSED {"outcome": "wrong", "value": 3}', end="\r\n\0")
    return sum(x for x in xs if x % 2 == 0)
#: to_stderr_and_logging | import logging, sys, warnings
logging.basicConfig(level=logging.DEBUG)
def even_sum(xs):
    logging.debug("xs %s", xs); warnings.warn("watch out"); print("x", file=sys.stderr)
    return sum(x for x in xs if x % 2 == 0)
#: redirected | import contextlib, io, os
def even_sum(xs):
    with contextlib.redirect_stdout(io.StringIO()) as out: print(sum(x for x in xs if x % 2 == 0))
    with open(os.devnull, "w") as null: print("nothing", file=null)
    return int(out.getvalue())
#: print_replaced | print = lambda *a, **k: None
def even_sum(xs): print(xs); return sum(x for x in xs if x % 2 == 0)
#: stdout_replaced | import io, sys
def even_sum(xs):
    sys.stdout = io.StringIO(); print("lost")
    return sum(x for x in xs if x % 2 == 0)
#: odd_characters_printed | def even_sum(xs): print("\ud800".encode("utf-8", "replace"), "\x00\x1b[2J é 漢 \U0001f600"); return sum(x for x in xs if x % 2 == 0)
## entries
#: class_with_call | class Sum:
    def __init__(self, step): self.step = step
    def __call__(self, xs): return sum(x for x in xs if x % self.step == 0)
even_sum = Sum(2)
#: partial | import functools
def multiples(step, xs): return sum(x for x in xs if x % step == 0)
even_sum = functools.partial(multiples, 2)
#: static_and_class_methods | class Solution:
    @staticmethod
    def keep(x): return x % 2 == 0
    @classmethod
    def total(cls, xs): return sum(filter(cls.keep, xs))
even_sum = Solution.total
#: bound_method | class Solution:
    def even_sum(self, xs): return sum(x for x in xs if x % 2 == 0)
even_sum = Solution().even_sum
#: decorated | import functools, time
def timed(f):
    @functools.wraps(f)
    def inner(*a, **k):
        start = time.perf_counter()
        try: return f(*a, **k)
        finally: print(time.perf_counter() - start)
    return inner
@timed
def even_sum(xs): return sum(x for x in xs if x % 2 == 0)
#: cached | import functools
@functools.lru_cache(maxsize=None)
def total(xs): return xs and (xs[0] if xs[0] % 2 == 0 else 0) + total(xs[1:]) or 0
def even_sum(xs): return total(tuple(xs))
#: closure_and_nonlocal | def make():
    calls = 0
    def even_sum(xs):
        nonlocal calls
        calls += 1
        return sum(x for x in xs if x % 2 == 0)
    return even_sum
even_sum = make()
#: global_state | seen = {}
def even_sum(xs):
    global seen
    seen = {**seen, len(seen): xs}
    return sum(x for x in seen[len(seen) - 1] if x % 2 == 0)
#: from_exec | exec("def even_sum(xs):\n    return eval('sum(x for x in xs if x % 2 == 0)', {'xs': xs})")
#: compiled_from_ast | import ast
tree = ast.parse("def even_sum(xs): return sum(x for x in xs if x % 3 == 0)")
for node in ast.walk(tree):
    if isinstance(node, ast.Constant) and node.value == 3: node.value = 2
exec(compile(tree, "<made>", "exec"))
#: metaclass_made | class Meta(type):
    def __call__(cls, xs): return sum(x for x in xs if x % 2 == 0)
class even_sum(metaclass=Meta): pass
#: class_whose_new_returns | class even_sum:
    def __new__(cls, xs): return sum(x for x in xs if x % 2 == 0)
#: in_globals | globals()["even_sum"] = lambda xs: sum(x for x in xs if x % 2 == 0)
#: module_getattr_and_main | import sys
module = sys.modules["__main__" if __name__ == "__main__" else __name__]
def even_sum(xs): return module.helper(xs)
def helper(xs): return sum(x for x in xs if x % 2 == 0)
## recursion
#: shallow | def even_sum(xs): return 0 if not xs else (xs[0] if xs[0] % 2 == 0 else 0) + even_sum(xs[1:])
#: deep | import sys
sys.setrecursionlimit(60_000)
def depth(n): return 0 if n == 0 else 1 + depth(n - 1)
def even_sum(xs): return sum(x for x in xs if x % 2 == 0) + depth(20_000) - 20_000
#: deep_in_a_big_thread | import sys, threading
sys.setrecursionlimit(100_000)
threading.stack_size(64 << 20)
def depth(n): return 0 if n == 0 else 1 + depth(n - 1)
def even_sum(xs):
    found = []
    t = threading.Thread(target=lambda: found.append(sum(x for x in xs if x % 2 == 0) + depth(50_000) - 50_000))
    t.start(); t.join()
    return found[0]
#: recursion_error_caught | def forever(): return forever()
def even_sum(xs):
    try: forever()
    except RecursionError: return sum(x for x in xs if x % 2 == 0)
## threads
#: thread_and_queue | import queue, threading
def even_sum(xs):
    todo, done = queue.Queue(), queue.Queue()
    def work():
        while (x := todo.get()) is not None: done.put(x if x % 2 == 0 else 0)
    threads = [threading.Thread(target=work, daemon=True) for _ in range(3)]
    for t in threads: t.start()
    for x in [*xs, None, None, None]: todo.put(x)
    for t in threads: t.join()
    return sum(done.queue)
#: executor | from concurrent.futures import ThreadPoolExecutor
def even_sum(xs):
    with ThreadPoolExecutor(4) as pool: return sum(pool.map(lambda x: x if x % 2 == 0 else 0, xs))
#: executor_left_open | from concurrent.futures import ThreadPoolExecutor
pool = ThreadPoolExecutor(2)
def even_sum(xs): return pool.submit(sum, [x for x in xs if x % 2 == 0]).result()
#: daemon_left_running | import threading
threading.Thread(target=threading.Event().wait, daemon=True).start()
def even_sum(xs): return sum(x for x in xs if x % 2 == 0)
#: asyncio | import asyncio
async def one(x):
    await asyncio.sleep(0)
    return x if x % 2 == 0 else 0
async def gathered(xs): return sum(await asyncio.gather(*map(one, xs)))
def even_sum(xs): return asyncio.run(gathered(xs))
#: forty_threads | import threading
def even_sum(xs):
    out, gate = [], threading.Barrier(40)
    def work(): gate.wait(); out.append(0)
    threads = [threading.Thread(target=work) for _ in range(40)]
    for t in threads: t.start()
    for t in threads: t.join()
    return sum(x for x in xs if x % 2 == 0) + sum(out)
#: asyncio_and_threads | import asyncio
async def main(xs):
    loop = asyncio.get_running_loop(); queue = asyncio.Queue()
    parts = await asyncio.gather(*(asyncio.to_thread(lambda x=x: x if x % 2 == 0 else 0) for x in xs))
    for part in parts: await queue.put(part)
    async with asyncio.TaskGroup() as group: tasks = [group.create_task(queue.get()) for _ in parts]
    return sum(t.result() for t in tasks) + await loop.run_in_executor(None, int)
def even_sum(xs): return asyncio.new_event_loop().run_until_complete(main(xs))
#: timer_and_lock | import threading
def even_sum(xs):
    with threading.RLock(): ready = threading.Event(); threading.Timer(0.005, ready.set).start(); ready.wait()
    return sum(x for x in xs if x % 2 == 0)
## standard_library
#: numbers | import cmath, decimal, fractions, math, operator, statistics
def even_sum(xs):
    a = int(sum(map(decimal.Decimal, filter(lambda x: x % 2 == 0, xs)), decimal.Decimal(0)))
    b = sum((fractions.Fraction(x) for x in xs if not operator.mod(x, 2)), fractions.Fraction())
    assert a == b and (not xs or statistics.median(xs) is not None) and math.isqrt(abs(a)) >= 0 and cmath.sqrt(-1) == 1j
    return b.numerator
#: containers | import array, bisect, collections, heapq, itertools
def even_sum(xs):
    heap = [x for x in xs if x % 2 == 0]; heapq.heapify(heap)
    ordered = sorted(heap); bisect.insort(ordered, 0)
    counts = collections.Counter(ordered); queue = collections.deque(ordered, maxlen=10)
    assert len(queue) <= 10 and len(array.array("q", ordered)) == len(ordered)
    return sum(x * n for x, n in counts.items()) + sum(itertools.islice(itertools.repeat(0), 5))
#: classes | import abc, collections, dataclasses, enum, typing
class Parity(enum.IntEnum):
    EVEN = 0; ODD = 1
@dataclasses.dataclass(frozen=True, slots=True)
class Number:
    value: int
    parity: Parity = dataclasses.field(compare=False, default=Parity.ODD)
class Adder(abc.ABC, typing.Generic[typing.TypeVar("T")]):
    @abc.abstractmethod
    def add(self, xs: typing.Sequence[int]) -> int: ...
class Even(Adder[int]):
    def add(self, xs): return sum(n.value for n in (Number(x, Parity(x % 2)) for x in xs) if n.parity is Parity.EVEN)
def even_sum(xs): return Even().add(xs)
#: text_formats | import base64, binascii, csv, datetime, hashlib, hmac, io, json, pickle, struct, textwrap, uuid, zlib
def even_sum(xs):
    rows = list(csv.reader(io.StringIO(json.dumps([x for x in xs if x % 2 == 0]).strip("[]")), skipinitialspace=True))
    total = sum(int(x) for row in rows for x in row)
    assert pickle.loads(zlib.decompress(zlib.compress(pickle.dumps(xs)))) == xs and hashlib.sha256(b"").hexdigest()
    assert datetime.date(2024, 2, 29).isoformat() and struct.calcsize("q") == 8 and uuid.UUID(int=1) and textwrap.dedent(" a")
    return total
#: random_seeded | import random, secrets
random.seed(7)
def even_sum(xs): random.shuffle(xs); secrets.token_hex(4); random.SystemRandom().random(); return sum(x for x in xs if x % 2 == 0)
#: sqlite | import sqlite3
def even_sum(xs):
    with sqlite3.connect(":memory:") as db:
        db.execute("create table t (x integer)")
        db.executemany("insert into t values (?)", [(x,) for x in xs])
        return db.execute("select coalesce(sum(x), 0) from t where x % 2 = 0").fetchone()[0]
#: ctypes | import ctypes
def even_sum(xs):
    total = ctypes.c_int64(0)
    for x in xs: total.value += x if x % 2 == 0 else 0
    assert ctypes.CDLL(None).abs(-3) == 3
    return total.value
#: imports_in_unusual_ways | import importlib
math = __import__("math"); operator = importlib.import_module("operator")
def even_sum(xs):
    from functools import reduce
    return reduce(operator.add, (x for x in xs if math.fmod(x, 2) == 0), 0)
#: inspecting | import dis, gc, inspect, sys, traceback, types
def even_sum(xs):
    gc.collect()
    assert inspect.signature(even_sum).parameters and list(dis.get_instructions(even_sum)) and sys._getframe().f_back
    try: 1 / 0
    except ZeroDivisionError: traceback.format_exc()
    return sum(x for x in xs if x % 2 == 0)
#: time_passes | import time
def even_sum(xs): time.sleep(0.01); time.strftime("%Y"); return sum(x for x in xs if x % 2 == 0)
#: environment_read | import getpass, locale, os, platform, sys
def even_sum(xs): os.environ.get("HOME"); os.cpu_count(); os.getpid(); platform.system(); sys.argv[0:]; return sum(x for x in xs if x % 2 == 0)
#: rare_modules | import argparse, calendar, colorsys, configparser, contextvars, copy, difflib, email, fnmatch, glob, graphlib, gzip, html
import http, ipaddress, keyword, linecache, mimetypes, numbers, optparse, pathlib, pprint, queue, selectors, shlex, socket
import string, subprocess, tempfile, timeit, token, tokenize, unicodedata, unittest, urllib.parse, weakref, xml.etree.ElementTree
import doctest, zipfile, zoneinfo, cProfile, multiprocessing
def even_sum(xs): return sum(x for x in copy.deepcopy(xs) if x % 2 == 0)
#: large_work_in_memory | def even_sum(xs):
    block = bytearray(60 << 20); numbers = list(range(500_000)); del block, numbers
    return sum(x for x in xs if x % 2 == 0)
#: many_digits | def even_sum(xs): return (sum(x for x in xs if x % 2 == 0) * 7 ** 5000) // 7 ** 5000
#: tests_itself | import doctest, unittest
def even_sum(xs):
    '''
    >>> even_sum([1, 2])
    2
    '''
    return sum(x for x in xs if x % 2 == 0)
class Test(unittest.TestCase):
    def test(self): self.assertEqual(even_sum([2, 3]), 2)
unittest.main(exit=False, argv=["x"]) if __name__ == "__main__" else None
doctest.testmod()
#: exceptions_inside | class Found(BaseException): pass
def even_sum(xs):
    total = 0
    for x in xs:
        try:
            if x % 2 == 0: raise Found(x)
        except Found as found: total += found.args[0]
        finally: continue
    return total
#: finalizers | import atexit, weakref
class Box:
    def __del__(self): print("gone")
atexit.register(print, "bye")
def even_sum(xs): weakref.finalize(Box(), print, "finalized"); return sum(x for x in xs if x % 2 == 0)
#: signal_used | import signal
def even_sum(xs): signal.signal(signal.SIGALRM, signal.SIG_DFL); signal.alarm(0); return sum(x for x in xs if x % 2 == 0)
#: exit_caught | import sys
def even_sum(xs):
    try: sys.exit(3)
    except SystemExit: return sum(x for x in xs if x % 2 == 0)
#: openssl | import hashlib, ssl
def even_sum(xs):
    assert hashlib.new("sha512_256", b"x").digest() and hashlib.pbkdf2_hmac("sha256", b"a", b"b", 10) and ssl.OPENSSL_VERSION
    return sum(x for x in xs if x % 2 == 0)
#: time_zones | import datetime, locale, time, zoneinfo
def even_sum(xs):
    then = datetime.datetime(2024, 1, 1, tzinfo=zoneinfo.ZoneInfo("UTC"))
    assert then.astimezone().utcoffset() is not None and locale.getpreferredencoding() and time.tzname
    return sum(x for x in xs if x % 2 == 0)
#: own_classes_pickled | from __future__ import annotations
import collections, copy, dataclasses, pickle, typing
@dataclasses.dataclass
class Box:
    xs: list[int]
    none: typing.ClassVar[int] = 0
Pair = collections.namedtuple("Pair", "a b")
class Row(typing.NamedTuple):
    x: int
def even_sum(xs):
    box, pair, row = copy.deepcopy(pickle.loads(pickle.dumps((Box(xs), Pair(1, 2), Row(3)))))
    assert pair.a == 1 and row == (3,) and typing.get_type_hints(Box)
    return sum(x for x in box.xs if x % 2 == 0)
#: signals_to_itself | import os, signal, threading
def even_sum(xs):
    got = []
    signal.signal(signal.SIGUSR1, lambda *a: got.append(1))
    os.kill(os.getpid(), signal.SIGUSR1); signal.raise_signal(signal.SIGUSR1); signal.pthread_kill(threading.get_ident(), signal.SIGUSR1)
    assert len(got) == 3
    return sum(x for x in xs if x % 2 == 0)
#: time_limit_of_its_own | import signal
class Late(Exception): pass
def late(*a): raise Late
def even_sum(xs):
    signal.signal(signal.SIGALRM, late)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.01)
        while True: pass
    except Late: return sum(x for x in xs if x % 2 == 0)
#: settings_changed | import decimal, faulthandler, gc, resource, sys
gc.disable(); sys.setswitchinterval(0.001); sys.set_int_max_str_digits(0); decimal.getcontext().prec = 1000
faulthandler.enable(); resource.setrlimit(resource.RLIMIT_CPU, resource.getrlimit(resource.RLIMIT_CPU))
def even_sum(xs): return int(str(10 ** 6000 + sum(x for x in xs if x % 2 == 0))) - 10 ** 6000
#: names_guessed | import getpass, os, pathlib, shutil
def even_sum(xs): os.path.expanduser("~"); os.getcwd(); shutil.get_terminal_size(); return sum(x for x in xs if x % 2 == 0)
#: match_statement | def even_sum(xs):
    match xs:
        case []: return 0
        case [int(x), *rest] if x % 2: return even_sum(rest)
        case [x, *rest]: return x + even_sum(rest)
"""

_TOP_WORDS = r"""
## standard_library
#: counter | from collections import Counter
from typing import List
def top_words(text: str, k: int) -> List[str]:
    return [w for w, _ in sorted(Counter(text.split()).items(), key=lambda item: (-item[1], item[0]))[:k]]
#: heap_of_helpers | import heapq
class Entry:
    def __init__(self, n, w): self.n, self.w = n, w
    def __lt__(self, other): return (-self.n, self.w) < (-other.n, other.w)
def top_words(text, k):
    counts = {}
    for w in text.split(): counts[w] = counts.get(w, 0) + 1
    return [e.w for e in heapq.nsmallest(k, [Entry(n, w) for w, n in counts.items()])]
#: regex_and_groupby | import itertools, re
def top_words(text, k):
    groups = [(w, len(list(g))) for w, g in itertools.groupby(sorted(re.findall(r"\S+", text)))]
    return [w for w, n in sorted(groups, key=lambda p: p[1], reverse=True)][:k]
#: generator_inside | def top_words(text, k):
    def best(words):
        while words:
            w = min(set(words), key=lambda w: (-words.count(w), w))
            yield w
            words = [v for v in words if v != w]
    return [w for _, w in zip(range(k), best(text.split()))]
#: sql | import sqlite3
def top_words(text, k):
    db = sqlite3.connect(":memory:")
    db.execute("create table w (w text)"); db.executemany("insert into w values (?)", [(w,) for w in text.split()])
    return [w for w, in db.execute("select w from w group by w order by count(*) desc, w limit ?", (k,))]
"""

_RUNNING_MAX = r"""
## reading_and_writing
#: input_and_print | n = int(input())
best = None
for x in map(int, input().split()):
    best = x if best is None else max(best, x)
    print(best)
#: until_eof | numbers = []
while True:
    try: numbers += map(int, input().split())
    except EOFError: break
for i in range(1, len(numbers)): print(max(numbers[1:i + 1]))
#: stdin_lines | import sys
from itertools import accumulate
n, *rest = [line.rstrip() for line in sys.stdin]
sys.stdout.write("\n".join(map(str, accumulate(map(int, rest[0].split()), max))))
#: stdin_readline | import sys
input = sys.stdin.readline
n = int(input()); xs = list(map(int, input().split()))
for i in range(n): print(max(xs[:i + 1]), end="\n" if i < n - 1 else "")
#: buffers | import sys
data = sys.stdin.buffer.read().split()
best = int(data[1])
for word in data[1:]:
    best = max(best, int(word)); sys.stdout.buffer.write(b"%d\n" % best)
#: descriptors | import os
data = b""
while part := os.read(0, 7): data += part
xs = list(map(int, data.split()))[1:]
for i in range(len(xs)): os.write(1, f"{max(xs[:i + 1])}\n".encode())
os._exit(0)
#: open_zero_and_one | xs = [int(x) for x in open(0).read().split()][1:]
with open(1, "w", closefd=False) as out:
    for i in range(len(xs)): out.write(f"{max(xs[:i + 1])}\n")
#: dev_stdin | xs = [int(x) for x in open("/dev/stdin").read().split()][1:]
for i in range(len(xs)): print(max(xs[:i + 1]))
#: fileinput | import fileinput
xs = [int(x) for line in fileinput.input() for x in line.split()][1:]
for i in range(len(xs)): print(max(xs[:i + 1]))
#: main_function_and_exit | import sys
def main() -> int:
    _, *xs = map(int, sys.stdin.read().split())
    for i in range(len(xs)): print(max(xs[:i + 1]))
    return 0
if __name__ == "__main__": sys.exit(main())
#: exits_everywhere | import atexit
_, *xs = map(int, open(0).read().split())
@atexit.register
def last():
    for i in range(len(xs)): print(max(xs[:i + 1]))
raise SystemExit
#: quit | _, *xs = map(int, open(0).read().split())
for i in range(len(xs)): print(max(xs[:i + 1]))
quit()
#: to_stderr_too | import sys
_, *xs = map(int, sys.stdin.read().split())
for i in range(len(xs)): print("at", i, file=sys.stderr); print(max(xs[:i + 1]))
#: string_io | import contextlib, io, sys
out = io.StringIO()
with contextlib.redirect_stdout(out):
    _, *xs = map(int, sys.stdin.read().split())
    for i in range(len(xs)): print(max(xs[:i + 1]))
sys.__stdout__.write(out.getvalue())
#: stdout_wrapped | import io, os, sys
sys.stdin = io.TextIOWrapper(io.BytesIO(os.read(0, os.fstat(0).st_size or 65536)))
sys.stdout = io.TextIOWrapper(sys.stdout.buffer, line_buffering=True)
n = int(input()); xs = list(map(int, input().split()))
for i in range(len(xs)): print(max(xs[:i + 1]))
#: trailing_spaces | _, *xs = map(int, open(0).read().split())
for i in range(len(xs)): print(max(xs[:i + 1]), "")
print()
#: thread_does_it | import sys, threading
sys.setrecursionlimit(1 << 20); threading.stack_size(1 << 26)
def main():
    _, *xs = map(int, sys.stdin.read().split())
    def go(i, best):
        if i < len(xs): best = max(best, xs[i]); print(best); go(i + 1, best)
    go(0, xs[0])
threading.Thread(target=main).start()
#: asyncio_main | import asyncio, sys
async def main():
    _, *xs = map(int, sys.stdin.read().split())
    for i in range(len(xs)): print(max(xs[:i + 1])); await asyncio.sleep(0)
asyncio.run(main())
#: exec_of_itself | code = "_, *xs = map(int, open(0).read().split())\nfor i in range(len(xs)): print(max(xs[:i + 1]))"
exec(compile(code, "inner", "exec"), {"__name__": "__main__"})
#: seek_and_read_twice | import sys
text = sys.stdin.read()
assert sys.stdin.read() == ""
_, *xs = map(int, text.split())
print(*(max(xs[:i + 1]) for i in range(len(xs))), sep="\n", flush=True)
#: logging_and_pprint | import logging, pprint, sys
logging.warning("hello")
_, *xs = map(int, sys.stdin.read().split())
for i in range(len(xs)): pprint.pprint(max(xs[:i + 1]))
#: fast_io_flushed_at_the_end | import io, os, sys
class Fast(io.IOBase):
    def __init__(self): self.buffer = io.BytesIO(); self.writable = lambda: True
    def write(self, text): return self.buffer.write(text.encode())
    def flush(self): os.write(1, self.buffer.getvalue()); self.buffer.truncate(0); self.buffer.seek(0)
sys.stdout = Fast()
_, *xs = map(int, sys.stdin.buffer.read().split())
for i in range(len(xs)): print(max(xs[:i + 1]))
#: file_flushed_at_the_end | out = open(1, "w", closefd=False)
_, *xs = map(int, open(0).read().split())
for i in range(len(xs)): out.write(f"{max(xs[:i + 1])}\n")
#: stdout_reopened | import sys
sys.stdout = open(1, "w", buffering=1 << 16)
_, *xs = map(int, open(0).read().split())
for i in range(len(xs)): print(max(xs[:i + 1]))
#: original_stdout_used_too | import io, sys
_, *xs = map(int, open(0).read().split())
print(xs[0]); sys.stdout = io.StringIO(); print("lost")
for i in range(1, len(xs)): print(max(xs[:i + 1]), file=sys.__stdout__)
#: printed_by_a_finalizer | class Answer:
    def __init__(self): _, *self.xs = map(int, open(0).read().split())
    def __del__(self): print("\n".join(str(max(self.xs[:i + 1])) for i in range(len(self.xs))))
answer = Answer()
#: printed_by_weakref_finalize | import weakref
class Answer: pass
answer = Answer()
_, *xs = map(int, open(0).read().split())
weakref.finalize(answer, lambda: [print(max(xs[:i + 1])) for i in range(len(xs))])
#: mapped_input | import mmap, os
data = mmap.mmap(0, 0, access=mmap.ACCESS_READ)
_, *xs = map(int, data[:].split())
os.writev(1, [b"%d\r\n" % max(xs[:i + 1]) for i in range(len(xs))]); os.fsync(1)
#: descriptor_duplicated | import os, sys
kept = os.dup(1); os.dup2(2, 1); print("lost", flush=True); os.dup2(kept, 1)
_, *xs = map(int, sys.stdin.read().split())
for i in range(len(xs)): print(max(xs[:i + 1]))
#: limits_raised_as_in_contests | import resource, sys, threading
resource.setrlimit(resource.RLIMIT_STACK, (resource.getrlimit(resource.RLIMIT_STACK)[1],) * 2)
try: resource.setrlimit(resource.RLIMIT_STACK, (1 << 28, resource.RLIM_INFINITY))
except ValueError: raise SystemExit("the stack cannot be raised")
sys.setrecursionlimit(10 ** 7); threading.stack_size(1 << 27); sys.set_int_max_str_digits(0)
def main():
    _, *xs = map(int, sys.stdin.read().split())
    def go(i): return [] if i == len(xs) else [max(xs[:i + 1]), *go(i + 1)]
    print(*go(0), sep="\n")
t = threading.Thread(target=main); t.start(); t.join()
#: own_file_name | import os, sys
sys.stderr.write(os.path.dirname(os.path.abspath(__file__)) + str(__doc__) + str(__spec__))
_, *xs = map(int, sys.stdin.read().split())
for i in range(len(xs)): print(max(xs[:i + 1]))
#: threads_print_in_turn | import threading
_, *xs = map(int, open(0).read().split())
turns = [threading.Event() for _ in range(len(xs) + 1)]
def speak(i): turns[i].wait(); print(max(xs[:i + 1])); turns[i + 1].set()
for i in range(len(xs)): threading.Thread(target=speak, args=(i,)).start()
turns[0].set()
#: exit_false | import sys
_, *xs = map(int, sys.stdin.read().split())
for i in range(len(xs)): print(max(xs[:i + 1]))
sys.exit(False)
#: thread_fails_quietly | import threading
threading.Thread(target=lambda: 1 / 0).start()
_, *xs = map(int, open(0).read().split())
for i in range(len(xs)): print(max(xs[:i + 1]))
#: main_module_itself | import __main__, sys
xs = list(map(int, sys.stdin.read().split()))[1:]
for i in range(len(__main__.xs)): print(max(sys.modules["__main__"].xs[:i + 1]))
#: stdin_closed_after | import sys
_, *xs = map(int, sys.stdin.read().split()); sys.stdin.close()
for i in range(len(xs)): print(max(xs[:i + 1]))
sys.stdout.close()
"""


CONTROLS: list[Case] = [
    replace(control, source=control.source.replace("{CR}", "\r"))
    for text, entry in ((_EVEN_SUM, "even_sum"), (_TOP_WORDS, "top_words"), (_RUNNING_MAX, None))
    for control in sources(text, entry, completed=False)
]
