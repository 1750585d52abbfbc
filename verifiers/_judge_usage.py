"""What a judge has used: requests, tokens, cost; and the budget that stops it."""

import threading
from dataclasses import dataclass, replace

from synthgym.errors import SettingError, shown

_MILLION = 1_000_000


class BudgetSpent(Exception):
    """A request that the budget does not allow; the message says which limit was reached."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What a judge has used so far in this process.

    Attributes:
        requests: sent to the endpoint, retries included.
        cached: completions judged without a request of their own: from the cache, or by an equal one in flight.
        failed: completions that were not scored.
        retries: requests that were sent again.
        prompt_tokens, completion_tokens: as the endpoint counted them.
        estimated: replies without a count of tokens; theirs are taken as a quarter of the bytes.
        cost: in the unit of the prices.
        seconds: wall time of all requests, added up.
    """

    requests: int = 0
    cached: int = 0
    failed: int = 0
    retries: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    estimated: int = 0
    cost: float = 0.0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """Prices per million tokens, and the most that may be spent; None is no limit."""

    prompt_price: float = 0.0
    completion_price: float = 0.0
    max_requests: int | None = None
    max_cost: float | None = None

    def __post_init__(self) -> None:
        for name in ("prompt_price", "completion_price", "max_requests", "max_cost"):
            value = getattr(self, name)
            number = isinstance(value, int | float) and not isinstance(value, bool)
            if value is not None and not (number and 0 <= value < float("inf")):
                raise SettingError(f"{name} {shown(value)} is not a finite number >= 0")
        if self.max_requests is not None and not isinstance(self.max_requests, int):
            raise SettingError(f"max_requests {shown(self.max_requests)} is not a whole number")
        if self.max_cost is not None and not (self.prompt_price or self.completion_price):
            raise SettingError("max_cost needs prices: prompt_price and completion_price, per million tokens")

    def cost(self, prompt_tokens: int, completion_tokens: int) -> float:
        """What so many tokens cost."""
        return (prompt_tokens * self.prompt_price + completion_tokens * self.completion_price) / _MILLION


class Meter:
    """Counts for all threads of a process, and refuses a request beyond the budget."""

    def __init__(self, budget: Budget) -> None:
        self._budget, self._usage, self._lock = budget, Usage(), threading.Lock()

    @property
    def usage(self) -> Usage:
        """The counts so far."""
        with self._lock:
            return self._usage

    def after_fork(self) -> None:
        """A lock that a thread of the parent held is never given back here."""
        self._lock = threading.Lock()

    def start(self, *, again: bool) -> None:
        """Count a request that is about to be sent.

        Raises:
            BudgetSpent: if the budget does not allow it.
        """
        budget = self._budget
        with self._lock:
            used = self._usage
            if budget.max_requests is not None and used.requests >= budget.max_requests:
                raise BudgetSpent(
                    f"its budget is spent: {used.requests} requests of max_requests={budget.max_requests}"
                )
            if budget.max_cost is not None and used.cost >= budget.max_cost:
                raise BudgetSpent(f"its budget is spent: {used.cost:.6g} of max_cost={budget.max_cost:g}")
            self._usage = replace(used, requests=used.requests + 1, retries=used.retries + again)

    def reply(self, prompt_tokens: int, completion_tokens: int, *, estimated: bool) -> None:
        """Count the tokens of a reply."""
        with self._lock:
            used = self._usage
            self._usage = replace(
                used,
                prompt_tokens=used.prompt_tokens + prompt_tokens,
                completion_tokens=used.completion_tokens + completion_tokens,
                estimated=used.estimated + estimated,
                cost=used.cost + self._budget.cost(prompt_tokens, completion_tokens),
            )

    def spent(self, seconds: float) -> None:
        """Count the wall time of a request."""
        with self._lock:
            self._usage = replace(self._usage, seconds=self._usage.seconds + seconds)

    def cached(self) -> None:
        """Count a completion that needed no request of its own."""
        with self._lock:
            self._usage = replace(self._usage, cached=self._usage.cached + 1)

    def failed(self) -> None:
        """Count a completion that was not scored."""
        with self._lock:
            self._usage = replace(self._usage, failed=self._usage.failed + 1)
