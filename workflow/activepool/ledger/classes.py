"""The names of the classes of a real pool, and those that a person would take for one another."""

import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

from activepool.data.class_names import loose_form


class Twin(NamedTuple):
    """A class whose name a person would take for that of another, which is probably meant."""

    name: str
    meant: str

    def __str__(self) -> str:
        return f"the class {self.name!a} is written nearly like {self.meant!a}; did you mean that?"


def twins(classes: Sequence[str], given: int) -> tuple[Twin, ...]:
    """Return the classes that are written nearly like an earlier one, except the first ``given`` ones."""
    first: dict[object, str] = {}
    found = []
    for number, name in enumerate(classes):
        meant = first.setdefault(loose_form(name), name)
        if meant != name and number >= given:
            found.append(Twin(name, meant))
    return tuple(found)


def class_name(written: str) -> str:
    """Return the name of a class in Unicode's form NFC."""
    return unicodedata.normalize("NFC", written)


def unseen_form(name: str) -> str:
    """Return a form that is equal for names that differ only in blanks or in their Unicode form."""
    return " ".join(class_name(name).split())
