"""The two sides of `synthgym bench verify`: the equivalence engine, and math-verify in the form that it judges best."""

import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

from synthgym.baselines.pairs import Pair
from synthgym.errors import GoldError

OURS, THEIRS = "synthgym", "math-verify"


class Grader(Protocol):
    """Judges pairs; gold is read apart, so that it can be read before.

    Attributes:
        name: with the wrapping of its texts.
    """

    name: str

    def prepared(self, pair: Pair) -> Any:
        """Gold, read; nothing that earlier pairs left in a cache is used."""

    def judged(self, gold: Any, pair: Pair) -> bool:
        """Whether the answer is right; what cannot be told is not."""

    def fresh(self) -> None:
        """Forget what earlier passes left in caches, and start what must be running."""

    def cpu_seconds(self) -> float:
        """CPU time so far, of this process and of the workers."""


class Engine:
    """The engine; its cache of golds is not used, and its workers count."""

    name = OURS

    def __init__(self) -> None:
        from synthgym.verifiers.equivalence import engine, pool

        self._engine, self._pool = engine, pool

    def prepared(self, pair: Pair) -> Any:
        try:
            return self._engine.parse_gold(pair.gold)
        except GoldError:
            return None

    def judged(self, gold: Any, pair: Pair) -> bool:
        return gold is not None and self._engine.equivalent(gold, pair.answer).match

    def fresh(self) -> None:
        from synthgym.verifiers.equivalence.tree import ONE

        self._pool.shutdown()
        self._pool.ask("equal", ONE, ONE, seconds=10.0, memory_mb=100)

    def cpu_seconds(self) -> float:
        return time.process_time() + self._pool.children_cpu_seconds()

    def verdicts(self, pairs: Sequence[Pair]) -> list[bool]:
        return [self.judged(self.prepared(pair), pair) for pair in pairs]

    def unreadable(self, pairs: Sequence[Pair]) -> list[str]:
        """A note on the golds that cannot be read, if there are any."""
        named = [pair.id for pair in pairs if self.prepared(pair) is None]
        return [f"gold of {', '.join(named[:20])} cannot be read; counted as no match"] if named else []


class MathVerify:
    """math-verify, with gold and answer between `left` and `right`."""

    def __init__(self, left: str, right: str) -> None:
        from math_verify import ExprExtractionConfig, LatexExtractionConfig, parse, parser, verify
        from math_verify.errors import TimeoutException
        from sympy.core.cache import clear_cache

        self.name = f"{THEIRS} {left}...{right}"
        self._left, self._right = left, right
        self._parse, self._verify, self._timeout = parse, verify, TimeoutException
        self._clear_cache = clear_cache
        self._targets = (LatexExtractionConfig(), ExprExtractionConfig())
        self._caches = (parser.parse_latex_cached, parser.parse_expr_cached, parser.extract_latex)

    def prepared(self, pair: Pair) -> Any:
        for cache in self._caches:
            cache.cache_clear()
        return self._read(self._left + pair.gold + self._right)

    def judged(self, gold: Any, pair: Pair) -> bool:
        answer = self._read(pair.answer if pair.response else self._left + pair.answer + self._right)
        try:
            return bool(self._verify(gold, answer))
        except self._timeout:  # it came between two of its own guards
            return False

    def _read(self, text: str) -> Any:
        try:
            return self._parse(text, extraction_config=self._targets)
        except self._timeout:
            return []

    def fresh(self) -> None:
        self._clear_cache()

    def cpu_seconds(self) -> float:
        return time.process_time()

    def verdicts(self, pairs: Sequence[Pair]) -> list[bool]:
        return [self.judged(self.prepared(pair), pair) for pair in pairs]


def installed() -> bool:
    """Whether math-verify can be imported."""
    try:
        import math_verify  # noqa: F401
    except ImportError:
        return False
    return True


@contextmanager
def quiet() -> Iterator[None]:
    """Without math-verify's warnings about each timeout."""
    logger = logging.getLogger("math_verify")
    before = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(before)
