"""CIFAR-10 and CIFAR-100 (Krizhevsky 2009): 60,000 colour images of 32 x 32, in their original files."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from activepool.data.previews import Preview
from activepool.data.samples import Part, Samples
from activepool.errors import InputError

TRAIN_IMAGES, TEST_IMAGES = 50_000, 10_000


@dataclass(frozen=True)
class Version:
    """One of the two datasets.

    Attributes:
        reader: the name of its class in torchvision.datasets.
        folder: what its archive unpacks to.
        archive: the address of its archive.
        num_classes: the number of classes, all of the same size.
    """

    reader: str
    folder: str
    archive: str
    num_classes: int


CIFAR10 = Version(
    "CIFAR10", "cifar-10-batches-py", "https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz", 10
)
CIFAR100 = Version(
    "CIFAR100", "cifar-100-python", "https://www.cs.toronto.edu/~kriz/cifar-100-python.tar.gz", 100
)


def load_cifar10(root: str | Path, download: bool = False) -> Samples:
    """Read CIFAR-10, 5,000 train and 1,000 test images of each of 10 classes.

    Args:
        root: the folder of ``cifar-10-batches-py/``.
        download: whether to download missing files from the author's page.
    """
    return _load(CIFAR10, root, download)


def load_cifar100(root: str | Path, download: bool = False) -> Samples:
    """Read CIFAR-100, 500 train and 100 test images of each of 100 classes.

    Args:
        root: the folder of ``cifar-100-python/``.
        download: whether to download missing files from the author's page.
    """
    return _load(CIFAR100, root, download)


def preview_cifar10(root: str | Path, download: bool = False) -> Preview:
    """Return the known counts, if the files exist or may be downloaded."""
    return _preview(CIFAR10, root, download)


def preview_cifar100(root: str | Path, download: bool = False) -> Preview:
    """Return the known counts, if the files exist or may be downloaded."""
    return _preview(CIFAR100, root, download)


def _load(version: Version, root: str | Path, download: bool) -> Samples:
    _require_files(version, root, download)
    # torchvision imports torch, which takes seconds and which nothing else here needs.
    from torchvision import datasets

    reader = getattr(datasets, version.reader)
    try:
        train = reader(root, train=True, download=download)
        test = reader(root, train=False)
    except (RuntimeError, OSError) as error:
        raise InputError(
            f"{Path(root) / version.folder}: not the files of {version.reader} ({error}); "
            f"unpack {version.archive} again"
        ) from error
    return Samples(_part("train", train), _part("test", test), list(train.classes))


def _part(name: str, original: Any) -> Part:
    sources = np.array([f"{name}/{row}" for row in range(len(original.targets))], dtype=object)
    return Part(np.array(original.targets, dtype=np.int64), sources, original.data)


def _preview(version: Version, root: str | Path, download: bool) -> Preview:
    _require_files(version, root, download)
    counts = np.full(version.num_classes, TRAIN_IMAGES // version.num_classes)
    return Preview(counts, TRAIN_IMAGES, TEST_IMAGES, [str(number) for number in range(version.num_classes)])


def _require_files(version: Version, root: str | Path, download: bool) -> None:
    if not download and not (Path(root) / version.folder).is_dir():
        raise InputError(
            f"{root}: has no folder {version.folder}; unpack {version.archive} there, "
            "or set the option download: true"
        )
