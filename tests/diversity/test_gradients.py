import numpy as np
import pytest
from devices import DEVICES

from activepool.compute.blocks import Compute, to_numpy
from activepool.diversity.gradients import BOUND_STEP, GradientEmbeddings, squared_distances
from activepool.features.store import FeatureMatrix
from activepool.heads.linear import LinearHead


def problem(size=40, width=6, classes=4, seed=0, dtype=np.float32):
    generator = np.random.default_rng(seed)
    features = generator.standard_normal((size, width)).astype(dtype)
    head = LinearHead(
        generator.standard_normal((classes, width), dtype=np.float32),
        generator.standard_normal(classes, dtype=np.float32),
    )
    return features, head


def explicit_embeddings(features, head):
    """(p − e_ŷ) ⊗ z, written out: (n, C × d) float64."""
    logits = features.astype(np.float64) @ head.weight.T.astype(np.float64) + head.bias
    probabilities = np.exp(logits - logits.max(axis=1, keepdims=True))
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    residuals = probabilities - np.eye(len(head.bias))[probabilities.argmax(axis=1)]
    return np.einsum("ic,id->icd", residuals, features.astype(np.float64)).reshape(len(features), -1)


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_norms_and_distances_are_those_of_the_written_out_embeddings(device, dtype):
    features, head = problem(dtype=dtype)
    written_out = explicit_embeddings(features, head)
    embeddings = GradientEmbeddings(FeatureMatrix.from_array(features), head, Compute(device, workers=2))
    left, right = np.array([3, 17, 5]), np.arange(20, 40)
    distances = squared_distances(embeddings.take(left), embeddings.take(right))
    expected = np.square(written_out[left][:, None] - written_out[right]).sum(axis=2)
    np.testing.assert_allclose(to_numpy(distances), expected, rtol=1e-9)
    norms = embeddings.squared_norms(np.arange(40))
    np.testing.assert_allclose(norms, np.square(written_out).sum(axis=1), rtol=1e-5)


def test_equal_samples_have_distance_zero_and_others_have_not():
    features, head = problem(size=5, width=300)
    embeddings = GradientEmbeddings(FeatureMatrix.from_array(np.tile(features, (2, 1))), head, Compute())
    distances = squared_distances(embeddings.take(np.arange(5)), embeddings.take(np.arange(5, 10)))
    assert np.array_equal(distances == 0, np.eye(5, dtype=bool))


def test_a_sure_prediction_keeps_the_digits_of_its_short_gradient():
    head = LinearHead(np.array([[12.0], [0.0], [-1.0]], dtype=np.float32), np.zeros(3, dtype=np.float32))
    features = np.array([[1.5]], dtype=np.float32)
    matrix = FeatureMatrix.from_array(features)
    norm = GradientEmbeddings(matrix, head, Compute()).squared_norms(np.array([0]))
    np.testing.assert_allclose(norm[0], np.square(explicit_embeddings(features, head)).sum(), rtol=1e-5)


@pytest.mark.parametrize("device", DEVICES)
def test_norm_bounds_are_the_next_step_above_the_norm(device):
    features, head = problem(size=3000, width=8)
    features[:5] = 0
    embeddings = GradientEmbeddings(FeatureMatrix.from_array(features), head, Compute(device, workers=2))
    rows = np.arange(3000)
    norms = np.square(explicit_embeddings(features, head)).sum(axis=1)
    mantissa, exponent = np.frexp(norms)
    expected = np.ldexp(np.ceil(mantissa / BOUND_STEP) * BOUND_STEP, exponent)
    assert np.array_equal(embeddings.norm_bounds(rows, embeddings.squared_norms(rows)), expected)
    assert (expected[:5] == 0).all()


def test_errors_of_float32_do_not_show_in_norm_bounds():
    """Norms as another kernel may give them: wrong in the last digits, and one too small for float32."""
    features, head = problem(size=3000, width=8)
    features[7] *= 1e-15
    embeddings = GradientEmbeddings(FeatureMatrix.from_array(features), head, Compute())
    rows = np.arange(3000)
    norms = embeddings.squared_norms(rows)
    noise = 1 + 2e-5 * np.random.default_rng(0).uniform(-1, 1, 3000)
    expected = embeddings.norm_bounds(rows, norms)
    assert np.array_equal(embeddings.norm_bounds(rows, (norms * noise).astype(np.float32)), expected)
    norms[7] = 0
    assert np.array_equal(embeddings.norm_bounds(rows, norms), expected)


def test_of_equally_long_embeddings_the_lower_position_is_the_longest():
    features, head = problem(size=30, width=50)
    embeddings = GradientEmbeddings(FeatureMatrix.from_array(np.tile(features, (3, 1))), head, Compute())
    rows = np.arange(90)[::-1].copy()
    longest = embeddings.longest(rows, embeddings.squared_norms(rows))
    expected = np.square(explicit_embeddings(features, head)).sum(axis=1).argmax()
    assert rows[longest] == expected + 60
