"""Fonts for names in any script: DejaVu Sans, which comes with matplotlib, and other fonts of the machine.

A letter that no font has would appear as a box. Figures show a class with such a letter by its number.
"""

from collections.abc import Iterable, Sequence
from functools import cache

from matplotlib.font_manager import fontManager, get_font

from activepool.errors import abbreviated

#: The font of all figures.
FONT = "DejaVu Sans"

#: Prefix of the name of matplotlib's font that has a box for every letter.
BOX_FONT = "Last Resort"

#: Largest number of names in a notice.
MAX_EXAMPLES = 3


def families_for(texts: Iterable[str]) -> list[str]:
    """Return the fonts for these texts: DejaVu Sans, and a few others for the letters that it lacks."""
    families, missing = [FONT], _missing_letters(texts)
    while missing:
        letters_of = {
            family: missing & _outlined_letters(family, frozenset(missing)) for family in _families()
        }
        best = max(sorted(letters_of), key=lambda family: len(letters_of[family]), default=None)
        if best is None or not letters_of[best]:
            break
        families.append(best)
        missing -= letters_of[best]
    return families


def drawable_names(names: Sequence[str]) -> list[str]:
    """Return class names as figures show them: ``class 7`` for a name that no font can draw."""
    undrawable = set(_undrawable_names(names))
    return [f"class {number}" if name in undrawable else name for number, name in enumerate(names)]


def font_notices(names: Sequence[str]) -> list[str]:
    """Return a notice about the names that no font can draw, if there are any: one line or none."""
    undrawable = _undrawable_names(names)
    if not undrawable:
        return []
    return [
        f"no font of this machine has all letters of {len(undrawable):,} class names "
        f"({abbreviated(undrawable, MAX_EXAMPLES)}); figures show their numbers instead; "
        "install a font with these letters, such as Noto Sans CJK, and redraw them"
    ]


def _undrawable_names(names: Sequence[str]) -> list[str]:
    letters = _missing_letters(names)
    for family in families_for(names)[1:]:
        letters -= _outlined_letters(family, frozenset(letters))
    return [name for name in names if letters & set(name)]


def _missing_letters(texts: Iterable[str]) -> set[str]:
    """Return the letters that DejaVu Sans lacks."""
    letters = frozenset(letter for letter in set().union(*texts) if not letter.isascii())
    return set(letters - _outlined_letters(FONT, letters))


@cache
def _families() -> dict[str, str]:
    """Return the file of each upright font of normal weight on this machine, by family."""
    fonts = [
        font for font in fontManager.ttflist if font.style == "normal" and font.weight in (400, "normal")
    ]
    return {
        font.name: font.fname
        for font in sorted(fonts, key=lambda font: (font.name, font.fname), reverse=True)
        if not font.name.startswith(BOX_FONT)
    }


@cache
def _outlined_letters(family: str, letters: frozenset[str]) -> frozenset[str]:
    """Return those of ``letters`` that a font has outlines for."""
    try:
        font = get_font(_families()[family])
        return frozenset(letter for letter in letters if font.get_char_index(ord(letter)) and font.scalable)
    except (OSError, RuntimeError, KeyError):  # a font of coloured bitmaps, or one that was removed
        return frozenset()
