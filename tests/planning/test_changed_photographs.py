"""What a start says of photographs that were renamed, exchanged or removed."""

import shutil
from pathlib import Path

import pytest
from project_folders import PROJECT, extract, give_back, take
from project_runs import begin_run

from planning.project.start import preview_run

pytestmark = pytest.mark.usefixtures("photographs")


def test_it_says_which_labels_cannot_be_used(capsys):
    give_back("0.png,ant,ann", "1.png,bee,ann", "2.png,bee,ann")
    extract(begin_run(PROJECT))
    Path("photos/0.png").unlink()
    Path("photos/1.png").rename("photos/one.png")
    capsys.readouterr()
    begin_run(PROJECT)
    printed = capsys.readouterr().err
    assert "'1.png' is now 'one.png'" in printed
    assert "images are gone; their entries stay" in printed
    assert "cannot be used" not in printed  # the features are there
    begin_run(PROJECT)
    assert capsys.readouterr().err.endswith(
        "activepool: notice: as in the last run: images renamed (1), images gone (1)\n"
    )
    shutil.rmtree("results")
    begin_run(PROJECT)
    assert (
        "labels cannot be used, because their images and features are gone: 0.png" in capsys.readouterr().err
    )


def exchange(first, second):
    first, second = Path("photos", first), Path("photos", second)
    first.rename("kept")
    second.rename(first)
    Path("kept").rename(second)


def exchanged(*pairs):
    pairs_text = ", ".join(f"'{old}' (the image of this name is now '{new}')" for old, new in pairs)
    return f"notice: photos: names with another image than before: {pairs_text}; a label by name counts for"


def test_it_says_which_names_have_another_image_now(capsys):
    extract(begin_run(PROJECT))
    sample = begin_run(PROJECT).pool.sources["1.png"]
    exchange("0.png", "1.png")
    give_back("0.png,ant,anna")
    capsys.readouterr()
    pairs = [("0.png", "1.png"), ("1.png", "0.png")]
    for start_run in (preview_run, begin_run):
        assert start_run(PROJECT).entries[0].sample == sample
        assert exchanged(*pairs) in capsys.readouterr().err
    # The ledger knows one of the names by now, and an answer by it would be a mistake.
    begin_run(PROJECT)
    assert "as in the last run: names with another image (2)" in capsys.readouterr().err
    exchange("0.png", "1.png")
    begin_run(PROJECT)
    assert exchanged(pairs[1]) in capsys.readouterr().err
    begin_run(PROJECT)
    assert "another image" not in capsys.readouterr().err


def test_a_new_image_under_the_name_of_another_is_named(capsys):
    extract(begin_run(PROJECT))
    Path("photos/0.png").rename("photos/zero.png")
    take("0.png", 9)
    take("1.png", 10)  # in place of one that is gone
    begin_run(PROJECT)
    assert exchanged(("0.png", "zero.png")) in capsys.readouterr().err


def test_answers_by_new_names_do_not_hide_that_images_were_renamed(capsys):
    give_back("0.png,ant,anna", "1.png,bee,anna", "2.png,bee,anna")
    standing = begin_run(PROJECT)
    extract(standing)
    exchange("0.png", "1.png")
    Path("photos/2.png").rename("photos/two.png")
    rows = "".join(f"{sample},ant,ben\n" for sample in standing.pool.samples)
    Path("returned/by_sample.csv").write_text(f"sample,label,who\n{rows}")
    capsys.readouterr()
    text = "keep their labels: '0.png' is now '1.png', '1.png' is now '0.png', '2.png' is now 'two.png'\n"
    for start_run in (preview_run, begin_run):
        start_run(PROJECT)
        assert text in capsys.readouterr().err
    begin_run(PROJECT)
    assert "renamed" not in capsys.readouterr().err
