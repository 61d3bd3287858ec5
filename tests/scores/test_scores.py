"""Uncertainty and boundary scores against plain loops, for NumPy arrays and torch tensors alike."""

import math

import numpy as np
import pytest
import torch
from devices import DEVICES

from activepool.compute.blocks import Compute, to_numpy
from activepool.errors import InputError
from activepool.features.store import FeatureMatrix
from activepool.heads.linear import LinearHead
from activepool.scores import pool_scorer
from activepool.scores.boundaries import boundary_distances, inverse_row_distances, row_distances
from activepool.scores.nearest import NearestPerClass
from activepool.scores.pool_scorer import SCORES, UNCERTAINTIES, PoolScorer
from activepool.scores.uncertainty import Logits, confidence, entropy, log_softmax, margin

namespaces = pytest.mark.parametrize("namespace", [np.asarray, torch.asarray], ids=["numpy", "torch"])


def brute(logits):
    """Return (confidence, margin, entropy) of one row, by the definitions."""
    exponentials = [math.exp(value - max(logits)) for value in logits]
    probabilities = sorted((value / sum(exponentials) for value in exponentials), reverse=True)
    spread = -sum(p * math.log(p) for p in probabilities if p > 0)
    return probabilities[0], probabilities[0] - probabilities[1], spread


@namespaces
@pytest.mark.parametrize("classes", [2, 3, 17])
def test_uncertainty(namespace, classes):
    logits = np.random.default_rng(classes).normal(size=(41, classes)) * 5
    logits[3] = logits[3, 0]
    logits[4, 0] = 900
    expected = np.array([brute(row.tolist()) for row in logits])
    batch = Logits(namespace(logits))
    for column, score in enumerate((confidence, margin, entropy)):
        assert np.allclose(to_numpy(score(batch)), expected[:, column], atol=1e-12)
    assert np.allclose(np.exp(to_numpy(log_softmax(batch))).sum(axis=1), 1)


@namespaces
def test_boundary_distances(namespace):
    random = np.random.default_rng(1)
    weight = random.normal(size=(5, 3))
    weight[4] = weight[2]
    logits = random.normal(size=(30, 5))
    logits[7, 1] = logits[7, 3] = 9
    distances_found = to_numpy(
        boundary_distances(namespace(logits), namespace(inverse_row_distances(weight)))
    )
    for row, sample in enumerate(logits):
        top = int(np.flatnonzero(sample == sample.max())[0])
        between = [np.linalg.norm(weight[top] - other_row) for other_row in weight]
        expected = [
            (sample[top] - sample[label]) / between[label] if between[label] > 0 else math.inf
            for label in range(5)
        ]
        expected[top] = min(expected)
        assert np.allclose(distances_found[row], expected)


def test_two_equal_rows_are_the_only_boundary():
    distances = boundary_distances(np.array([[1.0, 0.0]]), inverse_row_distances(np.ones((2, 3))))
    assert np.isinf(distances).all()


@pytest.mark.parametrize("workers", [1, 3])
def test_scores_of_the_pool_are_those_of_its_rows(workers):
    random = np.random.default_rng(0)
    features = random.normal(size=(9000, 6)).astype(np.float32)
    head = LinearHead(random.normal(size=(4, 6)).astype(np.float32), random.normal(size=4).astype(np.float32))
    rows = np.sort(random.choice(9000, 8500, replace=False))
    scores = PoolScorer(FeatureMatrix.from_array(features), head, Compute("cpu", workers)).score(rows, SCORES)
    logits = features[rows].astype(np.float64) @ head.weight.T + head.bias
    expected = {name: score(Logits(logits)) for name, score in UNCERTAINTIES.items()}
    expected["boundary"] = boundary_distances(logits, inverse_row_distances(head.weight)).min(axis=1)
    assert scores["predicted"].tolist() == logits.argmax(axis=1).tolist()
    for name, values in expected.items():
        assert np.allclose(scores[name], values, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("rows", [0, 1, 9000])
def test_lists_of_the_nearest_change_no_score(rows):
    random = np.random.default_rng(1)
    features = FeatureMatrix.from_array(random.normal(size=(9000, 6)).astype(np.float32))
    head = LinearHead(random.normal(size=(4, 6)).astype(np.float32), random.normal(size=4).astype(np.float32))
    pool_scorer, nearest = PoolScorer(features, head, Compute()), NearestPerClass(4, 50)
    without_lists = pool_scorer.score(np.arange(rows), SCORES)
    with_lists = pool_scorer.score(np.arange(rows), SCORES, nearest)
    assert list(without_lists) == list(with_lists) == [*SCORES, "predicted"]
    for name, values in without_lists.items():
        assert values.shape == (rows,) and values.dtype == with_lists[name].dtype
        assert np.array_equal(values, with_lists[name])
    assert (nearest.lists()[0] >= 0).sum() == min(50, rows) * 4


def test_scores_are_the_same_bits_for_any_number_of_workers():
    random = np.random.default_rng(0)
    features = random.normal(size=(20000, 33)).astype(np.float16)
    head = LinearHead(
        random.normal(size=(10, 33)).astype(np.float32), random.normal(size=10).astype(np.float32)
    )
    rows = np.arange(1, 20000)
    results = [
        PoolScorer(FeatureMatrix.from_array(features), head, Compute("cpu", workers)).score(
            rows, ("entropy", "boundary")
        )
        for workers in (1, 2, 5)
    ]
    for result in results[1:]:
        assert all(np.array_equal(results[0][name], result[name]) for name in result)


@pytest.mark.parametrize("small_product", [0, pool_scorer.SMALL_PRODUCT])
@pytest.mark.parametrize("workers", [1, 3])
@pytest.mark.parametrize("rows", [1, 600, 1101])
def test_scores_in_float64_are_those_of_the_logits(monkeypatch, small_product, workers, rows):
    """With workers and without; 1101 samples are three blocks, the last of them short."""
    monkeypatch.setattr(pool_scorer, "SMALL_PRODUCT", small_product)
    random = np.random.default_rng(rows)
    features = random.normal(size=(1200, 6)).astype(np.float32)
    head = LinearHead(random.normal(size=(4, 6)).astype(np.float32), random.normal(size=4).astype(np.float32))
    chosen = random.permutation(1200)[:rows]
    scorer = PoolScorer(FeatureMatrix.from_array(features), head, Compute("cpu", workers))
    logits = features[chosen].astype(np.float64) @ head.weight.astype(np.float64).T + head.bias
    exponents = np.exp(logits - logits.max(axis=1, keepdims=True))
    probabilities = np.sort(exponents / exponents.sum(axis=1, keepdims=True), axis=1)
    np.testing.assert_allclose(scorer.score64(chosen, "confidence"), probabilities[:, -1], rtol=1e-12)
    np.testing.assert_allclose(
        scorer.score64(chosen, "margin"), probabilities[:, -1] - probabilities[:, -2], atol=1e-12
    )


def test_row_distances_of_near_and_equal_rows():
    random = np.random.default_rng(0)
    weight = random.normal(size=(20, 7)) + 100
    weight[3], weight[9], weight[4] = weight[8], weight[8] + 1e-9, weight[5] + 1e-4
    expected = [[np.linalg.norm(one - other) for other in weight] for one in weight]
    assert np.allclose(row_distances(weight), expected, rtol=1e-6, atol=0)
    assert row_distances(weight)[3, 8] == 0


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_feature_that_is_not_a_number_is_reported(value):
    features = np.ones((300, 4), dtype=np.float32)
    features[217, 2] = value
    head = LinearHead(np.ones((3, 4), dtype=np.float32), np.zeros(3, dtype=np.float32))
    with pytest.raises(InputError, match="features: row 217 has values that are not finite"):
        PoolScorer(FeatureMatrix.from_array(features), head, Compute()).score(np.arange(300), ("margin",))


@pytest.mark.parametrize("device", DEVICES)
def test_the_predicted_class_is_decided_in_float64_and_ties_go_to_the_first(device):
    """Rows of a head that differ by less than float32 resolves in a logit, or not at all."""
    random = np.random.default_rng(0)
    weight = np.repeat(random.normal(size=(3, 50)), 4, axis=0)
    weight[4:8] += 3e-8 * random.normal(size=(4, 50))
    head = LinearHead(weight.astype(np.float32), np.repeat(np.float32([9, 9, -9]), 4))
    features = random.normal(size=(700, 50)).astype(np.float32)
    scores = PoolScorer(FeatureMatrix.from_array(features), head, Compute(device)).score(np.arange(700), ())
    exact = features.astype(np.float64) @ head.weight.astype(np.float64).T + head.bias
    quantised = np.round(exact, 11)
    assert np.array_equal(scores["predicted"], quantised.argmax(axis=1))
    assert len(np.unique(scores["predicted"])) > 4
    assert not np.array_equal((features @ head.weight.T + head.bias).argmax(axis=1), scores["predicted"])
