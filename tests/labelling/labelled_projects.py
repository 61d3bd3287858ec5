"""Projects in which people label a pool: a ledger, and the models of their batches."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
from labelling.labelled_pools import TRAINED, pool_features, write_features
from ledger.ledgers import sample

from activepool.labelling.pool.files import PoolFile
from activepool.labelling.pool.table import read_pool
from activepool.ledger.book import append, read
from activepool.ledger.entries import Draft
from activepool.ledger.state import state_of
from activepool.stages.predict import predict
from activepool.stages.train_labelled import train_labelled


@dataclass
class Project:
    """A pool of N photographs in a folder.

    Attributes:
        folder: of its files.
        features: (N, d).
        sources: (N,) the paths of the photographs.
        class_names: the classes of the configuration.
        parts: (N,) in which part of the features each lies; by default all in part 1.
        models: the batches that have a model.
    """

    folder: Path
    features: np.ndarray
    sources: list[str]
    class_names: list[str] = field(default_factory=list)
    parts: list[int] | None = None
    models: list[str] = field(default_factory=list)

    def __post_init__(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        samples = [sample(source) for source in self.sources]
        table = pd.DataFrame({"sample": samples, "part": self.parts or 1, "source": self.sources})
        table.to_csv(self.folder / "samples.csv", index_label="row")
        self.write_files(range(len(self.sources)))

    def write_files(self, rows):
        """Write which samples are there now."""
        files = [PoolFile(self.sources[row], sample(self.sources[row]), 1, 1) for row in rows]
        pd.DataFrame(files, columns=PoolFile._fields).to_csv(self.folder / "files.csv", index=False)

    @property
    def ledger(self):
        return self.folder / "ledger.csv"

    @property
    def entries(self):
        return read(self.ledger).entries

    @property
    def state(self):
        return state_of(self.entries, self.class_names)

    def draft(self, event, row, who="anna", **more):
        source = self.sources[row]
        return Draft(event=event, sample=sample(source), source=source, who=who, **more)

    def send(self, batch, rows, event="sent", **more):
        append(self.ledger, [self.draft(event, row, "activepool", batch=batch, **more) for row in rows])

    def say(self, rows, labels, who="anna", batch="", **more):
        """Enter what somebody says of some rows: a label each, or an event."""
        events = ("cannot_tell", "skip", "not_ours")
        drafts = [
            self.draft(label, row, who, batch=batch, **more)
            if label in events
            else self.draft("label", row, who, batch=batch, label=label, **more)
            for row, label in zip(rows, labels, strict=True)
        ]
        append(self.ledger, drafts)

    def train(self, batch, rows=None):
        """Train the model of a batch on all labels, and predict the pool, or its first rows."""
        row_of = {sample(source): row for row, source in enumerate(self.sources)}
        labels = sorted((row_of[name], label) for name, label in self.state.training_labels.items())
        folder = self.folder / "batches" / batch
        folder.mkdir(parents=True)
        rows_of_labels, names = map(list, zip(*labels, strict=True))
        sources = [self.sources[row] for row in rows_of_labels]
        columns = {"index": rows_of_labels, "source": sources, "label": names}
        pd.DataFrame(columns).to_csv(folder / "labels.csv", index=False)
        pd.DataFrame({"class": self.state.classes}).to_csv(folder / "classes.csv", index=False)
        write_features(self.features[:rows], folder / "features.h5")
        files = {name: str(folder / f"{name}.csv") for name in ("labels", "classes")}
        outputs = {name: str(folder / file) for name, file in TRAINED.items()}
        train_labelled(str(folder / "features.h5"), **files, seed=3, **outputs)
        predict(
            str(folder / "features.h5"),
            outputs["head"],
            outputs["training"],
            str(folder / "predictions.h5"),
        )
        self.models.append(batch)

    def model_files(self, name):
        """Return a file of each model."""
        return [str(self.folder / "batches" / batch / name) for batch in self.models]

    @property
    def arguments(self):
        """The files of the stage `status`, and the settings that say what is in them."""
        return {
            "ledger": str(self.ledger),
            "entries": len(self.entries),
            "samples": str(self.folder / "samples.csv"),
            "trainings": self.model_files("training.json"),
            "predictions": self.model_files("predictions.h5"),
            "labels": self.model_files("labels.csv"),
            "held_out": self.model_files("held_out.h5")[-1] if self.models else None,
        }


@dataclass(frozen=True)
class SmallPool:
    """N features (N, d), the class of each, and its source."""

    features: np.ndarray
    classes: list[str]
    sources: list[str]


def pool_of(project):
    """Return the pool of a project."""
    return read_pool(project.folder)


def project_in_parts(folder):
    """Return a project of a small pool that came in three parts."""
    return Project(folder, small_pool().features, small_pool().sources, parts=[1] * 60 + [2] * 30 + [3] * 10)


def small_pool(rows=100, seed=0):
    """Return a pool of four classes that overlap."""
    features, numbers = pool_features(rows, seed, "float32")
    names = ["ant", "bee", "cat", "dog"]
    return SmallPool(features, [names[number] for number in numbers], [f"{row}.jpg" for row in range(rows)])
