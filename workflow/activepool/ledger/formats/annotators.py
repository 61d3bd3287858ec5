"""The names of annotators, from the form of people and tools into that of the ledger.

who.txt has the name of the person who sorted the pictures of a folder, or of a zip archive of it. Windows and
macOS hide endings, so people may call such a file who.txt.txt or who. Browsers and systems number copies:
``who (1).txt``.
"""

import re
import unicodedata
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from activepool.data.class_names import loose_form, reads_as_missing
from activepool.data.image_formats import is_image_name
from activepool.errors import InputError
from activepool.io.files import decoded_text
from activepool.ledger.entries import SAMPLE, has_control, normal_form
from activepool.ledger.formats import archives
from activepool.ledger.formats.batch import PROGRAM
from activepool.ledger.formats.slips import (
    FORMULA_STARTS,
    IMAGE_NAME,
    LOSS_PROBLEM,
    REPLACEMENT,
    has_no_letter,
)

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

#: The file with the annotator's name, in the folder of the pictures or anywhere below.
WHO_FILE = "who.txt"

#: The beginning of such a file's name, whatever follows the word.
NAME_PATTERN = re.compile(r"who(?!\w)", re.IGNORECASE)

#: What ``Name: ben`` has, and the markup of word processors and programs, but no name.
MARKUP = re.compile("[:={}]|</")


def annotator_name(text: str) -> str:
    """Return a name without invisible characters, so that one person has one name."""
    return normal_form(USELESS_JOINER.sub("", "".join(filter(_is_visible, text))))


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


def is_annotator_file(name: str) -> bool:
    """Return whether a file or a member of an archive has such a name, whatever its ending and number."""
    return NAME_PATTERN.match(PurePosixPath(name).name) is not None and not is_image_name(name)


def _lower_name(name: str) -> str:
    return PurePosixPath(name).name.casefold()


def annotator_file_of(path: Path) -> tuple[str, str] | None:
    """Return the place and the name in the annotator's file of an archive or folder; None without one.

    The name is empty if nobody has written one. Raises: InputError for a file with several lines or an
    invalid name, for several files, and if something other than a file has its name.
    """
    files = _contents(path)
    if len(files) > 1:
        names = ", ".join(PurePosixPath(place).name for place in files)
        raise InputError(
            f"{path}: has several files for the annotator's name ({names}); keep one, and give each "
            "annotator's pictures in a folder of their own"
        )
    for place, content in files.items():
        lines = [line for line in decoded_text(place, content).splitlines() if line.strip()]
        if len(lines) > 1:
            raise InputError(f"{place}: has {len(lines)} lines; it must hold only the annotator's name")
        name = "".join(lines).strip()
        if problem := name_problem(name):
            raise InputError(f"{place}: {problem}")
        if mark := MARKUP.search(name):
            raise InputError(
                f"{place}: {name[:MAX_QUOTED]!r} has {mark[0]!r}; it must hold only the annotator's name, "
                "as plain text"
            )
        return place, name
    return None


def _contents(path: Path) -> dict[str, bytes]:
    if path.is_dir():
        paths = sorted(path.rglob("*"))
        _require_files(
            [str(file) for file in paths if not file.is_file() and _lower_name(file.name) == WHO_FILE]
        )
        return {
            str(file): file.read_bytes() for file in paths if file.is_file() and is_annotator_file(file.name)
        }
    if not archives.is_archive(path):
        return {}
    with archives.open_archive(path) as archive:
        _require_files([f"{path}: {name}" for name in archive.folders if _lower_name(name) == WHO_FILE])
        members = filter(is_annotator_file, archive.members)
        return {f"{path}: {name}": archive.text(name) for name in members}


def _require_files(places: list[str]) -> None:
    if places:
        raise InputError(
            *(f"{place}: is not a file; it must be a text file with the annotator's name" for place in places)
        )
