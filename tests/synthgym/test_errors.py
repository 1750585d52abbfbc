import pickle

import pytest

from synthgym import errors
from synthgym.errors import MissingExtraError, SynthGymError, UnknownNameError, shown, suggestion


def test_every_error_is_in_the_tree_and_in_its_docstring() -> None:
    classes = [c for c in vars(errors).values() if isinstance(c, type) and issubclass(c, Exception)]
    assert all(issubclass(c, SynthGymError) for c in classes)
    assert all(c.__name__ in (errors.__doc__ or "") for c in classes)


def test_a_wrong_name_is_answered_with_the_nearest() -> None:
    error = UnknownNameError("family", "chian_sum", ["chain_sum", "sat_assignment"])
    assert str(error) == "no family named 'chian_sum'; did you mean chain_sum?"


def test_a_name_like_no_other_is_answered_with_all() -> None:
    assert str(UnknownNameError("signal", "zzz", ["b", "a"])) == "no signal named 'zzz'; known: a, b"
    assert suggestion("x", []) == "; none is registered"


@pytest.mark.parametrize(
    "error",
    [UnknownNameError("family", "x", ["y"]), MissingExtraError("torch", "train"), errors.LogError("l")],
)
def test_errors_survive_pickling(error: SynthGymError) -> None:
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


def test_values_are_shown_short_and_printable() -> None:
    assert shown("\ud800\x1b") == "'\\ud800\\x1b'"
    assert len(shown("x" * 10**6)) < 100
