"""The pool: the rows that are neither validation nor labelled."""

import numpy as np
import pytest

from activepool.data.pool import unlabelled_pool
from activepool.errors import InputError


def test_the_pool_is_what_is_left():
    assert unlabelled_pool(8, np.array([7, 0]), np.array([3])).tolist() == [1, 2, 4, 5, 6]


@pytest.mark.parametrize(
    ("validation", "labelled", "words"),
    [
        ([8], [], "the validation split names row 8, but train/features has 8 rows"),
        ([], [-1], "the labelled set names row -1"),
        ([2], [2], "the labelled set names row 2, which is in the validation split as well"),
    ],
)
def test_rows_that_do_not_fit(validation, labelled, words):
    with pytest.raises(InputError, match=words):
        unlabelled_pool(8, np.array(validation, dtype=int), np.array(labelled, dtype=int))
