"""Reading of label files in tests."""

import pytest
from ledger.ledgers import pool

from activepool.data.annotations import shortened
from activepool.errors import InputError
from activepool.ledger.formats import READERS
from activepool.ledger.formats.answers import answers_of
from activepool.ledger.formats.batch import Batch, Pick
from activepool.ledger.formats.typed_classes import ClassNames
from activepool.ledger.pool_samples import PoolSamples, image_sample

SOURCES = ("a/1.jpg", "b/1.jpg", "a/2.jpg", "c d/3.jpg")
POOL = pool(*SOURCES)
CLASSES = ClassNames(("cat", "dog"))

BATCH = Batch(
    "1",
    (
        Pick(POOL.samples[0], SOURCES[0], 0, "cat", 0.75, 0.5, "small margin"),
        Pick(POOL.samples[2], SOURCES[2], 2, "dog", 0.5, 0.0625),
        Pick(POOL.samples[3], SOURCES[3], 3),
    ),
    ("cat", "dog"),
)


def table(tmp_path, text, encoding="utf-8"):
    """Write a CSV file."""
    path = tmp_path / "labels.csv"
    path.write_bytes(text.encode(encoding))
    return path


def read(tool, path, samples, classes=None, who="annotator", skip_bad=False, earlier=(), standing=()):
    """Return what people answered in a label file; ``skip_bad`` leaves out what is wrong."""
    if tool not in READERS:
        raise InputError(f"tool {tool!r} is not known; there are {', '.join(READERS)}")
    if not path.exists():
        raise InputError(f"{path}: there is no such file; it must be an export of {tool}")
    answers = answers_of(path, READERS[tool](path), samples, classes or ClassNames(), who, earlier, standing)
    if answers.mistakes and not skip_bad:
        nothing = f"{path}: nothing was taken from this file, for it has mistakes"
        raise InputError(*shortened(list(answers.mistakes)), nothing)
    return answers


def labels_by_source(answers):
    """Return what was answered, by source: the label, or the event after a colon."""
    labels = {draft.source: draft.label or f":{draft.event}" for draft in answers.drafts}
    assert len(labels) == len(answers.drafts)
    return labels


def mistakes(tool, path, samples=POOL, classes=CLASSES):
    """Return the mistakes of a file, of which nothing is taken, as one text."""
    with pytest.raises(InputError) as caught:
        read(tool, path, samples, classes)
    assert all(line.startswith((str(path.parent), "... and")) for line in caught.value.args)
    return str(caught.value)


def images(root):
    """Make images at SOURCES, and return their pool."""
    for source in SOURCES:
        (root / source).parent.mkdir(parents=True, exist_ok=True)
        (root / source).write_bytes(f"pixels of {source}".encode())
    return PoolSamples([image_sample(root / source) for source in SOURCES], list(SOURCES), root=root)
