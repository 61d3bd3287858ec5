"""Optimizers of pretraining, and their learning rate at each step."""

import math

import torch
from torch import nn

from activepool.pretraining.lars import Lars
from activepool.pretraining.settings import PretrainSettings

#: Momentum of LARS and SGD, as in both papers.
MOMENTUM = 0.9


def optimizer_of(network: nn.Module, settings: PretrainSettings) -> torch.optim.Optimizer:
    """Return the optimizer of ``network``; each step sets its learning rate.

    AdamW and LARS do not decay biases and normalisation, the one-dimensional weights, and LARS does not adapt
    them (Chen et al. 2020, 2.2 and appendix B). MoCo's SGD decays all weights.
    """
    if settings.optimizer == "sgd":
        return torch.optim.SGD(
            network.parameters(), lr=0.0, momentum=MOMENTUM, weight_decay=settings.weight_decay
        )
    matrices = [values for values in network.parameters() if values.ndim > 1]
    vectors = [values for values in network.parameters() if values.ndim <= 1]
    decayed_group = {"params": matrices, "weight_decay": settings.weight_decay}
    free_group = {"params": vectors, "weight_decay": 0.0}
    if settings.optimizer == "lars":
        return Lars([decayed_group, free_group | {"adapted": False}], momentum=MOMENTUM)
    return torch.optim.AdamW([decayed_group, free_group])


def learning_rate(step: int, warmup_steps: int, steps: int, peak: float) -> float:
    """Return the rate of a step, from 0: a linear warm-up, then half a cosine down to 0."""
    if step < warmup_steps:
        return peak * (step + 1) / warmup_steps
    return peak * (1 + math.cos(math.pi * (step - warmup_steps) / (steps - warmup_steps))) / 2
