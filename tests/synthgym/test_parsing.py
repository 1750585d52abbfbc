from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

import synthgym
from synthgym.errors import SettingError
from synthgym.parsing import (
    ANSWER_FORMATS,
    MAX_ANSWER,
    MAX_COMPLETION,
    answer_format,
    fold,
    parse,
    render,
    unwrap,
)
from synthgym.types import Solution, Step

TASK = synthgym.get_family("chain_sum").task(0, difficulty=2)
NATURAL = replace(TASK, answer_format="line")
ANYTHING = st.text(st.characters(), max_size=200) | st.text("=\n Answer:\\boxed{}<>/answer$`*6", max_size=80)


@pytest.mark.parametrize(
    ("completion", "answer"),
    [
        ("Answer: 6", "6"),
        ("answer:6", "6"),
        ("Final Answer: 6", "6"),
        ("**Answer:** 6", "6"),
        ("The answer is: 6.", "6"),
        ("Answer: $6$", "6"),
        ("Answer: `6`", "6"),
        ("Answer: **6**", "6"),
        ("Answer: \\boxed{6}", "6"),
        ("So \\boxed{6} it is", "6"),
        ("\\boxed{\\frac{1}{2}}", "\\frac{1}{2}"),
        ("<answer>6</answer>", "6"),
        ("<ANSWER> 6 </ANSWER>", "6"),
        ("Answer: \u22126", "-6"),
        ("Answer: \uff16", "6"),
        ("1 + 5 = 6\nAnswer: 6\n", "6"),
        ("Answer: 6\nAnswer: 6", "6"),
        ("Answer: 6\n\\boxed{ 6 }", "6"),
        ("Answer: [1, 2]", "[1, 2]"),
        ("Answer: {}", "{}"),
    ],
)
def test_answers_are_found_and_unwrapped(completion: str, answer: str) -> None:
    assert parse(NATURAL, completion).answer == answer


@pytest.mark.parametrize(
    ("completion", "fault"),
    [
        ("", "no answer"),
        ("6", "no answer"),
        ("=6", "no answer"),
        ("Answer:", "no answer"),
        ("\\boxed{6", "no answer"),
        ("<answer>6", "no answer"),
        ("6</answer>", "no answer"),
        ("Answer: 6\nAnswer: 7", "conflicting"),
        ("\\boxed{6} or \\boxed{7}", "conflicting"),
        ("<answer>6</answer><answer>7</answer>", "conflicting"),
        ("Answer: 6\nAnswer:", "conflicting"),
        ("Answer: " + "6" * (MAX_ANSWER + 1), "answer too long"),
        ("6" * (MAX_COMPLETION + 1), "too long"),
    ],
)
def test_what_is_no_answer_says_why(completion: str, fault: str) -> None:
    response = parse(NATURAL, completion)
    assert response.answer is None
    assert response.fault is not None
    assert response.fault.startswith(fault)


def test_the_equals_marker_counts_only_in_its_format() -> None:
    assert parse(TASK, "=6").answer == "6"
    assert parse(NATURAL, "=6").answer is None


def test_lines_are_sorted_into_steps_answer_and_trailing() -> None:
    response = parse(TASK, "  1+2 \n\n3\n=6\nbye\n=6\n")
    assert [step.text for step in response.steps] == ["1+2", "3"]
    assert response.answer_span is not None
    assert response.answer_span.text == "=6"
    assert [line.text for line in response.trailing] == ["bye", "=6"]


@given(ANYTHING)
def test_spans_lie_where_they_say_and_parsing_never_fails(completion: str) -> None:
    for task in (TASK, NATURAL):
        response = parse(task, completion)
        spans = [
            *response.steps,
            *([response.answer_span] if response.answer_span else []),
            *response.trailing,
        ]
        assert all(completion[span.start : span.end] == span.text != "" for span in spans)
        assert [span.start for span in spans] == sorted(span.start for span in spans)
        assert (response.answer is None) == (response.fault is not None)


@given(ANYTHING)
def test_unwrapping_twice_changes_nothing(text: str) -> None:
    assert unwrap(unwrap(text)) == unwrap(text)


@given(
    st.lists(st.from_regex(r"[a-z0-9+ ]{1,10}", fullmatch=True), max_size=4),
    st.sampled_from(sorted(ANSWER_FORMATS)),
)
def test_what_render_writes_parse_reads(steps: list[str], form: str) -> None:
    solution = Solution(tuple(Step(text) for text in steps), "42")
    response = parse(replace(TASK, answer_format=form), render(solution, form))
    assert response.answer == "42"
    assert [span.text for span in response.steps] == [text.strip() for text in steps if text.strip()]


def test_fold_forgets_white_space_and_case() -> None:
    assert fold(" A  b\n") == fold("a B") == "a b"
    assert fold("[1, 2 ]") == fold("[1,2]")
    assert fold("1 2") != fold("12")
    assert fold("1 1/2") != fold("11/2")


def test_what_is_written_above_the_line_is_not_glued_to_it() -> None:
    assert unwrap("5\u00b2") == "5\u00b2"
    assert parse(NATURAL, "Answer: 1 2\nAnswer: 12").fault is not None


def test_an_unknown_format_names_the_nearest() -> None:
    with pytest.raises(SettingError, match="did you mean boxed"):
        answer_format("boxd")
