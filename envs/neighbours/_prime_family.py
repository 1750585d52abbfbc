"""A `verifiers` taskset as a family: its rows are the tasks, its rubric tells right from wrong."""

import hashlib
import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from synthgym.envs.neighbours._prime_rubric import Outcome, outcome
from synthgym.errors import FamilyError, SynthGymError, VerifierError, shown
from synthgym.facts import FrozenDict, freeze
from synthgym.family import Family
from synthgym.parsing import ANSWER_FORMATS, MAX_COMPLETION, render
from synthgym.rng import Rng
from synthgym.types import Criterion, Judgement, Response, Solution, Split, Task, Verdict
from synthgym.verifiers.deadline import Late
from synthgym.verifiers.event_loop import run_side_by_side

Right = float | Callable[[Mapping[str, float]], bool]
_KEPT = 256
_ROUNDING = 1e-9  # 0.1 + 0.2 + 0.7 is a little less than 1


class ImportedFamily(Family):
    """The rows of a taskset. One in four is a test row; seeds take a split's rows in turn, difficulty changes nothing.

    A completion is right where the rubric's weighted sum reaches `right`. The criterion "reward" is that sum, cut off
    at 0 and 1; no step earns credit, as a rubric tells of the whole completion only.

    Args:
        name: what it is registered under.
        rows: the tasks, `verifiers.v1.Task`.
        right: the least weighted sum of a right completion, or a function of the rewards by name.
        seconds: wall time that a rubric gets for a completion.
        runtime: a `verifiers.v1.RuntimeConfig`, for a rubric that runs code.
        answer_format: how a row's answer is written down; None finds those that the rubric accepts, and takes the
            first of them; where it accepts none, all may be asked for.
    """

    domain = "imported"
    rubric = (Criterion("reward"),)
    step_credit = "reference"

    def __init__(
        self,
        name: str,
        rows: Sequence[Any],
        *,
        right: Right = 1.0,
        seconds: float = 60.0,
        runtime: Any = None,
        answer_format: str | None = None,
    ) -> None:
        self.name = name  # type: ignore[misc]  # a class variable of families written as classes
        self._right, self._seconds, self._runtime = right, seconds, runtime
        self._rows = {_text(row): row for row in rows}
        self._sample = rows[0]
        self._of_split = _split(list(self._rows))
        self._lock = threading.Lock()
        self._outcomes: OrderedDict[tuple[str, str], Outcome] = OrderedDict()
        fitting = self._fitting_formats() if answer_format is None else [answer_format]
        self._run(self._sample, self._stated(fitting[0] if fitting else "line"))  # what cannot run shows here
        self.formats = tuple(fitting) or tuple(ANSWER_FORMATS)  # type: ignore[misc]
        form = fitting[0] if fitting else "line"
        self.default_formats = {"compact": form, "natural": form}  # type: ignore[misc]

    def generate(self, rng: Rng, difficulty: int) -> Mapping[str, object]:
        """A row, any one."""
        return self._facts(rng.choice(list(self._rows)))

    def question(self, facts: FrozenDict, template: str) -> str:
        """The row's prompt, its system prompt first; the same in every template."""
        return _prompt(self._row(str(facts["row"])).data)

    def solve(self, facts: FrozenDict, template: str) -> Solution:
        """The row's own answer (its field `answer`, `solution` or `target`); empty where it has none."""
        return Solution((), _answer(self._row(str(facts["row"])).data))

    def task(self, seed: int, **settings: Any) -> Task:
        """The row of that seed; its prompt is as the taskset has it, with no word on how to answer."""
        task = super().task(seed, **settings)
        return replace(task, prompt=self.question(task.facts, task.template))

    def split_of(self, facts: FrozenDict) -> Split:
        """The split of a row."""
        return "test" if str(facts["row"]) in self._of_split["test"] else "train"

    def instance_key(self, facts: FrozenDict) -> str:
        """The row's data."""
        return str(facts["row"])

    def is_correct(self, task: Task, answer: str) -> bool:
        """Whether the completion that gives `answer` in the task's format is right."""
        return self._is_right(task, render(Solution((), answer), task.answer_format))

    def is_right(self, task: Task, response: Response) -> bool:
        """Whether the rubric's weighted sum on the whole completion reaches `right`."""
        return self._is_right(task, response.completion)

    def check_step(self, task: Task, done: Sequence[str], step: str) -> bool:
        """No step earns credit."""
        return False

    def criteria(self, task: Task, response: Response, judged: Judgement) -> Mapping[str, float]:
        """The weighted sum, cut off at 0 and 1."""
        return {"reward": min(max(self.outcome(task, response.completion).total, 0.0), 1.0)}

    def verdict(self, task: Task, response: Response, /) -> Verdict:
        """The rubric's own verdict: its weighted sum as the reward, its rewards and metrics as components."""
        found = self.outcome(task, response.completion)
        return Verdict(reward=found.total, components={**found.metrics, **found.rewards})

    def outcome(self, task: Task, completion: str) -> Outcome:
        """What the rubric says of a completion; the same object for the same completion, as far as it is kept.

        Raises:
            VerifierError: if the rubric fails, or does not end in time.
        """
        key = (task.key(), completion)
        with self._lock:
            if key in self._outcomes:
                return self._outcomes[key]
        found = self._run(self._row(str(task.facts["row"])), completion)
        with self._lock:
            self._outcomes[key] = found
            while len(self._outcomes) > _KEPT:
                self._outcomes.popitem(last=False)
        return found

    def _is_right(self, task: Task, completion: str) -> bool:
        return len(completion) <= MAX_COMPLETION and self._reaches(self.outcome(task, completion))

    def _reaches(self, found: Outcome) -> bool:
        if callable(self._right):
            try:
                return bool(self._right(found.rewards))
            except Exception as error:
                raise VerifierError(
                    f"right= of {self.name} failed on {dict(found.rewards)}: {error!r}"
                ) from error
        return found.total >= self._right - _ROUNDING

    def _run(self, row: Any, completion: str) -> Outcome:
        async def told() -> Outcome | Exception:
            try:
                return await outcome(row, completion, self._runtime)
            except Exception as error:  # noqa: BLE001  # whatever a rubric does wrong is told below
                return error

        found = run_side_by_side([told], self._seconds, 1)[0]
        if isinstance(found, Outcome):
            return found
        if isinstance(found, Late):
            raise VerifierError(f"the rubric of {self.name} did not end within {self._seconds:g} s")
        what = str(found) if isinstance(found, SynthGymError) else repr(found)
        raise VerifierError(f"the rubric of {self.name} failed: {what}") from found

    def _fitting_formats(self) -> list[str]:
        """The answer formats in which the rubric accepts the first row's own answer.

        None is tried where that asks a model, as it costs.
        """
        if self._sample.config.judges:
            return []
        return [form for form in ANSWER_FORMATS if self._reaches(self._run(self._sample, self._stated(form)))]

    def _stated(self, form: str) -> str:
        """The first row's own answer, written in that format."""
        return render(Solution((), _answer(self._sample.data)), form)

    def _row(self, text: str) -> Any:
        """The taskset's task with that data, or one like it where the data is from elsewhere."""
        if text in self._rows:
            return self._rows[text]
        try:
            data = type(self._sample.data).model_validate_json(text)
        except ValueError as error:
            raise FamilyError(f"{self.name} cannot read the row {shown(text)}: {error}") from error
        return type(self._sample)(data, self._sample.config)

    def _draw(self, seed: int, split: Split, difficulty: int) -> FrozenDict:
        rows = self._of_split[split]
        if not rows:
            raise FamilyError(f"{self.name} has no {split} row: it has {len(self._rows)} in all")
        return self._facts(rows[seed % len(rows)])

    def _facts(self, text: str) -> FrozenDict:
        """The row's data; and its messages, if there are more than one, as trainers take them."""
        said = _messages(self._row(text).data)
        facts = freeze({"row": text, "messages": said} if len(said) > 1 else {"row": text})
        if not isinstance(facts, FrozenDict):
            raise FamilyError(f"{self.name}: {shown(facts)} are no facts")
        return facts


def _text(row: Any) -> str:
    """A row's data without its place, so that the same row twice is the same instance."""
    text: str = row.data.model_copy(update={"idx": None}).model_dump_json(exclude_none=True)
    return text


def _split(texts: Sequence[str]) -> dict[Split, list[str]]:
    """A quarter of the rows, by their hashes, as test rows; in the taskset's order."""
    ranked = sorted(texts, key=lambda text: hashlib.sha256(text.encode("utf-8", "backslashreplace")).digest())
    test = set(ranked[: max(1, len(ranked) // 4)] if len(ranked) > 1 else ())
    return {
        "train": [text for text in texts if text not in test],
        "test": [text for text in texts if text in test],
    }


def _prompt(data: Any) -> str:
    parts = [data.system_prompt or "", data.prompt_text]
    return "\n\n".join(part for part in parts if part)


def _messages(data: Any) -> list[dict[str, str]]:
    """The row's system prompt and prompt as messages of plain text; none where a message holds more than text."""
    said = [{"role": "system", "content": str(data.system_prompt)}] if data.system_prompt else []
    if isinstance(data.prompt, str):
        return [*said, {"role": "user", "content": data.prompt}]
    if any(not isinstance(message.content, str) or message.role == "tool" for message in data.prompt):
        return []
    return said + [{"role": message.role, "content": message.content} for message in data.prompt]


def _answer(data: Any) -> str:
    for name in ("answer", "solution", "target"):
        value = getattr(data, name, None)
        if isinstance(value, (str, int, float)) and not isinstance(value, bool):
            return str(value)
    return ""


def family_name(text: str) -> str:
    """`text` as a family's name: lower-case letters, digits and underscores."""
    words = re.sub(r"[^a-z0-9]+", "_", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", text).lower()).strip("_")
    return words if words[:1].isalpha() else f"env_{words}"
