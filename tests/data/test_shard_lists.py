"""The shards of a dataset: by folders, patterns and parts."""

from pathlib import Path

import pytest
from data.shard_files import pair, picture, two_shards, write_tar

from activepool.data import webdataset
from activepool.data.kinds import preview
from activepool.errors import InputError


@pytest.mark.parametrize(
    ("path", "test_path"),
    [
        ("train-{000..001}.tar", "test-000.tar"),
        ("{train,test}-*.tar", None),
        ("*.tar", None),
        ("train-00[01].tar", "test-*.tar"),
        (".", None),
    ],
)
def test_shards_are_named_by_a_pattern(tmp_path, path, test_path):
    folder = two_shards(tmp_path)
    samples = webdataset.load(str(folder / path), test_path and str(folder / test_path))
    assert [source[:9] for source in samples.train.sources] == ["train-000"] * 3 + ["train-001"] * 3
    assert samples.test.sources.tolist() == ["test-000.tar/006.png", "test-000.tar/007.jpg"]
    assert samples.root == str(folder)


@pytest.mark.parametrize("name", ["of [1]", "of {a,b}", "a*b?", "{000..001}"])
def test_a_folder_of_shards_may_have_a_name_like_a_pattern(tmp_path, name):
    folder = tmp_path / name / "deep"
    folder.mkdir(parents=True)
    two_shards(folder)
    samples = webdataset.load(str(folder / "{train,test}-00*.tar"))
    assert (len(samples.train), samples.root) == (6, str(folder))
    assert len(webdataset.load(str(folder / "train-{000..001}.tar"), str(folder / "test-000.tar")).train) == 6
    assert len(webdataset.load(str(tmp_path / name)).test) == 2


def test_folders_of_parts_and_shards_of_another_part(tmp_path):
    write_tar(tmp_path / "train" / "0.tar", *pair(0, "ant"))
    write_tar(tmp_path / "val" / "0.tar", *pair(1, "ant"))
    samples = webdataset.load(tmp_path)
    assert samples.train.sources.tolist() == ["train/0.tar/000.png"]
    assert samples.test.sources.tolist() == ["val/0.tar/001.jpg"]
    write_tar(tmp_path / "test" / "0.tar", *pair(2, "ant"))
    samples = webdataset.load(tmp_path)
    assert samples.test.sources.tolist() == ["test/0.tar/002.png"]
    assert samples.notices == (f"{tmp_path}: not taken: shards of other parts: 1 (val/0.tar)",)


@pytest.mark.parametrize(
    ("shard", "path"),
    [
        ("unlabeled-000.tar", "."),
        ("unlabeled-000.tar", "{train,unlabeled,test}-*.tar"),
        ("unlabeled/0.tar", "."),
        ("Unlabelled2017.tar", "."),
    ],
)
def test_shards_of_unlabelled_images_join_the_train_part(tmp_path, shard, path):
    write_tar(two_shards(tmp_path) / shard, ("008.png", picture(8)))
    samples = webdataset.load(str(tmp_path / path))
    assert samples.train.labels.tolist() == [0, 0, 0, 1, 1, 1, -1]
    assert (samples.train.sources[-1], samples.notices) == (f"{shard}/008.png", ())
    write_tar(tmp_path / shard, *pair(8, "bee"))
    samples = webdataset.load(str(tmp_path / path))
    assert samples.train.labels[-1] == 1
    words = f"1 images in shards of unlabelled images have labels, which count ({shard}/008.png)"
    assert samples.notices == (f"{tmp_path}: {words}",)


@pytest.mark.parametrize("is_test_path", [False, True])
def test_compressed_archives_in_a_folder_are_reported(tmp_path, is_test_path):
    write_tar(tmp_path / "train" / "0.tar", *pair(0, "ant"))
    write_tar(tmp_path / "test" / "0.tar", *pair(1, "ant"))
    for name in ("train/1.tar.gz", "train/2.TGZ", "train/.3.tgz", "train/notes.gz"):
        (tmp_path / name).write_bytes(b"\x1f\x8b")
    paths = [tmp_path / "train", tmp_path / "test"] if is_test_path else [tmp_path]
    named = "1.tar.gz, 2.TGZ" if is_test_path else "train/1.tar.gz, train/2.TGZ"
    what = f"not taken: compressed archives: 2 ({named}); decompress them to .tar"
    assert webdataset.load(*paths).notices == (f"{paths[0]}: {what}",)


@pytest.mark.parametrize("path", ["https://host/a-{0..3}.tar", "s3://bucket/a.tar", "pipe:curl host"])
def test_shards_cannot_be_urls(path):
    with pytest.raises(InputError, match=r"is a URL; copy the shards to a folder, and name that$"):
        webdataset.load(path)


def test_a_range_has_an_end(tmp_path):
    with pytest.raises(InputError, match=r"^\{0..9999999999\}: a pattern may name 1,000,000 shards at most$"):
        webdataset.load(tmp_path / "{0..9999999999}.tar")


def test_a_folder_that_has_compressed_archives_alone_says_so(tmp_path):
    (tmp_path / "a.tar.gz").write_bytes(b"\x1f\x8b")
    with pytest.raises(InputError) as caught:
        webdataset.load(tmp_path)
    remedy = "it holds compressed archives: 1 (a.tar.gz); decompress them to .tar"
    assert str(caught.value) == f"{tmp_path}: holds no file that ends in .tar; {remedy}"


def test_a_shard_in_a_folder_may_end_in_capitals(tmp_path):
    write_tar(tmp_path / "TRAIN.TAR", *pair(0, "ant"))
    write_tar(tmp_path / "test.tar", *pair(1, "ant"))
    assert webdataset.load(tmp_path).train.sources.tolist() == ["TRAIN.TAR/000.png"]


def test_a_folder_of_shards_is_searched_once(tmp_path, monkeypatch):
    searched = []
    search = Path.rglob
    monkeypatch.setattr(Path, "rglob", lambda path, pattern: searched.append(path) or search(path, pattern))
    webdataset.load(two_shards(tmp_path))
    assert searched == [tmp_path]


def test_a_shard_cannot_be_listed_twice_by_a_link(tmp_path):
    two_shards(tmp_path)
    (tmp_path / "train-00x.tar").symlink_to("train-001.tar")
    with pytest.raises(InputError, match=r"/train-00x.tar: links to the same shard as train-001.tar"):
        webdataset.load(tmp_path)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"path": "train-{000..003}.tar"}, "train-002.tar: no such file\n.*train-003.tar: no such file$"),
        ({"path": "train-{5..3}.tar"}, r"names no file; write a range as \{000..010\}"),
        (
            {"path": "train-00{1..2}.tar", "test_path": "val.tar", "class_names": ["a", "a"]},
            "class_names has 'a' as class 1.*\n.*train-002.tar: no such file\n.*val.tar: no such file",
        ),
        ({"path": "film-*.tar"}, r"film-\*.tar: no such file"),
        ({"path": "nowhere/train-*.tar"}, "nowhere: no such folder; it must be the folder of the shards"),
        ({"path": "empty"}, "empty: holds no file that ends in .tar"),
        (
            {"path": "test-000.tar"},
            r"all shards are of the test part \(test-000.tar\); add those of the train",
        ),
        ({"path": "train-*.tar"}, "has no test part to measure accuracy on; add shards of the test part, or"),
        ({"path": ".", "test_fraction": 0.2}, "has a test part of its own"),
        ({"path": ".", "test_path": "test-000.tar"}, "test-000.tar: matches both path and test_path"),
        ({"path": "train-*.tar", "test_path": "/test-000.tar"}, "path and test_path must both be absolute"),
    ],
)
def test_paths_that_cannot_be_used(tmp_path, monkeypatch, options, words):
    two_shards(tmp_path)
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=words):
        preview({"kind": "webdataset", "options": options})
