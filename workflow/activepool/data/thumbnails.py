"""Train images of dataset.h5 as small squares in colour, for people to look at; without torch."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from activepool.compute.arrays import ImageArray, IntArray
from activepool.data.image_files import ImageFiles, stored_images
from activepool.io import hdf5


def thumbnails(path: str | Path, rows: IntArray, side: int) -> ImageArray:
    """Return the central squares of train images, in any order, (n, side, side, 3) uint8; ``side`` in pixels.

    Smaller images are enlarged pixel by pixel. Raises InputError without images, or if one cannot be read.
    """
    squares = [_square(image, side) for image in _images(path, rows)]
    return np.stack(squares) if squares else np.empty((0, side, side, 3), dtype=np.uint8)


def _images(path: str | Path, rows: IntArray) -> Iterator[Image.Image]:
    with hdf5.opened(path) as file:
        stored = stored_images(file, "train")
        if stored.ndim == 4:
            for pixels in hdf5.values(stored, rows):
                yield Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels).convert("RGB")
        else:
            files = ImageFiles.from_file(file)
            for name in hdf5.texts(stored, rows):
                yield files.read(name, "RGB")


def _square(image: Image.Image, side: int) -> ImageArray:
    method = Image.Resampling.NEAREST if min(image.size) < side else Image.Resampling.LANCZOS
    return np.asarray(ImageOps.fit(image, (side, side), method))
