"""Lazy greedy cover against full greedy cover, written out in float64."""

import numpy as np
import pytest
from devices import DEVICES

from activepool.compute.blocks import Compute
from activepool.diversity import gaussian_kernel, herding
from activepool.diversity.gaussian_kernel import FEATURE_BITS, GaussianKernel, Targets
from activepool.diversity.herding import GAIN_RESOLUTION, herd
from activepool.errors import InputError
from activepool.features.store import FeatureMatrix
from activepool.features.unit_rows import unit_rows


@pytest.fixture(params=[0, 600, 10**6])
def small_blocks(monkeypatch, request):
    """Sizes at which samples are compared a few at a time, and forgotten again.

    There is never room for all uncovered pairs, or after some picks, or at once.
    """
    monkeypatch.setattr(gaussian_kernel, "PRODUCT_ROWS", 7)
    monkeypatch.setattr(gaussian_kernel, "TILE_TARGETS", 10)
    monkeypatch.setattr(gaussian_kernel, "SAMPLED_ROWS", 20)
    monkeypatch.setattr(gaussian_kernel, "KEPT_PAIRS", request.param)
    monkeypatch.setattr(herding, "COMPARED_ROWS", 3)
    monkeypatch.setattr(herding, "KEPT_ENTRIES", 900)


def unit(features):
    features = features.astype(np.float64)
    norms = np.linalg.norm(features, axis=1, keepdims=True)
    return (features / np.where(norms > 0, norms, 1)).astype(np.float32)


def kernel(features, rows, targets):
    """The kernel of features rounded as those of the library, in float32."""
    features = np.rint(unit(features).astype(np.float64) * 2.0**FEATURE_BITS) / 2.0**FEATURE_BITS
    difference = features[rows][:, None] - features[targets.rows]
    return np.exp(-np.square(difference).sum(axis=2) / targets.bandwidth**2)


def definition(features, targets, pool, chosen, budget):
    cover = kernel(features, chosen, targets).max(axis=0, initial=0)
    kernels = kernel(features, pool, targets).astype(np.float32).astype(np.float64)
    picks, gains = [], []
    for _ in range(budget):
        gain = (np.maximum(kernels - cover, 0) * targets.weights).mean(axis=1)
        gain = np.round(gain / GAIN_RESOLUTION) * GAIN_RESOLUTION
        gain[picks] = -1
        picks.append(int(gain.argmax()))
        gains.append(gain[picks[-1]])
        cover = np.maximum(cover, kernels[picks[-1]])
    return pool[picks], gains


def check(features, targets, pool, chosen, budget, compute=Compute(workers=2)):
    matrix = unit_rows(FeatureMatrix.from_array(features))
    picks, gains = herd(matrix, targets, pool, chosen, budget, compute)
    expected, expected_gains = definition(features, targets, pool, chosen, budget)
    assert picks.tolist() == expected.tolist()
    np.testing.assert_allclose(gains, expected_gains, atol=2 * GAIN_RESOLUTION)
    return gains


def case(seed, size=151, width=4, chosen=9, share=0.6):
    """Features; and the rows of targets, pool and chosen samples."""
    random = np.random.default_rng(seed)
    features = (random.normal(size=(5, width))[random.integers(0, 5, size)] * 2).astype(np.float32)
    features += random.normal(size=(size, width)).astype(np.float32)
    order = random.permutation(size)
    targets = np.sort(random.permutation(size)[: int(share * size)])
    return features, targets, np.sort(order[chosen:]), order[:chosen]


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("chosen", [0, 9])
@pytest.mark.parametrize("bandwidth", [0.2, 1.0, 5.0])
@pytest.mark.parametrize("budget", [1, 17, 100])
def test_picks_are_those_of_the_definition(small_blocks, device, chosen, bandwidth, budget):
    features, rows, pool, chosen = case(budget, chosen=chosen)
    targets = Targets(rows, np.random.default_rng(1).random(len(rows)), bandwidth)
    gains = check(features, targets, pool, chosen, budget, Compute(device, workers=2))
    assert (np.diff(gains) <= 0).all()


@pytest.mark.parametrize("width", [1, 2, 5])
def test_ties_go_to_the_lower_row(small_blocks, width):
    """Equal samples; and samples of width 1 are all alike, but for their sign."""
    random = np.random.default_rng(width)
    features = random.integers(-1, 2, (130, width)).astype(np.float32)
    order = random.permutation(130)
    check(features, Targets(np.arange(130), np.ones(130), 1.0), np.sort(order[5:]), order[:5], 110)


def test_without_weight_nothing_is_gained_and_the_lowest_rows_are_picked(small_blocks):
    features, rows, pool, chosen = case(0)
    gains = check(features, Targets(rows, np.zeros(len(rows)), 1.0), pool, chosen, 12)
    assert not gains.any()


def test_a_pool_of_all_blocks():
    features, rows, pool, chosen = case(3, size=700, width=20, share=1.0)
    check(features, Targets(rows, np.ones(len(rows)), 1.0), pool, chosen, 150)


@pytest.mark.parametrize("kept_pairs", [0, gaussian_kernel.KEPT_PAIRS])
def test_few_samples_are_compared_where_old_gains_tell_enough(monkeypatch, kept_pairs):
    """Far fewer than in every turn, and not all: what lazy greedy is for."""
    compared, exact = [], GaussianKernel.exact
    monkeypatch.setattr(
        GaussianKernel,
        "exact",
        lambda kernel, rows, *arguments: compared.append(len(rows)) or exact(kernel, rows, *arguments),
    )
    monkeypatch.setattr(gaussian_kernel, "KEPT_PAIRS", kept_pairs)
    monkeypatch.setattr(herding, "COMPARED_ROWS", 8)
    features, rows, pool, chosen = case(3, size=900, width=20, chosen=100, share=1.0)
    check(features, Targets(rows, np.ones(len(rows)), 0.5), pool, chosen, 60)
    assert sum(compared) - 100 < 600


def test_estimates_are_brought_up_to_date_by_the_targets_whose_cover_has_grown(monkeypatch):
    estimated, estimates = [], GaussianKernel.estimated_gains
    monkeypatch.setattr(
        GaussianKernel,
        "estimated_gains",
        lambda kernel, rows, targets, *arguments: (
            estimated.append((len(rows), len(targets))) or estimates(kernel, rows, targets, *arguments)
        ),
    )
    monkeypatch.setattr(gaussian_kernel, "KEPT_PAIRS", 0)
    monkeypatch.setattr(herding, "COMPARED_ROWS", 8)
    features, rows, pool, _ = case(3, size=900, width=20, share=1.0)
    check(features, Targets(rows, np.ones(len(rows)), 0.5), pool, pool[:0], 60)
    assert estimated[0] == (len(pool), len(rows))
    later = [targets for _, targets in estimated[1:]]
    assert 3 < len(later) < 60
    assert min(later) < 0.6 * len(rows)


def test_workers_change_no_bit():
    features, rows, pool, chosen = case(1)
    targets, matrix = Targets(rows, np.ones(len(rows)), 1.0), unit_rows(FeatureMatrix.from_array(features))
    one, two = (herd(matrix, targets, pool, chosen, 40, Compute(workers=count)) for count in (1, 2))
    assert all(left.tobytes() == right.tobytes() for left, right in zip(one, two, strict=True))


@pytest.mark.parametrize("of_target", [False, True])
def test_a_feature_that_is_not_finite_is_refused(of_target):
    features, rows, pool, chosen = case(1)
    row = rows[3] if of_target else np.setdiff1d(pool, rows)[3]
    features[row, 1] = np.inf
    matrix, targets = unit_rows(FeatureMatrix.from_array(features)), Targets(rows, np.ones(len(rows)), 1.0)
    with pytest.raises(InputError, match=f"row {row} has values that are not finite"):
        herd(matrix, targets, pool, chosen, 5, Compute())
