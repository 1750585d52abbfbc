"""Credits of characters become credits of tokens, by the bytes of the sampled ids.

A verifier credits spans of characters; a policy samples tokens, which begin and end where they like, also inside a
character. A token's credit is the mean of the span values weighted by the share of the token's bytes in each span, so
that a token wholly inside one span gets exactly its value.
"""

import math
from collections.abc import Sequence
from collections.abc import Set as AbstractSet

import numpy as np
from numpy.typing import NDArray

from synthgym.errors import AlignmentError, shown
from synthgym.types import Credit
from synthgym.verifiers.token_bytes import DecodedTokens, TokenBytes


def align(
    completion: str,
    token_ids: Sequence[int],
    spans: Sequence[Credit],
    token_bytes: TokenBytes,
    *,
    eos_ids: AbstractSet[int],
) -> NDArray[np.float64]:
    """Credit per token, `(T,)`.

    The first end-of-sequence token gets the value of the empty span at the completion's end; without one it is
    treated as any token. What follows it gets 0, as do special tokens and padding. A token that shows no
    text for another reason (a leading `▁` that decoding drops) gets the credit of the character it stands before.

    Args:
        completion: the text of the ids as the trainer decodes it, up to the first end-of-sequence token or in full.
        token_ids: the T sampled ids, never an encoding of the text.
        spans: credits that cover the completion without gap or overlap, in any order.
        token_bytes: built once from the tokenizer that decoded the completion.
        eos_ids: the ids that end a sequence.

    Raises:
        AlignmentError: when the ids do not decode to `completion`, or the spans do not cover it exactly.
    """
    ids = np.asarray(token_ids, dtype=np.int64).reshape(-1)
    values, end_value = _character_values(len(completion), spans)
    end = next((place for place, token_id in enumerate(ids.tolist()) if token_id in eos_ids), None)
    stop = ids.size if end is None else end + 1
    decoded = _decode(completion, ids, stop, token_bytes)
    credit = np.zeros(ids.size, dtype=np.float64)
    credit[: decoded.lengths.size] = _mean_over_bytes(values, decoded)
    credit[stop:] = 0.0
    if end is not None and end_value is not None:
        credit[end] = end_value
    return credit


def align_batch(
    completions: Sequence[str],
    token_ids: Sequence[Sequence[int]],
    spans: Sequence[Sequence[Credit]],
    token_bytes: TokenBytes,
    *,
    eos_ids: AbstractSet[int],
    width: int | None = None,
) -> NDArray[np.float64]:
    """`align` for B completions: `(B, T)`, padded with 0 on the right.

    Args:
        width: T; by default the longest of the completions.

    Raises:
        AlignmentError: as `align`, naming the row; and when a row is longer than `width`.
    """
    longest = max((len(ids) for ids in token_ids), default=0)
    width = longest if width is None else width
    if longest > width:
        raise AlignmentError(f"width is {width}, but a completion has {longest} tokens")
    credits = np.zeros((len(completions), width), dtype=np.float64)
    for row, (completion, ids, parts) in enumerate(zip(completions, token_ids, spans, strict=True)):
        try:
            credits[row, : len(ids)] = align(completion, ids, parts, token_bytes, eos_ids=eos_ids)
        except AlignmentError as error:
            raise AlignmentError(f"completion {row}: {error}") from error
    return credits


def _decode(completion: str, ids: NDArray[np.int64], stop: int, token_bytes: TokenBytes) -> DecodedTokens:
    decoded = token_bytes.decode(ids[:stop])
    if decoded.text != completion and stop < ids.size:
        decoded = token_bytes.decode(ids)
    if decoded.text != completion:
        raise AlignmentError(_difference(completion, decoded.text))
    return decoded


def _difference(completion: str, text: str) -> str:
    pairs = enumerate(zip(completion, text, strict=False))
    place = next((at for at, (a, b) in pairs if a != b), min(len(completion), len(text)))
    low = max(0, place - 10)
    return (
        f"the ids decode to {shown(text[low : place + 20])} where the completion has "
        f"{shown(completion[low : place + 20])} (they part at character {place}); align the text of "
        "tokenizer.decode(ids, skip_special_tokens=True, clean_up_tokenization_spaces=False)"
    )


def _character_values(length: int, spans: Sequence[Credit]) -> tuple[NDArray[np.float64], float | None]:
    """The value of each character `(length,)`, and that of the end of the sequence."""
    end_value: float | None = None
    values: list[float] = []
    widths: list[int] = []
    reached = 0
    for span in sorted(spans, key=lambda span: (span.start, span.end)):
        if not math.isfinite(span.value):
            raise AlignmentError(
                f"the credit of characters [{span.start}, {span.end}) is {span.value}, not finite"
            )
        if span.start == span.end == length and end_value is None:
            end_value = float(span.value)
        elif span.start == reached and span.start < span.end <= length:
            values.append(float(span.value))
            widths.append(span.end - span.start)
            reached = span.end
        else:
            raise AlignmentError(
                f"the credit of characters [{span.start}, {span.end}) does not continue at {reached} in a completion "
                f"of {length}; credits cover it without gap or overlap, and only one at its end may be empty"
            )
    if reached != length:
        raise AlignmentError(
            f"credits end at character {reached} of {length}; they cover the whole completion"
        )
    return np.repeat(np.array(values, dtype=np.float64), np.array(widths, dtype=np.int64)), end_value


def _mean_over_bytes(values: NDArray[np.float64], decoded: DecodedTokens) -> NDArray[np.float64]:
    lengths = decoded.lengths
    credit = np.zeros(lengths.size, dtype=np.float64)
    if not decoded.characters.size:
        return credit
    of_byte = values[decoded.characters]
    after = np.cumsum(lengths)
    shown_tokens = np.flatnonzero(lengths)
    starts = (after - lengths)[shown_tokens]
    # Added to the value of the first byte, so that a token inside one span gets that value and not its rounding.
    first = of_byte[starts]
    counts = lengths[shown_tokens]
    credit[shown_tokens] = first + np.add.reduceat(of_byte - np.repeat(first, counts), starts) / counts
    silent = (lengths == 0) & ~decoded.hidden
    credit[silent] = of_byte[np.minimum(after[silent], of_byte.size - 1)]
    return credit
