"""Heads trained on any device are those of a CPU."""

import numpy as np
import pytest
from devices import TORCH_DEVICES, difference

from activepool.compute.blocks import Compute
from activepool.heads import lbfgs
from activepool.heads.labelled import LabelledRows
from activepool.heads.lbfgs import train_lbfgs
from activepool.heads.predictions import predict
from activepool.heads.settings import LbfgsSettings, SgdSettings
from activepool.heads.sgd import train_sgd

CLASSES = 5


def rows(samples, seed):
    random = np.random.default_rng(seed)
    labels = np.arange(samples) % CLASSES
    features = 2 * np.eye(CLASSES, 12)[labels] + random.normal(size=(samples, 12))
    return LabelledRows.from_arrays(features.astype(np.float32), labels)


LABELLED, VALIDATION = rows(400, 0), rows(200, 1)


@pytest.mark.parametrize("exact_size", [None, 0], ids=["float64", "float32"])
@pytest.mark.parametrize("device", TORCH_DEVICES)
def test_lbfgs(device, exact_size, monkeypatch):
    """The problem is solved as a small one in float64, and as a large one."""
    if exact_size is not None:
        monkeypatch.setattr(lbfgs, "EXACT_SIZE", exact_size)

    def trained(compute):
        return train_lbfgs(LABELLED, VALIDATION, CLASSES, LbfgsSettings(), compute)

    expected, result = trained(Compute()), trained(Compute(device, 2))
    assert difference(result.head.weight, expected.head.weight) < 1e-3
    assert difference(result.head.bias, expected.head.bias) < 1e-3
    on_device, on_cpu = (
        predict(result.head, VALIDATION, Compute(device, 2)),
        predict(expected.head, VALIDATION, Compute()),
    )
    assert on_device.accuracy == pytest.approx(on_cpu.accuracy, abs=0.01)


@pytest.mark.parametrize("device", TORCH_DEVICES)
def test_sgd(device):
    settings = SgdSettings(epochs=5, batch_size=32, learning_rate=0.5)
    expected, result = (
        train_sgd(LABELLED, VALIDATION, CLASSES, settings, 0, 1, Compute(name)) for name in ("cpu", device)
    )
    assert difference(result.head.weight, expected.head.weight) < 1e-3
