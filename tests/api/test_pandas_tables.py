"""Features, labels and rows as pandas has them: with names of columns and of rows."""

import numpy as np
import pandas as pd
import pytest
from sessions import FEATURES, HEAD, LABELLED, LABELS
from sklearn.linear_model import LogisticRegression

import activepool

N = len(FEATURES)
NAMES = [f"im{row}" for row in range(N)]


@pytest.mark.parametrize("features", [FEATURES, pd.DataFrame(FEATURES), pd.DataFrame(FEATURES, index=NAMES)])
def test_labels_of_the_labelled_rows_in_another_order(features):
    labels = pd.Series(LABELS, index=getattr(features, "index", None)).iloc[LABELLED]
    for call in (
        lambda labels: activepool.train_head(features, labels, labelled=LABELLED, weight_decay=1e-4),
        lambda labels: activepool.select("base", features, budget=5, labels=labels, labelled=LABELLED),
    ):
        with pytest.raises(
            activepool.InputError,
            match=r"^labels has the index .* in place 0, where labelled has .*; give both",
        ):
            call(labels[::-1])
        for right in (labels, labels.reset_index(drop=True), labels.to_numpy()):
            call(right)


def test_a_pandas_index_does_not_give_row_numbers():
    table = pd.DataFrame(FEATURES, index=np.arange(N) + 50)
    for call in (
        lambda rows: activepool.select("coreset", table, budget=5, pool=rows),
        lambda rows: activepool.select("coreset", table, budget=5, labelled=rows),
        lambda rows: activepool.train_head(table, LABELS, labelled=rows),
        lambda rows: activepool.score(table, HEAD, rows=rows),
    ):
        with pytest.raises(
            activepool.InputError, match=r"is a pandas index, .* give features\.index\.get_indexer"
        ):
            call(table.index[10:60])
    picks = activepool.select("random", table, budget=50, pool=table.index.get_indexer(table.index[10:60]))
    numbered = activepool.select("random", pd.DataFrame(FEATURES), budget=50, pool=pd.RangeIndex(10, 60))
    assert sorted(picks) == sorted(numbered) == list(range(10, 60))


def test_a_table_with_columns_that_are_not_numeric():
    table = pd.DataFrame(FEATURES).assign(path="a.png", day=pd.Timestamp(2020, 1, 1))
    words = (
        r"^features has columns that are not numbers \('path' of .*, 'day' of datetime64.*\); leave them out$"
    )
    with pytest.raises(activepool.InputError, match=words):
        activepool.select("coreset", table, budget=5)
    missing = pd.DataFrame(FEATURES).astype("Float64")
    missing.iloc[4, 1] = pd.NA
    with pytest.raises(activepool.InputError, match="features: row 4 has values that are not finite"):
        activepool.select("coreset", missing, budget=5)


def test_a_table_with_its_columns_in_another_order():
    table = pd.DataFrame(FEATURES, columns=list("abcdef"))
    exchanged = table[list("abdcef")]
    head = activepool.train_head(table, LABELS, labelled=LABELLED)
    fitted = LogisticRegression().fit(table, LABELS)
    for call in (
        lambda: head.predict(exchanged),
        lambda: activepool.score(exchanged, fitted),
        lambda: activepool.select("margin", exchanged, budget=5, head=head),
    ):
        with pytest.raises(
            activepool.InputError, match=r"^features has 'd' in column 2, where the head was trained on 'c'"
        ):
            call()
    assert head.predict(FEATURES).tolist() == head.predict(table).tolist()
