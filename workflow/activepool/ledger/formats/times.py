"""Times as people and tools write them, and in the form of the ledger."""

from datetime import UTC, datetime, timedelta

#: How far the clock of an annotator may be ahead.
AHEAD = timedelta(days=1)

#: The earliest plausible time. The zeros of clocks and spreadsheets lie before it (1899, 1904, 1970 of Unix,
#: 1980 of DOS), and so do seconds that were read as milliseconds; labels of digital images are younger.
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)

#: How many characters of a text that is no time a message shows.
SHOWN = 40


class WrongTimeError(Exception):
    """A text that is no time of an answer: what is wrong with it, and what would be right."""


def utc(text: str) -> str:
    """Return an ISO 8601 time with an offset from UTC in the form of the ledger: in UTC, to the second.

    Raises: WrongTimeError, whose text begins with the time, for any other text, and for a time at which
    nobody can have answered.
    """
    shown = f"{text[:SHOWN]!r}{'...' * (len(text) > SHOWN)}"
    time = _parsed(text)
    if time is None:
        raise WrongTimeError(
            f"{shown} is no time with its offset from UTC, such as 2026-11-28T09:30:00Z; write it so, or "
            "leave it out"
        )
    if time < EARLIEST:
        raise WrongTimeError(
            f"{shown} lies before {EARLIEST.year}, as the zero of a clock does; correct it, or leave it out"
        )
    if time > datetime.now(UTC) + AHEAD:
        raise WrongTimeError(f"{shown} lies in the future; correct it, or leave it out")
    return f"{time.replace(tzinfo=None, microsecond=0).isoformat()}Z"


def _parsed(text: str) -> datetime | None:
    """Return a time in UTC; None if the text is none, or lacks its offset."""
    try:
        time = datetime.fromisoformat(text.strip())
        return time.astimezone(UTC) if time.tzinfo else None
    except (ValueError, OverflowError):
        return None
