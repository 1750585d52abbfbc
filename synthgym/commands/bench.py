"""`synthgym bench`."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Annotated, Any

import tyro

from synthgym.commands.common import Looking, Printing, like
from synthgym.errors import SettingError, UnknownNameError, shown
from synthgym.settings import Families, Flag, OptionalPath

BENCHES = ("learnable", "verify", "sandbox", "tokens", "detectors", "callback")


@dataclass(frozen=True, kw_only=True)
class Bench(Looking, Printing):
    """Measure the gym.

    learnable: does the tiny policy learn each family at difficulty 0 within a minute of CPU time?
    verify: how right and fast is the equivalence engine, beside math-verify?
    sandbox: how fast do solutions run, beside python3 -c and multiprocessing?
    tokens: how many steps a CPU-second does the token environment make?
    detectors: how soon is a shortcut's take-over seen, and how often one that is not there, beside other detectors?
    callback: what share of a training step do logging, detectors and hints take?
    """

    what: Annotated[tyro.conf.Positional[str], tyro.conf.arg(metavar="WHAT")]
    """learnable, verify, sandbox, tokens, detectors or callback."""
    family: Families = ()
    """learnable: names of families; none takes all."""
    seconds: float = 60.0
    """learnable: CPU seconds of supervised training a family."""
    pairs: OptionalPath = None
    """verify: file of labelled pairs in place of the hard mix."""
    rounds: int = 3
    """verify, sandbox, tokens and callback: timed rounds."""
    traces: OptionalPath = None
    """detectors: folder of the real runs, trained where it lacks them; None is one in the cache."""
    record: OptionalPath = None
    """detectors: train the real runs into this folder, and score nothing."""
    rewardspy: OptionalPath = None
    """detectors: folder of a checkout of rewardspy; without one it is left out."""
    resamples: int = 60
    """detectors: runs drawn a kind of shortcut."""
    benign: int = 500
    """detectors: benign runs drawn."""
    quick: Flag = False
    """detectors: one kind, few runs; to see what it prints."""
    more: Flag = False
    """detectors: also the kinds that were only tried when the others were chosen."""
    processes: int = 2
    """detectors: worker processes, of one thread each."""
    seed: int = 0
    """detectors: of all that is drawn."""

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

    def _detectors(self) -> tuple[Any, Callable[[], Any]]:
        from synthgym.baselines.detector_bench.command import detectors_bench
        from synthgym.baselines.detector_bench.render import render

        found = detectors_bench(
            traces=self.traces,
            record=self.record,
            rewardspy=self.rewardspy,
            resamples=self.resamples,
            benign=self.benign,
            quick=self.quick,
            more=self.more,
            processes=self.processes,
            seed=self.seed,
        )
        if found is None:
            return {"recorded": str(self.record)}, lambda: f"the real runs are in {self.record}"
        return asdict(found), lambda: render(found)

    def _callback(self) -> tuple[Any, Callable[[], Any]]:
        from synthgym.baselines.bench_callback import callback_cost, render

        found = callback_cost(rounds=self.rounds)
        return [asdict(row) for row in found], lambda: render(found)

    def _learnable(self) -> tuple[Any, Callable[[], Any]]:
        from synthgym.baselines.bench import learnable, render
        from synthgym.plugins import families, get_family

        for name in self.family:
            get_family(name)
        rows = learnable([*self.family] or families(), seconds=self.seconds)
        return [asdict(row) for row in rows], lambda: render(rows)
