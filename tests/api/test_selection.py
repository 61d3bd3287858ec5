"""Picks of `activepool.select`: those of the definitions, and of the strategies as the stages call them."""

import numpy as np
import pytest
from queries import DETERMINISTIC, Problem
from sessions import FEATURES, HEAD, KNOWN_LABELS, LABELLED, LABELS, OPTIONS, PROBLEM, STRATEGIES

import activepool
from activepool.strategies.declaration import strategy
from activepool.strategies.query import Selection
from activepool.strategies.registry import find_strategy

every_strategy = pytest.mark.parametrize("name", STRATEGIES)


def picks(name, features=FEATURES, budget=17, **keywords):
    arguments = {"labelled": LABELLED, "labels": LABELS, "head": HEAD, "classes": 5} | OPTIONS.get(name, {})
    return activepool.select(name, features, budget=budget, **arguments | keywords)


def brute_scores(features, weight, bias):
    """Return the three uncertainties of each row, smallest first, in float64 by their definitions."""
    logits = features.astype(np.float64) @ weight.astype(np.float64).T + bias
    probabilities = np.exp(logits - logits.max(axis=1, keepdims=True))
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    ascending = np.sort(probabilities, axis=1)
    return {
        "confidence": ascending[:, -1],
        "margin": ascending[:, -1] - ascending[:, -2],
        "entropy": (probabilities * np.log(probabilities)).sum(axis=1),
    }


@pytest.mark.parametrize("name", ["confidence", "margin", "entropy"])
@pytest.mark.parametrize("seed", range(6))
def test_uncertainty_picks_the_smallest_and_ties_go_to_the_lower_row(name, seed):
    problem = Problem(seed, size=97 + 61 * seed, classes=2 + seed, width=3 + 5 * seed, labelled=11)
    features = problem.features[np.random.default_rng(seed).integers(0, 60, len(problem.features))]
    head = problem.head.weight, problem.head.bias
    selection = activepool.select(
        name, features, budget=40, labelled=problem.labelled, labels=problem.labels, head=head
    )
    scores = np.round(brute_scores(features, *head)[name], 10)[problem.unlabelled]
    expected = problem.unlabelled[np.lexsort((problem.unlabelled, scores))][:40]
    assert selection.tolist() == expected.tolist()


@pytest.mark.parametrize("seed", range(3))
def test_coreset_picks_the_farthest(seed):
    features = np.random.default_rng(seed).integers(-2, 3, (83, 3)).astype(np.float32)
    labelled = np.array([5, 70, 11])
    selection = activepool.select("coreset", features, budget=15, labelled=labelled)
    centres, expected = labelled.tolist(), []
    for _ in range(15):
        distances = np.linalg.norm(features[:, None].astype(float) - features[centres], axis=2).min(axis=1)
        distances[centres] = -1
        expected.append(int(distances.argmax()))
        centres.append(expected[-1])
    assert selection.tolist() == expected


@every_strategy
@pytest.mark.parametrize("seed", [0, 5])
def test_the_picks_are_those_of_the_strategy(name, seed):
    problem_picks = PROBLEM.select(find_strategy(name), 17, seed=seed, options=OPTIONS.get(name)).index
    rows = picks(name, seed=seed, remaining_budget=51)
    assert rows.dtype == np.int64
    assert rows.tolist() == problem_picks.tolist()


@every_strategy
def test_each_round_has_its_own_random_stream(name):
    assert picks(name, round=1).tolist() == picks(name).tolist()
    same = picks(name, round=2).tolist() == picks(name).tolist()
    assert same == (name in DETERMINISTIC - {"schedule"})


@every_strategy
def test_workers_change_no_pick(name):
    assert picks(name, workers=1).tolist() == picks(name, workers=3).tolist()


@every_strategy
def test_rows_that_are_excluded_held_out_labelled_or_not_in_the_pool_are_not_picked(name):
    random = np.random.default_rng(0).permutation(np.setdiff1d(np.arange(len(FEATURES)), LABELLED))
    exclude, validation, pool = random[:20], random[20:30], random[10:100]
    keywords = {"exclude": exclude, "validation": validation, "pool": [*pool, *LABELLED]}
    rows = picks(name, budget=70, **keywords)
    assert sorted(rows) == sorted({*pool} - {*exclude, *validation, *LABELLED})
    mask = np.isin(np.arange(len(FEATURES)), pool)
    assert picks(name, budget=9, pool=mask).tolist() == picks(name, budget=9, pool=np.sort(pool)).tolist()


@every_strategy
def test_labels_of_all_rows_name_the_labelled_ones(name):
    keywords = {"oracle_labels": LABELS}
    in_order = picks(name, labelled=np.sort(LABELLED), **keywords).tolist()
    assert picks(name, labelled=None, labels=KNOWN_LABELS, **keywords).tolist() == in_order
    assert picks(name, labelled=KNOWN_LABELS >= 0, **keywords).tolist() == in_order
    labels = LABELS[np.sort(LABELLED)]
    assert picks(name, labelled=np.sort(LABELLED), labels=labels, **keywords).tolist() == in_order


@every_strategy
def test_names_of_classes_stand_for_their_numbers(name):
    names = np.array(["ant", "bee", "cat", "dog", "emu"])
    assert picks(name, labels=names[LABELS], classes=names).tolist() == picks(name).tolist()


@every_strategy
def test_without_a_head_one_is_trained_with_the_fixed_weight_decay(name):
    head = activepool.train_head(FEATURES, LABELS, labelled=LABELLED, weight_decay=1e-4)
    assert picks(name, head=None).tolist() == picks(name, head=head).tolist()


@pytest.mark.parametrize("name", ["margin", "badge"])
def test_validation_rows_choose_the_weight_decay(name):
    validation = PROBLEM.unlabelled[:30]
    head = activepool.train_head(FEATURES, LABELS, labelled=LABELLED, validation=validation)
    assert head.weight_decay != activepool.train_head(FEATURES, LABELS, labelled=LABELLED).weight_decay
    chosen = picks(name, head=None, validation=validation)
    assert chosen.tolist() == picks(name, head=head, validation=validation).tolist()
    assert not set(chosen) & set(validation)


@every_strategy
def test_state_saves_work_and_changes_no_pick(name):
    labelled, state = LABELLED, {}
    for number in (1, 2, 3):
        rows = picks(name, labelled=labelled, round=number, state=state)
        assert rows.tolist() == picks(name, labelled=labelled, round=number).tolist()
        labelled = np.concatenate([labelled, rows])
    picks("cluster_margin", state=state)
    assert (
        picks("cluster_margin", exclude=[1, 2], state=state).tolist()
        == picks("cluster_margin", exclude=[1, 2]).tolist()
    )


@pytest.mark.parametrize("name", ["cluster_margin", "coreset"])
def test_a_state_of_other_features_is_not_used(name):
    other_features, state = FEATURES[::-1].copy(), {}
    first = picks(name, state=state)
    labelled = np.concatenate([LABELLED, first])
    rows = picks(name, other_features, labelled=labelled, round=2, state=state)
    assert rows.tolist() == picks(name, other_features, labelled=labelled, round=2).tolist()


def test_what_all_rounds_share_is_prepared_once(monkeypatch):
    prepared = []

    def prepare(features, rows, generator, compute):
        prepared.append(rows)
        return {"drawn": generator.random(3)}

    @strategy(source="here", prepare=prepare)
    def first_rows(query):
        assert len(query.prepared["drawn"]) == 3
        return Selection(query.unlabelled[: query.budget])

    state = {}
    first = activepool.select(first_rows, FEATURES, budget=3, labelled=LABELLED, labels=LABELS, state=state)
    more = np.concatenate([LABELLED, first])
    activepool.select(first_rows, FEATURES, budget=3, labelled=more, labels=LABELS, state=state, round=2)
    assert [rows.tolist() for rows in prepared] == [list(range(len(FEATURES)))]
    activepool.select(first_rows, FEATURES, budget=3, labelled=more, labels=LABELS, state=state, seed=1)
    assert len(prepared) == 2


def test_the_whole_pool_can_be_picked():
    for name in STRATEGIES:
        assert sorted(picks(name, budget=len(PROBLEM.unlabelled))) == PROBLEM.unlabelled.tolist()


def test_a_strategy_from_a_file(tmp_path):
    (tmp_path / "mine.py").write_text(
        "from activepool.strategies.declaration import strategy\n"
        "from activepool.strategies.query import Selection\n\n\n"
        "@strategy(source='ours', reads=('features',))\n"
        "def farthest(query, *, power: float = 1.0):\n"
        "    norms = (abs(query.features.take(query.unlabelled)) ** power).sum(axis=1)\n"
        "    return Selection(query.unlabelled[(-norms).argsort(kind='stable')[: query.budget]])\n"
    )
    selection = activepool.select(f"{tmp_path}/mine.py:farthest", FEATURES, budget=4, power=2)
    norms = (np.abs(FEATURES) ** 2).sum(axis=1)
    assert selection.tolist() == np.argsort(-norms, kind="stable")[:4].tolist()


def test_a_strategy_that_calibrates_the_head_does_so_on_the_validation_rows():
    held_out = np.setdiff1d(np.arange(len(FEATURES)), LABELLED)[::4]
    remaining = np.setdiff1d(np.arange(len(FEATURES)), [*LABELLED, *held_out])
    sure = 12 * HEAD[0], 12 * HEAD[1]
    rows = picks("uherding", labels=LABELS, validation=held_out, head=sure)
    without = picks("uherding", labels=LABELS, pool=[*remaining, *LABELLED], head=sure)
    assert np.isin(rows, remaining).all()
    assert rows.tolist() != without.tolist()


def test_true_labels_have_classes_that_no_label_has_yet():
    rows = LABELLED[LABELS[LABELLED] < 3]
    arguments = {"budget": 9, "labelled": rows, "labels": LABELS[rows], "oracle_labels": LABELS}
    chosen = activepool.select("balanced_random", FEATURES, **arguments)
    assert chosen.tolist() == activepool.select("balanced_random", FEATURES, classes=5, **arguments).tolist()
    assert set(LABELS[chosen]) > {3, 4}
