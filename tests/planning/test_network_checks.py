"""The networks of libraries that a configuration names, before any job."""

import sys
from pathlib import Path

import pytest
from torchvision import models

from activepool.errors import InputError
from planning.checks import backbone
from planning.checks import experiment as experiment_checks
from planning.checks.backbone import network_problem
from planning.configuration.experiment import Experiment
from planning.configuration.project import Project
from planning.paths import Paths
from planning.project.checks import check_project

NO_TIMM = "'timm:{}' needs the package timm (import of timm halted; None in sys.modules): pip install timm"
NOT_THERE = "torchvision has no classification network 'resnet5'; the nearest names are resnet50"
EXPERIMENT = {
    "experiment": "trial",
    "dataset": {"kind": "digits"},
    "initial": {"size": 20},
    "budget": 20,
    "rounds": 2,
    "strategies": ["random"],
}
PROJECT = {"project": "p", "images": "photos", "batch": 3}
BACKBONE = {"architecture": "torchvision:resnet5", "checkpoint": "none.pth"}


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("photos").mkdir()


@pytest.fixture
def no_import(monkeypatch):
    monkeypatch.delattr(backbone, "require_network")


@pytest.fixture
def no_timm(monkeypatch):
    monkeypatch.setitem(sys.modules, "timm", None)


@pytest.mark.usefixtures("no_import")
def test_the_source_of_torchvision_tells_all_its_networks_without_an_import():
    assert [network_problem(f"torchvision:{name}") for name in models.list_models(module=models)] == [
        None
    ] * 80


@pytest.mark.usefixtures("no_import", "timm_source")
@pytest.mark.parametrize(
    "name", ["timm:resnet18", "timm:resnet18.a1_in1k", "small", "esvit_swin_tiny_window7", "mine.py:net"]
)
def test_other_networks_that_are_there_need_no_import(name):
    assert network_problem(name) is None


def test_a_misspelt_network_gets_the_nearest_names():
    assert network_problem("torchvision:resnet5").startswith(NOT_THERE)
    assert network_problem("torchvision:list_models") is not None
    assert network_problem("torchvision:resnet.8") is not None


@pytest.mark.usefixtures("no_timm")
@pytest.mark.parametrize(
    ("name", "asked"),
    [("timm:resnet18", "resnet18"), ("esvit_swin_tiny_window14", "swin_tiny_patch4_window7_224")],
)
def test_a_package_that_is_not_installed_is_named(name, asked):
    assert network_problem(name) == NO_TIMM.format(asked)


@pytest.mark.usefixtures("no_timm")
def test_jobs_in_their_own_environment_are_not_judged(monkeypatch):
    command = ["snakemake", "--cores", "1"]
    monkeypatch.setattr(sys, "argv", command)
    assert network_problem("timm:resnet18") is not None
    monkeypatch.setattr(sys, "argv", [*command, "--software-deployment-method", "conda"])
    assert network_problem("timm:resnet18") is None


def experiment_lines():
    experiment = Experiment.model_validate(EXPERIMENT | {"backbone": BACKBONE})
    with pytest.raises(InputError) as caught:
        experiment_checks.check(experiment, "mine.yaml")
    return str(caught.value).splitlines(), Paths(experiment).features


def project_lines():
    project = Project.model_validate(PROJECT | {"backbone": BACKBONE})
    with pytest.raises(InputError) as caught:
        check_project(project, "mine.yaml")
    return str(caught.value).splitlines(), project.features_file


@pytest.mark.parametrize("lines_of", [experiment_lines, project_lines])
def test_the_network_is_reported_with_other_mistakes_unless_its_features_exist(lines_of):
    lines, features = lines_of()
    assert [line.split(": ")[:2] for line in lines] == [
        ["mine.yaml", "backbone.checkpoint"],
        ["mine.yaml", "backbone.architecture"],
    ]
    assert lines[1].startswith(f"mine.yaml: backbone.architecture: {NOT_THERE}")
    Path(features).parent.mkdir(parents=True)
    Path(features).touch()
    assert lines_of()[0] == lines[:1]
