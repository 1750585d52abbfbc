"""What can go wrong with a judge's endpoint, in words: what happened, and the remedy."""

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

from synthgym.errors import shown

_QUOTED = 160
_NO_API = "base_url must be that of an OpenAI-compatible API, which usually ends in /v1"


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a completion got no reply.

    Attributes:
        what: what the endpoint did, as the end of a sentence about it.
        remedy: what the user can do.
        passing: whether another attempt may go better.
        of_endpoint: whether other completions would fare alike.
        wait: seconds that the endpoint asks to wait before another attempt.
    """

    what: str
    remedy: str
    passing: bool = False
    of_endpoint: bool = True
    wait: float | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What a chat completion holds; a failure where its content is no reply. None where tokens are not counted."""

    content: str
    prompt_tokens: int | None
    completion_tokens: int | None
    failure: Failure | None = None


def of_connection(
    error: BaseException | None, seconds: float, redacted: Callable[[str], str] = str
) -> Failure:
    """No connection, one that broke off, or (`error` is None) no reply in time; `redacted` takes secrets out."""
    if error is None:
        return Failure(
            f"gave no whole reply within {seconds:g} s",
            "see whether it hangs, or raise `seconds`",
            passing=True,
        )
    causes = [error]
    while (deeper := causes[-1].__cause__ or causes[-1].__context__) is not None and len(causes) < 12:
        causes.append(deeper)
    names = {type(cause).__name__ for cause in causes}
    told = redacted(next((str(cause) for cause in reversed(causes) if str(cause)), "no details"))
    if names & {"RemoteProtocolError", "ReadError", "DecodingError"}:
        what = f"broke off in the middle of a reply ({shown(told, _QUOTED)})"
        return Failure(what, "see the endpoint's log, or raise `retries`", passing=True)
    what = f"could not be reached ({shown(told, _QUOTED)})"
    return Failure(what, "start it, or correct base_url", passing=True)


def after_status(status: int, body: str, model: str, key_from: str, wait: float | None) -> Failure:
    """An HTTP status that is no success."""
    told = _told(body)
    what = f"answered {status} ({shown(told, _QUOTED)})"
    if status == 401:
        return Failure(what, f"the API key ({key_from}) is not accepted; give a valid one")
    if status == 403:
        return Failure(
            what, f"the API key ({key_from}) may not use it, or it refuses this text", of_endpoint=False
        )
    if status == 404:
        return Failure(what, f"see whether it serves the model {shown(model)}, and {_NO_API}")
    if status == 429 and "insufficient_quota" in body:
        return Failure(what, "the account's quota is used up")
    if status == 429:
        remedy = "lower `concurrency`, or raise `retries` or `longest_wait`"
        return Failure(what, remedy, passing=True, of_endpoint=False, wait=wait)
    if status in (408, 409) or status >= 500:
        return Failure(what, "see the endpoint's log, or try again later", passing=True, wait=wait)
    remedy = (
        "see whether it takes these settings (temperature=None and max_tokens=None leave these out, `extra` adds "
        "others) and a text so long"
    )
    return Failure(what, remedy, of_endpoint=False)


def of_answer(text: str) -> Answer | Failure:
    """The content of a chat completion, or why `text` is none."""
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        kind = "HTML" if text.lstrip()[:1] == "<" else "what is no JSON"
        return Failure(f"answered with {kind} ({shown(text, _QUOTED)})", _NO_API)
    if not isinstance(body, dict) or not isinstance(body.get("choices"), list) or not body["choices"]:
        what = f"answered with no chat completion ({shown(text, _QUOTED)})"
        return Failure(what, _NO_API, of_endpoint=False)
    choice = body["choices"][0] if isinstance(body["choices"][0], dict) else {}
    message = choice.get("message")
    content = _content(message)
    usage = body.get("usage")
    usage = usage if isinstance(usage, dict) else {}
    counts = _count(usage.get("prompt_tokens")), _count(usage.get("completion_tokens"))
    return Answer(content, *counts, _no_content(content, message, choice.get("finish_reason")))


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds that a ``Retry-After`` header asks for (RFC 9110, 10.2.3), or ``retry-after-ms``."""
    text = headers.get("retry-after-ms")
    if text is not None and (milliseconds := _seconds(text)) is not None:
        return milliseconds / 1000
    text = headers.get("retry-after")
    if text is None:
        return None
    seconds = _seconds(text)
    if seconds is not None:
        return seconds
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - now)
    except (ValueError, TypeError, OverflowError):
        return None


def _seconds(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) and value >= 0 else None


def _no_content(content: str, message: Any, finish: object) -> Failure | None:
    refusal = message.get("refusal") if isinstance(message, dict) else None
    if content.strip():
        if finish == "length" and not content.rstrip().endswith(("}", "```")):
            what = f"was cut off at max_tokens ({shown(content[-80:], _QUOTED)})"
            return Failure(what, "raise `max_tokens`", of_endpoint=False)
        return None
    if refusal:
        return Failure(
            f"refused ({shown(str(refusal), _QUOTED)})", "change the instructions", of_endpoint=False
        )
    why = f" (finish_reason {shown(finish)})" if finish else ""
    return Failure(f"gave an empty reply{why}", "raise `max_tokens`, or look at the model", of_endpoint=False)


def _content(message: Any) -> str:
    content = message.get("content") if isinstance(message, dict) else None
    if isinstance(content, list):
        return "".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    return content if isinstance(content, str) else ""


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _told(body: str) -> str:
    """The message in an error's body, or the body."""
    try:
        read = json.loads(body)
    except (ValueError, RecursionError):
        return body.strip() or "no details"
    error = read.get("error", read) if isinstance(read, dict) else read
    message = error.get("message", error) if isinstance(error, dict) else error
    return str(message)
