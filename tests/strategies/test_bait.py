import numpy as np
import pytest
from queries import Problem
from sklearn.datasets import load_digits

from activepool.diversity import fisher, greedy_trace, softmax_fisher
from activepool.errors import InputError
from activepool.heads.linear import LinearHead
from activepool.strategies import bait as module
from activepool.strategies.bait import bait


def definition(problem, budget, regularisation=1.0, form="binary"):
    """The trace with each sample added or removed, from the inverse of its own matrix."""
    information = {"binary": binary, "full": full}[form](problem)
    pool, labelled = problem.unlabelled, problem.labelled
    target = information[np.concatenate([pool, labelled])].mean(axis=0)
    size = len(labelled) + budget
    share = budget / size
    matrix = regularisation * np.eye(len(target)) + information[labelled].sum(axis=0) / size

    def trace(changed):
        return np.round(np.trace(np.linalg.inv(changed) @ target, axis1=-2, axis2=-1), 9)

    picks: list[int] = []
    while len(picks) < min(2 * budget, len(pool)):
        remaining = np.setdiff1d(pool, picks)
        picks.append(int(remaining[trace(matrix + share * information[remaining]).argmin()]))
        matrix = matrix + share * information[picks[-1]]
    while len(picks) > budget:
        rows = np.sort(picks)[::-1]
        removed = int(rows[trace(matrix - share * information[rows]).argmin()])
        matrix = matrix - share * information[removed]
        picks.remove(removed)
    return picks


def binary(problem):
    """The information p(1 − p) zzᵀ of all samples, (N, d, d)."""
    points, p = problem.features.astype(np.float64), problem.probabilities().max(axis=1)
    return (p * (1 - p))[:, None, None] * points[:, :, None] * points[:, None, :]


def full(problem):
    """The information (diag(p) − ppᵀ) ⊗ zzᵀ of all samples, (N, Cd, Cd)."""
    points, p = problem.features.astype(np.float64), problem.probabilities()
    weights = p[:, :, None] * np.eye(problem.classes) - p[:, :, None] * p[:, None, :]
    return np.array([np.kron(w, np.outer(z, z)) for w, z in zip(weights, points, strict=True)])


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    ("candidates", "likeliest"), [(1, 512), (4, 512), (32, 512), (1, 1), (8, 3), (8, 11)]
)
def test_picks_are_those_of_the_definition(monkeypatch, seed, candidates, likeliest):
    monkeypatch.setattr(fisher, "CANDIDATES", candidates)
    monkeypatch.setattr(fisher, "LIKELIEST", likeliest)
    problem = Problem(seed, size=90 + 31 * seed, width=2 + 2 * seed, classes=2 + seed, labelled=3 + 5 * seed)
    regularisation = (1.0, 0.01, 1.0, 10.0, 1.0)[seed]
    picks = problem.select(bait, 17, options={"regularisation": regularisation}).index
    assert picks.tolist() == definition(problem, 17, regularisation)


@pytest.mark.parametrize(("width", "classes"), [(1, 2), (3, 2), (1, 4), (2, 3), (3, 4)])
@pytest.mark.parametrize("regularisation", [1.0, 0.01, 30.0])
def test_picks_by_the_full_information_are_those_of_the_definition(
    monkeypatch, width, classes, regularisation
):
    monkeypatch.setattr(softmax_fisher, "ROWS", 13)
    monkeypatch.setattr(softmax_fisher, "BLOCK_ROWS", 29)
    problem = Problem(width + 7 * classes, size=61, width=width, classes=classes, labelled=1 + 2 * width)
    picks = problem.select(bait, 9, options={"fisher": "full", "regularisation": regularisation}, workers=2)
    assert picks.index.tolist() == definition(problem, 9, regularisation, "full")


@pytest.mark.parametrize("form", ["binary", "full"])
def test_rounding_errors_of_changes_do_not_add_up(monkeypatch, form):
    """Pixels that differ much in size, and few samples that cover the rare ones."""
    problem = Problem(size=300, width=64, classes=3, labelled=5)
    problem.features = (300 * load_digits().data[:300]).astype(np.float32)
    problem.head = LinearHead(problem.head.weight / 3000, problem.head.bias)
    picks = []
    for renewal in (greedy_trace.RENEWAL, np.inf):  # with infinity, each pick is from newly computed matrices
        monkeypatch.setattr(greedy_trace, "RENEWAL", renewal)
        picks.append(problem.select(bait, 30, options={"fisher": form}).index.tolist())
    assert picks[0] == picks[1]


@pytest.mark.parametrize("form", ["binary", "full"])
def test_ties_go_to_the_lower_row(form):
    problem = Problem(1, size=120, width=4, classes=3)
    problem.features = problem.features[np.random.default_rng(0).integers(0, 30, 120)]
    problem.features[problem.labelled] = problem.features[0]
    picks = problem.select(bait, 30, options={"fisher": form}).index
    assert picks.tolist() == definition(problem, 30, form=form)


@pytest.mark.parametrize("budget", [80, 100, 145])
def test_a_budget_of_more_than_half_of_the_pool(budget):
    problem = Problem(4)
    assert problem.select(bait, budget).index.tolist() == definition(problem, budget)


@pytest.mark.parametrize("budget", [17, 20, 29])
def test_a_budget_of_more_than_half_of_the_pool_by_the_full_information(budget):
    problem = Problem(4, size=35, width=2, classes=3, labelled=6)
    picks = problem.select(bait, budget, options={"fisher": "full"}).index
    assert picks.tolist() == definition(problem, budget, form="full")


def test_the_full_information_names_features_that_are_not_finite():
    problem = Problem()
    problem.features[problem.unlabelled[5], 2] = np.nan
    with pytest.raises(InputError, match=f"row {problem.unlabelled[5]} has values that are not finite"):
        problem.select(bait, 5, options={"fisher": "full"})


@pytest.mark.parametrize("form", ["binary", "full"])
def test_features_whose_squares_swallow_the_regularisation(form):
    problem = Problem(width=2, labelled=1)
    problem.features[problem.labelled] = 2.0**60
    problem.head = LinearHead(np.zeros_like(problem.head.weight), np.zeros_like(problem.head.bias))
    with pytest.raises(
        InputError, match="strategy 'bait': the information of the samples cannot be inverted"
    ):
        problem.select(bait, 5, options={"fisher": form})


@pytest.mark.parametrize(("classes", "size"), [(1, 30), (3, 12), (5, 157)])
def test_the_full_information_of_one_class_of_an_empty_pool_and_of_equal_samples(classes, size):
    problem = Problem(size=size, classes=classes)
    problem.features[:] = 0.5
    picks = problem.select(bait, 9, options={"fisher": "full"}).index
    assert picks.tolist() == problem.unlabelled[:9].tolist()


def test_the_full_information_has_the_same_picks_on_any_workers():
    problem = Problem(size=1500, width=3, classes=4)
    picks = [problem.select(bait, 8, options={"fisher": "full"}, workers=n).index.tolist() for n in (1, 2)]
    assert picks[0] == picks[1]


def test_the_full_information_is_refused_where_it_takes_too_much_memory(monkeypatch):
    problem = Problem()  # 145 unlabelled samples of width 7 in 5 classes
    bytes_needed = 40 * (4 * 7) ** 2 + 8 * 145 * (2 * 4**2 + 5)
    monkeypatch.setattr(module, "MEMORY", bytes_needed)
    problem.select(bait, 2, options={"fisher": "full"})
    monkeypatch.setattr(module, "MEMORY", bytes_needed - 1)
    message = "fisher 'full' takes 7.43e-05 GB for 5 classes × 7 features and 145 samples"
    with pytest.raises(InputError, match=message):
        problem.select(bait, 2, options={"fisher": "full"})
