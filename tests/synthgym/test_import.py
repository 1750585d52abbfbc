"""What `import synthgym` does and does not do."""

import json
import subprocess
import sys

import pytest

import synthgym

HEAVY = (
    "torch", "transformers", "trl", "datasets", "scipy", "sympy", "ray", "altair", "jinja2", "matplotlib",
    "pyarrow", "pandas", "tyro", "rich",
)  # fmt: skip


def run(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout


def test_importing_loads_nothing_heavy_and_no_family() -> None:
    loaded = json.loads(run("import json, sys, synthgym; print(json.dumps(sorted(sys.modules)))"))
    assert not [name for name in HEAVY if name in loaded]
    assert not [name for name in loaded if name.startswith(("synthgym.envs.math.", "synthgym.baselines."))]


def test_looking_a_family_up_imports_that_module_alone() -> None:
    code = "import sys, synthgym; synthgym.get_family('chain_sum'); print(*sys.modules, sep='\\n')"
    parts = [name.split(".") for name in run(code).splitlines() if name.startswith("synthgym.envs.")]
    loaded = [part[3] for part in parts if len(part) == 4 and not part[3].startswith("_")]
    assert loaded == ["chain_sum"]


def test_every_public_name_is_there_and_pinned() -> None:
    assert sorted(synthgym.__all__) == sorted(
        [
            "Algorithm", "Budget", "Credit", "Criterion", "CustomVerifier", "Family", "Judgement", "LLMJudge",
            "RecordRollouts", "RecordVectorRollouts", "Response", "Rng", "Rollout",
            "RolloutLog", "Shortcut", "Signal", "Solution", "Span", "Step", "SynthGymError", "Task", "Verdict",
            "Verifier", "Watch", "__version__", "as_signal", "callback", "check_env", "check_family", "check_verifier",
            "dataset", "environment_factory", "export", "families", "function_family", "get_family", "load_family",
            "parse", "read_log", "register_algorithm", "register_family", "register_shortcut",
            "register_verifier", "rewards", "score", "tasks",
        ]
    )  # fmt: skip
    for name in synthgym.__all__:
        assert getattr(synthgym, name) is not None


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'scores'"):
        synthgym.scores  # noqa: B018


@pytest.mark.parametrize("folder", ["verifiers", "envs", "baselines"])
def test_a_folder_refuses_its_bare_name(folder: str) -> None:
    import importlib.util
    from pathlib import Path

    home = Path(synthgym.__file__).resolve().parent.parent
    spec = importlib.util.spec_from_file_location(folder, home / folder / "__init__.py")
    assert spec is not None and spec.loader is not None
    with pytest.raises(ImportError, match=f"import synthgym.{folder}"):
        spec.loader.exec_module(importlib.util.module_from_spec(spec))


def test_the_well_known_verifiers_package_is_not_hidden() -> None:
    code = "import synthgym.verifiers, importlib.util as u; print(u.find_spec('verifiers'))"
    assert "synthgym" not in run(f"import os; os.chdir('/'); {code}")
