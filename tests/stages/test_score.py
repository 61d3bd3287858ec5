"""Work on each sample of the pool by itself: what is in scores.h5, in one piece and in shards."""

import json
import re

import h5py
import numpy as np
import pytest
from queries import Problem, with_defaults

from activepool.backbones.checkpoint_reading import read_checkpoint
from activepool.compute.blocks import Compute
from activepool.compute.shards import Shard
from activepool.data.samples import Samples, write_samples
from activepool.errors import InputError
from activepool.features.image_round import ImageRound
from activepool.features.store import FeatureMatrix
from activepool.heads.linear import write_head
from activepool.io.files import write_json
from activepool.io.index_files import read_index, read_rows, write_index
from activepool.io.score_files import read_scores
from activepool.records.provenance import Record, record_path
from activepool.scores.nearest import NearestPerClass
from activepool.scores.pool_scorer import SCORES, PoolScorer
from activepool.stages.gather_scores import gather_scores
from activepool.stages.prepare import prepare
from activepool.stages.score import score
from activepool.stages.select import select
from activepool.stages.train_on_images import train_on_images
from activepool.strategies.registry import builtin_strategies, find_strategy

#: Options that are not the defaults; the model is one that trains quickly.
OPTIONS = {
    "vaal": {"image_size": 16, "width": 2, "latent": 2, "epochs": 1, "batch_size": 8},
    "own.py:own": {"power": 2.0},
}

BUDGET = 20

#: A user's strategy that makes use of everything: what it precomputes follows from all that it gets.
OWN_STRATEGY = """
import numpy as np
from activepool.strategies.declaration import strategy
from activepool.strategies.query import Selection

def prepare(features, pool, generator, compute):
    return {"centre": features.take(pool).mean(axis=0)}

def precompute(query, *, power: float = 1.0):
    rows = query.features.take(query.unlabelled) - query.prepared["centre"]
    norms = np.linalg.norm(rows, axis=1) ** power
    return {"weighted": norms * query.scores["margin"], "planned": query.predicted * query.budget}

@strategy(
    source="here",
    scores=("margin", "boundary"),
    reads=("nearest", "remaining_budget"),
    prepare=prepare,
    precompute=precompute,
)
def own(query, *, power: float = 1.0, other: int = 1):
    order = np.argsort(query.per_sample["weighted"], kind="stable")
    return Selection(query.unlabelled[order[: query.budget]])
"""

WORKED_ON = [
    *(
        name
        for name, strategy in builtin_strategies().items()
        if strategy.scores or strategy.image_model or strategy.precompute
    ),
    "own.py:own",
]

#: Samples: three blocks, so that of four shards one is empty.
SIZE = 9001

CLASSES = ["bee", "4", "3", "ant", "0"]


@pytest.fixture(scope="module")
def problem():
    small_problem = Problem(size=SIZE, width=5, labelled=45)
    small_problem.validation = np.arange(0, SIZE, 97)
    small_problem.labelled = np.setdiff1d(small_problem.labelled, small_problem.validation)[::-1]
    return small_problem


@pytest.fixture(scope="module")
def files(problem, tmp_path_factory):
    """The folder of what a round is read from: features, samples, index files, a head."""
    folder = tmp_path_factory.mktemp("score")
    images = problem.images()
    write_samples(folder / "dataset.h5", Samples(images, images, CLASSES))
    with h5py.File(folder / "features.h5", "w") as file:
        for part in ("train", "test"):
            file[f"{part}/features"], file[f"{part}/labels"] = problem.features, problem.labels
        file.attrs["class_names"] = CLASSES
    write_index(folder / "validation.csv", {"index": problem.validation})
    write_index(folder / "labelled.csv", {"index": problem.labelled})
    write_head(folder / "head.h5", problem.head)
    (folder / "own.py").write_text(OWN_STRATEGY)
    return folder


@pytest.fixture
def folder(files, monkeypatch):
    monkeypatch.chdir(files)
    return files


def pool_of(problem):
    return np.setdiff1d(np.arange(SIZE), [*problem.validation, *problem.labelled])


INDEX_FILES = {"validation": "validation.csv", "labelled": "labelled.csv"}


def options_of(name):
    """Return all options of a strategy, as the workflow gives them."""
    return with_defaults(find_strategy(name), OPTIONS.get(name))


def arguments_of(name):
    """Return the arguments of the stage for a strategy, as its rule gives them; make the files among them."""
    strategy, options = find_strategy(name), options_of(name)
    arguments = {"features": "features.h5", **INDEX_FILES}
    if strategy.is_scored or "head" in strategy.reads:
        arguments["head"] = "head.h5"
    if strategy.scores:
        arguments["head_scores"] = list(strategy.scores)
    if "nearest" in strategy.reads:
        arguments["nearest_for_budget"] = BUDGET
    if strategy.image_model or strategy.precompute:
        arguments |= {"strategy": name, "options": options, "seed": 3, "round": 1}
        arguments |= {"budget": BUDGET, "remaining_budget": 2 * BUDGET}
    if strategy.image_model:
        arguments |= {"dataset": "dataset.h5", "model": "model.safetensors"}
        train_on_images(
            name, "dataset.h5", **INDEX_FILES, seed=3, round=1, model=arguments["model"], options=options
        )
    if strategy.precompute and strategy.prepare:
        arguments["prepared"] = "prepared.h5"
        prepare(name, "features.h5", "validation.csv", 3, arguments["prepared"])
    return arguments


def content_of(path):
    """Return the datasets of a file by name."""
    content = {}
    with h5py.File(path) as file:
        file.visititems(lambda name, item: content.update({name: item[()]} if hasattr(item, "dtype") else {}))
    return content


@pytest.mark.parametrize("name", WORKED_ON)
def test_shards_joined_are_the_whole(folder, problem, name):
    arguments = arguments_of(name)
    score(**arguments, scores="whole.h5")
    shards = [f"{number}-of-4.h5" for number in range(4)]
    for number, path in enumerate(shards):
        score(**arguments, scores=path, shard=Shard(number, 4))
    gather_scores(shards, "joined.h5")
    assert min(len(read_scores(path).index) for path in shards) == 0
    whole, joined = content_of("whole.h5"), content_of("joined.h5")
    assert whole["index"].tolist() == pool_of(problem).tolist()
    assert joined.keys() == whole.keys()
    for key, values in whole.items():
        assert (joined[key].dtype, joined[key].tobytes()) == (values.dtype, values.tobytes())


@pytest.mark.parametrize("name", WORKED_ON)
def test_the_file_has_what_the_strategy_declares(folder, name):
    strategy = find_strategy(name)
    score(**arguments_of(name), scores="scores.h5")
    table = read_scores("scores.h5")
    assert (table.predicted is not None) == strategy.is_scored
    assert (table.nearest is not None) == ("nearest" in strategy.reads)
    assert bool(table.per_sample) == bool(strategy.precompute)
    if strategy.scores:
        assert sorted(table.scores) == sorted(strategy.scores)
    assert bool(table.scores) == strategy.is_scored


@pytest.mark.parametrize("name", WORKED_ON)
def test_picks_from_shards_are_those_of_the_library_in_memory(folder, problem, name):
    strategy, options = find_strategy(name), options_of(name)
    arguments = arguments_of(name)
    shards = [f"{number}-of-3.h5" for number in range(3)]
    for number, path in enumerate(shards):
        score(**arguments, scores=path, shard=Shard(number, 3))
    gather_scores(shards, "scores.h5")
    files = {"features": "features.h5", **INDEX_FILES, "scores": "scores.h5", "head": "head.h5"}
    if strategy.prepare:
        prepare(name, "features.h5", "validation.csv", 3, "prepared.h5")
        files["prepared"] = "prepared.h5"
    how = {"budget": BUDGET, "remaining_budget": 2 * BUDGET, "seed": 3, "round": 1, "options": options}
    select(name, **files, **how, selected="selected.csv", labelled_with_picks="next.csv")
    picks = read_index("selected.csv")
    if strategy.is_scored:
        classes = problem.head.logits64(problem.features[picks].astype(np.float64)).argmax(axis=1)
        predicted = [row["predicted"] for row in read_rows("selected.csv")[1]]
        assert predicted == [CLASSES[number] for number in classes]
    if not strategy.image_model:
        del files["scores"]
        select(name, **files, **how, selected="in_memory.csv", labelled_with_picks="next.csv")
        assert picks.tolist() == read_index("in_memory.csv").tolist()
    assert len(set(picks.tolist())) == BUDGET and set(picks.tolist()) <= {*pool_of(problem).tolist()}
    assert read_index("next.csv").tolist() == [*problem.labelled.tolist(), *picks.tolist()]


def test_the_heads_scores_are_those_of_one_pass_in_memory(folder, problem):
    arguments = {"features": "features.h5", **INDEX_FILES, "head": "head.h5"}
    score(**arguments, head_scores=SCORES, nearest_for_budget=BUDGET, scores="scores.h5")
    pool, matrix = pool_of(problem), FeatureMatrix.from_array(problem.features)
    lists = NearestPerClass.for_budget(BUDGET, 5, len(pool))
    expected = PoolScorer(matrix, problem.head, Compute()).score(pool, SCORES, lists)
    rows, distances = lists.lists()
    expected |= {"index": pool, "nearest/index": rows, "nearest/distance": distances}
    content = content_of("scores.h5")
    assert content.keys() == expected.keys()
    for key, values in expected.items():
        np.testing.assert_array_equal(content[key], values)
    logits = problem.head.logits64(problem.features[pool].astype(np.float64))
    first, second = np.sort(_softmax(logits), axis=1)[:, :-3:-1].T
    np.testing.assert_allclose(content["margin"], first - second, atol=1e-5)
    np.testing.assert_array_equal(content["predicted"], logits.argmax(axis=1))


def _softmax(logits):
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    return exponentials / exponentials.sum(axis=1, keepdims=True)


def test_the_images_scores_are_those_of_the_model_and_the_classes_those_of_the_head(folder, problem):
    arguments = arguments_of("vaal")
    score(**arguments, scores="scores.h5")
    pool, table = pool_of(problem), read_scores("scores.h5")
    images = ImageRound("dataset.h5", problem.labelled, pool, 3, 1)
    weights = read_checkpoint(arguments["model"])
    (expected,) = find_strategy("vaal").image_model.score(weights, images, **options_of("vaal")).values()
    np.testing.assert_array_equal(table.scores["labelled_log_odds"], expected)
    logits = problem.head.logits64(problem.features[pool].astype(np.float64))
    np.testing.assert_array_equal(table.predicted, logits.argmax(axis=1))


def test_a_model_may_take_as_many_steps_as_the_head(folder, capsys):
    options, arguments = options_of("vaal") | {"ends_with_head": True}, {**INDEX_FILES, "seed": 3, "round": 1}
    arguments |= {"model": "model.safetensors", "options": options, "metrics": "metrics.json"}
    write_json("metrics.json", {"iterations": 7})
    train_on_images("vaal", "dataset.h5", **arguments)
    assert "step 7 of 7" in capsys.readouterr().err
    write_json("metrics.json", {"labels": 7})
    with pytest.raises(InputError, match=r"metrics\.json: must hold 'iterations', the number of steps"):
        train_on_images("vaal", "dataset.h5", **arguments)


def test_number_of_workers_changes_no_bit(folder):
    arguments = arguments_of("own.py:own")
    for workers in (1, 2):
        score(**arguments, scores=f"{workers}.h5", compute=Compute(workers=workers))
    assert (folder / "1.h5").read_bytes() == (folder / "2.h5").read_bytes()


def test_the_program_writes_what_the_function_writes_and_its_record(folder):
    arguments = arguments_of("own.py:own")
    score(**arguments, scores="function.h5")
    words = [
        word
        for name, value in arguments.items()
        for word in (
            f"--{name.replace('_', '-')}",
            *(value if isinstance(value, list) else [value if isinstance(value, str) else json.dumps(value)]),
        )
    ]
    score.run([*words, "--scores", "program.h5", "--device", "cpu", "--provenance", "{}"])
    assert (folder / "program.h5").read_bytes() == (folder / "function.h5").read_bytes()
    record = Record.read(record_path("program.h5"))
    assert set(record.inputs) == {"features.h5", "validation.csv", "labelled.csv", "head.h5", "prepared.h5"}
    assert record.arguments["head_scores"] == ["margin", "boundary"]


def test_a_strategy_that_reads_no_features_needs_none(folder):
    arguments = {"features": "dataset.h5", **INDEX_FILES, "scores": "scores.h5"}
    score(**arguments)
    assert list(content_of("scores.h5")) == ["index"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"head": None}, "score: scoring needs a head and features; give --head and --features"),
        ({"model": "model.safetensors"}, "score: the model needs images; give --dataset"),
        ({"strategy": "vaal", "head": None, "head_scores": ["margin"]}, "give --head and --features"),
        ({"strategy": "badg"}, "strategy 'badg' does not exist; did you mean 'badge'?"),
        ({"labelled": "validation.csv"}, "which is in the validation split as well"),
    ],
)
def test_what_is_missing_is_named(folder, changes, words):
    arguments_of("vaal")
    arguments = {"features": "features.h5", **INDEX_FILES, "head": "head.h5", "head_scores": ["margin"]}
    arguments |= {"strategy": "vaal"} if "model" in changes else {}
    with pytest.raises(InputError, match=re.escape(words)):
        score(**arguments | changes, scores="never.h5")
    assert not (folder / "never.h5").exists()
