"""Any causal language model: read from a folder, with or without a chat template, and left as it was."""

import json
from pathlib import Path

import pytest
import torch

from synthgym.baselines.policy import Policy, load_policy, tiny_policy
from synthgym.baselines.predict import PredictConfig, predict
from synthgym.baselines.tokenizer import character_tokenizer
from synthgym.cli import main
from synthgym.errors import PolicyError

TEMPLATE = (
    "{% for message in messages %}<{{ message['role'] }}>{{ message['content'] }}\n{% endfor %}"
    "{% if add_generation_prompt %}<assistant>{% endif %}"
)


def saved(folder: Path, architecture: str, *, chat: bool) -> Path:
    """A random model of that architecture over characters, as `save_pretrained` writes it."""
    from transformers import GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM

    tokenizer = character_tokenizer()
    ends = {
        "pad_token_id": tokenizer.pad_token_id,
        "eos_token_id": tokenizer.eos_token_id,
        "bos_token_id": None,
    }
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        if architecture == "gpt2":
            shape = GPT2Config(
                vocab_size=len(tokenizer), n_embd=16, n_layer=1, n_head=2, n_positions=128, **ends
            )
            model = GPT2LMHeadModel(shape)
        else:
            llama = LlamaConfig(
                vocab_size=len(tokenizer),
                hidden_size=16,
                intermediate_size=16,
                num_hidden_layers=1,
                num_attention_heads=2,
                num_key_value_heads=1,
                **ends,
            )
            model = LlamaForCausalLM(llama)
    if chat:
        tokenizer.chat_template = TEMPLATE
    model.save_pretrained(str(folder))
    tokenizer.save_pretrained(str(folder))
    return folder


def config(folder: Path, **settings: object) -> PredictConfig:
    small = {"family": "chain_sum", "groups": 8, "group_size": 4, "labels": 64, "max_new_tokens": 6}
    return PredictConfig(**{**small, "model": str(folder), **settings})  # type: ignore[arg-type]


@pytest.mark.parametrize("chat", [False, True])
def test_a_llama_from_a_folder(tmp_path: Path, chat: bool) -> None:
    folder = saved(tmp_path / "model", "llama", chat=chat)
    found = predict(config(folder, template="natural", signal="binary+constant_accepted"))
    assert {row.name for row in found.rows} == {"truth", "constant_accepted", "null"}
    assert found.rows[-1].name == "null"
    assert found.provenance["policy"]["id"] == str(folder)
    assert load_policy(folder).conversational == chat


def test_a_model_with_absolute_positions_is_measured_with_a_warning(tmp_path: Path) -> None:
    folder = saved(tmp_path / "model", "gpt2", chat=False)
    with pytest.warns(UserWarning, match="left padding"):
        found = predict(config(folder))
    assert {row.name for row in found.rows} == {"truth", "null"}


def test_the_policy_is_left_as_it_was(tmp_path: Path) -> None:
    policy = tiny_policy()
    before = {name: weight.clone() for name, weight in policy.model.state_dict().items()}
    state, training = torch.get_rng_state(), policy.model.training
    predict(config(tmp_path, model=None, labels=64), policy=policy)
    assert all(torch.equal(weight, before[name]) for name, weight in policy.model.state_dict().items())
    assert torch.equal(torch.get_rng_state(), state)
    assert policy.model.training == training


def test_a_prompt_longer_than_the_model_reads_is_refused(tmp_path: Path) -> None:
    folder = saved(tmp_path / "model", "gpt2", chat=False)
    with pytest.warns(UserWarning, match="left padding"), pytest.raises(PolicyError, match="128 positions"):
        predict(config(folder, max_new_tokens=126))


def test_from_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = saved(tmp_path / "model", "llama", chat=False)
    words = ["predict", "chain_sum", "--model", str(folder), "--groups", "8", "--labels", "64", "--json"]
    assert main(words) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["settings"]["model"] == str(folder)
    assert {row["name"] for row in found["rows"]} == {"truth", "null"}


def test_a_policy_in_hand_need_not_be_in_a_folder() -> None:
    policy: Policy = tiny_policy()
    small = PredictConfig(family="chain_sum", groups=4, labels=64, max_new_tokens=4)
    assert predict(small, policy=policy).provenance["policy"]["id"] == "tiny-0"
