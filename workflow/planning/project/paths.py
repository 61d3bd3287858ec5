"""The paths of a project's files; ``wildcards`` are Snakemake's."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from snakemake.io import ancient

from activepool.labelling.pool.table import SAMPLES
from activepool.labelling.pool.vectors import REMOVED
from activepool.records.provenance import record_path
from planning.paths import FeaturePaths
from planning.project.cut_files import files_to_rebuild, record_at
from planning.project.standing import ProjectStanding

#: The files of a batch for people and their tools: outputs of the stage `send`, and their names.
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

_TABLES = ("predictions.csv", "predictions.parquet")
_ERRORS = ("label_errors.csv",)
_MODEL = ("model.safetensors",)

#: Targets that need a model, and their files in the folder of the project.
MODEL_FILES = {
    "predictions": (*_TABLES, *_ERRORS),
    "model": _MODEL,
    "label_errors": _ERRORS,
    "export_predictions": _TABLES,
    "export_model": _MODEL,
}


class ProjectPaths(FeaturePaths):
    """The paths of one project, and the choice of those that a job reads.

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
        self.root = self.project.results_folder
        self.batches = f"{self.root}/batches"
        samples = f"{self.project.pool_folder}/{SAMPLES}"
        #: The table of the pool; [] in a preview before the first run.
        self.samples = samples if Path(samples).is_file() else []
        self.features = self.project.features_file
        removed = f"{self.project.pool_folder}/{REMOVED}"
        #: The file of vectors that the user's file no longer has; [] if there are none.
        self.removed_vectors = removed if Path(removed).is_file() else []
        self.status = f"{self.root}/status.html"
        self.status_numbers = f"{self.root}/status.json"
        self.checkpoint = self.project.backbone.checkpoint if self.project.backbone else None
        self.num_shards = self.project.features.shards

    @property
    def parts(self) -> list[str]:
        """The features of all parts of the pool."""
        numbers = sorted(set(self.standing.pool.parts))
        return [self.project.part_features(number) for number in numbers]

    # Batches.

    def batch_file(self, batch: str, name: str) -> str:
        """Return the file called ``name`` of a batch."""
        return f"{self.batches}/{batch}/{name}"

    def batch_features(self, name: str) -> Callable[[Any], Any]:
        """Return an input function: the features for the file called ``name`` of a batch's model.

        New photographs do not retrain earlier models. Snakemake ignores a forced job downstream of a running
        one if all its inputs are ancient.
        """

        def of_job(wildcards: Any) -> Any:
            is_past = wildcards.batch in self.standing.state.batches
            is_outdated = self.batch_file(wildcards.batch, name) in self.outdated
            return ancient(self.features) if is_past and not is_outdated else self.features

        return of_job

    def batch_model_file(self, name: str) -> Callable[[Any], str | list[str]]:
        """Return an input function: the file called ``name`` of a batch's model; [] if it has none."""

        def of_job(wildcards: Any) -> str | list[str]:
            batch = wildcards.batch
            return self.batch_file(batch, name) if self.standing.has_model(batch) else []

        return of_job

    def batch_picks(self, wildcards: Any) -> str | list[str]:
        """Return the picks of a batch that has not gone out; [] for one that has."""
        is_past = wildcards.batch in self.standing.state.batches
        return [] if is_past else self.batch_file(wildcards.batch, "selected.csv")

    def earlier_audit_files(self, wildcards: Any) -> list[str]:
        """Return a file of each audit set that goes out before a batch, which excludes its samples."""
        audit = self.standing.next_audit
        is_next = wildcards.batch == self.standing.next_batch
        return [self.batch_file(audit, SENT_FILES["list"])] if audit and is_next else []

    # Targets.

    def targets(self) -> list[str]:
        """Return the files of the target ``next_batch``."""
        return [*self.files_to_send(), self.status]

    def target_files(self, name: str) -> list[str]:
        """Return the files of a target that needs a model."""
        return [f"{self.root}/{file}" for file in MODEL_FILES[name]]

    def files_to_send(self) -> list[str]:
        """Return the files of the batches that go out now, and the files to rebuild of batches that are out.

        The latter are missing and cut files of awaited batches, and all files of a batch whose job was
        killed between its entries in the ledger and its record.
        """
        standing = self.standing
        sent = [batch.name for batch in (*standing.sent_batches, *standing.audits)]
        files = [path for name in sent if self._lacks_record(name) for path in self.sent_files(name)]
        if not self.sends:
            return files
        for batch in standing.incomplete_batches:
            files += self._missing_files(batch.name)
        if standing.next_audit:
            files += self.sent_files(standing.next_audit)
        if not standing.is_waiting and not standing.is_exhausted:
            files += self.sent_files(standing.next_batch)
        return list(dict.fromkeys(files))

    def _missing_files(self, batch: str) -> Iterator[str]:
        """Yield the files of a batch for people that are missing, or were cut and must be rebuilt."""
        files = self.sent_files(batch)
        cut = files_to_rebuild(record_at(record_path(files[0])))
        yield from (path for path in files if path in cut or not Path(path).is_file())

    def _lacks_record(self, batch: str) -> bool:
        """Return whether a batch has files without a record of how they were made."""
        files = self.sent_files(batch)
        return not record_path(files[0]).is_file() and any(Path(path).is_file() for path in files)

    def sent_files(self, batch: str) -> list[str]:
        """Return the files of a batch for people and their tools."""
        return [self.batch_file(batch, name) for name in SENT_FILES.values()]

    def model_batches(self) -> list[str]:
        """Return the batches whose models the status compares; the last model has trained on all labels.

        While answers are awaited and none has arrived, that is the model of the last batch. There is none if
        corrections leave labels of a single class: earlier models learned what was wrong.
        """
        standing = self.standing
        if not standing.has_model(standing.next_batch):
            return []
        is_new = standing.has_new_labels or not standing.is_waiting
        return [*standing.batches_with_models, *([standing.next_batch] if is_new else [])]

    def model_files(self, name: str) -> list[str]:
        """Return the files called ``name`` of these models."""
        return [self.batch_file(batch, name) for batch in self.model_batches()]

    def latest_model_file(self, name: str) -> str:
        """Return the file called ``name`` of the model of all present labels."""
        return self.batch_file(self.standing.next_batch, name)


def sends_batches(arguments: Iterable[str]) -> bool:
    """Return whether Snakemake's command line asks for the next batch, and not only for a model."""
    words = set(arguments)
    return "next_batch" in words or not words & set(MODEL_FILES)
