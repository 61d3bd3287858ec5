"""Texts that files of results, and lines of messages, can hold."""


def is_storable(text: str) -> bool:
    """Return whether our files can hold a text: it has no NUL, and no half of a character."""
    try:
        return b"\0" not in text.encode()
    except UnicodeEncodeError:
        return False


def has_line_break(text: str) -> bool:
    """Return whether a text would break a line of a message or of an index file."""
    return len(text.splitlines()) > 1


def text_problem(text: str) -> str | None:
    """Return why neither files nor lines can hold a text; None if they can."""
    if not is_storable(text):
        return "is not text"
    return "has a line break" if has_line_break(text) else None
