"""The ledger of a project, and checks that it belongs to the project and its pool."""

from collections.abc import Iterator
from pathlib import Path

from activepool.errors import InputError, first_few
from activepool.labelling.pool.ledger_note import require_noted
from activepool.labelling.pool.table import Pool
from activepool.labelling.returned.files import label_files
from activepool.ledger.book import Ledger, read
from activepool.ledger.hand_edits import require_known_samples
from planning.configuration.project import Project
from planning.project.folders import pool_folder, results_folder
from planning.project.pool import images_root

#: The default ending of ledgers' names.
ENDING = ".ledger.csv"

#: The most other ledgers that a notice names.
MAX_LEDGERS = 3


def read_noted_ledger(project: Project, is_opened_next: bool = False) -> Ledger:
    """Read the ledger, see `read`; raise InputError if it lacks entries of the last run."""
    ledger = read(project.ledger_path, is_opened_next)
    require_noted(pool_folder(project), project.ledger_path, ledger.entries, results_folder(project))
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
            project.ledger_path, ledger.added_lines, pool.names(recorded, image_folder(project))
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


def image_folder(project: Project) -> Path | None:
    """Return the folder of the images; None for a pool of vectors."""
    return None if project.embeddings is not None else images_root(project)
