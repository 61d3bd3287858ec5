"""The random numbers of an augmentation: one draw for each image, also where processes share a batch."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch
from torch import Generator, Tensor


@dataclass(frozen=True)
class Draws:
    """A stream of random numbers, one for each image of a batch.

    Processes that share a batch each draw for all of it and take what belongs to their own images: an image
    is then augmented in the same way whoever holds it.

    Attributes:
        generator: the stream, on the CPU.
        batch: images in the whole batch; None if all of them are here.
        rows: which images of the whole batch are here, int64; None with ``batch``.
    """

    generator: Generator
    batch: int | None = None
    rows: Tensor | None = None

    def uniform(self, *shape: int, axis: int = 0) -> Tensor:
        """Draw from 0..1; ``axis`` of the shape counts the images."""
        return self._own(torch.rand, shape, axis)

    def normal(self, *shape: int, axis: int = 0) -> Tensor:
        """Draw from the standard normal distribution; ``axis`` of the shape counts the images."""
        return self._own(torch.randn, shape, axis)

    def integers(self, end: int, *shape: int, axis: int = 0) -> Tensor:
        """Draw from 0 .. end - 1; ``axis`` of the shape counts the images."""
        return self._own(partial(torch.randint, end), shape, axis)

    def _own(self, draw: Callable[..., Tensor], shape: tuple[int, ...], axis: int) -> Tensor:
        if self.batch is None or self.rows is None:
            return draw(shape, generator=self.generator)
        whole = (*shape[:axis], self.batch, *shape[axis + 1 :])
        return draw(whole, generator=self.generator).index_select(axis, self.rows)
