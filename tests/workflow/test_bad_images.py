"""Bad images, folders, manifests and checkpoints: one clear line; and odd images that are good."""

import pickle
import shutil
import struct
import zlib
from pathlib import Path

import h5py
import numpy as np
import pytest
import torch
from PIL import Image
from workflow.bad_files import (
    Bad,
    chain,
    content,
    cut,
    gone,
    images,
    line_for,
    manifest,
    options,
    run_stage,
    values,
    write_image,
    write_small_run,
    write_weights,
)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    # One level down, so that there is room for what lies outside.
    (tmp_path / "run").mkdir()
    monkeypatch.chdir(tmp_path / "run")
    write_small_run()
    write_weights()


def png(width, height, depth=8, kind=2, pixels=b"\0"):
    """Return a PNG file of this size, whatever its pixels."""

    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(pixels))
        + chunk(b"IEND", b"")
    )


IMAGE, FIRST, LAST = "images/3.png", "images/0.png,ant,train", "images/7.png,bee,test"
BOMB, LARGE = png(40_000, 40_000), png(12_000, 10_000)

IMAGES = [
    ("no bytes", content(IMAGE, ""), "images/3.png: not a readable image (empty file): repair or remove it"),
    ("text", content(IMAGE, "text"), "images/3.png: not a readable image (no known image format): repair or"),
    ("huge", content(IMAGE, BOMB), "images/3.png: not a readable image (Image size (1600000000 pixels) exce"),
    ("32 bits", lambda: Image.new("F", (4, 4)).save(IMAGE, format="TIFF"), "(32 bits a pixel, in which blac"),
]  # fmt: skip


def linked(target):
    def spoil():
        for part in ("train", "test"):
            write_image(f"pets/{part}/ant/1.png")
        Path("pets/train/ant/link").symlink_to(target)
        return images("folder", root="pets")()

    return spoil


def pets(*names, **more):
    def spoil():
        for name in names:
            write_image(f"pets/{name}")
        return images("folder", root="pets", **more)()

    return spoil


def lists(train, test):
    return chain(
        content("train.txt", train),
        content("test.txt", test),
        images("imagenet_lt", root="images", train_list="train.txt", test_list="test.txt"),
    )


def outside(*rows):
    """List an image beside the folder of the manifest."""
    return chain(lambda: shutil.copy(IMAGE, "../outside.png") and None, manifest(*rows))


def empty_class():
    changes = pets("train/ant/1.png", "test/ant/1.png")()
    Path("pets/train/bee").mkdir()
    return changes


def cifar_with_a_bomb():
    """Return CIFAR-10, whose files are pickles; one differs from the author's."""
    for name in ("batches.meta", "test_batch", *(f"data_batch_{number}" for number in range(1, 6))):
        content(f"cifar-10-batches-py/{name}", pickle.dumps(Bomb()))()
    return images("cifar10", root=".")()


class Bomb:
    """An object that makes a file when it is unpickled."""

    def __reduce__(self):
        return open, ("crater", "w")


TWICE = "path,label,split,label"
LISTINGS = [
    ("no manifest", gone("manifest.csv"), "manifest.csv: no such file; it must be a CSV file with the colum"),
    ("manifest of no bytes", content("manifest.csv", ""), "manifest.csv: is empty; its first line must name"),
    ("manifest of a header", manifest(), "manifest.csv: the train part is empty: there is no row below"),
    ("manifest in Latin 1", content("manifest.csv", b"path,label,split\n\xe9,a,\n"), "line 2 is not UTF"),
    ("two columns label", manifest(f"{FIRST},a", header=TWICE), "manifest.csv:1: two columns have the same"),
    ("image twice", manifest(FIRST, FIRST), "manifest.csv:3: path 'images/0.png' was given before, in line"),
    ("image in both parts", manifest(FIRST, "images/./0.png,ant,test"), "path 'images/./0.png' was given be"),
    ("image that is a folder", manifest("images,ant,"), "manifest.csv:2: no such file 'images' (relative pa"),
    ("image outside by a turn", outside("images/../../outside.png,a,"), "'images/../../outside.png' leaves"),
    ("no image but a secret", manifest("/etc/passwd,bee,", LAST), "/etc/passwd: not a readable image (no kn"),
    ("name of two lines", manifest('"a\nb.png",ant,'), r"manifest.csv:2: 'a\nb.png', 'ant': neither may hav"),
    ("split of another name", manifest("images/0.png,ant,dev"), "manifest.csv:2: split 'dev' is not known;"),
    ("test row without label", manifest("images/0.png,,test"), "manifest.csv:2: a test row needs a label"),
    ("unknown option", images("manifest", path="manifest.csv", rot="x"), "rot: unexpected keyword argument;"),
    ("unknown kind", images("film"), "dataset: kind 'film' is not known; it must be one of digits, cifar10"),
    ("no folder", images("folder", root="nowhere"), "nowhere: no such folder; it must be a folder of images"),
    ("empty class", empty_class, "pets/train/bee: holds no image (.jpg,"),
    ("class of no train image", pets("train/ant/1.png", "test/bee/1.png"), "pets/test/bee: the train part h"),
    ("image of no class", pets("train/ant/1.png", "train/1.png", "test/ant/1.png"), "pets/train/1.png: lies"),
    ("no test part", pets("ant/1.png"), "pets: has no test part to measure accuracy on; add test/<class>/,"),
    ("file of two lines", pets("train/ant/a\nb.png", "test/ant/1.png"), r"the file name 'train/ant/a\nb.png"),
    ("link to above", linked(".."), "pets/train/ant/link: is a link to a folder above it; remove it, or lin"),
    ("link to itself", linked("."), "pets/train/ant/link: is a link to a folder above it; remove it, or lin"),
    ("list without numbers", lists("0.png x\n", "1.png 0\n"), "train.txt:1: '0.png x' is not 'path label';"),
    ("list of huge numbers", lists(f"0.png {'9' * 30}\n", "1.png 0\n"), "99' is not 'path label'; such as"),
    ("list with a gap", lists("0.png 0\n2.png 2\n", "1.png 0\n"), "train.txt: has images of class 2, but no"),
    ("image twice in a list", lists("0.png 0\n0.png 0\n", "1.png 0\n"), "train.txt:2: path '0.png' was give"),
    ("image in both lists", lists("0.png 0\n", "0.png 0\n"), "test.txt:1: path '0.png' was given before, in"),
    ("list that leaves", lists("../manifest.csv 0\n", "0.png 0\n"), "train.txt:1: path '../manifest.csv' le"),
    ("CIFAR that is not there", images("cifar10", root="."), ".: has no folder cifar-10-batches-py; unpack"),
    ("CIFAR with a pickle bomb", cifar_with_a_bomb, "cifar-10-batches-py: not the files of CIFAR10 (Dataset"),
]  # fmt: skip

P = "small.pth"
WEIGHT = torch.zeros(32, 3, 3, 3)


def weights(**changes):
    return lambda: write_weights(**{"blocks.0.0.weight": WEIGHT, **changes})


def saved(what, **how):
    return lambda: torch.save(what, P, **how)


def safetensors(weights):
    return chain(content("w.safetensors", weights), options(checkpoint="w.safetensors"))


OBJECT = (
    "small.pth: not a readable checkpoint: it holds the object io.open, and objects can run code when they"
)
HEADER = b'{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}'
CUT_HEADER = len(HEADER).to_bytes(8, "little") + HEADER + b"\0" * 4

EXTRACTIONS = [
    ("image cut short", cut(IMAGE), "images/3.png: not a readable image (image file is truncated"),
    ("image that is gone", gone(IMAGE), "images/3.png: not a readable image ([Errno 2] No such file or dire"),
    ("large image cut short", content(IMAGE, LARGE), "images/3.png: not a readable image (image file is tru"),
    ("dataset cut short", cut("dataset.h5"), "dataset.h5: not a readable HDF5 file (Unable to"),
    ("no images", values("dataset.h5", "train/paths"), "dataset.h5: has neither train/images nor train/path"),
    ("paths of numbers", values("dataset.h5", "train/paths", np.arange(6)), "dataset.h5: train/paths is int"),
    ("images of floats", values("dataset.h5", "train/images", np.ones((6, 8, 8, 3))), "train/images is floa"),
    ("images of no pixel", values("dataset.h5", "train/images", np.ones((6, 0, 8, 3), "u1")), "of at least"),
    ("no checkpoint", gone(P), "small.pth: not a readable checkpoint: it does not exist; a path is relative"),
    ("checkpoint of no bytes", content(P, ""), "small.pth: not a readable checkpoint: it is empty"),
    ("checkpoint of text", content(P, "text"), "it is neither a file of torch.save nor of safetensors; it b"),
    ("checkpoint cut short", cut(P), "small.pth: not a readable checkpoint: it is damaged: its end is missi"),
    ("pickle bomb", saved({"state_dict": {}, "hook": Bomb()}), OBJECT),
    ("old pickle bomb", saved({"hook": Bomb()}, _use_new_zipfile_serialization=False), OBJECT),
    ("bare pickle bomb", content(P, pickle.dumps(Bomb())), "it holds a pickle that torch.save did not write"),
    ("oldest pickle bomb", content(P, pickle.dumps(Bomb(), 0)), "it is neither a file of torch.save nor of"),
    ("no weights", saved([1, 2]), "small.pth: does not fit the backbone: there is no state dict"),
    ("weights of another shape", weights(**{"blocks.0.0.weight": WEIGHT[:, :1]}), "19 of the backbone's 20"),
    ("sparse weights", weights(**{"blocks.0.0.weight": WEIGHT.to_sparse()}), "blocks.0.0.weight is sparse;"),
    ("weights without values", weights(**{"blocks.0.0.weight": WEIGHT.to("meta")}), "weight is without valu"),
    ("whole weights", weights(**{"blocks.0.0.weight": WEIGHT.int()}), "blocks.0.0.weight is of torch.int32;"),
    ("weights that are NaN", weights(**{"blocks.0.0.weight": WEIGHT * np.nan}), "weight holds NaN or infini"),
    ("safetensors of text", safetensors("text, and no header"), "checkpoint: it is not a file of safetensor"),
    ("safetensors that lie", safetensors((1 << 60).to_bytes(8, "little")), "it is not a file of safetensors"),
    ("safetensors cut short", safetensors(CUT_HEADER), "it is damaged: it has 66 bytes of 70"),
    ("another architecture", options(backbone={"name": "resnet51"}), "'resnet51' is not known (did you mean"),
    ("random weights", options(checkpoint=None), "'small' without a checkpoint would have random weights;"),
]  # fmt: skip

TABLE = [
    Bad(name, stage, spoil, words)
    for stage, rows in {"dataset": [*IMAGES, *LISTINGS], "extract": EXTRACTIONS}.items()
    for name, spoil, words in rows
]


@pytest.mark.parametrize("bad", TABLE, ids=lambda bad: f"{bad.stage}: {bad.name}")
def test_a_bad_image_list_or_checkpoint_gets_its_line(bad, capsys):
    assert bad.words in line_for(bad, capsys)


def test_an_image_outside_and_the_class_that_it_leaves_out_get_a_line_each(capsys):
    bad = Bad("image outside", "dataset", outside("../outside.png,ant,", LAST), "")
    first, second = line_for(bad, capsys, problems=2).splitlines()
    assert "manifest.csv:2: path '../outside.png' leaves ." in first
    assert "manifest.csv:3: the train part has no class 'bee'" in second
    assert not Path("crater").exists()


def test_the_bomb_would_go_off():
    pickle.loads(pickle.dumps(Bomb())).close()
    assert Path("crater").exists()


def test_images_that_cannot_be_decoded_are_left_out_if_that_is_asked_for(capsys):
    for number, data in enumerate((b"", b"text", BOMB, LARGE)):
        content(f"images/{number}.png", data)()
    cut("images/4.png")()
    manifest(*(f"images/{number}.png,ant,{'test' if number > 5 else 'train'}" for number in range(8)))()
    assert run_stage("dataset", **images("manifest", on_unreadable="skip", path="manifest.csv")()) == 0
    notices = [
        "manifest.csv: 'ant' is the only class, so there is nothing to learn",
        "manifest.csv: not taken: unreadable images: 5 (images/0.png: empty file, ...)",
    ]
    lines = [f"activepool: notice: {notice}" for notice in notices]
    assert sorted(capsys.readouterr().err.splitlines()) == lines
    rows = [line.split(",", 1)[0] for line in Path("out/unreadable.csv").read_text().splitlines()[1:]]
    assert rows == [f"images/{number}.png" for number in range(5)]


def pixels_of(image, **how):
    """Return the pixels (3, 2, 2), as the backbone `identity` takes them, of an image in a row."""
    image.save(IMAGE, **how)
    assert run_stage("dataset") == 0
    backbone = {"name": "identity", "image_size": 2}
    arguments = {"dataset": "out/dataset.h5", "backbone": backbone, "checkpoint": None}
    arguments["extraction"] = {"dtype": "float32"}
    assert run_stage("extract", **arguments) == 0
    with h5py.File("out/shard.h5") as file:
        return np.rint(file["train/features"][3].reshape(3, 2, 2) * 255).astype(int).tolist()


RED, BLUE = (Image.new("RGB", (2, 2), colour) for colour in ("red", "blue"))
ALL_RED = [[[255, 255]] * 2, [[0, 0]] * 2, [[0, 0]] * 2]
PALETTE = RED.convert("P", palette=Image.Palette.ADAPTIVE)


@pytest.mark.parametrize(
    ("image", "how"),
    [
        (RED, {"format": "PNG"}),
        (RED.convert("RGBA"), {"format": "PNG"}),
        (PALETTE, {"format": "PNG"}),
        (PALETTE, {"format": "PNG", "transparency": b"\x80\xff"}),
        (RED.convert("CMYK"), {"format": "TIFF"}),
        (RED, {"format": "GIF", "save_all": True, "append_images": [BLUE]}),
        (RED, {"format": "PNG", "save_all": True, "append_images": [BLUE]}),
        (RED, {"format": "WEBP", "lossless": True, "save_all": True, "append_images": [BLUE]}),
    ],
    ids=["colour", "alpha", "palette", "palette with alpha", "CMYK", "animated GIF", "APNG", "animated WebP"],
)
def test_the_first_frame_of_an_image_in_any_colours_is_read(image, how, capsys):
    assert pixels_of(image, **how) == ALL_RED
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("form", ["PNG", "TIFF"])
def test_of_16_bits_the_upper_8_are_read(form):
    values = np.array([[0, 255], [256, 65535]], dtype=np.uint16)
    assert pixels_of(Image.fromarray(values), format=form) == [[[0, 0], [1, 255]]] * 3


def test_a_camera_turn_is_not_applied():
    pixels = np.arange(4, dtype=np.uint8).reshape(2, 2) * 80
    exif = Image.Exif()
    exif[0x0112] = 6  # a quarter to the right
    assert pixels_of(Image.fromarray(pixels), format="PNG", exif=exif) == [pixels.tolist()] * 3


def test_a_large_image_is_read_without_a_remark(capsys):
    content(IMAGE, LARGE)()
    assert run_stage("dataset") == 0
    assert capsys.readouterr().err == ""


def test_links_lead_out_of_a_folder(capsys):
    shutil.move("images", "../elsewhere")
    Path("images").symlink_to("../elsewhere")
    assert run_stage("dataset") == 0, capsys.readouterr().err
