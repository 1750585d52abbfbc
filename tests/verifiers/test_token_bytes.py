"""Ids to bytes: slow tokenizers, every understood decoder against the library's own, and the refused ones."""

import re
import time
from collections.abc import Callable, Sequence
from itertools import product
from typing import Any

import numpy as np
import pytest

from synthgym.errors import AlignmentError
from synthgym.types import Credit
from synthgym.verifiers.align import align
from synthgym.verifiers.token_bytes import TokenBytes, read_decoder

tokenizers = pytest.importorskip("tokenizers")
transformers = pytest.importorskip("transformers")
from tokenizers import decoders, models, pre_tokenizers  # noqa: E402  # after the check that it is there

LETTERS = tuple("0123456789 abcdefxyz?.,+-*/=()éß東京👩\n\t")
SPECIAL = ["<pad>", "<eos>", "<unk>"]
EOS = 1
ALPHABET = tuple(sorted(pre_tokenizers.ByteLevel.alphabet()))
BYTES = tuple(f"<0x{byte:02X}>" for byte in range(256))
LLAMA = [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()]


def word_level_tokenizer(decoder: Any, names: Sequence[str]) -> Any:
    vocab = {token: index for index, token in enumerate([*SPECIAL, *names])}
    backend = tokenizers.Tokenizer(models.WordLevel(vocab, unk_token="<unk>"))
    backend.add_special_tokens(SPECIAL)
    backend.decoder = decoder
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=backend, pad_token="<pad>", eos_token="<eos>", unk_token="<unk>"
    )


def slow_tokenizer(joiner: Callable[[list[str]], str], names: Sequence[str]) -> Any:
    """A tokenizer of plain Python, as users write for characters."""

    base: Any = transformers.PreTrainedTokenizer

    class Slow(base):  # type: ignore[misc]
        def __init__(self) -> None:
            self.names = [*SPECIAL, *names]
            super().__init__(pad_token="<pad>", eos_token="<eos>", unk_token="<unk>")

        @property
        def vocab_size(self) -> int:
            return len(self.names)

        def get_vocab(self) -> dict[str, int]:
            return {name: index for index, name in enumerate(self.names)}

        def _tokenize(self, text: str, **_: Any) -> list[str]:
            return list(text)

        def _convert_token_to_id(self, token: str) -> int:
            return self.names.index(token)

        def _convert_id_to_token(self, index: int) -> str:
            return self.names[index]

        def convert_tokens_to_string(self, tokens: list[str]) -> str:
            return joiner(tokens)

    return Slow()


@pytest.mark.parametrize(
    ("names", "joiner"),
    [
        (LETTERS, "".join),
        (LETTERS, " ".join),
        (ALPHABET, decoders.ByteLevel().decode),
        (BYTES + LETTERS + ("▁", "▁x"), decoders.Sequence(LLAMA).decode),
        (BYTES + LETTERS + ("▁", "▁x"), decoders.Sequence([*LLAMA, decoders.Strip(" ", 1, 0)]).decode),
        (LETTERS + ("▁", "▁x"), lambda tokens: "".join(tokens).replace("▁", " ").strip()),
    ],
    ids=["joined", "spaced", "byte_level", "byte_fallback", "byte_fallback_strip", "mark_strip"],
)
def test_slow_tokenizers_are_read_by_trying(names: Sequence[str], joiner: Callable[[list[str]], str]) -> None:
    slow, rng = slow_tokenizer(joiner, names), np.random.default_rng(1)
    token_bytes = TokenBytes.from_tokenizer(slow)
    assert token_bytes.size == len(slow)
    for _ in range(200):
        ids = rng.integers(0, len(slow), int(rng.integers(0, 12)))
        decoded = token_bytes.decode(ids)
        assert decoded.text == slow.decode(ids.tolist(), skip_special_tokens=True)
        assert decoded.lengths.sum() == decoded.characters.size
    ids = slow.convert_tokens_to_ids(["3", "x", "6"])
    text = slow.decode(ids, skip_special_tokens=True)
    spans = [Credit(at, at + 1, at / 10) for at in range(len(text))]
    wanted = [0, 0.15, 0.35] if " " in text else [0, 0.1, 0.2]
    assert align(text, ids, spans, token_bytes, eos_ids={EOS}).tolist() == pytest.approx(wanted)


def test_a_slow_tokenizer_with_a_way_of_its_own_is_refused() -> None:
    with pytest.raises(AlignmentError, match="Slow decodes in a way of its own"):
        TokenBytes.from_tokenizer(slow_tokenizer(lambda tokens: "".join(reversed(tokens)), LETTERS))


@pytest.mark.parametrize(
    "decoder",
    [
        decoders.CTC(),
        decoders.BPEDecoder(),
        decoders.Replace(tokenizers.Regex("a+"), "b"),
        decoders.Sequence([decoders.Fuse(), decoders.Replace("a", "b")]),
        decoders.Sequence([decoders.ByteLevel(), decoders.Metaspace()]),
    ],
)
def test_decoders_that_lose_the_tokens_are_refused_by_name(decoder: Any) -> None:
    name = re.search(r'"type":"(CTC|BPEDecoder|Replace|Metaspace)"', decoder.__getstate__().decode())
    assert name is not None
    with pytest.raises(AlignmentError, match=name.group(1)):
        TokenBytes.from_tokenizer(word_level_tokenizer(decoder, LETTERS))


@pytest.mark.parametrize(("start", "stop"), [(0, 0), (1, 0), (2, 1), (0, 3)])
@pytest.mark.parametrize("fused", [True, False])
def test_strips_follow_the_decoder(start: int, stop: int, fused: bool) -> None:
    parts = [decoders.Replace("▁", " "), decoders.Strip(" ", start, stop)]
    decoder = decoders.Sequence([decoders.Fuse(), parts[1]] if fused else parts)
    fast = word_level_tokenizer(decoder, ["aé", "   b c    ", "x", "    z    "])
    token_bytes, rng = TokenBytes.from_tokenizer(fast), np.random.default_rng(5)
    for _ in range(50):
        ids = rng.integers(3, 7, int(rng.integers(1, 6)))
        decoded = token_bytes.decode(ids)
        assert decoded.text == fast.backend_tokenizer.decode(ids.tolist())
        assert decoded.lengths.sum() == decoded.characters.size == len(decoded.text.encode())


@pytest.mark.parametrize("cleanup", [True, False])
def test_word_piece_clean_up_is_followed(cleanup: bool) -> None:
    names = [
        "do",
        "not",
        "##n't",
        ".",
        "'s",
        "don",
        "##é",
        "東",
        "##京",
        "a##b",
        "##",
        "yes",
        "?",
        " do not ",
    ]
    fast, rng = word_level_tokenizer(decoders.WordPiece(cleanup=cleanup), names), np.random.default_rng(2)
    token_bytes = TokenBytes.from_tokenizer(fast)
    for _ in range(100):
        ids = rng.integers(3, len(fast), 8)
        assert token_bytes.decode(ids).text == fast.backend_tokenizer.decode(ids.tolist())


def test_invalid_bytes_end_where_the_decoder_ends_them() -> None:
    """Every lead byte before every byte at an edge of table 3-7, in a text that goes on or ends."""
    fast = word_level_tokenizer(decoders.ByteLevel(), ALPHABET)
    token_bytes = TokenBytes.from_tokenizer(fast)
    of_byte = {token_bytes.piece(index): index for index in range(len(SPECIAL), len(fast))}
    edges = [0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xE2, 0xF0]
    for lead, second, third in product(range(0xC0, 0x100), edges, edges):
        for tail in ([], [third], [third, 0x80], [third, 0x80, 0x41]):
            ids = [of_byte[bytes([byte])] for byte in (lead, second, *tail)]
            decoded = token_bytes.decode(np.array(ids))
            assert decoded.text == fast.backend_tokenizer.decode(ids)
            assert decoded.characters[-1] == len(decoded.text) - 1


def test_lossy_bytes_are_mapped_in_linear_time() -> None:
    fast = word_level_tokenizer(decoders.ByteLevel(), ALPHABET)
    token_bytes = TokenBytes.from_tokenizer(fast)
    ids = np.full(200_000, fast.convert_tokens_to_ids("â"))
    start = time.process_time()
    decoded = token_bytes.decode(ids)
    assert time.process_time() - start < 5, "seconds; a quadratic map takes minutes"
    assert decoded.text == "\ufffd" * 200_000 and decoded.characters[-1] == 199_999


def test_read_decoder_names_what_it_does_not_understand() -> None:
    with pytest.raises(AlignmentError, match="'Marvel'"):
        read_decoder({"type": "Marvel"})
