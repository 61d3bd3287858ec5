"""Which pictures an experiment has, what they depend on, and where the report shows them."""

from pathlib import Path

import pytest
from rules_read import Rules, digests_of
from workflow.conftest import write_embeddings

from activepool.figures.registry import FIGURES
from planning.configuration.drawings import category_of
from planning.configuration.experiment import Experiment
from planning.paths import Paths

IMAGES = {
    "experiment": "trial",
    "dataset": {"kind": "digits"},
    "backbone": {"architecture": "small"},
    "pretrain": {"method": "simclr", "epochs": 20},
    "initial": {"size": 30},
    "budget": 10,
    "rounds": 3,
    "seeds": [4, 1],
    "strategies": ["random", {"strategy": "margin", "name": "ours"}],
}
EMBEDDINGS = {
    **IMAGES,
    "dataset": {"kind": "embeddings", "path": "given.h5"},
    "backbone": None,
    "pretrain": None,
    "validation": {"fraction": 0.1},
}
FINETUNING = {**IMAGES, "head": {"solver": "finetune"}}
MAP = "results/features/digits/small_simclr/map_pca.h5"


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_embeddings(tmp_path / "given.h5")


def files_of(configuration, **changes):
    return Rules({**configuration, **changes}).files()


def paths_of(configuration):
    return Paths(Experiment.model_validate(configuration))


def test_images_have_a_contact_sheet_a_strategy_and_a_map():
    files = files_of(IMAGES)
    for name in ("contact_sheet_random.png", "contact_sheet_ours.png", "feature_map.pdf", "feature_map.png"):
        assert f"results/trial/figures/{name}" in files
    assert MAP in files


def test_embeddings_have_a_map_alone():
    files = files_of(EMBEDDINGS)
    assert not [path for path in files if "contact_sheet" in path]
    assert "results/features/embeddings_given/given/map_pca.h5" in files
    assert "results/trial/figures/feature_map.png" in files


def test_finetuning_has_a_map_where_the_first_features_are_made():
    files = files_of(FINETUNING)
    assert not [path for path in files if "map" in path.rpartition("/")[2] and "heat" not in path]
    assert "results/trial/figures/contact_sheet_ours.png" in files
    prepares = files_of(FINETUNING, strategies=["cluster_margin"])
    assert {MAP, "results/trial/figures/feature_map.pdf"} <= {*prepares}


def test_pictures_are_of_the_first_seed_and_round_0_comes_once():
    runs = ["initial_random/seed4/round00", "random/seed4/round01", "random/seed4/round02"]
    runs += ["ours/seed4/round01", "ours/seed4/round02"]
    expected = [f"results/trial/{run}/selected.csv" for run in runs]
    assert paths_of(IMAGES).pictured_selections("random", "ours") == expected
    assert paths_of(IMAGES).pictured_selections("random") == expected[:3]


def test_labels_that_come_later_are_awaited():
    assert Rules(IMAGES).inputs("contact_sheet", strategy="ours").labelled == []
    Path("bought.csv").write_text("source,label\n")
    later = Rules({**IMAGES, "dataset": {"kind": "digits", "annotations": "bought.csv"}})
    awaited = later.inputs("contact_sheet", strategy="ours").labelled
    assert [*awaited] == ["results/trial/ours/seed4/round02/metrics.json"]


def provenance(rule, **changes):
    return Rules({**IMAGES, **changes}).provenance(rule, strategy="ours", method="pca")


def test_the_map_depends_on_features_and_method_alone():
    base = provenance("projection")
    assert list(base) == ["dataset", "pretrain", "extract", "gather", "projection"]
    assert provenance("projection", budget=11, initial={"size": 31}, figures={"metric": "top5"}) == base
    assert provenance("projection", features={"dtype": "float32"}) != base


def test_the_map_of_another_method_is_another_file():
    second = Rules({**IMAGES, "figures": {"map": "umap"}}).inputs("feature_map").map
    assert (Rules(IMAGES).inputs("feature_map").map, second) == (MAP, MAP.replace("pca", "umap"))


def test_a_contact_sheet_depends_on_the_picks_of_its_strategy():
    base = provenance("contact_sheet")
    assert {"dataset", "initial_labelled", "select", "contact_sheet"} <= set(base)
    assert provenance("contact_sheet", budget=11) != base
    assert provenance("contact_sheet", figures={"map": "umap"}) == base


@pytest.mark.parametrize(("stage", "name"), [("figure", "imbalance"), ("table", "final")])
def test_the_map_does_not_change_other_figures(stage, name):
    experiments = [Experiment.model_validate({**IMAGES, "figures": {"map": map}}) for map in ("pca", "umap")]
    settings = [
        digests_of(experiment).relevant_settings(stage, {}, {stage: name}) for experiment in experiments
    ]
    assert settings[0] == settings[1]
    assert "map" not in settings[0]["appearance"]


@pytest.mark.parametrize("name", FIGURES)
def test_a_category_is_what_the_module_says(name):
    category = getattr(
        __import__(f"activepool.figures.drawings.{name}", fromlist=["_"]), "CATEGORY", "Figures"
    )
    assert category_of("drawings", name, "Figures") == category


def test_figures_of_classes_stand_together():
    names = {
        category_of("drawings", name, "")
        for name in ("class_counts", "class_count_heat_map", "accuracy_change")
    }
    assert names == {"Classes"}
