"""torchvision's networks by name, against the networks themselves."""

import pytest
import torch
from torch import nn
from torchvision import models

from activepool.backbones.checkpoint import load_backbone
from activepool.backbones.registry import build
from activepool.backbones.settings import BackboneSettings
from activepool.errors import InputError

#: Networks, each with the layer that is taken off, in torchvision's own words.
LAST_LAYERS = {
    "resnet18": "fc",
    "shufflenet_v2_x0_5": "fc",
    "mobilenet_v3_small": "classifier.3",
    "regnet_y_400mf": "fc",
}


@pytest.mark.parametrize(("name", "last_layer"), LAST_LAYERS.items())
def test_features_are_what_enters_the_last_layer_of_the_network_in_the_file(tmp_path, name, last_layer):
    whole = models.get_model(name, weights=None).eval()
    entered = []
    whole.get_submodule(last_layer).register_forward_pre_hook(lambda _, inputs: entered.append(inputs[0]))
    torch.save(whole.state_dict(), tmp_path / "whole.pth")
    settings = BackboneSettings(name=f"torchvision:{name}", image_size=96, format="torchvision")
    backbone, _ = load_backbone(settings, 1, tmp_path / "whole.pth")
    images = torch.rand(1, 3, 96, 96)
    with torch.inference_mode():
        whole(images)
        features = backbone.eval().network(images)
    assert torch.equal(features, entered[0])
    assert features.shape == (1, backbone.width)


def test_preprocessing_is_that_of_torchvisions_own_weights():
    transform = models.EfficientNet_B0_Weights.DEFAULT.transforms()
    preprocessing = build("torchvision:efficientnet_b0", None, 3).preprocessing
    assert [preprocessing.image_size] == transform.crop_size
    assert [preprocessing.resize] == transform.resize_size
    assert list(preprocessing.mean) == transform.mean and list(preprocessing.std) == transform.std
    assert preprocessing.interpolation == transform.interpolation.value == "bicubic"
    # The same image as torchvision makes of it, but for the rounding of single pixels.
    image = torch.randint(0, 256, (3, 300, 400), dtype=torch.uint8)
    mean, std = (torch.tensor(values)[:, None, None] for values in (transform.mean, transform.std))
    normalised = (preprocessing.central_view(image) / 255 - mean) / std
    assert (normalised - transform(image)).abs().mean() < 0.01


def test_preprocessing_keeps_its_proportions_for_another_size():
    preprocessing = build("torchvision:resnet18", 112, 3).preprocessing
    assert (preprocessing.image_size, preprocessing.resize) == (112, 128)


def test_vision_transformer_has_positions_for_the_image_size(monkeypatch):
    def get_model(name, weights, image_size):
        return models.VisionTransformer(image_size, 16, num_layers=1, num_heads=2, hidden_dim=8, mlp_dim=16)

    monkeypatch.setattr("torchvision.models.get_model", get_model)
    backbone = build("torchvision:vit_b_16", 64, 3)
    assert backbone.width == 8
    assert backbone.network.encoder.pos_embedding.shape == (1, 1 + 16, 8)
    assert isinstance(backbone.network.heads.head, nn.Identity)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("resnet19", "torchvision has no classification network 'resnet19'; the nearest names are resnet1"),
        ("fcn_resnet50", "torchvision has no classification network 'fcn_resnet50'"),
        ("squeezenet1_1", "the last layer of torchvision:squeezenet1_1 is not linear"),
    ],
)
def test_network_that_cannot_be_used_is_named(name, words):
    with pytest.raises(InputError, match=words):
        build(f"torchvision:{name}", None, 3)


def test_torchvisions_weights_need_a_checkpoint():
    with pytest.raises(InputError, match="'torchvision:shufflenet_v2_x0_5' without a checkpoint"):
        load_backbone(BackboneSettings(name="torchvision:shufflenet_v2_x0_5"), 3)
