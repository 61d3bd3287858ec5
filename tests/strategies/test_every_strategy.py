"""What holds for every strategy: it gets these tests by being in the package."""

import numpy as np
import pytest
from queries import DETERMINISTIC, REQUIRED_OPTIONS, Problem

from activepool.compute.blocks import BLOCK_ROWS
from activepool.compute.shards import Shard
from activepool.errors import InputError
from activepool.heads.linear import LinearHead
from activepool.strategies.registry import builtin_strategies, completed

#: Options that a strategy cannot do without, or not quickly.
OPTIONS = {
    **REQUIRED_OPTIONS,
    "vaal": {"image_size": 16, "width": 2, "latent": 2, "epochs": 2, "batch_size": 8},
}

STRATEGIES = [completed(strategy, OPTIONS.get(name, {})) for name, strategy in builtin_strategies().items()]

every_strategy = pytest.mark.parametrize("strategy", STRATEGIES, ids=lambda strategy: strategy.name)


def measuring():
    return [strategy for strategy in STRATEGIES if strategy.precompute]


def reading_features():
    return [strategy for strategy in STRATEGIES if strategy.reads_features]


def needing_no_labels():
    """The strategies that can also choose the first samples of a pool."""
    return [
        strategy
        for strategy in STRATEGIES
        if not (strategy.reads_labels or strategy.is_scored or "head" in strategy.reads)
    ]


def picks(strategy, problem, budget, **settings):
    settings.setdefault("options", OPTIONS.get(strategy.name))
    return problem.select(strategy, budget, **settings).index


def check_rules(strategy, problem, budget, **settings):
    index = picks(strategy, problem, budget, **settings)
    assert len(index) == min(budget, len(problem.unlabelled))
    assert len(np.unique(index)) == len(index)
    assert np.isin(index, problem.unlabelled).all()


@every_strategy
@pytest.mark.parametrize("budget", [1, 2, 13, 144, 145, 1000])
def test_budget_is_met_from_the_pool_without_duplicates(strategy, budget):
    check_rules(strategy, Problem(), budget)


@every_strategy
def test_same_seed_same_picks(strategy):
    assert np.array_equal(picks(strategy, Problem(), 20, seed=3), picks(strategy, Problem(), 20, seed=3))


@every_strategy
def test_other_seed_other_picks_where_random(strategy):
    problem = Problem(size=400)
    same = np.array_equal(picks(strategy, problem, 30, seed=0), picks(strategy, problem, 30, seed=1))
    assert same == (strategy.name in DETERMINISTIC)


@every_strategy
@pytest.mark.parametrize("size", [BLOCK_ROWS + 105, pytest.param(9001, marks=pytest.mark.long)])
def test_number_of_workers_changes_nothing(strategy, size):
    problem = Problem(size=size, width=5, labelled=40)
    assert np.array_equal(picks(strategy, problem, 25, workers=1), picks(strategy, problem, 25, workers=2))


@pytest.mark.parametrize("strategy", measuring(), ids=lambda strategy: strategy.name)
@pytest.mark.parametrize("shards", [3, 8])
def test_what_is_measured_in_shards_has_the_same_bits(strategy, shards):
    options = OPTIONS.get(strategy.name)
    query = Problem(size=20_000, width=5, labelled=40).query(strategy, 25, options=options)
    whole = strategy.precompute(query)
    rows = [Shard(number, shards).rows(len(query.unlabelled), BLOCK_ROWS) for number in range(shards)]
    parts = [strategy.precompute(query.part(part)) for part in rows]
    for name, values in whole.items():
        assert values.tobytes() == np.concatenate([part[name] for part in parts]).tobytes()


@every_strategy
def test_duplicate_points(strategy):
    problem = Problem(size=120)
    problem.features = problem.features[np.arange(120) % 9]
    check_rules(strategy, problem, 40)


@every_strategy
def test_constant_features(strategy):
    problem = Problem(size=90)
    problem.features[:] = 0.5
    check_rules(strategy, problem, 17)


@pytest.mark.parametrize("strategy", reading_features(), ids=lambda strategy: strategy.name)
def test_features_that_are_not_finite_are_named(strategy):
    problem = Problem()
    problem.features[problem.unlabelled[5], 2] = np.nan
    with pytest.raises(InputError, match=f"row {problem.unlabelled[5]} has values that are not finite"):
        picks(strategy, problem, 5)


@every_strategy
def test_a_class_never_seen(strategy):
    problem = Problem(size=200, classes=6)
    problem.labelled = np.flatnonzero(problem.labels != 2)[:30]
    check_rules(strategy, problem, 23)


@every_strategy
def test_one_labelled_sample(strategy):
    check_rules(strategy, Problem(labelled=1), 11)


@pytest.mark.parametrize("strategy", needing_no_labels(), ids=lambda strategy: strategy.name)
@pytest.mark.parametrize("budget", [1, 11, 157])
def test_no_labelled_sample(strategy, budget):
    problem = Problem(labelled=0)
    problem.head = None
    check_rules(strategy, problem, budget)


@every_strategy
def test_one_class(strategy):
    check_rules(strategy, Problem(classes=1), 11)


@every_strategy
def test_an_empty_pool(strategy):
    check_rules(strategy, Problem(size=30, labelled=30), 11)


@every_strategy
@pytest.mark.parametrize("budget", [1, 5])
def test_a_pool_of_one(strategy, budget):
    check_rules(strategy, Problem(size=30, labelled=29), budget)


@every_strategy
def test_two_equal_rows_in_the_head(strategy):
    problem = Problem()
    weight = problem.head.weight.copy()
    weight[1] = weight[3]
    problem.head = LinearHead(weight, problem.head.bias)
    check_rules(strategy, problem, 19)


@every_strategy
def test_float16_features_stand_for_themselves(strategy):
    half = Problem(size=300, dtype=np.float16)
    single = Problem(size=300, dtype=np.float16)
    single.features = single.features.astype(np.float32)
    assert np.array_equal(picks(strategy, half, 31), picks(strategy, single, 31))


@every_strategy
def test_declaration_says_where_it_comes_from(strategy):
    assert strategy.source
    assert strategy.summary.endswith(".")
