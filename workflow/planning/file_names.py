"""File names in UTF-8, whatever the locale of the shell that starts Snakemake."""

import os
import sys
from pathlib import Path

from activepool.errors import InputError


def use_utf8() -> None:
    """Start Snakemake again in Python's UTF-8 mode, if file names have another encoding in this process.

    The encoding of a process is fixed when it starts. In another one, paths beyond ASCII cannot be opened, or
    have other names in the results.

    Raises: InputError where the program is not Snakemake's own, and cannot be started again.
    """
    if sys.getfilesystemencoding() == "utf-8":
        return
    if Path(sys.argv[0]).stem not in ("snakemake", "__main__"):
        raise InputError(
            f"file names are in {sys.getfilesystemencoding()} in this locale; set PYTHONUTF8=1, and run again"
        )
    sys.stdout.flush()
    sys.stderr.flush()
    command = [sys.executable, "-X", "utf8", "-m", "snakemake", *sys.argv[1:]]
    os.execve(sys.executable, command, {**os.environ, "PYTHONUTF8": "1"})
