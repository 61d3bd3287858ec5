"""Several processes that train one network together, one on each GPU; or only this process.

A launcher (activepool.parallel.launch, or torchrun on several machines) starts the same program several
times, and numbers the processes by environment variables. Each process computes on its share of the same
batch; they exchange what concerns the whole batch.

Each process returns its own loss, and the objective is the mean of these: `Processes.parallel` averages the
gradients, and gradients pass through `Processes.sum` and `Processes.gather`.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch import distributed as process_group
from torch.distributed.rendezvous import rendezvous
from torch.nn.parallel import DistributedDataParallel

from activepool.compute.devices import resolve_device
from activepool.errors import InputError

if TYPE_CHECKING:
    from torch._C._distributed_c10d import Store  # torch.distributed.Store, where torch can be distributed

#: Exit status of a process that ends because another failed.
PEER_FAILED = 2


@dataclass(frozen=True)
class Processes:
    """The processes of a program, seen from that of number ``rank``, on the device ``cpu`` or ``cuda:N``."""

    rank: int = 0
    count: int = 1
    device: str = "cpu"

    @property
    def is_main(self) -> bool:
        """Whether this is the process that writes files and messages."""
        return self.rank == 0

    def share(self, size: int) -> slice:
        """Return this process's share of ``size`` rows; shares are consecutive and nearly equal."""
        first, end = (size * rank // self.count for rank in (self.rank, self.rank + 1))
        return slice(first, end)

    def sum(self, values: Tensor) -> Tensor:
        """Return the sum over the processes of a tensor that has the same shape in each."""
        return values if self.count == 1 else _Sum.apply(values)

    def mean(self, values: Tensor) -> Tensor:
        """Return the mean over the processes of a tensor that has the same shape in each."""
        return self.sum(values) / self.count

    def gather(self, rows: Tensor, size: int) -> Tensor:
        """Return the rows of all processes, (size, ...), from the `share` of each."""
        if self.count == 1:
            return rows
        # Not every backend gathers shares of different lengths; a sum with zeros is exact.
        all_rows = rows.new_zeros(size, *rows.shape[1:])
        all_rows[self.share(size)] = rows
        return self.sum(all_rows)

    def parallel(self, network: nn.Module) -> nn.Module:
        """Return ``network`` such that `backward` leaves the mean of the gradients over the processes.

        All processes have the weights of the main process. Each process keeps its own buffers.
        """
        if self.count == 1:
            return network
        devices = [torch.device(self.device)] if self.device != "cpu" else None
        return DistributedDataParallel(network, device_ids=devices, forward_sync_buffers=False)


class _Sum(torch.autograd.Function):
    """The sum over processes. The loss of each depends on it, so its gradient is the sum of theirs."""

    @staticmethod
    def forward(context: Any, values: Tensor) -> Tensor:
        total = values.clone(memory_format=torch.contiguous_format)
        process_group.all_reduce(total)
        return total

    @staticmethod
    def backward(context: Any, gradient: Tensor) -> Tensor:
        return _Sum.forward(context, gradient)


@contextmanager
def join_processes(device: str) -> Iterator[Processes]:
    """Join the other processes of this program, if there are any, and leave them in the end.

    A process that fails reports its error; the others end silently, with status PEER_FAILED. The device is
    ``auto``, ``cpu``, ``cuda`` or ``cuda:N``; each of several processes takes its own GPU.

    Raises: InputError if there are fewer GPUs than processes.
    """
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        yield Processes(device=resolve_device(device))
        return
    store, rank, count = next(rendezvous("env://"))
    try:
        processes = Processes(rank, count, _process_device(device))
        backend = "gloo" if processes.device == "cpu" else "nccl"
        process_group.init_process_group(backend, store=store, rank=rank, world_size=count)
        yield processes
    except Exception:
        if _peer_failed(store):
            # At once: a cleanup may wait for the process that is gone, or fail because of it.
            os._exit(PEER_FAILED)
        _leave_group()
        raise
    else:
        process_group.barrier()
        _leave_group()


def _process_device(device: str) -> str:
    resolved = resolve_device(device)
    if resolved == "cpu":
        return resolved
    place = int(os.environ.get("LOCAL_RANK", "0"))
    if resolved != "cuda" or place >= torch.cuda.device_count():
        raise InputError(
            f"processes: {os.environ.get('LOCAL_WORLD_SIZE', place + 1)} asked for on {resolved}, and there "
            f"are {torch.cuda.device_count()} GPUs; each process needs one of its own, and device: cuda"
        )
    torch.cuda.set_device(place)
    return f"cuda:{place}"


def _leave_group() -> None:
    if process_group.is_initialized():
        process_group.destroy_process_group()


def _peer_failed(store: "Store") -> bool:
    """Count this process among those that failed, and return whether another failed first."""
    try:
        return store.add("failures", 1) > 1
    except RuntimeError:  # the store ended with its process
        return True
