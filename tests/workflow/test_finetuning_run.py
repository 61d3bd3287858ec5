"""End-to-end finetuning by the workflow: its files, and picks that follow from the network of each round."""

import h5py
import numpy as np
import pandas as pd
import pytest
from workflow_runs import Folder

pytestmark = pytest.mark.long

CONFIGURATION = {
    "experiment": "tuned",
    "dataset": {"kind": "digits"},
    "backbone": {"architecture": "small", "image_size": 8},
    "pretrain": {"epochs": 2, "warmup_epochs": 1, "batch_size": 256, "augmentation": "digits"},
    "features": {"dtype": "float32", "shards": 2},
    "validation": {"fraction": 0.1},
    "initial": {"size": 40},
    "budget": 10,
    "rounds": 3,
    "seeds": 1,
    "strategies": ["random", "margin", "coreset"],
    "head": {"solver": "finetune", "epochs": 3, "learning_rate": 0.02, "augmentation": "digits"},
}

ARGUMENTS = ["--notemp", "results/tuned/curves.csv"]


@pytest.fixture(scope="module")
def tuned(tmp_path_factory):
    folder = Folder(tmp_path_factory.mktemp("tuned"), CONFIGURATION)
    folder.snakemake(*ARGUMENTS)
    return folder


def test_features_of_a_round_are_made_where_a_query_reads_them(tuned):
    rounds_with_features = {
        str(path.parent.relative_to(tuned.path)) for path in tuned.path.glob("results/**/features.h5")
    }
    assert rounds_with_features == {
        "results/tuned/initial_random/seed0/round00",
        "results/tuned/margin/seed0/round01",
        "results/tuned/coreset/seed0/round01",
    }


def test_every_round_has_its_network(tuned):
    for strategy in ("random", "margin", "coreset"):
        run = tuned.path / f"results/tuned/{strategy}/seed0/round02"
        names = {file.name for file in run.iterdir()}
        assert names >= {"selected.csv", "head.h5", "metrics.json", "network.safetensors", "finetune.csv"}
        assert "state.h5" not in names


@pytest.mark.parametrize("round_number", [1, 2])
def test_picks_follow_from_the_network_of_the_round_before(tuned, round_number):
    root = tuned.path / "results/tuned"
    rounds = [root / "initial_random/seed0/round00", root / "margin/seed0/round01"]
    before = rounds[round_number - 1]
    with h5py.File(before / "features.h5") as features, h5py.File(before / "head.h5") as head:
        logits = features["train/features"][:].astype(np.float64) @ head["weight"][:].T + head["bias"][:]
    probabilities = np.exp(logits - logits.max(axis=1, keepdims=True))
    ordered = np.sort(probabilities / probabilities.sum(axis=1, keepdims=True), axis=1)
    margins = ordered[:, -1] - ordered[:, -2]
    earlier_files = [run / "selected.csv" for run in rounds[:round_number]] + [
        root / "splits/seed0/validation.csv"
    ]
    margins[np.concatenate([pd.read_csv(path)["index"] for path in earlier_files])] = np.inf
    picked = pd.read_csv(root / f"margin/seed0/round0{round_number}/selected.csv")["index"]
    assert picked.tolist() == np.argsort(margins, kind="stable")[:10].tolist()


def test_a_change_reruns_what_depends_on_it(tuned):
    assert "Nothing to be done" in tuned.snakemake(*ARGUMENTS)
    try:
        tuned.configure({**CONFIGURATION, "head": {**CONFIGURATION["head"], "epochs": 4}})
        planned = tuned.planned(*ARGUMENTS)
        assert planned["finetune"] == 7
        assert "pretrain" not in planned and "validation" not in planned
        tuned.configure({**CONFIGURATION, "strategies": ["random", "margin", "coreset", "entropy"]})
        planned = tuned.planned(*ARGUMENTS)
        assert (planned["finetune"], planned["select"], planned["score"]) == (2, 2, 2)
    finally:
        tuned.configure(CONFIGURATION)
