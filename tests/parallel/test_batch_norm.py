import pytest
import torch
from torch import nn

from activepool.errors import InputError
from activepool.parallel.batch_norm import SharedBatchNorm, SplitBatchNorm, share, split
from activepool.parallel.distributed import Processes


def network():
    torch.manual_seed(0)
    norm = nn.BatchNorm2d(3)
    nn.init.normal_(norm.weight)
    nn.init.normal_(norm.bias)
    return nn.Sequential(norm, nn.ReLU())


def images(size=8):
    return torch.randn(size, 3, 4, 4, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("groups", [1, 2, 4])
def test_each_group_is_normalised_by_itself(groups):
    plain, parted = network(), network()
    split(parted, groups)
    expected = torch.cat([plain(part) for part in images().chunk(groups)])
    assert torch.allclose(parted(images()), expected, atol=1e-6)
    assert type(parted[0]) is (SplitBatchNorm if groups > 1 else nn.BatchNorm2d)


def test_running_statistics_are_the_mean_over_groups():
    parted = network()
    split(parted, 2)
    parted(images())
    learned = []
    for part in images().chunk(2):
        plain = network()
        plain(part)
        learned.append(plain[0])
    for name in ("running_mean", "running_var"):
        expected = (getattr(learned[0], name) + getattr(learned[1], name)) / 2
        assert torch.allclose(getattr(parted[0], name), expected, atol=1e-6)
    assert int(parted[0].num_batches_tracked) == 1


def test_nothing_but_training_differs():
    plain, parted = network(), network()
    split(parted, 4)
    assert parted.state_dict().keys() == plain.state_dict().keys()
    assert torch.equal(parted.eval()(images()), plain.eval()(images()))


def test_shared_statistics_of_one_process_are_plain_ones():
    """What two processes share is tested in pretraining/test_processes.py."""
    plain, shared = network(), network()
    shared[0].__class__ = SharedBatchNorm
    shared[0].processes = Processes()
    for norm in (plain, shared):
        inputs = images().requires_grad_()
        norm(inputs).square().sum().backward()
        norm.seen = inputs.grad
    assert torch.allclose(plain.seen, shared.seen, atol=1e-4)
    for name, values in plain.state_dict().items():
        assert torch.allclose(shared.state_dict()[name], values, atol=1e-6)
    assert torch.allclose(plain[0].weight.grad, shared[0].weight.grad, atol=1e-4)


def test_one_process_has_nothing_to_share():
    plain = network()
    assert share(plain, Processes()) is plain and type(plain[0]) is nn.BatchNorm2d


def test_a_batch_norm_that_does_more_is_refused():
    class WithActivation(nn.BatchNorm2d):
        pass

    for change in (lambda norm: share(norm, Processes(0, 2)), lambda norm: split(norm, 2)):
        with pytest.raises(InputError, match="has a WithActivation that can neither be shared"):
            change(nn.Sequential(WithActivation(3)))
