"""The networks of activepool; each function returns one with random weights."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from activepool.backbones.backbone import Backbone, Preprocessing
from activepool.backbones.normalisations import normalisation

#: Up to this side of the image, in pixels, a ResNet begins like SimCLR's for CIFAR-10 (Chen et al. 2020,
#: appendix B.9).
MAX_SMALL_SIDE = 64


def resnet18(image_size: int, channels: int) -> Backbone:
    """ResNet-18 (He et al. 2016) without its last layer, width 512."""
    return _resnet("resnet18", image_size, channels)


def resnet50(image_size: int, channels: int) -> Backbone:
    """ResNet-50 (He et al. 2016) without its last layer, width 2048."""
    return _resnet("resnet50", image_size, channels)


def small(image_size: int, channels: int) -> Backbone:
    """Four convolutions, width 256: for images of 8 to 32 pixels, trained on a CPU in seconds to minutes."""
    preprocessing = Preprocessing(image_size, channels, image_size, (0.5,) * channels, (0.5,) * channels)
    return Backbone(SmallNetwork(channels), SmallNetwork.width, preprocessing)


def identity(image_size: int, channels: int) -> Backbone:
    """The pixels in 0..1 themselves, in the order channel, row, column; without weights."""
    preprocessing = Preprocessing(image_size, channels, image_size, (0.0,) * channels, (1.0,) * channels)
    return Backbone(nn.Flatten(), channels * image_size**2, preprocessing)


def resize_before_crop(image_size: int) -> int:
    """Return the shorter side before a ResNet's central crop: 256 for 224 pixels; small images stay whole."""
    return image_size if image_size <= MAX_SMALL_SIDE else round(image_size * 256 / 224)


class SmallNetwork(nn.Module):
    """3 x 3 convolutions with batch normalisation, then the mean of each quadrant of the image.

    Each block halves the image as long as its side is above 4. Quadrants keep a rough sense of place, which
    signs need and a mean over the whole image loses.
    """

    widths = (32, 64, 64, 64)
    width = 4 * widths[-1]

    def __init__(self, channels: int) -> None:
        super().__init__()
        inputs = (channels, *self.widths[:-1])
        self.blocks = nn.ModuleList(_block(*ends) for ends in zip(inputs, self.widths, strict=True))

    def forward(self, images: Tensor) -> Tensor:
        """Return features (B, 256) of normalised images (B, C, S, S)."""
        for block in self.blocks:
            images = block(images)
            if images.shape[-1] > 4:
                images = functional.max_pool2d(images, 2)
        halves = images.tensor_split(2, dim=2)
        quadrants = [quadrant for half in halves for quadrant in half.tensor_split(2, dim=3)]
        return torch.cat([quadrant.mean(dim=(2, 3)) for quadrant in quadrants], dim=1)


def _block(inputs: int, outputs: int) -> nn.Sequential:
    convolution = nn.Conv2d(inputs, outputs, kernel_size=3, padding=1, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(outputs), nn.ReLU())


def _resnet(name: str, image_size: int, channels: int) -> Backbone:
    """Return a ResNet of torchvision without its last layer, its first adapted to the images."""
    from torchvision.models import get_model

    network = get_model(name, weights=None)
    last_layer = network.fc
    assert isinstance(last_layer, nn.Linear)
    network.fc = nn.Identity()
    is_small = image_size <= MAX_SMALL_SIDE
    if is_small:
        network.conv1 = nn.Conv2d(channels, 64, kernel_size=3, padding=1, bias=False)
        network.maxpool = nn.Identity()
    elif channels != 3:
        network.conv1 = nn.Conv2d(channels, 64, kernel_size=7, stride=2, padding=3, bias=False)
    mean, std = normalisation("imagenet", channels)
    preprocessing = Preprocessing(image_size, channels, resize_before_crop(image_size), mean, std)
    return Backbone(network, last_layer.in_features, preprocessing)
