"""Names that another image has now."""

import pytest

from activepool.labelling.pool.table import exchanged_names

BEFORE = [("a", "1"), ("b", "2"), ("c", "3"), ("d", "3")]


@pytest.mark.parametrize(
    ("now", "found"),
    [
        (BEFORE, []),
        ([("a", "2"), ("b", "1")], [("a", "1", "b"), ("b", "2", "a")]),
        ([("a", "2"), ("b", "3"), ("c", "1")], [("a", "1", "c"), ("b", "2", "a"), ("c", "3", "b")]),
        ([("x", "1"), ("y", "2")], []),  # renamed
        ([("a", "9")], []),  # its image is gone
        ([("a", "9"), ("x", "1"), ("y", "1")], [("a", "1", "x")]),
        ([("c", "9"), ("d", "3")], [("c", "3", "d")]),
    ],
)
def test_exchanged_names(now, found):
    assert exchanged_names([*BEFORE, *BEFORE], dict(now)) == tuple(found)
