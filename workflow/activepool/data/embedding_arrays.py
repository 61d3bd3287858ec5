"""Which arrays, or columns of a table, are the vectors, labels, sources and class names of a user's file."""

import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import h5py

from activepool.data.class_names import require_different
from activepool.data.label_file import read_class_names
from activepool.errors import InputError, first_few
from activepool.io.array_files.array_file import MISSING, ArrayFile, StoredArray
from activepool.io.array_files.opening import open_arrays

#: The usual names of the arrays.
FEATURES = ("features", "embeddings", "embedding", "vectors")
LABELS = ("labels", "label")
SOURCES = ("sources", "source", "paths", "path", "filenames", "filename")
CLASS_NAMES = "class_names"

#: The remedy for a test part that lacks an array.
NO_TEST_PART = "add them, or leave the test part out"

#: Prefixes of the names of the arrays of a part.
TRAIN, TEST = ("", "train/", "train_"), ("test/", "test_")


@dataclass(frozen=True)
class ArrayNames:
    """The names of the arrays of vectors, labels and names of rows; None stands for the usual names."""

    array: str | None = None
    label_array: str | None = None
    source_array: str | None = None

    def open_file(self, path: str | Path) -> ArrayFile:
        """Open a file of arrays; in a table, labels are not among the vectors, even if they are floats."""
        return open_arrays(path, [*LABELS, *([self.label_array] if self.label_array else [])])

    def vectors(self, file: ArrayFile, prefixes: Sequence[str] = TRAIN) -> StoredArray:
        """Return the vectors of a file, as they are; raises InputError if there are none, or several.

        The only array of a file needs no name, nor do columns of floats in a table without columns of lists.
        Other names may start with one of the ``prefixes``.
        """
        if vectors := _array(file, self.array, FEATURES, prefixes, "array"):
            return vectors
        if "" in prefixes:
            tables = [name for name, shape in file.shapes.items() if len(shape) == 2]
            if tables == [""]:
                vectors = file.find("")
                require_floats(file, vectors, self.other_arrays)
                return vectors
            if len(file.shapes) == 1:
                return file.find(next(iter(file.shapes)))
        remedy = "save floats of shape (rows, width) under that name"
        if "" not in prefixes:
            remedy = NO_TEST_PART
        elif example := _example(file, 2, "f"):
            remedy = f"name the one that has the vectors, such as array: {example}"
        usual_name = f"{prefixes[0]}{FEATURES[0]}"
        raise InputError(f"{file.path}: holds {file.content}, but no `{usual_name}`; {remedy}")

    @property
    def other_arrays(self) -> list[str]:
        """The names that labels, names of rows and names of classes may have."""
        custom_names = [name for name in (self.label_array, self.source_array) if name]
        return [*LABELS, *SOURCES, CLASS_NAMES, *custom_names]

    def labels(self, file: ArrayFile, prefixes: Sequence[str] = TRAIN) -> StoredArray | None:
        """Return the labels of a file; None if it has none."""
        return _array(file, self.label_array, LABELS, prefixes, "label_array")

    def no_labels_error(self, file: ArrayFile, prefixes: Sequence[str], option: str, rows: int) -> InputError:
        """Return the error of a file whose ``rows`` have no labels; ``option`` would name a file of them."""
        name, remedy = LABELS[0], f"set the option {option} to a file of them"
        if "" not in prefixes:
            name, remedy = f"{prefixes[0]}{name}", NO_TEST_PART
        elif example := _example(file, 1, "iuOUS", rows):
            remedy = f"name the array that has them, such as label_array: {example}, or {remedy}"
        return InputError(f"{file.path}: holds {file.content}, but no `{name}`; {remedy}")

    def sources(self, file: ArrayFile, prefixes: Sequence[str] = TRAIN) -> StoredArray | None:
        """Return the names of the rows of a file; None if it has none."""
        return _array(file, self.source_array, SOURCES, prefixes, "source_array")

    def first_sources(self, file: ArrayFile) -> StoredArray | None:
        """Return the first names of rows in a file of labels, of any part; None if it has none."""
        candidates = _candidates(file, self.source_array, SOURCES, (*TRAIN, *TEST))
        return file.find(candidates[0]) if candidates else None

    def has_test_part(self, file: ArrayFile) -> bool:
        """Return whether a file has vectors or labels of a test part."""
        names = [(self.array, FEATURES), (self.label_array, LABELS)]
        return any(_candidates(file, custom_name, usual_names, TEST) for custom_name, usual_names in names)


def unread_vectors(file: ArrayFile, vectors: Sequence[StoredArray]) -> list[str]:
    """Return the names of the other arrays of the same width as the vectors that are read."""
    names, width = [array.name for array in vectors], vectors[0].shape[1:]
    wide = [name for name, shape in file.shapes.items() if name and shape[1:] == width]
    return [name for name in wide if f"{file.path}: {name}" not in names]


def class_names_in(file: ArrayFile, prefixes: Sequence[str] = TRAIN) -> list[str]:
    """Return the names of the classes that a file gives, by the first of ``prefixes`` that has them."""
    groups = [prefix.removesuffix("/") for prefix in prefixes if prefix.endswith("/")]
    if h5py.is_hdf5(file.path) and (names := read_class_names(file.path, groups)):
        return names
    candidates = _candidates(file, CLASS_NAMES, (), prefixes)
    if not candidates:
        for name in (f"{prefix}{CLASS_NAMES}" for prefix in prefixes):
            if name in file.others:
                raise InputError(
                    f'{file.path}: {name}: is not a list; save a list of names, as ["ant", "bee"]'
                )
        return []
    stored = file.find(candidates[0])
    if not stored.is_text or len(stored.shape) != 1:
        raise InputError(f"{stored.name}: is {stored.form}; it must be a list of names")
    names = [name or "" for name in stored.texts()]
    require_different(file.path, names)
    return names


def enumerated_names(labels: StoredArray) -> list[str]:
    """Return the names of the classes if the labels are an enumeration; empty if they are not."""
    name_of = {number: name for number, name in labels.value_names.items() if number != MISSING}
    numbers = sorted(name_of)
    if numbers != list(range(len(numbers))):
        raise InputError(
            f"{labels.name}: is an enumeration with the numbers {first_few(numbers)}; number the classes "
            "0..C-1, with -1 where a label is not known, or save their names as text"
        )
    names = [name_of[number] for number in numbers]
    require_different(labels.name, names)
    return names


def _example(file: ArrayFile, dimensions: int, kinds: str, rows: int | None = None) -> str:
    """Return the name of an array to suggest, with so many dimensions and ``rows``; "" for none."""
    reserved_names = {f"{prefix}{name}" for prefix in TRAIN for name in (*SOURCES, CLASS_NAMES)}
    for name, shape in file.shapes.items():
        is_free = name and name not in reserved_names and not name.startswith(TEST)
        if is_free and len(shape) == dimensions and rows in (None, shape[0]):
            with suppress(InputError):  # an array that cannot be read
                if file.find(name).dtype.kind in kinds:
                    return name
    return ""


def _candidates(
    file: ArrayFile, custom_name: str | None, usual_names: Sequence[str], prefixes: Sequence[str]
) -> list[str]:
    names = [custom_name] if custom_name else usual_names
    possible_names = [f"{prefix}{name}" for prefix in prefixes for name in names]
    return [name for name in possible_names if name in file.shapes or name in file.unreadable]


def _array(
    file: ArrayFile, custom_name: str | None, usual_names: Sequence[str], prefixes: Sequence[str], option: str
) -> StoredArray | None:
    candidates = _candidates(file, custom_name, usual_names, prefixes)
    if len(candidates) > 1:
        names = " and ".join(f"`{name}`" for name in candidates)
        raise InputError(
            f"{file.path}: has {names}; name the one that counts, such as {option}: {candidates[0]}"
        )
    if custom_name and not candidates and "" in prefixes:
        raise InputError(f"{file.path}: has no `{custom_name}` ({option}); it holds {file.content}")
    return file.find(candidates[0]) if candidates else None


def require_floats(file: ArrayFile, features: StoredArray, other_arrays: Collection[str]) -> None:
    """Raise InputError if columns of whole numbers have names like the features, columns of floats."""
    stems = set(map(_stem, features.columns))
    columns = _other_columns(file, features, other_arrays)
    whole = [name for name in columns if _stem(name) in stems and file.find(name).dtype.kind in "iu"]
    if whole:
        floats = [name for name in features.columns if _stem(name) in set(map(_stem, whole))]
        raise InputError(
            f"{file.path}: {first_few(whole)} have whole numbers, and {first_few(floats)} floats; features "
            "are columns of floats: save all of them as float32, and rename those that are not features"
        )


def column_notices(file: ArrayFile, features: StoredArray, other_arrays: Collection[str]) -> Iterator[str]:
    """Yield a line about features with names unlike the others, and one about columns that are not read."""
    if not features.columns:
        return
    counts = Counter(map(_stem, features.columns))
    stem, most = counts.most_common(1)[0]
    unlike = [name for name in features.columns if _stem(name) != stem]
    if unlike and 2 * most > len(features.columns):
        yield (
            f"{file.path}: features are all {len(features.columns)} columns of floats, and these include "
            f"{first_few(unlike)}; remove columns that are not features"
        )
    if unread := _other_columns(file, features, other_arrays):
        yield (
            f"{file.path}: features are the {len(features.columns)} columns of floats; not read: "
            f"{first_few(unread)}"
        )


def _other_columns(file: ArrayFile, features: StoredArray, other_arrays: Collection[str]) -> list[str]:
    return [name for name in file.shapes if name not in ("", *features.columns, *other_arrays)]


def _stem(name: str) -> str:
    return re.sub(r"\d+", "", name)
