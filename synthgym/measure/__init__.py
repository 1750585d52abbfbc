"""What was learned, how fast, and what a signal says of truth: measures that read the rollout log.

Importing this loads neither pyarrow nor scipy; the measures that need them do, when they are called.
"""

from synthgym.measure.curves import Crossing, LearningCurve, area_under, half_way, isotonic, learning_curves
from synthgym.measure.evidence import EProcess, mean_upper_bound
from synthgym.measure.information import binary_entropy, binary_information, live_groups
from synthgym.measure.intervals import (
    Interval,
    bootstrap,
    bootstrap_iqm,
    clopper_pearson,
    iqm,
    paired_ratio,
    t_interval,
    wilson,
)
from synthgym.measure.learning import ArmSpeed, LearningTime, SpeedRatio, learning_speed, speed_ratio
from synthgym.measure.sampling import answer_entropy, distinct_mass, pass_at_k, tail_mass
from synthgym.measure.survival import kaplan_meier, median_time, restricted_mean

__all__ = [
    "ArmSpeed",
    "Crossing",
    "EProcess",
    "Interval",
    "LearningCurve",
    "LearningTime",
    "SpeedRatio",
    "answer_entropy",
    "area_under",
    "binary_entropy",
    "binary_information",
    "bootstrap",
    "bootstrap_iqm",
    "clopper_pearson",
    "distinct_mass",
    "half_way",
    "iqm",
    "isotonic",
    "kaplan_meier",
    "learning_curves",
    "learning_speed",
    "live_groups",
    "mean_upper_bound",
    "median_time",
    "paired_ratio",
    "pass_at_k",
    "restricted_mean",
    "speed_ratio",
    "t_interval",
    "tail_mass",
    "wilson",
]
