"""The formats of image files that are read: those of Pillow that hold pixels.

Left out are formats for which Pillow starts another program (PostScript, PDF), those that hold drawings,
films or measurements (WMF, MPEG, FITS, GRIB, BUFR, HDF5), and those of floats, which have no black and white.
"""

from functools import cache

from PIL import Image

#: Pillow's names, in the order in which they are tried; TGA files begin with nothing by which to know them.
FORMATS = (
    *("JPEG", "PNG", "GIF", "BMP", "TIFF", "WEBP", "PPM", "AVIF", "JPEG2000"),
    *("BLP", "CUR", "DCX", "DDS", "DIB", "FLI", "FTEX", "GBR", "ICNS", "ICO", "IM", "MSP", "PCD", "PCX"),
    *("PIXAR", "PSD", "QOI", "SGI", "SUN", "XBM", "XPM", "TGA"),
)

#: JPEG files of several pictures, which Pillow opens as JPEG and registers under another name.
JPEG_VARIANT = "MPO"

#: An ending of PPM's family that always holds floats.
FLOAT_ENDING = ".pfm"


@cache
def image_endings() -> frozenset[str]:
    """Return what names of image files end with, in lower case and with the dot.

    Pillow loads all its formats for it, which takes a tenth of a second.
    """
    named = Image.registered_extensions().items()
    endings = {ending for ending, form in named if form in FORMATS or form == JPEG_VARIANT}
    return frozenset(endings - {FLOAT_ENDING})


def is_image_name(name: str) -> bool:
    """Tell whether a file's name ends like an image's, in any case of letters."""
    _, dot, ending = name.rpartition(".")
    return (dot + ending).lower() in image_endings()
