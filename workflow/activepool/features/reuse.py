"""Batches of images that have not changed since their features were computed.

The key of a batch is a digest of everything that its features depend on: the content of its images, and what
computes them. Batches with the same key have the same features, so these can be taken from an earlier file.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import h5py
from torch import Tensor
from torch.utils.data import Dataset

from activepool.compute.arrays import FloatArray
from activepool.errors import InputError
from activepool.features.images import PartImages, Request
from activepool.features.shard_batches import Batch
from activepool.io.hdf5 import opened

#: A request for a batch of images, rows ascending, and the keys of batches whose features are known.
KeyedRequest = tuple[Request, frozenset[str]]


class KeyedImages(Dataset[tuple[str, Tensor | None] | InputError]):
    """The images of a part; reading a batch gives its key, and its views unless its features are known.

    The text ``computation`` names everything that computes the features.
    """

    def __init__(self, images: PartImages, computation: str) -> None:
        self._images = images
        self._computation = computation

    def __getitem__(self, keyed: KeyedRequest) -> tuple[str, Tensor | None] | InputError:
        """Return the key and the views, see `PartImages`; None for the views of a known batch."""
        request, known_keys = keyed
        # The first row decides what is drawn for augmented views.
        digest = hashlib.sha256(f"{self._computation}\n{request.rows[0]}\n".encode())
        for content in self._images.contents(request.rows):
            digest.update(content)
        key = digest.hexdigest()
        if key in known_keys:
            return key, None
        views = self._images[request]
        return views if isinstance(views, InputError) else (key, views)


class EarlierFeatures:
    """The features that earlier extractions left, by batch: in features.h5 of an earlier run, in shards."""

    def __init__(self, files: Sequence[h5py.File], batch_size: int) -> None:
        self._files = files
        self._batch_size = batch_size

    def keys(self, batch: Batch) -> set[str]:
        """Return the keys under which the files have the rows of this batch."""
        return {key for file in self._files if (key := self._key(file, batch))}

    def read(self, batch: Batch, key: str) -> FloatArray:
        """Return the features or views of a batch that a file has under this key."""
        part = next(file for file in self._files if self._key(file, batch) == key)[batch.part]
        start = batch.rows.start - _first_row(part)
        values: FloatArray = part[batch.name][..., start : start + len(batch.row_numbers), :]
        return values

    def _key(self, file: h5py.File, batch: Batch) -> str:
        """Return the key of the batch with these rows; "" if there is none."""
        keys = file.get(f"{batch.part}/batches")
        if keys is None:
            return ""
        number = (batch.rows.start - _first_row(file[batch.part])) // self._batch_size
        return keys[number].decode() if 0 <= number < len(keys) else ""


def _first_row(part: h5py.Group) -> int:
    """Return the first row of a part in a file; that of features.h5 is 0."""
    return int(part.attrs.get("first_row", 0))


@contextmanager
def earlier_features(paths: Iterable[str | Path | None], batch_size: int) -> Iterator[EarlierFeatures]:
    """Open the files that earlier extractions left, except those that are missing or cannot be read."""
    with ExitStack() as stack:
        files = []
        for path in paths:
            with suppress(InputError):
                if path is not None:
                    files.append(stack.enter_context(opened(path)))
        yield EarlierFeatures(files, batch_size)
