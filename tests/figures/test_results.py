import pandas as pd
import pytest

from activepool.errors import InputError
from activepool.figures.results import Curves, last_round, read_class_counts, read_curves
from activepool.figures.settings import Settings


def test_a_strategy_called_null_is_a_strategy(tmp_path):
    path = tmp_path / "curves.csv"
    path.write_text("strategy,seed,round,labels,top1,nll\nnull,0,0,10,0.5,\n1,0,0,10,,\n")
    curves = read_curves(path)
    assert curves.strategies == ["null", "1"]
    assert curves.metrics == ["top1"]
    assert list(curves.by_strategy("top1")) == ["null"]


def test_missing_column_is_named_with_the_file(tmp_path):
    path = tmp_path / "curves.csv"
    path.write_text("strategy,seed,labels\na,0,10\n")
    with pytest.raises(
        InputError, match=r"curves\.csv: has no column 'round' \(columns: strategy, seed, labels\)"
    ):
        read_curves(path)
    with pytest.raises(InputError, match="has no column 'round'"):
        read_class_counts(path)


def test_missing_file_is_one_line(tmp_path):
    with pytest.raises(InputError, match=r"absent\.csv: not a readable table"):
        read_curves(tmp_path / "absent.csv")


def test_there_is_no_difference_without_random():
    keys = {"strategy": ["margin", "base"], "seed": [0, 0], "round": [0, 0], "labels": [10, 10]}
    curves = Curves(pd.DataFrame(keys | {"top1": [0.5, 0.75]}))
    assert curves.differences("top1") == {}
    renamed = Curves(curves.table.replace("margin", "random"))
    assert renamed.differences("top1")["base"].to_numpy().tolist() == [[0.25]]


def test_last_round_is_the_last_of_all_seeds():
    rows = pd.DataFrame({"seed": [0, 0, 0, 1, 1], "round": [0, 1, 2, 0, 1], "value": [1, 2, 3, 4, 5]})
    assert last_round(rows)["value"].tolist() == [2, 5]


def test_settings_name_the_unknown_key():
    with pytest.raises(InputError, match="key 'color' does not exist; there are metric, confidence, colours"):
        Settings.from_options({"color": {}})


@pytest.mark.parametrize("confidence", [0, 1, 95])
def test_confidence_is_a_fraction(confidence):
    with pytest.raises(InputError, match=f"confidence is {confidence}; it must lie between 0 and 1"):
        Settings.from_options({"confidence": confidence})
