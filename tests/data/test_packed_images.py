import io
from pathlib import Path

import pytest

from activepool.data.packed_images import Cell, Member, place_digest, place_of


@pytest.mark.parametrize("name", ["a/0007.jpg", "odd:1+2:name.jpg", "a b+c.jpg"])
@pytest.mark.parametrize("file", ["x.tar", "deep/x:y.tar", "/whole/x.tar"])
def test_a_place_is_written_and_read_again(name, file):
    for place in (Member(Path(file), name, 1536, 20), Cell(Path(file), name, 0, 2, 17)):
        assert place_of("", place.text, True) == place
        assert str(place) == f"{file}/{name}"
    assert place_of("root", Member(Path("x.tar"), name, 5, 6).text, True).file == Path("root/x.tar")


def test_other_strings_are_paths_or_errors():
    assert place_of("root", "a:1+2:b", False) == Path("root/a:1+2:b")
    with pytest.raises(ValueError, match=r"'a/b.jpg' is not a place inside a file"):
        place_of("root", "a/b.jpg", True)


def test_a_member_is_a_file_of_its_own(tmp_path):
    (tmp_path / "x.tar").write_bytes(b"0123456789")
    with Member(tmp_path / "x.tar", "1.jpg", 2, 5).stream() as stream:
        assert stream.read(2) == b"23"
        assert stream.tell() == 2
        stream.seek(-1, io.SEEK_END)
        assert stream.read() == b"6"
        stream.seek(1)
        assert stream.read(99) == b"3456"
        stream.seek(9)
        assert stream.read() == b""


def test_a_file_that_lost_its_end_gives_what_is_left(tmp_path):
    (tmp_path / "x.tar").write_bytes(b"0123")
    with Member(tmp_path / "x.tar", "1.jpg", 2, 5).stream() as stream:
        assert stream.read() == b"23"


def test_the_same_bytes_have_the_same_digest(tmp_path):
    (tmp_path / "x.tar").write_bytes(b"0123")
    (tmp_path / "x.jpg").write_bytes(b"12")
    assert place_digest(Member(tmp_path / "x.tar", "1.jpg", 1, 2)) == place_digest(tmp_path / "x.jpg")
    assert place_digest(tmp_path) == ""
