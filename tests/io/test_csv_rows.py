import pytest

from activepool.errors import InputError
from activepool.io.csv_rows import (
    read_rows,
    read_table,
    require_different_columns,
    separator_hint,
    width_problem,
)


@pytest.fixture
def rows(tmp_path):
    def read(text):
        path = tmp_path / "bought.csv"
        path.write_bytes(text.encode())
        return list(read_rows(path))

    return read


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_each_row_has_the_line_where_it_begins(rows, end):
    text = end.join(["a,b,c", "", '1,"two', 'lines, of text, or so",3', "4,5,6", "", "7", ""])
    assert rows("\ufeff" + text) == [
        (1, ["a", "b", "c"]),
        (3, ["1", f"two{end}lines, of text, or so", "3"]),
        (5, ["4", "5", "6"]),
        (7, ["7"]),
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        # closed by a quote further down, and by none
        ('s,l,n\nx,a,"nice\ny,b,ok\nz,a,"\n', "bought.csv:2: .* takes line 3 for a part of its text"),
        ('s,l,n\nx,a,"nice\ny,b,"ok\n', "bought.csv:2: .* takes line 3 for a part"),
        ('"s,l\nx,a\n', "bought.csv:1: a double quote opens here and is never closed"),
        ('s,l\n"x,a\n', "bought.csv:2: a double quote opens here and is never closed"),
        ('s,l,n\nx,a,"one\ntwo\n', "bought.csv:2: a double quote opens here and is never closed"),
    ],
)
def test_a_quote_that_hides_rows_is_refused(rows, text, words):
    with pytest.raises(InputError, match=words):
        rows(text)


@pytest.mark.parametrize("text", ['s,l,n\nx,a,12" screen\ny,b,ok\n', 's,l\n"x" ,a\n', 's\n"x\ny"\n'])
def test_other_quotes_hide_nothing(rows, text):
    assert len(rows(text)) == len([line for line in text.splitlines() if not line.startswith('y"')])


def test_the_words_for_headers_and_widths():
    assert (
        separator_hint(["a;b"])
        == separator_hint(["a\tb"])
        == ("; separate the columns by commas, without double quotes around all of them")
    )
    assert separator_hint(["a;b", "c"]) == separator_hint(["a;b"])
    assert separator_hint(["a"]) == separator_hint(["a", "b"]) == ""
    assert width_problem(["1", "2"], ["a", "b"]) is None
    assert width_problem(["1"], ["a", "b"]) == "has 1 field, and the header has 2"
    assert "put a text with a comma, or another separator, in double quotes" in width_problem(
        ["1", "2", "3"], ["a", "b"]
    )
    for cells, mark in (
        (["1;2;3"], "semicolons"),
        (["1", "2\t3"], "tabs"),
        (["1,2,3"], "commas"),
        (["1|2|3"], "bars"),
    ):
        hint = f"the header has 3; it has {mark} between its cells: separate them as the header does"
        assert hint in width_problem(cells, ["a", "b", "c"])


def test_only_the_first_line_names_the_separator(tmp_path):
    path = tmp_path / "labels.csv"
    path.write_text("sep=,\nsource,label\na.jpg,sep=;\nsep=;,cat\n", encoding="utf-8")
    rows = [(2, ["source", "label"]), (3, ["a.jpg", "sep=;"]), (4, ["sep=;", "cat"])]
    assert list(read_rows(path, any_delimiter=True)) == list(read_rows(path)) == rows


def test_a_table_has_the_rows_and_columns_that_have_text(tmp_path):
    path = tmp_path / "list.csv"
    path.write_text(",,\n path ,,label,,\na.jpg,x,cat,,\n , ,,\n\nb.jpg,,\nc.jpg,,,y\n", encoding="utf-8")
    line, names, rows = read_table(path)
    assert (line, names) == (2, ["path", "", "label"])
    assert list(rows) == [
        (3, ["a.jpg", "x", "cat"], None, False),
        (6, ["b.jpg", "", ""], None, False),
        (
            7,
            ["c.jpg", "", "", "y"],
            "has 4 fields, and the header has 3; put a text with a comma, or another "
            "separator, in double quotes",
            False,
        ),
    ]
    path.write_text("")
    line, names, rows = read_table(path)
    assert (line, names, list(rows)) == (1, [], [])


@pytest.mark.parametrize(("ending", "ends"), [("\n", False), ("", True), ("\n,", False)])
def test_the_last_row_of_a_table_may_be_cut_off(tmp_path, ending, ends):
    path = tmp_path / "list.csv"
    path.write_text(f"path,label\na.jpg,cat\nPath,LABEL\nb.jpg,c{ending}")
    assert [(row.problem, row.is_end) for row in read_table(path).rows] == [
        (None, False),
        ("repeats the header; remove the line", False),
        (None, ends),
    ]


def test_columns_without_a_name_are_not_alike():
    require_different_columns("x.csv:1", ["", "path", "", "label"])
    with pytest.raises(InputError, match=r"^x.csv:1: two columns have the same name \(columns: a, b, a\)"):
        require_different_columns("x.csv:1", ["a", "b", "a"])
