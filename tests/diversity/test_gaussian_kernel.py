"""Uncovered pairs against the kernel, written out in float64."""

import numpy as np
import pytest
from devices import DEVICES
from test_herding import kernel, unit

from activepool.compute.blocks import Compute
from activepool.diversity import gaussian_kernel
from activepool.diversity.gaussian_kernel import GaussianKernel, Targets
from activepool.features.store import FeatureMatrix
from activepool.features.unit_rows import unit_rows


def problem(bandwidth, width, size=90, chosen=7):
    """Features, targets, the rows of samples, and the cover by some of them."""
    random = np.random.default_rng(width)
    features = random.normal(size=(size, width)).astype(np.float32)
    features[5], features[11] = features[4], 0
    rows = np.sort(random.permutation(size)[: size // 2])
    targets = Targets(rows, random.random(len(rows)), bandwidth)
    cover = kernel(features, np.arange(chosen), targets).max(axis=0, initial=0)
    return features, targets, np.arange(chosen, size), cover


def uncovered(features, targets, samples, cover, device="cpu"):
    compute = Compute(device, workers=2)
    with compute.mapping() as mapping:
        matrix = unit_rows(FeatureMatrix.from_array(features))
        return GaussianKernel(matrix, targets, compute).uncovered(samples, cover, mapping)


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("width", [1, 3, 400])
@pytest.mark.parametrize("bandwidth", [0.01, 0.3, 1.0, 10.0])
@pytest.mark.parametrize("chosen", [0, 7, 60])
def test_no_uncovered_pair_is_missing_and_bounds_are_close(monkeypatch, device, width, bandwidth, chosen):
    monkeypatch.setattr(gaussian_kernel, "PRODUCT_ROWS", 11)
    features, targets, samples, cover = problem(bandwidth, width, chosen=chosen)
    pairs = uncovered(features, targets, samples, cover, device)
    exact = kernel(features, samples, targets).astype(np.float32)
    bounds = {}
    for sample in range(len(samples)):
        for pair in range(pairs.starts[sample], pairs.starts[sample + 1]):
            bounds[sample, pairs.targets[pair]] = pairs.kernels[pair]
    missing = [pair for pair in zip(*np.nonzero(exact > cover), strict=True) if pair not in bounds]
    assert not missing
    for (sample, target), bound in bounds.items():
        difference = unit(features)[samples[sample]] - unit(features)[targets.rows[target]].astype(np.float64)
        squared = np.square(difference).sum() - 1e-3
        assert exact[sample, target] <= bound <= np.exp(-max(squared, 0) / bandwidth**2) * (1 + 1e-5) + 1e-30
    if chosen == 60 and width == 400 and bandwidth < 10:
        assert len(bounds) < 0.1 * exact.size


@pytest.mark.parametrize("samples", [[3, 0, 50], [82], []])
def test_gains_are_bounded_for_any_cover_that_is_larger(samples):
    features, targets, rows, cover = problem(0.6, 3)
    pairs = uncovered(features, targets, rows, cover)
    larger = np.maximum(cover, kernel(features, rows[40:45], targets).max(axis=0))
    samples = np.array(samples, dtype=np.int64)
    exact = kernel(features, rows[samples], targets)
    for now in (cover, larger):
        gains = (np.maximum(exact - now, 0) * targets.weights).mean(axis=1)
        bounds = pairs.gains(samples, now, targets.weights)
        assert (bounds >= gains).all()
        np.testing.assert_allclose(bounds, gains, atol=2e-4)


def test_too_many_pairs_give_none(monkeypatch):
    features, targets, rows, cover = problem(1.0, 3)
    count = uncovered(features, targets, rows, cover).starts[-1]
    monkeypatch.setattr(gaussian_kernel, "KEPT_PAIRS", count - 1)
    assert uncovered(features, targets, rows, cover) is None


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("bandwidth", [0.6, 1.0, 10.0])
@pytest.mark.parametrize("some", [[20], [3, 20, 40], range(45)])
def test_gains_by_some_targets_are_estimated_for_two_covers(monkeypatch, device, bandwidth, some):
    monkeypatch.setattr(gaussian_kernel, "PRODUCT_ROWS", 11)
    monkeypatch.setattr(gaussian_kernel, "TILE_TARGETS", 10)
    features, targets, samples, cover = problem(bandwidth, 5)
    some = np.array(some)
    compute = Compute(device, workers=2)
    with compute.mapping() as mapping:
        estimates = GaussianKernel(
            unit_rows(FeatureMatrix.from_array(features)), targets, compute
        ).estimated_gains(samples, some, (cover / 2, cover), mapping)
    kernels, weights = kernel(features, samples, targets)[:, some], targets.weights[some]
    for column, now in enumerate((cover / 2, cover)):
        gains = (np.maximum(kernels - now[some], 0) * weights).sum(axis=1) / len(targets.rows)
        np.testing.assert_allclose(estimates[:, column], gains, atol=1e-6)
    assert (estimates[:, 0] > estimates[:, 1]).any()


@pytest.mark.parametrize("some", [1, 5, 1000])
def test_some_samples_tell_that_there_are_too_many_pairs(monkeypatch, some):
    """Then the others are not compared."""
    compared, samples_of = [], GaussianKernel._samples
    monkeypatch.setattr(
        GaussianKernel, "_samples", lambda kernel, rows: compared.extend(rows) or samples_of(kernel, rows)
    )
    monkeypatch.setattr(gaussian_kernel, "SAMPLED_ROWS", some)
    monkeypatch.setattr(gaussian_kernel, "KEPT_PAIRS", 10)
    features, targets, samples, cover = problem(1.0, 3)
    assert uncovered(features, targets, samples, cover) is None
    assert len(compared) <= min(some, len(samples))
