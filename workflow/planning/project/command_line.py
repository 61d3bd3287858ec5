"""What a command line of Snakemake asks of a project."""

from collections.abc import Iterable, Sequence

from planning.project.paths import MODEL_FILES
from planning.runs.command_line import parse_command

#: Snakemake's options with which it makes no files.
READ_ONLY_OPTIONS = (
    *("dryrun", "touch", "unlock", "lint", "report", "list_rules", "list_target_rules", "summary"),
    *("detailed_summary", "dag", "rulegraph", "filegraph", "d3dag", "containerize", "archive"),
    *("cleanup_metadata", "delete_all_output", "delete_temp_output", "print_compilation"),
)

#: The target that checks the results.
VERIFY = "verify"


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


def sends_batches(arguments: Iterable[str]) -> bool:
    """Return whether Snakemake's command line asks for the next batch, and not only for a model."""
    words = set(arguments)
    return "next_batch" in words or not words & set(MODEL_FILES)
