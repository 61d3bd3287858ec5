"""What a strategy of a user's own may return, and what it gets one line for."""

import dataclasses
import random

import numpy as np
import pytest
import torch

from activepool.errors import InputError
from activepool.strategies.checked_selection import checked, checked_pick, read_only
from activepool.strategies.declaration import strategy
from activepool.strategies.query import Query, Selection
from activepool.strategies.registry import find_strategy

POOL = np.array([2, 3, 5, 7, 11])


def query(budget=3):
    return Query(
        budget=budget,
        unlabelled=POOL.copy(),
        labelled=np.array([0, 1]),
        num_classes=2,
        generator=np.random.default_rng(0),
        predicted=np.array([0, 1, 0, 1, 0]),
    )


@pytest.mark.parametrize("kind", [list, np.int32, np.uint8, np.uint64, np.int64])
def test_whole_numbers_of_any_type_are_rows(kind):
    rows = [7, 2, 11] if kind is list else np.array([7, 2, 11], kind)
    index = checked("mine", query(), Selection(rows)).index
    assert index.tolist() == [7, 2, 11] and index.dtype == np.int64


@pytest.mark.parametrize("rows", [[7, 2, 11], np.array([7, 2, 11])])
def test_rows_alone_are_picks(rows):
    @strategy(source="ours")
    def mine(query):
        """Pick what is given."""
        return rows

    assert checked_pick(mine, query(), {}).index.tolist() == [7, 2, 11]


def test_no_picks_are_rows_of_an_empty_pool():
    empty = dataclasses.replace(query(0), unlabelled=POOL[:0])
    assert checked("mine", empty, Selection([])).index.dtype == np.int64


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (None, "returned nothing; it must return the picked rows, as an array or a list, or a Selection"),
        ((2, 3, 5), "returned a value of type tuple; it must return the picked rows"),
        (Selection(None), r"picked by an array of object and shape \(\); it must be a list of whole"),
        (Selection(POOL[:3].astype(float)), r"picked by an array of float64 and shape \(3,\); it must"),
        (Selection(POOL < 6), r"picked by an array of bool and shape \(5,\); it must be a list of whole"),
        (Selection(["2", "3", "5"]), "it must be a list of whole numbers, rows of query.unlabelled"),
        (Selection(POOL[:3, None]), r"picked by an array of int64 and shape \(3, 1\); it must be a list"),
        (Selection(POOL[:2]), "picked 2 samples instead of 3"),
        (Selection(POOL[:1]), "picked 1 sample instead of 3"),
        (Selection(POOL[:4]), "picked 4 samples instead of 3"),
        (Selection([2, 3, 3]), "picked a sample twice: row 3"),
        (
            Selection([2, 3, 1]),
            "picked a sample that is already labelled: row 1; picks are rows of query.unlabelled",
        ),
        (Selection([2, 3, 4]), "picked a sample that is not in the unlabelled pool: row 4; picks are rows"),
        (Selection([2, 3, -5]), "picked a sample that is not in the unlabelled pool: row -5"),
        (
            Selection([[2], [3, 5]]),
            r"picked by an array of object and shape \(2,\); it must be a list of whole",
        ),
        (
            Selection(POOL[:3], {"index": POOL[2:]}),
            "returned a column 'index', which the index file already has",
        ),
        (Selection(POOL[:3], {"predicted": POOL[2:]}), "returned a column 'predicted', which"),
        (
            Selection(POOL[:3], {"a": POOL[:2]}),
            r"column 'a' of shape \(2,\); it must have one value",
        ),
        (
            Selection(POOL[:3], {"a": np.ones((3, 2))}),
            r"column 'a' of shape \(3, 2\); it must have one value",
        ),
    ],
)
def test_what_breaks_the_rules_is_one_line(given, words):
    with pytest.raises(InputError, match=f"^strategy 'mine.py:f' .*{words}"):
        checked("mine.py:f", query(), given)


def test_a_labelled_pick_is_refused_even_if_the_pool_has_it():
    overlapping = dataclasses.replace(query(), labelled=np.array([0, 7]))
    with pytest.raises(InputError, match="picked a sample that is already labelled: row 7"):
        checked("mine", overlapping, Selection(np.array([2, 7, 11])))


def test_a_strategy_cannot_change_what_its_picks_are_checked_against():
    original = query()
    for name in ("unlabelled", "labelled", "predicted"):
        with pytest.raises(ValueError, match="read-only"):
            getattr(read_only(original), name)[::-1].sort()
        getattr(original, name).sort()
    assert read_only(dataclasses.replace(original, predicted=None)).predicted is None


def _of_helper(query):
    return query.unlabelled[np.argsort(query.features[query.unlabelled, 0])[: query.budget]]


@pytest.mark.parametrize(
    ("picks", "words"),
    [
        (lambda query: query.features[:, 0], r'uses query.features, .*; declare reads=\("features",\)$'),
        (lambda query: query.head.weight, r'uses query.head, .*; declare reads=\("head",\)$'),
        (lambda query: query.predicted[:3], "uses query.predicted, .*; declare a score, such as scores="),
        (lambda query: query.labels[:3], "uses query.labels, .*; declare reads_labels=True$"),
        (_of_helper, "uses query.features, which it does not declare"),
    ],
)
def test_a_part_that_is_not_declared_is_named(picks, words):
    @strategy(source="ours")
    def mine(query):
        """Pick by what it may not read."""
        return picks(query)

    with pytest.raises(InputError, match=f"^strategy 'mine.py:f' {words}"):
        checked_pick(mine, dataclasses.replace(query(), predicted=None), {}, "mine.py:f")


def test_a_score_that_is_not_declared_is_named_with_the_strategy_and_its_line(tmp_path):
    file = tmp_path / "mine.py"
    file.write_text(
        "from activepool.strategies.declaration import strategy\n\n\n"
        "@strategy(source='ours')\n"
        "def f(query):\n"
        "    return query.scores['entropy']\n"
    )
    with pytest.raises(InputError) as caught:
        checked_pick(find_strategy(f"{file}:f"), query(), {}, "mine.py:f")
    assert str(caught.value) == (
        "strategy 'mine.py:f' reads the score 'entropy', which it does not declare; "
        f'declare scores=("entropy",) ({file}:6)'
    )


def test_a_part_that_is_not_declared_is_named_where_numpy_takes_none():
    @strategy(source="ours")
    def mine(query):
        """Pick by None, which NumPy takes for an array."""
        return query.unlabelled[np.argsort(query.predicted)[: query.budget]]

    with pytest.raises(InputError, match=r"^strategy 'mine' uses query.predicted, which"):
        checked_pick(mine, dataclasses.replace(query(), predicted=None), {})


def test_other_mistakes_of_a_strategy_stay_what_they_are():
    @strategy(source="ours")
    def mine(query):
        """Pick by what is declared, wrongly."""
        return query.predicted + "text"

    with pytest.raises(TypeError):
        checked_pick(mine, query(), {})


def test_draws_from_global_generators_repeat_and_leave_them_as_they_were():
    @strategy(source="ours")
    def careless(query):
        """Draw from the generators of the process."""
        order = sorted(query.unlabelled, key=lambda row: random.random())
        return np.random.permutation(np.array(order))[torch.randperm(5)[:3].numpy()]

    random.seed(1), np.random.seed(1), torch.manual_seed(1)
    first = checked_pick(careless, query(), {}).index.tolist()
    after = random.random(), np.random.rand(), torch.rand(1).item()
    random.seed(2), np.random.seed(2), torch.manual_seed(2)
    assert checked_pick(careless, query(), {}).index.tolist() == first
    random.seed(1), np.random.seed(1), torch.manual_seed(1)
    assert after == (random.random(), np.random.rand(), torch.rand(1).item())
    other = dataclasses.replace(query(), generator=np.random.default_rng(1))
    assert checked_pick(careless, other, {}).index.tolist() != first


def test_the_seed_of_global_generators_costs_no_draw():
    @strategy(source="ours")
    def mine(query):
        """Draw from the query's generator."""
        return query.generator.choice(query.unlabelled, 3, replace=False)

    expected = np.random.default_rng(0).choice(POOL, 3, replace=False)
    assert checked_pick(mine, query(), {}).index.tolist() == expected.tolist()
