"""Names of files and folders: in UTF-8, whatever the locale of the shell that starts Snakemake."""

import os
import sys
from pathlib import Path

from activepool.errors import InputError


def require_usable(clone: Path, folder: Path) -> None:
    """Raise InputError if the clone, or the folder of the run, has a name with which no run can work."""
    for path in (clone, folder):
        try:
            str(path).encode()
        except UnicodeEncodeError:
            raise InputError(
                f"{os.fsencode(path)!r}: the name of this folder is not UTF-8; rename it"
            ) from None
    if os.pathsep in str(clone):
        raise InputError(
            f"{clone}: PYTHONPATH is split at {os.pathsep!r}, and this folder's name has one; rename it"
        )


def use_utf8(started_in: str | Path) -> None:
    """Start Snakemake again in Python's UTF-8 mode, if file names have another encoding in this process.

    The encoding of a process is fixed when it starts. In another one, paths beyond ASCII cannot be opened, or
    have other names in the results.

    Args:
        started_in: the folder in which the user started it. With ``--directory`` this process works in
            another one by now, and the paths of the command line are relative to the first.

    Raises: InputError where the program is not Snakemake's own, and cannot be started again.
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
