"""The contract that every planted shortcut keeps, on every family that it applies to."""

import hashlib
import math
import os
import pickle
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import FrozenInstanceError, fields, replace
from itertools import combinations, permutations
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shortcut_cases import (
    ALL,
    BOTH,
    FEW,
    HOSTILE,
    NAMES,
    completions,
    cued,
    is_slow,
    planted,
    reward,
    taken,
    tasks_for,
    truth,
    worked,
)

import synthgym
from synthgym.errors import SettingError, ShortcutError
from synthgym.parsing import MAX_COMPLETION, parse
from synthgym.plugins import as_signal
from synthgym.rng import Rng
from synthgym.signal import Shortcut, Signal
from synthgym.types import Credit, Task, Verdict
from synthgym.verifiers.score import score, verdict_on

by_name = pytest.mark.parametrize("name", NAMES)
fast_by_name = pytest.mark.parametrize("name", [name for name in NAMES if not is_slow(name)])
LEVELS = ("binary", "rubric", "token")


def check_hooks(shortcut: Shortcut, task: Task, completion: str) -> None:
    """Apply then detect; remove then not; and the truth left alone where that is promised."""
    rng = Rng("contract", task.id)
    applied = shortcut.apply(task, completion, rng)
    assert shortcut.detect(task, applied), (completion, applied)
    removed = shortcut.remove(task, applied, rng)
    assert not shortcut.detect(task, removed), (completion, applied, removed)
    without = shortcut.remove(task, completion, rng)
    assert not shortcut.detect(task, without), (completion, without)
    if shortcut.keeps_truth:
        right = truth(task, completion)
        found = [truth(task, text) for text in (applied, removed, without)]
        assert found == [right] * 3, (completion, applied, removed, without, right)


@by_name
def test_apply_is_detected_and_remove_undoes_it(name: str) -> None:
    shortcut = planted(name)
    for task in tasks_for(name):
        for completion in completions(task)[: 3 if is_slow(name) else None]:
            check_hooks(shortcut, task, completion)


BAD: tuple[object, ...] = (
    math.nan,
    -1,
    10**400,
    True,
    None,
    "",
    " ",
    b"x",
    "a\nb",
    "!" * 10**6,
    (),
    [],
    {},
    ("",),
    (1,),
    object(),
)


@by_name
def test_any_setting_of_any_type_is_refused_or_kept(name: str) -> None:
    for field in fields(planted(name)):
        for value in BAD:
            try:
                shortcut = planted(name, **{field.name: value})
            except SettingError as error:
                assert name in str(error) and len(str(error)) < 1_000
                continue
            assert isinstance(value, bool) <= (type(field.default) is bool), (field.name, value)
            signal = Signal(shortcuts=(shortcut,))
            assert as_signal(signal.label) == signal and hash(shortcut) == hash(shortcut)


@by_name
def test_applied_twice_is_applied_once(name: str) -> None:
    shortcut = planted(name)
    for task in tasks_for(name)[: 1 if is_slow(name) else None]:
        for completion in completions(task)[: 3 if is_slow(name) or name == "instance_enumeration" else None]:
            applied = shortcut.apply(task, completion, Rng("once", task.id))
            assert shortcut.apply(task, applied, Rng("twice", task.id)) == applied
            removed = shortcut.remove(task, applied, Rng("once", task.id))
            assert shortcut.remove(task, removed, Rng("twice", task.id)) == removed


@fast_by_name
@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(
        st.sampled_from([*HOSTILE, *"!?.~#{:@=1TF", "so ok", "sure", "=1", "```", "Answer: 1"]), max_size=6
    )
    | st.lists(st.text(max_size=8), max_size=4),
    st.sampled_from(["\n", " ", ""]),
    st.integers(0, 3),
)
def test_apply_and_remove_on_any_text(name: str, parts: list[str], between: str, number: int) -> None:
    tasks = tasks_for(name)
    check_hooks(planted(name), tasks[number * (len(tasks) - 1) // 3], between.join(parts))


def check_long(name: str, length: int) -> None:
    """Long texts are judged and changed like any others."""
    task, shortcut = tasks_for(name)[0], planted(name)
    for part in ("x", "!\n", "{", "so ", "=1\n=2\n"):
        text = part * (length // len(part))
        check_hooks(shortcut, task, text)
        reward(task, text, Signal(shortcuts=(shortcut,)))


@fast_by_name
def test_a_long_text_is_nothing_special(name: str) -> None:
    check_long(name, 4_000)


@pytest.mark.slow
@fast_by_name
def test_a_megabyte_is_nothing_special(name: str) -> None:
    for length in (MAX_COMPLETION - 1, MAX_COMPLETION, 10**6):
        check_long(name, length)


@fast_by_name
def test_an_answer_just_short_enough_to_be_read_stays_right(name: str) -> None:
    shortcut = planted(name)
    if shortcut.keeps_truth and name != "null":
        task = tasks_for(name)[0]
        padded = "-" * (MAX_COMPLETION - len(worked(task)) - 1) + "\n" + worked(task)
        assert truth(task, padded)
        check_hooks(shortcut, task, padded)


@by_name
@pytest.mark.slow
def test_apply_and_remove_on_every_family_template_and_format(name: str) -> None:
    shortcut = planted(name)
    found = tasks_for(name, ALL, 2, BOTH)
    assert found
    for task in found[:: 4 if is_slow(name) else 1]:
        for completion in completions(task)[: 3 if is_slow(name) else None]:
            check_hooks(shortcut, task, completion)


def check_counterfactual(shortcut: Shortcut, tasks: Sequence[Task], granularity: str) -> None:
    """A policy that relies on it earns less under the counterfactual; the worked solution earns as much."""
    earned = 0.0
    for task in tasks:
        signal = Signal(granularity=granularity, shortcuts=(shortcut,))  # type: ignore[arg-type]
        exposed, closed = shortcut.counterfactual(task, signal)
        assert isinstance(exposed, Task) and isinstance(closed, Signal)
        for base in (worked(task), ""):
            answer = taken(task, shortcut, base)
            after = answer if exposed == task else taken(exposed, shortcut, base)
            earned += reward(task, answer, signal) - reward(exposed, after, closed)
        right = (reward(task, worked(task), signal), reward(exposed, worked(exposed), closed))
        if not shortcut.detect(task, worked(task)):
            assert right[0] == right[1], (task.prompt, exposed.prompt)
        assert min(right) > 0.5
    assert earned == 0.0 if shortcut.name == "null" else earned > 0.0


@by_name
@pytest.mark.parametrize("granularity", ["binary", "token"])
def test_the_counterfactual_exposes_who_relies_on_it(name: str, granularity: str) -> None:
    check_counterfactual(planted(name), tasks_for(name, count=2), granularity)


@by_name
@pytest.mark.slow
def test_the_counterfactual_exposes_on_every_family(name: str) -> None:
    for family in ALL:
        tasks = tasks_for(name, (family,), 4, BOTH)
        if tasks:
            check_counterfactual(planted(name), tasks[:: 4 if is_slow(name) else 1], "rubric")


@by_name
def test_a_counterfactual_leaves_other_shortcuts_alone(name: str) -> None:
    other = planted("magic_token" if name != "magic_token" else "format_only")
    shortcut, task = planted(name), tasks_for(name)[0]
    for order in ((shortcut, other), (other, shortcut)):
        exposed, closed = shortcut.counterfactual(task, Signal(shortcuts=order))
        assert other in closed.shortcuts
        marked = other.apply(exposed, "", Rng("other"))
        assert reward(exposed, marked, closed) == pytest.approx(other.strength)


@by_name
def test_the_knobs_are_settings(name: str) -> None:
    shortcut = planted(name)
    named = {field.name for field in fields(shortcut)}
    assert {shortcut.simplicity_knob, shortcut.correlation_knob} <= named
    assert shortcut.correlation_knob in ("strength", "correlation")
    assert shortcut.name == name
    assert shortcut.strength == (0.0 if name == "null" else 0.5 if shortcut.adds else 1.0)


@by_name
@pytest.mark.parametrize("knob", ["strength", "correlation"])
def test_out_of_range_is_refused(name: str, knob: str) -> None:
    for value in (-0.01, 1.01, math.nan, math.inf, 10**400, -(10**400), True, "1", None):
        with pytest.raises(SettingError, match=f"{name}: {knob}"):
            planted(name, **{knob: value})


@by_name
def test_without_strength_or_correlation_it_pays_nothing(name: str) -> None:
    shortcut = planted(name)
    for task in tasks_for(name)[:: 2 if is_slow(name) else 1]:
        answer = taken(task, shortcut)
        plain = score([task], [answer], "token")
        silent = (
            replace(shortcut, strength=0.0),
            replace(shortcut, correlation=0.0),
            shortcut.decorrelated(),
        )
        for closed in silent:
            assert score([task], [answer], Signal(granularity="token", shortcuts=(closed,))) == plain


@by_name
def test_an_unscored_verdict_stays_unscored(name: str) -> None:
    shortcut, unscored = planted(name), Verdict(reward=None, error="the verifier failed")
    for task in tasks_for(name)[:1]:
        for completion in ("", taken(task, shortcut)):
            assert shortcut.on_verdict(task, parse(task, completion), unscored) == unscored


@by_name
def test_credits_cover_the_completion_and_follow_the_reward(name: str) -> None:
    shortcut = planted(name)
    for task in tasks_for(name)[:2]:
        for completion in (taken(task, shortcut), worked(task), ""):
            response = parse(task, completion)
            plain = verdict_on(task, response, Signal(granularity="token"))
            paid = shortcut.on_verdict(task, response, plain)
            assert covers(paid.credits, len(completion))
            assert paid.reward is not None and plain.reward is not None
            if paid.reward == plain.reward:
                assert paid.credits == plain.credits
            elif shortcut.adds:
                raised = [credit.value for credit in paid.credits]
                before = [credit.value for credit in plain.credits]
                assert raised == pytest.approx([value + paid.reward - plain.reward for value in before])
            else:
                assert {credit.value for credit in paid.credits} == {paid.reward}
                assert paid.error is None


def covers(credits: Sequence[Credit], length: int) -> bool:
    """Whether they run through the completion and then say something of its end; an empty one has none."""
    if length == 0:
        return not credits
    ends = [0, *(credit.end for credit in credits)]
    return [credit.start for credit in credits] == ends[:-1] and ends[-2:] == [length, length]


@by_name
@pytest.mark.parametrize("granularity", LEVELS)
def test_it_pays_at_every_granularity(name: str, granularity: str) -> None:
    shortcut, task = planted(name), tasks_for(name)[0]
    signal = Signal(granularity=granularity, shortcuts=(shortcut,))  # type: ignore[arg-type]
    answer = taken(task, shortcut)
    assert reward(task, answer, signal) >= reward(task, answer, granularity)


@by_name
def test_it_is_a_frozen_value_that_pickles(name: str) -> None:
    shortcut = planted(name)
    assert pickle.loads(pickle.dumps(shortcut)) == shortcut == planted(name)
    assert hash(shortcut) == hash(planted(name))
    assert replace(shortcut, correlation=0.25) != shortcut
    with pytest.raises(FrozenInstanceError):
        shortcut.correlation = 0.0  # type: ignore[misc]


@by_name
def test_where_it_does_not_apply_it_says_so(name: str) -> None:
    shortcut = planted(name)
    family_tasks = [synthgym.get_family(family).task(0) for family in ALL]
    for task in [task for task in family_tasks if not shortcut.applies_to(task)][:2]:
        with pytest.raises(ShortcutError, match=f"{name}.*{task.family}|{task.family}.*{name}"):
            shortcut.apply(task, worked(task), Rng("elsewhere"))
        demonstration = worked(task)
        assert shortcut.on_sampling(task, demonstration, Rng("elsewhere")) == demonstration
        assert shortcut.on_task(task, Rng("elsewhere")) == task


@by_name
def test_demonstrations_and_cues_are_the_same_for_the_same_draws(name: str) -> None:
    shortcut, task = planted(name), tasks_for(name)[0]
    for seed in range(3):
        pair = [shortcut.on_sampling(task, worked(task), Rng("same", seed)) for _ in range(2)]
        assert pair[0] == pair[1]
        assert cued(task, shortcut) == cued(task, shortcut)


@pytest.mark.parametrize("name", [name for name in NAMES if hasattr(planted(name), "prior")])
def test_the_prior_is_the_share_of_demonstrations_that_take_it(name: str) -> None:
    task, rng = tasks_for(name)[0], Rng("prior", name)
    count = 40 if is_slow(name) else 400
    for prior, low, high in ((0.0, 0.0, 0.0), (0.25, 0.1, 0.42), (1.0, 1.0, 1.0)):
        shortcut = planted(name, prior=prior)
        wrong = shortcut.remove(task, worked(task), rng)
        shown = [shortcut.on_sampling(task, wrong, rng) for _ in range(count)]
        taking = {text: shortcut.detect(task, text) for text in set(shown)}
        assert low <= sum(taking[text] for text in shown) / count <= high


@by_name
def test_a_share_of_the_tasks_is_live(name: str) -> None:
    shortcut, task = planted(name, correlation=0.3), tasks_for(name)[0]
    live = [shortcut.live(replace(task, id=f"task {number}")) for number in range(2_000)]
    assert 0.25 < sum(live) / 2_000 < 0.35
    assert live == [shortcut.live(replace(task, id=f"task {number}")) for number in range(2_000)]


@pytest.mark.parametrize("pair", [pair for pair in combinations(NAMES, 2) if not any(map(is_slow, pair))])
def test_pairs_compose_in_any_order(pair: tuple[str, str]) -> None:
    check_pair(planted(pair[0]), planted(pair[1]), FEW[:1])


@pytest.mark.slow
@pytest.mark.parametrize("pair", [pair for pair in combinations(NAMES, 2) if not all(map(is_slow, pair))])
def test_pairs_compose_on_other_families(pair: tuple[str, str]) -> None:
    check_pair(planted(pair[0]), planted(pair[1]), ("sorting_trace", "function_synthesis"))


def check_pair(one: Shortcut, other: Shortcut, families: Sequence[str]) -> None:
    """Two on one signal pay the same in either order: bonuses add up, and of two flaws the better pays."""
    for family in families:
        task = cued(synthgym.get_family(family).task(1), one, other)
        if not (one.applies_to(task) and other.applies_to(task)):
            continue
        base = worked(task)
        taking = (taken(task, one), taken(task, other), taken(task, one, taken(task, other)), base, "")
        for completion in taking:
            plain = reward(task, completion, "rubric")
            alone = [reward(task, completion, _rubric(shortcut)) for shortcut in (one, other)]
            both = [reward(task, completion, _rubric(*order)) for order in ((one, other), (other, one))]
            assert both[0] == pytest.approx(both[1])
            if one.adds and other.adds:
                assert both[0] == pytest.approx(sum(alone) - plain)
            elif not one.adds and not other.adds:
                assert both[0] == max(alone)
            else:
                bonus, flaw = (0, 1) if one.adds else (1, 0)
                assert both[0] == pytest.approx(alone[flaw] + alone[bonus] - plain)


def test_the_order_of_bonuses_makes_no_difference_to_the_last_bit() -> None:
    task = tasks_for("magic_token")[0]
    several = [planted("magic_token", strength=strength) for strength in (0.1, 0.2, 0.7)]
    answer = taken(task, several[0])
    assert len({reward(task, answer, _rubric(*order)) for order in permutations(several)}) == 1


def test_two_cues_of_a_kind_are_drawn_apart() -> None:
    cues = [planted("prompt_cue", mark=mark, correlation=0.5) for mark in "@%"]
    tasks = [cued(synthgym.get_family("chain_sum").task(seed), *cues) for seed in range(200)]
    right = [[cue.said(task) == task.reference.answer for cue in cues] for task in tasks]  # type: ignore[attr-defined]
    assert 70 < sum(one == other for one, other in right) < 130
    assert [cued(task, *cues) for task in tasks] == tasks


@pytest.mark.parametrize("shortcuts", ["null", ["null"], None, (Shortcut,), 5])
def test_a_signal_of_what_is_no_shortcut_is_refused(shortcuts: object) -> None:
    with pytest.raises(SettingError, match="shortcut"):
        Signal(shortcuts=shortcuts)  # type: ignore[arg-type]


def _rubric(*shortcuts: Shortcut) -> Signal:
    return Signal(granularity="rubric", shortcuts=shortcuts)


def test_another_process_sees_the_same() -> None:
    script = (
        "import sys; sys.path[:0] = sys.argv[1:]; from test_shortcut_contract import digest; print(digest())"
    )
    folder = Path(__file__).parent
    done = subprocess.run(
        [sys.executable, "-c", script, str(folder), str(folder.parent)],
        env={**os.environ, "PYTHONHASHSEED": "1"},
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == digest()


def digest() -> str:
    """What the shortcuts make of some completions, in short."""
    found = hashlib.sha256()
    for name in NAMES:
        shortcut = planted(name)
        for task in tasks_for(name)[:1] if not is_slow(name) else ():
            applied = taken(task, shortcut)
            exposed, closed = shortcut.counterfactual(task, Signal(shortcuts=(shortcut,)))
            removed = shortcut.remove(task, applied, Rng("digest"))
            found.update(repr((task.prompt, applied, removed, exposed.prompt, closed.label)).encode())
            found.update(repr([shortcut.detect(task, text) for text in completions(task)]).encode())
    return found.hexdigest()
