"""The descriptions of arguments and attributes in docstrings."""

import inspect
import re
import textwrap
from typing import Any


def documented_arguments(function: Any) -> dict[str, str]:
    """Return the descriptions in the section ``Args`` of a function's docstring, by argument."""
    return _section_entries(inspect.getdoc(function) or "", "Args")


def documented_attributes(kind: type) -> dict[str, str]:
    """Return the descriptions in the sections ``Attributes`` of a class and of its bases, by attribute."""
    descriptions: dict[str, str] = {}
    for base in reversed(kind.__mro__):
        descriptions |= _section_entries(inspect.cleandoc(base.__doc__ or ""), "Attributes")
    return descriptions


def summary(documented: Any) -> str:
    """Return the docstring without its sections."""
    return re.split(r"\n\n(?:Args|Attributes|Returns|Raises)\b", inspect.getdoc(documented) or "")[0]


def _section_entries(docstring: str, section: str) -> dict[str, str]:
    _, *body = re.split(rf"(?m)^{section}\b.*:\n", docstring, maxsplit=1)
    names: list[str] = []
    descriptions: dict[str, str] = {}
    for line in textwrap.dedent("".join(body).split("\n\n")[0]).splitlines():
        if line.startswith(" "):  # continues the description above
            descriptions |= {name: f"{descriptions[name]} {line.strip()}" for name in names}
        else:
            name_list, _, description = line.partition(": ")
            names = name_list.split(", ")
            descriptions |= dict.fromkeys(names, description)
    return descriptions
