import numpy as np
import pytest

from activepool.compute.blocks import Compute
from activepool.diversity import representatives as module
from activepool.diversity.k_means import k_means
from activepool.diversity.representatives import representatives
from activepool.features.store import FeatureMatrix

CPU = Compute(workers=2)


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    monkeypatch.setattr(module, "ROWS", 11)


def definition(features, rows, count, seed):
    """The nearest to the mean of each cell; cells by size, then number."""
    cells = k_means(FeatureMatrix.from_array(features), rows, count, np.random.default_rng(seed), CPU).cell
    members = [rows[cells == number] for number in range(cells.max() + 1)]
    members.sort(key=len, reverse=True)
    values = features.astype(np.float64)
    distances = [np.square(values[rows] - values[rows].mean(axis=0)).sum(axis=1) for rows in members]
    return [rows[np.round(distance, 9).argmin()] for rows, distance in zip(members, distances, strict=True)]


@pytest.mark.parametrize("width", [1, 3, 150])
@pytest.mark.parametrize("count", [1, 8, 61])
@pytest.mark.parametrize("ties", [False, True])
def test_picks_are_those_of_the_definition(width, count, ties):
    random = np.random.default_rng(width)
    values = random.integers(0, 4, (173, width)) if ties else random.normal(size=(173, width))
    features = values.astype(np.float32)
    rows = np.flatnonzero(random.random(173) < 0.7)
    picks = representatives(FeatureMatrix.from_array(features), rows, count, np.random.default_rng(2), CPU)
    expected = definition(features, rows, count, seed=2)
    assert picks[: len(expected)].tolist() == expected
    assert len(np.unique(picks)) == len(picks) == min(count, len(rows))
    assert np.isin(picks, rows).all()


def test_random_samples_follow_where_samples_are_equal():
    features = np.repeat(np.eye(3, dtype=np.float32), [9, 4, 6], axis=0)
    matrix, rows = FeatureMatrix.from_array(features), np.arange(19)
    followers = set()
    for seed in range(20):
        picks = representatives(matrix, rows, 7, np.random.default_rng(seed), CPU)
        assert picks[:3].tolist() == [0, 13, 9]
        assert len(set(picks.tolist())) == 7
        followers |= set(picks[3:].tolist())
    assert followers == set(range(19)) - {0, 13, 9}


@pytest.mark.parametrize("count", [5, 6, 99])
def test_at_most_all_samples_are_picked(count):
    rows = np.array([3, 1, 9, 4, 7])
    features = FeatureMatrix.from_array(np.random.default_rng(0).normal(size=(12, 3)).astype(np.float32))
    picks = representatives(features, rows, count, np.random.default_rng(0), CPU)
    assert sorted(picks) == sorted(rows)
