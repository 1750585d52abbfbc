"""The rollout log: what is written is read back, by us and by others, whatever happens to the writer."""

import os
import signal
import subprocess
import sys
import time
import warnings
from dataclasses import fields
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synthgym.errors import LogError
from synthgym.log import (
    LOG_SCHEMA,
    Rollout,
    RolloutLog,
    escape_surrogates,
    read_log,
    read_provenance,
    run_folders,
    unescape_surrogates,
)
from synthgym.types import Credit

FULL = Rollout(
    step=3,
    prompt="377594=",
    completion="345779",
    phase="train",
    generation=1,
    group=2,
    turn=3,
    task_id="sorting_trace-v0-train-7",
    family="sorting_trace",
    version=0,
    seed=2**63 - 1,
    split="train",
    difficulty=0,
    template="compact",
    tokens=[5, 6, 7],
    temperature=1.0,
    reward=0.6,
    components={"steps": 0.5, "tidy": 1.0},
    advantage=[0.5, -0.25, 0.0],
    credits=(Credit(0, 2, 1.0), Credit(2, 6, 0.25)),
    truth=True,
    probe={"factual": 1.0, "counterfactual": 0.0},
    error="none to speak of",
    generate_seconds=0.25,
    verify_seconds=0.5,
)


def write(
    folder: Path, steps: int = 4, rows: int = 3, *, flush_rows: int = 4, run: str | None = None
) -> None:
    with RolloutLog(folder, run=run, flush_rows=flush_rows) as log:
        for step in range(steps):
            for row in range(rows):
                log.append(Rollout(step=step, prompt=f"p{step}", completion=f"c{row}", reward=row / 4))


def parts(folder: Path) -> list[Path]:
    return sorted((folder / "rollouts").glob("*.parquet"))


def keys(table: pa.Table) -> list[tuple[int, int]]:
    return list(zip(table["step"].to_pylist(), table["index"].to_pylist(), strict=True))


def test_every_column_comes_back(tmp_path: Path) -> None:
    with RolloutLog(tmp_path / "a", run="a") as log:
        log.append(FULL)
    table = read_log(tmp_path)
    assert table.schema.equals(LOG_SCHEMA)
    assert table.to_pylist() == [
        {
            "run": "a",
            "step": 3,
            "index": 0,
            "phase": "train",
            "generation": 1,
            "group": 2,
            "turn": 3,
            "task_id": "sorting_trace-v0-train-7",
            "family": "sorting_trace",
            "version": 0,
            "seed": 2**63 - 1,
            "split": "train",
            "difficulty": 0,
            "template": "compact",
            "prompt": "377594=",
            "completion": "345779",
            "escaped": False,
            "tokens": [5, 6, 7],
            "temperature": 1.0,
            "reward": 0.6,
            "components": [("steps", 0.5), ("tidy", 1.0)],
            "advantage": [0.5, -0.25, 0.0],
            "credits": [{"start": 0, "end": 2, "value": 1.0}, {"start": 2, "end": 6, "value": 0.25}],
            "truth": True,
            "probe": [("factual", 1.0), ("counterfactual", 0.0)],
            "error": "none to speak of",
            "generate_seconds": 0.25,
            "verify_seconds": 0.5,
        }
    ]


def test_rollout_has_a_field_for_every_column_but_the_writers_own() -> None:
    assert {field.name for field in fields(Rollout)} == set(LOG_SCHEMA.names) - {"run", "escaped"}


def test_what_is_unknown_is_null(tmp_path: Path) -> None:
    with RolloutLog(tmp_path) as log:
        log.append(Rollout(step=0, prompt="", completion=""))
    row = read_log(tmp_path).to_pylist()[0]
    given = {"run": tmp_path.name, "step": 0, "index": 0, "phase": "train", "prompt": "", "completion": ""}
    empty = {"escaped": False, "components": [], "probe": []}
    assert {name: value for name, value in row.items() if value is not None} == given | empty


def test_numpy_values_are_taken(tmp_path: Path) -> None:
    with RolloutLog(tmp_path) as log:
        log.append(
            Rollout(
                step=int(np.int64(1)),
                prompt="p",
                completion="c",
                seed=np.int64(7),  # type: ignore[arg-type]
                tokens=np.array([1, 2]),  # type: ignore[arg-type]
                advantage=0.5,
                reward=np.float32(0.5),  # type: ignore[arg-type]
                truth=np.True_,  # type: ignore[arg-type]
            )
        )
    row = read_log(tmp_path).to_pylist()[0]
    assert (row["seed"], row["tokens"], row["advantage"], row["reward"], row["truth"]) == (
        7,
        [1, 2],
        [0.5],
        0.5,
        True,
    )


def test_index_counts_within_a_step_across_phases(tmp_path: Path) -> None:
    with RolloutLog(tmp_path) as log:
        given = [(0, "train"), (0, "eval"), (1, "train"), (0, "probe"), (1, "eval")]
        indices = [log.append(Rollout(step=s, phase=p, prompt="", completion="")) for s, p in given]  # type: ignore[arg-type]
    assert indices == [0, 1, 0, 2, 1]
    assert keys(read_log(tmp_path)) == [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1)]
    assert keys(read_log(tmp_path, phases="eval")) == [(0, 1), (1, 1)]
    assert keys(read_log(tmp_path, phases=["train", "probe"])) == [(0, 0), (0, 2), (1, 0)]
    assert read_log(tmp_path, columns=["reward", "phase"]).column_names == ["reward", "phase"]


def test_rows_of_many_runs_are_sorted_by_run_step_index(tmp_path: Path) -> None:
    write(tmp_path / "z", run="first")
    write(tmp_path / "deep" / "a", run="second", steps=11, flush_rows=5)
    table = read_log(tmp_path, columns=["run", "step", "index"])
    rows = list(zip(*(table[name].to_pylist() for name in ("run", "step", "index")), strict=True))
    assert rows == sorted(rows)
    assert len(rows) == 12 + 33
    assert run_folders(tmp_path) == [tmp_path / "deep" / "a", tmp_path / "z"]


def test_of_rows_with_one_key_the_last_part_counts(tmp_path: Path) -> None:
    with RolloutLog(tmp_path, flush_rows=1) as log:
        for reward in (0.1, 0.2, 0.3):
            log.append(Rollout(step=0, index=4, prompt="", completion="", reward=reward))
        assert log.append(Rollout(step=0, prompt="", completion="", reward=0.4)) == 5
    table = read_log(tmp_path)
    assert keys(table) == [(0, 4), (0, 5)]
    assert table["reward"].to_pylist() == [0.3, 0.4]


def test_a_run_name_in_two_folders_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "one", run="seed0")
    write(tmp_path / "two", run="seed0")
    with pytest.raises(LogError, match="run 'seed0' is in .*one and in .*two"):
        read_log(tmp_path)


def test_others_read_the_parts_without_this_library(tmp_path: Path) -> None:
    with RolloutLog(tmp_path, flush_rows=1) as log:
        log.append(FULL)
        log.append(Rollout(step=4, prompt="a\x00b", completion="\ud800\\", reward=None))
    glob = f"{tmp_path}/rollouts/part-*.parquet"
    frame = pd.read_parquet(tmp_path / "rollouts")
    polar = pl.scan_parquet(glob).sort("step").collect()
    duck = duckdb.sql(f"select * from read_parquet('{glob}') order by step").fetchall()
    assert frame.columns.tolist() == polar.columns == LOG_SCHEMA.names
    assert frame["prompt"].tolist() == polar["prompt"].to_list() == ["377594=", "a\x00b"]
    assert frame["completion"].tolist() == polar["completion"].to_list() == ["345779", r"\ud800\\"]
    place = LOG_SCHEMA.names.index
    assert [row[place("prompt")] for row in duck] == ["377594=", "a\x00b"]
    assert [row[place("reward")] for row in duck] == [0.6, None]
    assert duck[0][place("components")] == {"steps": 0.5, "tidy": 1.0}
    assert polar["credits"].to_list()[0][1] == {"start": 2, "end": 6, "value": 0.25}
    assert frame["truth"].tolist() == [True, None]


HOSTILE = st.text(
    st.sampled_from("\\ud8aF0\ud800\udbff\udc00\udfff\x00\x1b\n")
    | st.characters(codec=None, exclude_categories=()),
    max_size=40,
)


@settings(deadline=None)
@given(HOSTILE)
def test_escaping_is_reversible(text: str) -> None:
    escaped = escape_surrogates(text)
    assert escaped.encode("utf-8").decode("utf-8") == escaped
    assert unescape_surrogates(escaped) == text


@settings(deadline=None)
@given(prompt=HOSTILE, completion=HOSTILE, error=st.none() | HOSTILE)
def test_any_text_survives(
    prompt: str, completion: str, error: str | None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("run")
    with RolloutLog(folder) as log:
        log.append(Rollout(step=0, prompt=prompt, completion=completion, error=error))
    row = read_log(folder).to_pylist()[0]
    has_surrogates = any("\ud800" <= c <= "\udfff" for c in prompt + completion + (error or ""))
    assert row["escaped"] is has_surrogates
    stored = [row["prompt"], row["completion"], row["error"]]
    if row["escaped"]:
        stored = [None if text is None else unescape_surrogates(text) for text in stored]
    assert stored == [prompt, completion, error]


def test_a_megabyte_of_anything_survives(tmp_path: Path) -> None:
    texts = ["x" * 2**20, "\x00\x1b\r" * 350_000, "\udfff\\ud800" * 150_000, "\U0001f600" * 2**18]
    with RolloutLog(tmp_path) as log:
        for text in texts:
            log.append(Rollout(step=0, prompt="p", completion=text))
    rows = read_log(tmp_path, columns=["completion", "escaped"]).to_pylist()
    read = [unescape_surrogates(r["completion"]) if r["escaped"] else r["completion"] for r in rows]
    assert read == texts


def test_names_with_surrogates_are_written_too(tmp_path: Path) -> None:
    with RolloutLog(tmp_path) as log:
        log.append(Rollout(step=0, prompt="", completion="", family="\ud800x", components={"\udc00": 1.0}))
    row = read_log(tmp_path).to_pylist()[0]
    assert (row["family"], row["components"]) == ("\\ud800x", [("\\udc00", 1.0)])


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"step": -1}, "step -1 lies outside"),
        ({"step": 2**31}, "step 2147483648 lies outside"),
        ({"step": True}, "step True is not a whole number"),
        ({"step": 0, "seed": 2**63}, "seed 9223372036854775808 lies outside"),
        ({"step": 0, "phase": "training"}, "phase 'training' is none of train, eval, probe"),
        ({"step": 0, "reward": "1.0"}, "reward '1.0' is not a number"),
        ({"step": 0, "reward": 10**400}, "too large"),
        ({"step": 0, "truth": 1}, "truth 1 is none of True, False, None"),
        ({"step": 0, "tokens": [2**31]}, "tokens .* is not a list of int32"),
        ({"step": 0, "tokens": [0.5]}, "tokens .* is not a list of int32"),
        ({"step": 0, "tokens": [[1], [2, 3]]}, "tokens .* is not a list of int32"),
        ({"step": 0, "advantage": "high"}, "advantage 'high' is not a list of float32"),
        ({"step": 0, "components": 1.0}, "components 1.0 is not a mapping"),
        ({"step": 0, "components": {1: 1.0}}, "components 1 is not a string"),
        ({"step": 0, "credits": [(0, 1, 1.0)]}, "synthgym.types.Credit"),
        ({"step": 0, "completion": None}, "completion None is not a string"),
        ({"step": 0, "family": 3}, "family 3 is not a string"),
        ({"step": 0, "index": -1}, "index -1 lies outside"),
    ],
)
def test_a_value_no_column_holds_is_named_and_the_rest_is_kept(
    tmp_path: Path, wrong: dict[str, object], message: str
) -> None:
    with RolloutLog(tmp_path) as log:
        log.append(Rollout(step=0, prompt="before", completion=""))
        with pytest.raises(LogError, match=message):
            log.append(Rollout(**({"prompt": "", "completion": ""} | wrong)))  # type: ignore[arg-type]
        log.append(Rollout(step=0, prompt="after", completion=""))
    assert read_log(tmp_path)["prompt"].to_pylist() == ["before", "after"]


def test_what_is_buffered_is_written_when_the_block_raises(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="boom"), RolloutLog(tmp_path) as log:
        log.append(Rollout(step=0, prompt="kept", completion=""))
        raise RuntimeError("boom")
    assert read_log(tmp_path)["prompt"].to_pylist() == ["kept"]
    with pytest.raises(LogError, match="closed"):
        log.append(Rollout(step=0, prompt="", completion=""))


def test_large_rows_are_flushed_early(tmp_path: Path) -> None:
    with RolloutLog(tmp_path, flush_bytes=10_000) as log:
        for _ in range(10):
            log.append(Rollout(step=0, prompt="", completion="x" * 6_000))
        assert len(parts(tmp_path)) == 5


def test_opening_again_goes_on_after_what_is_there(tmp_path: Path) -> None:
    write(tmp_path, steps=2, rows=3, flush_rows=2)
    assert sorted(os.listdir(tmp_path / "rollouts")) == [f"part-0000{n}.parquet" for n in range(3)]
    write(tmp_path, steps=2, rows=1)
    assert parts(tmp_path)[-1].name == "part-00003.parquet"
    assert keys(read_log(tmp_path)) == [(0, 0), (0, 1), (0, 2), (0, 3), (1, 0), (1, 1), (1, 2), (1, 3)]


@pytest.mark.parametrize("last", [-1, 0, 1, 2, 3, 9])
def test_resuming_drops_the_rows_past_the_checkpoint(tmp_path: Path, last: int) -> None:
    write(tmp_path, steps=4, rows=3, flush_rows=5)
    before = read_log(tmp_path)
    with RolloutLog(tmp_path, resume_step=last) as log:
        assert log.append(Rollout(step=last + 1, prompt="again", completion="")) == 0
        if 0 <= last < 4:
            assert log.append(Rollout(step=last, prompt="more", completion="")) == 3
    after = read_log(tmp_path)
    assert [row for row in after.to_pylist() if row["prompt"].startswith("p")] == [
        row for row in before.to_pylist() if row["step"] <= last
    ]
    assert after["prompt"].to_pylist().count("again") == 1


def test_a_leftover_of_a_killed_writer_is_ignored_and_cleaned(tmp_path: Path) -> None:
    write(tmp_path)
    leftover = tmp_path / "rollouts" / ".part-00003.parquet.tmp"
    leftover.write_bytes(b"PAR1 half")
    assert len(read_log(tmp_path)) == 12
    with RolloutLog(tmp_path):
        assert not leftover.exists()


WRITER = """
import sys
from synthgym.log import Rollout, RolloutLog
with RolloutLog(sys.argv[1], flush_rows=50) as log:
    for step in range(10**6):
        log.append(Rollout(step=step, prompt="p" * 200, completion=str(step), reward=1.0))
"""


def test_a_killed_writer_loses_at_most_the_part_it_was_at(tmp_path: Path) -> None:
    root = Path(__file__).resolve().parents[2]
    environment = os.environ | {"PYTHONPATH": str(root)}
    process = subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path)], env=environment)
    deadline = time.monotonic() + 60
    while len(parts(tmp_path)) < 5 and time.monotonic() < deadline:
        time.sleep(0.01)
    with pytest.raises(LogError, match="another process is writing"):
        RolloutLog(tmp_path)
    process.send_signal(signal.SIGKILL)
    process.wait()
    table = read_log(tmp_path)
    assert len(table) >= 250
    assert table["step"].to_pylist() == list(range(len(table)))
    assert table["completion"].to_pylist() == [str(step) for step in range(len(table))]
    with RolloutLog(tmp_path, resume_step=99) as log:
        log.append(Rollout(step=100, prompt="", completion="resumed"))
    assert read_log(tmp_path)["step"].to_pylist() == list(range(101))


def damage(part: Path, how: str) -> None:
    data = bytearray(part.read_bytes())
    if how == "empty":
        data = bytearray()
    elif how == "truncated":
        data = data[: len(data) // 2]
    elif how == "flipped":
        data[20] ^= 0xFF
    elif how == "text":
        data = bytearray(b"not parquet at all, but long enough to be looked at")
    part.write_bytes(data)


@pytest.mark.parametrize("how", ["empty", "truncated", "flipped", "text"])
def test_a_corrupt_part_is_named_and_the_others_stay_readable(tmp_path: Path, how: str) -> None:
    write(tmp_path, steps=4, rows=3, flush_rows=4)
    damage(parts(tmp_path)[1], how)
    with pytest.raises(
        LogError, match=r"part-00001\.parquet is not a readable part .* delete that file"
    ) as caught:
        read_log(tmp_path)
    assert "\n" not in str(caught.value)
    with pytest.raises(LogError, match=r"part-00001\.parquet"):
        RolloutLog(tmp_path, resume_step=1)
    with pytest.warns(UserWarning, match=r"left out: .*part-00001\.parquet"):
        assert len(read_log(tmp_path, skip_corrupt=True)) == 8
    parts(tmp_path)[1].unlink()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(read_log(tmp_path)) == 8


def test_a_flipped_byte_is_never_read_as_other_rollouts(tmp_path: Path) -> None:
    write(tmp_path, steps=20, rows=8, flush_rows=1000)
    (part,) = parts(tmp_path)
    whole, before = part.read_bytes(), read_log(tmp_path)
    refused = 0
    for place in range(4, 1500, 7):
        part.write_bytes(whole[:place] + bytes([whole[place] ^ 0x10]) + whole[place + 1 :])
        try:
            assert read_log(tmp_path).equals(before)
        except LogError:
            refused += 1
    assert refused > 100


def test_a_foreign_parquet_file_is_no_part(tmp_path: Path) -> None:
    write(tmp_path)
    pq.write_table(pa.table({"a": [1]}), tmp_path / "rollouts" / "part-00009.parquet")
    with pytest.raises(LogError, match=r"part-00009\.parquet is not a readable part of a rollout log"):
        read_log(tmp_path)


def test_a_folder_named_like_a_partition_changes_nothing(tmp_path: Path) -> None:
    write(tmp_path / "step=99", run="a")
    assert read_log(tmp_path / "step=99")["step"].to_pylist()[-1] == 3


def test_a_wrong_path_names_what_would_be_right(tmp_path: Path) -> None:
    write(tmp_path / "chain_sum", run="a")
    with pytest.raises(LogError, match=r"did you mean chain_sum\?"):
        read_log(tmp_path / "chain_smu")
    with pytest.raises(LogError, match=r"did you mean the run folder .*chain_sum\?"):
        read_log(parts(tmp_path / "chain_sum")[0])
    assert len(read_log(tmp_path / "chain_sum" / "rollouts")) == 12
    (tmp_path / "empty").mkdir()
    with pytest.raises(LogError, match="holds no rollouts/part"):
        read_log(tmp_path / "empty")
    with RolloutLog(tmp_path / "started" / "b"):
        pass
    with pytest.raises(LogError, match=r"holds no rollouts.*below it: .*started/b"):
        read_log(tmp_path / "started")


def test_unknown_columns_and_phases_are_named(tmp_path: Path) -> None:
    write(tmp_path)
    with pytest.raises(LogError, match=r"no column 'rewrad'; did you mean reward\?"):
        read_log(tmp_path, columns=["rewrad"])
    with pytest.raises(LogError, match="no phase 'evaluation'"):
        read_log(tmp_path, phases=["evaluation"])  # type: ignore[list-item]


def test_provenance_is_kept_until_it_is_replaced(tmp_path: Path) -> None:
    with RolloutLog(tmp_path, run="r", provenance={"arm": "binary", "seeds": [1, 2]}):
        pass
    assert read_provenance(tmp_path) == {"run": "r", "arm": "binary", "seeds": [1, 2]}
    with RolloutLog(tmp_path, run="r"):
        pass
    assert read_provenance(tmp_path)["arm"] == "binary"
    with RolloutLog(tmp_path, run="r", provenance={"arm": "token"}):
        pass
    assert read_provenance(tmp_path) == {"run": "r", "arm": "token"}
    with pytest.raises(LogError, match="belongs to run 'r', not 'other'"):
        RolloutLog(tmp_path, run="other")
    with pytest.raises(LogError, match="not JSON"):
        RolloutLog(tmp_path / "new", provenance={"x": object()})
    with pytest.raises(LogError, match=r"no run.json in .*; below it: "):
        read_provenance(tmp_path.parent)
    (tmp_path / "run.json").write_text("{")
    with pytest.raises(LogError, match=r"run.json cannot be read"):
        read_provenance(tmp_path)


def test_a_run_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LogError, match=r"cannot make the run folder .*file/run"):
        RolloutLog(tmp_path / "file" / "run")


def test_a_failed_write_keeps_the_rows(tmp_path: Path) -> None:
    log = RolloutLog(tmp_path)
    log.append(Rollout(step=0, prompt="kept", completion=""))
    rollouts = tmp_path / "rollouts"
    rollouts.rename(tmp_path / "away")
    with pytest.raises(LogError, match="cannot write"):
        log.flush()
    (tmp_path / "away").rename(rollouts)
    log.close()
    assert read_log(tmp_path)["prompt"].to_pylist() == ["kept"]
