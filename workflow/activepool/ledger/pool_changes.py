"""How the images or vectors of a pool have changed since the ledger's entries: renamed, edited, or gone."""

from collections.abc import Sequence
from dataclasses import dataclass

from activepool.errors import first_few
from activepool.ledger.pool_samples import PoolSamples
from activepool.ledger.state import State


@dataclass(frozen=True)
class PoolChanges:
    """What became of samples that the ledger knows.

    Attributes:
        renamed: old and new source; they keep their labels.
        edited: sources whose images have new content; these are new samples, without a label.
        overwritten: sources of samples that are gone, where another image that the ledger knows is now.
        gone: the sources of samples that have left the pool; their entries stay.
        has_images: whether the samples are images. Vectors are named by their rows, which move if one is
            removed, so no vector counts as edited.
    """

    renamed: Sequence[tuple[str, str]] = ()
    edited: Sequence[str] = ()
    overwritten: Sequence[str] = ()
    gone: Sequence[str] = ()
    has_images: bool = True

    def renamed_text(self, renamed: Sequence[tuple[str, str]]) -> str:
        """Return the notice of some of the renamed samples."""
        what = "renamed images"
        if not self.has_images:
            are_rows = _are_rows([new for _, new in renamed])
            what = f"vectors that {'are in other rows' if are_rows else 'have other names'} now"
        shown = [f"{old!r} is now {new!r}" for old, new in renamed]
        return f"{what} keep their labels: {first_few(shown)}"

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
        what = "images" if self.has_images else "vectors"
        where = "of rows " if _are_rows(gone) and not self.has_images else ""
        return (
            f"{what} are gone; their entries stay, and their labels count as long as their features are "
            f"there: {where}{first_few(map(repr, gone))}"
        )


def pool_changes(state: State, pool: PoolSamples, has_images: bool = True) -> PoolChanges:
    """Compare what the ledger knows with the pool as it is now, of images or of vectors."""
    renamed, edited, overwritten, gone = [], [], [], []
    for name, known in state.samples.items():
        now = pool.sources_of(name)
        if not now:
            left = [source for source in known.sources if source in pool.sample_of]
            new = [source for source in left if pool.sample_of[source] not in state.samples and has_images]
            edited += new
            if not new and left and has_images:
                overwritten.append(left[-1])
            elif not new:
                gone.append(known.sources[-1])
        elif not set(now) & set(known.sources):
            renamed.append((known.sources[-1], now[0]))
    return PoolChanges(
        tuple(renamed), tuple(dict.fromkeys(edited)), tuple(overwritten), tuple(gone), has_images
    )


def _are_rows(sources: Sequence[str]) -> bool:
    """Return whether sources of vectors are numbers of rows, and not names."""
    return all(map(str.isdecimal, sources))
