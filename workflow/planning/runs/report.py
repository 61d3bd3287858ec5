"""The files that a complete report needs."""

from collections.abc import Sequence
from pathlib import Path

from planning.paths import Paths
from planning.runs.command_line import is_report, parse_command, snakemake_command

#: Targets that make all that the report shows; without a target, Snakemake takes the first.
WHOLE = ("all", "figures")


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
