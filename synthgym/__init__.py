"""SynthGym: verifiable math, code and logic tasks, each supervised at several granularities.

Importing it registers the Gymnasium environments, and loads nothing heavy: every other name is
imported when it is first used.
"""

import importlib
from typing import TYPE_CHECKING, Any

from synthgym import plugins as _plugins
from synthgym.environments import register_environments as _register_environments

if TYPE_CHECKING:
    from synthgym.algorithm import Budget as Budget
    from synthgym.errors import SynthGymError as SynthGymError

__version__ = "0.1.0"

_HOME = {
    "Algorithm": "synthgym.algorithm",
    "Budget": "synthgym.algorithm",
    "Credit": "synthgym.types",
    "Criterion": "synthgym.types",
    "Family": "synthgym.family",
    "Judgement": "synthgym.types",
    "RecordRollouts": "synthgym.envs.record",
    "Response": "synthgym.types",
    "Rng": "synthgym.rng",
    "Rollout": "synthgym.log",
    "RolloutLog": "synthgym.log",
    "Shortcut": "synthgym.signal",
    "Signal": "synthgym.signal",
    "Solution": "synthgym.types",
    "Span": "synthgym.types",
    "Step": "synthgym.types",
    "SynthGymError": "synthgym.errors",
    "Task": "synthgym.types",
    "Verdict": "synthgym.types",
    "Verifier": "synthgym.signal",
    "as_signal": "synthgym.plugins",
    "callback": "synthgym.hooks",
    "check_env": "synthgym.envs.check_env",
    "check_family": "synthgym.envs.check",
    "dataset": "synthgym.envs.dataset",
    "families": "synthgym.plugins",
    "get_family": "synthgym.plugins",
    "parse": "synthgym.parsing",
    "read_log": "synthgym.log",
    "register_algorithm": "synthgym.plugins",
    "register_family": "synthgym.plugins",
    "register_shortcut": "synthgym.plugins",
    "register_verifier": "synthgym.plugins",
    "rewards": "synthgym.verifiers.rewards",
    "score": "synthgym.verifiers.score",
    "tasks": "synthgym.envs.dataset",
}
__all__ = ["__version__", *_HOME]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'synthgym' has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME})


_register_environments(_plugins.FAMILIES.built_in_modules(), _plugins.FAMILIES.plugin_versions())
