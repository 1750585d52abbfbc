"""Draws the programs of `output_prediction`: so many changes of a variable, built from ever more constructs."""

from collections.abc import Callable
from dataclasses import dataclass, field

from synthgym.envs.code._tiny_python import Run, execute, literal
from synthgym.rng import Rng

CHANGES = (2, 3, 4, 5, 6, 8, 10, 12, 14, 16, 18)
"""Changes of a variable that a program of each difficulty makes."""
_RANGES = ((0, 9), (0, 9), (0, 9), (0, 20), (-20, 50)) + 6 * ((-99, 99),)


def write_program(rng: Rng, difficulty: int) -> str:
    """A program that makes `CHANGES[difficulty]` changes, no two of which read the same."""
    while True:
        draft = _Draft(rng, difficulty, CHANGES[difficulty])
        draft.write()
        program = "\n".join(draft.lines)
        if _fair(execute(f"{program}\nprint({draft.ints[0]})"), *_RANGES[difficulty]):
            return f"{program}\nprint({draft.shown()})"


def _fair(run: Run, low: int, high: int) -> bool:
    """Whether no change repeats another, and values stay small."""
    changed = [(change.name, change.state[change.name]) for change in run.changes]
    small = all(
        low <= value <= high if isinstance(value, int) else len(value) <= 6 for _, value in changed
    )
    return small and len(set(changed)) == len(changed)


@dataclass(slots=True)
class _Draft:
    """A program being written; `room` is the number of changes still to be made."""

    rng: Rng
    difficulty: int
    room: int
    lines: list[str] = field(default_factory=list)
    ints: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    lists: list[str] = field(default_factory=list)
    last: str = ""

    def write(self) -> None:
        """Two simple statements, the newest construct of this difficulty, then any constructs that fit."""
        constructs: list[Callable[[], None]] = [self.simple, self.branch, self.loop, self.text, self.list]
        known = constructs[: 1 + sum(self.difficulty >= level for level in (3, 4, 7, 8))]
        self.constant()
        self.simple()
        while self.room:
            newest = self.room == CHANGES[self.difficulty] - 2
            (known[-1] if newest else self.rng.choice(known))()

    def shown(self) -> str:
        """The variable to print: mostly the one changed last."""
        if self.rng.chance(3, 4):
            return self.last
        return self.rng.choice([*self.ints, *self.texts, *self.lists])

    def add(self, target: str, statement: str, indent: int = 0, changes: int = 1) -> None:
        self.lines.append(" " * indent + statement)
        self.room -= changes
        self.last = target

    def fresh(self, names: str, taken: list[str]) -> str:
        name = self.rng.choice([name for name in names if name not in taken])
        taken.append(name)
        return name

    def constant(self) -> None:
        value = self.rng.integer(1, 9)
        name = self.fresh("abcdefgh", self.ints)
        self.add(name, f"{name}={value}")

    def simple(self) -> None:
        """A number from other numbers, in a variable new or old."""
        if len(self.ints) < 6 and self.room > 1 and self.rng.chance(1, 4):
            return self.constant()
        if len(self.ints) > 1 and self.rng.chance(1, 3):
            return self.update(0, 1)
        left, (sign, right) = self.rng.choice(self.ints), self.operand()
        old = len(self.ints) > 5 or (len(self.ints) > 1 and self.rng.chance(1, 3))
        name = self.rng.choice(self.ints) if old else self.fresh("abcdefgh", self.ints)
        self.add(name, f"{name}={left}{sign}{right}")

    def operand(self, *more: str) -> tuple[str, str]:
        if self.difficulty > 1 and self.rng.chance(1, 5):
            return "*", str(self.rng.integer(2, 3))
        sign = self.rng.choice("+-")
        if self.difficulty > 0 and self.rng.chance(1, 3):
            return sign, self.rng.choice([*self.ints, *more])
        return sign, str(self.rng.integer(1, 9))

    def update(self, indent: int, changes: int, *more: str) -> None:
        name, (sign, right) = self.rng.choice(self.ints), self.operand(*more)
        self.add(name, f"{name}{sign}={right}", indent, changes)

    def condition(self) -> str:
        left = self.rng.choice(self.ints)
        right = self.rng.choice([*(n for n in self.ints if n != left), str(self.rng.integer(1, 9))])
        return f"if {left}{self.rng.choice('<>')}{right}:"

    def branch(self, indent: int = 0, changes: int = 1) -> None:
        self.lines.append(" " * indent + self.condition())
        self.update(indent + 1, changes)
        self.lines.append(" " * indent + "else:")
        self.update(indent + 1, 0)

    def loop(self) -> None:
        """A loop over numbers, a text or a list, with one change in its body."""
        source, count = self.source()
        if 2 * count > self.room:
            return self.simple()
        variable = self.rng.choice("ijk")
        self.lines.append(f"for {variable} in {source}:")
        self.room -= count
        if self.difficulty > 5 and self.rng.chance(1, 2):
            self.branch(1, count)
        else:
            self.update(1, count, *([] if source in self.texts else [variable]))

    def source(self) -> tuple[str, int]:
        count = self.rng.integer(2, 3)
        return f"range({count})", count

    def text(self) -> None:
        if not self.texts or (self.rng.chance(1, 4) and len(self.texts) < 3):
            name = self.fresh("stuv", self.texts)
            return self.add(name, f"{name}={literal(self.letters(2, 3))}")
        name, kind = self.rng.choice(self.texts), self.rng.below(4)
        if kind == 3:
            target = self.rng.choice(self.ints)
            return self.add(target, f"{target}=len({name})")
        self.add(name, (f"{name}+={literal(self.letters(1, 2))}", f"{name}={name}[::-1]", f"{name}*=2")[kind])

    def letters(self, low: int, high: int) -> str:
        return "".join(self.rng.choice("klmnopqr") for _ in range(self.rng.integer(low, high)))

    def list(self) -> None:
        if not self.lists or (self.rng.chance(1, 4) and len(self.lists) < 2):
            name = self.fresh("xyz", self.lists)
            items = tuple(self.rng.integer(1, 9) for _ in range(self.rng.integer(2, 3)))
            return self.add(name, f"{name}={literal(items)}")
        name, target, kind = self.rng.choice(self.lists), self.rng.choice(self.ints), self.rng.below(4)
        if kind < 2:
            return self.add(name, f"{name}.append({target})")
        if kind == 2:
            return self.add(target, f"{target}={name}[{self.rng.below(2)}]")
        self.add(name, f"{name}={name}[::-1]")
