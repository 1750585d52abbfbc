"""Draws the programs of `output_prediction`: so many changes, from ever more constructs."""

from collections.abc import Callable
from dataclasses import dataclass, field

from synthgym.envs.code._tiny_python import Run, Value, literal, run_lines
from synthgym.rng import Rng

CHANGES = (2, 3, 4, 5, 7, 9, 11, 13, 15, 17, 19)
"""Changes of a variable that a program of each difficulty makes."""
_RANGES = ((0, 9), (0, 9), (0, 9), (0, 20), (-20, 50), *6 * ((-99, 99),))
_FREE_AT = (
    3  # the difficulty from which any variable is used, printed, and assigned again; below, the last one
)
_NEW_AT = (3, 4, 7, 8)  # those from which branches, loops, texts and lists are used
_LONGEST = 6
_NUMBERS, _COUNTERS, _TEXTS, _LISTS = "abcde", "ijk", "stuv", "xyz"


def write_program(rng: Rng, difficulty: int) -> str:
    """A program that makes `CHANGES[difficulty]` changes, no two of which read the same.

    It begins with two simple statements and the newest construct of its difficulty.
    """
    draft = _Draft(rng, difficulty)
    constructs = [draft.simple, draft.branch, draft.loop, draft.text, draft.list]
    known = constructs[: 1 + sum(difficulty >= level for level in _NEW_AT)]
    draft.add(draft.constant)
    draft.add(draft.simple)
    draft.add(known[-1])
    while draft.room:
        draft.offer(rng.choice(known)())
    return "\n".join([*draft.lines, f"print({draft.shown()})"])


@dataclass(slots=True)
class _Draft:
    """A program being written, and its execution so far. Its constructs are methods that give lines."""

    rng: Rng
    difficulty: int
    lines: list[str] = field(default_factory=list)
    run: Run = field(default_factory=Run)
    seen: set[tuple[str, Value]] = field(default_factory=set)

    @property
    def room(self) -> int:
        """Changes still to be made."""
        return CHANGES[self.difficulty] - len(self.run.changes)

    def add(self, construct: Callable[[], list[str]]) -> None:
        """Offer what `construct` gives until it is taken; no more is done once there is no room."""
        while self.room and not self.offer(construct()):
            pass

    def offer(self, lines: list[str]) -> bool:
        """Append `lines` if their changes fit the room, are new, and stay in the difficulty's range."""
        run = self.run.copy()
        try:
            run_lines(lines, run)
        except ValueError:  # a value beyond the interpreter's bounds, on the way
            return False
        new = [(change.name, change.value) for change in run.changes[len(self.run.changes) :]]
        if len(new) > self.room or len({*new}) < len(new) or not all(map(self.fits, new)):
            return False
        self.lines += lines
        self.run = run
        self.seen.update(new)
        return True

    def fits(self, change: tuple[str, Value]) -> bool:
        low, high = _RANGES[self.difficulty]
        value = change[1]
        small = low <= value <= high if isinstance(value, int) else len(value) <= _LONGEST
        return small and change not in self.seen

    def names(self, pool: str) -> list[str]:
        return [name for name in self.run.state if name in pool]

    def fresh(self, pool: str) -> str:
        return self.rng.choice([name for name in pool if name not in self.run.state] or pool)

    def shown(self) -> str:
        """The variable to print: mostly the one changed last."""
        if self.difficulty < _FREE_AT or self.rng.chance(3, 4):
            return self.run.changes[-1].name
        return self.rng.choice([name for name in self.run.state if name not in _COUNTERS])

    def constant(self) -> list[str]:
        return [f"{self.fresh(_NUMBERS)}={self.rng.integer(1, 9)}"]

    def simple(self) -> list[str]:
        """A number from other numbers, in a variable new or old; or a new number."""
        if self.room > 1 and self.rng.chance(1, 4):
            return self.constant()
        free, numbers = self.difficulty >= _FREE_AT, self.names(_NUMBERS)
        if free and self.rng.chance(1, 3):
            return [self.update()]
        name = self.rng.choice(numbers) if free and self.rng.chance(len(numbers), 8) else self.fresh(_NUMBERS)
        left = self.rng.choice(numbers if free else numbers[-1:])
        sign, right = self.operand(left)
        return [f"{name}={left}{sign}{right}"]

    def operand(self, left: str, *counters: str) -> tuple[str, str]:
        """What to do with the variable `left`: a sign, and a number or another variable."""
        if self.difficulty > 1 and self.rng.chance(1, 5):
            return "*", str(self.rng.integer(2, 3))
        others = [name for name in (*self.names(_NUMBERS), *counters) if name != left]
        named = self.difficulty >= _FREE_AT and others and self.rng.chance(1, 3)
        return self.rng.choice("+-"), self.rng.choice(others) if named else str(self.rng.integer(1, 9))

    def update(self, *counters: str) -> str:
        name = self.rng.choice(self.names(_NUMBERS))
        sign, right = self.operand(name, *counters)
        return f"{name}{sign}={right}"

    def branch(self, *counters: str) -> list[str]:
        left = self.rng.choice(self.names(_NUMBERS))
        others = [name for name in self.names(_NUMBERS) if name != left]
        right = self.rng.choice([*others, str(self.rng.integer(1, 9))])
        condition = f"if {left}{self.rng.choice('<>')}{right}:"
        return [condition, f" {self.update(*counters)}", "else:", f" {self.update(*counters)}"]

    def loop(self) -> list[str]:
        """A loop over numbers, or from difficulty 9 over a list, that changes a variable each time round."""
        counter = self.fresh(_COUNTERS)
        lists = self.names(_LISTS) if self.difficulty > 8 else []
        ranges = [f"range({count})" for count in (2, 3)]
        source = self.rng.choice(lists if lists and self.rng.chance(1, 2) else ranges)
        nested = self.difficulty > 5 and self.rng.chance(1, 2)
        body = self.branch(counter) if nested else [self.update(counter)]
        return [f"for {counter} in {source}:", *(f" {line}" for line in body)]

    def text(self) -> list[str]:
        known = self.names(_TEXTS)
        if not known or self.rng.chance(1, 4):
            return [f"{self.fresh(_TEXTS)}={literal(self.letters(3))}"]
        name, kind = self.rng.choice(known), self.rng.below(4)
        forms = (f"{name}+={literal(self.letters(1))}", f"{name}={name}[::-1]", f"{name}*=2")
        return [forms[kind] if kind < 3 else f"{self.rng.choice(self.names(_NUMBERS))}=len({name})"]

    def letters(self, least: int) -> str:
        return "".join(self.rng.choice("klmnopqr") for _ in range(self.rng.integer(least, least + 1)))

    def list(self) -> list[str]:
        known = self.names(_LISTS)
        if not known or self.rng.chance(1, 4):
            items = tuple(self.rng.integer(1, 9) for _ in range(self.rng.integer(2, 3)))
            return [f"{self.fresh(_LISTS)}={literal(items)}"]
        name, number = self.rng.choice(known), self.rng.choice(self.names(_NUMBERS))
        forms = (f"{name}.append({number})", f"{number}={name}[{self.rng.below(2)}]", f"{name}={name}[::-1]")
        return [self.rng.choice(forms)]
