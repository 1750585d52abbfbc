"""The four ways to judge an answer by the facts of a custom task: math, exact, code, and a function of the user's."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Literal, TypeAlias, cast, get_args

from synthgym.envs.custom import _tests
from synthgym.errors import FamilyError, GoldError, SettingError, shown, suggestion
from synthgym.facts import Fact, FrozenDict
from synthgym.parsing import MAX_ANSWER, MAX_CODE, fold, unwrap
from synthgym.verifiers.equivalence import engine
from synthgym.verifiers.equivalence.extract import extract
from synthgym.verifiers.equivalence.kinds import check_kind
from synthgym.verifiers.equivalence.rational import read_rational
from synthgym.verifiers.equivalence.types import BOUNDS, Kind
from synthgym.verifiers.math_verifier import MathVerifier
from synthgym.verifiers.sandbox import Judged

JudgeName: TypeAlias = Literal["math", "exact", "code"]
JUDGES: tuple[JudgeName, ...] = get_args(JudgeName)
UserJudge: TypeAlias = Callable[[str, Mapping[str, object]], bool]
"""``(answer, facts) -> bool``; the facts have ``prompt``, ``answer``, ``answers`` and what the user added."""
CALLABLE = "callable"
_MOST_GOLDS = 64


def settled_judge(judge: object) -> tuple[str, UserJudge | None]:
    """The judge's name, and the function where it is one.

    Raises:
        SettingError: if it is neither a name nor a function.
    """
    if callable(judge):
        return CALLABLE, cast(UserJudge, judge)
    if judge in JUDGES:
        return str(judge), None
    raise SettingError(
        f"no judge {shown(judge)}{suggestion(str(judge), JUDGES)}; a function (answer, facts) -> bool will do, too"
    )


def settled_options(kind: object, tolerance: object, seconds: object) -> dict[str, Fact]:
    """The options of a judge as facts, those that are not the default.

    Raises:
        SettingError: if one is not accepted.
    """
    check_kind(cast(Kind, kind))
    if tolerance is not None:
        engine.parse_gold("1", tolerance=cast(str, tolerance))
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 < seconds <= 600:
        raise SettingError(f"seconds {shown(seconds)} is not a number above 0 and at most 600")
    options: dict[str, Fact] = {}
    if kind is not None:
        options["kind"] = str(kind)
    if tolerance is not None:
        options["tolerance"] = str(Fraction(cast(str, tolerance)))
    if seconds != 5:
        options["seconds"] = f"{float(seconds):g}"
    return options


def read_golds(judge: str, answers: Sequence[str], options: Mapping[str, Fact]) -> tuple[str, ...]:
    """The texts that answers are compared with: of whole solutions, the answers.

    Raises:
        GoldError: if there is none, or one cannot be read or answered with.
    """
    if not answers or len(answers) > _MOST_GOLDS:
        raise GoldError(f"{len(answers)} answers; from 1 to {_MOST_GOLDS} are needed")
    if judge == "math":
        golds = tuple(answer.strip() for answer in answers)
        if options.get("kind") is not None or any(read_rational(gold) is None for gold in golds):
            golds = tuple(" ".join(gold.text.split()) for gold in _verifier(options).parse(list(answers)))
            _check_written(golds[0], options)
    elif judge == "code":
        golds = tuple(answers)
    else:
        golds = tuple(" ".join((unwrap(answer) or answer).split()) for answer in answers)
    for gold in golds:
        most = MAX_CODE if judge == "code" else MAX_ANSWER
        if len(gold) > most:
            raise GoldError(
                f"the answer {shown(gold)} is longer than {most} characters, which no response's may be"
            )
        if not gold.strip() or (judge != "code" and not unwrap(gold)):
            raise GoldError(f"the answer {shown(gold)} is empty, once its wrapping is taken off")
    return golds


def _check_written(gold: str, options: Mapping[str, Fact]) -> None:
    """Refuse a gold that says something else once it stands in a response, on a line and without its wrapping."""
    stated, kind, tolerance = unwrap(gold), _kind(options), _tolerance(options)
    if stated != gold and not engine.equivalent(gold, stated, kind=kind, tolerance=tolerance).match:
        raise GoldError(f"the answer {shown(gold)} is another one as a response states it: {shown(stated)}")


def is_right(facts: FrozenDict, answer: str) -> bool:
    """Whether `answer` is right, by the facts alone: math, exact or code.

    Raises:
        SandboxError, VerifierError: if the sandbox or the engine fails.
        FamilyError: if the facts are those of a judge that is a function.
    """
    judge = facts["judge"]
    if judge == "code":
        return code_passes(facts, answer)
    golds = texts(facts["answers"])
    if judge == "exact":
        return bool(fold(answer)) and fold(answer) in {fold(gold) for gold in golds}
    if judge == "math":
        bounds = replace(
            BOUNDS, seconds=BOUNDS.seconds / len(golds), symbolic_seconds=BOUNDS.symbolic_seconds / len(golds)
        )
        kind, tolerance = _kind(facts), _tolerance(facts)
        return any(
            engine.equivalent(gold, answer, kind=kind, tolerance=tolerance, bounds=bounds).match
            for gold in golds
        )
    raise FamilyError(f"facts name the judge {shown(judge)}; known: {', '.join(JUDGES)}")


def stated_is_right(facts: FrozenDict, completion: str) -> bool:
    """Whether a completion without a marked answer states a right one by the rules of `extract` (``#### 7``, a label,
    a box of several lines, the last line)."""
    if facts["judge"] == "math":
        golds = list(texts(facts["answers"]))
        return _verifier(facts).judge(golds, completion).match
    found = extract(completion)
    return facts["judge"] == "exact" and found.answer is not None and is_right(facts, found.answer)


def code_passes(facts: FrozenDict, answer: str) -> bool:
    """Whether code passes every test.

    Raises:
        SandboxError: if the sandbox fails.
    """
    return bool(answer.strip()) and sendable(answer) and run(facts, answer).passed


def run(facts: FrozenDict, answer: str, trace: bool = False) -> Judged:
    """What becomes of code on the tests.

    Raises:
        SandboxError: if the sandbox fails.
    """
    tests = facts["tests"]
    if not isinstance(tests, FrozenDict):
        raise FamilyError("the task has no tests")
    return _tests.judged(answer.rstrip(), tests, str(facts.get("seconds", "5")), trace)


def sendable(source: str) -> bool:
    """Whether Python source could be so: it holds no lone surrogate and no null."""
    return "\0" not in source and not any("\ud800" <= letter <= "\udfff" for letter in source)


def texts(fact: Fact) -> tuple[str, ...]:
    """The texts in a list of facts."""
    return tuple(item for item in fact if isinstance(item, str)) if isinstance(fact, tuple) else ()


def _verifier(facts: Mapping[str, Fact]) -> MathVerifier:
    return MathVerifier(kind=_kind(facts), tolerance=_tolerance(facts), gold_is_solution=True)


def _kind(facts: Mapping[str, Fact]) -> Kind | None:
    return cast("Kind | None", facts.get("kind"))


def _tolerance(facts: Mapping[str, Fact]) -> str | None:
    return cast("str | None", facts.get("tolerance"))
