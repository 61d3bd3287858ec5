"""Reading of image files.

Only the first frame of a file is read, without its transparency, and the upper 8 of 16 bits per channel. The
rotation that a camera notes in EXIF is applied if the caller asks for it; in TIFF files Pillow always applies
it.
"""

import os
import stat
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import h5py
import numpy as np
from PIL import ExifTags, Image, UnidentifiedImageError
from PIL.PngImagePlugin import PngImageFile

from activepool.data.image_formats import FORMATS, SIGNATURES
from activepool.data.packed_images import Place, place_digest, place_of
from activepool.data.samples import IMAGES_FOLDER
from activepool.errors import InputError, one_line
from activepool.io import hdf5
from activepool.io.files import LFS_POINTER, LFS_PROBLEM

#: Pillow's modes of whole numbers and floats in 32 bits, whose values of black and white are undefined.
MODES_WITHOUT_RANGE = ("I", "F")

#: Bytes at the end of a PNG in which EXIF may be; programs that write it behind the pixels write little else.
LATE_EXIF_BYTES = 2**12

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
    """The image files of a dataset: in ``root``, perhaps set upright as EXIF says, or inside larger files."""

    root: Path
    upright: bool
    packed: bool = False

    @classmethod
    def from_file(cls, file: h5py.File) -> "ImageFiles":
        """Return the files of an open dataset.h5; IMAGES_FOLDER names their folder if it has moved."""
        root = os.environ.get(IMAGES_FOLDER) or str(file.attrs.get("root", ""))
        return cls(Path(root), bool(file.attrs.get("upright", False)), bool(file.attrs.get("packed", False)))

    def read(self, path: str, mode: str, min_side: int | None = None) -> Image.Image:
        """Return an image, see `decode_image`; raises InputError, naming the file, if it cannot be read."""
        place = place_of(self.root, path, self.packed)
        try:
            with without_warnings():
                return decode_image(place, mode, self.upright, min_side)
        # A damaged file makes its decoder raise nearly any error (OSError, SyntaxError, struct.error, ...).
        except Exception as error:
            reason = one_line(error)
            raise InputError(
                f"{place}: not a readable image ({reason}); repair it, or set on_unreadable: skip"
            ) from error

    def digest(self, path: str) -> str:
        """Return the SHA-256 of an image's file; "" if `read` will say why it cannot be read."""
        try:
            return place_digest(place_of(self.root, path, self.packed))
        except OSError:
            return ""


def stored_images(file: h5py.File, part: str) -> h5py.Dataset:
    """Return <part>/images (n, H, W, C) uint8 or <part>/paths (n,) of dataset.h5; raises InputError."""
    for name in (f"{part}/images", f"{part}/paths"):
        images = hdf5.find_dataset(file, name)
        if images is None:
            continue
        kind, shape = images.dtype, images.shape
        if name.endswith("paths"):
            form = "strings of shape (rows,)"
            has_form = len(shape) == 1 and h5py.check_string_dtype(kind) is not None
        else:
            form = "uint8 of shape (rows, height, width, 1 or 3), of at least one pixel"
            has_form = kind == np.uint8 and len(shape) == 4 and shape[3] in (1, 3) and 0 not in shape[1:]
        if not has_form:
            raise InputError(f"{file.filename}: {name} is {kind} of shape {shape}; it must be {form}")
        return images
    raise InputError(f"{file.filename}: has neither {part}/images nor {part}/paths")


@contextmanager
def without_warnings() -> Iterator[None]:
    """Suppress Pillow's warnings of odd palettes, damaged EXIF and very large images.

    Pillow still refuses images of twice that size. Use it in one thread, or around several, not in each of
    them.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module="PIL")
        yield


def read_header(path: Place) -> bool:
    """Check that a file begins like an image of a known format; raises Pillow's errors if it does not.

    Returns: whether EXIF has a rotation that `decode_image` applies only if asked to.
    """
    with _open(path) as image:
        if isinstance(image, PngImageFile) and image.fp and _has_late_exif(image.fp):
            image.load()  # what Pillow reads last
        return image.format != "TIFF" and _orientation(image) in TURNS


def decode_image(path: Place, mode: str, upright: bool = False, min_side: int | None = None) -> Image.Image:
    """Return an image as ``RGB`` or ``L`` (grey), 8 bits per channel; raises Pillow's errors.

    With ``upright``, it applies the rotation in EXIF. If ``min_side`` pixels suffice for the shorter side, it
    decodes a JPEG file at a half, a quarter or an eighth of its size if no fewer are left, which takes a
    fraction of the time and memory.
    """
    with _open(path) as image:
        if min_side is not None:
            image.draft(None, (min_side, min_side))
        return converted_image(image, mode, upright)


def converted_image(image: Image.Image, mode: str, upright: bool = False) -> Image.Image:
    """Return an image that Pillow has opened or made as `decode_image` does; raises ValueError."""
    _require_range(image)
    pixels = (_upper_bits(image) if image.mode.startswith("I") else image).convert(mode)
    # After the pixels: a PNG may have its EXIF at its end, and by now Pillow has rotated a TIFF.
    turn = TURNS.get(_orientation(image)) if upright else None
    return pixels if turn is None else pixels.transpose(turn)


def reading_problem(path: Place, error: Exception) -> str:
    """Return in a few words why an image cannot be read: what `decode_image` or `read_header` raised."""
    if isinstance(error, UnidentifiedImageError):
        return _content_problem(path)
    if isinstance(error, OSError):
        return error.strerror or str(error)
    # A decoder may raise any error on damaged data.
    return one_line(error)


@contextmanager
def _open(path: Place) -> Iterator[Image.Image]:
    """Open a file as one of FORMATS; refuses pipes, on which it might wait for ever."""
    if isinstance(path, Path) and not stat.S_ISREG(path.stat().st_mode):
        raise ValueError("a folder, pipe, socket or device, and no file")
    with (
        nullcontext(path) if isinstance(path, Path) else path.stream() as source,
        Image.open(source, formats=FORMATS) as image,
    ):
        _require_range(image)
        yield image


def _require_range(image: Image.Image) -> None:
    # Pillow scales the images of PPM's family to 16 bits, in a mode of 32.
    if image.mode in MODES_WITHOUT_RANGE and (image.format, image.mode) != ("PPM", "I"):
        raise ValueError(
            "32 bits a pixel, in which black and white are not defined, or signed; save it with 8 or 16"
        )


def _has_late_exif(stream: IO[bytes]) -> bool:
    """Return whether a PNG has EXIF behind its pixels; leaves the stream where it was."""
    place, end = stream.tell(), stream.seek(0, os.SEEK_END)
    stream.seek(max(place, end - LATE_EXIF_BYTES))
    ending = stream.read()
    stream.seek(place)
    return b"eXIf" in ending or b"Raw profile type exif" in ending or b"XML:com.adobe.xmp" in ending


def _upper_bits(image: Image.Image) -> Image.Image:
    """Return a grey image of 12 or 16 bits with the upper 8 of them.

    Pillow would clip values above 255, and ignores TIFF's 12 bits and its 0 for white.
    """
    tags = getattr(image, "tag_v2", {})
    bits = tags.get(ExifTags.Base.BitsPerSample, (16,))[0]
    white = tags.get(ExifTags.Base.PhotometricInterpretation, 1)
    pixels = (np.asarray(image) >> (bits - 8)).astype(np.uint8)
    return Image.fromarray(pixels if white else 255 - pixels)


def _content_problem(path: Place) -> str:
    with path.open("rb") if isinstance(path, Path) else path.stream() as stream:
        beginning = stream.read(len(LFS_POINTER))
    if not beginning:
        return "empty file"
    if beginning == LFS_POINTER:
        return LFS_PROBLEM
    formats = [name for signature, name in SIGNATURES.items() if beginning.startswith(signature)]
    return f"damaged or cut-off {formats[0]} file" if formats else "no known image format"


def _orientation(image: Image.Image) -> object:
    """Return the orientation in EXIF or XMP, from what has been read so far; 1 if there is none."""
    try:
        # Pillow's own method for PNG decodes the pixels first.
        return Image.Image.getexif(image).get(ExifTags.Base.Orientation, 1)
    # Damaged EXIF makes its reader raise nearly any error; the picture is still readable.
    except Exception:
        return 1
