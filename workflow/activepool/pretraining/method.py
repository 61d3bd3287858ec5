"""What the methods of pretraining share: an encoder with a projection head, and a loss of two views."""

from collections.abc import Callable

import torch
from torch import Generator, Tensor, nn

from activepool.backbones.backbone import Backbone

#: Views of an image that are compared.
VIEWS = 2

#: Maps images (B, C, S, S) in 0..1 to their projections (B, projection_width).
Encode = Callable[[Tensor], Tensor]


class Encoder(nn.Module):
    """A backbone and its projection head, of which only the backbone is kept in the end.

    Attributes:
        backbone: f of the SimCLR paper.
        projection: g of it, from (B, width) to (B, projection_width).
    """

    def __init__(self, backbone: Backbone, projection: nn.Module) -> None:
        super().__init__()
        self.backbone = backbone
        self.projection = projection

    def forward(self, images: Tensor) -> Tensor:
        """Return projections (B, projection_width) float32 of images (B, channels, S, S) in 0..1.

        On a GPU the network computes in bfloat16 where that is safe.
        """
        with torch.autocast(images.device.type, torch.bfloat16, enabled=images.is_cuda):
            projections = self.projection(self.backbone(images))
        return projections.float()


class Method(nn.Module):
    """A way of pretraining: everything that a training keeps, but for the optimizer.

    Attributes:
        encoder: what the optimizer trains.
        batch_multiple: every batch is a multiple of so many images.
    """

    encoder: Encoder
    batch_multiple = 1

    def loss(self, encode: Encode, views: Tensor, size: int, generator: Generator) -> Tensor:
        """Return the loss of a batch; the mean of it over the processes is the loss of the whole batch.

        Args:
            encode: the encoder, such that its gradients become the mean over the processes.
            views: (VIEWS, B, C, S, S) in 0..1, of this process's share of the batch.
            size: images in the batch of all processes.
            generator: for random draws, the same in all processes.
        """
        raise NotImplementedError
