"""Scoring the unlabelled pool by the trained discriminator."""

import numpy as np
import torch
from torch import Tensor

from activepool.adversarial.images import batches
from activepool.adversarial.networks import Networks
from activepool.adversarial.settings import AdversarialSettings
from activepool.backbones.execution import reproducible
from activepool.compute.blocks import row_blocks
from activepool.features.image_round import ImageRound
from activepool.features.images import Request, image_channels

#: Number of images that are scored at once.
BATCH = 256


def labelled_log_odds(
    weights: dict[str, Tensor], images: ImageRound, settings: AdversarialSettings
) -> np.ndarray:
    """Return the discriminator's log-odds (n,) float32 that each unlabelled image is labelled.

    They rank like its probabilities, which would round to 0 and 1 where it is confident.
    """
    networks = Networks.untrained(settings, image_channels(images.dataset), images.device)
    networks.load_state_dict(weights)
    networks.eval()
    blocks = row_blocks(len(images.unlabelled), BATCH)
    log_odds = np.empty(len(images.unlabelled), dtype=np.float32)
    requests = (Request(images.unlabelled[block]) for block in blocks)
    with reproducible(settings.threads), torch.inference_mode():
        for block, batch in zip(blocks, batches(images, settings, requests), strict=True):
            code = networks.autoencoder.encode(batch)
            log_odds[block] = networks.discriminator(code.mean).cpu().numpy()
    return log_odds
