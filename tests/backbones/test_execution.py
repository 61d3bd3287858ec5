"""Torch as backbones run on it: its settings, and the same bits."""

import subprocess
import sys

import pytest
import torch

from activepool.backbones.execution import reproducible
from activepool.backbones.registry import build


def settings():
    return (
        torch.get_num_threads(),
        torch.are_deterministic_algorithms_enabled(),
        torch.is_deterministic_algorithms_warn_only_enabled(),
        torch.utils.deterministic.fill_uninitialized_memory,
    )


def test_the_settings_of_torch_come_back_also_after_an_error():
    before = settings()
    with pytest.raises(ZeroDivisionError), reproducible(1):
        assert settings() == (1, True, True, False)
        raise ZeroDivisionError
    assert settings() == before


def test_torch_compile_is_deterministic_and_only_imported_where_it_is_used():
    program = (
        "import sys; from activepool.backbones.execution import reproducible\n"
        "with reproducible(1): print('torch._inductor' in sys.modules)\n"
        "import torch._inductor.config; print(torch._inductor.config.deterministic)"
    )
    printed = subprocess.check_output([sys.executable, "-c", program], text=True)
    assert printed.split() == ["False", "True"]


def test_memory_that_is_not_filled_first_changes_no_bit(monkeypatch):
    torch.manual_seed(0)
    backbone, images = build("small", 16, 3), torch.rand(4, 3, 16, 16)

    def weights_after_a_step(filled):
        torch.manual_seed(0)
        backbone.zero_grad()
        monkeypatch.setattr(torch.utils.deterministic, "fill_uninitialized_memory", filled)
        features = backbone(images)
        features.square().sum().backward()
        return [features.detach(), *(weights.grad for weights in backbone.parameters())]

    with reproducible(1):
        filled, unfilled = weights_after_a_step(True), weights_after_a_step(False)
    assert all(map(torch.equal, filled, unfilled))
