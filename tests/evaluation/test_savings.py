import numpy as np
import pandas as pd
import pytest
from scipy import stats

from activepool.evaluation.savings import label_savings, labels_to_reach


def curve(values, labels, seeds=None):
    index = pd.MultiIndex.from_arrays([range(len(labels)), labels], names=["round", "labels"])
    return pd.DataFrame(values, index=index, columns=seeds)


def plain_labels_to_reach(labels, values, level):
    """Walk along the segments, to the first point at the level or above."""
    if values[0] >= level:
        return labels[0]
    for start in range(len(labels) - 1):
        if values[start + 1] >= level:
            slope = (values[start + 1] - values[start]) / (labels[start + 1] - labels[start])
            return labels[start] + (level - values[start]) / slope
    return np.nan


def problems():
    cases = []
    for seed in range(12):
        generator = np.random.default_rng(seed)
        points = int(generator.integers(1, 9))
        labels = np.cumsum(generator.integers(1, 40, points))
        # Coarse values, so that curves fall, stay level and meet the levels exactly.
        cases.append((labels, generator.integers(0, 5, (points, 3)) / 4, np.linspace(-0.25, 1.25, 13)))
    return cases


@pytest.mark.parametrize(("labels", "values", "levels"), problems())
def test_labels_to_reach_are_those_of_a_walk(labels, values, levels):
    mean = values.mean(axis=1)
    expected = [plain_labels_to_reach(labels, mean, level) for level in levels]
    np.testing.assert_allclose(labels_to_reach(curve(values, labels), levels), expected)
    mean_curve = curve(mean[:, None], labels)
    np.testing.assert_allclose(labels_to_reach(mean_curve, levels), expected)


def test_one_level_gives_one_number():
    levels = curve([[0.5], [0.75], [0.7], [1.0]], [10, 20, 30, 40])
    assert labels_to_reach(levels, 0.625) == 15
    assert labels_to_reach(levels, 0.7) == 18
    assert labels_to_reach(levels, 0.1) == 10
    assert np.isnan(labels_to_reach(levels, 1.01))
    assert np.isnan(labels_to_reach(levels, np.nan))


def saving(ours, theirs, labels, point):
    level = np.mean(theirs[point])
    return 1 - plain_labels_to_reach(labels, ours.mean(axis=1), level) / labels[point]


@pytest.mark.parametrize("seed", range(8))
def test_savings_and_their_jackknife_are_those_of_plain_loops(seed):
    generator = np.random.default_rng(seed)
    points, seeds = 6, int(generator.integers(2, 6))
    labels = np.cumsum(generator.integers(5, 40, points))
    theirs = np.sort(generator.random((points, seeds)), axis=0)
    ours = np.clip(theirs + generator.normal(0.1, 0.05, theirs.shape), 0, 1)
    savings = label_savings(curve(ours, labels), curve(theirs, labels), 0.9)
    for point in range(points):
        whole = saving(ours, theirs, labels, point)
        left_out = [
            saving(np.delete(ours, number, 1), np.delete(theirs, number, 1), labels, point)
            for number in range(seeds)
        ]
        # The jackknife's variance in its other form: (n − 1)/n · Σ (s_k − mean)².
        variance = (seeds - 1) / seeds * np.sum((left_out - np.mean(left_out)) ** 2)
        row = savings.iloc[point]
        np.testing.assert_allclose(row["level"], theirs[point].mean())
        np.testing.assert_allclose(row["saving"], whole, atol=1e-12)
        np.testing.assert_allclose(row["needed"], (1 - whole) * labels[point])
        half_width = stats.t.ppf(0.95, seeds - 1) * np.sqrt(variance)
        np.testing.assert_allclose(row["half_width"], half_width, atol=1e-9)


def test_a_curve_that_is_twice_as_fast_saves_half():
    levels = np.linspace(0.1, 0.6, 6)[:, None] + [0.0, 0.01]
    savings = label_savings(curve(levels, range(10, 70, 10)), curve(levels, range(20, 140, 20)), 0.95)
    np.testing.assert_allclose(savings["saving"], 0.5)
    np.testing.assert_allclose(savings["half_width"], 0, atol=1e-12)
    assert savings.index.get_level_values("labels").tolist() == [20, 40, 60, 80, 100, 120]


def test_needing_more_is_negative_and_never_reaching_is_missing():
    slow = curve([[0.0, 0.0], [0.25, 0.25], [0.5, 0.5]], [10, 20, 30])
    fast = curve([[0.0, 0.0], [0.5, 0.5], [0.75, 0.75]], [10, 20, 30])
    savings = label_savings(slow, fast, 0.95)
    assert savings["saving"].tolist()[:2] == [0.0, -0.5]
    assert savings.iloc[2][["needed", "saving", "half_width"]].isna().all()


def test_an_interval_needs_every_seed_to_reach_the_level():
    reference = curve([[0.0, 0.0], [0.5, 0.5]], [10, 20])
    savings = label_savings(curve([[0.0, 0.0], [0.8, 0.4]], [10, 20]), reference, 0.95)
    assert savings["saving"].notna().all()
    assert np.isnan(savings["half_width"].iloc[1])


def test_one_seed_has_no_interval_and_others_are_left_out():
    ours = curve([[0.0, 9.0], [1.0, 9.0]], [10, 20], seeds=[0, 1])
    theirs = curve([[0.0, 7.0], [0.5, 7.0]], [10, 20], seeds=[0, 2])
    savings = label_savings(ours, theirs, 0.95)
    assert savings["saving"].tolist() == [0.0, 0.25]
    assert savings["half_width"].isna().all()
