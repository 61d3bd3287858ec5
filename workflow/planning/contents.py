"""What the stages that read the user's data are given, and what of it their results depend on.

Where data lie is no part of a result. What counts is their content, where that is known without a look at
millions of files: embeddings count by the digests of their files, and CIFAR by its name, because files other
than the published ones are refused. Images in files count by their paths.
"""

import hashlib
import json
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from activepool.files import write_json
from activepool.provenance import FileState, state_of
from activepool.stages.embeddings import FILES
from planning.datasets import Cifar, DatasetSettings, Embeddings

#: Where the digests of the user's files are remembered, in the folder of a run.
DIGESTS = Path(".snakemake/activepool/digests")


def given(dataset: DatasetSettings) -> dict[str, Any]:
    """Return what the stage ``dataset`` is given, or ``embeddings`` for a dataset of that kind."""
    if isinstance(dataset, Embeddings):
        return dataset.model_dump(exclude={"name", "annotations", "kind"}, exclude_none=True)
    shared = {"kind", "name", "annotations", "imbalance", "fraction", "on_unreadable"}
    return {
        "kind": dataset.kind,
        "options": dataset.model_dump(exclude=shared, exclude_none=True),
        "imbalance": dataset.imbalance.model_dump() if dataset.imbalance else None,
        "fraction": dataset.fraction,
        "on_unreadable": getattr(dataset, "on_unreadable", "stop"),
    }


def counted(dataset: DatasetSettings) -> dict[str, Any]:
    """Return the same with contents in place of paths, as far as they are known."""
    settings = given(dataset)
    if isinstance(dataset, Embeddings):
        return settings | {key: content(settings[key]) for key in FILES if key in settings}
    return settings | {"options": {}} if isinstance(dataset, Cifar) else settings


def previewed(dataset: DatasetSettings) -> dict[str, Any]:
    """Return what `activepool.data.kinds.preview` takes: a dataset of images or embeddings."""
    settings = given(dataset)
    if not isinstance(dataset, Embeddings):
        return settings
    thinned = {key: settings.pop(key, None) for key in ("imbalance", "fraction")}
    return {"kind": "embeddings", "options": settings, **thinned}


def content(path: str) -> str:
    """Return the SHA-256 of a file, which is read only if its size or time has changed since the last look.

    A path at which there is no file stands for itself.
    """
    file = Path(path)
    if not file.is_file():
        return path
    name = hashlib.sha256(str(file.absolute()).encode()).hexdigest()[:16]
    memory = DIGESTS / f"{name}.json"
    with suppress(OSError, ValueError, TypeError):
        known = FileState(**json.loads(memory.read_text()))
        if known.is_as_left(file):
            return known.sha256
    found = state_of(file)
    with suppress(OSError):  # on a full disk it is read once more
        write_json(memory, asdict(found))
    return found.sha256
