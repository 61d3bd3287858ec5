"""Experiments made small: what is multiplied, what stands in, and that the result is a valid experiment."""

import re
from itertools import combinations
from pathlib import Path

import pytest
import yaml
from rules_read import digests_of

from activepool.errors import InputError
from planning.configuration.loading import load
from planning.configuration.scaling import made_small
from planning.configuration.sections import NAME_PATTERN

EXPERIMENTS = sorted((Path(__file__).parents[2] / "workflow/experiments").glob("*.yaml"))

RAW = {
    "experiment": "large",
    "dataset": {"kind": "cifar10", "root": "data", "imbalance": {"kind": "exp", "factor": 0.1}},
    "backbone": {"architecture": "resnet18", "checkpoint": "weights.pt"},
    "features": {"augmentation": "crop", "dtype": "float16", "shards": 120},
    "initial": {"size": 1000, "kind": "balanced"},
    "budget": 250,
    "rounds": 5,
    "strategies": ["random", {"strategy": "vaal", "image_size": 64, "width": 8}],
    "head": {"solver": "sgd", "epochs": 60, "patience": 30, "step_size": 20, "learning_rate": 15},
}


def test_pool_budget_and_epochs_shrink_together():
    small = made_small(RAW | {"scale": 0.01})
    assert small["dataset"] == {**RAW["dataset"], "fraction": 0.01, "name": "cifar10_exp0.1_scale0.01"}
    assert small["experiment"] == "large_scale0.01"
    assert small["initial"] == {"size": 10, "kind": "balanced"}
    assert small["features"] == {**RAW["features"], "shards": 1}
    assert (small["budget"], small["rounds"]) == (2, 5)
    assert small["head"] == {**RAW["head"], "epochs": 1, "patience": 1, "step_size": 1}
    assert small["strategies"] == ["random", {"strategy": "vaal", "image_size": 64, "width": 8, "epochs": 1}]
    assert "scale" not in small


def test_without_scale_nothing_changes():
    assert made_small(RAW) == RAW
    assert made_small(RAW | {"scale": 1}) == RAW
    assert made_small(RAW | {"scale": "1.0"}) == RAW


def test_digits_stand_in_for_data_and_backbone():
    small = made_small(RAW | {"stand_in": "digits"})
    assert small["dataset"] == {
        "kind": "digits",
        "imbalance": RAW["dataset"]["imbalance"],
        "name": "stand_in_digits_exp0.1",
    }
    assert small["experiment"] == "large_digits"
    assert small["backbone"] == {"architecture": "small", "image_size": 8}
    assert small["pretrain"]["method"] == "simclr"
    assert small["features"] == {"augmentation": "digits", "dtype": "float16", "shards": 1}
    assert small["strategies"] == ["random", {"strategy": "vaal", "image_size": 16, "width": 8}]
    by_name = made_small(RAW | {"stand_in": "digits", "strategies": ["vaal"]})
    assert by_name["strategies"] == small["strategies"][1:]
    assert small["head"] == RAW["head"]
    small_raw = made_small(RAW | {"stand_in": "digits", "scale": 0.1})
    assert small_raw["experiment"] == "large_digits_scale0.1"
    assert small_raw["dataset"]["name"] == "stand_in_digits_exp0.1_scale0.1"
    assert "fraction" not in small_raw["dataset"]
    assert (small_raw["budget"], small_raw["pretrain"]["epochs"]) == (25, 2)


def features_of(raw, **small):
    """Return where the features of an experiment made small lie, and the settings that they follow from."""
    experiment = load(raw | small, "test")
    digests = digests_of(experiment)
    file = (experiment.dataset_name, experiment.backbone_name)
    return file, (
        digests.relevant_settings("dataset", {}, {}),
        experiment.pretrain,
        digests.relevant_settings("extract", {}, {}),
    )


@pytest.mark.parametrize(
    "small", [{"scale": 0.1}, {"stand_in": "digits"}, {"stand_in": "digits", "scale": 0.1}]
)
def test_experiments_share_files_exactly_where_their_data_are_the_same(small):
    contents = {file.stem: yaml.safe_load(file.read_text()) for file in EXPERIMENTS}
    features = {name: features_of(raw, **small) for name, raw in contents.items()}
    # Features are made of the experiments that do not finetune alone.
    linear = {name: one for name, one in features.items() if contents[name]["head"]["solver"] != "finetune"}
    for (one, of_one), (other, of_other) in combinations(linear.items(), 2):
        same_file = of_one[0] == of_other[0]
        assert same_file == (of_one[1] == of_other[1]), (one, other)


@pytest.mark.parametrize("given", [0, -1, 1.5, "much", None, [], True])
def test_an_impossible_scale_is_named(given):
    with pytest.raises(InputError, match="scale: must be a number above 0 and at most 1"):
        made_small(RAW | {"scale": given})


@pytest.mark.parametrize("given", ["faces", 0, ["digits"], {}])
def test_an_unknown_stand_in_is_named(given):
    with pytest.raises(InputError, match="stand_in: must be digits"):
        made_small(RAW | {"stand_in": given})


def test_a_number_too_large_to_scale_is_left_to_the_checks():
    assert made_small(RAW | {"scale": 0.1, "budget": 10**400})["budget"] == 10**400


@pytest.mark.parametrize(
    "wrong",
    [
        {"dataset": {"kind": "digits", "imbalance": {"kind": ["exp"], "factor": 1}}},
        {"features": {"views": [2]}},
    ],
)
def test_a_wrong_value_makes_no_wrong_name(wrong):
    name = made_small(RAW | wrong | {"scale": 0.1, "stand_in": "digits"})["dataset"]["name"]
    assert re.fullmatch(NAME_PATTERN, name)


@pytest.mark.parametrize("broken", [{"dataset": 3}, {"strategies": 3}, {"head": None}, {"initial": []}])
def test_what_is_broken_is_left_to_the_checks(broken):
    made_small(RAW | broken | {"scale": 0.1, "stand_in": "digits"})


@pytest.mark.parametrize("file", EXPERIMENTS, ids=lambda file: file.stem)
@pytest.mark.parametrize("small", [{"scale": 0.01}, {"stand_in": "digits", "scale": 0.01}])
def test_every_ready_experiment_can_be_made_small(file, small):
    experiment = load(yaml.safe_load(file.read_text()) | small, file.name)
    assert experiment.experiment.endswith("_scale0.01")


def test_the_schedule_and_the_augmentation_of_a_strategy_are_made_small_too():
    vaal = {"strategy": "vaal", "augmentation": "crop", "schedule": "step", "step_size": 20}
    small = made_small(RAW | {"stand_in": "digits", "scale": 0.1, "strategies": [vaal]})
    changed = {"image_size": 16, "width": 8, "augmentation": "digits", "epochs": 6, "step_size": 2}
    assert small["strategies"] == [vaal | changed]


def test_strategies_within_strategies_are_made_small_too():
    entry = {"strategy": "schedule", "first": "vaal", "rounds": 2, "then": "random"}
    entries = [{"strategy": "refine", "of": ["random", "vaal"], "then": {"strategy": "margin"}}, "margn"]
    small = made_small(RAW | {"stand_in": "digits", "scale": 0.1, "strategies": [entry, *entries]})
    vaal = {"strategy": "vaal", "image_size": 16, "width": 8, "epochs": 6}
    assert small["strategies"][0] == entry | {"first": vaal}
    assert small["strategies"][1]["of"] == ["random", vaal]
    assert small["strategies"][1]["then"] == {"strategy": "margin"}
    assert small["strategies"][2] == "margn"
