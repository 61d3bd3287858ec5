import io
import json

import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex
from PIL import Image

from activepool.data.samples import Part, Samples, write_samples
from activepool.errors import InputError
from activepool.figures import contact_sheet
from activepool.figures.contact_sheet import (
    MAX_FILE,
    PICKS,
    SIDE,
    RoundPicks,
    draw,
    read_round_picks,
    write_sheet,
)
from activepool.figures.export import print_settings
from activepool.stages.contact_sheet import contact_sheet as stage

BLUE, ORANGE = "#0072b2", "#d55e00"


def picks(number, count, predicted=True, classes=10, seed=0):
    """Random picks, each third of unknown label and half of the others predicted right."""
    random = np.random.default_rng((seed, number))
    labels = random.integers(0, classes, count)
    labels[::3] = -1
    guesses = np.where(np.arange(count) % 2, labels.clip(0), (labels + 1) % classes)
    pictures = random.integers(0, 256, (min(count, PICKS), SIDE, SIDE, 3), dtype=np.uint8)
    return RoundPicks(number, labels, guesses if predicted else None, pictures)


def drawn(rounds, names, side=SIDE, columns=PICKS, title="Margin, seed 0"):
    with print_settings():
        figure = draw(title, rounds, names, side, columns)
        FigureCanvasAgg(figure).draw()
    return figure


def texts_of(figure):
    return [text.get_text() for text in figure.texts]


def test_labels_predictions_and_what_is_right():
    rounds = [
        RoundPicks(0, np.array([2, 0]), None, np.zeros((2, SIDE, SIDE, 3), np.uint8)),
        RoundPicks(
            1, np.array([2, 0, -1, 1]), np.array([2, 1, 0, 1]), np.zeros((3, SIDE, SIDE, 3), np.uint8)
        ),
    ]
    figure = drawn(rounds, ["ant", "bee", "cat"])
    title, legend, *texts = texts_of(figure)
    assert title == "Margin, seed 0"
    assert "✓ right, ✗ wrong" in legend
    assert texts[:4] == ["Round 0", "2 picks", "cat", "ant"]
    # Two of three picks with a known label were predicted right; the last of these has no picture.
    assert texts[4:7] == ["Round 1", "first 3 of 4", "67 % right"]
    assert texts[7:] == ["cat", "✓ cat", "ant", "✗ bee", "unknown", "? ant"]
    colours = {text.get_text(): to_hex(text.get_color()) for text in figure.texts}
    assert (colours["✓ cat"], colours["✗ bee"]) == (BLUE, ORANGE)
    assert colours["unknown"] == colours["? ant"]


def test_frames_tell_right_from_wrong_and_pictures_are_whole():
    picture = np.full((1, SIDE, SIDE, 3), (200, 10, 20), dtype=np.uint8)
    for predicted, colour in ((0, BLUE), (1, ORANGE)):
        figure = drawn([RoundPicks(1, np.array([0]), np.array([predicted]), picture)], ["a", "b"])
        page = np.asarray(figure.canvas.buffer_rgba())[..., :3]
        frame = (page == [int(colour[place : place + 2], 16) for place in (1, 3, 5)]).all(axis=2)
        inside = (page == (200, 10, 20)).all(axis=2)
        assert inside.sum() == SIDE**2
        rows, columns = np.nonzero(inside)
        assert frame[rows.min() - 1, columns.min() : columns.max()].all()
        assert frame[rows.min() : rows.max(), columns.max() + 1].all()


def test_a_strategy_without_predictions_has_labels_alone():
    figure = drawn([picks(0, 5, predicted=False), picks(1, 5, predicted=False)], [str(n) for n in range(10)])
    text = " ".join(texts_of(figure))
    assert "predicted" not in text and "✓" not in text and "right" not in text
    assert text.count("unknown") == 4


def test_long_names_are_shortened_and_no_text_lies_on_another():
    names = [
        f"the class of number {number} with a name" if number % 2 else f"n{number:08}"
        for number in range(2000)
    ]
    figure = drawn([picks(number, 200, classes=2000) for number in range(3)], names, title="A title " * 20)
    renderer = figure.canvas.get_renderer()
    boxes = [text.get_window_extent(renderer) for text in figure.texts]
    for place, box in enumerate(boxes):
        assert box.x0 >= 0 and box.y0 >= 0
        assert box.x1 <= figure.bbox.x1 and box.y1 <= figure.bbox.y1
        assert not any(box.overlaps(earlier) for earlier in boxes[:place])
    assert any(text.startswith("the class") and text.endswith("…") for text in texts_of(figure))
    assert all(text.get_fontsize() >= 7 for text in figure.texts)


def noise_sheet(path, rounds):
    rounds_of_picks = [picks(number, 30) for number in range(rounds)]
    write_sheet(path, "Margin, seed 0", rounds_of_picks, [str(number) for number in range(10)])
    return path.read_bytes()


@pytest.mark.parametrize("rounds", [1, 4, 16])
def test_a_sheet_of_noise_stays_small(tmp_path, rounds):
    content = noise_sheet(tmp_path / "a.png", rounds)
    assert len(content) <= MAX_FILE
    with Image.open(io.BytesIO(content)) as sheet:
        assert sheet.format == "PNG" and sheet.width > 3 * SIDE


@pytest.mark.parametrize("rounds", [1, 4])
def test_a_sheet_of_noise_comes_back_byte_for_byte(tmp_path, rounds):
    assert noise_sheet(tmp_path / "a.png", rounds) == noise_sheet(tmp_path / "b.png", rounds)


def test_where_pictures_cannot_shrink_there_are_fewer(tmp_path, monkeypatch):
    sizes = []

    def recorded(title, rounds, names, side, columns):
        sizes.append((side, columns))
        return draw(title, rounds, names, side, columns)

    monkeypatch.setattr(contact_sheet, "draw", recorded)
    monkeypatch.setattr(contact_sheet, "MAX_FILE", 60_000)
    write_sheet(tmp_path / "a.png", "Margin", [picks(number, 30) for number in range(4)], ["a"] * 10)
    sides, columns = zip(*sizes, strict=True)
    assert sides[0] == SIDE and sides[-1] == contact_sheet.MIN_SIDE
    assert columns[0] == PICKS > columns[-1] >= 1
    assert (tmp_path / "a.png").stat().st_size <= 60_000


@pytest.fixture
def sheet(tmp_path, monkeypatch):
    """A function that runs the stage on 20 grey images and two rounds, and returns what it drew."""
    images = np.random.default_rng(0).integers(0, 256, (20, 8, 8, 1), dtype=np.uint8)
    labels = np.arange(20) % 3
    labels[4] = -1
    part = Part(labels, np.array([f"pool/{row}" for row in range(20)], dtype=object), images)
    write_samples(tmp_path / "dataset.h5", Samples(part, part, ["ant", "bee", "cat"]))
    for run_name, columns in {
        "initial_random/seed3/round00": {"index": [0, 4]},
        "margin/seed3/round01": {"index": [5, 8, 1], "predicted": ["cat", "ant", "bee"]},
    }.items():
        (tmp_path / run_name).mkdir(parents=True)
        pd.DataFrame(columns).to_csv(tmp_path / run_name / "selected.csv", index=False)
    texts = []
    monkeypatch.setattr(
        contact_sheet, "write_sheet", lambda *drawn: (texts.append(drawn), write_sheet(*drawn))
    )

    def run_stage(*options):
        runs = {"folder": str(tmp_path), "initial": "initial_random", "strategies": ["margin"]}
        runs |= {"seeds": [3], "rounds": 2}
        files = ["--dataset", str(tmp_path / "dataset.h5"), "--sheet", str(tmp_path / "sheet.png")]
        stage.run([*files, "--runs", json.dumps(runs), *options])
        return texts[-1][1:]

    return run_stage


def test_the_stage_shows_the_picks_of_its_files(sheet, tmp_path):
    title, (initial, first), class_names = sheet()
    assert title == "Margin, seed 3"
    assert class_names == ["ant", "bee", "cat"]
    assert (initial.round_number, initial.labels.tolist(), initial.predicted) == (0, [0, -1], None)
    assert (first.round_number, first.labels.tolist(), first.predicted.tolist()) == (1, [2, 2, 1], [2, 0, 1])
    assert first.pictures.shape == (3, SIDE, SIDE, 3)
    with Image.open(tmp_path / "sheet.png") as written:
        assert written.format == "PNG"


def test_labels_that_came_later_are_shown(sheet, tmp_path):
    (tmp_path / "bought.csv").write_text("source,label\npool/4,bee\n")
    _, (initial, _), _ = sheet("--annotations", str(tmp_path / "bought.csv"))
    assert initial.labels.tolist() == [0, 1]


def test_an_upper_reference_is_called_so(sheet):
    title, *_ = sheet("--oracles", "margin")
    assert title == "Margin (upper reference: reads all labels), seed 3"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("index,predicted\n5,bee\n6,cats\n", "row 2: predicted 'cats' is not a class; the nearest names are"),
        ("index,predicted\n5,\n", "row 1: predicted '' is not a class"),
        ("index\n20\n", "names row 20, but .* has 20 train samples"),
    ],
)
def test_picks_that_do_not_fit(tmp_path, sheet, content, words):
    path = tmp_path / "margin/seed3/round01/selected.csv"
    path.write_text(content)
    with pytest.raises(InputError, match=words):
        read_round_picks(1, path, str(tmp_path / "dataset.h5"), np.zeros(20, int), ["ant", "bee", "cat"])
