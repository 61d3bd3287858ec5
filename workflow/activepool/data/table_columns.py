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
    columns = [name for name in _other_columns(file, features) if name not in other_arrays]
    whole = [name for name in columns if _stem(name) in stems and file.find(name).dtype.kind in "iu"]
    if whole:
        floats = [name for name in features.columns if _stem(name) in set(map(_stem, whole))]
        raise InputError(
            f"{file.path}: {first_few(whole)} have whole numbers, and {first_few(floats)} floats; features "
            "are columns of floats: save all of them as float32, and rename those that are not features"
        )


def column_notices(file: ArrayFile, features: StoredArray, other_arrays: Collection[str]) -> Iterator[str]:
    """Yield a line about columns that are not read, and one about features with names unlike the others."""
    counts = Counter(map(_stem, features.columns))
    stem, most = counts.most_common(1)[0]
    unlike = [name for name in features.columns if _stem(name) != stem]
    if unlike and 2 * most > len(features.columns):
        yield (
            f"{file.path}: features are all {len(features.columns)} columns of floats, and these include "
            f"{first_few(unlike)}; remove columns that are not features"
        )
    if unread := [name for name in _other_columns(file, features) if name not in other_arrays]:
        yield (
            f"{file.path}: features are the {len(features.columns)} columns of floats; not read: "
            f"{first_few(unread)}"
        )


def _other_columns(file: ArrayFile, features: StoredArray) -> list[str]:
    return [name for name in file.shapes if name and name not in features.columns]


def _stem(name: str) -> str:
    """Return the name of a column without its number."""
    return re.sub(r"\d+", "", name)
