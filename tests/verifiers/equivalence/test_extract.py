"""Finding the answer that a response states: each rule, conflicts, hostile text."""

import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from synthgym.errors import SettingError
from synthgym.verifiers.equivalence.extract import (
    MAX_LAST_LINE,
    MAX_RESPONSE,
    RULES,
    Extracted,
    Rule,
    boxed,
    extract,
)

FORMS: dict[Rule, str] = {
    "boxed": "\\boxed{%s}",
    "tag": "<answer>%s</answer>",
    "label": "Answer: %s",
    "hash": "#### %s",
    "last_line": "%s",
}
ANSWERS = st.text("0123456789x+-/^(){}, ", min_size=1, max_size=12).map(str.strip).filter(bool)
BALANCED = ANSWERS.filter(lambda text: boxed(f"\\boxed{{{text}}}") == [text])
PIECES = st.sampled_from(
    [
        *"{}$%\\#*\n 7.=:",
        "\\boxed{",
        "\\fbox{",
        "\\boxed",
        "\\boxed 7",
        "<answer>",
        "</answer>",
        "<think>",
        "</think>",
    ]
    + [
        "Answer:",
        "the answer is",
        "So the final answer is:",
        "**Answer:**",
        "#### ",
        "\\[",
        "$$",
        "\\]",
        "\\{",
        "8",
        "\ud800",
    ]
)


@pytest.mark.parametrize(
    ("text", "contents"),
    [
        ("\\boxed{7}", ["7"]),
        ("\\fbox{7} and \\boxed {\n8\n}", ["7", "8"]),
        ("\\boxed{\\boxed{7}}", ["7"]),
        ("\\boxed{ $\\fbox{\\boxed{7}}$ }", ["7"]),
        ("\\boxed{x=\\boxed{7}}", ["x=(7)"]),
        ("\\boxed{8\\boxed{7}}", ["8(7)"]),
        ("\\boxed{\\boxed{7} or \\boxed{8}}", ["(7) or (8)"]),
        ("\\boxed{\\frac{1}{2}}", ["\\frac{1}{2}"]),
        ("\\boxed{\\{1, 2\\}}", ["\\{1, 2\\}"]),
        ("\\boxed{\\left\\{1\\right.}", ["\\left\\{1\\right."]),
        ("\\\\boxed{7}", ["7"]),
        ("\\boxed{1}\\\\boxed{7}", ["1", "7"]),
        ("\\boxed{8} %\\boxed{7}", ["8", "7"]),
        ("\\boxed{50%}", ["50%"]),
        ("} { \\boxed{7}", ["7"]),
        ("\\boxed{8 \\boxed{7}", ["7"]),
        ("\\boxed 7", []),
        ("\\boxed7", []),
        ("\\boxed{7", []),
        ("\\boxed{7\\}", []),
        ("\\boxed{}\\boxed{ }", []),
        ("\\boxedx{7} \\framebox{7} boxed{7}", []),
    ],
)
def test_boxes(text: str, contents: list[str]) -> None:
    assert boxed(text) == contents


@pytest.mark.parametrize(
    ("response", "rule", "answer"),
    [
        ("So \\boxed{\\text{7}}.\nAnswer: 8", "boxed", "\\text{7}"),
        ("\\boxed{x}=7 where x=8", "boxed", "x"),
        ("\\boxed{}\nAnswer: 7", "label", "7"),
        ("I get <answer>\n 7 </answer>.", "tag", "7"),
        ("<ANSWER>7</Answer>", "tag", "7"),
        ("<answer>8<answer>7</answer>", "tag", "8<answer>7"),
        ("Answer: 7", "label", "7"),
        ("final answer : $\\frac12$.", "label", "$\\frac12$"),
        ("The answer is 7.", "label", "7"),
        ("We have 3+4. So the answer is 7.", "label", "7"),
        ("We have 3+4, therefore, the final answer is: 7", "label", "7"),
        ("**Answer:** 7", "label", "7"),
        ("**Answer: 7**", "label", "7"),
        ("### **Final Answer**:  7", "label", "7"),
        ("> Answer: `7`", "label", "7"),
        ("**Final Answer**\r\n\r\n7\r\n", "label", "7"),
        ("Answer:\n\n$$\n\\frac{1}{2}\n$$\nThat is half.", "label", "\\frac{1}{2}"),
        ("Final Answer: The final answer is $7$. I hope it is correct.", "label", "$7$"),
        ("Answer: 7. Or maybe 8.", "label", "7. Or maybe 8"),
        ("Answer: 0.333...", "label", "0.333..."),
        ("3 + 4 = 7\n#### 7", "hash", "7"),
        ("#### Step 1\nfour\n\n####7.\n\n", "hash", "7"),
        ("##### 7", "last_line", "##### 7"),
        ("#### 7\nand so on", "last_line", "and so on"),
        ("Let us see.\n2 + 5 = 7", "last_line", "2 + 5 = 7"),
        ("Thus, x = 7.", "last_line", "x = 7"),
        ("We find\n\\[\n x = 7\n\\]\n", "last_line", "x = 7"),
        ("I doubt that the answer is 7", "last_line", "I doubt that the answer is 7"),
        ("<think>Answer: 8 \\boxed{8}</think>\n7", "last_line", "7"),
        ("Answer: 8</think>Answer: 7", "label", "7"),
    ],
)
def test_the_first_rule_that_finds_something_decides(response: str, rule: Rule, answer: str) -> None:
    assert extract(response) == Extracted(rule=rule, answer=answer)


@pytest.mark.parametrize(
    "response",
    [
        "",
        " \n\t",
        "\\boxed{7",
        "\\boxed 7",
        "so \\fbox{",
        "<answer>7",
        "7</answer>",
        "Answer:",
        "**Final Answer**",
        "**",
        ".",
    ]
    + ["x" * (MAX_LAST_LINE + 1)],
)
def test_what_states_nothing_has_no_answer(response: str) -> None:
    assert extract(response) == Extracted(fault="no_answer")


@pytest.mark.parametrize("response", ["<think>\\boxed{7}", "<think>a</think>\\boxed{7}<THINK>", "<think>7"])
def test_thoughts_that_do_not_end_leave_no_answer(response: str) -> None:
    assert extract(response) == Extracted(fault="unclosed_think")


@pytest.mark.parametrize(
    ("response", "rule", "conflict"),
    [
        ("\\boxed{8} %\\boxed{7}", "boxed", ("8", "7")),
        ("\\boxed{1/2} = \\boxed{0.5} = \\boxed{1/2}", "boxed", ("1/2", "0.5")),
        ("<answer>7</answer><answer>8</answer>", "tag", ("7", "8")),
        ("The answer is 7. The answer is 8.", "label", ("7", "8")),
        ("Answer: 7\nno:\nFinal answer:\n8", "label", ("7", "8")),
        ("#### 7\n\n#### 8", "hash", ("7", "8")),
    ],
)
def test_statements_that_differ_are_a_conflict(response: str, rule: Rule, conflict: tuple[str, ...]) -> None:
    assert extract(response) == Extracted(rule=rule, conflict=conflict)


def test_statements_that_differ_in_white_space_are_one() -> None:
    assert extract("\\boxed{x  + 1} \\boxed{x\n+ 1}").answer == "x  + 1"
    assert extract("\\boxed{1 2} \\boxed{12}").conflict == ("1 2", "12")


def test_rules_are_asked_in_the_order_given() -> None:
    response = "<answer>8</answer> \\boxed{7}"
    assert extract(response, where=("tag", "boxed")).answer == "8"
    assert extract(response, where="boxed").answer == "7"
    assert extract("so 7", where=["label", "hash"]).fault == "no_answer"


@pytest.mark.parametrize(
    ("where", "said"), [(("box",), "did you mean boxed"), ((), "where is empty"), ((3,), "no rule 3")]
)
def test_an_unknown_rule_is_named(where: tuple[Rule, ...], said: str) -> None:
    with pytest.raises(SettingError, match=said):
        extract("7", where=where)


@pytest.mark.parametrize("rule", RULES)
@given(answer=BALANCED)
def test_a_rendered_answer_comes_back(rule: Rule, answer: str) -> None:
    for before in ("", "Let x be 3.\n\n", "<think>\\boxed{5}\nAnswer: 6</think>\n"):
        assert extract(before + FORMS[rule] % answer, where=(rule,)) == Extracted(rule=rule, answer=answer)


@pytest.mark.parametrize("rule", ["boxed", "tag", "label", "hash"])
@given(one=BALANCED, other=BALANCED)
def test_two_statements_are_one_answer_only_if_they_are_the_same(rule: Rule, one: str, other: str) -> None:
    found = extract(f"{FORMS[rule] % one}\n{FORMS[rule] % other}")
    same = one.split() == other.split()
    assert (found.answer, found.conflict) == ((one, ()) if same else (None, (one, other)))


@given(st.text(max_size=80) | st.lists(PIECES, max_size=30).map("".join), st.permutations(RULES))
@example("\\boxed{\\boxed{}}", list(RULES))
@example("Answer:\nAnswer:\n\\[\n", list(RULES))
def test_any_text_has_an_answer_or_a_conflict_or_a_fault(response: str, where: list[Rule]) -> None:
    found = extract(response, where=where)
    assert (found.answer is not None) + bool(found.conflict) + (found.fault is not None) == 1
    assert bool(found.rule) == (found.fault is None)
    for statement in [found.answer, *found.conflict]:
        assert statement is None or statement.strip() == statement != ""


@pytest.mark.parametrize(
    "unit",
    [
        "a",
        "\n",
        " ",
        "{",
        "\\",
        "*",
        "#",
        "\\boxed{",
        "\\boxed ",
        "\\boxed{1}",
        "\\boxed{\\boxed{1}a",
        "<answer>",
        "</answer>",
    ]
    + [
        "<think></think>",
        "Answer:",
        "Answer:\n",
        "Answer: \\[\n",
        "Answer:\n\\[\n",
        ". answer is ",
        "#### 1\n",
        "**the ",
        "I hope ",
    ],
)
def test_hostile_text_takes_time_linear_in_its_length(unit: str) -> None:
    for text in (unit * (MAX_RESPONSE // len(unit)), "\\boxed{" + unit * (MAX_RESPONSE // len(unit) - 20)):
        started = time.process_time()
        extract(text)
        assert time.process_time() - started < 2.0


def test_nested_boxes_of_any_depth_are_read() -> None:
    depth = 100_000
    assert extract("\\boxed{" * depth + "7" + "}" * depth).answer == "7"


def test_too_long_a_response_is_not_read() -> None:
    assert extract("\\boxed{7}" + "a" * MAX_RESPONSE) == Extracted(fault="too_large")
    assert extract("a" * (MAX_RESPONSE - 9) + "\\boxed{7}").answer == "7"
