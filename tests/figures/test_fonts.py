"""Names in scripts that the font of the figures lacks: by another font of the machine, or by numbers."""

import warnings

import numpy as np
import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from matplotlib import font_manager
from PIL import Image

from activepool.figures import fonts
from activepool.figures.contact_sheet import RoundPicks, write_sheet
from activepool.figures.fonts import FONT, drawable_names, families_for, font_notices

#: Letters of a script that has no use: no font of any machine has them, but for those made here.
FIRST, SECOND, THIRD = "\U000f0001", "\U000f0002", "\U000f0003"


def font_file(path, family, letters):
    """Write a font in which each of the letters is a square."""
    pen = TTGlyphPen(None)
    pen.moveTo((0, 0))
    for corner in ((0, 800), (800, 800), (800, 0)):
        pen.lineTo(corner)
    pen.closePath()
    names = [".notdef", *(f"letter{number}" for number in range(len(letters)))]
    builder = FontBuilder(1000, isTTF=True)
    builder.setupGlyphOrder(names)
    builder.setupCharacterMap({ord(letter): name for letter, name in zip(letters, names[1:], strict=True)})
    builder.setupGlyf(dict.fromkeys(names, pen.glyph()))
    builder.setupHorizontalMetrics(dict.fromkeys(names, (1000, 0)))
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupNameTable({"familyName": family, "styleName": "Regular"})
    builder.setupOS2()
    builder.setupPost()
    builder.save(path)
    return path


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Return install(family, letters): makes a font, and the machine's as far as matplotlib knows."""
    manager = font_manager.fontManager
    monkeypatch.setattr(manager, "ttflist", list(manager.ttflist))
    fonts._families.cache_clear()
    fonts._outlined_letters.cache_clear()

    def add(family, letters):
        manager.addfont(font_file(tmp_path / f"{family}.ttf", family, letters))
        fonts._families.cache_clear()
        fonts._outlined_letters.cache_clear()

    yield add
    fonts._families.cache_clear()
    fonts._outlined_letters.cache_clear()


def test_names_that_the_usual_font_has_need_no_other():
    names = ["cat", "Ångström", "ёж", "γάτα"]
    assert families_for(names) == families_for([]) == [FONT]
    assert drawable_names(names) == names
    assert font_notices(names) == []


def test_the_fewest_fonts_that_have_the_letters(install):
    install("B Two", FIRST + SECOND)
    install("A One", FIRST)
    install("C Three", THIRD)
    assert families_for([f"x{FIRST}", SECOND]) == [FONT, "B Two"]
    assert families_for([FIRST]) == [FONT, "A One"]
    assert families_for([FIRST, SECOND + THIRD]) == [FONT, "B Two", "C Three"]
    assert drawable_names([FIRST, SECOND + THIRD]) == [FIRST, SECOND + THIRD]


def test_what_no_font_has_is_drawn_by_number_and_said(install):
    install("A One", FIRST)
    names = ["cat", f"{FIRST}{SECOND}", FIRST, THIRD]
    assert drawable_names(names) == ["cat", "class 1", FIRST, "class 3"]
    (notice,) = font_notices(names)
    assert notice.startswith(
        f"no font of this machine has all letters of 2 class names ({FIRST}{SECOND}, {THIRD}); figures"
    )


def test_a_damaged_font_file_is_skipped(install, tmp_path):
    install("A One", FIRST)
    (tmp_path / "A One.ttf").write_text("no font")
    fonts._outlined_letters.cache_clear()
    assert drawable_names(["cat", SECOND]) == ["cat", "class 1"]


@pytest.mark.parametrize("has_font", [True, False])
def test_a_contact_sheet_holds_no_boxes(install, tmp_path, has_font):
    if has_font:
        install("A One", FIRST)
    picks = RoundPicks(0, np.array([0, 1]), None, np.zeros((2, 96, 96, 3), dtype=np.uint8))
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # as which matplotlib tells of a letter that is missing
        write_sheet(tmp_path / "named.png", "title", [picks], ["cat", FIRST])
        write_sheet(tmp_path / "numbered.png", "title", [picks], ["cat", "class 1"])
    named, numbered = (np.asarray(Image.open(tmp_path / f"{name}.png")) for name in ("named", "numbered"))
    assert np.array_equal(named, numbered) != has_font
