import numpy as np
import pytest

from activepool.compute.blocks import Compute
from activepool.diversity import kcenter
from activepool.diversity.kcenter import Nearness, central_first, greedy_k_center
from activepool.errors import InputError
from activepool.features.store import FeatureMatrix

CPU = Compute()


def brute_force(features, pool, centers, budget):
    """The definition, in float64: rows and squared distances of the picks."""
    features = features.astype(np.float64)
    nearest = np.full(len(pool), np.inf)
    for center in centers:
        nearest = np.minimum(nearest, np.square(features[pool] - features[center]).sum(axis=1))
    picks, distances = [], []
    for _ in range(budget):
        best = int(nearest.argmax())
        picks.append(pool[best])
        distances.append(nearest[best])
        nearest = np.minimum(nearest, np.square(features[pool] - features[pool[best]]).sum(axis=1))
        nearest[best] = -1
    return np.array(picks), np.array(distances)


def split(generator, size, labelled, validation=0):
    rows = generator.permutation(size)
    return np.sort(rows[labelled + validation :]), rows[:labelled]


def check(features, pool, centers, budget, compute=CPU):
    picks, distances, nearness = greedy_k_center(
        FeatureMatrix.from_array(features), pool, centers, budget, compute
    )
    expected, expected_distances = brute_force(features, pool, centers, budget)
    assert picks.tolist() == expected.tolist()
    np.testing.assert_allclose(distances, expected_distances, rtol=1e-12)
    return nearness


@pytest.fixture
def small_blocks(monkeypatch):
    """Sizes at which a small pool crosses every border."""
    for name, size in {
        "MIN_FRONT": 5,
        "MAX_FRONT": 40,
        "FIRST_CENTERS": 2,
        "PRODUCT_ROWS": 4,
        "BLOCK_ROWS": 7,
    }.items():
        monkeypatch.setattr(kcenter, name, size)


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
@pytest.mark.parametrize("width", [1, 2, 33])
def test_picks_are_those_of_the_definition(small_blocks, dtype, width):
    generator = np.random.default_rng(width)
    features = generator.standard_normal((301, width)).astype(dtype)
    check(features, *split(generator, 301, 37, 5), budget=61)


def test_picks_are_those_of_the_definition_at_full_block_sizes():
    generator = np.random.default_rng(5)
    features = generator.standard_normal((2000, 24), dtype=np.float32)
    check(features, *split(generator, 2000, 130), budget=300)


@pytest.mark.parametrize("size", [0, 1, 7, 40])
def test_central_rows_come_first_and_ties_keep_their_order(small_blocks, size):
    generator = np.random.default_rng(size)
    features = generator.integers(0, 4, (90, 2)).astype(np.float16)
    rows = generator.permutation(90)[:size]
    given = features[rows].astype(np.float64)
    distances = np.square(given - given.mean(axis=0)).sum(axis=1) if size else []
    expected = [row for _, _, row in sorted(zip(distances, range(size), rows, strict=True))]
    assert central_first(FeatureMatrix.from_array(features), rows).tolist() == expected


def test_the_order_of_the_centers_changes_no_pick(small_blocks):
    generator = np.random.default_rng(10)
    features = generator.integers(0, 6, (300, 3)).astype(np.float32)
    pool, centers = split(generator, 300, 40)
    check(features, pool, central_first(FeatureMatrix.from_array(features), centers), 200)
    check(features, pool, centers[::-1], 200)


def test_ties_go_to_the_lower_row(small_blocks):
    generator = np.random.default_rng(1)
    grid = generator.integers(0, 4, (200, 3)).astype(np.float32)
    check(grid, *split(generator, 200, 3), budget=190)


def test_duplicates_of_centers_come_last_in_order(small_blocks):
    features = np.repeat(np.eye(3, dtype=np.float32), 20, axis=0)
    pool, centers = np.arange(1, 60), np.array([0])
    picks, distances, _ = greedy_k_center(FeatureMatrix.from_array(features), pool, centers, 59, CPU)
    assert picks.tolist() == [20, 40, *(row for row in range(1, 60) if row not in (20, 40))]
    assert distances.tolist() == [2.0, 2.0] + [0.0] * 57


def test_the_whole_pool_can_be_picked(small_blocks):
    generator = np.random.default_rng(2)
    features = generator.standard_normal((40, 3)).astype(np.float32)
    nearness = check(features, *split(generator, 40, 4), budget=36)
    assert (nearness.distance == -1).all()


def test_a_single_labelled_sample_and_a_single_pick():
    features = np.array([[0.0], [3.0], [-4.0]], dtype=np.float32)
    check(features, np.array([1, 2]), np.array([0]), budget=1)


def test_without_a_center_the_first_pick_is_the_lowest_row(small_blocks):
    features = np.random.default_rng(3).standard_normal((50, 4)).astype(np.float32)
    check(features, np.arange(10, 50), np.array([], dtype=np.int64), budget=12)


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_a_large_common_mean_and_tight_clusters_do_not_blur_the_distances(small_blocks, scale):
    generator = np.random.default_rng(4)
    clusters = np.where(generator.random((150, 1)) < 0.5, 1000.0, 1100.0)
    features = ((clusters + 0.01 * generator.standard_normal((150, 8))) * scale).astype(np.float32)
    check(features, *split(generator, 150, 9), budget=70)


def test_an_outlier_does_not_blur_the_distances_of_the_others():
    generator = np.random.default_rng(6)
    features = 0.01 * generator.standard_normal((300, 16)).astype(np.float32)
    features[7] = 6e4
    check(features, *split(generator, 300, 20), budget=100)


def test_neither_workers_nor_the_device_change_the_picks(small_blocks):
    generator = np.random.default_rng(7)
    features = generator.standard_normal((400, 19)).astype(np.float16)
    pool, centers = split(generator, 400, 21)
    for compute in (Compute(workers=1), Compute(workers=2), Compute(device="cpu:0", workers=2)):
        check(features, pool, centers, 77, compute)


def test_nearness_handed_on_gives_the_same_picks(small_blocks):
    generator = np.random.default_rng(8)
    features = FeatureMatrix.from_array(generator.standard_normal((300, 6)).astype(np.float32))
    pool, centers = split(generator, 300, 30)
    at_once, distances, _ = greedy_k_center(features, pool, centers, 90, CPU)
    first, _, nearness = greedy_k_center(features, pool, centers, 50, CPU)
    is_left = ~np.isin(pool, first)
    then, later_distances, _ = greedy_k_center(
        features,
        pool[is_left],
        np.concatenate([centers, first]),
        40,
        CPU,
        Nearness(nearness.distance[is_left], nearness.seen[is_left]),
    )
    assert at_once.tolist() == [*first.tolist(), *then.tolist()]
    np.testing.assert_array_equal(distances[50:], later_distances)


def test_nearness_bounds_hold():
    generator = np.random.default_rng(9)
    features = generator.standard_normal((500, 12), dtype=np.float32)
    pool, centers = split(generator, 500, 100)
    picks, _, nearness = greedy_k_center(FeatureMatrix.from_array(features), pool, centers, 30, CPU)
    order = np.concatenate([centers, picks])
    squared = np.square(features[pool].astype(np.float64)[:, None] - features[order]).sum(axis=2)
    is_left = ~np.isin(pool, picks)
    assert (nearness.distance >= squared.min(axis=1) * (1 - 1e-12))[is_left].all()
    for position in np.flatnonzero(is_left & (nearness.seen > 0)):
        smallest = squared[position, : nearness.seen[position]].min()
        assert nearness.distance[position] <= smallest * (1 + 1e-12)


@pytest.mark.parametrize("start", [5, 15])  # in the pool, among the centers
@pytest.mark.parametrize("value", [np.nan, np.inf, 1e30])
def test_a_value_that_cannot_be_measured_is_named_by_its_row(value, start):
    features = np.zeros((20, 3), dtype=np.float32)
    features[13, 1] = value
    pool, centers = np.arange(start, 20), np.arange(start)
    with pytest.raises(InputError, match="row 13 has values that are not finite, or too large"):
        greedy_k_center(FeatureMatrix.from_array(features), pool, centers, 2, CPU)
