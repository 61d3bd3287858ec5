import numpy as np
import pandas as pd
import pytest
import torch

from activepool.backbones.checkpoint import load_backbone
from activepool.backbones.settings import BackboneSettings
from activepool.data.samples import Part, Samples, write_samples
from activepool.errors import InputError
from activepool.pretraining import training
from activepool.pretraining.settings import PretrainSettings
from activepool.pretraining.training import pretrain

BACKBONE = BackboneSettings(name="small", image_size=8)
SETTINGS = PretrainSettings(
    epochs=4, batch_size=8, warmup_epochs=1, augmentation="digits", projection_width=8
)


def make_dataset(path, rows=19, channels=1):
    images = np.random.default_rng(3).integers(0, 256, (rows, 8, 8, channels), dtype=np.uint8)
    part = Part(np.full(rows, -1), np.array([f"r/{row}" for row in range(rows)], dtype=object), images)
    write_samples(path, Samples(part, part, ["only"]))
    return path


@pytest.fixture
def dataset(tmp_path):
    return make_dataset(tmp_path / "dataset.h5")


def run(folder, dataset, settings=SETTINGS, backbone=BACKBONE, **options):
    output, log = folder / "backbone.safetensors", folder / "pretrain.csv"
    pretrain(dataset, backbone, settings, output, log, **options)
    return output.read_bytes(), log.read_bytes()


class Killed(BaseException):
    pass


def kill_after(monkeypatch, calls):
    """Let the loss fail after ``calls`` calls, as a kill in the middle of an epoch would."""
    loss, count = training.nt_xent, iter(range(calls))

    def failing(*arguments):
        if next(count, None) is None:
            raise Killed
        return loss(*arguments)

    monkeypatch.setattr(training, "nt_xent", failing)


@pytest.mark.parametrize("augmentation", ["digits", "natural"])
def test_killed_run_goes_on_to_the_same_bits(tmp_path, dataset, monkeypatch, augmentation):
    settings = SETTINGS.model_copy(update={"augmentation": augmentation})
    undisturbed = run(tmp_path, dataset, settings)
    (tmp_path / "again").mkdir()
    # Three steps an epoch: the kill comes in the second step of the third epoch.
    with monkeypatch.context() as patch:
        kill_after(patch, 7)
        with pytest.raises(Killed):
            run(tmp_path / "again", dataset, settings)
    assert [path.name for path in (tmp_path / "again").iterdir()] == ["backbone.safetensors.state"]
    with monkeypatch.context() as patch:
        kill_after(patch, 6)
        assert run(tmp_path / "again", dataset, settings) == undisturbed
    assert not (tmp_path / "again" / "backbone.safetensors.state").exists()


def test_state_of_other_settings_is_not_used(tmp_path, dataset, monkeypatch, capsys):
    with monkeypatch.context() as patch:
        kill_after(patch, 7)
        with pytest.raises(Killed):
            run(tmp_path, dataset)
    other = SETTINGS.model_copy(update={"seed": 1})
    after_kill = run(tmp_path, dataset, other)
    assert "is of other data or settings; training starts anew" in capsys.readouterr().err
    assert after_kill == run(tmp_path, dataset, other)


def test_workers_change_nothing_and_the_global_generator_is_left_alone(tmp_path, dataset):
    settings = SETTINGS.model_copy(update={"epochs": 2, "augmentation": "natural"})
    alone = run(tmp_path, dataset, settings)
    torch.manual_seed(99)
    before = torch.get_rng_state()
    assert run(tmp_path, dataset, settings, workers=2) == alone
    assert torch.equal(torch.get_rng_state(), before)


def test_seed_changes_the_weights(tmp_path, dataset):
    other = SETTINGS.model_copy(update={"seed": 1})
    assert run(tmp_path, dataset)[0] != run(tmp_path, dataset, other)[0]


def test_log_and_weights_can_be_read(tmp_path, dataset, capsys):
    run(tmp_path, dataset)
    log = pd.read_csv(tmp_path / "pretrain.csv")
    assert list(log) == ["epoch", "loss", "learning_rate"]
    assert log["epoch"].tolist() == [0, 1, 2, 3]
    assert np.isfinite(log["loss"]).all()
    backbone, _ = load_backbone("small", 8, 1, str(tmp_path / "backbone.safetensors"))
    assert backbone.width == 256
    assert "epoch 3 of 4: loss" in capsys.readouterr().err


def test_training_brings_views_of_an_image_together(tmp_path, dataset):
    settings = SETTINGS.model_copy(update={"epochs": 15})
    run(tmp_path, dataset, settings)
    losses = pd.read_csv(tmp_path / "pretrain.csv")["loss"]
    assert losses.iloc[-3:].mean() < losses.iloc[:3].mean() - 0.2


def test_colour_images_are_trained_on(tmp_path):
    dataset = make_dataset(tmp_path / "colour.h5", channels=3)
    run(tmp_path, dataset, SETTINGS.model_copy(update={"epochs": 2, "augmentation": "natural"}))
    assert load_backbone("small", 8, 3, str(tmp_path / "backbone.safetensors"))[0].preprocessing.channels == 3


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
    with pytest.raises(InputError, match="the train part has 1 images; pretraining needs two or more"):
        run(tmp_path, make_dataset(tmp_path / "one.h5", rows=1))
