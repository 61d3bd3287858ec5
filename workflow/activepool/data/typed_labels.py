"""The class of a label that somebody typed: by its name, or by its number if no name is a number."""

import difflib
import re
import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from functools import cache, cached_property

from activepool.data.class_names import loose_form, quoted_pair
from activepool.errors import abbreviated
from activepool.io.index_files import whole_number

#: Words for 0 to 10, and for 1st to 10th.
CARDINALS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
WORDS = {word: number for number, word in enumerate(CARDINALS)} | {
    word: number for number, word in enumerate(ORDINALS, start=1)
}

#: A Roman numeral up to 39 at the end of a name; the match may be empty, and then there is no numeral.
ROMAN = re.compile(r"(?<!\w)(?P<tens>x{0,3})(?P<units>ix|iv|v?i{0,3})\Z", re.IGNORECASE)

#: The units of Roman numerals, in their order.
ROMAN_UNITS = ("", "i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix")

#: More digits than a number that counts something has; those of an identifier, such as n01440764.
IDENTIFIER_DIGITS = 6

#: Classes that a message lists.
MAX_LISTED = 20


def numbers_in(names: Sequence[str]) -> list[set[float]]:
    """Return the numbers in each name; Roman numerals count if all names end in them, and are else alike."""
    numerals = list(map(ROMAN.search, names))
    are_roman = all(match and match[0] for match in numerals)
    stems = {name[: match.start()].casefold() for name, match in zip(names, numerals, strict=True) if match}
    if are_roman and len(stems) == 1:
        return [{_roman_number(match)} for match in numerals if match]
    return [set(_numbers(name)) for name in names]


def _numbers(name: str) -> list[float]:
    digits = [float(text) for text in re.findall(r"\d+", name, re.ASCII) if len(text) < IDENTIFIER_DIGITS]
    tokens = re.findall(r"\w+|[^\w\s]", name.casefold())
    words = [float(WORDS[token]) for token in tokens if token in WORDS]
    # Such as ½ and the Chinese 一; in longer words it need not be a number.
    letters = [unicodedata.numeric(token) for token in tokens if len(token) == 1 and _is_numeral(token)]
    return digits + words + letters


def _is_numeral(letter: str) -> bool:
    return not letter.isascii() and letter.isnumeric()


def _roman_number(match: re.Match[str]) -> float:
    return 10.0 * len(match["tens"]) + ROMAN_UNITS.index(match["units"].lower())


class Classes:
    """The names of C classes, to look up labels.

    A number means a class only if no class has a number as its name: among classes 2, 3, 5 and 7, or 01, 02
    and 03, the label 1 is a mistake and not the second class. So it is among the classes one, two and three,
    or I, II and III, which begin with the number 0.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self.names = list(names)
        self._number_of = {name: number for number, name in enumerate(self.names)}
        self._takes_numbers = all(as_number(name) is None for name in self.names)
        self._likely_name = cache(self._find_likely_name)

    def number(self, label: str) -> int | None:
        """Return the class of ``label``; None if it is not a class."""
        if label in self._number_of:
            return self._number_of[label]
        number = whole_number(label) if self._takes_numbers else None
        return number if number is not None and self._classes_of(number) == {number} else None

    def problem(self, label: str) -> str:
        """Return what is wrong with a label that is not a class, and the likely class."""
        class_list = abbreviated(self.names, MAX_LISTED)
        likely = self._likely_name(label)
        if likely is None:
            return f"label {label!r} is not a class; there are {class_list}"
        label_text, likely_text = quoted_pair(label, likely)
        return f"label {label_text} is not a class; did you mean {likely_text}? There are {class_list}"

    def _classes_of(self, number: int) -> set[int]:
        """Return the classes that a number may stand for: those with it in their names, or else by its place.

        The class at its place is not meant if its name has another number.
        """
        if number in self._classes_by_number:
            return self._classes_by_number[number]
        is_place = 0 <= number < len(self.names) and not self._numbers[number]
        return {number} if is_place else set()

    @cached_property
    def _numbers(self) -> list[set[float]]:
        return numbers_in(self.names)

    @cached_property
    def _classes_by_number(self) -> dict[float, set[int]]:
        classes: dict[float, set[int]] = defaultdict(set)
        for place, numbers in enumerate(self._numbers):
            for number in numbers:
                classes[number].add(place)
        return dict(classes)

    @cached_property
    def _names_by_form(self) -> dict[object, str]:
        return {loose_form(name): name for name in reversed(self.names)}

    def _find_likely_name(self, label: str) -> str | None:
        """Return the class with the spelling nearest to ``label``; None if none is near."""
        form = loose_form(label)
        if form in self._names_by_form:
            return self._names_by_form[form]
        number = as_number(label)
        if number is not None:
            classes = self._classes_of(int(number)) if self._takes_numbers and number.is_integer() else set()
            return self.names[classes.pop()] if len(classes) == 1 else None
        matches = difflib.get_close_matches(label, self.names, n=1, cutoff=0.75)
        return matches[0] if matches else None


def as_number(text: str) -> float | None:
    """Return the finite number in ``text``, or None."""
    if "_" in text:  # Python allows it between digits
        return None
    try:
        number = float(text)
    except ValueError:
        return None
    return number if abs(number) < float("inf") else None
