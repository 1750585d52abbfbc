"""`check_verifier` on the built-in verifiers, and on broken ones: each breach is named."""

import asyncio
import dataclasses
import json
import random
import re
import time
from typing import Any

import pytest

import synthgym
from synthgym.errors import SettingError, UnknownNameError, VerifierError
from synthgym.signal import CustomVerifier, Signal
from synthgym.types import GRANULARITIES, Response, Task, Verdict
from synthgym.verifiers import MathVerifier
from synthgym.verifiers.check import check_verifier
from synthgym.verifiers.check_report import VerifierReport
from synthgym.verifiers.shortcuts.constant_accepted import ConstantAccepted

FEW = 4


def truth(task: Task, response: Response) -> bool:
    return bool(synthgym.get_family(task.family).is_right(task, response))


def checked(verifier: Any, **settings: Any) -> VerifierReport:
    return check_verifier(verifier, seeds=FEW, **settings)


@pytest.mark.parametrize(
    "granularity",
    [pytest.param(one, marks=() if one == "rubric" else pytest.mark.slow) for one in GRANULARITIES],
)
def test_a_built_in_verifier_has_no_problem(granularity: str) -> None:
    report = check_verifier(granularity, seeds=12)
    assert report.ok, str(report)
    assert report.agreed == ("repeated", "in another order", "in a fresh process")
    assert report.tpr is not None and report.tpr.estimate == 1.0
    assert report.fpr is not None and report.fpr.estimate == 0.0
    assert report.bits is not None and report.bits.estimate == pytest.approx(1.0)
    assert 0.5 < report.bits.low < report.bits.high == pytest.approx(1.0)
    assert (report.levels > 2) == (granularity != "binary")


@pytest.mark.parametrize(
    "family",
    [
        "fraction_arithmetic",
        pytest.param("boolean_evaluation", marks=pytest.mark.slow),
        pytest.param("bracket_repair", marks=pytest.mark.slow),
        pytest.param("function_synthesis", marks=pytest.mark.slow),
    ],
)
def test_other_families_serve_as_well(family: str) -> None:
    report = checked("rubric", family=family)
    assert report.ok, str(report)


def test_the_math_verifier_has_no_problem_where_it_fits() -> None:
    assert checked(MathVerifier()).ok


def test_right_responses_come_in_all_formats_and_wrong_ones_in_many() -> None:
    labels = {rate.label: rate.right for rate in check_verifier("binary", seeds=8).rates}
    assert {"right, boxed", "right, tag", "right, line", "right, other spelling"} <= set(labels)
    assert {"nearly right", "wrong", "wrong, more after it", "wrong, hedged"} <= set(labels)
    assert all(right == label.startswith("right") for label, right in labels.items())


def test_information_is_that_of_the_rates_and_the_base_rate() -> None:
    from synthgym.measure import binary_information

    def generous(task: Task, response: Response) -> bool:
        return truth(task, response) or len(response.completion) % 2 == 0 and bool(response.steps)

    report = checked(generous, base_rate=0.2)
    assert report.tpr is not None and report.fpr is not None and report.bits is not None
    assert 0 < report.fpr.estimate < 1
    expected = float(binary_information(0.2, report.tpr.estimate, report.fpr.estimate))
    assert report.bits.estimate == pytest.approx(expected)
    for t in (report.tpr.low, report.tpr.high):
        for f in (report.fpr.low, report.fpr.high):
            assert report.bits.low <= float(binary_information(0.2, t, f)) <= report.bits.high + 1e-12


def test_a_signals_own_shortcut_is_found() -> None:
    report = checked("binary+constant_accepted")
    assert "it accepts 4 of 4 responses that are shortcut constant_accepted" in " ".join(report.problems)
    assert checked("binary", shortcuts=("constant_accepted",)).ok
    assert checked("binary", shortcuts=(ConstantAccepted(),)).ok


def test_the_report_reads_well_and_is_json() -> None:
    report = checked("rubric")
    text = str(report)
    assert "rubric on" in text and "bits a rollout" in text and "nearly right" in text
    assert max(map(len, text.splitlines())) < 250
    back = json.loads(json.dumps(dataclasses.asdict(report)))
    assert back["ok"] is True
    assert back["rates"][0]["rate"]["estimate"] == 1.0


def random_reward(task: Task, response: Response) -> float:
    return random.random()


class FirstCallPays:
    def __init__(self) -> None:
        self.seen: str = ""

    def __call__(self, task: Task, response: Response) -> bool:
        """Right only if the completion before was shorter or the same."""
        before, self.seen = self.seen, response.completion
        return truth(task, response) and len(before) <= len(response.completion)


def by_hash(task: Task, response: Response) -> bool:
    return truth(task, response) and hash(response.completion) % 2 == 0


def slow(task: Task, response: Response) -> bool:
    if response.completion == "=nan":
        time.sleep(0.6)
    return truth(task, response)


def hanging(task: Task, response: Response) -> bool:
    while response.completion == "=1/0":
        pass
    return truth(task, response)


def hanging_regex(task: Task, response: Response) -> bool:
    if response.completion == "=1/0":
        re.match(r"(a|a)*$", "a" * 60 + "b")
    return truth(task, response)


async def blocking(task: Task, response: Response) -> bool:
    if response.completion == "=1/0":
        await asyncio.sleep(1000)
    return truth(task, response)


def not_encodable(task: Task, response: Response) -> bool:
    response.completion.encode()
    return truth(task, response)


def nan(task: Task, response: Response) -> float:
    return 1.0 if truth(task, response) else float("nan")


def everything(task: Task, response: Response) -> bool:
    return True


def nothing(task: Task, response: Response) -> float:
    return 0.0


def prefix(task: Task, response: Response) -> bool:
    return (response.answer or "").startswith(task.reference.answer)


def text_only(task: Task, response: Response) -> bool:
    return (response.answer or "") == task.reference.answer and task.answer_format != "boxed"


def style_left_over(task: Task, response: Response) -> Verdict:
    if truth(task, response):
        return Verdict(reward=1.0, components={"correct": 1.0, "style": 1.0})
    return Verdict(reward=0.3, components={"correct": None, "style": 1.0})  # type: ignore[dict-item]


def style_alone(task: Task, response: Response) -> Verdict:
    right = float(truth(task, response))
    return Verdict(reward=0.7 * right + 0.3, components={"correct": right, "style": 1.0})


def no_reason(task: Task, response: Response) -> Verdict:
    return Verdict(reward=1.0 if truth(task, response) else None)


def exits(task: Task, response: Response) -> bool:
    if not response.completion:
        raise SystemExit(0)
    return truth(task, response)


@pytest.mark.parametrize(
    ("verifier", "said"),
    [
        (random_reward, "its verdict differs when judged repeated"),
        (FirstCallPays, "its verdict differs when judged in another order"),
        (by_hash, "its verdict differs when judged in a fresh process"),
        (not_encodable, "it raised UnicodeEncodeError"),
        (nan, "it returned nan"),
        (everything, "it accepts everything"),
        (nothing, "it refuses everything"),
        (prefix, "it accepts 4 of 4 responses that are wrong, more after it"),
        (text_only, "responses that are right, boxed"),
        (style_left_over, "not scored: correct"),
        (style_alone, "the empty one among them"),
        (no_reason, "it does not say why"),
        (exits, "it called sys.exit()"),
    ],
)
def test_a_breach_is_named_with_its_sample(verifier: Any, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONHASHSEED", "7")  # the fresh process's; this one's is another
    report = checked(verifier)
    assert not report.ok
    found = next((problem for problem in report.problems if said in problem), "")
    assert found, report.problems
    assert "task chain_sum-v0" in found or "everything" in found
    assert f"! {found}" in str(report)


@pytest.mark.parametrize(
    ("verifier", "seconds", "said"),
    [
        (slow, 0.5, "it is slow: "),
        (hanging, 0.5, "it did not answer within 1 s"),
        (hanging_regex, 0.5, "it did not answer within 1 s"),
        pytest.param(blocking, 0.5, "it did not answer within 1 s", marks=pytest.mark.slow),
    ],
)
def test_what_does_not_end_in_time_is_named(verifier: Any, seconds: float, said: str) -> None:
    report = checked(verifier, seconds=seconds)
    assert any(said in problem for problem in report.problems), report.problems
    assert report.tpr is not None and report.tpr.estimate == 1.0  # the others were judged


def test_what_always_hangs_is_given_up_soon() -> None:
    report = checked(lambda task, response: time.sleep(1000), seconds=0.2)
    assert any("it did not answer" in problem for problem in report.problems)
    assert any("after it had hung on 5" in why for why in report.untried)
    assert report.tpr is None and report.bits is None


def test_no_breach_hides_another() -> None:
    def broken(task: Task, response: Response) -> float:
        response.completion.encode()
        return random.random()

    problems = " ".join(checked(broken).problems)
    for said in ("UnicodeEncodeError", "judged repeated", "hostile set", "nearly right"):
        assert said in problems


def test_what_cannot_be_carried_elsewhere_is_checked_here_and_says_so() -> None:
    import threading

    lock = threading.Lock()

    def locked(task: Task, response: Response) -> bool:
        with lock:
            return truth(task, response)

    report = checked(locked)
    assert report.ok
    assert "cannot be pickled" in report.untried[0]
    assert "in a fresh process" not in report.agreed


def test_batch_and_async_verifiers_are_checked() -> None:
    def batch(tasks: list[Task], responses: list[Response]) -> list[bool]:
        return [truth(task, response) for task, response in zip(tasks, responses, strict=True)]

    async def waiting(task: Task, response: Response) -> bool:
        await asyncio.sleep(0)
        return truth(task, response)

    def neighbours(tasks: list[Task], responses: list[Response]) -> list[float]:
        return [truth(t, r) / len(tasks) for t, r in zip(tasks, responses, strict=True)]

    assert checked(batch).ok
    assert checked(waiting).ok
    assert any("in another order" in problem for problem in checked(neighbours).problems)


def test_mistakes_within_the_tolerance_are_no_problem() -> None:
    def strict(task: Task, response: Response) -> bool:
        return truth(task, response) and task.seed != 2

    assert not checked(strict).ok
    assert checked(strict, tolerance=0.6).ok


def test_strict_raises_with_all_problems() -> None:
    with pytest.raises(VerifierError, match=r"(?s)it accepts everything.*hostile set"):
        checked(everything, strict=True)


@pytest.mark.parametrize(
    ("settings", "error", "said"),
    [
        ({"seeds": 0}, SettingError, "seeds 0"),
        ({"seconds": 0}, SettingError, "seconds 0"),
        ({"base_rate": 1.0}, SettingError, "base_rate"),
        ({"tolerance": 1.0}, SettingError, "tolerance"),
        ({"family": "chain_som"}, UnknownNameError, "did you mean chain_sum"),
        ({"verifier": "binry"}, UnknownNameError, "did you mean binary"),
        ({"verifier": "binary~random"}, SettingError, "is a control"),
        ({"verifier": 3}, SettingError, "cannot be called"),
        ({"shortcuts": ("constant",)}, UnknownNameError, "constant_accepted"),
    ],
)
def test_bad_settings_are_named(settings: dict[str, Any], error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        check_verifier(**{"verifier": "binary", **settings})


def test_a_verifiers_own_settings_and_name_are_kept() -> None:
    report = checked(Signal(verifier=CustomVerifier(truth, name="mine", isolated=True)))
    assert report.ok
    assert report.verifier == "binary:mine"


def test_a_share_for_the_form_is_no_reward_for_nothing() -> None:
    def graded(task: Task, response: Response) -> float:
        return 1.0 if truth(task, response) else 0.2 * bool(response.answer)

    report = checked(graded)
    assert report.ok and 0 < report.hostile_paid < report.hostile


def test_the_pass_mark_says_what_is_accepted() -> None:
    def short(task: Task, response: Response) -> float:
        return float(truth(task, response)) / (1 + len(response.steps))

    refused = checked(short)
    assert any("and accepted is what earns 0.5 (pass_mark=...)" in problem for problem in refused.problems)
    report = checked(short, pass_mark=0.01)
    assert report.ok and report.tpr is not None and report.tpr.estimate == 1.0
    with pytest.raises(SettingError, match="pass_mark 0 is not a number above 0"):
        checked(short, pass_mark=0)


def test_a_family_of_the_users_own_is_there_in_the_fresh_process() -> None:
    family = synthgym.load_family(
        [{"prompt": f"{n}+1?", "answer": n + 1} for n in range(40)], "of_the_checks_own"
    )
    report = check_verifier(lambda task, response: family.is_right(task, response), family, seeds=2)
    assert report.ok and "in a fresh process" in report.agreed
