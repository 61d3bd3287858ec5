"""A disk that is full while a file is written: the system's word for it, one line, and no file."""

import errno
import os
import subprocess
import sys

import pytest

WRITERS = {
    "hdf5": "from activepool.named_arrays import write_arrays;"
    " write_arrays('{path}', {{'a': np.zeros(90000)}})",
    "csv": "from activepool.index_files import write_index;"
    " write_index('{path}', {{'index': np.arange(90000)}})",
    "json": "from activepool.files import write_json; write_json('{path}', list(range(90000)))",
    "safetensors": "from activepool.backbones.checkpoint import write_tensors; import torch;"
    " write_tensors('{path}', {{'a': torch.zeros(90000)}})",
    "state": "from activepool.training_state import StateFile; import torch;"
    " StateFile('{path}', '').write({{'a': torch.zeros(90000)}})",
}

STAGE = """
import argparse, resource, sys
from pathlib import Path
import numpy as np
from activepool.stages.parsing import StageParser
from activepool.stages.program import run

def main(arguments):
    resource.setrlimit(resource.RLIMIT_FSIZE, (65536, 65536))
    {write}

run(StageParser(""), main)
"""


@pytest.mark.parametrize("kind", WRITERS)
def test_a_full_disk_is_one_line_and_leaves_nothing(tmp_path, kind):
    path = tmp_path / "output"
    path.write_text("old")
    program = STAGE.format(write=WRITERS[kind].format(path=path))
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 2, done.stderr
    assert done.stderr == f"activepool: {path} cannot be written: {os.strerror(errno.EFBIG)}\n"
    assert [found.name for found in tmp_path.iterdir()] == ["output"]
    assert path.read_text() == "old"
