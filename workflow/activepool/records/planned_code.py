"""Whether a stage is still what its run has planned, and Snakemake will record.

Between the plan and the start of a job its code may be edited and, where jobs wait for a scheduler, the
configuration. What the stage would make then is not what the record says, also when the edit is put back.
"""

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path

from activepool.errors import InputError
from activepool.io.files import read_json

#: The environment variable with what a run makes its files by: what `entry_of` returns, with ``;`` between.
PLANNED = "ACTIVEPOOL_PLANNED"

#: The environment variable that names the folder of the listings, one for each digest of code. A listing is
#: JSON: the digest of the content and that of the syntax of each file, by its path.
LISTINGS = "ACTIVEPOOL_CODE"


def entry_of(depends_on: Mapping[str, str]) -> str:
    """Return what of a provenance is the stage's own: its name, settings and code. These come last."""
    stage, made_by = list(depends_on.items())[-1]
    return f"{stage}: {made_by}"


def check_planned(depends_on: Mapping[str, str]) -> None:
    """Compare a stage with the plan of its run, as far as the environment says what that is.

    Args:
        depends_on: the stage's provenance, as its rule gives it; empty for a stage that is run by hand, which
            no run has planned. Its code is looked for in the listings.

    Raises: InputError if the configuration or a file of the code was edited since.
    """
    if not depends_on:
        return
    entry = entry_of(depends_on)
    planned = os.environ.get(PLANNED)
    if planned is not None and entry not in planned.split(";"):
        raise InputError(
            f"the configuration or the code was edited after this job was submitted (not planned: {entry});"
            " start the run again"
        )
    for path in _edited(entry.rpartition(" ")[2]):
        raise InputError(f"{path}: was edited after the run had begun; start the run again")


def _edited(code: str) -> list[str]:
    """Return the files that have another syntax than the listing of ``code`` says; none without a listing."""
    listing = Path(os.environ.get(LISTINGS, os.devnull), f"{code}.json")
    if not listing.is_file():
        return []
    files = read_json(listing).items()
    return [path for path, (content, syntax) in files if not _is_as_listed(Path(path), content, syntax)]


def _is_as_listed(path: Path, content: str, syntax: str) -> bool:
    try:
        found = path.read_bytes()
    except FileNotFoundError:
        return False
    if hashlib.sha256(found).hexdigest() == content:
        return True
    import ast  # both are needed after an edit alone, and take as long to import as to read all files

    from activepool.records.syntax import syntax_digest

    try:
        return syntax_digest(ast.parse(found)) == syntax
    except SyntaxError:
        return False
