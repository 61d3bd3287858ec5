"""CVAT: the list of a batch out; XML 1.1 ("CVAT for images") back, alone or in its archive.

XML that declares a document type is refused: entities that swell, and those that read other files, need one.
"""

import json
from pathlib import Path, PurePosixPath
from xml.parsers import expat

from activepool.errors import InputError, first_few
from activepool.io.files import UTF_16_MARKS, readable, write_text
from activepool.ledger.formats import archives
from activepool.ledger.formats.batch import Batch
from activepool.ledger.formats.folders import OTHERS
from activepool.ledger.formats.rows import Parsed, Row, with_pictures
from activepool.ledger.messages import EXPORT_AGAIN, WEB_PAGE
from activepool.ledger.pool_samples import image_sample

#: The file in an archive that the tool exports.
FILE = "annotations.xml"

#: The folder of the pictures beside it, if they are exported.
PICTURES = "images"

#: Elements of an image that mark a part of it.
SHAPES = ("box", "polygon", "polyline", "points", "ellipse", "cuboid", "mask", "skeleton")

#: What each element may contain; "" is the document, and all others contain nothing.
INSIDE = {
    "": ("annotations",),
    "annotations": ("version", "meta", "image", "track"),
    "image": ("tag", *SHAPES),
    "tag": ("attribute",),
    **dict.fromkeys(SHAPES, ("attribute",)),
    "skeleton": ("attribute", *SHAPES[:-1]),
}

#: How many letters of what is no part of an export a message shows.
SHOWN = 40

#: The source of a tag or shape that a model gave.
BY_MODEL = "auto"


def write_list(path: str | Path, batch: Batch) -> None:
    """Write the images of a batch, one path a line, for a task on a shared folder."""
    write_text(path, "".join(f"{pick.source}\n" for pick in batch.picks))


def label_constructor(classes: tuple[str, ...]) -> str:
    """Return the labels of a task, as the tool's "Raw" editor takes them."""
    names = [*classes, *(event for event in OTHERS if event not in classes)]
    labels = [{"name": str(name), "type": "tag", "attributes": []} for name in names]
    return json.dumps(labels, indent=2, ensure_ascii=False) + "\n"


def rows(path: Path) -> Parsed:
    """Read an export: the XML, or the archive or folder that holds it, maybe with the pictures."""
    folder = path if path.is_dir() else None
    path = path / FILE if folder else path
    with readable(path):
        content = None if archives.is_archive(path) else path.read_bytes()
    if content is not None:
        parsed = _Reader(str(path)).read(content)
        if folder:
            parsed.rows = [with_pictures(row, _pictures_in(folder, row.name)) for row in parsed.rows]
        return parsed
    with archives.opened(path) as archive:
        found = [name for name in archive.members if PurePosixPath(name).name == FILE]
        if len(found) != 1:
            raise InputError(f"{path}: has {len(found)} files {FILE}, not one; export as CVAT for images 1.1")
        parsed = _Reader(f"{path}: {found[0]}").read(archive.text(found[0]))
        folder_of_pictures, members = PurePosixPath(found[0]).parent / PICTURES, set(archive.members)
        for number, row in enumerate(parsed.rows):
            own = str(folder_of_pictures / row.name)
            pictures = {archive.sample(own): own} if own in members else archive.pictures_named(row.name)
            parsed.rows[number] = with_pictures(row, pictures)
        return parsed


def _pictures_in(folder: Path, name: str) -> dict[str, str]:
    pictures = (folder / PICTURES).resolve()
    picture = (pictures / name).resolve()
    is_there = picture.is_file() and picture.is_relative_to(pictures)
    return {image_sample(picture): name} if is_there else {}


class _Reader:
    """Reads the images of a file, element by element."""

    def __init__(self, place: str) -> None:
        self.place = place
        self.parsed = Parsed()
        self.above = [""]
        self.depth_skipped = 0
        self.image = ("", 0)
        self.tags: list[str] = []
        self.shapes: dict[str, None] = {}
        self.by_model = 0
        self.with_shapes = 0
        self.attributes: dict[str, None] = {}
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.parser.StartDoctypeDeclHandler = self._refuse

    def read(self, content: bytes) -> Parsed:
        """Return the rows of a file; raises InputError if it is damaged, or another kind of file."""
        if not content.strip() or content.startswith(UTF_16_MARKS):
            raise InputError(f"{self.place}: is empty, or not UTF-8; export as CVAT for images 1.1")
        try:
            self.parser.Parse(content, True)
        except expat.ExpatError as error:
            reason = expat.errors.messages[error.code]
            raise InputError(
                f"{self.place}:{error.lineno}: is damaged XML ({reason}); export it again"
            ) from None
        except (LookupError, ValueError) as error:
            raise InputError(
                f"{self.place}: is XML in an unknown encoding ({error}); save it as UTF-8"
            ) from None
        if self.by_model:
            self.parsed.notices.append(
                f"{self.place}: tags of the source '{BY_MODEL}' are a model's, and no labels: {self.by_model}"
            )
        if self.with_shapes:
            self.parsed.notices.append(
                f"{self.place}: images with shapes; only their tags count: {self.with_shapes}"
            )
        if self.attributes:
            shown = first_few(map(repr, self.attributes))
            self.parsed.notices.append(f"{self.place}: tags have attributes, which are no labels: {shown}")
        return self.parsed

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        around, line = self.above[-1], self.parser.CurrentLineNumber
        is_known = name in INSIDE.get(around, ())
        if not self.depth_skipped and not is_known:
            self._note_unknown(name, around, line)
        if self.depth_skipped or not is_known or name == "meta":
            self.depth_skipped += 1
            return
        self.above.append(name)
        if name == "image":
            self.image, self.tags, self.shapes = (attributes.get("name", ""), line), [], {}
        elif around == "image" and attributes.get("source") == BY_MODEL:
            self.by_model += name == "tag"
        elif name == "tag":
            self.tags.append(attributes.get("label", ""))
        elif around == "image":
            self.shapes[name] = None
        elif around == "tag":
            self.attributes[attributes.get("name", "")] = None
        elif name == "track":
            raise InputError(f"{self.place}:{line}: is of a video; export as CVAT for images 1.1")

    def _note_unknown(self, name: str, around: str, line: int) -> None:
        """Note an element that no export has, for an answer may be in it."""
        shown = name[:SHOWN]
        if not around:
            raise InputError(
                f"{self.place}: begins with <{shown}>, not <annotations>; export as CVAT for images 1.1"
            )
        text = f"has <{shown}> in <{around}>, which no export has; export it again"
        self.parsed.mistake(line, f"{self.place}:{line}", text)

    def _text(self, text: str) -> None:
        """Note a text in an image, which may be an answer; it stands in tags."""
        if self.above[-1] == "image" and not self.depth_skipped and text.strip():
            line = self.parser.CurrentLineNumber
            self.parsed.mistake(
                line, f"{self.place}:{line}", f"{text.strip()[:SHOWN]!r} stands in no tag; export it again"
            )

    def _end(self, name: str) -> None:
        if self.depth_skipped:
            self.depth_skipped -= 1
            return
        if name == "image":
            image, line = self.image
            place = f"{self.place}:{line}"
            if len(self.tags) > 1:
                several = ", ".join(map(repr, self.tags))
                self.parsed.mistake(line, place, f"{image!r} has several tags, {several}; leave one")
            elif self.tags and not self.tags[0].strip():
                self.parsed.mistake(line, place, f"{image!r} has a tag without a label; export it again")
            elif not image:
                self.parsed.mistake(line, place, "is an image without a name; export it again")
            elif self.shapes and not self.tags:
                shapes = ", ".join(self.shapes)
                self.parsed.mistake(line, place, f"{image!r} has {shapes} and no tag; label with tags")
            else:
                self.with_shapes += bool(self.shapes)
                self.parsed.rows.append(
                    Row(line, place, "".join(self.tags), name=image, may_lack_folders=True)
                )
        self.above.pop()

    def _refuse(self, name: str, *declared: object) -> None:
        line = self.parser.CurrentLineNumber
        if name.casefold() == "html":
            raise InputError(f"{self.place}: {WEB_PAGE}, and not XML{EXPORT_AGAIN}")
        raise InputError(
            f"{self.place}:{line}: declares a document type, which no export has and which may do harm; "
            "export as CVAT for images 1.1"
        )
