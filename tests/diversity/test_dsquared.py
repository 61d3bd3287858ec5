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
    for name, size in {"DRAWS": 3, "FIRST_PICKS": 1, "PRODUCT_ROWS": 2}.items():
        monkeypatch.setattr(dsquared, name, size)


def sample(features, head, budget, seed=0, pool=None, compute=TWO_WORKERS):
    embeddings = GradientEmbeddings(FeatureMatrix.of_array(features), head, compute)
    pool = np.arange(len(features)) if pool is None else pool
    norms = embeddings.squared_norms(pool)
    return d_squared_sample(embeddings, pool, norms, budget, np.random.default_rng(seed), compute)


def probabilities(embeddings, budget):
    """The probability of each sequence of picks of k-means++, from its definition."""
    squared = np.square(embeddings[:, None] - embeddings).sum(axis=2)
    first = int(np.square(embeddings).sum(axis=1).argmax())
    result = {}
    for others in permutations(set(range(len(embeddings))) - {first}, budget - 1):
        probability, nearest = 1.0, squared[first]
        for pick in others:
            probability *= nearest[pick] / nearest.sum()
            nearest = np.minimum(nearest, squared[pick])
        result[(first, *others)] = probability
    return result


@pytest.mark.parametrize("spread", [0.3, 3.0])
def test_distribution_is_that_of_k_means_plus_plus(small_blocks, spread):
    features, head = problem(size=6, width=2, classes=3, seed=1)
    features *= spread
    expected = probabilities(explicit_embeddings(features, head), 3)
    runs = 3000
    counts = Counter(
        tuple(sample(features, head, 3, seed, compute=Unthreaded()).tolist()) for seed in range(runs)
    )
    assert set(counts) <= set(expected)
    frequent = [picks for picks, probability in expected.items() if runs * probability >= 5]
    observed = np.array([counts[picks] for picks in frequent])
    wanted = np.array([expected[picks] for picks in frequent]) * runs
    rest = max(runs - wanted.sum(), 1e-9)
    result = chisquare([*observed, runs - observed.sum()], [*wanted, rest], sum_check=False)
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


def test_gradients_that_are_all_zero_give_the_lowest_rows():
    features, head = problem(size=20)
    assert sample(0 * features, head, 4).tolist() == [0, 1, 2, 3]


def test_workers_do_not_change_the_picks(small_blocks):
    features, head = problem(size=700, width=9, dtype=np.float16)
    one, two = (sample(features, head, 80, compute=Compute(workers=workers)) for workers in (1, 2))
    assert one.tolist() == two.tolist()


def test_on_a_device_the_picks_keep_the_rules(small_blocks):
    features, head = problem(size=300, width=9)
    picks = sample(features, head, 50, compute=Compute("cpu:0", workers=2))
    assert picks[0] == sample(features, head, 1)[0]
    assert len(set(picks.tolist())) == 50


@pytest.mark.parametrize("budget", [2, 40])
def test_bounds_hold(small_blocks, budget):
    features, head = problem(size=120, width=5)
    embeddings = GradientEmbeddings(FeatureMatrix.of_array(features), head, Compute())
    pool = np.arange(120)
    sampler = dsquared._Sampler(embeddings, pool, embeddings.squared_norms(pool), budget)
    with Compute().mapping() as mapping:
        picks = sampler.run(np.random.default_rng(0), mapping)
    written_out = explicit_embeddings(features, head)
    squared = np.square(written_out[:, None] - written_out[picks]).sum(axis=2)
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
