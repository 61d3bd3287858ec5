"""Messages about jobs that failed on other hosts; Snakemake prints none with ``quiet: rules``."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def print_failures(workflow: Any) -> None:
    """Print the last line of each failed job's log; jobs that ran here have printed it themselves."""
    if workflow.local_exec:
        return
    for failed in workflow.scheduler.failed:
        for log, line in _last_lines(failed, workflow.start_time.timestamp()):
            print(f"activepool: {log}: {line.removeprefix('activepool: ')}", file=sys.stderr)


def _last_lines(failed: Any, since: float) -> Iterator[tuple[Path, str]]:
    """Yield each log that a job, or a group of jobs, wrote in this run, with its last line."""
    for job in failed.jobs if failed.is_group() else [failed]:
        for log in map(Path, job.log):
            if log.is_file() and log.stat().st_mtime >= since:
                lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
                yield from [(log, lines[-1])] if lines else []
