"""What the families share whose answers are code: how such answers are written, and their usual rubric."""

from collections.abc import Mapping
from typing import ClassVar

from synthgym.family import Family
from synthgym.parsing import CODE_FORMATS
from synthgym.types import Criterion


class CodeFamily(Family):
    """Answers are blocks of code: bare in the compact template, between fences in the natural one."""

    domain = "code"
    formats = CODE_FORMATS
    default_formats: ClassVar[Mapping[str, str]] = {"compact": "bare", "natural": "fenced"}
    rubric: ClassVar[tuple[Criterion, ...]] = (
        Criterion("parses", 1.0),
        Criterion("signature", 1.0),
        Criterion("runs", 1.0),
        Criterion("tests", 6.0),
        Criterion("tidy", 1.0, style=True),
    )
