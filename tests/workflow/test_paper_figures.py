"""All experiments of the paper, with all strategies, from one command; made small: two rounds, one seed."""

import json
from itertools import combinations

import pandas as pd
import pytest
import yaml
from PIL import Image
from workflow_runs import REPOSITORY, Folder

from activepool.figures.registry import TABLES
from activepool.figures.results import REFERENCE
from activepool.figures.styles import NAMES as PRINTED
from planning.configuration.loading import load
from planning.paper.estimates import estimate
from planning.paper.experiments import NAMES, differences, experiment_file
from planning.paths import Paths

pytestmark = pytest.mark.long

SMALL = {"stand_in": "digits", "scale": 0.01, "rounds": 2, "seeds": 1}

#: These trainings are short, and mostly imports on one core. With one thread each, two run at once.
ONE_THREAD = ("--set-threads", "finetune=1", "pretrain=1")


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A folder in which the figures of all experiments have been made."""
    demo = yaml.safe_load((REPOSITORY / "config.yaml").read_text())
    folder = Folder(tmp_path_factory.mktemp("paper"), demo)
    folder.printed = folder.snakemake("paper_figures", *ONE_THREAD, "--config", *settings())
    return folder


def settings():
    return [f"{key}={json.dumps(value)}" for key, value in SMALL.items()]


@pytest.fixture(params=NAMES)
def paths(request):
    """The files of one experiment."""
    experiment = yaml.safe_load(experiment_file(request.param).read_text())
    return Paths(load(experiment | SMALL, request.param))


def test_no_experiment_has_a_problem(finished):
    summary = "activepool: finished 5 of 5 experiments\n"
    assert summary in finished.printed
    log = (finished.path / "results/logs/paper_figures.log").read_text()
    assert log.endswith(summary) and log in finished.printed
    assert all(line in " ".join(log.split()) for name in NAMES for line in differences(name))


def test_files_have_the_sizes_that_were_estimated(finished, paths):
    estimated = estimate(paths.experiment)

    def written(pattern, folder=paths.root):
        return sum(file.stat().st_size for file in (finished.path / folder).rglob(pattern))

    assert written("network.safetensors") == pytest.approx(estimated.disk["networks"], rel=0.1)
    assert written("image_model.safetensors") == pytest.approx(estimated.disk["networks of VAAL"], rel=0.1)
    if estimated.disk["features"]:
        features = (finished.path / paths.features).stat().st_size
        assert features == pytest.approx(estimated.disk["features"], rel=0.1)
    # HDF5 itself takes some kilobytes of a file.
    for name, pattern in (("scores", "scores.h5"), ("heads", "head.h5")):
        files = len(list((finished.path / paths.root).rglob(pattern)))
        assert estimated.disk[name] < written(pattern) < estimated.disk[name] + 20_000 * files


def test_figures_open(finished, paths):
    for path in paths.figures():
        file = finished.path / path
        if file.suffix == ".png":
            Image.open(file).load()
        else:
            assert file.read_bytes().startswith(b"%PDF")


def test_tables_hold_all_strategies(finished, paths):
    folders, tables = paths.experiment.strategy_folders, finished.path / paths.root / "tables"
    names = set(TABLES) - {"penalty"}  # which needs two seeds
    assert {path.name for path in tables.glob("*.*")} == {
        f"{name}.{form}" for name in names for form in ("csv", "tex", "html")
    }
    strategies = [name for name in folders if name != REFERENCE]
    for name in ("final", "area", "labels_to_reach", "difference_by_labels", "label_savings"):
        expected = strategies if name in ("difference_by_labels", "label_savings") else folders
        column = pd.read_csv(tables / f"{name}.csv")["strategy"]
        assert list(dict.fromkeys(column)) == expected, name
        printed = (tables / f"{name}.tex").read_text()
        assert all(PRINTED[folder] in printed for folder in expected), name
    assert set(folders) < set(pd.read_csv(tables / "by_labels.csv").columns)
    pairs = pd.read_csv(tables / "overlap.csv")
    assert list(zip(pairs["strategy"], pairs["other"], strict=True)) == list(combinations(folders, 2))


def test_every_strategy_has_both_rounds(finished, paths):
    curves = pd.read_csv(finished.path / paths.root / "curves.csv")
    assert set(zip(curves["strategy"], curves["round"], strict=True)) == {
        (strategy, round_number) for strategy in paths.experiment.strategy_folders for round_number in (0, 1)
    }
    assert curves["top1"].between(0, 1).all()


def test_data_that_are_the_same_are_made_once(finished):
    names = {path.name for path in (finished.path / "results/pretrained").iterdir()}
    assert names == {
        "stand_in_digits_scale0.01",
        "stand_in_digits_views4_scale0.01",
        "stand_in_digits_exp0.1_scale0.01",
    }


def test_esvit_trains_and_picks_with_the_features_that_are_there(finished):
    name, head = "imagenet_esvit_window7", "base/seed0/round01/head.h5"
    root = f"results/{name}_digits_scale0.01"
    features = finished.path / "results/features/stand_in_digits_views4_scale0.01/small_simclr/features.h5"
    before = features.stat().st_mtime_ns
    arguments = ["--configfile", str(experiment_file(name)), "--config", *settings()]
    finished.snakemake(f"{root}/{head}", *arguments)
    assert (finished.path / root / head).is_file()
    assert features.stat().st_mtime_ns == before
