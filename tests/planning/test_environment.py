"""The conda environment and the lock hold the same pins, and neither names an index."""

import importlib.util
from pathlib import Path

ENVIRONMENTS = Path(__file__).parents[2] / "envs"


def test_the_conda_file_is_made_from_the_lock():
    specification = importlib.util.spec_from_file_location(
        "conda_from_lock", ENVIRONMENTS / "conda_from_lock.py"
    )
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    lock = (ENVIRONMENTS / "requirements.lock").read_text()
    assert (ENVIRONMENTS / "activepool.yaml").read_text() == module.conda_environment(lock)


def test_all_is_pinned_and_no_index_is_named():
    lines = [line for line in (ENVIRONMENTS / "requirements.lock").read_text().splitlines() if line]
    assert lines
    assert all("==" in line and "://" not in line and not line.startswith("-") for line in lines)
