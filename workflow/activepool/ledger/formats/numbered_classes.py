"""Class lists for label files that give class numbers."""

from collections.abc import Sequence
from typing import Any

from activepool.errors import InputError
from activepool.ledger.messages import EXPORT_AGAIN


def class_list(place: object, names: Sequence[Any]) -> list[str]:
    """Return the classes of a list, without blanks around them; the first has the number 0.

    Raises: InputError unless each class has a name of its own, for nobody knows what its number means then.
    """
    found: list[str] = []
    for number, name in enumerate(names):
        if not isinstance(name, str) or not name.strip():
            raise InputError(
                f"{place}: class {number} (the first is 0) has no name that is a text{EXPORT_AGAIN}"
            )
        if name.strip() in found:
            raise InputError(f"{place}: has the class {name.strip()!r} twice{EXPORT_AGAIN}")
        found.append(name.strip())
    return found
