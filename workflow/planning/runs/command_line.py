"""Snakemake's command line: what it asks for, and commands for the user to type next."""

import io
import shlex
import shutil
import sys
from argparse import Namespace
from collections.abc import Iterable, Sequence
from contextlib import redirect_stderr
from functools import cache
from pathlib import Path

from snakemake.cli import parse_args


@cache
def asked(command: tuple[str, ...]) -> Namespace | None:
    """Return the arguments of a command line; None if it is not Snakemake's."""
    program, *arguments = command
    if "snakemake" not in (Path(program).name, Path(program).parent.name):
        return None
    with redirect_stderr(io.StringIO()):  # Snakemake has printed the profile's name once
        _, given = parse_args(arguments)
    return given


def snakemake_command(arguments: Iterable[str]) -> str:
    """Return a command that starts this Snakemake from the same folder."""
    started = sys.argv[0]
    is_elsewhere = Path(started).name == "snakemake" and shutil.which("snakemake") != started
    return shlex.join([started if is_elsewhere else "snakemake", *arguments])


def is_report(word: str) -> bool:
    """Return whether a word of a command line is the option ``--report``, with its file or without."""
    return word.partition("=")[0] == "--report"


def with_options(arguments: Sequence[str], *options: str) -> list[str]:
    """Return the arguments with more options, which stand before a ``--``."""
    end = arguments.index("--") if "--" in arguments else len(arguments)
    return [*arguments[:end], *options, *arguments[end:]]
