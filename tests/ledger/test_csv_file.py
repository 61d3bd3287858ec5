"""CSV files of labels: the list of a batch, and those that people make."""

import pytest
from ledgers import sample
from reading import BATCH, CLASSES, POOL, labels_by_source, mistakes, read, table

from activepool.errors import InputError
from activepool.ledger.formats import csv_file
from activepool.ledger.formats.typed_classes import ClassNames
from activepool.ledger.pool_samples import PoolSamples
from activepool.ledger.source_names import SourceNames


def test_the_list_of_a_batch_comes_back(tmp_path):
    path = tmp_path / "batch.csv"
    csv_file.write(path, BATCH)
    assert read("csv", path, POOL).awaited == 3
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines[1].startswith("1,0,a/1.jpg,cat,0.7500,0.5000,small margin,,,,,")
    filled = [lines[0], lines[1].replace(",,,,,", ",dog,Anna,,it barks,"), lines[2], lines[3]]
    answers = read("csv", table(tmp_path, "\n".join(filled)), POOL, CLASSES)
    assert (labels_by_source(answers), answers.awaited) == ({"a/1.jpg": "dog"}, 2)
    draft = answers.drafts[0]
    assert (draft.who, draft.note, draft.batch) == ("Anna", "it barks", "1")


def test_a_note_that_begins_like_a_formula_never_runs_in_a_spreadsheet(tmp_path):
    text = "source,label,note\na/1.jpg,cat,=1+1\na/2.jpg,dog,- blurred\nb/1.jpg,dog,1=1\n"
    path = table(tmp_path, text)
    answers = read("csv", path, POOL, CLASSES)
    assert [draft.note for draft in answers.drafts] == ["'=1+1", "'- blurred", "1=1"]
    (notice,) = answers.notices
    assert "notes that begin like a formula, and so get an apostrophe in the ledger" in notice
    assert ":2, " in notice and notice.endswith(":3")
    earlier = {(answer.sample, answer.who, answer.event, answer.label) for answer in answers.drafts}
    again = read("csv", path, POOL, CLASSES, earlier=earlier)
    assert not again.notices


@pytest.mark.parametrize(
    "text",
    [
        "source,label\na/1.jpg,cat\n",
        "\ufeffsource,label\r\na/1.jpg,cat\r\n\r\n,\r\n",
        'filename,label,,\n"a/1.jpg" , cat ,,\n,,,\n',
        "source;label\r\na/1.jpg;cat\r\n",
        "source\tlabel\na/1.jpg\tcat\n",
        "sep=;\nsource;label\na/1.jpg;cat\n",
        '\ufeff"sep=|"\r\nsource|label\r\na/1.jpg|cat\r\n',
        "Label,File\ncat,/data/photographs/a/1.jpg",
        f"sample,label\n{POOL.samples[0]},cat\n",
        f"sample,source,label\n{POOL.samples[0]},old name.jpg,cat\n",
        "source,label,who\na/1.jpg,cat,\na/2.jpg,,\n",
    ],
)
def test_other_forms_of_the_file_are_read(tmp_path, text):
    answers = read("csv", table(tmp_path, text), POOL, CLASSES)
    assert labels_by_source(answers) == {"a/1.jpg": "cat"}
    assert answers.drafts[0].who == "annotator"


def test_marks(tmp_path):
    text = "source,label\na/1.jpg,?\nb/1.jpg,Skip\na/2.jpg,not ours\nc d/3.jpg,cannot tell\n"
    assert labels_by_source(read("csv", table(tmp_path, text), POOL)) == {
        "a/1.jpg": ":cannot_tell",
        "b/1.jpg": ":skip",
        "a/2.jpg": ":not_ours",
        "c d/3.jpg": ":cannot_tell",
    }
    text = "source,label\na/1.jpg,can’t tell\nb/1.jpg,Cant tell\na/2.jpg,notours\nc d/3.jpg,cannottell\n"
    assert set(labels_by_source(read("csv", table(tmp_path, text), POOL)).values()) == {
        ":cannot_tell",
        ":not_ours",
    }
    named = ClassNames(("skip", "go"))
    assert labels_by_source(read("csv", table(tmp_path, "source,label\na/1.jpg,skip\n"), POOL, named)) == {
        "a/1.jpg": "skip"
    }


def test_all_mistakes_at_once_each_with_its_line(tmp_path):
    text = (
        "source,label,who\n"
        "a/1.jpg,Cat,\n"
        "1.jpg,cat,\n"
        "a/3.jpg,cat,\n"
        "a/2.jpg,cat,anna,remark\n"
        "b/1.jpg,nan,\n"
        "b/1.jpg,1,\n"
        "c d/3.jpg,cat,\n"
        "c d/3.jpg,dog,\n"
        ",doog,\n"
        "gone.jpg,,\n"
    )
    messages = mistakes("csv", table(tmp_path, text)).split("\n")
    lines = [line.partition("labels.csv:")[2].partition(":")[0] for line in messages[:-1]]
    assert lines == ["2", "3", "4", "5", "6", "7", "9", "10"]
    for line, words in zip(
        messages,
        [
            "label 'Cat' is spelled almost like the class 'cat'; did you mean that?",
            "'1.jpg' may be 'a/1.jpg', 'b/1.jpg'",
            "'a/3.jpg' is not in the pool; did you mean",
            "has 4 fields, and the header has 3",
            "label 'nan' reads like a missing value",
            "label '1' is a number, and no class has that name",
            "annotator says 'dog' of 'c d/3.jpg', but 'cat' at",
            "names no sample; give its source",
            "nothing was taken from this file",
        ],
        strict=True,
    ):
        assert words in line


def test_a_row_may_be_wrong_twice(tmp_path):
    message = mistakes("csv", table(tmp_path, "source,label\na/9.jpg,Cat\na/1.jpg,ca\x07t\n"))
    assert "'a/9.jpg' is not in the pool" in message
    assert "label 'Cat' is spelled almost like the class 'cat'" in message
    assert ":3: label 'ca\\x07t' is spelled almost like the class 'cat'" in message


def test_classes_may_be_numbers(tmp_path):
    path = table(tmp_path, "source,label\na/1.jpg,10\na/2.jpg,03\n")
    answers = read("csv", path, POOL, ClassNames(("3", "7")), skip_bad=True)
    assert answers.new_classes["10"].place == f"{path}:2"
    assert "label '03' is spelled almost like the class '3'" in answers.mistakes[0]


def test_many_mistakes_are_counted(tmp_path):
    text = "source,label\n" + "".join(f"{number}.png,cat\n" for number in range(60))
    messages = mistakes("csv", table(tmp_path, text)).split("\n")
    assert messages[50] == "... and 10 more"
    assert len(messages) == 52


def test_hints_are_looked_for_only_where_they_are_shown(tmp_path, monkeypatch):
    looked = []
    monkeypatch.setattr(SourceNames, "nearest", lambda names, name: looked.append(name))
    text = "source,label\n" + "".join(f"{number}.png,cat\n" for number in range(60))
    mistakes("csv", table(tmp_path, text))
    assert looked == [f"{number}.png" for number in range(50)]


def test_what_is_wrong_is_left_out_if_that_is_asked(tmp_path):
    text = "source,label\na/1.jpg,cat\na/9.jpg,cat\n"
    answers = read("csv", table(tmp_path, text), POOL, CLASSES, skip_bad=True)
    assert labels_by_source(answers) == {"a/1.jpg": "cat"}
    assert len(answers.mistakes) == 1
    assert "'a/9.jpg' is not in the pool" in answers.mistakes[0]


def test_a_contradiction_leaves_out_all_of_it(tmp_path):
    text = "source,label\na/1.jpg,cat\na/1.jpg,dog\na/2.jpg,cat\n"
    answers = read("csv", table(tmp_path, text), POOL, CLASSES, skip_bad=True)
    assert labels_by_source(answers) == {"a/2.jpg": "cat"}


def test_of_two_new_classes_the_rarer_may_be_the_slip(tmp_path):
    text = "source,label\na/1.jpg,hrose\na/2.jpg,horse\nb/1.jpg,horse\n"
    answers = read("csv", table(tmp_path, text), POOL, ClassNames(("cat", "dog")))
    hints = [new_class.hint for new_class in answers.new_classes.values()]
    assert hints == ["if 'horse' was meant, correct it", ""]


def test_classes_may_grow(tmp_path):
    path = table(tmp_path, "source,label\na/1.jpg,fox\nb/1.jpg,fox\na/2.jpg,doog\nc d/3.jpg,Fox\n")
    answers = read("csv", path, POOL, CLASSES, skip_bad=True)
    assert [new_class.place for new_class in answers.new_classes.values()] == [f"{path}:2", f"{path}:4"]
    assert {name: new_class.hint for name, new_class in answers.new_classes.items()} == {
        "fox": "",
        "doog": "if 'dog' was meant, correct it",
    }
    assert "label 'Fox' is spelled almost like the class 'fox'" in answers.mistakes[0]
    message = mistakes("csv", path, classes=ClassNames(("cat", "dog"), may_grow=False))
    assert "label 'doog' is not a class; did you mean 'dog'? (there are cat, dog)" in message


@pytest.mark.parametrize("column", ["label", "correction"])
@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_the_latest_of_several_answers_in_one_file_counts(tmp_path, column, order):
    rows = [
        f"a/1.jpg,{label},2026-11-28T{time}\n"
        for label, time in [("cat", "09:00:00Z"), ("dog", "11:30:00+02:00"), ("cat", "10:00:00Z")]
    ]
    path = table(tmp_path, f"source,{column},when\n" + "".join(rows[number] for number in order))
    answers = read("csv", path, POOL, CLASSES)
    assert [(draft.label, draft.when) for draft in answers.drafts] == [("cat", "2026-11-28T10:00:00Z")]
    assert answers.notices == (
        f"{path}: several answers of one person, or corrections, of which the latest counts: 'a/1.jpg'",
    )
    path = table(tmp_path, f"source,{column},when\n" + "".join(rows[:2]))
    assert labels_by_source(read("csv", path, POOL, CLASSES)) == {"a/1.jpg": "dog"}


@pytest.mark.parametrize(
    "times", [("2026-11-28T09:00:00Z", "2026-11-28T10:00:00+01:00"), ("2026-11-28T09:00:00Z", "")]
)
def test_answers_of_one_person_that_no_time_tells_apart_are_a_mistake(tmp_path, times):
    for first, second in (times, times[::-1]):
        path = table(tmp_path, f"source,label,when\na/1.jpg,cat,{first}\na/1.jpg,dog,{second}\n")
        assert mistakes("csv", path).split("\n")[0] == (
            f"{path}:3: annotator says 'dog' of 'a/1.jpg', but 'cat' at {path}:2; keep one of them"
        )


def test_a_letter_may_be_written_in_two_ways(tmp_path):
    path = table(tmp_path, "source,label\na/1.jpg,Ka\u0308fer\n")
    assert labels_by_source(read("csv", path, POOL, ClassNames(("Käfer",)))) == {"a/1.jpg": "Käfer"}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"source,label\n", "has no sample in it"),
        (b"source|label\na|b\n", "separate the columns by commas"),
        (b"a,b\n1,2\n", "must have the column 'label' or 'correction', and 'source'"),
        (b"number,event,sample,source,label,check\n", "is a ledger, and no label file; remove it"),
        (b"source,label,label\n", "two columns have the same name"),
        (b"batch01,,a/1.jpg,cat,,cat,,\n", "'source', 'sample' or 'index' (columns: batch01, , a/1.jpg"),
        (b"batch01,,a/1.jpg,cat,,cat,,\n", "); put back the header"),
        ("source,label\na/1.jpg,Käfer\n".encode("latin-1"), "line 2 is not UTF-8"),
        ("source,label\n".encode("utf-16"), "is encoded as UTF-16"),
        (b"source,label\na\0b,cat\n", "NUL byte"),
        (b'source,label\n"a/1.jpg,cat\n', ":2: a double quote opens here"),
        (b'source,label\n"a/1.jpg" ,"cat"x\n', ":2: a text continues after its closing double quote"),
        (b"<html></html>", "is a web page, such as of a login or an error, and not CSV; export it again"),
    ],
)
def test_damaged_files(tmp_path, content, words):
    path = tmp_path / "labels.csv"
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        read("csv", path, POOL)
    assert words in str(caught.value)


def test_a_file_that_is_not_there_and_a_tool_that_is_not_known(tmp_path):
    with pytest.raises(InputError, match="there is no such file; it must be an export of csv"):
        read("csv", tmp_path / "labels.csv", POOL)
    with pytest.raises(InputError, match="tool 'excel' is not known; there are csv, label_studio"):
        read("excel", tmp_path, POOL)


@pytest.mark.parametrize(
    ("when", "words"),
    [
        ("28.11.2026 09:30", "is not a time with its offset from UTC, such as 2026-11-28T09:30:00Z"),
        ("2026-02-30T09:30:00Z", "is not a time with its offset"),
        ("2026-11-28 09:30", "is not a time with its offset"),
        ("2999-01-01T00:00:00Z", "lies in the future; correct it, or leave it out"),
        ("1970-01-01T00:00:00Z", "lies before 1990, as the zero of a clock does; correct it, or leave it"),
        ("0026-11-28T09:30:00Z", "lies before 1990, as the zero of a clock does; correct it, or leave it"),
    ],
)
def test_every_time_that_cannot_be_is_a_mistake_with_its_line(tmp_path, when, words):
    text = (
        f"source,label,when\na/1.jpg,cat,2026-01-01T01:00:00+01:00\na/2.jpg,cat,{when}\nb/1.jpg,cat,{when}\n"
    )
    path = table(tmp_path, text)
    *messages, _ = mistakes("csv", path).split("\n")
    assert [line[: len(f"{path}:3: when {when!r} {words}")] for line in messages] == [
        f"{path}:{line}: when {when!r} {words}" for line in (3, 4)
    ]
    path = table(tmp_path, text.replace(when, ""))
    assert [draft.when for draft in read("csv", path, POOL, CLASSES).drafts] == [
        "2026-01-01T00:00:00Z",
        "",
        "",
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("source,path,label\na/1.jpg,a/2.jpg,cat\n", ":2: names different samples: 'a/1.jpg' and 'a/2.jpg'"),
        ("label,who,annotator,file\ncat,anna,bob,a/1.jpg\n", ":2: names two annotators, 'anna' and 'bob'"),
        ("source,label\na/1.jpg,cat\nSource, label\n", ":3: repeats the header; remove the line"),
    ],
)
def test_rows_that_contradict_themselves(tmp_path, text, words):
    assert words in mistakes("csv", table(tmp_path, text))


def test_columns_that_say_the_same(tmp_path):
    text = (
        "source,path,filename,label,who,annotator\na/1.jpg,/x/a/1.jpg,1.jpg,cat,anna,anna\n"
        ",a/2.jpg,DSC_9.jpg,dog,,bob\n"
    )
    answers = read("csv", table(tmp_path, text), POOL, CLASSES)
    assert labels_by_source(answers) == {"a/1.jpg": "cat", "a/2.jpg": "dog"}
    assert [draft.who for draft in answers.drafts] == ["anna", "bob"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("source,label\na/1.jpg,cat", "label 'cat' may be the beginning of 'caterpillar'"),
        ("source,correction\na/1.jpg,skip", "label 'skip' may be the beginning of 'skipper'"),
        ("source,label\na/1.jpg,ca", "label 'ca' is not a class yet, and the file ends with it"),
        (
            "source,label,who\nb/1.jpg,cat,anna\na/1.jpg,cat,an",
            "the annotator 'an' may be the beginning of 'anna'",
        ),
        (
            "source,label,who\nb/1.jpg,cat,anna\na/1.jpg,cat,",
            "the annotator '' may be the beginning of 'anna'",
        ),
    ],
)
def test_a_last_cell_that_may_be_cut_off(tmp_path, text, words):
    classes = ClassNames(("cat", "caterpillar", "skipper"))
    message = mistakes("csv", table(tmp_path, text), classes=classes)
    assert words in message
    assert "if it is whole, end the last line with a line break" in message
    assert f"labels.csv:{text.count(chr(10)) + 1}: " in message


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("label,source\ncat,v1", "source 'v1' may be the beginning of 'v10'"),
        ("label,index\ncat,1", "index '1' may be the beginning of '10'"),
    ],
)
def test_a_name_or_number_that_may_be_cut_off(tmp_path, text, words):
    """An answer goes to no other vector without a word."""
    names = [f"v{number}" for number in range(12)]
    vectors = PoolSamples(list(map(sample, names)), names, has_stable_rows=True)
    assert f"labels.csv:2: {words}, for the file ends with it" in mistakes(
        "csv", table(tmp_path, text), vectors
    )
    header, _, row = text.partition("\n")
    for whole in (f"{text}\n", f"{text}1", f"{header},sample\n{row},{sample('v1')}\n"):
        assert len(labels_by_source(read("csv", table(tmp_path, whole), vectors, CLASSES))) == 1


@pytest.mark.parametrize(
    "end",
    ["label\na/1.jpg,caterpillar", "label\na/1.jpg,?", "label\na/1.jpg,cat\n", 'label\na/1.jpg,"cat"']
    + [f"label,who\nb/1.jpg,cat,{first}\na/1.jpg,cat,{last}" for first, last in ("ab", "aa", ("", ""))],
)
def test_a_last_line_may_lack_its_end(tmp_path, end):
    classes = ClassNames(("cat", "caterpillar"))
    assert "a/1.jpg" in labels_by_source(read("csv", table(tmp_path, f"source,{end}"), POOL, classes))


def test_an_answer_that_was_taken_before_is_known_even_if_its_annotator_may_be_cut_off(tmp_path):
    path = table(tmp_path, "source,label,who\nb/1.jpg,cat,anna\na/1.jpg,cat,")
    earlier = {(POOL.samples[0], "annotator", "label", "cat")}
    answers = read("csv", path, POOL, CLASSES, earlier=earlier)
    assert (labels_by_source(answers), answers.num_past_mistakes, answers.mistakes) == (
        {"b/1.jpg": "cat"},
        1,
        (),
    )


@pytest.mark.parametrize("header", ["source,label,class", "source,label,labels"])
def test_a_label_in_another_column_is_not_passed_over(tmp_path, header):
    text = f"{header}\na/1.jpg,,cat\n"
    message = mistakes("csv", table(tmp_path, text))
    column = header.rpartition(",")[2]
    assert (
        f"labels.csv:2: 'label' is empty, and '{column}' has 'cat'; write the answers into 'label'" in message
    )


def test_time_and_annotator_of_a_row_may_both_be_wrong(tmp_path):
    path = table(tmp_path, "source,label,who,when\na/1.jpg,cat,2026-11-28T09:30:00Z,anna\n")
    who, when, _ = mistakes("csv", path).split("\n")
    assert "who '2026-11-28T09:30:00Z' is a time, as another column has it" in who
    assert "when 'anna' is not a time" in when


def test_a_line_of_excel_that_names_another_separator(tmp_path):
    answers = read("csv", table(tmp_path, "sep=;\nsource,label\na/1.jpg,cat\n"), POOL, CLASSES)
    assert labels_by_source(answers) == {"a/1.jpg": "cat"}
