"""The space of texts, alone and in Gymnasium's dispatch tables."""

import json
import multiprocessing
import pickle
from copy import deepcopy
from typing import Any

import numpy as np
import pytest
from gymnasium.spaces import Dict, Discrete, Tuple
from gymnasium.spaces.utils import is_space_dtype_shape_equiv
from gymnasium.vector.utils import (
    batch_differing_spaces,
    batch_space,
    concatenate,
    create_empty_array,
    create_shared_memory,
    iterate,
    read_from_shared_memory,
    write_to_shared_memory,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from synthgym.envs.text_space import SAMPLE_LENGTH, SharedTexts, TextSpace
from synthgym.errors import SettingError

any_text = st.text(st.integers(0, 0x10FFFF).map(chr), max_size=20)


# Gymnasium types these for arrays alone.
read: Any = read_from_shared_memory
write: Any = write_to_shared_memory


def shared(space: TextSpace, n: int) -> tuple[Any, Any]:
    """The memory of `n` texts, and the live view of it."""
    memory = create_shared_memory(space, n=n, ctx=multiprocessing)
    texts = read(space, memory, n=n)
    assert type(texts) is SharedTexts
    return memory, texts


@given(any_text)
def test_contains_any_text_up_to_its_length(text: str) -> None:
    assert text in TextSpace(20)
    assert (text in TextSpace(5)) == (len(text) <= 5)


@pytest.mark.parametrize("thing", [None, 3, 1.5, b"text", ["text"], ("t",), np.array("text"), object()])
def test_contains_nothing_but_text(thing: object) -> None:
    assert thing not in TextSpace(20)


def test_contains_numpy_text() -> None:
    assert np.str_("text") in TextSpace(20)


@pytest.mark.parametrize("length", [0, -1, 2.0, "9", None, True])
def test_refuses_a_wrong_length(length: Any) -> None:
    with pytest.raises(SettingError, match="whole number above 0"):
        TextSpace(length)


def test_is_small() -> None:
    space = TextSpace(1 << 16)
    assert repr(space) == "TextSpace(65536)"
    assert len(pickle.dumps(space)) < 500


def test_samples_are_seeded_printable_and_in_the_space() -> None:
    space, twin = TextSpace(100, seed=3), TextSpace(100)
    twin.seed(3)
    samples = [space.sample() for _ in range(200)]
    assert samples == [twin.sample() for _ in range(200)]
    assert samples != [space.sample() for _ in range(200)]
    assert all(sample in space and sample.isascii() and sample.isprintable() for sample in samples)
    assert {len(sample) for sample in samples} == set(range(SAMPLE_LENGTH + 1))


def test_samples_fit_a_short_space() -> None:
    space = TextSpace(1, seed=0)
    assert {len(space.sample()) for _ in range(50)} == {0, 1}


@pytest.mark.parametrize("kind", ["mask", "probability"])
def test_sample_refuses_masks(kind: str) -> None:
    with pytest.raises(SettingError, match="without mask"):
        TextSpace(5).sample(**{kind: np.ones(3)})


def test_equality_is_of_lengths() -> None:
    assert TextSpace(5, seed=1) == TextSpace(5, seed=2)
    assert TextSpace(5) != TextSpace(6)
    assert TextSpace(5) != Discrete(5)


def test_pickles_and_copies_go_on_alike() -> None:
    space = TextSpace(50, seed=7)
    space.sample()
    copies = [pickle.loads(pickle.dumps(space)), deepcopy(space)]
    expected = [space.sample() for _ in range(5)]
    for copy in copies:
        assert copy == space
        assert [copy.sample() for _ in range(5)] == expected


@given(st.lists(any_text, max_size=4))
def test_json_round_trip_is_exact(texts: list[str]) -> None:
    space = TextSpace(20)
    for ascii_only in (True, False):
        text = json.dumps(space.to_jsonable(texts), ensure_ascii=ascii_only)
        assert space.from_jsonable(json.loads(text.encode("utf-8"))) == texts


@settings(max_examples=50)
@given(st.lists(any_text, min_size=3, max_size=3), any_text, st.integers(0, 2))
def test_shared_memory_keeps_every_text(texts: list[str], other: str, place: int) -> None:
    space = TextSpace(20)
    memory, seen = shared(space, 3)
    assert tuple(seen) == ("", "", "")
    for index, text in enumerate(texts):
        write(space, index, text, memory)
    assert tuple(seen) == tuple(texts)
    write(space, place, other, memory)
    assert tuple(seen) == tuple(other if index == place else text for index, text in enumerate(texts))


def test_shared_memory_holds_the_longest_text_of_four_byte_characters() -> None:
    space = TextSpace(3)
    memory, seen = shared(space, 2)
    for index in (0, 1):
        write(space, index, "\U0010ffff" * 3, memory)
    assert tuple(seen) == ("\U0010ffff" * 3,) * 2


def test_shared_memory_refuses_what_does_not_fit_and_keeps_the_neighbour() -> None:
    space = TextSpace(2)
    memory, seen = shared(space, 2)
    write(space, 1, "ok", memory)
    with pytest.raises(SettingError, match=r"9 characters does not fit TextSpace\(2\)"):
        write(space, 0, "123456789", memory)
    assert tuple(seen) == ("", "ok")


def test_shared_texts_are_a_live_sequence_whose_copy_is_a_tuple() -> None:
    space = TextSpace(9)
    memory, seen = shared(space, 3)
    for index, text in enumerate(["a", "b", "c"]):
        write(space, index, text, memory)
    copy = deepcopy(seen)
    assert (len(seen), seen[0], seen[-1], seen[1:]) == (3, "a", "c", ("b", "c"))
    assert seen == ("a", "b", "c") and seen == ["a", "b", "c"] and seen != ("a", "b")
    assert repr(seen) == "SharedTexts(('a', 'b', 'c'))"
    with pytest.raises(IndexError):
        seen[3]
    write(space, 0, "new", memory)
    assert type(copy) is tuple and copy == ("a", "b", "c")
    assert tuple(seen) == ("new", "b", "c")


def test_works_inside_other_spaces() -> None:
    space = Dict(text=TextSpace(5), number=Discrete(4))
    memory = create_shared_memory(space, n=2, ctx=multiprocessing)
    seen = read(space, memory, n=2)
    write(space, 1, {"text": "hi", "number": 3}, memory)
    copy = deepcopy(seen)
    assert copy["text"] == ("", "hi")
    assert copy["number"].tolist() == [0, 3]


def test_batches_are_tuples_of_str() -> None:
    space = TextSpace(40, seed=1)
    batch = batch_space(space, 3)
    sample = batch.sample()
    assert isinstance(batch, Tuple) and sample in batch
    assert len(set(sample)) > 1
    assert create_empty_array(space, n=3) == ("", "", "")
    assert concatenate(space, ["a", "b", "c"], ("", "", "")) == ("a", "b", "c")
    assert list(iterate(batch, ("ab", "c", ""))) == ["ab", "c", ""]


def test_differing_spaces_batch_too() -> None:
    spaces = [TextSpace(3), TextSpace(9)]
    batch = batch_differing_spaces(spaces)
    assert ("abc", "abcdefghi") in batch and ("abcd", "") not in batch
    assert is_space_dtype_shape_equiv(TextSpace(3), TextSpace(3))
    assert not is_space_dtype_shape_equiv(TextSpace(3), TextSpace(9))
