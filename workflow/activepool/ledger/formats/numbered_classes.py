"""Class lists of label files with class numbers."""

from collections.abc import Sequence
from typing import Any

from activepool.errors import InputError
from activepool.ledger.messages import EXPORT_AGAIN


def class_list(place: object, names: Sequence[Any]) -> list[str]:
    """Return the stripped names of a list of classes; the first has the number 0.

    Raises: InputError unless each class has a name of its own, without which its number would be ambiguous.
    """
    classes: list[str] = []
    for number, name in enumerate(names):
        if not isinstance(name, str) or not name.strip():
            raise InputError(
                f"{place}: class {number} (the first is 0) has no name that is a text{EXPORT_AGAIN}"
            )
        if name.strip() in classes:
            raise InputError(f"{place}: has the class {name.strip()!r} twice{EXPORT_AGAIN}")
        classes.append(name.strip())
    return classes
