from itertools import pairwise

import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from activepool.figures.costs import draw, typeset
from activepool.figures.export import print_settings
from activepool.figures.latex import latex_table
from activepool.figures.settings import Settings

COLUMNS = ["stage", "jobs", "seconds", "median_seconds", "longest_seconds", "peak_memory_mb"]


@pytest.fixture
def table():
    rows = [("train_on_images", 1200, 98765.4, 80.0, 200.0, 12345.6), ("score", 3, 0.06, 0.0, 0.03, 51.0)]
    return pd.DataFrame(rows, columns=COLUMNS)


def test_marks_stand_where_the_numbers_are(table):
    with print_settings():
        times, memory = draw(table).axes
    drawn = {line.get_label(): line.get_xdata().tolist() for line in times.lines}
    # Stages without recorded time also have a place on the logarithmic axis.
    assert drawn == {
        "all jobs": [98765.4, 0.06],
        "longest job": [200.0, 0.03],
        "median job": [80.0, 0.005],
    }
    assert memory.lines[0].get_xdata().tolist() == [12345.6, 51.0]
    assert [label.get_text() for label in times.get_yticklabels()] == ["train on images (1,200)", "score (3)"]
    [*high, low] = times.get_yticks()
    assert min(high) > low


def test_no_label_lies_on_another(table):
    with print_settings():
        figure = draw(table)
        figure.canvas = FigureCanvasAgg(figure)
        figure.canvas.draw()
        for axes in figure.axes:
            boxes = [label.get_window_extent() for label in axes.get_xticklabels() if label.get_text()]
            boxes = sorted(box.intervalx.tolist() for box in boxes)
            assert all(left[1] < right[0] for left, right in pairwise(boxes))


def test_every_number_is_typeset(table):
    lines = latex_table(typeset(table), Settings()).splitlines()
    assert r"train on images & 1,200 & 98,765.4 & 80.00 & 200.00 & 12,346 \\" in lines
    assert r"score & 3 & 0.1 & 0.00 & 0.03 & 51 \\" in lines
