"""The trackers' own packages, where they are installed, without an account; what they wrote is read again."""

import json
import struct
import zipfile
from collections.abc import Iterator

import numpy as np
import pytest
from PIL import Image

from activepool.tracking.sending import send
from activepool.tracking.tracker import TrackedRun

SETTINGS = {"budget": 10, "strategies": [{"strategy": "margin"}], "head": {"solver": "lbfgs"}}
PICKS = "index,source\n7,train/7\n"
PICTURE = np.arange(5 * 7 * 3, dtype=np.uint8).reshape(5, 7, 3)


@pytest.fixture
def sent(tmp_path, monkeypatch):
    """Return a function that sends two runs to a tracker, and returns the folder of its files."""
    for name in ("COMET_API_KEY", "WANDB_API_KEY", "WANDB_MODE"):
        monkeypatch.delenv(name, raising=False)
    picture = tmp_path / "learning_curves.png"
    Image.fromarray(PICTURE).save(picture)
    picks = tmp_path / "margin/seed0/round01/selected.csv"
    picks.parent.mkdir(parents=True)
    picks.write_text(PICKS)
    numbers = {20: {"round": 0.0, "top1": 0.5}, 30: {"round": 1.0, "top1": 0.625}}
    runs = [
        TrackedRun("margin/seed0", SETTINGS, numbers, files={"round01/selected.csv": str(picks)}),
        TrackedRun("figures", SETTINGS, pictures=(str(picture),)),
    ]

    def send_two_runs(tracker):
        outcome = send(tracker, "trial", tmp_path / "files", runs)
        assert (outcome.sent, outcome.failure) == (["margin/seed0", "figures"], None)
        return tmp_path / "files"

    return send_two_runs


def test_comet_keeps_archives_for_later(sent):
    pytest.importorskip("comet_ml")
    runs, assets = {}, {}
    for path in sent("comet").glob("*.zip"):
        with zipfile.ZipFile(path) as archive:
            assert json.loads(archive.read("experiment.json"))["project_name"] == "trial"
            messages = [json.loads(line)["payload"] for line in archive.read("messages.json").splitlines()]
            names = [name for name in archive.namelist() if not name.endswith(".json")]
            pictures = [name for name in names if archive.read(name) != PICKS.encode()]
            figures = [np.asarray(Image.open(archive.open(name))) for name in pictures]
        name = next(message["value"] for message in messages if message.get("key") == "Name")
        runs[name] = (messages, figures)
        assets[name] = len(names) - len(pictures)
    assert runs.keys() == {"margin/seed0", "figures"}
    messages, figures = runs["margin/seed0"]
    metrics = [message["metric"] for message in messages if "metric" in message]
    top1 = {message["step"]: message["metricValue"] for message in metrics if message["metricName"] == "top1"}
    assert (top1, figures) == ({20: 0.5, 30: 0.625}, [])
    assert assets == {"margin/seed0": 1, "figures": 0}
    parameters = [message.get("params") or message.get("param") for message in messages]
    parameters_by_name = {message["paramName"]: message["paramValue"] for message in parameters if message}
    assert (parameters_by_name["budget"], parameters_by_name["head|solver"]) == (10, "lbfgs")
    assert np.array_equal(runs["figures"][1], [PICTURE])


def test_tensorboard_keeps_a_folder_for_each_run(sent):
    accumulators = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    folder = sent("tensorboard")
    run = accumulators.EventAccumulator(str(folder / "margin/seed0")).Reload()
    assert sorted(run.Tags()["scalars"]) == ["round", "top1"]
    assert [(event.step, event.value) for event in run.Scalars("top1")] == [(20, 0.5), (30, 0.625)]
    assert (folder / "margin/seed0/round01/selected.csv").read_text() == PICKS
    (text,) = run.Tensors("settings/text_summary")
    assert json.loads(text.tensor_proto.string_val[0]) == SETTINGS
    figures = accumulators.EventAccumulator(str(folder / "figures")).Reload()
    (image,) = figures.Images("learning_curves")
    assert (image.width, image.height) == (7, 5)


def test_wandb_keeps_a_folder_for_each_run(sent):
    pytest.importorskip("wandb")
    from wandb.proto.wandb_internal_pb2 import Record

    runs, files = {}, {}
    for path in sent("wandb").glob("wandb/offline-run-*/run-*.wandb"):
        records = [Record.FromString(content) for content in logged(path.read_bytes())]
        (run,) = [record.run for record in records if record.WhichOneof("record_type") == "run"]
        runs[run.display_name] = (run, records, list(path.parent.glob("files/media/images/*.png")))
        files[run.display_name] = path.parent / "files"
    assert runs.keys() == {"margin/seed0", "figures"}
    run, records, figures = runs["margin/seed0"]
    settings = {record.key: json.loads(record.value_json) for record in run.config.update}
    assert (run.project, settings["budget"], settings["head"]) == ("trial", 10, {"solver": "lbfgs"})
    history = [record.history for record in records if record.WhichOneof("record_type") == "history"]
    values = [
        {record.key or record.nested_key[0]: json.loads(record.value_json) for record in row.item}
        for row in history
    ]
    assert [(row["_step"], row["round"], row["top1"]) for row in values] == [(20, 0, 0.5), (30, 1, 0.625)]
    assert figures == []
    (sent_path,) = (sent_files for sent_files in files["margin/seed0"].glob("round01/selected.csv"))
    assert sent_path.read_text() == PICKS
    (picture,) = runs["figures"][2]
    assert np.array_equal(np.asarray(Image.open(picture)), PICTURE)


def logged(content: bytes) -> Iterator[bytes]:
    """Yield the records of a file of wandb: a log of LevelDB, after 7 bytes of wandb's, here of one block."""
    assert len(content) < 32768
    start = 7
    while start < len(content):
        # A record follows its checksum (4 bytes), its length (2) and its kind (1).
        length, kind = struct.unpack_from("<4xHB", content, start)
        assert kind == 1, "a whole record"
        yield content[start + 7 : start + 7 + length]
        start += 7 + length
