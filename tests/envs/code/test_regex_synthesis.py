"""A pattern is right if it matches the very language, whatever it looks like; and nothing else is."""

import re
import time
from dataclasses import replace

import pytest

from synthgym.envs.code._regex_automaton import Automaton, difference
from synthgym.envs.code._regex_judge import find, is_regular, worths
from synthgym.envs.code._regex_language import Node, OneOf, Repeat, Sequence, Text, pack, pattern, unpack
from synthgym.envs.code._regex_mutants import mutants
from synthgym.envs.code._regex_strings import characters, examples, hidden
from synthgym.envs.code._regex_words import compact, english
from synthgym.facts import FrozenDict, freeze
from synthgym.family import Family
from synthgym.parsing import parse, render
from synthgym.plugins import get_family
from synthgym.types import Solution, Task
from synthgym.verifiers.generic.rubric import Rubric
from synthgym.verifiers.generic.token import Token

SOME = unpack(
    freeze(["seq", ["rep", ["or", ["text", "ab"], ["text", "c"]], 1, None], ["one", "0123456789", True]])
)
"""``(ab|c)+[0-9]``"""


@pytest.fixture(scope="module")
def family() -> Family:
    return get_family("regex_synthesis")


@pytest.fixture(scope="module")
def task(family: Family) -> Task:
    """A task about `SOME`."""
    facts = freeze({"language": pack(SOME)})
    assert isinstance(facts, FrozenDict)
    some = family.task(0)
    return replace(
        some, facts=facts, prompt=family.question(facts, "compact"), reference=family.solve(facts, "compact")
    )


def language(task: Task) -> Node:
    return unpack(task.facts["language"])


def tasks(family: Family, seeds: int) -> list[Task]:
    return [family.task(seed, difficulty=d) for d in range(11) for seed in range(seeds)]


def test_a_language_is_said_in_three_ways(task: Task) -> None:
    assert pattern(SOME) == "(ab|c)+[0-9]"
    assert compact(SOME) == "some (ab or c), digit"
    assert english(SOME) == 'one or more times (either "ab" or "c"), then one digit 0-9'
    assert task.prompt == "some (ab or c), digit?"


def test_the_automaton_agrees_with_python_on_every_worked_solution(family: Family) -> None:
    for task in tasks(family, 6):
        compiled = re.compile(task.reference.answer)
        for group in hidden(language(task)):
            assert {is_in for _, is_in in group} == {True, False}, task.prompt
            for text, is_in in group:
                assert (compiled.fullmatch(text) is not None) == is_in, (task.reference.answer, text)


def test_there_are_many_hidden_strings_and_the_shown_ones_are_told_rightly(family: Family) -> None:
    for task in tasks(family, 4):
        node = language(task)
        assert 55 <= sum(map(len, hidden(node))) <= 300
        members, others = examples(node)
        assert members and others
        assert all(Automaton(node).accepts(text) for text in members)
        assert not any(Automaton(node).accepts(text) for text in others)


@pytest.mark.parametrize(
    "answer",
    [
        *("(ab|c)+[0-9]", "(?:c|ab)+\\d", "^(ab|c)+[0-9]$", "(?:ab|c)(?:ab|c)*[0-9]", "  (ab|c)+[0-9]\n"),
        *(
            "(?P<word>ab|c){1,}[0123456789]",
            "(?x)(ab|c)+  # some\n[0-9]  # digit",
            "(?:(?:ab)*c*)+(?<=[bc])[0-9]",
        ),
        *("(?!\\d)(ab|c)*\\d", "(ab|c)++[0-9]", "(?s:(ab|c)+[0-9])", "(ab|c)+(0|1|2|3|4|5|6|7|8|9)"),
    ],
)
def test_every_pattern_of_the_language_is_right(family: Family, task: Task, answer: str) -> None:
    assert family.is_correct(task, answer)
    assert family.canonical_answer(task, answer) == family.canonical_answer(task, task.reference.answer)


@pytest.mark.parametrize(
    "answer",
    [
        *("", " ", ".*", "[^x]*", "ab1", "(ab|c)+", "(ab|c)*[0-9]", "(ab|c)[0-9]", "ab|c+[0-9]", "(ab|c)+[1-9]"),
        *("(ab|c)+[0-8]", "(ab|c)+\\w", "(ab|c)+.", "(ab|c)+[0-9]+", "(ab|c)+[0-9]?", "[abc]+[0-9]"),
        *("(?i)(ab|c)+[0-9]", ".*(ab|c)+[0-9]", "(ab|c)+[0-9].*", "(ab|c)+[0-9] or ab", "(ab|c", "[", "*", "a{2,1}"),
        *("(ab|c){1,9}[0-9]",),
        *("\\", "(?P<1>a)", "(?z)", "a{99999999999}", "(" * 5_000 + ")" * 5_000, "\ud800", "\x00", "x" * 1_000_000),
        *("re.compile('(ab|c)+[0-9]')", "r'(ab|c)+[0-9]'", "/(ab|c)+[0-9]/", "some (ab or c), digit"),
    ],
)  # fmt: skip
def test_every_other_pattern_is_wrong(family: Family, task: Task, answer: str) -> None:
    assert family.is_correct(task, answer) is False


@pytest.mark.parametrize("answer", ["(a*)*$x|(a|a)*b|((ab|c)*)*x", "((ab|c)+)+x", "(((ab|c)*)*)*[0-9]x"])
def test_a_catastrophic_pattern_costs_no_more_than_its_time(family: Family, task: Task, answer: str) -> None:
    started = time.monotonic()
    assert family.is_correct(task, answer) is False
    assert time.monotonic() - started < 4


def test_mutants_and_constants_fail_in_the_sandbox(family: Family) -> None:
    for task in tasks(family, 2):
        node = language(task)
        alphabet = characters(node)
        members, _ = examples(node)
        cheats = ["|".join(map(re.escape, members)), *map(re.escape, members), ".*", ".+", "", "(?!)"]
        answer = task.reference.answer
        cheats += [
            f".*({answer})",
            f"({answer}).*",
            f"(?i){answer}" if re.search("[a-zA-Z]", answer) else ".*",
            f"({answer})?x",
        ]
        for cheat in cheats:
            assert not find(node, cheat).right, (task.prompt, cheat)
        told = 0
        for mutant in list(mutants(node, alphabet))[::9]:
            if difference(Automaton(node), Automaton(mutant), alphabet) is not None:
                told += 1
                assert not find(node, pattern(mutant)).right, (task.prompt, pattern(mutant))
        assert told


def test_differences_are_shortest_and_real() -> None:
    one, other = Repeat(Text("a"), 0, None), Repeat(Text("a"), 0, 4)
    assert difference(Automaton(one), Automaton(other), "ab") == "aaaaa"
    same = Sequence((Repeat(Text("a"), 0, None), Text("a")))
    assert difference(Automaton(same), Automaton(Repeat(Text("a"), 1, None)), "ab") is None
    assert difference(Automaton(OneOf("ab")), Automaton(OneOf("abc")), "abc") == "c"


def test_what_matches_everything_or_nothing_is_worth_nothing() -> None:
    patterns = [".*", "(?!)", "garbage", "(", "(ab|c)+[0-9]", "(ab|c)+[1-9]"]
    everything, nothing, garbage, broken, right, near = worths(SOME, patterns)
    assert everything == nothing == garbage == broken == 0
    assert right == 1 and 0.5 < near < 1


def test_a_line_earns_if_the_pattern_is_worse_without_it(family: Family, task: Task) -> None:
    fenced = replace(task, answer_format="fenced")
    verbose = "(?x)\n(ab|c)+\n# digits\n(x?x?){0}\n[0-9]"
    response = parse(fenced, f"so it goes\n```\n{verbose}\n```")
    judged = family.judge(fenced, response)
    assert judged.truth
    assert dict(zip([step.text for step in response.steps], judged.step_credits, strict=True)) == {
        "so it goes": 0,
        "(?x)": 1,
        "(ab|c)+": 1,
        "# digits": 0,
        "(x?x?){0}": 0,
        "[0-9]": 1,
    }
    near = parse(task, "(ab|c)+[1-9]")
    credits = Token()(task, near).credits
    assert 0.5 < credits[0].value < 1 and credits[-1].value == 0


def test_the_rubric_tells_how_far_a_pattern_came(family: Family, task: Task) -> None:
    def components(answer: str) -> dict[str, float]:
        return dict(Rubric()(task, parse(task, render(Solution((), answer), "bare"))).components)

    assert components("(")["parses"] == 0
    assert components("(((ab|c)*)*)*[0-9]x")["runs"] == 0
    assert components(".*") == {"truth": 0, "parses": 1, "signature": 1, "runs": 1, "tests": 0, "tidy": 0}
    assert 0 < components("(ab|c){1,9}[0-9]")["tests"] < 1
    assert components("(?!\\d)(ab|c)*\\d")["signature"] == 0
    assert set(components(task.reference.answer).values()) == {1}


@pytest.mark.parametrize("text", ["a(b|c)+", "[(?=]", "\\\\1", "(?:a)", "(?P<n>a)", "(?i)a", "[\\]1]", "\\d"])
def test_what_is_regular(text: str) -> None:
    assert is_regular(text)


@pytest.mark.parametrize(
    "text", ["(?=a)", "(?!a)", "(?<=a)b", "(?<!a)b", "(a)\\1", "(?P<n>a)(?P=n)", "(a)?(?(1)b|c)"]
)
def test_what_is_not(text: str) -> None:
    assert not is_regular(text)


def test_no_constant_answer_beats_the_stated_chance(family: Family) -> None:
    drawn = [language(family.task(seed)) for seed in range(600)]
    constants = ["a*a*", "a*b*", "a+b*", "[a-f]*", "a?b?", *{pattern(node) for node in drawn[:25]}]
    best = max(sum(all(re_right(node, constant)) for node in drawn) for constant in constants)
    assert best / len(drawn) < family.chance + 4 * (family.chance / len(drawn)) ** 0.5


def re_right(node: Node, constant: str) -> list[bool]:
    """Whether `constant`, a pattern of ours, tells each hidden string rightly."""
    compiled = re.compile(constant)
    return [
        (compiled.fullmatch(text) is not None) == is_in for group in hidden(node) for text, is_in in group
    ]


def test_the_easiest_tasks_are_short(family: Family) -> None:
    for seed in range(100):
        task = family.task(seed)
        assert task.prompt.endswith("?") and len(task.prompt) <= 17 and len(task.reference.answer) <= 8
