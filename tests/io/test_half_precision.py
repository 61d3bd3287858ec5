import numpy as np
import pytest

from activepool.io.half_precision import CHUNK_SIZE, to_single

EVERY = np.arange(2**16, dtype=np.uint16).view(np.float16)


def same_bits(result, expected):
    return result.dtype == np.float32 and np.array_equal(result.view(np.uint32), expected.view(np.uint32))


@pytest.mark.parametrize("width", [1, 64, 2**16])
def test_every_number_is_converted_as_numpy_does(width):
    half = EVERY.reshape(-1, width)
    assert same_bits(to_single(half), half.astype(np.float32))


def test_every_finite_number_is_converted_where_all_are_finite():
    half = EVERY[np.isfinite(EVERY)].reshape(-1, 8)
    assert same_bits(to_single(half), half.astype(np.float32))


@pytest.mark.parametrize("rows", [[], [0], [3, 1, 1, 4096, 0], list(range(4097))])
def test_rows_are_taken_in_their_order(rows):
    half = np.random.default_rng(0).normal(size=(4097, CHUNK_SIZE // 1000)).astype(np.float16)
    result = to_single(half, np.array(rows, dtype=np.int64))
    assert same_bits(result, half[rows].astype(np.float32))


def test_what_is_given_stays_as_it_is():
    half = np.ones((3, 5), dtype=np.float16)
    to_single(half)
    assert (half == 1).all()
