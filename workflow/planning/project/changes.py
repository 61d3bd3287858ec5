"""Notices about photographs, vectors and labels that have changed since the last run."""

from collections import Counter
from collections.abc import Sequence

from activepool.errors import first_few
from activepool.labelling.pool.table import Pool
from activepool.ledger.entries import Entry
from activepool.ledger.pool_changes import pool_changes
from activepool.programs.messages import print_notices
from planning.configuration.project import Project
from planning.project.ledgers import image_folder
from planning.project.notices import PoolNotices
from planning.project.pool import images_root
from planning.project.standing import ProjectStanding


def show_exchanged(project: Project, pool: Pool, entries: Sequence[Entry], notices: PoolNotices) -> None:
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


def show_changes(standing: ProjectStanding, notices: PoolNotices) -> None:
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
