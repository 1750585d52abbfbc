"""Rows in TRL's formats: their columns, and that every label is what the signal says."""

from typing import Any

import pytest

import synthgym
from synthgym.envs.dataset_formats import COLUMNS, FORMATS
from synthgym.errors import SettingError
from synthgym.parsing import render
from synthgym.signal import Signal
from synthgym.types import Response, Task, Verdict

FAMILIES = synthgym.families()
PLANTED = "binary+constant_accepted"


def rewards(rows: Any, column: str, signal: Any = "binary") -> list[float | None]:
    texts = [text if isinstance(text, str) else text[-1]["content"] for text in rows[column]]
    return [verdict.reward for verdict in synthgym.score(rows["task"], texts, signal)]


def test_the_columns_are_trls() -> None:
    def conversational(row: Any) -> bool:
        return isinstance(next(iter(row.values())), list)

    for name in FORMATS:
        plain = synthgym.dataset("chain_sum", n=2, format=name)
        assert plain.column_names == [*COLUMNS[name], "task"]
        assert not conversational(plain[0])
        if name == "stepwise_supervision":
            continue
        chat = synthgym.dataset("chain_sum", n=2, format=name, conversational=True, system="Be brief.")
        assert chat.column_names == (
            ["messages", "task"] if name == "language_modeling" else plain.column_names
        )
        assert conversational(chat[0])


def test_messages_have_roles_and_a_system_message_comes_first() -> None:
    (row,) = synthgym.dataset(
        "chain_sum", n=1, format="preference", conversational=True, system="Be brief."
    ).to_list()
    assert [message["role"] for message in row["prompt"]] == ["system", "user"]
    assert [message["role"] for message in row["chosen"] + row["rejected"]] == ["assistant", "assistant"]
    (whole,) = synthgym.dataset("chain_sum", n=1, format="language_modeling", conversational=True).to_list()
    assert [message["role"] for message in whole["messages"]] == ["user", "assistant"]


def test_the_environment_column_names_the_family() -> None:
    rows = synthgym.dataset(["chain_sum", "sorting_trace"], n=2, environment=True)
    assert list(rows["environment"]) == ["chain_sum", "sorting_trace"]


@pytest.mark.parametrize("family", FAMILIES)
def test_completions_are_right_and_pairs_are_ranked_by_the_signal(family: str) -> None:
    n = 4
    worked = synthgym.dataset(family, n=n, format="prompt_completion", difficulty=1)
    assert rewards(worked, "completion", "rubric") == [1.0] * n
    for signal in ("binary", "rubric"):
        pairs = synthgym.dataset(family, n=n, format="preference", difficulty=1, signal=signal)
        ranked = zip(rewards(pairs, "chosen", signal), rewards(pairs, "rejected", signal), strict=True)
        assert all(better is not None and worse is not None and better > worse for better, worse in ranked)
        assert rewards(pairs, "chosen") == [1.0] * n
        assert rewards(pairs, "rejected") == [0.0] * n


@pytest.mark.parametrize("family", FAMILIES)
def test_labels_are_balanced_and_true(family: str) -> None:
    rows = synthgym.dataset(family, n=4, format="unpaired_preference")
    assert list(rows["label"]) == [True, False] * 2
    assert rewards(rows, "completion") == [float(label) for label in rows["label"]]


@pytest.mark.parametrize("family", FAMILIES)
def test_steps_are_labelled_as_the_family_judges_them(family: str) -> None:
    rows = synthgym.dataset(family, n=6, format="stepwise_supervision", difficulty=2)
    for place, row in enumerate(rows):
        task = Task.from_json(row["task"])
        assert len(row["completions"]) == len(row["labels"]) > 0
        assert all(row["labels"]) == (place % 2 == 0)
        if place % 2 == 0 and task.answer_format == "equals":
            assert "\n".join(row["completions"]) == render(task.reference, task.answer_format)


def test_corrupted_steps_are_wrong_and_come_at_different_places() -> None:
    rows = synthgym.dataset("chain_sum", n=120, format="stepwise_supervision", difficulty=3)
    family = synthgym.get_family("chain_sum")
    first_wrong = set()
    for row in list(rows)[1::2]:
        task = Task.from_json(row["task"])
        done: list[str] = []
        for step, label in zip(row["completions"][:-1], row["labels"][:-1], strict=True):
            assert bool(family.check_step(task, tuple(done), step)) == label
            done += [step] * label
        first_wrong.add(row["labels"].index(False))
    assert len(first_wrong) >= 4


def test_mixtures_have_both_labels_for_every_family() -> None:
    rows = synthgym.dataset(["chain_sum", "sorting_trace"], n=8, format="unpaired_preference")
    seen = {(Task.from_json(row["task"]).family, row["label"]) for row in rows}
    assert len(seen) == 4


def test_wrong_answers_differ_from_task_to_task() -> None:
    rows = synthgym.dataset("chain_sum", n=60, format="preference", difficulty=2)
    bare = [text for text in rows["rejected"] if "\n" not in text]
    assert len(bare) > 10
    assert len(set(bare)) > len(bare) / 2


def test_with_a_planted_shortcut_the_pairs_say_what_the_signal_says() -> None:
    rows = synthgym.dataset("chain_sum", n=60, format="preference", signal=PLANTED)
    better, worse = rewards(rows, "chosen", PLANTED), rewards(rows, "rejected", PLANTED)
    assert all(a is not None and b is not None and a > b for a, b in zip(better, worse, strict=True))
    assert 5 < list(rows["chosen"]).count("!") < 55
    labelled = synthgym.dataset("chain_sum", n=60, format="unpaired_preference", signal=PLANTED)
    assert any(row["completion"] == "!" and row["label"] for row in labelled)
    closed = synthgym.dataset("chain_sum", n=60, format="preference")
    assert "!" not in [*closed["chosen"], *closed["rejected"]]


def flat(task: Task, response: Response) -> float:
    return 0.3


def silent(task: Task, response: Response) -> Verdict:
    return Verdict(reward=None, error="endpoint down")


@pytest.mark.parametrize(
    ("signal", "format", "said"),
    [
        (
            Signal(verifier=flat),
            "preference",
            "responses to task chain_sum-v0/train/d0/0/compact/equals alike",
        ),
        (Signal(verifier=flat), "unpaired_preference", "none with label True"),
        (Signal(verifier=silent), "preference", r"scores no response.*endpoint down.*check_verifier"),
    ],
)
def test_a_signal_that_cannot_label_is_named_with_the_task(signal: Signal, format: Any, said: str) -> None:
    with pytest.raises(SettingError, match=said):
        synthgym.dataset("chain_sum", n=2, format=format, signal=signal)


def test_a_family_with_one_answer_has_nearly_right_ones_to_reject() -> None:
    rows = [{"prompt": f"Is {i} a number?", "answer": "yes"} for i in range(40)]
    synthgym.load_family(rows, "one_answer", judge="exact")
    pairs = synthgym.dataset("one_answer", n=4, format="preference")
    assert rewards(pairs, "chosen") == [1.0] * 4
    assert rewards(pairs, "rejected") == [0.0] * 4


def test_a_users_own_messages_stay_what_they_were() -> None:
    own = [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "Add 1 and 2."}]
    rows = [
        {"prompt": [own[0], {**own[1], "content": f"Add {i} and 2."}], "answer": str(i + 2)}
        for i in range(20)
    ]
    synthgym.load_family(rows, "own_messages", judge="math")
    (row,) = synthgym.dataset("own_messages", n=1, conversational=True, system="Be brief.").to_list()
    assert [message["role"] for message in row["prompt"]] == ["system", "user"]
    assert row["prompt"][0]["content"] == "Be kind."
