"""Many token MDPs of a family at once: numpy throughout, and Python only where a text ends."""

import operator
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from gymnasium.error import ResetNeeded
from gymnasium.utils import seeding
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray

from synthgym.envs.tokens.infos import Rows, batched, batched_outcomes, mask_of, objects
from synthgym.envs.tokens.judging import Outcome, judge
from synthgym.envs.tokens.pool import EMPTY, OVER, WRITING, PoolSettings, token_pool
from synthgym.envs.tokens.streams import draws, stream_key
from synthgym.envs.tokens.token_env import spaces
from synthgym.envs.tokens.vocabulary import Codes
from synthgym.errors import SettingError, shown, suggestion
from synthgym.plugins import as_signal, get_family
from synthgym.signal import Signal

Bools = NDArray[np.bool_]
_SETTINGS = tuple(PoolSettings.__dataclass_fields__)
_MODES = tuple(mode.value for mode in AutoresetMode)


class TokenVectorEnv(VectorEnv[Codes, Codes, NDArray[Any]]):
    """`num_envs` token MDPs; ``gymnasium.make_vec("synthgym/ChainSumTokens-v0", num_envs=256, ...)`` makes one.

    What it returns is what `gymnasium.vector.SyncVectorEnv` over as many `TokenEnv` returns, infos included: seeded
    with s, sub-environment i does what the single environment seeded with s + i does.

    Args:
        family: its name; the registration gives it.
        num_envs: sub-environments.
        signal: what is rewarded, as a `Signal` or its label.
        autoreset_mode: when an ended sub-environment is reset: "NextStep" (its next action is then ignored),
            "SameStep" (what it ended with is in ``info["final_obs"]`` and ``info["final_info"]``), or "Disabled"
            (by ``reset(options={"reset_mask": ...})``).
        settings: the other settings of `TokenEnv`.

    Raises:
        UnknownNameError: if the family, or something the signal names, is not registered.
        SettingError: for any other value that is not accepted.
    """

    metadata: dict[str, Any] = {"render_modes": [], "autoreset_mode": AutoresetMode.NEXT_STEP}
    _waiting: Rows  # those whose text has ended, or not begun

    def __init__(
        self,
        family: str,
        num_envs: int = 1,
        *,
        signal: str | Signal = "binary",
        autoreset_mode: AutoresetMode | str = AutoresetMode.NEXT_STEP,
        render_mode: None = None,
        **settings: Any,
    ) -> None:
        if type(num_envs) is not int or num_envs < 1:
            raise SettingError(f"num_envs {shown(num_envs)} is not a whole number above 0")
        if render_mode is not None:
            raise SettingError(
                f"render_mode {shown(render_mode)} is not accepted; render a single environment"
            )
        for name in settings:
            if name not in _SETTINGS:
                known = ("signal", "autoreset_mode", *_SETTINGS)
                raise SettingError(f"there is no setting {shown(name)}{suggestion(name, known)}")
        self.num_envs, self.render_mode = num_envs, None
        self.signal, self.mode = as_signal(signal), _mode(autoreset_mode)
        self.metadata = {**self.metadata, "autoreset_mode": self.mode}
        self.pool = token_pool(get_family(family), self.signal, PoolSettings(**settings))
        self.single_observation_space, self.single_action_space = spaces(self.pool)
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self._judge = judge(self.pool, self.signal)
        self._allocate()

    @property
    def task_index(self) -> NDArray[np.int64]:
        """The place in ``pool.tasks`` of each sub-environment's task, of shape (num_envs,)."""
        return self._place.copy()

    def reset(
        self, *, seed: int | Sequence[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Codes, dict[str, Any]]:
        """New tasks for all, or for those in ``options["reset_mask"]``, of shape (num_envs,) and type bool.

        Args:
            seed: of sub-environment 0, the others' count up from it; or one each.

        Raises:
            SettingError: for another option, or seeds or a mask of another shape.
        """
        rows = np.flatnonzero(self._reset_mask({} if options is None else options))
        self._seed(seed.tolist() if isinstance(seed, np.ndarray) else seed, rows)
        self._begin(rows)
        self._waiting = self._waiting[~np.isin(self._waiting, rows)]
        infos = batched(self.num_envs, rows, "action_mask", self.action_masks()[rows])
        return self._observed(), infos | self._task_ids(rows)

    def step(self, actions: Codes) -> tuple[Codes, NDArray[np.float64], Bools, Bools, dict[str, Any]]:
        """One action each, of shape (num_envs,).

        Raises:
            SettingError: if an action is not one of the space; it names the first.
            gymnasium.error.ResetNeeded: before the first `reset`, or in the mode "Disabled" after an end.
        """
        codes, waiting = self._checked(actions), self._waiting
        writes = (codes != 0) & (self._cursor < self._limit)
        ended = ~writes
        if waiting.size:
            self._check_reset()
            writes[waiting] = ended[waiting] = False
        rewards = self._write(codes, writes)
        rows = np.flatnonzero(ended)
        texts, outcomes = self._ended(rows)
        if waiting.size:
            self._begin(waiting)
        truncated = np.zeros(self.num_envs, dtype=np.bool_)
        infos: dict[str, Any] = {}
        if rows.size:
            truncated[rows] = unscored = np.array([outcome.unscored for outcome in outcomes])
            rewards[rows] = np.where(unscored, 0.0, [o.reward for o in outcomes] - self._paid[rows])
            infos = batched_outcomes(self.num_envs, rows, texts, outcomes)
        if self.mode is AutoresetMode.SAME_STEP:
            infos = self._begin_after(rows, infos)
        else:
            self._waiting = rows
            infos |= self._task_ids(np.concatenate([waiting, rows]))
        infos["action_mask"] = self.action_masks()
        infos["_action_mask"] = np.ones(self.num_envs, dtype=np.bool_)
        return self._observed(), rewards, ended & ~truncated, truncated, infos

    def action_masks(self) -> NDArray[np.int8]:
        """The action masks, of shape (num_envs, actions): 1 for an action worth trying."""
        rows = np.where(self._fresh, EMPTY, WRITING)
        rows[self._cursor == self._limit] = OVER
        rows[self._waiting] = OVER
        masks: NDArray[np.int8] = self.pool.masks[rows]
        return masks

    def _allocate(self) -> None:
        """Arrays of shape (num_envs, ...): the codes, with one column more than is seen, and where each writes next."""
        number, width = self.num_envs, self.pool.prompt_length + self.pool.max_tokens + 1
        self._buffer = np.zeros((number, width), dtype=np.int64)
        self._home = np.arange(number) * width + self.pool.prompt_length
        self._cursor, self._limit = self._home.copy(), self._home + self.pool.max_tokens
        self._fresh = np.ones(number, dtype=np.bool_)
        self._paid = np.zeros(number)
        self._place = np.zeros(number, dtype=np.int64)
        self._keys, self._drawn = np.zeros((2, number), dtype=np.uint64)
        self._rngs: list[np.random.Generator | None] = [None] * number
        self._waiting = np.arange(number)

    def _begin(self, rows: Rows) -> None:
        """New tasks and empty texts for `rows`."""
        place = draws(self._keys[rows], self._drawn[rows], len(self.pool.tasks))
        self._drawn[rows] += np.uint64(1)
        self._place[rows] = place
        self._buffer[rows, : self.pool.prompt_length] = self.pool.prompts[place]
        self._buffer[rows, self.pool.prompt_length :] = 0
        self._cursor[rows] = self._home[rows]
        self._fresh[rows] = True
        self._paid[rows] = 0.0

    def _begin_after(self, rows: Rows, infos: dict[str, Any]) -> dict[str, Any]:
        """Begin anew where a text has just ended; what it ended with goes into "final_obs" and "final_info"."""
        if not rows.size:
            return infos
        last = self.pool.masks[np.full(rows.size, OVER)]
        infos |= self._task_ids(rows) | batched(self.num_envs, rows, "action_mask", last)
        seen = batched(self.num_envs, rows, "final_obs", objects(list(self._observed()[rows])))
        self._begin(rows)
        ended = {"final_info": infos, "_final_info": mask_of(self.num_envs, rows)}
        return seen | ended | self._task_ids(rows)

    def _write(self, codes: Codes, writes: Bools) -> NDArray[np.float64]:
        """Write where `writes` says so; what the lines that end by it have earned."""
        self._buffer.reshape(-1)[self._cursor] = codes * writes
        self._cursor += writes
        feeds, rewards = codes == self.pool.vocabulary.line_feed, np.zeros(self.num_envs)
        if self._judge.by_line:
            rows = np.flatnonzero(writes & feeds & ~self._fresh)
            if rows.size:
                rewards[rows] = self._lines_ended(rows)
        self._fresh = feeds
        return rewards

    def _lines_ended(self, rows: Rows) -> NDArray[np.float64]:
        tasks = [self.pool.tasks[place] for place in self._place[rows]]
        earned = np.array(self._judge.earned(self._place[rows].tolist(), tasks, self._texts(rows)))
        paid = self._paid[rows]
        earned = np.where(np.isnan(earned), paid, earned)  # not scored: nothing more is paid
        self._paid[rows] = earned
        return earned - paid

    def _ended(self, rows: Rows) -> tuple[list[str], list[Outcome]]:
        """The texts of `rows`, and what they give."""
        if not rows.size:
            return [], []
        texts, places = self._texts(rows), self._place[rows].tolist()
        rngs = [rng for row in rows if (rng := self._rngs[row]) is not None]
        return texts, self._judge.outcomes(places, [self.pool.tasks[place] for place in places], texts, rngs)

    def _texts(self, rows: Rows) -> list[str]:
        return self.pool.vocabulary.decode(self._buffer[rows, self.pool.prompt_length : -1])

    def _task_ids(self, rows: Rows) -> dict[str, Any]:
        return batched(self.num_envs, rows, "task_id", self.pool.ids[self._place[rows]]) if rows.size else {}

    def _observed(self) -> Codes:
        return self._buffer[:, :-1].copy()

    def _checked(self, actions: Codes) -> Codes:
        """`actions` as codes.

        Raises:
            SettingError: if they are anything else than whole numbers of the action space, one each.
        """
        try:
            codes, size = np.asarray(actions), self.pool.vocabulary.size
        except ValueError:
            raise SettingError(
                f"the actions are {shown(actions)}; whole numbers of shape ({self.num_envs},) are needed"
            ) from None
        if codes.shape != (self.num_envs,) or codes.dtype.kind not in "iu":
            raise SettingError(
                f"the actions are of shape {codes.shape} and type {codes.dtype}; whole numbers of shape "
                f"({self.num_envs},) are needed"
            )
        if codes.min() < 0 or codes.max() >= size:
            row = int(np.flatnonzero((codes < 0) | (codes >= size))[0])
            raise SettingError(
                f"the action of sub-environment {row} is {codes[row]}; a whole number from 0 to {size - 1} is needed"
            )
        return codes.astype(np.int64, copy=False)

    def _check_reset(self) -> None:
        if self.mode is AutoresetMode.DISABLED or any(self._rngs[row] is None for row in self._waiting):
            raise ResetNeeded(
                f"the texts of sub-environments {shown(self._waiting.tolist())} have ended, or not begun: call "
                'reset(options={"reset_mask": ...}), or reset() for all'
            )

    def _seed(self, seed: object, rows: Rows) -> None:
        """Seed the streams of `rows`; without a seed, only those that have none."""
        for row in rows.tolist():
            own = _seed_of(seed, row, self.num_envs)
            if own is not None or self._rngs[row] is None:
                self._rngs[row], _ = rng, _ = seeding.np_random(own)
                self._keys[row], self._drawn[row] = stream_key(rng), 0

    def _reset_mask(self, options: object) -> Bools:
        if not isinstance(options, Mapping):
            raise SettingError(f"options {shown(options)} are no dict; {{'reset_mask': mask}} is one")
        for name in options:
            if name != "reset_mask":
                raise SettingError(f"reset has no option {shown(name)}; reset_mask is one")
        if "reset_mask" not in options:
            return np.ones(self.num_envs, dtype=np.bool_)
        mask = options["reset_mask"]
        if not isinstance(mask, np.ndarray) or mask.dtype != np.bool_ or mask.shape != (self.num_envs,):
            raise SettingError(
                f"reset_mask {shown(mask)} is not an array of shape ({self.num_envs},) and type bool"
            )
        if not mask.any():
            raise SettingError("reset_mask is False everywhere; at least one sub-environment is needed")
        return mask


def _mode(value: AutoresetMode | str) -> AutoresetMode:
    try:
        return AutoresetMode(value)
    except ValueError:
        raise SettingError(f"no autoreset_mode {shown(value)}{suggestion(str(value), _MODES)}") from None


def _seed_of(seed: object, row: int, num_envs: int) -> int | None:
    if seed is None:
        return None
    if isinstance(seed, Sequence) and not isinstance(seed, str):
        if len(seed) != num_envs:
            raise SettingError(f"{len(seed)} seeds for {num_envs} sub-environments; one each is needed")
        return _whole(seed[row], 0) if seed[row] is not None else None
    return _whole(seed, row)


def _whole(seed: object, more: int) -> int:
    try:
        value = operator.index(seed)  # type: ignore[arg-type]  # what is no integer raises TypeError
    except TypeError:
        value = -1
    if value < 0:
        raise SettingError(f"seed {shown(seed)} is not a whole number from 0")
    return value + more
