"""Families that a test makes are gone after it, with their environments."""

from collections.abc import Iterator

import gymnasium
import pytest

from synthgym.envs.custom._family import CustomFamily
from synthgym.plugins import FAMILIES


@pytest.fixture(autouse=True)
def _left_as_found() -> Iterator[None]:
    environments = set(gymnasium.registry)
    yield
    for name, family in list(FAMILIES._loaded.items()):
        if isinstance(family, CustomFamily):
            del FAMILIES._loaded[name]
    for name in set(gymnasium.registry) - environments:
        del gymnasium.registry[name]
