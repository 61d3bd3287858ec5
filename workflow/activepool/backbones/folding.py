"""Batch normalisation, folded into the preceding convolution: fewer passes over memory in evaluation.

The features stay the same, except for the rounding of float32.
"""

import copy
import math
from collections import Counter

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from activepool.backbones.backbone import Backbone
from activepool.backbones.execution import MEMORY_FORMAT
from activepool.compute.seeds import fixed_draws

#: The largest relative change of the features of trial images: some 50 times the usual rounding.
TOLERANCE = 2e-5

#: Random images whose features are compared.
NUM_TRIAL_IMAGES = 2


@torch.no_grad()
def fold(backbone: Backbone) -> tuple[Backbone, int]:
    """Return a backbone with its batch normalisations folded, and their number.

    The backbone is on the CPU and in evaluation mode, and does not change. A normalisation is folded if its
    input is always what one convolution returned, and nothing else. Returns the backbone itself and 0 if
    there is none, or if random images then have other features: a network may use a convolution's result
    elsewhere, too.
    """
    size, channels = backbone.preprocessing.image_size, backbone.preprocessing.channels
    images = torch.rand(NUM_TRIAL_IMAGES, channels, size, size, generator=torch.Generator().manual_seed(0))
    images = images.contiguous(memory_format=MEMORY_FORMAT)
    # A user's network may do anything; the extraction reports the errors of its own features.
    try:
        expected, pairs = _features_and_pairs(backbone, images)
        folded = _fold_pairs(backbone, pairs)
        if pairs and _is_close(_features(folded, images), expected):
            return folded, len(pairs)
    except Exception:
        pass
    return backbone, 0


def _features(backbone: Backbone, images: Tensor) -> Tensor:
    with fixed_draws(0):  # a network may draw
        features: Tensor = backbone(images)
        return features


def _features_and_pairs(backbone: Backbone, images: Tensor) -> tuple[Tensor, dict[str, str]]:
    """Return the features of images, and the names: normalisation -> the convolution that it can join."""
    names = {module: name for name, module in backbone.named_modules()}
    calls: Counter[nn.Module] = Counter()
    # The outputs are kept, so that no other tensor gets their identity.
    outputs: list[tuple[Tensor, nn.Module]] = []
    sources: dict[nn.Module, nn.Module] = {}

    def watch(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        calls[module] += 1
        if isinstance(module, nn.Conv2d):
            outputs.append((output, module))
            return
        source = next((source for tensor, source in outputs if tensor is inputs[0]), None)
        if source is not None:
            sources[module] = source

    modules = [module for module in names if isinstance(module, nn.Conv2d) or type(module) is nn.BatchNorm2d]
    hooks = [module.register_forward_hook(watch) for module in modules]
    try:
        features = _features(backbone, images)
    finally:
        for hook in hooks:
            hook.remove()
    single_calls = {module for module, count in calls.items() if count == 1}
    pairs = {names[norm]: names[source] for norm, source in sources.items() if {norm, source} <= single_calls}
    uses = Counter(pairs.values())
    return features, {norm: source for norm, source in pairs.items() if uses[source] == 1}


def _fold_pairs(backbone: Backbone, pairs: dict[str, str]) -> Backbone:
    """Return a copy in which the normalisations are parts of their convolutions."""
    folded = copy.deepcopy(backbone)
    for norm, source in pairs.items():
        convolution, normalisation = folded.get_submodule(source), folded.get_submodule(norm)
        assert isinstance(convolution, nn.Conv2d) and isinstance(normalisation, nn.BatchNorm2d)
        folded.set_submodule(source, fuse_conv_bn_eval(convolution, normalisation))
        folded.set_submodule(norm, nn.Identity())
    return folded


def _is_close(features: Tensor, expected: Tensor) -> bool:
    if features.shape != expected.shape:
        return False
    change, size = float((features - expected).norm()), float(expected.norm())
    return math.isfinite(size) and change <= TOLERANCE * size
