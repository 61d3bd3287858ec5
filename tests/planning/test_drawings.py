"""Which figures and tables the workflow asks for."""

from pathlib import Path

import pytest

from activepool.figures.registry import FIGURES, TABLES
from planning.configuration.drawings import MODULES, NEEDS, applicable, inapplicable, subject_of
from planning.configuration.experiment import Experiment
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


TWO, RANDOM, ROUNDS = ("two strategies",), ("random and another strategy",), ("two rounds",)
OF_RANDOM = ["difference_by_labels", "label_savings", "power"]


@pytest.mark.parametrize(
    ("changes", "figures", "tables"),
    [
        ({}, {}, {}),
        (
            {"strategies": ["margin"]},
            {TWO: ["area", "overlap", "penalty"], RANDOM: ["difference_to_random", "label_savings"]},
            {TWO: ["overlap", "penalty"], RANDOM: OF_RANDOM},
        ),
        (
            {"strategies": ["margin", "base"]},
            {RANDOM: ["difference_to_random", "label_savings"]},
            {RANDOM: OF_RANDOM},
        ),
        ({"seeds": 1}, {("two seeds",): ["penalty"]}, {("two seeds",): ["penalty"]}),
        (
            {"rounds": 1},
            {ROUNDS: ["accuracy_change", "label_savings", "overlap", "penalty"]},
            {ROUNDS: ["difference_by_labels", "label_savings", "overlap", "penalty"]},
        ),
    ],
)
def test_figures_and_tables_that_have_nothing_to_show_are_left_out(changes, figures, tables):
    loaded = experiment(**changes)
    assert (inapplicable("drawings", loaded), inapplicable("tables", loaded)) == (figures, tables)
    undrawn, unmade = ({name for some in lacking.values() for name in some} for lacking in (figures, tables))
    assert applicable("drawings", loaded) == [name for name in FIGURES if name not in undrawn]
    assert applicable("tables", loaded) == [name for name in TABLES if name not in unmade]
    names = {Path(path).stem for path in Paths(loaded).figures()}
    assert names >= {*FIGURES} - undrawn and not names & undrawn
    assert {Path(path).stem for path in Paths(loaded).tables()} == {*TABLES} - unmade


def test_each_drawing_and_table_has_a_subject_of_its_own():
    subjects = [subject_of(folder, name) for folder, names in MODULES.items() for name in names]
    assert len(set(subjects)) == len(subjects)
    assert all(subject.endswith(".") for subject in subjects)
