"""Files of annotations: each label goes to the sample of its row, or is reported with its line."""

from dataclasses import replace

import numpy as np
import pytest

from activepool.data.annotations import (
    MAX_LISTED,
    UNLABELABLE,
    TrainPart,
    all_labels,
    match,
    read_annotations,
)
from activepool.errors import InputError

CLASSES = ["cat", "dog"]


def part(**changes):
    datasets = {
        "name": "features.h5",
        "labels": np.array([0, -1, 1, -1, 0, -1]),
        "sources": np.array(["a.jpg", "b.jpg", "c.jpg", "d.jpg", "e.jpg", "f.jpg"], dtype=object),
        "class_names": CLASSES,
    }
    return TrainPart(**datasets | changes)


@pytest.fixture
def write(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def written(text):
        (tmp_path / "bought.csv").write_text(text, encoding="utf-8")
        return "bought.csv"

    return written


@pytest.mark.parametrize(
    "text",
    [
        "index,label\n3,dog\n1,0\n",
        "source,label\nd.jpg,1\nb.jpg,cat\n",
        "label,source\r\ndog ,d.jpg\r\n cat,b.jpg \r\n",
        "\ufeffindex,source,predicted,label\n3,d.jpg,0,dog\n1,b.jpg,1,cat\n",
        "index,source,label\n,d.jpg,dog\n1,,cat\n",
        "source,label\nd.jpg,dog\n\nf.jpg,\nb.jpg,cat\nb.jpg,cat\na.jpg,cat\nnone.jpg,\n",
        'source,note,label\nd.jpg,"two\nlines",dog\n"b.jpg",,cat\n',
    ],
)
def test_each_label_goes_to_its_row(write, text):
    assert all_labels(part(), write(text)).tolist() == [0, 0, 1, 1, 0, -1]


def test_any_order_of_rows_gives_the_same(write):
    random = np.random.default_rng(0)
    labels = random.integers(0, 7, 61)
    known_labels = np.where(random.random(61) < 0.5, labels, -1)
    sources = np.array([f"photos/{number:02d}, of {number % 5}.jpg" for number in range(61)], dtype=object)
    samples = part(
        labels=known_labels, sources=sources, class_names=[f"class {number}" for number in range(7)]
    )
    for columns in ("source", "index", "index,source"):
        for _ in range(3):
            lines = [f"{columns},label"]
            for row in random.permutation(61):
                cells = {"index": str(row), "source": f'"{sources[row]}"'}
                lines.append(
                    ",".join([*(cells[name] for name in columns.split(",")), f"class {labels[row]}"])
                )
            assert all_labels(samples, write("\n".join(lines))).tolist() == labels.tolist()


@pytest.mark.parametrize("mark", ["?", "-1", "skip", " SKIP ", "Skip"])
def test_a_sample_may_be_marked_as_one_that_cannot_be_labelled(write, mark):
    text = write(f"source,label\nb.jpg,{mark}\nd.jpg,dog\n")
    assert all_labels(part(), text).tolist() == [0, UNLABELABLE, 1, 1, 0, -1]


@pytest.mark.parametrize("mark", ["?", "-1", "skip"])
def test_a_class_may_have_the_name_of_a_mark(write, mark):
    text = write(f"source,label\nb.jpg,{mark}\n")
    assert all_labels(part(class_names=["cat", "dog", mark]), text)[1] == 2


def test_a_mark_spelt_nearly_like_a_class_is_not_a_mark(write):
    path = write("source,label\nb.jpg,SKIP\n")
    with pytest.raises(InputError, match="2: label 'SKIP' is not a class; did you mean 'Skip'"):
        all_labels(part(class_names=["cat", "dog", "Skip"]), path)


def test_blanks_may_be_part_of_a_name(write):
    samples = part(class_names=["cat ", "dog"])
    path = write("source,label\nb.jpg,cat \nd.jpg, dog\n")
    assert all_labels(samples, path).tolist() == [0, 0, 1, 1, 0, -1]


BAD = [
    ("source,label\nb.jpg,bird\n", ["2: label 'bird' is not a class; there are cat, dog"]),
    ("index,label\n1,2\n", ["2: label '2' is not a class; there are cat, dog"]),
    ("source,label\nb.jpg,Dog\n", ["2: label 'Dog' is not a class; did you mean 'dog'? There are cat, dog"]),
    ("index,label\n6,cat\n", ["2: index '6' is not a row of train/features (0 to 5)"]),
    ("index,label\n3.0,cat\n", ["2: index '3.0' is not a row of train/features (0 to 5)"]),
    ("source,label\nz.jpg,cat\n", ["2: source 'z.jpg' is not in the training part of features.h5"]),
    (
        "source,label\n./B.JPG,cat\n",
        ["2: source './B.JPG' is not in the training part of features.h5; did you mean 'b.jpg'?"],
    ),
    (
        "source,label\nb\uff0ejpg,cat\nb.jpg,c\u0430t\n",
        [
            "2: source 'b\uff0ejpg' is not in the training part of features.h5; did you mean 'b.jpg'?",
            r"3: label 'c\u0430t' is not a class; did you mean 'cat'? There are cat, dog",
        ],
    ),
    (
        "index,source,label\n3,b.jpg,cat\n",
        [
            "2: index 3 is 'd.jpg' in features.h5, but the source is 'b.jpg', which is row 1; correct one of "
            "them, or leave out the column 'index'"
        ],
    ),
    (
        "source,label\nb.jpg\n",
        ["2: has 1 field, and the header has 2"],
    ),
    (
        "source,label\nb,jpg,cat\nd.jpg,dog\n",
        [
            "2: has 3 fields, and the header has 2; put a text with a comma, or another separator, in double "
            "quotes"
        ],
    ),
    ("index,source,label\n, ,cat\n", ["2: names no sample; give its source or its index"]),
    (
        "source,label\nc.jpg,cat\n",
        ["2: 'c.jpg' is given the label 'cat', but it is already 'dog'; a label is never overwritten"],
    ),
    (
        "source,label\nc.jpg,?\n",
        ["2: 'c.jpg' is given the label '?', but it is already 'dog'; a label is never overwritten"],
    ),
    (
        "source,label\nb.jpg,cat\nd.jpg,\nb.jpg,dog\n",
        ["4: 'b.jpg' is given the label 'dog', but line 2 says 'cat'; keep one of them"],
    ),
    (
        "index,source,label\n1,,skip\n,b.jpg,dog\n",
        ["3: 'b.jpg' is given the label 'dog', but line 2 says '?'; keep one of them"],
    ),
    (
        'source,note,label\nb.jpg,"a\nb",bird\n\nz.jpg,,dog\nd.jpg,,1.0\n',
        [
            "2: label 'bird' is not a class; there are cat, dog",
            "5: source 'z.jpg' is not in the training part of features.h5",
            "6: label '1.0' is not a class; did you mean 'dog'? There are cat, dog",
        ],
    ),
]


@pytest.mark.parametrize(("text", "lines"), BAD, ids=[lines[0] for _, lines in BAD])
def test_every_mistake_has_its_line(write, text, lines):
    with pytest.raises(InputError) as caught:
        all_labels(part(), write(text))
    assert list(caught.value.args) == [f"bought.csv:{line}" for line in lines]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("source,label\nb,cat\na,dog", "label 'dog' may be the beginning of 'dogfish'"),
        ("source,label\na,1", "label '1' may be the beginning of '10'"),
        ("label,source\ncat,a", "source 'a' may be the beginning of 'a1'"),
        ("label,index\ncat,1", "index '1' may be the beginning of '10'"),
    ],
)
def test_a_last_line_that_may_be_cut_off(write, text, words):
    """A file whose end is lost gives no label of another class, or to another sample, without a word."""
    names = np.array([*"abcdefghijk", "a1"], dtype=object)
    classes = ["cat", "dog", "dogfish", *"ABCDEFGH"]
    samples = part(labels=np.full(12, -1), sources=names, class_names=classes)
    with pytest.raises(InputError, match=f"bought.csv:{text.count(chr(10)) + 1}: {words}, .* a line break$"):
        all_labels(samples, write(text))
    assert (all_labels(samples, write(f"{text}\n")) >= 0).any()


@pytest.mark.parametrize(
    "text",
    [
        "source,label\na,dogfish",
        'source,label\na,"dog"',
        "label,source,index\ndog,a,0",
        "label,source,note\ndog,a,x",
        "label,source,index\ndog,a,",
        "source,label\na,dog\nb,",
    ],
)
def test_a_last_line_may_lack_its_end(write, text):
    samples = part(sources=np.array(["a", *"bcdef"], dtype=object), labels=np.full(6, -1))
    samples = replace(samples, class_names=["cat", "dog", "dogfish"])
    assert all_labels(samples, write(text))[0] == (2 if "dogfish" in text else 1)


def test_a_source_of_several_rows_needs_an_index(write):
    samples = part(sources=np.array(["a.jpg", "b.jpg", "a.jpg", "b.jpg", "b.jpg", "f.jpg"], dtype=object))
    with pytest.raises(InputError, match=r"csv:2: source 'b.jpg' stands for rows 1, 3 and 4; give index"):
        all_labels(samples, write("source,label\nb.jpg,cat\n"))
    assert all_labels(samples, write("index,source,label\n3,b.jpg,cat\n"))[3] == 0
    with pytest.raises(InputError, match=r"index 5 is 'f\.jpg'"):
        all_labels(samples, write("index,source,label\n5,b.jpg,cat\n"))
    assert samples.ambiguous == {"a.jpg": [0, 2], "b.jpg": [1, 3, 4]}


def test_samples_without_sources_are_named_by_index(write):
    with pytest.raises(InputError, match=r"features\.h5 has no sources; give the column 'index'"):
        all_labels(part(sources=None), write("source,label\nb.jpg,cat\n"))
    assert all_labels(part(sources=None), write("index,label\n1,cat\n"))[1] == 0


def test_an_index_means_nothing_before_rows_are_final(write):
    samples = part(is_final=False)
    annotations = read_annotations(write("index,source,label\n900,b.jpg,cat\n3,,dog\n1,,bird\n"))
    labels, problems = match(samples, annotations)
    assert labels.tolist() == [0, 0, 1, -1, 0, -1]
    assert problems == ["bought.csv:4: label 'bird' is not a class; there are cat, dog"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "bought.csv: is empty; its first line must name the columns, such as source,label"),
        ("index,class\n1,cat\n", "bought.csv:1: must have the column 'label', and 'index' or 'source'"),
        ("\n\nindex,class\n1,cat\n", "bought.csv:3: must have the column 'label'"),
        ("source;label\nb.jpg;cat\n", "columns: source;label.*; separate the columns by commas"),
        ("Index,source,label\n0,b.jpg,cat\n", "bought.csv:1: rename the column 'Index' to 'index'"),
        (
            "source,label,LABEL\nb.jpg,cat,Cat\n",
            "bought.csv:1: has the columns 'label' and 'LABEL'; leave one of them out",
        ),
        ("source,label,label\nb.jpg,cat,dog\n", "bought.csv:1: two columns have the same name"),
    ],
)
def test_impossible_headers_are_refused(write, text, words):
    with pytest.raises(InputError, match=words):
        read_annotations(write(text))


def test_additions_of_a_spreadsheet_are_ignored(write):
    text = "sep=,\nindex,label,,\n1,cat,,\n,,,\n0,,\n"
    assert read_annotations(write(text)) == read_annotations(write("\n" + "index,label\n1,cat\n"))


def test_of_many_mistakes_the_first_are_listed(write):
    lines = "".join(f"{row},x{row}\n" for row in range(3 * MAX_LISTED))
    with pytest.raises(InputError) as caught:
        all_labels(part(), write("index,label\n" + lines))
    assert len(caught.value.args) == MAX_LISTED + 1
    assert caught.value.args[-1] == f"... and {2 * MAX_LISTED} more"


@pytest.mark.parametrize(
    "label", ["cannot_tell", "Not ours", "-1.0", "\u22121", "\uff1f", "NaN", "n/a", "unknown", "Skip?"]
)
def test_an_unknown_mark_gets_the_right_one(write, label):
    with pytest.raises(InputError) as caught:
        all_labels(part(), write(f"source,label\nb.jpg,{label}\n"))
    (line,) = caught.value.args
    assert line.endswith(
        "is not a class; there are cat, dog; for a sample that cannot be labelled, write '?'"
    )
