"""`load_family`: users' rows as a family, from every kind of source, and every kind of bad row."""

import json
from pathlib import Path
from typing import Any

import gymnasium
import pytest

import synthgym
from synthgym.envs.custom.rows import load_family
from synthgym.errors import FamilyError, GoldError, SettingError, TaskError
from synthgym.parsing import render
from synthgym.types import Task
from synthgym.verifiers.responses import labelled_responses

ROWS = [{"prompt": f"What is {n} + {n}?", "answer": str(2 * n)} for n in range(40)]


def written(path: Path, rows: list[dict[str, Any]]) -> Path:
    """`rows` in a file of the kind that the suffix says."""
    if path.suffix == ".json":
        path.write_text(json.dumps(rows))
    elif path.suffix in (".csv", ".tsv"):
        between = "," if path.suffix == ".csv" else "\t"
        lines = [list(rows[0]), *(row.values() for row in rows)]
        path.write_text("\n".join(between.join(f'"{cell}"' for cell in line) for line in lines))
    elif path.suffix == ".parquet":
        import pyarrow
        import pyarrow.parquet

        pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), path)
    else:
        path.write_text("\n".join(map(json.dumps, rows)) + "\n\n")
    return path


@pytest.mark.parametrize("suffix", [".jsonl", ".json", ".csv", ".tsv", ".parquet"])
def test_every_kind_of_file_gives_the_same_tasks(tmp_path: Path, suffix: str) -> None:
    family = load_family(written(tmp_path / f"rows{suffix}", ROWS), "sums")
    expected = load_family(ROWS, "sums")
    assert [family.task(seed) for seed in range(50)] == [expected.task(seed) for seed in range(50)]
    assert len(family) == 40


def test_tables_are_read() -> None:
    import datasets
    import pandas
    import polars

    expected = load_family(ROWS, "sums").task(3)
    for table in (datasets.Dataset.from_list(ROWS), pandas.DataFrame(ROWS), polars.DataFrame(ROWS)):
        assert load_family(table, "sums").task(3) == expected


def test_a_dict_of_splits_keeps_its_splits() -> None:
    import datasets

    parts = {
        "train": datasets.Dataset.from_list(ROWS[:30]),
        "validation": datasets.Dataset.from_list(ROWS[30:]),
    }
    family = load_family(datasets.DatasetDict(parts), "sums")
    assert family.counts() == {"train": 30, "test": 10}
    assert family.task(0, split="test").prompt in {row["prompt"] for row in ROWS[30:]}
    with pytest.raises(SettingError, match="split"):
        load_family({"prompt": ["a"], "answer": ["b"]}, "sums")


def test_seeds_are_rows_and_splits_do_not_meet() -> None:
    family = load_family(ROWS, "sums")
    counts = family.counts()
    assert min(counts.values()) > 0 and sum(counts.values()) == 40
    seen: dict[str, set[str]] = {}
    for split, count in counts.items():
        seen[split] = {family.task(seed, split=split).prompt for seed in range(count)}
        assert len(seen[split]) == count
        assert family.task(count, split=split).prompt == family.task(0, split=split).prompt
    assert not seen["train"] & seen["test"]
    shuffled = load_family(ROWS[::-1], "sums")
    assert shuffled.task(7) == family.task(7)


@pytest.mark.parametrize("n", range(2, 8))
def test_even_a_few_rows_have_both_splits(n: int) -> None:
    family = load_family(ROWS[:n], "few")
    assert min(family.counts().values()) >= 1
    task = family.task(0, split="test")
    assert family.split_of(task.facts) == "test"


def test_it_is_there_in_every_way_in() -> None:
    family = load_family(ROWS, "sums")
    env = gymnasium.make("synthgym/Sums-v0", signal="rubric")
    prompt, _ = env.reset(seed=1)
    twice = 2 * int(prompt.split()[2])
    assert env.step(f"Answer: {twice}")[1] == 1.0
    task = family.task(2)
    for granularity in ("binary", "rubric", "token"):
        right = render(task.reference, task.answer_format)
        assert [v.reward for v in synthgym.score([task] * 2, [right, "Answer: -1"], granularity)] == [
            1.0,
            0.0,
        ]
    assert set(labelled_responses(task)) == {"right", "nearly right", "wrong"}
    data = synthgym.dataset("sums", n=4, conversational=True)
    (reward,) = synthgym.rewards("binary")
    said = [
        [{"role": "assistant", "content": f"\\boxed{{{Task.from_json(t).reference.answer}}}"}]
        for t in data["task"]
    ]
    assert reward(data["prompt"], said, task=data["task"]) == [1.0] * 4


def test_rows_keep_the_contract() -> None:
    assert synthgym.check_family(load_family(ROWS, "sums"), seeds=40).distinct > 20
    labels = [
        {"prompt": f"Review {n}: good or bad?", "answer": "good" if n % 3 else "bad"} for n in range(60)
    ]
    family = load_family(labels, "labels", judge="exact")
    synthgym.check_family(family, seeds=60)
    assert 0.5 < family.chance < 0.8


# Answers as users have them.

GSM = "She sold 48/2 = <<48/2=24>>24 clips in May.\nIn all 48+24 = <<48+24=72>>72.\n#### 72"


@pytest.mark.parametrize(
    "answer", [GSM, r"so $x$ is \boxed{72}", "Answer: 72", "72", 72, 72.0, [72, "seventy-two"]]
)
def test_solutions_and_numbers_are_golds(answer: Any) -> None:
    rows = [{"q": "clips?", "a": answer}, {"q": "other?", "a": "5"}]
    family = load_family(rows, "gsm", prompt="q", answer="a")
    both = family.task(0), family.task(0, split="test")
    task = next(one for one in both if one.prompt == "clips?")
    said = [
        r"\boxed{72}",
        "Answer: 72",
        "reasons\n#### 72",
        "The answer is 72",
        "reasons\n72",
        "72.0",
        "#### 73",
        "none",
    ]
    verdicts = synthgym.score([task] * len(said), said)
    assert [verdict.reward for verdict in verdicts] == [1.0] * 6 + [0.0] * 2
    assert verdicts[2].error is None


def test_the_lines_of_a_solution_are_steps() -> None:
    rows = [{"q": f"clips {n}?", "a": GSM} for n in range(8)]
    family = load_family(rows, "gsm", prompt="q", answer="a", steps="a")
    task = family.task(0)
    assert [step.text for step in task.reference.steps] == [line for line in GSM.splitlines()[:2]]
    synthgym.check_family(load_family([dict(r, a=GSM.replace("72", str(i))) for i, r in enumerate(rows)], "gsm2",
                                      prompt="q", answer="a", steps="a"), seeds=10)  # fmt: skip


def test_any_of_several_answers_is_right() -> None:
    rows = [{"prompt": f"capital {n}?", "answer": ["Den Haag", "The Hague"]} for n in range(4)]
    task = load_family(rows, "capitals", judge="exact").task(0)
    said = ["Answer: the hague", "Answer: Den  Haag", "Answer: Den Haag or The Hague"]
    assert [v.reward for v in synthgym.score([task] * 3, said)] == [1.0, 1.0, 0.0]


def test_decimals_stay_as_they_were_written(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text('{"prompt": "a", "answer": 0.10}\n{"prompt": "b", "answer": 1e400}\n')
    family = load_family(path, "decimals", judge="exact")
    answers = {family.task(0, split=split).reference.answer for split in ("train", "test")}
    assert answers == {"0.10", "1e400"}


def test_prompts_may_be_messages() -> None:
    system, user = {"role": "system", "content": "Be brief."}, {"role": "user", "content": "2+2?"}
    rows = [{"prompt": [system, user], "answer": 4}, {"prompt": [dict(user, content="3+3?")], "answer": 6}]
    family = load_family(rows, "chat")
    tasks = {family.task(0, split=split).prompt: family.task(0, split=split) for split in ("train", "test")}
    assert set(tasks) == {"Be brief.\n\n2+2?", "3+3?"}
    assert tasks["Be brief.\n\n2+2?"].facts["messages"]
    turns = [user, {"role": "assistant", "content": "4"}, dict(user, content="And 1 more?")]
    several = load_family([{"prompt": turns, "answer": 5}] * 2, "turns").task(0)
    assert several.prompt == "user: 2+2?\n\nassistant: 4\n\nuser: And 1 more?"


def test_fields_of_columns_are_reached() -> None:
    rows = [{"prompt": f"p{n}", "reward_model": {"ground_truth": n}} for n in range(4)]
    family = load_family(rows, "nested", answer="reward_model.ground_truth")
    assert family.task(0).reference.answer == family.task(0).prompt[1:]


def test_difficulty_and_split_come_from_columns() -> None:
    rows = [dict(row, level=n % 3 + 1, part="test" if n < 12 else "train") for n, row in enumerate(ROWS)]
    family = load_family(rows, "levels", difficulty="level", split="part")
    assert family.counts() == {"train": 28, "test": 12}
    task = family.task(0, difficulty=3, split="test")
    assert next(row for row in rows if row["prompt"] == task.prompt)["level"] == 3
    assert family.split_of(task.facts) == "test"
    with pytest.raises(
        FamilyError, match="no train rows of difficulty 0; it has rows for: test 1, .*train 3"
    ):
        family.task(0)
    assert load_family(ROWS, "tests_only", split="test").counts() == {"train": 0, "test": 40}


# Code.

SQUARES = [
    {
        "text": f"Write g(x): x squared plus {n}.",
        "code": f"def g(x):\n    return x * x + {n}",
        "test_list": [f"assert g({x}) == {x * x + n}" for x in (0, 3, -2)],
    }
    for n in range(6)
]


def test_code_is_run_on_the_tests() -> None:
    family = load_family(SQUARES, "squares", prompt="text", answer="code", tests="test_list", judge="code")
    task = family.task(0)
    right = render(task.reference, task.answer_format)
    said = [
        right,
        f"Sure:\n```python\n{right}\n```",
        right.replace("x * x", "x + x"),
        "def h(): pass",
        "\ud800",
    ]
    verdicts = synthgym.score([task] * 5, said, "rubric")
    assert [verdict.reward == 1.0 for verdict in verdicts] == [True, False, False, False, False]
    assert verdicts[1].reward is not None and verdicts[1].reward > 0.6
    synthgym.check_family(family, seeds=4)


@pytest.mark.parametrize(
    "tests",
    [
        [{"args": [2], "expected": 4}],
        json.dumps([{"args": [2], "expected": 4}]),
        "assert double(2) == 4\nassert double(0) == 0",
        [{"args": [0.5], "expected": 1.0}],
        [{"args": [[]], "expected": []}],
    ],
)
def test_function_tests_are_read_in_every_form(tests: Any) -> None:
    source = "def double(x):\n    return x + x"
    rows = [{"prompt": f"Write double, {n}.", "answer": source, "tests": tests} for n in range(2)]
    family = load_family(rows, "forms", tests="tests", judge="code")
    task = Task.from_json(family.task(0).to_json())
    assert [v.reward for v in synthgym.score([task] * 2, [source, "def double(x): return 0.25"])] == [
        1.0,
        0.0,
    ]


@pytest.mark.parametrize(
    "tests", [[{"input": "3", "output": "6\n"}], {"inputs": ["3", "4"], "outputs": ["6", "8"]}]
)
def test_program_tests_are_read_in_every_form(tests: Any) -> None:
    rows = [{"prompt": f"Double it, {n}.", "tests": tests} for n in range(2)]
    task = load_family(rows, "programs", tests="tests", judge="code").task(0)
    assert [v.reward for v in synthgym.score([task] * 2, ["print(2*int(input()))", "print(3)"])] == [1.0, 0.0]


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ({"tests": "assert f(x) == open('x')"}, "only assert"),
        ({"tests": ["assert f(1) == 2", "assert g(1) == 2"]}, "f, g"),
        ({"tests": [{"args": [1], "expected": 2}]}, "entry"),
        ({"tests": []}, "at least one"),
        ({"tests": None}, "no tests"),
    ],
)
def test_tests_that_cannot_be_used_name_the_row(row: dict[str, Any], told: str) -> None:
    with pytest.raises(GoldError, match=told) as caught:
        load_family([{"prompt": "p", **row}], "bad", tests="tests", judge="code")
    assert "row 0" in str(caught.value) and "'tests'" in str(caught.value)


# What is refused, and how.


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"prompt": "promt"}, "did you mean prompt"),
        ({"answer": "gold"}, "no column 'gold' for answer.*it has: answer, prompt"),
        ({"steps": "cot"}, "steps"),
        ({"split": "part"}, "part"),
        ({"difficulty": "level"}, "level"),
        ({"judge": "code"}, "tests="),
        ({"judge": "code", "tests": "tests"}, "no column 'tests'"),
        ({"answer": None}, "answer="),
        ({"tests": "answer"}, "judge='code'"),
        ({"judge": "maths"}, "did you mean math"),
        ({"chance": -1}, "chance"),
    ],
)
def test_a_wrong_setting_is_refused(settings: dict[str, Any], told: str) -> None:
    with pytest.raises(SettingError, match=told):
        load_family(ROWS, "sums", **settings)
    assert "sums" not in synthgym.families()


def test_a_built_in_name_is_refused() -> None:
    with pytest.raises(SettingError, match="built-in"):
        load_family(ROWS, "chain_sum")


@pytest.mark.parametrize(
    ("row", "kind", "told"),
    [
        ({"prompt": "p", "answer": ""}, GoldError, "row 1, column 'answer'.*empty"),
        ({"prompt": "p", "answer": None}, GoldError, "row 1, column 'answer'.*empty"),
        ({"prompt": "p"}, GoldError, "row 1, column 'answer'"),
        ({"prompt": "p", "answer": []}, GoldError, "empty"),
        (
            {"prompt": "p", "answer": "1/0"},
            GoldError,
            "row 1, column 'answer', value '1/0'",
        ),
        ({"prompt": "p", "answer": {"a": 1}}, GoldError, "row 1, column 'answer'"),
        ({"prompt": "", "answer": "1"}, TaskError, "row 1, column 'prompt'"),
        ({"prompt": 5, "answer": "1"}, TaskError, "row 1, column 'prompt'"),
        ({"prompt": [{"role": "user"}], "answer": "1"}, TaskError, "message"),
        ({"prompt": [{"role": "assistant", "content": "4"}], "answer": "1"}, TaskError, "assistant's"),
        ({"prompt": "What is 0 + 0?", "answer": "5"}, GoldError, "row 1: '5' and not '0' .* row 0"),
        ("text", TaskError, "row 1"),
    ],
)
def test_a_bad_row_is_named_or_left_out(row: Any, kind: type[Exception], told: str) -> None:
    rows = [ROWS[0], row, *ROWS[1:]]
    with pytest.raises(kind, match=told):
        load_family(rows, "bad")
    family = load_family(rows, "bad", skip_bad=True)
    both = (
        isinstance(row, dict) and row.get("prompt") == ROWS[0]["prompt"]
    )  # which one is right, nobody knows
    assert (family.skipped, len(family)) == ((2, 39) if both else (1, 40))


def test_gold_need_not_be_checked_at_once() -> None:
    family = load_family([{"prompt": f"p{n}", "answer": "1/0"} for n in range(4)], "late", check_gold=False)
    with pytest.raises(GoldError, match="row .*column 'answer'"):
        family.task(0)


def test_repeated_rows_count_once() -> None:
    rows = [*ROWS, dict(ROWS[0], answer="0.0"), dict(ROWS[1], prompt=" What  is 1 + 1? ")]
    family = load_family(rows, "repeated")
    assert (len(family), family.duplicates, family.skipped) == (40, 2, 0)


def test_a_prompt_in_both_splits_is_refused() -> None:
    rows = [
        dict(ROWS[0], part="train"),
        dict(ROWS[0], part="test"),
        *(dict(row, part="train") for row in ROWS[1:]),
    ]
    with pytest.raises(TaskError, match="both splits"):
        load_family(rows, "leaky", split="part")
    family = load_family(rows, "leaky", split="part", skip_bad=True)
    assert family.counts() == {"train": 39, "test": 1}
    with pytest.raises(TaskError, match="row 0, column 'part'.*no split"):
        load_family([dict(ROWS[0], part="trian")], "leaky", split="part")


@pytest.mark.parametrize("level", [-1, 11, 2.5, "hard", None, True])
def test_a_difficulty_must_be_whole(level: Any) -> None:
    with pytest.raises(TaskError, match="row 0, column 'level'"):
        load_family([dict(ROWS[0], level=level)], "levels", difficulty="level")


def test_files_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match=r"no file .*nowhere\.jsonl"):
        load_family(tmp_path / "nowhere.jsonl", "none")
    odd = tmp_path / "rows.xlsx"
    odd.write_bytes(b"?")
    with pytest.raises(SettingError, match=r"rows\.xlsx.*\.jsonl"):
        load_family(odd, "none")
    for suffix in (".jsonl", ".csv", ".json"):
        empty = tmp_path / f"empty{suffix}"
        empty.write_text("[]" if suffix == ".json" else "")
        with pytest.raises(SettingError, match=rf"empty\{suffix} has no rows"):
            load_family(empty, "none")
    for suffix in (".parquet", ".json"):
        torn = tmp_path / f"torn{suffix}"
        torn.write_text("{torn")
        with pytest.raises(SettingError, match=rf"torn\{suffix}"):
            load_family(torn, "none")
    for source in (5, None, iter(ROWS)):
        with pytest.raises(SettingError, match="list of dicts"):
            load_family(source, "none")


def test_a_torn_line_is_named_by_its_number(tmp_path: Path) -> None:
    path = written(tmp_path / "rows.jsonl", ROWS)
    lines = path.read_bytes().splitlines()
    path.write_bytes(
        b"\n".join([b"\xef\xbb\xbf" + lines[0], b"", lines[1][:-5], b"\xff\xfe", b"[1]", *lines[2:]])
    )
    with pytest.raises(
        TaskError, match=r"3 of 42 rows(.|\n)*rows\.jsonl, line 3: not JSON(.|\n)*line 4(.|\n)*line 5"
    ):
        load_family(path, "torn")
    family = load_family(path, "torn", skip_bad=True)
    assert (len(family), family.skipped) == (39, 3)


def test_an_empty_column_is_there_and_empty(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("prompt,answer\na,\nb,\n")
    with pytest.raises(GoldError, match=r"2 of 2 rows(.|\n)*line 2, column 'answer': the answer is empty"):
        load_family(path, "empty")


def test_a_csv_row_with_too_many_cells_is_named(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text('prompt,answer\n"two\nlines",1\na,2,3\nb,\n')
    with pytest.raises(TaskError, match=r"rows\.csv, line 4: .*more cells(.|\n)*line 5, column 'answer'"):
        load_family(path, "cells")


def test_many_rows_load_fast_enough_to_be_used(tmp_path: Path) -> None:
    rows = [{"prompt": f"Q{n}", "answer": str(7 * n)} for n in range(5_000)]
    family = load_family(written(tmp_path / "many.jsonl", rows), "many")
    assert len(family) == 5_000 and abs(family.counts()["test"] - 1_250) < 200


def test_a_prompt_with_half_a_character_names_its_row() -> None:
    rows = [{"prompt": f"p{n}\udc80", "answer": n} for n in range(2)]
    with pytest.raises(TaskError, match="row 0, column 'prompt': .*lone surrogate at character 2"):
        load_family(rows, "torn")


def test_a_stream_is_to_be_taken_into_a_list() -> None:
    datasets = pytest.importorskip("datasets")
    stream = datasets.Dataset.from_list([{"prompt": "p", "answer": 1}] * 3).to_iterable_dataset()
    with pytest.raises(SettingError, match=r"IterableDataset.*list\(stream.take\(1000\)\)"):
        load_family(stream, "streamed")


def test_a_csv_without_a_readable_row_says_why(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("prompt,answer\na,2,3\n")
    with pytest.raises(SettingError, match="no row that can be read: rows.csv, line 2: it has more cells"):
        load_family(path, "cells")


def test_rows_of_humaneval_are_read_as_they_are() -> None:
    rows = [
        {
            "prompt": f'def add(a: int) -> int:\n    """Add {n}."""\n',
            "canonical_solution": f"    return a + {n}\n",
            "test": f"METADATA = {{}}\n\ndef check(candidate):\n    assert candidate(1) == {1 + n}\n"
            f"    assert candidate(2) == {2 + n}, 'two'\n",
            "entry_point": "add",
        }
        for n in range(2)
    ]
    columns = {"answer": "canonical_solution", "tests": "test", "entry": "entry_point", "judge": "code"}
    family = load_family(rows, "human", split="train", **columns)  # type: ignore[arg-type]  # texts
    task = family.task(0)
    right = render(task.reference, task.answer_format)
    verdicts = synthgym.score([task] * 2, [right, right.replace("a + ", "a - 7 + ")])
    assert [verdict.reward for verdict in verdicts] == [1.0, 0.0]
    rows[0]["test"] = "def check(candidate):\n    for n in range(3):\n        assert candidate(n) == n\n"
    with pytest.raises(GoldError, match=r"row 0, column 'test'.*only assert NAME"):
        load_family(rows, "human", split="train", **columns)  # type: ignore[arg-type]  # texts
