"""The names of the classes of a real pool, and names that a person would confuse."""

import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

from activepool.data.class_names import loose_form


class Twin(NamedTuple):
    """A class whose name a person would confuse with an earlier one, which is probably meant."""

    name: str
    earlier: str

    def __str__(self) -> str:
        return f"the class {self.name!a} is spelled almost like {self.earlier!a}; did you mean that?"


def twins(classes: Sequence[str], num_configured: int) -> tuple[Twin, ...]:
    """Return the classes that are spelled almost like an earlier one, except the ``num_configured`` first."""
    names_by_form: dict[object, str] = {}
    pairs = []
    for number, name in enumerate(classes):
        earlier = names_by_form.setdefault(loose_form(name), name)
        if earlier != name and number >= num_configured:
            pairs.append(Twin(name, earlier))
    return tuple(pairs)


def class_name(text: str) -> str:
    """Return the name of a class in Unicode's form NFC."""
    return unicodedata.normalize("NFC", text)


def normal_form(name: str) -> str:
    """Return a form that is equal for names that differ only in blanks or in their Unicode form."""
    return " ".join(class_name(name).split())
