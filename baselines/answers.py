"""A policy as the `sample` callable that hooks and evaluations take: prompts in, completions out."""

import itertools
import time
from collections.abc import Callable, Sequence

from synthgym.baselines.policy import Policy
from synthgym.baselines.sampler import Prompt, generate
from synthgym.hooks import Sampled
from synthgym.parsing import render
from synthgym.types import Task


class Answerer:
    """See `answerer`."""

    def __init__(self, policy: Policy, *, max_new_tokens: int, temperature: float, seed: int) -> None:
        self._policy, self._length, self._temperature = policy, max_new_tokens, temperature
        self._seeds = itertools.count(seed * 100_003)
        self._last = seed * 100_003

    def __call__(self, prompts: Sequence[str]) -> Sampled:
        """One completion a prompt, by draws that no call had before."""
        self._last = next(self._seeds)
        return self.again(prompts)

    def again(self, prompts: Sequence[str]) -> Sampled:
        """One completion a prompt, by the draws of the last call: equal prompts get equal answers."""
        started = time.perf_counter()
        answers = generate(
            self._policy,
            worded(self._policy, prompts),
            max_new_tokens=self._length,
            temperature=self._temperature,
            greedy=self._temperature == 0,
            seed=self._last,
        )
        seconds = time.perf_counter() - started
        return Sampled(completions=answers.texts, token_ids=answers.completion_ids, seconds=seconds)


def answerer(
    policy: Policy, *, max_new_tokens: int, temperature: float = 1.0, seed: int = 0
) -> Callable[[Sequence[str]], Sampled]:
    """A callable that answers prompts with `policy`, as it stands when called; temperature 0 is greedy.

    Each call draws from a stream of its own, counted up from `seed`, so that measuring leaves training's
    random state alone. Its method `again` draws once more from the last call's stream, which takes chance out of the
    comparison of a prompt with its counterfactual.
    """
    return Answerer(policy, max_new_tokens=max_new_tokens, temperature=temperature, seed=seed)


def prompts_of(policy: Policy, tasks: Sequence[Task]) -> list[Prompt]:
    """The tasks' prompts as the policy takes them."""
    return worded(policy, [task.prompt for task in tasks])


def worded(policy: Policy, prompts: Sequence[str]) -> list[Prompt]:
    """Prompts as the policy takes them: texts, or message lists for a chat template."""
    if policy.conversational:
        return [[{"role": "user", "content": prompt}] for prompt in prompts]
    return list(prompts)


def completion_length(policy: Policy, tasks: Sequence[Task]) -> int:
    """Tokens that the longest worked solution of `tasks` takes, its end included, and a quarter more."""
    written = [render(task.reference, task.answer_format) for task in tasks]
    ids = policy.tokenizer(written, add_special_tokens=False)["input_ids"]
    return max(len(row) + 1 for row in ids) * 5 // 4 + 1
