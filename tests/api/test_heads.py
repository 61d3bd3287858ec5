"""Heads for users: trained by the library's solver, or brought along."""

import numpy as np
import pytest
from sessions import FEATURES, KNOWN, LABELLED, LABELS
from sklearn.linear_model import LogisticRegression

import activepool
from activepool.api.heads import WEIGHT_DECAY
from activepool.compute.blocks import Compute
from activepool.features.store import FeatureMatrix
from activepool.heads.labelled import LabelledRows
from activepool.heads.lbfgs import train_lbfgs
from activepool.heads.settings import LbfgsSettings

NAMES = np.array(["ant", "bee", "cat", "dog", "emu"])


def rows_of(rows):
    return LabelledRows(FeatureMatrix.of_array(FEATURES), rows, LABELS[rows])


@pytest.mark.parametrize("validation", [[], [0, 8, 2, 30, 31, 32]])
@pytest.mark.parametrize("balanced", [False, True])
def test_the_head_is_that_of_the_library(validation, balanced):
    validation = np.setdiff1d(validation, LABELLED).astype(np.int64)
    decays = {"weight_decays": WEIGHT_DECAY} if not len(validation) else {}
    settings = LbfgsSettings(class_weights=balanced, **decays)
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


def test_labels_may_be_those_of_all_rows_of_the_labelled_rows_or_names():
    expected = activepool.train_head(FEATURES, LABELS[LABELLED], labelled=LABELLED)
    for labels in (LABELS, KNOWN, NAMES[LABELS]):
        head = activepool.train_head(FEATURES, labels, labelled=LABELLED)
        assert head.weight.tobytes() == expected.weight.tobytes()


def test_it_predicts_as_scikit_learns_classifiers_do():
    head = activepool.train_head(FEATURES, NAMES[LABELS], labelled=LABELLED)
    variance = FEATURES[LABELLED].astype(float).var(axis=0).sum()
    decay = head.weight_decay * variance * len(LABELLED)
    other = LogisticRegression(C=1 / decay, tol=1e-10, solver="newton-cg").fit(
        FEATURES[LABELLED].astype(float), NAMES[LABELS[LABELLED]]
    )
    assert head.classes.tolist() == other.classes_.tolist()
    assert np.allclose(head.predict_proba(FEATURES), other.predict_proba(FEATURES), atol=1e-4)
    assert head.predict(FEATURES).tolist() == other.predict(FEATURES).tolist()


@pytest.mark.parametrize("classes", [2, 5])
def test_scikit_learns_own_head_picks_the_same(classes):
    labels = NAMES[LABELS % classes]
    fitted = LogisticRegression().fit(FEATURES[LABELLED], labels[LABELLED])
    found = activepool.select("margin", FEATURES, budget=20, labelled=LABELLED, labels=labels, head=fitted)
    ascending = np.sort(fitted.predict_proba(FEATURES), axis=1)
    margins = ascending[:, -1] - ascending[:, -2]
    margins[LABELLED] = np.inf
    assert found.tolist() == np.argsort(margins)[:20].tolist()


def test_several_blocks_of_rows():
    many = np.tile(FEATURES, (60, 1))
    head = activepool.train_head(FEATURES, LABELS)
    assert np.array_equal(head.predict(many), np.tile(head.predict(FEATURES), 60))
    assert np.allclose(head.predict_proba(many), np.tile(head.predict_proba(FEATURES), (60, 1)), atol=1e-6)
