"""Nearest neighbours against all distances in float64."""

import numpy as np
import pytest
from devices import DEVICES

from activepool.compute.blocks import Compute
from activepool.diversity import distances, neighbours
from activepool.diversity.neighbours import nearest_neighbours
from activepool.errors import InputError
from activepool.features.store import FeatureMatrix

CPU = Compute(workers=2)


@pytest.fixture(autouse=True, params=[0, 4])
def small_blocks(monkeypatch, request):
    monkeypatch.setattr(neighbours, "MAX_WAITING", request.param)
    monkeypatch.setattr(neighbours, "PRODUCT_ROWS", 11)
    monkeypatch.setattr(neighbours, "PRODUCT_REFERENCES", 17)
    monkeypatch.setattr(distances, "PAIRS_AT_ONCE", 7)


def definition(features, rows, references, count):
    """One sample after the other: all others by distance, then row."""
    features = features.astype(np.float64)
    nearest = np.full((len(rows), count), -1)
    squared = np.full((len(rows), count), np.inf)
    for number, row in enumerate(rows):
        pairs = sorted(
            (np.square(features[row] - features[reference]).sum(), reference)
            for reference in references
            if reference != row
        )
        for place, (distance, reference) in enumerate(pairs[:count]):
            nearest[number, place], squared[number, place] = reference, distance
    return nearest, squared


def check(features, rows, references, count, compute=CPU):
    nearest, squared = nearest_neighbours(
        FeatureMatrix.from_array(features), rows, references, count, compute
    )
    expected, expected_squared = definition(features, rows, references, count)
    assert nearest.tolist() == expected.tolist()
    np.testing.assert_allclose(squared, expected_squared, rtol=1e-12)


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("count", [1, 5, 20, 60])
@pytest.mark.parametrize("offset", [0, 300])
def test_neighbours_are_those_of_the_definition(dtype, device, count, offset):
    random = np.random.default_rng(count)
    features = (random.normal(size=(120, 5)) + offset).astype(dtype)
    rows, references = random.permutation(120)[:47], random.permutation(120)[:55]
    check(features, rows, references, count, Compute(device, workers=2))


@pytest.mark.parametrize("width", [1, 3])
@pytest.mark.parametrize("count", [1, 4, 30])
def test_ties_go_to_the_lower_row(width, count):
    features = np.random.default_rng(width).integers(0, 3, (90, width)).astype(np.float32)
    everyone = np.arange(90)
    check(features, everyone, everyone, count)
    check(features, everyone, everyone[::-1], count)


def test_what_float32_cannot_tell_apart_is_decided_in_float64():
    near = np.stack([np.full(30, 1000.0), 1e-3 * np.arange(30) ** 1.5], axis=1)
    features = np.concatenate([near, -near]).astype(np.float32)
    check(features, np.arange(60), np.arange(60), 7)


def test_distances_are_computed_when_all_others_were_seen(monkeypatch):
    """One by one, those of 400 others in random order would enter a list of 5 about 20 times."""
    pairs, exact = [], neighbours.exact_distances
    monkeypatch.setattr(neighbours, "MAX_WAITING", 4)
    monkeypatch.setattr(
        neighbours, "exact_distances", lambda *arguments: pairs.append(len(arguments[1])) or exact(*arguments)
    )
    features = np.random.default_rng(0).normal(size=(400, 9)).astype(np.float32)
    check(features, np.arange(11), np.arange(400), 5)
    assert sum(pairs) == 11 * 5


def test_equal_samples_have_distance_0():
    features = np.full((40, 4), 0.3, dtype=np.float32)
    check(features, np.arange(40), np.arange(40), 5)


@pytest.mark.parametrize(
    ("samples", "others", "count"), [(0, 5, 3), (5, 0, 3), (5, 5, 0), (1, 1, 2), (3, 2, 9)]
)
def test_few_samples_few_others(samples, others, count):
    features = np.random.default_rng(0).normal(size=(9, 3)).astype(np.float32)
    check(features, np.arange(samples), np.arange(others), count)


@pytest.mark.parametrize("count", [1, 4, 40])
def test_others_of_the_same_cell_do_not_count(count):
    random = np.random.default_rng(0)
    features = random.normal(size=(90, 3)).astype(np.float32)
    cells, rows, references = random.integers(0, 3, 90), random.permutation(90)[:40], np.arange(5, 80)
    nearest = nearest_neighbours(FeatureMatrix.from_array(features), rows, references, count, CPU, cells)
    for number, row in enumerate(rows):
        expected, squared = definition(features, [row], references[cells[references] != cells[row]], count)
        assert nearest[0][number].tolist() == expected[0].tolist()
        np.testing.assert_allclose(nearest[1][number], squared[0], rtol=1e-12)


def test_workers_change_no_bit():
    features = FeatureMatrix.from_array(np.random.default_rng(0).normal(size=(200, 30)).astype(np.float32))
    everyone = np.arange(200)
    one, two = (nearest_neighbours(features, everyone, everyone, 9, Compute(workers=n)) for n in (1, 2))
    assert all(left.tobytes() == right.tobytes() for left, right in zip(one, two, strict=True))


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e30])
@pytest.mark.parametrize("row", [3, 17])
def test_a_feature_that_is_not_finite_is_refused(value, row):
    features = np.random.default_rng(0).normal(size=(20, 3)).astype(np.float32)
    features[row, 1] = value
    with pytest.raises(InputError, match=f"row {row} has values that are not finite"):
        nearest_neighbours(FeatureMatrix.from_array(features), np.arange(10), np.arange(20), 3, Compute())
