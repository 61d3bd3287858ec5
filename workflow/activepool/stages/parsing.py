"""The command line of a stage, which knows the files that the stage reads and writes."""

import argparse
import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NoReturn


def count(text: str) -> int:
    """Return a whole number from 1 on: the type of an argument."""
    return _whole_number(text, 1)


def natural(text: str) -> int:
    """Return a whole number from 0 on: the type of an argument."""
    return _whole_number(text, 0)


def _whole_number(text: str, least: int) -> int:
    if not text.isdecimal() or int(text) < least:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from {least} on")
    return int(text)


class StageParser(argparse.ArgumentParser):
    """Arguments of three kinds: files that are read, files that are written, and all others.

    ``--provenance`` is there for every stage: where it is given, a record of how the files were made is
    written beside them (see activepool.records.provenance).
    """

    def __init__(self, description: str) -> None:
        super().__init__(description=description, allow_abbrev=False)
        self._inputs: dict[str, Callable[[argparse.Namespace], Iterable[str]] | None] = {}
        self._outputs: list[str] = []
        self.add_argument(
            "--provenance",
            type=json.loads,
            help="JSON: digests of settings and code that the files depend on; a record is written with it",
        )

    def error(self, message: str) -> NoReturn:
        """Say what is wrong with the command line, in one line, and exit with status 2."""
        self.exit(2, f"activepool: {self.prog}: {message}\n")

    def add_input(
        self,
        name: str,
        *,
        paths: Callable[[argparse.Namespace], Iterable[str]] | None = None,
        **options: Any,
    ) -> None:
        """Add an argument that names one or, with ``nargs``, several files to read.

        An argument that names them in another form is a setting as well; ``paths`` finds them.
        """
        self._inputs[self.add_argument(name, **options).dest] = paths

    def add_output(self, name: str, **options: Any) -> None:
        """Add an argument that names a file to write."""
        self._outputs.append(self.add_argument(name, **options).dest)

    def inputs(self, arguments: argparse.Namespace) -> list[str]:
        """Return the files among ``arguments`` that are read, in their order."""
        found = [
            path
            for name, paths in self._inputs.items()
            for path in (paths(arguments) if paths else _paths(getattr(arguments, name)))
        ]
        return [path for path in dict.fromkeys(found) if Path(path).is_file()]

    def outputs(self, arguments: argparse.Namespace) -> list[str]:
        """Return the files among ``arguments`` that are written, in their order."""
        return [path for name in self._outputs if (path := getattr(arguments, name)) is not None]

    def settings(self, arguments: argparse.Namespace) -> dict[str, Any]:
        """Return the other arguments by name, but for the log and those not given."""
        files = {*self._outputs, "log", "provenance"}
        files |= {name for name, paths in self._inputs.items() if paths is None}
        return {
            name: value for name, value in vars(arguments).items() if name not in files and value is not None
        }


def _paths(value: str | list[str] | None) -> list[str]:
    if value is None:
        return []
    return [value] if isinstance(value, str) else value
