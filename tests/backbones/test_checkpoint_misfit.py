"""Messages about a checkpoint that does not fit: following their remedy helps."""

import pytest
import torch
import yaml
from backbones.projects import encoder
from torch import nn
from torchvision import models

from activepool.backbones.checkpoint_fit import fit, state_dict_of
from activepool.backbones.checkpoint_formats import FORMATS, CheckpointFormat
from activepool.backbones.checkpoint_misfit import misfit_message
from activepool.backbones.registry import build


@pytest.fixture
def weights():
    return encoder().state_dict()


def prefixed(weights, prefix):
    return {prefix + key: value for key, value in weights.items()}


def advised(message):
    """Return the format that a message advises."""
    keys, prefix, _ = message.partition("; keys: ")[2].partition(" would match all of them")
    assert prefix, message
    return CheckpointFormat(**yaml.safe_load(keys))


OTHER_WEIGHTS = {"fc.weight": torch.zeros(3, 2), "fc.bias": torch.zeros(3)}

#: What frameworks write of a network W with a classifier C, and the advice for it.
FILES = {
    "lightning": (lambda w, c: {"state_dict": prefixed(w | c, "model."), "epoch": 3}, {"prefix": "model."}),
    "net": (lambda w, c: prefixed(w | c, "net.backbone."), {"prefix": "net.backbone."}),
    "compiled in lightning": (lambda w, c: prefixed(w | c, "model._orig_mod."), {"prefix": "model."}),
    "beside others": (
        lambda w, c: prefixed(w | c, "online.") | {"projector.weight": torch.zeros(2)},
        {"prefix": "online."},
    ),
    "averaged": (lambda w, c: {"ema": w | c, "step": 1}, {"inside": ("ema",)}),
    "deepspeed": (lambda w, c: {"module": prefixed(w | c, "module.")}, {"inside": ("module",)}),
    "nested": (
        lambda w, c: {"run": {"networks": {"student": prefixed(w | c, "_orig_mod.vision.")}}},
        {"inside": ("run", "networks", "student"), "prefix": "vision."},
    ),
    "vissl": (
        lambda w, c: {"classy_state_dict": {"base_model": {"model": {"trunk": w | c}}}},
        {"inside": ("classy_state_dict", "base_model", "model", "trunk")},
    ),
    "two words": (lambda w, c: {"two words": w | c}, {"inside": ("two words",)}),
}


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("form", ["plain", "torchvision", "moco_v2", "dino", "esvit"])
@pytest.mark.parametrize("classifier", [True, False])
def test_an_unknown_place_or_prefix_gets_a_helpful_message(weights, name, form, classifier):
    make, expected = FILES[name]
    content = make(weights, OTHER_WEIGHTS if classifier else {})
    message = misfit_message(content, weights, FORMATS[form])
    advice = advised(message)
    assert fit(state_dict_of(content, advice), weights, advice).is_complete
    options = advice.model_dump(include=set(expected))
    assert options == {key: (value,) if isinstance(value, str) else value for key, value in expected.items()}
    assert "\n" not in message


def test_the_message_shows_the_keys_as_one_would_write_them(weights):
    message = misfit_message(
        {"state_dict": prefixed(weights | OTHER_WEIGHTS, "model.")}, weights, FORMATS["torchvision"]
    )
    assert message.endswith("; keys: {prefix: model., skipped: fc.} would match all of them")


def test_no_useless_remedy_is_suggested(weights):
    other_weights = nn.Sequential(nn.Linear(3, 3)).state_dict()
    message = misfit_message(other_weights, weights, FORMATS["plain"])
    assert message.endswith(
        "the file has no other weights of the missing shapes: it belongs to another architecture"
    )
    assert "keys" not in message
    assert "keys" not in misfit_message({"epoch": 3}, weights, FORMATS["plain"])
    assert "keys" not in misfit_message([1, 2], weights, FORMATS["plain"])


def test_leftover_keys_may_be_ignored(weights):
    message = misfit_message(weights | {"layer9.weight": torch.zeros(2)}, weights, FORMATS["plain"])
    assert "left over: layer9.weight" in message
    assert message.endswith("backbone.keys.skipped ignores them")


@pytest.mark.parametrize("prefix", ["", "module."])
def test_leftover_blocks_of_a_deeper_network_are_not_to_be_ignored(prefix):
    shallow = {f"layer1.{number}.conv.weight": torch.zeros(2) for number in range(2)}
    deep = shallow | {f"layer1.{number}.conv.weight": torch.zeros(2) for number in range(2, 4)}
    neck = {"neck.0.weight": torch.zeros(2)}
    message = misfit_message(prefixed(deep | neck, prefix), shallow, FORMATS["plain"])
    assert message.endswith(
        f"; {prefix}layer1.2, {prefix}layer1.3 seem to be further blocks: "
        "the file belongs to a deeper architecture"
    )
    assert "skipped" not in message
    message = misfit_message(prefixed(shallow | neck, prefix), shallow, FORMATS["plain"])
    assert message.endswith("backbone.keys.skipped ignores them")


def test_the_weights_of_resnet34_do_not_serve_resnet18():
    deep = models.resnet34().state_dict()
    weights = build("torchvision:resnet18", None, 3).network.state_dict()
    message = misfit_message(deep, weights, FORMATS["torchvision"])
    assert "100 of the backbone's 100 weights match" in message
    assert "layer1.2, layer2.2, layer2.3" in message and "a deeper architecture" in message


def test_a_state_dict_that_fits_nothing_gets_the_key_that_says_where_to_look(weights):
    message = misfit_message({"net": {"other.weight": torch.zeros(2)}}, weights, FORMATS["plain"])
    assert message.endswith("(it holds: net); the key backbone.keys.inside says where it is")


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (
            lambda s, t: {"state_dict": prefixed(s, "student.backbone.") | prefixed(t, "teacher.backbone.")},
            "; keys: {prefix: student.backbone.} or {prefix: teacher.backbone.} would match all of them",
        ),
        (
            lambda s, t: {"online": s, "target": t},
            "; keys: {inside: online} or {inside: target} would match all of them",
        ),
    ],
)
def test_all_fitting_networks_are_named(weights, make, words):
    other_weights = {key: values + 1 for key, values in weights.items()}
    assert misfit_message(make(weights, other_weights), weights, FORMATS["dino"]).endswith(words)


@pytest.mark.parametrize(
    ("of_file", "of_backbone", "words"),
    [
        (224, 32, "the first layer for large images; use image_size above 64, or the architecture of tor"),
        (32, 224, "the first layer for small images; use image_size up to 64"),
    ],
)
def test_the_first_layer_of_a_resnet_for_other_images_is_named(of_file, of_backbone, words):
    content, weights = (build("resnet18", size, 3).network.state_dict() for size in (of_file, of_backbone))
    assert words in misfit_message(content, weights, FORMATS["plain"])


@pytest.mark.parametrize(
    ("of_file", "of_images", "size", "words"),
    [
        (
            3,
            1,
            32,
            "a function of your own as architecture can ask for channels=3, to which images are converted",
        ),
        (3, 1, 224, "the architecture of torchvision converts grey images"),
        (
            1,
            3,
            32,
            "a function of your own as architecture can ask for channels=1, to which images are converted",
        ),
    ],
)
def test_weights_for_grey_or_for_colour_images_are_named(of_file, of_images, size, words):
    content, weights = (build("resnet18", size, count).network.state_dict() for count in (of_file, of_images))
    message = misfit_message(content, weights, FORMATS["plain"])
    of = {3: "colour images (3 channels), but here they are grey (1)"}
    of[1] = "grey images (1 channel), but here they have colours (3)"
    assert message.endswith(f"; the weights are for {of[of_file]}; {words}")
