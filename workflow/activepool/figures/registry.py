"""Figures and tables by name: each module of ``drawings`` or ``tables`` is one; the registry finds it."""

import importlib
import pkgutil
from collections.abc import Callable
from functools import partial
from types import ModuleType
from typing import TYPE_CHECKING, Any

import activepool.figures.drawings
import activepool.figures.tables

if TYPE_CHECKING:  # listing the names needs neither matplotlib nor pandas
    import pandas as pd
    from matplotlib.figure import Figure

    from activepool.figures.results import Results
    from activepool.figures.settings import Settings
    from activepool.figures.typesetting import Typeset


def _functions(package: ModuleType, function: str) -> dict[str, Callable[..., Any]]:
    """Return the function of this name in each module of a package, by module; a call imports the module."""

    def call(module: str, *arguments: Any) -> Any:
        return getattr(importlib.import_module(module), function)(*arguments)

    names = sorted(module.name for module in pkgutil.iter_modules(package.__path__))
    return {name: partial(call, f"{package.__name__}.{name}") for name in names}


#: The functions that draw a figure.
FIGURES: "dict[str, Callable[[Results, Settings], Figure]]" = _functions(activepool.figures.drawings, "draw")

#: The functions that compute a table, and those that typeset it.
TABLES: "dict[str, Callable[[Results, Settings], pd.DataFrame]]" = _functions(
    activepool.figures.tables, "tabulate"
)
TYPESET: "dict[str, Callable[[pd.DataFrame, Settings], Typeset]]" = _functions(
    activepool.figures.tables, "typeset"
)
