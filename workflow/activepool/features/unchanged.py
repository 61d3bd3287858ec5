"""Batches of images that have not changed since their features were computed.

The key of a batch is a digest of all that its features are computed from: the content of its images, and what
computes them. Batches with the same key have the same features, so these can be taken from an earlier file.
"""

import hashlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import h5py
from torch import Tensor
from torch.utils.data import Dataset

from activepool.compute.arrays import FloatArray
from activepool.errors import InputError
from activepool.features.images import PartImages, Request
from activepool.features.shard_batches import Batch
from activepool.io.hdf5_reading import opened


@dataclass(frozen=True)
class Wanted:
    """A request for a batch of images, unless its features are known.

    Attributes:
        request: the images, their rows ascending.
        known: the keys under which features of the batch are known.
    """

    request: Request
    known: frozenset[str]


class KeyedImages(Dataset[tuple[str, Tensor | None] | InputError]):
    """The images of a part; reading a batch gives its key, and its views unless its features are known.

    Args:
        images: the images.
        computed_by: a text that names all that computes the features.
    """

    def __init__(self, images: PartImages, computed_by: str) -> None:
        self._images = images
        self._computed_by = computed_by

    def __getitem__(self, wanted: Wanted) -> tuple[str, Tensor | None] | InputError:
        """Return the key and the views, see `PartImages`; None for the views of a known batch."""
        rows = wanted.request.rows
        # The first row decides what is drawn for augmented views.
        digest = hashlib.sha256(f"{self._computed_by}\n{rows[0]}\n".encode())
        for content in self._images.contents(rows):
            digest.update(content)
        key = digest.hexdigest()
        if key in wanted.known:
            return key, None
        views = self._images[wanted.request]
        return views if isinstance(views, InputError) else (key, views)


class EarlierFeatures:
    """The features of an earlier run, by row.

    Args:
        file: its open features.h5; None if there is none.
        batch_size: rows of a batch.
    """

    def __init__(self, file: h5py.File | None, batch_size: int) -> None:
        self._file = file
        self._batch_size = batch_size

    def key(self, batch: Batch) -> str:
        """Return the key of the batch with these rows; "" if there is none."""
        keys = None if self._file is None else self._file.get(f"{batch.part}/batches")
        number = batch.rows.start // self._batch_size
        return keys[number].decode() if keys is not None and number < len(keys) else ""

    def read(self, batch: Batch) -> FloatArray:
        """Return the features or views of a batch whose key is the same now."""
        assert self._file is not None
        values: FloatArray = self._file[batch.part][batch.name][..., batch.rows, :]
        return values


@contextmanager
def earlier_features(path: str | Path | None, batch_size: int) -> Iterator[EarlierFeatures]:
    """Open the features.h5 of an earlier run, if there is one that can be read."""
    with ExitStack() as files:
        file = None
        if path is not None:
            with suppress(InputError):
                file = files.enter_context(opened(path))
        yield EarlierFeatures(file, batch_size)
