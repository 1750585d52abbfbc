"""What `synthgym bench detectors` is told, made into what `run.detectors` takes."""

from dataclasses import replace
from pathlib import Path

from synthgym.baselines.detector_bench.arms import Arm
from synthgym.baselines.detector_bench.draw import Terms
from synthgym.baselines.detector_bench.kinds import every_arm
from synthgym.baselines.detector_bench.rivals import rivals
from synthgym.baselines.detector_bench.run import Size, detectors, train_runs
from synthgym.baselines.detector_bench.summary import Bakeoff
from synthgym.baselines.warmstart import default_cache


def detectors_bench(
    *,
    traces: Path | None = None,
    record: Path | None = None,
    rewardspy: Path | None = None,
    resamples: int = 60,
    benign: int = 500,
    quick: bool = False,
    more: bool = False,
    processes: int = 2,
    seed: int = 0,
) -> Bakeoff | None:
    """Run the bake-off; None if it only trained runs into `record`. How it goes is said on standard error.

    Args:
        quick: a tenth of the runs, of one kind and one benign arm.
        more: also the kinds that were only tried.

    Raises:
        SettingError: for a number below 1, or a folder that holds no rewardspy.
        SynthGymError: if a run cannot be trained or scored.
    """
    from rich.console import Console

    size = Size(resamples=resamples, benign=benign)
    rivals(rewardspy)  # so that a wrong folder is said before anything is trained
    screen = Console(stderr=True)

    def say(text: str) -> None:
        screen.print(text, markup=False, highlight=False)

    arms = quick_arms() if quick else every_arm(also_more=more)
    if record is not None:
        train_runs(arms, record, default_cache(), processes=processes, say=say)
        return None
    if quick:
        size = Size(resamples=min(10, resamples), benign=min(50, benign))
    return detectors(
        traces=traces,
        terms=Terms(rewardspy=rewardspy, seed=seed),
        size=size,
        arms=arms,
        processes=processes,
        say=say,
    )


def quick_arms() -> tuple[Arm, ...]:
    """The first kind and the first benign arm, of one real run each."""
    every = every_arm()
    hacked = next(arm for arm in every if arm.role == "hacked")
    benign = next(arm for arm in every if arm.role == "benign")
    return replace(hacked, runs=1), replace(benign, runs=1)
