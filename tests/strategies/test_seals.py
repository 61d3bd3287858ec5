import numpy as np
import pytest
from definitions import unit
from queries import Problem

from activepool.strategies.registry import find_strategy
from activepool.strategies.seals import seals


def neighbourhood(problem, count, budget):
    """The nearest unlabelled samples of each labelled one, one pair at a time; more if they are too few."""
    points, near = unit(problem.features), set()
    while len(near) < min(budget, len(problem.unlabelled)):
        for row in problem.labelled:
            squared = np.round(((points[problem.unlabelled] - points[row]) ** 2).sum(axis=1), 14)
            near |= set(problem.unlabelled[np.lexsort((problem.unlabelled, squared))][:count].tolist())
        count *= 2
    return near


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("count", [1, 6])
@pytest.mark.parametrize("budget", [7, 40])
def test_picks_are_those_of_the_strategy_in_the_neighbourhoods(seed, count, budget):
    problem = Problem(seed, size=181 + 50 * seed, labelled=5 + seed)
    problem.features = problem.features[np.random.default_rng(seed).integers(0, 90, len(problem.features))]
    near = neighbourhood(problem, count, budget)
    picks = problem.select(seals, budget, options={"of": "entropy", "neighbours": count}).index
    whole = problem.select(find_strategy("entropy"), len(problem.unlabelled)).index
    assert picks.tolist() == [row for row in whole.tolist() if row in near][:budget]


def test_only_the_neighbourhoods_are_scored(monkeypatch):
    from activepool.scores.pool_scorer import PoolScorer

    problem, scored, score = Problem(size=500), [], PoolScorer.score

    def spy(pool_scorer, rows, *arguments):
        scored.append(rows)
        return score(pool_scorer, rows, *arguments)

    monkeypatch.setattr(PoolScorer, "score", spy)
    problem.select(seals, 4, options={"of": "margin", "neighbours": 3})
    (rows,) = scored
    assert set(rows.tolist()) == neighbourhood(problem, 3, 4)


def test_without_labels_it_is_the_strategy_itself():
    problem = Problem(labelled=0)
    picks = problem.select(seals, 8, options={"of": "coreset"}).index
    assert picks.tolist() == problem.select(find_strategy("coreset"), 8).index.tolist()
