"""A line for each job of a dry run, with the reason, in place of Snakemake's block of 15 lines."""

import logging
import re
import sys
from typing import Any, TextIO

from snakemake.logging import logger
from snakemake_interface_logger_plugins.common import LogEvent

from activepool.errors import first_few
from planning.runs.command_line import parse_command
from planning.runs.progress import label, replaces_jobs, terminal_handlers

#: How Snakemake begins a reason, and the words of a line for it.
WORDS = {
    "Missing output files": "missing",
    "Incomplete output files": "incomplete",
    "Updated input files": "newer input",
    "Input files updated by another job": "input rebuilt",
    "Forced execution": "outdated, or forced",
}

#: How Snakemake begins the reason that settings or code have changed, and what separates old from new.
CHANGED, SEPARATOR = "Params have changed", " now: "

#: A stage in the recorded params of a job, with the digests of its settings and its code.
STAGE = re.compile(r'"(\w+)": "settings (\w+), code (\w+)"')


class Plan(logging.Handler):
    """Prints a line for each job that a run would start: ``[would run] curves (missing: ...)``."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__()
        self._stream = stream

    def emit(self, record: logging.LogRecord) -> None:
        """Print the line for a record about a job; an error here does not end the run."""
        try:
            details = record.__dict__
            if details.get("event") == LogEvent.JOB_INFO and details["output"]:  # targets have no output
                job = label(details["rule_name"], details["wildcards"])
                print(f"[would run] {job} ({reason(details['reason'])})", file=self._stream, flush=True)
        except Exception:
            self.handleError(record)


def reason(text: str) -> str:
    """Return Snakemake's reason for a job in a few words, with the first file of each list.

    If the params have changed, they name the stages with other settings or code.
    """
    start, changed, change = text.partition(CHANGED)
    clauses = [_shortened(clause) for clause in start.split("; ") if clause]
    return "; ".join([*clauses, *([_difference(change)] if changed else [])])


def _shortened(clause: str) -> str:
    beginning, _, files = clause.partition(": ")
    words = WORDS.get(beginning, beginning[:1].lower() + beginning[1:])
    return f"{words}: {first_few(sorted(files.split(', ')), 1)}" if files else words.rstrip(".")


def _difference(change: str) -> str:
    old, _, new = change.partition(SEPARATOR)
    old_digests = {name: digests for name, *digests in STAGE.findall(old)}
    differing = [
        f"{part} of {name}"
        for name, *digests in STAGE.findall(new)
        for part, *pair in zip(("settings", "code"), old_digests.get(name, digests), digests, strict=True)
        if pair[0] != pair[1]
    ]
    return f"changed: {', '.join(differing)}" if differing else "its settings or earlier stages have changed"


def show_plan(workflow: Any) -> None:
    """In a dry run, print a line for each job, if ``quiet: rules`` holds and nothing else was asked for."""
    options = parse_command(tuple(sys.argv))
    if options is None or not options.dryrun or not replaces_jobs(workflow.output_settings):
        return
    if any(isinstance(handler, Plan) for handler in logger.handlers):
        return  # of another module
    for handler in terminal_handlers():
        logger.addHandler(Plan(handler.stream))
