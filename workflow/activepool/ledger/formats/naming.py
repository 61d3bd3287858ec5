"""How a label file names images: with their folders or without. All its rows decide together.

A name without a folder is that of the image that lies in none, unless another name of the file lacks its
folder, the tool may have dropped all folders, or the ledger does not have that image and one of the same name
went out: then it may be that of an image in any folder. Of several, those that went out are meant if all
names of the file may be of such.
"""

from collections.abc import Sequence
from functools import cached_property

from activepool.ledger.formats.rows import Row
from activepool.ledger.pool_samples import Named, PoolSamples


class Naming:
    """The names that the rows of a file give to the samples of a pool."""

    def __init__(self, samples: PoolSamples, rows: Sequence[Row]) -> None:
        self._samples = samples
        self._rows = [row for row in rows if row.name]

    def by_name(self, row: Row) -> Named:
        """Return the sample that a row names; raises UnknownSampleError, see `PoolSamples.by_name`."""
        return self._samples.by_name(
            row.name, row.may_lack_ending, self.may_lack_folders, lambda: self._have_gone_out
        )

    @cached_property
    def may_lack_folders(self) -> bool:
        """Whether a name without a folder may be that of an image in any."""
        has_dropped = any(self._lacks_folder(row) for row in self._rows)
        of_tool = [row for row in self._rows if row.may_lack_folders]
        return has_dropped or (bool(of_tool) and not any(self._has_folder(row) for row in of_tool))

    def _lacks_folder(self, row: Row) -> bool:
        """Return whether a name is, or seems to be, only the end of the path of an image."""
        found = self._samples.candidates(row.name, row.may_lack_ending)
        return any(beginning is None for _, beginning in found) or (
            self._samples.meant_by(found).isdisjoint(self._samples.in_ledger)
            and self._went_out(self._samples.may_be_named(row.name, row.may_lack_ending))
        )

    def _went_out(self, samples: set[str]) -> bool:
        return not samples.isdisjoint(self._samples.batches)

    def _has_folder(self, row: Row) -> bool:
        """Return whether a name is the whole path of an image that lies in a folder."""
        return any(
            beginning is not None and "/" in source
            for source, beginning in self._samples.candidates(row.name, row.may_lack_ending)
        )

    @cached_property
    def _have_gone_out(self) -> bool:
        """Whether each name of the file may be that of an image that went out."""
        return all(
            self._went_out(self._samples.may_be_named(row.name, row.may_lack_ending)) for row in self._rows
        )
