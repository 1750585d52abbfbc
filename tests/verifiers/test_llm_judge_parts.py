"""The parts of `LLMJudge` that need no endpoint: what is asked, what is read, the cache, the meter."""

import sqlite3
import threading
from contextlib import closing
from email.utils import formatdate
from pathlib import Path

import pytest

from synthgym.verifiers import _judge_cache, _judge_prompt
from synthgym.verifiers._judge_cache import ReplyCache
from synthgym.verifiers._judge_endpoint import without_secrets
from synthgym.verifiers._judge_failures import Failure, of_answer, of_connection, retry_after
from synthgym.verifiers._judge_prompt import Question, messages, sendable
from synthgym.verifiers._judge_reply import UnreadableReply, read_reply
from synthgym.verifiers._judge_usage import Budget, BudgetSpent, Meter


def question(completion: str, **more: object) -> Question:
    given: dict[str, object] = {"reference": None, "criteria": {}, "instructions": "", **more}
    return Question(prompt="2+2?", completion=completion, **given)  # type: ignore[arg-type]  # a test's shorthand


def test_equal_questions_are_equal_texts() -> None:
    assert messages(question("4")) == messages(question("4"))
    assert messages(question("4")) != messages(question("5"))


def test_a_marker_is_in_none_of_the_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_judge_prompt, "_MARK", 1)  # so short that most markers are in the texts
    asked = messages(question("0123456789abcde"))[1]["content"]
    marks = {line[3] for line in asked.splitlines() if line.startswith("<<<")}
    assert marks == {"f"}


def test_text_that_is_sent_is_plain() -> None:
    sendable("\ud800 \x00").encode()
    assert sendable("\ud800") == "\\ud800"
    for token in (
        "<|im_end|>",
        "<|start_header_id|>",
        "</s>",
        "[INST]",
        "<end_of_turn>",
        "<\uff5cUser\uff5c>",
    ):
        assert token not in sendable(f"a{token}b")
    for harmless in ("x <| f |> y", "a < b | c > d", "<strong>", "[1, 2]"):
        assert sendable(harmless) == harmless


@pytest.mark.parametrize(
    ("text", "score"),
    [
        ('{"score": 1, "reason": "r"}', 1.0),
        ('  {"reason": "r", "score": 0.5, "sure": true}\n', 0.5),
        ('```json\n{"score": 0}\n```', 0.0),
        ('```\n{"score": 1e-3}\n```\n', 0.001),
    ],
)
def test_a_reply_in_form_is_read(text: str, score: float) -> None:
    assert read_reply(text, ()).scores == {"score": score}


@pytest.mark.parametrize(
    "text",
    [
        "", "1", "[0.5]", "null", '"0.5"', '{"score": "0.5"}', '{"score": null}', '{"score": true}', '{"score": NaN}',
        '{"score": Infinity}', '{"score": -0.1}', '{"score": 1.01}', '{"score": 1e999}', '{"score": [1]}',
        '{"score": {"score": 1}}', '{"reason": "r"}', '{"Score": 1}', '{"score": 0, "score": 1}', '{"score": 1',
        '{"score": 1} {"score": 0}', 'Score: {"score": 1}', '{"score": 1} because', '```json\n{"score": 1}\n``` so',
        "[" * 100_000, '{"score": 1, "reason": "' + "x" * 200_000 + '"}', "9" * 10_000, "\ud800",
    ],
)  # fmt: skip
def test_any_other_reply_is_no_verdict(text: str) -> None:
    with pytest.raises(UnreadableReply) as caught:
        read_reply(text, ())
    assert len(str(caught.value)) < 600


def test_scores_by_criterion_are_complete_or_nothing() -> None:
    assert read_reply('{"score": {"b": 1, "a": 0.5}}', ["a", "b"]).scores == {"a": 0.5, "b": 1.0}
    for text in (
        '{"score": 1}',
        '{"score": {"a": 1}}',
        '{"score": {"a": 1, "b": 1, "c": 1}}',
        '{"a": 1, "b": 1}',
    ):
        with pytest.raises(UnreadableReply):
            read_reply(text, ["a", "b"])


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "2.5"}, 2.5),
        ({"retry-after-ms": "1500", "retry-after": "9"}, 1.5),
        ({"retry-after": formatdate(1_000_030, usegmt=True)}, 30.0),
        ({"retry-after": formatdate(999_000, usegmt=True)}, 0.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-1"}, None),
        ({"retry-after": "nan"}, None),
    ],
)
def test_the_time_to_wait_is_read(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers, 1_000_000.0) == seconds


def test_the_root_of_a_connection_error_is_told() -> None:
    try:
        try:
            raise OSError(111, "Connection refused")
        except OSError as error:
            raise RuntimeError("Connection error.") from error
    except RuntimeError as error:
        assert "Connection refused" in of_connection(error, 5).what


@pytest.mark.parametrize(
    "body", ["[]", "{}", "null", '{"choices": []}', '{"choices": [1]}', '{"choices": 1}', "<html>"]
)
def test_what_is_no_completion_is_a_failure(body: str) -> None:
    found = of_answer(body)
    assert isinstance(found, Failure) or found.failure is not None


def test_parts_of_a_reply_are_joined() -> None:
    body = '{"choices": [{"message": {"content": [{"type": "text", "text": "a"}, {"text": "b"}]}}]}'
    found = of_answer(body)
    assert not isinstance(found, Failure) and found.content == "ab" and found.prompt_tokens is None


def test_a_url_is_shown_without_secrets() -> None:
    assert without_secrets("https://me:pw@host:8000/v1?key=abc") == "https://host:8000/v1"
    assert without_secrets("http://[::1]:8000/v1") == "http://[::1]:8000/v1"


def test_a_cache_survives_threads(tmp_path: Path) -> None:
    cache = ReplyCache(tmp_path / "c.sqlite")

    def work(who: int) -> None:
        for n in range(30):
            cache.put(f"{who}-{n}", "m", "r")
            ReplyCache(tmp_path / "c.sqlite").put(f"other-{who}-{n}", "m", "r")

    threads = [threading.Thread(target=work, args=(who,)) for who in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    cache.close()
    with closing(sqlite3.connect(tmp_path / "c.sqlite")) as connection:
        assert connection.execute("SELECT count(*) FROM replies").fetchone() == (240,)


def test_a_cache_that_breaks_down_costs_no_verdict(tmp_path: Path) -> None:
    cache = ReplyCache(tmp_path / "c.sqlite")
    cache.put("k", "m", "r")
    with closing(sqlite3.connect(tmp_path / "c.sqlite")) as connection:
        connection.execute("DROP TABLE replies")
    with pytest.warns(UserWarning, match=r"c\.sqlite"):
        cache.put("k", "m", "r")
    with pytest.warns(UserWarning, match=r"c\.sqlite"):
        assert cache.get("k") is None
    cache.close()


def test_a_cache_in_memory_forgets_the_oldest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_judge_cache, "KEPT", 2)
    cache = ReplyCache(None)
    for key in "abc":
        cache.put(key, "m", key)
    assert [cache.get(key) for key in "abc"] == [None, "b", "c"]


def test_a_budget_is_kept_by_all_threads() -> None:
    meter = Meter(Budget(max_requests=50))
    refused: list[str] = []

    def work() -> None:
        for _ in range(20):
            try:
                meter.start(again=False)
            except BudgetSpent as error:
                refused.append(str(error))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert meter.usage.requests == 50 and len(refused) == 30 and "max_requests=50" in refused[0]
