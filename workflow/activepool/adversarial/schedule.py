"""The learning rates of VAAL, which may fall like those of the head."""

import math

from activepool.adversarial.settings import AdversarialSettings


def rate_factor(settings: AdversarialSettings, epoch: int) -> float:
    """Return what multiplies the learning rates in an epoch, counted from 0."""
    if settings.schedule == "step":
        return settings.gamma ** (epoch // settings.step_size)
    if settings.schedule == "cosine":
        # A head may train for longer; its cosine is for as many epochs as it has.
        passed = min(epoch, settings.epochs) / settings.epochs
        return (1 + math.cos(math.pi * passed)) / 2
    return 1.0
