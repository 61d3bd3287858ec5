"""Whether a stage is still the one that its run planned.

Somebody may edit its code between the plan and the start of a job or, while jobs wait for a scheduler, the
configuration. The stage would then make other files than Snakemake records, even if the edit is undone later.
"""

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path

from activepool.errors import InputError
from activepool.io.files import read_json

#: The environment variable with the stages that a run planned: the results of `entry_of`, separated by ``;``.
PLANNED = "ACTIVEPOOL_PLANNED"

#: The environment variable that names the folder of the listings, one for each digest of code. A listing is
#: JSON: for each path the digests of the file's content and of its syntax.
LISTINGS = "ACTIVEPOOL_CODE"


def entry_of(depends_on: Mapping[str, str]) -> str:
    """Return the stage's own entry of a provenance, the last: its name, settings and code."""
    stage, made_by = list(depends_on.items())[-1]
    return f"{stage}: {made_by}"


def check_planned(depends_on: Mapping[str, str]) -> None:
    """Compare a stage with the plan of its run, if the environment has one.

    ``depends_on`` is its provenance from its rule; empty for a stage that somebody starts by hand.

    Raises: InputError if the configuration or a file of the code was edited in the meantime.
    """
    if not depends_on:
        return
    entry = entry_of(depends_on)
    entries = os.environ.get(PLANNED)
    if entries is not None and entry not in entries.split(";"):
        raise InputError(
            f"the configuration or the code was edited after this job was submitted (not planned: {entry});"
            " start the run again"
        )
    for path in _edited_files(entry.rpartition(" ")[2]):
        raise InputError(f"{path}: was edited after the run had begun; start the run again")


def _edited_files(code: str) -> list[str]:
    """Return the files whose syntax differs from the listing of ``code``; none without a listing."""
    listing = Path(os.environ.get(LISTINGS, os.devnull), f"{code}.json")
    if not listing.is_file():
        return []
    files = read_json(listing).items()
    return [path for path, (content, syntax) in files if not _matches_listing(Path(path), content, syntax)]


def _matches_listing(path: Path, content: str, syntax: str) -> bool:
    try:
        source = path.read_bytes()
    except FileNotFoundError:
        return False
    if hashlib.sha256(source).hexdigest() == content:
        return True
    import ast  # needed only after an edit; the import takes as long as reading all files

    from activepool.records.syntax import syntax_digest

    try:
        return syntax_digest(ast.parse(source)) == syntax
    except SyntaxError:
        return False
