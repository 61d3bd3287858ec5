"""A backbone that was trained on the same images is not trained again, whatever their labels are now."""

import shutil

import h5py
import numpy as np
import pytest
from image_datasets import make_dataset
from PIL import Image
from small_trainings import MOCO, SETTINGS, Killed, kill_after, run

from activepool.backbones import software
from activepool.data.samples import Part, Samples, write_samples
from activepool.errors import InputError
from activepool.io.training_state import state_path

#: Every epoch is measured, with labels.
MEASURED = SETTINGS.model_copy(update={"knn_every": 1})
LABELS = np.arange(19) % 2


def labelled(path, labels=LABELS):
    return make_dataset(path / "dataset.h5", labels=labels)


def run_without_training(folder, dataset, monkeypatch, **options):
    """Return the files of a call that may not train."""
    with monkeypatch.context() as patch:
        kill_after(patch, 0)
        return run(folder, dataset, **options)


@pytest.mark.parametrize("settings", [MEASURED, MOCO], ids=["simclr", "moco_v2"])
def test_other_labels_train_nothing_and_keep_all_bits(tmp_path, monkeypatch, capsys, settings):
    before = run(tmp_path, labelled(tmp_path), settings)
    for labels in (1 - LABELS, np.full(19, -1)):
        dataset = labelled(tmp_path, labels)
        (tmp_path / "backbone.safetensors").unlink()
        assert run_without_training(tmp_path, dataset, monkeypatch, settings=settings) == before
    assert "pretrain: all 4 epochs were there already" in capsys.readouterr().err


@pytest.mark.parametrize("labels", [LABELS, 1 - LABELS], ids=["same", "other"])
@pytest.mark.parametrize("every", [0, 1])
def test_earlier_labels_are_mentioned_where_they_count(tmp_path, capsys, labels, every):
    settings = SETTINGS.model_copy(update={"knn_every": every})
    run(tmp_path, labelled(tmp_path), settings)
    run(tmp_path, labelled(tmp_path, labels), settings)
    mentioned = "with earlier labels or test images" in capsys.readouterr().err
    assert mentioned == (every == 1 and labels is not LABELS)


@pytest.mark.parametrize("every", [0, 1])
def test_earlier_test_images_are_mentioned_where_they_count(tmp_path, monkeypatch, capsys, every):
    settings = SETTINGS.model_copy(update={"knn_every": every})
    before = run(tmp_path, labelled(tmp_path), settings)
    with h5py.File(tmp_path / "dataset.h5", "r+") as file:
        file["test/images"][0] = 255 - file["test/images"][0]
    assert run_without_training(tmp_path, tmp_path / "dataset.h5", monkeypatch, settings=settings) == before
    assert ("with earlier labels or test images" in capsys.readouterr().err) == (every == 1)


def test_a_killed_run_goes_on_after_a_change_of_labels(tmp_path, monkeypatch):
    undisturbed, _ = run(tmp_path / "undisturbed", labelled(tmp_path), MEASURED)
    with monkeypatch.context() as patch:
        kill_after(patch, 7)
        with pytest.raises(Killed):
            run(tmp_path, labelled(tmp_path), MEASURED)
    with monkeypatch.context() as patch:
        kill_after(patch, 6)
        assert run(tmp_path, labelled(tmp_path, 1 - LABELS), MEASURED)[0] == undisturbed


def test_a_kill_after_the_last_epoch_costs_nothing(tmp_path, dataset, monkeypatch):
    undisturbed = run(tmp_path / "undisturbed", dataset)
    (tmp_path / "killed").mkdir()
    shutil.copy(tmp_path / "undisturbed/backbone.safetensors.state", tmp_path / "killed")
    assert run_without_training(tmp_path / "killed", dataset, monkeypatch) == undisturbed


@pytest.mark.parametrize("change", ["a pixel", "the order", "one more", "one fewer"])
def test_other_images_are_trained_on(tmp_path, monkeypatch, change):
    images = np.random.default_rng(3).integers(0, 256, (300, 8, 8, 1), dtype=np.uint8)
    settings = SETTINGS.model_copy(update={"epochs": 2, "batch_size": 150})
    run(tmp_path, make_dataset(tmp_path / "dataset.h5", images=images), settings)
    if change == "a pixel":
        images[290, 3, 3, 0] ^= 1
    changed = {"the order": images[::-1], "one more": images[[*range(300), 7]], "one fewer": images[:-1]}
    dataset = make_dataset(tmp_path / "dataset.h5", images=changed.get(change, images))
    with pytest.raises(Killed):
        run_without_training(tmp_path, dataset, monkeypatch, settings=settings)
    assert run(tmp_path, dataset, settings) == run(tmp_path / "new", dataset, settings)


def test_a_file_with_another_content_is_trained_on_and_one_elsewhere_is_not(tmp_path, monkeypatch):
    folders = [tmp_path / "images", tmp_path / "elsewhere"]
    folders[0].mkdir()
    names = [f"{row}.png" for row in range(19)]
    for name, pixels in zip(names, np.random.default_rng(0).integers(0, 256, (19, 8, 8, 3)), strict=True):
        Image.fromarray(pixels.astype(np.uint8)).save(folders[0] / name)
    shutil.copytree(*folders)
    part = Part.from_files(LABELS, names)
    for folder in folders:
        write_samples(folder / "dataset.h5", Samples(part, part, ["a", "b"], str(folder)))
    before = run(tmp_path, folders[0] / "dataset.h5")
    assert run_without_training(tmp_path, folders[1] / "dataset.h5", monkeypatch) == before
    shutil.copy(folders[1] / "4.png", folders[1] / "17.png")
    with pytest.raises(Killed):
        run_without_training(tmp_path, folders[1] / "dataset.h5", monkeypatch)


def test_other_settings_code_and_packages_train_again(tmp_path, dataset, monkeypatch):
    run(tmp_path, dataset, version="first")
    run_without_training(tmp_path, dataset, monkeypatch, version="first")
    for options in ({"version": "second"}, {"version": "first", "settings": MEASURED}):
        with pytest.raises(Killed):
            run_without_training(tmp_path, dataset, monkeypatch, **options)
    monkeypatch.setattr(software, "versions", lambda: {"torch": "0"})
    with pytest.raises(Killed):
        run_without_training(tmp_path, dataset, monkeypatch, version="first")


@pytest.mark.parametrize("damage", ["cut", "a byte"])
def test_a_damaged_state_is_named(tmp_path, dataset, damage):
    run(tmp_path, dataset)
    state = state_path(tmp_path / "backbone.safetensors")
    content = bytearray(state.read_bytes())
    if damage == "cut":
        del content[500:]
    else:
        content[len(content) // 2] ^= 255
    state.write_bytes(content)
    with pytest.raises(
        InputError, match=r"safetensors\.state: not a readable state of a training \(.+delete it"
    ):
        run(tmp_path, dataset)
