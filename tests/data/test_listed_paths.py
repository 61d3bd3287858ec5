import pytest

from activepool.data.listed_paths import (
    leads_out,
    repeated_files,
    repeated_path_problem,
    spelling_hint,
    written_path,
)


def test_a_path_is_taken_as_it_is_written_if_there_is_such_a_file(draw):
    root = draw("a/1.jpg", " a/1.jpg", "a/2.jpg ", "a/3.jpg")
    for path in ("a/1.jpg", " a/1.jpg", "a/2.jpg ", "a/9.jpg", " a/9.jpg", ""):
        assert written_path(root, path) == path
    assert written_path(root, " a/3.jpg\t") == "a/3.jpg"
    assert written_path(root, f" {root}/a/3.jpg") == f"{root}/a/3.jpg"


@pytest.mark.parametrize(
    "written",
    [
        "a b\\é.jpg",
        "a%20b/%C3%A9.jpg",
        "a b/e\u0301.jpg",
        "{name}/a b/é.jpg",
        r"D:\{name}\a%20b\é.jpg",
        r"D:\photos\2024\a b\é.jpg",
        "D:/a b/é.jpg",
        r"\\server\photos\a b\é.jpg",
        " a b/é.jpg ",
    ],
)
def test_the_spelling_of_a_file_that_is_there(draw, written):
    root = draw("a b/é.jpg")
    assert spelling_hint(root, written.format(name=root.name)) == "; did you mean 'a b/é.jpg'?"


@pytest.mark.parametrize("written", ["a b/é.jpg", "é.jpg", "a%20b/f.jpg", "", "%00", "/", "x" * 300])
def test_no_other_file_is_suggested(draw, written):
    assert spelling_hint(draw("a b/é.jpg"), written) == ""


def test_a_file_has_one_place_whatever_leads_to_it(draw, monkeypatch):
    root = draw("a/1.jpg", "a/2.jpg", "b/1.jpg")
    (root / "c").symlink_to("a")
    (root / "b/3.jpg").symlink_to("../a/2.jpg")
    (root / "b/hard.jpg").hardlink_to(root / "a/2.jpg")  # as good as a copy
    paths = [
        "a/1.jpg",
        "b/1.jpg",
        "a/2.jpg",
        "b/../a/1.jpg",
        f"{root}/a/1.jpg",
        "c/2.jpg",
        "b/3.jpg",
        "a/2.jpg",
    ]
    monkeypatch.chdir(root.parent)
    for folder in (root, root.relative_to(root.parent)):
        assert list(repeated_files(folder, paths)) == [(3, 0), (4, 0), (5, 2), (6, 2), (7, 2)]
        assert list(repeated_files(folder, ["a/2.jpg", "b/1.jpg", "b/hard.jpg"])) == []


def test_a_url_is_like_no_other_text(tmp_path):
    urls = ["https://x.org/a//1.jpg", "https://x.org/a/1.jpg", "https://x.org/b/../a/1.jpg"]
    assert list(repeated_files(tmp_path, [*urls, urls[1]])) == [(3, 1)]


def test_urls_are_the_same_if_their_server_cannot_tell_them_apart(tmp_path):
    same = ["https://x.org/a.jpg?b=C", "HTTPS://X.org/a.jpg?b=C", "https://x.org/a.jpg?b=C#d"]
    others = ["https://x.org/a.jpg?b=c", "http://x.org/a.jpg?b=C", "https://x.org/A.jpg?b=C"]
    files = ["s3://x/a.jpg", "s3://X/a.jpg", "s3://x/a.jpg#1", "S3://x/a.jpg"]
    assert list(repeated_files(tmp_path, [*same, *others, *files])) == [(1, 0), (2, 0), (9, 6)]


def test_the_message_names_the_other_spelling():
    assert (
        repeated_path_problem("a/1.jpg", "a/1.jpg", "line 2") == "path 'a/1.jpg' was given before, in line 2"
    )
    assert (
        repeated_path_problem("/a/1.jpg", "1.jpg", "line 2")
        == "path '/a/1.jpg' was given before, in line 2, as '1.jpg'"
    )


@pytest.mark.parametrize(
    ("path", "expected"), [("../a", True), ("a/../../b", True), ("a/../b", False), ("..a", False)]
)
def test_paths_that_leave_their_folder(path, expected):
    assert leads_out(path) == expected


def test_links_may_be_known(draw):
    root = draw("a/1.jpg", "a/2.jpg")
    (root / "a/3.jpg").symlink_to("2.jpg")
    paths = ["a/1.jpg", "a/2.jpg", "a/3.jpg"]
    assert list(repeated_files(root, paths, {"a/3.jpg"})) == [(2, 1)]
    assert list(repeated_files(root, paths, set())) == []
