"""The rules of integrals, sums, products and limits."""

from synthgym.verifiers.equivalence.build import negated, with_variable
from synthgym.verifiers.equivalence.commands import Commands
from synthgym.verifiers.equivalence.cursor import END
from synthgym.verifiers.equivalence.lexer import Token, Unreadable
from synthgym.verifiers.equivalence.tree import MINUS_ONE, ONE, Bound, Expr, Node, Sym


class Binders(Commands):
    """Rules of what binds a variable."""

    def integral(self, token: Token) -> Node:
        lower, upper = self.limits()
        depth, stop = 0, self.at
        while stop < len(self.tokens):
            here = self.tokens[stop]
            depth += here.text in ("(", "[", "{", "\\{") and here.kind == "sign"
            depth -= here.text in (")", "]", "}", "\\}") and here.kind == "sign"
            follower = self.tokens[stop + 1] if stop + 1 < len(self.tokens) else END
            if depth == 0 and here.kind == "letter" and here.text == "d" and follower.kind == "letter":
                break
            stop += 1
        else:
            raise Unreadable("an integral without its differential")
        inner = type(self)([*self.tokens[self.at : stop]], self.left - 1)
        body = inner.values([inner.sum()])[0] if inner.tokens else ONE
        if inner.at < len(inner.tokens):
            raise Unreadable("an integrand that cannot be read")
        variable = Sym(self.tokens[stop + 1].text)
        self.at = stop + 2
        return Bound("integral", body, variable, lower, upper)

    def limits(self) -> tuple[Expr | None, Expr | None]:
        lower: Expr | None = None
        upper: Expr | None = None
        while self.sign("_", "^"):
            if self.take("_"):
                lower = self.argument_signed()
            else:
                self.at += 1
                upper = self.argument_signed()
        if (lower is None) != (upper is None):
            raise Unreadable("an integral with one bound")
        return lower, upper

    def argument_signed(self) -> Expr:
        if self.take("-"):
            return negated(self.argument())
        self.take("+")
        return self.argument()

    def summation(self, token: Token) -> Node:
        op = "sum" if token.text == "∑" else "product"
        self.need("_")
        self.need("{")
        index = self.next
        self.at += 1
        self.need("=")
        lower = self.values([self.inside(self.sum)])[0]
        self.need("}")
        self.need("^")
        upper = self.argument_signed()
        if index.kind not in ("letter", "constant"):
            raise Unreadable("a sum without an index")
        body = self.values([self.inside(self.product)])[0]
        if index.kind == "constant":
            body = with_variable(body, index.text)
        return Bound("sum" if op == "sum" else "product", body, Sym(index.text), lower, upper)

    def limit(self, token: Token) -> Node:
        self.need("_")
        self.need("{")
        variable = self.next
        self.at += 1
        self.need("→")
        point = self.values([self.inside(self.one_sided)])[0]
        side: Expr | None = None
        if self.take("^"):
            braced = self.take("{")
            side = ONE if self.need("+", "-").text == "+" else MINUS_ONE
            if braced:
                self.need("}")
        self.need("}")
        if variable.kind != "letter":
            raise Unreadable("a limit without its variable")
        body = self.values([self.inside(self.product)])[0]
        return Bound("limit", body, Sym(variable.text), point, side)

    def one_sided(self) -> Node:
        """The point of a limit; ``^+`` behind it is left for the caller."""
        negative = self.take("-")
        self.take("+")
        node = self.atom()
        if self.sign("^") and self.peek(1).text not in ("+", "-") and self.peek(2).text not in ("+", "-"):
            node = self.postfix(node)
        return negated(self.values([node])[0]) if negative else node
