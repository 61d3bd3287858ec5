"""The exported model, against predictions.h5: with activepool, and by docs/labelling_model.md."""

import json
import re
import shutil
import sys
import textwrap
from contextlib import chdir
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import torch
from labelling.labelled_pools import CLASSES, TRAINED, trained_pool, write_labels
from PIL import ExifTags, Image
from safetensors import safe_open

import activepool
from activepool.backbones.checkpoint import save_weights
from activepool.backbones.registry import build
from activepool.backbones.settings import BackboneSettings
from activepool.compute.shards import Shard
from activepool.data.samples import Part, Samples, write_samples
from activepool.errors import InputError
from activepool.features.extract import extract_shard
from activepool.features.gather import gather
from activepool.features.settings import ExtractSettings
from activepool.features.store import FeatureFile
from activepool.io.files import file_digest
from activepool.labelling.models.backbone_reference import BackboneReference
from activepool.labelling.models.prediction_tables import COLUMNS
from activepool.labelling.models.predictions import read_predictions
from activepool.stages.export_model import export_model
from activepool.stages.predict import predict
from activepool.stages.train_labelled import train_labelled

PAGE = (Path(__file__).parents[2] / "docs/labelling_model.md").read_text(encoding="utf-8")
WITH_ACTIVEPOOL, PLAIN_HEAD, PREPARE = (
    textwrap.dedent(block)
    for block in re.findall(r"\n((?:    .*\n|\n)+)", PAGE)
    if block.strip().startswith("import")
)

MODEL, FILES = "model.safetensors", ("head.h5", "training.json", "features.h5")
PHOTOS, SETTINGS = 150, BackboneSettings(name="small", image_size=16)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="module")
def photographed(tmp_path_factory):
    """A folder with photographs of many sizes, some of them turned, and a model; nobody may change it."""
    folder = tmp_path_factory.mktemp("photographed")
    with chdir(folder):
        write_photographs()
    return folder


@pytest.fixture
def photographs(photographed, folder):
    """A copy of the photographs and the model in the working folder; return the predictions."""
    shutil.copytree(photographed, Path(), dirs_exist_ok=True)
    return [f"photos/{number}.jpg" for number in range(PHOTOS)], read_predictions("predictions.h5")


def write_photographs():
    random, exif = np.random.default_rng(0), Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    names = [f"photos/{number}.jpg" for number in range(PHOTOS)]
    Path("photos").mkdir()
    for number, name in enumerate(names):
        shape = (16, 16) if number % 7 == 0 else random.integers(14, 40, 2)
        level = random.integers(0, 90) + 55 * (number % 3)
        pixels = random.integers(0, 60, (*shape, 3)) + np.array([level, level // 2, 100])
        pixels[: shape[0] // 2] += 30 * (number % 4)
        Image.fromarray(pixels.astype(np.uint8)).save(name, exif=exif if number % 5 == 0 else b"")
    part = Part.from_files(np.full(PHOTOS, -1), names)
    samples = Samples(
        part, Part.from_files(np.empty(0, np.int64), []), CLASSES[:3], str(Path.cwd()), upright=True
    )
    write_samples("dataset.h5", samples)
    torch.manual_seed(0)
    save_weights("backbone.safetensors", build("small", 16, 3), {})
    extract_shard("dataset.h5", SETTINGS, "backbone.safetensors", ExtractSettings(), Shard(), "shard.h5")
    gather("dataset.h5", ["shard.h5"], "features.h5")
    write_labels(np.arange(90), [CLASSES[number % 3] for number in range(90)])
    train_labelled("features.h5", "labels.csv", "classes.csv", seed=0, **TRAINED)
    predict("features.h5", "head.h5", "training.json", "predictions.h5")
    export_model(*FILES, MODEL, SETTINGS, "apply")


def test_images_have_the_predictions_of_the_pool(photographs):
    names, expected = photographs
    assert len(np.unique(expected.predicted)) == 3
    model = activepool.load_model(MODEL)
    predictions = model.predict(names, checkpoint="backbone.safetensors", device="cpu")
    assert predictions.predicted.tolist() == [expected.class_names[number] for number in expected.predicted]
    assert np.allclose(predictions.probability, expected.probability, atol=2e-3)
    assert np.allclose(predictions.margin, expected.margin, atol=4e-3)


def test_an_image_may_be_a_path_a_picture_or_pixels(photographs):
    names, expected = photographs
    model, checkpoint = activepool.load_model(MODEL), "backbone.safetensors"
    assert int(names[1].split("/")[1][:-4]) % 5  # not turned
    picture = Image.open(names[1])
    pixels = np.asarray(picture)
    for images in (names[1], Path(names[1]), picture, [picture], [pixels], pixels[None]):
        predictions = model.predict(images, checkpoint=checkpoint, device="cpu")
        assert predictions.probability.tolist() == pytest.approx([expected.probability[1]], abs=2e-3)
    grey = pixels[..., 0]
    one, other = (
        model.predict([image], checkpoint=checkpoint, device="cpu") for image in (grey, grey[..., None])
    )
    assert one.probability == other.probability
    for wrong, words in [
        (pixels, "images is an array of shape"),
        ([pixels.astype(float)], "it must be uint8"),
        ([pixels[..., :2]], "it must be uint8"),
        ([7], "an image is a int"),
        ([], "images is empty; give at least one image"),
        (None, "^images is a NoneType; give a list of paths or images$"),
        (["photos/none.jpg"], r"photos/none\.jpg: not a readable image \(.*No such file"),
    ]:
        with pytest.raises(InputError, match=words):
            model.predict(wrong, checkpoint=checkpoint, device="cpu")


@pytest.mark.parametrize("form", [np.array, pd.Series, pa.array, lambda paths: pa.chunked_array([paths])])
def test_paths_may_be_a_column(photographs, form):
    names, expected = photographs
    model = activepool.load_model(MODEL)
    found = model.predict(form(names[:9]), checkpoint="backbone.safetensors", device="cpu")
    assert found.predicted.tolist() == [expected.class_names[number] for number in expected.predicted[:9]]
    for table in (pd.DataFrame({"path": names}), pa.table({"path": names})):
        with pytest.raises(InputError, match=r"^images is a (DataFrame|Table); give its column of paths$"):
            model.predict(table, checkpoint="backbone.safetensors", device="cpu")


def test_a_picture_is_read_like_its_file(photographs):
    names, _ = photographs
    Image.fromarray(np.arange(0, 65536, 256, np.uint16).reshape(16, 16)).save("16bits.png")
    images = [*names[:6], "16bits.png"]  # the first and the last photograph have a rotation in their EXIF
    model, checkpoint = activepool.load_model(MODEL), "backbone.safetensors"
    expected, found = (
        model.predict(given, checkpoint=checkpoint, device="cpu")
        for given in (images, list(map(Image.open, images)))
    )
    assert found.probability.tolist() == expected.probability.tolist()
    with pytest.raises(InputError, match=r"^an image: not a readable image \(32 bits a pixel"):
        model.predict([Image.new("F", (16, 16))], checkpoint=checkpoint, device="cpu")


def test_another_checkpoint_is_refused(photographs):
    torch.manual_seed(1)
    save_weights("other.safetensors", build("small", 16, 3), {})
    digest = file_digest("backbone.safetensors")
    model = activepool.load_model(MODEL)
    with pytest.raises(
        InputError, match=rf"other\.safetensors does not have the weights .* SHA-256 is {digest}"
    ):
        model.predict(photographs[0][:2], checkpoint="other.safetensors", device="cpu")
    with pytest.raises(InputError, match="without a checkpoint would have random weights"):
        model.predict(photographs[0][:2], device="cpu")


def test_the_file_says_what_the_model_is(photographs):
    model, facts = activepool.load_model(MODEL), json.loads(Path("training.json").read_text())
    assert model.version == activepool.__version__
    assert model.head.classes.tolist() == CLASSES[:3]
    assert model.facts.labels == 90
    assert model.facts.classes_without_labels == ["bee"]
    assert model.head.temperature == facts["temperature"] != 1
    with safe_open(MODEL, framework="np") as file:
        metadata = file.metadata()
    assert list(metadata) == ["activepool"]
    backbone = json.loads(metadata["activepool"])["backbone"]
    assert backbone["settings"] == {"name": "small", "image_size": 16, "channels": 3}
    assert backbone["checkpoint_digest"] == file_digest("backbone.safetensors")
    assert backbone["preprocessing"] == {
        **{"image_size": 16, "channels": 3, "resize": 16, "interpolation": "bilinear"},
        **{"mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5]},
    }
    assert (backbone["exif"], backbone["dtype"]) == ("apply", "float16")


def test_settings_are_those_of_the_features_unless_they_are_given(photographs):
    before = Path(MODEL).read_bytes()
    export_model(*FILES, MODEL, SETTINGS, "apply")
    assert Path(MODEL).read_bytes() == before
    export_model(*FILES, MODEL, None, "apply")
    assert Path(MODEL).read_bytes() == before
    dino = SETTINGS.model_copy(update={"format": "dino"})
    export_model(*FILES, MODEL, dino)
    reference = activepool.load_model(MODEL).backbone
    assert (reference.settings.format, reference.exif) == ("dino", "ignore")
    normalised = SETTINGS.model_copy(update={"normalisation": "imagenet"})
    extract_shard("dataset.h5", normalised, "backbone.safetensors", ExtractSettings(), Shard(), "shard.h5")
    gather("dataset.h5", ["shard.h5"], "features.h5")
    reference = BackboneReference.from_features("features.h5", None, "ignore")
    assert reference.load("backbone.safetensors").preprocessing.mean == (0.485, 0.456, 0.406)
    with pytest.raises(InputError, match=r"features\.h5: the backbone is 'small', and not 'resnet18'"):
        export_model(*FILES, MODEL, BackboneSettings(name="resnet18"))


def test_a_pool_of_vectors_has_no_backbone():
    features, _ = trained_pool()
    expected = read_predictions("predictions.h5")
    export_model(*FILES, MODEL)
    model = activepool.load_model(MODEL)
    assert model.backbone is None
    predictions = model.predict_features(features)
    assert predictions.predicted.tolist() == [expected.class_names[number] for number in expected.predicted]
    assert predictions.probability.tobytes() == expected.probability.tobytes()
    assert predictions.margin.tobytes() == expected.margin.tobytes()
    with pytest.raises(InputError, match="use predict_features"):
        model.predict(["photo.jpg"])
    with pytest.raises(InputError, match="is for features of width 6, these have 5"):
        model.predict_features(features[:, :5])


def test_the_page_needs_no_activepool_for_the_same_predictions():
    features, _ = trained_pool()
    expected = read_predictions("predictions.h5")
    export_model(*FILES, MODEL)
    assert "activepool." not in PLAIN_HEAD and "import activepool" not in PLAIN_HEAD
    assert sum(1 for line in PLAIN_HEAD.splitlines() if line.strip()) <= 10
    names = {"features": features}
    exec(compile(PLAIN_HEAD, "labelling_model.md", "exec"), names)
    assert names["predicted"].tolist() == [expected.class_names[number] for number in expected.predicted]
    assert np.array_equal(names["probabilities"].max(axis=1).astype(np.float32), expected.probability)


def test_the_pages_other_examples_run(photographs, capsys):
    file_names, expected = photographs
    exec(compile(WITH_ACTIVEPOOL, "labelling_model.md", "exec"), {})
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert [name for name, _ in lines] == [expected.class_names[number] for number in expected.predicted[1:3]]
    assert [float(value) for _, value in lines] == pytest.approx(expected.probability[1:3], abs=3e-3)

    model = activepool.load_model(MODEL)
    backbone = model.backbone.load("backbone.safetensors").eval()
    about = json.loads(safe_open(MODEL, framework="np").metadata()["activepool"])
    image = Image.open(file_names[1]).convert("RGB")
    names = {"model": about, "image": image}
    exec(compile(PREPARE, "labelling_model.md", "exec"), names)
    with torch.inference_mode():
        features = backbone.network(names["pixels"][None])
    with FeatureFile("features.h5") as file:
        assert np.allclose(features.numpy(), file.train.features.take(np.array([1])), atol=2e-3)


@pytest.mark.parametrize("damage", ["gone", "half", "weights", "text"])
def test_a_file_that_is_not_a_model_is_refused(damage):
    trained_pool()
    export_model(*FILES, MODEL)
    content = Path(MODEL).read_bytes()
    Path(MODEL).unlink()
    if damage == "half":
        Path(MODEL).write_bytes(content[: len(content) // 2])
    elif damage == "weights":
        save_weights(MODEL, build("small", 16, 3), {"backbone": "small"})
    elif damage == "text":
        Path(MODEL).write_text("model")
    with pytest.raises(InputError, match=r"^model\.safetensors: not a model that export_model wrote \("):
        activepool.load_model(MODEL)


def test_the_tables_of_the_page_name_the_columns():
    table = PAGE.partition("| column | meaning |")[2].partition("\n\n")[0]
    first_cells = [line.split("|")[1] for line in table.splitlines()[2:]]
    assert re.findall(r"`(\w+)`", " ".join(first_cells)) == list(COLUMNS)


def test_a_package_that_is_missing_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "safetensors", None)
    with pytest.raises(
        InputError, match=r"^m.safetensors: reading it needs safetensors .* pip install safetensors"
    ):
        activepool.load_model("m.safetensors")
