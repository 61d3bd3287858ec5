"""Which class a typed label stands for: every class answers to its name, and nothing else is guessed."""

import pytest

from activepool.data.typed_labels import Classes


@pytest.mark.parametrize(
    "names",
    [
        ["heron", "owl"],
        ["01", "02", "03"],
        ["2", "3", "5", "7"],
        ["0", "1"],
        ["1.0", "x"],
        ["-1", "nan"],
        [" a "],
    ],
)
def test_each_class_is_found_by_its_name(names):
    classes = Classes(names)
    assert [classes.number(name) for name in names] == list(range(len(names)))


def test_a_number_stands_for_a_class_where_none_is_named_by_one():
    assert [Classes(["owl", "heron"]).number(label) for label in ("0", "1", "2", "1.0", "-1", "²")] == [
        0,
        1,
        None,
        None,
        None,
        None,
    ]


@pytest.mark.parametrize(
    "names", [["2", "3", "5"], ["01", "02", "03"], ["1.0", "owl"], ["owl", "1e3"], ["-4", "b"]]
)
def test_a_number_is_a_name_where_a_class_is_named_by_one(names):
    classes = Classes(names)
    for label in ("0", "1", "00", "1e0"):
        assert classes.number(label) is None


@pytest.mark.parametrize(
    ("names", "label", "meant"),
    [
        (["grade 1", "grade 2", "grade 3"], "1", "grade 1"),
        (["grade 1", "grade 2", "grade 3"], "2.0", "grade 2"),
        (["1,000", "2,000"], "1", "1,000"),
        (["x03", "x02", "x01"], "1", "x01"),
        (["1st", "2nd", "none"], "2", "2nd"),
        (["5-10", "10-20", "20+"], "10", None),
        (["v1a", "v1b"], "1", None),
        (["class 2", "class 3"], "1", None),
        (["class 2", "class 3"], "0", None),
        (["10%", "20%"], "1", None),
        (["eight", "five", "one", "two", "Zero"], "2", "two"),
        (["eight", "five", "one", "two", "Zero"], "1", "one"),
        (["first", "second"], "1", "first"),
        (["I", "II", "III", "IV"], "2", "II"),
        (["type I", "type II", "type IX"], "0", None),
        (["x", "xi", "xii"], "1", None),
        (["\u2460", "\u2461"], "1", "\u2460"),
        (["\u4e00", "\u4e8c", "\u4e09"], "2", "\u4e8c"),
        (["\u00bd", "\u00bc"], "1", None),
    ],
)
def test_a_number_in_other_names_is_not_a_class_number(names, label, meant):
    classes = Classes(names)
    assert classes.number(label) is None
    assert (
        classes.problem(label)
        .partition("; ")[2]
        .startswith(f"did you mean {meant!r}? " if meant else "there are ")
    )


def test_a_number_in_the_name_of_its_own_class_is_its_number():
    for names in (
        ["x0", "x1", "y"],
        ["n01440764", "n01443537", "n01484850"],
        ["0.5 mm", "1 mm", "2 mm"],
        ["zero", "one", "two"],
        ["A", "C", "I"],
        ["vitamin C", "group D", "\u4e09\u660e\u6cbb"],
    ):
        assert [Classes(names).number(str(number)) for number in range(4)] == [0, 1, 2, None]


@pytest.mark.parametrize(
    ("names", "label", "likely"),
    [
        (["01", "02", "03"], "1", "01"),
        (["1", "2"], "01", "1"),
        (["1", "2"], "1.0", "1"),
        (["1.0", "2.0"], "1", "1.0"),
        (["heron", "owl"], "1.0", "owl"),
        (["Heron", "owl"], "heron", "Heron"),
        (["caf\u00e9", "owl"], "cafe\u0301", "caf\u00e9"),
        (["grey heron", "owl"], "grey  heron", "grey heron"),
        (["grey heron", "owl"], "grey_heron", None),
        (["heron", "owl"], "herron", "heron"),
        (["2", "3"], "1", None),
        (["owl", "heron"], "stork", None),
        (["owl", "heron"], "7", None),
    ],
)
def test_the_class_that_may_be_meant_is_named_and_not_taken(names, label, likely):
    classes = Classes(names)
    assert classes.number(label) is None
    listed = ", ".join(names)
    if likely is None and label != "grey_heron":
        assert classes.problem(label) == f"label {label!r} is not a class; there are {listed}"
    elif likely is not None:
        quoted = r"'cafe\u0301'" if label == "cafe\u0301" else repr(label)  # which would look like the class
        expected = f"label {quoted} is not a class; did you mean {likely!r}? There are {listed}"
        assert classes.problem(label) == expected


def test_many_classes_are_not_all_listed():
    problem = Classes([f"class {number}" for number in range(300)]).problem("zebra")
    assert problem.endswith("class 19, ...")
