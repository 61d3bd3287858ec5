"""The objective in blocks against plain formulas and finite differences; the whitening by its definition."""

import numpy as np
import pytest

from activepool.compute import Compute, to_numpy
from activepool.features.store import BLOCK_ROWS
from activepool.heads.labelled import LabelledRows
from activepool.heads.softmax_regression import (
    CLASS_ROWS,
    FEW_CLASSES,
    PIECE_ROWS,
    SoftmaxRegression,
    Whitening,
)


def problem(samples=60, width=5, classes=3, seed=0, compute=Compute()):  # noqa: B008
    random = np.random.default_rng(seed)
    features = (random.normal(size=(samples, width)) * 2 + 7).astype(np.float32)
    labels = np.concatenate([np.arange(classes), random.integers(0, classes, samples - classes)])
    weights = random.random(samples)
    weights /= weights.sum()
    loss = SoftmaxRegression(LabelledRows.of_array(features, labels), labels, weights, compute, map)
    head = random.normal(size=(classes, width)), random.normal(size=classes)
    return loss, features, labels, weights, head


def plain_loss(features, labels, weights, weight, bias):
    logits = features.astype(np.float64) @ weight.T + bias
    normalisers = np.log(np.exp(logits).sum(axis=1))
    return (weights * (normalisers - logits[np.arange(len(labels)), labels])).sum()


@pytest.mark.parametrize(
    ("samples", "classes"),
    [
        *((samples, 3) for samples in (3, 60, PIECE_ROWS, BLOCK_ROWS + 1, BLOCK_ROWS + PIECE_ROWS + 1)),
        *((samples, FEW_CLASSES + 1) for samples in (FEW_CLASSES + 1, BLOCK_ROWS + PIECE_ROWS + 1)),
    ],
)
def test_loss_is_the_weighted_cross_entropy_of_centred_features(samples, classes):
    loss, features, labels, weights, (weight, bias) = problem(samples, classes=classes)
    expected = plain_loss(features - loss.mean, labels, weights, weight, bias)
    assert loss(weight, bias).loss == pytest.approx(expected, rel=1e-5)
    np.testing.assert_allclose(loss.mean, weights @ features, rtol=1e-5)
    assert loss.variance == pytest.approx(weights @ ((features - loss.mean) ** 2).sum(axis=1), rel=1e-5)


@pytest.mark.parametrize("classes", [3, FEW_CLASSES + 1])
@pytest.mark.parametrize("samples", [60, PIECE_ROWS + 1])
@pytest.mark.parametrize("scale", [0, 1])
def test_gradients_are_those_of_finite_differences(samples, classes, scale):
    loss, features, labels, weights, (weight, bias) = problem(samples, classes=classes)
    weight *= scale
    point = loss(weight, bias)
    weight_gradient, bias_gradient = point.weight_gradient, point.bias_gradient
    centred, step = features - loss.mean, 1e-5

    def slope(of_weight, of_bias):
        up = plain_loss(centred, labels, weights, weight + of_weight, bias + of_bias)
        return (up - plain_loss(centred, labels, weights, weight - of_weight, bias - of_bias)) / (2 * step)

    for place in np.ndindex(weight.shape):
        change = np.zeros_like(weight)
        change[place] = step
        assert weight_gradient[place] == pytest.approx(slope(change, 0), abs=2e-6)
    for label in range(len(bias)):
        assert bias_gradient[label] == pytest.approx(slope(0, step * np.eye(len(bias))[label]), abs=2e-6)


def test_large_logits_do_not_overflow():
    loss, *_, (weight, bias) = problem()
    point = loss(weight * 1e4, bias)
    assert np.isfinite(point.loss)
    assert np.isfinite(point.weight_gradient).all()


def test_smallest_logit():
    loss, features, _, _, (weight, bias) = problem(BLOCK_ROWS + 9)
    expected = ((features - loss.mean) @ weight.T + bias).min()
    assert loss.smallest_logit(weight, bias) == pytest.approx(expected, rel=1e-5)


def test_covariance_of_few_samples_is_exact_and_of_many_an_estimate():
    loss, features, _, weights, _ = problem(40)
    centred = features - loss.mean
    np.testing.assert_allclose(
        loss.covariance(), (centred * weights[:, None]).T @ centred, rtol=1e-4, atol=1e-5
    )
    loss, features, _, weights, _ = problem(BLOCK_ROWS * 2 + 100)
    centred = features - loss.mean
    truth = (centred * weights[:, None]).T @ centred
    assert np.abs(loss.covariance() - truth).max() < np.abs(truth).max()


@pytest.mark.parametrize("classes", [3, 2 * CLASS_ROWS + 1])
def test_products_with_classes_in_blocks_are_whole(classes):
    random = np.random.default_rng(0)
    square = random.normal(size=(5, 5))
    whitening = Whitening(square @ square.T, 0.1, np.full(classes, 1 / classes), Compute(), map)
    weight, bias = random.normal(size=(classes, 5)), random.normal(size=classes)
    back = whitening.parameters(whitening.coordinates(weight, bias))
    np.testing.assert_allclose(back[0], weight)


def test_whitening_goes_there_and_back_and_makes_the_first_curvature_even():
    loss, *_, (weight, bias) = problem(width=4)
    covariance, decay, frequencies = loss.covariance(), 0.3, np.array([0.2, 0.3, 0.5])
    whitening = Whitening(covariance, decay, frequencies, Compute(), map)
    coordinates = whitening.coordinates(weight, bias)
    back = whitening.parameters(coordinates)
    np.testing.assert_allclose(back[0], weight)
    np.testing.assert_allclose(back[1], bias)
    curvature = np.mean(np.diag(np.diag(frequencies) - np.outer(frequencies, frequencies)))
    quadratic = np.einsum("cd,de,ce->", weight, curvature * covariance + decay * np.eye(4), weight)
    assert coordinates @ coordinates == pytest.approx(quadratic + curvature * bias @ bias)


def test_gradient_in_whitened_coordinates_is_that_of_finite_differences():
    loss, *_, (weight, bias) = problem(width=4)
    whitening = Whitening(loss.covariance(), 0.3, np.array([0.2, 0.3, 0.5]), Compute(), map)
    coordinates = whitening.coordinates(weight, bias)
    slopes = np.random.default_rng(1).normal(size=weight.shape), np.array([1.0, -2.0, 0.5])

    def linear(point):
        parameters = whitening.parameters(point)
        return (parameters[0] * slopes[0]).sum() + parameters[1] @ slopes[1]

    steps = np.eye(len(coordinates))
    expected = [linear(coordinates + step) - linear(coordinates) for step in steps]
    np.testing.assert_allclose(whitening.gradient(*slopes), expected, rtol=1e-9, atol=1e-9)


def test_torch_tensors_give_what_numpy_arrays_give():
    pytest.importorskip("torch")
    in_torch = Compute("cpu:0")
    loss, *_, (weight, bias) = problem(70)
    tensors, *_ = problem(70, compute=in_torch)
    expected = loss(weight, bias)
    found = tensors(in_torch.array(weight), in_torch.array(bias))
    assert found.loss == pytest.approx(expected.loss, rel=1e-6)
    for name in ("weight_gradient", "bias_gradient"):
        assert not isinstance(getattr(found, name), np.ndarray)
        np.testing.assert_allclose(
            to_numpy(getattr(found, name)), getattr(expected, name), rtol=1e-4, atol=1e-6
        )
