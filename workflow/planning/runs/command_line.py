"""Snakemake's command line: its targets and options, and commands for the user to type next."""

import io
import re
import shlex
import shutil
import sys
from argparse import Namespace
from collections.abc import Collection, Iterable, Sequence
from contextlib import redirect_stderr
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any

from snakemake.cli import parse_args

from activepool.errors import nearest_name

#: A wildcard in Snakemake's name of a file, with the pattern of its values; and one of a single value.
WILDCARD, SINGLE = re.compile(r"\{(\w+)(?:,[^{}]*)?\}"), re.compile(r"\{\w+,([\w-]+)\}")


@cache
def parse_command(command: tuple[str, ...]) -> Namespace | None:
    """Return the arguments of a command line; None if it is not Snakemake's."""
    program, *arguments = command
    if "snakemake" not in (Path(program).name, Path(program).parent.name):
        return None
    with redirect_stderr(io.StringIO()):  # Snakemake has printed the profile's name once
        options: Namespace = parse_args(arguments)[1]
    return options


def unknown_target(
    command: Sequence[str], names: Collection[str], reported: Sequence[str] = ()
) -> str | None:
    """Describe the target of a command line that is not among ``names``, and what may be meant; or None.

    A path is a target, too: all files that rules make lie in folders. The rule ``figures`` makes the
    ``reported`` files, which a user may call by their own names or by that of their folder.
    """
    options = parse_command(tuple(command))
    for target in options.targets if options else ():
        if "/" not in target and target not in names and not Path(target).exists():
            hint = _file_hint(target, reported) or nearest_name(target, names)
            return f"there is no target {target!r}; {hint}"
    return None


def _file_hint(target: str, reported: Sequence[str]) -> str:
    """Return what makes a figure or table of nearly this name; "" if there is none."""
    named = {name: file for file in reversed(reported) for name in (Path(file).stem, Path(file).parent.name)}
    near = get_close_matches(Path(target).stem, named, n=1, cutoff=0.8)
    example = named[near[0]] if near and near[0] != "figures" else ""
    return f"figures makes all figures and tables; one alone is a file, such as {example}" if example else ""


def broad_target(command: Sequence[str], rules: Collection[Any]) -> str | None:
    """Describe the target that is one of Snakemake's ``rules`` for files of many names; None if none is."""
    options = parse_command(tuple(command))
    broad = {rule.name for rule in rules if rule.has_wildcards()}
    for target in options.targets if options else ():
        if target in broad:
            return f"{target!r} makes files of many names; name one of them: {_files(rules, target)}"
    return None


def _files(rules: Iterable[Any], name: str) -> str:
    """Return the files that a rule makes, with a name in braces for each wildcard that has several values."""
    files = (str(file) for rule in rules if rule.name == name for file in rule.output)
    filled = (WILDCARD.sub(r"{\1}", SINGLE.sub(r"\1", file)) for file in files)
    return ", ".join(filled)


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
