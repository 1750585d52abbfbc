"""Sampling completions: for evaluation, loops and probes (`generate`), and as a TRL trainer's rollouts.

Where `fast_sampler` is exact it is used; every other model goes through `model.generate`. Either way the token ids are
those of `model.generate` under the same seed.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from synthgym.baselines.fast_sampler import Decoding, padded, sample_fast, supports_fast_sampling
from synthgym.baselines.policy import Policy
from synthgym.errors import PolicyError, SettingError, shown

if TYPE_CHECKING:
    from transformers import PreTrainedModel
    from trl import GRPOTrainer

_TOKENS_AT_ONCE = 2**17

Prompt = str | Sequence[int] | Sequence[dict[str, str]]


@dataclass(frozen=True, kw_only=True)
class Completions:
    """B = prompts * n completions; those of prompt p are the rows p * n to p * n + n - 1."""

    prompt_ids: list[list[int]]
    """Token ids of each row's prompt, without padding."""
    completion_ids: list[list[int]]
    """The sampled ids, the end-of-sequence token included where it was sampled."""
    texts: list[str]
    """The completions as text, special tokens left out."""
    logprobs: list[list[float]]
    """Natural log-probability of each sampled token, at the sampling temperature (at 1 if greedy)."""


def generate(
    policy: Policy,
    prompts: Sequence[Prompt],
    *,
    n: int = 1,
    max_new_tokens: int,
    temperature: float = 1.0,
    greedy: bool = False,
    seed: int | None = None,
    generator: torch.Generator | None = None,
    batch_size: int | None = None,
) -> Completions:
    """Sample `n` completions of each prompt.

    Args:
        prompts: texts, token ids, or message lists (for a policy with a chat template).
        max_new_tokens: longest completion, in tokens.
        temperature: the scores are divided by it; 0 is greedy.
        greedy: take the most probable token instead of sampling.
        seed: of a random stream of this call's own.
        generator: the stream to draw from; without it and without a seed, torch's global one.
        batch_size: rows sampled together; by default as many as fit 131,072 tokens. It decides which draws go to
            which row, so a result is reproduced by seed *and* batch size.

    Raises:
        SettingError: a value outside its range. PolicyError: a prompt without tokens, or longer than the model reads.
    """
    _check_settings(n, max_new_tokens, temperature, batch_size, seed, generator)
    decoding = Decoding(
        max_new_tokens=max_new_tokens,
        pad_token_id=policy.tokenizer.pad_token_id,
        eos_token_ids=tuple(policy.eos_token_ids),
        temperature=temperature or 1.0,
        greedy=greedy or temperature == 0,
    )
    encoded = encode_prompts(policy, prompts)
    rows = [ids for ids in encoded for _ in range(n)]
    _check_lengths(policy, encoded, max_new_tokens)
    width = max((len(ids) for ids in encoded), default=0) + max_new_tokens
    step = batch_size or max(1, _TOKENS_AT_ONCE // width)
    if seed is not None:
        generator = torch.Generator(device=policy.model.device).manual_seed(seed)
    ids: list[list[int]] = []
    logprobs: list[list[float]] = []
    with _evaluating(policy.model):
        sample = sample_fast if supports_fast_sampling(policy.model) else sample_with_generate
        for start in range(0, len(rows), step):
            more_ids, more_logprobs = sample(policy.model, rows[start : start + step], decoding, generator)
            ids += more_ids
            logprobs += more_logprobs
    texts = policy.tokenizer.batch_decode(ids, skip_special_tokens=True) if ids else []
    return Completions(prompt_ids=rows, completion_ids=ids, texts=texts, logprobs=logprobs)


def encode_prompts(policy: Policy, prompts: Sequence[Prompt]) -> list[list[int]]:
    """Token ids of each prompt, made as TRL makes them (message lists through the chat template)."""
    encoded = []
    for prompt in prompts:
        if isinstance(prompt, str):
            ids = policy.tokenizer(prompt)["input_ids"]
        elif prompt and isinstance(prompt[0], dict):
            if not policy.conversational:
                raise PolicyError(f"{policy.id} has no chat template: give it texts, not message lists")
            ids = policy.tokenizer.apply_chat_template(
                list(prompt), add_generation_prompt=True, tokenize=True, return_dict=True
            )["input_ids"]
        else:
            ids = prompt
        encoded.append([int(token) for token in ids])
    return encoded


def sample_with_generate(
    model: "PreTrainedModel",
    prompts: Sequence[Sequence[int]],
    decoding: Decoding,
    generator: torch.Generator | None = None,
) -> tuple[list[list[int]], list[list[float]]]:
    """`sample_fast` for every other model, by `model.generate`."""
    from transformers import GenerationConfig, LogitsProcessorList

    ids, mask = padded(prompts, decoding.pad_token_id)
    choosing: dict[str, Any] = {"do_sample": False}
    if not decoding.greedy:
        choosing = {"do_sample": True, "temperature": decoding.temperature, "top_k": 0, "top_p": 1.0}
    config = GenerationConfig(
        max_new_tokens=decoding.max_new_tokens,
        pad_token_id=decoding.pad_token_id,
        eos_token_id=list(decoding.eos_token_ids),
        repetition_penalty=1.0,
        disable_compile=True,
        **choosing,
    )
    recorder = _LogprobRecorder(1.0 if decoding.greedy else decoding.temperature)
    with _drawing_from(generator, model.device):
        both = model.generate(
            input_ids=ids.to(model.device),
            attention_mask=mask.to(model.device),
            generation_config=config,
            logits_processor=LogitsProcessorList([recorder]),
        )
    tokens = both[:, ids.shape[1] :]
    ended = torch.isin(tokens, torch.tensor(decoding.eos_token_ids, device=tokens.device))
    sizes = torch.where(ended.any(1), ended.int().argmax(1) + 1, tokens.shape[1]).tolist()
    return (
        [row[:size] for row, size in zip(tokens.tolist(), sizes, strict=True)],
        [row[:size] for row, size in zip(recorder.logprobs(tokens).tolist(), sizes, strict=True)],
    )


class _LogprobRecorder:
    """A logits processor that changes nothing and keeps each sampled token's log-probability.

    It sees the scores before the token is drawn, so each step looks up the token of the step before.
    """

    def __init__(self, temperature: float) -> None:
        self.temperature, self.last, self.columns = temperature, torch.empty(0), list[torch.Tensor]()

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        if len(self.last):
            self.columns.append(self.last.gather(1, input_ids[:, -1:]))
        self.last = (scores.float() / self.temperature).log_softmax(-1)
        return scores

    def logprobs(self, tokens: torch.Tensor) -> torch.Tensor:
        """Log-probabilities (B, T) of the tokens (B, T) that were drawn in the end."""
        return torch.cat([*self.columns, self.last.gather(1, tokens[:, -1:])], 1)


def use_fast_sampler(trainer: "GRPOTrainer") -> bool:
    """Let a TRL trainer sample through `rollout_func` where that is exact; whether it does.

    It is set after construction, where TRL does not warn of its experimental status.
    """
    if not (_samples_plainly(trainer) and supports_fast_sampling(trainer.model)):
        return False
    trainer.rollout_func = rollout_func
    return True


def rollout_func(prompts: list[Any], trainer: "GRPOTrainer") -> dict[str, Any]:
    """TRL 1.16's `rollout_func`: completions of `prompts`, which come repeated `num_generations` times each.

    Log-probabilities are left out (None), as TRL's own path leaves them out: the run stays equal to one without it.
    Uses the private `_tokenize_prompts`, and `_generate_single_turn` where fast sampling is not exact.
    """
    prompt_ids, images, fields = trainer._tokenize_prompts(prompts)
    logprobs = None
    if not fields and _samples_plainly(trainer) and supports_fast_sampling(trainer.model):
        decoding = Decoding(
            max_new_tokens=trainer.max_completion_length,
            pad_token_id=trainer.processing_class.pad_token_id,
            eos_token_ids=tuple(trainer.eos_token_ids),
            temperature=trainer.temperature,
        )
        completion_ids, _ = sample_fast(trainer.model, prompt_ids, decoding)
    else:
        group = trainer.num_generations if trainer.model.training else trainer.num_generations_eval
        completion_ids, logprobs = trainer._generate_single_turn(prompt_ids, images, fields, group)
    return {"prompt_ids": prompt_ids, "completion_ids": completion_ids, "logprobs": logprobs}


def _samples_plainly(trainer: "GRPOTrainer") -> bool:
    """Whether the trainer's settings ask for nothing but a temperature, in one precision, on whole weights."""
    args = trainer.args
    return (
        trainer.accelerator.distributed_type.value in ("NO", "MULTI_CPU")
        and (trainer.top_p, trainer.repetition_penalty) == (1.0, 1.0)
        and not (trainer.top_k or trainer.min_p or args.generation_kwargs or args.cache_implementation)
        and not (args.use_vllm or args.use_transformers_continuous_batching or args.bf16 or args.fp16)
        and not (trainer.pad_to_multiple_of or trainer.tools)
    )


@contextmanager
def _drawing_from(generator: torch.Generator | None, device: torch.device) -> Iterator[None]:
    """Make torch's global stream the generator's for a while: `model.generate` takes no generator."""
    if generator is None:
        yield
        return
    on_gpu = device.type == "cuda"
    with torch.random.fork_rng(devices=[device] if on_gpu else []):
        if on_gpu:
            torch.cuda.set_rng_state(generator.get_state(), device)
        else:
            torch.set_rng_state(generator.get_state())
        yield
        generator.set_state(torch.cuda.get_rng_state(device) if on_gpu else torch.get_rng_state())


@contextmanager
def _evaluating(model: "PreTrainedModel") -> Iterator[None]:
    """Switch dropout off, and back to what it was."""
    training = model.training
    model.eval()
    try:
        yield
    finally:
        model.train(training)


def _check_settings(
    n: int,
    max_new_tokens: int,
    temperature: float,
    batch_size: int | None,
    seed: int | None,
    generator: torch.Generator | None,
) -> None:
    for name, value in (("n", n), ("max_new_tokens", max_new_tokens), ("batch_size", batch_size)):
        if value is not None and value < 1:
            raise SettingError(f"{name} is {value}; it must be at least 1")
    if not 0 <= temperature < float("inf"):
        raise SettingError(f"temperature is {temperature}; it must be a finite number, 0 (greedy) or more")
    if seed is not None and generator is not None:
        raise SettingError("both seed and generator are given; give one")


def _check_lengths(policy: Policy, encoded: Sequence[Sequence[int]], max_new_tokens: int) -> None:
    limit = getattr(policy.model.config.get_text_config(), "max_position_embeddings", None)
    for index, ids in enumerate(encoded):
        if not ids:
            raise PolicyError(
                f"prompt {index} has no tokens for {shown(policy.id)}; a prompt needs at least one"
            )
        if limit and len(ids) + max_new_tokens > limit:
            raise PolicyError(
                f"prompt {index} has {len(ids)} tokens and max_new_tokens is {max_new_tokens}; "
                f"{shown(policy.id)} reads {limit} positions in all"
            )
