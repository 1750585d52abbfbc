"""`synthgym bench verify`: the two sets, rows of both graders, tables, and a run without math-verify."""

import io
import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

import synthgym.baselines.bench_verify as bench
from synthgym.baselines.bench_verify import VerifyBench, render, verify
from synthgym.baselines.pairs import Pair, graders, hard_mix, read_pairs
from synthgym.baselines.pairs.graders import Engine
from synthgym.baselines.pairs.training_mix import SHARES, training_mix
from synthgym.errors import SettingError
from synthgym.verifiers.equivalence.engine import equivalent

ROWS: tuple[dict[str, Any], ...] = (
    {"id": "a", "gold": "7", "prediction": "7.0", "should_match": True, "kind": "int"},
    {"id": "b", "gold": "7", "prediction": "x=8=7", "should_match": False, "kind": "spray"},
    {
        "id": "c",
        "gold": r"\frac12",
        "prediction": "½",
        "should_match": True,
        "kind": "unicode",
        "policy": True,
    },
    {
        "id": "d",
        "gold": "7",
        "prediction": r"So \boxed{7}",
        "should_match": True,
        "kind": "int",
        "form": "response",
    },
    {"id": "e", "gold": "1", "prediction": "2", "should_match": False, "kind": bench.HOSTILE},
)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("pairs") / "mine.jsonl"
    path.write_text("\n".join(map(json.dumps, ROWS)) + "\n", encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def quick() -> Iterator[None]:
    """One pass a round, whatever it takes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bench, "MIN_CPU_SECONDS", 1e-9)
        yield


@pytest.fixture(scope="module")
def measured(file: Path, quick: None) -> VerifyBench:
    pytest.importorskip("math_verify")
    return verify(file, rounds=2, count=20)


def test_the_hard_mix_comes_with_the_package() -> None:
    pairs = hard_mix()
    assert len(pairs) == len({pair.id for pair in pairs}) == 208
    assert sum(pair.policy for pair in pairs) == 22
    assert sum(pair.response for pair in pairs) == 6
    assert 80 < sum(pair.match for pair in pairs) < 130


def test_the_training_mix_has_its_shares_and_is_the_same_for_the_same_seed() -> None:
    pairs = training_mix(2_000, seed=3)
    kinds = Counter(pair.kind for pair in pairs)
    assert {kind: kinds[kind] / 2_000 for kind in SHARES} == SHARES
    assert 0.45 < sum(pair.match for pair in pairs) / 2_000 < 0.55
    assert pairs == training_mix(2_000, seed=3)
    assert pairs != training_mix(2_000, seed=4)
    assert len(training_mix(7)) == 7
    assert len({pair.id for pair in pairs}) == 2_000


def test_the_labels_of_the_training_mix_hold() -> None:
    pairs = training_mix(4_000, seed=11)
    wrong = [pair for pair in pairs if equivalent(pair.gold, pair.answer).match != pair.match]
    assert wrong == []


def test_both_graders_are_measured_on_both_sets(measured: VerifyBench) -> None:
    found = measured
    assert found.notes == ()
    assert {row.mix for row in found.accuracy} == {"mine.jsonl", "training-like"}
    assert {row.grader for row in found.accuracy} == {
        "synthgym",
        "math-verify $...$",
        r"math-verify \boxed{...}",
    }
    core = {row.grader: row for row in found.accuracy if row.mix == "mine.jsonl" and row.part == "core"}
    assert (core["synthgym"].pairs, core["synthgym"].accuracy) == (4, 1.0)
    theirs = core["math-verify $...$"]
    assert (theirs.accuracy, theirs.false_positives, theirs.false_negatives) == (0.75, 1, 0)
    spray = next(row for row in found.kinds if row.kind == "spray")
    assert (spray.our_false_positives, spray.their_false_positives, spray.pairs) == (0, 1, 1)
    half = next(row for row in found.kinds if row.kind == "unicode")
    assert (half.part, half.our_false_negatives, half.their_false_negatives) == ("policy", 0, 1)


def test_speed_is_given_with_gold_read_before_and_without_hostile_pairs(measured: VerifyBench) -> None:
    found = measured
    rows = {(row.mix, row.gold, row.grader.split()[0]): row for row in found.speed}
    assert len(rows) == len(found.speed) == 12
    assert {mix for mix, _, _ in rows} == {"mine.jsonl", "mine.jsonl, no hostile_resource", "training-like"}
    for (mix, _, grader), row in rows.items():
        assert row.pairs == {"mine.jsonl": 5, "training-like": 20}.get(mix, 4)
        assert len(row.rounds) == 2
        assert min(row.rounds) <= row.pairs_per_cpu_second <= max(row.rounds)
        assert row.slowest_seconds > 0
        assert row.above_one_second == 0
        assert (row.ratio is None) == (grader == "math-verify")
    assert rows["training-like", "read before", "synthgym"].ratio is not None
    assert {row.grader for row in found.warm_up} == {"synthgym", "math-verify"}
    assert all(0 < row.cpu_seconds < 60 for row in found.warm_up)
    assert json.loads(json.dumps(asdict(found)))["accuracy"][0]["pairs"] == 4


@pytest.mark.slow
def test_without_math_verify_the_engine_is_measured_alone(
    file: Path, quick: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bench, "installed", lambda: False)
    found = verify(file, rounds=1, count=10)
    assert len(found.notes) == 1
    assert "math-verify is not installed" in found.notes[0] and "synthgym[test]" in found.notes[0]
    assert {row.grader for row in found.accuracy} == {row.grader for row in found.speed} == {"synthgym"}
    assert all(row.ratio is None for row in found.speed)
    assert all(row.their_false_positives is None for row in found.kinds)
    assert "only the engine was measured" in text_of(found)


@pytest.mark.slow
def test_a_gold_that_cannot_be_read_is_named_and_no_match(tmp_path: Path, quick: None) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_text(
        json.dumps({"gold": r"\frac{", "prediction": "1", "should_match": False}), encoding="utf-8"
    )
    found = verify(path, rounds=1, count=5, theirs=False)
    assert found.notes == ("bad.jsonl: gold of line 1 cannot be read; counted as no match",)
    assert found.accuracy[0].accuracy == 1.0


def test_the_tables_show_figures_ratios_and_errors(measured: VerifyBench) -> None:
    text = text_of(measured)
    assert "Errors by kind" in text and "spray" in text
    assert r"math-verify \boxed{...}" in text
    assert "pairs/CPU s" in text
    assert any("synthgym" in line and "x │" in line for line in text.splitlines())


def text_of(found: VerifyBench) -> str:
    out = io.StringIO()
    Console(file=out, width=200).print(render(found))
    return out.getvalue()


def test_workers_are_counted() -> None:
    engine = Engine()
    engine.fresh()
    pair = Pair(
        id="1", gold=r"\sum_{k=1}^{\infty}\frac{1}{k^2}", answer=r"\frac{\pi^2}{6}", match=True, kind="sum"
    )
    before = engine.cpu_seconds()
    own = time.process_time()
    engine.judged(engine.prepared(pair), pair)
    assert engine.cpu_seconds() - before > time.process_time() - own


def test_the_best_wrapping_is_the_one_timed(measured: VerifyBench) -> None:
    found = measured
    right = {row.grader: 0.0 for row in found.accuracy}
    for row in found.accuracy:
        if row.mix == "mine.jsonl":
            right[row.grader] += row.accuracy * row.pairs
    timed = {row.grader for row in found.speed if row.mix == "mine.jsonl"} - {"synthgym"}
    assert [right[name] for name in timed] == [
        max(value for name, value in right.items() if name != "synthgym")
    ]


@pytest.mark.parametrize(
    "line", ["{", "[]", '{"gold": "1"}', '{"gold": 1, "prediction": "1", "should_match": true}', '"x"', '{"gold": "1", '
             '"prediction": "1", "should_match": 1}']
)  # fmt: skip
def test_a_line_that_is_no_pair_is_refused_by_its_number(tmp_path: Path, line: str) -> None:
    path = tmp_path / "p.jsonl"
    path.write_text(json.dumps(ROWS[0]) + "\n" + line, encoding="utf-8")
    with pytest.raises(SettingError, match=r"p\.jsonl, line 2: .*should_match"):
        read_pairs(path)


def test_files_that_hold_nothing_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="cannot be read"):
        read_pairs(tmp_path / "none.jsonl")
    (tmp_path / "empty.jsonl").write_text("\n")
    with pytest.raises(SettingError, match="holds no pairs"):
        read_pairs(tmp_path / "empty.jsonl")


def test_settings_below_one_are_refused(file: Path) -> None:
    with pytest.raises(SettingError, match="rounds 0"):
        verify(file, rounds=0)
    with pytest.raises(SettingError, match="count -1"):
        verify(file, count=-1)


def test_off_the_main_thread_math_verify_is_refused_in_words(file: Path) -> None:
    pytest.importorskip("math_verify")
    caught: list[BaseException] = []

    def run() -> None:
        try:
            verify(file, rounds=1, count=5)
        except SettingError as error:
            caught.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert "main thread" in str(caught[0])


def test_math_verify_is_looked_for_by_importing_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "math_verify", None)
    assert not graders.installed()
