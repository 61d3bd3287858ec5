"""A strategy's options, checked against the parameters of its function."""

import difflib
import inspect
from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from types import SimpleNamespace
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

from annotated_types import MinLen

from activepool.errors import InputError, shown
from activepool.strategies.declaration import Strategy
from activepool.strategies.registry import completed, find_strategy
from activepool.strategies.wrapping import wrapped_options

if TYPE_CHECKING:
    from pydantic import BaseModel
    from pydantic_core import ErrorDetails

#: Types of values that a message shows.
Printable = str | int | float | date


#: The type of an error that lists the problems of a strategy within another.
INNER_PROBLEMS = "inner_problems"

#: Keywords of `activepool.select` by the names that other libraries give them.
OTHER_NAMES = {"random_state": "seed", "n_jobs": "workers", "y": "labels", "n_instances": "budget"}


def check_options(strategy: Strategy, values: Mapping[str, Any], keywords: Sequence[str]) -> dict[str, Any]:
    """Return all options of ``strategy`` in their types; those that ``values`` lacks have their defaults.

    ``keywords`` are other names that a user may have meant. Raises InputError that lists all problems.
    """
    for name in values:
        if name not in strategy.options:
            raise InputError(f"strategy {strategy.name!r} {_unknown(strategy, name, keywords)}")
    defaults = {name: option.default for name, option in strategy.options.items()}
    if not values and inspect.Parameter.empty not in defaults.values():
        return defaults  # without pydantic, which takes longer to import than a small pool takes to score
    options, problems = validate_options(strategy, dict(values))
    if problems:
        raise InputError(f"strategy {strategy.name!r}: {'; '.join(problems)}")
    return options


def validate_options(strategy: Strategy, values: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Return (all options with defaults, problems); with problems, the options are ``values``.

    An option that is a strategy becomes a mapping of its name, ``strategy``, and all its options.
    """
    from pydantic import PydanticUserError, ValidationError

    try:
        options = options_model(strategy)(**values).model_dump()
        completed(strategy, options)
        return options, []
    except InputError as error:
        return values, [str(error)]
    except ValidationError as error:
        return values, [_problem(strategy, detail) for detail in error.errors()]
    except NameError as error:
        return values, [f"the type of an option of {strategy.name} is not known when it runs ({error})"]
    except PydanticUserError as error:
        reason = error.message.splitlines()[0].partition(". ")[0]  # further sentences are for programmers
        return values, [
            f"the type of an option of {strategy.name} cannot be written in a configuration ({reason}); "
            "declare int, float, bool, str or a list of these"
        ]


@cache
def options_model(strategy: Strategy) -> "type[BaseModel]":
    """Return the model that checks a strategy's options."""
    from pydantic import BeforeValidator, ConfigDict, create_model

    annotations = {name: option.annotation for name, option in strategy.options.items()}
    hints = {name: hint for name, hint in annotations.items() if hint is not inspect.Parameter.empty}
    # Only those of the options: names that only type checkers need may be unknown when the program runs.
    holder = SimpleNamespace(__annotations__=hints)
    types = get_type_hints(holder, strategy.select.__globals__, include_extras=True)
    wrapped = Annotated[Any, BeforeValidator(_wrapped_entry)]
    wrapped_list = Annotated[list[wrapped], MinLen(1)]
    types |= {
        name: wrapped_list if is_list else wrapped for name, is_list in wrapped_options(strategy).items()
    }
    fields: dict[str, Any] = {
        name: (types.get(name, Any), ... if option.default is inspect.Parameter.empty else option.default)
        for name, option in strategy.options.items()
    }
    return create_model(strategy.name, __config__=ConfigDict(extra="forbid"), **fields)


def _wrapped_entry(value: Any) -> dict[str, Any]:
    """Return a strategy within another, as a mapping of its name and all its options.

    Raises pydantic's error if it is not a strategy.
    """
    from pydantic_core import PydanticCustomError

    entry = {"strategy": value} if isinstance(value, str) else value
    if not isinstance(entry, Mapping) or not isinstance(entry.get("strategy"), str):
        raise PydanticCustomError(
            "strategy", "must be a strategy: its name, file.py:function, or {strategy: name, ...}"
        )
    name, options = entry["strategy"], {str(key): entry[key] for key in entry if key != "strategy"}
    try:
        options, problems = validate_options(find_strategy(name), options)
        # An option of this strategy is not that of the strategy around it.
        problems = [
            f"{name}: {problem}" if problem.startswith("option ") else problem for problem in problems
        ]
    except InputError as error:
        problems = [str(error)]
    if problems:
        raise PydanticCustomError(INNER_PROBLEMS, "{problems}", {"problems": "; ".join(problems)})
    return {"strategy": name, **options}


def plain_message(error: "ErrorDetails") -> str:
    """Return what is wrong, without the words of the parser."""
    message = error["msg"][:1].lower() + error["msg"][1:]
    for words in (", unable to", " after validation"):
        message = message.partition(words)[0]
    return message.replace("tuple", "list").replace("a valid boolean", "true or false")


def value_note(error: "ErrorDetails") -> str:
    """Return the value that was given, for the end of a message; "" for a section or a list."""
    value = error["input"]
    if value is None:
        return " (it is empty)"
    if not isinstance(value, Printable):
        return ""
    return f" (given: {shown(value)})"


def _problem(strategy: Strategy, error: "ErrorDetails") -> str:
    name = ".".join(str(part) for part in error["loc"])
    if error["type"] == "missing":
        return f"option {name!r} is missing"
    if error["type"] != "extra_forbidden":
        note = "" if error["type"] == INNER_PROBLEMS else value_note(error)
        return f"option {name!r}: {plain_message(error)}{note}"
    return f"{strategy.name} {_unknown(strategy, name)}"


def _unknown(strategy: Strategy, name: str, keywords: Sequence[str] = ()) -> str:
    """Return what is wrong with an option that the strategy does not have, after the strategy's name."""
    if OTHER_NAMES.get(name) in keywords:
        return f"has no option {name!r}; did you mean {OTHER_NAMES[name]!r}?"
    if matches := difflib.get_close_matches(name, [*strategy.options, *keywords], n=1):
        return f"has no option {name!r}; did you mean {matches[0]!r}?"
    if not strategy.options:
        return f"has no options; leave out {name!r}"
    return f"has no option {name!r}; its options are {', '.join(strategy.options)}"
