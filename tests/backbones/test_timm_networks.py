"""timm's networks by name: with a stand-in for timm, and with timm itself where it is installed."""

import sys
from types import ModuleType

import pytest
import torch
from torch import nn

from activepool.backbones.checkpoint import load_backbone
from activepool.backbones.checkpoint_fit import fit
from activepool.backbones.checkpoint_formats import FORMATS
from activepool.backbones.position_tables import interpolate_table
from activepool.backbones.registry import build
from activepool.backbones.settings import BackboneSettings
from activepool.errors import InputError


class Transformer(nn.Module):
    """A network whose table of positions is for images of 8 x 8 pixels, unless it may be interpolated."""

    def __init__(self, dynamic_img_size=False, img_size=8):
        super().__init__()
        self.pos_embed = nn.Parameter(torch.randn(1, img_size**2, 3))
        self.dynamic_img_size, self.img_size = dynamic_img_size, img_size

    def forward(self, images):
        if self.dynamic_img_size:
            images = nn.functional.interpolate(images, size=(self.img_size, self.img_size))
        return (images.flatten(2).mT * self.pos_embed).mean(dim=1)


class FixedTransformer(Transformer):
    """The same, which does not interpolate."""

    def __init__(self, img_size=8):
        super().__init__(img_size=img_size)


class Swin(nn.Module):
    """A network that has its options as features."""

    def __init__(self, img_size, window_size):
        super().__init__()
        self.options = torch.tensor([float(img_size), float(window_size)])

    def forward(self, images):
        return self.options.expand(len(images), 2)


NETWORKS = {
    "vit_tiny": Transformer,
    "cait_tiny": FixedTransformer,
    "net": lambda: nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten()),
}
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
    assert backbone.width == 3
    assert str(backbone.preprocessing) == (
        "resize 8 bicubic, centre crop 8, rgb, mean 0.1 0.2 0.3, std 0.4 0.5 0.6"
    )
    assert not backbone.network.dynamic_img_size


@pytest.mark.usefixtures("stand_in")
@pytest.mark.parametrize("window", [7, 14])
def test_esvits_swin_has_its_windows_and_the_preprocessing_of_its_evaluation(monkeypatch, window):
    monkeypatch.setitem(NETWORKS, "swin_tiny_patch4_window7_224", Swin)
    backbone = build(f"esvit_swin_tiny_window{window}", 224, 1)
    assert backbone(torch.rand(1, 3, 224, 224)).tolist() == [[224.0, float(window)]]
    assert str(backbone.preprocessing) == (
        "resize 256 bicubic, centre crop 224, rgb, mean 0.485 0.456 0.406, std 0.229 0.224 0.225"
    )


@pytest.mark.usefixtures("stand_in")
@pytest.mark.parametrize("name", NETWORKS)
def test_another_size_is_in_proportion_and_keeps_the_table_of_positions(name):
    backbone = build(f"timm:{name}", 16, 3)
    assert (backbone.preprocessing.image_size, backbone.preprocessing.resize) == (16, 17)
    if name == "vit_tiny":
        assert backbone.network.dynamic_img_size
        assert backbone.network.pos_embed.shape == (1, 64, 3)


@pytest.mark.usefixtures("stand_in")
@pytest.mark.parametrize("name", ["vit_tiny", "cait_tiny"])
@pytest.mark.parametrize("side", [8, 16, 12])
def test_a_table_for_any_size_loads(tmp_path, capsys, name, side):
    """That of the weights' own size, that of the images, and a third one."""
    source = NETWORKS[name](img_size=side)
    torch.save(source.state_dict(), tmp_path / "weights.pth")
    settings = BackboneSettings(name=f"timm:{name}", image_size=16, format="timm")
    network = load_backbone(settings, 3, tmp_path / "weights.pth")[0].network
    printed = capsys.readouterr().err
    if side == 16 or (side == 8 and name == "vit_tiny"):
        assert torch.equal(network.pos_embed, source.pos_embed) and not printed
    else:
        assert network.pos_embed.shape == (1, 256, 3)
        assert printed == (
            f"{tmp_path / 'weights.pth'}: the table of positions pos_embed is interpolated "
            f"from {side} x {side} places to 16 x 16\n"
        )


@pytest.mark.usefixtures("stand_in")
def test_unknown_names_get_the_nearest_known_names():
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


def test_without_timm_the_message_says_how_to_install_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "timm", None)
    with pytest.raises(InputError, match=r"'timm:resnet18' needs the package timm .*: pip install timm$"):
        build("timm:resnet18", None, 3)


def test_timm_itself(tmp_path):
    timm = pytest.importorskip("timm")
    name = "vit_tiny_patch16_224"
    whole = timm.create_model(name, pretrained=False, num_classes=10).eval()
    torch.save(whole.state_dict(), tmp_path / "whole.pth")
    settings = BackboneSettings(name=f"timm:{name}", format="timm")
    backbone, _ = load_backbone(settings, 3, tmp_path / "whole.pth")
    images = torch.rand(2, 3, 224, 224)
    with torch.inference_mode():
        features = backbone.eval().network(images)
        assert torch.equal(whole.head(features), whole(images))
    assert backbone.preprocessing.mean == (0.5, 0.5, 0.5)
    with pytest.raises(InputError, match="the nearest names are vit_tiny_patch16_224"):
        build("timm:vit_tiny_patch16_242", None, 3)
    assert build(f"timm:{name}", 96, 3).network.pos_embed.shape == backbone.network.pos_embed.shape


#: Networks of timm, and a size that is not their own: classic, with registers, with tables of offsets.
OF_ANY_SIZE = [
    ("vit_tiny_patch16_224", 64),
    ("vit_small_patch14_reg4_dinov2.lvd142m", 112),
    ("swin_tiny_patch4_window7_224", 64),
    ("swin_tiny_patch4_window7_224", 256),
]


@pytest.mark.parametrize(("name", "size"), OF_ANY_SIZE, ids=[f"{name} {size}" for name, size in OF_ANY_SIZE])
def test_networks_of_timm_load_what_was_trained_at_the_size_of_the_images(tmp_path, capsys, name, size):
    timm = pytest.importorskip("timm")
    source = timm.create_model(name, pretrained=False, num_classes=3, img_size=size).eval()
    torch.save({"state_dict": source.state_dict()}, tmp_path / "weights.pth")
    settings = BackboneSettings(name=f"timm:{name}", image_size=size, format="timm")
    network = load_backbone(settings, 3, tmp_path / "weights.pth")[0].eval().network
    assert not capsys.readouterr().err
    images = torch.rand(1, 3, size, size)
    source.reset_classifier(0)
    with torch.inference_mode():
        assert torch.allclose(network(images), source(images), atol=1e-5)


def test_tables_are_interpolated_as_by_timm():
    timm_layers = pytest.importorskip("timm.layers")
    for further, side, new_side in [(1, 14, 4), (0, 5, 9), (2, 3, 37)]:
        table = torch.randn(1, side**2 + further, 6)
        expected = timm_layers.resample_abs_pos_embed(table, [new_side] * 2, num_prefix_tokens=further)
        resized = interpolate_table("pos_embed", table, (1, new_side**2 + further, 6))
        assert torch.allclose(resized, expected, atol=1e-6)


@pytest.mark.parametrize("window", [7, 14])
def test_esvits_swin_is_timms(window):
    """Two networks with EsViT's names: those of timm before it moved the reductions, and its own buffers."""
    timm = pytest.importorskip("timm")
    network = timm.create_model(
        "swin_tiny_patch4_window7_224", pretrained=False, num_classes=0, window_size=window
    )
    teacher = {}
    for key, value in network.state_dict().items():
        layer = int(key.split(".")[1]) if ".downsample." in key else 0
        teacher[key.replace(f"layers.{layer}.downsample", f"layers.{layer - 1}.downsample")] = value
        if key.endswith("attn.qkv.weight"):
            buffer = key.replace("qkv.weight", "relative_position_index")
            teacher[buffer] = torch.zeros(window**2, window**2, dtype=torch.long)
    assert "layers.0.downsample.reduction.weight" in teacher
    weights = build(f"esvit_swin_tiny_window{window}", None, 3).network.state_dict()
    matching = fit(teacher | {"head.mlp.0.weight": torch.zeros(3)}, weights, FORMATS["esvit"])
    assert matching.is_exact and matching.matched == len(weights)
