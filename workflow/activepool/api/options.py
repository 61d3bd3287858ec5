"""A strategy's options, checked against the parameters of its function."""

import difflib
import inspect
from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from types import SimpleNamespace
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

from annotated_types import MinLen

from activepool.errors import InputError
from activepool.strategies.declaration import Strategy
from activepool.strategies.registry import completed, find_strategy
from activepool.strategies.wrapping import wrapped_options

if TYPE_CHECKING:
    from pydantic import BaseModel
    from pydantic_core import ErrorDetails

#: Types of values that a message shows, and how many characters of them.
Printable = str | int | float | date
MAX_SHOWN = 100


def check_options(strategy: Strategy, given: Mapping[str, Any], keywords: Sequence[str]) -> dict[str, Any]:
    """Return all options of ``strategy`` in their types, those that are not given at their defaults.

    ``keywords`` are other names that a user may have meant. Raises InputError that lists all problems.
    """
    for name in given:
        if name not in strategy.options:
            raise InputError(f"strategy {strategy.name!r} {_unknown(strategy, name, keywords)}")
    defaults = {name: option.default for name, option in strategy.options.items()}
    if not given and inspect.Parameter.empty not in defaults.values():
        return defaults  # without pydantic, which takes longer to import than a small pool takes to score
    options, problems = validate_options(strategy, dict(given))
    if problems:
        raise InputError(f"strategy {strategy.name!r}: {'; '.join(problems)}")
    return options


def validate_options(strategy: Strategy, given: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Return (all options with defaults, problems); with problems the options are those given.

    An option that is a strategy becomes a mapping of its name, ``strategy``, and all its options.
    """
    from pydantic import PydanticUserError, ValidationError

    try:
        options = options_model(strategy)(**given).model_dump()
        completed(strategy, options)
        return options, []
    except InputError as error:
        return given, [str(error)]
    except ValidationError as error:
        return given, [_problem(strategy, one) for one in error.errors()]
    except NameError as error:
        return given, [f"the type of an option of {strategy.name} is not known when it runs ({error})"]
    except PydanticUserError as error:
        reason = error.message.splitlines()[0].partition(". ")[0]  # further sentences are for programmers
        return given, [
            f"the type of an option of {strategy.name} is none of a configuration ({reason}); "
            "declare int, float, bool, str or a list of these"
        ]


@cache
def options_model(strategy: Strategy) -> "type[BaseModel]":
    """Return the model that checks a strategy's options."""
    from pydantic import BeforeValidator, ConfigDict, create_model

    annotations = {name: option.annotation for name, option in strategy.options.items()}
    given = {name: one for name, one in annotations.items() if one is not inspect.Parameter.empty}
    # Only those of the options: names that serve type checkers alone may be unknown when the program runs.
    annotated = SimpleNamespace(__annotations__=given)
    types = get_type_hints(annotated, strategy.select.__globals__, include_extras=True)
    one = Annotated[Any, BeforeValidator(_wrapped_entry)]
    several = Annotated[list[one], MinLen(1)]
    types |= {name: several if is_list else one for name, is_list in wrapped_options(strategy).items()}
    fields: dict[str, Any] = {
        name: (types.get(name, Any), ... if option.default is inspect.Parameter.empty else option.default)
        for name, option in strategy.options.items()
    }
    return create_model(strategy.name, __config__=ConfigDict(extra="forbid"), **fields)


def _wrapped_entry(given: Any) -> dict[str, Any]:
    """Return a strategy within another, as a mapping of its name and all its options.

    Raises pydantic's error if it is none.
    """
    from pydantic_core import PydanticCustomError

    entry = {"strategy": given} if isinstance(given, str) else given
    if not isinstance(entry, Mapping) or not isinstance(entry.get("strategy"), str):
        raise PydanticCustomError("strategy", "must be a strategy: its name, or {strategy: name, ...}")
    name, given = entry["strategy"], {str(key): entry[key] for key in entry if key != "strategy"}
    try:
        options, problems = validate_options(find_strategy(name), given)
    except InputError as error:
        problems = [str(error)]
    if problems:
        raise PydanticCustomError("strategy", "{problems}", {"problems": "; ".join(problems)})
    return {"strategy": name, **options}


def plain_message(error: "ErrorDetails") -> str:
    """Return what is wrong, without the words of the parser."""
    message = error["msg"][:1].lower() + error["msg"][1:]
    for words in (", unable to", " after validation"):
        message = message.partition(words)[0]
    return message.replace("tuple", "list").replace("a valid boolean", "true or false")


def given_value(error: "ErrorDetails") -> str:
    """Return the value that was given, for the end of a message; "" for a section or a list."""
    given = error["input"]
    if given is None:
        return " (it is empty)"
    if not isinstance(given, Printable):
        return ""
    shown = repr(given)
    return f" (given: {shown if len(shown) <= MAX_SHOWN else f'{shown[: MAX_SHOWN - 3]}...'})"


def _problem(strategy: Strategy, error: "ErrorDetails") -> str:
    name = ".".join(str(part) for part in error["loc"])
    if error["type"] == "missing":
        return f"option {name!r} is missing"
    if error["type"] != "extra_forbidden":
        return f"option {name!r}: {plain_message(error)}{given_value(error)}"
    return f"{strategy.name} {_unknown(strategy, name)}"


def _unknown(strategy: Strategy, name: str, keywords: Sequence[str] = ()) -> str:
    """Return what is wrong with an option that the strategy does not have, after the strategy's name."""
    if near := difflib.get_close_matches(name, [*strategy.options, *keywords], n=1):
        return f"has no option {name!r}; did you mean {near[0]!r}?"
    if not strategy.options:
        return f"has no options; leave out {name!r}"
    return f"has no option {name!r}; its options are {', '.join(strategy.options)}"
