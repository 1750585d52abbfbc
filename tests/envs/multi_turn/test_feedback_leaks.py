"""No feedback, whatever it is asked of, spells the reference answer or a hidden test."""

import pytest

import synthgym
from synthgym.envs.multi_turn.dialogue import Dialogue
from synthgym.envs.multi_turn.feedback import MAX_NAMES, Finding, words
from synthgym.envs.multi_turn.settings import FEEDBACKS, Turns
from synthgym.parsing import render
from synthgym.plugins import as_signal, get_family
from synthgym.types import Task
from synthgym.verifiers.responses import labelled_responses

HOSTILE = ["", "\n\n", "=", "```\n\n```", "\ud800\x00\x1b", "x\n" * 300, "?" * 5000, "Answer:\nAnswer: "]


def attempts_at(task: Task) -> list[str]:
    """Wrong responses of all kinds: nearly right, wrong, cut short, and hostile."""
    labelled = labelled_responses(task)
    right = render(task.reference, task.answer_format)
    lines = right.split("\n")
    return [text for label, text in labelled.items() if label != "right"] + [
        "\n".join(lines[:-1]),
        "\n".join(lines[1:]),
        *HOSTILE,
    ]


@pytest.mark.parametrize("name", synthgym.families())
@pytest.mark.parametrize("template", ["compact", "natural"])
def test_no_feedback_spells_the_answer_or_a_hidden_test(name: str, template: str) -> None:
    family = get_family(name)
    hidden = getattr(family, "hidden_tests", lambda task: ())
    told = set()
    for seed, difficulty in ((0, 0), (1, 2), (2, 5)):
        task = family.task(seed, difficulty=difficulty, template=template)
        answer = task.reference.answer
        for feedback in FEEDBACKS:
            turns = Turns(max_turns=2, feedback=feedback)
            for completion in attempts_at(task):
                attempt = Dialogue(task, as_signal("binary"), turns, None).attempt(completion)
                if attempt.last:
                    assert attempt.accepted, (feedback, completion)
                    continue
                told.add(attempt.told)
                assert answer not in attempt.told or answer in completion or answer in task.prompt
                for test in hidden(task):
                    assert repr(test["expected"]) not in attempt.told
                assert attempt.told.isprintable() and len(attempt.told) < 400
    assert len(told) > 3


def test_no_feedback_holds_a_digit_or_a_quote() -> None:
    for template in ("compact", "natural"):
        for feedback in FEEDBACKS:
            for line in [None, *range(1, 130), 999, 1000, 10**6]:
                for credit in (None, 0.0, 0.5):
                    text = words(template, feedback, Finding(line=line, credit=credit))
                    assert not any(character.isdigit() or character in "'\"`" for character in text)


def test_lines_are_told_apart() -> None:
    spoken = {words("natural", "step", Finding(line=line, credit=0.0)) for line in range(1, 1000)}
    assert len(spoken) == 999
    assert words("natural", "step", Finding(line=121, credit=0.0)).startswith(
        "Not accepted; line one hundred and twenty-one is"
    )
    marks = {words("compact", "step", Finding(line=line, credit=0.0)) for line in range(1, 33)}
    assert len(marks) == 32


def test_names_of_criteria_are_cut() -> None:
    from synthgym.envs.multi_turn.feedback import finding
    from synthgym.signal import Signal
    from synthgym.types import Verdict

    task = get_family("chain_sum").task(0)
    verdict = Verdict(reward=0.0, components={f"{'x' * 100}{i}": 0.0 for i in range(50)})
    signal = Signal(granularity="rubric", verifier=lambda task, response: 0.0)
    found = finding(task, "=1", verdict, signal, "criterion")
    assert len(found.criteria) == MAX_NAMES
    assert len(words("natural", "criterion", found)) < 400
