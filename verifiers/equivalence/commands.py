"""The rules of functions, roots, fractions, bars and matrices: what a name or a LaTeX command takes.

A function without brackets takes the factors that follow it: ``\\sin 2x``; ``\\sin x \\cos x`` are two.
"""

from fractions import Fraction

from synthgym.verifiers.equivalence.build import (
    product,
)
from synthgym.verifiers.equivalence.cursor import CLOSERS, Cursor, shown_token
from synthgym.verifiers.equivalence.lexer import Token, Unreadable
from synthgym.verifiers.equivalence.tree import (
    EULER,
    FUNCTIONS,
    MINUS_ONE,
    ONE,
    TWO,
    Bound,
    Call,
    Const,
    Div,
    Dots,
    Expr,
    Matrix,
    Mul,
    Node,
    Num,
    Pow,
    Sym,
)
from synthgym.verifiers.equivalence.words import FUNCTION_NAMES, TRIGONOMETRIC

_INVERSES = {name: f"a{name}" for name in TRIGONOMETRIC if f"a{name}" in FUNCTION_NAMES}
_MATRICES = frozenset(("pmatrix", "bmatrix", "matrix", "Bmatrix", "smallmatrix", "array"))


class Commands(Cursor):
    """Rules of what takes arguments."""

    def subscript(self) -> str:
        """``_1``, ``_{10}``, ``_n``, ``_{n+1}`` as part of a name."""
        if not self.take("_"):
            return ""
        if not self.take("{"):
            token = self.next
            if token.kind not in ("number", "letter", "constant", "word"):
                raise Unreadable(f"{shown_token(token)} as a subscript")
            self.at += 1
            return f"_{token.text}"
        parts: list[str] = []
        while not self.sign("}"):
            if self.next.at < 0 or len(parts) > 8 or self.sign("{", "^"):
                raise Unreadable("a subscript that does not end")
            parts.append(self.next.text)
            self.at += 1
        self.at += 1
        return f"_{''.join(parts)}"

    def function(self, token: Token) -> Node:
        name = token.text
        base: Expr | None = None
        exponent: Expr | None = None
        while self.sign("_", "^"):
            if self.take("_"):
                if name not in ("log", "lg", "ln") or base is not None:
                    raise Unreadable(f"{name} with a subscript")
                base = self.log_base()
            else:
                if exponent is not None:
                    raise Unreadable(f"{name} with two exponents")
                self.at += 1
                exponent = self.exponent()
        if name == "log" and base is None and exponent is None and self._base_glued():
            base = Num(self.next.value)
            self.at += 1
        if name == "sqrt":
            if exponent is not None:
                raise Unreadable("sqrt with an exponent before its argument")
            return self.root(token)
        inverse = exponent == MINUS_ONE and name in _INVERSES
        node = self.called(_INVERSES[name] if inverse else name, base)
        return node if exponent is None or inverse else Pow(node, exponent)

    def _base_glued(self) -> bool:
        """Whether ``2(`` follows without a space, as in ``log2(8)``."""
        number, bracket = self.next, self.peek(1)
        return number.is_integer and not number.space and bracket.text == "(" and not bracket.space

    def log_base(self) -> Expr:
        """A base without braces is a whole number, if an argument is left behind it: ``log_10 2``, ``\\log_28``."""
        token, after = self.next, self.peek(1)
        if token.is_integer and (after.text == "(" or after.kind in ("number", "letter", "constant")):
            self.at += 1
            return Num(token.value)
        return self.argument()

    def called(self, name: str, base: Expr | None) -> Expr:
        args = self.arguments(name)
        if name in ("cbrt", "lg", "exp") and len(args) != 1:
            raise Unreadable(f"{name} with {len(args)} arguments")
        if name == "cbrt":
            return Call("root", (Num(Fraction(3)), *args))
        if name == "lg":
            name, base = "log", Num(Fraction(10)) if base is None else base
        if name == "log" and len(args) <= 2:
            if len(args) == 2 and base is None:
                return Call("log", (args[1], args[0]))
            if len(args) == 1:
                return Call("ln", args) if base is None else Call("log", (base, *args))
        if name == "exp":
            return Pow(EULER, args[0])
        wanted = FUNCTIONS[name]
        if (wanted >= 0 and len(args) != wanted) or (wanted < 0 and len(args) < 2):
            raise Unreadable(f"{name} with {len(args)} arguments")
        return Call(name, args)

    def arguments(self, name: str) -> tuple[Expr, ...]:
        """In brackets, or the factors that follow."""
        if self.sign("(", "[", "{", "\\{"):
            opening = self.next.text
            self.at += 1
            found: list[Node] = []

            def read() -> Node:
                found.append(self.sum())
                while self.take(","):
                    found.append(self.sum())
                return Dots()

            self.inside(read)
            self.need(CLOSERS[opening][0])
            return self.values(found)
        node = self.inside(self.tight_product)
        return self.values([node])

    def tight_product(self) -> Node:
        """The factors that a function without brackets takes."""
        factors: list[Node] = []
        while True:
            token = self.next
            if factors and (token.kind == "function" or self.sign("(", "[", "|") or not self.starts_factor()):
                break
            factors.append(self.signed_power() if not factors else self.power())
        return factors[0] if len(factors) == 1 else product(self.values(factors))

    def argument(self) -> Expr:
        """What a LaTeX command takes: a group in braces, or one token; of a number, one digit."""
        if self.take("{"):
            node = self.inside(self.sum)
            self.need("}")
            return self.values([node])[0]
        token = self.next
        if token.is_integer and len(token.text) == 1:
            self.at += 1
            return Num(token.value)
        if token.is_integer:
            rest = token.text[1:]
            shortened = Token("number", rest, False, token.at + 1, token.end, Fraction(int(rest)))
            self.tokens = [*self.tokens[: self.at], shortened, *self.tokens[self.at + 1 :]]
            return Num(Fraction(int(token.text[0])))
        return self.values([self.atom()])[0]

    def bars_round(self, token: Token) -> Node:
        node = self.inside(self.sum, bar=True)
        self.need("|")
        return Call("abs", self.values([node]))

    def floor(self, token: Token) -> Node:
        node = self.inside(self.sum)
        self.need("⌋" if token.text == "⌊" else "⌉")
        return Call("floor" if token.text == "⌊" else "ceil", self.values([node]))

    def fraction(self, token: Token) -> Node:
        derivative = self.derivative()
        if derivative is not None:
            return derivative
        top = self.inside(self.argument)
        bottom = self.inside(self.argument)
        return Div(self.values([top])[0], self.values([bottom])[0])

    def derivative(self) -> Node | None:
        """``\\frac{d}{dx}`` with what it is taken of."""
        texts = [self.peek(ahead).text for ahead in range(7)]
        if texts[:5] != ["{", "d", "}", "{", "d"] or texts[6] != "}" or self.peek(5).kind != "letter":
            return None
        self.at += 7
        body = self.values([self.inside(self.product)])[0]
        return Bound("derivative", body, Sym(texts[5]), None, ONE)

    def conjugate(self, token: Token) -> Node:
        """The conjugate; of a letter, another letter: a mean, a complement."""
        inner = self.argument()
        if isinstance(inner, Sym) and inner.name not in ("z", "w"):
            return Sym(f"bar {inner.name}")
        if isinstance(inner, Mul) and all(isinstance(factor, Sym) for factor in inner.factors):
            return Sym(f"bar {' '.join(sorted(str(factor) for factor in inner.factors))}")
        return Call("conj", (inner,))

    def arrow(self, token: Token) -> Node:
        """A vector's name."""
        inner = self.argument()
        if not isinstance(inner, Sym | Const | Mul):
            raise Unreadable("an arrow over what is no name")
        return Sym(f"vec {getattr(inner, 'name', None) or inner}")

    def binomial(self, token: Token) -> Node:
        return Call("binomial", (self.argument(), self.argument()))

    def root(self, token: Token) -> Node:
        index: Expr | None = None
        if token.text == "∛":
            index = Num(Fraction(3))
        elif token.text == "∜":
            index = Num(Fraction(4))
        elif self.take("["):
            index = self.values([self.inside(self.sum)])[0]
            self.need("]")
            if token.kind == "function" and not self.sign("{", "("):
                return Pow(index, Div(ONE, TWO))
        if self.sign("{"):
            inner = self.argument()
        elif token.kind == "sign":
            inner = self.values([self.inside(self.root_argument)])[0]
        else:
            inner = self.values([self.inside(self.atom)])[0]
        return Pow(inner, Div(ONE, TWO)) if index is None else Call("root", (index, inner))

    def root_argument(self) -> Node:
        """``√12`` takes the whole number, ``\\sqrt12`` its first digit alone."""
        glyph = self.tokens[self.at - 1]
        return self.argument() if glyph.end - glyph.at > 1 else self.atom()

    def environment(self, token: Token) -> Node:
        if token.text not in _MATRICES:
            raise Unreadable(f"the environment {token.text[:20]!r} is not known")
        rows: list[list[Node]] = [[]]
        while True:
            rows[-1].append(self.inside(self.sum))
            if self.take("&"):
                continue
            if self.take("\\\\"):
                if self.next.kind == "end":
                    break
                rows.append([])
                continue
            break
        if self.next.kind != "end" or self.next.text != token.text:
            raise Unreadable("a matrix that does not end")
        self.at += 1
        if len({len(row) for row in rows}) > 1:
            raise Unreadable("a matrix with rows of different lengths")
        return Matrix(tuple(tuple(row) for row in rows))
