"""Common parts of messages, such as hints that take time to find."""

from collections.abc import Callable

from activepool.ledger.entries import Draft

#: Advice about a damaged export.
EXPORT_AGAIN = "; export it again"

#: What a browser may have saved in place of an export.
WEB_PAGE = "is a web page, such as of a login or an error"


class WrongCellError(Exception):
    """The problem of a cell of a label file: of its sample, its label or its time.

    Its text ends with a hint at what was probably meant, which ``nearest`` searches for only when the text is
    needed, and then with ``end``. Without the hint it is ``plain``.
    """

    def __init__(self, text: str, nearest: Callable[[], str | None] = lambda: None, end: str = "") -> None:
        super().__init__(text)
        self.plain = text + end
        self._text, self._nearest, self._end = text, nearest, end

    def __str__(self) -> str:
        suggestion = self._nearest()
        return self._text + (f"; did you mean {suggestion!r}?" if suggestion else "") + self._end


def contradiction(draft: Draft, earlier: Draft, place: str) -> str:
    """Return the problem that an answer contradicts an earlier one, and the place of that one.

    If their sources differ, they are copies, or one image that was renamed.
    """
    are_copies = draft.source != earlier.source
    copy = f" of {earlier.source!r}" if are_copies else ""
    reason = "the two have the same content, and so one label: " if are_copies else ""
    return (
        f"{draft.who} says {draft.words} of {draft.source!r}, but {earlier.words}{copy} at {place}; "
        f"{reason}keep one of them"
    )
