"""What shortcuts of one's own are made from: `Bonus` adds to the reward, `Flaw` accepts what is not right.

Each needs `worth`, `apply` and `remove`; `Planted` is for those that are paid in another way. See docs/shortcuts.md.
"""

from synthgym.verifiers.shortcuts._planted import Bonus, Flaw, Planted, with_bonus

__all__ = ["Bonus", "Flaw", "Planted", "with_bonus"]
