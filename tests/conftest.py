"""The order of the tests, longest first, so that no core waits for another at the end; what a run shows."""

import pytest
from progress import Progress

#: Files of tests that take a minute or more.
LONGEST = (
    "test_paper_figures.py",
    "test_kills.py",
    "test_slurm.py",
    "test_reruns.py",
    "test_cluster_generic.py",
    "test_whole_run.py",
    "test_pool_shards.py",
    "test_finetuning_run.py",
    "test_same_bits.py",
    "test_kubernetes.py",
)


@pytest.hookimpl(trylast=True)
def pytest_configure(config):
    """Where several processes run the tests, show their progress in per cent."""
    if config.getoption("numprocesses", None) and config.option.verbose <= 0:
        config.pluginmanager.register(Progress(config), "progress")


def pytest_collection_modifyitems(items):
    """Order the tests by their files; in a file they stay as they are."""
    items.sort(key=lambda item: (_place(item.path), item.path))


def _place(path):
    if path.name in LONGEST:
        return LONGEST.index(path.name)
    return len(LONGEST) + (path.parent.name != "workflow")
