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
    """One of the two datasets, of classes of one size: its class in torchvision, folder and archive."""

    reader: str
    folder: str
    archive: str
    num_classes: int

    def load(self, root: str | Path, download: bool = False) -> Samples:
        """Read all images below ``root``; ``download`` fetches missing files from the author's page."""
        self._require_files(root, download)
        # torchvision imports torch, which takes seconds and which nothing else here needs.
        from torchvision import datasets

        reader = getattr(datasets, self.reader)
        try:
            train = reader(root, train=True, download=download)
            test = reader(root, train=False)
        except (RuntimeError, OSError) as error:
            raise InputError(
                f"{Path(root) / self.folder}: not the files of {self.reader} ({error}); "
                f"unpack {self.archive} again"
            ) from error
        return Samples(_part("train", train), _part("test", test), list(train.classes))

    def preview(self, root: str | Path, download: bool = False) -> Preview:
        """Return the known counts, if the files exist or may be downloaded."""
        self._require_files(root, download)
        counts = np.full(self.num_classes, TRAIN_IMAGES // self.num_classes)
        return Preview(counts, TRAIN_IMAGES, TEST_IMAGES, [str(number) for number in range(self.num_classes)])

    def _require_files(self, root: str | Path, download: bool) -> None:
        if not download and not (Path(root) / self.folder).is_dir():
            raise InputError(
                f"{root}: has no folder {self.folder}; unpack {self.archive} there, "
                "or set the option download: true"
            )


CIFAR10 = Version(
    "CIFAR10", "cifar-10-batches-py", "https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz", 10
)
CIFAR100 = Version(
    "CIFAR100", "cifar-100-python", "https://www.cs.toronto.edu/~kriz/cifar-100-python.tar.gz", 100
)


def _part(name: str, original: Any) -> Part:
    sources = np.array([f"{name}/{row}" for row in range(len(original.targets))], dtype=object)
    return Part(np.array(original.targets, dtype=np.int64), sources, original.data)
