"""From a request to a reply: out of the cache, from an equal request in flight, or from the endpoint."""

import asyncio
import json
import os
import threading
from collections.abc import Collection, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from weakref import WeakSet

from synthgym.verifiers._judge_cache import ReplyCache
from synthgym.verifiers._judge_endpoint import Endpoint
from synthgym.verifiers._judge_failures import Failure
from synthgym.verifiers._judge_reply import Reply, UnreadableReply, read_reply
from synthgym.verifiers._judge_usage import Meter

_LOOK_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class _Flight:
    """A request under way, and the event loop that it needs."""

    landed: "Future[Reply | Failure | None]"
    loop: asyncio.AbstractEventLoop

    def lost(self) -> bool:
        """Whether nobody will finish it: its loop was left behind."""
        return not self.landed.done() and (self.loop.is_closed() or not self.loop.is_running())


class Asking:
    """What a judge works with, shared by all threads and event loops of a process.

    Args:
        place: what distinguishes the endpoint's replies from those of others.
        criteria: their names; none for a single score.
    """

    def __init__(
        self, place: str, criteria: Collection[str], endpoint: Endpoint, cache: ReplyCache, meter: Meter
    ) -> None:
        self.meter = meter
        self._place, self._criteria, self._endpoint, self._cache = place, criteria, endpoint, cache
        self._lock = threading.Lock()
        self._in_flight: dict[str, _Flight] = {}
        _ALL.add(self)

    def after_fork(self) -> None:
        """In a child process nobody finishes what was under way, and nobody gives back a lock."""
        self._lock, self._in_flight = threading.Lock(), {}
        for part in (self._endpoint, self._cache, self.meter):
            part.after_fork()

    async def reply(self, request: Mapping[str, Any]) -> Reply | Failure:
        """The reply to `request`; equal requests at the same time are sent once.

        Raises:
            MissingExtraError: if `openai` is not installed.
        """
        whole = json.dumps([self._place, request], sort_keys=True, default=str)
        key = sha256(whole.encode()).hexdigest()
        while True:
            known = self._known(key)
            if known is not None:
                self.meter.cached()
                return known
            with self._lock:
                flight = self._in_flight.get(key)
                if flight is None or flight.lost():
                    mine = self._in_flight[key] = _Flight(Future(), asyncio.get_running_loop())
                    flight = None
            if flight is None:
                return await self._fly(key, request, mine)
            landed = await _landed(flight)
            if landed is not None:
                self.meter.cached()
                return landed

    async def _fly(self, key: str, request: Mapping[str, Any], flight: _Flight) -> Reply | Failure:
        result: Reply | Failure | None = None
        try:
            answer = await self._endpoint.ask(request)
            result = self._read(key, str(request.get("model")), answer) if isinstance(answer, str) else answer
            return result
        finally:
            with self._lock:
                if self._in_flight.get(key) is flight:
                    del self._in_flight[key]
            flight.landed.set_result(result)

    def _known(self, key: str) -> Reply | None:
        kept = self._cache.get(key)
        if kept is None:
            return None
        try:
            return read_reply(kept, self._criteria)
        except UnreadableReply:
            return None

    def _read(self, key: str, model: str, answer: str) -> Reply | Failure:
        try:
            reply = read_reply(answer, self._criteria)
        except UnreadableReply as error:
            remedy = "ask for strict JSON in the instructions, or take another model"
            return Failure(f"gave no verdict: {error}", remedy, of_endpoint=False)
        self._cache.put(key, model, answer)
        return reply


async def _landed(flight: _Flight) -> Reply | Failure | None:
    """What became of it; None if it was cancelled, or left behind."""
    landing = asyncio.wrap_future(flight.landed)
    while not flight.lost():
        done, _ = await asyncio.wait({landing}, timeout=_LOOK_SECONDS)
        if done:
            return landing.result()
    return None


_ALL: WeakSet[Asking] = WeakSet()


def _after_fork() -> None:
    for asking in list(_ALL):
        asking.after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
