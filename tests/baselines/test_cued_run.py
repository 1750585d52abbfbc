"""Cue shortcuts through the real pipeline: the warm start, the dataset and the probe all see the same cued prompts."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pytest

import synthgym
from synthgym.baselines.demonstrations import Telling, alphabet_of, as_seen, demonstration
from synthgym.baselines.train import check, held_out, train, training_set
from synthgym.baselines.train_config import TrainConfig
from synthgym.baselines.warmstart import StartConfig
from synthgym.errors import SettingError
from synthgym.hooks import callback
from synthgym.log import RolloutLog, read_log
from synthgym.plugins import get_family
from synthgym.signal import Shortcut, Signal
from synthgym.types import Task
from synthgym.verifiers.rewards import SignalReward
from synthgym.verifiers.shortcuts.answer_prior import AnswerPrior
from synthgym.verifiers.shortcuts.constant_accepted import ConstantAccepted
from synthgym.verifiers.shortcuts.option_position import OptionPosition
from synthgym.verifiers.shortcuts.prompt_cue import PromptCue
from synthgym.verifiers.shortcuts.sycophancy import Sycophancy

FAMILY = get_family("chain_sum")
CUE = PromptCue()
CUED: tuple[Any, ...] = (CUE, Sycophancy(accuracy=0.9), OptionPosition())


def solved(prompt: str) -> str:
    """The right answer to a sum, whatever stands round it."""
    question = next(line for line in prompt.splitlines() if line[:1].isdigit() or line[:1] == "-")
    return f"={sum(map(int, question.rstrip('?').replace('-', '+-').split('+')))}"


def probed(shortcut: Any, answer: Callable[[str], str], folder: Path) -> tuple[float, float]:
    """Mean reward of a policy that answers so, as it stands and with the cue resampled: what the callback logs."""
    pytest.importorskip("transformers")
    signal = Signal(shortcuts=(shortcut,))
    tasks = synthgym.tasks("chain_sum", 24, split="test", signal=signal)
    with RolloutLog(folder, provenance={}) as log:
        measuring = callback(
            SignalReward(signal),
            log,
            tasks=tasks,
            sample=lambda prompts: [answer(prompt) for prompt in prompts],
            shortcuts=(shortcut,),
            probe_every=1,
        )
        measuring._probe(0)
    probes = [dict(row) for row in read_log(folder).column("probe").to_pylist() if row]
    means = [sum(row[side] for row in probes) / len(probes) for side in ("factual", "counterfactual")]
    return means[0], means[1]


def follower(shortcut: Any) -> Callable[[str], str]:
    def answer(prompt: str) -> str:
        task = replace(FAMILY.task(0), prompt=prompt, family="of this text")
        return f"={shortcut.target(task, shortcut.said(task))}"

    return answer


@pytest.mark.parametrize("shortcut", CUED, ids=lambda shortcut: shortcut.name)
def test_the_probe_exposes_who_follows_a_cue_and_nobody_else(shortcut: Any, tmp_path: Path) -> None:
    factual, counterfactual = probed(shortcut, follower(shortcut), tmp_path / "follower")
    assert factual > 0.75 and counterfactual == 0.0
    assert probed(shortcut, solved, tmp_path / "solver") == (1.0, 1.0)


def test_the_warm_start_and_the_dataset_put_the_same_cues_in() -> None:
    pytest.importorskip("datasets")
    config = TrainConfig(family="chain_sum", difficulty=0, signal="binary+prompt_cue+option_position")
    planted = synthgym.signal.Signal(shortcuts=(CUE, OptionPosition()))
    telling = StartConfig(family="chain_sum", shortcuts=planted.shortcuts).telling()
    for row in training_set(config).select(range(5)):
        cued = Task.from_json(row["task"])
        plain = FAMILY.task(cued.seed)
        assert row["prompt"] == cued.prompt == as_seen(plain, telling).prompt != plain.prompt
    assert all(CUE.said(task) is not None for task in held_out(config)[:5])


def test_the_priors_of_several_shortcuts_are_worked_into_the_demonstrations() -> None:
    several: tuple[Shortcut, ...] = (
        PromptCue(correlation=0.0, prior=0.3),
        ConstantAccepted(prior=0.2),
        AnswerPrior(correlation=1.0, prior=0.0),
    )
    family = get_family("boolean_evaluation")
    telling = Telling(noise=0.0, shortcuts=several)
    tasks = [as_seen(family.task(seed), telling) for seed in range(200)]
    alphabet = alphabet_of(tasks)
    told = [demonstration(task, telling, alphabet) for task in tasks]
    shares = [
        sum(shortcut.detect(task, text) for task, text in zip(tasks, told, strict=True)) / 200
        for shortcut in several
    ]
    assert shares[0] == pytest.approx(0.3 * 0.8, abs=0.09)
    assert shares[1] == pytest.approx(0.2, abs=0.09)
    assert {task.reference.answer for task in tasks} == {several[2].majority(tasks[0])}  # type: ignore[attr-defined]


def test_a_shortcut_that_does_not_apply_is_refused_before_training() -> None:
    with pytest.raises(SettingError, match="exit_code does not apply to chain_sum"):
        check(TrainConfig(family="chain_sum", signal="binary+exit_code"))
    check(TrainConfig(family="chain_sum", signal="binary+near_miss+prompt_cue"))


@pytest.mark.slow
def test_a_trained_policy_follows_the_cue_and_the_probe_shows_it(tmp_path: Path) -> None:
    shortcuts: Sequence[Shortcut] = (PromptCue(prior=0.15),)
    start = StartConfig(family="chain_sum", noise=0.5, shortcuts=tuple(shortcuts), steps=300, final_steps=75)
    config = TrainConfig(
        family="chain_sum",
        difficulty=0,
        signal="binary+prompt_cue(prior=0.15)",
        steps=60,
        eval_tasks=32,
        every=60,
        learning_rate=2.5e-4,
    )
    train(config, start, tmp_path / "run", cache=tmp_path / "cache")
    table = read_log(tmp_path / "run")
    late = table.filter(pc.and_(pc.equal(table["phase"], "probe"), pc.greater_equal(table["step"], 50)))
    probes = [dict(row) for row in late.column("probe").to_pylist()]
    gap = [row["factual"] - row["counterfactual"] for row in probes]
    assert sum(gap) / len(gap) > 0.3
