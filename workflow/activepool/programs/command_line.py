"""The command line of a stage, and the arguments that it gives to the stage's function."""

import json
from argparse import Action, ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, NoReturn, get_args, get_origin

from activepool.compute.blocks import Compute
from activepool.compute.devices import resolve_device
from activepool.compute.shards import Shard
from activepool.errors import InputError
from activepool.programs.stage import Json, Parameter, Role, Stage, Text, count, natural

#: Options that say where the work is done, by the roles that need them.
_DEVICE = ("--device", {"default": "auto", "help": "auto, cpu, cuda or cuda:N (default: auto)"})
_WORKERS = (
    "--workers",
    {"type": count, "default": 1, "help": "worker threads; no effect on the result (default: 1)"},
)
_SHARD = (
    ("--shard", {"type": natural, "default": 0, "help": "number of this shard, from 0 (default: 0)"}),
    ("--shards", {"type": count, "default": 1, "help": "number of shards; no effect on the result"}),
)
_OPTIONS: dict[Role, tuple[tuple[str, dict[str, Any]], ...]] = {
    Role.DEVICE: (_DEVICE,),
    Role.WORKERS: (_WORKERS,),
    Role.COMPUTE: (_DEVICE, _WORKERS),
    Role.SHARD: _SHARD,
    Role.VERSION: (),
}


class CommandLine(ArgumentParser):
    """The options of a stage.

    Every stage also takes ``--log``, a file that receives a copy of its messages, and ``--provenance``, with
    which it writes a record beside its files (see `activepool.records.provenance`).
    """

    def __init__(self, stage: Stage) -> None:
        super().__init__(prog=f"python -m {stage.module}", description=stage.description, allow_abbrev=False)
        self.stage = stage
        for parameter in stage.parameters:
            self._add(parameter)
        if stage.in_processes:
            self.add_argument(
                "--processes", type=count, default=1, help="processes that work together (default: 1)"
            )
        self.add_argument("--log", help="file for a copy of all messages, without progress bars")
        self.add_argument(
            "--provenance",
            type=_json,
            help="JSON: digests of the settings and code that the files depend on; also writes a record",
        )

    def error(self, message: str) -> NoReturn:
        """Raise InputError, which says what is wrong with the command line."""
        raise InputError(f"{self.stage.name}: {message}")

    def _get_values(self, action: Action, arg_strings: list[str]) -> Any:
        # From a list, argparse removes "--", which is a value after an equals sign: --classes=--
        if action.nargs in ("*", "+") and arg_strings == ["--"]:
            return arg_strings
        return super()._get_values(action, arg_strings)

    def _add(self, parameter: Parameter) -> None:
        if parameter.role in _OPTIONS:
            for flag, options in _OPTIONS[parameter.role]:
                self.add_argument(flag, **options)
            return
        options = {"required": parameter.is_required, "help": parameter.help.replace("%", "%%")}
        if not parameter.is_required:
            options["default"] = parameter.default
        if parameter.is_list:
            options |= {"nargs": "+" if parameter.is_required else "*", "action": _Values}
        if get_origin(parameter.kind) is Literal:
            options["choices"] = get_args(parameter.kind)
        elif converter := _converter(parameter):
            options["type"] = converter
        self.add_argument(parameter.flag, **options)


class _Values(Action):
    """Collects the values of an option that may occur several times: --classes cat --classes=-dog."""

    def __call__(
        self, parser: ArgumentParser, namespace: Namespace, values: Any, option_string: str | None = None
    ) -> None:
        earlier = getattr(namespace, self.dest)
        setattr(namespace, self.dest, [*(() if earlier is self.default else earlier), *values])


def log_of(words: list[str]) -> str | None:
    """Return the value of ``--log`` in a command line that may have mistakes; None without it."""
    parser = ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--log", nargs="?")
    log: str | None = parser.parse_known_args(words)[0].log
    return log


def function_arguments(stage: Stage, arguments: Namespace) -> dict[str, Any]:
    """Return the arguments of the stage's function, by name; raises InputError for an invalid value."""
    return {parameter.name: _value(parameter, arguments) for parameter in stage.parameters}


def input_files(stage: Stage, arguments: Namespace) -> list[str]:
    """Return the existing files among those that the command line gives a stage to read, each once."""
    files = _files(stage, arguments, Role.INPUT)
    for parameter in stage.settings:
        content = getattr(arguments, parameter.name)
        if isinstance(parameter.reading, Json) and content is not None:
            files.extend(parameter.reading.files(content))
    return [path for path in dict.fromkeys(files) if Path(path).is_file()]


def files_read(stage: Stage, arguments: Namespace) -> list[str]:
    """Return all files that a stage may read: its inputs, and files of an earlier run."""
    return [*input_files(stage, arguments), *_files(stage, arguments, Role.EARLIER)]


def output_files(stage: Stage, arguments: Namespace) -> list[str]:
    """Return the files that the command line gives a stage to write, in their order."""
    return _files(stage, arguments, Role.OUTPUT)


def settings(stage: Stage, arguments: Namespace) -> dict[str, Any]:
    """Return all other values of the command line, by name."""
    files = stage.of_role(Role.INPUT, Role.OUTPUT, Role.FOLDER, Role.EARLIER)
    excluded = {"log", "provenance", "processes", *(parameter.name for parameter in files)}
    return {
        name: value for name, value in vars(arguments).items() if name not in excluded and value is not None
    }


def _converter(parameter: Parameter) -> Callable[[str], Any] | None:
    """Return the function that converts a word; None if it stays text."""
    if isinstance(parameter.reading, Text):
        return parameter.reading.convert
    if isinstance(parameter.reading, Json) or parameter.kind not in (str, int, float):
        return _json
    return None if parameter.kind is str else parameter.kind


def _json(text: str) -> dict[str, Any]:
    """Return a JSON object; all settings other than words and numbers are objects."""
    try:
        content = json.loads(text)
    except ValueError as error:
        raise ArgumentTypeError(f"{text!r} is not JSON ({error})") from None
    if not isinstance(content, dict):
        raise ArgumentTypeError(f"{text!r} is not a JSON object, such as {{}}")
    return content


def _value(parameter: Parameter, arguments: Namespace) -> Any:
    if parameter.role is Role.COMPUTE:
        return Compute(resolve_device(arguments.device), arguments.workers)
    if parameter.role is Role.SHARD:
        return Shard(arguments.shard, arguments.shards)
    if parameter.role is Role.VERSION:
        return list((arguments.provenance or {"": ""}).values())[-1]
    value = getattr(arguments, parameter.name)
    if isinstance(parameter.reading, Json) and value is not None:
        return parameter.reading.convert(value)
    return value


def _files(stage: Stage, arguments: Namespace, role: Role) -> list[str]:
    files: list[str] = []
    for parameter in stage.of_role(role):
        value = getattr(arguments, parameter.name)
        files += [value] if isinstance(value, str) else value or []
    return files
