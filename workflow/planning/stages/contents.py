"""The settings of the stages that read the user's data, and the content of these data.

Results depend on the content of the data and not on its place. Digests identify the files of embeddings; a
digest of the list and of some images identifies image files (see `activepool.data.fingerprint`). CIFAR needs
no digest, since the stage accepts only the published files.
"""

import hashlib
import json
import os
import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from activepool.data.fingerprint import fingerprint
from activepool.data.image_notices import sampled_turn_notice
from activepool.data.kinds import build
from activepool.data.samples import with_notice
from activepool.data.shards import ENDINGS, list_shards, shards_folder
from activepool.errors import InputError
from activepool.io.files import file_digest, size_and_times, write_json
from activepool.programs.messages import print_notices
from activepool.stages.embeddings import FILES
from planning.configuration.datasets import (
    Cifar,
    Dataset,
    Embeddings,
    HuggingFace,
    ImageDatasetSettings,
    Manifest,
    WebDataset,
)

#: Options that name a list of images.
LISTS = ("path", "train_list", "test_list")

#: Settings of embeddings that select rows, and do not matter for reading the files.
ROW_SETTINGS = ("imbalance", "fraction", "test_fraction")

#: Where the digests of the user's files are cached, relative to the working directory.
DIGESTS = Path(".snakemake/activepool/digests")


def source_setting(dataset: Dataset) -> dict[str, Any]:
    """Return the setting ``source`` of the stage ``dataset``, or of ``embeddings`` for that kind."""
    if isinstance(dataset, Embeddings):
        return dataset.model_dump(exclude={"name", "annotations", "kind"}, exclude_none=True)
    shared = {"kind", "name", "annotations", "imbalance", "fraction", "on_unreadable", "exif"}
    return {
        "kind": dataset.kind,
        "options": dataset.model_dump(exclude=shared, exclude_none=True),
        "imbalance": dataset.imbalance.model_dump() if dataset.imbalance else None,
        "fraction": dataset.fraction,
        "on_unreadable": getattr(dataset, "on_unreadable", "stop"),
        "exif": getattr(dataset, "exif", "ignore"),
    }


def source_content(dataset: Dataset) -> dict[str, Any]:
    """Return `source_setting` with known digests of content in place of paths."""
    settings = source_setting(dataset)
    if isinstance(dataset, Embeddings):
        return settings | {key: content_digest(settings[key]) for key in FILES if key in settings}
    if isinstance(dataset, Cifar):
        return settings | {"options": {}}
    if isinstance(dataset, ImageDatasetSettings):
        content = image_content(dataset.kind, settings["options"], dataset.exif == "apply")
        return settings | {"options": content}
    return settings


def preview_source(dataset: Dataset) -> dict[str, Any]:
    """Return a dataset of images or embeddings in the form that `activepool.data.kinds.preview` takes."""
    settings = source_setting(dataset)
    if not isinstance(dataset, Embeddings):
        return settings
    thinned = {key: settings.pop(key, None) for key in ("imbalance", "fraction")}
    return {"kind": "embeddings", "options": settings, **thinned}


def embedding_options(dataset: Embeddings) -> dict[str, Any]:
    """Return the settings of embeddings with which `activepool.data.embedding_files.opened` reads them."""
    return {key: value for key, value in source_setting(dataset).items() if key not in ROW_SETTINGS}


def images_folder(dataset: Dataset) -> str | None:
    """Return the folder that the paths of images are relative to; None without image files."""
    if not isinstance(dataset, ImageDatasetSettings):
        return None
    if isinstance(dataset, WebDataset | HuggingFace):
        return str(shards_folder(dataset.path, getattr(dataset, "test_path", None)))
    if isinstance(dataset, Manifest):
        return dataset.root or str(Path(dataset.path).parent)
    return dataset.root


def image_content(kind: str, options: dict[str, Any], upright: bool = False) -> dict[str, Any]:
    """Return the fingerprint of the images that the options of a dataset name.

    The first run with these options computes and caches it, because listing millions of files takes a while.
    That run also prints what it leaves out, and how many images EXIF would turn, unless they are set
    ``upright``. Options that name no dataset are returned as they are; the stage will say what is wrong.
    """
    try:
        cached = cache_file(json.dumps([kind, _lists(kind, options), options], sort_keys=True))
    except InputError:
        return options
    with suppress(OSError, ValueError, TypeError, KeyError):
        return {"fingerprint": json.loads(cached.read_text(encoding="utf-8"))["fingerprint"]}
    if not Path(options.get("root") or "").is_dir():
        return options
    print(f"Listing the images of {kind}; this is done once.", file=sys.stderr)
    try:
        samples = replace(build(kind, **options), upright=upright)
    except InputError:
        return options
    print_notices(with_notice(samples, sampled_turn_notice(samples)).notices)
    content = {"fingerprint": fingerprint(samples)}
    store(cached, content)
    return content


def _lists(kind: str, options: dict[str, Any]) -> Any:
    """Return the content of the lists of images, or the sizes and times of the shards that hold them."""
    if kind in ENDINGS:
        return list_shards(kind, options["path"], options.get("test_path")).states
    return {key: content_digest(value) if key in LISTS else value for key, value in options.items()}


def content_digest(path: str) -> str:
    """Return the SHA-256 of a file, or the path itself if it names no file.

    The file is read only if its size or a time has changed since the last time.
    """
    file = Path(path)
    if not file.is_file():
        return path
    cached, state = cache_file(str(file.absolute())), list(size_and_times(file))
    with suppress(OSError, ValueError, TypeError, KeyError):
        entry = json.loads(cached.read_text(encoding="utf-8"))
        if entry["state"] == state:
            return str(entry["sha256"])
    digest = file_digest(file)
    store(cached, {"sha256": digest, "state": state})
    return digest


def cache_file(name: str) -> Path:
    """Return the file that caches what was once found out about ``name``."""
    return DIGESTS / f"{hashlib.sha256(os.fsencode(name)).hexdigest()[:16]}.json"


def store(cached: Path, content: dict[str, Any]) -> None:
    """Write a file of the cache."""
    with suppress(OSError):  # on a full disk the next run computes it again
        write_json(cached, content)
