"""TypiClust against its definition, written out; clusters are those of k-means, which has its own tests."""

import numpy as np
import pytest
from queries import Problem

from activepool.compute.blocks import Compute
from activepool.diversity.k_means import k_means
from activepool.features.store import FeatureMatrix
from activepool.strategies.typiclust import typiclust


def definition(problem, budget, clusters=500, neighbours=20, small=5, normalise=True):
    features = problem.features.astype(np.float64)
    if normalise:
        features = (features / np.linalg.norm(features, axis=1, keepdims=True)).astype(np.float32)
    features = features.astype(np.float32)
    rows = np.arange(len(features))
    count = min(len(problem.labelled) + budget, clusters)
    draws = problem.query(typiclust, budget).generator
    cell = k_means(FeatureMatrix.from_array(features), rows, count, draws, Compute()).cell
    labelled, picks = set(problem.labelled.tolist()), []
    members = {number: rows[cell == number] for number in range(cell.max() + 1)}

    def place(number):
        has_label = sum(row in labelled for row in members[number].tolist())
        return len(members[number]) <= small, has_label, -len(members[number]), number

    def free(number):
        return [row for row in members[number].tolist() if row not in labelled and row not in picks]

    order = sorted(members, key=place)
    for group in (
        [number for number in order if len(members[number]) > small],
        [number for number in order if len(members[number]) <= small],
    ):
        while len(picks) < budget and any(free(number) for number in group):
            for number in group:
                if len(picks) < budget and free(number):
                    picks.append(most_typical(features.astype(np.float64), free(number), neighbours))
    return picks


def most_typical(features, rows, neighbours):
    nearest = min(neighbours, len(rows) // 2)
    means = []
    for row in rows:
        distances = sorted(
            np.linalg.norm(features[row] - features[neighbour]) for neighbour in rows if neighbour != row
        )
        means.append(np.mean(distances[:nearest]) if nearest else 0)
    return rows[np.round(means, 9).argmin()]


@pytest.mark.parametrize("labelled", [0, 12, 40])
@pytest.mark.parametrize("budget", [1, 10, 61])
@pytest.mark.parametrize(
    "options",
    [{}, {"clusters": 7}, {"clusters": 4, "neighbours": 3, "normalise": False}, {"clusters": 30, "small": 0}],
    ids=str,
)
def test_picks_are_those_of_the_definition(labelled, budget, options):
    problem = Problem(size=173, labelled=labelled)
    picks = problem.select(typiclust, budget, options=options).index
    assert picks.tolist() == definition(problem, budget, **options)


@pytest.mark.parametrize("budget", [9, 80, 160])
def test_ties_go_to_the_lower_row_and_small_clusters_come_last(budget):
    problem = Problem(size=172, width=2, labelled=12)
    problem.features = np.random.default_rng(1).integers(1, 5, (172, 2)).astype(np.float32)
    for options in ({"clusters": 5}, {"clusters": 60, "small": 12}):
        picks = problem.select(typiclust, budget, options=options).index
        assert picks.tolist() == definition(problem, budget, **options)


def test_clusters_without_labels_come_first():
    """Four groups apart: the pool's picks go to the two without labelled samples, then to the others."""
    random = np.random.default_rng(0)
    problem = Problem(size=160, classes=4, width=4)
    directions = 9 * np.eye(4, dtype=np.float32)
    problem.features = (directions[problem.labels] + random.normal(size=(160, 4))).astype(np.float32)
    problem.labelled = np.flatnonzero(np.isin(problem.labels, [1, 3]))[:4]
    picks = problem.select(typiclust, 4, options={"clusters": 4}).index
    assert set(problem.labels[picks[:2]]) == {0, 2}
    assert set(problem.labels[picks[2:]]) == {1, 3}
