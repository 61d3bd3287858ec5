"""The coordinates by their definition, and L-BFGS in them against Newton's method."""

import os
import subprocess
import sys

import numpy as np
import pytest
from test_softmax_regression import problem

from activepool.compute.blocks import Compute
from activepool.heads.newton import newton
from activepool.heads.whitened_lbfgs import CLASS_ROWS, WhitenedLbfgs, Whitening


@pytest.mark.parametrize("classes", [3, 2 * CLASS_ROWS + 1])
def test_products_with_classes_in_blocks_are_whole(classes):
    random = np.random.default_rng(0)
    square = random.normal(size=(5, 5))
    whitening = Whitening(square @ square.T, 0.1, np.full(classes, 1 / classes), Compute(), map)
    weight, bias = random.normal(size=(classes, 5)), random.normal(size=classes)
    back = whitening.parameters(whitening.coordinates(weight, bias))
    np.testing.assert_allclose(back[0], weight)


def test_whitening_goes_there_and_back_and_makes_the_first_curvature_even():
    loss, *_, (weight, bias) = problem(width=4)
    covariance, decay, frequencies = loss.covariance(), 0.3, np.array([0.2, 0.3, 0.5])
    whitening = Whitening(covariance, decay, frequencies, Compute(), map)
    coordinates = whitening.coordinates(weight, bias)
    back = whitening.parameters(coordinates)
    np.testing.assert_allclose(back[0], weight)
    np.testing.assert_allclose(back[1], bias)
    curvature = np.mean(np.diag(np.diag(frequencies) - np.outer(frequencies, frequencies)))
    quadratic = np.einsum("cd,de,ce->", weight, curvature * covariance + decay * np.eye(4), weight)
    assert coordinates @ coordinates == pytest.approx(quadratic + curvature * bias @ bias)


def test_gradient_in_whitened_coordinates_is_that_of_finite_differences():
    loss, *_, (weight, bias) = problem(width=4)
    whitening = Whitening(loss.covariance(), 0.3, np.array([0.2, 0.3, 0.5]), Compute(), map)
    coordinates = whitening.coordinates(weight, bias)
    slopes = np.random.default_rng(1).normal(size=weight.shape), np.array([1.0, -2.0, 0.5])

    def linear(point):
        parameters = whitening.parameters(point)
        return (parameters[0] * slopes[0]).sum() + parameters[1] @ slopes[1]

    steps = np.eye(len(coordinates))
    expected = [linear(coordinates + step) - linear(coordinates) for step in steps]
    np.testing.assert_allclose(whitening.gradient(*slopes), expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("strength", [1e-1, 1e-3])
def test_lbfgs_comes_near_to_newtons_optimum(strength):
    loss, *_ = problem(200)
    exact, *_ = problem(200, precision="float64")
    zeros = np.zeros((3, 5)), np.zeros(3)
    expected, _ = newton(exact, strength, exact(*zeros), 1e-13, 50)
    solver = WhitenedLbfgs(loss, np.full(3, 1 / 3), Compute(), map)
    point, iterations = solver.minimise(strength, loss(*zeros), 1e-10, 200)
    assert iterations > 1
    np.testing.assert_allclose(point.weight, expected.weight, atol=1e-3 * np.abs(expected.weight).max())
    again, more = solver.minimise(strength, point, 1e-6, 200)
    assert more <= 1
    np.testing.assert_allclose(again.weight, point.weight, atol=1e-3 * np.abs(expected.weight).max())


def test_scipy_computes_on_one_thread_even_if_it_is_imported_within_a_mapping(tmp_path):
    """In a process of its own: here SciPy is imported already."""
    program = tmp_path / "program.py"
    program.write_text(PROGRAM, encoding="utf-8")
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "2"}
    result = subprocess.run([sys.executable, program], env=environment, capture_output=True, text=True)
    assert result.stdout == "{1}\n", result.stdout + result.stderr


PROGRAM = """
import numpy as np
from threadpoolctl import threadpool_info
from activepool.compute.blocks import Compute
from activepool.heads import lbfgs
from activepool.heads.labelled import LabelledRows
from activepool.heads.settings import LbfgsSettings

random = np.random.default_rng(0)
features, labels = random.normal(size=(60, 4)).astype(np.float32), np.arange(60) % 3
lbfgs.EXACT_SIZE = 0  # as for a large problem
threads = set()
solve = lbfgs._Solver._whitened.func

def watched(solver):
    whitened = solve(solver)
    loss = whitened._loss
    def watch(*point):
        threads.update(pool["num_threads"] for pool in threadpool_info())
        return loss(*point)
    whitened._loss = watch
    return whitened

lbfgs._Solver._whitened.func = watched
rows = LabelledRows.from_arrays(features, labels)
lbfgs.train_lbfgs(rows, rows, 3, LbfgsSettings(), Compute())
print(threads)
"""
