"""The README is true: what its blocks print is what stands under them, and its commands exist."""

import contextlib
import io
import re
from pathlib import Path

import pytest

from synthgym.envs.exhibit import family_rows
from synthgym.plugins import FAMILIES, VERIFIERS

README = (Path(__file__).resolve().parents[1] / "README.md").read_text()
SHOWN = re.findall(r"```python\n((?:(?!```).)*)```\n\n```text\n((?:(?!```).)*)```", README, re.S)


@pytest.fixture(autouse=True)
def _forget_the_readmes_verifier() -> object:
    yield
    VERIFIERS._loaded.pop("short", None)


def test_the_blocks_print_what_the_readme_says() -> None:
    assert len(SHOWN) >= 3
    names: dict[str, object] = {}
    for code, printed in SHOWN:
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            exec(compile(code, "README.md", "exec"), names)  # noqa: S102  # our own README
        assert out.getvalue().strip() == printed.strip()


def test_the_table_of_families_is_that_of_the_registry() -> None:
    built_in = {name for name, _ in FAMILIES.built_in_modules()}  # other tests may have registered more
    for row in (row for row in family_rows() if row["family"] in built_in):
        line = next(line for line in README.splitlines() if line.startswith(f"| `{row['family']}`"))
        assert row["environment"] in line
        assert row["domain"] in line
        assert all(criterion in line for criterion in row["criteria"])
    table = [line for line in README.splitlines() if re.match(r"\| `[a-z_]+` \|", line)]
    assert len(table) == len(built_in)


def test_the_commands_that_are_named_are_there() -> None:
    from synthgym.commands.parsing import NAMES

    named = set(re.findall(r"synthgym (\w+)", "\n".join(re.findall(r"```bash\n(.*?)```", README, re.S))))
    named |= set(re.findall(r"`synthgym (\w+)", README))
    assert named
    assert named <= {*NAMES}


def test_it_can_be_read_in_one_sitting() -> None:
    assert len(README.splitlines()) <= 230
