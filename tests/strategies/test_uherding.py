"""UHerding against its definition, written out in float64."""

from dataclasses import replace

import numpy as np
import pytest
from queries import Problem

from activepool.strategies.uherding import uherding


def probabilities(problem, rows, temperature):
    logits = problem.features[rows].astype(np.float64) @ problem.head.weight.T.astype(np.float64)
    logits = (logits + problem.head.bias) / temperature
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    return exponentials / exponentials.sum(axis=1, keepdims=True)


def calibration_error(problem, rows, temperature):
    """The mean distance of accuracy from confidence, over 15 bins of confidence."""
    by_class = probabilities(problem, rows, temperature)
    confidence, correct = by_class.max(axis=1), by_class.argmax(axis=1) == problem.labels[rows]
    bins = np.ceil(confidence * 15)
    return sum(
        abs(correct[bins == number].mean() - confidence[bins == number].mean()) * np.mean(bins == number)
        for number in set(bins)
    )


def definition(problem, targets, validation, budget):
    temperatures = [1 + step / 10 for step in range(190)]
    temperature = 1.0
    if len(validation):
        temperature = min(
            temperatures, key=lambda value: (round(calibration_error(problem, validation, value), 12), value)
        )
    top = np.sort(probabilities(problem, targets, temperature), axis=1)
    weight = np.where(np.isin(targets, problem.labelled), 0, 1 - (top[:, -1] - top[:, -2]))
    features = problem.features.astype(np.float64)
    features /= np.linalg.norm(features, axis=1, keepdims=True)
    distance = np.linalg.norm(features[:, None] - features, axis=2)
    between = distance[np.ix_(problem.labelled, problem.labelled)]
    sigma = between[between > 1e-6].min(initial=np.inf)
    kernel = np.exp(-np.square(distance[:, targets] / (sigma if np.isfinite(sigma) else 1.0)))
    cover = kernel[problem.labelled].max(axis=0, initial=0)
    picks = []
    for _ in range(budget):
        gain = (weight * np.maximum(kernel - cover, 0)).mean(axis=1)
        best = max((round(gain[row], 9), -row) for row in problem.unlabelled.tolist() if row not in picks)
        picks.append(-best[1])
        cover = np.maximum(cover, kernel[picks[-1]])
    return picks, temperature


def query_with(problem, validation, budget):
    """A round whose validation split is outside the pool."""
    pool = np.setdiff1d(problem.unlabelled, validation)
    query = problem.query(uherding, budget)
    return replace(query, unlabelled=pool, validation=(validation, problem.labels[validation]))


class Held(Problem):
    """A pool without the rows of its validation split."""

    validation = np.empty(0, np.int64)

    @property
    def unlabelled(self):
        return np.setdiff1d(super().unlabelled, self.validation)


@pytest.mark.parametrize("labelled", [1, 4, 30])
@pytest.mark.parametrize("held_out", [0, 25])
@pytest.mark.parametrize("scale", [0.3, 3.0])
def test_picks_are_those_of_the_definition(labelled, held_out, scale):
    problem = Held(size=141, labelled=labelled)
    problem.head = replace(problem.head, weight=problem.head.weight * np.float32(scale))
    problem.validation = problem.unlabelled[:held_out]
    targets = np.sort(np.concatenate([problem.unlabelled, problem.labelled]))
    expected, temperature = definition(problem, targets, problem.validation, 23)
    assert uherding.pick(query_with(problem, problem.validation, 23)).index.tolist() == expected
    if held_out and scale == 3:
        assert temperature > 1


def test_ties_go_to_the_lower_row_and_equal_labelled_samples_have_no_distance():
    problem = Held(size=120, labelled=20)
    problem.features = problem.features[np.random.default_rng(0).integers(0, 25, 120)]
    expected, _ = definition(problem, np.arange(120), problem.validation, 15)
    assert uherding.pick(query_with(problem, problem.validation, 15)).index.tolist() == expected


def test_a_large_pool_is_represented_by_a_random_part():
    problem = Held(size=131)
    query = query_with(problem, problem.validation, 15)
    targets = np.sort(problem.query(uherding, 15).generator.permutation(131)[:50])
    picks = uherding.pick(query, targets=50).index
    assert picks.tolist() == definition(problem, targets, problem.validation, 15)[0]


def test_what_the_head_is_sure_of_need_not_be_covered():
    """Two groups: the head is sure of the larger, and undecided about the smaller."""
    random = np.random.default_rng(0)
    problem = Problem(size=100, classes=2, width=2, labelled=0)
    group = np.repeat([0, 1], [80, 20])
    problem.features = (np.eye(2)[group] * 5 + 0.1 * random.normal(size=(100, 2))).astype(np.float32)
    problem.labelled = np.array([0, 79, 81])
    problem.head = replace(
        problem.head, weight=np.array([[9, 0], [0, 0]], np.float32), bias=np.zeros(2, np.float32)
    )
    picks = problem.select(uherding, 5).index
    assert (group[picks] == 1).all()
