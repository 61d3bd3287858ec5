"""Formats of image files: those of Pillow that contain pixels.

It leaves out formats for which Pillow starts another program (PostScript, PDF), formats of drawings, films or
measurements (WMF, MPEG, FITS, GRIB, BUFR, HDF5), and formats of floats, which do not define black and white.
"""

from functools import cache
from pathlib import Path

from PIL import Image

#: Pillow's names, in the order of the attempts; TGA comes last because its files have no signature.
FORMATS = (
    *("JPEG", "PNG", "GIF", "BMP", "TIFF", "WEBP", "PPM", "AVIF", "JPEG2000"),
    *("BLP", "CUR", "DCX", "DDS", "DIB", "FLI", "FTEX", "GBR", "ICNS", "ICO", "IM", "MSP", "PCD", "PCX"),
    *("PIXAR", "PSD", "QOI", "SGI", "SUN", "XBM", "XPM", "TGA"),
)

#: JPEG files with several pictures, which Pillow opens as JPEG but registers under another name, and the
#: suffix in PPM's family whose files always contain floats.
JPEG_VARIANT = "MPO"
FLOAT_ENDING = ".pfm"

#: How files of the usual formats begin.
SIGNATURES = {b"\xff\xd8\xff": "JPEG", b"\x89PNG": "PNG", b"GIF8": "GIF", b"II*\0": "TIFF", b"MM\0*": "TIFF"}


@cache
def image_endings() -> frozenset[str]:
    """Return the suffixes of image files, lower case, with the dot; Pillow loads all its formats for it."""
    registered = Image.registered_extensions().items()
    endings = {ending for ending, form in registered if form in FORMATS or form == JPEG_VARIANT}
    return frozenset(endings - {FLOAT_ENDING})


def begins_like_image(path: Path) -> bool:
    """Return whether a file begins as those of the usual formats, whatever its name is."""
    with path.open("rb") as stream:
        start = stream.read(12)
    return start.startswith(tuple(SIGNATURES)) or start[4:8] == b"ftyp" or start[8:] == b"WEBP"


def is_image_name(name: str) -> bool:
    """Return whether a file's name has the suffix of an image, in any case."""
    _, dot, ending = name.rpartition(".")
    return (dot + ending).lower() in image_endings()
