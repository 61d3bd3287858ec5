"""Names of folders that Snakemake or some disks cannot work with."""

from pathlib import Path

import pytest
from snakemake.io import PeriodicityDetector

from planning.checks import experiment as experiment_checks
from planning.checks.folders import case_problems, repetition_problems
from planning.configuration.experiment import Experiment
from planning.configuration.project import Project
from planning.project import checks as project_checks

EXPERIMENT = {
    "experiment": "trial",
    "dataset": {"kind": "folder", "root": "photos"},
    "backbone": {"architecture": "identity"},
    "initial": {"size": 20},
    "budget": 5,
    "rounds": 2,
    "strategies": ["random"],
}
PROJECT = {"project": "insects", "images": "photos", "backbone": {"architecture": "identity"}, "batch": 50}


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "photos").mkdir()
    return tmp_path


@pytest.mark.parametrize(
    ("key", "change"),
    [
        ("experiment", {"experiment": "x" * 40}),
        ("dataset.name", {"dataset": {"kind": "digits", "name": "x" * 24}}),
        ("dataset.name", {"dataset": {"kind": "folder", "root": "2" * 24}}),
        ("dataset.name", {"dataset": {"kind": "folder", "root": "a/" + "2-" * 24}}),
        ("backbone.name", {"backbone": {"architecture": "identity", "name": "a" + "b.c" * 20}}),
        ("strategies.1.name", {"strategies": ["random", {"strategy": "margin", "name": "a" * 24}]}),
    ],
)
def test_a_name_that_ends_with_repetitions_is_refused_with_its_key(key, change):
    experiment = Experiment.model_validate(EXPERIMENT | change)
    (line,) = experiment_checks.problems_with_files(experiment)
    assert line.startswith(f"{key}: '")
    assert line.endswith(" again and again, which Snakemake refuses; choose another name")


def test_the_backbone_of_a_project_too():
    backbone = {"architecture": "identity", "name": "x" * 24}
    (line,) = project_checks.problems_with_files(Project.model_validate(PROJECT | {"backbone": backbone}))
    assert line.startswith(f"backbone.name: '{'x' * 24}' ends with ")


@pytest.mark.parametrize("name", ["x" * 19, "x" * 40 + "1", "20" * 19, "a"])
def test_other_names_are_usable(name):
    assert PeriodicityDetector().is_periodic(name) is None
    assert not list(repetition_problems({"experiment": name}))


@pytest.mark.parametrize(
    ("checks", "configuration", "key", "name"),
    [
        (experiment_checks, Experiment.model_validate(EXPERIMENT), "experiment", "trial"),
        (project_checks, Project.model_validate(PROJECT), "project", "insects"),
    ],
)
def test_a_folder_that_differs_in_case_alone_is_named(folder, checks, configuration, key, name):
    second = Path("results") / name.title()
    assert not list(checks.problems_with_files(configuration))
    second.mkdir(parents=True)
    assert list(checks.problems_with_files(configuration)) == [
        f"{key}: {name!r} and {second}, which exists, differ only in case, and some file systems treat "
        "them as one folder; choose another name"
    ]


def test_its_own_folder_and_other_names_cause_no_problem(folder):
    for name in ("trial", "trial2", "other"):
        (folder / "results" / name).mkdir(parents=True)
    (folder / "results" / "Trial").write_text("no folder")
    assert not list(case_problems("experiment", "trial"))
