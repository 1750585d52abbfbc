"""From a config to a prediction: sample or read a batch, label completions of it, measure each component, rank them."""

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zlib import crc32

import numpy as np

from synthgym.baselines.predict.batch import Batch
from synthgym.baselines.predict.components import Component, check_applies, components_of, signal_of, taken
from synthgym.baselines.predict.config import LEAST_LABELS, PredictConfig
from synthgym.baselines.predict.prediction import Prediction, Row, in_order, number
from synthgym.errors import MeasureError, SettingError
from synthgym.plugins import get_family
from synthgym.signal import Shortcut, Signal
from synthgym.types import Task

if TYPE_CHECKING:
    from synthgym.audit.fields import Fields
    from synthgym.audit.sources import Source as Log
    from synthgym.baselines.policy import Policy
    from synthgym.baselines.predict.labelled import Labelled

OnStage = Callable[[str], None]
_POOL = 1  # the stream of sampling that the labelled completions come from; the batch's is 0


@dataclass(frozen=True, kw_only=True)
class _Source:
    """Where the components are measured.

    Attributes:
        tasks, prompts, completions: the pool that labelled completions are made of.
        policy: None where there is only a log.
        notes: what holds of the whole prediction.
        foreign: whether it is another trainer's log, which names no tasks.
    """

    batch: Batch
    tasks: Sequence[Task | None]
    prompts: Sequence[str]
    completions: Sequence[str]
    policy: "Policy | None"
    provenance: dict[str, Any]
    notes: tuple[str, ...]
    foreign: bool = False


def predict(
    config: PredictConfig,
    *,
    signal: Signal | None = None,
    watched: Sequence[Shortcut] = (),
    policy: "Policy | None" = None,
    cache: Path | None = None,
    fields: "Fields | None" = None,
    on_stage: OnStage = lambda text: None,
) -> Prediction:
    """What a policy is predicted to learn first under a signal, from one batch of rollouts before any training.

        found = predict(PredictConfig(family="chain_sum", signal="binary+magic_token"))
        print(found)  # truth is predicted to be learned first ...

    Args:
        signal: in place of the config's label: a signal with shortcuts set as you like.
        watched: shortcuts to measure beside the config's.
        policy: in place of the config's model.
        cache: where warm starts are kept.
        fields: which field of another trainer's log is which, where the usual names do not tell; as of `audit`.
        on_stage: called with a few words when something begins that takes time.

    Raises:
        UnknownNameError: for an unknown family, shortcut or verifier; it names the nearest.
        SettingError: for a setting out of range, or a shortcut that makes no sense on the family.
        PolicyError: if the model cannot be loaded, or the warm start not be made.
        LogError, MeasureError: with a log, if it cannot be read or holds no training rows.
    """
    started = time.perf_counter()
    settled = signal_of(config.signal if signal is None else signal, config.shortcut)
    components = components_of(settled, [*config.watch, *watched])
    if config.log is None:
        if options := _named(fields):
            raise SettingError(f"{options} is of a log, and none is given: add --log")
        source = _sampled(config, settled, components, policy, cache, on_stage)
        label = settled.label
    else:
        source, components, label = _read(config, config.log, settled, components, fields, on_stage)
    rows, notes = [], [*source.notes, *_batch_notes(source.batch)]
    on_stage("reading the rollouts' features")
    shared = _rollout_features(source, config)
    for component in components:
        on_stage(f"measuring {component.name}")
        try:
            rows.append(_measured(component, source, shared, config))
        except MeasureError as error:
            notes.append(f"{component.name} cannot be measured: {error}")
        else:
            notes += _row_notes(rows[-1])
    ordered = in_order(rows)
    return Prediction(
        rows=ordered,
        notes=(*notes, *_open_questions(ordered)),
        settings={**asdict(config), "signal": label, "shortcuts": _described(components)},
        provenance=source.provenance,
        rollouts=len(source.batch),
        groups=source.batch.groups,
        live_groups=source.batch.live,
        pass_rate=source.batch.pass_rate,
        seconds=time.perf_counter() - started,
    )


def _described(components: Sequence[Component]) -> list[dict[str, Any]]:
    """Name and settings of the shortcuts among them."""
    return [
        {"name": part.name, "planted": part.planted, **asdict(part.shortcut)}
        for part in components
        if part.shortcut is not None
    ]


def _sampled(
    config: PredictConfig,
    signal: Signal,
    components: Sequence[Component],
    policy: "Policy | None",
    cache: Path | None,
    on_stage: OnStage,
) -> _Source:
    """A batch of a policy, and a pool of further completions, one for each of `config.labels` fresh prompts."""
    from synthgym.baselines.predict.sampling import answers, first_tasks, sample_batch

    family = str(config.family)
    get_family(family)
    tasks = first_tasks(family, config, signal, config.groups)
    check_applies(components, tasks)
    policy, provenance = _policy(config, signal, policy, cache, on_stage)
    on_stage(f"sampling {config.groups * config.group_size} rollouts")
    batch = sample_batch(policy, tasks, signal, config)
    on_stage(f"sampling {config.labels} completions to label")
    fresh = first_tasks(family, config, signal, config.labels, skip=config.groups)
    completions, _ = answers(policy, fresh, config, n=1, stream=_POOL)
    return _Source(
        batch=batch,
        tasks=fresh,
        prompts=[task.prompt for task in fresh],
        completions=completions,
        policy=policy,
        provenance=provenance,
        notes=(),
    )


def _policy(
    config: PredictConfig, signal: Signal, policy: "Policy | None", cache: Path | None, on_stage: OnStage
) -> "tuple[Policy, dict[str, Any]]":
    """The policy before training, and where it came from."""
    from synthgym.baselines.policy import load_policy
    from synthgym.baselines.train import versions

    about: dict[str, Any] = {"versions": versions()}
    if policy is None and config.model is not None:
        on_stage(f"loading {config.model}")
        policy = load_policy(config.model)
    elif policy is None:
        from synthgym.baselines.train_command import start_of
        from synthgym.baselines.warmstart import default_cache, warm_start

        on_stage("warm-starting the tiny policy")
        start = warm_start(
            start_of(
                str(config.family),
                config.start,
                signal,
                difficulty=config.difficulty,
                template=config.template,
            ),
            cache=cache or default_cache(),
        )
        policy = start.policy
        about["start"] = start.summary()
    about["policy"] = {"id": policy.id, "parameters": policy.parameters}
    return policy, about


def _read(
    config: PredictConfig,
    log: Path,
    signal: Signal,
    components: list[Component],
    fields: "Fields | None",
    on_stage: OnStage,
) -> tuple[_Source, list[Component], str]:
    """The batch of a log, the components of what it was trained on and of what is asked for, and its signal's label."""
    from synthgym.baselines.predict.from_foreign_log import foreign_source
    from synthgym.baselines.predict.from_log import logged_batch

    on_stage(f"reading {log}")
    other = foreign_source(log)
    if other is not None:
        return _read_foreign(config, other, fields), components, signal.label
    if options := _named(fields):
        raise SettingError(f"{log} is a run of SynthGym's, whose fields are known: leave out {options}")
    logged = logged_batch(log, family=config.family, steps=config.log_steps)
    if logged.signal is not None:
        named = [part.shortcut for part in components if part.shortcut is not None]
        components = components_of(logged.signal, named)
    check_applies(components, logged.batch.tasks)
    source = _Source(
        batch=logged.batch,
        tasks=logged.batch.tasks,
        prompts=logged.batch.prompts,
        completions=logged.batch.completions,
        policy=None,
        provenance={"run": logged.provenance, "steps": list(logged.steps)},
        notes=logged.notes,
    )
    return source, components, str(logged.provenance.get("signal") or signal.label)


def _read_foreign(config: PredictConfig, log: "Log", fields: "Fields | None") -> _Source:
    """The batch of another trainer's log.

    Raises:
        SettingError: if one of its families is asked for: it names none.
    """
    from synthgym.baselines.predict.from_foreign_log import foreign_batch

    if config.family is not None:
        raise SettingError(
            f"{log.path} is another trainer's log and names no families: leave out {config.family}"
        )
    batch, steps, notes = foreign_batch(log, fields=fields, steps=config.log_steps)
    return _Source(
        batch=batch,
        tasks=batch.tasks,
        prompts=batch.prompts,
        completions=batch.completions,
        policy=None,
        provenance={
            "log": str(log.path),
            "kind": log.kind,
            "steps": list(steps),
            **_described_fields(fields),
        },
        notes=tuple(notes),
        foreign=True,
    )


def _named(fields: "Fields | None") -> str:
    """The options that were given of it; empty if none was."""
    return ", ".join(f"--{role}-field" for role in _described_fields(fields).get("fields", {}))


def _described_fields(fields: "Fields | None") -> dict[str, dict[str, str]]:
    """The fields that were named, by what they hold."""
    named = (
        {} if fields is None else {role: name for role, name in asdict(fields).items() if name is not None}
    )
    return {"fields": named} if named else {}


def _batch_notes(batch: Batch) -> list[str]:
    notes = []
    if not batch.live:
        notes.append(
            f"no group is live: the rewards within each of the {batch.groups} groups are equal, so that s is undefined "
            "and training would push nothing; D and surprisal stand"
        )
    if batch.scored < len(batch):
        notes.append(f"{len(batch) - batch.scored} of {len(batch)} rollouts are not scored, and push nothing")
    return notes


def _open_questions(rows: Sequence[Row]) -> list[str]:
    """What the batch is too small to rule out: that a component which is not expected is learned before all others."""
    first = next((row.efficiency.learning_time.estimate for row in rows if row.expected), np.inf)
    return [
        f"the batch does not rule out that {row.name} is learned first: {row.hits} of {row.rollouts:,} rollouts show "
        f"it, and its T̂ may be as low as {number(row.efficiency.learning_time.low)}; a larger batch would tell"
        for row in rows
        if not row.expected and row.hits and row.kind != "null" and row.efficiency.learning_time.low < first
    ]


def _row_notes(row: Row) -> list[str]:
    if not row.observed:
        return []
    return [
        f"D of {row.name} rests on {row.labels} logged rollouts as they stand, half with it and half without: what "
        "else differs between them may tell them apart"
    ]


def _measured(component: Component, source: _Source, shared: Any, config: PredictConfig) -> Row:
    """The component's row; `shared` are the features of the batch's rollouts.

    Raises:
        MeasureError: if it cannot be measured.
    """
    from synthgym.measure.efficiency import efficiency

    # A stream a component, so that no figure depends on which others are measured.
    rng = np.random.default_rng([config.seed, crc32(component.name.encode())])
    shown = taken(component, source.batch, rng, foreign=source.foreign)
    if not np.isfinite(shown).any():
        raise MeasureError("whether the rollouts show it is not known")
    examples = _labelled(component, source, config, shown, rng)
    if len(examples) < LEAST_LABELS:
        raise MeasureError(
            f"only {len(examples)} completions could be labelled, half with it and half without; "
            f"{LEAST_LABELS} are needed"
        )
    batch = source.batch
    found = efficiency(
        component.name,
        features=_features(source, examples.prompts, examples.completions, config),
        labels=examples.labels,
        component=shown,
        advantage=batch.advantage,
        reward=batch.reward if batch.scored else np.zeros(len(batch)),  # of no reward, no bits
        group=batch.group,
        rng=rng,
        probe="mlp" if config.probe == "mlp" else "linear",
        rollout_features=shared,
    )
    return Row(
        name=component.name,
        kind=component.kind,
        planted=component.planted,
        hits=int(np.nansum(shown)),
        rollouts=int(np.isfinite(shown).sum()),
        labels=len(examples),
        observed=examples.observed,
        efficiency=found,
    )


def _labelled(
    component: Component, source: _Source, config: PredictConfig, shown: Any, rng: np.random.Generator
) -> "Labelled":
    from synthgym.baselines.predict.labelled import labelled, observed

    usable = [place for place, task in enumerate(source.tasks) if task is not None][: config.labels]
    tasks = [task for task in (source.tasks[place] for place in usable) if task is not None]
    prompts, completions = (
        [texts[place] for place in usable] for texts in (source.prompts, source.completions)
    )
    made = labelled(component, tasks, prompts, completions, rng=rng)
    if len(made) >= LEAST_LABELS or source.policy is not None:
        return made
    batch = source.batch
    return observed(batch.prompts, batch.completions, shown, rng=rng)


def _rollout_features(source: _Source, config: PredictConfig) -> Any:
    """Features of the batch's rollouts, for the NTK product; None where they are all equal, which holds no kernel."""
    found = _features(source, source.batch.prompts, source.batch.completions, config)
    return found if not isinstance(found, np.ndarray) or np.ptp(found, axis=0).any() else None


def _features(
    source: _Source, prompts: Sequence[str], completions: Sequence[str], config: PredictConfig
) -> Any:
    """The rows that a probe reads: hidden states of the policy before training, or the texts."""
    if source.policy is None or config.probe == "text":
        from synthgym.measure.text_features import text_features

        return text_features(prompts, completions)
    from synthgym.baselines.answers import worded
    from synthgym.baselines.hidden_states import hidden_features

    return hidden_features(source.policy, worded(source.policy, prompts), completions)
