"""Over-optimisation fits: on exact curves, against scipy, and on simulated noise."""

from math import exp, inf, isnan, log
from typing import Any

import numpy as np
import pytest
from scipy.optimize import curve_fit

from synthgym.errors import MeasureError
from synthgym.measure.overoptimisation import (
    FORMS,
    Form,
    best_of_n_kl,
    compare_forms,
    fit_overoptimisation,
    kl_estimate,
    sqrt_kl,
)

KL = np.linspace(0.1, 40.0, 25) ** 1.3


def curve(d: Any, alpha: float, beta: float, form: Form) -> Any:
    return d * (alpha - beta * d) if form == "bon" else d * (alpha - beta * np.log(d))


def rng(*seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.mark.parametrize("form", FORMS)
def test_an_exact_curve_gives_its_parameters_and_its_peak(form: Form) -> None:
    reward = curve(np.sqrt(KL), 0.8, 0.15, form)
    fit = fit_overoptimisation(KL, reward, form=form, rng=rng(0))
    assert [fit.alpha.estimate, fit.beta.estimate] == pytest.approx([0.8, 0.15])
    assert fit.r_squared == pytest.approx(1.0) and fit.residual < 1e-9
    d = 0.8 / 0.3 if form == "bon" else exp(0.8 / 0.15 - 1)
    assert fit.peak_kl.estimate == pytest.approx(d**2)
    assert fit.peak_reward == pytest.approx(curve(d, 0.8, 0.15, form))
    around = fit(np.array([d**2 * 0.9, d**2, d**2 * 1.1]))
    assert around.argmax() == 1
    assert fit([0.0]).tolist() == [0.0]
    other = next(iter(compare_forms(KL, reward, rng=rng(0))))
    assert other == form


@pytest.mark.parametrize("form", FORMS)
def test_it_is_scipys_fit(form: Form) -> None:
    reward = curve(np.sqrt(KL), 0.5, 0.1, form) + rng(1).normal(0, 0.2, len(KL)) + 3.0
    fit = fit_overoptimisation(KL, reward, form=form, start=3.0, rng=rng(0))
    found, _ = curve_fit(lambda d, a, b: curve(d, a, b, form), np.sqrt(KL), reward - 3.0)
    assert [fit.alpha.estimate, fit.beta.estimate] == pytest.approx(found, rel=1e-4)


@pytest.mark.parametrize("form", FORMS)
def test_intervals_cover_what_the_noise_was_added_to(form: Form) -> None:
    held = np.zeros(2)
    errors = []
    for draw in range(60):
        generator = rng(draw, 2)
        reward = curve(np.sqrt(KL), 0.5, 0.1, form) + generator.normal(0, 0.1, len(KL))
        fit = fit_overoptimisation(KL, reward, form=form, resamples=300, rng=generator)
        held += [fit.alpha.low <= 0.5 <= fit.alpha.high, fit.beta.low <= 0.1 <= fit.beta.high]
        errors.append([fit.alpha.estimate - 0.5, fit.beta.estimate - 0.1])
    assert np.all(np.abs(np.mean(errors, axis=0)) < 0.01)
    assert np.all(held / 60 >= 0.82)  # a percentile bootstrap of 25 points


def test_runs_are_drawn_whole() -> None:
    generator = rng(3)
    runs = np.repeat(np.arange(8), 10)
    kl = np.tile(np.linspace(0.5, 30, 10), 8)
    shift = generator.normal(0, 0.2, 8)[runs]
    reward = np.sqrt(kl) * (0.6 + shift) - 0.05 * kl
    by_run = fit_overoptimisation(kl, reward, form="bon", run=runs, rng=rng(0))
    assert by_run.alpha.n == 8
    assert by_run.alpha.estimate == pytest.approx(0.6 + shift[::10].mean())
    assert by_run.alpha.high - by_run.alpha.low == pytest.approx(3.9 * shift[::10].std() / 8**0.5, rel=0.15)
    assert by_run.beta.high - by_run.beta.low < 1e-9  # the runs agree on it
    alone = fit_overoptimisation(KL, KL**0.5, run=["a"] * len(KL), rng=rng(0))
    assert (alone.alpha.low, alone.alpha.high) == (-inf, inf)


def test_a_reward_that_only_rises_has_no_peak_and_one_that_falls_has_it_at_the_start() -> None:
    rising = fit_overoptimisation(KL, np.sqrt(KL) + 0.01 * KL, form="bon", rng=rng(0))
    assert rising.peak_kl.estimate == inf and rising.peak_reward == inf
    falling = fit_overoptimisation(KL, -np.sqrt(KL), form="bon", rng=rng(0))
    assert falling.peak_kl.estimate == 0.0 and falling.peak_reward == 0.0
    assert isnan(fit_overoptimisation(KL, np.zeros(len(KL)), rng=rng(0)).r_squared)


def test_the_kl_of_best_of_n_by_simulation() -> None:
    assert best_of_n_kl([1, 4]).tolist() == pytest.approx([0.0, log(4) - 0.75])
    # The best of n of uniform scores has density n u^(n-1), and KL = E log(n u^(n-1)).
    u = rng(4).random((200_000, 4)).max(axis=1)
    assert float(np.mean(np.log(4 * u**3))) == pytest.approx(float(best_of_n_kl(4)), abs=0.01)
    assert sqrt_kl([4.0, -0.1]).tolist() == [2.0, 0.0]


def test_kl_estimators_on_two_normals() -> None:
    x = rng(5).normal(0.0, 1.0, 200_000)
    policy, start = -(x**2) / 2, -((x - 0.5) ** 2) / 2
    for name, tolerance in (("k1", 0.005), ("k3", 0.005), ("k2", 0.02)):
        assert kl_estimate(policy, start, estimator=name) == pytest.approx(0.125, abs=tolerance)  # type: ignore[arg-type]
    few = x[:200].reshape(20, 10)
    each = [kl_estimate(-(row**2) / 2, -((row - 0.5) ** 2) / 2) for row in few]
    assert min(each) >= 0


@pytest.mark.parametrize(
    ("kl", "reward", "settings", "message"),
    [
        ([1, 2, 3], [1, 2], {}, "3 KLs and 2 rewards"),
        ([1, 2, 3], [1, 2, float("nan")], {}, "one finite number a point"),
        ([1, 1, 0], [1, 2, 3], {}, "1 different KLs above 0"),
        ([1, 2, 3], [1, 2, 3], {"form": "rll"}, "no form 'rll'; did you mean rl"),
        ([], [], {}, "one finite number a point"),
        ([1, 2, 3], [1, 2, 3], {"confidence": 2}, "confidence 2"),
    ],
)
def test_bad_input_is_named(kl: Any, reward: Any, settings: Any, message: str) -> None:
    with pytest.raises(MeasureError, match=message):
        fit_overoptimisation(kl, reward, rng=rng(0), **settings)


def test_bad_kls_are_named() -> None:
    with pytest.raises(MeasureError, match="the best of 0"):
        best_of_n_kl(0)
    with pytest.raises(MeasureError, match="not finite"):
        sqrt_kl([inf])
    with pytest.raises(MeasureError, match="no estimator 'k9'"):
        kl_estimate([0.0], [0.0], estimator="k9")  # type: ignore[arg-type]
    with pytest.raises(MeasureError, match="2 log-probabilities and 1"):
        kl_estimate([0.0, 1.0], [0.0])
