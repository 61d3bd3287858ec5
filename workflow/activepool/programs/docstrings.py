"""What docstrings say about each argument of a function, and about each attribute of a class."""

import inspect
import re
import textwrap
from typing import Any


def documented_arguments(function: Any) -> dict[str, str]:
    """Return the descriptions in the section ``Args`` of a function's docstring, by argument."""
    return _documented(inspect.getdoc(function) or "", "Args")


def documented_attributes(kind: type) -> dict[str, str]:
    """Return the descriptions in the sections ``Attributes`` of a class and of its bases, by attribute."""
    found: dict[str, str] = {}
    for one in reversed(kind.__mro__):
        found |= _documented(inspect.cleandoc(one.__doc__ or ""), "Attributes")
    return found


def summary(documented: Any) -> str:
    """Return the docstring without its sections."""
    return re.split(r"\n\n(?:Args|Attributes|Returns|Raises)\b", inspect.getdoc(documented) or "")[0]


def _documented(docstring: str, section: str) -> dict[str, str]:
    _, *rest = re.split(rf"(?m)^{section}\b.*:\n", docstring, maxsplit=1)
    names: list[str] = []
    found: dict[str, str] = {}
    for line in textwrap.dedent("".join(rest).split("\n\n")[0]).splitlines():
        if line.startswith(" "):  # goes on with the description above
            found |= {name: f"{found[name]} {line.strip()}" for name in names}
        else:
            listed, _, description = line.partition(": ")
            names = listed.split(", ")
            found |= dict.fromkeys(names, description)
    return found
