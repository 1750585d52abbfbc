"""Sampling from a small Llama-type model in half the time of `model.generate`, token for token the same.

A small model spends most of `generate` outside its layers. Here the key-value cache is allocated once, each distinct
prompt is read once, and rows that have ended are dropped. Nothing else differs: the same modules run in the same
order, and a token is the winner of the same exponential race as in `torch.multinomial`, drawn from the same stream.
So the token ids, and the random state left behind, are those of `model.generate` under the same seed.

Exactness rests on matrix products whose rows do not depend on each other. On x86 CPUs that holds from four rows a
thread upwards, which is why nothing is shared or dropped below `_min_rows()` rows, and why only models of the widths it
was checked for are taken.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from transformers import PreTrainedModel

_MAX_WIDTH = 2048
_Cache = Callable[[int, torch.Tensor, torch.Tensor], tuple[torch.Tensor, torch.Tensor]]


@dataclass(frozen=True, kw_only=True)
class Decoding:
    """How tokens are chosen, and when a row ends."""

    max_new_tokens: int
    pad_token_id: int
    eos_token_ids: tuple[int, ...]
    temperature: float = 1.0
    greedy: bool = False


def supports_fast_sampling(model: "PreTrainedModel") -> bool:
    """Whether `sample_fast` gives this model's `generate` bit for bit; every other model takes `generate` itself.

    True for a Llama model (the class itself) with plain rotary positions, as many key-value heads as heads and scaled
    dot-product attention, at most 2048 wide, in float32 on the CPU, with no dropout in effect, whose generation
    config changes nothing but special tokens.
    """
    from transformers import LlamaForCausalLM

    if type(model) is not LlamaForCausalLM:
        return False
    config = model.config
    unimportant = {"pad_token_id", "eos_token_id", "bos_token_id", "use_cache", "transformers_version"}
    return (
        all(weight.dtype == torch.float32 and weight.device.type == "cpu" for weight in model.parameters())
        and config._attn_implementation == "sdpa"
        and config.num_key_value_heads == config.num_attention_heads
        and max(config.hidden_size, config.intermediate_size) <= _MAX_WIDTH
        and model.model.rotary_emb.rope_type == "default"
        and not (model.training and config.attention_dropout)
        and not any(
            value
            for key, value in model.generation_config.to_diff_dict().items()
            if key not in unimportant and not key.startswith("_")
        )
    )


def sample_fast(
    model: "PreTrainedModel",
    prompts: Sequence[Sequence[int]],
    decoding: Decoding,
    generator: torch.Generator | None = None,
) -> tuple[list[list[int]], list[list[float]]]:
    """Sampled ids (up to and with the first end-of-sequence token) and their log-probabilities, a list a prompt.

    Args:
        prompts: token ids, one entry a completion; repeated prompts are read once.
        generator: the random stream; torch's global one if None.
    """
    with torch.inference_mode():
        state = _Rows(len(prompts), decoding)
        decoder = _Decoder(model, prompts, decoding)
        logits, noise = decoder.first_logits, torch.empty(len(prompts), model.config.vocab_size)
        for step in range(decoding.max_new_tokens):
            if decoding.greedy:
                chosen = logits.argmax(-1)
            else:
                logits = logits if decoding.temperature == 1.0 else logits / decoding.temperature
                noise.exponential_(
                    1, generator=generator
                )  # for ended rows too, to stay in step with `generate`
                chosen = (logits.softmax(-1) / noise[state.rows]).argmax(-1)
            count = state.record(step, chosen, logits)
            if not count or step + 1 == decoding.max_new_tokens:
                break
            if 2 * max(count, _min_rows()) <= len(state.rows):
                kept = state.drop_ended(max(count, _min_rows()))
                decoder.keep(kept)
                chosen = chosen[kept]
            logits = decoder.next_logits(chosen)
    return state.results()


def padded(prompts: Sequence[Sequence[int]], pad: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Token ids and mask (B, L) of the prompts, padded on the left."""
    width = max(map(len, prompts))
    ids = torch.tensor([[pad] * (width - len(row)) + list(row) for row in prompts])
    return ids, torch.tensor([[0] * (width - len(row)) + [1] * len(row) for row in prompts])


def _min_rows() -> int:
    """Fewest rows of a matrix product that may differ in number from `generate`'s and still give its bits."""
    threads: int = torch.get_num_threads()
    return max(64, 8 * threads)


class _Rows:
    """What has been sampled for the B completions, and which of them are still being computed."""

    def __init__(self, total: int, decoding: Decoding) -> None:
        self.tokens = torch.zeros(total, decoding.max_new_tokens, dtype=torch.long)
        self.logprobs = torch.zeros(total, decoding.max_new_tokens)
        self.lengths = torch.full((total,), decoding.max_new_tokens)
        self.live = torch.ones(total, dtype=torch.bool)
        self.rows = torch.arange(total)
        self.ends = torch.tensor(decoding.eos_token_ids)

    def record(self, step: int, chosen: torch.Tensor, scores: torch.Tensor) -> int:
        """Note one token for each computed row; the number of rows that go on."""
        self.tokens[self.rows, step] = chosen
        self.logprobs[self.rows, step] = scores.log_softmax(-1).gather(1, chosen[:, None])[:, 0]
        ended = self.rows[torch.isin(chosen, self.ends) & self.live[self.rows]]
        self.lengths[ended] = step + 1
        self.live[ended] = False
        return int(self.live.sum())

    def drop_ended(self, size: int) -> torch.Tensor:
        """Go on with the live rows, filled up to `size` with ended ones; their places among the computed rows."""
        places = self.live[self.rows].byte().argsort(descending=True, stable=True)[:size].sort().values
        self.rows = self.rows[places]
        return places

    def results(self) -> tuple[list[list[int]], list[list[float]]]:
        sizes = self.lengths.tolist()
        return (
            [row[:size] for row, size in zip(self.tokens.tolist(), sizes, strict=True)],
            [row[:size] for row, size in zip(self.logprobs.tolist(), sizes, strict=True)],
        )


class _Decoder:
    """A Llama model's own modules over a preallocated key-value cache.

    `keys` and `values` have the shape (layers, B, heads, prompt + new tokens, head size).
    """

    def __init__(
        self, model: "PreTrainedModel", prompts: Sequence[Sequence[int]], decoding: Decoding
    ) -> None:
        self.model, config = model.model, model.config
        self.head = model.lm_head
        self.heads, self.size = config.num_attention_heads, self.model.layers[0].self_attn.head_dim
        place = {ids: index for index, ids in enumerate(dict.fromkeys(map(tuple, prompts)))}
        row_of = torch.tensor([place[tuple(ids)] for ids in prompts])
        ids, mask = padded(list(place), decoding.pad_token_id)
        if ids.numel() < _min_rows():
            ids, mask, row_of = ids[row_of], mask[row_of], torch.arange(len(prompts))
        self.filled, longest = ids.shape[1], ids.shape[1] + decoding.max_new_tokens
        shape = (config.num_hidden_layers, len(prompts), self.heads, longest, self.size)
        self.keys, self.values = torch.empty(shape), torch.empty(shape)
        self.positions = mask.sum(1)[row_of]
        self.cos, self.sin = (
            part[0] for part in self.model.rotary_emb(self.keys, torch.arange(longest)[None])
        )
        self.mask: torch.Tensor | None = None
        if not bool(mask.all()):
            new = torch.ones(len(prompts), decoding.max_new_tokens, dtype=torch.bool)
            self.mask = torch.cat([mask.bool()[row_of], new], 1)[:, None, None]
        self.first_logits = self._read(ids, mask, row_of)

    def _read(self, ids: torch.Tensor, mask: torch.Tensor, row_of: torch.Tensor) -> torch.Tensor:
        """Read the distinct prompts (P, L), fill the cache of every row, and score each row's first token."""
        positions = (mask.cumsum(1) - 1).clamp(min=0)
        causal = torch.ones(ids.shape[1], ids.shape[1], dtype=torch.bool).tril()
        visible = None if self.mask is None else (causal & mask.bool()[:, None, :])[:, None]

        def fill(layer: int, keys: torch.Tensor, values: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
            self.keys[layer, :, :, : self.filled] = keys[row_of]
            self.values[layer, :, :, : self.filled] = values[row_of]
            return keys, values

        hidden = self._blocks(self.model.embed_tokens(ids), positions, visible, fill)
        return self.head(self.model.norm(hidden[:, -1])[row_of])

    def next_logits(self, chosen: torch.Tensor) -> torch.Tensor:
        """Append one token (B,) to every row; the scores (B, vocabulary) of the one after it."""
        here, self.filled = self.filled, self.filled + 1
        visible = None if self.mask is None else self.mask[..., : self.filled]

        def append(layer: int, keys: torch.Tensor, values: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
            self.keys[layer, :, :, here] = keys[:, :, 0]
            self.values[layer, :, :, here] = values[:, :, 0]
            return self.keys[layer, :, :, : self.filled], self.values[layer, :, :, : self.filled]

        hidden = self._blocks(
            self.model.embed_tokens(chosen[:, None]), self.positions[:, None], visible, append
        )
        self.positions = self.positions + 1
        return self.head(self.model.norm(hidden[:, -1]))

    def keep(self, rows: torch.Tensor) -> None:
        """Go on with these rows alone."""
        self.keys, self.values, self.positions = (
            self.keys[:, rows],
            self.values[:, rows],
            self.positions[rows],
        )
        self.mask = None if self.mask is None else self.mask[rows]

    def _blocks(
        self, hidden: torch.Tensor, positions: torch.Tensor, visible: torch.Tensor | None, cache: _Cache
    ) -> torch.Tensor:
        """Every transformer block over `hidden` (rows, tokens, width)."""
        cos, sin = self.cos[positions][:, None], self.sin[positions][:, None]
        count, tokens, _ = hidden.shape
        for index, block in enumerate(self.model.layers):
            attention, normed = block.self_attn, block.input_layernorm(hidden)
            query, key, value = (
                project(normed).view(count, tokens, self.heads, self.size).transpose(1, 2)
                for project in (attention.q_proj, attention.k_proj, attention.v_proj)
            )
            key, value = cache(index, _rotated(key, cos, sin), value)
            mixed = torch.nn.functional.scaled_dot_product_attention(
                _rotated(query, cos, sin),
                key,
                value,
                attn_mask=visible,
                is_causal=visible is None and tokens > 1,
                scale=attention.scaling,
            )
            hidden = hidden + attention.o_proj(mixed.transpose(1, 2).reshape(count, tokens, -1))
            hidden = hidden + block.mlp(block.post_attention_layernorm(hidden))
        return hidden


def _rotated(vectors: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor) -> torch.Tensor:
    """Rotary positions as Llama applies them (2104.09864, halves instead of pairs)."""
    half = vectors.shape[-1] // 2
    return vectors * cos + torch.cat((-vectors[..., half:], vectors[..., :half]), -1) * sin
