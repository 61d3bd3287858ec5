import os
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from activepool.data.image_checks import drop_unreadable
from activepool.data.image_notices import sampled_turn_notice
from activepool.data.samples import Part, Samples
from activepool.errors import InputError


def damaged(draw):
    """Return train and test of good images, and one each of what can be wrong."""
    names = [f"good/{number}.jpg" for number in range(150)]
    root = draw(*names, "good/test.jpg")
    (root / "empty.jpg").write_bytes(b"")
    (root / "text.png").write_text("not an image")
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 64), dtype=np.uint8)).save(
        root / "cut.jpg"
    )
    os.truncate(root / "cut.jpg", (root / "cut.jpg").stat().st_size * 3 // 4)
    train = [*names[:100], "empty.jpg", "text.png", "cut.jpg", "missing.jpg", *names[100:]]
    return Samples(
        Part.from_files(np.arange(len(train)), train),
        Part.from_files([0, 1], ["good/test.jpg", "text.png"]),
        [str(label) for label in range(len(train))],
        str(root),
    )


def test_skip_leaves_out_and_lists_what_cannot_be_decoded(draw):
    samples = damaged(draw)
    readable, table = drop_unreadable(samples, "skip", workers=1)
    assert readable.notices == (
        f"{readable.root}: not taken: unreadable images: 5 ({readable.root}/empty.jpg: empty file, ...)",
    )
    assert readable.train.labels.tolist() == [*range(100), *range(104, 154)]
    assert readable.train.sources.tolist() == [f"good/{number}.jpg" for number in range(150)]
    assert readable.test.sources.tolist() == ["good/test.jpg"]
    names = ["empty.jpg", "text.png", "cut.jpg", "missing.jpg", "text.png"]
    assert table["path"].tolist() == [str(samples.image_place(name)) for name in names]
    reasons = table["reason"].tolist()
    assert reasons[0] == "empty file"
    assert reasons[1] == reasons[4] == "no known image format"
    assert reasons[2].startswith("image file is truncated")
    assert reasons[3] == "No such file or directory"


def test_workers_change_nothing(draw):
    samples = damaged(draw)
    _, serial = drop_unreadable(samples, "skip", workers=1)
    _, two = drop_unreadable(samples, "skip", workers=2)
    assert serial.equals(two)


REMEDY = "repair or remove it, or set on_unreadable: skip"


def test_stop_has_a_line_for_each_image(draw):
    samples = damaged(draw)
    with pytest.raises(InputError) as error:
        drop_unreadable(samples, "stop", workers=1)
    reasons = {
        "empty.jpg": "empty file",
        "text.png": "no known image format",  # in both parts
        "missing.jpg": "No such file or directory",
    }
    assert error.value.args == tuple(
        f"{samples.root}/{name}: not a readable image ({reason}): {REMEDY}"
        for name, reason in reasons.items()
    )


def test_stop_counts_the_images_after_the_first_twenty(draw):
    root = draw("0.jpg")
    train = [f"{number}.jpg" for number in range(24)]
    labels = np.zeros(len(train), dtype=int)
    samples = Samples(Part.from_files(labels, train), Part.from_files([0], ["0.jpg"]), ["a"], str(root))
    with pytest.raises(InputError) as error:
        drop_unreadable(samples, "stop", workers=2)
    named = [line.split(":")[0] for line in error.value.args[:-1]]
    assert named == [f"{root}/{number}.jpg" for number in range(1, 21)]
    assert error.value.args[-1] == f"{root}: 3 more of the kind"


def test_stop_looks_at_headers_only(draw):
    samples = damaged(draw)
    rows = np.flatnonzero(np.isin(samples.train.sources, ["good/0.jpg", "cut.jpg"]))
    samples = replace(samples, train=samples.train.take(rows), test=samples.test.take(rows[:1]))
    readable, table = drop_unreadable(samples, "stop", workers=1)
    assert len(readable.train) == 2
    assert table.empty
    assert table.columns.tolist() == ["path", "reason"]


def test_skip_that_leaves_nothing_to_measure_on(draw):
    samples = damaged(draw)
    samples = replace(samples, test=samples.test.take(np.array([1])))
    with pytest.raises(InputError, match="the test part has no labelled sample to measure accuracy on"):
        drop_unreadable(samples, "skip", workers=1)


@pytest.mark.parametrize("how", ["stop", "skip"])
def test_exif_turns_are_reported_unless_they_are_applied(draw, how):
    root = draw(*(f"{number}.jpg" for number in range(200)))
    exif = Image.Exif()
    exif[0x0112] = 6
    for number in range(0, 200, 3):
        Image.open(root / f"{number}.jpg").save(root / f"{number}.jpg", exif=exif)
    part = Part.from_files([0] * 100, [f"{number}.jpg" for number in range(100)])
    test_part = Part.from_files([0] * 100, [f"{number}.jpg" for number in range(100, 200)])
    samples = Samples(part, test_part, ["a"], str(root))
    readable, _ = drop_unreadable(samples, how, workers=2)
    assert readable.notices == (
        f"{root}: 67 of 200 images have a rotation in their EXIF, which is not applied; "
        "dataset.exif: apply would set them upright",
    )
    assert drop_unreadable(replace(samples, upright=True), how, workers=2)[0].notices == ()


def test_a_sample_of_headers_shows_exif_turns_beforehand(draw, monkeypatch):
    monkeypatch.setattr("activepool.data.fingerprint.IMAGES_READ", 5)
    root = draw(*(f"{number}.jpg" for number in range(20)))
    exif = Image.Exif()
    exif[0x0112] = 3
    for number in range(20):
        Image.open(root / f"{number}.jpg").save(root / f"{number}.jpg", exif=exif)
    (root / "0.jpg").write_text("no image, which is for the stage to tell")
    part = Part.from_files([0] * 10, [f"{number}.jpg" for number in range(10)])
    test_part = Part.from_files([0] * 10, [f"{number}.jpg" for number in range(10, 20)])
    notice = sampled_turn_notice(Samples(part, test_part, ["a"], str(root)))
    assert notice.startswith(f"{root}: 9 of 10 images looked at (20 in all) have a rotation in their EXIF")
    assert sampled_turn_notice(Samples(part, test_part, ["a"], str(root), upright=True)) is None


def test_images_in_memory_are_left_alone():
    part = Part(np.array([0]), np.array(["train/0"], dtype=object), np.zeros((1, 2, 2, 1), dtype=np.uint8))
    samples, table = drop_unreadable(Samples(part, part, ["a"]), "stop", workers=1)
    assert samples.train is part
    assert table.empty
