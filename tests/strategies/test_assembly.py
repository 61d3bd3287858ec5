"""The query of a round: what a strategy reads, and nothing else."""

import numpy as np
import pytest
from queries import REQUIRED_OPTIONS, Problem

from activepool.compute.blocks import Compute
from activepool.compute.seeds import generator
from activepool.errors import InputError
from activepool.features.store import FeatureMatrix
from activepool.scores.pool_scorer import PoolScorer
from activepool.strategies.assembly import assemble_query
from activepool.strategies.declaration import strategy
from activepool.strategies.declaration_checks import ARTIFACTS
from activepool.strategies.query import Selection, declared
from activepool.strategies.registry import builtin_strategies, completed, find_strategy

PROBLEM = Problem()
POOL = PROBLEM.unlabelled
STRATEGIES = [
    completed(strategy, REQUIRED_OPTIONS.get(name, {})) for name, strategy in builtin_strategies().items()
]

#: All that any strategy reads.
ALL = {
    "budget": 10,
    "unlabelled": POOL,
    "labelled": PROBLEM.labelled,
    "labels": PROBLEM.labels[PROBLEM.labelled],
    "num_classes": PROBLEM.classes,
    "seed": 3,
    "round_number": 2,
    "features": FeatureMatrix.from_array(PROBLEM.features),
    "head": PROBLEM.head,
    "remaining_budget": 30,
    "prepared": {"cluster": np.zeros(len(PROBLEM.features), int)},
    "state": {"made": POOL},
    "per_sample": {"made": POOL},
    "oracle_labels": PROBLEM.labels[POOL],
}


def without(name):
    return {key: value for key, value in ALL.items() if key != name}


@pytest.mark.parametrize("builtin", STRATEGIES, ids=lambda strategy: strategy.name)
def test_what_a_strategy_does_not_read_is_left_out(builtin):
    parts = ALL | ({"scores": {"labelled_log_odds": np.zeros(len(POOL))}} if builtin.image_model else {})
    query = assemble_query(builtin, **parts)
    for name in ARTIFACTS:
        assert (getattr(query, name) is not None) == (name in builtin.reads), name
    assert (query.labels is not None) == builtin.reads_labels
    assert bool(query.scores) == builtin.is_scored
    assert bool(query.prepared) == bool(builtin.prepare)
    assert bool(query.per_sample) == bool(builtin.precompute)
    assert bool(query.state) == builtin.keeps_state


@pytest.mark.parametrize(
    ("name", "missing"),
    [
        ("coreset", "features"),
        ("badge", "head"),
        ("margin", "head"),
        ("balancing", "remaining_budget"),
        ("balanced_random", "oracle_labels"),
        ("cluster_margin", "prepared"),
    ],
)
def test_what_a_strategy_reads_must_be_given(name, missing):
    with pytest.raises(InputError, match=f"^strategy '{name}' reads '{missing}', which is missing$"):
        assemble_query(find_strategy(name), **without(missing))


def test_scores_of_a_model_of_its_own_must_be_given():
    with pytest.raises(InputError, match="strategy 'vaal' reads 'scores', which is missing"):
        assemble_query(find_strategy("vaal"), **ALL)


def test_lists_of_the_nearest_come_with_the_scores():
    scores = {"boundary": np.zeros(len(POOL))}
    with pytest.raises(InputError, match="strategy 'base' reads 'nearest', which is missing"):
        assemble_query(find_strategy("base"), scores=scores, **ALL)


def test_the_pool_is_scored_where_no_scores_are_given():
    query = assemble_query(find_strategy("entropy"), **ALL)
    scores = PoolScorer(ALL["features"], PROBLEM.head, Compute()).score(POOL, ("entropy",))
    assert query.scores["entropy"].tobytes() == scores["entropy"].tobytes()
    assert query.predicted.tobytes() == scores["predicted"].tobytes()


def test_scores_that_are_given_are_not_computed_again():
    scores, predicted = {"entropy": np.arange(len(POOL))}, np.ones(len(POOL), int)
    query = assemble_query(find_strategy("entropy"), scores=scores, predicted=predicted, **ALL)
    assert query.scores["entropy"] is scores["entropy"] and query.predicted is predicted


@pytest.mark.parametrize("budget", [1, 144, 145, 146, 1000])
def test_a_query_asks_for_no_more_than_the_pool(budget):
    @strategy(source="here")
    def takes_all_that_is_asked(query):
        return Selection(np.resize(query.unlabelled, query.budget))

    query = assemble_query(takes_all_that_is_asked, **ALL | {"budget": budget})
    assert query.budget == min(budget, len(POOL)) == len(takes_all_that_is_asked.pick(query).index)


def test_the_random_stream_is_that_of_seed_round_and_strategy():
    drawn = assemble_query(find_strategy("random"), **ALL).generator.random(5)
    assert drawn.tolist() == generator(3, 2, "select/random").random(5).tolist()


def test_using_what_is_not_declared_fails_at_once():
    query = assemble_query(find_strategy("random"), **ALL)
    with pytest.raises(ValueError, match="uses a part of the query that its declaration does not name"):
        declared(query.features)


def test_a_strategy_without_a_docstring_has_an_empty_summary():
    @strategy(source="ours")
    def silent(query):
        return Selection(query.unlabelled[: query.budget])

    assert silent.summary == ""


def test_reads_that_follow_from_options_are_artifacts_and_no_scores():
    def picks(query, *, wide=False):
        return Selection(query.unlabelled[: query.budget])

    declared_as = strategy(source="here", reads=lambda wide: ("features", "head") if wide else ())(picks)
    assert declared_as.reads == () and declared_as.with_options({"wide": True}).reads == ("features", "head")
    with pytest.raises(ValueError, match="picks cannot read 'colours'; there are features, head"):
        strategy(source="here", reads=lambda wide: ("colours",))(picks)
    with pytest.raises(ValueError, match="whose reads depend on its options cannot read scores"):
        strategy(source="here", reads=lambda wide: (), scores=("margin",))(picks)


def test_what_is_read_may_be_named_by_any_iterable():
    @strategy(source="here", reads=iter(["validation"]), scores=iter(["margin"]))
    def picks(query):
        return Selection(query.unlabelled[: query.budget])

    assert picks.scores == ("margin",)
    assert picks.reads == ("validation", "features", "head")


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("entropy", r'declare scores=\("entropy",\)'),
        ("margn", "did you mean 'margin'"),
        ("wild", "there are margin, confidence,"),
    ],
)
def test_a_score_that_is_not_declared_is_named(name, hint):
    @strategy(source="ours", scores=("margin",))
    def mine(query):
        return Selection(query.unlabelled[np.argsort(query.scores[name])][: query.budget])

    parts = ALL | {"scores": {"margin": np.zeros(len(POOL)), "entropy": np.zeros(len(POOL))}}
    query = assemble_query(mine, **parts | {"predicted": np.zeros(len(POOL), int)})
    with pytest.raises(InputError, match=f"reads the score '{name}', which it does not declare; {hint}"):
        mine.pick(query.part(slice(0, 9)))
