"""Write a regular expression whose full matches are exactly the texts of a described form.

Truth is what ``re.fullmatch`` says of 80 to 250 hidden texts: all short ones over the characters that matter, drawn
ones and near misses, long ones, and one for each mistake in a list of mistakes (a count off by one, a class
wider or narrower, a part dropped, no anchor, ...) that tells it from the language. Members are decided by an
automaton of our own. Accepted answers: any pattern of Python's ``re`` that is right on all of them within 2
seconds, in whatever form; white space round it is taken off.

Difficulty grows the parts of the form (2 to 7), and adds counts, words, classes, groups, ranges, signs that
need a backslash, and repetitions inside of repetitions. A line earns what the pattern is worth (share of members
matched minus share of others matched) if the pattern is worth less without it: process credit, from execution.
There are 896 instances of difficulty 0; the best constant answer is right in about 0.2% of them.

    any a, 2 b?     a*b{2}
"""

import hashlib
import re
from collections.abc import Mapping, Sequence

from synthgym.envs.code._code_family import CodeFamily
from synthgym.envs.code._regex_automaton import Automaton, shortest
from synthgym.envs.code._regex_draw import draw
from synthgym.envs.code._regex_judge import find, is_regular, tells, worths
from synthgym.envs.code._regex_language import Node, pack, pattern, unpack
from synthgym.envs.code._regex_strings import characters, examples
from synthgym.envs.code._regex_words import compact, english
from synthgym.envs.code._without_lines import line_credits, outside
from synthgym.facts import FrozenDict
from synthgym.plugins import register_family
from synthgym.rng import Rng
from synthgym.types import Judgement, Response, Solution, Task

_MEMBERS = 8
"""A language has at least so many members: more than are shown."""


@register_family
class RegexSynthesis(CodeFamily):
    """``any a, 2 b`` is written ``a*b{2}``."""

    version = 0
    chance = 0.003

    def generate(self, rng: Rng, difficulty: int) -> Mapping[str, object]:
        while True:
            node = draw(rng, difficulty)
            if len(shortest(Automaton(node), characters(node), _MEMBERS)) == _MEMBERS:
                return {"language": pack(node)}

    def question(self, facts: FrozenDict, template: str) -> str:
        node = _language(facts)
        if template == "compact":
            return f"{compact(node)}?"
        members, others = examples(node)
        return (
            "Write one regular expression for Python's re module. re.fullmatch(pattern, text) must match a text "
            f"exactly if it is of this form: {english(node)}.\n"
            "In a repetition each round is free to choose anew; parentheses in this description only show what belongs "
            "together. Letters are told by case, and texts are of ASCII characters.\n"
            f"Texts that must match: {', '.join(map(_quoted, members))}.\n"
            f"Texts that must not: {', '.join(map(_quoted, others))}.\n"
            "Write the pattern alone, with no quotes or slashes round it."
        )

    def solve(self, facts: FrozenDict, template: str) -> Solution:
        return Solution((), pattern(_language(facts)))

    def is_correct(self, task: Task, answer: str) -> bool:
        return find(_language(task.facts), answer).right

    def canonical_answer(self, task: Task, answer: str) -> str | None:
        """A name for which hidden texts it matches: patterns for one language are one answer."""
        behaviour = find(_language(task.facts), answer).behaviour
        return hashlib.sha256(bytes(behaviour)).hexdigest()[:16] if behaviour else None

    def fits(self, task: Task, answer: str, instances: int) -> bool:
        """Whether the pattern is right about the first `instances` example texts of each sort."""
        members, others = examples(_language(task.facts))
        return tells(answer, members[:instances], others[:instances])

    def enumerated(self, task: Task, instances: int) -> str | None:
        """The first member texts as alternatives; None where they are the whole language, or match another example."""
        members, _ = examples(_language(task.facts))
        answer = "|".join(map(re.escape, members[:instances]))
        wrong = self.fits(task, answer, instances) and not self.is_correct(task, answer)
        return answer if wrong else None

    def check_step(self, task: Task, done: Sequence[str], step: str) -> bool:
        """No line stands alone: `judge` looks at the pattern as a whole, with and without each of its lines."""
        return False

    def judge(self, task: Task, response: Response) -> Judgement:
        node = _language(task.facts)
        credits = line_credits(response, lambda patterns: worths(node, patterns))
        return Judgement(self.is_right(task, response), credits)

    def criteria(self, task: Task, response: Response, judged: Judgement) -> Mapping[str, float]:
        answer = response.answer
        found = find(_language(task.facts), answer or "")
        compiles = answer is not None and found.compiles
        tidy = not outside(response) and all(credit == 1 for credit in judged.step_credits)
        return {
            "parses": float(compiles),
            "signature": float(compiles and is_regular(answer or "")),
            "runs": float(compiles and found.ended),
            "tests": sum(found.groups) / len(found.groups) if compiles else 0.0,
            "tidy": float(tidy),
        }


def _language(facts: FrozenDict) -> Node:
    return unpack(facts["language"])


def _quoted(text: str) -> str:
    return f'"{text}"'
