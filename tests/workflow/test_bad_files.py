"""Bad embeddings, index files, labels, heads and scores: one clear line, status 2, no file written."""

import shutil
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest
from workflow.bad_files import (
    COMMANDS,
    LABELLED,
    POOL,
    Bad,
    attribute,
    chain,
    content,
    cut,
    gone,
    line_for,
    link,
    options,
    run_stage,
    values,
    write_small_run,
    write_weights,
)

from activepool.io.hdf5 import write_arrays


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_small_run()
    return tmp_path


F4 = np.zeros((30, 5), "f4")


def damaged_chunk(path, name, filler):
    """Write a compressed dataset, and then zeros over what is compressed."""

    def spoil():
        values(path, name, filler, chunks=filler.shape, compression="gzip")()
        with h5py.File(path) as file:
            chunk = file[name].id.get_chunk_info(0)
        with Path(path).open("r+b") as stream:
            stream.seek(chunk.byte_offset)
            stream.write(bytes(chunk.size))

    return spoil


def rows(part, number):
    """Leave so many rows of a part."""

    def spoil():
        for name, array in (("features", F4[:number]), ("labels", np.zeros(number, int))):
            values("given.h5", f"{part}/{name}", array)()
        values("given.h5", f"{part}/sources")()

    return spoil


def npy(features, labels, **more):
    def spoil():
        np.save("features.npy", features)
        np.save("labels.npy", labels)
        return {"source": {"path": "features.npy", "labels": "labels.npy", "test_fraction": 0.3, **more}}

    return spoil


def several_arrays():
    changes = npy(F4, np.arange(30) % 3)()
    with Path("features.npy").open("wb") as stream:
        np.savez(stream, a=F4, b=F4)
    return changes


def text_as_npy():
    changes = npy(F4, np.arange(30) % 3)()
    Path("features.npy").write_text("1,2", encoding="utf-8")
    return changes


def virtual():
    shutil.copy("given.h5", "other.h5")
    layout = h5py.VirtualLayout((30, 5), "f4")
    layout[:] = h5py.VirtualSource("other.h5", "train/features", (30, 5))
    values("given.h5", "train/features")()
    with h5py.File("given.h5", "a") as file:
        file.create_virtual_dataset("train/features", layout)


def external_storage(path):
    def spoil():
        Path("raw").write_bytes(bytes(F4.nbytes))
        values(path, "train/features")()
        with h5py.File(path, "a") as file:
            file.create_dataset("train/features", F4.shape, "f4", external=[("raw", 0, F4.nbytes)])

    return spoil


def embeddings(**keywords):
    return options(source={"path": "given.h5", **keywords})


G, ELSEWHERE = "given.h5", "given.h5: train/features lies in another file; copy its values into this one"
LATIN, UTF8 = np.full(30, b"\xe9"), h5py.string_dtype("utf-8")
UNSIGNED = np.where(np.arange(30) == 4, np.uint64(2**64 - 1), np.uint64(1))
NAN = np.where(np.arange(150).reshape(30, 5) == 37, np.nan, 0)

EMBEDDINGS = [
    ("no such file", gone(G), "given.h5: no such file; it must be .npy, .npz, .pt, .safetensors, .pa"),
    (
        "text",
        content(G, "text"),
        "given.h5: is not one of .npy, .npz, .pt, .safetensors, .parquet or HDF5; it begins with",
    ),
    ("no bytes", content(G, ""), "given.h5: is empty"),
    ("cut short", cut(G), "given.h5: not a readable HDF5 file (Unable to"),
    ("no features", values(G, "train/features"), "but no `features`; save floats of shape (rows, width)"),
    ("no values", values(G, "train/labels", h5py.Empty("i8")), "but no `labels`; set the option la"),
    ("a group", chain(values(G, "train/labels"), values(G, "train/labels/a", 1)), "but no `labels`; set the"),
    ("a part that is no group", values(G, "test", F4), "has no test part to measure accuracy on"),
    ("links in a circle", link(G, "train/features", h5py.SoftLink("/train/features")), "but no `featu"),
    ("link to a file", link(G, "train/features", h5py.ExternalLink("/etc/passwd", "x")), ELSEWHERE),
    ("link to nowhere", link(G, "train/features", h5py.ExternalLink("no.h5", "x")), ELSEWHERE),
    ("virtual dataset", virtual, ELSEWHERE),
    ("external storage", external_storage(G), ELSEWHERE),
    ("text in features", values(G, "train/features", np.full((30, 5), b"a")), "is text of shape (30, 5); i"),
    ("one dimension", values(G, "train/features", F4[0]), "is float32 of shape (5,); it must be float16, fl"),
    ("NaN", values(G, "train/features", NAN), "train/features: row 7 ('train/7'), column 2 is nan; ev"),
    ("infinity", values(G, "test/features", np.full((9, 5), np.inf)), "row 0 ('test/0'), column 0 is inf"),
    ("too large", values(G, "test/features", np.full((9, 5), 1e99)), "is 1e+99; it is too large for float32"),
    ("wrong width", values(G, "test/features", F4[:9, :3]), "test/features: has width 3, the train features"),
    ("too few rows", values(G, "train/features", F4[:29]), "train/labels: 30 labels for 29 rows; there m"),
    ("no rows", rows("test", 0), "dataset: the test part has no labelled sample to measure accuracy on"),
    ("labels that are floats", values(G, "train/labels", np.full(30, 0.5)), "train/labels: label 0.5 in row"),
    ("label out of range", values(G, "test/labels", np.full(9, 3)), "test/labels: label 3 in row 0; it must"),
    ("label below -1", values(G, "train/labels", np.full(30, -2)), "train/labels: label -2 in row 0; it mus"),
    ("damaged features", damaged_chunk(G, "train/features", F4), "given.h5: train/features is damaged ("),
    ("damaged labels", damaged_chunk(G, "train/labels", np.arange(30)), "given.h5: train/labels is damaged"),
    ("sources of numbers", values(G, "train/sources", np.zeros(30)), "train/sources: is float64 of shape (3"),
    ("sources in Latin 1", values(G, "train/sources", LATIN, dtype=UTF8), "train/sources is damaged ('utf-8"),
    ("a class twice", attribute(G, "class_names", ["ant", "bee", "ant"]), "class_names has 'ant' as class 2"),
    ("a class without name", attribute(G, "class_names", ["ant", "", "cat"]), "class_names has '' as class"),
    ("classes in Latin 1", attribute(G, "class_names", [b"a", b"\xe9", b"c"]), "class_names must be in UTF"),
    ("an unsigned -1", values(G, "train/labels", UNSIGNED), "label 18446744073709551615 in row 4 is not a c"),
    ("classes of another type", attribute(G, "class_names", 1.5), "class_names is float64 of shape (1,); it"),
    ("a pickle", npy(np.array([{}] * 30), np.arange(30)), "features.npy: holds Python objects; save number"),
    ("text as .npy", text_as_npy, "features.npy: is not one of .npy, .npz, .pt, .safetensors, .parque"),
    ("several arrays", several_arrays, "features.npy: holds `a` (30, 5) and `b` (30, 5), but no `features`"),
    ("labels of two columns", npy(F4, np.zeros((30, 2), int)), "labels.npy: is int64 of shape (30, 2); it m"),
    ("labels that look like names", npy(F4, np.full(30, 99)), "labels.npy: label 99 in 30 rows looks like a"),
    ("half a test part", npy(F4, np.arange(30) % 3, test_features="features.npy"), "but no `labels`; set th"),
    ("two test parts", embeddings(test_fraction=0.2), "given.h5: has a test part of its own"),
    ("no test part", values(G, "test"), "given.h5: has no test part to measure accuracy on; add test/featur"),
    ("option of another type", embeddings(path=3), "path: input should be a valid string; its options are:"),
    ("no options at all", options(source=[1]), "is not a JSON object, such as {}"),
]  # fmt: skip


def index(path, *cells):
    return content(path, "\n".join(["index", *map(str, cells)]) + "\n")


def annotated(text):
    """Forget the label of row 10, and give an annotations file."""

    def spoil():
        Path("bought.csv").write_bytes(text if isinstance(text, bytes) else text.encode())
        with h5py.File("features.h5", "a") as file:
            file["train/labels"][10] = -1
        return {"annotations": "bought.csv"}

    return spoil


L, V, F = "labelled.csv", "validation.csv", "features.h5"

SPLITS = [
    ("no index file", "train", gone(V), "validation.csv: not a readable CSV file ([Errno 2] No such file"),
    ("no bytes", "train", content(L, ""), "labelled.csv: not a readable CSV file (it is empty)"),
    ("no text", "train", content(L, b"\xff\xfe\0\1"), "labelled.csv: is encoded as UTF-16; save it as UTF-8"),
    ("no column index", "select", content(L, "row\n1\n"), "has no column 'index' (columns: row)"),
    ("two columns index", "select", content(L, "index,index\n1,2\n"), "labelled.csv: two columns have the s"),
    ("semicolons", "select", content(L, "index;source\n1;a\n"), "has no column 'index' (columns: index;sour"),
    ("no rows", "train", index(L), "labelled.csv: has no rows; a head needs at least one labelled"),
    ("a word", "score", index(L, 10, "x"), "labelled.csv: row 2: index 'x' is not a whole number from 0"),
    ("below 0", "score", index(L, 10, -1), "labelled.csv: row 2: index '-1' is not a whole number from 0"),
    ("a fraction", "train", index(L, "10.0"), "labelled.csv: row 1: index '10.0' is not a whole number from"),
    ("without end", "train", index(L, "9" * 30), "labelled.csv: row 1: index '99999999999999999999999999999"),
    ("twice in a file", "select", index(L, 10, 10), "labelled.csv: row 2: index 10 was picked before"),
    ("two files", "select", options(labelled=[L, L]), "unrecognized arguments: labelled.csv"),
    ("outside the pool", "select", index(L, 30), "the labelled set names row 30, but train/features has 30"),
    ("split outside the pool", "initial_labelled", index(V, 30), "the validation split names row 30, but tr"),
    ("in both sets", "train", index(L, 10, 0), "the labelled set names row 0, which is in the validation sp"),
    ("label not known", "train", annotated("index,label\n"), "1 picked samples have no label yet (train/10)"),
    ("label of no class", "train", annotated("index,label\n10,owl\n"), "bought.csv:2: label 'owl' is not a "),
    ("label out of range", "train", annotated("index,label\n10,3\n"), "bought.csv:2: label '3' is not a cla"),
    ("label of odd digits", "train", annotated("index,label\n10,²\n"), "bought.csv:2: label '²' is not a cl"),
    ("label that contradicts", "train", annotated("index,label\n10,ant\n11,ant\n"), "row 11 is given the la"),
    ("labels that contradict", "train", annotated("index,label\n10,ant\n10,bee\n"), "row 10 is given the la"),
    ("label of no row", "train", annotated("index,label\n99,ant\n"), "bought.csv:2: index '99' is not a row"),
    ("label of no source", "train", annotated("source,label\nx,ant\n"), "bought.csv:2: source 'x' is not in"),
    ("label of nothing", "train", annotated("label\nant\n"), "must have the column 'label', and 'index' or"),
    ("labels in Latin 1", "train", annotated(b"index,label\n10,\xe9\n"), "bought.csv: line 2 is not UTF-8 ("),
    ("no labels", "validation", values(F, "train/labels", np.full(30, -1)), "the train part has no labelled"),
    ("one label alone", "validation", values(F, "train/labels", 3), "features.h5: train/labels is int64 of"),
    ("label above classes", "validation", values(F, "train/labels", np.full(30, 7)), "train/labels holds 7;"),
    ("too few sources", "initial_labelled", values(F, "train/sources", ["a"]), "train/sources is object of"),
    ("too large a fraction", "validation", options(fraction=1.0), "validation fraction: 1.0 must lie betwee"),
    ("too large an initial pool", "initial_labelled", options(size=25), "initial pool of 25 samples: it mus"),
]  # fmt: skip


def state(**arrays):
    def spoil():
        write_arrays("state.h5", arrays)
        return {"strategy": "coreset", "head": None, "scores": None, "state": "state.h5"}

    return spoil


H, S, ONES = "head.h5", "scores.h5", np.ones(len(POOL), "f4")

ROUNDS = [
    ("features of another type", "train", values(F, "train/features", F4.astype("f8")), "is float64 of shap"),
    ("features of two widths", "train", values(F, "test/features", F4[:9, :4]), "test/features has width 4,"),
    ("features with NaN", "train", values(F, "train/features", NAN.astype("f4") * np.nan), "row 10 has valu"),
    ("features elsewhere", "score", external_storage(F), "features.h5: train/features lies in another file"),
    ("features cut short", "score", cut(F), "features.h5: not a readable HDF5 file (Unable to"),
    ("no head", "score", gone(H), "head.h5: no such file"),
    ("head cut short", "score", cut(H), "head.h5: not a readable HDF5 file (Unable to"),
    ("head without bias", "score", values(H, "bias"), "head.h5: not a head file with 'bias', an array of fl"),
    ("head of text", "score", values(H, "weight", np.full((3, 5), b"a")), "not a head file with 'weight', a"),
    ("head of one number", "score", values(H, "weight", 3.0), "head.h5: weight () and bias (3,) do not fit"),
    ("head of two sizes", "score", values(H, "bias", np.zeros(4, "f4")), "weight (3, 5) and bias (4,) do no"),
    ("head for other features", "score", values(H, "weight", F4[:3, :4]), "head is for features of width 4,"),
    ("head with NaN", "score", values(H, "weight", np.full((3, 5), np.nan)), "head.h5: weight holds NaN or"),
    ("scores of another pool", "select", values(S, "index", POOL + 1), "scores.h5: its rows are not the unl"),
    ("scores without rows", "select", values(S, "index"), "not a scores file: index is missing; it must be"),
    ("scores without a score", "select", values(S, "margin"), "scores.h5: dataset 'margin' is missing; dele"),
    ("scores of text", "select", values(S, "margin", np.full(len(POOL), b"a")), "margin is |S1 of shape (18"),
    ("scores of two columns", "select", values(S, "margin", np.ones((18, 2))), "margin is float64 of shape"),
    ("too few scores", "select", values(S, "margin", ONES[:3]), "scores.h5: margin has 3 rows, index 18"),
    ("too few predictions", "select", values(S, "predicted", [0]), "scores.h5: predicted has 1 rows, index"),
    ("scores with NaN", "select", values(S, "margin", ONES * np.nan), "scores.h5: margin holds NaN"),
    ("half of the lists", "select", values(S, "nearest/index", np.ones((3, 2), int)), "nearest/distance is"),
    ("state of another strategy", "select", state(a=LABELLED), "state.h5: dataset 'centers' is missing; del"),
    ("state of text", "select", lambda: {**state()(), "state": L}, "labelled.csv: not a readable HDF5 file"),
    ("no such strategy", "select", options(strategy="margn"), "strategy 'margn' does not exist; did you mea"),
    ("no such solver", "train", options(recipe={"solver": "adam"}), "head.solver: 'adam' is not known; it m"),
    ("no such device", "score", options(device="gpu"), "device: 'gpu' is not known; it must be auto, cpu, c"),
]  # fmt: skip

TABLE = [
    *(Bad(name, "embeddings", spoil, words) for name, spoil, words in EMBEDDINGS),
    *(Bad(*row) for row in (*SPLITS, *ROUNDS)),
]


@pytest.mark.parametrize("bad", TABLE, ids=lambda bad: f"{bad.stage}: {bad.name}")
def test_a_bad_file_gets_its_line(bad, capsys):
    assert bad.words in line_for(bad, capsys)


def test_a_class_too_few_gets_a_line_for_each_part(capsys):
    bad = Bad("a class too few", "embeddings", attribute(G, "class_names", ["ant", "bee"]), "")
    lines = line_for(bad, capsys, problems=2).splitlines()
    for part, line in zip(("train", "test"), lines, strict=True):
        assert f"{part}/labels: label 2 in row 2; it must be one of 0" in line


@pytest.mark.parametrize("stage", COMMANDS)
def test_the_original_files_are_good(stage, capsys):
    """Without this, a row of the table could fail for another reason than its own."""
    write_weights()
    assert run_stage(stage) == 0, capsys.readouterr().err


@pytest.mark.parametrize("bad", [TABLE[0], Bad(*ROUNDS[5]), Bad(*SPLITS[0])], ids=lambda bad: bad.stage)
def test_a_program_prints_only_its_line(bad, folder):
    bad.spoil()
    command = [sys.executable, "-m", f"activepool.stages.{bad.stage}"]
    for name, value in COMMANDS[bad.stage].items():
        command += [f"--{name}", str(value).replace("'", '"')]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("activepool: ") and bad.words in done.stderr
    assert done.stderr.count("\n") == 1
    assert not Path("out").exists()


@pytest.mark.parametrize("bad", [Bad(*ROUNDS[6]), Bad(*ROUNDS[8]), Bad(*SPLITS[7])], ids=lambda bad: bad.name)
def test_the_message_says_to_delete_a_damaged_result(bad, capsys):
    Path("provenance").mkdir()
    assert line_for(bad, capsys).endswith("; delete the file, and run again\n")


def test_a_forbidden_file_is_one_line(capsys, monkeypatch):
    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied", "features.h5")

    monkeypatch.setattr("h5py.File", refuse)
    assert run_stage("train") == 2
    assert "features.h5: not a readable HDF5 file" in capsys.readouterr().err


def test_a_link_within_the_file_is_followed(capsys):
    with h5py.File(G, "a") as file:
        file.move("train/features", "elsewhere")
        file["train/features"] = h5py.SoftLink("/elsewhere")
    assert run_stage("embeddings") == 0, capsys.readouterr().err


def test_files_from_spreadsheets_are_read(capsys):
    Path(L).write_bytes(b"\xef\xbb\xbfindex,note\r\n10,a\r\n11,\r\n12,b\r\n")
    changes = annotated(b"\xef\xbb\xbfsource,label\r\ntrain/10,bee\r\n")()
    assert run_stage("train", **changes) == 0, capsys.readouterr().err
