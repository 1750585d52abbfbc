"""What was learned, how fast, and what a signal says of truth: measures that read the rollout log.

Importing this loads neither pyarrow nor scipy; the measures that need them do, when they are called.
"""

from synthgym.measure.codelength import Codelength, codelength, kt_bits, prequential_bits
from synthgym.measure.curves import Crossing, LearningCurve, area_under, half_way, isotonic, learning_curves
from synthgym.measure.discrete_information import (
    Information,
    information,
    rates_information,
    table_information,
)
from synthgym.measure.efficiency import Efficiency, efficiency, ntk_product, predictors, rank
from synthgym.measure.evidence import EProcess, mean_upper_bound
from synthgym.measure.information import (
    binary_entropy,
    binary_information,
    capacity_binary,
    live_groups,
    rubric_capacity,
    token_capacity,
)
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
from synthgym.measure.overoptimisation import (
    OveroptimisationFit,
    best_of_n_kl,
    compare_forms,
    fit_overoptimisation,
    kl_estimate,
    sqrt_kl,
)
from synthgym.measure.push import design_effect, push, surprisal
from synthgym.measure.rank_correlation import spearman
from synthgym.measure.sampling import answer_entropy, distinct_mass, pass_at_k, tail_mass
from synthgym.measure.survival import kaplan_meier, median_time, restricted_mean
from synthgym.measure.text_features import text_features

__all__ = [
    "ArmSpeed",
    "Codelength",
    "Crossing",
    "EProcess",
    "Efficiency",
    "Information",
    "Interval",
    "LearningCurve",
    "LearningTime",
    "OveroptimisationFit",
    "SpeedRatio",
    "answer_entropy",
    "area_under",
    "best_of_n_kl",
    "binary_entropy",
    "binary_information",
    "bootstrap",
    "bootstrap_iqm",
    "capacity_binary",
    "clopper_pearson",
    "codelength",
    "compare_forms",
    "design_effect",
    "distinct_mass",
    "efficiency",
    "fit_overoptimisation",
    "half_way",
    "information",
    "iqm",
    "isotonic",
    "kaplan_meier",
    "kl_estimate",
    "kt_bits",
    "learning_curves",
    "learning_speed",
    "live_groups",
    "mean_upper_bound",
    "median_time",
    "ntk_product",
    "paired_ratio",
    "pass_at_k",
    "predictors",
    "prequential_bits",
    "push",
    "rank",
    "rates_information",
    "restricted_mean",
    "rubric_capacity",
    "spearman",
    "speed_ratio",
    "sqrt_kl",
    "surprisal",
    "t_interval",
    "table_information",
    "tail_mass",
    "text_features",
    "token_capacity",
    "wilson",
]
