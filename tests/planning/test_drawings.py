"""Which figures the workflow asks for."""

from pathlib import Path

import pytest

from activepool.figures.registry import FIGURES
from planning.configuration.experiment import Experiment
from planning.drawings import NEEDS, drawn_figures, figures_left_out
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


@pytest.mark.parametrize("name", FIGURES)
def test_the_needs_of_each_figure_are_known(name):
    module = __import__(f"activepool.figures.drawings.{name}", fromlist=["_"])
    assert {*getattr(module, "NEEDS", ())} <= {*NEEDS}


@pytest.mark.parametrize(
    ("changes", "left_out"),
    [
        ({}, {}),
        (
            {"strategies": ["margin"]},
            {
                ("two strategies",): ["area", "overlap", "penalty"],
                ("random and another strategy",): ["difference_to_random", "label_savings"],
            },
        ),
        (
            {"strategies": ["margin", "base"]},
            {("random and another strategy",): ["difference_to_random", "label_savings"]},
        ),
        ({"seeds": 1}, {("two seeds",): ["penalty"]}),
        ({"rounds": 1}, {("two rounds",): ["accuracy_change", "label_savings", "overlap", "penalty"]}),
    ],
)
def test_figures_that_have_nothing_to_show_are_left_out(changes, left_out):
    given = experiment(**changes)
    assert figures_left_out(given) == left_out
    names = {name for names in left_out.values() for name in names}
    assert drawn_figures(given) == [name for name in FIGURES if name not in names]
    asked = {Path(path).stem for path in Paths(given).figures()}
    assert asked >= {*FIGURES} - names and not asked & names
