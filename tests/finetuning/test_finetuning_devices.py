"""A few epochs of finetuning on any device lead where they lead on a CPU."""

import numpy as np
import pytest
import torch
from devices import TORCH_DEVICES, difference

from activepool.backbones.registry import build
from activepool.data.round_samples import Labelled
from activepool.data.samples import Part, Samples, write_samples
from activepool.finetuning.training import RoundData, finetune
from activepool.heads.settings import FinetuneSettings
from activepool.io.training_state import StateFile
from activepool.parallel.distributed import Processes

SETTINGS = FinetuneSettings(learning_rate=0.05, epochs=3, batch_size=8, augmentation="shift")


@pytest.fixture
def data(tmp_path):
    """Two classes that differ in which half of the image is bright."""
    labels = np.arange(48) % 2
    images = np.random.default_rng(0).integers(0, 60, (48, 8, 8, 1), dtype=np.uint8)
    for image, label in zip(images, labels, strict=True):
        image[4 * label : 4 * label + 4] += 150
    part = Part(labels, np.array([f"r/{row}" for row in range(48)], dtype=object), images)
    write_samples(tmp_path / "dataset.h5", Samples(part, part, ["upper", "lower"]))
    labelled, validation = (Labelled(rows, labels[rows]) for rows in (np.arange(32), np.arange(32, 48)))
    return RoundData(tmp_path / "dataset.h5", labelled, validation, num_classes=2, seed=1, round_number=1)


def finetuned(data, folder, device):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        backbone = build("small", 8, 1)
    state = StateFile(folder / device.replace(":", ""), "")
    return finetune(backbone, data, SETTINGS, state, Processes(device=device), 0)


@pytest.mark.parametrize("device", TORCH_DEVICES)
def test_losses_and_head_are_those_of_the_cpu(data, tmp_path, device):
    expected, result = (finetuned(data, tmp_path, name) for name in ("cpu", device))
    losses, expected_losses = ([row["loss"] for row in trained.history] for trained in (result, expected))
    np.testing.assert_allclose(losses, expected_losses, rtol=0.1, atol=0.02)
    assert losses[-1] < losses[0]
    assert result.validation_accuracy == pytest.approx(expected.validation_accuracy, abs=0.1)
    if result.facts["epoch"] == expected.facts["epoch"]:
        assert difference(result.head.weight, expected.head.weight) < 0.2
