"""The contracts: what a task, a response and a verdict are. DESIGN's words, as frozen data."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias, get_args

from synthgym.errors import TaskError, shown
from synthgym.facts import FrozenDict, canonical, freeze, thaw

Granularity: TypeAlias = Literal["binary", "rubric", "token"]
GRANULARITIES: tuple[Granularity, ...] = get_args(Granularity)
Split: TypeAlias = Literal["train", "test"]
SPLITS: tuple[Split, ...] = get_args(Split)
MAX_DIFFICULTY = 10


@dataclass(frozen=True, slots=True)
class Step:
    """One line of a worked solution."""

    text: str


@dataclass(frozen=True, slots=True)
class Solution:
    """A worked solution: its steps in order, and the final answer."""

    steps: tuple[Step, ...]
    answer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One instance of a family. A verifier needs nothing else.

    Attributes:
        id: unique and readable, made of everything that determines the task.
        facts: what truth is decided from; JSON-able, no floats.
        reference: one worked solution; others may be as right.
        answer_format: a name in `synthgym.parsing.ANSWER_FORMATS`.
    """

    id: str
    family: str
    version: int
    prompt: str
    seed: int
    split: Split
    difficulty: int
    template: str
    answer_format: str
    facts: FrozenDict
    reference: Solution

    def to_json(self) -> str:
        """One line of ASCII JSON that `from_json` reads back to an equal task."""
        plain: dict[str, object] = {name: getattr(self, name) for name in _PLAIN_FIELDS}
        plain["facts"] = thaw(self.facts)
        plain["reference"] = {
            "steps": [step.text for step in self.reference.steps],
            "answer": self.reference.answer,
        }
        return json.dumps(plain, sort_keys=True, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> "Task":
        """The task that `to_json` wrote.

        Raises:
            TaskError: when `text` is anything else.
        """
        try:
            plain = json.loads(text)
            reference = plain.pop("reference")
            facts = freeze(plain.pop("facts"))
            solution = Solution(tuple(Step(str(s)) for s in reference["steps"]), str(reference["answer"]))
            if not isinstance(facts, FrozenDict):
                raise TypeError("facts are not an object")
            return cls(**plain, facts=facts, reference=solution)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise TaskError(
                f"not a task in JSON: {shown(text)} ({error}); it should be what Task.to_json() wrote"
            ) from error

    @classmethod
    def unknown(cls, answer_format: str) -> "Task":
        """A stand-in where a completion is to be read, and nothing of its task is known but how its answer is given."""
        return cls(
            id="",
            family="",
            version=0,
            prompt="",
            seed=0,
            split="train",
            difficulty=0,
            template="",
            answer_format=answer_format,
            facts=FrozenDict({}),
            reference=Solution((), ""),
        )

    def key(self) -> str:
        """The canonical JSON text of the facts."""
        return canonical(self.facts)


_PLAIN_FIELDS = tuple(name for name in Task.__dataclass_fields__ if name not in ("facts", "reference"))


@dataclass(frozen=True, slots=True)
class Span:
    """Characters [start, end) of a completion, and what was read from them."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """One completion with what `synthgym.parsing.parse` extracted from it.

    Attributes:
        steps: the lines before the final answer, without surrounding white space.
        answer: the final answer without its wrapping; None when there is none to judge.
        answer_span: the first line that holds a final answer.
        body: the block that is the answer, where it is code; its lines are among the steps.
        trailing: lines after the final answer, repetitions of it included.
        fault: why there is no answer to judge (none, conflicting ones, too long), or None.
    """

    completion: str
    steps: tuple[Span, ...] = ()
    answer: str | None = None
    answer_span: Span | None = None
    body: Span | None = None
    trailing: tuple[Span, ...] = ()
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class Credit:
    """What characters [start, end) of a completion earned, in [0, 1].

    An empty span at the completion's end is the credit of the end-of-sequence token.
    """

    start: int
    end: int
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a verifier says of a response.

    Attributes:
        reward: in [0, 1] for the generic verifiers; None means *not scored*.
        components: named parts of the reward, each in [0, 1].
        credits: spans that cover the completion in order; empty but for token granularity.
        error: why the reward is 0 or None, where there is something to say.
    """

    reward: float | None
    components: Mapping[str, float] = field(default_factory=dict)
    credits: tuple[Credit, ...] = ()
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Criterion:
    """One line of a family's rubric.

    Attributes:
        weight: its share in the weighted mean, relative to the others.
        style: counts only when the answer is right.
    """

    name: str
    weight: float = 1.0
    style: bool = False


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a family found in a response: whether the answer is right, and a credit for each step."""

    truth: bool
    step_credits: tuple[float, ...]
