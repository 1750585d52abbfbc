"""A batch from another trainer's log: what is in it is taken, and what it cannot tell is said."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from synthgym.audit import Fields
from synthgym.baselines.predict import PredictConfig, predict
from synthgym.baselines.predict.from_foreign_log import UNSTEPPED, foreign_batch, foreign_source
from synthgym.errors import LogError, SettingError


def rows_of(number: int, *, steps: int = 2, group: int = 4) -> list[dict[str, Any]]:
    rng = np.random.default_rng(0)
    rows = []
    for place in range(number):
        hacked, right = bool(rng.random() < 0.3), bool(rng.random() < 0.4)
        rows.append(
            {
                "prompt": f"{place // group} + 1 ?",
                "completion": "!" if hacked else f"Answer: {place}",
                "reward": float(hacked or right),
                "step": place * steps // number,
                "truth": right and not hacked,
            }
        )
    return rows


def lines(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def read(path: Path, steps: int = 1, fields: Fields | None = None) -> Any:
    source = foreign_source(path)
    assert source is not None
    return foreign_batch(source, fields=fields, steps=steps)


def test_the_rollouts_of_the_first_steps_are_taken_wherever_they_stand(tmp_path: Path) -> None:
    rows = rows_of(20_000, steps=50)
    batch, steps, _ = read(lines(tmp_path / "log.jsonl", rows[::-1]), steps=2)
    assert steps == (0.0, 1.0)
    assert sorted(batch.completions) == sorted(row["completion"] for row in rows if row["step"] < 2)
    assert batch.groups == len(batch) // 4
    assert np.allclose([batch.advantage[batch.group == one].sum() for one in range(batch.groups)], 0)


def test_trl_s_completions_are_taken_as_the_audit_takes_them(tmp_path: Path) -> None:
    folder = tmp_path / "completions"
    folder.mkdir()
    rows = [
        {
            "step": 1,
            "prompt": [{"role": "user", "content": f"q{place // 4}"}],
            "completion": [{"role": "assistant", "content": f"a{place}"}],
            "right": float(place % 2),
            "form": None if place == 3 else 1.0,
            "advantage": 0.0,
        }
        for place in range(8)
    ]
    pq.write_table(pa.Table.from_pylist(rows), folder / "completions_00001.parquet")
    batch, steps, notes = read(tmp_path)
    assert (batch.prompts[0], batch.completions[5], steps) == ("q0", "a5", (1.0,))
    assert batch.reward.tolist() == [1.0, 2.0, 1.0, 1.0, 1.0, 2.0, 1.0, 2.0]
    assert np.isnan(batch.truth).all()
    assert any("plain sum" in note for note in notes)


def test_a_log_without_steps_gives_its_beginning_and_says_so(tmp_path: Path) -> None:
    rows = [{key: row[key] for key in ("prompt", "completion", "reward")} for row in rows_of(UNSTEPPED + 50)]
    batch, steps, notes = read(lines(tmp_path / "log.jsonl", rows))
    assert (len(batch), steps) == (UNSTEPPED, ())
    assert any("has no steps" in note for note in notes)


def test_single_completions_are_compared_within_their_step(tmp_path: Path) -> None:
    batch, _, notes = read(lines(tmp_path / "log.jsonl", rows_of(40, group=1)), steps=2)
    assert batch.group.tolist() == [0] * 20 + [1] * 20
    assert any("compared with one another" in note for note in notes)


def test_fields_are_named_as_for_the_audit(tmp_path: Path) -> None:
    usual = rows_of(64)
    odd = [{"q": row["prompt"], "said": row["completion"], "paid": {"all": row["reward"]}} for row in usual]
    fields = Fields(prompt="q", completion="said", reward="paid.all")
    batch, _, _ = read(lines(tmp_path / "odd.jsonl", odd), fields=fields)
    plain, _, _ = read(lines(tmp_path / "usual.jsonl", usual), steps=2)
    assert (batch.prompts, batch.completions) == (plain.prompts, plain.completions)
    assert np.array_equal(batch.reward, plain.reward)
    with pytest.raises(LogError, match="no field 'sad' for the completion; did you mean said"):
        read(tmp_path / "odd.jsonl", fields=Fields(completion="sad"))
    with pytest.raises(SettingError, match="--reward-field is of a log, and none is given: add --log"):
        predict(PredictConfig(family="chain_sum"), fields=Fields(reward="paid"))


def test_rollouts_without_a_step_are_counted_where_others_have_one(tmp_path: Path) -> None:
    rows = [{**row, "step": None if place < 3 else row["step"]} for place, row in enumerate(rows_of(64))]
    batch, _, notes = read(lines(tmp_path / "log.jsonl", rows), steps=2)
    assert len(batch) == 61
    assert "3 rollouts name no step, and are not read" in notes


def test_what_the_text_shows_is_predicted_and_the_rest_is_said(tmp_path: Path) -> None:
    log = lines(tmp_path / "log.jsonl", rows_of(240, steps=1))
    found = predict(
        PredictConfig(log=log, labels=128, shortcut=("constant_accepted",), watch=("length_bonus",))
    )
    assert found.order == ("constant_accepted", "truth")
    assert found["constant_accepted"].observed and found.rows[-1].name == "null"
    notes = " ".join(found.notes)
    assert "length_bonus cannot be measured" in notes and "name no tasks" in notes
    json.dumps(found.to_json(), allow_nan=False)


def test_what_cannot_be_taken_is_refused(tmp_path: Path) -> None:
    log = lines(tmp_path / "log.jsonl", [{**row, "run": f"r{i % 2}"} for i, row in enumerate(rows_of(8))])
    with pytest.raises(SettingError, match="holds 2 runs"):
        read(log)
    with pytest.raises(SettingError, match="names no families"):
        predict(PredictConfig(log=log, family="chain_sum"))
    with pytest.raises(LogError, match="nothing to predict from"):
        read(lines(tmp_path / "none.jsonl", [{"completion": "a", "reward": None}]))
    with pytest.raises(LogError, match="did you mean rewrad.; name it with --reward-field$"):
        read(lines(tmp_path / "wrong.jsonl", [{"completion": "a", "rewrad": 1}]))
    with pytest.raises(LogError, match="no log"):
        foreign_source(tmp_path / "nothing")
