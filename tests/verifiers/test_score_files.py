"""Scoring files: what a row may look like, what cannot be read, and going on after a kill."""

import datetime
import gzip
import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import synthgym
from synthgym.cli import main
from synthgym.errors import LogError, SettingError, SynthGymError, UnknownNameError
from synthgym.plugins import VERIFIERS
from synthgym.verifiers import score_rows
from synthgym.verifiers.responses import labelled_responses
from synthgym.verifiers.score_config import ScoreConfig
from synthgym.verifiers.score_files import score_file
from synthgym.verifiers.score_rows import read_row, task_of_id
from synthgym.verifiers.score_summary import Summary

FAMILIES = ("chain_sum", "sorting_trace", "linear_equation")


def completions(count: int) -> list[dict[str, Any]]:
    """Right, nearly right and wrong answers, each row naming its task in another way."""
    rows: list[dict[str, Any]] = []
    for i in range(count):
        task = synthgym.get_family(FAMILIES[i % 3]).task(i // 9)
        text = [*labelled_responses(task).values()][(i // 3) % 3]
        named: list[dict[str, Any]] = [
            {"task_id": task.id},
            {"task": task.to_json()},
            {"task": json.loads(task.to_json())},
            {"family": task.family, "seed": task.seed},
        ]
        said = text if i % 2 else [{"role": "user", "content": "?"}, {"role": "assistant", "content": text}]
        rows.append({"id": f"row {i}", **named[i % 4], "completion": said})
    return rows


def written(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def verdicts(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def scored(source: Path | str, out: Path, **settings: Any) -> Summary:
    return score_file(ScoreConfig(file=str(source), out=out, **settings))


def test_a_verdict_a_row_is_what_score_says(tmp_path: Path) -> None:
    rows = completions(60)
    summary = scored(
        written(tmp_path / "c.jsonl", rows), tmp_path / "v.jsonl", signal="token", batch=7, truth=True
    )
    made = verdicts(tmp_path / "v.jsonl")
    assert [row["line"] for row in made] == [*range(1, 61)]
    assert [row["id"] for row in made] == [row["id"] for row in rows]
    for i, row in enumerate(made):
        task = synthgym.get_family(FAMILIES[i % 3]).task(i // 9)
        text = [*labelled_responses(task).values()][(i // 3) % 3]
        (verdict,) = synthgym.score([task], [text], "token")
        assert row["task_id"] == task.id
        assert row["reward"] == verdict.reward
        assert row["components"] == dict(verdict.components)
        assert row["credits"] == [[c.start, c.end, c.value] for c in verdict.credits]
        assert row["truth"] is ((i // 3) % 3 == 0)
    assert (summary.rows, summary.scored, summary.accepted, summary.right) == (60, 60, 21, 21)
    assert summary.mean_reward == pytest.approx(sum(row["reward"] for row in made) / 60)
    assert summary.ok


def test_the_truth_is_written_only_when_it_is_asked_for(tmp_path: Path) -> None:
    scored(written(tmp_path / "c.jsonl", completions(3)), tmp_path / "v.jsonl")
    assert all("truth" not in row for row in verdicts(tmp_path / "v.jsonl"))


@pytest.mark.parametrize("family", synthgym.families())
def test_every_familys_ids_name_their_tasks(family: str) -> None:
    known = synthgym.get_family(family)
    for template in known.templates:
        for split in ("train", "test"):
            task = known.task(3, split=split, difficulty=1, template=template)
            assert task_of_id(task.id) == task


GOOD = {"family": "chain_sum", "seed": 7, "completion": "=7"}
TASK = json.loads(synthgym.get_family("chain_sum").task(7).to_json())
ID = TASK["id"]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("not json", "one JSON object on a line"),
        ("[1, 2]", "no JSON object"),
        ("7", "no JSON object"),
        ("[" * 100_000, "not JSON"),
        ('{"seed": ' + "9" * 5000 + "}", "not JSON"),
        ({**GOOD, "completion": None}, "text or a list of messages"),
        ({**GOOD, "completion": 7}, "text or a list of messages"),
        ({**GOOD, "completion": []}, "no message of the assistant"),
        ({**GOOD, "completion": [{"role": "user", "content": "=7"}]}, "no message of the assistant"),
        ({"family": "chain_sum", "seed": 7}, "lacks 'completion'"),
        ({"family": "chain_sum", "seed": 7, "completions": "=7"}, "rename completions?"),
        ({"completion": "=7"}, "'task', 'task_id', or 'family' and 'seed'"),
        ({"family": "chain_sum", "completion": "=7"}, "'family' and 'seed'"),
        ({**GOOD, "family": "chain_som"}, "did you mean chain_sum?"),
        ({**GOOD, "family": ["chain_sum"]}, "text is needed"),
        ({**GOOD, "seed": "7"}, "whole number"),
        ({**GOOD, "seed": True}, "whole number"),
        ({**GOOD, "seed": 1e400}, "whole number"),
        ({**GOOD, "difficulty": 11}, "0 to 10"),
        ({**GOOD, "split": "tset"}, "did you mean test?"),
        ({**GOOD, "template": "compct"}, "did you mean compact?"),
        ({**GOOD, "template": ["compact"]}, "text is needed"),
        ({**GOOD, "answer_format": "boxd"}, "did you mean boxed?"),
        ({"task_id": "chain_sum", "completion": "=7"}, "no task id"),
        ({"task_id": 7, "completion": "=7"}, "text is needed"),
        ({"task_id": ID.replace("sum", "som"), "completion": "=7"}, "did you mean chain_sum?"),
        ({"task_id": ID.replace("-v0", "-v9"), "completion": "=7"}, "version 9"),
        ({"task_id": ID.replace("/d0/", "/d99/"), "completion": "=7"}, "0 to 10"),
        ({"task": "{}", "completion": "=7"}, "not a task in JSON"),
        ({"task": "rubbish", "completion": "=7"}, "not a task in JSON"),
        ({"task": 7, "completion": "=7"}, "text is needed"),
        ({"task": {**TASK, "facts": [1]}, "completion": "=7"}, "not a task in JSON"),
        ({"task": {**TASK, "extra": 1}, "completion": "=7"}, "not a task in JSON"),
        ({"task": {**TASK, "prompt": 7}, "completion": "=7"}, "the task's prompt is 7"),
        ({"task": {**TASK, "seed": "7"}, "completion": "=7"}, "the task's seed is '7'"),
        ({"task": {**TASK, "answer_format": "equal"}, "completion": "=7"}, "did you mean equals?"),
        ({"task": {**TASK, "split": "tran"}, "completion": "=7"}, "did you mean train?"),
        ({"task": {**TASK, "family": "chain_som"}, "completion": "=7"}, "did you mean chain_sum?"),
    ],
)
def test_a_row_that_cannot_be_read_says_why_and_the_others_are_scored(
    row: str | dict[str, Any], said: str, tmp_path: Path
) -> None:
    text = row if isinstance(row, str) else json.dumps(row)
    good = json.dumps(GOOD)
    (tmp_path / "c.jsonl").write_text(f"{good}\n\n{text}\n{good}\n")
    summary = scored(tmp_path / "c.jsonl", tmp_path / "v.jsonl", compare="rubric", truth=True)
    first, bad, last = verdicts(tmp_path / "v.jsonl")
    assert bad["reward"] is None
    assert bad["line"] == 3
    assert bad["error"].startswith("line 3: ")
    assert said in bad["error"]
    assert first["reward"] == last["reward"] is not None
    assert (summary.rows, summary.scored, summary.unreadable, summary.ok) == (3, 2, 1, False)


@pytest.mark.parametrize(
    "completion",
    ["", "\ud800", "\x00\x1b[2J", "x" * 1_000_000, "=7\n" * 50_000, "(" * 50_000, "=" + "9" * 5_000],
)
def test_hostile_completions_get_a_verdict(completion: str, tmp_path: Path) -> None:
    rows = [{**GOOD, "id": completion[:100], "completion": completion}, GOOD]
    summary = scored(written(tmp_path / "c.jsonl", rows), tmp_path / "v.jsonl", signal="token")
    assert summary.scored == 2
    assert verdicts(tmp_path / "v.jsonl")[0]["reward"] < 0.5


def test_a_task_whose_facts_break_the_family_costs_the_others_nothing(tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [GOOD, {"task": {**TASK, "facts": {}}, "completion": "=7"}, GOOD]
    summary = scored(written(tmp_path / "c.jsonl", rows), tmp_path / "v.jsonl")
    assert [row["reward"] is None for row in verdicts(tmp_path / "v.jsonl")] == [False, True, False]
    assert (summary.unscored, summary.unreadable) == (1, 0)


def test_bytes_that_are_no_utf8_and_lines_that_are_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "UTF-8" in str(read_row(3, b'{"completion": "\xff"}').error)
    assert "not read" in str(read_row(3, score_rows.TOO_LONG).error)


def test_a_line_that_is_too_long_is_skipped_to_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("synthgym.verifiers.score_sources.MAX_LINE", 1000)
    rows = [GOOD, {**GOOD, "completion": "x" * 5000}, GOOD]
    summary = scored(written(tmp_path / "c.jsonl", rows), tmp_path / "v.jsonl")
    assert (summary.scored, summary.unreadable) == (2, 1)


def test_every_source_gives_the_same_verdicts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = completions(40)
    plain = written(tmp_path / "c.jsonl", rows)
    (tmp_path / "c.jsonl.gz").write_bytes(gzip.compress(plain.read_bytes()))
    (tmp_path / "bom.jsonl").write_bytes(b"\xef\xbb\xbf" + plain.read_bytes().replace(b"\n", b"\r\n"))
    scored(plain, tmp_path / "v.jsonl")
    for name in ("c.jsonl.gz", "bom.jsonl"):
        scored(tmp_path / name, tmp_path / f"v-{name}")
        assert verdicts(tmp_path / f"v-{name}") == verdicts(tmp_path / "v.jsonl")
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(plain.read_bytes())))
    scored("-", tmp_path / "v-stdin")
    assert verdicts(tmp_path / "v-stdin") == verdicts(tmp_path / "v.jsonl")


def test_a_pipe_is_read_once(tmp_path: Path) -> None:
    source, fifo = written(tmp_path / "c.jsonl", completions(10)), tmp_path / "pipe"
    os.mkfifo(fifo)
    for kept in (0, 10):
        with subprocess.Popen(["cp", str(source), str(fifo)]):
            assert scored(fifo, tmp_path / "v.jsonl").kept == kept
    assert len(verdicts(tmp_path / "v.jsonl")) == 10


def test_parquet_rows_are_scored(tmp_path: Path) -> None:
    tasks = synthgym.tasks("chain_sum", 5)
    texts = [labelled_responses(task)["right"] for task in tasks]
    table = pa.table({"task": [task.to_json() for task in tasks], "completion": texts, "other": [1] * 5})
    pq.write_table(table, tmp_path / "c.parquet")
    assert scored(tmp_path / "c.parquet", tmp_path / "v.jsonl").accepted == 5
    pq.write_table(table.rename_columns(["task", "response", "other"]), tmp_path / "c.parquet")
    with pytest.raises(SettingError, match="no column 'completion' \\(it has 'task', 'response', 'other'"):
        scored(tmp_path / "c.parquet", tmp_path / "w.jsonl")


def test_stored_rollouts_are_scored_again_with_another_signal(tmp_path: Path) -> None:
    task = synthgym.get_family("chain_sum").task(0)
    texts = [*labelled_responses(task).values(), "\ud800 \\u"]
    with synthgym.RolloutLog(tmp_path / "run", flush_rows=3) as log:
        for step, text in enumerate(texts):
            log.append(
                synthgym.Rollout(step=step, prompt=task.prompt, completion=text, task_id=task.id, reward=0.0)
            )
    summary = scored(tmp_path / "run", tmp_path / "v.jsonl", signal="rubric", compare="binary")
    made = verdicts(tmp_path / "v.jsonl")
    assert [(row["run"], row["step"], row["index"]) for row in made] == [("run", i, 0) for i in range(4)]
    assert [row["reward"] for row in made] == [v.reward for v in synthgym.score([task] * 4, texts, "rubric")]
    assert summary.agreement == {"both accept": 1, "neither accepts": 3}


def test_two_signals_are_compared(tmp_path: Path) -> None:
    rows = [{**GOOD, "completion": text} for text in ("!", "=12345", f"={TASK['reference']['answer']}")]
    summary = scored(
        written(tmp_path / "c.jsonl", rows),
        tmp_path / "v.jsonl",
        signal="binary",
        compare="binary+constant_accepted",
    )
    made = verdicts(tmp_path / "v.jsonl")
    assert all({"reward", "components", "credits", "error"} <= {*row["compare"]} for row in made)
    assert sum(summary.agreement.values()) == 3
    assert summary.agreement["only binary+constant_accepted accepts"] == 1
    assert summary.differing == [1]


@pytest.mark.parametrize("control", ["random", "shuffled"])
def test_a_controls_draws_do_not_depend_on_where_a_run_began(control: str, tmp_path: Path) -> None:
    source = written(tmp_path / "c.jsonl", completions(50))
    whole = tmp_path / "whole.jsonl"
    scored(source, whole, signal=f"binary~{control}", batch=8, seed=3)
    scored(source, tmp_path / "part.jsonl", signal=f"binary~{control}", batch=8, seed=3)
    lines = whole.read_text().splitlines(keepends=True)
    (tmp_path / "part.jsonl").write_text("".join(lines[:21]) + lines[21][:9])
    summary = scored(source, tmp_path / "part.jsonl", signal=f"binary~{control}", batch=8, seed=3)
    assert (tmp_path / "part.jsonl").read_text() == whole.read_text()
    assert (summary.kept, summary.rows) == (21, 50)


def test_processes_give_the_same_lines_in_the_same_order(tmp_path: Path) -> None:
    source = written(tmp_path / "c.jsonl", completions(50))
    scored(source, tmp_path / "one.jsonl", signal="rubric", batch=8)
    scored(source, tmp_path / "two.jsonl", signal="rubric", batch=8, processes=2)
    assert (tmp_path / "two.jsonl").read_text() == (tmp_path / "one.jsonl").read_text()


def test_an_input_that_grew_is_gone_on_with(tmp_path: Path) -> None:
    rows = completions(30)
    out = tmp_path / "v.jsonl"
    scored(written(tmp_path / "c.jsonl", rows[:10]), out)
    summary = scored(written(tmp_path / "c.jsonl", rows), out)
    assert (summary.kept, summary.rows) == (10, 30)
    assert [row["line"] for row in verdicts(out)] == [*range(1, 31)]
    again = scored(tmp_path / "c.jsonl", out)
    assert (again.kept, again.rows, again.accepted) == (30, 30, summary.accepted)


def test_other_settings_or_another_input_are_refused_and_nothing_is_lost(tmp_path: Path) -> None:
    source, out = written(tmp_path / "c.jsonl", completions(10)), tmp_path / "v.jsonl"
    scored(source, out, signal="rubric")
    before = out.read_text()
    for settings in ({"signal": "binary"}, {"signal": "rubric", "truth": True}, {"compare": "binary"}):
        with pytest.raises(SettingError, match="--overwrite"):
            scored(source, out, **settings)
    with pytest.raises(SettingError, match="input.*other.jsonl"):
        scored(written(tmp_path / "other.jsonl", completions(10)), out, signal="rubric")
    with pytest.raises(SettingError, match="began otherwise"):
        scored(written(source, completions(10)[::-1]), out, signal="rubric")
    assert out.read_text() == before
    scored(source, out, signal="binary", overwrite=True)
    assert out.read_text() != before


def test_a_file_that_is_not_ours_is_left_alone(tmp_path: Path) -> None:
    source, out = written(tmp_path / "c.jsonl", completions(3)), tmp_path / "v.jsonl"
    out.write_text("my own notes\n")
    with pytest.raises(SettingError, match=r"v.jsonl.settings.json"):
        scored(source, out)
    assert out.read_text() == "my own notes\n"
    with pytest.raises(SettingError, match="the input itself"):
        scored(source, source, overwrite=True)


def test_a_file_of_verdicts_that_was_changed_or_an_input_that_shrank_is_refused(tmp_path: Path) -> None:
    rows = completions(10)
    source, out = written(tmp_path / "c.jsonl", rows), tmp_path / "v.jsonl"
    scored(source, out)
    lines = out.read_text().splitlines(keepends=True)
    out.write_text("".join([*lines, *lines]))
    with pytest.raises(SettingError, match="20 verdicts, and the input ends after 10 rows"):
        scored(source, out)
    out.write_text(f"{lines[0]}rubbish\n")
    with pytest.raises(SettingError, match="line 2 of .* is no verdict"):
        scored(source, out)


def test_rows_that_were_put_before_others_are_noticed(tmp_path: Path) -> None:
    rows = [{**GOOD, "id": i, "completion": "x" * 3000} for i in range(40)]
    source, out = written(tmp_path / "c.jsonl", rows), tmp_path / "v.jsonl"
    scored(source, out)
    written(source, [*rows[:30], {**GOOD, "id": "new"}, *rows[30:]])  # beyond the bytes that are remembered
    before = out.read_text()
    with pytest.raises(SettingError, match="it has changed"):
        scored(source, out)
    assert out.read_text() == before


def test_one_process_at_a_time_writes(tmp_path: Path) -> None:
    source, out = written(tmp_path / "c.jsonl", completions(3)), tmp_path / "v.jsonl"
    hold = (
        "import fcntl, sys\nf = open(sys.argv[1], 'ab+')\nfcntl.lockf(f, fcntl.LOCK_EX)\n"
        "print('held', flush=True)\nsys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", hold, str(out)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None and other.stdout.readline() == b"held\n"
        with pytest.raises(LogError, match="another process is writing"):
            scored(source, out)
        other.communicate()
    assert scored(source, out).scored == 3


@pytest.mark.parametrize(
    ("settings", "error"),
    [
        ({"signal": "rubrik"}, SettingError),
        ({"signal": "binary:nobody"}, UnknownNameError),
        ({"compare": "binary+nothing"}, UnknownNameError),
        ({"signal": "token~randon"}, SettingError),
        ({"batch": 0}, SettingError),
        ({"processes": 0}, SettingError),
        ({"seed": -1}, SettingError),
    ],
)
def test_a_mistake_in_a_setting_is_said_before_anything_is_written(
    settings: dict[str, Any], error: type[SynthGymError], tmp_path: Path
) -> None:
    source = written(tmp_path / "c.jsonl", completions(3))
    with pytest.raises(error):
        scored(source, tmp_path / "v.jsonl", **settings)
    assert [*tmp_path.iterdir()] == [source]


def test_an_input_that_breaks_off_keeps_what_was_read(tmp_path: Path) -> None:
    whole = gzip.compress(written(tmp_path / "c.jsonl", completions(1000)).read_bytes())
    source = tmp_path / "c.jsonl.gz"
    source.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(SettingError, match="cannot be read past line"):
        scored(source, tmp_path / "v.jsonl")
    kept = len(verdicts(tmp_path / "v.jsonl"))
    assert kept > 100
    source.write_bytes(whole)
    summary = scored(source, tmp_path / "v.jsonl")
    assert (summary.kept, summary.rows) == (kept, 1000)


SLOW = """\
import time
import synthgym

@synthgym.register_verifier("slow_truth")
def slow_truth(task, response):
    time.sleep(0.005)
    return synthgym.get_family(task.family).is_right(task, response)
"""


@pytest.mark.parametrize("processes", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_killed_midway_it_goes_on_to_the_same_file(
    processes: int, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.path", [*sys.path])
    (tmp_path / "slow_verifier.py").write_text(SLOW)
    source = written(tmp_path / "c.jsonl", completions(300))
    out = tmp_path / "v.jsonl"
    words = ["score", str(source), "--signal", "binary:slow_truth", "--batch", "8"]
    words += ["--import", str(tmp_path / "slow_verifier.py")]
    going_on = [*words, "--out", str(out), "--processes", str(processes)]
    command = [sys.executable, "-m", "synthgym", *going_on]
    with subprocess.Popen(command, stderr=subprocess.PIPE) as running:
        limit = time.monotonic() + 60
        while not (out.exists() and out.read_bytes().count(b"\n") >= 24) and time.monotonic() < limit:
            time.sleep(0.01)
        os.kill(running.pid, signal.SIGKILL)
        running.communicate()
    killed = out.read_bytes()
    assert 24 <= killed.count(b"\n") < 300
    out.write_bytes(killed + b'{"line": 9')  # as if the kill had come in the middle of a line
    try:
        assert main([*going_on, "--json"]) == 0
        summary = json.loads(capsys.readouterr().out)
        assert (summary["kept"], summary["rows"]) == (killed.count(b"\n"), 300)
        assert main(words) == 0
        assert out.read_text() == capsys.readouterr().out
    finally:
        VERIFIERS._loaded.pop("slow_truth", None)
        sys.modules.pop("slow_verifier", None)


def test_the_command_says_by_its_status_whether_every_row_has_a_reward(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["score", str(written(tmp_path / "good.jsonl", [GOOD]))]) == 0
    said = capsys.readouterr()
    assert json.loads(said.out)["line"] == 1
    assert said.err.startswith("binary: 1 rows, 1 scored")
    assert main(["score", str(written(tmp_path / "bad.jsonl", [GOOD, {"completion": "=7"}]))]) == 1
    said = capsys.readouterr()
    assert len(said.out.splitlines()) == 2
    assert "no reward: line 2: it names no task" in said.err


def test_an_id_that_json_cannot_carry_costs_the_others_nothing(tmp_path: Path) -> None:
    good = json.dumps(GOOD)[:-1]
    lines = [f'{good}, "id": NaN}}', f'{good}, "id": {{"a": 1e400}}}}', f"{good}}}"]
    (tmp_path / "c.jsonl").write_text("\n".join(lines))
    scored(tmp_path / "c.jsonl", tmp_path / "v.jsonl")
    first, second, third = verdicts(tmp_path / "v.jsonl")
    assert first["id"] == "nan" and first["reward"] == third["reward"] == 0.0
    assert second["reward"] is None and "'id' holds what JSON cannot carry" in second["error"]
    times = [datetime.datetime(2026, 1, day) for day in (1, 2)]
    rows = {"family": ["chain_sum"] * 2, "seed": [1, 2], "completion": ["=1"] * 2, "id": times}
    pq.write_table(pa.table(rows), tmp_path / "c.parquet")
    assert scored(tmp_path / "c.parquet", tmp_path / "p.jsonl").scored == 2
    assert verdicts(tmp_path / "p.jsonl")[0]["id"] == "2026-01-01 00:00:00"


def test_half_a_line_at_the_end_is_read_again_when_it_is_whole(tmp_path: Path) -> None:
    source, out = tmp_path / "c.jsonl", tmp_path / "v.jsonl"
    rows = [json.dumps({**GOOD, "id": i}) + "\n" for i in range(3)]
    source.write_text(rows[0] + rows[1][:30])
    assert scored(source, out).unreadable == 1
    assert scored(source, out).unreadable == 1
    source.write_text("".join(rows))
    assert scored(source, out).scored == 3
    assert [row["id"] for row in verdicts(out)] == [0, 1, 2]


def test_a_verdict_that_lacks_a_part_is_named(tmp_path: Path) -> None:
    source, out = written(tmp_path / "c.jsonl", [GOOD] * 2), tmp_path / "v.jsonl"
    scored(source, out)
    for line in ('{"reward": "high", "line": 1, "task_id": "x"}', '{"reward": null}', "7"):
        out.write_text(line + "\n")
        with pytest.raises(SettingError, match="line 1 of .* is no verdict"):
            scored(source, out)


def test_standard_input_that_is_closed_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", None)
    with pytest.raises(SettingError, match="standard input is closed"):
        scored("-", tmp_path / "v.jsonl")


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="no /proc")
def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    code = (
        "import sys\nfrom pathlib import Path\nfrom synthgym.verifiers.score_config import ScoreConfig\n"
        "from synthgym.verifiers.score_files import score_file\n"
        "score_file(ScoreConfig(file=sys.argv[1], out=Path(sys.argv[2])))\n"
        "print(Path('/proc/self/status').read_text().split('VmHWM:')[1].split()[0])"
    )
    rows = completions(600)
    used = []
    for name, times in (("small", 5), ("large", 100)):
        source = tmp_path / f"{name}.jsonl"
        source.write_text("".join(json.dumps(row) + "\n" for row in rows) * times)
        done = subprocess.run(
            [sys.executable, "-c", code, str(source), str(tmp_path / f"v-{name}.jsonl")],
            capture_output=True,
            text=True,
            check=True,
        )
        used.append(int(done.stdout))
    assert used[1] < used[0] + 20_000  # kilobytes
