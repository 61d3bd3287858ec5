"""The order of all tests, and what a run of them shows."""

import gc

import pytest
from order import place
from progress import Progress

from activepool.compute.devices import resolve_device


@pytest.hookimpl(trylast=True)
def pytest_configure(config):
    """Where several processes run the tests, show their progress in per cent."""
    if config.getoption("numprocesses", None) and config.option.verbose <= 0:
        config.pluginmanager.register(Progress(config), "progress")


@pytest.hookimpl(wrapper=True)
def pytest_collection():
    """Look for no garbage while modules are imported and tests listed: all of that stays."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_collection_modifyitems(items):
    """Order the tests by their files; in a file they stay as they are. Without a GPU, skip what needs one."""
    items.sort(key=lambda item: (place(item.path), item.path))
    if resolve_device("auto") == "cpu":
        for item in items:
            if item.get_closest_marker("gpu"):
                item.add_marker(pytest.mark.skip(reason="torch finds no GPU"))
