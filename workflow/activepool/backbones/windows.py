"""Windows of Swin: weights for windows of another size fit after interpolation, and give other features."""

from typing import Any

from activepool.backbones.position_tables import grid_of
from activepool.backbones.registry import BACKBONES

#: The first table of offsets within a window. Windows of later stages shrink to small images.
FIRST_TABLE = "layers.0.blocks.0.attn.relative_position_bias_table"

#: The side of Swin's patches, in pixels.
PATCH_SIDE = 4


def window_problem(table: Any, network_table: Any, image_size: int) -> str | None:
    """Return what is wrong if a file's first table is for another window than the network's; None if it fits.

    If the network's window covers the whole image, it was larger before it shrank to ``image_size``, and the
    table is interpolated.
    """
    grids = [grid_of(FIRST_TABLE, tensor.shape) for tensor in (table, network_table)]
    window, network_window = ((grid.side + 1) // 2 for grid in grids if grid)
    if window == network_window or (network_window == image_size // PATCH_SIDE and network_window < window):
        return None
    named = f"esvit_swin_tiny_window{window}"
    network = f"the architecture {named}" if named in BACKBONES else "an architecture with such windows"
    return (
        f"its weights are for windows of {window} x {window} patches, and the network has {network_window} x "
        f"{network_window}; use {network}"
    )
