from dataclasses import replace

import numpy as np
import pytest
import torch

from activepool.backbones.backbone import Backbone, Preprocessing
from activepool.backbones.registry import build
from activepool.compute.blocks import Compute
from activepool.data.round_samples import Labelled
from activepool.data.samples import Part, Samples, write_samples
from activepool.errors import InputError
from activepool.features.draws import Draws
from activepool.features.images import PartImages
from activepool.finetuning import training
from activepool.finetuning.classifier import features_of
from activepool.finetuning.training import Finetuning, RoundData, finetune
from activepool.heads.predictions import predict
from activepool.heads.settings import FinetuneSettings
from activepool.io.training_state import StateFile
from activepool.parallel.distributed import Processes

SINGLE_PROCESS = Processes()
SETTINGS = FinetuneSettings(learning_rate=0.05, epochs=6, batch_size=8, augmentation="shift")


@pytest.fixture
def data(tmp_path):
    """Three classes that differ in which third of the image is bright."""
    random = np.random.default_rng(0)
    labels = np.arange(60) % 3
    images = random.integers(0, 60, (60, 9, 9, 1), dtype=np.uint8)
    for image, label in zip(images, labels, strict=True):
        image[3 * label : 3 * label + 3] += 150
    part = Part(labels, np.array([f"r/{row}" for row in range(60)], dtype=object), images)
    path = tmp_path / "dataset.h5"
    write_samples(path, Samples(part, part, ["a", "b", "c"]))
    labelled, validation = np.arange(37)[::-1].copy(), np.arange(40, 60)
    return RoundData(
        path,
        Labelled(labelled, labels[labelled]),
        Labelled(validation, labels[validation]),
        num_classes=3,
        seed=1,
        round_number=2,
    )


def backbone(seed=0):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return build("small", 9, 1)


def run(data, state, settings=SETTINGS, workers=0):
    network = backbone()
    trained = finetune(network, data, settings, StateFile(state, "the same"), SINGLE_PROCESS, workers)
    state.unlink(missing_ok=True)
    return network.state_dict(), trained, trained.history


def assert_same(first, second):
    for (weights, trained, history), (other_weights, other_trained, its_history) in [(first, second)]:
        assert all(torch.equal(weights[name], other_weights[name]) for name in weights)
        assert np.array_equal(trained.head.weight, other_trained.head.weight)
        assert np.array_equal(trained.head.bias, other_trained.head.bias)
        assert trained.facts == other_trained.facts
        assert history == its_history


def test_the_network_learns_and_the_best_epoch_is_kept(data, tmp_path):
    settings = replace(SETTINGS, epochs=30, freeze_batch_norm=False)
    network = backbone()
    trained = finetune(network, data, settings, StateFile(tmp_path / "state", ""), SINGLE_PROCESS, 0)
    history = trained.history
    accuracies = [row["validation_accuracy"] for row in history]
    assert trained.validation_accuracy == max(accuracies) > 0.9
    assert trained.facts["epoch"] == 1 + int(np.argmax(accuracies))
    images = PartImages(data.dataset, "train", network.preprocessing)
    rows = features_of(network, images, data.validation, "cpu", 0)
    assert predict(trained.head, rows, Compute()).accuracy == trained.validation_accuracy
    assert history[-1]["loss"] < history[0]["loss"]


@pytest.mark.parametrize(
    ("images", "size", "sizes"),
    [(37, 36, [37]), (37, 12, [12, 12, 13]), (37, 8, [8, 8, 8, 8, 5]), (2, 8, [2])],
)
def test_batch_normalisation_never_sees_a_single_image(data, tmp_path, images, size, sizes):
    """Images of one pixel at the last layer: torch refuses to normalise one of them."""
    network = torch.nn.Sequential(
        torch.nn.Conv2d(1, 4, 9), torch.nn.BatchNorm2d(4), torch.nn.ReLU(), torch.nn.Flatten()
    )
    backbone = Backbone(network, 4, Preprocessing(9, 1, 9, (0.5,), (0.5,)))
    few = replace(data, labelled=data.labelled.take(slice(images)))
    settings = replace(SETTINGS, epochs=2, batch_size=size, freeze_batch_norm=False)
    assert training._batch_sizes(images, settings) == sizes
    history = finetune(backbone, few, settings, StateFile(tmp_path / "state", ""), SINGLE_PROCESS, 0).history
    assert len(history) == 2 and np.isfinite([row["loss"] for row in history]).all()
    assert sum(training._batch_sizes(images, replace(settings, freeze_batch_norm=True))) == images


@pytest.mark.parametrize(("images", "size", "what"), [(1, 8, "one labelled image"), (5, 1, "batch_size: 1")])
def test_one_image_is_too_little_for_batch_normalisation(data, tmp_path, images, size, what):
    few = replace(data, labelled=data.labelled.take(slice(images)))
    settings = replace(SETTINGS, epochs=1, batch_size=size, freeze_batch_norm=False)
    with pytest.raises(InputError, match=f"finetune: {what} is too little for batch normalisation"):
        run(few, tmp_path / "state", settings)
    run(few, tmp_path / "state", replace(settings, freeze_batch_norm=True))


def test_a_step_is_one_of_sgd_on_the_weighted_cross_entropy(data):
    """One epoch of one batch, by hand: weight decay on all parameters, classes weighed by 1 / count."""
    few = replace(data, labelled=Labelled(np.array([0, 1, 3, 6]), np.array([0, 1, 0, 0])))
    settings = replace(SETTINGS, weight_decay=0.1, class_weights=True, augmentation="digits", epochs=1)
    network, by_hand = backbone(), backbone()
    first = Finetuning(by_hand, few, settings, SINGLE_PROCESS, 0)
    batches = list(first._requests(1))
    views = [first._images[request] for request in batches]
    start = {name: values.clone() for name, values in first.classifier.state_dict().items()}
    draws = Draws(first._generator("augmentation/1"))
    images = first._augmentation(views[0][0].float() / 255, draws)
    order = first._order(1)
    labels = torch.from_numpy(few.labelled.labels)[order]
    first.classifier.eval()
    log_probabilities = first.classifier(images).log_softmax(dim=1)
    weight = torch.tensor([1 / 3, 1.0, 0.0])[labels]
    loss = -(weight * log_probabilities[range(4), labels]).sum() / weight.sum()
    parameters = dict(first.classifier.named_parameters())
    gradients = torch.autograd.grad(loss, list(parameters.values()))
    finetune_once = Finetuning(network, few, settings, SINGLE_PROCESS, 0)
    finetune_once._run_epoch(1, iter(views))
    for (name, _), gradient in zip(parameters.items(), gradients, strict=True):
        expected = start[name] - 0.05 * (gradient + 0.1 * start[name])
        assert torch.allclose(finetune_once.classifier.state_dict()[name], expected, atol=1e-6), name


def test_frozen_batch_norm_keeps_its_statistics(data, tmp_path):
    before = {name: values.clone() for name, values in backbone().state_dict().items()}
    frozen, _, _ = run(data, tmp_path / "state")
    free, _, _ = run(data, tmp_path / "state", replace(SETTINGS, freeze_batch_norm=False))
    statistics = [name for name in before if "running" in name]
    assert statistics
    assert all(torch.equal(frozen[name], before[name]) for name in statistics)
    assert not any(torch.equal(free[name], before[name]) for name in statistics)
    assert not torch.equal(frozen["network.blocks.0.0.weight"], before["network.blocks.0.0.weight"])


def test_a_frozen_backbone_keeps_all_its_weights_and_the_head_learns(data, tmp_path):
    before = {name: values.clone() for name, values in backbone().state_dict().items()}
    settings = replace(SETTINGS, freeze_backbone=True, epochs=8, learning_rate=0.5)
    frozen, trained, history = run(data, tmp_path / "state", settings)
    assert frozen.keys() == before.keys()
    assert all(torch.equal(frozen[name], before[name]) for name in before)
    assert np.abs(trained.head.weight).max() > 0.01
    assert history[-1]["loss"] < history[0]["loss"]


def test_patience_ends_the_training(data, tmp_path, monkeypatch):
    accuracies = iter([0.2, 0.5, 0.5, 0.4, 0.3, 0.9])
    monkeypatch.setattr(Finetuning, "_validation_accuracies", lambda self: (next(accuracies), 1.0))
    _, trained, history = run(data, tmp_path / "state", replace(SETTINGS, patience=3))
    assert len(history) == 5
    assert (trained.facts["epoch"], trained.validation_accuracy) == (2, 0.5)


def test_with_the_latest_of_ties_equal_epochs_restart_the_patience(data, tmp_path, monkeypatch):
    """The code of Emam et al., with a patience of 5, keeps epoch 4 of these and runs 10."""
    accuracies = iter([0.5, 0.6, 0.6, 0.6, *[0.5] * 6, 0.9])
    monkeypatch.setattr(Finetuning, "_validation_accuracies", lambda self: (next(accuracies), 1.0))
    settings = replace(SETTINGS, epochs=11, patience=6, ties="latest")
    _, trained, history = run(data, tmp_path / "state", settings)
    assert len(history) == 10
    assert (trained.facts["epoch"], trained.validation_accuracy) == (4, 0.6)


@pytest.mark.parametrize("killed_in", [1, 3, 6])
def test_a_killed_run_goes_on_to_the_same_bits(data, tmp_path, monkeypatch, killed_in):
    settings = replace(SETTINGS, freeze_batch_norm=False, schedule="cosine")
    undisturbed = run(data, tmp_path / "first", settings)
    epoch = Finetuning._run_epoch

    def killed(self, number, batches):
        if number == killed_in:
            raise KeyboardInterrupt
        epoch(self, number, batches)

    with monkeypatch.context() as patch:
        patch.setattr(training.Finetuning, "_run_epoch", killed)
        with pytest.raises(KeyboardInterrupt):
            run(data, tmp_path / "state", settings)
    assert (tmp_path / "state").exists() == (killed_in > 1)
    assert_same(run(data, tmp_path / "state", settings), undisturbed)


def test_every_round_starts_from_the_pretrained_weights(data, tmp_path):
    network = backbone()
    start = {name: values.clone() for name, values in network.state_dict().items()}
    training_of_round = Finetuning(network, data, SETTINGS, SINGLE_PROCESS, 0)
    assert all(torch.equal(values, start[name]) for name, values in network.state_dict().items())
    assert float(training_of_round.classifier.layer.weight.detach().abs().max()) < 0.01
    assert not training_of_round.classifier.layer.bias.detach().any()


def test_workers_change_nothing(data, tmp_path):
    settings = replace(SETTINGS, epochs=2, augmentation="crop")
    assert_same(run(data, tmp_path / "a", settings), run(data, tmp_path / "b", settings, workers=2))


@pytest.mark.parametrize("change", [{"seed": 2}, {"round_number": 3}])
def test_seed_and_round_change_the_training(data, tmp_path, change):
    first, second = run(data, tmp_path / "a")[2], run(replace(data, **change), tmp_path / "b")[2]
    assert first != second


def test_a_diverging_training_stops(data, tmp_path):
    with pytest.raises(InputError, match=r"finetune: the loss of epoch \d is .*; lower the learning_rate"):
        run(data, tmp_path / "state", replace(SETTINGS, learning_rate=1e20))


@pytest.mark.parametrize("rows", [1, 8, 9])
def test_any_number_of_labelled_images(data, tmp_path, rows):
    few = replace(
        data,
        labelled=data.labelled.take(slice(rows)),
    )
    _, trained, history = run(few, tmp_path / "state", replace(SETTINGS, epochs=2))
    assert trained.facts["iterations"] == 2 * -(-rows // 8)
    assert len(history) == 2
