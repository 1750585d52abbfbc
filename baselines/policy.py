"""Policies: a from-scratch tiny one, and any causal language model by path or hub id.

The tiny policy is Llama-type (rotary positions) because TRL's GRPO loss passes no position ids: with left padding, a
model with *absolute* positions (GPT-2 and its kin) is trained at other positions than it sampled at. `load_policy`
detects that by behaviour and warns; such a model samples correctly and is trained wrongly.
"""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from synthgym.baselines.tokenizer import character_tokenizer, load_tokenizer
from synthgym.errors import PolicyError, SettingError, shown

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

_RIGHT_PATH = "right is a folder written by save_pretrained, or the hub id of a causal language model"


@dataclass(frozen=True, kw_only=True)
class PolicyConfig:
    """The shape of a from-scratch policy; the default has 113,152 parameters."""

    hidden: int = 64
    """Width of the residual stream; a multiple of 2 * heads."""
    layers: int = 2
    """Number of transformer blocks."""
    heads: int = 2
    """Attention heads a block."""
    feed_forward: int = 192
    """Width of the gated feed-forward layer."""
    tied: bool = True
    """Whether the output layer shares the embedding's weights."""
    max_positions: int = 2048
    """Longest prompt plus completion, in tokens; rotary positions cost no parameters."""
    initial_std: float = 0.05
    """Standard deviation of the initial weights; 0.05 learns in about three quarters of the steps that 0.02 takes."""

    def __post_init__(self) -> None:
        for name in ("hidden", "layers", "heads", "feed_forward", "max_positions"):
            if getattr(self, name) < 1:
                raise SettingError(f"{name} is {getattr(self, name)}; it must be at least 1")
        if self.hidden % (2 * self.heads):
            raise SettingError(
                f"hidden is {self.hidden}; with {self.heads} heads it must be a multiple of {2 * self.heads}"
            )


@dataclass(frozen=True, kw_only=True)
class Policy:
    """A causal language model with its tokenizer, and the name it goes by in logs."""

    model: "PreTrainedModel"
    tokenizer: "PreTrainedTokenizerBase"
    id: str

    @property
    def conversational(self) -> bool:
        """Whether prompts reach the model through a chat template (then they are message lists)."""
        return getattr(self.tokenizer, "chat_template", None) is not None

    @property
    def parameters(self) -> int:
        """Number of trainable and frozen weights."""
        return sum(weight.numel() for weight in self.model.parameters())

    @property
    def eos_token_ids(self) -> list[int]:
        """Every token that ends a completion: the tokenizer's, and those that the model declares."""
        declared = self.model.generation_config.eos_token_id
        declared = [] if declared is None else [declared] if isinstance(declared, int) else list(declared)
        return list(dict.fromkeys([self.tokenizer.eos_token_id, *declared]))

    def copy(self) -> "Policy":
        """An independent policy with equal weights.

        Never `copy.deepcopy` a model that a TRL trainer has held: the trainer replaces `model.forward`, and the
        copy's would still run the original's weights.
        """
        import torch

        model = self.model
        with torch.random.fork_rng(devices=[]):
            twin = type(model)(deepcopy(model.config))
        twin.to(device=model.device, dtype=model.dtype)
        twin.load_state_dict(model.state_dict())
        twin.generation_config = deepcopy(model.generation_config)
        twin.train(model.training)
        return Policy(model=twin, tokenizer=self.tokenizer, id=self.id)

    def save(self, path: str | Path) -> "Policy":
        """Write model and tokenizer to the folder `path`; the policy returned goes by that path."""
        try:
            with _no_progress_bars():
                self.model.save_pretrained(str(path))
                self.tokenizer.save_pretrained(str(path))
        except OSError as error:
            raise PolicyError(f"cannot save the policy to {shown(str(path))}: {error}") from error
        return Policy(model=self.model, tokenizer=self.tokenizer, id=str(path))


def tiny_policy(config: PolicyConfig | None = None, *, seed: int = 0) -> Policy:
    """A from-scratch Llama-type policy over characters, in float32 on the CPU; equal seeds give equal weights."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    shape = config or PolicyConfig()
    tokenizer = character_tokenizer()
    llama = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=shape.hidden,
        intermediate_size=shape.feed_forward,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        num_key_value_heads=shape.heads,
        max_position_embeddings=shape.max_positions,
        tie_word_embeddings=shape.tied,
        initializer_range=shape.initial_std,
        pad_token_id=tokenizer.pad_token_id,
        eos_token_id=tokenizer.eos_token_id,
        bos_token_id=None,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = LlamaForCausalLM(llama).float()
    return Policy(model=model.eval(), tokenizer=tokenizer, id=f"tiny-{seed}")


def load_policy(path_or_id: str | Path, *, dtype: str = "float32") -> Policy:
    """A causal language model and its tokenizer, from a folder or the hub.

    A tokenizer without a pad token pads with its end-of-sequence token. Warns where TRL would train the model at
    wrong positions (see the module).

    Args:
        path_or_id: a folder written by `save_pretrained`, or a hub id such as "Qwen/Qwen3-0.6B".
        dtype: the weights' type, as transformers names it ("float32", "bfloat16", "auto").

    Raises:
        PolicyError: nothing loadable is there; the message names the value and what would be right.
    """
    from transformers import AutoModelForCausalLM

    name = str(Path(path_or_id).expanduser()) if str(path_or_id).startswith("~") else str(path_or_id)
    _check_path(name)
    try:
        with _no_progress_bars():
            model = AutoModelForCausalLM.from_pretrained(name, dtype=dtype)
            tokenizer = load_tokenizer(name)
    except Exception as error:  # transformers, safetensors and tokenizers raise whatever they met
        reason = " ".join(str(error).split())[:200]
        raise PolicyError(f"cannot load a policy from {shown(name)}: {reason}; {_RIGHT_PATH}") from error
    policy = Policy(model=model.eval(), tokenizer=tokenizer, id=name)
    _check_tokenizer(policy)
    if not tolerates_left_padding(policy):
        warnings.warn(
            f"{name}: {type(model).__name__} answers differently under left padding (absolute positions, or no "
            "attention mask); TRL's GRPO loss pads on the left and passes no positions, so training it is wrong; "
            "take a model with rotary positions, or prompts of one length",
            stacklevel=2,
        )
    return policy


def tolerates_left_padding(policy: Policy) -> bool:
    """Whether left padding leaves the next-token scores alone when no position ids are passed, as in TRL's loss."""
    import torch

    model, pad = policy.model, policy.tokenizer.pad_token_id
    vocabulary = model.get_input_embeddings().weight.shape[0]
    tokens = [(7 * index + 3) % vocabulary for index in range(5)]
    plain = torch.tensor([tokens], device=model.device)
    padded = torch.tensor([[pad] * 3 + tokens], device=model.device)
    mask = torch.tensor([[0] * 3 + [1] * 5], device=model.device)
    with torch.inference_mode():
        want = model(input_ids=plain, attention_mask=torch.ones_like(plain)).logits[0, -1].float()
        got = model(input_ids=padded, attention_mask=mask).logits[0, -1].float()
    rounding = max(1e-3, 8 * torch.finfo(model.dtype).eps)
    return bool((want - got).abs().max() <= rounding * want.abs().max())


def _check_path(name: str) -> None:
    """Settle a wrong value at once and in one line: `from_pretrained` asks an absent hub six times."""
    path = Path(name)
    if not name.strip():
        raise PolicyError(f"{shown(name)} names no policy; {_RIGHT_PATH}")
    if path.is_dir():
        if not (path / "config.json").is_file():
            raise PolicyError(f"the folder {shown(name)} holds no config.json; {_RIGHT_PATH}")
    elif path.exists() or name.startswith((".", "/")) or name.count("/") > 1 or "\\" in name:
        raise PolicyError(f"there is no folder {shown(name)}; {_RIGHT_PATH}")
    else:
        _check_hub(name)


def _check_hub(name: str) -> None:
    """Refuse an id that is neither in the hub's local cache nor on the hub."""
    from huggingface_hub import HfApi, try_to_load_from_cache

    try:
        if isinstance(try_to_load_from_cache(name, "config.json"), str):
            return
        HfApi().model_info(name, timeout=10)
    except Exception as error:  # the hub's client raises its own errors, its HTTP library's, and ValueError
        reason = f"there is no such folder, and asking the hub for it failed ({type(error).__name__})"
        raise PolicyError(f"cannot load a policy from {shown(name)}: {reason}; {_RIGHT_PATH}") from error


def _check_tokenizer(policy: Policy) -> None:
    """Refuse a tokenizer that cannot pad or end a completion, or that knows tokens the model has no row for."""
    tokenizer, rows = policy.tokenizer, policy.model.get_input_embeddings().weight.shape[0]
    if tokenizer.eos_token_id is None:
        raise PolicyError(
            f"the tokenizer of {shown(policy.id)} has no end-of-sequence token; set its eos_token and save it"
        )
    if len(tokenizer) > rows:
        raise PolicyError(
            f"the tokenizer of {shown(policy.id)} has {len(tokenizer)} tokens and the model {rows} embeddings; "
            "save the pair that was trained together, or call model.resize_token_embeddings"
        )


@contextmanager
def _no_progress_bars() -> Iterator[None]:
    """Keep transformers' bars for reading and writing weights off the terminal."""
    from transformers.utils import logging

    shown_before = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if shown_before:
            logging.enable_progress_bar()
