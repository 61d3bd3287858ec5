"""who.txt: the name of the person who sorted the pictures of a folder, or of a zip archive of it.

Windows and macOS hide endings, so people may call such a file who.txt.txt or who. Browsers and systems number
copies: ``who (1).txt``.
"""

import re
from pathlib import Path, PurePosixPath

from activepool.data.image_formats import is_image_name
from activepool.errors import InputError
from activepool.io.files import decoded_text
from activepool.ledger.formats import archives
from activepool.ledger.formats.annotators import MAX_QUOTED, name_problem

#: The name of the file, in the folder itself or anywhere below.
NAME = "who.txt"

#: The beginning of such a file's name, whatever follows the word.
NAME_PATTERN = re.compile(r"who(?!\w)", re.IGNORECASE)

#: What ``Name: ben`` has, and the markup of word processors and programs, but no name.
MARKUP = re.compile("[:={}]|</")


def is_annotator_file(name: str) -> bool:
    """Return whether a file or a member of an archive has such a name, whatever its ending and number."""
    return NAME_PATTERN.match(PurePosixPath(name).name) is not None and not is_image_name(name)


def _lower_name(name: str) -> str:
    return PurePosixPath(name).name.casefold()


def annotator_file_of(path: Path) -> tuple[str, str] | None:
    """Return the place of the annotator's name, and the name, which is empty if nobody has written one.

    ``path`` is a label file, archive or folder. Returns None if it has no such file.

    Raises: InputError if the file has several lines or an invalid name, if there are several files, and
        if something other than a file has its name.
    """
    files = _contents(path)
    if len(files) > 1:
        names = ", ".join(PurePosixPath(place).name for place in files)
        raise InputError(
            f"{path}: has several files for the annotator's name ({names}); keep one, and give each "
            "annotator's pictures in a folder of their own"
        )
    for place, content in files.items():
        lines = [line for line in decoded_text(place, content).splitlines() if line.strip()]
        if len(lines) > 1:
            raise InputError(f"{place}: has {len(lines)} lines; it must hold only the annotator's name")
        name = "".join(lines).strip()
        if problem := name_problem(name):
            raise InputError(f"{place}: {problem}")
        if mark := MARKUP.search(name):
            raise InputError(
                f"{place}: {name[:MAX_QUOTED]!r} has {mark[0]!r}; it must hold only the annotator's name, "
                "as plain text"
            )
        return place, name
    return None


def _contents(path: Path) -> dict[str, bytes]:
    if path.is_dir():
        paths = sorted(path.rglob("*"))
        _require_files([str(file) for file in paths if not file.is_file() and _lower_name(file.name) == NAME])
        return {
            str(file): file.read_bytes() for file in paths if file.is_file() and is_annotator_file(file.name)
        }
    if not archives.is_archive(path):
        return {}
    with archives.open_archive(path) as archive:
        _require_files([f"{path}: {name}" for name in archive.folders if _lower_name(name) == NAME])
        members = filter(is_annotator_file, archive.members)
        return {f"{path}: {name}": archive.text(name) for name in members}


def _require_files(places: list[str]) -> None:
    """Raise InputError if folders, or links that lead nowhere, have the name of the file."""
    if places:
        raise InputError(
            *(f"{place}: is not a file; it must be a text file with the annotator's name" for place in places)
        )
