"""The ledger as a file that only grows, safe from crashes, full disks and simultaneous writers.

Beside the ledger ``labels.csv`` lies the folder ``labels.csv.kept`` with a copy of all entries, the lock for
writing, and damaged pieces. Ledger and copy are written whole under other names, then renamed, the copy
first; so either all entries of an append are there, or none.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from activepool.data.annotations import shortened
from activepool.errors import InputError
from activepool.io.files import readable, written_whole
from activepool.ledger.entries import Draft, Entry, History, as_entry, now
from activepool.ledger.hand_edits import corrections
from activepool.ledger.reconciliation import Reconciliation, reconcile
from activepool.ledger.shared_files import file_identity, flush_folder, locked, write_durably
from activepool.ledger.table import Line, Table, parse, table_text


@dataclass(frozen=True)
class Ledger:
    """The entries of a ledger, from number 1 on, and notices for a person; a run mends the ``defects``.

    ``added_lines`` are lines that people added by hand; they get their numbers when the ledger is opened.
    """

    entries: tuple[Entry, ...]
    notices: tuple[str, ...] = ()
    defects: tuple[str, ...] = ()
    added_lines: tuple[Line, ...] = ()


@dataclass
class Book:
    """An open ledger, which nobody else can write."""

    path: Path
    entries: list[Entry]
    _identity: object = field(repr=False)

    def append(self, drafts: Sequence[Draft]) -> list[Entry]:
        """Enter ``drafts``, all of them or none, and return the entries, which are on the disk by then.

        Raises: InputError with a line for each draft that is not valid; OSError if the disk is full.
        """
        time_of_append = now()
        dated = [draft if draft.when else replace(draft, when=time_of_append) for draft in drafts]
        new_entries = [
            as_entry(draft, number) for number, draft in enumerate(dated, start=len(self.entries) + 1)
        ]
        self._require_valid(new_entries)
        if new_entries:
            _write(self.path, [*self.entries, *new_entries], self._identity)
            self._identity = file_identity(self.path)
            self.entries += new_entries
        return new_entries

    def _require_valid(self, new_entries: list[Entry]) -> None:
        history = History.from_entries(self.entries)
        problems = [
            f"{entry.source!r}: batch {entry.batch!r} has gone out before, by the entries up to {last.number}"
            for entry in new_entries
            if entry.is_sending and (last := history.last_sending.get(entry.batch))
        ]
        for entry in new_entries:
            problems += [f"{entry.source!r}: {problem}" for problem in history.problems(entry)]
            history.add(entry)
        if problems:
            raise InputError(*(f"{self.path}: {problem}" for problem in problems))


def read(path: str | Path, is_opened_next: bool = False) -> Ledger:
    """Read a ledger without changing any file; a ledger that does not exist has no entry.

    If it ``is_opened_next``, which mends its defects, notices say that they are mended. Raises InputError
    with a line for each invalid entry that was added by hand, and for each changed entry.
    """
    path = _real_path(path)
    with locked(_lock_path(path), path, for_writing=False):
        reconciled = _load(path)
    defects, notices = tuple(reconciled.defects(path)), reconciled.defects(path, is_opened_next)
    return Ledger(
        tuple(reconciled.entries), (*notices, *reconciled.notices), defects, tuple(reconciled.added_lines)
    )


@contextmanager
def open_book(path: str | Path) -> Iterator[Book]:
    """Open a ledger to append to it, and create it if necessary; others wait until the body ends.

    Lost entries are put back, and those that people added by hand get their numbers. Raises InputError as
    `read` does, and if another process does not release the ledger.
    """
    path = _prepare(path)
    with locked(_lock_path(path), path, for_writing=True):
        identity = file_identity(path)
        reconciled = _load(path)
        _keep_damaged(path, reconciled)
        _write_if_changed(path, reconciled.entries, identity)
        yield Book(path, reconciled.entries, file_identity(path))


def append(path: str | Path, drafts: Sequence[Draft]) -> list[Entry]:
    """Open a ledger and enter ``drafts``, see `Book.append`."""
    with open_book(path) as book:
        return book.append(drafts)


def repair(path: str | Path, edits: str = "refuse", who: str = "") -> tuple[str, ...]:
    """Mend a ledger, and return a line for each action.

    Args:
        edits: the treatment of entries that were changed by hand: ``refuse`` raises InputError; ``undo``
            restores them; ``correct`` restores them and enters the changes as corrections.
        who: the author of the corrections; empty: that of each corrected entry.

    Raises: InputError as `read` does, and for changes that cannot be corrections: changes of sendings, and
    labels that intake would refuse.
    """
    if edits not in ("refuse", "undo", "correct"):
        raise InputError(f"edits: {edits!r} is not known; there are refuse, undo, correct")
    path = _prepare(path)
    with locked(_lock_path(path), path, for_writing=True):
        identity = file_identity(path)
        reconciled = _load(path, allow_changed=edits != "refuse")
        actions = [*reconciled.defects(path, is_mended=True), *reconciled.notices]
        drafts, problems = corrections(reconciled.changed_lines, reconciled.entries, who)
        if edits != "correct":
            drafts = []
        elif problems:
            lines = shortened([f"{path}:{number}: {text}" for number, text in problems])
            raise InputError(*lines, *reconciled.defects(path))
        if reconciled.changed_lines:
            backup = _set_aside(path, "edited", path.read_bytes())
            actions.append(
                f"{path}: {_count(reconciled.changed_lines, 'changed entry')} put back; your file is {backup}"
            )
        _keep_damaged(path, reconciled)
        if drafts:
            Book(path, reconciled.entries, identity).append(drafts)
            actions.append(f"{path}: {_count(drafts, 'correction')} entered")
        else:
            _write_if_changed(path, reconciled.entries, identity)
    return tuple(actions)


def kept_folder(path: str | Path) -> Path:
    """Return the folder beside a ledger that holds its copy and its lock."""
    path = Path(path)
    return path.with_name(f"{path.name}.kept")


def has_copy(path: str | Path) -> bool:
    """Return whether the copy of a ledger is there."""
    return _copy_path(Path(path)).is_file()


def _copy_path(path: Path) -> Path:
    return kept_folder(path) / "copy.csv"


def _lock_path(path: Path) -> Path:
    return kept_folder(path) / "lock"


def _real_path(path: str | Path) -> Path:
    """Return the target of a link, so that an append replaces the file and not the link."""
    return Path(os.path.realpath(path)) if Path(path).is_symlink() else Path(path)


def _prepare(path: str | Path) -> Path:
    path = _real_path(path)
    try:
        kept_folder(path).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{kept_folder(path)}: cannot be made ({error.strerror})") from error
    return path


def _load(path: Path, allow_changed: bool = False) -> Reconciliation:
    content, copy_content = _read_content(path), _read_content(_copy_path(path))
    copy = None if copy_content is None else parse(_copy_path(path), copy_content)
    try:
        table = (copy if content == copy_content else parse(path, content or b"")) or Table()
    except InputError as error:
        if copy is None or not copy.lines:
            raise
        raise InputError(
            *error.args,
            f"{path}: its copy has {len(copy.lines)} entries; move this file away to have it put back",
        ) from error
    if copy is None and table.tail and not table.lines:
        raise InputError(f"{path}: not a ledger; it must be a CSV file that begins with its columns")
    reconciled = reconcile(table, copy)
    if copy is None and table.lines:
        reconciled.notices.append(
            f"{kept_folder(path).name} is not there, so lost entries could not be noticed"
        )
    if reconciled.problems or (reconciled.changed_lines and not allow_changed):
        raise InputError(*reconciled.messages(path))
    reconciled.notices = [f"{path}: {notice}" for notice in reconciled.notices]
    return reconciled


def _keep_damaged(path: Path, reconciled: Reconciliation) -> None:
    if reconciled.tail:
        _set_aside(path, "cut", reconciled.tail)
    if reconciled.is_copy_damaged:
        _set_aside(path, "copy", _copy_path(path).read_bytes())


def _write_if_changed(path: Path, entries: Sequence[Entry], identity: object) -> None:
    """Write a ledger and its copy, unless both have this text already."""
    text = table_text(entries).encode()
    if not all(_read_content(file) == text for file in (path, _copy_path(path))):
        _write(path, entries, identity)


def _read_content(path: Path) -> bytes | None:
    with readable(path), suppress(FileNotFoundError):
        return path.read_bytes()
    return None


def _set_aside(path: Path, kind: str, content: bytes) -> Path:
    """Write content beside the ledger under a new name, and return its path."""
    folder, number = kept_folder(path), 1
    while (backup := folder / f"{kind}-{number}{path.suffix}").exists():
        number += 1
    with written_whole(backup) as temporary:
        write_durably(temporary, content)
    return backup


def _write(path: Path, entries: Sequence[Entry], identity: object) -> None:
    """Replace a ledger and its copy; raises InputError if the ledger has changed since it was read."""
    content = table_text(entries).encode()
    copy = _copy_path(path)
    # The copy, whose block ends first, is renamed first.
    with written_whole(path) as temporary, written_whole(copy) as temporary_copy:
        write_durably(temporary, content)
        write_durably(temporary_copy, content)
        if path.exists():
            temporary.chmod(path.stat().st_mode & 0o777)
        if file_identity(path) != identity:
            raise InputError(f"{path}: another program changed it in the meantime; run again")
    for folder in {path.parent, copy.parent}:
        flush_folder(folder)


def _count(items: Sequence[object], noun: str) -> str:
    """Return the number of items as the subject of a sentence."""
    plural = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"1 {noun} was" if len(items) == 1 else f"{len(items)} {plural} were"
