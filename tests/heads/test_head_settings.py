"""What a configuration's ``head`` may say."""

import pytest

from activepool.errors import InputError
from activepool.heads.settings import LbfgsSettings, SgdSettings, head_settings


def test_defaults_are_the_papers():
    settings = head_settings({"solver": "sgd"})
    assert settings == SgdSettings(
        learning_rate=15,
        momentum=0.9,
        weight_decay=1e-4,
        batch_size=128,
        step_size=20,
        gamma=0.1,
        epochs=60,
        patience=30,
    )
    assert settings.schedule == "step"
    assert not settings.class_weights


def test_one_weight_decay_or_several():
    assert head_settings({"solver": "lbfgs", "weight_decays": 0.01}) == LbfgsSettings(weight_decays=0.01)
    assert head_settings({"solver": "lbfgs", "weight_decays": [0.1, 1]}).weight_decays == (0.1, 1.0)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({}, "head.solver: None is not known; it must be sgd or lbfgs"),
        ({"solver": "adam"}, "head.solver: 'adam' is not known"),
        (
            {"solver": "sgd", "learn_rate": 3},
            "head: learn_rate: .*solver sgd knows: class_weights, learning_rate",
        ),
        ({"solver": "sgd", "momentum": 1}, "head: momentum: Input should be less than 1"),
        ({"solver": "sgd", "epochs": 0, "batch_size": 2.5}, "batch_size: .*; epochs: "),
        ({"solver": "sgd", "schedule": "linear"}, "schedule: Input should be 'step' or 'cosine'"),
        ({"solver": "lbfgs", "weight_decays": []}, "weight_decays"),
        ({"solver": "lbfgs", "weight_decays": [0.0]}, "weight_decays: Input should be greater than 0"),
        ({"solver": "lbfgs", "epochs": 3}, "epochs: .*solver lbfgs knows: class_weights, weight_decays"),
    ],
)
def test_what_is_wrong_is_named(content, words):
    with pytest.raises(InputError, match=words) as caught:
        head_settings(content)
    assert "\n" not in str(caught.value)
