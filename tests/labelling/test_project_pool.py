"""The tables of a pool: rows that never move, and images that are read once."""

import hashlib
import os

import numpy as np
import pytest
from PIL import Image

from activepool.errors import InputError
from activepool.labelling.pool import files as pool_files
from activepool.labelling.pool.files import image_files
from activepool.labelling.pool.table import read_pool, read_samples, update_pool


class Photographs:
    """A folder of photographs, and the pool that follows from it."""

    def __init__(self, folder):
        self.root, self.pool_folder = folder / "photos", folder / "results/pool"
        self.frozen: set[int] = set()

    def take(self, source, shade):
        path = self.root / source
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (4, 4), shade).save(path, "PNG")

    def sample(self, source):
        return hashlib.sha256((self.root / source).read_bytes()).hexdigest()

    def files(self, **options):
        paths = [path for path in self.root.rglob("*") if path.is_file()]
        sources = [path.relative_to(self.root).as_posix() for path in paths]
        return image_files(self.pool_folder, self.root, sources, **options)

    def update(self, **options):
        return update_pool(self.pool_folder, self.files(**options), self.frozen.__contains__)

    def rows(self):
        """Return part and source of each row, as the table has them."""
        table = read_samples(self.pool_folder / "samples.csv")
        assert table["row"].tolist() == list(range(len(table)))
        return list(zip(table["part"].tolist(), table["source"].tolist(), strict=True))


@pytest.fixture
def photographs(tmp_path):
    """Three photographs in a pool of one part, whose features exist."""
    photographs = Photographs(tmp_path)
    for shade, source in enumerate(["b.png", "a/2.png", "a/1.png"]):
        photographs.take(source, shade)
    photographs.update()
    photographs.frozen = {1}
    return photographs


FIRST = [(1, "a/1.png"), (1, "a/2.png"), (1, "b.png")]


def test_a_sample_is_the_sha_256_of_its_file(photographs):
    pool = read_pool(photographs.pool_folder)
    assert photographs.rows() == FIRST
    assert pool.samples == [photographs.sample(source) for _, source in FIRST]
    assert pool.sources == {source: photographs.sample(source) for _, source in FIRST}
    assert pool.is_present.tolist() == [True] * 3
    assert pool.row_of[photographs.sample("b.png")] == 2


def test_a_folder_without_tables_is_an_empty_pool(tmp_path):
    pool = read_pool(tmp_path)
    assert (pool.samples, pool.sources, pool.row_of) == ([], {}, {})


def test_new_images_get_rows_at_the_end_and_a_part_of_their_own(photographs):
    photographs.take("a/0.png", 10)
    photographs.take("c.png", 11)
    pool = photographs.update()
    assert photographs.rows() == [*FIRST, (2, "a/0.png"), (2, "c.png")]
    assert [row for row, part in enumerate(pool.parts) if part == 2] == [3, 4]
    photographs.frozen = {1, 2}
    photographs.take("0.png", 12)
    photographs.update()
    assert photographs.rows() == [*FIRST, (2, "a/0.png"), (2, "c.png"), (3, "0.png")]


def test_a_part_without_features_takes_up_what_arrives_and_loses_what_goes(photographs):
    photographs.take("a/0.png", 10)
    photographs.take("z.png", 11)
    photographs.update()
    (photographs.root / "a/0.png").unlink()
    photographs.take("c.png", 12)
    photographs.update()
    assert photographs.rows() == [*FIRST, (2, "c.png"), (2, "z.png")]


def test_a_renamed_image_keeps_its_row(photographs):
    (photographs.root / "a/2.png").rename(photographs.root / "0.png")
    pool = photographs.update()
    assert photographs.rows() == FIRST
    assert pool.row_sources == ["a/1.png", "0.png", "b.png"]
    assert pool.is_present.all()


def test_renamed_images_are_not_called_new(photographs, capsys):
    (photographs.root / "a/2.png").rename(photographs.root / "0.png")
    (photographs.root / "a/1.png").rename(photographs.root / "1.png")
    photographs.take("new.png", 9)
    photographs.update()
    notice = f"activepool: notice: reading 1 new image and 2 renamed images in {photographs.root}\n"
    assert notice in capsys.readouterr().err


def test_a_removed_image_keeps_its_row_and_is_not_present(photographs):
    (photographs.root / "a/2.png").unlink()
    pool = photographs.update()
    assert photographs.rows() == FIRST
    assert pool.is_present.tolist() == [True, False, True]
    assert pool.row_sources[1] == "a/2.png"
    photographs.take("back.png", 1)  # the same content
    pool = photographs.update()
    assert photographs.rows() == FIRST
    assert (pool.is_present.all(), pool.row_sources[1]) == (True, "back.png")


def test_a_changed_image_is_another_sample(photographs):
    photographs.take("a/2.png", 20)
    pool = photographs.update()
    assert photographs.rows() == [*FIRST, (2, "a/2.png")]
    assert pool.is_present.tolist() == [True, False, True, True]
    assert pool.samples[3] == photographs.sample("a/2.png")


def test_two_images_that_exchange_their_names_exchange_no_rows(photographs):
    root, samples = photographs.root, read_pool(photographs.pool_folder).samples
    (root / "a/1.png").rename(root / "other")
    (root / "a/2.png").rename(root / "a/1.png")
    (root / "other").rename(root / "a/2.png")
    pool = photographs.update()
    assert pool.samples == samples
    assert pool.row_sources == ["a/2.png", "a/1.png", "b.png"]


def test_images_of_the_same_content_are_one_sample(photographs):
    photographs.take("copy.png", 0)  # as b.png
    photographs.take("x/new.png", 5)
    photographs.take("y/new.png", 5)
    pool = photographs.update()
    assert photographs.rows() == [*FIRST, (2, "x/new.png")]
    assert pool.sources["copy.png"] == pool.sources["b.png"]
    assert pool.row_sources[2] == "b.png"
    (photographs.root / "b.png").unlink()
    assert photographs.update().row_sources[2] == "copy.png"


def test_only_new_images_are_read(photographs, monkeypatch):
    read = []
    digest = pool_files.file_digest
    monkeypatch.setattr(pool_files, "file_digest", lambda path: read.append(path.name) or digest(path))
    photographs.update()
    assert read == []
    photographs.take("new.png", 9)
    photographs.update()
    assert read == ["new.png"]


def test_an_image_is_read_again_if_its_time_changes(photographs):
    photographs.take("new.png", 9)
    photographs.update()
    path = photographs.root / "new.png"
    before = path.stat()
    photographs.take("new.png", 10)
    assert path.stat().st_size == before.st_size
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns + 1))
    assert photographs.update().samples[3] == photographs.sample("new.png")


def test_an_image_is_read_again_if_its_size_changes(photographs):
    path = photographs.root / "b.png"
    before = path.stat()
    path.write_bytes(path.read_bytes() + b"more")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert photographs.update().samples[3] == photographs.sample("b.png")


def test_tables_that_say_the_same_are_not_written_again(photographs):
    def times():
        return [(photographs.pool_folder / name).stat().st_mtime_ns for name in ("samples.csv", "files.csv")]

    before = times()
    photographs.update()
    assert times() == before
    photographs.take("copy.png", 0)
    photographs.update()
    assert (times()[0], times()[1] > before[1]) == (before[0], True)


ODD = ['a,"b" é.png', "NA", "null.png", "0123", " blank .png", "#.png", "'.png", "日本.png", "1e5"]


def test_odd_names_read_back_the_same(photographs):
    for shade, name in enumerate(ODD, start=50):
        photographs.take(name, shade)
    photographs.update()
    pool = photographs.update()
    assert sorted(pool.first_sources[3:]) == sorted(ODD)
    assert [pool.sources[source] for source in pool.first_sources[3:]] == pool.samples[3:]
    assert [source for _, source in photographs.rows()][3:] == pool.row_sources[3:]


@pytest.mark.parametrize("content", [b"no image", b"", b"\x89PNG\r\n\x1a\n cut"])
def test_images_that_cannot_be_read_are_named_all_at_once(photographs, content):
    for name in ("bad 1.png", "c/bad 2.png"):
        (photographs.root / name).parent.mkdir(exist_ok=True)
        (photographs.root / name).write_bytes(content)
    with pytest.raises(InputError) as caught:
        photographs.update()
    lines = str(caught.value).splitlines()
    assert [line.partition(": not a readable image")[0] for line in lines[:2]] == [
        str(photographs.root / name) for name in ("bad 1.png", "c/bad 2.png")
    ]
    assert lines[2].endswith("repair or remove these, or set on_unreadable: skip")
    assert photographs.rows() == FIRST


def test_a_message_names_twenty_unreadable_images_at_most(photographs):
    for number in range(25):
        (photographs.root / f"bad {number:02d}.png").write_bytes(b"")
    with pytest.raises(InputError) as caught:
        photographs.update()
    assert len(caught.value.args) == 22
    assert "5 more of the kind" in str(caught.value)


def test_skipped_images_make_no_sample_until_they_are_repaired(photographs):
    photographs.take("whole.png", 30)
    content = (photographs.root / "whole.png").read_bytes()
    (photographs.root / "cut.png").write_bytes(content[:-20])  # whose header is good
    (photographs.root / "bad.png").write_bytes(b"no image")
    files = {file.source: file.problem for file in photographs.files(skip_unreadable=True)}
    assert [source for source, problem in files.items() if problem] == ["bad.png", "cut.png"]
    pool = photographs.update(skip_unreadable=True)
    assert photographs.rows() == [*FIRST, (2, "whole.png")]
    assert "cut.png" not in pool.sources
    photographs.take("cut.png", 31)
    photographs.update(skip_unreadable=True)
    assert photographs.rows() == [*FIRST, (2, "cut.png"), (2, "whole.png")]


@pytest.mark.parametrize("name", ["cut.png", "cut.jpg", "progressive.jpg"])
def test_an_image_that_lacks_its_end_is_found_when_it_is_first_read(photographs, name):
    pixels = np.random.default_rng(0).integers(256, size=(200, 300, 3), dtype=np.uint8)
    path = photographs.root / name
    Image.fromarray(pixels).save(path, progressive=name.startswith("progressive"))
    path.write_bytes(path.read_bytes()[:-2000])
    with pytest.raises(InputError, match=rf"{name}: not a readable image"):
        photographs.update()
    assert photographs.rows() == FIRST


@pytest.fixture
def read(monkeypatch):
    """The names of the images that were read."""
    read, digest = [], pool_files.file_digest
    monkeypatch.setattr(pool_files, "file_digest", lambda path: read.append(path.name) or digest(path))
    return read


def test_one_unreadable_image_costs_no_second_reading_of_the_others(photographs, read):
    photographs.take("new.png", 30)
    (photographs.root / "bad.png").write_bytes(b"no image")
    for expected in (["bad.png", "new.png"], ["bad.png"]):
        with pytest.raises(InputError):
            photographs.update()
        assert sorted(read) == expected
        read.clear()
    assert read_pool(photographs.pool_folder).is_present.tolist() == [True] * 3
    photographs.take("bad.png", 31)
    photographs.update()
    assert (read, photographs.rows()) == (["bad.png"], [*FIRST, (2, "bad.png"), (2, "new.png")])


def test_skipped_images_are_read_once_until_they_change(photographs, read, capsys):
    path = photographs.root / "bad.png"
    path.write_bytes(b"no image")
    photographs.update(skip_unreadable=True)
    assert (read, "reading 1 new image in" in capsys.readouterr().err) == (["bad.png"], True)
    photographs.update(skip_unreadable=True)
    assert (read, capsys.readouterr().err) == (["bad.png"], "")
    path.write_bytes(b"no image either")
    photographs.update(skip_unreadable=True)
    assert (read, photographs.rows()) == (["bad.png"] * 2, FIRST)


def test_the_number_of_threads_changes_nothing(photographs):
    for shade in range(40, 90):
        photographs.take(f"{shade}.png", shade)
    assert photographs.files(workers=1) == photographs.files(workers=3)


@pytest.mark.parametrize("name", ["samples.csv", "files.csv"])
@pytest.mark.parametrize(
    "content", [b"", b"row,sample\n0,x\n", b"\xff\xfe\x00", b"row,sample,part,source\na"]
)
def test_a_damaged_table_is_named_with_the_way_out(photographs, name, content):
    (photographs.pool_folder / name).write_bytes(content)
    with pytest.raises(
        InputError, match=rf"{name}: not a table of a pool \(it is damaged\); delete the file"
    ):
        photographs.update()


def test_rows_never_move_whatever_happens_to_the_images(tmp_path):
    """Random changes of a folder, and parts that are frozen at random."""
    random = np.random.default_rng(0)
    photographs = Photographs(tmp_path)
    photographs.take("0.png", 0)
    for step in range(60):
        sources = [path.relative_to(photographs.root).as_posix() for path in photographs.root.glob("*.png")]
        match random.integers(4):
            case 0:
                photographs.take(f"{random.integers(12)}.png", int(random.integers(256)))
            case 1 if len(sources) > 1:
                (photographs.root / random.choice(sources)).unlink()
            case 2 if sources:
                (photographs.root / random.choice(sources)).rename(photographs.root / f"r{step}.png")
            case _:
                photographs.frozen = set(read_pool(photographs.pool_folder).parts)
        before = read_pool(photographs.pool_folder)
        pool = photographs.update()
        frozen_rows = [row for row, part in enumerate(before.parts) if part in photographs.frozen]
        assert pool.samples[: len(frozen_rows)] == [before.samples[row] for row in frozen_rows]
        assert pool.parts == sorted(pool.parts)
        assert len(set(pool.samples)) == len(pool.samples)
        assert set(pool.sources.values()) <= set(pool.samples)
        present = [sample for row, sample in enumerate(pool.samples) if pool.is_present[row]]
        assert set(present) == set(pool.sources.values())
