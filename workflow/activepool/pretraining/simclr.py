"""SimCLR: A Simple Framework for Contrastive Learning of Visual Representations (Chen et al. 2020).

A network learns to tell which two views, among those of a batch, came from the same image. The encoder's
features are compared after a small projection head, which is thrown away in the end.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from activepool.backbones.backbone import Backbone


def nt_xent(first: Tensor, second: Tensor, temperature: float) -> Tensor:
    """Return the normalised temperature-scaled cross-entropy loss (Chen et al. 2020, equation 1), a scalar.

    The mean over all 2B views i, with j the other view of the same image:
    -log(exp(s_ij / temperature) / sum over k != i of exp(s_ik / temperature)), s the cosine similarity.

    Args:
        first, second: (B, p) projections of the two views of B images.
        temperature: above 0; low ones weigh the hardest negatives most.
    """
    views = functional.normalize(torch.cat([first, second]), dim=1)
    similarity = views @ views.T / temperature
    itself = torch.eye(len(views), dtype=torch.bool, device=views.device)
    other = torch.arange(len(views), device=views.device).roll(len(first))
    return functional.cross_entropy(similarity.masked_fill(itself, -math.inf), other)


class SimCLR(nn.Module):
    """An encoder and its projection head: one hidden layer, as wide as the features, with normalisation.

    Attributes:
        backbone: the encoder f of the paper.
        projection: g of the paper, from (B, width) to (B, projection_width).
    """

    def __init__(self, backbone: Backbone, projection_width: int) -> None:
        super().__init__()
        self.backbone = backbone
        self.projection = nn.Sequential(
            nn.Linear(backbone.width, backbone.width, bias=False),
            nn.BatchNorm1d(backbone.width),
            nn.ReLU(),
            nn.Linear(backbone.width, projection_width),
        )

    def forward(self, images: Tensor) -> Tensor:
        """Return projections (B, projection_width) of images (B, channels, S, S) in 0..1."""
        return self.projection(self.backbone(images))


def learning_rate(step: int, warmup_steps: int, steps: int, largest: float) -> float:
    """Return the rate of a step, counted from 0: a linear rise, then half a cosine down to 0."""
    if step < warmup_steps:
        return largest * (step + 1) / warmup_steps
    return largest * (1 + math.cos(math.pi * (step - warmup_steps) / (steps - warmup_steps))) / 2
