"""A tiny policy that calls the tool `submit`, for trying multi-turn training on a CPU: ``submit:T;`` hands in T.

Its chat template renders a call as ``submit:T;``, a tool's answer behind ``<`` and a user's words behind ``>``, and
its tokenizer reads the call back (`response_template`), which is all that TRL's tool loop asks of a model. The
warm-up teaches the form of a call and which answers there are, and nothing about which of them is right; after a
refusal it tries again in half of the episodes.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from synthgym.baselines.policy import Policy, PolicyConfig, tiny_policy

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedTokenizerBase

TEMPLATE = """\
{%- for m in messages -%}
{%- if m['role'] == 'user' -%}{{ '>' + m['content'] + '\\n' }}
{%- elif m['role'] == 'tool' -%}{{ '\\n<' + m['content'] + '\\n' }}
{%- else -%}{{ m['content'] or '' }}
{%- for c in m['tool_calls'] or [] -%}
{{ c['function']['name'] }}{% for k, v in c['function']['arguments'].items() %}
{{- (':' if k == 'answer' else ':' + k + '=') + v + ';' }}{% endfor %}
{%- endfor -%}{%- endif -%}
{%- endfor -%}"""
_CALLS = {
    "defaults": {"role": "assistant"},
    "start_anchor": "\n",
    "fields": {
        "tool_calls": {
            "open": "submit:",
            "close_pattern": ";|<eos>",
            "repeats": True,
            "content": "text",
            "transform": {
                "type": "function",
                "function": {"name": "submit", "arguments": {"answer": "{content}"}},
            },
        },
        "content": {"close_pattern": "<eos>", "content": "text"},
    },
}


def with_tool_calls(tokenizer: "PreTrainedTokenizerBase") -> "PreTrainedTokenizerBase":
    """`tokenizer` with the chat template, and what reads its calls back."""
    tokenizer.chat_template = TEMPLATE
    tokenizer.response_template = _CALLS
    return tokenizer


def tool_policy(
    prompts: Sequence[str],
    answers: Sequence[str],
    *,
    tries: int = 2,
    refusal: str = "-?",
    config: PolicyConfig | None = None,
    seed: int = 0,
    steps: int = 120,
) -> Policy:
    """A policy that hands in one of `answers`, each as likely, and perhaps one more after a refusal.

    Args:
        prompts: what it is asked in the warm-up.
        tries: answers in an episode.
        refusal: what the environment tells of an answer that is not accepted.
        steps: updates of the warm-up; 120 take about 5 CPU-seconds.
    """
    import torch
    from torch.nn.functional import cross_entropy

    policy = tiny_policy(config, seed=seed)
    tokenizer, model = with_tool_calls(policy.tokenizer), policy.model
    generator = torch.Generator().manual_seed(seed)
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=0.0)
    model.train()
    for step in range(steps):
        for group in optimizer.param_groups:
            group["lr"] = 3e-3 * min(1.0, 2 * (1 - step / steps))
        batch = [_episode(tokenizer, prompts, answers, tries, refusal, generator) for _ in range(32)]
        width = max(len(ids) for ids, _ in batch)
        pad = int(tokenizer.pad_token_id)
        ids = torch.tensor([[pad] * (width - len(row)) + row for row, _ in batch])
        own = torch.tensor([[0] * (width - len(mask)) + mask for _, mask in batch])
        scores = model(input_ids=ids, attention_mask=(ids != pad).long()).logits[:, :-1]
        target = ids[:, 1:].masked_fill(own[:, 1:] == 0, -100)
        loss = cross_entropy(scores.flatten(0, 1), target.flatten(), ignore_index=-100)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return Policy(model=model.eval(), tokenizer=tokenizer, id=f"tool-{seed}")


def _episode(
    tokenizer: "PreTrainedTokenizerBase",
    prompts: Sequence[str],
    answers: Sequence[str],
    tries: int,
    refusal: str,
    generator: "torch.Generator",
) -> tuple[list[int], list[int]]:
    """The ids of an episode with drawn answers, and which of them the policy wrote."""
    import torch

    def draw(texts: Sequence[str]) -> str:
        return texts[int(torch.randint(len(texts), (), generator=generator))]

    ids: list[int] = []
    own: list[int] = []

    def add(text: str, mine: int) -> None:
        new = list(tokenizer.encode(text)) + [int(tokenizer.eos_token_id)] * mine
        ids.extend(new)
        own.extend([mine] * len(new))

    add(f">{draw(prompts)}\n", 0)
    for turn in range(tries):
        add(f"submit:{draw(answers)};", 1)
        ends = turn == tries - 1 or draw("gs") == "s"  # goes on or stops
        add(f"\n<{draw([refusal, '+', '-']) if ends else refusal}\n", 0)
        if ends:
            break
    add(".", 1)
    return ids, own
