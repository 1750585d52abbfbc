"""What is paid: the rewards of an episode add up to the verdict's, and no way of writing gains by its length."""

from typing import Any

import numpy as np
import pytest

import synthgym
from synthgym.envs.tokens.judging import GRAIN, KNOWN, judge
from synthgym.envs.tokens.pool import PoolSettings, TokenPool, token_pool
from synthgym.envs.tokens.token_env import TokenEnv
from synthgym.parsing import CODE_FORMATS, render
from synthgym.plugins import as_signal, get_family
from synthgym.signal import Signal
from synthgym.types import GRANULARITIES, Task
from synthgym.verifiers.score import score

LINES = tuple(
    name for name in synthgym.families() if get_family(name).task(0).answer_format not in CODE_FORMATS
)
CODE = tuple(name for name in synthgym.families() if name not in LINES)


def worked(task: Task) -> str:
    return render(task.reference, task.answer_format)


def rewards(env: TokenEnv, text: str, **options: Any) -> list[float]:
    """The rewards of writing `text` on the task of the options, or on the next one."""
    env.reset(options=options)
    return [env.step(code)[1] for code in [*env.pool.vocabulary.encode(text), 0]]


def texts(task: Task, rng: np.random.Generator, characters: str) -> list[str]:
    """Right, wrong, padded, repeated, shuffled, cut, hedged and random ones."""
    solution = worked(task)
    lines = solution.split("\n")
    padded = "\n\n".join(line for line in lines for _ in range(3))
    shuffled = "\n".join(rng.permutation(lines))
    cut = solution[: rng.integers(0, len(solution) + 1)]
    random = "".join(rng.choice(list(characters), rng.integers(0, 30)))
    changed = solution.replace(solution[-1], characters[-2])
    return [
        solution, lines[-1], padded, shuffled, cut, random, changed, f"{solution}\n{solution}",
        f"{solution}\n{random}", f"{random}\n{solution}", "\n".join([*lines[:-1], changed]), lines[0] * 4, "",
    ]  # fmt: skip


@pytest.mark.parametrize("signal", GRANULARITIES)
@pytest.mark.parametrize("family", LINES)
def test_returns_are_the_verdicts_and_lie_in_the_unit_interval(family: str, signal: str) -> None:
    rng = np.random.default_rng(0)
    env = TokenEnv(family, signal=signal, max_tokens=400, pool_size=8, difficulty=1)
    right, wrong = list[float](), list[float]()
    for task in env.pool.tasks:
        for text in texts(task, rng, env.pool.vocabulary.characters):
            paid = rewards(env, text, task=task)
            expected = score([task], [text], signal)[0].reward
            total = sum(paid)
            single = float(np.sum(np.array(paid, dtype=np.float32), dtype=np.float32))
            assert expected is not None and total == pytest.approx(expected, abs=1e-12)
            assert 0.0 <= total <= 1.0 and 0.0 <= single <= 1.0
            (right if env.truth(text) else wrong).append(total)
    assert min(right) > max(wrong)


@pytest.mark.parametrize("template", ["compact", "natural"])
@pytest.mark.parametrize("family", LINES)
def test_a_worked_solution_is_paid_at_each_end_of_a_line_and_gets_1(family: str, template: str) -> None:
    env = TokenEnv(family, signal="token", template=template, difficulty=2, pool_size=12)
    for task in env.pool.tasks:
        text = worked(task)
        paid = rewards(env, text, task=task)
        assert sum(paid) == 1.0
        ends = [at for at, character in enumerate(text + "\0") if character in "\n\0"]
        assert [at for at, reward in enumerate(paid) if reward > 0] == ends
        assert set(paid) - {paid[at] for at in ends} <= {0.0}


@pytest.mark.parametrize("family", LINES)
def test_padding_and_repetition_earn_nothing(family: str) -> None:
    env = TokenEnv(family, signal="token", max_tokens=400, difficulty=2, pool_size=8)
    for task in env.pool.tasks:
        first, *_ = worked(task).split("\n")
        once = sum(rewards(env, f"{first}\n", task=task))
        for padded in (f"{first}\n{first}\n", f"{first}\n\n\n\n", f"\n\n{first}\n" + f"{first}\n" * 3):
            assert sum(rewards(env, padded, task=task)) <= once


def test_a_line_is_paid_when_it_ends_and_not_before() -> None:
    env = TokenEnv("chain_sum", signal="token", pool_size=4)
    task = env.pool.tasks[0]
    line = task.reference.steps[0].text
    paid = rewards(env, f"{line}\n", task=task)
    verdict = score([task], [line], "rubric")[0].reward
    assert paid == [0.0] * len(line) + [
        pytest.approx(verdict, abs=1 / GRAIN),
        pytest.approx(0.0, abs=1 / GRAIN),
    ]


def test_the_two_terminal_signals_pay_at_the_end_alone() -> None:
    for signal in ("binary", "rubric"):
        env = TokenEnv("chain_sum", signal=signal, pool_size=4)
        paid = rewards(env, worked(env.pool.tasks[0]), task=env.pool.tasks[0])
        assert paid[-1] == 1.0 and not any(paid[:-1])


@pytest.mark.parametrize("family", ["regex_synthesis", "function_synthesis"])
def test_code_is_paid_at_the_end_alone(family: str) -> None:
    assert family in CODE
    env = TokenEnv(family, signal="token", pool_size=2, template="natural")
    for task in env.pool.tasks:
        paid = rewards(env, worked(task), task=task)
        assert paid[-1] == 1.0 and not any(paid[:-1])


def pool_of(family: str) -> TokenPool:
    return token_pool(get_family(family), Signal(), PoolSettings(pool_size=16))


@pytest.mark.parametrize(
    "label", [*GRANULARITIES, "token:binary", "binary:rubric", "rubric+constant_accepted"]
)
def test_outcomes_are_those_of_score_asked_once_or_twice(label: str) -> None:
    pool, rng, signal = pool_of("chain_sum"), np.random.default_rng(1), as_signal(label)
    chosen = judge(pool, signal)
    for place, task in enumerate(pool.tasks):
        written = texts(task, rng, pool.vocabulary.characters)
        count = len(written)
        expected = score([task] * count, written, signal)
        for places in ([place] * count, [place] * count, [-1] * count):
            found = chosen.outcomes(places, [task] * count, written, [])
            assert [outcome.reward for outcome in found] == [verdict.reward for verdict in expected]
            assert [outcome.components for outcome in found] == [verdict.components for verdict in expected]
            assert [outcome.error for outcome in found] == [verdict.error for verdict in expected]
            assert [list(outcome.credits) for outcome in found] == [
                [(credit.start, credit.end, credit.value) for credit in verdict.credits]
                for verdict in expected
            ]


def test_weights_count() -> None:
    pool = pool_of("chain_sum")
    task = pool.tasks[0]
    first = task.reference.steps[0].text
    text = f"{first}\n={task.reference.answer}\n7"
    found = []
    for weights in ({"steps": 1.0}, {"steps": 2.0, "tidy": 1.0}, {"tidy": 9.0}):
        signal = Signal(granularity="token", weights=weights)
        (outcome,) = judge(pool, signal).outcomes([0], [task], [text], [])
        assert outcome.reward == score([task], [text], signal)[0].reward
        found.append(outcome.reward)
    assert len(set(found)) == 3


def test_what_is_kept_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("synthgym.envs.tokens.judging.KNOWN", 10)
    assert KNOWN > 10
    pool = token_pool(get_family("chain_sum"), Signal(), PoolSettings(pool_size=3))
    chosen = judge(pool, Signal(granularity="token"))
    for number in range(50):
        chosen.outcomes([0], [pool.tasks[0]], [f"={number}"], [])
        chosen.earned([0], [pool.tasks[0]], [f"{number}\n"])
        assert len(chosen._ended) <= 10 and len(chosen._begun) <= 10


def test_environments_share_what_is_kept_and_other_signals_do_not() -> None:
    pool = pool_of("chain_sum")
    assert judge(pool, Signal()) is judge(pool, Signal())
    others = [
        Signal(granularity="rubric"),
        Signal(verifier="rubric"),
        Signal(weights={}, granularity="token"),
    ]
    assert len({id(judge(pool, signal)) for signal in [Signal(), *others]}) == 4
    heavy, light = (Signal(granularity="rubric", weights={"tidy": weight}) for weight in (3.0, 0.5))
    assert judge(pool, heavy) is not judge(pool, light)
