import sys
from types import SimpleNamespace

import h5py
import numpy as np
import pytest

from activepool.compute.blocks import Compute
from activepool.errors import InputError
from activepool.features import projection
from activepool.features.projection import (
    principal_components,
    project,
    read_map,
    umap_coordinates,
    write_map,
)
from activepool.features.store import FeatureMatrix
from activepool.stages.projection import projection as stage


def random_features(rows, width, seed=0, dtype=np.float32):
    random = np.random.default_rng(seed)
    return (random.normal(size=(rows, width)) @ random.normal(size=(width, width)) + 7).astype(dtype)


def by_definition(features):
    """Coordinates and shares of variance by the singular values of the centred features."""
    centred = features.astype(np.float64) - features.astype(np.float64).mean(axis=0)
    _, singular, directions = np.linalg.svd(centred, full_matrices=False)
    for direction in directions:
        direction *= np.sign(direction[np.abs(direction).argmax()])
    return centred @ directions[:2].T, (singular**2 / (singular**2).sum())[:2]


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
@pytest.mark.parametrize(("rows", "width"), [(3, 2), (7, 30), (257, 5)])
def test_principal_components_are_those_of_the_definition(monkeypatch, rows, width, dtype):
    monkeypatch.setattr(projection, "BLOCK_ROWS", 64)
    features = random_features(rows, width, dtype=dtype)
    coordinates, shares = principal_components(FeatureMatrix.from_array(features), Compute())
    expected, expected_shares = by_definition(features)
    assert coordinates.dtype == np.float32
    np.testing.assert_allclose(coordinates, expected, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(shares, expected_shares, rtol=1e-9)


def test_workers_change_no_bit(monkeypatch):
    monkeypatch.setattr(projection, "BLOCK_ROWS", 32)
    features = FeatureMatrix.from_array(random_features(500, 40))
    maps = [principal_components(features, Compute(workers=workers)) for workers in (1, 2, 5)]
    for coordinates, shares in maps[1:]:
        assert coordinates.tobytes() == maps[0][0].tobytes()
        assert shares.tobytes() == maps[0][1].tobytes()


def test_features_of_one_number_and_features_that_are_all_the_same():
    narrow = random_features(9, 1)
    coordinates, shares = principal_components(FeatureMatrix.from_array(narrow), Compute())
    np.testing.assert_allclose(coordinates[:, 0], (narrow - narrow.mean())[:, 0], rtol=1e-5)
    assert not coordinates[:, 1].any()
    assert shares.tolist() == [1, 0]
    equal_rows = FeatureMatrix.from_array(np.ones((5, 3), np.float16))
    coordinates, shares = principal_components(equal_rows, Compute())
    assert not coordinates.any() and not shares.any()


class FakeUmap:
    """Stands in for umap.UMAP: the first two features, and a note of what it was asked."""

    def __init__(self, **options):
        self.options = options
        FakeUmap.asked = [options]

    def fit_transform(self, features):
        FakeUmap.asked.append(features)
        return features[:, :2]

    def transform(self, features):
        FakeUmap.asked.append(features)
        return -features[:, :2]


def test_umap_is_fitted_to_some_samples_and_places_all_others(monkeypatch):
    monkeypatch.setitem(sys.modules, "umap", SimpleNamespace(UMAP=FakeUmap))
    monkeypatch.setattr(projection, "UMAP_SAMPLES", 30)
    monkeypatch.setattr(projection, "BLOCK_ROWS", 40)
    features = random_features(100, 3)
    coordinates = umap_coordinates(FeatureMatrix.from_array(features))
    options, fitted, *placed = FakeUmap.asked
    assert 0 <= options["random_state"] < 2**32
    assert (len(fitted), [len(part) for part in placed]) == (30, [40, 30])
    is_fitted = (features[:, None] == fitted).all(axis=2).any(axis=1)
    assert is_fitted.sum() == 30
    np.testing.assert_array_equal(coordinates, np.where(is_fitted[:, None], features, -features)[:, :2])
    np.testing.assert_array_equal(umap_coordinates(FeatureMatrix.from_array(features)), coordinates)
    assert FakeUmap.asked[0] == options


def test_without_umap_there_is_one_clear_line(monkeypatch):
    monkeypatch.setitem(sys.modules, "umap", None)
    with pytest.raises(InputError, match=r"figures\.map: umap needs the package umap-learn .* or take pca"):
        project(FeatureMatrix.from_array(random_features(5, 3)), np.zeros(5), "umap", 1)


@pytest.mark.parametrize("shares", [None, np.array([0.5, 0.25])])
def test_a_map_is_read_as_it_was_written(tmp_path, shares):
    coordinates = np.arange(6, dtype=np.float32).reshape(3, 2)
    written = projection.FeatureMap(
        coordinates, np.array([0, -1, 4]), "pca" if shares is not None else "umap", shares
    )
    write_map(tmp_path / "map.h5", written)
    feature_map = read_map(tmp_path / "map.h5")
    np.testing.assert_array_equal(feature_map.coordinates, coordinates)
    assert feature_map.labels.tolist() == [0, -1, 4]
    assert feature_map.method == written.method
    assert (
        shares is None
        if feature_map.variance_shares is None
        else feature_map.variance_shares.tolist() == [0.5, 0.25]
    )


def test_another_file_is_not_a_map(tmp_path):
    with h5py.File(tmp_path / "map.h5", "w") as file:
        file["coordinates"] = np.zeros((3, 2))
    with pytest.raises(InputError, match=r"map\.h5: not a map of features; delete the file"):
        read_map(tmp_path / "map.h5")


def test_the_stage_from_file_to_file(tmp_path):
    features = random_features(50, 4, dtype=np.float16)
    with h5py.File(tmp_path / "features.h5", "w") as file:
        for part in ("train", "test"):
            file[f"{part}/features"] = features
            file[f"{part}/labels"] = np.arange(50) % 3 - 1
    files = ["--features", str(tmp_path / "features.h5"), "--map", str(tmp_path / "map.h5")]
    stage.run([*files, "--method", "pca"])
    feature_map = read_map(tmp_path / "map.h5")
    np.testing.assert_allclose(feature_map.coordinates, by_definition(features)[0], rtol=1e-4, atol=1e-4)
    assert feature_map.labels.tolist() == (np.arange(50) % 3 - 1).tolist()
