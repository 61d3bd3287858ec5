"""Hugging Face datasets on disk: Parquet files, or the Arrow files of `save_to_disk`."""

from pathlib import Path
from typing import Any

from activepool.data.class_names import declared_class_names, require_no_unknown
from activepool.data.huggingface_files import read_file
from activepool.data.samples import Samples
from activepool.data.shard_samples import ShardPart, samples_in
from activepool.data.shards import Shards, list_shards
from activepool.errors import InputError, abbreviated, first_few

KIND = "huggingface"


def load(
    path: str | Path,
    test_fraction: float | None = None,
    class_names: list[str] | None = None,
    image: str | None = None,
    label: str | None = None,
) -> Samples:
    """List the images in the files of a Hugging Face dataset.

    Args:
        path: the dataset's folder, a file, or a pattern; see activepool.data.shards. Files or folders that
            name ``test``, or else ``validation``, are the test part.
        test_fraction: the share of each class to split off as test part, if no file is the test part.
        class_names: the names of all classes, in the order of their numbers, if the schema has none.
        image, label: the columns; see activepool.data.huggingface_files.

    Raises: InputError, with a line for each file or row that is damaged or cannot be used.
    """
    shards = _list(path)
    train, test = ShardPart(), ShardPart()
    names_by_file: dict[str, list[str]] = {}
    misfits: dict[str, list[str]] = {}
    finds_empty = not shards.is_large
    for part, files in ((train, shards.train), (test, shards.test)):
        for file in files:
            names = read_file(shards.root, file, image, label, part, misfits, finds_empty)
            if names is None:
                continue
            names_by_file[file] = names
            first_file, expected = next(iter(names_by_file.items()))
            if names != expected:
                part.lacks_labels = True  # its numbers stand for other classes
                part.problems.append(
                    f"{file}: has other names of classes than {first_file}: {_difference(names, expected)}; "
                    "write all files with the same names in the same order"
                )
    train.problems += [f"{first_few(files, 1)}: {problem}" for problem, files in misfits.items()]
    names_in_files = next(iter(names_by_file.values()), [])
    if not names_in_files:
        require_no_unknown(path, class_names or ())
    class_names = declared_class_names(path, names_in_files, class_names)
    return samples_in(shards, train, test, class_names, test_fraction)


def is_large(path: str | Path, **options: Any) -> bool:
    """Return whether listing a Hugging Face dataset takes long; raises InputError if there is none."""
    return _list(path).is_large


def _difference(names: list[str], expected: list[str]) -> str:
    only_here, only_there = (
        [repr(n) for n in a if n not in b] for a, b in ((names, expected), (expected, names))
    )
    if only_here or only_there:
        sides = (only_here, "only here"), (only_there, "only there")
        return ", ".join(f"{abbreviated(side)} {where}" for side, where in sides if side)
    number = next(number for number, name in enumerate(names) if name != expected[number])
    return f"class {number} is {names[number]!r} here and {expected[number]!r} there"


def _list(path: str | Path) -> Shards:
    shards = list_shards(KIND, path)
    copies = {Path(file).suffix.lower(): file for file in [*shards.train, *shards.test]}
    if len(copies) > 1:
        raise InputError(f"{path}: holds two copies, {' and '.join(copies.values())}; name one by a pattern")
    return shards
