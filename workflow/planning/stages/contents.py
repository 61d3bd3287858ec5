"""What the stages that read the user's data are given, and what of it their results depend on.

Where data lie is no part of a result. What counts is their content: embeddings count by the digests of their
files, CIFAR by its name, because files other than the published ones are refused, and images in files by
their list and by some of them (see `activepool.data.fingerprint`).
"""

import hashlib
import json
import os
import sys
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from activepool.data.fingerprint import fingerprint
from activepool.data.kinds import build
from activepool.data.samples import with_notice
from activepool.data.turns import look_for_turns
from activepool.errors import InputError
from activepool.io.files import write_json
from activepool.programs.messages import print_notices
from activepool.records.provenance import FileState, state_of
from activepool.stages.embeddings import FILES
from planning.configuration.datasets import Cifar, DatasetSettings, Embeddings, ImageDatasetSettings

#: Options that name a file in which images are listed.
LISTS = ("path", "train_list", "test_list")

#: Where the digests of the user's files are remembered, in the folder of a run.
DIGESTS = Path(".snakemake/activepool/digests")


def stage_input(dataset: DatasetSettings) -> dict[str, Any]:
    """Return what the stage ``dataset`` is given, or ``embeddings`` for a dataset of that kind."""
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


def content_of_input(dataset: DatasetSettings) -> dict[str, Any]:
    """Return the same with contents in place of paths, as far as they are known."""
    settings = stage_input(dataset)
    if isinstance(dataset, Embeddings):
        return settings | {key: content(settings[key]) for key in FILES if key in settings}
    if isinstance(dataset, Cifar):
        return settings | {"options": {}}
    if isinstance(dataset, ImageDatasetSettings):
        return settings | {"options": images(dataset.kind, settings["options"], dataset.exif == "apply")}
    return settings


def preview_input(dataset: DatasetSettings) -> dict[str, Any]:
    """Return what `activepool.data.kinds.preview` takes: a dataset of images or embeddings."""
    settings = stage_input(dataset)
    if not isinstance(dataset, Embeddings):
        return settings
    thinned = {key: settings.pop(key, None) for key in ("imbalance", "fraction")}
    return {"kind": "embeddings", "options": settings, **thinned}


def images_folder(dataset: DatasetSettings) -> str | None:
    """Return the folder that the paths of images start from; None if these are in no files."""
    if not isinstance(dataset, ImageDatasetSettings):
        return None
    return getattr(dataset, "root", None) or str(Path(dataset.path).parent)


def images(kind: str, options: dict[str, Any], upright: bool = False) -> dict[str, Any]:
    """Return what counts of the options of a dataset of image files: the digest of what they name.

    It is taken when a run first meets these options, and then remembered, because to list millions of files
    takes a while. Then it is also said what is there and is not taken, and how many images EXIF turns, unless
    they are set ``upright``. Options that name no dataset stand for themselves; the stage will say what is
    wrong.
    """
    seen = {key: content(value) if key in LISTS else value for key, value in options.items()}
    memory = _memory(json.dumps([kind, seen, options], sort_keys=True))
    with suppress(OSError, ValueError, TypeError, KeyError):
        return {"fingerprint": json.loads(memory.read_text(encoding="utf-8"))["fingerprint"]}
    print(f"Listing the images of {kind}; this is done once.", file=sys.stderr)
    try:
        samples = replace(build(kind, **options), upright=upright)
    except InputError:
        return options
    print_notices(with_notice(samples, look_for_turns(samples)).notices)
    found = {"fingerprint": fingerprint(samples)}
    _remember(memory, found)
    return found


def content(path: str) -> str:
    """Return the SHA-256 of a file, which is read only if its size or time has changed since the last look.

    A path at which there is no file stands for itself.
    """
    file = Path(path)
    if not file.is_file():
        return path
    memory = _memory(str(file.absolute()))
    with suppress(OSError, ValueError, TypeError):
        known = FileState(**json.loads(memory.read_text(encoding="utf-8")))
        if known.is_as_left(file):
            return known.sha256
    found = state_of(file)
    _remember(memory, asdict(found))
    return found.sha256


def _memory(name: str) -> Path:
    return DIGESTS / f"{hashlib.sha256(os.fsencode(name)).hexdigest()[:16]}.json"


def _remember(memory: Path, found: dict[str, Any]) -> None:
    with suppress(OSError):  # on a full disk it is found out once more
        write_json(memory, found)
