"""The labels and sources of samples, as dataset.h5 and features.h5 both hold them.

For each part (train, test): ``<part>/labels`` (n,) int64 (-1: not known), and optionally ``<part>/sources``:
where a row came from (a path, or a row of the original dataset). Attribute ``class_names``: strings.
"""

from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np

from activepool.errors import InputError


@dataclass
class LabelledPart:
    """One part (train or test): labels (-1: not known), and where each row came from."""

    labels: np.ndarray
    sources: h5py.Dataset | None

    def sources_of(self, rows: np.ndarray) -> np.ndarray:
        """Return the sources of the named rows as strings, (len(rows),); only where there are sources."""
        ascending, inverse = np.unique(rows, return_inverse=True)
        return self.sources.asstr()[ascending][inverse]


class LabelFile:
    """An open dataset.h5 or features.h5, of which labels and sources are read.

    Attributes:
        path: the file.
        train, test: its parts.
        class_names: of all C classes; their numbers where the file names none.

    Raises InputError, naming the file, if a dataset is missing or has the wrong type or shape.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        try:
            self._file = h5py.File(self.path, "r")
        except OSError as error:
            raise InputError(f"{path}: not a readable HDF5 file ({error})") from error
        self.train = self._part("train")
        self.test = self._part("test")
        self.class_names = [str(name) for name in self._file.attrs.get("class_names", [])]
        if not self.class_names:
            largest = max((int(part.labels.max(initial=-1)) for part in (self.train, self.test)), default=-1)
            self.class_names = [str(number) for number in range(largest + 1)]
        self._require_classes()

    @property
    def attributes(self) -> dict[str, object]:
        """The file's attributes, as they are stored."""
        return dict(self._file.attrs)

    def __enter__(self) -> "LabelFile":
        return self

    def __exit__(self, *exception: object) -> None:
        self._file.close()

    def _part(self, part: str) -> LabelledPart:
        return LabelledPart(self._labels(part), self._file.get(f"{part}/sources"))

    def _labels(self, part: str, rows: int | None = None) -> np.ndarray:
        """Return the labels of a part, which has so many rows."""
        labels = self._dataset(f"{part}/labels")
        rows = len(labels) if rows is None else rows
        if labels.shape != (rows,) or labels.dtype.kind not in "iu":
            raise InputError(
                f"{self.path}: {part}/labels is {labels.dtype} of shape {labels.shape}; "
                f"it must be int64 of shape ({rows},), with -1 where a label is not known"
            )
        return labels[:].astype(np.int64)

    def _require_classes(self) -> None:
        for part, split in (("train", self.train), ("test", self.test)):
            outside = split.labels[(split.labels < -1) | (split.labels >= len(self.class_names))]
            if outside.size:
                raise InputError(
                    f"{self.path}: {part}/labels holds {outside[0]}; labels must be -1 (not known) or 0 to "
                    f"{len(self.class_names) - 1}, the {len(self.class_names)} class_names"
                )

    def _dataset(self, name: str) -> h5py.Dataset:
        found = self._file.get(name)
        if not isinstance(found, h5py.Dataset):
            raise InputError(f"{self.path}: dataset '{name}' is missing; is it a {self.path.name}?")
        return found
