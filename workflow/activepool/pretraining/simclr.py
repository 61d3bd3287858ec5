"""SimCLR: A Simple Framework for Contrastive Learning of Visual Representations (Chen et al. 2020).

A network learns which two views in a batch come from the same image. The encoder's features are compared
after a small projection head, which is discarded at the end.
"""

import math

import torch
from torch import Generator, Tensor, nn
from torch.nn import functional

from activepool.backbones.backbone import Backbone
from activepool.parallel.batch_norm import share
from activepool.parallel.distributed import Processes
from activepool.pretraining.method import VIEWS, Encode, Encoder, Method
from activepool.pretraining.settings import SimclrSettings


def nt_xent(first: Tensor, second: Tensor, temperature: float) -> Tensor:
    """Return the normalised temperature-scaled cross-entropy loss (Chen et al. 2020, equation 1), a scalar.

    The mean over all 2B views i, with j the other view of the same image:
    -log(exp(s_ij / temperature) / sum over k != i of exp(s_ik / temperature)), s the cosine similarity of
    their projections (B, p). Low temperatures give the hardest negatives most weight.
    """
    views = functional.normalize(torch.cat([first, second]), dim=1)
    similarity = views @ views.T / temperature
    is_same_view = torch.eye(len(views), dtype=torch.bool, device=views.device)
    positives = torch.arange(len(views), device=views.device).roll(len(first))
    return functional.cross_entropy(similarity.masked_fill(is_same_view, -math.inf), positives)


class SimCLR(Method):
    """The encoder; its projection head has one hidden layer, as wide as the features, with normalisation.

    With several processes, both the loss and batch normalisation use the whole batch (as in the paper, 2.2),
    so that the network cannot tell images apart by the process that computes them.
    """

    def __init__(self, backbone: Backbone, settings: SimclrSettings, processes: Processes) -> None:
        super().__init__()
        projection = nn.Sequential(
            nn.Linear(backbone.width, backbone.width, bias=False),
            nn.BatchNorm1d(backbone.width),
            nn.ReLU(),
            nn.Linear(backbone.width, settings.projection_width),
        )
        self.encoder = Encoder(backbone, projection, settings)
        share(self.encoder, processes)
        self._temperature = settings.temperature
        self._processes = processes

    def loss(self, encode: Encode, views: Tensor, size: int, generator: Generator) -> Tensor:
        """Return the loss of the whole batch, the same in each process; see `Method.loss`."""
        # Both views pass together, so that normalisation treats them alike.
        share_projections = encode(views.flatten(0, 1)).chunk(VIEWS)
        first, second = (self._processes.gather(projections, size) for projections in share_projections)
        return nt_xent(first, second, self._temperature)
