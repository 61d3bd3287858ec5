"""Extraction of the features of a dataset's images, in shards that can be computed anywhere and in any order.

A part is cut into batches of fixed size, and a shard has whole batches: the batches, and the bits of their
features, are the same for any number of shards.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np
import torch
from torch import Generator, Tensor
from tqdm import tqdm

from activepool.backbones.backbone import Backbone
from activepool.backbones.checkpoint import load_backbone
from activepool.backbones.execution import is_cuda, on_device, pixels, reproducible
from activepool.backbones.settings import BackboneSettings
from activepool.compute.arrays import FloatArray, IntArray
from activepool.compute.blocks import row_blocks
from activepool.compute.seeds import integer_seed
from activepool.compute.shards import Shard
from activepool.data.ranges import require_squares
from activepool.errors import InputError
from activepool.features.images import PartImages, Request, image_channels, load_views
from activepool.features.settings import ExtractSettings
from activepool.features.store import PARTS
from activepool.features.transforms import Augmentation, augmentation
from activepool.io.hdf5_writing import written_hdf5

#: CPU threads of an extraction. Fixed, because the number decides how sums are split; use more shards on more
#: cores.
THREADS = 1


def extract_shard(
    dataset: str | Path,
    backbone_settings: BackboneSettings,
    checkpoint: str | None,
    settings: ExtractSettings,
    shard: Shard,
    output: str | Path,
    device: str = "cpu",
    workers: int = 0,
) -> None:
    """Write one shard: its rows of ``train/features``, ``test/features`` and, with views, ``train/views``.

    Args:
        dataset: dataset.h5.
        backbone_settings, checkpoint: see activepool.backbones.checkpoint.load_backbone.
        settings, shard: the features to compute.
        output: HDF5 file to write. Its groups have the attributes ``first_row`` and ``part_rows``; the file
            has the backbone, the digest of its checkpoint, and the transform.
        device: the device of the backbone.
        workers: processes that read images (0: this one); no effect on the result.

    Raises: InputError if the dataset, the checkpoint or an image cannot be used, or a feature
    cannot be stored.
    """
    name, size = backbone_settings.name, backbone_settings.image_size
    channels = backbone_settings.channels or image_channels(dataset)
    form = backbone_settings.checkpoint_format
    normalised = backbone_settings.normalisation
    backbone, digest = load_backbone(name, size, channels, checkpoint, form, normalised)
    backbone = on_device(backbone.eval(), device)
    extraction = _Extraction(name, Path(dataset), backbone, settings, device, workers)
    with reproducible(THREADS), written_hdf5(output) as file:
        file.attrs.update(backbone=name, checkpoint_digest=digest, transform=str(backbone.preprocessing))
        if settings.views:
            file.attrs["view_augmentation"] = settings.augmentation
        for part in PARTS:
            extraction.write_part(file.create_group(part), part, shard)


@dataclass(frozen=True)
class _Extraction:
    """The arguments of an extraction, for all parts of a shard; ``name`` is the backbone's."""

    name: str
    dataset: Path
    backbone: Backbone
    settings: ExtractSettings
    device: str
    workers: int

    def write_part(self, group: h5py.Group, part: str, shard: Shard) -> None:
        images = PartImages(self.dataset, part, self.backbone.preprocessing)
        rows = shard.rows(len(images), self.settings.batch_size)
        shape = (rows.stop - rows.start, self.backbone.width)
        group.attrs.update(first_row=rows.start, part_rows=len(images))
        features = group.create_dataset("features", shape, self.settings.dtype)
        self._write_features(features, images, rows)
        if part == "train" and self.settings.views:
            views = group.create_dataset("views", (self.settings.views, *shape), self.settings.dtype)
            self._write_views(views, images, rows)

    def _write_features(self, target: h5py.Dataset, images: PartImages, rows: slice) -> None:
        requests = (Request(batch) for batch in self._batches(rows))
        for batch, views in self._loaded(images, rows, requests, "features"):
            target[batch - rows.start] = self._encode(pixels(views[0], self.device), images.part, batch)

    def _write_views(self, target: h5py.Dataset, images: PartImages, rows: slice) -> None:
        augment = augmentation(self.settings.augmentation, self.backbone.preprocessing.image_size)
        requests = (Request(batch, self._crops(augment, batch)) for batch in self._batches(rows))
        for batch, views in self._loaded(images, rows, requests, "views"):
            for number, view in enumerate(views.expand(len(target), *views.shape[1:])):
                generator = _generator(number, batch, "augmentation")
                augmented = augment(pixels(view, self.device), generator)
                target[number, batch - rows.start] = self._encode(augmented, images.part, batch)

    def _crops(self, augment: Augmentation, batch: IntArray) -> FloatArray | None:
        """Draw the crops of all views; each view has its own stream, for any number of views."""
        numbers = range(self.settings.views)
        draws = (augment.draw_crops(1, len(batch), _generator(number, batch, "crops")) for number in numbers)
        crops = [of_view for of_view in draws if of_view is not None]
        return np.concatenate(crops) if crops else None

    def _batches(self, rows: slice) -> Iterator[IntArray]:
        for block in row_blocks(rows.stop - rows.start, self.settings.batch_size):
            yield np.arange(rows.start + block.start, rows.start + block.stop)

    def _loaded(
        self, images: PartImages, rows: slice, requests: Iterator[Request], what: str
    ) -> Iterator[tuple[IntArray, Tensor]]:
        """Yield each batch of rows with its views (V, B, C, S, S), and show the progress."""
        batches = list(self._batches(rows))
        progress = tqdm(batches, desc=f"{images.part} {what}", unit="batch", disable=None)
        views = load_views(images, requests, self.workers, pinned=is_cuda(self.device))
        yield from zip(progress, views, strict=True)

    @torch.inference_mode()
    def _encode(self, images: Tensor, part: str, batch: IntArray) -> FloatArray:
        """Return the features (B, d) of images (B, C, S, S) in 0..1, in the stored type."""
        half = self.settings.dtype == "float16" and is_cuda(self.device)
        with torch.autocast(torch.device(self.device).type, torch.float16, enabled=half):
            features = self.backbone(images)
        self._require_features(features, len(images))
        values = features.float().cpu().numpy()
        with np.errstate(over="ignore"):
            stored: FloatArray = values.astype(self.settings.dtype)
        wrong = np.argwhere(~np.isfinite(stored))
        if len(wrong):
            row, column = wrong[0]
            remedy = "the weights of the backbone may be broken"
            if np.isfinite(values[row, column]):
                remedy = "float16 ends at 65504: set dtype: float32"
            raise InputError(
                f"{self.dataset}: {part} row {batch[row]} has the feature {values[row, column]}; {remedy}"
            )
        require_squares(f"{self.dataset}: features of {part}", stored, int(batch[0]))
        return stored

    def _require_features(self, returned: object, count: int) -> None:
        """Raise InputError unless the network, perhaps a user's, returned one feature vector per image."""
        expected = (count, self.backbone.width)
        shape = tuple(returned.shape) if isinstance(returned, Tensor) else type(returned).__name__
        if shape != expected:
            raise InputError(
                f"backbone: {self.name!r} returned {shape} for {count} images; it must return features of "
                f"the shape {expected}, since its width is {self.backbone.width}"
            )


def _generator(view: int, batch: IntArray, purpose: str) -> Generator:
    """Return the random stream of one view of one batch, which does not depend on the shards."""
    return Generator().manual_seed(integer_seed(view, int(batch[0]), f"views/{purpose}"))
