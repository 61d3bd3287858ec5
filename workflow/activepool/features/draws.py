"""The random numbers of an augmentation: one draw for each image, also if processes share a batch."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch
from torch import Generator, Tensor


@dataclass(frozen=True)
class Draws:
    """A stream of random numbers on the CPU, one for each image of a batch.

    Processes that share a batch each draw for all of its ``batch`` images and take the numbers of their own
    ``rows`` (int64), so that an image is augmented in the same way in any process. Both are None if this
    process has all images.
    """

    generator: Generator
    batch: int | None = None
    rows: Tensor | None = None

    def uniform(self, *shape: int, axis: int = 0) -> Tensor:
        """Draw from 0..1; ``axis`` of the shape counts the images."""
        return self._draw(torch.rand, shape, axis)

    def normal(self, *shape: int, axis: int = 0) -> Tensor:
        """Draw from the standard normal distribution; ``axis`` of the shape counts the images."""
        return self._draw(torch.randn, shape, axis)

    def integers(self, end: int, *shape: int, axis: int = 0) -> Tensor:
        """Draw from 0 .. end - 1; ``axis`` of the shape counts the images."""
        return self._draw(partial(torch.randint, end), shape, axis)

    def _draw(self, draw: Callable[..., Tensor], shape: tuple[int, ...], axis: int) -> Tensor:
        if self.batch is None or self.rows is None:
            return draw(shape, generator=self.generator)
        batch_shape = (*shape[:axis], self.batch, *shape[axis + 1 :])
        return draw(batch_shape, generator=self.generator).index_select(axis, self.rows)
