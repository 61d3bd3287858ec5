import shutil

import h5py
import numpy as np
import pytest
from workflow_runs import Folder, made_once

EMBEDDINGS = {
    "experiment": "trial",
    "dataset": {"kind": "embeddings", "path": "given.h5"},
    "validation": {"fraction": 0.1},
    "initial": {"kind": "balanced", "size": 12},
    "budget": 10,
    "rounds": 3,
    "seeds": 2,
    "strategies": ["random", "balanced_random", "entropy", "base", "coreset"],
    "head": {"solver": "lbfgs"},
}


def write_embeddings(path, size=300, width=8, classes=4):
    """Write features of a Gaussian mixture, as a user would give them."""
    random = np.random.default_rng(0)
    centres = random.normal(size=(classes, width)) * 1.5
    with h5py.File(path, "w") as file:
        for part, rows in (("train", size), ("test", 100)):
            labels = random.integers(0, classes, rows)
            file[f"{part}/features"] = (centres[labels] + random.normal(size=(rows, width))).astype(
                np.float16
            )
            file[f"{part}/labels"] = labels


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    """A folder in which the workflow ran to its end; tests that change it put it back."""

    def run(path):
        write_embeddings(path / "given.h5")
        Folder(path, EMBEDDINGS).snakemake()

    path = tmp_path_factory.mktemp("copy") / "finished"
    shutil.copytree(made_once(tmp_path_factory, "finished", run), path)
    return Folder(path, EMBEDDINGS)
