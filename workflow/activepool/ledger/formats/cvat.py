"""CVAT: the list of a batch out; XML 1.1 ("CVAT for images") back, as a file or in its archive.

XML that declares a document type is refused: entities that expand, or read other files, need one.
"""

import json
from pathlib import Path, PurePosixPath
from xml.parsers import expat

from activepool.errors import InputError, first_few
from activepool.io.files import UTF_16_MARKS, readable, write_text
from activepool.ledger.formats import archives
from activepool.ledger.formats.batch import Batch
from activepool.ledger.formats.folders import NO_CLASS_EVENTS
from activepool.ledger.formats.rows import ParsedFile, Row, with_pictures
from activepool.ledger.messages import EXPORT_AGAIN, WEB_PAGE
from activepool.ledger.pool_samples import image_sample

#: The file in an exported archive.
FILE = "annotations.xml"

#: The folder of exported pictures beside it.
PICTURES = "images"

#: Elements of an image that mark a part of it.
SHAPES = ("box", "polygon", "polyline", "points", "ellipse", "cuboid", "mask", "skeleton")

#: The elements in each element; "" is the document, and all others are empty.
CHILDREN = {
    "": ("annotations",),
    "annotations": ("version", "meta", "image", "track"),
    "image": ("tag", *SHAPES),
    "tag": ("attribute",),
    **dict.fromkeys(SHAPES, ("attribute",)),
    "skeleton": ("attribute", *SHAPES[:-1]),
}

#: The characters of unexpected XML that a message quotes.
MAX_QUOTED = 40

#: The source of tags and shapes by a model.
MODEL_SOURCE = "auto"


def write_list(path: str | Path, batch: Batch) -> None:
    """Write the images of a batch, one path per line, for a task on a shared folder."""
    write_text(path, "".join(f"{pick.source}\n" for pick in batch.picks))


def label_constructor(classes: tuple[str, ...]) -> str:
    """Return the labels of a task, as the tool's "Raw" editor takes them."""
    names = [*classes, *(event for event in NO_CLASS_EVENTS if event not in classes)]
    labels = [{"name": str(name), "type": "tag", "attributes": []} for name in names]
    return json.dumps(labels, indent=2, ensure_ascii=False) + "\n"


def rows(path: Path) -> ParsedFile:
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
    with archives.open_archive(path) as archive:
        files = [name for name in archive.members if PurePosixPath(name).name == FILE]
        if len(files) != 1:
            raise InputError(f"{path}: has {len(files)} files {FILE}, not one; export as CVAT for images 1.1")
        parsed = _Reader(f"{path}: {files[0]}").read(archive.text(files[0]))
        folder_of_pictures, members = PurePosixPath(files[0]).parent / PICTURES, set(archive.members)
        for number, row in enumerate(parsed.rows):
            name = str(folder_of_pictures / row.name)
            pictures = {archive.sample(name): name} if name in members else archive.pictures_named(row.name)
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
        self.parsed = ParsedFile()
        self.ancestors = [""]
        self.depth_skipped = 0
        self.image = ("", 0)
        self.tags: list[str] = []
        self.shapes: dict[str, None] = {}
        self.model_tags = 0
        self.shaped_images = 0
        self.attributes: dict[str, None] = {}
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.parser.StartDoctypeDeclHandler = self._refuse

    def read(self, content: bytes) -> ParsedFile:
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
        if self.model_tags:
            self.parsed.notices.append(
                f"{self.place}: tags of the source '{MODEL_SOURCE}' are a model's, and no labels: "
                f"{self.model_tags}"
            )
        if self.shaped_images:
            self.parsed.notices.append(
                f"{self.place}: images with shapes; only their tags count: {self.shaped_images}"
            )
        if self.attributes:
            names = first_few(map(repr, self.attributes))
            self.parsed.notices.append(f"{self.place}: tags have attributes, which are not labels: {names}")
        return self.parsed

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        parent, line = self.ancestors[-1], self.parser.CurrentLineNumber
        is_expected = name in CHILDREN.get(parent, ())
        if not self.depth_skipped and not is_expected:
            self._note_unknown(name, parent, line)
        if self.depth_skipped or not is_expected or name == "meta":
            self.depth_skipped += 1
            return
        self.ancestors.append(name)
        if name == "image":
            self.image, self.tags, self.shapes = (attributes.get("name", ""), line), [], {}
        elif parent == "image" and attributes.get("source") == MODEL_SOURCE:
            self.model_tags += name == "tag"
        elif name == "tag":
            self.tags.append(attributes.get("label", ""))
        elif parent == "image":
            self.shapes[name] = None
        elif parent == "tag":
            self.attributes[attributes.get("name", "")] = None
        elif name == "track":
            raise InputError(f"{self.place}:{line}: is of a video; export as CVAT for images 1.1")

    def _note_unknown(self, name: str, parent: str, line: int) -> None:
        """Note an element that no export has, because an answer may be in it."""
        quoted = name[:MAX_QUOTED]
        if not parent:
            raise InputError(
                f"{self.place}: begins with <{quoted}>, not <annotations>; export as CVAT for images 1.1"
            )
        text = f"has <{quoted}> in <{parent}>, which no export has; export it again"
        self._mistake(line, text)

    def _mistake(self, line: int, text: str) -> None:
        self.parsed.add_mistake(line, f"{self.place}:{line}", text)

    def _text(self, text: str) -> None:
        """Note a text in an image, which may be an answer in the wrong place; answers are in tags."""
        if self.ancestors[-1] == "image" and not self.depth_skipped and text.strip():
            quoted = repr(text.strip()[:MAX_QUOTED])
            self._mistake(self.parser.CurrentLineNumber, f"{quoted} stands in no tag; export it again")

    def _end(self, name: str) -> None:
        if self.depth_skipped:
            self.depth_skipped -= 1
            return
        if name == "image":
            image, line = self.image
            if len(self.tags) > 1:
                tags = ", ".join(map(repr, self.tags))
                self._mistake(line, f"{image!r} has several tags, {tags}; keep one")
            elif self.tags and not self.tags[0].strip():
                self._mistake(line, f"{image!r} has a tag without a label; export it again")
            elif not image:
                self._mistake(line, "is an image without a name; export it again")
            elif self.shapes and not self.tags:
                shapes = ", ".join(self.shapes)
                self._mistake(line, f"{image!r} has {shapes} and no tag; label with tags")
            else:
                self.shaped_images += bool(self.shapes)
                place, label = f"{self.place}:{line}", "".join(self.tags)
                self.parsed.rows.append(Row(line, place, label, name=image, may_lack_folders=True))
        self.ancestors.pop()

    def _refuse(self, name: str, *declared: object) -> None:
        line = self.parser.CurrentLineNumber
        if name.casefold() == "html":
            raise InputError(f"{self.place}: {WEB_PAGE}, and not XML{EXPORT_AGAIN}")
        raise InputError(
            f"{self.place}:{line}: declares a document type, which no export has and which may do harm; "
            "export as CVAT for images 1.1"
        )
