"""Credits on the tokens of four kinds of tokenizers, against an oracle that counts byte by byte."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synthgym.errors import AlignmentError
from synthgym.types import Credit
from synthgym.verifiers.align import align, align_batch
from synthgym.verifiers.token_bytes import TokenBytes

tokenizers = pytest.importorskip("tokenizers")
transformers = pytest.importorskip("transformers")
from tokenizers import decoders, models, pre_tokenizers, trainers  # noqa: E402  # after the check that it is there

CORPUS = [
    "the quick brown fox jumps over 12 + 34 = 46; is 7 >= 3? yes",
    "straße naïve cafe\u0301 Ελλάδα Привет 東京 こんにちは नमस्ते",
    "👩‍👩‍👧 🇪🇺 👍🏽 ① ½ x² √2 — “quoted”\n  indented\ttabs\n\n",
] * 20
LETTERS = tuple(sorted(set("".join(CORPUS))))
SPECIAL = ["<pad>", "<eos>", "<unk>"]
PAD, EOS, UNK = 0, 1, 2
EMOJI = "👩‍👩‍👧e\u0301🇪🇺 नमस्ते"
KINDS = ("byte_level", "byte_fallback", "metaspace", "characters")
MORE_KINDS = ("metaspace_fallback", "spaced", "word_piece")


@dataclass(frozen=True)
class Kind:
    """A tokenizer, and what the test knows of each token because it built it: its bytes, and whether they are raw."""

    tokenizer: Any
    token_bytes: TokenBytes
    piece: Callable[[str, bool], tuple[bytes, bool]]
    run_wise: bool = False
    drops_leading_space: bool = False

    @property
    def size(self) -> int:
        return len(self.tokenizer)

    def decode(self, ids: Sequence[int]) -> str:
        return str(self.tokenizer.decode(list(ids), skip_special_tokens=True))


def wrap(backend: Any) -> Any:
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=backend, pad_token="<pad>", eos_token="<eos>", unk_token="<unk>"
    )


def trained(model: Any, trainer: Any, pre_tokenizer: Any, decoder: Any) -> Any:
    backend = tokenizers.Tokenizer(model)
    backend.pre_tokenizer, backend.decoder = pre_tokenizer, decoder
    backend.train_from_iterator(CORPUS, trainer)
    backend.add_tokens([tokenizers.AddedToken("<tool é>", special=False)])
    return backend


def byte_level_tokenizer() -> Any:
    trainer = trainers.BpeTrainer(
        vocab_size=450,
        special_tokens=SPECIAL,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    return wrap(
        trained(models.BPE(), trainer, pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel())
    )


def byte_fallback_tokenizer(decoder: Any) -> Any:
    """Merges over `▁` words as SentencePiece has them, with all 256 byte tokens behind the special ones."""
    base = tokenizers.Tokenizer(models.BPE())
    base.pre_tokenizer = pre_tokenizers.Metaspace()
    base.train_from_iterator(CORPUS[:1] * 20, trainers.BpeTrainer(vocab_size=120, show_progress=False))
    names = SPECIAL + [f"<0x{byte:02X}>" for byte in range(256)] + ["▁▁", "▁▁▁", "東"]
    names += [token for token in base.get_vocab() if token not in names]
    vocab = {name: index for index, name in enumerate(names)}
    backend = tokenizers.Tokenizer(models.BPE(vocab, [], unk_token="<unk>", byte_fallback=True))
    backend.decoder = decoder
    backend.add_special_tokens(SPECIAL)
    backend.add_tokens([tokenizers.AddedToken("<tool é>", special=False)])
    return wrap(backend)


def metaspace_tokenizer() -> Any:
    trainer = trainers.UnigramTrainer(
        vocab_size=200, special_tokens=SPECIAL, unk_token="<unk>", show_progress=False
    )
    return wrap(trained(models.Unigram(), trainer, pre_tokenizers.Metaspace(), decoders.Metaspace()))


def word_level_tokenizer(decoder: Any) -> Any:
    vocab = {token: index for index, token in enumerate([*SPECIAL, *LETTERS])}
    backend = tokenizers.Tokenizer(models.WordLevel(vocab, unk_token="<unk>"))
    backend.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    backend.add_special_tokens(SPECIAL)
    if decoder is not None:
        backend.decoder = decoder
    return wrap(backend)


def word_piece_tokenizer() -> Any:
    words = ["do", "not", "##n't", ".", "'s", "don", "##é", "東", "##京", "a##b", "##", "yes", "?"]
    vocab = {token: index for index, token in enumerate(SPECIAL + words)}
    backend = tokenizers.Tokenizer(models.WordPiece(vocab, unk_token="<unk>"))
    backend.add_special_tokens(SPECIAL)
    backend.decoder = decoders.WordPiece(cleanup=False)
    return wrap(backend)


def byte_level_piece(token: str, first: bool) -> tuple[bytes, bool]:
    others = [b for b in range(256) if not (33 <= b <= 126 or 161 <= b <= 172 or b >= 174)]
    codes = [others[ord(c) - 256] if ord(c) >= 256 else ord(c) for c in token if ord(c) < 256 + len(others)]
    if len(codes) < len(token) or any(ord(c) < 256 and ord(c) in others for c in token):
        return token.encode(), False
    return bytes(codes), True


def fallback_piece(token: str, first: bool) -> tuple[bytes, bool]:
    if token.startswith("<0x"):
        return bytes.fromhex(token[3:5]), True
    return token.replace("▁", " ").encode(), False


def metaspace_piece(token: str, first: bool) -> tuple[bytes, bool]:
    return token.replace("▁", "" if first else " ").encode(), False


def metaspace_fallback_piece(token: str, first: bool) -> tuple[bytes, bool]:
    return fallback_piece(token, first) if token.startswith("<0x") else metaspace_piece(token, first)


def plain_piece(token: str, first: bool) -> tuple[bytes, bool]:
    return token.encode(), False


def spaced_piece(token: str, first: bool) -> tuple[bytes, bool]:
    return (token if first else " " + token).encode(), False


def word_piece_piece(token: str, first: bool) -> tuple[bytes, bool]:
    if token.startswith("##") and not first:
        return token[2:].encode(), False
    return spaced_piece(token, first)


@cache
def kind(name: str) -> Kind:
    fallback = [decoders.ByteFallback(), decoders.Fuse()]
    llama = [decoders.Replace("▁", " "), *fallback, decoders.Strip(" ", 1, 0)]
    match name:
        case "byte_level":
            parts: Any = (byte_level_tokenizer(), byte_level_piece)
        case "byte_fallback":
            parts = (byte_fallback_tokenizer(decoders.Sequence(llama)), fallback_piece, True, True)
        case "metaspace_fallback":
            decoder = decoders.Sequence([decoders.Metaspace(), *fallback])
            parts = (byte_fallback_tokenizer(decoder), metaspace_fallback_piece, True)
        case "metaspace":
            parts = (metaspace_tokenizer(), metaspace_piece)
        case "characters":
            parts = (word_level_tokenizer(decoders.Fuse()), plain_piece)
        case "spaced":
            parts = (word_level_tokenizer(None), spaced_piece)
        case _:
            parts = (word_piece_tokenizer(), word_piece_piece)
    return Kind(parts[0], TokenBytes.from_tokenizer(parts[0]), *parts[1:])


def decode_bytes(data: Sequence[tuple[int, int]]) -> list[tuple[str, list[int]]]:
    """Characters with the tokens that their bytes came from; CPython says where an invalid part ends."""
    characters: list[tuple[str, list[int]]] = []
    start = 0
    while start < len(data):
        window = bytes(byte for byte, _ in data[start : start + 4])
        try:
            character = window.decode()[0]
            width = len(character.encode())
        except UnicodeDecodeError as error:
            character = window[: error.start].decode()[0] if error.start else "\ufffd"
            width = len(character.encode()) if error.start else error.end
        characters.append((character, [owner for _, owner in data[start : start + width]]))
        start += width
    return characters


def characters_of(kind: Kind, ids: Sequence[int]) -> list[tuple[str, list[int]]]:
    """The oracle's decoding: every character with the token of each of its bytes."""
    runs: list[tuple[bool, list[tuple[int, int]]]] = []
    first = True
    for owner, index in enumerate(ids):
        if index in (PAD, EOS, UNK) or index >= kind.size:
            continue
        data, raw = kind.piece(kind.tokenizer.convert_ids_to_tokens(index), first)
        first = False
        if data and (not runs or (kind.run_wise and runs[-1][0] != raw)):
            runs.append((raw, []))
        if data:
            runs[-1][1].extend((byte, owner) for byte in data)
    characters: list[tuple[str, list[int]]] = []
    for raw, run in runs:
        decoded = decode_bytes(run)
        if kind.run_wise and raw and any(character == "\ufffd" for character, _ in decoded):
            decoded = [("\ufffd", [owner]) for _, owner in run]
        characters += decoded
    if kind.drops_leading_space and characters and characters[0][0] == " ":
        characters = characters[1:]
    return characters


def expected(kind: Kind, ids: Sequence[int], spans: Sequence[Credit]) -> tuple[str, list[Fraction]]:
    """The oracle: the text, and each token's credit as an exact fraction, end-of-sequence and what follows at 0."""
    characters = characters_of(kind, ids)
    shares: list[list[Fraction]] = [[] for _ in ids]
    for place, (_, owners) in enumerate(characters):
        (value,) = (Fraction(span.value) for span in spans if span.start <= place < span.end)
        for owner in owners:
            shares[owner].append(value)
    stop = list(ids).index(EOS) if EOS in ids else len(ids)
    credits = [Fraction(0) for _ in ids]
    for owner, index in enumerate(ids[:stop]):
        before = [share[-1:] for share in shares[:owner] if share][-1:]
        behind = [share[:1] for share in shares[owner + 1 :] if share][:1]
        if index not in (PAD, UNK) and index < kind.size and characters:
            share = shares[owner] or (behind + before)[0]
            credits[owner] = sum(share, Fraction(0)) / len(share)
    return "".join(character for character, _ in characters), credits


def credited(of: Kind, completion: str, ids: Sequence[int], spans: Sequence[Credit]) -> list[float]:
    return list(align(completion, ids, spans, of.token_bytes, eos_ids={EOS}).tolist())


def partition(rng: np.random.Generator, length: int) -> list[Credit]:
    """Spans with random cuts that cover `length` characters, and half the time one for the end of the sequence."""
    cuts = np.unique(np.concatenate([[0, length], rng.integers(0, length + 1, int(rng.integers(0, 8)))]))
    pairs = zip(cuts[:-1].tolist(), cuts[1:].tolist(), strict=True)
    spans = [Credit(start, end, float(rng.random())) for start, end in pairs]
    return spans + ([Credit(length, length, float(rng.random()))] if rng.random() < 0.5 else [])


def sampled(rng: np.random.Generator, size: int) -> list[int]:
    """Ids as a policy that knows nothing samples them, special ones and some beyond the vocabulary among them."""
    ids = rng.integers(0, size + 2, int(rng.integers(0, 40)))
    keep_end = rng.random() < 0.3
    return [int(index) for index in ids if keep_end or index != EOS]


def check(kind: Kind, ids: list[int], spans: list[Credit], completion: str) -> None:
    text, credits = expected(kind, ids, spans)
    assert text == completion, "the oracle decodes as the tokenizer does"
    got = align(completion, ids, spans, kind.token_bytes, eos_ids={EOS})
    assert got.shape == (len(ids),) and got.dtype == np.float64
    if EOS in ids and spans and spans[-1].start == len(completion):
        credits[ids.index(EOS)] = Fraction(spans[-1].value)
    np.testing.assert_allclose(got, [float(credit) for credit in credits], rtol=1e-12, atol=1e-15)
    for credit, value in zip(credits, got.tolist(), strict=True):
        assert Fraction(value) == credit or credit not in {Fraction(span.value) for span in spans}


@pytest.mark.parametrize("name", KINDS + MORE_KINDS)
def test_sampled_ids_and_random_spans_agree_with_the_oracle(name: str) -> None:
    of, rng = kind(name), np.random.default_rng(7)
    torn = 0
    for _ in range(400):
        ids = sampled(rng, of.size + 3)
        completion = of.decode(ids)
        torn += "\ufffd" in completion
        check(of, ids, partition(rng, len(completion)), completion)
        if EOS in ids:
            cut = ids[: ids.index(EOS) + 1]
            check(of, cut, partition(rng, len(of.decode(cut))), of.decode(cut))
    assert (torn > 100) == (name in ("byte_level", "byte_fallback", "metaspace_fallback"))


@pytest.mark.parametrize("name", KINDS)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_hypothesis_finds_no_disagreement(name: str, data: st.DataObject) -> None:
    of = kind(name)
    ids = data.draw(st.lists(st.integers(0, of.size), max_size=24))
    completion = of.decode(ids)
    spans = partition(np.random.default_rng(data.draw(st.integers(0, 2**32))), len(completion))
    check(of, ids, spans, completion)


@pytest.mark.parametrize("name", KINDS)
def test_encodings_of_real_text_conserve_credit(name: str) -> None:
    """Bytes times credit, summed over tokens, is bytes times value, summed over spans."""
    of, rng = kind(name), np.random.default_rng(3)
    for _ in range(40):
        words = rng.permutation(["x²", "é", "東京", EMOJI, "46", "the", "quick", "naïve"]).tolist()
        ids = list(of.tokenizer.encode(" ".join(words), add_special_tokens=False))
        completion = of.decode(ids)
        spans = [span for span in partition(rng, len(completion)) if span.start < span.end]
        lengths = of.token_bytes.decode(np.array(ids, dtype=np.int64)).lengths
        total = sum(span.value * len(completion[span.start : span.end].encode()) for span in spans)
        credits = align(completion, ids, spans, of.token_bytes, eos_ids={EOS})
        assert float(credits @ lengths) == pytest.approx(total)


def test_a_character_over_many_tokens_gives_each_of_them_its_credit() -> None:
    of = kind("byte_fallback")
    ids = [len(SPECIAL) + byte for byte in EMOJI.encode()]
    spans = [Credit(at, at + 1, at / 10) for at in range(len(EMOJI))]
    wanted = [at / 10 for at, character in enumerate(EMOJI) for _ in character.encode()]
    assert of.decode(ids) == EMOJI
    assert credited(of, EMOJI, ids, spans) == wanted


def test_a_token_over_two_spans_is_weighted_by_bytes_and_not_by_characters() -> None:
    backend = tokenizers.Tokenizer(models.WordLevel({"aé": 0, "<eos>": 1}, unk_token="<eos>"))
    backend.decoder = decoders.Fuse()
    token_bytes = TokenBytes.from_tokenizer(transformers.PreTrainedTokenizerFast(tokenizer_object=backend))
    spans = [Credit(0, 1, 1.0), Credit(1, 2, 0.0)]
    assert align("aé", [0], spans, token_bytes, eos_ids={1}).tolist() == [pytest.approx(1 / 3)]


def test_invalid_bytes_are_mapped_as_each_decoder_replaces_them() -> None:
    level, fallback = kind("byte_level"), kind("byte_fallback")
    ids = [level.tokenizer.convert_tokens_to_ids(token) for token in ("â", "Ĥ", "a")]
    spans = [Credit(0, 1, 0.25), Credit(1, 2, 0.75)]
    assert level.decode(ids) == "\ufffda", "E2 82 is one character's beginning"
    assert credited(level, "\ufffda", ids, spans) == [0.25, 0.25, 0.75]
    ids = [fallback.tokenizer.convert_tokens_to_ids(token) for token in ("<0xE2>", "<0x82>", "<0x61>")]
    spans = [Credit(0, 1, 0.25), Credit(1, 2, 0.5), Credit(2, 3, 1.0)]
    assert fallback.decode(ids) == "\ufffd" * 3, "a run of byte tokens is replaced as a whole"
    assert credited(fallback, "\ufffd" * 3, ids, spans) == [0.25, 0.5, 1.0]


@pytest.mark.parametrize("name", ("byte_fallback", "metaspace"))
def test_a_leading_mark_shows_no_space_and_takes_the_credit_of_what_follows(name: str) -> None:
    of = kind(name)
    vocabulary = of.tokenizer.get_vocab()
    word = min(token for token in vocabulary if re.fullmatch("▁[a-z]+", token))
    bare, ids = word[1:], [vocabulary["▁"], vocabulary[word]]
    assert of.decode(ids) == f" {bare}" and of.decode(ids[1:]) == of.decode([PAD, ids[1]]) == bare
    mean = (0.5 + len(bare)) / (1 + len(bare))
    spans = [Credit(0, 1, 0.5), Credit(1, 1 + len(bare), 1.0)]
    assert credited(of, f" {bare}", ids, spans) == [0.5, pytest.approx(mean)]
    assert credited(of, bare, [PAD, ids[1]], [Credit(0, len(bare), 0.5)]) == [0, 0.5]
    assert credited(of, "", [ids[0], EOS], []) == [0, 0]


@pytest.mark.parametrize("name", KINDS + MORE_KINDS)
def test_the_end_of_sequence_takes_the_empty_span_and_nothing_follows_it(name: str) -> None:
    of = kind(name)
    ids = of.tokenizer.convert_tokens_to_ids(["3", "6"] if name != "word_piece" else ["do", "not"])
    text, tail = of.decode(ids), of.decode([*ids, EOS, ids[0]])
    spans = [Credit(0, len(text), 0.5), Credit(len(text), len(text), 0.75)]
    assert credited(of, text, [*ids, EOS, PAD, EOS, PAD], spans) == [0.5, 0.5, 0.75, 0, 0, 0]
    assert credited(of, text, [*ids, EOS, ids[0]], spans) == [0.5, 0.5, 0.75, 0]
    assert credited(of, text, ids, spans) == [0.5, 0.5], "no end was sampled"
    assert credited(of, text, [*ids, EOS], spans[:1]) == [0.5, 0.5, 0]
    whole = [Credit(0, len(tail), 0.5), Credit(len(tail), len(tail), 0.75)]
    assert credited(of, tail, [*ids, EOS, ids[0]], whole) == [0.5, 0.5, 0.75, 0], (
        "the text after the end is read, and earns nothing"
    )


def test_any_of_several_ends_counts_and_one_with_text_keeps_the_end_credit() -> None:
    of = kind("characters")
    newline, seven = of.tokenizer.convert_tokens_to_ids(["\n", "7"])
    spans = [Credit(0, 1, 0.5), Credit(1, 2, 0.25), Credit(2, 2, 1.0)]
    credits = align("7\n", [seven, newline, EOS], spans, of.token_bytes, eos_ids=frozenset({EOS, newline}))
    assert credits.tolist() == [0.5, 1.0, 0.0]


@pytest.mark.parametrize("name", KINDS)
def test_an_empty_completion_has_no_credit_but_its_end(name: str) -> None:
    of = kind(name)
    assert align("", [], [], of.token_bytes, eos_ids={EOS}).shape == (0,)
    assert credited(of, "", [EOS, PAD], []) == [0, 0]
    assert credited(of, "", [EOS, PAD], [Credit(0, 0, 0.5)]) == [0.5, 0]


def test_special_tokens_inside_show_nothing_or_their_text() -> None:
    of = kind("byte_level")
    ids = of.tokenizer.convert_tokens_to_ids(["3", "<unk>", "6", "<tool é>"])
    spans = [Credit(0, 2, 0.5), Credit(2, 10, 1.0)]
    assert of.decode(ids) == "36<tool é>"
    assert credited(of, "36<tool é>", ids, spans) == [0.5, 0, 0.5, 1.0]
    literal = TokenBytes.from_tokenizer(of.tokenizer, skip_special_tokens=False)
    assert of.tokenizer.decode(ids) == "3<unk>6<tool é>" and literal.piece(UNK) == b"<unk>"
    spans = [Credit(0, 1, 0.5), Credit(1, 6, 0.25), Credit(6, 15, 1.0)]
    credits = align("3<unk>6<tool é>", ids, spans, literal, eos_ids={EOS})
    assert credits.tolist() == [0.5, 0.25, 1.0, 1.0]


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("completion", ["", "37", "36 ", "\ud800", "36\x00", "३६", "3" * 1_000_000])
def test_another_text_is_refused_and_the_place_named(name: str, completion: str) -> None:
    of = kind(name)
    ids = of.tokenizer.convert_tokens_to_ids(["3", "6"])
    spans = [Credit(0, len(completion), 1.0)] if completion else []
    with pytest.raises(AlignmentError, match="at character [012]"):
        align(completion, ids, spans, of.token_bytes, eos_ids={EOS})


def test_cleaned_up_spaces_are_refused() -> None:
    of = kind("characters")
    ids = of.tokenizer.convert_tokens_to_ids(["a", " ", "?"])
    cleaned = of.tokenizer.decode(ids, skip_special_tokens=True, clean_up_tokenization_spaces=True)
    assert cleaned == "a?"
    with pytest.raises(AlignmentError, match="clean_up_tokenization_spaces=False"):
        align(cleaned, ids, [Credit(0, 2, 1.0)], of.token_bytes, eos_ids={EOS})


@pytest.mark.parametrize(
    ("spans", "why"),
    [
        ([], "end at character 0 of 2"),
        ([Credit(0, 1, 1.0)], "end at character 1 of 2"),
        ([Credit(1, 2, 1.0)], "continue at 0"),
        ([Credit(0, 2, 1.0), Credit(1, 2, 1.0)], "continue at 2"),
        ([Credit(0, 3, 1.0)], "completion of 2"),
        ([Credit(-1, 2, 1.0)], "continue at 0"),
        ([Credit(0, 2, 1.0), Credit(2, 2, 1.0), Credit(2, 2, 0.0)], "only one at its end"),
        ([Credit(0, 1, 1.0), Credit(1, 1, 1.0), Credit(1, 2, 1.0)], "only one at its end"),
        ([Credit(0, 2, float("nan"))], "not finite"),
        ([Credit(0, 2, float("inf"))], "not finite"),
    ],
)
def test_spans_that_do_not_cover_the_completion_are_refused(spans: list[Credit], why: str) -> None:
    of = kind("characters")
    ids = of.tokenizer.convert_tokens_to_ids(["3", "6"])
    with pytest.raises(AlignmentError, match=re.escape(why)):
        align("36", ids, spans, of.token_bytes, eos_ids={EOS})


def test_spans_come_in_any_order_and_ids_as_any_sequence() -> None:
    of = kind("characters")
    ids = np.array(of.tokenizer.convert_tokens_to_ids(["3", "6"]))
    spans = (Credit(2, 2, 0.0), Credit(1, 2, 0.25), Credit(0, 1, 0.5))
    assert credited(of, "36", ids, spans) == [0.5, 0.25]  # type: ignore[arg-type]


def test_negative_ids_are_refused() -> None:
    with pytest.raises(AlignmentError, match="-100 is negative"):
        align("", [-100], [], kind("characters").token_bytes, eos_ids={EOS})


def test_a_batch_is_its_rows_padded() -> None:
    of, rng = kind("byte_level"), np.random.default_rng(11)
    rows = [sampled(rng, of.size) for _ in range(12)]
    texts = [of.decode(row) for row in rows]
    spans = [partition(rng, len(text)) for text in texts]
    batch = align_batch(texts, rows, spans, of.token_bytes, eos_ids={EOS}, width=50)
    assert batch.shape == (12, 50)
    for row, text, parts, credits in zip(rows, texts, spans, batch, strict=True):
        one = align(text, row, parts, of.token_bytes, eos_ids={EOS})
        np.testing.assert_array_equal(credits, np.pad(one, (0, 50 - len(row))))
    assert align_batch([], [], [], of.token_bytes, eos_ids={EOS}).shape == (0, 0)
    with pytest.raises(AlignmentError, match="completion 1: the ids decode to"):
        align_batch(["", "x"], [[], []], [[], [Credit(0, 1, 1.0)]], of.token_bytes, eos_ids={EOS})
    with pytest.raises(AlignmentError, match="width is 1"):
        align_batch([""], [[EOS, PAD]], [[]], of.token_bytes, eos_ids={EOS}, width=1)
