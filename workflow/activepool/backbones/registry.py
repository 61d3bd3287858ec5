"""Backbones by name.

A name is one of BACKBONES, ``torchvision:NAME``, ``timm:NAME``, or a user's function ``(image_size, channels)
-> Backbone``, as ``file.py:function`` or ``module:function``. This module does not import torch, so that
checking a name is quick.
"""

import difflib
import inspect
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from activepool.errors import InputError
from activepool.plugins import import_problem, load_module

if TYPE_CHECKING:
    from activepool.backbones.backbone import Backbone

#: The backbones of activepool by name, and their functions.
BACKBONES = {
    "identity": "activepool.backbones.networks:identity",
    "resnet18": "activepool.backbones.networks:resnet18",
    "resnet50": "activepool.backbones.networks:resnet50",
    "small": "activepool.backbones.networks:small",
    "esvit_swin_tiny_window7": "activepool.backbones.timm_networks:esvit_swin_tiny_window7",
    "esvit_swin_tiny_window14": "activepool.backbones.timm_networks:esvit_swin_tiny_window14",
}

#: Libraries of networks.
LIBRARIES = ("torchvision", "timm")

#: Default side of the input, in pixels, if neither the user nor a library gives one.
DEFAULT_IMAGE_SIZE = 224


def check_name(name: str) -> None:
    """Raise InputError unless ``name`` has the form of a backbone's name; imports nothing."""
    source, _, function = name.rpartition(":")
    if name in BACKBONES or (source in LIBRARIES and function):
        return
    is_module = all(part.isidentifier() for part in source.split("."))
    if function.isidentifier() and (source.endswith(".py") or is_module):
        return
    matches = difflib.get_close_matches(name, BACKBONES, n=1)
    hint = f" (did you mean {matches[0]!r}?)" if matches else ""
    raise InputError(
        f"{name!r} is not known{hint}; it must be one of {', '.join(BACKBONES)}, or torchvision:NAME, "
        "timm:NAME, file.py:function or module:function"
    )


def may_bring_weights(name: str) -> bool:
    """Return whether a backbone may have weights without a checkpoint: a user's function may load them."""
    return name not in BACKBONES and name.rpartition(":")[0] not in LIBRARIES


def require_network(name: str) -> None:
    """Raise InputError if a library has no network ``LIBRARY:NAME``, or is not installed; imports it."""
    library, _, network = name.rpartition(":")
    if library == "torchvision":
        from activepool.backbones import torchvision_networks

        torchvision_networks.require_network_name(network)
    else:
        from activepool.backbones import timm_networks

        timm_networks.require_network_name(network)


def user_file(name: str) -> Path | None:
    """Return the file of ``file.py:function``; None for another name."""
    source = name.rpartition(":")[0]
    return Path(source) if source.endswith(".py") else None


def build(name: str, image_size: int | None, channels: int) -> "Backbone":
    """Return a backbone by its name, with random weights unless a user's function gives it others.

    ``image_size`` is the side of the square input, in pixels, by default the library's or DEFAULT_IMAGE_SIZE.
    The networks of libraries always take three channels. Raises InputError if there is no such backbone.
    """
    return next(variants(name, image_size, channels))


def variants(name: str, image_size: int | None, channels: int) -> "Iterator[Backbone]":
    """Yield the backbone of `build`, then the same with other position tables, if there are any.

    A network of timm may have a table for its original size, and interpolate it in each run, or a table for
    ``image_size``; a checkpoint fits one of these. The last variant has the table for ``image_size``.
    """
    try:
        check_name(name)
    except InputError as error:
        raise InputError(f"backbone: {error}") from None
    source, _, function = name.rpartition(":")
    # Imports by name, so that the digest of the code includes these modules.
    if source == "torchvision":
        from activepool.backbones.torchvision_networks import torchvision_backbone

        yield torchvision_backbone(function, image_size)
    elif source == "timm":
        from activepool.backbones.timm_networks import timm_backbones

        yield from timm_backbones(function, image_size)
    else:
        yield _from_function(name, image_size or DEFAULT_IMAGE_SIZE, channels)


def _from_function(name: str, image_size: int, channels: int) -> "Backbone":
    from activepool.backbones.backbone import Backbone

    function = _function(name)
    try:
        inspect.signature(function).bind(image_size, channels)
    except (TypeError, ValueError) as error:
        raise InputError(
            f"backbone: {name!r} must be a function of (image_size, channels): {error}"
        ) from error
    backbone = function(image_size, channels)
    if not isinstance(backbone, Backbone):
        raise InputError(
            f"backbone: {name!r} must return an activepool.backbones.backbone.Backbone, "
            f"not {type(backbone).__name__}"
        )
    _draw_lazy_weights(backbone)
    return backbone


def _draw_lazy_weights(backbone: "Backbone") -> None:
    """Make lazy layers draw their weights now, so that all jobs have the same weights."""
    import torch
    from torch.nn.parameter import is_lazy

    if any(map(is_lazy, backbone.network.parameters())):
        preprocessing = backbone.preprocessing
        images = torch.zeros(1, preprocessing.channels, preprocessing.image_size, preprocessing.image_size)
        was_training = backbone.training
        with torch.no_grad():
            backbone.eval()(images)
        backbone.train(was_training)


def _function(name: str) -> Callable[..., object]:
    source, _, function = BACKBONES.get(name, name).rpartition(":")
    try:
        imported: Callable[..., object] = getattr(load_module(source), function)
        return imported
    # A user's file may raise anything when it is imported.
    except Exception as error:
        raise InputError(f"backbone: {name!r} cannot be imported ({import_problem(error)})") from error
