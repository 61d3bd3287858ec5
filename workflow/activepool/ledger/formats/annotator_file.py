"""who.txt: the name of the person who sorted the pictures of a folder, or of a zip archive of it."""

from pathlib import Path, PurePosixPath

from activepool.errors import InputError
from activepool.io.files import decoded_text
from activepool.ledger.formats import archives
from activepool.ledger.formats.annotators import name_problem

#: The file, in the folder itself or anywhere below.
NAME = "who.txt"


def is_annotator_file(name: str) -> bool:
    """Return whether a file, or a member of an archive, has this name."""
    return PurePosixPath(name).name.casefold() == NAME


def annotator_of(path: Path) -> str:
    """Return the name of the annotator; empty if there is no file, nothing in it, or no place for it.

    Args:
        path: a label file, an archive or a folder.

    Raises: InputError if the file has several lines or what can be no name, or if there are several files.
    """
    found = _contents(path)
    if len(found) > 1:
        raise InputError(
            f"{path}: has {len(found)} files {NAME}; give each annotator's pictures in a folder of their own"
        )
    for place, content in found.items():
        lines = [line for line in decoded_text(place, content).splitlines() if line.strip()]
        if len(lines) > 1:
            raise InputError(f"{place}: has {len(lines)} lines; it must hold the annotator's name alone")
        if problem := name_problem(" ".join(lines)):
            raise InputError(f"{place}: {problem}")
        return " ".join(lines).strip()
    return ""


def _contents(path: Path) -> dict[str, bytes]:
    """Return what is in each file, by its place."""
    if path.is_dir():
        files = sorted(file for file in path.rglob("*") if is_annotator_file(file.name) and file.is_file())
        return {str(file): file.read_bytes() for file in files}
    if not archives.is_archive(path):
        return {}
    with archives.opened(path) as archive:
        members = filter(is_annotator_file, archive.members)
        return {f"{path}: {name}": archive.text(name) for name in members}
