"""Checks of a strategy's declaration: what it reads, and the function that picks."""

import inspect
from collections.abc import Callable, Iterable
from typing import Any, Literal

from activepool.errors import InputError, nearest_name
from activepool.scores.pool_scorer import SCORES

#: What a strategy may read besides the index files and the labels of the labelled set.
ARTIFACTS = (
    "features",
    "head",
    "oracle_labels",
    "labels_of_picks",
    "nearest",
    "remaining_budget",
    "validation",
)

#: The keys of a strategy in a configuration, besides its options.
CONFIGURATION_KEYS = ("strategy", "name")


class DeclarationError(InputError, ValueError):
    """A strategy's declaration is wrong; the message says what would be right."""


def tuple_of_names(strategy: str, key: str, value: object) -> tuple[str, ...]:
    """Return the names in a declaration; raises DeclarationError for a string, not a tuple."""
    if isinstance(value, str) or not isinstance(value, Iterable):
        example = value if isinstance(value, str) else "name"
        raise DeclarationError(f'{strategy}: {key} is a tuple of names, such as {key}=("{example}",)')
    return tuple(value)


def checked_names(strategy: str, key: Literal["reads", "scores"], value: object) -> tuple[str, ...]:
    """Return the artifacts or scores that a strategy reads; raises DeclarationError for all other names."""
    is_score = key == "scores"
    known, others = (SCORES, ARTIFACTS) if is_score else (ARTIFACTS, SCORES)
    noun, advice = ("the score ", "it is not a score: reads") if is_score else ("", "it is a score: scores")

    def problem(name: str) -> str:
        hint = f'{advice}=("{name}",)' if name in others else nearest_name(str(name), known)
        return f"{strategy} cannot read {noun}{name!r}; {hint}"

    names = tuple_of_names(strategy, key, value)
    _raise_for(problem(name) for name in names if name not in known)
    return names


def results_of(*checks: Callable[[], Any]) -> list[Any]:
    """Return what the checks of a declaration return; raise DeclarationError with all that fail."""
    results, problems = [], []
    for check in checks:
        try:
            results.append(check())
        except DeclarationError as error:
            problems.append(str(error))
    _raise_for(problems)
    return results


def _raise_for(problems: Iterable[str]) -> None:
    if text := "; ".join(problems):
        raise DeclarationError(text)


def check_function(select: Callable[..., object]) -> None:
    """Raise DeclarationError for a function that does not take a query and its options by name."""
    if inspect.iscoroutinefunction(select) or inspect.isgeneratorfunction(select):
        raise DeclarationError(f"{select.__name__} must return a Selection: no async, no yield")
    parameters = list(inspect.signature(select).parameters.values())
    by_name = (inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.VAR_KEYWORD)
    if not parameters or parameters[0].kind in by_name:
        raise DeclarationError(f"the first parameter of {select.__name__} must be the query")
    by_place = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    if positional := [option.name for option in parameters[1:] if option.kind in by_place]:
        raise DeclarationError(
            f"options come after a *: {select.__name__}(query, *, {', '.join(positional)})"
        )
    if reserved := [option.name for option in parameters[1:] if option.name in CONFIGURATION_KEYS]:
        raise DeclarationError(f"an option cannot be called {reserved[0]!r}, a key that each strategy has")
