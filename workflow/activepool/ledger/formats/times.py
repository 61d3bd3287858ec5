"""Times as tools write them, in the form of the ledger."""

from datetime import UTC, datetime, timedelta

from activepool.ledger.entries import is_time

#: So far the clock of an annotator may be ahead.
AHEAD = timedelta(days=1)


def utc(text: object) -> str:
    """Return an ISO 8601 time with its offset as UTC to the second; empty for anything else."""
    if not isinstance(text, str):
        return ""
    try:
        time = datetime.fromisoformat(text.strip())
        return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if time.tzinfo else ""
    except (ValueError, OverflowError):
        return ""


def time_problem(when: str) -> str | None:
    """Return what is wrong with a time of an answer; None if nothing is, or if there is none."""
    if not when:
        return None
    if not is_time(when):
        return (
            "is no time with its offset from UTC, such as 2026-11-28T09:30:00Z; write it so, or leave it out"
        )
    if datetime.fromisoformat(when) > datetime.now(UTC) + AHEAD:
        return "lies in the future; correct it, or leave it out"
    return None
