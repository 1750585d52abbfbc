"""Answers with infinitely many values: ``\\frac{\\pi}{4} + k\\pi, k \\in \\mathbb{Z}``.

Each value is an offset plus a whole multiple of a step. Two such answers are the same if their steps are, up to
sign, and their offsets differ by whole steps; the letter that counts may be another one.
"""

from dataclasses import dataclass
from fractions import Fraction

from synthgym.verifiers.equivalence.build import difference, map_exprs, negated, number
from synthgym.verifiers.equivalence.makeup import variables
from synthgym.verifiers.equivalence.normal import named
from synthgym.verifiers.equivalence.numeric import Evaluator, context
from synthgym.verifiers.equivalence.regions import substituted
from synthgym.verifiers.equivalence.tree import EXPRS, All, Expr, Items, Member, Mul, NamedSet, Node, Sym
from synthgym.verifiers.equivalence.values import Judge, Sameness


@dataclass(frozen=True, slots=True)
class Progression:
    """Offset plus step times any integer, of a name."""

    name: str | None
    offset: Expr
    step: Expr


def same_families(gold: Node, answer: Node, judge: Judge) -> Sameness | None:
    """Whether two families of values are the same; None if either is none."""
    left, right = _family(gold, judge), _family(answer, judge)
    if left is None or right is None:
        return (
            None
            if left is None and right is None
            else Sameness(False, "infinitely many values on one side only")
        )
    if len(left) != len(right):
        return Sameness(False, f"{len(right)} families of values where gold has {len(left)}")
    left_over = list(right)
    for one in left:
        match = next((other for other in left_over if _same(one, other, judge)), None)
        if match is None:
            return Sameness(False, "a family of values that is not gold's")
        left_over.remove(match)
    return Sameness(True, "the same families of values")


def _family(node: Node, judge: Judge) -> list[Progression] | None:
    if not isinstance(node, All):
        return None
    counters = [
        part.item.name
        for part in node.parts
        if isinstance(part, Member) and part.home == NamedSet("Z") and isinstance(part.item, Sym)
    ]
    rest = [part for part in node.parts if not isinstance(part, Member)]
    if len(counters) != 1 or len(rest) + 1 != len(node.parts):
        return None
    values: list[Node] = []
    for part in rest:
        values += part.items if isinstance(part, Items) and part.shape == "list" else (part,)
    found: list[Progression] = []
    for value in values:
        said = named(value)
        progression = _progression(said.name, said.value, counters[0], judge)
        if progression is None:
            return None
        found.append(progression)
    return found


def _progression(name: str | None, value: Node, counter: str, judge: Judge) -> Progression | None:
    if not isinstance(value, EXPRS) or counter not in variables(value):
        return None
    at = [substituted(value, counter, number(turn)) for turn in range(4)]
    step = difference(at[1], at[0])
    for earlier, later in ((1, 2), (2, 3)):
        if not judge.same(difference(at[later], at[earlier]), step).same:
            return None
    return Progression(name, at[0], step)


def _same(left: Progression, right: Progression, judge: Judge) -> bool:
    if left.name and right.name and left.name != right.name:
        return False
    if not (judge.same(left.step, right.step).same or judge.same(left.step, negated(right.step)).same):
        return False
    gap = difference(right.offset, left.offset)
    if variables(gap) or variables(left.step):
        return judge.same(left.offset, right.offset).same
    ev = Evaluator(context(50), {}, real=False, deadline=judge.deadline)
    turns = ev.at(gap) / ev.at(left.step)
    whole = ev.whole(turns)
    return whole is not None and judge.same(gap, Mul((number(Fraction(whole)), left.step))).same


def with_counter_of(gold: All, answer: All) -> All:
    """`answer` with the letter that counts renamed to that of `gold`: ``2^n, n ∈ ℤ`` for ``2^k, k ∈ ℤ``."""
    own, theirs = _counters(gold), _counters(answer)
    if len(own) == len(theirs) == 1 and own[0] not in variables(answer):
        renamed: All = map_exprs(answer, lambda node: Sym(own[0]) if node == Sym(theirs[0]) else node)
        return renamed
    return answer


def _counters(node: All) -> list[str]:
    members = (part for part in node.parts if isinstance(part, Member) and isinstance(part.home, NamedSet))
    return [part.item.name for part in members if isinstance(part.item, Sym)]


def with_counter(node: Node, like: Node) -> Node:
    """`node` with the condition that its letter counts, where `like` has one and `node` leaves it unsaid."""
    if isinstance(node, All) or not isinstance(like, All) or len(_counters(like)) != 1:
        return node
    letters = variables(node) & {*_counters(like), "k", "n", "m"}
    return All((node, Member(Sym(next(iter(letters))), NamedSet("Z")))) if len(letters) == 1 else node
