"""A project of small photographs, and the people who label them, for tests of the whole loop."""

import csv
import json
import shutil
from collections.abc import Mapping
from contextlib import chdir
from pathlib import Path

import numpy as np
from PIL import Image
from workflow_runs import Folder

from activepool.labelling.verification import PROJECT_ALLOWANCES
from activepool.ledger.book import read
from activepool.ledger.entries import Event
from activepool.ledger.formats.rows import mark_event
from activepool.ledger.pool_samples import image_sample
from activepool.ledger.state import state_of
from activepool.records.verification import verify

#: The classes, and the colour of their photographs.
COLOURS = {"ant": (190, 60, 60), "bee": (60, 190, 60), "wasp": (60, 60, 190)}

CLASSES = tuple(COLOURS)

#: The classes of the configuration: nobody knows yet that there are wasps.
PROJECT = {
    "project": "beetles",
    "images": "photos",
    "classes": ["ant", "bee"],
    "backbone": {"architecture": "identity", "image_size": 8},
    "batch": 10,
    "audit": 6,
}

#: What people write about a sample: a class, or a mark such as ``skip``.
Answers = Mapping[str, str]


class Loop(Folder):
    """A project, checked after each run.

    Attributes:
        truth: the class of each sample.
        said: what people have answered so far: the sample, who, the event and the label.
    """

    def __init__(self, path: Path, configuration: dict | None = None) -> None:
        super().__init__(path, configuration or PROJECT)
        self.truth: dict[str, str] = {}
        self.said: set[tuple[str, str, str, str]] = set()
        self._text, self._batches, self._lists = "", {}, {}

    def photographs(self, folder: str, numbers: range) -> list[str]:
        """Take photographs, of the classes in turn; return their sources."""
        (self.path / "photos" / folder).mkdir(parents=True, exist_ok=True)
        sources = [f"{folder}/{number:02d} é, x.png" for number in numbers]
        for number, source in zip(numbers, sources, strict=True):
            noise = np.random.default_rng(number).normal(0, 40, (8, 8, 3))
            name = CLASSES[number % len(CLASSES)]
            pixels = np.clip(noise + COLOURS[name], 0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(self.path / "photos" / source)
            self.truth[image_sample(self.path / "photos" / source)] = name
        return sources

    def run(self, *arguments: str) -> str:
        """Run snakemake, for the next batch unless another target is named; return what it printed."""
        printed = self.snakemake(*(arguments or ("next_batch",)))
        self.check()
        assert self.misfits() == []
        return printed

    def misfits(self) -> list[str]:
        """Return what does not fit the records of how it was made."""
        with chdir(self.path):
            return verify("results", PROJECT_ALLOWANCES).misfits

    # What people get, and what comes back.

    @property
    def entries(self):
        return read(self.path / "beetles.ledger.csv").entries

    @property
    def state(self):
        return state_of(self.entries, self.configuration["classes"])

    def batch_file(self, batch: str, name: str) -> Path:
        return self.path / "results/beetles/batches" / batch / name

    def table(self, batch: str, name: str) -> list[dict[str, str]]:
        """Return the rows of a CSV file of a batch."""
        with self.batch_file(batch, name).open(encoding="utf-8", newline="") as stream:
            return list(csv.DictReader(stream))

    def requested(self, batch: str) -> list[str]:
        """Return the samples of the list of a batch."""
        return [row["sample"] for row in self.table(batch, "list.csv")]

    def truths(self, batch: str) -> dict[str, str]:
        """Return the class of each sample of a batch."""
        return {sample: self.truth[sample] for sample in self.requested(batch)}

    def return_list(self, batch: str, answers: Answers, who: str = "anna") -> None:
        """Fill in the list of a batch."""
        rows = self.table(batch, "list.csv")
        for row in rows:
            row.update(label=answers.get(row["sample"], ""), who=who)
        self._write_returned(f"{batch} {who}.csv", rows)
        self._note(answers, who)

    def return_tasks(self, batch: str, answers: Answers, who: str = "bob@lab.org") -> None:
        """Export the tasks of a batch from Label Studio."""
        tasks = json.loads(self.batch_file(batch, "label_studio.json").read_text(encoding="utf-8"))
        for number, task in enumerate(tasks, start=1):
            answer = answers.get(task["data"]["sample"], "")
            choice = {"from_name": "choice", "to_name": "image", "type": "choices"}
            result = {**choice, "value": {"choices": [answer]}}
            skips = answer == Event.SKIP
            annotation = {"completed_by": {"id": 1, "email": who}, "result": [] if skips else [result]}
            annotation |= {"was_cancelled": skips, "updated_at": "2026-11-28T09:30:00.000000Z"}
            task |= {"id": number, "annotations": [annotation] if answer else []}
        self.returned.mkdir(exist_ok=True)
        (self.returned / f"{batch} export.json").write_text(json.dumps(tasks), encoding="utf-8")
        self._note(answers, who)

    def return_folders(self, batch: str, answers: Answers) -> None:
        """Move the pictures of a batch into the folders of their classes."""
        folder = self.returned / f"{batch} sorted"
        if not folder.exists():
            shutil.copytree(self.batch_file(batch, "folders"), folder)
        for picture in sorted((folder / "_unlabeled").iterdir()):
            if answer := answers.get(image_sample(picture)):
                (folder / answer).mkdir(exist_ok=True)
                picture.rename(folder / answer / picture.name)
        self._note(answers, "annotator")

    def correct(self, name: str, answers: Answers, who: str = "chief") -> None:
        """Write a file of corrections, which name their samples by their sources."""
        sources = {sample: source for source, sample in self.samples().items()}
        rows = [
            {"source": sources[sample], "correction": answer, "who": who}
            for sample, answer in answers.items()
        ]
        self._write_returned(name, rows)
        self._note(answers, who)

    def samples(self) -> dict[str, str]:
        """Return the sample of each photograph that is there now."""
        root = self.path / "photos"
        return {path.relative_to(root).as_posix(): image_sample(path) for path in sorted(root.rglob("*.png"))}

    @property
    def returned(self) -> Path:
        return self.path / "returned"

    def _write_returned(self, name: str, rows: list[dict[str, str]]) -> None:
        self.returned.mkdir(exist_ok=True)
        with (self.returned / name).open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)

    def _note(self, answers: Answers, who: str) -> None:
        for sample, answer in answers.items():
            event = mark_event(answer) or Event.LABEL
            self.said.add((sample, who, event, answer if event == Event.LABEL else ""))

    # What holds after each run, whatever happens.

    def check(self, has_taken_in: bool = True) -> None:
        """Check that nothing was lost, and that nothing changed that went out.

        A run that was killed may not have taken in what came back.
        """
        text = (self.path / "beetles.ledger.csv").read_text(encoding="utf-8")
        assert text.startswith(self._text)
        entries, batches = self.entries, self.state.batches
        answers = {(entry.sample, entry.who, entry.event, entry.label) for entry in entries}
        assert self.said <= answers or not has_taken_in
        for name, samples in self._batches.items():
            assert batches[name].samples == samples
        self._text, self._batches = text, {name: batch.samples for name, batch in batches.items()}
        lists = {}
        for name, samples in self._batches.items():
            if self.batch_file(name, "list.csv").exists():
                lists[name] = self.batch_file(name, "list.csv").read_bytes()
                assert tuple(self.requested(name)) == samples
                assert lists[name] == self._lists.get(name, lists[name])
        self._lists = lists
        audit = [sample for batch in batches.values() if batch.is_audit for sample in batch.samples]
        picked = [sample for batch in batches.values() if not batch.is_audit for sample in batch.samples]
        assert len(set(audit + picked)) == len(audit) + len(picked)  # nothing is bought twice

    def forget_lists(self) -> None:
        """Expect no longer that the lists of batches stay as they are; their samples do."""
        self._lists = {}

    def check_training_labels(self, batch: str) -> None:
        """Check that the model of a batch trains on every label that the ledger has."""
        sample_of = self.samples()
        labels = {sample_of[row["source"]]: row["label"] for row in self.table(batch, "labels.csv")}
        assert labels == self.state.training_labels
        rows = [int(row["index"]) for row in self.table(batch, "labels.csv")]
        assert rows == sorted(rows)
