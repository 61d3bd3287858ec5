from pathlib import Path

import pytest

from activepool.data.image_files import ImageFiles, read_header, reading_problem
from activepool.data.packed_images import place_of
from activepool.data.urls import fetched_image, is_url, protocol_of
from activepool.errors import InputError


def test_urls_are_recognised():
    urls = ["https://a.org/b.jpg", "S3://bucket/b", "memory://b.jpg", "git+ssh://x"]
    assert [protocol_of(url) for url in urls if is_url(url)] == ["https", "s3", "memory", "git+ssh"]
    assert not any(map(is_url, ["a/b.jpg", "/a//b.jpg", "C:/b.jpg", "a:b.jpg", "x/https://a.org", "://b"]))


def test_each_url_has_a_file_of_its_own():
    urls = ["http://a/b.jpg", "http://a/b.jpg?v=1", "http://a/b.jpg?v=2", "http://c/b.jpg", "http://a/B.jpg"]
    files = {fetched_image(Path("root"), url).file for url in urls}
    assert len(files) == len(urls)
    assert all(file.is_relative_to("root/fetched") and len(file.parts) == 4 for file in files)


@pytest.mark.parametrize(
    ("name", "ending"),
    [
        ("b.JPG", ".jpg"),
        ("b.png?x=.tif", ".png"),
        ("b.jpg#x.png", ".jpg"),
        ("b", ""),
        ("b.php?f=c.jpg", ""),
        ("b.tar/../../../c", ""),
        ("b." + "x" * 300, ""),
    ],
)
def test_a_file_keeps_the_ending_of_an_image(name, ending):
    assert fetched_image(Path(), f"http://a.org/{name}").file.suffix == ending


def test_messages_name_the_url_and_where_its_image_should_be(tmp_path):
    url = "http://a.org/b.jpg"
    image = place_of(tmp_path, url, is_packed=False)
    with pytest.raises(FileNotFoundError) as caught:
        read_header(image)
    assert reading_problem(image, caught.value) == f"not fetched, or no longer in {image.file}"
    files = ImageFiles(tmp_path, upright=False)
    assert files.digest(url) == ""
    with pytest.raises(InputError, match=rf"^{url}: not a readable image \(not fetched, or no longer in /"):
        files.read(url, "RGB")
