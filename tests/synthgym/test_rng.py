import subprocess
import sys
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synthgym.errors import SettingError
from synthgym.rng import Rng

GOLDEN = [2, 5, 4, 5, 6, 5, 4, 6, 5, 6]


def test_a_stream_is_the_same_everywhere() -> None:
    rng = Rng("golden", 0)
    assert [rng.integer(1, 6) for _ in range(10)] == GOLDEN


@pytest.mark.parametrize("hash_seed", ["0", "1", "4242"])
def test_a_stream_does_not_depend_on_the_hash_seed(hash_seed: str) -> None:
    code = "from synthgym.rng import Rng; r = Rng('golden', 0); print([r.integer(1, 6) for _ in range(10)])"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONHASHSEED": hash_seed, "PATH": ""},
    )
    assert done.stdout.strip() == str(GOLDEN)


def test_neighbouring_seeds_share_nothing() -> None:
    streams = [Rng("task", seed) for seed in range(2000)]
    assert len({stream.below(2**64) for stream in streams for _ in range(3)}) == 6000


def test_keys_of_other_kinds_are_other_streams() -> None:
    assert Rng("a", 1).below(2**64) != Rng("a", "1").below(2**64)


@given(st.integers(1, 2**64), st.integers(0, 2**32))
def test_below_stays_below(n: int, seed: int) -> None:
    assert 0 <= Rng(seed).below(n) < n


def test_below_is_uniform() -> None:
    rng = Rng("uniform")
    counts = Counter(rng.below(7) for _ in range(70_000))
    chi_square = sum((counts[i] - 10_000) ** 2 / 10_000 for i in range(7))
    assert chi_square < 22.5  # 99.9% of a chi-square with 6 degrees of freedom


@given(st.lists(st.integers(), max_size=30), st.integers(0, 1000))
def test_shuffled_keeps_the_items(items: list[int], seed: int) -> None:
    assert sorted(Rng(seed).shuffled(items)) == sorted(items)


@given(st.lists(st.integers(), unique=True, min_size=1, max_size=30), st.data())
def test_sample_draws_without_replacement(items: list[int], data: st.DataObject) -> None:
    k = data.draw(st.integers(0, len(items)))
    drawn = Rng("s", k).sample(items, k)
    assert len(drawn) == k == len(set(drawn))
    assert set(drawn) <= set(items)


def test_chance_is_exact_at_its_ends() -> None:
    rng = Rng("chance")
    assert all(rng.chance(3, 3) for _ in range(100))
    assert not any(rng.chance(0, 3) for _ in range(100))


@pytest.mark.parametrize(
    ("draw", "said"),
    [
        (lambda r: r.below(0), "0"),
        (lambda r: r.integer(3, 2), r"\[3, 2\]"),
        (lambda r: r.choice([]), "nothing"),
        (lambda r: r.sample([1], 2), "2 of 1"),
    ],
)
def test_impossible_draws_say_why(draw: object, said: str) -> None:
    with pytest.raises(SettingError, match=said):
        draw(Rng(0))  # type: ignore[operator]
