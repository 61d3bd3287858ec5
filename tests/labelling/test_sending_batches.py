"""A batch on its way to people."""

import numpy as np
import pandas as pd
import pytest
from ledger.ledgers import draft, entries, sample, sent

from activepool.labelling.batches.sending import (
    AUDIT_REASON,
    assemble_batch,
    earlier_picks,
    is_audit,
    new_picks,
)
from activepool.labelling.models.predictions import PoolPredictions, write_predictions
from activepool.labelling.pool.table import Pool
from activepool.ledger.formats.batch import Pick

NAMES = ("a", "b", "c", "d")

POOL = Pool(
    [sample(name) for name in NAMES],
    [1, 1, 1, 2],
    list(NAMES),
    {f"new/{name}": sample(name) for name in NAMES},
)


def picked(row, why):
    return Pick(POOL.samples[row], POOL.row_sources[row], row, why=why)


def test_why_a_sample_was_picked_has_the_strategy_and_its_values(tmp_path):
    selected = tmp_path / "selected.csv"
    columns = {"index": [2, 0], "source": ["c", "a"], "margin": [0.123456, 1e-9], "cell": ["x1", "x2"]}
    pd.DataFrame(columns).to_csv(selected, index=False)
    assert new_picks(selected, "margin", is_audit=False, pool=POOL) == [
        picked(2, "margin: score 0.123, cell x1"),
        picked(0, "margin: score 1e-09, cell x2"),
    ]
    picks = new_picks(selected, "random", is_audit=True, pool=POOL)
    assert picks == [picked(2, AUDIT_REASON), picked(0, AUDIT_REASON)]


def test_a_strategy_without_values_is_its_name(tmp_path):
    selected = tmp_path / "selected.csv"
    selected.write_text("index,source,distance\n3,d,\n")
    assert new_picks(selected, "coreset", is_audit=False, pool=POOL) == [picked(3, "coreset")]


@pytest.mark.parametrize(("name", "expected"), [("audit01", True), ("batch01", False)])
def test_audit_sets_have_their_names(name, expected):
    assert is_audit(name) == expected


def test_a_batch_that_went_out_is_what_the_ledger_has_in_its_order():
    sendings = [draft("sent", name, "activepool", batch="batch02", note=f"why {name}") for name in ("c", "a")]
    ledger = entries(*sent("b", batch="batch01"), *sendings, draft(of="a"))
    assert earlier_picks(ledger, "batch02", POOL) == [picked(2, "why c"), picked(0, "why a")]
    assert earlier_picks(ledger, "batch03", POOL) is None


def test_a_batch_that_went_out_keeps_the_photographs_that_were_removed():
    ledger = entries(*sent("a", "z", "b", batch="batch01"), *sent("y", batch="batch02"))
    z = Pick(sample("z"), "z")
    picks = earlier_picks(ledger, "batch01", POOL)
    assert picks == [picked(0, ""), z, picked(1, "")]
    assert earlier_picks(ledger, "batch02", POOL) == [Pick(sample("y"), "y")]
    batch = assemble_batch("batch01", picks, ["cat"], None, with_rows=True)
    assert [pick.index for pick in batch.picks] == [0, None, 1]


def test_without_a_model_there_are_no_predictions():
    batch = assemble_batch("batch01", [picked(1, "why")], ["cat", "dog"], None, with_rows=False)
    assert (batch.name, batch.classes) == ("batch01", ("cat", "dog"))
    (pick,) = batch.picks
    assert (pick.sample, pick.source, pick.index, pick.why) == (sample("b"), "new/b", None, "why")
    assert (pick.predicted, pick.probability, pick.margin) == ("", None, None)


def test_predictions_are_those_of_the_row_and_none_for_samples_that_came_later(tmp_path):
    predictions = tmp_path / "predictions.h5"
    predicted = PoolPredictions(
        ["cat", "Größe"],
        np.array([0, 1, 1], np.int32),
        np.array([0.5, 0.75, 1], np.float32),
        np.array([0.25, 0.5, 1], np.float32),
    )
    write_predictions(predictions, predicted)
    gone = Pick(sample("z"), "z")
    predicted = [picked(3, "late"), picked(1, ""), gone, picked(0, "")]
    batch = assemble_batch("batch02", predicted, ["cat", "Größe", "fox"], predictions, with_rows=True)
    values = [(pick.index, pick.predicted, pick.probability, pick.margin) for pick in batch.picks]
    assert values == [
        (3, "", None, None),
        (1, "Größe", 0.75, 0.5),
        (None, "", None, None),
        (0, "cat", 0.5, 0.25),
    ]
    assert batch.classes == ("cat", "Größe", "fox")
