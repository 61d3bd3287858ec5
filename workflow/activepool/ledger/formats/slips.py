"""Labels that name no class: what spreadsheets, systems and keyboards make of texts, and remarks."""

import re
import unicodedata
from collections.abc import Callable

from activepool.data.class_names import reads_as_missing, reads_as_no_label
from activepool.ledger.entries import SAMPLE, has_control
from activepool.ledger.formats.lost_letters import REPLACEMENT, SAVED
from activepool.ledger.formats.rows import CORRECTION, LABEL, OTHER_LABELS, UNLABELLED, mark

#: The longest name of a class, in characters; a longer text is a remark, or damage.
LONGEST = 200

#: Numbers, which some tools write in place of the names of classes.
NUMBER = re.compile(r"[+-]?\d+([.,]\d*)?(e[+-]?\d+)?", re.IGNORECASE)
#: A number before or behind a name, such as a probability.
BESIDE_NAME = re.compile(
    rf"^{NUMBER.pattern}\s*%?[\s:=,;|]+|[\s:=,;|(]+{NUMBER.pattern}\s*%?\)?$", re.IGNORECASE
)

#: Months as spreadsheets write them, in English and German.
MONTH = (
    r"(jan(uary|uar)?|feb(ruary|ruar)?|mar(ch)?|mär(z)?|mrz|apr(il)?|may|mai|june?|juni|july?|juli|aug(ust)?|"
    r"sept?(ember)?|o[ck]t(ober)?|nov(ember)?|de[cz](ember)?)\.?"
)

#: Dates and times, which spreadsheets make of texts such as ``1-2``.
DATE = re.compile(
    rf"\d{{4}}[-/.]\d\d?[-/.]\d\d?([T ].*)?|\d\d?[-/.]\d\d?[-/.](\d\d|\d{{4}})( .*)?|"
    rf"\d\d?[-/. ]+{MONTH}([-/. ]+\d{{2,4}})?|{MONTH}[-/. ]+\d{{1,4}}|\d\d?:\d\d(:\d\d)?( ?[ap]m)?",
    re.IGNORECASE,
)

#: Texts that spreadsheets take for truth values.
TRUTH = ("true", "false", "wahr", "falsch")

#: How formulas of spreadsheets begin, also in the wide letters of East Asian keyboards.
FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")

#: What systems call a new folder.
NEW_FOLDER = re.compile(r"(new|untitled|neuer|unbenannter) (folder|ordner)( ?\(?\d+\)?)?", re.IGNORECASE)

#: What systems call the copy of a folder: ``ant - Copy``, ``ant copy 2``, ``ant (copy)``, ``Copy of ant``.
COPY = re.compile(
    r"(copy|kopie)( \(\d+\))? (of|von) .+|.+ (- )?\(?(copy|kopie)( ?\(?\d+\)?)?\)?", re.IGNORECASE
)

#: What stands between two lines or two cells.
LINE_OR_CELL = re.compile("[\t\n\v\f\r\x85\u2028\u2029]")

#: What stands between the parts of a label that names several classes.
BETWEEN = re.compile(
    rf"\s*(?:[,;/|&+]|{LINE_OR_CELL.pattern})\s*|\s+(?:or|and|vs\.?|oder|und)\s+", re.IGNORECASE
)

#: What programs write for a list or an object, and its values.
STRUCTURE = re.compile(r"\[.*\]|\{.*\}", re.DOTALL)

#: What stands between several labels in one cell, and in no name.
LISTS_SEVERAL = re.compile("[;|]")

#: What people put around a class that they doubt, and programs around the only class of a list.
AROUND = "?!.,;:* ()[]{}"

#: What people write, in letters alone, where they give no class; `mark` knows other such texts.
NO_CLASS = (
    *("skipped", "skipping", "unsure", "notsure", "uncertain", "undecided", "unclear", "unidentified"),
    *("unidentifiable", "unrecognizable", "unrecognisable", "idk", "dontknow", "donotknow", "noidea", "tbd"),
    *("cantsay", "cannotsay", "canttellapart", "canttellforsure", "noclass", "noneofthese", "noneofthem"),
    *("noneoftheabove", "noneofours", "notmine", "unbekannt", "unsicher", "unklar", "übersprungen"),
    *(
        "todo",
        "dunno",
        "idunno",
        "noclue",
        "maybe",
        "perhaps",
        "weissnicht",
        "weissichnicht",
        "keineahnung",
        "keinevondiesen",
        "na",
        "nil",
        "labeled",
        "labelled",
    ),
)

#: What people write before or behind a class of which they are not sure, or which it is not.
HEDGE = re.compile(
    r"^(probably|maybe|perhaps|possibly|likely|not|vielleicht|wahrscheinlich|vermutlich|nicht|kein) "
    r"|[ (]+(probably|maybe|perhaps|possibly|i think|vielleicht|wahrscheinlich|vermutlich)\)?$",
    re.IGNORECASE,
)

#: What people and tools call the column of the labels.
HEADERS = (LABEL, CORRECTION, *OTHER_LABELS)

#: Names of images; a lost line break leaves one behind a class.
IMAGE_NAME = re.compile(r"\.(jpe?g|png|gif|bmp|tiff?|webp|avif|heic)$", re.IGNORECASE)

#: Addresses of people.
ADDRESS = re.compile(r"\S+@\S+\.\w+")

#: Characters that nobody sees and no word needs; those that join letters and pictures are not among them.
INVISIBLE = re.compile("[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]")

#: What to do about a text that is no class, or is one after all.
WAY_OUT = "give the name of the class; if this is one, list it among the classes of the configuration"


def slip(label: str) -> str | None:
    """Return what is wrong with a label that no class has; None if it may name a new one."""
    if reads_as_missing(label):
        return f"label {label!r} reads like a missing value; leave it empty, or give cannot_tell or skip"
    if event := mark(label.strip(AROUND)):
        return f"label {label!r} is written nearly like {str(event)!r}; did you mean that?"
    if label.casefold() in UNLABELLED or reads_as_no_label(label) or _letters(label) in NO_CLASS:
        return (
            f"label {label!r} means 'no label'; leave it empty, or give cannot_tell, skip or not_ours;"
            " if it is a class, list it among the classes of the configuration"
        )
    if len(label) > LONGEST:
        return f"label {label[:20]!a}... has {len(label):,} characters; give the name of a class"
    if hidden := INVISIBLE.search(label):
        return f"label {label!a} has the invisible character {hidden[0]!a}; remove it"
    if has_control(label):
        return f"label {label!a} has a control character; remove it"
    if meant := _well_decoded(label):
        return f"label {label!r} is {meant!r} read in a wrong encoding; save the file as UTF-8"
    if REPLACEMENT in label:
        return f"label {label!r} has {SAVED}, and give the name of the class"
    if kind := next((kind for kind, holds in KINDS.items() if holds(label)), None):
        return f"label {label!r} is {kind}; {WAY_OUT}"
    return None


def parts(label: str) -> list[str]:
    """Return the parts of a label that may name several classes; a single one otherwise."""
    return [part for part in BETWEEN.split(label) if part]


def singulars(name: str) -> set[str]:
    """Return what an English name may be the plural of."""
    found = {name[: -len(ending)] for ending in ("s", "es") if name.casefold().endswith(ending)}
    if name.casefold().endswith("ies"):
        found.add(name[:-3] + "y")
    return found - {""}


def has_no_letter(text: str) -> bool:
    """Return whether a text has neither a letter nor a digit nor a picture."""
    return not any(
        unicodedata.category(letter)[0] in "LN" or unicodedata.category(letter) == "So" for letter in text
    )


def _letters(label: str) -> str:
    return "".join(filter(str.isalpha, label.casefold()))


def _well_decoded(label: str) -> str | None:
    """Return the text whose UTF-8 was read as an encoding of Windows; None if the label is no such text."""
    for encoding in ("cp1252", "latin-1"):
        try:
            meant = label.encode(encoding).decode("utf-8")
        except UnicodeError:
            continue
        if meant != label:
            return meant
    return None


#: What else a label may be, for messages, and how to tell.
KINDS: dict[str, Callable[[str], object]] = {
    "no word": has_no_letter,
    "a truth value, as spreadsheets make of other texts": lambda label: label.casefold() in TRUTH,
    "a date, as spreadsheets make of other texts": DATE.fullmatch,
    "a formula, as spreadsheets make of other texts": lambda label: label.startswith(FORMULA),
    "what systems call a new folder": NEW_FOLDER.fullmatch,
    "what systems call the copy of a folder": COPY.fullmatch,
    "the name of a column of labels": lambda label: label.casefold() in HEADERS,
    "a path": lambda label: "/" in label or "\\" in label,
    "the name of an image": IMAGE_NAME.search,
    "the content of an image, as the column sample has it": lambda label: SAMPLE.fullmatch(label.lower()),
    "an address": ADDRESS.fullmatch,
    "a list or an object, as programs write it": STRUCTURE.fullmatch,
    "a list of several names": LISTS_SEVERAL.search,
}
