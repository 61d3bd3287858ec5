import json
import os
import subprocess
import sys

import numpy as np
import pytest
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import pdist

from activepool.compute import Compute
from activepool.diversity import clusters
from activepool.diversity.clusters import agglomerate, k_means_cells
from activepool.features.store import FeatureMatrix


@pytest.fixture
def small_blocks(monkeypatch):
    monkeypatch.setattr(clusters, "DISTANCE_ROWS", 5)
    monkeypatch.setattr(clusters, "BLOCK_ROWS", 11)


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


def lloyd(features, sample, rows, cells, steps):
    centres = features[sample[:cells]].astype(np.float64)
    for _ in range(steps):
        nearest = np.square(features[sample][:, None] - centres).sum(axis=2).argmin(axis=1)
        for cell in set(nearest):
            centres[cell] = features[sample[nearest == cell]].mean(axis=0)
    return centres, np.square(features[rows][:, None] - centres).sum(axis=2).argmin(axis=1)


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_cells_are_those_of_lloyds_algorithm(small_blocks, monkeypatch, dtype):
    monkeypatch.setattr(clusters, "SAMPLES_PER_CELL", 9)
    features = np.random.default_rng(0).standard_normal((120, 4)).astype(dtype)
    rows = np.arange(20, 120)
    centres, cell = k_means_cells(
        FeatureMatrix.of_array(features), rows, 7, np.random.default_rng(1), Compute(workers=2)
    )
    sample = np.random.default_rng(1).permutation(rows)[:63]
    expected_centres, expected = lloyd(features.astype(np.float64), sample, rows, 7, clusters.LLOYD_STEPS)
    np.testing.assert_allclose(centres, expected_centres, rtol=1e-4, atol=1e-5)
    assert cell.tolist() == expected.tolist()


def test_workers_change_no_bit(small_blocks):
    features = FeatureMatrix.of_array(np.random.default_rng(2).standard_normal((200, 5)).astype(np.float32))
    one, two = (
        k_means_cells(features, np.arange(200), 9, np.random.default_rng(0), Compute(workers=workers))
        for workers in (1, 2)
    )
    assert np.array_equal(one[0], two[0]) and np.array_equal(one[1], two[1])


def test_equal_samples_can_be_divided():
    features = FeatureMatrix.of_array(np.full((30, 2), 0.5, dtype=np.float32))
    centres, cell = k_means_cells(features, np.arange(30), 3, np.random.default_rng(0), Compute())
    np.testing.assert_allclose(centres, 0.5, atol=0.01)
    assert cell.shape == (30,)


#: The kernels of each BLAS in a process that has clustered, and what of the environment is then set.
KERNELS_IN_USE = """
import json, os
import numpy as np
from threadpoolctl import threadpool_info
from activepool.compute import Compute
from activepool.diversity.clusters import k_means_cells
from activepool.features.store import FeatureMatrix

features = FeatureMatrix.of_array(np.random.default_rng(0).random((30, 2), dtype=np.float32))
k_means_cells(features, np.arange(30), 3, np.random.default_rng(0), Compute())
kernels = {library["filepath"]: library.get("architecture") for library in threadpool_info()}
print(json.dumps([kernels, os.environ.get("OPENBLAS_CORETYPE")]))
"""


@pytest.mark.parametrize("asked_for", [None, "Haswell"])
def test_k_means_multiplies_with_the_kernels_that_numpy_found(asked_for):
    environment = {name: value for name, value in os.environ.items() if name != "OPENBLAS_CORETYPE"}
    environment |= {"OPENBLAS_CORETYPE": asked_for} if asked_for else {}
    command = [sys.executable, "-c", KERNELS_IN_USE]
    printed = subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout
    by_library, left = json.loads(printed)
    assert left == asked_for
    of_numpy = [kernels for path, kernels in by_library.items() if "numpy" in path]
    of_faiss = [kernels for path, kernels in by_library.items() if "faiss" in path and "openblas" in path]
    if not of_faiss or not set(of_numpy) <= clusters.KERNELS.keys():
        pytest.skip("faiss has no OpenBLAS of its own here, or the processor is not of those that it knows")
    assert of_faiss == [clusters.KERNELS[kernels] for kernels in of_numpy]
