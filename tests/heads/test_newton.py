"""Newton's method against the dense Newton equations written out, and its accuracy against a longer run."""

import numpy as np
import pytest

from activepool.compute.blocks import Compute
from activepool.heads.labelled import LabelledRows
from activepool.heads.newton import newton
from activepool.heads.softmax_regression import DOUBLE_ROWS, SoftmaxRegression


def problem(samples, width, classes, seed=0, compute=Compute()):
    """A loss in float64, its start, and its centred features, labels and weights."""
    random = np.random.default_rng(seed)
    labels = np.concatenate([np.arange(classes), random.integers(0, classes, samples - classes)])
    features = random.normal(size=(samples, width)) * np.geomspace(3, 0.1, width) + labels[:, None] / 4 + 3
    features = features.astype(np.float32)
    weights = random.random(samples) + 0.5
    weights /= weights.sum()
    rows = LabelledRows.from_arrays(features, labels)
    loss = SoftmaxRegression(rows, labels, weights, compute, map, "float64")
    start = loss(compute.array(np.zeros((classes, width))), compute.array(np.zeros(classes)))
    return loss, start, (features - loss.mean, labels, weights)


def dense_optimum(centred, labels, weights, classes, strength):
    """The optimum by Newton's method with the whole Hessian; columns are [features, 1]."""
    rows = np.hstack([centred, np.ones((len(centred), 1))])
    width = rows.shape[1]
    ridge = np.tile(np.append(np.full(width - 1, strength), 0.0), classes)
    head = np.zeros(classes * width)
    for _ in range(60):
        logits = rows @ head.reshape(classes, width).T
        probabilities = np.exp(logits - logits.max(axis=1, keepdims=True))
        probabilities /= probabilities.sum(axis=1, keepdims=True)
        residuals = weights[:, None] * (probabilities - np.eye(classes)[labels])
        gradient = (residuals.T @ rows).ravel() + ridge * head
        variances = np.einsum("nc,cd->ncd", probabilities, np.eye(classes))
        variances -= np.einsum("nc,nd->ncd", probabilities, probabilities)
        hessian = np.einsum("n,ncd,ni,nj->cidj", weights, variances, rows, rows, optimize=True)
        hessian = hessian.reshape(len(head), len(head)) + np.diag(ridge)
        head -= np.linalg.lstsq(hessian, gradient, rcond=1e-13)[0]
    return head.reshape(classes, width)


@pytest.mark.parametrize(("samples", "width", "classes"), [(30, 5, 3), (DOUBLE_ROWS + 9, 4, 2), (14, 9, 5)])
@pytest.mark.parametrize("strength", [1.0, 1e-2, 1e-4])
def test_the_optimum_is_that_of_the_dense_newton_equations(samples, width, classes, strength):
    loss, start, written_out = problem(samples, width, classes)
    point, steps = newton(loss, strength, start, 1e-13, 100)
    expected = dense_optimum(*written_out, classes, strength)
    assert 0 < steps < 30
    largest = np.abs(expected[:, :-1]).max()
    np.testing.assert_allclose(point.weight, expected[:, :-1], atol=1e-9 * largest, rtol=0)
    bias = expected[:, -1] - expected[:, -1].mean()
    np.testing.assert_allclose(point.bias - point.bias.mean(), bias, atol=1e-8)


@pytest.mark.parametrize("strength", [1e-1, 1e-3, 1e-5])
def test_the_accuracy_asked_for_is_reached(strength):
    loss, start, _ = problem(60, 20, 4)
    best, most = newton(loss, strength, start, 1e-14, 100)
    largest = np.abs(best.weight).max()
    for accuracy in (1e-3, 1e-6, 1e-10):
        point, steps = newton(loss, strength, start, accuracy, 100)
        assert np.abs(point.weight - best.weight).max() <= 10 * accuracy * largest
        assert steps <= most


def test_it_ends_after_the_steps_it_is_given_and_each_lowers_the_objective():
    loss, start, _ = problem(40, 30, 4)
    strength, values = 1e-6, []
    for limit in range(5):
        point, steps = newton(loss, strength, start, 1e-13, limit)
        assert steps == limit
        values.append(point.loss + strength / 2 * np.square(point.weight).sum())
    assert (np.diff(values) < 0).all()


def test_no_step_is_made_from_the_optimum():
    loss, start, _ = problem(40, 3, 3)
    point, _ = newton(loss, 1e-2, start, 1e-13, 100)
    again, steps = newton(loss, 1e-2, point, 1e-13, 100)
    assert steps <= 1
    np.testing.assert_allclose(again.weight, point.weight, atol=1e-13)


def test_a_single_class_has_nothing_to_learn():
    loss, start, _ = problem(7, 3, 1)
    point, _ = newton(loss, 1e-2, start, 1e-13, 100)
    assert not point.weight.any()


def test_separable_classes_have_a_finite_optimum():
    """With a weight decay near 0, weights grow for many steps, and probabilities come to 0 and 1."""
    random = np.random.default_rng(1)
    labels = np.arange(30) % 3
    features = (np.eye(3)[labels] * 100 + random.normal(size=(30, 3))).astype(np.float32)
    loss = SoftmaxRegression(
        LabelledRows.from_arrays(features, labels), labels, np.full(30, 1 / 30), Compute(), map, "float64"
    )
    point, _ = newton(loss, 1e-12, loss(np.zeros((3, 3)), np.zeros(3)), 1e-13, 200)
    gradient = point.weight_gradient + 1e-12 * point.weight
    assert np.isfinite(point.weight).all()
    assert np.abs(gradient).max() < 1e-12


def test_tensors_reach_the_same_optimum():
    pytest.importorskip("torch")
    loss, start, _ = problem(50, 6, 3)
    tensors, tensor_start, _ = problem(50, 6, 3, compute=Compute("cpu:0"))
    expected, _ = newton(loss, 1e-3, start, 1e-13, 100)
    point, _ = newton(tensors, 1e-3, tensor_start, 1e-13, 100)
    np.testing.assert_allclose(point.weight.numpy(), expected.weight, rtol=1e-9, atol=1e-12)
