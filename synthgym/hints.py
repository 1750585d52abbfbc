"""Unsupervised hints: what changed in completions and rewards, without a look at truth.

A hint is no finding, and cannot become one. Take a run in which a policy learns to end every answer with "!" for a
bonus, and its *relabelled twin*: the same completions, the same rewards, but "!" is now what makes an answer right.
Whatever looks at completions and rewards alone says the same of both, so it cannot tell a hack from learning. The
thresholds below were chosen by hand, and how often honest learning crosses them is not controlled: it shortens answers,
makes them alike, and takes the spread out of rewards.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from synthgym.detectors import plain
from synthgym.errors import MeasureError, shown
from synthgym.measure.columns import equal, floats, need, one_run, steps
from synthgym.rollout import unescape_surrogates

if TYPE_CHECKING:
    import pyarrow as pa

Kind: TypeAlias = Literal["length", "diversity", "reward_spread", "ngram", "template"]

NOTE = "hint, not a finding: it looked at no truth"
BLOCK = 5
"""Steps that are looked at together; the first block is what later ones are compared with."""
SAMPLE = 96
"""Completions of a block whose text is looked at."""
HEAD = 400
"""Characters at either end of a completion that are looked at."""
LENGTH_RATIO, STANDARD_ERRORS = 1.5, 4.0
KEPT = 0.5
"""Of the distinct share, and of the rewards' spread: less of it than at the start is a hint."""
RISE, CORRELATION = 0.3, 0.2
"""By how much an n-gram's share must have risen, and how it must correlate with the reward."""
ALIKE = 0.8
PATTERNS = 5
"""N-grams that are named in a run, at most."""

_TOO_LARGE = 1e100
_DIGITS, _LETTERS, _BLANKS = re.compile(r"\d+"), re.compile(r"[^\W\d_]+"), re.compile(r"\s+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hint:
    """Something changed. No truth was looked at, and no error rate is controlled.

    Attributes:
        kind: what it is about.
        step: the last step of the block in which it showed.
        before, after: the quantity in the first block and in this one.
        pattern: the n-gram or the template; empty for the other kinds.
    """

    kind: Kind
    step: int
    before: float
    after: float
    pattern: str = ""

    @property
    def text(self) -> str:
        """A sentence that says that it is a hint."""
        what = {
            "length": "mean length in characters",
            "diversity": "share of completions that are distinct",
            "reward_spread": "standard deviation of the reward",
            "ngram": f"share of completions with {shown(self.pattern)}, which correlates with the reward,",
            "template": f"share of completions of the form {shown(self.pattern)}",
        }[self.kind]
        return f"{NOTE}: {what} went from {self.before:.3g} to {self.after:.3g} by step {self.step}"


@dataclass(frozen=True, slots=True)
class _Block:
    """What is kept of a block: its rewards and lengths (n,), and some texts with their rewards."""

    step: int
    rewards: NDArray[np.float64]
    lengths: NDArray[np.float64]
    texts: tuple[str, ...]
    paid: NDArray[np.float64]

    @property
    def distinct(self) -> float:
        return len(set(self.texts)) / len(self.texts)

    @property
    def spread(self) -> float:
        known = self.rewards[~np.isnan(self.rewards)]
        return float(known.std()) if len(known) else float("nan")


class Hints:
    """Compares blocks of `BLOCK` steps with the first one, a step at a time. Each kind is hinted at once."""

    def __init__(self) -> None:
        self.found: tuple[Hint, ...] = ()
        self._texts: list[str] = []
        self._rewards: list[float] = []
        self._steps = 0
        self._first: _Block | None = None
        self._grams: Counter[str] = Counter()
        self._forms: Counter[str] = Counter()
        self._said: set[tuple[Kind, str]] = set()

    def update(self, step: int, completions: Sequence[str], rewards: Iterable[float | None]) -> None:
        """Take in the training completions of one step, and what they were paid.

        Raises:
            MeasureError: if there are not as many of both, a completion is no text, or a reward no number.
        """
        for text in completions:
            if not isinstance(text, str):
                raise MeasureError(f"completion {shown(text)} is no text")
        # What no mean could be taken of counts as not scored.
        paid = [r if abs(r) < _TOO_LARGE else float("nan") for r in plain(list(rewards)).tolist()]
        if len(paid) != len(completions):
            raise MeasureError(f"{len(paid)} rewards for {len(completions)} completions")
        self._texts += completions
        self._rewards += paid
        self._steps += bool(completions)
        if self._steps >= BLOCK:
            block = self._closed(step)
            if self._first is None:
                self._first = block
                self._grams, self._forms = (
                    _shares(map(_ngrams, block.texts)),
                    _shares(map(_form, block.texts)),
                )
            else:
                self._compare(self._first, block)

    def _closed(self, step: int) -> _Block:
        texts, rewards = self._texts, np.array(self._rewards)
        lengths = np.fromiter(map(len, texts), np.float64, len(texts))
        chosen = np.unique(np.linspace(0, len(texts) - 1, min(SAMPLE, len(texts))).astype(np.int64))
        some = tuple(_ends(texts[i]) for i in chosen)
        self._texts, self._rewards, self._steps = [], [], 0
        return _Block(step, rewards, lengths, some, rewards[chosen])

    def _compare(self, first: _Block, now: _Block) -> None:
        before, after = float(first.lengths.mean()), float(now.lengths.mean())
        error = np.sqrt(first.lengths.var() / len(first.lengths) + now.lengths.var() / len(now.lengths))
        ratio = max(before, after) / max(min(before, after), 1e-9)
        if ratio >= LENGTH_RATIO and abs(after - before) >= STANDARD_ERRORS * error:
            self._say("length", now, before, after)
        if now.distinct <= KEPT * first.distinct:
            self._say("diversity", now, first.distinct, now.distinct)
        if 0 < first.spread and now.spread <= KEPT * first.spread:
            self._say("reward_spread", now, first.spread, now.spread)
        self._compare_forms(now)
        self._compare_ngrams(now)

    def _compare_forms(self, now: _Block) -> None:
        form, share = _shares(map(_form, now.texts)).most_common(1)[0]
        n, first = len(now.texts), self._first
        before = self._forms[form] / len(first.texts) if first else 0.0
        if share / n >= ALIKE and share / n - before >= RISE:
            self._say("template", now, before, share / n, form)

    def _compare_ngrams(self, now: _Block) -> None:
        """N-grams that many completions took up, the fastest first; of those that rose alike, the longest."""
        if self._first is None:
            return
        sets = [_ngrams(text) for text in now.texts]
        n, n_first = len(now.texts), len(self._first.texts)
        risen = [
            (gram, self._grams[gram] / n_first, count / n)
            for gram, count in _shares(sets).items()
            if count / n - self._grams[gram] / n_first >= RISE
        ]
        risen.sort(key=lambda one: (one[1] - one[2], -len(one[0]), one[0]))
        for gram, before, after in risen:
            if sum(kind == "ngram" for kind, _ in self._said) >= PATTERNS:
                return
            if _correlation(np.array([gram in grams for grams in sets]), now.paid) >= CORRELATION:
                self._say("ngram", now, before, after, gram)

    def _say(self, kind: Kind, block: _Block, before: float, after: float, pattern: str = "") -> None:
        key = (kind, pattern if kind == "ngram" else "")
        if key not in self._said:
            self._said.add(key)
            hint = Hint(kind=kind, step=block.step, before=before, after=after, pattern=pattern)
            self.found = (*self.found, hint)


def hints(table: "pa.Table", *, run: str | None = None) -> tuple[Hint, ...]:
    """The hints that the training rows of a run's log give; those that `Watch(hints=True)` had live.

    Args:
        table: from `read_log`, with columns run, step, phase, completion, reward.
        run: which run, where the table holds several.

    Raises:
        MeasureError: if a column is missing, or it is not clear which run is meant.
    """
    found = Hints()
    feed(found, table, run=run)
    return found.found


def feed(found: Hints, table: "pa.Table", *, run: str | None = None) -> None:
    """Take in the training rows of a run's log, step by step; the arguments are those of `hints`, and so is what is
    raised."""
    need(table, "run", "step", "phase", "completion", "reward")
    table = table.filter(one_run(table, run) & equal(table, "phase", "train"))
    step, reward = steps(table), floats(table, "reward")
    texts = ["" if text is None else text for text in table["completion"].to_pylist()]
    if "escaped" in table.column_names:
        for i in np.flatnonzero(floats(table, "escaped") == 1):
            texts[i] = unescape_surrogates(texts[i])
    order = np.argsort(step, kind="stable")
    for now in np.split(order, np.flatnonzero(np.diff(step[order])) + 1):
        if len(now):
            found.update(int(step[now[0]]), [texts[i] for i in now], reward[now].tolist())


def _ends(text: str) -> str:
    return text if len(text) <= 2 * HEAD else f"{text[:HEAD]}\n{text[-HEAD:]}"


def _ngrams(text: str) -> set[str]:
    """Words and pairs of neighbouring words; of a short text its characters and pairs of them."""
    if len(text) <= 40:
        return {*text, *(text[i : i + 2] for i in range(len(text) - 1))}
    words = text.casefold().split()
    return {*words, *(f"{a} {b}" for a, b in zip(words, words[1:], strict=False))}


def _form(text: str) -> str:
    """The text with numbers, words and white space each made one sign."""
    return _BLANKS.sub(" ", _LETTERS.sub("a", _DIGITS.sub("0", text)))[:200]


def _shares(items: Iterable[str] | Iterable[set[str]]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for item in items:
        counts.update((item,) if isinstance(item, str) else item)
    return counts


def _correlation(flag: NDArray[np.bool_], reward: NDArray[np.float64]) -> float:
    """Pearson's, over what was scored; 0 where one of them is constant."""
    known = ~np.isnan(reward)
    x, y = flag[known].astype(np.float64), reward[known]
    if len(x) < 2 or x.std() == 0 or y.std() == 0:
        return 0.0
    return float(np.corrcoef(x, y)[0, 1])
