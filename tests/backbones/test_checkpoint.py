import gzip
import os
import pickle
import re

import h5py
import numpy as np
import pytest
import torch
from backbones.projects import load_weights
from safetensors.torch import save_file

from activepool.backbones.checkpoint import load_backbone, save_weights
from activepool.backbones.checkpoint_files import file_problem
from activepool.backbones.checkpoint_fit import unusable_tensor
from activepool.backbones.checkpoint_formats import CheckpointFormat
from activepool.backbones.registry import build
from activepool.backbones.settings import BackboneSettings
from activepool.errors import InputError
from activepool.io.files import file_digest

SMALL = BackboneSettings(name="small", image_size=8)


def equal_weights(first, second):
    first, second = first.network.state_dict(), second.network.state_dict()
    return all(torch.equal(first[key], second[key]) for key in first)


def test_weights_come_back(tmp_path):
    path = tmp_path / "small.safetensors"
    backbone = build("small", 8, 1)
    save_weights(path, backbone, {"name": "small", "width": 256})
    loaded, digest = load_backbone(SMALL, 1, path)
    assert equal_weights(backbone, loaded)
    assert digest == file_digest(path)


def test_the_same_weights_make_the_same_file(tmp_path):
    backbone = build("small", 8, 1)
    for name in "ab":
        save_weights(tmp_path / name, backbone, {"first": 1, "second": 2, "third": 3})
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@pytest.mark.parametrize("wrapper", [None, "state_dict", "model"])
def test_state_dicts_of_torch_are_read(tmp_path, wrapper):
    path = tmp_path / "small.pth"
    backbone = build("small", 8, 1)
    weights = backbone.network.state_dict()
    torch.save({wrapper: weights} if wrapper else weights, path)
    loaded = build("small", 8, 1)
    load_weights(loaded, path)
    assert equal_weights(backbone, loaded)


def refused(path, name, size, channels, **settings):
    """Return the message that load_backbone refuses a checkpoint with, which is one line."""
    with pytest.raises(InputError) as caught:
        load_backbone(BackboneSettings(name=name, image_size=size, **settings), channels, path)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_pipe_is_refused_without_waiting(tmp_path):
    os.mkfifo(tmp_path / "weights.pth")
    assert file_problem(tmp_path / "weights.pth") == "is a pipe, socket or device; name a file of weights"


@pytest.mark.parametrize("header", [b"[" * 200_000, b'{"a":{"data_offsets":[0]}}', b"[1]", b"\xff"])
def test_an_odd_header_of_safetensors_is_reported(tmp_path, header):
    path = tmp_path / "odd.safetensors"
    path.write_bytes(len(header).to_bytes(8, "little") + header)
    assert file_problem(path) == "is not a file of safetensors"
    assert "is not a file of safetensors" in refused(path, "small", 8, 1)


def test_mismatch_lists_keys_and_leaves_the_backbone_alone(tmp_path):
    path = tmp_path / "other.pth"
    weights = build("small", 8, 1).network.state_dict()
    weights["blocks.0.1.offset"] = weights.pop("blocks.0.1.bias")
    weights["fc.weight"] = torch.zeros(2)
    torch.save(weights, path)
    backbone, before = build("small", 8, 1), build("small", 8, 1)
    before.network.load_state_dict(backbone.network.state_dict())
    with pytest.raises(InputError) as caught:
        load_weights(backbone, path)
    assert str(caught.value) == (
        f"{path}: does not fit the backbone: 19 of the backbone's 20 weights match, and all must "
        "(missing: blocks.0.1.bias (nearest: blocks.0.1.offset); left over: blocks.0.1.offset, fc.weight); "
        "the key backbone.keys can rename them"
    )
    assert equal_weights(backbone, before)


def test_checkpoint_without_any_matching_key_is_refused(tmp_path):
    path = tmp_path / "alien.safetensors"
    save_weights(path, build("resnet18", 32, 3), {})
    message = refused(path, "small", 32, 3)
    assert "0 of the backbone's 20 weights match" in message
    assert "missing: blocks.0.0.weight" in message and " and 15 more; left over: bn1.bias" in message


def test_matching_batch_counters_alone_are_not_enough(tmp_path):
    path = tmp_path / "counters.pth"
    weights = build("small", 8, 1).network.state_dict()
    torch.save({key: value for key, value in weights.items() if key.endswith("num_batches_tracked")}, path)
    assert "0 of the backbone's 20 weights match" in refused(path, "small", 8, 1)


def test_prefix_that_no_key_has_is_shown_with_keys(tmp_path):
    path = tmp_path / "small.pth"
    torch.save(
        {f"net.{key}": value for key, value in build("small", 8, 1).network.state_dict().items()}, path
    )
    message = refused(path, "small", 8, 1, keys=CheckpointFormat(prefix="encoder."))
    assert "no key begins with encoder., the keys are: net.blocks.0.0.weight" in message
    assert "blocks.0.0.weight (nearest: net.blocks.0.0.weight)" in message


def test_nearest_name_may_have_a_long_prefix(tmp_path):
    path = tmp_path / "small.pth"
    weights = build("small", 8, 1).network.state_dict()
    torch.save({f"a.prefix.much.longer.than.a.name.{key}": value for key, value in weights.items()}, path)
    message = refused(path, "small", 8, 1)
    assert "blocks.0.1.bias (nearest: a.prefix.much.longer.than.a.name.blocks.0.1.bias)" in message


def test_wrong_shape_is_shown(tmp_path):
    path = tmp_path / "colour.safetensors"
    save_weights(path, build("small", 8, 3), {})
    message = refused(path, "small", 8, 1)
    assert "(of another shape: blocks.0.0.weight (32, 3, 3, 3) instead of (32, 1, 3, 3))" in message


@pytest.mark.parametrize(
    "content", [{"net": {"a": torch.zeros(1)}, 7: torch.zeros(2)}, [1, 2], torch.zeros(3), {}]
)
def test_file_without_a_state_dict_shows_what_it_holds(tmp_path, content):
    torch.save(content, tmp_path / "file.pth")
    message = refused(tmp_path / "file.pth", "small", 8, 1)
    description = (
        ", ".join(map(str, content)) or "nothing" if isinstance(content, dict) else type(content).__name__
    )
    assert f"no state dict, neither in state_dict, model nor at its top (it holds: {description})" in message


class Bomb:
    """An object that makes a file when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), "w")


@pytest.mark.parametrize("zipped", [True, False])
def test_code_in_a_checkpoint_is_not_run(tmp_path, zipped):
    path, crater = tmp_path / "evil.pth", tmp_path / "crater"
    weights = build("small", 8, 1).network.state_dict()
    torch.save({"state_dict": weights, "hook": Bomb(crater)}, path, _use_new_zipfile_serialization=zipped)
    message = refused(path, "small", 8, 1)
    assert "not a readable checkpoint: it holds the object" in message and "open" in message
    assert not crater.exists()


def test_bomb_would_go_off(tmp_path):
    """The test above can fail: without its guard torch runs the object."""
    torch.save(Bomb(tmp_path / "crater"), tmp_path / "evil.pth")
    torch.load(tmp_path / "evil.pth", weights_only=False).close()
    assert (tmp_path / "crater").exists()


@pytest.mark.parametrize("ending", ["safetensors", "pth"])
def test_file_that_was_cut_short_is_damaged_wherever_it_was_cut(tmp_path, ending):
    path = tmp_path / f"small.{ending}"
    backbone = build("small", 8, 1)
    if ending == "pth":
        torch.save(backbone.network.state_dict(), path)
    else:
        save_weights(path, backbone, {})
    whole = path.read_bytes()
    assert file_problem(path) is None
    for length in [0, 1, 7, 100, 5000, len(whole) // 2, len(whole) - 1]:
        path.write_bytes(whole[:length])
        assert file_problem(path) is not None
        assert refused(path, "small", 8, 1).startswith(f"{path}: not a readable checkpoint: it ")


def test_weights_that_are_not_those_of_their_checksum_are_damaged(tmp_path):
    path = tmp_path / "small.pth"
    weights = build("small", 8, 1).network.state_dict()
    torch.save(weights, path)
    load_backbone(SMALL, 1, path)
    whole = path.read_bytes()
    tensor = max(weights.values(), key=torch.numel)
    start = whole.index(tensor.numpy().tobytes())
    for place in (start, start + tensor.nbytes // 2, start + tensor.nbytes - 1):
        changed = bytearray(whole)
        changed[place] ^= 1
        path.write_bytes(changed)
        assert re.search("it is damaged: its entry .*/data/.* does not match", refused(path, "small", 8, 1))


def test_weights_without_checksums_are_read(tmp_path):
    path = tmp_path / "small.pth"
    before = torch.serialization.get_crc32_options()
    torch.serialization.set_crc32_options(False)
    try:
        torch.save(build("small", 8, 1).network.state_dict(), path)
    finally:
        torch.serialization.set_crc32_options(before)
    load_backbone(SMALL, 1, path)


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_old_files_of_any_protocol_are_read(tmp_path, protocol):
    path, backbone = tmp_path / "small.pth", build("small", 8, 1)
    weights = backbone.network.state_dict()
    torch.save(weights, path, _use_new_zipfile_serialization=False, pickle_protocol=protocol)
    assert file_problem(path) is None


def test_old_file_that_was_cut_short_is_damaged(tmp_path):
    path = tmp_path / "small.pth"
    torch.save(build("small", 8, 1).network.state_dict(), path, _use_new_zipfile_serialization=False)
    whole = path.read_bytes()
    for length in [2, 100, 3000, len(whole) // 2, len(whole) - 1]:
        path.write_bytes(whole[:length])
        assert refused(path, "small", 8, 1).startswith(f"{path}: not a readable checkpoint: it is damaged")


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("missing.safetensors", None, "does not exist"),
        ("missing.pth", None, "does not exist"),
        ("empty.pth", b"", "is empty"),
        (
            "page.pth",
            b"<!DOCTYPE html><html>",
            "is neither a file of torch.save nor of safetensors; it begins",
        ),
        ("not.safetensors", b"not weights at all", "is not a file of safetensors"),
        ("list.safetensors", (2).to_bytes(8, "little") + b"[]", "is not a file of safetensors"),
        ("text.safetensors", (2).to_bytes(8, "little") + b"{]", "is not a file of safetensors"),
        ("short.safetensors", (90).to_bytes(8, "little") + b"{}", "is damaged: it ends within its header"),
    ],
)
def test_file_that_is_not_a_checkpoint_is_named(tmp_path, name, content, words):
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    assert words in file_problem(path)
    assert refused(path, "small", 8, 1).startswith(f"{path}: not a readable checkpoint: it {words}")


def test_the_kind_of_a_file_is_seen_in_its_content(tmp_path):
    backbone = build("small", 8, 1)
    for name in ("weights.bin", "WEIGHTS.SAFETENSORS", "weights.pth"):
        save_weights(tmp_path / name, backbone, {})
        assert equal_weights(backbone, load_backbone(SMALL, 1, tmp_path / name)[0])
    torch.save(backbone.network.state_dict(), tmp_path / "torch.safetensors")
    assert equal_weights(backbone, load_backbone(SMALL, 1, tmp_path / "torch.safetensors")[0])


@pytest.mark.filterwarnings("ignore")  # TorchScript is deprecated, and its files stay
def test_other_formats_are_named_and_no_code_is_advised(tmp_path):
    network = build("small", 8, 1).network.eval()
    torch.jit.trace(network, torch.zeros(1, 1, 8, 8)).save(tmp_path / "program.pt")
    np.savez(tmp_path / "arrays.npz", **{name: value.numpy() for name, value in network.state_dict().items()})
    torch.save(network.state_dict(), tmp_path / "weights.pth")
    (tmp_path / "weights.pth.gz").write_bytes(gzip.compress((tmp_path / "weights.pth").read_bytes()))
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"
    (tmp_path / "pointer.safetensors").write_text(pointer)
    with h5py.File(tmp_path / "keras.h5", "w") as file:
        file["weight"] = 1.0
    (tmp_path / "detectron.pkl").write_bytes(pickle.dumps({"model": {"weight": np.zeros(9)}}))
    expected = {
        "detectron.pkl": "holds a pickle that torch.save did not write; save its arrays as safetensors",
        "program.pt": "is a program of TorchScript; save only its tensors",
        "arrays.npz": "is an archive that torch.save did not write",
        "weights.pth.gz": "is compressed by gzip; unpack it",
        "pointer.safetensors": "is a pointer of Git LFS and not the file; fetch it: git lfs pull",
        "keras.h5": "is an HDF5 file",
    }
    for name, words in expected.items():
        assert words in file_problem(tmp_path / name)
        message = refused(tmp_path / name, "small", 8, 1)
        assert words in message and "weights_only" not in message


@pytest.mark.parametrize("value", [torch.nan, torch.inf, -torch.inf])
def test_weights_of_a_training_that_diverged_are_refused(tmp_path, value):
    weights = build("small", 8, 1).network.state_dict()
    weights["blocks.1.0.weight"][3, 2, 1, 0] = value
    torch.save(weights, tmp_path / "diverged.pth")
    assert "blocks.1.0.weight holds NaN or infinite values" in refused(
        tmp_path / "diverged.pth", "small", 8, 1
    )


def test_infinite_values_that_a_network_starts_with_are_not_damage():
    mask, weight = torch.tensor([0.0, -torch.inf]), torch.ones(2)
    targets, sources = {"mask": mask, "weight": weight}, {"mask": "mask", "weight": "weight"}
    assert unusable_tensor({"mask": mask, "weight": weight}, targets, sources) is None
    assert "weight holds NaN" in (unusable_tensor({"mask": mask, "weight": mask}, targets, sources) or "")


@pytest.mark.parametrize("dtype", [torch.float16, torch.float64])
def test_values_that_a_type_cannot_hold_are_reported(dtype):
    weight = torch.tensor([1.0, 1e39], dtype=torch.float64).to(dtype)
    problem = unusable_tensor({"weight": weight}, {"weight": torch.ones(2)}, {"weight": "weight"})
    assert problem.startswith("weight holds NaN or infinite values; the training that wrote it had diverged")
    assert problem.endswith("where float16 ends: save it as float32") == (dtype == torch.float16)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_weights_of_other_types_are_read_as_float32(tmp_path, dtype):
    weights = build("small", 8, 1).network.state_dict()
    stored = {
        f"model.encoder.{name}": values.to(dtype) if values.is_floating_point() else values
        for name, values in weights.items()
    }
    save_file(stored, tmp_path / "half.safetensors")
    settings = BackboneSettings(name="small", image_size=8, keys=CheckpointFormat(prefix="model.encoder."))
    loaded = load_backbone(settings, 1, tmp_path / "half.safetensors")[0].network.state_dict()
    for name, values in weights.items():
        assert loaded[name].dtype == values.dtype
        assert torch.equal(loaded[name], stored[f"model.encoder.{name}"].to(values.dtype))


@pytest.mark.parametrize("dtype", [torch.float8_e4m3fn, torch.int8])
def test_weights_of_eight_bits_are_refused(tmp_path, dtype):
    weights = {name: values.to(dtype) for name, values in build("small", 8, 1).network.state_dict().items()}
    torch.save(weights, tmp_path / "eight.pth")
    message = refused(tmp_path / "eight.pth", "small", 8, 1)
    assert f"blocks.0.0.weight is of {dtype}; save it as a dense tensor of float32" in message


def test_file_of_safetensors_with_further_bytes_is_damaged(tmp_path):
    path = tmp_path / "small.safetensors"
    save_weights(path, build("small", 8, 1), {})
    size = path.stat().st_size
    path.write_bytes(path.read_bytes() + b"more")
    assert file_problem(path) == f"is damaged: it has {size + 4} bytes of {size}"


def test_folder_is_not_a_checkpoint(tmp_path):
    assert "is a folder" in refused(tmp_path, "small", 8, 1)


def test_random_weights_must_be_requested():
    with pytest.raises(InputError, match="'small' without a checkpoint would have random weights"):
        load_backbone(SMALL, 1)
    assert load_backbone(BackboneSettings(name="identity", image_size=8), 1)[1] == ""


def test_other_weights_of_the_network_in_a_file_are_listed(tmp_path, capsys):
    weights = build("small", 8, 1).network.state_dict()
    averaged = {key: 2 * values for key, values in weights.items()}
    torch.save(
        {"state_dict": weights, "state_dict_ema": averaged, "optimizer": {"state": {}}}, tmp_path / "x"
    )
    load_weights(build("small", 8, 1), tmp_path / "x")
    words = "x: also holds weights of this network in state_dict_ema, which only backbone.keys.inside reads"
    assert words in capsys.readouterr().err
    load_weights(build("small", 8, 1), tmp_path / "x", CheckpointFormat(inside="state_dict_ema"))
    torch.save({"state_dict": weights}, tmp_path / "y")
    load_weights(build("small", 8, 1), tmp_path / "y")
    assert not capsys.readouterr().err
