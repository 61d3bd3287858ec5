"""Scoring the unlabelled pool by the trained discriminator."""

import numpy as np
import torch
from torch import Generator, Tensor

from activepool.adversarial.images import batches, windows
from activepool.adversarial.networks import Networks
from activepool.adversarial.settings import AdversarialSettings
from activepool.backbones.execution import reproducible
from activepool.compute.blocks import row_blocks
from activepool.compute.seeds import integer_seed
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
    place = integer_seed(images.seed, images.round_number, "vaal/window")
    requests = (Request(images.unlabelled[block]) for block in blocks)
    with reproducible(settings.threads), torch.inference_mode():
        for block, batch in zip(blocks, batches(images, settings, requests), strict=True):
            # The same seed for each batch: the same place in all images of the pool.
            crops = windows(batch, settings, Generator().manual_seed(place))
            code = networks.autoencoder.encode(crops)
            log_odds[block] = networks.discriminator(code.mean).cpu().numpy()
    return log_odds
