import numpy as np
import pytest
import torch
from PIL import Image

from activepool.backbones.backbone import Preprocessing
from activepool.data.samples import Part, Samples, write_samples
from activepool.errors import InputError
from activepool.features.images import PartImages, Request, image_channels, load_requests
from activepool.features.transforms import CROP_DRAWS

RGB = Preprocessing(8, 3, 8, (0.0,) * 3, (1.0,) * 3)


def write_files(folder, sizes):
    """Write PNG files of the given (width, height), and dataset.h5 that names them."""
    rng = np.random.default_rng(0)
    names = [f"image{number}.png" for number in range(len(sizes))]
    for name, (width, height) in zip(names, sizes, strict=True):
        Image.fromarray(rng.integers(0, 256, (height, width, 3), dtype=np.uint8)).save(folder / name)
    part = Part.from_files(np.zeros(len(sizes)), names)
    write_samples(folder / "dataset.h5", Samples(part, part, ["only"], root=str(folder)))
    return folder / "dataset.h5"


def write_arrays(path, images):
    sources = np.array([str(row) for row in range(len(images))], dtype=object)
    part = Part(np.zeros(len(images), dtype=np.int64), sources, images)
    write_samples(path, Samples(part, part, ["only"]))
    return path


def test_array_images_come_in_the_order_asked_for(tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (9, 8, 8, 3), dtype=np.uint8)
    part = PartImages(write_arrays(tmp_path / "d.h5", images), "train", RGB)
    rows = np.array([7, 0, 7, 3])
    views = part[Request(rows)]
    assert views.shape == (1, 4, 3, 8, 8)
    assert np.array_equal(views[0].numpy(), images[rows].transpose(0, 3, 1, 2))
    assert len(part) == 9


def test_files_of_any_size_become_square(tmp_path):
    part = PartImages(write_files(tmp_path, [(20, 9), (8, 30), (8, 8)]), "test", RGB)
    views = part[Request(np.arange(3))]
    assert views.shape == (1, 3, 3, 8, 8)
    with Image.open(tmp_path / "image2.png") as exact:
        assert np.array_equal(views[0, 2].numpy(), np.asarray(exact).transpose(2, 0, 1))


@pytest.mark.parametrize("upright", [False, True])
def test_turns_are_applied_where_the_dataset_says_so(tmp_path, upright):
    scene = np.zeros((8, 8, 3), dtype=np.uint8)
    scene[:4] = 250
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(np.rot90(scene).copy()).save(tmp_path / "turned.png", exif=exif)
    part = Part.from_files([0], ["turned.png"])
    write_samples(tmp_path / "d.h5", Samples(part, part, ["only"], str(tmp_path), upright))
    views = PartImages(tmp_path / "d.h5", "train", RGB)[Request(np.array([0]))]
    expected = scene if upright else np.rot90(scene)
    assert np.array_equal(views[0, 0].numpy(), expected.transpose(2, 0, 1))


def test_grey_files_for_a_grey_backbone(tmp_path):
    grey = Preprocessing(8, 1, 8, (0.0,), (1.0,))
    part = PartImages(write_files(tmp_path, [(8, 8)]), "train", grey)
    assert part[Request(np.arange(1))].shape == (1, 1, 1, 8, 8)


def test_crops_follow_their_draws(tmp_path):
    part = PartImages(write_files(tmp_path, [(20, 12), (9, 30)]), "train", RGB)
    draws = np.random.default_rng(1).random((3, 2, CROP_DRAWS))
    views = part[Request(np.array([0, 1]), draws)]
    assert views.shape == (3, 2, 3, 8, 8)
    single = part[Request(np.array([1]), draws[2:, 1:])]
    assert torch.equal(views[2, 1], single[0, 0])
    assert not torch.equal(views[0, 0], views[1, 0])


@pytest.mark.parametrize("workers", [0, 2])
def test_unreadable_image_is_one_clear_line(tmp_path, workers):
    path = write_files(tmp_path, [(8, 8)] * 4)
    broken = tmp_path / "image2.png"
    broken.write_bytes(broken.read_bytes()[:60])
    part = PartImages(path, "train", RGB)
    requests = [Request(np.array([row])) for row in range(4)]
    with pytest.raises(InputError, match=r"image2\.png: not a readable image \(.+\); repair it") as raised:
        list(load_requests(part, requests, workers, pinned=False))
    assert "\n" not in str(raised.value) and "Traceback" not in str(raised.value)


@pytest.mark.parametrize("workers", [0, 1, 2])
def test_workers_do_not_change_the_images(tmp_path, workers):
    part = PartImages(write_files(tmp_path, [(20, 9), (8, 30), (8, 8), (40, 40)]), "train", RGB)
    draws = np.random.default_rng(1).random((4, 2, 1, CROP_DRAWS))
    requests = [Request(np.array([row]), draws[row]) for row in range(4)]
    expected = [part[request] for request in requests]
    for views, same in zip(load_requests(part, requests, workers, pinned=False), expected, strict=True):
        assert torch.equal(views, same)


def test_channels_of_a_dataset(tmp_path):
    grey = write_arrays(tmp_path / "grey.h5", np.zeros((2, 8, 8, 1), dtype=np.uint8))
    assert image_channels(grey) == 1
    assert image_channels(write_files(tmp_path, [(8, 8)])) == 3


def test_arrays_of_another_type_are_refused(tmp_path):
    path = write_arrays(tmp_path / "d.h5", np.zeros((2, 8, 8, 1), dtype=np.float32))
    with pytest.raises(InputError, match=r"train/images is float32 of shape .* it must be uint8"):
        PartImages(path, "train", RGB)


def write_jpeg(path, width, height):
    coarse = np.random.default_rng(0).integers(0, 256, (9, 12, 3), dtype=np.uint8)
    Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC).save(path, quality=95)


@pytest.mark.parametrize(
    ("size", "decoded"),
    [((640, 480), (80, 60)), ((480, 640), (60, 80)), ((130, 100), (65, 50)), ((60, 31), None)],
)
def test_scaled_decoding_leaves_twice_the_pixels_that_the_backbone_needs(
    tmp_path, monkeypatch, size, decoded
):
    write_jpeg(tmp_path / "photo.jpg", *size)
    part = Part.from_files([0], ["photo.jpg"])
    write_samples(tmp_path / "d.h5", Samples(part, part, ["only"], str(tmp_path)))
    sizes = []
    whole = Preprocessing.central_view
    monkeypatch.setattr(
        Preprocessing,
        "central_view",
        lambda self, images: sizes.append(images.shape[-2:]) or whole(self, images),
    )
    needs = Preprocessing(14, 3, 16, (0.0,) * 3, (1.0,) * 3)
    views = [
        PartImages(tmp_path / "d.h5", "train", needs, scaled)[Request(np.array([0]))].int()
        for scaled in (False, True)
    ]
    assert sizes == [(size[1], size[0]), (decoded or size)[::-1]]
    assert (views[0] - views[1]).abs().max() <= (6 if decoded else 0)


def test_crops_are_cut_from_whole_images_also_with_scaled_decoding(tmp_path):
    write_jpeg(tmp_path / "photo.jpg", 640, 480)
    part = Part.from_files([0], ["photo.jpg"])
    write_samples(tmp_path / "d.h5", Samples(part, part, ["only"], str(tmp_path)))
    request = Request(np.array([0]), np.full((1, 1, CROP_DRAWS), 0.3))
    of_whole, of_scaled = (
        PartImages(tmp_path / "d.h5", "train", RGB, scaled)[request] for scaled in (False, True)
    )
    assert torch.equal(of_whole, of_scaled)
