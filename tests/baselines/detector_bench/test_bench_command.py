"""`synthgym bench detectors` on the command line: a mistake is said at once, and before anything is trained."""

from pathlib import Path

import pytest

from synthgym.baselines.detector_bench.command import quick_arms
from synthgym.cli import main


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--rewardspy", "{folder}"], "no checkout of rewardspy"),
        (["--rewardspy", "{folder}/nowhere"], "no checkout of rewardspy"),
        (["--resamples", "0"], "resamples 0"),
        (["--benign", "-1"], "benign -1"),
        (["--processes", "0", "--traces", "{folder}"], "processes 0"),
        (["--traces", "{folder}/file"], "is no folder"),
        (["--record", "{folder}/file"], "is no folder"),
    ],
)
def test_a_mistake_is_one_line_with_status_2(
    arguments: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    assert main(["bench", "detectors", *(word.format(folder=tmp_path) for word in arguments)]) == 2
    captured = capsys.readouterr()
    assert said in captured.err
    assert len(captured.err.strip().splitlines()) == 1
    assert captured.out == ""


def test_the_quick_size_is_one_kind_beside_one_benign_arm() -> None:
    assert [(arm.role, arm.runs) for arm in quick_arms()] == [("hacked", 1), ("benign", 1)]
