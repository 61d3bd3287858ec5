"""Texts with letters that a program could not save: it wrote ``?`` or U+FFFD for each, once or more."""

import re
import unicodedata
from collections.abc import Iterable

#: What stands in place of letters.
LOST = re.compile("(\\?+|\ufffd+)")

#: What nobody writes, but programs do in place of a letter.
REPLACEMENT = "\ufffd"

#: What is wrong, and what to do about it.
SAVED = "letters lost when the file was saved; save it as UTF-8"


def whole_text(text: str, known: Iterable[str]) -> str | None:
    """Return which known text a text with lost letters may be; None if there is none, or no letter is lost.

    A text of lost letters alone is a known one that has no ASCII letter.
    """
    if not LOST.search(text):
        return None
    found = LOST.split(text.casefold())
    has_letters = any(found[::2])
    mark = "." if has_letters else "[^\0-\x7f]"
    pattern = re.compile(
        "".join(
            f"{mark}{{1,{len(part)}}}" if number % 2 else re.escape(part) for number, part in enumerate(found)
        )
    )
    return next((one for one in known if one != text and any(map(pattern.fullmatch, _spellings(one)))), None)


def _spellings(text: str) -> set[str]:
    """Return a text in Unicode's two ways, with accents in letters and behind them."""
    return {unicodedata.normalize(form, text.casefold()) for form in ("NFC", "NFD")}
