"""Times as tools write them, in the form of the ledger."""

from datetime import UTC, datetime


def utc(text: object) -> str:
    """Return an ISO 8601 time with its offset as UTC to the second; empty for anything else."""
    if not isinstance(text, str):
        return ""
    try:
        time = datetime.fromisoformat(text.strip())
        return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if time.tzinfo else ""
    except (ValueError, OverflowError):
        return ""
