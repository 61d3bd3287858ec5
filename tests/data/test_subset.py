import json

import h5py
import numpy as np
import pytest

from activepool.data.dataset import prepare
from activepool.data.embeddings import write_features
from activepool.data.kinds import preview
from activepool.data.settings import DatasetSettings
from activepool.data.subset import subset_counts, subset_rows


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("fraction", [0.01, 0.3, 0.5, 1])
def test_each_class_keeps_its_share_and_at_least_one_sample(seed, fraction):
    labels = np.random.default_rng(seed).integers(-1, 7, 501)
    rows = subset_rows(labels, 9, fraction, "train")
    assert (np.diff(rows) > 0).all()
    for label in range(-1, 9):
        there = np.count_nonzero(labels == label)
        expected = min(there, max(1, round(there * fraction)))
        assert np.count_nonzero(labels[rows] == label) == expected


def test_a_larger_share_contains_a_smaller_one_and_parts_differ():
    labels = np.random.default_rng(0).integers(-1, 5, 400)
    small, large, other_part = (
        subset_rows(labels, 5, *how) for how in ((0.1, "train"), (0.4, "train"), (0.1, "test"))
    )
    assert set(small) < set(large)
    assert set(small) != set(other_part)
    assert subset_rows(labels, 5, 0.1, "train").tolist() == small.tolist()


def test_an_empty_class_keeps_nothing():
    assert subset_counts(np.array([0, 1, 149, 151]), 0.01).tolist() == [0, 1, 1, 2]


def test_a_dataset_of_images_becomes_smaller_in_both_parts():
    settings = {"kind": "digits", "imbalance": {"kind": "exp", "factor": 0.1}}
    whole, _ = prepare(DatasetSettings.parse(settings))
    small, _ = prepare(DatasetSettings.parse(settings | {"fraction": 0.2}))
    for part in ("train", "test"):
        counts = [np.bincount(getattr(samples, part).labels, minlength=10) for samples in (whole, small)]
        assert counts[1].tolist() == subset_counts(counts[0], 0.2).tolist()
    assert set(small.train.sources) < set(whole.train.sources)
    facts = preview(settings | {"fraction": 0.2})
    assert facts.train_class_counts.tolist() == np.bincount(small.train.labels).tolist()
    assert facts.num_train == len(small.train)
    assert abs(facts.num_test - len(small.test)) <= 10


def test_embeddings_become_smaller_in_both_parts(tmp_path):
    draws = np.random.default_rng(0)
    with h5py.File(tmp_path / "given.h5", "w") as file:
        for part, rows in (("train", 200), ("test", 90)):
            file[f"{part}/features"] = draws.normal(size=(rows, 3)).astype(np.float32)
            file[f"{part}/labels"] = np.arange(rows) % 5 - 1
    write_features(tmp_path / "small.h5", tmp_path / "given.h5", fraction=0.1)
    with h5py.File(tmp_path / "given.h5") as whole, h5py.File(tmp_path / "small.h5") as small:
        for part in ("train", "test"):
            labels = whole[f"{part}/labels"][:]
            rows = subset_rows(labels, 4, 0.1, part)
            assert small[f"{part}/labels"][:].tolist() == labels[rows].tolist()
            assert (small[f"{part}/features"][:] == whole[f"{part}/features"][:][rows]).all()
    options = {"kind": "embeddings", "options": {"path": str(tmp_path / "given.h5")}, "fraction": 0.1}
    facts = preview(json.loads(json.dumps(options)))
    assert (facts.num_train, facts.num_test) == (20, 9)
