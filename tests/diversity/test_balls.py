"""The neighbours within a radius against all distances in float64, with products of both types."""

import numpy as np
import pytest
from devices import DEVICES

from activepool.compute.blocks import Compute
from activepool.diversity import balls, distances
from activepool.diversity.balls import neighbours_within
from activepool.features.store import FeatureMatrix

CPU = Compute(workers=2)


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    monkeypatch.setattr(balls, "READ_ROWS", 23)
    monkeypatch.setattr(balls, "PRODUCT_ROWS", 11)
    monkeypatch.setattr(balls, "PRODUCT_REFERENCES", 17)
    monkeypatch.setattr(distances, "PAIRS_AT_ONCE", 7)


@pytest.fixture(params=["float32", "bfloat16", "bfloat16, then float32"], autouse=True)
def product(request, monkeypatch):
    """The product that bounds the distances, on any processor."""
    monkeypatch.setattr(balls, "MIN_BFLOAT16_WORK", 0)
    monkeypatch.setattr(balls, "has_fast_bfloat16", lambda: request.param != "float32")
    monkeypatch.setattr(balls, "MAX_OPEN", 0 if request.param.endswith("then float32") else 1)


def neighbours(features, rows, references, radius, compute=CPU, later=False):
    """The rows of the neighbours of each sample."""
    lists = []
    matrix = FeatureMatrix.from_array(features)
    for block, counts, places in neighbours_within(matrix, rows, references, radius, compute, later=later):
        assert len(counts) == block.stop - block.start == len(rows[block])
        lists += [references[part].tolist() for part in np.split(places, np.cumsum(counts)[:-1])]
    return lists


def definition(features, rows, references, radius):
    features = features.astype(np.float64)
    return [
        [
            reference
            for reference in references.tolist()
            if np.linalg.norm(features[row] - features[reference]) < radius
        ]
        for row in rows
    ]


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("radius", [0.5, 1.5, 4, np.inf])
@pytest.mark.parametrize("offset", [0, 300])
def test_neighbours_are_those_of_the_definition(dtype, device, radius, offset):
    random = np.random.default_rng(3)
    features = (random.normal(size=(120, 4)) + offset).astype(dtype)
    rows, references = random.permutation(120)[:47], random.permutation(120)[:55]
    result = neighbours(features, rows, references, radius, Compute(device, workers=2))
    assert result == definition(features, rows, references, radius)


@pytest.mark.parametrize("radius", [1.5, 4, np.inf])
@pytest.mark.parametrize("size", [1, 17, 22, 23, 24, 47, 90])
def test_later_neighbours_are_those_from_the_sample_on(radius, size):
    random = np.random.default_rng(size)
    features, rows = random.normal(size=(120, 4)).astype(np.float32), random.permutation(120)[:size]
    expected = [
        [neighbour for neighbour in near if neighbour in rows[number:]]
        for number, near in enumerate(definition(features, rows, rows, radius))
    ]
    assert neighbours(features, rows, rows, radius, later=True) == expected


@pytest.mark.parametrize("radius", [1.0, 2.0, 3.0, 5.0])
def test_a_sample_at_the_radius_is_not_a_neighbour(radius):
    features = np.random.default_rng(0).integers(0, 7, (100, 2)).astype(np.float32)
    everyone = np.arange(100)
    assert neighbours(features, everyone, everyone, radius) == [
        [
            neighbour
            for neighbour in everyone
            if np.square(features[row] - features[neighbour]).sum() < radius**2
        ]
        for row in everyone
    ]


def test_without_others_there_are_no_neighbours():
    assert neighbours(np.ones((5, 3), np.float32), np.arange(5), np.arange(0), 1.0) == []
    assert neighbours(np.ones((5, 3), np.float32), np.arange(0), np.arange(5), 1.0) == []
