"""`synthgym predict`: the table, the sentence, JSON, and one clear line for every mistake."""

import json
from pathlib import Path

import numpy as np
import pytest

import synthgym
from synthgym.cli import main
from synthgym.log import Rollout, RolloutLog
from synthgym.parsing import render


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    try:
        status = main(arguments)
    except SystemExit as stop:  # the argument parser's own way out
        status = int(stop.code or 0)
    captured = capsys.readouterr()
    return status, captured.out, captured.err


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log whose first step pays for "!" and for nothing else, a tenth of the rollouts being right."""
    folder = tmp_path_factory.mktemp("predict") / "run"
    rng = np.random.default_rng(0)
    family = synthgym.get_family("chain_sum")
    with RolloutLog(folder, provenance={"signal": "binary+constant_accepted"}) as log:
        for place in range(256):
            task = family.task(place // 8)
            hacked, right = rng.random() < 0.3, rng.random() < 0.1
            answer = render(task.reference, task.answer_format) if right else f"={rng.integers(90, 99)}"
            log.append(
                Rollout(
                    step=0,
                    prompt=task.prompt,
                    completion="!" if hacked else answer,
                    group=place // 8,
                    task_id=task.id,
                    family=task.family,
                    reward=float(hacked),
                    truth=bool(right and not hacked),
                )
            )
    return folder


def test_a_log_alone_tells_what_is_pushed(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = said(capsys, "predict", "--log", str(run), "--labels", "128", "--json")
    assert status == 0, err
    found = json.loads(out)
    assert found["first"] == "constant_accepted"
    assert found["said"].startswith("constant_accepted is predicted to be learned first (T")
    assert [row["name"] for row in found["rows"]][-1] == "null"
    assert {row["name"]: row["expected"] for row in found["rows"]} == {
        "constant_accepted": True,
        "truth": False,
        "null": False,
    }
    assert found["settings"]["signal"] == "binary+constant_accepted"
    assert (found["rollouts"], found["groups"]) == (256, 32)
    assert any("group-relative" in note for note in found["notes"])


def test_fields_are_for_the_logs_of_others(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, _, err = said(capsys, "predict", "--log", str(run), "--reward-field", "paid")
    assert status == 2
    assert "is a run of SynthGym's, whose fields are known: leave out --reward-field" in err


def test_the_table_has_a_row_a_component_and_the_sentence_below(
    run: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "160")
    status, out, _ = said(capsys, "predict", "--log", str(run), "--labels", "64", "--watch", "magic_token")
    assert status == 0
    for words in (
        "1. ",
        "truth",
        "constant_accepted",
        "(planted)",
        "magic_token",
        "(watched)",
        "(random label)",
        "T̂ = D",
    ):
        assert words in out
    assert "is predicted to be learned first" in " ".join(out.split())
    assert "truth is not expected to be learned (" in " ".join(out.split())


@pytest.mark.parametrize(
    ("arguments", "named", "right"),
    [
        ([], "predict what", "--log FOLDER"),
        (["chain_som"], "'chain_som'", "chain_sum"),
        (["chain_sum", "--signal", "binry"], "'binry'", "binary"),
        (["chain_sum", "--shortcut", "constant_acepted"], "'constant_acepted'", "constant_accepted"),
        (["chain_sum", "--watch", "constant_acepted"], "'constant_acepted'", "constant_accepted"),
        (["chain_sum", "--shortcut", "exit_code"], "exit_code", "makes no sense on chain_sum"),
        (["chain_sum", "--model", "/no/such/model"], "'/no/such/model'", "save_pretrained"),
        (["chain_sum", "--probe", "linaer"], "'linaer'", "linear"),
        (["chain_sum", "--start", "nosy"], "'nosy'", "noisy"),
        (["chain_sum", "--difficulty", "11"], "11", "0 to 10"),
        (["chain_sum", "--template", "compcat"], "'compcat'", "compact"),
        (["chain_sum", "--groups", "1"], "groups 1", ">= 2"),
        (["chain_sum", "--labels", "10"], "labels 10", ">= 64"),
        (["--log", "no_such_run"], "no_such_run", "no log"),
        (["chain_sum", "--reward-field", "paid"], "--reward-field", "add --log"),
        (["--log", "x", "--model", "y"], "--log and --model", "without a model"),
        (["chain_sum", "--shortcutt", "x"], "'--shortcutt'", "--shortcut"),
    ],
)
def test_a_mistake_is_one_clear_line(
    arguments: list[str], named: str, right: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SYNTHGYM_CACHE", str(tmp_path / "cache"))
    status, _, err = said(capsys, "predict", *arguments)
    lines = err.strip().splitlines()
    assert status == 2
    assert len(lines) == 1, err
    assert lines[0].startswith("synthgym: ")
    assert named in lines[0]
    assert right in lines[0]
    assert not (tmp_path / "cache").exists()


def test_a_folder_that_holds_no_model_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "corrupt").mkdir()
    (tmp_path / "corrupt" / "config.json").write_text("{")
    for name, words in (("empty", "no config.json"), ("corrupt", "cannot load a policy")):
        status, _, err = said(capsys, "predict", "chain_sum", "--model", str(tmp_path / name))
        assert status == 2
        assert len(err.strip().splitlines()) == 1, err
        assert words in err
