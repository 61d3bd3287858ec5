"""The kinds of dataset, by name. A new kind is a module with the functions of `Kind`, and a line here.

Embeddings (``kind: embeddings``) are not here because they have no images: see activepool.data.embeddings.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import wraps
from typing import Any

from activepool.data import cifar, digits, embeddings, folder, huggingface, imagenet, manifest, webdataset
from activepool.data.class_checks import class_notices
from activepool.data.previews import Preview
from activepool.data.samples import Samples, require_samples
from activepool.data.settings import DatasetSettings, call_with_options
from activepool.errors import InputError


@dataclass(frozen=True)
class Kind:
    """A kind of dataset; the functions take the options of the kind as keyword arguments.

    Attributes:
        preview: counts the classes in a second or two, or returns None if that takes longer. Raises
            InputError for a path that does not exist. Imports neither torch nor scikit-learn. See `counted`.
        require_files: raises InputError for images of a list that are not there, also of a list too long for
            a preview; None where `preview` does, or the dataset has no list.
        fetch: fetches images that are elsewhere, see `manifest.fetch`; None where all are here.
    """

    load: Callable[..., Samples]
    preview: Callable[..., Preview | None]
    require_files: Callable[..., None] | None = None
    fetch: Callable[..., None] | None = None


def counted(load: Callable[..., Samples], is_large: Callable[..., bool]) -> Callable[..., Preview | None]:
    """Return a preview with the options of ``load``: it counts all samples, unless they are too many."""

    @wraps(load)
    def preview(**options: Any) -> Preview | None:
        return None if is_large(**options) else Preview.from_samples(load(**options))

    return preview


KINDS = {
    "digits": Kind(digits.load, digits.preview),
    "cifar10": Kind(cifar.CIFAR10.load, cifar.CIFAR10.preview),
    "cifar100": Kind(cifar.CIFAR100.load, cifar.CIFAR100.preview),
    "imagenet": Kind(imagenet.load, counted(imagenet.load, imagenet.is_large)),
    "imagenet_lt": Kind(
        imagenet.load_long_tailed,
        counted(imagenet.load_long_tailed, imagenet.are_lists_large),
        imagenet.require_listed_files,
    ),
    "folder": Kind(folder.load, counted(folder.load, folder.is_large)),
    "manifest": Kind(manifest.load, counted(manifest.load, manifest.is_large), fetch=manifest.fetch),
    "webdataset": Kind(webdataset.load, counted(webdataset.load, webdataset.is_large)),
    "huggingface": Kind(huggingface.load, counted(huggingface.load, huggingface.is_large)),
}

#: The kind that stages/embeddings.py reads.
EMBEDDINGS = "embeddings"


def build(kind: str, **options: Any) -> Samples:
    """Read a dataset of a kind.

    Raises: InputError for an unknown kind or option, for missing files, for wrong classes (see class_checks),
    and for a dataset without a train sample or without a labelled test sample.
    """
    if kind not in KINDS:
        raise InputError(f"dataset: kind {kind!r} is not known; it must be one of {', '.join(KINDS)}")
    samples = call_with_options(kind, KINDS[kind].load, options)
    labels = samples.train.labels, samples.test.labels
    require_samples(*labels)
    notices = class_notices(samples.name or kind, samples.class_names, *labels)
    return replace(samples, notices=(*samples.notices, *notices))


def preview(dataset: Mapping[str, Any]) -> Preview | None:
    """Return the size of a dataset (see DatasetSettings), unreadable images included; None if it takes long.

    Raises: InputError for invalid settings, for a path that does not exist, and for missing images of a list,
    unless they are to be skipped.
    """
    settings = DatasetSettings.parse(dataset)
    previews = {name: kind.preview for name, kind in KINDS.items()} | {EMBEDDINGS: embeddings.preview}
    if settings.kind not in previews:
        raise InputError(
            f"dataset: kind {settings.kind!r} is not known; it must be one of {', '.join(previews)}"
        )
    size = call_with_options(settings.kind, previews[settings.kind], settings.options)
    require_files = KINDS[settings.kind].require_files if settings.kind in KINDS else None
    if require_files is not None and settings.on_unreadable == "stop":
        call_with_options(settings.kind, require_files, settings.options)
    return None if size is None else size.reduced(settings.imbalance, settings.fraction)
