"""Weeks of labelling: several batches, people and tools, and what becomes of them."""

import json

import pytest
from ledgers import take_in
from reading import images
from reading import read as read_answers
from test_label_studio import annotation

from activepool.ledger.book import append, read
from activepool.ledger.formats import csv_file, folders, label_studio
from activepool.ledger.formats.batch import Batch, Pick
from activepool.ledger.formats.typed_classes import ClassNames
from activepool.ledger.pool_changes import pool_changes
from activepool.ledger.pool_samples import PoolSamples, image_sample
from activepool.ledger.state import Status, state_of

CLASSES = ("cat", "dog")


class Loop:
    """A pool of four images, its ledger, and the files of people."""

    def __init__(self, folder):
        self.folder, self.path, self.root = folder, folder / "labels.csv", folder / "images"
        self.first = images(self.root)

    @property
    def pool(self):
        sources = sorted(path.relative_to(self.root).as_posix() for path in self.root.rglob("*.jpg"))
        return PoolSamples(
            [image_sample(self.root / source) for source in sources], sources, read(self.path).entries
        )

    @property
    def state(self):
        return state_of(read(self.path).entries, CLASSES)

    def send(self, name, *sources):
        picks = tuple(
            Pick(self.pool.sample_of[source], source, predicted="cat", margin=0.1) for source in sources
        )
        batch = Batch(name, picks, self.state.classes)
        append(self.path, batch.sendings())
        return batch

    def take(self, tool, path, who="anna"):
        answers = read_answers(tool, path, self.pool, ClassNames(self.state.classes), who)
        return take_in(self.path, answers.drafts)

    def labels(self):
        return {self.pool.source(sample): label for sample, label in self.state.training_labels.items()}


@pytest.fixture
def loop(tmp_path):
    return Loop(tmp_path)


def fill_in(path, **labels):
    """Fill in the labels of a list, by the letter of the folder and the number of the image."""
    head, *lines = path.read_text(encoding="utf-8").splitlines()
    filled = []
    for line in lines:
        cells = line.split(",")
        cells[7] = labels.get(cells[2][0] + cells[2][-5], "")
        filled.append(",".join(cells))
    path.write_text("\n".join([head, *filled]) + "\n", encoding="utf-8")


def test_weeks_of_labelling(loop):
    # A batch on a list, of which one comes back late and one is corrected.
    csv_file.write(loop.folder / "1.csv", loop.send("1", "a/1.jpg", "b/1.jpg"))
    fill_in(loop.folder / "1.csv", a1="cat")
    loop.take("csv", loop.folder / "1.csv")
    assert (loop.labels(), loop.state.batches["1"].came_back) == ({"a/1.jpg": "cat"}, 1)
    fill_in(loop.folder / "1.csv", a1="dog", b1="?")
    loop.take("csv", loop.folder / "1.csv")
    assert loop.labels() == {"a/1.jpg": "dog"}

    # A batch in Label Studio, by two people, with a class that is found late; the file is taken in twice.
    tasks = loop.folder / "tasks.json"
    batch = loop.send("2", "a/2.jpg", "c d/3.jpg")
    label_studio.write(tasks, batch, lambda source: f"/data/local-files/?d={source}")
    exported = json.loads(tasks.read_text(encoding="utf-8"))
    exported[0]["annotations"] = [annotation("fox", by=1), annotation("fox", by=2)]
    exported[1]["annotations"] = [annotation("cat", by=1), annotation("dog", by=2)]
    tasks.write_text(json.dumps(exported), encoding="utf-8")
    for _ in range(2):
        loop.take("label_studio", tasks)
        assert loop.state.classes == ("cat", "dog", "fox")
        assert loop.labels() == {"a/1.jpg": "dog", "a/2.jpg": "fox"}
        assert [sample.sources for sample in loop.state.disputed] == [("c d/3.jpg",)]
        assert len(read(loop.path).entries) == 11

    # An image is renamed, one edited, one new; the old list is taken in once more, and changes nothing.
    (loop.root / "a/1.jpg").rename(loop.root / "a/renamed.jpg")
    (loop.root / "a/2.jpg").write_bytes(b"other pixels")
    (loop.root / "a/9.jpg").write_bytes(b"new")
    changes = pool_changes(loop.state, loop.pool)
    assert (changes.renamed, changes.edited) == ((("a/1.jpg", "a/renamed.jpg"),), ("a/2.jpg",))
    loop.take("csv", loop.folder / "1.csv")
    assert len(read(loop.path).entries) == 11
    loop.take("label_studio", tasks)
    assert len(read(loop.path).entries) == 11

    # A batch in folders; what went out before is still what it was.
    folders.write(loop.folder / "batch", loop.send("3", "a/9.jpg", "a/2.jpg"), loop.root)
    (loop.folder / "batch/_unlabeled/9.jpg").rename(loop.folder / "batch/fox/9 (1).jpg")
    (loop.folder / "batch/_unlabeled/2.jpg").rename(loop.folder / "batch/not_ours/2.jpg")
    loop.take("folders", loop.folder / "batch", who="carl")
    edited = loop.pool.sample_of["a/2.jpg"]
    assert loop.state.samples[edited].status == Status.NOT_OURS
    assert loop.state.batches["1"].samples == tuple(loop.first.samples[:2])
    assert [batch.came_back for batch in loop.state.batches.values()] == [2, 2, 2]
    assert not any(loop.state.may_be_picked(sample) for sample in loop.pool.samples)
