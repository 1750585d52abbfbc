"""The wheel: what it holds, and that it lives beside another package called `verifiers`."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
IGNORED = ("build", ".venv", ".git", "runs", "*.egg-info")
FRESH = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH",)}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel built from a copy of the tree without the links, as an archive or Windows would have it."""
    import shutil

    source = tmp_path_factory.mktemp("source") / "synthgym"
    shutil.copytree(ROOT, source, symlinks=True, ignore=shutil.ignore_patterns(*IGNORED))
    for room in ("envs", "verifiers", "baselines"):
        (source / "synthgym" / room).unlink()
    out = tmp_path_factory.mktemp("wheel")
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--no-deps",
        "--no-build-isolation",
        "-w",
        str(out),
        str(source),
    ]
    done = subprocess.run(command, capture_output=True, text=True, env=FRESH)
    assert done.returncode == 0, done.stderr
    (made,) = out.glob("*.whl")
    return made


def test_the_wheel_holds_every_module_and_data_file_under_one_name(wheel: Path) -> None:
    inside = set(zipfile.ZipFile(wheel).namelist())
    tops = {name.split("/")[0] for name in inside}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"synthgym"}
    for top in ("synthgym", "envs", "verifiers", "baselines"):
        for path in (ROOT / top).rglob("*"):
            parts = path.relative_to(ROOT).parts
            linked = (
                parts[0] == "synthgym" and len(parts) > 1 and parts[1] in ("envs", "verifiers", "baselines")
            )
            if linked or not path.is_file() or path.suffix not in (".py", ".html", ".css", ".typed"):
                continue
            assert "/".join(parts if top == "synthgym" else ("synthgym", *parts)) in inside


@pytest.mark.parametrize("zipped", [False, True], ids=["unpacked", "zip"])
def test_neither_verifiers_hides_the_other(wheel: Path, zipped: bool, tmp_path: Path) -> None:
    beside = tmp_path / "verifiers"
    beside.mkdir()
    (beside / "__init__.py").write_text("whose = 'the other one'\n")
    home = wheel if zipped else tmp_path / "site"
    if not zipped:
        zipfile.ZipFile(wheel).extractall(home)
    code = (
        "import verifiers, synthgym, synthgym.verifiers.score, gymnasium\n"
        "print(verifiers.whose, synthgym.__file__)\n"
        "print(gymnasium.make('synthgym/ChainSum-v0').reset(seed=0)[0])\n"
        "print(len(synthgym.families()))\n"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", code],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**FRESH, "PYTHONPATH": os.pathsep.join([str(home), str(tmp_path)])},
    )
    assert done.returncode == 0, done.stderr
    whose, prompt, count = done.stdout.splitlines()
    assert whose.startswith("the other one ")
    assert str(home) in whose
    assert prompt.endswith("?")
    assert int(count) >= 9
