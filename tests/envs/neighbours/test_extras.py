"""A neighbour that is not installed: its extra is named, and the others go on."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
CALLS = {
    "load_environment": ("verifiers", "prime"),
    "from_verifiers": ("verifiers", "prime"),
    "openenv_app": ("openenv", "openenv"),
    "inspect_task": ("inspect_ai", "inspect"),
}


def run(code: str, folder: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_missing_package_is_named_with_its_extra(tmp_path: Path) -> None:
    code = f"""
import sys
from synthgym.errors import MissingExtraError
import synthgym.envs.neighbours as neighbours
PACKAGES = ("verifiers", "openenv", "inspect_ai")
class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in PACKAGES[1:]:
            raise ImportError("blocked")
sys.meta_path.insert(0, Blocked())
sys.modules["verifiers"] = None
for call, (package, extra) in {CALLS!r}.items():
    try:
        getattr(neighbours, call)("chain_sum")
    except MissingExtraError as error:
        assert error.module.startswith(package) and f"synthgym[{{extra}}]" in str(error), error
    else:
        raise AssertionError(call)
import synthgym
print(synthgym.score([synthgym.tasks("chain_sum", 1)[0]], [""])[0].reward)
"""
    assert run(code, tmp_path) == "0.0\n"


def test_nothing_of_a_neighbour_is_imported_before_it_is_used(tmp_path: Path) -> None:
    code = """
import sys
import synthgym
from synthgym.envs.neighbours import from_verifiers, inspect_task, load_environment, openenv_app, write_package
print([name for name in ("verifiers", "openenv", "inspect_ai", "fastapi", "pydantic", "torch") if name in sys.modules])
"""
    assert run(code, tmp_path) == "[]\n"


@pytest.mark.slow
@pytest.mark.skipif(not (ROOT / "verifiers" / "__init__.py").is_file(), reason="not in the repository")
def test_inside_the_repository_verifiers_means_the_package(tmp_path: Path) -> None:
    code = """
from synthgym.envs.neighbours import load_environment
import sys
env = load_environment("chain_sum", n=1)
import verifiers, synthgym.verifiers
print(verifiers.__version__[:3], type(env).__module__, synthgym.verifiers.__name__)
"""
    assert run(code, ROOT) == "0.4 synthgym.envs.neighbours.prime_taskset synthgym.verifiers\n"
