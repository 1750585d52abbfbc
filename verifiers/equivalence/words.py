"""The names that answers use: LaTeX commands, Unicode signs, functions, number words, words that join."""

import unicodedata
from fractions import Fraction

from synthgym.verifiers.equivalence.tree import FUNCTIONS

GREEK = {
    name: unicodedata.lookup(f"GREEK SMALL LETTER {name.upper()}")
    for name in (
        "alpha beta gamma delta epsilon zeta eta theta iota kappa lamda mu nu xi omicron pi rho sigma tau upsilon phi "
        "chi psi omega"
    ).split()
} | {name: unicodedata.lookup(f"GREEK CAPITAL LETTER {name.upper()}") for name in ("Gamma", "Delta", "Theta")}
GREEK |= {
    name: unicodedata.lookup(f"GREEK CAPITAL LETTER {spelled.upper()}")
    for name, spelled in {
        "Lambda": "lamda",
        "Xi": "xi",
        "Pi": "pi",
        "Sigma": "sigma",
        "Phi": "phi",
        "Psi": "psi",
        "Omega": "omega",
    }.items()
}
GREEK["lambda"] = GREEK.pop("lamda")
GREEK_NAMES = {letter: name for name, letter in GREEK.items()} | {"ϕ": "phi", "ϵ": "epsilon", "ϑ": "theta"}

_OTHERWISE = ("root", "log", "mod", "sign", "conj", "degree", "gamma", "double_factorial")
FUNCTION_NAMES: dict[str, str] = {
    **{
        name: name
        for name in FUNCTIONS
        if len(name) > 2 and name not in ("root", "log", "mod", "sign", "conj")
    },
    "ln": "ln",
    "Re": "re",
    "Im": "im",
    "log": "log",
    "lg": "lg",
    "sgn": "sign",
    "arcsin": "asin",
    "arccos": "acos",
    "arctan": "atan",
    "arctg": "atan",
    "arccot": "acot",
    "arcsec": "asec",
    "arccsc": "acsc",
    "arcsinh": "asinh",
    "arccosh": "acosh",
    "arctanh": "atanh",
    "arsinh": "asinh",
    "arcosh": "acosh",
    "artanh": "atanh",
    "tg": "tan",
    "ctg": "cot",
    "cosec": "csc",
    "lcm": "lcm",
    "gcd": "gcd",
    "cbrt": "cbrt",
    "sqrt": "sqrt",
    "ceiling": "ceil",
    "Abs": "abs",
    "Sqrt": "sqrt",
    "Sin": "sin",
    "Cos": "cos",
    "Tan": "tan",
    "Log": "log",
    "Ln": "ln",
    "Exp": "exp",
}
"""How functions are written; ``sqrt``, ``cbrt``, ``log`` and ``lg`` are given their meaning by the grammar."""

TRIGONOMETRIC = frozenset(("sin", "cos", "tan", "cot", "sec", "csc", "sinh", "cosh", "tanh"))
"""Functions whose power is written before the argument; to the power -1 they are inverted."""

SIGNS: dict[str, str] = {
    **dict.fromkeys(("\\cdot", "\\times", "\\ast", "×", "·", "⋅", "∙", "∗", "•", "*"), "*"),
    **dict.fromkeys(("\\div", "÷", "/", "∕", "⁄"), "/"),
    **dict.fromkeys(("\\pm", "±", "+/-", "+-"), "±"),
    **dict.fromkeys(("\\mp", "∓", "-/+"), "∓"),
    **dict.fromkeys(("\\le", "\\leq", "\\leqslant", "≤", "⩽", "<=", "=<"), "<="),
    **dict.fromkeys(("\\ge", "\\geq", "\\geqslant", "≥", "⩾", ">="), ">="),
    **dict.fromkeys(("\\ne", "\\neq", "≠", "!=", "\\not="), "!="),
    **dict.fromkeys(("\\lt", "<", "&lt"), "<"),
    **dict.fromkeys(("\\gt", ">", "&gt"), ">"),
    **dict.fromkeys(("=", "==", ":="), "="),
    **dict.fromkeys(("\\cup", "∪", "\\bigcup"), "∪"),
    **dict.fromkeys(("\\cap", "∩", "\\bigcap"), "∩"),
    **dict.fromkeys(("\\setminus", "\\smallsetminus", "\\backslash", "∖"), "∖"),
    **dict.fromkeys(("\\in", "∈"), "∈"),
    **dict.fromkeys(("**", "^"), "^"),
    **dict.fromkeys(("\\{", "\\lbrace"), "\\{"),
    **dict.fromkeys(("\\}", "\\rbrace"), "\\}"),
    **dict.fromkeys(("\\langle", "⟨"), "⟨"),
    **dict.fromkeys(("\\rangle", "⟩"), "⟩"),
    **dict.fromkeys(("\\lvert", "\\rvert", "\\vert", "\\mid", "\\|", "|", "∣"), "|"),
    **dict.fromkeys(("\\lbrack",), "["),
    **dict.fromkeys(("\\rbrack",), "]"),
    **dict.fromkeys(("\\lparen",), "("),
    **dict.fromkeys(("\\rparen",), ")"),
    **dict.fromkeys(("\\lfloor", "⌊"), "⌊"),
    **dict.fromkeys(("\\rfloor", "⌋"), "⌋"),
    **dict.fromkeys(("\\lceil", "⌈"), "⌈"),
    **dict.fromkeys(("\\rceil", "⌉"), "⌉"),
    **dict.fromkeys(("\\ldots", "\\dots", "\\cdots", "\\dotsc", "\\dotsb", "…", "⋯", "..."), "…"),
    **dict.fromkeys(("\\%", "%"), "%"),
    **dict.fromkeys(("\\$", "$"), "$"),
    **dict.fromkeys(("\\degree", "°", "º"), "°"),
    **dict.fromkeys(("\\prime", "'", "′", "\u2019"), "'"),
    **dict.fromkeys(("\\to", "\\rightarrow", "\\longrightarrow", "→", "->"), "→"),
    **dict.fromkeys(("\\sqrt", "√", "\\surd"), "√"),
    **dict.fromkeys(("\\int", "∫"), "∫"),
    **dict.fromkeys(("\\sum", "∑"), "∑"),
    **dict.fromkeys(("\\prod", "∏"), "∏"),
    **dict.fromkeys(("\\lim",), "lim"),
    **dict.fromkeys(("\\land", "\\wedge", "∧"), "and"),
    **dict.fromkeys(("\\lor", "\\vee", "∨"), "or"),
    **dict.fromkeys(("\\colon", ":", "∶"), ":"),
    **dict.fromkeys(("\\frac",), "frac"),
    **dict.fromkeys(("\\binom", "\\dbinom", "\\tbinom"), "binom"),
    **dict.fromkeys(("\\choose",), "choose"),
    **dict.fromkeys(("\\over",), "over"),
    **dict.fromkeys(("\\vec", "\\hat", "\\widehat", "\\overrightarrow"), "vec"),
    **dict.fromkeys(("\\overline", "\\bar"), "conj"),
    **dict.fromkeys(("\\bmod", "\\mod"), "mod"),
    **dict.fromkeys(("\\circ", "∘"), "∘"),
    **dict.fromkeys(("\\\\",), "\\\\"),
    "¢": "¢",
    "€": "€",
    "£": "£",
    "¥": "¥",
    "\\euro": "€",
    "\\pounds": "£",
    "∛": "∛",
    "∜": "∜",
    **{sign: sign for sign in "+-()[]{},;_!&"},
    **dict.fromkeys("−—―", "-"),
}
"""Signs as they are written, to the one token each stands for."""

CONSTANTS: dict[str, str] = {
    **dict.fromkeys(("\\pi", "π", "𝜋", "pi", "Pi", "PI"), "pi"),
    **dict.fromkeys(("\\infty", "∞", "infinity", "Infinity", "inf", "oo", "infty"), "inf"),
    **dict.fromkeys(("ℯ",), "e"),
    **dict.fromkeys(("\\imath", "ⅈ"), "i"),
}

NAMED_SETS: dict[str, str] = {
    **{sign: letter for sign, letter in zip("ℝℚℤℕℂ", "RQZNC", strict=True)},
    **dict.fromkeys(("\\emptyset", "\\varnothing", "∅", "⌀", "\\O"), ""),
    **{f"\\{letter}": letter for letter in "RQZN"},
    "\\Reals": "R",
}

JOINING: dict[str, str] = {"and": "and", "or": "or", "minus": "-", "negative": "-", "plus": "+"}
SETS_IN_WORDS: dict[str, str] = {"union": "∪", "intersect": "∩", "intersection": "∩"}

SUPERSCRIPTS = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾ⁿⁱ", "0123456789+-()ni", strict=True))
SUBSCRIPTS = dict(zip("₀₁₂₃₄₅₆₇₈₉₊₋ₙₖ", "0123456789+-nk", strict=True))

VULGAR: dict[str, Fraction] = {
    chr(code): Fraction(*map(int, unicodedata.normalize("NFKC", chr(code)).split("\u2044")))
    for code in (*range(0xBC, 0xBF), *range(0x2150, 0x215F))
}
"""½, ¾, ⅓ and their like."""

_UNITS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
).split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_NUMBER_WORDS: dict[str, int] = {word: value for value, word in enumerate(_UNITS)}
_NUMBER_WORDS |= {word: 10 * value for value, word in enumerate(_TENS, 2)}
_PARTS = {
    "half": 2,
    "halves": 2,
    "third": 3,
    "thirds": 3,
    "quarter": 4,
    "quarters": 4,
    "fourth": 4,
    "fourths": 4,
}
_PARTS |= {
    "fifth": 5,
    "fifths": 5,
    "sixth": 6,
    "sixths": 6,
    "eighth": 8,
    "eighths": 8,
    "tenth": 10,
    "tenths": 10,
}
MULTIPLES = {
    "hundred": 100,
    "thousand": 1000,
    "million": 10**6,
    "billion": 10**9,
    "trillion": 10**12,
    "dozen": 12,
}
"""What a word behind a number multiplies it by."""


def number_in_words(phrase: str) -> Fraction | None:
    """The number that a folded phrase spells: ``seven``, ``twenty one``, ``minus three quarters``, ``one million``."""
    words = phrase.split()
    if not 0 < len(words) <= 4:
        return None
    if words[0] in ("minus", "negative"):
        inner = number_in_words(" ".join(words[1:]))
        return None if inner is None else -inner
    last, before = words[-1], words[:-1]
    if last in _PARTS:
        count = Fraction(1) if before in ([], ["a"]) else number_in_words(" ".join(before))
        return None if count is None else count / _PARTS[last]
    if last in MULTIPLES and before:
        count = Fraction(1) if before == ["a"] else number_in_words(" ".join(before))
        return None if count is None else count * MULTIPLES[last]
    values = [_NUMBER_WORDS.get(word, -1) for word in words]
    if len(values) == 2 and values[0] in range(20, 100, 10) and values[1] in range(1, 10):
        return Fraction(sum(values))
    return Fraction(values[0]) if len(values) == 1 and values[0] >= 0 else None


SYNONYMS: dict[str, str] = {
    **dict.fromkeys(("dne", "does not exist", "doesnt exist", "doesn t exist"), "does not exist"),
    **dict.fromkeys(("undefined", "not defined"), "undefined"),
    **dict.fromkeys(
        ("no solution", "no solutions", "no real solution", "no real solutions", "none"), "no solution"
    ),
}
"""Phrases, folded, that say the same."""

ALL_REALS = frozenset(
    ("all real numbers", "all reals", "all real", "the real numbers", "real numbers", "the reals")
)
"""Phrases, folded, for ℝ."""
NO_ELEMENTS = frozenset(("empty set", "the empty set", "null set", "the null set"))
"""Phrases, folded, for the empty set."""
