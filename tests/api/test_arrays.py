"""Features in every container and type give the same picks, and are left where they are."""

import h5py
import numpy as np
import pandas as pd
import pytest
import torch
from sessions import FEATURES, HEAD, LABELLED, LABELS, OPTIONS, STRATEGIES

import activepool
from activepool.api.arrays import feature_matrix

#: Features whose values float16 holds exactly, so that they are the same numbers in every type.
EXACT = (np.round(FEATURES * 8) / 8).astype(np.float16)


def picks(name, features):
    keywords = {"labelled": LABELLED, "labels": LABELS, "head": HEAD, **OPTIONS.get(name, {})}
    return activepool.select(name, features, budget=13, **keywords).tolist()


def as_memory_map(features, folder):
    np.save(folder / "features.npy", features)
    return np.load(folder / "features.npy", mmap_mode="r")


def as_dataset(features, folder, **storage):
    return h5py.File(folder / "features.h5", "w").create_dataset("x", data=features, **storage)


CONTAINERS = {
    "float16": lambda features, _: features,
    "float32": lambda features, _: features.astype(np.float32),
    "float64": lambda features, _: features.astype(np.float64),
    "big_endian": lambda features, _: features.astype(">f4"),
    "columns_first": lambda features, _: np.asfortranarray(features),
    "every_other_row": lambda features, _: np.repeat(features, 2, axis=0)[::2],
    "lists": lambda features, _: features.tolist(),
    "table": lambda features, _: pd.DataFrame(features.astype(np.float32)),
    "table_of_nullable_numbers": lambda features, _: pd.DataFrame(features.astype(float)).astype("Float64"),
    "memory_map": as_memory_map,
    "dataset": as_dataset,
    "chunked_dataset": lambda features, folder: as_dataset(
        features, folder, chunks=(7, 3), compression="gzip"
    ),
    "dataset_in_memory": lambda features, _: h5py.File(
        "nowhere.h5", "w", driver="core", backing_store=False
    ).create_dataset("x", data=features),
    "tensor": lambda features, _: torch.from_numpy(features),
    "tensor_with_gradient": lambda features, _: torch.from_numpy(
        features.astype(np.float32)
    ).requires_grad_(),
}


@pytest.mark.parametrize("name", STRATEGIES)
@pytest.mark.parametrize("container", CONTAINERS)
def test_the_same_numbers_give_the_same_picks(name, container, tmp_path):
    assert picks(name, CONTAINERS[container](EXACT, tmp_path)) == picks(name, EXACT)


@pytest.mark.parametrize("name", ["margin", "badge", "coreset"])
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float8_e4m3fn])
def test_float_types_unknown_to_numpy_are_accepted(name, dtype):
    tensor = torch.from_numpy(FEATURES).to(dtype)
    assert picks(name, tensor) == picks(name, tensor.float().numpy())


def test_a_conjugate_view_is_read_as_its_values():
    values = torch.from_numpy(FEATURES)
    view = torch.view_as_complex(torch.stack([values, -values], -1)).conj().imag
    assert view.is_neg()
    assert picks("margin", view) == picks("margin", FEATURES)


@pytest.mark.gpu
@pytest.mark.parametrize("name", STRATEGIES)
def test_a_tensor_on_a_gpu(name):
    assert picks(name, torch.from_numpy(EXACT).cuda()) == picks(name, EXACT)


def test_whole_numbers_are_features():
    pixels = (FEATURES * 20 + 128).clip(0, 255).astype(np.uint8)
    assert picks("coreset", pixels) == picks("coreset", pixels.astype(np.float32))


@pytest.mark.parametrize("container", ["float32", "memory_map", "dataset", "tensor"])
def test_nothing_is_copied(container, tmp_path):
    """A number that is changed where it lies is another one in the matrix."""
    features = CONTAINERS[container](EXACT.astype(np.float32), tmp_path)
    if container == "memory_map":
        features = np.load(tmp_path / "features.npy", mmap_mode="r+")
    matrix = feature_matrix(features)
    features[5, 2] = 77
    if container == "dataset":
        features.file.flush()
    assert matrix.take(np.array([5]))[0, 2] == 77


@pytest.mark.parametrize("device", [None, "cpu", "auto", torch.device("cpu")])
def test_devices_change_no_pick(device):
    chosen = activepool.select("margin", FEATURES, budget=9, labelled=LABELLED, labels=LABELS, device=device)
    assert (
        chosen.tolist()
        == activepool.select("margin", FEATURES, budget=9, labelled=LABELLED, labels=LABELS).tolist()
    )
