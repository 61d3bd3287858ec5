"""What a user can get wrong, in the words of the one line that says so."""

import re
import shelve

import h5py
import numpy as np
import pandas as pd
import pytest
import torch
from scipy.sparse import csr_matrix
from sessions import FEATURES, HEAD, KNOWN_LABELS, LABELLED, LABELS, PROBLEM
from sklearn.linear_model import LogisticRegression
from sklearn.svm import SVC

import activepool

N, FREE = len(FEATURES), PROBLEM.unlabelled[:2].tolist()


def with_value(value, row=100):
    features = FEATURES.copy()
    features[row, 3] = value
    return features


SELECT = [
    ({"features": FEATURES[0]}, "features has the shape (6,); it must be (samples, width)"),
    ({"features": FEATURES[None]}, "features has the shape (1, 173, 6); it must be (samples, width)"),
    (
        {"features": FEATURES[:0]},
        "features has the shape (0, 6); it must have at least one row and one column",
    ),
    ({"features": "x.npy"}, "features is a str; it must be an array (samples, width)"),
    ({"features": None}, "features is a NoneType; it must be an array (samples, width)"),
    ({"features": csr_matrix(FEATURES)}, "features is a sparse matrix; pass features.toarray()"),
    (
        {"features": FEATURES.astype(complex)},
        "features is an array of complex128; it must be real numbers of at most 64 bits",
    ),
    ({"features": [["a", "b"]]}, "features is an array of <U1; it must be real numbers of at most 64 bits"),
    ({"features": [[1, 2], [3]]}, "features is not an array ("),
    ({"features": with_value(np.nan)}, "features: row 100 has values that are not finite, or too large"),
    ({"features": with_value(np.inf)}, "features: row 100 has values that are not finite, or too large"),
    (
        {"features": 2.0**200 * FEATURES.astype(float)},
        "features: row 0 has values that are not finite, or too",
    ),
    ({"features": 2.0**66 * FEATURES}, "features: row 0, column 1 is"),
    ({"features": 2.0**-80 * FEATURES}, "features: the values lie too close together: column"),
    ({"features": 1e9 + FEATURES.astype(float)}, "features: the values lie too close together: column"),
    ({"features": with_value(1e9, 0)}, "features: row 0 is an outlier ("),
    ({"features": np.ones_like(FEATURES)}, "features: all rows are equal (column 0 is 1), so nothing"),
    (
        {"features": with_value(np.nan, LABELLED[3]), "head": None},
        f"features: row {LABELLED[3]} has values that are not finite",
    ),
    ({"features": FEATURES[:, :5]}, "head is for features of width 6, these have 5"),
    ({"budget": N}, f"budget is {N}, but only {N - len(LABELLED)} rows can be picked"),
    ({"budget": 0}, "budget is 0; it must be a whole number of at least 1"),
    ({"budget": 2.5}, "budget is 2.5; it must be a whole number of at least 1"),
    ({"budget": True}, "budget is True; it must be a whole number of at least 1"),
    ({"seed": -1}, "seed is -1; it must be a whole number of at least 0"),
    ({"round": 0}, "round is 0; it must be a whole number of at least 1"),
    ({"workers": 0}, "workers is 0; it must be a whole number of at least 1"),
    ({"device": "tpu"}, "device: 'tpu' is not known; it must be auto, cpu, cuda or cuda:N"),
    ({"strategy": None}, "strategy is a NoneType; it must be a name, file.py:function, or a declared"),
    (
        {"strategy": lambda query: query},
        "strategy is a function; it must be a name, file.py:function, or a declared strategy; declare the",
    ),
    ({"strategy": "lost.py:mine"}, "strategy file lost.py does not exist; a path is relative to the working"),
    ({"state": []}, "state is a list; it must be a dict"),
    ({"strategy": "margn"}, "strategy 'margn' does not exist; did you mean 'margin'?"),
    (
        {"strategy": "vaal"},
        "strategy 'vaal' learns from images, but select has only features; use the workflow",
    ),
    ({"strategy": "partitioned"}, "strategy 'partitioned': option 'wraps' is missing"),
    (
        {"strategy": "partitioned", "wraps": "badge", "partition": 4},
        "strategy 'partitioned' has no option 'partition'; did you mean 'partitions'?",
    ),
    (
        {"strategy": "partitioned", "wraps": "badge", "partitions": 0},
        "strategy 'partitioned': option 'partitions': ",
    ),
    ({"exlude": [1]}, "strategy 'margin' has no option 'exlude'; did you mean 'exclude'?"),
    ({"zzz": 1}, "strategy 'margin' has no options; leave out 'zzz'"),
    (
        {"labels": LABELS[:50]},
        f"labels has the length 50; it must be {N}, the rows of features, or 31, the labelled",
    ),
    (
        {"labels": LABELS[:50], "labelled": None},
        f"labels has the length 50, and features has {N} rows; give a label for each row (-1",
    ),
    ({"labels": KNOWN_LABELS[:, None]}, f"labels has the shape ({N}, 1); it must be (n,)"),
    ({"labels": KNOWN_LABELS - 1}, "labels has -2; numbers start from 0, and -1 means unknown"),
    ({"labels": KNOWN_LABELS + 0.5}, "labels has 4.5; labels are whole numbers or names"),
    ({"labels": ["a", 1] * 15 + ["b"]}, "labels mixes names and numbers"),
    ({"labels": [{}] * 31}, "labels holds dict objects; labels are whole numbers or names"),
    (
        {"labels": np.zeros(31, complex)},
        "labels is an array of complex128; labels are whole numbers or names",
    ),
    ({"classes": 3}, "labels has 3, which is not one of the 3 classes, 0, 1, 2"),
    ({"classes": list("01234")}, "labels has 0, which is not one of the 5 classes, '0', '1', '2', '3', '4'"),
    ({"labels": {0: 1}}, "labels is {0: 1}; it must be a list or an array, (n,)"),
    ({"labelled": slice(0, 5)}, "labelled is slice(0, 5, None); it must be a list of row numbers, or a mask"),
    ({"random_state": 1}, "strategy 'margin' has no option 'random_state'; did you mean 'seed'?"),
    ({"n_jobs": 1}, "strategy 'margin' has no option 'n_jobs'; did you mean 'workers'?"),
    ({"classes": np.int64(6)}, "head has 5 classes, and classes 6"),
    ({"classes": [0, 0, 1]}, "classes is [0, 0, 1]; it must be a list of different classes, or their number"),
    (
        {"labelled": [*LABELLED, *FREE], "labels": KNOWN_LABELS},
        f"labelled row {FREE[0]} has no label, nor have 1 more",
    ),
    ({"labelled": [0, 5, 5]}, "labelled has the row 5 twice"),
    ({"labelled": [1, *[0] * (N - 1)]}, "labelled has the row 0 twice; if it is a mask, give it as bool"),
    (
        {"head": activepool.train_head(FEATURES, LABELS), "classes": [4, 3, 2, 1, 0]},
        "head has other classes than classes, or in another order; leave classes out",
    ),
    ({"labelled": [0, N]}, f"labelled has the row {N}; features has rows 0 to {N - 1}"),
    ({"labelled": [-1]}, f"labelled has the row -1; features has rows 0 to {N - 1}"),
    (
        {"labelled": [0.5]},
        "labelled is an array of float64 and shape (1,); it must be a list of row numbers, or a mask",
    ),
    ({"pool": np.ones(5, bool)}, f"pool is a mask of shape (5,); features has {N} rows"),
    ({"validation": LABELLED[:2]}, f"row {LABELLED[0]} is both labelled and held out"),
    ({"labels": None}, "strategy 'margin' may read the labels of the labelled rows; give labels"),
    ({"labels": None, "head": None}, "a head needs at least one labelled row; give labels, or a head"),
    ({"labels": np.full(N, -1), "labelled": None, "head": None}, "a head needs at least one labelled row"),
    (
        {"labels": np.zeros(len(LABELLED), int), "head": None, "classes": None},
        "a head needs two classes, and all labels are 0; label more",
    ),
    (
        {"head": "head.h5"},
        "head is a str; it must be what train_head returns, a pair (weight, bias), or a",
    ),
    (
        {"head": (HEAD[0], HEAD[1][:2])},
        "head: weight (5, 6) and bias (2,) must be (classes, width) and (classes,)",
    ),
    ({"head": (HEAD[0][:1], HEAD[1][:1])}, "head has the weights of a single class; for two classes, give"),
    (
        {"head": LogisticRegression().fit(FEATURES, 2 * (LABELS > 2) - 1)},
        "head: classes has -1, which stands for a label that is not known; number them from 0, or name",
    ),
    ({"head": ("a", "b")}, "head: weight and bias must be numbers ("),
    ({"head": SVC(kernel="linear").fit(FEATURES, LABELS)}, "head: SVC is a one-vs-one classifier"),
    ({"head": (HEAD[0] * np.nan, HEAD[1])}, "head has values that are not finite"),
    (
        {"strategy": "balanced_random", "labels": KNOWN_LABELS},
        "strategy 'balanced_random' reads labels of the pool",
    ),
    (
        {"strategy": "balanced_random", "oracle_labels": LABELS[:7]},
        f"oracle_labels has the length 7; it must be {N}, the rows of features",
    ),
    (
        {"strategy": "balanced_random", "oracle_labels": (LABELS + 1) % 5},
        f"oracle_labels has {(LABELS[LABELLED[0]] + 1) % 5} in row {LABELLED[0]}, where labels has "
        f"{LABELS[LABELLED[0]]}; correct one of them (31 such rows)",
    ),
    (
        {"strategy": "power", "of": "seals"},
        "strategy 'power': option 'of': seals: option 'of' is missing",
    ),
    (
        {"strategy": "balancing", "remaining_budget": 0},
        "remaining_budget is 0; it must be a whole number of at least 1",
    ),
    (
        {"strategy": "balancing", "remaining_budget": 4},
        "remaining_budget is 4; it includes this round's budget, 5",
    ),
    *(
        (
            {"head": None, "weight_decay": wrong},
            f"weight_decay is {wrong!r}; it must be a positive number, or several in a list",
        )
        for wrong in (-1, 0, "1e-3", [], [1e-3, np.nan], np.inf)
    ),
    ({"head": None, "class_weight": np.ones(2)}, "class_weight is array([1., 1.]); it must be None or"),
    ({"head": None, "class_weight": "equal"}, "class_weight is 'equal'; it must be None or 'balanced'"),
    (
        {"head": None, "labels": LABELS[LABELLED], "validation": FREE},
        "validation rows need labels; give one label for each row of features",
    ),
    (
        {"head": None, "labels": KNOWN_LABELS, "validation": FREE},
        f"validation row {FREE[0]} has no label, nor have 1 more",
    ),
]


@pytest.mark.parametrize(("wrong", "words"), SELECT, ids=[words[:60] for _, words in SELECT])
def test_a_mistake_is_one_line(wrong, words):
    arguments = {
        "strategy": "margin",
        "features": FEATURES,
        "budget": 5,
        "labelled": LABELLED,
        "labels": LABELS,
    }
    arguments |= {"head": HEAD, **wrong}
    with pytest.raises(activepool.InputError, match=f"^{re.escape(words)}") as caught:
        activepool.select(arguments.pop("strategy"), arguments.pop("features"), **arguments)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["badge", "balancing", "base", "cluster_margin", "coreset", "entropy"])
@pytest.mark.parametrize("value", [np.nan, -np.inf])
def test_every_strategy_refuses_a_feature_that_is_not_a_number(name, value):
    keywords = {"labelled": LABELLED, "labels": LABELS, "head": HEAD, "remaining_budget": 5}
    with pytest.raises(activepool.InputError, match="features: row 100 has values that are not finite"):
        activepool.select(name, with_value(value), budget=5, **keywords)


@pytest.mark.parametrize("name", ["labels", "labelled", "validation", "pool", "exclude", "oracle_labels"])
def test_labels_with_a_reordered_pandas_index_are_refused(name):
    """Arrays are matched by position; an index in another order says that the positions are wrong."""
    features = pd.DataFrame(FEATURES, index=[f"im{row}" for row in range(N)])
    mask = pd.Series(KNOWN_LABELS >= 0, index=features.index)
    arguments = {
        "labels": pd.Series(LABELS, index=features.index),
        "labelled": mask,
        "budget": 5,
        "head": HEAD,
    }
    arguments |= {
        "pool": ~mask,
        "exclude": mask,
        "oracle_labels": arguments["labels"],
        "validation": ~mask & False,
    }
    activepool.select("margin", features, **arguments)
    with pytest.raises(
        activepool.InputError, match=f"^{name} has the index 'im172' in row 0, where features has"
    ):
        activepool.select("margin", features, **arguments | {name: arguments[name][::-1]})
    apart = [
        value.reset_index(drop=True) if hasattr(value, "iloc") else value for value in arguments.values()
    ]
    activepool.select("margin", features, **dict(zip(arguments, apart, strict=True)))


def test_reordered_pandas_arguments_are_refused_elsewhere():
    features, labels = pd.DataFrame(FEATURES), pd.Series(LABELS)
    for call in (
        lambda: activepool.train_head(features, labels[::-1]),
        lambda: activepool.score(features, HEAD, rows=(labels > 0)[::-1]),
        lambda: activepool.audit(labels, labels[::-1]),
        lambda: activepool.agreement(labels, labels[::-1]),
    ):
        with pytest.raises(activepool.InputError, match=r"has the index 172 in row 0, where .* has 0; give"):
            call()


def test_a_shelf_is_not_a_state(tmp_path):
    with (
        shelve.open(str(tmp_path / "state")) as shelf,
        pytest.raises(activepool.InputError, match=r"^state is a DbfilenameShelf; it must be a dict$"),
    ):
        activepool.select("margin", FEATURES, labelled=LABELLED, labels=LABELS, budget=5, state=shelf)


def test_features_of_a_file_that_was_closed(tmp_path):
    with h5py.File(tmp_path / "features.h5", "w") as file:
        features = file.create_dataset("features", data=FEATURES)
    with pytest.raises(activepool.InputError, match="features is a dataset of an HDF5 file that was closed"):
        activepool.select("coreset", features, budget=5)


@pytest.mark.parametrize("labels", [LABELS, LABELS > 2, [str(label) for label in LABELS]])
def test_a_pool_whose_labels_are_all_known(labels):
    words = "budget is 5, but only 0 rows can be picked: all 173 have a label; give -1, None or an empty name"
    with pytest.raises(activepool.InputError, match=words):
        activepool.select("margin", FEATURES, labels=labels, budget=5)


def test_a_file_in_place_of_its_dataset(tmp_path):
    with h5py.File(tmp_path / "features.h5", "w") as file:
        file["train/features"] = file["x"] = FEATURES
        for value, form in {
            file: "file; give one of its datasets: 'train/features', 'x'",
            file["train"]: "group; give one of its datasets: 'features'",
        }.items():
            with pytest.raises(activepool.InputError, match=f"^features is an HDF5 {form}$"):
                activepool.select("coreset", value, budget=5)
    with pytest.raises(activepool.InputError, match="features is an HDF5 file that was closed"):
        activepool.select("coreset", file, budget=5)


@pytest.mark.parametrize("device", [0, torch.device("meta"), b"cpu"])
def test_an_unknown_device_is_refused(device):
    with pytest.raises(
        activepool.InputError, match=r"^device: .* is not known; it must be auto, cpu, cuda or"
    ):
        activepool.select("coreset", FEATURES, budget=5, device=device)


def test_a_value_of_several_lines_is_one_line():
    with pytest.raises(
        activepool.InputError, match=r"^classes is array\(\[\[0, 1\], \[2, 3\]\]\); it must be a"
    ):
        activepool.train_head(FEATURES, LABELS, classes=np.arange(4).reshape(2, 2))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            lambda tensor: tensor.to_sparse(),
            "features is a tensor of layout torch.sparse_coo; it must be a dense",
        ),
        (lambda tensor: tensor.to("meta"), "features is a tensor without data; it must be a dense tensor"),
        (
            lambda tensor: tensor * 1j,
            "features is a tensor of torch.complex64; it must be a dense tensor of real",
        ),
        (
            lambda tensor: torch.quantize_per_tensor(tensor, 0.1, 0, torch.quint8),
            "features is a tensor of torch.quint8; it must be a dense tensor of real",
        ),
    ],
)
def test_a_tensor_that_is_not_a_matrix_of_numbers_is_refused(change, words):
    features = change(torch.tensor(FEATURES, dtype=torch.float32))
    with pytest.raises(activepool.InputError, match=re.escape(words)):
        activepool.select("margin", features, budget=5, labels=KNOWN_LABELS)


def test_labels_in_a_sparse_tensor_are_refused():
    with pytest.raises(activepool.InputError, match=r"^labels is not an array "):
        activepool.train_head(FEATURES, torch.zeros(len(FEATURES)).to_sparse())
