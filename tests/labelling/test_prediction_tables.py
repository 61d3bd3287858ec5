"""predictions.csv and predictions.parquet, against the files that they are made from."""

from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pyarrow.parquet
import pytest
from labelling.labelled_pools import CLASSES, source_of, trained_pool

from activepool.errors import InputError
from activepool.labelling.models.named_head import read_facts, write_facts
from activepool.labelling.models.prediction_tables import COLUMNS, prediction_blocks, write_tables
from activepool.labelling.pool.files import PoolFile
from activepool.labelling.pool.table import read_pool, update_pool
from activepool.ledger.book import append, read
from activepool.ledger.entries import Draft
from activepool.ledger.state import state_of
from activepool.stages.export_predictions import export_predictions

FILES = ("pool/samples.csv", "ledger.csv", "predictions.h5", "training.json")
TABLES = ("predictions.csv", "predictions.parquet")


def sample_of(row):
    return f"{row:064x}"


def write_pool(rows, source_of=source_of, gone=()):
    files = [PoolFile(source_of(row), sample_of(row), 0, 0) for row in range(rows)]
    update_pool("pool", files, lambda part: True)
    update_pool("pool", [file for row, file in enumerate(files) if row not in gone], lambda part: True)


@pytest.fixture(autouse=True)
def pool(tmp_path, monkeypatch):
    """A pool of 1031 rows of which 83 have labels, one is not ours, one was passed over, and two are gone."""
    monkeypatch.chdir(tmp_path)
    _, truth = trained_pool()
    write_pool(1031, gone=(5, 1000))
    answers = {row: ("label", CLASSES[truth[row]]) for row in range(83)}
    answers |= {90: ("not_ours", ""), 91: ("skip", "")}
    drafts = [
        Draft(event=event, label=label, sample=sample_of(row), source=source_of(row), who="Ann")
        for row, (event, label) in answers.items()
    ]
    append("ledger.csv", drafts)
    return truth


def test_each_sample_has_its_prediction_its_label_and_its_status(pool):
    export_predictions(*FILES, *TABLES)
    with h5py.File("predictions.h5") as file:
        stored = {name: values[:] for name, values in file.items()}
    statuses = ["labelled"] * 83 + ["new"] * (1031 - 83)
    for row, status in {5: "gone", 90: "not_ours", 91: "skipped", 1000: "gone"}.items():
        statuses[row] = status
    expected = pd.DataFrame(
        {
            "source": [source_of(row) for row in range(1031)],
            "predicted": [CLASSES[number] for number in stored["predicted"]],
            "probability": stored["probability"],
            "margin": stored["margin"],
            "label": [CLASSES[number] for number in pool[:83]] + [None] * (1031 - 83),
            "status": statuses,
            "sample": [sample_of(row) for row in range(1031)],
            "calibrated": True,
        }
    )
    types = {"probability": np.float32, "margin": np.float32}
    for table in (pd.read_csv("predictions.csv", dtype=types), pd.read_parquet("predictions.parquet")):
        pd.testing.assert_frame_equal(table, expected, check_exact=True)
    schema = pyarrow.parquet.read_schema("predictions.parquet")
    assert {field.name: str(field.type) for field in schema} == COLUMNS


def test_the_table_says_that_probabilities_are_not_calibrated():
    facts = replace(read_facts("training.json"), temperature=1.0, uncalibrated="7 held-out labels")
    write_facts("training.json", facts)
    export_predictions(*FILES, *TABLES)
    for table in (pd.read_csv("predictions.csv"), pd.read_parquet("predictions.parquet")):
        assert table["calibrated"].dtype == bool and not table["calibrated"].any()


def test_each_path_stands_once_and_copies_have_the_prediction_of_their_content():
    def files(named):
        return [PoolFile(source, sample_of(row), 0, 0) for source, row in named.items()]

    now = {source_of(row): row for row in range(1031)}
    update_pool("pool", files({**now, "a copy": 3, "b copy": 3}), lambda part: True)
    # Row 7 is edited into row 8 under its old name; row 9 is deleted.
    now = {**now, "a copy": 3, "b copy": 3, source_of(7): 8}
    del now[source_of(9)]
    update_pool("pool", files(now), lambda part: True)
    export_predictions(*FILES, *TABLES)
    table = pd.read_csv("predictions.csv")
    assert table["source"].is_unique
    assert set(table["source"][table["status"] != "gone"]) == set(now)
    assert table["source"][table["status"] == "gone"].tolist() == [source_of(9)]
    sample_at = table.set_index("source")["sample"]
    assert all(sample_at[source] == sample_of(row) for source, row in now.items())
    twins = table[table["sample"] == sample_of(3)]
    assert twins["source"].tolist() == [source_of(3), "a copy", "b copy"]
    assert len(twins.drop(columns="source").drop_duplicates()) == 1


@pytest.mark.parametrize("size", [1, 82, 83, 500, 1030, 1031, 2000])
def test_blocks_of_any_size_give_the_same_table(size):
    export_predictions(*FILES, *TABLES)
    pool_read, state = read_pool("pool"), state_of(read("ledger.csv").entries)
    blocks = list(prediction_blocks("predictions.h5", pool_read, state, True, size))
    assert [len(block["source"]) for block in blocks[:-1]] == [size] * (len(blocks) - 1)
    write_tables("again.csv", "again.parquet", blocks)
    assert Path("again.csv").read_bytes() == Path("predictions.csv").read_bytes()
    assert pyarrow.parquet.read_table("again.parquet").equals(
        pyarrow.parquet.read_table("predictions.parquet")
    )


def test_the_same_files_give_the_same_bytes():
    export_predictions(*FILES, *TABLES)
    before = [Path(path).read_bytes() for path in TABLES]
    export_predictions(*FILES, *TABLES)
    assert [Path(path).read_bytes() for path in TABLES] == before


def test_sources_of_any_letters_survive():
    odd = ['a "b".jpg', "ä, ö.jpg", " blank .jpg", "=1+1.jpg", "NA", "貓/1.jpg"]
    names = odd + [source_of(row) for row in range(len(odd), 1031)]
    for path in Path("pool").iterdir():
        path.unlink()
    write_pool(1031, names.__getitem__)
    export_predictions(*FILES, *TABLES)
    assert pd.read_csv("predictions.csv", keep_default_na=False)["source"].tolist() == names
    assert pd.read_parquet("predictions.parquet")["source"].tolist() == names


@pytest.mark.parametrize("rows", [1030, 1032])
def test_another_pool_than_that_of_the_predictions(rows):
    for path in Path("pool").iterdir():
        path.unlink()
    write_pool(rows)
    with pytest.raises(InputError, match=f"has 1031 rows, and the pool {rows}"):
        export_predictions(*FILES, *TABLES)
    assert not any(Path(path).exists() for path in TABLES)
