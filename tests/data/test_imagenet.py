import pytest

from activepool.data import imagenet
from activepool.data.kinds import KINDS, preview
from activepool.errors import InputError


def test_train_and_val_by_wnid(draw):
    root = draw("train/n02/x_2.JPEG", "train/n01/x_1.JPEG", "val/n02/v.JPEG", "test/unsorted.JPEG")
    samples = imagenet.load(root)
    assert samples.class_names == ["n01", "n02"]
    assert samples.train.sources.tolist() == ["train/n01/x_1.JPEG", "train/n02/x_2.JPEG"]
    assert samples.test.labels.tolist() == [1]


def test_val_as_it_is_distributed_is_refused(draw):
    root = draw("train/n01/x.JPEG", "val/ILSVRC2012_val_00000001.JPEG")
    with pytest.raises(
        InputError, match=r"val_00000001.JPEG: lies in no class folder .*move it to .*/val/<cl"
    ):
        imagenet.load(root)


@pytest.mark.parametrize("missing", ["train", "val"])
@pytest.mark.parametrize("function", [imagenet.load, imagenet.is_large])
def test_missing_part(draw, missing, function):
    root = draw(f"{'val' if missing == 'train' else 'train'}/n01/1.JPEG")
    with pytest.raises(
        InputError, match=f"/{missing}: no such folder; it must be ImageNet's {missing} images"
    ):
        function(root)


def lists(root, train, test):
    (root / "train.txt").write_text(train)
    (root / "test.txt").write_text(test)
    return {"root": root, "train_list": root / "train.txt", "test_list": root / "test.txt"}


def test_long_tailed_lists(tmp_path):
    options = lists(
        tmp_path,
        "train/n07/b c.JPEG 1\ntrain/n09/a.JPEG 0\ntrain/n07/a.JPEG 1\n",
        "val/n07/v.JPEG 1\n",
    )
    samples = imagenet.load_long_tailed(**options)
    assert samples.train.sources.tolist() == ["train/n07/b c.JPEG", "train/n09/a.JPEG", "train/n07/a.JPEG"]
    assert samples.train.labels.tolist() == [1, 0, 1]
    assert samples.test.labels.tolist() == [1]
    assert samples.class_names == ["n09", "n07"]
    assert samples.root == str(tmp_path)


def test_blanks_around_a_path_may_be_its_own(draw):
    root = draw("a/1.jpg", " a/1.jpg", "a/2.jpg")
    options = lists(root, " a/1.jpg 0\n a/2.jpg  0 \n", "a/1.jpg 0\n")
    assert imagenet.load_long_tailed(**options).train.sources.tolist() == [" a/1.jpg", "a/2.jpg"]


def test_one_list_cannot_be_both_parts(tmp_path):
    options = lists(tmp_path, "a/1.jpg 0\n", "")
    with pytest.raises(InputError, match=r"train.txt:1: path 'a/1.jpg' was given before, in .*train.txt:1$"):
        imagenet.load_long_tailed(**options | {"test_list": options["train_list"]})


def test_classes_are_numbers_where_folders_are_not_classes(tmp_path):
    options = lists(tmp_path, "all/a.jpg 0\nall/b.jpg 1\n", "all/c.jpg 1\n")
    samples = imagenet.load_long_tailed(**options)
    assert samples.class_names == ["0", "1"]
    assert samples.notices == (
        f"{options['train_list']}: the names of the classes are their numbers, because images of 'all' have "
        "several, such as 0 and 1",
    )


@pytest.mark.parametrize(
    ("train", "reason"),
    [
        (
            "a/1.jpg 0\nb/1.jpg 1\nc/1.jpg 0\n",
            "images of class 0 lie in several folders, such as 'a' and 'c'",
        ),
        ("a/x/1.jpg 0\nb/x/1.jpg 1\n", "the folders 'a/x' and 'b/x' of two classes have the same name"),
        ("1.jpg 0\nb/1.jpg 1\n", "some images lie in no folder"),
        ("a/1.jpg 0\na/2.jpg 1\nb/1.jpg 1\n", "images of 'a' have several, such as 0 and 1"),
    ],
)
def test_a_notice_says_why_classes_have_numbers_for_names(tmp_path, train, reason):
    options = lists(tmp_path, train, "1/1.jpg 0\n")  # a folder called as the other class is no mistake
    samples = imagenet.load_long_tailed(**options)
    assert samples.class_names == ["0", "1"]
    assert samples.notices[0].endswith(f": the names of the classes are their numbers, because {reason}")


def test_few_numbers_that_contradict_their_folders_are_mistakes(tmp_path):
    numbers = {"n01": [1, *[0] * 9], "n02": [1] * 6 + [2], "n03": [2] * 5}
    rows = [
        (f"train/{folder}/{row}.JPEG", label)
        for folder in numbers
        for row, label in enumerate(numbers[folder])
    ]
    options = lists(tmp_path, "".join(f"{image} {label}\n" for image, label in rows), "val/n01/1.JPEG 0\n")
    with pytest.raises(InputError) as raised:
        imagenet.load_long_tailed(**options)
    first, second = raised.value.args
    assert first == (
        f"{options['train_list']}:1: 'train/n01/0.JPEG' has the class 1, but 9 of the 10 images of train/n01 "
        "have 0; number all of them alike, or use kind: manifest, whose folders need not be classes"
    )
    assert "train.txt:17: 'train/n02/6.JPEG' has the class 2, but 6 of the 7 images of train/n02" in second


@pytest.mark.parametrize(
    "numbers",
    [
        {"camera1": [0] * 29 + [1], "camera2": [0] * 30},  # no folder is mostly class 1
        {"camera1": [0] * 8 + [1], "camera2": [1] * 8 + [0] * 2},  # too many
        {"camera1": [0] * 28, "camera2": [1], "camera3": [0, 1]},  # as many of both
    ],
)
def test_numbers_need_not_be_those_of_folders(tmp_path, numbers):
    rows = [
        (f"{folder}/{row}.JPEG", label) for folder in numbers for row, label in enumerate(numbers[folder])
    ]
    options = lists(tmp_path, "".join(f"{image} {label}\n" for image, label in rows), "x/1.JPEG 0\n")
    assert imagenet.load_long_tailed(**options).class_names == ["0", "1"]


@pytest.mark.parametrize(
    ("train", "test", "words"),
    [
        ("a/1.jpg 0\na/2.jpg\n", "t 0\n", r"train.txt:2: 'a/2.jpg' is not 'path label'"),
        ("a/1.jpg 0\na/2.jpg x\n", "t 0\n", r"train.txt:2: 'a/2.jpg x' is not 'path label'"),
        ("a/1.jpg 0\n", "t 0\nu -1\n", r"test.txt:2: 'u -1' is not 'path label'"),
        ("a/1.jpg 0\na/2.jpg 2\na/3.jpg 0\n", "t 0\n", "train.txt: has images of class 2, but none of 1;"),
        (
            "".join(f"a/{n}.jpg {4 * (n % 2) + 2}\n" for n in range(9)),
            "t 0\n",
            "images of class 6, but none of 0, 1, 3, 4, 5;",
        ),
        (
            "a/1.jpg 0\na/2.jpg 255\n",
            "t 0\n",
            "has images of class 255, but none of 1, 2, 3, 4, 5, 6, 7, 8 and 246 more;",
        ),
        (
            "train/a/1.jpg 0\ntrain/b/2.jpg 1\n",
            "val/b/1.jpg 1\nval/b/2.jpg 0\n",
            r"test.txt:2: 'val/b/2.jpg' has the class 0, but the train images of folders called b have 1;",
        ),
        ("a/1.jpg 0\n", "t 0\nu 1\n", r"test.txt:2: class 1 is not in .*train.txt, which has 0..0"),
        ("", "t 0\n", "train.txt: is empty"),
        (" 0\n", "t 0\n", "train.txt:1: ' 0' is not 'path label'"),
        ("a/1.jpg 0\n", "b/../a/1.jpg 0\n", r"test.txt:1: path .* before, in .*train.txt:1, as 'a/1.jpg'$"),
    ],
)
def test_lists_that_cannot_be_used(tmp_path, train, test, words):
    with pytest.raises(InputError, match=words):
        imagenet.load_long_tailed(**lists(tmp_path, train, test))


@pytest.mark.parametrize(
    ("train", "test", "words"),
    [
        (
            "x\na/1.jpg 0\na/2.jpg y\n../b.jpg 0\n",
            "t 0\n",
            ["train.txt:1: 'x' is", "train.txt:3: ", "train.txt:4: "],
        ),
        ("x\na/1.jpg 0\n", "a/2.jpg 0\ny\n", ["train.txt:1: 'x' is", "test.txt:2: 'y' is"]),
        (
            "a/1.jpg 0\na/2.jpg 0\na/1.jpg 0\n",
            "a/2.jpg 0\n",
            ["train.txt:3: path 'a/1.jpg' was", "test.txt:1: "],
        ),
    ],
)
def test_each_unusable_line_is_reported(tmp_path, train, test, words):
    with pytest.raises(InputError) as raised:
        imagenet.load_long_tailed(**lists(tmp_path, train, test))
    for line, expected in zip(raised.value.args, words, strict=True):
        assert expected in line


def test_all_missing_paths_are_reported_at_once(tmp_path):
    options = {"root": tmp_path / "r", "train_list": tmp_path / "a.txt", "test_list": tmp_path / "b.txt"}
    for function in (imagenet.load_long_tailed, KINDS["imagenet_lt"].preview):
        with pytest.raises(InputError) as raised:
            function(**options)
        assert [line.partition(";")[0] for line in raised.value.args] == [
            f"{tmp_path}/r: no such folder",
            f"{tmp_path}/a.txt: no such file",
            f"{tmp_path}/b.txt: no such file",
        ]
    with pytest.raises(InputError) as raised:
        imagenet.load(tmp_path)
    assert [line.partition(":")[0] for line in raised.value.args] == [f"{tmp_path}/train", f"{tmp_path}/val"]


def test_missing_list(tmp_path):
    options = lists(tmp_path, "a 0\n", "a 0\n") | {"test_list": tmp_path / "nowhere.txt"}
    with pytest.raises(
        InputError, match=r"nowhere.txt: no such file; it must be a list of lines 'path label'"
    ):
        KINDS["imagenet_lt"].preview(**options)


def test_preview_of_long_lists_is_not_made(tmp_path, monkeypatch):
    options = lists(tmp_path, "a/1.jpg 0\n", "a/2.jpg 0\n")
    assert KINDS["imagenet_lt"].preview(**options).num_train == 1
    monkeypatch.setattr(imagenet, "MAX_PREVIEWED", 0)
    assert KINDS["imagenet_lt"].preview(**options) is None


@pytest.mark.parametrize("most", [100_000, 0])
def test_listed_images_that_are_not_there_are_found_before_any_job(draw, monkeypatch, most):
    monkeypatch.setattr(imagenet, "MAX_PREVIEWED", most)  # the lists may be long
    root = draw("train/a/1.jpg", "train/b/2 3.jpg", "train/4.jpg", "val/ä/5.jpg", "6.jpg")
    train = "train/a/1.jpg 0\ntrain/b/2 3.jpg 1\ntrain/c/4.jpg 0\ntrain/a/1.JPG 0\n6.jpg 1\n"
    options = lists(root, train, f"val\\ä\\5.jpg 1\nval/./ä/5.jpg 0\n{root}/train/4.jpg 1\n")
    dataset = {"kind": "imagenet_lt", "options": {name: str(path) for name, path in options.items()}}
    with pytest.raises(InputError) as raised:
        preview(dataset)
    absence = f"(paths start from {root})"
    assert raised.value.args == (
        f"{root}/train.txt:3: no such file 'train/c/4.jpg' {absence}",
        f"{root}/train.txt:4: no such file 'train/a/1.JPG' {absence}",
        f"{root}/test.txt:1: no such file 'val\\\\ä\\\\5.jpg' {absence}; did you mean 'val/ä/5.jpg'?",
    )
    size = preview(dataset | {"on_unreadable": "skip"})
    assert size.num_train == 5 if most else size is None
