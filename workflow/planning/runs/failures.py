"""The last lines of a run that failed or was stopped: which jobs failed, why, and how to go on.

A job's log says why it failed, or the executor does, if the job did not start or was killed.
"""

import atexit
import os
import re
import sys
import warnings
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import groupby, takewhile
from pathlib import Path
from typing import Any

from snakemake_interface_executor_plugins.executors.base import SubmittedJobInfo

from activepool.errors import first_line
from planning.runs.command_line import parse_command, snakemake_command
from planning.runs.ending import cancel_last_lines, is_silent, print_last
from planning.runs.lock import OUTER_RUN
from planning.runs.progress import label, terminal_handlers

#: How stages begin the lines that are errors.
ERROR = re.compile(r"activepool: (?!notice: )")

#: How Python begins what it prints about an unexpected error.
TRACEBACK = "Traceback (most recent call last):"

#: Rules whose own last lines say what they found.
SELF_REPORTING = ("verify", "paper_figures")

#: How Snakemake begins its errors about a job that failed: its command, and that there was one.
ABOUT_JOBS = ("RuleException:\n", "Exiting because a job", "WorkflowError:\nAt least one job did not")

#: How it begins the error with the whole command, which may be a thousand characters long.
FAILED_COMMAND = "RuleException:\nCalledProcessError"

#: What a stage says when Ctrl-C ends it, and what the run then says.
STOPPED, INTERRUPTED = "interrupted", "interrupted; the same command continues"

#: The most failed jobs that the summary lists.
MAX_LISTED = 20

#: Returns lines on what helps if jobs of these rules failed.
Remedies = Callable[[Collection[str]], Iterable[str]]


def announce_failures(workflow: Any, remedies: Remedies, reasons: Mapping[int, str]) -> None:
    """Print the summary when this process ends, after Snakemake's own last lines; see `summary`."""
    if _is_interrupted(workflow):
        for handler in terminal_handlers():
            handler.addFilter(lambda record: not record.getMessage().startswith(ABOUT_JOBS[-1]))
    if not is_silent(workflow):
        atexit.register(lambda: print_last(summary(workflow, sys.argv[1:], remedies, reasons)))


def announce_interruption(command: Sequence[str]) -> None:
    """If Ctrl-C ends Snakemake before its jobs, print one line in place of Python's traceback."""
    if parse_command(tuple(command)) is None:
        return
    print_traceback = sys.excepthook

    def report(kind: type[BaseException], error: BaseException, traceback: Any) -> None:
        if not issubclass(kind, KeyboardInterrupt):
            print_traceback(kind, error, traceback)
            return
        cancel_last_lines()
        warnings.simplefilter("ignore")  # warnings of coroutines that nobody awaits any more
        print_last([INTERRUPTED])

    sys.excepthook = report


def filter_errors(targets: Collection[str]) -> None:
    """Keep Snakemake's messages about failed commands off the terminal; the summary and its log have them.

    If all targets are rules that report their own findings, Snakemake adds nothing.
    """
    report_themselves = targets and set(targets) <= set(SELF_REPORTING)
    beginnings = ABOUT_JOBS if report_themselves else (FAILED_COMMAND,)
    for handler in terminal_handlers():
        handler.addFilter(lambda record: not record.getMessage().startswith(beginnings))


def summary(
    workflow: Any, arguments: Sequence[str], remedies: Remedies, reasons: Mapping[int, str]
) -> Iterator[str]:
    """Yield the lines of the summary; one if the run was stopped, as by Ctrl-C, and no job has failed.

    Jobs that print what they found are left out.

    Args:
        workflow: Snakemake's, after the run.
        arguments: of Snakemake's command line.
        remedies: what helps, which only experiments or only projects know.
        reasons: see `keep_reasons`.
    """
    if _is_interrupted(workflow):
        yield INTERRUPTED
        return
    since = workflow.start_time.timestamp()
    failed = [job for job in _failed(workflow) if job.rule.name not in SELF_REPORTING]
    if not failed:
        return
    jobs, them = ("1 job", "it") if len(failed) == 1 else (f"{len(failed)} jobs", "them")
    dependent = {job for job in workflow.dag.bfs(workflow.dag.depending, *failed) if job.output}  # no targets
    held_up = len(dependent - set(failed))
    consequence = f", and {held_up} more could not run without {them}" if held_up else ""
    yield f"{jobs} failed{consequence}:"
    for job in sorted(failed, key=_name)[:MAX_LISTED]:
        yield _name(job)
        yield f"  {_cause(job, since, reasons.get(workflow.dag.jobid(job)))}"
    if len(failed) > MAX_LISTED:
        yield f"and {len(failed) - MAX_LISTED} others"
    yield from remedies({job.rule.name for job in failed})
    if OUTER_RUN not in os.environ:  # the outer run names the command
        yield f"once you have fixed this, continue with: {snakemake_command(arguments)}"


def _is_interrupted(workflow: Any) -> bool:
    """Return whether a run has ended early, with no failed jobs except those that Ctrl-C ended."""
    since = workflow.start_time.timestamp()
    stopped = (any(_error(log, since) == STOPPED for log in job.log) for job in _failed(workflow))
    # After SIGTERM and Ctrl-C, Snakemake knows of no error at all.
    return workflow.scheduler._executor_error is None and all(stopped)


def _failed(workflow: Any) -> list[Any]:
    since = workflow.start_time.timestamp()
    return [job for failed in workflow.scheduler.failed for job in _culprits(failed, since)]


def _name(job: Any) -> str:
    return label(job.rule.name, job.wildcards_dict)


def _culprits(failed: Any, since: float) -> list[Any]:
    """Return the jobs that failed: of a group, those with an error in their logs, or the whole group."""
    if not failed.is_group():
        return [failed]
    jobs = list(failed.jobs)
    return [job for job in jobs if any(_error(log, since) for log in job.log)] or jobs


def _cause(job: Any, since: float, reason: str | None) -> str:
    """Return the log of a failed job and why the job failed, in one line; ``reason`` is the executor's."""
    for log in job.log:
        if error := _error(log, since):
            return f"{log}: {error}"
    logs = ", ".join(map(str, job.log)) or "no log"
    if any(_is_of_run(log, since) for log in job.log):
        reason = reason or "the job was killed, was not submitted, or ran out of memory or time"
        return f"{logs}: names no error; {reason}"
    return f"{logs}: not written in this run; {reason or 'the job did not start, see the messages above'}"


def _error(log: str, since: float) -> str | None:
    """Return the last error in a log, in one line; None if there is none from this run."""
    if not _is_of_run(log, since):
        return None
    lines = Path(log).read_text(encoding="utf-8", errors="replace").splitlines()
    blocks = [
        list(block) for is_error, block in groupby(lines, lambda line: bool(ERROR.match(line))) if is_error
    ]
    if blocks:
        errors = [ERROR.sub("", line, count=1) for line in blocks[-1]]
        return STOPPED if errors[-1] == STOPPED else first_line(errors)
    return [line for line in lines if line.strip()][-1] if TRACEBACK in lines else None


def _is_of_run(log: str, since: float) -> bool:
    path = Path(log)
    return path.is_file() and path.stat().st_mtime >= since


def keep_reasons(workflow: Any, reasons: dict[int, str]) -> None:
    """From now on, add the executor's messages about failed jobs to ``reasons``, by the number of the job.

    Snakemake does not show them, such as the output of sbatch, if ``quiet: rules`` holds, and drops them for
    a group of jobs.
    """
    submitted = next((job for job in workflow.dag.needrun_jobs() if not job.is_local), None)
    if submitted is None:
        return
    executor = workflow.scheduler.get_executor(submitted)
    print_job_error, run_job = executor.print_job_error, executor.run_job

    def keep(job_info: SubmittedJobInfo, msg: str | None = None, **more: Any) -> None:
        job: Any = job_info.job
        if reason := _in_one_line(msg or ""):
            reasons.update((member.jobid, reason) for member in (job.jobs if job.is_group() else [job]))
        print_job_error(job_info, msg, **more)

    def submit(job: Any) -> None:
        try:
            run_job(job)
        except AttributeError as error:
            # If the plugin for Slurm cannot submit a job, it prints the job's rule. A group has none, and the
            # plugin loses the error in a thread of its own: the run would wait for the group without end.
            if not job.is_group():
                raise
            cause = error.__context__ or error
            executor.report_job_error(SubmittedJobInfo(job), msg=f"Job submission failed: {cause}")

    executor.print_job_error, executor.run_job = keep, submit


def _in_one_line(message: str) -> str:
    """Return the message of an executor in one line, without the call and the script that follow it."""
    lines = takewhile(lambda line: not line.startswith("    "), message.splitlines())
    return " ".join(" ".join(lines).split()).rstrip(" .:")
