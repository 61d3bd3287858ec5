"""Which sample a task of Label Studio is about."""

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

from activepool.ledger.formats.rows import Row

#: What the labelling configuration calls the image.
IMAGE = "image"

#: What the tool puts before the name of a file that was uploaded.
UPLOADED = re.compile(r"/data/upload/\d+/[0-9a-f]{8}-(?P<name>[^/]+)$")


def named_sample(number: int, place: str, data: dict[str, Any]) -> Row:
    """Return a row of what names the sample in a task: its content and source, or else its image."""
    own = {
        name: data[name] for name in ("sample", "source") if isinstance(data.get(name), str) and data[name]
    }
    batch = data["batch"] if isinstance(data.get("batch"), str) else ""
    image = data.get(IMAGE)
    if own:
        seen = _image_name(image) if isinstance(image, str) else ""
        sample, source = own.get("sample", ""), own.get("source", "")
        return Row(number, place, batch=batch, sample=sample, name=source, seen=seen)
    if not isinstance(image, str):
        image = next((text for text in data.values() if isinstance(text, str) and "/" in text), "")
    return Row(number, place, batch=batch, name=_image_name(image), may_lack_folders=True)


def _image_name(address: str) -> str:
    """Return the path in the address of an image."""
    try:
        parts = urlsplit(address)
    except ValueError:  # a host in brackets that is none
        return address
    if local := parse_qs(parts.query).get("d"):
        return local[0]
    uploaded = UPLOADED.search(parts.path)
    return uploaded["name"] if uploaded else address
