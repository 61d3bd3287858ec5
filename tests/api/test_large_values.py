"""Every strategy that reads features refuses values that float32 cannot handle, in whichever row they are."""

import warnings

import numpy as np
import pytest
import torch
from sessions import FEATURES, HEAD, LABELLED, LABELS, OPTIONS, STRATEGIES

import activepool
from activepool.api.arrays import SAMPLED_ROWS
from activepool.strategies.declaration import strategy
from activepool.strategies.query import Selection
from activepool.strategies.registry import find_strategy

SAMPLE = np.linspace(0, len(FEATURES) - 1, SAMPLED_ROWS).astype(np.int64)

#: An unlabelled row that the first check leaves out.
(ROW, *_) = np.setdiff1d(np.arange(100, len(FEATURES)), [*SAMPLE, *LABELLED])

#: A labelled row that it leaves out.
(LABELLED_ROW, *_) = np.setdiff1d(LABELLED, SAMPLE)

READING = [name for name in STRATEGIES if find_strategy(name).reads_features or find_strategy(name).is_scored]

NOT_FINITE = "features: row {} has values that are not finite, or too large"
TOO_LARGE = "features: row {}, column 3 is {}; its square does not fit float32"


def refusal(name, features, **keywords):
    arguments = {"labelled": LABELLED, "labels": LABELS, "head": HEAD, "classes": 5} | OPTIONS.get(name, {})
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        with pytest.raises(activepool.InputError) as refused:
            activepool.select(name, features, budget=5, **arguments | keywords)
    return str(refused.value)


def with_value(value, row=ROW):
    features = FEATURES.astype(np.float64)
    features[row, 3] = value
    return features


@pytest.mark.parametrize("name", READING)
@pytest.mark.parametrize(
    ("value", "told"),
    [
        (1e300, NOT_FINITE),
        (-1e300, NOT_FINITE),
        (np.nan, NOT_FINITE),
        (-np.inf, NOT_FINITE),
        (1e20, TOO_LARGE.format("{}", "1e+20")),
        (-1e20, TOO_LARGE.format("{}", "-1e+20")),
    ],
)
def test_a_row_with_a_large_value_is_named(name, value, told):
    assert refusal(name, with_value(value)).startswith(told.format(ROW))


@pytest.mark.parametrize("form", [np.float32, np.asfortranarray, torch.from_numpy, np.ndarray.tolist])
def test_so_it_is_in_any_form(form):
    assert refusal("margin", form(with_value(1e20))).startswith(TOO_LARGE.format(ROW, "1e+20"))


@pytest.mark.parametrize("value", [1e300, 1e20])
def test_a_labelled_row_is_refused_before_a_head_is_trained(value):
    message = refusal("margin", with_value(value, LABELLED_ROW), head=None)
    assert message.startswith(f"features: row {LABELLED_ROW}")


def test_a_row_outside_the_pool_may_have_any_values():
    without = np.setdiff1d(np.arange(len(FEATURES)), [ROW])
    rows = {"labelled": LABELLED, "labels": LABELS, "head": HEAD, "pool": without, "state": {}}
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        picks = activepool.select("coreset", with_value(1e300), budget=5, **rows)
    assert picks.tolist() == activepool.select("coreset", FEATURES, budget=5, **rows).tolist()


def test_large_values_that_fit_are_no_mistake():
    """The sum over a block may be too large for float32 where each row fits."""
    scaled = np.full(FEATURES.shape, 2.0**59) * FEATURES
    arguments = {"labelled": LABELLED, "labels": LABELS, "budget": 5}
    assert len(activepool.select("coreset", scaled, **arguments)) == 5


def test_a_block_is_checked_like_rows():
    @strategy(source="this test", reads=("features",), reads_labels=False)
    def blocks(query):
        """Read a block."""
        query.features.block(slice(90, None))
        return Selection(query.unlabelled[: query.budget])

    assert refusal(blocks, with_value(1e20)).startswith(TOO_LARGE.format(ROW, "1e+20"))
