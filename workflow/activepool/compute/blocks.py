"""Devices and workers: arrays are computed in blocks, with the same result on any number of threads.

Floating-point sums depend on how a library splits them over threads. This module splits the work itself: it
cuts the rows into blocks of fixed size, computes each block on one thread, and joins the results in the order
of the blocks. The result has the same bits for any number of workers.

Numerical code takes its functions from the array namespace of its arguments: NumPy on a CPU (importing torch
would cost seconds in each short job), torch on a GPU.
"""

import ctypes
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sized
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, Protocol, TypeVar

import numpy as np
from threadpoolctl import ThreadpoolController

#: Rows that are computed at once: large enough for the matrix product, small enough for the cache.
BLOCK_ROWS = 4096

#: The same for rows in float64.
ROWS64 = BLOCK_ROWS // 4

#: Rows of a block that are read at once where only their product is kept: a new process asks for less memory,
#: and more of it stays in the cache.
READ_ROWS = 512

#: A NumPy array on a CPU, a torch tensor on a GPU; they share the array standard, but no type.
Array = Any

#: Parameters of glibc's mallopt: the number of arenas, the number of arrays in mappings of their own, and the
#: free memory that a process keeps.
M_ARENA_MAX, M_MMAP_MAX, M_TRIM_THRESHOLD = -8, -4, -1
INT_MAX = 2**31 - 1

Item = TypeVar("Item")
Result = TypeVar("Result")


class Mapping(Protocol):
    """A function like `Compute.map`."""

    def __call__(self, function: Callable[[Item], Result], items: Iterable[Item], /) -> Iterator[Result]:
        """Yield ``function(item)`` in the order of ``items``."""


def row_blocks(rows: int, size: int) -> list[slice]:
    """Cut ``range(rows)`` into consecutive slices of ``size`` (the last may be shorter)."""
    return [slice(start, min(start + size, rows)) for start in range(0, rows, size)]


def in_blocks(mapping: Mapping, function: Callable[[slice], None], rows: int, size: int) -> None:
    """Call ``function``, which stores its results itself, with each of `row_blocks`."""
    for _ in mapping(function, row_blocks(rows, size)):
        pass


@dataclass(frozen=True)
class Compute:
    """A device and a number of worker threads.

    Attributes:
        device: ``"cpu"``, or a torch device such as ``"cuda"``.
        workers: threads that compute blocks; they change the time, never the result.
        keeps_memory: whether freed memory stays in this process: good for a stage, bad for a user's session.
    """

    device: str = "cpu"
    workers: int = 1
    keeps_memory: bool = True

    def array(self, values: np.ndarray) -> Array:
        """Return ``values`` on the device: the same NumPy array on a CPU, a torch tensor elsewhere."""
        if self.device == "cpu":
            return values
        import torch

        return torch.from_numpy(np.ascontiguousarray(values)).to(self.device)

    def map(self, function: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
        """Yield ``function(item)`` in the order of ``items``, computed on the workers.

        Each call runs with BLAS on one thread. At most two results per worker wait in memory.
        """
        with self.mapping() as mapping:
            yield from mapping(function, items)

    @contextmanager
    def mapping(self) -> Iterator[Mapping]:
        """Yield a function like `map`, for many short calls: threads and BLAS are set up once."""

        def mapping(function: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
            if isinstance(items, Sized) and len(items) == 1:
                yield from map(function, items)
                return
            futures: deque[Future[Result]] = deque()
            for item in items:
                futures.append(executor.submit(function, item))
                if len(futures) >= 2 * self.workers:
                    yield futures.popleft().result()
            while futures:
                yield futures.popleft().result()

        if self.keeps_memory:
            keep_freed_memory()
        with one_blas_thread():
            if self.workers == 1:
                yield map
                return
            with ThreadPoolExecutor(self.workers) as executor:
                yield mapping


def one_blas_thread() -> AbstractContextManager[object]:
    """Return a context in which each matrix product runs on one thread."""
    limit: AbstractContextManager[object] = _thread_pools(len(sys.modules)).limit(limits=1)
    return limit


@contextmanager
def torch_threads(count: int) -> Iterator[None]:
    """Let torch compute on this many threads, and restore their number at the end."""
    import torch

    previous = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(previous)


@lru_cache(maxsize=1)
def _thread_pools(modules: int) -> ThreadpoolController:
    """Return the libraries that have threads; finding them takes 3 ms, and only new modules load more."""
    return ThreadpoolController()


@cache
def keep_freed_memory() -> None:
    """Keep freed memory in this process for its next arrays, where the C library is glibc.

    By default glibc returns the memory of a large array to the system at once, which must find and clear as
    much for the next one. This takes half of the CPU time of a training step of a small network, and half of
    the time in which a block of features is read. Threads share one arena, or each would keep its own.
    """
    library = ctypes.CDLL(None)
    if hasattr(library, "mallopt"):
        library.mallopt(M_ARENA_MAX, 1)
        library.mallopt(M_MMAP_MAX, 0)
        library.mallopt(M_TRIM_THRESHOLD, INT_MAX)


def array_namespace(array: Array) -> Any:
    """Return the functions of the array standard for an array: NumPy itself, or torch by array_api_compat.

    NumPy follows the standard since 2.1; importing array_api_compat for it would cost each job 0.1 s.
    """
    if isinstance(array, np.ndarray):
        return np
    import array_api_compat

    return array_api_compat.array_namespace(array)


def to_numpy(values: Array) -> np.ndarray:
    """Return a NumPy array of ``values``, from whichever device it is on."""
    array: np.ndarray = values if isinstance(values, np.ndarray) else values.detach().cpu().numpy()
    return array
