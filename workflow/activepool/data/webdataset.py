"""Tar shards in the form of WebDataset, read without unpacking."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from activepool.data.class_names import require_different, require_no_unknown
from activepool.data.image_formats import is_image_name
from activepool.data.omissions import Omissions
from activepool.data.samples import Samples
from activepool.data.shard_samples import samples_in
from activepool.data.shards import Shards, list_shards
from activepool.data.tar_shards import label_field, read_shards
from activepool.errors import InputError, Problems, abbreviated

KIND = "webdataset"


def load(
    path: str | Path,
    test_path: str | Path | None = None,
    test_fraction: float | None = None,
    class_names: list[str] | None = None,
    label: str | None = None,
) -> Samples:
    """List the images in tar shards. Members of one key are a sample: an image, and perhaps its label.

    Args:
        path: a shard, a folder of shards, or a pattern; see activepool.data.shards.
        test_path: the same for the test part; by default, the shards in ``path`` that name it.
        test_fraction: the share of each class to split off as test part, if no shards are the test part.
        class_names: the names of all classes, in the order of their numbers, which labels may be.
        label: the field of the label: ``cls``, ``txt``, ``json.KEY``; see activepool.data.tar_shards.

    Raises: InputError, with a line for each shard or member that is damaged or cannot be used.
    """
    shards = _listed(path, test_path, class_names or ())
    omissions = Omissions()
    train, test = (read_shards(shards.root, names, label, omissions) for names in (shards.train, shards.test))
    notices = [*omissions.notices(shards.root)]
    findings = {
        "keys that two shards have": train.repeated_keys + test.repeated_keys,
        "samples whose labels contradict each other, of which .cls counts": train.contradictions
        + test.contradictions,
    }
    notices += [
        f"{shards.root}: {meaning}: {len(items):,} ({abbreviated(items, 1)})"
        for meaning, items in findings.items()
        if items
    ]
    if not train.sources and not train.problems:
        raise InputError(
            f"{path}: the train part holds no sample: an image, and perhaps its label, whose names are alike "
            "up to the first dot",
            *notices,
        )
    if label is not None and not train.problems + test.problems:
        _require_field(path, label, train.fields, test.fields)
    samples = samples_in(shards, train, test, class_names, test_fraction)
    return replace(samples, notices=(*samples.notices, *notices))


def is_large(
    path: str | Path,
    test_path: str | Path | None = None,
    class_names: list[str] | None = None,
    **options: Any,
) -> bool:
    """Return whether listing the images in tar shards takes long; raises InputError for missing shards."""
    return _listed(path, test_path, class_names or ()).is_large


def _listed(path: str | Path, test_path: str | Path | None, class_names: Sequence[str]) -> Shards:
    problems = Problems()
    with problems.noted():
        require_no_unknown(path, class_names)
        require_different(path, class_names)
    with problems.noted():
        shards = list_shards(KIND, path, test_path)
    problems.raise_if_any()
    return shards


def _require_field(path: str | Path, label: str, train_fields: set[str], test_fields: set[str]) -> None:
    field, fields = label_field(label), train_fields | test_fields
    if field in fields and is_image_name(f".{field}"):
        raise InputError(
            f"{path}: label: {label} is the field of images; name that of labels: cls, json.KEY, txt"
        )
    if field not in fields or (test_fields and field not in test_fields):
        part, names = ("test ", test_fields) if field in fields else ("", fields)
        names_text = abbreviated(sorted(names))
        raise InputError(
            f"{path}: no {part}sample has the field {label!r} that label names; there are {names_text}"
        )
