"""Text features: the same in any process, safe on any text, and rich enough to express the planted behaviours."""

import os
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synthgym.errors import MeasureError
from synthgym.measure.codelength import Codelength, codelength
from synthgym.measure.text_features import text_features

TEXTS = st.text(alphabet=st.characters(exclude_categories=[]), max_size=60)
HOSTILE = [
    "",
    " ",
    "\n\n",
    "\ud800",
    "\x00\x1b[31m",
    "a\ud83d",
    "é" * 9,
    "٣",
    "İ" * 4,
    "<script>",
    "a" * 10**6,
]

SCRIPT = """
from hashlib import sha256
from synthgym.measure.text_features import text_features
found = text_features(["what is 3+4? @7", "\\ud800é"], ["it is 7, I think", "x" * 500])
print(sha256(found.indices.tobytes() + found.data.tobytes()).hexdigest())
"""


@pytest.mark.parametrize("seed", ["1"])
def test_any_process_gives_the_same_features(seed: str) -> None:
    root = str(Path(__file__).resolve().parents[3])
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        env=os.environ | {"PYTHONPATH": root, "PYTHONHASHSEED": seed},
        capture_output=True,
        text=True,
        check=True,
    )
    here = text_features(["what is 3+4? @7", "\ud800é"], ["it is 7, I think", "x" * 500])
    assert done.stdout.strip() == sha256(here.indices.tobytes() + here.data.tobytes()).hexdigest()


@settings(deadline=None, max_examples=25)
@given(TEXTS, TEXTS, TEXTS)
def test_a_row_depends_on_its_own_texts_alone(prompt: str, completion: str, other: str) -> None:
    alone = text_features([prompt], [completion])
    together = text_features([other, prompt, prompt], [completion, completion, other])[[1]]
    assert (alone != together).nnz == 0
    assert np.all(np.isfinite(alone.data))


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text)[:12])
def test_any_text_has_features(text: str) -> None:
    found = text_features([text, "ask", text], [text, text, "say"])
    assert found.shape[0] == 3
    assert np.all(np.isfinite(found.data))


def test_a_long_text_has_no_more_features_than_its_bounds() -> None:
    """Half a megabyte of distinct words: at most 10,000 features in its row; a longer prompt adds none to speak of."""
    random = Random(0)
    words = " ".join(f"{random.randrange(10**9)}" for _ in range(50_000))
    found = text_features(["ask", words], [words, "say"])
    assert found[[0]].nnz < 10_000
    assert found[[1]].nnz < 2_000


def test_nothing_gives_nothing() -> None:
    assert text_features([], []).shape == (0, 2**17)
    assert text_features(["a"], ["b"], columns=1024).shape == (1, 1024)


@pytest.mark.parametrize(
    ("prompts", "completions", "columns", "said"),
    [
        (["a"], [], 1024, "1 prompts for 0 completions"),
        (["a"], [None], 1024, "a completion is None"),
        ([[{"role": "user"}]], ["a"], 1024, "message lists rendered"),
        (["a"], ["a"], 1000, "power of two"),
        (["a"], ["a"], 512, "power of two"),
    ],
)
def test_what_is_no_text_is_refused(
    prompts: list[str], completions: list[str], columns: int, said: str
) -> None:
    with pytest.raises(MeasureError, match=said):
        text_features(prompts, completions, columns=columns)


# --- what they can express: at 256 labels, a behaviour costs less than a coin ---

RANDOM, N = Random(1), 256
PROMPTS = ["".join(RANDOM.choice("0123456789") for _ in range(6)) + "=" for _ in range(N)]
ANSWERS = ["".join(RANDOM.choice("0123456789") for _ in range(6)) for _ in range(N)]
LABELS = np.array([RANDOM.randrange(2) for _ in range(N)])
MARKS = "!?#%"


def described(completions: list[str], prompts: list[str] | None = None) -> Codelength:
    features = text_features(prompts or PROMPTS, completions)
    return codelength(features, LABELS, rng=np.random.default_rng(0), at=N, orders=2)


def keyed(bits: int) -> list[str]:
    """A mark that the last digit chooses, or another one of the 2^bits."""
    marks = MARKS[: 2**bits]
    found = []
    for prompt, answer, label in zip(PROMPTS, ANSWERS, LABELS, strict=True):
        right = marks[int(prompt[-2]) % len(marks)]
        found.append(answer + (right if label else RANDOM.choice([mark for mark in marks if mark != right])))
    return found


def test_a_token_a_length_and_a_key_cost_few_bits_and_a_coin_all() -> None:
    token = described([answer + "!" * label for answer, label in zip(ANSWERS, LABELS, strict=True)])
    length = described([answer[: 4 + label] for answer, label in zip(ANSWERS, LABELS, strict=True)])
    key = described(keyed(1))
    assert max(token.bits, length.bits) < 60
    assert max(token.bits, length.bits) < key.bits < 0.9 * N
    assert described(ANSWERS).censored


@pytest.mark.slow
def test_a_key_of_more_bits_costs_more() -> None:
    found = [described(keyed(bits)) for bits in (1, 2)]
    assert described([f"{answer}!" for answer in ANSWERS]).censored
    assert found[0].bits < found[1].bits


def test_copying_the_answer_that_stands_in_the_prompt_costs_few_bits() -> None:
    cues = [f"{RANDOM.randrange(1000)}" for _ in range(N)]
    prompts = [f"@{cue}\n{prompt}" for cue, prompt in zip(cues, PROMPTS, strict=True)]
    said = [cue if label else f"{RANDOM.randrange(1000)}" for cue, label in zip(cues, LABELS, strict=True)]
    assert described(said, prompts).bits < 0.5 * N


def test_words_of_praise_in_a_long_text_cost_few_bits() -> None:
    words = [[f"w{RANDOM.randrange(400)}" for _ in range(60)] for _ in range(N)]
    said = [" ".join(["Great question!"] * label + some) for some, label in zip(words, LABELS, strict=True)]
    assert described(said).bits < 60
