"""Pages that open offline, each a file that contains its style and its pictures.

Their templates extend `page.html`, and add to the style of `page.css`.
"""

import base64
import io
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from PIL import Image

from activepool.data.image_files import decode_image, reading_problem, without_warnings

#: The JPEG quality of pictures, from 1 to 95.
QUALITY = 80


def page_template(name: str) -> Template:
    """Return a template of this room, by its path; it escapes all values."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["thousands"] = "{:,}".format
    return environment.get_template(name)


class Picture(NamedTuple):
    """A picture as the address of an ``<img>``, with its width and height in pixels.

    It is small, upright, and without metadata, such as the place where it was taken.
    """

    address: str
    width: int
    height: int


def picture_or_problem(
    image: Callable[[str], Path], source: str, side: int
) -> tuple[Picture, None] | tuple[None, str]:
    """Return the picture of a source, at most ``side`` pixels wide and high, or why it cannot be read."""
    path, stream = Path(source), io.BytesIO()
    try:
        path = image(source)
        with without_warnings():
            picture = decode_image(path, "RGB", upright=True, min_side=side)
            picture.thumbnail((side, side), Image.Resampling.LANCZOS)
            picture.info.clear()  # Pillow would write the comment of the file
            picture.save(stream, "JPEG", quality=QUALITY)
    # A damaged file makes its decoder raise nearly any error.
    except Exception as error:
        return None, reading_problem(path, error)
    address = f"data:image/jpeg;base64,{base64.b64encode(stream.getvalue()).decode()}"
    return Picture(address, *picture.size), None
