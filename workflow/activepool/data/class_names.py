"""The names of classes: their order, and names that differ for a computer and not for a person."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence

from activepool.errors import InputError

#: What spreadsheets, databases and pandas write where a value is missing or wrong, in lower case.
MISSING_VALUES = (
    *("nan", "none", "null", "na", "n/a", "#n/a", "<na>", "nat", r"\n", "?"),
    *("#ref!", "#value!", "#name?", "#num!", "#null!", "#div/0!"),
)

#: The letters of names that more often say that there is no label than they name a class; and how they begin.
NO_LABEL_NAMES = ("unknown", "nolabel", "notlabelled", "notlabeled", "unclassified", "unsorted", "skip")
NO_LABEL_PREFIX = "unlabel"

#: Whole numbers, also as a column of floats writes them.
WHOLE_NUMBER = re.compile(r"([+-]?\d+)(\.0*)?", re.ASCII)

#: Numbers in other ways of writing: with an exponent, or in digits of other scripts.
OTHER_NUMBER = re.compile(r"[+-]?\d+(\.\d*)?(e[+-]?\d\d?)?", re.IGNORECASE)

#: The separators of thousands.
THOUSANDS_SEPARATOR = re.compile(r"(?<=\d)[,' ](?=\d{3}(\D|$))")

#: Dashes and quotes, and the plain ones that they may stand for.
PLAIN_PUNCTUATION = str.maketrans(
    dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-")
    | dict.fromkeys("\u2018\u2019\u02bc", "'")
    | dict.fromkeys("\u201c\u201d", '"')
)

#: How many names or pairs a message shows.
MAX_SHOWN = 5


def in_order(names: Iterable[str]) -> list[str]:
    """Return names in the order of the classes: as numbers if all are whole ones, else as texts."""
    names = list(names)
    if all(WHOLE_NUMBER.fullmatch(name) for name in names):
        return sorted(names, key=lambda name: (_number(name), name))
    return sorted(names)


def is_negative(name: str) -> bool:
    """Tell whether a name is a whole number below 0."""
    return WHOLE_NUMBER.fullmatch(name) is not None and _number(name) < 0


def reads_as_missing(name: str) -> bool:
    """Tell whether a name is what programs write for a value that is missing."""
    return name.strip().lower() in MISSING_VALUES


def no_such_class(name: str, class_names: Sequence[str]) -> str:
    """Say that the train part lacks a class, which classes it has, and which of them may be meant."""
    meant = next((known for known in class_names if loose_form(known) == loose_form(name)), None)
    hint = f"; {_shown(meant)} differs in {_difference(name, meant)} alone" if meant is not None else ""
    return f"the train part has no class {_shown(name)} (its classes: {_some(class_names)}){hint}"


def require_different(where: object, class_names: Sequence[str]) -> None:
    """Raise InputError unless each class has a name, and one of its own."""
    for number, name in enumerate(class_names):
        if not name or name in class_names[:number]:
            raise InputError(
                f"{where}: class_names has {name!r} as class {number}; each class needs a name of its own"
            )


def same_for_a_person(names: Iterable[str]) -> Iterator[tuple[str, str, str]]:
    """Yield names that nobody could mean to be two classes: pairs, and what they differ in."""
    for first, second in _pairs(names, _strictly):
        yield first, second, _difference(first, second)


def name_notices(names: Sequence[str]) -> Iterator[str]:
    """Yield what a person should look at in the names of classes: a line for each sort of oddity."""
    alike = [f"{_shown(first)} and {_shown(second)}" for first, second in _pairs(names, loose_form)]
    if alike:
        yield f"classes whose names are nearly the same: {_some(alike)}"
    if missing := [repr(name) for name in names if reads_as_missing(name)]:
        yield f"classes whose names read like a missing value: {_some(missing)}"
    if no_label := [repr(name) for name in names if _reads_as_no_label(name)]:
        yield f"classes whose names read like samples without a label: {_some(no_label)}"
    if blanks := [repr(name) for name in names if name != name.strip()]:
        yield f"classes whose names begin or end with a blank: {_some(blanks)}"


def loose_form(name: str) -> object:
    """Return what is equal for names that differ in case too, or in what editors and spreadsheets change.

    Such are forms of letters such as full width, the sorts of dashes and quotes, quotes around a name, and
    how a number is written: ``1,000``, ``1E+03`` and ``1000``.
    """
    text = unicodedata.normalize("NFKC", name).translate(PLAIN_PUNCTUATION)
    form = _strictly(text.strip("'\" ") or text)
    if not isinstance(form, str):
        return form
    digits = THOUSANDS_SEPARATOR.sub("", form)
    if OTHER_NUMBER.fullmatch(digits) and float(digits).is_integer():
        return int(float(digits))
    return unicodedata.normalize("NFKC", form.casefold())


def _pairs(names: Iterable[str], key: Callable[[str], object]) -> Iterator[tuple[str, str]]:
    """Yield each name that has the same key as one before, after the first of these."""
    first: dict[object, str] = {}
    for name in names:
        before = first.setdefault(key(name), name)
        if before != name:
            yield before, name


def _strictly(name: str) -> object:
    """Return what is equal for names that look the same, or are the same number."""
    text = "".join(letter for letter in unicodedata.normalize("NFC", name) if not _is_unseen(letter))
    text = " ".join(text.split())
    return _number(text) if WHOLE_NUMBER.fullmatch(text) else text


def _difference(first: str, second: str) -> str:
    if WHOLE_NUMBER.fullmatch(first.strip()) and WHOLE_NUMBER.fullmatch(second.strip()):
        return "how the number is written"
    if " ".join(first.split()) == " ".join(second.split()):
        return "blanks"
    if _strictly(first) == _strictly(second):
        return "their Unicode form"
    return "case" if first.casefold() == second.casefold() else "the form of letters"


def _number(whole: str) -> int:
    """Return the number that a text of the form WHOLE_NUMBER writes."""
    return int(whole.partition(".")[0])


def _is_unseen(letter: str) -> bool:
    """Tell whether a character has no width, such as a byte order mark or the start of a terminal's code."""
    return unicodedata.category(letter) in ("Cf", "Cc") and not letter.isspace()


def _reads_as_no_label(name: str) -> bool:
    letters = "".join(filter(str.isalpha, name.lower()))
    return letters in NO_LABEL_NAMES or letters.startswith(NO_LABEL_PREFIX)


def _shown(name: str) -> str:
    """Return a name in quotes, with codes where letters alone would not tell it from its twin."""
    return repr(name) if unicodedata.is_normalized("NFC", name) else ascii(name)


def _some(names: Sequence[str]) -> str:
    return ", ".join([*names[:MAX_SHOWN], *(["..."] if len(names) > MAX_SHOWN else [])])
