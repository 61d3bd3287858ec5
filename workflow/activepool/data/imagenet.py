"""ImageNet (ILSVRC 2012) and its long-tailed version, as folders of JPEG files."""

import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np

from activepool.data.class_names import quoted
from activepool.data.folder import list_parts
from activepool.data.list_classes import list_class_names
from activepool.data.listed_paths import (
    leads_out,
    repeated_files,
    repeated_path_problem,
    spelling_hint,
    written_path,
)
from activepool.data.listing import existing_file, existing_folder, holds_more_than
from activepool.data.previews import MAX_PREVIEWED
from activepool.data.samples import Part, Samples, with_notice
from activepool.errors import MAX_LINES, InputError, Problems, first_few, require_none
from activepool.io.files import read_text
from activepool.io.index_files import whole_number

#: What a list and its root are, for messages.
LIST_FORM, ROOT_MEANING = "a list of lines 'path label'", "the folder that the paths in the lists start from"

#: The usual length of a line in a list file, to see from its size whether a preview takes too long.
BYTES_PER_LINE = 50

#: Missing classes that a message shows.
MAX_SHOWN = 8


def load(root: str | Path) -> Samples:
    """List ImageNet: ``root/train/<wnid>/*.JPEG`` and ``root/val/<wnid>/*.JPEG``.

    The validation images of ILSVRC serve as the test part. Classes are numbered in the order of their wnids,
    as usual. Any subset of the classes will do.
    """
    return list_parts(_existing_root(root), "train", "val")


def is_large(root: str | Path) -> bool:
    """Return whether listing this subset of ImageNet takes long; raises InputError if there is none."""
    return holds_more_than(_existing_root(root), MAX_PREVIEWED)


def load_long_tailed(root: str | Path, train_list: str | Path, test_list: str | Path) -> Samples:
    """Read ImageNet-LT (Liu et al. 2019), or any dataset in lists of the same form, one for each part.

    A list is a text file with lines ``path label``, such as ``train/n01440764/n01440764_190.JPEG 0``. The
    paths start from ``root``.

    Raises: InputError, with file and line, for a line that cannot be used, such as an image listed twice.
    """
    _require_paths(root, train_list, test_list)
    root, problems = Path(root), Problems()
    with problems.noted():
        train = _read_list(train_list, root)
    with problems.noted():
        test = _read_list(test_list, root)
    problems.raise_if_any()
    _require_each_once(root, (train_list, train), (test_list, test))
    _require_all_classes(train_list, train)
    num_classes = int(train.labels.max()) + 1
    test_only = np.flatnonzero(test.labels >= num_classes)
    if len(test_only):
        raise InputError(
            f"{test_list}:{test_only[0] + 1}: class {test.labels[test_only[0]]} is not in {train_list}, "
            f"which has 0..{num_classes - 1}"
        )
    class_names, notice = list_class_names(train_list, train, test_list, test)
    return with_notice(Samples(train, test, class_names, str(root)), notice)


def are_lists_large(root: str | Path, train_list: str | Path, test_list: str | Path) -> bool:
    """Return whether reading lists takes long; raises InputError if one, or the root, is not there."""
    _require_paths(root, train_list, test_list)
    size = sum(Path(path).stat().st_size for path in (train_list, test_list))
    return size > MAX_PREVIEWED * BYTES_PER_LINE


def require_listed_files(root: str | Path, train_list: str | Path, test_list: str | Path) -> None:
    """Raise InputError with a line for each listed image that is not there.

    It lists each folder once: on a network file system, that takes less time than a look at each file.
    """
    root = Path(root)

    @cache
    def names_in(folder: str) -> frozenset[str]:
        try:
            return frozenset(os.listdir(root / folder))  # noqa: PTH208, the names are enough
        except OSError:
            return frozenset()

    def is_there(image: str) -> bool:
        folder, name = os.path.split(image)
        names = names_in(folder)
        # Some file systems find a name also in another case or Unicode form.
        return name in names or (len(names) > 0 and (root / image).exists())

    missing = [
        (f"{path}:{number}", image)
        for path in (train_list, test_list)
        for number, _, image, _ in _lines(path, root)
        if image.strip() and not is_there(image)
    ]
    lines = [
        f"{where}: no such file {quoted(image)} (paths start from {root})"
        f"{spelling_hint(root, image) if number < MAX_LINES else ''}"
        for number, (where, image) in enumerate(missing)
    ]
    require_none(lines, root)


def _existing_root(root: str | Path) -> Path:
    problems = Problems()
    for folder in ("train", "val"):
        meaning = f"ImageNet's {folder} images in one folder per class (n01440764, ...)"
        with problems.noted():
            existing_folder(Path(root) / folder, meaning)
    problems.raise_if_any()
    return Path(root)


def _require_paths(root: str | Path, *lists: str | Path) -> None:
    problems = Problems()
    with problems.noted():
        existing_folder(root, ROOT_MEANING)
    for path in lists:
        with problems.noted():
            existing_file(path, LIST_FORM)
    problems.raise_if_any()


def _read_list(path: str | Path, root: Path) -> Part:
    paths, labels, problems = [], [], []
    for number, line, image, label in _lines(path, root):
        where = f"{path}:{number}"
        if not image.strip() or label is None:
            problems.append(f"{where}: {line!r} is not 'path label'; such as 'train/n01440764/1.JPEG 0'")
        elif leads_out(image):
            problems.append(f"{where}: path {image!r} leaves the root; it must lie below it, or be absolute")
        else:
            paths.append(image)
            labels.append(label)
    require_none(problems, path)
    if not paths:
        raise InputError(f"{path}: is empty; it must hold lines 'path label'")
    return Part.from_files(labels, paths)


def _lines(path: str | Path, root: Path) -> Iterator[tuple[int, str, str, int | None]]:
    """Yield number, text, path and label of each line of a list; the last is None if it is no number."""
    text = read_text(existing_file(path, LIST_FORM))
    for number, line in enumerate(text.splitlines(), start=1):
        path_text, _, label_text = line.rstrip().rpartition(" ")
        yield number, line, written_path(root, path_text), whole_number(label_text)


def _require_each_once(root: Path, *lists: tuple[str | Path, Part]) -> None:
    places = [f"{path}:{line}" for path, part in lists for line in range(1, len(part) + 1)]
    images = np.concatenate([part.sources for _, part in lists])
    lines = [
        f"{places[number]}: {repeated_path_problem(images[number], images[earlier], places[earlier])}"
        for number, earlier in repeated_files(root, images)
    ]
    require_none(lines, root)


def _require_all_classes(path: str | Path, train: Part) -> None:
    present = np.unique(train.labels)
    count = int(present[-1]) + 1 - len(present)
    if count:
        # The first missing numbers are among the first len(present) + MAX_SHOWN numbers.
        missing = np.setdiff1d(np.arange(min(present[-1], len(present) + MAX_SHOWN)), present)[:MAX_SHOWN]
        raise InputError(
            f"{path}: has images of class {present[-1]}, but none of {first_few(missing, MAX_SHOWN, count)}; "
            "the class numbers must be 0..C-1 with none left out"
        )
