"""Labels that are slips become no classes."""

import pytest
from reading import CLASSES, POOL, labels_by_source, mistakes, read

from activepool.ledger.formats.typed_classes import ClassNames


def file(tmp_path, *labels):
    path = tmp_path / "labels.csv"
    rows = [f'{source},"{label}"' for source, label in zip(POOL.sources, labels, strict=False)]
    path.write_text("\n".join(["source,label", *rows]) + "\n", encoding="utf-8")
    return path


#: What a message says of labels.
SLIPS = {
    "is a truth value, as spreadsheets make": ["TRUE", "false", "Wahr"],
    "is not a word;": ["-", "--", "..", "*", "="],
    "is a formula, as spreadsheets make": ["=A1", "+B2", "-A1", "@SUM(A1)", "＝A1"],
    "is a date, as spreadsheets make": [
        *("5-Mar", "05-Mar-2026", "Mar-05", "1. Mrz", "2026/03/05", "3/5/26", "12:30", "5-3-2026"),
    ],
    "is a path;": ["/tmp/x", "fox/red", "C:\\x", "fox\\red"],
    "names several, 'cat', 'dog'; give one of them": [
        *("cat, dog", "cat or dog", "cat/dog", "cat & dog", "cat and dog", "cat;dog"),
        *("cat\ndog", "cat\tdog", "cat\r\n\r\ndog", "cat dog"),
    ],
    "names several, 'Cat', 'skip'; give one of them": ["Cat or skip"],
    "names several, 'fox', 'owl'; give one of them": ["fox\nowl", "fox\towl"],
    "means 'no label'; leave it empty": ["_unlabeled", "Unlabelled", "no_label"],
    "means 'no label'; leave it empty, or give cannot_tell": [
        *("unknown", "Unsure", "skipped", "none of these", "don’t know", "weiß nicht"),
        *("N. A.", "nil", "_labeled", "todo", "TO DO", "dunno", "maybe"),
    ],
    "is spelled almost like 'cannot_tell'; did you mean that?": ["cannot tell.", "(can’t tell?)"],
    "is spelled almost like 'skip'; did you mean that?": ["skip?", "(skip)", "Skip!"],
    "is spelled almost like 'not_ours'; did you mean that?": ["not-ours!"],
    "has the invisible character '\\u200b'": ["red\u200b fox"],
    "is 'Käfer' read in a wrong encoding; save the file as UTF-8": ["KÃ¤fer"],
    "has letters lost when the file was saved; save it as UTF-8": ["K\ufffdfer"],
    "is the name of an image;": ["IMG_0003.jpg", "beeIMG_0001.JPEG"],
    "is the content of an image": ["ab" * 32],
    "is an address;": ["anna@x.org"],
    "is a list or an object, as programs write it": [
        *('{""choices"": [""cat""]}', "{'choices': ['cat']}", '[""fox"", ""owl""]'),
    ],
    "is a list of several names": ["fox;owl", "fox | owl"],
    "is the class 'cat' and a number; did you mean that?": [
        *("cat 0.93", "Cat 93 %", "cat: 0,93", "cat (0.93)", "cat=1", "cat (2)", "0.93 cat", "cat;1e-3"),
    ],
    "is the class 'cat' and a word of doubt; give one class": [
        *("probably cat", "maybe Cat", "not cat", "cat maybe", "cat (I think)"),
    ],
    "is what systems call the copy of a folder": [
        *("cat - Copy", "owl - Copy (2)", "cat - Kopie", "Copy of cat", "Copy (2) of owl", "Kopie von cat"),
        *("owl copy", "owl copy 2", "owl (copy)"),
    ],
    "is the name of a column of labels": ["label", "Labels", "class", "correction"],
    "is what systems call a new folder": ["New folder", "New Folder (2)", "Neuer Ordner"],
    "is spelled almost like the class 'cat'": ["cat?", "(cat)", "CAT!", "[cat]", '[""cat""]'],
    "and the class 'cat' differ only in number": ["cats", "Cats"],
}


@pytest.mark.parametrize(("label", "words"), [(label, words) for words in SLIPS for label in SLIPS[words]])
def test_a_slip_is_a_mistake(tmp_path, label, words):
    message = mistakes("csv", file(tmp_path, label))
    assert f"{tmp_path}/labels.csv:2: label" in message
    assert words in message


@pytest.mark.parametrize(
    ("known", "label"),
    [("boxes", "box"), ("box", "boxes"), ("fly", "flies"), ("flies", "fly"), ("Dogs", "dog")],
)
def test_singular_and_plural_of_a_class(tmp_path, known, label):
    message = mistakes("csv", file(tmp_path, label), classes=ClassNames((known, "cat")))
    assert f"label {label!r} and the class {known!r} differ only in number" in message


def test_parts_may_be_classes_of_the_same_file(tmp_path):
    message = mistakes("csv", file(tmp_path, "fox, owl", "owl", "fox"), classes=ClassNames())
    assert "label 'fox, owl' names several, 'fox', 'owl'" in message


@pytest.mark.parametrize(
    "label",
    [
        *(
            "TRUE",
            "-",
            "=A1",
            "5-Mar",
            "cat/dog",
            "_unlabeled",
            "/tmp/x",
            "cats",
            "cat 2",
            "[cat]",
            "fox;owl",
        ),
        *("label", "n.a.", "nil", "cat - Copy", "c-a-t", "Cat", "fox\nowl"),
    ],
)
def test_a_class_of_the_configuration_may_have_any_name(tmp_path, label):
    classes = ClassNames(("cat", "dog", label))
    assert labels_by_source(read("csv", file(tmp_path, label), POOL, classes)) == {"a/1.jpg": label}


@pytest.mark.parametrize(
    ("known", "twins"),
    [
        ("sea lion", ["sea-lion", "sea_lion", "sealion", "Sea Lion", "SEA-LION"]),
        ("ant", ["\u0391nt", "\u0391NT", "\u0430nt", "_ant"]),
        ("Mücke", ["Muecke", "MUECKE", "M\u00dcCKE"]),
        ("bird", ["b\u0131rd", "bi-rd"]),
        ("x 1-2", ["x 1 2", "x_1_2"]),
    ],
)
def test_twins_of_a_class_and_of_a_new_one(tmp_path, known, twins):
    for twin in twins:
        problem = f"label {twin!a} is spelled almost like the class {known!a}"
        assert problem in mistakes("csv", file(tmp_path, twin), classes=ClassNames((known,)))
        assert f"{problem} at {tmp_path}/labels.csv:2;" in mistakes("csv", file(tmp_path, known, twin))
        classes = ClassNames((known, twin))
        assert len(labels_by_source(read("csv", file(tmp_path, known, twin), POOL, classes))) == 2


def test_numbers_in_a_name_stay_apart(tmp_path):
    answers = read("csv", file(tmp_path, "x 1-12", "x 11-2", "x 112"), POOL, CLASSES)
    assert list(answers.new_classes) == ["x 1-12", "x 11-2", "x 112"]


def test_a_new_class_may_be_another_new_one(tmp_path):
    answers = read("csv", file(tmp_path, "Mücke", "Mucke", "wolf"), POOL, CLASSES)
    hints = [new_class.hint for new_class in answers.new_classes.values()]
    assert hints == ["", "if 'Mücke' was meant, correct it", ""]


@pytest.mark.parametrize(
    "label",
    [
        "red fox",
        "tench, Tinca tinca",
        "Käfer",
        "犬",
        "🦊",
        "o'brien",
        "salt & pepper",
        "Mark 2",
        "cat-2",
        "scatter 2",
        "2 [kg]",
        "x-ray",
        "10-19",
    ],
)
def test_other_texts_may_be_new_classes(tmp_path, label):
    assert labels_by_source(read("csv", file(tmp_path, label), POOL, CLASSES)) == {"a/1.jpg": label}


def test_a_class_is_a_misspelt_mark_only_if_it_is_near(tmp_path):
    answers = read("csv", file(tmp_path, "ship", "skpi", "turck"), POOL, ClassNames(("truck", "cat")))
    hints = [new_class.hint for new_class in answers.new_classes.values()]
    assert hints == ["", "", "if 'truck' was meant, correct it"]
    answers = read("csv", file(tmp_path, "cannot_tel"), POOL, CLASSES)
    assert answers.new_classes["cannot_tel"].hint == "if 'cannot_tell' was meant, correct it"
