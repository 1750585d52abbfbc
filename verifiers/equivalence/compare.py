"""Whether an answer says what gold says: by shape first, then by values.

The rule under all others is that an answer must commit itself. One value against several never matches,
whichever side has the one; words round a value are not skipped; a set of one is that one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from synthgym.verifiers.equivalence.build import difference, number, product
from synthgym.verifiers.equivalence.curves import apart, by_roots
from synthgym.verifiers.equivalence.exact import NeedsSymbolic, OutOfBounds, Point
from synthgym.verifiers.equivalence.families import same_families, with_counter, with_counter_of
from synthgym.verifiers.equivalence.makeup import variables
from synthgym.verifiers.equivalence.normal import (
    Contradiction,
    Named,
    arbitrary,
    as_unit,
    check_order,
    degrees,
    is_name,
    is_title,
    named,
    normal,
)
from synthgym.verifiers.equivalence.regions import (
    MINUS_INFINITY,
    Joined,
    NoRegion,
    Piece,
    Shape,
    is_region,
    region,
    same_region,
)
from synthgym.verifiers.equivalence.tree import (
    EXPRS,
    INFINITY,
    All,
    Div,
    Dots,
    Expr,
    Items,
    Matrix,
    Member,
    Mul,
    NamedSet,
    Node,
    Num,
    Quantity,
    Relation,
    Sym,
    Text,
)
from synthgym.verifiers.equivalence.units import read_unit
from synthgym.verifiers.equivalence.values import Judge, Sameness, Undecided
from synthgym.verifiers.equivalence.words import number_in_words

_MAX_ITEMS = 400
_DIFFERENT_KIND = Sameness(False, "another kind of answer")


@dataclass(frozen=True, slots=True)
class Comparison:
    """Compares an answer with gold; all methods raise `Undecided`, `Undefined` and `Contradiction`."""

    judge: Judge

    def same(self, gold: Node, answer: Node) -> Sameness:
        """Whether `answer` says what `gold` says; both in normal form."""
        if _items(gold) is None or _items(answer) is None:
            gold, answer = _only_item(gold), _only_item(answer)
        return self.nodes(gold, answer)

    def nodes(self, gold: Node, answer: Node) -> Sameness:
        """The same of parts, where a set of one is a set."""
        if isinstance(gold, EXPRS) and isinstance(answer, EXPRS):
            found = self.judge.same(gold, answer)
            renamed = answer if found.same else arbitrary(gold, answer)
            return found if renamed is answer else self.judge.same(gold, renamed)
        for node in (gold, answer):
            if isinstance(node, Relation):
                self.consistent(node)
        if gold == answer and not isinstance(gold, Items):
            return Sameness(True, "the same as it is written")
        if is_region(gold) and is_region(answer):
            return self.regions(gold, answer)
        if isinstance(gold, All) or isinstance(answer, All):
            return self.together(gold, answer)
        left, right = named(gold), named(answer)
        if left.name is not None or right.name is not None:
            return self.definitions(gold, left, answer, right)
        gold, answer = left.value, right.value
        if isinstance(gold, EXPRS) and isinstance(answer, EXPRS):
            return self.judge.same(gold, answer)
        if isinstance(gold, Text) or isinstance(answer, Text):
            return self.texts(gold, answer)
        if isinstance(gold, Matrix) or isinstance(answer, Matrix):
            return self.matrices(gold, answer)
        if is_region(gold) or is_region(answer):
            return self.regions(gold, answer)
        if isinstance(gold, Member) and isinstance(answer, Member):
            return self.nodes(gold.home, answer.home) if gold.item == answer.item else _DIFFERENT_KIND
        if isinstance(gold, Relation) or isinstance(answer, Relation):
            return self.relations(gold, answer)
        if isinstance(gold, Quantity) or isinstance(answer, Quantity):
            return self.quantities(gold, answer)
        if isinstance(gold, NamedSet) or isinstance(answer, NamedSet):
            return Sameness(gold == answer, "the same set" if gold == answer else "different sets")
        return self.collections(gold, answer)

    # Names and relations.

    def consistent(self, node: Relation) -> None:
        """That what is said to be equal is, as far as it is fixed, and that inequalities of numbers hold.

        Raises:
            Contradiction: if not.
        """
        check_order(node, self.judge)
        said = node.sides[1:] if is_title(node) else node.sides
        fixed = [side for side in said if not is_name(side) and not variables(side)]
        if set(node.signs) == {"="} and (len(fixed) > 1 or (len(node.sides) > 2 and is_name(node.sides[0]))):
            sides = fixed if len(fixed) > 1 else node.sides[1:]
            for other in sides[1:]:
                if not self.nodes(normal(sides[0]), normal(other)).same:
                    raise Contradiction("it sets two different things equal")

    def definitions(self, gold: Node, left: Named, answer: Node, right: Named) -> Sameness:
        """``x = 5`` against ``5``, against ``x = 5``, against another relation."""
        if left.name is None or right.name is None:
            bare, other = (left, right) if left.name is None else (right, left)
            if isinstance(bare.value, Relation):
                return self.relations(gold, answer)
            if isinstance(other.value, Relation):
                return _DIFFERENT_KIND
            if is_region(left.value) or is_region(right.value):
                return self.regions(gold, answer)
            return self.nodes(left.value, right.value)
        if left.name == right.name:
            return self.nodes(left.value, right.value)
        if not variables(left.value) and not variables(right.value):
            return Sameness(False, f"a value of {right.name} where gold has one of {left.name}")
        return self.relations(gold, answer)

    def relations(self, gold: Node, answer: Node) -> Sameness:
        """Equations by a common multiple; what is left by sympy, by its real solutions."""
        if isinstance(gold, Items) and gold.shape == "list" and len(gold.items) == 1:
            gold = gold.items[0]
        if isinstance(gold, Relation) and isinstance(answer, Relation):
            found = self.multiples(gold, answer)
            if found is not None:
                return found
        if not _is_relational(gold) or not _is_relational(answer):
            return _DIFFERENT_KIND
        found = by_roots(gold, answer, self.judge) or by_roots(answer, gold, self.judge)
        if found is not None:
            return found
        if isinstance(gold, Relation) and isinstance(answer, Relation):
            if gold.signs != answer.signs and len(variables(gold) | variables(answer)) > 1:
                return Sameness(False, "another system of relations")
            if any(name.endswith("()") for name in variables(gold) | variables(answer)):
                return Sameness(False, "another equation of an unknown function")
            if gold.signs == answer.signs == ("=",) and apart(gold, answer, self.judge):
                return Sameness(False, "a solution of one does not solve the other")
        return self.solutions(gold, answer)

    def multiples(self, gold: Relation, answer: Relation) -> Sameness | None:
        """Whether one two-sided relation is a multiple of the other; None if it is not for this test to say."""
        left, right = _zero_form(gold), _zero_form(answer)
        if left is None or right is None:
            return None
        if left[1] != right[1]:
            return Sameness(False, "another relation")
        if variables(left[0]) != variables(right[0]):
            return Sameness(False, "a relation of other variables")
        factors = self.ratio(left[0], right[0])
        for factor in factors:
            scaled = product((number(factor), left[0]))
            if (left[1] == "=" or factor > 0) and self.judge.same(scaled, right[0]).same:
                return Sameness(True, "the same relation" if factor == 1 else "a multiple of the relation")
        several = len(variables(left[0])) > 1
        return Sameness(False, "no multiple of that relation") if several and left[1] != "=" else None

    def ratio(self, left: Expr, right: Expr) -> list[Fraction]:
        """Factors that may turn `left` into `right`."""
        point = Point(self.judge.salt + b"ratio", self.judge.bounds.bits, self.judge.deadline)
        try:
            values = point.at(left), point.at(right)
        except (NeedsSymbolic, OutOfBounds):
            return [Fraction(1), Fraction(-1)]
        found = [Fraction(1), Fraction(-1)] if point.opaque else []
        return [values[1] / values[0], *found] if values[0] and values[1] else found

    def solutions(self, gold: Node, answer: Node) -> Sameness:
        """By sympy: whether real solutions are the same."""
        about = "whether the solutions are the same"
        same = self.judge.ask("same_solutions", gold, answer, about=about)
        if not isinstance(same, bool):
            raise Undecided("timeout", f"sympy could not decide {about}")
        if same and isinstance(gold, Relation) and gold.signs == ("=",):
            if self.judge.ask("solution_values", gold, about=about) == ():
                return Sameness(False, "two equations without a real solution, which are no multiples", 2)
        return Sameness(same, "the same solutions" if same else "other solutions", 2)

    def together(self, gold: Node, answer: Node) -> Sameness:
        """Relations that hold together: a system, a region, or a family of values."""
        gold, answer = with_counter(gold, answer), with_counter(answer, gold)
        family = same_families(gold, answer, self.judge)
        if family is not None:
            return family
        if is_region(gold) or is_region(answer):
            return self.regions(gold, answer)
        if isinstance(gold, All) and isinstance(answer, All):
            return self.matched(gold.parts, with_counter_of(gold, answer).parts)
        return _DIFFERENT_KIND

    # Sets of reals.

    def regions(self, gold: Node, answer: Node) -> Sameness:
        """As sets of real numbers, where both are; else part by part."""
        try:
            left, right = region(gold), region(answer)
        except NoRegion:
            return self.unlike_regions(gold, answer)
        try:
            same = same_region(left, right, self.judge)
        except NoRegion:
            return self.unlike_regions(gold, answer)
        return Sameness(same, "the same set of reals" if same else "different sets of reals")

    def unlike_regions(self, gold: Node, answer: Node) -> Sameness:
        """Of things of which not both are sets of reals that arithmetic can tell."""
        if isinstance(gold, Items) and isinstance(answer, Items):
            return self.ordered(gold, answer)
        if isinstance(gold, All) and isinstance(answer, All):
            return self.matched(gold.parts, answer.parts)
        if isinstance(gold, Member) and isinstance(answer, Member) and gold.item == answer.item:
            return self.nodes(gold.home, answer.home)
        if isinstance(gold, Relation) and isinstance(answer, Relation):
            return self.relations(gold, answer)
        left, right = _as_relation(gold, answer), _as_relation(answer, gold)
        if left is not None and right is not None:
            return self.solutions(left, right)
        return _DIFFERENT_KIND

    # Collections.

    def collections(self, gold: Node, answer: Node) -> Sameness:
        """Lists, sets, tuples, ratios."""
        left, right = _items(gold), _items(answer)
        if left is None or right is None:
            return self.one_and_several(gold, answer)
        shapes = (
            {gold.shape, answer.shape} if isinstance(gold, Items) and isinstance(answer, Items) else set()
        )
        if len(left) > _MAX_ITEMS or len(right) > _MAX_ITEMS:
            raise Undecided("too_large", f"more than {_MAX_ITEMS} items")
        if Dots() in left or Dots() in right or not shapes & {"list", "set"} or "tuple" in shapes:
            return self.ordered(gold, answer)
        if len(_names(left)) > 1 and not _names(right) or len(_names(right)) > 1 and not _names(left):
            return self.in_turn(left, right)
        if shapes == {"set"}:
            return self.matched(self.distinct(left), self.distinct(right))
        if shapes <= {"list", "set"}:
            return self.matched(left, right)
        return self.ordered(gold, answer)

    def one_and_several(self, gold: Node, answer: Node) -> Sameness:
        """A collection against what is none."""
        several, one, offered = (gold, answer, False) if _items(gold) is not None else (answer, gold, True)
        items = _items(several)
        if items is None:
            return _DIFFERENT_KIND
        if isinstance(several, Items) and several.shape == "ratio":
            if _is_clock(items):
                return _DIFFERENT_KIND
            if len(items) == 2 and isinstance(one, EXPRS) and all(isinstance(item, EXPRS) for item in items):
                return self.judge.same(Div(items[0], items[1]), one)  # type: ignore[arg-type]
            return _DIFFERENT_KIND
        if len(items) == 1 and isinstance(several, Items) and several.shape == "list":
            return self.nodes(items[0], one) if not offered else self.nodes(one, items[0])
        what = (
            f"{len(items)} values where gold has one" if offered else f"one value where gold has {len(items)}"
        )
        return Sameness(False, what)

    def ordered(self, gold: Node, answer: Node) -> Sameness:
        """Item by item, in order; both in brackets of the same kind, or one of them in none."""
        assert isinstance(gold, Items) and isinstance(answer, Items)
        if not _may_meet(gold, answer):
            return Sameness(False, f"a {answer.shape} where gold is a {gold.shape}")
        if gold.shape == "ratio" and len(gold.items) == len(answer.items):
            return self.ratios(gold.items, answer.items)
        return self.in_turn(gold.items, answer.items)

    def in_turn(self, gold: Sequence[Node], answer: Sequence[Node]) -> Sameness:
        """Item by item."""
        if len(gold) != len(answer):
            return Sameness(False, f"{len(answer)} items where gold has {len(gold)}")
        tier = 0
        for left, right in zip(gold, answer, strict=True):
            if isinstance(left, Dots) or isinstance(right, Dots):
                if left != right:
                    return Sameness(False, "an ellipsis in another place")
                continue
            found = self.nodes(left, right)
            tier = max(tier, found.tier)
            if not found.same:
                return Sameness(False, f"an item differs: {found.reason}", found.tier)
        return Sameness(True, "the same items in the same order", tier)

    def ratios(self, gold: Sequence[Node], answer: Sequence[Node]) -> Sameness:
        """``3:4`` is ``6:8``."""
        if not all(isinstance(item, EXPRS) for item in (*gold, *answer)):
            return _DIFFERENT_KIND
        if _is_clock(gold) or _is_clock(answer):
            return Sameness(gold == answer, "the same time" if gold == answer else "another time")
        for left, right in zip(gold[1:], answer[1:], strict=True):
            crossed = Mul((gold[0], right)), Mul((left, answer[0]))  # type: ignore[arg-type]
            if not self.judge.same(*crossed).same:
                return Sameness(False, "another ratio")
        return Sameness(True, "the same ratio")

    def matched(self, gold: Sequence[Node], answer: Sequence[Node]) -> Sameness:
        """Item by item, in any order, each once."""
        if len(gold) != len(answer):
            return Sameness(False, f"{len(answer)} values where gold has {len(gold)}")
        left_over, tier = list(answer), 0
        for item in gold:
            for at, candidate in enumerate(left_over):
                found = self.nodes(item, candidate)
                tier = max(tier, found.tier)
                if found.same:
                    del left_over[at]
                    break
            else:
                return Sameness(False, "a value of gold is not among those given", max(tier, 1))
        return Sameness(True, "the same values", tier)

    def distinct(self, items: Sequence[Node]) -> list[Node]:
        """`items`, equal ones once."""
        kept: list[Node] = []
        for item in items:
            if not any(self.nodes(other, item).same for other in kept):
                kept.append(item)
        return kept

    def matrices(self, gold: Node, answer: Node) -> Sameness:
        """Entry by entry."""
        if not isinstance(gold, Matrix) or not isinstance(answer, Matrix):
            return _DIFFERENT_KIND
        if [len(row) for row in gold.rows] != [len(row) for row in answer.rows]:
            return Sameness(False, "a matrix of another shape")
        for left, right in zip(gold.rows, answer.rows, strict=True):
            for one, other in zip(left, right, strict=True):
                found = self.nodes(normal(one), normal(other))
                if not found.same:
                    return Sameness(False, f"an entry differs: {found.reason}", found.tier)
        return Sameness(True, "the same entries")

    # Units and words.

    def quantities(self, gold: Node, answer: Node) -> Sameness:
        """Values with units; where one side has none, the number decides."""
        if isinstance(gold, EXPRS) and isinstance(answer, Quantity):
            return self.unit_added(gold, answer)
        if isinstance(gold, Quantity) and isinstance(answer, EXPRS):
            return self.unit_dropped(gold, answer)
        if not isinstance(gold, Quantity) or not isinstance(answer, Quantity):
            return self.one_and_several(gold, answer)
        if gold.unit == answer.unit:
            return self.judge.same(gold.value, answer.value)
        if {gold.unit, answer.unit} == {"°", "rad"}:
            return self.judge.same(_angle(gold), _angle(answer))
        left, right = read_unit(gold.unit), read_unit(answer.unit)
        if left is None or right is None:
            same = left is right and gold.unit.casefold().rstrip("s") == answer.unit.casefold().rstrip("s")
            return self.judge.same(gold.value, answer.value) if same else Sameness(False, "another unit")
        if left.dimension != right.dimension:
            return Sameness(False, f"{answer.unit} measure something other than {gold.unit}")
        return self.judge.same(_scaled(gold.value, left.factor), _scaled(answer.value, right.factor))

    def unit_added(self, gold: Expr, answer: Quantity) -> Sameness:
        """Gold is bare: ``5`` against ``5 cm``, ``50%``, ``30°``."""
        if answer.unit == "%":
            return self.judge.same(gold, _scaled(answer.value, Fraction(1, 100)))
        if answer.unit == "rad":
            return self.judge.same(gold, answer.value)
        if answer.unit == "°":
            found = self.judge.same(gold, degrees(answer.value))
            return found if found.same else self.judge.same(gold, answer.value)
        own = as_unit(gold)
        if own is not None and read_unit(own.unit) is not None:
            return self.quantities(own, answer)
        return self.judge.same(gold, answer.value)

    def unit_dropped(self, gold: Quantity, answer: Expr) -> Sameness:
        """Gold has a unit: ``5 cm`` against ``5``, ``50%`` against ``50`` and ``0.5``."""
        if gold.unit == "%":
            found = self.judge.same(_scaled(gold.value, Fraction(1, 100)), answer)
            return found if found.same else self.judge.same(gold.value, answer)
        if gold.unit == "°":
            found = self.judge.same(degrees(gold.value), answer)
            return found if found.same else self.judge.same(gold.value, answer)
        own = as_unit(answer)
        if own is not None and read_unit(own.unit) is not None:
            return self.quantities(gold, own)
        return self.judge.same(gold.value, answer)

    def texts(self, gold: Node, answer: Node) -> Sameness:
        """Words against words; a number in words against a value."""
        if isinstance(gold, Text) and isinstance(answer, Text):
            same = gold.words == answer.words
            return Sameness(same, "the same words" if same else "other words")
        words, value = (gold, answer) if isinstance(gold, Text) else (answer, gold)
        assert isinstance(words, Text)
        spelled_out = number_in_words(words.words)
        if spelled_out is not None and isinstance(value, EXPRS):
            return self.judge.same(number(spelled_out), value)
        if words.words == "no solution" and isinstance(value, NamedSet) and not value.name:
            return Sameness(True, "no solution is the empty set")
        if isinstance(answer, Text):
            raise Undecided("unparsed", f"words ({answer.raw[:40]!r}) where gold is a value")
        return Sameness(False, "a value where gold is words")


def _is_clock(items: Sequence[Node]) -> bool:
    """Whether ``3:30`` may be a time: then it is not the ratio ``1:10``."""
    values = [item.value for item in items if isinstance(item, Num)]
    return len(values) == len(items) and values[1] in (0, 15, 30, 45) and values[0] < 25


def _angle(angle: Quantity) -> Expr:
    return degrees(angle.value) if angle.unit == "°" else angle.value


def _scaled(value: Expr, factor: Fraction) -> Expr:
    return product((number(factor), value))


def _names(items: Sequence[Node]) -> set[Node]:
    """What values are given to among `items`."""
    return {item.sides[0] for item in items if isinstance(item, Relation) and is_name(item.sides[0])}


def _only_item(node: Node) -> Node:
    """The one thing in a set of one."""
    return node.items[0] if isinstance(node, Items) and node.shape == "set" and len(node.items) == 1 else node


def _items(node: Node) -> tuple[Node, ...] | None:
    if isinstance(node, NamedSet) and node.name == "":
        return ()
    return node.items if isinstance(node, Items) else None


def _may_meet(gold: Items, answer: Items) -> bool:
    """Whether brackets of these kinds can hold the same thing."""
    if gold.shape == answer.shape:
        return gold.closed == answer.closed
    shapes = {gold.shape, answer.shape}
    if shapes <= {"list", "tuple"} or shapes <= {"list", "set"}:
        return True
    return shapes <= {"list", "tuple", "bracket"} and len(gold.items) != 2


def _is_relational(node: Node) -> bool:
    if isinstance(node, Items):
        return node.shape == "list" and all(_is_relational(item) for item in node.items)
    if isinstance(node, All):
        return all(_is_relational(part) for part in node.parts)
    return isinstance(node, Relation) and all(isinstance(side, EXPRS) for side in node.sides)


def _zero_form(node: Relation) -> tuple[Expr, str] | None:
    """``(f, sign)`` such that the relation is ``f sign 0``, with sign one of ``= != > >=``."""
    if len(node.sides) != 2 or not all(isinstance(side, EXPRS) for side in node.sides):
        return None
    left, right = node.sides
    assert isinstance(left, EXPRS) and isinstance(right, EXPRS)
    sign = node.signs[0]
    if sign[0] == "<":
        return difference(right, left), sign.replace("<", ">")
    return difference(left, right), sign


def _as_relation(node: Node, like: Node) -> Node | None:
    """A set of reals as a relation of the variable that the other side restricts."""
    if _is_relational(node):
        return node
    try:
        found = region(node)
        name = found.name or region_name(like)
    except NoRegion:
        return None
    return None if name is None else _relation(found.shape, Sym(name))


def region_name(node: Node) -> str | None:
    """The one variable of a relation."""
    names = variables(node)
    return next(iter(names)) if len(names) == 1 else None


def _relation(shape: Shape, name: Sym) -> Node | None:
    if isinstance(shape, Joined):
        if shape.op == "not":
            return None
        parts = [_relation(part, name) for part in shape.parts]
        if not parts or any(part is None for part in parts):
            return None
        found = tuple(part for part in parts if part is not None)
        return Items("list", found) if shape.op == "or" else All(found)
    low, high = shape.low or MINUS_INFINITY, shape.high or INFINITY
    if isinstance(shape, Piece) and shape.low is not None and shape.low == shape.high:
        return Relation((name, low), ("=",))
    return Relation(
        (low, name, high), ("<=" if shape.low_closed else "<", "<=" if shape.high_closed else "<")
    )
