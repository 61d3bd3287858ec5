"""Coordinates of samples: on a grid, in the subspace of the leading components, the same everywhere."""

import numpy as np
import pytest

from activepool.compute.blocks import Compute
from activepool.diversity import components
from activepool.diversity.components import GRID_BITS, leading_coordinates
from activepool.errors import InputError
from activepool.features.store import FeatureMatrix

CPU = Compute(workers=2)


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    monkeypatch.setattr(components, "ROWS", 13)
    monkeypatch.setattr(components, "COLUMNS", 7)


def samples(size, width, rank=20, seed=0):
    random = np.random.default_rng(seed)
    scales = 0.8 ** np.arange(rank)
    return (random.normal(size=(size, rank)) * scales @ random.normal(size=(rank, width)) + 7).astype(
        np.float32
    )


def coordinates(features, count, rows=None, compute=CPU):
    rows = np.arange(len(features)) if rows is None else rows
    matrix = FeatureMatrix.from_array(features)
    return leading_coordinates(matrix, rows, count, np.random.default_rng(1), compute)


def inner_products(points):
    points = points.astype(np.float64) - points.mean(axis=0, dtype=np.float64)
    return points @ points.T


def test_few_features_are_the_coordinates_themselves_but_for_origin_and_scale():
    features = samples(90, 6)
    rows = np.array([3, 80, 4, 41, 55])
    products, expected = (
        inner_products(points) for points in (coordinates(features, 6, rows), features[rows])
    )
    np.testing.assert_allclose(products / products[0, 0], expected / expected[0, 0], atol=1e-5)


def test_a_subspace_that_holds_all_keeps_all_distances():
    features = samples(90, 40, rank=5)
    products, expected = (inner_products(points) for points in (coordinates(features, 12), features))
    np.testing.assert_allclose(products / np.trace(products), expected / np.trace(expected), atol=1e-6)


def test_the_subspace_is_nearly_the_best_of_its_dimension():
    """The coordinates are a projection along orthogonal axes of one scale, and hold most of the variance."""
    features = samples(400, 60)
    points, centred = (
        values.astype(np.float64) - values.mean(axis=0, dtype=np.float64)
        for values in (coordinates(features, 8), features)
    )
    axes = np.linalg.lstsq(centred, points, rcond=1e-4)[0]
    squared_scales = np.linalg.svd(axes, compute_uv=False) ** 2
    np.testing.assert_allclose(squared_scales, squared_scales[0], rtol=1e-3)
    captured = np.square(points).sum() / squared_scales[0]
    best = np.square(np.linalg.svd(centred, compute_uv=False)[:8]).sum()
    assert 0.98 * best <= captured <= 1.001 * best


@pytest.mark.parametrize("width", [3, 40])
def test_coordinates_are_whole_numbers_of_few_bits(width):
    points = coordinates(samples(50, width), 8)
    assert points.dtype == np.float32
    assert (points == np.rint(points)).all()
    assert 2 ** (GRID_BITS - 1) <= np.abs(points).max() <= 2**GRID_BITS


@pytest.mark.parametrize("width", [3, 40])
def test_equal_samples_are_at_the_origin(width):
    points = coordinates(np.full((30, width), 0.3, dtype=np.float32), 8)
    assert not points.any()


def test_samples_on_a_line_need_one_direction():
    features = np.outer(np.arange(30), np.ones(40)).astype(np.float32)
    points = coordinates(features, 8)
    assert points.shape == (30, 1)
    np.testing.assert_allclose(np.diff(points[:, 0]), np.diff(points[:, 0])[0], rtol=1e-5)


@pytest.mark.parametrize("unit", [2.0**-70, 2.0**70])
def test_the_unit_of_the_features_changes_nothing(unit):
    features = samples(50, 30)
    assert np.array_equal(coordinates(features * np.float32(unit), 8), coordinates(features, 8))


def test_workers_change_no_bit():
    features = samples(300, 40)
    one, two = (coordinates(features, 8, compute=Compute(workers=count)) for count in (1, 2))
    assert np.array_equal(one, two)


def test_no_samples_have_no_coordinates():
    assert len(coordinates(samples(5, 40), 8, np.arange(0))) == 0


def test_a_feature_that_is_not_finite_is_refused():
    features = samples(20, 3)
    features[7, 1] = np.inf
    with pytest.raises(InputError, match="row 7 has values that are not finite"):
        coordinates(features, 8)
