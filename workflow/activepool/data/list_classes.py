"""The classes of lists of images and numbers, such as those of ImageNet-LT: their folders' names."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

from activepool.data.samples import Part
from activepool.errors import require_none

#: The share of the train images up to which numbers that contradict a folder are taken for mistakes.
MAX_MISTAKES = 0.1

#: How often each number occurs in each folder.
FolderNumbers = Mapping[str, Counter[int]]


def list_class_names(
    train_list: str | Path, train: Part, test_list: str | Path, test: Part
) -> tuple[list[str], str | None]:
    """Return the names of the classes of two lists, and a notice if they are numbers.

    A class has the name of the folder of its images (the wnid), or its number if folders are not classes.

    Raises: InputError, with a line for each image whose number is not that of its folder, if these are few
    in the train part.
    """
    numbers = _folder_numbers(train)
    _require_few_mistakes(train_list, train, numbers)
    num_classes = int(train.labels.max()) + 1
    if reason := _why_not_folders(numbers):
        notice = f"{train_list}: the names of the classes are their numbers, because {reason}"
        return [str(number) for number in range(num_classes)], notice
    number_of = {Path(folder).name: next(iter(found)) for folder, found in numbers.items()}
    require_none([*_contradictions(test_list, test, number_of)], test_list)
    return sorted(number_of, key=number_of.__getitem__), None


def _folder_numbers(part: Part) -> FolderNumbers:
    numbers: dict[str, Counter[int]] = defaultdict(Counter)
    for label, source in zip(part.labels.tolist(), part.sources, strict=True):
        numbers[_folder(source)][label] += 1
    return numbers


def _require_few_mistakes(path: str | Path, train: Part, numbers: FolderNumbers) -> None:
    """Raise InputError for images whose number contradicts their folder, if folders are else classes.

    They are if more than half the images of each folder have the same number, and each class has a folder.
    """
    usual = {folder: found.most_common(1)[0] for folder, found in numbers.items()}
    mistakes = len(train) - sum(count for _, count in usual.values())
    if not 0 < mistakes <= MAX_MISTAKES * len(train):
        return
    are_clear = all(2 * count > numbers[folder].total() for folder, (_, count) in usual.items())
    if not are_clear or len({number for number, _ in usual.values()}) <= train.labels.max():
        return
    lines = [
        f"{path}:{row}: {source!r} has the class {label}, but {usual[folder][1]:,} of the "
        f"{numbers[folder].total():,} images of {folder} have {usual[folder][0]}; number all of them alike, "
        "or use kind: manifest, whose folders need not be classes"
        for row, (label, source) in enumerate(zip(train.labels.tolist(), train.sources, strict=True), start=1)
        if usual[folder := _folder(source)][0] != label
    ]
    require_none(lines, path)


def _why_not_folders(numbers: FolderNumbers) -> str | None:
    """Return why folders cannot name the classes; None if they can."""
    folder_of: dict[int, str] = {}
    folder_called: dict[str, str] = {}
    for folder, found in numbers.items():
        shown = repr(folder or ".")
        if len(found) > 1:
            first, second = sorted(found)[:2]
            return f"images of {shown} have several, such as {first} and {second}"
        number, name = next(iter(found)), Path(folder).name
        if (other := folder_of.setdefault(number, folder)) != folder:
            return f"images of class {number} lie in several folders, such as {other!r} and {shown}"
        if (other := folder_called.setdefault(name, folder)) != folder:
            return f"the folders {other!r} and {shown} of two classes have the same name"
        if not name:
            return "some images lie in no folder"
    return None


def _contradictions(path: str | Path, test: Part, number_of: Mapping[str, int]) -> Iterator[str]:
    for row, (label, source) in enumerate(zip(test.labels.tolist(), test.sources, strict=True), start=1):
        folder = Path(source).parent.name
        if number_of.get(folder, label) != label:
            yield (
                f"{path}:{row}: {source!r} has the class {label}, but the train images of folders called "
                f"{folder} have {number_of[folder]}; number the classes of both lists in the same way"
            )


def _folder(source: str) -> str:
    return source.rpartition("/")[0]
