"""The pool: the rows of the train part that can still be picked."""

import numpy as np

from activepool.compute.arrays import IntArray
from activepool.errors import InputError

#: No rows.
NO_ROWS = np.empty(0, dtype=np.int64)


def unlabelled_pool(num_train: int, validation: IntArray, labelled: IntArray = NO_ROWS) -> IntArray:
    """Return the rows that are neither validation nor labelled, ascending, (n,) int64.

    Raises InputError if a row is outside the train part, or both in validation and labelled.
    """
    is_free = np.ones(num_train, dtype=bool)
    for name, rows in (("the validation split", validation), ("the labelled set", labelled)):
        outside = rows[(rows < 0) | (rows >= num_train)]
        if outside.size:
            raise InputError(f"{name} names row {outside[0]}, but train/features has {num_train} rows")
        repeated = rows[~is_free[rows]]
        if repeated.size:
            raise InputError(f"{name} names row {repeated[0]}, which is in the validation split as well")
        is_free[rows] = False
    return np.flatnonzero(is_free)
