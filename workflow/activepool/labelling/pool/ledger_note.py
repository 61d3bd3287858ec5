"""A note of the ledger that a project has used, so that no run goes on with another one or with an old copy.

The ledger alone knows which batches are out: without it they would go out again, with other samples. The note
holds the number of entries and the check of the last, which depends on all before it
(`activepool.ledger.table`). It is written after the entries. If a run is killed in between, the note is older
than the ledger, which is allowed.
"""

from collections.abc import Sequence
from pathlib import Path

from activepool.errors import InputError
from activepool.io.files import read_json, write_json
from activepool.ledger.book import has_kept_copy, kept_folder
from activepool.ledger.entries import Entry
from activepool.ledger.table import last_check

#: The file of the note, in the folder of the pool.
NOTE = "ledger.json"


def note_ledger(folder: str | Path, ledger: str | Path, entries: Sequence[Entry]) -> None:
    """Note, in the folder of a pool, the entries that its ledger has."""
    note = {"ledger": str(ledger), "entries": len(entries), "check": last_check(entries)}
    write_json(Path(folder) / NOTE, note)


def require_noted(folder: str | Path, ledger: str | Path, entries: Sequence[Entry], results: str) -> None:
    """Raise InputError if a ledger lacks entries that were noted, or has others in their place."""
    path = Path(folder) / NOTE
    if not path.is_file():
        return
    note = read_json(path)
    try:
        before, count, check = note["ledger"], int(note["entries"]), note["check"]
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"{path}: not a note of a ledger; delete the file") from error
    if len(entries) < count:
        found = f"has {len(entries)} entries, but this project's ledger, {before}, had {count}"
    elif last_check(entries[:count]) != check:
        found = f"has other entries than this project's ledger, {before}, had up to number {count}"
    else:
        return
    # A copy beside the ledger itself was looked at when it was read.
    has_copy = Path(before) != Path(ledger) and has_kept_copy(before)
    place = f"(its copy is in {kept_folder(before)})" if has_copy else "from a backup"
    raise InputError(
        f"{ledger}: {found}; bring that one back {place}, or correct the key ledger; to start over, and "
        f"forget what went out, delete {results}"
    )
