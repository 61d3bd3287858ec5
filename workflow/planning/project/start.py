"""The start of a run: what came back is read with the rules, and entered into the ledger before any job.

Snakemake reads all rules, then finds the jobs of its targets. The standing of a project decides which jobs
there are, so the files of people are read while rules are read. Their answers are entered once Snakemake has
found the jobs: a misspelt target enters nothing.
"""

import os
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from activepool.errors import InputError, first_few
from activepool.labelling.pool.ledger_note import note_ledger
from activepool.labelling.pool.table import Pool, read_pool
from activepool.labelling.returned.cache import INTAKE
from activepool.labelling.returned.files import label_files
from activepool.labelling.returned.intake import PlannedIntake, read_returned
from activepool.labelling.returned.report import IntakeReport
from activepool.labelling.verification import NOTICES
from activepool.ledger.book import Ledger, read
from activepool.ledger.entries import Entry
from activepool.ledger.pool_changes import pool_changes
from activepool.programs.messages import print_notices
from planning.configuration.project import Project
from planning.project.cut_files import cut_notices
from planning.project.folders import pool_folder
from planning.project.ledgers import (
    image_folder,
    other_ledger_notices,
    read_noted_ledger,
    require_matching_ledger,
)
from planning.project.notices import PoolNotices
from planning.project.paths import MODEL_FILES, ProjectPaths
from planning.project.pool import images_root, listed_images, unread_notices, updated_pool, vector_file
from planning.project.standing import ProjectStanding
from planning.runs.command_line import parse_command
from planning.runs.ending import cancel_last_lines
from planning.runs.lock import active_runs

#: Snakemake's options with which it makes no files.
READ_ONLY_OPTIONS = (
    *("dryrun", "touch", "unlock", "lint", "report", "list_rules", "list_target_rules", "summary"),
    *("detailed_summary", "dag", "rulegraph", "filegraph", "d3dag", "containerize", "archive"),
    *("cleanup_metadata", "delete_all_output", "delete_temp_output", "print_compilation"),
)

#: The target that checks the results.
VERIFY = "verify"

#: The environment variable with the number of the ledger's entries when the run began.
ENTRIES = "ACTIVEPOOL_ENTRIES"

#: The environment variable that says whether the run sends batches; empty if it does not.
SENDS = "ACTIVEPOOL_SENDS"


#: Raises InputError if a run cannot make its targets from a standing.
Check = Callable[[ProjectStanding], None]


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
        note_ledger(pool_folder(project), project.ledger_path, entries)
        _print_intake(self._intake.report)
        _show_changes(self.standing, self._notices)
        self._notices.finish()

    def enter_before_jobs(self, workflow: Any) -> None:
        """Have Snakemake call `enter` once it has found the jobs; a mistake ends the run."""
        build = workflow._build_dag  # no public hook is called if there is nothing to be done

        def build_dag() -> None:
            build()
            try:
                self.enter()
            except InputError as error:
                cancel_last_lines()
                sys.exit(f"activepool: nothing was done\n{error}")

        workflow._build_dag = build_dag


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
    notices = _notices(project)
    pool = updated_pool(project, bool(ledger.entries), notices)
    intake = _read_returned(project, pool, ledger, notices)
    standing = ProjectStanding(project, pool, (*ledger.entries, *intake.report.entries))
    check(standing)
    return PlannedRun(standing, intake, notices)


def _show_exchanged(project: Project, pool: Pool, entries: Sequence[Entry], notices: PoolNotices) -> None:
    """Show names that another image or vector has now; if the ledger has them, intake reports mistakes.

    Rows of vectors without names move whenever one is removed.
    """
    if project.embeddings is not None and pool.is_numbered:
        return
    known_pairs = {(entry.source, entry.sample) for entry in entries}
    noun = "image" if project.embeddings is None else "vector"
    place = images_root(project) if project.embeddings is None else project.embeddings.path
    notices.show(
        f"names with another {noun}",
        [exchange for exchange in pool.exchanged if (exchange.name, exchange.sample) not in known_pairs],
        lambda exchanges: (
            f"{place}: names with another {noun} than before: "
            f"{first_few([exchange.text(noun) for exchange in exchanges])}; a label by name counts for the "
            f"{noun} that has the name now; if the other one was meant, give 'sample'"
        ),
    )


def _show_changes(standing: ProjectStanding, notices: PoolNotices) -> None:
    """Show each kind of change of the photographs, and labels that cannot be used."""
    state, pool = standing.state, standing.pool
    names = pool.names(standing.entries, image_folder(standing.project))
    has_images = standing.project.embeddings is None
    changes = pool_changes(state, names, has_images)
    nouns = "images" if has_images else "vectors"
    renamed_kind = "images renamed" if has_images else "vectors in other rows"
    notices.show(renamed_kind, changes.renamed, changes.renamed_text)
    notices.show("images with new content", changes.edited, changes.edited_text)
    notices.show("images overwritten", changes.overwritten, changes.overwritten_text)
    notices.show(f"{nouns} gone", changes.gone, changes.gone_text)
    sources = [state.samples[name].sources[-1] for name in state.training_labels if name not in pool.row_of]
    lost_parts = "images and features" if has_images else "vectors"
    notices.show(
        "labels that cannot be used",
        sources,
        lambda items: (
            f"labels cannot be used, because their {lost_parts} are gone: {first_few(items)}; put the "
            f"{nouns} back"
        ),
    )
    print_notices(_unlisted_classes(standing))


def _unlisted_classes(standing: ProjectStanding) -> list[str]:
    """Return a line if the configuration allows only its own classes, and labels are of others."""
    project = standing.project
    labels = Counter(sample.label for sample in standing.state.samples.values() if sample.label)
    unlisted = [f"{name} ({count:,})" for name, count in labels.items() if name not in project.classes]
    if project.new_classes or not unlisted:
        return []
    return [
        f"{project.ledger_path} has labels of classes that are not in classes: "
        f"{first_few(unlisted)}; they still count, even with new_classes: false: add "
        "these to classes, or correct the labels"
    ]


def preview_run(project: Project, check: Check = lambda standing: None) -> ProjectStanding:
    """Return the standing of `plan_run`, and print what a run would print, without changing any file."""
    ledger = read_noted_ledger(project)
    print_notices(list(cut_notices(project)))
    notices = _notices(project, dry=True)
    if label_files(Path(project.returned)).paths:
        pool = updated_pool(project, bool(ledger.entries), notices, dry=True)
    else:
        pool = _current_pool(project)
        print_notices(unread_notices(project, pool) if pool.is_read else [])
    if not pool.is_read:
        standing = ProjectStanding(project, pool, ledger.entries)
        check(standing)
        return standing
    intake = _read_returned(project, pool, ledger, notices)
    standing = ProjectStanding(project, pool, (*ledger.entries, *intake.report.entries))
    check(standing)
    _print_intake(intake.report, is_dry=True)
    _show_changes(standing, notices)
    notices.finish()
    return standing


def _notices(project: Project, dry: bool = False) -> PoolNotices:
    return PoolNotices(Path(pool_folder(project)) / NOTICES, dry)


def _read_returned(project: Project, pool: Pool, ledger: Ledger, notices: PoolNotices) -> PlannedIntake:
    """Read what came back from people, for a ledger that belongs to the pool."""
    _show_exchanged(project, pool, ledger.entries, notices)
    require_matching_ledger(project, pool, ledger)
    print_notices([*other_ledger_notices(project, ledger), *ledger.notices])
    return read_returned(
        project.returned,
        project.ledger_path,
        ledger.entries,
        pool.names(ledger.entries, image_folder(project), project.label_studio.address or ""),
        project.classes,
        may_grow=project.new_classes,
        cache=Path(pool_folder(project)) / INTAKE,
    )


def _print_intake(report: IntakeReport, is_dry: bool = False) -> None:
    """Print a summary of what came back from people."""
    for line in report.lines(is_dry):
        print(f"activepool: {line}", file=sys.stderr)
    print_notices(report.notices)


def sends_batches(arguments: Iterable[str]) -> bool:
    """Return whether Snakemake's command line asks for the next batch, and not only for a model."""
    words = set(arguments)
    return "next_batch" in words or not words & set(MODEL_FILES)


def export_run(workflow: Any, paths: ProjectPaths) -> None:
    """Export the standing at the start of the run to the processes of jobs, which read the rules again."""
    os.environ[ENTRIES] = str(len(paths.standing.entries))
    os.environ[SENDS] = "yes" if paths.sends else ""
    for name in (ENTRIES, SENDS):
        workflow.register_envvars(name)


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
    pool = read_pool(pool_folder(project))
    if pool.samples:
        return pool
    if project.embeddings is not None:
        file = vector_file(project.embeddings)
        names = file.row_names() or [str(row) for row in range(file.vectors().shape[0])]
    else:
        names = listed_images(project)[1]
    return Pool(names, [1] * len(names), names, {name: name for name in names}, is_read=False)
