"""An experiment whose labels come later, with two strategies and two rounds."""

from pathlib import Path

import h5py
import numpy as np

from activepool.io.index_files import write_index
from planning.configuration.experiment import Experiment

CLASSES = ["ant", "bee", "cat"]
RUN = "results/trial/{}/seed0/round0{}"
LABELS = {row: CLASSES[row % 3] for row in (11, 12, 20, 21, 30, 31)}


def write_rounds():
    """Write features and rounds here; rows from 10 on have no label at first, and 6 got one later."""
    Path("results/features/embeddings_given/given").mkdir(parents=True)
    with h5py.File("results/features/embeddings_given/given/features.h5", "w") as file:
        for part in ("train", "test"):
            file[f"{part}/labels"] = np.where(np.arange(40) < 10, np.arange(40) % 3, -1)
            file[f"{part}/sources"] = [f"{part}/{row}" for row in range(40)]
        file.attrs["class_names"] = CLASSES
    picks = {
        ("random", 1): [3, 12, 11],
        ("random", 2): [20, 21],
        ("balancing", 1): [12, 30],
        ("balancing", 2): [31],
    }
    for (strategy, number), rows in picks.items():
        write_index(f"{RUN.format(strategy, number)}/selected.csv", {"index": np.array(rows)})
        before = picks[strategy, 1] if number == 2 else []
        write_index(f"{RUN.format(strategy, number)}/labelled.csv", {"index": np.array([*before, *rows])})
    write(LABELS)


def trial(**changes):
    return Experiment.model_validate(
        {
            "experiment": "trial",
            "dataset": {"kind": "embeddings", "path": "given.h5", "annotations": "bought.csv"},
            "initial": {"size": 4},
            "budget": 3,
            "rounds": 3,
            "seeds": 1,
            "strategies": ["random", "balancing"],
            **changes,
        }
    )


def write(labels):
    lines = [f"train/{row},{label}" for row, label in labels.items()]
    Path("bought.csv").write_text("\n".join(["source,label", *lines]) + "\n")
