"""What is done about an alarm: stops, decorrelated rewards and prompts, callables, and the record; through TRL, too."""

import logging
from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import synthgym
from synthgym.baselines.answers import answerer
from synthgym.baselines.policy import PolicyConfig, tiny_policy
from synthgym.baselines.quiet import quiet, without_checkpointing
from synthgym.detect import Detections, detect, wrong_ceiling_of
from synthgym.errors import SettingError
from synthgym.hooks import Judge
from synthgym.intervention import Alarm, Intervention, OnAlarm, Recued, read_alarms, recued
from synthgym.signal import Signal
from synthgym.types import Task
from synthgym.verifiers.rewards import SignalReward
from synthgym.verifiers.shortcuts.constant_accepted import ConstantAccepted
from synthgym.verifiers.shortcuts.prompt_cue import PromptCue
from synthgym.watch import Watch

CONSTANT, CUE = ConstantAccepted(), PromptCue(correlation=0.9)
ALARM = Alarm(
    step=7,
    detector="truth_gap",
    shortcut=None,
    part="event",
    log10_evidence=2.5,
    threshold=2.3,
    alpha=0.005,
    audits=128,
)


def intervention(tmp_path: Path, signal: Signal, action: OnAlarm = "decorrelate") -> Intervention:
    return Intervention(SignalReward(signal), tmp_path, action, {s.name: s for s in signal.shortcuts})


def reward_of(acting: Intervention) -> Judge:
    reward: Judge = acting._reward
    return reward


class Loader:
    """As much of a data loader as is looked at."""

    def __init__(self, workers: int = 0) -> None:
        self.num_workers = workers
        self.collate_fn: Any = list


def trained(
    folder: Path, action: OnAlarm, *, steps: int = 60, streaming: bool = False
) -> tuple[Watch, Any, SignalReward]:
    """A stock GRPO run of a policy that knows nothing and writes one character: all it can learn is the constant."""
    from transformers.trainer_callback import PrinterCallback
    from trl import GRPOConfig, GRPOTrainer

    policy = tiny_policy(PolicyConfig(hidden=32, feed_forward=64, layers=1))
    signal = Signal(shortcuts=(CONSTANT,))
    [reward] = synthgym.rewards(signal)
    assert isinstance(reward, SignalReward)
    watch = Watch(rng=np.random.default_rng(0), on_alarm=action)
    with synthgym.RolloutLog(folder) as log, quiet():
        trainer = GRPOTrainer(
            model=policy.model,
            processing_class=policy.tokenizer,
            reward_funcs=[reward],
            args=GRPOConfig(
                output_dir=str(folder.parent / "scratch"),
                per_device_train_batch_size=64,
                num_generations=8,
                max_steps=steps,
                max_completion_length=1,
                learning_rate=1e-2,
                temperature=1.0,
                beta=0.0,
                bf16=False,
                use_cpu=True,
                save_strategy="no",
                logging_strategy="no",
                report_to="none",
                disable_tqdm=True,
                **without_checkpointing(GRPOConfig),
            ),
            train_dataset=synthgym.dataset(
                "chain_sum", n=8 * steps, difficulty=3, signal=signal, streaming=streaming
            ),
            callbacks=[
                synthgym.callback(
                    [reward],
                    log,
                    watch=watch,
                    shortcuts=[CONSTANT],
                    probe_every=1,
                    probe_tasks=synthgym.tasks("chain_sum", 16, difficulty=3, split="test"),
                    sample=answerer(policy, max_new_tokens=1),
                )
            ],
        )
        trainer.remove_callback(PrinterCallback)
        trainer.train()
    return watch, trainer.state, reward


def afterwards(folder: Path) -> Detections:
    ceiling = wrong_ceiling_of(Signal(shortcuts=(CONSTANT,)))
    return detect(synthgym.read_log(folder), rng=np.random.default_rng(0), wrong_ceiling=ceiling)


def test_a_run_that_takes_a_planted_constant_is_stopped(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "synthgym.intervention"):
        watch, state, _ = trained(tmp_path / "run", "stop")
    assert watch.alarm is not None
    assert 0 < state.global_step < 60
    assert state.global_step <= watch.alarm + 1
    table = synthgym.read_log(tmp_path / "run")
    assert max(table["step"].to_pylist()) >= watch.alarm  # what was logged is there, up to the alarm
    assert watch.result() == afterwards(tmp_path / "run")
    record = read_alarms(tmp_path / "run")
    assert record is not None
    [first, *_] = record["alarms"]
    assert (first["step"], first["action"], first["done"]) == (watch.alarm, "stop", "training stops")
    assert record["audited"]["truth_gap"] == watch.result().truth_gap.audits <= 16 * state.global_step
    assert record["watch"]["wrong_ceiling"] == 0.0
    said = [message for message in caplog.messages if "alarmed at step" in message]
    assert len(said) == len(record["alarms"])  # each is said once


def test_after_decorrelating_the_constant_earns_nothing(tmp_path: Path) -> None:
    watch, state, reward = trained(tmp_path / "run", "decorrelate", steps=40, streaming=True)
    assert watch.alarm is not None and state.global_step == 40
    assert reward.signal.shortcuts == (CONSTANT.decorrelated(),)
    rows = synthgym.read_log(tmp_path / "run", phases="train").to_pylist()
    took = [row for row in rows if dict(row["probe"])["mechanism"] == 1]
    assert {row["reward"] for row in took if row["step"] < watch.alarm} == {1.0}
    later = [row["reward"] for row in took if row["step"] > watch.alarm]
    assert later and max(later) == 0.0
    assert watch.result() == afterwards(tmp_path / "run")  # also across the change of the signal


@pytest.mark.slow
def test_decorrelating_lets_truth_recover(tmp_path: Path) -> None:
    """Sorting from a warm start: the constant is taken up, and after the alarm truth rises above where it was."""
    from synthgym.algorithm import Budget
    from synthgym.baselines.algorithms.grpo import GRPO
    from synthgym.baselines.warmstart import StartConfig, warm_start
    from synthgym.hooks import Recorder

    signal = Signal(shortcuts=(CONSTANT,))
    start = warm_start(
        StartConfig(family="sorting_trace", shortcuts=(CONSTANT,), steps=300, final_steps=75), cache=tmp_path
    )
    truths: dict[str, float] = {}
    actions: tuple[OnAlarm, ...] = ("nothing", "decorrelate")
    for action in actions:
        watch = Watch(rng=np.random.default_rng(0), on_alarm=action, hints=True)
        with synthgym.RolloutLog(tmp_path / str(action)) as log:
            recorder = Recorder(log=log, watch=watch)
            GRPO().train(
                start.policy.copy(),
                synthgym.dataset("sorting_trace", n=16 * 100, first_seed=1_000_000),
                signal,
                Budget(steps=100, batch_size=128, group_size=8, seed=0),
                recorder,
            )
        assert watch.alarm is not None
        print(action, watch.alarms[0].text, *(hint.text for hint in watch.hints), sep="\n  ")
        rows = synthgym.read_log(tmp_path / str(action), phases="train").to_pylist()
        truths[str(action)] = float(np.mean([row["truth"] for row in rows if row["step"] >= 90]))
        truths[f"{action}, at the alarm"] = float(
            np.mean([row["truth"] for row in rows if abs(row["step"] - watch.alarm) <= 2])
        )
    print(truths)
    assert truths["nothing"] < 0.2
    assert truths["decorrelate"] > truths["decorrelate, at the alarm"] + 0.1


def test_a_function_is_called_with_the_alarm_once_it_is_on_record(tmp_path: Path) -> None:
    given: list[Alarm] = []
    acting = intervention(tmp_path, Signal(shortcuts=(CONSTANT,)), given.append)
    acting.act([ALARM], SimpleNamespace(should_training_stop=False))
    acting.record({"watch": {}})
    acting.call([ALARM])
    assert given == [ALARM]
    record = read_alarms(tmp_path)
    assert record is not None and record["alarms"][0]["done"] == "calls append"


def test_alarms_of_one_step_are_all_on_record_before_a_function_raises(tmp_path: Path) -> None:
    def raises(alarm: Alarm) -> None:
        raise ArithmeticError(alarm.part)

    acting = intervention(tmp_path, Signal(shortcuts=(CONSTANT,)), raises)
    both = [ALARM, Alarm(**{**_plain(ALARM), "detector": "counterfactual", "part": "probe"})]
    acting.act(both, None)
    acting.record({})
    with pytest.raises(ArithmeticError, match="event"):
        acting.call(both)
    record = read_alarms(tmp_path)
    assert record is not None and [entry["part"] for entry in record["alarms"]] == ["event", "probe"]


def test_alarms_past_the_checkpoint_are_kept_apart(tmp_path: Path) -> None:
    signal = Signal(shortcuts=(CONSTANT,))
    left, later = intervention(tmp_path, signal, "stop"), Alarm(**{**_plain(ALARM), "step": 9})
    left.act([ALARM, later], SimpleNamespace(should_training_stop=False))
    left.record({})
    control = SimpleNamespace(should_training_stop=False)
    resumed = intervention(tmp_path, signal, "stop")
    resumed.go_on([ALARM])
    resumed.act([], control)
    resumed.record({})
    record = read_alarms(tmp_path)
    assert record is not None and control.should_training_stop is False
    assert [(entry["step"], entry["done"]) for entry in record["alarms"]] == [(7, "training stops")]
    assert [entry["step"] for entry in record["earlier_alarms"]] == [9]


def test_nothing_is_done_unless_asked(tmp_path: Path) -> None:
    control = SimpleNamespace(should_training_stop=False)
    acting = intervention(tmp_path, Signal(shortcuts=(CONSTANT,)), "nothing")
    acting.act([ALARM], control)
    assert control.should_training_stop is False
    assert reward_of(acting).signal.shortcuts == (CONSTANT,)


def test_the_shortcut_that_was_named_is_decorrelated_and_no_other(tmp_path: Path) -> None:
    signal = Signal(shortcuts=(CONSTANT, CUE))
    acting = intervention(tmp_path, signal)
    acting.begin(Loader())
    named = Alarm(**{**_plain(ALARM), "detector": "counterfactual", "shortcut": "constant_accepted"})
    acting.act([named], None)
    assert reward_of(acting).signal.shortcuts == (CONSTANT.decorrelated(), CUE)
    acting.act([named], None)
    acting.act([ALARM], None)  # the truth gap names none: all
    assert reward_of(acting).signal == signal.decorrelated()
    acting.record({})
    record = read_alarms(tmp_path)
    assert record is not None
    done = [entry["done"] for entry in record["alarms"]]
    assert done[0] == "constant_accepted is decorrelated from the next batch on"
    assert done[1] == "constant_accepted was decorrelated before"
    assert "cues in prompts not yet loaded" in done[2]


def test_what_is_not_planted_cannot_be_decorrelated(tmp_path: Path) -> None:
    acting = intervention(tmp_path, Signal())
    acting.act([ALARM], None)
    acting.record({})
    record = read_alarms(tmp_path)
    assert record is not None and "nothing to decorrelate" in record["alarms"][0]["done"]


def test_prompts_still_to_come_get_other_cues(tmp_path: Path) -> None:
    signal = Signal(shortcuts=(CUE,))
    rows = list(synthgym.dataset("chain_sum", n=64, signal=signal))
    loader = Loader()
    acting = intervention(tmp_path, signal)
    acting.begin(SimpleNamespace(base_dataloader=loader))  # as accelerate wraps it
    assert loader.collate_fn(rows) == rows
    acting.act([ALARM], None)
    changed = loader.collate_fn(rows)
    before, after = (
        [_says_the_answer(Task.from_json(row["task"])) for row in each] for each in (rows, changed)
    )
    assert np.mean(before) > 0.75 and np.mean(after) < 0.5
    assert all(row["prompt"] == Task.from_json(row["task"]).prompt for row in changed)
    assert changed == loader.collate_fn(rows)  # a group's rows stay alike
    plain = [Task.from_json(row["task"]) for row in rows]
    assert [Task.from_json(row["task"]).facts for row in changed] == [task.facts for task in plain]


def test_conversational_prompts_are_reworded_where_the_task_stands() -> None:
    signal = Signal(shortcuts=(CUE,))
    kept = Recued(list)
    kept.signal = signal.decorrelated()
    rows = list(synthgym.dataset("chain_sum", n=16, signal=signal, conversational=True, system="Be brief."))
    for old, new in zip(rows, kept(rows), strict=True):
        assert new["prompt"][0] == old["prompt"][0] == {"role": "system", "content": "Be brief."}
        assert new["prompt"][1]["content"] == Task.from_json(new["task"]).prompt


@pytest.mark.parametrize("label", ["answer_prior", "prompt_cue+answer_prior", "answer_prior+prompt_cue"])
def test_tasks_that_were_chosen_are_drawn_anew_with_their_cues(label: str) -> None:
    """Also those that the choice had let stand: else the majority answer would stay one."""
    signal = synthgym.as_signal(f"binary+{label}")
    rows = list(synthgym.dataset("boolean_evaluation", n=96, signal=signal))
    kept = Recued(list)
    kept.signal = signal.decorrelated()
    fresh = kept(rows)
    before, after = ([Task.from_json(row["task"]) for row in each] for each in (rows, fresh))
    share = [max(Counter(task.reference.answer for task in each).values()) / 96 for each in (before, after)]
    assert share[0] > 0.8 and share[1] < 0.65
    cued = float("prompt_cue" in label)
    assert [np.mean(["@" in row["prompt"] for row in each]) for each in (rows, fresh)] == [cued, cued]
    assert fresh == kept(rows) and all(task.split == "train" for task in after)


def test_parts_of_a_message_and_earlier_ones_are_reworded_too(caplog: pytest.LogCaptureFixture) -> None:
    signal = Signal(shortcuts=(CUE,))
    row = synthgym.dataset("chain_sum", n=2, signal=signal)[1]
    kept = Recued(list)
    kept.signal = signal.decorrelated()
    example = [{"role": "user", "content": "1+1?"}, {"role": "assistant", "content": "=2"}]
    for content in (row["prompt"], [{"type": "text", "text": row["prompt"]}]):
        [new] = kept([{**row, "prompt": [*example, {"role": "user", "content": content}]}])
        said = new["prompt"][2]["content"]
        text = said if isinstance(said, str) else said[0]["text"]
        assert text == Task.from_json(new["task"]).prompt != row["prompt"]
        assert new["prompt"][:2] == example
    other = {**row, "prompt": [{"role": "user", "content": "something else"}]}
    with caplog.at_level(logging.WARNING):
        assert kept([other]) == [other]
    assert "does not hold its task's" in caplog.text


def test_where_prompts_cannot_be_reached_it_is_said(tmp_path: Path) -> None:
    for loader, why in ((Loader(workers=2), "dataloader_num_workers=0"), (None, "no data loader")):
        acting = intervention(tmp_path, Signal(shortcuts=(CUE,)))
        acting.begin(loader)
        acting.act([ALARM], None)
        acting.record({})
        record = read_alarms(tmp_path)
        assert record is not None and why in record["alarms"][0]["done"]
        assert reward_of(acting).signal.shortcuts == (CUE.decorrelated(),)


def test_a_row_that_is_no_task_of_ours_keeps_its_prompt(caplog: pytest.LogCaptureFixture) -> None:
    kept = Recued(list)
    kept.signal = Signal(shortcuts=(CUE.decorrelated(),))
    rows: list[Any] = [{"prompt": "hello"}, {"prompt": "x", "task": "{}"}, 7]
    with caplog.at_level(logging.WARNING):
        assert kept(rows) == rows
    assert len(caplog.messages) == 1
    task = synthgym.get_family("chain_sum").task(3)
    foreign = Task.from_json(task.to_json().replace('"seed":3', '"seed":4'))
    with pytest.raises(SettingError, match="not what its family draws"):
        recued(foreign, Signal())


def test_a_record_that_cannot_be_written_stops_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "alarms.json").mkdir()
    with caplog.at_level(logging.WARNING):
        intervention(tmp_path, Signal()).record({})
    assert "not written" in caplog.text
    assert read_alarms(tmp_path) is None


@pytest.mark.parametrize("action", ["stopp", 3, None, ""])
def test_an_action_that_there_is_not_is_refused(action: Any) -> None:
    with pytest.raises(SettingError, match="on_alarm"):
        Watch(rng=np.random.default_rng(0), on_alarm=action)


def _says_the_answer(task: Task) -> bool:
    said = CUE.said(task)
    target = None if said is None else CUE.target(task, said)
    return target is not None and synthgym.get_family(task.family).truth(task, f"={target}") is True


def _plain(alarm: Alarm) -> dict[str, Any]:
    return {name: getattr(alarm, name) for name in Alarm.__dataclass_fields__}
