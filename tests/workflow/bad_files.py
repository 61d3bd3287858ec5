"""A small run with intact files, one of which a test damages; and the answer of a stage."""

import json
import os
import runpy
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import h5py
import numpy as np
import pytest
from PIL import Image

from activepool.data.manifest import load
from activepool.data.samples import write_samples
from activepool.heads.linear import LinearHead, write_head
from activepool.io.index_files import write_index
from activepool.io.score_files import ScoreTable, write_scores

#: Classes of the small run, the width of its features, and the rows of its parts.
CLASSES, WIDTH, ROWS = ["ant", "bee", "cat"], 5, {"train": 30, "test": 9}

#: Rows of the train part: the validation split, the labelled set, and the pool that is left.
VALIDATION, LABELLED = np.arange(6), np.arange(10, 16)
POOL = np.setdiff1d(np.arange(ROWS["train"]), [*VALIDATION, *LABELLED])

#: Makes a bad input in the working folder; may return options of the program that differ from COMMANDS.
Spoil = Callable[[], dict[str, Any] | None]


class Bad(NamedTuple):
    """A bad input: a name, the stage that meets it, what makes it, and what the one line must say."""

    name: str
    stage: str
    spoil: Spoil
    words: str


SPLITS = {"validation": "validation.csv", "labelled": "labelled.csv"}
ROUND = {**SPLITS, "features": "features.h5", "seed": 0, "round": 1}

#: How each stage is called when all is in order.
COMMANDS: dict[str, dict[str, Any]] = {
    "embeddings": {"source": {"path": "given.h5"}, "features": "out/features.h5"},
    "dataset": {
        "source": {"kind": "manifest", "options": {"path": "manifest.csv"}},
        "dataset": "out/dataset.h5",
        "unreadable": "out/unreadable.csv",
    },
    "validation": {"samples": "features.h5", "fraction": 0.2, "seed": 0, "validation": "out/validation.csv"},
    "initial_labelled": {
        **{"samples": "features.h5", "validation": "validation.csv", "kind": "random", "size": 5, "seed": 0},
        **{"selected": "out/selected.csv", "labelled": "out/labelled.csv"},
    },
    "train": {**ROUND, "recipe": {"solver": "lbfgs"}, "head": "out/head.h5", "metrics": "out/metrics.json"},
    "score": {
        **SPLITS,
        **{"features": "features.h5", "head": "head.h5", "head-scores": "margin", "scores": "out/scores.h5"},
    },
    "select": {
        **ROUND,
        **{"strategy": "margin", "head": "head.h5", "scores": "scores.h5", "budget": 4},
        **{"selected": "out/selected.csv", "labelled-with-picks": "out/labelled.csv"},
    },
    "extract": {
        "dataset": "dataset.h5",
        "backbone": {"name": "small", "image_size": 8},
        "checkpoint": "small.pth",
        "device": "cpu",
        "extraction": {},
        "features": "out/shard.h5",
    },
}


def write_small_run() -> None:
    """Write into the working folder all that COMMANDS read, but for the checkpoint."""
    draws = np.random.default_rng(0)
    for name in ("given.h5", "features.h5"):
        with h5py.File(name, "w") as file:
            for part, rows in ROWS.items():
                file[f"{part}/features"] = draws.normal(size=(rows, WIDTH)).astype(np.float32)
                file[f"{part}/labels"] = np.arange(rows) % len(CLASSES)
                file[f"{part}/sources"] = [f"{part}/{row}" for row in range(rows)]
            file.attrs["class_names"] = CLASSES
    write_index("validation.csv", {"index": VALIDATION})
    write_index("labelled.csv", {"index": LABELLED})
    weight, bias = (draws.normal(size=(3, *shape)).astype(np.float32) for shape in ((WIDTH,), ()))
    write_head("head.h5", LinearHead(weight, bias))
    margins = {"margin": draws.random(len(POOL)).astype(np.float32)}
    write_scores("scores.h5", ScoreTable(POOL, np.zeros(len(POOL), dtype=np.int32), margins))
    for number in range(9):
        write_image(f"images/{number}.png")
    rows = [f"{number}.png,{CLASSES[number % 3]},{'test' if number > 5 else 'train'}" for number in range(9)]
    manifest(*(f"images/{row}" for row in rows))()
    write_samples("dataset.h5", load("manifest.csv"))


def write_weights(path: str = "small.pth", **changes: Any) -> None:
    """Write a checkpoint of the backbone that COMMANDS name, with some of its entries changed."""
    import torch

    from activepool.backbones.registry import build

    torch.manual_seed(0)
    torch.save({**build("small", 8, 3).network.state_dict(), **changes}, path)


def write_image(path: str) -> None:
    """Write an image of noise, another for each path."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(list(path.encode())).integers(0, 256, (9, 8, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path)


def words_of(stage: str, **changes: Any) -> list[str]:
    """Return the words of a stage's command line."""
    words = []
    for name, value in {**COMMANDS[stage], **changes}.items():
        if value is not None:
            values = value if isinstance(value, list) else [value]
            words += [
                f"--{name}",
                *(json.dumps(item) if isinstance(item, dict) else str(item) for item in values),
            ]
    return words


def run_stage(stage: str, **changes: Any) -> int:
    """Run a stage's program in this process, as its command line would; return its exit status."""
    words = [stage, *words_of(stage, **changes)]
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        patch.setattr("sys.argv", words)
        # That the module is run a second time.
        warnings.filterwarnings("ignore", message=".*found in sys.modules", module="runpy")
        warnings.filterwarnings("ignore", category=RuntimeWarning, module="<frozen runpy>")
        try:
            runpy.run_module(f"activepool.stages.{stage}", run_name="__main__")
        except SystemExit as stopped:
            return stopped.code
    return 0


def line_for(bad: Bad, capsys: pytest.CaptureFixture[str], problems: int = 1) -> str:
    """Return the one line that a bad input gets in the working folder, or one for each of its problems.

    No file is added to the folder.
    """
    changes = bad.spoil() or {}
    before = files_here()
    capsys.readouterr()
    with warnings.catch_warnings(record=True) as remarks:
        warnings.simplefilter("always")
        status = run_stage(bad.stage, **changes)
    printed = capsys.readouterr()
    assert status == 2, printed.err
    assert printed.out == ""
    assert printed.err.count("\n") == problems, printed.err
    assert all(line.startswith("activepool: ") for line in printed.err.splitlines()), printed.err
    assert [str(remark.message) for remark in remarks if "runpy" not in remark.filename] == []
    assert files_here() == before
    return printed.err


def files_here() -> set[Path]:
    """Return all files below the working folder, hidden ones too."""
    return {Path(folder, name) for folder, _, names in os.walk(".") for name in names}


# What makes bad inputs: each returns a function for a row of a table.


def chain(*spoils: Spoil) -> Spoil:
    """Do one after the other; the options are those of the last."""
    return lambda: [spoil() for spoil in spoils][-1]


def options(**changes: Any) -> Spoil:
    """Call the stage with other options."""
    return lambda: changes


def content(path: str, text: bytes | str) -> Spoil:
    """Put another content into a file."""
    text = text.encode() if isinstance(text, str) else text

    def spoil() -> None:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_bytes(text)

    return spoil


def cut(path: str) -> Spoil:
    """Leave half of a file."""
    return lambda: os.truncate(path, Path(path).stat().st_size // 2)


def gone(path: str) -> Spoil:
    """Leave a file out."""
    return lambda: Path(path).unlink()


def values(path: str, name: str, array: Any = None, **form: Any) -> Spoil:
    """Replace a dataset of an HDF5 file, or leave it out."""

    def spoil() -> None:
        with h5py.File(path, "a") as file:
            if name in file:
                del file[name]
            if array is not None:
                file.create_dataset(name, data=array, **form)

    return spoil


def link(path: str, name: str, target: Any) -> Spoil:
    """Put a link in the place of a dataset of an HDF5 file."""

    def spoil() -> None:
        values(path, name)()
        with h5py.File(path, "a") as file:
            file[name] = target

    return spoil


def attribute(path: str, name: str, value: Any) -> Spoil:
    """Set an attribute of an HDF5 file."""

    def spoil() -> None:
        with h5py.File(path, "a") as file:
            file.attrs[name] = value

    return spoil


def manifest(*rows: str, header: str = "path,label,split") -> Spoil:
    """Write another manifest."""
    return content("manifest.csv", "\n".join([header, *rows]) + "\n")


def images(kind: str, on_unreadable: str = "stop", **settings: Any) -> Spoil:
    """Read another dataset."""
    return options(source={"kind": kind, "options": settings, "on_unreadable": on_unreadable})
