import pytest

import planning.chain
from planning.chain import Chain
from planning.configuration import Experiment
from planning.digests import stage_file

CONFIGURATION = {
    "experiment": "trial",
    "dataset": {"kind": "digits"},
    "backbone": {"architecture": "identity", "image_size": 8},
    "initial": {"size": 30},
    "budget": 10,
    "rounds": 3,
}


def provenance(stage, strategy, **changes):
    experiment = Experiment.model_validate({**CONFIGURATION, **changes, "strategies": [strategy]})
    return Chain(experiment).provenance(stage, strategy["strategy"])


@pytest.mark.parametrize(
    ("stage", "changed", "kept"),
    [
        ("prepare", {"leaves": 500}, {"margin_factor": 7}),
        ("select", {"margin_factor": 7}, {}),
    ],
)
def test_what_is_prepared_depends_on_its_own_options_alone(stage, changed, kept):
    base = {"strategy": "cluster_margin"}
    assert provenance(stage, base | changed) != provenance(stage, base)
    assert provenance(stage, base | kept) == provenance(stage, base)


def test_what_is_prepared_once_depends_on_no_round():
    base = {"strategy": "cluster_margin"}
    for changes in ({"budget": 11}, {"initial": {"size": 31}}, {"head": {"solver": "lbfgs"}}):
        assert provenance("prepare", base, **changes) == provenance("prepare", base)
        assert provenance("select", base, **changes) != provenance("select", base)
    assert provenance("prepare", base, validation={"fraction": 0.2}) != provenance("prepare", base)


@pytest.mark.parametrize("stage", ["train_on_images", "score_images", "select", "train"])
def test_an_image_model_is_part_of_all_that_follows_from_it(stage):
    base = {"strategy": "vaal"}
    assert provenance(stage, base | {"latent": 7}) != provenance(stage, base)
    assert {"train_on_images", "score_images"} <= provenance(stage, base).keys()


def test_a_strategy_depends_on_the_head_only_if_it_looks_at_it():
    for name, depends in (("random", False), ("coreset", False), ("balancing", True), ("margin", True)):
        base, changes = {"strategy": name}, {"head": {"solver": "lbfgs"}}
        assert (provenance("select", base, **changes) != provenance("select", base)) == depends
        assert provenance("train", base, **changes) != provenance("train", base)


def test_a_strategy_depends_on_the_features_only_if_it_looks_at_them():
    for name, depends in (("random", False), ("coreset", True)):
        base, changes = {"strategy": name}, {"features": {"dtype": "float32"}}
        assert (provenance("select", base, **changes) != provenance("select", base)) == depends


def test_the_first_query_depends_on_no_picks():
    experiment = Experiment.model_validate({**CONFIGURATION, "strategies": ["margin"]})
    chain = Chain(experiment)
    assert "select" in chain.ancestry("score", "margin")
    assert "select" not in chain.ancestry("score", "margin", first_query=True)
    assert "select" in chain.ancestry("train", "margin", first_query=True)


def test_in_finetuning_nothing_depends_on_the_training_of_linear_heads(monkeypatch):
    asked = []
    monkeypatch.setattr(planning.chain, "stage_file", lambda stage: asked.append(stage) or stage_file(stage))
    raw = {**CONFIGURATION, "head": {"solver": "finetune"}, "strategies": ["margin", "random"]}
    Chain(Experiment.model_validate(raw)).provenance_of_all("curves")
    assert {"finetune", "gather_round", "curves"} <= set(asked)
    assert "train" not in asked
