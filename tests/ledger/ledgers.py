"""Samples, drafts and entries for the tests of the ledger."""

import hashlib
from pathlib import Path

from activepool.ledger.book import append, open_book
from activepool.ledger.entries import Draft, Entry, as_entry
from activepool.ledger.intake import Intake, plan
from activepool.ledger.pool_samples import PoolSamples


def sample(name: object) -> str:
    return hashlib.sha256(str(name).encode()).hexdigest()


def draft(event="label", of="a.jpg", who="anna", **more) -> Draft:
    more = {"label": "cat"} | more if event == "label" else more
    return Draft(event=event, sample=sample(of), source=str(of), who=who, **more)


def sent(*names, batch="1", event="sent") -> list[Draft]:
    return [draft(event, name, "activepool", batch=batch) for name in names]


def entries(*drafts) -> list[Entry]:
    return [as_entry(item, number) for number, item in enumerate(drafts, start=1)]


def take_in(path: Path, drafts) -> Intake:
    """Enter the answers that a ledger lacks."""
    with open_book(path) as book:
        intake = plan(book.entries, drafts)
        book.append(intake.entries)
        return intake


def pool(*sources, **options) -> PoolSamples:
    options = {"root": "/data/photographs"} | options
    return PoolSamples([sample(source) for source in sources], list(sources), **options)


def small_ledger(folder: Path) -> Path:
    """Write a ledger of a batch of three, and two labels."""
    path = folder / "labels.csv"
    append(path, sent("a", "b", "c, d"))
    append(path, [draft(of="a"), draft(of="b", label="Katze, groß")])
    return path


def by_hand(source="a", number="") -> bytes:
    """Return a line that a person adds to the ledger."""
    return f"{number},,bob,label,{sample(source)},{source},,dog,,,\n".encode()
