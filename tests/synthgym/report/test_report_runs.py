"""What the report makes of single runs and of logs that lack something, and the intervals it rests on."""

import json
import math
from pathlib import Path

import pytest
import simulated_study as simulated

from synthgym.errors import LogError
from synthgym.log import Rollout, RolloutLog
from synthgym.report import analyse, findings
from synthgym.report.estimates import accuracy, accuracy_change, over_seeds, over_tasks
from synthgym.report.model import Finding, Report
from synthgym.report.settings import budget_words, start_words

pytest.importorskip("scipy")
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")


def of(report: Report, question: str) -> Finding:
    return next(finding for finding in report.findings if finding.question == question)


def test_no_log_at_all_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(LogError, match=r"no rollout log: .* holds no rollouts/part"):
        analyse(tmp_path)
    with pytest.raises(LogError, match="is no folder"):
        analyse(tmp_path / "nowhere")


def test_a_plain_run_reports_what_it_learned(tmp_path: Path) -> None:
    cell = simulated._learning(tmp_path, "granularity", "chain_sum", "token", 1)
    run = tmp_path / "cells" / str(cell["id"])
    known = json.loads((run / "run.json").read_text())
    (run / "run.json").write_text(json.dumps({"signal": "token", "seed": 1, "run": known["run"]}))
    report = analyse(run)
    (finding,) = report.findings
    assert not report.study and finding.standing == "measured" and report.notes == ()
    assert finding.text.startswith(
        "chain_sum under token (1 seed: intervals cover only this run): held-out accuracy"
    )
    assert "it got half-way" in finding.text
    (arm,) = report.learning[0].arms
    assert arm.end["sampled"].over == "completions" and arm.end["sampled"].n == 64


def test_a_plain_run_under_a_control_is_one(tmp_path: Path) -> None:
    simulated._learning(tmp_path, "control", "chain_sum", "random", 0)
    (run,) = (tmp_path / "cells").iterdir()
    known = json.loads((run / "run.json").read_text())
    kept = {"run": known["run"], "signal": "binary~random", "arm": "binary~random", "seed": 0}
    (run / "run.json").write_text(json.dumps(kept))
    report = analyse(run)
    assert report.learning[0].arms[0].control
    assert of(report, "control").standing in ("leans", "undecided")
    assert "1 seed" in of(report, "control").text
    assert findings(report) == [finding.text for finding in report.findings]


def test_start_and_budget_are_told_in_words() -> None:
    start = {
        "config": {"kind": "noisy", "noise": 0.4},
        "sampled": {"estimate": 0.05},
        "greedy": {"estimate": 0.3},
    }
    assert start_words({"start": start}) == "noisy start (noise .40; sampled .05, greedy .30)"
    assert start_words({"start": {"kind": "mix", "noise": 0.18}}) == "mix start"
    assert start_words({"start": {}}) == start_words({"start": "x"}) == ""
    loop = {"prompts": 128, "samples": 8, "steps": 60, "learning_rate": 1e-3}
    assert (
        budget_words({"loop": loop})
        == "128 prompts × 8 samples a generation, 60 steps on them, learning rate 0.001"
    )


def test_a_log_without_held_out_completions_is_read_from_training(tmp_path: Path) -> None:
    with RolloutLog(tmp_path / "mine") as log:
        for step in range(12):
            for i in range(20):
                log.append(
                    Rollout(step=step, prompt="p", completion="c", truth=i < step, reward=float(i < step))
                )
    report = analyse(tmp_path / "mine")
    assert not report.learning[0].held_out
    assert "accuracy on training rollouts went sampled from .00 to .55" in report.findings[0].text


def test_a_log_without_truth_has_nothing_to_find(tmp_path: Path) -> None:
    with RolloutLog(tmp_path / "mine") as log:
        log.append(Rollout(step=0, prompt="p", completion="c"))
    report = analyse(tmp_path / "mine")
    assert report.findings == ()
    assert any("no completion whose truth is known" in note for note in report.notes)


def test_watching_for_a_shortcut_that_was_not_planted_accuses_nobody(tmp_path: Path) -> None:
    cell = simulated._shortcut(tmp_path, "clean", 0)
    report = analyse(tmp_path / "cells" / str(cell["id"]))
    finding = of(report, "shortcut")
    assert finding.standing == "measured" and "none was planted" in finding.text


def test_seeds_that_agree_by_chance_do_not_make_an_interval_of_no_width() -> None:
    assert accuracy([(64, 64)] * 3).low < 0.99
    assert accuracy([(16, 64)] * 3).high - accuracy([(16, 64)] * 3).low > 0.08
    change = accuracy_change([(20, 64)] * 3, [(22, 64)] * 3)
    assert change.low < 0 < change.high
    certain = over_tasks([[1.0] * 32] * 3)
    assert certain.value == 1.0 and certain.low < 0.97 and certain.high == 1.0


def test_fewer_than_three_seeds_give_no_interval_over_seeds() -> None:
    assert over_seeds([0.2, 0.4]).low == -math.inf
    two = accuracy([(10, 100), (30, 100)])
    assert two.over == "completions" and two.low <= 0.1 and two.high >= 0.3
    three = over_seeds([0.1, 0.3, 0.5])  # Student's t with 2 degrees of freedom: .3 ± .497, cut at 0
    assert three.low == 0.0 and three.high == pytest.approx(0.7968, abs=1e-4)
