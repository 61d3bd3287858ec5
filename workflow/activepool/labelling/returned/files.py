"""The label files in the folder ``returned``, and their content."""

import fnmatch
from dataclasses import dataclass, field, replace
from pathlib import Path

from activepool.data.listing import SYSTEM_FOLDERS
from activepool.errors import InputError
from activepool.labelling.returned.cache import ReadFile
from activepool.ledger.entries import has_control
from activepool.ledger.formats import READERS
from activepool.ledger.formats.annotators import annotator_file_of
from activepool.ledger.formats.recognition import LABEL_ENDINGS, tool_of

#: The annotator of a file that names none.
ANNOTATOR = "annotator"

#: Files and folders that operating systems and programs leave in a folder, in lower case.
SYSTEM_FILES = (".*", *SYSTEM_FOLDERS, "thumbs.db", "desktop.ini", "icon\r", "~$*")

#: Hidden files, except for those that operating systems and offices put beside others.
HIDDEN_FILES = ".[!._~]*"

#: Files whose labels are incomplete or out of date, and why.
INCOMPLETE_FILES = {
    "*.crdownload": "is a download that has not ended",
    "*.part": "is a download that has not ended",
    "*.partial": "is a download that has not ended",
    "*.download": "is a download that has not ended",
    "*.tmp": "is a temporary file",
    "#*#": "is an editor's copy of what was not saved",
    "*.sw[a-p]": "is an editor's copy of what was not saved",
    "*~": "is an editor's copy of an older version",
    "*.bak": "is a copy of an older version",
    "*.orig": "is Git's copy of a file with two versions",
}


@dataclass
class LabelFiles:
    """The files to read in the folder, by name, and a line for each that is skipped or cannot be read."""

    paths: list[Path] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    mistakes: list[str] = field(default_factory=list)


def label_files(folder: Path) -> LabelFiles:
    """Return the files in a folder, which may be missing; raises InputError if it cannot be read."""
    files = LabelFiles()
    try:
        entries = sorted(folder.iterdir(), key=lambda path: path.name)
    except FileNotFoundError:
        return files
    except OSError as error:
        raise InputError(
            f"{folder}: must be the folder of the files that came back ({error.strerror})"
        ) from error
    for path in entries:
        name = path.name.casefold()
        if fnmatch.fnmatchcase(name, HIDDEN_FILES) and name.endswith(LABEL_ENDINGS):
            files.notices.append(f"{path}: is hidden, for its name begins with a dot; passed over")
        if any(fnmatch.fnmatchcase(name, pattern) for pattern in SYSTEM_FILES):
            continue
        reasons = (text for pattern, text in INCOMPLETE_FILES.items() if fnmatch.fnmatchcase(name, pattern))
        if (reason := next(reasons, None)) is not None:
            files.notices.append(f"{path}: {reason}; passed over")
        elif has_control(path.name):
            noun = "folder" if path.is_dir() else "file"
            files.mistakes.append(f"{folder}: the name {path.name!a} has no plain letters; rename the {noun}")
        elif not (path.is_file() or path.is_dir()):
            files.mistakes.append(f"{path}: is neither a file nor a valid link; remove it")
        else:
            files.paths.append(path)
    return files


def read_file(path: Path, digest: str) -> ReadFile:
    """Read a label file with its digest, or a folder of pictures; raises InputError for other formats."""
    tool = tool_of(path)
    parsed = READERS[tool](path)
    if tool == "folders" and not (parsed.mistakes or any(row.folders for row in parsed.rows)):
        nested = sorted(file for file in path.rglob("*") if file.name.lower().endswith(LABEL_ENDINGS))
        advice = f"; move {nested[0].relative_to(path).as_posix()!r} up into {path.parent}" if nested else ""
        raise InputError(
            f"{path}: holds no picture in a folder that is named after a class; a folder here holds one "
            f"folder for each class, as in {path}/ant, {path}/bee{advice}"
        )
    if annotator_file := annotator_file_of(path):
        place, name = annotator_file
        if not name and not all(row.who for row in parsed.rows):
            parsed.notices.append(
                f"{place}: has no name in it, so whoever filled in {path} counts as {ANNOTATOR!r}, "
                "like all others without a name"
            )
        parsed.rows = [replace(row, who=row.who or name) for row in parsed.rows]
    return ReadFile(tool, digest, parsed)
