"""What is checked of a strategy's declaration: what it reads, and the function that picks."""

import inspect
from collections.abc import Callable, Iterable

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
    """What is wrong with a strategy's declaration, and what would be right."""


def tuple_of_names(strategy: str, key: str, given: object) -> tuple[str, ...]:
    """Return what a declaration names; raises DeclarationError for text, whose letters are no names."""
    if isinstance(given, str) or not isinstance(given, Iterable):
        example = given if isinstance(given, str) else "name"
        raise DeclarationError(f'{strategy}: {key} is a tuple of names, such as {key}=("{example}",)')
    return tuple(given)


def known_artifacts(strategy: str, reads: tuple[str, ...]) -> tuple[str, ...]:
    """Return what a strategy reads; raises DeclarationError for all that no strategy can read."""
    problems = []
    for name in reads:
        if name not in ARTIFACTS:
            is_score = name in SCORES
            hint = f'it is a score: scores=("{name}",)' if is_score else nearest_name(str(name), ARTIFACTS)
            problems.append(f"{strategy} cannot read {name!r}; {hint}")
    if problems:
        raise DeclarationError("; ".join(problems))
    return reads


def known_scores(strategy: str, scores: object) -> tuple[str, ...]:
    """Return the scores that a strategy reads; raises DeclarationError for all others."""
    names = tuple_of_names(strategy, "scores", scores)
    problems = []
    for name in names:
        if name not in SCORES:
            is_other = name in ARTIFACTS
            hint = f'it is no score: reads=("{name}",)' if is_other else nearest_name(str(name), SCORES)
            problems.append(f"{strategy} cannot read the score {name!r}; {hint}")
    if problems:
        raise DeclarationError("; ".join(problems))
    return names


def require_all(*checks: Callable[[], object]) -> None:
    """Make all checks of a declaration; raise DeclarationError with the messages of those that fail."""
    problems = []
    for check in checks:
        try:
            check()
        except DeclarationError as error:
            problems.append(str(error))
    if problems:
        raise DeclarationError("; ".join(problems))


def check_function(select: Callable[..., object]) -> None:
    """Raise DeclarationError for a function that does not take a query and its options by name."""
    if inspect.iscoroutinefunction(select) or inspect.isgeneratorfunction(select):
        raise DeclarationError(f"{select.__name__} must return a Selection: no async, no yield")
    parameters = list(inspect.signature(select).parameters.values())
    by_name = (inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.VAR_KEYWORD)
    if not parameters or parameters[0].kind in by_name:
        raise DeclarationError(f"the first parameter of {select.__name__} must be the query")
    by_place = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    if wrong := [
        option.name
        for option in parameters[1:]
        if option.kind in by_place and option.default is inspect.Parameter.empty
    ]:
        raise DeclarationError(f"options come after a *: {select.__name__}(query, *, {', '.join(wrong)})")
    if taken := [option.name for option in parameters[1:] if option.name in CONFIGURATION_KEYS]:
        raise DeclarationError(f"an option cannot be called {taken[0]!r}, a key that each strategy has")
