"""Samples of a dataset, and dataset.h5, the file that holds them.

Layout of dataset.h5, for each part (train, test): ``<part>/labels`` (n,) int64 (-1: not known);
``<part>/sources`` (n,) strings by which a person recognises a row; and either ``<part>/images``
(n, H, W, C) uint8 or ``<part>/paths`` (n,) strings, absolute or relative to the attribute ``root``.
Attributes: ``class_names``, a list of strings; ``upright``, whether the rotation in EXIF is applied to image
files; and ``packed``, true if paths are places inside larger files (see activepool.data.packed_images), else
absent.
"""

from dataclasses import dataclass, replace
from pathlib import Path

import h5py
import numpy as np

from activepool.compute.arrays import BoolArray, ImageArray, IntArray, TextArray
from activepool.data.packed_images import Place, place_of
from activepool.data.splits import held_out_rows
from activepool.errors import InputError
from activepool.io.hdf5 import written_hdf5

#: The label of a sample whose class is not known.
UNKNOWN = -1

#: The environment variable with the folder of the images, if it is not the one where they were listed.
IMAGES_FOLDER = "ACTIVEPOOL_IMAGES"


@dataclass(frozen=True)
class Part:
    """One part of a dataset, train or test, of n samples.

    Attributes:
        labels: (n,) int64; -1 where the class is not known.
        sources: (n,) object array of str. For samples in files they are the paths, absolute or relative to
            the dataset's root; for others something like ``"train/17"``, the row in the original.
        images: (n, H, W, C) uint8, or None for samples in files.
        places: (n,) object array of str, where images inside larger files are; None for others.
    """

    labels: IntArray
    sources: TextArray
    images: ImageArray | None = None
    places: TextArray | None = None

    @classmethod
    def from_files(cls, labels: list[int] | IntArray, paths: list[str]) -> "Part":
        """Return a part whose samples are image files."""
        return cls(np.array(labels, dtype=np.int64), np.array(paths, dtype=object))

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, rows: IntArray | BoolArray) -> "Part":
        """Return these rows (indices or a mask), in this order."""
        images = None if self.images is None else self.images[rows]
        places = None if self.places is None else self.places[rows]
        return Part(self.labels[rows], self.sources[rows], images, places)

    @property
    def paths(self) -> TextArray:
        """The paths of image files, or the places of images inside larger files."""
        return self.sources if self.places is None else self.places


@dataclass(frozen=True)
class Samples:
    """A dataset of C classes, whose relative paths start from ``root``.

    ``upright``: whether the rotation in EXIF is applied to image files. ``notices`` are for a person, a line
    each. ``list_file`` lists the samples; empty if there is none.
    """

    train: Part
    test: Part
    class_names: list[str]
    root: str = ""
    upright: bool = False
    notices: tuple[str, ...] = ()
    list_file: str = ""

    @property
    def name(self) -> str:
        """The name of the dataset in messages: its list or its folder; empty if it has neither."""
        return self.list_file or self.root

    @property
    def parts(self) -> dict[str, Part]:
        """The two parts by name."""
        return {"train": self.train, "test": self.test}

    @property
    def packed(self) -> bool:
        """Whether its images are inside larger files."""
        return self.train.places is not None

    def image_place(self, path: str) -> Place:
        """Return where an image is, from its path or place."""
        return place_of(self.root, path, self.packed)


def with_notice(samples: Samples, notice: str | None) -> Samples:
    """Return samples with one more notice, unless it is None."""
    return samples if notice is None else replace(samples, notices=(*samples.notices, notice))


def split_off_test(part: Part, fraction: float) -> tuple[Part, Part]:
    """Split a part into train and test; see activepool.data.splits.held_out_rows."""
    is_held_out = np.isin(np.arange(len(part)), held_out_rows(part.labels, fraction))
    return part.take(~is_held_out), part.take(is_held_out)


def require_one_test_part(
    where: object, has_test_part: bool, test_part: str, test_fraction: float | None, hint: str = ""
) -> None:
    """Raise InputError unless a dataset has either its own test part or the option test_fraction.

    ``test_part`` says what its own test part is, or would be, and ``hint`` what may be meant as one.
    """
    if has_test_part and test_fraction is not None:
        raise InputError(
            f"{where}: has a test part of its own ({test_part}); remove it, or the option test_fraction"
        )
    if not has_test_part and test_fraction is None:
        raise InputError(
            f"{where}: has no test part to measure accuracy on; add {test_part}, or set test_fraction{hint}"
        )


def require_samples(train_labels: IntArray, test_labels: IntArray) -> None:
    """Raise InputError without any train sample, or without a labelled test sample."""
    if not len(train_labels):
        raise InputError("dataset: the train part is empty; it must hold at least one sample")
    if not (test_labels != UNKNOWN).any():
        raise InputError(
            "dataset: the test part has no labelled sample to measure accuracy on; it must hold some "
            "(test_fraction takes them from classes of two labelled samples or more)"
        )


def write_samples(path: str | Path, samples: Samples) -> None:
    """Write dataset.h5."""
    with written_hdf5(path) as file:
        file.attrs["class_names"] = samples.class_names
        file.attrs["root"] = samples.root
        file.attrs["upright"] = samples.upright
        if samples.packed:
            file.attrs["packed"] = True
        for name, part in samples.parts.items():
            group = file.create_group(name)
            group["labels"] = part.labels.astype(np.int64)
            group.create_dataset("sources", data=part.sources, dtype=h5py.string_dtype())
            if part.places is not None:
                group.create_dataset("paths", data=part.places, dtype=h5py.string_dtype())
            elif part.images is None:
                # A second name for the same strings takes no space.
                group["paths"] = group["sources"]
            else:
                group["images"] = part.images
