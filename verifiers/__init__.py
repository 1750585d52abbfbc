"""Turning a response into a verdict: outcome, rubric, token; the equivalence engine; planted shortcuts; TRL rewards.

`equivalent`, `parse_gold`, `equivalent_batch`, `MathVerifier`, `MathReward` and `math_reward` are imported when they
are first used.
"""

import importlib
from typing import TYPE_CHECKING, Any

if __name__ != "synthgym.verifiers":
    raise ImportError(
        "this folder is the package 'synthgym.verifiers': write 'import synthgym.verifiers';\n"
        "if you meant another package named 'verifiers', start Python outside SynthGym's repository"
    )

if TYPE_CHECKING:
    from synthgym.verifiers.equivalence.engine import Gold as Gold
    from synthgym.verifiers.equivalence.engine import equivalent as equivalent
    from synthgym.verifiers.equivalence.engine import equivalent_batch as equivalent_batch
    from synthgym.verifiers.equivalence.engine import parse_gold as parse_gold
    from synthgym.verifiers.equivalence.types import Bounds as Bounds
    from synthgym.verifiers.equivalence.types import Equivalence as Equivalence
    from synthgym.verifiers.math_rewards import MathReward as MathReward
    from synthgym.verifiers.math_rewards import math_reward as math_reward
    from synthgym.verifiers.math_verifier import MathVerifier as MathVerifier

_ENGINE, _TYPES = "synthgym.verifiers.equivalence.engine", "synthgym.verifiers.equivalence.types"
_HOME = {
    "Bounds": _TYPES,
    "Equivalence": _TYPES,
    "Gold": _ENGINE,
    "MathReward": "synthgym.verifiers.math_rewards",
    "MathVerifier": "synthgym.verifiers.math_verifier",
    "equivalent": _ENGINE,
    "equivalent_batch": _ENGINE,
    "math_reward": "synthgym.verifiers.math_rewards",
    "parse_gold": _ENGINE,
}
__all__ = list(_HOME)


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'synthgym.verifiers' has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME})
