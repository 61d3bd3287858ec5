"""The last lines of a run that succeeded: where the results of an experiment are."""

import atexit
import logging
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from snakemake.logging import logger
from snakemake.settings.enums import Quietness

from activepool.io.index_files import read_index
from planning.configuration.drawings import inapplicable
from planning.configuration.experiment import Experiment, LbfgsHead
from planning.paths import Paths
from planning.runs.command_line import is_report, report_command

#: With fewer validation samples, the 95 % interval of an accuracy of 50 % is wider than ± 15 points.
MIN_VALIDATED = 43


class _Failures(logging.Handler):
    """Notes whether Snakemake has logged an error."""

    any_logged = False

    def emit(self, record: logging.LogRecord) -> None:
        self.any_logged = True


def print_after_success(lines: Callable[[], Iterable[str]]) -> None:
    """Print what ``lines`` returns when this process ends, unless the run has failed.

    Snakemake calls no hook if there is nothing to be done, and prints its own last lines after its hooks.
    """
    failures = _Failures(logging.ERROR)
    logger.addHandler(failures)
    atexit.register(lambda: None if failures.any_logged else print_last(lines()))


def cancel_last_lines() -> None:
    """Cancel the last lines, because the run stops before its first job."""
    for handler in logger.handlers:
        if isinstance(handler, _Failures):
            handler.any_logged = True


def print_last(lines: Iterable[str]) -> None:
    """Print the last lines of a run on stderr, after an empty line."""
    marked = [f"activepool: {line}" for line in lines]
    sys.stdout.flush()
    if marked:
        print("", *marked, sep="\n", file=sys.stderr, flush=True)


def announce_results(workflow: Any, paths: Paths, arguments: Sequence[str]) -> None:
    """Print where the results of an experiment are when its run ends."""
    print_after_success(lambda: _results(workflow, paths, arguments) if _has_made_all(workflow) else ())


def is_silent(workflow: Any) -> bool:
    """Return whether the user wants no lines, with ``--quiet all``."""
    return Quietness.ALL in (workflow.output_settings.quiet or ())


def _has_made_all(workflow: Any) -> bool:
    """Return whether a run (not a dry run) has done all of its jobs and may say so."""
    is_run = workflow.executor_plugin is not None and not (workflow.dryrun or workflow.touch)
    return is_run and not is_silent(workflow) and not any(workflow.dag.needrun_jobs())


def _results(workflow: Any, paths: Paths, arguments: Sequence[str]) -> Iterator[str]:
    """Yield a line for each kind of result among the targets, and a line about a small validation split."""
    covered = {path for job in workflow.dag.jobs for path in job.output if Path(path).exists()}
    for kind, place in (
        ("figures", "figures/"),
        ("tables", "tables/"),
        ("curves", "curves.csv"),
        ("leaderboard", "leaderboard.csv"),
    ):
        if any(path.startswith(f"{paths.root}/{place}") for path in covered):
            yield f"{kind}: {paths.root}/{place}"
    for heading, folder, files in (
        ("not drawn", "drawings", paths.figures()),
        ("no tables", "tables", paths.tables()),
    ):
        if covered.issuperset(files):
            for needs, names in inapplicable(folder, paths.experiment).items():
                yield f"{heading} (needs {' and '.join(needs)}): {', '.join(names)}"
    if covered.issuperset(paths.reported()) and not any(map(is_report, arguments)):
        yield f"all of it in one page: {report_command(arguments)}"
    yield from _weak_choices(paths.experiment, covered)


def _weak_choices(experiment: Experiment, covered: Iterable[str]) -> Iterator[str]:
    """Yield a line if the validation split has too few samples for what it chooses."""
    head = experiment.head
    if isinstance(head, LbfgsHead) and np.size(head.weight_decays) == 1:
        return
    counts = [len(read_index(path)) for path in covered if path.endswith("/validation.csv")]
    fewest = min(counts, default=0)
    if 0 < fewest < MIN_VALIDATED:
        chosen = "weight decay" if isinstance(head, LbfgsHead) else "epoch"
        yield (
            f"notice: with {fewest} validation samples, accuracy is known only to about "
            f"± {98 / fewest**0.5:.0f} points, yet it decides the {chosen} of each head; a larger "
            "validation.fraction makes the choice more reliable"
        )
