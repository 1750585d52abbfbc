"""Bits that anybody can read off a prompt: of some of the words and digits of the family's own question, in order.

A digit's bit is 1 if it is odd; a word's comes from its hash, as from a table of words; where questions are made of
signs alone, as brackets, each sign has a bit. Places at which the questions of a kind (family, difficulty, template)
hardly differ are passed over. So one bit is as easy as looking one word up at its place, and j bits take j of them. A
question too short for a place has bit 0 there.
"""

import hashlib
import re
from functools import lru_cache
from itertools import islice

from synthgym.errors import SynthGymError
from synthgym.family import Family
from synthgym.rng import Rng
from synthgym.types import Task
from synthgym.verifiers.shortcuts._answers import family_if_known
from synthgym.verifiers.shortcuts._cues import question

MAX_BITS = 6
_WORDS, _SIGNS = re.compile(r"\d|[^\W\d_]+"), re.compile(r"\S")
_SAMPLE, _RARE = 16, 4  # questions looked at; each value of a bit stands in this many of them, or more
_LONGEST = 400  # words
# With this one the bits of T and F, True and False, "and" and "or", ( and ), a and b differ, and letters balance.
_SALT = 50087


def prompt_bits(task: Task, count: int) -> tuple[int, ...]:
    """The first `count` bits of the task's question; the same for any cue that stands round it."""
    text, family = question(task), family_if_known(task)
    units, places = _WORDS, tuple(range(count))
    if text is None or family is None:
        text = task.prompt
    else:
        units, places = _differing(family, task.difficulty, task.template)
    found = _bits(units, text)
    bits = [found[place] if place < len(found) else 0 for place in places[:count]]
    return (*bits, *[0] * (count - len(bits)))


@lru_cache(maxsize=1 << 10)
def _differing(family: Family, difficulty: int, template: str) -> tuple[re.Pattern[str], tuple[int, ...]]:
    """What the bits of a kind of questions stand for, and the first `MAX_BITS` places where they differ."""
    rng = Rng("prompt bits", family.name, family.version, difficulty, template)
    try:
        seeds = [rng.below(1 << 40) for _ in range(_SAMPLE)]
        drawn = [family.task(seed, difficulty=difficulty, template=template).facts for seed in seeds]
        texts = [family.question(facts, template) for facts in drawn]
    except SynthGymError:  # a family that was read from rows draws no others
        return _WORDS, tuple(range(MAX_BITS))
    for units in (_WORDS, _SIGNS):
        rows = [_bits(units, text) for text in texts]
        places = [
            p for p in range(max(map(len, rows))) if _balanced([row[p] for row in rows if p < len(row)])
        ]
        if places:
            return units, tuple(places[:MAX_BITS])
    return _WORDS, tuple(range(MAX_BITS))


def _balanced(values: list[int]) -> bool:
    return min(values.count(0), values.count(1)) >= _RARE


def _bits(units: re.Pattern[str], text: str) -> list[int]:
    return [_bit(unit[0]) for unit in islice(units.finditer(text), _LONGEST)]


@lru_cache(maxsize=1 << 14)
def _bit(unit: str) -> int:
    if unit.isdecimal():
        return int(unit) % 2
    return hashlib.sha256(f"{_SALT}:{unit}".encode("utf-8", "backslashreplace")).digest()[0] & 1
