import numpy as np
import pytest
from data.shard_files import encoded, features_of, pair, picture, two_shards, write_folders, write_tar
from data.stored_samples import read_samples
from PIL import Image

from activepool.data import webdataset
from activepool.data.dataset import prepare
from activepool.data.kinds import preview
from activepool.data.samples import write_samples
from activepool.data.settings import DatasetSettings
from activepool.data.thumbnails import thumbnails
from activepool.errors import InputError


def test_shards_have_the_features_of_the_same_images_in_folders(tmp_path):
    write_folders(tmp_path / "photos", "train", ["ant"] * 3 + ["bee"] * 3)
    write_folders(tmp_path / "photos", "test", ["ant", "bee"], first=6)
    expected = features_of(tmp_path / "of_folders", "folder", root=str(tmp_path / "photos"))
    features = features_of(tmp_path / "of_shards", "webdataset", path=str(two_shards(tmp_path / "shards")))
    for part in ("train", "test"):
        assert features[part]["labels"] == expected[part]["labels"]
        assert features[part]["features"] == expected[part]["features"]
    names = ["000.png", "001.jpg", "002.png"]
    assert features["train"]["sources"][:3] == [f"train-000.tar/{name}" for name in names]
    assert features["train"]["sources"][3] == "train-001.tar/003.jpg"
    assert features["test"]["sources"] == ["test-000.tar/006.png", "test-000.tar/007.jpg"]


def test_a_test_part_is_split_off(tmp_path):
    path = write_tar(tmp_path / "all.tar", *(member for n in range(8) for member in pair(n, "ab"[n % 2])))
    samples = webdataset.load(path, test_fraction=0.25)
    assert sorted(samples.test.labels.tolist()) == [0, 1]
    assert len(samples.train) == len(samples.train.places) == 6


@pytest.mark.parametrize(
    ("members", "label"),
    [
        ([("0.cls", b"3\n"), ("1.cls", b"")], None),
        ([("0.txt", b"\xef\xbb\xbf3"), ("1.cls", b"-1")], None),
        ([("0.json", b'{"label": 3}'), ("0.txt", b"a caption"), ("1.json", b'{"label": null}')], None),
        ([("0.json", b'{"kind": "3"}'), ("0.cls", b"7"), ("1.json", b"{}")], "json.kind"),
        ([("0.species", b"3"), ("0.cls", b"7")], "species"),
    ],
)
def test_labels_come_from_the_fields_of_a_sample(tmp_path, members, label):
    images = [("0.jpg", picture(1)), ("1.jpg", picture(3)), ("2.jpg", picture(5))]
    path = write_tar(tmp_path / "train.tar", *images, *members)
    test = write_tar(
        tmp_path / "test.tar", ("0.jpg", picture(7)), *(member for member in members if member[0] < "1")
    )
    samples = webdataset.load(path, test, label=label)
    assert samples.class_names == ["3"]
    assert samples.train.labels.tolist() == [0, -1, -1]
    assert samples.test.labels.tolist() == [0]


def test_labels_may_be_numbers_of_the_named_classes(tmp_path):
    write_tar(tmp_path / "train.tar", *pair(0, "2"), *pair(1, "0"), *pair(2, "cat"))
    write_tar(tmp_path / "test.tar", *pair(3, "1"))
    samples = webdataset.load(tmp_path, class_names=["ant", "bee", "cat"])
    assert samples.train.labels.tolist() == [2, 0, 2]
    assert samples.test.labels.tolist() == [1]


def test_members_that_are_neither_image_nor_label_are_counted(tmp_path):
    members = [("a/._0.jpg", b"x"), ("./a/0.jpg", picture(1)), ("a/0.seg.png", picture(2)), ("a/0.cls", b"x")]
    write_tar(
        tmp_path / "train.tar",
        *members,
        ("b/0.jpg", picture(3)),
        ("b/0.npy", b"x"),
        ("README", b""),
        ("__MACOSX/a/9.jpg", b"x"),
        ("__MACOSX/9.cls", b"x"),
        ("a/@eaDir/0.jpg", picture(5)),
    )
    write_tar(tmp_path / "test.tar", *pair(4, "x"))
    samples = webdataset.load(tmp_path)
    assert samples.train.sources.tolist() == ["train.tar/a/0.jpg", "train.tar/b/0.jpg"]
    assert samples.train.labels.tolist() == [0, -1]
    assert samples.notices == (
        f"{tmp_path}: not taken: of endings that name no image format: 2 (.npy 1, none 1); images with more "
        "than one dot in their names: 1 (.seg.png 1); hidden: 1 (train.tar/a/._0.jpg); folders of the "
        "operating system: 2 (train.tar/__MACOSX, train.tar/a/@eaDir)",
    )


def test_a_shard_may_be_several_archives_one_behind_the_other(tmp_path):
    pairs = [pair(number, ["ant", "bee"][number % 2]) for number in range(6)]
    parts = [
        write_tar(tmp_path / f"{number}.part", *pairs[number], *pairs[number + 1]) for number in (0, 2, 4)
    ]
    write_tar(tmp_path / "all/train.tar", *(member for members in pairs for member in members))
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts/train.tar").write_bytes(b"".join(part.read_bytes() for part in parts))
    expected, features = (
        features_of(tmp_path / f"of {name}", "webdataset", path=tmp_path / name, test_fraction=0.3)
        for name in ("all", "parts")
    )
    assert len(expected["train"]["labels"]) == 4
    assert features == expected


def test_trailing_bytes_that_are_not_an_archive_are_reported(tmp_path):
    path = write_tar(tmp_path / "train.tar", *pair(0, "ant"), *pair(1, "bee"))
    path.write_bytes(path.read_bytes() + bytes(700) + b"x" * 600)
    with pytest.raises(InputError, match=r"train.tar/001.cls: the archive is damaged or cut off after this"):
        webdataset.load(tmp_path, test_fraction=0.5)


def test_a_shard_without_samples_is_reported(tmp_path):
    two_shards(tmp_path)
    write_tar(tmp_path / "train-009.tar")
    assert webdataset.load(tmp_path).notices == (f"{tmp_path}: train-009.tar holds no image",)


@pytest.mark.parametrize(
    ("members", "notices"),
    [
        ([], []),
        ([(".0.png", b"x"), (".0.cls", b"a")], ["not taken: hidden: 2 (t.tar/.0.cls, t.tar/.0.png)"]),
        (
            [("v1.0.png", b"x"), ("v1.0.cls", b"a")],
            [
                "not taken: of endings that name no image format: 1 (.0.cls 1); images with more than one "
                "dot in their names: 1 (.0.png 1)"
            ],
        ),
    ],
)
def test_a_dataset_without_samples_names_what_it_holds(tmp_path, members, notices):
    write_tar(tmp_path / "t.tar", *members)
    with pytest.raises(InputError) as caught:
        preview({"kind": "webdataset", "options": {"path": str(tmp_path), "test_fraction": 0.5}})
    first, *further_lines = str(caught.value).splitlines()
    assert first.startswith(f"{tmp_path}: the train part holds no sample: an image, and perhaps its label")
    assert further_lines == [f"{tmp_path}: {notice}" for notice in (*notices, "t.tar holds no image")]


def test_an_unreadable_member_is_named_or_left_out(tmp_path):
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (40, 40, 3), dtype=np.uint8))
    half = encoded(noise, "JPEG")[:900]
    spoilt = [("8.jpg", half), ("8.cls", b"ant"), ("9.jpg", b""), ("9.cls", b"ant")]
    write_tar(tmp_path / "train.tar", *pair(0, "ant"), *spoilt)
    write_tar(tmp_path / "test.tar", *pair(1, "ant"))
    options = {"kind": "webdataset", "options": {"path": str(tmp_path)}}
    with pytest.raises(InputError, match=r"train.tar/9.jpg: not a readable image \(empty file\): repair"):
        prepare(DatasetSettings(**options))
    samples, table = prepare(DatasetSettings(**options, on_unreadable="skip"))
    assert samples.train.sources.tolist() == ["train.tar/000.png"]
    assert table["path"].tolist() == [f"{tmp_path}/train.tar/{number}.jpg" for number in (8, 9)]


def test_exif_is_applied_and_pictures_are_drawn(tmp_path, monkeypatch):
    exif = Image.Exif()
    exif[0x0112] = 6
    two = Image.new("RGB", (16, 8), "black")
    two.paste("white", (0, 0, 8, 8))
    turned = encoded(two, "JPEG", quality=95, exif=exif)
    write_tar(tmp_path / "a" / "train.tar", *pair(0, "ant"), ("1.jpg", turned), ("1.cls", b"ant"))
    write_tar(tmp_path / "a" / "test.tar", *pair(1, "ant"))
    options = {"kind": "webdataset", "options": {"path": str(tmp_path / "a")}}
    samples, _ = prepare(DatasetSettings(**options))
    assert "1 of 3 images have a rotation in their EXIF" in samples.notices[-1]
    samples, _ = prepare(DatasetSettings(**options, exif="apply"))
    write_samples(tmp_path / "dataset.h5", samples)
    again = read_samples(tmp_path / "dataset.h5")
    assert again.train.places.tolist() == samples.train.places.tolist()
    assert again.train.sources.tolist() == ["train.tar/000.png", "train.tar/1.jpg"]
    (tmp_path / "a").rename(tmp_path / "b")
    monkeypatch.setenv("ACTIVEPOOL_IMAGES", str(tmp_path / "b"))
    first, second = thumbnails(tmp_path / "dataset.h5", np.array([1, 0]), 8)
    assert first[0].min() > 200 and first[-1].max() < 60  # 16 high: white above, black below
    assert tuple(second[2, 2]) in {(0, 0, 90), (255, 255, 255)}
