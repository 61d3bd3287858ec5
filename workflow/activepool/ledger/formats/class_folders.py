"""Which of the folders that a picture lies in is its class.

It is the outermost one. But packing and unpacking often put another around it: a folder that all pictures
share, and that is no class yet, is left out, unless the folders in it are the picture's own. A picture in the
same folders as in the pool is a copy, without a label.
"""

from collections.abc import Sequence
from dataclasses import replace

from activepool.ledger.formats.rows import UNLABELLED, Row
from activepool.ledger.formats.typed_classes import TypedClasses
from activepool.ledger.pool_samples import PoolSamples


class ClassFolders:
    """The folders of a return; some have the names of classes.

    Attributes:
        depth: how many folders are around those of the classes.
    """

    def __init__(self, rows: Sequence[Row], samples: PoolSamples, classes: TypedClasses) -> None:
        self._samples, self._classes = samples, classes
        self.depth = 0
        self._are_unclear = False
        inside = [row for row in rows if row.folders]
        while inside and self._is_around(inside):
            self.depth += 1
            inner = {row.folders[self.depth] for row in inside}
            self._are_unclear = len(inner) == 1 and not self._is_class(next(iter(inner)))

    def _is_around(self, rows: list[Row]) -> bool:
        """Return whether the folder at this depth is none of a class."""
        deep = self.depth
        return (
            all(len(row.folders) > deep + 1 for row in rows)
            and len({row.folders[deep] for row in rows}) == 1
            and not self._is_class(rows[0].folders[deep])
            and not all(self._are_mere_own(row, row.folders[deep + 1 :]) for row in rows)
        )

    def labelled(self, row: Row) -> Row:
        """Return a row with the label that its folder gives it."""
        if not row.folders:
            return row
        folder = row.folders[self.depth]
        return replace(row, label="" if folder.casefold() in UNLABELLED else folder)

    def problem(self, row: Row) -> str | None:
        """Return what is wrong with the folders of a picture; None if one of them is clearly its class."""
        if not row.folders:
            return None
        outer, *inner = row.folders[self.depth :]
        if self._are_mere_own(row, [outer, *inner], with_root=True):
            within = "/".join([outer, *inner])
            return (
                f"lies in the folder {within!r} as in the pool, which gives it no label; if {outer!r} is a "
                "class, list it among the classes of the configuration"
            )
        if self._are_unclear:
            outer, *inner = row.folders[self.depth - 1 :]
        elif all(name == outer or not self._is_class(name) for name in inner) or self._are_own(row, inner):
            return None
        within = "/".join(inner)
        return (
            f"lies in the folder {within!r} within {outer!r}, and either may be the class; put the folders "
            "of the classes side by side into one folder, such as 'batch'"
        )

    def _is_class(self, folder: str) -> bool:
        return folder.casefold() in UNLABELLED or self._classes.is_known(folder)

    def _are_mere_own(self, row: Row, folders: Sequence[str], with_root: bool = False) -> bool:
        """Return whether these folders are the picture's own, and the first is that of no class."""
        return not self._is_class(folders[0]) and self._are_own(row, folders, with_root)

    def _are_own(self, row: Row, folders: Sequence[str], with_root: bool = False) -> bool:
        """Return whether a picture lies in these folders in the pool, too.

        ``with_root``: the first may be that of all images.
        """
        sample, end = row.content or row.sample, "/" + "/".join(folders)
        if not self._samples.knows(sample):
            return bool(row.name and self._samples.may_be_named("/".join([*folders, row.name])))
        sources = self._samples.sources_of(sample) or [self._samples.source(sample)]
        root = self._samples.root.name if with_root and self._samples.root else ""
        return any(f"/{root}/{source}".rpartition("/")[0].endswith(end) for source in sources)
