import pytest

from planning.chain import Chain
from planning.configuration import Experiment

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
