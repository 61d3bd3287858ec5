"""The cache of what was read of the files that came back."""

import os

import pytest
from returns import Project, without_cache

from activepool.labelling.returned.cache import ReadFile, ReturnedCache
from activepool.ledger.entries import Event
from activepool.ledger.formats.rows import Mistake, ParsedFile, Row


@pytest.fixture
def project(tmp_path):
    return Project(tmp_path)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"readers": 1, "files": []}', b"\xff"])
def test_a_damaged_cache_is_rebuilt(project, content):
    project.table("a.csv", "source,label", "a/1.jpg,cat")
    project.cache.write_bytes(content)
    assert len(project.take().entries) == 1


def test_the_cache_gives_back_all_that_was_read(project):
    row = Row(2, "a.csv:2", "cat", folders=("a",), other_names=("b",), pictures=("c", "d"), event=Event.SKIP)
    parsed = ParsedFile([row], [Mistake(3, "a.csv:3: wrong")], ["a notice"], may_be_of_program=True)
    read = ReadFile("csv", "a digest", parsed)
    memory = ReturnedCache(project.cache)
    memory.keep(project.returned / "a.csv", "a signature", read)
    memory.save()
    assert ReturnedCache(project.cache).get(project.returned / "a.csv", "a signature") == read


def test_a_changed_file_is_read_again(project):
    path = project.table("a.csv", "source,label", "a/1.jpg,cat")
    project.take()
    status = path.stat()
    path.write_text(path.read_text(encoding="utf-8").replace("cat", "dog"), encoding="utf-8")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    project.take()
    assert project.labels() == {"a/1.jpg": "dog"}


def test_without_a_cache_one_line_sums_up_the_corrections_that_do_not_count(project):
    project.table("1.csv", "source,label,who", "e.jpg,cat,anna", "a/1.jpg,cat,anna")
    project.take()
    for number, label in enumerate(["dog", "cat", "dog"], 2):
        project.table(f"{number}.csv", "source,correction,note", f"e.jpg,{label},{number}")
        project.take()
    project.table("new.csv", "source,label,who", "a/2.jpg,cat,anna")
    notices = without_cache(project)
    assert notices.lines() == [
        f"{project.returned}/new.csv: 1 new answer",
        f"{project.returned}: 4 files taken in before",
    ]
    (line,) = notices.notices
    beginning = f"{project.returned}: answers that later ones replaced are not taken again: 'e.jpg'; "
    assert line.startswith(beginning)
    assert project.take().notices == ()
