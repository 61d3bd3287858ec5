"""Formats of image files: those of Pillow that contain pixels.

It leaves out formats for which Pillow starts another program (PostScript, PDF), formats of drawings, films or
measurements (WMF, MPEG, FITS, GRIB, BUFR, HDF5), and formats of floats, which do not define black and white.
"""

from functools import cache

from PIL import Image

#: Pillow's names, in the order of the attempts; TGA comes last because its files have no signature.
FORMATS = (
    *("JPEG", "PNG", "GIF", "BMP", "TIFF", "WEBP", "PPM", "AVIF", "JPEG2000"),
    *("BLP", "CUR", "DCX", "DDS", "DIB", "FLI", "FTEX", "GBR", "ICNS", "ICO", "IM", "MSP", "PCD", "PCX"),
    *("PIXAR", "PSD", "QOI", "SGI", "SUN", "XBM", "XPM", "TGA"),
)

#: JPEG files with several pictures, which Pillow opens as JPEG but registers under another name.
JPEG_VARIANT = "MPO"

#: The suffix in PPM's family whose files always contain floats.
FLOAT_ENDING = ".pfm"


@cache
def image_endings() -> frozenset[str]:
    """Return the suffixes of image files, in lower case and with the dot.

    Pillow loads all its formats for this, which takes a tenth of a second.
    """
    named = Image.registered_extensions().items()
    endings = {ending for ending, form in named if form in FORMATS or form == JPEG_VARIANT}
    return frozenset(endings - {FLOAT_ENDING})


def is_image_name(name: str) -> bool:
    """Return whether a file's name has the suffix of an image, in any case."""
    _, dot, ending = name.rpartition(".")
    return (dot + ending).lower() in image_endings()
