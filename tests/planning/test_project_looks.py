"""A look shows what a run would do, and changes no file."""

import shutil
from pathlib import Path

import pytest
from project_folders import PROJECT, contents, extract, give_back, look, take
from project_runs import begin_run

from activepool.errors import InputError
from planning.project.start import preview_run

pytestmark = pytest.mark.usefixtures("photographs")


def test_the_first_look_at_a_project_finds_its_photographs_and_writes_nothing():
    before = contents()
    look = preview_run(PROJECT)
    assert (sorted(look.pool.sources), look.entries) == (["0.png", "1.png", "2.png"], ())
    assert contents() == before


def test_a_look_says_which_photographs_it_has_not_read(capsys):
    preview_run(PROJECT)
    assert "since the last run" not in capsys.readouterr().err
    extract(begin_run(PROJECT))
    preview_run(PROJECT)
    assert "since the last run" not in capsys.readouterr().err
    Path("photos/1.png").unlink()
    Path("photos/2.png").write_bytes(b"")
    take("3.png", 3)
    before = contents()
    preview_run(PROJECT)
    notice = "photos: images since the last run: 1 new (3.png), 1 changed (2.png), 1 gone (1.png); the"
    assert notice in capsys.readouterr().err
    assert contents() == before


def test_a_look_judges_answers_as_the_run_does(capsys):
    extract(begin_run(PROJECT))
    take("new.png", 9)
    take("2.png", 12)
    Path("photos/0.png").rename("photos/zero.png")
    give_back("new.png,ant,anna", "2.png,bee,anna", "zero.png,wasp,anna")
    capsys.readouterr()
    would_be, printed = look(), capsys.readouterr().err
    run = begin_run(PROJECT)
    assert printed == capsys.readouterr().err.replace("3 new answers", "3 answers would be new")
    assert (would_be.pool.samples, would_be.pool.sources) == (run.pool.samples, run.pool.sources)
    assert [entry.opinion for entry in would_be.entries] == [entry.opinion for entry in run.entries]
    Path("photos/broken.png").write_bytes(b"")
    lines = look()
    assert lines[0] == "photos/broken.png: not a readable image (empty file)"
    with pytest.raises(InputError) as caught:
        begin_run(PROJECT)
    assert caught.value.args == lines


def test_the_first_look_shows_what_the_first_run_takes_in(capsys):
    give_back("0.png,ant,anna", "1.png,bee,anna")
    would_be = look()
    assert "returned/list.csv: 2 answers would be new" in capsys.readouterr().err
    run = begin_run(PROJECT)
    assert would_be.pool.samples == run.pool.samples
    assert would_be.has_model("batch01")
    give_back("0.png,Ant,anna", "4.png,bee,anna")
    shutil.rmtree("results")
    assert [line.partition(":")[0] for line in look()] == ["returned/list.csv"] * 2 + ["returned"]


@pytest.mark.parametrize("has_run", [False, True])
def test_all_names_that_the_ledger_cannot_hold_are_named_before_any_job(has_run):
    if has_run:
        extract(begin_run(PROJECT))
    for shade, name in enumerate([" lead.png", "inner blank.png", "soft\xadhyphen.png", "tab\there.png"]):
        take(name, 9 + shade)
    lines = (
        "photos: the name ' lead.png' begins or ends with a blank; rename the file",
        r"photos: the name 'tab\there.png' has a line break or another control character; rename the file",
    )
    assert look() == lines
    with pytest.raises(InputError) as caught:
        begin_run(PROJECT)
    assert caught.value.args == lines
    for name in (" lead.png", "tab\there.png"):
        Path("photos", name).unlink()
    assert "inner blank.png" in begin_run(PROJECT).pool.sources


def test_a_folder_with_such_a_name_is_named_once():
    Path("photos", " roll/a\tb").mkdir(parents=True)
    Path("photos", "x/a\tb ").mkdir(parents=True)
    for shade, name in enumerate(
        [" roll/1.png", " roll/a\tb/2.png", "x/a\tb /3.png", "x/a\tb /4.png", "x/5 .png"]
    ):
        take(name, 9 + shade)
    assert look() == (
        "photos: the name ' roll' begins or ends with a blank; rename the folder",
        r"photos: the name 'x/a\tb ' has a line break or another control character; rename the folder",
    )


def test_a_message_names_twenty_such_names_at_most():
    for number in range(23):
        take(f" {number:02d}.png", number)
    assert look()[19:] == (
        "photos: the name ' 19.png' begins or ends with a blank; rename the file",
        "photos: 3 more of the kind",
    )
