from collections import Counter
from contextlib import contextmanager
from itertools import permutations

import numpy as np
import pytest
from scipy.stats import chisquare
from test_gradients import explicit_embeddings, problem

from activepool.compute.blocks import Compute
from activepool.diversity import dsquared
from activepool.diversity.dsquared import d_squared_sample
from activepool.diversity.gradients import GradientEmbeddings
from activepool.errors import InputError
from activepool.features.store import FeatureMatrix

TWO_WORKERS = Compute(workers=2)


class Unthreaded(Compute):
    """Saves the setting up of threads, for thousands of tiny runs."""

    @contextmanager
    def mapping(self):
        yield map


@pytest.fixture
def small_blocks(monkeypatch):
    for name, size in {"DRAWS": 3, "FIRST_CENTERS": 1, "PRODUCT_ROWS": 2}.items():
        monkeypatch.setattr(dsquared, name, size)


def sample(features, head, budget, seed=0, pool=None, compute=TWO_WORKERS, centers=None):
    embeddings = GradientEmbeddings(FeatureMatrix.from_array(features), head, compute)
    pool = np.arange(len(features)) if pool is None else pool
    norms = embeddings.squared_norms(pool)
    draws = np.random.default_rng(seed)
    return d_squared_sample(embeddings, pool, norms, budget, draws, compute, centers)


def probabilities(embeddings, budget, centers):
    """The probability of each sequence of picks of k-means++, from its definition."""
    squared = np.square(embeddings[:, None] - embeddings).sum(axis=2)
    squared[:, centers] = 0  # they are no candidates
    first = [] if len(centers) else [int(np.square(embeddings).sum(axis=1).argmax())]
    result = {}
    for rows_after in permutations(set(range(len(embeddings))) - {*first, *centers}, budget - len(first)):
        probability, nearest = 1.0, squared[[*centers, *first]].min(axis=0)
        for pick in rows_after:
            probability *= nearest[pick] / nearest.sum()
            nearest = np.minimum(nearest, squared[pick])
        result[(*first, *rows_after)] = probability
    return result


@pytest.mark.parametrize("centers", [[], [7, 6, 2]])
@pytest.mark.parametrize("spread", [0.3, 3.0])
def test_distribution_is_that_of_k_means_plus_plus(small_blocks, spread, centers):
    size = 6 + len(centers)
    features, head = problem(size=size, width=2, classes=3, seed=1)
    features *= spread
    expected = probabilities(explicit_embeddings(features, head), 3, centers)
    runs, pool = 3000, np.setdiff1d(np.arange(size), centers)
    settings = {"pool": pool, "compute": Unthreaded(), "centers": np.array(centers, dtype=np.int64)}
    counts = Counter(tuple(sample(features, head, 3, seed, **settings).tolist()) for seed in range(runs))
    assert set(counts) <= set(expected)
    frequent = [picks for picks, probability in expected.items() if runs * probability >= 5]
    observed = np.array([counts[picks] for picks in frequent])
    expected_counts = np.array([expected[picks] for picks in frequent]) * runs
    remainder = max(runs - expected_counts.sum(), 1e-9)
    result = chisquare([*observed, runs - observed.sum()], [*expected_counts, remainder], sum_check=False)
    assert result.pvalue > 1e-3


def test_the_first_pick_is_the_longest_and_none_comes_twice(small_blocks):
    features, head = problem(size=60)
    pool = np.arange(7, 60)
    picks = sample(features, head, 53, pool=pool)
    lengths = np.square(explicit_embeddings(features, head)[pool]).sum(axis=1)
    assert picks[0] == pool[lengths.argmax()]
    assert sorted(picks.tolist()) == pool.tolist()


def test_duplicates_are_picked_only_when_nothing_else_is_left_lowest_first(small_blocks):
    features, head = problem(size=5, width=40)
    picks = sample(np.tile(features, (9, 1)), head, 12)
    assert sorted(picks[:5] % 5) == [0, 1, 2, 3, 4]
    assert picks[5:].tolist() == [row for row in range(45) if row not in picks[:5]][:7]


def test_duplicates_of_centers_are_picked_only_when_nothing_else_is_left(small_blocks):
    features, head = problem(size=5, width=40)
    picks = sample(np.tile(features, (3, 1)), head, 6, pool=np.arange(2, 15), centers=np.array([1, 0]))
    assert sorted(picks[:3] % 5) == [2, 3, 4]
    assert picks[3:].tolist() == [row for row in range(2, 15) if row not in picks[:3]][:3]


def test_gradients_that_are_all_zero_give_the_lowest_rows():
    features, head = problem(size=20)
    assert sample(0 * features, head, 4).tolist() == [0, 1, 2, 3]


def test_workers_do_not_change_the_picks(small_blocks):
    features, head = problem(size=700, width=9, dtype=np.float16)
    for options in ({}, {"pool": np.arange(50, 700), "centers": np.arange(50)}):
        one, two = (
            sample(features, head, 80, compute=Compute(workers=number), **options) for number in (1, 2)
        )
        assert one.tolist() == two.tolist()


def test_on_a_device_the_picks_keep_the_rules(small_blocks):
    features, head = problem(size=300, width=9)
    picks = sample(features, head, 50, compute=Compute("cpu:0", workers=2))
    assert picks[0] == sample(features, head, 1)[0]
    assert len(set(picks.tolist())) == 50


@pytest.mark.parametrize("budget", [2, 40])
@pytest.mark.parametrize("centers", [[], range(9)])
def test_bounds_hold(small_blocks, budget, centers):
    features, head = problem(size=120, width=5)
    embeddings = GradientEmbeddings(FeatureMatrix.from_array(features), head, Compute())
    pool, centers = np.arange(len(centers), 120), np.array(centers, dtype=np.int64)
    sampler = dsquared._Sampler(embeddings, pool, embeddings.squared_norms(pool), len(centers) + budget)
    with Compute().mapping() as mapping:
        sampler.start_from(centers, mapping) if len(centers) else sampler.start_from_longest()
        picks = sampler.run(budget, np.random.default_rng(0), mapping)
    written_out = explicit_embeddings(features, head)
    nearby = written_out[[*centers, *pool[picks]]]
    squared = np.square(written_out[pool][:, None] - nearby).sum(axis=2)
    assert (sampler._bound >= squared.min(axis=1) * (1 - 1e-4)).all()
    for row in np.flatnonzero(sampler._seen):
        assert sampler._bound[row] <= squared[row, : sampler._seen[row]].min() * (1 + 1e-4)


def test_nothing_to_pick():
    features, head = problem()
    assert sample(features, head, 0).tolist() == []


@pytest.mark.filterwarnings("ignore:invalid value")
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_value_that_is_not_a_number_is_named_by_its_row(value):
    features, head = problem(size=30)
    features[11, 2] = value
    with pytest.raises(InputError, match="row 11 has values that are not finite"):
        sample(features, head, 3)
