"""Folders that experiments share: samples, pretrained weights, features. None overwrites another's.

The folders have the names of dataset and backbone, which do not say all of their settings. So each experiment
notes the settings of the shared folders that it uses, and an experiment with other settings stops before its
first job. An experiment whose own settings change makes the files again, if no other experiment uses them.
"""

import json
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from activepool.errors import InputError, first_few
from activepool.io.files import write_json
from activepool.records.provenance import FOLDER
from planning.configuration.experiment import Experiment
from planning.paths import Paths
from planning.stages.contents import content_digest, source_content, source_setting

#: An experiment's note of its shared folders, in its own folder.
NOTE = f"{FOLDER}/shared"

#: Targets that neither read nor write shared folders.
INDEPENDENT_TARGETS = {"verify", "paper_figures"}

#: The most settings that a message names.
MAX_NAMED_SETTINGS = 3


@dataclass(frozen=True)
class SharedFolder:
    """A folder that an experiment uses and may share with others.

    Attributes:
        key: the key of the configuration that names the folder.
        settings: the settings that its files depend on, by their keys, as the configuration gives them.
        contents: the same, with known digests in place of paths.
    """

    path: str
    key: str
    settings: dict[str, Any]
    contents: dict[str, Any]

    def difference(self, noted: dict[str, dict[str, Any]]) -> list[str]:
        """Return the keys in which this folder differs from another experiment's note.

        The same data at another path make no difference, nor does a file that changed at its path: the other
        experiment would read it as well.
        """
        if self.contents == noted["contents"]:
            return []
        keys = dict.fromkeys([*self.settings, *noted["settings"]])
        differing = [key for key in keys if self.settings.get(key) != noted["settings"].get(key)]
        # All images of a dataset have one digest; the keys that name them have none.
        return [
            key
            for key in differing
            if key not in self.contents or self.contents[key] != noted["contents"].get(key)
        ]


def shared_folders(paths: Paths) -> list[SharedFolder]:
    """Return the shared folders of an experiment, in the order in which jobs make them."""
    experiment = paths.experiment
    settings = _flat("dataset", source_setting(experiment.dataset))
    contents = _flat("dataset", source_content(experiment.dataset))
    folders = [SharedFolder(_folder(paths.samples), "dataset.name", settings, contents)]
    backbone = experiment.backbone
    if backbone is None:
        return folders
    network = {"architecture", "image_size", "normalisation"}
    weights = _flat("backbone", backbone.model_dump(include=network))
    if experiment.pretrain and paths.checkpoint:
        weights |= _flat("pretrain", experiment.pretrain.model_dump())
        folders.append(SharedFolder(_folder(paths.checkpoint), "backbone.name", weights, weights))
    if paths.has_map:
        settings = weights | _flat("features", experiment.features.model_dump())
        settings |= _flat("backbone", backbone.model_dump(include={"checkpoint", "format", "keys"}))
        checkpoint = backbone.checkpoint
        digest = {"backbone.checkpoint": content_digest(checkpoint)} if checkpoint else {}
        folders.append(SharedFolder(_folder(paths.features), "backbone.name", settings, settings | digest))
    return folders


def require_apart(paths: Paths, source: str, arguments: Iterable[str]) -> None:
    """Raise InputError if an experiment would overwrite shared files of others, with a line for each of them.

    Some targets, among the ``arguments`` of Snakemake, use no shared folder.
    """
    if INDEPENDENT_TARGETS.isdisjoint(arguments) and (lines := list(conflicts(paths))):
        raise InputError("\n".join(f"{source}: {line}" for line in lines))


def conflicts(paths: Paths) -> Iterator[str]:
    """Yield a line for each other experiment that uses a shared folder of this one with other settings."""
    notes = {path.parents[1]: path for path in sorted(Path(paths.root).parent.glob(f"*/{NOTE}"))}
    notes.pop(Path(paths.root), None)
    shared = shared_folders(paths) if notes else []  # reading the data takes a while
    for experiment, path in notes.items():
        note = _read_note(path)
        for folder in shared:
            noted = note.get(folder.path)
            if noted and (keys := folder.difference(noted)):
                theirs, ours = _described(keys, noted["settings"]), _described(keys, folder.settings)
                yield (
                    f"{folder.key}: {experiment} uses {folder.path} with {theirs}; here: {ours}; give this "
                    f"experiment another {folder.key}, or delete {experiment}"
                )
                break


def register_use(paths: Paths, files: Iterable[str]) -> None:
    """Note the shared folders of an experiment, if its run reads or writes ``files`` in one of them.

    Raises: InputError if another experiment has noted other settings since the check of this one.
    """
    folders = shared_folders(paths)
    used_folders = {_folder(file) for file in files}
    if used_folders.intersection(folder.path for folder in folders):
        if lines := list(conflicts(paths)):
            raise InputError("\n".join(lines))
        note = {folder.path: {"settings": folder.settings, "contents": folder.contents} for folder in folders}
        with suppress(OSError):  # if nothing can be written, the jobs will say so
            write_json(Path(paths.root, NOTE), note)


def with_known_name(experiment: Experiment) -> Experiment:
    """Return an experiment whose dataset, if it has no name, has that of the same data in an earlier run.

    A default name follows from the path of the data, but the same data may have moved to another path. The
    last run of the experiment itself counts first.
    """
    root, dataset = Path(Paths(experiment).root), experiment.dataset
    paths = [root / NOTE, *sorted(root.parent.glob(f"*/{NOTE}"))] if dataset.name is None else []
    notes = [note for note in map(_read_note, paths) if note]
    contents = _flat("dataset", source_content(dataset)) if notes else {}
    for note in notes:
        for folder, entry in note.items():
            if entry["contents"] == contents:
                name = Path(folder).parts[2]  # of results/datasets/<name>, or results/features/<name>/given
                return experiment.model_copy(update={"dataset": dataset.model_copy(update={"name": name})})
    return experiment


def _read_note(path: Path) -> dict[str, dict[str, dict[str, Any]]]:
    """Return an experiment's note: ``settings`` and ``contents`` by folder; {} if it is damaged."""
    with suppress(OSError, ValueError, AttributeError, TypeError):
        note = json.loads(path.read_text(encoding="utf-8"))
        return {folder: entry for folder, entry in note.items() if {"settings", "contents"} <= set(entry)}
    return {}


def _folder(file: str) -> str:
    return str(Path(file).parent)


def _flat(key: str, value: Any) -> dict[str, Any]:
    """Return settings by their dotted keys, as JSON values."""
    if not isinstance(value, dict):
        return {} if value is None else {key: json.loads(json.dumps(value))}
    # The options of a kind of dataset are keys of the section itself.
    entries = {key if name == "options" else f"{key}.{name}": entry for name, entry in value.items()}
    return {name: leaf for inner, entry in entries.items() for name, leaf in _flat(inner, entry).items()}


def _described(keys: list[str], settings: dict[str, Any]) -> str:
    return first_few([f"{key} {settings.get(key, 'not set')}" for key in keys], MAX_NAMED_SETTINGS)
