"""Datasets whose images and labels a CSV file lists."""

import os

import pytest
from data.manifests import write

from activepool.data import manifest
from activepool.data.kinds import KINDS, build, preview
from activepool.errors import InputError


def test_names_numbers_and_unknown_labels(draw):
    root = draw("1.jpg", "deep/2.jpg", "3.jpg", "4.jpg", "5.jpg")
    path = write(
        root, "deep/2.jpg,dog,train", "1.jpg,,", f"{root}/3.jpg,cat,", "4.jpg,-1,train", "5.jpg,dog,test"
    )
    samples = manifest.load(path)
    assert samples.class_names == ["cat", "dog"]
    assert samples.train.sources.tolist() == ["deep/2.jpg", "1.jpg", f"{root}/3.jpg", "4.jpg"]
    assert samples.train.labels.tolist() == [1, -1, 0, -1]
    assert samples.test.labels.tolist() == [1]
    assert all(samples.image_place(source).is_file() for source in samples.train.sources)


def test_whole_numbers_are_classes_in_their_order(draw):
    root = draw("1.jpg", "2.jpg", "3.jpg", "4.jpg")
    samples = manifest.load(write(root, "1.jpg,10,", "2.jpg,9,", "3.jpg,0,", "4.jpg,9,test"))
    assert samples.class_names == ["0", "9", "10"]
    assert samples.train.labels.tolist() == [2, 1, 0]


def test_paths_start_from_the_root_if_one_is_given(draw, tmp_path):
    root = draw("images/1.jpg", "images/2.jpg")
    path = write(root, "1.jpg,a,", "2.jpg,a,test")
    assert manifest.load(path, root=root / "images").root == str(root / "images")


def test_further_columns_and_a_byte_order_mark_do_no_harm(draw):
    root = draw("1.jpg", "2.jpg")
    path = write(root, "test,7,1.jpg,a", ",8,2.jpg,a", header="\ufeffsplit,price,path,label")
    assert manifest.load(path).train.sources.tolist() == ["2.jpg"]


def test_a_test_part_is_split_off(draw):
    names = [f"{number}.jpg" for number in range(8)]
    path = write(draw(*names), *(f"{name},{'ab'[row % 2]}," for row, name in enumerate(names)))
    samples = manifest.load(path, test_fraction=0.25)
    assert sorted(samples.test.labels.tolist()) == [0, 1]
    assert len(samples.train) == 6


def test_without_the_column_split_all_rows_are_train_rows(draw):
    names = [f"{number}.jpg" for number in range(8)]
    path = write(draw(*names), *(f"{name},a" for name in names), header="path,label")
    samples = manifest.load(path, test_fraction=0.25)
    assert (len(samples.train), len(samples.test)) == (6, 2)
    with pytest.raises(InputError, match="has no test part to measure accuracy on; add rows of split"):
        manifest.load(path)


@pytest.mark.parametrize(
    ("header", "end"),
    [
        ("path,label,split,,", ",,"),
        ("path,label,split,,", ""),
        (" path ,label , split", ""),
        ("path,label,split", ",,"),
    ],
)
def test_additions_of_a_spreadsheet_are_ignored_in_a_manifest(draw, header, end):
    root = draw("1.jpg", "2.jpg")
    rows = header, f"1.jpg,a,train{end}", f",,{end}", f"2.jpg,a,test{end}", ",,"
    samples = manifest.load(write(root, *rows, header="sep=,"))
    assert (samples.train.sources.tolist(), samples.test.sources.tolist()) == (["1.jpg"], ["2.jpg"])
    with pytest.raises(InputError, match=r"samples.csv:7: no such file '9.jpg'"):
        manifest.load(write(root, *rows, f"9.jpg,a,{end}", header="sep=,"))


def test_columns_without_a_name_are_ignored_like_others(draw):
    path = write(draw("1.jpg", "2.jpg"), "x,1.jpg,,a,train", ",2.jpg,y,a,test", header=",path,,label,split")
    assert manifest.load(path).test.sources.tolist() == ["2.jpg"]


def test_blanks_around_a_path_may_be_its_own(draw):
    root = draw("im/x.png", " im/x.png", "im/y.png")
    samples = manifest.load(write(root, " im/x.png,b,train", "im/x.png,a,train", " im/y.png ,a,test"))
    assert samples.train.sources.tolist() == [" im/x.png", "im/x.png"]
    assert samples.test.sources.tolist() == ["im/y.png"]
    with pytest.raises(InputError, match=r":2: no such file ' im/z.png'"):
        manifest.load(write(root, " im/z.png,b,train"))


def test_an_image_cannot_be_listed_twice_by_another_path_or_a_link(draw):
    root = draw("im/1.jpg", "im/2.jpg", "im/3.jpg")
    (root / "jm").symlink_to("im")
    (root / "im/l.jpg").symlink_to("2.jpg")
    rows = ["im/1.jpg,a,", "jm/2.jpg,a,", "im/3.jpg,a,test"]
    assert len(manifest.load(write(root, *rows)).train) == 2
    with pytest.raises(InputError) as caught:
        manifest.load(write(root, *rows, f"{root}/im/1.jpg,a,test", "im/l.jpg,a,test", "jm/3.jpg,a,"))
    assert str(caught.value).splitlines() == [
        f"{root}/samples.csv:5: path '{root}/im/1.jpg' was given before, in line 2, as 'im/1.jpg'",
        f"{root}/samples.csv:6: path 'im/l.jpg' was given before, in line 3, as 'jm/2.jpg'",
        f"{root}/samples.csv:7: path 'jm/3.jpg' was given before, in line 4, as 'im/3.jpg'",
    ]


def test_a_label_with_a_line_break_breaks_no_message(draw):
    path = write(draw("1.jpg", "2.jpg", "3.jpg"), '1.jpg,"an\nt",', "2.jpg,bee,", "3.jpg,ant,test")
    for options in ({}, {"class_names": ["an\rt", "bee"]}):
        with pytest.raises(InputError) as caught:
            manifest.load(path, **options)
        assert len(str(caught.value).splitlines()) == len(caught.value.args)


def test_test_rows_that_all_lack_labels_are_one_line(draw):
    path = write(draw("1.jpg", "2.jpg", "3.jpg"), "1.jpg,a,", "2.jpg,,test", "3.jpg,,test", "4.jpg,-1,test")
    with pytest.raises(InputError) as caught:
        manifest.load(path)
    unlabelled, missing = caught.value.args
    assert unlabelled == (
        f"{path}:3: none of the 3 test rows has a label, to measure accuracy on; add labels, or leave these "
        "rows out and set test_fraction"
    )
    assert missing.startswith(f"{path}:5: no such file '4.jpg'")


def test_a_label_of_5000_digits_is_a_class_like_others(draw):
    label = "1" * 5000
    path = write(draw("1.jpg", "2.jpg", "3.jpg"), f"1.jpg,{label},", "2.jpg,2,", f"3.jpg,{label},test")
    assert manifest.load(path).class_names == [label, "2"]


def test_notices_of_classes_name_the_manifest(draw):
    path = write(
        draw("1.jpg", "2.jpg", "3.jpg", "4.jpg"),
        *('1.jpg,"1,5",', "2.jpg,1.5,", "3.jpg,1.5,test", '4.jpg,"1,5",test'),
    )
    notice = f"{path}: classes whose names are nearly the same: '1,5' and '1.5'"
    dataset = {"kind": "manifest", "options": {"path": str(path)}}
    assert preview(dataset).notices == build("manifest", path=str(path)).notices == (notice,)


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([",a,train"], r"samples.csv:2: the path is empty$"),
        (
            ["1.jpg,a,", "2.jpg,a,dev"],
            r"samples.csv:3: split 'dev' is not known; it must be train, test or em",
        ),
        (["1.jpg,a,", "2.jpg,,test"], r"samples.csv:3: a test row needs a label"),
        (["9.jpg,a,"], r"samples.csv:2: no such file '9.jpg' \(relative paths start from"),
        (["e\u0301.jpg,a,"], r"samples.csv:2: no such file 'e\\u0301.jpg' .*; did you mean '\u00e9.jpg'\?"),
        (["x%2F3.jpg,a,"], r"samples.csv:2: no such file 'x%2F3.jpg' .*; did you mean 'x/3.jpg'\?"),
        (["1.jpg,a,", "x/../1.jpg,b,"], r"samples.csv:3: path 'x/../1.jpg' was given before, in line 2"),
        (["1.jpg,a"], r"samples.csv:2: has 2 fields, and the header has 3$"),
        (["1.jpg,a", "9.jpg,a,"], r":2: has 2 fields, and the header has 3\n.*:3: no such file '9.jpg'"),
        (["1.jpg,a,Train", "2.jpg,a,test"], r"^[^\n]*:2: split 'Train' is not known; .* or empty$"),
        (['1.jpg,"a,', "2.jpg,a,test", '"'], r":2: a double quote opens here and takes line 3 for a part of"),
        (["1.jpg,a,", '2.jpg,a,"test'], r":3: a double quote opens here and is never closed"),
        (
            ["1.jpg,a,b,train"],
            r"samples.csv:2: has 4 fields, and the header has 3; put a text with a comma, or another",
        ),
        (["1.jpg,a,"], r"samples.csv: has no test part to measure accuracy on; add rows of split 'test', or"),
    ],
)
def test_rows_that_cannot_be_used(draw, rows, words):
    root = draw("1.jpg", "2.jpg", "x/3.jpg", "\u00e9.jpg")
    with pytest.raises(InputError, match=words):
        manifest.load(write(root, *rows))


def test_each_wrong_option_is_reported(tmp_path):
    options = {"path": tmp_path / "m.csv", "root": tmp_path / "r", "class_names": ["a", "a"]}
    for function in (manifest.load, manifest.is_large):
        with pytest.raises(InputError) as raised:
            function(**options)
        assert [line.partition(";")[0] for line in raised.value.args] == [
            f"{tmp_path}/m.csv: no such file",
            f"{tmp_path}/r: no such folder",
            f"{tmp_path}/m.csv: class_names has 'a' as class 1",
        ]


def test_a_class_whose_labels_may_come_later_is_to_be_declared(draw):
    root = draw("1.jpg", "2.jpg", "3.jpg")
    path = write(root, "1.jpg,ant,", "2.jpg,,", "3.jpg,cat,test")
    with pytest.raises(
        InputError, match=r"'cat' .*; if its labels come later, name all classes in class_names$"
    ):
        manifest.load(path)
    assert manifest.load(path, class_names=["ant", "cat"]).test.labels.tolist() == [1]


@pytest.mark.parametrize(
    ("train", "test", "expected"),
    [
        (
            ["0.0", "1.0"],
            ["0", "1"],
            [
                "samples.csv:6: the train part has no class '0' (its classes: 0.0, 1.0); "
                "'0.0' differs only in how the number is written",
                "samples.csv:7: the train part has no class '1' (its classes: 0.0, 1.0); "
                "'1.0' differs only in how the number is written",
            ],
        ),
        (
            ["cat", "dog"],
            ["Cat", "dog"],
            [
                "samples.csv:6: the train part has no class 'Cat' (its classes: cat, dog); "
                "'cat' differs only in case"
            ],
        ),
        (
            ["caf\u00e9", "bar"],
            ["cafe\u0301", "bar"],
            [
                "samples.csv:6: the train part has no class 'cafe\\u0301' (its classes: bar, caf\u00e9); "
                "'caf\u00e9' differs only in their Unicode form"
            ],
        ),
        (
            ["1", "01"],
            ["1", "01"],
            [
                "samples.csv:3: label '01' differs from '1', in line 2, only in how the number is written; "
                "write both alike"
            ],
        ),
        (
            ["1", "-2"],
            ["1", "1"],
            [
                "samples.csv:3: label '-2' is below 0, where -1 stands for a label that is not known; "
                "leave it empty, or name the classes by words"
            ],
        ),
    ],
)
def test_labels_of_train_and_test_are_compared(draw, train, test, expected):
    root = draw(*(f"{number}.jpg" for number in range(6)))
    labels = [*train, "", "", *test]
    rows = [f"{n}.jpg,{label},{'test' if n > 3 else ''}" for n, label in enumerate(labels)]
    with pytest.raises(InputError) as raised:
        manifest.load(write(root, *rows))
    assert [line.removeprefix(f"{root}/") for line in str(raised.value).splitlines()] == expected


@pytest.mark.parametrize("word", ["nan", "None", "NULL", "NA", "<NA>"])
def test_words_for_a_missing_label_are_not_classes(draw, word):
    path = write(
        draw("1.jpg", "2.jpg", "3.jpg", "4.jpg"),
        "1.jpg,a,",
        f"2.jpg,{word},",
        f"3.jpg,{word},",
        "4.jpg,a,test",
    )
    with pytest.raises(
        InputError, match=rf"samples.csv:3: label '{word}' reads like a missing value; leave it"
    ):
        manifest.load(path)
    samples = manifest.load(path, class_names=["a", word])
    assert samples.train.labels.tolist() == [0, 1, 1]


def test_a_label_that_is_not_declared_has_one_line_with_what_was_meant(draw):
    root = draw("1.jpg", "2.jpg", "3.jpg", "4.jpg")
    path = write(root, "1.jpg,Cat,", "2.jpg,Cat,", "3.jpg,cafe\u0301,", "4.jpg,cat,test")
    with pytest.raises(InputError) as error:
        manifest.load(path, class_names=["cat", "caf\u00e9"])
    assert error.value.args == (
        f"{path}:2: label 'Cat' is not in class_names (cat, caf\u00e9); 'cat' differs only in case",
        f"{path}:4: label 'cafe\\u0301' is not in class_names (cat, caf\u00e9); 'caf\u00e9' differs only "
        "in their Unicode form",
    )


def test_a_train_part_without_labels_is_reported_as_such(draw):
    path = write(draw("1.jpg", "2.jpg"), "1.jpg,,", "2.jpg,a,test")
    with pytest.raises(InputError, match=r"no class 'a' \(none of its samples has a label\)"):
        manifest.load(path)


def test_classes_can_be_declared(draw):
    path = write(draw("1.jpg", "2.jpg", "3.jpg"), "1.jpg,b,", "2.jpg,,", "3.jpg,a,test")
    with pytest.raises(
        InputError, match=r"samples.csv:4: the train part has no class 'a' \(its classes: b\)"
    ):
        manifest.load(path)
    samples = manifest.load(path, class_names=["c", "b", "a"])
    assert (samples.class_names, samples.train.labels.tolist()) == (["c", "b", "a"], [1, -1])
    with pytest.raises(InputError, match=r"samples.csv:2: label 'b' is not in class_names \(a\)"):
        manifest.load(path, class_names=["a"])
    with pytest.raises(
        InputError, match="class_names has 'a' as class 1; each class needs a name of its own"
    ):
        manifest.load(path, class_names=["a", "a"])


def test_names_that_no_class_can_have(draw):
    path = write(draw("1.jpg", "2.jpg", "3.jpg"), "1.jpg,-1,", "2.jpg,1,", "3.jpg,1,test")
    with pytest.raises(
        InputError, match="class_names has '-1' as class 0, but the label '-1' stands for one"
    ):
        manifest.load(path, class_names=["-1", "1"])


def test_all_wrong_rows_are_reported_at_once_up_to_a_bound(draw):
    rows = ["1.jpg,a,dev", "2.jpg,nan,", "3.jpg,a,", "4.jpg,,test", "5.jpg,a,", "1.jpg,b,test"]
    further_rows = [f"{number}.jpg,a," for number in range(6, 23)]
    with pytest.raises(InputError) as raised:
        manifest.load(write(draw("1.jpg", "2.jpg", "4.jpg"), *rows, *further_rows))
    lines = [line.partition("samples.csv")[2] for line in str(raised.value).splitlines()]
    assert [line.split(":")[1] for line in lines] == [*map(str, range(2, 22)), " 3 more of the kind"]


def test_a_pipe_is_not_an_image(draw):
    root = draw("1.jpg")
    os.mkfifo(root / "2.jpg")
    with pytest.raises(InputError, match=r"samples.csv:3: no file but a pipe, socket or device '2.jpg'"):
        manifest.load(write(root, "1.jpg,a,test", "2.jpg,a,"))


def test_a_last_label_that_may_be_cut_off(draw):
    root = draw("1.jpg", "2.jpg", "3.jpg")
    text = "path,split,label\n1.jpg,train,dogfish\n2.jpg,,\n3.jpg,train,dog"
    (root / "samples.csv").write_text(text)
    with pytest.raises(
        InputError, match=r"csv:4: label 'dog' may be the beginning of 'dogfish', .* a line break$"
    ):
        manifest.load(root / "samples.csv", test_fraction=0.5)
    (root / "samples.csv").write_text(text.replace("dogfish", ""))
    with pytest.raises(InputError, match=r"csv:4: label 'dog' may be the beginning of 'dogfish'"):
        manifest.load(root / "samples.csv", test_fraction=0.5, class_names=["dog", "dogfish"])
    for end in ("\n", "fish", "\n2.jpg,,"):
        (root / "samples.csv").write_text(text.replace("2.jpg,,\n", "") + end)
        manifest.load(root / "samples.csv", test_fraction=0.5)


def test_preview_of_a_long_manifest_is_not_made(draw, monkeypatch):
    path = write(draw("1.jpg", "2.jpg"), "1.jpg,a,", "2.jpg,a,test")
    assert KINDS["manifest"].preview(path=path).num_test == 1
    monkeypatch.setattr(manifest, "MAX_PREVIEWED", 0)
    assert KINDS["manifest"].preview(path=path) is None
