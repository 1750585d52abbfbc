"""`synthgym bench`."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Annotated, Any

import tyro

from synthgym.commands.common import Looking, Printing, like
from synthgym.errors import SettingError, UnknownNameError, shown
from synthgym.settings import Families, OptionalPath

BENCHES = ("learnable", "verify", "sandbox", "tokens")


@dataclass(frozen=True, kw_only=True)
class Bench(Looking, Printing):
    """Measure the gym.

    learnable: does the tiny policy learn each family at difficulty 0 within a minute of CPU time?
    verify: how right and fast is the equivalence engine, beside math-verify?
    sandbox: how fast do solutions run, beside python3 -c and multiprocessing?
    tokens: how many steps a CPU-second does the token environment make?
    """

    what: Annotated[tyro.conf.Positional[str], tyro.conf.arg(metavar="WHAT")]
    """learnable, verify, sandbox or tokens."""
    family: Families = ()
    """learnable: names of families; none takes all."""
    seconds: float = 60.0
    """learnable: CPU seconds of supervised training a family."""
    pairs: OptionalPath = None
    """verify: file of labelled pairs in place of the hard mix."""
    rounds: int = 3
    """verify, sandbox and tokens: timed rounds."""

    def run(self) -> int:
        """Do it; the exit status."""
        if self.what not in BENCHES:
            raise UnknownNameError("bench", self.what, BENCHES)
        run: Callable[[], tuple[Any, Callable[[], Any]]] = getattr(self, f"_{self.what}")
        self.print(*run())
        return 0

    def _verify(self) -> tuple[Any, Callable[[], Any]]:
        from synthgym.baselines.bench_verify import render, verify

        if self.pairs is not None and not self.pairs.exists():
            raise SettingError(f"no file {shown(str(self.pairs), 300)} of labelled pairs{like(self.pairs)}")

        found = verify(self.pairs, rounds=self.rounds)
        return asdict(found), lambda: render(found)

    def _sandbox(self) -> tuple[Any, Callable[[], Any]]:
        from synthgym.baselines.bench_sandbox import render, sandbox_bench

        found = sandbox_bench(rounds=self.rounds)
        return asdict(found), lambda: render(found)

    def _tokens(self) -> tuple[Any, Callable[[], Any]]:
        from synthgym.baselines.bench_tokens import render, tokens

        found = tokens(rounds=self.rounds)
        return asdict(found), lambda: render(found)

    def _learnable(self) -> tuple[Any, Callable[[], Any]]:
        from synthgym.baselines.bench import learnable, render
        from synthgym.plugins import families, get_family

        for name in self.family:
            get_family(name)
        rows = learnable([*self.family] or families(), seconds=self.seconds)
        return [asdict(row) for row in rows], lambda: render(rows)
