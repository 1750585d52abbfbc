"""What a frozen policy makes of a completion: its last hidden states, as features for probes."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from synthgym.baselines.policy import Policy
from synthgym.errors import PolicyError, SettingError, shown

if TYPE_CHECKING:
    from synthgym.baselines.sampler import Prompt

_TOKENS_AT_ONCE = 2**16


def hidden_features(
    policy: Policy,
    prompts: "Sequence[Prompt]",
    completions: Sequence[str],
    *,
    batch_size: int | None = None,
    max_tokens: int = 2048,
) -> NDArray[np.float32]:
    """Features (N, 2 d) of N completions, each read after its prompt, d the policy's width.

    The first d are the mean of the last layer's hidden states (after its final norm) over the completion's tokens, 0
    where it has none; the last d the hidden state at the prompt's last token. Rows are padded on the right, where a
    causal model cannot see the padding and positions stay as they are, so a row does not depend on its batch (but for
    rounding). No gradients; dropout is off; the policy is left as it was.

    Args:
        prompts: texts, token ids, or message lists (for a policy with a chat template). One without tokens is read as
            one that starts the text.
        completions: texts; lone surrogates are read as the replacement character.
        batch_size: rows read together; by default as many as fit 65,536 tokens. It changes nothing but the time.
        max_tokens: longest prompt plus completion, or what the model reads if that is less. Of longer ones the
            completion's end is left out, and then the prompt's beginning.

    Raises:
        SettingError: for unequal lengths, or a value below its least. PolicyError: a completion is not text, or the
            policy's hidden states are not finite.
    """
    if len(prompts) != len(completions):
        raise SettingError(f"{len(prompts)} prompts for {len(completions)} completions; one each is needed")
    for name, value, least in (("batch_size", batch_size, 1), ("max_tokens", max_tokens, 2)):
        if value is not None and value < least:
            raise SettingError(f"{name} is {value}; it must be at least {least}")
    import torch

    rows = _encoded(policy, prompts, completions, max_tokens)
    order = sorted(range(len(rows)), key=lambda place: len(rows[place][0]), reverse=True)
    found: NDArray[np.float32] = np.zeros((len(rows), 2 * _width(policy)), dtype=np.float32)
    training = policy.model.training
    policy.model.eval()
    try:
        with torch.inference_mode():
            for chosen in _batches(order, rows, batch_size):
                found[chosen] = _read(policy, [rows[place] for place in chosen])
    finally:
        policy.model.train(training)
    if not np.all(np.isfinite(found)):
        raise PolicyError(
            f"hidden states of {shown(policy.id)} are not finite; load it in float32 or bfloat16"
        )
    return found


def _read(policy: Policy, rows: Sequence[tuple[list[int], int]]) -> NDArray[np.float32]:
    """Features (B, 2 d) of B rows, each its token ids and how many of them are the prompt's."""
    import torch

    model, pad = policy.model, policy.tokenizer.pad_token_id or 0
    width = max(len(ids) for ids, _ in rows)
    ids = torch.tensor([[*row, *[pad] * (width - len(row))] for row, _ in rows], device=model.device)
    sizes = torch.tensor([len(row) for row, _ in rows], device=model.device)
    starts = torch.tensor([start for _, start in rows], device=model.device)
    places = torch.arange(width, device=model.device)
    mask = (places < sizes[:, None]).long()
    states = _last_states(model, ids, mask).float()
    said = ((places >= starts[:, None]) & (places < sizes[:, None])).to(states.dtype)
    mean = torch.einsum("bt,btd->bd", said, states) / said.sum(1, keepdim=True).clamp(min=1)
    asked = states[torch.arange(len(rows), device=model.device), starts - 1]
    features: NDArray[np.float32] = torch.cat([mean, asked], dim=1).cpu().numpy()
    return features


def _last_states(model: Any, ids: Any, mask: Any) -> Any:
    """Last hidden states (B, T, d); from the body alone where it has one, which spares the scores of a vocabulary."""
    body = model.base_model
    if body is not model:
        states = getattr(body(input_ids=ids, attention_mask=mask, use_cache=False), "last_hidden_state", None)
        if states is not None:
            return states
    return model(
        input_ids=ids, attention_mask=mask, use_cache=False, output_hidden_states=True
    ).hidden_states[-1]


def _encoded(
    policy: Policy, prompts: "Sequence[Prompt]", completions: Sequence[str], max_tokens: int
) -> list[tuple[list[int], int]]:
    """Each row's token ids, and how many of them are the prompt's."""
    from synthgym.baselines.sampler import encode_prompts

    for text in completions:
        if not isinstance(text, str):
            raise PolicyError(f"a completion is {shown(text)}; text is needed")
    asked = encode_prompts(
        policy, [_clean(prompt) if isinstance(prompt, str) else prompt for prompt in prompts]
    )
    told = (
        policy.tokenizer([_clean(text) for text in completions], add_special_tokens=False)["input_ids"]
        if completions
        else []
    )
    limit = getattr(policy.model.config.get_text_config(), "max_position_embeddings", None)
    room = min(max_tokens, limit or max_tokens)
    start = policy.tokenizer.bos_token_id
    start = policy.tokenizer.eos_token_id if start is None else start
    rows = []
    for prompt, completion in zip(asked, told, strict=True):
        head = prompt or [start]
        kept = completion[: max(room - len(head), room // 2)]
        head = head[-(room - len(kept)) :]
        rows.append((head + list(kept), len(head)))
    return rows


def _batches(
    order: Sequence[int], rows: Sequence[tuple[list[int], int]], batch_size: int | None
) -> list[list[int]]:
    """Places of rows of like length, the longest first."""
    batches = []
    start = 0
    while start < len(order):
        size = batch_size or max(1, _TOKENS_AT_ONCE // len(rows[order[start]][0]))
        batches.append(list(order[start : start + size]))
        start += size
    return batches


def _width(policy: Policy) -> int:
    return int(policy.model.config.get_text_config().hidden_size)


def _clean(text: str) -> str:
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
