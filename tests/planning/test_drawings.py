"""Which figures and tables the workflow asks for."""

from pathlib import Path

import pytest

from activepool.figures.registry import FIGURES, TABLES
from planning.configuration.experiment import Experiment
from planning.drawings import NEEDS, drawn_figures, left_out, made_tables
from planning.paths import Paths


def experiment(**changes):
    return Experiment.model_validate(
        {
            "experiment": "trial",
            "dataset": {"kind": "digits"},
            "backbone": {"architecture": "identity", "image_size": 8},
            "initial": {"kind": "balanced", "size": 30},
            "budget": 10,
            "rounds": 3,
            "seeds": 2,
            "strategies": ["random", "margin"],
            **changes,
        }
    )


@pytest.mark.parametrize(
    "name", [*(f"drawings.{name}" for name in FIGURES), *(f"tables.{name}" for name in TABLES)]
)
def test_the_needs_of_each_figure_and_table_are_known(name):
    module = __import__(f"activepool.figures.{name}", fromlist=["_"])
    assert {*getattr(module, "NEEDS", ())} <= {*NEEDS}


RANDOM_NEEDED = ["difference_to_random", "label_savings", "difference_by_labels", "power"]


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({}, {}),
        (
            {"strategies": ["margin"]},
            {
                ("two strategies",): ["area", "overlap", "penalty"],
                ("random and another strategy",): RANDOM_NEEDED,
            },
        ),
        (
            {"strategies": ["margin", "base"]},
            {("random and another strategy",): RANDOM_NEEDED},
        ),
        ({"seeds": 1}, {("two seeds",): ["penalty"]}),
        (
            {"rounds": 1},
            {
                ("two rounds",): [
                    *("accuracy_change", "label_savings", "overlap", "penalty", "difference_by_labels")
                ]
            },
        ),
    ],
)
def test_figures_and_tables_that_have_nothing_to_show_are_left_out(changes, names):
    given = experiment(**changes)
    assert left_out(given) == names
    absent = {name for some in names.values() for name in some}
    # The table of areas is there without a comparison, too.
    assert drawn_figures(given) == [name for name in FIGURES if name not in absent]
    assert made_tables(given) == [name for name in TABLES if name not in absent - {"area"}]
    paths = Paths(given)
    figures, tables = ({Path(path).stem for path in some} for some in (paths.figures(), paths.tables()))
    assert figures >= {*FIGURES} - absent and not figures & absent
    assert tables == {*made_tables(given)}
