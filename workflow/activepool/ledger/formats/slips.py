"""Labels that name no class: remarks, and texts as spreadsheets, systems and keyboards change them."""

import re
import unicodedata
from collections.abc import Callable, Iterable

from activepool.data.class_names import reads_as_missing, reads_as_no_label
from activepool.ledger.entries import SAMPLE, has_control
from activepool.ledger.formats.rows import CORRECTION, LABEL, OTHER_LABELS, UNLABELLED, mark_event

#: What programs write in place of letters.
LOST_LETTERS = re.compile("(\\?+|\ufffd+)")

#: The character that only programs write in place of a letter.
REPLACEMENT = "\ufffd"

#: The problem, and what to do about it.
LOSS_PROBLEM = "letters lost when the file was saved; save it as UTF-8"

#: The longest name of a class, in characters; a longer text is a remark, or damage.
MAX_LENGTH = 200

#: A number, which some tools write in place of the name of a class.
NUMBER = re.compile(r"[+-]?\d+([.,]\d*)?(e[+-]?\d+)?", re.IGNORECASE)

#: A number before or after a name, such as a probability.
ADJACENT_NUMBER = re.compile(
    rf"^{NUMBER.pattern}\s*%?[\s:=,;|]+|[\s:=,;|(]+{NUMBER.pattern}\s*%?\)?$", re.IGNORECASE
)

#: A month as spreadsheets write it, in English or German.
MONTH = (
    r"(jan(uary|uar)?|feb(ruary|ruar)?|mar(ch)?|mär(z)?|mrz|apr(il)?|may|mai|june?|juni|july?|juli|aug(ust)?|"
    r"sept?(ember)?|o[ck]t(ober)?|nov(ember)?|de[cz](ember)?)\.?"
)

#: A date or a time, into which spreadsheets turn texts such as ``1-2``.
DATE = re.compile(
    rf"\d{{4}}[-/.]\d\d?[-/.]\d\d?([T ].*)?|\d\d?[-/.]\d\d?[-/.](\d\d|\d{{4}})( .*)?|"
    rf"\d\d?[-/. ]+{MONTH}([-/. ]+\d{{2,4}})?|{MONTH}[-/. ]+\d{{1,4}}|\d\d?:\d\d(:\d\d)?( ?[ap]m)?",
    re.IGNORECASE,
)

#: Texts that spreadsheets read as truth values.
TRUTH_VALUES = ("true", "false", "wahr", "falsch")

#: The beginnings of formulas in spreadsheets, also in the wide letters of East Asian keyboards.
FORMULA_STARTS = ("=", "+", "-", "@", "＝", "＋", "－", "＠")

#: The name that systems give a new folder.
NEW_FOLDER = re.compile(r"(new|untitled|neuer|unbenannter) (folder|ordner)( ?\(?\d+\)?)?", re.IGNORECASE)

#: The name that systems give the copy of a folder: ``ant - Copy``, ``ant copy 2``, ``ant (copy)`` or
#: ``Copy of ant``.
FOLDER_COPY = re.compile(
    r"(copy|kopie)( \(\d+\))? (of|von) .+|.+ (- )?\(?(copy|kopie)( ?\(?\d+\)?)?\)?", re.IGNORECASE
)

#: A separator of lines or cells.
CELL_BREAK = re.compile("[\t\n\v\f\r\x85\u2028\u2029]")

#: A separator of the parts of a label that names several classes.
PART_SEPARATOR = re.compile(
    rf"\s*(?:[,;/|&+]|{CELL_BREAK.pattern})\s*|\s+(?:or|and|vs\.?|oder|und)\s+", re.IGNORECASE
)

#: A list or an object as programs write it, with its values.
STRUCTURE = re.compile(r"\[.*\]|\{.*\}", re.DOTALL)

#: A separator of several labels in one cell, which no name has.
LIST_SEPARATOR = re.compile("[;|]")

#: Characters that people put around a class of which they are not sure, and programs around a list.
OUTER_MARKS = "?!.,;:* ()[]{}"

#: Texts without a class, reduced to their letters; `mark_event` recognises others.
NO_CLASS = (
    *("skipped", "skipping", "unsure", "notsure", "uncertain", "undecided", "unclear", "unidentified"),
    *("unidentifiable", "unrecognizable", "unrecognisable", "idk", "dontknow", "donotknow", "noidea", "tbd"),
    *("cantsay", "cannotsay", "canttellapart", "canttellforsure", "noclass", "noneofthese", "noneofthem"),
    *("noneoftheabove", "noneofours", "notmine", "unbekannt", "unsicher", "unklar", "übersprungen"),
    *("todo", "dunno", "idunno", "noclue", "maybe", "perhaps", "weissnicht", "weissichnicht"),
    *("keineahnung", "keinevondiesen", "na", "nil", "labeled", "labelled"),
)

#: Words before or after a class of which people are not sure, or which they rule out.
HEDGE = re.compile(
    r"^(probably|maybe|perhaps|possibly|likely|not|vielleicht|wahrscheinlich|vermutlich|nicht|kein) "
    r"|[ (]+(probably|maybe|perhaps|possibly|i think|vielleicht|wahrscheinlich|vermutlich)\)?$",
    re.IGNORECASE,
)

#: The names that people and tools give the column of labels.
LABEL_HEADERS = (LABEL, CORRECTION, *OTHER_LABELS)

#: The ending of an image's name, which a lost line break leaves after a class.
IMAGE_NAME = re.compile(r"\.(jpe?g|png|gif|bmp|tiff?|webp|avif|heic)$", re.IGNORECASE)

#: An e-mail address.
ADDRESS = re.compile(r"\S+@\S+\.\w+")

#: An invisible character that no word needs, unlike those that join letters and emoji.
INVISIBLE_CHARACTER = re.compile("[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]")

#: Advice about a text that is not a class, or is one after all.
CLASS_ADVICE = "give the name of the class; if this is one, list it among the classes of the configuration"


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


def slip_problem(label: str) -> str | None:
    """Return the problem of a label that is not a class; None if it may name a new one."""
    if reads_as_missing(label):
        return f"label {label!r} reads like a missing value; leave it empty, or give cannot_tell or skip"
    if event := mark_event(label.strip(OUTER_MARKS)):
        return f"label {label!r} is spelled almost like {str(event)!r}; did you mean that?"
    if label.casefold() in UNLABELLED or reads_as_no_label(label) or _letters(label) in NO_CLASS:
        return (
            f"label {label!r} means 'no label'; leave it empty, or give cannot_tell, skip or not_ours;"
            " if it is a class, list it among the classes of the configuration"
        )
    if len(label) > MAX_LENGTH:
        return f"label {label[:20]!a}... has {len(label):,} characters; give the name of a class"
    if match := INVISIBLE_CHARACTER.search(label):
        return f"label {label!a} has the invisible character {match[0]!a}; remove it"
    if has_control(label):
        return f"label {label!a} has a control character; remove it"
    if decoded := _redecoded(label):
        return f"label {label!r} is {decoded!r} read in a wrong encoding; save the file as UTF-8"
    if REPLACEMENT in label:
        return f"label {label!r} has {LOSS_PROBLEM}, and give the name of the class"
    if kind := next((kind for kind, matches in KINDS.items() if matches(label)), None):
        return f"label {label!r} is {kind}; {CLASS_ADVICE}"
    return None


def parts(label: str) -> list[str]:
    """Return the parts of a label that may name several classes; otherwise a single part."""
    return [part for part in PART_SEPARATOR.split(label) if part]


def singulars(name: str) -> set[str]:
    """Return the possible singulars of an English name."""
    stems = {name[: -len(ending)] for ending in ("s", "es") if name.casefold().endswith(ending)}
    if name.casefold().endswith("ies"):
        stems.add(name[:-3] + "y")
    return stems - {""}


def has_no_letter(text: str) -> bool:
    """Return whether a text has neither a letter nor a digit nor a picture."""
    return not any(
        unicodedata.category(letter)[0] in "LN" or unicodedata.category(letter) == "So" for letter in text
    )


def _letters(label: str) -> str:
    return "".join(filter(str.isalpha, label.casefold()))


def _redecoded(label: str) -> str | None:
    """Return the text whose UTF-8 was read in a Windows encoding; None if the label is not such a text."""
    for encoding in ("cp1252", "latin-1"):
        try:
            text = label.encode(encoding).decode("utf-8")
        except UnicodeError:
            continue
        if text != label:
            return text
    return None


#: Other kinds of texts, for messages, with their tests.
KINDS: dict[str, Callable[[str], object]] = {
    "not a word": has_no_letter,
    "a truth value, as spreadsheets make of other texts": lambda label: label.casefold() in TRUTH_VALUES,
    "a date, as spreadsheets make of other texts": DATE.fullmatch,
    "a formula, as spreadsheets make of other texts": lambda label: label.startswith(FORMULA_STARTS),
    "what systems call a new folder": NEW_FOLDER.fullmatch,
    "what systems call the copy of a folder": FOLDER_COPY.fullmatch,
    "the name of a column of labels": lambda label: label.casefold() in LABEL_HEADERS,
    "a path": lambda label: "/" in label or "\\" in label,
    "the name of an image": IMAGE_NAME.search,
    "the content of an image, as the column sample has it": lambda label: SAMPLE.fullmatch(label.lower()),
    "an address": ADDRESS.fullmatch,
    "a list or an object, as programs write it": STRUCTURE.fullmatch,
    "a list of several names": LIST_SEPARATOR.search,
}
