"""Heads for users: trained by the library's solver, or brought along."""

import numpy as np
import pytest
import torch
from sessions import FEATURES, HEAD, KNOWN_LABELS, LABELLED, LABELS
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.metrics import get_scorer, log_loss
from sklearn.svm import LinearSVC

import activepool
from activepool.compute.blocks import Compute
from activepool.evaluation.calibration import fit_temperature
from activepool.features.store import FeatureMatrix
from activepool.heads.cross_validation import cross_validate
from activepool.heads.labelled import LabelledRows
from activepool.heads.lbfgs import train_lbfgs
from activepool.heads.settings import LbfgsSettings

NAMES = np.array(["ant", "bee", "cat", "dog", "emu"])


def rows_of(rows):
    return LabelledRows(FeatureMatrix.from_array(FEATURES), rows, LABELS[rows])


@pytest.mark.parametrize("validation", [[], [0, 8, 2, 30, 31, 32]])
@pytest.mark.parametrize("balanced", [False, True])
def test_the_head_is_that_of_the_library(validation, balanced):
    validation = np.setdiff1d(validation, LABELLED).astype(np.int64)
    settings = LbfgsSettings(class_weights=balanced)
    if not len(validation):
        tested = cross_validate(rows_of(LABELLED), 5, settings, 0, Compute())
        settings = LbfgsSettings(class_weights=balanced, weight_decays=tested.weight_decay)
    expected = train_lbfgs(rows_of(LABELLED), rows_of(validation), 5, settings, Compute())
    head = activepool.train_head(
        FEATURES,
        LABELS,
        labelled=LABELLED,
        validation=validation,
        class_weight="balanced" if balanced else None,
    )
    assert head.weight.tobytes() == expected.head.weight.tobytes()
    assert head.bias.tobytes() == expected.head.bias.tobytes()
    assert head.weight_decay == expected.facts["weight_decay"]
    assert head.validation_accuracy == (expected.validation_accuracy if len(validation) else None)


def test_cross_validation_chooses_and_calibrates_where_no_row_is_held_out():
    labelled = np.arange(120)
    head = activepool.train_head(FEATURES, LABELS, labelled=labelled, seed=3)
    expected = cross_validate(rows_of(labelled), 5, LbfgsSettings(), 3, Compute())
    assert (head.weight_decay, expected.fixed) == (expected.weight_decay, None)
    assert head.cross_validation.logits.tobytes() == expected.logits.tobytes()
    assert head.temperature == fit_temperature(expected.logits, expected.labels).value != 1
    assert head.uncalibrated is None
    rows = np.arange(120, 173)
    logits = FEATURES[rows].astype(float) @ head.weight.T.astype(float) + head.bias
    for temperature, calibrated in [(1, False), (head.temperature, True)]:
        exponentials = np.exp(logits / temperature)
        probabilities = head.predict_proba(FEATURES[rows], calibrated=calibrated)
        assert np.allclose(probabilities, exponentials / exponentials.sum(axis=1, keepdims=True), atol=1e-5)


def test_validation_rows_calibrate_as_well():
    labelled, validation = np.arange(60), np.arange(60, 173)
    head = activepool.train_head(FEATURES, LABELS, labelled=labelled, validation=validation)
    logits = FEATURES[validation].astype(float) @ head.weight.T.astype(float) + head.bias
    assert head.temperature == fit_temperature(logits, LABELS[validation]).value != 1
    assert head.cross_validation is None and head.uncalibrated is None


def test_with_a_given_weight_decay_nothing_is_held_out():
    head = activepool.train_head(FEATURES, LABELS, weight_decay=1e-3)
    assert (head.weight_decay, head.temperature, head.cross_validation) == (1e-3, 1.0, None)
    assert head.uncalibrated == "one weight decay is given, and no row was held out"
    assert activepool.train_head(FEATURES, LABELS, weight_decay=[1e-1, 1e-3]).weight_decay in (1e-1, 1e-3)


def test_labels_may_be_those_of_all_rows_of_the_labelled_rows_or_names():
    expected = activepool.train_head(FEATURES, LABELS[LABELLED], labelled=LABELLED)
    for labels in (LABELS, KNOWN_LABELS, NAMES[LABELS]):
        head = activepool.train_head(FEATURES, labels, labelled=LABELLED)
        assert head.weight.tobytes() == expected.weight.tobytes()


def test_it_predicts_as_scikit_learns_classifiers_do():
    head = activepool.train_head(FEATURES, NAMES[LABELS], labelled=LABELLED)
    variance = FEATURES[LABELLED].astype(float).var(axis=0).sum()
    decay = head.weight_decay * variance * len(LABELLED)
    reference = LogisticRegression(C=1 / decay, tol=1e-10, solver="newton-cg").fit(
        FEATURES[LABELLED].astype(float), NAMES[LABELS[LABELLED]]
    )
    assert head.classes.tolist() == reference.classes_.tolist()
    assert np.allclose(head.predict_proba(FEATURES), reference.predict_proba(FEATURES), atol=1e-4)
    assert head.predict(FEATURES).tolist() == reference.predict(FEATURES).tolist()


@pytest.mark.parametrize("classes", [2, 5])
def test_scikit_learns_own_head_picks_the_same(classes):
    labels = NAMES[LABELS % classes]
    fitted = LogisticRegression().fit(FEATURES[LABELLED], labels[LABELLED])
    selection = activepool.select(
        "margin", FEATURES, budget=20, labelled=LABELLED, labels=labels, head=fitted
    )
    ascending = np.sort(fitted.predict_proba(FEATURES), axis=1)
    margins = ascending[:, -1] - ascending[:, -2]
    margins[LABELLED] = np.inf
    assert selection.tolist() == np.argsort(margins)[:20].tolist()


@pytest.mark.parametrize("classes", [2, 5])
@pytest.mark.parametrize("model", [RidgeClassifier(), LinearSVC(fit_intercept=False)])
def test_linear_models_of_all_shapes_predict_as_in_scikit_learn(model, classes):
    fitted = model.fit(FEATURES, NAMES[LABELS % classes])
    assert activepool.score(FEATURES, fitted)["predicted"].tolist() == fitted.predict(FEATURES).tolist()


@pytest.mark.parametrize("bias", [True, False])
def test_a_layer_of_torch_is_a_head(bias):
    layer = torch.nn.Linear(FEATURES.shape[1], 5, bias=bias)
    expected = layer(torch.tensor(FEATURES, dtype=torch.float32)).argmax(dim=1)
    assert activepool.score(FEATURES, layer)["predicted"].tolist() == expected.tolist()


def test_a_head_can_be_made_of_arrays_again():
    head = activepool.train_head(FEATURES, NAMES[LABELS], labelled=LABELLED)
    again = activepool.Head(head.weight.tolist(), head.bias.tolist(), head.classes.tolist())
    assert again.predict_proba(FEATURES).tobytes() == head.predict_proba(FEATURES).tobytes()
    assert activepool.Head(*HEAD, range(5)).predict(FEATURES).dtype.kind == "i"


def test_scikit_learns_scorers_accept_a_head():
    head = activepool.train_head(FEATURES, NAMES[LABELS], labelled=LABELLED)
    right = head.predict(FEATURES) == NAMES[LABELS]
    assert get_scorer("accuracy")(head, FEATURES, NAMES[LABELS]) == right.mean()
    loss = log_loss(LABELS, head.predict_proba(FEATURES))
    assert get_scorer("neg_log_loss")(head, FEATURES, NAMES[LABELS]) == pytest.approx(-loss)


def test_several_blocks_of_rows():
    many = np.tile(FEATURES, (60, 1))
    head = activepool.train_head(FEATURES, LABELS)
    assert np.array_equal(head.predict(many), np.tile(head.predict(FEATURES), 60))
    assert np.allclose(head.predict_proba(many), np.tile(head.predict_proba(FEATURES), (60, 1)), atol=1e-6)


def test_prediction_refuses_a_feature_that_is_not_a_number():
    features = FEATURES.copy()
    features[100, 3] = np.nan
    head = activepool.train_head(FEATURES, LABELS, weight_decay=1e-4)
    for predict in (head.predict, head.predict_proba):
        with pytest.raises(activepool.InputError, match="features: row 100 has values that are not finite"):
            predict(features)


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        ((HEAD[0], HEAD[1][:2], range(5)), r"head: weight \(5, 6\) and bias \(2,\) must be \(classes, width"),
        ((*HEAD, ["ant", "bee"]), r"head has weights for 5 classes, and its classes are \['ant', 'bee'\]$"),
    ],
)
def test_arrays_of_a_head_that_do_not_fit_together(arrays, words):
    with pytest.raises(activepool.InputError, match=f"^{words}"):
        activepool.Head(*arrays)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("scale", [1e150, 1e300])
def test_features_so_large_that_a_head_vanishes_in_float32_are_a_mistake(scale):
    words = "^features: the largest weight for them, .*, vanishes in float32; scale them down$"
    with pytest.raises(activepool.InputError, match=words):
        activepool.train_head(scale * FEATURES.astype(float), LABELS, labelled=LABELLED, weight_decay=1e-4)


def test_features_so_small_that_a_head_does_not_fit_float32_are_a_mistake():
    with pytest.raises(
        activepool.InputError, match=r"^features: a weight of .* does not fit float32; scale them up$"
    ):
        activepool.train_head(
            2.0**-200 * FEATURES.astype(float), LABELS, labelled=LABELLED, weight_decay=1e-4
        )
