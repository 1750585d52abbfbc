"""Who is there: families, verifiers, shortcuts and algorithms, found by name and loaded only when asked for.

A built-in's module has its name, so that looking one up imports that module alone. Other packages
declare theirs as entry points (`synthgym.families`, `synthgym.verifiers`, `synthgym.shortcuts`,
`synthgym.algorithms`); an entry point's name is the plug-in's, with `-v2` after it for a family whose
version is not 0. A plug-in that cannot be loaded hides itself alone.
"""

import importlib
import pkgutil
import re
from collections.abc import Iterator
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from types import ModuleType
from typing import Any, Generic, TypeVar

from synthgym.errors import MissingExtraError, PluginError, SettingError, UnknownNameError, shown

T = TypeVar("T")
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_VERSIONED = re.compile(r"(?P<name>.+?)(?:-v(?P<version>\d+))?")


class Registry(Generic[T]):
    """The things of one kind, by name.

    Args:
        kind: what they are called in messages ("family").
        group: the entry-point group of other packages.
        packages: the packages whose modules hold the built-in ones.
    """

    def __init__(self, kind: str, group: str, packages: tuple[str, ...]) -> None:
        self.kind, self.group, self.packages = kind, group, packages
        self._loaded: dict[str, T] = {}

    def add(self, name: str, thing: T) -> None:
        """Register `thing`; registering a name again replaces it, so that a notebook cell can be run twice."""
        if not _NAME.fullmatch(name):
            raise SettingError(
                f"{shown(name)} cannot name a {self.kind}; use lower-case letters, digits and underscores"
            )
        self._loaded[name] = thing

    def get(self, name: str) -> T:
        """The thing of that name, imported if need be.

        Raises:
            UnknownNameError: if there is none; it names the nearest.
            MissingExtraError: if it needs an optional dependency that is not installed.
            PluginError: if another package's plug-in cannot be loaded, or does not register itself.
        """
        if name in self._loaded:
            return self._loaded[name]
        module = self._module_of(name)
        if module is None:
            raise UnknownNameError(self.kind, name, self.names())
        self._load(name, module)
        if name not in self._loaded:
            raise PluginError(f"{self.kind} {name}: module {module} does not register it")
        return self._loaded[name]

    def names(self) -> list[str]:
        """Every name there is, loaded or not, sorted."""
        built_in = (name for name, _ in self.built_in_modules())
        return sorted({*self._loaded, *built_in, *self._plugins()})

    def built_in_modules(self) -> Iterator[tuple[str, str]]:
        """Name and module of every built-in; modules that start with an underscore are helpers."""
        for package in self.packages:
            for module in pkgutil.iter_modules(importlib.import_module(package).__path__):
                if not module.name.startswith("_"):
                    yield module.name, f"{package}.{module.name}"

    def plugin_versions(self) -> dict[str, int]:
        """Name and version of every entry point, read without loading any."""
        return {name: version for name, (version, _) in self._plugins().items()}

    def _module_of(self, name: object) -> str | None:
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            return None
        for package in self.packages:
            if find_spec(f"{package}.{name}") is not None:
                return f"{package}.{name}"
        return self._plugins()[name][1].value if name in self._plugins() else None

    def _load(self, name: str, module: str) -> None:
        try:
            if module.startswith("synthgym."):
                importlib.import_module(module)
            else:
                found = self._plugins()[name][1].load()
                if name not in self._loaded and not isinstance(found, ModuleType):
                    self._adopt(name, found)
        except MissingExtraError:
            raise
        except Exception as error:
            raise PluginError(f"{self.kind} {name} ({module}) cannot be loaded: {error!r}") from error

    def _adopt(self, name: str, found: Any) -> None:
        thing = found() if isinstance(found, type) else found
        self.add(name, thing)

    def _plugins(self) -> dict[str, tuple[int, EntryPoint]]:
        found: dict[str, tuple[int, EntryPoint]] = {}
        for entry in entry_points(group=self.group):
            match = _VERSIONED.fullmatch(entry.name)
            if match:
                found[match["name"]] = (int(match["version"] or 0), entry)
        return found
