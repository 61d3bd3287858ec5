"""Folders that experiments share: samples, pretrained weights, features. None overwrites another's.

They are named by dataset and backbone, and not by all that makes them. So each experiment notes with which
settings it uses which folder, and another one with other settings is stopped before its first job. An
experiment that changes its own settings makes the files again, as long as no other one uses them.
"""

import json
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from activepool.errors import InputError
from activepool.io.files import write_json
from activepool.records.provenance import FOLDER
from planning.paths import Paths
from planning.stages.contents import content, content_of_input, stage_input

#: The note of an experiment, in its folder.
NOTE = f"{FOLDER}/shared"

#: Targets that neither read nor write what experiments share.
APART = {"verify", "paper_figures"}

#: How many settings a line names.
SHOWN = 3


@dataclass(frozen=True)
class SharedFolder:
    """A folder of an experiment outside of its own one.

    Attributes:
        path: as the rules name it.
        key: of the configuration, for another name.
        settings: by their keys, what its files are made with, as it stands in the configuration.
        contents: the same with digests in place of paths, as far as they are known.
    """

    path: str
    key: str
    settings: dict[str, Any]
    contents: dict[str, Any]

    def difference(self, other: dict[str, dict[str, Any]]) -> list[str]:
        """Return the keys in which this differs from what another experiment has noted.

        The same data at another path make no difference, nor does a file that has changed at its path: the
        other experiment would read it as well.
        """
        if self.contents == other["contents"]:
            return []
        keys = dict.fromkeys([*self.settings, *other["settings"]])
        differing = [key for key in keys if self.settings.get(key) != other["settings"].get(key)]
        # Images in files have one digest together, and their keys none.
        return [
            key
            for key in differing
            if key not in self.contents or self.contents[key] != other["contents"].get(key)
        ]


def shared_folders(paths: Paths) -> list[SharedFolder]:
    """Return the shared folders of an experiment, in the order in which they are made."""
    experiment = paths.experiment
    folders = [
        SharedFolder(
            _folder(paths.samples),
            "dataset.name",
            _flat("dataset", stage_input(experiment.dataset)),
            _flat("dataset", content_of_input(experiment.dataset)),
        )
    ]
    if experiment.dataset.kind == "embeddings":
        return folders
    weights = _flat("backbone", experiment.backbone.model_dump(include={"architecture", "image_size"}))
    if experiment.pretrain:
        weights |= _flat("pretrain", experiment.pretrain.model_dump())
        folders.append(SharedFolder(_folder(paths.checkpoint), "backbone.name", weights, weights))
    if paths.has_map:
        made = weights | _flat("features", experiment.features.model_dump())
        read = _flat("backbone", experiment.backbone.model_dump(include={"checkpoint", "format", "keys"}))
        checkpoint = experiment.backbone.checkpoint
        known = {"backbone.checkpoint": content(checkpoint)} if checkpoint else {}
        folders.append(
            SharedFolder(_folder(paths.features), "backbone.name", made | read, made | read | known)
        )
    return folders


def require_apart(paths: Paths, source: str, arguments: Iterable[str]) -> None:
    """Stop an experiment that would overwrite what another one uses.

    Args:
        paths: of the experiment.
        source: the name of its configuration, for messages.
        arguments: Snakemake's; some targets touch no folder of an experiment.

    Raises: InputError with a line for each other experiment.
    """
    lines = [] if APART.intersection(arguments) else [f"{source}: {line}" for line in conflicts(paths)]
    if lines:
        raise InputError("\n".join(lines))


def conflicts(paths: Paths) -> Iterator[str]:
    """Yield a line for each other experiment that uses a folder of this one with other settings."""
    notes = {path.parents[1]: path for path in sorted(Path(paths.root).parent.glob(f"*/{NOTE}"))}
    notes.pop(Path(paths.root), None)
    own = shared_folders(paths) if notes else []  # to look at the data takes a while
    for folder, path in notes.items():
        noted = _noted(path)
        for one in own:
            other = noted.get(one.path)
            if other and (keys := one.difference(other)):
                theirs, ours = _told(keys, other["settings"]), _told(keys, one.settings)
                yield (
                    f"{one.key}: {one.path} is what {folder} was made from, with {theirs}; here: {ours}; "
                    f"give this experiment another {one.key}, or delete {folder}"
                )
                break


def register_use(paths: Paths, files: Iterable[str]) -> None:
    """Note the shared folders of an experiment, if a run reads or writes one of these ``files`` in them.

    Raises: InputError if another experiment has noted other settings since this one was checked.
    """
    folders = shared_folders(paths)
    used = {_folder(file) for file in files}
    if used.intersection(one.path for one in folders):
        if lines := list(conflicts(paths)):
            raise InputError("\n".join(lines))
        noted = {one.path: {"settings": one.settings, "contents": one.contents} for one in folders}
        with suppress(OSError):  # where nothing can be written, the jobs will say so
            write_json(Path(paths.root, NOTE), noted)


def _noted(path: Path) -> dict[str, dict[str, dict[str, Any]]]:
    """Return what an experiment has noted of each folder, `settings` and `contents`; {} for damage."""
    with suppress(OSError, ValueError, AttributeError, TypeError):
        noted = json.loads(path.read_text(encoding="utf-8"))
        return {key: one for key, one in noted.items() if {"settings", "contents"} <= set(one)}
    return {}


def _folder(file: str) -> str:
    return str(Path(file).parent)


def _flat(key: str, value: Any) -> dict[str, Any]:
    """Return settings by their dotted keys, as JSON has them."""
    if not isinstance(value, dict):
        return {} if value is None else {key: json.loads(json.dumps(value))}
    # The options of a kind of dataset are keys of the section itself.
    named = {key if name == "options" else f"{key}.{name}": one for name, one in value.items()}
    return {name: one for below, inner in named.items() for name, one in _flat(below, inner).items()}


def _told(keys: list[str], settings: dict[str, Any]) -> str:
    told = [f"{key} {settings.get(key, 'not set')}" for key in keys[:SHOWN]]
    return ", ".join(told) + (f" and {len(keys) - SHOWN} more" if len(keys) > SHOWN else "")
