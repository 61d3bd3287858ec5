"""Texts with letters that a program could not save: it wrote one or more ``?`` or U+FFFD for each."""

import re
import unicodedata
from collections.abc import Iterable

#: What programs write in place of letters.
LOST_LETTERS = re.compile("(\\?+|\ufffd+)")

#: The character that only programs write in place of a letter.
REPLACEMENT = "\ufffd"

#: The problem, and what to do about it.
LOSS_PROBLEM = "letters lost when the file was saved; save it as UTF-8"


def whole_text(text: str, candidates: Iterable[str]) -> str | None:
    """Return the candidate that a text with lost letters may be; None if there is none, or no letter is lost.

    A text with only lost letters may be a candidate without ASCII letters.
    """
    if not LOST_LETTERS.search(text):
        return None
    pieces = LOST_LETTERS.split(text.casefold())
    has_letters = any(pieces[::2])
    letter = "." if has_letters else "[^\0-\x7f]"
    pattern = re.compile(
        "".join(
            f"{letter}{{1,{len(part)}}}" if number % 2 else re.escape(part)
            for number, part in enumerate(pieces)
        )
    )
    matches = (name for name in candidates if any(map(pattern.fullmatch, _spellings(name))))
    return next((name for name in matches if name != text), None)


def _spellings(text: str) -> set[str]:
    """Return a text in Unicode's two normal forms, with accents inside and after their letters."""
    return {unicodedata.normalize(form, text.casefold()) for form in ("NFC", "NFD")}
