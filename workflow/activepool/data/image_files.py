"""Image files: what is read of one.

The first frame; transparency is dropped; of 16 bits a channel the upper 8 are kept. The turn that a camera
notes (EXIF) is applied where the caller wants it. In TIFF files Pillow always applies it.
"""

import os
import stat
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np
from PIL import ExifTags, Image

from activepool.data.image_formats import FORMATS
from activepool.data.samples import IMAGES_FOLDER
from activepool.errors import InputError

#: Pillow's modes of whole numbers and floats in 32 bits: nothing says which values are black and white.
MODES_WITHOUT_RANGE = ("I", "F")

#: How to set an image upright, by the orientation that EXIF gives it (Exif 2.32, section 4.6.4 A).
TURNS: dict[object, Image.Transpose] = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


@dataclass(frozen=True)
class ImageFiles:
    """How whoever shows or learns from images reads the files of a dataset.

    Attributes:
        root: the folder that their paths start from.
        upright: whether the turn that EXIF gives an image is applied.
    """

    root: Path
    upright: bool

    @classmethod
    def from_file(cls, file: h5py.File) -> "ImageFiles":
        """Return those of an open dataset.h5; a run tells its jobs if they lie elsewhere than it says."""
        root = os.environ.get(IMAGES_FOLDER) or str(file.attrs.get("root", ""))
        return cls(Path(root), bool(file.attrs.get("upright", False)))

    def read(self, path: str, mode: str) -> Image.Image:
        """Return an image as ``RGB`` or ``L`` (grey); raises InputError that names it if that fails."""
        whole = self.root / path
        try:
            with without_remarks():
                return decoded(whole, mode, self.upright)
        # A damaged file makes its decoder raise nearly anything (OSError, SyntaxError, struct.error, ...).
        except Exception as error:
            reason = " ".join(str(error).split()) or type(error).__name__
            raise InputError(
                f"{whole}: not a readable image ({reason}); mend it, or make the dataset anew without it"
            ) from error


@contextmanager
def without_remarks() -> Iterator[None]:
    """Keep off the screen what Pillow remarks on images: odd palettes, damaged EXIF, a size as of a bomb.

    It never reads what is twice that size. For one thread, or around several, but not within each of them.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module="PIL")
        yield


def read_header(path: Path) -> bool:
    """Look whether a file begins as an image of a known format; raises what Pillow raises if it does not.

    Returns: whether EXIF gives it a turn that `decoded` applies only where it is asked to.
    """
    with _opened(path) as image:
        return image.format != "TIFF" and _orientation(image) in TURNS


def decoded(path: Path, mode: str, upright: bool = False) -> Image.Image:
    """Return an image as ``RGB`` or ``L`` (grey), 8 bits a channel; raises what Pillow raises.

    Args:
        path: the file.
        mode: the colours.
        upright: whether to apply the turn that EXIF gives.
    """
    with _opened(path) as image:
        pixels = image
        if image.mode.startswith("I;16"):
            # Pillow would cut all that is above 255.
            pixels = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
        pixels = pixels.convert(mode)
        # After the pixels, since a PNG may give its turn at its end, and Pillow has turned a TIFF by now.
        turn = TURNS.get(_orientation(image)) if upright else None
        return pixels if turn is None else pixels.transpose(turn)


def _opened(path: Path) -> Image.Image:
    """Open a file as one of FORMATS; a pipe, which nobody may ever write to, is not opened."""
    if not stat.S_ISREG(path.stat().st_mode):
        raise ValueError("a folder, pipe, socket or device, and no file")
    image = Image.open(path, formats=FORMATS)
    if image.mode in MODES_WITHOUT_RANGE:
        image.close()
        raise ValueError("32 bits a pixel, in which black and white are not defined; save it with 8 or 16")
    return image


def _orientation(image: Image.Image) -> object:
    """Return the orientation that EXIF or XMP gives an image, as far as it is read; 1 if there is none."""
    try:
        # Pillow's own method for PNG decodes the pixels first.
        return Image.Image.getexif(image).get(ExifTags.Base.Orientation, 1)
    # Damaged EXIF makes its reader raise nearly anything, and the picture is there all the same.
    except Exception:
        return 1
