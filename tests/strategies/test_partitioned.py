import numpy as np
import pytest
from queries import Problem

from activepool.errors import InputError
from activepool.strategies.badge import badge
from activepool.strategies.coreset import coreset
from activepool.strategies.partitioned import partitioned
from activepool.strategies.wrapping import Wrapped

WRAPPED = {"coreset": coreset, "badge": badge}


@pytest.mark.parametrize("wraps", WRAPPED)
def test_one_part_is_the_wrapped_strategy_itself(wraps):
    problem = Problem()
    options = {"wraps": wraps, "partitions": 1}
    whole = problem.select(partitioned, 9, options=options)
    query = problem.query(partitioned, 9, options=options)
    query.generator.permutation(len(problem.labelled))
    query.generator.permutation(len(problem.unlabelled))
    assert whole.index.tolist() == WRAPPED[wraps].pick(query).index.tolist()


@pytest.fixture
def parts(monkeypatch):
    """The queries that the parts make."""
    queries, pick = [], Wrapped.pick

    def spy(wrapped, query):
        queries.append(query)
        return pick(wrapped, query)

    monkeypatch.setattr(Wrapped, "pick", spy)
    return queries


def test_parts_split_pool_labelled_set_and_budget_evenly(parts):
    problem = Problem(labelled=13)
    selection = problem.select(partitioned, 11, options={"wraps": "coreset", "partitions": 4})
    assert [part.budget for part in parts] == [3, 3, 3, 2]
    assert [len(part.labelled) for part in parts] == [4, 3, 3, 3]
    assert [len(part.unlabelled) for part in parts] == [36, 36, 36, 36]
    assert sorted(np.concatenate([part.unlabelled for part in parts])) == problem.unlabelled.tolist()
    assert sorted(np.concatenate([part.labelled for part in parts])) == sorted(problem.labelled)
    for part in parts:
        assert (np.diff(part.unlabelled) > 0).all()
        assert part.labels is None
    shares = np.split(selection.index, [3, 6, 9])
    assert all(np.isin(share, part.unlabelled).all() for share, part in zip(shares, parts, strict=True))
    assert selection.columns["distance"].shape == (11,)


def test_subsets_are_drawn_before_the_split(parts):
    problem = Problem(labelled=13)
    options = {"wraps": "coreset", "partitions": 3, "subset_labelled": 5, "subset_unlabelled": 31}
    problem.select(partitioned, 4, options=options)
    assert [len(part.labelled) for part in parts] == [2, 2, 1]
    assert [len(part.unlabelled) for part in parts] == [11, 10, 10]


@pytest.mark.parametrize(
    ("labelled", "subset_unlabelled", "in_parts"),
    [(13, None, (5, 45)), (3, None, (3, 47)), (3, 40, (3, 40)), (110, None, (5, 45))],
)
def test_the_pool_fills_the_subsets_up_to_a_total(parts, labelled, subset_unlabelled, in_parts):
    """As in the code of Emam et al.: subset_labelled + subset_unlabelled − labelled samples."""
    options = {"wraps": "coreset", "partitions": 2, "subset_labelled": 5, "subset_total": 50}
    Problem(labelled=labelled).select(
        partitioned, 4, options=options | {"subset_unlabelled": subset_unlabelled}
    )
    assert sum(len(part.labelled) for part in parts) == in_parts[0]
    assert sum(len(part.unlabelled) for part in parts) == in_parts[1]


def test_a_total_must_leave_room_for_the_budget():
    with pytest.raises(InputError, match="is 20, and 12 are labelled; the other 8 must be at least 9, the"):
        Problem().select(partitioned, 9, options={"wraps": "coreset", "subset_total": 20})


def test_more_parts_than_picks_or_labelled_samples():
    problem = Problem(labelled=2)
    index = problem.select(partitioned, 3, options={"wraps": "coreset", "partitions": 7}).index
    assert len(set(index.tolist())) == 3


def test_a_subset_must_hold_the_budget():
    with pytest.raises(InputError, match="subset_unlabelled is 8; it must be at least 9, the picks"):
        Problem().select(partitioned, 9, options={"wraps": "coreset", "subset_unlabelled": 8})
