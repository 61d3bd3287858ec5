"""One process in a group of its own: the layers of several processes, on gloo or NCCL, change nothing."""

import pytest
import torch
from devices import difference
from torch import distributed, nn
from torch.nn.parallel import DistributedDataParallel

from activepool.parallel.batch_norm import share
from activepool.parallel.distributed import Processes


@pytest.fixture(params=[("gloo", "cpu"), pytest.param(("nccl", "cuda:0"), marks=pytest.mark.gpu)])
def device(request, tmp_path):
    backend, device = request.param
    distributed.init_process_group(backend, init_method=f"file://{tmp_path}/store", rank=0, world_size=1)
    yield device
    distributed.destroy_process_group()


class Grouped(Processes):
    """One process, that computes as one of several does."""

    def share(self, size):
        return slice(0, size)

    def mean(self, values):
        return self.sum(values)


def gradients(device, processes):
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.Flatten(), nn.Linear(288, 5))
    network = network.to(device)
    parallel = processes.parallel(share(network, processes))
    batch = torch.randn(10, 3, 8, 8, generator=torch.Generator().manual_seed(1)).to(device)
    outputs = processes.gather(parallel(batch), len(batch))
    processes.sum(outputs.square().mean()).backward()
    return parallel, {name: values.grad.cpu() for name, values in network.named_parameters()}


def test_gradients_are_those_of_the_process_alone(device):
    _, expected = gradients(device, Processes(device=device))
    parallel, parallel_gradients = gradients(device, Grouped(count=2, device=device))
    assert isinstance(parallel, DistributedDataParallel)
    assert parallel_gradients.keys() == expected.keys()
    for name, values in expected.items():
        # The gradient of the bias before batch normalisation is only rounding.
        if name != "0.bias":
            assert difference(parallel_gradients[name], values) < 1e-3
