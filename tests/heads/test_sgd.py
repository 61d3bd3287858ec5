"""SGD against a plain loop that knows no early stopping, and its choice of epoch and views."""

import numpy as np
import pytest
import torch
from torch.nn.functional import cross_entropy

from activepool.compute.blocks import Compute
from activepool.compute.seeds import integer_seed
from activepool.errors import InputError
from activepool.features.store import FeatureMatrix
from activepool.heads.labelled import LabelledRows
from activepool.heads.linear import LinearHead
from activepool.heads.predictions import predict
from activepool.heads.settings import SgdSettings
from activepool.heads.sgd import INITIAL_DEVIATION, train_sgd


def rows(samples, seed=0, width=6, classes=4, scale=1.0):
    random = np.random.default_rng(seed)
    labels = random.integers(0, classes, samples)
    features = np.eye(classes, width)[labels] + random.normal(size=(samples, width))
    return LabelledRows.from_arrays((features * scale).astype(np.float32), labels)


def plain_epochs(labelled, settings, seed, round_number, weights=None, classes=4):
    """The head after each of all epochs: momentum, decay and schedule written out."""
    generator = torch.Generator().manual_seed(integer_seed(seed, round_number, "train"))
    features, labels = torch.from_numpy(labelled.read()), torch.from_numpy(labelled.labels)
    weight = torch.empty(classes, features.shape[1]).normal_(0, INITIAL_DEVIATION, generator=generator)
    parameters = [weight.requires_grad_(), torch.zeros(classes, requires_grad=True)]
    velocities = [torch.zeros_like(values) for values in parameters]
    for epoch in range(settings.epochs):
        rate = settings.learning_rate * settings.gamma ** (epoch // settings.step_size)
        if settings.schedule == "cosine":
            rate = settings.learning_rate * (1 + np.cos(np.pi * epoch / settings.epochs)) / 2
        order = torch.randperm(len(labels), generator=generator)
        for start in range(0, len(order), settings.batch_size):
            batch = order[start : start + settings.batch_size]
            losses = cross_entropy(
                features[batch] @ parameters[0].T + parameters[1], labels[batch], reduction="none"
            )
            share = torch.ones(len(batch)) if weights is None else weights[labels[batch]]
            gradients = torch.autograd.grad((losses * share).sum() / share.sum(), parameters)
            with torch.no_grad():
                for parameter, velocity, gradient in zip(parameters, velocities, gradients, strict=True):
                    velocity.mul_(settings.momentum).add_(gradient + settings.weight_decay * parameter)
                    parameter -= rate * velocity
        yield LinearHead(*(values.detach().numpy().copy() for values in parameters))


@pytest.mark.parametrize("schedule", ["step", "cosine"])
@pytest.mark.parametrize("class_weights", [False, True])
def test_the_best_epoch_of_a_plain_loop_is_kept(schedule, class_weights):
    labelled, validation = rows(50), rows(40, seed=1)
    settings = SgdSettings(
        class_weights, 2.0, 0.9, 1e-2, schedule, step_size=3, gamma=0.5, epochs=9, batch_size=16, patience=9
    )
    counts = torch.from_numpy(np.bincount(labelled.labels, minlength=4))
    weights = (counts.sum() / counts / (counts.sum() / counts).sum()).float() if class_weights else None
    heads = list(plain_epochs(labelled, settings, 5, 2, weights))
    accuracies = [predict(head, validation, Compute()).accuracy for head in heads]
    trained = train_sgd(labelled, validation, 4, settings, 5, 2, Compute())
    assert trained.facts == {"epoch": int(np.argmax(accuracies)) + 1, "iterations": 9 * 4}
    assert trained.validation_accuracy == max(accuracies)
    np.testing.assert_allclose(trained.head.weight, heads[np.argmax(accuracies)].weight, rtol=1e-3, atol=1e-5)
    assert [row["epoch"] for row in trained.history] == list(range(1, 10))
    assert [row["validation_accuracy"] for row in trained.history] == accuracies
    rates = [2.0 * (0.5 ** (epoch // 3) if schedule == "step" else cosine(epoch / 9)) for epoch in range(9)]
    assert [row["learning_rate"] for row in trained.history] == pytest.approx(rates)


def cosine(share):
    return (1 + np.cos(np.pi * share)) / 2


def test_the_history_has_the_loss_and_the_top5_accuracy_of_each_epoch():
    labelled, validation = rows(64, classes=9), rows(200, classes=9, seed=1)
    settings = SgdSettings(epochs=2, learning_rate=1e-9, batch_size=16)
    trained = train_sgd(labelled, validation, 9, settings, 0, 0, Compute())
    ranks = predict(trained.head, validation, Compute()).ranks
    share = np.mean(ranks < 5)
    assert np.mean(ranks < 1) < share < 1
    # The head hardly moves: its loss is that of each epoch, whatever the order of the batches.
    loss = predict(trained.head, labelled, Compute()).nll
    for row in trained.history:
        assert row["validation_top5"] == share
        assert row["loss"] == pytest.approx(loss, rel=1e-5)


@pytest.mark.parametrize("patience", [1, 2, 4])
@pytest.mark.parametrize("ties", ["earliest", "latest"])
def test_training_stops_after_patience_epochs_without_a_better_one(patience, ties):
    labelled, validation = rows(60, seed=3), rows(30, seed=4)
    settings = SgdSettings(learning_rate=3.0, epochs=25, batch_size=8, patience=patience, ties=ties)
    best, best_epoch, stopped = -1.0, 0, 0
    for epoch, head in enumerate(plain_epochs(labelled, settings, 0, 0), start=1):
        accuracy = predict(head, validation, Compute()).accuracy
        stopped = epoch
        if accuracy > best or (accuracy == best and ties == "latest"):
            best, best_epoch = accuracy, epoch
        elif epoch - best_epoch == patience:
            break
    trained = train_sgd(labelled, validation, 4, settings, 0, 0, Compute())
    assert stopped < 25
    assert trained.facts == {"epoch": best_epoch, "iterations": stopped * 8}


def test_the_head_follows_from_seed_and_round():
    labelled, validation, settings = rows(40), rows(20, seed=1), SgdSettings(epochs=2, learning_rate=0.1)
    first = train_sgd(labelled, validation, 4, settings, 1, 0, Compute())
    torch.manual_seed(1)
    again = train_sgd(labelled, validation, 4, settings, 1, 0, Compute("cpu", 3))
    assert np.array_equal(first.head.weight, again.head.weight)
    for seed, round_number in ((2, 0), (1, 1)):
        second = train_sgd(labelled, validation, 4, settings, seed, round_number, Compute())
        assert not np.array_equal(first.head.weight, second.head.weight)


def test_views_take_the_place_of_the_plain_features():
    labelled, validation = rows(60), rows(40, seed=1)
    settings = SgdSettings(epochs=3, learning_rate=0.5)
    blank = LabelledRows.from_arrays(np.zeros_like(labelled.read()), labelled.labels)
    without = train_sgd(blank, validation, 4, settings, 0, 0, Compute())
    views = [labelled.features] * 3
    trained = train_sgd(blank, validation, 4, settings, 0, 0, Compute(), views)
    assert np.abs(without.head.weight).max() < 0.01
    assert np.abs(trained.head.weight).max() > 0.1
    assert trained.validation_accuracy > without.validation_accuracy + 0.1


def test_each_sample_shows_a_random_view_in_each_epoch():
    samples = 400
    labels = np.arange(samples) % 2
    stored = LabelledRows.from_arrays(np.zeros((samples, 1), dtype=np.float32), labels)
    rows_read = []

    class Recorded(FeatureMatrix):
        def take(self, rows, dtype=np.float32):
            rows_read.append(rows)
            return super().take(rows, dtype)

    views = [Recorded.from_array(np.full((samples, 1), value, np.float32)) for value in (0, 1)]
    train_sgd(stored, stored, 2, SgdSettings(epochs=2, learning_rate=0.1), 0, 0, Compute(), views)
    assert len(rows_read) == 4
    for zero, one in (rows_read[:2], rows_read[2:]):
        assert sorted([*zero, *one]) == list(range(samples))
        assert 140 < len(zero) < 260
    assert not np.array_equal(rows_read[0], rows_read[2])


def test_one_labelled_sample_and_absent_classes_work():
    trained = train_sgd(rows(1), rows(5), 9, SgdSettings(epochs=2), 0, 0, Compute())
    assert trained.head.weight.shape == (9, 6)
    assert np.isfinite(trained.head.bias).all()


def test_features_too_small_to_learn_from_are_reported():
    settings = SgdSettings(epochs=5)
    assert train_sgd(rows(50, scale=1e-3), rows(10), 4, settings, 0, 0, Compute()).history
    words = r"head\.learning_rate: training learned nothing: 15.0 is too small for these features; their log"
    with pytest.raises(InputError, match=words):
        train_sgd(rows(50, scale=1e-12), rows(10), 4, settings, 0, 0, Compute())


def test_divergence_is_reported():
    settings = SgdSettings(learning_rate=1e30, epochs=5)
    with pytest.raises(
        InputError, match=r"head\.learning_rate: training diverged in epoch \d; 1e\+30 is too large"
    ):
        train_sgd(rows(50), rows(10), 4, settings, 0, 0, Compute())
