"""Bounds of squared distances against the distances in float64."""

import numpy as np
import pytest

from activepool.compute.blocks import Compute, to_numpy
from activepool.diversity.distances import PointReader, distance_bounds
from activepool.features.store import FeatureMatrix


def random_rows(random, scale):
    return (random.normal(size=(40, 300)) * scale).astype(np.float32)


def rows_between_two_bfloat16(random, scale):
    """Each value is as far as it can be from the next bfloat16, and all errors have the same sign."""
    steps = 2.0 ** random.integers(-3, 3, (40, 300))
    return (steps * (1 + 2.0**-8 + 2.0**-20) * scale).astype(np.float32)


@pytest.mark.parametrize("is_bfloat16", [False, True])
@pytest.mark.parametrize("scale", [1e-12, 1.0, 1e15])
@pytest.mark.parametrize("make", [random_rows, rows_between_two_bfloat16])
def test_distances_lie_between_their_bounds(make, scale, is_bfloat16):
    random = np.random.default_rng(0)
    features = np.concatenate([make(random, scale), make(random, -scale)])
    features[5] = features[50]
    exact = np.square(features[:, None].astype(np.float64) - features).sum(axis=2)
    points = PointReader(FeatureMatrix.from_array(features), np.arange(0), Compute())(np.arange(80))
    points = points.to_bfloat16() if is_bfloat16 else points
    lower, upper = (to_numpy(bound) for bound in distance_bounds(points, points[3:70]))
    assert (lower <= exact[:, 3:70]).all()
    assert (exact[:, 3:70] <= upper).all()
    norms = np.square(features.astype(np.float64)).sum(axis=1)
    width = 0.06 if is_bfloat16 else 2e-4
    assert (upper - lower <= width * (norms[:, None] + norms[3:70])).all()
