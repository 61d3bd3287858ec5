from dataclasses import replace

import numpy as np
from queries import Problem

from activepool.strategies.coreset import coreset, precompute


def next_round(query, selection):
    """The round after, in which the picks are labelled and the state is handed on."""
    return replace(
        query,
        labelled=np.concatenate([query.labelled, selection.index]),
        unlabelled=np.setdiff1d(query.unlabelled, selection.index),
        state=selection.state,
    )


def test_picks_come_with_their_distance_which_falls():
    problem = Problem()
    selection = problem.select(coreset, 20)
    distance = selection.columns["distance"]
    first = np.linalg.norm(problem.features[problem.labelled] - problem.features[selection.index[0]], axis=1)
    np.testing.assert_allclose(distance[0], first.min(), rtol=1e-6)
    assert (np.diff(distance) <= 0).all()


def test_rounds_in_a_row_pick_what_one_round_would():
    problem = Problem(size=400)
    query = problem.query(coreset, 15)
    picks = []
    for _ in range(4):
        selection = coreset.pick(query)
        picks += selection.index.tolist()
        query = next_round(query, selection)
    assert picks == problem.select(coreset, 60).index.tolist()


def test_without_its_state_a_round_picks_the_same():
    query = Problem(size=400).query(coreset, 15)
    later = next_round(query, coreset.pick(query))
    expected = coreset.pick(replace(later, state={})).index
    assert coreset.pick(later).index.tolist() == expected.tolist()


def test_the_state_of_another_labelled_set_is_not_used():
    query = Problem(size=400).query(coreset, 15)
    later = next_round(query, coreset.pick(query))
    other_query = replace(later, labelled=later.labelled[5:])
    expected = coreset.pick(replace(other_query, state={})).index
    assert coreset.pick(other_query).index.tolist() == expected.tolist()


def test_the_state_serves_a_labelled_set_in_another_order_and_with_further_samples():
    query = Problem(size=400).query(coreset, 15)
    later = next_round(query, coreset.pick(query))
    further = later.unlabelled[3::40]
    labelled = np.sort(np.concatenate([later.labelled, further]))
    later = replace(later, labelled=labelled, unlabelled=np.setdiff1d(later.unlabelled, further))
    bounds = precompute(later)
    assert bounds["seen"].any()
    picks = coreset.pick(replace(later, per_sample=bounds)).index
    without = replace(later, state={})
    assert picks.tolist() == coreset.pick(replace(without, per_sample=precompute(without))).index.tolist()
