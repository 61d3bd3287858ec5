"""Folded batch normalisation: the same features to float32's rounding, or the network as it is."""

import pytest
import torch
from torch import nn
from torch.nn import functional

from activepool.backbones.backbone import Backbone, Preprocessing
from activepool.backbones.folding import fold
from activepool.backbones.registry import build


def trained(backbone):
    """Give the normalisations of a backbone statistics and weights as training leaves them."""
    random = torch.Generator().manual_seed(1)
    for module in backbone.modules():
        if isinstance(module, nn.BatchNorm2d):
            for values, low, high in (
                (module.weight, 0.5, 1.5),
                (module.bias, -0.3, 0.3),
                (module.running_mean, -0.3, 0.3),
                (module.running_var, 0.5, 1.5),
            ):
                values.data.uniform_(low, high, generator=random)
    return backbone.eval()


def features(backbone, images):
    with torch.inference_mode():
        return backbone(images)


@pytest.mark.parametrize(
    ("name", "size", "count"),
    [
        ("small", 16, 4),
        ("resnet18", 32, 20),
        ("resnet18", 96, 20),
        ("torchvision:mobilenet_v3_small", 64, 34),
        ("torchvision:vgg11_bn", 64, 8),
    ],
)
def test_features_are_those_of_the_network_as_it_is(name, size, count):
    torch.manual_seed(0)
    backbone = trained(build(name, size, 3))
    weights = {key: values.clone() for key, values in backbone.state_dict().items()}
    changed, notice = fold(backbone)
    assert notice == count
    images = torch.rand(3, 3, size, size)
    expected, result = features(backbone, images), features(changed, images)
    assert not torch.equal(result, expected)
    assert (result - expected).norm() <= 2e-6 * expected.norm()
    assert all(torch.equal(values, weights[key]) for key, values in backbone.state_dict().items())


@pytest.mark.parametrize("name", ["identity", "torchvision:vit_b_16"])
def test_a_network_without_batch_normalisation_is_left_alone(name):
    backbone = build(name, 32, 3).eval()
    assert fold(backbone) == (backbone, 0)


class Own(nn.Module):
    """A user's network; ``kind`` is what keeps its normalisation apart from its convolution."""

    def __init__(self, kind):
        super().__init__()
        self.kind = kind
        self.convolution, self.norm, self.other = nn.Conv2d(3, 5, 3), nn.BatchNorm2d(5), nn.BatchNorm2d(5)

    def forward(self, images):
        values = self.convolution(images)
        match self.kind:
            case "used elsewhere":
                values = self.norm(values) + values
            case "two normalisations":
                values = self.norm(values) + self.other(values)
            case "something between":
                values = self.norm(functional.relu(values))
            case "called twice":
                values = self.norm(values)[..., 2:, 2:] + self.convolution(images[:, :, :-2, :-2])
            case "reads the weights":
                values = functional.relu(self.norm(values) * self.norm.weight.sum())
        return values.mean(dim=(2, 3))


@pytest.mark.parametrize(
    "kind",
    ["used elsewhere", "two normalisations", "something between", "called twice", "reads the weights"],
)
def test_a_network_that_cannot_be_folded_is_left_alone(kind):
    torch.manual_seed(0)
    preprocessing = Preprocessing(12, 3, 12, (0.5,) * 3, (0.5,) * 3)
    backbone = trained(Backbone(Own(kind), 5, preprocessing))
    assert fold(backbone) == (backbone, 0)


class Padded(nn.Conv2d):
    """A convolution that pads by itself, as those of EfficientNet-Lite do."""

    def forward(self, images):
        return super().forward(functional.pad(images, (0, 1, 0, 1)))


class Standardised(nn.Conv2d):
    """A convolution by standardised weights: a factor of its weights changes nothing."""

    def forward(self, images):
        weights = (self.weight - self.weight.mean(dim=(1, 2, 3), keepdim=True)) / self.weight.std()
        return functional.conv2d(images, weights, self.bias)


@pytest.mark.parametrize(("kind", "count"), [(Padded, 1), (Standardised, 0)])
def test_a_custom_convolution_is_folded_if_the_features_stay(kind, count):
    torch.manual_seed(0)
    network = nn.Sequential(kind(3, 5, 3), nn.BatchNorm2d(5), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    backbone = trained(Backbone(network, 5, Preprocessing(12, 3, 12, (0.5,) * 3, (0.5,) * 3)))
    changed, notice = fold(backbone)
    images = torch.rand(2, 3, 12, 12)
    assert notice == count
    assert torch.allclose(features(changed, images), features(backbone, images), rtol=1e-5, atol=1e-6)


def test_a_custom_network_with_an_untraceable_branch_is_folded():
    class Branching(Own):
        def forward(self, images):
            values = self.norm(self.convolution(images))
            return (values if float(values.mean()) < 100 else -values).mean(dim=(2, 3))

    backbone = trained(Backbone(Branching(""), 5, Preprocessing(12, 3, 12, (0.5,) * 3, (0.5,) * 3)))
    changed, count = fold(backbone)
    images = torch.rand(2, 3, 12, 12)
    assert count == 1
    assert torch.allclose(features(changed, images), features(backbone, images), rtol=1e-5, atol=1e-6)
