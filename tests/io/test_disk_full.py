"""A disk that is full while a file is written: the system's word for it, one line, and no file."""

import errno
import json
import os
import subprocess
import sys

import pytest

WRITERS = {
    "hdf5": "from activepool.io.hdf5 import write_arrays; write_arrays('{path}', {{'a': np.zeros(90000)}})",
    "csv": "from activepool.io.index_files import write_index;"
    " write_index('{path}', {{'index': np.arange(90000)}})",
    "json": "from activepool.io.files import write_json; write_json('{path}', list(range(90000)))",
    "safetensors": "from activepool.backbones.checkpoint import write_tensors; import torch;"
    " write_tensors('{path}', {{'a': torch.zeros(90000)}})",
    "state": "from activepool.io.training_state import StateFile; import torch;"
    " StateFile('{path}', '').write({{'a': torch.zeros(90000)}})",
}

STAGE = """
import resource
from pathlib import Path
import numpy as np
from activepool.programs.stage import stage

@stage
def write() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))
    {write}

write.run()
"""


@pytest.mark.parametrize("kind", WRITERS)
def test_a_full_disk_is_one_line_and_leaves_nothing(tmp_path, kind):
    path = tmp_path / "output"
    path.write_text("old")
    program = STAGE.format(write=WRITERS[kind].format(path=path), limit=65536)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 2, done.stderr
    assert done.stderr == f"activepool: {path} cannot be written: {os.strerror(errno.EFBIG)}\n"
    assert [entry.name for entry in tmp_path.iterdir()] == ["output"]
    assert path.read_text() == "old"


#: Parts of many sizes, as in features.h5; the whole has about 100 kB.
PARTS = """from activepool.io.hdf5 import written_hdf5; import h5py
    with written_hdf5('{path}') as file:
        file.attrs['class_names'] = ['cat', 'dog']
        for name, rows in (('train', 2000), ('test', 100)):
            group = file.create_group(name)
            group['labels'] = np.arange(rows)
            features = group.create_dataset('features', (rows, 16), np.float16)
            sources = group.create_dataset('sources', rows, h5py.string_dtype())
            for start in range(0, rows, 50):
                features[start:start + 50] = np.ones((50, 16))
                sources[start:start + 50] = [f'{{name}}/{{row}}' for row in range(start, start + 50)]"""


#: The stage in a fork for each limit, until it succeeds; a line says how it ended and what it left.
FORKS = """
import json, os, sys
limit, ended = 10, None
while ended != 0:
    reads, writes = os.pipe()
    if os.fork() == 0:
        os.dup2(writes, 2)
        write.run()
        sys.exit()
    os.close(writes)
    with open(reads) as stream:
        said = stream.read()
    ended = os.waitstatus_to_exitcode(os.wait()[1])
    print(json.dumps([limit, ended, said, os.listdir({folder!r})]), flush=True)
    limit = round(limit * 1.9)
"""


def test_a_disk_that_is_full_at_any_byte_of_an_hdf5_file(tmp_path):
    path = tmp_path / "output"
    head, _, _ = STAGE.rpartition("write.run()")
    program = head.format(write=PARTS.format(path=path), limit="limit") + FORKS.format(folder=str(tmp_path))
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    *failures, (limit, ended, _, remaining) = map(json.loads, done.stdout.splitlines())
    assert len(failures) > 10
    line = f"activepool: {path} cannot be written: {os.strerror(errno.EFBIG)}\n"
    for _, *failure in failures:
        assert failure == [2, line, []]
    assert (ended, remaining) == (0, ["output"])
    assert path.stat().st_size <= limit
