"""The head at the optimum, against scikit-learn, and in the corners: absent classes, few samples."""

import sys
from functools import cache
from subprocess import run

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from activepool.compute.blocks import BLOCK_ROWS, Compute
from activepool.features.store import FeatureMatrix
from activepool.heads import lbfgs
from activepool.heads.labelled import LabelledRows
from activepool.heads.lbfgs import train_lbfgs
from activepool.heads.newton import newton
from activepool.heads.settings import LbfgsSettings
from activepool.heads.softmax_regression import SoftmaxRegression


@pytest.fixture(autouse=True, params=["float64", "float32"])
def precision(request, monkeypatch):
    """Solve the problems as small ones, in float64, and as large ones."""
    if request.param == "float32":
        monkeypatch.setattr(lbfgs, "EXACT_SIZE", 0)
    return request.param


def mixture(samples, width, classes, seed=0, separation=1.0):
    random = np.random.default_rng(seed)
    centres = separation * random.normal(size=(classes, width))
    labels = np.concatenate([np.arange(classes), random.integers(0, classes, samples - classes)])
    scales = np.geomspace(3, 0.1, width)
    features = (centres[labels] + random.normal(size=(samples, width))) * scales + 4
    return features.astype(np.float32), labels


def train(features, labels, num_classes, validation=None, compute=Compute(), **settings):
    labelled = LabelledRows.from_arrays(features, labels)
    return train_lbfgs(labelled, validation or labelled, num_classes, LbfgsSettings(**settings), compute)


def reference(features, labels, decay, sample_weight=None):
    """The same optimum by scikit-learn; sample_weight sums to the number of samples."""
    sample_weight = np.ones(len(labels)) if sample_weight is None else sample_weight
    share = sample_weight / len(labels)
    double = features.astype(np.float64)
    variance = share @ ((double - share @ double) ** 2).sum(axis=1)
    solver = LogisticRegression(C=1 / (decay * variance * len(labels)), tol=1e-8, max_iter=10_000)
    return solver.fit(double, labels, sample_weight)


@pytest.mark.parametrize(("samples", "width", "classes"), [(300, 20, 4), (12, 40, 3), (1100, 6, 12)])
@pytest.mark.parametrize("decay", [1e-1, 1e-3, 1e-6])
def test_a_small_problem_is_solved_to_the_last_bits_of_float32(precision, samples, width, classes, decay):
    """The gradient of what is minimised, in float64 from its definition, vanishes at the head."""
    if precision == "float32":
        pytest.skip("large problems are solved as far as float32 products show the way")
    features, labels = mixture(samples, width, classes, separation=0.3)
    head = train(features, labels, classes, weight_decays=decay).head
    centred = features - features.mean(axis=0, dtype=np.float64)
    strength = decay * np.square(centred).sum(axis=1).mean()
    loss = SoftmaxRegression(
        LabelledRows.from_arrays(features, labels),
        labels,
        np.full(samples, 1 / samples),
        Compute(),
        map,
        "float64",
    )
    bias = head.bias + head.weight.astype(np.float64) @ loss.mean
    exact, _ = newton(loss, strength, loss(head.weight.astype(np.float64), bias), 1e-14, 50)
    error = np.abs(exact.weight - head.weight).max()
    assert error <= 2.0**-24 * np.abs(exact.weight).max()
    np.testing.assert_allclose(
        exact.bias - exact.bias.mean() - exact.weight @ loss.mean, head.bias, rtol=1e-6, atol=1e-6
    )


@cache
def reference_of_mixture(samples, width, classes, decay):
    """The same for a mixture, in both precisions."""
    return reference(*mixture(samples, width, classes), decay)


def assert_same_head(head, expected, atol):
    np.testing.assert_allclose(head.weight, expected.coef_, atol=atol)
    intercept = expected.intercept_ - expected.intercept_.mean()
    np.testing.assert_allclose(head.bias - head.bias.mean(), intercept, atol=20 * atol)


@pytest.mark.parametrize(
    ("samples", "width", "classes"), [(300, 20, 4), (12, 40, 3), (BLOCK_ROWS + 70, 6, 3)]
)
def test_reaches_the_optimum_of_scikit_learn(samples, width, classes):
    features, labels = mixture(samples, width, classes)
    for decay in (1e-1, 1e-3):
        head = train(features, labels, classes, weight_decays=decay, tolerance=1e-12).head
        assert_same_head(head, reference_of_mixture(samples, width, classes, decay), atol=5e-4)


@pytest.mark.parametrize("decay", [1e6, 1e3])
def test_no_step_is_made_that_rounding_errors_would_drown(monkeypatch, decay):
    """With a large weight decay Newton's first step arrives; a line search beyond it finds noise alone."""
    features, labels = mixture(BLOCK_ROWS + 70, 6, 3)
    evaluate, points = SoftmaxRegression.__call__, []
    monkeypatch.setattr(
        SoftmaxRegression, "__call__", lambda self, *at: points.append(at) or evaluate(self, *at)
    )
    head = train(features, labels, 3, weight_decays=decay).head
    assert len(points) <= 4
    assert_same_head(head, reference(features, labels, decay), atol=5e-4)


def test_class_weights_equal_samples_that_are_repeated():
    features, labels = mixture(90, 6, 3)
    features, labels = features[labels != 2], labels[labels != 2]
    counts = np.bincount(labels)
    repeats = np.array([counts[1], counts[0]])[labels]
    repeated = train(
        np.repeat(features, repeats, axis=0),
        np.repeat(labels, repeats),
        2,
        weight_decays=1e-2,
        tolerance=1e-12,
    )
    weighted = train(features, labels, 2, weight_decays=1e-2, tolerance=1e-12, class_weights=True)
    np.testing.assert_allclose(weighted.head.weight, repeated.head.weight, atol=1e-4)
    plain = train(features, labels, 2, weight_decays=1e-2, tolerance=1e-12)
    assert np.abs(plain.head.weight - weighted.head.weight).max() > 1e-3


def test_class_weights_against_scikit_learn():
    features, labels = mixture(200, 8, 4, separation=0.3)
    keep = (labels != 1) | (np.arange(200) % 9 == 0) | (np.arange(200) == 1)
    features, labels = features[keep], labels[keep]
    balanced = len(labels) / (4 * np.bincount(labels))
    head = train(features, labels, 4, weight_decays=1e-2, tolerance=1e-12, class_weights=True).head
    assert_same_head(head, reference(features, labels, 1e-2, balanced[labels]), atol=5e-4)


@pytest.mark.parametrize("samples", [5, 300, 2 * BLOCK_ROWS + 11])
def test_same_bits_for_any_number_of_workers(samples):
    features, labels = mixture(samples, 12, 4, separation=0.2)
    one, two, three = (train(features, labels, 4, compute=Compute("cpu", workers)) for workers in (1, 2, 3))
    for trained in (two, three):
        assert np.array_equal(one.head.weight, trained.head.weight)
        assert np.array_equal(one.head.bias, trained.head.bias)
        assert one.facts == trained.facts


@pytest.mark.parametrize("width", [4, 80])
def test_absent_classes_lie_below_all_others_and_the_rest_is_as_without_them(width):
    features, labels = mixture(50, width, 3)
    without = train(features, labels, 3, weight_decays=1e-3)
    with_absent = train(features, np.array([1, 2, 5])[labels], 7, weight_decays=1e-3)
    assert np.array_equal(with_absent.head.weight[[1, 2, 5]], without.head.weight)
    absent = [0, 3, 4, 6]
    assert not with_absent.head.weight[absent].any()
    logits = with_absent.head.logits64(features)
    assert np.isfinite(logits).all()
    assert logits[:, absent].max() < logits[:, [1, 2, 5]].min()


@pytest.mark.parametrize("samples", [1, 2, 30])
def test_one_class_alone_is_always_predicted(samples):
    features, _ = mixture(30, 5, 2)
    trained = train(features[:samples], np.full(samples, 2), 4)
    assert np.isfinite(trained.head.weight).all()
    assert np.isfinite(trained.head.bias).all()
    assert (trained.head.logits64(features * 10).argmax(axis=1) == 2).all()


def test_features_that_say_nothing_about_the_classes_get_no_weight():
    features = np.float32([[10, 1], [-10, 1], [10, 1], [-10, 1]])
    trained = train(features, np.array([0, 0, 1, 1]), 2)
    assert not trained.head.weight.any() and not trained.head.bias.any()


def test_samples_that_are_all_the_same_give_the_class_frequencies():
    trained = train(
        np.ones((4, 3), dtype=np.float32), np.array([0, 1, 1, 1]), 2, weight_decays=1e-3, tolerance=1e-12
    )
    logits = trained.head.logits64(np.ones((1, 3)))[0]
    assert logits[1] - logits[0] == pytest.approx(np.log(3), abs=1e-4)


def test_the_weight_decay_with_the_best_validation_accuracy_is_kept():
    features, labels = mixture(60, 40, 5, separation=0.3)
    validation = LabelledRows.from_arrays(*mixture(600, 40, 5, separation=0.3))
    decays = (1e-6, 1.0, 1e-3, 1e-1)
    accuracies = [
        train(features, labels, 5, validation, weight_decays=decay).validation_accuracy for decay in decays
    ]
    trained = train(features, labels, 5, validation, weight_decays=decays)
    assert trained.facts["weight_decay"] == decays[np.argmax(accuracies)] == 1e-3
    assert trained.validation_accuracy == pytest.approx(max(accuracies), abs=0.005)


def test_of_equal_accuracies_the_more_likely_is_kept():
    labels = np.arange(20) % 2
    features = np.stack([labels * 8.0, np.ones(20)], axis=1).astype(np.float32)
    trained = train(features, labels, 2, weight_decays=[1e-2, 1e-4, 1e-3])
    assert trained.validation_accuracy == 1
    assert trained.facts["weight_decay"] == 1e-4


def test_of_equal_heads_the_larger_weight_decay_is_kept():
    features, _ = mixture(20, 4, 2)
    trained = train(features, np.zeros(20, dtype=np.int64), 2, weight_decays=[1e-4, 1e-2, 1e-3])
    assert trained.facts["weight_decay"] == 1e-2


@pytest.mark.parametrize("decay", [1e-15, 1e6])
def test_extreme_weight_decays_on_features_that_repeat_themselves(decay):
    features, labels = mixture(300, 20, 3)
    trained = train(np.tile(features, 5) * 1e4, labels, 3, weight_decays=decay)
    assert np.isfinite(trained.head.weight).all()
    assert np.isfinite(trained.head.bias).all()
    assert (trained.validation_accuracy > 0.9) == (decay < 1)


def test_scaled_features_give_the_same_predictions():
    features, labels = mixture(200, 10, 4, separation=0.3)
    small = train(features * np.float32(2**-10), labels, 4, tolerance=1e-10)
    large = train(features, labels, 4, tolerance=1e-10)
    assert small.facts["weight_decay"] == large.facts["weight_decay"]
    np.testing.assert_allclose(small.head.weight * 2**-10, large.head.weight, atol=1e-3)


def test_only_the_rows_asked_for_are_read():
    features, labels = mixture(40, 5, 3)
    padded = np.full((80, 5), np.nan, dtype=np.float32)
    padded[1::2] = features
    rows = LabelledRows(FeatureMatrix.from_array(padded), np.arange(1, 80, 2), labels)
    trained = train_lbfgs(rows, rows, 3, LbfgsSettings(), Compute())
    assert np.array_equal(trained.head.weight, train(features, labels, 3).head.weight)


def test_torch_tensors_reach_the_same_head():
    pytest.importorskip("torch")
    features, labels = mixture(150, 10, 4, separation=0.3)
    # With this weight decay no direction is so flat that rounding errors, which differ, move the optimum far.
    in_torch = train(features, labels, 6, weight_decays=1e-2, tolerance=1e-10, compute=Compute("cpu:0"))
    in_numpy = train(features, labels, 6, weight_decays=1e-2, tolerance=1e-10)
    np.testing.assert_allclose(in_torch.head.weight, in_numpy.head.weight, atol=5e-5)
    np.testing.assert_allclose(in_torch.head.bias, in_numpy.head.bias, atol=5e-4)


def test_torch_is_not_imported():
    program = "import sys, activepool.heads.lbfgs, activepool.stages.train; assert 'torch' not in sys.modules"
    assert run([sys.executable, "-c", program], check=False).returncode == 0
