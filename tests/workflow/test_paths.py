"""One run in which every path is as odd as the file system allows, in a locale that is not UTF-8."""

import os
import shutil
import subprocess
import sys

import pytest
import torch
import yaml
from PIL import Image
from workflow_runs import REPOSITORY

from activepool.backbones.registry import build

pytestmark = pytest.mark.long

ODD = " {lab} 'q' \"d\" $HOME `x` [x] é \\t; & *"

STRATEGY = '''
import numpy as np

from activepool.strategies.declaration import strategy
from activepool.strategies.query import Query, Selection


@strategy(source="here", scores=("margin",))
def surest(query: Query) -> Selection:
    """Largest margin."""
    return Selection(query.unlabelled[np.argsort(-query.scores["margin"], kind="stable")[: query.budget]])
'''

CONFIGURATION = {
    "experiment": "trial",
    "dataset": {"kind": "folder", "root": f"-photos{ODD}", "annotations": f"-bought{ODD}.csv"},
    "backbone": {"architecture": "small", "image_size": 8, "checkpoint": f"-weights{ODD}.pth"},
    "validation": {"fraction": 0.25},
    "initial": {"kind": "balanced", "size": 2},
    "budget": 2,
    "rounds": 2,
    "seeds": 1,
    "strategies": [f"-mine{ODD}.py:surest"],
    "head": {"solver": "lbfgs"},
    "device": "cpu",
}

#: What the last round makes, and a picture of what it picked.
TARGETS = (
    "results/trial/surest/seed0/round01/metrics.json",
    "results/trial/figures/contact_sheet_surest.png",
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A working folder of an odd name, with odd names in it, and a clone beside it."""
    path = tmp_path_factory.mktemp("odd") / f"work{ODD}"
    for number, name in enumerate(["ant {x} é", "bee'\"$HOME"]):
        for part, size in (("train", 12), ("test", 4)):
            images = path / f"-photos{ODD}" / part / name
            images.mkdir(parents=True)
            for image in range(size):
                colour = (80 * number + image, 90, 40)
                Image.new("RGB", (8, 8), colour).save(images / f"-{image:02} {{n}} ü.png")
    path.joinpath(f"-bought{ODD}.csv").write_text("source,label\n", encoding="utf-8")
    path.joinpath(f"-mine{ODD}.py").write_text(STRATEGY, encoding="utf-8")
    path.joinpath("-trial.yaml").write_text(yaml.safe_dump(CONFIGURATION), encoding="utf-8")
    write_weights(path)
    for name in ("workflow", "profiles", "envs"):
        shutil.copytree(REPOSITORY / name, clone(path) / name)
    shutil.copy2(REPOSITORY / "Snakefile", clone(path))
    snakemake(path)
    return path


def write_weights(path):
    torch.save(build("small", 8, 3).network.state_dict(), path / f"-weights{ODD}.pth")


def clone(path):
    return path.with_name(f"clone{ODD}")


def snakemake(path, *arguments):
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(clone(path) / "Snakefile"), *TARGETS]
    # Relative paths: in the locale C Snakemake is started a second time, when it works in the folder already.
    command += ["--cores", "2", "--directory", path.name, "--configfile", f"{path.name}/-trial.yaml"]
    done = subprocess.run(
        [*command, *arguments],
        cwd=path.parent,
        env={**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0"},
        capture_output=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_what_was_picked_has_its_name(folder):
    lines = (folder / TARGETS[0]).with_name("selected.csv").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 3 and "ü.png" in lines[1]


def test_weights_that_snakemake_cannot_name_count_by_their_content(folder):
    os.utime(folder / f"-weights{ODD}.pth")
    assert "Nothing to be done" in snakemake(folder, "--dry-run")
    write_weights(folder)
    assert "rule extract:" in snakemake(folder, "--dry-run")
