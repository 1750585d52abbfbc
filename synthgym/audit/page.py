"""An audit as one self-contained HTML page: no request leaves it, and no text of a model is ever markup."""

from pathlib import Path
from typing import Any

from synthgym.audit.model import Audit, Example, Found
from synthgym.audit.told import (
    amount,
    bits,
    bits_with_interval,
    budget,
    headline,
    label,
    onset_words,
    reflections,
    sentence,
    step_of,
    summary,
)
from synthgym.report.html import extra, rendered, save
from synthgym.report.words import visible

TAGS = {
    "paid": ("against", "paid beyond truth"),
    "charged": ("against", "charged beyond truth"),
    "unresolved": ("undecided", "unresolved"),
    "trace": ("undecided", "a trace"),
    "through truth": ("supports", "through truth only"),
    "grows": ("measured", "without reward"),
    "none": ("measured", "nothing"),
}
_NEWLINE = "\N{RETURN SYMBOL}\n"
_FIGURES = 8
_ROWS = 60


def write(audit: Audit, out: Path) -> Path:
    """Write `audit` as one HTML file at `out`, and return `out`.

    Raises:
        LogError: if the file cannot be written.
        MissingExtraError: if altair, vl-convert or jinja2 is not installed.
    """
    return save(render(audit), out)


def render(audit: Audit) -> str:
    """The page.

    Raises:
        MissingExtraError: if altair, vl-convert or jinja2 is not installed.
    """
    extra("jinja2")
    extra("altair")
    from synthgym.audit import charts

    overview, over_time = charts.bars(audit), charts.rewards(audit)
    figures = [_figure(found, audit) for found in audit.suspects[:_FIGURES]]
    return rendered(
        "synthgym.audit",
        {
            "audit": audit,
            "name": visible(Path(audit.path).name),
            "headline": label(headline(audit)),
            "summary": summary(audit),
            "budget": budget(audit),
            "findings": _findings(audit),
            "overview": overview,
            "over_time": over_time,
            "figures": figures,
            "rows": [_row(found) for found in audit.features[:_ROWS]],
            "notes": [visible(note) for note in audit.notes],
        },
        draws=any([overview, over_time, *(figure["chart"] for figure in figures)]),
        styles=("audit.css",),
    )


def _findings(audit: Audit) -> list[dict[str, str]]:
    """A sentence for each suspect, and for the strongest of the others."""
    shown = list(audit.suspects)
    for verdict, most in (("trace", 3), ("through truth", 3), ("grows", 3)):
        shown += [found for found in audit.features if found.verdict == verdict and not found.proxy_of][:most]
    return [
        {
            "tone": TAGS[found.verdict][0],
            "tag": TAGS[found.verdict][1],
            "text": label(sentence(found, audit)),
        }
        for found in shown
    ]


def _figure(found: Found, audit: Audit) -> dict[str, Any]:
    from synthgym.audit import charts

    same = [label(one) for one in reflections(found, audit)]
    return {
        "title": label(found.label),
        "tone": TAGS[found.verdict][0],
        "tag": TAGS[found.verdict][1],
        "text": label(sentence(found, audit)),
        "same": same[:12],
        "more": len(same) - 12,
        "chart": charts.taking_over(found, audit),
        "onset": onset_words(found.onset),
        "runs": [
            f"{visible(run)}: {'did not' if step is None else f'step {step_of(step)}'}"
            for run, step in found.run_onsets
        ],
        "examples": [_example(example) for example in found.examples],
        "among": "wrong rollouts" if audit.has_truth else "rollouts",
        "with_reward": f"{found.with_reward:.3g}",
        "without_reward": f"{found.without_reward:.3g}",
    }


def _example(example: Example) -> dict[str, str]:
    parts = [f"reward {example.reward:.3g}"]
    if example.step is not None:
        parts.insert(0, f"step {step_of(example.step)}")
    if example.run:
        parts.insert(0, visible(example.run))
    truth = "truth unknown" if example.truth is None else "right" if example.truth else "wrong"
    return {
        "meta": " · ".join(parts),
        "truth": truth,
        "tone": "measured" if example.truth is None else "supports" if example.truth else "against",
        "prompt": visible(example.prompt, newline=_NEWLINE),
        "completion": visible(example.completion, newline=_NEWLINE),
        "left_out": f"{example.left_out:,}" if example.left_out else "",
    }


def _row(found: Found) -> dict[str, object]:
    told = found.verdict in ("paid", "charged", "unresolved", "trace")
    grown = f"{found.early:.1%} → {found.late:.1%}" if found.early == found.early else f"{found.share:.1%}"
    onset = "–" if found.onset is None or found.onset.step is None else step_of(found.onset.step)
    return {
        "label": label(found.label),
        "tone": TAGS[found.verdict][0],
        "tag": TAGS[found.verdict][1],
        "reflects": bool(found.proxy_of),
        "bits": bits_with_interval(found),
        "total": bits(found.total_bits),
        "null": bits(found.null),
        "paid": amount(found.paid.estimate) if told else "–",
        "share": grown,
        "onset": onset if told or found.verdict == "grows" else "–",
        "z": f"{found.z:.1f}",
    }
