"""`load_family`: a family from rows of prompts, answers and tests, in a file, a dataset or a list."""

import hashlib
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, ClassVar, cast

from synthgym.envs.custom._family import (
    CustomCode,
    CustomFamily,
    built,
    claim,
    registered,
    settled_templates,
)
from synthgym.envs.custom._gold import CALLABLE, UserJudge, read_golds, settled_judge, settled_options, texts
from synthgym.envs.custom._read import Source, check_column, sources_of, split_named
from synthgym.envs.custom._row import Columns, Row, facts_of_row, read_row
from synthgym.errors import FamilyError, GoldError, SettingError, TaskError, shown
from synthgym.facts import Fact, FrozenDict
from synthgym.parsing import LINE_FORMATS, fold
from synthgym.types import SPLITS, Split
from synthgym.verifiers.equivalence.engine import equivalent

_LISTED = 5
_COUNTED = 2_000
_TEST_SHARE = 4  # as families do it: one instance in four is a test instance


class RowsFamily(CustomFamily):
    """A family whose tasks are rows. Seeds 0, 1, 2, ... are its rows in a fixed order, and begin again after the last.

    Attributes:
        skipped: rows that were left out as bad; duplicates: rows that said what an earlier one said.
    """

    formats = tuple(
        form for form in LINE_FORMATS if form != "equals"
    )  # solutions have lines that start with "="
    default_formats: ClassVar[Mapping[str, str]] = {"compact": "line", "natural": "line"}
    judge_name: ClassVar[str] = "math"
    options: ClassVar[Mapping[str, Fact]] = {}
    more: ClassVar[Mapping[str, Fact]] = {}
    columns: ClassVar[Columns]
    rows: ClassVar[Sequence[Row]] = ()
    stated_chance: ClassVar[float | None] = None
    skipped: ClassVar[int] = 0
    duplicates: ClassVar[int] = 0

    def __len__(self) -> int:
        return len(self.rows)

    @cached_property
    def chance(self) -> float:  # type: ignore[override]  # counted when it is first asked for
        """As stated, or the share of the commonest answer among the train rows of one difficulty."""
        if self.stated_chance is not None:
            return self.stated_chance
        shares = [0.0]
        for (split, _), rows in self._order.items():
            if split == "train":
                some = rows[:_COUNTED]
                answers = Counter(answer for row in some for answer in self._golds(row))
                shares.append(max(answers.values(), default=0) / len(some))
        return max(shares)

    def _golds(self, row: Row) -> set[str]:
        try:
            return {fold(answer) for answer in texts(self.facts(row)["answers"])}
        except GoldError:  # not checked yet, and bad
            return set()

    def facts(self, row: Row) -> FrozenDict:
        """The facts of the task that `row` is.

        Raises:
            GoldError: if its answer or its tests cannot be read.
        """
        assigned = self._assigned.get(row.instance, row.split)
        more = {**self.more, **({} if assigned is None else {"split": assigned})}
        return facts_of_row(row, self.judge_name, self.columns, self.options, more)

    def counts(self) -> dict[Split, int]:
        """How many rows each split has."""
        found: dict[Split, int] = dict.fromkeys(SPLITS, 0)
        for row in self.rows:
            found[self._split(row)] += 1
        return found

    def _draw(self, seed: int, split: str, difficulty: int) -> FrozenDict:
        level = None if self.columns.difficulty is None else difficulty
        rows = self._order.get((split, level), ())
        if not rows:
            there = sorted({f"{known} {'' if at is None else at}".strip() for known, at in self._order})
            raise FamilyError(
                f"family {self.name} has no {split} rows{'' if level is None else f' of difficulty {level}'}; it has "
                f"rows for: {', '.join(there)}"
            )
        return self.facts(rows[seed % len(rows)])

    def _split(self, row: Row) -> Split:
        if row.split is not None:
            return row.split
        return self._assigned.get(row.instance) or (
            "test" if self._digest(row)[0] % _TEST_SHARE == 0 else "train"
        )

    def _digest(self, row: Row) -> bytes:
        """As `Family.split_of` hashes an instance."""
        return hashlib.sha256(f"{self.name}\n{row.instance}".encode("utf-8", "backslashreplace")).digest()

    @cached_property
    def _assigned(self) -> dict[str, Split]:
        """Where the hash leaves a split of several rows empty: the row next to it, so that there is one to test on."""
        free = [row for row in self.rows if row.split is None]
        if len(free) < 2 or len(free) < len(self.rows):
            return {}
        digests = {self._digest(row): row.instance for row in free}
        tests = [digest for digest in digests if digest[0] % _TEST_SHARE == 0]
        if not tests:
            return {digests[min(digests)]: "test"}
        return {digests[max(digests)]: "train"} if len(tests) == len(digests) else {}

    @cached_property
    def _order(self) -> dict[tuple[str, int | None], list[Row]]:
        """The rows of each split and difficulty, in an order that depends on nothing but their instances."""
        found: dict[tuple[str, int | None], list[Row]] = {}
        for row in sorted(self.rows, key=lambda row: self._digest(row)[1:]):
            found.setdefault((self._split(row), row.difficulty), []).append(row)
        return found


class RowsCode(RowsFamily, CustomCode):
    """A family of code tasks that are rows."""

    formats = CustomCode.formats
    default_formats = CustomCode.default_formats


def load_family(
    source: str | os.PathLike[str] | Any,
    name: str,
    *,
    prompt: str = "prompt",
    answer: str | None = "answer",
    tests: str | None = None,
    steps: str | None = None,
    entry: str | None = None,
    judge: str | UserJudge = "math",
    split: str | None = None,
    difficulty: str | None = None,
    domain: str = "custom",
    version: int = 0,
    chance: float | None = None,
    templates: Mapping[str, str] | None = None,
    kind: str | None = None,
    tolerance: str | None = None,
    seconds: float = 5.0,
    skip_bad: bool = False,
    check_gold: bool = True,
) -> RowsFamily:
    """A family from rows; it is registered and returned.

    Args:
        source: path of a .jsonl, .json, .csv, .tsv or .parquet file, a `datasets.Dataset` or `DatasetDict`, a pandas or
            polars DataFrame, or a list of dicts.
        name: of the family.
        prompt: the column of prompts: texts, or lists of messages. ``a.b`` is the field b of the column a, everywhere.
        answer: the column of right answers: texts, numbers, or lists of which any is right; for math whole solutions,
            too. For code the reference solution; None if there is none.
        tests: for code, the column of tests: see `docs/custom_families.md`.
        steps: the column of worked solutions (lists, or texts of lines), which may be that of the answers.
        entry: for code, the function that the tests call: a column, or its name.
        judge: "math", "exact", "code", or a function ``(answer, facts) -> bool``.
        split: a column of splits, or "train" or "test" for all rows; None takes the hash of the prompt.
        difficulty: a column of whole numbers from 0 to 10; None gives all rows at every difficulty.
        domain, version, templates, kind, tolerance, seconds: as for `function_family`.
        chance: the pass rate of the best constant answer; None counts it.
        skip_bad: leave bad rows out and count them, in place of refusing the source.
        check_gold: read every answer now; if not, a bad one shows when its task is made.

    Raises:
        SettingError: if the source or a column is not there, or a setting is not accepted.
        GoldError: if answers or tests cannot be read; it names the first rows, with column and value.
        TaskError: if rows cannot be read otherwise, or contradict one another.
    """
    settled, user_judge = settled_judge(judge)
    columns = Columns(
        prompt=prompt,
        answer=answer,
        tests=tests,
        steps=steps,
        entry=entry,
        split=split,
        difficulty=difficulty,
    )
    sources = sources_of(source)
    columns, everywhere = _settle(columns, sources, settled)
    more: dict[str, Fact] = {"domain": domain}
    if user_judge is not None:
        more["home"] = str(getattr(user_judge, "__module__", ""))
    if chance is not None and not 0 <= chance <= 1:
        raise SettingError(f"chance {shown(chance)} is not in [0, 1]")
    prompts = settled_templates(templates)
    claim(name)
    base = RowsCode if settled == "code" else RowsFamily
    attributes: dict[str, Any] = {
        "judge_name": settled,
        "user_judge": None if user_judge is None else staticmethod(user_judge),
        "options": settled_options(kind, tolerance, seconds),
        "more": more,
        "columns": columns,
        "domain": domain,
        "version": version,
        "stated_chance": chance,
        "prompts": prompts,
        "templates": tuple(prompts),
    }
    reader = cast(RowsFamily, built(name, base, **attributes))
    problems: list[TaskError | GoldError] = []
    read = [*_read(reader, sources, everywhere, problems, check_gold)]
    rows, duplicates = _merged(reader, read, problems)
    if problems and not skip_bad:
        raise _refused(problems, sources)
    if not rows:
        raise _refused(problems, sources) if problems else SettingError(f"{sources[0].name} has no rows")
    skipped = sum(len(one.rows) for one in sources) - len(rows) - duplicates
    family = cast(
        RowsFamily, built(name, base, **attributes, rows=rows, skipped=skipped, duplicates=duplicates)
    )
    registered(family)
    return family


def _settle(columns: Columns, sources: Sequence[Source], judge: str) -> tuple[Columns, Split | None]:
    """The columns, checked, and the split of all rows where one is named in place of a column."""
    if judge == "code" and columns.tests is None:
        raise SettingError("judge 'code' needs tests=...: the column that holds them")
    if judge != "code" and (columns.tests is not None or columns.entry is not None):
        raise SettingError(f"tests and entry are for judge='code'; the judge is {shown(judge)}")
    if judge != "code" and columns.answer is None:
        raise SettingError(f"judge {judge!r} needs answer=...: the column of right answers")
    everywhere: Split | None = None
    for source in filter(lambda source: source.rows, sources):
        needed = {"prompt": columns.prompt, "tests": columns.tests, "steps": columns.steps}
        for setting, column in {**needed, "difficulty": columns.difficulty}.items():
            if column is not None:
                check_column(source, column, setting)
        if columns.answer is not None and not (judge == "code" and columns.answer == "answer"):
            check_column(source, columns.answer, "answer")
        if columns.split is not None and columns.split not in source.columns and columns.split in SPLITS:
            everywhere = split_named(columns.split)
        elif columns.split is not None:
            check_column(source, columns.split, "split")
        if (
            columns.entry is not None
            and columns.entry not in source.columns
            and not columns.entry.isidentifier()
        ):
            check_column(source, columns.entry, "entry")
    if everywhere is None:
        return columns, None
    settled = {**{name: getattr(columns, name) for name in Columns.__dataclass_fields__}, "split": None}
    return Columns(**settled), everywhere


def _read(
    family: RowsFamily,
    sources: Sequence[Source],
    everywhere: Split | None,
    problems: list[TaskError | GoldError],
    check_gold: bool,
) -> Iterator[Row]:
    code = family.judge_name == "code"
    for source in sources:
        for where, cells in source.rows:
            if isinstance(cells, TaskError):
                problems.append(cells)
                continue
            try:
                row = read_row(where, cells, family.columns, everywhere or source.split, code)
                if check_gold:
                    family.facts(row)
            except (TaskError, GoldError) as error:
                problems.append(error)
            else:
                yield row


def _merged(
    family: RowsFamily, rows: Sequence[Row], problems: list[TaskError | GoldError]
) -> tuple[list[Row], int]:
    """The rows without those that repeat one, and how many did; those that contradict it, or cross the splits, are
    problems."""
    kept: dict[str, Row] = {}
    bad: set[str] = set()
    duplicates = 0
    for row in rows:
        first = kept.setdefault(row.instance, row)
        if first is row:
            continue
        if first.split != row.split:
            problems.append(
                TaskError(f"{row.where}: its prompt is in both splits; it is {first.where}'s, too")
            )
            kept[row.instance] = next(one for one in (first, row) if one.split == "test")
        elif _agree(family, first, row):
            duplicates += 1
        else:
            bad.add(row.instance)
            told = (
                f"{shown(row.answers[0])} and not {shown(first.answers[0])}" if row.answers else "other tests"
            )
            problems.append(
                GoldError(f"{row.where}: {told} for the prompt of {first.where}: which is right?")
            )
    return [row for instance, row in kept.items() if instance not in bad], duplicates


def _agree(family: RowsFamily, one: Row, other: Row) -> bool:
    if family.judge_name in ("code", CALLABLE):
        return one.answers == other.answers and one.tests == other.tests
    if {fold(answer) for answer in one.answers} & {fold(answer) for answer in other.answers}:
        return True
    try:
        (mine, *_), (theirs, *_) = (
            read_golds(family.judge_name, row.answers, family.options) for row in (one, other)
        )
        return fold(mine) == fold(theirs) or (family.judge_name == "math" and equivalent(mine, theirs).match)
    except GoldError:  # not checked yet, and bad
        return False


def _refused(problems: Sequence[TaskError | GoldError], sources: Sequence[Source]) -> TaskError | GoldError:
    listed = "\n".join(f"  {problem}" for problem in problems[:_LISTED])
    of = sum(len(source.rows) for source in sources)
    more = f"\n  ... and {len(problems) - _LISTED} more" if len(problems) > _LISTED else ""
    kind = GoldError if isinstance(problems[0], GoldError) else TaskError
    return kind(
        f"{len(problems)} of {of} rows are bad (skip_bad=True leaves them out, and counts them in `skipped`):\n"
        f"{listed}{more}"
    )
