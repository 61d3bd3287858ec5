"""Datasets of a user's own embeddings: checked, and copied into features.h5 in blocks.

The copy follows the workflow's contract (contiguous, float16 or float32, only finite values), whatever the
form of the original. Peak memory: a block of rows, the labels, and the names of the rows.
"""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from functools import partial

import h5py
import numpy as np
from tqdm import tqdm

from activepool.compute.arrays import FloatArray, IntArray
from activepool.compute.blocks import BLOCK_ROWS, row_blocks
from activepool.data.class_checks import class_notices
from activepool.data.embedding_files import (
    EmbeddingFiles,
    EmbeddingPart,
    PathLike,
    opened,
    repeated_names,
    row_names,
)
from activepool.data.previews import Preview
from activepool.data.ranges import FiniteCheck, SpreadCheck, require_squares
from activepool.data.samples import require_one_test_part, require_samples
from activepool.data.settings import Imbalance
from activepool.data.splits import held_out_rows
from activepool.data.subset import remaining_rows
from activepool.errors import Problems, first_few
from activepool.io.half_precision import to_single
from activepool.io.hdf5 import written_hdf5


def write_features(
    output: PathLike,
    path: PathLike,
    labels: PathLike | None = None,
    test_features: PathLike | None = None,
    test_labels: PathLike | None = None,
    test_fraction: float | None = None,
    class_names: list[str] | None = None,
    array: str | None = None,
    label_array: str | None = None,
    source_array: str | None = None,
    imbalance: Imbalance | None = None,
    fraction: float | None = None,
) -> tuple[str, ...]:
    """Copy a user's embeddings into features.h5.

    If rows are left out, the others get new numbers; ``<part>/sources`` has the original rows, or the sources
    of the original. Other datasets of the original are not copied.

    Args:
        path: the train features (N, d), a file of any form of activepool.io.array_files. It may have
            ``labels`` (N,), ``sources`` (N,) and ``class_names`` beside ``features``, and a test part as
            ``test/features`` and so on.
        labels: the file of the train labels, if they are in another one.
        test_features, test_labels: the same for the test part.
        test_fraction: the share of each class to split off as test part, if there is none.
        class_names: the names of all C classes; only needed if some numbers have no row.
        array, label_array, source_array: what the features, labels and sources are called, if not as above.
        imbalance, fraction: which rows to leave out, see `remaining_rows`.

    Returns: what a person should know of the classes and of names that occur several times, a line each.
    Raises: InputError, naming file, dataset and row, for an array of another form, for a feature that is not
    a finite number, and for features that float32 cannot compute with (see features.ranges).
    """
    names = (array, label_array, source_array)
    with opened(path, labels, test_features, test_labels, class_names, *names) as files:
        parts = _parts(path, files, test_fraction)
        labels_of = {name: part.labels[rows] for name, (part, rows) in parts.items()}
        class_lines = class_notices(path, files.class_names, *labels_of.values())
        notices = (*class_lines, *files.notices, *_row_notices(path, files))
        remaining = _remaining(parts, files.class_names, imbalance, fraction)
        with written_hdf5(output) as file:
            file.attrs["class_names"] = files.class_names
            file.attrs.update(backbone="given", checkpoint_digest="", transform="")
            for name, (part, rows) in remaining.items():
                _copy(part, rows, file.create_group(name))
    return notices


def preview(
    path: PathLike,
    labels: PathLike | None = None,
    test_features: PathLike | None = None,
    test_labels: PathLike | None = None,
    test_fraction: float | None = None,
    class_names: list[str] | None = None,
    array: str | None = None,
    label_array: str | None = None,
    source_array: str | None = None,
) -> Preview:
    """Count the classes of a user's embeddings; reads only the labels."""
    names = (array, label_array, source_array)
    with opened(path, labels, test_features, test_labels, class_names, *names) as files:
        parts = _parts(path, files, test_fraction)
        train, test = (part.labels[rows] for part, rows in parts.values())
        return Preview.from_labels(path, train, test, files.class_names)


def remaining_parts(
    path: PathLike,
    files: EmbeddingFiles,
    test_fraction: float | None,
    imbalance: Imbalance | None,
    fraction: float | None,
) -> dict[str, tuple[EmbeddingPart, IntArray]]:
    """Return, for train and test, the original part of the rows of features.h5, and these rows, ascending."""
    return _remaining(_parts(path, files, test_fraction), files.class_names, imbalance, fraction)


def name_problems(files: EmbeddingFiles) -> list[str]:
    """Return a line for each part with a name of a row that `write_features` would refuse; reads all."""
    problems = Problems()
    for part in filter(None, (files.train, files.test)):
        with problems.noted():
            part.source_texts()
    return problems


def feature_problems(files: EmbeddingFiles) -> list[str]:
    """Return a line for each part whose features `write_features` would refuse; reads all of them."""
    problems = Problems()
    for part in filter(None, (files.train, files.test)):
        with problems.noted():
            deque(_checked_blocks(part, f"check {part.name}", with_spread=part.name == "train"), maxlen=0)
    return problems


def _remaining(
    parts: Mapping[str, tuple[EmbeddingPart, IntArray]],
    class_names: Sequence[str],
    imbalance: Imbalance | None,
    fraction: float | None,
) -> dict[str, tuple[EmbeddingPart, IntArray]]:
    """Return the parts with the rows that stay, see `remaining_rows`."""
    labels = {name: part.labels[rows] for name, (part, rows) in parts.items()}
    remaining = remaining_rows(labels, class_names, imbalance, fraction)
    return {name: (part, rows[remaining[name]]) for name, (part, rows) in parts.items()}


def _parts(
    path: PathLike, files: EmbeddingFiles, test_fraction: float | None
) -> dict[str, tuple[EmbeddingPart, IntArray]]:
    """Return, for train and test, the original part of its rows, and these rows, ascending."""
    test_arrays = "test/features and test/labels, or the options test_features and test_labels"
    require_one_test_part(path, files.test is not None, test_arrays, test_fraction)
    train, test = files.train, files.test
    train_rows = np.arange(len(train.labels))
    if test is None:
        assert test_fraction is not None  # as require_one_test_part has checked
        test, test_rows = train, held_out_rows(train.labels, test_fraction)
        train_rows = np.setdiff1d(train_rows, test_rows)
    else:
        test_rows = np.arange(len(test.labels))
    require_samples(train.labels[train_rows], test.labels[test_rows])
    return {"train": (train, train_rows), "test": (test, test_rows)}


def _row_notices(path: PathLike, files: EmbeddingFiles) -> Iterator[str]:
    """Yield a line for each part in which several rows have the same name, and others about both parts."""
    for part in (files.train, files.test):
        if part and part.sources and (repeated := repeated_names(part.sources, row_names(part.sources))):
            yield f"{repeated}; only the index tells them apart, in selected.csv and in annotations"
    sources = [part.sources for part in (files.train, files.test) if part and part.sources]
    if len(sources) == 2 and all(array.is_text for array in sources):
        test_names = set(row_names(sources[1]))
        if shared_names := [name for name in row_names(sources[0]) if name in test_names]:
            yield (
                f"{path}: train and test rows share these names: {first_few(shared_names)}; if they are the "
                "same samples, accuracies count what was trained on"
            )
    if files.unread:
        names = first_few(f"`{name}`" for name in files.unread)
        yield (
            f"{path}: vectors that are not read: {names}; those of the pool without labels belong "
            "among the others, with the label -1 or an empty one"
        )


def _copy(part: EmbeddingPart, rows: IntArray, group: h5py.Group) -> None:
    group["labels"] = part.labels[rows]
    features = group.create_dataset("features", (len(rows), part.width), _stored_type(part))
    sources = group.create_dataset("sources", len(rows), h5py.string_dtype())
    name = group.name.removeprefix("/")
    for block, values in _checked_blocks(part, f"copy {name}", with_spread=name == "train"):
        first, last = np.searchsorted(rows, [block.start, block.stop])
        kept_rows = rows[first:last] - block.start
        features[first:last] = values[kept_rows]
        sources[first:last] = part.source_texts(block)[kept_rows]


def _stored_type(part: EmbeddingPart) -> np.dtype:
    return np.dtype(np.float16 if part.features.dtype.itemsize == 2 else np.float32)


def _checked_blocks(part: EmbeddingPart, task: str, with_spread: bool) -> Iterator[tuple[slice, FloatArray]]:
    """Yield the rows of each block of a part, and their features as `write_features` stores them.

    Nothing is yielded after the first value that is not finite, but the message counts all rows that have
    one.

    Raises: InputError as `write_features` does for features.
    """
    dtype = _stored_type(part)
    finite, spread = FiniteCheck(), SpreadCheck(part.features.name, part.width, dtype)
    for block in tqdm(row_blocks(len(part.labels), BLOCK_ROWS), desc=task, disable=None):
        original = part.features.read(block)
        with np.errstate(over="ignore"):
            values = original.astype(dtype, copy=False)
        numbers = np.arange(block.start, block.stop)
        if not finite.passes(values, numbers, partial(_problem, part, original, block.start, dtype)):
            continue
        # NumPy computes with float32 several times as fast as with float16.
        wide = to_single(values) if dtype == np.float16 else values
        require_squares(part.features.name, wide, numbers)
        if with_spread:
            spread.add(wide if original.dtype == dtype else original, numbers)
        yield block, values
    finite.require()
    spread.require()


def _problem(
    part: EmbeddingPart, block: FloatArray, first_row: int, dtype: np.dtype, row: int, column: int
) -> str:
    value, remedy = block[row, column], "every feature must be a finite number"
    if np.isfinite(value):
        remedy = f"it is too large for {dtype}, the type in which features are stored"
    elif block.dtype.itemsize == 2 and np.isinf(value):
        remedy = "float16 ends at 65504: save these features as float32"
    number = first_row + row
    name = f" ({part.source_texts(slice(number, number + 1))[0]!r})" if part.sources else ""
    column_name = repr(part.features.columns[column]) if part.features.columns else column
    return f"{part.features.name}: row {number}{name}, column {column_name} is {value}; {remedy}"
