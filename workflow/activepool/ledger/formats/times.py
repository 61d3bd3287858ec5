"""Times, from the form of people and tools into that of the ledger."""

from datetime import UTC, datetime, timedelta

from activepool.ledger.messages import WrongCellError

#: The most that an annotator's clock may be ahead.
MAX_AHEAD = timedelta(days=1)

#: The earliest plausible time. The zeros of clocks and spreadsheets are earlier (1899, 1904, 1970 of Unix,
#: 1980 of DOS), and so are seconds that were read as milliseconds; labels of digital images are later.
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)

#: The characters of a wrong time that a message quotes.
MAX_QUOTED = 40


def utc(text: str) -> str:
    """Return an ISO 8601 time with an offset from UTC in the form of the ledger: in UTC, to the second.

    Raises: WrongCellError for any other text, and for a time at which nobody can have answered.
    """
    quoted = f"{text[:MAX_QUOTED]!r}{'...' * (len(text) > MAX_QUOTED)}"
    time = _parsed(text)
    if time is None:
        raise WrongCellError(
            f"{quoted} is not a time with its offset from UTC, such as 2026-11-28T09:30:00Z; write it so, or "
            "leave it out"
        )
    if time < EARLIEST:
        raise WrongCellError(
            f"{quoted} lies before {EARLIEST.year}, as the zero of a clock does; correct it, or leave it out"
        )
    if time > datetime.now(UTC) + MAX_AHEAD:
        raise WrongCellError(f"{quoted} lies in the future; correct it, or leave it out")
    return f"{time.replace(tzinfo=None, microsecond=0).isoformat()}Z"


def _parsed(text: str) -> datetime | None:
    """Return a time in UTC; None if the text is not a time, or lacks its offset."""
    try:
        time = datetime.fromisoformat(text.strip())
        return time.astimezone(UTC) if time.tzinfo else None
    except (ValueError, OverflowError):
        return None
