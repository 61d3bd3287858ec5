"""The setting ``precision``: a CPU computes the network in bfloat16, as a GPU does."""

import pandas as pd
import pytest
import torch
from safetensors.torch import load_file
from trainings import BACKBONE, IN_FLOAT32, TRAININGS

from activepool.parallel.distributed import Processes
from activepool.pretraining.training import METHODS, _initial_method, pretrain


def in_bfloat16(settings):
    return settings.model_copy(update={"precision": "bfloat16"})


@pytest.mark.parametrize("name", IN_FLOAT32)
def test_a_training_leads_near_to_that_in_float32(tmp_path, dataset, name):
    weights, losses = [], []
    for number, settings in enumerate([TRAININGS[name], in_bfloat16(TRAININGS[name])]):
        output, log = tmp_path / f"{number}.safetensors", tmp_path / f"{number}.csv"
        pretrain(dataset, BACKBONE, settings, output, log)
        weights.append(load_file(output))
        losses.append(pd.read_csv(log)["loss"])
    assert losses[1].to_list() == pytest.approx(losses[0].to_list(), rel=0.1)
    assert any((weights[1][key] != value).any() for key, value in weights[0].items())


@pytest.mark.parametrize("precision", [None, "bfloat16"])
@pytest.mark.parametrize("method", METHODS)
def test_the_network_computes_in_it_and_gives_float32(method, precision):
    name = next(name for name, settings in TRAININGS.items() if settings.method == method)
    settings = TRAININGS[name].model_copy(update={"precision": precision})
    encoder = _initial_method(BACKBONE, 3, settings, Processes()).encoder
    types = []
    for layer in encoder.modules():
        if isinstance(layer, torch.nn.Conv2d | torch.nn.Linear):
            layer.register_forward_hook(lambda layer, inputs, result: types.append(result.dtype))
    assert encoder(torch.rand(8, 3, BACKBONE.image_size, BACKBONE.image_size)).dtype == torch.float32
    assert set(types) == {torch.bfloat16 if precision else torch.float32}
