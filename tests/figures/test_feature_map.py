import json
from functools import partial

import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

from activepool.features.projection import FeatureMap, write_map
from activepool.figures import feature_map
from activepool.figures.export import print_settings, write_drawing
from activepool.figures.feature_map import draw
from activepool.figures.settings import Settings
from activepool.stages.feature_map import feature_map as stage


def map_of(rows, shares=(0.4, 0.2)):
    coordinates = np.random.default_rng(0).normal(size=(rows, 2)).astype(np.float32)
    method, shares = ("pca", np.array(shares)) if shares else ("umap", None)
    return FeatureMap(coordinates, np.zeros(rows, dtype=np.int64), method, shares)


def picks_of(strategies, rounds, size, rows):
    random = np.random.default_rng(1)
    return {name: np.split(random.permutation(rows)[: rounds * size], rounds) for name in strategies}


def drawn(pool_map, picks):
    with print_settings():
        figure = draw(pool_map, picks, Settings(oracles=("balanced_random",)))
        FigureCanvasAgg(figure).draw()
    return figure


def points_of(collection):
    return {tuple(point) for point in np.asarray(collection.get_offsets()).tolist()}


def test_every_pick_is_drawn_once_in_the_colour_of_its_round():
    pool_map, picks = map_of(200), picks_of(["random", "base"], 4, 10, 200)
    figure = drawn(pool_map, picks)
    bar = figure.axes[-1]
    for axes, of_strategy in zip(figure.axes, picks.values(), strict=False):
        pool, picked = axes.collections
        assert points_of(pool) == {tuple(place) for place in pool_map.coordinates.tolist()}
        offsets, colours = np.asarray(picked.get_offsets()), picked.get_facecolors()
        assert len(offsets) == 40
        points = []
        for rows in of_strategy:
            of_round = [(offsets == pool_map.coordinates[row]).all(axis=1).argmax() for row in rows]
            assert len(np.unique(colours[of_round], axis=0)) == 1
            points.append(tuple(colours[of_round[0]]))
        assert len(set(points)) == 4
    assert [text.get_text() for text in bar.get_yticklabels()] == ["0", "1", "2", "3"]


def test_a_large_pool_is_thinned_and_its_picks_as_well(monkeypatch):
    monkeypatch.setattr(feature_map, "MAX_POINTS", 50)
    figure = drawn(map_of(400), picks_of(["base"], 3, 40, 400))
    assert [len(points_of(collection)) for collection in figure.axes[0].collections] == [50, 50]


@pytest.mark.parametrize(
    ("shares", "across", "up"),
    [
        ((0.4, 0.2), "PCA 1 (40 % of the variance)", "PCA 2 (20 % of the variance)"),
        (None, "UMAP 1", "UMAP 2"),
    ],
)
def test_axes_say_what_they_are(shares, across, up):
    figure = drawn(map_of(50, shares), picks_of(["base"], 2, 5, 50))
    assert (figure.get_supxlabel(), figure.get_supylabel()) == (across, up)


@pytest.mark.parametrize(("strategies", "rounds"), [(1, 1), (13, 30)])
def test_text_can_be_read_and_lies_on_the_page(strategies, rounds):
    names = ["balanced_random", *(f"a_strategy_of_number_{number}" for number in range(1, strategies))]
    figure = drawn(map_of(300), picks_of(names, rounds, 3, 300))
    assert min(text.get_fontsize() for text in figure.findobj(Text) if text.get_text()) >= 7
    page = figure.get_tightbbox(figure.canvas.get_renderer())
    assert page.x0 >= 0 and page.y0 >= 0
    assert page.x1 <= figure.get_figwidth() and page.y1 <= figure.get_figheight()


@pytest.mark.parametrize(("strategies", "flatness"), [(1, 1), (7, 0.6), (13, 1.2)])
def test_panels_are_as_wide_as_there_is_room(strategies, flatness):
    names = ["balanced_random", *(f"strategy_{number}" for number in range(1, strategies))]
    pool_map = map_of(200)
    pool_map.coordinates[:, 1] *= (
        flatness * np.ptp(pool_map.coordinates[:, 0]) / np.ptp(pool_map.coordinates[:, 1])
    )
    figure = drawn(pool_map, picks_of(names, 3, 3, 200))
    for axes in figure.axes[:strategies]:
        room, panel = axes.get_position(original=True), axes.get_position()
        assert panel.width == pytest.approx(room.width, rel=0.03)
        assert panel.height == pytest.approx(room.height, rel=0.03)


def test_samples_on_one_spot_are_drawn():
    spot = FeatureMap(np.zeros((9, 2), np.float32), np.zeros(9, np.int64), "pca", np.zeros(2))
    assert drawn(spot, picks_of(["base"], 2, 2, 9)).axes[0].collections


def test_the_same_input_gives_the_same_bytes(tmp_path):
    files = []
    for _ in range(2):
        task = partial(draw, map_of(100), picks_of(["base"], 3, 5, 100), Settings())
        write_drawing(task, tmp_path / "map.pdf", tmp_path / "map.png")
        files.append([(tmp_path / f"map.{form}").read_bytes() for form in ("pdf", "png")])
    assert files[0] == files[1] and files[0][0].startswith(b"%PDF")


@pytest.fixture
def stage_of(tmp_path, monkeypatch):
    """A function that runs the stage on a map of so many rows and two strategies' picks."""
    for name, index in {
        "initial_random/seed2/round00": [0, 1],
        "base/seed2/round01": [29, 5],
        "random/seed2/round01": [4, 7],
    }.items():
        (tmp_path / name).mkdir(parents=True)
        pd.DataFrame({"index": index}).to_csv(tmp_path / name / "selected.csv", index=False)
    monkeypatch.chdir(tmp_path)

    def run_stage(rows):
        write_map("map.h5", map_of(rows))
        runs = {"folder": ".", "initial": "initial_random", "strategies": ["random", "base"]}
        runs |= {"seeds": [2], "rounds": 2}
        files = ["--map", "map.h5", "--pdf", "map.pdf", "--png", "map.png"]
        stage.run([*files, "--runs", json.dumps(runs)])

    return run_stage


def test_the_stage_from_files_to_files(stage_of, tmp_path):
    stage_of(30)
    assert (tmp_path / "map.png").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "map.pdf").read_bytes().startswith(b"%PDF")


def test_picks_from_another_pool_are_reported_in_one_line(stage_of, capsys):
    with pytest.raises(SystemExit):
        stage_of(20)
    assert ": row 29 was picked, but map.h5 has 20 rows" in capsys.readouterr().err
