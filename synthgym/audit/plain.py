"""Frozen data as JSON can carry it."""

from dataclasses import fields, is_dataclass
from math import isfinite
from typing import Any


def as_plain(value: Any) -> Any:
    """Dataclasses as mappings, tuples as lists; a number that is not finite as None."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: as_plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, list | tuple):
        return [as_plain(item) for item in value]
    if isinstance(value, float):
        return float(value) if isfinite(value) else None
    return value.item() if hasattr(value, "item") else value
