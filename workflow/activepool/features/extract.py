"""Extraction of the features of a dataset's images, in shards that can be computed in any order."""

import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Generator, Tensor
from tqdm import tqdm

from activepool.backbones.backbone import Backbone
from activepool.backbones.checkpoint import load_backbone
from activepool.backbones.execution import is_cuda, on_device, pixels, reproducible
from activepool.backbones.folding import fold
from activepool.backbones.linear_layers import convolve
from activepool.backbones.settings import BackboneSettings
from activepool.backbones.software import software
from activepool.compute.arrays import FloatArray, IntArray
from activepool.compute.seeds import integer_seed
from activepool.compute.shards import Shard
from activepool.data.ranges import require_squares
from activepool.errors import InputError
from activepool.features.batch_records import BatchRecords
from activepool.features.finished_shards import finished_path, keep_finished
from activepool.features.images import PartImages, Request, image_channels, load_requests
from activepool.features.reuse import EarlierFeatures, KeyedImages, KeyedRequest, earlier_features
from activepool.features.settings import ExtractSettings
from activepool.features.shard_batches import Batch, ShardBatches
from activepool.features.store import PARTS
from activepool.features.transforms import Augmentation, augmentation
from activepool.io.hdf5 import written_hdf5

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
    version: str = "",
    earlier: str | Path | None = None,
) -> None:
    """Write one shard: its rows of ``train/features``, ``test/features`` and, with views, ``train/views``.

    A file beside the output keeps the finished batches. An extraction that was killed continues from it and
    ends with the same bits; the file is removed at the end. A shard that was finished and then deleted is
    taken from its second name, see activepool.features.finished_shards. Of two extractions of one shard at a
    time, the second waits for the first.

    Args:
        dataset: dataset.h5.
        backbone_settings, checkpoint: see activepool.backbones.checkpoint.load_backbone.
        settings, shard: the features to compute.
        output: HDF5 file to write. Its groups have the attributes ``first_row`` and ``part_rows``, and the
            keys of their ``batches``; the file has the backbone, its checkpoint's digest, and the transform.
        device, workers: of the backbone, and processes that read images (0: this one), without effect.
        version: a text that changes with the code.
        earlier: features.h5 of an earlier run, from which batches that have not changed are taken.

    Raises: InputError if the dataset, the checkpoint or an image cannot be used, or a feature not stored.
    """
    backbone, attributes = _load_backbone(dataset, backbone_settings, checkpoint, settings, device)
    computation = _computation(attributes, settings, device, version)
    is_scaled = settings.decoding == "scaled"
    parts = {part: PartImages(dataset, part, backbone.preprocessing, is_scaled) for part in PARTS}
    lengths = {part: len(images) for part, images in parts.items()}
    batches = ShardBatches(lengths, backbone.width, settings, shard)
    with (
        reproducible(THREADS),
        BatchRecords(output, [batch.shape for batch in batches.all], settings.dtype) as records,
        earlier_features([finished_path(output), earlier], settings.batch_size) as earlier_files,
    ):
        images = {part: KeyedImages(part_images, computation) for part, part_images in parts.items()}
        name = backbone_settings.name
        extraction = _Extraction(
            name, checkpoint, Path(dataset), images, backbone, settings, device, earlier_files, records
        )
        reused = [extraction.complete(numbers, workers) for numbers in batches.groups.values()]
        if sum(reused):
            total = len(batches.all)
            print(f"extract: {sum(reused)} of {total} batches of images were there already", file=sys.stderr)
        with written_hdf5(output) as file:
            file.attrs.update(attributes)
            batches.write(file, records)
        keep_finished(output)


def _load_backbone(
    dataset: str | Path,
    backbone_settings: BackboneSettings,
    checkpoint: str | None,
    settings: ExtractSettings,
    device: str,
) -> tuple[Backbone, dict[str, str]]:
    """Return the backbone on its device, in its fastest form, and the attributes of its features."""
    channels = backbone_settings.channels or image_channels(dataset)
    backbone, digest = load_backbone(backbone_settings, channels, checkpoint)
    backbone = on_device(backbone.eval(), device)
    transform = str(backbone.preprocessing)
    attributes = {"backbone": backbone_settings.name, "checkpoint_digest": digest, "transform": transform}
    if not is_cuda(device):
        with reproducible(THREADS):
            backbone, num_folded = fold(backbone)
        attributes["folded_normalisations"] = str(num_folded)
        if settings.precision is None:
            convolve(backbone)
    if settings.precision is not None:
        attributes["precision"] = settings.precision
    if settings.decoding != "whole":
        attributes["decoding"] = settings.decoding
    if settings.views:
        attributes["view_augmentation"] = settings.augmentation
    return backbone, attributes


def _computation(attributes: dict[str, str], settings: ExtractSettings, device: str, version: str) -> str:
    """Return a text that names everything that the features of an image depend on, except the image."""
    kind, packages = torch.device(device).type, software(attributes["backbone"])
    return json.dumps([attributes, asdict(settings), kind, packages, version], sort_keys=True)


@dataclass(frozen=True)
class _Extraction:
    """The arguments of an extraction, for all batches of a shard; ``name`` is the backbone's."""

    name: str
    checkpoint: str | None
    dataset: Path
    images: dict[str, KeyedImages]
    backbone: Backbone
    settings: ExtractSettings
    device: str
    earlier: EarlierFeatures
    records: BatchRecords

    def complete(self, batches: dict[int, Batch], workers: int) -> int:
        """Make the records of batches, by number, of one part and name; return how many were reused."""
        example = next(iter(batches.values()))
        augment = None
        if example.name == "views":
            augment = augmentation(self.settings.augmentation, self.backbone.preprocessing.image_size)
        requests = (self._request(number, batch, augment) for number, batch in batches.items())
        loaded = load_requests(self.images[example.part], requests, workers, pinned=is_cuda(self.device))
        progress = tqdm(batches.items(), desc=f"{example.part} {example.name}", unit="batch", disable=None)
        num_reused = 0
        for (number, batch), (key, views) in zip(progress, loaded, strict=True):
            if views is not None:
                self.records.write(number, key, self._compute(batch, views, augment))
                continue
            num_reused += 1
            if self.records.keys[number] != key:
                self.records.write(number, key, self.earlier.read(batch, key))
        return num_reused

    def _request(self, number: int, batch: Batch, augment: Augmentation | None) -> KeyedRequest:
        crops = None if augment is None else self._crops(augment, batch.row_numbers)
        keys = {self.records.keys[number], *self.earlier.keys(batch)}
        return Request(batch.row_numbers, crops), frozenset(keys - {""})

    def _crops(self, augment: Augmentation, batch: IntArray) -> FloatArray | None:
        """Draw the crops of all views; each view has its own stream, for any number of views."""
        views = range(self.settings.views)
        draws = (augment.draw_crops(1, len(batch), _generator(number, batch, "crops")) for number in views)
        crops = [view_crops for view_crops in draws if view_crops is not None]
        return np.concatenate(crops) if crops else None

    def _compute(self, batch: Batch, views: Tensor, augment: Augmentation | None) -> FloatArray:
        """Return the features of loaded views (V, B, C, S, S), in the shape of the batch."""
        if augment is None:
            return self._encode(pixels(views[0], self.device), batch)
        features = []
        for number, view in enumerate(views.expand(self.settings.views, *views.shape[1:])):
            generator = _generator(number, batch.row_numbers, "augmentation")
            features.append(self._encode(augment(pixels(view, self.device), generator), batch))
        return np.stack(features)

    @torch.inference_mode()
    def _encode(self, images: Tensor, batch: Batch) -> FloatArray:
        """Return the features (B, d) of images (B, C, S, S) in 0..1, in the stored type."""
        is_half = self.settings.dtype == "float16" and is_cuda(self.device)
        low_precision = torch.bfloat16 if self.settings.precision == "bfloat16" else torch.float16
        is_enabled = is_half or low_precision is torch.bfloat16
        with torch.autocast(torch.device(self.device).type, low_precision, enabled=is_enabled):
            features = self.backbone(images)
        self._require_features(features, len(images))
        values = features.float().cpu().numpy()
        with np.errstate(over="ignore"):
            stored: FloatArray = values.astype(self.settings.dtype)
        invalid = np.argwhere(~np.isfinite(stored))
        if len(invalid):
            row, column = invalid[0]
            remedy = "its weights may be broken: use others"
            if np.isfinite(values[row, column]):
                remedy = "float16 ends at 65504: set dtype: float32"
            raise InputError(
                f"{self._source()} has the feature {values[row, column]} for {batch.part} row "
                f"{batch.rows.start + row} of {self.dataset}; {remedy}"
            )
        rows = np.arange(batch.rows.start, batch.rows.stop)
        require_squares(f"{self._source()}: features of {batch.part} of {self.dataset}", stored, rows)
        return stored

    def _source(self) -> str:
        """Return what a message about features begins with: to delete dataset.h5 would not help."""
        weights = f" with the weights of {self.checkpoint}" if self.checkpoint else ""
        return f"backbone: {self.name!r}{weights}"

    def _require_features(self, output: object, count: int) -> None:
        """Raise InputError unless the network, perhaps a user's, returned one feature vector per image."""
        expected = (count, self.backbone.width)
        shape = tuple(output.shape) if isinstance(output, Tensor) else type(output).__name__
        if shape != expected:
            raise InputError(
                f"backbone: {self.name!r} returned {shape} for {count} images; it must return features of "
                f"the shape {expected}, since its width is {self.backbone.width}"
            )


def _generator(view: int, batch: IntArray, purpose: str) -> Generator:
    """Return the random stream of one view of one batch, which does not depend on the shards."""
    return Generator().manual_seed(integer_seed(view, int(batch[0]), f"views/{purpose}"))
