"""The choice of the folder of a picture that is its class.

It is the outermost folder. But packing and unpacking often wrap another one around it: a folder that all
pictures share, and that is not a class yet, is ignored, unless the folders in it are those of the pool. A
picture in the same folders as in the pool is a copy without a label.
"""

from collections.abc import Sequence
from dataclasses import replace

from activepool.ledger.formats.rows import UNLABELLED, Row
from activepool.ledger.formats.typed_classes import TypedClasses
from activepool.ledger.pool_samples import PoolSamples


class ClassFolders:
    """The folders of returned pictures: ``depth`` of them lie around those of the classes."""

    def __init__(self, rows: Sequence[Row], samples: PoolSamples, classes: TypedClasses) -> None:
        self._samples, self._classes = samples, classes
        self.depth = 0
        self._are_unclear = False
        rows_in_folders = [row for row in rows if row.folders]
        while rows_in_folders and self._is_wrapper(rows_in_folders):
            self.depth += 1
            inner_names = {row.folders[self.depth] for row in rows_in_folders}
            self._are_unclear = len(inner_names) == 1 and not self._is_class(next(iter(inner_names)))

    def _is_wrapper(self, rows: list[Row]) -> bool:
        depth = self.depth
        return (
            all(len(row.folders) > depth + 1 for row in rows)
            and len({row.folders[depth] for row in rows}) == 1
            and not self._is_class(rows[0].folders[depth])
            and not all(self._are_only_pool_folders(row, row.folders[depth + 1 :]) for row in rows)
        )

    def labelled(self, row: Row) -> Row:
        """Return a row with the label of its folder."""
        if not row.folders:
            return row
        folder = row.folders[self.depth]
        return replace(row, label="" if folder.casefold() in UNLABELLED else folder)

    def problem(self, row: Row) -> str | None:
        """Return the problem of a picture's folders; None if one of them is clearly its class."""
        if not row.folders:
            return None
        outer, *inner = row.folders[self.depth :]
        if self._are_only_pool_folders(row, [outer, *inner], with_root=True):
            within = "/".join([outer, *inner])
            return (
                f"lies in the folder {within!r} as in the pool, which gives it no label; if {outer!r} is a "
                "class, list it among the classes of the configuration"
            )
        if self._are_unclear:
            outer, *inner = row.folders[self.depth - 1 :]
        elif all(name == outer or not self._is_class(name) for name in inner) or self._are_pool_folders(
            row, inner
        ):
            return None
        within = "/".join(inner)
        return (
            f"lies in the folder {within!r} within {outer!r}, and either may be the class; put the folders "
            "of the classes side by side into one folder, such as 'batch'"
        )

    def _is_class(self, folder: str) -> bool:
        return folder.casefold() in UNLABELLED or self._classes.is_known(folder)

    def _are_only_pool_folders(self, row: Row, folders: Sequence[str], with_root: bool = False) -> bool:
        return not self._is_class(folders[0]) and self._are_pool_folders(row, folders, with_root)

    def _are_pool_folders(self, row: Row, folders: Sequence[str], with_root: bool = False) -> bool:
        """Return whether a picture lies in these folders of the pool, ``with_root`` from its own on."""
        sample, end = row.content or row.sample, "/" + "/".join(folders)
        if not self._samples.knows(sample):
            return bool(row.name and self._samples.name_candidates("/".join([*folders, row.name])))
        sources = self._samples.sources_of(sample) or [self._samples.source(sample)]
        root = self._samples.root.name if with_root and self._samples.root else ""
        return any(f"/{root}/{source}".rpartition("/")[0].endswith(end) for source in sources)
