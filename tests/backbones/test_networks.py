import numpy as np
import pytest
import torch

from activepool.backbones.backbone import Preprocessing
from activepool.backbones.registry import BACKBONES, build
from activepool.errors import InputError


@pytest.mark.parametrize("name", sorted(BACKBONES))
@pytest.mark.parametrize(("image_size", "channels"), [(8, 1), (28, 1), (32, 3), (96, 3)])
def test_features_have_the_width_that_the_backbone_declares(name, image_size, channels):
    if image_size == 96 and name == "small":
        pytest.skip("small is for small images")
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


def test_whole_image_is_resized_by_its_shorter_side_and_cropped_in_the_centre():
    preprocessing = Preprocessing(4, 3, 4, (0.0,) * 3, (1.0,) * 3)
    image = torch.zeros(3, 8, 16, dtype=torch.uint8)
    image[:, :, 4:12] = 200
    whole = preprocessing.whole(image)
    assert whole.shape == (3, 4, 4)
    assert (whole[:, :, 1:3] == 200).all()
    # The outer columns take in a little of the dark beside the crop, as a smooth reduction does.
    assert (whole > 150).all()


@pytest.mark.parametrize(("given", "wanted"), [(1, 3), (3, 1), (1, 1), (3, 3)])
def test_grey_and_colour_are_converted(given, wanted):
    preprocessing = Preprocessing(5, wanted, 5, (0.0,) * wanted, (1.0,) * wanted)
    image = torch.from_numpy(np.full((given, 5, 5), 77, dtype=np.uint8))
    converted = preprocessing.whole(image)
    assert converted.shape == (wanted, 5, 5)
    assert (converted.int() - 77).abs().max() <= 1


def test_unknown_backbone_is_named_with_the_known_ones():
    with pytest.raises(InputError, match=r"'resnet34' is not known; it must be one of identity, resnet18"):
        build("resnet34", 32, 3)


def test_users_backbone_is_imported():
    assert build("activepool.backbones.networks:identity", 4, 1).width == 16
    with pytest.raises(InputError, match=r"'no_such_module:f' cannot be imported"):
        build("no_such_module:f", 4, 1)
