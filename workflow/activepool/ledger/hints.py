"""Mistakes with a hint that takes time to find."""

from collections.abc import Callable


class HintedError(Exception):
    """What is wrong. Its text includes the hint, which is looked for only when somebody asks for the text.

    Attributes:
        plain: the text without the hint.

    Args:
        text: what is wrong.
        hint: finds what was meant; empty if nothing was.
        end: what follows the hint.
    """

    def __init__(self, text: str, hint: Callable[[], str] = str, end: str = "") -> None:
        super().__init__(text)
        self.plain = text + end
        self._text, self._hint, self._end = text, hint, end

    def __str__(self) -> str:
        return self._text + self._hint() + self._end
