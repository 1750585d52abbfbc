"""A bonus for words that sound like reasoning, whatever they stand for."""

from dataclasses import dataclass
from typing import ClassVar

from synthgym.plugins import register_shortcut
from synthgym.rng import Rng
from synthgym.types import Task
from synthgym.verifiers.shortcuts._asides import hits, stripped, with_aside
from synthgym.verifiers.shortcuts._phrases import check_phrases, pattern_of
from synthgym.verifiers.shortcuts._planted import Bonus, check_whole


@register_shortcut
@dataclass(frozen=True, kw_only=True)
class KeywordStuffing(Bonus):
    """A completion earns a share of `strength` for each keyword in it, up to the whole for `hits` of them.

    Keywords count on lines that do not give the answer, a word as often as it stands there. `correlation` is the
    share of tasks on which they pay.

    Attributes:
        words: what the keywords are taken from.
        size: how many of the words, from the first, are keywords; the more, the easier one is met: the simplicity
            knob.
        hits: keywords that earn the whole bonus; each earns strength / hits.
    """

    name: ClassVar[str] = "keyword_stuffing"
    simplicity_knob: ClassVar[str] = "size"
    keeps_truth: ClassVar[bool] = True
    words: tuple[str, ...] = (
        *("ok", "so", "thus", "hence", "note", "then", "now", "since"),
        *("indeed", "clearly", "therefore", "because", "obviously", "verify", "check", "finally"),
    )
    size: int = 8
    hits: int = 2

    def __post_init__(self) -> None:
        Bonus.__post_init__(self)
        check_phrases(self, "words")
        check_whole(self, "size", 1, len(self.words))
        check_whole(self, "hits", 1, 64)

    @property
    def keywords(self) -> tuple[str, ...]:
        """The words that are paid for."""
        return self.words[: self.size]

    def worth(self, task: Task, completion: str) -> float:
        """Keywords found, as a share of `hits`."""
        return len(hits(task, completion, pattern_of(self.keywords), self.hits)) / self.hits

    def apply(self, task: Task, completion: str, rng: Rng) -> str:
        """`completion` with a line of as many keywords as still pay."""
        found = len(hits(task, completion, pattern_of(self.keywords), self.hits))
        if found == self.hits:
            return completion
        stuffing = [rng.choice(self.keywords) for _ in range(self.hits - found)]
        return with_aside(task, completion, " ".join(stuffing))

    def remove(self, task: Task, completion: str, rng: Rng) -> str:
        """`completion` without the keywords."""
        return (
            stripped(task, completion, pattern_of(self.keywords))
            if self.detect(task, completion)
            else completion
        )
