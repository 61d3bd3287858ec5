"""Backbones by name.

A backbone is a function ``(image_size, channels) -> Backbone``, named here or by a user as
``module:function``. This module does not import torch: names can be checked in an instant.
"""

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING

from activepool.errors import InputError

if TYPE_CHECKING:
    from activepool.backbones.backbone import Backbone

#: The backbones that come with activepool, by name: where the function is.
BACKBONES = {
    "identity": "activepool.backbones.networks:identity",
    "resnet18": "activepool.backbones.networks:resnet18",
    "resnet50": "activepool.backbones.networks:resnet50",
    "small": "activepool.backbones.networks:small",
}


def build(name: str, image_size: int, channels: int) -> "Backbone":
    """Make a backbone, with the weights that its function gives it (random ones, for those named here).

    Args:
        name: a key of BACKBONES, or ``module:function``.
        image_size: side of the square input, in pixels.
        channels: 1 (grey) or 3 (red, green, blue).

    Raises: InputError if there is no such backbone.
    """
    return _function(name)(image_size, channels)


def _function(name: str) -> Callable[[int, int], "Backbone"]:
    module, colon, function = BACKBONES.get(name, name).partition(":")
    if not colon:
        raise InputError(
            f"backbone: {name!r} is not known; it must be one of {', '.join(BACKBONES)}, or module:function"
        )
    try:
        return getattr(import_module(module), function)
    except (ImportError, AttributeError) as error:
        raise InputError(f"backbone: {name!r} cannot be imported ({error})") from error
