"""From the images in shards to a dataset: their labels get numbers, and each problem a line."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from activepool.data.class_checks import wrapped_unknown
from activepool.data.class_names import (
    indistinguishable_names,
    label_problem,
    require_different,
    sorted_names,
)
from activepool.data.packed_images import Cell, Member
from activepool.data.samples import UNKNOWN, Part, Samples, require_one_test_part, split_off_test
from activepool.data.shards import Shards, is_unlabelled
from activepool.data.typed_labels import as_number
from activepool.errors import InputError, first_few, first_lines
from activepool.io.files import has_line_break, is_storable


@dataclass
class ShardPart:
    """The images of one part, in their order.

    Attributes:
        sources: such as ``train-000.tar/0007.jpg``.
        places: see activepool.data.packed_images.
        labels: names of classes; "" where the class is not known.
        unused: the source and the label of each sample without an image that can be used.
        fields: those of the members of tar archives, and in JSON that of the label, such as ``json.label``.
        repeated_keys: those of samples that an earlier tar archive has, too, such as
            ``train-001.tar/0007 is in train-000.tar``.
        contradictions: the key and the labels of each sample with different ones in .cls and .json.
        empty: the sources of images of 0 bytes, except in large datasets in Parquet files, where a look would
            take long.
        lacks_labels: whether labels are missing, because a shard is damaged or a label cannot be read.
        label_type: the type of the labels in the last file, such as ``uint8``; empty for text.
    """

    sources: list[str] = field(default_factory=list)
    places: list[str] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    unused: list[tuple[str, str]] = field(default_factory=list)
    fields: set[str] = field(default_factory=set)
    repeated_keys: list[str] = field(default_factory=list)
    contradictions: list[str] = field(default_factory=list)
    empty: list[str] = field(default_factory=list)
    lacks_labels: bool = False
    label_type: str = ""

    @property
    def samples(self) -> list[tuple[str, str]]:
        """The source and the label of each sample, with and without an image."""
        return [*zip(self.sources, self.labels, strict=True), *self.unused]

    @property
    def first_sources(self) -> dict[str, str]:
        """The source of the first sample of each label."""
        sources: dict[str, str] = {}
        for source, label in self.samples:
            sources.setdefault(label, source)
        return sources

    def reject(self, source: str, label: str, problem: str) -> None:
        """Add a line for a sample without an image that can be used; its label counts all the same."""
        self.unused.append((source, label))
        self.problems.append(f"{source}: {problem}")

    def add(self, place: Member | Cell, label: str, is_empty: bool) -> None:
        """Add an image, perhaps of 0 bytes, whose place is relative to the root of the dataset."""
        self.sources.append(str(place))
        self.places.append(place.text)
        self.labels.append(label)
        if is_empty:
            self.empty.append(str(place))
        if problem := _name_problem(str(place), label):
            self.problems.append(problem)

    def numbered(self, class_names: Sequence[str], has_order: bool) -> Part:
        """Return the part, with the numbers of the classes as labels."""
        number_of = _numbers(class_names, has_order)
        labels = np.array([number_of[label] for label in self.labels], dtype=np.int64)
        sources, places = (np.array(texts, dtype=object) for texts in (self.sources, self.places))
        return Part(labels, sources, places=places)


def samples_in(
    shards: Shards,
    train: ShardPart,
    test: ShardPart,
    class_names: list[str] | None,
    test_fraction: float | None,
) -> Samples:
    """Return a dataset of the images of both parts in shards.

    The ``class_names`` are in the order of their numbers; by default, they are the sorted labels of the train
    part. A label may be a number of the given names, if none of them is a number. If ``test`` is empty,
    ``test_fraction`` is the share of each class to split off.

    Raises: InputError, with a line for each image that cannot be used.
    """
    if class_names is not None:
        require_different(shards.root, class_names)
    names = sorted_names({label for _, label in train.samples} - {""}) if class_names is None else class_names
    if not train.sources and not train.problems:
        raise InputError(f"{shards.root}: the train part holds no image")
    problems = [*train.problems, *test.problems]
    if not (problems or names):
        raise InputError(
            f"{shards.root}: no image of the train part has a label; add labels, or say where: label: NAME"
        )
    known_classes = None if train.lacks_labels or test.lacks_labels else names
    may_follow = class_names is None and "" in train.labels
    for part in (train, test):
        problems += _label_problems(part, known_classes, class_names or (), may_follow)
    problems += [] if class_names else [*_wrapped_labels(train), *_indistinguishable_labels(train)]
    unlabelled = [source for source, label in zip(test.sources, test.labels, strict=True) if not label]
    has_no_label = len(unlabelled) > 1 and not any(label for _, label in test.samples)
    if not (test.lacks_labels or has_no_label):
        problems += [
            f"{source}: a test image needs a label, to measure accuracy on; leave it out"
            for source in unlabelled
        ]
    lines = first_lines([f"{shards.root}/{problem}" for problem in problems], shards.root)
    if has_no_label and not test.lacks_labels:
        lines.append(
            f"{shards.root}: none of the {len(unlabelled):,} test images has a label, to measure accuracy "
            f"on; add labels, or leave their shards out of path ({first_few(shards.test)})"
        )
    if lines:
        raise InputError(*lines)
    require_one_test_part(shards.root, bool(shards.test), "shards of the test part", test_fraction)
    has_order = class_names is not None
    parts = train.numbered(names, has_order), test.numbered(names, has_order)
    if test_fraction is not None:
        parts = split_off_test(parts[0], test_fraction)
    notices = [*shards.notices, *_unexpected_labels(shards, train)]
    if empty := train.empty + test.empty:
        meaning = "images of 0 bytes, which are unreadable"
        notices.append(f"{shards.root}: {meaning}: {len(empty):,} ({first_few(empty)})")
    return Samples(*parts, names, str(shards.root), notices=tuple(notices))


def _unexpected_labels(shards: Shards, train: ShardPart) -> Iterator[str]:
    """Yield a notice if shards whose names say that their images have no labels have some."""
    beginnings = tuple(f"{shard}/" for shard in shards.train if is_unlabelled(shard))
    labelled = (source for source, label in zip(train.sources, train.labels, strict=True) if label)
    sources = [source for source in labelled if source.startswith(beginnings)]
    if sources:
        images = f"{len(sources):,} images in shards of unlabelled images have labels"
        yield f"{shards.root}: {images}, which count ({first_few(sources)})"


def without_unknown(label: str) -> str:
    """Return the text of a label, "" if it says that the class is not known."""
    return "" if label == str(UNKNOWN) else label


def _numbers(class_names: Sequence[str], has_order: bool) -> dict[str, int]:
    """Return the number of each label; a label may be a number if the names have an order."""
    by_name = {name: number for number, name in enumerate(class_names)} | {"": UNKNOWN}
    if not has_order or any(as_number(name) is not None for name in class_names):
        return by_name
    return {str(number): number for number in range(len(class_names))} | by_name


def _label_problems(
    part: ShardPart, class_names: Sequence[str] | None, declared: Sequence[str], may_follow: bool
) -> Iterator[str]:
    """Yield a line for the first image of each label that is not a class (if all are known), or hardly one.

    A ``declared`` class is one, whatever its name.
    """
    source_of = part.first_sources
    classes = source_of if class_names is None else _numbers(class_names, bool(declared))
    for label, source in source_of.items():
        if label not in declared and (
            problem := label_problem(label, classes, class_names or (), may_follow)
        ):
            yield f"{source}: {problem}"


def _wrapped_labels(part: ShardPart) -> Iterator[str]:
    """Yield a line for the first label that was -1 before it became unsigned."""
    label = wrapped_unknown(part.label_type, lambda number: str(number) in part.labels)
    if label is not None:
        source = part.sources[part.labels.index(str(label))]
        yield (
            f"{source}: label {label} is what -1 becomes in a type without signs; save the labels as int64, "
            "or name all classes in class_names"
        )


def _indistinguishable_labels(part: ShardPart) -> Iterator[str]:
    """Yield a line for the first image of each label that nobody can tell from another."""
    source_of = part.first_sources
    for first, second, difference in indistinguishable_names(sorted_names(source_of.keys() - {""})):
        yield (
            f"{source_of[second]}: label {second!a} differs from {first!a}, of {source_of[first]}, only in "
            f"{difference}; write both alike"
        )


def _name_problem(source: str, label: str) -> str | None:
    if has_line_break(source) or has_line_break(label):
        return f"{source!a}: has a line break, or its label {label!a} has; rename it"
    if not is_storable(label):
        return f"{source!a}: its label {label!a} is not text; rename it"
    return None if is_storable(source) else f"{source!a}: the name is not UTF-8; rename it"
