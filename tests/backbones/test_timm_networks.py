"""timm's networks by name: with a stand-in for timm, and with timm itself where it is installed."""

import sys
from types import ModuleType

import pytest
import torch
from torch import nn

from activepool.backbones.checkpoint import load_backbone
from activepool.backbones.checkpoint_fit import fit
from activepool.backbones.checkpoint_formats import FORMATS
from activepool.backbones.registry import build
from activepool.errors import InputError


class Transformer(nn.Module):
    """A network whose table of positions is for 8 x 8 pixels, unless it may be interpolated."""

    def __init__(self, dynamic_img_size=False):
        super().__init__()
        self.positions = nn.Parameter(torch.randn(1, 64))
        self.dynamic_img_size = dynamic_img_size

    def forward(self, images):
        grey = images.mean(dim=1)
        if self.dynamic_img_size:
            grey = nn.functional.interpolate(grey[:, None], size=(8, 8))[:, 0]
        return grey.flatten(1) * self.positions


NETWORKS = {"vit_tiny": Transformer, "net": lambda: nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())}
DATA = {
    "input_size": (3, 8, 8),
    "mean": (0.1, 0.2, 0.3),
    "std": (0.4, 0.5, 0.6),
    "crop_pct": 0.9,
    "interpolation": "bicubic",
}


@pytest.fixture
def data():
    return dict(DATA)


@pytest.fixture
def stand_in(monkeypatch, data):
    def create_model(name, pretrained, num_classes, **options):
        assert not pretrained and num_classes == 0
        if "." in name:
            raise RuntimeError("Invalid pretrained tag")
        return NETWORKS[name](**options)

    timm, timm_data = ModuleType("timm"), ModuleType("timm.data")
    timm.create_model, timm.data = create_model, timm_data
    timm.is_model = lambda name: name.partition(".")[0] in NETWORKS
    timm.list_models = lambda: list(NETWORKS)
    timm_data.resolve_model_data_config = lambda network: data
    monkeypatch.setitem(sys.modules, "timm", timm)
    monkeypatch.setitem(sys.modules, "timm.data", timm_data)


@pytest.mark.usefixtures("stand_in")
def test_preprocessing_is_timms():
    backbone = build("timm:vit_tiny", None, 1)
    assert backbone.width == 64
    assert str(backbone.preprocessing) == (
        "resize 8 bicubic, centre crop 8, rgb, mean 0.1 0.2 0.3, std 0.4 0.5 0.6"
    )
    assert not backbone.network.dynamic_img_size


@pytest.mark.usefixtures("stand_in")
@pytest.mark.parametrize("name", NETWORKS)
def test_another_size_is_in_proportion_and_keeps_the_table_of_positions(name):
    backbone = build(f"timm:{name}", 16, 3)
    assert (backbone.preprocessing.image_size, backbone.preprocessing.resize) == (16, 17)
    if name == "vit_tiny":
        assert backbone.network.dynamic_img_size
        assert backbone.network.positions.shape == (1, 64)


@pytest.mark.usefixtures("stand_in")
def test_unknown_names_are_told_with_the_nearest():
    with pytest.raises(InputError, match="timm has no network 'vit_tiy'; the nearest names are vit_tiny"):
        build("timm:vit_tiy", None, 3)
    with pytest.raises(InputError, match=r"timm cannot make 'vit_tiny\.nope' \(Invalid pretrained tag\)"):
        build("timm:vit_tiny.nope", None, 3)


@pytest.mark.usefixtures("stand_in")
def test_oblong_inputs_and_unknown_ways_to_resize(data):
    data["interpolation"] = "random"
    assert build("timm:net", None, 3).preprocessing.interpolation == "bilinear"
    data["input_size"] = (3, 8, 16)
    with pytest.raises(InputError, match="timm:net takes images of 8 x 16 pixels, not squares"):
        build("timm:net", None, 3)


def test_without_timm_its_installation_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "timm", None)
    with pytest.raises(InputError, match=r"'timm:resnet18' needs the package timm .*: pip install timm$"):
        build("timm:resnet18", None, 3)


def test_timm_itself(tmp_path):
    timm = pytest.importorskip("timm")
    name = "vit_tiny_patch16_224"
    whole = timm.create_model(name, pretrained=False, num_classes=10).eval()
    torch.save(whole.state_dict(), tmp_path / "whole.pth")
    backbone, _ = load_backbone(f"timm:{name}", None, 3, str(tmp_path / "whole.pth"), FORMATS["timm"])
    images = torch.rand(2, 3, 224, 224)
    with torch.inference_mode():
        features = backbone.eval().network(images)
        assert torch.equal(whole.head(features), whole(images))
    assert backbone.preprocessing.mean == (0.5, 0.5, 0.5)
    with pytest.raises(InputError, match="the nearest names are vit_tiny_patch16_224"):
        build("timm:vit_tiny_patch16_242", None, 3)
    assert build(f"timm:{name}", 96, 3).network.pos_embed.shape == backbone.network.pos_embed.shape


def test_esvits_swin_is_timms():
    """Two networks with EsViT's names: those of timm before it moved the reductions, and its own buffers."""
    timm = pytest.importorskip("timm")
    name = "swin_tiny_patch4_window7_224"
    network = timm.create_model(name, pretrained=False, num_classes=0)
    teacher = {}
    for key, value in network.state_dict().items():
        layer = int(key.split(".")[1]) if ".downsample." in key else 0
        teacher[key.replace(f"layers.{layer}.downsample", f"layers.{layer - 1}.downsample")] = value
        if key.endswith("attn.qkv.weight"):
            buffer = key.replace("qkv.weight", "relative_position_index")
            teacher[buffer] = torch.zeros(49, 49, dtype=torch.long)
    assert "layers.0.downsample.reduction.weight" in teacher
    backbone = build(f"timm:{name}", None, 3)
    wanted = backbone.network.state_dict()
    matching = fit(teacher | {"head.mlp.0.weight": torch.zeros(3)}, wanted, FORMATS["esvit"])
    assert matching.is_complete and matching.matched == len(wanted)
