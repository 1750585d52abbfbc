"""SynthGym: verifiable math, code and logic tasks, each supervised at several granularities.

Importing it registers the Gymnasium environments, and loads nothing heavy: every other name is
imported when it is first used.
"""

import importlib
from typing import TYPE_CHECKING, Any

from synthgym import plugins as _plugins
from synthgym.environments import register_environments as _register_environments

if TYPE_CHECKING:
    from synthgym.algorithm import Algorithm as Algorithm
    from synthgym.algorithm import Budget as Budget
    from synthgym.envs.check import check_family as check_family
    from synthgym.envs.check_env import check_env as check_env
    from synthgym.envs.custom.functions import function_family as function_family
    from synthgym.envs.custom.rows import load_family as load_family
    from synthgym.envs.dataset import dataset as dataset
    from synthgym.envs.dataset import tasks as tasks
    from synthgym.envs.export import export as export
    from synthgym.envs.multi_turn.trl import environment_factory as environment_factory
    from synthgym.envs.record import RecordRollouts as RecordRollouts
    from synthgym.envs.record import RecordVectorRollouts as RecordVectorRollouts
    from synthgym.errors import SynthGymError as SynthGymError
    from synthgym.family import Family as Family
    from synthgym.hooks import callback as callback
    from synthgym.log import Rollout as Rollout
    from synthgym.log import RolloutLog as RolloutLog
    from synthgym.log import read_log as read_log
    from synthgym.parsing import parse as parse
    from synthgym.plugins import as_signal as as_signal
    from synthgym.plugins import families as families
    from synthgym.plugins import get_family as get_family
    from synthgym.plugins import register_algorithm as register_algorithm
    from synthgym.plugins import register_family as register_family
    from synthgym.plugins import register_shortcut as register_shortcut
    from synthgym.plugins import register_verifier as register_verifier
    from synthgym.rng import Rng as Rng
    from synthgym.signal import Shortcut as Shortcut
    from synthgym.signal import Signal as Signal
    from synthgym.signal import Verifier as Verifier
    from synthgym.types import Credit as Credit
    from synthgym.types import Criterion as Criterion
    from synthgym.types import Judgement as Judgement
    from synthgym.types import Response as Response
    from synthgym.types import Solution as Solution
    from synthgym.types import Span as Span
    from synthgym.types import Step as Step
    from synthgym.types import Task as Task
    from synthgym.types import Verdict as Verdict
    from synthgym.verifiers.check import check_verifier as check_verifier
    from synthgym.verifiers.custom import CustomVerifier as CustomVerifier
    from synthgym.verifiers.llm_judge import LLMJudge as LLMJudge
    from synthgym.verifiers.rewards import rewards as rewards
    from synthgym.verifiers.score import score as score
    from synthgym.watch import Watch as Watch

__version__ = "0.1.0"

_HOME = {
    "Algorithm": "synthgym.algorithm",
    "Budget": "synthgym.algorithm",
    "Credit": "synthgym.types",
    "Criterion": "synthgym.types",
    "CustomVerifier": "synthgym.verifiers.custom",
    "Family": "synthgym.family",
    "Judgement": "synthgym.types",
    "LLMJudge": "synthgym.verifiers.llm_judge",
    "RecordRollouts": "synthgym.envs.record",
    "RecordVectorRollouts": "synthgym.envs.record",
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
    "Watch": "synthgym.watch",
    "as_signal": "synthgym.plugins",
    "callback": "synthgym.hooks",
    "check_env": "synthgym.envs.check_env",
    "check_family": "synthgym.envs.check",
    "check_verifier": "synthgym.verifiers.check",
    "dataset": "synthgym.envs.dataset",
    "environment_factory": "synthgym.envs.multi_turn.trl",
    "export": "synthgym.envs.export",
    "families": "synthgym.plugins",
    "function_family": "synthgym.envs.custom.functions",
    "get_family": "synthgym.plugins",
    "load_family": "synthgym.envs.custom.rows",
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
