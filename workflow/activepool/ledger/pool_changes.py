"""How the images or vectors of a pool have changed since the ledger's entries: renamed, edited, or gone."""

from collections.abc import Sequence
from dataclasses import dataclass

from activepool.errors import first_few
from activepool.ledger.pool_samples import PoolSamples
from activepool.ledger.state import State


@dataclass(frozen=True)
class PoolChanges:
    """Changes of the samples that the ledger knows.

    Attributes:
        renamed: old and new source; they keep their labels.
        edited: sources whose images have new content, and so are new samples without a label. Vectors are
            named by their rows, which move if one is removed, so that no vector counts as edited.
        overwritten: sources of samples that are gone, which another known image has now.
        gone: the sources of samples that have left the pool; their entries stay.
    """

    renamed: Sequence[tuple[str, str]] = ()
    edited: Sequence[str] = ()
    overwritten: Sequence[str] = ()
    gone: Sequence[str] = ()
    has_images: bool = True

    def renamed_text(self, renamed: Sequence[tuple[str, str]]) -> str:
        """Return the notice of some of the renamed samples."""
        subject = "renamed images"
        if not self.has_images:
            are_rows = _are_rows([source for _, source in renamed])
            subject = f"vectors that {'are in other rows' if are_rows else 'have other names'} now"
        examples = [f"{before!r} is now {after!r}" for before, after in renamed]
        return f"{subject} keep their labels: {first_few(examples)}"

    def edited_text(self, edited: Sequence[str]) -> str:
        """Return the notice of some of the edited images."""
        return (
            f"images with new content count as new samples without a label: {first_few(map(repr, edited))}; "
            "put back those that were labelled, or have these labelled"
        )

    def overwritten_text(self, overwritten: Sequence[str]) -> str:
        """Return the notice of some of the overwritten images."""
        return (
            "the earlier content of images is gone, since others have their names; its entries stay, and its "
            f"labels count as long as its features are there: {first_few(map(repr, overwritten))}"
        )

    def gone_text(self, gone: Sequence[str]) -> str:
        """Return the notice of some of the samples that are gone."""
        noun = "images" if self.has_images else "vectors"
        prefix = "of rows " if _are_rows(gone) and not self.has_images else ""
        return (
            f"{noun} are gone; their entries stay, and their labels count as long as their features are "
            f"there: {prefix}{first_few(map(repr, gone))}"
        )


def pool_changes(state: State, pool: PoolSamples, has_images: bool = True) -> PoolChanges:
    """Compare the samples of the ledger with the present pool of images or vectors."""
    renamed, edited, overwritten, gone = [], [], [], []
    for name, sample in state.samples.items():
        current = pool.sources_of(name)
        if not current:
            remaining = [source for source in sample.sources if source in pool.sample_of]
            changed = [name for name in remaining if pool.sample_of[name] not in state.samples and has_images]
            edited += changed
            if not changed and remaining and has_images:
                overwritten.append(remaining[-1])
            elif not changed:
                gone.append(sample.sources[-1])
        elif not set(current) & set(sample.sources):
            renamed.append((sample.sources[-1], current[0]))
    return PoolChanges(
        tuple(renamed), tuple(dict.fromkeys(edited)), tuple(overwritten), tuple(gone), has_images
    )


def _are_rows(sources: Sequence[str]) -> bool:
    """Return whether sources of vectors are numbers of rows, and not names."""
    return all(map(str.isdecimal, sources))
