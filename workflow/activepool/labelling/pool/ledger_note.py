"""A note about the ledger of a project, so that no run continues with another ledger or with an old copy.

Only the ledger knows which batches are out: without it they would go out again, with other samples. The note
holds the number of entries and the check of the last one, which depends on all earlier entries
(`activepool.ledger.table`). It is written after the entries. If a run is killed in between, the note is older
than the ledger, which is allowed.
"""

from collections.abc import Sequence
from pathlib import Path

from activepool.errors import InputError
from activepool.io.files import read_json, write_json
from activepool.ledger.book import has_copy, kept_folder
from activepool.ledger.entries import Entry
from activepool.ledger.table import last_check

#: The file of the note, in the folder of the pool.
NOTE = "ledger.json"


def note_ledger(folder: str | Path, ledger: str | Path, entries: Sequence[Entry]) -> None:
    """Write the note about a ledger into the folder of its pool."""
    note = {"ledger": str(ledger), "entries": len(entries), "check": last_check(entries)}
    write_json(Path(folder) / NOTE, note)


def require_noted(folder: str | Path, ledger: str | Path, entries: Sequence[Entry], results: str) -> None:
    """Raise InputError if a ledger lacks noted entries, or has others in their place."""
    path = Path(folder) / NOTE
    if not path.is_file():
        return
    note = read_json(path)
    try:
        noted_path, count, check = note["ledger"], int(note["entries"]), note["check"]
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"{path}: not a note of a ledger; delete the file") from error
    if len(entries) < count:
        problem = f"has {len(entries)} entries, but this project's ledger, {noted_path}, had {count}"
    elif last_check(entries[:count]) != check:
        problem = f"has other entries than this project's ledger, {noted_path}, had up to number {count}"
    else:
        return
    # The copy of the ledger itself was used when the ledger was read.
    has_other_copy = Path(noted_path) != Path(ledger) and has_copy(noted_path)
    place = f"(its copy is in {kept_folder(noted_path)})" if has_other_copy else "from a backup"
    raise InputError(
        f"{ledger}: {problem}; bring that one back {place}, or correct the key ledger; to start over, and "
        f"forget what went out, delete {results}"
    )
