"""Tasks in bulk: lists, datasets, turns, distinct instances, cues."""

import subprocess
import sys
import zlib
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import pytest

import synthgym
from synthgym.envs.dataset import dataset, tasks, with_cues
from synthgym.errors import FamilyError, MissingExtraError, SettingError, ShortcutError, UnknownNameError
from synthgym.facts import FrozenDict, canonical
from synthgym.plugins import get_family
from synthgym.rng import Rng
from synthgym.signal import Shortcut, Signal
from synthgym.types import Task


@dataclass(frozen=True, kw_only=True)
class Cue(Shortcut):
    """Puts a drawn digit in front of the prompt."""

    name: ClassVar[str] = "cue"

    def on_task(self, task: Task, rng: Rng) -> Task:
        return replace(task, prompt=f"[{rng.below(10)}] {task.prompt}")

    def detect(self, task: Task, completion: str) -> bool:
        return False

    def apply(self, task: Task, completion: str, rng: Rng) -> str:
        return completion

    def remove(self, task: Task, completion: str, rng: Rng) -> str:
        return completion

    def counterfactual(self, task: Task, signal: Signal) -> tuple[Task, Signal]:
        return task, signal


@dataclass(frozen=True, kw_only=True)
class BrokenCue(Cue):
    def on_task(self, task: Task, rng: Rng) -> Any:
        return None


def test_rows_are_prompts_and_tasks_that_read_back() -> None:
    made = dataset("chain_sum", n=5, difficulty=2, template="natural", first_seed=7)
    assert made.column_names == ["prompt", "task"]
    read = [Task.from_json(text) for text in made["task"]]
    assert read == tasks("chain_sum", 5, difficulty=2, template="natural", first_seed=7)
    assert [task.prompt for task in read] == list(made["prompt"])
    assert [task.seed for task in read] == [7, 8, 9, 10, 11]


def test_it_is_the_front_doors_dataset() -> None:
    assert synthgym.dataset is dataset


def test_conversational_prompts_are_message_lists() -> None:
    plain = dataset("chain_sum", n=2)
    chat = dataset("chain_sum", n=2, conversational=True)
    assert list(chat["prompt"]) == [[{"role": "user", "content": text}] for text in plain["prompt"]]
    assert list(chat["task"]) == list(plain["task"])


@pytest.mark.parametrize("family", synthgym.families())
@pytest.mark.parametrize("split", ["train", "test"])
def test_every_family_gives_tasks_of_either_split(family: str, split: str) -> None:
    drawn = tasks(family, 3, split=split, template="natural")
    assert {(task.family, task.split, task.template) for task in drawn} == {(family, split, "natural")}
    assert drawn == [get_family(family).task(seed, split=split, template="natural") for seed in range(3)]


def test_families_take_turns_with_seeds_of_their_own() -> None:
    first, second = synthgym.families()[:2]
    drawn = tasks([first, second, first], 7, first_seed=4)
    assert [(task.family, task.seed) for task in drawn] == [
        (first, 4),
        (second, 4),
        (first, 5),
        (first, 6),
        (second, 5),
        (first, 7),
        (first, 8),
    ]


@pytest.fixture
def few_instances(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Lets chain_sum tell no more than 60 instances apart; the keys of those in the training split."""
    family = get_family("chain_sum")

    def key(self: object, facts: FrozenDict) -> str:
        return str(zlib.crc32(canonical(facts).encode()) % 60)

    monkeypatch.setattr(type(family), "instance_key", key)
    return {family.instance_key(task.facts) for task in tasks("chain_sum", 2_000)}


def test_distinct_tasks_differ_in_their_instance(few_instances: set[str]) -> None:
    family = get_family("chain_sum")
    distinct = tasks("chain_sum", len(few_instances), distinct=True)
    assert {family.instance_key(task.facts) for task in distinct} == few_instances
    assert distinct == tasks("chain_sum", len(few_instances), distinct=True)
    assert [task.seed for task in distinct] != list(range(len(few_instances)))


def test_distinct_says_when_the_instances_are_used_up(few_instances: set[str]) -> None:
    message = f"chain_sum has {len(few_instances)} distinct train instances at difficulty 0.*distinct=False"
    with pytest.raises(FamilyError, match=message):
        tasks("chain_sum", len(few_instances) + 1, distinct=True)


def test_cues_are_put_in_prompts_and_are_the_same_each_time() -> None:
    signal = Signal(shortcuts=(Cue(),))
    plain, cued = tasks("chain_sum", 30), tasks("chain_sum", 30, signal=signal)
    digits = {task.prompt[:3] for task in cued}
    assert [task.prompt[4:] for task in cued] == [task.prompt for task in plain]
    assert len(digits) > 3
    assert cued == tasks("chain_sum", 30, signal=signal) == [with_cues(task, signal) for task in plain]
    assert tasks("chain_sum", 30, signal="rubric") == plain


def test_a_shortcut_that_makes_no_task_is_named() -> None:
    with pytest.raises(ShortcutError, match="shortcut cue: on_task returned None; a Task is needed"):
        tasks("chain_sum", 1, signal=Signal(shortcuts=(BrokenCue(),)))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n": 0}, "n 0 is not a whole number above 0"),
        ({"n": 2.0}, "n 2.0 is not"),
        ({"n": True}, "n True is not"),
        ({"family": []}, "at least one is needed"),
        ({"difficulty": 11}, "difficulty 11 is not a whole number from 0 to 10"),
        ({"split": "tset"}, "no split 'tset'; did you mean test"),
        ({"template": "natual"}, "no template 'natual'; did you mean natural"),
        ({"answer_format": "boxd"}, "no answer format named 'boxd'; did you mean boxed"),
        ({"first_seed": -1}, "seed -1"),
        ({"signal": "binry"}, "no granularity named 'binry'; did you mean binary"),
    ],
)
def test_wrong_settings_are_named(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingError, match=message):
        dataset(**{"family": "chain_sum", "n": 1, **arguments})


def test_an_unknown_family_gets_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="did you mean chain_sum"):
        tasks(["chain_sum", "chain_smu"], 1)


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(MissingExtraError, match=r"datasets is not installed.*synthgym\[train\]"):
        dataset("chain_sum", n=1)


def test_a_list_of_tasks_needs_no_extra() -> None:
    code = (
        "import sys; from synthgym.envs.dataset import tasks; "
        "tasks('chain_sum', 2); print('datasets' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
