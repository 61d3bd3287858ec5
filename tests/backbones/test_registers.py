"""Weights of DINOv2's networks with registers, for timm's networks."""

import pytest
import torch
from torch import nn

from activepool.backbones.backbone import Backbone, Preprocessing
from activepool.backbones.checkpoint import load_content
from activepool.backbones.checkpoint_formats import FORMATS
from activepool.errors import InputError

WIDTH, PLACES = 3, 16


def transformer(*tokens, places=PLACES):
    """A network with some tokens, and a table of positions."""
    network = nn.Module()
    for name in tokens:
        network.register_parameter(
            name, nn.Parameter(torch.randn(1, 4 if name.startswith("reg") else 1, WIDTH))
        )
    network.register_parameter("pos_embed", nn.Parameter(torch.randn(1, places, WIDTH)))
    return Backbone(network, WIDTH, Preprocessing(8, 3, 8, (0.0,) * 3, (1.0,) * 3))


def content(prefix=""):
    """Weights as the authors name them, with a position of the class token."""
    weights = transformer(
        "cls_token", "register_tokens", "mask_token", places=PLACES + 1
    ).network.state_dict()
    return weights, {prefix + key: values for key, values in weights.items()}


@pytest.mark.parametrize("prefix", ["", "module.", "_orig_mod."])
def test_the_position_of_the_class_token_is_added_to_it(prefix):
    weights, file = content(prefix)
    backbone = transformer("cls_token", "reg_token")
    load_content(backbone, file, "w.pth", FORMATS["dinov2"])
    loaded = backbone.network.state_dict()
    assert torch.equal(loaded["reg_token"], weights["register_tokens"])
    assert torch.equal(loaded["cls_token"], weights["cls_token"] + weights["pos_embed"][:, :1])
    assert torch.equal(loaded["pos_embed"], weights["pos_embed"][:, 1:])


def test_the_authors_own_network_loads_its_weights_as_they_are():
    weights, file = content()
    backbone = transformer("cls_token", "register_tokens", places=PLACES + 1)
    load_content(backbone, file, "w.pth", FORMATS["dinov2"])
    assert torch.equal(backbone.network.state_dict()["pos_embed"], weights["pos_embed"])


def test_weights_with_registers_do_not_fit_a_network_without():
    backbone = transformer("cls_token", places=PLACES + 1)
    words = (
        r"left over: register_tokens\); the weights are of a network with registers, which its features need"
    )
    with pytest.raises(InputError, match=words):
        load_content(backbone, content()[1], "w.pth", FORMATS["dinov2"])
