"""A stage of the workflow: one typed function that declares its program.

The types of the parameters give their roles, and the docstring's ``Args`` describe them:

    @stage
    def gather_scores(shards: list[Input], scores: Output) -> None: ...

`Input` and `Output` are files, and `Earlier` is a file that may be absent. `Compute`, `Shard`, `Device` and
`Workers` say where the work is done, and on which part of the rows. `Version` comes from the rule. All other
parameters are settings. The command line, the rule's command and the record follow from the declaration.
"""

import inspect
import sys
from argparse import ArgumentTypeError
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cached_property, partial
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints, overload

from activepool.compute.blocks import Compute
from activepool.compute.shards import Shard
from activepool.io.rounds import Rounds
from activepool.programs.docstrings import documented_arguments, summary

#: The files of a round that stages read of all rounds.
METRICS, SELECTED = "metrics.json", "selected.csv"


class Role(Enum):
    """The role of a parameter in a stage."""

    INPUT = "a file to read"
    OUTPUT = "a file to write"
    FOLDER = "a folder to write, for files without a record"
    DEVICE = "the device as requested, such as auto"
    WORKERS = "worker threads, which do not change the result"
    COMPUTE = "device and workers together"
    SHARD = "a part of the rows"
    EARLIER = "a file that an earlier run may have left, which does not change the result"
    VERSION = "digests of the stage's settings and code, from its rule; empty for a stage started by hand"
    SETTING = "any other parameter"


@dataclass(frozen=True)
class Text:
    """A setting that ``convert`` reads from a word of the command line."""

    convert: Callable[[str], Any]


@dataclass(frozen=True)
class Json:
    """A setting in JSON.

    Attributes:
        convert: returns the function's argument for the content of the JSON; may raise InputError.
        files: returns the files that the content names, which are inputs too.
    """

    convert: Callable[[Any], Any] = lambda content: content
    files: Callable[[Any], Iterable[str]] = lambda content: ()


def _whole_number(minimum: int, text: str) -> int:
    if not text.isdecimal() or int(text) < minimum:
        raise ArgumentTypeError(f"{text!r} is not a whole number of at least {minimum}")
    return int(text)


#: Readers of a whole number of at least 0, and of at least 1, from a command line.
natural, count = partial(_whole_number, 0), partial(_whole_number, 1)


def _reading(name: str) -> Json:
    """Return the reading of `Rounds` for a stage that reads the file called ``name`` of each round."""

    def files(content: Mapping[str, Any]) -> list[str]:
        return [str(path) for path in Rounds.parse(content).files(name).values()]

    return Json(Rounds.parse, files)


Input = Annotated[str, Role.INPUT]
Output = Annotated[str, Role.OUTPUT]
Folder = Annotated[str, Role.FOLDER]
Earlier = Annotated[str, Role.EARLIER]
Version = Annotated[str, Role.VERSION]
Device = Annotated[str, Role.DEVICE]
Workers = Annotated[int, Role.WORKERS]
Natural = Annotated[int, Text(natural)]
Count = Annotated[int, Text(count)]

#: Rounds whose metrics, or whose picks, a stage reads.
MeasuredRounds = Annotated[Rounds, _reading(METRICS)]
SelectedRounds = Annotated[Rounds, _reading(SELECTED)]

#: Types that imply a role.
_ROLES = {Compute: Role.COMPUTE, Shard: Role.SHARD}


@dataclass(frozen=True, eq=False)
class Parameter:
    """A parameter of a stage.

    Attributes:
        name: its name; ``--name`` on the command line, with dashes for underscores.
        kind: its type without None, list and metadata.
        is_list: whether it takes several values.
        default: its default, or `inspect.Parameter.empty` if it is required.
        reading: how to read a setting; None for a plain type.
        help: its description in the docstring.
    """

    name: str
    role: Role
    kind: Any
    is_list: bool
    default: Any
    reading: Text | Json | None
    help: str

    @property
    def flag(self) -> str:
        """The option of the command line."""
        return f"--{self.name.replace('_', '-')}"

    @property
    def is_required(self) -> bool:
        """Whether it has no default."""
        return self.default is inspect.Parameter.empty


class Stage:
    """A function with its declaration; calling it calls the function.

    Attributes:
        function: the function; it may return the annotations that it used, for the record.
        in_processes: whether several processes may run it together, one on each GPU.
        has_record: whether it writes a record; files that differ from run to run have none.
    """

    def __init__(
        self, function: Callable[..., Any], in_processes: bool = False, has_record: bool = True
    ) -> None:
        self.function = function
        self.in_processes = in_processes
        self.has_record = has_record
        self.__doc__ = function.__doc__

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        """Call the function."""
        return self.function(*arguments, **keywords)

    @property
    def name(self) -> str:
        """The name of the function and of its module."""
        return self.function.__name__

    @property
    def module(self) -> str:
        """The module that ``python -m`` runs."""
        specification = getattr(sys.modules[self.function.__module__], "__spec__", None)
        return specification.name if specification else self.function.__module__

    @property
    def file(self) -> Path:
        """The file of the module."""
        return Path(inspect.getfile(self.function))

    @property
    def description(self) -> str:
        """The docstring without its sections."""
        return summary(self.function)

    @cached_property
    def parameters(self) -> tuple[Parameter, ...]:
        """The parameters in their order."""
        hints = get_type_hints(self.function, include_extras=True)
        helps = documented_arguments(self.function)
        parameters = inspect.signature(self.function).parameters
        return tuple(_parameter(parameters[name], hints[name], helps.get(name, "")) for name in parameters)

    def of_role(self, *roles: Role) -> list[Parameter]:
        """Return the parameters with these roles, in their order."""
        return [parameter for parameter in self.parameters if parameter.role in roles]

    @property
    def settings(self) -> list[Parameter]:
        """The parameters that are settings."""
        return self.of_role(Role.SETTING)

    def run(self, words: list[str] | None = None) -> None:
        """Run as a program with the command line, or with these words."""
        from activepool.programs.running import run  # it imports what only programs need

        run(self, sys.argv[1:] if words is None else words)


@overload
def stage(function: Callable[..., Any]) -> Stage: ...
@overload
def stage(
    *, in_processes: bool = False, has_record: bool = True
) -> Callable[[Callable[..., Any]], Stage]: ...
def stage(
    function: Callable[..., Any] | None = None, *, in_processes: bool = False, has_record: bool = True
) -> Any:
    """Declare the decorated function as a stage; the keywords are attributes of `Stage`."""
    if function is not None:
        return Stage(function)
    return lambda decorated: Stage(decorated, in_processes, has_record)


def _parameter(parameter: inspect.Parameter, hint: Any, help_text: str) -> Parameter:
    metadata, kind, is_list = _unwrap(hint)
    role = next((entry for entry in metadata if isinstance(entry, Role)), _ROLES.get(kind, Role.SETTING))
    reading = next((entry for entry in metadata if isinstance(entry, Text | Json)), None)
    return Parameter(parameter.name, role, kind, is_list, parameter.default, reading, help_text)


def _unwrap(hint: Any) -> tuple[tuple[Any, ...], Any, bool]:
    """Return a type's metadata, the type without None, list and metadata, and whether it is a list."""
    if get_origin(hint) is Annotated:
        kind, *outer = get_args(hint)
        inner, kind, is_list = _unwrap(kind)
        return (*outer, *inner), kind, is_list
    if get_origin(hint) in (Union, UnionType):
        kinds = [kind for kind in get_args(hint) if kind is not type(None)]
        return _unwrap(kinds[0]) if len(kinds) == 1 else ((), hint, False)
    if get_origin(hint) in (list, Sequence):
        inner, kind, _ = _unwrap(*get_args(hint))
        return inner, kind, True
    return (), hint, False
