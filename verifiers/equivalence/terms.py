"""The rules of sums, products, powers and what they are made of.

A product, written or implied, is read from left to right: ``1/2x`` is half of x. An integer with a proper
fraction behind it is a mixed number.
"""

from collections.abc import Callable, Sequence

from synthgym.verifiers.equivalence.binders import Binders
from synthgym.verifiers.equivalence.build import negated, product, signed
from synthgym.verifiers.equivalence.cursor import CLOSERS, shown_token
from synthgym.verifiers.equivalence.lexer import Token, Unreadable
from synthgym.verifiers.equivalence.tree import (
    EULER,
    EXPRS,
    IMAGINARY,
    INFINITY,
    PI,
    Add,
    All,
    Apply,
    Builder,
    Call,
    Div,
    Dots,
    Expr,
    Items,
    Matrix,
    NamedSet,
    Node,
    Num,
    Pow,
    Sym,
)

_CONSTANTS = {"pi": PI, "e": EULER, "i": IMAGINARY, "inf": INFINITY}
_FUNCTION_LETTERS = frozenset("fghFGH")
_STARTERS = frozenset(("number", "vulgar", "letter", "constant", "function", "begin"))
_STARTING_SIGNS = frozenset(
    ("(", "[", "{", "√", "∛", "∜", "frac", "binom", "conj", "vec", "⌊", "⌈", "|", "∫", "∑", "∏", "lim")
)


class Terms(Binders):
    """Rules of arithmetic."""

    def sum(self) -> Node:
        """Terms with their signs."""
        terms: list[Node] = []
        while True:
            sign = "+"
            if self.sign("+", "-", "±", "∓"):
                sign = self.next.text
                self.at += 1
                while self.sign("+", "-"):
                    if self.next.text == "-":
                        sign = {"+": "-", "-": "+", "±": "∓", "∓": "±"}[sign]
                    self.at += 1
            term = self.product()
            if sign != "+" and not isinstance(term, EXPRS):
                raise Unreadable(f"a sign before {type(term).__name__.lower()}")
            terms.append(signed(sign, term))
            if not self.sign("+", "-", "±", "∓"):
                break
        if len(terms) == 1:
            return terms[0]
        return Add(self.values(terms))

    def product(self) -> Node:
        """Factors, by ``*``, ``/`` or side by side."""
        node = self.power()
        factors = [node]
        while True:
            if self.take("*"):
                factors.append(self.signed_power())
            elif self.take("/"):
                under = self.signed_power()
                over = self.values(factors)
                factors = [Div(product(over), self.values([under])[0])]
            elif self.take("mod"):
                over = self.values(factors)
                factors = [Call("mod", (product(over), self.values([self.signed_power()])[0]))]
            elif (
                isinstance(factors[-1], Call)
                and factors[-1].name == "degree"
                and self.next.text in ("C", "F")
            ):
                break
            elif self.starts_factor():
                factors.append(self.power())
            else:
                break
        if len(factors) == 1:
            return factors[0]
        matrices = [factor for factor in factors if isinstance(factor, Matrix)]
        if len(matrices) == 1:
            return self.scaled(matrices[0], [factor for factor in factors if factor is not matrices[0]])
        return product(self.values(factors))

    def scaled(self, matrix: Matrix, factors: Sequence[Node]) -> Matrix:
        """A matrix times numbers, entry by entry."""
        by = self.values(factors)
        return Matrix(
            tuple(tuple(product((*by, *self.values([entry]))) for entry in row) for row in matrix.rows)
        )

    def starts_factor(self) -> bool:
        """Whether the next token begins a factor that no sign precedes."""
        token = self.next
        if token.kind in ("number", "vulgar"):
            return self.tokens[self.at - 1].kind not in ("number", "vulgar")
        if token.kind in _STARTERS:
            return True
        if token.text == "{" and self.tokens[self.at - 1].kind == "number" and self.peek(1).kind == "number":
            raise Unreadable("digits in braces behind a number")
        if token.kind != "sign" or token.text not in _STARTING_SIGNS or token.at < 0:
            return False
        return token.text != "|" or not self.bars[-1]

    def signed_power(self) -> Node:
        negative = False
        while self.sign("+", "-"):
            negative = negative != (self.next.text == "-")
            self.at += 1
        node = self.power()
        return negated(self.values([node])[0]) if negative else node

    def power(self) -> Node:
        """An atom with what stands behind and above it."""
        return self.postfix(self.atom())

    def postfix(self, node: Node) -> Node:
        while True:
            if self.sign("^"):
                if self.peek(1).kind == "sign" and self._degree_sign():
                    node = Call("degree", self.values([node]))
                    continue
                self.at += 1
                node = Pow(self.values([node])[0], self.exponent())
            elif self.take("°"):
                node = Call("degree", self.values([node]))
            elif self.sign("!"):
                self.at += 1
                double = self.sign("!") and not self.next.space
                self.at += double
                node = Call("double_factorial" if double else "factorial", self.values([node]))
            else:
                return node

    def _degree_sign(self) -> bool:
        """Takes ``^\\circ`` or ``^{\\circ}``; false, and nothing taken, where another exponent stands."""
        for ahead in (1, 2):
            if self.peek(ahead).text in ("∘", "°") and self.peek(ahead).kind == "sign":
                self.at += ahead + 1
                if ahead == 2:
                    self.need("}")
                return True
            if not (self.peek(ahead).text == "{" and self.peek(ahead).kind == "sign"):
                return False
        return False

    def exponent(self) -> Expr:
        def read() -> Node:
            if self.take("{"):
                node = self.sum()
                self.need("}")
            else:
                node = self.signed_atom()
            return node

        node = self.inside(read)
        if self.sign("^") and not self._is_degree_next():
            if self.tokens[self.at - 1].text == "}" and self.tokens[self.at - 1].kind == "sign":
                raise Unreadable("two exponents on one base")
            self.at += 1
            return Pow(self.values([node])[0], self.exponent())
        return self.values([node])[0]

    def _is_degree_next(self) -> bool:
        return self.peek(1).text in ("∘", "°") or (
            self.peek(1).text == "{" and self.peek(2).text in ("∘", "°")
        )

    def signed_atom(self) -> Node:
        negative = False
        while self.sign("+", "-"):
            negative = negative != (self.next.text == "-")
            self.at += 1
        node = self.values([self.atom()])[0]
        return negated(node) if negative else node

    def atom(self) -> Node:
        token = self.next
        if token.at < 0:
            raise Unreadable("it ends too early")
        if token.kind == "number":
            return self.number()
        self.at += 1
        if token.kind == "vulgar":
            return Num(token.value)
        if token.kind == "letter":
            return self.letter(token)
        if token.kind == "constant":
            return self.constant(token)
        if token.kind == "function":
            return self.function(token)
        if token.kind == "begin":
            return self.environment(token)
        if token.kind == "set":
            return NamedSet(token.text)
        if token.kind == "sign":
            reader = _SIGN_ATOMS.get(token.text)
            if reader is not None:
                return reader(self, token)
        raise Unreadable(f"{shown_token(token)} stands where a value is needed")

    def number(self) -> Node:
        """A number; an integer with a proper fraction behind it is a mixed number."""
        token = self.next
        self.at += 1
        follower = self.next
        if not token.is_integer:
            return Num(token.value)
        if follower.kind == "vulgar":
            self.at += 1
            return Num(token.value + follower.value)
        if follower.is_integer and follower.space:
            bar, under = self.peek(1), self.peek(2)
            if (
                bar.text == "/"
                and bar.kind == "sign"
                and under.is_integer
                and 0 < follower.value < under.value
            ):
                self.at += 3
                return Num(token.value + follower.value / under.value)
            raise Unreadable(f"two numbers side by side, {token.text} and {follower.text}")
        if follower.text == "frac" and follower.kind == "sign":
            return self.mixed(token)
        return Num(token.value)

    def mixed(self, whole: Token) -> Node:
        """``3\\frac{1}{2}``: three and a half; only of digits, and only if the fraction is proper."""
        start, tokens = self.at, self.tokens
        self.at += 1
        top, bottom = self.argument(), self.argument()
        if isinstance(top, Num) and isinstance(bottom, Num) and self.tokens[start - 1] is whole:
            plain = top.value.denominator == bottom.value.denominator == 1
            if plain and 0 < top.value < bottom.value:
                return Num(whole.value + top.value / bottom.value)
        self.at, self.tokens = start, tokens
        return Num(whole.value)

    def letter(self, token: Token) -> Node:
        name = token.text + self.subscript()
        primes = 0
        while self.take("'"):
            primes += 1
        name += "'" * primes
        if token.text == "C" and self.sign("(") and self._is_choice_of():
            self.at += 1
            top = self.values([self.sum()])[0]
            self.need(",")
            bottom = self.values([self.sum()])[0]
            self.need(")")
            return Call("binomial", (top, bottom))
        if token.text == "Gamma" and name == "Gamma" and self.take("("):
            argument = self.values([self.inside(self.sum)])[0]
            self.need(")")
            return Call("gamma", (argument,))
        if token.text in _FUNCTION_LETTERS and self._is_inverse():
            return self.applied(f"{name}^-1")
        if self.sign("(") and (token.text in _FUNCTION_LETTERS or self._is_definition()):
            return self.applied(name)
        return Sym(name)

    def applied(self, name: str) -> Node:
        self.need("(")
        args: list[Node] = []

        def read() -> Node:
            args.append(self.sum())
            while self.take(","):
                args.append(self.sum())
            return Dots()

        self.inside(read)
        self.need(")")
        return Apply(name, self.values(args))

    def _is_inverse(self) -> bool:
        """Takes ``^{-1}`` where a bracket follows: ``f^{-1}(x)``."""
        texts = [self.peek(ahead).text for ahead in range(6)]
        if texts != ["^", "{", "-", "1", "}", "("]:
            return False
        self.at += 5
        return True

    def _is_choice_of(self) -> bool:
        parts = self.peek(1), self.peek(3)
        return self.peek(2).text == "," and all(part.is_integer or part.kind == "letter" for part in parts)

    def _is_definition(self) -> bool:
        """Whether ``(x)=`` or ``(x, y)=`` follows, at the start of an answer: then a letter is a function's name."""
        if self.at > 2:
            return False
        ahead = 1
        while self.peek(ahead).kind in ("letter", "number") and self.peek(ahead + 1).text == ",":
            ahead += 2
        closing, equals = self.peek(ahead + 1), self.peek(ahead + 2)
        return self.peek(ahead).kind in ("letter", "number") and closing.text == ")" and equals.text == "="

    def constant(self, token: Token) -> Node:
        if token.text in ("e", "i") and self.sign("_"):
            return Sym(token.text + self.subscript())
        return _CONSTANTS[token.text]

    def bracketed(self, token: Token) -> Node:
        opening, start = token.text, self.at - 1
        items = self.inside(self.joined, bar=opening in ("\\{", "{"))
        if opening in ("\\{", "{") and self.take("|", ":", ";"):
            condition = self.inside(self.answer)
            self.need(*CLOSERS[opening])
            return Builder(items, condition)
        closing = self.need(*CLOSERS[opening]).text
        inner = items.items if isinstance(items, Items) and items.shape == "list" else (items,)
        if isinstance(items, All) and opening != "(":
            raise Unreadable("a collection of relations")
        if opening == "\\{" or (opening == "{" and len(inner) > 1):
            return Items("set", inner)
        if len(inner) == 1:
            if opening == "[" and self._in_rows(start):
                return Items("bracket", inner, (True, True))
            if closing != CLOSERS[opening][0]:
                raise Unreadable("brackets that do not fit round one value")
            if opening == "⟨":
                return Items("tuple", inner)
            return items
        if opening == "⟨":
            return Items("tuple", inner)
        if closing != CLOSERS[opening][0]:
            if len(inner) != 2:
                raise Unreadable("a half-open interval has two ends")
            return Items("half", inner, (opening == "[", closing == "]"))
        if opening == "[":
            return Items("bracket", inner, (True, True))
        return Items("tuple", inner)

    def _in_rows(self, start: int) -> bool:
        """Whether the bracket at `start` is a row of ``[[1], [2]]``."""
        before = self.tokens[start - 1].text if start else ""
        after = self.next.text
        return (before == "[" and after in (",", "]")) or (before == "," and after in (",", "]"))

    def braces(self, token: Token) -> Node:
        """A LaTeX group, ``{n \\choose k}``, ``{a \\over b}``, or a set in plain braces."""
        if self.take("}"):
            return NamedSet("")
        start = self.at
        if self._holds_one_bar():
            return self.bracketed(token)
        node = self.inside(self.answer)
        if self.sign("choose", "over"):
            binary = self.next.text
            self.at += 1
            under = self.values([self.inside(self.sum)])[0]
            self.need("}")
            over = self.values([node])[0]
            return Call("binomial", (over, under)) if binary == "choose" else Div(over, under)
        if self.sign("}"):
            self.at += 1
            if isinstance(node, Sym) and self.sign("_"):
                return Sym(node.name + self.subscript())
            if isinstance(node, Items) and node.shape == "list":
                return Items("set", node.items)
            return node
        self.at = start
        return self.bracketed(token)

    def _holds_one_bar(self) -> bool:
        """Whether a single bar stands in these braces: then they are a set with a condition."""
        depth, bars = 1, 0
        for token in self.tokens[self.at :]:
            if token.kind == "sign":
                depth += (token.text == "{") - (token.text == "}")
                bars += depth == 1 and token.text == "|"
            if depth == 0:
                break
        return bars == 1

    def set_braces(self, token: Token) -> Node:
        if self.take("\\}"):
            return NamedSet("")
        return self.bracketed(token)


_SIGN_ATOMS: dict[str, Callable[[Terms, Token], Node]] = {
    "(": Terms.bracketed,
    "[": Terms.bracketed,
    "⟨": Terms.bracketed,
    "\\{": Terms.set_braces,
    "{": Terms.braces,
    "|": Terms.bars_round,
    "⌊": Terms.floor,
    "⌈": Terms.floor,
    "frac": Terms.fraction,
    "binom": Terms.binomial,
    "conj": Terms.conjugate,
    "vec": Terms.arrow,
    "√": Terms.root,
    "∛": Terms.root,
    "∜": Terms.root,
    "∫": Terms.integral,
    "∑": Terms.summation,
    "∏": Terms.summation,
    "lim": Terms.limit,
}
