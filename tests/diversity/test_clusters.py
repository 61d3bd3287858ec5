import numpy as np
import pytest
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import pdist

from activepool.compute.blocks import Compute
from activepool.diversity import clusters
from activepool.diversity.clusters import agglomerate


@pytest.fixture
def small_blocks(monkeypatch):
    monkeypatch.setattr(clusters, "DISTANCE_ROWS", 5)


@pytest.mark.parametrize("method", ["average", "ward"])
@pytest.mark.parametrize("size", [2, 5, 43])
def test_clusters_are_those_of_scipy_from_direct_distances(small_blocks, method, size):
    points = (np.random.default_rng(size).standard_normal((size, 6)) + 1000).astype(np.float32)
    result = agglomerate(points, 4, method, Compute(workers=2))
    expected = fcluster(linkage(pdist(points.astype(np.float64)), method), 4, "maxclust") - 1
    if size > 4:
        assert result.tolist() == expected.tolist()
    else:
        assert sorted(result) == list(range(size))


def test_a_single_point_is_a_cluster():
    assert agglomerate(np.ones((1, 3), dtype=np.float32), 1, "ward", Compute()).tolist() == [0]


def test_distances_that_are_equal_stay_equal():
    """The corners of a cube: BLAS sums the twelve edges in different ways."""
    corners = np.stack(np.meshgrid(*[[0.1, 0.7]] * 3), axis=-1).reshape(8, 3) @ np.eye(3, 90)
    distances = clusters._pairwise_distances(corners + 3, Compute())
    assert len(np.unique(distances)) == 3
