"""What `check_verifier` found."""

from dataclasses import dataclass

from synthgym.measure import Interval


@dataclass(frozen=True, kw_only=True)
class LabelRate:
    """How a verifier judged the responses of one label.

    Attributes:
        right: the truth of these responses.
        n: responses that were scored.
        accepted: of these, those with a reward of at least the report's `pass_mark`.
        unscored: responses that were not scored.
        rate: accepted / n with its Clopper-Pearson interval; None if nothing was scored.
        mean_reward: over the scored ones.
    """

    label: str
    right: bool
    n: int
    accepted: int
    unscored: int
    rate: Interval | None
    mean_reward: float | None


@dataclass(frozen=True, kw_only=True)
class VerifierReport:
    """What `check_verifier` found. Its text is made for a terminal, `dataclasses.asdict` for JSON.

    Attributes:
        verifier: the signal's label.
        family: whose responses were judged.
        ok: no problem was found.
        problems: each with the sample that shows it.
        samples: completions that were judged.
        agreed: the ways of judging again that were compared: repeated, another order, a fresh process.
        untried: those that could not be tried, and why.
        deterministic: no verdict differed between them.
        pass_mark: the least reward that counts as accepted.
        seconds: wall time that a completion may take.
        slowest_seconds, slowest: the completion that took longest.
        rates: by label.
        tpr, fpr: share of all right (wrong) responses that were accepted, with 97.5% Clopper-Pearson intervals.
        bits: information in bits per rollout at `base_rate`, the box of both rates' intervals propagated: at least 95%.
        base_rate: share of right rollouts for which the bits are stated.
        levels: distinct rewards that were given.
        unscored: completions that the verifier declined to score.
        hostile: completions of the hostile set; none may be accepted, nor an empty one earn anything.
        hostile_paid: those of them that earned something.
    """

    verifier: str
    family: str
    ok: bool
    problems: tuple[str, ...]
    samples: int
    agreed: tuple[str, ...]
    untried: tuple[str, ...]
    deterministic: bool
    pass_mark: float
    seconds: float
    slowest_seconds: float
    slowest: str
    rates: tuple[LabelRate, ...]
    tpr: Interval | None
    fpr: Interval | None
    bits: Interval | None
    base_rate: float
    levels: int
    unscored: int
    hostile: int
    hostile_paid: int

    def __str__(self) -> str:
        verdict = "ok" if self.ok else f"{len(self.problems)} problem{'s' * (len(self.problems) != 1)}"
        same = "same verdicts" if self.deterministic else "verdicts that differ"
        lines = [
            f"{self.verifier} on {self.samples} completions for {self.family}: {verdict}",
            f"  judged again   {same} ({', '.join(self.agreed) or 'not tried'})",
            *(f"                 not tried: {why}" for why in self.untried),
            f"  time           at most {self.slowest_seconds:.3g} s a completion ({self.seconds:g} s allowed), on "
            f"{self.slowest}",
            f"  hostile set    {self.hostile - self.hostile_paid} of {self.hostile} earn nothing",
            f"  not scored     {self.unscored}",
            f"  TPR            {_shown(self.tpr)}",
            f"  FPR            {_shown(self.fpr)}",
            f"  information    {_shown(self.bits)} bits a rollout where {self.base_rate:g} of them are right"
            + (f"; {self.levels} levels of reward" if self.levels > 2 else ""),
        ]
        width = max((len(rate.label) for rate in self.rates), default=5)
        if self.rates:
            lines.append(f"  {'responses':{width}}  truth  accepted  mean reward")
        for rate in self.rates:
            mean = "-" if rate.mean_reward is None else f"{rate.mean_reward:.2f}"
            truth = "right" if rate.right else "wrong"
            lines.append(f"  {rate.label:{width}}  {truth}  {rate.accepted:>4}/{rate.n:<4} {mean:>11}")
        return "\n".join([*lines, *(f"  ! {problem}" for problem in self.problems)])


def _shown(interval: Interval | None) -> str:
    if interval is None:
        return "nothing was scored"
    return f"{interval.estimate:.3f} [{interval.low:.3f}, {interval.high:.3f}]"
