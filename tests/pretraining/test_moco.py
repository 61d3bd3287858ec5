import math
from collections import deque

import pytest
import torch
from torch.nn import functional

from activepool.backbones.registry import build
from activepool.errors import InputError
from activepool.parallel.distributed import Processes
from activepool.pretraining.moco import MoCo, info_nce
from activepool.pretraining.settings import MocoSettings

SETTINGS = MocoSettings(
    epochs=4, batch_size=8, projection_width=5, queue=21, key_momentum=0.7, batch_norm_groups=2
)


@pytest.fixture
def moco():
    torch.manual_seed(1)
    return MoCo(build("small", 8, 1), SETTINGS, Processes())


def unit(*shape, seed=0):
    return functional.normalize(torch.randn(*shape, generator=torch.Generator().manual_seed(seed)), dim=-1)


@pytest.mark.parametrize("temperature", [0.07, 0.2, 1.0])
def test_info_nce_is_equation_1(temperature):
    queries, keys, queue = unit(4, 3, seed=1), unit(4, 3, seed=2), unit(7, 3, seed=3)
    losses = []
    for query, key in zip(queries.double(), keys.double(), strict=True):
        positive = math.exp(float(query @ key) / temperature)
        negatives = sum(math.exp(float(query @ row) / temperature) for row in queue.double())
        losses.append(-math.log(positive / (positive + negatives)))
    loss = float(info_nce(queries, keys, queue, temperature))
    assert loss == pytest.approx(sum(losses) / len(losses), abs=1e-5)


def test_the_queue_holds_the_last_keys(moco):
    expected = deque(moco.queue.tolist(), maxlen=21)
    for number, size in enumerate([8, 8, 3, 8, 21, 1, 8]):
        keys = unit(size, 5, seed=number)
        moco.enqueue(keys)
        expected.extend(keys.tolist())
        oldest = int(moco.oldest)
        assert [*moco.queue[oldest:].tolist(), *moco.queue[:oldest].tolist()] == list(expected)


def test_the_queue_is_random_and_of_length_1_at_first(moco):
    assert torch.allclose(moco.queue.norm(dim=1), torch.ones(21))
    assert len(moco.queue.unique(dim=0)) == 21


def test_the_key_encoder_follows_equation_2(moco):
    before = [values.clone() for values in moco.key_encoder.parameters()]
    assert all(torch.equal(*pair) for pair in zip(before, moco.encoder.parameters(), strict=True))
    with torch.no_grad():
        for values in moco.encoder.parameters():
            values.add_(torch.randn_like(values))
    moco.move_key_encoder()
    for previous, now, query in zip(
        before, moco.key_encoder.parameters(), moco.encoder.parameters(), strict=True
    ):
        assert torch.allclose(now, 0.7 * previous + 0.3 * query, atol=1e-6)


def test_only_the_encoder_gets_gradients(moco):
    views = torch.rand(2, 8, 1, 8, 8)
    moco.train().loss(moco.encoder, views, 8, torch.Generator()).backward()
    assert all(values.grad is not None for values in moco.encoder.parameters())
    assert all(values.grad is None for values in moco.key_encoder.parameters())


def test_keys_return_in_the_order_of_their_images(moco):
    moco.eval()  # without statistics of the batch, a key depends on its image alone
    images = torch.rand(8, 1, 8, 8)
    expected = functional.normalize(moco.key_encoder(images), dim=1)
    assert torch.allclose(moco._keys(images, 8, torch.Generator()), expected, atol=1e-6)


def test_keys_are_normalised_in_other_company_than_queries(moco):
    """Shuffling BN: the same images and weights, but other groups."""
    moco.train()
    images = torch.rand(8, 1, 8, 8)
    queries = functional.normalize(moco.encoder(images), dim=1)
    keys = moco._keys(images, 8, torch.Generator().manual_seed(1))
    assert not torch.allclose(queries, keys, atol=1e-3)


def test_the_loss_uses_the_queue_before_its_own_keys(moco):
    moco.eval()
    views, queue = torch.rand(2, 8, 1, 8, 8), moco.queue.clone()
    queries, keys = (functional.normalize(moco.encoder(view), dim=1) for view in views)
    loss = moco.loss(moco.encoder, views, 8, torch.Generator())
    assert float(loss.detach()) == pytest.approx(
        float(info_nce(queries, keys, queue, 0.2).detach()), abs=1e-5
    )
    assert torch.allclose(moco.queue[:8], keys, atol=1e-6)
    assert int(moco.oldest) == 8


def test_groups_must_be_shared_out_evenly():
    with pytest.raises(InputError, match="batch_norm_groups 2 must be a multiple of the 3 processes"):
        MoCo(build("small", 8, 1), SETTINGS, Processes(0, 3))
