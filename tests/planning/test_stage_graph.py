from functools import cache

import pytest
import yaml
from rules_read import Rules
from snakemake.iocontainers import Wildcards

from planning.configuration.loading import load
from planning.paths import Paths
from planning.stages.settings import ExperimentSettings

CONFIGURATION = {
    "experiment": "trial",
    "dataset": {"kind": "digits"},
    "backbone": {"architecture": "identity", "image_size": 8},
    "validation": {"fraction": 0.1},
    "initial": {"size": 30},
    "budget": 10,
    "rounds": 3,
}
FINETUNING = {
    "backbone": {"architecture": "small", "image_size": 8},
    "pretrain": {"epochs": 2, "warmup_epochs": 0},
    "head": {"solver": "finetune"},
}


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def rules(*strategies, **changes):
    return rules_of(yaml.safe_dump({**CONFIGURATION, **changes, "strategies": [*strategies]}))


@cache
def rules_of(configuration):
    """Return the rules with a configuration, given as text."""
    return Rules(yaml.safe_load(configuration))


def provenance(rule, strategy, **changes):
    """Return the provenance of a job of the second query, or of the training after it."""
    rules_read = rules(strategy, **changes)
    folder = strategy["strategy"]
    if rule == "select" and rules_read.paths.keeps_state(rules_read.paths.experiment.strategy(folder)):
        rule = "select_with_state"
    return rules_read.provenance(rule, strategy=folder, round="02")


@pytest.mark.parametrize(
    ("rule", "changed", "kept"),
    [
        ("prepare", {"leaves": 500}, {"margin_factor": 7}),
        ("select", {"margin_factor": 7}, {}),
    ],
)
def test_prepared_arrays_depend_only_on_their_own_options(rule, changed, kept):
    base = {"strategy": "cluster_margin"}
    assert provenance(rule, base | changed) != provenance(rule, base)
    assert provenance(rule, base | kept) == provenance(rule, base)


def test_prepared_arrays_depend_on_no_round():
    base = {"strategy": "cluster_margin"}
    for changes in ({"budget": 11}, {"initial": {"size": 31}}, {"head": {"solver": "sgd"}}):
        assert provenance("prepare", base, **changes) == provenance("prepare", base)
        assert provenance("select", base, **changes) != provenance("select", base)
    assert provenance("prepare", base, validation={"fraction": 0.2}) != provenance("prepare", base)


@pytest.mark.parametrize("rule", ["train_on_images", "score", "select", "train"])
def test_picks_depend_on_the_image_model(rule):
    base = {"strategy": "vaal"}
    assert provenance(rule, base | {"latent": 7}) != provenance(rule, base)
    assert {"train_on_images", "score"} <= provenance(rule, base).keys()


def test_an_image_model_depends_on_the_head_only_if_it_ends_with_it():
    ending = {"strategy": "vaal", "ends_with_head": True}
    schedule = {"strategy": "schedule", "first": ending, "rounds": 1, "then": "random"}
    rules_read = rules("vaal", ending | {"name": "ending"}, schedule, head={"solver": "sgd"})
    for name, depends in (("vaal", False), ("ending", True), ("schedule", True)):
        assert ("train" in rules_read.provenance("train_on_images", strategy=name, round="01")) == depends


def test_a_strategy_depends_on_the_head_only_if_it_reads_it():
    for name, depends in (("random", False), ("coreset", False), ("balancing", True), ("margin", True)):
        base, changes = {"strategy": name}, {"head": {"solver": "sgd"}}
        assert (provenance("select", base, **changes) != provenance("select", base)) == depends
        assert provenance("train", base, **changes) != provenance("train", base)


def test_a_strategy_depends_on_the_features_only_if_it_reads_them():
    for name, depends in (("random", False), ("coreset", True)):
        base, changes = {"strategy": name}, {"features": {"dtype": "float32"}}
        assert (provenance("select", base, **changes) != provenance("select", base)) == depends


def test_a_schedule_makes_in_each_round_what_the_strategy_of_the_round_reads():
    rules_read = rules({"strategy": "schedule", "first": "kmeans", "rounds": 1, "then": "margin"})
    first, then = (
        rules_read.provenance("select", strategy="schedule", round=number) for number in ("01", "02")
    )
    assert not {"score", "train"} & first.keys()
    assert {"score", "train"} <= then.keys()


def test_a_schedule_is_scored_as_the_strategy_of_the_round_reads_and_all_rounds_have_one_digest():
    entry = {"strategy": "schedule", "first": "coreset", "rounds": 1, "then": "base"}
    experiment = load({**CONFIGURATION, "strategies": [entry]}, "trial.yaml")
    settings = ExperimentSettings(experiment, Paths(experiment))
    first, then = (Wildcards(fromdict={"strategy": "schedule", "round": number}) for number in ("01", "02"))
    for name, value in (("head_scores", ["boundary"]), ("nearest_for_budget", 10)):
        assert settings.value(name, "score", first) is None
        assert settings.value(name, "score", then) == value
        assert {str(settings.relevant_value(name, "score", choice)) for choice in (first, then)} == {
            str(value)
        }


def test_what_prepares_for_a_wrapped_strategy_depends_on_its_options_for_that_alone():
    base = {"strategy": "power", "of": {"strategy": "cluster_margin"}}
    changed, kept = ({"of": base["of"] | option} for option in ({"leaves": 500}, {"margin_factor": 7}))
    assert provenance("prepare", base | changed) != provenance("prepare", base)
    assert provenance("prepare", base | kept | {"beta": 2.0}) == provenance("prepare", base)
    assert provenance("select", base | {"beta": 2.0}) != provenance("select", base)


def test_the_first_query_depends_on_no_picks():
    rules_read = rules("margin")
    for rule, number, has_picks in (("score", "02", True), ("score", "01", False), ("train", "01", True)):
        assert ("select" in rules_read.provenance(rule, strategy="margin", round=number)) == has_picks


def test_in_finetuning_nothing_depends_on_the_training_of_linear_heads():
    rules_read = rules("margin", "random", **FINETUNING)
    curves = {part.rule for part in rules_read.ancestry("curves")}
    assert {"finetune", "gather_round", "curves"} <= curves
    assert "train" not in rules_read.by_name


def test_two_rules_of_one_stage_count_both():
    """In finetuning `cluster_margin` prepares on the first features, and picks from those of each round."""
    wildcards = {"strategy": "cluster_margin", "round": "02"}
    first = rules("cluster_margin", **FINETUNING).provenance("select", **wildcards)
    assert {"extract", "extract_round", "gather", "gather_round"} <= first.keys()
    # Views are of the first features alone.
    second = rules("cluster_margin", **FINETUNING, features={"views": 1}).provenance("select", **wildcards)
    assert {name for name in first if first[name] != second[name]} == {"extract"}


def test_all_labels_of_the_pool_count_in_figures_beside_the_rounds():
    plain, with_ceiling = (
        rules("random", ceiling=ceiling).provenance("figure_learning_curves") for ceiling in (False, True)
    )
    assert with_ceiling.keys() - plain.keys() == {"full_pool", "ceiling"}
    assert {name: with_ceiling[name] for name in plain} == plain


@pytest.mark.parametrize("name", ["train", "curves", "dataset"])
def test_a_strategy_may_be_called_as_a_rule_is(name):
    named = [{"strategy": "random", "name": name}, "margin"]
    digest = rules(*named).provenance("curves")
    assert {"dataset", "train", f"strategy {name}", "strategy margin"} <= digest.keys()
    assert list(digest)[-1] == "curves"
    other_digest = rules(*named, budget=11).provenance("curves")
    changed = {key for key in digest if digest[key] != other_digest[key]}
    assert changed == {f"strategy {name}", "strategy margin"}


def test_files_are_the_lasting_files_of_all_jobs():
    files = rules("random", **FINETUNING).files()
    assert {"results/trial/overlap.csv", "results/trial/tables/final.tex"} <= {*files}
    assert not [path for path in files if "/shards/" in path or path.endswith("round00/features.h5")]
    assert len(files) == len({*files})
