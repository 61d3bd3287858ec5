"""docs/scale.md is what its program writes, and the cost model is near to what was measured."""

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1] / "docs"))

import scale_plan
from scale.experiments import ASKED_MINUTES, ASKED_SHARE
from scale.jobs import jobs_of, jobs_of_rounds
from scale.machines import IMAGENET, MACHINES, alone, one_gpu, scattered, two_cores
from scale.measured import steps, table
from scale.model import COSTS, Query, memory_of_select
from scale.tables import compared
from scale.text import dollars, duration, volume

from activepool.strategies.registry import builtin_strategies

ROOT = Path(__file__).parents[1]

#: How far a computed time may be from the measured one, as a factor, at ImageNet's size and in small pools.
FAR, FAR_WHERE_SMALL = 1.5, 4.0

SIZES = (IMAGENET, 14_000_000, 100_000_000, 1_000_000_000)


def test_the_page_is_what_the_program_writes():
    text = scale_plan.PAGE.read_text()
    assert scale_plan.with_tables(text) == text, "run: python docs/scale_plan.py"


def test_every_table_is_in_the_page():
    text = scale_plan.PAGE.read_text()
    for name in (*scale_plan.TABLES, *scale_plan.PRICED):
        assert text.count(f"<!-- {name} -->\n| ") + text.count(f"<!-- {name} -->\nJobs") == 1, name


def test_every_strategy_on_features_has_a_cost():
    wraps = {"partitioned_badge": "partitioned", "partitioned_coreset": "partitioned"}
    on_features = {name for name, one in builtin_strategies().items() if one.image_model is None}
    assert {wraps.get(name, name) for name in COSTS} == on_features


@pytest.mark.parametrize("name", sorted(set(COSTS) & set(builtin_strategies())))
def test_what_is_scattered_and_kept_is_what_the_strategy_declares(name):
    declared, cost = builtin_strategies()[name], COSTS[name](Query(IMAGENET))
    assert bool(cost.shards_bytes) == bool(declared.scores or declared.measure)
    assert cost.jobs == (2 if declared.scores else 1)
    assert bool(cost.file_bytes) == bool(declared.scores or declared.keeps_state)
    assert bool(cost.prepared.products) == bool(declared.prepare)


def test_computed_times_are_near_to_measured_ones():
    for name, pool, measured, computed in compared():
        far = FAR if pool.startswith("1.28 M") else FAR_WHERE_SMALL
        assert measured / far < computed < measured * far, (name, pool)


def test_memory_is_below_the_measured_peaks_which_hold_cached_pages_too():
    peaks = table("imagenet").set_index("work").peak_gb
    for name in set(COSTS) & set(peaks.index):
        assert memory_of_select(name, Query(IMAGENET)) < 1e9 * peaks[name]


@pytest.mark.parametrize("name", COSTS)
def test_time_grows_with_the_pool(name):
    seconds = [alone(one_gpu(), name, Query(size)).seconds for size in SIZES]
    assert sorted(seconds) == seconds


@pytest.mark.parametrize("name", sorted(set(COSTS) - {"margin_clustering", "coreset", "partitioned_coreset"}))
def test_of_large_pools_that_are_cached_time_is_linear_in_their_size(name):
    once, ten_times = (alone(one_gpu(), name, Query(size, width=4)).seconds for size in (1e9, 1e10))
    assert 7 < ten_times / once < 10 + 1e-9


@pytest.mark.parametrize("name", COSTS)
@pytest.mark.parametrize("width", [512, 2048])
def test_several_machines_are_never_slower_and_cost_no_less_than_one(name, width):
    gpu = one_gpu()
    for size in SIZES:
        query = Query(size, width)
        one, several = alone(gpu, name, query), scattered(gpu, name, query)
        assert several.seconds <= one.seconds
        assert several.busy >= several.seconds
        assert several.shards <= MACHINES
        assert several.busy >= one.busy or several.shards > 1


@pytest.mark.parametrize("name", COSTS)
def test_a_gpu_is_faster_than_two_cores_but_for_starting(name):
    query = Query(100_000_000)
    assert alone(one_gpu(), name, query).seconds <= alone(two_cores(), name, query).seconds + 20


def test_counts_are_those_of_the_sizes_that_were_counted():
    for row in table("steps").itertuples():
        query = Query(row.size, row.width, row.classes, row.labelled, row.budget)
        counted = {"turns": row.turns, "rows": row.rows, "pairs": row.pairs, "passes": row.passes}
        assert steps(row.strategy, query) == pytest.approx(counted)


def test_jobs_are_as_many_as_snakemake_plans():
    planned = table("planner")
    for row in planned.itertuples():
        assert jobs_of(row.strategies.split(), row.seeds, row.rounds, row.shards) == row.jobs


def test_jobs_of_rounds_are_the_sum_over_strategies():
    assert jobs_of_rounds(["random"], 1, 2, 8) == 3 + 2
    assert jobs_of_rounds(["margin"], 1, 2, 1) == 3 + 3
    assert jobs_of_rounds(["margin", "badge"], 2, 3, 8) == 2 * (3 + 2 * 11 + 2 * 10)
    assert jobs_of_rounds(["coreset"], 1, 4, 8) == 3 + 8 + 3 * 2


def test_what_select_asks_for_is_as_in_its_rule():
    rules = (ROOT / "workflow/rules/queries.smk").read_text()
    select = rules[rules.index("\nrule select:") :]
    assert f"mem_mb=NEEDS.memory(3000, {ASKED_SHARE})" in select
    assert f"runtime=NEEDS.runtime(30, {ASKED_MINUTES})" in select


def test_numbers_are_written_with_two_digits():
    assert [duration(one) for one in (0.123, 5.04, 89, 91, 7300, 2e5)] == [
        "0.12 s",
        "5 s",
        "89 s",
        "1.5 min",
        "2 h",
        "2.3 d",
    ]
    assert [volume(one) for one in (2e7, 5.24e9, 4.1e12)] == ["20 MB", "5.2 GB", "4.1 TB"]
    assert [dollars(one) for one in (0.001, 0.034, 1234)] == ["< 0.01 $", "0.034 $", "1,200 $"]
