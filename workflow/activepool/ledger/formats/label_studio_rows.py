"""What all exports of Label Studio say in the same way: which sample a task is about, by whom, and when."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

from activepool.ledger.formats.json_file import kind
from activepool.ledger.formats.rows import Row

#: What the labelling configuration calls the image.
IMAGE = "image"

#: What the tool puts before the name of a file that was uploaded.
UPLOADED = re.compile(r"/data/upload/\d+/[0-9a-f]{8}-(?P<name>[^/]+)$")

#: When an annotation was made, or changed since; the first that is there counts.
TIMES = ("updated_at", "created_at")

#: The number of a user; tables that went through other programs write 1 as 1.0.
NUMBER = re.compile(r"(\d+)(\.0)?")


def named_sample(number: int, place: str, data: dict[str, Any]) -> Row:
    """Return a row that names the sample of a task by its content and source, or else by its image.

    Tasks of others may call the image by another name; then all paths in them must be of one sample.
    """
    texts = {key: value for key, value in data.items() if isinstance(value, str)}
    batch, sample, source = (texts.get(key, "") for key in ("batch", "sample", "source"))
    if sample or source:
        seen = _image_name(texts.get(IMAGE, ""))
        return Row(number, place, batch=batch, sample=sample, name=source, seen=seen)
    paths = [texts[IMAGE]] if IMAGE in texts else [text for text in texts.values() if "/" in text]
    name, *also = [*map(_image_name, paths), ""]
    return Row(number, place, batch=batch, name=name, also=tuple(also), may_lack_folders=True)


def signed(row: Row, annotation: Mapping[str, Any], who_key: str) -> Row:
    """Return a row with who made an annotation, and when."""
    when_key = next((key for key in TIMES if annotation.get(key) not in (None, "")), TIMES[0])
    when = annotation.get(when_key)
    return replace(
        row,
        who=annotator(annotation.get(who_key)),
        who_key=who_key,
        when="" if when is None else str(when).strip(),
        when_key=when_key,
    )


def annotator(who: Any) -> str:
    """Return the name of an annotator, whom exports give as a number, a text or an object; empty if none."""
    given = _given(who)
    if given is None:
        return ""
    text = str(given).strip()
    number = NUMBER.fullmatch(text)
    return f"label_studio user {int(number[1])}" if number else text


def annotator_problem(who: Any) -> str | None:
    """Return what is wrong with an annotator; None if nothing is."""
    given = _given(who)
    is_number = not isinstance(given, bool | str) and NUMBER.fullmatch(str(given))
    if given is None or isinstance(given, str) or is_number:
        return None
    return f"is {kind(given)}; it must be the number, the address or the name of an annotator"


def _given(who: Any) -> Any:
    """Return the address or the number of an annotator; None if none is given."""
    if isinstance(who, dict):
        who = who.get("email") or who.get("id") or who
    return who or None


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
