"""Notices about strategies within others that never pick."""

import pytest

from planning.checks.settings import strategy_notices
from planning.configuration.experiment import Experiment

SCHEDULE = {"strategy": "schedule", "first": "typiclust", "then": "margin"}
PARTITIONED = {"strategy": "partitioned", "wraps": "coreset"}


def notices(*strategies, rounds=4):
    experiment = {"experiment": "trial", "dataset": {"kind": "digits"}, "initial": {"size": 9}, "budget": 8}
    return list(
        strategy_notices(
            Experiment.model_validate({**experiment, "rounds": rounds, "strategies": strategies})
        )
    )


@pytest.mark.parametrize("first_rounds", [3, 4])
def test_a_second_strategy_that_is_never_reached(first_rounds):
    assert notices(SCHEDULE | {"rounds": first_rounds, "name": "late"}) == [
        f"strategies: late: with rounds: {first_rounds}, then (margin) picks in none of the 4 rounds of the "
        "experiment; round 0 is the initial pool"
    ]


def test_more_partitions_than_picks_also_within_another_strategy():
    line = "only 8 pick anything with a budget of 8"
    assert notices(PARTITIONED) == [f"strategies: partitioned: of 10 partitions, {line}"]
    within = SCHEDULE | {"rounds": 1, "then": PARTITIONED | {"partitions": 9}}
    assert notices(within) == [f"strategies: schedule.then: of 9 partitions, {line}"]


def test_no_notice_where_all_pick():
    within = PARTITIONED | {"partitions": 8}
    assert notices("random", SCHEDULE | {"rounds": 2}, within) == []
    assert notices(SCHEDULE | {"rounds": 2}, rounds=1) == []
