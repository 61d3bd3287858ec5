"""HDF5 files that appear whole or not at all."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import h5py

from activepool.files import DISK_FULL, written_whole

#: The oldest HDF5 format in which the names of more than 4,000 classes fit into one attribute. In this format
#: HDF5 notes the time in groups that it makes in passing: make them with create_group, which does not.
FORMAT = "v108"


@contextmanager
def written_hdf5(path: str | Path) -> Iterator[h5py.File]:
    """Yield a new HDF5 file that becomes ``path`` on success; on failure nothing is left of it.

    Raises: OSError with the system's number of the error, where a full disk made HDF5 fail.
    """
    with written_whole(path) as temporary:
        try:
            with h5py.File(temporary, "w", libver=FORMAT) as file:
                yield file
        except (OSError, RuntimeError) as error:
            told = re.search(r"errno = (\d+)", str(error))
            if told and int(told[1]) in DISK_FULL:
                number = int(told[1])
                raise OSError(number, os.strerror(number), str(path)) from error
            raise
