"""What an experiment takes is what Snakemake plans and what its files are."""

import pytest
import torch
import yaml
from rules_read import Rules

from activepool.adversarial.networks import Networks
from activepool.adversarial.settings import AdversarialSettings
from activepool.backbones.registry import build
from activepool.strategies.registry import find_strategy
from planning.configuration.loading import load
from planning.paper.estimates import NETWORKS, adversary_weights, estimate
from planning.paper.experiments import experiment_file

SMALL = {"stand_in": "digits", "scale": 0.01, "rounds": 3, "seeds": 2}


def configuration(name, **changes):
    return yaml.safe_load(experiment_file(name).read_text()) | changes


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("imagenet_linear", {"pool_shards": 2, "ceiling": False}),
        ("cifar10_finetuning", {"initial": {"size": 1000, "by_strategy": {"margin": "kmeans"}}}),
    ],
)
def test_jobs_are_those_that_snakemake_plans(tmp_path, monkeypatch, name, changes):
    monkeypatch.chdir(tmp_path)
    raw = configuration(name, **SMALL, **changes)
    assert estimate(load(raw, name)).jobs == len(list(Rules(raw, target="figures").dag.jobs))


def test_sizes_follow_from_images_rounds_and_networks():
    linear = estimate(load(configuration("imagenet_linear"), "test"))
    assert linear.images == 5 * 1_281_167 + 50_000
    assert linear.disk["features"] == linear.passing_disk == linear.images * 2048 * 2
    runs = 3 * (2 + 9 * 7 + 1)  # two kinds of start, the queries, the ceiling
    assert linear.disk["heads"] == runs * 1000 * 2049 * 4
    assert linear.disk["scores"] == 3 * 5 * 7 * 16 * round(0.99 * 1_281_167)
    assert linear.trained_images == linear.disk["networks"] == linear.disk["images"] == 0

    finetuning = estimate(load(configuration("imagenet_finetuning", ceiling=False, seeds=1), "test"))
    assert finetuning.disk["features"] == 0
    assert finetuning.disk["networks"] == (2 + 9 * 7) * 4 * NETWORKS["resnet50"].weights
    labels = 2 * 30_000 + 9 * sum(range(40_000, 110_000, 10_000))
    assert finetuning.trained_images == 60 * labels
    frozen = estimate(load(configuration("imagenet_linear_crops"), "test"))
    assert frozen.disk["networks"] == 0 and frozen.images == 1_331_167 and frozen.trained_images > 0
    imbalanced = estimate(load(configuration("cifar10_imbalanced_finetuning"), "test"))
    assert imbalanced.disk["images"] == 3072 * (20_431 + 10_000)


@pytest.mark.parametrize("name", NETWORKS)
def test_networks_have_their_width_and_number_of_weights(name):
    if name.startswith("esvit"):
        pytest.importorskip("timm")
    with torch.device("meta"):
        backbone = build(name, {"small": 32, "resnet18": 32}.get(name, 224), 3)
    weights = sum(values.numel() for values in backbone.network.state_dict().values())
    assert NETWORKS[name].width == backbone.width
    assert NETWORKS[name].weights == pytest.approx(weights, rel=0.01)


@pytest.mark.parametrize("sizes", [(64, 128, 64), (32, 128, 32), (16, 8, 32)])
def test_networks_of_vaal_have_that_many_weights(sizes):
    settings = dict(zip(("image_size", "width", "latent"), sizes, strict=True))
    options = {name: option.default for name, option in find_strategy("vaal").options.items()} | settings
    with torch.device("meta"):
        networks = Networks.untrained(AdversarialSettings(**options), channels=3, device="meta")
    weights = sum(values.numel() for values in networks.state_dict().values())
    assert adversary_weights(*sizes) == pytest.approx(weights, rel=0.02)
