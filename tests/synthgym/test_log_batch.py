"""Rows that are added many at once: the same as one by one, mended and refused alike."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from synthgym.errors import LogError
from synthgym.log import Rollout, RolloutLog, read_log
from synthgym.types import Credit

COLUMNS: dict[str, Any] = {
    "phase": "train",
    "prompt": ["1+1", "1+1", "2+2"],
    "completion": ["=2", "", "=\u00e9\x00"],
    "group": [0, 0, 1],
    "task_id": "a",
    "tokens": [[1, 2], [], [3]],
    "temperature": 1,
    "reward": [1.0, None, 0],
    "components": [{"truth": 1.0, "steps": None}, {}, {"truth": 0}],
    "advantage": [[0.5], [0.5, -1.0], None],
    "credits": [(Credit(0, 2, 1.0),), (), None],
    "truth": [True, None, False],
    "probe": [{"mechanism": 1.0}, {}, {}],
    "error": [None, "not scored", None],
    "verify_seconds": 0.25,
}


def rows_of(columns: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {name: value[i] if isinstance(value, list) else value for name, value in columns.items()}
        for i in range(len(columns["completion"]))
    ]


def test_many_at_once_are_as_one_by_one(tmp_path: Path) -> None:
    other = {**COLUMNS, "generation": 2, "task_id": ["a", "b", None], "tokens": None}
    with RolloutLog(tmp_path / "a", run="r") as log:
        for columns in (COLUMNS, other):
            log.append_batch(4, columns)
        log.append(Rollout(step=4, prompt="p", completion="c"))
        log.append_batch(5, COLUMNS)
    with RolloutLog(tmp_path / "b", run="r") as log:
        for columns in (COLUMNS, other):
            for row in rows_of(columns):
                log.append(Rollout(step=4, **row))
        log.append(Rollout(step=4, prompt="p", completion="c"))
        for row in rows_of(COLUMNS):
            log.append(Rollout(step=5, **row))
    assert read_log(tmp_path / "a").to_pylist() == read_log(tmp_path / "b").to_pylist()


def test_lone_surrogates_are_mended_and_the_rest_is_kept(tmp_path: Path) -> None:
    with RolloutLog(tmp_path) as log:
        log.append_batch(0, COLUMNS)
        log.append_batch(1, {**COLUMNS, "completion": ["\ud800", "b", "c"]})
    table = read_log(tmp_path)
    assert table["completion"].to_pylist() == ["=2", "", "=\u00e9\x00", "\\ud800", "b", "c"]
    assert table["escaped"].to_pylist() == [False, False, False, True, False, False]


def test_a_row_that_no_column_can_hold_is_named_and_the_others_are_written(tmp_path: Path) -> None:
    log = RolloutLog(tmp_path)
    log.append_batch(0, COLUMNS)
    log.append_batch(1, {**COLUMNS, "truth": [True, "yes", False]})
    with pytest.raises(LogError, match="truth 'yes' is none of"):
        log.flush()
    log.append_batch(2, COLUMNS)
    log.close()
    table = read_log(tmp_path)
    assert [(row["step"], row["index"]) for row in table.select(["step", "index"]).to_pylist()] == [
        *((0, i) for i in range(3)),
        (1, 0),
        (1, 2),
        *((2, i) for i in range(3)),
    ]


def test_what_does_not_fit_together_is_refused_at_once(tmp_path: Path) -> None:
    with RolloutLog(tmp_path, flush_rows=2) as log:
        with pytest.raises(LogError, match="2 values of truth for 3 completions"):
            log.append_batch(0, {**COLUMNS, "truth": [True, False]})
        with pytest.raises(LogError, match="step"):
            log.append_batch(-1, COLUMNS)
        log.append_batch(0, {**COLUMNS, "reward": list(np.array([1.0, np.nan, 0.0]))})
        assert len(list((tmp_path / "rollouts").iterdir())) == 1  # full, so written
    with pytest.raises(LogError, match="is closed"):
        log.append_batch(1, COLUMNS)
