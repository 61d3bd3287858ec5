"""A manifest with URLs: the workflow on images of a web server picks what it picks on the same files."""

import pandas as pd
import pytest
from data.image_server import image_server
from data.shard_files import picture
from workflow_runs import Folder

CONFIGURATION = {
    "experiment": "trial",
    "dataset": {"kind": "manifest", "path": "images.csv"},
    "backbone": {"architecture": "identity", "image_size": 8},
    "features": {"dtype": "float32"},
    "validation": {"fraction": 0.1},
    "initial": {"size": 10},
    "budget": 5,
    "rounds": 3,
    "seeds": 1,
    "strategies": ["margin", "coreset"],
    "head": {"solver": "lbfgs"},
}
CURVES = "results/trial/curves.csv"
IMAGES = {f"{number}.png": picture(number) for number in range(60)}


def write_folder(path, places, contents):
    """Make a working folder whose manifest has these paths or URLs, the last 20 of them in the test part."""
    path.mkdir()
    rows = [f"{place},{'ab'[row % 2]},{'train' if row < 40 else 'test'}" for row, place in enumerate(places)]
    (path / "images.csv").write_text("\n".join(["path,label,split", *rows]) + "\n")
    for name, content in contents.items():
        (path / name).write_bytes(content)
    return Folder(path, CONFIGURATION)


def picks(folder):
    files = sorted(folder.path.glob("results/trial/*/seed0/round0[12]/selected.csv"))
    return {str(file.relative_to(folder.path)): pd.read_csv(file) for file in files}


@pytest.mark.long
def test_images_at_urls_are_fetched_once_and_picked_like_files(tmp_path, monkeypatch):
    monkeypatch.setenv("no_proxy", "*")
    of_files = write_folder(tmp_path / "files", IMAGES, IMAGES)
    of_files.snakemake(CURVES)
    elsewhere = {name: content for row, (name, content) in enumerate(IMAGES.items()) if row % 2}
    here = {name: content for name, content in IMAGES.items() if name not in elsewhere}
    with image_server() as server:
        server.contents |= {f"/{name}?v=1": content for name, content in elsewhere.items()}
        places = [name if name in here else f"{server.address}/{name}?v=1" for name in IMAGES]
        of_urls = write_folder(tmp_path / "urls", places, here)
        absent = {path: server.contents.pop(path) for path in ("/3.png?v=1", "/47.png?v=1")}
        printed = of_urls.snakemake(CURVES, check=False)
        for line, path in zip((5, 49), absent, strict=True):
            url = server.address + path
            assert f"activepool: images.csv:{line}: {url} cannot be fetched: no such image (HTTP E" in printed
        server.requests.clear()
        server.contents |= absent
        of_urls.snakemake(CURVES)
        assert sorted(server.requests) == list(absent)
    expected, picks_of_urls = picks(of_files), picks(of_urls)
    assert len(picks_of_urls) == 4
    for name, picked in picks_of_urls.items():
        assert picked["index"].tolist() == expected[name]["index"].tolist()
        assert picked["source"].tolist() == [places[row] for row in picked["index"]]
    assert of_urls.digests(CURVES) == of_files.digests(CURVES)
    assert not of_urls.planned(CURVES)
