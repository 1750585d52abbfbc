"""What `equivalent`, `parse_gold` and `equivalent_batch` promise: statuses, kinds, tolerance, bounds, no raising."""

import json
import os
import pickle
import random
import subprocess
import sys
from dataclasses import FrozenInstanceError, replace
from fractions import Fraction
from typing import Any, get_args

import pytest
import spellings
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import synthgym.verifiers
from synthgym.errors import GoldError, SettingError
from synthgym.verifiers.equivalence.engine import FAILED, Gold, equivalent, equivalent_batch, parse_gold
from synthgym.verifiers.equivalence.types import BOUNDS, Bounds, Equivalence, Kind, Status

CLASSES = tuple(group for groups in spellings.CLASSES.values() for group in groups)
SPELLINGS = tuple(text for group in CLASSES for text in group)
STATUSES = get_args(Status)
FAST = settings(
    max_examples=200, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
SLOW = settings(max_examples=10_000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
MATRIX = r"\begin{pmatrix}1&2\\3&4\end{pmatrix}"


def sound(verdict: Equivalence) -> bool:
    """What holds of every verdict."""
    reason = verdict.reason
    return (
        verdict.status in STATUSES
        and (verdict.status == "ok" or not verdict.match)
        and bool(verdict) is verdict.match
        and verdict.tier in (0, 1, 2)
        and reason.strip() == reason != ""
        and FAILED not in reason
        and reason.encode("utf-8").decode().isprintable()
    )


# Statuses.

BY_STATUS: dict[Status, tuple[str, ...]] = {
    "ok": (
        "7", "7.0", r"\sqrt{49}", r"\boxed{7}", "x=7", "14/2", "8", "x", "1,2", "7 or 8", "(1,2)",
        r"\infty", MATRIX, "x>2", r"\boxed{7} and \boxed{7.0}", r"\pm 7", "[7,8]", "7=7",
    ),
    "unparsed": (
        "", " ", "\n", r"\frac{1", "((", "7)", "\x00", "7\x1b", "\ud800", "@", r"\unknown{3}", "^", "7 +", "1 2 3",
        r"\begin{pmatrix}1&2", "~7", r"\approx 7", r"\text{even}", "\u0667", r"7\ud800", "7 $ 8 $", "{{7}}",
    ),
    "too_large": (
        "7" * 5_000, "x+" * 1_000 + "x", "9^9^9^9", "(10^9)!", "(1+" * 200 + "1" + ")" * 200, "1" * 1_000_000,
        r"2^{10^{10}}", r"\sqrt{" * 100 + "2" + "}" * 100,
    ),
    "contradiction": (
        "8=7", "7/0", r"\frac{0}{0}", "x=5=6", r"\boxed{7}\boxed{8}", r"\boxed{8} and \boxed{9}", "0^0",
        r"\ln 0", "7=7=8", "(-1)!", r"\tan\frac{\pi}{2}", r"\infty-\infty",
    ),
}  # fmt: skip


@pytest.mark.parametrize("status", BY_STATUS)
def test_statuses(status: Status) -> None:
    for answer in BY_STATUS[status]:
        verdict = equivalent("7", answer)
        assert verdict.status == status and sound(verdict), (answer[:80], verdict)
        assert status == "ok" or not verdict, (answer[:80], verdict)


def test_what_takes_too_long_is_a_timeout() -> None:
    gold = parse_gold("7", bounds=Bounds(seconds=1e-9))
    for answer in (r"\sqrt{49}", "x", "x+7-x", r"\int_0^7 1\,dx", "x+8"):
        verdict = equivalent(gold, answer)
        assert verdict.status == "timeout" and sound(verdict), (answer, verdict)
    assert equivalent(gold, "7.0").match, "the plainest numbers take no time worth counting"
    brief = parse_gold("7", bounds=Bounds(symbolic_seconds=1e-4))
    verdict = equivalent(brief, r"\int_0^1 x^{x^{x}}\,dx")
    assert verdict.status == "timeout" and sound(verdict), verdict


@pytest.mark.parametrize(
    ("bounds", "large"),
    [
        (Bounds(characters=10), "12345678901"),
        (Bounds(tokens=5), "1+1+1+1+1+1+1"),
        (Bounds(depth=2), "(1+(1+(1+(1+3)/2)/3)/5)"),
        (Bounds(digits=70), r"7+10^{-300}\sqrt{2}"),
    ],
)
def test_each_bound_counts(bounds: Bounds, large: str) -> None:
    gold = parse_gold("7", bounds=bounds)
    verdict = equivalent(gold, large)
    assert verdict.status == "too_large" and sound(verdict), verdict
    assert equivalent("7", large, bounds=bounds) == verdict
    assert equivalent(gold, "7.0").match and equivalent(gold, "(7)").match
    assert equivalent("7", large).status == "ok"


@pytest.mark.parametrize(
    "setting",
    [
        {"seconds": 0},
        {"seconds": -1.0},
        {"seconds": float("nan")},
        {"seconds": "x"},
        {"characters": 0},
        {"depth": -1},
        {"memory_mb": 0},
        {"symbolic_seconds": 0.0},
    ],
)
def test_bounds_are_above_zero(setting: dict[str, Any]) -> None:
    (name,) = setting
    with pytest.raises(SettingError, match=rf"Bounds\({name}=.*a number above 0 is needed"):
        Bounds(**setting)


def test_verdicts_and_bounds_are_values() -> None:
    verdict = equivalent("7", "8")
    assert verdict == pickle.loads(pickle.dumps(verdict)) and not verdict and {verdict: 1}[verdict] == 1
    with pytest.raises(FrozenInstanceError):
        verdict.match = True  # type: ignore[misc]
    assert Bounds() == BOUNDS and replace(BOUNDS, seconds=2.0) != BOUNDS


def test_the_names_of_the_package_are_these() -> None:
    assert synthgym.verifiers.equivalent is equivalent
    assert synthgym.verifiers.parse_gold is parse_gold
    assert synthgym.verifiers.equivalent_batch is equivalent_batch
    assert synthgym.verifiers.Gold is Gold and synthgym.verifiers.Bounds is Bounds


# No raising.

GOLDS = (
    "7",
    r"\sqrt{2}",
    "x^2+1",
    r"\{1,2\}",
    "(1,2)",
    "x>2",
    "y=2x+1",
    r"\text{even}",
    "B",
    MATRIX,
    r"5\text{ cm}",
)
PIECES = st.one_of(
    st.sampled_from(SPELLINGS), st.text(max_size=6), st.sampled_from("\\{}()[]^_=<>$|,.!%&/*+-±\x00\ud800")
)


def never_raises(answer: str) -> None:
    for gold in GOLDS:
        verdict = equivalent(gold, answer)
        assert sound(verdict), (gold, answer, verdict)


@FAST
@given(st.text(st.characters(), max_size=40))
def test_any_text_gets_a_verdict(answer: str) -> None:
    never_raises(answer)


@FAST
@given(st.lists(PIECES, min_size=1, max_size=5).map("".join))
def test_glued_pieces_get_a_verdict(answer: str) -> None:
    never_raises(answer)


@pytest.mark.slow
@SLOW
@given(st.one_of(st.text(st.characters()), st.lists(PIECES, max_size=8).map("".join)))
def test_much_text_gets_a_verdict(answer: str) -> None:
    never_raises(answer)


@pytest.mark.parametrize("answer", [None, 7, 7.0, b"7", ["7"], Fraction(7)])
def test_an_answer_that_is_no_text_is_an_error_of_the_caller(answer: Any) -> None:
    with pytest.raises(SettingError, match="text is needed"):
        equivalent("7", answer)
    with pytest.raises(SettingError, match="text is needed"):
        equivalent_batch(["7"], [answer])


# Gold.


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("", "''"), ("  ", "'  '"), (r"\frac{1", r"frac{1"), ("1/0", "'1/0'"), ("7\x00", r"7\\x00"),
        ("\ud800", r"\\ud800"),
        ("7" * 5_000, r"7777\.\.\. \(5002 characters\)"), ("8=7", "'8=7'"), ("0^0", r"'0\^0'"), ("(7", r"'\(7'"),
        (r"\{1,\frac{1}{0}\}", "frac"),
        ("9^9^9^9", r"9\^9"), (r"\ln 0", "ln 0"), (r"\tan\frac{\pi}{2}", "tan"),
    ],
)  # fmt: skip
def test_a_bad_gold_is_refused_with_its_value(text: str, shown: str) -> None:
    for read in (
        parse_gold,
        lambda gold: equivalent(gold, "7"),
        lambda gold: equivalent_batch([gold], ["7"]),
    ):
        with pytest.raises(GoldError, match=rf"gold .*{shown}") as caught:
            read(text)
        assert len(str(caught.value)) < 500 and str(caught.value).isprintable()


@pytest.mark.parametrize("gold", [None, 7, b"7", ["7"]])
def test_a_gold_that_is_no_text_is_refused(gold: Any) -> None:
    for read in (parse_gold, lambda gold: equivalent(gold, "7")):
        with pytest.raises(GoldError, match="gold is .* needed"):
            read(gold)


def test_a_bad_gold_is_refused_whatever_the_answer() -> None:
    for answer in ("1/0", "", "7"):
        with pytest.raises(GoldError):
            equivalent("1/0", answer)


@pytest.mark.parametrize("text", [group[0] for group in CLASSES[::5]])
def test_gold_pickles_and_is_a_key(text: str) -> None:
    gold = parse_gold(text, tolerance="0.5", bounds=Bounds(seconds=2.0))
    back = pickle.loads(pickle.dumps(gold))
    assert back == gold and hash(back) == hash(gold) and {gold: "found"}[back] == "found"
    assert (back.text, back.tolerance, back.bounds.seconds) == (text, Fraction(1, 2), 2.0)
    plain = parse_gold(text)
    assert plain != gold
    for answer in (text, f"${text}$", "99", r"\frac{1", "x"):
        assert equivalent(plain, answer) == equivalent(pickle.loads(pickle.dumps(plain)), answer)


def test_what_a_gold_was_read_with_counts_not_what_it_is_judged_with() -> None:
    gold = parse_gold("7", tolerance="0.1")
    assert equivalent(gold, "7.05") and equivalent(gold, "7.05", tolerance="0.001")
    assert not equivalent(parse_gold("7"), "7.05", tolerance="0.1")


# Kinds: what is read as gold and matches, what as an answer is refused, and what is refused as gold.

BY_KIND: dict[Kind, tuple[tuple[tuple[str, str], ...], tuple[tuple[str, str], ...], tuple[str, ...]]] = {
    "number": (
        (("5", "10/2"), ("5", "x=5"), (r"\frac{1}{2}", "0.5"), (r"50\%", "0.5"), (r"3\times 10^8", "300000000")),
        (("5", "2+3"), ("5", r"\sqrt{25}"), ("5", "10/2/1"), ("5", "5,6"), ("8", "2^3"), ("5", "x")),
        ("2+3", r"\sqrt{2}", "x", "1,2", "(1,2)", MATRIX, "x>2", r"\text{even}", "AB", "y=x"),
    ),
    "expression": (
        (("5", "2+3"), ("x^2", r"x\cdot x"), (r"\sqrt{8}", r"2\sqrt{2}"), ("x=5", "5")),
        (("5", "(5,6)"), ("x^2", "x>2"), ("5", r"\{5\}")),
        ("1,2", "(1,2)", "x>2", MATRIX, r"\{1\}"),
    ),
    "list": (
        (("1,2", "2,1"), ("1,2", "(2,1)"), ("5", "5"), (r"\{1,2\}", "2,1"), ("[1,2]", "2,1")),
        (("1,2", "x>2"), ("1,2", MATRIX), ("1,2", "[1,2)")),
        ("x>2", "[1,2)", MATRIX, "x=5"),
    ),
    "tuple": (
        (("(1,2)", "1,2"), ("1,2", "[1,2]"), ("(1,2,3)", r"\left(1,2,\frac{6}{2}\right)")),
        (("(1,2)", "1<x<2"), ("(1,2)", "[1,2)"), ("(1,2)", "7")),
        ("5", "x>2", "[1,2)", MATRIX),
    ),
    "set": (
        ((r"\{1,2\}", "2,1"), ("1,2", "2,1,1"), ("5", r"\{5\}"), (r"\emptyset", r"\{\}")),
        (("1,2", "(1,2)"), ("1,2", "x>2")),
        ("(1,2)", "[1,2]", "x>2", MATRIX),
    ),
    "interval": (
        (("(1,2)", "1<x<2"), ("[1,2)", r"1\le x<2"), ("x>2", r"(2,\infty)"), (r"(0,1)\cup(1,2)", r"(1,2)\cup(0,1)")),
        (("(1,2)", "7"), ("(1,2)", "1,2"), ("(1,2)", "(1,2,3)"), ("(1,2)", "x=5")),
        ("7", "1,2", "x=5", "(1,2,3)", MATRIX),
    ),
    "equation": (
        (("2x+4y=3", "2x+4y-3=0"), ("y=2x+1", "2x-y=-1"), ("x^2+y^2=1", "1=y^2+x^2")),
        (("2x+4y=3", "3"), ("y=2x+1", "2x+1"), ("y=2x+1", "y>2x+1")),
        ("7", "x>2", "1,2", "(1,2)", MATRIX),
    ),
    "inequality": (
        (("x>2", "2<x"), ("x>2", r"(2,\infty)"), ("1<x<2", "2>x>1"), ("x>2", "2x>4")),
        (("x>2", "2"), ("x>2", "x=2")),
        ("7", "x=2", MATRIX, "x^2"),
    ),
    "matrix": (
        ((MATRIX, r"\begin{bmatrix}1&2\\3&4\end{bmatrix}"), (MATRIX, MATRIX.replace("4", r"\sqrt{16}"))),
        ((MATRIX, "7"), (MATRIX, "x=5"), (MATRIX, "x>2")),
        ("7", "x>2", "x=5", "x^2"),
    ),
    "choice": (
        (("B", "b"), ("B", "(B)"), ("B", "B."), ("B", "(b)"), ("(B)", "B"), ("B", "Option B"), ("B", r"\text{B}")),
        (("B", "7"), ("B", "B+1"), ("B", "(A,B)")),
        ("7", "x+1", "(1,2)", "x>2"),
    ),
    "text": (
        (("even", "Even"), (r"\text{even}", "even"), ("July 4", r"\text{July 4}")),
        (),
        ("",),
    ),
}  # fmt: skip


def test_every_kind_is_here() -> None:
    assert set(BY_KIND) == set(get_args(Kind))


@pytest.mark.parametrize("kind", BY_KIND)
def test_kinds(kind: Kind) -> None:
    accepted, refused, no_gold = BY_KIND[kind]
    for gold, answer in accepted:
        assert equivalent(gold, answer, kind=kind).match, (gold, answer, equivalent(gold, answer, kind=kind))
        assert equivalent(parse_gold(gold, kind=kind), gold).match
    for gold, answer in refused:
        verdict = equivalent(gold, answer, kind=kind)
        assert verdict.status == "unparsed" and sound(verdict), (gold, answer, verdict)
    for text in no_gold:
        with pytest.raises(GoldError, match="cannot be read"):
            parse_gold(text, kind=kind)


@pytest.mark.parametrize(
    ("kind", "gold", "answer"),
    [
        ("number", "5", "6"), ("expression", "x^2", "x^3"), ("list", "1,2", "1,2,2"), ("tuple", "(1,2)", "(2,1)"),
        ("set", "1,2", "1,2,3"), ("interval", "(1,2)", "[1,2]"), ("equation", "y=2x+1", "y=2x+2"),
        ("inequality", "x>2", r"x\ge 2"), ("matrix", MATRIX, MATRIX.replace("4", "5")), ("choice", "B", "C"),
        ("text", "even", "odd"), ("choice", "B", "AB"), ("text", "even", "not even"), ("interval", "(1,2)", "x>1"),
        ("tuple", "(1,2)", "(1,2,3)"), ("set", "1,2", "1"), ("list", "1,2", "1"), ("equation", "y=2x+1", "x=2y+1"),
    ],
)  # fmt: skip
def test_what_is_of_a_kind_and_differs_does_not_match(kind: Kind, gold: str, answer: str) -> None:
    assert not equivalent(gold, answer, kind=kind).match


@pytest.mark.parametrize("kind", ["number", "interval", "equation", "inequality", "matrix", "set", "tuple"])
@pytest.mark.parametrize("word", [r"\text{even}", "AB", "no idea", "Option C", "(B)"])
def test_words_are_of_no_other_kind(kind: Kind, word: str) -> None:
    if kind == "set" and word in ("AB", "(B)"):
        return  # the set of one product
    with pytest.raises(GoldError, match="cannot be read"):
        parse_gold(word, kind=kind)


def test_a_pair_in_brackets_is_what_the_other_side_asks_for() -> None:
    for answer in ("1,2", r"\left(1,2\right)", "1<x<2", "2>x>1", "(1,2)", r"x\in(1,2)"):
        assert equivalent("(1,2)", answer).match, answer
    for answer in ("(2,1)", "[1,2]", "[1,2)", r"1\le x<2", "2,1", "(1,3)"):
        assert not equivalent("(1,2)", answer).match, answer
    assert equivalent("1<x<2", "(1,2)") and equivalent("1,2", "(1,2)")
    assert not equivalent("(1,2)", "1<x<2", kind="tuple")
    assert not equivalent("(1,2)", "1,2", kind="interval")


@pytest.mark.parametrize("kind", ["nubmer", "", "Number", 7])
def test_a_kind_that_is_none_is_named(kind: Any) -> None:
    with pytest.raises(SettingError, match="no kind of answer named"):
        parse_gold("7", kind=kind)
    with pytest.raises(SettingError, match="no kind of answer named"):
        equivalent("7", "7", kind=kind)
    with pytest.raises(SettingError, match="did you mean number"):
        parse_gold("7", kind="nubmer")  # type: ignore[arg-type]


# Tolerance.


@pytest.mark.parametrize("tolerance", ["0.1", "1/10", "1e-1", Fraction(1, 10), ".1"])
def test_tolerance_is_absolute_exact_and_inclusive(tolerance: str | Fraction) -> None:
    for gold, answers in {
        "7": (
            "7.1",
            "6.9",
            "7.05",
            r"\sqrt{49.5}",
            r"7+\frac{1}{10}",
            "x=7.1",
            "(7.1)",
            r"\frac{71}{10}",
            "14.2/2",
        ),
        r"\sqrt{2}": ("1.41", "1.4", r"\sqrt{2}+0.1", "1.5"),
        r"\pi": ("22/7", "3.14", "3.2"),
        "1,2": ("1.1,2", "2,1.05", "0.9,2.1"),
        "(1,2)": ("(1.1,1.9)",),
        r"\{1,2\}": (r"\{1.1,2\}",),
        MATRIX: (MATRIX.replace("4", "4.1"),),
        "1+2i": ("1.05+2i",),
    }.items():
        for answer in answers:
            verdict = equivalent(gold, answer, tolerance=tolerance)
            assert verdict.match and sound(verdict), (gold, answer, verdict)
            assert not equivalent(gold, answer), (gold, answer)
    for gold, answer in (("7", "7.1000000000000001"), ("7", "6.89999999999999999"), (r"\sqrt{2}", "1.3"),
                         ("1,2", "1.2,2"),
                         ("(1,2)", "(1,2.11)"), ("x^2+1", "x^2+1.05"), ("7", "8"), ("7", "7,7.05")):  # fmt: skip
        assert not equivalent(gold, answer, tolerance=tolerance), (gold, answer)


@pytest.mark.parametrize(
    "text", [r"\int_0^3 1\,dx", r"\lim_{x\to 0}\frac{\sin 3x}{x}", r"\sum_{k=1}^{\infty}\frac{6}{2^k 2}"]
)
def test_tolerance_and_what_only_sympy_can_do(text: str) -> None:
    verdict = equivalent("3", text, tolerance="0.1")
    assert sound(verdict) and (verdict.match or verdict.status != "ok"), verdict
    assert not equivalent("4", text, tolerance="0.1")
    assert equivalent(parse_gold(text, tolerance="0.1"), text)


def test_no_tolerance_is_exact() -> None:
    for tolerance in (None, "0", Fraction(0)):
        assert equivalent("7", "7.0", tolerance=tolerance)
        assert not equivalent("7", "7." + "0" * 300 + "1", tolerance=tolerance)
        assert not equivalent(r"\pi", "3.14159265358979", tolerance=tolerance)


@pytest.mark.parametrize(
    "tolerance",
    ["-1", "-1e-9", Fraction(-1, 2), "nan", "inf", "x", "", "1/0", "0.1%", "1 2", float("nan"), float("inf")],
)
def test_nonsense_for_a_tolerance_is_refused(tolerance: Any) -> None:
    for read in (
        lambda: parse_gold("7", tolerance=tolerance),
        lambda: equivalent("7", "7", tolerance=tolerance),
    ):
        with pytest.raises(SettingError, match="tolerance"):
            read()


# Batches.


def test_a_batch_is_judged_like_its_pairs() -> None:
    rng = random.Random(5)
    golds: list[str | Gold] = [rng.choice(rng.choice(CLASSES)) for _ in range(150)]
    answers = [rng.choice(rng.choice(CLASSES)) if rng.random() < 0.5 else str(gold) for gold in golds]
    one_by_one = [equivalent(gold, answer) for gold, answer in zip(golds, answers, strict=True)]
    assert equivalent_batch(golds, answers) == one_by_one
    assert equivalent_batch([parse_gold(str(gold)) for gold in golds], answers) == one_by_one
    assert 20 < sum(map(bool, one_by_one)) < 130
    assert equivalent_batch(golds * 3, answers * 3) == one_by_one * 3
    assert equivalent_batch(tuple(golds), tuple(answers)) == one_by_one
    assert equivalent_batch([], []) == []


def test_a_batch_passes_its_settings_on() -> None:
    assert [bool(v) for v in equivalent_batch(["7", "(1,2)"], ["7.05", "(1.05,2)"], tolerance="0.1")] == [
        True,
        True,
    ]
    assert [v.status for v in equivalent_batch(["5"], ["2+3"], kind="number")] == ["unparsed"]
    assert [v.status for v in equivalent_batch(["5"], ["2+3+0+0"], bounds=Bounds(tokens=4))] == ["too_large"]


@pytest.mark.parametrize(("golds", "answers"), [(["7"], []), ([], ["7"]), (["7"], ["7", "8"])])
def test_a_batch_needs_as_many_golds_as_answers(golds: list[str], answers: list[str]) -> None:
    with pytest.raises(SettingError, match=f"{len(golds)} golds and {len(answers)} answers"):
        equivalent_batch(golds, answers)


# Properties.


def one_way_is_the_other(one: str, other: str) -> None:
    """Symmetric, percentages aside, of which gold may drop the sign; and what is read matches itself."""
    there, back = equivalent(one, other), equivalent(other, one)
    assert sound(there) and sound(back)
    if {there.status, back.status} == {"ok"} and "%" not in one + other and "percent" not in one + other:
        assert there.match == back.match, (one, other, there, back)
    for text in (one, other):
        assert equivalent(text, text).match and equivalent(text, f" {text}\n").match, text


@FAST
@given(st.sampled_from(SPELLINGS), st.sampled_from(SPELLINGS))
def test_matching_is_symmetric_and_reflexive(one: str, other: str) -> None:
    one_way_is_the_other(one, other)


@FAST
@given(st.sampled_from(CLASSES), st.data())
def test_matching_is_symmetric_within_a_class(group: tuple[str, ...], data: st.DataObject) -> None:
    one, other = data.draw(st.sampled_from(group)), data.draw(st.sampled_from(group))
    one_way_is_the_other(one, other)
    assert equivalent(one, other).match


@pytest.mark.slow
@SLOW
@given(st.sampled_from(SPELLINGS), st.sampled_from(SPELLINGS))
def test_matching_is_symmetric_and_reflexive_at_length(one: str, other: str) -> None:
    one_way_is_the_other(one, other)


def plain_forms(value: Fraction) -> st.SearchStrategy[str]:
    """Spellings that the first tier reads."""
    forms = [f"{value.numerator}/{value.denominator}", rf"\frac{{{value.numerator}}}{{{value.denominator}}}"]
    if value.denominator == 1:
        forms += [str(value), f"{value.numerator:,}", f"{value}.0", f"+{value}".replace("+-", "\u2212")]
    if 10**9 % value.denominator == 0:
        digits = f"{abs(value.numerator) * (10**9 // value.denominator):010d}"
        forms.append(f"{'-' if value < 0 else ''}{digits[:-9]}.{digits[-9:]}")
    return st.sampled_from(forms)


NUMBERS = st.one_of(
    st.integers(-(10**6), 10**6).map(Fraction),
    st.integers(-(10**60), 10**60).map(Fraction),
    st.fractions(max_denominator=10**6),
    st.tuples(st.integers(-(10**12), 10**12), st.integers(0, 9)).map(
        lambda pair: Fraction(pair[0], 10 ** pair[1])
    ),
)


@settings(FAST, max_examples=400)
@given(NUMBERS, NUMBERS, st.booleans(), st.data())
def test_the_fast_path_agrees_with_the_slow_one(
    one: Fraction, other: Fraction, same: bool, data: st.DataObject
) -> None:
    gold = data.draw(plain_forms(one))
    answer = data.draw(plain_forms(one if same else other))
    fast = equivalent(gold, answer)
    braced = f"{{{gold}}}", f"{{{answer}}}"
    slow = [equivalent(gold, braced[1]), equivalent(*braced), equivalent(braced[0], answer)]
    assert fast.tier == 0 and slow[0].tier == 1, (gold, answer, fast, slow)
    expected = same or one == other
    assert [verdict.match for verdict in (fast, *slow)] == [expected] * 4, (gold, answer)
    assert {verdict.status for verdict in (fast, *slow)} == {"ok"}


SLOW_MARKS = ("\\int", "∫", "\\sum", "∑", "\\prod", "\\lim")
"""What may go to sympy, where a busy machine can run out of time."""
JUDGE = """
import json, sys
from synthgym.verifiers.equivalence.engine import equivalent
pairs = json.load(sys.stdin)
verdicts = [equivalent(gold, answer) for gold, answer in pairs]
print(json.dumps([[verdict.match, verdict.status, verdict.reason, verdict.tier] for verdict in verdicts]))
"""


def test_verdicts_and_reasons_are_the_same_in_every_process() -> None:
    rng = random.Random(11)
    swift = [group for group in CLASSES if not any(mark in "".join(group) for mark in SLOW_MARKS)]
    pairs = [(rng.choice(rng.choice(swift)), rng.choice(rng.choice(swift))) for _ in range(200)]
    pairs += [(group[0], rng.choice(group)) for group in swift[::2]]
    here = [equivalent(gold, answer) for gold, answer in pairs]
    expected = [[verdict.match, verdict.status, verdict.reason, verdict.tier] for verdict in here]
    for seed in ("0", "4711"):
        done = subprocess.run(
            [sys.executable, "-c", JUDGE],
            input=json.dumps(pairs), capture_output=True, text=True, timeout=300, check=False,
            env={**os.environ, "PYTHONHASHSEED": seed},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr[-2_000:]
        found = json.loads(done.stdout)
        assert found == expected, [
            trio for trio in zip(pairs, found, expected, strict=True) if trio[1] != trio[2]
        ][:3]
