"""docs/library.md and docs/notebook.ipynb, run as whoever copies them would run them.

The code cells of the notebook run one after the other in this process, with a matplotlib that draws into
memory. This is not Jupyter, which the environment lacks: the tests see what the code computes, and not how a
page looks.
"""

import json
import re
from pathlib import Path

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


def test_the_example_of_the_page_learns(capsys):
    (example,) = filter(is_python, blocks(DOCS / "library.md"))
    names = {}
    exec(compile(example, "library.md", "exec"), names)
    labels, accuracy = re.fullmatch(r"(\d+) labels, accuracy (0\.\d+)\n", capsys.readouterr().out).groups()
    assert labels == "100"
    assert float(accuracy) > 0.85
    assert np.array_equal(np.unique(names["labels"]), np.arange(-1, 10))


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
