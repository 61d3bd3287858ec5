"""Batch normalisation with the statistics of all processes, or of groups of the batch.

`share` takes the statistics over the batch of all processes, which then compute what one process would.
`split` takes them over groups of the batch, as if each group were on its own GPU. The names of the weights do
not change.
"""

import torch
from torch import Tensor, nn
from torch.nn.functional import batch_norm
from torch.nn.modules.batchnorm import _BatchNorm

from activepool.errors import InputError
from activepool.parallel.distributed import Processes

#: The classes that can be replaced; a class derived from one of them may do more than normalise.
PLAIN_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)


def share(network: nn.Module, processes: Processes) -> nn.Module:
    """Return ``network`` with batch normalisation over the batch of all processes.

    On GPUs it uses torch's SyncBatchNorm, which does not run on CPUs; on these `SharedBatchNorm`.

    Raises: InputError if the network has batch normalisation of another class.
    """
    if processes.count == 1:
        return network
    norms = _batch_norms(network)
    if processes.device != "cpu":
        shared: nn.Module = nn.SyncBatchNorm.convert_sync_batchnorm(network)
        return shared
    for norm in norms:
        # The new class has the same weights and buffers; only `forward` differs.
        norm.__class__ = SharedBatchNorm
        assert isinstance(norm, SharedBatchNorm)
        norm.processes = processes
    return network


def split(network: nn.Module, groups: int) -> None:
    """Make batch normalisation in ``network`` treat each batch as ``groups`` batches of equal size.

    Raises: InputError if the network has batch normalisation of another class.
    """
    for norm in _batch_norms(network) if groups > 1 else []:
        norm.__class__ = SplitBatchNorm
        assert isinstance(norm, SplitBatchNorm)
        norm.groups = groups


def mean_statistics(network: nn.Module, processes: Processes) -> None:
    """Set the running statistics to their mean over the processes, each of which has its own groups."""
    for module in network.modules():
        if isinstance(module, SplitBatchNorm):
            module.running_mean.copy_(processes.mean(module.running_mean))
            module.running_var.copy_(processes.mean(module.running_var))


class _PlainBatchNorm(_BatchNorm):
    """A batch normalisation that `_batch_norms` has accepted: it has weights, statistics and a momentum."""

    momentum: float
    running_mean: Tensor
    running_var: Tensor
    num_batches_tracked: Tensor

    def _check_input_dim(self, values: Tensor) -> None:
        """Take any number of dimensions."""


class SharedBatchNorm(_PlainBatchNorm):
    """Batch normalisation over the batch of all processes, for CPUs; it computes in float32."""

    processes: Processes

    def forward(self, inputs: Tensor) -> Tensor:
        """Normalise (B, C, ...); in training with the statistics over all processes."""
        if not self.training:
            return super().forward(inputs)
        values = inputs.float()
        axes = [axis for axis in range(values.ndim) if axis != 1]
        shape = [-1 if axis == 1 else 1 for axis in range(values.ndim)]
        count = self.processes.sum(values.new_tensor(values.numel() / values.shape[1]))
        mean = self.processes.sum(values.sum(axes)) / count
        centred = values - mean.reshape(shape)
        variance = self.processes.sum(centred.square().sum(axes)) / count
        _update_statistics(self, mean, variance * count / (count - 1))
        normalised = centred / (variance + self.eps).sqrt().reshape(shape)
        return (normalised * self.weight.reshape(shape) + self.bias.reshape(shape)).to(inputs.dtype)


class SplitBatchNorm(_PlainBatchNorm):
    """Batch normalisation of each of ``groups`` equal, consecutive parts of a batch by itself."""

    groups: int

    def forward(self, values: Tensor) -> Tensor:
        """Normalise (B, C, ...); B must be a multiple of the groups when training."""
        if not self.training:
            return super().forward(values)
        means, variances = (
            statistic.repeat(self.groups, 1) for statistic in (self.running_mean, self.running_var)
        )
        parts = [
            batch_norm(part, mean, variance, self.weight, self.bias, True, self.momentum, self.eps)
            for part, mean, variance in zip(values.chunk(self.groups), means, variances, strict=True)
        ]
        self.running_mean.copy_(means.mean(0))
        self.running_var.copy_(variances.mean(0))
        self.num_batches_tracked.add_(1)
        return torch.cat(parts)


@torch.no_grad()
def _update_statistics(norm: _PlainBatchNorm, mean: Tensor, variance: Tensor) -> None:
    norm.running_mean.lerp_(mean, norm.momentum)
    norm.running_var.lerp_(variance, norm.momentum)
    norm.num_batches_tracked.add_(1)


def _batch_norms(network: nn.Module) -> list[_BatchNorm]:
    norms = [module for module in network.modules() if isinstance(module, _BatchNorm)]
    for norm in norms:
        parts = (norm.weight, norm.running_mean, norm.momentum)
        if type(norm) not in PLAIN_NORMS or any(part is None for part in parts):
            raise InputError(
                f"backbone: has a {type(norm).__name__} that can neither be shared by processes nor be split "
                "into groups; use simclr in one process, or batch_norm_groups: 1"
            )
    return norms
