"""Notices that stay true for weeks, such as about renamed photographs; each is shown once, when new."""

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from activepool.errors import first_few
from activepool.io.files import read_json, write_json
from activepool.labelling.pool.table import Pool
from activepool.ledger.entries import Entry
from activepool.ledger.pool_changes import pool_changes
from activepool.ledger.state import State
from activepool.programs.messages import print_notices
from planning.configuration.project import Project
from planning.project.standing import ProjectStanding

Item = TypeVar("Item")


class PoolNotices:
    """Shows new notices in full, and those of the last run in one line.

    ``path`` is the file of shown notices, which a ``dry`` run does not write; None to show everything.
    """

    def __init__(self, path: Path | None = None, dry: bool = False) -> None:
        self._path, self._dry = path, dry
        stored = read_json(path) if path and path.is_file() else {}
        self._stored: dict[str, list[str]] = stored if isinstance(stored, dict) else {}
        self._current: dict[str, list[str]] = {}
        self._summaries: list[str] = []

    def show(
        self,
        kind: str,
        items: Sequence[Item],
        text: Callable[[Sequence[Item]], str],
        count: int | None = None,
    ) -> None:
        """Print the ``text`` of the new ones among all present items, which are recognised by their texts.

        The summary has their ``kind`` and ``count``, by default the number of items.
        """
        known_texts = set(self._stored.get(kind, ()))
        new_items = [item for item in items if str(item) not in known_texts]
        if new_items:
            print_notices([text(new_items)])
        num_known = len(items) - len(new_items)
        if num_known:
            self._summaries.append(f"{kind} ({num_known if count is None else count:,})")
        if items:
            self._current[kind] = [str(item) for item in items]

    def finish(self) -> None:
        """Print the summary of notices that are not new, and store all that were shown."""
        if self._summaries:
            print_notices([f"as in the last run: {', '.join(self._summaries)}"])
        if self._path and not self._dry and self._current != self._stored:
            write_json(self._path, self._current)


def show_exchanged(project: Project, pool: Pool, entries: Sequence[Entry], notices: PoolNotices) -> None:
    """Show names that another image or vector has now; if the ledger has them, intake reports mistakes.

    Rows of vectors without names move whenever one is removed.
    """
    if project.embeddings is not None and pool.is_numbered:
        return
    known_pairs = {(entry.source, entry.sample) for entry in entries}
    noun = "image" if project.embeddings is None else "vector"
    place = project.embeddings.path if project.embeddings else project.images_root
    notices.show(
        f"names with another {noun}",
        [exchange for exchange in pool.exchanged if (exchange.name, exchange.sample) not in known_pairs],
        lambda exchanges: (
            f"{place}: names with another {noun} than before: "
            f"{first_few([exchange.text(noun) for exchange in exchanges])}; a label by name counts for the "
            f"{noun} that has the name now; if the other one was meant, give 'sample'"
        ),
    )


def show_changes(standing: ProjectStanding, earlier: State, notices: PoolNotices) -> None:
    """Show each kind of change of the photographs, and labels that cannot be used.

    ``earlier`` is the state before what came back: an answer by a new name gives its image this name.
    """
    state, pool = standing.state, standing.pool
    names = pool.names(standing.entries, standing.project.images_root)
    has_images = standing.project.embeddings is None
    changes = pool_changes(state, names, has_images)
    nouns = "images" if has_images else "vectors"
    renamed_kind = "images renamed" if has_images else "vectors in other rows"
    renamed = pool_changes(earlier, names, has_images).renamed
    notices.show(renamed_kind, renamed, changes.renamed_text)
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
