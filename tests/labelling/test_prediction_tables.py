"""predictions.csv and predictions.parquet, against the files that they are made from."""

import csv
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pyarrow.parquet
import pytest
from labelling.labelled_pools import CLASSES, source_of, trained_pool

from activepool.errors import InputError
from activepool.labelling.prediction_tables import COLUMNS, prediction_blocks, write_tables
from activepool.stages.export_predictions import export_predictions

FILES = ("predictions.h5", "samples.csv", "labels.csv")
TABLES = ("predictions.csv", "predictions.parquet")


def sample_of(row):
    return f"{row:064x}"


def write_samples(rows, source_of=source_of):
    with Path("samples.csv").open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(["row", "sample", "part", "source"])
        writer.writerows([row, sample_of(row), "part0001", source_of(row)] for row in range(rows))


@pytest.fixture(autouse=True)
def pool(tmp_path, monkeypatch):
    """A pool of 1031 rows of which 83 have labels."""
    monkeypatch.chdir(tmp_path)
    _, truth = trained_pool()
    write_samples(1031)
    return truth


def test_each_sample_has_its_prediction_and_its_label(pool):
    export_predictions(*FILES, *TABLES)
    with h5py.File("predictions.h5") as file:
        kept = {name: values[:] for name, values in file.items()}
    expected = pd.DataFrame(
        {
            "source": [source_of(row) for row in range(1031)],
            "predicted": [CLASSES[number] for number in kept["predicted"]],
            "probability": kept["probability"],
            "margin": kept["margin"],
            "label": [CLASSES[number] for number in pool[:83]] + [None] * (1031 - 83),
            "sample": [sample_of(row) for row in range(1031)],
        }
    )
    types = {"probability": np.float32, "margin": np.float32}
    for found in (pd.read_csv("predictions.csv", dtype=types), pd.read_parquet("predictions.parquet")):
        pd.testing.assert_frame_equal(found, expected, check_exact=True)
    schema = pyarrow.parquet.read_schema("predictions.parquet")
    assert {field.name: str(field.type) for field in schema} == COLUMNS


@pytest.mark.parametrize("size", [1, 82, 83, 500, 1030, 1031, 2000])
def test_blocks_of_any_size_give_the_same_table(size):
    export_predictions(*FILES, *TABLES)
    blocks = list(prediction_blocks(*FILES, size=size))
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
    write_samples(1031, lambda row: odd[row % len(odd)])
    export_predictions(*FILES, *TABLES)
    expected = [odd[row % len(odd)] for row in range(1031)]
    assert pd.read_csv("predictions.csv", keep_default_na=False)["source"].tolist() == expected
    assert pd.read_parquet("predictions.parquet")["source"].tolist() == expected


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("row,sample,part,source\n0,a,b,c\n", "its rows are not 0 to 1030, those that have predictions"),
        ("row,part,source\n0,b,c\n", "has no column 'sample' (columns: row, part, source)"),
        ("", "its rows are not 0 to 1030, those that have predictions"),
    ],
)
def test_samples_that_are_not_those_of_the_predictions(text, words):
    Path("samples.csv").write_text(text)
    with pytest.raises(InputError) as caught:
        export_predictions(*FILES, *TABLES)
    assert str(caught.value) == f"samples.csv: {words}"
    assert not any(Path(path).exists() for path in TABLES)


def test_more_samples_than_predictions():
    write_samples(1032)
    with pytest.raises(InputError, match="has more rows than the 1031 that have predictions"):
        export_predictions(*FILES, *TABLES)
    assert not any(Path(path).exists() for path in TABLES)


def test_rows_out_of_order():
    lines = Path("samples.csv").read_text().splitlines(keepends=True)
    Path("samples.csv").write_text("".join([lines[0], lines[2], lines[1], *lines[3:]]))
    with pytest.raises(InputError, match="its rows are not 0 to 1030"):
        export_predictions(*FILES, *TABLES)
