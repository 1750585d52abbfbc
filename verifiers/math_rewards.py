r"""Reward functions for TRL's trainers over the equivalence engine: `math_reward` as it stands, `MathReward` to set up.

    GRPOTrainer(reward_funcs=math_reward, train_dataset=...)  # column 'solution' or 'answer', as TRL's accuracy_reward
    GRPOTrainer(reward_funcs=MathReward(MathVerifier("target", tolerance="1/100"), wrong=-1.0), ...)

A response that cannot be read, contradicts itself, or keeps the engine from deciding in time is a wrong one: a
reward of None would let a policy hide bad answers in input that is hard to judge. Only a failure of the engine
itself is not scored.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any, ClassVar, Literal

from synthgym.errors import GoldError, SettingError, VerifierError, shown
from synthgym.verifiers.equivalence.types import Equivalence
from synthgym.verifiers.math_verifier import MathVerifier
from synthgym.verifiers.rewards import completion_text

_TRAINERS_OWN = frozenset(
    ("prompts", "completion_ids", "trainer_state", "log_extra", "log_metric", "environments")
)


@dataclass(frozen=True)
class MathReward:
    """A reward function that pays for right answers to math questions.

    Attributes:
        verifier: what judges; its `gold` names the dataset's column.
        gold: the column, where it is another one.
        correct: the reward of a right answer.
        wrong: the reward of every other one.
        unsure: the reward where the engine could not decide in time; None leaves the completion out of its group.
            By default it is `wrong`, and what pays more than that is what a policy will look for.

    Raises:
        SettingError: if a reward is not finite, or a right answer's is not the highest.
    """

    verifier: MathVerifier = MathVerifier()
    _: KW_ONLY
    gold: str | None = None
    correct: float = 1.0
    wrong: float = 0.0
    unsure: float | None | Literal["wrong"] = "wrong"

    __name__: ClassVar[str] = "math_reward"

    def __post_init__(self) -> None:
        if not isinstance(self.verifier, MathVerifier):
            raise SettingError(f"verifier {shown(self.verifier)} is no MathVerifier")
        _check_finite(self.correct)
        _check_finite(self.wrong)
        if self.unsure is not None:
            _check_finite(self._undecided)
        for reward in (self.wrong, self._undecided):
            if reward is not None and not reward < self.correct:
                raise SettingError(
                    f"correct={shown(self.correct)} does not exceed the reward {shown(reward)}"
                )

    @property
    def column(self) -> str:
        """The dataset's column of golds."""
        return self.gold or self.verifier.gold

    def __call__(self, completions: Sequence[Any], **columns: Any) -> list[float | None]:
        """A reward a completion, plain or conversational; `columns` is what a trainer passes beside them.

        Raises:
            GoldError: if a gold cannot be read; it names the row of the batch and the column.
            SettingError: if the column is not there, or a completion is no text.
        """
        golds = columns.get(self.column)
        if golds is None:
            raise _no_column(repr(self.column), columns)
        texts = [completion_text(completion) for completion in completions]
        judged = self._judged(golds, texts)
        _log(columns.get("log_extra"), golds, judged)
        return [self._reward(one) for one in judged]

    @property
    def _undecided(self) -> float | None:
        return self.wrong if self.unsure == "wrong" else self.unsure

    def _judged(self, golds: Sequence[Any], texts: Sequence[str]) -> list[Equivalence | None]:
        try:
            return [*self.verifier.judge_batch(golds, texts)]
        except VerifierError:
            return [self._judged_alone(gold, text) for gold, text in zip(golds, texts, strict=True)]
        except GoldError as error:
            raise GoldError(
                f"column {self.column!r}: {error}; find such rows before training with MathVerifier"
                f"({self.column!r}{', gold_is_solution=True' * self.verifier.gold_is_solution}).bad_golds(dataset), "
                "and correct them or leave them out"
            ) from error

    def _judged_alone(self, gold: Any, text: str) -> Equivalence | None:
        try:
            return self.verifier.judge(gold, text)
        except VerifierError:
            return None

    def _reward(self, judged: Equivalence | None) -> float | None:
        if judged is None:
            return None
        if judged.status == "timeout":
            return self._undecided
        return self.correct if judged.match else self.wrong


def math_reward(
    completions: Sequence[Any],
    solution: Sequence[Any] | None = None,
    answer: Sequence[Any] | None = None,
    **columns: Any,
) -> list[float | None]:
    r"""1.0 for every completion whose answer is gold's, else 0.0; None where the engine itself failed.

    Args:
        completions: texts, or lists of messages.
        solution: golds, each a whole solution (``... \boxed{7}``, ``... #### 7``) or a bare answer.
        answer: the same; read where there is no `solution`.
        columns: what else a trainer passes.

    Raises:
        GoldError: if a gold cannot be read; it names the row of the batch and the column.
        SettingError: if neither column is there, or a completion is no text.
    """
    if solution is not None:
        return _SOLUTIONS(completions, solution=solution, **columns)
    if answer is not None:
        return _ANSWERS(completions, answer=answer, **columns)
    raise _no_column("'solution' or 'answer'", columns)


def _check_finite(reward: object) -> None:
    if not (isinstance(reward, int | float) and math.isfinite(reward)):
        raise SettingError(f"the reward {shown(reward)} is not a finite number")


def _no_column(wanted: str, columns: Mapping[str, Any]) -> SettingError:
    listed = ", ".join(sorted(set(columns) - _TRAINERS_OWN)) or "no further columns"
    return SettingError(
        f"the dataset has no column {wanted} (it has: {listed}); MathReward(gold=...) takes the name of another"
    )


def _log(
    log_extra: Callable[[str, list[Any]], None] | None,
    golds: Sequence[Any],
    judged: Sequence[Equivalence | None],
) -> None:
    """The golds and the judgements, for TRL's table of completions."""
    if log_extra is not None:
        log_extra("gold", [str(gold) for gold in golds])
        log_extra("judgement", [_in_words(one) for one in judged])


def _in_words(judged: Equivalence | None) -> str:
    return "not scored: the engine failed" if judged is None else f"{judged.status}: {judged.reason}"


_SOLUTIONS = MathReward(MathVerifier("solution", gold_is_solution=True))
_ANSWERS = MathReward(MathVerifier("answer", gold_is_solution=True))
