"""Pictures inside a page: small, upright, and with nothing else of the file, such as where it was taken."""

import base64
import io
from pathlib import Path
from typing import NamedTuple

from PIL import Image

from activepool.data.image_files import decode_image

#: Of JPEG, from 1 to 95.
QUALITY = 80


class Picture(NamedTuple):
    """A picture as the address of an ``<img>``, with its width and height in pixels."""

    address: str
    width: int
    height: int


def picture_of(path: Path, side: int) -> Picture:
    """Return an image as JPEG in a ``data:`` URI; raises Pillow's errors.

    Args:
        path: the image file.
        side: the longer side, in pixels; smaller images keep their size.
    """
    image = decode_image(path, "RGB", upright=True, least=side)
    image.thumbnail((side, side), Image.Resampling.LANCZOS)
    image.info.clear()  # Pillow would write the comment of the file
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=QUALITY)
    return Picture(f"data:image/jpeg;base64,{base64.b64encode(stream.getvalue()).decode()}", *image.size)
