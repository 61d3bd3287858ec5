import numpy as np
import pandas as pd
import pytest
import torch
from image_datasets import make_dataset
from safetensors.torch import load_file
from sklearn.datasets import load_digits
from small_trainings import BACKBONE, MOCO, SETTINGS, Killed, kill_after, run

from activepool.backbones.checkpoint import load_backbone
from activepool.backbones.settings import BackboneSettings
from activepool.errors import InputError
from activepool.pretraining.batches import _sizes
from activepool.pretraining.moco import MoCo


@pytest.mark.parametrize(
    "settings",
    [
        SETTINGS,
        SETTINGS.model_copy(update={"augmentation": "natural", "optimizer": "lars"}),
        MOCO,
        MOCO.model_copy(update={"augmentation": "moco_v2"}),
    ],
    ids=lambda settings: f"{settings.method}-{settings.augmentation}",
)
def test_killed_run_goes_on_to_the_same_bits(tmp_path, dataset, monkeypatch, settings):
    undisturbed = run(tmp_path / "undisturbed", dataset, settings)
    # Three steps an epoch: the kill comes in the second step of the third epoch.
    with monkeypatch.context() as patch:
        kill_after(patch, 7)
        with pytest.raises(Killed):
            run(tmp_path / "again", dataset, settings)
    assert [path.name for path in (tmp_path / "again").iterdir()] == ["backbone.safetensors.state"]
    with monkeypatch.context() as patch:
        kill_after(patch, 6)
        assert run(tmp_path / "again", dataset, settings) == undisturbed


def test_state_of_other_settings_is_not_used(tmp_path, dataset, monkeypatch, capsys):
    with monkeypatch.context() as patch:
        kill_after(patch, 7)
        with pytest.raises(Killed):
            run(tmp_path, dataset)
    other_settings = SETTINGS.model_copy(update={"seed": 1})
    after_kill = run(tmp_path, dataset, other_settings)
    assert "belongs to other data, settings or code; training starts again" in capsys.readouterr().err
    assert after_kill == run(tmp_path / "undisturbed", dataset, other_settings)


def test_workers_change_nothing_and_the_global_generator_is_left_alone(tmp_path, dataset):
    settings = SETTINGS.model_copy(update={"epochs": 2, "augmentation": "natural"})
    reference = run(tmp_path / "alone", dataset, settings)
    torch.manual_seed(99)
    before = torch.get_rng_state()
    assert run(tmp_path / "helped", dataset, settings, workers=2) == reference
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("settings", [SETTINGS, MOCO], ids=["simclr", "moco_v2"])
def test_seed_changes_the_weights(tmp_path, dataset, settings):
    other_settings = settings.model_copy(update={"seed": 1})
    assert run(tmp_path, dataset, settings)[0] != run(tmp_path, dataset, other_settings)[0]


def test_log_and_weights_can_be_read(tmp_path, dataset, capsys):
    run(tmp_path, dataset)
    log = pd.read_csv(tmp_path / "pretrain.csv")
    assert list(log) == ["epoch", "loss", "learning_rate", "knn_accuracy"]
    assert log["epoch"].tolist() == [0, 1, 2, 3]
    assert np.isfinite(log["loss"]).all()
    settings = BackboneSettings(name="small", image_size=8)
    backbone, _ = load_backbone(settings, 1, tmp_path / "backbone.safetensors")
    assert backbone.width == 256
    printed = capsys.readouterr().err
    assert [f"pretrain: epoch {number} of 4: loss" in printed for number in range(5)] == [False] + [True] * 4


@pytest.mark.parametrize(
    "changed", [{}, {"optimizer": "lars", "learning_rate": 3.0}, {"optimizer": "sgd", "learning_rate": 0.5}]
)
def test_training_brings_views_of_an_image_together(tmp_path, dataset, changed):
    settings = SETTINGS.model_copy(update={"epochs": 15, **changed})
    run(tmp_path, dataset, settings)
    losses = pd.read_csv(tmp_path / "pretrain.csv")["loss"]
    assert losses.iloc[-3:].mean() < losses.iloc[:3].mean() - 0.2


def test_moco_brings_views_of_an_image_together(tmp_path):
    # Real images, and more than the queue holds: keys are rarely compared with older ones of their image.
    images = (15 * load_digits().images[:300]).astype(np.uint8)[..., None]
    dataset = make_dataset(tmp_path / "dataset.h5", images=images)
    changed = {"epochs": 15, "batch_size": 32, "queue": 64, "key_momentum": 0.99, "projection_width": 128}
    run(tmp_path, dataset, MOCO.model_copy(update=changed))
    losses = pd.read_csv(tmp_path / "pretrain.csv")["loss"]
    # The queue of the first epoch is random, and easy to tell from any key.
    assert losses.iloc[-3:].mean() < losses.iloc[1:4].mean() - 0.2


def test_knn_accuracy_is_measured_where_asked_for_and_changes_nothing(tmp_path):
    labelled = make_dataset(tmp_path / "labelled.h5", labels=np.arange(19) % 2)
    weights = {}
    for every, epochs in ((0, []), (1, [0, 1, 2, 3]), (3, [2, 3])):
        run(tmp_path, labelled, SETTINGS.model_copy(update={"knn_every": every}))
        weights[every] = load_file(tmp_path / "backbone.safetensors")
        log = pd.read_csv(tmp_path / "pretrain.csv")
        assert log["epoch"][log["knn_accuracy"].notna()].tolist() == epochs
        assert log["knn_accuracy"].dropna().between(0, 1).all()
    for name, values in weights[0].items():
        assert torch.equal(values, weights[1][name]) and torch.equal(values, weights[3][name])


def test_moco_leaves_out_what_does_not_fill_its_groups(tmp_path, monkeypatch, dataset):
    sizes, enqueue = [], MoCo.enqueue
    monkeypatch.setattr(MoCo, "enqueue", lambda self, keys: (sizes.append(len(keys)), enqueue(self, keys)))
    run(tmp_path, dataset, MOCO.model_copy(update={"epochs": 2}))
    assert sizes == [6, 6, 6, 6, 6, 6]


@pytest.mark.parametrize("images", range(16, 60))
def test_moco_normalises_no_image_by_itself(images):
    """With two images a group in a batch, an odd rest would be batches of one image a group."""
    sizes = _sizes(range(images), batch_size=16, multiple=8)
    assert set(sizes) == {16}
    assert images - sum(sizes) < 16


def test_colour_images_are_trained_on(tmp_path):
    dataset = make_dataset(tmp_path / "colour.h5", channels=3)
    run(tmp_path, dataset, SETTINGS.model_copy(update={"epochs": 2, "augmentation": "natural"}))
    settings = BackboneSettings(name="small", image_size=8)
    backbone, _ = load_backbone(settings, 3, tmp_path / "backbone.safetensors")
    assert backbone.preprocessing.channels == 3


def test_images_are_normalised_as_the_settings_say(tmp_path):
    dataset = make_dataset(tmp_path / "colour.h5", channels=3)
    settings = SETTINGS.model_copy(update={"epochs": 1, "augmentation": "natural"})
    weights = {}
    for name in (None, "imagenet", "cifar10"):
        run(tmp_path, dataset, settings, backbone=BACKBONE.model_copy(update={"normalisation": name}))
        weights[name] = (tmp_path / "backbone.safetensors").read_bytes()[-1000:]
    assert len({*weights.values()}) == 3


def test_backbone_without_weights_is_refused(tmp_path, dataset):
    with pytest.raises(InputError, match="'identity' has no weights to pretrain"):
        run(tmp_path, dataset, backbone=BackboneSettings(name="identity", image_size=8))


def test_diverging_training_stops(tmp_path, dataset):
    with pytest.raises(InputError, match=r"the loss of epoch \d is nan; lower the learning_rate"):
        run(tmp_path, dataset, SETTINGS.model_copy(update={"learning_rate": 1e30}))


def test_unknown_augmentation_is_refused(tmp_path, dataset):
    with pytest.raises(InputError, match="augmentation: 'letters' is not known; it must be one of natural"):
        run(tmp_path, dataset, SETTINGS.model_copy(update={"augmentation": "letters"}))


def test_one_image_is_too_few(tmp_path):
    with pytest.raises(InputError, match="the train part has 1 images; pretraining needs 2 or more"):
        run(tmp_path, make_dataset(tmp_path / "one.h5", rows=1))
