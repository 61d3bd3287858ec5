"""Weights of Swin fit only the windows that they were trained with, apart from windows of small images."""

import pytest
import torch
from torch import nn

from activepool.backbones.backbone import Backbone, Preprocessing
from activepool.backbones.checkpoint import load_content
from activepool.backbones.checkpoint_formats import FORMATS
from activepool.backbones.windows import FIRST_TABLE
from activepool.errors import InputError


class Windows(nn.Module):
    """A network whose weights are the table of its first window."""

    def __init__(self, window):
        super().__init__()
        module = self
        *parents, table = FIRST_TABLE.split(".")
        for parent in parents:
            module.add_module(parent, nn.Module())
            module = module.get_submodule(parent)
        module.register_parameter(table, nn.Parameter(torch.zeros((2 * window - 1) ** 2, 3)))


def load(window, network_window, image_size):
    """Load weights for a window in a network for images of a size."""
    preprocessing = Preprocessing(image_size, 3, image_size, (0.0,) * 3, (1.0,) * 3)
    content = Windows(window).state_dict()
    load_content(Backbone(Windows(network_window), 3, preprocessing), content, "swin.pth", FORMATS["esvit"])


@pytest.mark.parametrize(
    ("window", "network_window", "image_size", "advice"),
    [
        (7, 14, 224, "use the architecture esvit_swin_tiny_window7"),
        (14, 7, 224, "use the architecture esvit_swin_tiny_window14"),
        (14, 7, 448, "use the architecture esvit_swin_tiny_window14"),
        (7, 14, 56, "use the architecture esvit_swin_tiny_window7"),
        (12, 7, 224, "use an architecture with such windows"),
    ],
)
def test_weights_for_other_windows_are_refused(window, network_window, image_size, advice):
    with pytest.raises(InputError) as caught:
        load(window, network_window, image_size)
    assert str(caught.value) == (
        f"swin.pth: does not fit the backbone: its weights are for windows of {window} x {window} patches, "
        f"and the network has {network_window} x {network_window}; {advice}"
    )


def test_the_table_of_a_window_that_shrinks_to_a_small_image_is_interpolated(capsys):
    load(14, 8, 32)
    assert "is interpolated from 27 x 27 places to 15 x 15" in capsys.readouterr().err
