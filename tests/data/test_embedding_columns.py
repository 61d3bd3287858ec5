"""Tables of embeddings: no column is left out, and none becomes a feature, without a word."""

import numpy as np
import pandas as pd
import pytest

from activepool.data.embedding_files import opened
from activepool.data.embeddings import write_features
from activepool.errors import InputError

pytest.importorskip("pyarrow")

ROWS = 12
VALUES = np.random.default_rng(0).normal(size=(ROWS, 5))


@pytest.fixture
def table(tmp_path):
    """A function that writes features f0 to f4 with labels and other columns, and returns the file."""

    def write(**columns):
        features = {f"f{number}": VALUES[:, number] for number in range(5)}
        path = tmp_path / "v.parquet"
        pd.DataFrame({**features, "label": np.arange(ROWS) % 3, **columns}).to_parquet(path)
        return path

    return write


def read(path, **options):
    """Return the number of features, and the notices."""
    with opened(path, **options) as files:
        return files.train.width, files.notices


def test_a_table_of_features_labels_and_names_has_no_notice(table):
    assert read(table(source=[f"a{row}" for row in range(ROWS)])) == (5, [])


def test_columns_that_are_not_read_are_named(table):
    path = table(id=np.arange(ROWS), note=["x"] * ROWS)
    assert read(path) == (5, [f"{path}: features are the 5 columns of floats; not read: id, note"])


def test_columns_with_names_of_their_own_are_not_other_columns(table):
    path = table(kind=np.arange(ROWS) % 2, row=[f"a{row}" for row in range(ROWS)])
    pd.read_parquet(path).drop(columns="label").to_parquet(path)
    assert read(path, label_array="kind", source_array="row") == (5, [])


def test_a_feature_with_a_name_unlike_the_others_is_named(table):
    path = table(class_id=np.arange(ROWS) % 3 + 0.5)
    line = (
        f"{path}: features are all 6 columns of floats, and these include class_id; remove columns that are"
    )
    width, notices = read(path)
    assert width == 6
    assert notices == [f"{line} not features"]


def test_features_without_a_common_name_have_no_notice(tmp_path):
    path = tmp_path / "v.parquet"
    pd.DataFrame({"age": VALUES[:, 0], "size": VALUES[:, 1], "label": [0, 1] * (ROWS // 2)}).to_parquet(path)
    assert read(path) == (2, [])


def test_whole_numbers_among_features_are_a_mistake(table):
    path = table(f5=np.arange(ROWS), f6=np.arange(ROWS))
    with pytest.raises(InputError) as caught:
        read(path)
    assert caught.value.args == (
        f"{path}: f5, f6 have whole numbers, and f0, f1, f2, f3, f4 floats; features are columns of floats: "
        "save all of them as float32, and rename those that are not features",
    )


def test_the_notices_reach_the_user(table, tmp_path):
    path = table(id=np.arange(ROWS))
    notices = write_features(tmp_path / "features.h5", path, test_fraction=0.5)
    assert f"{path}: features are the 5 columns of floats; not read: id" in notices
