"""Train images of dataset.h5 as small squares in colour, for people to look at; without torch."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from activepool.compute.arrays import ImageArray, IntArray
from activepool.data.image_files import ImageFiles
from activepool.errors import InputError
from activepool.io import hdf5


def thumbnails(path: str | Path, rows: IntArray, side: int) -> ImageArray:
    """Return the central squares of train images, in any order, (n, side, side, 3) uint8; ``side`` in pixels.

    Smaller images are enlarged pixel by pixel. Raises InputError without images, or if one cannot be read.
    """
    squares = [_square(image, side) for image in _images(path, rows)]
    return np.stack(squares) if squares else np.empty((0, side, side, 3), dtype=np.uint8)


def _images(path: str | Path, rows: IntArray) -> Iterator[Image.Image]:
    # HDF5 reads rows in ascending order only.
    ascending, inverse = np.unique(rows, return_inverse=True)
    with hdf5.opened(path) as file:
        stored = hdf5.find_dataset(file, "train/images")
        if stored is not None:
            for pixels in hdf5.values(stored, ascending)[inverse]:
                yield Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels).convert("RGB")
            return
        paths = hdf5.find_dataset(file, "train/paths")
        if paths is None:
            raise InputError(f"{path}: has neither train/images nor train/paths")
        files = ImageFiles.from_file(file)
        for name in hdf5.texts(paths, ascending)[inverse]:
            yield files.read(name, "RGB")


def _square(image: Image.Image, side: int) -> ImageArray:
    size = min(image.size)
    left, top = (image.width - size) / 2, (image.height - size) / 2
    method = Image.Resampling.NEAREST if size < side else Image.Resampling.LANCZOS
    return np.asarray(image.resize((side, side), method, (left, top, left + size, top + size)))
