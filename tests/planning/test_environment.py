"""The conda environment and the lock hold the same pins, and neither names an index."""

from pathlib import Path

from activepool.plugins import load_module

ENVIRONMENTS = Path(__file__).parents[2] / "envs"


def test_the_conda_file_is_made_from_the_lock():
    module = load_module(str(ENVIRONMENTS / "conda_from_lock.py"))
    lock = (ENVIRONMENTS / "requirements.lock").read_text()
    assert (ENVIRONMENTS / "activepool.yaml").read_text() == module.conda_environment(lock)


def test_all_is_pinned_and_no_index_is_named():
    lines = [line for line in (ENVIRONMENTS / "requirements.lock").read_text().splitlines() if line]
    assert lines
    assert all("==" in line and "://" not in line and not line.startswith("-") for line in lines)
