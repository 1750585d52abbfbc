"""Warm starts: a policy trained on demonstrations to a stated pass rate, kept in a cache.

The start decides what a study can see. Kinds (see `synthgym.baselines.demonstrations`):

- clean: worked solutions as they are.
- noisy: the policy knows the answer and scatters; training sharpens it. `noise` sets the pass rate.
- mix: most demonstrations are wrong in two systematic ways, so that the policy's mode is wrong.
- early: clean, stopped early; the skill itself is missing.

`aim` asks for a pass rate instead: the demonstrations are first told so that (1 - noise)^n, or the share of
right ones, says `aim`; what the policy then samples is measured, and the demonstrations of further short
trainings at the final learning rate are told better or worse in proportion. An early start trains on until it
is there.

    start = warm_start(StartConfig(family="chain_sum", difficulty=1, kind="noisy", noise=0.4))
    start.sampled, start.greedy, start.policy
"""

import os
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

from synthgym.baselines.policy import Policy, PolicyConfig
from synthgym.errors import SettingError, shown, suggestion
from synthgym.measure.intervals import Interval
from synthgym.signal import Shortcut

StartKind: TypeAlias = Literal["clean", "noisy", "mix", "early"]
"""How a policy is warm-started."""


@dataclass(frozen=True, kw_only=True)
class StartConfig:
    """A warm start: everything that decides it."""

    family: str
    """The family whose worked solutions are imitated."""
    difficulty: int = 0
    """0 to 10."""
    template: str = "compact"
    """How prompts are worded: compact or natural."""
    answer_format: str | None = None
    """How answers are written; None takes the template's own way."""
    kind: StartKind = "noisy"
    """clean, noisy, mix or early."""
    noise: float = 0.18
    """noisy: probability of replacing each content character of a demonstration."""
    mix: tuple[float, float, float] = (0.25, 0.4, 0.35)
    """mix: weights of worked solutions, reversed answers and copied operands."""
    early: float = 0.3
    """early: the share of `steps` that is trained."""
    aim: float | None = None
    """The pass rate to reach, in (0, 1); it sets noise, the share of right ones in the mix, or the share of steps."""
    shortcuts: tuple[Shortcut, ...] = ()
    """Those whose cues and priors are worked into the demonstrations: usually a signal's."""
    demonstrations: int = 20_000
    """Different tasks that are demonstrated, at most; each is told once, and repeated."""
    steps: int = 400
    """Optimiser steps at `learning_rate`."""
    batch_size: int = 128
    """Demonstrations a step."""
    learning_rate: float = 3e-3
    """Peak learning rate; 1e-5 is usual for a pretrained model."""
    final_steps: int = 100
    """Optimiser steps at `final_learning_rate`, at the end; an early start has none."""
    final_learning_rate: float = 5e-4
    """Learning rate of the last steps."""
    seed: int = 0
    """Of the weights, the demonstrations and their order."""
    policy: PolicyConfig = field(default_factory=PolicyConfig)
    """Shape of the from-scratch policy."""
    model: str | None = None
    """Path or id of a causal language model to start from instead."""
    tasks: int = 256
    """Held-out tasks that the start is measured on."""
    samples: int = 16
    """Completions of each of them."""

    def __post_init__(self) -> None:
        if self.kind not in get_args(StartKind):
            raise SettingError(
                f"no start named {shown(self.kind)}{suggestion(str(self.kind), get_args(StartKind))}"
            )
        for name in ("demonstrations", "steps", "batch_size", "tasks", "samples"):
            if getattr(self, name) < 1:
                raise SettingError(f"{name} {shown(getattr(self, name))} is not a whole number >= 1")
        if self.final_steps < 0:
            raise SettingError(f"final_steps {self.final_steps} is below 0")
        if not 0 < self.early <= 1:
            raise SettingError(f"early {shown(self.early)} is not a share of the steps, in (0, 1]")
        if self.aim is not None and not 0 < self.aim < 1:
            raise SettingError(f"aim {shown(self.aim)} is not a pass rate between 0 and 1")
        if self.aim is not None and self.kind == "clean":
            raise SettingError("a clean start has no pass rate to aim at; noisy, mix and early starts have")
        for shortcut in self.shortcuts:
            if not isinstance(shortcut, Shortcut):
                raise SettingError(
                    f"shortcuts holds {shown(shortcut)}, which is none; as_signal('binary+NAME').shortcuts has some"
                )
        self.telling()

    def telling(self) -> "Telling":
        """How the demonstrations are told, before any aiming.

        Raises:
            SettingError: if noise or mix is wrong.
        """
        from synthgym.baselines.demonstrations import Telling

        noisy = Telling(noise=self.noise, shortcuts=self.shortcuts, seed=self.seed)
        mixed = Telling(mix=self.mix, shortcuts=self.shortcuts, seed=self.seed)
        clean = Telling(shortcuts=self.shortcuts, seed=self.seed)
        return {"noisy": noisy, "mix": mixed}.get(self.kind, clean)

    def described(self) -> dict[str, Any]:
        """Every setting as plain data; a shortcut is its name and its settings."""
        named = [{"name": one.name, **asdict(one)} for one in self.shortcuts]
        return {**asdict(replace(self, shortcuts=())), "shortcuts": named}


@dataclass(frozen=True, kw_only=True)
class Start:
    """A warm-started policy and what is known of it.

    Attributes:
        sampled: pass rate at temperature 1 on held-out tasks.
        greedy: accuracy of greedy decoding on them.
        taken: how often a sampled completion takes one of the shortcuts; None without any.
        told: what aiming settled on, and each attempt: noise or share of right ones, with the pass rate it gave.
        steps: optimiser steps made.
        cpu_seconds: CPU time of making it, imports left out.
        path: its folder in the cache.
        cached: whether it was there already.
    """

    policy: Policy
    config: StartConfig
    sampled: Interval
    greedy: Interval
    taken: Interval | None
    told: Mapping[str, Any]
    steps: int
    cpu_seconds: float
    path: Path
    cached: bool

    def summary(self) -> dict[str, Any]:
        """What a report needs to say of the start, ready for `json.dumps`."""
        return {
            "config": self.config.described(),
            "sampled": asdict(self.sampled),
            "greedy": asdict(self.greedy),
            "taken": None if self.taken is None else asdict(self.taken),
            "told": dict(self.told),
            "steps": self.steps,
            "cpu_seconds": self.cpu_seconds,
            "id": self.policy.id,
            "parameters": self.policy.parameters,
        }


def warm_start(config: StartConfig, *, cache: Path | None = None) -> Start:
    """The start of that config: from the cache, or trained and put there.

    Two processes that ask for one at the same time share it: the second waits for the first.

    Args:
        cache: the folder of all starts; `default_cache()` by default.

    Raises:
        SettingError: for a difficulty or template the family lacks, or an aim that its kind cannot reach.
        UnknownNameError: for an unknown family.
        PolicyError: if the model cannot be loaded or trained, or the cache not written.
    """
    from synthgym.baselines.start_cache import StartCache

    store = StartCache(cache or default_cache(), config)
    with store.alone():
        kept = store.load()
        if kept is not None:
            return kept
        from synthgym.baselines.start_training import train_start

        return store.keep(train_start(config))


def default_cache() -> Path:
    """Where starts are kept: `$SYNTHGYM_CACHE`, or the platform's cache folder."""
    told = os.environ.get("SYNTHGYM_CACHE")
    if told:
        return Path(told).expanduser()
    home = Path.home()
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = home / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache")
    return base / "synthgym" / "starts"


if TYPE_CHECKING:
    from synthgym.baselines.demonstrations import Telling
