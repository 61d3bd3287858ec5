"""confidence, margin, entropy, mase and base against their definitions, computed plainly in float64."""

import numpy as np
import pytest
from queries import Problem

from activepool.scores.pool_scorer import PoolScorer
from activepool.strategies.base import MIN_SPARE, NearestLists
from activepool.strategies.registry import find_strategy


def brute_logits(problem):
    features = problem.features[problem.unlabelled].astype(np.float64)
    return features @ problem.head.weight.astype(np.float64).T + problem.head.bias.astype(np.float64)


def brute_probabilities(problem):
    exponentials = np.exp(brute_logits(problem) - brute_logits(problem).max(axis=1, keepdims=True))
    return exponentials / exponentials.sum(axis=1, keepdims=True)


def brute_boundaries(problem):
    """The distance of every unlabelled sample to every class's boundary, one pair at a time."""
    weight, logits = problem.head.weight.astype(np.float64), brute_logits(problem)
    distances = np.full(logits.shape, np.inf)
    for row, sample in enumerate(logits):
        top = int(sample.argmax())
        for label in range(problem.classes):
            norm = np.linalg.norm(weight[top] - weight[label])
            if label != top and norm > 0:
                distances[row, label] = (sample[top] - sample[label]) / norm
        distances[row, top] = distances[row].min()
    return distances


def in_order(values, rows, budget):
    """Rows by value, ties by the lower row."""
    values = np.round(values, 9)
    return rows[np.lexsort((rows, values))][:budget]


SCORES = {
    "confidence": lambda problem: brute_probabilities(problem).max(axis=1),
    "margin": lambda problem: (
        np.sort(brute_probabilities(problem))[:, -1] - np.sort(brute_probabilities(problem))[:, -2]
    ),
    "entropy": lambda problem: (brute_probabilities(problem) * np.log(brute_probabilities(problem))).sum(
        axis=1
    ),
    "mase": lambda problem: brute_boundaries(problem).min(axis=1),
}


def brute_base(problem, budget):
    distances, rows = np.round(brute_boundaries(problem), 9), problem.unlabelled
    budget = min(budget, len(rows))
    chosen: list[int] = []
    for label in range(problem.classes):
        share = budget // problem.classes + (label < budget % problem.classes)
        order = np.lexsort((rows, distances[:, label]))
        chosen += [row for row in rows[order] if row not in chosen][:share]
    return np.array(chosen)


@pytest.mark.parametrize("name", SCORES)
@pytest.mark.parametrize("seed", range(8))
def test_smallest_scores(name, seed):
    problem = Problem(seed, size=83 + 41 * seed, classes=2 + seed % 5)
    picks = problem.select(find_strategy(name), 29).index
    assert picks.tolist() == in_order(SCORES[name](problem), problem.unlabelled, 29).tolist()


@pytest.mark.parametrize("name", SCORES)
def test_ties_go_to_the_lower_index(name):
    problem = Problem(3, size=200)
    problem.features = problem.features[np.random.default_rng(1).integers(0, 11, 200)]
    picks = problem.select(find_strategy(name), 90).index
    assert picks.tolist() == in_order(SCORES[name](problem), problem.unlabelled, 90).tolist()


@pytest.mark.parametrize("budget", [1, 4, 23, 77, 150, 400])
@pytest.mark.parametrize("seed", range(4))
def test_base(seed, budget):
    problem = Problem(seed, size=260, classes=2 + 2 * seed)
    assert (
        problem.select(find_strategy("base"), budget).index.tolist() == brute_base(problem, budget).tolist()
    )


def test_base_with_ties():
    problem = Problem(5, size=300, classes=4)
    problem.features = problem.features[np.random.default_rng(2).integers(0, 13, 300)]
    assert problem.select(find_strategy("base"), 120).index.tolist() == brute_base(problem, 120).tolist()


def test_base_makes_lists_longer_that_run_out():
    """All samples are predicted one class, so every class wants the same few."""
    problem = Problem(7, size=2000, classes=3, width=3)
    problem.head.bias[:] = (1000, 0, 0)
    assert problem.select(find_strategy("base"), 900).index.tolist() == brute_base(problem, 900).tolist()


def test_recorded_scores_are_those_of_the_picks():
    problem = Problem(2)
    selection = problem.select(find_strategy("entropy"), 10)
    expected = -SCORES["entropy"](problem)[np.searchsorted(problem.unlabelled, selection.index)]
    assert np.allclose(selection.columns["entropy"], expected)


@pytest.mark.parametrize("looked_ahead", [(0, 0, 0, 0), (5, 0, 40, 1), (60, 60, 60, 60)])
def test_base_picks_the_same_whatever_it_looked_at_ahead(monkeypatch, looked_ahead):
    problem, look_ahead = Problem(11, size=300, classes=4), NearestLists.look_ahead
    monkeypatch.setattr(
        NearestLists, "look_ahead", lambda lists, _: look_ahead(lists, np.array(looked_ahead))
    )
    assert problem.select(find_strategy("base"), 100).index.tolist() == brute_base(problem, 100).tolist()


def test_base_computes_the_distances_of_all_classes_at_once(monkeypatch):
    """Where float32 leaves nothing open, nothing is left to ask for class by class."""
    calls, boundary64 = [], PoolScorer.boundary64

    def counting(pool_scorer, rows, labels):
        calls.append(len(rows))
        return boundary64(pool_scorer, rows, labels)

    monkeypatch.setattr(PoolScorer, "boundary64", counting)
    problem = Problem(11, size=300, classes=4)
    assert problem.select(find_strategy("base"), 80).index.tolist() == brute_base(problem, 80).tolist()
    assert calls == [4 * (20 + MIN_SPARE)]
