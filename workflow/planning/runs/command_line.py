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
from planning.paths import Paths

#: A wildcard in Snakemake's name of a file, with the pattern of its values; and one of a single value.
WILDCARD, SINGLE = re.compile(r"\{(\w+)(?:,[^{}]*)?\}"), re.compile(r"\{\w+,([\w-]+)\}")

#: Targets that make all that the report shows; without a target, Snakemake takes the first.
WHOLE = ("all", "figures")

#: Snakemake's options with which it makes no files.
READ_ONLY_OPTIONS = (
    *("dryrun", "touch", "unlock", "lint", "report", "list_rules", "list_target_rules", "summary"),
    *("detailed_summary", "dag", "rulegraph", "filegraph", "d3dag", "containerize", "archive"),
    *("cleanup_metadata", "delete_all_output", "delete_temp_output", "print_compilation"),
)

#: The target that checks the results.
VERIFY = "verify"


@cache
def parse_command(command: tuple[str, ...]) -> Namespace | None:
    """Return the arguments of a command line; None if it is not Snakemake's."""
    program, *arguments = command
    if "snakemake" not in (Path(program).name, Path(program).parent.name):
        return None
    with redirect_stderr(io.StringIO()):  # Snakemake has printed the profile's name once
        options: Namespace = parse_args(arguments)[1]
    return options


def target_problem(
    command: Sequence[str], rules: Collection[Any], reported: Sequence[str] = ()
) -> str | None:
    """Describe a target of a command line that none of Snakemake's ``rules`` can make; None if there is none.

    A path is a target, too: all files that rules make lie in folders. The rule ``figures`` makes the
    ``reported`` files, which a user may call by their own names or by that of their folder.
    """
    options = parse_command(tuple(command))
    names = [rule.name for rule in rules if not rule.has_wildcards()]
    broad = {rule.name for rule in rules} - set(names)
    for target in options.targets if options else ():
        if target in broad:
            return f"{target!r} makes files of many names; name one of them: {_files(rules, target)}"
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


def report_command(arguments: Sequence[str]) -> str:
    """Return the command that makes the report; options stand before a ``--``."""
    end = arguments.index("--") if "--" in arguments else len(arguments)
    return snakemake_command([*arguments[:end], "--report", "report.html", *arguments[end:]])


def report_problem(paths: Paths, command: Sequence[str]) -> str | None:
    """Describe what a report would lack, if a command line asks for that of an unfinished experiment.

    If it names other targets, or a remote storage has the files, Snakemake says what it does not find.
    """
    if not any(map(is_report, command)):
        return None
    options = parse_command(tuple(command))
    if options is None or options.report_after_run or options.default_storage_provider:
        return None
    files = paths.reported()
    missing = [path for path in files if not Path(path).exists()]
    if not missing or not set(options.targets) <= set(WHOLE):
        return None
    return (
        f"the report needs all figures and tables; {len(missing)} of {len(files)} files are missing, such as "
        f"{missing[0]}; make them first: {snakemake_command(_without_report(command[1:]))}"
    )


def _without_report(arguments: Sequence[str]) -> list[str]:
    """Return a command line's arguments without the option ``--report`` and its file."""
    words = list(arguments)
    place = next(place for place, word in enumerate(words) if is_report(word))
    has_file = words[place] == "--report" and not "".join(words[place + 1 : place + 2]).startswith("-")
    return words[:place] + words[place + 1 + has_file :]


def makes_files(command: Sequence[str]) -> bool:
    """Return whether a command line of Snakemake asks for a run, and not only for information.

    A program that calls Snakemake's Python interface has another command line, and does not count as a run.
    """
    options = parse_command(tuple(command))
    if options is None or only_verifies(command):
        return False
    return not any(getattr(options, name, None) not in (None, False, set(), []) for name in READ_ONLY_OPTIONS)


def is_dry_run(command: Sequence[str]) -> bool:
    """Return whether a command line of Snakemake asks for a dry run, which shows what a run would take in."""
    options = parse_command(tuple(command))
    return options is not None and bool(options.dryrun)


def only_verifies(command: Sequence[str]) -> bool:
    """Return whether a command line of Snakemake only asks for the check of the results."""
    options = parse_command(tuple(command))
    return options is not None and list(options.targets) == [VERIFY]
