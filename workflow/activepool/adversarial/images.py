"""Images as VAAL's networks expect them."""

from collections.abc import Iterable, Iterator

from torch import Tensor

from activepool.adversarial.settings import AdversarialSettings
from activepool.backbones.backbone import Preprocessing
from activepool.backbones.execution import is_cuda, pixels
from activepool.features.image_round import ImageRound
from activepool.features.images import PartImages, Request, image_channels, load_views


def batches(
    images: ImageRound, settings: AdversarialSettings, requests: Iterable[Request]
) -> Iterator[Tensor]:
    """Yield the images of each request, (B, C, S, S) float32 in -1..1 on the device."""
    side, channels = settings.image_size, image_channels(images.dataset)
    whole = Preprocessing(side, channels, side, mean=(0.5,) * channels, std=(0.5,) * channels)
    part = PartImages(images.dataset, "train", whole)
    for views in load_views(part, requests, images.workers, pinned=is_cuda(images.device)):
        yield 2 * pixels(views[0], images.device) - 1
