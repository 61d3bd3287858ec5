"""Two processes, on gloo and CPUs, give what one gives with the same batch."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
import trainings
from safetensors.torch import load_file

from activepool.parallel.distributed import Processes

HERE = Path(__file__).parent
LIBRARY = HERE.parents[1] / "workflow"


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """The folder that one process wrote, and that of two."""
    one, two = tmp_path_factory.mktemp("one"), tmp_path_factory.mktemp("two")
    for folder in (one, two):
        trainings.prepare(folder)
    trainings.write_trainings(one, Processes())
    command = [sys.executable, "-m", "activepool.parallel.launch", "--processes", "2", "trainings", str(two)]
    environment = os.environ | {"PYTHONPATH": f"{LIBRARY}:{HERE}", "OMP_NUM_THREADS": "2"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=1000)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("epoch 1 of 3") == len(trainings.TRAININGS), done.stderr
    return one, two


@pytest.mark.parametrize("name", trainings.TRAININGS)
def test_the_curve_is_that_of_one_process(folders, name):
    one, two = (pd.read_csv(folder / f"{name}.csv") for folder in folders)
    tolerance = 1e-4 if name in trainings.IN_FLOAT32 else 0.1
    pd.testing.assert_frame_equal(one, two, check_exact=False, rtol=tolerance)
    assert np.isfinite(one["loss"]).all() and one["loss"].nunique() == 3


@pytest.mark.parametrize("name", trainings.IN_FLOAT32)
def test_the_weights_are_those_of_one_process(folders, name):
    one, two = (load_file(folder / f"{name}.safetensors") for folder in folders)
    assert one.keys() == two.keys()
    for key in one:
        torch.testing.assert_close(one[key], two[key], rtol=1e-3, atol=1e-4)


def test_gradients_of_the_whole_batch_reach_each_share(folders):
    expected = trainings.gradients(Processes())
    for rank in range(2):
        content = torch.load(folders[1] / f"gradients{rank}.pt")
        assert content.keys() == expected.keys()
        for name, values in expected.items():
            torch.testing.assert_close(content[name], values, rtol=1e-4, atol=1e-5)


def test_two_processes_leave_the_same_files_as_one(folders):
    names = {path.name for path in folders[1].iterdir()} - {"gradients0.pt", "gradients1.pt"}
    assert names == {path.name for path in folders[0].iterdir()}


def test_one_process_knows_what_two_have_trained(folders, tmp_path, capsys):
    folder = shutil.copytree(folders[1], tmp_path / "two")
    trainings.write_trainings(folder, Processes())
    assert capsys.readouterr().err.count("all 3 epochs were there already") == len(trainings.TRAININGS)
