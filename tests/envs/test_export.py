"""Exports: files that `datasets` reads, whole or not there, with where they come from and splits that cannot meet."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from datasets import load_dataset
from hypothesis import given, settings
from hypothesis import strategies as st

import synthgym
from synthgym.envs.dataset_formats import FORMATS
from synthgym.envs.export import ExportConfig, export, run_export
from synthgym.envs.export_files import read_metadata
from synthgym.errors import LogError, SettingError, UnknownNameError
from synthgym.log import Rollout, RolloutLog, unescape_surrogates
from synthgym.types import Credit, Task

MIXTURE = {"chain_sum": 3, "sorting_trace": 1}
FORMS = [(name, chat) for name in FORMATS for chat in (False, True) if not (chat and name.startswith("step"))]


def read(path: Path, tmp_path: Path, split: str | None = "train") -> Any:
    cache = str(tmp_path / "cache")
    if path.is_dir():
        return load_dataset(str(path), split=split, cache_dir=cache)
    kind = "json" if path.suffix == ".jsonl" else "parquet"
    return load_dataset(kind, data_files=str(path), split=split, cache_dir=cache)


@pytest.mark.parametrize("suffix", [".parquet", ".jsonl"])
@pytest.mark.parametrize(("form", "chat"), FORMS)
def test_what_is_read_back_is_the_dataset(form: str, chat: bool, suffix: str, tmp_path: Path) -> None:
    report = export(
        tmp_path / f"rows{suffix}", MIXTURE, n=12, format=form, conversational=chat, signal="rubric"
    )
    made = synthgym.dataset(MIXTURE, n=12, format=form, conversational=chat, signal="rubric")
    assert read(tmp_path / f"rows{suffix}", tmp_path).to_list() == made.to_list()
    assert report.rows == {"train": 12}
    assert list(report.columns) == made.column_names
    assert report.bytes == {"train": (tmp_path / f"rows{suffix}").stat().st_size}


@pytest.mark.parametrize("file_type", ["parquet", "jsonl"])
def test_a_folder_is_read_with_its_splits(file_type: str, tmp_path: Path) -> None:
    report = export(tmp_path / "data", MIXTURE, n=40, file_type=file_type)
    found = read(tmp_path / "data", tmp_path, split=None)
    assert {name: len(rows) for name, rows in found.items()} == {"train": 40, "test": 4} == report.rows
    assert {Task.from_json(text).split for text in found["test"]["task"]} == {"test"}
    assert sorted(os.listdir(tmp_path / "data")) == sorted(
        ["README.md", "provenance.json", f"test.{file_type}", f"train.{file_type}"]
    )
    assert sorted(os.listdir(tmp_path)) == ["cache", "data"]


def test_the_rows_of_each_split_can_be_said(tmp_path: Path) -> None:
    assert export(tmp_path / "a", "chain_sum", splits={"train": 7, "test": 3}).rows == {"train": 7, "test": 3}
    assert export(tmp_path / "b", "chain_sum", splits={"test": 3}).rows == {"test": 3}
    assert export(tmp_path / "c.jsonl", "chain_sum", n=3, split="test").rows == {"test": 3}
    assert export(tmp_path / "d", "chain_sum", n=3, split="test").rows == {"test": 3}
    assert (
        Task.from_json(json.loads((tmp_path / "c.jsonl").read_text().splitlines()[0])["task"]).split == "test"
    )


@settings(max_examples=15, deadline=None)
@given(
    family=st.sampled_from(["chain_sum", "sorting_trace", "boolean_evaluation", "bracket_repair"]),
    difficulty=st.integers(0, 4),
    seed=st.integers(0, 1000),
)
def test_train_and_test_never_share_an_instance(
    family: str, difficulty: int, seed: int, tmp_path_factory: Any
) -> None:
    folder = tmp_path_factory.mktemp("splits") / "data"
    export(
        folder,
        family,
        splits={"train": 60, "test": 60},
        difficulty=difficulty,
        first_seed=seed,
        file_type="jsonl",
    )
    keys = [
        {
            synthgym.get_family(family).instance_key(Task.from_json(json.loads(line)["task"]).facts)
            for line in (folder / f"{split}.jsonl").read_text().splitlines()
        }
        for split in ("train", "test")
    ]
    assert keys[0]
    assert keys[1]
    assert not keys[0] & keys[1]


def test_the_provenance_determines_the_rows(tmp_path: Path) -> None:
    export(
        tmp_path / "a.parquet",
        MIXTURE,
        n=5,
        format="preference",
        signal="rubric",
        difficulty=[0, 2],
        first_seed=9,
    )
    beside = json.loads((tmp_path / "a.parquet.provenance.json").read_text())
    assert beside == read_metadata(tmp_path / "a.parquet")
    assert beside == {
        "synthgym": synthgym.__version__, "source": "families", "families": {"chain_sum": 0, "sorting_trace": 0},
        "turns": ["chain_sum", "sorting_trace"], "weights": [3, 1], "rows": {"train": 5}, "signal": "rubric",
        "cues": False, "format": "preference", "columns": ["prompt", "chosen", "rejected", "task"],
        "conversational": False, "system": None, "difficulty": [0, 2], "template": "compact", "answer_format": None,
        "first_seed": 9, "distinct": False,
    }  # fmt: skip
    export(tmp_path / "data", "chain_sum", n=5, difficulty=lambda row: 1)
    card = (tmp_path / "data" / "README.md").read_text()
    assert "- split: test\n    path: test.parquet" in card
    assert "5 rows of train, 1 rows of test" in card
    assert "of the row's number" in card


def test_a_file_that_is_no_export_has_no_provenance(tmp_path: Path) -> None:
    pq.write_table(pq.read_table(_small(tmp_path)).replace_schema_metadata(None), tmp_path / "other.parquet")
    with pytest.raises(SettingError, match="was not exported by SynthGym"):
        read_metadata(tmp_path / "other.parquet")


def _small(tmp_path: Path) -> Path:
    export(tmp_path / "small.parquet", "chain_sum", n=2)
    return tmp_path / "small.parquet"


def test_equal_settings_write_equal_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        export(tmp_path / f"{name}.jsonl", MIXTURE, n=50, format="preference")
    assert (tmp_path / "a.jsonl").read_bytes() == (tmp_path / "b.jsonl").read_bytes()
    assert (tmp_path / "a.jsonl").read_bytes().isascii()


def test_rows_are_written_in_groups_as_they_are_made(tmp_path: Path) -> None:
    export(tmp_path / "a.parquet", "chain_sum", n=2_500)
    groups = pq.ParquetFile(tmp_path / "a.parquet").metadata
    assert [groups.row_group(i).num_rows for i in range(groups.num_row_groups)] == [1000, 1000, 500]


@pytest.mark.parametrize(
    "name", [pytest.param("rows.jsonl", marks=pytest.mark.slow), "rows.parquet",
             pytest.param("folder", marks=pytest.mark.slow)]
)  # fmt: skip
def test_a_killed_export_leaves_nothing_under_its_name(name: str, tmp_path: Path) -> None:
    code = f"import synthgym; synthgym.export({str(tmp_path / name)!r}, 'chain_sum', n=10_000_000)"
    process = subprocess.Popen([sys.executable, "-c", code])
    try:
        while not list(tmp_path.glob(".*.tmp")):
            assert process.poll() is None
            time.sleep(0.05)
        time.sleep(0.3)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert not (tmp_path / name).exists()
    assert export(tmp_path / name, "chain_sum", n=20).rows["train"] == 20


def test_an_export_that_fails_leaves_what_was_there(tmp_path: Path) -> None:
    export(tmp_path / "a.jsonl", "chain_sum", n=2)
    before = (tmp_path / "a.jsonl").read_bytes()
    with pytest.raises(SettingError, match=r"difficulty\(5\) 11"):
        export(
            tmp_path / "a.jsonl",
            "chain_sum",
            n=9,
            difficulty=lambda row: 11 if row == 5 else 0,
            overwrite=True,
        )
    assert (tmp_path / "a.jsonl").read_bytes() == before
    assert sorted(os.listdir(tmp_path)) == ["a.jsonl", "a.jsonl.provenance.json"]


def test_overwriting_replaces_the_whole_export(tmp_path: Path) -> None:
    export(tmp_path / "data", "chain_sum", n=20)
    with pytest.raises(SettingError, match="holds an export already; give another path, or set overwrite"):
        export(tmp_path / "data", "chain_sum", n=20)
    export(tmp_path / "data", "chain_sum", splits={"train": 4}, file_type="jsonl", overwrite=True)
    assert sorted(os.listdir(tmp_path / "data")) == ["README.md", "provenance.json", "train.jsonl"]


@pytest.mark.parametrize(
    ("name", "more", "error", "said"),
    [
        ("a.csv", {}, SettingError, r"end in .csv are not written; use .parquet or .jsonl"),
        ("a.json", {}, SettingError, r"use .parquet or .jsonl"),
        ("a.jsonl", {"family": "chain_sm"}, UnknownNameError, "did you mean chain_sum"),
        ("a.jsonl", {"family": ()}, SettingError, "name a family, or give a run's folder"),
        ("a.jsonl", {"phases": "trian"}, SettingError, "no phase 'trian'; did you mean train"),
        ("a.jsonl", {"phases": "train"}, SettingError, "those of a run: give its folder as source"),
        ("a.jsonl", {"format": "sft"}, SettingError, "for sft it is prompt_completion"),
        ("a.jsonl", {"family": {"chain_sum": -1}}, SettingError, "weight -1 of chain_sum"),
        ("a.jsonl", {"format": "unpaired_preferences"}, SettingError, "did you mean unpaired_preference"),
        ("a.jsonl", {"splits": {"train": 1, "test": 1}}, SettingError, "one file, which holds one split"),
        ("a", {"splits": {"tran": 1}}, SettingError, "'tran'; did you mean train"),
        ("a", {"splits": {}}, SettingError, "is not rows by split"),
        ("a", {"splits": {"train": 1}, "n": 3}, SettingError, "give one of them"),
        ("a", {"file_type": "jsonll"}, SettingError, "no file_type 'jsonll'; did you mean jsonl"),
        ("a.jsonl", {"split": "tset"}, SettingError, "no split 'tset'; did you mean test"),
        ("a.jsonl", {"n": 0}, SettingError, "n 0 is not a whole number above 0"),
        ("a.jsonl", {"n": 2.5}, SettingError, "n 2.5 is not"),
        ("a.jsonl", {"by": "truht"}, SettingError, "did you mean truth"),
        ("a.jsonl", {"threshold": float("nan")}, SettingError, "threshold nan"),
        ("a.jsonl", {"threshold": "half"}, SettingError, "threshold 'half' is not a number"),
        ("a.jsonl", {"family": 3}, SettingError, "family 3 is neither a name, nor names, nor weights"),
        ("a.jsonl", {"family": None}, SettingError, "family None is neither a name, nor names"),
        ("a.jsonl", {"family": (), "source": 3}, SettingError, "source 3 is no path"),
        ("a\0.jsonl", {}, SettingError, "has a null character"),
        (f"{'a' * 300}.jsonl", {}, SettingError, "cannot write .*File name too long"),
        ("a.jsonl", {"signal": "binray"}, SettingError, "did you mean binary"),
        ("a.jsonl", {"source": "nowhere"}, SettingError, "leave the families out, or the source"),
        ("a.jsonl", {"source": "nowhere", "family": (), "format": "preference"}, LogError, "no rollout log"),
        ("a.jsonl", {"source": "nowhere", "family": ()}, SettingError, "would lose its completions"),
    ],
)
def test_wrong_settings_say_what_would_be_right(
    name: str, more: dict[str, Any], error: Any, said: str, tmp_path: Path
) -> None:
    with pytest.raises(error, match=said):
        export(tmp_path / name, **{"family": "chain_sum", **more})
    assert os.listdir(tmp_path) == []


def test_places_that_cannot_be_written_are_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    (tmp_path / "folder.jsonl").mkdir()
    for path, said in [
        (tmp_path / "file", "is a file; give a folder"),
        (tmp_path, "no export's.*give a folder of its own"),
        (tmp_path / "folder.jsonl", "is a folder"),
        (tmp_path / "file" / "a.jsonl", "cannot write"),
    ]:
        with pytest.raises(SettingError, match=said):
            export(path, "chain_sum", n=2)
    with pytest.raises(SettingError, match="path None is no path"):
        export(None, "chain_sum", n=2)  # type: ignore[arg-type]
    assert (tmp_path / "file").read_text() == "mine"


def test_a_config_does_what_the_function_does(tmp_path: Path) -> None:
    config = ExportConfig(
        family=("chain_sum", "sorting_trace"),
        weights=(3, 1),
        out=tmp_path / "a.jsonl",
        n=8,
        difficulty=(0, 1),
    )
    report = run_export(config)
    export(tmp_path / "b.jsonl", MIXTURE, n=8, difficulty=[0, 1])
    assert (tmp_path / "a.jsonl").read_bytes() == (tmp_path / "b.jsonl").read_bytes()
    assert "train: 8 rows of prompt_only" in str(report)
    with pytest.raises(SettingError, match="1 weights for 2 families"):
        ExportConfig(family=("a", "b"), weights=(1,), out=tmp_path / "x")


ODD = "=3 \u00e9 \u4e2d \U0001f600 \ud800 \\u"


def run_of(folder: Path) -> Path:
    """Two steps of two groups: train tasks, then an evaluation on test tasks."""
    train = synthgym.tasks("chain_sum", 2)
    test = synthgym.tasks("chain_sum", 1, split="test")
    with RolloutLog(folder, run="mine", provenance={"seed": 3}, flush_rows=3) as log:
        for step in (0, 1):
            for group, task in enumerate(train):
                for reward, truth in ((0.0, False), (1.0, False), (0.4, True), (None, True)):
                    log.append(_rollout(task, step, group, reward, truth, "train"))
            log.append(_rollout(test[0], step, 0, 1.0, True, "eval"))
    return folder


def _rollout(task: Task, step: int, group: int, reward: float | None, truth: bool, phase: Any) -> Rollout:
    text = ODD if reward == 1.0 and group == 0 else f"step {step}\n={reward}"
    return Rollout(
        step=step, prompt=task.prompt, completion=text, phase=phase, group=group, task_id=task.id, family=task.family,
        split=task.split, reward=reward, truth=truth, credits=[Credit(0, 6, 1.0), Credit(6, len(text), 0.0)],
    )  # fmt: skip


def rows_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_a_runs_good_rollouts_are_what_the_reward_says(tmp_path: Path) -> None:
    report = export(tmp_path / "a.jsonl", source=run_of(tmp_path / "run"), format="prompt_completion")
    rows = rows_of(tmp_path / "a.jsonl")
    assert [row["reward"] for row in rows] == [1.0] * 4
    assert [row["step"] for row in rows] == [0, 0, 1, 1]
    assert list(rows[0]) == ["prompt", "completion", "task_id", "run", "step", "index", "reward", "escaped"]
    assert report.skipped == {"not good enough": 8, "unscored": 4}
    oracle = export(tmp_path / "b.jsonl", source=tmp_path / "run", format="prompt_completion", by="truth")
    assert oracle.rows == {"train": 4}
    assert {row["reward"] for row in rows_of(tmp_path / "b.jsonl")} == {0.4}
    lower = export(tmp_path / "c.jsonl", source=tmp_path / "run", format="prompt_completion", threshold=0.4)
    assert lower.rows == {"train": 8}
    provenance = json.loads((tmp_path / "b.jsonl.provenance.json").read_text())
    assert provenance["by"] == "truth"
    assert provenance["runs"] == {"run": {"run": "mine", "seed": 3}}


def test_pairs_come_from_one_group_with_different_rewards(tmp_path: Path) -> None:
    export(tmp_path / "a.jsonl", source=run_of(tmp_path / "run"), format="preference")
    rows = rows_of(tmp_path / "a.jsonl")
    assert [(row["chosen_reward"], row["rejected_reward"]) for row in rows] == [(1.0, 0.0)] * 4
    assert len({(row["step"], row["task_id"]) for row in rows}) == 4


def test_labels_and_steps_of_a_run(tmp_path: Path) -> None:
    source = run_of(tmp_path / "run")
    export(tmp_path / "a.jsonl", source=source, format="unpaired_preference")
    assert [row["label"] for row in rows_of(tmp_path / "a.jsonl")] == [False, True, False] * 4
    export(tmp_path / "b.jsonl", source=source, format="stepwise_supervision")
    first = rows_of(tmp_path / "b.jsonl")[0]
    assert (first["completions"], first["labels"]) == (["step 0", "=0.0"], [True, False])


@pytest.mark.parametrize("suffix", [".jsonl", ".parquet"])
@pytest.mark.parametrize("chat", [False, True])
def test_any_text_survives(chat: bool, suffix: str, tmp_path: Path) -> None:
    file = tmp_path / f"a{suffix}"
    export(file, source=run_of(tmp_path / "run"), format="prompt_completion", conversational=chat)
    row = read(file, tmp_path)[0]
    text = row["completion"][0]["content"] if chat else row["completion"]
    assert row["escaped"]
    assert unescape_surrogates(text) == ODD


def test_a_folder_of_a_run_has_its_evaluations_as_test(tmp_path: Path) -> None:
    report = export(tmp_path / "data", source=run_of(tmp_path / "run"), format="unpaired_preference")
    assert report.rows == {"train": 12, "test": 2}
    found = read(tmp_path / "data", tmp_path, split=None)
    assert not set(found["train"]["task_id"]) & set(found["test"]["task_id"])
    only = export(tmp_path / "only", source=tmp_path / "run", format="unpaired_preference", phases="train")
    assert only.rows == {"train": 12}


def test_repeated_completions_can_be_left_out_and_rows_limited(tmp_path: Path) -> None:
    source = run_of(tmp_path / "run")
    once = export(tmp_path / "a.jsonl", source=source, format="prompt_completion", distinct=True)
    assert once.rows == {"train": 3}
    assert once.skipped["repeated"] == 1
    assert export(tmp_path / "b.jsonl", source=source, format="preference", n=2).rows == {"train": 2}


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (
            {"format": "prompt_completion", "threshold": 2.0},
            r"gives no row of prompt_completion \(.*not good enough",
        ),
        ({"format": "preference", "phases": ("eval",)}, "groups without two different values"),
        ({"format": "preference", "phases": ("evals",)}, "no phase 'evals'; did you mean eval"),
    ],
)
def test_a_run_that_gives_nothing_says_why(more: dict[str, Any], said: str, tmp_path: Path) -> None:
    with pytest.raises(SettingError, match=said):
        export(tmp_path / "a.jsonl", source=run_of(tmp_path / "run"), **more)
    assert not (tmp_path / "a.jsonl").exists()
