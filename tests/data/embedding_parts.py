"""Features and labels in parts, in files of HDF5 and of NumPy."""

import h5py
import numpy as np

from activepool.features.store import FeatureFile

ROWS = {"train": 90, "test": 30}


def arrays(dtype="float32", width=5):
    draws = np.random.default_rng(0)
    return {
        name: (draws.normal(size=(rows, width)).astype(dtype), draws.permutation(np.arange(rows) % 3))
        for name, rows in ROWS.items()
    }


def write_hdf5(path, parts, **changes):
    """Write parts as an HDF5 file; ``train_labels=...`` replaces that dataset or, if None, leaves it out."""
    datasets = {}
    for name, (features, labels) in parts.items():
        datasets |= {f"{name}/features": features, f"{name}/labels": labels}
    datasets |= {name.replace("_", "/"): values for name, values in changes.items()}
    with h5py.File(path, "w") as file:
        for name, values in datasets.items():
            if values is not None:
                file[name] = values
    return path


def write_npy(folder, parts):
    options = {}
    for name, (features, labels) in parts.items():
        prefix = "" if name == "train" else "test_"
        options[f"{prefix}features"] = folder / f"{name}.npy"
        options[f"{prefix}labels"] = folder / f"{name}_labels.npy"
        np.save(options[f"{prefix}features"], features)
        np.save(options[f"{prefix}labels"], labels)
    return {"path": options.pop("features"), **options}


def read(path):
    with FeatureFile(path) as file:
        return {
            name: (
                part.features.block(slice(0, None)),
                part.labels,
                part.sources_of(np.arange(len(part.labels))).tolist(),
            )
            for name, part in (("train", file.train), ("test", file.test))
        }
