"""Fonts for names in any script: DejaVu Sans, which comes with matplotlib, and what the machine has besides.

A letter that no font has would be drawn as a box. A class whose name holds one is drawn by its number.
"""

from collections.abc import Iterable, Sequence
from functools import cache

from matplotlib.font_manager import fontManager, get_font

#: The font of all figures.
FONT = "DejaVu Sans"

#: What begins the name of the font that comes with matplotlib and has a box for every letter.
FONT_OF_BOXES = "Last Resort"

#: How many names a notice shows.
SHOWN = 3


def families_for(texts: Iterable[str]) -> list[str]:
    """Return the fonts that these texts are drawn with: DejaVu Sans, and few others for what it lacks."""
    families, missing = [FONT], _beyond(texts)
    while missing:
        found = {family: missing & _drawn_by(family, frozenset(missing)) for family in _families()}
        best = max(sorted(found), key=lambda family: len(found[family]), default=None)
        if best is None or not found[best]:
            break
        families.append(best)
        missing -= found[best]
    return families


def drawable(names: Sequence[str]) -> list[str]:
    """Return names of classes as a figure shows them: those that no font can draw as ``class 7``."""
    without = _without_font(names)
    return [f"class {number}" if name in without else name for number, name in enumerate(names)]


def font_notices(names: Sequence[str]) -> list[str]:
    """Return what to say of names that no font can draw: a line, or none."""
    without = [name for name in names if name in _without_font(names)]
    if not without:
        return []
    some = ", ".join([*without[:SHOWN], *(["..."] if len(without) > SHOWN else [])])
    return [
        f"no font of this machine has all letters of {len(without):,} names of classes ({some}), which "
        "figures show by their numbers; install one that has them, such as Noto Sans CJK, and redraw them"
    ]


def _without_font(names: Sequence[str]) -> set[str]:
    letters = _beyond(names)
    for family in families_for(names)[1:]:
        letters -= _drawn_by(family, frozenset(letters))
    return {name for name in names if letters & set(name)}


def _beyond(texts: Iterable[str]) -> set[str]:
    """Return the letters that DejaVu Sans lacks."""
    letters = frozenset(letter for letter in set().union(*texts) if not letter.isascii())
    return set(letters - _drawn_by(FONT, letters))


@cache
def _families() -> dict[str, str]:
    """Return the upright fonts of usual weight that the machine has, by family: the file of each."""
    plain = [
        font for font in fontManager.ttflist if font.style == "normal" and font.weight in (400, "normal")
    ]
    return {
        font.name: font.fname
        for font in sorted(plain, key=lambda font: (font.name, font.fname), reverse=True)
        if not font.name.startswith(FONT_OF_BOXES)
    }


@cache
def _drawn_by(family: str, letters: frozenset[str]) -> frozenset[str]:
    """Return those of the letters of which a font has an outline."""
    try:
        font = get_font(_families()[family])
        return frozenset(letter for letter in letters if font.get_char_index(ord(letter)) and font.scalable)
    except (OSError, RuntimeError, KeyError):  # a font of coloured pictures, or one that has gone
        return frozenset()
