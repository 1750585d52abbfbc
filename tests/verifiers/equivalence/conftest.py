"""One worker with sympy is up before the tests of each module here: its start is no part of what they judge."""

import pytest

from synthgym.verifiers.equivalence import pool
from synthgym.verifiers.equivalence.tree import Sym


@pytest.fixture(scope="module", autouse=True)
def warm_worker() -> None:
    """The first request starts a worker, if there is none; the second finds its tables filled. Machines may be busy."""
    x = Sym("x")
    for _ in range(2):
        pool.ask("equal", x, x, seconds=5, memory_mb=160, patience=60)
