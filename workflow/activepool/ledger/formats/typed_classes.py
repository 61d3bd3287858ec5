"""Classes as people type them, matched with the classes that they mean."""

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
from activepool.ledger.entries import Event, normal_form
from activepool.ledger.formats.rows import MARKS, Row, mark_event
from activepool.ledger.formats.slips import (
    ADJACENT_NUMBER,
    CELL_BREAK,
    HEDGE,
    LOSS_PROBLEM,
    LOST_LETTERS,
    NUMBER,
    OUTER_MARKS,
    parts,
    singulars,
    slip_problem,
    whole_text,
)
from activepool.ledger.messages import WrongCellError

#: How to rename a class by corrections.
RENAMING_ADVICE = "to rename a class, give the new name among the classes of the configuration"

#: `MARKS` as people write them.
MARK_PHRASES = tuple(name.replace("_", " ") for name in MARKS)

#: Advice about a label that is a class after all.
LISTING_ADVICE = "list it among the classes of the configuration"

#: A separator of the words of a name, which people vary; between numbers it matters.
WORD_SEPARATOR = re.compile(r"(?P<numbers>(?<=\d)[\s_-]+(?=\d))|[\s_-]+")

#: Casefolded letters, and their spelling on keyboards without them.
TRANSLITERATION = str.maketrans({"ä": "ae", "æ": "ae", "ö": "oe", "ø": "oe", "œ": "oe", "ü": "ue", "å": "aa"})

#: The most classes that a message lists.
MAX_CLASSES = 20

#: The most new classes among which similar ones are searched for.
MAX_COMPARED = 300


@dataclass(frozen=True)
class ClassNames:
    """The classes that labels may name: those of the configuration and those of earlier labels.

    ``may_grow``: whether another label is a new class, and not a mistake. ``places`` has the first label of
    each class that is new in another file of the same intake.
    """

    names: Sequence[str] = ()
    may_grow: bool = True
    places: Mapping[str, str] = field(default_factory=dict)


class NewClass(NamedTuple):
    """A class that no label had before: the place of its first label, and advice in case it is a slip."""

    place: str
    hint: str


class TypedClasses:
    """Matches ``labels``, as people typed them in a file, with the classes before the file and with new ones.

    ``new_counts`` is the number of labels of each new class, and ``places`` has the place of its first one.
    """

    def __init__(self, classes: ClassNames, labels: Iterable[str] = ()) -> None:
        self.classes = list(classes.names)
        self.may_grow = classes.may_grow
        self.new_counts: Counter[str] = Counter()
        self.places = dict(classes.places)
        self._by_form = {normal_form(name): name for name in reversed(self.classes)}
        self._labels = {normal_form(label) for label in set(labels)}
        self._label_forms = {_form(label) for label in self._labels}
        self._lossy_names = list(filter(LOST_LETTERS.search, self.places))
        self._by_loose_form: dict[object, str] = {}
        self._by_singular: dict[str, str] = {}
        for name in reversed(self.classes):
            self._add_class(name)

    def read(self, row: Row) -> tuple[Event | None, str]:
        """Return the event and class of a row; None if awaited. Raises WrongCellError for other labels."""
        if row.event is not None:
            return row.event, ""
        label = normal_form(row.label)
        if not label:
            return None, ""
        if (
            row.unterminated_field == "label"
            and (label in self._by_form or mark_event(label) is not None)
            and (problem := cut_off_problem("label", label, self._by_form))
        ):
            raise WrongCellError(problem)
        if label in self._by_form:
            name = self._by_form[label]
            if name in self.new_counts:
                self.new_counts[name] += 1
            return Event.LABEL, name
        event = mark_event(label)
        if event and _form(label) not in self._by_loose_form:
            if meant := whole_text(label, self.classes):
                raise WrongCellError(f"label {label!r} may be {meant!r} with {LOSS_PROBLEM}, or give {event}")
            return event, ""
        self._require_plausible(label, row)
        if row.unterminated_field == "label" and (self.classes or self.new_counts):
            raise WrongCellError(
                f"label {label!r} is not a class yet, and the file ends with it as if it was cut off; "
                f"{END_LINE}"
            )
        self._by_form[label] = label
        self._add_class(label)
        self.new_counts[label] += 1
        self.places[label] = row.place
        if LOST_LETTERS.search(label):
            self._lossy_names.append(label)
        return Event.LABEL, label

    def _add_class(self, name: str) -> None:
        self._by_loose_form[_form(name)] = name
        self._by_singular.update(dict.fromkeys(singulars(str(_form(name))), name))

    def _require_plausible(self, label: str, row: Row) -> None:
        # Marks of doubt and of comments do not make another class.
        forms = map(_form, (label, label.strip(OUTER_MARKS), label.lstrip("# ")))
        if twin := next((self._by_loose_form[form] for form in forms if form in self._by_loose_form), None):
            place = f" at {self.places[twin]}" if twin in self.places else ""
            problem = f"label {label!a} is spelled almost like the class {twin!a}{place}; did you mean that?"
            raise WrongCellError(f"{problem}; {RENAMING_ADVICE}" if row.is_correction else problem)
        if slip := (
            self._lost_problem(label)
            or self._plural_problem(label)
            or self._number_problem(label)
            or self._hedge_problem(label)
            or self._problem_of_several(row.label.strip())
            or slip_problem(label)
        ):
            raise WrongCellError(slip)
        if NUMBER.fullmatch(label) and not all(NUMBER.fullmatch(name) for name in self.classes):
            raise WrongCellError(
                f"label {label!r} is a number, and no class has that name; give the name of the class"
            )
        if not self.may_grow:
            names = abbreviated(self.classes, MAX_CLASSES)
            raise WrongCellError(
                f"label {label!r} is not a class", lambda: self._near(label), f" (there are {names})"
            )

    def _lost_problem(self, label: str) -> str | None:
        candidates = chain(self.classes, self.new_counts, self._labels, MARKS, MARK_PHRASES)
        if name := whole_text(label, candidates):
            problem = f"label {label!r} may be {name!r} with {LOSS_PROBLEM}"
            return f"{problem}; if it is another class, {LISTING_ADVICE}"
        if name := next((name for name in self._lossy_names if whole_text(name, [label])), None):
            return (
                f"label {name!r} at {self.places[name]} may be {label!r} with {LOSS_PROBLEM}; if they are "
                "two classes, list both in the configuration"
            )
        return None

    def _plural_problem(self, label: str) -> str | None:
        forms = map(_form, singulars(label))
        name = next((self._by_loose_form[form] for form in forms if form in self._by_loose_form), None)
        name = name or self._by_singular.get(str(_form(label)))
        if name is None:
            return None
        return (
            f"label {label!r} and the class {name!r} differ only in number; did you mean that? If both are "
            "classes, list them in the configuration"
        )

    def _number_problem(self, label: str) -> str | None:
        form = _form(ADJACENT_NUMBER.sub("", label))
        if form == _form(label) or form not in self._by_loose_form:
            return None
        return (
            f"label {label!r} is the class {self._by_loose_form[form]!r} and a number; did you mean that? If "
            f"it is another class, {LISTING_ADVICE}"
        )

    def _hedge_problem(self, label: str) -> str | None:
        name = self._by_loose_form.get(_form(HEDGE.sub("", label)))
        if name is None:
            return None
        return (
            f"label {label!r} is the class {name!r} and a word of doubt; give one class, or cannot_tell; "
            f"if it is another class, {LISTING_ADVICE}"
        )

    def _problem_of_several(self, label: str) -> str | None:
        names = parts(label)
        if len(names) == 1 and all(map(self.is_known, label.split())):
            names = label.split()
        if len(names) < 2 or not (
            CELL_BREAK.search(label)
            or all(_form(part) in self._label_forms or self.is_known(part) for part in names)
        ):
            return None
        return (
            f"label {label!r} names several, {', '.join(map(repr, names))}; give one of them, or cannot_tell"
        )

    def is_known(self, name: str) -> bool:
        """Return whether a name is a class or a mark, or is spelled almost like one."""
        return _form(name) in self._by_loose_form or mark_event(name) is not None

    def _near(self, label: str) -> str | None:
        """Return the class or mark with a spelling near to that of a label.

        Of two new classes, the one with fewer labels may be the slip; in a tie, the later one.
        """
        ranked = self.new_counts.most_common() if len(self.new_counts) <= MAX_COMPARED else []
        better_known = takewhile(label.__ne__, (name for name, _ in ranked))
        matches = difflib.get_close_matches(label, self.classes, n=1, cutoff=0.6)
        matches += difflib.get_close_matches(label, [*MARKS, *better_known], n=1, cutoff=0.8)
        return next(iter(matches), None)

    def new_classes(self) -> dict[str, NewClass]:
        """Return the new classes, by name."""
        classes = {}
        for name in self.new_counts:
            suggestion = self._near(name)
            hint = f"if {suggestion!r} was meant, correct it" if suggestion else ""
            classes[name] = NewClass(self.places[name], hint)
        return classes


def _form(name: str) -> object:
    """Return a form that is equal for names that a person would take for the same."""
    form = loose_form(name.replace('"', ""))
    if not isinstance(form, str):
        return form
    spelling = form.translate(TRANSLITERATION)
    return WORD_SEPARATOR.sub(lambda match: "-" if match["numbers"] else "", spelling) or form
