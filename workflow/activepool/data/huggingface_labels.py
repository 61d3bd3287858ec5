"""Labels in the files of a Hugging Face dataset: as numbers of the classes in the schema, or as names."""

from collections.abc import Sequence
from textwrap import shorten
from typing import Any

from activepool.data.samples import UNKNOWN
from activepool.data.shard_samples import without_unknown

#: Characters of a wrong label that a message shows.
MAX_LABEL = 60


def label_text(value: Any, class_names: Sequence[str]) -> str | None:
    """Return a label as the name of a class; "" where it is not known, None if it is not a label.

    A whole number is the number of one of the ``class_names`` in the schema, and never the name of one.
    """
    if value is None or value != value:  # NaN, as pandas has it beside whole numbers
        return ""
    number = _whole_number(value)
    if number is not None:
        if 0 <= number < len(class_names):
            return class_names[number]
        return None if _is_name(number, class_names) else without_unknown(str(number))
    return without_unknown(value.strip()) if isinstance(value, str) else None


def _whole_number(value: Any) -> int | None:
    """Return a whole number, also from a column of floats; None for any other value."""
    is_whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
    return int(value) if is_whole and not isinstance(value, bool) else None


def _is_name(number: int, class_names: Sequence[str]) -> bool:
    """Return whether a number that no class has, -1 apart, is the name of a class in the schema."""
    return number != UNKNOWN and str(number) in class_names


def label_problem(value: Any, class_names: Sequence[str]) -> str:
    """Return why a value is not a label, for the `label_text` None."""
    number = _whole_number(value)
    if number is not None and _is_name(number, class_names):
        return (
            f"{number} is the name of class {class_names.index(str(number))} in the schema; write the number "
            f"of the class, 0 to {len(class_names) - 1}"
        )
    value_text = shorten(repr(value), MAX_LABEL, placeholder="...")
    return f"{value_text} is neither text nor a whole number; name another column: label: NAME"
