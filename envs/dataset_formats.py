"""Rows in the formats that TRL's trainers read, with its column names: https://huggingface.co/docs/trl/dataset_formats

| format | columns | trainers |
|---|---|---|
| prompt_only | prompt | GRPO, RLOO |
| language_modeling | text; messages | SFT |
| prompt_completion | prompt, completion | SFT |
| preference | prompt, chosen, rejected | DPO, Reward |
| unpaired_preference | prompt, completion, label | KTO |
| stepwise_supervision | prompt, completions, labels | |

Conversational rows have message lists in the columns prompt, completion, chosen, rejected. Every row has the
column task besides, which these trainers leave alone.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

from synthgym.envs.dataset_responses import labelled, pair, steps, worked_solution
from synthgym.errors import SettingError, shown, suggestion
from synthgym.rollout import escape_surrogates
from synthgym.signal import Signal
from synthgym.types import Task

if TYPE_CHECKING:
    from datasets import Features

Format: TypeAlias = Literal[
    "prompt_only",
    "language_modeling",
    "prompt_completion",
    "preference",
    "unpaired_preference",
    "stepwise_supervision",
]
FORMATS: tuple[Format, ...] = get_args(Format)
Row: TypeAlias = dict[str, Any]
Messages: TypeAlias = list[dict[str, str]]

COLUMNS: Mapping[Format, tuple[str, ...]] = {
    "prompt_only": ("prompt",),
    "language_modeling": ("text",),
    "prompt_completion": ("prompt", "completion"),
    "preference": ("prompt", "chosen", "rejected"),
    "unpaired_preference": ("prompt", "completion", "label"),
    "stepwise_supervision": ("prompt", "completions", "labels"),
}
"""Columns of the plain rows; a conversational ``language_modeling`` row has ``messages`` and no ``text``."""
_OF_TRAINERS: Mapping[str, Format] = {
    "grpo": "prompt_only",
    "rloo": "prompt_only",
    "sft": "prompt_completion",
    "dpo": "preference",
    "kto": "unpaired_preference",
    "prm": "stepwise_supervision",
}


@dataclass(frozen=True, kw_only=True)
class Layout:
    """How rows are written. Made by `layout_of`."""

    format: Format = "prompt_only"
    conversational: bool = False
    system: str | None = None
    environment: bool = False

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns that TRL reads, in order."""
        if self.conversational and self.format == "language_modeling":
            return ("messages",)
        return COLUMNS[self.format]

    def prompt(self, text: str, messages: Sequence[Mapping[str, Any]] = ()) -> "str | Messages":
        """A prompt as it stands, or as messages: a task's own `messages`, whose own system message stays."""
        if not self.conversational:
            return plain(text)
        said = [{"role": plain(m["role"]), "content": plain(m["content"])} for m in messages]
        said = said or [{"role": "user", "content": plain(text)}]
        if self.system is None or said[0]["role"] == "system":
            return said
        return [{"role": "system", "content": plain(self.system)}, *said]

    def answer(self, text: str) -> "str | Messages":
        """A completion as it stands, or as the assistant's message."""
        return [{"role": "assistant", "content": plain(text)}] if self.conversational else plain(text)

    def whole(self, prompt: "str | Messages", completion: "str | Messages") -> Row:
        """The one column of ``language_modeling``, of a prompt and an answer so laid out."""
        return {self.columns[0]: [*prompt, *completion] if self.conversational else f"{prompt}{completion}"}


def layout_of(
    format: str, conversational: bool = False, system: str | None = None, environment: bool = False
) -> Layout:
    """The layout of these settings.

    Raises:
        SettingError: for a format that there is not (it names the nearest), or settings that do not fit together.
    """
    known: Format | None = next((name for name in FORMATS if name == format), None)
    if known is None:
        meant = _OF_TRAINERS.get(str(format).lower())
        tail = f"; for {format} it is {meant}" if meant else suggestion(str(format), FORMATS)
        raise SettingError(f"no dataset format {shown(format)}{tail}")
    if known == "stepwise_supervision" and conversational:
        raise SettingError(
            "stepwise_supervision has no conversational form in TRL: its completions are the steps; leave "
            "conversational out"
        )
    if system is not None and not isinstance(system, str):
        raise SettingError(f"system {shown(system)} is no text")
    if system is not None and not conversational:
        raise SettingError("system= is a message of conversational prompts; set conversational=True, too")
    return Layout(
        format=known, conversational=bool(conversational), system=system, environment=bool(environment)
    )


def row_of(task: Task, turn: int, layout: Layout, signal: Signal) -> Row:
    """The row of `task`: TRL's columns, and `task`; and `environment`, its family's name, if the layout says so.

    Args:
        turn: the how-manieth row of its family it is: even ones are desirable (sound), odd ones are not, in the
            formats whose rows are one or the other.
        signal: says which response is the better one.

    Raises:
        SettingError, FamilyError: if the signal or the family gives no response that fits.
    """
    row = {**_MAKERS[layout.format](task, turn, layout, signal), "task": task.to_json()}
    return {**row, "environment": task.family} if layout.environment else row


def plain(text: str) -> str:
    """`text` as an Arrow string can hold it: with lone surrogates escaped, if there are any."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return escape_surrogates(text)
    return text


def features(layout: Layout) -> "Features":
    """The types of the columns of `row_of`."""
    from datasets import Features, Value

    text = Value("string")
    messages = [{"role": text, "content": text}]
    kinds = {
        "label": Value("bool"),
        "completions": [text],
        "labels": [Value("bool")],
        "messages": messages,
        "text": text,
    }
    said = messages if layout.conversational else text
    further = {"task": text, "environment": text} if layout.environment else {"task": text}
    return Features({**{name: kinds.get(name, said) for name in layout.columns}, **further})


def _prompt_of(task: Task, layout: Layout, signal: Signal) -> "str | Messages":
    """The prompt; a task that was read from a user's messages has those, unless a shortcut may have changed it."""
    own: Any = () if signal.shortcuts else task.facts.get("messages", ())
    return layout.prompt(task.prompt, own if isinstance(own, tuple) else ())


def _prompt_only(task: Task, turn: int, layout: Layout, signal: Signal) -> Row:
    return {"prompt": _prompt_of(task, layout, signal)}


def _language_modeling(task: Task, turn: int, layout: Layout, signal: Signal) -> Row:
    return layout.whole(_prompt_of(task, layout, signal), layout.answer(worked_solution(task)))


def _prompt_completion(task: Task, turn: int, layout: Layout, signal: Signal) -> Row:
    return {**_prompt_only(task, turn, layout, signal), "completion": layout.answer(worked_solution(task))}


def _preference(task: Task, turn: int, layout: Layout, signal: Signal) -> Row:
    chosen, rejected = pair(task, signal)
    answers = {"chosen": layout.answer(chosen), "rejected": layout.answer(rejected)}
    return {**_prompt_only(task, turn, layout, signal), **answers}


def _unpaired_preference(task: Task, turn: int, layout: Layout, signal: Signal) -> Row:
    label = turn % 2 == 0
    completion = layout.answer(labelled(task, signal, label))
    return {**_prompt_only(task, turn, layout, signal), "completion": completion, "label": label}


def _stepwise_supervision(task: Task, turn: int, layout: Layout, signal: Signal) -> Row:
    lines, labels = steps(task, turn % 2 == 0)
    judged = {"completions": [plain(line) for line in lines], "labels": labels}
    return {**_prompt_only(task, turn, layout, signal), **judged}


_MAKERS: Mapping[Format, Callable[[Task, int, Layout, Signal], Row]] = {
    "prompt_only": _prompt_only,
    "language_modeling": _language_modeling,
    "prompt_completion": _prompt_completion,
    "preference": _preference,
    "unpaired_preference": _unpaired_preference,
    "stepwise_supervision": _stepwise_supervision,
}
