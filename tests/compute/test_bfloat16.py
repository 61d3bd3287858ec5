"""Where products of bfloat16 are fast."""

import importlib.util

import pytest
import torch

from activepool.compute.bfloat16 import has_fast_bfloat16


@pytest.fixture(autouse=True)
def forget():
    has_fast_bfloat16.cache_clear()
    yield
    has_fast_bfloat16.cache_clear()


@pytest.mark.parametrize("has_tiles", [False, True])
def test_bfloat16_is_fast_on_a_processor_with_tiles(monkeypatch, has_tiles):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx2": True, "amx_bf16": has_tiles})
    assert has_fast_bfloat16() == has_tiles


def test_bfloat16_is_not_fast_without_hardware_or_build_support(monkeypatch):
    with monkeypatch.context() as patch:
        patch.delattr(torch.cpu, "get_capabilities")
        assert not has_fast_bfloat16()
    has_fast_bfloat16.cache_clear()
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert not has_fast_bfloat16()
