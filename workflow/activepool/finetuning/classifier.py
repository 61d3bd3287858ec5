"""A backbone with a linear head on top, and its features of labelled images."""

import torch
from torch import Tensor, nn

from activepool.backbones.backbone import Backbone
from activepool.data.round_samples import Labelled
from activepool.features.encoding import encode
from activepool.features.images import PartImages
from activepool.heads.labelled import LabelledRows
from activepool.heads.linear import LinearHead
from activepool.heads.sgd import INITIAL_DEVIATION


class Classifier(nn.Module):
    """A backbone and a linear layer on top, which starts with small normal weights and a bias of 0."""

    def __init__(self, backbone: Backbone, num_classes: int, generator: torch.Generator) -> None:
        super().__init__()
        self.backbone = backbone
        self.layer = nn.Linear(backbone.width, num_classes)
        with torch.no_grad():
            self.layer.weight.normal_(0, INITIAL_DEVIATION, generator=generator)
            self.layer.bias.zero_()

    def forward(self, images: Tensor) -> Tensor:
        """Return the logits (B, C) of images (B, channels, S, S) in 0..1."""
        logits: Tensor = self.layer(self.backbone(images))
        return logits

    def head(self) -> LinearHead:
        """Return the layer as a head for the backbone's features."""
        weight, bias = (values.detach().cpu().numpy().copy() for values in self.layer.parameters())
        return LinearHead(weight, bias)


def features_of(
    backbone: Backbone, images: PartImages, labelled: Labelled, device: str, workers: int
) -> LabelledRows:
    """Return the features of labelled images' central views, (n, d) float32, with their labels.

    Memory: n × d × 4 bytes. Leaves the backbone in evaluation mode.
    """
    features = encode(backbone, images, labelled.rows, device, workers)
    return LabelledRows.from_arrays(features.cpu().numpy(), labelled.labels)
