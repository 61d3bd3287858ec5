"""What messages have in common, such as hints that take time to find."""

from collections.abc import Callable

from activepool.ledger.entries import Draft

#: What to do about a damaged export.
EXPORT_AGAIN = "; export it again"

#: What a browser may have saved in place of an export.
WEB_PAGE = "is a web page, such as of a login or an error"


class HintedError(Exception):
    """What is wrong. Its text ends with a hint, which is looked for only when somebody asks for the text.

    Args:
        text: what is wrong.
        nearest: finds what was meant; None if nothing was.
        end: what follows the hint; without one, the text is ``plain``.
    """

    def __init__(self, text: str, nearest: Callable[[], str | None] = lambda: None, end: str = "") -> None:
        super().__init__(text)
        self.plain = text + end
        self._text, self._nearest, self._end = text, nearest, end

    def __str__(self) -> str:
        near = self._nearest()
        return self._text + (f"; did you mean {near!r}?" if near else "") + self._end


def contradiction(draft: Draft, before: Draft, place: str) -> str:
    """Say that an answer to a sample contradicts one before, and where that one is.

    Their sources are as the rows have them; two different ones are copies, or one image that was renamed.
    """
    given, other = (repr(answer.label) if answer.label else answer.event for answer in (draft, before))
    are_copies = draft.source != before.source
    copy = f" of {before.source!r}" if are_copies else ""
    why = "the two have the same content, and so one label: " if are_copies else ""
    return (
        f"{draft.who} says {given} of {draft.source!r}, but {other}{copy} at {place}; {why}leave one of them"
    )
