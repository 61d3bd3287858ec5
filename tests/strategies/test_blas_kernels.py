"""The same picks in the same order, whichever kernels BLAS multiplies with."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from kernel_picks import runnable_kernels

PROGRAM = Path(__file__).parents[1] / "kernel_picks.py"


def picks_with(kernel, rounds):
    environment = os.environ | {"OPENBLAS_CORETYPE": kernel, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, str(PROGRAM), "--labelled", "20", "--rounds", str(rounds)]
    done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    result = json.loads(done.stdout)
    assert result["kernels"] == [kernel]
    return result["picks"]


@pytest.mark.skipif(len(runnable_kernels()) < 2, reason="OpenBLAS has one kernel for this processor")
@pytest.mark.parametrize("rounds", [2, pytest.param(4, marks=pytest.mark.long)])
def test_every_strategy_picks_the_same_with_every_kernel(rounds):
    first, *others = [picks_with(kernel, rounds) for kernel in runnable_kernels()]
    for other in others:
        assert other == first
