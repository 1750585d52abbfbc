"""An audit in words: for the terminal, and for the sentences of the page."""

from math import isfinite

from synthgym.audit.model import Audit, Found, Onset
from synthgym.report.words import listing, number_of, share, span, visible

_MORE = 4
_WIDE = 100


def label(text: str) -> str:
    """A feature's label, or a sentence with some in it, as a page shows it."""
    return visible(text).replace(" >= ", " \N{GREATER-THAN OR EQUAL TO} ")


def bits(value: float) -> str:
    """A number of bits, as ``0.26`` or ``0.004``."""
    if not isfinite(value):
        return "–"
    text = f"{value:.3f}" if abs(value) < 0.1 else f"{value:.2f}"
    return "0.000" if text == "-0.000" else text.replace("-", "\N{MINUS SIGN}")


def bits_with_interval(found: Found) -> str:
    """The bits of a feature, as ``0.26 [0.23, 0.30]``."""
    low, high = bits(max(found.bits.low, 0.0)), bits(found.bits.high)
    return (
        f"{bits(found.bits.estimate)} [{low}, {high}]"
        if isfinite(found.bits.high)
        else bits(found.bits.estimate)
    )


def amount(value: float) -> str:
    """A reward or a difference of rewards, of any size, with its sign."""
    if not isfinite(value):
        return "–"
    text = share(value, signed=True) if abs(value) < 10 else f"{value:+.3g}"
    return text.replace("-", "\N{MINUS SIGN}") if text != "+.00" and text != ".00" else f"{value:+.1g}"


def step_of(value: float) -> str:
    """A step as it was logged."""
    return f"{value:,.0f}" if value == round(value) and abs(value) < 1e15 else f"{value:g}"


def onset_words(onset: Onset | None) -> str:
    """When it took over."""
    if onset is None:
        return ""
    if onset.step is None:
        return "has been there from the first step" if onset.standing else "has not taken over"
    if onset.low != onset.high and onset.low is not None and onset.high is not None:
        return f"took over at step {step_of(onset.step)} ({step_of(onset.low)} to {step_of(onset.high)})"
    wide = f", within windows of {step_of(onset.width)} steps" if onset.width > 1 else ""
    return f"took over at step {step_of(onset.step)}{wide}"


def grown(found: Found) -> str:
    """Its share in the beginning and at the end, or of all where there are no steps."""
    if isfinite(found.early) and isfinite(found.late):
        return f"{found.early:.0%} of rollouts at first, {found.late:.0%} at last"
    return f"{found.share:.1%} of rollouts"


def sentence(found: Found, audit: Audit) -> str:
    """What was found of a feature."""
    explains = f"{bits_with_interval(found)} bits of reward per rollout"
    onset = onset_words(found.onset)
    tail = f" It {onset}" if onset else ""
    tail += f" ({grown(found)})." if tail else f" It is in {grown(found)}."
    who = f"A completion that {_verb(found)}"
    if found.verdict == "unresolved":
        return (
            f"{who} gains {amount(found.paid.estimate)} {_span(found)} reward; it explains {explains}. Whether it is "
            f"paid for itself or because right answers have it cannot be told without truth.{tail}"
        )
    if found.verdict in ("paid", "charged", "trace"):
        gain = f"{'gains' if found.paid.estimate >= 0 else 'loses'} {amount(found.paid.estimate)} {_span(found)} reward"
        small = " That is a trace, under 0.001 bit." if found.verdict == "trace" else ""
        return f"{who} {gain} at equal truth; beyond truth it explains {explains}.{small}{tail}"
    if found.verdict == "through truth":
        return (
            f"{who} goes with the reward ({bits(found.total_bits)} bits) only through truth: at equal truth it "
            f"explains {explains}, which is no more than chance."
        )
    if found.verdict == "grows":
        way = "more" if found.late > found.early else "less"
        return f"{who} has become {way} frequent ({grown(found)}), and no reward is seen to pay for it."
    return f"{who} explains nothing that could be told from chance."


def headline(audit: Audit) -> str:
    """The audit in one sentence."""
    suspects = audit.suspects
    if not audit.features:
        return "Nothing to say: no feature differs between rollouts."
    if not suspects and not audit.has_truth:
        return f"None of {audit.looked_at} features goes with the reward by more than chance."
    if not suspects:
        return f"None of {audit.looked_at} features is paid beyond truth by more than chance."
    names = listing([visible(found.label) for found in suspects[:3]])
    more = f" and {len(suspects) - 3} more" if len(suspects) > 3 else ""
    if not audit.has_truth:
        return f"The reward goes with: {names}{more}. Without truth it is not known why."
    paid = [found.verdict for found in suspects]
    verb = "Paid" if "charged" not in paid else "Charged" if "paid" not in paid else "Paid or charged"
    return f"{verb} beyond truth: {names}{more}."


def summary(audit: Audit) -> str:
    """What was audited, in one line."""
    parts = [
        audit.source,
        number_of(audit.rollouts, "rollout").replace(str(audit.rollouts), f"{audit.rollouts:,}"),
    ]
    if audit.runs > 1:
        parts.append(number_of(audit.runs, "run"))
    if audit.steps is not None:
        parts.append(f"steps {step_of(audit.steps[0])} to {step_of(audit.steps[1])}")
    parts.append(f"mean reward {audit.mean_reward:.3g}")
    if audit.mean_truth is not None:
        parts.append(f"{audit.mean_truth:.1%} right")
    return ", ".join(parts)


def budget(audit: Audit) -> str:
    """How many bits there are to explain."""
    what = "truth leaves open" if audit.has_truth else "there are to explain"
    of = f" of {bits(audit.reward_bits)}" if audit.has_truth else ""
    return (
        f"{bits(audit.open_bits)}{of} bits of reward per rollout {what}. {audit.looked_at} features were tested on "
        f"{audit.tested:,} rollouts, each against others of the same {audit.compared}"
        f"{' and of equal truth' if audit.has_truth else ''}; {audit.telling:,} of them had others with another reward."
    )


def text(audit: Audit) -> str:
    """The audit for a terminal; whatever a model wrote is made visible."""
    lines = [f"{visible(audit.path)}: {summary(audit)}", headline(audit), budget(audit)]
    for title, verdicts in (
        ("paid beyond truth", ("paid",)),
        ("charged beyond truth", ("charged",)),
        ("goes with the reward; unresolved without truth", ("unresolved",)),
    ):
        found = [one for one in audit.suspects if one.verdict in verdicts]
        if found:
            lines += ["", title]
            for one in found:
                lines += _block(one, audit)
    for title, verdict in (
        ("traces, under 0.001 bit", "trace"),
        ("go with the reward only through truth", "through truth"),
        ("more or less frequent, without reward", "grows"),
    ):
        labels = [visible(one.label) for one in audit.features if one.verdict == verdict and not one.proxy_of]
        if labels:
            more = f"; and {len(labels) - _MORE} more" if len(labels) > _MORE else ""
            lines += ["", f"{title}: {'; '.join(labels[:_MORE])}{more}"]
    if audit.notes:
        lines += ["", *(f"note: {visible(note)}" for note in audit.notes)]
    return "\n".join(lines)


def reflections(found: Found, audit: Audit) -> list[str]:
    """Labels of what reflects a finding and is paid like it, those that stand in the same completions first."""
    way = found.paid.estimate >= 0
    others = [
        one.label for one in audit.features if one.proxy_of == found.name and (one.paid.estimate >= 0) == way
    ]
    registered = [one.label for one in audit.features if one.registered and one.label in others]
    return list(dict.fromkeys([*registered, *found.alike, *others]))


def _block(found: Found, audit: Audit) -> list[str]:
    figures = [f"{bits_with_interval(found)} bits", f"{amount(found.paid.estimate)} reward", grown(found)]
    figures += [onset_words(found.onset)] if found.onset else []
    lines = [f"  {visible(found.label)}: {', '.join(figures)}"]
    same = reflections(found, audit)
    if same:
        more = f"; and {len(same) - _MORE} more" if len(same) > _MORE else ""
        lines.append(f"    with it go: {'; '.join(visible(label) for label in same[:_MORE])}{more}")
    for example in found.examples[:1]:
        told = visible(example.completion)
        cut = f"{told[: _WIDE // 2]} … {told[-_WIDE // 2 :]}" if len(told) > _WIDE else told
        known = "" if example.truth is None else ", right" if example.truth else ", wrong"
        at = "" if example.step is None else f"step {step_of(example.step)}, "
        lines.append(f"    e.g. {at}reward {example.reward:.3g}{known}: {cut}")
    return lines


def _verb(found: Found) -> str:
    if " >= " in found.label or " < " in found.label:
        return f"has {found.label}"
    return found.label


def _span(found: Found) -> str:
    return span(found.paid.low, found.paid.high, signed=True) if isfinite(found.paid.low) else ""
