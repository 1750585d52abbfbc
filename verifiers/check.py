"""`check_verifier`: the public contract of a verifier, run on the built-in ones in the tests and by users on theirs."""

from collections.abc import Sequence
from math import isfinite

from synthgym.errors import MissingExtraError, SettingError, VerifierError, shown
from synthgym.family import Family
from synthgym.measure import Interval, binary_information, clopper_pearson
from synthgym.plugins import SHORTCUTS, as_signal, get_family
from synthgym.signal import AnyVerifier, Shortcut, Signal
from synthgym.types import GRANULARITIES, Granularity, Verdict
from synthgym.verifiers.check_passes import passes_over
from synthgym.verifiers.check_report import LabelRate, VerifierReport
from synthgym.verifiers.check_samples import HOSTILE_LABEL, Sample, samples_of

PASS_MARK = 0.5
"""The least reward of a response that counts as accepted, where nothing else is said."""
SECONDS = 10.0
"""Wall time that a completion may take, where nothing else is said."""
_BOX_CONFIDENCE = 0.975  # two intervals at 97.5% make a box that holds both rates at 95% at least


def check_verifier(
    verifier: str | Signal | AnyVerifier,
    family: str | Family = "chain_sum",
    *,
    seeds: int = 30,
    granularity: Granularity = "binary",
    shortcuts: Sequence[str | Shortcut] = (),
    seconds: float = SECONDS,
    base_rate: float = 0.5,
    tolerance: float = 0.0,
    pass_mark: float = PASS_MARK,
    strict: bool = False,
) -> VerifierReport:
    """Check a verifier on a family's labelled responses and on the hostile set; no problem ends the check.

    Checked: it gives the same verdicts again, in another order and in a fresh process; it ends in time; it never
    raises, and says why where it cannot score; an empty completion earns nothing, and the hostile set is refused; right
    responses are accepted in every form, wrong ones refused. It is judged in a clean process first, where it can be
    carried there, so that a completion on which it hangs does no harm here.

    Args:
        verifier: a registered name, a signal or its label, or any callable.
        family: whose tasks and truth it is checked against; truth decides which responses are right.
        seeds: tasks; each gives about ten responses, and each response is judged four times.
        granularity: of the signal, where `verifier` is no signal.
        shortcuts: responses that take these are judged, too; the signal's own always are.
        seconds: wall time that a completion may take; after twice as long it counts as hanging.
        base_rate: share of right rollouts for which the information is stated.
        tolerance: share of mistakes that is no problem yet, in the responses of one label.
        pass_mark: the least reward that counts as accepted.
        strict: raise an error for what was found.

    Raises:
        VerifierError: with `strict`, naming every problem.
        SettingError: for a setting outside what is accepted.
        UnknownNameError: if a name is not registered.
        MissingExtraError: if scipy is not installed.
    """
    _check_settings(seeds, seconds, base_rate, tolerance, pass_mark)
    signal = _signal(verifier, granularity)
    settled = get_family(family) if isinstance(family, str) else family
    planted = tuple(SHORTCUTS.get(one)() if isinstance(one, str) else one for one in shortcuts)
    samples = samples_of(settled, seeds, (*signal.shortcuts, *planted))
    passes = passes_over(signal, samples, seconds)
    judged = [
        (sample, one) for sample, one in zip(samples, passes.first, strict=True) if isinstance(one, Verdict)
    ]
    rates = _rates(judged, samples, pass_mark)
    tpr, fpr = (
        _rate([rate for rate in rates if rate.right == right], _BOX_CONFIDENCE) for right in (True, False)
    )
    paid = [
        (sample, one) for sample, one in judged if sample.label == HOSTILE_LABEL and (one.reward or 0.0) > 0
    ]
    problems = (*passes.problems, *_unfair(rates, judged, tolerance, pass_mark), *_paid(paid, pass_mark))
    report = VerifierReport(
        verifier=signal.label,
        family=settled.name,
        ok=not problems,
        problems=problems,
        samples=len(samples),
        agreed=passes.agreed,
        untried=passes.untried,
        deterministic=passes.deterministic,
        pass_mark=pass_mark,
        seconds=seconds,
        slowest_seconds=passes.slowest_seconds,
        slowest=passes.slowest,
        rates=rates,
        tpr=tpr,
        fpr=fpr,
        bits=_bits(tpr, fpr, base_rate),
        base_rate=base_rate,
        levels=len({one.reward for _, one in judged if one.reward is not None}),
        unscored=sum(one.reward is None for _, one in judged),
        hostile=sum(sample.label == HOSTILE_LABEL for sample in samples),
        hostile_paid=len(paid),
    )
    if strict and problems:
        listed = "\n".join(f"- {problem}" for problem in problems)
        raise VerifierError(
            f"verifier {signal.label} on {settled.name}, {len(problems)} problem(s):\n{listed}"
        )
    return report


def _check_settings(seeds: int, seconds: float, base_rate: float, tolerance: float, pass_mark: float) -> None:
    if type(seeds) is not int or seeds < 1:
        raise SettingError(f"seeds {shown(seeds)} is not a whole number above 0")
    if not (seconds > 0 and isfinite(seconds)):
        raise SettingError(f"seconds {shown(seconds)} is not a number above 0")
    if not 0 < base_rate < 1:
        raise SettingError(f"base_rate {shown(base_rate)} is not in (0, 1)")
    if not 0 <= tolerance < 1:
        raise SettingError(f"tolerance {shown(tolerance)} is not in [0, 1)")
    if not (pass_mark > 0 and isfinite(pass_mark)):
        raise SettingError(f"pass_mark {shown(pass_mark)} is not a number above 0")
    try:
        clopper_pearson(0, 1)
    except ImportError as error:
        raise MissingExtraError("scipy", "report") from error


def _signal(verifier: str | Signal | AnyVerifier, granularity: Granularity) -> Signal:
    if isinstance(verifier, Signal):
        signal = verifier
    elif isinstance(verifier, str):
        named = verifier in GRANULARITIES or any(mark in verifier for mark in ":+~")
        signal = as_signal(verifier if named else f"{granularity}:{verifier}")
    else:
        signal = Signal(granularity=granularity, verifier=verifier)
    if signal.control is not None:
        raise SettingError(
            f"signal {signal.label} is a control, which pays without judging; check it without ~{signal.control}"
        )
    return signal


def _rates(
    judged: Sequence[tuple[Sample, Verdict]], samples: Sequence[Sample], pass_mark: float
) -> tuple[LabelRate, ...]:
    """By label, but for the hostile set, the right ones first."""
    rates = []
    labels = {sample.label: sample.right for sample in samples if sample.label != HOSTILE_LABEL}
    for label, right in sorted(labels.items(), key=lambda item: not item[1]):
        verdicts = [one for sample, one in judged if sample.label == label]
        rewards = [one.reward for one in verdicts if one.reward is not None]
        accepted = sum(reward >= pass_mark for reward in rewards)
        rates.append(
            LabelRate(
                label=label,
                right=right,
                n=len(rewards),
                accepted=accepted,
                unscored=len(verdicts) - len(rewards),
                rate=clopper_pearson(accepted, len(rewards)) if rewards else None,
                mean_reward=sum(rewards) / len(rewards) if rewards else None,
            )
        )
    return tuple(rates)


def _rate(rates: Sequence[LabelRate], confidence: float) -> Interval | None:
    n = sum(rate.n for rate in rates)
    return clopper_pearson(sum(rate.accepted for rate in rates), n, confidence=confidence) if n else None


def _bits(tpr: Interval | None, fpr: Interval | None, base_rate: float) -> Interval | None:
    """Information at `base_rate` (MEASURES, section 1), over the box of both intervals.

    It is convex in the two rates and 0 where they are equal: its greatest value is at a corner, its least at the corner
    next to the diagonal, or 0 where the box meets it.
    """
    if tpr is None or fpr is None:
        return None
    corners = [
        float(binary_information(base_rate, t, f)) for t in (tpr.low, tpr.high) for f in (fpr.low, fpr.high)
    ]
    meets = tpr.low <= fpr.high and fpr.low <= tpr.high
    return Interval(
        estimate=float(binary_information(base_rate, tpr.estimate, fpr.estimate)),
        low=0.0 if meets else min(corners),
        high=max(corners),
        n=tpr.n + fpr.n,
        confidence=0.95,
    )


def _unfair(
    rates: Sequence[LabelRate],
    judged: Sequence[tuple[Sample, Verdict]],
    tolerance: float,
    pass_mark: float,
) -> list[str]:
    """What is said of right responses that were refused, and of wrong ones that were accepted."""
    scored = [rate for rate in rates if rate.n]
    if not any(rate.right for rate in scored):
        return ["no right response was scored"]
    problems = []
    if all(rate.accepted == rate.n for rate in scored):
        problems.append("it accepts everything: right and wrong responses alike")
    elif not any(rate.accepted for rate in scored):
        problems.append("it refuses everything: right and wrong responses alike")
    for rate in scored:
        mistakes = rate.n - rate.accepted if rate.right else rate.accepted
        if mistakes <= tolerance * rate.n:
            continue
        sample, verdict = next(
            (sample, one)
            for sample, one in judged
            if sample.label == rate.label
            and one.reward is not None
            and (one.reward >= pass_mark) != sample.right
        )
        did = "refuses" if rate.right else "accepts"
        problems.append(
            f"it {did} {mistakes} of {rate.n} responses that are {rate.label}, such as "
            f"{shown(sample.response.completion, 120)} to {shown(sample.task.prompt)} (task {sample.task.id}): reward "
            f"{verdict.reward:g}, and accepted is what earns {pass_mark:g} (pass_mark=...)"
        )
    return problems


def _paid(paid: Sequence[tuple[Sample, Verdict]], pass_mark: float) -> list[str]:
    """What is said of a reward for nothing, and of hostile completions that were accepted.

    A share for the form (an answer that can be read, few lines) is none of these.
    """
    empty = [pair for pair in paid if not pair[0].response.completion.strip()]
    accepted = [(sample, one) for sample, one in paid if (one.reward or 0.0) >= pass_mark]
    if not (empty or accepted):
        return []
    sample, verdict = (empty or accepted)[0]
    return [
        f"it pays for {len(paid)} completions of the hostile set, which answer nothing"
        f"{', the empty one among them' * bool(empty)}, such as {verdict.reward:g} for "
        f"{shown(sample.response.completion)} (task {sample.task.id})"
    ]
