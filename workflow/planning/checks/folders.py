"""The folder in which a run works: it must be one that can be written, which an archive is not."""

import os
import shlex
import sys
from pathlib import Path

from activepool.errors import InputError

#: What a run writes, in the folder where it works.
FOLDERS = (".snakemake", "results")
WRITTEN = (*FOLDERS, ".snakemake/*/")


def require_writable(library: Path) -> None:
    """Raise InputError if a run here could not write; the message says how to check an archive all the same.

    Args:
        library: the folder that activepool is imported from.
    """
    folder = unwritable_folder()
    if folder is not None:
        verify = shlex.join([sys.executable, "-m", "activepool.stages.verify"])
        raise InputError(
            f"{folder.absolute()}: cannot be written, and a run has to; make it writable, or run in another "
            f"folder (--directory). To check an archive as it is, go to it, and run "
            f"PYTHONPATH={shlex.quote(str(library))} {verify}"
        )


def unwritable_folder() -> Path | None:
    """Return a folder in which a run here would have to write and may not; None if there is none.

    Raises: InputError if one of them is no folder.
    """
    for path in map(Path, FOLDERS):
        if (path.is_symlink() or path.exists()) and not path.is_dir():
            what = "a file" if path.exists() else f"a link to {path.readlink()}, which is not there"
            raise InputError(f"{path.absolute()}: is {what}; a run writes to a folder of this name")
    found = [path for pattern in WRITTEN for path in Path().glob(pattern)]
    here = [] if Path(".snakemake").exists() and Path("results").exists() else [Path()]
    return next((path for path in [*here, *found] if not os.access(path, os.W_OK)), None)
