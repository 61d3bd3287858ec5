"""Labels and sources of samples, which dataset.h5 and features.h5 store in the same way.

For each part (train, test): ``<part>/labels`` (n,) int64 (-1: not known), and optionally ``<part>/sources``,
the origin of each row (a path, or a row of the original dataset). Attribute ``class_names``: strings.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import h5py
import numpy as np

from activepool.compute.arrays import IntArray, TextArray
from activepool.data.class_names import require_different
from activepool.errors import InputError
from activepool.io import hdf5


@dataclass
class LabelledPart:
    """One part (train or test): labels (-1: not known), and the origin of each row."""

    labels: IntArray
    sources: h5py.Dataset | None

    def source_column(self, rows: IntArray) -> dict[str, TextArray]:
        """Return the column ``source`` of an index file of these rows; {} where there are no sources."""
        return {} if self.sources is None else {"source": self.sources_of(rows)}

    def sources_of(self, rows: IntArray) -> TextArray:
        """Return the sources of these rows as strings, (len(rows),); only if the file has sources."""
        return hdf5.texts(self.sources, rows)


class LabelFile:
    """An open dataset.h5 or features.h5, for its labels and sources.

    All C ``class_names`` are their numbers if the file has none. Raises InputError, naming the file, if a
    dataset is missing or has the wrong type or shape.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._file = hdf5.opened(self.path)
        self.train = self._part("train")
        self.test = self._part("test")
        self.class_names = class_names_of(self._file)
        if not self.class_names:
            largest = max(int(part.labels.max(initial=-1)) for part in (self.train, self.test))
            self.class_names = [str(number) for number in range(largest + 1)]
        self._require_classes()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self._file.close()

    def _part(self, part: str) -> LabelledPart:
        labels = self._labels(part)
        return LabelledPart(labels, self._sources(part, len(labels)))

    def _labels(self, part: str, rows: int | None = None) -> IntArray:
        """Return the labels of a part, which must have this number of rows."""
        labels = self._dataset(f"{part}/labels")
        expected = labels.shape[:1] if rows is None else (rows,)
        if labels.shape != expected or labels.ndim != 1 or labels.dtype.kind not in "iu":
            raise InputError(
                f"{self.path}: {part}/labels is {labels.dtype} of shape {labels.shape}; "
                f"it must be int64 of shape {expected or '(rows,)'}, with -1 where a label is not known"
            )
        return hdf5.values(labels).astype(np.int64)

    def _sources(self, part: str, rows: int) -> h5py.Dataset | None:
        name = f"{part}/sources"
        if name not in self._file:
            return None
        sources = self._dataset(name)
        if sources.shape != (rows,) or h5py.check_string_dtype(sources.dtype) is None:
            raise InputError(
                f"{self.path}: {name} is {sources.dtype} of shape {sources.shape}; "
                f"it must be strings of shape ({rows},), or absent"
            )
        return sources

    def _require_classes(self) -> None:
        for part, labels in (("train", self.train.labels), ("test", self.test.labels)):
            invalid = labels[(labels < -1) | (labels >= len(self.class_names))]
            if invalid.size:
                raise InputError(
                    f"{self.path}: {part}/labels holds {invalid[0]}; labels must be -1 (not known) or 0 to "
                    f"{len(self.class_names) - 1}, the {len(self.class_names)} class_names"
                )

    def _dataset(self, name: str) -> h5py.Dataset:
        dataset = hdf5.find_dataset(self._file, name)
        if dataset is None:
            raise InputError(f"{self.path}: dataset '{name}' is missing; is it a {self.path.name}?")
        return dataset


def read_class_names(path: str | Path, groups: Sequence[str] = ()) -> list[str]:
    """Return what `class_names_of` returns for the file at ``path``, or else for the first of some groups."""
    with hdf5.opened(path) as file:
        inside = (group for name in groups if isinstance(group := file.get(name), h5py.Group))
        return next(filter(None, map(class_names_of, (file, *inside))), [])


def class_names_of(group: h5py.Group) -> list[str]:
    """Return the attribute ``class_names`` of a file or a group, empty if absent; it must be names."""
    file = group.file
    names = np.atleast_1d(group.attrs.get("class_names", []))
    try:
        class_names = [name.decode() if isinstance(name, bytes) else str(name) for name in names]
        "".join(class_names).encode()  # h5py reads bytes that are not UTF-8 as surrogates
    except UnicodeError:
        raise InputError(f"{file.filename}: class_names must be in UTF-8") from None
    if names.ndim != 1 or (class_names and names.dtype.kind not in "OSUiu"):
        raise InputError(
            f"{file.filename}: class_names is {names.dtype} of shape {names.shape}; "
            "it must be a list of strings"
        )
    require_different(file.filename, class_names)
    return class_names
