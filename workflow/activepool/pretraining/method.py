"""The common parts of pretraining methods: an encoder with a projection head, and a loss of two views."""

from collections.abc import Callable

from torch import Generator, Tensor, nn

from activepool.backbones.backbone import Backbone
from activepool.backbones.execution import mixed_precision
from activepool.pretraining.settings import PretrainSettings

#: Number of views of an image that are compared.
VIEWS = 2

#: Maps images (B, C, S, S) in 0..1 to their projections (B, projection_width).
Encode = Callable[[Tensor], Tensor]


class Encoder(nn.Module):
    """A backbone and its projection head; pretraining keeps only the backbone.

    Attributes:
        backbone: f of the SimCLR paper.
        projection: g of the paper, from (B, width) to (B, projection_width).
    """

    def __init__(self, backbone: Backbone, projection: nn.Module, settings: PretrainSettings) -> None:
        super().__init__()
        self.backbone = backbone
        self.projection = projection
        self._bfloat16_on_cpu = settings.precision == "bfloat16"

    def forward(self, images: Tensor) -> Tensor:
        """Return projections (B, projection_width) float32 of images (B, channels, S, S) in 0..1.

        On a GPU, and by the setting ``precision`` on a CPU, the network computes in bfloat16 where that is
        safe.
        """
        with mixed_precision(images.device, self._bfloat16_on_cpu):
            projections: Tensor = self.projection(self.backbone(images))
        return projections.float()


class Method(nn.Module):
    """A way of pretraining: everything that a training keeps except the optimizer.

    Attributes:
        encoder: trained by the optimizer.
        batch_multiple: the size of every batch is a multiple of it.
    """

    encoder: Encoder
    batch_multiple = 1

    def loss(self, encode: Encode, views: Tensor, size: int, generator: Generator) -> Tensor:
        """Return the loss of a batch; its mean over the processes is the loss of the whole batch.

        Args:
            encode: the encoder, wrapped so that its gradients become the mean over the processes.
            views: (VIEWS, B, C, S, S) in 0..1, of this process's share of the batch.
            size: images in the batch of all processes.
            generator: for random draws, the same in all processes.
        """
        raise NotImplementedError
