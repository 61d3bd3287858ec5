"""The names of annotators, as people and tools write them, and in the form of the ledger."""

import re
import unicodedata
from collections.abc import Callable, Iterable

from activepool.data.class_names import loose_form, reads_as_missing
from activepool.ledger.classes import unseen_form
from activepool.ledger.entries import SAMPLE, has_control
from activepool.ledger.formats.batch import PROGRAM
from activepool.ledger.formats.lost_letters import REPLACEMENT, SAVED
from activepool.ledger.formats.slips import FORMULA, IMAGE_NAME, has_no_letter

#: The longest name, in characters; the names and addresses of several people, or a remark, are longer.
LONGEST = 100

#: How many characters of a longer one a message shows.
SHOWN = 20

#: What other columns hold, which may have been exchanged with that of the annotator, and how to tell.
OTHER_CELLS: dict[str, Callable[[str], object]] = {
    "a time": re.compile(r"\d{1,4}[-/.]\d\d?[-/.]\d{1,4}([T ].*)?").fullmatch,
    "the name of an image": IMAGE_NAME.search,
    "the content of an image": SAMPLE.fullmatch,
}

#: What programs write for an empty cell; only as they write it, for there are people called Null and Nan.
MISSING = ("nan", "NaN", "None", "null", "NULL", "NA", "n/a", "N/A", "<NA>", "NaT")

#: Letters of some scripts that look like nothing.
BLANK_LETTERS = "\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0"

#: What joins or parts letters; Persian and Indian names and pictures need it, names in our alphabets do not.
JOINERS = "\u200c\u200d"
USELESS_JOINER = re.compile(f"(?<![^\u0000-\u052f])[{JOINERS}]|[{JOINERS}](?![^\u0000-\u052f])")


def annotator_name(written: str) -> str:
    """Return a name without invisible characters, so that one person has one name."""
    return unseen_form(USELESS_JOINER.sub("", "".join(filter(_is_seen, written))))


def look_alikes(names: Iterable[str]) -> dict[str, str]:
    """Return the earlier name for each that differs from it only in case, spelling or alphabet."""
    first: dict[object, str] = {}
    found = {name: first.setdefault(loose_form(name), name) for name in names}
    return {name: meant for name, meant in found.items() if name != meant}


def name_problem(written: str) -> str | None:
    """Return a name and what is wrong with it; None if nothing is, or if there is no name."""
    if not written.strip():
        return None
    name = annotator_name(written)
    shown = f"{written.strip()[:SHOWN]!r}{'...' * (len(written.strip()) > SHOWN)}"
    if has_control(written.strip()):
        return f"{shown} has a line break, a tab or another control character; write the name in one line"
    if has_no_letter(name):
        return f"{shown} has no letter and no digit; give the name of the annotator, or leave it empty"
    if REPLACEMENT in name:
        return f"{shown} has {SAVED}, or write the name again"
    if len(name) > LONGEST:
        return f"{shown} has {len(name):,} characters, and may have {LONGEST}; give the name of the annotator"
    if name.startswith(FORMULA):
        return (
            f"{shown} begins like a formula, which a spreadsheet would run when it opens the ledger; let it "
            "begin with a letter or a digit"
        )
    if name in MISSING:
        return (
            f"{shown} is what programs write for an empty cell; leave it empty, or give the annotator's name"
        )
    if name.startswith("#") and reads_as_missing(name):
        return f"{shown} is the error of a formula in a spreadsheet; give the name of the annotator"
    if kind := next((kind for kind, holds in OTHER_CELLS.items() if holds(name)), None):
        return f"{shown} is {kind}, as another column has it; give the name of the annotator"
    if loose_form(name) == PROGRAM:
        return f"{shown} is the name of this program; give that of the person or the tool that answered"
    return None


def _is_seen(letter: str) -> bool:
    """Return whether a character shows, or changes those around it; blanks and line breaks count."""
    is_format = unicodedata.category(letter) == "Cf" and letter not in JOINERS
    return not is_format and letter not in BLANK_LETTERS
