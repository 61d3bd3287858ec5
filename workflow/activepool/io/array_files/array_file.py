"""Arrays of a user's file, by their names: what it holds, and how their rows are read."""

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import h5py
import numpy as np

from activepool.compute.arrays import IntArray
from activepool.compute.blocks import BLOCK_ROWS, row_blocks
from activepool.errors import InputError, first_few, one_line

#: The number of arrays that a message names.
MAX_SHOWN = 8

#: The value of a whole number that a row lacks: as a label, one that is not known.
MISSING = -1

#: The range of whole numbers.
MIN_INT64, MAX_INT64 = -(2**63), 2**63 - 1

#: Characters of a reader's error that a message shows.
MAX_REASON = 200


@dataclass(frozen=True)
class StoredArray:
    """An array in a file; its ``name`` is the file and the array, for messages.

    Attributes:
        dtype: the type of what `read` returns; object for text.
        read: returns some rows; raises InputError if they cannot be read.
        array: the array itself, where it is mapped, in memory, or an HDF5 dataset; else None.
        columns: the columns of a table that it consists of; empty for any other array.
        value_names: the name of each value, if its type is an enumeration; else empty.
    """

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype
    read: Callable[[slice], np.ndarray]
    array: np.ndarray | h5py.Dataset | None = None
    columns: tuple[str, ...] = ()
    value_names: Mapping[int, str] = field(default_factory=dict)

    @classmethod
    def from_array(cls, name: str, array: np.ndarray) -> Self:
        """Wrap an array, in memory or mapped."""
        return cls(name, array.shape, array.dtype, lambda rows: np.asarray(array[rows]), array)

    @classmethod
    def from_list(cls, name: str, values: list[Any]) -> Self:
        """Wrap a list of text or numbers, some of them None; raises InputError for one that is not plain."""
        if not is_plain(values):
            kinds = ", ".join(sorted({type(value).__name__ for value in values})) or "nothing"
            raise InputError(f"{name}: is a list of {kinds}; save a tensor, or a list of text or of numbers")
        if not any(isinstance(value, str) for value in values):
            missing = float("nan") if any(isinstance(value, float) for value in values) else MISSING
            values = [missing if value is None else value for value in values]
            if any(isinstance(value, int) and not MIN_INT64 <= value <= MAX_INT64 for value in values):
                raise InputError(f"{name}: has whole numbers of more than 64 bits; save them as text")
        return cls.from_array(name, np.array(values))

    @property
    def form(self) -> str:
        """Its type and shape, for messages."""
        kind = "text" if self.is_text else str(self.dtype)
        return f"{kind} of shape {self.shape}"

    @property
    def is_text(self) -> bool:
        """Whether its values are text."""
        return self.dtype.kind in "OUS"

    def texts(self, rows: slice = slice(None)) -> list[str | None]:
        """Return rows of text, None where a table has no value; raises InputError if it is not UTF-8."""
        values = self.read(rows).tolist()
        try:
            return [value.decode() if isinstance(value, bytes) else value for value in values]
        except UnicodeDecodeError as error:
            raise InputError(f"{self.name}: is not text in UTF-8 ({error}); save it as str") from None

    def __getitem__(self, rows: IntArray) -> np.ndarray:
        """Return these rows in this order; each block of the file is read at most once."""
        ascending, inverse = np.unique(rows, return_inverse=True)
        pieces = []
        for block in row_blocks(self.shape[0], BLOCK_ROWS):
            first, last = np.searchsorted(ascending, [block.start, block.stop])
            if first < last:
                block_rows = ascending[first:last]
                start, stop = int(block_rows[0]), int(block_rows[-1]) + 1
                pieces.append(self.read(slice(start, stop))[block_rows - start])
        return np.concatenate(pieces)[inverse]


@dataclass(frozen=True)
class ArrayFile:
    """The arrays of an open file, by their names; a ``with`` block closes it.

    The only array of a file without names is called "", as are all columns of floats of a table together.
    ``find`` returns an array; raises InputError if it is one of the ``unreadable``. The ``others`` are texts
    and objects.
    """

    path: Path
    shapes: dict[str, tuple[int, ...]]
    find: Callable[[str], StoredArray]
    resources: ExitStack = field(default_factory=ExitStack)
    unreadable: Collection[str] = ()
    others: Collection[str] = ()

    @property
    def content(self) -> str:
        """What the file holds, for messages: names and shapes."""
        named_shapes = [f"`{name}` {shape}" for name, shape in self.shapes.items() if name]
        if not named_shapes:
            return f"one array {self.shapes['']}" if self.shapes else "no array"
        return first_few(named_shapes, MAX_SHOWN) if len(named_shapes) != 2 else " and ".join(named_shapes)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.resources.close()


def is_plain(values: list[Any]) -> bool:
    """Return whether a list is an array: of text or numbers, some of them None, or of truth values."""
    kinds = {type(value) for value in values}
    value_kinds = kinds - {type(None)}
    return kinds == {bool} or value_kinds == {str} or (bool(value_kinds) and value_kinds <= {int, float})


@contextmanager
def report_damage(name: str) -> Iterator[None]:
    """Raise InputError if the ``with`` block cannot read a file or an array of this name.

    A damaged file makes its reader raise nearly any error.
    """
    try:
        yield
    except InputError:
        raise
    except Exception as error:
        raise InputError(f"{name} is damaged ({one_line(error)[:MAX_REASON]}); save it again") from error
