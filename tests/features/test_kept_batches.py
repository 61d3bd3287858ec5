"""Batches whose features are known are not computed again, and the features have the bits of a first run."""

import shutil
import threading

import h5py
import numpy as np
import pytest
import torch
from PIL import Image

from activepool.backbones import software
from activepool.backbones.backbone import Backbone
from activepool.backbones.checkpoint import save_weights
from activepool.backbones.registry import build
from activepool.backbones.settings import BackboneSettings
from activepool.compute.shards import Shard
from activepool.data.samples import Part, Samples, write_samples
from activepool.errors import InputError
from activepool.features import extract, finished_shards
from activepool.features.batch_records import BatchRecords
from activepool.features.gather import gather
from activepool.features.settings import ExtractSettings
from activepool.io.training_state import state_path

SMALL = BackboneSettings(name="small", image_size=8)
SETTINGS = ExtractSettings(batch_size=4, dtype="float32", views=2)

#: Images that pass through the backbone: 14 train images, 2 views of each, and 5 test images.
ALL = 14 + 2 * 14 + 5


class Project:
    """A dataset of files with a backbone, and the extraction of its features.

    Attributes:
        computed: images that passed through the backbone in the last extraction.
    """

    def __init__(self, path, monkeypatch):
        self.path, self.computed, self.left = path, 0, None
        self.labels = [row % 3 - 1 for row in range(14)]
        random = np.random.default_rng(0)
        for row in range(19):
            Image.fromarray(random.integers(0, 256, (8, 8, 3), dtype=np.uint8)).save(path / f"{row:02d}.png")
        self.names = [f"{row:02d}.png" for row in range(14)]
        torch.manual_seed(0)
        save_weights(path / "small.safetensors", build("small", 8, 3), {})
        whole = Backbone.forward

        def forward(backbone, images):
            if self.left == 0:
                raise KeyboardInterrupt
            self.left = None if self.left is None else self.left - 1
            self.computed += len(images)
            return whole(backbone, images)

        monkeypatch.setattr(Backbone, "forward", forward)
        # Folding tries images of its own.
        monkeypatch.setattr(extract, "fold", lambda backbone: (backbone, 0))

    def extract(self, settings=SETTINGS, name="shard.h5", shard=Shard(), passes=None, **options):
        """Extract a shard; with ``passes``, a kill ends it after so many forward passes."""
        tested = Part.from_files([0] * 5, [f"{row}.png" for row in range(14, 19)])
        train = Part.from_files(self.labels, self.names)
        write_samples(self.path / "dataset.h5", Samples(train, tested, ["a", "b"], str(self.path)))
        self.computed, self.left = 0, passes
        weights = str(self.path / "small.safetensors")
        extract.extract_shard(
            self.path / "dataset.h5", SMALL, weights, settings, shard, self.path / name, **options
        )
        return self.path / name

    def gather(self, shard):
        """Write and return features.h5."""
        gather(self.path / "dataset.h5", [shard], self.path / "features.h5")
        return self.path / "features.h5"


@pytest.fixture
def project(tmp_path, monkeypatch):
    return Project(tmp_path, monkeypatch)


@pytest.mark.parametrize(("passes", "lost"), [(1, 0), (5, 4), (9, 4), (13, 0)])
def test_a_killed_shard_goes_on_from_its_last_batch_and_has_the_same_bits(project, passes, lost):
    # The two views of a batch are kept together.
    undisturbed = project.extract(name="undisturbed.h5").read_bytes()
    every = project.computed
    with pytest.raises(KeyboardInterrupt):
        project.extract(passes=passes)
    computed = project.computed
    assert project.extract(workers=1).read_bytes() == undisturbed
    assert project.computed == every - computed + lost
    assert not list(project.path.glob("*.state"))


def test_what_a_kill_left_half_written_is_computed_again(project):
    undisturbed = project.extract(name="undisturbed.h5").read_bytes()
    with pytest.raises(KeyboardInterrupt):
        project.extract(passes=3)
    state = state_path(project.path / "shard.h5")
    content = bytearray(state.read_bytes())
    content[-40] ^= 1
    content[100] ^= 1
    state.write_bytes(content)
    assert project.extract().read_bytes() == undisturbed
    assert project.computed == ALL - 4


@pytest.mark.parametrize("shard", [Shard(), Shard(1, 2)])
def test_a_finished_shard_that_was_deleted_as_incomplete_is_not_computed_again(project, shard):
    path = project.extract(shard=shard)
    undisturbed = path.read_bytes()
    assert project.computed
    path.unlink()
    assert project.extract(shard=shard).read_bytes() == undisturbed
    assert project.computed == 0
    features = project.gather(project.extract(name="whole.h5"))
    project.extract(shard=shard)
    assert project.extract(shard=shard, earlier=features).read_bytes() == undisturbed


def test_of_a_finished_shard_only_batches_of_the_same_images_are_taken(project):
    project.extract().unlink()
    shutil.copy(project.path / "00.png", project.path / "05.png")
    path = project.extract()
    assert project.computed == 4 + 2 * 4
    assert path.read_bytes() == project.extract(name="new.h5").read_bytes()


def test_a_shard_has_its_second_name_until_the_shards_are_joined(project):
    shard = project.extract()
    second_name = project.path / ".shard.h5.finished"
    assert second_name.samefile(shard)
    project.gather(shard)
    assert not second_name.exists()


def test_a_shard_has_no_second_name_on_a_file_system_without_links(project, monkeypatch):
    def refuse(*_):
        raise PermissionError

    monkeypatch.setattr(finished_shards.os, "link", refuse)
    project.gather(project.extract())


def test_the_second_of_two_extractions_of_a_shard_waits_for_the_first(project, tmp_path, capsys):
    shapes = [(2, 3)]
    waiting = []

    def wait():
        with BatchRecords(tmp_path / "a", shapes, "float32") as records:
            waiting.append(list(records.keys))

    second = threading.Thread(target=wait)
    with BatchRecords(tmp_path / "a", shapes, "float32") as records:
        records.write(0, "k" * 64, np.ones((2, 3)))
        second.start()
        second.join(timeout=0.5)
        assert second.is_alive()
    second.join()
    assert waiting == [[""]]
    assert capsys.readouterr().err == f"{tmp_path / 'a'}: another process is making it; waiting for its end\n"
    assert not (tmp_path / "a.state").exists()


@pytest.mark.parametrize(
    "changes",
    [
        {"settings": ExtractSettings(batch_size=4, dtype="float16", views=2)},
        {"settings": ExtractSettings(batch_size=5, dtype="float32", views=2)},
        {"settings": ExtractSettings(batch_size=4, dtype="float32", views=2, augmentation="digits")},
        {"settings": ExtractSettings(batch_size=4, dtype="float32", views=2, decoding="scaled")},
        {"settings": ExtractSettings(batch_size=4, dtype="float32", views=2, precision="bfloat16")},
        {"version": "settings 1, code 2"},
    ],
)
def test_a_shard_starts_over_after_a_change_of_settings_or_code(project, changes):
    with pytest.raises(KeyboardInterrupt):
        project.extract(passes=4)
    path = project.extract(**changes)
    assert project.computed == ALL
    assert path.read_bytes() == project.extract(name="new.h5", **changes).read_bytes()


def test_a_shard_starts_over_after_a_change_of_weights_or_images(project):
    with pytest.raises(KeyboardInterrupt):
        project.extract(passes=4)
    shutil.copy(project.path / "00.png", project.path / "05.png")
    path = project.extract()
    assert project.computed == 4 + 2 * 14 + 5
    assert path.read_bytes() == project.extract(name="new.h5").read_bytes()
    with pytest.raises(KeyboardInterrupt):
        project.extract(name="third.h5", passes=4)
    save_weights(project.path / "small.safetensors", build("small", 8, 3), {})
    project.extract(name="third.h5")
    assert project.computed == ALL


def test_a_label_that_changes_sends_no_image_through_the_backbone(project, capsys):
    features = project.gather(project.extract())
    with h5py.File(features) as file:
        before = {name: file["train"][name][()] for name in ("features", "views", "batches")}
    project.labels[3] = 1
    shards = [project.extract(name=f"{n}.h5", shard=Shard(n, 2), earlier=features) for n in range(2)]
    assert project.computed == 0
    lines = [line for line in capsys.readouterr().err.splitlines() if line.startswith("extract: ")]
    assert [line.endswith(" batches of images were there already") for line in lines] == [True, True]
    gather(project.path / "dataset.h5", shards, project.path / "again.h5")
    with h5py.File(project.path / "again.h5") as file:
        assert file["train/labels"][:].tolist() == project.labels
        for name, values in before.items():
            assert np.array_equal(file["train"][name][()], values)


@pytest.mark.parametrize(("place", "computed"), [(14, 3 + 2 * 3), (5, 11 + 2 * 11)])
def test_images_that_are_added_leave_the_batches_before_them_as_they_were(project, place, computed):
    features = project.gather(project.extract())
    shutil.copy(project.path / "15.png", project.path / "new.png")
    project.names.insert(place, "new.png")
    project.labels.append(0)
    path = project.extract(earlier=features)
    assert project.computed == computed
    assert path.read_bytes() == project.extract(name="undisturbed.h5").read_bytes()


def test_features_of_another_run_are_not_taken(project):
    features = project.gather(project.extract())
    float16 = ExtractSettings(batch_size=4, dtype="float16", views=2)
    for options in ({"settings": float16}, {"version": "other"}):
        path = project.extract(earlier=features, **options)
        assert project.computed == ALL
        assert path.read_bytes() == project.extract(name="new.h5", **options).read_bytes()


@pytest.mark.parametrize("kind", ["absent", "cut", "without keys"])
def test_earlier_features_may_be_absent_or_of_another_form(project, kind):
    features = project.gather(project.extract())
    if kind == "absent":
        features.unlink()
    elif kind == "cut":
        features.write_bytes(features.read_bytes()[:300])
    else:
        with h5py.File(features, "r+") as file:
            del file["train/batches"], file["test/batches"]
    project.extract(earlier=features)
    assert project.computed == ALL


def test_an_image_that_cannot_be_read_stops_the_shard_and_costs_nothing_once_it_is_repaired(project):
    undisturbed = project.extract(name="undisturbed.h5").read_bytes()
    content = (project.path / "09.png").read_bytes()
    (project.path / "09.png").write_bytes(content[:80])
    with pytest.raises(InputError, match=r"09\.png: not a readable image"):
        project.extract()
    assert project.computed == 8
    (project.path / "09.png").write_bytes(content)
    assert project.extract().read_bytes() == undisturbed
    assert project.computed == ALL - 8


@pytest.mark.parametrize(("may_use", "same"), [(False, True), (True, False)])
def test_the_version_of_timm_counts_if_a_network_of_it_may_be_there(project, monkeypatch, may_use, same):
    monkeypatch.setattr(software, "_may_use_timm", lambda name: may_use)
    calls = []
    for version in ("1.0", "2.0"):
        versions = {"torch": "2", "timm": version}
        monkeypatch.setattr(software, "versions", lambda versions=versions: versions)
        calls.append(project.extract(name=f"{version}.h5").read_bytes())
    assert (calls[0] == calls[1]) == same


def test_the_file_of_records_is_gone_after_success_and_if_nothing_is_in_it(tmp_path):
    shapes = [(2, 3), (1, 3)]
    with pytest.raises(ZeroDivisionError), BatchRecords(tmp_path / "a", shapes, "float32"):
        raise ZeroDivisionError
    assert not list(tmp_path.iterdir())
    with pytest.raises(ZeroDivisionError), BatchRecords(tmp_path / "a", shapes, "float32") as records:
        records.write(1, "k" * 64, np.ones((1, 3)))
        raise ZeroDivisionError
    with BatchRecords(tmp_path / "a", shapes, "float32") as records:
        assert records.keys == ["", "k" * 64]
        assert records.read(1).tolist() == [[1, 1, 1]]
    assert not list(tmp_path.iterdir())
