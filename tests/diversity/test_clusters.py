import numpy as np
import pytest
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import pdist
from test_k_means import lloyd, nearest

from activepool.compute.blocks import Compute
from activepool.diversity import clusters
from activepool.diversity.clusters import agglomerate, k_means_cells
from activepool.features.store import FeatureMatrix


@pytest.fixture
def small_blocks(monkeypatch):
    monkeypatch.setattr(clusters, "DISTANCE_ROWS", 5)


@pytest.mark.parametrize("method", ["average", "ward"])
@pytest.mark.parametrize("size", [2, 5, 43])
def test_clusters_are_those_of_scipy_from_direct_distances(small_blocks, method, size):
    points = (np.random.default_rng(size).standard_normal((size, 6)) + 1000).astype(np.float32)
    found = agglomerate(points, 4, method, Compute(workers=2))
    expected = fcluster(linkage(pdist(points.astype(np.float64)), method), 4, "maxclust") - 1
    if size > 4:
        assert found.tolist() == expected.tolist()
    else:
        assert sorted(found) == list(range(size))


def test_a_single_point_is_a_cluster():
    assert agglomerate(np.ones((1, 3), dtype=np.float32), 1, "ward", Compute()).tolist() == [0]


def test_distances_that_are_equal_stay_equal():
    """The corners of a cube: BLAS sums the twelve edges in different ways."""
    corners = np.stack(np.meshgrid(*[[0.1, 0.7]] * 3), axis=-1).reshape(8, 3) @ np.eye(3, 90)
    distances = clusters._pairwise_distances(corners + 3, Compute())
    assert len(np.unique(distances)) == 3


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_cells_are_fitted_to_a_random_part_and_hold_all(small_blocks, monkeypatch, dtype):
    monkeypatch.setattr(clusters, "SAMPLES_PER_CELL", 9)
    features = np.random.default_rng(0).standard_normal((120, 4)).astype(dtype)
    rows = np.arange(20, 120)
    centres, cell = k_means_cells(
        FeatureMatrix.of_array(features), rows, 7, np.random.default_rng(1), Compute(workers=2)
    )
    sample = np.random.default_rng(1).permutation(rows)[:63]
    expected = lloyd(features.astype(np.float64), sample, sample[:7], clusters.LLOYD_STEPS)
    np.testing.assert_allclose(centres, expected, rtol=1e-6)
    assert cell.tolist() == nearest(features[rows].astype(np.float64), expected).tolist()
