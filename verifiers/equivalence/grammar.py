"""Reads tokens into a tree, by precedence; what follows no rule is an error, never guessed at.

From loose to tight: ``or`` · ``,`` ``;`` ``and`` · relations and membership · set operators · ``:`` (ratio) ·
sums · products (written or implied) · signs · powers · factorials and degrees. The rules of arithmetic stand in
`terms`, those of commands in `commands` and `binders`.
"""

from fractions import Fraction

from synthgym.verifiers.equivalence.build import (
    flat_items,
    is_condition,
    negated,
    text_node,
)
from synthgym.verifiers.equivalence.cursor import shown_token
from synthgym.verifiers.equivalence.lexer import Token, Unreadable, lex
from synthgym.verifiers.equivalence.terms import Terms
from synthgym.verifiers.equivalence.tree import (
    EXPRS,
    All,
    Call,
    Div,
    Dots,
    Items,
    Member,
    Mul,
    NamedSet,
    Node,
    Num,
    Quantity,
    Relation,
    SetOp,
    Sym,
    Text,
)
from synthgym.verifiers.equivalence.types import Bounds
from synthgym.verifiers.equivalence.units import is_label, read_unit
from synthgym.verifiers.equivalence.words import ALL_REALS, MULTIPLES

_RELATIONS = frozenset(("=", "!=", "<", "<=", ">", ">="))
_SET_SIGNS = {"∪": "union", "∩": "intersection", "∖": "difference", "-": "difference"}
_MONEY = frozenset("$€£¥")
_WORDED_SIGNS = {
    **dict.fromkeys(("percent", "per cent", "percents", "pct"), "%"),
    **dict.fromkeys(("degree", "degrees", "deg", "degs"), "°"),
}


def parse(text: str, bounds: Bounds, *, lists: bool = False) -> Node:
    """The tree of all of `text`.

    Args:
        lists: a comma always separates items, never thousands.

    Raises:
        Unreadable: if it follows no rule.
        TooMany: beyond `bounds`.
    """
    tokens = without_redundant_brackets(lex(text, limit=bounds.tokens, lists=lists))
    if not tokens:
        raise Unreadable("there is nothing in it")
    parser = _Answers(tokens, bounds.depth)
    node = parser.answer()
    if parser.at < len(tokens):
        raise Unreadable(f"{shown_token(tokens[parser.at])} stands where nothing can follow")
    return node


def without_redundant_brackets(tokens: list[Token]) -> list[Token]:
    """`tokens` without the outer of two pairs of round brackets or braces that hold the same: ``((x))`` is ``(x)``."""
    partner: dict[int, int] = {}
    stack: list[int] = []
    for at, token in enumerate(tokens):
        if token.kind == "sign" and token.text in ("(", "{"):
            stack.append(at)
        elif token.kind == "sign" and token.text in (")", "}"):
            if not stack or tokens[stack[-1]].text != ("(" if token.text == ")" else "{"):
                return tokens
            partner[stack.pop()] = at
    drop = {
        side
        for opening, closing in partner.items()
        if partner.get(opening + 1) == closing - 1 and tokens[opening].text == tokens[opening + 1].text == "("
        for side in (opening, closing)
    }
    return [token for at, token in enumerate(tokens) if at not in drop] if drop else tokens


def _is_word(node: Node) -> bool:
    """Whether it is a word or a choice's letter."""
    if isinstance(node, Mul):
        return all(map(_is_word, node.factors))
    return isinstance(node, Text) or (isinstance(node, Sym) and node.name.isupper())


class _Answers(Terms):
    """Rules of what an answer is put together of."""

    def answer(self) -> Node:
        """Alternatives, joined by ``or``."""
        found = [self.joined()]
        while True:
            if self.sign(",", ";") and self.peek(1).kind == "sign" and self.peek(1).text == "or":
                self.at += 1
            if not self.take("or"):
                break
            found.append(self.joined())
        if len(found) > 1 and all(_is_word(node) for node in found):
            raise Unreadable("it leaves a choice open")
        return found[0] if len(found) == 1 else Items("list", tuple(flat_items(found)))

    def joined(self) -> Node:
        """Items, joined by commas, semicolons and ``and``."""
        found = [self.related()]
        together = False
        while self.sign(",", ";", "and"):
            after = self.peek(1)
            if after.kind == "sign" and after.text == "or":
                break
            together = together or self.sign("and")
            self.at += 1
            if self.sign("and") and not together:
                self.at += 1
            found.append(self.related())
        if len(found) == 1:
            return found[0]
        if any(is_condition(node) for node in found):
            return All(tuple(found))
        return Items("list", tuple(found))

    def related(self) -> Node:
        """A chain of relations, a membership, or what stands in them."""
        if self.take("="):
            return self.related()
        sides, signs = [self.sets()], []
        while self.next.kind == "sign" and self.next.text in _RELATIONS and self.next.at >= 0:
            signs.append(self.next.text)
            self.at += 1
            sides.append(self.sets())
        if signs:
            return Relation(tuple(sides), tuple(signs))
        if self.take("∈"):
            return Member(sides[0], self.sets())
        return sides[0]

    def sets(self) -> Node:
        """Sets put together, from left to right."""
        node = self.ratio()
        while self.sign("∪", "∩", "∖") or (isinstance(node, NamedSet | SetOp) and self.sign("-")):
            op = _SET_SIGNS[self.next.text]
            self.at += 1
            right = self.ratio()
            if isinstance(node, SetOp) and node.op == op and op != "difference":
                node = SetOp(node.op, (*node.parts, right))
            else:
                node = SetOp(op, (node, right))  # type: ignore[arg-type]
        return node

    def ratio(self) -> Node:
        """``3:4``, where no set builder wants the colon."""
        first = self.measured()
        if self.bars[-1] or not self.sign(":"):
            return first
        items = [first]
        while self.take(":"):
            items.append(self.measured())
        return Items("ratio", tuple(items))

    def measured(self) -> Node:
        """A sum with its unit, money, words, a set, or an ellipsis."""
        token = self.next
        if token.kind == "sign" and token.at >= 0:
            if token.text == "…":
                self.at += 1
                return Dots()
            if token.text in _MONEY or (
                token.text in "+-" and self.peek(1).text in _MONEY and self.peek(1).text
            ):
                return self.money()
        if token.kind == "set":
            self.at += 1
            return self.named_set(token.text)
        if token.kind == "word":
            return self.words()
        node = self.sum()
        if self.sign("over", "choose"):
            over = self.next.text == "over"
            self.at += 1
            top, bottom = self.values([node, self.sum()])
            return Div(top, bottom) if over else Call("binomial", (top, bottom))
        return self.with_unit(node)

    def named_set(self, name: str) -> Node:
        """ℝ, ℤ⁺ and their like."""
        if not self.take("^", "_"):
            return NamedSet(name)
        braced = self.take("{")
        mark = self.need("+", "-", "*").text
        if self.sign("+") and braced:
            raise Unreadable("a set with two marks")
        if braced:
            self.need("}")
        return NamedSet(name + mark)

    def money(self) -> Node:
        negative = self.next.text == "-"
        if self.next.text in "+-":
            self.at += 1
        unit = self.next.text
        self.at += 1
        if self.next.kind not in ("number", "vulgar"):
            raise Unreadable("a currency without an amount")
        value = self.sum()
        if not isinstance(value, EXPRS):
            raise Unreadable("an amount of money that is no number")
        follower = self.peek(0)
        if follower.kind == "word" and follower.text.lower() in ("dollars", "usd"):
            self.at += 1
        return Quantity(negated(value) if negative else value, unit)

    def words(self) -> Node:
        """Words side by side."""
        found: list[str] = []
        while self.next.kind == "word":
            found.append(self.next.text)
            self.at += 1
        words = text_node(" ".join(found))
        return NamedSet("R") if words.words in ALL_REALS else words

    def with_unit(self, node: Node) -> Node:
        """`node` with the unit behind it, if one is."""
        if not isinstance(node, EXPRS):
            return node
        if isinstance(node, Call) and node.name == "degree" and not self._unit_follows():
            return Quantity(node.args[0], "°")
        if isinstance(node, Call) and node.name == "degree" and self.next.text in ("C", "F"):
            scale = self.next.text
            self.at += 1
            return Quantity(node.args[0], f"°{scale}")
        if self.take("%"):
            return Quantity(node, "%")
        if self.take("°"):
            return Quantity(node, "°")
        if self.next.kind == "word":
            phrase = self._unit_phrase()
            if phrase.lower() in _WORDED_SIGNS:
                return Quantity(node, _WORDED_SIGNS[phrase.lower()])
            if phrase.lower() in ("radian", "radians", "rad", "rads"):
                return Quantity(node, "rad")
            if phrase.lower() in MULTIPLES:
                return Mul((node, Num(Fraction(MULTIPLES[phrase.lower()]))))
            if read_unit(phrase) is None and not is_label(phrase):
                raise Unreadable(f"{phrase[:40]!r} is no unit")
            return Quantity(node, phrase)
        if self.sign("¢", *_MONEY):
            unit = self.next.text
            self.at += 1
            return Quantity(node, unit)
        return node

    def _unit_follows(self) -> bool:
        return self.next.kind == "letter" and self.next.text in ("C", "F") and not self.peek(1).text

    def _unit_phrase(self) -> str:
        """The longest run of tokens that names a unit; else the words alone."""
        start = self.at
        stop = start
        while stop < len(self.tokens) and (
            self.tokens[stop].kind in ("word", "letter")
            or (self.tokens[stop].kind == "sign" and self.tokens[stop].text in ("/", "^", "{", "}", "-", "*"))
            or (self.tokens[stop].kind == "number" and len(self.tokens[stop].text) == 1)
        ):
            stop += 1
        for end in range(stop, start, -1):
            phrase = "".join(
                token.text if token.kind in ("sign", "number") else f" {token.text} "
                for token in self.tokens[start:end]
            ).strip()
            if read_unit(phrase) is not None:
                self.at = end
                return phrase
        while self.next.kind == "word":
            self.at += 1
        return " ".join(token.text for token in self.tokens[start : self.at])
