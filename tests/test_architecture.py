"""The pictures of docs/architecture.md show the rooms and the stages as they are."""

import importlib.util
from itertools import chain

import pytest
from rules_read import Rules
from test_rooms import LIBRARY, ROOMS, imported_rooms
from workflow.labelled_pools import LABELLED_POOL, write_labelled_pool
from workflow_runs import REPOSITORY

from planning.stages.digests import declaration

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
    assert set(pictures.ARROWS) - readings(rules.graph, rules.paths.targets()) == set()
    assert set(chain(*pictures.ARROWS)) == set(pictures.FLOW)


def test_each_arrow_of_the_labelling_is_a_file_a_ledger_that_a_stage_reads_or_the_work_of_people(
    pictures, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    write_labelled_pool(tmp_path)
    rules = Rules(LABELLED_POOL)
    paths = rules.paths
    targets = [*paths.targets(), *paths.target_files("predictions"), *paths.target_files("model")]
    read = {(box_of(before), box_of(stage)) for before, stage in readings(rules.graph, targets)}
    stages = {params.stage for params in rules.graph.rule_of}
    read |= {("ledger", stage) for stage in stages if reads_ledger(stage)}
    arrows = {*pictures.LABELLING_ARROWS, *pictures.LEDGER_ARROWS}
    assert arrows - read == {("send", "people"), ("people", "ledger")}
    assert set(chain(*arrows)) == set(pictures.LABELLING)


def readings(graph, targets):
    """Return the pairs of stages whose second stage reads a file of the first."""

    def stage_of(job):
        return graph.params_of[job.rule].stage

    jobs = graph.jobs(targets)
    return {(stage_of(before), stage_of(job)) for job in jobs for before in graph.jobs_before(job)}


def box_of(stage):
    """Return the box of a stage; all exports share one."""
    return "export" if stage.startswith("export_") else stage


def reads_ledger(stage):
    return any(setting.name == "ledger" for setting in declaration(stage).settings)
