"""What TRL and transformers warn each other of is kept off the terminal; their versions are pinned here."""

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


def without_checkpointing(config: Any) -> dict[str, bool]:
    """The setting that turns gradient checkpointing off; newer transformers renamed it and warn of the old one."""
    new = "activation_checkpointing"
    return {new if new in config.__dataclass_fields__ else "gradient_checkpointing": False}


@contextmanager
def quiet() -> Iterator[None]:
    """Silence TRL's notice about its experimental parts, and transformers' renamings that TRL still uses."""
    before = os.environ.get("TRL_EXPERIMENTAL_SILENCE")
    os.environ["TRL_EXPERIMENTAL_SILENCE"] = "1"
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", category=FutureWarning, module="transformers")
            yield
    finally:
        if before is None:
            del os.environ["TRL_EXPERIMENTAL_SILENCE"]
        else:
            os.environ["TRL_EXPERIMENTAL_SILENCE"] = before
