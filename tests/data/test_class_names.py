import pytest

from activepool.data.class_names import (
    indistinguishable_names,
    is_negative,
    name_notices,
    no_such_class,
    reads_as_missing,
    sorted_names,
)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["10", "9", "0", "2"], ["0", "2", "9", "10"]),
        (["10.0", "2.0", "0.0"], ["0.0", "2.0", "10.0"]),
        (["010", "9", "0"], ["0", "9", "010"]),
        (["10", "9", "b"], ["10", "9", "b"]),
        (["b", "B", "a"], ["B", "a", "b"]),
        (["²", "10"], ["10", "²"]),
        ([], []),
    ],
)
def test_numbers_go_by_their_value_and_texts_by_their_letters(names, expected):
    assert sorted_names(names) == expected


@pytest.mark.parametrize(
    ("first", "second", "what"),
    [
        ("1", "1.0", "how the number is written"),
        ("01", "1", "how the number is written"),
        ("caf\u00e9", "cafe\u0301", "their Unicode form"),
        ("cat", "\ufeffcat", "their Unicode form"),
        ("\u2764", "\u2764\ufe0f", "their Unicode form"),
        ("cat", "cat ", "blanks"),
        ("cat", "\x1bcat", "their Unicode form"),
        ("wild cat", "wild  cat", "blanks"),
        ("wild cat", "wild\u00a0cat", "blanks"),
    ],
)
def test_spellings_that_nobody_means_as_two_classes(first, second, what):
    assert list(indistinguishable_names([first, "dog", second])) == [(first, second, what)]


@pytest.mark.parametrize(
    "names", [["Cat", "cat"], ["1", "2", "10"], ["1.5", "1.50"], ["a", "ä"], ["x²", "x2"]]
)
def test_spellings_that_may_be_two_classes(names):
    assert list(indistinguishable_names(names)) == []


def test_spellings_that_a_person_should_check():
    assert list(name_notices(["ant", "bee", "None", "Ant", " cow"])) == [
        "classes whose names are nearly the same: 'ant' and 'Ant'",
        "classes whose names read like a missing value: 'None'",
        "classes whose names begin or end with a blank: ' cow'",
    ]
    assert list(name_notices(["ant", "bee", "1", "2"])) == []
    letters = [letter for pair in zip("abcdefg", "ABCDEFG", strict=True) for letter in pair]
    assert next(name_notices(letters)).endswith("'d' and 'D', 'e' and 'E', ...")


@pytest.mark.parametrize(
    ("first", "second"),
    [
        *(("1000", changed) for changed in ("1,000", "1'000", "1E3", "1e+03", "\u0661\u0660\u0660\u0660")),
        *(("1234567", changed) for changed in ("1,234,567", "1 234 567", "1.234567E6")),
        *(("t-shirt", f"t{dash}shirt") for dash in "\u2010\u2011\u2013\u2212"),
        *(("01", changed) for changed in ('="01"', "'01", "1,0", "1E0")),
        *(("1.5", changed) for changed in ("1,5", "1.50", "15e-1", "\u0661,\u0665", '="1,5"')),
        *(("Baсk", changed) for changed in ("back", "ВАСК", "ВaсK")),
        *(("it's", changed) for changed in ("it\u2019s", '"it\u2019s"', "'IT'S'")),
    ],
)
def test_names_that_an_editor_or_a_spreadsheet_may_have_changed(first, second):
    names = [first, "dog", second]
    assert list(indistinguishable_names(names)) == []
    (notice,) = name_notices(names)
    assert notice.startswith("classes whose names are nearly the same: ")


def test_numbers_of_different_values_need_no_notice():
    names = ["1,5", "15", "1.25", "1,50,0", "10,000", "1e4x", "1000", "100", "1e1", "1.2.0", "1.2"]
    assert list(name_notices(names)) == []


def test_letters_of_two_alphabets_are_shown_by_their_escapes():
    (notice,) = name_notices(["сова", "cat", "c\u0430t"])
    assert notice == "classes whose names are nearly the same: 'cat' and 'c\\u0430t'"
    assert no_such_class("c\u0430t", ["cat"]) == (
        "the train part has no class 'c\\u0430t' (its classes: cat); 'cat' differs only in the alphabet"
    )


def test_numbers_of_any_length_are_names():
    names = ["1" * 5000, "2", "1" * 5001, "0" * 5000 + "2", "1" * 5000 + ",5", "1" * 999]
    assert sorted_names(names) == sorted(names)
    assert list(indistinguishable_names(names)) == []
    assert not is_negative("-" + "1" * 5000)
    assert list(name_notices(names[:3])) == []
    assert no_such_class(names[0], names[1:]).startswith("the train part has no class '111")


@pytest.mark.parametrize(
    "name",
    [
        "unknown",
        "Unlabel",
        "un-labelled",
        "unlabelled_data",
        "no_label",
        "not labeled",
        "skip",
        "-",
        "\u2014",
        "-1",
    ],
)
def test_names_that_say_that_there_is_no_label(name):
    assert list(name_notices(["ant", name])) == [
        f"classes whose names read like samples without a label: {name!r}"
    ]


@pytest.mark.parametrize("names", [["0", "1", "255"], ["0", "1.0", "65535"]])
def test_numbers_that_say_that_there_is_no_label(names):
    assert list(name_notices(names)) == [
        f"classes whose names read like samples without a label: {names[-1]!r}"
    ]
    assert list(name_notices([*names, "ant"])) == []


def test_plus_and_minus_are_classes():
    assert list(name_notices(["+", "-"])) == []


@pytest.mark.parametrize(
    ("name", "known", "expected"),
    [
        ("b", ["a", "c"], "the train part has no class 'b' (its classes: a, c)"),
        (
            "0",
            ["0.0", "1.0"],
            "the train part has no class '0' (its classes: 0.0, 1.0); "
            "'0.0' differs only in how the number is written",
        ),
        (
            "1,5",
            ["1.5"],
            "the train part has no class '1,5' (its classes: 1.5); "
            "'1.5' differs only in how the number is written",
        ),
        ("Cat", ["cat"], "the train part has no class 'Cat' (its classes: cat); 'cat' differs only in case"),
        (
            "cafe\u0301",
            ["caf\u00e9"],
            "the train part has no class 'cafe\\u0301' (its classes: caf\u00e9); "
            "'caf\u00e9' differs only in their Unicode form",
        ),
    ],
)
def test_a_class_that_is_not_there(name, known, expected):
    assert no_such_class(name, known) == expected
    hint = "" if "; " in expected else "; if its labels come later, name all classes in class_names"
    assert no_such_class(name, known, may_follow=True) == f"{expected}{hint}"


@pytest.mark.parametrize(
    "name",
    [
        "nan",
        "NaN",
        "None",
        "NULL",
        "NA",
        "<NA>",
        "N/A",
        "N.A.",
        "n.a",
        "NaT",
        "?",
        "#N/A",
        "#REF!",
        "#DIV/0!",
    ],
)
def test_words_for_a_value_that_is_missing(name):
    assert reads_as_missing(name)
    assert not reads_as_missing(f"{name}x")


def test_numbers_below_zero():
    assert [is_negative(name) for name in ("-1", "-2.0", "0", "-0", "1", "-", "-a")] == [True, True] + [
        False
    ] * 5
