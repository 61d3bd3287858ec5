import math

import numpy as np
import torch
from image_datasets import make_dataset

from activepool.backbones.registry import build
from activepool.parallel.distributed import Processes
from activepool.pretraining import knn
from activepool.pretraining.knn import KnnProbe, classify


def classify_by_loops(features, labels, queries, neighbours):
    """Wu et al. 2018, section 3.4, one query after the other."""
    predicted = []
    for query in queries.double():
        similarity = [float(query @ feature / query.norm() / feature.norm()) for feature in features.double()]
        nearest = sorted(range(len(features)), key=lambda row: -similarity[row])[:neighbours]
        votes = dict.fromkeys(range(int(labels.max()) + 1), 0.0)
        for row in nearest:
            votes[int(labels[row])] += math.exp(similarity[row] / 0.07)
        predicted.append(max(votes, key=votes.get))
    return predicted


def test_classes_are_those_of_the_paper():
    generator = torch.Generator().manual_seed(0)
    features, queries = torch.randn(40, 4, generator=generator), torch.randn(300, 4, generator=generator)
    labels = torch.randint(5, (40,), generator=generator)
    for neighbours in (1, 7, 200):
        classes = classify(features, labels, queries, neighbours).tolist()
        assert classes == classify_by_loops(features, labels, queries, neighbours)


def test_a_probe_knows_what_is_labelled(tmp_path):
    backbone = build("identity", 8, 1)
    labels = np.array([0, 1, -1] * 6)
    labelled = make_dataset(tmp_path / "some.h5", rows=18, labels=labels)
    unlabelled = make_dataset(tmp_path / "none.h5")
    probe = KnnProbe(labelled, backbone, 0, Processes())
    assert probe.is_possible and probe._rows["train"].tolist() == np.flatnonzero(labels >= 0).tolist()
    assert not KnnProbe(unlabelled, backbone, 0, Processes()).is_possible


def test_accuracy_is_that_of_the_features(tmp_path, monkeypatch):
    # Both parts are the same images: the nearest neighbour of each is itself.
    dataset = make_dataset(tmp_path / "dataset.h5", rows=300, labels=np.arange(300) % 7)
    monkeypatch.setattr(knn.classify, "__defaults__", (1,))
    probe = KnnProbe(dataset, build("identity", 8, 1), 0, Processes())
    assert probe.accuracy(build("identity", 8, 1), 0) == 1.0


def test_rows_are_limited(tmp_path, monkeypatch):
    monkeypatch.setattr(knn, "MAX_ROWS", {"train": 5, "test": 4})
    dataset = make_dataset(tmp_path / "dataset.h5", labels=np.arange(19) % 2)
    chosen = [KnnProbe(dataset, build("identity", 8, 1), seed, Processes())._rows for seed in (0, 0, 1)]
    assert [len(rows) for rows in chosen[0].values()] == [5, 4]
    assert np.array_equal(chosen[0]["train"], chosen[1]["train"])
    assert not np.array_equal(chosen[0]["train"], chosen[2]["train"])
