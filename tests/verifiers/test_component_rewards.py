"""Rewards as named components: shares that add up, one judging a batch, and what is left out."""

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import synthgym
from synthgym.baselines.tokenizer import character_tokenizer
from synthgym.errors import (
    AlignmentError,
    FamilyError,
    SettingError,
    TaskError,
    UnknownNameError,
)
from synthgym.log import RolloutLog
from synthgym.parsing import render
from synthgym.signal import Signal
from synthgym.types import Response, Task, Verdict
from synthgym.verifiers.component_rewards import ComponentReward
from synthgym.verifiers.responses import labelled_responses
from synthgym.verifiers.rewards import SignalReward

CHAIN = synthgym.tasks("chain_sum", 1, difficulty=3)[0]
RIGHT = render(CHAIN.reference, CHAIN.answer_format)


def call(
    functions: Any, tasks: list[Task], completions: list[Any], **more: Any
) -> dict[str, list[float | None]]:
    columns = {"task": [task.to_json() for task in tasks], **more}
    return {f.__name__: f(prompts=["?"] * len(tasks), completions=completions, **columns) for f in functions}


def total(values: dict[str, list[float | None]], place: int) -> float:
    return sum(one[place] or 0.0 for one in values.values())


@pytest.mark.parametrize("signal", ["binary", "rubric", "token", "rubric+constant_accepted"])
@pytest.mark.parametrize("family", synthgym.families())
def test_the_shares_of_any_family_add_up_to_the_gated_reward(family: str, signal: str) -> None:
    task = synthgym.tasks(family, 1, difficulty=1)[0]
    completions = [*labelled_responses(task).values(), "", "!", "x\ny"]
    tasks = [task] * len(completions)
    shares = call(synthgym.rewards(signal, components=family), tasks, completions)
    scalar = call(synthgym.rewards(signal), tasks, completions)[signal]
    for place, reward in enumerate(scalar):
        assert total(shares, place) == pytest.approx(reward, abs=1e-12)
    assert all(reward is not None for reward in scalar)


@given(st.lists(st.sampled_from([*RIGHT.split("\n"), "=0", "1+1", "", "=7"]), max_size=6).map("\n".join))
def test_style_pays_nothing_without_truth(completion: str) -> None:
    values = call(synthgym.rewards("rubric", components="chain_sum"), [CHAIN], [completion])
    if values["truth"] == [0.0]:
        assert values["tidy"] == [0.0]
    else:
        assert values["truth"] == [0.6]
    assert total(values, 0) == pytest.approx(
        synthgym.score([CHAIN], [completion], "rubric")[0].reward, abs=1e-12
    )


def test_weights_move_the_shares() -> None:
    signal = Signal(granularity="rubric", weights={"steps": 1.0, "tidy": 3.0})
    values = call(synthgym.rewards(signal, components="chain_sum"), [CHAIN], [RIGHT])
    assert {name: value[0] for name, value in values.items()} == pytest.approx(
        {"truth": 0.6, "steps": 0.1, "tidy": 0.3}
    )


def test_what_a_planted_shortcut_adds_has_a_function_of_its_own() -> None:
    functions = synthgym.rewards("rubric+constant_accepted", components="chain_sum")
    values = call(functions, [CHAIN] * 2, ["!", RIGHT])
    assert [f.__name__ for f in functions] == ["truth", "steps", "tidy", "constant_accepted"]
    assert values["constant_accepted"] == [1.0, pytest.approx(0.0)]
    assert values["truth"] == [0.0, 0.6]


def test_a_mixture_has_every_familys_components_and_none_for_those_of_the_others() -> None:
    fractions = synthgym.tasks("fraction_arithmetic", 1)[0]
    functions = synthgym.rewards("rubric", components=["chain_sum", "fraction_arithmetic"])
    right = render(fractions.reference, fractions.answer_format)
    values = call(functions, [CHAIN, fractions], [RIGHT, right])
    assert list(values) == ["truth", "steps", "tidy", "reduced"]
    assert values["reduced"][0] is None
    assert values["reduced"][1] is not None
    assert [total(values, place) for place in (0, 1)] == pytest.approx([1.0, 1.0])
    with pytest.raises(
        SettingError, match="names chain_sum, but the dataset has tasks of fraction_arithmetic"
    ):
        call(synthgym.rewards("rubric", components="chain_sum"), [fractions], [right])


@dataclass
class Counting:
    """Counts what it judges, and answers anew each time."""

    calls: int = 0

    def __call__(self, task: Task, response: Response) -> Verdict:
        self.calls += 1
        return Verdict(reward=float(self.calls), components={"a": float(self.calls), "b": -1.0})


def test_a_batch_is_judged_once_and_a_new_one_anew() -> None:
    verifier = Counting()
    functions = synthgym.rewards(Signal(verifier=verifier), components=["a", "b"])
    assert call(functions, [CHAIN], ["x"]) == {"a": [1.0], "b": [-1.0]}
    assert call(functions, [CHAIN], ["x"])["a"] == [2.0]
    assert functions[0]([], ["x"], task=[CHAIN.to_json()]) == [3.0]
    assert functions[0]([], ["x"], task=[CHAIN.to_json()]) == [4.0]
    assert functions[1]([], ["other"], task=[CHAIN.to_json()]) == [-1.0]
    assert verifier.calls == 5
    assert len(functions[0].batches) == len(functions[1].batches) == 5


def test_a_later_step_with_equal_completions_is_judged_again() -> None:
    verifier = Counting()
    first, second = synthgym.rewards(Signal(verifier=verifier), components=["a", "b"])
    for step, function in ((0, first), (1, second)):
        function([], ["x"], task=[CHAIN.to_json()], trainer_state=SimpleNamespace(global_step=step))
    assert verifier.calls == 2


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        ({"style": 1.0}, "no number for component 'truth'"),
        ({"truth": float("nan"), "style": 1.0}, "nan"),
        ({"truth": None, "style": 1.0}, "truth"),
    ],
)
def test_a_component_that_failed_leaves_the_whole_completion_unscored(
    broken: dict[str, Any], said: str
) -> None:
    def verifier(task: Task, response: Response) -> Verdict:
        return Verdict(
            reward=1.0, components=broken if response.completion == "x" else {"truth": 1.0, "style": 0.5}
        )

    functions = synthgym.rewards(Signal(verifier=verifier), components=["truth", "style"])
    assert call(functions, [CHAIN] * 3, ["y", "x", "z"]) == {
        "truth": [1.0, None, 1.0],
        "style": [0.5, None, 0.5],
    }
    verdicts = functions[0].batches[0].verdicts
    assert [verdict.reward for verdict in verdicts] == [1.0, None, 1.0]
    assert said in (verdicts[1].error or "")


def test_an_unscored_verdict_has_no_components() -> None:
    def verifier(task: Task, response: Response) -> Verdict:
        return Verdict(reward=None, components={"style": 1.0}, error="endpoint down")

    assert call(synthgym.rewards(Signal(verifier=verifier), components="style"), [CHAIN], ["x"]) == {
        "style": [None]
    }


@pytest.mark.parametrize(
    ("signal", "components", "error", "said"),
    [
        ("rubric", [], SettingError, "components= is empty"),
        ("rubric", True, SettingError, "components True is neither a name nor names"),
        ("rubric", "chain_sm", UnknownNameError, "did you mean chain_sum"),
        ("rubric~shuffled", "chain_sum", SettingError, "control replaces the reward"),
        (Signal(verifier=Counting()), [3], SettingError, "are not names"),
    ],
)
def test_components_that_cannot_be_are_refused(signal: Any, components: Any, error: Any, said: str) -> None:
    with pytest.raises(error, match=said):
        synthgym.rewards(signal, components=components)


def test_without_components_there_is_one_scalar() -> None:
    (reward,) = synthgym.rewards("rubric")
    assert isinstance(reward, SignalReward)
    assert all(isinstance(f, ComponentReward) for f in synthgym.rewards("rubric", components="chain_sum"))


@pytest.mark.parametrize("components", [None, "chain_sum"])
@pytest.mark.parametrize(
    ("column", "error", "said"),
    [
        (["rubbish"], TaskError, r"column 'task', row 0 of 1: not a task in JSON: 'rubbish'.*synthgym.dataset"),
        ([None], TaskError, "row 0 of 1"),
        (['{"id": 3}'], TaskError, "row 0 of 1"),
        (["[]"], TaskError, "row 0 of 1"),
        ([CHAIN.to_json().replace('"chain_sum"', '"chain_sun"')], UnknownNameError, "did you mean chain_sum"),
        ([CHAIN.to_json().replace('"chain_sum"', "[1]")], TaskError, "row 0 of 1"),
        ([CHAIN.to_json().replace('"version":0', '"version":9')], FamilyError, "version 9.*make the dataset again"),
        ([], SettingError, "0 tasks but 1 completions"),
    ],
)  # fmt: skip
def test_a_task_column_that_holds_rubbish_names_the_row(
    components: Any, column: list[Any], error: Any, said: str
) -> None:
    for function in synthgym.rewards("rubric", components=components):
        with pytest.raises(error, match=said):
            function(prompts=["?"], completions=["x"], task=column)


def test_a_missing_task_column_names_those_that_are_there() -> None:
    (reward,) = synthgym.rewards("binary")
    with pytest.raises(SettingError, match=r"no column 'task' \(it has answer\)"):
        reward(
            prompts=["?"],
            completions=["x"],
            answer=["3"],
            trainer_state=None,
            log_extra=print,
            environments=[1],
        )


@pytest.mark.parametrize("completion", [None, 3, b"x", 1.5, ["x"], [None]])
def test_a_completion_that_is_no_text_is_named_by_its_place(completion: Any) -> None:
    for components in (None, "chain_sum"):
        function = synthgym.rewards("binary", components=components)[0]
        with pytest.raises(SettingError, match=r"completion 1 of 2: .*text or a list of messages is needed"):
            function(prompts=["?"] * 2, completions=["x", completion], task=[CHAIN.to_json()] * 2)


def test_conversational_completions_are_judged_by_what_the_assistant_said_last() -> None:
    said = [
        [{"role": "assistant", "content": RIGHT}],
        [{"role": "assistant", "content": [{"type": "text", "text": RIGHT}]}],
        [
            {"role": "assistant", "content": "=0"},
            {"role": "tool", "content": "?"},
            {"role": "assistant", "content": RIGHT},
        ],
        [{"role": "assistant", "content": None}],
        [],
    ]  # fmt: skip
    values = call(synthgym.rewards("binary", components="chain_sum"), [CHAIN] * 5, said)
    assert values == {"truth": [1.0, 1.0, 1.0, 0.0, 0.0]}


class Odd:
    """A tokenizer whose decoder cannot be told."""

    name_or_path = "odd/one"
    eos_token_id = 1
    backend_tokenizer = SimpleNamespace(
        decoder=SimpleNamespace(__getstate__=lambda: b'{"type":"CTC","pad_token":"x"}'),
        get_added_tokens_decoder=dict,
        get_vocab=lambda with_added_tokens: {"a": 0, "b": 1},
        id_to_token=lambda index: "ab"[index],
    )


@pytest.mark.parametrize("tokenizer", [Odd(), "gpt2", 3], ids=["odd", "a name", "a number"])
def test_a_tokenizer_that_cannot_be_mapped_is_refused_at_once(tokenizer: Any) -> None:
    kind = type(tokenizer).__name__
    with pytest.raises(AlignmentError, match=rf"tokenizer {kind}.*(binary or rubric|pass the policy's)"):
        synthgym.rewards("token", tokenizer=tokenizer)
    assert synthgym.rewards("rubric", tokenizer=tokenizer)


def test_a_tokenizer_that_ends_no_sequence_is_refused_at_once() -> None:
    tokenizer = character_tokenizer()
    tokenizer.eos_token = None
    with pytest.raises(SettingError, match=r"no end-of-sequence token.*set its eos_token"):
        synthgym.rewards("token", tokenizer=tokenizer)


def test_components_give_token_credits_too() -> None:
    tokenizer = character_tokenizer()
    functions = synthgym.rewards("token", components="chain_sum", tokenizer=tokenizer)
    ids = [*tokenizer(RIGHT)["input_ids"], tokenizer.eos_token_id]
    call(functions, [CHAIN], [RIGHT], completion_ids=[ids])
    (credit,) = functions[1].last_credits
    assert credit is not None
    assert credit.tolist() == [1.0] * len(ids)


def test_a_callback_takes_the_list_and_refuses_what_it_cannot_measure(tmp_path: Any) -> None:
    functions = synthgym.rewards("rubric", components="chain_sum")
    first = functions[0]
    assert isinstance(first, ComponentReward)
    with RolloutLog(tmp_path / "run") as log:
        measuring = synthgym.callback([*functions, len], log)
        assert measuring.reward is first.judged_by
        assert synthgym.callback(functions[2], log).reward is first.judged_by
        with pytest.raises(SettingError, match="2 signals"):
            synthgym.callback([*functions, *synthgym.rewards("binary")], log)
        with pytest.raises(SettingError, match="no reward function of SynthGym"):
            synthgym.callback([len], log)
        with pytest.raises(SettingError, match="no setting 'evry'; did you mean every"):
            synthgym.callback(functions, log, evry=3)
        with pytest.raises(SettingError, match="every 0 is not"):
            synthgym.callback(functions, log, every=0)
    with pytest.raises(SettingError, match="log is 'runs/mine'; an open RolloutLog is needed"):
        synthgym.callback(functions, "runs/mine")  # type: ignore[arg-type]


TASKS = synthgym.tasks("chain_sum", 2, split="test")


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"every": True}, "every True is not a whole number of steps above 0"),
        ({"probe_every": -1}, "probe_every -1 is not a whole number of steps from 0"),
        ({"temperature": "hot"}, "temperature 'hot' is not a number >= 0"),
        ({"temperature": float("nan")}, "temperature nan is not a number >= 0"),
        ({"sample": 3}, "sample 3 cannot be called; a function is needed"),
        ({"tasks": "chain_sum", "greedy": len}, "tasks 'chain_sum' is no list of Tasks; synthgym.tasks"),
        ({"tasks": [*TASKS, "a"], "greedy": len}, r"tasks\[2\] is 'a', and no Task; synthgym.tasks"),
        ({"shortcuts": ["exit_code"]}, r"shortcuts\[0\] is 'exit_code', and no Shortcut"),
        ({"tasks": TASKS}, "nothing says how: set sample= or greedy="),
    ],
)
def test_a_callback_names_a_wrong_setting_before_training(
    settings: dict[str, Any], said: str, tmp_path: Any
) -> None:
    with RolloutLog(tmp_path / "run") as log, pytest.raises(SettingError, match=said):
        synthgym.callback(synthgym.rewards("binary"), log, **settings)


def test_a_sampler_that_answers_too_few_prompts_is_named(tmp_path: Any) -> None:
    with RolloutLog(tmp_path / "run") as log:
        measuring = synthgym.callback(
            synthgym.rewards("binary"), log, tasks=TASKS, greedy=lambda prompts: ["=0"]
        )
        with pytest.raises(SettingError, match="gave 1 completions to 2 prompts"):
            measuring.on_train_begin(None, SimpleNamespace(global_step=0), None)


@pytest.mark.parametrize("seed", ["a", -1, 1.5, True])
def test_a_wrong_seed_is_named(seed: Any) -> None:
    with pytest.raises(SettingError, match=f"seed {seed!r} is not a whole number from 0"):
        synthgym.rewards("rubric", seed=seed)


def test_wrong_ids_and_contents_are_named() -> None:
    (reward,) = synthgym.rewards("binary")
    column = [task.to_json() for task in TASKS]
    with pytest.raises(SettingError, match="1 completion_ids but 2 completions"):
        reward(["", ""], ["=1", "=2"], completion_ids=[[1]], task=column)
    said = [[{"role": "assistant", "content": "=1"}], [{"role": "assistant", "content": 5}]]
    with pytest.raises(SettingError, match="completion 1 of 2: its message's content is 5; text or a list"):
        reward(["", ""], said, task=column)
