"""Units of measure: what each is of, and how large it is.

A unit is read from a phrase such as ``cm``, ``square metres``, ``cm^2``, ``m/s``, ``miles per hour``, ``kg m
s^-2``. Two units compare when they measure the same thing; 1 km and 1000 m are the same answer. Temperatures do
not convert (their zeros differ), and of currencies each is a measure of its own. A word that is no unit
(``apples``) is a label: it is compared as a word.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of measure.

    Attributes:
        dimension: base measure to its power; sorted, without zeros.
        factor: how many base units it is.
    """

    dimension: tuple[tuple[str, int], ...]
    factor: Fraction

    def times(self, other: "Unit", power: int) -> "Unit":
        """This unit times `other` to a power."""
        powers = dict(self.dimension)
        for name, own in other.dimension:
            powers[name] = powers.get(name, 0) + own * power
        dimension = tuple(sorted((name, own) for name, own in powers.items() if own))
        return Unit(dimension, self.factor * other.factor**power)


NO_UNIT = Unit((), Fraction(1))


def read_unit(phrase: str) -> Unit | None:
    """The unit that all of `phrase` names, or None. Never raises."""
    if len(phrase) > 80:
        return None
    total, sign, power_before = NO_UNIT, 1, 1
    last: tuple[Unit, int] | None = None
    words = _PIECE.findall(phrase.strip())
    if not words or _PIECE.sub("", phrase).strip():
        return None
    for word in words:
        lower = word.lower()
        if lower in ("/", "per"):
            if sign < 0 or last is None:
                return None
            sign, last = -1, None
        elif lower in ("*", "·", "⋅", ".", "-"):
            if last is None:
                return None
        elif lower in ("square", "sq", "cubic", "cu"):
            power_before = 2 if lower.startswith("sq") else 3
        elif (power := _power(word)) is not None:
            if last is None or last[1] == 0:
                return None
            total = total.times(last[0], last[1] * (power - 1))
            last = (last[0], 0)
        else:
            unit = UNITS.get(word) or UNITS.get(lower)
            if unit is None:
                return None
            last = (unit, sign * power_before)
            total = total.times(*last)
            power_before = 1
    return total if last is not None and power_before == 1 else None


_PIECE = re.compile(r"[A-Za-zμµΩ°$€£¥¢]+|\^\s*\{?\s*-?[1-9]\s*\}?|[⁻]?[¹²³⁴]|/|\*|·|⋅|-|\.")
_RAISED = {"²": 2, "³": 3, "¹": 1, "⁴": 4, "⁻¹": -1, "⁻²": -2, "⁻³": -3, "squared": 2, "cubed": 3}


def _power(word: str) -> int | None:
    if word in _RAISED:
        return _RAISED[word]
    return int(word.strip("^{} ")) if word.startswith("^") else None


def _table() -> Mapping[str, Unit]:
    table: dict[str, Unit] = {}

    def add(dimension: str, factor: str | int | Fraction, *names: str, plural: bool = True) -> None:
        unit = Unit(tuple(sorted(_dimension(dimension).items())), Fraction(factor))
        for name in names:
            table[name] = unit
            if plural and len(name) > 2:
                table[f"{name}s"] = unit

    metric = {"k": 3, "c": -2, "m": -3, "d": -1, "": 0, "μ": -6, "µ": -6, "n": -9}
    long_names = {"kilo": 3, "centi": -2, "milli": -3, "deci": -1, "": 0, "micro": -6, "nano": -9}
    for base, dimension, spelled, scale in (
        ("m", "length", ("meter", "metre"), 1),
        ("g", "mass", ("gram", "gramme"), Fraction(1, 1000)),
        ("L", "length^3", ("liter", "litre"), Fraction(1, 1000)),
        ("s", "time", ("second",), 1),
        ("J", "mass length^2 time^-2", ("joule",), 1),
        ("W", "mass length^2 time^-3", ("watt",), 1),
        ("N", "mass length time^-2", ("newton",), 1),
        ("Pa", "mass length^-1 time^-2", ("pascal",), 1),
        ("Hz", "time^-1", ("hertz",), 1),
        ("V", "volt", ("volt",), 1),
        ("A", "ampere", ("ampere", "amp"), 1),
        ("mol", "mole", ("mole",), 1),
    ):
        for prefix, power in metric.items():
            add(dimension, scale * Fraction(10) ** power, prefix + base, plural=False)
        for prefix, power in long_names.items():
            for name in spelled:
                add(dimension, scale * Fraction(10) ** power, prefix + name)
    for prefix, power in metric.items():
        add("length^3", Fraction(10) ** (power - 3), f"{prefix}l", plural=False)
    add("length", "0.0254", "inch", "inches", "in", plural=False)
    add("length", "0.3048", "ft", "foot", "feet", plural=False)
    add("length", "0.9144", "yd", "yard")
    add("length", "1609.344", "mi", "mile")
    add("length time^-1", "0.44704", "mph", plural=False)
    add("length time^-1", Fraction(1000, 3600), "kph", "kmh", plural=False)
    add("length^2", "10000", "ha", "hectare")
    add("length^2", "4046.8564224", "acre")
    add("mass", "0.45359237", "lb", "lbs", "pound", plural=True)
    add("mass", "0.028349523125", "oz", "ounce")
    add("mass", 1000, "tonne")
    for factor, *names in (
        ("3.785411784", "gallon", "gal"),
        ("0.946352946", "quart", "qt"),
        ("0.473176473", "pint"),
    ):
        add("length^3", Fraction(factor) / 1000, *names)
    add("length^3", Fraction("0.2365882365") / 1000, "cup")
    add("time", 1, "sec", "secs", plural=False)
    add("time", 60, "min", "mins", "minute")
    add("time", 3600, "h", "hr", "hrs", "hour", plural=True)
    add("time", 86400, "day")
    add("time", 7 * 86400, "week")
    add("month", 1, "month")
    add("month", 12, "year", "yr", "yrs", plural=True)
    add("angle", 1, "degree", "deg", "degs", plural=True)
    add("dollar", 1, "$", "dollar", "usd", "USD", "buck")
    add("dollar", Fraction(1, 100), "cent", "¢")
    add("euro", 1, "€", "euro", "EUR")
    add("pound_sterling", 1, "£", "GBP")
    add("yen", 1, "¥", "yen", "JPY", plural=False)
    add("unit", 1, "unit")
    table |= {name: table["degree"] for name in ("°",)}
    for temperature in ("celsius", "fahrenheit", "kelvin"):
        add(temperature, 1, temperature, plural=False)
    add("celsius", 1, "°C", plural=False)
    add("fahrenheit", 1, "°F", plural=False)
    return MappingProxyType(table)


def _dimension(spelled: str) -> dict[str, int]:
    powers: dict[str, int] = {}
    for word in spelled.split():
        name, _, power = word.partition("^")
        powers[name] = int(power or 1)
    return powers


UNITS: Mapping[str, Unit] = _table()
"""Names to units; a name that has capitals is tried as it is written first."""


def is_label(word: str) -> bool:
    """Whether a word behind a number can only be what is counted: one plural noun (``apples``, ``people``)."""
    lower = word.casefold()
    if lower in _PLURALS:
        return True
    return (
        lower.isascii()
        and lower.isalpha()
        and len(lower) > 3
        and lower.endswith("s")
        and lower not in _NO_LABELS
    )


_NO_LABELS = frozenset(
    "minus plus times less this thus tens hundreds thousands millions billions trillions dozens halves thirds "
    "fourths quarters fifths sixths sevenths eighths ninths tenths hundredths thousandths factors powers percents "
    "squares cubes roots digits perhaps sometimes always besides versus multiples errors others mods logs pairs".split()
)
_PLURALS = frozenset(("people", "children", "men", "women", "mice", "geese", "sheep", "fish"))
