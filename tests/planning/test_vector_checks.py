"""Features of embeddings that cannot be used are found before any job, and read once."""

import h5py
import numpy as np
import pytest
from data.embedding_parts import arrays, write_hdf5

from activepool.errors import InputError
from planning.checks import data
from planning.checks.experiment import check, problems_beside_keys
from planning.configuration.experiment import Experiment

CONFIGURATION = {
    "experiment": "trial",
    "dataset": {"kind": "embeddings", "path": "given.h5"},
    "validation": {"fraction": 0.1},
    "initial": {"size": 4},
    "budget": 3,
    "rounds": 2,
    "strategies": ["random"],
}


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def read(monkeypatch):
    """The files whose features were checked."""
    calls, of_files = [], data.feature_problems
    monkeypatch.setattr(
        data, "feature_problems", lambda files: calls.append(files.train.features.name) or of_files(files)
    )
    return calls


def problems(**changes):
    try:
        check(Experiment.model_validate(CONFIGURATION | changes), "trial.yaml")
    except InputError as error:
        return str(error).splitlines()
    return []


def spoil(part, row, column, value):
    with h5py.File("given.h5", "a") as file:
        file[f"{part}/features"][row, column] = value


def test_each_part_is_reported_beside_other_mistakes():
    write_hdf5("given.h5", arrays())
    spoil("train", 40, 3, np.nan)
    spoil("test", 7, 0, np.inf)
    of_features = [
        f"trial.yaml: dataset: given.h5: {place}; every feature must be a finite number"
        for place in ("train/features: row 40, column 3 is nan", "test/features: row 7, column 0 is inf")
    ]
    *lines, last_line = problems(initial={"size": 500})
    assert lines == of_features
    assert last_line.startswith("trial.yaml: initial.size: 500 is larger than the 81 labelled training")
    experiment = Experiment.model_validate(CONFIGURATION)
    assert [f"trial.yaml: {line}" for line in problems_beside_keys(experiment, [])] == of_features


def test_wrong_labels_hide_no_other_mistake():
    parts = arrays()
    parts["train"][1][[3, 4]], parts["test"][1][5] = -2, 9
    write_hdf5("given.h5", parts, train_sources=["a", "b\nc", *map(str, range(88))])
    spoil("train", 40, 3, np.nan)
    spoil("test", 7, 0, np.inf)
    assert [line.partition("given.h5: ")[2].partition(";")[0] for line in problems()] == [
        "train/labels: label -2 in row 3",
        "test/labels: label 9 in row 5",
        "train/sources: row 1 has a line break in 'b\\nc'",
        "train/features: row 40 ('38'), column 3 is nan",
        "test/features: row 7, column 0 is inf",
    ]
    write_hdf5("given.h5", parts, train_labels=np.arange(90) + 0.5, test_labels=np.arange(30) / 4)
    assert [line.partition("given.h5: ")[2].partition(";")[0] for line in problems()] == [
        "train/labels: label 0.5 in row 0 is not a whole number",
        "test/labels: label 0.25 in row 1 is not a whole number",
    ]


def test_each_missing_file_is_reported():
    files = {"path": "a.npy", "labels": "b.npy", "test_features": "c.npy", "test_labels": "d.npy"}
    lines = problems(dataset={"kind": "embeddings", "class_names": ["a", "a"], **files})
    assert [line.partition("dataset: ")[2].partition(";")[0] for line in lines] == [
        *(f"{file}: no such file" for file in files.values()),
        "a.npy: class_names has 'a' as class 1",
    ]


def test_a_row_has_its_name_and_the_column_too():
    pq = pytest.importorskip("pyarrow.parquet")
    pa = pytest.importorskip("pyarrow")
    table = {"f0": np.arange(90.0), "f1": np.where(np.arange(90) == 4, np.nan, 1.0)}
    table |= {"label": np.arange(90) % 3, "path": [f"photos/{number}.jpg" for number in range(90)]}
    pq.write_table(pa.table(table), "given.parquet")
    dataset = {"kind": "embeddings", "path": "given.parquet", "test_fraction": 0.3}
    (line,) = problems(dataset=dataset)
    assert "row 4 ('photos/4.jpg'), column 'f1' is nan; every feature must" in line


def test_usable_features_are_read_once(read):
    write_hdf5("given.h5", arrays())
    assert (problems(), problems(), len(read)) == ([], [], 1)
    spoil("train", 1, 1, np.inf)
    assert len(problems()) == 1
    spoil("train", 1, 1, 0.5)
    assert (problems(), len(read)) == ([], 3)


def test_too_many_features_are_left_to_the_job(read, monkeypatch):
    write_hdf5("given.h5", arrays())
    spoil("train", 1, 1, np.inf)
    monkeypatch.setattr(data, "MAX_VALUES", 90 * 5 - 1)
    assert (problems(), read) == ([], [])


@pytest.mark.parametrize("is_large", [False, True])
def test_unusable_names_are_found_in_each_part(monkeypatch, is_large):
    if is_large:
        monkeypatch.setattr(data, "MAX_VALUES", 1)
    names = {
        part: [f"{part}{row}.jpg" for row in range(rows)] for part, rows in (("train", 90), ("test", 30))
    }
    write_hdf5("given.h5", arrays(), train_sources=names["train"], test_sources=names["test"])
    assert problems() == []
    names["train"][40], names["test"][7] = "a\nb.jpg", " "
    write_hdf5("given.h5", arrays(), train_sources=names["train"], test_sources=names["test"])
    start, end = "trial.yaml: dataset: given.h5: ", "; each row needs a name on one line"
    assert problems() == [
        f"{start}train/sources: row 40 has a line break in 'a\\nb.jpg'{end}",
        f"{start}test/sources: row 7 has no name{end}",
    ]
