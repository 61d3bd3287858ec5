"""Annotations of embeddings whose rows have moved since a run read them."""

import numpy as np
import pytest

from activepool.data.annotations import read_annotations
from activepool.data.embedding_files import opened
from activepool.data.embeddings import write_features
from activepool.features.store import FeatureFile
from planning.checks import annotations as module
from planning.checks.annotations import moved_vectors

ROWS = 30
VECTORS = np.random.default_rng(0).normal(size=(ROWS, 4))


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    monkeypatch.setattr(module, "BLOCK_ROWS", 7)


def save(folder, vectors, name="v.npz", **more):
    np.savez(folder / name, features=vectors, labels=np.arange(len(vectors)) % 3, **more)
    return folder / name


def moved_lines(folder, vectors, *lines, columns="source,label", **more):
    """Return the lines about annotations of VECTORS after the file has got other vectors."""
    write_features(folder / "features.h5", save(folder, VECTORS), test_fraction=0.2)
    path = save(folder, vectors, "now.npz", **more)
    (folder / "bought.csv").write_text("\n".join([columns, *lines]) + "\n", encoding="utf-8")
    with FeatureFile(folder / "features.h5") as features, opened(path) as now:
        annotations = read_annotations(folder / "bought.csv")
        lines_found = moved_vectors(features, now.train, "now.npz", annotations)
        return [line.removeprefix(f"{folder}/") for line in lines_found]


def named_rows(folder):
    """Return rows of features.h5, with their numbers in the file."""
    write_features(folder / "features.h5", save(folder, VECTORS), test_fraction=0.2)
    with FeatureFile(folder / "features.h5") as features:
        sources = features.train.sources_of(np.arange(len(features.train.labels)))
    return {row: int(source.removeprefix("train/")) for row, source in enumerate(sources)}


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_each_moved_row_is_reported_with_its_line(tmp_path, monkeypatch, dtype):
    rows = named_rows(tmp_path)
    monkeypatch.setattr(__name__ + ".VECTORS", VECTORS.astype(dtype))
    first, second = rows[3], rows[9]
    lines = (f",train/{first},1", f"9,train/{second},2", "8,,0")
    for front in (5, 1):
        moved = np.concatenate([np.ones((front, 4), dtype), VECTORS])
        message = moved_lines(tmp_path, moved, *lines, columns="index,source,label")
        for line, (number, row) in zip(message, [(2, first), (3, second), (4, rows[8])], strict=True):
            expected = (
                f"bought.csv:{number}: 'train/{row}' was the vector that row {row + front} of now.npz has"
            )
            assert line.startswith(expected)
    gone, last = np.delete(VECTORS, first, axis=0), max(rows.values())
    message = moved_lines(tmp_path, gone, f"train/{first},1", f"train/{last},2")
    assert f"'train/{first}' was the vector that no row of" in message[0]
    assert f"'train/{last}' was the vector that row {last - 1} of" in message[1]


def test_rows_that_did_not_move(tmp_path):
    lines = [f"train/{row},1" for row in named_rows(tmp_path).values()]
    assert moved_lines(tmp_path, VECTORS, *lines) == []
    longer = np.concatenate([VECTORS, np.ones((9, 4))])
    assert moved_lines(tmp_path, longer, *lines) == []
    assert moved_lines(tmp_path, longer, ",train/38,1", "30,,1", columns="index,source,label") == []


def test_vectors_of_another_network_are_the_same_samples(tmp_path):
    lines = [f"train/{row},1" for row in named_rows(tmp_path).values()]
    assert moved_lines(tmp_path, VECTORS + 1, *lines) == []
    assert moved_lines(tmp_path, np.ones((ROWS, 9)), *lines) == []


def test_names_tell_the_rows(tmp_path):
    names = [f"{row}.jpg" for row in range(ROWS)]
    assert moved_lines(tmp_path, VECTORS[::-1], "train/3,1", sources=names) == []
