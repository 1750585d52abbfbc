"""`check_env`: the public contract of an environment, run on the built-in ones in the tests and by users on theirs."""

import warnings
from typing import Any

import gymnasium
from gymnasium.utils.env_checker import check_env as check_gymnasium
from gymnasium.utils.env_checker import data_equivalence

from synthgym.errors import EnvError, shown

_EPISODES = 3
_STEPS = 300  # of all episodes together


def check_env(env: gymnasium.Env[Any, Any] | str, **settings: Any) -> None:
    """Check that an environment passes Gymnasium's checker without a warning, and that a seed fixes what it does.

    Args:
        env: an environment, or a registered id, which is made with `settings` and ``render_mode="ansi"``.

    Raises:
        EnvError: at the first breach; it says which, and what was seen.
    """
    if isinstance(env, str):
        env = gymnasium.make(env, **{"render_mode": "ansi", **settings})
    bare = env.unwrapped
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            check_gymnasium(bare)
        except (Exception, Warning) as error:
            raise EnvError(f"{bare}: Gymnasium's checker says: {error}") from error
    runs = [_episodes(bare) for _ in range(2)]
    for first, second in zip(*runs, strict=True):
        if not data_equivalence(first, second, exact=True):
            raise EnvError(
                f"{bare}: a seeded episode went two ways: {shown(first, 200)} and {shown(second, 200)}"
            )


def _episodes(env: gymnasium.Env[Any, Any]) -> list[object]:
    """What is seen in a few seeded episodes with seeded actions."""
    seen: list[object] = [env.reset(seed=7)]
    env.action_space.seed(7)
    ended = 0
    for _ in range(_STEPS):
        action = env.action_space.sample()
        observation, reward, terminated, truncated, info = env.step(action)
        seen += [action, observation, reward, terminated, truncated, info]
        if terminated or truncated:
            seen.append(env.reset())
            ended += 1
        if ended == _EPISODES:
            break
    return seen
