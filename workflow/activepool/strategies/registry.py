"""Finds strategies: built-in ones by name, a user's own as ``file.py:function``."""

import difflib
import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import activepool.strategies
from activepool.errors import InputError
from activepool.plugins import import_problem, load_module
from activepool.strategies.declaration import Strategy
from activepool.strategies.declaration_checks import DeclarationError
from activepool.strategies.wrapping import Wrapped, with_wrapped, wrapped_options


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


def find_strategy(name: str, options: Mapping[str, Any] | None = None) -> Strategy:
    """Return the strategy called ``name``: a built-in one, ``file.py:function`` or ``module:function``.

    With its ``options``, the declaration is complete: it has all that the strategy reads with them and,
    for a wrapper, the declarations of the strategies within it.

    Raises InputError, with the nearest names, if it or a strategy within it does not exist.
    """
    return completed(_declaration(name), options or {})


def completed(strategy: Strategy, options: Mapping[str, Any]) -> Strategy:
    """Return a strategy that reads what its options ask for, a wrapper with the strategies that they name."""
    strategy = strategy if strategy.wrapped else strategy.with_options(options)
    wrapped: dict[str, Wrapped] = {}
    for option, is_list in wrapped_options(strategy).items():
        if options.get(option):
            entries = enumerate(options[option]) if is_list else [("", options[option])]
            values = {f"{option}.{number}".rstrip("."): value for number, value in entries}
            wrapped |= {place: _wrapped(place, value) for place, value in values.items()}
    return with_wrapped(strategy, wrapped, options) if wrapped and not strategy.wrapped else strategy


def _wrapped(option: str, value: str | Mapping[str, Any]) -> Wrapped:
    """Return the strategy that an option names: by its name, or as in a configuration."""
    entry = {"strategy": value} if isinstance(value, str) else value
    inner_options = {name: option_value for name, option_value in entry.items() if name != "strategy"}
    return Wrapped(option, entry["strategy"], find_strategy(entry["strategy"], inner_options), inner_options)


def _declaration(name: str) -> Strategy:
    if ":" in name:
        return _users_strategy(name)
    if name.endswith(".py"):
        raise InputError(f"strategy {name!r}: name its function, too, as {name}:function")
    strategies = builtin_strategies()
    if name not in strategies:
        matches = difflib.get_close_matches(name, strategies, n=1)
        hint = (
            f"did you mean {matches[0]!r}?"
            if matches
            else f"there are {', '.join(strategies)}, and file.py:function"
        )
        raise InputError(f"strategy {name!r} does not exist; {hint}")
    return strategies[name]


def _users_strategy(name: str) -> Strategy:
    source, _, function = name.rpartition(":")
    if not source or not function:
        raise InputError(f"strategy {name!r}: name both the file and its function, as file.py:function")
    try:
        is_missing = source.endswith(".py") and not Path(source).is_file()
    except OSError as error:
        raise InputError(f"strategy file {source} cannot be read ({error.strerror})") from error
    if is_missing:
        raise InputError(f"strategy file {source} does not exist; a path is relative to the working folder")
    try:
        module = load_module(source)
    except DeclarationError as error:
        raise InputError(f"strategy {name!r}: {error}") from error
    except Exception as error:  # a user's file may raise anything when it is imported
        raise InputError(f"strategy {name!r}: cannot import {source} ({import_problem(error)})") from error
    value = getattr(module, function, None)
    if not isinstance(value, Strategy):
        raise InputError(
            f"strategy {name!r}: {source} declares no strategy {function!r} (use the decorator @strategy)"
        )
    return value
