"""A folder that cannot be written, such as an archive: no run can work there, but `verify` can."""

import argparse
import os
from collections.abc import Sequence
from pathlib import Path

from activepool.errors import InputError
from activepool.stages import verify

#: The target of Snakemake that works in such a folder.
TARGET = "verify"

#: What a run writes, in the folder where it works.
FOLDERS = (".snakemake", "results")
WRITTEN = (*FOLDERS, ".snakemake/*/")


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


def verify_alone(folder: Path, arguments: Sequence[str]) -> None:
    """Do what the target `verify` asks for, without Snakemake, which cannot work where it may not write.

    Args:
        folder: the one that cannot be written.
        arguments: Snakemake's of the present run.

    Raises: InputError if they ask for anything else; SystemExit where `verify` finds what does not fit.
    """
    from snakemake.cli import parse_args

    _, given = parse_args(list(arguments))
    if set(given.targets) != {TARGET}:
        raise InputError(
            f"{folder.absolute()}: cannot be written, and a run has to; make it writable, or run in another "
            f"folder (--directory). To check an archive as it is, run snakemake --cores 1 {TARGET}"
        )
    verify.main(argparse.Namespace(results="results"))
