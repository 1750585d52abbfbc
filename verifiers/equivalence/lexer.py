"""Reads the text of an answer into tokens: plain text, LaTeX and Unicode come out the same.

One pass of one regular expression without nested repeats, so that its time is linear in the text. Every sign, command,
letter and word has a place in `words`; what has none is an error, never skipped.
"""

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from synthgym.verifiers.equivalence.units import UNITS, read_unit
from synthgym.verifiers.equivalence.words import (
    CONSTANTS,
    FUNCTION_NAMES,
    GREEK,
    GREEK_NAMES,
    JOINING,
    NAMED_SETS,
    SETS_IN_WORDS,
    SIGNS,
    SUBSCRIPTS,
    SUPERSCRIPTS,
    VULGAR,
)

TokenKind = Literal[
    "number", "vulgar", "letter", "constant", "function", "set", "word", "sign", "begin", "end"
]


class Unreadable(ValueError):
    """The text is not a spelling that the engine knows; the message says why."""


@dataclass(frozen=True, slots=True)
class Token:
    """One token.

    Attributes:
        kind: what it is.
        text: as `words` has it; of a number its digits, of a word its letters.
        value: of a number.
        space: whether white space stands before it.
        at: where it begins in the cleaned text.
        end: where it ends there.
    """

    kind: TokenKind
    text: str
    space: bool
    at: int
    end: int
    value: Fraction = Fraction(0)

    @property
    def is_integer(self) -> bool:
        """Whether it is written as an integer, in digits alone."""
        return self.kind == "number" and self.text.isdecimal()


def lex(text: str, *, limit: int, lists: bool = False) -> list[Token]:
    """The tokens of `text`.

    Args:
        limit: tokens at most; beyond it the reading stops with `TooMany`.
        lists: a comma always separates items, never thousands: ``100,200`` are two numbers.

    Raises:
        Unreadable: at a character, command or word that has no meaning here.
        TooMany: beyond `limit`.
    """
    return _Lexer(_cleaned(text), limit, lists).tokens()


class TooMany(ValueError):
    """More tokens than the bound."""


_SIZES = r"left|right|[bB]igg?[lrm]?|middle"
_STYLES = (
    r"displaystyle|textstyle|scriptstyle|limits|nolimits|rm|bf|it|mathstrut|boldsymbol|mathbf|mathit|mathsf|mathcal|bm"
    r"|mathop|mathrel|mathbin|ensuremath|thinspace|medspace|thickspace|quad|qquad|enspace"
)
_SPACING = re.compile(
    rf"\\(?:{_SIZES})\s*\."
    rf"|\\(?:{_SIZES}|{_STYLES})(?![a-zA-Z])"
    r"|\\\\(?:\[[0-9.]{1,6}(?:pt|em|ex|mm|cm)\])?|\\[,;: >]|\\!|\\negthinspace(?![a-zA-Z])|\{,\}|~"
    r"|\\(?:[hv]space\*?|phantom)\s*\{[^{}]{0,12}\}|\\&"
)
_GLUE = {"\\!": "", "{,}": ",", "\\negthinspace": "", "\\&": " and "}


def _cleaned(text: str) -> str:
    if "\\" in text or "{,}" in text or "~" in text:
        text = _THOUSANDS_SPACED.sub(r"\1,", _DERIVATIVE.sub(r" \1' ", _COLOUR.sub(" ", text)))
        text = _ANGLE.sub(r"\\text{angle \1}", text)
        if "\\begin" not in text:
            text = _DOUBLED.sub(r"\\", text)
        text = _SPACING.sub(_spaced, text)
        for written, plain in _SPELLED:
            text = text.replace(written, plain)
    for opening, closing in (("\\(", "\\)"), ("\\[", "\\]")):
        if opening in text and text.count(opening) == text.count(closing):
            text = text.replace(opening, " ").replace(closing, " ")
    if _LOWERED.search(text):
        text = _LOWERED.sub(lambda match: f"_{{{''.join(SUBSCRIPTS[sign] for sign in match[0])}}}", text)
    if "C" in text or "choose" in text:
        text = _CHOOSE.sub(r"\\binom{\1\3\5}{\2\4\6}", text)
    if "/" in text:
        text = _PLAIN_DERIVATIVE.sub(r" \1' ", text)
    if "{}" in text:
        text = _EMPTY.sub("", text)
    if "." in text:
        text = _MODULES.sub("", text)
    if "]" in text and (text.lstrip()[:1] == "]" or text.rstrip()[-1:] == "["):
        text = _OUTWARD.sub(_turned_inward, text)
    if text.count("$") % 2 == 0 and "$" in text and "\\$" not in text and _is_marked_up(text):
        text = text.replace("$", " ")
    return text


def _spaced(match: re.Match[str]) -> str:
    """What a spacing command stands for: a space, nothing, or the end of a matrix row."""
    return "\\\\" if match[0].startswith("\\\\") else _GLUE.get(match[0], " ")


_SPELLED = (
    *((f"\\{name}", "\\frac") for name in ("dfrac", "tfrac", "cfrac", "nicefrac", "sfrac")),
    ("\\not=", "\\ne "),
)
_LOWERED = re.compile(f"[{''.join(SUBSCRIPTS)}]+")
_MODULES = re.compile(r"\b(?:math|np|numpy|sp|sympy)\.(?=[a-z])")
_COLOUR = re.compile(
    r"\\(?:color|textcolor)\s*\{[a-zA-Z]{1,20}\}|\\(?:large|Large|small|huge|Huge|normalsize)(?![a-zA-Z])"
)
_DERIVATIVE = re.compile(r"\\[dt]?frac\s*\{\s*d\s*([a-zA-Z])\s*\}\s*\{\s*d\s*[a-zA-Z]\s*\}")
_DOUBLED = re.compile(r"\\\\(?=[a-zA-Z]{2})")
_THOUSANDS_SPACED = re.compile(r"([0-9]),\s*\\[,!]\s*(?=[0-9]{3}(?![0-9]))")
_ANGLE = re.compile(r"(?:\bm\s*)?\\angle\s*\{?\s*([A-Z]{1,3})\b\s*\}?")
_CHOOSE = re.compile(
    r"(?:\{\}\s*)?_\s*\{?([0-9]{1,6})\}?\s*C\s*_\s*\{?([0-9]{1,6})\}?"
    r"|(?<![0-9A-Za-z])([0-9]{1,6})\s*C\s*([0-9]{1,6})(?![0-9A-Za-z_])"
    r"|(?<![0-9A-Za-z])([0-9]{1,6})\s+choose\s+([0-9]{1,6})(?![0-9A-Za-z])"
)
"""``_{10}C_3``, ``10C3``, ``10 choose 3``."""
_EMPTY = re.compile(r"(?<=[0-9})])\{\}")
_PLAIN_DERIVATIVE = re.compile(r"\bd([a-z])\s*/\s*d[a-z]\b")


def _is_marked_up(text: str) -> bool:
    """Whether dollar signs delimit formulas, with nothing but separators between them; else they are money."""
    return all(map(_BETWEEN.fullmatch, text.split("$")[::2]))


_BETWEEN = re.compile(r"[\s,;.]*(?:and|or)?\s*")
_OUTWARD = re.compile(r"([\[\]])([^\[\]()]{1,200}[,;][^\[\]()]{1,200})([\[\]])")


def _turned_inward(match: re.Match[str]) -> str:
    """``]0,1[``, as open intervals are written in French, with round brackets."""
    left, inside, right = match.groups()
    return f"{'(' if left == ']' else left}{inside}{')' if right == '[' else right}"


_THOUSANDS = r"[1-9][0-9]{0,2}(?:,[0-9]{3})+(?![0-9]|,[0-9])"
_SPACED = r"[1-9][0-9]{0,2}(?: [0-9]{3})+(?![0-9]|[,/ ]\s*[0-9]|\s*\\frac)"
_BASE_WORDS = {
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "nine": 9,
    "ten": 10,
}
_BASE_WORDS |= {"twelve": 12, "sixteen": 16}
_BASE = rf"(?:[0-9]{{1,2}}|{'|'.join(_BASE_WORDS)})"
_BASED = (
    r"(?:[0-9][0-9A-F]*|[A-F][0-9A-F]+|\\(?:text|mathrm|texttt)\{[0-9A-F]+\}|\(\s*[0-9A-F]+\s*\)|\{\s*[0-9A-F]+\s*\})"
    rf"(?:_(?:\{{\s*(?:\\text\{{)?\s*\(?\s*{_BASE}\s*\)?\s*\}}?\s*\}}|[0-9]{{1,2}}(?![0-9]))"
    r"|\s*(?:\\text\{\s*base\s*\}|base)\s*[0-9]{1,2}(?![0-9]))"
)
_TOKEN = re.compile(
    rf"(?P<space>\s+)"
    rf"|(?P<based>{_BASED})"
    rf"|(?P<coded>0x[0-9a-fA-F]+|0b[01]+|0o[0-7]+)(?![0-9A-Za-z])"
    rf"|(?P<repeating>[0-9]*\.[0-9]*(?:\\dot\s*(?:\{{[0-9]\}}|[0-9])[0-9]*(?=\\dot)|\\(?:overline|bar|dot)\s*(?:\{{[0-9]+\}}|[0-9])|\([0-9]+\)|(?:[0-9]\u0305)+)+)"
    rf"|(?P<dotted>[0-9]*\.[0-9]+\s*(?:\.\.\.|…|\\[lc]?dots))"
    rf"|(?P<number>(?:(?:{_THOUSANDS}|{_SPACED}|[0-9]+)(?:\.(?!\.)[0-9]*)?|\.[0-9]+)(?:[eE](?:-?[0-9]+|\+[0-9]+)(?![0-9A-Za-z.]))?)"
    rf"|(?P<raised>[{''.join(SUPERSCRIPTS)}]+)"
    rf"|(?P<environment>\\(?:begin|end)\s*\{{[a-zA-Z]+\*?\}}(?:\s*\{{[lcr|\s]*\}})?)"
    rf"|(?P<textual>\\(?:text|textbf|textit|textrm|textnormal|mathrm|operatorname\*?|mbox|hbox|textsf|texttt|emph|underline|mathbb|Bbb)(?![a-zA-Z])"
    rf"\s*(?:\{{(?P<inner>(?:[^{{}}$\\]|\\.)*)\}}|\\?(?P<bare>[A-Za-z])))"
    rf"|(?P<command>\\[a-zA-Z]+|\\.)"
    rf"|(?P<letters>[A-Za-z]+)"
    rf"|(?P<sign>\*\*|:=|<=|>=|!=|==|=<|\+/-|-/\+|\+-|->|\.\.\.|[^\s0-9])",
    re.DOTALL,
)
_PLUS_EXPONENT = re.compile(r"[eE]\+[0-9]+$")
"""Read as scientific notation only where it is all there is: ``2e+3x`` is a sum."""
_VARIABLE = frozenset("kmnpqrstuvwxyz")
_ENGLISH = frozenset(
    "non xor un not no to the and for is are was of if than but yes nor all any few so at by as it be do an".split()
)
"""Short words that no product of variables is spelled like."""
_TIMES_TEN = re.compile(r"\s*10\s*(?:\^|\*\*|[⁰¹²³⁴⁵⁶⁷⁸⁹⁻])")
_UPRIGHT = frozenset(("text", "mathrm", "textrm", "mbox", "hbox", "operatorname", "textnormal"))
_WRAPPED = re.compile(r"[A-Za-z][A-Za-z' .-]*")
_CALLED = re.compile(rf"({'|'.join(sorted(FUNCTION_NAMES, key=len, reverse=True))})")


def is_called(text: str) -> bool:
    """Whether a run of letters is a function's name with a letter or two beside it: ``sinx``."""
    return _CALLED.search(text) is not None and len(_CALLED.sub("", text)) <= 2


def _names_unit(text: str) -> bool:
    return text in UNITS or (len(text) > 2 and text.lower() in UNITS)


class _Lexer:
    def __init__(self, text: str, limit: int, lists: bool) -> None:
        self.text, self.limit, self.lists = text, limit, lists
        self.out: list[Token] = []
        self.depth = 0
        self.space = False

    def tokens(self) -> list[Token]:
        at = 0
        while at < len(self.text):
            at = self._one(at)
            if len(self.out) > self.limit:
                raise TooMany(f"more than {self.limit} tokens")
        return self.out

    def _one(self, at: int) -> int:
        match = _TOKEN.match(self.text, at)
        if match is None:
            raise Unreadable(f"{self.text[at]!r} is not a sign of mathematics")
        end, group = match.end(), match.lastgroup
        if group in ("inner", "bare"):
            group = "textual"
        if group == "space":
            self.space = True
            return end
        if group == "number":
            end = self._number(match[0], at, end)
        else:
            getattr(self, f"_{group}")(match, at, end)
        self.space = False
        return end

    def _add(self, kind: TokenKind, text: str, at: int, end: int, value: Fraction = Fraction(0)) -> None:
        if kind == "sign" and text in _OPENING:
            self.depth += 1
        elif kind == "sign" and text in _CLOSING:
            self.depth = max(0, self.depth - 1)
        self.out.append(Token(kind, text, self.space, at, end, value))
        self.space = False

    def _number(self, text: str, at: int, end: int) -> int:
        if _PLUS_EXPONENT.search(text) and not (at == 0 and end == len(self.text)):
            text = text[: text.lower().index("e")]
            end = at + len(text)
        separated = "," in text or " " in text
        if separated and (self.depth or self.lists) and "," in text:
            text = text[: text.index(",")]
            end = at + len(text)
        mantissa, _, exponent = text.replace(",", "").replace(" ", "").lower().partition("e")
        whole, _, places = mantissa.partition(".")
        if len(mantissa) > 2_000 or len(exponent) > 5:
            raise TooMany(f"a number of {len(text)} characters")
        value = Fraction(int(whole + places or "0"), 10 ** len(places))
        if exponent:
            value *= Fraction(10) ** int(exponent)
        self._add("number", mantissa if not exponent else text, at, end, value)
        return end

    def _based(self, match: re.Match[str], at: int, end: int) -> None:
        digits, _, base = match[0].rpartition("base" if "base" in match[0] else "_")
        digits = re.sub(r"\\[a-z]+|[^0-9A-F]", "", digits)
        word = re.sub(r"\\text|[^a-z]", "", base)
        number = _BASE_WORDS[word] if word else int(re.sub(r"[^0-9]", "", base))
        if not 2 <= number <= 36 or any(int(digit, 36) >= number for digit in digits):
            raise Unreadable(f"{digits} is not written in base {number}")
        self._add("number", f"{digits}_{number}", at, end, Fraction(int(digits, number)))

    def _coded(self, match: re.Match[str], at: int, end: int) -> None:
        self._add("number", match[0], at, end, Fraction(int(match[0], 0)))

    def _repeating(self, match: re.Match[str], at: int, end: int) -> None:
        whole, _, rest = match[0].partition(".")
        plain = re.match(r"[0-9]*", rest)
        before = plain[0] if plain else ""
        tail = rest[len(before) :]
        if "\u0305" in tail:
            before, tail = before[:-1], before[-1:] + tail
        block = re.sub(r"[^0-9]", "", tail)
        if "\\dot" not in tail and tail.count("\\") + tail.count("(") > 1:
            raise Unreadable("two repeating blocks in one decimal")
        if "\\dot" in tail and tail.count("\\dot") > 2:
            raise Unreadable("more than two dots over one decimal")
        shown = int(whole + before or "0")
        value = Fraction(shown, 10 ** len(before))
        value += Fraction(int(block), (10 ** len(block) - 1) * 10 ** len(before))
        self._add("number", match[0], at, end, value)

    def _dotted(self, match: re.Match[str], at: int, end: int) -> None:
        whole, _, rest = match[0].partition(".")
        digits = re.match(r"[0-9]+", rest)
        places = digits[0] if digits else ""
        for size in range(1, len(places) // 2 + 1):
            block = places[-size:]
            if places.endswith(block * (3 if size == 1 else 2)):
                before = places[:-size]
                value = Fraction(int(whole + before or "0"), 10 ** len(before))
                value += Fraction(int(block), (10**size - 1) * 10 ** len(before))
                self._add("number", match[0], at, end, value)
                return
        raise Unreadable(f"{match[0]!r} does not say how its digits go on")

    def _raised(self, match: re.Match[str], at: int, end: int) -> None:
        self._group("^", "".join(SUPERSCRIPTS[sign] for sign in match[0]), at, end)

    def _group(self, sign: str, inside: str, at: int, end: int) -> None:
        """`inside` in braces after `sign`, as LaTeX would have it."""
        self._add("sign", sign, at, end)
        self._add("sign", "{", at, end)
        for token in _Lexer(inside, self.limit, self.lists).tokens():
            self._add(token.kind, token.text, at, end, token.value)
        self._add("sign", "}", at, end)

    def _environment(self, match: re.Match[str], at: int, end: int) -> None:
        name = match[0].partition("{")[2].partition("}")[0]
        self._add("begin" if match[0].startswith("\\begin") else "end", name.rstrip("*"), at, end)

    def _textual(self, match: re.Match[str], at: int, end: int) -> None:
        inside = (match["bare"] or match["inner"] or "").replace("\\ ", " ").strip()
        command = match[0][1:].partition("{")[0].strip()
        if command in ("mathbb", "Bbb") or match["bare"] and "bb" in command:
            if inside not in ("R", "Q", "Z", "N", "C"):
                raise Unreadable(f"no set is called {inside!r}")
            self._add("set", inside, at, end)
        elif inside == ".":
            return
        elif self._after_value() and command in _UPRIGHT and read_unit(inside) is not None:
            self._add("word", inside, at, end)
        elif len(inside) > 4 and inside.endswith(" and") and _WRAPPED.fullmatch(inside):
            self._word(inside[:-4].strip(), at, end, spelled_out=True)
            self._sign_or_joiner("and", at, end)
        elif len(inside) > 1 and _WRAPPED.fullmatch(inside):
            self._word(inside.rstrip("."), at, end, spelled_out=True)
        elif inside:
            self._inline(inside, at, end)

    def _inline(self, inside: str, at: int, end: int) -> None:
        for token in _Lexer(_cleaned(inside), self.limit, self.lists).tokens():
            self.space = self.space or token.space
            self._add(token.kind, token.text, at, end, token.value)

    def _command(self, match: re.Match[str], at: int, end: int) -> None:
        command = match[0]
        name = command[1:]
        if command in SIGNS:
            self._sign_or_joiner(SIGNS[command], at, end)
        elif command in CONSTANTS:
            self._add("constant", CONSTANTS[command], at, end)
        elif command in NAMED_SETS:
            self._add("set", NAMED_SETS[command], at, end)
        elif name in FUNCTION_NAMES:
            self._add("function", FUNCTION_NAMES[name], at, end)
        elif name.removeprefix("var") in GREEK:
            self._add("letter", name.removeprefix("var"), at, end)
        elif name == "ell":
            self._add("letter", "ell", at, end)
        else:
            raise Unreadable(f"no LaTeX command {command[:20]!r} is known")

    def _letters(self, match: re.Match[str], at: int, end: int) -> None:
        self._word(match[0], at, end, spelled_out=False)

    def _word(self, text: str, at: int, end: int, *, spelled_out: bool) -> None:
        """A run of letters: a name that is known, one word, or letters side by side."""
        lower = text.lower()
        if _names_unit(text) and text in FUNCTION_NAMES and self._is_measure(end, spelled_out):
            self._add("word", text, at, end)
        elif text == "x" and self._after_number() and _TIMES_TEN.match(self.text, end):
            self._add("sign", "*", at, end)
        elif text == "U" and self._joins_sets(end):
            self._add("sign", "∪", at, end)
        elif text in FUNCTION_NAMES:
            self._add("function", FUNCTION_NAMES[text], at, end)
        elif text in CONSTANTS:
            self._add("constant", CONSTANTS[text], at, end)
        elif lower in JOINING:
            self._sign_or_joiner(JOINING[lower], at, end)
        elif lower in SETS_IN_WORDS:
            self._add("sign", SETS_IN_WORDS[lower], at, end)
        elif len(text) > 1 and text in GREEK:
            self._add("letter", text, at, end)
        elif len(text) == 1:
            self._letter(text, at, end)
        elif lower == "mod":
            self._add("sign", "mod", at, end)
        elif lower == "in" and not spelled_out and not self._after_number():
            self._add("sign", "∈", at, end)
        elif spelled_out or self._is_word(text, at):
            self._add("word", text, at, end)
        else:
            self._split(text, at)

    def _after_value(self) -> bool:
        last = self.out[-1] if self.out else None
        return last is not None and (last.kind not in ("sign", "begin", "function") or last.text in ")}]")

    def _after_number(self) -> bool:
        """Whether a number, or a unit with a bar behind it, stands before."""
        last = self.out[-1] if self.out else None
        if last is not None and last.text in ("/", "per") and len(self.out) > 1:
            last = self.out[-2]
            return last.kind == "word" and read_unit(last.text) is not None
        return last is not None and last.kind in ("number", "vulgar")

    def _is_measure(self, end: int, spelled_out: bool) -> bool:
        """Whether ``min`` or ``sec`` here is a unit, not a function."""
        return self._after_number() and (spelled_out or not self.text[end:].strip(" .;,"))

    def _joins_sets(self, end: int) -> bool:
        """Whether a U stands between the brackets of two sets."""
        behind = self.out[-1].text if self.out else ""
        return behind in (")", "]", "\\}", "}") and self.text[end:].lstrip()[:1] in ("(", "[", "\\", "{")

    def _is_word(self, text: str, at: int) -> bool:
        if (
            text.lower() in ("per", "sq")
            or self._is_english(text, at)
            or (_names_unit(text) and self._after_number())
        ):
            return True
        if is_called(text):
            return False
        return len(text) > 3 and not (set(text) <= _VARIABLE and len(text) < 6)

    def _is_english(self, text: str, at: int) -> bool:
        """Whether a short word stands apart beside a number or another word: ``not 0``; ``at^2`` is a product."""
        end = at + len(text)
        before, behind = self.text[:at], self.text[end:]
        if text.lower() not in _ENGLISH or before[-1:].strip() or behind[:1].strip():
            return False
        return before.rstrip()[-1:].isalnum() or behind.lstrip()[:1].isalnum()

    def _split(self, text: str, at: int) -> None:
        """``xsinx`` into ``x sin x``; ``abc`` into its letters."""
        position = 0
        while position < len(text):
            match = _CALLED.match(text, position)
            start = at + position
            if match and len(match[0]) > 1:
                self._add("function", FUNCTION_NAMES[match[0]], start, at + match.end())
                position = match.end()
            elif text.startswith("pi", position):
                self._add("constant", "pi", start, start + 2)
                position += 2
            else:
                self._letter(text[position], start, start + 1)
                position += 1

    def _letter(self, letter: str, at: int, end: int) -> None:
        if letter in ("e", "i"):
            self._add("constant", letter, at, end)
        else:
            self._add("letter", letter, at, end)

    def _sign(self, match: re.Match[str], at: int, end: int) -> None:
        text = match[0]
        if text in SIGNS:
            self._sign_or_joiner(SIGNS[text], at, end)
        elif text in CONSTANTS:
            self._add("constant", CONSTANTS[text], at, end)
        elif text in NAMED_SETS:
            self._add("set", NAMED_SETS[text], at, end)
        elif text in VULGAR:
            self._add("vulgar", text, at, end, VULGAR[text])
        elif text in GREEK_NAMES:
            self._add("letter", GREEK_NAMES[text], at, end)
        elif text in _MATH_LETTERS:
            self._letter(_MATH_LETTERS[text], at, end)
        else:
            raise Unreadable(f"{text!r} is not a sign of mathematics")

    def _sign_or_joiner(self, text: str, at: int, end: int) -> None:
        self._add("sign", text, at, end)


_OPENING = frozenset(("(", "[", "\\{", "⟨"))
_CLOSING = frozenset((")", "]", "\\}", "⟩"))
# Italic and bold letters of the mathematical alphabets, as word processors write them.
_MATH_LETTERS = {
    chr(start + at): letter
    for start in (0x1D434, 0x1D400, 0x1D468)
    for at, letter in enumerate("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
} | {"ℎ": "h", "ℓ": "ell"}
