import numpy as np
import pytest
from sessions import FEATURES, LABELLED, LABELS

import activepool
from activepool.scores.pool_scorer import SCORES

NAMES = np.array(["ant", "bee", "cat", "dog", "emu"])
HEAD = activepool.train_head(FEATURES, NAMES[LABELS], labelled=LABELLED)


def test_scores_are_those_of_the_definitions():
    scores = activepool.score(FEATURES, HEAD)
    assert list(scores) == ["predicted", *SCORES]
    logits = FEATURES.astype(float) @ HEAD.weight.T.astype(float) + HEAD.bias
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    ascending = np.sort(probabilities, axis=1)
    assert scores["predicted"].tolist() == NAMES[logits.argmax(axis=1)].tolist()
    assert np.allclose(scores["confidence"], ascending[:, -1], atol=1e-5)
    assert np.allclose(scores["margin"], ascending[:, -1] - ascending[:, -2], atol=1e-5)
    assert np.allclose(scores["entropy"], -(probabilities * np.log(probabilities)).sum(axis=1), atol=1e-5)
    for row, sample in enumerate(logits):
        top = sample.argmax()
        distances = [
            (sample[top] - sample[label]) / np.linalg.norm(HEAD.weight[top] - HEAD.weight[label])
            for label in range(5)
            if label != top
        ]
        assert np.isclose(scores["boundary"][row], min(distances), atol=1e-5)


@pytest.mark.parametrize("rows", [[3, 1, 170], np.arange(len(FEATURES)) % 7 == 2])
def test_rows_are_scored_in_their_order(rows):
    everything, some = activepool.score(FEATURES, HEAD), activepool.score(FEATURES, HEAD, rows=rows)
    for name, values in some.items():
        close = np.array_equal if name == "predicted" else np.allclose
        assert close(values, everything[name][rows])


def test_one_score():
    assert list(activepool.score(FEATURES, HEAD, scores="margin")) == ["predicted", "margin"]
    assert list(activepool.score(FEATURES, HEAD, scores=["entropy", "margin"])) == [
        "predicted",
        "entropy",
        "margin",
    ]


@pytest.mark.parametrize("wrong", [3, [3], ["margin", None]])
def test_scores_must_be_names(wrong):
    with pytest.raises(activepool.InputError, match="it must be a name or several: confidence, margin"):
        activepool.score(FEATURES, HEAD, scores=wrong)


def test_a_misspelt_score_gets_the_nearest_name():
    with pytest.raises(
        activepool.InputError, match="score 'entropie' does not exist; did you mean 'entropy'"
    ):
        activepool.score(FEATURES, HEAD, scores="entropie")
