"""Predictions for a whole pool, against their definition."""

from fractions import Fraction
from pathlib import Path

import h5py
import numpy as np
import pytest
from labelling.labelled_pools import CLASSES, pool_features, trained_pool, write_features

from activepool.api.heads import Head
from activepool.compute.blocks import READ_ROWS, Compute
from activepool.errors import InputError
from activepool.features.store import FeatureMatrix
from activepool.labelling.models.named_head import read_facts, read_named_head
from activepool.labelling.models.predictions import predict_pool, read_predictions
from activepool.stages.predict import predict


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def head_of(weight, bias, temperature=1.0):
    weight = np.array(weight, dtype=np.float32)
    names = np.array([f"class {number}" for number in range(len(weight))])
    return Head(weight, np.array(bias, dtype=np.float32), names, temperature=temperature)


@pytest.mark.parametrize("rows", [1, READ_ROWS - 1, READ_ROWS, 2 * READ_ROWS + 7])
def test_class_probability_and_margin_are_those_of_the_definition(rows):
    features, _ = trained_pool(labels=90, rows=max(rows, 90))
    head = read_named_head("head.h5", read_facts("training.json"), features.shape[1])
    features = features[:rows]
    predictions = predict_pool(FeatureMatrix.from_array(features), head, Compute())
    assert head.temperature != 1
    for row, values in enumerate(features.astype(float)):
        logits = [
            float(sum(Fraction(float(x)) * Fraction(float(w)) for x, w in zip(values, weight, strict=True)))
            + float(bias)
            for weight, bias in zip(head.weight, head.bias, strict=True)
        ]
        powers = [np.exp((logit - max(logits)) / head.temperature) for logit in logits]
        chances = sorted((power / sum(powers) for power in powers), reverse=True)
        assert predictions.predicted[row] == logits.index(max(logits))
        assert predictions.probability[row] == pytest.approx(chances[0], abs=1e-6)
        assert predictions.margin[row] == pytest.approx(chances[0] - chances[1], abs=1e-6)
    types = [column.dtype for column in (predictions.predicted, predictions.probability, predictions.margin)]
    assert types == [np.int32, np.float32, np.float32]


def test_the_stage_writes_a_row_for_each_row_of_the_features():
    features, truth = trained_pool()
    predictions = read_predictions("predictions.h5")
    head = read_named_head("head.h5", read_facts("training.json"), features.shape[1])
    assert predictions.class_names == CLASSES
    assert (
        predictions.predicted.tolist()
        == predict_pool(FeatureMatrix.from_array(features), head, Compute()).predicted.tolist()
    )
    assert (predictions.predicted == truth).mean() > 0.8


def test_equal_logits_are_the_first_class_with_no_margin():
    head = head_of([[0.1, 0.2], [0.3, 0.1], [0.3, 0.1]], [0, 0, 0], temperature=0.7)
    predictions = predict_pool(
        FeatureMatrix.from_array(np.array([[1, 0], [0, 1], [0, 0]], np.float32)), head, Compute()
    )
    assert predictions.predicted.tolist() == [1, 0, 0]
    assert predictions.margin[0] == predictions.margin[2] == 0
    assert predictions.probability[2] == np.float32(1 / 3)


def test_logits_of_any_size_give_probabilities():
    head = head_of([[3e4], [-3e4]], [0, 0], temperature=0.01)
    predictions = predict_pool(
        FeatureMatrix.from_array(np.array([[6e4], [-6e4]], np.float32)), head, Compute()
    )
    assert predictions.predicted.tolist() == [0, 1]
    assert predictions.probability.tolist() == predictions.margin.tolist() == [1, 1]


@pytest.mark.parametrize("workers", [2, 3])
def test_the_number_of_workers_changes_no_bit(workers):
    trained_pool(rows=5 * READ_ROWS + 1)
    predict("features.h5", "head.h5", "training.json", "again.h5", compute=Compute(workers=workers))
    assert Path("again.h5").read_bytes() == Path("predictions.h5").read_bytes()


def test_a_pool_that_grew_keeps_its_predictions():
    features, _ = trained_pool()
    before = read_predictions("predictions.h5")
    write_features(np.concatenate([features, pool_features(300, seed=8)[0]]))
    predict("features.h5", "head.h5", "training.json", "predictions.h5")
    after = read_predictions("predictions.h5")
    assert len(after.predicted) == len(features) + 300
    for name in ("predicted", "probability", "margin"):
        assert getattr(after, name)[: len(features)].tobytes() == getattr(before, name).tobytes()


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_feature_that_is_not_finite_is_named(value, recwarn):
    features = np.ones((700, 2), dtype=np.float32)
    features[600, 1] = value
    with pytest.raises(InputError, match="row 600 has values that are not finite"):
        predict_pool(FeatureMatrix.from_array(features), head_of(np.eye(2), [0, 0]), Compute())
    assert not recwarn.list


def test_other_files_are_refused():
    trained_pool()
    with pytest.raises(InputError, match="dataset 'predicted' is missing"):
        read_predictions("head.h5")
    with h5py.File("predictions.h5", "a") as file:
        file["predicted"][5] = 4
    with pytest.raises(InputError, match="predicts classes beyond its 4 class_names"):
        read_predictions("predictions.h5")
    with h5py.File("head.h5", "a") as file:
        file.attrs["class_names"] = CLASSES[:3]
    with pytest.raises(InputError, match="has 3 class_names for 4 classes"):
        predict("features.h5", "head.h5", "training.json", "predictions.h5")
    Path("training.json").write_text("{}")
    with pytest.raises(InputError, match="not what train_labelled writes"):
        predict("features.h5", "head.h5", "training.json", "predictions.h5")
