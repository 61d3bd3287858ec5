"""A strategy's options, checked against the parameters of its function."""

import difflib
import inspect
from functools import cache
from types import SimpleNamespace
from typing import Any, get_type_hints

from pydantic import BaseModel, ConfigDict, PydanticUserError, ValidationError, create_model

from activepool.strategies.declaration import Strategy


def validate_options(strategy: Strategy, given: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Return (all options with defaults, problems); with problems the options are those given."""
    try:
        return _options_model(strategy)(**given).model_dump(), []
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
def _options_model(strategy: Strategy) -> type[BaseModel]:
    annotations = {name: option.annotation for name, option in strategy.options.items()}
    # Only those of the options: names that serve type checkers alone may be unknown when the program runs.
    types = _resolved(annotations, strategy.select.__globals__)
    fields = {
        name: (types.get(name, Any), ... if option.default is inspect.Parameter.empty else option.default)
        for name, option in strategy.options.items()
    }
    return create_model(strategy.name, __config__=ConfigDict(extra="forbid"), **fields)


def _resolved(annotations: dict[str, Any], names: dict[str, Any]) -> dict[str, Any]:
    """Return annotations, with those that are text replaced by what they say, and without the empty ones."""
    given = {name: one for name, one in annotations.items() if one is not inspect.Parameter.empty}
    return get_type_hints(SimpleNamespace(__annotations__=given), names, include_extras=True)


def _problem(strategy: Strategy, error: dict[str, Any]) -> str:
    name = ".".join(str(part) for part in error["loc"])
    if error["type"] == "missing":
        return f"option {name!r} is missing"
    if error["type"] != "extra_forbidden":
        return f"option {name!r}: {error['msg']}"
    near = difflib.get_close_matches(name, strategy.options, n=1)
    known = f"its options are {', '.join(strategy.options)}" if strategy.options else "it has no options"
    return f"{strategy.name} has no option {name!r}; " + (f"did you mean {near[0]!r}?" if near else known)
