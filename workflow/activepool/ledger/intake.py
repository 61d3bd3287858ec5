"""What people answered becomes entries, each once, however often a file is taken in.

A file says what its annotators think at the time of its export, so most of it is known already when it is
taken in again. What an annotator says anew replaces what the same annotator said before. What was corrected
since does not come back from an old file.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from activepool.ledger.book import opened
from activepool.ledger.entries import Draft, Entry
from activepool.ledger.state import standing_numbers

#: How many sources a notice lists.
LISTED = 5


@dataclass(frozen=True)
class Taken:
    """What became of the answers of a file.

    Attributes:
        entries: those that are new.
        known: how many answers the ledger had.
        outdated: answers that their annotators, or somebody for them, replaced since; they are not entered.
        notices: what a person should know, a line each.
    """

    entries: tuple[Entry, ...]
    known: int
    outdated: tuple[Draft, ...]
    notices: tuple[str, ...]


@dataclass
class _News:
    """The answers that a ledger does not have yet."""

    new: list[Draft] = field(default_factory=list)
    known: int = 0
    outdated: list[Draft] = field(default_factory=list)


def take_in(path: str | Path, drafts: Sequence[Draft]) -> Taken:
    """Enter into the ledger what it does not have of some answers, all of it or nothing.

    Raises InputError as `book.opened` and `Book.append` do.
    """
    with opened(path) as book:
        news = _news(book.entries, drafts)
        entries = book.append(news.new)
        notices = [*book.notices]
    if news.outdated:
        sources = [repr(draft.source) for draft in news.outdated[:LISTED]]
        more = " ..." if len(news.outdated) > LISTED else ""
        notices.append(
            f"{path}: answers that later ones replaced are not taken again: {', '.join(sources)}{more}; to "
            "go back to one, withdraw what replaced it"
        )
    return Taken(tuple(entries), news.known, tuple(news.outdated), tuple(notices))


def _news(entries: Sequence[Entry], drafts: Iterable[Draft]) -> _News:
    standing = standing_numbers(entries)
    said: dict[tuple[str, str], list[Entry]] = {}
    batches: dict[str, list[str]] = {}
    for entry in entries:
        if entry.is_answer:
            said.setdefault((entry.who, entry.sample), []).append(entry)
        elif entry.is_sending:
            batches.setdefault(entry.sample, []).append(entry.batch)
    news = _News()
    for draft in drafts:
        before = said.get((draft.who, draft.sample), [])
        last = next((entry for entry in reversed(before) if entry.number in standing), None)
        if last is not None and _says(last, draft):
            news.known += 1
        elif before and _is_outdated(draft, before):
            news.outdated.append(draft)
        else:
            batch = _batch(draft, batches.get(draft.sample, []))
            news.new.append(replace(draft, batch=batch, replaces=last.number if last else draft.replaces))
    return news


def _says(entry: Entry, draft: Draft) -> bool:
    return entry.opinion == (draft.event, draft.label)


def _is_outdated(draft: Draft, before: list[Entry]) -> bool:
    """Return whether an annotator said something since; without times, whatever was said once is old."""
    latest = max(entry.when for entry in before)
    if draft.when and latest:
        return draft.when <= latest
    return any(_says(entry, draft) for entry in before)


def _batch(draft: Draft, sent: list[str]) -> str:
    """Return the batch that an answer is for: the one that it names, or else the last of its sample."""
    return draft.batch if draft.batch in sent else (sent[-1] if sent else "")
