"""What the report finds in simulated studies whose truth is known, and what it must not overstate."""

import json
import math
import shutil
import warnings
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import simulated_study as simulated

from synthgym.detect import detect
from synthgym.log import read_log
from synthgym.report import analyse, findings
from synthgym.report.findings_learning import learning_findings
from synthgym.report.findings_loops import loop_findings
from synthgym.report.findings_takeover import takeover_findings
from synthgym.report.model import Arm, Estimate, Finding, Ratio, Report

pytest.importorskip("scipy")
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder: Path = simulated.shared_study(tmp_path_factory.getbasetemp())
    return folder


@pytest.fixture(scope="module")
def report(study: Path) -> Report:
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # nothing is missing, so nothing is noted
        return analyse(study)


def of(report: Report, question: str) -> Finding:
    return next(finding for finding in report.findings if finding.question == question)


def test_each_question_gets_one_sentence(report: Report) -> None:
    assert [f.question for f in report.findings] == ["granularity", "control", "shortcut", "loop"]
    assert report.notes == ()
    for finding in report.findings:
        assert finding.text.endswith(".") and ". " not in finding.text
        assert (
            "3 seeds, indicative" in finding.text
            or "2 seeds: intervals cover only these runs" in finding.text
        )


def test_the_faster_signal_is_found_faster(report: Report) -> None:
    arms = {arm.name: arm for arm in report.learning[0].arms}
    assert list(arms) == ["binary", "rubric", "token", "random", "shuffled"]
    token, binary = arms["token"], arms["binary"]
    assert token.half_way is not None and binary.half_way is not None
    assert token.half_way.median < arms["rubric"].half_way.median < max(binary.half_way.times)  # type: ignore[union-attr]
    assert token.ratio is not None and token.ratio.high < 1 and token.ratio.faster == 3
    assert (binary.ratio, arms["random"].ratio) == (None, None)
    assert of(report, "granularity").standing == "supports"
    assert token.rollouts == simulated.STEPS * simulated.BATCH
    assert token.live is not None and token.live == pytest.approx((0.5, 0.5), abs=0.01)


def test_controls_are_marked_and_seen_to_stay_level(report: Report) -> None:
    assert {arm.name for arm in report.learning[0].arms if arm.control} == {"random", "shuffled"}
    assert of(report, "control").standing in ("supports", "leans")


def test_curves_start_at_no_cost_and_carry_their_intervals(report: Report) -> None:
    curves = report.learning[0].curves
    assert {(curve.arm, curve.name) for curve in curves} == {
        (arm, kind)
        for arm in ("binary", "rubric", "token", "random", "shuffled")
        for kind in ("sampled", "greedy")
    }
    for curve in curves:
        assert [point.step for point in curve.points] == [0, 10, 20, 30]
        assert [point.x for point in curve.points] == [0, 320, 640, 960]
        assert all(0 <= point.mean.low <= point.mean.value <= point.mean.high <= 1 for point in curve.points)


def test_the_take_over_is_found_and_the_twin_is_silent(report: Report) -> None:
    takeover = report.takeovers[0]
    assert (takeover.shortcut, takeover.example, takeover.flawed) == ("constant_accepted", "!", ("flaw",))
    for run in takeover.runs:
        if run.arm == "flaw":
            assert run.onset is not None and 8 <= run.onset <= 17
            assert run.truth_gap is not None and run.counterfactual is not None
            assert run.mechanism > 0.8 and run.truth < 0.2
        else:
            assert (run.onset, run.truth_gap, run.counterfactual) == (None, None, None)
    finding = of(report, "shortcut")
    assert finding.standing == "supports"
    assert "“!” (constant_accepted) took over in 3 of 3 runs" in finding.text
    assert "stayed silent in 3 of 3 runs" in finding.text


def test_the_detectors_say_what_a_watch_of_the_runs_seed_says(study: Path, report: Report) -> None:
    for run in report.takeovers[0].runs:
        table = read_log(study / "cells" / run.cell)
        live = detect(table, rng=np.random.default_rng(int(run.seed)), audits=16, wrong_ceiling=0.0)
        assert (run.truth_gap, run.counterfactual) == (live.truth_gap.alarm, live.counterfactual.alarm)
        assert run.audited == live.truth_gap.audits


def test_loops_are_read_by_generation(report: Report) -> None:
    loops = report.loops[0]
    assert (loops.k, loops.tasks, loops.generations) == (8, 32, (0, 5))
    arms = {arm.name: arm for arm in loops.arms}
    assert [arm.name for arm in loops.arms if arm.open] == ["open"]
    assert arms["open"].change["greedy"].low > 0
    assert all(arm.change["pass@k"].high < 0.1 for arm in loops.arms if not arm.open)
    assert arms["unfiltered"].kept == 1.0 and arms["open"].kept == 0.25
    curve = next(c for c in loops.curves if (c.arm, c.name) == ("open", "entropy"))
    assert curve.points[0].mean.value > curve.points[-1].mean.value
    at_k = arms["open"].at_k["last"]
    assert [point.x for point in at_k] == [1, 2, 4, 8]
    assert all(a.mean.value <= b.mean.value for a, b in zip(at_k, at_k[1:], strict=False))
    assert of(report, "loop").standing == "leans"  # two seeds show a direction, at most


def test_rollouts_to_look_at_cover_early_and_late_right_wrong_and_hacked(report: Report) -> None:
    kinds = [(sample.family, sample.when, sample.what) for sample in report.samples]
    assert kinds == [
        ("chain_sum", "early", "wrong"),
        ("chain_sum", "late", "right"),
        ("chain_sum", "late", "wrong"),
        ("sorting_trace", "early", "right"),
        ("sorting_trace", "late", "took the shortcut"),
    ]
    assert {sample.arm for sample in report.samples[:3]} == {"token"}
    assert any(piece.credit == 1.0 for piece in report.samples[1].pieces)


def test_missing_questions_and_unfinished_cells_are_named(study: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(study, tmp_path / "study")
    plan = json.loads((folder / "study.json").read_text())
    for cell in plan["cells"]:
        if cell["question"] == "loop":
            cell["state"] = "running"
    plan["cells"].append({"id": "granularity-x-token-0", "question": "granularity", "state": "planned"})
    shutil.rmtree(folder / "cells" / "granularity-chain_sum-binary-2")
    (folder / "study.json").write_text(json.dumps(plan))
    report = analyse(folder)
    left_out, missing = report.notes
    assert left_out.startswith("10 of 30 cells are not finished and left out: ")
    assert "granularity-chain_sum-binary-2 (no rollouts)" in left_out and "(planned)" in left_out
    assert missing == "No finished cell asks about: loop."
    assert report.loops == () and [arm.seeds for arm in report.learning[0].arms] == [2, 3, 3, 3, 3]
    assert sum(row["state"] == "running" for row in report.cells) == 8
    assert "leans" == of(report, "granularity").standing  # binary has two seeds left


def test_a_corrupt_part_is_left_out_and_said(study: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(study, tmp_path / "study")
    part = folder / "cells" / "shortcut-sorting_trace-flaw-0" / "rollouts" / "part-00000.parquet"
    part.write_bytes(part.read_bytes()[: part.stat().st_size // 2])
    (folder / "cells" / "control-chain_sum-random-1" / "run.json").write_text("{")
    with pytest.warns(UserWarning, match="part-00000"):
        report = analyse(folder)
    assert any(
        "shortcut-sorting_trace-flaw-0/rollouts/part-00000.parquet is not a readable" in n
        for n in report.notes
    )
    assert any("control-chain_sum-random-1/run.json cannot be read" in n for n in report.notes)
    assert "took over in 2 of 2 runs" in of(report, "shortcut").text
    # What run.json would have said of the cell, study.json says too.
    assert {arm.name: arm.seeds for arm in report.learning[0].arms}["random"] == 3


@pytest.mark.parametrize("content", ["{", "[1]", "null"])
def test_without_a_readable_plan_the_cells_are_shown(study: Path, tmp_path: Path, content: str) -> None:
    folder = tmp_path / "study"
    shutil.copytree(study / "cells" / "shortcut-sorting_trace-flaw-0", folder / "cells" / "one")
    (folder / "study.json").write_text(content)
    report = analyse(folder)
    assert "study.json" in report.notes[0]
    assert len(report.takeovers) == 1


def test_a_study_with_nothing_finished_says_so(tmp_path: Path) -> None:
    (tmp_path / "study.json").write_text(
        json.dumps({"study": "q", "cells": [{"id": "a", "state": "running"}, 3]})
    )
    report = analyse(tmp_path)
    assert report.findings == ()
    assert any("a (running)" in note for note in report.notes)
    assert any("nothing to find yet" in note for note in findings(tmp_path))


def test_a_cell_that_says_it_is_done_counts_before_the_plan_is_written_again(
    study: Path, tmp_path: Path
) -> None:
    name = "shortcut-sorting_trace-flaw-0"
    shutil.copytree(study / "cells" / name, tmp_path / "cells" / name)
    (tmp_path / "study.json").write_text(json.dumps({"cells": [{"id": name, "state": "not run"}]}))
    assert analyse(tmp_path).takeovers == ()
    (tmp_path / "cells" / name / "done.json").write_text("{}")
    assert len(analyse(tmp_path).takeovers) == 1


def test_runs_that_did_not_start_alike_are_not_compared_in_silence(study: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(study, tmp_path / "study")
    there = folder / "cells" / "granularity-chain_sum-token-0" / "run.json"
    known = json.loads(there.read_text())
    there.write_text(
        json.dumps(
            {**known, "start": {"config": {"kind": "noisy", "noise": 0.18}, "sampled": {"estimate": 0.3}}}
        )
    )
    assert any("do not share one task, start and budget" in note for note in findings(folder))


def arm(name: str, change: Estimate, **fields: Any) -> Arm:
    known: Mapping[str, Any] = {
        "signal": name,
        "control": name in ("random", "shuffled"),
        "seeds": 3,
        "rollouts": 960.0,
        "start": {
            "sampled": Estimate(value=0.1, low=0, high=0.2, n=3),
            "greedy": Estimate(value=0.1, low=0, high=0.2, n=3),
        },
        "end": {
            "sampled": Estimate(value=0.5, low=0.4, high=0.6, n=3),
            "greedy": Estimate(value=0.5, low=0.4, high=0.6, n=3),
        },
        "half_way": None,
        "ratio": None,
        "area": None,
        "live": None,
    }
    return Arm(name=name, change={"sampled": change, "greedy": change}, **{**known, **fields})


NO_CHANGE = Estimate(value=0.0, low=-0.04, high=0.04, n=3)
RISE = Estimate(value=0.2, low=0.1, high=0.3, n=3)


@pytest.mark.parametrize(
    ("low", "high", "faster", "pairs", "bound", "standing", "words"),
    [
        (0.2, 0.7, 3, 3, "exact", "supports", "as claimed"),
        (0.2, 1.4, 3, 3, "exact", "leans", "does not exclude equal speed"),
        (0.2, 1.4, 2, 3, "exact", "undecided", "is not shown here"),
        (1.2, 2.0, 0, 3, "exact", "against", "against the claim"),
        (1.2, 2.0, 0, 3, "at most", "undecided", "is not shown here"),
        (0.2, 0.7, 3, 3, "unknown", "undecided", "decides nothing"),
        (0.0, math.inf, 1, 1, "exact", "undecided", "decides nothing"),
    ],
)
def test_speed_is_never_claimed_beyond_its_interval(
    report: Report, low: float, high: float, faster: int, pairs: int, bound: Any, standing: str, words: str
) -> None:
    ratio = Ratio(versus="binary", value=0.5, low=low, high=high, pairs=pairs, faster=faster, bound=bound)
    arms = (arm("binary", RISE), arm("token", RISE, ratio=ratio))
    (finding,) = learning_findings(replace(report.learning[0], arms=arms))
    assert finding.standing == standing and words in finding.text


@pytest.mark.parametrize(
    ("change", "standing"),
    [
        (NO_CHANGE, "supports"),
        (Estimate(value=-0.2, low=-0.3, high=-0.1, n=3), "supports"),
        (Estimate(value=0.02, low=-0.2, high=0.3, n=3), "leans"),
        (Estimate(value=0.2, low=-0.2, high=0.6, n=3), "undecided"),
        (Estimate(value=0.2, low=0.05, high=0.35, n=3), "against"),
    ],
)
def test_a_control_that_rises_is_said_to_speak_against(
    report: Report, change: Estimate, standing: str
) -> None:
    given = replace(
        report.learning[0], arms=(arm("binary", RISE), arm("random", change), arm("shuffled", NO_CHANGE))
    )
    assert next(f for f in learning_findings(given) if f.question == "control").standing == standing


def test_false_alarms_and_missed_take_overs_speak_against(report: Report) -> None:
    takeover = report.takeovers[0]
    noisy = [replace(run, truth_gap=3) if run.arm == "clean" else run for run in takeover.runs]
    (finding,) = takeover_findings(replace(takeover, runs=tuple(noisy)))
    assert finding.standing == "against" and "stayed silent in 0 of 3 runs" in finding.text
    blind = [replace(run, truth_gap=None, counterfactual=None) for run in takeover.runs]
    (finding,) = takeover_findings(replace(takeover, runs=tuple(blind)))
    assert finding.standing == "against" and "3 take-overs went unnoticed" in finding.text
    calm = [replace(run, onset=None, onset_low=None, onset_high=None) for run in takeover.runs]
    (finding,) = takeover_findings(replace(takeover, runs=tuple(calm)))
    assert finding.standing == "against" and "did not take over in any of 3 runs" in finding.text


def test_a_closed_loop_that_raises_pass_at_k_speaks_against(report: Report) -> None:
    loops = report.loops[0]
    raised = tuple(
        replace(one, seeds=3, change={**one.change, "pass@k": RISE})
        if one.name == "majority"
        else replace(one, seeds=3)
        for one in loops.arms
    )
    (finding,) = loop_findings(replace(loops, arms=raised))
    assert finding.standing == "against" and "majority vote raised pass@8 without a verdict" in finding.text
    three = tuple(replace(one, seeds=3) for one in loops.arms)
    (finding,) = loop_findings(replace(loops, arms=three))
    assert finding.standing == "supports"
    flat = tuple(replace(one, seeds=3, change={name: NO_CHANGE for name in one.change}) for one in loops.arms)
    (finding,) = loop_findings(replace(loops, arms=flat))
    assert finding.standing == "undecided" and "not shown" in finding.text


def test_the_same_log_gives_the_same_report(study: Path, report: Report) -> None:
    again = analyse(study)
    assert [f.text for f in again.findings] == [f.text for f in report.findings]
    assert np.array_equal(
        [p.mean.value for c in again.takeovers[0].curves for p in c.points],
        [p.mean.value for c in report.takeovers[0].curves for p in c.points],
    )
