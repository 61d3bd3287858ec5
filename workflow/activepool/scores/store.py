"""scores.h5: one row per unlabelled sample."""

from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np

from activepool.errors import InputError
from activepool.files import written_whole


@dataclass(frozen=True)
class ScoreTable:
    """The scores of the unlabelled pool.

    Attributes:
        index: (n,) rows of ``train/features``, ascending.
        predicted: (n,) classes.
        scores: by name, each (n,) float32.
        nearest: rows and distances, each (C, K), or None.
    """

    index: np.ndarray
    predicted: np.ndarray
    scores: dict[str, np.ndarray]
    nearest: tuple[np.ndarray, np.ndarray] | None = None


def write_scores(path: str | Path, table: ScoreTable) -> None:
    """Write scores.h5: ``index``, ``predicted``, a dataset per score, and the group ``nearest``."""
    with written_whole(path) as temporary, h5py.File(temporary, "w") as file:
        file["index"] = table.index
        file["predicted"] = table.predicted
        for name, values in table.scores.items():
            file[name] = values
        if table.nearest is not None:
            file["nearest/index"], file["nearest/distance"] = table.nearest


def read_scores(path: str | Path) -> ScoreTable:
    """Read scores.h5; raises InputError if it is not one."""
    try:
        with h5py.File(path, "r") as file:
            arrays = {name: file[name][:] for name in file if isinstance(file[name], h5py.Dataset)}
            nearest = (file["nearest/index"][:], file["nearest/distance"][:]) if "nearest" in file else None
            return ScoreTable(arrays.pop("index"), arrays.pop("predicted"), arrays, nearest)
    except (OSError, KeyError) as error:
        raise InputError(f"{path}: not a scores file with 'index' and 'predicted' ({error})") from error
