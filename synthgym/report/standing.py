"""What a finding may claim: never more than the runs behind it.

Each finding says what it does to the claim that it tests (`synthgym.report.model.Standing`), and one that
fails to show the claim, or speaks against it, says so in the same sentence.
"""

from synthgym.report.estimates import FEWEST
from synthgym.report.model import Standing
from synthgym.report.words import number_of

FEW = 10
"""Below so many seeds a comparison is called indicative (MEASURES: at least 10 on the tiny tier)."""


def seeds(n: int) -> str:
    """``3 seeds, indicative``; one or two are called what they are."""
    if n < FEWEST:
        return f"{number_of(n, 'seed')}: intervals cover only {'this run' if n == 1 else 'these runs'}"
    return f"{n} seeds, indicative" if n < FEW else f"{n} seeds"


def capped(standing: Standing, n: int) -> Standing:
    """Too few seeds for an interval over them show a direction, at most."""
    return "leans" if standing == "supports" and n < FEWEST else standing
