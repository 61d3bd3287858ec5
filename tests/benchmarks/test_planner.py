"""The benchmark of planning plans every stage in shards, and measures a dry run."""

import sys
from pathlib import Path

import pytest
import yaml

sys.path.append(str(Path(__file__).parents[2] / "benchmarks"))

import planner


def test_a_dry_run_counts_the_jobs_and_runs_none(tmp_path):
    (tmp_path / planner.CONFIGURATION).write_text(yaml.safe_dump(planner.configuration(1, 2, 3)))
    measured = planner.dry_run(str(tmp_path))
    # One query of ten strategies: eight are scored and two measured, in three shards; all select and train.
    scored, per_sample, image_model = 8, 2, 1
    assert measured.pop("jobs") > scored * (3 + 1) + per_sample * 3 + image_model + 10 * 2
    assert all(value > 0 for value in measured.values())
    assert not (tmp_path / "results").exists()


def test_a_dry_run_that_fails_shows_what_snakemake_printed(tmp_path):
    (tmp_path / planner.CONFIGURATION).write_text("experiment: planned\n")
    with pytest.raises(SystemExit, match="dataset"):
        planner.dry_run(str(tmp_path))
