"""The tutorials, followed as they stand but with fewer seeds and rounds."""

import runpy

import numpy as np
import pandas as pd
import pytest
import yaml
from test_readme import ROOT, blocks, is_python, sections
from workflow_runs import Folder, made_once

import activepool

COMPARISON, STRATEGY, FIGURE = (
    ROOT / "docs" / f"tutorial_{name}.md" for name in ("comparison", "strategy", "figure")
)


def python_blocks(page):
    return list(filter(is_python, blocks(page)))


def configuration(page):
    """Return the configuration that a page shows."""
    (block_found,) = (block for block in blocks(page) if sections(block))
    return yaml.safe_load(block_found)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with the strategy of the page."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text(python_blocks(STRATEGY)[0], encoding="utf-8")
    return tmp_path


def test_the_strategy_of_the_page_picks_on_arrays(folder, capsys):
    exec(python_blocks(STRATEGY)[2], {})
    picks = [int(word) for word in capsys.readouterr().out.strip("[]\n").split()]
    assert len(set(picks)) == 10 and not set(picks) & set(range(30))


def test_the_strategy_that_reads_features_is_what_its_sentence_says(folder):
    (folder / "far.py").write_text(python_blocks(STRATEGY)[1], encoding="utf-8")
    features, labels = np.random.default_rng(3).normal(size=(300, 5)).astype("float32"), np.full(300, -1)
    labels[:40] = np.arange(40) % 3
    picks = activepool.select("far.py:farthest", features, labels=labels, budget=25)
    distances = np.linalg.norm(features[40:] - features[:40].mean(axis=0), axis=1)
    assert picks.tolist() == (40 + np.argsort(-distances, kind="stable")[:25]).tolist()


def test_the_test_of_the_page_passes(folder):
    names = {}
    exec(python_blocks(STRATEGY)[3], names)
    names["test_with_power_zero_it_is_margin"]()


def follow(path):
    """Do what the pages say, in an empty folder."""
    (path / "mine.py").write_text(python_blocks(STRATEGY)[0], encoding="utf-8")
    features, labels = np.random.default_rng(0).normal(size=(1000, 8)), np.arange(1000) % 4
    features = (features + 2 * np.eye(4, 8)[labels]).astype("float32")
    np.savez(path / "embeddings.npz", features=features, labels=labels)
    small = {"seeds": 2, "rounds": 3}
    trial = Folder(path, configuration(COMPARISON) | small)
    trial.snakemake()
    trial.configure(trial.configuration | configuration(STRATEGY))
    trial.snakemake()


@pytest.fixture(scope="module")
def compared(tmp_path_factory):
    return made_once(tmp_path_factory, "tutorials", follow)


@pytest.mark.long
def test_the_tables_have_the_columns_that_the_page_explains(compared):
    area = pd.read_csv(compared / "results/comparison/tables/area.csv")
    text = COMPARISON.read_text(encoding="utf-8")
    assert set(area.strategy) == {"random", "margin", "rarest", "rarest_strong"}
    for column in ("metric", "area", "area_half_width", "difference", "difference_half_width", "p", "p_holm"):
        assert column in area.columns and f"`{column}`" in text


@pytest.mark.long
def test_the_script_of_the_page_draws_the_curves(compared, monkeypatch):
    monkeypatch.chdir(compared)
    (script,) = python_blocks(FIGURE)
    names = {}
    exec(script, names)
    assert [text.get_text() for text in names["axes"].get_legend().get_texts()] == [
        "random",
        "margin",
        "rarest",
        "rarest_strong",
    ]
    assert (compared / "mine.png").stat().st_size > 10_000
    names["plt"].close("all")


def test_the_practice_data_are_the_digits(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "make_embeddings.py").write_text(python_blocks(COMPARISON)[0], encoding="utf-8")
    runpy.run_path("make_embeddings.py")
    with np.load("embeddings.npz") as file:
        assert file["features"].shape == (1797, 64) and file["labels"].max() == 9
