import numpy as np
import pytest
import torch

from activepool.scores.nearest import NearestPerClass, join_lists


def brute_lists(distances, rows, length):
    lists = []
    for label in range(distances.shape[1]):
        order = np.lexsort((rows, distances[:, label]))[:length]
        lists.append((rows[order].tolist(), distances[order, label].tolist()))
    return lists


@pytest.mark.parametrize("namespace", [np.asarray, torch.asarray], ids=["numpy", "torch"])
@pytest.mark.parametrize("length", [1, 3, 50, 117])
@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("block", [1, 10, 40, 117])
def test_lists_are_the_nearest_whatever_the_blocks(namespace, length, ties, block):
    random = np.random.default_rng(length + block)
    rows = np.sort(random.choice(1000, 117, replace=False))
    distances = random.random((117, 4)).astype(np.float32)
    if ties:
        distances = np.round(distances, 1)
    nearest = NearestPerClass(4, length)
    for start in random.permutation(np.arange(0, 117, block)):
        nearest.offer(namespace(distances[start : start + block]), rows[start : start + block])
    found_rows, found_distances = nearest.lists()
    for label, (expected_rows, expected_distances) in enumerate(brute_lists(distances, rows, length)):
        assert found_rows[label].tolist() == expected_rows
        assert found_distances[label].tolist() == expected_distances


def test_what_is_missing_is_marked():
    nearest = NearestPerClass(2, 3)
    nearest.offer(np.array([[0.5, 0.25]], dtype=np.float32), np.array([7]))
    rows, distances = nearest.lists()
    assert rows.tolist() == [[7, -1, -1], [7, -1, -1]]
    assert distances[0].tolist() == [0.5, np.inf, np.inf]


def test_infinite_distances_are_listed_last():
    nearest = NearestPerClass(1, 2)
    nearest.offer(np.array([[np.inf], [1.0], [np.inf]], dtype=np.float32), np.array([0, 1, 2]))
    assert nearest.lists()[0].tolist() == [[1, 0]]


def test_list_length_covers_a_share_and_never_more_than_the_pool():
    assert NearestPerClass.for_budget(1000, 10, 10**6).length == 24 * 100 + 128
    assert NearestPerClass.for_budget(1000, 10, 70).length == 70


@pytest.mark.parametrize("cuts", [[], [60], [1, 2, 90], [0, 50, 50, 117]])
@pytest.mark.parametrize("length", [1, 20, 117])
def test_lists_of_parts_join_to_those_of_the_whole(cuts, length):
    random = np.random.default_rng(len(cuts))
    rows = np.sort(random.choice(1000, 117, replace=False))
    distances = np.round(random.random((117, 4)), 1).astype(np.float32)
    distances[random.random((117, 4)) < 0.1] = np.inf
    parts = np.split(np.arange(117), cuts)
    lists = [lists_of(distances[part], rows[part], length) for part in parts]
    found_rows, found_distances = join_lists(lists)
    expected_rows, expected_distances = lists_of(distances, rows, length)
    assert found_rows.tolist() == expected_rows.tolist()
    assert found_distances.tolist() == expected_distances.tolist()


def lists_of(distances, rows, length):
    nearest = NearestPerClass(distances.shape[1], length)
    nearest.offer(distances, rows)
    return nearest.lists()
