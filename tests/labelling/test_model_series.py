"""The models of all batches: their accuracies and agreement, computed again from the names of classes."""

import h5py
import numpy as np
import pandas as pd
import pytest
from labelling.labelled_projects import Project, small_pool

import activepool
from activepool.labelling.models.predictions import PoolPredictions, read_predictions
from activepool.labelling.pool.table import read_pool
from activepool.labelling.status.accuracies import AUDIT, CROSS_VALIDATION
from activepool.labelling.status.model_series import (
    Comparison,
    ModelRow,
    Training,
    agreement,
    read_training,
)
from activepool.labelling.status.numbers import is_partial


def predictions(classes, predicted):
    probability, margin = np.full((2, len(predicted)), 0.9)
    return PoolPredictions(classes, np.array(predicted), probability, margin)


def kappa(first, second):
    """Return Cohen's κ of two lists of names."""
    size = len(first)
    agreed = sum(left == right for left, right in zip(first, second, strict=True)) / size
    chance = sum(first.count(name) * second.count(name) for name in {*first, *second}) / size**2
    return (agreed - chance) / (1 - chance)


def test_classes_are_compared_by_name():
    first = predictions(["ant", "bee"], [0, 0, 1, 1, 0, 1])
    second = predictions(["cat", "bee", "ant"], [2, 2, 1, 0, 2, 1, 0, 0])  # the pool has grown
    expected = kappa(list("aabbab"), list("aabcab"))
    assert agreement(first, second) == pytest.approx(expected, abs=1e-12)
    assert agreement(second, first) == pytest.approx(expected, abs=1e-12)
    same = predictions(["bee", "ant"], [1, 1, 0, 0, 1, 0])
    assert agreement(first, same) == 1


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """Five batches, the third with a late class, and an audit set; the pool grows in the meantime."""
    pool = small_pool(600)
    project = Project(tmp_path_factory.mktemp("series"), pool.features, pool.sources)
    late = [name if name != "dog" else "ant" for name in pool.classes]
    project.send("audit01", range(500, 540), "audit")
    project.say(range(500, 540), pool.classes[500:540], batch="audit01")
    for number in range(5):
        rows = range(30 * number, 30 * number + 30)
        project.send(f"batch{number + 1:02d}", rows)
        project.say(rows, [(late if number < 2 else pool.classes)[row] for row in rows])
        project.train(f"batch{number + 2:02d}", rows=520 if number < 2 else None)
    return project


def series_of(project, audit):
    comparison = Comparison(audit)
    files = zip(*(project.model_files(name) for name in ("training.json", "labels.csv")), strict=True)
    for (training, labels), path in zip(files, project.model_files("predictions.h5"), strict=True):
        comparison.add(read_training(training, labels), read_predictions(path))
    return comparison.series()


def names_of(path):
    with h5py.File(path) as file:
        return [file.attrs["class_names"][number] for number in file["predicted"]]


def test_each_model_is_measured_on_the_audit_set(project):
    audit = dict(zip(range(500, 540), small_pool(600).classes[500:540], strict=True))
    result = series_of(project, audit)
    assert (result.measured_on, [row.batch for row in result.models]) == (AUDIT, project.models)
    assert [row.labels for row in result.models] == [30, 60, 90, 120, 150]
    for row, path in zip(result.models, project.model_files("predictions.h5"), strict=True):
        predicted = names_of(path)
        truth = {place: label for place, label in audit.items() if place < len(predicted)}
        hits = sum(predicted[place] == label for place, label in truth.items())
        assert (row.accuracy.hits, row.accuracy.cases) == (hits, len(truth))
    assert [row.accuracy.cases for row in result.models] == [20, 20, 40, 40, 40]


def test_without_an_audit_set_accuracies_are_cross_validated(project):
    result = series_of(project, {})
    assert result.measured_on == CROSS_VALIDATION
    for row, path in zip(result.models, project.model_files("held_out.csv"), strict=True):
        table = pd.read_csv(path)
        assert row.accuracy.cases == len(table)
        assert row.accuracy.hits == (table["label"] == table["predicted"]).sum()


def test_agreement_is_that_of_the_names_on_common_rows(project):
    result = series_of(project, {}).models
    assert (result[0].agreement, result[0].compared) == (None, 0)
    paths = project.model_files("predictions.h5")
    for row, before, after in zip(result[1:], paths[:-1], paths[1:], strict=True):
        first, second = names_of(before), names_of(after)
        common = min(len(first), len(second))
        assert row.compared == common
        assert row.agreement == pytest.approx(kappa(first[:common], second[:common]), abs=1e-12)
    assert [row.compared for row in result[1:]] == [520, 520, 600, 600]


def test_the_fit_is_that_of_the_library(project):
    result = series_of(project, {})
    errors = [1 - row.accuracy.hits / row.accuracy.cases for row in result.models]
    assert result.fit == activepool.learning_curve_fit([row.labels for row in result.models], errors)


def trained(batch, labels, held_out, right, rows):
    """Return the training of a model on so many rows."""
    model = ModelRow(batch, labels, 1e-4, None, accuracy=None, compared=0, agreement=None)
    return Training(model, held_out, right, frozenset(range(rows)))


def made_series(labels, hits):
    """Return the series of models with these numbers of labels, each with 100 rows held out."""
    comparison = Comparison({})
    for number, (count, right) in enumerate(zip(labels, hits, strict=True)):
        training = trained("b", count, 100, right, number + 1)
        comparison.add(training, predictions(["ant", "bee"], [0, 1, 0, 1]))
    return comparison.series()


def test_errors_that_decline_have_a_fit_and_of_equal_numbers_of_labels_the_last_counts():
    result = made_series([50, 100, 100, 200, 400], [60, 10, 70, 78, 84])
    errors = [1 - hits / 100 for hits in (60, 70, 78, 84)]
    assert result.fit.unknown is None
    assert result.fit == activepool.learning_curve_fit([50, 100, 200, 400], errors)


def test_three_models_that_agree_have_settled():
    assert not made_series([50, 100, 150], [60, 70, 80]).is_settled
    assert made_series([50, 100, 150, 200], [60, 70, 80, 90]).is_settled


def test_a_model_without_further_labels_takes_the_place_of_the_one_before():
    comparison = Comparison({})
    first, corrected = ("batch02", 50, 100, 60, 50), predictions(["ant", "bee"], [0, 0, 1, 1])
    comparison.add(trained(*first), predictions(["ant", "bee"], [0, 1, 0, 1]))
    for batch in ("batch03", "batch04", "batch05"):
        comparison.add(trained(batch, 78, 100, 70, 78), predictions(["ant", "bee"], [0, 1, 1, 1]))
    comparison.add(trained("batch06", 77, 100, 70, 77), corrected, is_partial=True)
    result = comparison.series()
    assert [(row.batch, row.labels, row.compared, row.agreement) for row in result.models] == [
        ("batch02", 50, 0, None),
        ("batch06", 77, 4, 0.0),
    ]
    assert (result.agreements, result.is_settled, result.is_last_partial) == ([0.0], False, False)


def test_a_model_is_not_partial_because_of_photographs_that_were_removed(tmp_path):
    pool = small_pool()
    project = Project(tmp_path, pool.features, pool.sources)
    project.send("batch01", range(10))
    project.say(range(9), pool.classes[:9], batch="batch01")
    assert is_partial("batch02", project.state, read_pool(tmp_path))
    project.write_files(range(9))
    assert not is_partial("batch02", project.state, read_pool(tmp_path))


def test_a_model_that_had_only_some_answers_is_compared_with_none():
    comparison = Comparison({})
    for count in (50, 100, 150, 200):
        comparison.add(trained("b", count, 100, 60, count), predictions(["ant", "bee"], [0, 1, 0, 1]))
    last = trained("c", 201, 100, 60, 201)
    comparison.add(last, predictions(["ant", "bee"], [0, 1, 1, 1]), is_partial=True)
    result = comparison.series()
    assert (result.agreements, result.is_settled, result.is_last_partial) == ([1.0, 1.0, 1.0], True, True)
    assert (result.models[-1].agreement, result.models[-1].compared, result.models[-1].labels) == (
        None,
        0,
        201,
    )


def test_too_few_held_out_rows_have_no_accuracy():
    comparison = Comparison({})
    comparison.add(trained("b", 30, 19, 10, 30), predictions(["ant", "bee"], [0, 1]))
    comparison.add(trained("c", 31, 20, 10, 31), predictions(["ant", "bee"], [0, 1]))
    assert [row.accuracy is None for row in comparison.series().models] == [True, False]


def test_the_only_label_of_a_class_is_not_held_out(tmp_path):
    pool = small_pool()
    project = Project(tmp_path, pool.features, pool.sources)
    project.say(range(25), ["cow" if row == 7 else pool.classes[row] for row in range(25)])
    project.train("batch02")
    (training,), (labels,) = project.model_files("training.json"), project.model_files("labels.csv")
    result, table = read_training(training, labels), pd.read_csv(project.model_files("held_out.csv")[0])
    assert (result.model.labels, result.held_out) == (25, len(table))
    assert result.held_out < 25 and "cow" not in set(table["label"])
    assert result.hits == (table["label"] == table["predicted"]).sum()
