"""Hidden tests that facts do not hold, but that follow from them, are what they were; see tests/envs/test_golden.py.

If a hash here changes, what a published task accepts may change: raise the family's ``version``.
"""

import hashlib
from collections.abc import Callable

import pytest

import synthgym
from synthgym.envs.code import _regex_language, _regex_strings, _sql_databases, _sql_query
from synthgym.facts import FrozenDict


def _strings(facts: FrozenDict) -> object:
    return _regex_strings.hidden(_regex_language.unpack(facts["language"]))


def _databases(facts: FrozenDict) -> object:
    return _sql_databases.hidden(
        _sql_query.unpack_schema(facts["tables"]), _sql_query.unpack_query(facts["query"])
    )


@pytest.mark.parametrize(
    ("family", "hidden", "expected"),
    [
        ("regex_synthesis", _strings, "50ab8d4fb531476b234bf7e9b7536b0c"),
        ("sql_query", _databases, "5e00d7d605fd5d1c54f475d58c47dc01"),
    ],
)
def test_hidden_tests_are_what_they_were(
    family: str, hidden: Callable[[FrozenDict], object], expected: str
) -> None:
    digest = hashlib.sha256()
    for difficulty in range(11):
        task = synthgym.get_family(family).task(7, difficulty=difficulty)
        digest.update(repr(hidden(task.facts)).encode())
    assert digest.hexdigest()[:32] == expected
