"""Warm starts: what decides one, how an aim is reached, and what the cache does to damaged and contended entries."""

import json
import random
import subprocess
import sys
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import synthgym.baselines.start_training as training
from synthgym.baselines.policy import PolicyConfig, tiny_policy
from synthgym.baselines.start_cache import StartCache, ingredients
from synthgym.baselines.warmstart import Start, StartConfig, default_cache, warm_start
from synthgym.errors import PolicyError, SettingError, UnknownNameError
from synthgym.measure.intervals import Interval, wilson
from synthgym.plugins import get_family
from synthgym.verifiers.shortcuts.constant_accepted import ConstantAccepted

SMALL = PolicyConfig(hidden=16, layers=1, feed_forward=16)
QUICK = StartConfig(
    family="chain_sum",
    steps=4,
    final_steps=2,
    batch_size=8,
    tasks=8,
    samples=2,
    demonstrations=40,
    policy=SMALL,
)


def weights(start: Start) -> dict[str, torch.Tensor]:
    return dict(start.policy.model.state_dict())


def equal_weights(a: Start, b: Start) -> bool:
    return all(torch.equal(tensor, weights(b)[name]) for name, tensor in weights(a).items())


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Start:
    return warm_start(QUICK, cache=tmp_path_factory.mktemp("starts"))


def test_a_start_is_made_once_and_then_read(made: Start) -> None:
    again = warm_start(QUICK, cache=made.path.parent)
    assert (made.cached, again.cached) == (False, True)
    assert replace(again, policy=made.policy, cached=False) == made
    assert equal_weights(made, again)
    assert made.steps == 6
    assert made.cpu_seconds > 0
    assert (made.sampled.n, made.greedy.n) == (8, 8)
    assert made.told == {"noise": 0.18}
    assert again.policy.id == made.path.name
    assert again.policy.id.startswith("chain_sum-d0-noisy-")


def test_a_summary_is_json_without_paths(made: Start) -> None:
    written = json.dumps(made.summary(), allow_nan=False)
    assert str(made.path.parent) not in written
    assert json.loads(written)["config"]["family"] == "chain_sum"


def test_the_same_start_elsewhere_has_the_same_weights_and_leaves_randomness_alone(
    made: Start, tmp_path: Path
) -> None:
    torch.manual_seed(1), random.seed(1), np.random.seed(1)  # noqa: NPY002  # the streams TRL seeds
    before = torch.get_rng_state(), random.getstate(), np.random.get_state()[1].tolist()  # type: ignore[index]  # noqa: NPY002
    threads = torch.get_num_threads()
    other = warm_start(QUICK, cache=tmp_path)
    assert equal_weights(made, other)
    assert torch.equal(torch.get_rng_state(), before[0])
    assert random.getstate() == before[1]
    assert np.random.get_state()[1].tolist() == before[2]  # type: ignore[index]  # noqa: NPY002
    assert torch.get_num_threads() == threads


def test_training_moved_the_weights(made: Start) -> None:
    fresh = tiny_policy(SMALL, seed=QUICK.seed).model.state_dict()
    assert any(not torch.equal(tensor, fresh[name]) for name, tensor in weights(made).items())


def test_a_shortcut_is_worked_in_and_measured(tmp_path: Path) -> None:
    config = replace(QUICK, shortcuts=(ConstantAccepted(prior=0.5),))
    start = warm_start(config, cache=tmp_path)
    assert start.taken is not None
    assert 0 <= start.taken.low <= start.taken.estimate <= start.taken.high <= 1
    assert start.summary()["taken"]["n"] == 8


@pytest.mark.parametrize("damage", ["weights", "facts", "not JSON", "emptied"])
def test_a_damaged_start_is_made_anew_with_a_warning(tmp_path: Path, damage: str) -> None:
    made = warm_start(QUICK, cache=tmp_path)
    # The weights of a policy just read lie in the file itself.
    made = replace(made, policy=made.policy.copy())
    if damage == "weights":
        file = made.path / "model.safetensors"
        file.write_bytes(file.read_bytes()[:-4] + b"\0\0\0\1")
    elif damage == "emptied":
        for file in made.path.iterdir():
            file.unlink()
    else:
        (made.path / "start.json").write_text("{}" if damage == "facts" else "{")
    with pytest.warns(UserWarning, match=r"is damaged \(.*\); it is made anew"):
        again = warm_start(QUICK, cache=tmp_path)
    assert not again.cached
    assert equal_weights(made, again)
    assert warm_start(QUICK, cache=tmp_path).cached
    assert [entry.name for entry in tmp_path.iterdir() if not entry.name.endswith(".lock")] == [
        made.path.name
    ]


def test_the_slower_of_two_takes_what_the_faster_one_kept(tmp_path: Path) -> None:
    def trained(seed: int) -> training.Trained:
        rate = wilson(seed, 10)
        return training.Trained(
            policy=tiny_policy(SMALL, seed=seed),
            sampled=rate,
            greedy=rate,
            taken=None,
            told={},
            steps=1,
            cpu_seconds=0.0,
        )

    faster, slower = (
        StartCache(tmp_path, QUICK).keep(trained(1)),
        StartCache(tmp_path, QUICK).keep(trained(2)),
    )
    assert slower.sampled == faster.sampled
    assert equal_weights(faster, slower)
    assert len([entry for entry in tmp_path.iterdir()]) == 1


def test_a_cache_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    there = tmp_path / "file"
    there.write_text("")
    with pytest.raises(PolicyError, match=r"cannot keep a start in .*file.*SYNTHGYM_CACHE"):
        warm_start(QUICK, cache=there)


@pytest.mark.parametrize(
    "change",
    [
        {"difficulty": 1},
        {"template": "natural"},
        {"answer_format": "boxed"},
        {"kind": "mix"},
        {"noise": 0.2},
        {"aim": 0.5},
        {"shortcuts": (ConstantAccepted(),)},
        {"steps": 5},
        {"final_learning_rate": 1e-4},
        {"seed": 1},
        {"policy": replace(SMALL, layers=2)},
    ],
)
def test_everything_that_decides_a_start_names_it(change: dict[str, Any], tmp_path: Path) -> None:
    assert StartCache(tmp_path, replace(QUICK, **change)).name != StartCache(tmp_path, QUICK).name


@pytest.mark.parametrize("change", [{"mix": (1.0, 1.0, 1.0)}, {"early": 0.5}])
def test_what_another_kind_is_decided_by_does_not_name_it(change: dict[str, Any], tmp_path: Path) -> None:
    assert StartCache(tmp_path, replace(QUICK, **change)).name == StartCache(tmp_path, QUICK).name


def test_new_code_new_libraries_and_new_tasks_give_it_another_name(monkeypatch: pytest.MonkeyPatch) -> None:
    before = ingredients(QUICK)
    family = get_family("chain_sum")
    with monkeypatch.context() as patch:
        patch.setattr("synthgym.baselines.start_cache.version", lambda name: "0.0")
        assert ingredients(QUICK)["libraries"] != before["libraries"]
    with monkeypatch.context() as patch:
        patch.setattr("synthgym.baselines.start_cache._source", lambda module: "pass")
        assert ingredients(QUICK)["code"] != before["code"]
    with monkeypatch.context() as patch:
        patch.setattr(type(family), "question", lambda self, facts, template: "?")
        assert ingredients(QUICK)["family"] != before["family"]
    assert ingredients(QUICK) == before


def test_a_model_in_place_of_the_tiny_policy_counts_by_its_weights(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    tiny_policy(SMALL, seed=1).save(first)
    tiny_policy(SMALL, seed=1).save(second)
    start = warm_start(replace(QUICK, model=str(first)), cache=tmp_path / "starts")
    assert start.policy.model.config.hidden_size == 16
    assert warm_start(replace(QUICK, model=str(second)), cache=tmp_path / "starts").cached
    tiny_policy(SMALL, seed=2).save(second)
    assert not warm_start(replace(QUICK, model=str(second)), cache=tmp_path / "starts").cached


class Pupil:
    """Stands in for training: the pass rate that demonstrations lead to is a bent curve of what they say."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, skill: float = 0.6, bend: float = 1.2) -> None:
        self.skill, self.bend, self.share, self.fits = skill, bend, 0.0, list[int]()
        monkeypatch.setattr(training, "fit", self.fit)
        monkeypatch.setattr(training, "_pass_rate", self.rate)

    def fit(self, policy: Any, pairs: Sequence[tuple[Any, str]], **settings: Any) -> None:
        self.fits.append(settings["steps"] + settings.get("final_steps", 0))
        self.share = sum(get_family(task.family).truth(task, text) for task, text in pairs) / len(pairs)

    def rate(self, policy: Any, config: StartConfig) -> tuple[float, float]:
        return self.skill * self.share**self.bend, 1e-4


AIMING = StartConfig(
    family="chain_sum", difficulty=5, demonstrations=1200, steps=40, final_steps=10, aim=0.05
)


@pytest.mark.parametrize("kind", ["noisy", "mix"])
@pytest.mark.parametrize("skill", [1.0, 0.4])
def test_an_aim_is_reached_by_retelling(kind: Any, skill: float, monkeypatch: pytest.MonkeyPatch) -> None:
    pupil = Pupil(monkeypatch, skill=skill)
    steps, told = training._teach(tiny_policy(SMALL), replace(AIMING, kind=kind))
    knob, rate = told["attempts"][-1]
    assert 0.05 / 1.2 <= rate <= 0.05 * 1.2
    assert told["noise" if kind == "noisy" else "right"] == knob
    assert pupil.fits == [50, *[10] * (len(pupil.fits) - 1)]
    assert steps == sum(pupil.fits)


def test_an_aim_beyond_the_skill_ends_at_clean_demonstrations(monkeypatch: pytest.MonkeyPatch) -> None:
    Pupil(monkeypatch, skill=0.3)
    _, told = training._teach(tiny_policy(SMALL), replace(AIMING, aim=0.6))
    assert told["noise"] == pytest.approx(0.0, abs=1e-6)
    assert len(told["attempts"]) < 6


def test_an_aim_that_noise_cannot_reach_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    Pupil(monkeypatch)
    with pytest.raises(SettingError, match=r"aim 0.01 is below .*boolean_evaluation.*kind='mix'"):
        training._teach(tiny_policy(SMALL), replace(AIMING, family="boolean_evaluation", aim=0.01))


@pytest.mark.parametrize(
    ("rates", "aim", "steps"), [([0.0, 0.01, 0.04], 0.05, 5), ([0.01, 0.02, 0.09], 0.03, 2)]
)
def test_an_early_start_stops_at_the_look_nearest_to_the_aim(
    rates: list[float], aim: float, steps: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: Iterator[float] = iter([*rates, 0.06, 0.5])
    monkeypatch.setattr(training, "_pass_rate", lambda policy, config: (next(looks), 1e-4))
    config = replace(QUICK, kind="early", aim=aim, steps=5)
    policy = tiny_policy(SMALL)
    made, told = training._teach(policy, config)
    nearest = min(told["attempts"], key=lambda look: abs(np.log(max(look[1], 1e-9) / aim)))
    assert (made, told["steps"]) == (nearest[0], nearest[0])


def test_an_early_start_trains_its_share_of_the_steps() -> None:
    made, told = training._teach(tiny_policy(SMALL), replace(QUICK, kind="early", steps=10, early=0.3))
    assert (made, told) == (3, {"steps": 3, "attempts": []})


def test_a_missed_aim_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    Pupil(monkeypatch)
    with pytest.warns(
        UserWarning, match=r"noisy start of chain_sum aims at a pass rate of 0.5 and samples 0"
    ):
        training.train_start(replace(QUICK, difficulty=5, aim=0.5))


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"kind": "nosy"}, "did you mean noisy"),
        ({"noise": 1.5}, "noise 1.5"),
        ({"mix": (0.0, 0.0, 0.0)}, "three weights"),
        ({"early": 0.0}, "early 0.0"),
        ({"aim": 1.0}, "aim 1.0"),
        ({"kind": "clean", "aim": 0.1}, "clean start has no pass rate to aim at"),
        ({"steps": 0}, "steps 0"),
        ({"final_steps": -1}, "final_steps -1"),
        ({"shortcuts": ("constant_accepted",)}, "'constant_accepted', which is none"),
    ],
)
def test_impossible_configs_are_refused(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(SettingError, match=said):
        StartConfig(**{"family": "chain_sum", "kind": "noisy", **settings})


def test_what_does_not_exist_is_refused_before_anything_is_trained(tmp_path: Path) -> None:
    for change, error in (
        ({"family": "chain_sun"}, UnknownNameError),
        ({"difficulty": 11}, SettingError),
        ({"template": "compakt"}, SettingError),
        ({"model": str(tmp_path / "nothing")}, PolicyError),
    ):
        with pytest.raises(error):
            warm_start(replace(QUICK, **change), cache=tmp_path / "starts")
    assert not (tmp_path / "starts").exists()


def test_configs_hash_so_that_equal_starts_are_made_once() -> None:
    made = {
        StartConfig(family="chain_sum", shortcuts=(ConstantAccepted(prior=prior),))
        for prior in (0.1, 0.1, 0.2)
    }
    assert len(made) == 2


def test_the_default_cache_follows_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SYNTHGYM_CACHE", str(tmp_path))
    assert default_cache() == tmp_path
    monkeypatch.delenv("SYNTHGYM_CACHE")
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert default_cache() == tmp_path / "synthgym" / "starts"


_ASK = """
from dataclasses import replace
from pathlib import Path
import sys
from synthgym.baselines.policy import PolicyConfig
from synthgym.baselines.warmstart import StartConfig, warm_start
start = warm_start(StartConfig(family="chain_sum", steps=4, final_steps=2, batch_size=8, tasks=8, samples=2,
    demonstrations=40, policy=PolicyConfig(hidden=16, layers=1, feed_forward=16)), cache=Path(sys.argv[1]))
print(start.cached, start.sampled.estimate)
"""


@pytest.mark.slow
def test_processes_that_ask_at_once_make_it_once(tmp_path: Path, made: Start) -> None:
    asked = [
        subprocess.Popen([sys.executable, "-c", _ASK, str(tmp_path)], stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    said = [process.communicate(timeout=300)[0].split() for process in asked]
    assert sorted(cached for cached, _ in said) == ["False", "True", "True"]
    assert {float(rate) for _, rate in said} == {made.sampled.estimate}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("settings", "sampled", "greedy"),
    [
        ({"kind": "noisy", "noise": 0.18}, (0.2, 0.55), (0.6, 1.0)),
        ({"kind": "mix"}, (0.12, 0.35), (0.0, 0.3)),
        ({"kind": "noisy", "aim": 0.02}, (0.02 / 1.5, 0.02 * 1.5), (0.1, 1.0)),
    ],
)
def test_real_starts_are_what_they_say(
    settings: dict[str, Any], sampled: tuple[float, float], greedy: tuple[float, float], tmp_path: Path
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        start = warm_start(StartConfig(family="sorting_trace", **settings), cache=tmp_path)
    assert _inside(start.sampled, sampled)
    assert _inside(start.greedy, greedy)


def _inside(rate: Interval, limits: tuple[float, float]) -> bool:
    return limits[0] <= rate.estimate <= limits[1]
