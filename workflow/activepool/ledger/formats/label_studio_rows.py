"""The parts that all exports of Label Studio share: the sample of a task, the annotator, and the time."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

from activepool.ledger.formats.json_file import kind
from activepool.ledger.formats.rows import Row

#: The name of the image in the labelling configuration.
IMAGE = "image"

#: The path of an uploaded file: the tool puts a prefix before its name.
UPLOAD_PATH = re.compile(r"/data/upload/\d+/[0-9a-f]{8}-(?P<name>[^/]+)$")

#: The times of an annotation's change and creation; the first that is there counts.
TIME_KEYS = ("updated_at", "created_at")

#: The number of a user; tables that went through other programs write 1 as 1.0.
USER_NUMBER = re.compile(r"(\d+)(\.0)?")


def task_row(number: int, place: str, data: dict[str, Any]) -> Row:
    """Return a row that names the sample of a task by its content and source, or else by its image.

    Tasks of another origin may have another key for the image; then all their paths must name one sample.
    """
    texts = {key: value for key, value in data.items() if isinstance(value, str)}
    batch, sample, source = (texts.get(key, "") for key in ("batch", "sample", "source"))
    if sample or source:
        displayed_name = _image_name(texts.get(IMAGE, ""))
        return Row(number, place, batch=batch, sample=sample, name=source, displayed_name=displayed_name)
    paths = [texts[IMAGE]] if IMAGE in texts else [text for text in texts.values() if "/" in text]
    name, *other_names = [*map(_image_name, paths), ""]
    return Row(number, place, batch=batch, name=name, other_names=tuple(other_names), may_lack_folders=True)


def with_annotator(row: Row, annotation: Mapping[str, Any], who_key: str) -> Row:
    """Return a row with the annotator and the time of an annotation."""
    when_key = next((key for key in TIME_KEYS if annotation.get(key) not in (None, "")), TIME_KEYS[0])
    when = annotation.get(when_key)
    return replace(
        row,
        who=annotator(annotation.get(who_key)),
        who_key=who_key,
        when="" if when is None else str(when).strip(),
        when_key=when_key,
    )


def annotator(who: Any) -> str:
    """Return the name of an annotator, in exports a number, a text or an object; empty if there is none."""
    identifier = _identifier(who)
    if identifier is None:
        return ""
    text = str(identifier).strip()
    number = USER_NUMBER.fullmatch(text)
    return f"label_studio user {int(number[1])}" if number else text


def annotator_problem(who: Any) -> str | None:
    """Return the problem of an annotator; None if there is none."""
    identifier = _identifier(who)
    is_number = not isinstance(identifier, bool | str) and USER_NUMBER.fullmatch(str(identifier))
    if identifier is None or isinstance(identifier, str) or is_number:
        return None
    return f"is {kind(identifier)}; it must be the number, the address or the name of an annotator"


def _identifier(who: Any) -> Any:
    """Return the address or the number of an annotator; None if there is none."""
    if isinstance(who, dict):
        who = who.get("email") or who.get("id") or who
    return who or None


def _image_name(address: str) -> str:
    """Return the path in the address of an image."""
    try:
        parts = urlsplit(address)
    except ValueError:  # an invalid host in brackets
        return address
    if paths := parse_qs(parts.query).get("d"):
        return paths[0]
    match = UPLOAD_PATH.search(parts.path)
    return match["name"] if match else address
