"""The start of a run, which enters into the ledger what came back from people, before any job."""

import os
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from activepool.errors import first_few
from activepool.labelling.pool.ledger_note import note_ledger
from activepool.labelling.pool.table import Pool, read_pool
from activepool.labelling.returned.cache import INTAKE
from activepool.labelling.returned.files import label_files
from activepool.labelling.returned.intake import take_in_returned
from activepool.labelling.returned.report import IntakeReport
from activepool.labelling.verification import NOTICES
from activepool.ledger.book import Ledger, open_book, read
from activepool.ledger.entries import Entry
from activepool.ledger.pool_changes import pool_changes
from activepool.programs.messages import print_notices
from planning.configuration.project import Project
from planning.project.cut_files import cut_notices
from planning.project.folders import pool_folder
from planning.project.ledgers import noted_ledger, other_ledgers, require_own, root_of
from planning.project.notices import PoolNotices
from planning.project.paths import FILES_OF_MODEL, ProjectPaths
from planning.project.pool import images_root, listed_images, unread_notices, updated_pool, vector_file
from planning.project.standing import ProjectStanding
from planning.runs.command_line import parse_command
from planning.runs.lock import active_runs

#: Options of Snakemake with which it makes nothing.
LOOKING = (
    *("dryrun", "touch", "unlock", "lint", "report", "list_rules", "list_target_rules", "summary"),
    *("detailed_summary", "dag", "rulegraph", "filegraph", "d3dag", "containerize", "archive"),
    *("cleanup_metadata", "delete_all_output", "delete_temp_output", "print_compilation"),
)

#: The target that checks the results.
VERIFY = "verify"

#: The rules that make files of one name. A run takes in what came back before Snakemake has read its rules,
#: and must not do so for a misspelt target.
TARGETS = (
    *("next_batch", "predictions", "model", "status", VERIFY),
    *("label_errors", "export_predictions", "export_model", "pool_features", "pool_vectors"),
)

#: The environment variable that says how many entries the ledger had when the run began.
ENTRIES = "ACTIVEPOOL_ENTRIES"

#: The environment variable that says whether the run sends batches; empty if it does not.
SENDS = "ACTIVEPOOL_SENDS"


#: Raises InputError if a run cannot do what it is asked for, from where it would stand.
Check = Callable[[ProjectStanding], None]


def makes_files(command: Sequence[str]) -> bool:
    """Return whether a command line of Snakemake asks for a run, and not only for a look.

    A program that calls Snakemake's Python interface has another command line; it only looks.
    """
    options = parse_command(tuple(command))
    if options is None or only_verifies(command):
        return False
    return not any(getattr(options, name, None) not in (None, False, set(), []) for name in LOOKING)


def foresees(command: Sequence[str]) -> bool:
    """Return whether a command line of Snakemake asks for a dry run, which shows what a run would take in."""
    options = parse_command(tuple(command))
    return options is not None and bool(options.dryrun)


def only_verifies(command: Sequence[str]) -> bool:
    """Return whether a command line of Snakemake asks for the check of the results, and nothing else."""
    options = parse_command(tuple(command))
    return options is not None and list(options.targets) == [VERIFY]


def begin_run(project: Project, check: Check = lambda standing: None) -> ProjectStanding:
    """Bring the pool and the ledger up to date at the start of a run, and return where the project stands.

    ``check`` is called before anything is entered.

    Raises: InputError with a line for each mistake in what came back, if the ledger is another project's, and
        what ``check`` raises; in all these cases nothing is entered.
    """
    runs = active_runs()
    if runs:
        sys.exit(f"activepool: another run is active in this folder ({', '.join(runs)}); wait for its end")
    before = noted_ledger(project, is_opened_next=True)
    print_notices(list(cut_notices(project)))
    notices = _notices(project)
    pool = updated_pool(project, bool(before.entries), notices)
    _show_exchanged(project, pool, before.entries, notices)
    _intake(project, pool, before, check)
    # What was added by hand gets its number, and into the copy; what was lost is put back.
    with open_book(project.ledger_path) as book:
        standing = ProjectStanding(project, pool, tuple(book.entries))
    note_ledger(pool_folder(project), project.ledger_path, standing.entries)
    _show_changes(standing, notices)
    notices.finish()
    return standing


def _show_exchanged(project: Project, pool: Pool, entries: Sequence[Entry], notices: PoolNotices) -> None:
    """Show names that another image or vector has now; those that the ledger knows are mistakes in answers.

    Rows of vectors without names move whenever one is removed.
    """
    if project.embeddings is not None and pool.is_numbered:
        return
    known = {(entry.source, entry.sample) for entry in entries}
    thing = "image" if project.embeddings is None else "vector"
    place = images_root(project) if project.embeddings is None else project.embeddings.path
    notices.show(
        f"names with another {thing}",
        [one for one in pool.exchanged if (one.name, one.sample) not in known],
        lambda new: (
            f"{place}: names with another {thing} than before: "
            f"{first_few([one.text(thing) for one in new])}; a label by name counts for the "
            f"{thing} that has the name now; if the other one was meant, give 'sample'"
        ),
    )


def _show_changes(standing: ProjectStanding, notices: PoolNotices) -> None:
    """Show each kind of change of the photographs, and labels that cannot be used."""
    state, pool = standing.state, standing.pool
    names = pool.names(standing.entries, root_of(standing.project))
    has_images = standing.project.embeddings is None
    changes = pool_changes(state, names, has_images)
    things = "images" if has_images else "vectors"
    moved = "images renamed" if has_images else "vectors in other rows"
    notices.show(moved, changes.renamed, changes.renamed_text)
    notices.show("images with new content", changes.edited, changes.edited_text)
    notices.show("images overwritten", changes.overwritten, changes.overwritten_text)
    notices.show(f"{things} gone", changes.gone, changes.gone_text)
    lost = [state.samples[name].sources[-1] for name in state.training_labels if name not in pool.row_of]
    gone = "images and features" if has_images else "vectors"
    notices.show(
        "labels that cannot be used",
        lost,
        lambda new: (
            f"labels cannot be used, because their {gone} are gone: {first_few(new)}; put the {things} back"
        ),
    )
    print_notices(_classes_not_given(standing))


def _classes_not_given(standing: ProjectStanding) -> list[str]:
    """Return a line if the configuration allows no class but its own, and labels are of others."""
    project = standing.project
    labels = Counter(one.label for one in standing.state.samples.values() if one.label)
    others = [f"{name} ({count:,})" for name, count in labels.items() if name not in project.classes]
    if project.new_classes or not others:
        return []
    return [
        f"{project.ledger_path} has labels of classes that are not in classes: "
        f"{first_few(others)}; they still count, even with new_classes: false: add "
        "these to classes, or correct the labels"
    ]


def foresee_run(project: Project, check: Check = lambda standing: None) -> ProjectStanding:
    """Return where a project would stand at the start of a run, see `begin_run`; no file changes."""
    ledger = noted_ledger(project)
    print_notices(list(cut_notices(project)))
    notices = _notices(project, dry=True)
    if label_files(Path(project.returned)).paths:
        pool = updated_pool(project, bool(ledger.entries), notices, dry=True)
    else:
        pool = _known_pool(project)
        print_notices(unread_notices(project) if pool.is_read else [])
    if not pool.is_read:
        standing = ProjectStanding(project, pool, ledger.entries)
        check(standing)
        return standing
    _show_exchanged(project, pool, ledger.entries, notices)
    intake = _intake(project, pool, ledger, check, dry=True)
    standing = ProjectStanding(project, pool, [*ledger.entries, *intake.entries])
    _show_changes(standing, notices)
    notices.finish()
    return standing


def _notices(project: Project, dry: bool = False) -> PoolNotices:
    return PoolNotices(Path(pool_folder(project)) / NOTICES, dry)


def _intake(project: Project, pool: Pool, ledger: Ledger, check: Check, dry: bool = False) -> IntakeReport:
    """Take in what came back from people, and say so."""
    require_own(project, pool, ledger)
    print_notices(other_ledgers(project, ledger))

    def check_entries(new: Sequence[Entry]) -> None:
        check(ProjectStanding(project, pool, [*ledger.entries, *new]))

    intake = take_in_returned(
        project.returned,
        project.ledger_path,
        pool.names(ledger.entries, root_of(project), project.label_studio.address or ""),
        project.classes,
        may_grow=project.new_classes,
        cache=Path(pool_folder(project)) / INTAKE,
        check=check_entries,
        dry=dry,
    )
    for line in intake.lines():
        print(f"activepool: {line}", file=sys.stderr)
    print_notices([*ledger.notices, *intake.notices])
    return intake


def sends_batches(arguments: Iterable[str]) -> bool:
    """Return whether Snakemake's command line asks for the next batch, and not for a model alone."""
    words = set(arguments)
    return "next_batch" in words or not words & set(FILES_OF_MODEL)


def pass_run_on(workflow: Any, paths: ProjectPaths) -> None:
    """Tell the jobs, whose processes read the rules again, where the project stood when the run began."""
    os.environ[ENTRIES] = str(len(paths.standing.entries))
    os.environ[SENDS] = "yes" if paths.sends else ""
    for name in (ENTRIES, SENDS):
        workflow.register_envvars(name)


def join_run(project: Project) -> ProjectPaths:
    """Return, in the process of a job, the paths of the project as it stood when the run began."""
    known = current_standing(project)
    standing = replace(known, entries=known.entries[: int(os.environ[ENTRIES])])
    return ProjectPaths(standing, sends=bool(os.environ[SENDS]))


def current_standing(project: Project) -> ProjectStanding:
    """Return where a project stands by what is there, without a change of any file."""
    return ProjectStanding(project, _known_pool(project), read(project.ledger_path).entries)


def _known_pool(project: Project) -> Pool:
    """Return the pool of the last run or, before a first run, what it would find, with names for contents."""
    pool = read_pool(pool_folder(project))
    if pool.samples:
        return pool
    if project.embeddings is not None:
        file = vector_file(project.embeddings)
        names = file.row_names() or [str(row) for row in range(file.vectors().shape[0])]
    else:
        names = listed_images(project)[1]
    return Pool(names, [1] * len(names), names, {name: name for name in names}, is_read=False)
