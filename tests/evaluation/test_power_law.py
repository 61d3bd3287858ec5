"""The power law through a learning curve: against true ones, brute force, and noise."""

from itertools import permutations

import numpy as np
import pytest
from scipy.optimize import lsq_linear

from activepool.evaluation.power_law import CEILING_SHARES, EXPONENTS, chance_of_decline, fit_learning_curve


def fit(labels, errors, seed=0):
    table = np.array(errors, float)
    return fit_learning_curve(np.array(labels), table if table.ndim == 2 else table[:, None], 0.95, seed)


def noisy(seed, points, a, b, c, noise, seeds=1):
    random = np.random.default_rng(seed)
    labels = np.cumsum(random.integers(20, 200, points))
    errors = a + b * labels[:, None] ** -c + noise * random.normal(size=(points, seeds))
    return labels, errors


@pytest.mark.parametrize(("a", "b", "c"), [(0.1, 2, 0.5), (0, 1.5, 0.3), (0.31, 40, 1.2), (0.02, 0.9, 0.15)])
@pytest.mark.parametrize("points", [4, 5, 11])
def test_a_power_law_is_found(a, b, c, points):
    labels, errors = noisy(points, points, a, b, c, 0)
    curve_fit = fit(labels, errors)
    assert curve_fit.unknown is None
    assert curve_fit.asymptote.value == pytest.approx(a, abs=1e-6)
    assert curve_fit.exponent.value == pytest.approx(c, rel=1e-5)
    assert curve_fit.factor.value == pytest.approx(b, rel=1e-4)
    np.testing.assert_allclose(curve_fit.error(labels), errors[:, 0], atol=1e-9)


@pytest.mark.parametrize("seed", range(6))
def test_no_other_curve_is_nearer(seed):
    labels, errors = noisy(seed, 9, 0.1, 3.0, 0.6, 0.01)
    curve_fit = fit(labels, errors)
    squares = np.sum((curve_fit.error(labels) - errors[:, 0]) ** 2)
    costs = []
    for c in np.geomspace(EXPONENTS[0], EXPONENTS[-1], 1500):
        powers = np.stack([np.ones(len(labels)), (labels / labels[-1]) ** -c], axis=1)
        solved = lsq_linear(powers, errors[:, 0], bounds=(0, np.inf))
        costs.append(2 * solved.cost)
    assert squares <= min(costs) * (1 + 1e-9)
    assert squares == pytest.approx(min(costs), rel=1e-3)


def test_labels_for_a_part_of_the_ceiling():
    curve_fit = fit([100, 200, 300, 400, 500], [0.1 + n**-0.5 for n in (100, 200, 300, 400, 500)])
    for share in CEILING_SHARES[:2]:
        labels = curve_fit.labels_for[share].value
        assert 1 - curve_fit.error(labels) == pytest.approx(share * (1 - curve_fit.asymptote.value), rel=1e-9)
    assert curve_fit.labels_for[0.9].value == pytest.approx((1 / 0.09) ** 2, rel=1e-4)


def test_far_beyond_the_data_there_is_no_number():
    labels = np.array([10, 20, 30, 40, 50])
    curve_fit = fit(labels, labels**-0.1)
    assert curve_fit.unknown is None and curve_fit.labels_for == dict.fromkeys(CEILING_SHARES)


@pytest.mark.parametrize("seeds", [1, 6])
def test_intervals_hold_the_true_curve_mostly(seeds):
    is_held = []
    for seed in range(60):
        curve_fit = fit(*noisy(seed, 8, 0.15, 3.0, 0.6, 0.004 * seeds**0.5, seeds))
        assert curve_fit.asymptote.low <= curve_fit.asymptote.value <= curve_fit.asymptote.high
        is_held.append(curve_fit.asymptote.low <= 0.15 <= curve_fit.asymptote.high)
    assert np.mean(is_held) > 0.75


def test_more_noise_makes_wider_intervals():
    widths = []
    for noise in (0.001, 0.01):
        curve_fit = fit(*noisy(3, 10, 0.15, 3.0, 0.6, noise))
        widths.append(curve_fit.asymptote.high - curve_fit.asymptote.low)
    assert widths[0] < widths[1]


@pytest.mark.parametrize("seeds", [1, 5])
def test_the_same_seed_gives_the_same_intervals(seeds):
    labels, errors = noisy(0, 7, 0.1, 3.0, 0.6, 0.01, seeds)
    assert fit(labels, errors, seed=4) == fit(labels, errors, seed=4)
    assert fit(labels, errors, seed=4) != fit(labels, errors, seed=5)


@pytest.mark.parametrize(
    ("errors", "words"),
    [
        ([], "a fit needs 4 points of the learning curve, and there are 0"),
        ([0.5], "a fit needs 4 points of the learning curve, and there is 1"),
        ([0.5, 0.4, 0.3], "a fit needs 4 points of the learning curve, and there are 3"),
        ([0.3, 0.3, 0.3, 0.3, 0.3], "the errors do not clearly decline: by chance alone, they "),
        ([0.3, 0.32, 0.35, 0.4], "the errors do not clearly decline: "),
        (
            [0.4, 0.3, 0.31, 0.29],
            "the errors do not clearly decline: by chance alone, they would look as much like a decline in "
            "17 of 100 cases",
        ),
    ],
)
def test_data_that_determine_no_curve(errors, words):
    curve_fit = fit([10 * (place + 1) for place in range(len(errors))], errors)
    assert curve_fit.unknown.startswith(words)
    assert (curve_fit.asymptote, curve_fit.factor, curve_fit.exponent) == (None, None, None)
    assert curve_fit.labels_for == dict.fromkeys(CEILING_SHARES)
    assert curve_fit.error(np.array([10])) is None


@pytest.mark.parametrize("seed", range(8))
def test_chance_of_a_decline_by_all_orders(seed):
    errors = np.random.default_rng(seed).integers(0, 9, 4 + seed % 4) / 10

    def rises(values):
        return sum(values[i] <= values[j] for j in range(len(values)) for i in range(j))

    orders = [rises(order) for order in permutations(range(len(errors)))]
    expected = np.mean(np.array(orders) <= rises(errors))
    assert chance_of_decline(errors) == pytest.approx(expected, rel=1e-12)


def test_a_long_curve_has_a_chance_too():
    assert chance_of_decline(np.linspace(1, 0, 150)) < 1e-100
    assert chance_of_decline(np.ones(150)) == pytest.approx(1)
