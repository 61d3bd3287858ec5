"""Checks of the folders of a run: their names, and that the working directory is writable."""

import os
import shlex
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from snakemake.io import PeriodicityDetector

from activepool.errors import InputError

#: The folders that a run writes, relative to the working directory.
FOLDERS = (".snakemake", "results")
WRITTEN = (*FOLDERS, ".snakemake/*/")


def require_usable(clone: Path, folder: Path) -> None:
    """Raise InputError if the path of the clone, or of the working directory, is unusable."""
    for path in (clone, folder):
        try:
            str(path).encode()
        except UnicodeEncodeError:
            raise InputError(
                f"{os.fsencode(path)!r}: the name of this folder is not UTF-8; rename it"
            ) from None
    if os.pathsep in str(clone):
        raise InputError(
            f"{clone}: PYTHONPATH is split at {os.pathsep!r}, and this folder's name contains it; rename it"
        )


def use_utf8(started_in: str | Path) -> None:
    """Restart Snakemake in Python's UTF-8 mode if this process encodes file names otherwise.

    Python fixes the encoding when it starts. In another encoding, it cannot open paths beyond ASCII, or gives
    them other names in the results. The paths of the command line are relative to the folder ``started_in``;
    with ``--directory``, the working directory is another one by now.

    Raises: InputError if the program is not Snakemake's own, so that it cannot be restarted.
    """
    if sys.getfilesystemencoding() == "utf-8":
        return
    if Path(sys.argv[0]).stem not in ("snakemake", "__main__"):
        raise InputError(
            f"file names are in {sys.getfilesystemencoding()} in this locale; set PYTHONUTF8=1, and run again"
        )
    os.chdir(started_in)
    sys.stdout.flush()
    sys.stderr.flush()
    command = [sys.executable, "-X", "utf8", "-m", "snakemake", *sys.argv[1:]]
    os.execve(sys.executable, command, {**os.environ, "PYTHONUTF8": "1"})


def require_writable(library: Path) -> None:
    """Raise InputError if a run cannot write here; it says how to verify an archive with this ``library``."""
    folder = unwritable_folder()
    if folder is not None:
        verify = shlex.join([sys.executable, "-m", "activepool.stages.verify"])
        raise InputError(
            f"{folder.absolute()}: cannot be written, but a run must write there; make it writable, or run "
            f"in another folder (--directory). To verify an archive as it is, change to its folder and run "
            f"PYTHONPATH={shlex.quote(str(library))} {verify}"
        )


def unwritable_folder() -> Path | None:
    """Return a folder that a run here must write to but cannot; None if there is none.

    Raises: InputError if one of them is not a folder.
    """
    for path in map(Path, FOLDERS):
        if (path.is_symlink() or path.exists()) and not path.is_dir():
            form = "a file" if path.exists() else f"a link to {path.readlink()}, which does not exist"
            raise InputError(f"{path.absolute()}: is {form}; a run writes to a folder of this name")
    existing = [path for pattern in WRITTEN for path in Path().glob(pattern)]
    parents = [] if Path(".snakemake").exists() and Path("results").exists() else [Path()]
    return next((path for path in [*parents, *existing] if not os.access(path, os.W_OK)), None)


def repetition_problems(names: Mapping[str, str]) -> Iterator[str]:
    """Yield a line for each name that Snakemake takes for a rule with an endless chain of its own files.

    ``names`` are those of folders that are wildcards of rules, by the keys that name them.
    """
    for key, name in names.items():
        if part := PeriodicityDetector().is_periodic(name):
            yield (
                f"{key}: {name!r} ends with {part!r} again and again, which Snakemake refuses; "
                "choose another name"
            )


def case_problems(key: str, name: str) -> Iterator[str]:
    """Yield a line for each folder in results/ that differs from this name only in the case of letters."""
    for folder in sorted(Path("results").glob("*/")):
        if folder.name != name and folder.name.casefold() == name.casefold():
            yield (
                f"{key}: {name!r} and {folder}, which exists, differ only in case, and some file systems "
                "treat them as one folder; choose another name"
            )
