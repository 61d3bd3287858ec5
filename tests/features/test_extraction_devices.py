"""Features that a device extracts in half precision are those of float32 on a CPU, within its rounding."""

import h5py
import numpy as np
import pytest
import torch
from devices import TORCH_DEVICES, difference

from activepool.backbones.checkpoint import load_backbone, save_weights
from activepool.backbones.execution import on_device
from activepool.backbones.registry import build
from activepool.backbones.settings import BackboneSettings
from activepool.compute.shards import Shard
from activepool.data.samples import Part, Samples, write_samples
from activepool.features.encoding import encode
from activepool.features.extract import ExtractSettings, extract_shard
from activepool.features.images import PartImages

BACKBONE = BackboneSettings(name="resnet18", image_size=64)
ROWS = 21


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A folder with a dataset and a checkpoint of random weights, and the CPU's features in float32."""
    folder = tmp_path_factory.mktemp("devices")
    coarse = np.random.default_rng(0).integers(0, 256, (ROWS, 8, 8, 3), dtype=np.uint8)
    sources = np.array([f"made/{row}" for row in range(ROWS)], dtype=object)
    part = Part(np.full(ROWS, -1), sources, np.kron(coarse, np.ones((1, 8, 8, 1), np.uint8)))
    write_samples(folder / "dataset.h5", Samples(part, part, ["any"]))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        save_weights(folder / "weights.safetensors", build(BACKBONE.name, BACKBONE.image_size, 3), {})
    return folder, extracted(folder, "cpu", "float32")


def extracted(folder, device, dtype):
    settings, checkpoint = ExtractSettings(batch_size=8, dtype=dtype, views=1), folder / "weights.safetensors"
    shard, output = Shard(0, 1), folder / "shard.h5"
    extract_shard(folder / "dataset.h5", BACKBONE, str(checkpoint), settings, shard, output, device, 1)
    with h5py.File(output) as file:
        return {name: file[f"train/{name}"][:] for name in ("features", "views")}


@pytest.mark.parametrize(("dtype", "bound"), [("float32", 5e-3), ("float16", 1e-2)])
@pytest.mark.parametrize("device", TORCH_DEVICES)
def test_features_are_those_of_the_cpu(files, device, dtype, bound):
    """A GPU's convolutions take float32 as TF32, with 10 bits; images in views are drawn on the CPU."""
    folder, expected = files
    features = extracted(folder, device, dtype)
    for name, values in expected.items():
        assert features[name].dtype == dtype
        assert difference(features[name], values) < bound


@pytest.mark.parametrize("device", TORCH_DEVICES)
def test_a_gpu_encodes_in_bfloat16(files, device):
    folder, expected = files
    loaded, _ = load_backbone(BACKBONE, 3, folder / "weights.safetensors")
    backbone = on_device(loaded, device)
    images = PartImages(folder / "dataset.h5", "train", backbone.preprocessing)
    features = encode(backbone, images, np.arange(ROWS), device, workers=0).cpu().numpy()
    assert difference(features, expected["features"]) < 5e-2
