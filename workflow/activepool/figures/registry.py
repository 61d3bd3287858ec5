"""Figures and tables by name: each module of ``drawings`` or ``tables`` is one; the registry finds it."""

import importlib
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from types import ModuleType
from typing import TYPE_CHECKING, TypeVar

import activepool.figures.drawings
import activepool.figures.tables

if TYPE_CHECKING:  # listing the names needs neither matplotlib nor pandas
    import pandas as pd
    from matplotlib.figure import Figure

    from activepool.figures.results import Results
    from activepool.figures.settings import Settings
    from activepool.figures.typesetting import Typeset

Function = TypeVar("Function")


class Registry(Mapping[str, Function]):
    """A package's modules by name; the value is the module's function called ``function``.

    Listing the names imports none of the modules.
    """

    def __init__(self, package: ModuleType, function: str) -> None:
        self._package = package
        self._function = function

    def __getitem__(self, name: str) -> Function:
        if name not in list(self):
            raise KeyError(name)
        module = importlib.import_module(f"{self._package.__name__}.{name}")
        function: Function = getattr(module, self._function)
        return function

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(module.name for module in pkgutil.iter_modules(self._package.__path__)))

    def __len__(self) -> int:
        return len(list(iter(self)))


#: The functions that draw a figure.
FIGURES: "Registry[Callable[[Results, Settings], Figure]]" = Registry(activepool.figures.drawings, "draw")

#: The functions that compute a table.
TABLES: "Registry[Callable[[Results, Settings], pd.DataFrame]]" = Registry(
    activepool.figures.tables, "tabulate"
)

#: The functions that typeset a table.
TYPESET: "Registry[Callable[[pd.DataFrame, Settings], Typeset]]" = Registry(
    activepool.figures.tables, "typeset"
)
