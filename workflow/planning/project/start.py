"""The start of a run: what came back is read with the rules, and entered into the ledger before any job.

Snakemake reads all rules, then finds the jobs of its targets. The standing of a project decides which jobs
there are, so the files of people are read while rules are read. Their answers are entered once Snakemake has
found the jobs: a misspelt target enters nothing.
"""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from activepool.errors import InputError, first_few
from activepool.labelling.pool.ledger_note import note_ledger, require_noted
from activepool.labelling.pool.table import Pool, read_pool
from activepool.labelling.returned.cache import INTAKE
from activepool.labelling.returned.files import label_files
from activepool.labelling.returned.intake import PlannedIntake, read_returned
from activepool.labelling.verification import NOTICES
from activepool.ledger.book import Ledger, read
from activepool.ledger.hand_edits import require_known_samples
from activepool.ledger.state import state_of
from activepool.programs.messages import print_notices
from planning.configuration.project import Project
from planning.project.cut_files import cut_notices
from planning.project.notices import PoolNotices, show_changes, show_exchanged
from planning.project.paths import ProjectPaths
from planning.project.pool import listed_images, unread_notices, updated_pool, vector_file
from planning.project.standing import ProjectStanding
from planning.runs.ending import cancel_last_lines
from planning.runs.known_jobs import call_with_jobs
from planning.runs.lock import active_runs

#: The environment variable with the number of the ledger's entries when the run began.
ENTRIES = "ACTIVEPOOL_ENTRIES"

#: The environment variable that says whether the run sends batches; empty if it does not.
SENDS = "ACTIVEPOOL_SENDS"

#: Raises InputError if a run cannot make its targets from a standing.
Check = Callable[[ProjectStanding], None]

#: Returns a context that ends the process at a mistake, and prints a heading above it.
Stopping = Callable[[str], AbstractContextManager[None]]

#: The default ending of ledgers' names.
ENDING = ".ledger.csv"

#: The most other ledgers that a notice names.
MAX_LEDGERS = 3


@dataclass(frozen=True)
class PlannedRun:
    """A run, and the standing of the project once it has entered what came back."""

    standing: ProjectStanding
    _intake: PlannedIntake
    _notices: PoolNotices

    def enter(self) -> None:
        """Enter what came back into the ledger, and print what changes.

        Raises: InputError if the ledger has changed since the run was planned.
        """
        project = self.standing.project
        entries = self._intake.enter()
        note_ledger(project.pool_folder, project.ledger_path, entries)
        self.show()

    def show(self, is_dry: bool = False) -> None:
        """Print what came back, or in a dry run would be entered, and what has changed."""
        for line in self._intake.report.lines(is_dry):
            print(f"activepool: {line}", file=sys.stderr)
        print_notices(self._intake.report.notices)
        earlier = state_of(self._intake.earlier, self.standing.project.classes)
        show_changes(self.standing, earlier, self._notices)
        self._notices.finish()

    def enter_before_jobs(self, workflow: Any, stopping: Stopping) -> None:
        """Have Snakemake call `enter` once it has found the jobs; ``stopping`` is for its mistakes."""

        def enter() -> None:
            try:
                with stopping("nothing was done"):
                    self.enter()
            except SystemExit:
                cancel_last_lines()
                raise

        call_with_jobs(workflow, enter)


def plan_run(project: Project, check: Check = lambda standing: None) -> PlannedRun:
    """Update the pool, read what came back, and return the run that enters it.

    Raises: InputError with a line for each mistake in what came back, if the ledger is another project's, and
        what ``check`` raises.
    """
    runs = active_runs()
    if runs:
        sys.exit(f"activepool: another run is active in this folder ({', '.join(runs)}); wait for its end")
    ledger = read_noted_ledger(project, is_opened_next=True)
    print_notices(list(cut_notices(project)))
    notices = PoolNotices(Path(project.pool_folder) / NOTICES)
    pool = updated_pool(project, bool(ledger.entries), notices)
    return _planned_run(project, pool, ledger, notices, check)


def preview_run(project: Project, check: Check = lambda standing: None) -> ProjectStanding:
    """Return the standing of `plan_run`, and print what a run would print, without changing any file."""
    ledger = read_noted_ledger(project)
    print_notices(list(cut_notices(project)))
    notices = PoolNotices(Path(project.pool_folder) / NOTICES, dry=True)
    if label_files(Path(project.returned)).paths:
        pool = updated_pool(project, bool(ledger.entries), notices, dry=True)
    else:
        pool = _current_pool(project)
        print_notices(unread_notices(project, pool) if pool.is_read else [])
    if not pool.is_read:
        standing = ProjectStanding(project, pool, ledger.entries)
        check(standing)
        return standing
    run = _planned_run(project, pool, ledger, notices, check)
    run.show(is_dry=True)
    return run.standing


def _planned_run(
    project: Project, pool: Pool, ledger: Ledger, notices: PoolNotices, check: Check
) -> PlannedRun:
    """Read what came back from people, for a ledger that belongs to the pool, and return the run."""
    show_exchanged(project, pool, ledger.entries, notices)
    require_matching_ledger(project, pool, ledger)
    print_notices([*other_ledger_notices(project, ledger), *ledger.notices])
    intake = read_returned(
        project.returned,
        project.ledger_path,
        ledger.entries,
        pool.names(ledger.entries, project.images_root, project.label_studio.address or ""),
        project.classes,
        may_grow=project.new_classes,
        cache=Path(project.pool_folder) / INTAKE,
    )
    standing = ProjectStanding(project, pool, (*ledger.entries, *intake.report.entries))
    check(standing)
    return PlannedRun(standing, intake, notices)


def export_run(workflow: Any, paths: ProjectPaths) -> None:
    """Export the standing at the start of the run to the processes of jobs, which read the rules again."""
    os.environ[ENTRIES] = str(len(paths.standing.entries))
    os.environ[SENDS] = "yes" if paths.sends else ""
    workflow.register_envvars(ENTRIES, SENDS)


def join_run(project: Project) -> ProjectPaths:
    """Return, in the process of a job, the paths of the project at the start of the run."""
    current = current_standing(project)
    standing = replace(current, entries=current.entries[: int(os.environ[ENTRIES])])
    return ProjectPaths(standing, sends=bool(os.environ[SENDS]))


def current_standing(project: Project) -> ProjectStanding:
    """Return the present standing of a project without changing any file."""
    return ProjectStanding(project, _current_pool(project), read(project.ledger_path).entries)


def _current_pool(project: Project) -> Pool:
    """Return the pool of the last run or, before the first run, a pool with names in place of contents."""
    pool = read_pool(project.pool_folder)
    if pool.samples:
        return pool
    if project.embeddings is not None:
        file = vector_file(project.embeddings)
        names = file.row_names() or [str(row) for row in range(file.vectors().shape[0])]
    else:
        names = listed_images(project)[1]
    return Pool(names, [1] * len(names), names, {name: name for name in names}, is_read=False)


def read_noted_ledger(project: Project, is_opened_next: bool = False) -> Ledger:
    """Read the ledger, see `read`; raise InputError if it lacks entries of the last run."""
    ledger = read(project.ledger_path, is_opened_next)
    require_noted(project.pool_folder, project.ledger_path, ledger.entries, project.results_folder)
    return ledger


def require_matching_ledger(project: Project, pool: Pool, ledger: Ledger) -> None:
    """Raise InputError if the ledger belongs to another pool, or if lines by hand misname samples."""
    samples = {entry.sample for entry in ledger.entries}
    if samples and samples.isdisjoint(pool.row_of):
        images = project.embeddings.path if project.embeddings else project.images
        raise InputError(
            f"{project.ledger_path}: none of its {len(samples):,} samples is in {images}; "
            "each pool needs a ledger of its own: correct the key ledger, or bring the samples back"
        )
    if ledger.added_lines:
        numbers = {line.entry.number for line in ledger.added_lines}
        recorded = (entry for entry in ledger.entries if entry.number not in numbers)
        require_known_samples(
            project.ledger_path, ledger.added_lines, pool.names(recorded, project.images_root)
        )


def other_ledger_notices(project: Project, ledger: Ledger) -> Iterator[str]:
    """Yield a line if the ledger begins with this run, although there are answers and another ledger."""
    path = Path(project.ledger_path)
    ledgers = [str(file) for file in sorted(path.parent.glob(f"*{ENDING}")) if file != path]
    if path.exists() or ledger.entries or not ledgers or not label_files(Path(project.returned)).paths:
        return
    yield (
        f"{path} is new, and takes in all of {project.returned}; there is also "
        f"{first_few(ledgers, MAX_LEDGERS)}: if you renamed the project, name that file in the key ledger; "
        "two projects need two folders (key returned)"
    )
