"""Shell completion: the scripts complete commands, options and names."""

import shutil
import subprocess
from pathlib import Path

import pytest

import synthgym
from synthgym.cli import main
from synthgym.commands.parsing import NAMES, completion_script, load
from synthgym.commands.words import settings_of

SIGNALS = next(setting.names() for setting in settings_of(load("score")) if setting.name == "signal")
ASK = """
source {script}
COMP_WORDS=({words}); COMP_CWORD=$(( ${{#COMP_WORDS[@]}} - 1 ))
_synthgym
echo "${{COMPREPLY[*]}}"
"""


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("completion") / "synthgym.bash"
    path.write_text(completion_script("bash"))
    return path


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash")
@pytest.mark.parametrize(
    ("words", "completed"),
    [
        ("synthgym sc", ["score"]),
        ("synthgym ''", [*NAMES]),
        ("synthgym show chain", ["chain_sum"]),
        ("synthgym show chain_sum --sp", ["--split"]),
        ("synthgym show chain_sum --json --split ''", ["train", "test"]),
        ("synthgym score f.jsonl --sig", ["--signal"]),
        ("synthgym score --signal binary+const", ["binary+constant_accepted"]),
        ("synthgym score f.jsonl --signal = rub", [name for name in SIGNALS if name.startswith("rub")]),
        ("synthgym show --split =", ["train", "test"]),
        ("synthgym check --verifier to", ["token"]),
        ("synthgym train chain_sum --watch const", ["constant_accepted"]),
        ("synthgym train chain_sum --algorithm gr", ["grpo"]),
        ("synthgym play chain_sum --feedback s", ["step"]),
        ("synthgym show chain_sum --answer-format bo", ["boxed"]),
        ("synthgym bench le", ["learnable"]),
        ("synthgym completion z", ["zsh"]),
        ("synthgym score f.jsonl --out v", []),  # bash falls back on the names of files
    ],
)
def test_bash_completes(script: Path, words: str, completed: list[str]) -> None:
    done = subprocess.run(
        ["bash", "-c", ASK.format(script=script, words=words)], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == completed
    assert done.stderr == ""


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash")
def test_bash_completes_every_family(script: Path) -> None:
    ask = ASK.format(script=script, words="synthgym show ''")
    done = subprocess.run(["bash", "-c", ask], capture_output=True, text=True, check=True)
    assert done.stdout.split() == synthgym.families()


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_every_shell_gets_every_command_and_family(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", shell]) == 0
    out = capsys.readouterr().out
    for name in [*NAMES, *synthgym.families(), "binary+constant_accepted"]:
        assert name in out


def test_fish_tells_switches_from_options_with_values() -> None:
    lines = completion_script("fish").splitlines()
    about_show = [line for line in lines if "from show'" in line]
    assert any(line.endswith("-l json") for line in about_show)
    assert any("-l split -r -f -a 'train test'" in line for line in about_show)
    assert all(line.startswith("complete -c synthgym ") for line in lines)
