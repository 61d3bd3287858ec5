"""Archives that are damaged, or made to do harm."""

import struct
import zipfile

import pytest
from exports import archive, file
from reading import POOL, labels_by_source, mistakes, read

from activepool.errors import InputError
from activepool.ledger.formats import archives
from activepool.ledger.formats.typed_classes import ClassNames


@pytest.mark.parametrize(
    ("member", "words"),
    [
        ("../cat/1.jpg", "leads out of the archive"),
        ("cat/../../1.jpg", "leads out of the archive"),
        ("/cat/1.jpg", "leads out of the archive"),
        ("C:/cat/1.jpg", "leads out of the archive"),
        ("..\\cat\\1.jpg", "leads out of the archive"),
    ],
)
def test_members_that_lead_out_are_refused(tmp_path, member, words):
    assert words in mistakes("imagenet", archive(tmp_path, {member: b"", "cat/a/1.jpg": b""}))


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path):
    path = archive(tmp_path, {"cat/a/1.jpg": bytes(2**24)})
    assert "'cat/a/1.jpg' would have 16,777,216 bytes unpacked; it is not an export" in mistakes(
        "imagenet", path
    )


def test_a_member_that_says_it_is_small_is_read_no_further(tmp_path):
    path = archive(tmp_path, {"cat/a/1.jpg": bytes(2**24)})
    content = path.read_bytes()
    for mark, place in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = content.index(mark) + place
        content = content[:at] + struct.pack("<I", 100) + content[at + 4 :]
    path.write_bytes(content)
    assert "is damaged; export it again" in mistakes("imagenet", path)


def test_links_passwords_and_twins_are_refused(tmp_path):
    path = tmp_path / "export.zip"
    link = zipfile.ZipInfo("cat/link.jpg")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(path, "w") as opened, pytest.warns(UserWarning, match="Duplicate name"):
        opened.writestr(link, "/etc/passwd")
        opened.writestr("cat/a/1.jpg", b"")
        opened.writestr("cat/a/1.jpg", b"")
    message = mistakes("imagenet", path)
    assert "'cat/link.jpg' is a link; pack the files themselves" in message
    assert "has 'cat/a/1.jpg' twice" in message
    locked = bytearray(archive(tmp_path, {"cat/a/1.jpg": b"x"}).read_bytes())
    locked[locked.index(b"PK\x01\x02") + 8] |= 1
    assert "is encrypted; export without a password" in mistakes(
        "imagenet", file(tmp_path, bytes(locked), "x.zip")
    )


def test_too_much_of_all_members_together(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "LARGEST_WHOLE", 10)
    assert "it is not an export" in mistakes("imagenet", archive(tmp_path, {"cat/a/1.jpg": b"0123456789a"}))


def test_archives_that_were_cut_off(tmp_path):
    whole = archive(tmp_path, {"cat/a/1.jpg": b"pixels" * 100, "cat/a/2.jpg": b"pixels"}).read_bytes()
    for end in range(0, len(whole), 7):
        path = file(tmp_path, whole[:end], "cut.zip")
        with pytest.raises(InputError, match="is not a whole zip archive"):
            read("imagenet", path, POOL)


def test_changed_bytes_cause_no_traceback(tmp_path):
    whole = archive(tmp_path, {"synsets.txt": "cat\ndog\n", "default.txt": "a/1.jpg 0\n"}).read_bytes()
    refused = 0
    for place in range(len(whole)):
        path = file(tmp_path, whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :], "bad.zip")
        try:
            assert labels_by_source(read("imagenet", path, POOL, ClassNames(may_grow=False))) in (
                {"a/1.jpg": "cat"},
                {},
            )
        except InputError:
            refused += 1
    assert refused > 50
