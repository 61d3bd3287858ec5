"""The temperature, against a minimum that is found by trying."""

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from activepool.evaluation.calibration import calibrated_probabilities, fit_temperature


def loss(logits, labels, temperature):
    scaled = logits / temperature
    return float(np.mean([np.log(np.exp(z).sum()) - z[k] for z, k in zip(scaled, labels, strict=True)]))


def problem(seed, rows, classes, temperature):
    """Logits on a coarse grid, with ties, and labels drawn from their softmax at a temperature."""
    random = np.random.default_rng(seed)
    logits = np.round(random.normal(scale=3, size=(rows, classes)))
    weights = np.exp(logits / temperature)
    chances = weights / weights.sum(axis=1, keepdims=True)
    return logits, np.array([random.choice(classes, p=chance) for chance in chances])


@pytest.mark.parametrize("temperature", [0.6, 1.0, 2.5, 6.0])
@pytest.mark.parametrize(("rows", "classes"), [(91, 2), (57, 5), (200, 3)])
def test_no_other_temperature_is_likelier(temperature, rows, classes):
    logits, labels = problem(rows, rows, classes, temperature)
    fitted = fit_temperature(logits, labels)
    assert fitted.unknown is None
    best = minimize_scalar(
        lambda step: loss(logits, labels, np.exp(step)),
        bounds=(-4, 4),
        method="bounded",
        options={"xatol": 1e-9},
    )
    assert fitted.value == pytest.approx(np.exp(best.x), rel=1e-4)
    assert all(
        loss(logits, labels, fitted.value) <= loss(logits, labels, fitted.value * 2.0**step) + 1e-9
        for step in np.linspace(-4, 4, 101)
    )


def test_many_rows_tell_the_temperature_that_they_have():
    logits, labels = problem(0, 20_000, 4, 1.7)
    assert fit_temperature(logits, labels).value == pytest.approx(1.7, rel=0.03)


def test_scale_shift_and_order_move_it_as_they_should():
    logits, labels = problem(1, 101, 3, 2.0)
    value = fit_temperature(logits, labels).value
    order = np.random.default_rng(0).permutation(len(labels))
    assert fit_temperature(logits[order], labels[order]).value == value
    assert fit_temperature(logits + 1000.0, labels).value == value
    assert fit_temperature(4 * logits, labels).value == 4 * value
    noise = 1 + 1e-15 * np.random.default_rng(1).normal(size=logits.shape)
    assert fit_temperature(logits * noise, labels).value == value


@pytest.mark.parametrize(
    ("logits", "labels", "words"),
    [
        (np.empty((0, 3)), [], "0 held-out labels; a temperature needs 10"),
        (np.eye(9), np.roll(np.arange(9), 1), "9 held-out labels; a temperature needs 10"),
        (np.eye(10), np.arange(10), "every held-out label has the largest logit"),
        (np.zeros((10, 4)), np.arange(10) % 4, "every held-out label has the largest logit"),
        (np.eye(10), np.roll(np.arange(10), 1), "the held-out labels do not agree with the logits at any"),
        (1e-6 * np.eye(10), np.array([1, *range(1, 10)]), "the best temperature is below 0.0078"),
    ],
)
def test_it_is_1_where_the_rows_cannot_tell(logits, labels, words):
    temperature = fit_temperature(logits, np.array(labels, dtype=np.int64))
    assert temperature.value == 1.0
    assert temperature.unknown.startswith(words)


@pytest.mark.parametrize("temperature", [0.01, 1.0, 3.0])
def test_calibrated_probabilities_are_the_softmax_of_scaled_logits(temperature):
    logits, _ = problem(3, 47, 5, 1.0)
    probabilities = calibrated_probabilities(logits, temperature)
    for row, chances in zip(logits, probabilities, strict=True):
        powers = [np.exp((logit - max(row)) / temperature) for logit in row]
        assert chances.tolist() == pytest.approx([power / sum(powers) for power in powers], abs=1e-15)
    assert calibrated_probabilities(np.array([[1e6, -1e6]]), temperature).tolist() == [[1, 0]]
