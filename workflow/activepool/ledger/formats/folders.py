"""Folders: people move the pictures of a batch into folders with the names of classes.

A picture is recognised by its content, whatever its name is now. Letters that some system does not allow in
the name of a folder are escaped as in an address: the folder of the class ``cat/dog`` is ``cat%2Fdog``.
"""

import os
import re
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from activepool.data.image_formats import begins_like_image, is_image_name
from activepool.data.listing import SYSTEM_FOLDERS
from activepool.errors import InputError, first_few
from activepool.ledger.entries import Event
from activepool.ledger.formats.annotators import WHO_FILE, is_annotator_file
from activepool.ledger.formats.batch import Batch
from activepool.ledger.formats.rows import UNLABELLED, ParsedFile, Row
from activepool.ledger.pool_samples import image_sample

#: Answers without a class, which have folders beside those of the classes.
NO_CLASS_EVENTS = (Event.CANNOT_TELL, Event.SKIP, Event.NOT_OURS)

#: Letters that some system does not allow in the name of a folder, and ``%`` where it would begin an escape.
UNSAFE_LETTERS = re.compile(r'^\.|[/\\:*?"<>|]|\.$|%(?=[0-9A-F]{2})')

#: The escapes of these letters.
ESCAPED_LETTERS = re.compile("%(" + "|".join(f"{ord(letter):02X}" for letter in './\\:*?"<>|%') + ")")

#: The longest name of a folder, in bytes.
MAX_NAME_BYTES = 255


def folder_name(name: str) -> str:
    """Return the name of the folder of a class."""
    return UNSAFE_LETTERS.sub(lambda match: f"%{ord(match[0]):02X}", name)


def class_of_folder(folder: str) -> str:
    """Return the class of a folder's name."""
    return ESCAPED_LETTERS.sub(lambda match: chr(int(match[1], 16)), folder)


def write(folder: str | Path, batch: Batch, root: str | Path) -> None:
    """Create a folder with the pictures of a batch, an empty folder for each class, and an empty who.txt.

    A class whose name is too long for a folder gets none. Raises: InputError if the folder already exists.
    """
    folder = Path(folder)
    if folder.exists():
        raise InputError(
            f"{folder}: already exists and may contain labels; return a copy, run, then remove it"
        )
    names = [name for name in map(folder_name, batch.classes) if len(name.encode()) <= MAX_NAME_BYTES]
    unfinished = folder.with_name(f".{folder.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    for name in (UNLABELLED[0], *names, *NO_CLASS_EVENTS):
        (unfinished / name).mkdir(parents=True, exist_ok=True)
    name_counts = Counter(PurePosixPath(pick.source).name.casefold() for pick in batch.picks)
    for pick in batch.picks:
        name = PurePosixPath(pick.source).name
        file_name = f"{pick.sample[:12]}-{name}" if name_counts[name.casefold()] > 1 else name
        shutil.copyfile(Path(root) / pick.source, unfinished / UNLABELLED[0] / file_name)
    (unfinished / WHO_FILE).touch()
    unfinished.rename(folder)


def rows(path: Path) -> ParsedFile:
    """Read the pictures in the folders of the classes."""
    if not path.is_dir():
        raise InputError(f"{path}: is not a folder; it must hold a folder of pictures for each class")
    parsed = ParsedFile()
    other_files = []
    for number, file in enumerate(_files(path), start=1):
        is_image = is_image_name(file.name)
        if is_annotator_file(file.name):
            continue
        if file.is_dir():
            parsed.add_mistake(number, str(file), "is a link to a folder; put the folder itself there")
        elif is_image and not file.is_file():
            parsed.add_mistake(number, str(file), "is neither a file nor a valid link; put the picture there")
        elif not file.is_file() or not _add(parsed, number, path, file, is_image):
            other_files.append(repr(file.relative_to(path).as_posix()))
    # A folder with only such pictures has no answer at all.
    loose_rows = [row for row in parsed.rows if not row.folders]
    if len(loose_rows) < len(parsed.rows):
        for row in loose_rows:
            parsed.add_mistake(
                row.number,
                row.place,
                f"lies in no folder; put it into that of its class, or {UNLABELLED[0]}",
            )
    if other_files:
        parsed.notices.append(
            f"{path}: files that are not pictures are passed over: {first_few(other_files)}"
        )
    return parsed


def _add(parsed: ParsedFile, number: int, path: Path, file: Path, is_image: bool) -> bool:
    """Add the row of a file, or its mistake; return False if the file is not a picture."""
    try:
        if not is_image and not begins_like_image(file):
            return False
        sample = image_sample(file)
    except OSError as error:
        parsed.add_mistake(number, str(file), f"cannot be read ({error.strerror})")
        return True
    folders = tuple(map(class_of_folder, file.relative_to(path).parts[:-1]))
    parsed.rows.append(Row(number, str(file), sample=sample, folders=folders))
    return True


def _files(path: Path) -> Iterator[Path]:
    for folder, folders, files in os.walk(path):
        folders[:] = sorted(
            name for name in folders if name[0] != "." and name.casefold() not in SYSTEM_FOLDERS
        )
        links = [name for name in folders if Path(folder, name).is_symlink()]
        yield from (Path(folder, name) for name in sorted([*files, *links]) if not name.startswith("."))
