"""The paths of a project's files; ``wildcards`` are Snakemake's."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from snakemake.io import ancient

from activepool.labelling.pool.removed_vectors import REMOVED
from activepool.labelling.pool.table import SAMPLES
from activepool.records.provenance import record_path
from planning.paths import FeaturePaths
from planning.project.cut_files import files_to_rebuild, record_at
from planning.project.folders import part_features, pool_features, pool_folder, results_folder
from planning.project.standing import ProjectStanding

#: What people and their tools get of a batch: outputs of the stage `send`, and their names.
SENT_FILES = {
    "list": "list.csv",
    "sheet": "sheet.html",
    "label_studio": "label_studio.json",
    "label_studio_view": "label_studio.xml",
    "cvat": "cvat.txt",
    "cvat_labels": "cvat_labels.json",
}

#: The folder of a batch's pictures, if the configuration asks for one.
FOLDERS = "folders"

#: Targets that need a model, and their files in the folder of the project.
FILES_OF_MODEL = {
    "predictions": ("predictions.csv", "predictions.parquet", "label_errors.csv"),
    "model": ("model.safetensors",),
}


class ProjectPaths(FeaturePaths):
    """The paths of one project: where its files are, and which of them a job reads.

    ``sends``: whether a batch that has not gone out may do so.

    Attributes:
        outdated: the files that the run makes again (`planning.project.outdated`).
    """

    def __init__(self, standing: ProjectStanding, sends: bool = True) -> None:
        self.standing = standing
        self.sends = sends
        self.outdated: frozenset[str] = frozenset()
        self.project = standing.project
        self.is_embedded = self.project.embeddings is not None
        self.root = results_folder(self.project)
        self.batches = f"{self.root}/batches"
        samples = f"{pool_folder(self.project)}/{SAMPLES}"
        #: The table of the pool; [] for a look at a project before its first run.
        self.samples = samples if Path(samples).is_file() else []
        self.features = pool_features(self.project)
        removed = f"{pool_folder(self.project)}/{REMOVED}"
        #: The vectors that are no longer in the user's file; [] if all are.
        self.removed_vectors = removed if Path(removed).is_file() else []
        self.status = f"{self.root}/status.html"
        self.status_numbers = f"{self.root}/status.json"
        self.checkpoint = self.project.backbone.checkpoint if self.project.backbone else None
        self.num_shards = self.project.features.shards

    @property
    def parts(self) -> list[str]:
        """The features of all parts of the pool."""
        numbers = sorted(set(self.standing.pool.parts))
        return [part_features(self.project, number) for number in numbers]

    # Batches.

    def of_batch(self, batch: str, name: str) -> str:
        """Return the file called ``name`` of a batch."""
        return f"{self.batches}/{batch}/{name}"

    def batch_features(self, name: str) -> Callable[[Any], Any]:
        """Return an input function: the features for the file called ``name`` of a batch's model.

        New photographs retrain no model of the past. Snakemake ignores a forced job downstream of a running
        one if all its inputs are ancient.
        """

        def of_job(wildcards: Any) -> Any:
            is_past = wildcards.batch in self.standing.state.batches
            is_outdated = self.of_batch(wildcards.batch, name) in self.outdated
            return ancient(self.features) if is_past and not is_outdated else self.features

        return of_job

    def of_batch_model(self, name: str) -> Callable[[Any], str | list[str]]:
        """Return an input function: the file called ``name`` of a batch's model; [] if it has none."""

        def of_job(wildcards: Any) -> str | list[str]:
            batch = wildcards.batch
            return self.of_batch(batch, name) if self.standing.has_model(batch) else []

        return of_job

    def batch_picks(self, wildcards: Any) -> str | list[str]:
        """Return the picks of a batch that has not gone out; [] for one that has, as the ledger has them."""
        is_past = wildcards.batch in self.standing.state.batches
        return [] if is_past else self.of_batch(wildcards.batch, "selected.csv")

    def sent_before(self, wildcards: Any) -> list[str]:
        """Return a file of each audit set that goes out before a batch, whose samples it excludes."""
        audit = self.standing.next_audit
        is_next = wildcards.batch == self.standing.next_batch
        return [self.of_batch(audit, SENT_FILES["list"])] if audit and is_next else []

    # Targets.

    def targets(self) -> list[str]:
        """Return the files of the target ``next_batch``."""
        return [*self.to_send(), self.status]

    def of_target(self, name: str) -> list[str]:
        """Return the files of a target that needs a model."""
        return [f"{self.root}/{file}" for file in FILES_OF_MODEL[name]]

    def to_send(self) -> list[str]:
        """Return the files of the batches that go out now, and files of those that are out to make again.

        These are missing and cut files of awaited batches, and all files of a batch whose job was killed
        between its entries in the ledger and its record.
        """
        standing = self.standing
        unrecorded = [
            batch.name for batch in (*standing.sent, *standing.audits) if self._lacks_record(batch.name)
        ]
        again = [path for batch in unrecorded for path in self.sent_files(batch)]
        if not self.sends:
            return again
        gone = (path for batch in standing.missing for path in self._gone_files(batch.name))
        files = [*again, *(path for path in gone if path not in again)]
        if standing.next_audit:
            files += self.sent_files(standing.next_audit)
        if not standing.is_waiting and not standing.is_exhausted:
            files += self.sent_files(standing.next_batch)
        return files

    def _gone_files(self, batch: str) -> Iterator[str]:
        """Yield the files of a batch for people that are missing, or cut and to be rebuilt."""
        files = self.sent_files(batch)
        record = record_at(record_path(files[0]))
        cut = files_to_rebuild(record) if record else []
        yield from (path for path in files if path in cut or not Path(path).is_file())

    def _lacks_record(self, batch: str) -> bool:
        """Return whether files of a batch are there, and no record of how they were made."""
        files = self.sent_files(batch)
        return not record_path(files[0]).is_file() and any(Path(path).is_file() for path in files)

    def sent_files(self, batch: str) -> list[str]:
        """Return what people and their tools get of a batch."""
        return [self.of_batch(batch, name) for name in SENT_FILES.values()]

    def models(self) -> list[str]:
        """Return the batches whose models the status compares; the last has trained on all labels.

        While answers are awaited, and none has come, the model of the last batch has them all.
        """
        standing = self.standing
        is_new = standing.has_news or not standing.is_waiting
        now = [standing.next_batch] if is_new and standing.has_model(standing.next_batch) else []
        return [*standing.modelled, *now]

    def of_models(self, name: str) -> list[str]:
        """Return the files called ``name`` of these models."""
        return [self.of_batch(batch, name) for batch in self.models()]

    def of_present_model(self, name: str) -> list[str]:
        """Return the file called ``name`` of the present model; [] if there is none."""
        return self.of_models(name)[-1:]

    def of_all_labels(self, name: str) -> str:
        """Return the file called ``name`` of the model of all labels that there are now."""
        return self.of_batch(self.standing.next_batch, name)
