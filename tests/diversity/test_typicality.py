"""The most typical samples against their definition: all distances in float64, pick by pick."""

import numpy as np
import pytest

from activepool.compute.blocks import Compute
from activepool.diversity import neighbours as products
from activepool.diversity import typicality as module
from activepool.diversity.typicality import most_typical
from activepool.errors import InputError
from activepool.features.store import FeatureMatrix


def definition(features, rows, budget, neighbours):
    points, remaining, picks = features[rows].astype(np.float64), np.ones(len(rows), dtype=bool), []
    distance = np.sqrt(np.square(points[:, None] - points).sum(axis=2))
    np.fill_diagonal(distance, np.inf)
    while len(picks) < budget:
        nearest = np.sort(distance[:, remaining], axis=1)[:, : min(neighbours, remaining.sum() // 2)]
        mean = np.where(remaining, nearest.mean(axis=1) if nearest.shape[1] else 0, np.inf)
        picks.append(int(np.round(mean, 9).argmin()))
        remaining[picks[-1]] = False
    return rows[picks].tolist()


@pytest.mark.parametrize("kept_rows", [0, 4096])
@pytest.mark.parametrize("size", [1, 2, 3, 40, 140])
@pytest.mark.parametrize("offset", [0.0, 300.0], ids=["near 0", "far from 0"])
def test_picks_are_those_of_the_definition(monkeypatch, kept_rows, size, offset):
    monkeypatch.setattr(module, "KEPT_ROWS", kept_rows)
    monkeypatch.setattr(products, "PRODUCT_ROWS", 32)
    monkeypatch.setattr(products, "PRODUCT_REFERENCES", 48)
    random = np.random.default_rng(size)
    features = (random.normal(size=(400, 6)) + offset).astype(np.float32)
    rows = np.sort(random.permutation(400)[:size])
    for budget in {1, size // 2, size} - {0}:
        picks = most_typical(FeatureMatrix.from_array(features), rows, budget, 20, Compute())
        assert picks.tolist() == definition(features, rows, budget, 20)


def test_few_distances_are_summed(monkeypatch):
    measured = []
    exact = module.nearest_neighbours

    def counting(features, rows, *arguments):
        measured.extend(rows.tolist())
        return exact(features, rows, *arguments)

    monkeypatch.setattr(module, "nearest_neighbours", counting)
    features = np.random.default_rng(0).normal(size=(300, 40)).astype(np.float32)
    most_typical(FeatureMatrix.from_array(features), np.arange(300), 3, 20, Compute())
    assert 0 < len(measured) < 20


def test_a_feature_that_is_too_large_is_named():
    features = np.ones((30, 4), dtype=np.float32)
    features[17, 2] = 1e30
    with pytest.raises(InputError, match="row 17 has values that are not finite, or too large"):
        most_typical(FeatureMatrix.from_array(features), np.arange(10, 30), 2, 20, Compute())
