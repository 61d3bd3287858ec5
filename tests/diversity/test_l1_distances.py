import numpy as np
import pytest

from activepool.compute.blocks import Compute
from activepool.diversity import l1_distances as module
from activepool.diversity.l1_distances import L1Distances, largest_probabilities
from activepool.features.store import FeatureMatrix
from activepool.scores.probabilities import GRID


def on_grid(seed, rows, classes, sharpness):
    random = np.random.default_rng(seed)
    logits = sharpness * random.standard_normal((rows, classes))
    alike = rows // 2
    logits[:alike] = logits[alike : 2 * alike] + 0.1 * random.standard_normal((alike, classes))
    values = np.exp(logits - logits.max(axis=1, keepdims=True))
    return (np.round(values / values.sum(axis=1, keepdims=True) * GRID) / GRID).astype(np.float32)


@pytest.mark.parametrize("classes", [1, 2, 15, 16, 30])
def test_largest_probabilities_are_those_of_a_sort(classes):
    values = np.random.default_rng(classes).integers(0, 4, (50, classes)).astype(np.float32)
    numbers, largest = largest_probabilities(values)
    expected = np.argsort(-values, axis=1, kind="stable")[:, :16]
    assert numbers.tolist() == expected.tolist()
    assert largest.tolist() == np.take_along_axis(values, expected, axis=1).tolist()


@pytest.mark.parametrize(("kept", "shared"), [(0, 0), (0, 50), (37, 80), (37, 20), (1000, 1000)])
@pytest.mark.parametrize("classes", [2, 17, 60])
@pytest.mark.parametrize("sharpness", [0.0, 1.0, 6.0])
def test_all_samples_nearer_than_their_limit_are_found(monkeypatch, kept, shared, classes, sharpness):
    monkeypatch.setattr(module, "KEPT_ENTRIES", kept * classes)
    monkeypatch.setattr(module, "SHARED_ENTRIES", shared * classes)
    monkeypatch.setattr(module, "BOUNDED_ROWS", 32)
    monkeypatch.setattr(module, "SHARED_ROWS", 16)
    random = np.random.default_rng(3)
    values = on_grid(kept, 131, classes, sharpness)
    rows = np.sort(random.permutation(len(values))[:117])
    compute = Compute("cpu", 2)
    order = random.permutation(len(rows))
    largest = largest_probabilities(values[rows])
    computed = L1Distances(FeatureMatrix.from_array(values), rows, *largest, order, compute)
    for sample in range(0, len(rows), 13):
        distances = np.abs(values[rows] - values[rows][sample]).sum(axis=1, dtype=np.float64)
        limits = np.where(random.random(len(rows)) < 0.1, np.nan, random.choice(distances, len(rows)))
        with compute.mapping() as mapping:
            near = list(computed.near(sample, limits, mapping))
        samples_found = np.concatenate([samples for samples, _ in near])
        assert (
            np.concatenate([distance for _, distance in near]).tolist() == distances[samples_found].tolist()
        )
        assert set(np.flatnonzero(distances < limits)) <= set(samples_found.tolist())
        assert not np.isnan(limits[samples_found]).any()
        assert len(np.unique(samples_found)) == len(samples_found)
