"""The files of an installable `verifiers` environment: what its hub, `vf-eval` and `vf-validate` look for."""

import json
import re
from collections.abc import Mapping
from pathlib import Path

from synthgym import __version__
from synthgym.errors import SettingError, shown

_NAME = re.compile(r"[a-z][a-z0-9]*(?:[-_][a-z0-9]+)*")
_PYPROJECT = """\
[build-system]
requires = ["setuptools>=77"]
build-backend = "setuptools.build_meta"

[project]
name = "{name}"
version = "{version}"
description = "{summary}"
readme = "README.md"
requires-python = ">=3.11"
dependencies = ["synthgym[prime]>={synthgym}"]
keywords = ["verifiers", "synthgym"]

[tool.setuptools]
packages = ["{module}"]
"""
_MODULE = '''\
"""{summary}"""

from typing import Any

import verifiers.v1 as vf
from synthgym.envs.neighbours import prime
from synthgym.envs.neighbours.prime_taskset import (
    ChatHarness,
    SynthGymConfig,
    SynthGymEnv,
    SynthGymTask,
    SynthGymTaskset,
)

__all__ = ["ChatHarness", "SynthGymEnv", "{prefix}Taskset", "load_environment"]

SETTINGS: dict[str, Any] = {settings}


class {prefix}Config(SynthGymConfig):
    """The settings of this environment; each can be changed under ``--env.taskset.*``."""

    id: str = "{name}"
{fields}

class {prefix}Taskset(SynthGymTaskset, vf.Taskset[SynthGymTask, {prefix}Config]):
    """The tasks."""


def load_environment(**settings: Any) -> vf.Env:
    """The environment, with `settings` in place of its own: `n`, `difficulty`, `signal`, ..."""
    return prime.load_environment(**{{**SETTINGS, **settings}})
'''
_README = """\
# {name}

{summary}

```bash
pip install -e .
vf-validate {name} -n 5 --runtime.type subprocess   # the worked solutions are right, untouched tasks are not
vf-eval {name} -n 5 -r 2                            # a model plays
vf-eval {name} -n 5 --env.taskset.difficulty 3
```

The only reward is the signal's; its named components are metrics. A completion that could not be scored has reward
null and an error.
"""


def write(folder: Path, name: str, settings: Mapping[str, object], version: str) -> Path:
    """Write the package `name` into ``folder/module``, and return that folder.

    Raises:
        SettingError: for a name that is none, or a folder that is not empty.
    """
    if not _NAME.fullmatch(name):
        raise SettingError(
            f"{shown(name)} cannot name a package; use lower-case letters, digits and hyphens, such as chain-sum"
        )
    module = name.replace("-", "_")
    home = folder / module
    if home.exists() and any(home.iterdir()):
        raise SettingError(f"{home} is not empty: give another folder or name, or remove it")
    words = {
        "name": name.replace("_", "-"),
        "module": module,
        "version": version,
        "synthgym": __version__,
        "prefix": "".join(part[:1].upper() + part[1:] for part in module.split("_")),
        "summary": f"SynthGym tasks of {settings['family']}, rewarded by the signal {settings['signal']}.",
        "settings": _literal(settings),
        "fields": "".join(f"    {key}: {_type(value)} = {_text(value)}\n" for key, value in settings.items()),
    }
    (home / module).mkdir(parents=True)
    (home / "pyproject.toml").write_text(_PYPROJECT.format(**words), encoding="utf-8")
    (home / "README.md").write_text(_README.format(**words), encoding="utf-8")
    (home / module / "__init__.py").write_text(_MODULE.format(**words), encoding="utf-8")
    return home


def _literal(settings: Mapping[str, object]) -> str:
    lines = "".join(f"    {_text(key)}: {_text(value)},\n" for key, value in settings.items())
    return f"{{\n{lines}}}"


def _text(value: object) -> str:
    """`value` as Python source; a text as JSON writes it, which is Python too."""
    return json.dumps(value) if isinstance(value, str) else repr(value)


def _type(value: object) -> str:
    return "str | None" if value is None else type(value).__name__
