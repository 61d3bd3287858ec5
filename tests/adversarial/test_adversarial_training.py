from dataclasses import replace
from itertools import islice

import numpy as np
import pytest
import torch

from activepool.adversarial import training
from activepool.adversarial.losses import (
    averaged_loss,
    deceiving_loss,
    discriminator_loss,
    variational_loss,
)
from activepool.adversarial.networks import CodeDistribution
from activepool.adversarial.order import pairs
from activepool.adversarial.scoring import labelled_log_odds
from activepool.adversarial.settings import AdversarialSettings
from activepool.adversarial.training import AdversarialTraining, train_adversary
from activepool.data.samples import Part, Samples, write_samples
from activepool.errors import InputError
from activepool.features.image_round import ImageRound

SETTINGS = AdversarialSettings(
    image_size=16,
    zoom=1.0,
    augmentation=None,
    normalisation="signed",
    width=4,
    latent=3,
    initialisation="full",
    epochs=6,
    ends_with_head=False,
    batch_size=8,
    batches="full",
    batch_norm="joint",
    reconstruction="sum",
    beta=0.5,
    adversary_weight=2.0,
    learning_rate=1e-3,
    discriminator_learning_rate=1e-3,
    schedule="constant",
    step_size=2,
    gamma=0.5,
    threads=1,
)

#: The options with which the code of Emam et al. 2021 trains.
CODE = replace(
    SETTINGS,
    zoom=1.5,
    augmentation="crop",
    normalisation="imagenet",
    initialisation="partial",
    batches="by_epoch",
    ends_with_head=True,
    batch_norm="separate",
    reconstruction="mean",
    schedule="step",
)


UPDATE = AdversarialTraining._update


def write_images(path, images):
    sources = np.array([f"r/{row}" for row in range(len(images))], dtype=object)
    part = Part(np.full(len(images), -1), sources, images)
    write_samples(path, Samples(part, part, ["any"]))
    return str(path)


@pytest.fixture
def images(tmp_path):
    """Twenty labelled images, thirty unlabelled ones."""
    pixels = np.random.default_rng(3).integers(0, 256, (60, 16, 16, 3), dtype=np.uint8)
    path = write_images(tmp_path / "dataset.h5", pixels)
    return ImageRound(path, np.arange(20)[::-1].copy(), np.arange(25, 55), seed=1, round_number=2)


@pytest.fixture
def state(tmp_path):
    return tmp_path / "weights.state"


def weights_of(images, state, settings=SETTINGS):
    weights = train_adversary(images, settings, state)
    state.unlink(missing_ok=True)
    return weights


def same(first, second):
    return first.keys() == second.keys() and all(torch.equal(first[name], second[name]) for name in first)


def test_a_step_goes_down_each_networks_own_loss(images, monkeypatch):
    monkeypatch.setattr(training, "Adam", torch.optim.SGD)  # its steps are in proportion to the gradients
    batch = torch.rand(16, 3, 16, 16, generator=torch.Generator().manual_seed(0)) * 2 - 1
    stepped, by_hand = (AdversarialTraining(images, SETTINGS) for _ in range(2))
    stepped._train_step(batch)
    autoencoder, discriminator = by_hand.networks.autoencoder, by_hand.networks.discriminator
    reconstruction, code = autoencoder(batch, by_hand._noise(16))
    halves = slice(0, 8), slice(8, 16)
    total = sum(
        variational_loss(
            batch[half], reconstruction[half], CodeDistribution(*(part[half] for part in code)), 0.5
        )
        for half in halves
    )
    total = total + 2.0 * deceiving_loss(*(discriminator(code.mean[half]) for half in halves))
    gradient_step(autoencoder, total)
    means = autoencoder.encode(batch).mean.detach()
    gradient_step(discriminator, discriminator_loss(*(discriminator(means[half]) for half in halves)))
    assert_close(stepped.networks, by_hand.networks)


def test_a_step_of_the_code_passes_labelled_and_unlabelled_images_apart(images, monkeypatch):
    monkeypatch.setattr(training, "Adam", torch.optim.SGD)
    halves = torch.rand(2, 8, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    stepped, by_hand = (AdversarialTraining(replace(images, head_steps=9), CODE) for _ in range(2))
    stepped._train_step(halves.flatten(0, 1))
    step_of_the_code(by_hand, halves)
    assert_close(stepped.networks, by_hand.networks)


def step_of_the_code(by_hand, halves):
    """Take one step on labelled and unlabelled images, written out."""
    autoencoder, discriminator = by_hand.networks.autoencoder, by_hand.networks.discriminator
    total, means = 0.0, []
    noises = by_hand._noise(sum(map(len, halves))).split([len(half) for half in halves])
    for half, noise in zip(halves, noises, strict=True):
        reconstruction, code = autoencoder(half, noise)
        total = total + averaged_loss(half, reconstruction, code, 0.5)
        means.append(code.mean)
    gradient_step(autoencoder, total + 2.0 * deceiving_loss(*map(discriminator, means)))
    means = [autoencoder.encode(half).mean.detach() for half in halves]
    gradient_step(discriminator, discriminator_loss(*map(discriminator, means)))


def assert_close(networks, expected):
    for name, values in expected.state_dict().items():
        assert torch.allclose(networks.state_dict()[name], values, atol=1e-6), name


def gradient_step(network, loss, rate=1e-3):
    parameters = list(network.parameters())
    gradients = torch.autograd.grad(loss, parameters)
    with torch.no_grad():
        for values, gradient in zip(parameters, gradients, strict=True):
            values -= rate * gradient


@pytest.mark.parametrize("settings", [SETTINGS, CODE], ids=["paper", "code"])
def test_a_killed_run_goes_on_to_the_same_bits(images, state, monkeypatch, capsys, settings):
    monkeypatch.setattr(training, "SAVE_INTERVAL", 4)
    images = replace(images, head_steps=15)
    undisturbed = weights_of(images, state, settings)
    step, calls = AdversarialTraining._train_step, iter(range(10))

    def killed(self, batch):
        if next(calls, None) is None:
            raise KeyboardInterrupt
        return step(self, batch)

    with monkeypatch.context() as patch:
        patch.setattr(AdversarialTraining, "_train_step", killed)
        with pytest.raises(KeyboardInterrupt):
            train_adversary(images, settings, state)
    assert state.exists()
    assert same(weights_of(images, state, settings), undisturbed)
    assert "resumes after step 8" in capsys.readouterr().err


def test_the_state_of_another_labelled_set_is_not_used(images, state, capsys):
    train_adversary(images, SETTINGS, state)
    other_images = replace(images, labelled=images.labelled[1:])
    assert same(
        train_adversary(other_images, SETTINGS, state), weights_of(other_images, state.with_name("fresh"))
    )
    assert "belongs to other data, settings or code; training starts again" in capsys.readouterr().err


def test_workers_change_nothing_and_the_global_generator_is_left_alone(images, state):
    torch.manual_seed(99)
    before = torch.get_rng_state()
    weights = weights_of(images, state)
    assert torch.equal(torch.get_rng_state(), before)
    many = replace(images, workers=2)
    assert same(weights_of(many, state), weights)
    assert np.array_equal(
        labelled_log_odds(weights, images, SETTINGS), labelled_log_odds(weights, many, SETTINGS)
    )


@pytest.mark.parametrize("change", [{"seed": 2}, {"round_number": 3}])
def test_seed_and_round_change_the_weights(images, state, change):
    assert not same(weights_of(replace(images, **change), state), weights_of(images, state))


def test_each_epoch_starts_over_and_ends_with_a_smaller_batch(images):
    """Twenty labelled images are batches of 8, 8 and 4; with each comes one of thirty unlabelled images."""
    drawn = list(islice(pairs(images, replace(SETTINGS, batches="by_epoch")), 6))
    assert [(len(first), len(second)) for first, second in drawn] == 2 * [(8, 8), (8, 8), (4, 8)]
    for epoch in (drawn[:3], drawn[3:]):
        labelled, unlabelled = (np.concatenate(rows) for rows in zip(*epoch, strict=True))
        assert sorted(labelled) == sorted(images.labelled)
        assert len({*unlabelled.tolist()} & {*images.unlabelled.tolist()}) == 24


def test_in_an_epoch_with_few_unlabelled_images_these_come_again(images):
    few = replace(images, unlabelled=np.arange(30, 39))
    drawn = list(islice(pairs(few, replace(SETTINGS, batches="by_epoch", batch_size=4)), 5))
    assert [len(unlabelled) for _, unlabelled in drawn] == [4, 5, 4, 5, 4]  # a single ninth joins the others
    assert sorted(np.concatenate([unlabelled for _, unlabelled in drawn[:2]])) == list(range(30, 39))


def test_a_step_on_unequal_halves_goes_down_each_networks_own_loss(images, monkeypatch):
    monkeypatch.setattr(training, "Adam", torch.optim.SGD)
    batch = torch.rand(12, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    stepped, by_hand = (AdversarialTraining(replace(images, head_steps=9), CODE) for _ in range(2))
    for adversary in (stepped, by_hand):
        adversary.step = 2  # the last of the epoch, with 4 labelled images
    stepped._train_step(batch)
    step_of_the_code(by_hand, batch.split([4, 8]))
    assert_close(stepped.networks, by_hand.networks)


def test_batches_hold_every_image_once_before_any_comes_again(images):
    requests = AdversarialTraining(images, SETTINGS)._requests()
    drawn = [next(requests).rows for _ in range(5)]
    assert sorted(np.concatenate([rows[:8] for rows in drawn])[:20]) == sorted(images.labelled)
    assert sorted(np.concatenate([rows[8:] for rows in drawn])[:30]) == sorted(images.unlabelled)


def test_a_training_that_ends_with_the_head_takes_its_steps_at_falling_rates(images, state, monkeypatch):
    rates = []

    def update(self, network, loss):
        UPDATE(self, network, loss)
        rates.append(self._optimizers[network].param_groups[0]["lr"])

    monkeypatch.setattr(AdversarialTraining, "_update", update)
    settings = replace(CODE, discriminator_learning_rate=1e-2)
    train_adversary(replace(images, head_steps=16), settings, state)
    # Of both networks: half the rate every 2 epochs, each of 3 steps for 20 images in batches of 8.
    expected = [rate * 0.5 ** (step // 3 // 2) for step in range(16) for rate in (1e-3, 1e-2)]
    assert rates == pytest.approx(expected)
    with pytest.raises(InputError, match="ends_with_head needs the steps of the head"):
        train_adversary(images, CODE, state)


def test_images_unlike_the_labelled_ones_are_found(tmp_path, state):
    """Bright images are labelled; of the unlabelled, half are bright and half are dark."""
    random = np.random.default_rng(0)
    bright = random.integers(150, 256, (120, 16, 16, 1), dtype=np.uint8)
    dark = random.integers(0, 106, (60, 16, 16, 1), dtype=np.uint8)
    path = write_images(tmp_path / "dataset.h5", np.concatenate([bright, dark]))
    images = ImageRound(path, np.arange(60), np.arange(60, 180), seed=0, round_number=1)
    settings = replace(SETTINGS, epochs=40, beta=1.0, adversary_weight=1.0)
    log_odds = labelled_log_odds(weights_of(images, state, settings), images, settings)
    picked = images.unlabelled[np.argsort(log_odds)[:40]]
    assert np.mean(picked >= 120) > 0.95


def test_a_diverging_training_stops(images, state):
    with pytest.raises(InputError, match=r"strategy 'vaal': the losses of step \d+ are .*; lower its"):
        train_adversary(images, replace(SETTINGS, learning_rate=1e30), state)
    assert not state.exists()
