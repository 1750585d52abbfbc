"""The tiny policy that calls a tool."""

import pytest

from synthgym.baselines.policy import tiny_policy
from synthgym.baselines.tool_policy import tool_policy, with_tool_calls

CALL = {"type": "function", "function": {"name": "submit", "arguments": {"answer": "T"}}}


def test_the_template_renders_a_conversation_with_tools() -> None:
    tokenizer = with_tool_calls(tiny_policy().tokenizer)
    messages = [
        {"role": "user", "content": "T&F?"},
        {"role": "assistant", "content": "", "tool_calls": [CALL]},
        {"role": "tool", "name": "submit", "content": "-?"},
        {"role": "assistant", "content": "."},
    ]
    assert tokenizer.apply_chat_template(messages, tokenize=False) == ">T&F?\nsubmit:T;\n<-?\n."


def test_trl_finds_it_fit_for_tools_and_reads_its_calls() -> None:
    templates = pytest.importorskip("trl.chat_template_utils")
    tokenizer = with_tool_calls(tiny_policy().tokenizer)
    assert templates.supports_tool_calling(tokenizer)
    assert templates.is_chat_template_prefix_preserving(tokenizer)
    prefix = tokenizer.encode(">T&F?\n")
    for text, calls in (("submit:T;", [CALL]), (".", None), ("submit:T", [CALL])):
        ids = [*tokenizer.encode(text), tokenizer.eos_token_id]
        assert templates.parse_response(tokenizer, ids, prefix=prefix).get("tool_calls") == calls


@pytest.mark.slow
def test_the_warm_up_teaches_the_form_of_a_call() -> None:
    policy = tool_policy(["T&F?"], ["T", "F"], steps=60)
    tokenizer = policy.tokenizer
    ids = tokenizer(">T&F?\n", return_tensors="pt")
    written = policy.model.generate(**ids, max_new_tokens=12, do_sample=False)[0, ids["input_ids"].shape[1] :]
    assert tokenizer.decode(written, skip_special_tokens=True) in ("submit:T;", "submit:F;")
