"""Four spellings of a tree of `trees`: verbose LaTeX, terse LaTeX, plain text like Python's, and Unicode."""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from synthgym.verifiers.equivalence.tree import (
    Add,
    Call,
    Const,
    Div,
    Expr,
    Items,
    Matrix,
    Mul,
    Node,
    Num,
    Pow,
    Relation,
    Sym,
)

SUM, PRODUCT, APPLIED, POWER, ATOM = range(5)
"""How tightly a text holds together: what binds less than its place needs goes in brackets."""

_SUPERSCRIPTS = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
_VULGAR = {
    Fraction(1, 2): "½",
    Fraction(1, 3): "⅓",
    Fraction(1, 4): "¼",
    Fraction(3, 4): "¾",
    Fraction(2, 3): "⅔",
}


@dataclass(frozen=True, slots=True)
class Style:
    """How one spelling is written."""

    name: str
    left: str = "("
    right: str = ")"
    minus: str = "-"
    pi: str = r"\pi"
    latex: bool = True
    terse: bool = False


VERBOSE = Style("verbose", left=r"\left(", right=r"\right)")
TERSE = Style("terse", terse=True)
PLAIN = Style("plain", pi="pi", latex=False)
UNICODE = Style("unicode", pi="π", minus="−", latex=False)
STYLES = (VERBOSE, TERSE, PLAIN, UNICODE)

Written = tuple[str, int]


def spelled(tree: Node, style: Style) -> str:
    """`tree` as `style` writes it."""
    if isinstance(tree, Items):
        return _items(tree, style)
    if isinstance(tree, Matrix):
        rows = [[spelled(cell, style) for cell in row] for row in tree.rows]
        if style.latex:
            body = r" \\ ".join(" & ".join(row) for row in rows)
            kind = "bmatrix" if style.terse else "pmatrix"
            return rf"\begin{{{kind}}}{body}\end{{{kind}}}"
        return "[" + ", ".join("[" + ", ".join(row) + "]" for row in rows) + "]"
    if isinstance(tree, Relation):
        return f" {_sign(tree.signs[0], style)} ".join(spelled(side, style) for side in tree.sides)
    return _write(tree, style)[0]  # type: ignore[arg-type]


def _items(tree: Items, style: Style) -> str:
    """Always a space after a comma: without it ``1,234`` is one number."""
    inner = ", ".join(spelled(item, style) for item in tree.items)
    if tree.shape == "list":
        return inner
    if tree.shape == "set":
        return {"verbose": rf"\left\{{{inner}\right\}}", "terse": rf"\{{{inner}\}}"}.get(
            style.name, f"{{{inner}}}"
        )
    left, right = "[" if tree.closed[0] else "(", "]" if tree.closed[1] else ")"
    return rf"\left{left}{inner}\right{right}" if style is VERBOSE else f"{left}{inner}{right}"


def _sign(sign: str, style: Style) -> str:
    if style.latex:
        return {
            "<=": r"\leq" if style is VERBOSE else r"\le",
            ">=": r"\geq" if style is VERBOSE else r"\ge",
        }.get(sign, sign)
    return {"<=": "≤", ">=": "≥"}.get(sign, sign) if style is UNICODE else sign


def _write(tree: Expr, style: Style) -> Written:
    match tree:
        case Num(value=v):
            return _number(v, style)
        case Sym(name=name):
            return name, ATOM
        case Const(name=name):
            return (style.pi if name == "pi" else "e"), ATOM
        case Add(terms=terms):
            return _sum(terms, style), SUM
        case Mul(factors=factors):
            return _product(factors, style)
        case Div(top=top, bottom=bottom):
            return _quotient(top, bottom, style)
        case Pow(base=base, exponent=Num(value=n)):
            return _power(base, n, style)
        case Call(name=name, args=args):
            return _call(name, args, style)
    raise AssertionError(f"no spelling for {tree!r}")


def _at_least(tree: Expr, level: int, style: Style) -> str:
    text, holds = _write(tree, style)
    return text if holds >= level else style.left + text + style.right


def _number(v: Fraction, style: Style) -> Written:
    sign, size = (style.minus, -v) if v < 0 else ("", v)
    level = SUM if v < 0 else ATOM
    if size.denominator == 1:
        return f"{sign}{size.numerator}", level
    scaled = size * 10**6
    if style is PLAIN and scaled.denominator == 1:
        return f"{sign}{size.numerator // size.denominator}.{int(scaled) % 10**6:06d}".rstrip("0"), level
    if style is UNICODE and size in _VULGAR:
        return sign + _VULGAR[size], min(level, PRODUCT)
    if style.latex:
        short = style.terse and size.numerator < 10 and size.denominator < 10
        body = (
            f"{size.numerator}{size.denominator}" if short else f"{{{size.numerator}}}{{{size.denominator}}}"
        )
        return rf"{sign}\frac{body}", min(level, PRODUCT)
    return f"{sign}{size.numerator}/{size.denominator}", min(level, PRODUCT)


def _sum(terms: tuple[Expr, ...], style: Style) -> str:
    text = _at_least(terms[0], SUM if not isinstance(terms[0], Add) else PRODUCT, style)
    for term in terms[1:]:
        written, holds = _write(term, style)
        if holds >= PRODUCT:
            text += f" + {written}"
        elif (
            written.startswith(style.minus)
            and not isinstance(term, Add)
            and (style.terse or style is UNICODE)
        ):
            text += f" {style.minus} {written.removeprefix(style.minus)}"
        else:
            text += f" + {style.left}{written}{style.right}"
    return text


def _product(factors: tuple[Expr, ...], style: Style) -> Written:
    if factors[0] == Num(Fraction(-1)):
        rest = factors[1] if len(factors) == 2 else Mul(factors[1:])
        return style.minus + _at_least(rest, PRODUCT, style), SUM
    written = [_factor(factor, style) for factor in factors]
    dot = {"verbose": r" \cdot ", "terse": r"\cdot ", "plain": "*", "unicode": "·"}[style.name]
    text = written[0]
    for before, after, word in zip(factors, factors[1:], written[1:], strict=False):
        close = style.terse and _may_touch(before, after, word)
        text += (
            (r"\," if isinstance(after, Const) or text[-1].isalpha() else "") + word if close else dot + word
        )
    return text, PRODUCT


def _factor(tree: Expr, style: Style) -> str:
    """A factor: quotients and fractions go in brackets but in LaTeX, where the bar already holds them."""
    text, holds = _write(tree, style)
    barred = style.latex and isinstance(tree, Num | Div) and holds == PRODUCT
    return text if barred or holds > APPLIED else style.left + text + style.right


def _may_touch(before: Expr, after: Expr, word: str) -> bool:
    """Whether two factors may stand side by side: no digits glued, no mixed number, no bars in doubt."""
    if isinstance(after, Num) or word.startswith((r"\frac", "|")) or isinstance(before, Call):
        return False
    return (
        isinstance(before, Num | Sym | Const | Pow)
        and isinstance(after, Sym | Add | Const | Call | Pow)
        and not word[0].isdigit()
    )


def _quotient(top: Expr, bottom: Expr, style: Style) -> Written:
    if style.latex:
        return rf"\frac{{{_write(top, style)[0]}}}{{{_write(bottom, style)[0]}}}", PRODUCT
    return f"{_at_least(top, POWER, style)}/{_at_least(bottom, POWER, style)}", PRODUCT


def _power(base: Expr, n: Fraction, style: Style) -> Written:
    named = isinstance(base, Call) and base.name in ("sin", "cos") and n > 1 and n.denominator == 1
    if named and isinstance(base, Call) and style.name in ("terse", "unicode"):
        inner = _write(base.args[0], style)[0]
        return (
            rf"\{base.name}^{{{n}}}({inner})" if style.latex else f"{base.name}{_raised(n)}({inner})"
        ), APPLIED
    held = _at_least(base, ATOM, style)
    if style is UNICODE and n.denominator == 1:
        return held + _raised(n), POWER
    exponent = _number(n, style)[0]
    if style.latex:
        return (
            f"{held}^{exponent}" if style.terse and len(exponent) == 1 else f"{held}^{{{exponent}}}"
        ), POWER
    mark = "**" if style is PLAIN else "^"
    return f"{held}{mark}{exponent if n >= 0 and n.denominator == 1 else f'({exponent})'}", POWER


def _raised(n: Fraction) -> str:
    return str(n.numerator).translate(_SUPERSCRIPTS)


def _call(name: str, args: tuple[Expr, ...], style: Style) -> Written:
    inner = _write(args[-1], style)[0]
    if name == "root":
        return _root(str(args[0].value), inner, style), ATOM  # type: ignore[union-attr]
    if name == "abs":
        return _bars(inner, style), ATOM
    if name == "exp" and style.terse:
        return f"e^{{{inner}}}", POWER
    if style.terse and isinstance(args[0], Sym):
        return rf"\{name} {inner}", APPLIED
    return f"{chr(92) if style.latex else ''}{name}{style.left}{inner}{style.right}", ATOM


def _root(index: str, inner: str, style: Style) -> str:
    if style.latex:
        mark = r"\sqrt" if index == "2" else rf"\sqrt[{index}]"
        return (
            f"{mark}{inner}" if style.terse and len(inner) == 1 and inner.isdigit() else f"{mark}{{{inner}}}"
        )
    if style is PLAIN:
        return f"{'sqrt' if index == '2' else 'cbrt'}({inner})"
    return f"{'√' if index == '2' else '∛'}({inner})"


def _bars(inner: str, style: Style) -> str:
    choices: dict[str, Callable[[str], str]] = {
        "verbose": lambda body: rf"\left|{body}\right|",
        "terse": lambda body: rf"\lvert {body}\rvert" if "|" in body or "vert" in body else f"|{body}|",
        "plain": lambda body: f"abs({body})",
        "unicode": lambda body: f"abs({body})" if "|" in body or "abs" in body else f"|{body}|",
    }
    return choices[style.name](inner)
