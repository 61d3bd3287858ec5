"""Classes as people type them, and those that are meant."""

import difflib
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, takewhile
from typing import NamedTuple

from activepool.data.class_names import loose_form
from activepool.errors import abbreviated
from activepool.io.csv_rows import END_LINE, cut_off_problem
from activepool.ledger.classes import unseen_form
from activepool.ledger.entries import Event
from activepool.ledger.formats.lost_letters import LOST, SAVED, whole_text
from activepool.ledger.formats.rows import MARKS, Row, mark
from activepool.ledger.formats.slips import (
    AROUND,
    BESIDE_NAME,
    HEDGE,
    LINE_OR_CELL,
    NUMBER,
    parts,
    singulars,
    slip,
)
from activepool.ledger.messages import HintedError

#: How corrections rename a class.
RENAMING = "to rename a class, give the new name among the classes of the configuration"

#: `MARKS` as people write them.
MARKS_IN_WORDS = tuple(name.replace("_", " ") for name in MARKS)

#: What to do about a label that is a class after all.
LISTING = "list it among the classes of the configuration"

#: What people write between the words of a name in several ways; between numbers it tells them apart.
BETWEEN_WORDS = re.compile(r"(?P<numbers>(?<=\d)[\s_-]+(?=\d))|[\s_-]+")

#: Letters, casefolded, and how keyboards without them write them.
WRITTEN_OUT = str.maketrans({"ä": "ae", "æ": "ae", "ö": "oe", "ø": "oe", "œ": "oe", "ü": "ue", "å": "aa"})

#: How many classes a message lists.
LISTED = 20

#: The most new classes among which one is looked for that is written like another.
MOST_COMPARED = 300


@dataclass(frozen=True)
class ClassNames:
    """The classes that labels may name: those given and those that have arrived.

    Attributes:
        may_grow: whether another label is a new class, and not a mistake.
        places: the place of the first label of each class that another file has just brought.
    """

    names: Sequence[str] = ()
    may_grow: bool = True
    places: Mapping[str, str] = field(default_factory=dict)


class NewClass(NamedTuple):
    """A class that no label had before: the place of its first label, and what to do if it is a slip."""

    place: str
    hint: str


class WrongLabelError(HintedError):
    """What is wrong with a label."""


class TypedClasses:
    """The labels of a file as they are ``written``, and the classes that they stand for.

    Attributes:
        known: the classes before the file.
        new: how many labels each class has that none had before.
        places: of the first label of each class that is new.
    """

    def __init__(self, classes: ClassNames, written: Iterable[str] = ()) -> None:
        self.known = list(classes.names)
        self.may_grow = classes.may_grow
        self.new: Counter[str] = Counter()
        self.places = dict(classes.places)
        self._exact = {unseen_form(name): name for name in reversed(self.known)}
        self._labels = {unseen_form(label) for label in set(written)}
        self._written = {_form(label) for label in self._labels}
        self._lossy = list(filter(LOST.search, self.places))
        self._loose: dict[object, str] = {}
        self._of_singular: dict[str, str] = {}
        for name in reversed(self.known):
            self._know(name)

    def read(self, row: Row) -> tuple[Event | None, str]:
        """Return the event of a row and its class; None while it is awaited.

        Raises: WrongLabelError if the label is no class, and cannot become one.
        """
        if row.event is not None:
            return row.event, ""
        label = unseen_form(row.label)
        if not label:
            return None, ""
        if (
            row.may_be_cut_off == "label"
            and (label in self._exact or mark(label) is not None)
            and (problem := cut_off_problem("label", label, self._exact))
        ):
            raise WrongLabelError(problem)
        if label in self._exact:
            name = self._exact[label]
            if name in self.new:
                self.new[name] += 1
            return Event.LABEL, name
        event = mark(label)
        if event and _form(label) not in self._loose:
            if meant := whole_text(label, self.known):
                raise WrongLabelError(f"label {label!r} may be {meant!r} with {SAVED}, or give {event}")
            return event, ""
        self._require_plausible(label, row)
        if row.may_be_cut_off == "label" and (self.known or self.new):
            raise WrongLabelError(
                f"label {label!r} is no class yet, and the file ends with it as if it was cut off; {END_LINE}"
            )
        self._exact[label] = label
        self._know(label)
        self.new[label] += 1
        self.places[label] = row.place
        if LOST.search(label):
            self._lossy.append(label)
        return Event.LABEL, label

    def _know(self, name: str) -> None:
        self._loose[_form(name)] = name
        self._of_singular.update(dict.fromkeys(singulars(str(_form(name))), name))

    def _require_plausible(self, label: str, row: Row) -> None:
        """Raise WrongLabelError unless a label that is no class yet may become one."""
        alike = map(_form, (label, label.strip(AROUND), label.lstrip("# ")))  # without doubt or comment
        if twin := next((self._loose[form] for form in alike if form in self._loose), None):
            place = f" at {self.places[twin]}" if twin in self.places else ""
            problem = f"label {label!a} is written nearly like the class {twin!a}{place}; did you mean that?"
            raise WrongLabelError(f"{problem}; {RENAMING}" if row.is_correction else problem)
        if slipped := (
            self._lost_problem(label)
            or self._plural_problem(label)
            or self._number_problem(label)
            or self._hedge_problem(label)
            or self._problem_of_several(row.label.strip())
            or slip(label)
        ):
            raise WrongLabelError(slipped)
        if NUMBER.fullmatch(label) and not all(NUMBER.fullmatch(name) for name in self.known):
            raise WrongLabelError(
                f"label {label!r} is a number, and no class has that name; give the name of the class"
            )
        if not self.may_grow:
            listed = abbreviated(self.known, LISTED)
            raise WrongLabelError(
                f"label {label!r} is not a class", lambda: self._near(label), f" (there are {listed})"
            )

    def _lost_problem(self, label: str) -> str | None:
        """Return what is wrong with a label if it, or a class of the same intake, may have lost letters."""
        if meant := whole_text(label, chain(self.known, self.new, self._labels, MARKS, MARKS_IN_WORDS)):
            return f"label {label!r} may be {meant!r} with {SAVED}; if it is another class, {LISTING}"
        if lossy := next((name for name in self._lossy if whole_text(name, [label])), None):
            return (
                f"label {lossy!r} at {self.places[lossy]} may be {label!r} with {SAVED}; if they are two "
                "classes, list both in the configuration"
            )
        return None

    def _plural_problem(self, label: str) -> str | None:
        """Return what is wrong with a label that is the plural or the singular of a class."""
        meant = next((self._loose[_form(one)] for one in singulars(label) if _form(one) in self._loose), None)
        meant = meant or self._of_singular.get(str(_form(label)))
        if meant is None:
            return None
        return (
            f"label {label!r} and the class {meant!r} differ in number alone; did you mean that? If both are "
            "classes, list them in the configuration"
        )

    def _number_problem(self, label: str) -> str | None:
        """Return what is wrong with a label that is a class and a number, such as its probability."""
        name = _form(BESIDE_NAME.sub("", label))
        if name == _form(label) or name not in self._loose:
            return None
        return (
            f"label {label!r} is the class {self._loose[name]!r} and a number; did you mean that? If it is "
            f"another class, {LISTING}"
        )

    def _hedge_problem(self, label: str) -> str | None:
        """Return what is wrong with a label that is a class and a word of doubt."""
        name = self._loose.get(_form(HEDGE.sub("", label)))
        if name is None:
            return None
        return (
            f"label {label!r} is the class {name!r} and a word of doubt; give one class, or cannot_tell; "
            f"if it is another class, {LISTING}"
        )

    def _problem_of_several(self, label: str) -> str | None:
        """Return what is wrong with a label that names several classes."""
        named = parts(label)
        if len(named) == 1 and all(map(self.is_known, label.split())):
            named = label.split()
        if len(named) < 2 or not (
            LINE_OR_CELL.search(label)
            or all(_form(part) in self._written or self.is_known(part) for part in named)
        ):
            return None
        return (
            f"label {label!r} names several, {', '.join(map(repr, named))}; give one of them, or cannot_tell"
        )

    def is_known(self, name: str) -> bool:
        """Return whether a name is that of a class, a mark, or written nearly like one."""
        return _form(name) in self._loose or mark(name) is not None

    def _near(self, label: str) -> str | None:
        """Return the class or mark that is written like a label.

        Of two new classes, the one with fewer labels may be the slip; if they have equally many, the later.
        """
        new = [name for name, _ in self.new.most_common()] if len(self.new) <= MOST_COMPARED else []
        before = takewhile(label.__ne__, new)
        near = difflib.get_close_matches(label, self.known, n=1, cutoff=0.6)
        nearer = difflib.get_close_matches(label, [*MARKS, *before], n=1, cutoff=0.8)
        return next(iter([*near, *nearer]), None)

    def new_classes(self) -> dict[str, NewClass]:
        """Return the classes that are new, by name."""
        found = {}
        for name in self.new:
            near = self._near(name)
            found[name] = NewClass(self.places[name], f"if {near!r} was meant, correct it" if near else "")
        return found


def _form(name: str) -> object:
    """Return a form that is equal for names that a person would take for one."""
    form = loose_form(name.replace('"', ""))
    if not isinstance(form, str):
        return form
    joined = BETWEEN_WORDS.sub(lambda found: "-" if found["numbers"] else "", form.translate(WRITTEN_OUT))
    return joined or form
