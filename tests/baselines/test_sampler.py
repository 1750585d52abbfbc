"""Sampling is `model.generate`'s, token for token; who takes the fast way; and TRL's rollouts through it."""

import random
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
import torch
from datasets import Dataset
from transformers import GenerationConfig, GPTNeoXConfig, GPTNeoXForCausalLM, PreTrainedModel
from trl import GRPOConfig, GRPOTrainer
from trl.trainer import utils as trl_utils

from synthgym.baselines.fast_sampler import Decoding, sample_fast, supports_fast_sampling
from synthgym.baselines.policy import Policy, PolicyConfig, tiny_policy
from synthgym.baselines.sampler import generate, rollout_func, sample_with_generate, use_fast_sampler
from synthgym.baselines.tiles import fitted_tiles
from synthgym.errors import PolicyError, SettingError

pytestmark = pytest.mark.filterwarnings("ignore:.*is_gradient_checkpointing:FutureWarning")  # read by TRL

PAD, EOS = 0, 1


def peaked(seed: int = 0, **shape: Any) -> Policy:
    """A tiny policy that is as sure of its tokens as a trained one."""
    policy = tiny_policy(PolicyConfig(**shape), seed=seed)
    with torch.no_grad():
        for weight in policy.model.parameters():
            if weight.dim() > 1:
                weight.mul_(4.0)
    return policy


def neox() -> Policy:
    tokenizer = tiny_policy().tokenizer
    torch.manual_seed(0)
    model = GPTNeoXForCausalLM(
        GPTNeoXConfig(
            vocab_size=len(tokenizer),
            hidden_size=32,
            num_hidden_layers=2,
            num_attention_heads=2,
            intermediate_size=64,
            max_position_embeddings=64,
            bos_token_id=None,
            eos_token_id=EOS,
        )
    )
    return Policy(model=model.eval(), tokenizer=tokenizer, id="neox")


def reference(
    model: PreTrainedModel, prompts: Sequence[Sequence[int]], seed: int, decoding: Decoding
) -> list[list[int]]:
    """What transformers itself samples after `torch.manual_seed(seed)`."""
    width = max(map(len, prompts))
    ids = torch.tensor([[PAD] * (width - len(row)) + list(row) for row in prompts])
    mask = torch.tensor([[0] * (width - len(row)) + [1] * len(row) for row in prompts])
    sampling: dict[str, Any] = {"do_sample": True, "temperature": decoding.temperature, "top_k": 0}
    config = GenerationConfig(
        max_new_tokens=decoding.max_new_tokens,
        pad_token_id=PAD,
        eos_token_id=list(decoding.eos_token_ids),
        **({"do_sample": False} if decoding.greedy else sampling),
    )
    torch.manual_seed(seed)
    tokens = model.generate(input_ids=ids, attention_mask=mask, generation_config=config)[:, width:].tolist()
    ends = set(decoding.eos_token_ids)
    return [row[: next((i + 1 for i, t in enumerate(row) if t in ends), len(row))] for row in tokens]


# --- the fast sampler is exact ---

CASES = {
    "grpo": {"distinct": 16, "n": 8, "length": 7, "padded": False, "new": 8},
    "padded": {"distinct": 16, "n": 8, "length": 12, "padded": True, "new": 12},
    "no repeats": {"distinct": 100, "n": 1, "length": 9, "padded": True, "new": 10},
    "one prompt": {"distinct": 1, "n": 8, "length": 30, "padded": False, "new": 16},
    "one row": {"distinct": 1, "n": 1, "length": 5, "padded": False, "new": 16},
    "one token": {"distinct": 3, "n": 5, "length": 1, "padded": False, "new": 1},
    "long": {"distinct": 3, "n": 5, "length": 60, "padded": True, "new": 24},
}


@pytest.mark.parametrize("greedy", [False, True], ids=["sampled", "greedy"])
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_token_ids_and_random_state_are_those_of_generate(case: dict[str, int], greedy: bool) -> None:
    policy, draw = peaked(), random.Random(0)
    for seed, temperature in ((1, 1.0), (2, 0.7), (3, 1.4)):
        distinct = [
            [
                draw.randrange(3, 99)
                for _ in range(draw.randint(1, case["length"]) if case["padded"] else case["length"])
            ]
            for _ in range(case["distinct"])
        ]
        prompts = [ids for ids in distinct for _ in range(case["n"])]
        decoding = Decoding(
            max_new_tokens=case["new"],
            pad_token_id=PAD,
            eos_token_ids=(EOS, 7),
            temperature=temperature,
            greedy=greedy,
        )
        want = reference(policy.model, prompts, seed, decoding)
        state = torch.get_rng_state()
        torch.manual_seed(seed)
        ids, _ = sample_fast(policy.model, prompts, decoding)
        assert ids == want
        assert torch.equal(torch.get_rng_state(), state)


def test_dropping_ended_rows_changes_nothing() -> None:
    policy = peaked()
    prompts = [[3 + index % 90, 5, 9] for index in range(300)]
    decoding = Decoding(max_new_tokens=40, pad_token_id=PAD, eos_token_ids=tuple(range(1, 30)))
    ids, _ = sample_fast(policy.model, prompts, decoding, torch.Generator().manual_seed(4))
    lengths = sorted(map(len, ids))
    assert lengths[150] < lengths[-1]  # most rows end long before the last one
    assert ids == reference(policy.model, prompts, 4, decoding)


def test_other_shapes_are_exact_too() -> None:
    policy = peaked(hidden=96, heads=3, layers=3, feed_forward=160)
    prompts = [[4 + index % 9] * (1 + index % 9) for index in range(90)]
    decoding = Decoding(max_new_tokens=10, pad_token_id=PAD, eos_token_ids=(EOS,))
    ids, _ = sample_fast(policy.model, prompts, decoding, torch.Generator().manual_seed(4))
    assert ids == reference(policy.model, prompts, 4, decoding)


def test_logprobs_are_those_of_the_sampled_tokens() -> None:
    policy = peaked()
    prompts = [[5, 6, 7], [8, 9], [8, 9]]
    for greedy, temperature in ((False, 0.7), (True, 1.0)):
        decoding = Decoding(
            max_new_tokens=6,
            pad_token_id=PAD,
            eos_token_ids=(EOS,),
            temperature=temperature,
            greedy=greedy,
        )
        for sample in (sample_fast, sample_with_generate):
            ids, logprobs = sample(policy.model, prompts, decoding, torch.Generator().manual_seed(0))
            for prompt, row, values in zip(prompts, ids, logprobs, strict=True):
                logits = policy.model(torch.tensor([[*prompt, *row]])).logits[0, len(prompt) - 1 : -1]
                want = (logits / temperature).log_softmax(-1)[range(len(row)), row]
                assert torch.allclose(torch.tensor(values), want, atol=1e-5)


# --- generate ---


@pytest.mark.parametrize("make", [peaked, neox])
def test_generate_is_reproduced_by_its_seed_and_leaves_the_global_stream_alone(make: Any) -> None:
    policy = make()
    torch.manual_seed(11)
    state = torch.get_rng_state()
    first, again, other = (
        generate(policy, ["12=", "345="], n=3, max_new_tokens=5, seed=seed) for seed in (1, 1, 2)
    )
    assert first == again
    assert first.completion_ids != other.completion_ids
    assert torch.equal(torch.get_rng_state(), state)
    prompts = [policy.tokenizer(text)["input_ids"] for text in ("12=", "345=") for _ in range(3)]
    decoding = Decoding(max_new_tokens=5, pad_token_id=PAD, eos_token_ids=(EOS,))
    assert first.completion_ids == reference(policy.model, prompts, 1, decoding)
    assert first.prompt_ids == prompts
    assert first.texts == [
        policy.tokenizer.decode(ids, skip_special_tokens=True) for ids in first.completion_ids
    ]


@pytest.mark.parametrize("make", [peaked, neox])
def test_a_generator_goes_on_where_it_stopped(make: Any) -> None:
    policy, stream = make(), torch.Generator().manual_seed(3)
    first, second = (generate(policy, ["12="], n=4, max_new_tokens=5, generator=stream) for _ in range(2))
    assert first.completion_ids == generate(policy, ["12="], n=4, max_new_tokens=5, seed=3).completion_ids
    assert second.completion_ids != first.completion_ids


def test_chunks_keep_the_order_of_prompts() -> None:
    policy = peaked()
    prompts = [f"{number}=" for number in range(50)]
    whole = generate(policy, prompts, n=2, max_new_tokens=4, greedy=True)
    chunked = generate(policy, prompts, n=2, max_new_tokens=4, greedy=True, batch_size=7)
    assert chunked.completion_ids == whole.completion_ids
    assert chunked.prompt_ids == whole.prompt_ids


def test_temperature_zero_is_greedy() -> None:
    policy = peaked()
    assert generate(policy, ["1"], max_new_tokens=5, temperature=0.0) == generate(
        policy, ["1"], max_new_tokens=5, greedy=True
    )


def test_prompts_are_texts_ids_or_message_lists(tmp_path: Path) -> None:
    policy = peaked()
    message = [{"role": "user", "content": "1+1"}]
    with pytest.raises(PolicyError, match="no chat template"):
        generate(policy, [message], max_new_tokens=2)
    policy.tokenizer.chat_template = "{% for m in messages %}<{{ m['content'] }}>{% endfor %}"
    ids = policy.tokenizer("<1+1>")["input_ids"]
    answers = [
        generate(policy, [prompt], max_new_tokens=4, greedy=True) for prompt in (message, "<1+1>", ids)
    ]
    assert answers[0] == answers[1] == answers[2]
    assert answers[0].prompt_ids == [ids]


def test_no_prompts_give_no_completions() -> None:
    empty = generate(peaked(), [], max_new_tokens=3)
    assert (empty.completion_ids, empty.texts) == ([], [])


def test_a_model_in_training_stays_in_training() -> None:
    policy = peaked()
    policy.model.train()
    generate(policy, ["1"], max_new_tokens=2)
    assert policy.model.training


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"n": 0}, "n is 0"),
        ({"max_new_tokens": 0}, "max_new_tokens is 0"),
        ({"temperature": -1.0}, "temperature is -1.0"),
        ({"temperature": float("nan")}, "temperature is nan"),
        ({"batch_size": 0}, "batch_size is 0"),
        ({"seed": 1, "generator": torch.Generator()}, "both seed and generator"),
    ],
)
def test_wrong_settings_are_named(settings: dict[str, Any], named: str) -> None:
    with pytest.raises(SettingError, match=named):
        generate(tiny_policy(), ["1"], **{"max_new_tokens": 4, **settings})


def test_prompts_that_cannot_be_read_are_named() -> None:
    policy = tiny_policy(PolicyConfig(max_positions=16))
    with pytest.raises(PolicyError, match="prompt 1 has no tokens"):
        generate(policy, ["1", ""], max_new_tokens=4)
    with pytest.raises(PolicyError, match="reads 16 positions"):
        generate(policy, ["1" * 13], max_new_tokens=4)


# --- who takes the fast way ---


def test_the_tiny_policy_is_sampled_fast() -> None:
    assert supports_fast_sampling(tiny_policy().model)
    assert supports_fast_sampling(tiny_policy(PolicyConfig(tied=False)).model)


def _change(name: str, value: Any) -> Any:
    def change(model: PreTrainedModel) -> None:
        setattr(model.config, name, value)

    return change


def _dropout(model: PreTrainedModel) -> None:
    model.config.attention_dropout = 0.1
    model.train()


def _top_k(model: PreTrainedModel) -> None:
    model.generation_config.top_k = 5


@pytest.mark.parametrize(
    "change",
    [
        lambda model: model.double(),
        lambda model: model.to(torch.bfloat16),
        lambda model: model.set_attn_implementation("eager"),
        _change("num_key_value_heads", 1),
        _change("hidden_size", 4096),
        lambda model: setattr(model.model.rotary_emb, "rope_type", "linear"),
        _dropout,
        _top_k,
    ],
    ids=["double", "bfloat16", "eager", "shared heads", "wide", "scaled positions", "dropout", "top_k"],
)
def test_what_could_differ_is_left_to_generate(change: Any) -> None:
    model = tiny_policy().model
    change(model)
    assert not supports_fast_sampling(model)


def test_other_architectures_and_subclasses_are_left_to_generate() -> None:
    class Changed(type(tiny_policy().model)):  # type: ignore[misc]
        pass

    assert not supports_fast_sampling(neox().model)
    assert not supports_fast_sampling(Changed(tiny_policy().model.config))


# --- as TRL's rollout ---


def _reward(completions: list[str], **columns: Any) -> list[float]:
    return [text.count("1") + 0.1 * len(text) for text in completions]


def trainer_of(policy: Policy, folder: Path, **changes: Any) -> GRPOTrainer:
    settings: dict[str, Any] = {
        "output_dir": str(folder),
        "per_device_train_batch_size": 32,
        "num_generations": 4,
        "max_completion_length": 6,
        "max_steps": 4,
        "learning_rate": 1e-3,
        "bf16": False,
        "use_cpu": True,
        "activation_checkpointing": False,
        "save_strategy": "no",
        "report_to": "none",
        "logging_strategy": "no",
        "disable_tqdm": True,
        "dataloader_pin_memory": False,
    }
    prompts = [f"{number}=" for number in range(95, 135)]
    return GRPOTrainer(
        model=policy.model,
        processing_class=policy.tokenizer,
        reward_funcs=_reward,
        args=GRPOConfig(**{**settings, **changes}),
        train_dataset=Dataset.from_dict({"prompt": prompts}),
    )


def weights(policy: Policy) -> torch.Tensor:
    return torch.cat([weight.detach().flatten() for weight in policy.model.parameters()])


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {
            "temperature": 0.8,
            "steps_per_generation": 2,
            "num_iterations": 2,
            "per_device_train_batch_size": 16,
        },
    ],
    ids=["plain", "buffered"],
)
def test_a_grpo_run_is_the_same_with_the_fast_sampler(tmp_path: Path, changes: dict[str, Any]) -> None:
    runs = []
    for fast in (False, True):
        policy = peaked()
        start = weights(policy)
        trainer = trainer_of(policy, tmp_path, **changes)
        if fast:
            assert use_fast_sampler(trainer)
        trainer.train()
        runs.append(weights(policy))
        assert not torch.equal(start, runs[-1])
    assert torch.equal(*runs)


@pytest.mark.parametrize(
    "changes",
    [
        {"top_k": 5},
        {"top_p": 0.9},
        {"min_p": 0.1},
        {"repetition_penalty": 1.1},
        {"generation_kwargs": {"num_beams": 1}},
    ],
    ids=str,
)
def test_settings_that_the_fast_sampler_does_not_know_stay_with_trl(
    tmp_path: Path, changes: dict[str, Any]
) -> None:
    policy = peaked()
    trainer = trainer_of(policy, tmp_path, **changes)
    assert not use_fast_sampler(trainer)
    assert trainer.rollout_func is None
    prompts = ["1=", "1=", "22=", "22="]
    torch.manual_seed(1)
    rollouts = rollout_func(prompts, trainer)
    torch.manual_seed(1)
    want, _ = trainer._generate_single_turn(policy.tokenizer(prompts)["input_ids"], None, {}, 4)
    assert rollouts["completion_ids"] == want
    assert rollouts["prompt_ids"] == policy.tokenizer(prompts)["input_ids"]


def test_another_architecture_trains_without_it(tmp_path: Path) -> None:
    trainer = trainer_of(neox(), tmp_path, max_steps=1)
    assert not use_fast_sampler(trainer)
    trainer.train()
    assert trainer.state.global_step == 1


def test_fitted_tiles_change_no_bit(tmp_path: Path) -> None:
    runs = []
    before = trl_utils._CHUNKED_LOGPROB_CHUNK_SIZE
    for fitted in (False, True):
        policy = peaked()
        trainer = trainer_of(policy, tmp_path)
        with fitted_tiles(policy) if fitted else nullcontext():
            assert (trl_utils._CHUNKED_LOGPROB_CHUNK_SIZE == 99) is fitted
            trainer.train()
        runs.append(weights(policy))
    assert torch.equal(*runs)
    assert before == trl_utils._CHUNKED_LOGPROB_CHUNK_SIZE
