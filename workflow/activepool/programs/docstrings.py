"""What docstrings say about each argument of a function, and about each attribute of a class."""

import inspect
import re
import textwrap
from collections.abc import Iterator
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
    parts = re.split(rf"(?m)^{section}\b.*:\n", docstring, maxsplit=1)
    return dict(_entries(parts[1].split("\n\n")[0])) if len(parts) == 2 else {}


def _entries(section: str) -> Iterator[tuple[str, str]]:
    names, lines = "", []
    for line in textwrap.dedent(section).splitlines():
        if line.startswith(" "):
            lines.append(line.strip())
            continue
        yield from _entry(names, lines)
        names, _, first = line.partition(": ")
        lines = [first]
    yield from _entry(names, lines)


def _entry(names: str, lines: list[str]) -> Iterator[tuple[str, str]]:
    for name in names.split(", ") if names else ():
        yield name, " ".join(lines)
