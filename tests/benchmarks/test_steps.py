"""The counts of steps are those of the strategies' own loops."""

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[2] / "benchmarks"))

import steps
from measuring import in_process
from rounds import Case, Work, library_round


def test_counts_are_of_this_strategy_alone_and_do_not_depend_on_workers(tmp_path):
    pool = steps.Pool(("base", "badge", "coreset"), 600, 24, 6, 60, 30)
    one, two = (in_process(steps.counts_on, pool, str(tmp_path), workers) for workers in (1, 2))
    assert one == two
    base, badge, coreset = one
    assert base["turns"] == base["rows"] == base["pairs"] == 0
    assert badge["turns"] >= 1 and badge["rows"] == badge["turns"] * 512
    assert badge["pairs"] <= badge["rows"] * pool.budget
    assert coreset["turns"] >= 1 and coreset["passes"] == 0
    assert 0 < coreset["pairs"] <= coreset["rows"] * (pool.labelled + pool.budget)


def test_balancing_lists_the_pool_at_least_once_where_it_is_imbalanced(tmp_path):
    pool = steps.Pool(("balancing",), 600, 24, 6, 60, 30, imbalance=30.0)
    (found,) = in_process(steps.counts_on, pool, str(tmp_path), 1)
    assert found["passes"] >= 1
    assert 1 <= found["turns"] <= pool.budget


@pytest.mark.parametrize("strategy", ["base", "badge", "coreset"])
def test_what_is_counted_picks_the_same(tmp_path, strategy):
    pool = steps.Pool((strategy,), 300, 16, 4, 20, 10)
    in_process(steps.counts_on, pool, str(tmp_path), 1)
    case = Case(tmp_path / "features.h5", tmp_path / "head.h5", steps.np.arange(20), 10, "cpu", 1)
    plain = library_round(case, Work(strategy, strategy))()
    counted = in_process(picks_while_counted, case, strategy)
    assert plain.tolist() == counted


def picks_while_counted(case, strategy):
    counts = steps.Counter()
    for owner, name, count in steps.COUNTED:
        setattr(owner, name, steps.counting(getattr(owner, name), count, counts))
    return library_round(case, Work(strategy, strategy))().tolist()


def test_the_hosts_works_take_some_time(monkeypatch):
    monkeypatch.setattr(steps, "HOST_SAMPLES", 40_000)
    monkeypatch.setattr(steps, "HOST_CLUSTERED", 200)
    monkeypatch.setattr(steps, "HOST_ROWS", 300)
    found = steps.host_seconds(1)
    assert (found.seconds > 0).all()
    assert found.work.is_unique
