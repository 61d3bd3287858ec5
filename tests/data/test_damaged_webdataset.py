"""Damaged or contradictory tar shards: one line for each mistake."""

import tarfile

import pytest
from data.shard_files import pair, picture, write_tar

from activepool.data import webdataset
from activepool.data.dataset import prepare
from activepool.data.settings import DatasetSettings
from activepool.errors import InputError


def link(path):
    with tarfile.open(path, "w") as archive:
        info = tarfile.TarInfo("0.jpg")
        info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(info)


def rewritten(change):
    """Return a function that changes the bytes of a shard of three samples."""

    def spoil(path):
        write_tar(path, *pair(0, "ant"), *pair(1, "ant"), *pair(2, "ant"))
        path.write_bytes(change(path.read_bytes()))

    return spoil


def members(*names):
    return lambda path: write_tar(path, *pair(0, "ant"), *names)


DAMAGED = {
    "in a member": (rewritten(lambda all_: all_[: 6 * 512 + 60]), "train.tar/001.jpg: the archive is cut"),
    "between members": (rewritten(lambda all_: all_[: 4 * 512]), "train.tar/000.cls: the archive is damaged"),
    "a header": (
        rewritten(lambda all_: all_[:2048] + b"x" * 512 + all_[2560:]),
        "train.tar/000.cls: the archive is damaged or cut off after this member; copy it again",
    ),
    "empty": (rewritten(lambda _: b""), "train.tar: is not a tar archive (empty file); copy it again"),
    "gzip": (rewritten(lambda _: b"\x1f\x8b" + b"x" * 999), "train.tar: is compressed, so that nothing"),
    "a link": (link, "train.tar/0.jpg: is a link, a device or sparse; store a plain file"),
    "no image": (members(("9.cls", b"ant")), "train.tar/9.cls: has no image of its key beside it"),
    "two images": (
        members(("000.jpeg", picture(3))),
        "train.tar/000.jpeg: is a second image of its key, beside 000.png",
    ),
    "the same twice": (
        members(*pair(0, "ant")),
        "train.tar/000.png: is in the shard twice; remove one",
    ),
    "two labels": (members(("000.cls", b"bee")), "train.tar/000.cls: is a second label of its key; remove"),
    "no JSON": (members(("1.jpg", picture(1)), ("1.json", b"{")), "train.tar/1.json: is not JSON (Expecting"),
    "a key twice": (
        members(("1.jpg", picture(1)), ("1.json", b'{"label": 1, "label": 2}')),
        "train.tar/1.json: has the key 'label' twice in one object; remove one of them",
    ),
    "no object": (members(("1.jpg", picture(1)), ("1.json", b"[]")), "train.tar/1.json: is JSON, but no"),
    "no label": (
        members(("1.jpg", picture(1)), ("1.json", b'{"label": [1]}')),
        "train.tar/1.json: 'label' is [1]; a label is a text or a whole number",
    ),
    "no UTF-8": (members(("1.jpg", picture(1)), ("1.cls", b"\xff")), "train.tar/1.cls: is not text in UTF-8"),
    "below 0": (members(*pair(1, "-2")), "train.tar/001.jpg: label '-2' is below 0, where -1 stands for"),
    "missing": (members(*pair(1, "nan")), "train.tar/001.jpg: label 'nan' reads like a missing value"),
}  # fmt: skip


@pytest.mark.parametrize("name", DAMAGED)
def test_damage_has_one_line_with_shard_and_member(tmp_path, name):
    spoil, words = DAMAGED[name]
    spoil(tmp_path / "train.tar")
    write_tar(tmp_path / "test.tar", *pair(5, "ant"))
    with pytest.raises(InputError) as caught:
        webdataset.load(tmp_path)
    (line,) = str(caught.value).splitlines()
    assert line.startswith(f"{tmp_path}/{words}")


@pytest.mark.parametrize(
    ("label", "words"),
    [
        (
            "Ant",
            "test.tar/005.jpg: the train part has no class 'Ant' (its classes: ant); 'ant' differs only in",
        ),
        ("", "test.tar/005.jpg: a test image needs a label, to measure accuracy on; leave it out"),
    ],
)
def test_wrong_labels_of_the_test_part(tmp_path, label, words):
    write_tar(tmp_path / "train.tar", *pair(0, "ant"))
    write_tar(tmp_path / "test.tar", *pair(5, label))
    with pytest.raises(InputError) as caught:
        webdataset.load(tmp_path)
    assert str(caught.value).startswith(f"{tmp_path}/{words}")


def test_a_second_image_of_a_key_hides_no_other_mistake(tmp_path):
    bad = [("3.jpg", picture(3)), ("3.json", b"{"), ("4.cls", b"bee")]
    write_tar(tmp_path / "train.tar", *pair(0, "ant"), ("000.jpeg", picture(1)), *pair(1, "-2"), bad[-1])
    write_tar(tmp_path / "test.tar", *pair(5, "ant"), *pair(7, "bee"), *pair(8, "wasp"), *pair(9, ""))
    words = [
        "train.tar/000.jpeg: is a second image",
        "train.tar/4.cls: has no image",
        "train.tar/001.jpg: label '-2' is below 0",
        "test.tar/008.png: the train part has no class 'wasp'",
        "test.tar/009.jpg: a test image needs a label",
    ]
    check_lines(tmp_path, words)
    # The class of a label that cannot be read may be that of any test image.
    write_tar(tmp_path / "train.tar", *pair(0, "ant"), *pair(1, "-2"), *bad[:-1])
    check_lines(tmp_path, ["train.tar/3.json: is not JSON", words[2], words[4]])


def check_lines(folder, words, **options):
    """Check that the dataset in a folder gets these lines."""
    with pytest.raises(InputError) as caught:
        webdataset.load(folder, **options)
    lines = str(caught.value).splitlines()
    assert len(lines) == len(words), lines
    for line, expected in zip(lines, words, strict=True):
        assert line.startswith(f"{folder}/{expected}"), line


@pytest.mark.parametrize("image_shard", [0, 1])
def test_a_sample_split_over_shards_is_reported(tmp_path, image_shard):
    members = sorted(pair(2, "bee"), key=lambda member: member[0].endswith("cls") != bool(image_shard))
    write_tar(tmp_path / "train-0.tar", *pair(0, "ant"), members[0])
    write_tar(tmp_path / "train-1.tar", members[1], *pair(3, "bee"))
    write_tar(tmp_path / "test.tar", *pair(5, "bee"))
    words = f"its image is in train-{image_shard}.tar; keep all members of a sample in one shard"
    check_lines(tmp_path, [f"train-{1 - image_shard}.tar/002.cls: {words}"])


def test_keys_that_two_shards_have_are_counted(tmp_path):
    write_tar(tmp_path / "train-0.tar", *pair(0, "ant"), *pair(1, "ant"))
    write_tar(tmp_path / "train-1.tar", *pair(0, "ant"), *pair(1, "ant"), *pair(3, "bee"))
    write_tar(tmp_path / "test.tar", *pair(3, "bee"))
    samples = webdataset.load(tmp_path)
    assert len(samples.train) == 5
    assert samples.notices == (
        f"{tmp_path}: keys that two shards have: 2 (train-1.tar/000 is in train-0.tar, ...)",
    )


def test_labels_that_contradict_each_other_are_counted(tmp_path):
    others = [
        ("000.json", b'{"label": "bee"}'),
        ("002.json", b'{"label": 0}'),
        ("004.json", b'{"label": ""}'),
    ]
    empty = [("5.jpg", picture(5)), ("5.cls", b""), ("5.json", b'{"label": 0}')]
    write_tar(tmp_path / "train.tar", *pair(0, "ant"), *pair(2, "ant"), *pair(4, "ant"), *others, *empty)
    write_tar(tmp_path / "test.tar", *pair(3, "ant"), ("003.txt", b"An ant.\n"))
    samples = webdataset.load(tmp_path)
    assert samples.class_names == ["ant"]
    assert samples.notices == (
        f"{tmp_path}: samples whose labels contradict each other, of which .cls counts: 2 (train.tar/000: "
        "'ant' in .cls, 'bee' in .json, ...)",
    )
    assert webdataset.load(tmp_path, label="cls").notices == ()


def test_images_of_0_bytes_are_counted_before_they_are_read(tmp_path):
    write_tar(tmp_path / "train.tar", *pair(0, "ant"), ("1.jpg", b""), ("1.cls", b"ant"))
    write_tar(tmp_path / "test.tar", *pair(3, "ant"), ("4.jpg", b""), ("4.cls", b"ant"))
    notice = f"{tmp_path}: images of 0 bytes, which are unreadable: 2 (train.tar/1.jpg, test.tar/4.jpg)"
    assert webdataset.load(tmp_path).notices == (notice,)


def test_an_image_with_more_dots_in_its_name_than_its_label_is_named(tmp_path):
    write_tar(tmp_path / "train.tar", *pair(0, "ant"), ("a/k.x.PNG", picture(2)), ("a/k.cls", b"ant"))
    words = "a/k.cls: has no image of its key beside it: a key ends at the first dot of a name, so rename "
    with pytest.raises(InputError) as caught:
        webdataset.load(tmp_path, test_fraction=0.5)
    assert str(caught.value) == f"{tmp_path}/train.tar/{words}a/k.x.PNG to a/k.PNG"


LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 3\n"


@pytest.mark.parametrize("label", [b"a\0", rb'{"label": "\ud800"}'])
def test_a_label_that_is_not_text_is_reported(tmp_path, label):
    ending = "json" if label.startswith(b"{") else "cls"
    write_tar(tmp_path / "train.tar", *pair(0, "ant"), ("1.png", picture(2)), (f"1.{ending}", label))
    with pytest.raises(
        InputError, match=r"^[^\n]*/'train.tar/1.png': its label '.*' is not text; rename it$"
    ):
        webdataset.load(tmp_path, test_fraction=0.5)


def test_an_image_that_pillow_cannot_read_is_not_called_missing(tmp_path):
    write_tar(tmp_path / "train.tar", *pair(0, "ant"), ("1.heic", b"x"), ("1.cls", b"ant"))
    words = "train.tar/1.cls: has no image of its key beside it: Pillow cannot read 1.heic here; convert it"
    check_lines(tmp_path, [words], test_fraction=0.5)


@pytest.mark.parametrize("label", ["species", "jpg", "json.kind"])
def test_a_field_that_no_sample_has_is_named_once(tmp_path, label):
    write_tar(tmp_path / "train.tar", *pair(0, "ant"), *pair(2, "bee"))
    write_tar(tmp_path / "test.tar", *pair(6, "ant"), *pair(8, "bee"))
    with pytest.raises(InputError) as caught:
        webdataset.load(tmp_path, label=label)
    problem = f"no sample has the field '{label}' that label names; there are cls, png"
    assert str(caught.value) == f"{tmp_path}: {problem}"
    assert webdataset.load(tmp_path, label="CLS").class_names == ["ant", "bee"]


def test_a_train_part_without_labels_gets_one_line(tmp_path):
    write_tar(tmp_path / "train.tar", ("0.png", picture(0)))
    write_tar(tmp_path / "test.tar", *pair(1, "ant"), *pair(2, "bee"))
    with pytest.raises(InputError, match=r"^[^\n]*: no image of the train part has a label; add labels, or"):
        webdataset.load(tmp_path)


def test_a_git_lfs_pointer_is_recognised(tmp_path):
    (tmp_path / "train.tar").write_bytes(LFS)
    words = "is a pointer of Git LFS and not the file; fetch it: git lfs pull"
    check_lines(tmp_path, [f"train.tar: {words}"], test_fraction=0.5)
    write_tar(tmp_path / "train.tar", *pair(0, "ant"), *pair(1, "ant"), ("2.png", LFS), ("2.cls", b"ant"))
    with pytest.raises(InputError, match=r"2.png: not a readable image \(a pointer of Git LFS and not the"):
        prepare(DatasetSettings(kind="webdataset", options={"path": str(tmp_path), "test_fraction": 0.4}))


def test_many_problems_are_counted(tmp_path):
    write_tar(tmp_path / "train.tar", *((f"{number}.cls", b"ant") for number in range(30)))
    with pytest.raises(InputError) as caught:
        webdataset.load(tmp_path / "train.tar", test_fraction=0.5)
    assert len(str(caught.value).splitlines()) == 21
    assert str(caught.value).endswith(f"{tmp_path}: 10 more of the kind")


@pytest.mark.parametrize("class_names", [["0.5", "1.5"], ["2", "3"], ["1e0", "x"]])
def test_numbers_of_classes_are_not_mixed_with_numbers_as_names(tmp_path, class_names):
    write_tar(tmp_path / "train.tar", *pair(0, "0"), *pair(1, "1"))
    words = [
        f"train.tar/{name}: the train part has no class '{label}'"
        for label, name in enumerate(("000.png", "001.jpg"))
    ]
    check_lines(tmp_path, words, test_fraction=0.5, class_names=class_names)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        (
            "-1",
            "class_names has '-1' as class 1, but the label '-1' stands for one that is not known; give the",
        ),
        ("a\0", r"class_names has 'a\\x00' as class 1, which is not text; rename it"),
        ("a\nb", r"class_names has 'a\\nb' as class 1, which has a line break; rename it"),
    ],
)
def test_names_that_no_class_can_have(tmp_path, name, words):
    write_tar(tmp_path / "train.tar", *pair(0, "ant"), *pair(1, "ant"))
    with pytest.raises(InputError, match=words):
        webdataset.load(tmp_path, test_fraction=0.5, class_names=["ant", name])


@pytest.mark.parametrize(
    ("label", "words"),
    [
        ("json.kind", "no test sample has the field 'json.kind' that label names; there are json, png"),
        ("json.size", "no sample has the field 'json.size' that label names; there are json, png"),
        ("png", "label: png is the field of images; name that of labels: cls, json.KEY, txt"),
    ],
)
def test_a_field_that_the_test_part_lacks_is_named_once(tmp_path, label, words):
    images = [(f"{number}.png", picture(2 * number)) for number in range(3)]
    write_tar(
        tmp_path / "train.tar", *images, ("0.json", b'{"kind": "ant"}'), ("1.json", b'{"label": "bee"}')
    )
    write_tar(tmp_path / "test.tar", *images, *((f"{number}.json", b'{"label": 3}') for number in range(3)))
    with pytest.raises(InputError) as caught:
        webdataset.load(tmp_path, label=label)
    assert str(caught.value) == f"{tmp_path}: {words}"
