"""Registers the environments with Gymnasium without importing the families.

Family ``chain_sum`` of version 0 is ``synthgym/ChainSum-v0``, and as a token MDP ``synthgym/ChainSumTokens-v0``. A
built-in's version is read from its source text, and an entry point's from its name, so that `import synthgym` stays
cheap.
"""

import re
from collections.abc import Iterable, Mapping
from importlib.util import find_spec

import gymnasium

from synthgym.errors import SettingError
from synthgym.family import camel_case

NAMESPACE = "synthgym"
ENTRY_POINT = "synthgym.envs.task_env:TaskEnv"
TOKEN_ENTRY_POINT = "synthgym.envs.tokens.token_env:TokenEnv"
TOKEN_VECTOR_ENTRY_POINT = "synthgym.envs.tokens.vector:TokenVectorEnv"
_VERSION = re.compile(r"^\s+version(?:\s*:[^=\n]+)?\s*=\s*(\d+)", re.MULTILINE)


def environment_id(family: str, version: int) -> str:
    """The Gymnasium id of a family's environment."""
    return f"{NAMESPACE}/{camel_case(family)}-v{version}"


def token_environment_id(family: str, version: int) -> str:
    """The Gymnasium id of a family's token MDP."""
    return f"{NAMESPACE}/{camel_case(family)}Tokens-v{version}"


def register_environment(family: str, version: int) -> None:
    """Register the environments of `family`, text and tokens; does nothing if they are there already.

    Raises:
        SettingError: if one of the ids is another family's, as ``foo_tokens`` takes that of ``foo``'s tokens.
    """
    text, tokens = environment_id(family, version), token_environment_id(family, version)
    for name in (text, tokens):
        owner = gymnasium.registry[name].kwargs.get("family") if name in gymnasium.registry else family
        if owner != family:
            raise SettingError(
                f"family {family}: {name} is an environment of family {owner} already; choose another name"
            )
    kwargs = {"family": family}
    if text not in gymnasium.registry:
        gymnasium.register(text, entry_point=ENTRY_POINT, kwargs=kwargs)
    if tokens not in gymnasium.registry:
        gymnasium.register(
            tokens,
            entry_point=TOKEN_ENTRY_POINT,
            vector_entry_point=TOKEN_VECTOR_ENTRY_POINT,
            kwargs=kwargs,
        )


def register_environments(built_in: Iterable[tuple[str, str]], plugins: Mapping[str, int]) -> None:
    """Register the built-in families, given as (name, module), and other packages', given as name: version.

    A plug-in whose ids are taken is left out with a warning, so that it hides itself alone.
    """
    for family, module in built_in:
        register_environment(family, _declared_version(module))
    for family, version in plugins.items():
        try:
            register_environment(family, version)
        except SettingError as error:
            gymnasium.logger.warn(str(error))


def _declared_version(module: str) -> int:
    """The ``version = N`` in a module's source; 0 if it has none."""
    spec = find_spec(module)
    source = getattr(spec.loader, "get_source", lambda _: "")(module) if spec else ""
    match = _VERSION.search(source or "")
    return int(match[1]) if match else 0
