"""A pool with features, labels and classes in files, as the stages of a project read them."""

from contextlib import chdir
from pathlib import Path

import h5py
import numpy as np
from labelling.filled_folders import filled_once

from activepool.data.label_file import LabelFile
from activepool.io.index_files import write_index
from activepool.stages.predict import predict
from activepool.stages.train_labelled import train_labelled

CLASSES = ["cat", "ant", "dog", "bee"]
WIDTH = 6

#: What a training writes, by the names of its outputs.
TRAINED = {
    "head": "head.h5",
    "held_out": "held_out.csv",
    "held_out_probabilities": "held_out.h5",
    "training": "training.json",
}


def pool_features(rows: int = 1031, seed: int = 0, dtype: str = "float16") -> tuple[np.ndarray, np.ndarray]:
    """Return features (rows, WIDTH) in overlapping clusters, and the cluster of each row."""
    random = np.random.default_rng(seed)
    truth = random.integers(0, len(CLASSES), rows)
    centres = random.normal(size=(len(CLASSES), WIDTH)) * 1.5
    return (centres[truth] + random.normal(size=(rows, WIDTH))).astype(dtype), truth


def write_features(features: np.ndarray, path: str = "features.h5", **attributes: object) -> None:
    """Write features.h5 of a pool without labels, one source a row."""
    with h5py.File(path, "w") as file:
        for part, rows in (("train", features), ("test", features[:0])):
            file[f"{part}/features"] = rows
            file[f"{part}/labels"] = np.full(len(rows), -1)
            file.create_dataset(
                f"{part}/sources",
                data=[source_of(row) for row in range(len(rows))],
                dtype=h5py.string_dtype(),
            )
        file.attrs.update({"class_names": CLASSES} | attributes)


def source_of(row: int) -> str:
    return f"photos, new/{row}.jpg"


def write_labels(rows: np.ndarray, names: list[str], classes: list[str] = CLASSES) -> None:
    """Write labels.csv and classes.csv."""
    rows = np.asarray(rows, dtype=np.int64)
    sources = np.array([source_of(row) for row in rows.tolist()], dtype=np.str_)
    write_index("labels.csv", {"index": rows, "source": sources, "label": np.array(names, dtype=np.str_)})
    Path("classes.csv").write_text("class\n" + "".join(f"{name}\n" for name in classes), encoding="utf-8")


def trained_pool(labels: int = 83, rows: int = 1031) -> tuple[np.ndarray, np.ndarray]:
    """Write a pool, train on its first rows and predict all of it; return features and truth."""
    return _write_trained_pool(Path(), labels, rows)


@filled_once
def _write_trained_pool(folder: Path, labels: int, rows: int) -> tuple[np.ndarray, np.ndarray]:
    features, truth = pool_features(rows)
    with chdir(folder):
        write_features(features)
        write_labels(np.arange(labels), [CLASSES[number] for number in truth[:labels]])
        train_labelled("features.h5", "labels.csv", "classes.csv", seed=3, **TRAINED)
        predict("features.h5", "head.h5", "training.json", "predictions.h5")
        with LabelFile("features.h5") as file:
            assert len(file.train.labels) == rows
    return features, truth
