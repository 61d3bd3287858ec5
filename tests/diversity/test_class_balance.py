import numpy as np
import pytest

from activepool.compute.blocks import Compute
from activepool.diversity import class_balance
from activepool.diversity.class_balance import (
    ClassMeans,
    NearestToClass,
    NearestToMovingClass,
    balanced_picks,
    labels_missing,
)
from activepool.features.store import FeatureMatrix


def definition(
    features, pool, labelled, labels, classes, budget, remaining_budget, counts_as, shuffled, extreme, moves
):
    """One pick after the other, each from all distances, in float64."""
    features = features.astype(np.float64)
    counts = np.bincount(labels, minlength=classes)
    members = {label: labelled[labels == label].tolist() for label in np.unique(labels)}
    remaining, picks = sorted(pool.tolist()), []

    def squared(label):
        if label not in members:
            return np.ones(len(remaining))
        return np.square(features[remaining] - features[members[label]].mean(axis=0)).sum(axis=1)

    while len(picks) < budget:
        majority = [label for label in range(classes) if counts[label] > counts.mean()]
        minority = [label for label in range(classes) if label not in majority]
        missing = len(minority) * (counts[majority].mean() - counts[minority].mean()) if majority else 0
        if missing < remaining_budget - len(picks):
            pick = next(row for row in shuffled if row in remaining)
        else:
            to_majority = [squared(label) for label in majority if label in members]
            ratio = squared(int(counts.argmin())) / (extreme(to_majority, axis=0) if to_majority else 1)
            pick = remaining[int(ratio.astype(np.float32).argmin())]
        remaining.remove(pick)
        counts[counts_as[pick]] += 1
        if moves:
            members.setdefault(counts_as[pick], []).append(pick)
        picks.append(pick)
    return picks


def imbalanced(generator, size=150, width=4, classes=5, labelled=40, empty=()):
    """Features in clusters, and a labelled set of long-tailed class counts."""
    truth = generator.integers(0, classes, size)
    features = generator.standard_normal((classes, width))[truth] * 2 + generator.standard_normal(
        (size, width)
    )
    order = generator.permutation(size)
    weight = np.where(np.isin(truth, empty), 0, 0.4 ** truth.astype(float))
    rows = order[np.argsort(-weight[order] * generator.random(size), kind="stable")[:labelled]]
    return features.astype(np.float32), np.setdiff1d(np.arange(size), rows), rows, truth[rows], truth


@pytest.mark.parametrize("length", [1, 3, 200, None])
@pytest.mark.parametrize("empty", [(), (1, 4)])
@pytest.mark.parametrize("remaining_budget", [30, 60, 200])
@pytest.mark.parametrize("majority", ["nearest", "farthest"])
def test_picks_are_those_of_the_definition(monkeypatch, length, empty, remaining_budget, majority):
    """With a length of the lists, the means are fixed; without, they move."""
    monkeypatch.setattr(class_balance, "BLOCK_ROWS", 16)
    monkeypatch.setattr(class_balance, "CHUNK_ROWS", 4)
    for seed in range(4):
        generator = np.random.default_rng(seed)
        features, pool, rows, labels, truth = imbalanced(generator, empty=empty)
        predicted = np.where(generator.random(len(truth)) < 0.3, generator.integers(0, 5, len(truth)), truth)
        matrix = FeatureMatrix.from_array(features)
        means = ClassMeans.from_labelled(matrix, rows, labels, 5, majority)
        counts = np.bincount(labels, minlength=5)
        candidates = (
            NearestToClass(matrix, pool, means, length)
            if length
            else NearestToMovingClass(matrix, pool, means, counts)
        )
        with Compute(workers=2).mapping() as mapping:
            picks = balanced_picks(
                candidates,
                counts,
                30,
                remaining_budget,
                predicted.__getitem__,
                np.random.default_rng(9),
                mapping,
            )
        shuffled = np.random.default_rng(9).permutation(pool).tolist()
        extreme = {"nearest": np.min, "farthest": np.max}[majority]
        expected = definition(
            features,
            pool,
            rows,
            labels,
            5,
            30,
            remaining_budget,
            predicted,
            shuffled,
            extreme,
            moves=length is None,
        )
        assert picks.tolist() == expected


def test_labels_missing_lift_the_minority_to_the_average_majority():
    assert labels_missing(np.array([10, 8, 3, 3])) == 2 * (9 - 3)
    assert labels_missing(np.array([4, 4, 4])) == 0


def test_equal_samples_are_taken_in_their_order():
    features = np.tile(np.array([[0.0, 0.0], [5.0, 1.0]], dtype=np.float32), (30, 1))
    matrix = FeatureMatrix.from_array(features)
    means = ClassMeans.from_labelled(matrix, np.array([0, 1]), np.array([0, 1]), 2)
    candidates = NearestToClass(matrix, np.arange(2, 60), means, 2)
    picks = []
    with Compute().mapping() as mapping:
        for _ in range(29):
            picks.append(candidates.nearest(0, np.array([False, True]), mapping))
            candidates.take(picks[-1], 0)
    assert picks == list(range(2, 60, 2))


def test_a_sample_on_a_majority_mean_is_infinitely_far():
    means = ClassMeans(np.array([[0.0], [3.0]]), np.array([True, True]))
    ratios = means.ratios(np.array([[3.0], [1.0]]), np.array([False, True]))
    assert ratios.tolist() == [[np.inf, np.inf], [0.25, 1.0]]
