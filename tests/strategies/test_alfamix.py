"""ALFA-Mix against its definition: each sample mixed with each class's mean, feature by feature."""

import numpy as np
import pytest
from definitions import cell_representatives, unit
from queries import Problem

from activepool.heads.linear import LinearHead
from activepool.strategies.alfamix import alfamix


def changes(problem, cap):
    """Whether the class of each unlabelled sample changes when mixed with any class's mean by at most α."""
    features = problem.features.astype(np.float64)
    weight, bias = problem.head.weight.astype(np.float64), problem.head.bias.astype(np.float64)
    labels, epsilon = problem.labels[problem.labelled], cap / np.sqrt(features.shape[1])
    result = []
    for sample in features[problem.unlabelled]:
        logits = weight @ sample + bias
        predicted = logits.argmax()
        residual = np.exp(logits - logits.max()) / np.exp(logits - logits.max()).sum()
        residual[predicted] = 0
        residual[predicted] = -residual.sum()  # p − 1 without loss of digits where p is near 1
        gradient = weight.T @ residual
        gradient /= np.abs(gradient).max()  # its square may be too small for a float
        changed = False
        for label in range(problem.classes):
            class_rows = problem.labelled[labels == label]
            anchor = features[class_rows if len(class_rows) else problem.labelled].mean(axis=0)
            difference = anchor - sample
            alpha = epsilon * np.linalg.norm(difference) * gradient / (np.linalg.norm(gradient) * difference)
            mixed = alpha * anchor + (1 - alpha) * sample
            changed |= (weight @ mixed + bias).argmax() != predicted
        result.append(changed)
    return np.array(result)


def problem_with(classes, scale=1.0, **settings):
    problem = Problem(size=301, classes=classes, **settings)
    problem.head = LinearHead(problem.head.weight * np.float32(scale), problem.head.bias * np.float32(scale))
    return problem


@pytest.mark.parametrize("classes", [2, 5, 9])
@pytest.mark.parametrize("scale", [0.01, 1.0, 30.0])
@pytest.mark.parametrize("labelled", [1, 12])
def test_classes_change_where_those_of_mixed_features_do(classes, scale, labelled):
    problem = problem_with(classes, scale, labelled=labelled, seed=classes)
    mixing = alfamix.precomputed(problem.query(alfamix, 10), {})["mixing"]
    for cap in (0.1, 0.2, 0.4, 1.0):
        assert (mixing < cap).tolist() == changes(problem, cap).tolist()


@pytest.mark.parametrize("budget", [3, 20, 60])
def test_picks_are_those_of_the_definition(budget):
    problem = problem_with(5)
    cap = next(
        step * 0.05 for step in range(1, 9) if step == 8 or changes(problem, step * 0.05).sum() > budget
    )
    candidates = problem.unlabelled[changes(problem, cap)]
    query = problem.query(alfamix, budget)
    picks = problem.select(alfamix, budget, options={"mixing": 0.05, "steps": 8}).index
    assert picks.tolist() == cell_representatives(unit(problem.features), candidates, budget, query)


def test_with_fewer_candidates_than_picks_the_rest_is_random():
    problem = problem_with(5)
    candidates = problem.unlabelled[changes(problem, 0.02)]
    assert 0 < len(candidates) < 40
    random_picks = set()
    for seed in range(3):
        picks = problem.select(alfamix, 40, seed=seed, options={"mixing": 0.02, "steps": 1}).index
        assert set(picks[: len(candidates)]) == set(candidates)
        random_picks |= set(picks[len(candidates) :])
    assert len(random_picks) > 45


def test_a_class_like_the_predicted_one_and_a_certain_class_never_change():
    problem = problem_with(2)
    problem.head = LinearHead(np.ones((2, 7), np.float32), np.array([1, 0], np.float32))
    assert np.isinf(alfamix.precomputed(problem.query(alfamix, 10), {})["mixing"]).all()
    problem.head = LinearHead(np.zeros((2, 7), np.float32), np.array([2000, 0], np.float32))
    assert np.isinf(alfamix.precomputed(problem.query(alfamix, 10), {})["mixing"]).all()
