"""An LLM as a verifier, over any OpenAI-compatible endpoint: `LLMJudge`.

    judge = synthgym.LLMJudge(model="my-model", base_url="http://localhost:8000/v1")
    synthgym.score(tasks, completions, synthgym.Signal(verifier=judge))

What the judge says is no truth: it is asked, read strictly, and where it gives no readable verdict the completion is
not scored. docs/llm_judge.md says what each failure looks like.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar

from synthgym.errors import MissingExtraError, SettingError, shown, suggestion
from synthgym.parsing import MAX_COMPLETION, parse
from synthgym.types import Response, Task, Verdict
from synthgym.verifiers._judge_asking import Asking
from synthgym.verifiers._judge_cache import ReplyCache
from synthgym.verifiers._judge_endpoint import Access, Endpoint, without_secrets
from synthgym.verifiers._judge_failures import Failure
from synthgym.verifiers._judge_prompt import Question, messages
from synthgym.verifiers._judge_reply import Reply
from synthgym.verifiers._judge_usage import Budget, Meter, Usage

OPENAI = "https://api.openai.com/v1"
_REASON = 300
_NO_KEY = "none"


class ApiKey:
    """An API key that shows itself to nobody: not in a repr, a copy of the settings as a dict, or a pickle."""

    __slots__ = ("secret",)

    def __init__(self, secret: str) -> None:
        self.secret = secret

    def __repr__(self) -> str:
        return "ApiKey(...)"

    def __deepcopy__(self, memo: object) -> "ApiKey":
        return self

    def __reduce__(self) -> tuple[Any, tuple[()]]:
        return _left_behind, ()


def _left_behind() -> None:
    """What an API key is after a pickle."""


@dataclass(frozen=True, eq=False, kw_only=True)
class LLMJudge:
    """An LLM that grades completions; awaiting it on a task and a response gives a `Verdict`.

    Attributes:
        model: the model's name at the endpoint.
        base_url: the endpoint's address, which usually ends in ``/v1``.
        api_key: the key; never shown, and left behind by a pickle. None takes the environment's.
        api_key_env: name of the environment variable that holds the key. An endpoint other than OpenAI's may need none.
        instructions: the rubric, in words; empty takes a standard one.
        criteria: named criteria, each with what it asks; they become the verdict's components. None asks for one score.
        weights: of the criteria in the reward, by name; 1 where none is given.
        gate: a criterion that must reach `pass_mark`, or the others pay nothing.
        pass_mark: the score in [0, 1] with which the gate is passed.
        reference: whether the judge sees the task's reference answer.
        temperature, max_tokens: of the judge's reply; None leaves the setting out of the request.
        extra: further parameters of the request, such as ``{"response_format": {"type": "json_object"}}``.
        seconds: wall time of a request.
        retries: requests more that a completion may cost, on connection errors, time-outs, 429 and 5xx.
        first_wait, longest_wait: seconds before the first retry, doubled each time, and at the most; ``Retry-After``
            is honoured up to the latter.
        concurrency: requests in flight at a time (in one event loop).
        cache: path of an SQLite file that keeps replies, for any number of processes; None keeps them in memory.
        prompt_price, completion_price: per million tokens, in a currency of your own.
        max_requests, max_cost: the budget of this object; beyond it completions are unscored.
        max_characters: a longer completion earns 0 without being sent.
        name: what errors, logs and signals call it.

    Raises:
        MissingExtraError: if `openai` is not installed.
        SettingError: for a value that is not accepted, or if OpenAI's own endpoint is to be used without a key.
    """

    model: str
    base_url: str = OPENAI
    api_key: str | ApiKey | None = field(default=None, repr=False)
    api_key_env: str = "OPENAI_API_KEY"
    instructions: str = ""
    criteria: Mapping[str, str] | None = None
    weights: Mapping[str, float] = field(default_factory=dict)
    gate: str | None = None
    pass_mark: float = 0.5
    reference: bool = False
    temperature: float | None = 0.0
    max_tokens: int | None = 1024
    extra: Mapping[str, Any] = field(default_factory=dict)
    seconds: float = 60.0
    retries: int = 3
    first_wait: float = 0.5
    longest_wait: float = 30.0
    concurrency: int = 16
    cache: str | os.PathLike[str] | None = None
    prompt_price: float = 0.0
    completion_price: float = 0.0
    max_requests: int | None = None
    max_cost: float | None = None
    max_characters: int = MAX_COMPLETION
    name: str = "llm_judge"

    bounds_itself: ClassVar[bool] = True
    """It keeps to its own `seconds` and `retries`; nobody else need stop it."""

    def __post_init__(self) -> None:
        if find_spec("openai") is None:
            raise MissingExtraError("openai", "judge")
        if isinstance(self.api_key, str):
            object.__setattr__(
                self, "api_key", ApiKey(self.api_key.strip()) if self.api_key.strip() else None
            )
        _check(self)
        if self._key is not None and not (self._key.isascii() and self._key.isprintable()):
            raise _refused(
                self.name, f"the API key ({self._key_from()}) has characters that no header can hold"
            )
        if self._key is None and self.base_url == OPENAI:
            raise _refused(
                self.name,
                f"there is no API key: set the environment variable {self.api_key_env}, or pass api_key=...",
            )
        self._start()

    @property
    def __name__(self) -> str:
        return self.name

    @property
    def usage(self) -> Usage:
        """What it has used so far in this process."""
        return self._asking.meter.usage

    async def __call__(self, task: Task, response: Response | str) -> Verdict:
        """The judge's verdict; reward None, with an error that says why, where it gave none.

        An empty completion, and one longer than `max_characters`, earn 0 without being sent.
        """
        read = parse(task, response) if isinstance(response, str) else response
        text = read.completion
        if not text.strip():
            return self._nothing("an empty completion")
        if len(text) > self.max_characters:
            return self._nothing(
                f"too long: {len(text)} > max_characters={self.max_characters} of judge {self.name}"
            )
        question = Question(
            prompt=task.prompt,
            completion=text,
            reference=task.reference.answer if self.reference else None,
            criteria=self._criteria,
            instructions=self.instructions,
        )
        reply = await self._asking.reply(self._request(question))
        if isinstance(reply, Failure):
            self._asking.meter.failed()
            return Verdict(reward=None, error=self._unscored(task, reply))
        return self._verdict(reply)

    def _request(self, question: Question) -> dict[str, Any]:
        request: dict[str, Any] = {"model": self.model, "messages": messages(question)}
        if self.temperature is not None:
            request["temperature"] = self.temperature
        if self.max_tokens is not None:
            request["max_tokens"] = self.max_tokens
        return {**request, **({"extra_body": dict(self.extra)} if self.extra else {})}

    def _verdict(self, reply: Reply) -> Verdict:
        """The weighted mean of the scores; behind a gate that is not passed, what the gate pays alone."""
        weights = {name: float(self.weights.get(name, 1.0)) for name in reply.scores}
        passed = self.gate is None or reply.scores[self.gate] >= self.pass_mark
        paid = {name: score if passed or name == self.gate else 0.0 for name, score in reply.scores.items()}
        reward = sum(weights[name] * paid[name] for name in paid) / sum(weights.values())
        said = f"judge {self.name}: {shown(reply.reason, _REASON)}" if reply.reason and not reward else None
        return Verdict(reward=min(reward, 1.0), components=paid, error=said)

    def _nothing(self, error: str) -> Verdict:
        return Verdict(reward=0.0, components=dict.fromkeys(self._criteria or ("score",), 0.0), error=error)

    def _unscored(self, task: Task, failure: Failure) -> str:
        where = f"{without_secrets(self.base_url)} (model {shown(self.model)})"
        return f"judge {self.name}: task {task.id} is not scored: {where} {failure.what}; {failure.remedy}"

    @property
    def _criteria(self) -> Mapping[str, str]:
        return self.criteria or {}

    @property
    def _asking(self) -> Asking:
        """What it works with; no part of the settings."""
        asking: Asking = self.__dict__["asking"]
        return asking

    @property
    def _key(self) -> str | None:
        if isinstance(self.api_key, ApiKey):
            return self.api_key.secret
        return os.environ.get(self.api_key_env, "").strip() or None

    def _key_from(self) -> str:
        if isinstance(self.api_key, ApiKey):
            return "api_key"
        name = f"the environment variable {self.api_key_env}"
        return (
            name if self._key else f"none: {name} is not set, and an api_key=... does not travel in a pickle"
        )

    def _start(self) -> None:
        meter = Meter(
            Budget(
                prompt_price=self.prompt_price,
                completion_price=self.completion_price,
                max_requests=self.max_requests,
                max_cost=self.max_cost,
            )
        )
        access = Access(
            base_url=self.base_url,
            key=self._key or _NO_KEY,
            key_from=self._key_from(),
            seconds=self.seconds,
            retries=self.retries,
            first_wait=self.first_wait,
            longest_wait=self.longest_wait,
            concurrency=self.concurrency,
        )
        cache = ReplyCache(None if self.cache is None else Path(self.cache))
        asking = Asking(self.base_url, [*self._criteria], Endpoint(access, meter), cache, meter)
        self.__dict__["asking"] = asking

    def __getstate__(self) -> dict[str, object]:
        return {one.name: getattr(self, one.name) for one in fields(self)}

    def __setstate__(self, state: dict[str, object]) -> None:
        self.__dict__.update(state)
        self._start()

    def __copy__(self) -> "LLMJudge":
        return self

    def __deepcopy__(self, memo: object) -> "LLMJudge":
        return self


def _check(judge: LLMJudge) -> None:
    complain = partial(_refused, judge.name)
    for name in ("model", "name", "api_key_env"):
        if not isinstance(getattr(judge, name), str) or not getattr(judge, name):
            raise complain(f"{name} {shown(getattr(judge, name))} is not a name")
    if not isinstance(judge.base_url, str):
        raise complain(f"base_url {shown(judge.base_url)} is not a text")
    without_secrets(judge.base_url)
    for name, least in (("retries", 0), ("concurrency", 1), ("max_characters", 1)):
        value = getattr(judge, name)
        if type(value) is not int or value < least:
            raise complain(f"{name} {shown(value)} is not a whole number of at least {least}")
    for name in ("first_wait", "longest_wait"):
        if not _is_number(getattr(judge, name)):
            raise complain(f"{name} {shown(getattr(judge, name))} is not a number of seconds")
    if not _is_number(judge.seconds) or judge.seconds <= 0:
        raise complain(f"seconds {shown(judge.seconds)} is not a number above 0")
    _check_rubric(judge, complain)


def _check_rubric(judge: LLMJudge, complain: Callable[[str], SettingError]) -> None:
    criteria = judge.criteria
    if criteria is not None:
        texts = [*criteria, *criteria.values()] if isinstance(criteria, Mapping) else []
        if not texts or not all(isinstance(text, str) and text for text in texts):
            raise complain(f"criteria {shown(criteria)} are not names with what each asks")
    names = list(criteria or ())
    for name in [*judge.weights, *([] if judge.gate is None else [judge.gate])]:
        if name not in names:
            raise complain(f"there is no criterion {shown(name)}{suggestion(str(name), names)}")
    weights = [judge.weights.get(name, 1.0) for name in names]
    if not all(map(_is_number, weights)):
        raise complain(f"weights {shown(dict(judge.weights))} are not all finite numbers >= 0")
    if names and not sum(weights) > 0:
        raise complain("the weights of the criteria add up to 0")
    if not _is_number(judge.pass_mark) or not 0 < judge.pass_mark <= 1:
        raise complain(f"pass_mark {shown(judge.pass_mark)} is not in (0, 1]")


def _is_number(value: object) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and 0 <= value < float("inf")  # type: ignore[operator]  # it is a number


def _refused(name: str, why: str) -> SettingError:
    return SettingError(f"judge {name}: {why}")
