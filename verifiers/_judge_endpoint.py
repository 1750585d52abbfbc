"""An OpenAI-compatible endpoint, asked with retries; one that is down costs one cycle of retries, not one a sample."""

import asyncio
import json
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

from synthgym.errors import MissingExtraError, SettingError, shown
from synthgym.verifiers._judge_failures import Failure, after_status, of_answer, of_connection, retry_after
from synthgym.verifiers._judge_usage import BudgetSpent, Meter

TRIPS = 3
"""Failures of the endpoint in a row, at least one of which ended a sample's retries, after which no more are waited
for in this call."""

_LINGER = (
    40  # turns of the loop in which whoever started this request can start the next one of the same call
)
_SECRET = 8  # a shorter key is no secret, but a word like "none" or "EMPTY"


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """How an endpoint is reached.

    Attributes:
        key: the API key; never shown.
        key_from: where it comes from, for errors.
        seconds: wall time of one request.
        retries: requests more, after the first, that one completion may cost.
        first_wait: seconds before the first retry; doubled each time.
        longest_wait: seconds that a retry may wait, also where the endpoint asks for more.
        concurrency: requests in flight in one event loop.
    """

    base_url: str
    key: str
    key_from: str
    seconds: float
    retries: int
    first_wait: float
    longest_wait: float
    concurrency: int

    @property
    def shown_url(self) -> str:
        """The URL without a user's name, password or query."""
        return without_secrets(self.base_url)


def without_secrets(url: str) -> str:
    """`url` without user, password and query.

    Raises:
        SettingError: if it is not one of a server.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise SettingError(f"base_url cannot be read: {error}") from None
    if parts.scheme not in ("http", "https") or not host:
        raise SettingError(
            f"base_url {shown(url.rpartition('@')[2])} is not the address of a server, such as http://localhost:8000/v1"
        )
    name = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{name}{f':{port}' if port else ''}{parts.path}"


class Endpoint:
    """Asks; its connections live as long as any request of their event loop does.

    So does what it knows of the endpoint being down, which is how a call ends early and the next one tries again.
    """

    def __init__(self, access: Access, meter: Meter) -> None:
        self._access, self._meter = access, meter
        self._leaving: set[asyncio.Future[None]] = set()
        self._down = False
        self.after_fork()

    def after_fork(self) -> None:
        """Begin without connections: a parent's are not a child's."""
        self._lock = threading.Lock()
        self._connections: WeakKeyDictionary[asyncio.AbstractEventLoop, _Connections] = WeakKeyDictionary()

    async def ask(self, request: Mapping[str, Any]) -> str | Failure:
        """What the judge says, or why it did not.

        Args:
            request: as the chat completions API takes it.

        Raises:
            MissingExtraError: if `openai` is not installed.
        """
        connections = self._enter()
        breaker = connections.breaker
        try:
            async with connections.slots:
                answer = await self._persist(connections, breaker, request)
            self._down = breaker.open
            return answer
        finally:
            if breaker.open:
                leaving = asyncio.ensure_future(self._leave_later(connections))
                self._leaving.add(leaving)
                leaving.add_done_callback(self._leaving.discard)
            else:
                await self._leave(connections)

    def _enter(self) -> "_Connections":
        loop = asyncio.get_running_loop()
        with self._lock:
            if loop not in self._connections:
                self._connections[loop] = _Connections(self._access, _Breaker(probing=self._down))
            connections = self._connections[loop]
            connections.active += 1
            return connections

    async def _leave_later(self, connections: "_Connections") -> None:
        """Leave when whoever asked has had time to ask again: what is down stays so for all of a call."""
        try:
            for _ in range(_LINGER):
                await asyncio.sleep(0)
        finally:
            await self._leave(connections)

    async def _leave(self, connections: "_Connections") -> None:
        with self._lock:
            connections.active -= 1
            last = connections.active == 0
            if last:
                del self._connections[asyncio.get_running_loop()]
        if last:
            await connections.close()

    async def _persist(
        self, connections: "_Connections", breaker: "_Breaker", request: Mapping[str, Any]
    ) -> str | Failure:
        failure: Failure | None = None
        for attempt in range(self._access.retries + 1):
            if breaker.open:
                return failure or breaker.fast()
            try:
                self._meter.start(again=attempt > 0)
            except BudgetSpent as error:
                return failure or Failure(
                    str(error), "raise it, or go on with a larger cache", of_endpoint=False
                )
            answer = await self._once(connections, request)
            if isinstance(answer, str):
                breaker.succeeded()
                return answer
            failure = answer
            wait = (
                None if attempt == self._access.retries or breaker.probing else self._wait(attempt, failure)
            )
            breaker.failed(failure, ends=wait is None)
            if wait is None:
                return failure
            await breaker.pause(wait)
        return failure or breaker.fast()

    def _wait(self, attempt: int, failure: Failure) -> float | None:
        """Seconds until the next attempt; None if there is to be none, or the endpoint asks for too many."""
        if not failure.passing:
            return None
        if failure.wait is not None:
            return failure.wait if failure.wait <= self._access.longest_wait else None
        return min(self._access.first_wait * float(2**attempt), self._access.longest_wait)

    async def _once(self, connections: "_Connections", request: Mapping[str, Any]) -> str | Failure:
        import openai

        started = time.perf_counter()
        try:
            async with asyncio.timeout(self._access.seconds):
                raw = await connections.client().chat.completions.with_raw_response.create(**request)
                text: str = raw.http_response.text
        except TimeoutError:
            return of_connection(None, self._access.seconds)
        except openai.APIStatusError as error:
            key_from, body = self._access.key_from, self._redacted(error.response.text)
            wait = retry_after(error.response.headers, time.time())
            return after_status(error.status_code, body, str(request.get("model")), key_from, wait)
        except openai.APIConnectionError as error:
            late = isinstance(error, openai.APITimeoutError)
            return of_connection(None if late else error, self._access.seconds, self._redacted)
        except (openai.OpenAIError, ValueError, TypeError) as error:
            what = self._redacted(str(error))
            return Failure(
                f"could not be asked ({type(error).__name__}: {what})", "check the judge's settings"
            )
        finally:
            self._meter.spent(time.perf_counter() - started)
        return self._read(text, request)

    def _read(self, text: str, request: Mapping[str, Any]) -> str | Failure:
        found = of_answer(self._redacted(text))
        if isinstance(found, Failure):
            return found
        asked = json.dumps(request.get("messages"), ensure_ascii=False)
        prompt, completion = found.prompt_tokens, found.completion_tokens
        estimated = prompt is None or completion is None
        self._meter.reply(
            _tokens(asked) if prompt is None else prompt,
            _tokens(found.content) if completion is None else completion,
            estimated=estimated,
        )
        return found.content if found.failure is None else found.failure

    def _redacted(self, text: str) -> str:
        key = self._access.key
        return text.replace(key, "[the API key]") if len(key) >= _SECRET else text


class _Connections:
    """Those of one event loop, from its first request to the moment when none is left."""

    def __init__(self, access: Access, breaker: "_Breaker") -> None:
        self.active = 0
        self.breaker = breaker
        self.slots = asyncio.Semaphore(access.concurrency)
        self._access = access
        self._client: Any = None

    def client(self) -> Any:
        """The client, made when it is needed.

        Raises:
            MissingExtraError: if `openai` is not installed.
        """
        if self._client is None:
            try:
                from openai import AsyncOpenAI
            except ImportError:
                raise MissingExtraError("openai", "judge") from None
            settings = {"base_url": self._access.base_url, "api_key": self._access.key}
            self._client = AsyncOpenAI(**settings, max_retries=0, timeout=self._access.seconds + 1)
        return self._client

    async def close(self) -> None:
        """Close what is open."""
        if self._client is not None:
            await self._client.close()


class _Breaker:
    """Whether an endpoint is taken for down.

    Args:
        probing: it was down at the end of the last call: it is tried without retries.
    """

    def __init__(self, *, probing: bool) -> None:
        self.probing = probing
        self._in_a_row, self._ended = 0, False
        self._last: Failure | None = None
        self._opened = asyncio.Event()

    @property
    def open(self) -> bool:
        """Whether the endpoint is taken for down."""
        return self._opened.is_set()

    def fast(self) -> Failure:
        last = self._last or Failure("failed", "check the endpoint")
        return Failure(
            f"was not asked, as it failed {self._in_a_row} times in a row, at last it {last.what}",
            last.remedy,
        )

    def succeeded(self) -> None:
        self._in_a_row, self._ended, self.probing = 0, False, False
        self._opened.clear()

    def failed(self, failure: Failure, *, ends: bool) -> None:
        if not failure.of_endpoint:
            return
        self._in_a_row += 1
        self._ended |= ends
        self._last = failure
        if self._ended and (self.probing or self._in_a_row >= TRIPS):
            self._opened.set()

    async def pause(self, seconds: float) -> None:
        """Wait, but not for an endpoint that is down."""
        try:
            await asyncio.wait_for(self._opened.wait(), seconds)
        except TimeoutError:
            return


def _tokens(text: str) -> int:
    """A rough count: a quarter of the bytes."""
    return -(-len(text.encode("utf-8", "backslashreplace")) // 4)
