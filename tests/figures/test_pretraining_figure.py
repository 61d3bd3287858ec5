from functools import partial

import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

from activepool.errors import InputError
from activepool.figures.export import print_settings, write_drawing
from activepool.figures.pretraining import draw, read_curve


def curve(epochs, measured=()):
    knn = [0.5 + 0.001 * epoch if epoch in measured else np.nan for epoch in range(epochs)]
    numbers = np.arange(epochs)
    columns = {"loss": 5 / (1 + numbers), "learning_rate": 0.1 * numbers, "knn_accuracy": knn}
    return pd.DataFrame({"epoch": numbers, **columns})


def drawn(curve_read):
    with print_settings():
        figure = draw(curve_read)
        FigureCanvasAgg(figure).draw()
    return figure


@pytest.mark.parametrize(("epochs", "measured"), [(1, [0]), (40, [9, 19, 39]), (500, range(500))])
def test_each_quantity_has_its_panel(epochs, measured):
    panels = drawn(curve(epochs, measured)).axes
    labels = [axes.get_ylabel() for axes in panels]
    assert labels == ["Contrastive loss (nats)", "Learning rate", "k-NN accuracy (%)"]
    line = panels[2].lines[0]
    assert line.get_xdata().tolist() == [epoch + 1 for epoch in measured]
    assert line.get_ydata() == pytest.approx([50 + 0.1 * epoch for epoch in measured])


def test_what_was_not_measured_has_no_panel():
    assert [axes.get_ylabel() for axes in drawn(curve(5)).axes] == [
        "Contrastive loss (nats)",
        "Learning rate",
    ]


def test_text_can_be_read_and_lies_on_the_page():
    figure = drawn(curve(40, [9, 39]))
    assert min(text.get_fontsize() for text in figure.findobj(Text) if text.get_text()) >= 7
    page = figure.get_tightbbox(figure.canvas.get_renderer())
    assert page.x0 >= 0 and page.y0 >= 0
    assert page.x1 <= figure.get_figwidth() and page.y1 <= figure.get_figheight()


def test_the_same_curve_gives_the_same_bytes(tmp_path):
    curve(40, [9, 39]).to_csv(tmp_path / "pretrain.csv", index=False)
    files = []
    for _ in range(2):
        curve_read = read_curve(tmp_path / "pretrain.csv")
        write_drawing(partial(draw, curve_read), tmp_path / "curve.pdf", tmp_path / "curve.png")
        files.append([(tmp_path / f"curve.{form}").read_bytes() for form in ("pdf", "png")])
    assert files[0] == files[1] and files[0][0].startswith(b"%PDF")


def test_a_missing_column_is_named(tmp_path):
    curve(4).drop(columns="loss").to_csv(tmp_path / "pretrain.csv", index=False)
    with pytest.raises(InputError, match=r"pretrain.csv: has no column 'loss'"):
        read_curve(tmp_path / "pretrain.csv")
