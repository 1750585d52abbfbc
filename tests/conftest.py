"""Shared set-up: the repository root leaves `sys.path`, so that `import verifiers` means PyPI's package."""

import gc
import os
import signal
import sys
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
os.environ.setdefault("HF_HUB_OFFLINE", "1")

_ROOT = Path(__file__).resolve().parent.parent
sys.path[:] = [entry for entry in sys.path if Path(entry or ".").resolve() != _ROOT]

# A shell that starts this in the background has interrupts ignored, and so would the tests of what they do.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_finish() -> None:
    """What ten thousand collected tests hold stays: without this, each full collection walks it again."""
    gc.collect()
    gc.freeze()


def pytest_unconfigure() -> None:
    """So that what is torn down at the end is found."""
    gc.unfreeze()
