import numpy as np
import pytest
import torch

from activepool.compute.blocks import to_numpy
from activepool.compute.rows import other_maxima, row_maxima, row_minima, row_numbers

namespaces = pytest.mark.parametrize("namespace", [np.asarray, torch.asarray], ids=["numpy", "torch"])


@namespaces
@pytest.mark.parametrize("shape", [(0, 3), (1, 1), (5, 1), (41, 17), (41, 40)])
def test_extremes_are_those_of_a_plain_reduction(namespace, shape):
    values = np.random.default_rng(0).integers(-4, 4, shape).astype(np.float32)
    largest, places = row_maxima(namespace(values))
    assert to_numpy(largest).tolist() == values.max(axis=1).tolist()
    assert to_numpy(places).tolist() == values.argmax(axis=1).tolist()
    assert to_numpy(row_minima(namespace(values))).tolist() == values.min(axis=1).tolist()
    assert to_numpy(row_numbers(namespace(values))).tolist() == list(range(shape[0]))


@namespaces
def test_a_nan_is_both_extremes(namespace):
    values = np.array([[1, np.nan, 3], [1, np.inf, -np.inf]], np.float32)
    assert np.array_equal(to_numpy(row_maxima(namespace(values))[0]), [np.nan, np.inf], equal_nan=True)
    assert np.array_equal(to_numpy(row_minima(namespace(values))), [np.nan, -np.inf], equal_nan=True)


@namespaces
@pytest.mark.parametrize("width", [2, 17, 40])
def test_the_largest_of_the_others_leaves_the_values_as_they_were(namespace, width):
    values = np.random.default_rng(0).integers(-4, 4, (41, width)).astype(np.float32)
    array, expected = namespace(values.copy()), np.sort(values, axis=1)[:, -2]
    assert to_numpy(other_maxima(array, row_maxima(array)[1])).tolist() == expected.tolist()
    assert np.array_equal(to_numpy(array), values)


@namespaces
@pytest.mark.parametrize("width", [1, 17, 40])
def test_the_layout_in_memory_makes_no_difference(namespace, width):
    values = np.random.default_rng(0).integers(-4, 4, (width, 41)).astype(np.float32).T
    largest, places = row_maxima(namespace(values))
    assert to_numpy(largest).tolist() == values.max(axis=1).tolist()
    assert to_numpy(places).tolist() == values.argmax(axis=1).tolist()
    assert to_numpy(row_minima(namespace(values))).tolist() == values.min(axis=1).tolist()
