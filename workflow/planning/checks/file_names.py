"""File names in UTF-8, whatever the locale of the shell."""

import os
import sys
from pathlib import Path

from activepool.errors import InputError


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
    them other names in the results.

    Args:
        started_in: the folder in which the user started Snakemake, which the paths of the command line are
            relative to. With ``--directory``, the working directory is another one by now.

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
