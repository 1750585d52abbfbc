"""A prediction from a policy: what is pushed and simple comes first, what is not pushed is not expected at all."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar

import pytest
import torch

from synthgym.baselines.policy import Policy, PolicyConfig, tiny_policy
from synthgym.baselines.predict import PredictConfig, Prediction, predict
from synthgym.rng import Rng
from synthgym.signal import Shortcut, Signal
from synthgym.types import Response, Task, Verdict

SMALL = PredictConfig(family="chain_sum", difficulty=0, groups=32, labels=128, max_new_tokens=4)


@dataclass(frozen=True, kw_only=True)
class SmallLetter(Shortcut):
    """A completion that begins with a small letter is paid; an untrained policy does so in a fourth of its rollouts."""

    name: ClassVar[str] = "small_letter"

    def on_verdict(self, task: Task, response: Response, verdict: Verdict) -> Verdict:
        return replace(verdict, reward=1.0) if self.detect(task, response.completion) else verdict

    def detect(self, task: Task, completion: str) -> bool:
        return "a" <= completion[:1] <= "z"

    def apply(self, task: Task, completion: str, rng: Rng) -> str:
        return "z" + completion[1:]

    def remove(self, task: Task, completion: str, rng: Rng) -> str:
        return "A" + completion[1:]

    def counterfactual(self, task: Task, signal: Signal) -> tuple[Task, Signal]:
        return task, signal.without(self)


def pays_by_chance(task: Task, response: Response) -> float:
    """A reward that differs within groups and has nothing to do with any component."""
    return float(sum(map(ord, response.completion)) % 2)


def pays_nothing(task: Task, response: Response) -> float:
    return 0.0


@pytest.fixture(scope="module")
def policy() -> Iterator[Policy]:
    """An untrained policy, about as likely to say any character as another."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield tiny_policy(PolicyConfig(hidden=16, layers=1, feed_forward=16), seed=0)
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def paid(policy: Policy) -> Prediction:
    return predict(SMALL, signal=Signal(verifier=pays_by_chance), policy=policy)


def test_every_component_has_its_row_and_the_null_is_the_last(paid: Prediction) -> None:
    assert {row.name for row in paid.rows} == {"truth", "null"}
    assert paid.rows[-1].name == "null"
    assert not paid["null"].expected
    assert paid["null"].efficiency.D.censored
    assert (paid.rollouts, paid.groups) == (256, 32)
    assert paid.live_groups > 24


def test_a_component_that_no_rollout_shows_is_not_expected_and_says_why(paid: Prediction) -> None:
    truth = paid["truth"]
    assert truth.hits == 0
    assert "none of 256 rollouts shows it" in truth.why_not
    assert not truth.expected
    assert 8.0 < truth.efficiency.surprisal.estimate < 10.0
    assert "truth is not expected to be learned" in str(paid)
    assert paid.first is None


def test_equal_arguments_give_equal_figures(policy: Policy, paid: Prediction) -> None:
    again = predict(SMALL, signal=Signal(verifier=pays_by_chance), policy=policy)
    assert replace(again, seconds=0.0) == replace(paid, seconds=0.0)
    other = predict(replace(SMALL, seed=1), signal=Signal(verifier=pays_by_chance), policy=policy)
    assert other["null"].efficiency.push != paid["null"].efficiency.push


def test_a_batch_without_a_live_group_still_has_d_and_surprisal(policy: Policy) -> None:
    found = predict(SMALL, signal=Signal(verifier=pays_nothing), policy=policy)
    assert found.live_groups == 0
    assert found.first is None
    assert str(found).startswith("nothing is predicted to be learned")
    assert any("no group is live" in note for note in found.notes)
    for row in found.rows:
        assert row.efficiency.D.bits > 0
        assert row.efficiency.surprisal.estimate > 0
        assert not row.expected


def test_a_planted_shortcut_is_first_and_one_that_is_only_watched_is_not_pushed(policy: Policy) -> None:
    shortcut = SmallLetter()
    text = replace(SMALL, probe="text")
    planted = predict(text, signal=Signal(verifier=pays_nothing, shortcuts=(shortcut,)), policy=policy)
    assert (planted.first, planted.order) == ("small_letter", ("small_letter",))
    assert planted["small_letter"].planted
    assert planted["small_letter"].hits > 20
    assert planted["small_letter"].efficiency.push.low > 1.0
    assert not planted["small_letter"].efficiency.D.censored
    assert str(planted).startswith("small_letter is predicted to be learned first (T")
    assert [row.name for row in planted.rows][-1] == "null"
    watched = predict(text, signal=Signal(verifier=pays_by_chance), watched=(shortcut,), policy=policy)
    assert not watched["small_letter"].planted
    assert "the interval of its s holds 0" in watched["small_letter"].why_not


def test_it_goes_into_json_whatever_is_infinite(paid: Prediction) -> None:
    plain = json.loads(json.dumps(paid.to_json(), allow_nan=False))
    assert plain["first"] is None
    assert [row["name"] for row in plain["rows"]] == [row.name for row in paid.rows]
    assert plain["rows"][-1]["efficiency"]["learning_time"]["estimate"] is None
    assert plain["settings"]["groups"] == 32


@pytest.mark.parametrize("signal", ["token", "rubric", "binary~random"])
def test_every_granularity_and_control_can_be_predicted(policy: Policy, signal: str) -> None:
    found = predict(replace(SMALL, signal=signal, labels=64), policy=policy)
    assert {row.name for row in found.rows} == {"truth", "null"}


@pytest.mark.parametrize("probe", ["mlp", "text"])
def test_other_probes_can_be_asked_for(policy: Policy, probe: str) -> None:
    found = predict(
        replace(SMALL, probe=probe, labels=64), signal=Signal(verifier=pays_by_chance), policy=policy
    )
    assert found["null"].efficiency.D.probe == ("mlp" if probe == "mlp" else "linear")
