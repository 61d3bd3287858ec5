"""Tables of polars and pyarrow are used as those of pandas; polars only where it is installed."""

import datetime
import importlib

import numpy as np
import pandas as pd
import pytest
from sessions import FEATURES, LABELLED, LABELS

import activepool

N = len(FEATURES)
COLUMNS = {name: FEATURES[:, number] for number, name in enumerate("abcdef")}
NAMES = [f"class {LABELS[row]}" if row in LABELLED else None for row in range(N)]


def library(name):
    """Return what makes a table of columns, and a series of values."""
    if name == "pandas":
        return pd.DataFrame, pd.Series
    if name == "polars":
        polars = pytest.importorskip("polars")
        return polars.DataFrame, polars.Series
    pyarrow = importlib.import_module("pyarrow")
    return pyarrow.table, pyarrow.array


@pytest.fixture(params=["pandas", "polars", "pyarrow"])
def made(request):
    return library(request.param)


def test_a_table_is_its_array(made):
    table, series = made
    arguments = {"labels": NAMES, "exclude": list(range(150, N)), "budget": 9}
    expected = activepool.select("badge", FEATURES, **arguments)
    arguments |= {"labels": series(NAMES), "exclude": series(arguments["exclude"])}
    assert activepool.select("badge", table(COLUMNS), **arguments).tolist() == expected.tolist()


def test_a_head_refuses_columns_in_another_order(made):
    table, series = made
    head = activepool.train_head(table(COLUMNS), series(NAMES), weight_decay=1e-4)
    assert head.predict(table(COLUMNS)).tolist() == head.predict(FEATURES).tolist()
    exchanged = table({name: COLUMNS[name] for name in "abdcef"})
    for call in (head.predict, lambda features: activepool.score(features, head)):
        with pytest.raises(
            activepool.InputError, match=r"^features has 'd' in column 2, where the head was trained on 'c'"
        ):
            call(exchanged)


@pytest.mark.parametrize(
    "values",
    [["a.png"], [datetime.date(2020, 1, 1)], [datetime.datetime(2020, 1, 1)], [[1.0]], [b"x"]],
    ids=["texts", "days", "times", "lists", "bytes"],
)
def test_columns_that_are_not_numeric_are_named(made, values):
    table, _ = made
    words = r"^features has columns that are not numbers \('z' of .*\); leave them out$"
    with pytest.raises(activepool.InputError, match=words):
        activepool.select("coreset", table(COLUMNS | {"z": values * N}), budget=5)


@pytest.mark.parametrize("missing", [1, 0.5])
def test_a_missing_number_is_not_finite(made, missing):
    table, _ = made
    column = [missing] * 4 + [None] + [missing] * (N - 5)
    with pytest.raises(activepool.InputError, match=r"^features: row 4 has values that are not finite"):
        activepool.select("coreset", table(COLUMNS | {"z": column}), budget=5)


def test_missing_truth_values_of_pyarrow_are_not_finite():
    table, _ = library("pyarrow")
    with pytest.raises(activepool.InputError, match=r"^features: row 0 has values that are not finite"):
        activepool.select("coreset", table(COLUMNS | {"z": [None] + [True] * (N - 1)}), budget=5)


def test_a_table_that_is_read_later():
    table, _ = library("polars")
    with pytest.raises(activepool.InputError, match=r"^features is a LazyFrame; pass features.collect\(\)$"):
        activepool.select("coreset", table(COLUMNS).lazy(), budget=5)


def test_lists_are_not_labels(made):
    _, series = made
    with pytest.raises(activepool.InputError, match=r"^labels holds (list|ndarray) objects; labels are"):
        activepool.train_head(FEATURES, series([[1]] * N))


def test_lists_in_pandas_are_not_labels():
    with pytest.raises(activepool.InputError, match=r"^labels holds ndarray objects; labels are"):
        activepool.train_head(FEATURES, pd.Series([np.array([1, 2])] * N))
