"""The columns of a table of embeddings: which of them are the features, and which are not."""

import re
from collections import Counter
from collections.abc import Collection, Iterator

from activepool.errors import InputError, first_few
from activepool.io.array_files.array_file import ArrayFile, StoredArray


def require_floats(file: ArrayFile, features: StoredArray, other_arrays: Collection[str]) -> None:
    """Raise InputError if columns of whole numbers have names like those of the features, which are floats.

    ``features`` are the columns of floats of a table. ``other_arrays`` are names of labels and sources.
    """
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
    """Yield a line about features with names unlike the others, and one about columns that are not read.

    There is none if ``features`` are not columns of a table.
    """
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
    """Return the name of a column without its number."""
    return re.sub(r"\d+", "", name)
