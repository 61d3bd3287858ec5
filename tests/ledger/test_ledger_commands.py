"""`python -m activepool.ledger`: show, check and repair."""

import re
import shutil
import subprocess
import sys

import pytest
from ledgers import draft, sent

from activepool.ledger.__main__ import main
from activepool.ledger.book import append, kept_folder, read
from activepool.ledger.state import state_of


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "my labels.csv"
    append(path, sent("a", "b", "c"))
    append(path, sent("d", batch="audit01", event="audit"))
    append(path, [draft(of="a"), draft(of="b"), draft(of="b", who="bob", label="dog")])
    return path


def label_of_a(path):
    return next(iter(state_of(read(path).entries).samples.values())).label


def edit(path):
    text = path.read_text(encoding="utf-8")
    assert text.count(",a,,cat,") == 1
    path.write_text(text.replace(",a,,cat,", ",a,,dog,"), encoding="utf-8")


def test_show(path, capsys):
    assert main(["show", str(path)]) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"{path}: 7 entries about 4 samples",
        "class 'cat': 1 labelled",
        "class 'dog': 0 labelled",
        "batch '1': 2 of 3 came back",
        "audit set 'audit01': 0 of 1 came back",
        "disputed: 'b' (anna cat, bob dog)",
    ]


def test_check(path, capsys):
    assert main(["check", str(path)]) == 0
    assert capsys.readouterr().out == f"{path}: 7 entries, no mistake\n"
    edit(path)
    assert main(["check", str(path)]) == 2
    assert "label was 'cat' and is now 'dog'" in capsys.readouterr().err
    path.write_bytes(b"")
    shutil.rmtree(kept_folder(path))
    assert main(["check", str(path)]) == 0
    assert capsys.readouterr().out == f"{path}: has no entry; if it had some, put it back from a backup\n"


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda text: text[: text.rindex(b"\n7,") + 1], "lacks entry 7, and its copy has it; a run, or"),
        (
            lambda text: text[:-9],
            "its last line was cut short; a run, or `repair`, puts it back from the copy",
        ),
        (
            lambda text: text + b"8,20",
            "cut short, and is not an entry; a run, or `repair`, keeps it beside the copy",
        ),
    ],
)
def test_check_says_what_it_leaves_to_a_repair(path, damage, words, capsys):
    text = path.read_bytes()
    path.write_bytes(damage(text))
    assert main(["check", str(path)]) == 1
    message = capsys.readouterr().out
    assert words in message
    assert "no mistake" not in message
    assert path.read_bytes() == damage(text)
    assert main(["repair", str(path)]) == main(["check", str(path)]) == 0
    assert path.read_bytes() == text


@pytest.mark.parametrize(("edits", "label"), [("correct", "dog"), ("undo", "cat")])
def test_the_command_that_the_message_names_repairs(path, edits, label, capsys):
    edit(path)
    assert main(["check", str(path)]) == 2
    command = re.search(
        r"python (-m activepool\.ledger repair '.*' --edits) correct", capsys.readouterr().err
    )
    subprocess.run(f"{sys.executable} {command[1]} {edits}", shell=True, check=True)
    assert label_of_a(path) == label
    assert main(["repair", str(path)]) == 0
    assert capsys.readouterr().out == f"{path}: is in order\n"


def test_changes_are_refused_unless_it_is_said_what_becomes_of_them(path):
    edit(path)
    assert main(["repair", str(path)]) == 2


def test_a_ledger_that_is_not_there(tmp_path, capsys):
    assert main(["show", str(tmp_path / "labels.csv")]) == 2
    assert "there is no such file; give the path of the ledger" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
