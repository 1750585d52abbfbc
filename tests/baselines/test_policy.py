"""The tiny policy and its tokenizer; loading, saving and copying policies; what is refused, and how."""

import warnings
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import (
    GPT2Config,
    GPT2LMHeadModel,
    GPTNeoXConfig,
    GPTNeoXForCausalLM,
    PreTrainedModel,
    Qwen3Config,
    Qwen3ForCausalLM,
)

from synthgym.baselines.policy import Policy, PolicyConfig, load_policy, tiny_policy, tolerates_left_padding
from synthgym.baselines.tokenizer import CHARACTERS, EOS, UNK, character_tokenizer, load_tokenizer
from synthgym.errors import PolicyError, SettingError

TOKENIZER = character_tokenizer()
TEMPLATE = "{% for m in messages %}{{ m['role'] }}: {{ m['content'] }}\n{% endfor %}assistant: "


def from_scratch(architecture: str) -> PreTrainedModel:
    sizes = {"vocab_size": len(TOKENIZER), "eos_token_id": TOKENIZER.eos_token_id}
    if architecture == "gpt2":
        return GPT2LMHeadModel(
            GPT2Config(**sizes, n_embd=32, n_layer=2, n_head=2, n_positions=64, bos_token_id=1)
        )
    wide = {**sizes, "hidden_size": 32, "num_hidden_layers": 2, "intermediate_size": 64, "bos_token_id": None}
    if architecture == "neox":
        return GPTNeoXForCausalLM(GPTNeoXConfig(**wide, num_attention_heads=2))
    return Qwen3ForCausalLM(Qwen3Config(**wide, num_attention_heads=2, num_key_value_heads=1, head_dim=16))


def saved(folder: Path, architecture: str, *, template: str | None = None, pad: bool = True) -> str:
    tokenizer = character_tokenizer()
    tokenizer.chat_template = template
    if not pad:
        tokenizer.pad_token = None
    return Policy(model=from_scratch(architecture), tokenizer=tokenizer, id="x").save(folder).id


# --- tokenizer ---


@settings(max_examples=50, deadline=None)
@given(st.text(alphabet=CHARACTERS, min_size=1, max_size=60))
def test_known_characters_come_back_exactly(text: str) -> None:
    ids = TOKENIZER(text)["input_ids"]
    assert len(ids) == len(text)
    assert TOKENIZER.decode(ids, skip_special_tokens=True) == text


def test_a_saved_tokenizer_is_the_same_tokenizer(tmp_path: Path) -> None:
    TOKENIZER.save_pretrained(tmp_path)
    again = load_tokenizer(tmp_path)
    assert again.get_vocab() == TOKENIZER.get_vocab()
    assert again.decode(again("a  b .\n ,'s")["input_ids"]) == "a  b .\n ,'s"
    assert again(EOS)["input_ids"] == TOKENIZER(EOS)["input_ids"]
    assert (again.padding_side, again.chat_template) == ("left", None)


def test_text_never_becomes_a_special_token() -> None:
    ids = TOKENIZER("<eos><pad>")["input_ids"]
    assert len(ids) == 10
    assert not {TOKENIZER.eos_token_id, TOKENIZER.pad_token_id} & set(ids)


def test_unknown_characters_are_one_unknown_token_each() -> None:
    unknown = TOKENIZER.convert_tokens_to_ids(UNK)
    assert TOKENIZER("aé🙂")["input_ids"] == [*TOKENIZER("a")["input_ids"], unknown, unknown]


def test_padding_is_on_the_left() -> None:
    batch = TOKENIZER(["1", "123"], padding=True)
    assert batch["attention_mask"] == [[0, 0, 1], [1, 1, 1]]
    assert batch["input_ids"][0][:2] == [TOKENIZER.pad_token_id] * 2


# --- the tiny policy ---


def test_the_tiny_policy_has_about_110_000_float32_weights() -> None:
    policy = tiny_policy()
    assert policy.parameters == 113_152
    assert policy.model.dtype == torch.float32
    assert policy.eos_token_ids == [policy.tokenizer.eos_token_id]
    assert not policy.conversational


def test_the_seed_alone_decides_the_weights() -> None:
    torch.manual_seed(5)
    before = torch.get_rng_state()
    first, again, other = (tiny_policy(seed=seed).model.state_dict() for seed in (1, 1, 2))
    assert torch.equal(torch.get_rng_state(), before)
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["model.embed_tokens.weight"], other["model.embed_tokens.weight"])


def test_the_config_shapes_the_policy() -> None:
    small = tiny_policy(PolicyConfig(hidden=32, layers=1, heads=4, feed_forward=48, tied=False))
    untied = 2 * 99 * 32 + 4 * 32 * 32 + 3 * 32 * 48 + 3 * 32
    assert small.parameters == untied


@pytest.mark.parametrize(
    ("shape", "named"), [({"hidden": 66, "heads": 4}, "multiple of 8"), ({"layers": 0}, "layers is 0")]
)
def test_an_impossible_config_says_what_would_be_right(shape: dict[str, Any], named: str) -> None:
    with pytest.raises(SettingError, match=named):
        PolicyConfig(**shape)


# --- save, load, copy ---


def test_a_saved_policy_comes_back(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    policy = tiny_policy(seed=3)
    again = load_policy(policy.save(tmp_path / "policy").id)
    ids = torch.arange(10)[None]
    assert torch.equal(policy.model(ids).logits, again.model(ids).logits)
    assert again.id == str(tmp_path / "policy")
    assert capfd.readouterr() == ("", "")


def test_a_copy_has_its_own_weights() -> None:
    policy = tiny_policy()
    twin = policy.copy()
    ids = torch.arange(10)[None]
    before = policy.model(ids).logits
    assert torch.equal(before, twin.model(ids).logits)
    with torch.no_grad():
        twin.model.model.norm.weight.mul_(2)
    assert torch.equal(before, policy.model(ids).logits)
    assert not torch.equal(before, twin.model(ids).logits)


@pytest.mark.parametrize(("architecture", "template"), [("neox", None), ("qwen3", TEMPLATE), ("qwen3", None)])
def test_any_causal_model_loads_with_a_chat_template_or_without(
    tmp_path: Path, architecture: str, template: str | None
) -> None:
    name = saved(tmp_path, architecture, template=template, pad=False)
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        policy = load_policy(name)
    assert policy.conversational is (template is not None)
    assert policy.tokenizer.pad_token_id == policy.tokenizer.eos_token_id
    assert tolerates_left_padding(policy)


def test_absolute_positions_are_warned_of(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="GPT2LMHeadModel answers differently under left padding"):
        load_policy(saved(tmp_path, "gpt2"))


# --- what is refused ---


@pytest.mark.parametrize("name", ["/nowhere/at/all", "./none", "a/b/c", "", "  ", "two words", "\x00"])
def test_a_wrong_path_is_named(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.HfApi.model_info", _unreachable)
    with pytest.raises(PolicyError, match="right is a folder written by save_pretrained") as caught:
        load_policy(name)
    assert ascii(name) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_id_that_the_hub_does_not_give_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.HfApi.model_info", _unreachable)
    with pytest.raises(
        PolicyError, match=r"'no-such/model'.*asking the hub for it failed \(ConnectionError\)"
    ):
        load_policy("no-such/model")


def _unreachable(*args: object, **kwargs: object) -> None:
    raise ConnectionError("no network in tests")


def test_a_folder_without_a_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match=r"holds no config\.json"):
        load_policy(tmp_path)


def test_a_file_is_not_a_folder(tmp_path: Path) -> None:
    (tmp_path / "model.bin").write_bytes(b"x")
    with pytest.raises(PolicyError, match="there is no folder"):
        load_policy(tmp_path / "model.bin")


@pytest.mark.parametrize("broken", ["model.safetensors", "config.json", "tokenizer.json"])
def test_a_corrupt_file_is_one_clear_line(tmp_path: Path, broken: str) -> None:
    tiny_policy().save(tmp_path)
    (tmp_path / broken).write_text("{ not this")
    with pytest.raises(PolicyError, match="cannot load a policy from") as caught:
        load_policy(tmp_path)
    assert "\n" not in str(caught.value)


def test_a_tokenizer_of_another_model_is_refused(tmp_path: Path) -> None:
    model = tiny_policy().model
    model.resize_token_embeddings(50)
    Policy(model=model, tokenizer=TOKENIZER, id="x").save(tmp_path)
    with pytest.raises(PolicyError, match="99 tokens and the model 50 embeddings"):
        load_policy(tmp_path)


def test_a_tokenizer_that_cannot_end_is_refused(tmp_path: Path) -> None:
    tokenizer = character_tokenizer()
    tokenizer.eos_token = None
    Policy(model=tiny_policy().model, tokenizer=tokenizer, id="x").save(tmp_path)
    with pytest.raises(PolicyError, match="no end-of-sequence token"):
        load_policy(tmp_path)


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(PolicyError, match="cannot save the policy to"):
        tiny_policy().save(tmp_path / "taken" / "below")
