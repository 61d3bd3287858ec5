"""Linear layers as convolutions: the same features to float32's rounding, of any network."""

import copy

import pytest
import torch
from torch import nn

from activepool.backbones.backbone import Backbone, Preprocessing
from activepool.backbones.execution import reproducible
from activepool.backbones.linear_layers import MIN_BATCH, convolve
from activepool.backbones.registry import build


def features(backbone, images):
    with reproducible(1), torch.inference_mode():
        return backbone(images)


def convolved(backbone):
    changed = copy.deepcopy(backbone)
    convolve(changed)
    return changed


def of(network, side=4):
    return Backbone(network, 5, Preprocessing(side, 3, side, (0.5,) * 3, (0.5,) * 3)).eval()


class Tokens(nn.Module):
    """A small network of tokens, with a branch that depends on the images."""

    def __init__(self):
        super().__init__()
        self.first, self.second, self.last = nn.Linear(3, 24), nn.Linear(24, 24, bias=False), nn.Linear(24, 5)

    def forward(self, images):
        tokens = self.first(images.movedim(1, -1)).relu()  # (B, H, W, 24)
        if float(tokens.mean()) > 0:
            tokens = self.second(tokens.flatten(1, 2))
        return self.last(tokens.view(len(images), -1, 24).mean(dim=1))


@pytest.mark.parametrize("count", [1, MIN_BATCH - 1, MIN_BATCH, 2 * MIN_BATCH + 1])
def test_features_are_those_of_the_network_as_it_is(count):
    torch.manual_seed(0)
    backbone, images = of(Tokens()), torch.rand(count, 3, 4, 4)
    changed = convolved(backbone)
    expected, result = features(backbone, images), features(changed, images)
    assert result.is_contiguous()
    assert (result - expected).norm() <= 1e-6 * expected.norm()
    assert torch.equal(features(changed, images), result)
    assert changed.state_dict().keys() == backbone.state_dict().keys()


def test_only_large_batches_go_through_convolutions(monkeypatch):
    called = []
    convolution = nn.functional.conv2d
    monkeypatch.setattr(
        nn.functional, "conv2d", lambda *arguments: called.append(1) or convolution(*arguments)
    )
    backbone = of(Tokens())
    changed = convolved(backbone)
    for network, count, expected in ((changed, 15, 0), (backbone, 16, 0), (changed, 16, 2)):
        called.clear()
        features(network, torch.rand(count, 3, 4, 4))
        assert len(called) == expected


def test_a_transformer_of_torchvision_has_the_same_features():
    torch.manual_seed(0)
    backbone, images = build("torchvision:vit_b_16", 32, 3).eval(), torch.rand(16, 3, 32, 32)
    expected, result = features(backbone, images), features(convolved(backbone), images)
    assert (result - expected).norm() <= 2e-6 * expected.norm()


def test_a_custom_layer_is_left_alone():
    class Doubled(nn.Linear):
        def forward(self, inputs):
            return 2 * super().forward(inputs)

    network = nn.Sequential(nn.Flatten(2), Doubled(16, 5), nn.Flatten(1))
    assert type(convolved(of(network)).network[1]) is Doubled
