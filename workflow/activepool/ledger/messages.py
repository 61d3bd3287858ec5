"""What messages have in common, such as hints that take time to find."""

from collections.abc import Callable

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
