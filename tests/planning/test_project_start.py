"""The start of a run: what came back is entered before any job, and a look changes nothing."""

import os
import shutil
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from activepool.errors import InputError
from activepool.features.store import FeatureFile, FeatureMatrix
from activepool.labelling.pool.features import copy_vectors
from activepool.labelling.pool.ledger_note import require_noted
from activepool.labelling.pool.vectors import VectorFile, vector_samples
from activepool.ledger.book import append, read
from activepool.ledger.entries import Draft
from activepool.ledger.formats.batch import Batch, Pick
from planning.configuration.project import Project
from planning.project import start
from planning.project.folders import part_features, pool_features
from planning.project.paths import ProjectPaths
from planning.project.start import (
    begun,
    foreseen,
    foresees,
    joined,
    makes_files,
    only_verifies,
    pass_run_on,
    sends_batches,
)

PROJECT = Project(
    project="p", images="photos", backbone={"architecture": "identity"}, batch=2, classes=["ant", "bee"]
)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """Three photographs."""
    monkeypatch.chdir(tmp_path)
    Path("photos").mkdir()
    Path("returned").mkdir()
    for number in range(3):
        take(f"{number}.png", number)


def take(name, shade):
    Image.new("L", (4, 4), shade).save(Path("photos", name))


def extract(standing):
    for part in set(standing.pool.parts):
        features = Path(part_features(standing.project, part))
        features.parent.mkdir(parents=True, exist_ok=True)
        features.touch()


def give_back(*lines, name="list.csv"):
    Path("returned", name).write_text("source,label,who\n" + "".join(f"{line}\n" for line in lines))


def contents():
    """Return what is in each file, but for what any run of Snakemake may write."""
    files = [path for path in Path().rglob("*") if path.is_file() and path.parts[0] != ".snakemake"]
    return {path: path.read_bytes() for path in files if path.name != "lock"}


SNAKEMAKE = ["/bin/snakemake", "--cores", "2", "next_batch"]
MODULE = ["/lib/snakemake/__main__.py", "--cores", "2", "next_batch"]


@pytest.mark.parametrize("command", [SNAKEMAKE, MODULE, [*SNAKEMAKE, "--config", "go_on=true"]])
def test_a_run_makes_files(command):
    assert makes_files(command)


@pytest.mark.parametrize(
    "options",
    [
        *(["-n"], ["--dry-run"], ["--touch"], ["--unlock"], ["--lint"], ["--list-rules"], ["--summary"]),
        *(["--dag"], ["--rulegraph"], ["--report", "r.html"], ["--delete-all-output"]),
        ["--cleanup-metadata", "results/a"],
    ],
)
def test_a_look_makes_none(options):
    assert not makes_files([*SNAKEMAKE, *options])


def test_only_a_dry_run_shows_what_a_run_would_take_in():
    assert foresees([*SNAKEMAKE, "-n"])
    for options in ([], ["--unlock"], ["--summary"], ["--dag"]):
        assert not foresees([*SNAKEMAKE, *options])


def test_another_program_makes_none():
    assert not makes_files(["/bin/pytest", "next_batch"])
    assert not foresees(["/bin/pytest", "next_batch"])
    assert not only_verifies(["/bin/pytest", "verify"])


def test_the_check_of_the_results_makes_none():
    command = ["/bin/snakemake", "--cores", "2", "verify", "--configfile", "p.yaml"]
    assert only_verifies(command)
    assert not makes_files(command)
    for targets in (["next_batch"], ["verify", "next_batch"], []):
        assert makes_files([*command[:3], *targets])
        assert not only_verifies([*command[:3], *targets])


def test_the_first_look_at_a_project_finds_its_photographs_and_writes_nothing():
    before = contents()
    found = foreseen(PROJECT)
    assert (sorted(found.pool.sources), found.entries) == (["0.png", "1.png", "2.png"], ())
    assert contents() == before


def test_what_came_back_is_foreseen_then_entered(capsys):
    extract(begun(PROJECT))
    give_back("0.png,ant,anna", "1.png,wasp,anna", "2.png,,anna")
    before = contents()
    capsys.readouterr()
    would_be = foreseen(PROJECT)
    assert contents() == before
    assert "2 answers would be new" in capsys.readouterr().err
    found = begun(PROJECT)
    printed = capsys.readouterr().err
    assert "2 new answers" in printed
    assert "'wasp'" in printed
    assert [(one.source, one.label) for one in found.entries] == [("0.png", "ant"), ("1.png", "wasp")]
    assert [one.opinion for one in would_be.entries] == [one.opinion for one in found.entries]
    assert read("p.ledger.csv").entries == tuple(found.entries)
    assert found.has_model("batch01")


def test_one_mistake_keeps_everything_out_and_all_mistakes_are_named():
    extract(begun(PROJECT))
    give_back("0.png,ant,anna", name="good.csv")
    give_back("nine.png,ant,anna", "0.png,Bee,bob", "1.png,bee,bob", "1.png,ant,bob", name="bad.csv")
    for look in (foreseen, begun):
        with pytest.raises(InputError) as caught:
            look(PROJECT)
        lines = "\n".join(caught.value.args)
        assert "returned/bad.csv:2: 'nine.png' is not in the pool" in lines
        assert "returned/bad.csv:3: label 'Bee' is written nearly like the class 'bee'" in lines
        assert "returned/bad.csv:5: bob says 'ant' of '1.png', but 'bee' at returned/bad.csv:4" in lines
        assert "nothing was taken in" in lines
        assert read("p.ledger.csv").entries == ()


def test_an_answer_about_a_photograph_that_arrives_with_it_is_taken():
    extract(begun(PROJECT))
    take("new.png", 9)
    give_back("new.png,ant,anna")
    found = begun(PROJECT)
    assert found.training_set("batch01").rows.tolist() == [3]


def test_a_second_start_enters_nothing_more():
    extract(begun(PROJECT))
    give_back("0.png,ant,anna")
    first, second = begun(PROJECT), begun(PROJECT)
    assert first.entries == second.entries
    assert len(second.entries) == 1


def test_jobs_see_the_ledger_as_it_was_when_the_run_began(monkeypatch):
    for name in (start.ENTRIES, start.SENDS):
        monkeypatch.delenv(name, raising=False)
    passed = []
    extract(begun(PROJECT))
    give_back("0.png,ant,anna")
    found = begun(PROJECT)
    pass_run_on(SimpleNamespace(register_envvars=passed.append), ProjectPaths(found))
    assert (passed, os.environ[start.ENTRIES]) == ([start.ENTRIES, start.SENDS], "1")
    pick = Pick(found.pool.samples[1], "1.png")
    append("p.ledger.csv", Batch("batch01", (pick,)).sendings())
    assert joined(PROJECT).standing.entries == found.entries
    assert joined(PROJECT).standing.next_batch == "batch01"
    assert joined(PROJECT).sends
    assert begun(PROJECT).next_batch == "batch02"
    pass_run_on(SimpleNamespace(register_envvars=passed.append), ProjectPaths(found, sends=False))
    assert joined(PROJECT).to_send() == []


@pytest.mark.parametrize(
    ("targets", "sends"),
    [
        ([], True),
        (["next_batch"], True),
        (["model"], False),
        (["predictions", "model"], False),
        (["predictions", "next_batch"], True),
        (["results/p/status.html"], True),
    ],
)
def test_targets_of_a_model_send_no_batch(targets, sends):
    assert sends_batches(["snakemake", "--cores", "2", *targets, "--configfile", "p.yaml"]) is sends


def test_two_runs_at_once_are_refused(monkeypatch):
    monkeypatch.setattr(start, "active_runs", lambda: ["17 on here"])
    with pytest.raises(SystemExit, match=r"another run is active in this folder \(17 on here\)"):
        begun(PROJECT)
    assert not Path("results").exists()


def test_a_project_of_vectors_starts_without_photographs():
    np.save("v.npy", np.eye(4))
    given = Project(project="v", embeddings="v.npy", batch=2)
    assert foreseen(given).num_candidates == 4
    assert begun(given).num_candidates == 4
    give_back("3,ant,anna")
    assert begun(given).training_set("batch01").rows.tolist() == [3]


def test_a_look_says_which_photographs_it_has_not_read(capsys):
    foreseen(PROJECT)
    assert "since the last run" not in capsys.readouterr().err
    extract(begun(PROJECT))
    foreseen(PROJECT)
    assert "since the last run" not in capsys.readouterr().err
    Path("photos/1.png").unlink()
    Path("photos/2.png").write_bytes(b"")
    take("3.png", 3)
    before = contents()
    foreseen(PROJECT)
    told = "photos: images since the last run: 1 new (3.png), 1 changed (2.png), 1 gone (1.png); the"
    assert told in capsys.readouterr().err
    assert contents() == before


def look(project=PROJECT):
    """Return what a look foresees, or the lines of its error; it changes no file."""
    before = contents()
    try:
        return foreseen(project)
    except InputError as error:
        return error.args
    finally:
        assert contents() == before


def test_a_look_judges_answers_as_the_run_does(capsys):
    extract(begun(PROJECT))
    take("new.png", 9)
    take("2.png", 12)
    Path("photos/0.png").rename("photos/zero.png")
    give_back("new.png,ant,anna", "2.png,bee,anna", "zero.png,wasp,anna")
    capsys.readouterr()
    would_be, printed = look(), capsys.readouterr().err
    found = begun(PROJECT)
    assert printed == capsys.readouterr().err.replace("3 new answers", "3 answers would be new")
    assert (would_be.pool.samples, would_be.pool.sources) == (found.pool.samples, found.pool.sources)
    assert [one.opinion for one in would_be.entries] == [one.opinion for one in found.entries]
    Path("photos/broken.png").write_bytes(b"")
    lines = look()
    assert lines[0] == "photos/broken.png: not a readable image (empty file)"
    with pytest.raises(InputError) as caught:
        begun(PROJECT)
    assert caught.value.args == lines


def test_the_first_look_shows_what_the_first_run_takes_in(capsys):
    give_back("0.png,ant,anna", "1.png,bee,anna")
    would_be = look()
    assert "returned/list.csv: 2 answers would be new" in capsys.readouterr().err
    found = begun(PROJECT)
    assert would_be.pool.samples == found.pool.samples
    assert would_be.has_model("batch01")
    give_back("0.png,Ant,anna", "4.png,bee,anna")
    shutil.rmtree("results")
    assert [line.partition(":")[0] for line in look()] == ["returned/list.csv"] * 2 + ["returned"]


def test_a_look_judges_answers_by_the_vectors_that_are_there(capsys):
    values = np.random.default_rng(0).normal(size=(6, 3)).astype(np.float32)
    np.save("v.npy", values[:4])
    give_back("0,ant,anna", "3,bee,anna", name="a.csv")
    assert look(VECTORS).training_set("batch01").rows.tolist() == [0, 3]
    copy_features(begun(VECTORS))
    np.save("v.npy", values[1:])
    give_back("5,bee,anna", name="b.csv")
    assert "returned/b.csv:2: '5' is not in the pool" in look(VECTORS)
    sample = vector_samples(FeatureMatrix.of_array(values))
    Path("returned/b.csv").write_text(f"sample,label\n{list(sample)[5]},bee\n")
    would_be = look(VECTORS)
    found = begun(VECTORS)
    assert would_be.pool.samples == found.pool.samples
    assert found.labels_digest("batch01") == would_be.labels_digest("batch01")
    np.save("v.npy", values.astype(np.float16))
    assert "all of its 6 vectors are other ones than the" in look(VECTORS)[0]


def test_a_failed_first_run_leaves_no_ledger():
    give_back("0.png,ant,anna", "nine.png,bee,anna")
    for _ in range(2):
        with pytest.raises(InputError, match="nothing was taken in"):
            begun(PROJECT)
        assert not list(Path().glob("p.ledger.csv*"))


def test_nothing_is_entered_by_a_run_that_cannot_do_what_it_is_asked_for():
    def refuse(standing):
        assert [entry.source for entry in standing.entries] == ["0.png"]
        raise InputError("too large")

    give_back("0.png,ant,anna")
    for start_run in (begun, foreseen):
        with pytest.raises(InputError, match="too large"):
            start_run(PROJECT, refuse)
        assert not list(Path().glob("p.ledger.csv*"))


def test_a_look_says_that_vectors_have_changed(capsys):
    np.save("v.npy", np.eye(4))
    begun(VECTORS)
    foreseen(VECTORS)
    assert "has changed" not in capsys.readouterr().err
    np.save("v.npy", np.eye(5))
    foreseen(VECTORS)
    assert "v.npy: has changed since the last run; the next one reads it" in capsys.readouterr().err


def test_classes_that_are_not_given_are_named_if_no_others_may_come(capsys):
    give_back("0.png,ant,ann", "1.png,fly,ann")
    begun(PROJECT)
    assert "not in classes" not in capsys.readouterr().err
    for start_run in (begun, foreseen, begun):
        start_run(PROJECT.model_copy(update={"new_classes": False}))
        told = "p.ledger.csv has labels of classes that are not in classes: fly (1); they"
        assert told in capsys.readouterr().err


VECTORS = Project(project="v", embeddings="v.npy", batch=2)


def copy_features(standing):
    samples = [standing.pool.samples, standing.pool.first_sources]
    Path(pool_features(VECTORS)).parent.mkdir(parents=True, exist_ok=True)
    copy_vectors(
        VectorFile("v.npy"), *samples, pool_features(VECTORS), ProjectPaths(standing).removed_vectors or None
    )


def test_removed_vectors_stay_in_the_pool_and_keep_their_labels(capsys):
    values = np.random.default_rng(0).normal(size=(6, 3)).astype(np.float32)
    np.save("v.npy", values)
    give_back("0,ant,anna", "1,ant,anna", "4,bee,anna", name="a.csv")
    copy_features(begun(VECTORS))
    capsys.readouterr()
    for rest in ([0, 2, 3, 4, 5], [0, 2, 5]):
        np.save("v.npy", values[rest])
        standing = begun(VECTORS)
        copy_features(standing)
        assert standing.training_set("batch01").rows.tolist() == [0, 1, 4]
        assert standing.num_candidates == 3 - (len(rest) == 3)
    printed = capsys.readouterr().err
    assert "vectors are gone; their entries stay" in printed
    assert "labels count as long as their features are there: of rows '1'" in printed
    assert "vectors that are in other rows now keep their labels: '4' is now '3'\n" in printed
    assert "image" not in printed
    with FeatureFile(pool_features(VECTORS)) as file:
        assert np.array_equal(file.train.features.take(np.arange(6)), values)
    # Without the features there is nothing to learn from; back in the file, they are what they were.
    Path("results/v/pool/removed.h5").unlink()
    Path(pool_features(VECTORS)).unlink()
    assert not begun(VECTORS).has_model("batch01")
    assert "because their vectors are gone: 1, 4; put the vectors back" in capsys.readouterr().err
    np.save("v.npy", values)
    assert begun(VECTORS).has_model("batch01")


@pytest.mark.parametrize("change", [lambda values: values.astype(np.float16), lambda values: values[:, :2]])
def test_other_vectors_take_the_place_of_none_that_have_labels(change, capsys):
    values = np.random.default_rng(0).normal(size=(6, 3)).astype(np.float32)
    np.save("v.npy", change(values))
    begun(VECTORS)
    np.save("v.npy", values)
    copy_features(begun(VECTORS))  # nobody has labelled the others
    give_back("1,ant,anna")
    before = begun(VECTORS).pool.samples
    np.save("v.npy", change(values))
    for _ in range(2):
        with pytest.raises(
            InputError, match=r"all of its 6 vectors are other ones than the 6 of the last run"
        ):
            begun(VECTORS)
    np.save("v.npy", values)
    assert begun(VECTORS).pool.samples == before


def test_it_says_which_labels_cannot_be_used(capsys):
    give_back("0.png,ant,ann", "1.png,bee,ann", "2.png,bee,ann")
    extract(begun(PROJECT))
    Path("photos/0.png").unlink()
    Path("photos/1.png").rename("photos/one.png")
    capsys.readouterr()
    begun(PROJECT)
    printed = capsys.readouterr().err
    assert "'1.png' is now 'one.png'" in printed
    assert "images are gone; their entries stay" in printed
    assert "cannot be used" not in printed  # the features are there
    begun(PROJECT)
    assert capsys.readouterr().err.endswith(
        "activepool: notice: as in the last run: images renamed (1), images gone (1)\n"
    )
    shutil.rmtree("results")
    begun(PROJECT)
    assert (
        "labels cannot be used, because their images and features are gone: 0.png" in capsys.readouterr().err
    )


def exchange(first, second):
    first, second = Path("photos", first), Path("photos", second)
    first.rename("kept")
    second.rename(first)
    Path("kept").rename(second)


def exchanged(*pairs):
    shown = ", ".join(f"'{old}' (the image of this name is now '{new}')" for old, new in pairs)
    return f"notice: photos: names with another image than before: {shown}; a label by name counts for"


def test_it_says_which_names_have_another_image_now(capsys):
    extract(begun(PROJECT))
    sample = begun(PROJECT).pool.sources["1.png"]
    exchange("0.png", "1.png")
    give_back("0.png,ant,anna")
    capsys.readouterr()
    pairs = [("0.png", "1.png"), ("1.png", "0.png")]
    for start_run in (foreseen, begun):
        assert start_run(PROJECT).entries[0].sample == sample
        assert exchanged(*pairs) in capsys.readouterr().err
    # The ledger knows one of the names by now, and an answer by it would be a mistake.
    begun(PROJECT)
    assert "as in the last run: names with another image (2)" in capsys.readouterr().err
    exchange("0.png", "1.png")
    begun(PROJECT)
    assert exchanged(pairs[1]) in capsys.readouterr().err
    begun(PROJECT)
    assert "another image" not in capsys.readouterr().err


def test_a_new_image_under_the_name_of_another_is_named(capsys):
    extract(begun(PROJECT))
    Path("photos/0.png").rename("photos/zero.png")
    take("0.png", 9)
    take("1.png", 10)  # in place of one that is gone
    begun(PROJECT)
    assert exchanged(("0.png", "zero.png")) in capsys.readouterr().err


# The ledger is the one that the project has used.


def send(standing, *rows, batch="batch01"):
    picks = tuple(Pick(standing.pool.samples[row], f"{row}.png") for row in rows)
    append(standing.project.ledger_path, Batch(batch, picks).sendings())


def started():
    """Start a project twice: a batch is out, and two of three answers are in the ledger."""
    extract(begun(PROJECT))
    send(begun(PROJECT), 0, 1)
    shutil.copytree("p.ledger.csv.kept", "old.kept")
    shutil.copy("p.ledger.csv", "old.csv")
    give_back("0.png,ant,anna", "1.png,bee,anna")
    begun(PROJECT)


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
    for look in (begun, foreseen):
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


def test_a_ledger_that_went_on_otherwise_ends_the_run():
    started()
    bring_old_back()
    sample = read("p.ledger.csv").entries[0].sample
    others = [Draft(event="skip", sample=sample, source="0.png", who=who) for who in "abc"]
    append("p.ledger.csv", others)
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
    assert len(begun(PROJECT.model_copy(update={"ledger": "q.csv"})).entries) == 5
    shutil.rmtree("results/p")
    shutil.rmtree("returned")
    assert begun(PROJECT).next_batch == "batch01"


def test_a_damaged_note_is_named():
    started()
    for content in ("[]", "{}", "no"):
        Path("results/p/pool/ledger.json").write_text(content)
        assert "results/p/pool/ledger.json: not a" in refused()


def test_a_ledger_serves_no_second_pool():
    started()
    Path("others").mkdir()
    Image.new("L", (4, 4), 99).save("others/0.png")
    other = PROJECT.model_copy(update={"project": "o", "images": "others", "ledger": "p.ledger.csv"})
    before = read("p.ledger.csv")
    with pytest.raises(
        InputError, match=r"^p\.ledger\.csv: none of its 2 samples is in others; each pool needs"
    ):
        begun(other)
    assert read("p.ledger.csv") == before


def test_images_of_another_folder_do_not_take_the_place_of_all():
    started()
    Path("others").mkdir()
    for name in ("0.png", "new.png"):
        Image.new("L", (4, 4), 99 + len(name)).save(Path("others", name))
    other = PROJECT.model_copy(update={"images": "others"})
    before = contents()
    for look in (begun, foreseen, begun):
        with pytest.raises(
            InputError,
            match=r"^others: none of its 2 images is one of the 3 of the last run, which p\.ledger",
        ):
            look(other)
        assert contents() == before
    shutil.copy("photos/2.png", "others")  # that all labelled images were moved away is no mistake
    assert begun(other).pool.is_present.sum() == 3
    assert begun(PROJECT).pool.is_present.sum() == 3


def test_it_says_what_was_put_back_into_the_ledger(capsys):
    give_back("0.png,ant,ann", "1.png,bee,ann")
    begun(PROJECT)
    ledger = Path(PROJECT.ledger_path)
    whole = ledger.read_bytes()
    ledger.write_bytes(whole[: whole.rindex(b"\n", 0, -1) + 1])
    capsys.readouterr()
    begun(PROJECT)
    assert "notice: p.ledger.csv: entry 2 was" in capsys.readouterr().err
    assert ledger.read_bytes() == whole
