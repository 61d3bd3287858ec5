"""The section `backbone` of a configuration: names, formats, files, and what its stages are given."""

import re
import textwrap
from pathlib import Path

import pytest
import torch
import yaml
from rules_read import digests_of

from activepool.backbones.checkpoint_formats import FORMATS
from activepool.backbones.registry import BACKBONES, build
from activepool.backbones.settings import BackboneSettings, parse_settings
from activepool.errors import InputError
from planning.checks.experiment import check
from planning.configuration.loading import load

VALID = """
experiment: trial
dataset: {kind: digits}
validation: {fraction: 0.1}
initial: {kind: random, size: 20}
budget: 20
rounds: 4
strategies: [random]
"""


def experiment(backbone, **sections):
    return load({**yaml.safe_load(VALID), "backbone": backbone, **sections}, "trial.yaml")


def problems(backbone, **sections):
    with pytest.raises(InputError) as caught:
        check(experiment(backbone, **sections), "trial.yaml")
    return str(caught.value).splitlines()


@pytest.fixture
def checkpoint(tmp_path):
    torch.save({"weight": torch.zeros(2)}, tmp_path / "weights.pth")
    return str(tmp_path / "weights.pth")


@pytest.fixture
def users_file(tmp_path):
    (tmp_path / "mine.py").write_text("def backbone(image_size, channels): ...\n")
    return str(tmp_path / "mine.py")


@pytest.mark.parametrize(
    ("backbone", "line"),
    [
        (
            {"architecture": "resnet51"},
            "backbone.architecture: 'resnet51' is not known (did you mean 'resnet",
        ),
        (
            {"architecture": "timm:"},
            "backbone.architecture: 'timm:' is not known; it must be one of identity",
        ),
        ({"format": "moco"}, "backbone.format: input should be 'plain', 'torchvision', "),
        ({"keys": {"prefx": "a"}}, "backbone.keys.prefx: unknown key; did you mean 'prefix'?"),
        ({"keys": {"prefix": []}}, "backbone.keys.prefix: list should have at least 1 item"),
        ({"keys": {"renamed": ["a"]}}, "backbone.keys.renamed: input should be a valid dictionary"),
        ({"image_size": 0}, "backbone.image_size: input should be greater than or equal to 1"),
    ],
)
def test_each_mistake_has_its_line(backbone, line):
    with pytest.raises(InputError) as caught:
        experiment(backbone)
    assert str(caught.value).startswith(f"trial.yaml: {line}")
    assert "\n" not in str(caught.value)


PRETRAIN = {"method": "simclr", "epochs": 20}


def test_formats_need_one_checkpoint(checkpoint):
    keys = {"prefix": "encoder."}
    (line,) = problems({"architecture": "small", "format": "dino"}, pretrain=PRETRAIN)
    assert line.startswith("trial.yaml: backbone.format: says how a checkpoint names its weights, and there")
    line = "trial.yaml: backbone: format and keys both say how the checkpoint names its weights; give one"
    assert problems({"checkpoint": checkpoint, "format": "dino", "keys": keys}) == [line]
    check(experiment({"checkpoint": checkpoint, "keys": keys}), "trial.yaml")


@pytest.mark.parametrize("architecture", ["small", "torchvision:resnet18", "timm:resnet18"])
@pytest.mark.usefixtures("timm_source")
def test_weights_have_one_source(checkpoint, architecture):
    ending = "; neither is given, give one"
    assert [line.endswith(ending) for line in problems({"architecture": architecture})] == [True]
    lines = problems({"architecture": architecture, "checkpoint": checkpoint}, pretrain=PRETRAIN)
    assert [line.endswith("; both are given, give one") for line in lines] == [True]
    check(experiment({"architecture": architecture, "checkpoint": checkpoint}), "trial.yaml")
    check(experiment({"architecture": architecture}, pretrain=PRETRAIN), "trial.yaml")


def test_users_function_may_bring_its_weights(users_file):
    check(experiment({"architecture": f"{users_file}:backbone"}), "trial.yaml")
    line = "trial.yaml: backbone.architecture: the file no/such.py does not exist; "
    assert problems({"architecture": "no/such.py:backbone"})[0].startswith(line)


def test_the_checkpoint_is_checked(tmp_path):
    path = tmp_path / "cut.pth"
    torch.save({"weight": torch.zeros(2)}, path)
    path.write_bytes(path.read_bytes()[:-1])
    line = f"trial.yaml: backbone.checkpoint: the file {path} is damaged: its end is missing"
    assert problems({"checkpoint": str(path)}) == [line]
    line = f"trial.yaml: backbone.checkpoint: the file {tmp_path} is a folder; name the file of weights in it"
    assert problems({"checkpoint": str(tmp_path)}) == [line]


@pytest.mark.parametrize(
    ("backbone", "folder"),
    [
        ({}, "resnet50"),
        ({"architecture": "torchvision:vit_b_16"}, "torchvision_vit_b_16"),
        ({"architecture": "timm:vit_small_patch14_dinov2.lvd142m"}, "timm_vit_small_patch14_dinov2.lvd142m"),
        ({"architecture": "path/to/mine.py:encoder"}, "mine_encoder"),
        ({"architecture": "some.module:encoder"}, "some.module_encoder"),
        ({"architecture": "torchvision:vit_b_16", "name": "vit"}, "vit"),
    ],
)
def test_folder_of_a_backbone_is_one_name(backbone, folder):
    assert experiment(backbone).backbone_name == folder


@pytest.mark.parametrize(
    ("backbone", "given"),
    [
        ({}, {"name": "resnet50"}),
        (
            {"image_size": 32, "format": "moco_v2", "normalisation": "cifar10"},
            {"name": "resnet50", "image_size": 32, "format": "moco_v2", "normalisation": "cifar10"},
        ),
        (
            {"architecture": "timm:x", "keys": {"prefix": "a.", "skipped": ["b."]}},
            {
                "name": "timm:x",
                "keys": {
                    "inside": ("state_dict", "model"),
                    "prefix": ("a.",),
                    "skipped": ("b.",),
                    "renamed": {},
                },
            },
        ),
    ],
)
def test_stages_get_the_given_settings(backbone, given):
    settings = digests_of(experiment(backbone)).relevant_settings("extract", {}, {})["backbone"]
    assert settings == given
    read = parse_settings(BackboneSettings, settings, "backbone")
    assert read.model_dump(exclude_unset=True) == given


PAGE = (Path(__file__).parents[2] / "docs" / "backbones.md").read_text()
BLOCKS = re.findall(r"(?m)^    \S.*\n(?:(?:    .*)?\n)*", PAGE)


@pytest.mark.parametrize("block", [block for block in BLOCKS if block.startswith("    backbone:")])
def test_examples_of_the_page_are_valid(block):
    section = yaml.safe_load(block)["backbone"]
    read = experiment(section).backbone
    assert read.model_fields_set >= set(section)


def test_page_has_all_formats_and_architectures():
    rows = re.findall(r"(?m)^\| `(\w+)`", PAGE)
    assert set(FORMATS) <= set(rows)
    assert {name for name in BACKBONES if f"`{name}`" not in PAGE} == set()


def test_function_of_the_page_makes_a_backbone(tmp_path):
    (code,) = (block for block in BLOCKS if block.startswith("    # mine.py"))
    (tmp_path / "mine.py").write_text(textwrap.dedent(code))
    assert build(f"{tmp_path}/mine.py:unnormalised", 64, 3).preprocessing.resize == 73


def test_a_training_from_scratch_needs_no_weights_and_has_no_features_at_first():
    head = {"solver": "finetune", "from_scratch": True, "freeze_batch_norm": False}
    sections = {"head": head, "pretrain": None}
    check(experiment({"architecture": "small"}, **sections), "trial.yaml")
    none = "with head.from_scratch, there are no features before round 0"
    for changes, problem in (
        (
            {"head": {**head, "freeze_backbone": True}},
            "head.from_scratch: random weights must not be frozen",
        ),
        (
            {"head": {**head, "freeze_batch_norm": True}},
            "head.from_scratch: there are no batch-norm statistics",
        ),
        (
            {"pretrain": {"epochs": 20}},
            "head.from_scratch: starts from random weights; leave out pretrain and",
        ),
        ({"initial": {"kind": "kmeans", "size": 9}}, f"initial.kind: must be random or balanced; {none}"),
        (
            {"initial": {"size": 9, "by_strategy": {"random": "kmeans"}}},
            f"initial.by_strategy.random: must be random or balanced; {none}",
        ),
        ({"strategies": ["cluster_margin"]}, f"strategies: cluster_margin prepares from features; {none}"),
    ):
        (line,) = problems({"architecture": "small"}, **sections | changes)
        assert line.startswith(f"trial.yaml: {problem}")


@pytest.mark.parametrize(
    ("sections", "keys"),
    [
        ({"initial": {"size": 1}}, ["initial.size"]),
        ({"head": {"batch_size": 1}}, ["head.batch_size"]),
        ({"initial": {"size": 1}, "head": {"batch_size": 1}}, ["initial.size", "head.batch_size"]),
    ],
)
def test_batch_normalisation_needs_two_images(sections, keys):
    head = {"solver": "finetune", "freeze_batch_norm": False, **sections.get("head", {})}
    settings = {"pretrain": {"epochs": 20}, **sections, "head": head}
    expected = ": must be 2 or more to train batch normalisation, or head.freeze_batch_norm true"
    assert problems({"architecture": "small"}, **settings) == [f"trial.yaml: {key}{expected}" for key in keys]
    settings["head"] = {**head, "freeze_batch_norm": True}
    check(experiment({"architecture": "small"}, **settings), "trial.yaml")
