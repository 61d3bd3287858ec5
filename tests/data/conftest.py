from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from data.image_server import ImageServer, image_server
from PIL import Image


@pytest.fixture
def draw(tmp_path) -> Callable[..., Path]:
    """Return draw(*names): makes small images of those names under tmp_path, and returns tmp_path."""

    def make(*names: str) -> Path:
        for number, name in enumerate(names):
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            pixels = np.random.default_rng(number).integers(0, 256, (6, 5, 3), dtype=np.uint8)
            form = "PNG" if path.suffix.lower() == ".png" else "JPEG"
            Image.fromarray(pixels).save(path, format=form)
        return tmp_path

    return make


@pytest.fixture
def server(monkeypatch) -> Iterator[ImageServer]:
    """A web server on this machine, which no proxy hides."""
    monkeypatch.setenv("no_proxy", "*")
    with image_server() as server:
        yield server


@pytest.fixture
def small_blocks(monkeypatch):
    """Features are read in several blocks of a few rows, the last one short."""
    monkeypatch.setattr("activepool.data.embeddings.BLOCK_ROWS", 7)
