"""What lies in the folder ``returned``: which entries are label files, and what stands in one."""

import fnmatch
from dataclasses import dataclass, field, replace
from pathlib import Path

from activepool.data.listing import SYSTEM_FOLDERS
from activepool.errors import InputError
from activepool.labelling.returned.cache import ReadFile
from activepool.ledger.entries import has_control
from activepool.ledger.formats import READERS
from activepool.ledger.formats.annotator_file import annotator_file_of
from activepool.ledger.formats.recognition import LABEL_ENDINGS, tool_of

#: Who answered, where a file does not say it.
ANNOTATOR = "annotator"

#: Files and folders that systems and programs leave in a folder, in lower case.
BY_ACCIDENT = (".*", *SYSTEM_FOLDERS, "thumbs.db", "desktop.ini", "icon\r", "~$*")

#: Hidden files, but for those that systems and offices put beside others.
HIDDEN = ".[!._~]*"

#: Files whose labels are not complete, or out of date, and why.
PASSED_OVER = {
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
    """What to read in the folder, by name, and what is passed over or can be no label file, a line each."""

    paths: list[Path] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    mistakes: list[str] = field(default_factory=list)


def label_files(folder: Path) -> LabelFiles:
    """Return what lies in a folder, nothing if there is none; raises InputError if it cannot be read."""
    found = LabelFiles()
    try:
        entries = sorted(folder.iterdir(), key=lambda path: path.name)
    except FileNotFoundError:
        return found
    except OSError as error:
        raise InputError(
            f"{folder}: must be the folder of the files that came back ({error.strerror})"
        ) from error
    for path in entries:
        name = path.name.casefold()
        if fnmatch.fnmatchcase(name, HIDDEN) and name.endswith(LABEL_ENDINGS):
            found.notices.append(f"{path}: is hidden, for its name begins with a dot; passed over")
        if any(fnmatch.fnmatchcase(name, form) for form in BY_ACCIDENT):
            continue
        why = next((why for form, why in PASSED_OVER.items() if fnmatch.fnmatchcase(name, form)), None)
        if why is not None:
            found.notices.append(f"{path}: {why}; passed over")
        elif has_control(path.name):
            found.mistakes.append(f"{folder}: the name {path.name!a} has no plain letters; rename the file")
        elif not (path.is_file() or path.is_dir()):
            found.mistakes.append(f"{path}: is neither a file nor a valid link; remove it")
        else:
            found.paths.append(path)
    return found


def read_file(path: Path, digest: str) -> ReadFile:
    """Read a label file, with its digest, or a folder of pictures; raises InputError if no tool writes it."""
    tool = tool_of(path)
    parsed = READERS[tool](path)
    if tool == "folders" and not (parsed.mistakes or any(row.folders for row in parsed.rows)):
        deeper = sorted(one for one in path.rglob("*") if one.name.lower().endswith(LABEL_ENDINGS))
        move = f"; move {deeper[0].relative_to(path).as_posix()!r} up into {path.parent}" if deeper else ""
        raise InputError(
            f"{path}: holds no picture in a folder that is named after a class; a folder here holds one "
            f"folder for each class, as in {path}/ant, {path}/bee{move}"
        )
    if named := annotator_file_of(path):
        place, name = named
        if not name and not all(row.who for row in parsed.rows):
            parsed.notices.append(
                f"{place}: has no name in it, so whoever filled in {path} counts as {ANNOTATOR!r}, "
                "like all others without a name"
            )
        parsed.rows = [replace(row, who=row.who or name) for row in parsed.rows]
    return ReadFile(tool, digest, parsed)
