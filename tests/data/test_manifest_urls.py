"""Manifests that list URLs."""

import fsspec
import pytest
from data.manifests import write
from data.shard_files import features_of, picture

from activepool.data import manifest
from activepool.data.dataset import prepare
from activepool.data.settings import DatasetSettings
from activepool.errors import InputError


def test_urls_may_stand_beside_paths(draw):
    root = draw("1.jpg")
    urls = ["https://a.org/1.jpg", "https://a.org/1.jpg?v=2", "https://a.org/../1.jpg", "HTTP://a.org/2.jpg"]
    samples = manifest.load(write(root, *(f"{url},a," for url in urls), "1.jpg,a,test"))
    assert samples.train.sources.tolist() == urls
    assert [str(samples.image_place(url)) for url in urls] == urls
    assert not (root / "fetched").exists()


def test_urls_that_cannot_be_used(draw):
    root = draw("1.jpg")
    url = "https://a.org/1.jpg"
    path = write(root, "1.jpg,a,test", f"{url},a,", f"{url},a,", f"file://{root}/1.jpg,a,", "what://x,a,")
    with pytest.raises(InputError) as raised:
        manifest.load(path)
    assert [line.removeprefix(f"{path}:") for line in str(raised.value).splitlines()] == [
        f"4: path '{url}' was given before, in line 3",
        f"5: 'file://{root}/1.jpg': a file of this machine is named by its path, without file://",
        "6: 'what://x': fsspec does not know the protocol what://; use one such as http, https, s3 or gs",
    ]


def test_failures_name_the_lines_of_the_manifest(draw):
    memory = fsspec.filesystem("memory")
    memory.pipe_file("/manifest/2.jpg", (draw("2.jpg") / "2.jpg").read_bytes())
    names = ["3.jpg", "2.jpg", "4.jpg"]
    path = write(draw("1.jpg"), "1.jpg,a,test", *(f"memory://manifest/{name},a," for name in names))
    with pytest.raises(InputError) as raised:
        manifest.fetch(path, test_fraction=None)
    assert raised.value.args == tuple(
        f"{path}:{line}: memory://manifest/{name} cannot be fetched: no such image (/manifest/{name})"
        for line, name in ((3, "3.jpg"), (5, "4.jpg"))
    )
    manifest.fetch(path, unreadable={})
    assert len(list((path.parent / "fetched").rglob("*.jpg"))) == 1


def write_urls(root, server, contents):
    """Serve images, and write a manifest of them, the last two in the test part; return it and the URLs."""
    server.contents |= contents
    urls = [server.address + name for name in contents]
    first_of_test = len(urls) - 2
    rows = [
        f"{url},{'ab'[row % 2]},{'train' if row < first_of_test else 'test'}" for row, url in enumerate(urls)
    ]
    return write(root, *rows), urls


def test_images_at_urls_have_the_features_of_the_same_files(server, tmp_path):
    pictures = {f"/{number}.{'jpg' if number % 2 else 'png'}": picture(number) for number in range(8)}
    path, urls = write_urls(tmp_path, server, pictures)
    features = features_of(tmp_path / "of_urls", "manifest", path=str(path))
    for name, content in pictures.items():
        (tmp_path / name[1:]).write_bytes(content)
    text = path.read_text()
    path.write_text(text.replace(f"{server.address}/", ""))
    expected = features_of(tmp_path / "of_files", "manifest", path=str(path))
    for part in ("train", "test"):
        assert features[part]["labels"] == expected[part]["labels"]
        assert features[part]["features"] == expected[part]["features"]
    assert features["train"]["sources"] + features["test"]["sources"] == urls


def test_what_a_server_sends_in_place_of_an_image_is_named_by_its_url(server, tmp_path):
    pictures = {f"/{number}.png": picture(number) for number in range(5)}
    path, urls = write_urls(tmp_path, server, pictures | {"/1.png": b"<html>Come back later.</html>"})
    settings = DatasetSettings(kind="manifest", options={"path": str(path)})
    words = f"{urls[1]} cannot be fetched: its server sends no image (no known image format)"
    gone = server.contents.pop("/2.png")
    with pytest.raises(InputError) as raised:
        prepare(settings)
    assert raised.value.args == (
        f"{path}:3: {words}",
        f"{path}:4: {urls[2]} cannot be fetched: no such image (HTTP Error 404: Not Found)",
    )
    server.contents |= pictures | {"/2.png": gone}
    samples, _ = prepare(settings)
    assert len(samples.train) == 3
    assert server.requests.count("/1.png") == 2 and len(server.requests) == 7


def test_absent_images_and_other_content_can_be_skipped(server, tmp_path):
    pictures = {f"/{number}.png": picture(number) for number in range(6)}
    path, urls = write_urls(tmp_path, server, pictures | {"/1.png": b"<html>Come back later.</html>"})
    del server.contents["/2.png"]
    settings = DatasetSettings(kind="manifest", options={"path": str(path)}, on_unreadable="skip")
    samples, unreadable = prepare(settings)
    assert samples.train.sources.tolist() == [urls[0], urls[3]]
    assert unreadable["path"].tolist() == [urls[1], urls[2]]
    assert unreadable["reason"].tolist() == [
        "its server sends no image (no known image format)",
        "no such image (HTTP Error 404: Not Found)",
    ]
