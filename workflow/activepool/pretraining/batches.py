"""The batches of a pretraining: random orders and augmentations, and each process's share of them."""

import math
from collections.abc import Iterator

import numpy as np
import torch
from torch import Generator, Tensor

from activepool.backbones.execution import pixels
from activepool.compute.seeds import integer_seed
from activepool.errors import InputError
from activepool.features.draws import Draws
from activepool.features.images import PartImages, Request
from activepool.features.transforms import augmentation
from activepool.parallel.distributed import Processes
from activepool.pretraining.method import VIEWS
from activepool.pretraining.settings import PretrainSettings


def stream(seed: int, epoch: int, purpose: str) -> Generator:
    """Return the random stream of one purpose in one epoch; a resumed run needs no state of it."""
    return Generator().manual_seed(integer_seed(seed, epoch, f"pretrain/{purpose}"))


class Batches:
    """The batches of each epoch; all processes draw the same ones, and each takes its share.

    Attributes:
        sizes: the nearly equal sizes of an epoch's batches, over all processes.
    """

    def __init__(
        self, images: PartImages, settings: PretrainSettings, multiple: int, processes: Processes
    ) -> None:
        """Plan the batches; each is a multiple of ``multiple`` images.

        Raises: InputError if there are too few images.
        """
        self.sizes = _sizes(images, settings.batch_size, multiple)
        if min(self.sizes) < processes.count:
            raise InputError(f"pretrain: batch_size: {min(self.sizes)} images are too few for the processes")
        self._count = len(images)
        self._seed = settings.seed
        self._augmentation = augmentation(settings.augmentation, images.preprocessing.image_size)
        self._processes = processes

    def requests(self, epoch: int) -> Iterator[Request]:
        """Yield this process's share of each batch of an epoch: all images, in random order.

        Where sizes must be multiples, each epoch leaves out a different remainder.
        """
        generator = stream(self._seed, epoch, "order")
        order = torch.randperm(self._count, generator=generator).numpy()
        for size, end in zip(self.sizes, np.cumsum(self.sizes), strict=True):
            crops = self._augmentation.draw_crops(VIEWS, size, generator)
            share = self._processes.share(size)
            yield Request(order[end - size : end][share], None if crops is None else crops[:, share])

    def augmented(self, views: Tensor, size: int, generator: Generator) -> Tensor:
        """Return augmented views (VIEWS, B, C, S, S) in 0..1 of views (1 or VIEWS, B, C, S, S) uint8.

        These are this process's share of a batch of ``size`` images; the stream is the same in all processes.
        """
        share = self._processes.share(size)
        positions = torch.arange(share.start, share.stop)
        rows = torch.cat([view * size + positions for view in range(VIEWS)])
        all_views = views.expand(VIEWS, *views.shape[1:]).flatten(0, 1)
        draws = Draws(generator, VIEWS * size, rows)
        augmented = self._augmentation(pixels(all_views, self._processes.device), draws)
        by_view: Tensor = augmented.unflatten(0, (VIEWS, -1))
        return by_view


def _sizes(images: PartImages, batch_size: int, multiple: int) -> list[int]:
    if len(images) < 2 * multiple:
        raise InputError(
            f"{images.path}: the train part has {len(images)} images; pretraining needs {2 * multiple} "
            "or more"
        )
    units = np.arange(len(images) // multiple)
    steps = math.ceil(len(units) / (batch_size // multiple))
    if multiple > 1 and len(units) < 2 * steps:
        # A group of one image cannot be normalised: an odd unit is left out.
        steps = len(units) // 2
        units = units[: 2 * steps]
    return [multiple * len(part) for part in np.array_split(units, steps)]
