"""Which arrays of a user's file are the vectors, their labels, their sources, and the names of classes."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import h5py

from activepool.data.class_names import require_different
from activepool.data.label_file import read_class_names
from activepool.errors import InputError
from activepool.io.array_files.array_file import ArrayFile, StoredArray
from activepool.io.array_files.opening import open_arrays

#: What the arrays are usually called.
FEATURES = ("features", "embeddings", "embedding", "vectors")
LABELS = ("labels", "label")
SOURCES = ("sources", "source", "paths", "path", "filenames", "filename")
CLASS_NAMES = "class_names"

#: The remedy for a test part that lacks an array.
NO_TEST_PART = "add them, or leave the test part out"

#: What the names of the arrays of a part may begin with.
TRAIN, TEST = ("", "train/", "train_"), ("test/", "test_")


@dataclass(frozen=True)
class ArrayNames:
    """The names of the arrays of vectors, labels and names of rows; None stands for the usual names."""

    array: str | None = None
    label_array: str | None = None
    source_array: str | None = None

    def opened(self, path: str | Path) -> ArrayFile:
        """Open a file of arrays; in a table, labels are not among the vectors, even if they are floats."""
        return open_arrays(path, [*LABELS, *([self.label_array] if self.label_array else [])])

    def vectors(self, file: ArrayFile, beginnings: Sequence[str] = TRAIN) -> StoredArray:
        """Return the vectors of a file, as they are; raises InputError if there are none, or several.

        Its only array needs no name, nor do columns of floats without one of lists. Other names may have one
        of the ``beginnings``.
        """
        if found := _found(file, self.array, FEATURES, beginnings, "array"):
            return found
        if "" in beginnings:
            tables = [name for name, shape in file.shapes.items() if len(shape) == 2]
            if tables == [""] or len(file.shapes) == 1:
                return file.find("" if tables == [""] else next(iter(file.shapes)))
        remedy = "save floats of shape (rows, width) under that name"
        if "" not in beginnings:
            remedy = NO_TEST_PART
        elif example := _example(file, 2):
            remedy = f"name the one that has the vectors, such as array: {example}"
        usual = f"{beginnings[0]}{FEATURES[0]}"
        raise InputError(f"{file.path}: holds {file.content}, but no `{usual}`; {remedy}")

    def labels(self, file: ArrayFile, beginnings: Sequence[str] = TRAIN) -> StoredArray | None:
        """Return the labels of a file; None if it has none."""
        return _found(file, self.label_array, LABELS, beginnings, "label_array")

    def no_labels(self, file: ArrayFile, beginnings: Sequence[str], option: str) -> InputError:
        """Return the error of a file without labels; ``option`` names the file of them."""
        name, remedy = LABELS[0], f"set the option {option} to a file of them"
        if "" not in beginnings:
            name, remedy = f"{beginnings[0]}{name}", NO_TEST_PART
        elif example := _example(file, 1):
            remedy = f"name the array that has them, such as label_array: {example}, or {remedy}"
        return InputError(f"{file.path}: holds {file.content}, but no `{name}`; {remedy}")

    def sources(self, file: ArrayFile, beginnings: Sequence[str] = TRAIN) -> StoredArray | None:
        """Return the names of the rows of a file; None if it has none."""
        return _found(file, self.source_array, SOURCES, beginnings, "source_array")

    def first_sources(self, file: ArrayFile) -> StoredArray | None:
        """Return the first names of rows in a file of labels, of any part; None if it has none."""
        found = _candidates(file, self.source_array, SOURCES, (*TRAIN, *TEST))
        return file.find(found[0]) if found else None

    def has_test_part(self, file: ArrayFile) -> bool:
        """Return whether a file has vectors or labels of a test part."""
        names = [(self.array, FEATURES), (self.label_array, LABELS)]
        return any(_candidates(file, given, usual, TEST) for given, usual in names)


def unread_vectors(file: ArrayFile, read: Sequence[StoredArray]) -> list[str]:
    """Return the names of the other arrays of the same width as the vectors that are read."""
    names, width = [one.name for one in read], read[0].shape[1:]
    wide = [name for name, shape in file.shapes.items() if name and shape[1:] == width]
    return [name for name in wide if f"{file.path}: {name}" not in names]


def class_names_in(file: ArrayFile, beginnings: Sequence[str] = TRAIN) -> list[str]:
    """Return the names of the classes that a file gives, by the first of ``beginnings`` that has them."""
    groups = [beginning.removesuffix("/") for beginning in beginnings if beginning.endswith("/")]
    if h5py.is_hdf5(file.path) and (names := read_class_names(file.path, groups)):
        return names
    found = _candidates(file, CLASS_NAMES, (), beginnings)
    if not found:
        return []
    stored = file.find(found[0])
    if not stored.is_text or len(stored.shape) != 1:
        raise InputError(f"{stored.name}: is {stored.form}; it must be a list of names")
    names = [name or "" for name in stored.texts()]
    require_different(file.path, names)
    return names


def _example(file: ArrayFile, dimensions: int) -> str:
    """Return the name of an array that may be the one that is looked for; "" if there is none."""
    known = {f"{beginning}{name}" for beginning in TRAIN for name in (*SOURCES, CLASS_NAMES)}
    names = [name for name, shape in file.shapes.items() if len(shape) == dimensions]
    return next((name for name in names if not (name in known or name.startswith(TEST))), "")


def _candidates(
    file: ArrayFile, given: str | None, usual: Sequence[str], beginnings: Sequence[str]
) -> list[str]:
    """Return the names of arrays that may be the one that is looked for, readable or not."""
    names = [given] if given else usual
    found = [f"{beginning}{name}" for beginning in beginnings for name in names]
    return [name for name in found if name in file.shapes or name in file.unreadable]


def _found(
    file: ArrayFile, given: str | None, usual: Sequence[str], beginnings: Sequence[str], option: str
) -> StoredArray | None:
    """Return an array; None if no usual one is there. Raises InputError for several."""
    found = _candidates(file, given, usual, beginnings)
    if len(found) > 1:
        names = " and ".join(f"`{name}`" for name in found)
        raise InputError(f"{file.path}: has {names}; name the one that counts, such as {option}: {found[0]}")
    if given and not found and "" in beginnings:
        raise InputError(f"{file.path}: has no `{given}` ({option}); it holds {file.content}")
    return file.find(found[0]) if found else None
