"""MathVerifier: golds of users' datasets, answers of responses, and the seam to signals."""

import pickle
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import synthgym
from synthgym.errors import GoldError, SettingError
from synthgym.parsing import render
from synthgym.signal import Signal
from synthgym.verifiers.equivalence import engine
from synthgym.verifiers.equivalence.engine import Gold
from synthgym.verifiers.equivalence.types import Equivalence
from synthgym.verifiers.math_verifier import MAX_STATEMENTS, MathVerifier
from synthgym.verifiers.score import score

VERIFIER = MathVerifier()
SOLUTIONS = MathVerifier("solution", gold_is_solution=True)
UNREADABLE = "\\frac{1}{"
TASK = synthgym.get_family("chain_sum").task(3, difficulty=3)


class Table:
    """Named columns, as `datasets.Dataset` has them."""

    def __init__(self, **columns: Any) -> None:
        self.column_names = list(columns)
        self._columns = columns

    def __iter__(self) -> Any:
        return iter(
            [
                dict(zip(self.column_names, row, strict=True))
                for row in zip(*self._columns.values(), strict=True)
            ]
        )

    def __getitem__(self, name: str) -> Any:
        return self._columns[name]


@pytest.mark.parametrize(
    ("response", "match", "status"),
    [
        ("so it is \\boxed{0.5}", True, "ok"),
        ("Answer: 2/4", True, "ok"),
        ("#### 1/2", True, "ok"),
        ("\\boxed{2}", False, "ok"),
        ("\\boxed{1/2} or \\boxed{0.5}", True, "ok"),
        ("\\boxed{2} or \\boxed{2.0}", False, "ok"),
        ("\\boxed{1/2} or \\boxed{2}", False, "contradiction"),
        ("\\boxed{2} or \\boxed{1/2}", False, "contradiction"),
        ("<think>\\boxed{2}</think>\\boxed{0.5}", True, "ok"),
        ("<think>\\boxed{0.5}", False, "unparsed"),
        ("", False, "unparsed"),
        ("\\boxed{0.5", False, "unparsed"),
        ("\\boxed{" + "9" * 100_000 + "}", False, "too_large"),
        ("7" * 2_000_000, False, "too_large"),
    ],
)
def test_responses_are_judged_against_gold(response: str, match: bool, status: str) -> None:
    judged = VERIFIER.judge("1/2", response)
    assert (judged.match, judged.status) == (match, status)
    assert judged.reason
    assert bool(judged) == match


def test_a_comment_and_a_half_box_state_no_second_answer() -> None:
    assert not VERIFIER.judge("7", "\\boxed{8} %\\boxed{7}")
    assert not VERIFIER.judge("7", "\\boxed{x}=7 where x=8")
    assert not VERIFIER.judge("7", "\\boxed 7")


@pytest.mark.parametrize(
    ("gold", "right", "wrong"),
    [
        (7, "7.0", "8"),
        (10**40, "1" + "0" * 40, "1" + "0" * 39 + "1"),
        (0.1, "1/10", "0.1000000000000000055"),
        (1e-7, "0.0000001", "0"),
        (1e22, "1" + "0" * 22, "1" + "0" * 21),
        (-0.5, "-1/2", "1/2"),
        (Fraction(1, 3), "2/6", "0.333"),
        (Decimal("0.10"), "1/10", "1"),
        (np.int64(7), "7", "8"),
        (np.float64(0.1), "0.1", "0.2"),
        (np.float32(0.1), "0.1", "0.2"),
        (["7", "1/2"], "0.5", "8"),
        (("7", 0.5), "7", "8"),
        (engine.parse_gold("7"), "7", "8"),
    ],
)
def test_gold_is_text_or_a_number_or_alternatives(gold: Any, right: str, wrong: str) -> None:
    assert VERIFIER.judge(gold, f"\\boxed{{{right}}}").match
    assert not VERIFIER.judge(gold, f"\\boxed{{{wrong}}}").match
    assert VERIFIER.judge(VERIFIER.parse(gold), f"\\boxed{{{right}}}").match


@pytest.mark.parametrize(
    "gold",
    [
        "",
        UNREADABLE,
        None,
        True,
        float("nan"),
        float("inf"),
        Decimal("-Infinity"),
        7j,
        [],
        ["7", None],
        b"7",
        {"7"},
        pytest.param(10**5000, id="long"),
    ],
)
def test_a_gold_that_is_no_answer_is_refused(gold: Any) -> None:
    with pytest.raises(GoldError):
        VERIFIER.parse(gold)


def test_alternatives_do_not_excuse_a_contradiction() -> None:
    judged = VERIFIER.judge(["7", "8"], "\\boxed{7} or \\boxed{8}")
    assert (judged.match, judged.status) == (False, "contradiction")


def test_a_tolerance_holds_for_every_statement() -> None:
    verifier = MathVerifier(tolerance="1/10")
    assert verifier.judge("1", "\\boxed{1.05}").match
    assert not verifier.judge("1", "\\boxed{1.2}").match
    assert not verifier.judge("1", "\\boxed{1.05} \\boxed{1.12}").match


@pytest.mark.parametrize(
    ("gold", "right"),
    [
        ("We add: 3+4=7.\n#### 7", "7"),
        ("The sum is $\\boxed{7}$. Note that $8 \\ne 7$.", "7"),
        ("Half: \\boxed{1/2} = \\boxed{0.5}", "2/4"),
        ("<answer>7</answer>", "7"),
        ("7", "7"),
        (7, "7"),
    ],
)
def test_gold_may_be_a_whole_solution(gold: Any, right: str) -> None:
    assert SOLUTIONS.judge(gold, f"\\boxed{{{right}}}").match
    assert not SOLUTIONS.judge(gold, "\\boxed{8}").match


@pytest.mark.parametrize(
    ("gold", "said"),
    [
        ("\\boxed{7} or \\boxed{8}", "states several answers"),
        ("We add three and four. " * 20, "states no answer"),
        ("<think>\\boxed{7}", "states no answer"),
    ],
)
def test_a_solution_without_one_answer_is_refused(gold: str, said: str) -> None:
    with pytest.raises(GoldError, match=said):
        SOLUTIONS.parse(gold)


GOLDS = ["7", "1/2", ["8", "9"]]


@pytest.mark.parametrize(
    "data",
    [
        GOLDS,
        tuple(GOLDS),
        [{"answer": gold, "question": "?"} for gold in GOLDS],
        {"question": ["?"] * 3, "answer": GOLDS},
        Table(question=["?"] * 3, answer=GOLDS),
        iter(GOLDS),
    ],
)
def test_every_row_of_a_dataset_is_read(data: Any) -> None:
    assert VERIFIER.check(data) == 3


def test_a_real_dataset_is_read() -> None:
    datasets = pytest.importorskip("datasets")
    data = datasets.Dataset.from_dict({"answer": ["7", "1/2", UNREADABLE]})
    assert VERIFIER.check(data.select([0, 1])) == 2
    assert VERIFIER.check(data.select([1]).to_iterable_dataset()) == 1
    with pytest.raises(GoldError, match="row 2"):
        VERIFIER.check(data)
    with pytest.raises(SettingError, match="no column 'gold'; it has: answer"):
        MathVerifier("gold").check(data)


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_a_data_frame_is_read(library: str) -> None:
    frames = pytest.importorskip(library)
    assert VERIFIER.check(frames.DataFrame({"question": ["a", "b"], "answer": ["7", "8"]})) == 2


def test_a_column_of_arrow_is_read() -> None:
    import pyarrow as pa

    assert VERIFIER.check(pa.table({"answer": ["7", "8"]})) == 2


def test_bad_golds_are_named_by_row_and_value() -> None:
    values: list[Any] = ["7", None, UNREADABLE, True, b"7", [], 7j]
    rows = [{"answer": value} for value in values]
    with pytest.raises(GoldError) as caught:
        VERIFIER.check(rows)
    message = str(caught.value)
    assert "6 of 7 golds cannot be read" in message
    assert "row 1 (None)" in message
    assert "row 5" in message
    assert "row 6" not in message
    assert [bad.row for bad in VERIFIER.bad_golds(rows)] == [1, 2, 3, 4, 5, 6]
    assert VERIFIER.bad_golds(["7"]) == []
    assert "a long number" in str(VERIFIER.bad_golds([10**5000])[0])


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ("7", "holds no rows"),
        (7, "holds no rows"),
        ({"question": ["?"]}, "no column 'answer'; it has: question"),
        ([{"answer": "7"}, {"question": "?"}], "row 1 has no column 'answer'; it has: question"),
        ([{"answer": "7"}, "7"], "row 1 has no column"),
    ],
)
def test_data_without_the_column_is_refused(data: Any, said: str) -> None:
    with pytest.raises(SettingError, match=said):
        VERIFIER.check(data)


def test_a_batch_is_judged_in_order() -> None:
    golds = ["7", ["8", "9"], "1/2", "7", "7"]
    responses = ["\\boxed{7}", "Answer: 9", "\\boxed{0.5} \\boxed{1/2}", "", "8"]
    judged = VERIFIER.judge_batch(golds, responses)
    assert [one.match for one in judged] == [True, True, True, False, False]
    assert judged == [VERIFIER.judge(gold, response) for gold, response in zip(golds, responses, strict=True)]
    assert VERIFIER.judge_batch([], []) == []


def test_bad_batches_are_refused() -> None:
    with pytest.raises(SettingError, match="2 golds but 1 responses"):
        VERIFIER.judge_batch(["7", "8"], ["7"])
    with pytest.raises(GoldError, match="gold of row 1 \\(None\\)"):
        VERIFIER.judge_batch(["7", None], ["7", "7"])  # type: ignore[list-item]
    with pytest.raises(SettingError, match="text is needed"):
        VERIFIER.judge("7", None)  # type: ignore[arg-type]


NUMBERS = st.fractions(min_value=-99, max_value=99, max_denominator=12)


@given(st.lists(NUMBERS, min_size=2, max_size=6), st.randoms(use_true_random=False))
def test_no_response_with_two_answers_matches(values: list[Fraction], random: Any) -> None:
    gold = random.choice(values)
    forms = ["\\boxed{%s}", "\\boxed{\\boxed{%s}}", "%%\\boxed{%s}", "\\fbox{ %s }"]
    response = " ".join(random.choice(forms) % value for value in values)
    judged = VERIFIER.judge(gold, response)
    assert judged.match == (len(set(values)) == 1)
    assert judged.match or judged.status == "contradiction"


@given(
    st.text(max_size=60)
    | st.lists(st.sampled_from(["\\boxed{", "}", "7", "/", "=", "x", "Answer:", "\n", "^", "9"])).map("".join)
)
def test_any_response_gets_a_judgement(response: str) -> None:
    judged = VERIFIER.judge("7", response)
    assert isinstance(judged, Equivalence)
    assert judged.status == "ok" or not judged.match


def test_many_statements_are_not_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    real = engine.equivalent

    def counting(gold: Gold, answer: str) -> Equivalence:
        asked.append(answer)
        return real(gold, answer)

    monkeypatch.setattr(engine, "equivalent", counting)
    spellings = [f"\\boxed{{7.{'0' * zeros}}}" for zeros in range(1, MAX_STATEMENTS + 2)]
    assert VERIFIER.judge("7", " ".join(spellings[:-1])).match
    asked.clear()
    judged = VERIFIER.judge("7", " ".join(spellings))
    assert (judged.match, judged.status, asked) == (False, "contradiction", [])


def test_all_comparisons_of_a_response_share_its_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    given_seconds: list[float] = []

    def slow(gold: Gold, answer: str) -> Equivalence:
        given_seconds.append(gold.bounds.seconds)
        return Equivalence(False, "timeout", "slow")

    monkeypatch.setattr(engine, "equivalent", slow)
    assert MathVerifier().judge(["7", "8"], "\\boxed{7}").status == "timeout"
    assert sum(given_seconds) <= VERIFIER.bounds.seconds + 1e-9
    assert MathVerifier().judge("7", "\\boxed{7} \\boxed{8}").status == "timeout"


def test_it_is_a_verifier_for_a_signal() -> None:
    signal = Signal(verifier=VERIFIER)
    assert signal.label == "binary:math"
    wrong = render(replace(TASK.reference, answer="0"), TASK.answer_format)
    right = render(TASK.reference, TASK.answer_format)
    verdicts = score([TASK] * 4, [right, wrong, "", "=" + "("], signal)
    assert [verdict.reward for verdict in verdicts] == [1.0, 0.0, 0.0, 0.0]
    assert [verdict.components["truth"] for verdict in verdicts] == [1.0, 0.0, 0.0, 0.0]
    assert (verdicts[0].error, verdicts[1].error, verdicts[2].error) == (None, None, "no answer")
    assert (verdicts[3].error or "").startswith("unparsed: ")


def test_a_task_whose_reference_cannot_be_read_is_not_scored() -> None:
    task = replace(TASK, reference=replace(TASK.reference, answer=UNREADABLE))
    (verdict,) = score([task], ["=7"], Signal(verifier=VERIFIER))
    assert verdict.reward is None
    assert "second try" in (verdict.error or "")


def test_a_verifier_is_a_value() -> None:
    verifier = MathVerifier("target", tolerance="1/10", where=["boxed"])  # a list becomes a tuple
    assert pickle.loads(pickle.dumps(verifier)) == verifier
    assert hash(verifier) == hash(replace(verifier))
    assert pickle.loads(pickle.dumps(VERIFIER.parse("7"))) == VERIFIER.parse("7")


@pytest.mark.parametrize(
    "settings",
    [
        {"where": ("box",)},
        {"where": ()},
        {"where": "boxd"},
        {"kind": "numbr"},
        {"tolerance": "much"},
        {"tolerance": "-1"},
    ],
)
def test_settings_that_are_none_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(SettingError):
        MathVerifier(**settings)
