"""k-means against its definition written out in float64, on samples with ties and in odd numbers."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
from devices import DEVICES
from kernel_picks import runnable_kernels

from activepool.compute.blocks import Compute
from activepool.diversity import components
from activepool.diversity import k_means as module
from activepool.diversity.k_means import k_means, nearest_centers, seeds
from activepool.features.store import FeatureMatrix

CPU = Compute(workers=2)


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    for name in ("ROWS", "PRODUCT_ROWS"):
        monkeypatch.setattr(module, name, 11)
    monkeypatch.setattr(components, "ROWS", 13)


def nearest(samples, centres):
    """The nearest centre of each sample; ties by the lower number."""
    return np.square(samples[:, None] - centres).sum(axis=2).argmin(axis=1)


def lloyd(points, centres):
    """Lloyd's algorithm with the rule by which it ends."""
    centres = centres.astype(np.float64).copy()
    before = np.full(len(points), -1)
    for _ in range(module.MAX_STEPS):
        cell = nearest(points, centres)
        if (cell != before).mean() <= module.MOVING_SHARE:
            break
        for number in set(cell):
            centres[number] = points[cell == number].mean(axis=0)
        before = cell
    return centres


def mixture(size, width, seed=0, dtype=np.float32, offset=0.0):
    random = np.random.default_rng(seed)
    centres = random.normal(size=(5, width)) * 2
    return (centres[random.integers(0, 5, size)] + random.normal(size=(size, width)) + offset).astype(dtype)


def of_seeds(points, count, seed=0, device="cpu"):
    compute = Compute(device, workers=2)
    with compute.mapping() as mapping:
        return seeds(points, count, np.random.default_rng(seed), compute, mapping)


def of_nearest(points, centres, device="cpu"):
    compute = Compute(device, workers=2)
    with compute.mapping() as mapping:
        return nearest_centers(points, centres, compute, mapping)


def definition(features, rows, count, seed):
    """Cells from the same seeds, by Lloyd's algorithm on all features, and their means."""
    random = np.random.default_rng(seed)
    random.permutation(len(rows))
    points = np.rint((features[rows].astype(np.float64) - features[rows].mean(axis=0)) * 2.0**12)
    start = of_seeds(points.astype(np.float32), count, random)
    cell = nearest(points, lloyd(points, start))
    numbers = sorted(set(cell))
    means = [features[rows[cell == number]].astype(np.float64).mean(axis=0) for number in numbers]
    return [numbers.index(number) for number in cell], means


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("offset", [0.0, 300.0])
@pytest.mark.parametrize("count", [1, 7, 23])
def test_cells_are_those_of_the_definition(dtype, device, offset, count):
    features = mixture(121, 4, dtype=dtype, offset=offset)
    rows = np.arange(20, 121)
    cells = k_means(
        FeatureMatrix.from_array(features), rows, count, np.random.default_rng(5), Compute(device, workers=2)
    )
    cell, means = definition(features, rows, count, seed=5)
    assert cells.cell.tolist() == cell
    np.testing.assert_allclose(cells.centers, means, rtol=1e-12)


def test_centres_are_the_means_of_all_features_though_cells_come_from_a_subspace():
    features = mixture(200, 150)
    rows = np.random.default_rng(3).permutation(200)[:177]
    cells = k_means(FeatureMatrix.from_array(features), rows, 9, np.random.default_rng(0), CPU)
    assert sorted(set(cells.cell)) == list(range(len(cells.centers)))
    for number, centre in enumerate(cells.centers):
        expected = features[rows[cells.cell == number]].mean(axis=0, dtype=np.float64)
        np.testing.assert_allclose(centre, expected, rtol=1e-10)


def test_groups_that_lie_apart_are_found():
    random = np.random.default_rng(0)
    group = random.integers(0, 12, 300)
    features = (20 * random.normal(size=(12, 150))[group] + random.normal(size=(300, 150))).astype(np.float32)
    cells = k_means(FeatureMatrix.from_array(features), np.arange(300), 12, random, CPU)
    pairs = set(zip(group.tolist(), cells.cell.tolist(), strict=True))
    assert len(pairs) == len(set(cells.cell.tolist())) == 12


def test_a_large_pool_is_fitted_to_a_part_and_divided_as_a_whole(monkeypatch):
    monkeypatch.setattr(module, "MIN_SAMPLES", 30)
    monkeypatch.setattr(module, "SAMPLES_PER_CENTER", 10)
    fitted = []
    of_lloyd = module._lloyd
    monkeypatch.setattr(
        module,
        "_lloyd",
        lambda points, *arguments: fitted.append(len(points)) or of_lloyd(points, *arguments),
    )
    features = FeatureMatrix.from_array(mixture(121, 4))
    for count in (2, 5):
        assert len(k_means(features, np.arange(121), count, np.random.default_rng(0), CPU).cell) == 121
    assert fitted == [30, 50]


def test_fewer_distinct_samples_than_cells():
    features = np.repeat(np.eye(3, dtype=np.float32) * 9, 5, axis=0)
    cells = k_means(FeatureMatrix.from_array(features), np.arange(15), 7, np.random.default_rng(0), CPU)
    assert sorted(map(tuple, cells.centers)) == [(0, 0, 9), (0, 9, 0), (9, 0, 0)]
    assert [len(set(part)) for part in cells.cell.reshape(3, 5)] == [1, 1, 1]


@pytest.mark.parametrize("size", [0, 1, 2])
def test_few_samples(size):
    features = FeatureMatrix.from_array(mixture(9, 3))
    cells = k_means(features, np.arange(size), 4, np.random.default_rng(0), CPU)
    assert cells.centers.shape == (size, 3)
    assert sorted(cells.cell) == list(range(size))


def test_of_equally_near_centres_the_lower_number_is_the_nearest():
    centres = np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0], [1.0, 0.0], [0.0, -1.0]]) * 1000
    points = np.array([[0, 0], [3, 3], [-2, 2], [900, 0]], dtype=np.float32)
    assert of_nearest(points, centres).tolist() == [0, 0, 1, 0]


def test_what_float32_cannot_tell_apart_is_decided_in_float64():
    """Two centres a float32's rounding apart, and one far away."""
    centres = np.array([[1000.0, 1e-6], [1000.0, -1e-6], [-1e6, 0.0]])
    points = np.array([[1000.0, 1e-3], [1000.0, -1e-3]] * 6, dtype=np.float32)
    assert of_nearest(points, centres).tolist() == [0, 1] * 6


def test_seeds_are_drawn_in_proportion_to_the_squared_distance():
    """The third seed, given the first two: compare frequencies with those of k-means++, by a χ² test."""
    from scipy.stats import chisquare

    points = np.array([[0], [1], [4], [9], [11]], dtype=np.float32)
    draws = 20_000
    drawn = np.zeros((5, 5, 5))
    for seed in range(draws):
        first, second, third = (
            points[:, 0].tolist().index(value) for value in of_seeds(points, 3, seed)[:, 0]
        )
        drawn[first, second, third] += 1
    expected = np.zeros((5, 5, 5))
    squared = np.square(points - points.T)
    for first in range(5):
        for second in range(5):
            shortened = np.minimum(squared[first], squared[second])
            chance = squared[first, second] / squared[first].sum() / 5
            expected[first, second] = chance * shortened / max(shortened.sum(), 1e-300)
    possible = expected > 0
    assert not drawn[~possible].any()
    assert chisquare(drawn[possible], draws * expected[possible]).pvalue > 1e-3


def test_draws_from_the_same_distances_do_not_coincide():
    points = np.repeat(np.arange(40, dtype=np.float32)[:, None] * 100, 3, axis=0)
    assert len(np.unique(of_seeds(points, 40))) == 40
    assert len(of_seeds(points, 100)) == 40


def test_workers_change_no_bit():
    features = FeatureMatrix.from_array(mixture(200, 150))
    one, two = (
        k_means(features, np.arange(200), 9, np.random.default_rng(0), Compute(workers=n)) for n in (1, 2)
    )
    assert one.centers.tobytes() == two.centers.tobytes()


@pytest.mark.skipif(len(runnable_kernels()) < 2, reason="OpenBLAS has one kernel for this processor")
def test_kernels_change_no_bit():
    program = (
        "import hashlib, json, numpy as np\n"
        "from activepool.compute.blocks import Compute\n"
        "from activepool.diversity.k_means import k_means\n"
        "from activepool.features.store import FeatureMatrix\n"
        "random = np.random.default_rng(0)\n"
        "features = random.normal(size=(3001, 200)).astype(np.float32)\n"
        "features[2000:] = features[random.integers(0, 50, 1001)]\n"
        "cells = k_means(FeatureMatrix.from_array(features), np.arange(3001), 300, random, Compute())\n"
        "print(json.dumps(hashlib.sha256(cells.centers.tobytes() + cells.cell.tobytes()).hexdigest()))\n"
    )
    digests = set()
    for kernel in runnable_kernels():
        environment = os.environ | {"OPENBLAS_CORETYPE": kernel, "PYTHONPATH": os.pathsep.join(sys.path)}
        done = subprocess.run(
            [sys.executable, "-c", program], env=environment, check=True, capture_output=True, text=True
        )
        digests.add(json.loads(done.stdout))
    assert len(digests) == 1


@pytest.mark.parametrize("seed", range(3))
def test_a_sample_of_weight_three_counts_as_three(seed):
    """Equal samples three times, or one of weight 3: at the end, centres are the same means."""
    random = np.random.default_rng(seed)
    features = random.integers(-9, 10, (150, 5)).astype(np.float32)
    weights = random.integers(1, 5, 150).astype(np.float64)
    matrix, rows = FeatureMatrix.from_array(features), np.arange(150)
    cells = k_means(matrix, rows, 8, np.random.default_rng(seed), CPU, weights)
    for number, centre in enumerate(cells.centers):
        is_member = cells.cell == number
        repeated = np.repeat(features[is_member], weights[is_member].astype(int), axis=0)
        assert np.allclose(centre, repeated.mean(axis=0, dtype=np.float64))
    alike = k_means(matrix, rows, 8, np.random.default_rng(seed), CPU, 16 * weights)
    assert alike.cell.tolist() == cells.cell.tolist()


def test_seeds_are_drawn_in_proportion_to_weight_and_squared_distance():
    points = np.array([[0.0], [1.0], [3.0]], dtype=np.float32)
    weights, counts, draws = np.array([1.0, 9.0, 2.0]), np.zeros((3, 3)), 4000
    with CPU.mapping() as mapping:
        for seed in range(draws):
            pair = seeds(points, 2, np.random.default_rng(seed), CPU, mapping, weights)[:, 0].tolist()
            counts[tuple(points[:, 0].tolist().index(value) for value in pair)] += 1
    expected = weights[:, None] / weights.sum() * weights * (points - points.T) ** 2
    expected *= (weights / weights.sum() / expected.sum(axis=1))[:, None] * draws
    off_diagonal = ~np.eye(3, dtype=bool)
    squares = (counts - expected)[off_diagonal] ** 2 / expected[off_diagonal]
    assert squares.sum() < 20.5  # χ² with 5 degrees of freedom exceeds this with a probability of 0.1 %
