"""Recognition of the tool that wrote a label file, by its content, because people rename files."""

import codecs
import csv
import re
from collections.abc import Collection
from pathlib import Path, PurePosixPath

from activepool.data.annotations import raise_if_any
from activepool.data.image_formats import is_image_name
from activepool.errors import InputError, first_few
from activepool.io.csv_rows import SEPARATOR_LINE, find_delimiter, separator_hint
from activepool.io.files import LFS_POINTER, LFS_PROBLEM, UTF_16_MARKS, decoded_text, readable
from activepool.ledger.formats import (
    archives,
    csv_file,
    cvat,
    fiftyone,
    imagenet,
    json_file,
    label_studio_annotations,
)
from activepool.ledger.formats.archives import Archive
from activepool.ledger.formats.rows import CORRECTION, LABEL
from activepool.ledger.messages import EXPORT_AGAIN, WEB_PAGE

SINGLE_PICTURE = (
    "is a single picture; put it into a folder with the name of its class, and that folder into another"
)

#: The beginnings of formats whose labels cannot be read, and what to do.
BINARY_FORMATS = {
    b"%PDF": "is a PDF; have the labels saved as CSV",
    LFS_POINTER: f"is {LFS_PROBLEM}",
    b"{\\rtf": "is a document in RTF, as word processors write it; save it as plain text in UTF-8",
    b"\xd0\xcf\x11\xe0": "is an old document of Office, or one with a password; save its sheet as CSV UTF-8",
    b"\x1f\x8b": "is packed by gzip; unpack it",
    b"7z\xbc\xaf": "is packed by 7-Zip; unpack it",
    b"Rar!": "is a RAR archive; unpack it",
    b"PAR1": "is a Parquet table; save it as CSV",
    b"SQLite format 3": "is a database; export the labels from its tool",
    b"\x89HDF": "is an HDF5 file; save the labels as CSV",
    b"\xff\xd8\xff": SINGLE_PICTURE,
    b"\x89PNG": SINGLE_PICTURE,
}

#: Members by which a zip archive is recognised as a document, and what to do.
DOCUMENTS = {
    "xl/workbook.xml": "is an Excel workbook; save its sheet as CSV UTF-8",
    "xl/workbook.bin": "is an Excel workbook; save its sheet as CSV UTF-8",
    "word/document.xml": "is a Word document; have the labels saved as CSV",
    "content.xml": "is a document of LibreOffice; save its sheet as CSV",
    "Index/Document.iwa": "is a document of Apple's Numbers, Pages or Keynote; export it as CSV UTF-8",
}

#: The beginning of the settings in the sheet of a batch.
SHEET_MARK = '<script type="application/json" id="settings">'

#: Endings of text files.
TEXT_ENDINGS = (".csv", ".tsv", ".txt", ".json", ".jsonl", ".xml")

#: Endings of Apple's documents that are folders.
APPLE_ENDINGS = (".numbers", ".pages", ".key")

#: Keys of JSON files without a reader, and what to do.
OTHER_JSON = {
    ("annotations", "images"): "is COCO; give a CSV with the columns source and label instead",
    ("shapes", "flags"): "is a file of labelme; give a CSV with the columns source and label instead",
    ("_via_img_metadata",): "is a project of VIA; give a CSV with the columns source and label instead",
    ("samples",): "is a dataset of FiftyOne; export as FiftyOneImageClassificationDataset",
    ("data", "annotations"): "is a single task of Label Studio; export the project as JSON",
}

#: Endings of files that may hold labels, which nobody puts among pictures.
LABEL_ENDINGS = (".csv", ".tsv", ".json", ".xml", ".zip", ".xlsx", ".ods")

#: Files by whose names the exports of tools are recognised.
TOOL_FILES = (fiftyone.FILE, cvat.FILE, imagenet.CLASSES)

#: The first bytes of a file, which tell its format.
BEGINNING = 2**16

#: Bytes besides NUL that text files do not have.
CONTROL_BYTES = re.compile(rb"[\x01-\x08\x0e-\x1f]")

#: Lines that Git puts around two versions of a passage.
CONFLICT_MARK = re.compile(r"^[<>]{7}(?: .*)?$", re.MULTILINE)

#: The characters of a line that a message quotes.
MAX_QUOTED = 60

#: The most members of an archive that a message lists.
MAX_MEMBERS = 3

#: The formats with a reader, for messages.
READABLE_FORMATS = (
    "a CSV with source and label, Label Studio's JSON, JSON-MIN or CSV, CVAT for images 1.1 or ImageNet, "
    "FiftyOne's labels.json, or a folder of pictures in folders of the classes"
)


def tool_of(path: Path) -> str:
    """Return which of `formats.READERS` reads a file or folder; raises InputError for any other format."""
    if path.is_dir():
        return _tool_of_folder(path)
    with readable(path):
        with path.open("rb") as stream:
            beginning = stream.read(BEGINNING)
        if beginning.startswith(archives.ZIP_MARK):
            with archives.open_archive(path) as archive:
                return _tool_of_archive(archive)
        for mark, text in BINARY_FORMATS.items():
            if beginning.removeprefix(codecs.BOM_UTF8).startswith(mark):
                raise _other_format(path, text)
        is_utf_16 = beginning.startswith(UTF_16_MARKS)
        if b"\0" in beginning and CONTROL_BYTES.search(beginning) and not is_utf_16:
            raise InputError(f"{path}: is not text, and not in a known format; give {READABLE_FORMATS}")
        content = path.read_bytes()  # only now, because films are large
    return _tool_of_text(path, content)


def _tool_of_text(path: Path, content: bytes) -> str:
    if content.startswith(UTF_16_MARKS) or b"\0" in content:
        decoded_text(path, content)  # raises an error with the reason
    decoded = content.decode("utf-8-sig", errors="replace")
    _require_one_version(path, decoded)
    text = decoded.lstrip()
    if not text:
        raise InputError(f"{path}: is empty; export it again, or remove it")
    if text.startswith("<"):
        return _tool_of_xml(path, text)
    return _tool_of_json(path) if text.startswith(("{", "[")) else _tool_of_table(path, text)


def _other_format(path: Path, text: str) -> InputError:
    problem, _, advice = text.partition("; ")
    doubt = f", although its name ends in '{path.suffix}'" if path.suffix.lower() in TEXT_ENDINGS else ""
    return InputError(f"{path}: {problem}{doubt}; {advice}")


def _require_one_version(path: Path, text: str) -> None:
    marks = list(CONFLICT_MARK.finditer(text))
    first_marks = [mark for mark in marks if mark[0].startswith("<")] or marks
    problems = [
        f"{path}:{text.count(chr(10), 0, mark.start()) + 1}: {mark[0].strip()[:MAX_QUOTED]!a} is the mark of "
        "a conflict in Git, so the file holds two versions of some lines; keep one, and remove the marks"
        for mark in first_marks
    ]
    raise_if_any(problems)


def _tool_of_folder(path: Path) -> str:
    names = {entry.name for entry in path.iterdir()}
    for name, tool in {fiftyone.FILE: "fiftyone", cvat.FILE: "cvat"}.items():
        if name in names:
            return tool
    if path.suffix.lower() in APPLE_ENDINGS and "Index.zip" in names:
        raise InputError(f"{path}: {DOCUMENTS['Index/Document.iwa']}")
    if imagenet.CLASSES in names:
        raise InputError(f"{path}: is an unpacked archive of ImageNet; give the archive itself")
    _require_pictures_alone(path, names, any(entry.is_dir() for entry in path.iterdir()))
    return "folders"


def _require_pictures_alone(path: Path, names: Collection[str], has_folders: bool) -> None:
    """Raise InputError if a label file lies among pictures; it may have two endings, one of them hidden."""
    for name in sorted(names):
        if tool_file := next(
            (file_name for file_name in TOOL_FILES if name.lower().startswith(f"{file_name}.")), None
        ):
            raise InputError(f"{path}: has {name!r}; if it is {tool_file} of a tool, call it so")
        if name.lower().removesuffix(".txt").endswith(LABEL_ENDINGS) and name[0] != ".":
            if not has_folders:
                raise InputError(
                    f"{path}: has {name!r}, and no folder of a class; label files lie in {path.parent} "
                    "itself, so move it up there"
                )
            raise InputError(
                f"{path}: has {name!r} beside folders; a folder holds only pictures in folders of the "
                "classes, so put label files beside it"
            )


def _tool_of_archive(archive: Archive) -> str:
    path, members = archive.path, archive.members
    names = {PurePosixPath(name).name for name in members}
    for member, text in DOCUMENTS.items():
        if member in members:
            raise _other_format(path, text)
    if cvat.FILE in names:
        return "cvat"
    if fiftyone.FILE in names:
        raise InputError(f"{path}: is a packed dataset of FiftyOne; unpack it, and give the folder")
    if imagenet.CLASSES in names:
        return "imagenet"
    if any(map(is_image_name, members)):
        _require_pictures_alone(
            path, names, any("/" in member for member in members if is_image_name(member))
        )
        return "imagenet"
    tables = [name for name in members if name.lower().endswith(".csv")]
    if any(csv_file.is_ledger(archive.text(name)) for name in tables):
        raise InputError(f"{path}: is a packed ledger, and no label file; remove it")
    examples = first_few([ascii(name) for name in members], MAX_MEMBERS) or "nothing"
    raise InputError(f"{path}: is an archive of {examples}; unpack it, and give the label file itself")


def _tool_of_xml(path: Path, text: str) -> str:
    lower = text[:BEGINNING].lower()
    if "<html" in lower or "<!doctype html" in lower:
        if SHEET_MARK in text:
            raise InputError(
                f"{path}: is the sheet itself; its answers are in the browser where they were given: open it "
                "there, and give the file that the button 'Save answers' downloads"
            )
        raise InputError(f"{path}: {WEB_PAGE}, and holds no labels{EXPORT_AGAIN}")
    if "<annotation>" in lower:
        raise InputError(f"{path}: is Pascal VOC, with boxes; export as CVAT for images 1.1 or ImageNet")
    if "<view" in lower:
        raise InputError(f"{path}: is the configuration of a Label Studio project; export its labels as JSON")
    return "cvat"  # its reader reports what is wrong with other XML


def _tool_of_json(path: Path) -> str:
    content = json_file.load(path, [])
    if isinstance(content, list):
        tasks = [task for task in content if isinstance(task, dict)]
        if any("completions" in task and "annotations" not in task for task in tasks):
            raise InputError(
                f"{path}: is an export of an old Label Studio, with 'completions' in place of 'annotations'; "
                "open the project in version 1.0 or later, and export it as JSON"
            )
        if tasks or not content:
            return "label_studio"
    if isinstance(content, dict):
        for keys, text in OTHER_JSON.items():
            if set(keys) <= set(content):
                raise InputError(f"{path}: {text}")
        if {"labels", "classes"} & set(content):
            return "fiftyone"
    raise InputError(f"{path}: is JSON of no known tool; give {READABLE_FORMATS}")


def _tool_of_table(path: Path, text: str) -> str:
    header = next(iter(SEPARATOR_LINE.sub("", text).lstrip().splitlines()), "")
    names = [
        name.strip().casefold() for name in next(csv.reader([header], delimiter=find_delimiter(text)), [])
    ]
    if {"annotation_id", "lead_time"} & set(names):
        return "label_studio"
    if {LABEL, CORRECTION, "sample", *csv_file.SOURCE_COLUMNS} & set(names):
        if not {LABEL, CORRECTION} & set(names) and label_studio_annotations.CONTROL in names:
            return "label_studio"
        return "csv"
    if len(names) > 1 or separator_hint(names):
        return "csv"  # its reader reports what the columns should be
    raise InputError(
        f"{path}: is a text without columns: it begins with {header[:MAX_QUOTED]!a}, and the first line of a "
        f"CSV must be the header, such as source,label; give {READABLE_FORMATS}"
    )
