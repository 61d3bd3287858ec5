"""The ledger as a file that only grows, safe from crashes, full disks, and two who write at once.

Beside the ledger ``labels.csv`` lies the folder ``labels.csv.kept`` with a copy of all entries, the lock for
writing, and whatever was found damaged. Ledger and copy are written whole under other names, then renamed,
the copy first; so all entries of an append are there, or none.
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
from activepool.ledger.reconciliation import Reconciled, reconcile
from activepool.ledger.shared_files import flush_folder, identity, locked, write_durably
from activepool.ledger.table import Line, Table, parse, table_text


@dataclass(frozen=True)
class Ledger:
    """What a ledger holds: its entries, from number 1 on, and what a person should know of it, a line each.

    ``defects`` are the notices of what a run puts right. ``added`` are the lines that people added by hand;
    they get their numbers when the ledger is opened.
    """

    entries: tuple[Entry, ...]
    notices: tuple[str, ...] = ()
    defects: tuple[str, ...] = ()
    added: tuple[Line, ...] = ()


@dataclass
class Book:
    """An open ledger, which nobody else writes meanwhile; ``notices`` say what a person should know."""

    path: Path
    entries: list[Entry]
    notices: list[str]
    _seen: object = field(repr=False)

    def append(self, drafts: Sequence[Draft]) -> list[Entry]:
        """Enter ``drafts``, all of them or none, and return the entries, which are on the disk by then.

        Raises: InputError with a line for each draft that is not valid; OSError if the disk is full.
        """
        time_of_append = now()
        dated = [draft if draft.when else replace(draft, when=time_of_append) for draft in drafts]
        new = [as_entry(draft, number) for number, draft in enumerate(dated, start=len(self.entries) + 1)]
        self._require_valid(new)
        if new:
            _write(self.path, [*self.entries, *new], self._seen)
            self._seen = identity(self.path)
            self.entries += new
        return new

    def _require_valid(self, new: list[Entry]) -> None:
        history = History.from_entries(self.entries)
        problems = [
            f"{entry.source!r}: batch {entry.batch!r} has gone out before, by the entries up to {last.number}"
            for entry in new
            if entry.is_sending and (last := history.last_of_batch.get(entry.batch))
        ]
        for entry in new:
            problems += [f"{entry.source!r}: {problem}" for problem in history.problems(entry)]
            history.add(entry)
        if problems:
            raise InputError(*(f"{self.path}: {problem}" for problem in problems))


def read(path: str | Path, is_opened_next: bool = False) -> Ledger:
    """Return what a ledger holds, and change no file; a ledger that is not there has no entry.

    Notices call what is to be put right done already if it ``is_opened_next``.
    Raises InputError with a line for each invalid entry that was added by hand, and for each changed entry.
    """
    path = _real(path)
    with locked(_lock(path), path, for_writing=False):
        reconciled = _load(path)
    defects, told = tuple(reconciled.defects(path)), reconciled.defects(path, is_opened_next)
    return Ledger(tuple(reconciled.entries), (*told, *reconciled.notices), defects, tuple(reconciled.added))


@contextmanager
def opened(path: str | Path) -> Iterator[Book]:
    """Open a ledger to append to it, and make it if it is not there; others wait until the body ends.

    Lost entries are put back, and those that people added by hand get their numbers.
    Raises InputError as `read` does, and if another process does not let go of the ledger.
    """
    path = _prepared(path)
    with locked(_lock(path), path, for_writing=True):
        seen = identity(path)
        reconciled = _load(path)
        _keep_damaged(path, reconciled)
        _write_if_other(path, reconciled.entries, seen)
        notices = [*reconciled.defects(path, is_mended=True), *reconciled.notices]
        yield Book(path, reconciled.entries, notices, identity(path))


def append(path: str | Path, drafts: Sequence[Draft]) -> list[Entry]:
    """Open a ledger and enter ``drafts``, see `Book.append`."""
    with opened(path) as book:
        return book.append(drafts)


def repair(path: str | Path, edits: str = "refuse", who: str = "") -> tuple[str, ...]:
    """Put a ledger in order, and return a line for each thing that was done.

    Args:
        edits: what becomes of entries that were changed by hand: ``refuse`` raises InputError; ``undo`` puts
            back what they said; ``correct`` does so and enters what they say now as corrections.
        who: whose corrections they are; empty: of those whose entries they correct.

    Raises: InputError as `read` does, and for changes that cannot be corrections: those of sendings, and
    labels that intake would refuse.
    """
    if edits not in ("refuse", "undo", "correct"):
        raise InputError(f"edits: {edits!r} is not known; there are refuse, undo, correct")
    path = _prepared(path)
    with locked(_lock(path), path, for_writing=True):
        seen = identity(path)
        reconciled = _load(path, allow_changed=edits != "refuse")
        actions = [*reconciled.defects(path, is_mended=True), *reconciled.notices]
        drafts, problems = corrections(reconciled.changed, reconciled.entries, who)
        if edits != "correct":
            drafts = []
        elif problems:
            lines = shortened([f"{path}:{number}: {text}" for number, text in problems])
            raise InputError(*lines, *reconciled.defects(path))
        if reconciled.changed:
            aside = _set_aside(path, "edited", path.read_bytes())
            actions.append(
                f"{path}: {_count(reconciled.changed, 'changed entry')} put back; your file is {aside}"
            )
        _keep_damaged(path, reconciled)
        if drafts:
            Book(path, reconciled.entries, [], seen).append(drafts)
            actions.append(f"{path}: {_count(drafts, 'correction')} entered")
        else:
            _write_if_other(path, reconciled.entries, seen)
    return tuple(actions)


def kept_folder(path: str | Path) -> Path:
    """Return the folder beside a ledger that holds its copy and its lock."""
    path = Path(path)
    return path.with_name(f"{path.name}.kept")


def has_kept_copy(path: str | Path) -> bool:
    """Return whether the copy of a ledger is there."""
    return _copy(Path(path)).is_file()


def _copy(path: Path) -> Path:
    return kept_folder(path) / "copy.csv"


def _lock(path: Path) -> Path:
    return kept_folder(path) / "lock"


def _real(path: str | Path) -> Path:
    """Return where a link leads, so that an append replaces the file and not the link."""
    return Path(os.path.realpath(path)) if Path(path).is_symlink() else Path(path)


def _prepared(path: str | Path) -> Path:
    """Make the folder of a ledger's copy, and return where the ledger really lies."""
    path = _real(path)
    try:
        kept_folder(path).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{kept_folder(path)}: cannot be made ({error.strerror})") from error
    return path


def _load(path: Path, allow_changed: bool = False) -> Reconciled:
    """Return what a ledger holds; raises InputError for mistakes in it."""
    content, copied = _content(path), _content(_copy(path))
    kept = None if copied is None else parse(_copy(path), copied)
    try:
        table = (kept if content == copied else parse(path, content or b"")) or Table()
    except InputError as error:
        if kept is None or not kept.lines:
            raise
        raise InputError(
            *error.args,
            f"{path}: its copy has {len(kept.lines)} entries; move this file away to have it put back",
        ) from error
    if kept is None and table.tail and not table.lines:
        raise InputError(f"{path}: not a ledger; it must be a CSV file that begins with its columns")
    reconciled = reconcile(table, kept)
    if kept is None and table.lines:
        reconciled.notices.append(
            f"{kept_folder(path).name} is not there, so lost entries could not be noticed"
        )
    if reconciled.problems or (reconciled.changed and not allow_changed):
        raise InputError(*reconciled.messages(path))
    reconciled.notices = [f"{path}: {notice}" for notice in reconciled.notices]
    return reconciled


def _keep_damaged(path: Path, reconciled: Reconciled) -> None:
    if reconciled.tail:
        _set_aside(path, "cut", reconciled.tail)
    if reconciled.is_copy_damaged:
        _set_aside(path, "copy", _copy(path).read_bytes())


def _write_if_other(path: Path, entries: Sequence[Entry], seen: object) -> None:
    """Write a ledger and its copy unless both have this text already."""
    text = table_text(entries).encode()
    if not all(_content(file) == text for file in (path, _copy(path))):
        _write(path, entries, seen)


def _content(path: Path) -> bytes | None:
    with readable(path), suppress(FileNotFoundError):
        return path.read_bytes()
    return None


def _set_aside(path: Path, kind: str, content: bytes) -> Path:
    """Keep content beside the ledger under a new name, and return its path."""
    folder, number = kept_folder(path), 1
    while (aside := folder / f"{kind}-{number}{path.suffix}").exists():
        number += 1
    with written_whole(aside) as temporary:
        write_durably(temporary, content)
    return aside


def _write(path: Path, entries: Sequence[Entry], seen: object) -> None:
    """Replace a ledger and its copy; raises InputError if the ledger has changed since it was read."""
    content = table_text(entries).encode()
    copy = _copy(path)
    # The copy, whose block ends first, is renamed first.
    with written_whole(path) as temporary, written_whole(copy) as temporary_copy:
        write_durably(temporary, content)
        write_durably(temporary_copy, content)
        if path.exists():
            temporary.chmod(path.stat().st_mode & 0o777)
        if identity(path) != seen:
            raise InputError(f"{path}: another program changed it in the meantime; run again")
    for folder in {path.parent, copy.parent}:
        flush_folder(folder)


def _count(things: Sequence[object], name: str) -> str:
    """Return how many there are, as the subject of a sentence."""
    several = f"{name[:-1]}ies" if name.endswith("y") else f"{name}s"
    return f"1 {name} was" if len(things) == 1 else f"{len(things)} {several} were"
