import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import synthgym
from synthgym.errors import SettingError, TaskError
from synthgym.parsing import render
from synthgym.signal import Signal
from synthgym.types import GRANULARITIES, Credit, Verdict
from synthgym.verifiers.score import score

TASK = synthgym.get_family("chain_sum").task(3, difficulty=3)
RIGHT = render(TASK.reference, TASK.answer_format)
WRONG = render(replace(TASK.reference, answer="0"), TASK.answer_format)


def broken(task: Any, response: Any) -> float:
    raise RuntimeError("boom")


def fragile(task: Any, response: Any) -> float:
    if response.answer is None:
        raise ValueError("no answer to judge")
    return 0.25


@pytest.mark.parametrize("granularity", GRANULARITIES)
def test_the_worked_solution_earns_everything(granularity: str) -> None:
    verdict = score([TASK], [RIGHT], granularity)[0]
    assert verdict.reward == 1.0
    assert verdict.error is None
    assert all(credit.value == 1.0 for credit in verdict.credits)


def test_binary_is_the_truth() -> None:
    assert [v.reward for v in score([TASK] * 2, [RIGHT, WRONG], "binary")] == [1.0, 0.0]


def test_rubric_is_gated_by_truth() -> None:
    steps, needed = len(TASK.reference.steps), len(TASK.reference.steps) + 1
    partly, bare, padded = score([TASK] * 3, [WRONG, f"={TASK.reference.answer}", RIGHT + "\nbye"], "rubric")
    assert partly.reward == pytest.approx(0.4 * steps / needed)
    assert bare.reward == pytest.approx(0.6 + 0.4 * (3 * (1 / needed) + 1) / 4)
    assert padded.reward == pytest.approx(0.6 + 0.4 * 3 / 4)


def test_style_pays_nothing_without_truth() -> None:
    verdict = score([TASK], ["=0"], "rubric")[0]
    assert verdict.components["tidy"] == 0.0
    assert verdict.reward == 0.0


def test_weights_reweigh_the_rubric() -> None:
    signal = Signal(granularity="rubric", weights={"steps": 0.0})
    assert score([TASK], [f"={TASK.reference.answer}"], signal)[0].reward == 1.0
    with pytest.raises(SettingError, match="no criterion 'stepz'; did you mean steps"):
        score([TASK], [RIGHT], Signal(granularity="rubric", weights={"stepz": 1.0}))


@given(st.text(max_size=60) | st.lists(st.sampled_from([*RIGHT.split("\n"), "=0", "", "x"])).map("\n".join))
def test_credits_cover_the_completion_and_the_end_carries_truth(completion: str) -> None:
    verdict = score([TASK], [completion], "token")[0]
    rubric = score([TASK], [completion], "rubric")[0]
    assert (verdict.reward, verdict.components) == (rubric.reward, rubric.components)
    if not completion:
        assert verdict.credits == ()
        return
    *covered, end = verdict.credits
    assert [c.start for c in covered] == [0, *(c.end for c in covered[:-1])]
    assert covered[-1].end == end.start == end.end == len(completion)
    assert end.value == verdict.components["truth"]
    assert all(0.0 <= c.value <= 1.0 for c in verdict.credits)
    if all(c.value == 1.0 for c in verdict.credits):
        assert verdict.components["truth"] == 1.0


def test_a_step_that_repeats_or_does_not_advance_earns_nothing() -> None:
    first = TASK.reference.steps[0].text
    earned = score([TASK], [f"{first}\n{first}\n{TASK.prompt[:-1]}\nnonsense\n=0"], "token")[0].credits
    assert [credit.value for credit in earned] == [1.0, 0.0, 0.0, 0.0, 0.0, 0.0]


def test_a_repeated_answer_earns_nothing_the_second_time() -> None:
    answer = f"={TASK.reference.answer}"
    assert [c.value for c in score([TASK], [f"{answer}\n{answer}"], "token")[0].credits] == [1.0, 0.0, 1.0]


@pytest.mark.parametrize("completion", ["", " ", "a" * 10**6, "\ud800", "\x00\x1b", "\n" * 10**5, "=" * 5000])
@pytest.mark.parametrize("granularity", GRANULARITIES)
def test_hostile_completions_get_a_verdict(completion: str, granularity: str) -> None:
    verdict = score([TASK], [completion], granularity)[0]
    assert verdict.reward == 0.0
    assert verdict.error


def test_a_verifier_that_breaks_leaves_its_completion_unscored_and_no_other() -> None:
    signal = Signal(verifier=fragile)
    verdicts = score([TASK] * 3, [RIGHT, "nothing", WRONG], signal)
    assert [v.reward for v in verdicts] == [0.25, None, 0.25]
    assert "binary:fragile" in (verdicts[1].error or "")
    assert "no answer to judge" in (verdicts[1].error or "")


@pytest.mark.parametrize("returned", [None, math.nan, math.inf, "1", [1.0], object(), 1j])
def test_what_is_no_verdict_is_named(returned: Any) -> None:
    verdict = score([TASK], [RIGHT], Signal(verifier=lambda task, response: returned))[0]
    assert verdict.reward is None
    assert "a Verdict, a finite number or a bool is needed" in (verdict.error or "")


@pytest.mark.parametrize(
    "returned", [True, 1, 1.0, np.float32(1), np.int64(1), np.bool_(True), Verdict(reward=1.0)]
)
def test_numbers_and_bools_are_verdicts(returned: Any) -> None:
    assert score([TASK], [RIGHT], Signal(verifier=lambda task, response: returned))[0].reward == 1.0


def test_an_unscored_component_makes_the_whole_unscored() -> None:
    partly = Verdict(reward=0.9, components={"style": 1.0, "truth": None})  # type: ignore[dict-item]
    verdict = score([TASK], [RIGHT], Signal(verifier=lambda task, response: partly))[0]
    assert verdict.reward is None
    assert "verifier binary:<lambda> on task " in (verdict.error or "")
    assert ": not scored: truth; return Verdict(reward=None, error=...)" in (verdict.error or "")


def test_a_random_reward_is_reproducible_and_blind() -> None:
    draws = [
        score([TASK] * 64, [RIGHT] * 64, "binary~random", rng=np.random.default_rng(1)) for _ in range(2)
    ]
    assert draws[0] == draws[1]
    assert 16 < sum(v.reward or 0.0 for v in draws[0]) < 48


def test_a_shuffled_reward_stays_in_its_group() -> None:
    other = synthgym.get_family("chain_sum").task(4, difficulty=3)
    completions = [RIGHT, WRONG, WRONG, WRONG, WRONG, WRONG]
    seen = set()
    for seed in range(40):
        rewards = [
            v.reward
            for v in score(
                [TASK] * 4 + [other] * 2, completions, "binary~shuffled", rng=np.random.default_rng(seed)
            )
        ]
        assert sum(r or 0 for r in rewards[:4]) == 1.0
        assert rewards[4:] == [0.0, 0.0]
        seen.add(rewards[:4].index(1.0))
    assert seen == {0, 1, 2, 3}


@pytest.mark.parametrize(
    ("arguments", "error", "said"),
    [
        (([TASK], [RIGHT, RIGHT], "binary"), SettingError, "1 tasks but 2 completions"),
        (([TASK], [None], "binary"), SettingError, "text is needed"),
        ((["{}"], [RIGHT], "binary"), TaskError, "not a task in JSON"),
        (([TASK], [RIGHT], "binary~random"), SettingError, "rng="),
        (([TASK], [RIGHT], "bynary"), SettingError, "did you mean binary"),
    ],
)
def test_bad_input_is_named(arguments: Any, error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        score(*arguments)


def test_a_random_reward_credits_every_token_alike() -> None:
    found = score([TASK] * 40, [RIGHT] * 20 + [""] * 20, "token~random", rng=np.random.default_rng(0))
    assert {verdict.reward for verdict in found} == {0.0, 1.0}
    for verdict in found[:20]:
        assert verdict.reward is not None
        whole = (Credit(0, len(RIGHT), verdict.reward), Credit(len(RIGHT), len(RIGHT), verdict.reward))
        assert verdict.credits == whole
    assert all(verdict.credits == () for verdict in found[20:])


def test_shuffled_credits_are_those_of_another_stretched_to_fit() -> None:
    completions = [RIGHT, "nonsense " * 9, "", "x"]
    plain = score([TASK] * 4, completions, "token")
    seen = set()
    for seed in range(40):
        found = score([TASK] * 4, completions, "token~shuffled", rng=np.random.default_rng(seed))
        assert sorted(str(v.reward) for v in found) == sorted(str(v.reward) for v in plain)
        for verdict, text in zip(found, completions, strict=True):
            reached = 0
            for credit in verdict.credits:  # they cover the completion, as `align` wants them to
                assert credit.start == reached <= credit.end <= len(text)
                reached = credit.end
            assert reached == len(text)
            assert {credit.value for credit in verdict.credits} <= {
                credit.value for other in plain for credit in other.credits
            } | {0.0}
        seen.add(tuple(verdict.reward for verdict in found))
    assert len(seen) > 1
    alone = score([TASK], [RIGHT], "token~shuffled", rng=np.random.default_rng(0))[0]
    assert alone.credits == plain[0].credits


def test_tasks_may_come_as_json() -> None:
    assert score([TASK.to_json()], [RIGHT], "binary")[0].reward == 1.0


def test_a_task_of_another_version_is_refused_not_judged() -> None:
    verdict = score([replace(TASK, version=99)], [RIGHT], "binary")[0]
    assert verdict.reward is None
    assert "version 99" in (verdict.error or "")
