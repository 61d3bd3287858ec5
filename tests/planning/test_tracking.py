"""Trackers in the configuration and in the plan, only if requested."""

import importlib.util
from collections import Counter

import pytest
from dry_runs import planned
from rules_read import Rules, digests_of
from workflow_runs import Folder

import activepool.tracking.registry
from activepool.errors import InputError
from planning.checks.experiment import check
from planning.configuration.loading import load

CONFIGURATION = {
    "experiment": "trial",
    "dataset": {"kind": "digits"},
    "backbone": {"architecture": "identity", "image_size": 8},
    "validation": {"fraction": 0.1},
    "initial": {"size": 30},
    "budget": 10,
    "rounds": 2,
    "seeds": 1,
    "strategies": ["random"],
    "head": {"solver": "lbfgs"},
}


@pytest.fixture
def installed(monkeypatch):
    """Return a function that says which packages are installed from now on."""

    def only(*packages):
        specs = {package: importlib.util.find_spec("json") for package in packages}
        monkeypatch.setattr(activepool.tracking.registry, "find_spec", specs.get)

    return only


def with_packages(*packages, folder, monkeypatch):
    """Install packages that nothing may import before their jobs."""
    for package in packages:
        (folder / f"{package}.py").write_text("raise ImportError('nobody needs it before its job')\n")
    monkeypatch.syspath_prepend(folder)


def with_trackers(trackers):
    return load({**CONFIGURATION, "trackers": trackers}, "trial.yaml")


def problem(trackers):
    with pytest.raises(InputError) as caught:
        check(with_trackers(trackers), "trial.yaml")
    return str(caught.value)


def test_an_unknown_tracker_is_one_line():
    line = "trial.yaml: trackers: input should be 'comet', 'tensorboard' or 'wandb' (given: 'mlflow')"
    assert problem(["comet", "mlflow"]) == line


def test_a_tracker_listed_twice_is_one_line():
    assert problem(["comet", "comet"]) == "trial.yaml: trackers: comet is listed twice; list it once"


def test_a_package_that_is_not_installed_is_one_line(installed):
    installed("tensorboard")
    line = "trial.yaml: trackers: comet needs the package comet_ml: pip install comet_ml, or leave it out"
    assert problem(["tensorboard", "comet"]) == line
    check(with_trackers(["tensorboard"]), "trial.yaml")


def test_no_strategy_takes_the_folder_of_the_trackers():
    with pytest.raises(InputError, match="'tracking' is the name of another folder"):
        load({**CONFIGURATION, "strategies": [{"strategy": "random", "name": "tracking"}]}, "trial.yaml")


def test_only_trackers_add_files_of_trackers(tmp_path, monkeypatch):
    with_packages("wandb", "comet_ml", folder=tmp_path, monkeypatch=monkeypatch)
    monkeypatch.chdir(tmp_path)
    without, with_trackers = (
        Rules({**CONFIGURATION, "trackers": trackers}) for trackers in ([], ["wandb", "comet"])
    )
    tracker_files = {"results/trial/tracking/wandb.log", "results/trial/tracking/comet.log"}
    assert {*with_trackers.files()} - {*without.files()} == tracker_files


def sent_configuration(experiment):
    return digests_of(experiment).relevant_settings("track", {}, {})["configuration"]


def test_trackers_get_the_experiment_without_the_machine():
    sent = sent_configuration(with_trackers(["comet"]))
    assert (sent["budget"], sent["strategies"]) == (10, [{"strategy": "random"}])
    assert sent == sent_configuration(load({**CONFIGURATION, "device": "cpu"}, "trial.yaml"))


def test_trackers_are_jobs_if_requested(tmp_path, monkeypatch):
    with_packages("comet_ml", "tensorboard", folder=tmp_path, monkeypatch=monkeypatch)
    folder = Folder(tmp_path, CONFIGURATION)
    without = planned(tmp_path)
    assert "track" not in without
    folder.configure({**CONFIGURATION, "trackers": ["tensorboard", "comet"]})
    assert planned(tmp_path) == without + Counter(track=2)
