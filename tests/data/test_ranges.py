import numpy as np
import pytest

from activepool.data.ranges import FiniteCheck, SpreadCheck, require_squares
from activepool.errors import InputError


def require_spread(rows, stored_as="float32", block=7):
    check = SpreadCheck("x", rows.shape[1], stored_as)
    for start in range(0, len(rows), block):
        check.add(rows[start : start + block], 100 + np.arange(start, min(start + block, len(rows))))
    check.require()


def normal(rows=50, width=5, seed=0):
    return np.random.default_rng(seed).normal(size=(rows, width))


def test_values_that_are_not_finite_are_named_by_the_first_and_all_rows():
    rows, check = normal().astype(np.float32), FiniteCheck()
    assert check.passes(rows, np.arange(50), str)
    check.require()
    rows[7, 2:], rows[9, 4] = np.nan, -np.inf
    assert not check.passes(rows, 100 + np.arange(50), lambda row, column: f"row {row}, column {column}: x")
    assert not check.passes(normal(), np.arange(50), str)
    assert not check.passes(np.full((900, 2), np.inf), 1000 + np.arange(900), str)
    words = r"^row 7, column 2: x \(902 rows have such values: 107, 109, 1000, 1001, 1002 and 897 more\)$"
    with pytest.raises(InputError, match=words):
        check.require()


@pytest.mark.parametrize("scale", [1e-18, 1.0, 1e10, 1e18])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_features_of_any_usual_scale_pass(scale, dtype):
    rows = (scale * normal()).astype(dtype)
    require_squares("x", rows, np.arange(len(rows)))
    require_spread(rows)


@pytest.mark.parametrize("value", [2e19, -3e38])
def test_a_value_whose_square_leaves_float32_is_named(value):
    rows = normal().astype(np.float32)
    rows[31, 2] = value
    with pytest.raises(
        InputError, match=rf"^x: row 1031, column 2 is {value:g}; its square does not fit".replace("+", r"\+")
    ):
        require_squares("x", rows, 1000 + np.arange(len(rows)))


def test_distances_leave_float32_before_the_squares_of_rows_do():
    rows = np.zeros((3, 100), dtype=np.float32)
    rows[1], rows[2] = 9e17, -9e17
    assert np.isfinite(np.square(rows[1] - rows[2]).sum())
    require_squares("x", rows, np.arange(len(rows)))
    rows[1], rows[2] = 1e18, -1e18
    with pytest.warns(RuntimeWarning, match="overflow"):
        assert np.isinf(np.square(rows[1] - rows[2]).sum())
    assert np.isfinite(np.square(rows[1]).sum())
    with pytest.raises(
        InputError, match=r"row 1, column 0 is 1e\+18; squared distances from this row do not"
    ):
        require_squares("x", rows, np.arange(len(rows)))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("scale", [1e-20, 1e-23, 1e-40])
def test_a_spread_that_underflows_is_named(scale, dtype):
    rows = (scale * normal()).astype(dtype)
    with pytest.raises(InputError, match=r"^x: the values lie too close together: column \d, .* underflows"):
        require_spread(rows)


@pytest.mark.parametrize(("offset", "scale"), [(1e4, 1e-4), (1e8, 1.0), (-1e6, 1e-3)])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_spread_that_drowns_in_an_offset_is_named(offset, scale, dtype):
    rows = (offset + scale * normal()).astype(dtype)
    with pytest.raises(InputError, match=r"which float32 hardly tells apart; subtract|all rows are equal"):
        require_spread(rows)


@pytest.mark.parametrize("constant", [1e8, 3e18])
def test_constants_do_no_harm(constant):
    rows = np.full((50, 5), constant, dtype=np.float32)
    rows[:, 3] = normal()[:, 3]
    require_spread(rows)


def test_rounding_that_spans_more_than_all_other_features_is_named():
    rows = normal().astype(np.float32)
    rows[:, 1] = 3e18
    rows[::2, 1] = np.nextafter(rows[0, 1], np.float32(np.inf))
    words = (
        r"^x: the values lie too close together: column 1, where they differ most, .* leave the column out"
    )
    with pytest.raises(InputError, match=words):
        require_spread(rows)


def test_one_feature_that_tells_samples_apart_is_enough():
    rows = (1e8 + normal()).astype(np.float32)
    rows[:, 3] = 1e3 * normal()[:, 3]
    require_spread(rows)
    require_spread(np.zeros((0, 4), dtype=np.float32))
    require_spread(np.ones((1, 4), dtype=np.float32))
    with pytest.raises(
        InputError, match=r"^x: all rows are equal \(column 0 is 1\), so nothing distinguishes"
    ):
        require_spread(np.ones((9, 4), dtype=np.float32))


def test_float16_has_steps_of_its_own():
    rows = (1000 + normal()).astype(np.float16)
    with pytest.raises(InputError, match="which float16 hardly tells apart"):
        require_spread(rows, "float16")
    require_spread((20 + normal()).astype(np.float16), "float16")


@pytest.mark.parametrize(
    ("dtype", "offset", "value"), [("float16", 0, 3e4), ("float32", 1000, 1e7), ("float64", -1000, 1e9)]
)
@pytest.mark.parametrize("far", [0, 3, 49])
def test_a_row_far_out_is_named_by_its_number(far, dtype, offset, value):
    rows = normal() / 1000 + offset
    rows[far, 2] = value
    words = rf"^x: row {100 + far} is an outlier \(\S+ times the median distance\), .*; find the cause, or "
    with pytest.raises(InputError, match=words):
        require_spread(rows.astype(dtype))


def test_all_rows_far_out_are_named():
    rows = normal(1000, 3)
    rows[100:107] *= 1e10
    with pytest.raises(InputError, match=r"row \(7 such rows: 200, 201, 202, 203, 204 and 2 more\)$"):
        require_spread(rows, block=64)


@pytest.mark.parametrize("scale", [1e-15, 1.0, 1e15])
def test_heavy_tails_and_equal_rows_pass(scale):
    rows = normal(1000, 3)
    rows[:500:2] = rows[0]
    rows[1] *= 1e4
    rows[7] = np.random.default_rng(0).standard_cauchy(3) * 1e3
    require_spread(scale * rows)
    rows[:501] = rows[0]
    rows[-1] = 1e9  # but more than half of the rows are equal
    require_spread(scale * rows)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_column_beside_which_float32_does_not_see_the_others_is_named(dtype):
    rows = normal().astype(dtype)
    rows[:, 3] *= 2**17
    require_spread(rows)
    rows[:, 3] = 1.6e9 + 1e8 * normal(width=1)[:, 0]
    with pytest.raises(
        InputError, match=r"^x: column 3, which .*, varies \S+ times as much as all others together, so"
    ):
        require_spread(rows)
    require_spread(rows[:, 3:4])
    require_spread(np.where(np.arange(5) == 3, rows, 7))
