"""Projects of vectors: starts, looks, and vectors that change or go."""

from pathlib import Path

import numpy as np
import pytest
from project_folders import give_back, look
from project_runs import begin_run

from activepool.errors import InputError
from activepool.features.store import FeatureFile, FeatureMatrix
from activepool.labelling.pool.features import copy_vectors
from activepool.labelling.pool.vectors import VectorFile, vector_samples
from planning.configuration.project import Project
from planning.project.paths import ProjectPaths
from planning.project.start import preview_run

pytestmark = pytest.mark.usefixtures("photographs")

VECTORS = Project(project="v", embeddings="v.npy", batch=2)


def copy_features(standing):
    samples = [standing.pool.samples, standing.pool.first_sources]
    Path(VECTORS.features_file).parent.mkdir(parents=True, exist_ok=True)
    copy_vectors(
        VectorFile("v.npy"), *samples, VECTORS.features_file, ProjectPaths(standing).removed_vectors or None
    )


def test_a_project_of_vectors_starts_without_photographs():
    np.save("v.npy", np.eye(4))
    vector_project = Project(project="v", embeddings="v.npy", batch=2)
    assert preview_run(vector_project).num_candidates == 4
    assert begin_run(vector_project).num_candidates == 4
    give_back("3,ant,anna")
    assert begin_run(vector_project).training_set("batch01").rows.tolist() == [3]


def test_a_look_judges_answers_by_the_vectors_that_are_there(capsys):
    values = np.random.default_rng(0).normal(size=(6, 3)).astype(np.float32)
    np.save("v.npy", values[:4])
    give_back("0,ant,anna", "3,bee,anna", name="a.csv")
    assert look(VECTORS).training_set("batch01").rows.tolist() == [0, 3]
    copy_features(begin_run(VECTORS))
    np.save("v.npy", values[1:])
    give_back("5,bee,anna", name="b.csv")
    assert "returned/b.csv:2: '5' is not in the pool" in look(VECTORS)
    sample = vector_samples(FeatureMatrix.from_array(values))
    Path("returned/b.csv").write_text(f"sample,label\n{list(sample)[5]},bee\n")
    would_be = look(VECTORS)
    run = begin_run(VECTORS)
    assert would_be.pool.samples == run.pool.samples
    assert run.labels_digest("batch01") == would_be.labels_digest("batch01")
    np.save("v.npy", values.astype(np.float16))
    assert "none of its 6 vectors is among the" in look(VECTORS)[0]


def test_a_look_says_that_vectors_have_changed(capsys):
    np.save("v.npy", np.eye(4))
    begin_run(VECTORS)
    preview_run(VECTORS)
    assert "has changed" not in capsys.readouterr().err
    np.save("v.npy", np.eye(5))
    preview_run(VECTORS)
    assert "v.npy: has changed since the last run; the next one reads it" in capsys.readouterr().err


def test_removed_vectors_stay_in_the_pool_and_keep_their_labels(capsys):
    values = np.random.default_rng(0).normal(size=(6, 3)).astype(np.float32)
    np.save("v.npy", values)
    give_back("0,ant,anna", "1,ant,anna", "4,bee,anna", name="a.csv")
    copy_features(begin_run(VECTORS))
    capsys.readouterr()
    for remaining in ([0, 2, 3, 4, 5], [0, 2, 5]):
        np.save("v.npy", values[remaining])
        standing = begin_run(VECTORS)
        copy_features(standing)
        assert standing.training_set("batch01").rows.tolist() == [0, 1, 4]
        assert standing.num_candidates == 3 - (len(remaining) == 3)
    printed = capsys.readouterr().err
    assert "vectors are gone; their entries stay" in printed
    assert "labels count as long as their features are there: of rows '1'" in printed
    assert "vectors that are in other rows now keep their labels: '4' is now '3'\n" in printed
    assert "image" not in printed
    with FeatureFile(VECTORS.features_file) as file:
        assert np.array_equal(file.train.features.take(np.arange(6)), values)
    # Without the features there is nothing to learn from; back in the file, they are what they were.
    Path("results/v/pool/removed.h5").unlink()
    Path(VECTORS.features_file).unlink()
    assert not begin_run(VECTORS).has_model("batch01")
    assert "because their vectors are gone: 1, 4; put the vectors back" in capsys.readouterr().err
    np.save("v.npy", values)
    assert begin_run(VECTORS).has_model("batch01")


@pytest.mark.parametrize("change", [lambda values: values.astype(np.float16), lambda values: values[:, :2]])
def test_other_vectors_take_the_place_of_none_that_have_labels(change, capsys):
    values = np.random.default_rng(0).normal(size=(6, 3)).astype(np.float32)
    np.save("v.npy", change(values))
    begin_run(VECTORS)
    np.save("v.npy", values)
    copy_features(begin_run(VECTORS))  # nobody has labelled the others
    give_back("1,ant,anna")
    before = begin_run(VECTORS).pool.samples
    np.save("v.npy", change(values))
    for _ in range(2):
        with pytest.raises(InputError, match=r"none of its 6 vectors is among the 6 of the last run"):
            begin_run(VECTORS)
    np.save("v.npy", values)
    assert begin_run(VECTORS).pool.samples == before
