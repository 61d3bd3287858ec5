"""A ResNet-10 of half the width for images of 32 pixels, which two CPU cores pretrain in about an hour."""

from itertools import pairwise

from torch import Tensor, nn
from torchvision.models.resnet import BasicBlock

from activepool.backbones.backbone import Backbone, Preprocessing
from activepool.backbones.normalisations import normalisation

#: Channels of the first layer and of the four residual blocks.
CHANNELS = (32, 32, 64, 128, 256)


class NarrowResNet(nn.Module):
    """A first layer as SimCLR has it for CIFAR-10 (Chen et al. 2020, appendix B.9), then a block a stage."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        first = nn.Conv2d(channels, CHANNELS[0], kernel_size=3, padding=1, bias=False)
        blocks = (_residual_block(*ends) for ends in pairwise(CHANNELS))
        self.layers = nn.Sequential(first, nn.BatchNorm2d(CHANNELS[0]), nn.ReLU(), *blocks)

    def forward(self, images: Tensor) -> Tensor:
        """Return the means of the last feature maps, (B, 256), of images (B, C, H, W)."""
        features: Tensor = self.layers(images)
        return features.mean(dim=(2, 3))


def narrow_resnet(image_size: int, channels: int) -> Backbone:
    """Return the backbone with random weights."""
    mean, std = normalisation("imagenet", channels)
    preprocessing = Preprocessing(image_size, channels, image_size, mean, std)
    return Backbone(NarrowResNet(channels), CHANNELS[-1], preprocessing)


def _residual_block(inputs: int, outputs: int) -> BasicBlock:
    """Return a block that halves the image if it doubles the channels."""
    if inputs == outputs:
        return BasicBlock(inputs, outputs)
    shortcut = nn.Conv2d(inputs, outputs, kernel_size=1, stride=2, bias=False)
    return BasicBlock(inputs, outputs, 2, nn.Sequential(shortcut, nn.BatchNorm2d(outputs)))
