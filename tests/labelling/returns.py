"""A pool of pictures, its ledger, and a folder of files that came back, for tests."""

import csv
from pathlib import Path

import pytest

from activepool.errors import InputError
from activepool.labelling.returned.intake import read_returned
from activepool.ledger.book import append, read
from activepool.ledger.formats.batch import Batch, Pick
from activepool.ledger.pool_samples import PoolSamples, image_sample
from activepool.ledger.state import state_of

SOURCES = ("a/1.jpg", "b/1.jpg", "a/2.jpg", "c d/3.jpg", "e.jpg")


class Project:
    """Five pictures, which went out in batch01, and what comes back."""

    def __init__(self, folder: Path, classes=("cat", "dog"), may_grow=True) -> None:
        self.folder, self.classes, self.may_grow = folder, classes, may_grow
        self.root, self.returned = folder / "photos", folder / "returned"
        self.ledger, self.cache = folder / "ledger.csv", folder / "cache.json"
        for source in SOURCES:
            (self.root / source).parent.mkdir(parents=True, exist_ok=True)
            (self.root / source).write_bytes(self.content(source))
        self.returned.mkdir()
        append(self.ledger, self.batch.sendings())

    @staticmethod
    def content(source: str) -> bytes:
        return f"pixels of {source}".encode()

    @property
    def batch(self) -> Batch:
        picks = tuple(
            Pick(image_sample(self.root / source), source, index) for index, source in enumerate(SOURCES)
        )
        return Batch("batch01", picks, tuple(self.classes))

    @property
    def pool(self) -> PoolSamples:
        sources = sorted(path.relative_to(self.root).as_posix() for path in self.root.rglob("*.jpg"))
        samples = [image_sample(self.root / source) for source in sources]
        return PoolSamples(samples, sources, read(self.ledger).entries, root=self.root)

    @property
    def entries(self):
        return read(self.ledger).entries

    @property
    def state(self):
        return state_of(self.entries, self.classes)

    def read(self):
        return read_returned(
            self.returned, self.ledger, self.entries, self.pool, self.classes, self.may_grow, self.cache
        )

    def take(self):
        planned = self.read()
        planned.enter()
        return planned.report

    def labels(self) -> dict[str, str]:
        return {self.pool.source(sample): label for sample, label in self.state.training_labels.items()}

    def write(self, name: str, content: str | bytes) -> Path:
        path = self.returned / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def table(self, name: str, header: str, *rows: str) -> Path:
        return self.write(name, "\n".join([header, *rows]) + "\n")

    def picture(self, inside: str, source: str) -> None:
        self.write(inside, self.content(source))


def without_cache(project: Project):
    project.cache.unlink(missing_ok=True)
    return project.take()


def mistakes(project: Project) -> list[str]:
    """Return the mistakes of the first files; nothing is entered, and nothing remembered."""
    lines = mistakes_of(project)
    assert not project.cache.exists()
    return lines


def mistakes_of(project: Project) -> list[str]:
    """Return the mistakes of the files; nothing is entered."""
    before = project.ledger.read_bytes()
    with pytest.raises(InputError) as caught:
        project.take()
    assert project.ledger.read_bytes() == before
    assert (
        caught.value.args[-1]
        == f"{project.returned}: nothing was taken in; correct these mistakes, and run again"
    )
    return list(caught.value.args[:-1])


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))
