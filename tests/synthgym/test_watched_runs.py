"""A `Watch` in real, tiny GRPO runs: prompts after an alarm; runs resumed, interrupted, or spread over processes."""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from transformers import TrainerCallback

import synthgym
from synthgym.baselines.answers import answerer
from synthgym.baselines.policy import PolicyConfig, tiny_policy
from synthgym.baselines.quiet import quiet, without_checkpointing
from synthgym.detect import detect
from synthgym.errors import SettingError
from synthgym.intervention import Alarm, OnAlarm, read_alarms
from synthgym.signal import Signal
from synthgym.types import Response, Task, Verdict
from synthgym.verifiers.rewards import SignalReward
from synthgym.verifiers.shortcuts.constant_accepted import ConstantAccepted
from synthgym.verifiers.shortcuts.prompt_cue import PromptCue
from synthgym.watch import Watch

CHAT = "{% for m in messages %}{{ m['role'][0] }}: {{ m['content'] }}\n{% endfor %}"
CUE, CONSTANT = PromptCue(correlation=1.0), ConstantAccepted()
EARLY = 0.5
"""An alpha at which one step of wrong answers that are all paid is an alarm."""


def pays_all(task: Task, response: Response) -> float:
    return 1.0 if len(response.completion) % 2 else 0.9


def a_watch(action: OnAlarm = "nothing", alpha: float = EARLY) -> Watch:
    return Watch(rng=np.random.default_rng(0), alpha=alpha, on_alarm=action, hints=True)


def trained(
    folder: Path,
    signal: Signal,
    watch: Watch,
    *,
    steps: int = 6,
    chat: bool = False,
    streaming: bool = False,
    probed: bool = False,
    checkpoint: int | None = None,
    callbacks: Sequence[Any] = (),
    **more: Any,
) -> tuple[Any, SignalReward]:
    from transformers.trainer_callback import PrinterCallback
    from trl import GRPOConfig, GRPOTrainer

    policy = tiny_policy(PolicyConfig(hidden=32, feed_forward=64, layers=1))
    policy.tokenizer.chat_template = CHAT if chat else None
    [reward] = synthgym.rewards(signal)
    assert isinstance(reward, SignalReward)
    probing: dict[str, Any] = {
        "shortcuts": signal.shortcuts,
        "probe_every": 1,
        "probe_tasks": synthgym.tasks("chain_sum", 16, split="test", signal=signal),
        "sample": answerer(policy, max_new_tokens=1),
    }
    last = None if checkpoint is None else checkpoint - 1
    with synthgym.RolloutLog(folder / "run", resume_step=last) as log, quiet():
        trainer = GRPOTrainer(
            model=policy.model,
            processing_class=policy.tokenizer,
            reward_funcs=[reward],
            args=GRPOConfig(
                output_dir=str(folder / "trl"),
                max_steps=steps,
                **{
                    "per_device_train_batch_size": 32,
                    "num_generations": 8,
                    "max_completion_length": 1,
                    **more,
                },
                learning_rate=1e-2,
                lr_scheduler_type="constant",
                temperature=1.0,
                beta=0.0,
                bf16=False,
                use_cpu=True,
                save_strategy="no" if "save_steps" not in more else "steps",
                logging_strategy="no",
                report_to="none",
                disable_tqdm=True,
                **without_checkpointing(GRPOConfig),
            ),
            train_dataset=synthgym.dataset(
                "chain_sum", n=100, signal=signal, streaming=streaming, conversational=chat
            ),
            callbacks=[
                synthgym.callback([reward], log, watch=watch, **(probing if probed else {})),
                *callbacks,
            ],
        )
        trainer.remove_callback(PrinterCallback)
        trainer.train(resume_from_checkpoint=checkpoint and str(folder / "trl" / f"checkpoint-{checkpoint}"))
    return trainer, reward


def cued_right(folder: Path) -> dict[int, float]:
    """By step, the share of trained prompts whose cue names the right answer."""
    rows = synthgym.read_log(folder, phases="train").to_pylist()
    family = synthgym.get_family("chain_sum")
    right: dict[int, list[bool]] = {}
    for row in rows:
        cue, _ = row["prompt"].split("\n")
        right.setdefault(row["step"], []).append(cue == f"@{family.task(row['seed']).reference.answer}")
    return {step: float(np.mean(flags)) for step, flags in right.items()}


@pytest.mark.parametrize(
    ("chat", "streaming"),
    [
        (True, True),
        pytest.param(True, False, marks=pytest.mark.slow),
        pytest.param(False, True, marks=pytest.mark.slow),
        pytest.param(False, False, marks=pytest.mark.slow),
    ],
    ids=["chat-streamed", "chat-whole", "plain-streamed", "plain-whole"],
)
def test_the_trainer_sees_other_cues_two_steps_after_the_alarm(
    chat: bool, streaming: bool, tmp_path: Path
) -> None:
    """The loader is a batch ahead: the step after the alarm has the old cues yet."""
    watch = a_watch("decorrelate")
    _, reward = trained(
        tmp_path, Signal(verifier=pays_all, shortcuts=(CUE,)), watch, steps=8, chat=chat, streaming=streaming
    )
    assert watch.alarm == 0
    assert reward.signal.shortcuts == (CUE.decorrelated(),)
    shares = cued_right(tmp_path / "run")
    assert [shares.pop(step) for step in (0, 1)] == [1.0, 1.0]
    assert len(shares) == 6 and max(shares.values()) <= 0.5 and np.mean(list(shares.values())) < 0.2


def test_a_run_that_is_resumed_says_and_does_what_one_in_one_go_does(tmp_path: Path) -> None:
    signal = Signal(verifier=pays_all, shortcuts=(CUE, CONSTANT))
    found = {}
    for name, parts in (("whole", [(6, None)]), ("parted", [(5, None), (6, 4)])):
        for steps, checkpoint in parts:
            watch = a_watch("decorrelate")
            _, reward = trained(
                tmp_path / name, signal, watch, steps=steps, checkpoint=checkpoint, probed=True, save_steps=2
            )
            table = synthgym.read_log(tmp_path / name / "run")
            later = detect(table, rng=np.random.default_rng(0), alpha=EARLY, wrong_ceiling=0.5)
            assert watch.result() == later
        assert reward.signal.shortcuts == (CUE.decorrelated(), CONSTANT.decorrelated())
        record = read_alarms(tmp_path / name / "run")
        assert record is not None and "earlier_alarms" not in record
        gap = [(alarm["step"], alarm["audits"], alarm["done"]) for alarm in record["alarms"]]
        kept = table.filter(np.array(table["phase"]) == "train").select(
            ["step", "group", "completion", "reward"]
        )
        found[name] = watch.result().truth_gap, watch.alarms, gap, kept.to_pylist(), watch.hints
        assert [alarm["audits"] for alarm in record["alarms"]] == [alarm.audits for alarm in watch.alarms]
    assert found["whole"] == found["parted"]
    assert cued_right(tmp_path / "parted" / "run")[5] < 0.5


def test_rows_past_the_checkpoint_are_warned_of_and_an_empty_log_is_none(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    from synthgym.trl_callback import earlier_steps

    with synthgym.RolloutLog(tmp_path) as log:
        assert earlier_steps(log, 3) is None
        for step in range(4):
            log.append(synthgym.Rollout(step=step, prompt="", completion="", reward=1.0, truth=False))
        with caplog.at_level("WARNING"):
            assert earlier_steps(log, 4) is not None and not caplog.messages
            table = earlier_steps(log, 3)
    assert "resume_step=2" in caplog.text
    watch = a_watch()
    assert watch.resume(3, table) == 3
    assert watch.result().truth_gap.steps == (0, 1, 2)  # the fourth will be made again
    with pytest.raises(SettingError, match="steps up to 2, and training is at step 1"):
        watch.resume(1)


def test_a_watch_is_for_one_run(tmp_path: Path) -> None:
    watch = a_watch()
    signal = Signal(verifier=pays_all)
    trained(tmp_path / "first", signal, watch, steps=1)
    with pytest.raises(SettingError, match="a Watch is for one run"):
        trained(tmp_path / "second", signal, watch, steps=1)


class Interrupted(TrainerCallback):  # type: ignore[misc]  # transformers is untyped
    def on_step_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        if state.global_step == 2:
            raise KeyboardInterrupt


def test_what_was_logged_and_what_alarmed_outlives_an_interrupt(tmp_path: Path) -> None:
    for alpha, alarms in ((EARLY, 1), (1e-9, 0)):
        folder = tmp_path / str(alarms)
        with pytest.raises(KeyboardInterrupt):
            trained(folder, Signal(verifier=pays_all), a_watch(alpha=alpha), callbacks=[Interrupted()])
        assert len(synthgym.read_log(folder / "run")) == 2 * 32
        record = read_alarms(folder / "run")
        assert record is not None and record["watch"]["alpha"] == alpha
        assert len(record["alarms"]) == alarms


def test_what_alarmed_is_on_record_where_the_function_raises(tmp_path: Path) -> None:
    called: list[Alarm] = []

    def raises(alarm: Alarm) -> None:
        called.append(alarm)
        raise ArithmeticError("mine")

    with pytest.raises(ArithmeticError, match="mine"):
        trained(tmp_path, Signal(verifier=pays_all), a_watch(raises))
    record = read_alarms(tmp_path / "run")
    assert record is not None and [one["done"] for one in record["alarms"]] == ["calls raises"]
    assert len(called) == 1 and len(synthgym.read_log(tmp_path / "run")) == 32


def never_scored(task: Task, response: Response) -> Verdict:
    return Verdict(reward=None, error="not today")


def test_where_nothing_is_scored_nothing_is_audited_and_nothing_counts_as_lost(tmp_path: Path) -> None:
    watch = a_watch("stop")
    trained(tmp_path, Signal(verifier=never_scored, shortcuts=(CONSTANT,)), watch, steps=2, probed=True)
    result = watch.result()
    assert (result.truth_gap.audits, result.counterfactual.audits, watch.alarm) == (0, 0, None)
    probes = synthgym.read_log(tmp_path / "run", phases="probe")["probe"].to_pylist()
    assert probes and not any({"factual", "counterfactual"} & dict(probe).keys() for probe in probes)


def test_batches_of_one_step_have_groups_of_their_own(tmp_path: Path) -> None:
    watch = a_watch()
    trained(
        tmp_path,
        Signal(verifier=pays_all),
        watch,
        steps=2,
        gradient_accumulation_steps=2,
        steps_per_generation=1,
    )
    rows = synthgym.read_log(tmp_path / "run").to_pylist()
    assert len(rows) == 2 * 64
    for step in (0, 1):
        tasks = {(row["group"], row["task_id"]) for row in rows if row["step"] == step}
        assert len(tasks) == len({group for group, _ in tasks}) == 8


_PROCESSES = """
import json, os, sys
sys.path[:] = [entry for entry in sys.path if entry not in ("", sys.argv[1])]
from pathlib import Path
import numpy as np
from synthgym.signal import Signal
sys.path.insert(0, sys.argv[2])
from test_watched_runs import CUE, a_watch, trained
rank, (folder, action, hacked, streaming) = os.environ["RANK"], (sys.argv[1], *sys.argv[3:])

def pays_some(task, response):
    return (1.0 if len(response.completion) % 2 else 0.9) if rank in hacked else 0.0

watch = a_watch(action)
trainer, reward = trained(
    Path(folder) / rank, Signal(verifier=pays_some, shortcuts=(CUE,)), watch, steps=6, streaming=bool(int(streaming))
)
label = reward.signal.shortcuts[0] == CUE.decorrelated()
print("\\n@@" + json.dumps([rank, trainer.state.global_step, watch.alarm, label]), flush=True)
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("hacked", "action", "streaming"),
    [("01", "decorrelate", "1"), ("0", "stop", "1"), ("0", "decorrelate", "0"), ("1", "stop", "0")],
)
def test_processes_do_what_the_first_ones_detectors_say(
    hacked: str, action: str, streaming: str, tmp_path: Path
) -> None:
    script = tmp_path / "run.py"
    script.write_text(_PROCESSES)
    done = subprocess.run(
        [
            *(sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2"),
            *(str(script), str(tmp_path), str(Path(__file__).parent), action, hacked, streaming),
        ],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    said = sorted(json.loads(line[2:]) for line in done.stdout.splitlines() if line.startswith("@@"))
    alarmed = "0" in hacked
    steps = {step for _, step, _, _ in said}
    assert len(said) == 2 and len(steps) == 1  # both end at one step
    [last] = steps
    assert (last < 6) == (alarmed and action == "stop")
    assert [label for *_, label in said] == [alarmed and action == "decorrelate"] * 2
    for rank, _, alarm, _ in said:
        assert (alarm is not None) == (rank in hacked)
        folder = tmp_path / rank / "run"
        rows = synthgym.read_log(folder)
        assert sorted(set(rows["step"].to_pylist())) == list(range(last)) and len(rows) == 32 * last
        record = read_alarms(folder)
        assert record is not None
        [entry] = record["alarms"] if alarmed or rank in hacked else [{"done": ""}]
        left = not alarmed and rank in hacked
        assert ("the first process's detectors decide" in entry["done"]) == left
        sent = alarmed and rank not in hacked
        assert ("the alarm is the first process's" in entry["done"]) == sent
        if alarmed and action == "decorrelate":
            assert cued_right(folder)[5] < 0.5
