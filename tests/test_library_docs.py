"""docs/library.md and docs/notebook.ipynb, run as whoever copies them would run them.

The code cells of the notebook run one after the other in this process, with a matplotlib that draws into
memory. This is not Jupyter, which the environment lacks: the tests see what the code computes, and not how a
page looks.
"""

import json
import re
from pathlib import Path

import h5py
import matplotlib.pyplot as plt
import numpy as np
import pytest
from test_readme import blocks, is_python

import activepool
from activepool.api.selection import KEYWORDS

DOCS = Path(__file__).parents[1] / "docs"
NOTEBOOK = json.loads((DOCS / "notebook.ipynb").read_text(encoding="utf-8"))


def code_cells():
    return ["".join(cell["source"]) for cell in NOTEBOOK["cells"] if cell["cell_type"] == "code"]


def run_example(number):
    """Run an example of the page, and return its names."""
    example = list(filter(is_python, blocks(DOCS / "library.md")))[number]
    names = {}
    exec(compile(example, f"library.md, example {number}", "exec"), names)
    return names


def test_the_example_of_the_page_learns(capsys):
    names = run_example(0)
    labels, accuracy = re.fullmatch(r"(\d+) labels, accuracy (0\.\d+)\n", capsys.readouterr().out).groups()
    assert labels == "100"
    assert float(accuracy) > 0.85
    assert np.array_equal(np.unique(names["labels"]), np.arange(-1, 10))


def test_the_example_of_progress_knows_how_sure_it_is(capsys):
    names = run_example(1)
    accuracy, stop, curve = capsys.readouterr().out.splitlines()
    value, low, high = map(float, re.fullmatch(r"accuracy (.*), from (.*) to (.*)", accuracy).groups())
    assert low < value < high < low + 0.1
    assert stop == "stop: False"
    assert re.fullmatch(r"ceiling 0\.9\d+, 95 % of it with 1\d\d labels", curve)
    assert len(names["audited"]) == activepool.audit_size(width=0.1)
    assert names["head"].uncalibrated is None and names["head"].cross_validation.fixed is None


def test_the_features_of_the_workflow_are_a_dataset(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    file = Path("results/features/digits_exp0.1/small_simclr/features.h5")
    file.parent.mkdir(parents=True)
    with h5py.File(file, "w") as written:
        written["train/features"] = np.eye(9, 3, dtype=np.float16)
    picks = activepool.select("coreset", run_example(2)["features"], labelled=[0], budget=2)
    assert picks.tolist() == [1, 2]


def test_the_page_explains_each_argument_of_select():
    page = (DOCS / "library.md").read_text(encoding="utf-8")
    assert [name for name in KEYWORDS if f"`{name}`" not in page and f"`{name}=" not in page] == []


@pytest.fixture
def no_window(monkeypatch):
    backend = plt.get_backend()
    plt.switch_backend("Agg")
    yield
    plt.close("all")
    plt.switch_backend(backend)


def test_the_notebook_runs_and_draws_two_curves(no_window):
    names = {}
    for number, cell in enumerate(code_cells()):
        exec(compile(cell, f"notebook.ipynb, code cell {number}", "exec"), names)
    (axes,) = plt.gcf().axes
    curves = {line.get_label(): line.get_ydata() for line in axes.lines}
    assert list(curves) == ["random", "badge"]
    for curve in curves.values():
        assert len(curve) == 8
        assert curve[-1] > curve[0] + 0.1
    assert curves["badge"][-1] > curves["random"][-1]


def test_the_notebook_is_short_and_has_no_outputs():
    lines = [line for cell in code_cells() for line in cell.splitlines() if line.strip()]
    assert len(lines) <= 25
    assert all(not cell.get("outputs") for cell in NOTEBOOK["cells"])
    assert set(activepool.__all__) >= set(re.findall(r"activepool\.(\w+)", "\n".join(code_cells())))
