"""Keeps warm starts: a folder each, named by a hash of everything that made it.

A start appears whole or not at all, and is used only if its weights are those that were measured. The name
covers the config, the family's version, some of its tasks and its code, the versions of the libraries that
trained it, and our own code that took part.
"""

import hashlib
import inspect
import json
import os
import shutil
import tempfile
import warnings
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, replace
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from synthgym.baselines.policy import Policy, load_policy
from synthgym.baselines.warmstart import Start, StartConfig
from synthgym.errors import PolicyError, shown
from synthgym.measure.intervals import Interval
from synthgym.plugins import get_family
from synthgym.signal import Shortcut

if TYPE_CHECKING:
    from synthgym.baselines.start_training import Trained

_FACTS = "start.json"
_LIBRARIES = ("torch", "transformers", "trl", "tokenizers")
_OWN_CODE = (
    "synthgym.baselines.demonstrations",
    "synthgym.baselines.evaluate",
    "synthgym.baselines.policy",
    "synthgym.baselines.start_training",
    "synthgym.baselines.supervised",
    "synthgym.baselines.tokenizer",
    "synthgym.parsing",
    "synthgym.rng",
)
_FINGERPRINT_TASKS = 16


class StartCache:
    """The place of one start in the cache folder `root`."""

    def __init__(self, root: Path, config: StartConfig) -> None:
        self.root, self.config = root, config
        self.made_of = ingredients(config)
        written = json.dumps(self.made_of, sort_keys=True)
        digest = hashlib.sha256(written.encode("utf-8", "backslashreplace")).hexdigest()
        self.name = f"{config.family}-d{config.difficulty}-{config.kind}-{digest[:16]}"
        self.folder = root / self.name

    def load(self) -> Start | None:
        """The kept start; None if there is none, or, with a warning, if it is damaged (it is put away then)."""
        if not self.folder.exists():
            return None
        try:
            return self._read(cached=True)
        except (OSError, ValueError, KeyError, TypeError, PolicyError) as error:
            reason = " ".join(str(error).split())
            warnings.warn(
                f"the kept start {shown(str(self.folder), 200)} is damaged ({reason}); it is made anew",
                stacklevel=3,
            )
            self._put_away()
            return None

    def keep(self, trained: "Trained") -> Start:
        """Write the start, unless another process was faster, and read it back."""
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            half = Path(tempfile.mkdtemp(prefix=f".{self.name}.", dir=self.root))
            try:
                self._write(half, trained)
                self._settle(half)
            finally:
                shutil.rmtree(half, ignore_errors=True)
        except OSError as error:
            raise PolicyError(
                f"cannot keep a start in {shown(str(self.root), 200)}: {error}; $SYNTHGYM_CACHE names another folder"
            ) from error
        return self._read(cached=False)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Hold the start against other processes, where the system has locks; `keep` is safe without."""
        try:
            import fcntl

            self.root.mkdir(parents=True, exist_ok=True)
            file = open(self.root / f".{self.name}.lock", "wb")  # held until the start is there
        except (ImportError, OSError):  # Windows; a folder that `keep` will complain of
            yield
            return
        with file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX)
            except OSError:  # a file system without locks
                pass
            yield

    def _write(self, folder: Path, trained: "Trained") -> None:
        trained.policy.copy().save(folder)
        facts = {
            "made_of": self.made_of,
            "sampled": asdict(trained.sampled),
            "greedy": asdict(trained.greedy),
            "taken": None if trained.taken is None else asdict(trained.taken),
            "told": trained.told,
            "steps": trained.steps,
            "cpu_seconds": trained.cpu_seconds,
            "weights": _digest_of_files(folder.glob("*.safetensors")),
        }
        (folder / _FACTS).write_text(json.dumps(facts, indent=1, sort_keys=True) + "\n", encoding="utf-8")

    def _settle(self, half: Path) -> None:
        """Move `half` into place; if another start is there already, that one stays."""
        try:
            os.replace(half, self.folder)
        except OSError:
            if not (self.folder / _FACTS).is_file():
                raise

    def _put_away(self) -> None:
        away = Path(tempfile.mkdtemp(prefix=f".{self.name}.", dir=self.root))
        try:
            os.replace(self.folder, away / "damaged")
        except OSError:
            if self.folder.exists():
                raise
        finally:
            shutil.rmtree(away, ignore_errors=True)

    def _read(self, *, cached: bool) -> Start:
        facts = json.loads((self.folder / _FACTS).read_text(encoding="utf-8"))
        if _digest_of_files(self.folder.glob("*.safetensors")) != facts["weights"]:
            raise ValueError("its weights are not those that were measured")
        loaded = load_policy(self.folder)
        return Start(
            policy=Policy(model=loaded.model, tokenizer=loaded.tokenizer, id=self.name),
            config=self.config,
            sampled=Interval(**facts["sampled"]),
            greedy=Interval(**facts["greedy"]),
            taken=None if facts["taken"] is None else Interval(**facts["taken"]),
            told=facts["told"],
            steps=int(facts["steps"]),
            cpu_seconds=float(facts["cpu_seconds"]),
            path=self.folder,
            cached=cached,
        )


def ingredients(config: StartConfig) -> dict[str, Any]:
    """Everything that makes the start of `config`, as plain data.

    Raises:
        UnknownNameError, SettingError: if the family does not have such tasks.
        PolicyError: if the model cannot be loaded.
    """
    family = get_family(config.family)
    tasks = [
        family.task(
            seed,
            split=split,
            difficulty=config.difficulty,
            template=config.template,
            answer_format=config.answer_format,
        ).to_json()
        for split in ("train", "test")
        for seed in range(_FINGERPRINT_TASKS)
    ]
    shortcuts = [kind.__module__ for one in config.shortcuts for kind in _own_classes(type(one))]
    return {
        "config": _deciding(config),
        "family": {"version": family.version, "tasks": _digest(tasks)},
        "libraries": {name: version(name) for name in _LIBRARIES},
        "code": _digest(
            [*map(_source, _OWN_CODE), _source(type(family).__module__), *map(_source, shortcuts)]
        ),
        "model": None if config.model is None else _digest_of_weights(load_policy(config.model)),
    }


def _deciding(config: StartConfig) -> Mapping[str, Any]:
    """The settings that decide this start: those of other kinds are left at their defaults."""
    usual = StartConfig(family=config.family)
    kept: dict[str, Any] = {}
    if config.kind != "noisy" or config.aim is not None:
        kept["noise"] = usual.noise
    if config.kind != "mix":
        kept["mix"] = usual.mix
    if config.kind != "early" or config.aim is not None:
        kept["early"] = usual.early
    if config.kind == "early":
        kept["final_steps"], kept["final_learning_rate"] = usual.final_steps, usual.final_learning_rate
    if config.model is not None:
        kept["policy"], kept["model"] = usual.policy, usual.model
    return replace(config, **kept).described()


def _own_classes(shortcut: type[Shortcut]) -> list[type]:
    """The class and those it is made of, below `Shortcut`."""
    return [kind for kind in shortcut.__mro__ if issubclass(kind, Shortcut) and kind is not Shortcut]


def _source(module: str) -> str:
    """The code of a module; its name alone where it has no file (a notebook)."""
    try:
        return inspect.getsource(import_module(module))
    except (OSError, TypeError):
        return module


def _digest(parts: Iterable[str]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(hashlib.sha256(part.encode("utf-8", "backslashreplace")).digest())
    return digest.hexdigest()


def _digest_of_files(paths: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in sorted(paths):
        with open(path, "rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()


def _digest_of_weights(policy: Policy) -> str:
    import torch

    digest = hashlib.sha256()
    for name, weight in sorted(policy.model.state_dict().items()):
        digest.update(name.encode())
        digest.update(weight.detach().cpu().contiguous().view(-1).view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()
