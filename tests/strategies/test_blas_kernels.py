"""The same picks in the same order, whichever kernels BLAS multiplies with."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

PROGRAM = Path(__file__).parents[1] / "kernel_picks.py"


def runnable_kernels():
    """Return kernels of OpenBLAS that this processor can run; they differ in the order of their sums."""
    features = np._core._multiarray_umath.__cpu_features__
    needed = {"Nehalem": "SSE42", "Haswell": "AVX2", "SkylakeX": "AVX512_SKX"}
    return [kernel for kernel, feature in needed.items() if features.get(feature)]


def picks_with(kernel):
    environment = os.environ | {"OPENBLAS_CORETYPE": kernel, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, str(PROGRAM), "--labelled", "20", "--rounds", "4"]
    done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    result = json.loads(done.stdout)
    assert result["kernels"] == [kernel]
    return result["picks"]


@pytest.mark.skipif(len(runnable_kernels()) < 2, reason="OpenBLAS has one kernel for this processor")
def test_every_strategy_picks_the_same_with_every_kernel():
    first, *others = [picks_with(kernel) for kernel in runnable_kernels()]
    for other in others:
        assert other == first
