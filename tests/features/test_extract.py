import h5py
import numpy as np
import pytest
import torch

from activepool.backbones.checkpoint import load_backbone, save_weights
from activepool.backbones.registry import build
from activepool.backbones.settings import BackboneSettings
from activepool.compute.shards import Shard
from activepool.data.samples import Part, Samples, write_samples
from activepool.errors import InputError
from activepool.features.extract import ExtractSettings, extract_shard
from activepool.features.gather import gather
from activepool.features.store import FeatureFile
from activepool.io.files import file_digest

SMALL = BackboneSettings(name="small", image_size=8)
PIXELS = BackboneSettings(name="identity", image_size=8)


def make_dataset(path, train=23, test=9):
    rng = np.random.default_rng(5)

    def part(name, rows):
        sources = np.array([f"{name}/{row}" for row in range(rows)], dtype=object)
        images = rng.integers(0, 256, (rows, 8, 8, 1), dtype=np.uint8)
        return Part(rng.integers(-1, 3, rows), sources, images)

    write_samples(path, Samples(part("train", train), part("test", test), ["a", "b", "c"]))
    return path


@pytest.fixture
def dataset(tmp_path):
    return make_dataset(tmp_path / "dataset.h5")


@pytest.fixture
def checkpoint(tmp_path):
    path = tmp_path / "small.safetensors"
    torch.manual_seed(0)
    save_weights(path, build("small", 8, 1), {})
    return str(path)


def extract(folder, dataset, backbone, checkpoint, settings, count, name="features.h5", **options):
    shards = [folder / f"shard{number}of{count}.h5" for number in range(count)]
    for number, path in enumerate(shards):
        extract_shard(dataset, backbone, checkpoint, settings, Shard(number, count), path, **options)
    gather(dataset, shards[::-1], folder / name)
    return folder / name


def contents(path):
    with h5py.File(path) as file:
        names = [f"{part}/{name}" for part in file for name in file[part]]
        return {name: file[name][()].tolist() for name in names}


@pytest.mark.parametrize("augmentation", ["crop", "digits"])
def test_shards_and_workers_do_not_change_the_bits(tmp_path, dataset, checkpoint, augmentation):
    settings = ExtractSettings(batch_size=4, views=2, augmentation=augmentation)
    whole = contents(extract(tmp_path, dataset, SMALL, checkpoint, settings, 1))
    assert "train/views" in whole and "test/views" not in whole
    for count in (3, 8):
        assert contents(extract(tmp_path, dataset, SMALL, checkpoint, settings, count)) == whole
    assert contents(extract(tmp_path, dataset, SMALL, checkpoint, settings, 2, workers=2)) == whole


def test_features_of_identity_are_the_pixels(tmp_path, dataset):
    path = extract(tmp_path, dataset, PIXELS, None, ExtractSettings(4, "float32"), 2)
    with h5py.File(dataset) as images, FeatureFile(path) as file:
        expected = images["train/images"][:].reshape(23, 64).astype(np.float32) / 255
        assert np.array_equal(file.train.features.block(slice(0, 23)), expected)
        assert np.array_equal(file.train.labels, images["train/labels"][:])
        assert file.class_names == ["a", "b", "c"]
        assert list(file.test.sources.asstr()[:2]) == ["test/0", "test/1"]


def test_features_are_those_of_the_backbone_in_evaluation(tmp_path, dataset, checkpoint):
    path = extract(tmp_path, dataset, SMALL, checkpoint, ExtractSettings(4, "float32"), 1)
    torch.manual_seed(0)
    backbone = build("small", 8, 1).eval()
    with h5py.File(dataset) as images, h5py.File(path) as file, torch.inference_mode():
        batch = torch.from_numpy(images["test/images"][:]).permute(0, 3, 1, 2) / 255
        assert np.allclose(file["test/features"][:], backbone(batch).numpy(), atol=1e-5)
        assert file.attrs["backbone"] == "small"
        assert file.attrs["checkpoint_digest"] == file_digest(checkpoint)
        assert file.attrs["transform"] == "resize 8, centre crop 8, grey, mean 0.5, std 0.5"
        assert file.attrs["folded_normalisations"] == "4"
        assert "precision" not in file.attrs
        assert file["train/features"].chunks is None


def test_bfloat16_is_recorded_and_changes_features_by_its_rounding(tmp_path, dataset, checkpoint):
    paths = [
        extract(
            tmp_path,
            dataset,
            SMALL,
            checkpoint,
            ExtractSettings(4, "float32", precision),
            1,
            f"{precision}.h5",
        )
        for precision in (None, "bfloat16")
    ]
    with h5py.File(paths[0]) as file, h5py.File(paths[1]) as lower:
        assert lower.attrs["precision"] == "bfloat16"
        expected, features = file["train/features"][:], lower["train/features"][:]
    change = np.linalg.norm(features - expected) / np.linalg.norm(expected)
    assert 2**-12 < change < 2**-5


def test_features_are_those_of_pixels_normalised_as_the_settings_say(tmp_path, dataset, checkpoint):
    settings = SMALL.model_copy(update={"normalisation": "imagenet"})
    path = extract(tmp_path, dataset, settings, checkpoint, ExtractSettings(4, "float32"), 1)
    backbone, _ = load_backbone(BackboneSettings(name="small", image_size=8), 1, checkpoint)
    with h5py.File(dataset) as images, h5py.File(path) as file, torch.inference_mode():
        batch = torch.from_numpy(images["test/images"][:]).permute(0, 3, 1, 2) / 255
        expected = backbone.eval().network((batch - 0.449) / 0.226)
        assert np.allclose(file["test/features"][:], expected.numpy(), atol=1e-5)
        assert file.attrs["transform"] == "resize 8, centre crop 8, grey, mean 0.449, std 0.226"


USERS_RANDOM_NETWORK = """
import random

import numpy as np
import torch
from torch import nn

from activepool.backbones.backbone import Backbone, Preprocessing


def drawn(image_size, channels):
    network = nn.Sequential(nn.Flatten(), nn.Linear(64, 3))
    network[1].bias.data += torch.tensor([np.random.rand(), random.random(), DRAWN]).float()
    return Backbone(network, 3, Preprocessing(image_size, channels, 8, (0.5,), (0.5,)))
"""


def test_a_network_that_draws_its_weights_is_one_in_all_shards_and_runs(tmp_path, dataset):
    (tmp_path / "mine.py").write_text(USERS_RANDOM_NETWORK.replace("DRAWN", "0.0"))
    backbone = BackboneSettings(name=f"{tmp_path / 'mine.py'}:drawn", image_size=8)
    settings = ExtractSettings(batch_size=4, dtype="float32")
    torch.manual_seed(3)
    state = torch.get_rng_state()
    whole = contents(extract(tmp_path, dataset, backbone, None, settings, 1))
    assert torch.equal(torch.get_rng_state(), state)
    torch.rand(7), np.random.rand(5)
    path = extract(tmp_path, dataset, backbone, None, settings, 3)
    assert contents(path) == whole
    with h5py.File(path) as file:
        assert len(file.attrs["checkpoint_digest"]) == 64


def test_layers_that_wait_for_a_first_image_are_one_in_all_shards(tmp_path, dataset):
    text = USERS_RANDOM_NETWORK.replace("nn.Linear(64, 3)", "nn.LazyLinear(3)")
    (tmp_path / "mine.py").write_text("\n".join(line for line in text.splitlines() if "DRAWN" not in line))
    backbone = BackboneSettings(name=f"{tmp_path / 'mine.py'}:drawn", image_size=8)
    settings = ExtractSettings(batch_size=4, dtype="float32")
    whole = contents(extract(tmp_path, dataset, backbone, None, settings, 1))
    assert contents(extract(tmp_path, dataset, backbone, None, settings, 3)) == whole


def test_shards_of_a_network_that_differs_in_each_process_are_not_joined(tmp_path, dataset):
    """NumPy's generator without a seed takes one from the system, which nobody can fix."""
    (tmp_path / "mine.py").write_text(
        USERS_RANDOM_NETWORK.replace("DRAWN", "np.random.default_rng().normal()")
    )
    backbone = BackboneSettings(name=f"{tmp_path / 'mine.py'}:drawn", image_size=8)
    with pytest.raises(InputError, match=r"checkpoint_digest is .* all shards must come from one extraction"):
        extract(tmp_path, dataset, backbone, None, ExtractSettings(4, "float32"), 2)


def test_views_do_not_depend_on_how_many_there_are(tmp_path, dataset, checkpoint):
    def views(count):
        settings = ExtractSettings(batch_size=8, views=count, augmentation="digits")
        with h5py.File(extract(tmp_path, dataset, SMALL, checkpoint, settings, 1)) as file:
            return file["train/views"][:], file["train/features"][:]

    (two, features), (three, _) = views(2), views(3)
    assert np.array_equal(two, three[:2])
    assert not np.array_equal(three[0], three[1])
    assert not np.array_equal(three[0], features)


@pytest.mark.parametrize(
    ("dtype", "scale", "message"),
    [
        ("float16", 1e8, r"float16 ends at 65504: set dtype: float32"),
        (
            "float32",
            1e60,
            r"has the feature (nan|inf) for train row \d+ of .*dataset.h5; its weights may be broken",
        ),
        (
            "float16",
            1e60,
            r"has the feature (nan|inf) for train row \d+ of .*dataset.h5; its weights may be broken",
        ),
        (
            "float32",
            1e22,
            r"features of train of .*: row \d, column \d+ is .*; its square does not fit float32",
        ),
    ],
)
def test_features_that_cannot_be_stored_are_refused(tmp_path, dataset, dtype, scale, message):
    backbone = build("small", 8, 1)
    with torch.no_grad():
        for layer in backbone.network.blocks[3][:2]:  # finite weights, whatever their product
            layer.weight.mul_(scale**0.5)
    save_weights(tmp_path / "broken.safetensors", backbone, {})
    checkpoint = str(tmp_path / "broken.safetensors")
    with pytest.raises(InputError, match=message) as caught:
        extract(tmp_path, dataset, SMALL, checkpoint, ExtractSettings(8, dtype), 1)
    # The file that a message begins with is the one to delete, which here would not help.
    assert str(caught.value).startswith(f"backbone: 'small' with the weights of {checkpoint}")
    assert not list(tmp_path.glob("shard*.h5"))


OWN_NETWORK = """
from torch import nn
from activepool.backbones.backbone import Backbone, Preprocessing

class Network(nn.Module):
    def forward(self, images):
        features = images.flatten(1)[:, :5]
        return {returned}

def mine(image_size, channels):
    return Backbone(Network(), 5, Preprocessing(image_size, 1, image_size, (0.0,), (1.0,)))
"""


@pytest.mark.parametrize(
    ("returned", "form"),
    [
        ("features[:, :4]", r"\(8, 4\)"),
        ("features[:-1]", r"\(7, 5\)"),
        ("features[:, :, None]", r"\(8, 5, 1\)"),
        ("features[0]", r"\(5,\)"),
        ("(features,)", "tuple"),
        ("None", "NoneType"),
    ],
)
def test_a_network_that_returns_something_else_is_one_line(tmp_path, dataset, returned, form):
    (tmp_path / "mine.py").write_text(OWN_NETWORK.replace("{returned}", returned))
    backbone = BackboneSettings(name=f"{tmp_path / 'mine.py'}:mine", image_size=8)
    words = rf"mine' returned {form} for 8 images; it must return features of the shape \(8, 5\)"
    with pytest.raises(InputError, match=words):
        extract(tmp_path, dataset, backbone, None, ExtractSettings(8), 1)
    assert not list(tmp_path.glob("shard*"))


def test_gather_refuses_shards_that_do_not_fit(tmp_path, dataset, checkpoint):
    settings = ExtractSettings(batch_size=4)
    shards = [tmp_path / f"s{number}.h5" for number in range(3)]
    for number, path in enumerate(shards):
        extract_shard(dataset, SMALL, checkpoint, settings, Shard(number, 3), path)
    output = tmp_path / "features.h5"
    with pytest.raises(InputError, match=r"s2\.h5: train rows 8 to 15 are missing"):
        gather(dataset, [shards[0], shards[2]], output)
    with pytest.raises(InputError, match=r"s1\.h5: train rows 16 to 22 are missing"):
        gather(dataset, shards[:2], output)
    with pytest.raises(InputError, match=r"s1\.h5: train rows 8 to 15 are given twice"):
        gather(dataset, [*shards, shards[1]], output)
    larger = make_dataset(tmp_path / "larger.h5", train=30)
    with pytest.raises(InputError, match="was made from 23 train rows, but the dataset has 30"):
        gather(larger, shards, output)
    extract_shard(dataset, PIXELS, None, settings, Shard(1, 3), shards[1])
    with pytest.raises(InputError, match=r"s1\.h5: .* all shards must come from one extraction"):
        gather(dataset, shards, output)
    assert not output.exists()


@pytest.mark.parametrize(
    ("returned", "dtype", "words"),
    [
        ("1e-23 * features", "float32", "the square of the difference underflows in float32; scale them up"),
        ("1e5 + 0.01 * features", "float32", "which float32 hardly tells apart"),
        ("0 * features", "float32", "all rows are equal"),
        (
            "1e-7 * features",
            "float16",
            "which float16 hardly tells apart; scale them up, or store them as float32",
        ),
    ],
)
def test_features_that_lie_too_close_together_are_refused(tmp_path, dataset, returned, dtype, words):
    (tmp_path / "mine.py").write_text(OWN_NETWORK.replace("{returned}", returned))
    backbone = BackboneSettings(name=f"{tmp_path / 'mine.py'}:mine", image_size=8)
    with pytest.raises(InputError, match=f"^backbone .*mine': train/features: .*{words}"):
        extract(tmp_path, dataset, backbone, None, ExtractSettings(8, dtype), 3)
    assert not (tmp_path / "features.h5").exists()


def test_a_part_of_a_growing_pool_may_have_equal_images(tmp_path):
    part = Part(np.full(2, -1), np.array(["0", "1"], dtype=object), np.zeros((2, 8, 8, 1), dtype=np.uint8))
    write_samples(tmp_path / "dataset.h5", Samples(part, part.take(np.empty(0, int)), []))
    extract(tmp_path, tmp_path / "dataset.h5", PIXELS, None, ExtractSettings(8), 1)
