"""A check of the working directory: a run must be able to write to it, which an archive may forbid."""

import os
import shlex
import sys
from pathlib import Path

from activepool.errors import InputError

#: The folders that a run writes, relative to the working directory.
FOLDERS = (".snakemake", "results")
WRITTEN = (*FOLDERS, ".snakemake/*/")


def require_writable(library: Path) -> None:
    """Raise InputError if a run cannot write here; the message says how to verify an archive nevertheless.

    Args:
        library: the folder that activepool is imported from.
    """
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
            what = "a file" if path.exists() else f"a link to {path.readlink()}, which does not exist"
            raise InputError(f"{path.absolute()}: is {what}; a run writes to a folder of this name")
    existing = [path for pattern in WRITTEN for path in Path().glob(pattern)]
    here = [] if Path(".snakemake").exists() and Path("results").exists() else [Path()]
    return next((path for path in [*here, *existing] if not os.access(path, os.W_OK)), None)
