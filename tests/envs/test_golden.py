"""The same arguments give the same task: in any process, with any hash seed, and in every later version.

A hash that changes means that published tasks change. Then raise the family's ``version`` and write the hashes
that the failures print into golden.json: "first" is of the first seed alone, for the fast tier.
"""

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

import synthgym
from synthgym.plugins import FAMILIES

GOLDEN: dict[str, dict[str, object]] = json.loads((Path(__file__).parent / "golden.json").read_text())
BUILT_IN = [name for name, _ in FAMILIES.built_in_modules()]
SEEDS = {"first": 1, "sha256": 3}


def fingerprint(name: str, kind: str) -> dict[str, object]:
    """Version, and a hash over tasks of every split, difficulty and template."""
    family = synthgym.get_family(name)
    digest = hashlib.sha256()
    for split in ("train", "test"):
        for difficulty in range(11):
            for template in family.templates:
                for seed in range(SEEDS[kind]):
                    task = family.task(seed, split=split, difficulty=difficulty, template=template)
                    digest.update(task.to_json().encode() + b"\n")
    return {"version": family.version, kind: digest.hexdigest()}


@pytest.mark.parametrize("kind", ["first", pytest.param("sha256", marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", BUILT_IN)
def test_tasks_are_what_they_were(name: str, kind: str) -> None:
    now = fingerprint(name, kind)
    assert name in GOLDEN, f"a new family: add {name!r}: {now} to golden.json"
    assert now == {key: GOLDEN[name][key] for key in ("version", kind)}


@pytest.mark.parametrize("hash_seed", [pytest.param("0", marks=pytest.mark.slow), "31337"])
def test_tasks_do_not_depend_on_the_process(hash_seed: str) -> None:
    code = (
        "import json, synthgym\n"
        f"for name in {BUILT_IN!r}:\n"
        "    f = synthgym.get_family(name)\n"
        "    print(json.dumps([f.task(s, split=p, difficulty=d).to_json()"
        " for p in ('train', 'test') for d in (0, 4, 10) for s in (0, 1)]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONHASHSEED": hash_seed, "PATH": ""},
    )
    for name, line in zip(BUILT_IN, done.stdout.splitlines(), strict=True):
        family = synthgym.get_family(name)
        here = [
            family.task(seed, split=split, difficulty=difficulty).to_json()
            for split in ("train", "test")
            for difficulty in (0, 4, 10)
            for seed in (0, 1)
        ]
        assert json.loads(line) == here


@pytest.mark.parametrize("name", BUILT_IN)
def test_templates_and_formats_change_the_words_and_not_the_instance(name: str) -> None:
    family = synthgym.get_family(name)
    for seed in range(20):
        compact = family.task(seed, difficulty=2)
        form = "boxed" if "boxed" in family.formats else "fenced"
        natural = family.task(seed, difficulty=2, template="natural", answer_format=form)
        assert compact.facts == natural.facts
        assert compact.id != natural.id
        assert ("\\boxed" if form == "boxed" else "```") in natural.prompt
