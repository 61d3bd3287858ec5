from dataclasses import replace

import numpy as np
import pytest
from queries import Problem

from activepool.api.options import validate_options
from activepool.errors import InputError
from activepool.strategies.refine import refine
from activepool.strategies.registry import find_strategy

OPTIONS = {"of": ["margin", "random", "coreset"], "then": "entropy", "subset": 60, "steps": 2, "batches": 4}


def definition(problem, query, strategies, sizes, budget, batches):
    """Algorithm 1 with the strategies' own queries; the head scores each part by itself."""
    candidates = problem.unlabelled
    for size in sizes:
        picked = set()
        for batch in range(batches):
            part = np.sort(
                query.generator.permutation(candidates)[: size or max(budget, round(0.4 * len(candidates)))]
            )
            part_query = replace(problem.query(strategies[batch % 3], budget), generator=query.generator)
            places = np.searchsorted(problem.unlabelled, part)
            picked |= set(strategies[batch % 3].pick(part_query.part(places)).index.tolist())
        candidates = np.array(sorted(picked))
    order = problem.select(find_strategy("entropy"), len(problem.unlabelled)).index
    return [row for row in order.tolist() if row in picked][:budget]


@pytest.mark.parametrize("seed", range(4))
def test_picks_are_those_of_the_definition(seed):
    problem = Problem(seed, size=170 + 40 * seed)
    query = problem.query(refine, 9, options=OPTIONS)
    strategies = [find_strategy(name) for name in OPTIONS["of"]]
    expected = definition(problem, query, strategies, (60, None), 9, 4)
    assert problem.select(refine, 9, options=OPTIONS).index.tolist() == expected


def test_it_reads_what_all_of_its_strategies_read():
    strategy = find_strategy("refine", {"of": ["random", "balancing"], "then": "base"})
    assert set(strategy.reads) == {"features", "head", "remaining_budget"} and strategy.scores == ()
    assert [file.name for file in strategy.files] == ["refine.py", "random.py", "balancing.py", "base.py"]


def test_what_they_prepare_has_their_place_in_the_list():
    options = {"of": ["random", {"strategy": "cluster_margin", "leaves": 50}], "then": "margin", "steps": 1}
    problem = Problem()
    assert set(problem.query(refine, 5, options=options).prepared) == {"of.1.cluster"}
    strategy = find_strategy("refine", options)
    expected = [{"strategy": "random"}, {"strategy": "cluster_margin", "leaves": 50}]
    assert strategy.options_of("prepare", options) == {"of": expected, "then": {"strategy": "margin"}}
    assert len(problem.select(refine, 5, options=options).index) == 5


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"of": [], "then": "margin"}, "option 'of': list should have at least 1 item"),
        ({"of": "margin", "then": "margin"}, "option 'of': input should be a valid list"),
        ({"of": ["margin", "margn"], "then": "margin"}, "option 'of.1': strategy 'margn' does not exist"),
    ],
)
def test_mistakes_name_the_option(given, problem):
    (line,) = validate_options(refine, given)[1]
    assert line.startswith(problem)


def test_a_part_must_hold_the_budget():
    with pytest.raises(InputError, match="strategy 'refine': subset is 8; it must be at least 9"):
        Problem().select(refine, 9, options=OPTIONS | {"subset": 8})
