from dataclasses import replace

import numpy as np
import pytest
from queries import Problem

from activepool.strategies.power import power
from activepool.strategies.registry import find_strategy

INNER = ("confidence", "margin", "entropy", "mase")


def information(problem, name):
    """The information of each unlabelled sample, computed plainly in float64."""
    weight, features = problem.head.weight.astype(np.float64), problem.features[problem.unlabelled]
    logits = features.astype(np.float64) @ weight.T + problem.head.bias
    values = np.exp(logits - logits.max(axis=1, keepdims=True))
    values /= values.sum(axis=1, keepdims=True)
    top = np.sort(values, axis=1)
    if name == "entropy":
        return -(values * np.log(values)).sum(axis=1)
    if name == "mase":
        best, distances = logits.argmax(axis=1), []
        for sample, label in zip(logits, best, strict=True):
            norms = np.linalg.norm(weight[label] - weight, axis=1)
            distances.append(
                min((sample[label] - sample[c]) / norms[c] for c in range(len(weight)) if norms[c])
            )
        return 1 / np.array(distances)
    return 1 - top[:, -1] if name == "confidence" else 1 - (top[:, -1] - top[:, -2])


def definition(problem, name, budget, beta, noise):
    keys = np.log(information(problem, name)) + noise / beta
    return problem.unlabelled[np.argsort(-keys, kind="stable")][:budget]


@pytest.mark.parametrize("name", INNER)
@pytest.mark.parametrize("seed", range(4))
def test_picks_are_those_of_the_definition(name, seed):
    problem, beta = Problem(seed, size=301 + 1000 * seed, classes=2 + seed), (1.0, 0.3, 8.0, 1.0)[seed]
    problem.features = problem.features[np.random.default_rng(seed).integers(0, 97, len(problem.features))]
    options = {"of": name, "beta": beta}
    noise = problem.query(power, 41, options=options).generator.gumbel(size=len(problem.unlabelled))
    picks = problem.select(power, 41, options=options).index
    assert picks.tolist() == definition(problem, name, 41, beta, noise).tolist()


@pytest.mark.parametrize("name", INNER)
def test_with_a_large_exponent_it_is_the_strategy_itself(name):
    problem = Problem(3, size=400)
    selection = problem.select(power, 30, options={"of": name, "beta": 1e12})
    expected = problem.select(find_strategy(name), 30)
    assert selection.index.tolist() == expected.index.tolist()
    (column,) = expected.columns
    assert np.allclose(selection.columns[column], expected.columns[column])


def test_samples_are_drawn_in_proportion_to_a_power():
    problem, options = Problem(1, size=24, labelled=12), {"of": "margin", "beta": 2.0}
    query, strategy = problem.query(power, 1, options=options), find_strategy("power", options)
    counts, draws = np.zeros(24), 3000
    for seed in range(draws):
        drawn = replace(query, generator=np.random.default_rng(seed))
        counts[strategy.pick(drawn, **options).index] += 1
    expected = information(problem, "margin") ** 2
    expected *= draws / expected.sum()
    squares = (counts[problem.unlabelled] - expected) ** 2 / expected
    assert squares.sum() < 31.3  # χ² with 11 degrees of freedom exceeds this with a probability of 0.1 %


def test_a_head_without_doubt_leaves_the_order_to_the_index():
    problem = Problem(size=60)
    problem.head.weight[:], problem.head.bias[:] = 0, (900, 0, 0, 0, 0)
    picks = problem.select(power, 9, options={"of": "margin"}).index
    assert picks.tolist() == problem.unlabelled[:9].tolist()


@pytest.mark.parametrize("error", [1e-3, 0.03])
def test_errors_of_the_approximate_scores_change_nothing(monkeypatch, error):
    """Those that float32 got wrong by much more than it does are found, because float64 shows the error."""
    from activepool.strategies import power as module

    monkeypatch.setattr(module, "MIN_SPARE", 8)
    monkeypatch.setattr(module, "MIN_CANDIDATES", 8)
    problem = Problem(2, size=4000)
    query = problem.query(power, 20, options={"of": "margin"})
    expected = problem.select(power, 20, options={"of": "margin"}).index
    shift = np.random.default_rng(0).uniform(-error, error, len(query.unlabelled)).astype(np.float32)
    query.scores["margin"] = query.scores["margin"] + shift
    picks = find_strategy("power", {"of": "margin"}).pick(query, of="margin").index
    assert picks.tolist() == expected.tolist()
