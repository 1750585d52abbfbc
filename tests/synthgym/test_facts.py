import json
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synthgym.errors import TaskError
from synthgym.facts import FrozenDict, canonical, freeze, thaw

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(st.dictionaries(st.text(), JSON, max_size=5))
def test_facts_survive_freezing_json_and_pickling(value: dict[str, object]) -> None:
    frozen = freeze(value)
    assert thaw(frozen) == value
    assert freeze(json.loads(canonical(frozen))) == frozen
    assert pickle.loads(pickle.dumps(frozen)) == frozen
    assert hash(frozen) == hash(freeze(json.loads(canonical(frozen))))


def test_canonical_does_not_depend_on_order() -> None:
    assert canonical(freeze({"b": 1, "a": [True, None]})) == canonical(freeze({"a": (True, None), "b": 1}))


@pytest.mark.parametrize("value", [1.5, {"a": 2.0}, [float("nan")], {1: 2}, {"a": object()}, b"x"])
def test_what_json_cannot_carry_exactly_is_refused(value: object) -> None:
    with pytest.raises(TaskError, match="facts hold"):
        freeze(value)


def test_a_frozen_dict_cannot_change() -> None:
    frozen = FrozenDict({"a": 1})
    with pytest.raises(TypeError):
        frozen["a"] = 2  # type: ignore[index]
