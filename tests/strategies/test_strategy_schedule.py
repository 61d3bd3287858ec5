import pytest
from queries import Problem

from activepool.strategies.registry import find_strategy
from activepool.strategies.schedule import schedule

OPTIONS = {"first": "coreset", "rounds": 2, "then": {"strategy": "margin"}}


@pytest.mark.parametrize(("number", "name"), [(1, "coreset"), (2, "coreset"), (3, "margin"), (9, "margin")])
def test_the_first_rounds_are_one_strategys_and_all_others_the_others(number, name):
    problem = Problem(size=240)
    picks = problem.select(schedule, 20, options=OPTIONS, round_number=number)
    expected = problem.select(find_strategy(name), 20)
    assert picks.index.tolist() == expected.index.tolist()
    assert picks.columns.keys() == expected.columns.keys()
