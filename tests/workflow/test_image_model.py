"""A strategy that trains a model of its own on images: its two stages, and what reruns them."""

import h5py
import numpy as np
import pandas as pd
from workflow_runs import Folder

VAAL = {"strategy": "vaal", "image_size": 16, "width": 2, "latent": 2, "epochs": 3, "batch_size": 16}

CONFIGURATION = {
    "experiment": "trial",
    "dataset": {"kind": "digits", "fraction": 0.2},
    "backbone": {"architecture": "identity", "image_size": 8},
    "features": {"dtype": "float32"},
    "validation": {"fraction": 0.1},
    "initial": {"size": 30},
    "budget": 10,
    "rounds": 2,
    "seeds": 1,
    "strategies": [VAAL],
    "head": {"solver": "lbfgs"},
}


def test_a_round_that_learns_from_images(tmp_path):
    folder = Folder(tmp_path, CONFIGURATION)
    folder.snakemake("results/trial/curves.csv")
    run = tmp_path / "results/trial/vaal/seed0/round01"
    assert {file.name for file in run.iterdir()} == {
        "image_model.safetensors",
        "scores.h5",
        "selected.csv",
        "labelled.csv",
        "head.h5",
        "metrics.json",
        "provenance",
    }
    with h5py.File(run / "scores.h5") as file:
        assert set(file) == {"index", "predicted", "labelled_log_odds"}
        index, log_odds = file["index"][:], file["labelled_log_odds"][:]
    expected = index[np.argsort(log_odds, kind="stable")[:10]]
    assert pd.read_csv(run / "selected.csv")["index"].tolist() == expected.tolist()
    assert not folder.planned("results/trial/curves.csv")
    folder.configure({**CONFIGURATION, "strategies": [{**VAAL, "epochs": 4}]})
    assert folder.planned("results/trial/curves.csv") == {
        "train_on_images": 1,
        "score": 1,
        "select": 1,
        "train": 1,
        "curves": 1,
    }
