"""Finding strategies: built-in ones by name, a user's own as ``file.py:function``."""

import difflib
import importlib
import pkgutil
from functools import cache
from pathlib import Path

import activepool.strategies
from activepool.errors import InputError
from activepool.plugins import load_module
from activepool.strategies.declaration import Strategy


@cache
def builtin_strategies() -> dict[str, Strategy]:
    """Return the strategies of this package by name, sorted."""
    package = activepool.strategies
    modules = [
        importlib.import_module(f"{package.__name__}.{module.name}")
        for module in pkgutil.iter_modules(package.__path__)
    ]
    declared = [
        value
        for module in modules
        for value in vars(module).values()
        if isinstance(value, Strategy) and value.select.__module__ == module.__name__
    ]
    return {strategy.name: strategy for strategy in sorted(declared, key=lambda strategy: strategy.name)}


def find_strategy(name: str) -> Strategy:
    """Return the strategy called ``name``: a built-in one, ``file.py:function`` or ``module:function``.

    Raises InputError, with the nearest names, if it does not exist.
    """
    if ":" in name:
        return _users_strategy(name)
    known = builtin_strategies()
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(known)}, and file.py:function"
        raise InputError(f"strategy {name!r} does not exist; {hint}")
    return known[name]


def _users_strategy(name: str) -> Strategy:
    source, _, function = name.rpartition(":")
    try:
        is_missing = source.endswith(".py") and not Path(source).is_file()
    except OSError as error:
        raise InputError(f"strategy file {source} cannot be read ({error.strerror})") from error
    if is_missing:
        raise InputError(f"strategy file {source} does not exist; a path is relative to the working folder")
    try:
        module = load_module(source)
    except Exception as error:  # a user's file may raise anything when it is imported
        raise InputError(
            f"strategy {name!r}: cannot import {source} ({type(error).__name__}: {error})"
        ) from error
    value = getattr(module, function, None)
    if not isinstance(value, Strategy):
        raise InputError(
            f"strategy {name!r}: {source} declares no strategy {function!r} (use the decorator @strategy)"
        )
    return value
