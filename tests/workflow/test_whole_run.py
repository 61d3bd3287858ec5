"""The workflow run to its end on embeddings, and what a second run does."""

import json

import h5py
import numpy as np
import pandas as pd
import pytest
from workflow.conftest import EMBEDDINGS, write_embeddings
from workflow_runs import Folder

BITS = ("results/**/selected.csv", "results/**/head.h5", "results/**/validation.csv", "results/**/curves.csv")

#: What the last round of a strategy makes.
LAST = "results/trial/entropy/seed0/round02/metrics.json"

#: What every new round brings with it.
EVALUATION = {"curves": 1, "selections": 1, "costs": 1, "figure": 12, "table": 8, "feature_map": 1}


def index_of(path):
    return pd.read_csv(path)["index"].to_numpy()


def test_every_file_of_the_contract_is_there(finished):
    for strategy in ("random", "balanced_random", "entropy", "base", "coreset"):
        for seed in (0, 1):
            for round_number in (1, 2):
                run = finished.path / f"results/trial/{strategy}/seed{seed}/round{round_number:02d}"
                names = {file.name for file in run.iterdir()}
                assert names >= {"selected.csv", "labelled.csv", "head.h5", "metrics.json"}
                assert ("scores.h5" in names) == (strategy in ("entropy", "base"))
                assert ("state.h5" in names) == (strategy == "coreset")
    assert (finished.path / "results/trial/initial_balanced/seed1/round00/head.h5").is_file()
    assert not (finished.path / "results/trial/base/seed0/round00").exists()
    curves = pd.read_csv(finished.path / "results/trial/curves.csv")
    assert len(curves) == 5 * 2 * 3
    assert curves["labels"].unique().tolist() == [12, 22, 32]
    for figure in ("learning_curves", "difference_to_random", "imbalance", "class_counts"):
        assert (finished.path / f"results/trial/figures/{figure}.pdf").stat().st_size > 5000
        assert (finished.path / f"results/trial/figures/{figure}.png").stat().st_size > 5000


def test_no_sample_is_picked_twice_and_none_is_of_the_validation_split(finished):
    for strategy in ("random", "balanced_random", "entropy", "base", "coreset"):
        validation = index_of(finished.path / "results/trial/splits/seed0/validation.csv")
        rounds = [index_of(finished.path / "results/trial/initial_balanced/seed0/round00/selected.csv")]
        rounds += [
            index_of(finished.path / f"results/trial/{strategy}/seed0/round0{r}/selected.csv") for r in (1, 2)
        ]
        assert [len(picks) for picks in rounds] == [12, 10, 10]
        everything = np.concatenate([validation, *rounds])
        assert len(np.unique(everything)) == len(everything)


@pytest.mark.parametrize("round_number", [1, 2])
def test_picks_follow_from_the_files_alone(finished, round_number):
    """Entropy, recomputed by another program from features.h5, head.h5 and the earlier index files."""
    root = finished.path / "results/trial"
    with h5py.File(finished.path / "results/features/embeddings/given/features.h5") as file:
        features = file["train/features"][:].astype(np.float64)
    earlier = [root / "initial_balanced/seed1/round00", root / "entropy/seed1/round01"][:round_number]
    with h5py.File(earlier[-1] / "head.h5") as file:
        logits = features @ file["weight"][:].T.astype(np.float64) + file["bias"][:]
    probabilities = np.exp(logits - logits.max(axis=1, keepdims=True))
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    uncertainty = -(probabilities * np.log(probabilities + 1e-300)).sum(axis=1)
    taken = [index_of(run / "selected.csv") for run in earlier] + [
        index_of(root / "splits/seed1/validation.csv")
    ]
    uncertainty[np.concatenate(taken)] = -np.inf
    expected = np.argsort(-uncertainty, kind="stable")[:10]
    assert index_of(root / f"entropy/seed1/round0{round_number}/selected.csv").tolist() == expected.tolist()


def test_metrics_are_those_of_the_head(finished):
    run = finished.path / "results/trial/base/seed0/round02"
    metrics = json.loads((run / "metrics.json").read_text())
    with h5py.File(finished.path / "results/features/embeddings/given/features.h5") as file:
        features, labels = file["test/features"][:].astype(np.float64), file["test/labels"][:]
    with h5py.File(run / "head.h5") as file:
        predicted = (features @ file["weight"][:].T + file["bias"][:]).argmax(axis=1)
    assert metrics["top1"] == pytest.approx((predicted == labels).mean())
    assert metrics["labels"] == 32
    assert sum(metrics["class_counts"]) == 32


def test_a_second_run_has_nothing_to_do(finished):
    assert "Nothing to be done" in finished.snakemake()


def test_a_new_strategy_and_a_new_round_rerun_nothing_else(finished):
    more = {**EMBEDDINGS, "strategies": [*EMBEDDINGS["strategies"], "margin"]}
    try:
        finished.configure(more)
        assert finished.planned() == {"score": 4, "select": 4, "train": 4, **EVALUATION}
        finished.configure({**EMBEDDINGS, "rounds": 4})
        assert finished.planned() == {
            "score": 4,
            "select": 8,
            "select_with_state": 2,
            "train": 10,
            **EVALUATION,
        }
        finished.configure({**EMBEDDINGS, "seeds": [0, 1], "device": "cpu"})
        assert not finished.planned()
    finally:
        finished.configure(EMBEDDINGS)


def test_a_deleted_round_comes_back_the_same(finished):
    before = finished.digests(*BITS)
    deleted = "results/trial/entropy/seed0/round01/selected.csv"
    (finished.path / deleted).unlink()
    assert finished.planned() == {"select": 2, "train": 2, "score": 1, **EVALUATION}
    finished.snakemake(deleted, "results/trial/curves.csv")
    assert finished.digests(*BITS) == before


def test_a_stage_that_fails_says_why_and_leaves_no_output(tmp_path):
    write_embeddings(tmp_path / "given.h5")
    with h5py.File(tmp_path / "given.h5", "r+") as file:
        file["train/features"][17, 3] = np.nan
    printed = Folder(tmp_path, EMBEDDINGS).snakemake(check=False)
    assert "activepool: given.h5: train/features" in printed
    assert "Traceback" not in printed
    assert not list(tmp_path.glob("results/features/**/*.h5"))


def test_labels_that_come_later(tmp_path):
    """Labels of the pool are not known; a round asks for those it picked, and goes on when they are there."""
    write_embeddings(tmp_path / "given.h5")
    with h5py.File(tmp_path / "given.h5", "r+") as file:
        truth = file["train/labels"][:]
        known = truth.copy()
        known[100:] = -1
        file["train/labels"][:] = known
    (tmp_path / "bought.csv").write_text("index,label\n")
    folder = Folder(
        tmp_path,
        {
            **EMBEDDINGS,
            "dataset": {"kind": "embeddings", "path": "given.h5", "annotations": "bought.csv"},
            "strategies": ["entropy"],
            "seeds": 1,
        },
    )
    printed = folder.snakemake(LAST, check=False)
    assert "picked samples have no label yet" in printed
    assert "add them to bought.csv and run again" in printed
    for round_number in (1, 2):
        picks = index_of(tmp_path / f"results/trial/entropy/seed0/round0{round_number}/selected.csv")
        with (tmp_path / "bought.csv").open("a") as stream:
            stream.writelines(f"{row},{truth[row]}\n" for row in picks if known[row] < 0)
        folder.snakemake(LAST, check=round_number == 2)
    assert (tmp_path / LAST).is_file()
