"""Files of a user's own embeddings, opened and checked; the features stay on disk."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from activepool.compute.arrays import IntArray, TextArray
from activepool.data.class_names import declared_class_names, require_different
from activepool.data.embedding_arrays import (
    TEST,
    TRAIN,
    ArrayNames,
    class_names_in,
    column_notices,
    enumerated_names,
    unread_vectors,
)
from activepool.data.embedding_labels import RawLabels, class_names_of, label_numbers
from activepool.errors import InputError, Problems, first_few
from activepool.io.array_files.array_file import ArrayFile, StoredArray
from activepool.io.array_files.opening import existing_arrays
from activepool.io.files import has_line_break, is_storable

PathLike = str | Path


@dataclass(frozen=True)
class EmbeddingPart:
    """The part ``train`` or ``test``: features (n, d) of floats, labels (n,) int64, and sources (n,) on disk.

    A label is -1 where the class is not known. The sources are text or whole numbers.
    """

    name: str
    features: StoredArray
    labels: IntArray
    sources: StoredArray | None

    @property
    def width(self) -> int:
        """d."""
        return self.features.shape[1]

    def source_texts(self, rows: slice = slice(None)) -> TextArray:
        """Return the sources of rows, by default ``train/17``; raises InputError, see `row_names`."""
        start, stop, _ = rows.indices(len(self.labels))
        if self.sources is None:
            return np.array([f"{self.name}/{row}" for row in range(start, stop)], dtype=object)
        return np.array(row_names(self.sources, slice(start, stop)), dtype=object)


@dataclass(frozen=True)
class EmbeddingFiles:
    """The parts and classes of a user's embeddings; ``test`` is None if there is no test part.

    Of the train part's file, ``unread`` are other arrays as wide, and ``notices`` are about a table's
    columns.
    """

    train: EmbeddingPart
    test: EmbeddingPart | None
    class_names: list[str]
    unread: list[str]
    notices: list[str]


@dataclass(frozen=True)
class _UnnumberedPart:
    """A part whose labels have no numbers yet; ``class_names`` are those of its own files."""

    name: str
    features: StoredArray
    labels: RawLabels
    sources: StoredArray | None
    class_names: list[str]


@contextmanager
def opened(
    path: PathLike,
    labels: PathLike | None = None,
    test_features: PathLike | None = None,
    test_labels: PathLike | None = None,
    class_names: list[str] | None = None,
    array: str | None = None,
    label_array: str | None = None,
    source_array: str | None = None,
    with_labels: bool = True,
) -> Iterator[EmbeddingFiles]:
    """Open embeddings for a ``with`` block, see `embeddings.write_features`; raises InputError.

    Without ``with_labels``, labels are not read: all of them are -1.
    """
    problems = Problems()
    for given in (path, labels, test_features, test_labels):
        with problems.noted():
            if given is not None:
                existing_arrays(given)
    with problems.noted():
        require_different(path, class_names or ())
    problems.raise_if_any()
    names = ArrayNames(array, label_array, source_array)
    with ExitStack() as files:
        file = files.enter_context(names.open_file(path))
        with problems.noted():
            train = _part("train", file, labels, names, TRAIN, files, with_labels)
        with problems.noted():
            test = _test_part(file, test_features, test_labels, names, files, with_labels)
        problems.raise_if_any()
        declared = declared_class_names(path, train.class_names, class_names)
        declared = declared or (test.class_names if test else [])
        if test is not None:
            _require_alike(train, test, declared)
        class_names = declared or class_names_of(train.labels)
        parts = _numbered([train, test] if test else [train], class_names, declared)
        yield EmbeddingFiles(
            parts[0],
            parts[1] if test else None,
            class_names,
            unread_vectors(file, [part.features for part in parts]),
            list(column_notices(file, train.features, names.other_arrays)),
        )


def require_vectors(features: StoredArray) -> None:
    """Raise InputError unless an array is floats of shape (rows, width); it does not read their values."""
    kind, shape = features.dtype, features.shape
    if len(shape) != 2 or not shape[1] or kind.kind != "f" or kind.itemsize > 8:
        hint = ""
        if kind.kind in "iu":
            hint = "; these look like labels" if len(shape) == 1 else "; save them as float32"
        raise InputError(
            f"{features.name}: is {features.form}; "
            f"it must be float16, float32 or float64 of shape (rows, width){hint}"
        )


def require_names(sources: StoredArray, rows: int) -> None:
    """Raise InputError unless an array is the names, or numbers, of some rows."""
    if sources.shape != (rows,) or not (sources.is_text or sources.dtype.kind in "iu"):
        raise InputError(f"{sources.name}: is {sources.form}; it must be names of shape ({rows},), or absent")


def row_names(sources: StoredArray, rows: slice = slice(None)) -> list[str]:
    """Return the names of some rows; raises InputError for a row without one or with several lines."""
    names = sources.texts(rows) if sources.is_text else list(map(str, sources.read(rows).tolist()))
    texts = [name or "" for name in names]
    for row, name in enumerate(texts, rows.start or 0):
        if not is_storable(name):
            raise InputError(f"{sources.name}: row {row}: the name {name!a} is not text; rename it")
        if not name.strip() or has_line_break(name):
            problem = f"has a line break in {name!r}" if name.strip() else "has no name"
            raise InputError(f"{sources.name}: row {row} {problem}; each row needs a name on one line")
    return texts


def repeated_names(sources: StoredArray, names: Iterable[str]) -> str | None:
    """Return which of the names of rows occur several times, for a message; None if each occurs once."""
    examples = first_few(name for name, count in Counter(names).items() if count > 1)
    return f"{sources.name}: several rows have the same name ({examples})" if examples else None


def _test_part(
    file: ArrayFile,
    test_features: PathLike | None,
    test_labels: PathLike | None,
    names: ArrayNames,
    files: ExitStack,
    with_labels: bool,
) -> _UnnumberedPart | None:
    if names.has_test_part(file):
        if test_features is not None or test_labels is not None:
            raise InputError(
                f"{file.path}: has a test part; leave out the options test_features and test_labels"
            )
        return _part("test", file, None, names, TEST, files, with_labels)
    if test_features is None:
        if test_labels is not None:
            raise InputError("the option test_labels goes with test_features; set both, or neither")
        return None
    test_file = files.enter_context(names.open_file(test_features))
    part = _part("test", test_file, test_labels, names, (*TEST, ""), files, with_labels)
    if test_file.path.samefile(file.path):
        raise InputError(
            f"{test_file.path}: is given as test_features, and its vectors are those of the train part; name "
            "another file, or set test_fraction"
        )
    return part


def _part(
    name: str,
    file: ArrayFile,
    labels: PathLike | None,
    names: ArrayNames,
    prefixes: Sequence[str],
    files: ExitStack,
    with_labels: bool,
) -> _UnnumberedPart:
    """Check types and shapes; the values of features are checked where they are streamed."""
    features = names.vectors(file, prefixes)
    require_vectors(features)
    option = "labels" if name == "train" else "test_labels"
    class_names = class_names_in(file, (*prefixes, ""))
    sources, label_sources = names.sources(file, prefixes), None
    if labels is None:
        stored_labels = names.labels(file, prefixes)
    elif ArrayNames().labels(file, prefixes) is not None:
        raise InputError(f"{file.path}: has labels of its own; leave out the option {option}")
    else:
        labels_file = files.enter_context(names.open_file(labels))
        stored_labels = _only_labels(labels_file, names)
        class_names = class_names_in(labels_file, (*prefixes, "")) or class_names
        label_sources = names.first_sources(labels_file)
    if stored_labels is None:
        raise names.no_labels_error(file, prefixes, option, features.shape[0])
    if enumerated := enumerated_names(stored_labels):
        if class_names not in ([], enumerated):
            raise InputError(
                f"{stored_labels.name}: names other classes than class_names; remove one of them"
            )
        class_names = enumerated
    rows = features.shape[0]
    raw_labels = RawLabels.unknown(stored_labels.name, rows)
    if with_labels:
        raw_labels = RawLabels.from_array(stored_labels, rows)
    if sources is not None:
        require_names(sources, features.shape[0])
        _require_same_rows(sources, label_sources)
    return _UnnumberedPart(name, features, raw_labels, sources, class_names)


def _require_same_rows(sources: StoredArray, label_sources: StoredArray | None) -> None:
    if label_sources is None or label_sources.shape != sources.shape:
        return
    row_sources = row_names(sources)
    require_names(label_sources, len(row_sources))
    pairs = enumerate(zip(row_names(label_sources), row_sources, strict=True))
    if difference := next(((row, *pair) for row, pair in pairs if len(set(pair)) > 1), None):
        row, label_source, source = difference
        raise InputError(
            f"{label_sources.name}: row {row} is {label_source!r}, but {source!r} in {sources.name}; a label "
            "belongs to the vector of its row, so give both the same names in the same order, or give the "
            "labels no names"
        )


def _only_labels(file: ArrayFile, names: ArrayNames) -> StoredArray:
    if len(file.shapes) == 1:
        return file.find(next(iter(file.shapes)))
    labels = names.labels(file, ("", *TRAIN[1:], *TEST))
    if labels is None:
        raise InputError(f"{file.path}: holds {file.content}; name the labels, such as label_array: NAME")
    return labels


def _numbered(
    parts: Sequence[_UnnumberedPart], class_names: list[str], declared: list[str]
) -> list[EmbeddingPart]:
    """Return checked parts with the numbers of their labels; raises InputError with all wrong labels."""
    numbered, problems = list[EmbeddingPart](), Problems()
    may_follow = not declared and "" in (parts[0].labels.names or ())
    for part in parts:
        with problems.noted():
            labels = label_numbers(part.labels, class_names, declared, may_follow)
            numbered.append(EmbeddingPart(part.name, part.features, labels, part.sources))
    problems.raise_if_any()
    return numbered


def _require_alike(train: _UnnumberedPart, test: _UnnumberedPart, class_names: list[str]) -> None:
    if test.features.shape[1] != train.features.shape[1]:
        raise InputError(
            f"{test.features.name}: has width {test.features.shape[1]}, the train features have "
            f"{train.features.shape[1]}"
        )
    columns = zip(test.features.columns, train.features.columns, strict=False)
    if difference := next((pair for pair in columns if len(set(pair)) > 1), None):
        raise InputError(
            f"{test.features.name}: has {difference[0]!r} where the train features have {difference[1]!r}; "
            "give both the same columns in the same order"
        )
    if (test.labels.names is None) != (train.labels.names is None):
        raise InputError(
            f"{test.labels.name}: of {train.labels.name} and these labels, some are names and the others "
            "numbers; write both alike"
        )
    if test.labels.names is None and test.class_names and test.class_names != class_names:
        raise InputError(
            f"{test.labels.name}: its file has other class_names than the train part; number the classes of "
            "both alike"
        )
