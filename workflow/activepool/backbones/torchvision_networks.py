"""The classification networks of torchvision without their last layer, with their own preprocessing."""

from torch import nn
from torchvision import models

from activepool.backbones.backbone import Backbone, Preprocessing, measured_backbone, require_image_size
from activepool.errors import InputError, nearest_names


def torchvision_backbone(name: str, image_size: int | None) -> Backbone:
    """Return a network of torchvision with random weights, without its last linear layer.

    The preprocessing is that of torchvision's own weights, for images of their size by default.

    Raises: InputError if there is no such network, or its last layer is not linear.
    """
    require_network_name(name)
    weights = models.get_model_weights(name)["DEFAULT"]
    preprocessing = _preprocessing(weights, image_size)
    # The position table of a vision transformer depends on the image size; other networks have none.
    options = {"image_size": preprocessing.image_size} if name.startswith("vit_") else {}
    with require_image_size(f"torchvision:{name}", preprocessing.image_size):
        network = models.get_model(name, weights=None, **options)
    _drop_last_layer(name, network, len(weights.meta["categories"]))
    return measured_backbone(f"torchvision:{name}", network, preprocessing)


def require_network_name(name: str) -> None:
    """Raise InputError if torchvision has no network of this name."""
    names = models.list_models(module=models)
    if name not in names:
        suggestion = nearest_names(name, names)
        raise InputError(f"backbone: torchvision has no classification network {name!r}{suggestion}")


def _preprocessing(weights: models.WeightsEnum, image_size: int | None) -> Preprocessing:
    """Return the preprocessing of torchvision's own weights, scaled for another image size."""
    transform = weights.transforms()
    crop, resize = transform.crop_size[0], transform.resize_size[0]
    size = image_size or crop
    return Preprocessing(
        image_size=size,
        channels=len(transform.mean),
        resize=round(size * resize / crop),
        mean=tuple(transform.mean),
        std=tuple(transform.std),
        interpolation=transform.interpolation.value,
    )


def _drop_last_layer(name: str, network: nn.Module, classes: int) -> None:
    linear = [(path, layer) for path, layer in network.named_modules() if isinstance(layer, nn.Linear)]
    if not linear or linear[-1][1].out_features != classes:
        raise InputError(
            f"backbone: the last layer of torchvision:{name} is not linear, and cannot be removed; "
            "write a function that returns the features, and name it as file.py:function"
        )
    network.set_submodule(linear[-1][0], nn.Identity())
