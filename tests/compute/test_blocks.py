"""Blocks cover all rows, and their results come in order."""

import pytest
import torch
from threadpoolctl import threadpool_info

from activepool.compute.blocks import Compute, row_blocks, torch_threads


@pytest.mark.parametrize("workers", [1, 2, 7])
def test_results_come_in_order(workers):
    assert list(Compute("cpu", workers).map(lambda value: value**2, range(50))) == [n**2 for n in range(50)]


@pytest.mark.parametrize("workers", [1, 2])
def test_an_error_in_a_block_is_raised(workers):
    with pytest.raises(ZeroDivisionError):
        list(Compute("cpu", workers).map(lambda value: 1 // value, [1, 0, 2]))


@pytest.mark.parametrize("workers", [1, 2])
def test_blas_has_one_thread_in_each_block(workers):
    def blas_threads(_):
        return {library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"}

    assert all(threads == {1} for threads in Compute("cpu", workers).map(blas_threads, range(3)))


@pytest.mark.parametrize("rows", [0, 1, 7, 8, 9])
def test_blocks_cover_all_rows_once(rows):
    covered = [row for block in row_blocks(rows, 4) for row in range(rows)[block]]
    assert covered == list(range(rows))


def test_torch_uses_the_given_number_of_threads_until_the_end():
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        with pytest.raises(ValueError, match="inside"), torch_threads(1):
            assert torch.get_num_threads() == 1
            raise ValueError("inside")
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
