"""A project goes on only with the ledger that it has used."""

import shutil
from pathlib import Path

import pytest
from PIL import Image
from project_folders import PROJECT, contents, extract, give_back
from project_runs import begin_run

from activepool.errors import InputError
from activepool.labelling.pool.ledger_note import require_noted
from activepool.ledger.book import append, read
from activepool.ledger.entries import Draft
from activepool.ledger.formats.batch import Batch, Pick
from planning.project.start import preview_run

pytestmark = pytest.mark.usefixtures("photographs")


def send(standing, *rows, batch="batch01"):
    picks = tuple(Pick(standing.pool.samples[row], f"{row}.png") for row in rows)
    append(standing.project.ledger_path, Batch(batch, picks).sendings())


def started():
    """Start a project twice: a batch is out, and two of three answers are in the ledger."""
    extract(begin_run(PROJECT))
    send(begin_run(PROJECT), 0, 1)
    shutil.copytree("p.ledger.csv.kept", "old.kept")
    shutil.copy("p.ledger.csv", "old.csv")
    give_back("0.png,ant,anna", "1.png,bee,anna")
    begin_run(PROJECT)


def lose():
    Path("p.ledger.csv").unlink()
    shutil.rmtree("p.ledger.csv.kept")


def bring_old_back():
    lose()
    shutil.copy("old.csv", "p.ledger.csv")
    shutil.copytree("old.kept", "p.ledger.csv.kept")


def refused(project=PROJECT):
    """Return the message of a start and of a look, which changed nothing."""
    before = contents()
    messages = set()
    for look in (begin_run, preview_run):
        with pytest.raises(InputError) as caught:
            look(project)
        messages.add("\n".join(caught.value.args))
    assert contents() == before
    (message,) = messages
    return message


@pytest.mark.parametrize(
    ("change", "found"),
    [(lose, "has 0 entries"), (bring_old_back, "has 2 entries")],
)
def test_a_lost_ledger_or_an_old_copy_ends_the_run(change, found):
    started()
    change()
    assert refused() == (
        f"p.ledger.csv: {found}, but this project's ledger, p.ledger.csv, had 4; bring that one back "
        "from a backup, or correct the key ledger; to start over, and forget what went out, delete results/p"
    )


def test_the_copy_of_a_ledger_under_another_name_is_named():
    started()
    Path("p.ledger.csv").rename("old.csv")
    with pytest.raises(InputError, match=r"bring that one back \(its copy is in p.ledger.csv.kept\), or"):
        require_noted("results/p/pool", "other.csv", [], "results/p")


def test_a_ledger_that_diverged_ends_the_run():
    started()
    bring_old_back()
    sample = read("p.ledger.csv").entries[0].sample
    drafts = [Draft(event="skip", sample=sample, source="0.png", who=who) for who in "abc"]
    append("p.ledger.csv", drafts)
    assert "has other entries than this project's ledger, p.ledger.csv, had up to number 4" in refused()


def test_a_mistyped_ledger_ends_the_run():
    started()
    assert refused(PROJECT.model_copy(update={"ledger": "q.csv"})).startswith(
        "q.csv: has 0 entries, but this project's ledger, p.ledger.csv, had 4"
    )
    assert not Path("q.csv").exists()


def test_a_ledger_may_move_and_grow_and_a_new_start_is_possible():
    started()
    append(
        "p.ledger.csv",
        [Draft(event="skip", sample=read("p.ledger.csv").entries[0].sample, source="0.png", who="b")],
    )
    Path("p.ledger.csv").rename("q.csv")
    Path("p.ledger.csv.kept").rename("q.csv.kept")
    assert len(begin_run(PROJECT.model_copy(update={"ledger": "q.csv"})).entries) == 5
    shutil.rmtree("results/p")
    shutil.rmtree("returned")
    assert begin_run(PROJECT).next_batch == "batch01"


def test_a_damaged_note_is_named():
    started()
    for content in ("[]", "{}", "no"):
        Path("results/p/pool/ledger.json").write_text(content)
        assert "results/p/pool/ledger.json: not a" in refused()


def test_a_ledger_serves_no_second_pool():
    started()
    Path("others").mkdir()
    Image.new("L", (4, 4), 99).save("others/0.png")
    second = PROJECT.model_copy(update={"project": "o", "images": "others", "ledger": "p.ledger.csv"})
    before = read("p.ledger.csv")
    with pytest.raises(
        InputError, match=r"^p\.ledger\.csv: none of its 2 samples is in others; each pool needs"
    ):
        begin_run(second)
    assert read("p.ledger.csv") == before


def test_images_of_another_folder_do_not_take_the_place_of_all():
    started()
    Path("others").mkdir()
    for name in ("0.png", "new.png"):
        Image.new("L", (4, 4), 99 + len(name)).save(Path("others", name))
    second = PROJECT.model_copy(update={"images": "others"})
    before = contents()
    for look in (begin_run, preview_run, begin_run):
        with pytest.raises(
            InputError,
            match=r"^others: none of its 2 images is one of the 3 of the last run, which p\.ledger",
        ):
            look(second)
        assert contents() == before
    shutil.copy("photos/2.png", "others")  # that all labelled images were moved away is no mistake
    assert begin_run(second).pool.is_present.sum() == 3
    assert begin_run(PROJECT).pool.is_present.sum() == 3
