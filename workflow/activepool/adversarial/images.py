"""Images as VAAL's networks expect them."""

from collections.abc import Iterable, Iterator

import torch
from torch import Generator, Tensor

from activepool.adversarial.settings import AdversarialSettings
from activepool.backbones.backbone import Preprocessing
from activepool.backbones.execution import is_cuda, pixels
from activepool.backbones.networks import resize_before_crop
from activepool.backbones.normalisations import normalisation
from activepool.features.image_round import ImageRound
from activepool.features.images import PartImages, Request, image_channels, load_requests


def full_side(settings: AdversarialSettings) -> int:
    """Return the side of the whole images, in pixels; the networks see windows of them."""
    return round(settings.image_size * settings.zoom)


def batches(
    images: ImageRound, settings: AdversarialSettings, requests: Iterable[Request]
) -> Iterator[Tensor]:
    """Yield the images of each request, (B, C, F, F) float32 in 0..1 on the device, with F `full_side`."""
    side, channels = full_side(settings), image_channels(images.dataset)
    # The whole image if the networks see all of it; otherwise the central crop that a backbone takes.
    resize = side if settings.zoom == 1 else resize_before_crop(side)
    central = Preprocessing(side, channels, resize, mean=(0.0,) * channels, std=(1.0,) * channels)
    part = PartImages(images.dataset, "train", central)
    for views in load_requests(part, requests, images.workers, pinned=is_cuda(images.device)):
        yield pixels(views[0], images.device)


def windows(images: Tensor, settings: AdversarialSettings, generator: Generator) -> Tensor:
    """Return the input of the networks for images (B, C, F, F) in 0..1: normalised windows (B, C, S, S).

    The generator draws their place, which is the same in all images of the batch.
    """
    side = settings.image_size
    top, left = torch.randint(images.shape[-1] - side + 1, (2,), generator=generator).tolist()
    crops = images[..., top : top + side, left : left + side]
    if settings.normalisation == "signed":
        return (crops - 0.5) / 0.5
    mean, deviation = (
        torch.tensor(values, device=images.device).reshape(-1, 1, 1)
        for values in normalisation(settings.normalisation, images.shape[1])
    )
    return (crops - mean) / deviation
