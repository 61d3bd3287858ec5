"""The names of annotators, from the form of people and tools into that of the ledger."""

import re
import unicodedata
from collections.abc import Callable, Iterable

from activepool.data.class_names import loose_form, reads_as_missing
from activepool.ledger.classes import normal_form
from activepool.ledger.entries import SAMPLE, has_control
from activepool.ledger.formats.batch import PROGRAM
from activepool.ledger.formats.lost_letters import LOSS_PROBLEM, REPLACEMENT
from activepool.ledger.formats.slips import FORMULA_STARTS, IMAGE_NAME, has_no_letter

#: The longest name, in characters; the names and addresses of several people, or a remark, are longer.
MAX_LENGTH = 100

#: The characters of a longer name that a message quotes.
MAX_QUOTED = 20

#: Contents of other columns, which may have been exchanged with the annotator's, and their tests.
OTHER_COLUMNS: dict[str, Callable[[str], object]] = {
    "a time": re.compile(r"\d{1,4}[-/.]\d\d?[-/.]\d{1,4}([T ].*)?").fullmatch,
    "the name of an image": IMAGE_NAME.search,
    "the content of an image": SAMPLE.fullmatch,
}

#: What programs write for an empty cell, in exactly this spelling: there are people called Null and Nan.
MISSING_VALUES = ("nan", "NaN", "None", "null", "NULL", "NA", "n/a", "N/A", "<NA>", "NaT")

#: Letters of some scripts that are invisible.
BLANK_LETTERS = "\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0"

#: Joiners and non-joiners of letters; Persian and Indian names and emoji need them, European names do not.
JOINERS = "\u200c\u200d"
USELESS_JOINER = re.compile(f"(?<![^\u0000-\u052f])[{JOINERS}]|[{JOINERS}](?![^\u0000-\u052f])")


def annotator_name(text: str) -> str:
    """Return a name without invisible characters, so that one person has one name."""
    return normal_form(USELESS_JOINER.sub("", "".join(filter(_is_visible, text))))


def look_alikes(names: Iterable[str]) -> dict[str, str]:
    """Return, for each name, the earlier one that differs only in case, spelling or alphabet, if any."""
    names_by_form: dict[object, str] = {}
    earlier_names = {name: names_by_form.setdefault(loose_form(name), name) for name in names}
    return {name: earlier for name, earlier in earlier_names.items() if name != earlier}


def name_problem(text: str) -> str | None:
    """Return a name and its problem; None if it has none, or if there is no name."""
    if not text.strip():
        return None
    name = annotator_name(text)
    quoted = f"{text.strip()[:MAX_QUOTED]!r}{'...' * (len(text.strip()) > MAX_QUOTED)}"
    if has_control(text.strip()):
        return f"{quoted} has a line break, a tab or another control character; write the name in one line"
    if has_no_letter(name):
        return f"{quoted} has no letter and no digit; give the name of the annotator, or leave it empty"
    if REPLACEMENT in name:
        return f"{quoted} has {LOSS_PROBLEM}, or write the name again"
    if len(name) > MAX_LENGTH:
        return (
            f"{quoted} has {len(name):,} characters, and may have {MAX_LENGTH}; give the name of the "
            "annotator"
        )
    if name.startswith(FORMULA_STARTS):
        return (
            f"{quoted} begins like a formula, which a spreadsheet would run when it opens the ledger; let it "
            "begin with a letter or a digit"
        )
    if name in MISSING_VALUES:
        return (
            f"{quoted} is what programs write for an empty cell; leave it empty, or give the annotator's name"
        )
    if name.startswith("#") and reads_as_missing(name):
        return f"{quoted} is the error of a formula in a spreadsheet; give the name of the annotator"
    if kind := next((kind for kind, matches in OTHER_COLUMNS.items() if matches(name)), None):
        return f"{quoted} is {kind}, as another column has it; give the name of the annotator"
    if loose_form(name) == PROGRAM:
        return f"{quoted} is the name of this program; give that of the person or the tool that answered"
    return None


def _is_visible(letter: str) -> bool:
    """Return whether a character is visible, or changes its neighbours; blanks and line breaks count."""
    is_format = unicodedata.category(letter) == "Cf" and letter not in JOINERS
    return not is_format and letter not in BLANK_LETTERS
