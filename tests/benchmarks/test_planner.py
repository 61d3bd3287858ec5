"""The planner's benchmark times what it says, and plans every stage in shards."""

import asyncio
import sys
import time
from pathlib import Path

import pytest
import yaml

sys.path.append(str(Path(__file__).parents[2] / "benchmarks"))

import planner


def test_a_part_does_not_count_the_parts_within_it():
    now = 7
    clock = planner.Clock(lambda: now)
    now += 100
    with clock.part("outer"):
        now += 2
        with clock.part("inner"):
            now += 4
        with clock.part("outer"):
            now += 3
    now += 100
    assert clock.seconds == {"inner": 4, "outer": 5}


def test_a_timed_function_does_the_same_also_where_it_is_awaited_or_fails():
    clock = planner.Clock(time.perf_counter)

    def failing(number: int) -> None:
        raise KeyError(number)

    async def waiting(number: int, more: int = 0) -> int:
        await asyncio.sleep(0.02)
        return number + more

    with clock.part("rest"):
        with pytest.raises(KeyError):
            clock.timed(failing, "failing")(1)
        assert asyncio.run(clock.timed(waiting, "waiting")(1, more=2)) == 3
    assert set(clock.seconds) == {"rest", "failing", "waiting"}
    assert clock.seconds["waiting"] >= 0.02


def test_a_dry_run_has_jobs_and_a_time_for_each_part(tmp_path):
    (tmp_path / planner.CONFIGURATION).write_text(yaml.safe_dump(planner.configuration(1, 2, 3)))
    found = planner.in_process(planner.parts_of_dry_run, str(tmp_path))
    # Of the query of ten strategies eight are scored and two measured, in three shards; all pick and train.
    scored, measured, image_model = 8, 2, 1
    assert found.pop("jobs") > scored * (3 + 1) + measured * 3 + image_model + 10 * 2
    assert all(seconds > 0 for seconds in found.values())
    parts = {"imports", "rest", *(part for *_, part in planner.TIMED)}
    assert set(found) == {f"{part}_part" for part in parts}
    assert not (tmp_path / "results").exists()
