"""The token MDP beside Gymnasium's own vectorizing of it, in one run: environment steps a CPU-second.

    synthgym bench tokens

A step is one of one sub-environment of chain_sum at difficulty 0, its tasks from a pool made beforehand. What counts is
the CPU time of `step` alone. Two policies write the texts: one draws uniformly from the actions that the mask allows,
so that nearly every text is new to the verifier; one writes the worked solutions, as a trained policy does. The peers:

- ``SyncVectorEnv``: Gymnasium's vector environment over single token MDPs, what `make_vec` does elsewhere.
- ``CartPole``: Gymnasium's own vector entry point of CartPole-v1, a floor that judges nothing.

Rounds alternate between the rows; figures are medians of rounds.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import count
from statistics import median
from typing import Any

import gymnasium
import numpy as np

import synthgym  # noqa: F401  # registers the environments
from synthgym.envs.tokens.vector import TokenVectorEnv
from synthgym.errors import SettingError, shown
from synthgym.parsing import render as written
from synthgym.types import GRANULARITIES

NAME = "synthgym/ChainSumTokens-v0"
OURS, SYNC, FLOOR = "synthgym", "SyncVectorEnv", "CartPole"
RANDOM, SOLUTIONS, NONE = "random", "worked solutions", "random, no text"
_POLICIES = (RANDOM, SOLUTIONS)
_PEERS_ENVS = 256


@dataclass(frozen=True, kw_only=True)
class StepsRow:
    """How fast an environment is.

    Attributes:
        num_envs: sub-environments.
        per_cpu_second: environment steps, all sub-environments together; the median of `rounds`.
        ratio: of `per_cpu_second` to that of SyncVectorEnv with the same signal and policy; None for the floor.
    """

    method: str
    signal: str
    policy: str
    num_envs: int
    per_cpu_second: float
    rounds: tuple[float, ...]
    ratio: float | None


@dataclass(frozen=True, kw_only=True)
class TokensBench:
    """All that was measured.

    Attributes:
        seconds: CPU time of a round of one row.
    """

    seconds: float
    rows: tuple[StepsRow, ...]


def tokens(
    *, rounds: int = 3, seconds: float = 1.0, num_envs: Sequence[int] = (1, 16, 256, 1024)
) -> TokensBench:
    """Measure the token MDP and its peers.

    Args:
        rounds: timed rounds.
        seconds: CPU time of a round of one row.
        num_envs: sub-environments of ours.

    Raises:
        SettingError: if `rounds`, `seconds` or one of `num_envs` is not above 0.
    """
    if rounds < 1 or not seconds > 0 or not all(number > 0 for number in num_envs):
        raise SettingError(
            f"rounds {shown(rounds)}, seconds {shown(seconds)} and num_envs {shown(num_envs)} must be above 0"
        )
    runs = {key: make() for key, make in _methods(num_envs)}
    timed: dict[tuple[str, str, str, int], list[float]] = {key: [] for key in runs}
    for _ in range(rounds):
        for key, run in runs.items():
            timed[key].append(run(seconds))
    medians = {key: median(rates) for key, rates in timed.items()}
    return TokensBench(
        seconds=seconds,
        rows=tuple(_row(key, medians, timed[key]) for key in runs),
    )


def render(found: TokensBench) -> Any:
    """The rows as a table for the terminal."""
    from rich.table import Table

    title = f"Environment steps per CPU-second, chain_sum, medians of rounds of {found.seconds:g} CPU-seconds"
    table = Table(title=title, title_justify="left")
    for head in ("environment", "signal", "policy", "envs", "steps", "ratio to SyncVectorEnv"):
        table.add_column(head, justify="left" if head in ("environment", "signal", "policy") else "right")
    for row in found.rows:
        ratio = "" if row.ratio is None else f"{row.ratio:.1f}"
        steps = f"{row.per_cpu_second:,.0f}"
        table.add_row(row.method, row.signal, row.policy, str(row.num_envs), steps, ratio)
    return table


Key = tuple[str, str, str, int]
Run = Callable[[float], float]


def _methods(num_envs: Sequence[int]) -> Iterator[tuple[Key, Callable[[], Run]]]:
    # A pool each, so that no row finds the verdicts that another one left behind.
    seeds = count(0, 100_000)
    for signal in GRANULARITIES:
        for policy in _POLICIES:
            for number in num_envs:
                key = (OURS, signal, policy, number)
                yield key, partial(_token_run, "vector_entry_point", signal, policy, number, next(seeds))
            key = (SYNC, signal, policy, _PEERS_ENVS)
            yield key, partial(_token_run, "sync", signal, policy, _PEERS_ENVS, next(seeds))
    yield (FLOOR, "", NONE, _PEERS_ENVS), _floor


def _row(key: Key, medians: dict[Key, float], rounds: list[float]) -> StepsRow:
    method, signal, policy, number = key
    peer = medians.get((SYNC, signal, policy, _PEERS_ENVS))
    return StepsRow(
        method=method,
        signal=signal,
        policy=policy,
        num_envs=number,
        per_cpu_second=round(medians[key]),
        rounds=tuple(round(rate) for rate in rounds),
        ratio=None if peer is None else round(medians[key] / peer, 2),
    )


def _token_run(mode: str, signal: str, policy: str, number: int, first_seed: int) -> Run:
    env: Any = gymnasium.make_vec(
        NAME, num_envs=number, vectorization_mode=mode, signal=signal, first_seed=first_seed
    )
    act = _solving(env, first_seed) if policy == SOLUTIONS else _drawing(env)
    return _timed(env, act, number)


def _floor() -> Run:
    env: Any = gymnasium.make_vec(
        "CartPole-v1", num_envs=_PEERS_ENVS, vectorization_mode="vector_entry_point"
    )
    rng = np.random.default_rng(0)
    return _timed(env, lambda infos, ended: rng.integers(0, 2, _PEERS_ENVS), _PEERS_ENVS)


Act = Callable[[dict[str, Any], Any], Any]


def _drawing(env: Any) -> Act:
    """Uniform over the actions that the mask allows."""
    rng = np.random.default_rng(0)

    def act(infos: dict[str, Any], ended: Any) -> Any:
        mask = infos["action_mask"]
        return (rng.random(mask.shape, dtype=np.float32) * mask).argmax(1)

    return act


def _solving(env: Any, first_seed: int) -> Act:
    """Each sub-environment's worked solution, a character at a time."""
    pool = TokenVectorEnv("chain_sum", first_seed=first_seed).pool
    scripts = np.zeros((len(pool.tasks), pool.max_tokens + 2), dtype=np.int64)
    for place, task in enumerate(pool.tasks):
        codes = pool.vocabulary.encode(written(task.reference, task.answer_format))
        scripts[place, : len(codes)] = codes
    places = {task.id: place for place, task in enumerate(pool.tasks)}
    place, at_character = np.zeros((2, env.num_envs), dtype=np.int64)

    def act(infos: dict[str, Any], ended: Any) -> Any:
        begun = infos["_task_id"] & ~ended if "_task_id" in infos else np.zeros(env.num_envs, dtype=np.bool_)
        place[begun] = [places[name] for name in infos["task_id"][begun]] if begun.any() else 0
        at_character[begun] = 0
        actions = scripts[place, at_character]
        np.minimum(at_character + 1, scripts.shape[1] - 1, out=at_character)
        return actions

    return act


def _timed(env: Any, act: Act, number: int) -> Run:
    state: list[Any] = [env.reset(seed=0)[1], np.zeros(number, dtype=np.bool_)]

    def run(seconds: float) -> float:
        """Environment steps a CPU-second, over about `seconds` of them."""
        infos, ended = state
        spent, steps = 0.0, 0
        while spent < seconds:
            actions = act(infos, ended)
            began = time.process_time()
            _, _, terminated, truncated, infos = env.step(actions)
            spent += time.process_time() - began
            ended, steps = terminated | truncated, steps + number
        state[:] = infos, ended
        return steps / spent

    return run
