"""Vectors in files of all forms, and the names of their rows, in a labelling project."""

import json
from pathlib import Path

import numpy as np
import pytest
from array_forms import FORMS, save
from project_runs import begin_run

from activepool.errors import InputError
from activepool.features.store import FeatureFile
from activepool.labelling.pool.features import copy_vectors
from activepool.labelling.pool.vectors import VectorFile
from activepool.ledger.messages import WrongCellError
from planning.configuration.project import Project
from planning.project.pool import updated_pool
from planning.project.start import preview_run

ROWS = 9001


@pytest.fixture(autouse=True)
def in_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def values(rows=ROWS, seed=0):
    return np.random.default_rng(seed).normal(size=(rows, 3)).astype("float32")


def names(rows=ROWS):
    return [f"photos/{row:05d}.jpg" for row in range(rows)]


def project(**embeddings):
    return Project(project="v", embeddings=embeddings, batch=2)


@pytest.mark.parametrize("form", FORMS)
def test_the_pool_of_a_file_of_each_form(form):
    path = save(Path(form), values(), sources=names())
    pool = updated_pool(Project(project="v", embeddings=str(path), batch=2))
    assert pool.row_sources == names()
    rows = np.random.default_rng(1).permutation(ROWS)
    samples = [pool.samples[row] for row in rows]
    copy_vectors(VectorFile(path), samples, ["" for _ in rows], "features.h5")
    with FeatureFile("features.h5") as file:
        np.testing.assert_array_equal(file.train.features.take(np.arange(ROWS)), values()[rows])


@pytest.mark.parametrize("form", FORMS)
def test_arrays_of_other_names(form):
    path = save(Path(form), values(20), sources=names(20), names=("x", "y", "z"))
    array = {} if form == "columns.parquet" else {"array": "x"}
    assert updated_pool(project(path=str(path), source_array="z", **array)).row_sources == names(20)


def test_without_names_the_sources_are_rows():
    path = save(Path("list.parquet"), values(20))
    assert updated_pool(project(path=str(path))).row_sources == [str(row) for row in range(20)]


def test_answers_name_rows_by_their_names():
    save(Path("v.npz"), values(20), sources=names(20))
    vector_project = project(path="v.npz")
    assert preview_run(vector_project).num_candidates == 20
    assert not Path("results").exists()
    begin_run(vector_project)
    Path("returned").mkdir(exist_ok=True)
    Path("returned/a.csv").write_text("source,label,annotator\nphotos/00007.jpg,ant,anna\n")
    assert begin_run(vector_project).training_set("batch01").rows.tolist() == [7]
    samples = begin_run(vector_project).pool.names([], None)
    assert samples.by_name("00003.jpg", may_lack_folders=True)[0] == begin_run(vector_project).pool.samples[3]
    with pytest.raises(WrongCellError):
        samples.by_row("20")


def test_a_number_alone_names_no_row_that_has_a_name():
    save(Path("v.npz"), values(20), sources=names(20))
    begin_run(project(path="v.npz"))
    Path("returned").mkdir(exist_ok=True)
    Path("returned/a.csv").write_text("index,label,annotator\n7,ant,anna\n")
    with pytest.raises(
        InputError, match=r"a.csv:2: gives only a row number, and the vectors have names; give 'source'"
    ):
        begin_run(project(path="v.npz"))


def test_answers_taken_in_by_number_stay_so_when_the_vectors_get_names(capsys):
    save(Path("v.npz"), values(20))
    sent = begin_run(project(path="v.npz"))
    Path("returned").mkdir(exist_ok=True)
    Path("returned/a.csv").write_text("index,label,who\n7,ant,anna\n3,?,anna\n")
    labels = begin_run(project(path="v.npz")).state.training_labels
    assert list(labels) == [sent.pool.samples[7]]
    save(Path("v.npz"), values(20)[::-1], sources=names(20)[::-1])
    for _ in range(2):
        assert begin_run(project(path="v.npz")).state.training_labels == labels
    Path("returned/a.csv").write_text("index,label,who\n7,ant,anna\n3,ant,anna\n7,ant,ben\n8,ant,anna\n")
    with pytest.raises(InputError) as caught:
        begin_run(project(path="v.npz"))
    places = [line.partition(": ")[0] for line in caught.value.args[:-1]]
    assert places == [f"returned/a.csv:{line}" for line in (3, 4, 5)]


def test_a_number_that_is_the_name_of_a_vector_now_recognises_no_answer():
    save(Path("v.npz"), values(20))
    begin_run(project(path="v.npz"))
    Path("returned").mkdir(exist_ok=True)
    Path("returned/a.csv").write_text("index,label,who\n7,ant,anna\n")
    begin_run(project(path="v.npz"))
    save(Path("v.npz"), values(20), sources=[str(19 - row) for row in range(20)])
    with pytest.raises(InputError, match=r"a.csv:2: gives only a row number, and the vectors have names"):
        begin_run(project(path="v.npz"))


def test_another_array_of_the_same_file_is_read(capsys):
    np.savez("v.npz", x=values(20), y=values(20, seed=1), a=names(20), b=[f"b{row}" for row in range(20)])
    first = updated_pool(project(path="v.npz", array="x", source_array="a"))
    assert updated_pool(project(path="v.npz", array="x", source_array="a")) == first
    assert updated_pool(project(path="v.npz", array="x", source_array="b")).row_sources[3] == "b3"
    other_pool = updated_pool(project(path="v.npz", array="y", source_array="a"))
    assert set(other_pool.sources.values()).isdisjoint(first.samples)


def test_what_a_project_does_not_read_is_named(capsys):
    save(Path("v.npz"), values(20), np.arange(20), class_names=["a", "b"])
    updated_pool(project(path="v.npz"))
    assert "v.npz: has `labels` and `class_names`, which a project does not read" in capsys.readouterr().err


def test_the_test_part_of_a_file_is_named(capsys):
    labels = np.arange(20) % 2
    parts = {
        f"{name}_{what}": values(20) if what == "features" else labels
        for name in ("train", "test")
        for what in ("features", "labels")
    }
    np.savez("v.npz", **parts)
    updated_pool(project(path="v.npz"))
    message = "v.npz: has `test_features` and `train_labels` and `test_labels`, which a project does not read"
    assert message in capsys.readouterr().err


def test_vectors_that_moved_and_went_away(capsys):
    save(Path("v.npz"), values(20), sources=names(20))
    vector_project = project(path="v.npz")
    begin_run(vector_project)
    Path("returned").mkdir(exist_ok=True)
    rows = "".join(f"photos/{row:05d}.jpg,ant,anna\n" for row in (0, 1))
    Path("returned/a.csv").write_text(f"source,label,annotator\n{rows}")
    standing = begin_run(vector_project)
    Path("results/v/pool").mkdir(exist_ok=True)
    capsys.readouterr()
    save(Path("v.npz"), values(20)[1:], sources=["new.jpg", *names(20)[2:]])
    begin_run(vector_project)
    printed = capsys.readouterr().err
    assert (
        "vectors that have other names now keep their labels: 'photos/00001.jpg' is now 'new.jpg'" in printed
    )
    assert "as their features are there: 'photos/00000.jpg'" in printed
    assert standing.pool.samples[1] == begin_run(vector_project).pool.sources["new.jpg"]


def test_vectors_whose_names_were_exchanged(capsys):
    save(Path("v.npz"), values(20), sources=list("abcdefghijklmnopqrst"))
    vector_project = project(path="v.npz")
    begin_run(vector_project)
    Path("returned").mkdir(exist_ok=True)
    Path("returned/a.csv").write_text("source,label\na,ant\nb,bee\n")
    labels = begin_run(vector_project).state.training_labels
    save(Path("v.npz"), values(20), sources=list("badcefghijklmnopqrst"))
    capsys.readouterr()
    assert begin_run(vector_project).state.training_labels == labels
    printed = capsys.readouterr().err
    assert "vectors that have other names now keep their labels: 'a' is now 'b', 'b' is now 'a'\n" in printed
    exchanged = "'c' (the vector of this name is now 'd'), 'd' (the vector of this name is now 'c')"
    assert f"v.npz: names with another vector than before: {exchanged}; a label by name counts for" in printed


@pytest.mark.parametrize(
    ("sources", "words"),
    [
        (
            ["a", "b", "a"],
            r"v.npz: sources: several rows have the same name \(a\); each row needs a name of its",
        ),
        (["a", "b"], r"sources: is text of shape \(2,\); it must be names of shape \(3,\), or absent"),
        (["a", "", "b"], "sources: row 1 has no name"),
    ],
)
def test_names_that_cannot_be_used(sources, words):
    np.savez("v.npz", features=values(3), sources=sources)
    for _ in range(2):  # nothing is noted of them
        with pytest.raises(InputError, match=words):
            updated_pool(project(path="v.npz"))


MISFITS = (
    "v.npz: sources: the name ' a' begins or ends with a blank; rename the row",
    r"v.npz: sources: the name 'b\tc' has a line break or another control character; rename the row",
)


@pytest.mark.parametrize("begin", [begin_run, preview_run])
@pytest.mark.parametrize("has_run", [False, True])
def test_all_names_that_the_ledger_cannot_hold_are_named(begin, has_run):
    if has_run:
        np.savez("v.npz", features=values(2), sources=["d", "e"])
        begin_run(project(path="v.npz"))
    np.savez("v.npz", features=values(3), sources=[" a", "b\tc", "d e"])
    with pytest.raises(InputError) as caught:
        begin(project(path="v.npz"))
    assert caught.value.args == MISFITS


@pytest.mark.parametrize("begin", [begin_run, preview_run])
def test_names_that_an_earlier_version_took_in_are_named(begin, monkeypatch):
    np.savez("v.npz", features=values(3), sources=[" a", "b", "c"])
    with monkeypatch.context() as patch:
        patch.setattr("activepool.labelling.pool.vectors.require_ledger_names", lambda *_: None)
        begin_run(project(path="v.npz"))
    with pytest.raises(
        InputError, match=r"^v\.npz: the name ' a' begins or ends with a blank; rename the row$"
    ):
        begin(project(path="v.npz"))


def test_the_note_of_vectors_without_other_names_is_what_it_was():
    np.save("v.npy", values(5))
    updated_pool(project(path="v.npy"))
    assert list(json.loads(Path("results/v/pool/vectors.json").read_text())) == ["sha256"]
