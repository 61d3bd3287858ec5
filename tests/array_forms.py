"""The same arrays in files of all forms that people have embeddings in."""

import json

import h5py
import numpy as np
import pandas as pd
import torch
from safetensors.numpy import save_file

#: What a file of each form is called.
FORMS = ("v.npz", "small.npz", "v.pt", "v.safetensors", "list.parquet", "columns.parquet", "v.h5")


def save(
    path, features, labels=None, sources=None, class_names=None, names=("features", "labels", "sources")
):
    """Write arrays in the form that the name of the file says; names of rows and classes are lists of str."""
    arrays = {names[0]: features}
    arrays |= {} if labels is None else {names[1]: labels}
    texts = {} if sources is None else {names[2]: sources}
    texts |= {} if class_names is None else {"class_names": class_names}
    if path.suffix == ".npz":
        write = np.savez_compressed if path.stem == "small" else np.savez
        write(path, **arrays, **{name: np.array(values) for name, values in texts.items()})
    elif path.suffix == ".pt":
        torch.save({name: torch.from_numpy(values) for name, values in arrays.items()} | texts, path)
    elif path.suffix == ".safetensors":
        contiguous = {name: np.ascontiguousarray(values) for name, values in arrays.items()}
        save_file(contiguous, path, {name: json.dumps(values) for name, values in texts.items()})
    elif path.suffix == ".parquet":
        columns = {f"f{number}": values for number, values in enumerate(features.T)}
        table = pd.DataFrame({names[0]: list(features)} if path.stem == "list" else columns)
        if labels is not None:
            table[names[1]] = labels
        if sources is not None:
            table[names[2]] = sources
        table.to_parquet(path, row_group_size=40)
    else:
        with h5py.File(path, "w") as file:
            for name, values in arrays.items():
                file[name] = values
            if sources is not None:
                file[names[2]] = np.array(sources, dtype=object)
            file.attrs["class_names"] = class_names or []
    return path
