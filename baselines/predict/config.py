"""What a prediction is told; apart from the work itself, so that the command line's help loads no torch."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, TypeAlias, get_args

import tyro

from synthgym.errors import SettingError, shown, suggestion
from synthgym.settings import OptionalPath, OptionalText, OptionalWhole, Repeated, SignalLabel

Probe: TypeAlias = Literal["linear", "mlp", "text"]
PROBES: tuple[Probe, ...] = get_args(Probe)
LEAST_LABELS = 64
"""Labels below which a description length says nothing."""


@dataclass(frozen=True, kw_only=True)
class PredictConfig:
    """A prediction of what a policy learns first, from one batch before any training."""

    family: Annotated[tyro.conf.Positional[str | None], tyro.conf.arg(metavar="[FAMILY]")] = None
    """The family whose tasks are answered; with --log, only needed to take one of several."""
    signal: SignalLabel = "binary"
    """What is rewarded: binary, rubric or token; add +SHORTCUT to plant one, ~random or ~shuffled for a control."""
    shortcut: Annotated[Repeated, tyro.conf.arg(metavar="SHORTCUT")] = ()
    """A shortcut to plant in the signal, as +SHORTCUT does; may be given again."""
    watch: Annotated[Repeated, tyro.conf.arg(metavar="SHORTCUT")] = ()
    """A shortcut to measure without planting it; may be given again."""
    model: OptionalText = None
    """Path or id of a causal language model; None takes the tiny policy, warm-started as `synthgym train` does."""
    log: OptionalPath = None
    """Folder of a run, or a log of any trainer (TRL's completions, Parquet, JSON lines): predict from its first logged
    step alone, with the text probe and no model."""
    log_steps: int = 1
    """With --log: how many of its first steps count as the policy before training."""
    start: str = "noisy"
    """The tiny policy's warm start: clean, noisy, mix or early."""
    difficulty: int = 1
    """0 to 10."""
    template: str = "compact"
    """How prompts are worded: compact or natural."""
    groups: int = 128
    """Prompts of the batch."""
    group_size: int = 8
    """Completions a prompt."""
    labels: int = 2048
    """Labelled completions that a description length is measured on."""
    probe: Annotated[str, tyro.conf.arg(metavar="{linear,mlp,text}")] = "linear"
    """What codes the labels: a linear or small MLP probe on the policy's hidden states, or a linear one on the text."""
    max_new_tokens: OptionalWhole = None
    """Longest completion; None takes the longest worked solution and a quarter, as training does."""
    temperature: float = 1.0
    """Of sampling."""
    seed: int = 0
    """Of the tasks, of sampling and of the labels; the batch's tasks are those that a run of this seed begins with."""

    def __post_init__(self) -> None:
        for name, least in (("groups", 2), ("group_size", 2), ("labels", LEAST_LABELS), ("log_steps", 1)):
            _at_least(name, getattr(self, name), least)
        if self.max_new_tokens is not None:
            _at_least("max_new_tokens", self.max_new_tokens, 1)
        if type(self.seed) is not int or self.seed < 0:
            raise SettingError(f"seed {shown(self.seed)} is not a whole number >= 0")
        if self.probe not in PROBES:
            raise SettingError(f"no probe named {shown(self.probe)}{suggestion(str(self.probe), PROBES)}")
        if not (_is_number(self.temperature) and 0 < self.temperature < float("inf")):
            raise SettingError(f"temperature {shown(self.temperature)} is not a finite number above 0")
        for name in ("shortcut", "watch"):
            if not isinstance(getattr(self, name), tuple | list):
                raise SettingError(f"{name} is {shown(getattr(self, name))}; a tuple of names is needed")
        object.__setattr__(self, "log", _path("log", self.log))
        _path("model", self.model)
        if self.family is None and self.log is None:
            raise SettingError("predict what? Give the name of a family, or --log FOLDER")
        if self.log is not None and self.model is not None:
            raise SettingError("both --log and --model are given; a log is read without a model")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _path(name: str, value: object) -> Path | None:
    if not isinstance(value, str | Path | None):
        raise SettingError(f"{name} {shown(value)} is no path")
    return None if value is None else Path(value)


def _at_least(name: str, value: object, least: int) -> None:
    if type(value) is not int or value < least:
        raise SettingError(f"{name} {shown(value)} is not a whole number >= {least}")
