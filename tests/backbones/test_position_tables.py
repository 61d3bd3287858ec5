"""Tables of positions: which tensors are one, and what interpolation makes of them."""

import pytest
import torch
from backbones.projects import load_weights
from torch import nn
from torchvision import models

from activepool.backbones.backbone import Backbone, Preprocessing
from activepool.backbones.checkpoint_formats import FORMATS
from activepool.backbones.position_tables import can_interpolate, grid_of, interpolate_table
from activepool.errors import InputError

TABLES = [
    ("pos_embed", (1, 197, 6), (14, 1, 6)),
    ("pos_embed", (1, 1369, 6), (37, 0, 6)),
    ("encoder.pos_embedding", (1, 17, 8), (4, 1, 8)),
    ("visual.positional_embedding", (50, 5), (7, 1, 5)),
    ("patch_pos", (1, 18, 4), (4, 2, 4)),
    ("pos_embed", (1, 8, 8, 3), (8, 0, 3)),
    ("blocks.0.attn.relative_position_bias_table", (52, 12), (7, 3, 12)),
    ("layers.0.blocks.0.attn.relative_position_bias_table", (169, 3), (13, 0, 3)),
]


@pytest.mark.parametrize(("name", "shape", "grid"), TABLES)
def test_the_grid_of_a_table(name, shape, grid):
    assert grid_of(name, shape) == grid


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("blocks.0.attn.qkv.weight", (192, 64)),
        ("pos_embed.weight", (197, 6)),
        ("pos_embed", (2, 197, 6)),
        ("pos_embed", (1, 8, 7, 3)),
        ("pos_embed", (192,)),
        ("pos_embed", (1, 0, 6)),
        ("token.positional_embedding", (77, 512)),
    ],
)
def test_other_arrays_are_not_position_tables(name, shape):
    assert grid_of(name, shape) is None


@pytest.mark.parametrize(
    ("shape", "wanted", "does"),
    [
        ((1, 17, 6), (1, 197, 6), True),
        ((1, 197, 6), (1, 17, 6), True),
        ((1, 197, 6), (1, 196, 6), False),
        ((1, 197, 6), (1, 17, 8), False),
        ((1, 16, 6), (1, 4, 4, 6), False),
        ((1, 17, 6), (1, 17, 6), False),
    ],
)
def test_a_table_serves_one_of_the_same_further_rows_and_width(shape, wanted, does):
    assert can_interpolate("pos_embed", shape, wanted) == does


def test_a_plane_stays_a_plane_and_further_rows_stay_as_they_are():
    """In the middle of the grid, where no border is near, bicubic interpolation keeps linear functions."""
    for name, at_front in (("pos_embed", True), ("relative_position_bias_table", False)):
        places = torch.stack(torch.meshgrid(torch.arange(16.0), torch.arange(16.0), indexing="ij"), dim=-1)
        rows, further = places.reshape(-1, 2), torch.tensor([[70.0, -5.0]])
        table = torch.cat([further, rows] if at_front else [rows, further])
        resized = interpolate_table(name, table, (32 * 32 + 1, 2))
        assert torch.equal(resized[0 if at_front else -1], further[0])
        grid = (resized[1:] if at_front else resized[:-1]).reshape(32, 32, 2)
        expected = (torch.arange(32.0) + 0.5) / 2 - 0.5
        assert torch.allclose(grid[8:24, 8:24, 0], expected[8:24, None].expand(16, 16), atol=1e-5)
        assert torch.allclose(grid[8:24, 8:24, 1], expected[None, 8:24].expand(16, 16), atol=1e-5)


def test_the_type_of_a_table_stays():
    assert interpolate_table("pos_embed", torch.zeros(1, 17, 4).half(), (1, 5, 4)).dtype == torch.float16


def vision_transformer(image_size, classes=3):
    network = models.VisionTransformer(image_size, 16, 1, 2, 8, 16, num_classes=classes)
    nn.init.normal_(network.heads.head.weight)
    return network


@pytest.mark.parametrize(("before", "after"), [(64, 224), (224, 64), (64, 64)])
def test_torchvisions_vision_transformer_takes_tables_of_any_size(tmp_path, capsys, before, after):
    source, network = vision_transformer(before), vision_transformer(after)
    network.heads = nn.Identity()
    torch.save({"model": source.state_dict()}, tmp_path / "vit.pth")
    backbone = Backbone(network, 8, Preprocessing(after, 3, after, (0.0,) * 3, (1.0,) * 3))
    load_weights(backbone, tmp_path / "vit.pth", FORMATS["torchvision"])
    assert torch.equal(network.conv_proj.weight, source.conv_proj.weight)
    table = network.encoder.pos_embedding
    assert torch.equal(table[:, 0], source.encoder.pos_embedding[:, 0])
    notice = f"is interpolated from {before // 16} x {before // 16} places to {after // 16} x {after // 16}\n"
    assert capsys.readouterr().err.endswith(notice if before != after else "")
    assert before != after or torch.equal(table, source.encoder.pos_embedding)


def test_a_key_of_another_shape_is_not_suggested(tmp_path):
    source, network = vision_transformer(64), vision_transformer(64)
    network.heads = nn.Identity()
    weights = source.state_dict() | {"conv_proj.weight": torch.zeros(8, 3, 8, 8)}
    torch.save(weights, tmp_path / "vit.pth")
    backbone = Backbone(network, 8, Preprocessing(64, 3, 64, (0.0,) * 3, (1.0,) * 3))
    with pytest.raises(InputError) as caught:
        load_weights(backbone, tmp_path / "vit.pth", FORMATS["torchvision"])
    message = str(caught.value)
    assert "of another shape: conv_proj.weight (8, 3, 8, 8) instead of (8, 3, 16, 16)" in message
    assert message.endswith(
        "weights of another shape belong to another architecture, or to another image_size"
    )
    assert "keys" not in message
