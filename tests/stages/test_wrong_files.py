"""Files that a stage cannot write, and folders without what it reads."""

import os

import pytest
from workflow.bad_files import write_small_run

from activepool.figures.export import write_drawing
from activepool.io.hdf5 import written_hdf5
from activepool.stages.costs import costs
from activepool.stages.projection import projection
from activepool.stages.validation import validation


def line_of(stage, words, capsys):
    """Return the one line that a stage stops with."""
    with pytest.raises(SystemExit) as stopped:
        stage.run(words)
    assert stopped.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    return line


@pytest.fixture(autouse=True)
def small_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_small_run()


def test_an_hdf5_file_that_cannot_be_created_is_named(monkeypatch):
    def refuse(path, *_):
        raise PermissionError(13, os.strerror(13), str(path))

    monkeypatch.setattr("pathlib.Path.touch", refuse)
    with pytest.raises(PermissionError) as caught, written_hdf5("out.h5"):
        pass
    assert caught.value.filename.endswith(".h5")


def test_a_projection_that_does_not_exist(capsys):
    line = line_of(projection, ["--features", "features.h5", "--method", "tsne", "--map", "map.h5"], capsys)
    assert line == (
        "activepool: projection: argument --method: invalid choice: 'tsne' (choose from 'pca', 'umap')"
    )


def test_costs_of_a_folder_without_records(tmp_path, capsys):
    (tmp_path / "none").mkdir()
    files = ["--csv", "c.csv", "--tex", "c.tex", "--html", "c.html", "--pdf", "c.pdf", "--png", "c.png"]
    line = line_of(costs, ["--folders", "none", *files], capsys)
    assert line == "activepool: none: no stage has left a record here; name folders of results"


def test_a_figure_may_have_any_name(tmp_path):
    from matplotlib.figure import Figure

    write_drawing(Figure, "drawing", "picture.h5")
    assert (tmp_path / "drawing").read_bytes().startswith(b"%PDF")
    assert (tmp_path / "picture.h5").read_bytes().startswith(b"\x89PNG")


def test_the_folder_in_place_of_a_file_is_named(tmp_path, capsys):
    (tmp_path / "taken").mkdir()
    words = ["--samples", "features.h5", "--fraction", "0.2", "--seed", "0", "--validation", "taken"]
    assert "taken" in line_of(validation, words, capsys)
