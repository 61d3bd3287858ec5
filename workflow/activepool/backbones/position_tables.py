"""Position tables of vision transformers: a row for each place of a grid, whose size depends on the image's.

Interpolation adapts a table to another size, as in ViT (Dosovitskiy et al. 2021, section 3.2). This module
imports torch only when it changes a table.
"""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from torch import Tensor

#: The largest number of rows beside those of the grid: of a class token, a distillation token, registers.
MAX_EXTRA_ROWS = 5

#: Tables of offsets between places have extra rows at their end, tables of places at their beginning.
OFFSET_TABLE = "relative_position_bias_table"


class Grid(NamedTuple):
    """The layout of a table: side × side rows of the grid, and extra rows, all of one width."""

    side: int
    extra: int
    width: int


def grid_of(name: str, shape: Sequence[int]) -> Grid | None:
    """Return the grid of a position table, from its name and shape; None for any other tensor.

    Shapes: (rows, width), (1, rows, width) or (1, side, side, width).
    """
    if "pos" not in name.rpartition(".")[2] or len(shape) not in (2, 3, 4) or 0 in shape:
        return None
    if len(shape) > 2 and shape[0] != 1:
        return None
    if len(shape) == 4:
        return Grid(shape[1], 0, shape[3]) if shape[1] == shape[2] else None
    side = math.isqrt(shape[-2])
    extra = shape[-2] - side**2
    return Grid(side, extra, shape[-1]) if extra <= MAX_EXTRA_ROWS else None


def can_interpolate(name: str, shape: Sequence[int], target_shape: Sequence[int]) -> bool:
    """Return whether interpolation of its grid gives a table the target shape."""
    grid, target_grid = grid_of(name, shape), grid_of(name, target_shape)
    return (
        grid is not None
        and target_grid is not None
        and len(shape) == len(target_shape)
        and grid[1:] == target_grid[1:]
        and grid.side != target_grid.side
    )


def interpolate_table(name: str, table: "Tensor", target_shape: Sequence[int]) -> "Tensor":
    """Return a table in the target shape, if `can_interpolate`: bicubic, antialiased; extra rows stay."""
    from torch import cat
    from torch.nn.functional import interpolate

    grid, target_grid = grid_of(name, table.shape), grid_of(name, target_shape)
    assert grid is not None and target_grid is not None  # as `can_interpolate` says
    rows = table.reshape(-1, grid.width).float()
    num_leading = 0 if name.endswith(OFFSET_TABLE) else grid.extra
    leading, places, trailing = rows.split([num_leading, grid.side**2, grid.extra - num_leading])
    image = places.T.reshape(1, grid.width, grid.side, grid.side)
    sides = (target_grid.side, target_grid.side)
    image = interpolate(image, sides, mode="bicubic", antialias=True, align_corners=False)
    places = image.reshape(target_grid.width, target_grid.side**2).T
    return cat([leading, places, trailing]).reshape(tuple(target_shape)).to(table.dtype)
