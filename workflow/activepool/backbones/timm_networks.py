"""The networks of timm (pytorch-image-models), each with its own preprocessing; timm is optional."""

import math
from collections.abc import Iterator
from contextlib import suppress
from types import ModuleType

from torch import nn

from activepool.backbones.backbone import Backbone, Preprocessing, measured_backbone
from activepool.backbones.networks import resize_before_crop
from activepool.backbones.normalisations import normalisation
from activepool.errors import InputError, importing, nearest_names, one_line

#: timm's names of the interpolations of Preprocessing; timm draws others at random.
INTERPOLATIONS = ("bilinear", "bicubic")

#: timm's name of Swin-T.
SWIN_TINY = "swin_tiny_patch4_window7_224"


def timm_backbones(name: str, image_size: int | None) -> Iterator[Backbone]:
    """Yield a network of timm with random weights, in one or two variants.

    Its features are the input of its classifier. The name is that for timm.create_model, with the tag of its
    weights for their preprocessing and size. For another size, the first variant of a vision transformer
    keeps its position table and interpolates it in each run, and the second has a table for this size. Many
    networks have only the second, among them Swin, whose windows shift by the size that it is made for, and
    whose tables are the same for all sizes.

    Raises: InputError if timm is not installed, there is no such network, or it does not take such images.
    """
    timm = require_network_name(name)
    network = _create(timm, name)
    preprocessing = _preprocessing(timm, name, network, image_size)
    if preprocessing.image_size == _preprocessing(timm, name, network, None).image_size:
        yield measured_backbone(f"timm:{name}", network, preprocessing)
        return
    networks = []
    for options in ({"dynamic_img_size": True}, {"img_size": preprocessing.image_size}):
        with suppress(TypeError):  # the network does not have the option
            networks.append(_create(timm, name, **options))
    if len(networks) == 2 and _shapes(networks[0]) == _shapes(networks[1]):
        networks = networks[1:]
    # Most networks without an option need no position table.
    for network in networks or [_create(timm, name)]:
        yield measured_backbone(f"timm:{name}", network, preprocessing)


def require_network_name(name: str) -> ModuleType:
    """Return timm; raises InputError if it is not installed, or has no network of this name."""
    timm = _timm(name)
    if not timm.is_model(name):
        suggestion = nearest_names(name, timm.list_models())
        raise InputError(f"backbone: timm has no network {name!r}{suggestion}")
    return timm


def esvit_swin_tiny_window7(image_size: int, channels: int) -> Backbone:
    """EsViT's Swin-T with windows of 7 × 7 patches, width 768."""
    return _esvit_swin_tiny(image_size, window=7)


def esvit_swin_tiny_window14(image_size: int, channels: int) -> Backbone:
    """EsViT's Swin-T with windows of 14 × 14 patches, width 768."""
    return _esvit_swin_tiny(image_size, window=14)


def _esvit_swin_tiny(image_size: int, window: int) -> Backbone:
    """Return Swin-T with the preprocessing of EsViT's linear evaluation (Li et al. 2022).

    timm has the network only with windows of 7, and resizes to 248 pixels where EsViT resizes to 256.
    """
    network = _create(_timm(SWIN_TINY), SWIN_TINY, img_size=image_size, window_size=window)
    mean, std = normalisation("imagenet", channels=3)
    resize = resize_before_crop(image_size)
    preprocessing = Preprocessing(image_size, 3, resize, mean, std, "bicubic")
    return measured_backbone(f"timm:{SWIN_TINY}", network, preprocessing)


def _timm(name: str) -> ModuleType:
    with importing("timm", f"backbone: 'timm:{name}' needs the package"):
        import timm
        import timm.data
    package: ModuleType = timm
    return package


def _create(timm: ModuleType, name: str, **options: bool | int) -> nn.Module:
    try:
        network: nn.Module = timm.create_model(name, pretrained=False, num_classes=0, **options)
        return network
    except (RuntimeError, ValueError, AssertionError) as error:
        raise InputError(f"backbone: timm cannot make {name!r} ({one_line(error)})") from error


def _shapes(network: nn.Module) -> dict[str, tuple[int, ...]]:
    return {key: tuple(values.shape) for key, values in network.state_dict().items()}


def _preprocessing(timm: ModuleType, name: str, network: nn.Module, image_size: int | None) -> Preprocessing:
    """Return the preprocessing of the weights of ``name``, scaled for another image size."""
    data = timm.data.resolve_model_data_config(network)
    channels, height, width = data["input_size"]
    if height != width:
        raise InputError(f"backbone: timm:{name} takes images of {height} x {width} pixels, not squares")
    size = image_size or height
    return Preprocessing(
        image_size=size,
        channels=channels,
        resize=math.floor(size / data["crop_pct"]),
        mean=tuple(data["mean"]),
        std=tuple(data["std"]),
        interpolation=data["interpolation"] if data["interpolation"] in INTERPOLATIONS else "bilinear",
    )
