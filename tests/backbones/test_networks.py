from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn
from torchvision.transforms import InterpolationMode
from torchvision.transforms.v2 import functional

from activepool.backbones.backbone import Preprocessing, measured_backbone
from activepool.backbones.checkpoint import load_backbone
from activepool.backbones.normalisations import normalisation
from activepool.backbones.registry import BACKBONES, build, check_name
from activepool.backbones.settings import BackboneSettings
from activepool.errors import InputError

NARROW_RESNET = f"{Path(__file__).parents[2] / 'workflow/experiments/narrow_resnet.py'}:narrow_resnet"


@pytest.mark.parametrize("name", [*sorted(BACKBONES), NARROW_RESNET], ids=lambda name: name.split(":")[-1])
@pytest.mark.parametrize(("image_size", "channels"), [(8, 1), (28, 1), (32, 3), (96, 3)])
def test_features_have_the_width_that_the_backbone_declares(name, image_size, channels):
    if image_size == 96 and name == "small":
        pytest.skip("small is for small images")
    if name.startswith("esvit"):
        pytest.skip("it takes colour images of 224 pixels")
    backbone = build(name, image_size, channels).eval()
    with torch.inference_mode():
        features = backbone(torch.rand(2, channels, image_size, image_size))
    assert features.shape == (2, backbone.width)
    assert features.isfinite().all()


def test_identity_is_the_pixels():
    images = torch.rand(3, 3, 4, 4)
    features = build("identity", 4, 3)(images)
    assert torch.equal(features, images.reshape(3, 48))


def test_resnet_keeps_the_resolution_of_small_images_only():
    small, large = build("resnet18", 32, 3).network, build("resnet18", 224, 3).network
    assert small.conv1.stride == (1, 1) and small.conv1.kernel_size == (3, 3)
    assert large.conv1.stride == (2, 2) and large.conv1.kernel_size == (7, 7)
    assert isinstance(small.maxpool, torch.nn.Identity)


def test_large_images_are_cropped_from_a_resized_image():
    assert build("resnet18", 224, 3).preprocessing.resize == 256


def test_cifar_normalisation_is_that_of_the_code_of_emam_et_al():
    backbone = build("resnet18", 32, 3)
    backbone.normalise_by(*normalisation("cifar10", 3))
    images = torch.full((1, 3, 32, 32), 0.5)
    expected = torch.tensor([(0.5 - 0.4914) / 0.2023, (0.5 - 0.4822) / 0.1994, (0.5 - 0.4465) / 0.2010])
    backbone.network = torch.nn.Identity()
    assert torch.allclose(backbone(images)[0, :, 0, 0], expected)
    assert str(backbone.preprocessing).endswith("mean 0.4914 0.4822 0.4465, std 0.2023 0.1994 0.201")
    assert normalisation("cifar10", 1) == ((0.4734,), (0.2009,))
    assert normalisation("imagenet", 1) == ((0.449,), (0.226,))


def test_whole_image_is_resized_by_its_shorter_side_and_cropped_in_the_centre():
    preprocessing = Preprocessing(4, 3, 4, (0.0,) * 3, (1.0,) * 3)
    image = torch.zeros(3, 8, 16, dtype=torch.uint8)
    image[:, :, 4:12] = 200
    whole = preprocessing.central_view(image)
    assert whole.shape == (3, 4, 4)
    assert (whole[:, :, 1:3] == 200).all()
    # The outer columns take in a little of the dark beside the crop, as a smooth reduction does.
    assert (whole > 150).all()


@pytest.mark.parametrize(("given", "wanted"), [(1, 3), (3, 1), (1, 1), (3, 3)])
def test_grey_and_colour_are_converted(given, wanted):
    preprocessing = Preprocessing(5, wanted, 5, (0.0,) * wanted, (1.0,) * wanted)
    image = torch.from_numpy(np.full((given, 5, 5), 77, dtype=np.uint8))
    converted = preprocessing.central_view(image)
    assert converted.shape == (wanted, 5, 5)
    assert (converted.int() - 77).abs().max() <= 1


def test_unknown_backbone_is_named_with_the_known_ones():
    with pytest.raises(
        InputError, match=r"'resnet81' is not known \(did you mean 'resnet18'\?\); it must be one of"
    ):
        build("resnet81", 32, 3)


@pytest.mark.parametrize(
    "name", [*BACKBONES, "torchvision:vit_b_16", "timm:vit_small_patch14_dinov2.lvd142m", "a/b.py:f", "a.b:f"]
)
def test_names_of_all_forms_are_accepted(name):
    check_name(name)


@pytest.mark.parametrize(
    "name",
    ["", ":", "vit", "torchvision:", "timm:", "a.py:", "a.py", "a/b:f", "a.b:f.g", "torchvison/x:y", ":f"],
)
def test_malformed_names_are_refused(name):
    with pytest.raises(InputError, match="is not known"):
        check_name(name)


def test_users_module_is_imported():
    assert build("activepool.backbones.networks:identity", 4, 1).width == 16
    with pytest.raises(InputError, match=r"'no_such_module:f' cannot be imported \(ModuleNotFoundError"):
        build("no_such_module:f", 4, 1)


USERS_FILE = """
from torch import nn

from activepool.backbones.backbone import Backbone, Preprocessing


def preprocessing(image_size, channels):
    return Preprocessing(image_size, channels, image_size, (0.0,), (1.0,))


def flat(image_size, channels):
    return Backbone(nn.Flatten(), channels * image_size**2, preprocessing(image_size, channels))


def weighted(image_size, channels):
    return Backbone(nn.Linear(2, 3), 3, preprocessing(image_size, channels))


def wrong(image_size, channels):
    return nn.Flatten()
"""


def test_users_file_is_run(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(USERS_FILE)
    assert build(f"{path}:flat", 4, 1).width == 16
    assert build(f"{path}:flat", None, 1).preprocessing.image_size == 224
    # It may load its weights itself.
    assert len(load_backbone(BackboneSettings(name=f"{path}:weighted", image_size=4), 1)[1]) == 64
    with pytest.raises(InputError, match=r"mine\.py:wrong' must return an activepool.*Backbone, not Flatten"):
        build(f"{path}:wrong", 4, 1)
    with pytest.raises(InputError, match=r"mine\.py:other' cannot be imported \(AttributeError"):
        build(f"{path}:other", 4, 1)
    path.write_text("1 / 0")
    words = r"cannot be imported \(ZeroDivisionError: division by zero, in .*mine\.py:1\)"
    with pytest.raises(InputError, match=words):
        build(f"{path}:flat", 4, 1)


def test_bicubic_resizing_is_done_and_noted():
    images = torch.randint(0, 256, (3, 12, 12), dtype=torch.uint8)
    settings = (6, 3, 6, (0.0,) * 3, (1.0,) * 3)
    bilinear, bicubic = Preprocessing(*settings), Preprocessing(*settings, "bicubic")
    mode = InterpolationMode.BICUBIC
    assert torch.equal(bicubic.central_view(images), functional.resize(images, [6], mode))
    assert not torch.equal(bicubic.central_view(images), bilinear.central_view(images))
    assert str(bicubic).startswith("resize 6 bicubic, centre crop 6,")
    assert str(bilinear).startswith("resize 6, centre crop 6,")


@pytest.mark.parametrize(
    "preprocessing",
    [
        Preprocessing(8, 1, 9, (0.5,), (1e-05,), "bicubic"),
        build("resnet50", 224, 3).preprocessing,
        build("torchvision:mobilenet_v3_small", None, 3).preprocessing,
    ],
)
def test_the_text_of_a_preprocessing_can_be_read(preprocessing):
    assert Preprocessing.parse(str(preprocessing)) == preprocessing
    with pytest.raises(InputError, match="is not the text of a preprocessing"):
        Preprocessing.parse(f"{preprocessing}, more")


class Pair(nn.Module):
    def forward(self, images):
        return images, images


def test_the_width_is_measured_or_refused():
    preprocessing = Preprocessing(4, 3, 4, (0.0,) * 3, (1.0,) * 3)
    network = nn.Sequential(nn.Flatten(), nn.Linear(48, 5), nn.Dropout())
    network[2].eval()
    assert measured_backbone("mine", network, preprocessing).width == 5
    with pytest.raises(InputError, match=r"'mine' must return features .* it returned \(1, 3, 4, 4\)"):
        measured_backbone("mine", nn.Identity(), preprocessing)
    with pytest.raises(InputError, match=r"for one image it returned tuple"):
        measured_backbone("mine", Pair(), preprocessing)
    with pytest.raises(InputError, match=r"'mine' does not take images of 4 x 4 pixels \(.*mat1 and mat2"):
        measured_backbone("mine", nn.Sequential(nn.Flatten(), nn.Linear(5, 5)), preprocessing)


def test_a_transformer_that_cannot_cut_an_image_into_patches_is_one_line():
    words = r"'torchvision:vit_b_32' does not take images of 100 x 100 pixels \(.*\); leave out image_size"
    with pytest.raises(InputError, match=words):
        build("torchvision:vit_b_32", 100, 3)


@pytest.mark.parametrize("parameters", ["", "image_size", "image_size, channels, more"])
def test_a_function_of_other_parameters_is_one_line(tmp_path, parameters):
    (tmp_path / "mine.py").write_text(f"def network({parameters}): ...")
    with pytest.raises(InputError, match=r"network' must be a function of \(image_size, channels\): "):
        build(f"{tmp_path / 'mine.py'}:network", 8, 1)
