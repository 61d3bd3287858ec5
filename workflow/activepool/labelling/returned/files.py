"""Which entries of the folder ``returned`` are label files, and which lie there by accident."""

import fnmatch
from dataclasses import dataclass, field
from pathlib import Path

from activepool.data.listing import SYSTEM_FOLDERS
from activepool.errors import InputError
from activepool.ledger.entries import has_control

#: Files and folders that systems and programs leave in a folder, in lower case.
BY_ACCIDENT = (".*", *SYSTEM_FOLDERS, "thumbs.db", "desktop.ini", "icon\r", "~$*")

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
    """What lies in the folder.

    Attributes:
        paths: files and folders to read, by name.
        notices: what is passed over, a line each.
        mistakes: what can be no label file, a line each.
    """

    paths: list[Path] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    mistakes: list[str] = field(default_factory=list)


def label_files(folder: Path) -> LabelFiles:
    """Return what lies in a folder; nothing, if there is no folder.

    Raises: InputError if it is a file, or cannot be read.
    """
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
        if any(fnmatch.fnmatchcase(name, form) for form in BY_ACCIDENT):
            continue
        why = next((why for form, why in PASSED_OVER.items() if fnmatch.fnmatchcase(name, form)), None)
        if why is not None:
            found.notices.append(f"{path}: {why}; passed over")
        elif has_control(path.name):
            found.mistakes.append(f"{folder}: the name {path.name!a} has no plain letters; rename the file")
        elif not (path.is_file() or path.is_dir()):
            found.mistakes.append(f"{path}: is no file, or a link that leads nowhere; remove it")
        else:
            found.paths.append(path)
    return found
