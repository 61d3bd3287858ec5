import inspect
import subprocess
import sys

import numpy as np
import pyarrow as pa
import pytest
from data.shard_files import write_tar
from pyarrow import parquet

from activepool.data import embeddings, manifest
from activepool.data.dataset import prepare
from activepool.data.kinds import KINDS, build, preview
from activepool.data.previews import Preview
from activepool.data.settings import DatasetSettings
from activepool.errors import InputError


@pytest.mark.parametrize("kind", KINDS)
def test_preview_takes_the_options_of_load(kind):
    load, count = (inspect.signature(function) for function in (KINDS[kind].load, KINDS[kind].preview))
    assert list(load.parameters.values()) == list(count.parameters.values())


def test_preview_of_embeddings_takes_their_options():
    parameters = list(inspect.signature(embeddings.write_features).parameters.values())
    assert list(inspect.signature(embeddings.preview).parameters.values()) == parameters[1:-2]


def dataset_of(kind, draw):
    """Return the options of a small dataset of a kind: classes of 9, 6 and 8 train images."""
    counts = {"a": 9, "b": 6, "c": 8}
    train = [f"train/{name}/{number}.jpg" for name, count in counts.items() for number in range(count)]
    test = [f"val/{name}/{number}.jpg" for name in counts for number in range(2)]
    root = draw(*train, *test)
    if kind == "digits":
        return {}
    if kind == "manifest":
        rows = [f"{path},{path.split('/')[1]},{'test' * path.startswith('val')}\n" for path in train + test]
        (root / "samples.csv").write_text("path,label,split\n" + "".join(rows))
        return {"path": str(root / "samples.csv")}
    if kind == "imagenet_lt":
        for name, paths in (("train", train), ("test", test)):
            lines = [f"{path} {'abc'.index(path.split('/')[1])}\n" for path in paths]
            (root / f"{name}.txt").write_text("".join(lines))
        return {"root": root, "train_list": root / "train.txt", "test_list": root / "test.txt"}
    if kind == "webdataset":
        for name, paths in (("train", train), ("val", test)):
            pairs = [(path, path.split("/")[1]) for path in paths]
            members = [(path, (root / path).read_bytes()) for path in paths]
            labels = [(path.replace(".jpg", ".cls"), label.encode()) for path, label in pairs]
            write_tar(root / f"{name}-0.tar", *members, *labels)
        return {"path": root}
    if kind == "huggingface":
        for name, paths in (("train", train), ("validation", test)):
            images = [(root / path).read_bytes() for path in paths]
            table = pa.table({"image": images, "label": [path.split("/")[1] for path in paths]})
            parquet.write_table(table, root / f"{name}-0.parquet")
        return {"path": root}
    return {"root": root}


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"cifar10", "cifar100"}))
@pytest.mark.parametrize("imbalance", [None, {"kind": "exp", "factor": 0.4, "seed": 2}])
def test_preview_predicts_what_is_prepared(kind, imbalance, draw):
    dataset = {"kind": kind, "options": dataset_of(kind, draw), "imbalance": imbalance}
    facts, (samples, unreadable) = preview(dataset), prepare(DatasetSettings.parse(dataset))
    expected = Preview.from_samples(samples)
    np.testing.assert_array_equal(facts.train_class_counts, expected.train_class_counts)
    assert (facts.num_train, facts.num_test) == (len(samples.train), len(samples.test))
    assert facts.class_names == samples.class_names
    assert unreadable.empty


def test_no_preview_is_made_if_it_would_take_long(monkeypatch, draw):
    monkeypatch.setattr(manifest, "MAX_PREVIEWED", 0)
    options = dataset_of("manifest", draw)
    imbalance = {"kind": "exp", "factor": 0.1}
    assert preview({"kind": "manifest", "options": options, "imbalance": imbalance}) is None


@pytest.mark.parametrize(
    ("dataset", "words"),
    [
        ({}, "dataset: kind: field required"),
        ({"kind": "film"}, "kind 'film' is not known; it must be one of digits, .*, manifest, .*embeddings"),
        (
            {"kind": "folder", "options": {"rot": 1}},
            "'folder': root: missing .*; its options are: root, test_f",
        ),
        ({"kind": "folder", "options": {"rot": 1}}, "rot: unexpected keyword argument"),
        (
            {"kind": "folder", "options": {"root": "x", "test_fraction": "y"}},
            "test_fraction: input should be a",
        ),
        ({"kind": "folder", "options": {"root": "nowhere"}}, "nowhere: no such folder"),
        (
            {"kind": "digits", "options": {"root": "x"}},
            "'digits': root: unexpected .*; its options are: none",
        ),
        (
            {"kind": "digits", "imbalance": {"kind": "odd", "factor": 2}},
            "imbalance.kind: .*; imbalance.factor: ",
        ),
        ({"kind": "digits", "on_unreadable": "hope"}, "on_unreadable: input should be 'stop' or 'skip'"),
        ({"kind": "embeddings", "options": {"path": "nowhere.h5"}}, "nowhere.h5: no such file"),
    ],
)
def test_settings_that_cannot_be_used(dataset, words):
    with pytest.raises(InputError, match=words):
        preview(dataset)


def test_build_of_an_unknown_kind():
    with pytest.raises(InputError, match="kind 'film' is not known; it must be one of digits"):
        build("film")


def test_build_needs_samples_to_measure_on(draw):
    root = draw("a/1.jpg", "b/1.jpg")
    with pytest.raises(InputError, match="the test part has no labelled sample to measure accuracy on"):
        build("folder", root=root, test_fraction=0.5)
    with pytest.raises(InputError, match="test_fraction takes them from classes of two labelled samples"):
        preview({"kind": "folder", "options": {"root": str(root), "test_fraction": 0.5}})


def test_what_must_start_fast_imports_nothing_heavy():
    program = """
import sys
from activepool.data.kinds import preview
import activepool.stages.validation, activepool.stages.initial_labelled
preview({"kind": "digits"})
print(sorted({"torch", "torchvision", "sklearn"} & set(sys.modules)))
"""
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
