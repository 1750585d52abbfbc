"""Hidden states as features: independent of the batch, of padding and of the policy's mode; nothing breaks them."""

import numpy as np
import pytest
import torch
from transformers import GPT2Config, GPT2LMHeadModel, Qwen3Config, Qwen3ForCausalLM

from synthgym.baselines.hidden_states import hidden_features
from synthgym.baselines.policy import Policy, PolicyConfig, tiny_policy
from synthgym.baselines.tokenizer import character_tokenizer
from synthgym.errors import PolicyError, SettingError

PROMPTS = ["31=", "a much longer prompt=", "9", "", "12+7=", "31="]
COMPLETIONS = ["13", "", "a longer completion than the others", "x", "\ud800\U0001f600", "13"]
TEMPLATE = "{% for m in messages %}{{ m['role'] }}: {{ m['content'] }}\n{% endfor %}assistant: "


def policies() -> dict[str, Policy]:
    tokenizer = character_tokenizer()
    sizes = {"vocab_size": len(tokenizer), "eos_token_id": tokenizer.eos_token_id, "bos_token_id": None}
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        gpt2 = GPT2LMHeadModel(GPT2Config(**sizes, n_embd=32, n_layer=2, n_head=2, n_positions=64))
        qwen = Qwen3ForCausalLM(
            Qwen3Config(
                **sizes,
                hidden_size=32,
                num_hidden_layers=2,
                intermediate_size=64,
                num_attention_heads=2,
                num_key_value_heads=1,
                head_dim=16,
            )
        )
    return {
        "tiny": tiny_policy(),
        "gpt2": Policy(model=gpt2, tokenizer=tokenizer, id="gpt2"),
        "qwen3": Policy(model=qwen, tokenizer=tokenizer, id="qwen3"),
    }


POLICIES = policies()


@pytest.mark.parametrize("name", POLICIES)
def test_a_row_does_not_depend_on_its_batch(name: str) -> None:
    policy = POLICIES[name]
    found = hidden_features(policy, PROMPTS, COMPLETIONS)
    assert found.dtype == np.float32
    assert found.shape == (6, 2 * policy.model.config.hidden_size)
    for size in (1, 2):
        assert hidden_features(policy, PROMPTS, COMPLETIONS, batch_size=size) == pytest.approx(
            found, abs=1e-5
        )
    assert found[0] == pytest.approx(found[5], abs=1e-5)


@pytest.mark.parametrize("name", POLICIES)
def test_they_are_the_models_own_last_states(name: str) -> None:
    policy = POLICIES[name]
    model = policy.model.eval()
    ids = policy.tokenizer("31=13", return_tensors="pt")["input_ids"]
    with torch.inference_mode():
        states = model(input_ids=ids, output_hidden_states=True).hidden_states[-1][0].numpy()
    found = hidden_features(policy, PROMPTS, COMPLETIONS)[0]
    assert found == pytest.approx(np.concatenate([states[3:].mean(0), states[2]]), abs=1e-5)


def test_an_empty_completion_has_no_mean_and_its_prompt() -> None:
    found = hidden_features(POLICIES["tiny"], ["31=", "31="], ["", "1"])
    assert not found[0, :64].any()
    assert found[0, 64:] == pytest.approx(found[1, 64:], abs=1e-5)
    assert found[0, 64:].any()


def test_the_policy_is_left_as_it_was() -> None:
    model = GPT2LMHeadModel(GPT2Config(vocab_size=99, n_embd=32, n_layer=1, n_head=2, n_positions=64))
    policy = Policy(model=model.train(), tokenizer=character_tokenizer(), id="dropout")
    first, second = (hidden_features(policy, PROMPTS, COMPLETIONS) for _ in range(2))
    assert np.array_equal(first, second)
    assert model.training
    assert all(weight.grad is None and weight.requires_grad for weight in model.parameters())


def test_what_is_too_long_loses_the_completions_end_and_then_the_prompts_beginning() -> None:
    policy = tiny_policy(PolicyConfig(hidden=8, layers=1, heads=1, feed_forward=8, max_positions=16))
    long = hidden_features(policy, ["12=", "0" * 10**4 + "12="], ["7" * 10**5, "7" * 10**4])
    assert long[0] == pytest.approx(hidden_features(policy, ["12="], ["7" * 13])[0], abs=1e-5)
    assert long[1] == pytest.approx(hidden_features(policy, ["0000012="], ["7" * 8])[0], abs=1e-5)
    assert np.all(np.isfinite(long))
    short = hidden_features(POLICIES["tiny"], ["12="], ["7" * 50], max_tokens=10)
    assert short[0] == pytest.approx(hidden_features(POLICIES["tiny"], ["12="], ["7" * 7])[0], abs=1e-5)


def test_messages_go_through_the_chat_template() -> None:
    tokenizer = character_tokenizer()
    tokenizer.chat_template = TEMPLATE
    policy = Policy(model=POLICIES["tiny"].model, tokenizer=tokenizer, id="chat")
    asked = [{"role": "user", "content": "31="}]
    found = hidden_features(policy, [asked, "user: 31=\nassistant: "], ["13", "13"])
    assert found[0] == pytest.approx(found[1], abs=1e-5)
    with pytest.raises(PolicyError, match="no chat template"):
        hidden_features(POLICIES["tiny"], [asked], ["13"])


def test_nothing_gives_nothing() -> None:
    assert hidden_features(POLICIES["tiny"], [], []).shape == (0, 128)


def test_states_that_are_not_finite_are_refused() -> None:
    policy = tiny_policy().copy()
    with torch.no_grad():
        policy.model.get_input_embeddings().weight.fill_(float("nan"))
    with pytest.raises(PolicyError, match="not finite"):
        hidden_features(policy, ["1="], ["1"])


@pytest.mark.parametrize(
    ("prompts", "completions", "settings", "said"),
    [
        (["a"], [], {}, "1 prompts for 0 completions"),
        (["a"], ["b"], {"batch_size": 0}, "batch_size is 0"),
        (["a"], ["b"], {"max_tokens": 1}, "max_tokens is 1"),
    ],
)
def test_wrong_settings_are_refused(
    prompts: list[str], completions: list[str], settings: dict[str, int], said: str
) -> None:
    with pytest.raises(SettingError, match=said):
        hidden_features(POLICIES["tiny"], prompts, completions, **settings)


def test_a_completion_that_is_no_text_is_refused() -> None:
    with pytest.raises(PolicyError, match="a completion is None"):
        hidden_features(POLICIES["tiny"], ["a"], [None])  # type: ignore[list-item]
