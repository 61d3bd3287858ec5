"""A line for each job of a run or, in a dry run, of its plan.

They replace Snakemake's lines, which name no strategy, seed or round, and take 15 lines for a planned job.
"""

import logging
import re
import sys
import threading
import time
from collections.abc import Mapping
from typing import Any, NamedTuple, TextIO

from snakemake.logging import logger
from snakemake.settings.enums import Quietness
from snakemake_interface_logger_plugins.common import LogEvent

from activepool.errors import first_few
from planning.runs.command_line import parse_command

#: A job that runs for more seconds than this gets a line while it runs.
SOON = 10.0

#: How a line words the wildcards that it shows, in this order. The others are the same for all jobs of a run.
WORDING = {"strategy": "{}", "batch": "{}", "seed": "seed {}", "round": "round {}", "dataset": "{}"}

#: Snakemake's lines that the lines of this module replace. One has no event.
REPLACED = (LogEvent.JOB_STARTED, LogEvent.JOB_FINISHED, LogEvent.PROGRESS)
SELECTING = "Select jobs to execute..."

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


class _Job(NamedTuple):
    """A job: its label, when it began, and the timer of its line, if it runs here and makes files."""

    label: str
    began: float
    timer: threading.Timer | None


class Progress(logging.Handler):
    """Prints a line when a job has ended, and before that when it is submitted, or if it runs for long.

    Jobs on a cluster get no times, because nobody here knows when they leave their queue.
    """

    def __init__(self, stream: TextIO, soon: float = SOON) -> None:
        super().__init__()
        self._stream, self._soon = stream, soon
        self._jobs: dict[int, _Job] = {}
        self._ended: list[int] = []

    def watch(self, scheduler: Any) -> None:
        """Print a line when the cluster has accepted a job; Snakemake's records come before that."""
        submitted = scheduler.submit_callback

        def submit_callback(job: Any) -> None:
            submitted(job)
            if not job.is_local:
                self._print(f"[submitted] {_submitted(job)}")

        scheduler.submit_callback = submit_callback

    def emit(self, record: logging.LogRecord) -> None:
        """Follow one record of Snakemake; an error here does not end the run."""
        try:
            self._follow(record.__dict__)
        except Exception:
            self.handleError(record)

    def _follow(self, details: Mapping[str, Any]) -> None:
        event = details.get("event")
        if event == LogEvent.JOB_INFO:
            self._begin(details)
        elif event == LogEvent.JOB_FINISHED:
            self._ended.append(details["job_id"])
        elif event == LogEvent.PROGRESS:
            self._count(details["done"], details["total"])
        elif event == LogEvent.GROUP_ERROR:
            self._print(f"[failed] group {details['groupid']}")
        elif event == LogEvent.JOB_ERROR and not details["indent"]:
            self._print(f"[failed] {self._text(details['jobid'])}")

    def _begin(self, details: Mapping[str, Any]) -> None:
        words, timer = label(details["rule_name"], details["wildcards"]), None
        if details["local"] and details["output"]:
            line = f"[running since {time.strftime('%H:%M:%S')}] {words}"
            timer = threading.Timer(self._soon, self._tell, [details["jobid"], line])
            timer.daemon = True
            timer.start()
        self._jobs[details["jobid"]] = _Job(words, time.monotonic(), timer)

    def _tell(self, number: int, line: str) -> None:
        assert self.lock is not None  # logging.Handler.__init__ has made it
        with self.lock:
            if number in self._jobs:
                self._print(line)

    def _count(self, done: int, total: int) -> None:
        """Count and print the jobs that have ended; those of a group end together."""
        for place, number in enumerate(self._ended, done - len(self._ended) + 1):
            self._print(f"[{place} of {total}] {self._text(number)}")
        self._ended.clear()

    def _text(self, number: int) -> str:
        """Return the line of an ended job: its label, and how long it took."""
        job = self._jobs.pop(number, None)
        if job is None:
            return f"job {number}"
        if job.timer is None:
            return job.label
        job.timer.cancel()
        return f"{job.label} ({duration(time.monotonic() - job.began)})"

    def _print(self, line: str) -> None:
        print(line, file=self._stream, flush=True)


def _submitted(job: Any) -> str:
    if job.is_group():
        count = len(job.jobs)
        return f"group {job.groupid} ({count} job{'s' * (count != 1)})"
    return label(job.rule.name, job.wildcards_dict)


def _is_kept(record: logging.LogRecord) -> bool:
    """Return whether a record stays on the terminal; Snakemake's log file has all."""
    return getattr(record, "event", None) not in REPLACED and record.msg != SELECTING


def _replaces_jobs(workflow: Any, printer: type[logging.Handler]) -> bool:
    """Return whether lines replace Snakemake's about jobs, and no other module has added the ``printer``."""
    settings = workflow.output_settings
    quiet = set(settings.quiet or ())
    is_plain = not quiet & {Quietness.ALL, Quietness.PROGRESS} and not settings.verbose
    has_printer = any(isinstance(handler, printer) for handler in logger.handlers)
    return Quietness.RULES in quiet and is_plain and not has_printer


def terminal_handlers() -> list[logging.StreamHandler[TextIO]]:
    """Return the handlers that print what Snakemake says on the terminal."""
    return [
        handler
        for handler in logger.handlers
        if handler.name == "DefaultStreamHandler" and isinstance(handler, logging.StreamHandler)
    ]


def show_progress(workflow: Any) -> None:
    """From now on, print a line for each job, if ``quiet: rules`` holds and nothing else was asked for."""
    for handler in terminal_handlers() if _replaces_jobs(workflow, Progress) else ():
        handler.addFilter(_is_kept)
        progress = Progress(handler.stream)
        progress.watch(workflow.scheduler)
        logger.addHandler(progress)


def label(rule: str, wildcards: Mapping[str, str]) -> str:
    """Return a job in words: ``train: margin, seed 0, round 3``."""
    values = dict(wildcards)
    # The dataset of a project is a part of its photographs; an experiment has one dataset.
    folder, _, part = values.pop("dataset", "").rpartition("/")
    if folder:
        values["dataset"] = part
    if "round" in values:
        values["round"] = str(int(values["round"]))
    words = [form.format(values[name]) for name, form in WORDING.items() if name in values]
    if values.get("shards", "1") != "1":
        words.append(f"shard {int(values['shard']) + 1} of {values['shards']}")
    return f"{rule}: {', '.join(words)}" if words else rule


def duration(seconds: float) -> str:
    """Return a time in words: ``2.1 s``, ``45 s``, ``3 min 5 s`` or ``2 h 10 min``."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


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
    if options is not None and options.dryrun and _replaces_jobs(workflow, Plan):
        for handler in terminal_handlers():
            logger.addHandler(Plan(handler.stream))
