"""A few steps of pretraining on any device lead where they lead on a CPU."""

import numpy as np
import pandas as pd
import pytest
from devices import TORCH_DEVICES, difference
from safetensors.torch import load_file
from trainings import BACKBONE, TRAININGS

from activepool.parallel.distributed import Processes
from activepool.pretraining.training import pretrain


def pretrained(folder, dataset, settings, device):
    folder.mkdir()
    output, log = folder / "backbone.safetensors", folder / "pretrain.csv"
    pretrain(dataset, BACKBONE, settings, output, log, Processes(device=device))
    return load_file(output), pd.read_csv(log)


@pytest.mark.parametrize("name", TRAININGS)
@pytest.mark.parametrize("device", TORCH_DEVICES)
def test_losses_and_weights_are_those_of_the_cpu(tmp_path, dataset, name, device):
    """A GPU computes the network in bfloat16, with 8 bits."""
    expected, expected_log = pretrained(tmp_path / "cpu", dataset, TRAININGS[name], "cpu")
    weights, log = pretrained(tmp_path / "device", dataset, TRAININGS[name], device)
    np.testing.assert_allclose(log["loss"], expected_log["loss"], rtol=0.1)
    assert weights.keys() == expected.keys()
    for key, values in expected.items():
        if key.endswith("weight"):
            assert difference(weights[key], values) < 0.1
