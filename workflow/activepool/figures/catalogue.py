"""Figures and tables by name: a module of ``drawings`` or ``tables`` is one, and is found by existing."""

import importlib
import pkgutil
from collections.abc import Callable, Iterator, Mapping

import activepool.figures.drawings
import activepool.figures.tables


class Catalogue(Mapping[str, Callable]):
    """A package's modules by name; the value is the function of each that bears ``function``'s name.

    Listing the names imports none of the modules.
    """

    def __init__(self, package: object, function: str) -> None:
        self._package = package
        self._function = function

    def __getitem__(self, name: str) -> Callable:
        if name not in list(self):
            raise KeyError(name)
        return getattr(importlib.import_module(f"{self._package.__name__}.{name}"), self._function)

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(found.name for found in pkgutil.iter_modules(self._package.__path__)))

    def __len__(self) -> int:
        return len(list(iter(self)))


#: Name -> draw(results: Results, settings: Settings) -> matplotlib Figure.
FIGURES = Catalogue(activepool.figures.drawings, "draw")

#: Name -> tabulate(results: Results, settings: Settings) -> DataFrame.
TABLES = Catalogue(activepool.figures.tables, "tabulate")

#: Name -> typeset(table: DataFrame, settings: Settings) -> str, that table in LaTeX.
TYPESET = Catalogue(activepool.figures.tables, "typeset")
