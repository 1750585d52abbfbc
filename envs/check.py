"""`check_family`: the public contract of a family, run on the built-in ones in the tests and by users on theirs.

It checks what DESIGN promises of every family, over many seeds, and raises a `FamilyError` that names the
property, the task and the value at the first breach.
"""

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from statistics import fmean, pvariance

from synthgym.errors import FamilyError, SettingError, shown
from synthgym.family import Family
from synthgym.parsing import answer_format, parse, render
from synthgym.plugins import get_family
from synthgym.signal import Signal
from synthgym.types import GRANULARITIES, MAX_DIFFICULTY, SPLITS, Solution, Step, Task, Verdict
from synthgym.verifiers.generic._judged import RIGHT_FLOOR, WRONG_CEILING
from synthgym.verifiers.hostile import HOSTILE
from synthgym.verifiers.score import verdict_on

JUDGE_SECONDS = 1.0
"""CPU time in which any string is judged."""
_STANDARD_ERRORS = 3.0
"""By so much a mean length may fall from one difficulty to the next: the draws of a few seeds differ."""


@dataclass(frozen=True, slots=True)
class FamilyReport:
    """What `check_family` measured.

    Attributes:
        seeds: tasks checked at each (split, template) pair.
        lengths: mean characters of the worked solution at each difficulty, compact template.
        distinct: distinct instances among the seeds at difficulty 0.
        best_constant: pass rate of the commonest reference answer at difficulty 0.
    """

    family: str
    seeds: int
    lengths: tuple[float, ...]
    distinct: int
    best_constant: float

    def __str__(self) -> str:
        lengths = ", ".join(f"{length:.0f}" for length in self.lengths)
        return (
            f"{self.family}: kept its contract over {self.seeds} seeds of each split and template\n"
            f"  worked solution  {lengths} characters at difficulty 0 to {MAX_DIFFICULTY}\n"
            f"  instances        {self.distinct} of {self.seeds} at difficulty 0 are distinct\n"
            f"  constant answer  the commonest is right for {self.best_constant:.0%} of them"
        )


def check_family(family: str | Family, *, seeds: int = 200) -> FamilyReport:
    """Check a family against its contract over `seeds` tasks a difficulty band, split and template.

    Checked: the worked solution earns everything at every granularity; wrong answers earn less than right
    ones, and none reaches the top; padding earns nothing; the same arguments give the same task, which
    survives JSON; the splits share no instance; worked solutions grow with difficulty; a constant answer
    earns its stated chance rate; every hostile string gets a verdict in time.

    Raises:
        FamilyError: at the first breach; it names the property, the task and the value.
        SettingError: if `seeds` is not a whole number above 0.
        UnknownNameError: if `family` is a name that is not registered.
    """
    if type(seeds) is not int or seeds < 1:
        raise SettingError(f"seeds {shown(seeds)} is not a whole number above 0")
    settled = get_family(family) if isinstance(family, str) else family
    for task in _sample(settled, seeds):
        _check_task(settled, task)
        _check_reference(settled, task)
        _check_wrong(settled, task)
        _check_padding(settled, task)
    lengths = _check_difficulty(settled, max(seeds // 4, 10))
    distinct, best = _check_instances(settled, seeds)
    _check_hostile(settled)
    return FamilyReport(settled.name, seeds, lengths, distinct, best)


def _sample(family: Family, seeds: int) -> Iterator[Task]:
    """Tasks over all difficulties, splits, templates and formats, `seeds` of each split and template."""
    formats = sorted(family.formats)
    for split in SPLITS:
        for template in family.templates:
            for seed in range(seeds):
                yield family.task(
                    seed,
                    split=split,
                    difficulty=seed % (MAX_DIFFICULTY + 1),
                    template=template,
                    answer_format=None if seed % 2 else formats[seed // 2 % len(formats)],
                )


def _check_task(family: Family, task: Task) -> None:
    again = family.task(
        task.seed,
        split=task.split,
        difficulty=task.difficulty,
        template=task.template,
        answer_format=task.answer_format,
    )
    if again != task:
        _breach("the same arguments give the same task", task, again)
    if Task.from_json(task.to_json()) != task:
        _breach("a task survives JSON", task, task.to_json())
    if family.split_of(task.facts) != task.split:
        _breach("a task's instance belongs to its split", task, family.split_of(task.facts))
    if not task.prompt.strip() or task.prompt != task.prompt.strip():
        _breach("a prompt is text without white space round it", task, task.prompt)


def _check_reference(family: Family, task: Task) -> None:
    solution = task.reference
    for form in family.formats:
        written = replace(task, answer_format=form)
        for granularity, verdict in _verdicts(written, render(solution, form)).items():
            if verdict.reward != 1.0:
                _breach(f"the worked solution earns {granularity} 1 (format {form})", task, verdict)
            if any(credit.value != 1.0 for credit in verdict.credits):
                _breach(f"every token of the worked solution earns 1 (format {form})", task, verdict.credits)
    if family.canonical_answer(task, solution.answer) is None:
        _breach("the reference answer has a canonical form", task, solution.answer)
    if family.canonical_answer(task, f" {solution.answer} ") != family.canonical_answer(
        task, solution.answer
    ):
        _breach("white space does not change an answer's canonical form", task, solution.answer)


def _check_wrong(family: Family, task: Task) -> None:
    """No near miss of the answer, hedge or spray is right unless the family can tell why."""
    answer = task.reference.answer
    code = answer_format(task.answer_format).code
    for text in (
        f"{answer} or {answer}x",
        *(() if code else (f"not {answer}",)),  # a program may be as right after a `not`
        f"{answer}?!",
        f"{answer} {answer}@",
        "",
        "garbage",
        "0/0",
    ):
        if family.is_correct(task, text):
            _breach("a hedged, negated or garbled answer is wrong", task, text)
    completion = render(replace(task.reference, answer="garbage"), task.answer_format)
    for granularity, verdict in _verdicts(task, completion).items():
        if verdict.reward is None or verdict.reward > WRONG_CEILING or verdict.reward >= RIGHT_FLOOR:
            _breach(f"a wrong answer stays below the right ones ({granularity})", task, verdict)
        if verdict.credits and (verdict.credits[-1].value != 0 or verdict.credits[-2].value != 0):
            _breach("a wrong answer and the end after it earn no credit", task, verdict.credits)
    form = "fenced" if code else "line"
    conflicting = f"{render(task.reference, form)}\n{render(Solution((), 'garbage'), form)}"
    if family.truth(task, conflicting):
        _breach("conflicting final answers are wrong", task, conflicting)


def _check_padding(family: Family, task: Task) -> None:
    """Lines that repeat or mean nothing earn no credit, wherever they stand."""
    steps = task.reference.steps
    padding = Step("so it goes")
    padded = replace(task.reference, steps=(*steps, *steps, padding, padding))
    response = parse(task, render(padded, task.answer_format))
    bare = parse(task, render(task.reference, task.answer_format))
    earned = family.judge(task, response).step_credits
    if sum(earned) > sum(family.judge(task, bare).step_credits):
        _breach("repeated and empty steps earn nothing", task, earned)
    if _verdicts(task, response.completion)["rubric"].reward == 1.0:
        _breach("a padded solution does not reach the top of the rubric", task, response.completion)


def _check_difficulty(family: Family, seeds: int) -> tuple[float, ...]:
    lengths, errors = [], []
    for difficulty in range(MAX_DIFFICULTY + 1):
        tasks = [family.task(seed, difficulty=difficulty) for seed in range(seeds)]
        written = [len(render(t.reference, t.answer_format)) for t in tasks]
        lengths.append(fmean(written))
        errors.append(pvariance(written) / seeds)
    for level in range(MAX_DIFFICULTY):
        slack = _STANDARD_ERRORS * (errors[level] + errors[level + 1]) ** 0.5
        if lengths[level + 1] < lengths[level] - slack:
            raise FamilyError(
                f"{family.name}: worked solutions shrink from {lengths[level]:.1f} characters at difficulty "
                f"{level} to {lengths[level + 1]:.1f} at {level + 1}; harder means longer"
            )
    return tuple(lengths)


def _check_instances(family: Family, seeds: int) -> tuple[int, float]:
    tasks = [family.task(seed) for seed in range(seeds)]
    keys = {family.instance_key(task.facts) for task in tasks}
    test = {family.instance_key(family.task(seed, split="test").facts) for seed in range(seeds)}
    if keys & test:
        raise FamilyError(
            f"{family.name}: {len(keys & test)} instances are in both splits: {shown(min(keys & test))}"
        )
    answers = Counter(task.reference.answer for task in tasks)
    best = 0.0
    for answer, _ in answers.most_common(8):
        best = max(best, sum(family.is_correct(task, answer) for task in tasks) / seeds)
    slack = 3 * (family.chance * (1 - family.chance) / seeds) ** 0.5 + 2 / seeds
    if best > family.chance + slack:
        raise FamilyError(
            f"{family.name}: a constant answer is right in {best:.3f} of {seeds} tasks; its chance is stated as "
            f"{family.chance:.3f}"
        )
    return len(keys), best


def _check_hostile(family: Family) -> None:
    task = family.task(0, difficulty=MAX_DIFFICULTY)
    for completion in HOSTILE:
        started = time.process_time()
        try:
            verdicts = _verdicts(task, completion)
        except Exception as error:
            raise FamilyError(
                f"{family.name}: judging {shown(completion)} raised {error!r}; a verdict is due"
            ) from error
        spent = time.process_time() - started
        if spent > len(GRANULARITIES) * JUDGE_SECONDS:
            raise FamilyError(
                f"{family.name}: judging {shown(completion)} took {spent:.1f} s; {JUDGE_SECONDS} s is allowed"
            )
        if any(verdict.reward is None or verdict.reward >= RIGHT_FLOOR for verdict in verdicts.values()):
            _breach("a hostile string is scored, and wrong", task, completion)


def _verdicts(task: Task, completion: str) -> dict[str, Verdict]:
    response = parse(task, completion)
    return {g: verdict_on(task, response, Signal(granularity=g)) for g in GRANULARITIES}


def _breach(rule: str, task: Task, value: object) -> None:
    raise FamilyError(
        f"{task.family}: {rule}; not so for task {task.id} ({shown(task.prompt)}): {shown(value, 200)}"
    )
