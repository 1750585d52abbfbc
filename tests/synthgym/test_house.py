"""The house: what is packaged, and which rooms the linters watch."""

import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
ROOMS = {"envs", "verifiers", "baselines"}


def test_every_folder_with_code_is_packaged() -> None:
    found = {"synthgym"}
    for top in ("synthgym", *sorted(ROOMS)):
        for init in (ROOT / top).rglob("__init__.py"):
            parts = init.parent.relative_to(ROOT).parts
            if parts[0] == "synthgym" and len(parts) > 1 and parts[1] in ROOMS:
                continue
            found.add(".".join(parts if parts[0] == "synthgym" else ("synthgym", *parts)))
    assert found == set(PROJECT["tool"]["setuptools"]["packages"])


def test_every_core_module_is_watched_by_the_import_linter() -> None:
    (watched,) = (c for c in PROJECT["tool"]["importlinter"]["contracts"] if c["type"] == "forbidden")
    front_door = {"__init__", "__main__", "cli", "commands"}
    core = {p.stem for p in (ROOT / "synthgym").glob("*.py")} - front_door
    core |= {p.parent.name for p in (ROOT / "synthgym").glob("*/__init__.py")} - ROOMS - front_door
    assert {f"synthgym.{name}" for name in core} == set(watched["source_modules"])


@pytest.mark.parametrize("room", sorted(ROOMS))
def test_a_room_is_linked_into_the_package(room: str) -> None:
    link = ROOT / "synthgym" / room
    assert link.is_symlink()
    assert link.resolve() == ROOT / room
