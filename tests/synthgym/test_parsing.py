from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

import synthgym
from synthgym.errors import SettingError
from synthgym.parsing import (
    CODE_FORMATS,
    LINE_FORMATS,
    MAX_ANSWER,
    MAX_CODE,
    MAX_COMPLETION,
    answer_format,
    fold,
    parse,
    render,
    unwrap,
)
from synthgym.types import Response, Solution, Step

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
    st.sampled_from(sorted(LINE_FORMATS)),
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


def code(completion: str, form: str = "bare") -> Response:
    return parse(replace(TASK, answer_format=form), completion)


@pytest.mark.parametrize("form", ["bare", "fenced"])
def test_code_is_the_block_between_fences_or_the_whole_completion(form: str) -> None:
    bare = code("def f(x):\n    return x  \n\n", form)
    assert bare.answer == "def f(x):\n    return x"
    assert [line.text for line in bare.steps] == ["def f(x):", "return x"]
    for opening in ("```", "```python", "  ```py  "):
        fenced = code(f"Let us see.\n{opening}\n  a = 1\n\n  b\n```\nDone.", form)
        assert fenced.answer == "  a = 1\n\n  b"
        assert fenced.body is not None
        assert fenced.completion[fenced.body.start : fenced.body.end] == fenced.answer
        assert [line.text for line in fenced.steps] == ["Let us see.", "a = 1", "b"]
        assert [line.text for line in fenced.trailing] == ["Done."]


@pytest.mark.parametrize(
    ("completion", "fault"),
    [
        ("", "no answer"),
        (" \n", "no answer"),
        ("```\nx\n", "no answer"),
        ("```\n```", "no answer"),
        ("```\na\n```\nor\n```\nb\n```", "conflicting"),
        ("a" * (MAX_CODE + 1), "too long"),
    ],
)
def test_code_that_cannot_be_judged_says_why(completion: str, fault: str) -> None:
    response = code(completion)
    assert response.answer is None
    assert response.fault is not None and fault in response.fault


def test_a_block_that_is_repeated_is_one_answer_and_the_second_trails() -> None:
    response = code("```\na\n```\nagain\n```\na\n```")
    assert response.answer == "a"
    assert [line.text for line in response.trailing] == ["again", "a"]


@given(ANYTHING)
def test_lines_of_code_lie_in_order_whatever_the_completion(text: str) -> None:
    response = code(text)
    spans = [*response.steps, *response.trailing]
    assert all(text[span.start : span.end] == span.text for span in spans)
    assert all(a.end <= b.start for a, b in zip(spans, spans[1:], strict=False))


@given(
    st.lists(st.from_regex(r"[a-z0-9+ ]{0,9}[a-z]", fullmatch=True), min_size=1, max_size=4),
    st.sampled_from(CODE_FORMATS),
)
def test_code_comes_back_as_it_was_written(lines: list[str], form: str) -> None:
    program = "\n".join(lines)
    assert code(render(Solution((), program), form), form).answer == program
