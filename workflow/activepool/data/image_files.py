"""Image files: what is read of one.

The first frame, its pixels as they lie in the file: the orientation that a camera notes (EXIF) is not
applied, as in torchvision, and transparency is dropped. Of 16 bits a channel the upper 8 are kept.
"""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import Image

#: Pillow's modes of whole numbers and floats in 32 bits: nothing says which values are black and white.
WITHOUT_RANGE = ("I", "F")


@contextmanager
def without_remarks() -> Iterator[None]:
    """Keep off the screen what Pillow remarks on images: odd palettes, damaged EXIF, a size as of a bomb.

    It never reads what is twice that size. For one thread, or around several, but not within each of them.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module="PIL")
        yield


def read_header(path: Path) -> None:
    """Look whether a file begins as an image of a known format; raises what Pillow raises if it does not."""
    with Image.open(path) as image:
        _require_range(image)


def decoded(path: Path, mode: str) -> Image.Image:
    """Return an image as ``RGB`` or ``L`` (grey), 8 bits a channel; raises what Pillow raises."""
    with Image.open(path) as image:
        _require_range(image)
        if image.mode.startswith("I;16"):
            # Pillow would cut all that is above 255.
            return Image.fromarray((np.asarray(image) >> 8).astype(np.uint8)).convert(mode)
        return image.convert(mode)


def _require_range(image: Image.Image) -> None:
    if image.mode in WITHOUT_RANGE:
        raise ValueError("32 bits a pixel, in which black and white are not defined; save it with 8 or 16")
