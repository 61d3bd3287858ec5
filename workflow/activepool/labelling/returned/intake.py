"""The intake of labels that came back from people: from the folder ``returned`` into the ledger.

All files are read before any answer is entered, and a single mistake keeps all of them out. A file may stay
in the folder for ever: answers that the ledger has are not entered again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from activepool.errors import InputError
from activepool.labelling.returned.cache import ReturnedCache
from activepool.labelling.returned.files import label_files
from activepool.labelling.returned.reading import Reading
from activepool.labelling.returned.report import IntakeReport, look_alike_notices, printable, replaced_notice
from activepool.ledger.book import open_book
from activepool.ledger.entries import Entry
from activepool.ledger.intake import plan
from activepool.ledger.pool_samples import PoolSamples
from activepool.ledger.state import state_of


@dataclass(frozen=True)
class PlannedIntake:
    """What came back from people, read and checked, and not yet entered.

    The ``report`` has the entries to add to the ``earlier`` ones, which the ledger had when the files were
    read.
    """

    ledger: Path
    earlier: tuple[Entry, ...]
    report: IntakeReport
    _cache: ReturnedCache

    def enter(self) -> list[Entry]:
        """Enter all answers, or none, and return the entries of the ledger.

        Opening the ledger also numbers and copies lines that were added by hand, and restores lost entries.

        Raises: InputError if the ledger has other entries than when the files were read; as `open_book`.
        """
        with open_book(self.ledger) as book:
            if tuple(book.entries) != self.earlier:
                raise InputError(f"{self.ledger}: another program changed it in the meantime; run again")
            book.append(self.report.entries)
        self._cache.save()
        return book.entries


def read_returned(
    folder: str | Path,
    ledger: str | Path,
    entries: Sequence[Entry],
    samples: PoolSamples,
    classes: Sequence[str],
    may_grow: bool,
    cache: str | Path,
) -> PlannedIntake:
    """Read what came back from people, all files of a folder, and change no file.

    Args:
        folder: of the files that people return; it may be missing.
        ledger: path of the ledger that has these ``entries``.
        classes: of the configuration; those of earlier labels are known as well.
        may_grow: whether another label is a new class, and not a mistake.
        cache: JSON file of the `ReturnedCache`; it may be missing.

    Raises: InputError with a line for each mistake of all files.
    """
    past_answers = {(entry.sample, entry.who, *entry.opinion) for entry in entries if entry.is_answer}
    state = state_of(entries, classes)
    returned_cache, files = ReturnedCache(Path(cache)), label_files(Path(folder))
    reading = Reading(
        samples,
        classes=list(state.classes),
        may_grow=may_grow,
        past_answers=past_answers,
        standing=set((state.training_labels | state.audit_labels).items()),
        cache=returned_cache,
        is_forgotten=returned_cache.is_empty and bool(past_answers),
        mistakes=files.mistakes,
        notices=files.notices,
    )
    for path in files.paths:
        reading.add(path)
    intake = plan(entries, reading.drafts)
    reading.require_clear(intake)
    if reading.mistakes:
        outcome = f"{folder}: nothing was taken in; correct these mistakes, and run again"
        raise InputError(*map(printable, [*reading.mistakes, outcome]))
    reading.share_out(intake.outcomes)
    new_classes = reading.labels_of_new_classes()
    notices = [
        *reading.file_notices(new_classes),
        *replaced_notice(ledger, entries, state.disputed, intake.entries),
        *look_alike_notices(entries, intake.entries),
        *intake.notices,
        *reading.outdated_notices(folder),
    ]
    lines = tuple(map(printable, notices))
    report = IntakeReport(str(folder), tuple(reading.files), intake.entries, tuple(new_classes), lines)
    return PlannedIntake(Path(ledger), tuple(entries), report, returned_cache)
