"""The objective in blocks against plain formulas and finite differences."""

import numpy as np
import pytest

from activepool.compute.blocks import BLOCK_ROWS, Compute, to_numpy
from activepool.heads.labelled import LabelledRows
from activepool.heads.softmax_regression import (
    DOUBLE_ROWS,
    MAX_PIECE_CLASSES,
    PIECE_ROWS,
    SoftmaxRegression,
)


def problem(samples=60, width=5, classes=3, seed=0, compute=Compute(), precision="float32"):
    random = np.random.default_rng(seed)
    features = (random.normal(size=(samples, width)) * 2 + 7).astype(np.float32)
    labels = np.concatenate([np.arange(classes), random.integers(0, classes, samples - classes)])
    weights = random.random(samples)
    weights /= weights.sum()
    rows = LabelledRows.from_arrays(features, labels)
    loss = SoftmaxRegression(rows, labels, weights, compute, map, precision)
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
        *(
            (samples, MAX_PIECE_CLASSES + 1)
            for samples in (MAX_PIECE_CLASSES + 1, BLOCK_ROWS + PIECE_ROWS + 1)
        ),
    ],
)
def test_loss_is_the_weighted_cross_entropy_of_centred_features(samples, classes):
    loss, features, labels, weights, (weight, bias) = problem(samples, classes=classes)
    expected = plain_loss(features - loss.mean, labels, weights, weight, bias)
    assert loss(weight, bias).loss == pytest.approx(expected, rel=1e-5)
    np.testing.assert_allclose(loss.mean, weights @ features, rtol=1e-5)
    assert loss.variance == pytest.approx(weights @ ((features - loss.mean) ** 2).sum(axis=1), rel=1e-5)


@pytest.mark.parametrize("precision", ["float32", "float64"])
@pytest.mark.parametrize("constant", [3e18, -1e15, 0.1])
def test_a_constant_feature_leaves_nothing(constant, precision):
    random = np.random.default_rng(4)
    features = random.normal(size=(2 * DOUBLE_ROWS + 7, 3)).astype(np.float32)
    features[:, 1] = constant
    labels, weights = np.arange(len(features)) % 3, random.random(len(features))
    weights /= weights.sum()
    rows = LabelledRows.from_arrays(features, labels)
    loss = SoftmaxRegression(rows, labels, weights, Compute(), map, precision)
    assert loss.mean[1] == features[0, 1]
    assert loss.variance == pytest.approx(weights @ ((features - loss.mean) ** 2).sum(axis=1), rel=1e-5)
    assert (loss(random.normal(size=(3, 3)), np.zeros(3)).weight_gradient[:, 1] == 0).all()


@pytest.mark.parametrize("classes", [3, MAX_PIECE_CLASSES + 1])
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


@pytest.mark.parametrize("samples", [60, DOUBLE_ROWS, 2 * DOUBLE_ROWS + 1])
def test_in_float64_loss_and_gradients_are_exact(samples):
    loss, features, labels, weights, (weight, bias) = problem(samples, precision="float64")
    centred = features - weights @ features.astype(np.float64)
    point = loss(weight, bias)
    assert point.loss == pytest.approx(plain_loss(centred, labels, weights, weight, bias), rel=1e-13)
    probabilities = np.exp(centred @ weight.T + bias)
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    residuals = weights[:, None] * (probabilities - np.eye(3)[labels])
    np.testing.assert_allclose(point.weight_gradient, residuals.T @ centred, rtol=1e-10, atol=1e-13)
    np.testing.assert_allclose(point.bias_gradient, residuals.sum(axis=0), rtol=1e-10, atol=1e-13)


@pytest.mark.parametrize("precision", ["float32", "float64"])
@pytest.mark.parametrize(("samples", "classes"), [(60, 3), (2 * DOUBLE_ROWS + 1, MAX_PIECE_CLASSES + 1)])
def test_the_curvature_is_the_hessian_written_out(samples, classes, precision):
    loss, features, _, weights, (weight, bias) = problem(samples, classes=classes, precision=precision)
    rows = np.hstack([features - loss.mean, np.ones((samples, 1))])
    logits = rows @ np.hstack([weight, bias[:, None]]).T
    probabilities = np.exp(logits - logits.max(axis=1, keepdims=True))
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    variances = np.einsum("nc,cd->ncd", probabilities, np.eye(classes))
    variances -= np.einsum("nc,nd->ncd", probabilities, probabilities)
    hessian = np.einsum("n,ncd,ni,nj->cidj", weights, variances, rows, rows, optimize=True)
    curvature = loss.curvature(weight, bias)
    random = np.random.default_rng(1)
    direction = random.normal(size=weight.shape), random.normal(size=bias.shape)
    expected = np.einsum("cidj,dj->ci", hessian, np.hstack([direction[0], direction[1][:, None]]))
    tolerance = 1e-5 if precision == "float32" else 1e-12
    scale = tolerance * np.abs(expected).max()
    products = curvature.product(*direction)
    np.testing.assert_allclose(np.hstack([products[0], products[1][:, None]]), expected, rtol=0, atol=scale)
    diagonal = curvature.diagonal()
    expected = np.einsum("cici->ci", hessian)
    scale = tolerance * np.abs(expected).max()
    np.testing.assert_allclose(np.hstack([diagonal[0], diagonal[1][:, None]]), expected, rtol=0, atol=scale)


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


def test_torch_tensors_give_what_numpy_arrays_give():
    pytest.importorskip("torch")
    in_torch = Compute("cpu:0")
    loss, *_, (weight, bias) = problem(70)
    tensors, *_ = problem(70, compute=in_torch)
    expected = loss(weight, bias)
    result = tensors(in_torch.array(weight), in_torch.array(bias))
    assert result.loss == pytest.approx(expected.loss, rel=1e-6)
    for name in ("weight_gradient", "bias_gradient"):
        assert not isinstance(getattr(result, name), np.ndarray)
        np.testing.assert_allclose(
            to_numpy(getattr(result, name)), getattr(expected, name), rtol=1e-4, atol=1e-6
        )
