"""Tables of positions of vision transformers: a row for each place on a grid, which follows the image's size.

A table for one size serves another by interpolation, as the authors of ViT do it (Dosovitskiy et al. 2021,
section 3.2). Nothing here imports torch before a table is changed.
"""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from torch import Tensor

#: Rows that may stand beside those of the grid: of a class token, of a distilled one, of registers.
MAX_EXTRA_ROWS = 5

#: Tables of offsets between places keep further rows at their end, tables of places at their front.
OFFSET_TABLE = "relative_position_bias_table"


class Grid(NamedTuple):
    """What a table is made of: side × side rows of the grid and further ones, each of some width."""

    side: int
    further: int
    width: int


def grid_of(name: str, shape: Sequence[int]) -> Grid | None:
    """Return the grid of a table of positions, as its name and shape tell; None for any other tensor.

    Shapes: (rows, width), (1, rows, width) or (1, side, side, width).
    """
    if "pos" not in name.rpartition(".")[2] or len(shape) not in (2, 3, 4) or 0 in shape:
        return None
    if len(shape) > 2 and shape[0] != 1:
        return None
    if len(shape) == 4:
        return Grid(shape[1], 0, shape[3]) if shape[1] == shape[2] else None
    side = math.isqrt(shape[-2])
    further = shape[-2] - side**2
    return Grid(side, further, shape[-1]) if further <= MAX_EXTRA_ROWS else None


def serves(name: str, shape: Sequence[int], wanted: Sequence[int]) -> bool:
    """Say whether a table of one shape becomes one of the wanted shape by interpolation of its grid."""
    given, target = grid_of(name, shape), grid_of(name, wanted)
    return (
        given is not None
        and target is not None
        and len(shape) == len(wanted)
        and given[1:] == target[1:]
        and given.side != target.side
    )


def interpolated(name: str, table: "Tensor", wanted: Sequence[int]) -> "Tensor":
    """Return a table that `serves`, in the wanted shape; bicubic, with antialiasing. Further rows stay."""
    from torch import cat
    from torch.nn.functional import interpolate

    given, target = grid_of(name, table.shape), grid_of(name, wanted)
    assert given is not None and target is not None  # as `serves` says
    rows = table.reshape(-1, given.width).float()
    front = 0 if name.endswith(OFFSET_TABLE) else given.further
    before, places, after = rows.split([front, given.side**2, given.further - front])
    square = places.T.reshape(1, given.width, given.side, given.side)
    sides = (target.side, target.side)
    square = interpolate(square, sides, mode="bicubic", antialias=True, align_corners=False)
    places = square.reshape(target.width, target.side**2).T
    return cat([before, places, after]).reshape(tuple(wanted)).to(table.dtype)
