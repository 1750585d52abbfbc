"""Which field of somebody's log holds what."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any

from synthgym.errors import LogError, SettingError, shown, suggestion

ALIASES: Mapping[str, tuple[str, ...]] = {
    "prompt": ("prompt", "prompts", "input", "question", "query", "instruction", "problem"),
    "completion": (
        *("completion", "completions", "response", "responses", "output", "outputs", "generation"),
        *("generated_text", "answer_text", "text"),
    ),
    "reward": ("reward", "rewards", "score", "scores", "total_reward", "reward_score", "return"),
    "step": ("step", "global_step", "iteration", "iter", "training_step", "train_step", "update"),
    "truth": ("truth", "correct", "is_correct"),
    "run": ("run", "run_id", "run_name"),
}
"""Names under which a role is found when nobody says which, the likeliest first."""
NEEDED = ("completion", "reward")


@dataclass(frozen=True, kw_only=True)
class Fields:
    """Which field of a row is its prompt, completion, reward, step, truth and run; None finds it by its usual names.

    A name with dots reaches into nested objects where no field has it as it is. Several reward fields,
    with commas between them, are summed.
    """

    prompt: str | None = None
    completion: str | None = None
    reward: str | None = None
    step: str | None = None
    truth: str | None = None
    run: str | None = None

    def __post_init__(self) -> None:
        for one in fields(self):
            name = getattr(self, one.name)
            if name is not None and (not isinstance(name, str) or not name.strip()):
                raise SettingError(f"{one.name} field {shown(name)} is no name of a field")

    def resolve(self, known: Iterable[str]) -> dict[str, tuple[str, ...]]:
        """The fields of each role that can be found among `known`.

        Raises:
            LogError: if one that was named, or one that is needed, is not there; it names the nearest.
        """
        names = list(dict.fromkeys(known))
        found: dict[str, tuple[str, ...]] = {}
        for role, aliases in ALIASES.items():
            named = getattr(self, role)
            if named is not None:
                found[role] = tuple(_known(part.strip(), role, names) for part in _parts(role, named, names))
                continue
            there = next((alias for alias in aliases if alias in names), None)
            if there is not None:
                found[role] = (there,)
        for role in NEEDED:
            if role not in found:
                raise LogError(missing(role, names))
        return found


def missing(role: str, names: Iterable[str]) -> str:
    """That a role has no field, what fields there are, and how to name the right one."""
    there = sorted(names)
    listed = ", ".join(shown(name) for name in there[:12]) + (", ..." if len(there) > 12 else "")
    near = suggestion(role, there)
    meant = near if "did you mean" in near else ""
    return (
        f"the log has no field for the {role} (it has {listed or 'none'}){meant}; name it with --{role}-field"
    )


def value_at(row: Mapping[str, Any], name: str) -> Any:
    """The value of a field, or of a nested one by its dotted name; None if it is not there."""
    if name in row:
        return row[name]
    value: Any = row
    for part in name.split("."):
        if not isinstance(value, Mapping) or part not in value:
            return None
        value = value[part]
    return value


def _parts(role: str, named: str, names: list[str]) -> list[str]:
    return named.split(",") if role == "reward" and named not in names else [named]


def _known(name: str, role: str, names: list[str]) -> str:
    if name in names or name.partition(".")[0] in names:
        return name
    raise LogError(f"the log has no field {shown(name)} for the {role}{suggestion(name, names)}")
