"""The pictures of docs/architecture.md show the rooms and the stages as they are."""

import importlib.util
from itertools import chain

import pytest
from rules_read import Rules
from test_rooms import LIBRARY, ROOMS, imported_rooms
from workflow_runs import REPOSITORY

EXPERIMENT = {
    "experiment": "trial",
    "dataset": {"kind": "digits"},
    "backbone": {"architecture": "small"},
    "pretrain": {"method": "simclr", "epochs": 20},
    "initial": {"size": 30},
    "budget": 10,
    "rounds": 2,
    "seeds": 1,
    "strategies": ["random", "margin"],
}


@pytest.fixture(scope="module")
def pictures():
    """The module that draws them."""
    specification = importlib.util.spec_from_file_location("pictures", REPOSITORY / "docs/architecture.py")
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def test_each_room_imports_from_those_below_it_and_to_its_left(pictures):
    order = list(chain(*pictures.FLOORS))
    assert sorted(order) == sorted(ROOMS)
    wrong = {
        (room, imported)
        for room in ROOMS
        for file in [*LIBRARY.glob(f"{room}.py"), *(LIBRARY / room).rglob("*.py")]
        for imported in imported_rooms(file) - {room}
        if order.index(imported) > order.index(room)
    }
    assert wrong == set()


def test_each_arrow_leads_to_a_stage_that_reads_a_file_of_the_other(pictures, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rules = Rules(EXPERIMENT)
    graph = rules.graph

    def stage_of(job):
        return graph.params_of[job.rule].stage

    jobs = graph.jobs(rules.paths.targets())
    read = {(stage_of(before), stage_of(job)) for job in jobs for before in graph.jobs_before(job)}
    assert set(pictures.ARROWS) - read == set()
    assert set(chain(*pictures.ARROWS)) == set(pictures.FLOW)
