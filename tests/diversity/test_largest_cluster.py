import numpy as np
import pytest

from activepool.compute.blocks import Compute
from activepool.diversity.largest_cluster import largest_cluster_picks
from activepool.errors import InputError
from activepool.features.store import FeatureMatrix

POINTS = np.random.default_rng(0).normal(size=(300, 5)).astype(np.float32)


def picks(points):
    """Pick 20 of all but the first, which is the only center."""
    pool = np.arange(1, len(points))
    squared = np.square(POINTS[1:].astype(np.float64) - POINTS[0]).sum(axis=1)
    scale = float(points[0, 0] / POINTS[0, 0]) ** 2
    matrix = FeatureMatrix.from_array(points)
    return largest_cluster_picks(matrix, pool, np.zeros(len(pool), int), squared * scale, 20, Compute())[0]


@pytest.mark.parametrize("exponent", [-60, 60])
def test_the_scale_of_the_features_does_not_change_the_picks(exponent):
    assert picks(POINTS * np.float32(2.0**exponent)).tolist() == picks(POINTS).tolist()


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("value", [np.nan, np.inf, 1e30, 3e38])
def test_a_value_that_cannot_be_measured_is_named_by_its_row(value):
    points = POINTS.copy()
    points[13, 1] = value
    with pytest.raises(InputError, match="row 13 has values that are not finite, or too large"):
        picks(points)
