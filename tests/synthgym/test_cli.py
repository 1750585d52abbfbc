"""The command line: what it prints, and one clear line with status 2 for every mistake."""

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

import synthgym
from synthgym.cli import main


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    try:
        status = main(arguments)
    except SystemExit as stop:  # the argument parser's own way out
        status = int(stop.code or 0)
    captured = capsys.readouterr()
    return status, captured.out, captured.err


def test_list_names_every_family(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = said(capsys, "list", "--json")
    rows = json.loads(out)
    assert status == 0
    assert [row["family"] for row in rows] == synthgym.families()
    assert not [row for row in rows if "error" in row]
    assert said(capsys, "list")[0] == 0


@pytest.mark.parametrize("family", synthgym.families())
def test_show_judges_labelled_responses_at_every_granularity(
    family: str, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, _ = said(capsys, "show", family, "--seed", "0", "--json")
    shown = json.loads(out)
    rewards = {(row["response"], row["signal"]): row["reward"] for row in shown["verdicts"]}
    assert status == 0
    for granularity in ("binary", "rubric", "token"):
        assert rewards["right", granularity] == 1.0
        assert rewards["nearly right", granularity] < 0.5
        assert rewards["wrong", granularity] < 0.5
        assert rewards["shortcut constant_accepted", f"{granularity}+constant_accepted"] == 1.0
    assert synthgym.Task.from_json(json.dumps(shown["task"])).family == family


def test_show_prints_the_prompt_and_the_solution(capsys: pytest.CaptureFixture[str]) -> None:
    task = synthgym.get_family("chain_sum").task(0, difficulty=1)
    status, out, _ = said(capsys, "show", "chain_sum")
    assert status == 0
    assert task.prompt in out
    assert task.reference.answer in out


def test_play_judges_what_is_typed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    task = synthgym.get_family("chain_sum").task(0, difficulty=1, template="natural")
    monkeypatch.setattr("sys.stdin", io.StringIO(f"Answer: {task.reference.answer}\n\n"))
    status, out, _ = said(capsys, "play", "chain_sum")
    assert status == 0
    assert "truth 1.00" in out.replace("\n", " ")


def test_check_says_that_the_contract_was_kept(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = said(capsys, "check", "sorting_trace", "--seeds", "20")
    assert status == 0
    assert "kept its contract" in out


@pytest.mark.parametrize(
    ("arguments", "named", "right"),
    [
        (["show", "chain_som"], "'chain_som'", "chain_sum"),
        (["show", "chain_sum", "--difficulty", "11"], "11", "0 to 10"),
        (["show", "chain_sum", "--template", "compcat"], "'compcat'", "compact"),
        (["show", "chain_sum", "--split", "tset"], "'tset'", "test"),
        (["show", "chain_sum", "--answer-format", "boxd"], "'boxd'", "boxed"),
        (["show", "chain_sum", "--seed", "-1"], "-1", "0 to 2**63"),
        (["play", "chain_sum", "--signal", "binry"], "'binry'", "binary"),
        (["check", "nobody"], "'nobody'", "known"),
        (["train", "chain_som"], "'chain_som'", "chain_sum"),
        (["train", "chain_sum", "--signal", "tokn"], "'tokn'", "token"),
        (["train", "chain_sum", "--signal", "binary+constant"], "'constant'", "constant_accepted"),
        (["train", "chain_sum", "--algorithm", "gpro"], "'gpro'", "grpo"),
        (["train", "chain_sum", "--difficulty", "99"], "99", "0 to 10"),
        (["train", "chain_sum", "--start", "nosy"], "'nosy'", "noisy"),
        (["train", "chain_sum", "--steps", "0"], "0", ">= 1"),
        (["train", "chain_sum", "--batch-size", "10"], "10", "multiple of group_size 8"),
        (["train", "chain_sum", "--model", "/no/such/model"], "'/no/such/model'", "save_pretrained"),
        (["eval", "/no/such/model", "--family", "chain_sum"], "'/no/such/model'", "save_pretrained"),
        (["eval", "x", "--family", "chain_som"], "'chain_som'", "chain_sum"),
        (["report", "/no/such/run"], "/no/such/run", "run"),
        (["quickstart", "--processes", "0"], "0", ">= 1"),
        (["quickstart", "--seeds", "0"], "0", ">= 1"),
    ],
)
def test_a_mistake_is_one_clear_line(
    arguments: list[str], named: str, right: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    status, _, err = said(capsys, *arguments)
    lines = err.strip().splitlines()
    assert status == 2
    assert len(lines) == 1, err
    assert lines[0].startswith("synthgym: ")
    assert named in lines[0]
    assert right in lines[0]
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "arguments", [["bogus"], [], ["show"], ["show", "chain_sum", "--seed", "x"], ["bench", "x"]]
)
def test_the_parsers_own_mistakes_end_with_status_2(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert said(capsys, *arguments)[0] == 2


def test_the_command_and_the_module_are_the_same() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "synthgym", "show", "chain_som"], capture_output=True, text=True
    )
    assert done.returncode == 2
    assert done.stderr.strip() == "synthgym: no family named 'chain_som'; did you mean chain_sum?"


def test_a_corrupt_part_is_named_and_can_be_left_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with synthgym.RolloutLog(tmp_path / "run", flush_rows=4) as log:
        for step in range(8):
            log.append(synthgym.Rollout(step=step, prompt="1+1?", completion="=2", reward=1.0, truth=True))
    broken, kept = sorted((tmp_path / "run" / "rollouts").glob("*.parquet"))
    broken.write_bytes(b"not parquet")
    status, _, err = said(capsys, "report", str(tmp_path / "run"))
    assert status == 2
    assert len(err.strip().splitlines()) == 1
    assert "part-00000.parquet" in err
    assert kept.exists() and broken.exists()
    status, out, _ = said(capsys, "report", str(tmp_path / "run"), "--skip-corrupt")
    assert status == 0
    assert "part-00000.parquet" in out
    assert (tmp_path / "run" / "report.html").exists()
