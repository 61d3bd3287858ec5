"""Writing of HDF5 files, which appear complete or not at all."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import h5py
from h5py import h5f, h5p

from activepool.io.files import DISK_FULL, written_whole

#: The oldest HDF5 format in which the names of more than 4,000 classes fit into one attribute. In this format
#: HDF5 stores the time in groups that it creates implicitly; create_group does not, so create groups with it.
FORMAT_BOUNDS = (h5f.LIBVER_V18, h5f.LIBVER_LATEST)

#: Files that met a full disk. They stay open: HDF5 would try to finish them on closing, and crash.
_unfinished: list[h5py.File | None] = []


@contextmanager
def written_hdf5(path: str | Path) -> Iterator[h5py.File]:
    """Yield a new HDF5 file that becomes ``path`` on success; on failure nothing of it is left.

    Raises: OSError with the system's error number and the path if the file cannot be created, or HDF5 failed
    on a full disk. After a full disk the process must end by os._exit, or HDF5 tries again to finish the
    file.
    """
    with written_whole(path) as temporary:
        file = None
        try:
            file = _create(temporary)
            yield file
            file.flush()
        except (OSError, RuntimeError) as error:
            number = _disk_full_number(error)
            if number is None:
                raise
            _unfinished.append(file)
            file = None
            temporary.write_bytes(b"")  # a removed file that is open keeps its space
            raise OSError(number, os.strerror(number), str(path)) from error
        finally:
            if file is not None:
                file.close()


def _create(path: Path) -> h5py.File:
    """Return a new file that writes its data at once, so that a failure raises an exception.

    By default HDF5 holds small writes back until it closes a dataset, where Python cannot raise.
    """
    access, creation = h5p.create(h5p.FILE_ACCESS), h5p.create(h5p.FILE_CREATE)
    access.set_libver_bounds(*FORMAT_BOUNDS)
    access.set_sieve_buf_size(0)
    creation.set_obj_track_times(False)
    path.touch()  # whose error, unlike that of HDF5, names the file
    return h5py.File(h5f.create(os.fsencode(path), h5f.ACC_TRUNC, fapl=access, fcpl=creation))


def _disk_full_number(error: Exception) -> int | None:
    """Return the system's error number if HDF5 failed on a full disk; None for any other error."""
    match = re.search(r"errno = (\d+)", str(error))
    return int(match[1]) if match and int(match[1]) in DISK_FULL else None
