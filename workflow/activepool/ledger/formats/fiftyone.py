"""FiftyOne: labels.json of its image classification datasets.

The file is ``{"classes": [...], "labels": {name: label}}``: a name is the image's path without its ending; a
label is the class, its number among ``classes``, null, or an object with ``label`` and ``confidence``. The
tool gives a second image of the same name a number (``1-2``). Exported images, if any, tell which is meant.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from activepool.data.image_formats import is_image_name
from activepool.errors import InputError
from activepool.io.files import RepeatedKeyError
from activepool.ledger.formats import json_file
from activepool.ledger.formats.rows import ParsedFile, Row, class_list, with_pictures
from activepool.ledger.pool_samples import image_sample

#: The file in an exported folder, and the folder of the images beside it.
FILE, IMAGES = "labels.json", "data"

#: A name without folders to which the tool may have added a number, because another image has the name.
NUMBERED_NAME = re.compile(r"(?P<name>[^/]+)-\d+")


def rows(path: Path) -> ParsedFile:
    """Read labels.json, or a folder that holds it."""
    file = path / FILE if path.is_dir() else path
    if not file.is_file():
        raise InputError(f"{file}: there is no such file; export as FiftyOneImageClassificationDataset")
    repeated: list[str] = []
    content = json_file.load(file, repeated)
    classes, labels = _parts(file, content)
    if other_keys := [key for key in repeated if key not in labels]:
        raise InputError(f"{file}: {RepeatedKeyError(other_keys[0])}")
    images = _images(file.parent / IMAGES)
    parsed = ParsedFile()
    for number, (name, value) in enumerate(labels.items(), start=1):
        place = f"{file}: {name!r}"
        label = _label(value, classes)
        if name in repeated:
            parsed.add_mistake(number, place, "stands there twice; remove one of them")
        elif isinstance(label, str):
            parsed.rows.append(_row(number, place, label, name, images))
        else:
            parsed.add_mistake(number, place, _problem(label, classes))
    objects = [value for value in labels.values() if isinstance(value, dict)]
    if count := sum(isinstance(value.get("confidence"), int | float) for value in objects):
        parsed.notices.append(
            f"{file}: labels with a confidence, as a model gives them: {count}; they count as a person's"
        )
    return parsed


def _row(number: int, place: str, label: str, name: str, images: Mapping[str, list[Path]]) -> Row:
    match = NUMBERED_NAME.fullmatch(name)
    row = Row(
        number,
        place,
        label,
        name=name,
        may_lack_ending=True,
        may_lack_folders=True,
        unnumbered_name=match["name"] if match else "",
    )
    return with_pictures(row, {image_sample(image): image.name for image in images.get(name, [])})


def _images(folder: Path) -> dict[str, list[Path]]:
    files = sorted(path for path in folder.rglob("*") if is_image_name(path.name) and path.is_file())
    images: dict[str, list[Path]] = {}
    for file in files:
        images.setdefault(file.relative_to(folder).with_suffix("").as_posix(), []).append(file)
    return images


def _parts(file: Path, content: Any) -> tuple[list[str], dict[str, Any]]:
    labels = content.get("labels") if isinstance(content, dict) else None
    classes = content.get("classes") if isinstance(content, dict) else None
    if not isinstance(labels, dict) or not isinstance(classes, list | None):
        raise InputError(
            f"{file}: must have 'classes', a list, and 'labels', an object of one label an image; export as "
            "FiftyOneImageClassificationDataset"
        )
    return class_list(f"{file}: classes", classes or []), labels


def _label(value: Any, classes: list[str]) -> Any:
    """Return the class of a label; empty if it has none; the value itself if it cannot be read."""
    label = value["label"] if isinstance(value, dict) and "label" in value else value
    if isinstance(label, int) and not isinstance(label, bool) and 0 <= label < len(classes):
        return classes[label]
    return "" if label is None else label


def _problem(label: Any, classes: list[str]) -> str:
    expected = "it must be the name of a class, or null"
    if isinstance(label, int) and not isinstance(label, bool):
        expected = f"there are classes 0 to {len(classes) - 1}" if classes else "there is no list of classes"
    if isinstance(label, dict):
        expected = "it must have the key 'label'"
    is_several = isinstance(label, list) and len(label) > 1
    problem = "has several labels" if is_several else f"has {json_file.kind(label)} for a label"
    return f"{problem}; {expected}"
