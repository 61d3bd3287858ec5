import pytest
import torch

from activepool.backbones.checkpoint import load_backbone, load_weights, save_weights
from activepool.backbones.registry import build
from activepool.errors import InputError
from activepool.files import file_digest


def equal_weights(first, second):
    first, second = first.network.state_dict(), second.network.state_dict()
    return all(torch.equal(first[key], second[key]) for key in first)


def test_weights_come_back(tmp_path):
    path = tmp_path / "small.safetensors"
    backbone = build("small", 8, 1)
    save_weights(path, backbone, {"name": "small", "width": 256})
    loaded, digest = load_backbone("small", 8, 1, str(path))
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


def test_prefix_chooses_the_encoder(tmp_path):
    path = tmp_path / "moco.pth"
    backbone = build("small", 8, 1)
    weights = {f"encoder_q.{key}": values for key, values in backbone.network.state_dict().items()}
    torch.save(weights | {"queue": torch.zeros(3)}, path)
    loaded = build("small", 8, 1)
    load_weights(loaded, path, prefix="encoder_q.")
    assert equal_weights(backbone, loaded)


def test_mismatch_lists_keys_and_leaves_the_backbone_alone(tmp_path):
    path = tmp_path / "other.pth"
    weights = build("small", 8, 1).network.state_dict()
    del weights["blocks.0.1.bias"]
    weights["fc.weight"] = torch.zeros(2)
    torch.save(weights, path)
    backbone, before = build("small", 8, 1), build("small", 8, 1)
    before.network.load_state_dict(backbone.network.state_dict())
    with pytest.raises(InputError, match=r"missing: blocks\.0\.1\.bias; left over: fc\.weight"):
        load_weights(backbone, path)
    assert equal_weights(backbone, before)


def test_checkpoint_without_any_matching_key_is_refused(tmp_path):
    path = tmp_path / "alien.safetensors"
    save_weights(path, build("resnet18", 32, 3), {})
    with pytest.raises(InputError, match=r"missing: blocks.* and \d+ more; left over: .* and \d+ more\)"):
        load_backbone("small", 32, 3, str(path))


def test_wrong_shape_is_shown(tmp_path):
    path = tmp_path / "colour.safetensors"
    save_weights(path, build("small", 8, 3), {})
    with pytest.raises(InputError, match=r"blocks\.0\.0\.weight \(32, 3, 3, 3\) instead of \(32, 1, 3, 3\)"):
        load_backbone("small", 8, 1, str(path))


def test_code_in_a_checkpoint_is_not_run(tmp_path):
    path = tmp_path / "evil.pth"
    torch.save({"state_dict": print}, path)
    with pytest.raises(InputError, match="not a readable checkpoint") as raised:
        load_weights(build("small", 8, 1), path)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("name", ["missing.safetensors", "missing.pth"])
def test_missing_checkpoint_is_named(tmp_path, name):
    with pytest.raises(InputError, match=f"{name}: not a readable checkpoint"):
        load_backbone("small", 8, 1, str(tmp_path / name))


def test_damaged_checkpoint_is_named(tmp_path):
    path = tmp_path / "damaged.safetensors"
    path.write_bytes(b"not weights")
    with pytest.raises(InputError, match=r"damaged\.safetensors: not a readable checkpoint"):
        load_backbone("small", 8, 1, str(path))


def test_random_weights_need_to_be_meant():
    with pytest.raises(InputError, match="'small' without a checkpoint would have random weights"):
        load_backbone("small", 8, 1, "none")
    assert load_backbone("identity", 8, 1, "none")[1] == ""
