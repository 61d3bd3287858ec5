"""Names of classes: their order, and names that are different for a computer but not for a person."""

import re
import unicodedata
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from math import isfinite

from activepool.errors import InputError, abbreviated
from activepool.io.files import has_line_break, text_problem

#: What spreadsheets, databases and pandas write for a missing or wrong value, in lower case.
MISSING_VALUES = (
    *("nan", "none", "null", "na", "n/a", "n.a.", "n.a", "#n/a", "<na>", "nat", r"\n", "?"),
    *("#ref!", "#value!", "#name?", "#num!", "#null!", "#div/0!"),
)

#: Names, and the beginning of names, that more often mark a sample without a label than a class; letters
#: only.
NO_LABEL_NAMES = ("unknown", "nolabel", "notlabelled", "notlabeled", "unclassified", "unsorted", "skip")
NO_LABEL_PREFIX = "unlabel"

#: Numbers that programs write for "ignore", the largest ones of types of integers. Not 999, which some write
#: as well: it is the last class of ImageNet.
NO_LABEL_NUMBERS = tuple(2**bits - 1 for bits in (8, 15, 16, 31, 32, 63, 64))

#: Whole numbers, also in the form of a column of floats. Python reads at most 4,300 digits.
WHOLE_NUMBER = re.compile(r"([+-]?\d{1,1000})(\.0*)?", re.ASCII)

#: Numbers in other forms: with a fraction or an exponent, or in digits of other scripts.
OTHER_NUMBER = re.compile(r"[+-]?\d+([.,]\d*)?(e[+-]?\d\d?)?", re.IGNORECASE)

#: Separators of thousands.
THOUSANDS_SEPARATOR = re.compile(r"(?<=\d)[,' ](?=\d{3}(\D|$))")

#: Typographic dashes and quotes, and their plain forms.
PLAIN_PUNCTUATION = str.maketrans(
    dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-")
    | dict.fromkeys("\u2018\u2019\u02bc", "'")
    | dict.fromkeys("\u201c\u201d", '"')
)

#: Letters, casefolded, whose small or capital form looks like a Latin letter; people with keyboards of two
#: alphabets mix them up. Cyrillic, Greek, and the dotless i.
LOOKALIKES = str.maketrans("асеорхуіјѕвкмнт αβεζηικμνορτυχ ı", "aceopxyijsbkmht abezhikmnoptyx i")

#: Among names, an unknown label, without blanks around it: NumPy turns a -1 beside names into text.
NO_NAME = ("", "-1")


def sorted_names(names: Iterable[str]) -> list[str]:
    """Return names in the order of the classes: as numbers if all are whole numbers, else as text."""
    names = list(names)
    if all(WHOLE_NUMBER.fullmatch(name) for name in names):
        return sorted(names, key=lambda name: (_number(name), name))
    return sorted(names)


def is_negative(name: str) -> bool:
    """Return whether a name is a whole number below 0."""
    return WHOLE_NUMBER.fullmatch(name) is not None and _number(name) < 0


def reads_as_missing(name: str) -> bool:
    """Return whether programs write this name for a missing value."""
    return name.strip().lower() in MISSING_VALUES


def reads_as_no_label(name: str) -> bool:
    """Return whether a name more often marks samples without a label than a class."""
    letters = letters_of(name)
    return letters in NO_LABEL_NAMES or letters.startswith(NO_LABEL_PREFIX)


def letters_of(name: str) -> str:
    """Return the letters of a name, in lower case."""
    return "".join(filter(str.isalpha, name.lower()))


def no_label_number(numbers: Sequence[int]) -> int | None:
    """Return the largest of different numbers, in order, if it more often marks samples without a label.

    Such a mark stands apart: the others are 0..C-1, or at most half as large.
    """
    if not numbers or numbers[-1] not in NO_LABEL_NUMBERS:
        return None
    *smaller, largest = numbers
    end = smaller[-1] + 1 if smaller else 0
    stands_apart = largest > end and (len(smaller) == end or largest >= 2 * end)
    return largest if stands_apart else None


def no_label_marks(names: Sequence[str]) -> list[str]:
    """Return the class names that more often mark samples without a label."""
    dashes = [name for name in names if set(name.translate(PLAIN_PUNCTUATION)) == {"-"}]
    marks = [name for name in names if reads_as_no_label(name) or name in dashes or _strict_form(name) == -1]
    if all(map(WHOLE_NUMBER.fullmatch, names)):
        number = no_label_number(sorted(set(map(_number, names))))
        marks += [name for name in names if _number(name) == number]
    return [name for name in marks if not (name == "-" and "+" in names)]


def no_such_class(name: str, class_names: Sequence[str], may_follow: bool = False) -> str:
    """Return the message that the train part lacks a class, with its classes and the likely one.

    ``may_follow``: whether later labels may add the class if the option class_names lists all.
    """
    name_text, hint = _quoted_with_hint(name, class_names)
    classes = f"its classes: {_listed(class_names)}" if class_names else "none of its samples has a label"
    if may_follow and not hint:
        hint = "; if its labels come later, name all classes in class_names"
    return f"the train part has no class {name_text} ({classes}){hint}"


def undeclared_class(name: str, class_names: Sequence[str]) -> str:
    """Return the message that the option class_names lacks a label, with the classes and the likely one."""
    name_text, hint = _quoted_with_hint(name, class_names)
    return f"label {name_text} is not in class_names ({_listed(class_names)}){hint}"


def label_problem(
    label: str, classes: Container[str], class_names: Sequence[str], may_follow: bool = False
) -> str | None:
    """Return why a label is not one of the ``classes``, or was hardly meant as one; None for any other.

    ``may_follow`` is that of `no_such_class`.
    """
    if reads_as_missing(label):
        return (
            f"label {label!r} reads like a missing value; leave it empty if the class is not known, or give "
            "the class another name"
        )
    if is_negative(label):
        return (
            f"label {label!r} is below 0, where -1 stands for a label that is not known; leave it empty, or "
            "name the classes by words"
        )
    return None if label in classes else no_such_class(label, class_names, may_follow)


def require_different(where: object, class_names: Sequence[str]) -> None:
    """Raise InputError unless each class has a name, different from all others, that files can hold."""
    earlier: set[str] = set()
    for number, name in enumerate(class_names):
        if problem := text_problem(name):
            place = f"class_names has {name!a} as class {number}"
            raise InputError(f"{where}: {place}, which {problem}; rename it")
        if not name or name in earlier:
            raise InputError(
                f"{where}: class_names has {name!r} as class {number}; each class needs a name of its own"
            )
        earlier.add(name)


def require_no_unknown(where: object, class_names: Sequence[str]) -> None:
    """Raise InputError if a class has the name that, among labels of text, stands for an unknown label."""
    for number, name in enumerate(class_names):
        if name.strip() in NO_NAME:
            raise InputError(
                f"{where}: class_names has {name!r} as class {number}, but the label {name.strip()!r} stands "
                "for one that is not known; give the class another name, also in the labels"
            )


def declared_class_names(
    where: object, file_names: list[str], option_names: list[str] | None
) -> list[str] | None:
    """Return the names in a file, or else those of the option; raises InputError if they differ."""
    if file_names and option_names and file_names != option_names:
        raise InputError(f"{where}: has other class_names than the option; leave the option out")
    return file_names or option_names


def indistinguishable_names(names: Iterable[str]) -> Iterator[tuple[str, str, str]]:
    """Yield pairs of names that nobody would give to two classes, and how they differ."""
    for first, second in alike_pairs(names, _strict_form):
        yield first, second, _difference(first, second)


def name_notices(names: Sequence[str]) -> Iterator[str]:
    """Yield a line for each kind of oddity in the names of classes that a person should look at."""
    alike = [" and ".join(quoted_pair(*pair)) for pair in alike_pairs(names)]
    if alike:
        yield f"classes whose names are nearly the same: {abbreviated(alike)}"
    if missing := [repr(name) for name in names if reads_as_missing(name)]:
        yield f"classes whose names read like a missing value: {abbreviated(missing)}"
    if no_label := [repr(name) for name in no_label_marks(names)]:
        yield f"classes whose names read like samples without a label: {abbreviated(no_label)}"
    if blanks := [repr(name) for name in names if name != name.strip()]:
        yield f"classes whose names begin or end with a blank: {abbreviated(blanks)}"


def loose_form(name: str) -> object:
    """Return a value that is equal for names that differ only in case, spelling or alphabet.

    Editors and spreadsheets change the forms of letters (full width), dashes and quotes, quotes around a
    name, also behind ``=``, and the form of a number: ``1,000``, ``1E+03`` and ``1000``, or ``1,5`` and
    ``1.50``.
    """
    text = unicodedata.normalize("NFKC", name).translate(PLAIN_PUNCTUATION)
    if text.startswith('="'):
        text = text[1:]
    form = _strict_form(text.strip("'\" ") or text)
    if not isinstance(form, str):
        return form
    digits = THOUSANDS_SEPARATOR.sub("", form)
    if OTHER_NUMBER.fullmatch(digits) and isfinite(number := float(digits.replace(",", "."))):
        return int(number) if number.is_integer() else number
    return unicodedata.normalize("NFKC", form.casefold()).translate(LOOKALIKES)


def alike_pairs(
    names: Iterable[str], form: Callable[[str], object] = loose_form
) -> Iterator[tuple[str, str]]:
    """Yield each name that has the form of an earlier one, behind the first such name."""
    first_names: dict[object, str] = {}
    for name in names:
        earlier = first_names.setdefault(form(name), name)
        if earlier != name:
            yield earlier, name


def quoted(name: str) -> str:
    """Return a name in quotes, with escapes if its letters would look like those of another name."""
    return repr(name) if unicodedata.is_normalized("NFC", name) else ascii(name)


def quoted_pair(first: str, second: str) -> tuple[str, str]:
    """Return two different names in quotes, with escapes if their letters would look the same."""
    show = ascii if _are_lookalikes(first, second) else quoted
    return show(first), show(second)


def _strict_form(name: str) -> object:
    """Return a value that is equal for names that look the same, or are the same number."""
    text = "".join(letter for letter in unicodedata.normalize("NFC", name) if not _is_invisible(letter))
    text = " ".join(text.split())
    return _number(text) if WHOLE_NUMBER.fullmatch(text) else text


def _difference(first: str, second: str) -> str:
    if not isinstance(loose_form(first), str):
        return "how the number is written"
    if " ".join(first.split()) == " ".join(second.split()):
        return "blanks"
    if _strict_form(first) == _strict_form(second):
        return "their Unicode form"
    if first.casefold() == second.casefold():
        return "case"
    return "the alphabet" if _are_lookalikes(first, second) else "the form of letters"


def _are_lookalikes(first: str, second: str) -> bool:
    """Return whether two names are the same except for case and letters of another alphabet."""
    first, second = first.casefold(), second.casefold()
    return first != second and first.translate(LOOKALIKES) == second.translate(LOOKALIKES)


def _number(whole: str) -> int:
    return int(whole.partition(".")[0])


def _is_invisible(letter: str) -> bool:
    """Return whether a character is invisible, such as a byte order mark or the choice of an emoji's form."""
    is_control = unicodedata.category(letter) in ("Cf", "Cc") and not letter.isspace()
    return is_control or "\ufe00" <= letter <= "\ufe0f"


def _listed(names: Sequence[str]) -> str:
    """Return the first names for a message, which stays one line."""
    return abbreviated([repr(name) if has_line_break(name) else name for name in names])


def _quoted_with_hint(name: str, class_names: Sequence[str]) -> tuple[str, str]:
    """Return a name in quotes, and a hint at the class that it resembles, empty if there is none."""
    likely = next(
        (class_name for class_name in class_names if loose_form(class_name) == loose_form(name)), None
    )
    if likely is None:
        return quoted(name), ""
    name_text, likely_text = quoted_pair(name, likely)
    return name_text, f"; {likely_text} differs only in {_difference(name, likely)}"
