"""k-means against Lloyd's algorithm written out in float64, on samples that lie between centres as well."""

import numpy as np
import pytest

from activepool.compute.blocks import Compute
from activepool.diversity import distances
from activepool.diversity import k_means as module
from activepool.diversity.k_means import k_means, nearest_centres
from activepool.features.store import FeatureMatrix


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    monkeypatch.setattr(module, "BLOCK_ROWS", 11)
    monkeypatch.setattr(distances, "PAIRS_AT_ONCE", 7)


def nearest(samples, centres):
    return np.square(samples[:, None] - centres).sum(axis=2).argmin(axis=1)


def lloyd(features, rows, start, steps):
    centres = features[start].astype(np.float64)
    for _ in range(steps):
        cell = nearest(features[rows], centres)
        for number in set(cell):
            centres[number] = features[rows[cell == number]].mean(axis=0)
    return centres


def mixture(size, width, seed=0, dtype=np.float32, offset=0.0):
    random = np.random.default_rng(seed)
    centres = random.normal(size=(5, width)) * 2
    return (centres[random.integers(0, 5, size)] + random.normal(size=(size, width)) + offset).astype(dtype)


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
@pytest.mark.parametrize("device", ["cpu", "cpu:0"])
@pytest.mark.parametrize("offset", [0.0, 300.0])
def test_centres_are_those_of_lloyds_algorithm(dtype, device, offset):
    features = mixture(120, 4, dtype=dtype, offset=offset)
    rows, start = np.arange(20, 120), np.array([33, 20, 71, 118, 50, 90, 44])
    matrix = FeatureMatrix.of_array(features)
    centres = k_means(matrix, rows, start, 10, Compute(device, workers=2))
    expected = lloyd(features.astype(np.float64), rows, start, 10)
    np.testing.assert_allclose(centres, expected, rtol=1e-12)
    cell = nearest_centres(matrix, np.arange(120), centres, Compute(device, workers=2))
    assert cell.tolist() == nearest(features.astype(np.float64), expected).tolist()


def test_of_equally_near_centres_the_lower_number_is_the_nearest():
    centres = np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0], [1.0, 0.0], [0.0, -1.0]]) * 1000
    features = FeatureMatrix.of_array(np.array([[0, 0], [3, 3], [-2, 2], [900, 0]], dtype=np.float32))
    assert nearest_centres(features, np.arange(4), centres, Compute()).tolist() == [0, 0, 1, 0]


def test_what_float32_cannot_tell_apart_is_decided_in_float64():
    """Two centres a float32's rounding apart, about an origin that a third one moves away from them."""
    centres = np.array([[1000.0, 1e-6], [1000.0, -1e-6], [-1000.0, 0.0]])
    features = np.array([[1000.0, 1e-3], [1000.0, -1e-3]] * 6, dtype=np.float32)
    cell = nearest_centres(FeatureMatrix.of_array(features), np.arange(12), centres, Compute())
    assert cell.tolist() == [0, 1] * 6


def test_a_centre_without_samples_stays():
    features = np.array([[0.0], [0.0], [1.0], [1.0]], dtype=np.float32)
    centres = k_means(FeatureMatrix.of_array(features), np.arange(4), np.array([0, 1, 2]), 5, Compute())
    assert centres.tolist() == [[0.0], [0.0], [1.0]]


def test_workers_and_order_of_the_work_change_no_bit():
    features = FeatureMatrix.of_array(mixture(200, 5))
    one, two = (k_means(features, np.arange(200), np.arange(9), 6, Compute(workers=n)) for n in (1, 2))
    assert np.array_equal(one, two)


def test_it_ends_where_the_centres_stand_still(monkeypatch):
    calls = []
    means = module._means
    monkeypatch.setattr(module, "_means", lambda *given: calls.append(1) or means(*given))
    features = FeatureMatrix.of_array(np.repeat(np.eye(3, dtype=np.float32) * 9, 5, axis=0))
    k_means(features, np.arange(15), np.array([0, 5, 10]), 50, Compute())
    assert len(calls) == 1
